# SPDX-License-Identifier: BSD-3-Clause
"""What is done to the order of blocks when allocation is done: blocks that only jump go, and loops are turned.

A loop that is tested at its top jumps back at its end and out at its top, each time round. With the header moved behind the end there is
one branch: out of the loop it falls, into the loop it jumps. The code that comes from before the loop then jumps to the header, once.
"""

from __future__ import annotations

from collections.abc import Mapping

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func


def tidy(func: Func) -> None:
    """Remove empty blocks, and turn loops. The order of blocks is final afterwards."""
    _remove_empty(func)
    _turn_loops(func)


def _remove_empty(func: Func) -> None:
    gone: dict[Block, Block] = {}
    places: dict[Block, dict[Block, int]] = {}  # where a block has its predecessors: it may have thousands
    for block in func.blocks:
        if block.values or block.kind != ops.PLAIN or block is func.entry:
            continue
        succ = _reached(block.succs[0], gone)
        if succ is block:
            continue
        found = places.get(succ)
        if found is None:
            found = places[succ] = {pred: at for at, pred in enumerate(succ.preds)}
        at = found[block]
        succ.preds[at : at + 1] = block.preds
        if len(block.preds) == 1:
            found[block.preds[0]] = at
        else:
            del places[succ]
        for phi in succ.values:
            if phi.op != ops.PHI:
                break
            for _ in block.preds[1:]:
                phi.args.insert(at, phi.args[at])
                phi.args[at].uses += 1
        gone[block] = succ
    if gone:
        func.blocks = [block for block in func.blocks if block not in gone]
        for block in func.blocks:
            block.succs = [_reached(one, gone) for one in block.succs]


def _reached(block: Block, gone: Mapping[Block, Block]) -> Block:
    """Where one gets by way of blocks that are gone."""
    while block in gone:
        block = gone[block]
    return block


def _turn_loops(func: Func) -> None:
    """Headers that are tested first go behind the last block that jumps back to them."""
    blocks = func.blocks
    place = {block: at for at, block in enumerate(blocks)}
    behind: dict[Block, Block] = {}
    after: dict[Block, Block] = {}
    for at, header in enumerate(blocks):
        if header.kind != ops.IF or header is func.entry or at + 1 == len(blocks):
            continue
        following = blocks[at + 1]
        if following not in header.succs:
            continue
        latch: Block | None = None
        for pred in header.preds:
            if place[pred] > at and pred.kind == ops.PLAIN and (latch is None or place[pred] > place[latch]):
                latch = pred
        if latch is None or latch in after or place[latch] < place[following]:
            continue
        other = header.succs[1 - header.succs.index(following)]
        if at < place[other] <= place[latch]:
            continue  # both ways stay in the loop
        behind[header] = latch
        after[latch] = header
    if not behind:
        return
    order: list[Block] = []
    for block in blocks:
        if block in behind:
            continue
        order.append(block)
        while block in after:
            block = after[block]
            order.append(block)
    func.blocks = order
