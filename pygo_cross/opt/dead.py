# SPDX-License-Identifier: BSD-3-Clause
"""Takes away values that nothing uses and that have no effect, and blocks that nothing leads to.

Before: v2 = Add v0 v1, unused; after: it is gone, and v0 and v1 if that was their last use.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import remove_unreachable
from pygo_cross.ssa.func import Func, Value

_GOES: Final = frozenset(op for op, flags in ops.FLAGS.items() if flags & ops.PURE or op == ops.LOAD)
"""What goes when nothing uses it. A load has no effect but that it may fault, and a check stands before those that may."""


def dead(func: Func) -> None:
    """Dead code elimination. A Phi that only keeps itself alive is dead too."""
    remove_unreachable(func)
    live = bytearray(func.value_count)
    todo: list[Value] = []
    goes = _GOES
    for block in func.blocks:
        for value in block.values:
            if value.op not in goes and not live[value.id]:
                live[value.id] = 1
                todo.append(value)
        for value in block.controls:
            if not live[value.id]:
                live[value.id] = 1
                todo.append(value)
    while todo:
        for arg in todo.pop().args:
            if not live[arg.id]:
                live[arg.id] = 1
                todo.append(arg)
    for block in func.blocks:
        gone = [value for value in block.values if not live[value.id]]
        if gone:
            for value in gone:
                value.set_args(())
            block.values = [value for value in block.values if live[value.id]]
