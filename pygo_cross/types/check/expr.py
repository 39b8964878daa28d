# SPDX-License-Identifier: BSD-3-Clause
"""Expressions: what each comes to, as an `Operand`.

`raw_expr` is the one way in: it evaluates, sees to it that nothing generic remains where that isn't wanted, and records. The functions
that callers use differ in what they accept: `expr` a single value, `expr_or_type`, `multi_expr` the results of a call, `generic_expr`.

Source of the facts: src/cmd/compile/internal/types2/expr.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pygo_cross.syntax import nodes
from pygo_cross.syntax.nodes import (
    AssertExpr,
    BasicLit,
    CallExpr,
    CompositeLit,
    Expr,
    FuncLit,
    IndexExpr,
    Name,
    Operation,
    ParenExpr,
    SelectorExpr,
    SliceExpr,
    TypeSwitchGuard,
    unparen,
)
from pygo_cross.syntax.positions import start_pos
from pygo_cross.syntax.tokens import AND, EQL, GEQ, MUL, RECV, SHL, SHR
from pygo_cross.types import universe
from pygo_cross.types.check import binary, call, index, literals, recording, selector, typexpr
from pygo_cross.types.check.cycles import is_complete
from pygo_cross.types.check.errors import Place, error
from pygo_cross.types.check.operand import BUILTIN, COMMAERR, COMMAOK, INVALID, MAPINDEX, NOVALUE, TYPEXPR, VALUE, VARIABLE, Operand
from pygo_cross.types.format import Cause
from pygo_cross.types.implements import not_assertable
from pygo_cross.types.predicates import common_underlying, identical, is_generic, is_type_param, is_valid, type_pairs
from pygo_cross.types.types import (
    INVALID_TYPE,
    RECV_ONLY,
    SEND_ONLY,
    TYP,
    UNTYPED_BOOL,
    Alias,
    Chan,
    Interface,
    Named,
    Pointer,
    Signature,
    Tuple,
    Type,
)

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

# What kind of expression it was: only a call or a receive may stand as a statement.
CONVERSION: Final = 0
EXPRESSION: Final = 1
STATEMENT: Final = 2

NOT_A_VALUE: Final = (1 << NOVALUE) | (1 << BUILTIN) | (1 << TYPEXPR)


class Target:
    """The function type that an expression is assigned to: a generic function's type arguments may be inferred from it."""

    __slots__ = ("desc", "sig")

    def __init__(self, sig: Signature, desc: str) -> None:
        self.sig = sig
        self.desc = desc


def new_target(typ: Type | None, desc: str) -> Target | None:
    """The target that a variable of a type is, None if it is no function."""
    if typ is None:
        return None
    kind = type(typ)
    if kind is not Signature and kind is not Named and kind is not Alias and not is_type_param(typ):
        return None
    common, _ = common_underlying(typ)
    return Target(common, desc) if isinstance(common, Signature) else None


# ---- the ways in


def raw_expr(check: Checker, target: Target | None, x: Operand, e: Expr, hint: Type | None, allow_generic: bool) -> int:
    """Evaluate any expression; says of what kind it was. `hint` is the type of an element of a composite literal."""
    x.mode, x.typ = INVALID, INVALID_TYPE
    handler = _EXPRESSIONS.get(type(e))
    if handler is None:
        raise check.bug(f"an expression that is a {type(e).__name__}", e)
    kind = handler(check, target, x, e, hint)
    if not allow_generic:
        non_generic(check, target, x)
    recording.record(check, x)
    return kind


def expr(check: Checker, target: Target | None, x: Operand, e: Expr) -> None:
    """Evaluate an expression that is a single value."""
    raw_expr(check, target, x, e, None, False)
    exclude(check, x, NOT_A_VALUE)
    single_value(check, x)


def generic_expr(check: Checker, x: Operand, e: Expr, hint: Type | None = None) -> None:
    """Evaluate an expression that is a single value, or a generic function."""
    raw_expr(check, None, x, e, hint, True)
    exclude(check, x, NOT_A_VALUE)
    single_value(check, x)


def expr_with_hint(check: Checker, x: Operand, e: Expr, hint: Type) -> None:
    """Evaluate an element of a composite literal."""
    raw_expr(check, None, x, e, hint, False)
    exclude(check, x, NOT_A_VALUE)
    single_value(check, x)


