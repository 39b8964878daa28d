# SPDX-License-Identifier: BSD-3-Clause
"""A completed function into bytes: places, literals, branches that reach, words and relocations.

A first round gives every instruction its place and collects the literals of far offsets, which stand behind an unconditional
branch, at the function's end if that is near enough. Conditional branches that don't reach are turned around jumps, in rounds
until none is left. Code is padded to 16 bytes. Instructions that use R27 are marked: one can't be preempted there, since
preemption uses it too, or must start again. Facts: GOROOT/src/cmd/internal/obj/arm64/asm7.go (span7), cmd/internal/obj/plist.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.arch.arm64 import moves as _moves
from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64 import vector as _vector
from pygo_cross.arch.arm64.encode import NO_OP, EncodeError, Encoder
from pygo_cross.arch.arm64.operands import Frame, places
from pygo_cross.arch.arm64.table import Memory
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import BRANCH, REGREG, Addr, Prog, const
from pygo_cross.obj.symbol import PCDATA_UNSAFE_POINT, UNSAFE_POINT_RESTART1, UNSAFE_POINT_RESTART2, UNSAFE_POINT_UNSAFE, Symbol

__all__ = ["Layout"]
_ENCODERS: Final = (_moves, _vector)  # importing them registers their encoders

_ALIGNMENT: Final = 16
_EMPTY: Final = frozenset({"TEXT", "NOP", "PCDATA", "FUNCDATA"})
_REACH: Final = {"branchcond": 1 << 20, "branchzero": 1 << 20, "branchbit": 1 << 15}
_MARGIN: Final = 10
_MAX_DISTANCE: Final = 512 << 10  # half of what a load of a literal reaches: instructions may still grow
_MAX_POOL: Final = 0xFFFF0

Report = Callable[[Prog, str], None]


class Layout:
    """Lays out functions of one Context. `report` is told of instructions that can't be encoded."""

    def __init__(self, context: Context, report: Report) -> None:
        self.context = context
        self.report = report
        self.encoder = Encoder(context)
        self.refused: set[Prog] = set()
        self.pool: list[Prog] = []
        self.pool_start = self.pool_size = 0

    def lay_out(self, symbol: Symbol, frame: Frame) -> None:
        """Make the bytes and relocations of a function, and give each Prog its offset and size."""
        func = symbol.func
        assert func is not None
        if len(func.progs) < 2:
            return
        self.encoder.begin(frame, symbol.relocs)
        self.refused = set()
        progs = self._place_literals(symbol, func.progs)
        changed = True
        while changed:
            changed = False
            pc = at = 0
            while at < len(progs):
                prog = progs[at]
                prog.pc = pc
                # One a round: the places of what follows must be known before the next is judged.
                if not changed and self._too_far(prog):
                    changed = True
                    progs = self._around(progs, at)
                pc += self._size(symbol, prog)
                at += 1
        self._write(symbol, progs)
        func.progs = self._mark(progs)

    def _refuse(self, prog: Prog, error: EncodeError) -> None:
        """Tell of an instruction that can't be encoded, once."""
        if prog not in self.refused:
            self.refused.add(prog)
            self.report(prog, str(error))

    def _size(self, symbol: Symbol, prog: Prog) -> int:
        """The bytes of a Prog at its `pc`."""
        if prog.op in _EMPTY:
            prog.size = 0
            if prog.op == "NOP" and (prog.args or prog.suffix):
                try:
                    self.encoder.find(prog)
                except EncodeError as error:
                    self._refuse(prog, error)
            return 0
        if prog.op in ("PCALIGN", "PCALIGNMAX"):
            prog.size = 0
            return self._padding(symbol, prog)
        try:
            prog.size = self.encoder.size(prog, self.encoder.find(prog))
        except EncodeError as error:
            self._refuse(prog, error)
            prog.size = 4
        return prog.size

    def _padding(self, symbol: Symbol, prog: Prog) -> int:
        """What an alignment fills."""
        align = prog.args[0].offset
        if align & align - 1 or not 8 <= align <= 2048:
            message = f"alignment value of an instruction must be a power of two and in the range [8, 2048], got {align}\n"
            self._refuse(prog, EncodeError(message))
            return 0
        most = align - 1
        if prog.op == "PCALIGNMAX":
            most = prog.args[1].offset
            if not 0 <= most < align:
                message = f"PCALIGNMAX 'amount' {most} must be non-negative and smaller than the alignment {align}\n"
                self._refuse(prog, EncodeError(message))
                return 0
        symbol.align = max(symbol.align, align)
        size = -prog.pc & align - 1
        return size if size <= most else 0

    # Literals.

    def _place_literals(self, symbol: Symbol, progs: list[Prog]) -> list[Prog]:
        """The Progs with their literals, and their places so far."""
        out: list[Prog] = []
        self.pool = []
        self.pool_size = self.pool_start = 0
        pc = 0
        last = len(progs) - 1
        for at, prog in enumerate(progs):
            prog.pc = pc
            out.append(prog)
            pc += self._size(symbol, prog)
            if prog.op in _EMPTY or prog in self.refused:
                if not self.pool:
                    continue
            else:
                self._add_literal(prog)
            if self.pool:
                far = prog.pc + 4 + self.pool_size - self.pool_start + 8
                if self.pool_size >= _MAX_POOL or not -_MAX_DISTANCE < far < _MAX_DISTANCE or far & 3 or at == last:
                    for literal in self._flush(prog, progs[at + 1] if at < last else None):
                        literal.pc = pc
                        out.append(literal)
                        pc += self._size(symbol, literal)
        return out

    def _add_literal(self, prog: Prog) -> None:
        """Gives a Prog its literal, if its form needs one."""
        if prog.op in ("PCALIGN", "PCALIGNMAX"):
            return
        form = self.encoder.find(prog)
        wide = False
        if form.encoder == "movframefar":
            addr, wide = prog.args[0], True
        else:
            at = next((at for at, wanted in enumerate(form.operands) if isinstance(wanted, Memory) and wanted.pool), -1)
            if at < 0:
                return
            addr = prog.args[at]
        value = self.encoder.frame.offset(addr)
        wide = wide or not 0 <= value < 1 << 31
        for literal in self.pool:
            if literal.args[0].offset == value:
                self.encoder.pools[prog] = literal
                return
        literal = Prog("DWORD" if wide else "WORD", (const(value),), prog.base, prog.line)
        if not self.pool:
            self.pool_start = prog.pc
        self.pool.append(literal)
        if wide:
            self.pool_size = -(-self.pool_size // 8) * 8
        self.pool_size += 8 if wide else 4
        self.encoder.pools[prog] = literal

    def _flush(self, prog: Prog, following: Prog | None) -> list[Prog]:
        """The literals, to stand behind a Prog, with a jump over them where one is needed."""
        literals = self.pool
        self.pool = []
        self.pool_size = self.pool_start = 0
        for literal in literals:
            literal.base, literal.line = prog.base, prog.line
        if prog.op in ("JMP", "RET", "ERET"):
            return literals
        if following is None:
            return [prog.after("UNDEF", ()), *literals]
        over = prog.after("JMP", (Addr(BRANCH),))
        over.target = following
        return [over, *literals]

    # Branches.

    def _too_far(self, prog: Prog) -> bool:
        """Whether a conditional branch doesn't reach, by the places of this round and the last."""
        if prog.target is None or prog in self.refused:
            return False
        try:
            reach = _REACH.get(self.encoder.find(prog).encoder)
        except EncodeError as error:
            self._refuse(prog, error)
            return False
        if reach is None:
            return False
        distance = prog.target.pc - prog.pc
        return distance <= -reach + _MARGIN or distance >= reach - _MARGIN

    def _around(self, progs: list[Prog], at: int) -> list[Prog]:
        """Turns a branch to a jump behind it, which another jumps over."""
        prog = progs[at]
        far = Prog("JMP", (Addr(BRANCH),), prog.base, prog.line)
        far.target = prog.target
        over = Prog("JMP", (Addr(BRANCH),), prog.base, prog.line)
        over.target = progs[at + 1] if at + 1 < len(progs) else None
        prog.target = far
        result = [*progs[: at + 1], over, far, *progs[at + 1 :]]
        return result

    # Words.

    def _write(self, symbol: Symbol, progs: list[Prog]) -> None:
        """Bytes and relocations of the whole function."""
        code = bytearray()
        for prog in progs:
            if prog.op in _EMPTY:
                continue
            if prog.op in ("PCALIGN", "PCALIGNMAX"):
                code += NO_OP.to_bytes(4, "little") * (self._padding(symbol, prog) // 4)
                continue
            if prog in self.refused:
                code += bytes(prog.size)
                continue
            try:
                for word in self.encoder.encode(prog):
                    code += word.to_bytes(4, "little")
            except EncodeError as error:
                self._refuse(prog, error)
                code += bytes(prog.size)
        code += bytes(-len(code) % _ALIGNMENT)
        symbol.data = code
        symbol.size = len(code)

    # Where a goroutine can't be preempted.

    def _is_unsafe(self, prog: Prog) -> bool:
        """Whether a Prog uses R27 by itself."""
        if not prog.args:
            return False
        p = places(prog)
        scratch = regs.TEMPORARY
        if scratch in (p.first.reg, p.reg, p.to.reg):
            return True
        return any(addr.type == REGREG and addr.offset == scratch for addr in (p.first, p.to))

    def _is_restartable(self, prog: Prog) -> bool:
        """Whether a Prog is several instructions that use R27 between them."""
        if prog.op in _EMPTY or prog.op in ("PCALIGN", "PCALIGNMAX") or prog in self.refused:
            return False
        return prog.size > 4 and not self.encoder.find(prog).keeps_temporary

    def _mark(self, progs: list[Prog]) -> list[Prog]:
        """The Progs with marks where one can't be preempted, or must start again."""
        out = [progs[0]]
        current = -1
        restart = 0
        at = 1
        count = len(progs)

        def mark(value: int, pc: int) -> None:
            new = out[-1].after("PCDATA", (const(PCDATA_UNSAFE_POINT), const(value)))
            new.pc = pc
            out.append(new)

        while at < count:
            prog = progs[at]
            if prog.op == "PCDATA" and prog.args[0].offset == PCDATA_UNSAFE_POINT:
                current = prog.args[1].offset
            elif current != UNSAFE_POINT_UNSAFE:
                if self._is_unsafe(prog):
                    mark(UNSAFE_POINT_UNSAFE, prog.pc)
                    out.append(prog)
                    while at + 1 < count and self._is_unsafe(progs[at + 1]):
                        at += 1
                        out.append(progs[at])
                    if at + 1 < count:
                        mark(current, progs[at + 1].pc)
                    at += 1
                    continue
                if self._is_restartable(prog):
                    restart = UNSAFE_POINT_RESTART2 if restart == UNSAFE_POINT_RESTART1 else UNSAFE_POINT_RESTART1
                    mark(restart, prog.pc)
                    out.append(prog)
                    if at + 1 < count and not (not self._is_unsafe(progs[at + 1]) and self._is_restartable(progs[at + 1])):
                        mark(current, progs[at + 1].pc)
                    at += 1
                    continue
            out.append(prog)
            at += 1
        return out
