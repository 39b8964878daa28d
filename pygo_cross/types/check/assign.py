# SPDX-License-Identifier: BSD-3-Clause
"""Assignments of every kind: to variables, in declarations, of arguments and results.

The right side may be one call that gives all values. A variable that stands alone on the left side is not used by that.

Source of the facts: src/cmd/compile/internal/types2/assignments.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import CallExpr, Expr, Name, ReturnStmt, SelectorExpr, unparen
from pygo_cross.syntax.positions import end_pos
from pygo_cross.syntax.printer import expr_string
from pygo_cross.types.check import call, expr, untyped
from pygo_cross.types.check.assignable import assignable_to
from pygo_cross.types.check.errors import Place, Report, error, soft_error
from pygo_cross.types.check.operand import BUILTIN, CONSTANT, INVALID, MAPINDEX, NILVALUE, NOVALUE, TYPEXPR, VARIABLE, Operand
from pygo_cross.types.check.recording import record_comma_ok_types
from pygo_cross.types.check.resolve import declare
from pygo_cross.types.objects import LOCAL_VAR, Const, Var
from pygo_cross.types.predicates import default_type, is_numeric, is_plain_interface, is_untyped, is_valid
from pygo_cross.types.types import INVALID_TYPE, TYP, UNRESOLVED, UNTYPED_NIL, Basic, Signature, Slice, Type

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


def assignment(check: Checker, x: Operand, target: Type | None, context: str) -> None:
    """Bring x into a variable's type, None for the blank identifier; report what can't be assigned. `context` says where: "argument", ...
    """
    expr.single_value(check, x)
    mode = x.mode
    if mode == INVALID:
        return
    if mode in (NOVALUE, BUILTIN, TYPEXPR):
        error(check, x, "incompatible-assign", "cannot assign %s to %s in %s", x, target, context)
        x.mode = INVALID
        return
    assert x.typ is not None
    if is_untyped(x.typ):
        _give_type(check, x, x.typ, target, context)
        if x.mode == INVALID:
            return
    expr.non_generic(check, expr.new_target(target, context), x)
    if x.mode == INVALID or target is None:
        return
    ok, code, cause = assignable_to(check, x, target)
    if not ok:
        if cause is not None and cause.template:
            error(check, x, code, "cannot use %s as %s value in %s: %s", x, target, context, cause)
        else:
            error(check, x, code, "cannot use %s as %s value in %s", x, target, context)
        x.mode = INVALID


def _give_type(check: Checker, x: Operand, typ: Type, target: Type | None, context: str) -> None:
    """An untyped value gets the variable's type, or its default type where that is any or unknown."""
    wanted = target
    if x.mode == NILVALUE:
        if target is None:
            error(check, x, "untyped-nil-use", "use of untyped nil in %s", context)
            x.mode = INVALID
            return
    elif target is None or is_plain_interface(target):
        wanted = default_type(typ)
    assert wanted is not None
    found, val, code = untyped.implicit_type(check, x, wanted)
    if found is None:
        more = {"truncated-float": " (truncated)", "numeric-overflow": " (overflows)"}.get(code)
        error(check, x, code if more else "incompatible-assign", "cannot use %s as %s value in %s%s", x, wanted, context, more or "")
        x.mode = INVALID
        return
    if val is not None:
        x.val = val
        untyped.update_value(check, x.expr, val)
    if found is not typ:
        x.typ = found
        untyped.update_type(check, x.expr, found, False)


# ---- declarations


def init_const(check: Checker, obj: Const, x: Operand) -> None:
    """A constant gets its value, and its type unless it has one."""
    if x.mode == INVALID or x.typ is None or not is_valid(x.typ) or not is_valid(obj.typ):
        if obj.typ is UNRESOLVED:
            obj.typ = INVALID_TYPE
        return
    if x.mode != CONSTANT:
        error(check, x, "invalid-const-init", "%s is not constant", x)
        if obj.typ is UNRESOLVED:
            obj.typ = INVALID_TYPE
        return
    if obj.typ is UNRESOLVED:
        obj.typ = x.typ
    assignment(check, x, obj.typ, "constant declaration")
    if x.mode == CONSTANT and x.val is not None:
        obj.val = x.val


