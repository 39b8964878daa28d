# SPDX-License-Identifier: BSD-3-Clause
"""Makes identical instances of generic types one object.

An instance is kept under its origin and a key of each type argument. Equal keys mean identical types, so a look-up needs no comparison of
types; identical types may have different keys (an interface that is not complete yet, another alias), which only costs a second
object: `predicates.identical` compares instances by their parts.

Facts: src/cmd/compile/internal/types2/context.go says what a context is for; the keys are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, final

from .objects import make_id
from .types import (
    Alias,
    Array,
    Basic,
    Chan,
    Interface,
    Map,
    Named,
    Pointer,
    Signature,
    Slice,
    Struct,
    Tuple,
    Type,
    TypeParam,
)

Key = Hashable


@final
class Context:
    """The instances made so far."""

    __slots__ = ("instances",)

    def __init__(self) -> None:
        self.instances: dict[Key, Named | Alias] = {}

    def lookup(self, orig: Named | Alias, targs: tuple[Type, ...]) -> Named | Alias | None:
        """The instance of `orig` with these type arguments, if there is one."""
        return self.instances.get(self.key(orig, targs))

    def update(self, orig: Named | Alias, targs: tuple[Type, ...], instance: Named | Alias) -> Named | Alias:
        """Keeps an instance, unless an identical one is there: that is the result then."""
        return self.instances.setdefault(self.key(orig, targs), instance)

    def key(self, orig: Named | Alias, targs: tuple[Type, ...]) -> Key:
        """The key of an instance."""
        return (orig, *[type_key(t) for t in targs])


def type_key(t: Type, tparams: tuple[TypeParam, ...] = (), seen: set[Interface] | None = None) -> Key:
    """A value that only identical types have. `tparams` are those of a generic signature around `t`, whose names say nothing; `seen` the
    interfaces around it.
    """
    if type(t) is Alias:
        # Two instances that differ in the name of an argument's alias are two objects, as in stock: each is printed as it was written.
        actual = t.unaliased()
        name = (t.obj.pkg.path if t.obj.pkg is not None else "", t.obj.name, *[type_key(targ, tparams, seen) for targ in t.targs])
        return ("=", name, type_key(actual, tparams, seen))
    make = _MAKERS.get(type(t))
    return t if make is None else make(t, tparams, seen)


def _basic(t: Basic, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    return t.kind


def _array(t: Array, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    return ("[n]", t.len, type_key(t.elem, tparams, seen))


def _slice(t: Slice, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    return ("[]", type_key(t.elem, tparams, seen))


def _pointer(t: Pointer, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    return ("*", type_key(t.elem, tparams, seen))


def _map(t: Map, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    return ("map", type_key(t.key, tparams, seen), type_key(t.elem, tparams, seen))


def _chan(t: Chan, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    return ("chan", t.dir, type_key(t.elem, tparams, seen))


def _struct(t: Struct, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    return (
        "struct",
        *[(make_id(f.pkg, f.name), f.embedded, type_key(f.typ, tparams, seen), t.tag(i)) for i, f in enumerate(t.fields)],
    )


def _tuple(t: Tuple, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    return ("()", *[type_key(v.typ, tparams, seen) for v in t.vars])


def _signature(t: Signature, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    if t.tparams:
        tparams += t.tparams
    return (
        "func",
        t.variadic,
        tuple([type_key(p.bound, tparams, seen) for p in t.tparams]),
        _tuple(t.params, tparams, seen),
        _tuple(t.results, tparams, seen),
    )


def _interface(t: Interface, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    # A type set is not computed for this: embedded types may still be under construction.
    if not t.complete or (t.tset is None and t.embeddeds):
        return t
    if seen is None:
        seen = set()
    elif t in seen:
        return t
    seen.add(t)
    methods = t.methods if t.tset is None else t.tset.methods
    keys = tuple([(make_id(m.pkg, m.name), type_key(m.typ, tparams, seen)) for m in methods])
    terms: Key = None
    if t.tset is not None and not t.tset.is_method_set():
        terms = frozenset([(term.tilde, None if term.typ is None else type_key(term.typ, tparams, seen)) for term in t.tset.terms])
    seen.remove(t)
    if terms is None or t.tset is None:
        return ("interface", keys)
    return ("interface", keys, t.tset.comparable, terms)


def _named(t: Named, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    return (t.orig, *[type_key(targ, tparams, seen) for targ in t.targs]) if t.targs else t


def _type_param(t: TypeParam, tparams: tuple[TypeParam, ...], seen: set[Interface] | None) -> Key:
    return ("$", tparams.index(t)) if t in tparams else t


_MAKERS: Final[dict[type[Type], Callable[..., Key]]] = {
    Basic: _basic,
    Array: _array,
    Slice: _slice,
    Pointer: _pointer,
    Map: _map,
    Chan: _chan,
    Struct: _struct,
    Tuple: _tuple,
    Signature: _signature,
    Interface: _interface,
    Named: _named,
    TypeParam: _type_param,
}
