# SPDX-License-Identifier: BSD-3-Clause
"""Unification: finds types for type parameters that make two types match.

A `Unifier` solves for a list of type parameters, the bound ones. Each call of `unify` either fails, or finds that the two types match if
the bound type parameters stand for the types that it has noted meanwhile. Bound type parameters that were matched with each other share
one cell, so that what is found for one is found for all.

How exactly types must match is a mode of two bits. `EXACT`: they must be identical. Otherwise a defined type also matches a type literal
that its underlying type matches, directions of channels don't count, and an interface matches a type that has its methods. `ASSIGN`: the
two meet in an assignment; inexact matches are for the outermost type alone, what types contain must match exactly.

Facts: src/cmd/compile/internal/types2/unify.go; the language specification, "Type unification".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, final

from .lookup import lookup_field_or_method
from .objects import Func
from .predicates import Pairs, common_underlying, identical, is_type_literal
from .types import (
    SEND_RECV,
    UNRESOLVED,
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
    as_named,
    as_type_param,
    unalias,
)
from .typeset import TypeSet, terms_equal

if TYPE_CHECKING:
    from .hooks import Hooks

INEXACT: Final = 0
ASSIGN: Final = 1
EXACT: Final = 2

_DEPTH_LIMIT: Final = 50  # types that lead deeper are taken not to match; stock's limit


@final
class Cell:
    """What has been found for a type parameter, and for those matched with it."""

    __slots__ = ("typ",)

    def __init__(self, typ: Type | None) -> None:
        self.typ = typ


@final
class Unifier:
    """See the module. `targs` are types that are known from the start, None or missing where not; `interfaces` says whether interfaces
    match by their methods (since go1.21); `env` checks methods whose signatures are not known yet."""

    __slots__ = ("cells", "depth", "env", "interfaces")

    def __init__(
        self, tparams: Sequence[TypeParam], targs: Sequence[Type | None], interfaces: bool = True, env: Hooks | None = None
    ) -> None:
        self.cells = {tparam: Cell(targs[i] if i < len(targs) else None) for i, tparam in enumerate(tparams)}
        self.interfaces = interfaces
        self.env = env
        self.depth = 0

    def at(self, tparam: TypeParam) -> Type | None:
        """What has been found for a bound type parameter."""
        return self.cells[tparam].typ

    def set(self, tparam: TypeParam, t: Type) -> None:
        """Notes a type for a bound type parameter and all that share its cell."""
        self.cells[tparam].typ = t

    def unknowns(self) -> int:
        """How many bound type parameters have no type yet."""
        return sum(cell.typ is None for cell in self.cells.values())

    def inferred(self, tparams: Iterable[TypeParam]) -> list[Type | None]:
        """What has been found for each of some bound type parameters."""
        return [self.cells[tparam].typ for tparam in tparams]

    def unify(self, x: Type, y: Type, mode: int) -> bool:
        """Whether the types match, with what is noted before and by this call."""
        return self._unify(x, y, mode, None)

    def _bound(self, t: Type) -> TypeParam | None:
        tparam = as_type_param(t)
        return tparam if tparam is not None and tparam in self.cells else None

    def _join(self, x: TypeParam, y: TypeParam) -> bool:
        """Makes two bound type parameters share a cell, unless both have types."""
        cx, cy = self.cells[x], self.cells[y]
        if cx is cy:
            return True
        if cx.typ is not None and cy.typ is not None:
            return False
        kept, dropped = (cx, cy) if cx.typ is not None else (cy, cx)
        for tparam, cell in self.cells.items():
            if cell is dropped:
                self.cells[tparam] = kept
        return True

    def _unify(self, x: Type, y: Type, mode: int, pairs: Pairs | None) -> bool:
        if x is y or unalias(x) is unalias(y):
            return True
        if self.depth >= _DEPTH_LIMIT:
            return False
        self.depth += 1
        matches = self._match(x, y, mode, pairs)
        self.depth -= 1
        return matches

    def _match(self, x: Type, y: Type, mode: int, pairs: Pairs | None) -> bool:
        # If one is a defined type, y is; if one is a bound type parameter, x is.
        if as_named(x) is not None or self._bound(y) is not None:
            x, y = y, x
        named = as_named(y)
        if mode & EXACT == 0 and named is not None and is_type_literal(x) and not (self.interfaces and type(x.underlying()) is Interface):
            y = named.underlying()
            if x is y or unalias(x) is unalias(y):
                return True
        px, py = self._bound(x), self._bound(y)
        if px is not None:
            if py is not None:
                if self._join(px, py):
                    return True
                tx, ty = self.at(px), self.at(py)
                assert tx is not None and ty is not None
                return self._unify(tx, ty, mode, pairs)
            known = self.at(px)
            if known is None:
                self.set(px, y)
                return True
            return self._unify(known, y, mode, pairs) and self._choose(px, known, y, mode)
        if self.interfaces and mode & EXACT == 0:
            xi, yi = _as_interface(x), _as_interface(y)
            if xi is not None and yi is not None:
                return self._interfaces(xi, yi, pairs)
            if xi is not None:
                return self._implements(y, xi, pairs)
            if yi is not None:
                return self._implements(x, yi, pairs)
        # A type parameter from here on is not bound; if one is there, x is.
        if as_type_param(y) is not None:
            x, y = y, x
        whole = y
        x, y = unalias(x), unalias(y)
        if type(x) is TypeParam:
            # What its type set has in common is what is known of it.
            core = common_underlying(x)[0]
            return core is not None and self._unify(core, whole, ASSIGN, pairs)
        kind = type(x)
        if kind is not type(y) or x is UNRESOLVED:
            return False
        match = _MATCH.get(kind)
        return match is not None and match(self, x, y, mode, mode | EXACT if mode & ASSIGN else mode, pairs)

    def _choose(self, tparam: TypeParam, x: Type, y: Type, mode: int) -> bool:
        """After x, which a type parameter has, matched y: which of the two it shall have; False if neither can be preferred."""
        xi, yi = _as_interface(x), _as_interface(y)
        x_named, y_named = as_named(x) is not None, as_named(y) is not None
        if xi is not None and yi is not None:
            if x_named and y_named:
                return identical(x, y)
            if len(xi.type_set().methods) != len(yi.type_set().methods):
                return False
        elif xi is not None or yi is not None:
            return False  # either would do: the result would depend on the order
        if mode & EXACT == 0 and not x_named:
            # A defined type wins, then a channel with a direction: values of the other type can be assigned to it.
            under = y.underlying()
            if y_named or (type(under) is Chan and under.dir != SEND_RECV):
                self.set(tparam, y)
        return True

    def _interfaces(self, x: Interface, y: Interface, pairs: Pairs | None) -> bool:
        """Inexactly: one must have a part of the other's methods."""
        xset, yset = x.type_set(), y.type_set()
        if not _same_terms(xset, yset):
            return False
        if pairs is not None and ((x, y) in pairs or (y, x) in pairs):
            return True
        if pairs is None:
            pairs = set()
        pairs.add((x, y))
        few, many = xset.methods, yset.methods
        if len(few) > len(many):
            few, many = many, few
        by_id = {method.id(): method for method in many}
        for method in few:
            other = by_id.get(method.id())
            if other is None or not self._unify(method.signature, other.signature, EXACT, pairs):
                return False
        return True

    def _implements(self, t: Type, iface: Interface, pairs: Pairs | None) -> bool:
        """Inexactly: the type must have the interface's methods. A generic method is never one of them."""
        for method in iface.type_set().methods:
            found = lookup_field_or_method(t, False, method.pkg, method.name).obj
            if type(found) is not Func:
                return False
            if found.typ is UNRESOLVED and self.env is not None:
                self.env.check_object(found)
            if found.signature.tparams or not self._unify(method.signature, found.signature, EXACT, pairs):
                return False
        return True

    def _basic(self, x: Basic, y: Basic, mode: int, inner: int, pairs: Pairs | None) -> bool:
        return x.kind == y.kind

    def _array(self, x: Array, y: Array, mode: int, inner: int, pairs: Pairs | None) -> bool:
        return (x.len == y.len or x.len < 0 or y.len < 0) and self._unify(x.elem, y.elem, inner, pairs)

    def _elem(self, x: Slice | Pointer, y: Slice | Pointer, mode: int, inner: int, pairs: Pairs | None) -> bool:
        return self._unify(x.elem, y.elem, inner, pairs)

    def _struct(self, x: Struct, y: Struct, mode: int, inner: int, pairs: Pairs | None) -> bool:
        if len(x.fields) != len(y.fields):
            return False
        for i, f in enumerate(x.fields):
            g = y.fields[i]
            if f.embedded is not g.embedded or x.tag(i) != y.tag(i) or not f.same_id(g.pkg, g.name):
                return False
            if not self._unify(f.typ, g.typ, inner, pairs):
                return False
        return True

    def _tuple(self, x: Tuple, y: Tuple, mode: int, inner: int, pairs: Pairs | None) -> bool:
        if len(x.vars) != len(y.vars):
            return False
        for i, v in enumerate(x.vars):  # noqa: SIM110 (a generator takes C stack)
            if not self._unify(v.typ, y.vars[i].typ, mode, pairs):
                return False
        return True

    def _signature(self, x: Signature, y: Signature, mode: int, inner: int, pairs: Pairs | None) -> bool:
        if x.variadic is not y.variadic:
            return False
        return self._unify(x.params, y.params, inner, pairs) and self._unify(x.results, y.results, inner, pairs)

    def _interface(self, x: Interface, y: Interface, mode: int, inner: int, pairs: Pairs | None) -> bool:
        """Exactly (or before go1.21): both must have the same methods."""
        xset, yset = x.type_set(), y.type_set()
        if not _same_terms(xset, yset) or len(xset.methods) != len(yset.methods):
            return False
        if pairs is None:
            pairs = set()
        elif (x, y) in pairs or (y, x) in pairs:
            return True
        pairs.add((x, y))
        for i, f in enumerate(xset.methods):
            g = yset.methods[i]
            if f.id() != g.id() or not self._unify(f.signature, g.signature, EXACT, pairs):
                return False
        return True

    def _map(self, x: Map, y: Map, mode: int, inner: int, pairs: Pairs | None) -> bool:
        return self._unify(x.key, y.key, inner, pairs) and self._unify(x.elem, y.elem, inner, pairs)

    def _chan(self, x: Chan, y: Chan, mode: int, inner: int, pairs: Pairs | None) -> bool:
        return (mode & EXACT == 0 or x.dir == y.dir) and self._unify(x.elem, y.elem, inner, pairs)

    def _named(self, x: Named, y: Named, mode: int, inner: int, pairs: Pairs | None) -> bool:
        # Type arguments first: what they tell makes better messages.
        if len(x.targs) != len(y.targs):
            return False
        for i, targ in enumerate(x.targs):
            if not self._unify(targ, y.targs[i], mode, pairs):
                return False
        return x.orig is y.orig


_MATCH: Final[dict[type[Type], Callable[..., bool]]] = {
    Basic: Unifier._basic,
    Array: Unifier._array,
    Slice: Unifier._elem,
    Pointer: Unifier._elem,
    Struct: Unifier._struct,
    Tuple: Unifier._tuple,
    Signature: Unifier._signature,
    Interface: Unifier._interface,
    Map: Unifier._map,
    Chan: Unifier._chan,
    Named: Unifier._named,
}


def _as_interface(t: Type) -> Interface | None:
    """The underlying interface of what is no type parameter."""
    if as_type_param(t) is not None:
        return None
    under = t.underlying()
    return under if type(under) is Interface else None


def _same_terms(x: TypeSet, y: TypeSet) -> bool:
    return x.comparable is y.comparable and terms_equal(x.terms, y.terms)
