# SPDX-License-Identifier: BSD-3-Clause
"""Which values are live at the ends of blocks, how far away their next use is, and in which register they will be wanted.

Liveness is exact: sets of value ids as bits of an int, until nothing changes. Distances are counted in values, and weighted: what lies
behind an unlikely branch, behind a loop or behind a call is far away. They are what the choice of the value that has to give up its
register is made by, so one sweep against the order of blocks, and a second where there are loops, is near enough.

A *want* is a register that a value has to be in at its next use (of a call, a return, a division); it flows against the order to the
value's definition, through operations that work in the place of an argument, and through Phis.
"""

from __future__ import annotations

from typing import Final, final

from pygo_cross.codegen.rows import Row, Rows
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Loop
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import VOID

NONE: Final = 1 << 40
"""The distance of what is not used again."""
_MANY: Final = 16
"""So many predecessors are looked up, not searched: the end of a switch may have thousands."""
CALL: Final = 1 << 16
"""Added to the distance of what is used behind a call."""
LOOP: Final = 1 << 10
"""Added to the distance of what is used when a loop is left."""
_LIKELY: Final = 1
_NORMAL: Final = 10
_UNLIKELY: Final = 100
_FARTHEST: Final = 1 << 24


def live_sets(func: Func, order: list[Block]) -> tuple[list[int], list[int]]:
    """Sets of values live at the beginning (without Phis) and at the end of each block by its id. `order` is a postorder."""
    count = func.block_count
    live_in = [0] * count
    live_out = [0] * count
    upward = [0] * count
    defined = [0] * count
    phi_uses = [0] * count
    for block in order:
        uses = 0
        for value in block.controls:
            uses |= 1 << value.id
        done = 0
        for value in reversed(block.values):
            bit = 1 << value.id
            done |= bit
            if value.op == ops.PHI:
                for arg, pred in zip(value.args, block.preds, strict=True):
                    phi_uses[pred.id] |= 1 << arg.id
                continue
            if uses & bit:
                uses ^= bit
            if value.op != ops.RESULT:
                for arg in value.args:
                    uses |= 1 << arg.id
        upward[block.id] = uses & ~done
        defined[block.id] = done
    again = True
    while again:
        again = False
        for block in order:
            at = block.id
            out = phi_uses[at]
            for succ in block.succs:
                out |= live_in[succ.id]
            if out != live_out[at] or not live_in[at]:
                live_out[at] = out
                new = upward[at] | (out & ~defined[at])
                if new != live_in[at]:
                    live_in[at] = new
                    again = True
    return live_in, live_out


