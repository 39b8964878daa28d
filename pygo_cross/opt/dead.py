# SPDX-License-Identifier: BSD-3-Clause
"""Takes away values that nothing uses and that have no effect, and blocks that nothing leads to.

Before: v2 = Add v0 v1, unused; after: it is gone, and v0 and v1 if that was their last use.
"""

from __future__ import annotations

from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import remove_unreachable
from pygo_cross.ssa.func import Func, Value


def dead(func: Func) -> None:
    """Dead code elimination. A Phi that only keeps itself alive is dead too."""
    remove_unreachable(func)
    live: set[Value] = set()
    todo: list[Value] = []

    def keep(value: Value) -> None:
        if value not in live:
            live.add(value)
            todo.append(value)

    for block in func.blocks:
        for value in block.values:
            if not ops.FLAGS.get(value.op, ops.EFFECTS) & ops.PURE and not _is_unused_load(value):
                keep(value)
        for value in block.controls:
            keep(value)
    while todo:
        for arg in todo.pop().args:
            keep(arg)
    for block in func.blocks:
        gone = [value for value in block.values if value not in live]
        if gone:
            for value in gone:
                value.set_args(())
            block.values = [value for value in block.values if value in live]


def _is_unused_load(value: Value) -> bool:
    """A load has no effect but that it may fault, and a check stands before those that may."""
    return value.op == ops.LOAD
