# SPDX-License-Identifier: BSD-3-Clause
"""Compiler directives: the `//go:` comments, as cmd/compile collects them (src/cmd/compile/internal/noder: noder.go, lex.go).

A directive belongs to the package clause or to the declaration that follows it; in front of anything else it is misplaced.
"""

from __future__ import annotations

from typing import Final, NamedTuple, final

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
    """`//go:linkname local remote` (`std`: `//go:linknamestd`), at `pos`."""

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
