# SPDX-License-Identifier: BSD-3-Clause
"""Statements.

`context` is a set of bits: which branch statements are allowed where a statement stands. After each statement what it has put off is
done, while the scopes are as they were.

Source of the facts: src/cmd/compile/internal/types2/stmt.go.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Final

from pygo_cross.syntax.nodes import (
    AssignStmt,
    BlockStmt,
    BranchStmt,
    CallExpr,
    CallStmt,
    CaseClause,
    CommClause,
    DeclStmt,
    EmptyStmt,
    Expr,
    ExprStmt,
    ForStmt,
    IfStmt,
    LabeledStmt,
    ListExpr,
    Name,
    Node,
    Operation,
    RangeClause,
    ReturnStmt,
    SelectStmt,
    SendStmt,
    Stmt,
    SwitchStmt,
    TypeSwitchGuard,
    unpack_list,
    unparen,
)
from pygo_cross.syntax.positions import end_pos
from pygo_cross.syntax.tokens import BREAK, CONTINUE, DEF, DEFER, EQL, FALLTHROUGH, NO_OP, OPERATOR_NAMES, RECV
from pygo_cross.types import constant
from pygo_cross.types.check import assign, binary, call, constexpr, decl, expr, labels, ranges, returns, typexpr
from pygo_cross.types.check.errors import Report, error, soft_error
from pygo_cross.types.check.operand import BUILTIN, CONSTANT, INVALID, TYPEXPR, Operand
from pygo_cross.types.check.resolve import declare
from pygo_cross.types.constant import Float, Rat, String, Value
from pygo_cross.types.objects import LOCAL_VAR, PARAM_VAR, RECV_VAR, RESULT_VAR, Nil, Var
from pygo_cross.types.predicates import all_boolean, all_numeric, comparable, has_nil, identical, is_interface, is_type_param, is_valid
from pygo_cross.types.scope import Scope
from pygo_cross.types.types import BOOL, INVALID_TYPE, TYP, Signature, Type

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker, DeclInfo

BREAK_OK: Final = 1
CONTINUE_OK: Final = 2
FALLTHROUGH_OK: Final = 4
FINAL_CASE: Final = 8
IN_TYPE_SWITCH: Final = 16

_INNER: Final = BREAK_OK | CONTINUE_OK  # what is still allowed inside a statement


def func_body(check: Checker, info: DeclInfo | None, name: str, sig: Signature, body: BlockStmt, iota: Value | None) -> None:
    """The body of a function, which belongs to a package-level declaration (None for a literal outside of any)."""
    from pygo_cross.types.check.checker import Env

    saved = check.env
    assert sig.scope is not None
    env = check.env = Env(sig.scope, saved.version)
    env.decl, env.iota, env.sig = info, iota, sig
    try:
        stmt_list(check, 0, body.list)
        if env.has_label and not check.config.ignore_branch_errors:
            labels.labels(check, body)
        if sig.results.vars and not returns.is_terminating(check, body, ""):
            error(check, body.rbrace, "missing-return", "missing return")
        _usage(check, sig.scope)
    finally:
        check.env = saved


def _usage(check: Checker, scope: Scope) -> None:
    """Report variables that are never used, in a function's scope and those inside it, but for function literals, which do it themselves.
    """
    todo = [scope]
    while todo:
        one = todo.pop()
        for obj in one.elems.values():
            if type(obj) is Var and not obj.used and obj.kind not in (RECV_VAR, PARAM_VAR, RESULT_VAR):
                soft_error(check, obj.pos, "unused-var", "declared and not used: %s", obj.name)
        todo += [child for child in one.children if not child.is_func]


def open_scope(check: Checker, node: Node, comment: str) -> Scope:
    """The scope of a statement; whoever opens it puts the old one back."""
    scope = check.env.scope = Scope(check.env.scope, node.pos, end_pos(node), comment)
    check.info.scopes[node] = scope
    return scope


# ---- lists


def stmt_list(check: Checker, context: int, stmts: Sequence[Stmt]) -> None:
    """Statements; only the last one, not counting empty ones, may be what ends a list in this context."""
    last = len(stmts)
    while last and isinstance(stmts[last - 1], EmptyStmt):
        last -= 1
    inner = context & ~FALLTHROUGH_OK
    for i in range(last):
        stmt(check, context if i == last - 1 else inner, stmts[i])


def stmt(check: Checker, context: int, s: Stmt) -> None:
    """One statement, and what it put off."""
    mark = check.delayed()
    _STATEMENTS[type(s)](check, context, s)
    if check.delayed() != mark:
        check.process_delayed(mark)


def _simple(check: Checker, s: Stmt | None) -> None:
    if s is not None:
        stmt(check, 0, s)


# ---- simple statements


def _empty(check: Checker, context: int, s: EmptyStmt) -> None:
    pass


def _decl(check: Checker, context: int, s: DeclStmt) -> None:
    decl.decl_stmt(check, s.decl_list)


def _labeled(check: Checker, context: int, s: LabeledStmt) -> None:
    check.env.has_label = True
    stmt(check, context, s.stmt)


def _expr(check: Checker, context: int, s: ExprStmt) -> None:
    x = Operand()
    kind = expr.raw_expr(check, None, x, s.x, None, False)
    if x.mode == BUILTIN:
        error(check, x, "uncalled-builtin", "%s must be called", x)
    elif x.mode == TYPEXPR:
        error(check, x, "not-an-expr", "%s is not an expression", x)
    elif kind != expr.STATEMENT:
        error(check, x, "unused-expr", "%s is not used", x)


def _send(check: Checker, context: int, s: SendStmt) -> None:
    channel, value = Operand(), Operand()
    expr.expr(check, None, channel, s.chan)
    expr.generic_expr(check, value, s.value)
    if channel.mode == INVALID or value.mode == INVALID:
        return
    elem = expr.chan_elem(check, s, channel, False)
    if elem is not None:
        assign.assignment(check, value, elem, "send")


def _assign(check: Checker, context: int, s: AssignStmt) -> None:
    if s.rhs is None:
        x = Operand()
        expr.expr(check, None, x, s.lhs)
        if x.mode == INVALID:
            return
        assert x.typ is not None
        if not all_numeric(x.typ):
            op = OPERATOR_NAMES[s.op] * 2
            error(check, s.lhs, "non-numeric-inc-dec", "invalid operation: %s%s (non-numeric type %s)", s.lhs, op, x.typ)
            return
        assign.assign_var(check, s.lhs, None, x, "assignment")
        return
    lhs, rhs = unpack_list(s.lhs), unpack_list(s.rhs)
    if s.op == NO_OP:
        assign.assign_vars(check, lhs, rhs)
    elif s.op == DEF:
        assign.short_var_decl(check, s.pos, lhs, rhs)
    elif len(lhs) != 1 or len(rhs) != 1:
        message = "assignment operation %s requires single-valued expressions"
        error(check, s, "multi-val-assign-op", message, OPERATOR_NAMES[s.op])
    else:
        x = Operand()
        binary.binary(check, x, None, lhs[0], rhs[0], s.op)
        assign.assign_var(check, lhs[0], None, x, "assignment")


def _call(check: Checker, context: int, s: CallStmt) -> None:
    """go f(), defer f()."""
    deferred = s.tok == DEFER
    keyword, code = ("defer", "invalid-defer") if deferred else ("go", "invalid-go")
    if not isinstance(s.call, CallExpr):
        error(check, s.call, code, "expression in %s must be function call", keyword)
        call.use(check, [s.call])
        return
    x = Operand()
    kind = expr.raw_expr(check, None, x, s.call, None, False)
    if kind == expr.CONVERSION:
        error(check, x, code, "%s requires function call, not conversion %s", keyword, x)
    elif kind == expr.EXPRESSION:
        error(check, x, "unused-results", "%s discards result of %s", keyword, x)


def _return(check: Checker, context: int, s: ReturnStmt) -> None:
    sig = check.env.sig
    assert sig is not None
    wanted, results = sig.results.vars, unpack_list(s.results)
    if results or not wanted or not wanted[0].name:
        if results or wanted:
            assign.init_vars(check, wanted, results, s)
        return
    for var in wanted:
        other = check.env.lookup(var.name)
        if other is not None and other is not var:
            report = Report(check, "out-of-scope-result").add(s, "result parameter %s not in scope at return", var.name)
            report.add(other, "inner declaration of %s", var).report()


def _branch(check: Checker, context: int, s: BranchStmt) -> None:
    """Those with a label are checked when all labels are known."""
    if s.label is not None:
        check.env.has_label = True
    elif check.config.ignore_branch_errors:
        return
    elif s.tok == BREAK:
        if not context & BREAK_OK:
            error(check, s, "misplaced-break", "break not in for, switch, or select statement")
    elif s.tok == CONTINUE:
        if not context & CONTINUE_OK:
            error(check, s, "misplaced-continue", "continue not in for statement")
    elif s.tok == FALLTHROUGH and not context & FALLTHROUGH_OK:
        message = "fallthrough statement out of place"
        if context & FINAL_CASE:
            message = "cannot fallthrough final case in switch"
        elif context & IN_TYPE_SWITCH:
            message = "cannot fallthrough in type switch"
        error(check, s, "misplaced-fallthrough", message)


# ---- blocks


def _block(check: Checker, context: int, s: BlockStmt) -> None:
    saved = check.env.scope
    open_scope(check, s, "block")
    stmt_list(check, context & _INNER, s.list)
    check.env.scope = saved


def _condition(check: Checker, e: Expr, what: str) -> None:
    x = Operand()
    expr.expr(check, None, x, e)
    if x.mode != INVALID and x.typ is not None and not all_boolean(x.typ):
        error(check, e, "invalid-cond", f"non-boolean condition in {what} statement")


def _if(check: Checker, context: int, s: IfStmt) -> None:
    saved = check.env.scope
    open_scope(check, s, "if")
    _simple(check, s.init)
    if s.cond is not None:  # it is missing behind a syntax error
        _condition(check, s.cond, "if")
    stmt(check, context & _INNER, s.then)
    if s.els is not None:
        stmt(check, context & _INNER, s.els)
    check.env.scope = saved


def _for(check: Checker, context: int, s: ForStmt) -> None:
    inner = context & _INNER | BREAK_OK | CONTINUE_OK
    if isinstance(s.init, RangeClause):
        ranges.range_stmt(check, inner, s, s.init)
        return
    saved = check.env.scope
    open_scope(check, s, "for")
    _simple(check, s.init)
    if s.cond is not None:
        _condition(check, s.cond, "for")
    _simple(check, s.post)
    if isinstance(s.post, AssignStmt) and s.post.op == DEF:
        call.use(check, [s.post.lhs])  # the parser has reported it
    stmt(check, inner, s.body)
    check.env.scope = saved


def _select(check: Checker, context: int, s: SelectStmt) -> None:
    inner = context & _INNER | BREAK_OK
    _one_default(check, [clause for clause in s.body if clause.comm is None])
    for clause in s.body:
        if not _is_communication(clause.comm):
            assert clause.comm is not None
            message = "select case must be send or receive (possibly with assignment)"
            error(check, clause.comm, "invalid-select-case", message)
            continue
        saved = check.env.scope
        open_scope(check, clause, "case")
        if clause.comm is not None:
            stmt(check, inner, clause.comm)
        stmt_list(check, inner, clause.body)
        check.env.scope = saved


def _is_communication(s: Stmt | None) -> bool:
    if s is None or isinstance(s, SendStmt):
        return True
    received: Expr | None = None
    if isinstance(s, AssignStmt) and not isinstance(s.rhs, ListExpr):
        received = s.rhs
    elif isinstance(s, ExprStmt):
        received = s.x
    if received is None:
        return False
    received = unparen(received)
    return isinstance(received, Operation) and received.y is None and received.op == RECV


def _one_default(check: Checker, defaults: Sequence[CaseClause | CommClause]) -> None:
    for clause in defaults[1:]:
        first = check.fset.place(defaults[0].pos)
        error(check, clause, "duplicate-default", "multiple defaults (first at %s)", first)


# ---- switches


def _switch(check: Checker, context: int, s: SwitchStmt) -> None:
    inner = context & _INNER | BREAK_OK
    saved = check.env.scope
    open_scope(check, s, "switch")
    _simple(check, s.init)
    if isinstance(s.tag, TypeSwitchGuard):
        _type_switch(check, inner | IN_TYPE_SWITCH, s, s.tag)
    else:
        _expr_switch(check, inner, s, s.tag)
    check.env.scope = saved


def _expr_switch(check: Checker, inner: int, s: SwitchStmt, tag: Expr | None) -> None:
    x = Operand()
    if tag is not None:
        expr.expr(check, None, x, tag)
        assign.assignment(check, x, None, "switch expression")
        if x.mode != INVALID and x.typ is not None and not comparable(x.typ) and not has_nil(x.typ):
            error(check, x, "invalid-expr-switch", "cannot switch on %s (%s is not comparable)", x, x.typ)
            x.mode = INVALID
    else:
        at = s.body[0].pos if s.body else s.rbrace
        x.mode, x.typ, x.val, x.expr = CONSTANT, TYP[BOOL], True, Name(at, "true")
    _one_default(check, [clause for clause in s.body if clause.cases is None])
    seen: dict[Hashable, list[tuple[int, Type]]] = {}
    for i, clause in enumerate(s.body):
        _case_values(check, x, unpack_list(clause.cases), seen)
        saved = check.env.scope
        open_scope(check, clause, "case")
        stmt_list(check, inner | (FALLTHROUGH_OK if i < len(s.body) - 1 else FINAL_CASE), clause.body)
        check.env.scope = saved


def _case_values(check: Checker, x: Operand, values: Sequence[Expr], seen: dict[Hashable, list[tuple[int, Type]]]) -> None:
    """Compare each value with what is switched on; constants may occur once, in each type."""
    for e in values:
        v = Operand()
        expr.expr(check, None, v, e)
        if x.mode == INVALID or v.mode == INVALID or x.typ is None:
            continue
        constexpr.convert_untyped(check, v, x.typ)
        if v.mode == INVALID:
            continue
        compared = v.copy()
        binary.comparison(check, compared, x, EQL, True)
        if compared.mode == INVALID or v.mode != CONSTANT or v.val is None or v.typ is None or v.expr is None:
            continue
        key = _key(v.val)
        if key is None:
            continue
        own = v.typ
        before = seen.setdefault(key, [])
        same = next((pos for pos, typ in before if identical(own, typ)), 0)
        if same:
            Report(check, "duplicate-case").add(v, "duplicate case %s in expression switch", v).add(same, "previous case").report()
        else:
            before.append((v.expr.pos, own))


def _key(val: Value) -> Hashable | None:
    """What tells duplicate cases: numbers that are not complex and strings; None for the rest, which nobody looks for."""
    if type(val) is int:
        return val
    if isinstance(val, String):
        return val.value
    if isinstance(val, (Rat, Float)):
        return "float", constant.float64(val)
    return None


def _type_switch(check: Checker, inner: int, s: SwitchStmt, guard: TypeSwitchGuard) -> None:
    lhs = guard.lhs
    if lhs is not None:
        if lhs.value == "_":
            soft_error(check, lhs, "no-new-var", "no new variable on left side of :=")
            lhs = None
        else:
            check.info.defs[lhs] = None
    tag = Operand()
    x: Operand | None = None
    expr.expr(check, None, tag, guard.x)
    if tag.mode != INVALID and tag.typ is not None:
        if is_type_param(tag.typ):
            error(check, tag, "invalid-type-switch", "cannot use type switch on type parameter value %s", tag)
        elif is_interface(tag.typ):
            x = tag
        else:
            error(check, tag, "invalid-type-switch", "%s is not an interface", tag)
    _one_default(check, [clause for clause in s.body if clause.cases is None])
    variables: list[Var] = []
    seen: list[tuple[Type | None, Expr]] = []
    for clause in s.body:
        typ = _case_types(check, x, unpack_list(clause.cases), seen)
        saved = check.env.scope
        open_scope(check, clause, "case")
        if lhs is not None:
            var = Var(LOCAL_VAR, lhs.pos, check.pkg, lhs.value, typ)
            declare(check, check.env.scope, None, var, clause.colon)
            check.info.implicits[clause] = var
            variables.append(var)
        stmt_list(check, inner, clause.body)
        check.env.scope = saved
    if lhs is not None:
        # All of them are one variable to people.
        if not any(var.used for var in variables):
            soft_error(check, lhs, "unused-var", "%s declared and not used", lhs.value)
        for var in variables:
            var.used = True


def _case_types(check: Checker, x: Operand | None, types: Sequence[Expr], seen: list[tuple[Type | None, Expr]]) -> Type:
    """The types of a case, each of which may occur once; gives the type that the switch's variable has there."""
    typ: Type | None = None
    for e in types:
        if _is_nil(check, e):
            typ = None
            expr.expr(check, None, Operand(), e)
        else:
            typ = typexpr.var_type(check, e)
            if not is_valid(typ):
                continue
        before = next((other for one, other in seen if (one is None and typ is None) or (one and typ and identical(typ, one))), None)
        if before is not None:
            report = Report(check, "duplicate-case").add(e, "duplicate case %s in type switch", typ if typ is not None else "nil")
            report.add(before, "previous case").report()
            continue
        seen.append((typ, e))
        if x is not None and typ is not None:
            expr.type_assertion(check, e, x, typ, True)
    if len(types) == 1 and typ is not None:
        return typ
    return x.typ if x is not None and x.typ is not None else INVALID_TYPE


def _is_nil(check: Checker, e: Expr) -> bool:
    inner = unparen(e)
    return isinstance(inner, Name) and isinstance(check.env.lookup(inner.value), Nil)


_STATEMENTS: Final[dict[type, Callable[[Checker, int, Any], None]]] = {
    EmptyStmt: _empty,
    DeclStmt: _decl,
    LabeledStmt: _labeled,
    ExprStmt: _expr,
    SendStmt: _send,
    AssignStmt: _assign,
    CallStmt: _call,
    ReturnStmt: _return,
    BranchStmt: _branch,
    BlockStmt: _block,
    IfStmt: _if,
    SwitchStmt: _switch,
    SelectStmt: _select,
    ForStmt: _for,
}