def expr_or_type(check: Checker, x: Operand, e: Expr, allow_generic: bool) -> None:
    """Evaluate an expression that is a single value, a type or a predeclared function."""
    raw_expr(check, None, x, e, None, allow_generic)
    exclude(check, x, 1 << NOVALUE)
    single_value(check, x)


def multi_expr(check: Checker, e: Expr, allow_comma_ok: bool) -> tuple[list[Operand], bool]:
    """All values of an expression, and whether the second is an "ok"; if something is wrong the first one is invalid."""
    x = Operand()
    raw_expr(check, None, x, e, None, False)
    exclude(check, x, NOT_A_VALUE)
    if isinstance(x.typ, Tuple) and x.mode != INVALID:
        return [
            Operand(VALUE, Name(start_pos(e), nth(i + 1, "function result")), var.typ) for i, var in enumerate(x.typ.vars)
        ], False
    if allow_comma_ok and x.mode in (MAPINDEX, COMMAOK, COMMAERR):
        what, typ = "ok value of (comma, ok) expression", TYP[UNTYPED_BOOL]
        second: Type = typ
        if x.mode == COMMAERR:
            what, second = "err value of (comma, err) expression", universe.ERROR
        return [x, Operand(VALUE, Name(start_pos(e), what), second)], True
    return [x], False


