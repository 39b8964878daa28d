# SPDX-License-Identifier: BSD-3-Clause
"""The operands of SVE instructions, both ways: what a row of sve.txt says of one, from an Addr to fields and from fields to an Addr.

`operand` makes an `Operand` of its text in a row. `read` puts what an Addr says into the values of fields, or returns False if the row
doesn't take it; `make` is the way back, and returns None where no operand has these values. Values are those of the fields by letter, as
unsigned ints; beside them `SIZE` holds the number of a size, and `VALUE` the immediate, where both are in field w.

What an Addr of SVE looks like says syntax.py. An operand that says more than the instruction can hold is never taken: not a register of
another kind, and no constant that has to be cut. Stock's assembler takes some of these and makes another instruction of them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64.constants import bitmask_field, float_field
from pygo_cross.arch.arm64.syntax import (
    COUNT_CODES,
    LIST_NAMES,
    LIST_SHAPES,
    SVE_MEMORY,
    SXTW,
    UXTW,
)
from pygo_cross.obj.prog import CONST, FCONST, MEM, NAME_NONE, REG, REGLIST, SPECIAL, Addr

Values = dict[str, int]

SIZE: Final = "size"
VALUE: Final = "value"

# Of each kind: the first register, plain, with an arrangement, as an element with and without one; the number of the first; and in
# how many bits their numbers fit.
_FILES: Final = {
    "Z": (regs.SCALABLE, regs.Z_ARNG, regs.Z_ELEM, regs.Z_INDEXED, 0, 5),
    "P": (regs.PREDICATE, regs.P_ARNG, 0, regs.Z_INDEXED | 32, 0, 4),
    "PN": (regs.PREDICATE, regs.P_ARNG, 0, regs.Z_INDEXED | 32, 16, 4),
    "V": (regs.VECTOR, regs.ARNG, 0, 0, 0, 5),
    "R": (regs.GP, 0, 0, 0, 0, 5),
    "X": (regs.GP, 0, 0, 0, 0, 5),
    "SP": (regs.GP, 0, 0, 0, 0, 5),
}
_FULL: Final = dict(zip("BHSD", ["B16", "H8", "S4", "D2"], strict=True))
_REGISTER: Final = re.compile(r"(Z|PN|P|V|R|SP|X)([a-z])(?:\.(ZM|[-BHSDQMZ]+))?(\[[iw]\])?\Z")
_LIST: Final = re.compile(r"\[(.*?)(?:(:|\.\.)(\d))?\]\Z")
_MEMORY: Final = re.compile(r"(-?)i(?:\*(\d+))?\(([^()]*)\)\Z")
_VECTORS: Final = re.compile(r"\(VL\*-i(?:\*(\d))?\)\(([^()]*)\)\Z")
_INDEXED: Final = re.compile(r"\((\w+(?:\.[BHSDQ]+)?)(?:\.(x|UXTW|SXTW))?(?:<<(\w))?\)\(([^()]*)\)\Z")
_IMMEDIATE: Final = re.compile(r"\$(-?)([ij])(<<h\*8)?\Z")
_LESS: Final = re.compile(r"\$(\d+)-i\Z")


def put(values: Values, letter: str, value: int) -> bool:
    """Gives a field its value, or tells whether it has this one: operands that share a field must agree."""
    return values.setdefault(letter, value) == value


def word_of(addr: Addr) -> int | None:
    """An immediate as 32 bits, a float as its single-precision bits; None if it has more or is none."""
    if addr.type == FCONST:
        assert isinstance(addr.value, float)
        try:
            return int.from_bytes(struct.pack("<f", addr.value), "little")
        except OverflowError:
            return None
    if addr.type != CONST or addr.name != NAME_NONE or addr.reg or not -(1 << 31) <= addr.offset < 1 << 32:
        return None
    return addr.offset & 0xFFFFFFFF


def _signed(value: int, bits: int) -> int:
    """The low bits of a number as a signed one."""
    half = 1 << bits - 1
    return (value & (1 << bits) - 1 ^ half) - half


class Operand:
    """One operand of a row."""

    __slots__ = ()

    def read(self, addr: Addr, values: Values) -> bool:
        """Puts what the operand says into `values`; False if it can't be this one."""
        raise NotImplementedError

    def make(self, values: Values) -> Addr | None:
        """The operand of these values, None if there is none."""
        raise NotImplementedError


