# SPDX-License-Identifier: BSD-3-Clause
"""Operators: arithmetic, shifts, comparisons, unary ones.

Source of the facts: src/cmd/compile/internal/types2/expr.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.syntax.nodes import Expr, Operation
from pygo_cross.syntax.tokens import (
    ADD,
    AND,
    AND_AND,
    AND_NOT,
    DIV,
    EQL,
    MUL,
    NEQ,
    NOT,
    OPERATOR_NAMES,
    OR,
    OR_OR,
    REM,
    SUB,
    TILDE,
    XOR,
)
from pygo_cross.types import constant
from pygo_cross.types.check import assignable, constexpr, expr, untyped, version
from pygo_cross.types.check.describe import composite_kind
from pygo_cross.types.check.errors import error
from pygo_cross.types.check.operand import CONSTANT, INVALID, NILVALUE, VALUE, Operand
from pygo_cross.types.constant import Unknown, Value
from pygo_cross.types.format import Cause
from pygo_cross.types.predicates import (
    all_basic,
    all_integer,
    all_ordered,
    all_unsigned,
    comparable,
    comparable_cause,
    default_type,
    has_nil,
    identical,
    is_complex,
    is_integer,
    is_type_param,
    is_unsigned,
    is_untyped,
    is_valid,
)
from pygo_cross.types.types import (
    IS_BOOLEAN,
    IS_INTEGER,
    IS_NUMERIC,
    IS_STRING,
    TYP,
    UINT,
    UNTYPED_BOOL,
    UNTYPED_INT,
    Map,
    Signature,
    Slice,
    Type,
)

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

_UNARY: Final = {ADD: IS_NUMERIC, SUB: IS_NUMERIC, XOR: IS_INTEGER, NOT: IS_BOOLEAN}
_BINARY: Final = {
    ADD: IS_NUMERIC | IS_STRING,
    SUB: IS_NUMERIC,
    MUL: IS_NUMERIC,
    DIV: IS_NUMERIC,
    REM: IS_INTEGER,
    AND: IS_INTEGER,
    OR: IS_INTEGER,
    XOR: IS_INTEGER,
    AND_NOT: IS_INTEGER,
    AND_AND: IS_BOOLEAN,
    OR_OR: IS_BOOLEAN,
}
_MAX_SHIFT: Final = 1023 - 1 + 52  # the smallest float64 can be written as a shift


def _defined(check: Checker, operators: dict[int, int], x: Operand, op: int) -> bool:
    """Whether an operator is defined on an operand; it is reported, and the operand invalid, if not."""
    assert x.typ is not None
    if all_basic(x.typ, operators[op]):
        return True
    error(check, x, "undefined-op", "invalid operation: operator %s not defined on %s", OPERATOR_NAMES[op], x)
    x.mode = INVALID
    return False


def unary(check: Checker, x: Operand, e: Operation) -> None:
    """+x, -x, ^x, !x; and ~x, which is a mistake."""
    expr.expr(check, None, x, e.x)
    if x.mode == INVALID:
        return
    assert x.typ is not None
    op = e.op
    if op == TILDE:
        message = "cannot use ~ outside of interface or type constraint"
        if not all_integer(x.typ):
            error(check, e, "undefined-op", message)
            x.mode = INVALID
            return
        error(check, e, "undefined-op", message + " (use ^ for bitwise complement)")
        op = XOR
    if not _defined(check, _UNARY, x, op):
        return
    if x.mode != CONSTANT:
        x.mode = VALUE
        return
    assert x.val is not None
    if isinstance(x.val, Unknown):
        return
    bits = check.config.sizes.sizeof(x.typ) * 8 if is_unsigned(x.typ) else 0
    x.val = constant.unary_op(op, x.val, bits)
    x.expr = e
    constexpr.overflow(check, x, constexpr.operator_pos(e))


def binary(check: Checker, x: Operand, e: Expr | None, lhs: Expr, rhs: Expr, op: int) -> None:
    """lhs op rhs into x; `e` is None where the operation is not written (x += y)."""
    y = Operand()
    expr.expr(check, None, x, lhs)
    expr.expr(check, None, y, rhs)
    if x.mode == INVALID:
        return
    if y.mode == INVALID:
        x.mode, x.expr = INVALID, y.expr
        return
    if expr.is_shift(op):
        shift(check, x, y, e, op)
        return
    untyped.match_types(check, x, y)
    if x.mode == INVALID:
        return
    if expr.is_comparison(op):
        comparison(check, x, y, op, False)
        return
    a, b = x.typ, y.typ
    assert a is not None and b is not None
    if not identical(a, b):
        if is_valid(a) and is_valid(b):
            if e is not None:
                error(check, x, "mismatched-types", "invalid operation: %s (mismatched types %s and %s)", e, a, b)
            else:
                message = "invalid operation: %s %s= %s (mismatched types %s and %s)"
                error(check, x, "mismatched-types", message, lhs, OPERATOR_NAMES[op], rhs, a, b)
        x.mode = INVALID
        return
    if not _defined(check, _BINARY, x, op):
        return
    constants = x.mode == CONSTANT and y.mode == CONSTANT
    if op in (DIV, REM) and y.mode == CONSTANT and _is_zero_divisor(x, y):
        error(check, y, "div-by-zero", "invalid operation: division by zero")
        x.mode = INVALID
        return
    if not constants:
        x.mode = VALUE
        return
    assert x.val is not None and y.val is not None
    if isinstance(x.val, Unknown) or isinstance(y.val, Unknown):
        x.val = constant.UNKNOWN
        return
    x.val = constant.binary_op(x.val, constant.INT_DIV if op == DIV and is_integer(a) else op, y.val)
    x.expr = e
    constexpr.overflow(check, x, constexpr.operator_pos(e))


def _is_zero_divisor(x: Operand, y: Operand) -> bool:
    """Whether a constant divisor is zero where that can be told; a complex one also if its parts are too small to be squared."""
    assert x.typ is not None and y.val is not None
    if (x.mode == CONSTANT or all_integer(x.typ)) and constant.sign(y.val) == 0:
        return True
    if x.mode != CONSTANT or not is_complex(x.typ):
        return False
    re, im = constant.real(y.val), constant.imag(y.val)
    return constant.sign(constant.binary_op(re, MUL, re)) == 0 and constant.sign(constant.binary_op(im, MUL, im)) == 0


# ---- comparisons


def comparison(check: Checker, x: Operand, y: Operand, op: int, in_switch: bool) -> None:
    """x op y into x, which becomes an untyped bool; in a switch, x is a case and y what is switched on."""
    a, b = x.typ, y.typ
    assert a is not None and b is not None
    if not is_valid(a) or not is_valid(b):
        x.mode = INVALID
        return
    if in_switch:
        op = EQL
    if not assignable.assignable_to(check, x, b)[0] and not assignable.assignable_to(check, y, a)[0]:
        _incomparable(check, x, y, op, in_switch, y, "mismatched-types", Cause("mismatched types %s and %s", a, b))
        return
    wrong: Operand | None = None
    cause: Cause | None = None
    if op in (EQL, NEQ):
        if x.mode == NILVALUE or y.mode == NILVALUE:
            if not has_nil(b if x.mode == NILVALUE else a):
                wrong = y
        elif not comparable(a):
            wrong, cause = x, incomparable_cause(a)
        elif not comparable(b):
            wrong, cause = y, incomparable_cause(b)
    elif not all_ordered(a):
        wrong = x
    elif not all_ordered(b):
        wrong = y
    if wrong is not None:
        _incomparable(check, x, y, op, in_switch, wrong, "undefined-op", cause)
        return
    if x.mode == CONSTANT and y.mode == CONSTANT:
        assert x.val is not None and y.val is not None
        x.val = constant.compare(x.val, op, y.val)
    else:
        x.mode = VALUE
        # Now the operands have the types that they are compared in.
        untyped.update_type(check, x.expr, default_type(a), True)
        untyped.update_type(check, y.expr, default_type(b), True)
    x.typ = TYP[UNTYPED_BOOL]


def _incomparable(
    check: Checker, x: Operand, y: Operand, op: int, in_switch: bool, wrong: Operand, code: str, cause: Cause | None
) -> None:
    assert x.typ is not None and y.typ is not None
    if cause is None or not cause.template:
        if is_type_param(x.typ) or is_type_param(y.typ):
            if not is_type_param(x.typ):
                wrong = y
            cause = Cause("type parameter %s cannot use operator %s", wrong.typ, OPERATOR_NAMES[op])
        else:
            assert wrong.typ is not None
            cause = Cause("operator %s not defined on %s", OPERATOR_NAMES[op], composite_kind(wrong.typ) or wrong.typ)
    if in_switch:
        error(check, x, code, "invalid case %s in switch on %s (%s)", x.expr, y.expr, cause)
    else:
        error(check, wrong, code, "invalid operation: %s %s %s (%s)", x.expr, OPERATOR_NAMES[op], y.expr, cause)
    x.mode = INVALID


def incomparable_cause(typ: Type) -> Cause | None:
    """Why values of a type can't be compared, if more can be said than that."""
    if isinstance(typ.underlying(), (Slice, Signature, Map)):
        return Cause(composite_kind(typ) + " can only be compared to nil")
    return comparable_cause(typ, True)


