# SPDX-License-Identifier: BSD-3-Clause
"""Statements: declarations, assignments, branches, loops, returns.

A statement that nothing gets to makes no code, but is lowered all the same: labels in it may be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from pygo_cross.lower import calls, chans, defer, exprs, loops, maps, order, places, rangefunc, select_, switches, typeswitch
from pygo_cross.lower.captured import children
from pygo_cross.lower.maps import MapPlace
from pygo_cross.lower.values import Place, Val
from pygo_cross.ssa.func import Block
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import (
    AssignStmt,
    BlockStmt,
    BranchStmt,
    CallExpr,
    CallStmt,
    CompositeLit,
    DeclStmt,
    EmptyStmt,
    Expr,
    ExprStmt,
    ForStmt,
    FuncLit,
    IfStmt,
    KeyValueExpr,
    LabeledStmt,
    Name,
    Node,
    Operation,
    ReturnStmt,
    SelectorExpr,
    SelectStmt,
    SendStmt,
    Stmt,
    SwitchStmt,
    TypeSwitchGuard,
    VarDecl,
    unpack_list,
    unparen,
)
from pygo_cross.types.check.operand import BUILTIN, TYPEXPR
from pygo_cross.types.objects import Var
from pygo_cross.types.types import Array, Tuple, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

_PANICS: Final = frozenset((tk.DIV, tk.REM, tk.SHL, tk.SHR, tk.EQL, tk.NEQ, tk.RECV))
"""Operators that may panic, or wait."""


def block(f: FuncLowering, stmts: Sequence[Stmt]) -> None:
    """Statements one after another."""
    for s in stmts:
        stmt(f, s)


def stmt(f: FuncLowering, s: Stmt) -> None:
    """One statement."""
    handler = _STATEMENTS.get(type(s))
    if handler is None:
        raise f.bug(f"a {type(s).__name__} is not lowered yet", s)
    f.b.pos = s.pos
    handler(f, s)


# ---- simple statements


def _expr(f: FuncLowering, s: ExprStmt) -> None:
    e = unparen(s.x)
    if isinstance(e, CallExpr):
        f.b.pos = e.pos
        calls.call(f, e)
    elif isinstance(e, Operation) and e.op == tk.RECV:
        chans.discard(f, e)
    else:
        exprs.expr(f, e)


def _decl(f: FuncLowering, s: DeclStmt) -> None:
    for decl in s.decl_list:
        if isinstance(decl, VarDecl):
            names = decl.name_list
            if decl.values is None:
                for name in names:
                    var = f.package.info.defs.get(name)
                    if isinstance(var, Var):
                        f.declare(var, f.zero(f.typ(var.typ)))
                continue
            for name, value in zip(names, values_of(f, unpack_list(decl.values), len(names)), strict=True):
                _define(f, name, value)


def _define(f: FuncLowering, name: Name, value: Val) -> None:
    var = f.package.info.defs.get(name)
    if isinstance(var, Var):
        f.declare(var, calls.assigned(f, value, f.typ(var.typ)))


def values_of(f: FuncLowering, rhs: Sequence[Expr], count: int, targets: Sequence[Type | None] = ()) -> list[Val]:
    """The values of a right-hand side: one expression each, or all of one call; `targets` are the types that they become."""
    first = unparen(rhs[0])
    if count > 1 and len(rhs) == 1:
        found = f.package.info.types.get(first)
        if isinstance(first, CallExpr) and found is not None and isinstance(found.typ, Tuple):
            return calls.call(f, first)
        return exprs.pair(f, first)
    before = order.begin(f, rhs, targets=targets)
    values = [f.kept(exprs.expr(f, e)) for e in rhs]
    order.end(f, before)
    return values


def _assign(f: FuncLowering, s: AssignStmt) -> None:
    if s.rhs is None:
        target = places.target(f, s.lhs)
        one = exprs.const(f, 1, target.typ)
        _update(f, target, s.op, one)
        return
    lhs, rhs = unpack_list(s.lhs), unpack_list(s.rhs)
    if s.op == tk.DEF:
        assign_values(f, lhs, values_of(f, rhs, len(lhs)), True)
        return
    if len(rhs) < len(lhs):
        before = order.calls_of_targets(f, lhs)
        inner = order.apart(f)
        values = values_of(f, rhs, len(lhs))
        order.end(f, inner)
        assign_values(f, lhs, values, False)
        order.end(f, before)
        return
    if s.op == tk.NO_OP and len(lhs) == 1 and maps.append_to_element(f, lhs[0], rhs[0]):
        return
    if s.op != tk.NO_OP:
        before = order.begin(f, (*lhs, *rhs), len(lhs), reads=True)
    else:
        before = order.begin(f, (*lhs, *rhs), len(lhs), [None if is_blank(e) else f.type_of(e) for e in lhs])
    _assign_in_order(f, s, lhs, rhs)
    order.end(f, before)


def _assign_in_order(f: FuncLowering, s: AssignStmt, lhs: Sequence[Expr], rhs: Sequence[Expr]) -> None:
    if s.op != tk.NO_OP:
        target = places.target(f, lhs[0])
        _update(f, target, s.op, exprs.count(f, rhs[0]) if s.op in (tk.SHL, tk.SHR) else exprs.expr(f, rhs[0]))
        return
    if len(lhs) == 1:
        if is_blank(lhs[0]):
            values_of(f, rhs, 1)
            return
        if _may_overlap(f, lhs[0], rhs[0]):
            source = places.place(f, rhs[0])
            places.move(f, places.target(f, lhs[0]), source)
            return
        typ = f.type_of(lhs[0])
        built = isinstance(unparen(rhs[0]), CompositeLit) and not f.shapes.is_value(typ) and _is_certain(f, rhs[0])
        if built or _calls(lhs[0]):
            where = places.target(f, lhs[0])  # first, that the literal may be built there, and as a call may change what the value reads
            places.write(f, where, calls.assigned(f, values_of(f, rhs, 1)[0], typ))
            return
        # What the value panics of comes before what the place does.
        value = calls.assigned(f, values_of(f, rhs, 1)[0], typ)
        places.write(f, places.target(f, lhs[0]), value)
        return
    targets = [None if is_blank(e) else places.later(f, e) for e in lhs]
    _write_all(f, targets, values_of(f, rhs, len(lhs)))


def _calls(e: Expr) -> bool:
    """Whether an expression calls anything, or receives."""
    todo: list[Node] = [e]
    while todo:
        node = todo.pop()
        if isinstance(node, CallExpr) or (isinstance(node, Operation) and node.op == tk.RECV):
            return True
        if not isinstance(node, FuncLit):
            todo += children(node)
    return False


def _is_certain(f: FuncLowering, e: Expr) -> bool:
    """Whether an expression does not panic; its calls apart, which are made before."""
    e = unparen(e)
    found = f.package.info.types.get(e)
    if isinstance(e, (Name, FuncLit)) or (found is not None and found.val is not None):
        return True
    if isinstance(e, SelectorExpr):
        selection = f.package.info.selections.get(e)
        return selection is None or (isinstance(selection.obj, Var) and not selection.indirect and _is_certain(f, e.x))
    if isinstance(e, CallExpr):
        fun = f.package.info.types.get(e.fun)
        return fun is not None and (fun.mode not in (BUILTIN, TYPEXPR) or all(_is_certain(f, given) for given in e.arg_list))
    if isinstance(e, KeyValueExpr):
        return _is_certain(f, e.value)
    if isinstance(e, Operation) and (e.op in _PANICS or (e.y is None and e.op == tk.MUL)):
        return False
    return isinstance(e, (CompositeLit, Operation)) and all(
        _is_certain(f, below) for below in children(e) if isinstance(below, Expr)
    )


def _may_overlap(f: FuncLowering, to: Expr, source: Expr) -> bool:
    """Whether `*p = *q` copies an array: conversions of slices to pointers to arrays make some that are partly the same memory."""
    to, source = unparen(to), unparen(source)
    if not all(isinstance(e, Operation) and e.op == tk.MUL and e.y is None for e in (to, source)):
        return False
    array = f.type_of(to).underlying()
    return isinstance(array, Array) and array.len > 1


def _write_all(f: FuncLowering, targets: Sequence[Callable[[], Place | places.Part | MapPlace] | None], values: Sequence[Val]) -> None:
    """Assign one place after another: what panics has no effect on those before it."""
    for target, value in zip(targets, values, strict=True):
        if target is not None:
            where = target()
            places.write(f, where, calls.assigned(f, value, where.typ))


def assign_values(f: FuncLowering, lhs: Sequence[Expr], values: Sequence[Val], define: bool) -> None:
    """Define variables, or assign places, with values that are there; blank ones are left out."""
    if define:
        for e, value in zip(lhs, values, strict=False):
            if is_blank(e):
                continue
            if isinstance(e, Name) and e in f.package.info.defs:
                _define(f, e, value)
            else:
                where = places.target(f, e)
                places.write(f, where, calls.assigned(f, value, where.typ))
        return
    targets = [None if is_blank(e) else places.later(f, e) for e in lhs]
    if len(targets) > 1:
        values = [f.kept(value) for value in values]
    _write_all(f, targets, values[: len(targets)])


def _update(f: FuncLowering, target: Place | places.Part | MapPlace, op: int, value: Val) -> None:
    """x op= value. A key of a map is looked up once, but where the operation may panic: then nothing is put in before."""
    if isinstance(target, MapPlace) and op not in (tk.DIV, tk.REM, tk.SHL, tk.SHR):
        target = Place(target.typ, address=maps.element(f, target))
    operation = exprs.shift if op in (tk.SHL, tk.SHR) else exprs.arithmetic
    places.write(f, target, operation(f, op, places.read(f, target), value, target.typ))


def is_blank(e: Expr) -> bool:
    """Whether an expression that is assigned is `_`."""
    e = unparen(e)
    return isinstance(e, Name) and e.value == "_"


def _return(f: FuncLowering, s: ReturnStmt) -> None:
    if f.body is not None:
        rangefunc.leave(f, s)
        return
    types = f.info.results
    if s.results is None:
        values = [f.read(f.place(var)) for var in f.results] if f.results else []
    else:
        values = values_of(f, unpack_list(s.results), len(types), types)
        values = [calls.assigned(f, value, typ) for value, typ in zip(values, types, strict=True)]
        for var, value in zip(f.results, values, strict=False):
            if var in f.addresses and f.exit_to is None:
                f.write(f.place(var), value)
    finish(f, values)


def finish(f: FuncLowering, values: Sequence[Val]) -> None:
    """Return values."""
    if f.exit_to is not None:
        defer.leave(f, values)
        return
    f.b.ret([scalar for value, typ in zip(values, f.info.results, strict=True) for scalar in f.scalars(value, typ)])


# ---- branches


def _empty(f: FuncLowering, s: EmptyStmt) -> None:
    pass


def _block(f: FuncLowering, s: BlockStmt) -> None:
    block(f, s.list)


def _if(f: FuncLowering, s: IfStmt) -> None:
    if s.init is not None:
        stmt(f, s.init)
    b = f.b
    then, end = b.new_block(), b.new_block()
    other = b.new_block() if s.els is not None else end
    assert s.cond is not None
    exprs.condition(f, s.cond, then, other)
    b.begin(then)
    stmt(f, s.then)
    b.goto(end)
    if s.els is not None:
        b.begin(other)
        stmt(f, s.els)
        b.goto(end)
    b.begin(end)


def _labeled(f: FuncLowering, s: LabeledStmt) -> None:
    if s.label.value == "_":  # nothing leads there, and there may be several
        stmt(f, s.stmt)
        return
    target = _label(f, s.label.value)
    f.b.goto(target)
    f.b.begin(target, sealed=False)
    f.pending_label = s.label.value
    stmt(f, s.stmt)
    f.pending_label = ""


def _label(f: FuncLowering, name: str) -> Block:
    found = f.labels.get(name)
    if found is None:
        found = f.labels[name] = f.b.new_block()
    return found


def _branch(f: FuncLowering, s: BranchStmt) -> None:
    branch_to(f, s.tok, s.label.value if s.label is not None else "")


def branch_to(f: FuncLowering, tok: int, label: str) -> None:
    """Break, continue or go to a label; without one, to the innermost statement that can be left."""
    if tok == tk.GOTO and (f.body is None or label in f.body.labels):
        f.b.goto(_label(f, label))
        return
    if tok == tk.FALLTHROUGH and f.targets[-1].fall_to is not None:
        f.b.goto(f.targets[-1].fall_to)
        return
    for target in reversed(f.targets):
        if tok == tk.GOTO or (label and target.label != label):
            continue
        if tok == tk.BREAK:
            f.b.goto(target.break_to)
            return
        if tok == tk.CONTINUE and target.continue_to is not None:
            f.b.goto(target.continue_to)
            return
    if f.body is None:
        raise f.bug("a branch that leads nowhere")
    rangefunc.branch(f, tok, label)


# ---- switches


def _switch(f: FuncLowering, s: SwitchStmt) -> None:
    label, f.pending_label = f.pending_label, ""
    if s.init is not None:
        stmt(f, s.init)
    if isinstance(s.tag, TypeSwitchGuard):
        typeswitch.type_switch(f, s, s.tag, label)
        return
    switches.switch(f, s, label)


def _select(f: FuncLowering, s: SelectStmt) -> None:
    label, f.pending_label = f.pending_label, ""
    select_.select(f, s, label)


_STATEMENTS: Final[dict[type, Callable[[FuncLowering, Any], None]]] = {
    EmptyStmt: _empty,
    ExprStmt: _expr,
    DeclStmt: _decl,
    AssignStmt: _assign,
    ReturnStmt: _return,
    BlockStmt: _block,
    IfStmt: _if,
    LabeledStmt: _labeled,
    BranchStmt: _branch,
    ForStmt: lambda f, s: loops.loop(f, s),
    SwitchStmt: _switch,
    SendStmt: chans.send,
    SelectStmt: _select,
    CallStmt: defer.statement,
}