def members(bits: int) -> list[int]:
    """The ids in a set."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


@final
class NextUses:
    """Distances and wants at the ends of blocks, and the walk through a block that they come from."""

    __slots__ = ("_in", "_in_wants", "_loops", "_places", "_rows", "calls", "live_in", "live_out", "peak")

    def __init__(self, func: Func, order: list[Block], loops: dict[Block, Loop], rows: Rows) -> None:
        self._rows = rows
        self._loops = loops
        self._places: dict[int, dict[Block, int]] = {}
        self.live_in, self.live_out = live_sets(func, order)
        self._in: list[dict[int, int] | None] = [None] * func.block_count
        self._in_wants: list[dict[int, int]] = [{}] * func.block_count
        self.calls = bytearray(func.block_count)
        self.peak = [0] * func.block_count
        """How many values more than at its ends are live somewhere inside of each block."""
        for blocks in (order, [block for block in order if block in loops]):
            for block in blocks:
                uses = self.at_end(block)
                wants = self.wants_at_end(block)
                before = len(uses)
                first_call = self.walk(block, uses, wants, None)
                self.peak[block.id] -= max(before, len(uses))
                if first_call >= 0:
                    self.calls[block.id] = 1
                    uses = {key: at if at <= first_call else at + CALL for key, at in uses.items()}
                self._in[block.id] = uses
                self._in_wants[block.id] = wants

    def place(self, succ: Block, block: Block) -> int:
        """Which of a block's predecessors another is."""
        preds = succ.preds
        if len(preds) < _MANY:
            return preds.index(block)
        known = self._places.get(succ.id)
        if known is None:
            known = self._places[succ.id] = {pred: at for at, pred in enumerate(preds)}
        return known[block]

    def at_end(self, block: Block) -> dict[int, int]:
        """The distance of each value that is live at the end of a block, as a place behind the block's last."""
        base = len(block.values) + 1
        merged: dict[int, int] = {}
        for index, succ in enumerate(block.succs):
            weight = base + self._weight(block, index, succ)
            uses = self._in[succ.id]
            if uses is None:
                uses = dict.fromkeys(members(self.live_in[succ.id]), _FARTHEST)  # the way back of a loop: known the second time
            if not merged:
                merged = {key: at + weight if at < _FARTHEST else at for key, at in uses.items()}
            else:
                for key, at in uses.items():
                    if merged.get(key, NONE) > at + weight:
                        merged[key] = at + weight
            for phi in succ.values:
                if phi.op != ops.PHI:
                    break
                merged.pop(phi.id, None)
            at_pred = self.place(succ, block)
            for phi in succ.values:
                if phi.op != ops.PHI:
                    break
                arg = phi.args[at_pred].id
                at = uses.get(phi.id, NONE)
                if merged.get(arg, NONE) >= at + weight:
                    merged[arg] = at + weight if at < _FARTHEST else weight
        return merged

    def _weight(self, block: Block, index: int, succ: Block) -> int:
        weight = _NORMAL
        if len(block.succs) == 1:
            weight = _LIKELY
        elif block.likely:
            weight = _LIKELY if (block.likely < 0) == index else _UNLIKELY
        loop = self._loops.get(block)
        if loop is not None and succ not in loop.blocks:
            weight += LOOP
        return weight

    def wants_at_end(self, block: Block) -> dict[int, int]:
        """The registers that values will be wanted in, as far as it is known before allocation."""
        succs = block.succs
        if not succs:
            return {}
        succ = succs[1] if len(succs) == 2 and block.likely < 0 else succs[0]
        wants = dict(self._in_wants[succ.id])
        if len(succ.preds) > 1:
            at_pred = self.place(succ, block)
            for phi in succ.values:
                if phi.op != ops.PHI:
                    break
                want = wants.pop(phi.id, -1)
                if want >= 0:
                    wants.setdefault(phi.args[at_pred].id, want)
        return wants

    def walk(self, block: Block, uses: dict[int, int], wants: dict[int, int], record: list[int] | None) -> int:
        """Walk from the end of a block to its beginning, and turn what holds there (places of next uses, wants) into what holds here.

        `record`, if given, gets what a walk in order pops again: for the exit's controls, and before for every value: of each argument
        the place of its next use behind this one and its want there, in order; then the set of registers that something wants there;
        then, of the value itself, its want and the place of its first use. Phis have the last two alone. Returns the place of the
        first call, or -1.
        """
        rows = self._rows
        place = len(block.values)
        first_call = -1
        most = len(uses)
        avoid = 0
        for want in wants.values():
            avoid |= 1 << want
        exit_row = rows.of_exit(block)
        if exit_row is not None:
            if exit_row.call:
                wants.clear()
                avoid = 0
                first_call = place
            if record is not None:
                record.append(avoid)
            avoid |= _arguments(exit_row, block.controls, place, uses, wants, record)
        for value in reversed(block.values):
            place -= 1
            op = value.op
            if value.kind != VOID:
                key = value.id
                use = uses.pop(key, NONE) if op != ops.PHI else uses.get(key, NONE)
                want = wants.pop(key, -1) if op != ops.PHI else wants.get(key, -1)
                if record is not None:
                    record.append(use)
                    record.append(want)
            else:
                want = -1
            if op in _NO_ARGUMENTS:
                continue
            if op == ops.COPY:
                if record is not None:
                    record.append(avoid)
                    record.append(wants.get(value.args[0].id, -1))
                    record.append(uses.get(value.args[0].id, NONE))
                uses[value.args[0].id] = place
                if want >= 0:
                    wants[value.args[0].id] = want
                continue
            row = rows.of(value)
            if row.call:
                wants.clear()
                avoid = 0
                first_call = place
            if record is not None:
                record.append(avoid)
            args = value.args
            if not args:
                continue
            if row.any_fixed or record is not None:
                avoid |= _arguments(row, args, place, uses, wants, record)
            else:
                for arg in args:
                    uses[arg.id] = place
            if len(uses) > most:
                most = len(uses)
            if want >= 0 and row.two_address and not row.any_fixed:
                wants[args[0].id] = want
        if record is None:
            self.peak[block.id] = most
        return first_call


_NO_ARGUMENTS: Final = frozenset((ops.PHI, ops.PARAM, ops.CLOSURE, ops.RESULT))


def _arguments(row: Row, args: list[Value], place: int, uses: dict[int, int], wants: dict[int, int], record: list[int] | None) -> int:
    """Note the uses of arguments; the set of registers that are wanted for them."""
    if record is not None:
        get_use, get_want = uses.get, wants.get
        for arg in reversed(args):
            key = arg.id
            record.append(get_want(key, -1))
            record.append(get_use(key, NONE))
            uses[key] = place
    else:
        for arg in args:
            uses[arg.id] = place
    avoid = 0
    if row.any_fixed:
        for arg, register in zip(args, row.fixed, strict=True):
            if register >= 0:
                wants[arg.id] = register
                avoid |= 1 << register
    return avoid
