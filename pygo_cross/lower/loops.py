# SPDX-License-Identifier: BSD-3-Clause
"""Loops: `for` with a condition, and ranges over integers, strings, slices, arrays, maps and channels (those over
functions: `rangefunc`).

As of go1.22 each round of a loop has variables of its own; in files of an older language version all rounds share them.

Facts: the language specification, "For statements"; src/cmd/compile/internal/walk/range.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pygo_cross.lower import calls, captured, chans, exprs, maps, order, places, rangefunc, stmts, strings
from pygo_cross.lower.function import Target
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import B, P
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import (
    AssignStmt,
    CallExpr,
    CompositeLit,
    EmptyStmt,
    Expr,
    ExprStmt,
    ForStmt,
    IndexExpr,
    Name,
    RangeClause,
    unpack_list,
    unparen,
)
from pygo_cross.types import constant
from pygo_cross.types.constant import String
from pygo_cross.types.objects import Nil, Var
from pygo_cross.types.predicates import is_integer, is_interface, is_string, is_unsigned
from pygo_cross.types.types import RUNE, Array, Chan, Map, Pointer, Signature, Slice, Struct, Type
from pygo_cross.types.universe import DELETE

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering


def loop(f: FuncLowering, s: ForStmt) -> None:
    """Any loop."""
    label, f.pending_label = f.pending_label, ""
    if isinstance(s.init, RangeClause):
        _range(f, s, s.init, label)
        return
    if s.init is not None:
        stmts.stmt(f, s.init)
    b = f.b
    head, body, post, end = b.new_block(), b.new_block(), b.new_block(), b.new_block()
    b.goto(head)
    b.begin(head, sealed=False)
    if s.cond is not None:
        exprs.condition(f, s.cond, body, end, 1)
    else:
        b.goto(body)
    b.begin(body)
    _body(f, s, Target(label, end, post))
    b.begin(post)
    if f.package.own_loop_variables(s.pos):
        _new_variables(f, s)
    if s.post is not None:
        stmts.stmt(f, s.post)
    b.goto(head)
    b.seal(head)
    b.begin(end)


def _new_variables(f: FuncLowering, s: ForStmt) -> None:
    """Copy variables that somebody may have kept into new memory."""
    if not isinstance(s.init, AssignStmt) or s.init.op != tk.DEF:
        return
    for e in unpack_list(s.init.lhs):
        var = f.package.info.defs.get(e) if isinstance(e, Name) else None
        if isinstance(var, Var) and var in f.addresses:
            f.declare(var, f.read(f.place(var)))


def _body(f: FuncLowering, s: ForStmt, target: Target) -> None:
    """The body of a loop, which goes on where its target says."""
    assert target.continue_to is not None
    f.targets.append(target)
    stmts.stmt(f, s.body)
    f.targets.pop()
    f.b.goto(target.continue_to)


# ---- ranges


def _variables(f: FuncLowering, clause: RangeClause) -> list[Expr]:
    """What a range assigns or defines, without blank ones at the end."""
    found = unpack_list(clause.lhs)
    while found and stmts.is_blank(found[-1]):
        found.pop()
    return found


def _range(f: FuncLowering, s: ForStmt, clause: RangeClause, label: str) -> None:
    if clause.define and not f.package.own_loop_variables(s.pos):
        for e in unpack_list(clause.lhs):
            var = f.package.info.defs.get(e) if isinstance(e, Name) else None
            if isinstance(var, Var):
                f.declare(var, f.zero(f.typ(var.typ)))
    under = captured.core(f.type_of(clause.x))
    if _clears(f, s, clause, under):
        return
    if is_integer(under):
        limit = exprs.expr(f, clause.x)
        _count(f, s, clause, label, limit, lambda at: [Val(limit.typ, (at,))])
    elif is_string(under):
        _string(f, s, clause, label)
    elif isinstance(under, Slice):
        pointer, length, _ = exprs.expr(f, clause.x).parts
        _elements(f, s, clause, label, under, pointer, length)
    elif isinstance(under, Array):
        _array(f, s, clause, label, under)
    elif isinstance(under, Pointer):
        array = under.elem.underlying()
        assert isinstance(array, Array)
        if len(_variables(f, clause)) > 1 or captured.has_effects(clause.x):
            pointer = exprs.expr(f, clause.x).one
            if len(_variables(f, clause)) > 1 and array.len:  # where there is no element, nothing is looked at
                pointer = places.checked(f, pointer)
        else:
            pointer = f.b.const(P, 0)
        _elements(f, s, clause, label, array, pointer, f.int_const(array.len))
    elif isinstance(under, Map):
        _map(f, s, clause, label, under)
    elif isinstance(under, Chan):
        _channel(f, s, clause, label)
    elif isinstance(under, Signature):
        rangefunc.loop(f, s, clause, label)
    else:
        raise f.bug(f"range over {under}", clause)


def _clears(f: FuncLowering, s: ForStmt, clause: RangeClause, under: Type) -> bool:
    """`for i := range x { x[i] = 0 }` of a slice and `for k := range m { delete(m, k) }` are clear(x) and clear(m), if a new variable is
    ranged over and x and m have no effects; false if it is nothing of the kind.
    """
    lhs = _variables(f, clause)
    body = [one for one in s.body.list if not isinstance(one, EmptyStmt)]
    if not clause.define or len(lhs) != 1 or len(body) != 1:
        return False
    key = f.package.info.defs.get(lhs[0]) if isinstance(lhs[0], Name) else None
    if key is None:
        return False

    def is_key(e: Expr) -> bool:
        e = unparen(e)
        return isinstance(e, Name) and f.package.info.uses.get(e) is key

    one = body[0]
    if isinstance(under, Slice) and isinstance(one, AssignStmt) and one.op == tk.NO_OP and one.rhs is not None:
        target = unparen(one.lhs)
        if not isinstance(target, IndexExpr) or not is_key(target.index) or not maps.same(f, target.x, clause.x):
            return False
        if not _is_zero(f, one.rhs, f.typ(under.elem)):
            return False
        calls.clear_slice(f, exprs.expr(f, clause.x))
        return True
    if isinstance(under, Map) and isinstance(one, ExprStmt):
        call = unparen(one.x)
        if not isinstance(call, CallExpr) or not calls.is_builtin(f, call, DELETE):
            return False
        if not maps.same(f, call.arg_list[0], clause.x) or not is_key(call.arg_list[1]) or not maps.is_reflexive(f.typ(under.key)):
            return False
        maps.clear(f, exprs.expr(f, clause.x))
        return True
    return False


def _is_zero(f: FuncLowering, e: Expr, of: Type) -> bool:
    """Whether an expression is the zero value of a type that is no interface, or nil, written as such."""
    e = unparen(e)
    if isinstance(e, Name) and isinstance(f.package.info.uses.get(e), Nil):
        return True
    if is_interface(of):
        return False
    found = f.package.info.types.get(e)
    if found is not None and found.val is not None:
        if isinstance(found.val, (String, bool)):
            return not (found.val.value if isinstance(found.val, String) else found.val)
        return constant.to_int(found.val) == 0
    return isinstance(e, CompositeLit) and not e.elem_list and isinstance(f.type_of(e).underlying(), (Struct, Array))


def _array(f: FuncLowering, s: ForStmt, clause: RangeClause, label: str, array: Array) -> None:
    """A copy of an array; where only its length matters it is not even evaluated, unless that has effects."""
    pointer = f.b.const(P, 0)
    if len(_variables(f, clause)) > 1:
        pointer = f.in_place(exprs.expr(f, clause.x))
    elif captured.has_effects(clause.x):
        exprs.expr(f, clause.x)
    _elements(f, s, clause, label, array, pointer, f.int_const(array.len))


def _elements(f: FuncLowering, s: ForStmt, clause: RangeClause, label: str, of: Slice | Array, pointer: Value, length: Value) -> None:
    """The elements of an array or slice."""
    elem = f.typ(of.elem)
    size = f.shapes.sizes.sizeof(elem)
    both = len(_variables(f, clause)) > 1

    def values(at: Value) -> list[Val]:
        if not both:
            return [f.int_val(at)]
        step = f.emit(ops.MUL, at.kind, (at, f.int_const(size))) if size != 1 else at
        return [f.int_val(at), f.load(elem, f.emit(ops.ADD_PTR, P, (pointer, step)))]

    _count(f, s, clause, label, f.int_val(length), values)


def _count(f: FuncLowering, s: ForStmt, clause: RangeClause, label: str, limit: Val, values: Callable[[Value], list[Val]]) -> None:
    """From 0 up to a limit; `values` are what a round has."""
    b = f.b
    counter = ("range", s)
    kind = limit.one.kind
    b.write(counter, b.const(kind, 0))
    head, body, post, end = b.new_block(), b.new_block(), b.new_block(), b.new_block()
    b.goto(head)
    b.begin(head, sealed=False)
    at = b.read(counter)
    less = ops.LT_U if is_unsigned(limit.typ) else ops.LT_S
    b.branch(f.emit(less, B, (at, limit.one)), body, end, 1)
    b.begin(body)
    _set(f, clause, lambda: values(at))
    _body(f, s, Target(label, end, post))
    b.begin(post)
    b.write(counter, f.emit(ops.ADD, kind, (b.read(counter), b.const(kind, 1))))
    b.goto(head)
    b.seal(head)
    b.begin(end)


def _string(f: FuncLowering, s: ForStmt, clause: RangeClause, label: str) -> None:
    """The runes of a string with the indexes at which they begin."""
    b = f.b
    text = exprs.expr(f, clause.x)
    index, following = ("range", s), ("range", s, "following")
    b.write(index, f.int_const(0))
    head, body, post, end = b.new_block(), b.new_block(), b.new_block(), b.new_block()
    b.goto(head)
    b.begin(head, sealed=False)
    at = b.read(index)
    b.branch(f.emit(ops.LT_S, B, (at, text.parts[1])), body, end, 1)
    b.begin(body)
    rune, behind = strings.rune_at(f, text, at)
    b.write(following, behind)
    _set(f, clause, lambda: [f.int_val(at), Val(RUNE, (rune,))])
    _body(f, s, Target(label, end, post))
    b.begin(post)
    b.write(index, b.read(following))
    b.goto(head)
    b.seal(head)
    b.begin(end)


def _map(f: FuncLowering, s: ForStmt, clause: RangeClause, label: str, m: Map) -> None:
    """The entries of a map, in an order of the runtime's."""
    b = f.b
    ranged = exprs.expr(f, clause.x)
    iterator = maps.start(f, ranged)
    head, body, post, end = b.new_block(), b.new_block(), b.new_block(), b.new_block()
    b.goto(head)
    b.begin(head, sealed=False)
    key = f.emit(ops.LOAD, P, (iterator,), 0)
    b.branch(f.emit(ops.EQ, B, (key, b.const(P, 0))), end, body, -1)
    b.begin(body)
    wanted = len(_variables(f, clause))
    if wanted:
        _set(f, clause, lambda: maps.entry(f, m, iterator, key, wanted))
    _body(f, s, Target(label, end, post))
    b.begin(post)
    f.runtime("mapIterNext", iterator)
    b.goto(head)
    b.seal(head)
    b.begin(end)


