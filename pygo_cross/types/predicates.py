# SPDX-License-Identifier: BSD-3-Clause
"""Questions about types: what they are, whether they are identical, comparable, have nil.

The `is_…` functions look at the underlying type and never into a type parameter; the `all_…` functions ask of a type parameter whether it
holds of every type in its type set (and say no if that has no specific types).

Facts: src/cmd/compile/internal/types2/predicates.go, under.go; the language specification, "Type identity", "Comparison operators".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from .format import NO_CAUSE, Cause
from .objects import same_package
from .types import (
    BOOL,
    COMPLEX128,
    FLOAT64,
    INT,
    INVALID_TYPE,
    IS_BOOLEAN,
    IS_COMPLEX,
    IS_CONST_TYPE,
    IS_FLOAT,
    IS_INTEGER,
    IS_NUMERIC,
    IS_ORDERED,
    IS_STRING,
    IS_UNSIGNED,
    IS_UNTYPED,
    RUNE,
    SEND_RECV,
    STRING,
    TYP,
    UNSAFE_POINTER,
    UNTYPED_BOOL,
    UNTYPED_COMPLEX,
    UNTYPED_FLOAT,
    UNTYPED_INT,
    UNTYPED_NIL,
    UNTYPED_RUNE,
    UNTYPED_STRING,
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
    Union,
    as_named,
    as_type_param,
    unalias,
)


def is_valid(t: Type) -> bool:
    """Whether it is another than the invalid type, which stands where an error was reported."""
    return t is not INVALID_TYPE and (type(t) is not Alias or t.unaliased() is not INVALID_TYPE)


def is_basic(t: Type, info: int) -> bool:
    """Whether the underlying type is basic and has one of the bits of `info`."""
    u = t if type(t) is Basic else t.underlying()
    return type(u) is Basic and u.info & info != 0


def is_boolean(t: Type) -> bool:
    """Whether the underlying type is bool or untyped bool."""
    return is_basic(t, IS_BOOLEAN)


def is_integer(t: Type) -> bool:
    """Whether the underlying type is an integer type."""
    return is_basic(t, IS_INTEGER)


def is_unsigned(t: Type) -> bool:
    """Whether the underlying type is an unsigned integer type."""
    return is_basic(t, IS_UNSIGNED)


def is_float(t: Type) -> bool:
    """Whether the underlying type is a floating-point type."""
    return is_basic(t, IS_FLOAT)


def is_complex(t: Type) -> bool:
    """Whether the underlying type is a complex type."""
    return is_basic(t, IS_COMPLEX)


def is_numeric(t: Type) -> bool:
    """Whether the underlying type is a number's."""
    return is_basic(t, IS_NUMERIC)


def is_string(t: Type) -> bool:
    """Whether the underlying type is string or untyped string."""
    return is_basic(t, IS_STRING)


def is_integer_or_float(t: Type) -> bool:
    """Whether the underlying type is an integer or floating-point type."""
    return is_basic(t, IS_INTEGER | IS_FLOAT)


def is_const_type(t: Type) -> bool:
    """Whether constants may have it."""
    return is_basic(t, IS_CONST_TYPE)


def all_basic(t: Type, info: int) -> bool:
    """`is_basic`, for a type parameter of every type in its type set."""
    if type(t) is Alias:
        t = t.unaliased()
    if type(t) is TypeParam:
        return t.iface().type_set().every(lambda term: term.typ is not None and is_basic(term.typ, info))
    u = t if type(t) is Basic else t.underlying()
    return type(u) is Basic and u.info & info != 0


def all_boolean(t: Type) -> bool:
    """See `all_basic`."""
    return all_basic(t, IS_BOOLEAN)


def all_integer(t: Type) -> bool:
    """See `all_basic`."""
    return all_basic(t, IS_INTEGER)


def all_unsigned(t: Type) -> bool:
    """See `all_basic`."""
    return all_basic(t, IS_UNSIGNED)


def all_numeric(t: Type) -> bool:
    """See `all_basic`."""
    return all_basic(t, IS_NUMERIC)


def all_string(t: Type) -> bool:
    """See `all_basic`."""
    return all_basic(t, IS_STRING)


def all_ordered(t: Type) -> bool:
    """See `all_basic`."""
    return all_basic(t, IS_ORDERED)


def all_numeric_or_string(t: Type) -> bool:
    """See `all_basic`."""
    return all_basic(t, IS_NUMERIC | IS_STRING)


