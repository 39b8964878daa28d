# SPDX-License-Identifier: BSD-3-Clause
"""What the assembler puts into a function by itself: the stack check, the frame, and its end at every RET.

TEXT's frame size does not count the saved BP. A function with a frame, or that calls, saves BP and points it at its frame;
NOFRAME forbids that. A function whose frame is small and that calls nothing needs no stack check. The check compares SP,
less the frame where that is large, with the goroutine's limit, and calls morestack from behind the function's end.
Names in the frame (`x-8(SP)`) and arguments (`x+8(FP)`) become offsets from SP, which PUSH, POP and ADJSP move.

Facts: GOROOT/src/cmd/internal/obj/x86/obj6.go (preprocess, stacksplit), internal/abi/stack.go.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.arch.amd64 import registers as regs
from pygo_cross.arch.amd64.rewrite import rewrite
from pygo_cross.arch.stack import STACK_BIG, STACK_GUARD, STACK_GUARD_SYSTEM, STACK_SMALL
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import (
    BRANCH,
    MEM,
    NAME_AUTO,
    NAME_EXTERN,
    NAME_GOTREF,
    REG,
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

_words = str.split

_POINTER: Final = 8
ARGUMENTS: Final = 16
"""Where the area of arguments begins, from the top of the frame: the saved BP and the return address lie between."""

_MOVES: Final = {
    **dict.fromkeys(("PUSHL", "PUSHFL"), 4),
    **dict.fromkeys(("PUSHQ", "PUSHFQ"), 8),
    **dict.fromkeys(("PUSHW", "PUSHFW"), 2),
    **dict.fromkeys(("POPL", "POPFL"), -4),
    **dict.fromkeys(("POPQ", "POPFQ"), -8),
    **dict.fromkeys(("POPW", "POPFW"), -2),
}
_NO_SP_WRITE: Final = frozenset({*_MOVES, "CMPL", "CMPQ"})
_SMALL_CALLEES: Final = frozenset(
    {"runtime.panicdivide", "runtime.panicwrap", "runtime.panicshift", "runtime.panicBounds", "runtime.panicExtend"}
)
_CALLS: Final = frozenset({"CALL", "DUFFCOPY", "DUFFZERO"})
_INTEGER_MOVES: Final = {1: "MOVB", 2: "MOVW", 4: "MOVL", 8: "MOVQ"}
_FLOAT_MOVES: Final = {4: "MOVSS", 8: "MOVSD"}
_UNROLLED: Final = 256  # bytes that are zeroed without a loop
_SP: Final = register(regs.SP)
_BP: Final = register(regs.BP)
_BRANCH: Final = Addr(BRANCH)


class Frame:
    """Completes functions of one Context."""

    def __init__(self, context: Context, unary_targets: frozenset[str]) -> None:
        self.context = context
        self.unary_targets = unary_targets
        self._moved: dict[tuple[Addr, int], Addr] = {}

    def complete(self, symbol: Symbol) -> None:
        """Insert everything into a function whose branches have their targets."""
        func = symbol.func
        assert func is not None
        progs = func.progs
        if len(progs) < 2:
            return
        text = progs[0]
        size = text.args[-1]
        frame = max((size.offset + 0x80000000 & 0xFFFFFFFF) - 0x80000000, 0)
        calls = False
        leaf = True
        for prog in progs:
            if prog.op in _CALLS:
                calls = True
                if prog.op != "CALL":
                    continue
                callee = prog.args[-1].sym
                if callee is None or callee.name not in _SMALL_CALLEES:
                    leaf = False
                    break
        saved = 0
        text_offset = size.offset
        if not symbol.flags & NOFRAME and (frame or calls):
            saved = _POINTER
            frame += _POINTER
            text_offset += _POINTER
        else:
            symbol.flags |= NOFRAME
        new_size = size.copy()
        new_size.offset = text_offset
        text.args = (*text.args[:-1], new_size)
        assert isinstance(size.value, int)
        func.args = size.value
        func.locals = (text_offset + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        if frame < STACK_SMALL and not symbol.flags & NOSPLIT and leaf and not (calls and frame >= STACK_SMALL - 8):
            symbol.flags |= NOSPLIT
        head = [text]
        tail: list[Prog] = []
        if not symbol.flags & NOSPLIT:
            head, tail = self._stack_check(symbol, progs, frame)
        last = head[-1]
        if saved:
            head.append(last.after("PUSHQ", (_BP,)))
            head.append(last.after("MOVQ", (_SP, _BP)))
            last = head[-1]
        if frame % _POINTER:
            self.context.error(f"unaligned stack size {frame}", text.base, text.line)
        local = frame - saved
        if local:
            adjust = last.after("ADJSP", (const(local),))
            adjust.spadj = local
            head.append(adjust)
            last = adjust
        if frame:
            last.prologue_end = True
        func.progs = self._body(symbol, [*head, *progs[1:], *tail], frame, local, saved)

    def _body(self, symbol: Symbol, progs: list[Prog], frame: int, local: int, saved: int) -> list[Prog]:
        """Follow SP through the function: resolve names in the frame, and leave it at every RET."""
        out: list[Prog] = []
        append = out.append
        depth = 0
        moved = self._moved
        unary_targets = self.unary_targets
        sp = regs.SP
        for prog in progs:
            args = prog.args
            op = prog.op
            if args:
                for place, arg in enumerate(args):
                    name = arg.name
                    if name >= NAME_AUTO and name != NAME_GOTREF and (place < 2 or place == len(args) - 1):
                        delta = depth - saved if name == NAME_AUTO else depth + _POINTER
                        new = moved.get((arg, delta))
                        if new is None:
                            new = moved[arg, delta] = arg.with_offset(delta)
                        prog.args = args = (*args[:place], new, *args[place + 1 :])
                last = args[-1]
                if last.reg == sp and last.type == REG and op not in _NO_SP_WRITE and (len(args) > 1 or op in unary_targets):
                    assert symbol.func is not None
                    symbol.func.flag |= FUNC_SP_WRITE
            if op in _MOVES:
                prog.spadj = _MOVES[op]
                depth += prog.spadj
            elif op == "ADJSP":
                delta = (args[0].offset + 0x80000000 & 0xFFFFFFFF) - 0x80000000
                prog.spadj = delta
                depth += delta
            elif op == "RET":
                if frame != depth:
                    self.context.error(f"{symbol.name}: unbalanced PUSH/POP", prog.base, prog.line)
                if frame:
                    # What follows is reached by branches, with the frame in place.
                    if local:
                        prog.op, prog.args, prog.spadj = "ADJSP", (const(-local),), -local
                        append(prog)
                        prog = prog.after("", ())
                    if saved:
                        prog.op, prog.args, prog.spadj = "POPQ", (_BP,), -saved
                        append(prog)
                        prog = prog.after("", ())
                    prog.op, prog.args, prog.spadj = "RET", args, frame
                if args and (args[0].sym is not None or args[0].type == REG):
                    prog.op = "JMP"
            append(prog)
        return out

    def _pcdata(self, like: Prog, table: int, value: int) -> Prog:
        return like.after("PCDATA", (const(table), const(value)))

    def _load_g(self, symbol: Symbol, like: Prog) -> list[Prog]:
        """The goroutine's record into its register, where that is not kept there."""
        if symbol.abi == 1:
            return []
        load = like.after("MOVQ", (memory(regs.TLS), register(regs.G)))
        return rewrite(self.context, load, False)

    def _stack_check(self, symbol: Symbol, progs: list[Prog], frame: int) -> tuple[list[Prog], list[Prog]]:
        """What goes in front of the function, and behind it."""
        context = self.context
        text = progs[0]
        head = [text]
        if context.maymorestack:
            pushed = bool(symbol.flags & NEEDCTXT)
            if pushed:
                head.append(text.after("PUSHQ", (register(regs.CONTEXT),)))
            callee = Addr(BRANCH, 0, 0, NAME_EXTERN, context.lookup(context.maymorestack, symbol.abi))
            head.append(text.after("CALL", (callee,)))
            if pushed:
                head.append(text.after("POPQ", (register(regs.CONTEXT),)))
        restart = len(head)
        head += self._load_g(symbol, text)
        assert symbol.func is not None
        system_stack = symbol.func.system_stack
        limit = memory(regs.G, STACK_GUARD_SYSTEM if system_stack else STACK_GUARD)
        scratch = register(regs.SCRATCH)
        exits: list[Prog] = []
        unsafe = self._pcdata(text, PCDATA_UNSAFE_POINT, UNSAFE_POINT_UNSAFE)
        if frame <= STACK_SMALL:
            head += [text.after("CMPQ", (_SP, limit)), unsafe]
        elif frame <= STACK_BIG:
            head.append(text.after("LEAQ", (memory(regs.SP, STACK_SMALL - frame), scratch)))
            head += [text.after("CMPQ", (scratch, limit)), unsafe]
        else:
            # SP less the frame may wrap around.
            wraps = text.after("JCS", (_BRANCH,))
            head += [text.after("MOVQ", (_SP, scratch)), unsafe]
            head += [text.after("SUBQ", (const(frame - STACK_SMALL), scratch)), wraps]
            head.append(text.after("CMPQ", (scratch, limit)))
            exits.append(wraps)
        leave = text.after("JLS", (_BRANCH,))
        exits.append(leave)
        head += [leave, self._pcdata(text, PCDATA_UNSAFE_POINT, -1)]

        # Behind the function, where nothing of the frame is there yet.
        undo = progs[-1].after("NOP", ())
        undo.spadj = -frame
        spill = self._pcdata(text, PCDATA_UNSAFE_POINT, UNSAFE_POINT_UNSAFE)
        morestack = "runtime.morestack" if symbol.flags & NEEDCTXT else "runtime.morestack_noctxt"
        if system_stack:
            morestack = "runtime.morestackc"
        spills, reloads = self._spilled(symbol, text)
        call = text.after("CALL", (Addr(BRANCH, 0, 0, NAME_EXTERN, context.lookup(morestack)),))
        again = text.after("JMP", (_BRANCH,))
        again.target = head[restart]
        again.spadj = frame
        for branch in exits:
            branch.target = spill
        safe = self._pcdata(text, PCDATA_UNSAFE_POINT, -1)
        return head, [undo, self._pcdata(text, PCDATA_STACK_MAP, -1), spill, *spills, call, *reloads, safe, again]

    def _spilled(self, symbol: Symbol, like: Prog) -> tuple[list[Prog], list[Prog]]:
        """What keeps arguments that came in registers while the stack grows: stores to the caller's frame, and loads."""
        assert symbol.func is not None
        spills, reloads = [], []
        for argument in symbol.func.arg_registers:
            op = _FLOAT_MOVES[argument.size] if argument.is_float else _INTEGER_MOVES[argument.size]
            here = memory(regs.SP, _POINTER + argument.offset)
            there = register(argument.register)
            spills.append(like.after(op, (there, here)))
            reloads.append(like.after(op, (here, there)))
        return spills, reloads


