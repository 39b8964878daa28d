# SPDX-License-Identifier: BSD-3-Clause
"""What to say when a field or method isn't there: whether another spelling is, or it is there but not exported.

Source of the facts: the table in src/cmd/compile/internal/types2/errsupport.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.types.objects import Func, Object, Var, is_exported
from pygo_cross.types.types import Type

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

_MISSING: Final = 0
_MISSPELLED: Final = 1
_UNEXPORTED: Final = 2
_INACCESSIBLE: Final = 3


def lookup_error(check: Checker, typ: Type, name: str, found: Object | None, in_literal: bool) -> str:
    """The words for a name that a type doesn't have; `found` is what it has if upper and lower case are ignored."""
    case = _case(check, name, found)
    other = found.name if found is not None else ""
    sprintf = check.formatter.sprintf
    if in_literal:
        if case == _INACCESSIBLE:
            return sprintf("cannot refer to unexported field %s in struct literal of type %s", other, typ)
        text = sprintf("unknown field %s in struct literal of type %s", name, typ)
        more = {_MISSPELLED: ", but does have ", _UNEXPORTED: ", but does have unexported "}.get(case)
        return text + more + other if more else text
    what = "field" if isinstance(found, Var) else "method" if isinstance(found, Func) else "object"
    if case == _INACCESSIBLE:
        return f"cannot refer to unexported {what} {other}"
    text = sprintf("type %s has no field or method %s", typ, name)
    more = {_MISSPELLED: ", but does have ", _UNEXPORTED: ", but does have unexported "}.get(case)
    return f"{text}{more}{what} {other}" if more else text


def _case(check: Checker, name: str, found: Object | None) -> int:
    if found is None:
        return _MISSING
    if found.pkg is check.pkg:
        return _MISSPELLED
    other = found.name
    if is_exported(name):
        if is_exported(other):
            return _MISSPELLED
        return _UNEXPORTED if name[1:] == other[1:] else _MISSING
    if is_exported(other):
        return _MISSPELLED if name[1:] == other[1:] else _MISSING
    return _INACCESSIBLE if name == other else _MISSING
