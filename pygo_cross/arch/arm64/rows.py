# SPDX-License-Identifier: BSD-3-Clause
"""All ways to read a word: the forms of forms.txt, with where each of their operands stands.

A layout says for an encoder of forms.txt, and a number of operands, which word it starts from and what reads each operand (fields.py).
With the words of instructions.txt that makes a `Row`: the bits that an instruction has fixed, and the readers of all others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.arch.arm64 import moves, table, vector
from pygo_cross.arch.arm64 import vectorfields as _vectorfields
from pygo_cross.arch.arm64.encode import ALIASES, BITS_OUT, EXTENSIONS
from pygo_cross.arch.arm64.fields import A_BITS, D_BITS, M_BITS, N_BITS, READERS, WHOLE_READERS, All, One
from pygo_cross.arch.arm64.operands import COMPARES
from pygo_cross.arch.arm64.table import Form
from pygo_cross.obj.prog import Addr

_COMPLETE: Final = _vectorfields  # importing it registers the readers of vectors
_ALL: Final = 0xFFFFFFFF
_ZERO_D: Final = (D_BITS, 31)
_ZERO_N: Final = (N_BITS, 31 << 5)
_ZERO_A: Final = (A_BITS, 31 << 10)
_ZERO_M: Final = (M_BITS, 31 << 16)
_FIXED: Final = {"d=31": _ZERO_D, "n=31": _ZERO_N, "a=31": _ZERO_A, "m=31": _ZERO_M, "m=0": (M_BITS, 0)}

Base = Callable[[str, Form], int | None]
"""The word that an encoding starts from, None if the mnemonic has none of this layout."""


def _kind(kind: str, more: int = 0) -> Base:
    def base(op: str, form: Form) -> int | None:
        word = table.word(op, kind)
        return None if word is None else word | more

    return base


def _word(word: int) -> Base:
    return lambda op, form: word


def _landing(op: str, form: Form) -> int | None:
    word = table.word("HINT", "imm")
    return None if word is None else word | 32 << 5


def _only(base: Base, test: Callable[[str, Form], bool]) -> Base:
    return lambda op, form: base(op, form) if test(op, form) else None


def _is_compare(op: str, form: Form) -> bool:
    return op in COMPARES


def _negates(op: str, form: Form) -> bool:
    return op.startswith(("NEG", "MVN"))


def _first_is(name: str) -> Callable[[str, Form], bool]:
    return lambda op, form: _classes(form)[0] == name


def _shift_base(op: str, form: Form) -> int | None:
    narrow = "W" if op.endswith("W") else ""
    real = {"ROR": "EXTR", "ASR": "SBFM"}.get(op[:3], "UBFM")
    return table.word(real + narrow, "imm")


def _field_base(op: str, form: Form) -> int | None:
    narrow = "W" if op.endswith("W") else ""
    return table.word(ALIASES[op.removesuffix("W")] + narrow, "imm")


def _extend_base(op: str, form: Form) -> int | None:
    if op not in EXTENSIONS:
        return None
    real, last = EXTENSIONS[op]
    word = table.word(real, "imm")
    return None if word is None else word | last << 10


def _bits_between(op: str, form: Form) -> int | None:
    """Bits between a general and a floating-point register."""
    word = BITS_OUT.get(op)
    return None if word is None else word | (_classes(form)[0] == "zreg") << 16


def _load(more: int, *, scaled: bool) -> Base:
    def base(op: str, form: Form) -> int | None:
        word = table.word(op, "ldr")
        if word is None or (not form.suffix and _memory_class(form).startswith("m:n") == scaled):
            return None
        return word | more

    return base


def _store(more: int, *, scaled: bool) -> Base:
    load = _load(more, scaled=scaled)

    def base(op: str, form: Form) -> int | None:
        word = load(op, form)
        # Storing is the same for numbers with a sign and without.
        if word is None or op in ("MOVBU", "MOVHU", "MOVWU"):
            return None
        return word & ~(1 << 22) if op == "FMOVQ" else word & ~(3 << 22)

    return base


def _indexed(kind: str) -> Base:
    def base(op: str, form: Form) -> int | None:
        word = table.word(op, kind)
        return None if word is None or (kind == "strr" and op in ("MOVBU", "MOVHU", "MOVWU")) else word | 2 << 10

    return base


def _pair(op: str, form: Form) -> int | None:
    _, word, _ = moves.PAIR_KIND[op]
    if not form.suffix and _memory_class(form).startswith("m:n"):
        return None
    return word | 5 << 27 | ("L" in op[:2]) << 22 | {"": 2, "P": 1, "W": 3}[form.suffix] << 23


def _move_constant(invert: bool) -> Base:
    def base(op: str, form: Form) -> int | None:
        return table.word(("MOVN" if invert else "MOVZ") + ("W" if op == "MOVW" else ""), "imm")

    return base


def _move_bits(op: str, form: Form) -> int | None:
    return table.word("ORRW" if op == "MOVW" else "ORR", "imm")


def _half(op: str, form: Form) -> int | None:
    """Q of a vector instruction that works on the upper half."""
    word = table.word(op, "rrr" if table.word(op, "imm") is None else "imm")
    return None if word is None else word | (op.endswith("2") << 30)


def _upper(test: Callable[[str, Form], bool]) -> Base:
    return _only(_half, test)


def _structure(op: str, form: Form) -> int | None:
    word = table.word(op, "rrr") if op.startswith("VLD") else vector.STORE
    if word is None:
        return None
    if op not in ("VLD1", "VST1"):
        word |= vector.STRUCTURES[op[3:]] << 12
    return word | (form.suffix == "P") << 23


def _element(op: str, form: Form) -> int | None:
    return vector.ONE_ELEMENT | (op == "VLD1") << 22 | (form.suffix == "P") << 23


def _integer_across(op: str, form: Form) -> int | None:
    return None if "F" in op[:2] else table.word(op, "rrr")


# (encoder, base, operands and fixed registers)
_LAYOUTS: Final[tuple[tuple[str, Base, str], ...]] = (
    ("rrr", _kind("rrr"), "m n d"),
    ("rrr", _only(_kind("rrr"), _is_compare), "m n d=31"),
    ("shiftreg", _kind("rrr"), "m n d"),
    ("addimm", _kind("imm"), "imm12 n d"),
    ("addimm", _only(_kind("imm"), _is_compare), "imm12 n d=31"),
    ("shifted", _kind("rrr"), "shifted n d"),
    ("shifted", _only(_kind("rrr"), _is_compare), "shifted n d=31"),
    ("shifted", _only(_kind("rrr"), _negates), "shifted d n=31"),
    ("extended", _only(_kind("ext"), _first_is("zreg")), "whole n d"),
    ("extended", _only(_kind("ext"), _first_is("ext")), "extended n d"),
    ("extended", _only(_kind("ext"), lambda op, form: op in COMPARES and _classes(form)[0] == "zreg"), "whole n d=31"),
    ("extended", _only(_kind("ext"), lambda op, form: op in COMPARES and _classes(form)[0] == "ext"), "extended n d=31"),
    ("branch", _kind("bra"), "rel26"),
    ("branchreg", _only(_kind("brr"), lambda op, form: _classes(form)[0] != "zreg"), "memory"),
    ("branchcond", _kind("bra"), "rel19"),
    ("branchzero", _kind("imm"), "d rel19"),
    ("branchbit", _kind("imm"), "bit d rel14"),
    ("shiftimm", _shift_base, "@shift"),
    ("exception", _kind("exc"), "imm16"),
    ("exception", _only(_kind("exc"), lambda op, form: op == "SB"), ""),
    ("muladd", _kind("rrr"), "m a n d"),
    ("muladd", _kind("rrr"), "m n d a=31"),
    ("rrzero", _kind("rrr"), "m d n=31"),
    ("select", _kind("rrr"), "condition n m d"),
    ("select", _kind("rrr"), "inverse twice d"),
    ("select", _kind("rrr"), "inverse d n=31 m=31"),
    ("compareif", _only(_kind("rrr"), lambda op, form: _classes(form)[2] == "zreg"), "condition n m flags"),
    ("compareif", _only(_kind("imm"), lambda op, form: _classes(form)[2] != "zreg"), "condition n imm5 flags"),
    ("negate", _kind("rrr"), "m d n=31"),
    ("convert", _bits_between, "n d"),
    ("convert", _only(_kind("rrr"), lambda op, form: op not in BITS_OUT), "n d"),
    ("plain", _kind("none"), ""),
    ("bitfield", _kind("imm"), "rotate n last d"),
    ("bitalias", _field_base, "@field"),
    ("extract", _kind("imm"), "last m n d"),
    ("extend", _extend_base, "n d"),
    ("extend", _only(_kind("rrr"), lambda op, form: op == "MOVWU"), "m d n=31"),
    ("bits", _kind("bit"), "n d"),
    ("atomic", _kind("atom"), "m memory d"),
    ("casp", _kind("atom"), "evenm memory evend"),
    ("bitmask", _kind("imm"), "bitmask n d"),
    ("bitmask", _only(_kind("imm"), _is_compare), "bitmask n d=31"),
    ("loadexclusive", _only(_kind("ldx"), lambda op, form: _classes(form)[1] == "zreg"), "memory d a=31 m=31"),
    ("loadexclusive", _only(_kind("ldx"), lambda op, form: _classes(form)[1] == "pair"), "memory pairda m=31"),
    ("storeexclusive", _only(_kind("stx"), _first_is("zreg")), "d memory m a=31"),
    ("storeexclusive", _only(_kind("stx"), _first_is("zreg")), "d memory m=31 a=31"),
    ("storeexclusive", _only(_kind("stx"), _first_is("pair")), "pairda memory m"),
    ("adrp", _kind("imm"), "page21 d"),
    ("adr", _kind("imm"), "rel21 d"),
    ("undefined", _word(0), ""),
    ("readsys", _only(_kind("rrr"), lambda op, form: op == "MRS"), "readable d"),
    ("writesys", _only(_kind("rrr"), lambda op, form: op == "MSR"), "d writable"),
    ("writepstate", _only(_kind("imm"), lambda op, form: op == "MSR"), "crm state"),
    ("clrex", _kind("exc", 15 << 8), ""),
    ("clrex", _kind("exc"), "crm"),
    ("system", _kind("imm"), "system d"),
    ("system", _only(_kind("imm"), lambda op, form: op == "SYS"), "system d=31"),
    ("barrier", _kind("imm"), "crm"),
    ("hint", _kind("imm"), "hint"),
    ("prefetch", _kind("imm"), "scaled prefetch"),
    ("rangeprefetch", _kind("imm"), "memory m range"),
    ("cache", _kind("imm"), "@cache"),
    ("landing", _landing, "landing"),
    # moves.py
    ("movconst", _move_constant(False), "moved d"),
    ("movconst", _move_constant(True), "moved d"),
    ("movconst", _move_bits, "bits d n=31"),
    ("movk", _kind("imm"), "group d"),
    ("move", _only(_kind("rrr"), lambda op, form: _classes(form)[0] == "zreg"), "m d n=31"),
    ("move", _only(_kind("imm"), _first_is("sp")), "n d"),
    ("store", _store(1 << 24, scaled=True), "d scaled"),
    ("store", _store(0, scaled=False), "d unscaled"),
    ("load", _load(1 << 24, scaled=True), "scaled d"),
    ("load", _load(0, scaled=False), "unscaled d"),
    ("storeback", _store(0, scaled=False), "d unscaled"),
    ("loadback", _load(0, scaled=False), "unscaled d"),
    ("storeindexed", _indexed("strr"), "d indexed"),
    ("loadindexed", _indexed("ldrr"), "indexed d"),
    ("loadpair", _pair, "pairplace pairda"),
    ("storepair", _pair, "pairda pairplace"),
    ("float", _only(_kind("rrr"), lambda op, form: bool((table.word(op, "rrr") or 0) & 1 << 11)), "m n d"),
    ("float", _only(_kind("rrr"), lambda op, form: op.startswith("FMOV")), "n d"),
    ("floatconst", lambda op, form: moves.FLOAT_CONSTANT | (op == "FMOVD") << 22, "float d"),
    ("floatcompare", _only(_kind("rrr"), _first_is("freg")), "m n"),
    ("floatcompare", _only(_kind("rrr", 8), _first_is("fcon")), "floatzero n m=0"),
    ("floatcompareif", _kind("rrr"), "condition m n flags"),
    # vector.py
    ("crypto2", _only(_kind("rrr"), _first_is("arng")), "cn cd"),
    ("crypto2", _only(_kind("rrr"), lambda op, form: op == "SHA1H" and _classes(form)[0] == "vreg"), "n d"),
    ("crypto3", _only(_kind("rrr"), _first_is("arng")), "cm n d"),
    ("sha3", _kind("rrr"), "cm cn cd"),
    ("vector3", _kind("rrr"), "tm tn td"),
    ("vector2", _only(_kind("rrr"), lambda op, form: op == "VMOV"), "@moved"),
    ("vector2", _only(_kind("rrr"), lambda op, form: op != "VMOV"), "tn td"),
    ("vzero", _only(_kind("imm"), _first_is("zero")), "zero tn td"),
    ("vzero", _only(_kind("imm"), _first_is("fcon")), "floatzero fn fd"),
    ("vscalar", lambda op, form: vector.SCALARS.get(op), "m n d"),
    ("across", _integer_across, "across d"),
    ("across", lambda op, form: (table.word(op, "rrr") or 0) | 1 << 30 if "F" in op[:2] else None, "across d"),
    ("laneout", _word(vector.LANE_OUT), "elementq d"),
    ("lanein", _word(vector.LANE_IN), "n elementd"),
    ("lanelane", _word(vector.LANE_TO_LANE), "sourceelement elementd"),
    ("duplane", _word(vector.LANE_TO_ALL), "elementn byimm5"),
    ("scalarlane", _word(vector.LANE_ALONE), "elementn d"),
    ("duplicate", _word(vector.REGISTER_TO_ALL), "n byimm5"),
    ("vimmediate", _word(vector.BYTES), "eight bd"),
    ("vload", _structure, "@structures"),
    ("vstore", _structure, "@structures"),
    ("vloadlane", _element, "@element"),
    ("vstorelane", _element, "@element"),
    ("vlong", _half, "narrowm narrown wided"),
    ("vwide", _half, "narrowm widen wided"),
    ("vwiden", _upper(lambda op, form: not op.startswith("VFCVT")), "@longshift"),
    ("vwiden", _upper(lambda op, form: op.startswith("VFCVT")), "@widenedfloat"),
    ("vshift", _upper(lambda op, form: op.startswith("VSHRN")), "@vectorshift"),
    ("vshift", _only(_kind("imm"), lambda op, form: len(form.operands) == 3 and not op.startswith("VSHRN")), "@vectorshift"),
    ("vshift", _upper(lambda op, form: len(form.operands) == 2), "@narrowed"),
    ("vextract", _kind("imm"), "imm4 bm bn bd"),
    ("xar", _kind("imm"), "imm6 m2 n2 d2"),
    ("vector4", _kind("rrr"), "a16 m16 n16 d16"),
    ("vtable", lambda op, form: vector.TABLE | (op == "VTBX") << 12, "bm table bd"),
)

_LATE: Final[dict[str | tuple[str, str], int]] = {
    **dict.fromkeys(("BCS", "BCC", "ROR", "RORW"), -1),
    **dict.fromkeys(("UXTB", "UXTH", "UXTW", "VORR", "VUSHLL", "VUSHLL2", "VSSHLL", "VSSHLL2"), 1),
    **dict.fromkeys(("MOVB", "MOVH", "MOVW", "MOVBU", "MOVHU", "MOVZ", "MOVZW", "MOVN", "MOVNW"), 1),
    ("VDUP", "scalarlane"): 1,
    **{(op, "bitmask"): 2 for op in ("BIC", "BICW", "BICS", "BICSW", "EON", "EONW", "ORN", "ORNW")},
    **dict.fromkeys(("AT", "IC", "BFM", "BFMW", "SBFM", "SBFMW", "UBFM", "UBFMW"), 3),
}
"""Of names for one word (perhaps by one encoder) the higher are told later; of equals, those that fix more of the word are first."""


def _classes(form: Form) -> list[str]:
    """The classes of a form's operands, by name."""
    text = form.text.split()[1]
    return [] if text == "-" else text.split(",")


