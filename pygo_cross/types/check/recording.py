# SPDX-License-Identifier: BSD-3-Clause
"""Writing what was found out into `Info`.

An expression without a type of its own (an untyped constant, a comparison, a shift of one) waits in `Checker.untyped` until its
context gives it one, or until the end.

Source of the facts: src/cmd/compile/internal/types2/recording.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import IndexExpr, Name, Node, ParenExpr, SelectorExpr
from pygo_cross.types.check.info import Instance, TypeAndValue
from pygo_cross.types.check.operand import BUILTIN, CONSTANT, INVALID, NOVALUE, Operand
from pygo_cross.types.constant import Value
from pygo_cross.types.objects import LOCAL_VAR, Object, Var
from pygo_cross.types.selection import Selection
from pygo_cross.types.types import IS_UNTYPED, Basic, Tuple, Type

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


class Untyped:
    """An expression that has no type of its own yet. `is_lhs`: it is what a shift shifts, and its type comes from around the shift."""

    __slots__ = ("is_lhs", "mode", "typ", "val")

    def __init__(self, is_lhs: bool, mode: int, typ: Basic, val: Value | None) -> None:
        self.is_lhs = is_lhs
        self.mode = mode
        self.typ = typ
        self.val = val


def record(check: Checker, x: Operand) -> None:
    """An expression is evaluated."""
    mode = x.mode
    if mode == INVALID:
        return
    typ, e = x.typ, x.expr
    assert e is not None
    if type(typ) is Basic and typ.info & IS_UNTYPED and mode != NOVALUE:
        check.untyped[e] = Untyped(False, mode, typ, x.val if mode == CONSTANT else None)
    else:
        check.info.types[e] = TypeAndValue(mode, None if mode == NOVALUE else typ, x.val if mode == CONSTANT else None)


def remember_untyped(check: Checker, e: Node, is_lhs: bool, mode: int, typ: Basic, val: Value | None) -> None:
    """An expression waits for its type."""
    check.untyped[e] = Untyped(is_lhs, mode, typ, val)


def record_untyped(check: Checker) -> None:
    """No more types will come for what still waits."""
    for e, waiting in check.untyped.items():
        record_type_and_value(check, e, waiting.mode, waiting.typ, waiting.val)
    check.untyped.clear()


def record_type_and_value(check: Checker, e: Node, mode: int, typ: Type | None, val: Value | None) -> None:
    """The type, and the value, of an expression."""
    if mode != INVALID:
        check.info.types[e] = TypeAndValue(mode, typ, val)


def record_builtin_type(check: Checker, e: Node, sig: Type) -> None:
    """The name of a predeclared function has, at this call, a signature."""
    while True:
        record_type_and_value(check, e, BUILTIN, sig, None)
        if not isinstance(e, ParenExpr):
            return
        e = e.x


def record_comma_ok_types(check: Checker, e: Node, first: Operand, second: Operand) -> None:
    """An expression is used with ", ok" (or as value and error): it has a pair of types."""
    if first.mode == INVALID:
        return
    assert first.typ is not None and second.typ is not None
    while True:
        found = check.info.types[e]
        pair = Tuple([Var(LOCAL_VAR, e.pos, check.pkg, "", typ) for typ in (first.typ, second.typ)])
        check.info.types[e] = TypeAndValue(found.mode, pair, found.val)
        if not isinstance(e, ParenExpr):
            return
        e = e.x


def record_instance(check: Checker, e: Node, targs: tuple[Type, ...], typ: Type) -> None:
    """The generic thing that an expression names has type arguments here."""
    if isinstance(e, IndexExpr):
        e = e.x
    name = e.sel if isinstance(e, SelectorExpr) else e
    if not isinstance(name, Name):
        raise check.bug("an instance of what has no name", e)
    check.info.instances[name] = Instance(targs, typ)


def record_selection(
    check: Checker, x: SelectorExpr, kind: int, recv: Type, obj: Object, index: tuple[int, ...], indirect: bool
) -> None:
    """x.f is a field or a method."""
    check.info.uses[x.sel] = obj
    check.info.selections[x] = Selection(kind, recv, obj, index, indirect)