def has_name(t: Type) -> bool:
    """Whether it is a predeclared or defined type or a type parameter; safe for types under construction."""
    kind = type(unalias(t))
    return kind is Basic or kind is Named or kind is TypeParam


def is_type_literal(t: Type) -> bool:
    """Whether it is neither a defined type nor a type parameter (basic types count as literals); safe for types under construction."""
    kind = type(unalias(t))
    return kind is not Named and kind is not TypeParam


def is_typed(t: Type) -> bool:
    """Whether it is no untyped kind; safe for types under construction."""
    return type(t) is not Basic or t.info & IS_UNTYPED == 0


def is_untyped(t: Type) -> bool:
    """Whether it is an untyped kind."""
    return type(t) is Basic and t.info & IS_UNTYPED != 0


def is_untyped_numeric(t: Type) -> bool:
    """Whether it is the kind of an untyped number."""
    return type(t) is Basic and t.info & IS_UNTYPED != 0 and t.info & IS_NUMERIC != 0


def is_interface(t: Type) -> bool:
    """Whether the underlying type is an interface; so it is of a type parameter."""
    return type(t.underlying()) is Interface


def is_type_param(t: Type) -> bool:
    """Whether it is a type parameter."""
    return type(t) is TypeParam or (type(t) is Alias and type(t.unaliased()) is TypeParam)


def is_plain_interface(t: Type) -> bool:
    """Whether it is an interface and no type parameter."""
    if type(t) is Alias:
        t = t.unaliased()
    return type(t) is not TypeParam and type(t.underlying()) is Interface


def has_empty_type_set(t: Type) -> bool:
    """Whether it is a type parameter that no type satisfies. Computes nothing, so it may say no where the type set is not known yet."""
    tparam = as_type_param(t)
    if tparam is None:
        return False
    bound = tparam.bound
    named = as_named(bound)
    under = named.known_underlying() if named is not None else bound.underlying()
    return type(under) is Interface and under.tset is not None and under.tset.is_empty()


def is_generic(t: Type) -> bool:
    """Whether it is a generic type or alias without type arguments."""
    if type(t) is Alias:
        if t.tparams and not t.targs:
            return True
        t = t.unaliased()
    return type(t) is Named and t.orig is t and bool(t.tparams)


def comparable(t: Type) -> bool:
    """Whether values of the type can be compared with ==. Comparing interfaces may still panic when the program runs."""
    return comparable_cause(t, True) is None


def comparable_cause(t: Type, dynamic: bool, seen: set[Type] | None = None) -> Cause | None:
    """Why values of the type cannot be compared; None if they can. Without `dynamic`, interfaces count only if all types in their type
    sets do ("strictly comparable").
    """
    kind = type(t)
    if kind is Basic or kind is Pointer or kind is Chan:
        return NO_CAUSE if t is _UNTYPED_NIL else None
    if seen is None:
        seen = {t}
    elif t in seen:
        return None
    else:
        seen.add(t)
    u = t.underlying()
    if type(u) is Struct:
        for field in u.fields:
            if comparable_cause(field.typ, dynamic, seen) is not None:
                return Cause("struct containing %s cannot be compared", field.typ)
        return None
    if type(u) is Array:
        return None if comparable_cause(u.elem, dynamic, seen) is None else Cause("%s cannot be compared", t)
    if type(u) is Interface:
        if (dynamic and not is_type_param(t)) or u.type_set().is_comparable(seen):
            return None
        return Cause("empty type set" if u.type_set().is_empty() else "incomparable types in type set")
    kind = type(u)
    if kind is Basic or kind is Pointer or kind is Chan:
        return NO_CAUSE if u is _UNTYPED_NIL else None
    return NO_CAUSE


_UNTYPED_NIL: Final = TYP[UNTYPED_NIL]


def has_nil(t: Type) -> bool:
    """Whether nil is a value of the type, for a type parameter of every type in its type set."""
    u = t.underlying()
    kind = type(u)
    if kind is Basic:
        return u is TYP[UNSAFE_POINTER]
    if type(u) is Interface:
        if not is_type_param(t):
            return True
        return all(pair is not None and has_nil(pair[1]) for pair in u.type_set().pairs())
    return kind is Slice or kind is Pointer or kind is Signature or kind is Map or kind is Chan


