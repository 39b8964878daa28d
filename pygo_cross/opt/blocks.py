# SPDX-License-Identifier: BSD-3-Clause
"""Simplifies the way through blocks.

- An If on a constant, or with both ways to one block without Phis, goes one way.
- A block with one successor whose only predecessor it is takes that one in.
- An empty block is skipped by those that lead to it, where no Phi can tell the ways apart.
- If on Not x is If on x with the ways turned.
"""

from __future__ import annotations

from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import remove_unreachable, simplify_phis
from pygo_cross.ssa.func import Block, Func


def blocks(func: Func) -> None:
    """Branch elimination and block merging, until nothing changes."""
    changed = True
    while changed:
        changed = False
        for block in func.blocks:
            changed = _decide(block) or changed
        remove_unreachable(func)
        gone: set[Block] = set()
        for block in func.blocks:
            if block not in gone:
                changed = _merge(func, block, gone) or _skip(func, block, gone) or changed
        if gone:
            func.blocks = [block for block in func.blocks if block not in gone]
        if changed:
            simplify_phis(func)


def _decide(block: Block) -> bool:
    if block.kind != ops.IF:
        return False
    (control,) = block.controls
    if control.op == ops.NOT:
        block.set_controls((control.args[0],))
        block.succs.reverse()
        block.likely = -block.likely
        return True
    if control.is_const:
        block.remove_edge(1 if control.imm else 0)
    elif block.succs[0] is block.succs[1] and not _has_phis(block.succs[0]):
        block.remove_edge(1)
    else:
        return False
    block.kind = ops.PLAIN
    block.likely = 0
    block.set_controls(())
    return True


def _has_phis(block: Block) -> bool:
    return bool(block.values) and block.values[0].op == ops.PHI


def _merge(func: Func, block: Block, gone: set[Block]) -> bool:
    """A block and the one behind it are one."""
    if block.kind != ops.PLAIN:
        return False
    (after,) = block.succs
    if after is block or after is func.entry or len(after.preds) != 1 or _has_phis(after):
        return False
    block.absorb(after)
    gone.add(after)
    return True


def _skip(func: Func, block: Block, gone: set[Block]) -> bool:
    """Those that lead to an empty block lead on."""
    if block.kind != ops.PLAIN or block.values or block is func.entry or not block.preds:
        return False
    (after,) = block.succs
    if after is block or _has_phis(after):
        return False
    for pred in list(block.preds):
        index = pred.succs.index(block)
        pred.succs[index] = after
        after.preds.append(pred)
    block.preds.clear()
    block.remove_edge(0)
    gone.add(block)
    return True
