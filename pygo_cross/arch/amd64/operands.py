# SPDX-License-Identifier: BSD-3-Clause
"""What kinds of operand the rows of the instruction tables take.

Every operand has one class, its narrowest (`classify`); a row asks for patterns, each of which takes several classes
(`TAKES`, and the other way round `PATTERNS`). Both are ints; their names are those of the tables.
Facts: GOROOT/src/cmd/internal/obj/x86/asm6.go (oclass, ycover).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.arch.amd64.registers import (
    BYTE,
    CONTROL,
    DEBUG,
    GP,
    HIGH_BYTE,
    MASK,
    MMX,
    NUMBERS,
    SEGMENT,
    SYSTEM,
    TEST,
    THREAD,
    X87,
    XMM,
    YMM,
    ZMM,
)
from pygo_cross.arch.amd64.registers import NAMES as REGISTER_NAMES
from pygo_cross.obj.prog import (
    ADDR,
    BRANCH,
    CONST,
    INDIR,
    MEM,
    NAME_AUTO,
    NAME_EXTERN,
    NAME_GOTREF,
    NAME_NONE,
    NAME_PARAM,
    NAME_STATIC,
    NONE,
    REG,
    REGLIST,
    TEXTSIZE,
    Addr,
)

_words = str.split

_CONSTANTS: Final = _words("zero one u2 u7 u8 i8 s32 i32 i64")
_SYSTEM: Final = [
    REGISTER_NAMES[number].lower() for number in REGISTER_NAMES if number >> 8 in (SEGMENT, SYSTEM, CONTROL, DEBUG, TEST, THREAD)
]
_CLASSES: Final = [
    *_words("bad none"),
    *_CONSTANTS,
    *_words("addr al cl ax cx rb r st st0 rx m rel mm x0 x xv X Xv X4 y yv Y Yv Y4 Z Zv Z4 k0 k textsize *sym"),
    *_SYSTEM,
]

# Which classes each pattern takes, besides the class of its own name.
_WIDER: Final = {
    "u2": "zero one",
    "u7": "zero one u2",
    "u8": "zero one u2 u7",
    "i8": "zero one u2 u7",
    "s32": "zero one u2 u7 u8 i8",
    "i32": "zero one u2 u7 u8 i8 s32",
    "i64": "zero one u2 u7 u8 i8 s32 i32",
    "rb": "al cl ax cx rx r",
    "r8": "al cl ax cx rx r rb",
    "cx": "cl",
    "rx": "ax cx",
    "r": "ax cx rx",
    "st": "st0",
    "rmb": "al cl ax cx rx rb r m",
    "rm8": "al cl ax cx rx rb r m",
    "rm": "ax cx rx r m",
    "mmrm": "ax cx rx r m mm",
    "x": "x0",
    "xm": "m x0 x",
    "ym": "m y",
    "X": "x0 x",
    "Xm": "m x0 x X",
    "Y": "y",
    "Ym": "m y Y",
    "Zm": "m Z",
    "K": "k0 k",
    "Km": "k0 k m",
    "Xv": "xv",
    "Yv": "yv",
}

CLASS: Final = {name: number for number, name in enumerate(_CLASSES)}
"""The number of each class by its name."""

TAKES: Final[dict[str, frozenset[int]]] = {name: frozenset({CLASS[name]}) for name in _CLASSES if name != "bad"}
"""The classes that each pattern takes."""
TAKES.update(
    {
        pattern: frozenset(CLASS[name] for name in names.split()) | ({CLASS[pattern]} if pattern in CLASS else frozenset())
        for pattern, names in _WIDER.items()
    }
)

BAD: Final = CLASS["bad"]
_NONE: Final = CLASS["none"]
_ADDRESS: Final = CLASS["addr"]
_MEMORY: Final = CLASS["m"]
_RELATIVE: Final = CLASS["rel"]
_TEXT_SIZE: Final = CLASS["textsize"]
_INDIRECT: Final = CLASS["*sym"]
_C: Final = [CLASS[name] for name in _CONSTANTS]
_ZERO, _ONE, _U2, _U7, _U8, _I8, _S32, _I32, _I64 = _C


def _register_class(number: int) -> int:
    kind, place = number >> 8, number & 0xFF
    name = REGISTER_NAMES[number].lower()
    if kind == GP:
        return CLASS[{0: "ax", 1: "cx", 2: "rx", 3: "rx"}.get(place, "r")]
    if kind == BYTE:
        # SPB is no operand of any instruction.
        return CLASS["bad" if name == "spb" else {0: "al", 1: "cl"}.get(place, "rb")]
    if kind == XMM:
        return CLASS["x0" if not place else "x" if place < 16 else "X"]
    if kind == YMM:
        return CLASS["y" if place < 16 else "Y"]
    if kind == MASK:
        return CLASS["k" if place else "k0"]
    if kind in (CONTROL, DEBUG, TEST) and place > 8:
        return BAD
    simple = {HIGH_BYTE: "rb", MMX: "mm", ZMM: "Z"}
    if kind == X87:
        return CLASS["st" if place else "st0"]
    return CLASS[simple.get(kind, name)]


_REGISTER_CLASS: Final = {number: _register_class(number) for number in REGISTER_NAMES}
_VECTOR_INDEX: Final = {
    number: CLASS[
        {XMM: "xv", YMM: "yv", ZMM: "Zv"}[number >> 8] if number >> 8 == ZMM or number & 0xFF < 16 else {XMM: "Xv", YMM: "Yv"}[number >> 8]
    ]
    for number in REGISTER_NAMES
    if number >> 8 in (XMM, YMM, ZMM)
}
_LISTS: Final = {XMM: CLASS["X4"], YMM: CLASS["Y4"], ZMM: CLASS["Z4"]}
_SP: Final = NUMBERS["SP"]


def _constant(value: int) -> int:
    if 0 <= value <= 255:
        if value <= 3:
            return _ZERO if not value else _ONE if value == 1 else _U2
        return _U7 if value <= 127 else _U8
    if -128 <= value < 0:
        return _I8
    if -0x80000000 <= value < 0x80000000:
        return _S32
    return _I32 if 0 <= value < 0x100000000 else _I64


def classify(addr: Addr) -> int:
    """The class of an operand: `BAD` for what no instruction takes. It is remembered in the operand."""
    known = addr.kind
    if not known:
        known = addr.kind = _classify(addr) + 1
    return known - 1


def _classify(addr: Addr) -> int:
    kind = addr.type
    if kind == REG:
        return _REGISTER_CLASS.get(addr.reg, BAD)
    if kind == MEM:
        index = addr.index
        if index < 0 or index == _SP:
            return BAD
        vector = _VECTOR_INDEX.get(index)
        if vector is not None:
            return vector
        name = addr.name
        if name == NAME_NONE:
            return _MEMORY
        if name in (NAME_EXTERN, NAME_STATIC, NAME_GOTREF):
            # Global data is addressed by the instruction pointer, which takes no other register.
            return BAD if addr.reg or index or addr.scale else _MEMORY
        if name in (NAME_AUTO, NAME_PARAM):
            return _MEMORY if addr.reg in (0, _SP) else BAD
        return BAD
    if kind == CONST:
        return _constant(addr.offset)
    if kind == ADDR:
        if addr.name in (NAME_EXTERN, NAME_STATIC, NAME_AUTO, NAME_PARAM):
            return _ADDRESS
        return BAD if addr.sym is not None or addr.name != NAME_NONE else _constant(addr.offset)
    if kind == BRANCH:
        return _RELATIVE
    if kind == REGLIST:
        low, high = addr.reg, addr.offset
        return _LISTS.get(low >> 8, BAD) if low >> 8 == high >> 8 and high - low == 3 else BAD
    if kind == INDIR:
        return _INDIRECT if addr.name != NAME_NONE and not addr.reg and not addr.index and not addr.scale else BAD
    if kind == NONE:
        return _NONE
    if kind == TEXTSIZE:
        return _TEXT_SIZE
    return BAD
