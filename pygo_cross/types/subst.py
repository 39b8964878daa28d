# SPDX-License-Identifier: BSD-3-Clause
"""Puts types in the place of type parameters.

Types are never changed: what contains no type parameter of the substitution comes back as the same object, anything else is built anew.
Defined types are not entered; an instance of one becomes the instance with the substituted type arguments, expanded when it is needed.

A declaration like `type T[P any] struct { *T[[]P] }` has no end: each expansion has a larger type argument. Stock reports such a cycle
when all else is checked, and runs out of memory if something looks into the type before that. Here an instance that a substitution makes
is the invalid type when its type arguments are larger than those of any real program, so that everything ends.

Facts: src/cmd/compile/internal/types2/subst.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, final

from .objects import Func, TypeName, Var
from .types import (
    INVALID_TYPE,
    NO_POS,
    UNRESOLVED,
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
    Term,
    Tuple,
    Type,
    TypeParam,
    Union,
)

if TYPE_CHECKING:
    from .context import Context
    from .hooks import Hooks

_DEEPEST: Final = 100  # nesting of a type argument
_LARGEST: Final = 50_000  # types in a type argument


@final
class Substitution:
    """`targs` for `tparams`, index by index; one that is None leaves its type parameter. Instances that come up are kept in `context` and
    belong to `env`; `pos` is where the substitution takes place in the source. `declared`, if set, says what becomes of a defined type
    (of an instance, its origin): one that a generic function declares is another type in each instance. Nothing may be unfinished then.
    """

    __slots__ = ("context", "declared", "env", "map", "pos")

    def __init__(
        self, tparams: Sequence[TypeParam], targs: Sequence[Type | None], context: Context, env: Hooks | None = None, pos: int = NO_POS
    ) -> None:
        self.map: dict[TypeParam, Type] = {p: p if targ is None else targ for p, targ in zip(tparams, targs, strict=True)}
        self.context = context
        self.env = env
        self.pos = pos
        self.declared: Callable[[Named], Type] | None = None

    def typ(self, t: Type) -> Type:
        """The type with type arguments in it."""
        kind = type(t)
        if kind is Basic:
            # An element that is not set up yet, as in type T[P any] []func(_ T([]_)), can only be part of an error.
            return INVALID_TYPE if t is UNRESOLVED else t
        return _SUBSTITUTE[kind](self, t) if self.map else t

    def types(self, types: Sequence[Type]) -> list[Type] | None:
        """A list of types with type arguments in them; None if none changes."""
        changed: list[Type] | None = None
        for i, t in enumerate(types):
            new = self.typ(t)
            if new is not t:
                if changed is None:
                    changed = list(types)
                changed[i] = new
        return changed

    def vars(self, variables: list[Var]) -> list[Var]:
        """Variables, those whose type changes cloned; the same list if none does."""
        changed: list[Var] | None = None
        for i, var in enumerate(variables):
            t = self.typ(var.typ)
            if t is not var.typ:
                if changed is None:
                    changed = list(variables)
                changed[i] = var.clone(t)
        return variables if changed is None else changed

    def tuple(self, t: Tuple) -> Tuple:
        """Parameters or results."""
        variables = self.vars(t.vars)
        return t if variables is t.vars else Tuple(variables)

    def _type_param(self, t: TypeParam) -> Type:
        return self.map.get(t, t)

    def _array(self, t: Array) -> Type:
        elem = self.typ(t.elem)
        return t if elem is t.elem else Array(elem, t.len)

    def _slice(self, t: Slice) -> Type:
        elem = self.typ(t.elem)
        return t if elem is t.elem else Slice(elem)

    def _pointer(self, t: Pointer) -> Type:
        elem = self.typ(t.elem)
        return t if elem is t.elem else Pointer(elem)

    def _map(self, t: Map) -> Type:
        key, elem = self.typ(t.key), self.typ(t.elem)
        return t if key is t.key and elem is t.elem else Map(key, elem)

    def _chan(self, t: Chan) -> Type:
        elem = self.typ(t.elem)
        return t if elem is t.elem else Chan(t.dir, elem)

    def _struct(self, t: Struct) -> Type:
        fields = self.vars(t.fields)
        return t if fields is t.fields else Struct(fields, t.tags)

    def _tuple(self, t: Tuple) -> Type:
        return self.tuple(t)

    def _signature(self, t: Signature) -> Type:
        # The receiver stays: an interface without a name is the receiver of its own methods, which would never end.
        inner = self
        tparams = t.tparams
        if tparams and tparams[0] not in self.map:
            # The receiver's type parameters of a generic method are replaced. Its own may be bounded by them, so each instance of the
            # method gets its own.
            inner = Substitution((), (), self.context, self.env, self.pos)
            inner.map = dict(self.map)
            inner.declared = self.declared
            fresh = []
            for tparam in tparams:
                obj = tparam.obj
                new = TypeParam(TypeName(obj.pos, obj.pkg, obj.name), None, self.env)
                new.index = tparam.index
                fresh.append(new)
                inner.map[tparam] = new
                if self.env is not None:
                    self.env.renamed_type_param(new, tparam)
            for new, tparam in zip(fresh, tparams, strict=True):
                new.bound = inner.typ(tparam.bound)
            tparams = tuple(fresh)
        params, results = inner.tuple(t.params), inner.tuple(t.results)
        if params is t.params and results is t.results and tparams is t.tparams:
            return t
        sig = Signature(params, results, t.variadic, t.recv, tparams, t.rparams)
        sig.recvold = t.recvold
        return sig

    def _union(self, t: Union) -> Type:
        terms = []
        changed = False
        for term in t.terms:
            new = INVALID_TYPE if term.typ is None else self.typ(term.typ)
            if new is not term.typ:
                changed = True
                term = Term(term.tilde, new)
            terms.append(term)
        return Union(terms) if changed else t

    def _interface(self, t: Interface) -> Type:
        methods = t.methods
        for i, method in enumerate(t.methods):
            new = self.typ(method.typ)
            if new is not method.typ:
                if methods is t.methods:
                    methods = list(methods)
                methods[i] = method.clone(new)
        embeddeds = self.types(t.embeddeds)
        if methods is t.methods and embeddeds is None:
            return t
        iface = Interface(methods, t.embeddeds if embeddeds is None else embeddeds, t.implicit, t.complete, self.env)
        iface.embed_pos = t.embed_pos
        iface.methods = replace_receivers(methods, t, iface)
        if self.env is not None:
            self.env.needs_cleanup(iface)
        return iface

    def _named(self, t: Named) -> Type:
        # Nothing here may expand `t`: it may be what is being expanded.
        count = len(t.orig.tparams)
        if not count:
            return t if self.declared is None else self.declared(t)
        if len(t.targs) != count:
            return INVALID_TYPE  # has been reported
        targs = self.types(t.targs)
        orig = t.orig
        if self.declared is not None:
            declared = self.declared(orig)
            assert type(declared) is Named
            orig = declared
        if targs is None:
            if orig is t.orig:
                return t
            targs = list(t.targs)
        if _is_endless(targs):
            return INVALID_TYPE
        from .instantiate import instance_of_named

        return instance_of_named(orig, tuple(targs), self.context, self.env, self.pos)

    def _alias(self, t: Alias) -> Type:
        count = len(t.orig.tparams)
        if not count:
            if self.declared is None:
                return t  # it may be what is being declared
            # One that a generic function declares can stand for anything with its type parameters.
            actual = t.unaliased()
            new = self.typ(actual)
            return t if new is actual else new
        if len(t.targs) != count:
            return INVALID_TYPE
        targs = self.types(t.targs)
        if targs is None:
            return t
        if _is_endless(targs):
            return INVALID_TYPE
        from .instantiate import instance_of_alias

        return instance_of_alias(t.orig, tuple(targs), self.context, self.env, self.pos)


_SUBSTITUTE: Final[dict[type[Type], Callable[[Substitution, Any], Type]]] = {
    Array: Substitution._array,
    Slice: Substitution._slice,
    Pointer: Substitution._pointer,
    Map: Substitution._map,
    Chan: Substitution._chan,
    Struct: Substitution._struct,
    Tuple: Substitution._tuple,
    Signature: Substitution._signature,
    Union: Substitution._union,
    Interface: Substitution._interface,
    Named: Substitution._named,
    Alias: Substitution._alias,
    TypeParam: Substitution._type_param,
}


def replace_receivers(methods: list[Func], old: Type, new: Type) -> list[Func]:
    """Methods, those whose receiver has the very type `old` cloned with the receiver `new`; the same list if there are none."""
    changed: list[Func] | None = None
    for i, method in enumerate(methods):
        sig = method.signature
        if sig.recv is not None and sig.recv.typ is old:
            if changed is None:
                changed = list(methods)
            sig = sig.copy()
            assert sig.recv is not None
            sig.recv = sig.recv.clone(new)
            changed[i] = method.clone(sig)
    return methods if changed is None else changed


def _is_endless(types: Sequence[Type]) -> bool:
    """Whether types are larger than substitution may make them."""
    level = list(types)
    count = 0
    for _ in range(_DEEPEST):
        count += len(level)
        if count > _LARGEST:
            return True
        below: list[Type] = []
        for t in level:
            parts = _PARTS.get(type(t))
            if parts is not None:
                below += parts(t)
        if not below:
            return False
        level = below
    return True


_PARTS: Final[dict[type[Type], Callable[[Any], Sequence[Type]]]] = {
    Array: lambda t: (t.elem,),
    Slice: lambda t: (t.elem,),
    Pointer: lambda t: (t.elem,),
    Chan: lambda t: (t.elem,),
    Map: lambda t: (t.key, t.elem),
    Struct: lambda t: [field.typ for field in t.fields],
    Tuple: lambda t: [var.typ for var in t.vars],
    Signature: lambda t: (t.params, t.results),
    Interface: lambda t: [*[method.typ for method in t.methods], *t.embeddeds],
    Union: lambda t: [INVALID_TYPE if term.typ is None else term.typ for term in t.terms],
    Named: lambda t: t.targs,
    Alias: lambda t: t.targs,
}
