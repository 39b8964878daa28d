# SPDX-License-Identifier: BSD-3-Clause
"""Instructions into words: finding the form that takes the operands, and filling its fields.

`Encoder.find` gives the form of a Prog, `Encoder.encode` its words. What a form's encoder is called in forms.txt is the name of
a function here, in moves.py or in vector.py; each gets the encoder, the Prog, its operands by place, and the form.
Facts: GOROOT/src/cmd/internal/obj/arm64/asm7.go (oplook, asmout); the Arm architecture reference manual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64 import table
from pygo_cross.arch.arm64.constants import bitmask_field
from pygo_cross.arch.arm64.operands import (
    MOVE_SIZE,
    Frame,
    Places,
    classify,
    constant_for,
    is_addition,
    is_narrow,
    needs_pool,
    places,
    register_class,
    sets_flags,
)
from pygo_cross.arch.arm64.table import Form, Memory
from pygo_cross.arch.arm64.told import combination
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import CONST, MEM, NONE, REG, SPECIAL, Addr, Prog
from pygo_cross.obj.reloctype import R_ADDR, R_CALLARM64, R_CALLIND
from pygo_cross.obj.symbol import Relocation

SF: Final = 1 << 31
NO_OP: Final = 0xD503201F
ZERO: Final = 31
SCRATCH: Final = regs.TEMPORARY & 31
LSL_64: Final = 3 << 13
LSL_32: Final = 2 << 13

Words = list[int]


class EncodeError(Exception):
    """An instruction that can't be encoded; `{}` in the text stands for it."""


