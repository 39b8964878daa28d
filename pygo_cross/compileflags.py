# SPDX-License-Identifier: BSD-3-Clause
"""The command line of the compiler: the flags that the go command gives to `go tool compile`, and those that people add with -gcflags.

Go's flag syntax: `-name value` or `-name=value`, one dash or two; a boolean takes a value only with `=`; a counter counts how often it
stands there. What asks for code that we don't make (-race, -shared, ...) is refused by name, as is what nobody knows.
Facts: GOROOT/src/cmd/compile/internal/base/flag.go, cmd/go/internal/work/gc.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pygo_cross import GO_RELEASE
from pygo_cross.diag import EXIT_USAGE, Pos, UserError
from pygo_cross.toolflags import FALSE, TRUE, expand

# Flags without a value, by the attribute that they set; those of "" change nothing that we do.
_BOOLEANS: Final = {
    "std": "std",
    "complete": "complete",
    "pack": "pack",
    "nolocalimports": "no_local_imports",
    "shared": "shared",
    "dwarf": "dwarf",
    "+": "runtime",
    "t": "",
    "v": "",
    "wb": "",
    "dwarflocationlists": "",
    "dwarfbasentries": "",
    "smallframes": "",
    "errorurl": "",
}
_COUNTERS: Final = {
    "N": "no_optimisation",
    "l": "no_inlining",
    "e": "all_errors",
    "m": "decisions",
    "B": "no_bounds",
    "L": "",
    "C": "",
    "h": "",
    "u": "",
    "w": "",
    "live": "",
}
_STRINGS: Final = {
    "o": "output",
    "p": "package",
    "trimpath": "trimpath",
    "lang": "language",
    "buildid": "build_id",
    "goversion": "go_release",
    "symabis": "symbol_abis",
    "asmhdr": "asm_header",
    "importcfg": "import_config",
    "embedcfg": "embed_config",
    "coveragecfg": "coverage_config",
    "pgoprofile": "",
    "D": "local_prefix",
    "installsuffix": "",
    "gendwarfinl": "",
    "json": "",
}
_REFUSED: Final = {
    "race": "the race detector",
    "msan": "the memory sanitizer",
    "asan": "the address sanitizer",
    "dynlink": "code for plugins and shared libraries",
    "linkshared": "linking against shared libraries",
    "spectre": "mitigations of Spectre",
    "linkobj": "two output files",
    "S": "a listing (go tool objdump shows the code)",
}
_LANGUAGE: Final = re.compile(r"go([1-9][0-9]*)\.(0|[1-9][0-9]*)")


def _usage_error(message: str) -> UserError:
    return UserError.one("usage", f"compile: {message}", "see pygo-cross compile --help", status=EXIT_USAGE)


class Flags:
    """What a command line of the compiler says. `debug` are the switches of -d, by name; `files` the Go files."""

    def __init__(self, argv: list[str]) -> None:
        self.output = ""
        self.package = ""
        self.trimpath = ""
        self.language = ""
        self.build_id = ""
        self.go_release = ""
        self.symbol_abis = ""
        self.asm_header = ""
        self.import_config = ""
        self.local_prefix = ""
        self.embed_config = ""
        self.coverage_config = ""
        self.std = False
        self.complete = False
        self.pack = False
        self.no_local_imports = False
        self.shared = False
        self.dwarf = True
        self.runtime = False
        self.no_optimisation = 0
        self.no_inlining = 0
        self.all_errors = 0
        self.decisions = 0
        self.no_bounds = 0
        self.workers = 1
        self.version = ""
        self.debug: dict[str, str] = {}
        self.files: list[str] = []
        self._read(expand("compile", argv))

    def _read(self, argv: list[str]) -> None:
        words = iter(argv)
        for word in words:
            if word == "--":
                self.files += words
                return
            if not word.startswith("-") or word == "-":
                self.files.append(word)
                self.files += words
                return
            name, given, value = word[1:].removeprefix("-").partition("=")
            if name in _BOOLEANS:
                self._set(_BOOLEANS[name], self._boolean(name, given, value))
            elif name in _COUNTERS:
                self._count(name, given, value)
            elif name == "V":
                self.version = value or "true"
            elif name in _REFUSED:
                if name in ("spectre", "linkobj") or self._boolean(name, given, value):
                    raise _usage_error(f"-{name}: {_REFUSED[name]} can't be had")
            elif name in _STRINGS or name in ("c", "d", "I", "env"):
                self._string(name, value if given else _next(words, name))
            else:
                raise _usage_error(f"flag provided but not defined: -{name}")

    def _set(self, attribute: str, value: object) -> None:
        if attribute:
            setattr(self, attribute, value)

    @staticmethod
    def _boolean(name: str, given: str, value: str) -> bool:
        if given and value not in TRUE and value not in FALSE:
            raise _usage_error(f'invalid boolean value "{value}" for -{name}')
        return not given or value in TRUE

    def _count(self, name: str, given: str, value: str) -> None:
        attribute = _COUNTERS[name]
        if not attribute:
            return
        if not given:
            setattr(self, attribute, getattr(self, attribute) + 1)
        elif value.isdecimal() and value.isascii():
            setattr(self, attribute, int(value))
        else:
            setattr(self, attribute, int(self._boolean(name, given, value)))

    def _string(self, name: str, value: str) -> None:
        if name == "c":
            if not value.isdecimal() or not int(value):
                raise _usage_error(f'invalid value "{value}" for flag -c')
            self.workers = int(value)
        elif name == "d":
            for setting in filter(None, value.split(",")):
                key, _, argument = setting.partition("=")
                self.debug[key] = argument
        elif name in _STRINGS:
            if name == "lang":
                _check_language(value)
            self._set(_STRINGS[name], value)
        else:
            raise _usage_error(f"-{name} is not supported: name packages with -importcfg")


def _check_language(value: str) -> None:
    """-lang has to name a version that is known, or none (src/cmd/compile/internal/types/goversion.go)."""
    found = _LANGUAGE.fullmatch(value)
    if value and value != "go1" and found is None:
        raise _usage_error(f'invalid value "{value}" for -lang: should be something like "go1.12"')
    newest = GO_RELEASE.split(".")[:2]
    if found is not None and [int(part) for part in found.groups()] > [int(part) for part in newest]:
        raise _usage_error(f'invalid value "{value}" for -lang: max known version is "go{".".join(newest)}"')


def _next(words: Iterator[str], name: str) -> str:
    try:
        return next(words)
    except StopIteration:
        raise _usage_error(f"flag needs an argument: -{name}") from None


def read_input(name: str) -> bytes:
    """A file that a flag names. Raises UserError."""
    try:
        with open(name, "rb") as file:
            return file.read()
    except OSError as error:
        raise UserError.one("cannot-open", f"cannot open: {error.strerror}", pos=Pos(name)) from None
