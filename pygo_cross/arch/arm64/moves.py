# SPDX-License-Identifier: BSD-3-Clause
"""Encoders of constants, loads, stores, addresses and floating-point arithmetic.

What one instruction can't say takes several, with R27 as scratch: constants come by moves of 16 bits, far offsets by an addition
in front or from a literal behind the function (`literal`), names by the page of their address and the place in it.
Facts: GOROOT/src/cmd/internal/obj/arm64/asm7.go (asmout, omovlconst, opldpstp).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64.constants import bitmask_field, constant_class, float_field, group_shift, groups, nearly_bitmask, split_offset
from pygo_cross.arch.arm64.encode import (
    ENCODERS,
    LSL_32,
    LSL_64,
    SCRATCH,
    SF,
    ZERO,
    EncodeError,
    Encoder,
    Words,
    destination,
    extended,
    extension_fields,
    immediate,
    near_immediate,
    page_address,
    rrr,
)
from pygo_cross.arch.arm64.operands import MOVE_SIZE, Places, is_narrow, sets_flags
from pygo_cross.arch.arm64.table import Form
from pygo_cross.obj.prog import FCONST, NAME_NONE, NONE, Addr, Prog
from pygo_cross.obj.reloctype import (
    R_ADDRARM64,
    R_ARM64_GOTPCREL,
    R_ARM64_PCREL_LDST8,
    R_ARM64_TLS_IE,
    R_ARM64_TLS_LE,
)

TEMPORARY: Final = regs.TEMPORARY
_UNPREDICTABLE: Final = "constrained unpredictable behavior: {}"

# Constants.


def _group(word: int, value: int, at: int, rd: int) -> int:
    """A move of the 16-bit group `at` of a value."""
    return word | (value >> 16 * at & 0xFFFF) << 5 | at << 21 | rd & 31


def _short_constant(e: Encoder, narrow: bool, addr: Addr, rd: int) -> int:
    """A constant that one instruction makes."""
    value = addr.offset
    width = 32 if narrow else 64
    found = constant_class(value & 0xFFFFFFFF, 32) if narrow else constant_class(value, 64)
    if found in ("bitcon", "abcon", "abcon0") and rd != regs.ZR:
        return e.word("ORRW" if narrow else "ORR", "imm") | bitmask_field(value, width) | ZERO << 5 | rd & 31
    op = "W" if narrow else ""
    if narrow:
        value &= 0xFFFFFFFF
    shift = group_shift(value)
    if 0 <= shift < width:
        return _group(e.word("MOVZ" + op, "imm"), value, shift >> 4, rd)
    value = ~value & 0xFFFFFFFF if narrow else ~value
    shift = group_shift(value)
    if not 0 <= shift < width:
        raise EncodeError(f"impossible {width}-bit move wide: {addr.offset & (1 << width) - 1:#x}\n{{}}")
    return _group(e.word("MOVN" + op, "imm"), value, shift >> 4, rd)


def long_constant(e: Encoder, narrow: bool, value: int, rd: int) -> Words:
    """A constant that takes several moves."""
    if narrow:
        return [_group(e.word("MOVZW", "imm"), value, 0, rd), _group(e.word("MOVKW", "imm"), value, 1, rd)]
    parts = groups(value)
    zeros, ones = parts.count(0), parts.count(0xFFFF)
    if max(zeros, ones) == 4:
        raise EncodeError("the immediate should be MOVCON: {}")
    keep = e.word("MOVK", "imm")
    near = None
    if zeros < 2 and ones < 2:
        near = nearly_bitmask(value)
    if near is not None:
        bits, at = near
        return [e.word("ORR", "imm") | bitmask_field(bits, 64) | ZERO << 5 | rd & 31, _group(keep, value, at, rd)]
    # As many groups as possible come from what the first move fills in.
    if zeros >= 2 or (zeros == 1 and ones < 2):
        filler, first, source = 0, "MOVZ", value
    elif ones:
        filler, first, source = 0xFFFF, "MOVN", ~value
    else:
        filler, first, source = -1, "MOVZ", value
    wanted = [at for at in range(4) if parts[at] != filler]
    return [
        _group(e.word(first, "imm"), source, wanted[0], rd),
        *(_group(keep, value, at, rd) for at in wanted[1:]),
    ]


def _check_move(prog: Prog) -> None:
    # Go's assembler makes undefined instructions of them, or says that it has none.
    if prog.op == "MOVWU":
        raise EncodeError("MOVWU takes no constants, MOVW does: {}")


def _movconst(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    _check_move(prog)
    return [_short_constant(e, prog.op == "MOVW", p.first, p.to.reg)]


def _movwide(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    _check_move(prog)
    return long_constant(e, prog.op == "MOVW", p.first.offset, p.to.reg)


def _movk(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    word = e.word(prog.op, "imm")
    value = p.first.offset
    if not value:
        raise EncodeError("zero shifts cannot be handled correctly: {}")
    shift = group_shift(value)
    if shift < 0:
        raise EncodeError(f"bad constant for MOVK: {value & (1 << 64) - 1:#x}\n{{}}")
    if not word & SF and shift >= 32:
        raise EncodeError("illegal bit position\n{}")
    return [_group(word, value, shift >> 4, p.to.reg)]


def _check_scratch(prog: Prog, p: Places) -> None:
    if p.reg == TEMPORARY:
        raise EncodeError("cannot use REGTMP as source: {}\n")
    if p.to.reg == regs.SP and sets_flags(prog.op):
        raise EncodeError("illegal destination register: {}\n")


def _viatmp(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    """An operation on a constant that one move makes."""
    _check_scratch(prog, p)
    narrow = is_narrow(prog.op)
    move = _short_constant(e, narrow, p.first, TEMPORARY)
    rd = destination(p)
    rn = p.reg or rd
    if regs.SP in (rd, rn):
        return [move, extended(e, prog.op, rd, rn, SCRATCH, True) | (LSL_32 if narrow else LSL_64)]
    return [move, rrr(e.word(prog.op, "rrr"), rd, rn, SCRATCH)]


def _addwide(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    _check_scratch(prog, p)
    narrow = is_narrow(prog.op)
    moves = long_constant(e, narrow, p.first.offset, TEMPORARY)
    rd = destination(p)
    rn = p.reg or rd
    if p.to.type != NONE and regs.SP in (rd, rn):
        return [*moves, extended(e, prog.op, rd, rn, SCRATCH, True) | LSL_64]
    return [*moves, rrr(e.word(prog.op, "rrr"), rd, rn, SCRATCH)]


def _logicwide(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if p.reg == TEMPORARY:
        raise EncodeError("cannot use REGTMP as source: {}\n")
    moves = long_constant(e, is_narrow(prog.op), p.first.offset, TEMPORARY)
    rd = destination(p)
    return [*moves, rrr(e.word(prog.op, "rrr"), rd, p.reg or rd, SCRATCH)]


def _move(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    rd, rm = p.to.reg, p.first.reg
    if regs.SP in (rd, rm):
        if prog.op in ("MVN", "MVNW"):
            raise EncodeError("illegal SP reference\n{}")
        return [rrr(e.word(prog.op, "imm"), rd, rm, 0)]
    return [rrr(e.word(prog.op, "rrr"), rd, regs.ZR, rm)]


def _movframe(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    """The address of something in the frame, or near a register."""
    value = e.offset(p.first)
    op = "SUB" if value < 0 else "ADD"
    value = abs(value)
    rd, rn = p.to.reg, p.first.reg or regs.SP
    if form.size == 8:
        return [immediate(e, op, value & 0xFFF000, rd, rn), immediate(e, op, value & 0xFFF, rd, rd)]
    return [immediate(e, op, value, rd, rn)]


def _movframefar(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    add = extended(e, "ADD", p.to.reg, p.first.reg or regs.SP, SCRATCH, True)
    return [literal(e, prog, SCRATCH), add]


def literal(e: Encoder, prog: Prog, rd: int) -> int:
    """A load of a Prog's literal."""
    pool = e.pools.get(prog)
    if pool is None:
        raise EncodeError("{}: constant is not in pool")
    wide = 1 if pool.op == "DWORD" else 2 if pool.args[0].offset < 0 else 0
    return wide << 30 | 3 << 27 | e.distance(prog, 19) << 5 | rd & 31