def nth(n: int, what: str) -> str:
    """ "1st function result", "2nd ..."."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(n, "th")
    return f"{n}{ending} {what}"


def exclude(check: Checker, x: Operand, modes: int) -> None:
    """Report an operand that is of one of some modes (bits)."""
    mode = x.mode
    if not modes >> mode & 1 or mode == INVALID:
        return
    if mode == NOVALUE:
        error(check, x, "too-many-values", "%s used as value" if modes >> TYPEXPR & 1 else "%s used as value or type", x)
    elif mode == BUILTIN:
        error(check, x, "uncalled-builtin", "%s must be called", x)
    else:
        error(check, x, "not-an-expr", "%s is not an expression", x)
    x.mode = INVALID


def single_value(check: Checker, x: Operand) -> None:
    """Report a call that has several results."""
    if x.mode == VALUE and type(x.typ) is Tuple:
        error(check, x, "too-many-values", "multiple-value %s in single-value context", x)
        x.mode = INVALID


_PERHAPS_GENERIC: Final = frozenset((Signature, Alias, Named))


def non_generic(check: Checker, target: Target | None, x: Operand) -> None:
    """Nothing generic may remain; a generic function gets its type arguments from its target, if there is one."""
    typ, what = x.typ, ""
    if type(typ) not in _PERHAPS_GENERIC or x.mode == INVALID or x.mode == NOVALUE:
        return
    if isinstance(typ, Signature):
        if typ.tparams:
            if target is not None:
                assert x.expr is not None
                call.func_inst(check, target, x.expr.pos, x, None, True)
                return
            what = "function"
    elif isinstance(typ, (Alias, Named)) and is_generic(typ):
        what = "type"
    if what:
        assert x.expr is not None
        error(check, x.expr, "wrong-type-arg-count", "cannot use generic %s %s without instantiation", what, x.expr)
        x.mode, x.typ = INVALID, INVALID_TYPE


# ---- one function a form: each says of what kind its expression was


def _done(x: Operand, e: Expr) -> int:
    x.expr = e
    return STATEMENT if x.mode == INVALID else EXPRESSION


def _failed(x: Operand, e: Expr) -> int:
    x.mode, x.expr = INVALID, e
    return STATEMENT  # nothing more is said of it


def _bad(check: Checker, target: Target | None, x: Operand, e: Expr, hint: Type | None) -> int:
    return _failed(x, e)


def _name(check: Checker, target: Target | None, x: Operand, e: Name, hint: Type | None) -> int:
    typexpr.ident(check, x, e, False)
    x.expr = e
    return EXPRESSION


def _dots(check: Checker, target: Target | None, x: Operand, e: Expr, hint: Type | None) -> int:
    error(check, e, "invalid-syntax-tree", "invalid use of ...")
    return _failed(x, e)


def _basic_lit(check: Checker, target: Target | None, x: Operand, e: BasicLit, hint: Type | None) -> int:
    if not e.bad:
        literals.basic_lit(check, x, e)
    return _done(x, e)


def _func_lit(check: Checker, target: Target | None, x: Operand, e: FuncLit, hint: Type | None) -> int:
    literals.func_lit(check, x, e)
    return _done(x, e)


def _composite_lit(check: Checker, target: Target | None, x: Operand, e: CompositeLit, hint: Type | None) -> int:
    literals.composite_lit(check, x, e, hint)
    return _done(x, e)


def _paren(check: Checker, target: Target | None, x: Operand, e: ParenExpr, hint: Type | None) -> int:
    kind = raw_expr(check, None, x, e.x, None, False)
    x.expr = e
    return kind


def _selector(check: Checker, target: Target | None, x: Operand, e: SelectorExpr, hint: Type | None) -> int:
    selector.selector(check, x, e, False)
    x.expr = e
    return EXPRESSION


def _index(check: Checker, target: Target | None, x: Operand, e: IndexExpr, hint: Type | None) -> int:
    if index.index_expr(check, x, e):
        call.func_inst(check, target, e.pos, x, e, True)
    return _done(x, e)


def _slice(check: Checker, target: Target | None, x: Operand, e: SliceExpr, hint: Type | None) -> int:
    index.slice_expr(check, x, e)
    return _done(x, e)


def _assert(check: Checker, target: Target | None, x: Operand, e: AssertExpr, hint: Type | None) -> int:
    expr(check, None, x, e.x)
    if x.mode == INVALID:
        return _failed(x, e)
    assert x.typ is not None
    if is_type_param(x.typ):
        error(check, x, "invalid-assert", "invalid operation: cannot use type assertion on type parameter value %s", x)
        return _failed(x, e)
    if not isinstance(x.typ.underlying(), Interface):
        error(check, x, "invalid-assert", "invalid operation: %s is not an interface", x)
        return _failed(x, e)
    typ = typexpr.var_type(check, e.type)
    if not is_valid(typ) or not is_complete(check, typ):
        return _failed(x, e)
    type_assertion(check, e, x, typ, False)
    x.mode, x.typ = COMMAOK, typ
    return _done(x, e)


def _type_switch_guard(check: Checker, target: Target | None, x: Operand, e: TypeSwitchGuard, hint: Type | None) -> int:
    error(check, e, "invalid-syntax-tree", "use of .(type) outside type switch")
    call.use(check, [e.x])
    return _failed(x, e)


def _call(check: Checker, target: Target | None, x: Operand, e: CallExpr, hint: Type | None) -> int:
    return call.call_expr(check, x, e)


def _list(check: Checker, target: Target | None, x: Operand, e: Expr, hint: Type | None) -> int:
    error(check, e, "invalid-syntax-tree", "unexpected list of expressions")
    return _failed(x, e)


def _key_value(check: Checker, target: Target | None, x: Operand, e: Expr, hint: Type | None) -> int:
    error(check, e, "invalid-syntax-tree", "no key:value expected")
    return _failed(x, e)


def _type(check: Checker, target: Target | None, x: Operand, e: Expr, hint: Type | None) -> int:
    x.mode, x.typ = TYPEXPR, typexpr.typ(check, e)
    x.expr = e
    return EXPRESSION


def _operation(check: Checker, target: Target | None, x: Operand, e: Operation, hint: Type | None) -> int:
    if e.y is not None:
        binary.binary(check, x, e, e.x, e.y, e.op)
        return _done(x, e)
    if e.op == MUL:
        _indirection(check, x, e)
        return _done(x, e)
    if e.op == AND:
        _address(check, x, e)
        return _done(x, e)
    if e.op != RECV:
        binary.unary(check, x, e)
        return _done(x, e)
    expr(check, None, x, e.x)
    if x.mode != INVALID:
        elem = chan_elem(check, x, x, True)
        if elem is None or not is_complete(check, elem):
            x.mode = INVALID
        else:
            x.mode, x.typ = COMMAOK, elem
            check.env.has_call_or_recv = True
    x.expr = e
    return STATEMENT


def _address(check: Checker, x: Operand, e: Operation) -> None:
    """&x, of a variable or a composite literal."""
    expr(check, None, x, e.x)
    if x.mode == INVALID:
        return
    if x.mode != VARIABLE and not isinstance(unparen(e.x), CompositeLit):
        error(check, x, "unaddressable-operand", "invalid operation: cannot take address of %s", x)
        x.mode = INVALID
        return
    assert x.typ is not None
    x.mode, x.typ = VALUE, Pointer(x.typ)


def _indirection(check: Checker, x: Operand, e: Operation) -> None:
    """*x: what a pointer points to, or a pointer type."""
    expr_or_type(check, x, e.x, False)
    if x.mode == INVALID:
        return
    assert x.typ is not None
    if x.mode == TYPEXPR:
        typexpr.valid_var_type(check, e.x, x.typ)
        x.typ = Pointer(x.typ)
        return
    base: Type | None = None
    for pair in type_pairs(x.typ):
        pointer = None if pair is None else pair[1]
        if not isinstance(pointer, Pointer):
            error(check, x, "invalid-indirection", "invalid operation: cannot indirect %s", x)
            x.mode = INVALID
            return
        if base is not None and not identical(pointer.elem, base):
            error(check, x, "invalid-indirection", "invalid operation: pointers of %s must have identical base types", x)
            x.mode = INVALID
            return
        base = pointer.elem
    if base is None or not is_complete(check, base):
        x.mode = INVALID
        return
    x.mode, x.typ = VARIABLE, base


_EXPRESSIONS: Final[dict[type, Callable[[Checker, Target | None, Operand, Any, Type | None], int]]] = {
    nodes.BadExpr: _bad,
    Name: _name,
    nodes.DotsType: _dots,
    BasicLit: _basic_lit,
    FuncLit: _func_lit,
    CompositeLit: _composite_lit,
    ParenExpr: _paren,
    SelectorExpr: _selector,
    IndexExpr: _index,
    SliceExpr: _slice,
    AssertExpr: _assert,
    TypeSwitchGuard: _type_switch_guard,
    CallExpr: _call,
    nodes.ListExpr: _list,
    nodes.KeyValueExpr: _key_value,
    Operation: _operation,
    nodes.ArrayType: _type,
    nodes.SliceType: _type,
    nodes.StructType: _type,
    nodes.FuncType: _type,
    nodes.InterfaceType: _type,
    nodes.MapType: _type,
    nodes.ChanType: _type,
}


# ---- channels, assertions


def chan_elem(check: Checker, at: Place, x: Operand, receive: bool) -> Type | None:
    """The type of what a channel carries, for receiving from it or sending to it; None, reported, if that can't be done."""

    def wrong(typ: Type | None, under: Type | None) -> Cause | None:
        if under is None:
            return Cause("no specific channel type")
        if not isinstance(under, Chan):
            return Cause("non-channel %s", typ)
        if receive and under.dir == SEND_ONLY:
            return Cause("send-only channel %s", typ)
        if not receive and under.dir == RECV_ONLY:
            return Cause("receive-only channel %s", typ)
        return None

    assert x.typ is not None
    common, cause = common_underlying(x.typ, wrong)
    if isinstance(common, Chan):
        return common.elem
    what, code = ("receive from", "invalid-receive") if receive else ("send to", "invalid-send")
    if is_type_param(x.typ):
        error(check, at, code, f"invalid operation: cannot {what} %s: %s", x, cause)
    else:
        error(check, at, code, f"invalid operation: cannot {what} %s %s", cause, x)
    return None


def type_assertion(check: Checker, e: Expr, x: Operand, typ: Type, in_switch: bool) -> None:
    """Report that an interface can't hold a type."""
    assert x.typ is not None
    cause = not_assertable(x.typ, typ, check.formatter, check)
    if cause is None:
        return
    if in_switch:
        error(check, e, "impossible-assert", "impossible type switch case: %s\n\t%s cannot have dynamic type %s %s", e, x, typ, cause)
    else:
        message = "impossible type assertion: %s\n\t%s does not implement %s %s"
        error(check, e, "impossible-assert", message, e, typ, x.typ, cause)


def is_shift(op: int) -> bool:
    """Whether an operator is << or >>."""
    return op in (SHL, SHR)


def is_comparison(op: int) -> bool:
    """Whether an operator compares."""
    return EQL <= op <= GEQ
