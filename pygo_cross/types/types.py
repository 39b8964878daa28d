# SPDX-License-Identifier: BSD-3-Clause
"""The types of Go: one final class for each kind of type.

Invariants:
- Dispatch is by `type(t) is Struct` or by a dict keyed by `type(t)`: no class has subclasses but `Type`.
- `Type.underlying()` never gives a `Named`, an `Alias` or a `TypeParam`; of a type parameter it is the interface of the constraint.
- What is not known yet is `UNRESOLVED`, never None, so that `obj.typ`, `named.rhs` and `tparam.bound` have one plain type. Only the
  checker, which sets them, ever meets it.
- Python identity is type identity for `Named` types without type arguments, for `TypeParam`s and for the `Basic` types (`byte` and
  `rune` apart, which have their own `Basic`s). For all else it is `predicates.identical`.
- Lists of type parameters and type arguments are tuples, empty where Go has none; a `Signature` always has both its tuples.

A `Named` type learns its details late: from the checker that works on its declaration, from a loader of export data
(`Named.loader`), or, for an instance `T[int]`, from its origin, by substitution when they are asked for. The same holds for an instance's
methods, one by one. So recursive and mutually recursive types need no special order.

A type under construction knows its checker (`env`, see `hooks.py`), to which errors found late and methods not yet checked go;
types made outside a checker have None there.

Facts: src/cmd/compile/internal/types2 (named.go, alias.go, typeparam.go, interface.go, basic.go, universe.go); the language
specification, "Types".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, final

from ..diag import InternalError

if TYPE_CHECKING:
    from .context import Context
    from .hooks import Hooks
    from .objects import Func, TypeName, Var
    from .scope import Scope
    from .typeset import TypeSet

NO_POS: Final = 0  # no position known; positions are offsets into a FileSet, see syntax/

# Kinds of basic types (`Basic.kind`), in the order of go/types' BasicKind.
INVALID: Final = 0
BOOL: Final = 1
INT: Final = 2
INT8: Final = 3
INT16: Final = 4
INT32: Final = 5
INT64: Final = 6
UINT: Final = 7
UINT8: Final = 8
UINT16: Final = 9
UINT32: Final = 10
UINT64: Final = 11
UINTPTR: Final = 12
FLOAT32: Final = 13
FLOAT64: Final = 14
COMPLEX64: Final = 15
COMPLEX128: Final = 16
STRING: Final = 17
UNSAFE_POINTER: Final = 18
UNTYPED_BOOL: Final = 19
UNTYPED_INT: Final = 20
UNTYPED_RUNE: Final = 21
UNTYPED_FLOAT: Final = 22
UNTYPED_COMPLEX: Final = 23
UNTYPED_STRING: Final = 24
UNTYPED_NIL: Final = 25

# What a basic type is (`Basic.info`), as bits.
IS_BOOLEAN: Final = 1
IS_INTEGER: Final = 2
IS_UNSIGNED: Final = 4
IS_FLOAT: Final = 8
IS_COMPLEX: Final = 16
IS_STRING: Final = 32
IS_UNTYPED: Final = 64
IS_ORDERED: Final = IS_INTEGER | IS_FLOAT | IS_STRING
IS_NUMERIC: Final = IS_INTEGER | IS_FLOAT | IS_COMPLEX
IS_CONST_TYPE: Final = IS_BOOLEAN | IS_NUMERIC | IS_STRING

# Directions of channels (`Chan.dir`).
SEND_RECV: Final = 0
SEND_ONLY: Final = 1
RECV_ONLY: Final = 2


class Type:
    """Any Go type."""

    __slots__ = ()

    def underlying(self) -> Type:
        """The underlying type, computed if need be. Of an invalid or unfinished declaration it is the invalid type."""
        return self

    def __str__(self) -> str:
        """The type as `typestring.type_string` writes it, packages by path."""
        from .typestring import type_string

        return type_string(self)

    def __repr__(self) -> str:
        return str(self)


@final
class Basic(Type):
    """A predeclared type, an untyped kind, unsafe.Pointer, or the invalid type. There are only those of `TYP`, `BYTE` and `RUNE`."""

    __slots__ = ("info", "kind", "name")

    def __init__(self, kind: int, info: int, name: str) -> None:
        self.kind = kind
        self.info = info
        self.name = name


@final
class Array(Type):
    """`[len]elem`. A negative length is one that could not be worked out: an error has been reported."""

    __slots__ = ("elem", "len")

    def __init__(self, elem: Type, length: int) -> None:
        self.elem = elem
        self.len = length


@final
class Slice(Type):
    """`[]elem`."""

    __slots__ = ("elem",)

    def __init__(self, elem: Type) -> None:
        self.elem = elem


@final
class Pointer(Type):
    """`*elem`."""

    __slots__ = ("elem",)

    def __init__(self, elem: Type) -> None:
        self.elem = elem


@final
class Map(Type):
    """`map[key]elem`."""

    __slots__ = ("elem", "key")

    def __init__(self, key: Type, elem: Type) -> None:
        self.key = key
        self.elem = elem


@final
class Chan(Type):
    """`chan elem`, `chan<- elem` or `<-chan elem`."""

    __slots__ = ("dir", "elem")

    def __init__(self, direction: int, elem: Type) -> None:
        self.dir = direction
        self.elem = elem


@final
class Struct(Type):
    """`struct{fields}`. `tags` is empty, or as long as is needed for the last field with a tag."""

    __slots__ = ("_embedded", "_names", "fields", "tags")

    def __init__(self, fields: list[Var], tags: list[bytes] | None = None) -> None:
        self.fields = fields
        self._names: dict[str, int] = {}
        self._embedded: list[int] = []
        self.tags: list[bytes] = tags if tags is not None else []

    def field_index(self, name: str) -> int:
        """The index of the field of that name, of whatever package; -1 if there is none. Blank fields have none."""
        if len(self._names) != len(self.fields):
            self._look()
        return self._names.get(name, -1)

    def embedded_indices(self) -> list[int]:
        """The indices of embedded fields."""
        if len(self._names) != len(self.fields):
            self._look()
        return self._embedded

    def _look(self) -> None:
        """Notes where the fields are. Blank ones get names that nobody can write, so that the count tells whether fields came in since."""
        self._names = {field.name if field.name != "_" else f"_ {i}": i for i, field in enumerate(self.fields)}
        self._embedded = [i for i, field in enumerate(self.fields) if field.embedded]

    def tag(self, index: int) -> bytes:
        """The tag of a field, unquoted; empty where it has none."""
        return self.tags[index] if index < len(self.tags) else b""


@final
class Tuple(Type):
    """The parameters or results of a function, and the type of a call with other than one result."""

    __slots__ = ("vars",)

    def __init__(self, variables: list[Var]) -> None:
        self.vars = variables

    def __len__(self) -> int:
        return len(self.vars)


@final
class Signature(Type):
    """The type of a function or method. The receiver is no part of a signature's identity.

    `tparams` are the type parameters of a function (of a method too, as of Go 1.27), `rparams` those that a generic type's method
    declares in its receiver. Of a variadic signature the last parameter has a slice type (or, for `append([]byte, s...)`, a string, or a
    type parameter). `scope` is the function's own scope where the signature was checked in this package. `recvold` is the receiver that a
    method value has lost by being one; for a method expression it is `METHOD_EXPR`, and the receiver is the first parameter.
    """

    __slots__ = ("params", "recv", "recvold", "results", "rparams", "scope", "tparams", "variadic")

    def __init__(
        self,
        params: Tuple,
        results: Tuple,
        variadic: bool = False,
        recv: Var | None = None,
        tparams: tuple[TypeParam, ...] = (),
        rparams: tuple[TypeParam, ...] = (),
    ) -> None:
        self.params = params
        self.results = results
        self.variadic = variadic
        self.recv = recv
        self.tparams = tparams
        self.rparams = rparams
        self.scope: Scope | None = None
        self.recvold: Var | MethodExprMark | None = None

    def copy(self) -> Signature:
        """A new signature with the same parts."""
        sig = Signature(self.params, self.results, self.variadic, self.recv, self.tparams, self.rparams)
        sig.scope = self.scope
        sig.recvold = self.recvold
        return sig


@final
class MethodExprMark:
    """The class of `METHOD_EXPR`, which stands in `Signature.recvold`."""

    __slots__ = ()


METHOD_EXPR: Final = MethodExprMark()


@final
class Interface(Type):
    """`interface{methods; embeddeds}`.

    `methods` are the declared ones alone, sorted (`objects.method_order`); `embeddeds` any types in source order, `embed_pos` their
    positions (empty where they are of no use, as in imported types). All methods and terms together are `type_set()`. `implicit` marks
    the interface around a constraint that is written without one (`[T ~int|string]`). While not `complete`, methods and embedded types
    are still being collected, and the type set that it gives is that of `any`.
    """

    __slots__ = ("complete", "embed_pos", "embeddeds", "env", "implicit", "methods", "tset")

    def __init__(
        self, methods: list[Func], embeddeds: list[Type], implicit: bool = False, complete: bool = True, env: Hooks | None = None
    ) -> None:
        self.methods = methods
        self.embeddeds = embeddeds
        self.embed_pos: list[int] = []
        self.implicit = implicit
        self.complete = complete
        self.tset: TypeSet | None = None
        self.env = env

    def type_set(self) -> TypeSet:
        """Methods and terms with those of embedded types; computed once, when the interface is complete."""
        tset = self.tset
        if tset is None:
            from .typeset import compute_type_set

            tset = compute_type_set(self)
        return tset

    def empty(self) -> bool:
        """Whether it is `any`: no methods, no terms, not comparable."""
        return self.type_set().is_all()

    def is_method_set(self) -> bool:
        """Whether methods alone describe it: an interface that variables may have."""
        return self.type_set().is_method_set()

    def cleanup(self) -> None:
        """Computes the type set, so that its errors are reported, and forgets the checker and the positions."""
        self.type_set()
        self.env = None
        self.embed_pos = []


@final
class Term:
    """One term of a union or of a type set: `typ`, or `~typ`. A type of None (in type sets alone) is the set of all types."""

    __slots__ = ("tilde", "typ")

    def __init__(self, tilde: bool, typ: Type | None) -> None:
        self.tilde = tilde
        self.typ = typ

    def __str__(self) -> str:
        return "any type" if self.typ is None else f"~{self.typ}" if self.tilde else str(self.typ)

    def __repr__(self) -> str:
        return str(self)


@final
class Union(Type):
    """`A | ~B | C`, an element of an interface, as it is written: `typeset` makes sets of terms of it."""

    __slots__ = ("terms",)

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = tuple(terms)


@final
class TypeParam(Type):
    """A type parameter of a function, method, type or alias. Each is identical to itself alone.

    `index` is its place in its list, -1 until it is in one (`bind`). `bound` is the constraint, which becomes an implicit interface
    when it is first asked for, if it isn't one. `id` tells type parameters of one name apart; it counts up in the order in which they are
    made, and never shows in messages.
    """

    __slots__ = ("bound", "env", "id", "index", "obj")

    def __init__(self, obj: TypeName, bound: Type | None = None, env: Hooks | None = None) -> None:
        global _type_params
        if env is None:
            _type_params += 1
            self.id = _type_params
        else:
            self.id = env.next_id()
        self.obj = obj
        self.index = -1
        self.bound: Type = UNRESOLVED if bound is None else bound
        self.env = env
        if obj.typ is UNRESOLVED:
            obj.typ = self
        if env is not None:
            env.needs_cleanup(self)

    def underlying(self) -> Interface:
        """The interface that the constraint is (or is wrapped into); of an invalid constraint the empty one."""
        return self.iface()

    def iface(self) -> Interface:
        """See `underlying`."""
        bound = self.bound
        if type(bound) is Interface:
            return bound
        u = bound.underlying()
        if type(u) is Interface:
            # A type parameter as constraint has been reported by the checker.
            return EMPTY_INTERFACE if type(unalias(bound)) is TypeParam else u
        if type(u) is Basic and u.kind == INVALID:
            return EMPTY_INTERFACE
        wrapped = Interface([], [bound], implicit=True)
        self.bound = wrapped
        return wrapped

    def cleanup(self) -> None:
        """Computes the constraint's type set and forgets the checker."""
        self.iface().type_set()
        self.env = None


