# SPDX-License-Identifier: BSD-3-Clause
"""Runs a command of ours in our image, and has it behave as if it ran here.

The container has no privileges: the caller's user and group, no capabilities, a read-only root, no network unless asked for. It sees
what `mounts` says, the caches in a volume of its own, and /tmp in memory. Its output comes here as it is written, our signals stop it, and
it is gone when we are. A container whose client was killed, and which nothing could therefore stop, is removed by the next run.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pygo_cross import __version__
from pygo_cross.build.container.engine import Engine, ticking
from pygo_cross.build.container.images import TITLE, no_image, record, within
from pygo_cross.build.container.mounts import Place
from pygo_cross.build.container.refusals import refusal
from pygo_cross.build.container.transfer import fetch, send, volumes
from pygo_cross.diag import EXIT_BUILD, UserError
from pygo_cross.records import usage_error

CACHE: Final = "/cache"
"""Where the image keeps compiled packages and modules."""
CLIENT: Final = "pygo-cross.client"
"""The label that says whose container it is: the machine, the process, and when that began."""

_PATIENCE: Final = 8.0
"""Seconds between asking a container to stop and making it; the driver inside has three of its own."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """A command line for the image: `argv` after pygo-cross, run in the folder `cwd` with `env`, seeing `places`.

    `network` is an engine's network mode; `tty` asks for a terminal; `copied` has files copied to the engine and back.
    """

    image: str
    argv: Sequence[str]
    cwd: str
    env: Mapping[str, str]
    places: Sequence[Place]
    network: str = "none"
    tty: bool = False
    copied: bool = False
    output: Callable[[int, bytes], None] | None = field(default=None)


def volume_name() -> str:
    """The cache's volume: one for each version and user, since nobody's cache should be somebody else's to write."""
    return f"pygo-cross-{__version__}-{os.getuid()}"


def run_inside(engine: Engine, what: Inside, say: Callable[[str], None] = lambda line: None) -> int:
    """Runs it to its end and returns its exit status. Raises `UserError`; whatever is raised, the container is gone."""
    found = engine.image(what.image)
    if found is None:
        raise no_image(what.image)
    image = record(found)
    foreign = not within(f"{engine.os}/{engine.arch}", image.platform)
    if image.version and image.version != __version__:
        print(f"pygo-cross: note: {what.image} holds pygo-cross {image.version}, this is {__version__}", file=sys.stderr)
    _check_names(engine, what)
    sweep(engine, say)
    # Making a container may mean to copy an image, and starting it to fill a volume.
    with _output_errors(), engine.doing("run", what.image) as client, engine.without_limit():
        config = host_config(engine, what)
        say(f"runs {what.image} as {user_of(engine)}, cache in the volume {volume_name()}, network {what.network}")
        for place in what.places:
            source = "" if place.source == place.target else f" (which is {place.source})"
            say(f"shows {place.target}{source}{', to write to' if place.writable else ''}")
        made = client.create_container(
            what.image,
            list(what.argv),
            entrypoint=["pygo-cross"],
            user=user_of(engine),
            environment=dict(what.env),
            working_dir=what.cwd,
            tty=what.tty,
            host_config=config,
            labels={CLIENT: client_label()},
            # The image's own asks whether a container that runs for long is well; Podman can't even start one without systemd.
            healthcheck={"test": ["NONE"]},
            use_config_proxy=what.network != "none",
        )
        for warning in made.get("Warnings") or []:
            say(f"the engine warns: {warning}")
        return _run(engine, str(made["Id"]), what, foreign, image.platform, say)


class OutputClosed(BaseException):
    """What the container wrote can't be written here: an `error` of ours, not of the engine's."""

    def __init__(self, error: OSError) -> None:
        self.error = error


@contextlib.contextmanager
def _output_errors() -> Iterator[None]:
    try:
        yield
    except OutputClosed as closed:
        raise closed.error from None


def _check_names(engine: Engine, what: Inside) -> None:
    """Podman turns mounts into the words of its command line, where a colon and a comma mean something."""
    for place in what.places if engine.kind == "podman" else ():
        if any(letter in place.target + place.source for letter in ":,"):
            message = f"{place.target}: Podman mounts no folder with a colon or a comma in its name"
            raise usage_error("bad-place", message, "rename it, or use Docker")


def user_of(engine: Engine) -> str:
    """Who the container runs as, so that what it writes is the caller's: in a rootless Docker, its root is who started it."""
    if engine.rootless and engine.kind == "docker":
        return "0:0"
    return f"{os.getuid()}:{os.getgid()}"


def host_config(engine: Engine, what: Inside) -> Any:
    """The engine's record of mounts and limits."""
    from docker.types import Mount

    mounts = [Mount(CACHE, volume_name(), type="volume", labels={TITLE: "pygo-cross"})]
    if what.copied:
        mounts += [Mount(target, None, type="volume") for target in volumes(what.places)]
    else:
        mounts += [Mount(place.target, place.source, type="bind", read_only=not place.writable) for place in what.places]
    settings: dict[str, Any] = {
        "mounts": mounts,
        "tmpfs": {"/tmp": "rw,nosuid,nodev,exec,mode=1777"},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "read_only": True,
        "network_mode": what.network,
    }
    if engine.selinux:
        # Not :z, which would write a label onto every file of the user's.
        settings["security_opt"].append("label=disable")
    config = engine.client.create_host_config(**settings)
    if engine.kind == "podman" and engine.rootless:
        config["UsernsMode"] = "keep-id"  # Podman's own, which the package does not know
    elif engine.remapped:
        config["UsernsMode"] = "host"
    return config


