# SPDX-License-Identifier: BSD-3-Clause
"""SVE: the rows of sve.txt, whose opening lines say what they mean, and instructions to words and back by them.

Nothing here is loaded before a program says an SVE mnemonic, or a word of SVE is disassembled. A row's text is read when its mnemonic
is met first. Facts: GOROOT/src/cmd/internal/obj/arm64/{inst,inst_gen,encoding_gen}.go; the Arm architecture reference manual.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from pygo_cross.arch.arm64.sveoperands import SIZE, VALUE, WIDE, Operand, Values, operand
from pygo_cross.obj.prog import Addr

_FIXED: Final = {ord(letter): "0" for letter in "abcdefghijklmnopqrstuvwxyz"}
_MASKED: Final = {**dict.fromkeys(map(ord, "01"), "1"), **_FIXED}


class Row:
    """One encoding. A word is of it if `word & mask == value`, and if its operands can be made."""

    __slots__ = ("_fields", "_wide", "mask", "mnemonic", "operands", "value")

    def __init__(self, line: str) -> None:
        self.mnemonic, word, *rest = line.split()
        self.mask = int(word.translate(_MASKED), 2)
        self.value = int(word.translate(_FIXED), 2)
        self._fields = dict(_pieces(word))
        """The pieces of each field, the lowest first: (place, bits)."""
        texts = rest[0].split(",") if rest else []
        widths = {letter: sum(bits for _, bits in pieces) for letter, pieces in self._fields.items()}
        self.operands: list[Operand] = [operand(text, widths) for text in texts]
        self._wide = next((WIDE[text[-3:]] for text in texts if text[-3:] in WIDE), None) if "w" in widths else None

    def encode(self, args: tuple[Addr, ...]) -> int | None:
        """The word for these operands, None if the row doesn't take them."""
        if len(args) != len(self.operands):
            return None
        values: Values = {}
        for one, addr in zip(self.operands, args, strict=True):
            if not one.read(addr, values):
                return None
        if self._wide is not None:
            values["w"] = self._wide[0](values[VALUE], values[SIZE])
        word = self.value
        for letter, pieces in self._fields.items():
            value = values[letter]
            for place, bits in pieces:
                word |= (value & (1 << bits) - 1) << place
                value >>= bits
            if value:
                return None
        return word

    def decode(self, word: int) -> tuple[Addr, ...] | None:
        """The operands of a word whose fixed bits are this row's; None if it is no instruction."""
        values: Values = {}
        for letter, pieces in self._fields.items():
            value = shift = 0
            for place, bits in pieces:
                value |= (word >> place & (1 << bits) - 1) << shift
                shift += bits
            values[letter] = value
        if self._wide is not None:
            split = self._wide[1](values["w"])
            if split is None:
                return None
            values[VALUE], values[SIZE] = split
        args = tuple([one.make(values) for one in self.operands])
        return None if None in args else args  # type: ignore[return-value]


def _pieces(word: str) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """The letters of a word with the pieces of their fields."""
    for letter in sorted(set(word) - {"0", "1"}):
        pieces: list[tuple[int, int]] = []
        for place in range(32):
            if word[31 - place] == letter:
                if place and word[32 - place] == letter:
                    pieces[-1] = (pieces[-1][0], pieces[-1][1] + 1)
                else:
                    pieces.append((place, 1))
        yield letter, pieces


def _lines() -> dict[str, list[str]]:
    with open(os.path.join(os.path.dirname(__file__), "sve.txt"), encoding="ascii") as stream:
        text = stream.read()
    found: dict[str, list[str]] = {}
    for line in text.split("\n"):
        if line and line[0] != "#":
            found.setdefault(line.partition(" ")[0], []).append(line)
    return found


LINES: Final = _lines()
"""The lines of each mnemonic."""

_rows: dict[str, list[Row]] = {}


def rows(mnemonic: str) -> list[Row]:
    """The rows of a mnemonic, none if it isn't of SVE."""
    known = _rows.get(mnemonic)
    if known is None:
        known = _rows[mnemonic] = [Row(line) for line in LINES.get(mnemonic, ())]
    return known


def encode(mnemonic: str, args: tuple[Addr, ...]) -> int | None:
    """The word of an instruction, None if no row takes these operands."""
    for row in rows(mnemonic):
        word = row.encode(args)
        if word is not None:
            return word
    return None


_by_mask: dict[int, dict[int, list[Row]]] = {}


def decode(word: int) -> tuple[str, tuple[Addr, ...]] | None:
    """The mnemonic and operands of a word, None if it is no instruction of SVE that we know.

    Of the rows that a word may be, the one with the most fixed bits counts.
    """
    if not _by_mask:
        every = [row for mnemonic in LINES for row in rows(mnemonic)]
        for row in sorted(every, key=lambda row: -row.mask.bit_count()):
            _by_mask.setdefault(row.mask, {}).setdefault(row.value, []).append(row)
    for mask, by_value in _by_mask.items():
        for row in by_value.get(word & mask, ()):
            args = row.decode(word)
            if args is not None:
                return row.mnemonic, args
    return None
