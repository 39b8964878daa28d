# SPDX-License-Identifier: BSD-3-Clause
"""What the assembler puts into a function by itself: the stack check, the frame, and its end at every RET.

A frame begins with the saved link register; below SP the caller's frame pointer is saved, and R29 points there. SP moves in
multiples of 16, so 8 or 16 bytes are added to what TEXT asks for. A function that calls nothing and has no frame keeps the link
register where it is. The check compares SP, less the frame where that is large, with the goroutine's limit, and calls morestack
from behind the function's end. Facts: GOROOT/src/cmd/internal/obj/arm64/obj7.go (preprocess, stacksplit), internal/abi/stack.go.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64.operands import Frame, places
from pygo_cross.arch.arm64.syntax import show_operand
from pygo_cross.arch.stack import STACK_BIG, STACK_GUARD, STACK_SMALL
from pygo_cross.obj import format as obj_format
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import (
    BRANCH,
    CONST,
    NAME_EXTERN,
    REG,
    REGREG,
    SHIFT,
    Addr,
    Prog,
    const,
    memory,
    register,
)
from pygo_cross.obj.symbol import (
    FUNC_SP_WRITE,
    NEEDCTXT,
    NOFRAME,
    NOSPLIT,
    PCDATA_STACK_MAP,
    PCDATA_UNSAFE_POINT,
    UNSAFE_POINT_UNSAFE,
    Symbol,
)

_POINTER: Final = 8
_SHORT_FRAME: Final = 0xF0  # one store with writeback makes a frame of this size
_HISTORICAL_NOFRAME: Final = -8

_SP: Final = register(regs.SP)
_FP: Final = register(regs.FRAME)
_LR: Final = register(regs.LINK)
_TEMPORARY: Final = register(regs.TEMPORARY)
_R3: Final = register(regs.GP | 3)
_R16: Final = register(regs.GP | 16)
_R17: Final = register(regs.GP | 17)
_R20: Final = register(regs.GP | 20)
_CONTEXT: Final = register(regs.CONTEXT)
_FP_AND_LR: Final = Addr(REGREG, regs.FRAME, regs.LINK)
_SAVED_FP: Final = memory(regs.SP, -8)
_BRANCH: Final = Addr(BRANCH)


def _made(like: Prog, op: str, args: tuple[Addr, ...], suffix: str = "", spadj: int = 0) -> Prog:
    """Another instruction for the same line."""
    new = like.after(op, args)
    new.suffix, new.spadj = suffix, spadj
    return new


def _unsafe(like: Prog, begins: bool) -> Prog:
    """PCDATA that begins or ends a stretch where the goroutine can't be preempted."""
    return like.after("PCDATA", (const(PCDATA_UNSAFE_POINT), const(UNSAFE_POINT_UNSAFE if begins else -1)))


