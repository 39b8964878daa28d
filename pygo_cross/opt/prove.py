# SPDX-License-Identifier: BSD-3-Clause
"""Takes away checks that can't fail, and decides comparisons, by what is known on the way.

Known are, from a block down to what it dominates: the conditions of branches that lead there and nowhere else, and checks that were
passed. A fact says that one value is at most another plus a constant, both as signed numbers without overflow: x <= y + k. A question is
answered by a search through facts and through what operations tell of their results (`ranges.py` has what constants tell). Counters of
loops that begin somewhere and go one way, without overflow because something bounds them, are never below or above where they began.

Before: for i := 0; i < len(s); i++ { s[i] }, with a Bounds; after: without.
Idea: Bodik, Gupta and Sarkar, "ABCD: Eliminating Array Bounds Checks on Demand" (2000).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.opt.fold import unsigned
from pygo_cross.opt.moving import is_growth
from pygo_cross.opt.ranges import MAX_LENGTH, natural_range
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Dominators
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import BITS, is_int

_MAX: Final = (1 << 63) - 1
_DEPTH: Final = 7
_DEEPEST: Final = 32
_FUEL: Final = 60
"""Steps that the search for one answer may take."""

_COMPARISONS: Final = frozenset([ops.EQ, ops.NE, ops.LT_S, ops.LE_S, ops.LT_U, ops.LE_U])
_SAME_VALUE: Final = frozenset([ops.BOUNDS, ops.SLICE_BOUNDS, ops.SIGN_EXT, ops.COPY])

_FALSE_IS: Final = {ops.LT_S: ops.LE_S, ops.LE_S: ops.LT_S, ops.LT_U: ops.LE_U, ops.LE_U: ops.LT_U}


def prove(func: Func) -> None:
    """Facts down the dominator tree."""
    dominators = Dominators(func)
    prover = _Prover(dominators)
    prover.find_lengths()
    stack: list[tuple[Block, int]] = [(func.entry, -1)]
    while stack:
        block, mark = stack.pop()
        if mark >= 0:
            prover.forget(mark)
            continue
        stack.append((block, len(prover.facts)))
        prover.enter(block)
        stack += [(child, -1) for child in reversed(dominators.children[block])]


def _strip(value: Value) -> Value:
    """The value behind what only passes it on."""
    while value.op in _SAME_VALUE:
        value = value.args[0]
    return value


class _Prover:
    """What is known where the walk is. `lengths` are values that are lengths wherever they are used: never negative. What a check is told
    to be a length may be any number before it: make([]T, n) panics if n is none.
    """

    __slots__ = ("counters", "dominators", "facts", "fuel", "lengths", "lower", "upper")

    def __init__(self, dominators: Dominators) -> None:
        self.dominators = dominators
        self.lengths: set[Value] = set()
        self.facts: list[tuple[Value, Value | None]] = []
        # For a value: what it is at most (another value, or None for a number, and a constant), and at least.
        self.upper: dict[Value, list[tuple[Value | None, int]]] = {}
        self.lower: dict[Value, list[int]] = {}
        self.counters: dict[Value, int | None] = {}
        self.fuel = 0

    def find_lengths(self) -> None:
        """Lengths among what checks are told to be one."""
        told: list[Value] = []
        grown: set[Value] = set()
        for block in self.dominators.order:
            for value in block.values:
                if value.op == ops.BOUNDS:
                    told.append(value.args[1])
                elif is_growth(value):
                    grown.add(value.args[1])
        for value in told:
            if value not in self.lengths:
                assumed: set[Value] = set()
                if self.is_length(value, grown, assumed, 0):
                    self.lengths |= assumed

    def is_length(self, value: Value, grown: set[Value], assumed: set[Value], depth: int) -> bool:
        """Whether a value is the length or capacity of something wherever it is used, if those are that are assumed to be."""
        low, high = natural_range(value)
        if (low >= 0 and high <= MAX_LENGTH) or value in assumed or value in self.lengths:
            return True
        if depth == _DEEPEST:
            return False
        assumed.add(value)
        op, args = value.op, value.args
        if op in (ops.PHI, ops.COPY):
            return all(self.is_length(arg, grown, assumed, depth + 1) for arg in args)
        if op == ops.SLICE_BOUNDS:
            return self.is_length(args[1], grown, assumed, depth + 1)
        if op == ops.SUB:  # x[low:]
            start = args[1]
            below = start.op == ops.SLICE_BOUNDS and _strip(start.args[1]) is _strip(args[0])
            return below and self.is_length(args[0], grown, assumed, depth + 1)
        if op == ops.ADD and value in grown:
            return all(self.is_length(arg, grown, assumed, depth + 1) for arg in args)
        return False

    # ---- facts

    def at_most(self, x: Value, y: Value, k: int) -> None:
        """x <= y + k holds from here down."""
        x, y = _strip(x), _strip(y)
        if y.is_const:
            if not x.is_const:
                self.upper.setdefault(x, []).append((None, y.imm + k))
                self.facts.append((x, x))
            return
        if x.is_const:
            self.lower.setdefault(y, []).append(x.imm - k)
            self.facts.append((y, None))
            return
        self.upper.setdefault(x, []).append((y, k))
        self.facts.append((x, y))
        low = self.least(x, 2)
        if low > -_MAX:
            self.lower.setdefault(y, []).append(low - k)
            self.facts.append((y, None))

    def forget(self, mark: int) -> None:
        """Leave the part of the tree where facts behind a mark hold."""
        while len(self.facts) > mark:
            x, y = self.facts.pop()
            (self.lower if y is None else self.upper)[x].pop()

    def enter(self, block: Block) -> None:
        """What the way into a block tells, and its checks."""
        if len(block.preds) == 1:
            before = block.preds[0]
            if before.kind == ops.IF and before.succs[0] is not before.succs[1]:
                self.condition(before.controls[0], block is before.succs[0])
        for value in block.values:
            op = value.op
            if op == ops.BOUNDS:
                index, length = value.args
                if self.is_below(index, length):
                    value.become(index)
                else:
                    self.less_unsigned(index, length, 1)
            elif op == ops.SLICE_BOUNDS:
                index, limit = value.args
                if self.is_at_most_unsigned(index, limit):
                    value.become(index)
                else:
                    self.less_unsigned(index, limit, 0)
            elif op == ops.NIL_CHECK:
                if value.args[0].op in (ops.ADDR, ops.SLOT_ADDR, ops.ALLOC, ops.NIL_CHECK):
                    value.become(value.args[0])
            elif op in _COMPARISONS:
                holds = self.decide(op, value.args[0], value.args[1])
                if holds is not None:
                    value.reset(ops.CONST, (), int(holds))

    def condition(self, control: Value, holds: bool) -> None:
        """A branch was taken because its condition holds, or does not."""
        while control.op == ops.NOT:
            control, holds = control.args[0], not holds
        op = control.op
        if op not in _COMPARISONS or not is_int(control.args[0].kind):
            return
        x, y = control.args
        if op in (ops.EQ, ops.NE):
            if holds == (op == ops.EQ):
                self.at_most(x, y, 0)
                self.at_most(y, x, 0)
            else:
                self.differ(x, y)
            return
        if not holds:
            op, x, y = _FALSE_IS[op], y, x
        if op in (ops.LT_S, ops.LE_S):
            self.at_most(x, y, -(op == ops.LT_S))
        elif self.least(y, _DEPTH) >= 0:
            self.less_unsigned(x, y, int(op == ops.LT_U))

    def less_unsigned(self, x: Value, y: Value, by: int) -> None:
        """0 <= x <= y - by, of which y is known not to be negative."""
        self.lower.setdefault(_strip(x), []).append(0)
        self.facts.append((_strip(x), None))
        self.at_most(x, y, -by)

    def differ(self, x: Value, y: Value) -> None:
        """x != y: a bound that touches is one less."""
        if x.is_const:
            x, y = y, x
        if y.is_const:
            if self.least(x, _DEPTH) == y.imm:
                self.lower.setdefault(_strip(x), []).append(y.imm + 1)
                self.facts.append((_strip(x), None))
            return
        for one, other in ((x, y), (y, x)):
            if self.ask(one, other, 0):
                self.at_most(one, other, -1)

    # ---- questions

    def decide(self, op: int, x: Value, y: Value) -> bool | None:
        """Whether a comparison holds; None if that is not known."""
        if not is_int(x.kind) or x is y:
            return None
        if op in (ops.EQ, ops.NE):
            if self.ask(x, y, -1) or self.ask(y, x, -1):
                return op == ops.NE
            return None
        if op in (ops.LT_U, ops.LE_U) and not (self.least(x, _DEPTH) >= 0 and self.least(y, _DEPTH) >= 0):
            return None
        strict = int(op in (ops.LT_S, ops.LT_U))
        if self.ask(x, y, -strict):
            return True
        if self.ask(y, x, strict - 1):
            return False
        return None

    def is_below(self, index: Value, length: Value) -> bool:
        """Whether an index is known to be below a length, unsigned."""
        if index.is_const and length.is_const:
            return unsigned(index.imm, index.kind) < length.imm
        return self.least(index, _DEPTH) >= 0 and self.ask(index, length, -1)

    def is_at_most_unsigned(self, index: Value, limit: Value) -> bool:
        """Whether a bound is known to be at most another that is not negative."""
        if index.is_const and limit.is_const:
            return 0 <= index.imm <= limit.imm
        return self.least(index, _DEPTH) >= 0 and self.ask(index, limit, 0)

    def ask(self, x: Value, y: Value, k: int) -> bool:
        """Whether x <= y + k is known, of signed numbers."""
        self.fuel = _FUEL
        return self._ask(x, y, k, _DEPTH)

    def _ask(self, x: Value, y: Value, k: int, depth: int) -> bool:
        x, y = _strip(x), _strip(y)
        if x is y:
            return k >= 0
        self.fuel -= 1
        if depth == 0 or self.fuel < 0:
            return False
        if y.is_const:
            return self.most(x, depth) <= y.imm + k
        if x.is_const:
            return x.imm <= self.least(y, depth) + k
        for other, c in self.upper.get(x, ()):
            if other is not None and self._ask(other, y, k - c, depth - 1):
                return True
        if x.op == ops.ADD and x.args[1].is_const and self.exact(x, depth - 1) and self._ask(x.args[0], y, k - x.args[1].imm, depth - 1):
            return True
        if y.op == ops.ADD and y.args[1].is_const and self.exact(y, depth - 1) and self._ask(x, y.args[0], k + y.args[1].imm, depth - 1):
            return True
        if x.op == ops.SUB and self.least(x.args[1], depth - 1) >= 0 and self.least(x.args[0], depth - 1) >= 0:
            by = x.args[1].imm if x.args[1].is_const else 0
            if self._ask(x.args[0], y, k + by, depth - 1):
                return True
        if x.op in (ops.SHR_S, ops.SHR_U, ops.DIV_S, ops.DIV_U, ops.AND, ops.MOD_S, ops.MOD_U) and self.least(x.args[0], depth - 1) >= 0:
            if self._ask(x.args[0], y, k, depth - 1):  # the result is not larger
                return True
            if x.op in (ops.MOD_S, ops.MOD_U) and self.least(x.args[1], depth - 1) >= 0 and self._ask(x.args[1], y, k + 1, depth - 1):
                return True
        if x.op == ops.ZERO_EXT and self.least(x.args[0], depth - 1) >= 0 and self._ask(x.args[0], y, k, depth - 1):
            return True
        if x.op == ops.PHI:
            step = self.counter(x)
            if step is not None and step < 0:
                return all(self._ask(arg, y, k, depth - 1) for arg in self.begins(x))
            if step is None and len(x.args) <= 4 and not self.is_header(x.block):
                return all(self._ask(arg, y, k, depth - 2) for arg in x.args) if depth > 2 else False
        if y.op == ops.PHI:
            step = self.counter(y)
            if step is not None and step > 0:
                return all(self._ask(x, arg, k, depth - 1) for arg in self.begins(y))
        return self.most(x, 2) <= self.least(y, 2) + k

    def least(self, value: Value, depth: int) -> int:
        """The smallest that a value is known to be."""
        value = _strip(value)
        if value.is_const:
            return value.imm
        found = natural_range(value)[0]
        for bound in self.lower.get(value, ()):
            found = max(found, bound)
        if found < 0 and value in self.lengths:
            found = 0
        if found >= 0 or depth <= 0:
            return found
        op = value.op
        if op == ops.ADD and value.args[1].is_const and self.exact(value, depth - 1):
            found = max(found, self.least(value.args[0], depth - 1) + value.args[1].imm)
        elif op == ops.ADD and self.exact(value, depth - 1):
            found = max(found, self.least(value.args[0], depth - 1) + self.least(value.args[1], depth - 1))
        elif op == ops.SUB:
            x, y = value.args
            if self.least(x, depth - 1) >= 0 and self.least(y, depth - 1) >= 0 and self._ask(y, x, 0, depth - 1):
                found = max(found, 0)
        elif op in (ops.SHR_S, ops.DIV_S, ops.MOD_S):
            if self.least(value.args[0], depth - 1) >= 0 and (op != ops.DIV_S or self.least(value.args[1], depth - 1) >= 0):
                found = max(found, 0)
        elif op == ops.PHI:
            step = self.counter(value)
            if step is not None:
                if step > 0:
                    found = max(found, min(self.least(arg, depth - 1) for arg in self.begins(value)))
            elif not self.is_header(value.block) and len(value.args) <= 4:
                found = max(found, min(self.least(arg, depth - 2) for arg in value.args))
        return found

    def most(self, value: Value, depth: int) -> int:
        """The largest that a value is known to be."""
        value = _strip(value)
        if value.is_const:
            return value.imm
        found = natural_range(value)[1]
        if value in self.lengths:
            found = min(found, MAX_LENGTH)
        for other, k in self.upper.get(value, ()):
            if other is None:
                found = min(found, k)
            elif depth > 0:
                found = min(found, self.most(other, depth - 1) + k)
        if depth <= 0:
            return found
        if value.op == ops.ADD and value.args[1].is_const and self.exact(value, depth - 1):
            found = min(found, self.most(value.args[0], depth - 1) + value.args[1].imm)
        elif value.op == ops.PHI:
            step = self.counter(value)
            if step is not None and step < 0:
                found = min(found, max(self.most(arg, depth - 1) for arg in self.begins(value)))
        return found

    def exact(self, value: Value, depth: int) -> bool:
        """Whether an addition can't overflow."""
        if depth <= 0:
            return False
        x, y = value.args
        limit = 1 << (BITS[value.kind] - 1)
        if y.is_const:
            if y.imm >= 0:
                return self.most(x, depth) + y.imm < limit
            return self.least(x, depth) + y.imm >= -limit
        return (
            self.most(x, depth - 1) + self.most(y, depth - 1) < limit and self.least(x, depth - 1) + self.least(y, depth - 1) >= -limit
        )

    # ---- loops

    def is_header(self, block: Block) -> bool:
        """Whether a way leads from a block back to it."""
        return any(pred in self.dominators.number and self.dominators.dominates(block, pred) for pred in block.preds)

    def begins(self, phi: Value) -> list[Value]:
        """What a counter begins with."""
        block = phi.block
        pairs = zip(phi.args, block.preds, strict=True)
        return [arg for arg, pred in pairs if not (pred in self.dominators.number and self.dominators.dominates(block, pred))]

    def counter(self, phi: Value) -> int | None:
        """The step of a Phi that counts up or down by constants in each round, never over the limits of its kind; else None."""
        try:
            return self.counters[phi]
        except KeyError:
            self.counters[phi] = None
            found = self.counters[phi] = self._counter(phi)
            return found

    def _counter(self, phi: Value) -> int | None:
        step = 0
        block = phi.block
        for arg, pred in zip(phi.args, block.preds, strict=True):
            if pred not in self.dominators.number or not self.dominators.dominates(block, pred):
                continue
            arg = _strip(arg)
            if arg.op != ops.ADD or not arg.args[1].is_const or _strip(arg.args[0]) is not phi:
                return None
            by = arg.args[1].imm
            if not by or (step and (by > 0) != (step > 0)) or not self.guarded(phi, arg.block, by):
                return None
            step = by
        return step or None

    def guarded(self, phi: Value, block: Block, by: int) -> bool:
        """Whether the way to a block leads through a branch that keeps a counter far enough from the end of its kind."""
        limit = (1 << (BITS[phi.kind] - 1)) - 1
        while block is not phi.block:
            before = self.dominators.idom[block]
            if before.kind == ops.IF and len(block.preds) == 1 and before.succs[0] is not before.succs[1]:
                control, holds = before.controls[0], block is before.succs[0]
                op = control.op
                if op in (ops.LT_S, ops.LE_S):
                    x, y = control.args
                    if not holds:
                        op, x, y = _FALSE_IS[op], y, x
                    strict = int(op == ops.LT_S)
                    if by > 0 and _strip(x) is phi and self.top(y) - strict <= limit - by:
                        return True
                    if by < 0 and _strip(y) is phi and natural_range(x)[0] + strict >= -limit - 1 - by:
                        return True
            block = before
        return False

    def top(self, value: Value) -> int:
        """The largest that a value can be wherever it is used."""
        value = _strip(value)
        found = value.imm if value.is_const else natural_range(value)[1]
        return min(found, MAX_LENGTH) if value in self.lengths else found