_type_params = 0


def bind(tparams: Iterable[TypeParam]) -> tuple[TypeParam, ...]:
    """The list of type parameters of one declaration; sets their `index`."""
    bound = tuple(tparams)
    for index, tparam in enumerate(bound):
        if tparam.index >= 0:
            raise InternalError("types", "a type parameter is in two lists", tparam.obj.name)
        tparam.index = index
    return bound


@final
class Alias(Type):
    """`type A = rhs`, or an instance of a generic alias.

    `obj` is the declared name, `pos` where it was declared or, of an instance, instantiated. `orig` is the generic alias of
    an instance, itself otherwise; an instance has its origin's `tparams` and its own `targs`.
    """

    __slots__ = ("actual", "obj", "orig", "pos", "rhs", "targs", "tparams")

    def __init__(
        self, obj: TypeName, rhs: Type | None = None, orig: Alias | None = None, targs: tuple[Type, ...] = (), pos: int = NO_POS
    ) -> None:
        self.obj = obj
        self.pos = pos or obj.pos
        self.rhs: Type = UNRESOLVED if rhs is None else rhs
        self.actual: Type | None = None
        self.orig = self if orig is None else orig
        self.tparams: tuple[TypeParam, ...] = () if orig is None else orig.tparams
        self.targs = targs
        if orig is None and obj.typ is UNRESOLVED:
            obj.typ = self

    def underlying(self) -> Type:
        """The underlying type of what it stands for."""
        return self.unaliased().underlying()

    def unaliased(self) -> Type:
        """The first type along the chain of aliases that is none; `UNRESOLVED` while a declaration is unfinished."""
        actual = self.actual
        if actual is not None:
            return actual
        t = self.rhs
        while type(t) is Alias:
            t = t.rhs
        if t is not UNRESOLVED:
            self.actual = t
        return t


