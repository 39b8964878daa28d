# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross init`: a first toolchain.yaml."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pygo_cross.build.config import CONFIG_NAMES, parse_config
from pygo_cross.build.files import writing
from pygo_cross.build.starter import find_programs, starter
from pygo_cross.cli.options import parser
from pygo_cross.diag import EXIT_OK
from pygo_cross.records import usage_error

ABOUT = """Writes toolchain.yaml for the Go module here: a build for each of its programs, for the targets that have it, with
comments about what else there is. An existing file is never overwritten."""


def run(argv: list[str]) -> int:
    """Looks, and writes."""
    made = parser("init", "[-f FILE] [--print] [-q]", ABOUT)
    made.add_argument("-f", "--config", metavar="FILE", help="the file to write (toolchain.yaml)")
    made.add_argument("--print", action="store_true", help="print the file and write nothing")
    made.add_argument("-q", "--quiet", action="store_true", help="only errors")
    options = made.parse_args(argv)
    path = Path(options.config or CONFIG_NAMES[0])
    if not options.print:
        for name in {str(path), *(() if options.config else CONFIG_NAMES)}:
            if os.path.lexists(name):
                raise usage_error("exists", f"{name} is there already", "it is not overwritten: edit it, or move it away")
    module, programs, aside = find_programs(path.parent)
    if not programs:
        raise usage_error("no-program", f"the module {module} has no main package", "write one: package main, with func main")
    text = starter(module, programs, aside)
    parse_config(text.encode(), str(path))
    if options.print:
        print(text, end="")
        return EXIT_OK
    with writing(path):
        file = path.open("x", encoding="utf-8")  # whoever else made it meanwhile keeps it
        try:
            with file:
                file.write(text)
        except OSError:
            path.unlink()
            raise
    if not options.quiet:
        count = f"{len(programs)} program{'' if len(programs) == 1 else 's'}: {', '.join(program.id for program in programs)}"
        print(f"{path}: written, with {count}; next: pygo-cross check, pygo-cross build", file=sys.stderr)
    return EXIT_OK