def type_pairs(t: Type) -> Iterator[tuple[Type, Type] | None]:
    """The types that `t` stands for, each with its underlying type: of a type parameter the specific types of its type set (one None if
    it has none), else `t` alone.
    """
    tparam = as_type_param(t)
    if tparam is None:
        yield t, t.underlying()
    else:
        yield from tparam.iface().type_set().pairs()


def every_underlying(t: Type, holds: Callable[[Type | None], bool]) -> bool:
    """Whether `holds` is true of the underlying type of every type that `t` stands for (`type_pairs`), and of None if there are no
    specific types.
    """
    return all(holds(None if pair is None else pair[1]) for pair in type_pairs(t))


def common_underlying(
    t: Type, condition: Callable[[Type | None, Type | None], Cause | None] | None = None
) -> tuple[Type | None, Cause | None]:
    """The underlying type that all types which `t` stands for share; or None, and why.

    Channels may differ in direction: the result is a restricted one, if none restricts the other way. `condition` is asked for each type
    and underlying type first (both None if there are no specific types), and what it finds ends the search.
    """
    named = t
    if type(t) is Alias:
        t = t.unaliased()
    if type(t) is not TypeParam:
        cause = None if condition is None else condition(named, t.underlying())
        return (t.underlying(), None) if cause is None else (None, cause)
    common: Type | None = None
    first: Type | None = None
    for pair in type_pairs(t):
        member, under = pair if pair is not None else (None, None)
        if condition is not None:
            cause = condition(member, under)
            if cause is not None:
                return None, cause
        if under is None:
            return None, Cause("no specific type")
        if common is None:
            first, common = member, under
        elif type(common) is Chan and type(under) is Chan:
            if not identical(common.elem, under.elem):
                return None, Cause("channels %s and %s have different element types", first, member)
            if common.dir == under.dir:
                continue
            if common.dir == SEND_RECV:
                first, common = member, under
            elif under.dir != SEND_RECV:
                return None, Cause("channels %s and %s have conflicting directions", first, member)
        elif not identical(common, under):
            return None, Cause("%s and %s have different underlying types", first, member)
    return common, None


# Pairs of interfaces that are being compared, or were and are identical: one that is met again is taken as identical, or a method that
# leads
# back to its interface would lead around for ever. None where there are none yet.
Pairs = set[tuple[Interface, Interface]]

IGNORE_TAGS: Final = 1
IGNORE_INVALID: Final = 2


def identical(x: Type, y: Type) -> bool:
    """Whether two types are identical, as the specification defines it."""
    return x is y or _identical(x, y, 0, None)


def identical_ignoring_tags(x: Type, y: Type) -> bool:
    """Whether two types are identical if struct tags don't count."""
    return x is y or _identical(x, y, IGNORE_TAGS, None)


def identical_ignoring_invalid(x: Type, y: Type) -> bool:
    """Whether two types are identical if the invalid type is identical to any."""
    return x is y or _identical(x, y, IGNORE_INVALID, None)


def _identical(x: Type, y: Type, mode: int, pairs: Pairs | None) -> bool:
    if type(x) is Alias:
        x = x.unaliased()
    if type(y) is Alias:
        y = y.unaliased()
    if x is y:
        return True
    if mode & IGNORE_INVALID and (x is INVALID_TYPE or y is INVALID_TYPE):
        return True
    kind = type(x)
    if kind is not type(y):
        return False
    compare = _COMPARE.get(kind)
    return compare is not None and compare(x, y, mode, pairs)


def _basic(x: Basic, y: Basic, mode: int, pairs: Pairs | None) -> bool:
    return x.kind == y.kind  # byte and uint8


def _array(x: Array, y: Array, mode: int, pairs: Pairs | None) -> bool:
    # An unknown length has been reported: no further errors for it.
    return (x.len == y.len or x.len < 0 or y.len < 0) and _identical(x.elem, y.elem, mode, pairs)


def _elem(x: Slice | Pointer, y: Slice | Pointer, mode: int, pairs: Pairs | None) -> bool:
    return _identical(x.elem, y.elem, mode, pairs)


def _map(x: Map, y: Map, mode: int, pairs: Pairs | None) -> bool:
    return _identical(x.key, y.key, mode, pairs) and _identical(x.elem, y.elem, mode, pairs)


def _chan(x: Chan, y: Chan, mode: int, pairs: Pairs | None) -> bool:
    return x.dir == y.dir and _identical(x.elem, y.elem, mode, pairs)


