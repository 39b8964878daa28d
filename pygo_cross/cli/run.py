# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross run`: a binary of any target, under emulation, as if it ran here."""

from __future__ import annotations

import os
import sys

from pygo_cross.build.emulator import LACKS, emulator_command
from pygo_cross.diag import EXIT_USAGE, UserError

ABOUT = """usage: pygo-cross run [FLAGS] FILE [ARGUMENTS...]

Runs a linux or macOS binary, for amd64 or arm64, under the emulator, in this terminal.

The exit status is the program's own; 128+n when signal n killed it, 124 when a limit was reached, 125 when the emulator
lacks something (it says what), 126 when FILE is not a binary that it can run, 127 when there is no FILE.

FLAGS are those of the emulator, which says of itself:
"""


def run(argv: list[str]) -> int:
    """Becomes the emulator's process, with the arguments as they are; what it exits with is what we exit with."""
    if not argv:
        print(ABOUT.split("\n")[0], file=sys.stderr)
        return EXIT_USAGE
    if argv[0] in ("-h", "--help"):
        print(ABOUT)
    try:
        command = emulator_command(argv)
    except UserError as error:
        raise UserError(error.diagnostics, LACKS) from None
    sys.stdout.flush()
    os.execv(command[0], command)
