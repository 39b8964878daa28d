# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross compile`: our compiler, with the flags of `go tool compile`."""

from __future__ import annotations

import gc
import os
from typing import Final

from pygo_cross import GO_RELEASE, wholefile
from pygo_cross.diag import EXIT_OK, EXIT_USAGE, Pos, UserError

USAGE: Final = f"""usage: pygo-cross compile [flags] file.go ...

Compiles the files of one package of Go {GO_RELEASE} for GOOS and GOARCH into an archive, as go tool compile does. Imported
packages must have been compiled with pygo-cross, or by go build -toolexec='pygo-cross toolexec'.

  -o file           the archive
  -p path           the package's import path
  -importcfg file   where the archives of imported packages are
  -embedcfg file    which files //go:embed directives mean
  -symabis file     which functions are assembly, as pygo-cross asm -gensymabis writes it
  -asmhdr file      write a header with constants and structs for assembly
  -trimpath list    remove or rewrite prefixes of recorded paths: PREFIX or PREFIX=>NEW, separated by ;
  -lang version     the language version, such as go1.27
  -std              the package is of the standard library
  -+                the package is part of the runtime
  -complete         all functions are written in Go
  -buildid id       recorded in the archive
  -dwarf=false      no debug information
  -N, -l            no optimisation, no inlining
  -m                print what was decided: what is inlined, what is in the heap
  -e                no limit on the number of errors
  -c n              compile n functions at a time
  -d list           debug settings: ssa/check, ssa/PASS/dump=FUNCTION, ssa/PASS/off[=FUNCTION],
                    maymorestack=FUNCTION (called before a stack may grow)
  -V[=full]         print the version
"""


def run(argv: list[str]) -> int:
    """Runs the command line and returns the exit status. Raises UserError and InternalError."""
    if any(word in ("-h", "-help", "--help") for word in argv):
        print(USAGE, end="")
        return EXIT_OK
    gc.disable()
    from pygo_cross.build.goroot import find_goroot
    from pygo_cross.compile import Compilation
    from pygo_cross.compileflags import Flags
    from pygo_cross.frontend.record import default_store

    flags = Flags(argv)
    if flags.version:
        from pygo_cross import __version__

        print(f"compile version go{GO_RELEASE} pygo-cross {__version__}")
        return EXIT_OK
    if not flags.files:
        raise UserError.one("usage", "compile: no file to compile", "see pygo-cross compile --help", status=EXIT_USAGE)
    if not flags.package:
        raise UserError.one("usage", "compile: -p is missing: the package's import path", "main for a program", status=EXIT_USAGE)
    output = flags.output or os.path.basename(flags.files[0]).removesuffix(".go") + ".o"
    compiled = Compilation(flags, os.environ, find_goroot(), default_store(os.environ), os.getcwd()).compile()
    for path, data in ((flags.asm_header, compiled.asm_header), (output, compiled.archive(b""))):
        if path:
            try:
                wholefile.put(path, data)
            except OSError as error:
                raise UserError.one("cannot-write", f"cannot write: {error.strerror}", pos=Pos(path)) from None
    return EXIT_OK
