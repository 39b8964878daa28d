# SPDX-License-Identifier: BSD-3-Clause
"""Switches over the type of what an interface holds.

All concrete types are tried before all interface types: a type that an interface type before it would have caught is no case, so that the
order does not matter otherwise. Many concrete types are told apart by the hashes of types, first; interface types all at once, by the
runtime. In an instance of something generic two cases may be one type: the first counts.

Facts: the language specification, "Type switches"; src/cmd/compile/internal/walk/switch.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pygo_cross.lower import exprs, interfaces, stmts
from pygo_cross.lower.function import Target
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Value
from pygo_cross.ssa.kinds import I32, B, P
from pygo_cross.syntax.nodes import CaseClause, Expr, Name, SwitchStmt, TypeSwitchGuard, unpack_list, unparen
from pygo_cross.types.linknames import link_hash
from pygo_cross.types.lookup import missing_method
from pygo_cross.types.objects import Nil, Var
from pygo_cross.types.predicates import is_interface
from pygo_cross.types.types import Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

_MOST_IN_LINE: Final = 4  # as many concrete types are compared one after another


class _Case(NamedTuple):
    """A type of a clause, where its code is written, and its body."""

    typ: Type
    pos: int
    clause: CaseClause
    body: Block


def type_switch(f: FuncLowering, s: SwitchStmt, guard: TypeSwitchGuard, label: str) -> None:
    """switch x := y.(type) {...}, behind its initialisation."""
    b = f.b
    x = exprs.expr(f, guard.x)
    end = b.new_block()
    bodies = [b.new_block() for _ in s.body]
    words = _dispatch(f, x, s, bodies, end)
    f.targets.append(Target(label, end, None))
    for clause, body in zip(s.body, bodies, strict=True):
        b.begin(body)
        b.pos = clause.pos
        _variable(f, x, clause, words)
        stmts.block(f, clause.body)
        b.goto(end)
    f.targets.pop()
    b.begin(end)


def _is_nil(f: FuncLowering, e: Expr) -> bool:
    e = unparen(e)
    return isinstance(e, Name) and isinstance(f.package.info.uses.get(e), Nil)


def _dispatch(f: FuncLowering, x: Val, s: SwitchStmt, bodies: list[Block], end: Block) -> dict[CaseClause, Value]:
    """Go to the body that is meant. Gives the first word that x has as the interface type of a clause."""
    b = f.b
    default, nil = end, None
    concrete: list[_Case] = []
    asked: list[_Case] = []
    seen: set[str] = set()
    for clause, body in zip(s.body, bodies, strict=True):
        if clause.cases is None:
            default = body
            continue
        for e in unpack_list(clause.cases):
            if _is_nil(f, e):
                nil = body
                continue
            typ = f.type_of(e)
            link = f.package.names.types.link(typ)
            if link in seen or any(missing_method(typ, other.typ, True) is None for other in asked):
                continue
            seen.add(link)
            (asked if is_interface(typ) else concrete).append(_Case(typ, e.pos, clause, body))
    if nil is not None or asked or len(concrete) > _MOST_IN_LINE:
        something = b.new_block()
        b.branch(f.emit(ops.EQ, B, (x.parts[0], b.const(P, 0))), nil or default, something, -1 if nil is None else 0)
        b.begin(something)
    _concrete(f, x, concrete)
    words = _interfaces(f, x, asked)
    b.goto(default)
    return words


def _concrete(f: FuncLowering, x: Val, cases: list[_Case]) -> None:
    """Go to the body of the concrete type that x holds, or on."""
    if len(cases) <= _MOST_IN_LINE:
        _in_line(f, x, cases)
        return
    b = f.b
    b.pos = cases[0].pos
    hash_ = interfaces.type_hash(f, x.parts[0])
    hashed = sorted([(_hash(f, one.typ), i, one) for i, one in enumerate(cases)])
    none = b.new_block()
    todo = [(0, len(hashed), b.block)]
    while todo:
        low, high, block = todo.pop()
        b.block = block
        if high - low <= _MOST_IN_LINE:
            _in_line(f, x, [one for _, _, one in hashed[low:high]])
            b.goto(none)
            continue
        middle = (low + high) // 2
        while middle < high and hashed[middle][0] == hashed[middle - 1][0]:
            middle += 1
        if middle == high:
            _in_line(f, x, [one for _, _, one in hashed[low:high]])
            b.goto(none)
            continue
        below, above = b.new_block(), b.new_block()
        bound = b.const(I32, exprs.signed(hashed[middle - 1][0], 32))
        b.branch(f.emit(ops.LE_U, B, (hash_, bound)), below, above)
        for part, edge in (((middle, high), above), ((low, middle), below)):
            b.seal(edge)
            todo.append((*part, edge if edge.preds else None))
    b.begin(none)


def _hash(f: FuncLowering, typ: Type) -> int:
    return int.from_bytes(link_hash(f.package.names.types.link(typ))[:4], "little")


def _in_line(f: FuncLowering, x: Val, cases: list[_Case]) -> None:
    b = f.b
    for one in cases:
        b.pos = one.pos
        after = b.new_block()
        b.branch(interfaces.holds(f, x, one.typ), one.body, after)
        b.begin(after)


def _interfaces(f: FuncLowering, x: Val, cases: list[_Case]) -> dict[CaseClause, Value]:
    """Go to the body of the first interface type whose methods has what x holds, or on."""
    b = f.b
    words: dict[CaseClause, Value] = {}
    # Behind an interface without methods nothing is a case any more.
    last = cases[-1] if cases and interfaces.is_empty(cases[-1].typ) else None
    if last is not None:
        cases = cases[:-1]
    if cases:
        b.pos = cases[0].pos
        number, itab = interfaces.interface_case(f, x, [one.typ for one in cases])
        for i, one in enumerate(cases):
            words[one.clause] = itab
            after = b.new_block()
            b.branch(f.emit(ops.EQ, B, (number, f.int_const(i))), one.body, after)
            b.begin(after)
    if last is not None:
        b.pos = last.pos
        word = x.parts[0]
        words[last.clause] = word if interfaces.is_empty(x.typ) else f.emit(ops.LOAD, P, (word,), interfaces.ITAB_TYPE)
        b.goto(last.body)
        b.begin(b.new_block())
    return words


def _variable(f: FuncLowering, x: Val, clause: CaseClause, words: dict[CaseClause, Value]) -> None:
    """Declare what a clause knows x as: by its one type if it has one, else as the interface that it is."""
    var = f.package.info.implicits.get(clause)
    if not isinstance(var, Var):
        return
    cases = unpack_list(clause.cases)
    if len(cases) != 1 or _is_nil(f, cases[0]):
        f.declare(var, x)
        return
    typ = f.typ(var.typ)
    word = words.get(clause)
    if word is not None:
        f.declare(var, Val(typ, (word, x.parts[1])))
    elif is_interface(typ):  # a case that nothing gets to
        f.declare(var, f.zero(typ))
    else:
        f.declare(var, interfaces.held(f, x.parts[1], typ))
