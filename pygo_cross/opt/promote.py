# SPDX-License-Identifier: BSD-3-Clause
"""Makes SSA values of variables in memory whose address nothing but loads and stores sees.

Such a variable falls into parts: the offsets at which it is accessed, with one kind each; none may overlap another. Clearing the whole
variable clears all parts. A part that is stored in the Alloc's block alone needs no Phi; else Phis come at the iterated dominance frontier
of the stores (Cytron, Ferrante, Rosen, Wegman and Zadeck, 1991), as far as the Alloc dominates it: each time the Alloc is passed, the
variable is new and zero.
Before: v1 p = Alloc {T}; Store v1 v2 [8]; v3 = Load v1 [8]; after: v3 is v2.
"""

from __future__ import annotations

from pygo_cross.opt.addresses import Variable, variables
from pygo_cross.opt.context import Context
from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import replace, simplify_phis
from pygo_cross.ssa.dominators import Dominators
from pygo_cross.ssa.func import ADDRESS, Block, Func, Value
from pygo_cross.ssa.kinds import SIZES

MAX_PARTS = 8
"""A variable of more parts stays in memory: that many values would only be spilled again."""


class _Part:
    """An offset of a variable; `number` tells it from other parts."""

    __slots__ = ("alloc", "kind", "names", "number", "offset", "stores")

    def __init__(self, alloc: Value, number: int, offset: int, kind: int) -> None:
        self.alloc = alloc
        self.number = number
        self.offset = offset
        self.kind = kind
        self.stores: list[Block] = []
        self.names: tuple[int, ...] | None = None


def promote(func: Func, context: Context) -> None:
    """Values in place of variables."""
    found = [one for one in variables(func, context.shapes) if not one.leaks and not one.inspected]
    if not found:
        return
    kept = _behind_recovery(func)
    parts: dict[Value, dict[int, _Part]] = {}
    count = 0
    for one in found:
        made = _parts(one, count, context, kept)
        if made is not None:
            parts[one.alloc] = made
            count += len(made)
    if parts:
        _Renaming(func, [one for one in found if one.alloc in parts], parts, count).run()


def _behind_recovery(func: Func) -> set[Block]:
    """Blocks that a deferred call's recovery leads to: what they read may have been stored anywhere."""
    todo = [block.succs[1] for block in func.blocks if block.kind == ops.DEFER_RETURN]
    found: set[Block] = set(todo)
    while todo:
        for succ in todo.pop().succs:
            if succ not in found:
                found.add(succ)
                todo.append(succ)
    return found


def _parts(one: Variable, number: int, context: Context, kept: set[Block]) -> dict[int, _Part] | None:
    """The parts of a variable; None if it has to stay in memory."""
    found: dict[int, _Part] = {}
    zeros: list[Block] = []
    size = -1
    for value, at in one.accesses:
        if at is None or (kept and value.block in kept):
            return None
        if value.op == ops.ZERO:
            if size < 0:
                size = context.shapes.sizes.sizeof(one.alloc.aux)  # type: ignore[arg-type]
            if at != 0 or value.imm != size:
                return None
            zeros.append(value.block)
            continue
        if value.op == ops.MOVE:
            return None
        kind = value.kind if value.op == ops.LOAD else value.args[1].kind
        at += value.imm
        part = found.get(at)
        if part is None:
            if len(found) == MAX_PARTS:
                return None
            part = found[at] = _Part(one.alloc, number + len(found), at, kind)
        elif part.kind != kind:
            return None
        if value.op == ops.STORE:
            part.stores.append(value.block)
    end = 0
    for at in sorted(found):
        if at < end:
            return None
        part = found[at]
        end = at + SIZES[part.kind]
        part.stores += zeros
    return found


