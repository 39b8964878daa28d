# SPDX-License-Identifier: BSD-3-Clause
"""Critical edges: from a block with a choice to a block with several predecessors. A block is put on each.

What a Phi needs is moved at the end of a predecessor; without critical edges, there such code is on the way to that Phi alone.
"""

from __future__ import annotations

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func


def split_critical_edges(func: Func) -> None:
    """Put a block on every critical edge. The new blocks stand at the end of the function's list; layout comes later."""
    for block in list(func.blocks):
        if block.kind == ops.PLAIN:
            continue
        for index, succ in enumerate(block.succs):
            if len(succ.preds) > 1:
                _split(func, block, index, succ)


def _split(func: Func, block: Block, index: int, succ: Block) -> None:
    middle = func.new_block(block.pos)
    before = block.succs[:index].count(succ)
    at = [i for i, pred in enumerate(succ.preds) if pred is block][before]
    block.succs[index] = middle
    middle.preds.append(block)
    middle.succs.append(succ)
    succ.preds[at] = middle
