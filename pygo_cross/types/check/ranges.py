# SPDX-License-Identifier: BSD-3-Clause
"""for ... range: over what, and with which variables.

Source of the facts: src/cmd/compile/internal/types2/range.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pygo_cross.syntax.nodes import Expr, ForStmt, Name, RangeClause, unpack_list
from pygo_cross.types.check import assign, expr, stmt, version
from pygo_cross.types.check.errors import error, soft_error
from pygo_cross.types.check.operand import INVALID, VALUE, Operand
from pygo_cross.types.check.resolve import declare
from pygo_cross.types.format import Cause
from pygo_cross.types.objects import LOCAL_VAR, Var
from pygo_cross.types.predicates import common_underlying, identical, is_boolean, is_integer, is_string
from pygo_cross.types.types import (
    BOOL,
    INT,
    INVALID_TYPE,
    RUNE,
    SEND_ONLY,
    TYP,
    Array,
    Basic,
    Chan,
    Map,
    Pointer,
    Signature,
    Slice,
    Type,
    unalias,
)

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

# The types of the two variables, None for one that there is not; or why it can't be ranged over.
Pair = tuple[Type | None, Type | None]

_FUNC: Final = "func must be func(yield func(...) bool): "


def range_stmt(check: Checker, inner: int, s: ForStmt, clause: RangeClause) -> None:
    """The statement, its variables and its body."""
    names = unpack_list(clause.lhs)
    env = check.env
    env.has_call_or_recv = False
    x = Operand()
    expr.expr(check, None, x, clause.x)
    pair: Pair = (None, None)
    if x.mode != INVALID:
        pair = _pair(check, x, names)
    over_integer = x.typ is not None and is_integer(x.typ)
    saved = env.scope
    stmt.open_scope(check, s, "range")
    if clause.define:
        _declare(check, s, names, pair, x, over_integer)
    elif names:
        _assign(check, names, pair, x, over_integer)
    elif over_integer:
        assign.assignment(check, x, None, "range clause")
    stmt.stmt(check, inner, s.body)
    env.scope = saved


def _pair(check: Checker, x: Operand, names: Sequence[Expr]) -> Pair:
    """The types of the variables; what is wrong with x, or with their number, is reported."""
    assert x.typ is not None
    found = key_and_value(check, x.typ)
    if isinstance(found, Cause):
        if found.template:
            soft_error(check, x, "invalid-range-expr", "cannot range over %s: %s", x, found)
        else:
            soft_error(check, x, "invalid-range-expr", "cannot range over %s", x)
        return INVALID_TYPE, INVALID_TYPE
    key, val = found
    if key is None and names:
        soft_error(check, names[0], "invalid-iter-var", "range over %s permits no iteration variables", x)
    elif val is None and len(names) > 1:
        soft_error(check, names[1], "invalid-iter-var", "range over %s permits only one iteration variable", x)
    elif len(names) > 2:
        soft_error(check, names[2], "invalid-iter-var", "range clause permits at most two iteration variables")
    return found


def _declare(check: Checker, s: ForStmt, names: Sequence[Expr], pair: Pair, x: Operand, over_integer: bool) -> None:
    """for k, v := range x."""
    new: list[Var] = []
    for e, typ in zip(names, pair, strict=False):
        if isinstance(e, Name):
            var = Var(LOCAL_VAR, e.pos, check.pkg, e.value)
            check.info.defs[e] = var
            if e.value != "_":
                new.append(var)
        else:
            error(check, e, "invalid-syntax-tree", "cannot declare %s", e)
            var = Var(LOCAL_VAR, e.pos, check.pkg, "_")
        if typ is None or typ is INVALID_TYPE:
            var.typ = INVALID_TYPE
            var.used = True  # something is wrong already
        elif over_integer:
            assign.init_var(check, var, x, "range clause")
        else:
            assign.init_var(check, var, Operand(VALUE, e, typ), "assignment")
    if not new:
        error(check, s, "no-new-var", "no new variables on left side of :=")
    for var in new:
        declare(check, check.env.scope, None, var, s.body.pos)


def _assign(check: Checker, names: Sequence[Expr], pair: Pair, x: Operand, over_integer: bool) -> None:
    """for k, v = range x."""
    for e, typ in zip(names, pair, strict=False):
        if typ is None or typ is INVALID_TYPE:
            continue
        if not over_integer:
            assign.assign_var(check, e, None, Operand(VALUE, e, typ), "assignment")
            continue
        assign.assign_var(check, e, None, x, "range clause")
        if x.mode != INVALID and x.typ is not None and not is_integer(x.typ):
            soft_error(check, e, "invalid-range-expr", "cannot use iteration variable of type %s", x.typ)


def _no_send_only(typ: Type | None, under: Type | None) -> Cause | None:
    if isinstance(under, Chan) and under.dir == SEND_ONLY:
        return Cause("receive from send-only channel %s", typ)
    return None


def key_and_value(check: Checker, typ: Type) -> Pair | Cause:
    """What a range over a type gives, or why there is none."""
    common, cause = common_underlying(typ, _no_send_only)
    if common is None:
        return cause or Cause("")
    pointer = unalias(common)
    if isinstance(pointer, Pointer):
        array = pointer.elem.underlying()
        if isinstance(array, Array):
            common = array
    if isinstance(common, (Slice, Array)):
        return TYP[INT], common.elem
    if isinstance(common, Map):
        return common.key, common.elem
    if isinstance(common, Chan):
        return common.elem, None
    if isinstance(common, Basic):
        if is_string(common):
            return TYP[INT], RUNE
        if is_integer(common):
            return (typ, None) if version.allows(check, version.GO1_22) else Cause("requires go1.22 or later")
    if isinstance(common, Signature):
        return _iterator(common) if version.allows(check, version.GO1_23) else Cause("requires go1.23 or later")
    return Cause("")


def _iterator(sig: Signature) -> Pair | Cause:
    """What func(yield func(K, V) bool) yields."""
    if len(sig.params.vars) != 1:
        return Cause(_FUNC + "wrong argument count")
    if sig.results.vars:
        return Cause(_FUNC + "unexpected results")
    yields, cause = common_underlying(sig.params.vars[0].typ)
    if not isinstance(yields, Signature):
        if cause is not None:
            return Cause(_FUNC + "in yield type, %s", cause)
        return Cause(_FUNC + "argument is not func")
    params, results = yields.params.vars, yields.results.vars
    if len(params) > 2:
        return Cause(_FUNC + "yield func has too many parameters")
    if len(results) != 1 or not identical(results[0].typ, TYP[BOOL]):
        if len(results) == 1 and is_boolean(results[0].typ):
            return Cause(_FUNC + "yield func returns user-defined boolean, not bool")
        return Cause(_FUNC + "yield func does not return bool")
    if yields.variadic:
        return Cause("yield func of type %s cannot be variadic", yields)
    return params[0].typ if params else None, params[1].typ if len(params) > 1 else None