def init_var(check: Checker, obj: Var, x: Operand, context: str) -> None:
    """A variable gets its first value, and its type unless it has one; the invalid type if something is wrong."""
    if x.mode == INVALID or x.typ is None or not is_valid(x.typ) or not is_valid(obj.typ):
        if obj.typ is UNRESOLVED:
            obj.typ = INVALID_TYPE
        x.mode = INVALID
        return
    if obj.typ is UNRESOLVED:
        typ = x.typ
        if is_untyped(typ):
            if typ is TYP[UNTYPED_NIL]:
                error(check, x, "untyped-nil-use", "use of untyped nil in %s", context)
                obj.typ = INVALID_TYPE
                x.mode = INVALID
                return
            typ = default_type(typ)
        obj.typ = typ
    assignment(check, x, obj.typ, context)


def init_vars(check: Checker, lhs: Sequence[Var], rhs: Sequence[Expr], returning: ReturnStmt | None) -> None:
    """Variables get their first values; with `returning`, the results of a function those of a return statement."""
    context = "assignment"
    if returning is not None:
        context = "return statement"
    elif len(lhs) > 1:
        context = "multiple assignment"
    if len(lhs) == len(rhs) and not _is_single_call(rhs):
        x = Operand()
        for var, e in zip(lhs, rhs, strict=True):
            desc = var.name or ("result variable" if returning is not None else "")
            expr.expr(check, expr.new_target(_known(var.typ), desc), x, e)
            init_var(check, var, x, context)
            x = Operand()
        return
    if len(rhs) != 1:
        if call.use(check, rhs):
            if returning is not None:
                return_error(check, returning, lhs, call.expr_list(check, rhs))
            else:
                _assign_error(check, rhs, len(lhs), len(rhs))
        _invalidate(lhs)
        return
    values, comma_ok = expr.multi_expr(check, rhs[0], len(lhs) == 2 and returning is None)
    if len(values) == len(lhs):
        for var, x in zip(lhs, values, strict=True):
            init_var(check, var, x, context)
        if comma_ok and values[0].mode != INVALID and values[1].mode != INVALID:
            record_comma_ok_types(check, rhs[0], values[0], values[1])
        return
    if values[0].mode != INVALID:
        if returning is not None:
            return_error(check, returning, lhs, values)
        else:
            _assign_error(check, rhs, len(lhs), len(values))
    _invalidate(lhs)


def _is_single_call(rhs: Sequence[Expr]) -> bool:
    return len(rhs) == 1 and isinstance(unparen(rhs[0]), CallExpr)


def _known(typ: Type) -> Type | None:
    return None if typ is UNRESOLVED else typ


def _invalidate(lhs: Sequence[Var]) -> None:
    for var in lhs:
        if var.typ is UNRESOLVED:
            var.typ = INVALID_TYPE


def short_var_decl(check: Checker, pos: int, lhs: Sequence[Expr], rhs: Sequence[Expr]) -> None:
    """a, b := ...: at least one name is new, the others are assigned to."""
    mark = check.delayed()
    scope = check.env.scope
    seen: set[str] = set()
    made: list[Var] = []
    new: list[Var] = []
    wrong = False
    for e in lhs:
        var: Var | None = None
        if not isinstance(e, Name):
            call.use_lhs(check, [e])
            error(check, e, "bad-decl", "non-name %s on left side of :=", e)
        elif e.value != "_" and e.value in seen:
            error(check, e, "repeated-decl", "%s repeated on left side of :=", e)
        else:
            seen.add(e.value)
            known = scope.lookup(e.value)
            if known is None:
                var = Var(LOCAL_VAR, e.pos, check.pkg, e.value)
                if e.value != "_":
                    new.append(var)
                check.info.defs[e] = var
            else:
                check.info.uses[e] = known
                if isinstance(known, Var):
                    var = known
                else:
                    error(check, e, "unassignable-operand", "cannot assign to %s", e)
        if var is None:
            wrong = True
            var = Var(LOCAL_VAR, e.pos, check.pkg, "_")
        made.append(var)
    init_vars(check, made, rhs, None)
    check.process_delayed(mark)
    if not new and not wrong:
        soft_error(check, pos, "no-new-var", "no new variables on left side of :=")
        return
    scope_pos = end_pos(rhs[-1])
    for var in new:
        declare(check, scope, None, var, scope_pos)


# ---- statements