class Encoder:
    """Encodes the functions of one Context. `frame` is that of the function at hand; `pc` where the instruction stands.

    Relocations go to `relocs`; `pools` says where the literal of a Prog stands.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.frame = Frame(0, 0)
        self.pc = 0
        self.relocs: list[Relocation] = []
        self.pools: dict[Prog, Prog] = {}
        self._places: dict[Prog, Places] = {}
        self._forms: dict[Prog, Form] = {}
        self._shared: dict[tuple[str, str, tuple[str, ...]], Form | None] = {}

    def begin(self, frame: Frame, relocs: list[Relocation]) -> None:
        """A new function."""
        self.frame = frame
        self.relocs = relocs
        self.pools = {}
        self._places = {}
        self._forms = {}

    # What the encoders ask for.

    def word(self, op: str, kind: str) -> int:
        """The word that an encoding starts from. Raises EncodeError if the instruction has none of this kind."""
        found = table.word(op, kind)
        if found is None:
            raise EncodeError(f"{{}}: bad {kind} {op}")
        return found

    def offset(self, addr: Addr) -> int:
        """The offset of an operand, as 32 signed bits."""
        return (self.frame.offset(addr) + 0x80000000 & 0xFFFFFFFF) - 0x80000000

    def relocate(self, size: int, kind: int, addr: Addr, plain: bool = False) -> None:
        """A relocation of the instruction at hand; `plain` leaves the operand's offset out."""
        self.relocs.append((self.pc, size, kind, 0 if plain else addr.offset, addr.sym))

    def distance(self, prog: Prog, bits: int, shift: int = 2, page: int = 0) -> int:
        """The field for the distance to where a Prog branches or to its literal."""
        target = prog.target or self.pools.get(prog)
        if target is None:
            return 0
        value = (target.pc >> page) - (self.pc >> page)
        if value & (1 << shift) - 1:
            raise EncodeError("misaligned label\n{}")
        value >>= shift
        if not -(1 << bits - 1) <= value < 1 << bits - 1:
            raise EncodeError(f"branch too far {value:#x} vs {1 << bits - 1:#x}\n{{}}")
        return value & (1 << bits) - 1

    # The form.

    def places(self, prog: Prog) -> Places:
        """The operands of a Prog by place."""
        found = self._places.get(prog)
        if found is None:
            found = self._places[prog] = places(prog)
        return found

    def find(self, prog: Prog) -> Form:
        """The form of an instruction. Raises EncodeError if none takes its operands."""
        known = self._forms.get(prog)
        if known is not None:
            return known
        p = self.places(prog)
        if prog.op in table.SCALABLE:
            if not self.context.simd:
                told = combination(prog, p, self.frame, self.context.shared)
                raise EncodeError(f"illegal combination: {{}} {told}; SVE needs GOEXPERIMENT=simd")
            self._forms[prog] = _SVE
            return _SVE
        classes, memory = self._classes(prog, p)
        if memory is None:
            key = (prog.op, prog.suffix, classes)
            if key in self._shared:
                found = self._shared[key]
            else:
                found = self._shared[key] = _matching(prog, classes, None)
        else:
            found = _matching(prog, classes, memory)
        if found is None:
            raise EncodeError(f"illegal combination: {{}} {combination(prog, p, self.frame, self.context.shared)}")
        self._forms[prog] = found
        return found

    def _classes(self, prog: Prog, p: Places) -> tuple[tuple[str, ...], dict[str, tuple[int, bool]] | None]:
        """The classes of all operands in order, and the offset of those in memory with whether it comes from a pool."""
        op = prog.op
        shared = self.context.shared
        classes: list[str] = []
        memory: dict[str, tuple[int, bool]] | None = None
        for place, addr in enumerate((p.first, None, p.third, p.to, p.to2)):
            if addr is None:
                if p.reg:
                    classes.append(register_class(p.reg))
                continue
            if addr.type == NONE:
                continue
            found = classify(addr, self.frame, shared)
            if not place:
                found = constant_for(op, addr, found)
            if found in ("o", "a"):
                offset = self.frame.offset(addr)
                memory = {found: (offset, not prog.suffix and needs_pool(op, offset))}
            classes.append(found)
        if p.to2_reg:
            classes.append(register_class(p.to2_reg))
        return tuple(classes), memory

    def size(self, prog: Prog, form: Form) -> int:
        """The bytes of an instruction: its form's, or 8 for an aligned load or store of a name, which needs no addition."""
        shift = MOVE_SIZE.get(prog.op)
        if form.size == 12 and shift is not None and shift <= 3:
            unit = 1 << shift
            for addr in prog.args:
                align = addr.sym.align if addr.type == MEM and addr.sym is not None else -1
                if align >= 0 and not addr.offset % unit and (not align or align >= unit):
                    return 8
        return form.size

    def encode(self, prog: Prog) -> Words:
        """The words of an instruction whose `pc` is set. Raises EncodeError."""
        form = self.find(prog)
        self.pc = prog.pc
        words = ENCODERS[form.encoder](self, prog, self.places(prog), form)
        count = self.size(prog, form) // 4
        return [word & 0xFFFFFFFF for word in words[:count]] + [0] * (count - len(words))


_SVE: Final = Form("SVE - sve 4 -")
"""The form of all instructions of SVE, whose rows are in sve.txt."""


def _matching(prog: Prog, classes: tuple[str, ...], memory: dict[str, tuple[int, bool]] | None) -> Form | None:
    """The first form of an instruction that takes operands of these classes."""
    suffix = prog.suffix
    for form in table.forms(prog.op):
        if form.suffix != suffix or len(form.operands) != len(classes):
            continue
        for found, wanted in zip(classes, form.operands, strict=True):
            if isinstance(wanted, Memory):
                if memory is None or found not in memory or not wanted.takes(found == "a", *memory[found]):
                    break
            elif found not in wanted:
                break
        else:
            return form
    return None


EncoderFunction = Callable[[Encoder, Prog, Places, Form], Words]


def rrr(word: int, rd: int, rn: int, rm: int) -> int:
    """Three register fields filled in."""
    return word | (rm & 31) << 16 | (rn & 31) << 5 | rd & 31


def destination(p: Places) -> int:
    """The destination's register: ZR if there is none."""
    return p.to.reg if p.to.type != NONE else regs.ZR


