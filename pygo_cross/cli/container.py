# SPDX-License-Identifier: BSD-3-Clause
"""--in-container, for the commands that have it: the same command line, run in our image."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pygo_cross.build.files import make_folder, place, temporary_folder, writing
from pygo_cross.diag import EXIT_OK, UserError
from pygo_cross.records import usage_error

if TYPE_CHECKING:
    from pygo_cross.build.config import Config

_FLAG: Final = "--in-container"
_VALUES: Final = ("--container-network", "--container-env")
_SWITCHES: Final = ("--container-copy",)


def add_container(made: argparse.ArgumentParser) -> None:
    """--in-container and what goes with it."""
    from pygo_cross.build.container.images import default_image

    group = made.add_argument_group("in a container")
    text = f"run this in IMAGE ({default_image()}), with the same result; the engine is found as the docker command finds it"
    group.add_argument(_FLAG, metavar="IMAGE", nargs="?", const="", help=text)
    text = "the container's network: none, bridge or host; modules are fetched here, beforehand (none)"
    group.add_argument("--container-network", metavar="MODE", default="none", help=text)
    text = "a variable for the container, beside those of go and of the configuration; may be repeated"
    group.add_argument("--container-env", metavar="NAME[=VALUE]", action="append", default=[], help=text)
    text = "copy the sources to the engine and the results back, as for an engine on another machine"
    group.add_argument("--container-copy", action="store_true", help=text)


def spelled(argv: Sequence[str]) -> list[str]:
    """The command line with `--in-container` as `--in-container=`, so that it takes no package for an image."""
    end = argv.index("--") if "--" in argv else len(argv)
    return [f"{word}=" if word == _FLAG and at < end else word for at, word in enumerate(argv)]


def without(argv: Sequence[str]) -> list[str]:
    """The command line for the container: without the flags of `add_container`."""
    kept: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            return [*kept, word, *words]
        name = word.partition("=")[0]
        if name == _FLAG or word in _SWITCHES:
            continue
        if name in _VALUES:
            if word == name:
                next(words, None)
            continue
        kept.append(word)
    return kept


def check_flags(options: argparse.Namespace) -> None:
    """Raises `UserError` where the other flags are given without --in-container."""
    if options.in_container is None and (options.container_env or options.container_copy or options.container_network != "none"):
        raise usage_error("bad-flag", "--container-… flags are for --in-container", "add it, or leave them out")


def before_here(argv: Sequence[str], options: argparse.Namespace, config: Config, skip: Sequence[str]) -> list[str]:
    """Runs the hooks of `before` here: they need the tools of this machine, and may write to the sources. Returns the command line
    for the container, which passes over them. Raises `UserError`."""
    from pygo_cross.build.matrix import facts_of
    from pygo_cross.build.release.commands import run_before
    from pygo_cross.cli.options import mode_of

    if not config.project.before.hooks or "before" in skip or getattr(options, "print", False):
        return list(argv)
    run_before(config, facts_of(config, snapshot=options.snapshot), mode_of(options))
    return ["--skip=before", *argv]


def run_config(command: str, argv: Sequence[str], options: argparse.Namespace, config: Config) -> int:
    """Runs a command of a configuration in the container. Returns its exit status."""
    from pygo_cross.build.matrix import builds_of

    folders = {config.folder}
    for build in builds_of(config):
        folder = config.folder / build.dir
        if "{{" not in build.dir and folder.is_dir():
            folders.add(folder)
    fresh = not os.path.lexists(config.dist)
    make_folder(config.dist)
    try:
        template = config.path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        template = ""
    try:
        return _run([command, *without(argv)], options, sorted(folders), [config.path], config.dist, template)
    finally:
        if fresh:
            _remove_empty(config.dist)


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return


def run_direct(argv: Sequence[str], options: argparse.Namespace, out: str | None, packages: Sequence[str], files: Sequence[str]) -> int:
    """Runs a build without a configuration in the container. Its programs are made in a folder of their own and then put where they go:
    a file can't be replaced through a mount, and the folder around it may be the source, which is not written to."""
    here = Path.cwd()
    folders = {here}
    for package in packages:
        path = Path(package)
        if package.startswith(("./", "../", "/")) or package.endswith(".go"):
            folder = path.parent if package.endswith(".go") else Path(package.removesuffix("/...") or "/")
            if folder.is_dir():
                folders.add(folder)
    into_folder = out is None or out.endswith(os.sep) or Path(out).is_dir()
    parent = Path(out or ".") if into_folder else Path(out or ".").parent
    beside = parent.absolute()
    while not beside.is_dir():
        beside = beside.parent
    with temporary_folder(beside) as scratch:
        command = ["-o", f"{scratch}{os.sep}", *without_out(without(argv))]
        said: list[bytes] = []
        status = _run(
            ["build", *command], options, sorted(folders), [Path(file) for file in files], scratch, "", said if options.json else None
        )
        if status != EXIT_OK or options.print:
            sys.stdout.buffer.write(b"".join(said))
            return status
        with writing(scratch):
            made = sorted(scratch.iterdir())
        if len(made) > 1 and not into_folder:
            raise UserError.one("many-programs", f"{len(made)} programs for one file", "give -o a folder")
        moved: dict[str, str] = {}
        for file in made:
            to = parent / file.name if into_folder else Path(out or file.name)
            moved[str(file)] = str(to)
            if file.is_dir():
                with writing(to):
                    shutil.copytree(file, to, dirs_exist_ok=True)
            else:
                place(file, to)
        if options.json:
            print(json.dumps(_moved(json.loads(b"".join(said)), moved), indent=2, sort_keys=True))
        return status