# ---- shifts


def shift(check: Checker, x: Operand, y: Operand, e: Expr | None, op: int) -> None:
    """x << y, x >> y into x. What an untyped constant is shifted as, when y is not constant, comes from around the shift."""
    a, b = x.typ, y.typ
    assert a is not None and b is not None
    whole = constant.to_int(x.val) if x.mode == CONSTANT and x.val is not None else None
    if not (all_integer(a) or (is_untyped(a) and type(whole) is int)):
        error(check, x, "invalid-shift-operand", "invalid operation: shifted operand %s must be integer", x)
        x.mode = INVALID
        return
    count = _shift_count(check, y)
    if y.mode == INVALID:
        x.mode = INVALID
        return
    if x.mode == CONSTANT:
        if y.mode == CONSTANT:
            _constant_shift(check, x, y, e, op, whole, count)
            return
        if is_untyped(a):
            waiting = check.untyped.get(x.expr) if x.expr is not None else None
            if waiting is not None:
                waiting.is_lhs = True
            x.mode = VALUE
            return
    if not all_integer(a):
        error(check, x, "invalid-shift-operand", "invalid operation: shifted operand %s must be integer", x)
        x.mode = INVALID
        return
    x.mode = VALUE


def _shift_count(check: Checker, y: Operand) -> Value | None:
    """The value of a shift's constant count; a wrong count is reported, and y invalid."""
    typ = y.typ
    assert typ is not None
    if y.mode == CONSTANT:
        assert y.val is not None
        count = constant.to_int(y.val)
        if type(count) is int and count < 0:
            error(check, y, "invalid-shift-count", "invalid operation: negative shift count %s", y)
            y.mode = INVALID
        elif is_untyped(typ):
            constexpr.fit(check, y, TYP[UINT])
        # A typed constant of a float type that is an integer is taken too: go.dev/issue/47243, 56425.
        return count
    if all_integer(typ):
        if not all_unsigned(typ) and not version.require(check, y, version.GO1_13, "invalid operation: signed shift count %s", y):
            y.mode = INVALID
    elif is_untyped(typ):
        constexpr.convert_untyped(check, y, TYP[UINT])
    else:
        error(check, y, "invalid-shift-count", "invalid operation: shift count %s must be integer", y)
        y.mode = INVALID
    return None


def _constant_shift(check: Checker, x: Operand, y: Operand, e: Expr | None, op: int, whole: Value | None, count: Value | None) -> None:
    assert x.typ is not None
    if isinstance(x.val, Unknown) or isinstance(y.val, Unknown):
        x.val = constant.UNKNOWN
        if not is_integer(x.typ):
            x.typ = TYP[UNTYPED_INT]
        return
    if not isinstance(count, int) or count > _MAX_SHIFT:
        error(check, y, "invalid-shift-count", "invalid operation: invalid shift count %s", y)
        x.mode = INVALID
        return
    if not is_integer(x.typ):
        x.typ = TYP[UNTYPED_INT]
    assert whole is not None
    x.val = constant.shift(whole, op, count)
    x.expr = e
    constexpr.overflow(check, x, constexpr.operator_pos(e))
