# SPDX-License-Identifier: BSD-3-Clause
"""Declarations that lead back to themselves: which are mistakes, and how they are told.

Two ways to find them: type names that stand for nothing but each other (`type A B; type B A`) are found before anything is checked, by
following names; all others when an object is met again while it is being checked (`Checker.path`).

Source of the facts: src/cmd/compile/internal/types2/{cycles,decl}.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import Name
from pygo_cross.types.check.errors import Report, error
from pygo_cross.types.objects import Const, Object, TypeName, Var
from pygo_cross.types.predicates import is_generic
from pygo_cross.types.types import INVALID_TYPE, UNRESOLVED, Alias, Named, Type
from pygo_cross.types.typestring import package_prefix, type_string

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


def direct_cycles(check: Checker) -> None:
    """Report type names that are declared as each other, and make one of each circle invalid."""
    done: set[TypeName] = set()
    for obj in check.decls:
        if isinstance(obj, TypeName) and obj not in done:
            _follow(check, obj, done)


def _follow(check: Checker, obj: TypeName, done: set[TypeName]) -> None:
    """Go from name to name until something else, or a name seen before, is met."""
    place: dict[TypeName, int] = {}
    current: Object | None = obj
    while isinstance(current, TypeName) and current not in done:
        if current in place:
            current.typ = INVALID_TYPE
            circle = list(place)[place[current] :]
            report_cycle(check, circle, first_in_source(circle))
            break
        place[current] = len(place)
        decl = check.decls[current].tdecl
        assert decl is not None
        current = check.pkg.scope.lookup(decl.type.value) if isinstance(decl.type, Name) else None
    done.update(place)


def valid_cycle(check: Checker, obj: Object) -> bool:
    """Whether an object that is met while it is being checked may be so; it is reported if not.

    Types may be recursive, unless they are aliases all the way, and a type may be used in its own type parameters' constraints. Circles
    of constants and variables alone are found again when the order of initialisation is made, and told there.
    """
    circle = check.path[check.path_index[obj] :]
    values = definitions = 0
    for one in circle:
        if isinstance(one, (Const, Var)):
            values += 1
        elif isinstance(one, TypeName):
            if check.env.in_type_params and is_generic(one.typ):
                return True
            definitions += not one.is_alias()
    if values == len(circle) or (values == 0 and definitions > 0):
        return True
    report_cycle(check, circle, first_in_source(circle))
    return False


def is_complete(check: Checker, typ: Type) -> bool:
    """Whether a type has an underlying type already. If it leads back to what is being checked, that is reported."""
    while isinstance(typ, (Alias, Named)):
        if typ.targs:
            # What is being checked is the generic type, not this instance of it.
            if isinstance(typ, Named) and not typ.unpacked:
                return True
            typ = typ.rhs
            continue
        at = check.path_index.get(typ.obj)
        if at is not None:
            circle = check.path[at:]
            report_cycle(check, circle, first_in_source(circle))
            return False
        typ = typ.rhs
    return True


def name_on_path(check: Checker, typ: Named) -> TypeName:
    """The object that stands for a type on a circle: of an instance one of its own, at the place where it is made."""
    if not typ.targs:
        return typ.obj
    name = check.instance_names.get(typ)
    if name is None:
        name = check.instance_names[typ] = TypeName(typ.pos, typ.obj.pkg, typ.obj.name, typ)
    return name


def report_cycle(check: Checker, circle: Sequence[Object], start: int) -> None:
    """Tell a circle of declarations, from one of them on."""
    obj = circle[start]
    is_type = isinstance(obj, TypeName)
    if isinstance(obj.typ, Alias) and is_type:
        obj.typ.rhs = INVALID_TYPE  # nothing more is said of it
    if len(circle) == 1:
        what = "invalid recursive type: %s refers to itself" if is_type else "invalid cycle in declaration: %s refers to itself"
        error(check, obj, "invalid-decl-cycle", what, _name(check, obj))
        return
    report = Report(check, "invalid-decl-cycle")
    report.add(obj, "invalid recursive type %s" if is_type else "invalid cycle in declaration of %s", _name(check, obj))
    for step in range(len(circle)):
        following = circle[(start + step + 1) % len(circle)]
        report.add(obj, "%s refers to %s", _name(check, obj), _name(check, following))
        obj = following
    report.report()


def first_in_source(circle: Sequence[Object]) -> int:
    """The index of the object that is declared first."""
    return min(range(len(circle)), key=lambda i: circle[i].pos)


def _name(check: Checker, obj: Object) -> str:
    typ = obj.typ
    if typ is not UNRESOLVED and isinstance(typ, Named) and typ.targs:
        return type_string(typ, check.formatter.qualifier)
    return package_prefix(obj.pkg, check.formatter.qualifier) + obj.name
