# SPDX-License-Identifier: BSD-3-Clause
"""How often blocks are executed, as far as one can guess: relative to the entry, from likely branches, loops, and ways into a panic."""

from __future__ import annotations

from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Dominators, Loop
from pygo_cross.ssa.func import Block

_ROUNDS: Final = 8.0
"""How often a loop is guessed to be executed."""
_UNLIKELY: Final = 0.03
_PANICS: Final = 0.001
_LEAVES_LOOP: Final = 0.15


def frequencies(dominators: Dominators, loops: dict[Block, Loop]) -> dict[Block, float]:
    """The frequency of each block that can be reached."""
    order = dominators.order
    number = dominators.number
    panics: set[Block] = set()
    for block in reversed(order):
        if block.kind == ops.EXIT or (block.succs and all(succ in panics for succ in block.succs)):
            panics.add(block)
    found: dict[Block, float] = dict.fromkeys(order, 0.0)
    found[order[0]] = 1.0
    for block in order:
        here = found[block]
        loop = loops.get(block)
        if loop is not None and loop.header is block:
            here *= _ROUNDS
            found[block] = here
        at = number[block]
        # What leaves a loop is executed as often as the loop is entered: its share of the rounds.
        shares = [_share(block, index, succ, loop, panics) for index, succ in enumerate(block.succs)]
        total = sum(shares) or 1.0
        for succ, share in zip(block.succs, shares, strict=True):
            if number[succ] > at:
                found[succ] += here * share / total
    return found


def _share(block: Block, index: int, succ: Block, loop: Loop | None, panics: set[Block]) -> float:
    if succ in panics:
        return _PANICS
    if loop is not None and succ not in loop.blocks:
        return _LEAVES_LOOP
    if block.likely and (block.likely < 0) != index:
        return _UNLIKELY
    return 1.0
