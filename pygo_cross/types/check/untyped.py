# SPDX-License-Identifier: BSD-3-Clause
"""Untyped expressions and how they come to a type.

`1 << n`, `x == y`, `2.5` have no type of their own: they wait in `Checker.untyped` until what is around them wants a type, which then
goes down into their operands. So the type of an operand may be known long after the operand was checked.

Source of the facts: src/cmd/compile/internal/types2/expr.go (updateExprType, implicitTypeAndValue, matchTypes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.syntax.nodes import Expr, Operation, ParenExpr
from pygo_cross.syntax.tokens import EQL, GEQ, SHL, SHR
from pygo_cross.types.check import constexpr, recording
from pygo_cross.types.check.errors import error
from pygo_cross.types.check.operand import CONSTANT, INVALID, NILVALUE, Operand
from pygo_cross.types.constant import Value
from pygo_cross.types.predicates import (
    all_basic,
    all_integer,
    default_type,
    every_underlying,
    has_nil,
    is_plain_interface,
    is_type_param,
    is_typed,
    is_untyped,
    is_valid,
    max_type,
)
from pygo_cross.types.types import (
    IS_BOOLEAN,
    IS_NUMERIC,
    IS_STRING,
    UNTYPED_BOOL,
    UNTYPED_COMPLEX,
    UNTYPED_INT,
    UNTYPED_STRING,
    Basic,
    Interface,
    Pointer,
    Type,
    unalias,
)

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

_NO: Final = "invalid-untyped-conversion"


def update_type(check: Checker, e: Expr | None, typ: Type, final: bool) -> None:
    """Give an untyped expression a type: another untyped kind, or, `final` or not, the typed one that it has at last."""
    if e is None:
        return
    waiting = check.untyped.get(e)
    if waiting is None:
        return
    if isinstance(e, ParenExpr):
        update_type(check, e.x, typ, final)
    elif isinstance(e, Operation) and waiting.val is None:
        # The operands of a constant are never made at run time: they keep what they have.
        if e.y is None:
            update_type(check, e.x, typ, final)
        elif not EQL <= e.op <= GEQ:
            update_type(check, e.x, typ, final)
            if e.op not in (SHL, SHR):
                update_type(check, e.y, typ, final)
    if not final and is_untyped(typ):
        under = typ.underlying()
        assert isinstance(under, Basic)
        waiting.typ = under
        return
    del check.untyped[e]
    if waiting.is_lhs and not all_integer(typ):
        error(check, e, "invalid-shift-operand", "invalid operation: shifted operand %s (type %s) must be integer", e, typ)
        return
    if waiting.val is not None:
        x = Operand(waiting.mode, e, waiting.typ, waiting.val)
        constexpr.convert_untyped(check, x, typ)
        if x.mode == INVALID:
            return
    recording.record_type_and_value(check, e, waiting.mode, typ, waiting.val)


def update_value(check: Checker, e: Expr | None, val: Value) -> None:
    """The value of an untyped expression has been rounded."""
    waiting = check.untyped.get(e) if e is not None else None
    if waiting is not None:
        waiting.val = val


def implicit_type(check: Checker, x: Operand, target: Type) -> tuple[Type | None, Value | None, str]:
    """The type, and the value, that an operand has where another type is wanted; (None, None, code) if it can't be there.

    A typed operand keeps its type: whether it can be assigned is another question.
    """
    typ = x.typ
    assert typ is not None
    if x.mode == INVALID or is_typed(typ) or not is_valid(target):
        return typ, None, ""
    if is_untyped(target):
        larger = max_type(typ, target)
        return (larger, None, "") if larger is not None else (None, None, _NO)
    if x.mode == NILVALUE:
        return (target, None, "") if has_nil(target) else (None, None, _NO)
    under = target.underlying()
    if isinstance(under, Basic):
        if x.mode == CONSTANT:
            val, code = constexpr.representation(check, x, under)
            return (None, None, code) if val is None else (target, val, "")
        assert isinstance(typ, Basic)
        return (target, None, "") if _fits(typ.kind, under) else (None, None, _NO)
    if not isinstance(under, Interface):
        return None, None, _NO
    if is_type_param(target):
        if every_underlying(target, lambda one: one is not None and implicit_type(check, x, one)[0] is not None):
            return target, None, ""
        return None, None, _NO
    # A value in an interface has a type of its own: the default one.
    return (default_type(typ), None, "") if under.empty() else (None, None, _NO)


def _fits(kind: int, target: Basic) -> bool:
    """Whether a value of an untyped kind may have a basic type."""
    if kind == UNTYPED_BOOL:
        return target.info & IS_BOOLEAN != 0
    if UNTYPED_INT <= kind <= UNTYPED_COMPLEX:
        return target.info & IS_NUMERIC != 0
    return kind == UNTYPED_STRING and target.info & IS_STRING != 0


def match_types(check: Checker, x: Operand, y: Operand) -> None:
    """Give untyped operands of a binary operation the type of the other one, where that may work; x is invalid if it does not."""
    if _may_convert(x, y):
        assert x.typ is not None and y.typ is not None
        constexpr.convert_untyped(check, x, y.typ)
        if x.mode == INVALID:
            return
        constexpr.convert_untyped(check, y, x.typ)
        if y.mode == INVALID:
            x.mode = INVALID


def _may_convert(x: Operand, y: Operand) -> bool:
    """Whether a conversion is worth trying: if not, mismatched types are reported instead."""
    a, b = x.typ, y.typ
    assert a is not None and b is not None
    if is_typed(a) and is_typed(b):
        return False
    if all_basic(a, IS_NUMERIC) != all_basic(b, IS_NUMERIC):
        return False
    if is_plain_interface(a) or is_plain_interface(b):
        return True
    if all_basic(a, IS_BOOLEAN) != all_basic(b, IS_BOOLEAN) or all_basic(a, IS_STRING) != all_basic(b, IS_STRING):
        return False
    if x.mode == NILVALUE:
        return has_nil(b)
    if y.mode == NILVALUE:
        return has_nil(a)
    return not (_is_pointer(a) or _is_pointer(b))


def _is_pointer(typ: Type) -> bool:
    return isinstance(unalias(typ).underlying(), Pointer)

