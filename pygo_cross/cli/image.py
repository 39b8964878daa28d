# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross image`: our image in a container engine."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pygo_cross import __version__
from pygo_cross.build.container.engine import Engine, connect
from pygo_cross.build.container.images import (
    Image,
    age,
    build,
    check_name,
    check_platform,
    default_image,
    has_registry,
    list_images,
    pull,
    push,
)
from pygo_cross.build.container.layers import human
from pygo_cross.build.progress import MODES, table
from pygo_cross.cli.options import DESCRIBE, Described, mode_of, parser
from pygo_cross.diag import EXIT_OK, EXIT_USAGE
from pygo_cross.records import nearest, usage_error

ACTIONS: Final = {
    "build": "make the image from the Dockerfile of this checkout, or of the installed package",
    "pull": "fetch an image from a registry",
    "push": "send the image to a registry",
    "ls": "list the images of pygo-cross that the engine has",
}
_WHERE: Final = """The engine is found as the docker command finds it: DOCKER_HOST, DOCKER_CONTEXT, the current context, then
the usual sockets, Podman's included. --verbose tells which one it is and why."""


def run(argv: list[str]) -> int:
    """Picks the action."""
    name = argv[0] if argv else ""
    if name in ("-h", "--help", "help"):
        print(_described().format_help(), end="")
        return EXIT_OK
    if argv == [DESCRIBE]:
        raise Described(_described())
    if name not in ACTIONS:
        if name:
            hint = nearest(name, ACTIONS) or "there are " + ", ".join(ACTIONS)
            raise usage_error("unknown-action", f"image has no action {name!r}", hint)
        print(_described().format_help(), end="", file=sys.stderr)
        return EXIT_USAGE
    options = _PARSERS[name]().parse_args(argv[1:])
    return {"build": _build, "pull": _pull, "push": _push, "ls": _ls}[name](options)


def _described() -> argparse.ArgumentParser:
    """One parser with the flags of all actions, for whoever wants them listed."""
    actions = "\n".join(f"  {name:<8}{what}" for name, what in ACTIONS.items())
    own = "The flags of all actions; ACTION --help has those of one."
    about = f"The image that `build --in-container` runs in.\n\n{actions}\n\n{_WHERE}\n\n{own}"
    made = parser("image", "ACTION [FLAGS] [IMAGE]", about)
    made.add_argument("action", choices=list(ACTIONS), help="what to do")
    for make in _PARSERS.values():
        for action in make()._actions:
            if action.option_strings and not any(name in made._option_string_actions for name in action.option_strings):
                made._add_action(action)
    return made


def _parser(action: str, synopsis: str, about: str) -> argparse.ArgumentParser:
    made = parser(f"image {action}", synopsis, f"{about}\n\n{_WHERE}")
    made.add_argument("--json", action="store_true", help="print the result as JSON")
    made.add_argument("--verbose", action="store_true", help="tell which engine is used, and why")
    return made


def _add_progress(made: argparse.ArgumentParser) -> None:
    made.add_argument("-q", "--quiet", action="store_true", help="only errors")
    made.add_argument("--progress", choices=MODES, default="auto", help="auto: bars on a terminal, else lines (%(default)s)")


def _engine(options: argparse.Namespace) -> Engine:
    return connect(say=lambda line: print(f"engine: {line}", file=sys.stderr) if options.verbose else None)


def _build_parser() -> argparse.ArgumentParser:
    about = """Builds the image, from the Dockerfile of this checkout or of the installed package. The base must have python3 (3.11 or
newer) with its venv module; Python packages come from an index or from a wheelhouse."""
    made = _parser("build", "[FLAGS]", about)
    made.add_argument("-t", "--tag", metavar="IMAGE", action="append", default=[], help=f"its name; may be repeated ({default_image()})")
    made.add_argument("--base", metavar="IMAGE", help="what it is built on: the build argument BASE")
    made.add_argument("--wheelhouse", metavar="DIR", type=Path, help="take Python packages from the wheels in DIR, and from no index")
    text = "an argument of the Dockerfile; without a value, the environment's"
    made.add_argument("--build-arg", metavar="NAME[=VALUE]", action="append", default=[], help=text)
    made.add_argument("--platform", metavar="OS/ARCH", default="", help="linux/amd64 or linux/arm64; the engine's own when absent")
    made.add_argument("--network", metavar="MODE", default="", help="the network of the build: none, host, …; else the engine's default")
    made.add_argument("--no-cache", action="store_true", help="run every step anew")
    made.add_argument("--pull", action="store_true", help="fetch the base anew")
    _add_progress(made)
    return made