def _memory_class(form: Form) -> str:
    return next((name for name in _classes(form) if ":" in name), "")


class Row:
    """One way to read a word: which bits are fixed, and what reads the others."""

    __slots__ = ("base", "form", "late", "op", "patterns", "readers", "whole", "word_mask")

    def __init__(self, op: str, form: Form, base: int, names: str, late: int) -> None:
        self.op, self.form, self.late = op, form, late
        self.patterns = tuple(_classes(form))
        self.whole: All | None = None
        readers: list[One] = []
        varies = 0
        for name in names.split():
            if name in _FIXED:
                where, value = _FIXED[name]
                base = base & ~where | value
            elif name[0] == "@":
                whole, self.whole = WHOLE_READERS[name]
                varies |= whole
            else:
                taken, reader = READERS[name]
                varies |= taken if isinstance(taken, int) else taken(op)
                readers.append(reader)
        self.readers = tuple(readers)
        self.word_mask = _ALL & ~varies
        if form.suffix and form.encoder in ("loadback", "storeback"):
            base |= (1 if form.suffix == "P" else 3) << 10
        self.base = base & self.word_mask

    def read(self, word: int) -> tuple[Addr, ...] | None:
        """The operands of a word, None if it is not of this row."""
        if self.whole is not None:
            return self.whole(word, self.patterns, self.op)
        args = []
        for reader, pattern in zip(self.readers, self.patterns, strict=True):
            addr = reader(word, pattern, self.op)
            if addr is None:
                return None
            args.append(addr)
        return tuple(args)


def _count(names: str) -> int:
    return sum("=" not in name for name in names.split())


def rows() -> list[Row]:
    """All ways to read a word."""
    layouts: dict[str, list[tuple[Base, str]]] = {}
    for encoder, base, names in _LAYOUTS:
        layouts.setdefault(encoder, []).append((base, names))
    found = []
    for op in table.mnemonics():
        for form in table.forms(op):
            if form.size != 4:
                continue
            for base, names in layouts.get(form.encoder, ()):
                if names[:1] != "@" and _count(names) != len(form.operands):
                    continue
                start = base(op, form)
                if start is not None:
                    late = _LATE.get((op, form.encoder), _LATE.get(op, 0))
                    found.append(Row(op, form, start, names, late))
    return found
