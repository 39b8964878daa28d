# SPDX-License-Identifier: BSD-3-Clause
"""Which memory of the frame has pointers that are still needed, at every call: the stack maps of a function, and its stack objects.

Backward dataflow over the final order, a bit for each slot that may have pointers. A slot is live from where it is written as a whole, or
from its SlotLive, to its last use. Making its address is a use, for who holds that must find everything written before; and it makes the
slot a stack object, in which the collector looks for pointers as long as it meets pointers to it. What is live at the entry would be seen
unwritten, so it is zeroed there: the compiler can't tell ways apart on which it is written.

Panics may run deferred calls and come back at the call of deferreturn, where every block that defers has its second successor. In a
function with defer everything that is live there is live at all calls, and zeroed at entry.

A map is made for a call when emission asks for its number, so maps come in the order of code; equal ones are one. Number 0 is the
entry's: the pointers among the arguments in registers, which are spilled on the way to morestack.

Facts: GOROOT/src/cmd/compile/internal/liveness/plive.go, src/runtime/{stkframe,stack,mgcmark}.go.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Final, final

from pygo_cross.arch.insn import READS, WRITES, Insn
from pygo_cross.codegen.abi import Assignment
from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.frame import WORD, Layout
from pygo_cross.codegen.mem import SLOT, Mem
from pygo_cross.codegen.typefacts import TypeFacts
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Slot, Value
from pygo_cross.ssa.unit import HAS_DEFER, FuncInfo

_NO_HOMES: Final[Mapping[int, int]] = {}
_HEAD: Final = struct.Struct("<II")


@final
class Liveness:
    """What is known of slots before they have places.

    Sets of slots are ints, bit n for slot n. `live` has, by the id of a value that may call, what is needed behind it, and by `~id` of a
    block what is needed behind its exit; `objects` are slots whose address is taken, `zeroed` those to be zeroed at entry. `always` is
    what is live all the time.
    """

    __slots__ = ("always", "live", "objects", "zeroed")

    def __init__(self, live: dict[int, int], always: int, objects: int, zeroed: int) -> None:
        self.live = live
        self.always = always
        self.objects = objects
        self.zeroed = zeroed


class _Step:
    """What values of a block do to slots, from the last to the first: before `value` (None: nothing is asked there), kill then use."""

    __slots__ = ("kill", "use", "value")

    def __init__(self, value: Value | None, kill: int, use: int) -> None:
        self.value = value
        self.kill = kill
        self.use = use


def analyse(func: Func, allocation: Allocation, rows: Mapping[int, Insn]) -> Liveness:
    """Follow slots through a function behind allocation. `rows` are the machine's operations."""
    tracked = 0
    for slot in func.slots:
        if slot.pointers:
            tracked |= 1 << slot.id
    info = func.info
    defers = isinstance(info, FuncInfo) and bool(info.flags & HAS_DEFER)
    steps: list[list[_Step]] = [[] for _ in range(func.block_count)]
    objects = 0
    for block in func.blocks:
        objects |= _effects(block, allocation, rows, tracked, steps[block.id])
    if not tracked:
        return Liveness({}, 0, objects, 0)
    live_in, live_out = _solve(func, steps)
    always = 0
    if defers:
        for slot in func.slots:
            if slot.pinned:
                always |= 1 << slot.id & tracked
        for block in func.blocks:
            if block.kind == ops.DEFER_RETURN:
                always |= live_in[block.succs[1].id]
    live: dict[int, int] = {}
    for block in func.blocks:
        now = live_out[block.id]
        live[~block.id] = now | always
        for step in steps[block.id]:
            if step.value is not None:
                live[step.value.id] = now | always
            now = now & ~step.kill | step.use
    return Liveness(live, always, objects, live_in[func.entry.id] | always)


def _effects(block: Block, allocation: Allocation, rows: Mapping[int, Insn], tracked: int, steps: list[_Step]) -> int:
    """What a block's values do, last first, into `steps`. Returns the slots whose address they take."""
    objects = 0
    slots = allocation.slots
    aux = block.aux
    if isinstance(aux, Mem) and aux.base == SLOT:
        assert isinstance(aux.ref, Slot)
        steps.append(_Step(None, 0, 1 << aux.ref.id & tracked))
    for value in reversed(block.values):
        op = value.op
        aux = value.aux
        kind = aux.__class__
        if kind is Mem:
            assert isinstance(aux, Mem)
            row = rows[op]
            kill = use = 0
            if aux.base == SLOT:
                slot = aux.ref
                assert isinstance(slot, Slot)
                bit = 1 << slot.id
                if not aux.size:
                    objects |= bit
                    use = bit & tracked
                elif row.flags & READS or not row.flags & WRITES:
                    use = bit & tracked
                elif aux.size >= slot.size and not aux.scale:
                    kill = bit & tracked
            if kill or use or row.flags & _ASKED:
                steps.append(_Step(value if row.flags & _ASKED else None, kill, use))
        elif op == ops.SPILL:
            assert isinstance(aux, Slot)
            if aux.pointers:
                steps.append(_Step(None, 1 << aux.id, 0))
        elif op == ops.RELOAD:
            slot = slots[value.args[0].id]
            if slot.pointers:
                steps.append(_Step(None, 0, 1 << slot.id))
        elif op == ops.SLOT_LIVE:
            assert isinstance(aux, Slot)
            if aux.pointers:
                steps.append(_Step(None, 1 << aux.id, 0))
        elif op >= ops.FIRST_MACHINE_OP and rows[op].flags & _ASKED:
            steps.append(_Step(value, 0, 0))
    return objects