class Register(Operand):
    """A register, perhaps with an arrangement or a predication, perhaps one element of it."""

    __slots__ = ("_base", "_by_size", "_element", "_first", "_letter", "_limit", "_qualifier", "_size_field", "_sizes", "_sp", "short")

    def __init__(self, match: re.Match[str], widths: dict[str, int]) -> None:
        file, self._letter, suffix, element = match.groups()
        plain, arranged, with_element, indexed, first, bits = _FILES[file]
        width = widths[self._letter]
        self._sp = file == "SP"
        self._limit = 31 if file == "X" else 1 << width
        self._first = first + (1 << bits) - (1 << width) if file == "PN" else first
        self.short = bits - width
        """By how many bits the field is too short for all registers."""
        self._element = {"": "", "[i]": "i", "[w]": VALUE}[element or ""]
        self._size_field = "s" if "s" in widths else SIZE
        self._sizes: tuple[int, ...] = ()
        self._qualifier = ""
        self._base = indexed if element else plain
        if suffix in ("M", "Z", "ZM"):
            self._qualifier = suffix
            self._base = arranged
        elif suffix:
            names = [_FULL.get(name, name) if file == "V" else name for name in suffix]
            self._sizes = tuple(-1 if name == "-" else regs.ARRANGEMENTS.index(name) for name in names)
            self._base = with_element if element else arranged
        self._by_size = len(self._sizes) > 1

    def _number(self, reg: int) -> int:
        """What the field holds for a register, its arrangement aside; less than 0 or too much for one of another kind."""
        if self._sp:
            return 31 if reg == regs.SP else -1 if reg == regs.ZR else reg - self._base
        low = reg - self._base
        return (low & ~0x1E0 if self._sizes or self._qualifier else low) - self._first

    def read_register(self, reg: int, values: Values) -> bool:
        """Reads a register's number and arrangement."""
        low = self._number(reg)
        if not 0 <= low < self._limit:
            return False
        if self._sizes:
            arrangement = reg >> 5 & 15
            if arrangement not in self._sizes:
                return False
            if self._by_size and not put(values, self._size_field, self._sizes.index(arrangement)):
                return False
        elif self._qualifier:
            place = self._qualifier.find(regs.ARRANGEMENTS[reg >> 5 & 15])
            if place < 0 or (len(self._qualifier) > 1 and not put(values, "z", place)):
                return False
        return put(values, self._letter, low)

    def read(self, addr: Addr, values: Values) -> bool:
        if addr.type != REG or addr.offset or not self.read_register(addr.reg, values):
            return False
        return put(values, self._element, addr.index) if self._element else not addr.index

    def make_register(self, values: Values) -> int:
        """The register of these values, 0 if there is none."""
        low = values[self._letter]
        if self._sp and low == 31:
            return regs.SP
        if low >= self._limit:
            return 0
        reg = self._base + self._first + low
        if self._sizes:
            size = values[self._size_field] if self._by_size else 0
            arrangement = self._sizes[size] if size < len(self._sizes) else -1
            return reg | arrangement << 5 if arrangement >= 0 else 0
        if self._qualifier:
            return reg | regs.ARRANGEMENTS.index(self._qualifier[values["z"] if len(self._qualifier) > 1 else 0]) << 5
        return reg

    def make(self, values: Values) -> Addr | None:
        reg = self.make_register(values)
        if not reg:
            return None
        addr = Addr(REG, reg)
        if self._element:
            addr.index = values[self._element]
        return addr


