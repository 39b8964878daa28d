# SPDX-License-Identifier: BSD-3-Clause
"""What a value's operation alone tells of its range, as signed numbers of its kind."""

from __future__ import annotations

from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import BITS, B, is_int

MAX_LENGTH: Final = 1 << 48
"""No length is more: an address space's bytes (src/runtime/malloc.go, heapAddrBits)."""


def natural_range(value: Value) -> tuple[int, int]:
    """The smallest and the largest that a value can be, whatever its arguments are."""
    kind = value.kind
    if kind == B:
        return 0, 1
    if not is_int(kind):
        return -(1 << 63), (1 << 63) - 1
    bits = BITS[kind]
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    op = value.op
    if op == ops.CONST:
        return value.imm, value.imm
    if op == ops.ZERO_EXT:
        return 0, (1 << BITS[value.args[0].kind]) - 1 if value.args[0].kind != B else 1
    if op == ops.SIGN_EXT:
        inner = BITS[value.args[0].kind]
        return -(1 << (inner - 1)), (1 << (inner - 1)) - 1
    if value.aux == ops.LENGTH:
        return 0, MAX_LENGTH
    if op in (ops.CTZ, ops.CLZ, ops.POPCOUNT):
        return 0, BITS[value.args[0].kind]
    if len(value.args) == 2 and value.args[1].is_const:
        c = value.args[1].imm
        if op == ops.AND and c >= 0:
            return 0, c
        if op == ops.MOD_U and c > 0:
            return 0, c - 1
        if op == ops.MOD_S and c not in (0, low):
            return 1 - abs(c), abs(c) - 1
        if op == ops.SHR_U and 0 < c < bits:
            return 0, (1 << (bits - c)) - 1
        if op == ops.SHR_S and 0 <= c < bits:
            return low >> c, high >> c
        if op == ops.DIV_U and c > 1:
            return 0, ((1 << bits) - 1) // c
        if op == ops.DIV_S and c > 1:
            return -(-low // c), high // c
    return low, high
