# SPDX-License-Identifier: BSD-3-Clause
"""Common subexpressions: operations that are equal and have no effect are one value, the one that dominates the others.

The walk goes down the dominator tree with the operations known there. Loads are not looked at: what lies between two of them may
change memory.
Before: v3 = Add v1 v2 … v7 = Add v2 v1; after: v7's users use v3.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import replace
from pygo_cross.ssa.dominators import Dominators
from pygo_cross.ssa.func import Block, Func, Value

_NOT: Final = frozenset((ops.PHI, ops.RESULT, ops.COPY, ops.PTR_TO_INT))
"""A call may move the stack, and an address in it that is a number does not move with it: each number is of its own place."""
_CANDIDATES: Final = frozenset(
    (ops.NIL_CHECK, ops.BOUNDS, ops.SLICE_BOUNDS, *(op for op, flags in ops.FLAGS.items() if flags & ops.PURE and op not in _NOT))
)
"""Operations of which equal ones are one. A check that was passed is passed: it is the same value from there on."""
_COMMUTING: Final = frozenset(op for op, flags in ops.FLAGS.items() if flags & ops.COMMUTES)


def cse(func: Func) -> None:
    """Global value numbering on the dominator tree."""
    dominators = Dominators(func)
    known: dict[Hashable, Value] = {}
    replaced: dict[Value, Value] = {}
    stack: list[tuple[Block, list[Hashable] | None]] = [(func.entry, None)]
    while stack:
        block, added = stack.pop()
        if added is not None:
            for old in added:
                del known[old]
            continue
        new: list[Hashable] = []
        for value in block.values:
            op = value.op
            if op not in _CANDIDATES:
                continue
            args = value.args
            aux = value.aux
            if aux is not None and not isinstance(aux, (str, tuple)):
                aux = id(aux)
            if len(args) == 1:
                arg = args[0]
                key: Hashable = (op, value.kind, value.imm, aux, replaced[arg].id if arg in replaced else arg.id)
            elif args:
                ids = [replaced[arg].id if arg in replaced else arg.id for arg in args]
                if op in _COMMUTING:
                    ids.sort()
                key = (op, value.kind, value.imm, aux, *ids)
            else:
                key = (op, value.kind, value.imm, aux)
            found = known.setdefault(key, value)
            if found is not value:
                replaced[value] = found
            else:
                new.append(key)
        stack.append((block, new))
        stack += [(child, None) for child in reversed(dominators.children[block])]
    if replaced:
        replace(func, replaced)