# Loads and stores.


def _load_word(e: Encoder, op: str) -> int:
    return e.word(op, "ldr")


def _store_word(e: Encoder, op: str) -> int:
    word = e.word(op, "ldr")
    return word & ~(1 << 22) if op == "FMOVQ" else word & ~(3 << 22)


def _scaled(word: int, offset: int, rn: int, rt: int) -> int:
    """With an unsigned offset of 12 bits, in units of the data."""
    if not 0 <= offset < 1 << 12:
        raise EncodeError(f"offset out of range: {offset}\n{{}}")
    return word | 1 << 24 | offset << 10 | (rn & 31) << 5 | rt & 31


def _near(word: int, shift: int, offset: int, rn: int, rt: int) -> int:
    """With an offset that is scaled if it can be, else of 9 bits."""
    if offset >= 0 and not offset % (1 << shift):
        return _scaled(word, offset >> shift, rn, rt)
    if not -256 <= offset <= 255:
        raise EncodeError(f"offset out of range: {offset}\n{{}}")
    return word | (offset & 0x1FF) << 12 | (rn & 31) << 5 | rt & 31


def _base(addr: Addr) -> int:
    """The base of an operand in memory; without one, a name in the frame is at SP, and a number goes with what register 0 is: R0."""
    return addr.reg or (regs.GP if addr.name == NAME_NONE else regs.SP)


