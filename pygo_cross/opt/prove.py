# SPDX-License-Identifier: BSD-3-Clause
"""Takes away checks that can't fail, and decides branches, by what is known on the way.

Known are: the conditions of branches that lead here and nowhere else; that a loop's counter, which begins at a constant of 0 or more and
is only counted up while it is less than something, is not negative; that what was checked before holds.

Before: for i := 0; i < len(s); i++ { s[i] }, with a Bounds; after: without.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.opt.fold import unsigned
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Dominators
from pygo_cross.ssa.func import Block, Func, Value

_MAX: Final = (1 << 63) - 1

Fact = tuple[int, Value, Value]


def prove(func: Func) -> None:
    """Facts down the dominator tree."""
    dominators = Dominators(func)
    prover = _Prover(dominators)
    stack: list[tuple[Block, int]] = [(func.entry, -1)]
    while stack:
        block, mark = stack.pop()
        if mark >= 0:
            prover.forget(mark)
            continue
        stack.append((block, len(prover.facts)))
        prover.enter(block)
        stack += [(child, -1) for child in reversed(dominators.children[block])]


class _Prover:
    __slots__ = ("dominators", "facts", "less")

    def __init__(self, dominators: Dominators) -> None:
        self.dominators = dominators
        self.facts: list[Fact] = []
        self.less: set[tuple[int, int, int]] = set()

    def know(self, op: int, x: Value, y: Value) -> None:
        """x op y holds from here down."""
        fact = (op, x, y)
        self.facts.append(fact)
        self.less.add((op, x.id, y.id))

    def forget(self, mark: int) -> None:
        """Leave the part of the tree where facts behind a mark hold."""
        while len(self.facts) > mark:
            op, x, y = self.facts.pop()
            if not any(a == op and b is x and c is y for a, b, c in self.facts):
                self.less.discard((op, x.id, y.id))

    def enter(self, block: Block) -> None:
        """What the way into a block tells, and its checks."""
        if len(block.preds) == 1:
            before = block.preds[0]
            if before.kind == ops.IF and before.succs[0] is not before.succs[1]:
                self.condition(before.controls[0], block is before.succs[0])
        for value in block.values:
            if value.op == ops.BOUNDS:
                index, length = value.args
                if self.is_less(index, length):
                    value.become(index)
                else:
                    self.know(ops.LT_U, index, length)
                    self.know(ops.LT_S, index, length)
            elif value.op == ops.NIL_CHECK and value.args[0].op in (ops.ADDR, ops.SLOT_ADDR, ops.ALLOC, ops.NIL_CHECK):
                value.become(value.args[0])

    def condition(self, control: Value, holds: bool) -> None:
        """A branch was taken because its condition holds, or does not."""
        if control.op not in (ops.LT_S, ops.LE_S, ops.LT_U, ops.LE_U) or len(control.args) != 2:
            return
        x, y = control.args
        if holds:
            self.know(control.op, x, y)
        else:
            turned = {ops.LT_S: ops.LE_S, ops.LE_S: ops.LT_S, ops.LT_U: ops.LE_U, ops.LE_U: ops.LT_U}[control.op]
            self.know(turned, y, x)

    def is_less(self, index: Value, length: Value) -> bool:
        """Whether an index is known to be below a length, unsigned."""
        if (ops.LT_U, index.id, length.id) in self.less:
            return True
        if index.is_const and length.is_const:
            return unsigned(index.imm, index.kind) < length.imm
        if length.is_const and length.imm > 0 and self.at_most(index) < length.imm and self.not_negative(index):
            return True
        return (ops.LT_S, index.id, length.id) in self.less and self.not_negative(index)

    def at_most(self, value: Value) -> int:
        """The largest that a value can be, where its operation tells."""
        if value.op == ops.AND and value.args[1].is_const and value.args[1].imm >= 0:
            return value.args[1].imm
        if value.op == ops.MOD_U and value.args[1].is_const:
            return unsigned(value.args[1].imm, value.kind) - 1
        if value.op == ops.ZERO_EXT:
            return (1 << {1: 8, 2: 8, 3: 16, 4: 32}.get(value.args[0].kind, 63)) - 1
        return _MAX

    def not_negative(self, value: Value, depth: int = 0) -> bool:
        """Whether a value is 0 or more, as a signed number."""
        if value.is_const:
            return value.imm >= 0
        if value.op in (ops.ZERO_EXT, ops.MOD_U) or (value.op == ops.AND and value.args[1].is_const and value.args[1].imm >= 0):
            return True
        return value.op == ops.PHI and depth == 0 and self.counts_up(value)

    def counts_up(self, phi: Value) -> bool:
        """Whether a Phi is a loop's counter: it begins at 0 or more, and each round adds a small constant while it is less than something.

        A value that is less than another of its kind can be counted up by one without overflow.
        """
        for arg, pred in zip(phi.args, phi.block.preds, strict=True):
            if self.dominators.dominates(phi.block, pred):
                if arg.op != ops.ADD or arg.args[0] is not phi or not arg.args[1].is_const or arg.args[1].imm != 1:
                    return False
                if not self.guarded(phi, arg.block):
                    return False
            elif not arg.is_const or arg.imm < 0:
                return False
        return True

    def guarded(self, phi: Value, block: Block) -> bool:
        """Whether the way to a block leads through a branch that a counter is less than something."""
        while block is not phi.block:
            before = self.dominators.idom[block]
            if before.kind == ops.IF and len(block.preds) == 1 and block is before.succs[0] is not before.succs[1]:
                control = before.controls[0]
                if control.op == ops.LT_S and control.args[0] is phi:
                    return True
            block = before
        return False
