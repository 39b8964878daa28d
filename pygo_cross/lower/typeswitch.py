# SPDX-License-Identifier: BSD-3-Clause
"""Switches over the type of what an interface holds.

Cases are tried in their order. In an instance of something generic, two of them may be the same type: the first counts.

Facts: the language specification, "Type switches"; src/cmd/compile/internal/walk/switch.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.lower import exprs, interfaces, stmts
from pygo_cross.lower.function import Target
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Value
from pygo_cross.ssa.kinds import B, P
from pygo_cross.syntax.nodes import CaseClause, Expr, Name, SwitchStmt, TypeSwitchGuard, unpack_list, unparen
from pygo_cross.types.objects import Nil, Var
from pygo_cross.types.predicates import is_interface
from pygo_cross.types.types import Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering


def type_switch(f: FuncLowering, s: SwitchStmt, guard: TypeSwitchGuard, label: str) -> None:
    """switch x := y.(type) {...}, behind its initialisation."""
    b = f.b
    x = exprs.expr(f, guard.x)
    end = b.new_block()
    bodies = [b.new_block() for _ in s.body]
    words: dict[CaseClause, Value] = {}
    default = end
    for clause, body in zip(s.body, bodies, strict=True):
        if clause.cases is None:
            default = body
            continue
        for e in unpack_list(clause.cases):
            b.pos = e.pos
            _case(f, x, e, clause, body, words)
    b.goto(default)
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


def _case(f: FuncLowering, x: Val, e: Expr, clause: CaseClause, body: Block, words: dict[CaseClause, Value]) -> None:
    """Go to the body if x holds what a case says, else on."""
    b = f.b
    after = b.new_block()
    if _is_nil(f, e):
        found = f.emit(ops.EQ, B, (x.parts[0], b.const(P, 0)))
    else:
        typ = f.type_of(e)
        if is_interface(typ):
            value, found = interfaces.asserted(f, x, typ)
            words[clause] = value.parts[0]
        else:
            found = interfaces.holds(f, x, typ)
    b.branch(found, body, after)
    b.begin(after)


def _variable(f: FuncLowering, x: Val, clause: CaseClause, words: dict[CaseClause, Value]) -> None:
    """Declare what a clause knows x as: by its one type if it has one, else as the interface that it is."""
    var = f.package.info.implicits.get(clause)
    if not isinstance(var, Var):
        return
    cases = unpack_list(clause.cases)
    if len(cases) != 1 or _is_nil(f, cases[0]):
        f.declare(var, x)
        return
    f.declare(var, _held(f, x, f.typ(var.typ), words.get(clause)))


def _held(f: FuncLowering, x: Val, typ: Type, word: Value | None) -> Val:
    if word is not None:
        return Val(typ, (word, x.parts[1]))
    return interfaces.held(f, x.parts[1], typ)
