# SPDX-License-Identifier: BSD-3-Clause
"""Types that would have to contain themselves: `type T struct { t T }`.

The walk goes from a type into what is stored inside it. `nest` are the named types around, each inside the one before; `path` are all
that were passed. They differ where a type parameter is met: it stands for an argument that was written outside of the innermost type,
so the walk goes on in the nest that was there.

Source of the facts: src/cmd/compile/internal/types2/validtype.go, which has a worked example.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.types.check.cycles import name_on_path, report_cycle
from pygo_cross.types.predicates import identical
from pygo_cross.types.types import INVALID_TYPE, Array, Interface, Named, Struct, Type, TypeParam, Union, unalias

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


def valid_type(check: Checker, typ: Named) -> None:
    """Report a type that contains itself, and make it invalid."""
    _valid(check, typ, (), ())


def _valid(check: Checker, typ: Type, nest: tuple[Named, ...], path: tuple[Named, ...]) -> bool:
    typ = unalias(typ)
    kind = type(typ)
    if kind is Named:
        assert isinstance(typ, Named)
        return _valid_named(check, typ, nest, path)
    if kind is Array:
        assert isinstance(typ, Array)
        return _valid(check, typ.elem, nest, path)
    if kind is Struct:
        assert isinstance(typ, Struct)
        return all(_valid(check, field.typ, nest, path) for field in typ.fields)
    if kind is Union:
        assert isinstance(typ, Union)
        return all(term.typ is None or _valid(check, term.typ, nest, path) for term in typ.terms)
    if kind is Interface:
        assert isinstance(typ, Interface)
        return all(_valid(check, embedded, nest, path) for embedded in typ.embeddeds)
    if kind is TypeParam and nest:
        instance = nest[-1]
        for tparam, targ in zip(instance.tparams, instance.targs, strict=False):
            if tparam is typ:
                return _valid(check, targ, nest[:-1], path)
    return True


def _valid_named(check: Checker, typ: Named, nest: tuple[Named, ...], path: tuple[Named, ...]) -> bool:
    origin = typ.orig
    if origin.obj.pkg is not check.pkg and not typ.targs:
        return True  # complete when it was imported, and it can't contain what is declared here
    for outer in nest:
        if identical(outer, typ):
            origin.rhs = INVALID_TYPE
            for start, passed in enumerate(path):
                if identical(passed, typ):
                    report_cycle(check, [name_on_path(check, one) for one in path[start:]], 0)
                    return False
            raise check.bug("a nested type that was not passed")
    return _valid(check, origin.rhs, (*nest, typ), (*path, typ))
