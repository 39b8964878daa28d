# SPDX-License-Identifier: BSD-3-Clause
"""Types that would have to contain themselves: `type T struct { t T }`.

The walk goes from a type into what is stored inside it. `nest` are the named types around, each inside the one before; `path` are all
that were passed. They differ where a type parameter is met: it stands for an argument that was written outside of the innermost type,
so the walk goes on in the nest that was there.

Source of the facts: src/cmd/compile/internal/types2/validtype.go, which has a worked example.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pygo_cross.types.check.cycles import name_on_path, report_cycle
from pygo_cross.types.predicates import identical
from pygo_cross.types.types import INVALID_TYPE, Array, Interface, Named, Struct, Type, TypeParam, Union, unalias

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


def valid_type(check: Checker, typ: Named) -> None:
    """Report a type that contains itself, and make it invalid."""
    _valid(check, typ, [], [])


def _valid(check: Checker, typ: Type, nest: list[Named], path: list[Named]) -> bool:
    """Whether all is well; `nest` and `path` are as they were when this returns True."""
    typ = unalias(typ)
    kind = type(typ)
    parts: Iterable[Type | None] = ()
    if kind is Named:
        assert isinstance(typ, Named)
        return typ in check.valid_types or _valid_named(check, typ, nest, path)
    if kind is Array:
        assert isinstance(typ, Array)
        return _valid(check, typ.elem, nest, path)
    if kind is Struct:
        assert isinstance(typ, Struct)
        parts = [field.typ for field in typ.fields]
    elif kind is Union:
        assert isinstance(typ, Union)
        parts = [term.typ for term in typ.terms]
    elif kind is Interface:
        assert isinstance(typ, Interface)
        parts = typ.embeddeds
    elif kind is TypeParam and nest:
        instance = nest[-1]
        for tparam, targ in zip(instance.tparams, instance.targs, strict=False):
            if tparam is typ:
                nest.pop()
                valid = _valid(check, targ, nest, path)
                nest.append(instance)
                return valid
    for part in parts:  # noqa: SIM110 (a generator takes C stack)
        if part is not None and not _valid(check, part, nest, path):
            return False
    return True


def _valid_named(check: Checker, typ: Named, nest: list[Named], path: list[Named]) -> bool:
    origin = typ.orig
    if origin.obj.pkg is not check.pkg and not typ.targs:
        return True  # complete when it was imported, and it can't contain what is declared here
    if _contains(nest, typ):
        origin.rhs = INVALID_TYPE
        for start, passed in enumerate(path):
            if passed is typ or (typ.targs and identical(passed, typ)):
                report_cycle(check, [name_on_path(check, one) for one in path[start:]], 0)
                return False
        raise check.bug("a nested type that was not passed")
    nest.append(typ)
    path.append(typ)
    valid = _valid(check, origin.rhs, nest, path)
    nest.pop()
    path.pop()
    if valid and not typ.targs and not typ.tparams:
        # Were it in anything that it contains, the walk would have come around. Of a generic type that depends on its type arguments.
        check.valid_types.add(typ)
    return valid


def _contains(nest: list[Named], typ: Named) -> bool:
    if typ in nest:
        return True
    return bool(typ.targs) and any(outer.orig is typ.orig and identical(outer, typ) for outer in nest)
