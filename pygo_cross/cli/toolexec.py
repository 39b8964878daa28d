# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross toolexec`: puts our compiler, assembler and linker under the stock go command: go build -toolexec='pygo-cross toolexec'."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from pygo_cross.diag import EXIT_OK, EXIT_USAGE, UserError

USAGE: Final = """usage: pygo-cross toolexec TOOL ARGUMENTS
       go build -toolexec='pygo-cross toolexec' ...

Runs a tool of the go command, or ours in its place: compile, asm and link. Packages that match PYGO_CROSS_STOCK (import paths with
/... or *, std, all; separated by commas) are compiled by stock Go.

  -h, --help        print this
"""


def run(argv: list[str]) -> int:
    """Becomes the tool."""
    if not argv or argv[0] in ("-h", "--help"):
        print(USAGE, end="")
        return EXIT_OK if argv else EXIT_USAGE
    from pygo_cross.build import builders

    script = Path(builders.__file__).with_name("toolexec.sh")
    variables = builders.toolexec_variables(os.environ.get("PYGO_CROSS_STOCK", ""))
    # A stage whose word is empty is stock's. Any other word is of this installation, for these packages: not of a build around this one.
    os.environ.update({name: value for name, value in variables.items() if os.environ.get(name) != ""})
    try:
        os.execv("/bin/sh", ["/bin/sh", str(script), sys.executable, *argv])
    except OSError as error:
        raise UserError.one("cannot-run", f"/bin/sh: {error.strerror}") from None
