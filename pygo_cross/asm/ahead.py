# SPDX-License-Identifier: BSD-3-Clause
"""The calls of `go build`: all assembly of a package in two processes, where the go command asks for one a file.

The go command first has the symbols of a package's files listed (-gensymabis), then each file assembled, with the same flags
(src/cmd/go/internal/work/gc.go). Most of such a call is the start of Python. So the first call of a package that
assembles goes on with the package's other files and leaves each object in its place, and beside it (.args) the arguments of the call that
will ask for it. toolexec.sh compares them, and has nothing to do where they are the same.

What can't be made ahead, be it by a mistake in the file or in the assembler, is left to its own call, which says what is wrong. All
this happens in the folder that the go command made for this one build of the package.
"""

from __future__ import annotations

import contextlib
import os

from pygo_cross import wholefile
from pygo_cross.asm.main import asm_main
from pygo_cross.diag import EXIT_OK

LISTED = ".listed"
ARGUMENTS = ".args"


def package_main(argv: list[str]) -> int:
    """As `asm_main`, and notes or makes what later calls for the same package will ask for. Raises UserError."""
    if argv[-3:-2] == ["-o"]:
        with contextlib.suppress(OSError):
            os.unlink(argv[-2] + ARGUMENTS)  # what was made ahead there was not what is asked for
    status = asm_main(argv)
    if status != EXIT_OK or "\n" in "".join(argv):
        return status
    if "-gensymabis" in argv:
        at = argv.index("-gensymabis")
        if argv[at + 1 : at + 2] == ["-o"]:
            _write(argv[at + 2] + LISTED, argv)
    elif argv[-3:-2] == ["-o"] and not any(word.startswith("-S") for word in argv):
        for call in _others(argv):
            try:
                asm_main(call)
            except Exception:
                continue
            _write(call[-2] + ARGUMENTS, [" ".join(call)])
    return status


def _others(argv: list[str]) -> list[list[str]]:
    """The calls for the other files of the package: those listed before with the same flags."""
    flags, (_, output, file) = argv[:-3], argv[-3:]
    folder = os.path.dirname(output)
    try:
        with open(os.path.join(folder, "symabis" + LISTED), encoding="utf-8", errors="surrogateescape") as stream:
            listed = stream.read().splitlines()
    except OSError:
        return []
    at = len(flags)
    if listed[:at] != flags or listed[at : at + 2] != ["-gensymabis", "-o"] or file not in listed[at + 3 :]:
        return []
    calls = []
    for other in listed[at + 3 :]:
        place = os.path.join(folder, os.path.basename(other).removesuffix(".s") + ".o")
        if other != file and not os.path.exists(place):
            calls.append([*flags, "-o", place, other])
    return calls


def _write(path: str, lines: list[str]) -> None:
    """A file of lines, whole or not at all; where it can't be written nothing is ahead."""
    with contextlib.suppress(OSError):
        wholefile.put(path, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
