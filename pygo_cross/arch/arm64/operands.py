# SPDX-License-Identifier: BSD-3-Clause
"""Which operands an instruction has, where, and of which classes (the names in forms.txt).

Go's assembler knows up to five places: a first source, a register behind it, a third source, the destination and a second one.
`places` puts the operands of a Prog there. Frames matter: a name in the frame is an offset from SP once the frame's size is known.
Facts: GOROOT/src/cmd/asm/internal/asm/asm.go (asmInstruction), cmd/internal/obj/arm64/asm7.go (aclass, oplook).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64.constants import constant_class, is_addcon, wide_class
from pygo_cross.arch.arm64.table import SCALABLE
from pygo_cross.obj.goobj import STLSBSS
from pygo_cross.obj.prog import (
    ADDR,
    BRANCH,
    CONST,
    FCONST,
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
    REGREG,
    SHIFT,
    SPECIAL,
    Addr,
    Prog,
)

_words = str.split

COMPARES: Final = frozenset(_words("CMN CMP TST CMNW CMPW TSTW FCMPS FCMPD FCMPES FCMPED"))
TABLES: Final = frozenset(_words("VTBL VTBX VMOVQ"))
PAIR_SWAPS: Final = frozenset(_words("CASPD CASPW"))
JUMPS: Final = frozenset(
    _words(
        "B BL BEQ BNE BCS BHS BCC BLO BMI BPL BVS BVC BHI BLS BGE BLT BGT BLE CALL CBZ CBZW CBNZ CBNZW JMP TBNZ TBZ ADR ADRP"
    )
)  # fmt: skip
"""What says where to go, or names a place as if it did (ADR)."""
UNARY_TARGETS: Final = JUMPS | frozenset(_words("WORD DWORD CLREX RET GETCALLERPC"))
"""Instructions whose only operand is a destination."""

_STORES_EXCLUSIVE: Final = _words("STLXRB STLXRH STLXRW STLXR STXRB STXRH STXRW STXR STXP STXPW STLXP STLXPW")
_ADDITIONS_32: Final = frozenset(_words("ADDW ADDSW SUBW SUBSW CMNW CMPW"))
_ADDITIONS_64: Final = frozenset(_words("ADD ADDS SUB SUBS CMN CMP"))
_LOGIC_32: Final = frozenset(_words("ANDW ORRW EORW ANDSW TSTW BICW EONW ORNW BICSW"))
_LOGIC_64: Final = frozenset(_words("AND ORR EOR ANDS TST BIC EON ORN BICS"))
_FLAG_SETTERS: Final = frozenset(_words("ADDS ADDSW SUBS SUBSW"))
_PAIRS: Final = frozenset(_words("FLDPQ FSTPQ LDP STP LDPW STPW"))
MOVE_SIZE: Final = {
    **dict.fromkeys(("MOVB", "MOVBU"), 0),
    **dict.fromkeys(("MOVH", "MOVHU"), 1),
    **dict.fromkeys(("MOVW", "MOVWU", "FMOVS"), 2),
    **dict.fromkeys(("MOVD", "FMOVD"), 3),
    "FMOVQ": 4,
}
"""The bytes that a move handles, as a power of two."""

ABSENT: Final = Addr()
"""What stands where an operand is missing."""


def atomics() -> frozenset[str]:
    """Instructions of one input and two outputs."""
    from pygo_cross.arch.arm64.table import mnemonics, word

    return frozenset([*_STORES_EXCLUSIVE, *(name for name in mnemonics() if word(name, "atom") is not None and name not in PAIR_SWAPS)])


_ATOMICS: Final = atomics()


class Places:
    """The operands of a Prog by place; ABSENT where there is none. `reg` and `to2_reg` are register numbers, 0 for none."""

    __slots__ = ("first", "reg", "third", "to", "to2", "to2_reg")

    def __init__(self) -> None:
        self.first = self.third = self.to = self.to2 = ABSENT
        self.reg = self.to2_reg = 0


def places(prog: Prog) -> Places:
    """Where the operands of an instruction stand."""
    found = Places()
    args = prog.args
    op = prog.op
    count = len(args)
    if not count:
        return found
    if count == 1:
        if op in UNARY_TARGETS:
            found.to = args[0]
        else:
            found.first = args[0]
        return found
    found.first = args[0]
    if op in SCALABLE:
        found.to = args[-1]
        if count > 2:
            found.third = args[1]
    elif count == 2:
        if op in COMPARES:
            found.reg = args[1].reg
        else:
            found.to = args[1]
    elif count == 3:
        if op in _ATOMICS:
            found.to, found.to2_reg = args[1], args[2].reg
        elif op in PAIR_SWAPS:
            found.to, found.to2 = args[1], args[2]
        else:
            if op in TABLES:
                found.third = args[1]
            else:
                found.reg = args[1].reg
            found.to = args[2]
    else:
        found.reg, found.third, found.to = args[1].reg, args[2], args[3]
    return found


def check(prog: Prog, show: Callable[[Addr, Prog], str]) -> str:
    """Whether an instruction may have these operands: an error message or ""."""
    args = prog.args
    op = prog.op
    count = len(args)
    if op in SCALABLE:
        return "" if count <= 6 else f"can't handle {op} instruction with {count} operands"
    if count > 4:
        return f"can't handle {op} instruction with {count} operands"
    if count == 2 and op in COMPARES:
        return _not_a_register(prog, 1, show)
    if count == 3:
        if op in _ATOMICS:
            return "" if args[2].type == REG else f"invalid addressing modes for third operand to {op} instruction, must be register"
        if op in TABLES:
            return ""
        if op in PAIR_SWAPS:
            if args[0].type == args[2].type == REGREG:
                return ""
            return f"invalid addressing modes for 1st or 3rd operand to {op} instruction, must be register pair"
    return _not_a_register(prog, 1, show) if count > 2 else ""


def check_jump(prog: Prog, show: Callable[[Addr, Prog], str]) -> str:
    """Whether a branch of three operands may have these in front of its target: an error message or ""."""
    first = prog.args[0]
    if first.type != CONST:
        return f"{prog.op}: expected immediate constant; found {show(first, prog)}"
    return _not_a_register(prog, 1, show)


def _not_a_register(prog: Prog, at: int, show: Callable[[Addr, Prog], str]) -> str:
    addr = prog.args[at]
    if addr.type != REG or addr.offset or addr.name or addr.index:
        return f"{prog.op}: expected register; found {show(addr, prog)}"
    return ""


def register_class(number: int) -> str:
    """The class of a register."""
    if number < regs.GP:
        return "gok"
    if number < regs.ZR:
        return "reg"
    if number == regs.ZR:
        return "zreg"
    if number == regs.SP:
        return "sp"
    if number < regs.SCALABLE:
        return "freg" if number < regs.VECTOR else "vreg"
    if number >= regs.SYSTEM:
        return "spr"
    if number >= regs.EXTENDED:
        return "ext"
    if regs.ARNG <= number < regs.Z_ARNG:
        return "arng" if number < regs.ELEM else "elem"
    return "gok"


class Frame:
    """How names in the frame become offsets: its size in bytes, and what of it lies above the saved link register."""

    __slots__ = ("extra", "size")

    def __init__(self, size: int, extra: int) -> None:
        self.size, self.extra = size, extra

    def offset(self, addr: Addr) -> int:
        """The offset of a memory operand or of an address in the frame, from its base."""
        if addr.name == NAME_AUTO:
            return self.size + addr.offset - self.extra
        if addr.name == NAME_PARAM:
            return self.size + addr.offset + 8
        return addr.offset


def classify(addr: Addr, frame: Frame, shared: bool) -> str:
    """The class of an operand; "o" and "a" for memory at a register and in the frame, "gok" for what no instruction takes."""
    kind = addr.type
    name = addr.name
    if kind == REG:
        return register_class(addr.reg)
    if kind == MEM:
        if regs.FP <= addr.reg < regs.VECTOR + 32:
            return "gok"
        if name in (NAME_EXTERN, NAME_STATIC):
            if addr.sym is None:
                return "gok"
            if addr.sym.kind == STLSBSS:
                return "tlsie" if shared else "tlsle"
            return "sym"
        if name == NAME_GOTREF:
            return "got"
        if name in (NAME_AUTO, NAME_PARAM):
            return "a"
        if addr.scale < 0:
            return "gok"
        if addr.index:
            return "roff" if not addr.offset or addr.index >= regs.EXTENDED else "gok"
        return "o"
    if kind in (CONST, ADDR):
        if name == NAME_NONE and addr.reg in (0, regs.ZR):
            return constant_class(addr.offset, 64)
        if name in (NAME_EXTERN, NAME_STATIC):
            return "addr" if addr.sym is not None else "gok"
        if name not in (NAME_NONE, NAME_AUTO, NAME_PARAM):
            return "gok"
        offset = frame.offset(addr)
        if is_addcon(offset) or is_addcon(-offset):
            return "aacon"
        return "aacon2" if 0 <= offset <= 0xFFFFFF else "lacon"
    if kind == SPECIAL:
        return "cond" if regs.WORDS[addr.offset][1] == "condition" else "word"
    return _SIMPLE.get(kind, "gok")


_SIMPLE: Final = {NONE: "none", REGREG: "pair", SHIFT: "shift", REGLIST: "list", FCONST: "fcon", BRANCH: "rel"}


def constant_for(op: str, addr: Addr, found: str) -> str:
    """The class of the first operand, when the instruction sees it otherwise: as 32 bits, or by the moves that make it."""
    if op in _FLAG_SETTERS and found == "addcon2":
        found = "lcon"
    if addr.type != CONST or addr.name != NAME_NONE:
        return found
    if op == "MOVW" or op in _ADDITIONS_32 or op in _LOGIC_32:
        found = constant_class(addr.offset & 0xFFFFFFFF, 32)
        if op in ("ADDSW", "SUBSW") and found == "addcon2":
            found = "lcon"
    if (op == "MOVD" or op in _LOGIC_64 or op in _ADDITIONS_64) and found in ("lcon", "vcon"):
        return wide_class(addr.offset)
    return found


def needs_pool(op: str, offset: int) -> bool:
    """Whether a load or store without writeback can't have this offset by itself or by an addition."""
    if -256 <= offset <= 4095 and (offset < 0 or op in _PAIRS):
        return False
    if op in _PAIRS:
        return not (-4095 <= offset <= 0xFFFFFF)
    shift = MOVE_SIZE.get(op)
    if shift is None or -4095 <= offset <= 4095:
        return False
    unit = 1 << shift
    if 0 <= offset <= 0xFFF << shift and not offset % unit:
        return False
    if not 0 <= offset <= 0xFFF000 + (0xFFF << shift):
        return True
    return bool(offset % unit) and offset > 0xFFF + (0xFFF << shift)


def is_addition(op: str, wide: bool | None = None) -> bool:
    """Whether it is one of ADD, ADDS, SUB, SUBS, CMP, CMN, of 64 (`wide`) or 32 bits, or either."""
    return (wide is not False and op in _ADDITIONS_64) or (wide is not True and op in _ADDITIONS_32)


def is_narrow(op: str) -> bool:
    """Whether it adds or combines 32 bits."""
    return op in _ADDITIONS_32 or op in _LOGIC_32


def sets_flags(op: str) -> bool:
    """Whether it is an addition that sets flags and has a destination."""
    return op in _FLAG_SETTERS
