# SPDX-License-Identifier: BSD-3-Clause
"""What stands in the fields of vector instructions, as operands: the encoders of vector.py read backwards.

Arrangements come from Q and size, elements from imm5; each reader is added to those of fields.py.
Facts: the Arm architecture reference manual, advanced SIMD.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64 import vector
from pygo_cross.arch.arm64.fields import (
    A_BITS,
    D_BITS,
    M_BITS,
    N_BITS,
    READERS,
    SHAPE_BITS,
    WHOLE_READERS,
    One,
    base_register,
    bits,
    constant,
)
from pygo_cross.arch.arm64.registers import B8, B16, D1, D2, H4, H8, S2, S4
from pygo_cross.arch.arm64.syntax import COUNT_CODES, LIST_SHAPES
from pygo_cross.obj.prog import MEM, REG, REGLIST, Addr

_SHAPES: Final = {shape: kind for kind, shape in vector.SHAPES.items()}
_FLOAT_SHAPES: Final = {shape: kind for kind, shape in vector.FLOAT_SHAPES.items()}
_WIDE: Final = {(key[0], size): key[1:] for key, size in vector.WIDENED.items()}
_LETTERS: Final = (regs.B, regs.H, regs.S, regs.D)
_STRUCTURE_SIZE: Final = {code: count for count, code in COUNT_CODES.items()}


def shape_bits(op: str) -> int:
    """The bits that tell the arrangement of an instruction all whose operands have the same."""
    if op in vector.FLOATS:
        return 1 << 30 | 1 << 22
    if op in vector.BYTEWISE or op in ("VRBIT", "VMOV"):
        return 1 << 30
    return SHAPE_BITS


def _arranged(number: int, kind: int) -> Addr:
    return Addr(REG, regs.ARNG | kind << 5 | number)


def _shape(word: int, op: str) -> int | None:
    q = word >> 30 & 1
    if op in vector.FLOATS:
        return _FLOAT_SHAPES.get((q, word >> 22 & 1))
    if op in vector.BYTEWISE or op in ("VRBIT", "VMOV"):
        return B16 if q else B8
    if op == "VRAX1":
        return D2
    return _SHAPES.get((q, word >> 22 & 3))


def _vector(low: int) -> One:
    """A register of the arrangement that Q and size tell."""

    def read(word: int, pattern: str, op: str) -> Addr | None:
        kind = _shape(word, op)
        return None if kind is None else _arranged(word >> low & 31, kind)

    return read


def _float_vector(low: int) -> One:
    def read(word: int, pattern: str, op: str) -> Addr | None:
        kind = _FLOAT_SHAPES.get((word >> 30 & 1, word >> 22 & 1))
        return None if kind is None else _arranged(word >> low & 31, kind)

    return read


def _moved_vector(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    if word >> 16 & 31 != word >> 5 & 31:
        return None
    kind = B16 if word >> 30 & 1 else B8
    return _arranged(word >> 5 & 31, kind), _arranged(word & 31, kind)


def _crypto(low: int) -> One:
    """A register of the one arrangement that a cryptographic instruction has."""

    def read(word: int, pattern: str, op: str) -> Addr | None:
        return None if op == "SHA1H" else _arranged(word >> low & 31, vector.CRYPTO.get(op, S4))

    return read


def _of_kind(low: int, kind: int) -> One:
    def read(word: int, pattern: str, op: str) -> Addr | None:
        return _arranged(word >> low & 31, kind)

    return read


def _bytes(low: int) -> One:
    """A register of bytes, 16 or 8 of them."""

    def read(word: int, pattern: str, op: str) -> Addr | None:
        return _arranged(word >> low & 31, B16 if word >> 30 & 1 else B8)

    return read


def _wide(low: int, narrow: bool) -> One:
    """A register of the wide or the narrow side, by size."""

    def read(word: int, pattern: str, op: str) -> Addr | None:
        kinds = _WIDE.get((word >> 30 & 1, word >> 22 & 3))
        return None if kinds is None else _arranged(word >> low & 31, kinds[narrow])

    return read


def _across(word: int, pattern: str, op: str) -> Addr | None:
    if op in vector.FLOATS_ACROSS:
        return _arranged(word >> 5 & 31, S4)
    kind = _SHAPES.get((word >> 30 & 1, word >> 22 & 3))
    return None if kind is None else _arranged(word >> 5 & 31, kind)


def _lane(number: int, size: int, index: int) -> Addr:
    addr = Addr(REG, regs.ELEM | _LETTERS[size] << 5 | number)
    addr.index = index
    return addr


def _element(low: int) -> One:
    """An element by imm5."""

    def read(word: int, pattern: str, op: str) -> Addr | None:
        imm5 = word >> 16 & 31
        size = (imm5 & -imm5).bit_length() - 1
        return _lane(word >> low & 31, size, imm5 >> size + 1) if 0 <= size <= 3 else None

    return read


def _source_element(word: int, pattern: str, op: str) -> Addr | None:
    """The element that is moved to another: its index is in imm4."""
    imm5 = word >> 16 & 31
    size = (imm5 & -imm5).bit_length() - 1
    return _lane(word >> 5 & 31, size, word >> 11 + size & 15 >> size) if 0 <= size <= 3 else None


def _by_imm5(word: int, pattern: str, op: str) -> Addr | None:
    """A destination whose arrangement Q and imm5 tell."""
    imm5 = word >> 16 & 31
    kind = _SHAPES.get((word >> 30 & 1, (imm5 & -imm5).bit_length() - 1))
    return None if kind is None else _arranged(word & 31, kind)


def _eight(word: int, pattern: str, op: str) -> Addr | None:
    return constant((word >> 16 & 7) << 5 | word >> 5 & 31)


def registers_list(first: int, count: int, kind: int) -> Addr:
    """A list of vector registers."""
    q, size = LIST_SHAPES[regs.ARRANGEMENTS[kind]]
    return Addr(REGLIST, 0, first | COUNT_CODES[count] << 12 | size << 10 | q << 30)


_LIST_KINDS: Final = {(0, 0): B8, (1, 0): B16, (0, 1): H4, (1, 1): H8, (0, 2): S2, (1, 2): S4, (0, 3): D1, (1, 3): D2}


def _structures(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    """Loads and stores of lists of vectors."""
    kind = _LIST_KINDS[word >> 30 & 1, word >> 10 & 3]
    count = _STRUCTURE_SIZE.get(word >> 12 & 15) if op in ("VLD1", "VST1") else int(op[3])
    if count is None:
        return None
    place = Addr(MEM, base_register(word))
    if word >> 23 & 1:
        index = word >> 16 & 31
        if (index == 31) == ("roff" in patterns):
            return None
        if index == 31:
            place.offset = count << (word >> 10 & 3) if op[-1] == "R" else (16 if word >> 30 & 1 else 8) * count
        else:
            place.index = regs.GP + index
    found = registers_list(word & 31, count, kind)
    return (found, place) if op.startswith("VST") else (place, found)


def _one_element(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    """Loads and stores of one element."""
    position = (word >> 30 & 1) << 3 | (word >> 12 & 1) << 2 | word >> 10 & 3
    size = {0: 0, 2: 1, 4: 2}.get(word >> 13 & 7)
    if size is None:
        return None
    if size == 2 and position & 1:
        size, position = 3, position & ~1
    if position & (1 << size) - 1:
        return None
    place = Addr(MEM, base_register(word))
    index = word >> 16 & 31
    if word >> 23 & 1:
        if (index == 31) == ("roff" in patterns):
            return None
        if index == 31:
            place.offset = 1 << size
        else:
            place.index = regs.GP + index
    elif index:
        return None
    found = _lane(word & 31, size, position >> size)
    return (found, place) if op.startswith("VST") else (place, found)


def _long_shift(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    field = word >> 16 & 0x7F
    size = (field >> 3).bit_length() - 1
    kinds = _WIDE.get((word >> 30 & 1, size))
    if kinds is None or size > 2:
        return None
    shift = field - (8 << size)
    operands = _arranged(word >> 5 & 31, kinds[1]), _arranged(word & 31, kinds[0])
    if len(patterns) == 2:
        return None if shift else operands
    return constant(shift), *operands


def _vector_shift(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    field = word >> 16 & 0x7F
    size = (field >> 3).bit_length() - 1
    target = _SHAPES.get((word >> 30 & 1, size))
    if target is None:
        return None
    source = vector.DOUBLED.get(target) if op.startswith("VSHRN") else target
    if source is None:
        return None
    shift = (16 << size) - field if op in vector.RIGHT else field - (8 << size)
    return constant(shift), _arranged(word >> 5 & 31, source), _arranged(word & 31, target)


def _narrowed(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    q = word >> 30 & 1
    target = (S4 if q else S2) if op.startswith("VFCVT") else _SHAPES.get((q, word >> 22 & 3))
    source = vector.DOUBLED.get(target or B8) if target is not None else None
    if source is None or target is None:
        return None
    return _arranged(word >> 5 & 31, source), _arranged(word & 31, target)


def _widened_float(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    return _arranged(word >> 5 & 31, S4 if word >> 30 & 1 else S2), _arranged(word & 31, D2)


def _table(word: int, pattern: str, op: str) -> Addr | None:
    return registers_list(word >> 5 & 31, (word >> 13 & 3) + 1, B16)


def _shaped(where: int) -> Callable[[str], int]:
    return lambda op: where | shape_bits(op)


_FLOAT_SHAPE: Final = 1 << 30 | 1 << 22

READERS.update(
    {
        "eight": (bits(16, 18) | bits(5, 9), _eight),
        "td": (_shaped(D_BITS), _vector(0)),
        "tn": (_shaped(N_BITS), _vector(5)),
        "tm": (_shaped(M_BITS), _vector(16)),
        "fd": (D_BITS | _FLOAT_SHAPE, _float_vector(0)),
        "fn": (N_BITS | _FLOAT_SHAPE, _float_vector(5)),
        "cd": (D_BITS, _crypto(0)),
        "cn": (N_BITS, _crypto(5)),
        "cm": (M_BITS, _crypto(16)),
        "bd": (D_BITS | 1 << 30, _bytes(0)),
        "bn": (N_BITS | 1 << 30, _bytes(5)),
        "bm": (M_BITS | 1 << 30, _bytes(16)),
        "d16": (D_BITS, _of_kind(0, B16)),
        "n16": (N_BITS, _of_kind(5, B16)),
        "m16": (M_BITS, _of_kind(16, B16)),
        "a16": (A_BITS, _of_kind(10, B16)),
        "d2": (D_BITS, _of_kind(0, D2)),
        "n2": (N_BITS, _of_kind(5, D2)),
        "m2": (M_BITS, _of_kind(16, D2)),
        "wided": (D_BITS | bits(22, 23), _wide(0, False)),
        "widen": (N_BITS | bits(22, 23), _wide(5, False)),
        "narrown": (N_BITS | bits(22, 23), _wide(5, True)),
        "narrowm": (M_BITS | bits(22, 23), _wide(16, True)),
        "across": (lambda op: N_BITS if op in vector.FLOATS_ACROSS else N_BITS | SHAPE_BITS, _across),
        "elementn": (N_BITS | M_BITS, _element(5)),
        "elementq": (N_BITS | M_BITS | 1 << 30, _element(5)),
        "elementd": (D_BITS | M_BITS, _element(0)),
        "sourceelement": (N_BITS | bits(11, 14), _source_element),
        "byimm5": (D_BITS | M_BITS | 1 << 30, _by_imm5),
        "table": (N_BITS | bits(13, 14), _table),
    }
)

WHOLE_READERS.update(
    {
        "@moved": (D_BITS | N_BITS | M_BITS | 1 << 30, _moved_vector),
        "@structures": (D_BITS | N_BITS | bits(10, 15) | M_BITS | 1 << 30, _structures),
        "@element": (D_BITS | N_BITS | bits(10, 15) | M_BITS | 1 << 30, _one_element),
        "@longshift": (D_BITS | N_BITS | bits(16, 22), _long_shift),
        "@vectorshift": (D_BITS | N_BITS | bits(16, 22) | 1 << 30, _vector_shift),
        "@narrowed": (D_BITS | N_BITS | bits(22, 23), _narrowed),
        "@widenedfloat": (D_BITS | N_BITS, _widened_float),
    }
)
