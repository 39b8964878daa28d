# SPDX-License-Identifier: BSD-3-Clause
"""Lets what uses a checked value use the value itself, so that equal operations on both are one.

A check stays where it is, and what touches memory stays behind it: order in the block says so, not the check's result.
Before: v3 = Bounds v1 v2; v4 = AddPtr v0 v3; after: v3 = Bounds v1 v2; v4 = AddPtr v0 v1.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Value

_CHECKS: Final = frozenset([ops.BOUNDS, ops.SLICE_BOUNDS, ops.NIL_CHECK])


def unwrap(func: Func) -> None:
    """Take checks out of what is computed."""
    for block in func.blocks:
        for value in block.values:
            for i, arg in enumerate(value.args):
                if arg.op in _CHECKS:
                    value.set_arg(i, _unchecked(arg))
        if any(value.op in _CHECKS for value in block.controls):
            block.set_controls([_unchecked(value) for value in block.controls])


def _unchecked(value: Value) -> Value:
    while value.op in _CHECKS:
        value = value.args[0]
    return value