@final
class Named(Type):
    """A defined type, generic or not, or an instance of a generic one.

    `obj` is the declared name, of an instance its origin's; `pos` where it was declared or, of an instance, instantiated.
    `orig` is the generic type of an instance, itself otherwise. An instance has its origin's type parameters and its own `targs`.

    How one is made: `Named(obj)` and then `rhs`, `set_tparams` and `add_method` by the checker; `Named(obj, loader=f)` by a reader of
    export data, where `f(named)` does the same when something is first asked for; `Named.instance(...)`. `rhs` is what the declaration
    says on its right-hand side (for `type A B` it is B), `underlying()` what that leads to.
    """

    __slots__ = (
        "_index",
        "_methods",
        "_rhs",
        "_tparams",
        "_under",
        "context",
        "env",
        "loader",
        "obj",
        "orig",
        "pos",
        "targs",
        "unpacked",
        "var_size",
    )

    def __init__(
        self, obj: TypeName, rhs: Type | None = None, env: Hooks | None = None, loader: Callable[[Named], None] | None = None
    ) -> None:
        self.obj = obj
        self.pos = obj.pos
        self.orig = self
        self.targs: tuple[Type, ...] = ()
        self.env = env
        self.loader = loader
        self.context: Context | None = None
        self.var_size = -1
        self.unpacked = loader is None
        self._rhs: Type = UNRESOLVED if rhs is None else rhs
        self._tparams: tuple[TypeParam, ...] = ()
        self._under: Type | None = None
        self._methods: list[Func | None] = []
        self._index: dict[str, int] = {}
        if obj.typ is UNRESOLVED:
            obj.typ = self
        if env is not None:
            env.needs_cleanup(self)

    @staticmethod
    def instance(
        orig: Named, targs: tuple[Type, ...], pos: int = NO_POS, context: Context | None = None, env: Hooks | None = None
    ) -> Named:
        """An instance of `orig`, not yet expanded. Callers outside this package want `instantiate.instantiate`, which makes each only
        once.
        """
        named = Named(orig.obj, env=env)
        named.orig = orig
        named.targs = targs
        named.pos = pos or orig.pos
        named.context = context
        named.unpacked = False
        return named

    def unpack(self) -> Named:
        """Makes right-hand side, type parameters and the list of methods available: runs the loader, or substitutes into the origin's.
        Returns itself.
        """
        if not self.unpacked:
            loader = self.loader
            if loader is not None:
                self.loader = None
                self.unpacked = True  # what the loader reads may lead back here
                loader(self)
            else:
                from .instantiate import expand_rhs

                orig = self.orig.unpack()
                rhs = expand_rhs(self)
                self._tparams = orig._tparams
                self._rhs = rhs
                self.unpacked = True
        return self

    @property
    def rhs(self) -> Type:
        """What the declaration says on its right-hand side; `UNRESOLVED` until it is known."""
        if not self.unpacked:
            self.unpack()
        return self._rhs

    @rhs.setter
    def rhs(self, rhs: Type) -> None:
        self._rhs = rhs
        self._under = None

    @property
    def tparams(self) -> tuple[TypeParam, ...]:
        """The type parameters, of an instance too those of the declaration."""
        if not self.unpacked:
            self.unpack()
        return self._tparams

    @tparams.setter
    def tparams(self, tparams: tuple[TypeParam, ...]) -> None:
        self._tparams = tparams

    def set_tparams(self, tparams: Iterable[TypeParam]) -> None:
        """Gives a declared type its type parameters, and them their place."""
        self._tparams = bind(tparams)

    def underlying(self) -> Type:
        """See `Type.underlying`. An instance whose origin is unfinished has `UNRESOLVED`, which is not kept."""
        under = self._under
        return under if under is not None else self._resolve()

    def _resolve(self) -> Type:
        """Follows right-hand sides to a type that has no name. The checker has broken direct cycles (`type T T`) before anything asks."""
        path: list[Named] = []
        t: Type = self
        while True:
            if type(t) is Alias:
                t = t.unaliased()
            elif type(t) is Named:
                if t._under is not None:
                    t = t._under
                    break
                path.append(t)
                if len(path) > 1 and t is self:
                    return TYP[INVALID]
                t = t.rhs
            else:
                break
        if t is not UNRESOLVED:
            for named in path:
                named._under = t
        return t

    def set_underlying(self, under: Type) -> None:
        """Gives a declared type its right-hand side and underlying type at once, as readers of export data know it."""
        self._rhs = under
        self._under = under

    def known_underlying(self) -> Type | None:
        """The underlying type if it has been worked out: never expands an instance."""
        return self._under

    def num_methods(self) -> int:
        """How many methods are declared for it (this is not the method set)."""
        return len(self.orig.unpack()._methods)

    def method(self, index: int) -> Func:
        """The declared method of that index. An instance's has the type arguments in its signature, and is made when first asked for."""
        if not self.unpacked:
            self.unpack()
        orig = self.orig
        methods = self._methods
        if orig is not self and len(methods) != len(orig._methods):
            methods += [None] * (len(orig._methods) - len(methods))
        method = methods[index]
        if method is None:
            from .instantiate import expand_method

            method = expand_method(self, index)
            methods[index] = method
        elif method.resolver is not None and method.typ is UNRESOLVED:
            method.resolver(method)
        return method

    def methods(self) -> list[Func]:
        """All declared methods, in the order of their declaration; an instance's are all made."""
        return [self.method(index) for index in range(self.num_methods())]

    def add_method(self, method: Func) -> None:
        """Adds a method to a declared type, unless it has one of that name."""
        if self.method_index(method.name) < 0:
            self._methods.append(method)

    def method_index(self, name: str, fold_case: bool = False) -> int:
        """The index of the declared method of that name, -1 if there is none. `fold_case` ignores upper and lower case: the first that
        fits.
        """
        methods = self.orig.unpack()._methods
        if name == "_":
            return -1
        if fold_case:
            folded = name.casefold()
            for i, method in enumerate(methods):
                if method is not None and method.name.casefold() == folded:
                    return i
            return -1
        index = self.orig._index
        for i in range(len(index), len(methods)):
            method = methods[i]
            if method is not None:
                index[method.name] = i
        return index.get(name, -1)

    def cleanup(self) -> None:
        """Works out a declared type's underlying type and forgets the checker; instances stay lazy."""
        if self.orig is self:
            self.underlying()
        self.env = None


