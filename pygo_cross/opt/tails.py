# SPDX-License-Identifier: BSD-3-Clause
"""Makes one of blocks that return the same.

A function that says `return nil, false` at ten places has as many blocks that make two constants, take the frame down and return; one is
enough. Blocks have no more than constants, addresses and what is computed of these and of other values: what calls or may panic stays where
it is, since a traceback says where. Blocks that others fall into would be jumped to; the code gets smaller, and as likely as not faster.

Before: b1: v1 = Const [0]; Ret v1. b2: v2 = Const [0]; Ret v2. After: what led to b2 leads to b1.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from pygo_cross.opt.blocks import blocks
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value

_MOST: Final = 8
"""Values of a block that is compared with others."""


def tails(func: Func) -> None:
    """Tail merging of returns."""
    known: dict[Hashable, Block] = {}
    gone: set[Block] = set()
    for block in func.blocks:
        if block.kind != ops.RET or block is func.entry or len(block.values) > _MOST:
            continue
        key = _key(block)
        if key is None:
            continue
        first = known.setdefault(key, block)
        if first is block:
            continue
        for pred in list(block.preds):
            while block in pred.succs:
                pred.redirect(pred.succs.index(block), first)
        for value in reversed(block.values):
            value.set_args(())
        block.set_controls(())
        block.values = []
        gone.add(block)
    if gone:
        func.blocks = [block for block in func.blocks if block not in gone]
        blocks(func)


def _key(block: Block) -> Hashable:
    """What a block does; None if it is not only to compute its results."""
    numbers: dict[Value, int] = {}
    rows: list[Hashable] = []

    def name(value: Value) -> tuple[bool, int]:
        at = numbers.get(value)
        return (False, value.id) if at is None else (True, at)

    for value in block.values:
        if not ops.FLAGS.get(value.op, 0) & ops.PURE or value.op in (ops.PHI, ops.RESULT):
            return None
        aux = value.aux
        shown = aux if isinstance(aux, (str, tuple)) or aux is None else id(aux)
        rows.append((value.op, value.kind, value.imm, shown, value.inline, tuple(name(arg) for arg in value.args)))
        numbers[value] = len(numbers)
    return (tuple(rows), tuple(name(value) for value in block.controls))
