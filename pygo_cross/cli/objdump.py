# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross objdump`: the instructions of objects and executables, in Go's syntax."""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import sys

from pygo_cross.cli.options import parser
from pygo_cross.diag import EXIT_BUILD, EXIT_OK, UserError
from pygo_cross.records import usage_error

ABOUT = """Prints the functions of Go objects, archives and ELF or Mach-O executables (amd64, arm64, universal) as Go's assembler would have
them: source line, address, bytes, instruction, relocations. What ends in `?` is an instruction that Go's assembler writes with other
bytes; what is no instruction stands as BYTE or WORD, and its bytes are counted at the end."""


def arguments() -> argparse.ArgumentParser:
    """The command's flags."""
    made = parser("objdump", "[-s REGEXP] [-S] [--json] FILE", ABOUT)
    made.add_argument("-s", dest="only", metavar="REGEXP", default="", help="only functions whose names match")
    made.add_argument("-S", dest="source", action="store_true", help="the source's text too, where its files are here")
    made.add_argument("--json", action="store_true", help="one JSON object for each function, a line each")
    made.add_argument("file", metavar="FILE", help="a Go object, an archive of them, or an executable")
    return made


@functools.lru_cache(maxsize=16)
def _source(file: str) -> list[str]:
    """The lines of a source file, none if it is not here."""
    if file.startswith("$GOROOT/"):
        from pygo_cross.build.goroot import find_goroot

        try:
            file = os.path.join(find_goroot(), file.removeprefix("$GOROOT/"))
        except UserError:
            return []
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:
            return stream.read().split("\n")
    except (OSError, ValueError):
        return []


def _source_line(file: str, line: int) -> str:
    lines = _source(file) if file else []
    return lines[line - 1] if 0 < line <= len(lines) else ""


def run(argv: list[str]) -> int:
    """Prints; the status is 1 if no function matches."""
    options = arguments().parse_args(argv)
    try:
        wanted = re.compile(options.only)
    except re.error as error:
        raise usage_error("bad-regexp", f"-s: not a regular expression: {error}") from None
    from pygo_cross.asm.disassemble import lines, read

    binary = read(options.file)
    shown = unknown = 0
    for function in binary.functions:
        if not wanted.search(function.name):
            continue
        shown += 1
        found = list(lines(function, binary))
        unknown += sum(len(line.code) for line in found if not line.known)
        if options.json:
            record = {
                "name": function.name,
                "arch": function.arch,
                "address": function.address,
                "instructions": [
                    {
                        "address": line.address,
                        "bytes": line.code.hex(),
                        "text": line.text,
                        "exact": line.exact,
                        "file": line.file,
                        "line": line.line,
                        "relocations": line.relocations,
                    }
                    for line in found
                ],
            }
            print(json.dumps(record))
            continue
        file = found[0].file if found else ""
        said = ("", 0)
        print(f"TEXT {function.name}(SB){' ' + file if file else ''}{f' ({function.arch})' if function.home else ''}")
        for line in found:
            if options.source and said != (line.file, line.line):
                said = (line.file, line.line)
                text = _source_line(line.file, line.line)
                if text:
                    print(text)
            place = f"{os.path.basename(line.file)}:{line.line}" if line.file else ""
            text = line.text + ("" if line.exact else "\t?")
            code = line.code[::-1] if function.quantum == 4 else line.code
            print("  " + "\t".join(filter(None, (place, f"{line.address:#06x}", f"{code.hex():<16}", text, " ".join(line.relocations)))))
        print()
    if unknown:
        print(f"pygo-cross: {unknown} bytes are no instructions that are known", file=sys.stderr)
    if not shown:
        print(f"pygo-cross: {options.file}: no function{' matches ' + options.only if options.only else 's'}", file=sys.stderr)
        return EXIT_BUILD
    return EXIT_OK
