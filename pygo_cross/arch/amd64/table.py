# SPDX-License-Identifier: BSD-3-Clause
"""The instruction tables (legacy.txt, vex.txt, evex.txt) as rows to encode by.

A table's opening lines say what its columns mean. The text is only cut by mnemonic at first; rows are read when their
mnemonic is met. `row_for` finds the row of a mnemonic that takes operands of given classes, and remembers what it found.
"""

from __future__ import annotations

import os
from typing import Final

from pygo_cross.arch import amd64
from pygo_cross.arch.amd64.operands import TAKES

LEGACY: Final = 0
VEX: Final = 1
EVEX: Final = 2

# What a row does besides putting bytes down.
PLAIN: Final = 0
PSEUDO: Final = 1
ILLEGAL: Final = 2
BRANCH: Final = 3
CALL: Final = 4
ABSOLUTE: Final = 5
INDIRECT: Final = 6
CALL_INDIRECT: Final = 7
THREAD: Final = 8
SHRINK: Final = 9  # MOVQ $constant, register: the shortest of three

_ACTIONS: Final = {"call": CALL, "abs": ABSOLUTE, "indirect": INDIRECT, "callind": CALL_INDIRECT, "tls": THREAD}
_IMMEDIATES: Final = {"ib": 1, "iw": 2, "id": 4, "iq": 8}
_PP: Final = {"66": 1, "F3": 2, "F2": 3}
_MAP: Final = {"0F": 1, "0F38": 2, "0F3A": 3}
_LENGTH: Final = {"128": 0, "256": 1, "512": 2}
# REX stands behind these.
_PREFIXES: Final = frozenset({0xF2, 0xF3, 0x64, 0x65, 0x66, 0x67, 0x2E, 0x3E, 0x26})
_FILES: Final = ("legacy.txt", "vex.txt", "evex.txt")


class Row:
    """One encoding.

    `takes` has the classes for each operand; the letters of the role column became indices of operands, -1 for none
    (`rm`, `reg`, `vvvv`, `mask`, `immediate`, `low`, `high`, `rex_r`). `prefix` stands in front of REX and `opcode` behind it.
    `digit` is ModRM.reg where no register is there, else -1. `to_byte` are the operands whose registers turn into bytes.
    """

    __slots__ = (
        "action",
        "broadcast",
        "digit",
        "encoding",
        "high",
        "immediate",
        "length",
        "long",
        "low",
        "map",
        "mask",
        "opcode",
        "pp",
        "prefix",
        "reg",
        "rex_r",
        "rex_w",
        "rm",
        "rounding",
        "sae",
        "short",
        "size",
        "takes",
        "text",
        "to_byte",
        "unit",
        "vvvv",
        "zeroing",
    )

    def __init__(self, line: str) -> None:
        _, operands, roles, encoding = line.split(None, 3)
        self.text = line
        names = [] if operands == "-" else operands.split(",")
        self.takes = tuple(TAKES[name] for name in names)
        self.to_byte = tuple(at for at, name in enumerate(names) if name in ("r8", "rm8"))
        self.rm = roles.find("m")
        self.reg = roles.find("r")
        self.vvvv = roles.find("v")
        self.mask = roles.find("k")
        self.immediate = roles.find("i")
        self.low = roles.find("o")
        self.high = roles.find("h")
        self.rex_r = roles.find("x")
        if "d" in roles:
            self.rm = self.reg = roles.find("d")
        self.action = PLAIN
        self.encoding = LEGACY
        self.prefix = self.opcode = b""
        self.rex_w = False
        self.digit = -1
        self.size = 0
        self.pp = self.map = self.length = 0
        self.unit, self.broadcast = 1, 0
        self.zeroing = self.rounding = self.sae = False
        self.short = self.long = b""
        self._read(encoding)

    def _read(self, encoding: str) -> None:
        """The last column."""
        if encoding in ("pseudo", "illegal"):
            self.action = PSEUDO if encoding == "pseudo" else ILLEGAL
            return
        if " cb" in encoding or (encoding.endswith(" cd") and "b" in self.text.split()[2]):
            self.action = BRANCH
            short, _, long = encoding.partition(" | ")
            if short.endswith(" cd"):
                short, long = "", short
            self.short = bytes.fromhex(short.removesuffix("cb"))
            self.long = bytes.fromhex(long.removesuffix("cd"))
            return
        code = bytearray()
        for word in encoding.split():
            if word[0] == "V" or word.startswith("EVEX."):
                self._read_vex(word)
            elif word == "REX.W":
                self.rex_w = True
            elif word in _IMMEDIATES:
                self.size = _IMMEDIATES[word]
            elif word in _ACTIONS:
                self.action = _ACTIONS[word]
            elif word in ("/r", "+r", "cd", "is4"):
                pass
            elif word[0] == "/":
                self.digit = int(word[1:])
            elif word[0] == "N":
                self.unit = int(word[1:])
            elif word[0] == "b":
                self.broadcast = int(word[1:])
            elif word == "z":
                self.zeroing = True
            elif word == "er":
                self.rounding = True
            elif word == "sae":
                self.sae = True
            else:
                code.append(int(word, 16))
        if self.size == 8 and code:
            self.action = SHRINK
        split = 0
        if self.encoding == LEGACY:
            while split < len(code) - 1 and code[split] in _PREFIXES:
                split += 1
        self.prefix, self.opcode = bytes(code[:split]), bytes(code[split:])

    def _read_vex(self, word: str) -> None:
        parts = word.split(".")
        self.encoding = VEX if parts[0] == "VEX" else EVEX
        self.length = _LENGTH[parts[1]]
        self.rex_w = parts[-1] == "W1"
        self.map = _MAP[parts[-2]]
        self.pp = _PP[parts[2]] if len(parts) == 5 else 0


_groups: dict[str, list[str]] = {}
_rows: dict[str, list[Row]] = {}
_found: dict[tuple[str, bool, tuple[int, ...]], Row | None] = {}


def _load() -> None:
    """Cuts the tables by mnemonic. The rows of one stand together."""
    folder = os.path.dirname(amd64.__file__)  # this module may be an extension module elsewhere
    for file in _FILES:
        with open(os.path.join(folder, file), encoding="ascii") as stream:
            text = stream.read()
        name = ""
        group: list[str] = []
        for line in text.split("\n"):
            word = line.partition(" ")[0]
            if word == name:
                group.append(line)
            else:
                name = word
                group = _groups[word] = [line]
    for comment in ("#", ""):
        del _groups[comment]


def mnemonics() -> list[str]:
    """All mnemonics that have rows."""
    if not _groups:
        _load()
    return list(_groups)


def rows(mnemonic: str) -> list[Row]:
    """The rows of a mnemonic; none if there is no such."""
    known = _rows.get(mnemonic)
    if known is None:
        if not _groups:
            _load()
        known = _rows[mnemonic] = [Row(line) for line in _groups.get(mnemonic, ())]
    return known


def row_for(mnemonic: str, suffix: bool, classes: tuple[int, ...]) -> Row | None:
    """The first row that takes operands of these classes; with a suffix, of EVEX rows alone."""
    key = (mnemonic, suffix, classes)
    if key in _found:
        return _found[key]
    found = None
    for row in rows(mnemonic):
        if len(row.takes) == len(classes) and all(kind in takes for kind, takes in zip(classes, row.takes, strict=True)):
            if suffix and row.encoding != EVEX:
                continue
            found = row
            break
    _found[key] = found
    return found