def complete(context: Context, symbol: Symbol) -> Frame:
    """Insert everything into a function whose branches have their targets, and tell its frame."""
    func = symbol.func
    assert func is not None
    progs = func.progs
    if len(progs) < 2:
        return Frame(0, 0)
    text = progs[0]
    declared = text.args[-1]
    size = declared.offset
    if size == _HISTORICAL_NOFRAME:
        symbol.flags |= NOFRAME
        size = 0
    if size < 0:
        context.error(f"negative frame size {size} - did you mean NOFRAME?", text.base, text.line)
    if symbol.flags & NOFRAME and size:
        context.error(f"NOFRAME functions must have a frame size of 0, not {size}", text.base, text.line)
    assert isinstance(declared.value, int)
    func.args = declared.value
    func.locals = (size + 0x80000000 & 0xFFFFFFFF) - 0x80000000
    total = func.locals
    leaf = not any(prog.op == "CALL" for prog in progs)
    if leaf and not total:
        symbol.flags |= NOFRAME
    if not symbol.flags & NOFRAME:
        total += _POINTER
    extra = 0
    if total:
        if total % 16 == 8:
            extra = 8
        elif not total % 16:
            extra = 16
        else:
            context.error(f"unaligned frame size {total - _POINTER} - must be 16 aligned", text.base, text.line)
        total += extra
        func.locals += extra
    told = declared.copy()
    told.offset = total
    text.args = (*text.args[:-1], told)
    if not total:
        leaf = True
    if leaf:
        symbol.leaf = True
    head = [text]
    tail: list[Prog] = []
    if not (leaf and symbol.flags & NOFRAME):
        if leaf and total < STACK_SMALL:
            symbol.flags |= NOSPLIT
        if not symbol.flags & NOSPLIT:
            head, tail = _stack_check(context, symbol, progs, total)
        head += _prologue(head[-1], total)
    body: list[Prog] = list(head)
    for prog in [*progs[1:], *tail]:
        if prog.op == "RET":
            if len(prog.args) > 1 and prog.args[0].type == CONST:
                context.error(f"using BECOME ({obj_format.placed(prog, show_operand)}) is not supported!", prog.base, prog.line)
            body += _epilogue(prog, total, leaf)
            continue
        _adjust(context, symbol, prog, leaf)
        body.append(prog)
    func.progs = body
    return Frame(total, extra)


def _prologue(like: Prog, total: int) -> list[Prog]:
    """Makes the frame, and saves the link register and the frame pointer."""
    frame_pointer = _made(like, "SUB", (const(8), _SP, _FP))
    if total > _SHORT_FRAME:
        # A signal that comes in between must find both registers saved where the frame will be.
        first = _made(like, "SUB", (const(total), _SP, _R20))
        first.prologue_end = True
        return [
            first,
            _made(like, "STP", (_FP_AND_LR, memory(_R20.reg, -8))),
            _unsafe(like, True),
            _made(like, "MOVD", (_R20, _SP), spadj=total),
            _unsafe(like, False),
            frame_pointer,
        ]
    first = _made(like, "MOVD", (_LR, memory(regs.SP, -total)), "W", total)
    first.prologue_end = True
    return [first, _made(like, "MOVD", (_FP, _SAVED_FP)), frame_pointer]


def _epilogue(prog: Prog, total: int, leaf: bool) -> list[Prog]:
    """What stands in place of RET; the Prog itself is the first, since branches lead to it."""
    target = prog.args[-1] if prog.args else None
    parts: list[tuple[str, tuple[Addr, ...], str, int]] = []
    if leaf:
        if total:
            parts.append(("ADD", (const(total - 8), _SP, _FP), "", 0))
            parts.append(("ADD", (const(total), _SP), "", -total))
    elif total <= _SHORT_FRAME:
        parts.append(("MOVD", (_SAVED_FP, _FP), "", 0))
        parts.append(("MOVD", (memory(regs.SP, total), _LR), "P", -total))
    else:
        parts.append(("LDP", (_SAVED_FP, _FP_AND_LR), "", 0))
        if total < 1 << 12:
            parts.append(("ADD", (const(total), _SP), "", -total))
        else:
            # One addition, so that the frame is there as a whole or not at all.
            parts.append(("MOVD", (const(total), _TEMPORARY), "", 0))
            parts.append(("ADD", (_TEMPORARY, _SP), "", -total))
    if target is not None and target.sym is not None:
        parts.append(("JMP", (Addr(BRANCH, 0, 0, NAME_EXTERN, target.sym),), "", total))
    else:
        parts.append(("RET", (memory(target.reg if target is not None and target.reg else regs.LINK),), "", total))
    result = [prog]
    if len(parts) == 1 and (len(prog.args) > 1 or prog.suffix):
        # More than a way out has: the encoder refuses it, unless something else comes in its place.
        prog.args = (*prog.args[:-1], *parts[0][1])
        return result
    prog.op, prog.args, prog.suffix, prog.spadj = parts[0]
    result += [_made(prog, op, args, suffix, spadj) for op, args, suffix, spadj in parts[1:]]
    return result


