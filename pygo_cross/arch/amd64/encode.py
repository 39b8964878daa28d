# SPDX-License-Identifier: BSD-3-Clause
"""One instruction into bytes, by a row of the tables.

`Encoder.encode` gives the bytes and the relocations (offsets from the instruction's start) of anything but a branch inside
its function, which layout.py sizes. The result depends on mnemonic, suffix and operands alone, so it is remembered: code
repeats itself, and operands of one spelling are one object.

Byte order: segment and mandatory prefixes, REX, opcode, ModRM, SIB, displacement, immediate. Go's assembler chooses some
encodings in ways of its own, which are kept: a displacement of 0 is left out except on BP and R13, absolute addresses go
through SIB, and EVEX displacements are in units of the row. Facts: GOROOT/src/cmd/internal/obj/x86/{asm6,evex}.go.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.arch.amd64 import registers as regs
from pygo_cross.arch.amd64.operands import BAD, classify
from pygo_cross.arch.amd64.table import (
    ABSOLUTE,
    CALL,
    CALL_INDIRECT,
    EVEX,
    ILLEGAL,
    INDIRECT,
    LEGACY,
    PSEUDO,
    SHRINK,
    THREAD,
    Row,
    row_for,
    rows,
)
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import (
    MEM,
    NAME_AUTO,
    NAME_EXTERN,
    NAME_GOTREF,
    NAME_NONE,
    NAME_PARAM,
    NAME_STATIC,
    REG,
    Addr,
)
from pygo_cross.obj.reloctype import (
    R_CALL,
    R_CALLIND,
    R_GOTPCREL,
    R_PCREL,
    R_TLS_IE,
    R_TLS_LE,
)
from pygo_cross.obj.symbol import Symbol

_words = str.split

Relocation = tuple[int, int, int, int, "Symbol | None"]
Encoded = tuple[bytes, "list[Relocation] | None"]

_SEGMENT_PREFIX: Final = {
    regs.NUMBERS["CS"]: 0x2E,
    regs.NUMBERS["DS"]: 0x3E,
    regs.NUMBERS["ES"]: 0x26,
    regs.NUMBERS["FS"]: 0x64,
    regs.NUMBERS["GS"]: 0x65,
}
_SCALE: Final = {1: 0, 2: 0x40, 4: 0x80, 8: 0xC0}
_ROUNDING: Final = {"RN_SAE": 0, "RD_SAE": 1, "RU_SAE": 2, "RZ_SAE": 3}
_GATHERS: Final = frozenset(_words("VGATHERDPD VGATHERQPD VGATHERDPS VGATHERQPS VPGATHERDD VPGATHERQD VPGATHERDQ VPGATHERQQ"))
_INDEX_KINDS: Final = frozenset({regs.GP, regs.XMM, regs.YMM, regs.ZMM})
_IN_FRAME: Final = frozenset({NAME_AUTO, NAME_PARAM})
_GLOBAL: Final = frozenset({NAME_EXTERN, NAME_STATIC, NAME_GOTREF})
_SIB_BASES: Final = frozenset({regs.SP, regs.R12})
_WANT_DISPLACEMENT: Final = frozenset({regs.BP, regs.R13})

SUFFIXES: Final = frozenset(_words("Z SAE SAE.Z RN_SAE RZ_SAE RD_SAE RU_SAE RN_SAE.Z RZ_SAE.Z RD_SAE.Z RU_SAE.Z BCST BCST.Z"))
"""What may stand behind the mnemonic of an AVX-512 instruction."""


class EncodeError(Exception):
    """An instruction that can't be encoded. The text is stock's; `{}` in it stands for the instruction."""


class Encoder:
    """Encodes for one Context. `known` has what was encoded."""

    def __init__(self, context: Context) -> None:
        self.shared = context.shared
        self.darwin = context.goos == "darwin"
        self.dynlink = context.dynlink
        self.known: dict[tuple[str, str, tuple[Addr, ...]], tuple[Encoded, Row]] = {}
        self._bytes: dict[int, Addr] = {}

    def encode(self, op: str, suffix: str, args: tuple[Addr, ...]) -> tuple[Encoded, Row]:
        """The bytes of an instruction, and the row that they are from. Raises EncodeError."""
        key = (op, suffix, args)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = self._encode(op, suffix, args)
        return known

    def byte_register(self, addr: Addr) -> Addr:
        """A general register's lowest byte; any other operand as it is."""
        if addr.type != REG or addr.reg >> 8 != regs.GP or addr.index:
            return addr
        byte = self._bytes.get(addr.reg)
        if byte is None:
            byte = self._bytes[addr.reg] = Addr(REG, regs.BYTE << 8 | addr.reg & 0xFF)
        return byte

    def find(self, op: str, suffix: str, args: tuple[Addr, ...]) -> Row | None:
        """The row of an instruction, if any takes its operands."""
        classes = []
        for arg in args:
            kind = classify(arg)
            if kind == BAD:
                return None
            classes.append(kind)
        return row_for(op, bool(suffix), tuple(classes))

    def _encode(self, op: str, suffix: str, args: tuple[Addr, ...]) -> tuple[Encoded, Row]:
        if op in _GATHERS:
            _check_gather(args)
        row = self.find(op, suffix, args)
        if row is None:
            raise EncodeError("asmins: missing op {}" if not rows(op) else "invalid instruction: {}")
        action = row.action
        if action == PSEUDO:
            return (b"", None), row
        if action == ILLEGAL:
            raise EncodeError("asmins: illegal in 64-bit mode: {}")
        if row.encoding == LEGACY:
            if row.to_byte:
                args = tuple([self.byte_register(arg) if at in row.to_byte else arg for at, arg in enumerate(args)])
            return self._legacy(op, row, args), row
        return self._vex(op, suffix, row, args), row

    # The two families.

    def _legacy(self, op: str, row: Row, args: tuple[Addr, ...]) -> Encoded:
        action = row.action
        if action in (CALL, ABSOLUTE, INDIRECT):
            return self._call(row, args[-1])
        if action == THREAD:
            return self._thread_base(op, row, args[-1])
        if action == SHRINK:
            return _load_constant(args[0].offset, args[1].reg)
        rex = 0x48 if row.rex_w else 0
        out = b""
        if args:
            out = self._segment(args[0])
            if len(args) > 1:
                out += self._segment(args[-1])
        out += row.prefix
        opcode = row.opcode
        tail = b""
        relocation: Relocation | None = None
        if row.rm >= 0:
            if row.reg >= 0:
                reg = args[row.reg].reg
                digit = reg & 7
                if reg & 8:
                    rex |= 4
                elif reg >> 8 == regs.BYTE and reg & 4:
                    rex |= 0x40
            else:
                digit = row.digit
            tail, extra, relocation = self._modrm(op, args[row.rm], digit, row, False)
            rex |= extra
        elif row.low >= 0:
            reg = args[row.low].reg
            if reg & 8:
                rex |= 1
            elif reg >> 8 == regs.BYTE and reg & 4:
                rex |= 0x40
            opcode = opcode[:-1] + bytes((opcode[-1] + (reg & 7),))
        if row.rex_r >= 0 and args[row.rex_r].reg & 8:
            rex |= 4
        if row.immediate >= 0:
            tail += (args[row.immediate].offset & (1 << 8 * row.size) - 1).to_bytes(row.size, "little")
        if rex:
            out += bytes((0x40 | rex,))
        relocations: list[Relocation] | None = None
        if relocation is not None:
            relocations = [_finish(relocation, len(out) + len(opcode), len(out) + len(opcode) + len(tail))]
        elif action == CALL_INDIRECT:
            relocations = []
        if action == CALL_INDIRECT:
            # Marks the place for the linker. It names the byte behind REX where there is one.
            assert relocations is not None
            relocations.insert(0, (1 if rex else 0, 0, R_CALLIND, 0, None))
        return out + opcode + tail, relocations

    def _vex(self, op: str, suffix: str, row: Row, args: tuple[Addr, ...]) -> Encoded:
        out = b""
        if args:
            out = self._segment(args[0])
            if len(args) > 1:
                out += self._segment(args[-1])
        rm = args[row.rm] if row.rm >= 0 else None
        reg = args[row.reg].reg if row.reg >= 0 else 0
        vvvv = args[row.vvvv].reg if row.vvvv >= 0 else 0
        base, index = (rm.reg, rm.index) if rm is not None else (0, 0)
        rex_r, rex_x, rex_b = reg >> 3 & 1, index >> 3 & 1, base >> 3 & 1
        if index >> 8 in (regs.SEGMENT, regs.THREAD):
            rex_x = 0
        wide = 0x80 if row.rex_w else 0
        broadcast = False
        if row.encoding == EVEX:
            out, broadcast = self._evex_prefix(suffix, row, args, rm, out)
        else:
            v = (vvvv & 15 ^ 15) << 3
            if row.map == 1 and not rex_x and not rex_b and not wide:
                out += bytes((0xC5, (rex_r << 7) ^ 0x80 | v | row.length << 2 | row.pp))
            else:
                out += bytes((0xC4, (rex_r << 7 | rex_x << 6 | rex_b << 5) ^ 0xE0 | row.map, wide | v | row.length << 2 | row.pp))
        out += row.opcode
        if rm is None:
            return out, None
        digit = reg & 7 if row.digit < 0 else row.digit
        tail, _, relocation = self._modrm(op, rm, digit, row, broadcast)
        if row.immediate >= 0:
            tail += bytes((args[row.immediate].offset & 0xFF,))
        elif row.high >= 0:
            tail += bytes(((args[row.high].reg & 15) << 4,))
        if relocation is None:
            return out + tail, None
        return out + tail, [_finish(relocation, len(out), len(out) + len(tail))]

    def _evex_prefix(self, suffix: str, row: Row, args: tuple[Addr, ...], rm: Addr | None, out: bytes) -> tuple[bytes, bool]:
        """The four bytes of EVEX, and whether displacements are those of a broadcast."""
        reg = args[row.reg].reg if row.reg >= 0 else 0
        vvvv = args[row.vvvv].reg if row.vvvv >= 0 else 0
        mask = args[row.mask].reg if row.mask >= 0 else 0
        base, index = (rm.reg, rm.index) if rm is not None else (0, 0)
        zeroing = broadcast = sae = False
        rounding = -1
        for part in suffix.split(".") if suffix else ():
            if part == "Z":
                zeroing = True
            elif part == "BCST":
                broadcast = True
            elif part == "SAE":
                sae = True
            else:
                rounding = _ROUNDING[part]
        if zeroing:
            if not row.zeroing:
                raise EncodeError("unsupported zeroing: {}")
            if not mask:
                raise EncodeError("mask register must be specified for .Z instructions: {}")
        in_memory = rm is not None and rm.type == MEM
        length = row.length
        bit = 0
        if rounding >= 0:
            if in_memory:
                raise EncodeError("illegal rounding with memory argument: {}")
            if not row.rounding:
                raise EncodeError("unsupported rounding: {}")
            bit, length = 1, rounding
        elif broadcast:
            if not in_memory:
                raise EncodeError("illegal broadcast without memory argument: {}")
            if not row.broadcast:
                raise EncodeError("unsupported broadcast: {}")
            bit = 1
        elif sae:
            if in_memory:
                raise EncodeError("illegal SAE with memory argument: {}")
            if not row.sae:
                raise EncodeError("unsupported SAE: {}")
            bit = 1
        x = base >> 4 & 1 if not index else index >> 3 & 1
        high_v = index >> 4 & 1 or vvvv >> 4 & 1
        p0 = (reg >> 3 & 1 ^ 1) << 7 | (x ^ 1) << 6 | (base >> 3 & 1 ^ 1) << 5 | (reg >> 4 & 1 ^ 1) << 4 | row.map
        p1 = (0x80 if row.rex_w else 0) | (vvvv & 15 ^ 15) << 3 | 4 | row.pp
        p2 = zeroing << 7 | length << 5 | bit << 4 | (high_v ^ 1) << 3 | mask & 7
        return out + bytes((0x62, p0, p1, p2)), broadcast

    # Operands.

    def _segment(self, addr: Addr) -> bytes:
        """The prefix byte that an operand in memory asks for."""
        base, index = addr.reg, addr.index
        if base >> 8 < regs.SEGMENT and index >> 8 < regs.SEGMENT:
            return b""
        if addr.type == MEM and addr.name == NAME_NONE:
            prefix = _SEGMENT_PREFIX.get(base)
            if prefix is not None:
                return bytes((prefix,))
            if base == regs.TLS:
                if self.darwin:
                    return b"\x65"
                if self.shared:
                    raise EncodeError("unknown TLS base register for linux with -shared")
                return b"\x64"
        if index == regs.TLS:
            return b"\x64" if self.shared else b""
        prefix = _SEGMENT_PREFIX.get(index)
        return b"" if prefix is None else bytes((prefix,))

    def _modrm(self, op: str, addr: Addr, digit: int, row: Row, broadcast: bool) -> tuple[bytes, int, Relocation | None]:
        """ModRM, SIB and displacement of an operand, the bits of REX that it sets, and its relocation."""
        digit = digit << 3 & 0xFF
        if addr.type == REG:
            reg = addr.reg
            if addr.offset or reg >> 8 > regs.MASK:
                raise EncodeError("asmand: bad address {}")
            rex = 1 if reg & 8 else 0x40 if reg >> 8 == regs.BYTE and reg & 4 else 0
            return bytes((0xC0 | digit | reg & 7,)), rex, None
        offset = addr.offset
        if not -0x80000000 <= offset < 0x80000000:
            # LEAL may wrap: hashes add large constants with it.
            if op != "LEAL":
                raise EncodeError("offset too large in {}")
            offset = (offset + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        base, index, name = addr.reg, addr.index, addr.name
        if name in _IN_FRAME:
            base = regs.SP
        if index and index != regs.TLS and index >> 8 != regs.SEGMENT:
            return self._indexed(addr, base, index, offset, digit, row, broadcast)
        if name in _GLOBAL:
            if addr.sym is None:
                raise EncodeError("bad addr: {}")
            if name == NAME_GOTREF and addr.offset:
                raise EncodeError("{} has offset against gotref")
            kind = R_GOTPCREL if name == NAME_GOTREF else R_PCREL
            return bytes((digit | 5, 0, 0, 0, 0)), 0, (1, 4, kind, addr.offset, addr.sym)
        if not base or base >> 8 == regs.SEGMENT or base == regs.TLS:
            relocation: Relocation | None = None
            if base == regs.TLS:
                if not self.shared or self.darwin:
                    relocation = (2, 4, R_TLS_LE, addr.offset, None)
                offset = 0
            return bytes((digit | 4, 0x25)) + (offset & 0xFFFFFFFF).to_bytes(4, "little"), 0, relocation
        if base >> 8 != regs.GP:
            raise EncodeError("asmand: bad address {}")
        rex = base >> 3 & 1
        head = bytes((digit | base & 7,)) if base not in _SIB_BASES else bytes((digit | 4, 0x24))
        if index == regs.TLS and not self.shared and base not in _SIB_BASES:
            # The offset from the thread's base, which the linker knows.
            return bytes((head[0] | 0x80, 0, 0, 0, 0)), rex, (1, 4, R_TLS_LE, offset, None)
        if not offset and base not in _WANT_DISPLACEMENT:
            return head, rex, None
        short = _short(offset, row, broadcast)
        if short is not None:
            return bytes((head[0] | 0x40,)) + head[1:] + short, rex, None
        return bytes((head[0] | 0x80,)) + head[1:] + (offset & 0xFFFFFFFF).to_bytes(4, "little"), rex, None

    def _indexed(
        self, addr: Addr, base: int, index: int, offset: int, digit: int, row: Row, broadcast: bool
    ) -> tuple[bytes, int, Relocation | None]:
        """An operand with an index register."""
        scale = _SCALE.get(addr.scale)
        if scale is None or index >> 8 not in _INDEX_KINDS or (base and base >> 8 != regs.GP) or addr.name in _GLOBAL:
            raise EncodeError(f"asmidx: bad address {addr.scale}/{regs.name(index)}/{regs.name(base)}")
        rex = (index >> 3 & 1) << 1 | base >> 3 & 1
        sib = scale | (index & 7) << 3
        if not base:
            return bytes((digit | 4, sib | 5)) + (offset & 0xFFFFFFFF).to_bytes(4, "little"), rex, None
        sib |= base & 7
        if not offset and base not in _WANT_DISPLACEMENT:
            return bytes((digit | 4, sib)), rex, None
        short = _short(offset, row, broadcast)
        if short is not None:
            return bytes((digit | 0x44, sib)) + short, rex, None
        return bytes((digit | 0x84, sib)) + (offset & 0xFFFFFFFF).to_bytes(4, "little"), rex, None

    # Special rows.

    def _call(self, row: Row, target: Addr) -> Encoded:
        """Calls and jumps to symbols and to absolute addresses."""
        code = row.opcode
        if row.action == ABSOLUTE:
            return code + bytes(4), [(len(code), 4, R_PCREL, target.offset, None)]
        if target.sym is None:
            raise EncodeError("call without target")
        kind = R_PCREL if row.action == INDIRECT else R_CALL
        return code + bytes(4), [(len(code), 4, kind, target.offset, target.sym)]

    def _thread_base(self, op: str, row: Row, target: Addr) -> Encoded:
        """MOVQ TLS, register in code for shared libraries: the offset comes from the global offset table."""
        if self.darwin or not self.shared:
            raise EncodeError("unknown TLS base location for " + ("darwin" if self.darwin else "linux/freebsd without -shared"))
        reg = target.reg
        rex = 0x4C if reg & 8 else 0x48
        return bytes((rex, 0x8B, 5 | (reg & 7) << 3, 0, 0, 0, 0)), [(3, 4, R_TLS_IE, -4, None)]


def jump_to_symbol(symbol: Symbol) -> Encoded:
    """JMP to a function."""
    return b"\xe9\0\0\0\0", [(1, 4, R_CALL, 0, symbol)]


def _finish(relocation: Relocation, start: int, end: int) -> Relocation:
    """A relocation of an operand, seen from the instruction's start; the linker counts from behind the relocated bytes."""
    offset, size, kind, addend, symbol = relocation
    offset += start
    if kind == R_PCREL:
        addend -= end - (offset + size)
    return offset, size, kind, addend, symbol


def _short(offset: int, row: Row, broadcast: bool) -> bytes | None:
    """A displacement in one byte, if it fits."""
    if row.encoding == EVEX:
        unit = (row.broadcast or 1) if broadcast else row.unit
        if offset % unit:
            return None
        offset //= unit
    return bytes((offset & 0xFF,)) if -128 <= offset <= 127 else None


def _load_constant(value: int, reg: int) -> Encoded:
    """A constant into a general register: 32 bits that clear the rest, 32 bits that extend their sign, or 64."""
    low = reg & 7
    high = reg >> 3 & 1
    if 0 <= value < 1 << 32:
        return (b"\x41" if high else b"") + bytes((0xB8 + low,)) + value.to_bytes(4, "little"), None
    if -0x80000000 <= value < 0:
        return bytes((0x48 | high, 0xC7, 0xC0 | low)) + (value & 0xFFFFFFFF).to_bytes(4, "little"), None
    return bytes((0x48 | high, 0xB8 + low)) + (value & (1 << 64) - 1).to_bytes(8, "little"), None


def _place(reg: int) -> int:
    """A vector register's number; none is like no other."""
    return reg & 31 if reg else -1


def _check_gather(args: tuple[Addr, ...]) -> None:
    """Gathers trap when registers that must differ don't."""
    if len(args) < 3:
        raise EncodeError("need a third arg for gather instruction: {}")
    first, second, last = args[0], args[1], args[-1]
    if second.reg >> 8 == regs.MASK:
        if _place(last.reg) == _place(first.index):
            raise EncodeError("index and destination registers should be distinct: {}")
        return
    index, mask, target = _place(second.index), _place(first.reg), _place(last.reg)
    if target in (mask, index) or mask == index:
        raise EncodeError("mask, index, and destination registers should be distinct: {}")