_ASKED: Final = ops.CALL | ops.FAULTS


def _solve(func: Func, steps: list[list[_Step]]) -> tuple[list[int], list[int]]:
    """What is live at the start and the end of every block."""
    count = func.block_count
    live_in = [0] * count
    live_out = [0] * count
    kills = [0] * count
    uses = [0] * count
    for block in func.blocks:
        kill = use = 0
        for step in steps[block.id]:
            kill |= step.kill
            use = use & ~step.kill | step.use
        kills[block.id], uses[block.id] = kill, use
    pending = list(func.blocks)
    waiting = bytearray(b"\1" * count)
    while pending:
        block = pending.pop()
        number = block.id
        waiting[number] = 0
        out = 0
        for after in block.succs:
            out |= live_in[after.id]
        live_out[number] = out
        new = out & ~kills[number] | uses[number]
        if new != live_in[number]:
            live_in[number] = new
            for before in block.preds:
                if not waiting[before.id]:
                    waiting[before.id] = 1
                    pending.append(before)
    return live_in, live_out


@final
class StackMaps:
    """The maps of a function whose frame is laid out. `marks[id]` is the number of the map at the value of that id (`~id` for the exit of a
    block): it is made when it is asked for. `at_home` has the slots of parameters, and where in the area of arguments they lie.
    """

    __slots__ = ("_args", "_facts", "_home", "_home_masks", "_live", "_maps", "_masks", "_numbers", "_words")

    def __init__(
        self, facts: TypeFacts, layout: Layout, liveness: Liveness, params: Assignment, at_home: Mapping[int, int] = _NO_HOMES
    ) -> None:
        self._facts = facts
        self._live = liveness.live
        self._words = layout.pointers // WORD
        self._masks: dict[int, int] = {}
        for slot in layout.slots:
            if slot.pointers:
                self._masks[slot.id] = slot_mask(facts, slot) << (self._words + slot.offset // WORD)
        self._numbers: dict[int, int] = {-1: 0}  # the entry's, which equals no other
        self._maps: list[int] = [0]
        self._home: list[int] = [0]
        self._home_masks = {number: 1 << offset // WORD for number, offset in at_home.items()}
        self._args = params

    def get(self, number: int, default: int) -> int:
        """As `marks[number]`; there is no value that has none."""
        return self[number]

    def __getitem__(self, number: int) -> int:
        """The number of the map at a value or exit."""
        live = self._live.get(number, 0)
        known = self._numbers.get(live)
        if known is None:
            known = self._numbers[live] = len(self._maps)
            self._maps.append(_bits(live, self._masks))
            self._home.append(_bits(live, self._home_masks))
        return known

    def locals_data(self) -> bytes:
        """FUNCDATA_LocalsPointerMaps."""
        return encode(self._maps, self._words)

    def args_data(self) -> bytes:
        """FUNCDATA_ArgsPointerMaps: stack arguments are there all the time, those in registers at entry, or while their slots are live."""
        stack = spills = words = 0
        for where in self._args.args:
            mask = self._facts.pointer_mask(where.typ) << (where.offset // WORD)
            if where.registers:
                spills |= mask
            else:
                stack |= mask
            if mask:
                words = max(words, (where.offset + self._facts.pointer_bytes(where.typ)) // WORD)
        for where in self._args.results:
            if not where.registers and self._facts.pointer_bytes(where.typ):
                words = max(words, (where.offset + self._facts.pointer_bytes(where.typ)) // WORD)
        return encode([stack | spills] + [stack | home for home in self._home[1:]], words)


def _bits(live: int, masks: Mapping[int, int]) -> int:
    bits = 0
    while live:
        low = live & -live
        bits |= masks.get(low.bit_length() - 1, 0)
        live ^= low
    return bits


def slot_mask(facts: TypeFacts, slot: Slot) -> int:
    """The words of a slot that have pointers; of one without a type, all."""
    if slot.typ is not None:
        return facts.pointer_mask(slot.typ)
    return (1 << slot.size // WORD) - 1


def encode(maps: Sequence[int], words: int) -> bytes:
    """Bitmaps of so many bits each, as the runtime reads them (stackmap)."""
    size = (words + 7) // 8
    return _HEAD.pack(len(maps), words) + b"".join([one.to_bytes(size, "little") for one in maps])
