# SPDX-License-Identifier: BSD-3-Clause
"""Types for tests, written in a few lines of Python."""

from __future__ import annotations

from pygo_cross.types.context import Context
from pygo_cross.types.objects import FIELD_VAR, PARAM_VAR, RECV_VAR, RESULT_VAR, Func, TypeName, Var, method_order
from pygo_cross.types.package import Package
from pygo_cross.types.types import (
    Interface,
    Named,
    Pointer,
    Signature,
    Struct,
    Term,
    Tuple,
    Type,
    TypeParam,
    Union,
    bind,
)
from pygo_cross.types.universe import ANY

PKG = Package("example.com/p", "p")
OTHER = Package("example.com/q", "q")
CONTEXT = Context()


def tparam(name: str, bound: Type = ANY) -> TypeParam:
    """A type parameter, not in a list yet."""
    return TypeParam(TypeName(0, PKG, name), bound)


def func(*params: Type, results: tuple[Type, ...] = (), tparams: tuple[TypeParam, ...] = (), variadic: bool = False) -> Signature:
    """A function type without names."""
    return Signature(
        Tuple([Var(PARAM_VAR, 0, PKG, "", t) for t in params]),
        Tuple([Var(RESULT_VAR, 0, PKG, "", t) for t in results]),
        variadic,
        tparams=bind(tparams),
    )


def struct(package: Package = PKG, embedded: tuple[str, ...] = (), **fields: Type) -> Struct:
    """A struct with named fields, those in `embedded` embedded."""
    return Struct([Var(FIELD_VAR, 0, package, name, t, name in embedded) for name, t in fields.items()])


def interface(*embeddeds: Type, **methods: Signature) -> Interface:
    """An interface without a name."""
    iface = Interface([], list(embeddeds))
    for _name, sig in methods.items():
        sig.recv = Var(RECV_VAR, 0, PKG, "", iface)
    iface.methods = sorted([Func(0, PKG, name, sig) for name, sig in methods.items()], key=method_order)
    return iface


def union(*terms: Type | tuple[Type]) -> Union:
    """A union; a term in a tuple of one has a tilde."""
    return Union([Term(True, t[0]) if isinstance(t, tuple) else Term(False, t) for t in terms])


def named(name: str, rhs: Type | None = None, tparams: tuple[TypeParam, ...] = (), package: Package = PKG) -> Named:
    """A defined type."""
    t = Named(TypeName(0, package, name), rhs)
    t.set_tparams(tparams)
    return t


def method(t: Named, name: str, sig: Signature, pointer: bool = False, rparams: tuple[TypeParam, ...] = ()) -> Func:
    """Declares a method. For a generic type, `rparams` must be its type arguments in the receiver."""
    from pygo_cross.types.instantiate import instance_of_named

    base: Type = instance_of_named(t, rparams, CONTEXT) if rparams else t
    sig.rparams = rparams
    sig.recv = Var(RECV_VAR, 0, t.obj.pkg, "", Pointer(base) if pointer else base)
    declared = Func(0, t.obj.pkg, name, sig)
    t.add_method(declared)
    return declared
