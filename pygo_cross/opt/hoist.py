# SPDX-License-Identifier: BSD-3-Clause
"""Moves what gives the same in each round of a loop in front of the loop.

What may go there is decided by what may happen there:
- An operation without effects may be done in vain. A pointer that is computed may not: where it is not needed it may point nowhere, and
  the collector would look at it; nor a division, unless by a constant.
- What the header does before anything that has an effect is done at least once, at once: there checks and loads may go as well,
  and what computes pointers. A load has to be of memory that the loop does not write; one that decides whether the loop goes on stays,
  since what it waits for may come from elsewhere.
- What is at no certain address but there in any case (variables of the function, package-level variables) may be loaded in vain.

What pays is another question. A value that waits in front of the loop needs a register in it, so there must be some left, and in a loop
with calls, which lose all registers, only what takes long is moved. Addresses and constants stay with those that use them, since machines
have them in operands, and so do comparisons, which are part of branches.

Before: b1 (the header): v5 = Mul v1 v2; after: it stands in a block of its own between those that lead to the loop and b1.
src/cmd/compile/internal/ssa/licm.go moves what has no effects out of innermost loops.
"""

from __future__ import annotations

from typing import Final, final

from pygo_cross.opt.loads import apart, place_of
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Dominators, Loop, find_loops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import SIZES, P, is_float

_SLOW: Final = frozenset(
    [ops.DIV_S, ops.DIV_U, ops.MOD_S, ops.MOD_U, ops.FDIV, ops.SQRT, ops.MUL_HIGH_S, ops.MUL_HIGH_U, ops.UINT_TO_FLOAT, ops.FLOAT_TO_UINT]
)
"""Worth a place in the frame, if need be."""
_QUICK: Final = frozenset(
    [
        *(ops.ADD, ops.SUB, ops.MUL, ops.AND, ops.OR, ops.XOR, ops.SHL, ops.SHR_S, ops.SHR_U, ops.NEG, ops.COM, ops.ROTL),
        *(ops.CTZ, ops.CLZ, ops.POPCOUNT, ops.BSWAP, ops.FMA, ops.ABS, ops.COPYSIGN, ops.MIN_FLOAT, ops.MAX_FLOAT, ops.SELECT),
        *(ops.INT_TO_FLOAT, ops.FLOAT_TO_INT, ops.FLOAT_TO_FLOAT, ops.BITCAST),
    ]
)
"""Worth a register."""
_CHECKS: Final = frozenset([ops.NIL_CHECK, ops.BOUNDS, ops.SLICE_BOUNDS])
_DIVIDES: Final = frozenset([ops.DIV_S, ops.DIV_U, ops.MOD_S, ops.MOD_U])
_OPERANDS: Final = frozenset([ops.CONST, ops.ADDR, ops.SLOT_ADDR])
_DECIDE: Final = frozenset(
    [ops.EQ, ops.NE, ops.LT_S, ops.LE_S, ops.LT_U, ops.LE_U, ops.NOT, ops.AND, ops.TRUNC, ops.ZERO_EXT, ops.SIGN_EXT]
)
_THERE: Final = frozenset([ops.ALLOC, ops.ADDR, ops.SLOT_ADDR])
_NOTHING_WRITTEN: Final = frozenset([ops.NIL_CHECK, ops.BOUNDS, ops.SLICE_BOUNDS, ops.SLOT_LIVE, ops.PREFETCH])

_MOST_INTEGERS: Final = 8
_MOST_FLOATS: Final = 10
_LARGE: Final = 128
"""How many values a loop may have in registers, since it computes others (machines have some more), and of how many bytes a move is taken
for a call."""


def hoist(func: Func) -> None:
    """Move what does not change out of loops, inner loops first."""
    if not any(value.op == ops.PHI for block in func.blocks for value in block.values):
        return
    done: set[Block] = set()
    again = True
    while again:  # with a new block, what dominates what is found anew
        again = False
        dominators = Dominators(func)
        loops = find_loops(func, dominators)
        found = dict.fromkeys(loops[block] for block in dominators.order if block in loops)
        for loop in sorted(found, key=lambda one: -one.depth):
            if loop.header in done:
                continue
            done.add(loop.header)
            blocks = func.block_count
            _Hoist(func, loop, dominators).run()
            if func.block_count > blocks and len(done) < len(found):
                again = True
                break


