# SPDX-License-Identifier: BSD-3-Clause
"""A container engine that answers: connecting to it, and what it is.

Everything that speaks to an engine goes through an `Engine`. Whatever goes wrong with it leaves here as a `UserError` of one line
(`refusals.py` has the words): a traceback of an HTTP library is no help to anyone. The `docker` package is imported when
a connection is made and not before, for it takes longer to load than most commands to run.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from pygo_cross.build.container.endpoint import Endpoint, candidates, home, read_config
from pygo_cross.build.container.refusals import explain
from pygo_cross.diag import UserError
from pygo_cross.records import usage_error

OLDEST_API: Final = (1, 41)
"""Docker 20.10's, which is the oldest that this is tried with; Podman has said the same of itself since 4."""
_ANSWER: Final = 20.0
"""Seconds that an engine has for an answer that needs no work."""
_MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

T = TypeVar("T")


class Engine:
    """A connection to an engine. `client` is the docker package's; `kind` is docker or podman; `arch` is GOARCH's word for it."""

    def __init__(self, client: Any, endpoint: Endpoint, version: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        self.client, self.endpoint = client, endpoint
        names = [str(part.get("Name", "")) for part in version.get("Components") or [] if isinstance(part, dict)]
        self.kind = "podman" if any("podman" in name.lower() for name in names) else "docker"
        self.version = str(version.get("Version", "?"))
        self.api = str(version.get("ApiVersion", ""))
        machine = str(facts.get("Architecture") or version.get("Arch") or "")
        self.os = str(facts.get("OSType") or version.get("Os") or "linux")
        self.arch = _MACHINES.get(machine, machine)
        options = [str(option) for option in facts.get("SecurityOptions") or []]
        self.rootless = any(option.split(",")[0] == "name=rootless" for option in options)
        self.remapped = any(option.split(",")[0] == "name=userns" for option in options)
        self.selinux = any(option.split(",")[0] == "name=selinux" for option in options)

    def __str__(self) -> str:
        name = {"docker": "Docker", "podman": "Podman"}[self.kind]
        return f"{name} {self.version} ({self.os}/{self.arch}{', rootless' if self.rootless else ''}) at {self.endpoint.url}"

    @contextlib.contextmanager
    def doing(self, what: str, subject: str = "") -> Iterator[Any]:
        """The client, for a while in which whatever goes wrong is told as a `UserError` about `what` (`pull`, `run`, …) of `subject`."""
        try:
            yield self.client
        except UserError:
            raise
        except Exception as error:
            said = explain(error, self, what, subject)
            if said is None:
                raise
            raise said from None

    @contextlib.contextmanager
    def without_limit(self) -> Iterator[None]:
        """For calls that may rightly be silent for minutes."""
        before = self.client.timeout
        self.client.timeout = None
        try:
            yield
        finally:
            self.client.timeout = before

    def close(self) -> None:
        """Ends the connection."""
        with contextlib.suppress(Exception):
            self.client.close()

    def image(self, name: str) -> dict[str, Any] | None:
        """What the engine knows of an image, None where it has none of that name."""
        from docker.errors import ImageNotFound, NotFound

        with self.doing("inspect", name) as client:
            try:
                found: dict[str, Any] = client.inspect_image(name)
            except (ImageNotFound, NotFound):
                return None
            return found


def connect(env: Mapping[str, str] | None = None, say: Callable[[str], None] = lambda line: None) -> Engine:
    """The first engine that answers. `say` is told what was tried and why. Raises `UserError` where none does."""
    env = os.environ if env is None else env
    read_config(env)  # a broken one is told here, before the docker package passes over it
    places = candidates(env)
    named = len(places) == 1
    refused: list[UserError] = []
    for place in places:
        if place.local and not named and not os.path.lexists(place.socket):
            say(f"{place.url}: {place.why}: not there")
            continue
        try:
            engine = _connect(place)
        except UserError as error:
            say(f"{place.url}: {place.why}: {error}")
            refused.append(error)
            continue
        say(f"{engine}: {place.why}")
        try:
            _check(engine)
        except UserError:
            engine.close()
            raise
        return engine
    if refused:
        raise refused[0]
    looked = ", ".join(place.url.removeprefix("unix://").replace(str(home(env)), "~") for place in places)
    raise usage_error(
        "no-engine", f"there is no container engine: no socket at {looked}", "start Docker or Podman, or name one with DOCKER_HOST"
    )


def _connect(place: Endpoint) -> Engine:
    try:
        import docker
        from docker.tls import TLSConfig
    except ImportError as error:
        raise usage_error("no-docker-package", f"the docker package can't be loaded: {error}", "pip install docker") from None
    if place.local:
        _probe(place)
    settings: dict[str, Any] = {"base_url": place.url, "timeout": _ANSWER}
    if place.url.startswith("ssh://"):
        # The ssh command has the user's keys, agent and configuration.
        settings["use_ssh_client"] = True
    if place.tls is not None:
        pair = (place.tls.cert, place.tls.key) if place.tls.cert else None
        settings["tls"] = TLSConfig(client_cert=pair, ca_cert=place.tls.ca or None, verify=place.tls.verify)
        settings["base_url"] = "https://" + place.url.removeprefix("tcp://")
        if not place.tls.verify:
            _no_warnings()
    client = None
    try:
        # Asked without a number: the oldest that we can use may be older than what the engine still speaks.
        client = _client(docker, {**settings, "version": "1.41"})
        version = client.version(api_version=False)
        client.close()
        spoken = version.get("ApiVersion") if isinstance(version, dict) else None
        if not isinstance(spoken, str) or not spoken:
            raise _no_engine(place)
        client = _client(docker, {**settings, "version": spoken})
        facts = client.info()
        if not isinstance(facts, dict):
            raise _no_engine(place)
        return Engine(client, place, version, facts)
    except UserError:
        raise
    except Exception as error:
        if client is not None:
            client.close()
        said = explain(error, place, "connect", place.url)
        if said is None:
            raise
        raise said from None


def _no_engine(place: Endpoint) -> UserError:
    return usage_error("not-an-engine", f"what answers at {place.url} is not a container engine", "check DOCKER_HOST")


def _client(docker: Any, settings: dict[str, Any]) -> Any:
    client = docker.APIClient(**settings)
    if settings["base_url"].startswith("https://"):
        # Or else REQUESTS_CA_BUNDLE, which is about other servers, goes before the engine's own authority.
        import requests

        client.trust_env = False
        client.proxies = requests.utils.get_environ_proxies(settings["base_url"])
    return client


def _no_warnings() -> None:
    """Not verifying is what the user asked for; being told at every request is not."""
    import urllib3

    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


def _probe(place: Endpoint) -> None:
    """Whether the socket can be opened at all: the plain error of the system says more than what a library makes of it."""
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_ANSWER)
        try:
            probe.connect(str(place.socket))
        except PermissionError:
            group = "docker" if "docker" in place.socket.name else "its"
            raise usage_error(
                "engine-permission",
                f"no permission to use the engine at {place.socket}",
                f"join the {group} group (then log in anew), or run a rootless engine",
            ) from None
        except OSError as error:
            reason = error.strerror or str(error)
            hint = "start it, or name another with DOCKER_HOST"
            raise usage_error("no-engine", f"no container engine answers at {place.socket} ({place.why}): {reason}", hint) from None