def without_out(argv: Sequence[str]) -> list[str]:
    """The command line without -o."""
    kept: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            return [*kept, word, *words]
        if word == "-o":
            next(words, None)
        elif not word.startswith("-o") or word.startswith("-overlay"):
            kept.append(word)
    return kept


def _moved(value: Any, moved: dict[str, str]) -> Any:
    """JSON with the paths of the files that were moved."""
    if isinstance(value, dict):
        return {name: _moved(item, moved) for name, item in value.items()}
    if isinstance(value, list):
        return [_moved(item, moved) for item in value]
    if isinstance(value, str):
        for before, after in moved.items():
            if value == before or value.startswith(before + os.sep):
                return after + value[len(before) :]
    return value


def _run(
    argv: Sequence[str],
    options: argparse.Namespace,
    projects: Sequence[Path],
    files: Sequence[Path],
    writable: Path,
    template: str,
    said: list[bytes] | None = None,
) -> int:
    from pygo_cross.build.container import inside, modules, mounts, settings
    from pygo_cross.build.container.engine import connect
    from pygo_cross.build.container.images import check_name, default_image

    verbose = bool(getattr(options, "verbose", False))

    def say(line: str) -> None:
        if verbose:
            print(f"container: {line}", file=sys.stderr)

    image = check_name(options.in_container or default_image(), ids=True)
    env = settings.environment(os.environ, template, options.container_env)
    git_env, git_files = settings.git_settings()
    env = {**git_env, **env}
    network = options.container_network != "none"
    shown = [*files, *git_files]
    engine = connect(say=say)
    try:
        roots = modules.needing(projects)
        cache, proxies = None, ""
        if roots:
            say(f"fetches the modules of {', '.join(map(str, roots))}")
            try:
                cache, proxies = modules.fetch(roots)
            except UserError as error:
                if not network and any(item.code in ("no-goroot", "other-release") for item in error.diagnostics):
                    raise modules.offline(roots) from None
                if not network:
                    raise
                say(f"{error}; left to the container")
            if cache is not None:
                shown.append(cache)
        env.update(modules.settings(cache, network, proxies))
        sources = mounts.needed(projects, shown, [writable])
        for note in sources.notes:
            print(f"pygo-cross: note: {note}", file=sys.stderr)
        on_terminal = sys.stdout.isatty() and sys.stderr.isatty() and not options.json and not os.environ.get("CI")

        def output(stream: int, data: bytes) -> None:
            if said is not None and stream == 1:
                said.append(data)
            else:
                inside.write(stream, data)

        what = inside.Inside(
            image=image,
            argv=argv,
            cwd=os.getcwd(),
            env=env,
            places=sources.places,
            network=options.container_network,
            tty=on_terminal and os.environ.get("TERM") != "dumb",
            copied=options.container_copy or not engine.endpoint.local,
            output=output,
        )
        return inside.run_inside(engine, what, say)
    finally:
        engine.close()