class _Renaming:
    __slots__ = ("dominators", "frontier", "func", "parts", "phis", "remove", "replaced", "variables")

    def __init__(self, func: Func, found: list[Variable], parts: dict[Value, dict[int, _Part]], count: int) -> None:
        self.func = func
        self.variables = found
        self.parts = parts
        self.dominators = Dominators(func)
        self.frontier: dict[Block, list[Block]] | None = None
        self.phis: dict[Block, list[tuple[Value, _Part]]] = {}
        self.replaced: dict[Value, Value] = {}
        self.remove: set[Value] = set()

    def run(self) -> None:
        where: dict[Value, tuple[dict[int, _Part], int]] = {}  # accesses: the parts, and the offset of the address
        for one in self.variables:
            parts = self.parts[one.alloc]
            for value, at in one.accesses:
                assert at is not None
                where[value] = (parts, at)
            self.remove.update(one.chain)
            for part in parts.values():
                self.name(part)
                self.place_phis(part)
        self.rename(where)
        self.clean()

    def name(self, part: _Part) -> None:
        """What variable it is a part of."""
        names = self.func.names.get(part.alloc.id)
        if names is not None and part.offset < ADDRESS:
            part.names = tuple([one - ADDRESS + part.offset for one in names if one & ADDRESS == ADDRESS]) or None

    # ---- Phis

    def place_phis(self, part: _Part) -> None:
        """Phis for a part where ways with different contents meet."""
        home = part.alloc.block
        todo = list(dict.fromkeys(block for block in part.stores if block is not home))
        if not todo:
            return
        if self.frontier is None:
            self.frontier = _frontiers(self.dominators)
        todo.append(home)
        has: set[Block] = set()
        while todo:
            for block in self.frontier.get(todo.pop(), ()):
                if block in has or block is home or not self.dominators.dominates(home, block):
                    continue
                has.add(block)
                todo.append(block)
                phi = self.func.make(block, ops.PHI, part.kind, (), 0, None, block.pos)
                if part.names is not None:
                    self.func.names[phi.id] = part.names
                self.phis.setdefault(block, []).append((phi, part))

    # ---- what each load reads

    def rename(self, where: dict[Value, tuple[dict[int, _Part], int]]) -> None:
        dominators, func = self.dominators, self.func
        current: dict[_Part, Value] = {}
        stack: list[tuple[Block, list[tuple[_Part, Value | None]] | None]] = [(func.entry, None)]
        allocs = self.parts
        while stack:
            block, undo = stack.pop()
            if undo is not None:
                for part, old in reversed(undo):
                    if old is None:
                        current.pop(part, None)
                    else:
                        current[part] = old
                continue
            changed: list[tuple[_Part, Value | None]] = []
            made: list[tuple[int, Value]] = []
            for phi, part in self.phis.get(block, ()):
                changed.append((part, current.get(part)))
                current[part] = phi
            for i, value in enumerate(block.values):
                op = value.op
                if op == ops.ALLOC:
                    parts = allocs.get(value)
                    if parts is not None:
                        self.remove.add(value)
                        self.zero(parts, value, i, made, changed, current)
                elif op == ops.LOAD:
                    found = where.get(value)
                    if found is not None:
                        self.replaced[value] = current[found[0][found[1] + value.imm]]
                elif op == ops.STORE:
                    found = where.get(value)
                    if found is not None:
                        part = found[0][found[1] + value.imm]
                        changed.append((part, current.get(part)))
                        stored = current[part] = self.final(value.args[1])
                        self.remove.add(value)
                        if part.names is not None:
                            func.name(stored, part.names)
                elif op == ops.ZERO:
                    found = where.get(value)
                    if found is not None:
                        self.remove.add(value)
                        self.zero(found[0], value, i, made, changed, current)
            for i, value in reversed(made):
                block.values.insert(i, value)
            for succ in block.succs:
                self.pass_on(block, succ, current)
            stack.append((block, changed))
            stack += [(child, None) for child in dominators.children[block]]

    def final(self, value: Value) -> Value:
        while value in self.replaced:
            value = self.replaced[value]
        return value

    def zero(
        self,
        parts: dict[int, _Part],
        at: Value,
        index: int,
        made: list[tuple[int, Value]],
        changed: list[tuple[_Part, Value | None]],
        current: dict[_Part, Value],
    ) -> None:
        zeros: dict[int, Value] = {}
        for part in parts.values():
            zero = zeros.get(part.kind)
            if zero is None:
                zero = zeros[part.kind] = self.func.make(at.block, ops.CONST, part.kind, (), 0, None, at.pos)
                made.append((index, zero))
            changed.append((part, current.get(part)))
            current[part] = zero

    def pass_on(self, block: Block, succ: Block, current: dict[_Part, Value]) -> None:
        """What a way into a block brings to its Phis: an argument for each place that the way has among its predecessors."""
        for phi, part in self.phis.get(succ, ()):
            if not phi.args:
                for _ in succ.preds:
                    phi.args.append(phi)  # each is set when its way is walked
                phi.uses += len(succ.preds)
            for i, pred in enumerate(succ.preds):
                if pred is block:
                    phi.set_arg(i, current[part])

    # ---- the rest

    def clean(self) -> None:
        func = self.func
        for block, phis in self.phis.items():
            block.values[0:0] = [phi for phi, _ in phis]
        if self.replaced:
            replace(func, self.replaced)
        for block in func.blocks:
            if any(value in self.remove for value in block.values):
                for value in block.values:
                    if value in self.remove:
                        value.set_args(())
                block.values = [value for value in block.values if value not in self.remove]
        if self.phis:
            _sweep(func, [phi for phis in self.phis.values() for phi, _ in phis])
            simplify_phis(func)


def _sweep(func: Func, phis: list[Value]) -> None:
    """Take away Phis that only Phis use, in the end."""
    made = set(phis)
    live: set[Value] = set()
    todo: list[Value] = []
    for block in func.blocks:
        for value in block.values:
            if value in made:
                continue
            todo += [arg for arg in value.args if arg in made]
        todo += [value for value in block.controls if value in made]
    while todo:
        phi = todo.pop()
        if phi not in live:
            live.add(phi)
            todo += [arg for arg in phi.args if arg in made]
    gone = made - live
    if gone:
        for phi in gone:
            phi.set_args(())
        for block in {phi.block: None for phi in phis if phi in gone}:
            block.values = [value for value in block.values if value not in gone]


def _frontiers(dominators: Dominators) -> dict[Block, list[Block]]:
    """The dominance frontier of each block that has one (Cooper, Harvey and Kennedy)."""
    found: dict[Block, list[Block]] = {}
    for block in dominators.order:
        if len(block.preds) < 2:
            continue
        stop = dominators.idom[block]
        for pred in block.preds:
            runner = pred
            if runner not in dominators.idom:
                continue
            while runner is not stop:
                into = found.setdefault(runner, [])
                if not into or into[-1] is not block:
                    into.append(block)
                runner = dominators.idom[runner]
    return found
