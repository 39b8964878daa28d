# SPDX-License-Identifier: BSD-3-Clause
"""Constant operands: what fits which type, rounding, overflow.

A typed constant is always representable in its type; an untyped integer may have 512 bits. What went wrong is a code: "truncated-float",
"numeric-overflow" or "invalid-const-val", which choose the message.

Source of the facts: src/cmd/compile/internal/types2/const.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.syntax.nodes import Expr, Operation
from pygo_cross.syntax.positions import start_pos
from pygo_cross.syntax.tokens import ADD, MUL, SHL, SUB, XOR
from pygo_cross.types import constant
from pygo_cross.types.check import untyped
from pygo_cross.types.check.errors import error
from pygo_cross.types.check.operand import INVALID, Operand
from pygo_cross.types.constant import String, Unknown, Value
from pygo_cross.types.predicates import is_integer, is_numeric, is_type_param, is_typed
from pygo_cross.types.representable import representable as _representable
from pygo_cross.types.types import IS_COMPLEX, IS_FLOAT, IS_INTEGER, Basic, Type

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

MAX_INT_BITS: Final = 512
MAX_STRING: Final = 2_000_000_000  # bytes: the size of a symbol, cmd/internal/obj.MaxSymSize

_OPERATIONS: Final = {ADD: "addition ", SUB: "subtraction ", XOR: "bitwise XOR ", MUL: "multiplication ", SHL: "shift "}


def representable(check: Checker, val: Value, typ: Basic) -> Value | None:
    """A value as one of a basic type: rounded where that has floating point, None where it doesn't fit."""
    return _representable(val, typ, check.config.sizes.word * 8)


def representation(check: Checker, x: Operand, typ: Basic) -> tuple[Value | None, str]:
    """The value of a constant operand in a basic type, or why there is none."""
    assert x.val is not None and x.typ is not None
    found = representable(check, x.val, typ)
    if found is not None:
        return found, ""
    if is_numeric(x.typ) and typ.info & (IS_INTEGER | IS_FLOAT | IS_COMPLEX):
        return None, "truncated-float" if not is_integer(x.typ) and typ.info & IS_INTEGER else "numeric-overflow"
    return None, "invalid-const-val"


def fit(check: Checker, x: Operand, typ: Basic) -> None:
    """Bring a constant operand into a basic type, or report that it doesn't fit."""
    found, code = representation(check, x, typ)
    if found is None:
        invalid_conversion(check, code, x, typ)
        x.mode = INVALID
    else:
        x.val = found


def invalid_conversion(check: Checker, code: str, x: Operand, target: Type) -> None:
    """Report that an operand can't become one of another type."""
    message = "cannot convert %s to type %s"
    if code == "truncated-float":
        message = "%s truncated to %s"
    elif code == "numeric-overflow":
        message = "%s overflows %s"
    error(check, x, code, message, x, target)


def overflow(check: Checker, x: Operand, at: int) -> None:
    """Report the result of a constant operation that doesn't fit its type, or is too large for any."""
    val = x.val
    assert x.typ is not None
    if isinstance(val, Unknown):
        error(check, at, "invalid-const-val", "constant result is not representable")
    elif is_typed(x.typ):
        under = x.typ.underlying()
        assert isinstance(under, Basic)
        fit(check, x, under)
    elif type(val) is int and val.bit_length() > MAX_INT_BITS:
        error(check, at, "invalid-const-val", "constant %soverflow", _operation(x.expr))
        x.val = constant.UNKNOWN
    elif isinstance(val, String) and val.size > MAX_STRING:
        error(check, at, "invalid-const-val", "constant string too long (%s bytes > %s bytes)", str(val.size), str(MAX_STRING))
        x.val = constant.UNKNOWN


def _operation(e: object) -> str:
    if not isinstance(e, Operation):
        return ""
    if e.y is None:
        return "bitwise complement " if e.op == XOR else ""
    return _OPERATIONS.get(e.op, "")


def operator_pos(e: Expr | None) -> int:
    """Where an operation's mistakes are told: at its operator."""
    if e is None:
        return 0
    return e.pos if isinstance(e, Operation) else start_pos(e)


def convert_untyped(check: Checker, x: Operand, target: Type) -> None:
    """Give an untyped operand another type, or report that it can't have it."""
    found, val, code = untyped.implicit_type(check, x, target)
    if found is None:
        invalid_conversion(check, code, x, target if is_type_param(target) else target.underlying())
        x.mode = INVALID
        return
    if val is not None:
        x.val = val
        untyped.update_value(check, x.expr, val)
    if found is not x.typ:
        x.typ = found
        untyped.update_type(check, x.expr, found, False)
