# SPDX-License-Identifier: BSD-3-Clause
"""Turns short branches that only choose between values into Selects, which cost no misprediction.

An If whose ways meet at once, with at most a few cheap operations on them, is taken away: the operations are done in any case, and each
Phi becomes a Select. Floats stay branches, since no machine selects them, and so do ways that are known to be taken seldom.

Before: b0: If v1 -> b1 b2; b1: v3 = Add v2 v4, Plain -> b2; b2: v5 = Phi v2 v3; after, all in b0: v3 = Add v2 v4; v5 = Select v1 v3 v2.
The limits are near those of src/cmd/compile/internal/ssa/branchelim.go.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import is_float

MOST_VALUES: Final = 2
"""Operations that may be done in vain."""
MOST_PHIS: Final = 2

_CHEAP: Final = frozenset(
    [
        *(ops.ADD, ops.SUB, ops.AND, ops.OR, ops.XOR, ops.SHL, ops.SHR_S, ops.SHR_U, ops.NEG, ops.COM, ops.ADD_PTR),
        *(ops.SIGN_EXT, ops.ZERO_EXT, ops.TRUNC, ops.COPY, ops.CONST, ops.ADDR, ops.PTR_TO_INT, ops.INT_TO_PTR),
    ]
)
_FREE: Final = frozenset([ops.CONST, ops.COPY, ops.TRUNC])


def branchelim(func: Func) -> None:
    """Take away what branches can be taken away; inner ones first, so that outer ones become short."""
    changed = True
    gone: set[Block] = set()
    while changed:
        changed = False
        for block in func.blocks:
            if block not in gone and block.kind == ops.IF and not block.likely:
                changed = _try(block, gone) or changed
    if gone:
        func.blocks = [block for block in func.blocks if block not in gone]


def _try(block: Block, gone: set[Block]) -> bool:
    yes, no = block.succs
    if yes is no:
        return False
    sides: tuple[Block | None, Block | None]
    if _is_side(block, yes) and yes.succs[0] is no:
        sides, after = (yes, None), no
    elif _is_side(block, no) and no.succs[0] is yes:
        sides, after = (None, no), yes
    elif _is_side(block, yes) and _is_side(block, no) and yes.succs[0] is no.succs[0]:
        sides, after = (yes, no), yes.succs[0]
    else:
        return False
    if len(after.preds) != 2 or after is block or after is block.func.entry:
        return False
    phis = [value for value in after.values if value.op == ops.PHI]
    made = [value for side in sides if side is not None for value in side.values]
    if len(phis) > MOST_PHIS or any(is_float(phi.kind) for phi in phis):
        return False
    if sum(value.op not in _FREE for value in made) > MOST_VALUES:
        return False
    _merge(block, sides, after, phis, gone)
    return True


def _is_side(block: Block, side: Block) -> bool:
    """Whether a block is one way of a branch, and does nothing that could not be done in any case."""
    if side.kind != ops.PLAIN or len(side.preds) != 1 or len(side.values) > 2 * MOST_VALUES or side.succs[0] is side:
        return False
    return all(value.op in _CHEAP and not is_float(value.kind) and _small_shift(value) for value in side.values)


def _small_shift(value: Value) -> bool:
    """A shift by a count that is not known to be small is several instructions."""
    return value.op not in (ops.SHL, ops.SHR_S, ops.SHR_U) or value.imm == 1


def _merge(block: Block, sides: tuple[Block | None, Block | None], after: Block, phis: list[Value], gone: set[Block]) -> None:
    (condition,) = block.controls
    places = [after.preds.index(side if side is not None else block) for side in sides]
    choices = [(phi, phi.args[places[0]], phi.args[places[1]]) for phi in phis]
    for side in sides:
        if side is None:
            continue
        for value in side.values:
            value.block = block
        block.values += side.values
        side.values, side.succs, side.preds = [], [], []
        gone.add(side)
    for phi, first, second in choices:
        phi.reset(ops.SELECT, (condition, first, second))
    block.absorb(after)
    gone.add(after)
