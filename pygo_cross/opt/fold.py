# SPDX-License-Identifier: BSD-3-Clause
"""Constant folding and simplification, value by value, until nothing changes.

Before: v2 = Const [2]; v3 = Add v2 v2; v4 = Mul v1 v3; after: v4 = Shl v1 (Const [2]).
Of floats, only comparisons of constants are decided.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import replace
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import BITS, F32, B, P, is_float
from pygo_cross.ssa.refs import BytesRef


def fold(func: Func) -> None:
    """Fold, and put what copies are of in place of them."""
    folder = _Folder(func)
    changed = True
    while changed:
        changed = False
        for block in func.blocks:
            changed = folder.block(block) or changed
        if folder.copies:
            replace(func, {value: value.args[0] for value in folder.copies})
            folder.copies.clear()
            changed = True


class _Folder:
    __slots__ = ("copies", "func", "made")

    def __init__(self, func: Func) -> None:
        self.func = func
        self.made: list[Value] = []
        """New values that stand before the one that is looked at."""
        self.copies: list[Value] = []

    def block(self, block: Block) -> bool:
        changed = False
        rules = _RULES
        made = self.made
        values: list[Value] = []
        copied = 0  # so many of the block's values stand in `values`, if anything is new
        for at, value in enumerate(block.values):
            rule = rules.get(value.op)
            if rule is None:
                if value.op == ops.COPY:
                    self.copies.append(value)
                continue
            if value.args and is_float(value.args[0].kind):
                changed = _float_comparison(value) or changed
                continue
            while rule is not None and rule(self, value):
                changed = True
                rule = rules.get(value.op)
            if value.op == ops.COPY:
                self.copies.append(value)
            if made:
                values += block.values[copied:at]
                values += made
                copied = at
                made.clear()
        if values:
            block.values = values + block.values[copied:]
        return changed

    def const(self, value: Value, kind: int, imm: int) -> Value:
        """A constant that will stand before a value."""
        made = self.func.make(value.block, ops.CONST, kind, (), imm, None, value.pos)
        self.made.append(made)
        return made


def signed(value: int, kind: int) -> int:
    """A value as the machine keeps it in a kind; pointers and booleans are never negative."""
    bits = BITS[kind]
    value &= (1 << bits) - 1
    return value if kind in (P, B) or not value >> (bits - 1) else value - (1 << bits)


def unsigned(value: int, kind: int) -> int:
    """The bits of a value as a number that is not negative."""
    return value & ((1 << BITS[kind]) - 1)


def _set(value: Value, imm: int) -> bool:
    value.reset(ops.CONST, (), signed(imm, value.kind))
    return True


def _become(value: Value, other: Value) -> bool:
    value.become(other)
    return True


_FLOAT_RELATIONS: Final[dict[int, Callable[[float, float], bool]]] = {
    ops.EQ: lambda x, y: x == y,
    ops.NE: lambda x, y: x != y,
    ops.LT_S: lambda x, y: x < y,
    ops.LE_S: lambda x, y: x <= y,
}


def _float_comparison(value: Value) -> bool:
    relation = _FLOAT_RELATIONS.get(value.op)
    if relation is None or value.args[0].op != ops.CONST or value.args[1].op != ops.CONST:
        return False
    form, whole = ("<f", "<i") if value.args[0].kind == F32 else ("<d", "<q")
    x, y = (struct.unpack(form, struct.pack(whole, one.imm))[0] for one in value.args)
    return _set(value, int(relation(x, y)))


_EXACT: Final[dict[int, Callable[[int, int], int]]] = {
    ops.ADD: lambda x, y: x + y,
    ops.SUB: lambda x, y: x - y,
    ops.MUL: lambda x, y: x * y,
    ops.AND: lambda x, y: x & y,
    ops.OR: lambda x, y: x | y,
    ops.XOR: lambda x, y: x ^ y,
}
# x op 0 = x, on the right side
_NEUTRAL: Final = frozenset([ops.ADD, ops.SUB, ops.OR, ops.XOR, ops.SHL, ops.SHR_S, ops.SHR_U, ops.ADD_PTR])


def _arithmetic(f: _Folder, value: Value) -> bool:
    op = value.op
    x, y = value.args
    if x.op == ops.CONST and y.op == ops.CONST and op in _EXACT:
        return _set(value, _EXACT[op](x.imm, y.imm))
    if x.op == ops.CONST and y.op != ops.CONST and ops.FLAGS[op] & ops.COMMUTES:
        value.set_args((y, x))
        x, y = y, x
    if y.op == ops.CONST and y.imm == 0:
        if op in _NEUTRAL and not (op == ops.XOR and x.op == ops.PTR_TO_INT):  # an address ^ 0 hides it from escape analysis
            return _become(value, x)
        if op in (ops.MUL, ops.AND):
            return _set(value, 0)
    if x is y:
        if op in (ops.SUB, ops.XOR):
            return _set(value, 0)
        if op in (ops.AND, ops.OR):
            return _become(value, x)
    if y.op == ops.CONST and op in (ops.ADD, ops.MUL, ops.AND, ops.OR, ops.XOR) and x.op == op and x.args[1].is_const:
        # (x op c) op d = x op (c op d)
        value.set_args((x.args[0], f.const(value, value.kind, signed(_EXACT[op](x.args[1].imm, y.imm), value.kind))))
        return True
    if y.op == ops.CONST:
        return _powers(f, value, x, y)
    return x.op in _SHIFTS and y.op in _SHIFTS and op in _JOINS and _rotate(f, value, x, y)


_SHIFTS: Final = frozenset([ops.SHL, ops.SHR_U])
_JOINS: Final = frozenset([ops.OR, ops.XOR, ops.ADD])


def _rotate(f: _Folder, value: Value, x: Value, y: Value) -> bool:
    """x << c | x >> (width - c) is a rotation: the two parts have no bit in common."""
    left, right = (x, y) if x.op == ops.SHL else (y, x)
    if left.op == right.op or left.args[0] is not right.args[0] or not (left.args[1].is_const and right.args[1].is_const):
        return False
    count = unsigned(left.args[1].imm, left.args[1].kind)
    if not 0 < count < BITS[value.kind] or count + unsigned(right.args[1].imm, right.args[1].kind) != BITS[value.kind]:
        return False
    value.reset(ops.ROTL, (left.args[0], f.const(value, value.kind, count)))
    return True


def _powers(f: _Folder, value: Value, x: Value, y: Value) -> bool:
    op, kind = value.op, value.kind
    if op == ops.MUL:
        if y.imm == 1:
            return _become(value, x)
        if y.imm == -1:
            value.reset(ops.NEG, (x,))
            return True
        factor = unsigned(y.imm, kind)
        if factor & (factor - 1) == 0 and factor:
            value.reset(ops.SHL, (x, f.const(value, kind, factor.bit_length() - 1)), 1)
            return True
    if op == ops.AND and y.imm == -1:
        return _become(value, x)
    return False


def _divide(f: _Folder, value: Value) -> bool:
    op, kind = value.op, value.kind
    x, y = value.args
    if y.op != ops.CONST or y.imm == 0:
        return False
    if x.op == ops.CONST:
        if op in (ops.DIV_U, ops.MOD_U):
            a, b = unsigned(x.imm, kind), unsigned(y.imm, kind)
            return _set(value, a // b if op == ops.DIV_U else a % b)
        quotient = abs(x.imm) // abs(y.imm) * (1 if (x.imm < 0) == (y.imm < 0) else -1)
        return _set(value, quotient if op == ops.DIV_S else x.imm - quotient * y.imm)
    if y.imm == 1:
        return _become(value, x) if op in (ops.DIV_S, ops.DIV_U) else _set(value, 0)
    divisor = unsigned(y.imm, kind)
    if divisor & (divisor - 1) == 0:
        if op == ops.DIV_U:
            value.reset(ops.SHR_U, (x, f.const(value, kind, divisor.bit_length() - 1)), 1)
            return True
        if op == ops.MOD_U:
            value.reset(ops.AND, (x, f.const(value, kind, signed(divisor - 1, kind))))
            return True
    return False


def _shift(f: _Folder, value: Value) -> bool:
    x, y = value.args
    if y.op != ops.CONST:
        return False
    kind = value.kind
    count = unsigned(y.imm, y.kind)
    if count >= BITS[kind]:
        if value.op != ops.SHR_S:
            return _set(value, 0)
        value.reset(ops.SHR_S, (x, f.const(value, y.kind, BITS[kind] - 1)), 1)
        return True
    if count == 0:
        return _become(value, x)
    if x.op == ops.CONST:
        if value.op == ops.SHL:
            return _set(value, x.imm << count)
        return _set(value, (x.imm if value.op == ops.SHR_S else unsigned(x.imm, kind)) >> count)
    if value.imm == 0:
        value.imm = 1
        return True
    return False


def _unary(f: _Folder, value: Value) -> bool:
    (x,) = value.args
    op = value.op
    if x.op == ops.CONST:
        return _set(value, -x.imm if op == ops.NEG else ~x.imm if op == ops.COM else 1 - x.imm)
    if x.op == op:
        return _become(value, x.args[0])
    opposite = _OPPOSITE.get(x.op) if op == ops.NOT and not is_float(x.args[0].kind if x.args else 0) else None
    if opposite is not None:
        code, turned = opposite
        args = x.args[::-1] if turned else x.args
        value.reset(code, args)
        return True
    return False


# not (x < y) is y <= x, of integers
_OPPOSITE: Final = {
    ops.EQ: (ops.NE, False),
    ops.NE: (ops.EQ, False),
    ops.LT_S: (ops.LE_S, True),
    ops.LE_S: (ops.LT_S, True),
    ops.LT_U: (ops.LE_U, True),
    ops.LE_U: (ops.LT_U, True),
}


def compare(op: int, x: int, y: int, kind: int) -> bool:
    """A comparison of two constants of a kind."""
    if op in (ops.LT_U, ops.LE_U):
        x, y = unsigned(x, kind), unsigned(y, kind)
    if op == ops.EQ:
        return x == y
    if op == ops.NE:
        return x != y
    return x < y if op in (ops.LT_S, ops.LT_U) else x <= y


def _comparison(f: _Folder, value: Value) -> bool:
    x, y = value.args
    if x.op == ops.CONST and y.op == ops.CONST:
        return _set(value, int(compare(value.op, x.imm, y.imm, x.kind)))
    if x is y:
        return _set(value, int(value.op in (ops.EQ, ops.LE_S, ops.LE_U)))
    if x.kind == B and y.op == ops.CONST and value.op in (ops.EQ, ops.NE):
        if (value.op == ops.EQ) == bool(y.imm):
            return _become(value, x)
        value.reset(ops.NOT, (x,))
        return True
    return False


def _convert(f: _Folder, value: Value) -> bool:
    (x,) = value.args
    if x.op == ops.CONST:
        return _set(value, unsigned(x.imm, x.kind) if value.op == ops.ZERO_EXT else x.imm)
    if value.op == ops.TRUNC and x.op in (ops.SIGN_EXT, ops.ZERO_EXT, ops.TRUNC):
        inner = x.args[0]
        if inner.kind == value.kind:
            return _become(value, inner)
        if BITS[inner.kind] > BITS[value.kind]:
            value.reset(ops.TRUNC, (inner,))
        else:
            value.reset(x.op, (inner,))
        return True
    if x.op == value.op and value.op != ops.TRUNC:
        value.reset(value.op, (x.args[0],))
        return True
    return False


def _select(f: _Folder, value: Value) -> bool:
    condition, yes, no = value.args
    if condition.is_const:
        return _become(value, yes if condition.imm else no)
    same = yes is no or (yes.op == ops.CONST and no.op == ops.CONST and yes.imm == no.imm)
    return _become(value, yes) if same else False


def _memory(f: _Folder, value: Value) -> bool:
    """An offset in the address goes into the operation; what is read of constant data is known."""
    address = value.args[0]
    if address.op == ops.ADDR:
        data = address.aux.data if isinstance(address.aux, BytesRef) else b""
        at = address.imm + value.imm
        if value.op != ops.LOAD or value.kind == P or is_float(value.kind) or not 0 <= at <= len(data) - BITS[value.kind] // 8:
            return False
        return _set(value, int.from_bytes(data[at : at + BITS[value.kind] // 8], "little"))
    if address.op == ops.ADD_PTR and address.args[1].op == ops.CONST and 0 <= value.imm + address.args[1].imm < 1 << 20:
        value.imm += address.args[1].imm
        value.set_arg(0, address.args[0])
        return True
    return False


_RULES: Final[dict[int, Callable[[_Folder, Value], bool]]] = {
    **dict.fromkeys([ops.ADD, ops.SUB, ops.MUL, ops.AND, ops.OR, ops.XOR, ops.ADD_PTR], _arithmetic),
    **dict.fromkeys([ops.DIV_S, ops.DIV_U, ops.MOD_S, ops.MOD_U], _divide),
    **dict.fromkeys([ops.SHL, ops.SHR_S, ops.SHR_U], _shift),
    **dict.fromkeys([ops.NEG, ops.COM, ops.NOT], _unary),
    **dict.fromkeys([ops.EQ, ops.NE, ops.LT_S, ops.LE_S, ops.LT_U, ops.LE_U], _comparison),
    **dict.fromkeys([ops.SIGN_EXT, ops.ZERO_EXT, ops.TRUNC], _convert),
    ops.SELECT: _select,
    ops.LOAD: _memory,
    ops.STORE: _memory,
}
