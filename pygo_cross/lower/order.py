# SPDX-License-Identifier: BSD-3-Clause
"""In which order the operands of an expression or statement are evaluated.

The language orders calls, receives and logical operations; when variables and elements are read in between is free. Programs see it all the
same, so it is as stock has it: calls go first, in their order, and what is left is evaluated after them: in `x + f()`, the variable is
read when f has returned, and so is the element (and its index checked) in `a[i] = f()`.

Most expressions look the same in either order. `begin` looks at operands that are to be evaluated together, and only if something would
be read before a call that could change it, the calls are made at once and their values kept for when evaluation comes to them
(`FuncLowering.early`). Operands of a call are another matter than what is around it, and so is the right side of && and ||.

Facts: the language specification, "Order of evaluation"; src/cmd/compile/internal/walk/order.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import (
    AssertExpr,
    BasicLit,
    CallExpr,
    CompositeLit,
    Expr,
    FuncLit,
    IndexExpr,
    KeyValueExpr,
    ListExpr,
    Name,
    Node,
    Operation,
    ParenExpr,
    SelectorExpr,
    SliceExpr,
)
from pygo_cross.types import universe as u
from pygo_cross.types.check.operand import BUILTIN, TYPEXPR
from pygo_cross.types.objects import PACKAGE_VAR, Builtin, Var
from pygo_cross.types.types import Map, Pointer, Tuple

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

_SIMPLE: Final = frozenset((Name, BasicLit, FuncLit))
_AT_ONCE: Final = frozenset((u.APPEND, u.COPY, u.MAKE, u.NEW, u.RECOVER))


def begin(f: FuncLowering, operands: Sequence[Expr | None], assigned: int = 0) -> bool:
    """Operands are going to be evaluated, in this order; the first `assigned` are assigned to. What comes back is for `end`."""
    before = f.ordered
    # Behind the first operand there is something to be called, or there is no question here (but within the first there may be one).
    if not before and any(type(e) not in _SIMPLE for e in operands[1:]):
        f.ordered = True
        if _changes(f, operands, assigned):
            for e in operands:
                if e is not None:
                    _call_early(f, e)
    return before


def end(f: FuncLowering, before: bool) -> None:
    """The operands are evaluated."""
    f.ordered = before


def apart(f: FuncLowering) -> bool:
    """What comes now is evaluated by itself: the operands of a call, what stands behind && and ||. The result is for `end`."""
    before = f.ordered
    f.ordered = False
    return before


class _Read:
    """Stands, on the stack of `_changes`, behind the parts of what reads memory or may panic."""


_READ: Final = _Read()


def _changes(f: FuncLowering, operands: Sequence[Expr | None], assigned: int) -> bool:
    """Whether something is read that a call behind it could change."""
    info = f.package.info
    stack: list[Node | _Read | None] = list(reversed(operands))
    for i in range(assigned):
        if type(operands[i]) is Name:
            stack[-1 - i] = None
    read = False
    while stack:
        e = stack.pop()
        kind = type(e)
        if e is None or kind is BasicLit or kind is FuncLit:
            continue
        if isinstance(e, _Read):
            read = True
        elif isinstance(e, Name):
            if not read:
                obj = info.uses.get(e)
                read = isinstance(obj, Var) and (obj.kind == PACKAGE_VAR or obj in f.in_memory or obj in f.addresses)
        elif isinstance(e, ParenExpr):
            stack.append(e.x)
        elif isinstance(e, CallExpr):
            found = info.types.get(e.fun)
            if found is None or found.mode not in (TYPEXPR, BUILTIN):
                if read:
                    return True
            else:
                stack += reversed(e.arg_list)
        elif isinstance(e, Operation):
            if e.op == tk.RECV or e.op in (tk.AND_AND, tk.OR_OR):
                if read:
                    return True
            elif e.y is not None:
                if e.op in (tk.DIV, tk.REM, tk.SHL, tk.SHR):
                    stack.append(_READ)
                stack += (e.y, e.x)
            elif e.op == tk.AND:
                stack.append(None if type(e.x) is Name else e.x)
            else:
                if e.op == tk.MUL:
                    stack.append(_READ)
                stack.append(e.x)
        elif isinstance(e, SelectorExpr):
            selection = info.selections.get(e)
            if selection is None:
                stack.append(e.sel)
            else:
                if selection.indirect or isinstance(f.type_of(e.x).underlying(), Pointer):
                    stack.append(_READ)
                stack.append(e.x)
        elif isinstance(e, IndexExpr):
            if e.x in info.instances:
                continue
            stack += (_READ, e.index, e.x)
        elif isinstance(e, SliceExpr):
            stack += (e.max, e.high, e.low, e.x)
        elif isinstance(e, AssertExpr):
            stack.append(e.x)
        elif isinstance(e, CompositeLit):
            stack += reversed(e.elem_list)
        elif isinstance(e, KeyValueExpr):
            stack.append(e.value)
        elif isinstance(e, ListExpr):
            stack += reversed(e.elem_list)
    return False


def _call_early(f: FuncLowering, operand: Expr) -> None:
    """Evaluate the calls within an operand, and keep their values."""
    info = f.package.info
    stack: list[Expr | None] = [operand]
    while stack:
        e = stack.pop()
        if e is None or type(e) in _SIMPLE:
            continue
        found = info.types.get(e)
        if found is not None and found.val is not None:
            continue
        if isinstance(e, ParenExpr):
            stack.append(e.x)
        elif isinstance(e, CallExpr):
            fun = info.types.get(e.fun)
            if fun is not None and (fun.mode == TYPEXPR or (fun.mode == BUILTIN and not _at_once(f, e))):
                stack += reversed(e.arg_list)
            elif found is None or not (found.typ is None or isinstance(found.typ, Tuple)):
                _keep(f, e)
        elif isinstance(e, Operation):
            if e.op == tk.RECV or e.op in (tk.AND_AND, tk.OR_OR):
                _keep(f, e)
            else:
                stack += (e.y, e.x)
        elif isinstance(e, SelectorExpr):
            if e in info.selections:
                stack.append(e.x)
        elif isinstance(e, IndexExpr):
            if e.x not in info.instances:
                stack += (e.index, e.x)
        elif isinstance(e, SliceExpr):
            _keep(f, e)
        elif isinstance(e, AssertExpr):
            stack.append(e.x)
        elif isinstance(e, CompositeLit):
            if not isinstance(f.type_of(e).underlying(), Map):
                stack += [one.value if isinstance(one, KeyValueExpr) else one for one in reversed(e.elem_list)]
        elif isinstance(e, ListExpr):
            stack += reversed(e.elem_list)


def _at_once(f: FuncLowering, e: CallExpr) -> bool:
    """Whether a call of a predeclared function is made where it stands."""
    name = e.fun
    while isinstance(name, ParenExpr):
        name = name.x
    obj = f.package.info.uses.get(name) if isinstance(name, Name) else None
    return isinstance(obj, Builtin) and obj.id_ in _AT_ONCE


def _keep(f: FuncLowering, e: Expr) -> None:
    from pygo_cross.lower import exprs

    before = apart(f)
    value = exprs.expr(f, e)
    f.early[e] = value if isinstance(e, CallExpr) else f.kept(value)  # what a call gives is nobody else's
    end(f, before)