def zero(like: Prog, low: int, high: int) -> list[Prog]:
    """Zero the frame from `low` to `high`, offsets from its top in whole words, at the function's entry: arguments are in registers."""
    out: list[Prog] = []
    zeros = register(regs.NUMBERS["X15"])
    if high - low > _UNROLLED:
        start, end = register(regs.R12), register(regs.R13)
        whole = (high - low) // 16 * 16
        out.append(like.after("LEAQ", (_auto(low), start)))
        out.append(like.after("LEAQ", (_auto(low + whole), end)))
        store = like.after("MOVUPS", (zeros, memory(regs.R12)))
        out.append(store)
        out.append(like.after("ADDQ", (const(16), start)))
        out.append(like.after("CMPQ", (start, end)))
        branch = like.after("JCS", (_BRANCH,))
        branch.target = store
        out.append(branch)
        low += whole
    while high - low >= 16:
        out.append(like.after("MOVUPS", (zeros, _auto(low))))
        low += 16
    if low < high:
        out.append(like.after("MOVQ", (const(0), _auto(low))))
    return out


def no_op(like: Prog) -> Prog:
    """An instruction that does nothing, to be found by its address."""
    return like.after("XCHGL", (register(regs.AX), register(regs.AX)))


def _auto(offset: int) -> Addr:
    return Addr(MEM, 0, offset, NAME_AUTO)


_DWARF_NUMBERS: Final = (0, 2, 1, 3, 7, 6, 4, 5, *range(8, 16))


def dwarf_register(number: int) -> int:
    """A register as debug information numbers it."""
    place = number & 0xFF
    return _DWARF_NUMBERS[place] if number >> 8 == regs.GP else 17 + place
