# SPDX-License-Identifier: BSD-3-Clause
"""Encoders of vector instructions: arrangements become Q and size, elements an index in imm5.

Facts: GOROOT/src/cmd/internal/obj/arm64/asm7.go (asmout); the Arm architecture reference manual (advanced SIMD).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64.encode import ENCODERS, EncodeError, Encoder, Words, rrr
from pygo_cross.arch.arm64.operands import Places
from pygo_cross.arch.arm64.registers import B8, B16, D1, D2, H4, H8, Q1, S2, S4, B, D, H, S
from pygo_cross.arch.arm64.table import Form
from pygo_cross.obj.prog import FCONST, Addr, Prog

_words = str.split

SHAPES: Final = {B8: (0, 0), B16: (1, 0), H4: (0, 1), H8: (1, 1), S2: (0, 2), S4: (1, 2), D2: (1, 3)}
"""Q and size of each arrangement."""
FLOAT_SHAPES: Final = {S2: (0, 0), S4: (1, 0), D2: (1, 1)}
_LANES: Final = {B: 0, H: 1, S: 2, D: 3}
"""The size of each kind of element."""
LANE_OUT: Final = 0x0E003C00
LANE_IN: Final = 0x4E001C00
LANE_TO_LANE: Final = 0x6E000400
LANE_TO_ALL: Final = 0x0E000400
LANE_ALONE: Final = 0x5E000400
REGISTER_TO_ALL: Final = 0x0E000C00
BYTES: Final = 0x0F00E400
ONE_ELEMENT: Final = 0x0D000000
STORE: Final = 3 << 26
TABLE: Final = 0x0E000000
SCALARS: Final = {"VADD": 0x5EE08400, "VSUB": 0x7EE08400}
"""Words of encodings that several mnemonics share, or that a mnemonic has beside its own."""

_BAD: Final = "invalid arrangement: {}"
_MISMATCH: Final = "operand mismatch: {}"

BYTEWISE: Final = {**dict.fromkeys(_words("VAND VEOR VBIC VORN"), 0), "VBSL": 1, **dict.fromkeys(_words("VORR VBIT VBIF"), 2)}
FLOATS: Final = frozenset(
    _words(
        "VFMLA VFMLS VFCMEQ VFCMGE VFCMGT VFADD VFSUB VFMUL VFDIV VFMAX VFMAXNM VFMAXP VFADDP VFMIN VFMINNM VFMINP VFMAXNMP VFMINNMP "
        "VFABS VFNEG VFSQRT VFRINTN VFRINTP VFRINTM VFRINTZ VFCVTZS VFCVTZU VSCVTF VUCVTF"
    )
)
FLOATS_ACROSS: Final = frozenset(_words("VFMAXV VFMINV VFMAXNMV VFMINNMV"))
_NO_DOUBLES: Final = frozenset(_words("VUMAX VUMIN VUMAXP VUMINP VMUL VMLA VMLS VSMAX VSMIN VSMAXP VSMINP VCLS VCLZ"))
_BYTES_ONLY: Final = frozenset(_words("VMOV VRBIT VCNT VREV16 VNOT"))
CRYPTO: Final = {
    **dict.fromkeys(_words("SHA512SU0 SHA512SU1 SHA512H SHA512H2"), D2),
    **dict.fromkeys(_words("AESD AESE AESIMC AESMC"), B16),
}


def _arrangement(register: int) -> int:
    return register >> 5 & 15


def _shape(register: int, shapes: dict[int, tuple[int, int]] = SHAPES) -> tuple[int, int]:
    """Q and size. Raises EncodeError if the arrangement has none."""
    found = shapes.get(_arrangement(register))
    if found is None:
        raise EncodeError(_BAD)
    return found


def _lane(addr: Addr) -> tuple[int, int]:
    """The size and index of an element. Raises EncodeError."""
    size = _LANES.get(_arrangement(addr.reg))
    if size is None:
        raise EncodeError(_BAD)
    most = (16 >> size) - 1
    if addr.index > most:
        raise EncodeError(f"register element index out of range 0 to {most}: {{}}")
    return size, addr.index


def _imm5(size: int, index: int) -> int:
    return (1 << size | index << size + 1) << 16


def _crypto2(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    source = p.first.reg
    if regs.ARNG <= source < regs.ELEM:
        if prog.op == "SHA1H":
            raise EncodeError("invalid operands: {}")
        if not _arrangement(source) == _arrangement(p.to.reg) == CRYPTO.get(prog.op, S4):
            raise EncodeError(_BAD)
    return [rrr(e.word(prog.op, "rrr"), p.to.reg, source, 0)]


def _crypto3(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    source = p.first.reg
    if regs.ARNG <= source < regs.ELEM and _arrangement(source) != CRYPTO.get(prog.op, S4):
        raise EncodeError(_BAD)
    return [rrr(e.word(prog.op, "rrr"), p.to.reg, p.reg, source)]


def _sha3(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if not _arrangement(p.first.reg) == _arrangement(p.to.reg) == _arrangement(p.reg) == CRYPTO.get(prog.op, S4):
        raise EncodeError(_BAD)
    return [rrr(e.word(prog.op, "rrr"), p.to.reg, p.reg, p.first.reg)]


def _shaped(op: str, register: int) -> tuple[int, int]:
    """Q and size of an instruction all whose operands have the arrangement of a register."""
    kind = _arrangement(register)
    if op in FLOATS:
        return _shape(register, FLOAT_SHAPES)
    q, size = _shape(register)
    if op in BYTEWISE:
        if kind not in (B8, B16):
            raise EncodeError(_BAD)
        return q, BYTEWISE[op]
    if op in _NO_DOUBLES and kind == D2:
        raise EncodeError(_BAD)
    if op in _BYTES_ONLY and kind not in (B8, B16):
        raise EncodeError(_BAD)
    return q, size


def _vector3(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    op = prog.op
    if not _arrangement(p.first.reg) == _arrangement(p.reg) == _arrangement(p.to.reg):
        raise EncodeError(_MISMATCH)
    q, size = _shaped(op, p.first.reg)
    if op == "VRAX1":
        if _arrangement(p.first.reg) != D2:
            raise EncodeError(_BAD)
        q = size = 0
    return [rrr(e.word(op, "rrr"), p.to.reg, p.reg, p.first.reg) | q << 30 | size << 22]


def _vector2(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    op = prog.op
    source = p.first.reg
    if _arrangement(source) != _arrangement(p.to.reg):
        raise EncodeError(_BAD + "\n")
    q, size = _shaped(op, source)
    if op == "VREV32" and _arrangement(source) in (S2, S4):
        raise EncodeError(_BAD)
    if op == "VRBIT":
        size = 1
    return [rrr(e.word(op, "rrr"), p.to.reg, source, source if op == "VMOV" else 0) | q << 30 | size << 22]


def _vzero(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    """Comparisons with zero."""
    floating = p.first.type == FCONST
    if p.first.value != 0.0 if floating else p.first.offset:
        raise EncodeError("expected a constant zero immediate operand: {}\n")
    if _arrangement(p.reg) != _arrangement(p.to.reg):
        raise EncodeError(_MISMATCH)
    q, size = _shape(p.reg, FLOAT_SHAPES if floating else SHAPES)
    return [rrr(e.word(prog.op, "imm"), p.to.reg, p.reg, 0) | q << 30 | size << 22]


def _vscalar(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if prog.op not in SCALARS:
        raise EncodeError("bad opcode: {}\n")
    return [rrr(SCALARS[prog.op], p.to.reg, p.reg or p.to.reg, p.first.reg)]


def _across(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    source = p.first.reg
    if _arrangement(source) in (S2, D2):
        raise EncodeError(_BAD + "\n")
    q, size = _shape(source)
    if prog.op in FLOATS_ACROSS:
        if _arrangement(source) != S4:
            raise EncodeError(_BAD + "\n")
        size = 0
    return [rrr(e.word(prog.op, "rrr"), p.to.reg, source, 0) | q << 30 | size << 22]


# Elements.


def _laneout(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    size, index = _lane(p.first)
    return [rrr(LANE_OUT | (size == 3) << 30 | _imm5(size, index), p.to.reg, p.first.reg, 0)]


def _lanein(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [rrr(LANE_IN | _imm5(*_lane(p.to)), p.to.reg, p.first.reg, 0)]


def _lanelane(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if _arrangement(p.to.reg) != _arrangement(p.first.reg):
        raise EncodeError(_MISMATCH)
    size, index = _lane(p.to)
    source = _lane(p.first)[1]
    return [rrr(LANE_TO_LANE | _imm5(size, index) | source << size + 11, p.to.reg, p.first.reg, 0)]


def _duplane(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    q, size = _shape(p.to.reg)
    most = (16 >> size) - 1
    if p.first.index > most:
        raise EncodeError(f"register element index out of range 0 to {most}: {{}}")
    return [rrr(LANE_TO_ALL | q << 30 | _imm5(size, p.first.index), p.to.reg, p.first.reg, 0)]


def _scalarlane(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return [rrr(LANE_ALONE | _imm5(*_lane(p.first)), p.to.reg, p.first.reg, 0)]


def _duplicate(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    q, size = _shape(p.to.reg)
    return [rrr(REGISTER_TO_ALL | q << 30 | 1 << size + 16, p.to.reg, p.first.reg, 0)]


def _vimmediate(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    value = p.first.offset
    if not 0 <= value <= 255:
        raise EncodeError("immediate constant out of range: {}\n")
    kind = _arrangement(p.to.reg)
    if kind not in (B8, B16):
        raise EncodeError(_BAD + "\n")
    return [BYTES | (kind == B16) << 30 | value >> 5 << 16 | (value & 31) << 5 | p.to.reg & 31]


# Loads and stores.

_COUNTS: Final = {0x7: 1, 0xA: 2, 0x6: 3, 0x2: 4}


def _list_of(prog: Prog, place: Addr, registers: Addr) -> int:
    """Checks a list of registers against an instruction and its post-increment; returns the list's bits."""
    op = prog.op
    packed = registers.offset
    if place.offset:
        count = _COUNTS.get(packed >> 12 & 15)
        if count is None:
            raise EncodeError("invalid register numbers in ARM64 register list: {}")
        whole = (16 if packed >> 30 & 1 else 8) * count if not op.endswith("R") else count << (packed >> 10 & 3)
        if place.offset != whole:
            raise EncodeError("invalid post-increment offset: {}")
        if op not in ("VLD1", "VST1") and int(op[3]) != count:
            raise EncodeError(f"expected {op[3]} registers, got {count}: {{}}.")
    return packed & 0xFFFFFFFF