def lhs_var(check: Checker, e: Expr) -> Type | None:
    """The type of what is assigned to; None for the blank identifier, the invalid type after a mistake."""
    name = unparen(e)
    var: Var | None = None
    used = False
    if isinstance(name, Name):
        if name.value == "_":
            check.info.defs[name] = None
            return None
        found = check.env.lookup(name.value)
        if isinstance(found, Var) and found.pkg is check.pkg:
            var, used = found, found.used
    x = Operand()
    expr.expr(check, None, x, e)
    if var is not None:
        var.used = used
    if x.mode == INVALID or x.typ is None or not is_valid(x.typ):
        return INVALID_TYPE
    if x.mode == VARIABLE or x.mode == MAPINDEX:
        return x.typ
    if isinstance(x.expr, SelectorExpr):
        base = Operand()
        expr.expr(check, None, base, x.expr.x)
        if base.mode == MAPINDEX:
            error(check, x, "unaddressable-field-assign", "cannot assign to struct field %s in map", x.expr)
            return INVALID_TYPE
    error(check, x, "unassignable-operand", "cannot assign to %s (neither addressable nor a map index expression)", x.expr)
    return INVALID_TYPE


def assign_var(check: Checker, lhs: Expr, rhs: Expr | None, x: Operand | None, context: str) -> None:
    """lhs = rhs, or lhs = x where that is evaluated already."""
    typ = lhs_var(check, lhs)
    if typ is not None and not is_valid(typ):
        if x is not None:
            x.mode = INVALID
        elif rhs is not None:
            call.use(check, [rhs])
        return
    if x is None:
        assert rhs is not None
        target = None
        if typ is not None and isinstance(typ.underlying(), Signature):
            target = expr.new_target(typ, expr_string(lhs))
        x = Operand()
        expr.expr(check, target, x, rhs)
    if typ is None and context == "assignment":
        context = "assignment to _ identifier"
    assignment(check, x, typ, context)


def assign_vars(check: Checker, lhs: Sequence[Expr], rhs: Sequence[Expr]) -> None:
    """a, b = ..."""
    context = "multiple assignment" if len(lhs) > 1 else "assignment"
    if len(lhs) == len(rhs) and not _is_single_call(rhs):
        for to, e in zip(lhs, rhs, strict=True):
            assign_var(check, to, e, None, context)
        return
    if len(rhs) != 1:
        left, right = call.use_lhs(check, lhs), call.use(check, rhs)
        if left and right:
            _assign_error(check, rhs, len(lhs), len(rhs))
        return
    values, comma_ok = expr.multi_expr(check, rhs[0], len(lhs) == 2)
    if len(values) == len(lhs):
        for to, x in zip(lhs, values, strict=True):
            assign_var(check, to, None, x, context)
        if comma_ok and values[0].mode != INVALID and values[1].mode != INVALID:
            record_comma_ok_types(check, rhs[0], values[0], values[1])
        return
    if values[0].mode != INVALID:
        _assign_error(check, rhs, len(lhs), len(values))
    call.use_lhs(check, lhs)


# ---- what doesn't match


def _assign_error(check: Checker, rhs: Sequence[Expr], left: int, right: int) -> None:
    variables, values = measure(left, "variable"), measure(right, "value")
    first = rhs[0]
    calling = unparen(first)
    if len(rhs) == 1 and isinstance(calling, CallExpr):
        message = "assignment mismatch: %s but %s returns %s"
        error(check, first, "wrong-assign-count", message, variables, calling.fun, values)
    else:
        error(check, first, "wrong-assign-count", "assignment mismatch: %s but %s", variables, values)


def return_error(check: Checker, at: Place, lhs: Sequence[Var], rhs: Sequence[Operand]) -> None:
    """A return statement with too many or too few values."""
    what = "not enough"
    if len(rhs) > len(lhs):
        at, what = rhs[len(lhs)], "too many"
    elif rhs:
        at = rhs[-1]
    report = Report(check, "wrong-result-count").add(at, "%s return values", what)
    report.add(0, "have %s", types_summary(check, [x.typ for x in rhs]))
    report.add(0, "want %s", types_summary(check, [var.typ for var in lhs])).report()


def types_summary(check: Checker, types: Sequence[Type | None], variadic: bool = False, has_dots: bool = False) -> str:
    """Types in parentheses, for people: untyped numbers are numbers; the last one with its dots if it is variadic."""
    words = []
    for i, typ in enumerate(types):
        last = i == len(types) - 1
        if typ is None or not is_valid(typ):
            text = "unknown type"
        elif is_untyped(typ):
            assert isinstance(typ, Basic)
            text = "number" if is_numeric(typ) else typ.name.removeprefix("untyped ")
        else:
            text = check.formatter.typ(typ)
        if last and variadic:
            text = "..." + (check.formatter.typ(typ.elem) if isinstance(typ, Slice) else text)
        elif last and has_dots:
            text += "..."
        words.append(text)
    return "(" + ", ".join(words) + ")"


def measure(count: int, unit: str) -> str:
    """ "1 value", "2 values"."""
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