def _check(engine: Engine) -> None:
    """Raises `UserError` where the engine can't be used at all."""
    if engine.os != "linux":
        hint = "switch it to linux containers, or name another with DOCKER_HOST"
        raise usage_error("engine-os", f"{engine} runs {engine.os} containers", hint)
    try:
        level = tuple(int(part) for part in engine.api.split("."))
    except ValueError:
        level = ()
    if level < OLDEST_API:
        wanted = ".".join(str(part) for part in OLDEST_API)
        spoken = engine.api or "of no number"
        raise usage_error("engine-too-old", f"{engine} speaks API {spoken}; {wanted} is needed", "use Docker 20.10, Podman 4 or newer")


class _Failed:
    """What a reader raised, on its way to who asked for its items."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def ticking(items: Iterable[T], seconds: float = 0.5) -> Iterator[T | None]:
    """The items as they come, and None whenever none came for so many seconds; so that a bar's clock goes on and a signal is seen
    at once, whatever the engine does. An abandoned reader ends when its connection is closed."""
    passed: queue.SimpleQueue[Any] = queue.SimpleQueue()
    end = object()

    def read() -> None:
        try:
            for item in items:
                passed.put(item)
            passed.put(end)
        except BaseException as error:
            passed.put(_Failed(error))

    threading.Thread(target=read, daemon=True, name="engine-reader").start()
    while True:
        try:
            item = passed.get(timeout=seconds)
        except queue.Empty:
            yield None
            continue
        if item is end:
            return
        if isinstance(item, _Failed):
            raise item.error
        yield item


@contextlib.contextmanager
def quiet_helpers() -> Iterator[None]:
    """A credential helper that is not installed is told by the error that follows, once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
