# SPDX-License-Identifier: BSD-3-Clause
"""Common subexpressions: operations that are equal and have no effect are one value, the one that dominates the others.

The walk goes down the dominator tree with the operations known there. Loads are not looked at: what lies between two of them may
change memory.
Before: v3 = Add v1 v2 … v7 = Add v2 v1; after: v7's users use v3.
"""

from __future__ import annotations

from collections.abc import Hashable

from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import replace
from pygo_cross.ssa.dominators import Dominators
from pygo_cross.ssa.func import Block, Func, Value

_NOT: frozenset[int] = frozenset([ops.PHI, ops.RESULT, ops.COPY])


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
            if not _is_candidate(value):
                continue
            args = [replaced.get(arg, arg) for arg in value.args]
            ids = [arg.id for arg in args]
            if ops.FLAGS[value.op] & ops.COMMUTES:
                ids.sort()
            key = (value.op, value.kind, value.imm, _aux(value), tuple(ids))
            found = known.get(key)
            if found is not None:
                replaced[value] = found
            else:
                known[key] = value
                new.append(key)
        stack.append((block, new))
        stack += [(child, None) for child in reversed(dominators.children[block])]
    if replaced:
        replace(func, replaced)


def _is_candidate(value: Value) -> bool:
    """Whether equal ones are one. A check that was passed is passed: it is the same value from there on."""
    if value.op in (ops.NIL_CHECK, ops.BOUNDS, ops.SLICE_BOUNDS):
        return True
    return bool(ops.FLAGS.get(value.op, 0) & ops.PURE) and value.op not in _NOT


def _aux(value: Value) -> Hashable:
    aux = value.aux
    return aux if isinstance(aux, (str, tuple)) or aux is None else id(aux)
