# SPDX-License-Identifier: BSD-3-Clause
"""Bytes into instructions, by the tables that they are encoded with.

Prefixes and opcode lead to rows; a row's roles say where its operands are. What was read is encoded again, and the first row
that gives the same bytes is the answer: so an instruction that is told can be assembled to what it was. Where none does
(compilers other than Go's choose other encodings), the first row that fits is told as not exact.

`decode` knows no symbols: branches and addresses relative to the instruction pointer are told as distances from the
instruction's end. Facts: the format of instructions in the Intel 64 manual, volume 2, chapter 2.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.arch.amd64 import registers as regs
from pygo_cross.arch.amd64 import table
from pygo_cross.arch.amd64.encode import EncodeError, Encoder
from pygo_cross.arch.amd64.table import Row
from pygo_cross.arch.machine import Instruction
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import BRANCH, CONST, MEM, NAME_EXTERN, REG, REGLIST, Addr
from pygo_cross.obj.symbol import Symbol

MAX_SIZE: Final = 15

_SEGMENTS: Final = {0x2E: "CS", 0x3E: "DS", 0x26: "ES", 0x64: "FS", 0x65: "GS"}
_MANDATORY: Final = frozenset({0x66, 0xF2, 0xF3})
_ROUNDINGS: Final = ("RN_SAE", "RD_SAE", "RU_SAE", "RZ_SAE")
_KINDS: Final = {
    **dict.fromkeys(("r", "rm", "rx", "mmrm"), regs.GP),
    **dict.fromkeys(("rb", "r8", "rmb", "rm8"), regs.BYTE),
    **dict.fromkeys(("x", "xm", "X", "Xm", "X4", "xv", "Xv"), regs.XMM),
    **dict.fromkeys(("y", "ym", "Y", "Ym", "Y4", "yv", "Yv"), regs.YMM),
    **dict.fromkeys(("Z", "Zm", "Z4", "Zv"), regs.ZMM),
    **dict.fromkeys(("K", "Km", "k"), regs.MASK),
    "mm": regs.MMX,
    "st": regs.X87,
}
_FIXED_NUMBERS: Final = {"zero": 0, "one": 1}
_FIXED_REGISTERS: Final = {"x0": "X0", "st0": "F0", "k0": "K0"}
_SCALES: Final = (1, 2, 4, 8)
_RELATIVE: Final = Symbol("IP")


class _Bytes:
    """An instruction that is being read: prefixes apart, and bits of REX, VEX or EVEX that extend registers."""

    __slots__ = (
        "at",
        "b",
        "broadcast",
        "code",
        "length",
        "map",
        "mask",
        "pp",
        "prefix",
        "r",
        "r2",
        "rex",
        "segment",
        "start",
        "v",
        "v2",
        "w",
        "x",
        "zeroing",
    )

    def __init__(self, code: bytes, start: int) -> None:
        self.code, self.start, self.at = code, start, start
        self.segment = 0
        self.prefix = b""
        self.rex = False
        self.w = self.r = self.x = self.b = self.r2 = self.v = self.v2 = 0
        self.map = self.pp = self.length = self.mask = 0
        self.broadcast = self.zeroing = False


_legacy: dict[tuple[bytes, bytes], list[tuple[str, Row]]] = {}
_vex: dict[tuple[int, int, int, int], list[tuple[str, Row]]] = {}
_branches: dict[bytes, list[tuple[str, Row]]] = {}
_encoder: Encoder | None = None


def _load() -> None:
    """Makes the indices of rows by opcode."""
    global _encoder
    _encoder = Encoder(Context("amd64", "linux"))
    for op in table.mnemonics():
        for row in table.rows(op):
            if row.action == table.BRANCH:
                if len(row.takes) == 1:
                    for opcode in filter(None, (row.short, row.long)):
                        _branches.setdefault(opcode, []).append((op, row))
            elif row.action in (table.CALL, table.ABSOLUTE, table.INDIRECT, table.PSEUDO, table.ILLEGAL, table.THREAD) or not row.opcode:
                continue
            elif row.encoding != table.LEGACY:
                _vex.setdefault((row.encoding, row.map, row.pp, row.opcode[0]), []).append((op, row))
            else:
                last = row.opcode[-1]
                for final in range(last, last + (8 if row.low >= 0 else 1)):
                    _legacy.setdefault((row.prefix, row.opcode[:-1] + bytes((final,))), []).append((op, row))
    _branches[b"\xe8"] = [("CALL", Row("CALL rel b E8 cd"))]


def decode(code: bytes, at: int = 0) -> Instruction | None:
    """The instruction at `at`; None for what is none, or is cut short."""
    if not _legacy:
        _load()
    try:
        return _decode(code, at)
    except IndexError:
        return None


def _decode(code: bytes, start: int) -> Instruction | None:
    read = _Bytes(code, start)
    at = start
    mandatory = bytearray()
    while True:
        byte = code[at]
        if byte in _SEGMENTS and not mandatory and not read.segment:
            read.segment = byte
        elif byte in _MANDATORY and len(mandatory) < 3:
            mandatory.append(byte)
        else:
            break
        at += 1
    read.prefix = bytes(mandatory)
    found = None
    if byte in (0xC4, 0xC5, 0x62) and not mandatory:
        read.at = at
        found = _vex_instruction(read, byte)
    else:
        if byte >> 4 == 4:
            read.rex = True
            read.w, read.r, read.x, read.b = byte >> 3 & 1, byte >> 2 & 1, byte >> 1 & 1, byte & 1
            at += 1
        read.at = at
        found = _legacy_instruction(read)
    if found is None and (mandatory or code[start] in (0xF0,)):
        # A prefix that Go writes as an instruction of its own.
        for op, row in _legacy.get((b"", code[start : start + 1]), ()):
            if not row.takes:
                return Instruction(1, op, "", ())
    return found


def _legacy_instruction(read: _Bytes) -> Instruction | None:
    code, at = read.code, read.at
    branch = _branch(read)
    if branch is not None:
        return branch
    fitting: Instruction | None = None
    for length in (4, 3, 2, 1):
        rows = _legacy.get((read.prefix, code[at : at + length]))
        if rows is None or len(code) < at + length:
            continue
        for op, row in rows:
            instruction = _by_row(read, op, row, at + length)
            if instruction is not None:
                if instruction.exact:
                    return instruction
                fitting = fitting or instruction
    return fitting


def _branch(read: _Bytes) -> Instruction | None:
    """A branch, whose prefix can only be 67."""
    if read.prefix or read.rex or read.segment:
        return None
    code, start = read.code, read.start
    for length in (2, 1):
        for op, row in _branches.get(code[start : start + length], ()):
            width = 1 if code[start : start + length] == row.short else 4
            end = start + length + width
            if end > len(code):
                return None
            instruction = Instruction(end - start, op, "", (Addr(BRANCH),))
            instruction.distance = int.from_bytes(code[end - width : end], "little", signed=True)
            instruction.at = length
            return instruction
    return None


def _vex_instruction(read: _Bytes, first: int) -> Instruction | None:
    code, at = read.code, read.at
    encoding = table.VEX
    if first == 0xC5:
        p = code[at + 1]
        read.r, read.map = p >> 7 ^ 1, 1
        at += 2
    elif first == 0xC4:
        p, q = code[at + 2], code[at + 1]
        read.r, read.x, read.b, read.map = q >> 7 ^ 1, q >> 6 & 1 ^ 1, q >> 5 & 1 ^ 1, q & 31
        read.w = p >> 7
        at += 3
    else:
        encoding = table.EVEX
        q, p, last = code[at + 1], code[at + 2], code[at + 3]
        if q & 0x0C or not p & 4:
            return None
        read.r, read.x, read.b, read.r2, read.map = q >> 7 ^ 1, q >> 6 & 1 ^ 1, q >> 5 & 1 ^ 1, q >> 4 & 1 ^ 1, q & 3
        read.w = p >> 7
        read.zeroing, read.broadcast = bool(last >> 7), bool(last >> 4 & 1)
        read.v2, read.mask = last >> 3 & 1 ^ 1, last & 7
        read.length = last >> 5 & 3
        at += 4
    read.pp = p & 3
    read.v = p >> 3 & 15 ^ 15
    if encoding == table.VEX:
        read.length = p >> 2 & 1
    fitting: Instruction | None = None
    for op, row in _vex.get((encoding, read.map, read.pp, code[at]), ()):
        if row.rex_w != bool(read.w) or (row.mask >= 0) != bool(read.mask):
            continue
        # Rounding stands where the length does, and without exceptions there is none.
        if row.length != read.length and not (read.broadcast and (row.rounding or row.sae)):
            continue
        instruction = _by_row(read, op, row, at + 1)
        if instruction is not None:
            if instruction.exact:
                return instruction
            fitting = fitting or instruction
    return fitting


def _by_row(read: _Bytes, op: str, row: Row, at: int) -> Instruction | None:
    """The instruction if it is of this row; `at` is behind the opcode."""
    code = read.code
    patterns = row.text.split()[1].split(",") if row.takes else []
    args: list[Addr | None] = [_implied(pattern) for pattern in patterns]
    distance: int | None = None
    place = 0
    suffix = ""
    if row.rm >= 0:
        modrm = code[at]
        reg = modrm >> 3 & 7
        pattern = patterns[row.rm]
        if row.rex_r >= 0:
            name = patterns[row.rex_r].upper()
            if name.startswith("CR") and regs.NUMBERS[name] >> 3 & 1 != read.r:
                return None
        if row.digit >= 0 and row.digit != reg:
            return None
        if row.reg >= 0:
            args[row.reg] = _register(read, patterns[row.reg], reg | read.r << 3 | read.r2 << 4)
        in_memory = modrm >> 6 != 3
        if row.encoding == table.EVEX:
            found = _suffix(read, row, in_memory)
            if found is None:
                return None
            suffix = found
        if in_memory:
            if not _takes_memory(pattern):
                return None
            unit = 1
            if row.encoding == table.EVEX:
                unit = (row.broadcast or 1) if "BCST" in suffix else row.unit
            operand, at, distance, place = _memory(read, at, pattern, unit)
            args[row.rm] = operand
        else:
            if pattern == "m" or pattern.endswith("v"):
                return None
            rm = modrm & 7 | read.b << 3
            if row.encoding == table.EVEX:
                rm |= read.x << 4
            args[row.rm] = _register(read, pattern, rm)
            at += 1
    elif row.low >= 0:
        args[row.low] = _register(read, patterns[row.low], code[at - 1] & 7 | read.b << 3)
    if row.vvvv >= 0:
        args[row.vvvv] = _register(read, patterns[row.vvvv], read.v | read.v2 << 4)
    if row.mask >= 0:
        args[row.mask] = Addr(REG, regs.MASK << 8 | read.mask)
    if row.immediate >= 0:
        size = row.size or 1
        if row.action == table.SHRINK and not read.w:
            return None
        if at + size > len(code):
            return None
        signed = not patterns[row.immediate].startswith("u")
        args[row.immediate] = Addr(CONST, 0, int.from_bytes(code[at : at + size], "little", signed=signed))
        at += size
    elif row.high >= 0:
        args[row.high] = _register(read, patterns[row.high], code[at] >> 4)
        at += 1
    if None in args or at - read.start > MAX_SIZE:
        return None
    if row.encoding == table.LEGACY and row.rex_w != bool(read.w):
        return None
    operands = tuple(arg for arg in args if arg is not None)
    instruction = Instruction(at - read.start, op, suffix, operands)
    if distance is not None:
        # From the displacement's own end to the instruction's.
        instruction.distance = distance
        instruction.at = place - read.start
    for variant in _variants(row, operands):
        if _same(op, suffix, variant, instruction, code[read.start : at]):
            instruction.args = variant
            return instruction
    instruction.exact = False
    return instruction


def _variants(row: Row, operands: tuple[Addr, ...]) -> list[tuple[Addr, ...]]:
    """The ways to write operands: byte registers have two names where instructions take both, and some numbers need all their bits."""
    result = [operands]
    short = row.immediate >= 0 and not row.rex_w and -128 <= operands[row.immediate].offset < 128
    if short and (row.size == 2 or (row.size == 4 and operands[row.immediate].offset < 0)):
        # With bits above those that the instruction holds it is too large for the encoding of 8 bits.
        other = list(operands)
        other[row.immediate] = Addr(CONST, 0, operands[row.immediate].offset + (1 << 8 * row.size))
        result.append(tuple(other))
    if row.rm >= 0 and operands[row.rm].reg >> 8 == regs.BYTE and row.text.split()[1].split(",")[row.rm] == "rmb":
        # Instructions on more than a byte that take byte registers too: whole registers come first.
        other = list(operands)
        other[row.rm] = Addr(REG, regs.GP << 8 | operands[row.rm].reg & 0xFF)
        result.insert(0, tuple(other))
    if row.to_byte:
        other = list(operands)
        for at in row.to_byte:
            if other[at].type == REG and other[at].reg >> 8 == regs.BYTE:
                other[at] = Addr(REG, regs.GP << 8 | other[at].reg & 0xFF)
        result.append(tuple(other))
    return result


def _same(op: str, suffix: str, args: tuple[Addr, ...], instruction: Instruction, code: bytes) -> bool:
    """Whether an instruction assembles to these bytes, but for a displacement that the linker knows."""
    assert _encoder is not None
    try:
        (made, _), _ = _encoder.encode(op, suffix, args)
    except EncodeError:
        return False
    if instruction.at and len(made) == len(code):
        at = instruction.at
        return made[:at] == code[:at] and made[at + 4 :] == code[at + 4 :]
    return made == code


def _implied(pattern: str) -> Addr | None:
    """The operand of a pattern that stands for one alone."""
    if pattern in _FIXED_NUMBERS:
        return Addr(CONST, 0, _FIXED_NUMBERS[pattern])
    number = regs.NUMBERS.get(_FIXED_REGISTERS.get(pattern, pattern.upper()))
    if number is None or pattern in _KINDS:
        return None
    return Addr(REG, number)


def _takes_memory(pattern: str) -> bool:
    return pattern[-1] in "mv" or pattern in ("rmb", "rm8", "mmrm")


def _suffix(read: _Bytes, row: Row, in_memory: bool) -> str | None:
    """The suffix of an EVEX instruction; None if the row has no such."""
    parts = []
    if read.broadcast:
        if in_memory:
            if not row.broadcast:
                return None
            parts.append("BCST")
        elif row.rounding:
            parts.append(_ROUNDINGS[read.length])
        elif row.sae:
            parts.append("SAE")
        else:
            return None
    if read.zeroing:
        if not row.zeroing:
            return None
        parts.append("Z")
    return ".".join(parts)


def _register(read: _Bytes, pattern: str, number: int) -> Addr | None:
    """A register by its number in the instruction."""
    kind = _KINDS.get(pattern)
    if kind is None:
        # One register alone, which must be that one.
        implied = _implied(pattern)
        return implied if implied is not None and implied.reg & 15 == number else None
    if kind in (regs.MMX, regs.X87, regs.MASK):
        number &= 7
    elif kind in (regs.GP, regs.BYTE):
        number &= 15
        if kind == regs.BYTE and not read.rex and 4 <= number < 8:
            kind = regs.HIGH_BYTE
    if pattern.endswith("4"):
        return Addr(REGLIST, kind << 8 | number, kind << 8 | number + 3) if number <= 28 else None
    return Addr(REG, kind << 8 | number)


def _memory(read: _Bytes, at: int, pattern: str, unit: int) -> tuple[Addr | None, int, int | None, int]:
    """An operand in memory: it, what is behind it, and if it is relative to the instruction pointer, the distance and its place."""
    code = read.code
    mod, low = code[at] >> 6, code[at] & 7
    at += 1
    addr = Addr(MEM)
    base: int | None = low | read.b << 3
    if low == 4:
        sib = code[at]
        at += 1
        base = sib & 7 | read.b << 3
        index = sib >> 3 & 7 | read.x << 3
        if pattern.endswith("v"):
            addr.index = _KINDS[pattern] << 8 | index | read.v2 << 4
            addr.scale = _SCALES[sib >> 6]
        elif index != 4:
            addr.index = regs.GP << 8 | index
            addr.scale = _SCALES[sib >> 6]
        if sib & 7 == 5 and not mod:
            base = None
    elif pattern.endswith("v"):
        return None, at, None, 0
    if low == 5 and not mod:
        place = at
        at += 4
        distance = int.from_bytes(code[place:at], "little", signed=True)
        if len(code) < at:
            return None, at, None, 0
        addr.name, addr.sym = NAME_EXTERN, _RELATIVE
        return addr, at, distance, place
    width = 4 if mod == 2 or base is None else 1 if mod == 1 else 0
    if len(code) < at + width:
        return None, at, None, 0
    if width:
        addr.offset = int.from_bytes(code[at : at + width], "little", signed=True) * (unit if width == 1 else 1)
        at += width
    if base is not None:
        addr.reg = regs.GP << 8 | base
    if read.segment:
        segment = regs.NUMBERS[_SEGMENTS[read.segment]]
        if not addr.reg and not addr.index:
            addr.reg = segment
        elif not addr.index:
            addr.index, addr.scale = segment, 1
        else:
            return None, at, None, 0
    return addr, at, None, 0
