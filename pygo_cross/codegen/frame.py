# SPDX-License-Identifier: BSD-3-Clause
"""Where a function's slots lie in its frame.

From the top (where NAME_AUTO counts from, downwards): slots with pointers, so that stack maps are short, of these first those that have
to be zeroed at entry, so that they are one range; then slots without; at the bottom what calls need for arguments on the stack. A slot
that no value touches gets no room.

Facts: GOROOT/src/cmd/compile/internal/ssagen/pgen.go (AllocFrame, cmpstackvarlt).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, final

from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.calls import MachineCall
from pygo_cross.codegen.mem import SLOT, Mem
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Slot

WORD: Final = 8
_NO_HOMES: Final[Mapping[int, int]] = {}
LIMIT: Final = 1 << 30
"""Bytes that a frame may not reach."""


@final
class Layout:
    """A frame: `size` in bytes (outgoing arguments included, what the machine itself puts there not), how many of these, from the top, have
    `pointers`, and the slots that have room, from the top downwards.
    """

    __slots__ = ("outgoing", "pointers", "size", "slots")

    def __init__(self, size: int, pointers: int, outgoing: int, slots: list[Slot]) -> None:
        self.size = size
        self.pointers = pointers
        self.outgoing = outgoing
        self.slots = slots


def used_slots(func: Func, allocation: Allocation) -> list[Slot]:
    """The slots that something reads, writes or takes the address of, by their numbers."""
    used = {slot.id: slot for slot in allocation.slots.values()}
    for block in func.blocks:
        for value in block.values:
            aux = value.aux
            if isinstance(aux, Mem):
                if aux.base == SLOT:
                    assert isinstance(aux.ref, Slot)
                    used[aux.ref.id] = aux.ref
            elif isinstance(aux, Slot) and value.op != ops.SLOT_LIVE:
                used[aux.id] = aux
        aux = block.aux
        if isinstance(aux, Mem) and aux.base == SLOT:
            assert isinstance(aux.ref, Slot)
            used[aux.ref.id] = aux.ref
    return [used[number] for number in sorted(used)]


def outgoing_size(func: Func) -> int:
    """Bytes at the bottom of the frame for arguments of calls."""
    most = 0
    for block in func.blocks:
        for value in block.values:
            aux = value.aux
            if isinstance(aux, MachineCall) and aux.stack > most:
                most = aux.stack
    return _align(most, WORD)


def homes(func: Func, allocation: Allocation) -> dict[int, int]:
    """The slots, by number, that have nothing but one parameter, and which scalar of the parameters that is.

    Only where there is a frame for certain: the machine's distance to the caller's depends on it.
    """
    found: dict[int, int] = {}
    others: set[int] = set()
    frame = False
    for block in func.blocks:
        for value in block.values:
            if value.op == ops.SPILL:
                slot = allocation.slots[value.id].id
                kept = value.args[0]
                while kept.op == ops.COPY:
                    kept = kept.args[0]
                number = kept.imm if kept.op == ops.PARAM else -1
                if number < 0 or found.setdefault(slot, number) != number:
                    others.add(slot)
            elif value.op == ops.PHI:
                here = allocation.slots.get(value.id)
                if here is not None:
                    others.add(here.id)
            elif isinstance(value.aux, MachineCall):
                frame = True
    if not frame:
        return {}
    taken: dict[int, int] = {}
    for slot, number in found.items():
        if slot not in others:
            taken.setdefault(number, slot)  # one of several slots for the same parameter
    return {slot: number for number, slot in taken.items()}


def lay_out(func: Func, slots: list[Slot], zeroed: int, at_home: Mapping[int, int] = _NO_HOMES) -> Layout:
    """Give slots their offsets; `zeroed` is the set of those, by number, that are zeroed at entry, `at_home` has the offsets of those that
    lie elsewhere.
    """
    for slot in slots:
        if slot.id in at_home:
            slot.offset = at_home[slot.id]
    slots = [slot for slot in slots if slot.id not in at_home]
    order = sorted(slots, key=lambda slot: (not slot.pointers, not zeroed >> slot.id & 1, -slot.align, slot.id))
    top = pointers = 0
    after_pointers = False
    for slot in order:
        size = slot.size
        if not size and after_pointers:
            # A pointer to nothing must not look like one to what lies above.
            size = 1
        top = _align(top + size, min(slot.align, WORD) if not slot.pointers else WORD)
        slot.offset = -top
        after_pointers = slot.pointers
        if slot.pointers:
            pointers = top
    top = _align(top, WORD)
    outgoing = outgoing_size(func)
    return Layout(top + outgoing, pointers, outgoing, order)


def _align(offset: int, align: int) -> int:
    return -(-offset // align) * align
