# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross run`: a binary of any target, under emulation, as if it ran here."""

from __future__ import annotations

import argparse
import os
import sys

from pygo_cross.build.emulator import LACKS, NOT_FOUND, emulator_command
from pygo_cross.cli.options import parser
from pygo_cross.diag import UserError

ABOUT = """Runs a linux or macOS binary, for amd64 or arm64, under the emulator, in this terminal.

The program sees none of this machine's files but those that --mount shows it. The exit status is the program's own;
128+n when signal n killed it, 124 when a limit was reached, 125 when the emulator lacks something (it says what),
126 when FILE is not a binary that it can run, 127 when there is no FILE."""


def run(argv: list[str]) -> int:
    """Becomes the emulator's process; what it exits with is what we exit with."""
    made = parser("run", "[FLAGS] FILE [ARGUMENTS...]", ABOUT)
    made.add_argument(
        "--mount", metavar="HOST[:GUEST]", action="append", default=[], help="show a file or folder to the program; may be repeated"
    )
    made.add_argument("--cwd", metavar="DIR", help="the program's working directory")
    made.add_argument("--env", metavar="NAME=VALUE", action="append", default=[], help="set a variable; may be repeated")
    made.add_argument("--stdin", metavar="FILE", help="what it reads from standard input; - is ours")
    made.add_argument("--timeout", metavar="SECONDS", type=seconds, help="give up after so long")
    made.add_argument("--json", metavar="FILE", help="write what happened to FILE as JSON")
    made.add_argument("--strict", action="store_true", help="stop at the first thing that the emulator only approximates")
    made.add_argument("file", metavar="FILE", help="the binary")
    made.add_argument("args", metavar="ARGUMENTS", nargs=argparse.REMAINDER, help="the program's own")
    options = made.parse_args(argv)
    flags: list[str] = []
    for name in ("mount", "env"):
        for value in getattr(options, name):
            flags += [f"--{name}", value]
    for name in ("cwd", "stdin", "timeout", "json"):
        if getattr(options, name) is not None:
            flags += [f"--{name}", str(getattr(options, name))]
    if options.strict:
        flags.append("--strict")
    if not os.path.exists(options.file):
        print(f"pygo-cross run: {options.file}: no such file", file=sys.stderr)
        return NOT_FOUND
    try:
        command = emulator_command(flags, options.file, options.args)
    except UserError as error:
        raise UserError(error.diagnostics, LACKS) from None
    sys.stdout.flush()
    os.execv(command[0], command)


def seconds(text: str) -> float:
    """A number of seconds above 0."""
    value = float(text)
    if not 0 < value <= 1e9:
        raise argparse.ArgumentTypeError("expected a number of seconds above 0")
    return value
