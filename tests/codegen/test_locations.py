# SPDX-License-Identifier: BSD-3-Clause
"""Where variables are said to be while a function runs."""

from __future__ import annotations

import pytest

from pygo_cross.arch.insn import Insn
from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.calls import MachineCall
from pygo_cross.codegen.emit import Trace
from pygo_cross.codegen.locations import ENTRY, Intervals, locations
from pygo_cross.obj.prog import Prog
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Slot, Value
from pygo_cross.ssa.kinds import I64

_OP = ops.FIRST_MACHINE_OP
_ROWS = {_OP: Insn(_OP, "op", (), 0, 0), _OP + 1: Insn(_OP + 1, "shift", (), 0, 0, 1 << 1)}
_X, _Y = 0 << 8, 1 << 8


class _Maker:
    """Values with registers; each is one instruction."""

    def __init__(self) -> None:
        self.func = Func("f")
        self.reg: list[int] = []
        self.slots: dict[int, Slot] = {}

    def add(self, block: Block, reg: int, *names: int, op: int = _OP, args: tuple[Value, ...] = (), aux: object = None) -> Value:
        value = self.func.append(block, op, I64, args, 0, aux)
        self.reg.append(reg)
        if names:
            self.func.names[value.id] = names
        return value

    def spill(self, block: Block, value: Value, slot: Slot) -> Value:
        made = self.add(block, -1, op=ops.SPILL, args=(value,), aux=slot)
        self.slots[made.id] = slot
        return made

    def run(self, entry: dict[int, tuple[int, ...]] | None = None) -> Intervals:
        progs: list[Prog] = []
        trace = Trace()
        for block in self.func.blocks:
            for value in block.values:
                progs.append(Prog("CALL" if isinstance(value.aux, MachineCall) else "OP", (), None, 0))
                trace.ends.append(len(progs))
            trace.ends.append(len(progs))
        return locations(self.func, Allocation(self.reg, self.slots, 0), _ROWS, progs, trace, {**(entry or {})})


def test_a_register_has_a_variable_until_it_has_something_else() -> None:
    m = _Maker()
    block = m.func.entry
    m.add(block, 1, _Y)
    m.add(block, 2, op=_OP + 1)  # clobbers 1
    m.add(block, 0)
    m.add(block, 3, _X)
    assert m.run({0: (_X,)}) == {_X: [(ENTRY, 6, 0)], _Y: [(2, 4, 1)]}


def test_a_new_value_counts_and_an_older_one_elsewhere_does_not() -> None:
    m = _Maker()
    block = m.func.entry
    m.add(block, 1, _X)
    m.add(block, 2, _X)
    m.add(block, 2)
    m.add(block, 5)
    assert m.run() == {_X: [(2, 4, 1), (4, 6, 2)]}


def test_calls_leave_slots_alone() -> None:
    m = _Maker()
    block = m.func.entry
    slot = m.func.new_slot("s", None, 8, 8, False)
    x = m.add(block, 1, _X)
    m.add(block, 2, _Y)
    kept = m.spill(block, x, slot)
    m.add(block, -1, aux=MachineCall(None, (), (), 0))
    m.add(block, 4, op=ops.RELOAD, args=(kept,), aux=slot)
    # One byte of the call still has what was in registers, but not its end, where who looks from the callee looks.
    assert m.run() == {_X: [(2, 7, 1), (7, 10, slot)], _Y: [(4, 7, 2)]}


@pytest.mark.parametrize("other", [2, 3])
def test_where_ways_meet_all_have_to_agree(other: int) -> None:
    m = _Maker()
    entry = m.func.entry
    left, right, merge = (m.func.new_block() for _ in range(3))
    entry.kind = ops.IF
    for block in (left, right):
        entry.add_edge(block)
        block.add_edge(merge)
    m.add(entry, 1, _Y)
    m.add(left, 2, _X)
    m.add(right, other, _X)
    m.add(merge, 7)
    found = m.run()
    assert found[_Y] == [(2, 8, 1)]
    assert found.get(_X) == ([(6, 8, 2)] if other == 2 else None)


def test_a_loop_keeps_what_it_does_not_change() -> None:
    m = _Maker()
    entry = m.func.entry
    loop, out = m.func.new_block(), m.func.new_block()
    m.add(entry, 1, _X)
    m.add(entry, 2, _Y)
    entry.add_edge(loop)
    loop.kind = ops.IF
    loop.add_edge(loop)
    loop.add_edge(out)
    m.add(loop, 3)
    m.add(loop, 2)
    m.add(out, 3)
    found = m.run()
    assert found[_X] == [(2, 10, 1)]
    assert _Y not in found  # overwritten in the loop, so not there at its beginning
