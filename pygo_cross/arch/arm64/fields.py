# SPDX-License-Identifier: BSD-3-Clause
"""What stands in the fields of a word, as operands: the encoders of encode.py, moves.py and vector.py read backwards.

`READERS` has, by the names that decode.py's layouts use, the bits that an operand takes and what reads it. A reader gets the word,
the class that forms.txt gives the operand, and the mnemonic; None means that such bits are not of this form. Names that begin with @
read all operands of an instruction at once. Facts: the Arm architecture reference manual, chapter C4; what Go's assembler makes of
operands is in the encoders.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64 import vector
from pygo_cross.arch.arm64.constants import group_shift
from pygo_cross.arch.arm64.operands import MOVE_SIZE
from pygo_cross.arch.arm64.registers import B8, B16, D1, D2, H4, H8, S2, S4
from pygo_cross.arch.arm64.syntax import COUNT_CODES, LIST_SHAPES
from pygo_cross.obj.prog import BRANCH, CONST, FCONST, MEM, REG, REGLIST, REGREG, SHIFT, SPECIAL, Addr

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


def _const(value: int, shift: int = 0) -> Addr:
    """A number; `shift` is what it is written as a shift by, since that is how the instruction holds it."""
    addr = Addr(CONST, 0, signed(value, 64))
    if shift:
        addr.value = shift
    return addr


def _branch(distance: int) -> Addr:
    return Addr(BRANCH, 0, distance)


def _number(low: int, width: int) -> One:
    def read(word: int, pattern: str, op: str) -> Addr | None:
        return _const(word >> low & (1 << width) - 1)

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


def _base(word: int) -> int:
    number = word >> 5 & 31
    return regs.SP if number == 31 else regs.GP + number


def _memory(word: int, pattern: str, op: str) -> Addr | None:
    return Addr(MEM, _base(word))


def _scaled(word: int, pattern: str, op: str) -> Addr | None:
    return Addr(MEM, _base(word), (word >> 10 & 0xFFF) << MOVE_SIZE.get(op, 3))


def _unscaled(word: int, pattern: str, op: str) -> Addr | None:
    return Addr(MEM, _base(word), signed(word >> 12, 9))


def _pair_place(word: int, pattern: str, op: str) -> Addr | None:
    unit = 16 if op[-1] == "Q" else 4 if op[-1] in "SW" else 8
    return Addr(MEM, _base(word), signed(word >> 15, 7) * unit)


def _indexed(word: int, pattern: str, op: str) -> Addr | None:
    option, scaled = word >> 13 & 7, word >> 12 & 1
    amount = MOVE_SIZE.get(op, 0) if scaled else 0
    if scaled and not amount:
        return None
    addr = Addr(MEM, _base(word))
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
    return _const((word >> 10 & 0xFFF) << shift, shift)


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
    return _const(value if word >> 31 else value & 0xFFFFFFFF)


def _group(word: int, pattern: str, op: str) -> Addr | None:
    """16 bits and where they stand, as MOVK and its like write it."""
    shift = 16 * (word >> 21 & 3)
    return _const((word >> 5 & 0xFFFF) << shift, shift)


def _moved(word: int, pattern: str, op: str) -> Addr | None:
    """What MOVZ or MOVN makes."""
    value = (word >> 5 & 0xFFFF) << 16 * (word >> 21 & 3)
    if not word >> 30 & 1:
        value = ~value
    if not word >> 31:
        value &= 0xFFFFFFFF
    return _const(value)


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
    return _const(0)


def _bit(word: int, pattern: str, op: str) -> Addr | None:
    return _const((word >> 31) << 5 | word >> 19 & 31)


# Shifts and bit fields: immr and imms say both.


def _shift(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    width = 64 if word >> 31 else 32
    rotate, last = word >> 16 & 63, word >> 10 & 63
    source, target = register(word >> 5 & 31, "zreg"), register(word & 31, "zreg")
    assert source is not None and target is not None
    kind = op[:3]
    if kind == "ROR":
        return (_const(last), source, target) if word >> 16 & 63 == word >> 5 & 31 and last < width else None
    if kind == "LSL":
        return (_const(width - 1 - last), source, target) if rotate == last + 1 & width - 1 and last != width - 1 else None
    return (_const(rotate), source, target) if last == width - 1 else None


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
        return _const(rotate), source, _const(last - rotate + 1), target
    return _const(width - rotate), source, _const(last + 1), target


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
    access: {fields: regs.SYSTEM + number for number, (_, fields, found) in enumerate(regs.SYSTEM_REGISTERS) if access in found}
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
    return _const(word & 31) if pattern == "lcon" else _word(number)


def _range_prefetch(word: int, pattern: str, op: str) -> Addr | None:
    operation = word >> 10 & 32 | word >> 9 & 16 | word >> 9 & 8 | word & 7
    return _const(operation) if pattern == "lcon" else _word(_RANGES.get((operation,)))


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
    return _const(word & bits(5, 18))


def _cache(word: int, patterns: tuple[str, ...], op: str) -> tuple[Addr, ...] | None:
    number = _CACHE[op].get((word >> 16 & 7, word >> 12 & 15, word >> 8 & 15, word >> 5 & 7))
    if number is None or (regs.WORDS[number][3] == "Rt") != (len(patterns) == 2):
        return None
    operand = Addr(SPECIAL, 0, number)
    if len(patterns) == 1:
        return (operand,) if word & 31 == 31 else None
    return operand, Addr(REG, regs.GP + (word & 31))


# Vectors.

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
    return _const((word >> 16 & 7) << 5 | word >> 5 & 31)


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
    place = Addr(MEM, _base(word))
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
    place = Addr(MEM, _base(word))
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
    return _const(shift), *operands


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
    return _const(shift), _arranged(word >> 5 & 31, source), _arranged(word & 31, target)


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


READERS: Final[dict[str, tuple[int, One]]] = {
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
    "eight": (bits(16, 18) | bits(5, 9), _eight),
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
    "state": (bits(16, 18) | bits(5, 7), _state),
    "system": (bits(5, 18), _system),
    "td": (D_BITS, _vector(0)),
    "tn": (N_BITS, _vector(5)),
    "tm": (M_BITS, _vector(16)),
    "fd": (D_BITS, _float_vector(0)),
    "fn": (N_BITS, _float_vector(5)),
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
    "across": (N_BITS, _across),
    "elementn": (N_BITS | M_BITS, _element(5)),
    "elementd": (D_BITS | M_BITS, _element(0)),
    "sourceelement": (N_BITS | bits(11, 14), _source_element),
    "byimm5": (D_BITS | M_BITS | 1 << 30, _by_imm5),
    "table": (N_BITS | bits(13, 14), _table),
}
"""Each operand's bits in a word, and what reads it."""

WHOLE_READERS: Final[dict[str, tuple[int, All]]] = {
    "@shift": (D_BITS | N_BITS | bits(10, 21), _shift),
    "@field": (D_BITS | N_BITS | bits(10, 21), _field),
    "@cache": (D_BITS | bits(5, 18), _cache),
    "@moved": (D_BITS | N_BITS | M_BITS | 1 << 30, _moved_vector),
    "@structures": (D_BITS | N_BITS | bits(10, 15) | M_BITS | 1 << 30, _structures),
    "@element": (D_BITS | N_BITS | bits(10, 15) | M_BITS | 1 << 30, _one_element),
    "@longshift": (D_BITS | N_BITS | bits(16, 22), _long_shift),
    "@vectorshift": (D_BITS | N_BITS | bits(16, 22) | 1 << 30, _vector_shift),
    "@narrowed": (D_BITS | N_BITS | bits(22, 23), _narrowed),
    "@widenedfloat": (D_BITS | N_BITS, _widened_float),
}
"""What reads all operands of an instruction at once."""