def _build(options: argparse.Namespace) -> int:
    arguments = _arguments(options.build_arg)
    if options.base:
        arguments["BASE"] = check_name(options.base, ids=True)
    platform = check_platform(options.platform) if options.platform else ""
    tags = [check_name(tag) for tag in options.tag] or [default_image()]
    engine = _engine(options)
    image = build(engine, tags, arguments, options.wheelhouse, platform, options.network, options.no_cache, options.pull, mode_of(options))
    return _tell(image, options, "built")


def _arguments(given: list[str]) -> dict[str, str]:
    arguments: dict[str, str] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if equals:
            arguments[name] = value
        elif name in os.environ:
            arguments[name] = os.environ[name]
        else:
            raise usage_error("bad-build-arg", f"--build-arg {name}: the environment has no {name}", f"write --build-arg {name}=VALUE")
    return arguments


def _pull_parser() -> argparse.ArgumentParser:
    made = _parser("pull", "[FLAGS] [IMAGE]", "Fetches IMAGE, or what PYGO_CROSS_IMAGE names, with the credentials that docker login left.")
    made.add_argument("image", metavar="IMAGE", nargs="?", help="[REGISTRY/]NAME[:TAG]")
    made.add_argument("--platform", metavar="OS/ARCH", default="", help="linux/amd64 or linux/arm64; the engine's own when absent")
    _add_progress(made)
    return made


def _pull(options: argparse.Namespace) -> int:
    name = options.image or default_image()
    if options.image is None and not has_registry(name):
        hint = "name it: pygo-cross image pull HOST/NAME:TAG, or set PYGO_CROSS_IMAGE"
        raise usage_error("no-registry", f"nothing says which registry {name} is in", hint)
    check_name(name)
    platform = check_platform(options.platform) if options.platform else ""
    return _tell(pull(_engine(options), name, platform, mode_of(options)), options, "pulled")


def _push_parser() -> argparse.ArgumentParser:
    about = "Sends the image to the registry that IMAGE names, under that name, with the credentials that docker login left."
    made = _parser("push", "[FLAGS] IMAGE", about)
    made.add_argument("image", metavar="IMAGE", help="REGISTRY/NAME[:TAG]")
    text = f"the image to send; IMAGE itself where the engine has it, else {default_image()}"
    made.add_argument("--from", dest="source", metavar="IMAGE", help=text)
    _add_progress(made)
    return made


def _push(options: argparse.Namespace) -> int:
    check_name(options.image)
    engine = _engine(options)
    source = options.source or (options.image if engine.image(options.image) is not None else default_image())
    image, digest = push(engine, options.image, source, mode_of(options))
    return _tell(image, options, "pushed", digest)


def _ls_parser() -> argparse.ArgumentParser:
    about = "Lists the images that are labelled as ours, newest first; * marks the one that is meant where none is named."
    return _parser("ls", "[FLAGS]", about)


def _ls(options: argparse.Namespace) -> int:
    images = list_images(_engine(options))
    if options.json:
        print(json.dumps([dataclasses.asdict(image) for image in images], indent=2, sort_keys=True))
        return EXIT_OK
    if not images:
        print("pygo-cross: the engine has no image of ours; pygo-cross image build makes one", file=sys.stderr)
        return EXIT_OK
    now = datetime.now(UTC)
    rows = [["IMAGE", "ID", "SIZE", "VERSION", "PLATFORM", "AGE"]]
    for image in images:
        for name in image.names or ["<none>"]:
            # Podman puts localhost, or its default registry with library, before a name that has none.
            mark = " *" if re.sub(r"^(localhost|[^/]+/library)/", "", name) == default_image() else ""
            identity, since = image.id.removeprefix("sha256:")[:12], age(image.created, now)
            rows.append([name + mark, identity, human(image.size), image.version, image.platform, since])
    print("\n".join(table(rows, right=(2,))))
    return EXIT_OK


def _tell(image: Image, options: argparse.Namespace, done: str, digest: str = "") -> int:
    if options.json:
        print(json.dumps({**dataclasses.asdict(image), **({"digest": digest} if digest else {})}, indent=2, sort_keys=True))
    elif not options.quiet:
        name = getattr(options, "image", None) or ", ".join(image.names) or image.id
        print(f"{done} {name}: {image.platform}, {human(image.size)}{', ' + digest if digest else ''}", file=sys.stderr)
        if image.version and image.version != __version__:
            print(f"pygo-cross: note: it holds pygo-cross {image.version}, this is {__version__}", file=sys.stderr)
    return EXIT_OK


_PARSERS: Final = {"build": _build_parser, "pull": _pull_parser, "push": _push_parser, "ls": _ls_parser}