@final
class _Hoist:
    """One loop. `moved` are the values that go in front of it."""

    __slots__ = ("calls", "dominators", "func", "inside", "latches", "loop", "moved", "moved_set", "room", "users", "written")

    def __init__(self, func: Func, loop: Loop, dominators: Dominators) -> None:
        self.func = func
        self.loop = loop
        self.dominators = dominators
        self.moved: list[Value] = []
        self.moved_set: set[Value] = set()
        self.inside = [block for block in func.blocks if block in loop.blocks]
        self.latches = [pred for pred in loop.header.preds if pred in loop.blocks]
        self.calls = False
        self.written: list[tuple[Value, int, int]] | None = []
        self.users: dict[Value, list[Value]] = {}
        self.room = [_MOST_INTEGERS, _MOST_FLOATS]

    def run(self) -> None:
        """Find what can go, and move it."""
        often = [block for block in self.dominators.order if block in self.loop.blocks and self.is_often(block)]
        if not any(self.is_candidate(value) for block in often for value in block.values):
            return
        self.look()
        at_once = True
        for block in often:
            for value in block.values:
                if value.op == ops.PHI:
                    continue
                if self.can_go(value, at_once and block is self.loop.header) and self.pays(value):
                    self.take(value)
                elif at_once and ops.FLAGS.get(value.op, ops.EFFECTS) & (ops.WRITES | ops.FAULTS | ops.CALL):
                    at_once = False
            at_once = False
        self.drop_useless()
        if self.moved:
            self.move()

    def is_often(self, block: Block) -> bool:
        """Whether a block is in every round."""
        return all(self.dominators.dominates(block, latch) for latch in self.latches)

    def is_candidate(self, value: Value) -> bool:
        op = value.op
        if op == ops.PHI or op in _OPERANDS or not (op in _SLOW or op in _QUICK or op == ops.LOAD or op in _CHECKS or op == ops.ADD_PTR):
            return False
        return all(self.is_outside(arg) for arg in value.args)

    def is_outside(self, value: Value) -> bool:
        """Whether a value is the same in each round, and known before them."""
        return value.block not in self.loop.blocks or value in self.moved_set or value.op in _OPERANDS

    def look(self) -> None:
        """What the loop calls and writes, and how many values it uses from outside."""
        used: set[Value] = set()
        for block in self.inside:
            for value in block.values:
                for arg in value.args:
                    self.users.setdefault(arg, []).append(value)
                    if arg.block not in self.loop.blocks and arg.op not in _OPERANDS:
                        used.add(arg)
                flags = ops.FLAGS.get(value.op, ops.EFFECTS)
                if flags & ops.CALL or _becomes_call(value):
                    self.calls = True
                if value.op == ops.PHI and block is self.loop.header:
                    used.add(value)
                if not flags & (ops.WRITES | ops.CALL) or value.op in _NOTHING_WRITTEN or self.written is None:
                    continue
                if value.op == ops.STORE:
                    self.written.append((*place_of(value.args[0], value.imm), SIZES[value.args[1].kind]))
                elif value.op in (ops.ZERO, ops.MOVE):
                    self.written.append((*place_of(value.args[0], 0), value.imm))
                else:
                    self.written = None
        for value in used:
            self.room[is_float(value.kind)] -= 1

    def can_go(self, value: Value, at_once: bool) -> bool:
        """Whether a value may be computed in front of the loop."""
        if not self.is_candidate(value):
            return False
        op = value.op
        if op == ops.LOAD:
            return self.can_load(value, at_once)
        if at_once:
            return True
        if op in _DIVIDES:
            return value.args[1].is_const and value.args[1].imm != 0
        return value.kind != P and op not in _CHECKS

    def can_load(self, value: Value, at_once: bool) -> bool:
        base, offset = place_of(value.args[0], value.imm)
        if self.written is None or not (at_once or base.op in _THERE) or self.decides(value):
            return False
        size = SIZES[value.kind]
        for other, at, length in self.written:
            if not ((other is base and (at >= offset + size or offset >= at + length)) or (other is not base and apart(base, other))):
                return False
        return True

    def decides(self, value: Value) -> bool:
        """Whether a branch depends on a value and nothing else that may change."""
        if any(value in block.controls for block in self.inside):
            return True
        for user in self.users.get(value, ()):
            if user.op in _DECIDE and all(arg is value or self.is_outside(arg) for arg in user.args):
                return True
        return False

    def pays(self, value: Value) -> bool:
        """Whether there is a register for it, or it is worth a place in the frame."""
        op = value.op
        if op in _CHECKS:
            return True  # it is what it checks
        if self.calls:
            return op in _SLOW
        if op in (ops.ADD, ops.SUB, ops.SHL, ops.ADD_PTR) and any(arg.is_const for arg in value.args):
            return False  # part of an address
        kind = is_float(value.kind)
        freed = sum(arg.op not in _OPERANDS and is_float(arg.kind) == kind and self.is_free(arg, value) for arg in set(value.args))
        return self.room[kind] + freed > 0

    def is_free(self, arg: Value, value: Value) -> bool:
        """Whether the loop needs an argument for nothing else."""
        return all(user is value or user in self.moved_set for user in self.users.get(arg, ())) and not any(
            arg in block.controls for block in self.inside
        )

    def take(self, value: Value) -> None:
        """A value goes."""
        if value.op not in _CHECKS:
            for arg in set(value.args):
                if arg.op not in _OPERANDS and self.is_free(arg, value):
                    self.room[is_float(arg.kind)] += 1
            self.room[is_float(value.kind)] -= 1
        self.moved.append(value)
        self.moved_set.add(value)

    def drop_useless(self) -> None:
        """Leave where they were addresses that were moved for loads that stay."""
        for value in reversed(self.moved):
            users = self.users.get(value, ())
            if value.op == ops.ADD_PTR and not any(user in self.moved_set for user in users):
                self.moved_set.discard(value)
        self.moved = [value for value in self.moved if value in self.moved_set]

    def move(self) -> None:
        """Put what was found into the block in front of the loop, with the constants and addresses that it uses."""
        block = self.front()
        copies: dict[Value, Value] = {}
        for value in self.moved:
            for i, arg in enumerate(value.args):
                if arg.op in _OPERANDS and arg.block in self.loop.blocks:
                    copy = copies.get(arg)
                    if copy is None:
                        copy = copies[arg] = self.func.append(block, arg.op, arg.kind, (), arg.imm, arg.aux, arg.pos)
                        copy.inline = arg.inline
                    value.set_arg(i, copy)
            value.block = block
            block.values.append(value)
        for inside in self.inside:
            if any(value in self.moved_set for value in inside.values):
                inside.values = [value for value in inside.values if value not in self.moved_set]

    def front(self) -> Block:
        """The block that leads to the header and nowhere else, from outside: made if there is none."""
        header = self.loop.header
        outside = [i for i, pred in enumerate(header.preds) if pred not in self.loop.blocks]
        if len(outside) == 1:
            pred = header.preds[outside[0]]
            if pred.kind == ops.PLAIN:
                return pred
        front = self.func.new_block(header.pos)
        self.func.blocks.pop()
        self.func.blocks.insert(self.func.blocks.index(header), front)
        phis = [value for value in header.values if value.op == ops.PHI]
        for phi in phis:
            given = [phi.args[i] for i in outside]
            one = given[0]
            if len(given) > 1:
                one = self.func.append(front, ops.PHI, phi.kind, given, phi.imm, phi.aux, phi.pos)
                one.inline = phi.inline
            inner = [arg for i, arg in enumerate(phi.args) if i not in outside]
            phi.set_args([one, *inner])
        for i in outside:
            pred = header.preds[i]
            pred.succs[pred.succs.index(header)] = front
            front.preds.append(pred)
        header.preds = [front, *[pred for i, pred in enumerate(header.preds) if i not in outside]]
        front.succs.append(header)
        return front


def _becomes_call(value: Value) -> bool:
    """Whether the runtime is going to do it."""
    return (value.op == ops.ALLOC and not value.imm & ops.STAYS) or (value.op in (ops.MOVE, ops.ZERO) and value.imm >= _LARGE)
