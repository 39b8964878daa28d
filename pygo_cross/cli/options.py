# SPDX-License-Identifier: BSD-3-Clause
"""Flags that several sub-commands share, spelled and explained once."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygo_cross.build.driver import processors
from pygo_cross.build.progress import MODES
from pygo_cross.build.toolexec import STOCK

if TYPE_CHECKING:
    from pygo_cross.build.config import Config


class Described(Exception):
    """Instead of parsing: the parser that a sub-command made."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser
        super().__init__(parser.prog)


DESCRIBE = "--describe-parser"
"""Handed to a sub-command as its only argument, has it raise `Described`. Nobody types it: `completion` reads all flags so."""


class Parser(argparse.ArgumentParser):
    """argparse's, which can also be asked for itself."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse's; what every way to parse goes through."""
        if args == [DESCRIBE]:
            raise Described(self)
        return super().parse_known_args(args, namespace)


def parser(name: str, synopsis: str, about: str) -> argparse.ArgumentParser:
    """A parser for the sub-command `name`; flags are never abbreviated, so that new ones break no script."""
    made = Parser(
        prog=f"pygo-cross {name}",
        usage=f"pygo-cross {name} {synopsis}".rstrip(),
        description=about,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return made


def add_config(made: argparse.ArgumentParser) -> None:
    """-f/--config."""
    text = "the configuration (PYGO_CROSS_CONFIG, else toolchain.yaml here, else every program of the module here)"
    made.add_argument("-f", "--config", metavar="FILE", help=text)


def add_selection(made: argparse.ArgumentParser) -> None:
    """--id, --target, --single-target."""
    made.add_argument("--id", metavar="ID", action="append", default=[], help="only the build with this id; may be repeated")
    made.add_argument(
        "--target", metavar="TARGET", action="append", default=[], help="only targets that match os/arch, os_arch_variant or a glob"
    )
    made.add_argument("--single-target", action="store_true", help="only GOOS/GOARCH, or the host's")


def add_running(made: argparse.ArgumentParser) -> None:
    """-p, -q, --progress."""
    made.add_argument("-p", "--parallelism", metavar="N", type=positive, default=processors(), help="targets at a time (%(default)s)")
    made.add_argument("-q", "--quiet", action="store_true", help="only errors")
    made.add_argument("--progress", choices=MODES, default="auto", help="auto: a bar on a terminal, else lines (%(default)s)")


def add_stock(made: argparse.ArgumentParser) -> None:
    """--stock."""
    text = "packages that stock Go compiles: import paths with /... or *, std, all, none; may be repeated (PYGO_CROSS_STOCK)"
    made.add_argument("--stock", metavar="PATTERN", action="append", default=[], help=text)


def take_stock(options: argparse.Namespace) -> None:
    """What --stock says, for all that is built from here on: flags beat the environment."""
    if options.stock:
        os.environ[STOCK] = ",".join(word for word in options.stock if word != "none")


def add_skip(made: argparse.ArgumentParser, names: Sequence[str]) -> None:
    """--skip."""
    made.add_argument(
        "--skip", metavar="STEPS", action="append", default=[], help=f"leave steps out: {', '.join(names)}; with commas between"
    )


def skipped(options: argparse.Namespace, names: Sequence[str]) -> list[str]:
    """The steps that --skip names. Raises `UserError` for a name that is none."""
    found = [name.strip() for value in options.skip for name in value.split(",") if name.strip()]
    for name in found:
        if name not in names:
            from pygo_cross.records import nearest, usage_error

            raise usage_error("bad-flag", f"--skip: there is no step {name!r}", nearest(name, names) or "there are " + ", ".join(names))
    return found


def mode_of(options: argparse.Namespace) -> str:
    """The progress mode that the flags ask for."""
    return "none" if options.quiet else str(options.progress)


def positive(text: str) -> int:
    """A whole number from 1."""
    value = int(text)
    if not 1 <= value <= 1024:
        raise argparse.ArgumentTypeError("expected a number from 1 to 1024")
    return value


def config_of(options: argparse.Namespace) -> Config:
    """The configuration that the flags name, or that of the Go module here where there is none to name. Raises `UserError`."""
    from pygo_cross.build.config import find_config, load_config

    path = find_config(options.config)
    if path is None:
        from pygo_cross.build.unwritten import unwritten_config

        return unwritten_config(Path("."))
    return load_config(path)


def join_go_flags(argv: Sequence[str], names: Sequence[str]) -> list[str]:
    """`-ldflags -s` as `-ldflags=-s`: the go command takes the next word as the value whatever it starts with, argparse does not."""
    joined: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            return [*joined, word, *words]
        if word.lstrip("-") in names and word.startswith("-"):
            value = next(words, None)
            joined.append(word if value is None else f"{word}={value}")
        else:
            joined.append(word)
    return joined