def unalias(t: Type) -> Type:
    """The type that an alias stands for in the end; any other type itself."""
    return t.unaliased() if type(t) is Alias else t


def as_named(t: Type) -> Named | None:
    """The defined type that `t` is, aliases resolved; None if it is none."""
    if type(t) is Alias:
        t = t.unaliased()
    return t if type(t) is Named else None


def as_type_param(t: Type) -> TypeParam | None:
    """The type parameter that `t` is, aliases resolved; None if it is none."""
    if type(t) is Alias:
        t = t.unaliased()
    return t if type(t) is TypeParam else None


def deref(t: Type) -> tuple[Type, bool]:
    """The element of a pointer type that has no name, and True; any other type itself, and False."""
    p = unalias(t)
    return (p.elem, True) if type(p) is Pointer else (t, False)


UNRESOLVED: Final = Basic(-1, 0, "<nil>")  # stands where a type is not known yet
TYP: Final = [
    Basic(INVALID, 0, "invalid type"),
    Basic(BOOL, IS_BOOLEAN, "bool"),
    Basic(INT, IS_INTEGER, "int"),
    Basic(INT8, IS_INTEGER, "int8"),
    Basic(INT16, IS_INTEGER, "int16"),
    Basic(INT32, IS_INTEGER, "int32"),
    Basic(INT64, IS_INTEGER, "int64"),
    Basic(UINT, IS_INTEGER | IS_UNSIGNED, "uint"),
    Basic(UINT8, IS_INTEGER | IS_UNSIGNED, "uint8"),
    Basic(UINT16, IS_INTEGER | IS_UNSIGNED, "uint16"),
    Basic(UINT32, IS_INTEGER | IS_UNSIGNED, "uint32"),
    Basic(UINT64, IS_INTEGER | IS_UNSIGNED, "uint64"),
    Basic(UINTPTR, IS_INTEGER | IS_UNSIGNED, "uintptr"),
    Basic(FLOAT32, IS_FLOAT, "float32"),
    Basic(FLOAT64, IS_FLOAT, "float64"),
    Basic(COMPLEX64, IS_COMPLEX, "complex64"),
    Basic(COMPLEX128, IS_COMPLEX, "complex128"),
    Basic(STRING, IS_STRING, "string"),
    Basic(UNSAFE_POINTER, 0, "Pointer"),
    Basic(UNTYPED_BOOL, IS_BOOLEAN | IS_UNTYPED, "untyped bool"),
    Basic(UNTYPED_INT, IS_INTEGER | IS_UNTYPED, "untyped int"),
    Basic(UNTYPED_RUNE, IS_INTEGER | IS_UNTYPED, "untyped rune"),
    Basic(UNTYPED_FLOAT, IS_FLOAT | IS_UNTYPED, "untyped float"),
    Basic(UNTYPED_COMPLEX, IS_COMPLEX | IS_UNTYPED, "untyped complex"),
    Basic(UNTYPED_STRING, IS_STRING | IS_UNTYPED, "untyped string"),
    Basic(UNTYPED_NIL, IS_UNTYPED, "untyped nil"),
]  # the basic types by kind
INVALID_TYPE: Final = TYP[INVALID]
BYTE: Final = Basic(UINT8, IS_INTEGER | IS_UNSIGNED, "byte")  # identical to uint8, with a name of its own
RUNE: Final = Basic(INT32, IS_INTEGER, "rune")  # identical to int32, with a name of its own
EMPTY_INTERFACE: Final = Interface([], [])
EMPTY_TUPLE: Final = Tuple([])
