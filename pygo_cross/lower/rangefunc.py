# SPDX-License-Identifier: BSD-3-Clause
"""Loops over functions: `for x := range f { body }` is a call of f with the body as a function, which gives false to stop.

Variables of the function around it are shared with the body as with any function literal. What leaves the body other than by its end or
`continue` sets a number, `#next`, and stops; behind the call of f the numbers that are known there are looked at: a return, or a branch to
a label. Where the loop is itself inside such a body, what it can't do is left to the loop around it by stopping that too. All loops
inside of one another share the number, which the function that has the outermost of them declares; results are variables of that function.

Each loop has a state by which misuse by f is found: calls after the end, by others at the same time, or swallowed panics.

Deferred calls belong to the function around all: it asks the runtime for a token, with which bodies defer.

Facts: src/cmd/compile/internal/rangefunc/rewrite.go (its opening comment), src/internal/abi/rangefuncconsts.go, src/runtime/panic.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from pygo_cross.lower import captured, closures, defer
from pygo_cross.lower.names import RANGE
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import I64, B
from pygo_cross.ssa.refs import CallInfo
from pygo_cross.ssa.unit import DUPOK, NEEDS_CONTEXT, FuncInfo
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import ForStmt, RangeClause, ReturnStmt, unpack_list
from pygo_cross.types.objects import LOCAL_VAR, Var
from pygo_cross.types.types import BOOL, EMPTY_INTERFACE, INT, TYP, Signature, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

# States of a loop.
_DONE: Final = 0
_READY: Final = 1
_PANIC: Final = 2
_EXHAUSTED: Final = 3
_MISSING_PANIC: Final = 4

_RETURN: Final = (tk.RETURN, "")


@final
class Nest:
    """Loops inside of one another: the function they are in, and the numbers of ways out of them."""

    __slots__ = ("codes", "function", "next", "states", "token")

    def __init__(self, function: FuncLowering) -> None:
        self.function = function
        self.next = _variable(function, "#next", TYP[INT])
        self.token: Var | None = None
        self.codes: dict[tuple[int, str], int] = {_RETURN: -1}
        self.states = 0

    def code(self, way: tuple[int, str]) -> int:
        """The number of a way out."""
        return self.codes.setdefault(way, -1 - len(self.codes))


@final
class Body:
    """What the function that is a loop's body knows of its loop: `exits` are the ways out that were taken, in order."""

    __slots__ = ("exits", "label", "labels", "nest", "state")

    def __init__(self, nest: Nest, state: Var, label: str, labels: frozenset[str]) -> None:
        self.nest = nest
        self.state = state
        self.label = label
        self.labels = labels
        self.exits: dict[tuple[int, str], None] = {}


def _variable(f: FuncLowering, name: str, typ: Type) -> Var:
    """A variable that bodies share."""
    var = Var(LOCAL_VAR, f.b.pos, f.package.package, name, typ)
    f.in_memory.add(var)
    return var


def loop(f: FuncLowering, s: ForStmt, clause: RangeClause, label: str) -> None:
    """A loop over a function."""
    from pygo_cross.lower import exprs

    b = f.b
    info = f.package.info
    if f.body is None:
        nest = Nest(f)
        if captured.defers(s):
            nest.token = _variable(f, "#defers", EMPTY_INTERFACE)
            (token,) = f.runtime("deferrangefunc")
            f.declare(nest.token, token)
            defer.returns(f)
        f.declare(nest.next, f.zero(TYP[INT]))
    else:
        nest = f.body.nest
    iterator = exprs.expr(f, clause.x)
    nest.states += 1
    state = _variable(f, f"#state{nest.states}", TYP[INT])
    f.declare(state, f.int_val(f.int_const(_READY)))
    own = Body(nest, state, label, captured.labels(s.body, info))
    closure = _body(f, s, clause, own)
    b.pos = s.pos
    f.call(ops.CALL_CLOSURE, CallInfo(None, (_yield(f, clause),), ()), (iterator.one,), [Val(_yield(f, clause), (closure,))])
    b.pos = s.body.rbrace
    _unless(f, f.emit(ops.EQ, B, (f.read(f.place(state)).one, f.int_const(_PANIC))), f.int_const(_MISSING_PANIC))
    _set(f, state, _EXHAUSTED)
    _continue(f, own)


def _yield(f: FuncLowering, clause: RangeClause) -> Type:
    """The type of the function that a loop's body is."""
    sig = captured.core(f.type_of(clause.x))
    assert isinstance(sig, Signature)
    return f.typ(sig.params.vars[0].typ)


def _set(f: FuncLowering, var: Var, value: int) -> None:
    f.write(f.place(var), f.int_val(f.int_const(value)))


def _unless(f: FuncLowering, wrong: Value, state: Value) -> None:
    """Panic for a state if something is wrong."""
    bad, good = f.b.new_block(), f.b.new_block()
    f.b.branch(wrong, bad, good, -1)
    f.b.begin(bad)
    f.panic("panicrangestate", f.int_val(state))
    f.b.begin(good)


