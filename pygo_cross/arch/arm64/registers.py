# SPDX-License-Identifier: BSD-3-Clause
"""arm64's registers and words: numbers and names.

The low five bits of a number are always what an instruction's field holds. The bits above tell what it is: a register
(`GP`, `FP`, ...), one with an arrangement (`ARNG`) or an element (`ELEM`) whose kind is in bits 5-8, an extended or shifted
one (`EXTENDED`, `SHIFTED`) with its amount in bits 5-7, or a system register.
Facts: GOROOT/src/cmd/internal/obj/arm64/{a.out,list7}.go, cmd/asm/internal/arch/arch.go (archArm64).
"""

from __future__ import annotations

import os
from typing import Final

from pygo_cross.obj.prog import RFP, RPC, RSB, RSP

_words = str.split

GP: Final = 0x100
ZR: Final = 0x11F
SP: Final = 0x21F
FP: Final = 0x300
VECTOR: Final = 0x400
SCALABLE: Final = 0x500
PREDICATE: Final = 0x600
ARNG: Final = 0x1000
ELEM: Final = 0x1200
Z_ARNG: Final = 0x1400
Z_ELEM: Final = 0x1600
Z_INDEXED: Final = 0x1800
P_ARNG: Final = 0x1A00
EXTENDED: Final = 0x2000
SHIFTED: Final = 0x2800
SYSTEM: Final = 0x4000

CONTEXT: Final = GP | 26
"""What closures find their variables by."""
TEMPORARY: Final = GP | 27
"""The assembler's own scratch register."""
G: Final = GP | 28
FRAME: Final = GP | 29
LINK: Final = GP | 30

CONVENTION: Final = (tuple(GP | number for number in range(16)), tuple(FP | number for number in range(16)))
"""What carries arguments and results of ABIInternal: integers and pointers; floats."""

ARRANGEMENTS: Final = _words("B8 B16 D1 H4 H8 S2 S4 D2 Q1 B H S D Q M Z")
"""The arrangements by their numbers; from B on, of elements, scalable vectors and predicates."""
B8, B16, D1, H4, H8, S2, S4, D2, Q1, B, H, S, D, Q, M, Z = range(16)
EXTENSIONS: Final = _words("UXTB UXTH UXTW UXTX SXTB SXTH SXTW SXTX")


def _rows(file: str) -> list[list[str]]:
    with open(os.path.join(os.path.dirname(__file__), file), encoding="ascii") as stream:
        return [line.split() for line in stream if line[0] not in "#\n"]


SYSTEM_REGISTERS: Final = [(row[0], int(row[1], 16), row[2] if len(row) > 2 else "") for row in _rows("system.txt")]
"""Name, encoding, and which of r and w can be done."""
WORDS: Final = [tuple(row) for row in _rows("words.txt")]
"""Words that are operands by themselves, by their numbers."""
WORD_NUMBERS: Final = {row[0]: number for number, row in enumerate(WORDS)}
WORD_NUMBERS["CS"] = WORD_NUMBERS["HS"]
WORD_NUMBERS["CC"] = WORD_NUMBERS["LO"]

_PREFIXES: Final = (("F", FP, 32), ("V", VECTOR, 32), ("Z", SCALABLE, 32), ("P", PREDICATE, 16), ("PN", PREDICATE | 16, 16))
_SPECIAL_PLAIN: Final = {ZR: "ZR", SP: "RSP", G: "g"}


def _plain() -> dict[int, str]:
    names = {GP | number: f"R{number}" for number in range(31)}
    for prefix, base, count in _PREFIXES:
        names.update({base + number: f"{prefix}{number}" for number in range(count)})
    names.update({SYSTEM + number: row[0] for number, row in enumerate(SYSTEM_REGISTERS)})
    names.update(_SPECIAL_PLAIN)
    return names


_NAMES: Final = _plain()

WRITTEN: Final = {
    name: number for number, name in _NAMES.items() if number not in (GP | 18,)
} | {"R18_PLATFORM": GP | 18, "LR": LINK, "SB": RSB, "FP": RFP, "PC": RPC, "SP": RSP}  # fmt: skip
"""What source text may say. R18 belongs to the system, and R28 is g."""

PREFIXES: Final = frozenset({"R", *(prefix for prefix, _, _ in _PREFIXES)})


def numbered(prefix: str, number: int) -> int:
    """The register of R(10) and the like; 0 if there is none."""
    if prefix == "R":
        return GP + number if number <= 30 else 0
    for name, base, count in _PREFIXES:
        if name == prefix:
            return base + number if number < count else 0
    return 0


def name(number: int) -> str:
    """How messages and listings write a register."""
    known = _NAMES.get(number)
    if known is not None:
        return known
    low = number & 31
    kind = number & ~0x1FF
    arrangement = ARRANGEMENTS[number >> 5 & 15]
    if kind in (ARNG, ELEM):
        return f"V{low}.{arrangement}"
    if kind in (Z_ARNG, Z_ELEM):
        return f"Z{low}.{arrangement}"
    if kind == Z_INDEXED:
        return f"Z{low}" if not number & 32 else f"P{low}" if low < 16 else f"PN{low - 16}"
    if kind == P_ARNG:
        return f"P{low}.{arrangement}" if low < 16 else f"PN{low - 16}.{arrangement}"
    general = "ZR" if low == 31 else f"R{low}"
    amount = number >> 5 & 7
    if EXTENDED <= number < SHIFTED:
        text = f"{general}.{EXTENSIONS[number >> 8 & 7]}"
        return f"{text}<<{amount}" if amount else text
    if SHIFTED <= number < SHIFTED + 0x100:
        return f"R{low}<<{amount}"
    return f"R???{number}" if number else "NONE"


def is_general(number: int) -> bool:
    """Whether it is one of R0 to R30, or ZR."""
    return GP <= number <= ZR


def is_float(number: int) -> bool:
    """Whether it is one of F0 to F31."""
    return FP <= number < FP + 32
