# SPDX-License-Identifier: BSD-3-Clause
"""Instructions that stand for others: thread-local storage, addresses, float constants, and global data through the GOT.

`rewrite` takes one Prog and gives the Progs that stand in its place, the Prog itself first (branches may lead to it).
Facts: GOROOT/src/cmd/internal/obj/x86/obj6.go (progedit, rewriteToUseGot, errorCheck).
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.arch.amd64 import registers as regs
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import (
    ADDR,
    BRANCH,
    CONST,
    FCONST,
    MEM,
    NAME_EXTERN,
    NAME_GOTREF,
    NAME_NONE,
    NAME_STATIC,
    REG,
    Addr,
    Prog,
    memory,
    register,
)

_words = str.split

_COMPARES: Final = frozenset({"CMPPD", "CMPPS", "CMPSD", "CMPSS"})
_BRANCHES: Final = frozenset({"CALL", "JMP", "RET"})
_LOADS: Final = {"MOVL": "LEAL", "MOVQ": "LEAQ"}
_SINGLE: Final = frozenset(
    _words("MOVSS VMOVSS FMOVF FADDF FSUBF FSUBRF FMULF FDIVF FDIVRF FCOMF FCOMFP ADDSS SUBSS MULSS DIVSS COMISS UCOMISS")
)
_DOUBLE: Final = frozenset(
    _words("MOVSD VMOVSD FMOVD FADDD FSUBD FSUBRD FMULD FDIVD FDIVRD FCOMD FCOMDP ADDSD SUBSD MULSD DIVSD COMISD UCOMISD")
)
_CLEARABLE: Final = frozenset({"MOVSS", "VMOVSS", "MOVSD", "VMOVSD"})
_NO_GOT: Final = frozenset({"TEXT", "FUNCDATA", "RET", "JMP", "CALL"})


def one_instruction_tls(context: Context) -> bool:
    """Whether thread-local storage is a segment away; if not, its offset is loaded first."""
    return context.goos != "linux" or not context.shared


def nop_out(prog: Prog) -> None:
    """Makes nothing of an instruction."""
    prog.op = "NOP"
    prog.args = ()
    prog.suffix = ""


class RewriteError(Exception):
    """An instruction that can't be had in this mode; `{}` in the text stands for it."""


def rewrite(context: Context, prog: Prog, unary_target: bool) -> list[Prog]:
    """The Progs in place of `prog`. `unary_target`: its only operand is a destination."""
    args = prog.args
    if not args:
        return [prog]
    op = prog.op
    result = [prog]
    first, last = args[0], args[-1]
    source = first if len(args) > 1 or not unary_target else None
    target = last if len(args) > 1 or unary_target else None

    if first.reg == regs.TLS or first.index == regs.TLS or last.index == regs.TLS:
        _thread_local(context, prog, result)
        args = prog.args
        if not args:
            return result
        first, last = args[0], args[-1]
        source = first if source is not None else None
        target = last if target is not None else None

    if op in _COMPARES and target is not None:
        if target.type == MEM and target.name == NAME_NONE and not target.reg and not target.index and target.sym is None:
            new = target.copy()
            new.type = CONST
            prog.args = args = (*args[:-1], new)
    elif op in _BRANCHES and target is not None and target.type == MEM and target.name in (NAME_EXTERN, NAME_STATIC):
        new = target.copy()
        new.type = BRANCH
        prog.args = args = (*args[:-1], new)

    if source is not None and source.type == ADDR and op in _LOADS:
        prog.op = op = _LOADS[op]
        new = source.copy()
        new.type = MEM
        prog.args = args = (new, *args[1:])
    elif source is not None and source.type == FCONST:
        _float_constant(context, prog, source)
        op, args = prog.op, prog.args

    if context.dynlink:
        return _through_got(context, result)
    return result


def _thread_local(context: Context, prog: Prog, result: list[Prog]) -> None:
    """References to TLS, in one instruction or two as the system has it."""
    args = prog.args
    op = prog.op
    moves = op in ("MOVQ", "MOVL") and len(args) == 2 and args[1].type == REG and regs.is_general(args[1].reg)
    if one_instruction_tls(context):
        # The base needs no loading, and what is relative to the register it was loaded into is relative to TLS.
        if moves and args[0].type == REG and args[0].reg == regs.TLS:
            nop_out(prog)
            return
        places = [0, len(args) - 1]
        for at in places:
            arg = args[at]
            if arg.type == MEM and arg.index == regs.TLS and regs.is_general(arg.reg):
                new = arg.copy()
                new.reg, new.index, new.scale = regs.TLS, 0, 0
                args = (*args[:at], new, *args[at + 1 :])
        prog.args = args
    elif moves and args[0].type == MEM and args[0].reg == regs.TLS:
        load = args[0].copy()
        load.reg, load.index, load.scale = args[1].reg, regs.TLS, 2
        result.append(prog.after(op, (load, args[1])))
        prog.args = (register(regs.TLS), args[1])


def _float_constant(context: Context, prog: Prog, source: Addr) -> None:
    """A float operand becomes a constant in memory; positive zero is made by XORPS."""
    op = prog.op
    value = source.value
    assert isinstance(value, float)
    if op in _CLEARABLE and struct.pack("<d", value) == bytes(8):
        target = prog.args[-1]
        if target.type == REG and target.reg >> 8 == regs.XMM and target.reg & 0xFF < 16 and len(prog.args) == 2:
            prog.op = "XORPS"
            prog.args = (target, target)
            return
    if op in _SINGLE:
        symbol = context.float32(value)
    elif op in _DOUBLE:
        symbol = context.float64(value)
    else:
        return
    prog.args = (Addr(MEM, 0, 0, NAME_EXTERN, symbol), *prog.args[1:])


