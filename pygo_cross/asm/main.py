# SPDX-License-Identifier: BSD-3-Clause
"""The assembler's command line: the flags that the go command gives to `go tool asm`.

Go's flag syntax: `-name value` or `-name=value`, one dash or two; a boolean takes a value only with `=`; `@file` stands for
the arguments in a file. The output is written beside its place and renamed, and only when everything assembled.
Meanings: GOROOT/src/cmd/asm/doc.go, cmd/asm/internal/flags/flags.go.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Mapping
from typing import Final

from pygo_cross import GO_RELEASE, wholefile
from pygo_cross.asm.assemble import Options, assemble, symbol_abis
from pygo_cross.asm.goenv import GoEnv
from pygo_cross.asm.parser import allows_abi
from pygo_cross.diag import EXIT_OK, EXIT_USAGE, Pos, UserError
from pygo_cross.obj.context import UNLINKABLE
from pygo_cross.toolflags import FALSE, TRUE, expand

_BOOLEANS: Final = frozenset(("shared", "dynlink", "linkshared", "e", "gensymabis", "std", "v", "debug"))
_STRINGS: Final = frozenset(("D", "I", "o", "p", "trimpath", "spectre", "d"))

USAGE: Final = f"""usage: pygo-cross asm [flags] file.s ...

Assembles Go assembly of Go {GO_RELEASE} for GOOS and GOARCH into an object, as go tool asm does.

  -D name[=value]   predefine a macro; may be given several times
  -I folder         look for included files here too; may be given several times
  -o file           the object (default: the only file's name with .o)
  -p path           the package's import path
  -trimpath list    remove or rewrite prefixes of recorded paths: PREFIX or PREFIX=>NEW, separated by ;
  -gensymabis       write which functions are defined and used, and assemble nothing
  -shared           code for shared libraries and position-independent executables
  -dynlink          code that refers to Go symbols of other shared libraries
  -linkshared       code that is linked against Go shared libraries
  -spectre list     mitigations: index, ret or all
  -std              the package is of the standard library
  -e                no limit on the number of errors
  -d list           debug settings: maymorestack=FUNCTION, pctab=TABLE (pctospadj, pctofile, pctoline, pctoinline, pctopcdata)
  -S                print the assembled instructions and their bytes; given twice, debug information and ABIs too
  -V[=full]         print the version
"""


def _usage_error(message: str) -> UserError:
    return UserError.one("usage", f"asm: {message}", "see pygo-cross asm --help", status=EXIT_USAGE)


class Flags:
    """The command line, read."""

    def __init__(self, argv: list[str], environment: Mapping[str, str]) -> None:
        self.env = GoEnv(environment)
        self.options = Options(self.env.goarch, self.env.goos, UNLINKABLE)
        self.options.goroot = environment.get("GOROOT", "")
        self.options.dwarf5 = "dwarf5" in self.env.experiments
        self.options.simd = "simd" in self.env.experiments
        self.output = ""
        self.symbol_abis = False
        self.version = ""
        self.files: list[str] = []
        self._read(expand("asm", argv))
        if allows_abi(self.options.package):
            self.options.defines += ["GOEXPERIMENT_" + name for name in self.env.experiments]
        if self.version:
            return
        if not self.files:
            raise _usage_error("no file to assemble")
        if not self.output:
            if len(self.files) != 1:
                raise _usage_error("-o is needed for several files")
            self.output = os.path.basename(self.files[0]).removesuffix(".s") + ".o"

    def _read(self, argv: list[str]) -> None:
        words = iter(argv)
        for word in words:
            if word == "--":
                self.files += words
                return
            if not word.startswith("-") or word == "-":
                # Behind the first file, everything is a file.
                self.files.append(word)
                self.files += words
                return
            name, given, value = word.lstrip("-").partition("=")
            if name == "V":
                self.version = value or "true"
            elif name == "S":
                self._count(given, value)
            elif name in _BOOLEANS:
                if given and value not in TRUE and value not in FALSE:
                    raise _usage_error(f'invalid boolean value "{value}" for -{name}')
                self._boolean(name, not given or value in TRUE)
            elif name in _STRINGS:
                if not given:
                    try:
                        value = next(words)
                    except StopIteration:
                        raise _usage_error(f"flag needs an argument: -{name}") from None
                self._string(name, value)
            else:
                raise _usage_error(f"flag provided but not defined: -{name}")

    def _boolean(self, name: str, value: bool) -> None:
        options = self.options
        if name == "gensymabis":
            self.symbol_abis = value
        elif name == "e":
            options.all_errors = value
        elif name in ("shared", "dynlink", "linkshared", "std"):
            setattr(options, name, value)

    def _count(self, given: str, value: str) -> None:
        """-S counts how often it stands there; -S=2 is twice."""
        if not given or value in TRUE - {"1"}:
            self.options.listing += 1
        elif value in FALSE:
            self.options.listing = 0
        elif value.isdecimal() and value.isascii():
            self.options.listing = int(value)
        else:
            raise _usage_error(f'invalid value "{value}" for flag -S')

    def _string(self, name: str, value: str) -> None:
        options = self.options
        if name == "D":
            word = value.partition("=")[0]
            if not word.isidentifier():
                raise _usage_error(f'parsing -D: "{word}" is not a valid identifier name')
            options.defines.append(value)
        elif name == "I":
            options.includes.append(value)
        elif name == "o":
            self.output = value
        elif name == "p":
            options.package = value
        elif name == "trimpath":
            options.trimpath = value
        elif name == "spectre":
            if value not in ("", "index", "all", "ret"):
                raise _usage_error(f"unknown setting -spectre={value}")
            options.retpoline = value in ("all", "ret")
        elif name == "d":
            for setting in filter(None, value.split(",")):
                key, _, argument = setting.partition("=")
                if key == "pctab" and argument:
                    options.pctab = argument
                elif key == "maymorestack" and argument:
                    options.maymorestack = argument
                elif key != "compressinstructions":
                    raise _usage_error(f"unknown debug key -d {key}")


def write_file(path: str, data: bytes) -> None:
    """Put a file in its place, whole or not at all. Raises UserError."""
    try:
        wholefile.put(path, data)
    except OSError as error:
        raise UserError.one("cannot-write", f"cannot write: {error.strerror}", pos=Pos(path)) from None


def asm_main(argv: list[str]) -> int:
    """Runs the command line and returns the exit status. Raises UserError."""
    if any(word in ("-h", "-help", "--help") for word in argv):
        print(USAGE, end="")
        return EXIT_OK
    gc.disable()
    flags = Flags(argv, os.environ)
    if flags.version:
        from pygo_cross import __version__

        print(f"asm version go{GO_RELEASE} pygo-cross {__version__}")
        return EXIT_OK
    if flags.symbol_abis:
        out = io.StringIO()
        symbol_abis(flags.files, flags.options, out)
        data = out.getvalue().encode("utf-8", "surrogateescape")
    else:
        data = (flags.env.header() + "!\n").encode() + assemble(flags.files, flags.options, sys.stdout)
    if flags.output == "-":
        sys.stdout.buffer.write(data)
    else:
        write_file(flags.output, data)
    return EXIT_OK