def _channel(f: FuncLowering, s: ForStmt, clause: RangeClause, label: str) -> None:
    """What comes from a channel, until it is closed."""
    b = f.b
    channel = exprs.expr(f, clause.x)
    head, body, end = b.new_block(), b.new_block(), b.new_block()
    b.goto(head)
    b.begin(head, sealed=False)
    value, ok = chans.received(f, channel)
    b.branch(ok.one, body, end, 1)
    b.begin(body)
    _set(f, clause, lambda: [value])
    _body(f, s, Target(label, end, head))
    b.seal(head)
    b.begin(end)


def _set(f: FuncLowering, clause: RangeClause, values: Callable[[], list[Val]]) -> None:
    """Assign what a round of a loop ranges over, or define it. Elements are read when what the places call has been called."""
    lhs = _variables(f, clause)
    if not clause.define:
        before = order.calls_of_targets(f, lhs)
        stmts.assign_values(f, lhs, values(), False)
        order.end(f, before)
        return
    if f.package.own_loop_variables(clause.pos):
        stmts.assign_values(f, lhs, values(), True)
        return
    for e, value in zip(lhs, values(), strict=False):
        if not stmts.is_blank(e):
            assert isinstance(e, Name)
            where = places.variable(f, e)
            f.write(where, calls.assigned(f, value, where.typ))
