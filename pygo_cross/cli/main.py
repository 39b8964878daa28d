# SPDX-License-Identifier: BSD-3-Clause
"""The command pygo-cross: picks a sub-command, runs it, and turns what it raises into lines and an exit status.

A sub-command is a module here with `run(argv) -> int`. Only the one that was asked for is imported, so that the command
starts fast: `link` runs once for every program that is built.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Final, NoReturn

from pygo_cross import GO_RELEASE
from pygo_cross.cli.pidone import leave_process_one
from pygo_cross.diag import EXIT_BUILD, EXIT_OK, EXIT_USAGE, UserError, report_of

COMMANDS: Final = {
    "init": "write a toolchain.yaml for the module here",
    "build": "build programs: the matrix of toolchain.yaml, or one package",
    "release": "build, smoke and publish in one, from a tag",
    "smoke": "run what was built, each on its own target, and compare",
    "publish": "publish what was built and has passed its smoke runs",
    "run": "run a linux or macOS binary, for amd64 or arm64, under emulation",
    "report": "write the page that shows a finished build",
    "test": "run the tests of packages on every target, as go test does on one",
    "verify": "build again what is in dist/, and compare",
    "check": "check toolchain.yaml",
    "targets": "list the targets",
    "lint": "look at release binaries: what is damaged, refused, unsafe or not meant to be shipped",
    "healthcheck": "say what is missing on this machine",
    "completion": "print the completion of a shell: bash, zsh or fish",
    "image": "build, pull, push and list the image of pygo-cross in a container engine",
    "jsonschema": "print the JSON Schema of toolchain.yaml",
    "version": "print the versions",
    "typecheck": "parse and type-check packages, with the errors of go build",
    "cache": "show, verify and trim what is kept between builds",
    "compile": "compile a package, as go tool compile does",
    "toolexec": "our compiler, assembler and linker under the stock go command: go build -toolexec='pygo-cross toolexec'",
    "asm": "assemble Go assembly, as go tool asm does",
    "objdump": "print the instructions of objects and executables (amd64)",
    "link": "link Go objects, as go tool link does",
}


class Interrupted(BaseException):
    """A signal asks us to stop. Not an `Exception`: nothing on the way may take it for a mistake."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


def usage() -> str:
    """What --help says."""
    lines = [
        "usage: pygo-cross COMMAND [FLAGS] [ARGUMENTS]",
        "",
        f"A Go {GO_RELEASE} cross toolchain: builds for linux and macOS on amd64 and arm64, and runs what it built.",
        "",
        "commands:",
    ]
    lines += [f"  {name:<12}{what}" for name, what in COMMANDS.items()]
    lines += ["", "pygo-cross COMMAND --help says more."]
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    """Runs the command line `argv` (without the program's name) and returns its exit status."""
    if not argv:
        print(usage(), file=sys.stderr)
        return EXIT_USAGE
    name, rest = argv[0], argv[1:]
    if name in ("-h", "--help", "help"):
        if rest and rest[0] in COMMANDS:
            name, rest = rest[0], ["--help"]
        else:
            print(usage())
            return EXIT_OK
    if name in ("--version", "-V"):
        name = "version"
    if name not in COMMANDS:
        from pygo_cross.records import nearest

        hint = nearest(name, COMMANDS) or "see pygo-cross --help"
        print(f"pygo-cross: there is no command {name!r}; {hint}", file=sys.stderr)
        return EXIT_USAGE
    module = importlib.import_module(f"pygo_cross.cli.{name}")
    status = module.run(rest)
    return status if isinstance(status, int) else EXIT_OK


def report(error: UserError) -> None:
    """The lines of a user's mistake."""
    for diagnostic in error.diagnostics:
        where = str(diagnostic.pos)
        print(f"{diagnostic}" if where else f"pygo-cross: {diagnostic}", file=sys.stderr)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from pygo_cross.cli.ci import commands_of

        print("\n".join(commands_of(error.diagnostics[:10])), file=sys.stderr)


def entry() -> NoReturn:
    """What the installed command calls."""
    leave_process_one()
    # File names that are not UTF-8 must not break what prints them.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")

    def stop(number: int, frame: object) -> None:
        raise Interrupted(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
    except UserError as error:
        report(error)
        status = error.status
    except Interrupted as error:
        print("pygo-cross: stopped", file=sys.stderr)
        status = 128 + error.number
    except BrokenPipeError:
        # The reader of our output is gone; nothing may be flushed into it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 128 + signal.SIGPIPE
    except Exception as error:
        if os.environ.get("PYGO_CROSS_DEBUG"):
            raise
        print(f"pygo-cross: {report_of(error)}", file=sys.stderr)
        status = EXIT_BUILD
    sys.exit(status)