def _rrr(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    rd = destination(p)
    return [rrr(e.word(prog.op, "rrr"), rd, p.reg or rd, p.first.reg)]


def immediate(e: Encoder, op: str, value: int, rd: int, rn: int) -> int:
    """ADD or SUB of 12 bits, or of 12 bits shifted by 12."""
    word = e.word(op, "imm")
    if value & 0xFFF000:
        if value & 0xFFF:
            raise EncodeError("{} misuses oaddi")
        value >>= 12
        word |= 1 << 22
    return word | (value & 0xFFF) << 10 | (rn & 31) << 5 | rd & 31


def near_immediate(e: Encoder, value: int, rd: int, rn: int) -> int:
    """ADD or SUB of -4095 to 4095."""
    return immediate(e, "SUB" if value < 0 else "ADD", abs(value), rd, rn)


def _no_sp(prog: Prog, p: Places) -> None:
    if p.to.reg == regs.SP and sets_flags(prog.op):
        raise EncodeError("illegal destination register: {}\n")


def _addimm(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    _no_sp(prog, p)
    rd = destination(p)
    return [immediate(e, prog.op, e.offset(p.first), rd, p.reg or rd)]


def _shifted(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    op = prog.op
    rd = destination(p)
    negates = op in ("NEG", "NEGW", "NEGS", "NEGSW")
    rn = regs.ZR if negates or op in ("MVN", "MVNW") else p.reg or rd
    word = rrr(e.word(op, "rrr"), rd, rn, 0)
    packed = p.first.offset
    if not word & SF and packed >> 10 & 63 >= 32:
        raise EncodeError("shift amount out of range 0 to 31: {}")
    if packed >> 22 & 3 > 2 and (is_addition(op) or negates):
        raise EncodeError("unsupported shift operator: {}")
    return [word | packed]


def extended(e: Encoder, op: str, rd: int, rn: int, rm: int, plain: bool) -> int:
    """An addition of an extended register; `plain` means all of it."""
    word = rrr(e.word(op, "ext"), rd, rn, rm)
    if plain:
        word |= LSL_64 if is_addition(op, True) else LSL_32
    return word


def extension_fields(prog: Prog, addr: Addr, register: int) -> int:
    """Rm, option and amount of an extended or shifted register."""
    amount = register >> 5 & 7
    option = (2 if addr.type != MEM and is_addition(prog.op, False) else 3) if register >= regs.SHIFTED else register >> 8 & 7
    if addr.type == MEM:
        amount = 6 if amount else 2
    return (register & 31) << 16 | option << 13 | amount << 10


def _extended(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    _no_sp(prog, p)
    rd = destination(p)
    register = p.first.reg
    if register < regs.EXTENDED:
        return [extended(e, prog.op, rd, p.reg or rd, register, True)]
    if register >> 5 & 7 > 4:
        raise EncodeError("shift amount out of range 0 to 4: {}")
    return [extended(e, prog.op, rd, p.reg or rd, 0, False) | extension_fields(prog, p.first, register)]


def _branch(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    word = e.word(prog.op, "bra")
    if p.to.sym is None:
        return [word | e.distance(prog, 26)]
    e.relocate(4, R_CALLARM64, p.to)
    return [word]


def _branchreg(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if prog.op == "CALL":
        e.relocs.append((e.pc, 0, R_CALLIND, 0, None))
    return [e.word(prog.op, "brr") | (p.to.reg & 31) << 5]


def _branchcond(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [e.word(prog.op, "bra") | e.distance(prog, 19) << 5]


def _branchzero(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [e.word(prog.op, "imm") | p.first.reg & 31 | e.distance(prog, 19) << 5]


def _branchbit(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    bit = p.first.offset
    if not 0 <= bit <= 63:
        raise EncodeError("illegal bit number\n{}")
    return [e.word(prog.op, "imm") | (bit & 32) << 26 | (bit & 31) << 19 | e.distance(prog, 14) << 5 | p.reg & 31]


def _bit_fields(e: Encoder, op: str, rotate: int, last: int, rn: int, rd: int) -> int:
    """A bit field move."""
    word = e.word(op, "imm")
    width = 64 if word & SF else 32
    if not 0 <= rotate < width or not 0 <= last < width:
        raise EncodeError("illegal bit number\n{}")
    return word | rotate << 16 | last << 10 | (rn & 31) << 5 | rd & 31


def _extraction(e: Encoder, op: str, bit: int, rn: int, rm: int, rd: int) -> int:
    word = e.word(op, "imm")
    if not 0 <= bit <= (63 if word & SF else 31):
        raise EncodeError("illegal bit number\n{}")
    return word | bit << 10 | (rn & 31) << 5 | (rm & 31) << 16 | rd & 31


def _shiftimm(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    op = prog.op
    rd = p.to.reg
    rn = p.reg or rd
    value = p.first.offset
    narrow = "W" if op.endswith("W") else ""
    width = 32 if narrow else 64
    kind = op[:3]
    if kind == "ROR":
        return [_extraction(e, "EXTR" + narrow, value, rn, rn, rd)]
    if kind == "LSL":
        return [_bit_fields(e, "UBFM" + narrow, width - value & width - 1, width - 1 - value, rn, rd)]
    return [_bit_fields(e, ("SBFM" if kind == "ASR" else "UBFM") + narrow, value, width - 1, rn, rd)]


def _exception(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    word = e.word(prog.op, "exc")
    return [word | (p.first.offset & 0xFFFF) << 5 if p.first.type != NONE else word]


def _dword(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if p.to.sym is not None:
        e.relocate(8, R_ADDR, p.to)
        return [0, 0]
    value = e.frame.offset(p.to)
    return [value, value >> 32]


def _word(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if p.to.type == MEM:
        raise EncodeError("address constant needs DWORD\n{}")
    if p.to.sym is not None:
        e.relocate(4, R_ADDR, p.to)
        return [0]
    return [e.frame.offset(p.to)]


def _muladd(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    rd = p.to.reg
    rn, ra = p.reg or rd, regs.ZR
    if p.third.type == REG:
        rn, ra = p.third.reg, p.reg or regs.ZR
    return [rrr(e.word(prog.op, "rrr"), rd, rn, p.first.reg) | (ra & 31) << 10]


def _remainder(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    rn, rm = p.reg or p.to.reg, p.first.reg
    divide = rrr(e.word(prog.op, "rrr"), SCRATCH, rn, rm)
    return [divide, rrr(e.word("MSUBW", "rrr"), p.to.reg, SCRATCH, rm) | (rn & 31) << 10 | divide & SF]


def _rrzero(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [rrr(e.word(prog.op, "rrr"), destination(p), p.reg or regs.ZR, p.first.reg)]


def _condition(addr: Addr) -> int:
    """The number of a condition, -1 if it is none."""
    if addr.type != SPECIAL or regs.WORDS[addr.offset][1] != "condition":
        return -1
    return int(regs.WORDS[addr.offset][2])


def _select(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    condition = _condition(p.first)
    alone = p.third.type == NONE
    if condition < 0 or (condition >= 14 and alone):
        raise EncodeError("invalid condition: {}")
    rn, rm = p.reg, p.reg
    if alone:
        rn = rm = p.reg or regs.ZR
        condition ^= 1
    else:
        rm = p.third.reg
    return [rrr(e.word(prog.op, "rrr"), p.to.reg, rn, rm) | condition << 12]


def _compareif(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    condition = _condition(p.first)
    if condition < 0:
        raise EncodeError("invalid condition\n{}")
    if p.third.type == REG:
        word = rrr(e.word(prog.op, "rrr"), 0, p.reg, p.third.reg)
    else:
        word = rrr(e.word(prog.op, "imm"), 0, p.reg, p.third.offset)
    return [word | condition << 12 | p.to.offset]


def _negate(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [rrr(e.word(prog.op, "rrr"), p.to.reg, regs.ZR, p.first.reg)]


BITS_OUT: Final = {"FMOVD": 0x9E660000, "FMOVS": 0x1E260000}
"""Bits of a floating-point register to a general one; the other way they have bit 16."""


def _convert(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    op = prog.op
    if op in BITS_OUT:
        word = BITS_OUT[op]
        if register_class(p.first.reg) in ("reg", "zreg"):
            word |= 1 << 16
        return [word | (p.first.reg & 31) << 5 | p.to.reg & 31]
    return [rrr(e.word(op, "rrr"), p.to.reg, p.first.reg, 0)]


def _plain(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [e.word(prog.op, "none")]


def _bitfield(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [_bit_fields(e, prog.op, p.first.offset, p.third.offset, p.reg, p.to.reg)]


ALIASES: Final = {"BFI": "BFM", "BFXIL": "BFM", "SBFIZ": "SBFM", "SBFX": "SBFM", "UBFIZ": "UBFM", "UBFX": "UBFM"}


def _bitalias(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    """The least bit and the width, of fields that are taken out (BFXIL, SBFX, UBFX) or put in."""
    op = prog.op
    narrow = op.endswith("W")
    name = op[:-1] if narrow else op
    real = ALIASES[name] + ("W" if narrow else "")
    least, width = p.first.offset, p.third.offset
    if name in ("BFXIL", "SBFX", "UBFX"):
        return [_bit_fields(e, real, least, least + width - 1, p.reg, p.to.reg)]
    if least:
        least = (32 if narrow else 64) - least
    return [_bit_fields(e, real, least, width - 1, p.reg, p.to.reg)]


def _extract(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [_extraction(e, prog.op, p.first.offset, p.third.reg, p.reg, p.to.reg)]


EXTENSIONS: Final = {
    **dict.fromkeys(("MOVB", "SXTB"), ("SBFM", 7)),
    **dict.fromkeys(("MOVH", "SXTH"), ("SBFM", 15)),
    **dict.fromkeys(("MOVW", "SXTW"), ("SBFM", 31)),
    **dict.fromkeys(("MOVBU", "UXTB"), ("UBFM", 7)),
    **dict.fromkeys(("MOVHU", "UXTH"), ("UBFM", 15)),
    "UXTW": ("UBFM", 31),
    "SXTBW": ("SBFMW", 7),
    "SXTHW": ("SBFMW", 15),
    "UXTBW": ("UBFMW", 7),
    "UXTHW": ("UBFMW", 15),
}


def _extend(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if p.first.reg == regs.ZR or prog.op == "MOVWU":
        return [rrr(e.word("MOVWU", "rrr"), p.to.reg, regs.ZR, p.first.reg)]
    real, last = EXTENSIONS[prog.op]
    return [_bit_fields(e, real, 0, last, p.first.reg, p.to.reg)]


def _bits(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [e.word(prog.op, "bit") | (p.first.reg & 31) << 5 | p.to.reg & 31]


def _atomic(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if p.to2_reg == regs.SP:
        raise EncodeError("illegal destination register: {}\n")
    return [rrr(e.word(prog.op, "atom"), p.to2_reg, p.to.reg, p.first.reg)]


def _casp(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    first, second = p.first, p.to2
    for addr, what in ((first, "source"), (second, "destination")):
        if addr.reg & 1:
            raise EncodeError(f"{what} register pair must start from even register: {{}}\n")
    for addr, what in ((first, "source"), (second, "destination")):
        if addr.reg != addr.offset - 1:
            raise EncodeError(f"{what} register pair must be contiguous: {{}}\n")
    return [rrr(e.word(prog.op, "atom"), second.reg, p.to.reg, first.reg)]


def _addtwice(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if e.word(prog.op, "imm") & 1 << 29:
        raise EncodeError("can not break addition/subtraction when S bit is set ({})")
    rd = p.to.reg
    value = e.offset(p.first)
    return [immediate(e, prog.op, value & 0xFFF, rd, p.reg or rd), immediate(e, prog.op, value & 0xFFF000, rd, rd)]


def _bitmask(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    op = prog.op
    rd = destination(p)
    rn = p.reg or rd
    if rn == regs.SP:
        raise EncodeError("illegal source register: {}")
    value = p.first.offset
    if op.removesuffix("W") in ("BIC", "ORN", "EON", "BICS"):
        value = ~value
    field = bitmask_field(value, 32 if is_narrow(op) else 64)
    return [e.word(op, "imm") | field | (rn & 31) << 5 | rd & 31]


def _loadexclusive(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    second = ZERO
    if prog.op in ("LDXP", "LDXPW", "LDAXP", "LDAXPW"):
        if p.to.reg == p.to.offset:
            raise EncodeError("constrained unpredictable behavior: {}")
        second = p.to.offset & 31
    return [rrr(e.word(prog.op, "ldx"), p.to.reg, p.first.reg, ZERO) | second << 10]


def _storeexclusive(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    op = prog.op
    status, base, data = p.to2_reg, p.to.reg, p.first.reg
    pair = op in ("STXP", "STLXP", "STXPW", "STLXPW")
    if status:
        second = p.first.offset if pair else data
        if status in (data, second) or (status == base and base != regs.SP):
            raise EncodeError("constrained unpredictable behavior: {}")
    if status == regs.SP:
        raise EncodeError("illegal destination register: {}\n")
    word = rrr(e.word(op, "stx"), data, base, status or ZERO)
    return [word | (p.first.offset & 31) << 10 if pair else word]


def _adrp(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [page_address(e.distance(prog, 21, 0, 12), p.to.reg)]


def _adr(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [page_address(e.distance(prog, 21, 0), p.to.reg) & ~SF]


def page_address(distance: int, rd: int) -> int:
    """ADRP"""
    return 0x90000000 | (distance & 3) << 29 | (distance >> 2 & 0x7FFFF) << 5 | rd & 31


def _undefined(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [0]


def _pseudo(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return []


# The system.


def _readsys(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    _, fields, access = regs.SYSTEM_REGISTERS[p.first.reg - regs.SYSTEM]
    if "r" not in access:
        raise EncodeError("system register is not readable: {}")
    return [e.word("MRS", "rrr") | p.to.reg & 31 | fields]


def _writesys(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    _, fields, access = regs.SYSTEM_REGISTERS[p.to.reg - regs.SYSTEM]
    if "w" not in access:
        raise EncodeError("system register is not writable: {}")
    return [e.word("MSR", "rrr") | p.first.reg & 31 | fields]


_STATE_REGISTERS: Final = {"SPSel": 4 << 12 | 5 << 5, "DIT": 3 << 16 | 2 << 5}


def _writepstate(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    value = p.first.offset
    if value & ~0xF:
        raise EncodeError("illegal immediate for PSTATE field\n{}")
    field = 0
    if p.to.type == REG:
        field = _STATE_REGISTERS.get(regs.name(p.to.reg), 0)
    elif regs.WORDS[p.to.offset][1] == "pstate":
        field = int(regs.WORDS[p.to.offset][2], 16)
    if not field:
        raise EncodeError("illegal PSTATE field for immediate move\n{}")
    return [e.word("MSR", "imm") | (value & 0xF) << 8 | field]


def _clrex(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    value = 0xF if p.to.type == NONE else p.to.offset & 0xF
    return [e.word(prog.op, "exc") | value << 8]


def _system(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    value = p.first.offset
    if value & ~(7 << 16 | 0xF << 12 | 0xF << 8 | 7 << 5):
        raise EncodeError("illegal SYS argument\n{}")
    return [e.word(prog.op, "imm") | value | (p.to.reg & 31 if p.to.type == REG else ZERO)]


def _barrier(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [e.word(prog.op, "imm") | (p.first.offset & 0xF if p.first.type == CONST else 0) << 8]


def _hint(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [e.word(prog.op, "imm") | (p.first.offset & 0x7F) << 5]


def _prefetch(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if p.to.type == CONST:
        operation = p.to.offset & 0xFFFFFFFF
    else:
        word = regs.WORDS[p.to.offset]
        operation = int(word[2]) if word[1] == "prefetch" else 32
    if operation > 31:
        raise EncodeError("illegal prefetch operation:\n{}")
    return [e.word(prog.op, "imm") | (p.first.reg & 31) << 5 | (p.first.offset >> 3 & 0xFFF) << 10 | operation]


def _rangeprefetch(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if p.to.type == CONST:
        operation = p.to.offset & 0xFFFFFFFF
        if operation > 63:
            raise EncodeError("range prefetch immediate must be 0 to 63: {}")
    else:
        word = regs.WORDS[p.to.offset]
        if word[1] != "range":
            raise EncodeError("illegal range prefetch operand, expected PLDKEEP, PSTKEEP, PLDSTRM or PSTSTRM: {}")
        operation = int(word[2])
    scattered = (operation & 32) << 10 | (operation & 16) << 9 | (operation & 8) << 9 | operation & 7
    return [rrr(e.word(prog.op, "imm"), 0, p.first.reg, p.reg) | scattered]


def _cache(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    word = regs.WORDS[p.first.offset]
    if word[1] != prog.op.lower():
        raise EncodeError("illegal argument: {}\n")
    op1, crn, crm, op2 = map(int, word[2].split(","))
    if word[3] == "Rt":
        if not p.to.reg:
            raise EncodeError("missing register at operand 2: {}\n")
    elif p.to.reg:
        raise EncodeError("extraneous register at operand 2: {}\n")
    register = p.to.reg & 31 if p.to.reg else ZERO
    return [e.word(prog.op, "imm") | op1 << 16 | crn << 12 | crm << 8 | op2 << 5 | register]


def _landing(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if p.first.type != SPECIAL:
        raise EncodeError("missing operand: {}\n")
    word = regs.WORDS[p.first.offset]
    if word[1] != "landing":
        raise EncodeError("illegal argument: {}\n")
    return [e.word("HINT", "imm") | 32 << 5 | int(word[2]) << 6]


def _sve(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    from pygo_cross.arch.arm64.sve import encode

    word = None if prog.suffix else encode(prog.op, prog.args)
    if word is None:
        raise EncodeError("illegal combination from SVE: {}")
    return [word]


ENCODERS: Final[dict[str, EncoderFunction]] = {
    "rrr": _rrr,
    "shiftreg": _rrr,
    "addimm": _addimm,
    "shifted": _shifted,
    "extended": _extended,
    "branch": _branch,
    "branchreg": _branchreg,
    "branchcond": _branchcond,
    "branchzero": _branchzero,
    "branchbit": _branchbit,
    "shiftimm": _shiftimm,
    "exception": _exception,
    "dword": _dword,
    "word": _word,
    "muladd": _muladd,
    "remainder": _remainder,
    "rrzero": _rrzero,
    "select": _select,
    "compareif": _compareif,
    "negate": _negate,
    "convert": _convert,
    "plain": _plain,
    "bitfield": _bitfield,
    "bitalias": _bitalias,
    "extract": _extract,
    "extend": _extend,
    "bits": _bits,
    "atomic": _atomic,
    "casp": _casp,
    "addtwice": _addtwice,
    "bitmask": _bitmask,
    "loadexclusive": _loadexclusive,
    "storeexclusive": _storeexclusive,
    "adrp": _adrp,
    "adr": _adr,
    "undefined": _undefined,
    "pseudo": _pseudo,
    "readsys": _readsys,
    "writesys": _writesys,
    "writepstate": _writepstate,
    "clrex": _clrex,
    "system": _system,
    "barrier": _barrier,
    "hint": _hint,
    "prefetch": _prefetch,
    "rangeprefetch": _rangeprefetch,
    "cache": _cache,
    "landing": _landing,
    "sve": _sve,
}
"""What encodes a form, by the name in forms.txt; moves.py and vector.py add theirs."""