class List(Operand):
    """Registers that follow each other: [Z1.B, Z2.B] or, as a range, [Z0.B-Z3.B]."""

    __slots__ = ("code", "count", "prefix", "register", "span", "unit")

    def __init__(self, match: re.Match[str], widths: dict[str, int]) -> None:
        inner = _REGISTER.match(match[1])
        assert inner is not None
        self.register = Register(inner, widths)
        self.prefix = "VZP".index(inner[1])
        self.count = int(match[3] or 1)
        self.span = self.count - 1 if match[2] == ".." else 0
        self.code = self.span if self.span else COUNT_CODES[self.count]
        self.unit = 1 << self.register.short

    def read(self, addr: Addr, values: Values) -> bool:
        packed = addr.offset
        if addr.type != REGLIST or addr.scale != self.span or packed >> 12 & 15 != self.code or packed >> 32 & 3 != self.prefix:
            return False
        first = packed & 31
        name = LIST_NAMES.get((packed >> 30 & 3, packed >> 10 & 3), "")
        if first % self.unit or name not in regs.ARRANGEMENTS:
            return False
        register = self.register
        reg = (regs.Z_ARNG if self.prefix == 1 else regs.P_ARNG) | regs.ARRANGEMENTS.index(name) << 5
        if self.prefix == 2 and first > 15:
            return False
        return register.read_register(reg | first // self.unit, values)

    def make(self, values: Values) -> Addr | None:
        reg = self.register.make_register(values)
        if not reg:
            return None
        q, size = LIST_SHAPES[regs.ARRANGEMENTS[reg >> 5 & 15]]
        addr = Addr(REGLIST, 0, (reg & 31) * self.unit | self.code << 12 | size << 10 | q << 30 | self.prefix << 32)
        addr.scale = self.span
        return addr


class Immediate(Operand):
    """A number in a field."""

    __slots__ = ("letter", "signed", "width")

    def __init__(self, letter: str, signed: bool, widths: dict[str, int]) -> None:
        self.letter, self.signed, self.width = letter, signed, widths[letter]

    def field(self, value: int) -> int:
        """The field for a value, -1 if it doesn't fit."""
        low = -(1 << self.width - 1) if self.signed else 0
        return value & (1 << self.width) - 1 if low <= value < low + (1 << self.width) else -1

    def value(self, field: int) -> int:
        """What a field means."""
        return _signed(field, self.width) if self.signed else field

    def read(self, addr: Addr, values: Values) -> bool:
        word = word_of(addr)
        if word is None:
            return False
        field = self.field(_signed(word, 32) if self.signed else word)
        return field >= 0 and put(values, self.letter, field)

    def make(self, values: Values) -> Addr | None:
        return Addr(CONST, 0, self.value(values[self.letter]))


class Shifted(Immediate):
    """A number of 8 bits, shifted left by 8 if field h says so."""

    __slots__ = ()

    def read(self, addr: Addr, values: Values) -> bool:
        word = word_of(addr)
        if word is None:
            return False
        value = _signed(word, 32) if self.signed else word
        field, high = self.field(value), 0
        if field < 0 and not value & 255:
            field, high = self.field(value >> 8), 1
        return field >= 0 and put(values, self.letter, field) and put(values, "h", high)

    def make(self, values: Values) -> Addr | None:
        return Addr(CONST, 0, self.value(values[self.letter]) << 8 * values["h"])


class Less(Operand):
    """A shift to the right, told as `most` less the field."""

    __slots__ = ("limit", "most")

    def __init__(self, most: int, widths: dict[str, int]) -> None:
        self.most, self.limit = most, 1 << widths["i"]

    def read(self, addr: Addr, values: Values) -> bool:
        word = word_of(addr)
        return word is not None and 0 <= self.most - word < self.limit and put(values, "i", self.most - word)

    def make(self, values: Values) -> Addr | None:
        return Addr(CONST, 0, self.most - values["i"])


class Float(Operand):
    """A float of 8 bits."""

    __slots__ = ()

    def read(self, addr: Addr, values: Values) -> bool:
        word = word_of(addr)
        if word is None:
            return False
        field = float_field(struct.unpack("<f", word.to_bytes(4, "little"))[0])
        return field >= 0 and put(values, "i", field)

    def make(self, values: Values) -> Addr | None:
        field = values["i"]
        exponent = (field >> 4 & 7 ^ 4) - 3
        addr = Addr(FCONST)
        addr.value = (-1.0 if field & 128 else 1.0) * (16 + (field & 15)) / 16 * 2.0**exponent
        return addr


class Choice(Operand):
    """One of a few constants, by field c if there are several."""

    __slots__ = ("texts", "words")

    def __init__(self, text: str) -> None:
        self.texts = text.split("|")
        self.words = [word_of(self._addr(one)) for one in self.texts]

    @staticmethod
    def _addr(text: str) -> Addr:
        addr = Addr(CONST)
        if "." in text:
            addr.type, addr.value = FCONST, float(text)
        else:
            addr.offset = int(text)
        return addr

    def read(self, addr: Addr, values: Values) -> bool:
        word = word_of(addr)
        if len(self.words) == 1 and word == 0x80000000:
            word = 0  # the only constant that stands alone is 0.0, and -0.0 is that too
        return word in self.words and (len(self.words) == 1 or put(values, "c", self.words.index(word)))

    def make(self, values: Values) -> Addr | None:
        return self._addr(self.texts[values["c"] if len(self.texts) > 1 else 0])


class Plain(Operand):
    """An immediate that field w holds together with the size; the row combines them."""

    __slots__ = ()

    def read(self, addr: Addr, values: Values) -> bool:
        if addr.type != CONST or addr.name != NAME_NONE or addr.reg:
            return False
        return put(values, VALUE, addr.offset)

    def make(self, values: Values) -> Addr | None:
        return Addr(CONST, 0, values[VALUE])


class Word(Operand):
    """A word, one of a few by field c."""

    __slots__ = ("numbers",)

    def __init__(self, names: list[str]) -> None:
        self.numbers = [regs.WORD_NUMBERS[name] if name else -1 for name in names]

    def read(self, addr: Addr, values: Values) -> bool:
        return addr.type == SPECIAL and addr.offset in self.numbers and put(values, "c", self.numbers.index(addr.offset))

    def make(self, values: Values) -> Addr | None:
        number = self.numbers[values["c"]]
        return Addr(SPECIAL, 0, number) if number >= 0 else None


def _prefetches() -> list[str]:
    """The prefetch operations of data by their field: level and policy as PRFM has them, and 8 for a store."""
    names = [""] * 16
    for name, kind, value, *_ in regs.WORDS:
        if kind == "prefetch" and not int(value) & 8:
            names[int(value) & 7 | int(value) >> 1 & 8] = name
    return names


class Offset(Operand):
    """Memory at an offset from a register, in bytes or in lengths of a vector."""

    __slots__ = ("base", "immediate", "scale", "unit")

    def __init__(self, base: Register, unit: int, scale: int, immediate: Immediate) -> None:
        self.base, self.unit, self.scale, self.immediate = base, unit, scale, immediate

    def read(self, addr: Addr, values: Values) -> bool:
        if not _is_memory(addr) or addr.index or addr.scale != self.scale or addr.offset % self.unit:
            return False
        field = self.immediate.field(addr.offset // self.unit)
        return field >= 0 and put(values, "i", field) and self.base.read_register(addr.reg, values)

    def make(self, values: Values) -> Addr | None:
        reg = self.base.make_register(values)
        addr = Addr(MEM, reg, self.immediate.value(values["i"]) * self.unit)
        addr.scale = self.scale
        return addr if reg else None


class Indexed(Operand):
    """Memory at a base and an index, which may be extended and shifted."""

    __slots__ = ("amount", "base", "extension", "index")

    def __init__(self, base: Register, index: Register, extension: str, amount: str) -> None:
        self.base, self.index, self.extension, self.amount = base, index, extension, amount

    def read(self, addr: Addr, values: Values) -> bool:
        if not _is_memory(addr) or not addr.index or addr.offset or addr.scale > 0:
            return False
        amount = addr.scale >> 12 & 7
        kind = addr.scale >> 9 & 7
        if self.extension == "x":
            if kind not in (UXTW, SXTW) or not put(values, "x", int(kind == SXTW)):
                return False
        elif kind != _EXTENSIONS[self.extension]:
            return False
        if self.amount == "i":
            if amount > 3 or not put(values, "i", amount):
                return False
        elif amount != int(self.amount or 0):
            return False
        return self.index.read_register(addr.reg, values) and self.base.read_register(addr.index, values)

    def make(self, values: Values) -> Addr | None:
        base, index = self.base.make_register(values), self.index.make_register(values)
        if not base or not index:
            return None
        addr = Addr(MEM, index)
        addr.index = base
        kind = (UXTW, SXTW)[values["x"]] if self.extension == "x" else _EXTENSIONS[self.extension]
        amount = values["i"] if self.amount == "i" else int(self.amount or 0)
        if kind or amount:
            addr.scale = SVE_MEMORY | amount << 12 | kind << 9
        return addr


_EXTENSIONS: Final = {"": 0, "UXTW": UXTW, "SXTW": SXTW}


def _is_memory(addr: Addr) -> bool:
    return addr.type == MEM and addr.name == NAME_NONE and addr.sym is None


# Field w.

Combine = Callable[[int, int], int]
Split = Callable[[int], tuple[int, int] | None]


def _left(value: int, size: int) -> int:
    return value + (8 << size) if 0 <= value < 8 << size else -1


def _split_left(field: int) -> tuple[int, int] | None:
    size = field.bit_length() - 4
    return (field - (8 << size), size) if size >= 0 else None


def _right(value: int, size: int) -> int:
    return (16 << size) - value if 1 <= value <= 8 << size else -1


def _split_right(field: int) -> tuple[int, int] | None:
    size = field.bit_length() - 4
    return ((16 << size) - field, size) if size >= 0 else None


def _element(value: int, size: int) -> int:
    return (2 * value + 1) << size


def _split_element(field: int) -> tuple[int, int] | None:
    size = (field & -field).bit_length() - 1
    return (field >> size + 1, size) if size >= 0 else None


def _mask(value: int, size: int) -> int:
    bits = 8 << size
    if not -(1 << bits - 1) <= value < 1 << bits and bits < 64:
        return -1
    value &= (1 << bits) - 1
    while bits < 64:
        value |= value << bits
        bits *= 2
    found = bitmask_field(value, 64)
    return found >> 10 if found >= 0 else -1


def _split_mask(field: int) -> tuple[int, int] | None:
    rotation, ones = field >> 6 & 63, field & 63
    period_bits = (field >> 6 & 64 | ~field & 63).bit_length() - 1
    if period_bits < 1:
        return None
    period = 1 << period_bits
    ones &= period - 1
    rotation &= period - 1
    if ones == period - 1:
        return None
    run = (2 << ones) - 1
    value = run >> rotation | run << period - rotation & (1 << period) - 1
    size = max(period_bits, 3) - 3
    while period < 8:
        value |= value << period
        period *= 2
    return _signed(value, 64) if size == 3 else value, size


WIDE: Final[dict[str, tuple[Combine, Split]]] = {
    "$<w": (_left, _split_left),
    "$>w": (_right, _split_right),
    "$&w": (_mask, _split_mask),
    "[w]": (_element, _split_element),
}
"""How field w holds a value and the number of a size, by the end of the operand's text: there (-1 if it can't), and back."""


def operand(text: str, widths: dict[str, int]) -> Operand:
    """The operand that a row has as `text`; `widths` are those of its fields in bits."""
    match = _REGISTER.match(text)
    if match:
        return Register(match, widths)
    match = _LIST.match(text)
    if match:
        return List(match, widths)
    if text in WIDE:
        return Plain()
    match = _IMMEDIATE.match(text)
    if match:
        kind = Shifted if match[3] else Immediate
        return kind(match[2], bool(match[1]), widths)
    match = _LESS.match(text)
    if match:
        return Less(int(match[1]), widths)
    if text == "$fi":
        return Float()
    if text[0] == "$":
        return Choice(text[1:])
    if text == "prfop":
        return Word(_prefetches())
    if text[0] == "V":
        return Word(text.split("|"))
    match = _VECTORS.match(text)
    if match:
        return Offset(_register(match[2], widths), int(match[1] or 1), SVE_MEMORY, Immediate("i", True, widths))
    match = _MEMORY.match(text)
    if match:
        return Offset(_register(match[3], widths), int(match[2] or 1), 0, Immediate("i", bool(match[1]), widths))
    match = _INDEXED.match(text)
    assert match is not None, text
    return Indexed(_register(match[4], widths), _register(match[1], widths), match[2] or "", match[3] or "")


def _register(text: str, widths: dict[str, int]) -> Register:
    match = _REGISTER.match(text)
    assert match is not None, text
    return Register(match, widths)
