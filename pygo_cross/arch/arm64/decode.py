# SPDX-License-Identifier: BSD-3-Clause
"""Words into instructions, by the tables that they are encoded with.

A layout says for an encoder of forms.txt, and a number of operands, where each operand stands in the word (fields.py); with the words
of instructions.txt that gives the bits that every instruction has fixed, and by these a word finds its candidates. Each is read, and
encoded again: the first that gives the same word is the answer, so an instruction that is told can be assembled to what it was. Where
none does (an offset that Go's assembler writes in another way), the first that can be read is told as not exact.

Of several names for one word the most special stands first: CMP before SUBS, LSL before UBFIZ, as the architecture's manual prefers.
Forms of several words are not looked for: each of their words is an instruction.

`decode` knows no symbols: branches are told as distances from the instruction's end. ADRP's distance is in `offset` of its operand, in
bytes from the page that it stands in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.arch.arm64 import layout as _layout
from pygo_cross.arch.arm64 import moves, table
from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64.encode import ALIASES, EXTENSIONS, EncodeError, Encoder
from pygo_cross.arch.arm64.fields import A_BITS, D_BITS, M_BITS, N_BITS, READERS, SHAPE_BITS, WHOLE_READERS, All, One, shape_bits, signed
from pygo_cross.arch.arm64.operands import COMPARES, Frame
from pygo_cross.arch.arm64.rewrite import RewriteError, rewrite
from pygo_cross.arch.arm64.table import Form
from pygo_cross.arch.arm64.vector import STRUCTURES
from pygo_cross.arch.machine import Instruction
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import BRANCH, REG, Addr, Prog

__all__ = ["decode", "rows"]
_COMPLETE: Final = _layout  # importing it registers all encoders

_ALL: Final = 0xFFFFFFFF
_NOT_SCALABLE: Final = 13 << 25
"""Bits that no instruction of SVE has, and nearly all others have."""
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
    if op not in ("FMOVD", "FMOVS"):
        return None
    return (0x9E660000 if op == "FMOVD" else 0x1E260000) | (_classes(form)[0] == "zreg") << 16


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


def _sign(op: str, form: Form) -> int | None:
    """Q of a vector instruction that works on the upper half."""
    word = table.word(op, "rrr" if table.word(op, "imm") is None else "imm")
    return None if word is None else word | (op.endswith("2") << 30)


def _upper(test: Callable[[str, Form], bool]) -> Base:
    return _only(_sign, test)


def _structure(op: str, form: Form) -> int | None:
    word = table.word(op, "rrr") if op.startswith("VLD") else 3 << 26
    if word is None:
        return None
    if op not in ("VLD1", "VST1"):
        word |= STRUCTURES[op[3:]] << 12
    return word | (form.suffix == "P") << 23


def _element(op: str, form: Form) -> int | None:
    return 0x0D000000 | (op == "VLD1") << 22 | (form.suffix == "P") << 23


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
    ("convert", _only(_kind("rrr"), lambda op, form: op not in ("FMOVD", "FMOVS")), "n d"),
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
    ("undefined", lambda op, form: 0, ""),
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
    ("landing", lambda op, form: 0xD503241F, "landing"),
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
    ("floatconst", lambda op, form: 0x1E201000 | (op == "FMOVD") << 22, "float d"),
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
    ("vscalar", lambda op, form: {"VADD": 0x5EE08400, "VSUB": 0x7EE08400}.get(op), "m n d"),
    ("across", _integer_across, "across d"),
    ("across", lambda op, form: (table.word(op, "rrr") or 0) | 1 << 30 if "F" in op[:2] else None, "across d"),
    ("laneout", lambda op, form: 0x0E003C00, "elementn d"),
    ("lanein", lambda op, form: 0x4E001C00, "n elementd"),
    ("lanelane", lambda op, form: 0x6E000400, "sourceelement elementd"),
    ("duplane", lambda op, form: 0x0E000400, "elementn byimm5"),
    ("scalarlane", lambda op, form: 0x5E000400, "elementn d"),
    ("duplicate", lambda op, form: 0x0E000C00, "n byimm5"),
    ("vimmediate", lambda op, form: 0x0F00E400, "eight bd"),
    ("vload", _structure, "@structures"),
    ("vstore", _structure, "@structures"),
    ("vloadlane", _element, "@element"),
    ("vstorelane", _element, "@element"),
    ("vlong", _sign, "narrowm narrown wided"),
    ("vwide", _sign, "narrowm widen wided"),
    ("vwiden", _upper(lambda op, form: not op.startswith("VFCVT")), "@longshift"),
    ("vwiden", _upper(lambda op, form: op.startswith("VFCVT")), "@widenedfloat"),
    ("vshift", _upper(lambda op, form: op.startswith("VSHRN")), "@vectorshift"),
    ("vshift", _only(_kind("imm"), lambda op, form: len(form.operands) == 3 and not op.startswith("VSHRN")), "@vectorshift"),
    ("vshift", _upper(lambda op, form: len(form.operands) == 2), "@narrowed"),
    ("vextract", _kind("imm"), "imm4 bm bn bd"),
    ("xar", _kind("imm"), "imm6 m2 n2 d2"),
    ("vector4", _kind("rrr"), "a16 m16 n16 d16"),
    ("vtable", lambda op, form: 0x0E000000 | (op == "VTBX") << 12, "bm table bd"),
)

_LATE: Final = {
    **dict.fromkeys(("BCS", "BCC", "ROR", "RORW"), -1),
    **dict.fromkeys(("UXTB", "UXTH", "UXTW", "VORR", "VUSHLL", "VUSHLL2", "VSSHLL", "VSSHLL2"), 1),
    **dict.fromkeys(("MOVB", "MOVH", "MOVW", "MOVBU", "MOVHU", "MOVZ", "MOVZW", "MOVN", "MOVNW"), 1),
    **dict.fromkeys(("AT", "IC", "BFM", "BFMW", "SBFM", "SBFMW", "UBFM", "UBFMW"), 3),
}
"""Of several names for one word, the higher are told later; among those of a number, the ones that fix more of the word are first."""


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
                taken, self.whole = WHOLE_READERS[name]
                varies |= taken
            else:
                taken, reader = READERS[name]
                varies |= taken
                if name in ("td", "tn", "tm"):
                    varies |= shape_bits(op)
                elif name in ("fd", "fn"):
                    varies |= 1 << 30 | 1 << 22
                elif name == "across" and "F" not in op[:2]:
                    varies |= SHAPE_BITS
                elif name == "state":
                    varies |= 0xF << 12
                elif name == "byimm5" or name == "elementn":
                    varies |= 1 << 30
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


_masks: list[tuple[int, dict[int, list[Row]]]] = []
_near: dict[int, list[tuple[int, dict[int, list[Row]]]]] = {}
_encoder: Encoder | None = None
_known: dict[int, Instruction | None] = {}
_MOST_KNOWN: Final = 1 << 17


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
                if form.encoder == "vwiden" and len(form.operands) == 2 and names == "@longshift" and not op.startswith(("VUXTL", "VSXTL")):
                    continue
                start = base(op, form)
                if start is not None:
                    late = 1 if op == "VDUP" and form.encoder == "scalarlane" else _LATE.get(op, 0)
                    found.append(Row(op, form, start, names, late))
    return found


def _load_rows() -> None:
    """Makes the index of rows by their fixed bits, those that fix most first."""
    global _encoder
    _encoder = Encoder(Context("arm64", "linux"))
    by_mask: dict[int, dict[int, list[Row]]] = {}
    for row in rows():
        by_mask.setdefault(row.word_mask, {}).setdefault(row.base, []).append(row)
    for mask in sorted(by_mask, key=lambda mask: (-mask.bit_count(), mask)):
        _masks.append((mask, by_mask[mask]))


def decode(code: bytes, at: int = 0) -> Instruction | None:
    """The instruction at `at`; None for what is none, or is cut short."""
    word = int.from_bytes(code[at : at + 4], "little")
    if len(code) < at + 4:
        return None
    if word in _known:
        return _known[word]
    if not _masks:
        _load_rows()
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    found = _known[word] = _decode(word)
    return found


def _masks_for(top: int) -> list[tuple[int, dict[int, list[Row]]]]:
    """The masks that words with this highest byte can have, with their rows."""
    found = _near.get(top)
    if found is None:
        found = _near[top] = []
        for mask, index in _masks:
            high = mask >> 24
            part = {base: rows for base, rows in index.items() if base >> 24 == top & high}
            if part:
                found.append((mask, part))
    return found


def _scalable(word: int) -> Instruction | None:
    """An instruction of SVE, by its own table."""
    from pygo_cross.arch.arm64 import sve

    found = sve.decode(word)
    if found is None:
        return None
    instruction = Instruction(4, found[0], "", found[1])
    instruction.exact = sve.encode(*found) == word
    return instruction


def _decode(word: int) -> Instruction | None:
    if not word & _NOT_SCALABLE:
        scalable = _scalable(word)
        if scalable is not None:
            return scalable
    candidates = [row for mask, index in _masks_for(word >> 24) for row in index.get(word & mask, ())]
    candidates.sort(key=lambda row: row.late)
    fitting: Instruction | None = None
    for row in candidates:
        args = row.read(word)
        if args is None:
            continue
        distance = None
        if args and row.op not in ("ADRP",):
            distance = next((arg.offset for arg in args if arg.type == BRANCH), None)
        exact = _same(row, args, word)
        if not exact and fitting is not None:
            continue
        if row.op == "RET" and args[0].reg == regs.LINK:
            args = ()
        found = Instruction(4, row.op, row.form.suffix, args)
        if distance is not None:
            found.distance = distance - 4
        if exact:
            return found
        found.exact = False
        fitting = found
    return fitting or _literal(word)


_LITERALS: Final = ("MOVWU", "MOVD", "MOVW")


def _literal(word: int) -> Instruction | None:
    """A load of a literal, which source only has as a far offset or a large number: it can't be assembled by itself."""
    kind = word >> 30
    if word >> 24 & 0x3F != 0x18 or kind == 3:
        return None
    register = word & 31
    found = Instruction(4, _LITERALS[kind], "", (Addr(BRANCH), Addr(REG, regs.GP + register)))
    found.distance = signed(word >> 5, 19) * 4 - 4
    found.exact = False
    return found


def _same(row: Row, args: tuple[Addr, ...], word: int) -> bool:
    """Whether an instruction assembles to this word."""
    assert _encoder is not None
    prog = Prog(row.op, args, None, 0, row.form.suffix)
    for arg in args:
        if arg.type == BRANCH:
            prog.target = Prog("NOP", (), None, 0)
            prog.target.pc = arg.offset
    _encoder.begin(Frame(0, 0), [])
    try:
        made = rewrite(_encoder.context, prog)
        return len(made) == 1 and _encoder.encode(made[0]) == [word]
    except (EncodeError, RewriteError):
        return False
