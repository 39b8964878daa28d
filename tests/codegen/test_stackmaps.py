# SPDX-License-Identifier: BSD-3-Clause
"""Stack maps over hand-written functions behind allocation: what is live at which call, what is an object, what has to be zeroed."""

from __future__ import annotations

from typing import NamedTuple

from pygo_cross.arch.insn import insns
from pygo_cross.codegen import frame, stackmaps
from pygo_cross.codegen.abi import Assignment
from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.calls import MachineCall
from pygo_cross.codegen.maptypes import Groups
from pygo_cross.codegen.mem import SLOT, Mem
from pygo_cross.codegen.typefacts import TypeFacts
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Slot, Value
from pygo_cross.ssa.kinds import I64, P
from pygo_cross.ssa.unit import HAS_DEFER, FuncInfo
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import INT, TYP, Pointer, Slice

_TABLE = insns("amd64")
_POINTER = Pointer(TYP[INT])
_SLICE = Slice(TYP[INT])


class Made(NamedTuple):
    """What the steps under test say of a function."""

    live: stackmaps.Liveness
    layout: frame.Layout
    maps: stackmaps.StackMaps


class Maker:
    """Writes functions of machine operations."""

    def __init__(self, flags: int = 0) -> None:
        self.func = Func("p.f")
        self.func.info = FuncInfo("p.f", (), (), 0, 0, flags)
        self.slots: dict[int, Slot] = {}

    def slot(self, typ: Pointer | Slice, size: int) -> Slot:
        return self.func.new_slot("x", typ, size, 8, True)

    def call(self, block: Block, stack: int = 0) -> Value:
        return self.func.append(block, _TABLE.numbers["CALLstatic"], aux=MachineCall(None, (), (), stack))

    def access(self, block: Block, name: str, slot: Slot, offset: int = 0, size: int = 8) -> Value:
        """An operation on a slot: MOVQload, MOVQstoreconst, LEAQ (of size 0)."""
        return self.func.append(block, _TABLE.numbers[name + "/0"], P if name != "MOVQstoreconst" else 0, aux=Mem(SLOT, offset, size, slot))

    def address(self, block: Block, slot: Slot) -> Value:
        return self.access(block, "LEAQ", slot, 0, 0)

    def spill(self, block: Block, kind: int = P) -> tuple[Value, Slot]:
        """A value in memory of the frame."""
        value = self.func.append(block, _TABLE.numbers["ZERO"], kind)
        slot = self.func.new_slot("", None, 8, 8, kind == P)
        spilled = self.func.append(block, ops.SPILL, kind, (value,), aux=slot)
        self.slots[spilled.id] = slot
        return spilled, slot

    def done(self) -> Made:
        allocation = Allocation([-1] * self.func.value_count, self.slots, 0)
        live = stackmaps.analyse(self.func, allocation, _TABLE.rows)
        layout = frame.lay_out(self.func, frame.used_slots(self.func, allocation), live.zeroed)
        sizes = Sizes()
        maps = stackmaps.StackMaps(TypeFacts(sizes, Groups(sizes)), layout, live, Assignment((), (), 0, 0))
        return Made(live, layout, maps)


def _live(made: Made, value: Value) -> set[int]:
    bits = made.live.live[value.id]
    return {number for number in range(bits.bit_length()) if bits >> number & 1}


def test_a_spill_is_live_between_its_store_and_its_reload() -> None:
    maker = Maker()
    entry = maker.func.entry
    before = maker.call(entry)
    spilled, slot = maker.spill(entry)
    number, _ = maker.spill(entry, I64)
    at = maker.call(entry, 24)
    maker.func.append(entry, ops.RELOAD, P, (spilled,), aux=slot)
    maker.func.append(entry, ops.RELOAD, I64, (number,))
    after = maker.call(entry)
    entry.kind = ops.RET
    made = maker.done()
    assert (_live(made, before), _live(made, at), _live(made, after)) == (set(), {slot.id}, set())
    assert made.live.zeroed == made.live.objects == 0
    assert (made.layout.size, made.layout.pointers, made.layout.outgoing, slot.offset) == (8 + 8 + 24, 8, 24, -8)
    assert [made.maps[value.id] for value in (before, at, after)] == [1, 2, 1]
    assert made.maps.locals_data() == bytes.fromhex("03000000 01000000 00 00 01")


def test_pointers_to_a_slot_keep_what_was_written() -> None:
    """Making the address is a use; and what happens behind it is found through pointers, for it is an object."""
    maker = Maker()
    entry = maker.func.entry
    slot = maker.slot(_SLICE, 24)
    maker.func.append(entry, ops.SLOT_LIVE, aux=slot)
    maker.access(entry, "MOVQstoreconst", slot)
    before = maker.call(entry)
    maker.address(entry, slot)
    after = maker.call(entry)
    made = maker.done()
    assert (_live(made, before), _live(made, after)) == ({slot.id}, set())
    assert made.live.objects == 1 << slot.id
    assert made.live.zeroed == 0
    assert [made.maps[before.id], made.maps[after.id]] == [1, 2]
    assert made.maps.locals_data() == bytes.fromhex("03000000 03000000 00 01 00")  # a slice has its pointer at its start


