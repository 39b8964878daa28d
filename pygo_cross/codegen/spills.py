# SPDX-License-Identifier: BSD-3-Clause
"""Where values are stored that have to be reloaded, which of the moves that allocation has made are needed, and memory for what is stored.

A value is stored where it still is in a register, so that there is a store on every way to a reload, at the places that are executed
least: behind its definition, or nearer to the reloads, or, where these are in rare blocks, in each of them. Copies,
reloads and clones whose register nobody reads go, and Spills that nobody reloads. What is stored at different times shares memory.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.codegen.allocation import NO_REGISTER
from pygo_cross.codegen.regstate import Snapshot, State
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Dominators, postorder
from pygo_cross.ssa.func import Block, Func, Slot, Value
from pygo_cross.ssa.kinds import SIZES, P

Starts = dict[Block, Snapshot]
"""What registers hold at the beginning of blocks."""

_WORD: Final = 8  # bytes, the most that a register holds
_NEVER: Final = 1e30
_MORE_CODE: Final = 1.1
_FIRST: Final = frozenset((ops.PHI, ops.PARAM, ops.CLOSURE))


def finish_spills(func: Func, state: State, starts: Starts, dominators: Dominators, often: dict[Block, float]) -> dict[int, Slot]:
    """Place Spills, take away what is not needed; the memory of each Spill and Phi in memory by its id."""
    _place(state, starts, dominators, often)
    order = postorder(func)
    needed = _clean(state, order)
    return _memory(func, state, order, needed)


def _place(state: State, starts: Starts, dominators: Dominators, often: dict[Block, float]) -> None:
    behind: dict[Block, dict[Value, list[Value]]] = {}
    at_start: dict[Block, list[Value]] = {}
    for key, spill in list(state.spilled.items()):
        value = state.values[key]
        if spill is value:
            continue
        for block, copy in _best(state, key, value, starts, dominators, often):
            made = spill
            if spill.args:  # one more
                made = state.make(ops.SPILL, value.kind, (), NO_REGISTER)
                state.group[made.id] = state.group[spill.id]
            made.pos = value.pos
            made.inline = value.inline
            made.block = block
            made.set_args((copy,))
            if copy is value and block is value.block:
                behind.setdefault(block, {}).setdefault(value, []).append(made)
            else:
                at_start.setdefault(block, []).append(made)
    for block in {**behind, **at_start}:
        after = behind.get(block, {})
        values: list[Value] = []
        first = at_start.get(block, [])
        waiting = True
        for one in block.values:
            if waiting and one.op not in _FIRST:
                values += first
                waiting = False
            values.append(one)
            if one in after:
                if one.op in _FIRST:
                    first = first + after[one]
                else:
                    values += after[one]
        if waiting:
            values += first
        block.values = values


def _best(
    state: State, key: int, value: Value, starts: Starts, dominators: Dominators, often: dict[Block, float]
) -> list[tuple[Block, Value]]:
    """The blocks at whose beginning a value is stored, with what is in a register there; its own block and itself: behind its definition.

    Every reload needs a store on all ways to it. Of a block and of the blocks with reloads that it dominates, whichever are executed less.
    """
    home = value.block
    idom = dominators.idom
    restores = dict.fromkeys(state.restores[key])
    nodes: dict[Block, list[Block]] = {home: []}  # of the tree of dominators what lies between
    for block in restores:
        child: Block | None = None
        while True:
            inside = nodes.get(block)
            if inside is not None:
                if child is not None:
                    inside.append(child)
                break
            nodes[block] = [] if child is None else [child]
            child = block
            block = idom[block]
    cost: dict[Block, float] = {}
    here: dict[Block, Value | None] = {}
    for block in sorted(nodes, key=dominators.number.__getitem__, reverse=True):
        inside = nodes[block]
        below = _NEVER if block in restores else sum(cost[child] for child in inside) * (1 if len(inside) == 1 else _MORE_CODE)
        copy = value if block is home else _copy_at(starts[block], key)
        if copy is not None and (often[block] < below or (block is home and below >= _NEVER)):
            here[block] = copy
            below = often[block]
        cost[block] = below
    found: list[tuple[Block, Value]] = []
    todo = [home]
    while todo:
        block = todo.pop()
        copy = here.get(block)
        if copy is not None:
            found.append((block, copy))
        else:
            todo += nodes[block]
    return found


def _copy_at(start: Snapshot, key: int) -> Value | None:
    """What has a value in a register at the beginning of a block."""
    for _, held, copy in start:
        if held == key:
            return copy
    return None


def _clean(state: State, order: list[Block]) -> int:
    """Take away Copies, Reloads, clones, Spills and Phis that nobody needs; the set of groups of memory that are needed."""
    reg, group, rows = state.reg, state.group, state.rows
    live_in: dict[Block, int] = dict.fromkeys(order, 0)
    needed = 0
    removable = rows.remat_ops | {ops.COPY, ops.RELOAD}
    dead: dict[Block, list[Value]] = {}
    passed: dict[int, list[Block]] = {}  # blocks with Spills to memory that was not needed so far
    again = set(order)
    while again:
        for block in order:
            if block not in again:
                continue
            again.discard(block)
            live = 0
            for succ in block.succs:
                live |= live_in[succ]
            for value in block.controls:
                live |= 1 << reg[value.id]
            unused: list[Value] = []
            for value in reversed(block.values):
                op = value.op
                register = reg[value.id]
                if op in removable:
                    if not live >> register & 1:
                        unused.append(value)
                        continue
                    live &= ~(1 << register)
                    if op == ops.RELOAD:
                        number = group[value.args[0].id]
                        if not needed >> number & 1:
                            needed |= 1 << number
                            again.update(passed.pop(number, ()))
                        continue
                elif op == ops.SPILL:
                    number = group[value.id]
                    if not needed >> number & 1:
                        passed.setdefault(number, []).append(block)
                        unused.append(value)
                        continue
                elif op == ops.RESULT:
                    live &= ~(1 << register)
                    continue
                elif op == ops.PHI:
                    if register >= 0:
                        if not live >> register & 1:
                            unused.append(value)
                    elif not needed >> group[value.id] & 1:
                        passed.setdefault(group[value.id], []).append(block)
                        unused.append(value)
                    continue
                elif register >= 0:
                    live &= ~(1 << register)
                elif rows.is_call(op):
                    live = 0
                for arg in value.args:
                    live |= 1 << reg[arg.id]
            dead[block] = unused
            if live != live_in[block]:
                live_in[block] = live
                again.update(block.preds)
    for block, unused in dead.items():
        if unused:
            gone = set(unused)
            for value in unused:
                value.set_args(())
            block.values = [value for value in block.values if value not in gone]
    return needed


def _memory(func: Func, state: State, order: list[Block], needed: int) -> dict[int, Slot]:
    """Slots for the groups, as few as can be."""
    group = state.group
    if not needed:
        return {}
    conflicts = _conflicts(state, order)
    pointers: list[tuple[Slot, int]] = []
    others: list[tuple[Slot, int]] = []
    slot_of: list[Slot | None] = [None] * len(state.group_kinds)
    # A parameter of a word has room in the caller's frame, if its slot has nothing else (codegen/frame.py).
    alone = {group[spill.id] for key, spill in state.spilled.items() if state.values[key].op == ops.PARAM and SIZES[spill.kind] == _WORD}
    for number, kind in enumerate(state.group_kinds):
        if not needed >> number & 1:
            continue
        if number in alone:
            slot_of[number] = func.new_slot("~spill", None, _WORD, _WORD, kind == P)
            continue
        among = pointers if kind == P else others
        for index, (slot, inside) in enumerate(among):
            if not inside & conflicts[number]:
                among[index] = (slot, inside | 1 << number)
                slot_of[number] = slot
                break
        else:
            slot_of[number] = slot = func.new_slot("~spill", None, _WORD, _WORD, kind == P)
            among.append((slot, 1 << number))
    slots: dict[int, Slot] = {}
    for block in order:
        for value in block.values:
            if value.op == ops.SPILL or (value.op == ops.PHI and state.reg[value.id] < 0):
                found = slot_of[group[value.id]]
                if found is not None:
                    slots[value.id] = found
                    if value.op == ops.SPILL:
                        value.aux = found
            elif value.op == ops.RELOAD:
                found = slot_of[group[value.args[0].id]]
                value.aux = found
    return slots


def _conflicts(state: State, order: list[Block]) -> list[int]:
    """For each group those that have something to keep while it is written."""
    group = state.group
    conflicts = [0] * len(state.group_kinds)
    live_in: dict[Block, int] = dict.fromkeys(order, 0)
    steps: dict[Block, list[tuple[int, bool]]] = {
        block: [
            (group[value.id], True) if value.op == ops.SPILL else (group[value.args[0].id], False)
            for value in reversed(block.values)
            if value.op == ops.SPILL or value.op == ops.RELOAD
        ]
        for block in order
    }
    again = True
    while again:
        again = False
        for block in order:
            live = 0
            for succ in block.succs:
                live |= live_in[succ]
            for number, stored in steps[block]:
                if stored:
                    live &= ~(1 << number)
                    conflicts[number] |= live
                else:
                    live |= 1 << number
            if live != live_in[block]:
                live_in[block] = live
                again = True
    for number, others in enumerate(conflicts):
        while others:
            bit = others & -others
            others ^= bit
            conflicts[bit.bit_length() - 1] |= 1 << number
    return conflicts
