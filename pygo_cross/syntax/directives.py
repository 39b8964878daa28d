# SPDX-License-Identifier: BSD-3-Clause
"""Compiler directives: the `//go:` comments, as cmd/compile collects them (src/cmd/compile/internal/noder: noder.go, lex.go).

A directive belongs to the package clause or to the declaration that follows it; in front of anything else it is misplaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple, final

from pygo_cross.gostrings import quote

# Bits of Pragma.flags, as in src/cmd/compile/internal/ir/node.go (PragmaFlag).
NOINTERFACE: Final = 1 << 0
NOESCAPE: Final = 1 << 1
NORACE: Final = 1 << 2
NOSPLIT: Final = 1 << 3
NOINLINE: Final = 1 << 4
NO_CHECK_PTR: Final = 1 << 5
CGO_UNSAFE_ARGS: Final = 1 << 6
UINTPTR_KEEP_ALIVE: Final = 1 << 7
UINTPTR_ESCAPES: Final = 1 << 8
SYSTEMSTACK: Final = 1 << 9
NOWRITEBARRIER: Final = 1 << 10
NOWRITEBARRIERREC: Final = 1 << 11
YESWRITEBARRIERREC: Final = 1 << 12
GO_BUILD: Final = 1 << 13
REGISTER_PARAMS: Final = 1 << 14

VERBS: Final = {
    "go:build": GO_BUILD,
    "go:noescape": NOESCAPE,
    "go:norace": NORACE,
    "go:nosplit": NOSPLIT | NO_CHECK_PTR,
    "go:noinline": NOINLINE,
    "go:nocheckptr": NO_CHECK_PTR,
    "go:systemstack": SYSTEMSTACK,
    "go:nowritebarrier": NOWRITEBARRIER,
    "go:nowritebarrierrec": NOWRITEBARRIERREC | NOWRITEBARRIER,
    "go:yeswritebarrierrec": YESWRITEBARRIERREC,
    "go:cgo_unsafe_args": CGO_UNSAFE_ARGS | NO_CHECK_PTR,
    "go:uintptrkeepalive": UINTPTR_KEEP_ALIVE,
    "go:uintptrescapes": UINTPTR_ESCAPES | UINTPTR_KEEP_ALIVE,
    "go:registerparams": REGISTER_PARAMS,
}
"""The directives that set flags. `go:nointerface` sets one only under an experiment that no release has on."""

FUNC_FLAGS: Final = (1 << 13) - 1 | REGISTER_PARAMS
"""What may stand above a function."""

RUNTIME_FLAGS: Final = SYSTEMSTACK | NOWRITEBARRIER | NOWRITEBARRIERREC | YESWRITEBARRIERREC


class Embed(NamedTuple):
    """`//go:embed patterns`, at `pos`."""

    pos: int
    patterns: tuple[str, ...]


class Linkname(NamedTuple):
    """`//go:linkname local remote` (`std`: `//go:linknamestd`), at `pos`; `remote` is empty where it is left out."""

    pos: int
    std: bool
    local: str
    remote: str


class Directive(NamedTuple):
    """Any `//go:` comment: its text without `//`, at `pos`, which is behind the `//`."""

    pos: int
    text: str


@final
class Pragma:
    """What the directives above a declaration say: `flags`, each with its place in `places`, and `embeds`."""

    __slots__ = ("embeds", "flags", "places")

    def __init__(self) -> None:
        self.flags = 0
        self.places: list[tuple[int, int]] = []
        """Flags of each directive, 0 for an unknown one, and its position."""
        self.embeds: list[Embed] = []


class DirectiveRules(NamedTuple):
    """What directives a file may have: whether its package is one of the standard library (cmd/compile's -std), and whether it is part of
    the runtime (-+)."""

    std: bool = False
    runtime: bool = False


class Effect(NamedTuple):
    """What a directive adds to the Pragma of the declaration it stands above: flags, which may be 0, or patterns of an embed."""

    token: int
    pos: int
    flags: int
    patterns: tuple[str, ...] | None


Report = Callable[[int, str], None]
_CGO_USAGES: Final = {
    "cgo_export_static": "local [remote]",
    "cgo_export_dynamic": "local [remote]",
    "cgo_import_dynamic": 'local [remote ["library"]]',
    "cgo_import_static": "local",
    "cgo_dynamic_linker": '"path"',
    "cgo_ldflag": '"arg"',
}
_FREE_IN_STD: Final = frozenset(("go:embed", "go:fix", "go:generate", *(f"go:{verb}" for verb in _CGO_USAGES)))


@final
class DirectiveReader:
    """Reads the `//go:` comments of a file in their order: `effects` on declarations, and what belongs to none of them."""

    __slots__ = ("cgo", "cgo_file", "effects", "linknames", "report", "rules")

    def __init__(self, rules: DirectiveRules, cgo_file: bool, report: Report) -> None:
        self.rules = rules
        self.cgo_file = cgo_file
        """Whether cgo has written the file: its name begins with `_cgo_`."""
        self.report = report
        self.effects: list[Effect] = []
        self.linknames: list[Linkname] = []
        self.cgo: list[list[str]] = []

    def read(self, token: int, pos: int, blank: bool, text: str) -> None:
        """A directive without its `//`, come upon before the token numbered `token`; `blank` says that its line has nothing before it."""
        if not blank:
            self.report(pos, "misplaced compiler directive")
            return
        verb = text.partition(" ")[0]
        if text.startswith(("go:wasmimport ", "go:wasmexport ")):
            # What they ask for is nothing on the architectures that there are here; their form counts all the same.
            wanted, usage = (3, "importmodule importname") if verb == "go:wasmimport" else (2, "exportname")
            if len(text.split()) != wanted:
                self.report(pos, f"usage: //{verb} {usage}")
        elif text.startswith(("go:linkname ", "go:linknamestd ")):
            fields = text.split()
            if not 2 <= len(fields) <= 3:
                self.report(pos, f"usage: //{fields[0]} localname [linkname]")
            else:
                self.linknames.append(Linkname(pos, verb == "go:linknamestd", fields[1], fields[2] if len(fields) == 3 else ""))
        elif verb == "go:embed":
            try:
                patterns = _embed_patterns(text[len("go:embed") :])
            except ValueError as error:
                self.report(pos, str(error))
                patterns = ()
            if patterns:
                self.effects.append(Effect(token, pos, 0, patterns))
            else:
                self.report(pos, "usage: //go:embed pattern...")
        else:
            self._flag(token, pos, verb, text)

    def _flag(self, token: int, pos: int, verb: str, text: str) -> None:
        if text.startswith("go:cgo_import_dynamic ") and len(fields := _quoted_fields(text)) >= 4:
            # Allowed everywhere: golang.org/x/sys needs it for Solaris.
            library = fields[3].strip('"')
            if library and not _SAFE_ARGUMENT.match(library) and not self.cgo_file:
                named = quote(library.encode("utf-8", "surrogateescape"))
                self.report(pos, f"invalid library name {named} in cgo_import_dynamic directive")
            self._cgo(pos, text)
            return
        if text.startswith("go:cgo_"):
            if not self.cgo_file and not self.rules.std:
                self.report(pos, f"//{text} only allowed in cgo-generated code")
            self._cgo(pos, text)
        flags = VERBS.get(verb, 0)
        if flags & RUNTIME_FLAGS and not self.rules.runtime:
            self.report(pos, f"//{verb} only allowed in runtime")
        if flags == UINTPTR_KEEP_ALIVE and not self.rules.std:
            self.report(pos, f"//{verb} is only allowed in the standard library")
        if flags == 0 and verb not in _FREE_IN_STD and self.rules.std:
            self.report(pos, f"//{verb} is not allowed in the standard library")
        self.effects.append(Effect(token, pos, flags, None))

    def _cgo(self, pos: int, text: str) -> None:
        """A directive of cgo, for the linker: its words, without quotes."""
        fields = _quoted_fields(text)
        verb = fields[0] = fields[0].removeprefix("go:")
        usage = _CGO_USAGES.get(verb)
        if usage is None:
            return
        quoted = [len(field) >= 2 and field[0] == field[-1] == '"' for field in fields[1:]]
        if verb in ("cgo_export_static", "cgo_export_dynamic"):
            right = quoted in ([False], [False, False])
        elif verb == "cgo_import_dynamic":
            right = quoted in ([False], [False, False], [False, False, True])
        elif verb == "cgo_import_static":
            right = quoted == [False]
        else:
            right = quoted == [True]
        if not right:
            self.report(pos, f"usage: //go:{verb} {usage}")
            return
        if quoted[-1]:
            fields[-1] = fields[-1].strip('"')
        self.cgo.append(fields)


_SAFE_ARGUMENT: Final = re.compile(r"[0-9A-Za-z._/]|[^\x00-\x7f]")
_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_ESCAPE: Final = re.compile(r"\\(?:([abfnrtv\\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|)", re.DOTALL)


def _embed_patterns(text: str) -> tuple[str, ...]:
    """The patterns behind `//go:embed`: words, or strings in double or back quotes."""
    patterns: list[str] = []
    text = text.strip(_SPACE)
    while text:
        if text[0] == "`":
            end = text.find("`", 1) + 1
            if not end:
                raise ValueError(f"invalid quoted string in //go:embed: {text}")
            pattern = text[1 : end - 1]
        elif text[0] == '"':
            quoted = _QUOTED.match(text)
            if quoted is None:
                raise ValueError(f"invalid quoted string in //go:embed: {text}")
            end = quoted.end()
            pattern = _unquote(quoted[0])
        else:
            end = next((at for at, character in enumerate(text) if character in _SPACE), len(text))
            pattern = text[:end]
        rest = text[end:]
        if rest and rest[0] not in _SPACE:
            raise ValueError(f"invalid quoted string in //go:embed: {rest}")
        patterns.append(pattern)
        text = rest.strip(_SPACE)
    return tuple(patterns)


def _unquote(quoted: str) -> str:
    """The value of a string in double quotes, as strconv.Unquote has it."""
    invalid = ValueError(f"invalid quoted string in //go:embed: {quoted}")
    if "\n" in quoted:
        raise invalid

    def value(found: re.Match[str]) -> bytes:
        simple, byte, octal, short, long = found.groups()
        if simple:
            return _ESCAPES[simple].encode()
        if byte or octal:
            number = int(byte, 16) if byte else int(octal, 8)
            if number > 255:
                raise invalid
            return bytes([number])
        if not short and not long:
            raise invalid
        point = int(short or long, 16)
        if point > 0x10FFFF or 0xD800 <= point < 0xE000:
            raise invalid
        return chr(point).encode()

    parts: list[bytes] = []
    at = 1
    for found in _ESCAPE.finditer(quoted, 1, len(quoted) - 1):
        parts += (quoted[at : found.start()].encode("utf-8", "surrogateescape"), value(found))
        at = found.end()
    parts.append(quoted[at:-1].encode("utf-8", "surrogateescape"))
    return b"".join(parts).decode("utf-8", "surrogateescape")


def _quoted_fields(text: str) -> list[str]:
    """Words between blanks; a part in double quotes is a word of its own, one whose quote does not end is left out."""
    return [
        field for field in re.findall(r'"[^"]*"|[^ \t\r\n"]+|"[^"]*$', text) if field[0] != '"' or (len(field) > 1 and field[-1] == '"')
    ]


def misplaced(pragma: Pragma, report: Report) -> None:
    """Reports directives before something that can't have any."""
    for flags, pos in pragma.places:
        if flags & pragma.flags:
            report(pos, "misplaced compiler directive")
    for embed in pragma.embeds:
        report(embed.pos, "misplaced go:embed directive")