def _stop(f: FuncLowering, state: int) -> None:
    """Return from a body: true if its loop goes on."""
    assert f.body is not None
    _set(f, f.body.state, state)
    f.b.ret([f.bool_const(state == _READY)])


# ---- the body


def _body(f: FuncLowering, s: ForStmt, clause: RangeClause, own: Body) -> Value:
    """The body as a function; gives its closure."""
    from pygo_cross.lower import stmts
    from pygo_cross.lower.function import FuncLowering as New

    yielded = captured.core(_yield(f, clause))
    assert isinstance(yielded, Signature)
    types = [f.typ(var.typ) for var in yielded.params.vars]
    name = f.package.names.inside(f.func.symbol, RANGE)
    info = FuncInfo(name, types, (TYP[BOOL],), s.pos, s.body.rbrace, NEEDS_CONTEXT | (f.info.flags & DUPOK))
    g = New(f.package, name, info, f.in_memory, f.subst)
    g.body = own
    g.has_goto = f.has_goto
    g.defer_token = own.nest.token
    free = captured.mentioned(s.body, f.package.info)  # what is ranged over is known outside alone
    if clause.lhs is not None:
        free |= captured.mentioned(clause.lhs, f.package.info)
    free |= {own.state, own.nest.next, *own.nest.function.results}
    if f.body is not None:
        free.add(f.body.state)
    if own.nest.token is not None:
        free.add(own.nest.token)
    shared = closures.captured(f, free)
    closure = closures.make(f, name, shared)
    closures.bind(g, shared)
    values = f.package.parameters(g)
    targets = unpack_list(clause.lhs)
    if not clause.define:
        for target, value in zip(targets, values, strict=False):  # one by one, and before misuse is looked for, as under stock
            stmts.assign_values(g, [target], [value], False)
    state = g.read(g.place(own.state)).one
    _set(g, own.state, _PANIC)
    _unless(g, g.emit(ops.NE, B, (state, g.int_const(_READY))), state)
    if clause.define:
        stmts.assign_values(g, targets, values, True)
    stmts.block(g, s.body.list)
    g.b.pos = s.body.rbrace
    _stop(g, _READY)
    for block in g.labels.values():
        g.b.seal(block)
    f.package.unit.funcs.append(g.b.finish())
    return closure


def leave(f: FuncLowering, s: ReturnStmt) -> None:
    """return, in a body: from the function around all loops."""
    from pygo_cross.lower import calls, stmts

    assert f.body is not None
    function = f.body.nest.function
    if s.results is not None:
        types = function.info.results
        values = stmts.values_of(f, unpack_list(s.results), len(types))
        for var, value, typ in zip(function.results, values, types, strict=True):
            f.write(f.place(var), calls.assigned(f, value, typ))
    _exit(f, _RETURN)


def branch(f: FuncLowering, tok: int, label: str) -> None:
    """break, continue or goto, in a body, to where the body itself doesn't have."""
    assert f.body is not None
    if tok != tk.GOTO and label in ("", f.body.label):
        _stop(f, _READY if tok == tk.CONTINUE else _DONE)
        return
    _exit(f, (tok, label))


def _exit(f: FuncLowering, way: tuple[int, str]) -> None:
    """Stop the loop for a way out that is taken behind it."""
    assert f.body is not None
    f.body.exits[way] = None
    _set(f, f.body.nest.next, f.body.nest.code(way))
    _stop(f, _DONE)


# ---- behind the loop


def _continue(f: FuncLowering, own: Body) -> None:
    """Do what the body has left for behind the loop, or leave it to the loop around."""
    from pygo_cross.lower import stmts

    if not own.exits:
        return
    b = f.b
    following = f.read(f.place(own.nest.next)).one
    normal, left = b.new_block(), b.new_block()
    b.branch(f.emit(ops.EQ, B, (following, f.int_const(0))), normal, left, 1)
    b.begin(left)
    for way in own.exits:
        tok, label = way
        if f.body is not None and not _is_here(f, way):
            f.body.exits[way] = None
            continue
        taken, more = b.new_block(), b.new_block()
        b.branch(f.emit(ops.EQ, B, (following, b.const(I64, own.nest.code(way)))), taken, more)
        b.begin(taken)
        if way == _RETURN:
            stmts.finish(f, [f.read(f.place(var)) for var in f.results])
        else:
            _set(f, own.nest.next, 0)
            stmts.branch_to(f, tok, label)
        b.begin(more)
    if f.body is not None:
        _stop(f, _DONE)
    else:
        b.goto(normal)
    b.begin(normal)


def _is_here(f: FuncLowering, way: tuple[int, str]) -> bool:
    """Whether a body can do itself what a loop in it has left."""
    tok, label = way
    assert f.body is not None
    if way == _RETURN:
        return False
    if tok == tk.GOTO:
        return label in f.body.labels
    return label == f.body.label or any(target.label == label for target in f.targets)