def _store(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [_near(_store_word(e, prog.op), MOVE_SIZE[prog.op], e.offset(p.to), _base(p.to), p.first.reg)]


def _load(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [_near(_load_word(e, prog.op), MOVE_SIZE[prog.op], e.offset(p.first), _base(p.first), p.to.reg)]


def _back(word: int, suffix: str, addr: Addr, rt: int) -> Words:
    """With writeback."""
    if addr.reg != regs.SP and addr.reg == rt:
        raise EncodeError(_UNPREDICTABLE)
    if not -256 <= addr.offset <= 255:
        raise EncodeError("offset out of range [-256,255]: {}")
    return [word | (1 if suffix == "P" else 3) << 10 | (addr.offset & 0x1FF) << 12 | (addr.reg & 31) << 5 | rt & 31]


def _loadback(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return _back(_load_word(e, prog.op), prog.suffix, p.first, p.to.reg)


def _storeback(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return _back(_store_word(e, prog.op), prog.suffix, p.to, p.first.reg)


def _far(e: Encoder, prog: Prog, addr: Addr, rt: int, word: int, by_index: str, what: str) -> Words:
    """With an offset that needs an addition, or a literal."""
    op = prog.op
    shift = MOVE_SIZE[op]
    rn = _base(addr)
    offset = e.offset(addr)
    if -4095 <= offset <= 4095:
        return [near_immediate(e, offset, SCRATCH, rn), _scaled(word, 0, SCRATCH, rt)]
    split = split_offset(offset, shift)
    if split is not None and prog not in e.pools:
        return [immediate(e, "ADD", split[0], SCRATCH, rn), _scaled(word, split[1], SCRATCH, rt)]
    if TEMPORARY in (rn, rt):
        raise EncodeError(f"REGTMP used in large offset {what}: {{}}")
    return [literal(e, prog, SCRATCH), rrr(e.word(op, by_index), rt, rn, SCRATCH) | 0x1A << 10]


def _storefar(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return _far(e, prog, p.to, p.first.reg, _store_word(e, prog.op), "strr", "store")


def _loadfar(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return _far(e, prog, p.first, p.to.reg, _load_word(e, prog.op), "ldrr", "load")


def _by_name(e: Encoder, prog: Prog, form: Form, addr: Addr, word: int, rt: int) -> Words:
    """From or to a name: the page of its address, and the place in the page in the access itself, if it is aligned."""
    page = page_address(0, SCRATCH)
    if e.size(prog, form) == 8:
        e.relocate(8, R_ARM64_PCREL_LDST8 + MOVE_SIZE[prog.op], addr)
        return [page, _scaled(word, 0, SCRATCH, rt)]
    e.relocate(8, R_ADDRARM64, addr)
    return [page, rrr(e.word("ADD", "imm"), SCRATCH, SCRATCH, 0), _scaled(word, 0, SCRATCH, rt)]


def _storesym(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if p.first.reg == TEMPORARY:
        raise EncodeError("cannot use REGTMP as source: {}\n")
    return _by_name(e, prog, form, p.to, _store_word(e, prog.op), p.first.reg)


def _loadsym(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return _by_name(e, prog, form, p.first, _load_word(e, prog.op), p.to.reg)


def _indexed(e: Encoder, prog: Prog, addr: Addr, kind: str, rt: int) -> Words:
    word = rrr(e.word(prog.op, kind), rt, addr.reg, 0)
    if addr.index < regs.EXTENDED:
        return [word | 0x1A << 10 | (addr.index & 31) << 16]
    amount = addr.index >> 5 & 7
    if amount not in (0, MOVE_SIZE.get(prog.op, -1)):
        raise EncodeError("invalid index shift amount: {}")
    return [word | extension_fields(prog, addr, addr.index)]


def _loadindexed(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return _indexed(e, prog, p.first, "ldrr", p.to.reg)


def _storeindexed(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return _indexed(e, prog, p.to, "strr", p.first.reg)


# Pairs: bytes of one register, the opcode's fields, and whether registers are of floating point.
_PAIRS: Final = {
    "P": (8, 2 << 30, False),
    "PW": (4, 0, False),
    "PSW": (4, 1 << 30, False),
    "PQ": (16, 2 << 30 | 1 << 26, True),
    "PD": (8, 1 << 30 | 1 << 26, True),
    "PS": (4, 1 << 26, True),
}
PAIR_KIND: Final = {
    **{name: _PAIRS[name[2:]] for name in ("LDP", "LDPW", "LDPSW", "STP", "STPW")},
    **{name: _PAIRS[name[3:]] for name in ("FLDPQ", "FLDPD", "FLDPS", "FSTPQ", "FSTPD", "FSTPS")},
}


def _pair(e: Encoder, prog: Prog, p: Places, form: Form, offset: int, base: int) -> int:
    """LDP or STP at an offset from a base."""
    op = prog.op
    load = "L" in op[:2]
    pair, place = (p.to, p.first) if load else (p.first, p.to)
    first, second = pair.reg, pair.offset
    size, word, floating = PAIR_KIND[op]
    if form.suffix and not floating and place.reg != regs.SP and place.reg in (first, second):
        raise EncodeError(_UNPREDICTABLE)
    if load and first == second:
        raise EncodeError(_UNPREDICTABLE)
    if not -64 * size <= offset <= 63 * size or offset % size:
        raise EncodeError("invalid offset {}\n")
    right = regs.is_float if floating else regs.is_general
    if not right(first) or not right(second):
        raise EncodeError("invalid register pair {}\n")
    word |= {"": 2, "P": 1, "W": 3}[form.suffix] << 23
    word |= 5 << 27 | load << 22 | (offset // size & 0x7F) << 15
    return word | (second & 31) << 10 | (base & 31) << 5 | first & 31


def _pair_place(prog: Prog, p: Places) -> tuple[Addr, int]:
    """Where a pair is, and its base."""
    place = p.first if prog.op.startswith(("LD", "FL")) else p.to
    return place, _base(place)


def _near_pair(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    place, base = _pair_place(prog, p)
    return [_pair(e, prog, p, form, e.offset(place), base)]


def _stored_scratch(prog: Prog, p: Places) -> bool:
    """Whether a pair to be stored has the scratch register."""
    return TEMPORARY in (p.first.reg, p.first.offset) and not prog.op.startswith(("LD", "FL"))


def _farther_pair(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    """An addition in front."""
    place, base = _pair_place(prog, p)
    if _stored_scratch(prog, p):
        raise EncodeError("cannot use REGTMP as source: {}")
    return [near_immediate(e, e.offset(place), SCRATCH, base), _pair(e, prog, p, form, 0, SCRATCH)]


def _farthest_pair(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    """Two additions, or a literal."""
    place, base = _pair_place(prog, p)
    load = place is p.first
    if base == TEMPORARY or _stored_scratch(prog, p):
        raise EncodeError(f"REGTMP used in large offset {'load' if load else 'store'}: {{}}")
    split = split_offset(e.offset(place), 0)
    if split is not None and prog not in e.pools:
        front = [immediate(e, "ADD", split[1], SCRATCH, base), immediate(e, "ADD", split[0], SCRATCH, SCRATCH)]
    else:
        front = [literal(e, prog, SCRATCH), extended(e, "ADD", SCRATCH, base, SCRATCH, True)]
    return [*front, _pair(e, prog, p, form, 0, SCRATCH)]


def _pair_by_name(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    place, _ = _pair_place(prog, p)
    if _stored_scratch(prog, p):
        raise EncodeError("cannot use REGTMP as source: {}")
    e.relocate(8, R_ADDRARM64, place)
    return [page_address(0, SCRATCH), rrr(e.word("ADD", "imm"), SCRATCH, SCRATCH, 0), _pair(e, prog, p, form, 0, SCRATCH)]


# Addresses.


def _address(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if prog.op == "MOVW":
        raise EncodeError("invalid load of 32-bit address: {}")
    e.relocate(8, R_ADDRARM64, p.first)
    rd = p.to.reg
    return [page_address(0, rd), rrr(e.word("ADD", "imm"), rd, rd, 0)]


def _thread_le(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if p.first.offset:
        raise EncodeError("invalid offset on MOVW $tlsvar")
    e.relocate(4, R_ARM64_TLS_LE, p.first, True)
    return [e.word("MOVZ", "imm") | p.to.reg & 31]


def _through_page(e: Encoder, p: Places, kind: int) -> Words:
    e.relocate(8, kind, p.first, True)
    return [page_address(0, SCRATCH), _scaled(_load_word(e, "MOVD"), 0, SCRATCH, p.to.reg)]


def _thread_ie(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if p.first.offset:
        raise EncodeError("invalid offset on MOVW $tlsvar")
    return _through_page(e, p, R_ARM64_TLS_IE)


def _got(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return _through_page(e, p, R_ARM64_GOTPCREL)


# Floating point.


def _float(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    word = e.word(prog.op, "rrr")
    rd = p.to.reg
    if word >> 24 & 0x1F == 0x1E and not word & 1 << 11:
        return [rrr(word, rd, p.first.reg, 0)]
    return [rrr(word, rd, p.reg or rd, p.first.reg)]


FLOAT_CONSTANT: Final = 0x1E201000


def _floatconst(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    value = p.first.value
    assert isinstance(value, float)
    field = float_field(value)
    if field < 0:
        raise EncodeError("invalid floating-point immediate\n{}")
    return [FLOAT_CONSTANT | (prog.op == "FMOVD") << 22 | field << 13 | p.to.reg & 31]


def _floatcompare(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    zero = p.first.type == FCONST
    return [rrr(e.word(prog.op, "rrr"), 0, p.reg, 0 if zero else p.first.reg) | (8 if zero else 0)]


def _floatcompareif(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    condition = regs.WORDS[p.first.offset]
    if p.to.offset & ~0xF:
        raise EncodeError("implausible condition\n{}")
    if not regs.is_float(p.third.reg):
        raise EncodeError("illegal FCCMP\n{}")
    return [rrr(e.word(prog.op, "rrr"), 0, p.third.reg, p.reg) | int(condition[2]) << 12 | p.to.offset]


ENCODERS.update(
    {
        "movconst": _movconst,
        "movwide": _movwide,
        "movk": _movk,
        "viatmp": _viatmp,
        "addwide": _addwide,
        "logicwide": _logicwide,
        "move": _move,
        "movframe": _movframe,
        "movframefar": _movframefar,
        "store": _store,
        "load": _load,
        "loadback": _loadback,
        "storeback": _storeback,
        "storefar": _storefar,
        "loadfar": _loadfar,
        "storesym": _storesym,
        "loadsym": _loadsym,
        "loadindexed": _loadindexed,
        "storeindexed": _storeindexed,
        "loadpair": _near_pair,
        "storepair": _near_pair,
        "loadpairfar": _farther_pair,
        "storepairfar": _farther_pair,
        "loadpairvfar": _farthest_pair,
        "storepairvfar": _farthest_pair,
        "loadpairsym": _pair_by_name,
        "storepairsym": _pair_by_name,
        "address": _address,
        "threadle": _thread_le,
        "threadie": _thread_ie,
        "got": _got,
        "float": _float,
        "floatconst": _floatconst,
        "floatcompare": _floatcompare,
        "floatcompareif": _floatcompareif,
    }
)
