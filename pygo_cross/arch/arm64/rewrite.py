# SPDX-License-Identifier: BSD-3-Clause
"""Instructions that stand for others: zeros, constants that live in memory, and global data through the GOT.

`rewrite` takes one Prog and gives the Progs that stand in its place, the Prog itself first (branches may lead to it).
Facts: GOROOT/src/cmd/internal/obj/arm64/obj7.go (progedit, rewriteToUseGot), cmd/internal/obj/sym.go.
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64.constants import float_field
from pygo_cross.obj.context import Context
from pygo_cross.obj.goobj import STLSBSS
from pygo_cross.obj.prog import (
    ADDR,
    BRANCH,
    CONST,
    FCONST,
    MEM,
    NAME_EXTERN,
    NAME_GOTREF,
    NAME_NONE,
    REG,
    Addr,
    Prog,
    const,
    register,
)
from pygo_cross.obj.symbol import Symbol

_words = str.split

_ZERO_IS_REGISTER: Final = frozenset(
    _words("MOVD MOVW MOVWU MOVH MOVHU MOVB MOVBU SBC SBCW SBCS SBCSW ADC ADCW ADCS ADCSW FMOVD FMOVS MSR")
)
_NO_GOT: Final = frozenset(_words("TEXT FUNCDATA CALL RET JMP"))
_ZERO: Final = register(regs.ZR)


class RewriteError(Exception):
    """An instruction that can't be had in this mode; `{}` in the text stands for it."""


def rewrite(context: Context, prog: Prog) -> list[Prog]:
    """The Progs in place of `prog`. Raises RewriteError."""
    args = prog.args
    if not args:
        return [prog]
    op = prog.op
    first = args[0]
    if op in ("JMP", "CALL", "RET"):
        target = args[-1]
        if target.sym is not None and target.type != BRANCH:
            new = target.copy()
            new.type = BRANCH
            prog.args = (*args[:-1], new)
    elif first.type == CONST:
        if not first.offset and op in _ZERO_IS_REGISTER:
            prog.args = (_ZERO, *args[1:])
        elif op == "VMOVS":
            prog.args = (_in_memory(context.constant("i32", struct.pack("<Q", first.offset & (1 << 64) - 1)[:4], 4)), *args[1:])
        elif op == "VMOVD":
            prog.args = (_in_memory(context.constant("i64", _eight(first.offset), 8)), *args[1:])
        elif op == "VMOVQ" and len(args) == 3:
            prog.args = (_in_memory(context.constant("i128", _eight(first.offset) + _eight(args[1].offset), 8)), args[2])
    elif first.type == FCONST and op in ("FMOVS", "FMOVD"):
        _float(context, prog, first)
    return _through_got(prog) if context.dynlink else [prog]


def _eight(value: int) -> bytes:
    return struct.pack("<Q", value & (1 << 64) - 1)


def _in_memory(symbol: Symbol) -> Addr:
    return Addr(MEM, 0, 0, NAME_EXTERN, symbol)


def _float(context: Context, prog: Prog, first: Addr) -> None:
    """A float that no instruction holds is ZR or a constant in memory; so is 2.0, whose field is zero."""
    value = first.value
    assert isinstance(value, float)
    if float_field(value) > 0:
        return
    single = prog.op == "FMOVS"
    if _is_zero(value, single):
        prog.args = (_ZERO, *prog.args[1:])
        return
    symbol = context.float32(value) if single else context.float64(value)
    prog.args = (_in_memory(symbol), *prog.args[1:])


def _is_zero(value: float, single: bool) -> bool:
    """Whether all bits of a float, perhaps of 32 bits, are zero."""
    try:
        return not any(struct.pack("<f" if single else "<d", value))
    except OverflowError:
        return False


def _is_global(addr: Addr) -> bool:
    return addr.name == NAME_EXTERN and addr.sym is not None and not addr.sym.local


def _through_got(prog: Prog) -> list[Prog]:
    """With -dynlink, global data is reached by its address in the global offset table, in R27."""
    args = prog.args
    first, last = args[0], args[-1]
    op = prog.op
    if op in ("TEXT", "PCDATA", "FUNCDATA"):
        return [prog]
    result = [prog]
    if first.type == ADDR and _is_global(first):
        if op != "MOVD":
            raise RewriteError("do not know how to handle TYPE_ADDR in {} with -dynlink")
        if last.type != REG:
            raise RewriteError("do not know how to handle LEAQ-type insn to non-register in {} with -dynlink")
        prog.args = (Addr(MEM, 0, 0, NAME_GOTREF, first.sym), *args[1:])
        if first.offset:
            result.append(prog.after("ADD", (const(first.offset), last)))
        return result
    if any(addr.name == NAME_EXTERN for addr in args[1:-1]):
        raise RewriteError("don't know how to handle {} with -dynlink")
    at_ends = [at for at in sorted({0, len(args) - 1}) if _is_global(args[at])]
    if not at_ends:
        return result
    if len(at_ends) > 1:
        raise RewriteError("cannot handle NAME_EXTERN on both sides in {} with -dynlink")
    source = args[at_ends[0]]
    assert source.sym is not None
    if op in _NO_GOT or source.sym.kind == STLSBSS:
        return result
    if source.type != MEM:
        raise RewriteError("don't know how to handle {} with -dynlink")
    result.append(prog.after("MOVD", (Addr(MEM, 0, 0, NAME_GOTREF, source.sym), register(regs.TEMPORARY))))
    access = source.copy()
    access.reg, access.name, access.sym = regs.TEMPORARY, NAME_NONE, None
    result.append(prog.after(op, (*args[: at_ends[0]], access, *args[at_ends[0] + 1 :])))
    prog.op, prog.args, prog.suffix = "NOP", (), ""
    return result