def test_what_may_be_seen_unwritten_is_zeroed() -> None:
    maker = Maker()
    func, entry = maker.func, maker.func.entry
    slot, whole = maker.slot(_SLICE, 24), maker.slot(_POINTER, 8)
    writes, joined = func.new_block(), func.new_block()
    entry.kind = ops.IF
    entry.add_edge(writes)
    entry.add_edge(joined)
    maker.access(writes, "MOVQstoreconst", slot)
    writes.add_edge(joined)
    maker.access(joined, "MOVQstoreconst", whole)
    at = maker.call(joined)
    maker.access(joined, "MOVQload", slot)
    maker.access(joined, "MOVQload", whole)
    joined.kind = ops.RET
    made = maker.done()
    assert _live(made, at) == {slot.id, whole.id}
    assert made.live.zeroed == 1 << slot.id
    assert (slot.offset, whole.offset) == (-24, -32)


def test_each_round_of_a_loop_begins_anew() -> None:
    maker = Maker()
    func, entry = maker.func, maker.func.entry
    slot = maker.slot(_POINTER, 8)
    loop, out = func.new_block(), func.new_block()
    entry.add_edge(loop)
    loop.kind = ops.IF
    first = maker.call(loop)
    func.append(loop, ops.SLOT_LIVE, aux=slot)
    second = maker.call(loop)
    maker.address(loop, slot)
    loop.add_edge(loop)
    loop.add_edge(out)
    made = maker.done()
    assert (_live(made, first), _live(made, second), made.live.zeroed) == (set(), {slot.id}, 0)


def test_recovery_needs_results_at_every_call() -> None:
    """A panic in any call may lead to the one of deferreturn, and what is read behind it."""
    maker = Maker(HAS_DEFER)
    func, entry = maker.func, maker.func.entry
    result = maker.slot(_POINTER, 8)
    first = maker.call(entry)
    entry.kind = ops.DEFER_RETURN
    body, leave = func.new_block(), func.new_block()
    entry.add_edge(body)
    entry.add_edge(leave)
    other = maker.slot(_POINTER, 8)
    maker.access(body, "MOVQstoreconst", result)
    maker.access(body, "MOVQstoreconst", other)
    second = maker.call(body)
    maker.access(body, "MOVQload", other)
    body.add_edge(leave)
    returning = maker.call(leave)
    maker.access(leave, "MOVQload", result)
    leave.kind = ops.RET
    made = maker.done()
    assert (_live(made, first), _live(made, second), _live(made, returning)) == ({result.id}, {result.id, other.id}, {result.id})
    assert made.live.zeroed == made.live.always == 1 << result.id


def test_slots_without_use_have_no_room() -> None:
    maker = Maker()
    unused, wide = maker.slot(_SLICE, 24), maker.func.new_slot("y", None, 1, 1, False)
    maker.func.append(maker.func.entry, ops.SLOT_LIVE, aux=unused)
    maker.access(maker.func.entry, "LEAQ", wide, 0, 0)
    made = maker.done()
    assert [slot.id for slot in made.layout.slots] == [wide.id]
    assert (made.layout.size, made.layout.pointers, wide.offset) == (8, 0, -1)


def test_a_slot_of_one_parameter_lies_where_the_caller_left_room() -> None:
    """Copies are the parameter too; what is in a slot at other times keeps it in the frame."""
    maker = Maker()
    func, entry = maker.func, maker.func.entry
    first, second = (func.append(entry, ops.PARAM, P, imm=number) for number in (0, 1))
    kept, shared = func.new_slot("", None, 8, 8, True), func.new_slot("", None, 8, 8, True)
    copy = func.append(entry, ops.COPY, P, (first,))
    other = func.append(entry, _TABLE.numbers["ZERO"], P)
    for value, slot in ((copy, kept), (second, shared), (other, shared)):
        spilled = func.append(entry, ops.SPILL, P, (value,), aux=slot)
        maker.slots[spilled.id] = slot
    allocation = Allocation([-1] * func.value_count, maker.slots, 0)
    assert frame.homes(func, allocation) == {}  # no call, so there may be no frame
    maker.call(entry)
    assert frame.homes(func, allocation) == {kept.id: 0}
    layout = frame.lay_out(func, frame.used_slots(func, allocation), 0, {kept.id: 16 + 8})
    assert (kept.offset, shared.offset, layout.size, layout.pointers) == (24, -8, 8, 8)
