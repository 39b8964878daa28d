# SPDX-License-Identifier: BSD-3-Clause
"""The tables instructions.txt and forms.txt, whose opening lines say what their columns mean.

`forms` gives the forms of a mnemonic, `word` the bits that an encoding of it starts from. Lines are read when a mnemonic is met.
SVE has a table of its own (sve.py), which is loaded when a program says a mnemonic that these don't have.
"""

from __future__ import annotations

import os
from typing import Final

CONSTANT_CLASSES: Final = {
    "addcon": "zcon abcon0 addcon0 abcon amcon addcon",
    "mbcon": "abcon0 mbcon",
    "bitcon": "abcon0 abcon mbcon bitcon",
    "movcon": "mbcon zcon addcon0 abcon0 amcon movcon",
    "addcon2": "zcon addcon addcon0 addcon2",
    "zero": "zcon",
}
_LCON: Final = "zcon bitcon addcon addcon0 abcon abcon0 mbcon movcon addcon2 amcon lcon"

TAKES: Final[dict[str, frozenset[str]]] = {name: frozenset(text.split()) for name, text in CONSTANT_CLASSES.items()}
"""The classes that a pattern takes, where it is not the one of its own name."""
TAKES.update(
    {
        "lcon": frozenset(_LCON.split()),
        "movcon2": frozenset([*_LCON.split(), "movcon2"]),
        "vcon": frozenset([*_LCON.split(), "vcon"]),
        "zreg": frozenset({"reg", "zreg"}),
        "sp": frozenset({"reg", "sp"}),
        "lacon": frozenset({"aacon", "aacon2", "lacon"}),
    }
)


class Memory:
    """A pattern of memory operands: which bases, and which offsets."""

    __slots__ = ("always", "frame", "high", "low", "multiple", "pool", "written")

    def __init__(self, text: str) -> None:
        kind, _, offsets = text.partition(":")
        self.written = kind in ("o", "m")
        self.frame = kind in ("a", "m")
        self.pool = offsets == "pool"
        self.low, self.high, self.multiple, self.always = -(1 << 63), 1 << 63, 1, -1
        if offsets == "0":
            self.low = self.high = 0
        elif offsets not in ("any", "pool"):
            limit, _, multiple = offsets[1:].partition("/")
            self.multiple = int(multiple or 1)
            if offsets[0] == "n":
                self.low, self.high = -int(limit), -1
            else:
                self.low, self.high = 0, int(limit)
                if offsets[0] == "u":
                    self.always = 255

    def takes(self, in_frame: bool, offset: int, pool: bool) -> bool:
        """Whether a memory operand of this offset fits; `pool` says that its offset must be loaded from memory."""
        if not (self.frame if in_frame else self.written) or pool != self.pool:
            return False
        if not self.low <= offset <= self.high:
            return False
        return not offset % self.multiple or 0 <= offset <= self.always


class Form:
    """One row of forms.txt."""

    __slots__ = ("encoder", "keeps_temporary", "operands", "size", "suffix", "text")

    def __init__(self, line: str) -> None:
        parts = line.split()
        self.text = line
        names = [] if parts[1] == "-" else parts[1].split(",")
        self.operands: tuple[frozenset[str] | Memory, ...] = tuple(
            Memory(name) if ":" in name else TAKES.get(name, frozenset({name})) for name in names
        )
        self.encoder = parts[2]
        self.size = int(parts[3])
        self.suffix = "" if parts[4] == "-" else parts[4]
        self.keeps_temporary = "notmp" in parts[5:]


def _lines(file: str) -> list[str]:
    with open(os.path.join(os.path.dirname(__file__), file), encoding="ascii") as stream:
        return [line for line in stream if line[0] not in "#\n"]


_families: dict[str, list[str]] = {}
_instructions: dict[str, str] = {}
_forms: dict[str, list[Form]] = {}
_words: dict[str, dict[str, int]] = {}


def _load() -> None:
    for line in _lines("forms.txt"):
        _families.setdefault(line.partition(" ")[0], []).append(line)
    for line in _lines("instructions.txt"):
        _instructions[line.partition(" ")[0]] = line


def mnemonics() -> list[str]:
    """All mnemonics."""
    if not _instructions:
        _load()
    return list(_instructions)


SCALABLE: Final[set[str]] = set()
"""The mnemonics of SVE, once one of them was met; empty as long as none was."""


def is_scalable(word: str) -> bool:
    """Whether it is a mnemonic of SVE."""
    if not SCALABLE:
        from pygo_cross.arch.arm64.sve import LINES

        SCALABLE.update(LINES)
    return word in SCALABLE


def forms(mnemonic: str) -> list[Form]:
    """The forms of a mnemonic, none if there is no such."""
    if not _instructions:
        _load()
    line = _instructions.get(mnemonic)
    if line is None:
        return []
    family = line.split()[1]
    known = _forms.get(family)
    if known is None:
        known = _forms[family] = [Form(row) for row in _families.get(family, ())]
    return known


def word(mnemonic: str, kind: str) -> int | None:
    """The word of a kind that an encoding of a mnemonic starts from; None if it has none."""
    known = _words.get(mnemonic)
    if known is None:
        if not _instructions:
            _load()
        known = _words[mnemonic] = {}
        for part in _instructions.get(mnemonic, "").split()[2:]:
            name, _, value = part.partition("=")
            known[name] = int(value, 16)
    return known.get(kind)