def _struct(x: Struct, y: Struct, mode: int, pairs: Pairs | None) -> bool:
    if len(x.fields) != len(y.fields):
        return False
    for i, f in enumerate(x.fields):
        g = y.fields[i]
        if f.embedded is not g.embedded or not f.same_id(g.pkg, g.name):
            return False
        if not mode & IGNORE_TAGS and x.tag(i) != y.tag(i):
            return False
        if not _identical(f.typ, g.typ, mode, pairs):
            return False
    return True


def _tuple(x: Tuple, y: Tuple, mode: int, pairs: Pairs | None) -> bool:
    if len(x.vars) != len(y.vars):
        return False
    ys = y.vars
    for i, v in enumerate(x.vars):  # noqa: SIM110 (a generator takes C stack)
        if not _identical(v.typ, ys[i].typ, mode, pairs):
            return False
    return True


def _signature(x: Signature, y: Signature, mode: int, pairs: Pairs | None) -> bool:
    if x.variadic is not y.variadic or len(x.tparams) != len(y.tparams):
        return False
    params, results = y.params, y.results
    if x.tparams:
        # Names of type parameters don't count: y is compared with x's in place of its own.
        from .context import Context
        from .subst import Substitution

        replace = Substitution(y.tparams, x.tparams, Context())
        for i, tparam in enumerate(x.tparams):
            if not _identical(tparam.bound, replace.typ(y.tparams[i].bound), mode, pairs):
                return False
        params, results = replace.tuple(params), replace.tuple(results)
    return _tuple(x.params, params, mode, pairs) and _tuple(x.results, results, mode, pairs)


def _union(x: Union, y: Union, mode: int, pairs: Pairs | None) -> bool:
    from .typeset import terms_equal, union_terms

    xs, ys = union_terms(x), union_terms(y)
    return terms_equal(xs or [], ys or [])


def _interface(x: Interface, y: Interface, mode: int, pairs: Pairs | None) -> bool:
    from .typeset import terms_equal

    a, b = x.type_set(), y.type_set()
    if a.comparable is not b.comparable or len(a.methods) != len(b.methods) or not terms_equal(a.terms, b.terms):
        return False
    if pairs is None:
        pairs = set()
    elif (x, y) in pairs or (y, x) in pairs:
        return True
    pairs.add((x, y))
    for i, f in enumerate(a.methods):
        g = b.methods[i]
        if f.name != g.name or (not f.exported() and not same_package(f.pkg, g.pkg)) or not _identical(f.typ, g.typ, mode, pairs):
            return False
    return True


def _named(x: Named, y: Named, mode: int, pairs: Pairs | None) -> bool:
    if x.orig is not y.orig or len(x.targs) != len(y.targs) or not x.targs:
        return False
    for i, t in enumerate(x.targs):  # noqa: SIM110
        if not identical(t, y.targs[i]):
            return False
    return True


_COMPARE: Final[dict[type[Type], Callable[..., bool]]] = {
    Basic: _basic,
    Array: _array,
    Slice: _elem,
    Pointer: _elem,
    Map: _map,
    Chan: _chan,
    Struct: _struct,
    Tuple: _tuple,
    Signature: _signature,
    Union: _union,
    Interface: _interface,
    Named: _named,
}


def identical_lists(xs: tuple[Type, ...], ys: tuple[Type, ...]) -> bool:
    """Whether two lists of types are identical, one by one."""
    if len(xs) != len(ys):
        return False
    for i, x in enumerate(xs):  # noqa: SIM110
        if not identical(x, ys[i]):
            return False
    return True


def default_type(t: Type) -> Type:
    """The type that a value of an untyped kind gets where nothing else says; any other type (and untyped nil) itself."""
    return _DEFAULTS.get(t.kind, t) if type(t) is Basic else t


_DEFAULTS: Final[dict[int, Type]] = {
    UNTYPED_BOOL: TYP[BOOL],
    UNTYPED_INT: TYP[INT],
    UNTYPED_RUNE: RUNE,
    UNTYPED_FLOAT: TYP[FLOAT64],
    UNTYPED_COMPLEX: TYP[COMPLEX128],
    UNTYPED_STRING: TYP[STRING],
}


def max_type(x: Type, y: Type) -> Type | None:
    """The one of two untyped numeric kinds that comes later in integer, rune, float, complex; the type itself if both are the same; else
    None.
    """
    if x is y:
        return x
    if type(x) is Basic and type(y) is Basic and is_untyped_numeric(x) and is_untyped_numeric(y):
        return x if x.kind > y.kind else y
    return None
