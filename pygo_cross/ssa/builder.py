# SPDX-License-Identifier: BSD-3-Clause
"""SSA form while a function is built: variables are assigned and read block by block, and Phis come of it.

The method is that of Braun, Buchwald, Hack, Leißa, Mallon and Zwinkau, "Simple and Efficient Construction of Static Single Assignment Form"
(2013): a read looks for the assignment before it, through predecessors; a block whose predecessors are not all known yet gets a Phi
that is completed when it is sealed. A variable is any hashable thing; each has one kind.

Invariants: a block is sealed once, when no further predecessor can come; before a function is used all blocks are sealed; a variable is
read only where it has been assigned on every way (lowering assigns zero values at declarations).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import NO_POS, Block, Func, Slot, Value
from pygo_cross.ssa.kinds import VOID


class Builder:
    """Builds one function. `block` is where values go, None where nothing can get (behind a return)."""

    __slots__ = ("_assigned", "_headless", "_incomplete", "_kinds", "_sealed", "block", "func", "names", "pos")

    def __init__(self, func: Func) -> None:
        self.func = func
        self.block: Block | None = func.entry
        self.pos = NO_POS
        self._kinds: dict[Hashable, int] = {}
        self._assigned: dict[Block, dict[Hashable, Value]] = {func.entry: {}}
        self._incomplete: dict[Block, dict[Hashable, Value]] = {}
        self._sealed: set[Block] = {func.entry}
        # What was begun before anything led to it, as a label behind a return. Perhaps nothing ever does, or only a way round from itself.
        self._headless: set[Block] = set()
        self.names: dict[Hashable, tuple[int, ...]] = {}
        """What assignments of a variable are called in `Func.names`, if that is to be known."""

    # ---- values

    def emit(self, op: int, kind: int = VOID, args: Sequence[Value] = (), imm: int = 0, aux: object = None) -> Value:
        """A value where building is; where nothing can get, one that is in no block's list, and no use of its arguments."""
        if self.block is None:
            return self.func.make(self.func.entry, op, kind, (), imm, aux, self.pos)
        return self.func.append(self.block, op, kind, args, imm, aux, self.pos)

    def const(self, kind: int, imm: int) -> Value:
        """A constant."""
        return self.emit(ops.CONST, kind, (), imm)

    def slot_addr(self, slot: Slot, kind: int, offset: int = 0) -> Value:
        """The address of memory in the frame."""
        return self.emit(ops.SLOT_ADDR, kind, (), offset, slot)

    # ---- blocks

    def new_block(self) -> Block:
        """A block to come; it is not sealed."""
        block = self.func.new_block(self.pos)
        self._assigned[block] = {}
        return block

    def begin(self, block: Block, sealed: bool = True) -> None:
        """Go on in a block; unless it is to be sealed later, all its predecessors are known."""
        if sealed:
            self.seal(block)
        if not (block.preds or block is self.func.entry):
            self._headless.add(block)
            self.block = None if sealed else block
        else:
            self.block = block

    def goto(self, to: Block) -> None:
        """End the block."""
        block = self.block
        if block is not None:
            block.kind = ops.PLAIN
            block.add_edge(to)
            self.block = None

    def branch(self, condition: Value, yes: Block, no: Block, likely: int = 0) -> None:
        """End the block two ways."""
        block = self.block
        if block is not None:
            block.kind = ops.IF
            block.likely = likely
            block.pos = self.pos
            block.set_controls((condition,))
            block.add_edge(yes)
            block.add_edge(no)
            self.block = None

    def jump_table(self, index: Value, targets: Sequence[Block]) -> None:
        """End the block as many ways as there are targets; `index`, an I64, is the number of one."""
        block = self.block
        if block is not None:
            block.kind = ops.JUMP_TABLE
            block.pos = self.pos
            block.set_controls((index,))
            for target in targets:
                block.add_edge(target)
            self.block = None

    def defer_return(self, to: Block, recovered: Block) -> None:
        """End the block behind a call that defers another one: when that recovers from a panic, the function goes on at `recovered`."""
        block = self.block
        if block is not None:
            block.kind = ops.DEFER_RETURN
            block.likely = 1
            block.pos = self.pos
            block.add_edge(to)
            block.add_edge(recovered)
            self.block = None

    def ret(self, results: Sequence[Value]) -> None:
        """End the block, and the function."""
        block = self.block
        if block is not None:
            block.kind = ops.RET
            block.pos = self.pos
            block.set_controls(results)
            self.block = None

    def exit(self) -> None:
        """End the block behind a call that doesn't return."""
        block = self.block
        if block is not None:
            block.kind = ops.EXIT
            block.pos = self.pos
            self.block = None

    # ---- variables

    def write(self, variable: Hashable, value: Value) -> None:
        """Assign a variable."""
        self._kinds.setdefault(variable, value.kind)
        if self.block is not None:
            self._assigned[self.block][variable] = value
            names = self.names.get(variable)
            if names is not None:
                self.func.name(value, names)

    def read(self, variable: Hashable) -> Value:
        """What a variable has here."""
        if self.block is None:
            return self.func.make(self.func.entry, ops.CONST, self._kinds[variable])
        return self._read(variable, self.block)

    def _read(self, variable: Hashable, block: Block) -> Value:
        pending: list[Value] = []
        found = self._lookup(variable, block, pending)
        if pending:
            self._complete(variable, pending)
        return found

    def _lookup(self, variable: Hashable, block: Block, pending: list[Value]) -> Value:
        """What a variable has at the end of a block: an assignment, or a Phi, which is `pending` if all that it takes is known."""
        assigned = self._assigned
        found = assigned[block].get(variable)
        if found is not None:
            return found
        # Up through blocks with one predecessor. Those of a loop that is never entered are a circle, which has a headless one.
        sealed, headless = self._sealed, self._headless
        passed: list[Block] = []
        while True:
            found = assigned[block].get(variable)
            if found is not None:
                break
            passed.append(block)
            preds = block.preds
            if len(preds) == 1 and block in sealed and block not in headless:
                block = preds[0]
                continue
            found = self._phi(variable, block, pending)
            break
        for one in passed:
            assigned[one][variable] = found
        return found

    def _phi(self, variable: Hashable, block: Block, pending: list[Value]) -> Value:
        kind = self._kinds.get(variable)
        sealed = block in self._sealed
        # What nothing leads to, and is sealed, gets a Phi of nothing: it goes with its block.
        if kind is None or (sealed and not block.preds and block not in self._headless):
            raise self.func.bug("build", f"variable {variable} is read before it is assigned", block)
        phi = self.func.make(block, ops.PHI, kind, (), 0, None, block.pos)
        block.values.insert(0, phi)
        names = self.names.get(variable)
        if names is not None:
            self.func.names[phi.id] = names
        if sealed:
            pending.append(phi)
        else:
            self._incomplete.setdefault(block, {})[variable] = phi
        return phi

    def _complete(self, variable: Hashable, pending: list[Value]) -> None:
        """Give Phis their arguments, which may be further Phis."""
        while pending:
            phi = pending.pop()
            for pred in phi.block.preds:
                phi.add_arg(self._lookup(variable, pred, pending))

    def seal(self, block: Block) -> None:
        """All predecessors of a block are known."""
        if block in self._sealed:
            raise self.func.bug("build", "a block is sealed twice", block)
        self._sealed.add(block)
        for variable, phi in self._incomplete.pop(block, {}).items():
            self._complete(variable, [phi])

    def finish(self) -> Func:
        """The function, without blocks that nothing leads to and Phis that are no choice."""
        func = self.func
        unsealed = [block for block in func.blocks if block not in self._sealed]
        if unsealed:
            raise func.bug("build", "a block is not sealed", unsealed[0])
        remove_unreachable(func)
        simplify_phis(func)
        self._assigned.clear()
        return func


