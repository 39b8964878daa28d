# SPDX-License-Identifier: BSD-3-Clause
"""The order of blocks in the code.

Reverse postorder of a walk that visits last what is best placed next: so a block stands behind its predecessors but for the ways back of
loops, what leaves a loop stands behind the loop, and the likely way falls through. Blocks that are reached by unlikely ways
alone, or lead nowhere but to a panic, stand at the end.
"""

from __future__ import annotations

from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Dominators, Loop, find_loops
from pygo_cross.ssa.func import Block, Func


def layout(func: Func) -> None:
    """Order the blocks; those that cannot be reached must be gone."""
    if len(func.blocks) < 3:
        return
    dominators = Dominators(func)
    loops = find_loops(func, dominators)
    cold = _cold(func, dominators.order, loops)
    order = _order(func, loops, cold)
    func.blocks = [block for block in order if block not in cold] + [block for block in order if block in cold]


def _cold(func: Func, order: list[Block], loops: dict[Block, Loop]) -> set[Block]:
    """Blocks that are hardly ever executed."""
    number = {block: i for i, block in enumerate(order)}
    cold: set[Block] = set()
    for block in reversed(order):  # what surely ends in a panic
        if block.kind == ops.EXIT or (block.succs and all(succ in cold for succ in block.succs)):
            cold.add(block)
    cold.discard(func.entry)
    for block in order[1:]:
        at = number[block]
        if block not in cold and all(_rare(pred, block, loops) or pred in cold for pred in block.preds if number[pred] < at):
            cold.add(block)
    return cold


def _unlikely(pred: Block, block: Block) -> bool:
    return bool(pred.likely) and pred.kind == ops.IF and pred.succs[pred.likely < 0] is not block


def _rare(pred: Block, block: Block, loops: dict[Block, Loop]) -> bool:
    """Whether a way is hardly ever taken. To leave a loop is unlikely each time round, but happens."""
    loop = loops.get(pred)
    return _unlikely(pred, block) and (loop is None or block in loop.blocks)


def _order(func: Func, loops: dict[Block, Loop], cold: set[Block]) -> list[Block]:
    order: list[Block] = []
    seen = {func.entry}
    stack = [(func.entry, iter(_visits(func.entry, loops, cold)))]
    while stack:
        block, rest = stack[-1]
        for succ in rest:
            if succ not in seen:
                seen.add(succ)
                stack.append((succ, iter(_visits(succ, loops, cold))))
                break
        else:
            stack.pop()
            order.append(block)
    order.reverse()
    return order


def _visits(block: Block, loops: dict[Block, Loop], cold: set[Block]) -> list[Block]:
    """The successors, the one that is best placed next at the end."""
    succs = block.succs
    if len(succs) < 2:
        return succs
    succs = succs[::-1]
    loop = loops.get(block)

    def merit(succ: Block) -> int:
        inside = 0 if loop is None else 2 * (succ in loop.blocks)
        return inside + (not _unlikely(block, succ)) - 4 * (succ in cold)

    succs.sort(key=merit)
    return succs