def _is_global(addr: Addr) -> bool:
    return addr.name == NAME_EXTERN and addr.sym is not None and not addr.sym.local


def _through_got(context: Context, progs: list[Prog]) -> list[Prog]:
    """With -dynlink, global data is reached by its address in the global offset table, in R15."""
    result: list[Prog] = []
    for prog in progs:
        result += _one_through_got(prog)
    return result


def _one_through_got(prog: Prog) -> list[Prog]:
    args = prog.args
    op = prog.op
    if not args or op in ("TEXT", "FUNCDATA", "PCDATA"):
        return [prog]
    result = [prog]
    first = args[0]
    if op == "LEAQ" and first.type == MEM and _is_global(first):
        op = prog.op = "MOVQ"
        first = first.copy()
        first.type = ADDR
        prog.args = args = (first, *args[1:])
    if first.type == ADDR and _is_global(first):
        if args[-1].type != REG or op != "MOVQ":
            raise RewriteError("do not know how to handle LEA-type insn to non-register in {} with -dynlink")
        offset = first.offset
        prog.args = args = (Addr(MEM, 0, 0, NAME_GOTREF, first.sym), *args[1:])
        if offset:
            result.append(prog.after("LEAQ", (memory(args[-1].reg, offset), args[-1])))
        return result
    for arg in args[2:-1]:
        if _is_global(arg):
            raise RewriteError("don't know how to handle {} with -dynlink")
    globals_ = [at for at, arg in enumerate(args) if _is_global(arg)]
    if not globals_ or op in _NO_GOT:
        return result
    if len(globals_) > 1:
        ends = globals_ == [0, len(args) - 1]
        raise RewriteError(
            "cannot handle NAME_EXTERN on both sides in {} with -dynlink"
            if ends
            else "cannot handle NAME_EXTERN on multiple operands in {} with -dynlink"
        )
    at = globals_[0]
    source = args[at]
    if source.type != MEM:
        raise RewriteError("don't know how to handle {} with -dynlink")
    result.append(prog.after("MOVQ", (Addr(MEM, 0, 0, NAME_GOTREF, source.sym), register(regs.R15))))
    access = source.copy()
    access.reg, access.name, access.sym = regs.R15, NAME_NONE, None
    then = prog.after(op, (*args[:at], access, *args[at + 1 :]))
    then.suffix = prog.suffix
    result.append(then)
    nop_out(prog)
    return result


_PURE_WRITES: Final = frozenset(
    _words(
        "POPW POPL POPQ LEAL LEAQ IMUL3W IMUL3L IMUL3Q PEXTRB PEXTRW PEXTRD PEXTRQ VPEXTRB VPEXTRW VPEXTRD VPEXTRQ EXTRACTPS "
        "BSFW BSFL BSFQ BSRW BSRL BSRQ POPCNTW POPCNTL POPCNTQ LZCNTW LZCNTL LZCNTQ SHLXL SHLXQ SHRXL SHRXQ SARXL SARXQ"
    )
)
_R15: Final = frozenset({regs.R15, regs.R15B})


def clobbered(progs: list[Prog], unary_targets: frozenset[str]) -> Prog | None:
    """With -dynlink, an instruction that reads R15 after an access to global data, which loads R15; None if there is none."""
    work = [at for at, prog in enumerate(progs) if _uses_global(prog)]
    if not any(arg.reg in _R15 or arg.index in _R15 for prog in progs for arg in prog.args):
        return None
    order = {prog: at for at, prog in enumerate(progs)}
    seen = set(work)
    while work:
        at = work.pop()
        prog = progs[at]
        reads, writes = _effects(prog, unary_targets)
        if reads:
            return prog
        if writes:
            continue
        follows = []
        if prog.target is not None:
            follows.append(order[prog.target])
        if prog.op not in ("JMP", "RET") and at + 1 < len(progs):
            follows.append(at + 1)
        for after in follows:
            if after not in seen:
                seen.add(after)
                work.append(after)
    return None


def _uses_global(prog: Prog) -> bool:
    if prog.op in ("CALL", "TEXT", "FUNCDATA", "RET", "JMP", "LEAQ"):
        return False
    args = prog.args
    return any(_is_global(arg) for at, arg in enumerate(args) if at < 2 or at == len(args) - 1)


def _effects(prog: Prog, unary_targets: frozenset[str]) -> tuple[bool, bool]:
    """Whether an instruction reads R15, and whether it writes it, as far as is needed here."""
    args = prog.args
    op = prog.op
    if not args:
        return False, False
    reads = writes = False
    exchanges = op in ("MULXL", "MULXQ")
    clears = op in ("XORL", "XORQ") and len(args) == 2 and args[0].type == args[1].type == REG and args[0].reg == args[1].reg
    for at, arg in enumerate(args):
        is_target = at == len(args) - 1 and (at > 0 or op in unary_targets)
        if arg.type == MEM and (arg.reg in _R15 or arg.index in _R15):
            reads = True
        if arg.type != REG or arg.reg not in _R15:
            continue
        if is_target:
            writes = True
            if not (op.startswith(("MOV", "PMOV")) or op in _PURE_WRITES or clears or exchanges):
                reads = True
        elif exchanges and at == 1:
            writes = True
        elif not clears:
            reads = True
    return reads, writes