def _adjust(context: Context, symbol: Symbol, prog: Prog, leaf: bool) -> None:
    """Notes how an instruction moves SP, and gives those at SP the operands that can be had there."""
    args = prog.args
    op = prog.op
    if op == "GETCALLERPC":
        prog.op = "MOVD"
        prog.args = (_LR if leaf else memory(regs.SP), *args)
        return
    if not args:
        return
    p = places(prog)
    first, to = p.first, p.to
    to_sp = to.type == REG and to.reg == regs.SP
    if to_sp:
        if op in ("ADD", "SUB") and first.type == CONST:
            prog.spadj = (first.offset + 0x80000000 & 0xFFFFFFFF) - 0x80000000
            if op == "ADD":
                prog.spadj = -prog.spadj
        if not prog.spadj:
            assert symbol.func is not None
            symbol.func.flag |= FUNC_SP_WRITE
    if first.type == SHIFT and (to.reg == regs.SP or p.reg == regs.SP):
        packed = first.offset
        if packed >> 22 & 3:
            context.error(f"illegal combination: {obj_format.placed(prog, show_operand)}", prog.base, prog.line)
        amount = packed >> 10 & 63
        # What is out of range stays so: the encoder says it.
        amount = 7 if amount > 4 else amount
        prog.args = (register(regs.SHIFTED | packed >> 16 & 31 | amount << 5), *args[1:])


def _stack_check(context: Context, symbol: Symbol, progs: list[Prog], total: int) -> tuple[list[Prog], list[Prog]]:
    """What goes in front of the function, and behind it."""
    text = progs[0]
    head = [text]
    if context.maymorestack:
        callee = Addr(BRANCH, 0, 0, NAME_EXTERN, context.lookup(context.maymorestack, symbol.abi))
        head += [
            _made(text, "MOVD", (_LR, memory(regs.SP, -32)), "W", 32),
            _made(text, "MOVD", (_FP, _SAVED_FP)),
            _made(text, "SUB", (const(8), _SP, _FP)),
            _made(text, "MOVD", (_CONTEXT, memory(regs.SP, 8))),
            _made(text, "CALL", (callee,)),
            _made(text, "MOVD", (memory(regs.SP, 8), _CONTEXT)),
            _made(text, "MOVD", (_SAVED_FP, _FP)),
            _made(text, "MOVD", (memory(regs.SP, 32), _LR), "P", -32),
        ]
    restart = len(head)
    head += [_made(text, "MOVD", (memory(regs.G, STACK_GUARD), _R16)), _unsafe(text, True)]
    exits: list[Prog] = []
    if total <= STACK_SMALL:
        head.append(_made(text, "CMP", (_R16, _SP)))
    else:
        wraps = total > STACK_BIG
        head.append(_made(text, "SUBS" if wraps else "SUB", (const(total - STACK_SMALL), _SP, _R17)))
        if wraps:
            # SP less the frame may wrap around.
            exits.append(_made(text, "BLO", (_BRANCH,)))
            head.append(exits[0])
        head.append(_made(text, "CMP", (_R16, _R17)))
    leave = _made(text, "BLS", (_BRANCH,))
    exits.append(leave)
    head += [leave, _unsafe(text, False)]

    # Behind the function, where nothing of the frame is there yet.
    undo = progs[-1].after("NOP", ())
    undo.spadj = -total
    spill = _unsafe(text, True)
    morestack = "runtime.morestack" if symbol.flags & NEEDCTXT else "runtime.morestack_noctxt"
    call = text.after("CALL", (Addr(BRANCH, 0, 0, NAME_EXTERN, context.lookup(morestack)),))
    again = _made(text, "JMP", (_BRANCH,), "", total)
    again.target = head[restart]
    for branch in exits:
        branch.target = spill
    entry = text.after("PCDATA", (const(PCDATA_STACK_MAP), const(-1)))
    save = _made(text, "MOVD", (_LR, _R3))
    return head, [undo, entry, spill, save, call, _unsafe(text, False), again]
