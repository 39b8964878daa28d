# SPDX-License-Identifier: BSD-3-Clause
"""The order of values inside of blocks: what code generation needs to stand at a certain place, is put there.

Phis come first, in the entry block Params and the Closure next, and Results directly behind their call: until they are read, the
registers that they are in must not be used. A Phi without a choice is a Copy. All else keeps the order that it has.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value

_ARRIVE: Final = (ops.PARAM, ops.CLOSURE)


def schedule(func: Func) -> None:
    """Order the values of all blocks, behind selection."""
    for block in func.blocks:
        if len(block.preds) == 1:
            for value in block.values:
                if value.op == ops.PHI:
                    value.become(value.args[0])
        _order(block)
    entry = func.entry
    arriving = [value for block in func.blocks for value in block.values if value.op in _ARRIVE]
    if arriving and entry.values[: len(arriving)] != arriving:
        for block in func.blocks:
            block.values = [value for value in block.values if value.op not in _ARRIVE]
        for value in arriving:
            value.block = entry
        entry.values[:0] = arriving


def _order(block: Block) -> None:
    results: dict[Value, list[Value]] = {}
    previous: Value | None = None
    ordered = True
    for value in block.values:
        if value.op == ops.RESULT:
            call = value.args[0]
            results.setdefault(call, []).append(value)
            ordered = ordered and (previous is call or (previous is not None and previous.op == ops.RESULT and previous.args[0] is call))
        elif value.op == ops.PHI:
            ordered = ordered and (previous is None or previous.op == ops.PHI)
        previous = value
    if ordered:
        return
    values = [value for value in block.values if value.op == ops.PHI]
    for value in block.values:
        if value.op not in (ops.PHI, ops.RESULT):
            values.append(value)
            values += results.pop(value, ())
    block.values = values
    for call, there in results.items():  # whose call is in another block
        at = call.block.values.index(call) + 1
        call.block.values[at:at] = there
        for value in there:
            value.block = call.block