def _run(engine: Engine, container: str, what: Inside, foreign: bool, platform: str, say: Callable[[str], None]) -> int:
    client = engine.client
    tail = b""

    def show(stream: int, data: bytes) -> None:
        nonlocal tail
        tail = (tail + data)[-4096:]
        try:
            (what.output or write)(stream, data)
        except OSError as error:
            raise OutputClosed(error) from None

    ended = False
    try:
        if what.copied:
            send(engine, container, what.places, say)
        frames = attach(engine, container, what.tty)
        try:
            client.start(container)
        except Exception as error:
            if foreign and "exec format error" in str(error):
                raise wrong_architecture(what.image, platform, engine) from None
            raise
        with _resizing(engine, container, what.tty) as resize:
            for frame in ticking(frames):
                resize()
                if frame is not None:
                    show(*frame)
        waited = client.wait(container)
        ended = True
        status = int(waited.get("StatusCode", EXIT_BUILD))
        if status and foreign and b"exec format error" in tail:
            raise wrong_architecture(what.image, platform, engine)
        state = client.inspect_container(container).get("State") or {}
        if state.get("OOMKilled"):
            raise refusal("out of memory", "run", what.image)
        if state.get("Error"):
            raise refusal(str(state["Error"]), "run", what.image)
        if what.copied:
            fetch(engine, container, what.places, say)
        return status
    finally:
        _end(engine, container, ended)


def wrong_architecture(image: str, platform: str, engine: Engine) -> UserError:
    """The image's programs can't run on the engine's machine."""
    return UserError.one(
        "wrong-architecture",
        f"{image} is for {platform}, and the engine is {engine.os}/{engine.arch} and can't run it",
        f"build or pull it with --platform {engine.os}/{engine.arch}, or register qemu-user with binfmt_misc there",
        status=EXIT_BUILD,
    )


def write(stream: int, data: bytes) -> None:
    """Writes what the container wrote to where it belongs: 1 is standard output, 2 standard error."""
    out = sys.stderr if stream == 2 else sys.stdout
    buffer = getattr(out, "buffer", None)
    if buffer is None:
        out.write(data.decode("utf-8", "replace"))
    else:
        buffer.write(data)
    out.flush()


def attach(engine: Engine, container: str, tty: bool) -> Iterator[tuple[int, bytes]]:
    """The output of a container that has not started yet: pairs of stream (1 or 2) and bytes, until it ends."""
    pieces = engine.client.attach(container, stdout=True, stderr=True, stream=True, demux=not tty)

    def frames() -> Iterator[tuple[int, bytes]]:
        for piece in pieces:
            if tty:
                yield 1, piece
                continue
            out, err = piece
            if out is not None:
                yield 1, out
            if err is not None:
                yield 2, err

    return frames()


@contextlib.contextmanager
def _resizing(engine: Engine, container: str, tty: bool) -> Iterator[Callable[[], None]]:
    """Gives the container's terminal the size of ours, now and whenever that changes (when the function is called)."""
    if not tty or threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    changed = True

    def note(number: int, frame: object) -> None:
        nonlocal changed
        changed = True

    def resize() -> None:
        nonlocal changed
        if changed:
            changed = False
            with contextlib.suppress(Exception):  # it may have ended
                size = os.get_terminal_size(sys.stderr.fileno())
                engine.client.resize(container, height=size.lines, width=size.columns)

    before = signal.signal(signal.SIGWINCH, note)
    try:
        yield resize
    finally:
        signal.signal(signal.SIGWINCH, before)


def _end(engine: Engine, container: str, ended: bool) -> None:
    """Removes a container. One that has not `ended` is asked to stop first; a second signal makes it end at once."""
    try:
        if not ended:
            _ask(engine, container)
    finally:
        held = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        engine.client.timeout = _PATIENCE
        try:
            with contextlib.suppress(Exception):
                engine.client.remove_container(container, force=True, v=True)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _ask(engine: Engine, container: str) -> None:
    """Sends the container an interrupt, which has the driver inside stop its children and clear away what is half done."""
    engine.client.timeout = _PATIENCE
    deadline = time.monotonic() + _PATIENCE
    asked = False
    while time.monotonic() < deadline:
        try:
            if not (engine.client.inspect_container(container).get("State") or {}).get("Running"):
                return
            if not asked:
                engine.client.kill(container, signal="SIGINT")
                asked = True
        except Exception:
            return  # it is gone, or the engine is
        time.sleep(0.05)


# ---- what a killed client left


def client_label() -> str:
    """Names this process, also after a restart of the machine and when its number is another's."""
    return f"{_machine()}:{os.getpid()}:{_began(os.getpid())}"


def _machine() -> str:
    """This machine, and on Linux this namespace of processes: in another one, the same numbers are others'."""
    try:
        return f"{socket.gethostname()}/{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return socket.gethostname()


def _began(process: int) -> str:
    """When a process began, in words that stay the same while it runs; nothing where there is no such process."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return ""
        except OSError:
            pass
        return "?"
    return f"{boot[:8]}-{stat.rpartition(')')[2].split()[19]}"


def sweep(engine: Engine, say: Callable[[str], None]) -> None:
    """Removes the containers of clients on this machine that are no more."""
    with engine.doing("list", "containers") as client:
        found = client.containers(all=True, filters={"label": CLIENT})
    for item in found:
        machine, _, rest = str((item.get("Labels") or {}).get(CLIENT, "")).partition(":")
        process, _, began = rest.partition(":")
        if machine != _machine() or not process.isdigit() or _began(int(process)) == began:
            continue
        say(f"removes the container {str(item['Id'])[:12]} of a run that was killed")
        with contextlib.suppress(Exception):
            engine.client.remove_container(item["Id"], force=True, v=True)
