# SPDX-License-Identifier: BSD-3-Clause
"""Critical edges: from a block with a choice to a block with several predecessors. A block is put on each.

What a Phi needs is moved at the end of a predecessor; without critical edges, there such code is on the way to that Phi alone.
"""

from __future__ import annotations

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func


def split_critical_edges(func: Func) -> None:
    """Put a block on every critical edge. The new blocks stand at the end of the function's list; layout comes later."""
    places: dict[Block, dict[Block, list[int]]] = {}
    for block in list(func.blocks):
        if block.kind == ops.PLAIN:
            continue
        for index, succ in enumerate(block.succs):
            if len(succ.preds) > 1:
                found = places.get(succ)
                if found is None:
                    found = places[succ] = _places(succ)
                _split(func, block, index, succ, found[block].pop())


def _places(succ: Block) -> dict[Block, list[int]]:
    """Where a block has each of its predecessors, the last place first: a switch may lead to it from thousands."""
    found: dict[Block, list[int]] = {}
    for at in range(len(succ.preds) - 1, -1, -1):
        found.setdefault(succ.preds[at], []).append(at)
    return found


def _split(func: Func, block: Block, index: int, succ: Block, at: int) -> None:
    middle = func.new_block(block.pos)
    block.succs[index] = middle
    middle.preds.append(block)
    middle.succs.append(succ)
    succ.preds[at] = middle