STRUCTURES: Final = {"1R": 0xC, "2R": 0xC, "3R": 0xE, "4R": 0xE, "2": 8, "3": 4, "4": 0}


def _structure(prog: Prog, word: int) -> int:
    """The opcode of loads and stores of structures, which doesn't tell the number of registers."""
    if prog.op in ("VLD1", "VST1"):
        return word
    return word & ~0xF000 | STRUCTURES[prog.op[3:]] << 12


def _post_index(form: Form, place: Addr, problem: str) -> int:
    if form.suffix != "P":
        return 0
    if not place.index:
        return 1 << 23 | 31 << 16
    if place.index >= regs.EXTENDED:
        raise EncodeError(problem + ": {}\n")
    return 1 << 23 | (place.index & 31) << 16


def _vload(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    registers = _list_of(prog, p.first, p.to)
    word = rrr(e.word(prog.op, "rrr"), 0, p.first.reg, 0) | _post_index(form, p.first, "invalid extended register op")
    return [_structure(prog, word | registers)]


def _vstore(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    registers = _list_of(prog, p.to, p.first)
    word = STORE | _post_index(form, p.to, "invalid extended register")
    return [_structure(prog, word | registers) | (p.to.reg & 31) << 5]


def _one_lane(e: Encoder, form: Form, place: Addr, lane: Addr, load: int) -> Words:
    offset = e.offset(place)
    if form.suffix == "P" and bool(place.index) == bool(offset):
        raise EncodeError("invalid offset: {}")
    size, index = _lane(lane)
    if form.suffix == "P" and offset not in (0, 1 << size):
        raise EncodeError("invalid offset: {}")
    # Q:S:size hold the index in units of a byte, with D told by the lowest bit.
    position = index << size
    fields = (position >> 3 & 1) << 30 | (position >> 2 & 1) << 12 | (position & 3) << 10
    if size == 3:
        fields |= 1 << 10
    opcode = (0, 2, 4, 4)[size]
    rm = 31 if offset else place.index & 31
    word = ONE_ELEMENT | (form.suffix == "P") << 23
    return [rrr(word | load << 22 | opcode << 13 | fields, lane.reg, place.reg, rm)]


def _vloadlane(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return _one_lane(e, form, p.first, p.to, 1)


def _vstorelane(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    return _one_lane(e, form, p.to, p.first, 0)


# Widening, narrowing, shifting.


def _is_second(op: str) -> int:
    """Whether an instruction works on the upper half: VXTN2 and the like."""
    return 1 if op.endswith("2") else 0


WIDENED: Final = {
    (0, H8, B8): 0, (1, H8, B16): 0, (0, S4, H4): 1, (1, S4, H8): 1, (0, D2, S2): 2, (1, D2, S4): 2,
    (0, Q1, D1): 3, (1, Q1, D2): 3,
}  # fmt: skip
"""The size of (upper half, wide arrangement, narrow arrangement)."""


def _vlong(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    op = prog.op
    narrow = _arrangement(p.first.reg)
    if narrow != _arrangement(p.reg):
        raise EncodeError(_BAD)
    q = _is_second(op)
    size = WIDENED.get((q, _arrangement(p.to.reg), narrow))
    if size is None:
        raise EncodeError(_MISMATCH + "\n")
    if size in ((1, 2) if op in ("VPMULL", "VPMULL2") else (3,)):
        raise EncodeError(_BAD)
    return [rrr(e.word(op, "rrr"), p.to.reg, p.reg, p.first.reg) | q << 30 | size << 22]


def _vwide(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if _arrangement(p.to.reg) != _arrangement(p.reg):
        raise EncodeError(_BAD)
    q = _is_second(prog.op)
    size = WIDENED.get((q, _arrangement(p.to.reg), _arrangement(p.first.reg)), 3)
    if size == 3:
        raise EncodeError(_MISMATCH + "\n")
    return [rrr(e.word(prog.op, "rrr"), p.to.reg, p.reg, p.first.reg) | q << 30 | size << 22]


def _vwiden(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    """Long shifts, and their forms without a shift."""
    op = prog.op
    plain = not p.reg
    source, shift = (p.first.reg, 0) if plain else (p.reg, p.first.offset)
    word = e.word(op, "imm")
    q = _is_second(op)
    narrow, wide = _arrangement(source), _arrangement(p.to.reg)
    if op in ("VFCVTL", "VFCVTL2"):
        if narrow not in (S2, S4) or wide != D2:
            raise EncodeError(_MISMATCH + "\n")
        return [rrr(word, p.to.reg, source, 0) | q << 30]
    size = WIDENED.get((q, wide, narrow), 3)
    if size == 3:
        raise EncodeError(_MISMATCH + "\n")
    if not 0 <= shift < 8 << size:
        raise EncodeError("shift amount out of range: {}\n")
    return [rrr(word, p.to.reg, source, 0) | q << 30 | 1 << size + 19 | shift << 16]


_TRUNCATIONS: Final = frozenset(_words("VXTN VXTN2 VSQXTN VSQXTN2 VSQXTUN VSQXTUN2 VUQXTN VUQXTN2 VFCVTN VFCVTN2"))
RIGHT: Final = frozenset(_words("VUSHR VSRI VUSRA VSSHR VSRSHR VSHRN VSHRN2"))
DOUBLED: Final = {B8: H8, B16: H8, H4: S4, H8: S4, S2: D2, S4: D2}


def _vshift(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    op = prog.op
    truncates = op in _TRUNCATIONS
    narrows = truncates or op in ("VSHRN", "VSHRN2")
    source, shift = (p.first.reg, 0) if truncates else (p.reg, p.first.offset)
    kind, target = _arrangement(source), _arrangement(p.to.reg)
    if (kind != target and not narrows) or target not in SHAPES:
        raise EncodeError("invalid arrangement on op Vn.<T>, Vd.<T>: {}")
    q, size = SHAPES[target]
    if narrows and (q != _is_second(op) or DOUBLED.get(target) != kind):
        raise EncodeError("invalid arrangement on op: {}")
    bits = 8 << size
    word = e.word(op, "imm")
    if truncates:
        if op not in ("VFCVTN", "VFCVTN2"):
            word |= size << 22
    else:
        field = 2 * bits - shift if op in RIGHT else bits + shift
        if (op in RIGHT and field < bits) or field > 2 * bits - 1:
            raise EncodeError("shift out of range: {}")
        word |= (field & 0x7F) << 16
    return [rrr(word, p.to.reg, source, 0) | q << 30]


# Permutations and four-operand instructions.


def _vextract(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    kind = _arrangement(p.third.reg)
    if not kind == _arrangement(p.reg) == _arrangement(p.to.reg):
        raise EncodeError(_BAD)
    if kind not in (B8, B16):
        raise EncodeError("invalid arrangement, should be B8 or B16: {}")
    index = p.first.offset
    if not 0 <= index <= (15 if kind == B16 else 7):
        raise EncodeError("illegal offset: {}")
    return [rrr(e.word(prog.op, "imm"), p.to.reg, p.third.reg, p.reg) | (kind == B16) << 30 | index << 11]


def _xar(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    kind = _arrangement(p.third.reg)
    if not kind == _arrangement(p.reg) == _arrangement(p.to.reg):
        raise EncodeError(_BAD)
    if kind != D2:
        raise EncodeError("invalid arrangement, should be D2: {}")
    index = p.first.offset
    if not 0 <= index <= 63:
        raise EncodeError("illegal offset: {}")
    return [rrr(e.word(prog.op, "imm"), p.to.reg, p.third.reg, p.reg) | index << 10]


def _vector4(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    if any(_arrangement(register) != B16 for register in (p.first.reg, p.reg, p.third.reg, p.to.reg)):
        raise EncodeError(_BAD)
    return [rrr(e.word(prog.op, "rrr"), p.to.reg, p.third.reg, p.reg) | (p.first.reg & 31) << 10]


def _vtable(e: Encoder, prog: Prog, p: Places, form: Form) -> Words:
    kind = _arrangement(p.first.reg)
    if kind != _arrangement(p.to.reg):
        raise EncodeError(_BAD + "\n")
    if kind not in (B8, B16):
        raise EncodeError(_BAD)
    packed = p.third.offset
    count = _COUNTS.get(packed >> 12 & 15)
    if count is None:
        raise EncodeError("invalid register numbers in ARM64 register list: {}")
    word = TABLE | (kind == B16) << 30 | count - 1 << 13 | (prog.op == "VTBX") << 12
    return [rrr(word, p.to.reg, packed, p.first.reg)]


ENCODERS.update(
    {
        "crypto2": _crypto2,
        "crypto3": _crypto3,
        "sha3": _sha3,
        "vector3": _vector3,
        "vector2": _vector2,
        "vzero": _vzero,
        "vscalar": _vscalar,
        "across": _across,
        "laneout": _laneout,
        "lanein": _lanein,
        "lanelane": _lanelane,
        "duplane": _duplane,
        "scalarlane": _scalarlane,
        "duplicate": _duplicate,
        "vimmediate": _vimmediate,
        "vload": _vload,
        "vstore": _vstore,
        "vloadlane": _vloadlane,
        "vstorelane": _vstorelane,
        "vlong": _vlong,
        "vwide": _vwide,
        "vwiden": _vwiden,
        "vshift": _vshift,
        "vextract": _vextract,
        "xar": _xar,
        "vector4": _vector4,
        "vtable": _vtable,
    }
)
