# SPDX-License-Identifier: BSD-3-Clause
"""What stands in the fields of a word, as operands: the encoders of encode.py and moves.py read backwards.

`READERS` has, by the names that the layouts of rows.py use, the bits that an operand takes and what reads it. A reader gets the word,
the class that forms.txt gives the operand, and the mnemonic; None means that such bits are not of this form. Names that begin with @
read all operands of an instruction at once. Those of vectors are in vectorfields.py. Facts: the Arm architecture reference manual,
chapter C4; what Go's assembler makes of operands is in the encoders.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64.constants import group_shift
from pygo_cross.arch.arm64.operands import MOVE_SIZE
from pygo_cross.obj.prog import BRANCH, CONST, FCONST, MEM, REG, REGREG, SHIFT, SPECIAL, Addr

One = Callable[[int, str, str], Addr | None]
All = Callable[[int, tuple[str, ...], str], tuple[Addr, ...] | None]

_MASK: Final = (1 << 64) - 1


def bits(low: int, high: int) -> int:
    """The bits from `low` to `high`, both included."""
    return (1 << high + 1) - (1 << low)


D_BITS: Final = bits(0, 4)
N_BITS: Final = bits(5, 9)
A_BITS: Final = bits(10, 14)
M_BITS: Final = bits(16, 20)
SHAPE_BITS: Final = 1 << 30 | bits(22, 23)


def signed(value: int, width: int) -> int:
    """The lowest `width` bits as a signed number."""
    value &= (1 << width) - 1
    return value - (1 << width) if value >> width - 1 else value


def constant(value: int, shift: int = 0) -> Addr:
    """A number; `shift` is what it is written as a shift by, since that is how the instruction holds it."""
    addr = Addr(CONST, 0, signed(value, 64))
    if shift:
        addr.value = shift
    return addr


def _branch(distance: int) -> Addr:
    return Addr(BRANCH, 0, distance)


def _number(low: int, width: int) -> One:
    def read(word: int, pattern: str, op: str) -> Addr | None:
        return constant(word >> low & (1 << width) - 1)

    return read


# Registers.

_BASES: Final = {"zreg": regs.GP, "reg": regs.GP, "sp": regs.GP, "freg": regs.FP, "vreg": regs.VECTOR}


def register(number: int, pattern: str) -> Addr | None:
    """A register by its field and class."""
    if number == 31:
        if pattern == "sp":
            return Addr(REG, regs.SP)
        if pattern == "reg":
            return None
    base = _BASES.get(pattern)
    return None if base is None else Addr(REG, base + number)


def _register(low: int) -> One:
    def read(word: int, pattern: str, op: str) -> Addr | None:
        return register(word >> low & 31, pattern)

    return read


def _whole_register(word: int, pattern: str, op: str) -> Addr | None:
    """Rm of an extended register that is used as a whole."""
    option = 3 if word >> 31 else 2
    if word >> 10 & 63 != option << 3:
        return None
    return register(word >> 16 & 31, pattern)


def _extended(word: int, pattern: str, op: str) -> Addr | None:
    amount = word >> 10 & 7
    if amount > 4:
        return None
    return Addr(REG, regs.EXTENDED | (word >> 13 & 7) << 8 | amount << 5 | word >> 16 & 31)


def _shifted(word: int, pattern: str, op: str) -> Addr | None:
    return Addr(SHIFT, 0, word & (M_BITS | bits(10, 15) | bits(22, 23)))


def _same_twice(word: int, pattern: str, op: str) -> Addr | None:
    """Rn where Rm is the same, and not ZR."""
    number = word >> 5 & 31
    return register(number, pattern) if number == word >> 16 & 31 != 31 else None


def _pair(first: int, second: int, even: bool = False) -> One:
    def read(word: int, pattern: str, op: str) -> Addr | None:
        base = regs.FP if op[0] == "F" else regs.GP
        low = word >> first & 31
        high = low + 1 if even else word >> second & 31
        if even and low & 1:
            return None
        return Addr(REGREG, base + low, base + high)

    return read


# Memory.


def base_register(word: int) -> int:
    number = word >> 5 & 31
    return regs.SP if number == 31 else regs.GP + number


def _memory(word: int, pattern: str, op: str) -> Addr | None:
    return Addr(MEM, base_register(word))


def _scaled(word: int, pattern: str, op: str) -> Addr | None:
    return Addr(MEM, base_register(word), (word >> 10 & 0xFFF) << MOVE_SIZE.get(op, 3))


def _unscaled(word: int, pattern: str, op: str) -> Addr | None:
    return Addr(MEM, base_register(word), signed(word >> 12, 9))


def _pair_place(word: int, pattern: str, op: str) -> Addr | None:
    unit = 16 if op[-1] == "Q" else 4 if op[-1] in "SW" else 8
    return Addr(MEM, base_register(word), signed(word >> 15, 7) * unit)


def _indexed(word: int, pattern: str, op: str) -> Addr | None:
    option, scaled = word >> 13 & 7, word >> 12 & 1
    amount = MOVE_SIZE.get(op, 0) if scaled else 0
    if scaled and not amount:
        return None
    addr = Addr(MEM, base_register(word))
    number = word >> 16 & 31
    if option == 3:
        addr.index = (regs.SHIFTED | amount << 5 if amount else regs.GP) + number
    elif option in (2, 6, 7):
        addr.index = regs.EXTENDED | option << 8 | amount << 5 | number
    else:
        return None
    return addr


# Constants.


def _addition(word: int, pattern: str, op: str) -> Addr | None:
    shift = 12 if word >> 22 & 1 else 0
    return constant((word >> 10 & 0xFFF) << shift, shift)


def bitmask(word: int) -> int | None:
    """What N, immr and imms of a logical instruction mean, as 64 bits; None for what means nothing."""
    large, rotation, imms = word >> 22 & 1, word >> 16 & 63, word >> 10 & 63
    length = (large << 6 | ~imms & 63).bit_length() - 1
    if length < 1 or (large and not word >> 31):
        return None
    period = 1 << length
    ones = (imms & period - 1) + 1
    if ones == period:
        return None
    rotation &= period - 1
    piece = (1 << ones) - 1
    piece = (piece >> rotation | piece << period - rotation) & (1 << period) - 1
    while period < 64:
        piece |= piece << period
        period *= 2
    return piece


def _bitmask(word: int, pattern: str, op: str) -> Addr | None:
    value = bitmask(word)
    if value is None:
        return None
    return constant(value if word >> 31 else value & 0xFFFFFFFF)


def _group(word: int, pattern: str, op: str) -> Addr | None:
    """16 bits and where they stand, as MOVK and its like write it."""
    shift = 16 * (word >> 21 & 3)
    return constant((word >> 5 & 0xFFFF) << shift, shift) if shift < 32 or word >> 31 else None


def _moved(word: int, pattern: str, op: str) -> Addr | None:
    """What MOVZ or MOVN makes."""
    value = (word >> 5 & 0xFFFF) << 16 * (word >> 21 & 3)
    if not word >> 30 & 1:
        value = ~value
    if not word >> 31:
        value &= 0xFFFFFFFF
    return constant(value)


def _bits_alone(word: int, pattern: str, op: str) -> Addr | None:
    """Bits that no move of 16 bits makes: those are told as ORR."""
    addr = _bitmask(word, pattern, op)
    if addr is None:
        return None
    value = addr.offset & _MASK if word >> 31 else addr.offset & 0xFFFFFFFF
    inverse = value ^ (_MASK if word >> 31 else 0xFFFFFFFF)
    return None if group_shift(value) >= 0 or group_shift(inverse) >= 0 else addr


def _float(word: int, pattern: str, op: str) -> Addr | None:
    field = word >> 13 & 0xFF
    exponent = (0x3FC if field >> 6 & 1 else 0x400) | field >> 4 & 3
    value = (field >> 7) << 63 | exponent << 52 | (field & 15) << 48
    addr = Addr(FCONST)
    addr.value = struct.unpack("<d", struct.pack("<Q", value))[0]
    return addr


def _float_zero(word: int, pattern: str, op: str) -> Addr | None:
    addr = Addr(FCONST)
    addr.value = 0.0
    return addr


def _zero(word: int, pattern: str, op: str) -> Addr | None:
    return constant(0)


def _bit(word: int, pattern: str, op: str) -> Addr | None:
    return constant((word >> 31) << 5 | word >> 19 & 31)


# Shifts and bit fields: immr and imms say both.


def _shift(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    width = 64 if word >> 31 else 32
    rotate, last = word >> 16 & 63, word >> 10 & 63
    source, target = register(word >> 5 & 31, "zreg"), register(word & 31, "zreg")
    assert source is not None and target is not None
    kind = op[:3]
    if kind == "ROR":
        return (constant(last), source, target) if word >> 16 & 63 == word >> 5 & 31 and last < width else None
    if kind == "LSL":
        return (constant(width - 1 - last), source, target) if rotate == last + 1 & width - 1 and last != width - 1 else None
    return (constant(rotate), source, target) if last == width - 1 else None


def _field(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    """BFI, UBFX and their like."""
    width = 64 if word >> 31 else 32
    rotate, last = word >> 16 & 63, word >> 10 & 63
    takes_out = op.removesuffix("W") in ("BFXIL", "SBFX", "UBFX")
    if takes_out != (last >= rotate) or max(rotate, last) >= width:
        return None
    source, target = register(word >> 5 & 31, "zreg"), register(word & 31, "zreg")
    assert source is not None and target is not None
    if takes_out:
        return constant(rotate), source, constant(last - rotate + 1), target
    return constant(width - rotate), source, constant(last + 1), target


# Words with a meaning.


def _words(kind: str, *fields: int) -> dict[tuple[int, ...], int]:
    """The words of a kind by the numbers in these columns."""
    found: dict[tuple[int, ...], int] = {}
    for number, word in enumerate(regs.WORDS):
        if word[1] == kind:
            found.setdefault(tuple(int(part, 0) for field in fields for part in word[field].split(",")), number)
    return found


_CONDITIONS: Final = _words("condition", 2)
_PREFETCHES: Final = _words("prefetch", 2)
_RANGES: Final = _words("range", 2)
_LANDINGS: Final = _words("landing", 2)
_CACHE: Final = {"TLBI": _words("tlbi", 2), "DC": _words("dc", 2)}
_STATES: Final = {int(word[2], 16): number for number, word in enumerate(regs.WORDS) if word[1] == "pstate"}
_STATE_REGISTERS: Final = {
    fields: regs.SYSTEM + number
    for number, (name, _, _) in enumerate(regs.SYSTEM_REGISTERS)
    for fields in ({"SPSel": 4 << 12 | 5 << 5, "DIT": 3 << 16 | 2 << 5}.get(name),)
    if fields is not None
}
_SYSTEM: Final = {
    access: {fields | 1 << 20: regs.SYSTEM + number for number, (_, fields, found) in enumerate(regs.SYSTEM_REGISTERS) if access in found}
    for access in "rw"
}


def _word(number: int | None) -> Addr | None:
    return None if number is None else Addr(SPECIAL, 0, number)


def _condition(word: int, pattern: str, op: str) -> Addr | None:
    return _word(_CONDITIONS.get((word >> 12 & 15,)))


def _inverse_condition(word: int, pattern: str, op: str) -> Addr | None:
    condition = word >> 12 & 15 ^ 1
    return _word(_CONDITIONS.get((condition,))) if condition < 14 else None


def _prefetch(word: int, pattern: str, op: str) -> Addr | None:
    number = _PREFETCHES.get((word & 31,))
    return constant(word & 31) if pattern == "lcon" else _word(number)


def _range_prefetch(word: int, pattern: str, op: str) -> Addr | None:
    operation = word >> 10 & 32 | word >> 9 & 16 | word >> 9 & 8 | word & 7
    return constant(operation) if pattern == "lcon" else _word(_RANGES.get((operation,)))


def _landing(word: int, pattern: str, op: str) -> Addr | None:
    return _word(_LANDINGS.get((word >> 6 & 3,)))


def _readable(word: int, pattern: str, op: str) -> Addr | None:
    number = _SYSTEM["r"].get(word & bits(5, 20))
    return None if number is None else Addr(REG, number)


def _writable(word: int, pattern: str, op: str) -> Addr | None:
    number = _SYSTEM["w"].get(word & bits(5, 20))
    return None if number is None else Addr(REG, number)


def _state(word: int, pattern: str, op: str) -> Addr | None:
    fields = word & (bits(16, 18) | bits(5, 7) | bits(12, 15))
    if pattern == "word":
        return _word(_STATES.get(fields) or _STATES.get(fields & ~bits(12, 15) | 4 << 12))
    number = _STATE_REGISTERS.get(fields) or _STATE_REGISTERS.get(fields & ~bits(12, 15))
    return None if number is None else Addr(REG, number)


def _system(word: int, pattern: str, op: str) -> Addr | None:
    return constant(word & bits(5, 18))


def _cache(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    number = _CACHE[op].get((word >> 16 & 7, word >> 12 & 15, word >> 8 & 15, word >> 5 & 7))
    if number is None or (regs.WORDS[number][3] == "Rt") != (len(patterns) == 2):
        return None
    operand = Addr(SPECIAL, 0, number)
    if len(patterns) == 1:
        return (operand,) if word & 31 == 31 else None
    return operand, Addr(REG, regs.GP + (word & 31))


READERS: Final[dict[str, tuple[int | Callable[[str], int], One]]] = {
    "d": (D_BITS, _register(0)),
    "n": (N_BITS, _register(5)),
    "a": (A_BITS, _register(10)),
    "m": (M_BITS, _register(16)),
    "whole": (M_BITS | bits(10, 15), _whole_register),
    "extended": (M_BITS | bits(10, 15), _extended),
    "shifted": (M_BITS | bits(10, 15) | bits(22, 23), _shifted),
    "twice": (N_BITS | M_BITS, _same_twice),
    "pairda": (D_BITS | A_BITS, _pair(0, 10)),
    "evend": (D_BITS, _pair(0, 0, True)),
    "evenm": (M_BITS, _pair(16, 0, True)),
    "memory": (N_BITS, _memory),
    "scaled": (N_BITS | bits(10, 21), _scaled),
    "unscaled": (N_BITS | bits(12, 20), _unscaled),
    "pairplace": (N_BITS | bits(15, 21), _pair_place),
    "indexed": (N_BITS | M_BITS | bits(12, 15), _indexed),
    "imm12": (bits(10, 22), _addition),
    "bitmask": (bits(10, 22), _bitmask),
    "bits": (bits(10, 22), _bits_alone),
    "imm16": (bits(5, 20), _number(5, 16)),
    "group": (bits(5, 22), _group),
    "moved": (bits(5, 22), _moved),
    "rotate": (bits(16, 21), _number(16, 6)),
    "last": (bits(10, 15), _number(10, 6)),
    "imm5": (M_BITS, _number(16, 5)),
    "flags": (bits(0, 3), _number(0, 4)),
    "crm": (bits(8, 11), _number(8, 4)),
    "hint": (bits(5, 11), _number(5, 7)),
    "imm6": (bits(10, 15), _number(10, 6)),
    "imm4": (bits(11, 14), _number(11, 4)),
    "float": (bits(13, 20), _float),
    "zero": (0, _zero),
    "floatzero": (0, _float_zero),
    "bit": (1 << 31 | bits(19, 23), _bit),
    "rel26": (bits(0, 25), lambda word, pattern, op: _branch(signed(word, 26) * 4)),
    "rel19": (bits(5, 23), lambda word, pattern, op: _branch(signed(word >> 5, 19) * 4)),
    "rel14": (bits(5, 18), lambda word, pattern, op: _branch(signed(word >> 5, 14) * 4)),
    "rel21": (bits(5, 23) | bits(29, 30), lambda word, pattern, op: _branch(signed(word >> 3 & ~3 | word >> 29 & 3, 21))),
    "page21": (bits(5, 23) | bits(29, 30), lambda word, pattern, op: _branch(signed(word >> 3 & ~3 | word >> 29 & 3, 21) << 12)),
    "condition": (bits(12, 15), _condition),
    "inverse": (bits(12, 15), _inverse_condition),
    "prefetch": (D_BITS, _prefetch),
    "range": (bits(0, 2) | bits(12, 13) | 1 << 15, _range_prefetch),
    "landing": (bits(6, 7), _landing),
    "readable": (bits(5, 20), _readable),
    "writable": (bits(5, 20), _writable),
    "state": (bits(16, 18) | bits(5, 7) | bits(12, 15), _state),
    "system": (bits(5, 18), _system),
}
"""Each operand's bits in a word, which may depend on the mnemonic, and what reads it."""

WHOLE_READERS: Final[dict[str, tuple[int, All]]] = {
    "@shift": (D_BITS | N_BITS | bits(10, 21), _shift),
    "@field": (D_BITS | N_BITS | bits(10, 21), _field),
    "@cache": (D_BITS | bits(5, 18), _cache),
}
"""What reads all operands of an instruction at once."""