def remove_unreachable(func: Func) -> None:
    """Take away blocks that nothing leads to."""
    seen = bytearray(func.block_count)
    seen[func.entry.id] = 1
    todo = [func.entry]
    count = 1
    while todo:
        for succ in todo.pop().succs:
            if not seen[succ.id]:
                seen[succ.id] = 1
                count += 1
                todo.append(succ)
    if count == len(func.blocks):
        return
    dead = [block for block in func.blocks if not seen[block.id]]
    for block in dead:
        while block.succs:
            block.remove_edge(len(block.succs) - 1)
        block.set_controls(())
    for block in dead:
        for value in block.values:
            value.set_args(())
    func.blocks = [block for block in func.blocks if seen[block.id]]


def simplify_phis(func: Func) -> None:
    """Replace Phis whose arguments are, but for themselves, one value; repeat while that makes more."""
    users: dict[Value, list[Value]] = {}
    phis: list[Value] = []
    for block in func.blocks:
        for value in block.values:
            if value.op != ops.PHI:
                break
            phis.append(value)
            for arg in value.args:
                if arg.op == ops.PHI and arg is not value:
                    users.setdefault(arg, []).append(value)
    replaced: dict[Value, Value] = {}
    todo = phis
    while todo:
        again: list[Value] = []
        for phi in todo:
            if phi in replaced:
                continue
            only: Value | None = None
            for arg in phi.args:
                while arg in replaced:
                    arg = replaced[arg]
                if arg is phi or arg is only:
                    continue
                if only is not None:
                    only = phi
                    break
                only = arg
            if only is not None and only is not phi:
                replaced[phi] = only
                again += users.get(phi, ())
        todo = again
    if replaced:
        replace(func, replaced)


def replace(func: Func, replaced: dict[Value, Value]) -> None:
    """Put values in place of others, which go."""

    def final(value: Value) -> Value:
        while value in replaced:
            value = replaced[value]
        return value

    marked = bytearray(func.value_count)
    names = func.names
    for value in replaced:
        marked[value.id] = 1
        found = names.pop(value.id, None)
        if found is not None:
            func.name(final(value), found)
    for block in func.blocks:
        gone = False
        for value in block.values:
            if marked[value.id]:
                gone = True
                continue
            for i, arg in enumerate(value.args):
                if marked[arg.id]:
                    value.set_arg(i, final(arg))
        for value in block.controls:
            if marked[value.id]:
                block.set_controls([final(value) for value in block.controls])
                break
        if gone:
            for value in block.values:
                if marked[value.id]:
                    value.set_args(())
            block.values = [value for value in block.values if not marked[value.id]]
