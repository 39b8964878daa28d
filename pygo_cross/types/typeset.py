# SPDX-License-Identifier: BSD-3-Clause
"""Type sets: what an interface or a union admits.

A type set has methods, terms, and a flag that it has only comparable types. The terms are kept in normal form (disjoint, none empty), so
no terms is the empty set, and the set of all types is the one list `ALL_TERMS`. The flag is set only beside `ALL_TERMS`: with specific
terms, those that are not comparable are left out instead.

Facts: src/cmd/compile/internal/types2/typeset.go, termlist.go, typeterm.go; the language specification, "Interface types".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, final

from .hooks import Hooks
from .objects import Func, method_order
from .predicates import comparable_cause, identical, is_valid
from .types import INVALID_TYPE, NO_POS, Interface, Term, Type, Union, unalias

if TYPE_CHECKING:
    from .package import Package

MAX_TERMS: Final = 100  # of a union; operations on terms take quadratic time
ALL: Final = Term(False, None)
ALL_TERMS: Final = [ALL]


@final
class TypeSet:
    """See the module. `methods` are sorted by `method_order`."""

    __slots__ = ("comparable", "methods", "terms")

    def __init__(self, methods: list[Func], terms: list[Term], comparable: bool) -> None:
        self.methods = methods
        self.terms = terms
        self.comparable = comparable

    def is_empty(self) -> bool:
        """Whether no type is in it, as far as terms say."""
        return not self.terms

    def is_all(self) -> bool:
        """Whether every type is in it: the set of `any`."""
        return self.is_method_set() and not self.methods

    def is_method_set(self) -> bool:
        """Whether methods alone describe it."""
        return not self.comparable and is_all(self.terms)

    def has_terms(self) -> bool:
        """Whether it lists specific types: neither all nor none."""
        return bool(self.terms) and not is_all(self.terms)

    def is_comparable(self, seen: set[Type] | None = None) -> bool:
        """Whether each type in it is strictly comparable."""
        if is_all(self.terms):
            return self.comparable
        if not self.terms:
            return False
        return all(term.typ is not None and comparable_cause(term.typ, False, seen) is None for term in self.terms)

    def pairs(self) -> Iterator[tuple[Type, Type] | None]:
        """The specific types with their underlying types; one None if there are none."""
        if not self.has_terms():
            yield None
            return
        for term in self.terms:
            t = term.typ
            assert t is not None
            yield t, unalias(t) if term.tilde else t.underlying()

    def every(self, holds: Callable[[Term], bool]) -> bool:
        """Whether there are specific terms, and `holds` is true of each."""
        return self.has_terms() and all(holds(term) for term in self.terms)

    def lookup_method(self, package: Package | None, name: str, fold_case: bool = False) -> tuple[int, Func | None]:
        """The method that a name used in `package` denotes, with its index; (-1, None) if there is none."""
        for i, method in enumerate(self.methods):
            if method.same_id(package, name, fold_case):
                return i, method
        return -1, None

    def subset_of(self, other: TypeSet) -> bool:
        """Whether all terms are among those of another; methods don't count."""
        return terms_subset(self.terms, other.terms)


def is_all(terms: list[Term]) -> bool:
    """Whether terms in normal form are the set of all types."""
    return len(terms) == 1 and terms[0].typ is None


def disjoint(x: Term, y: Term) -> bool:
    """Whether two terms with types have no type in common."""
    assert x.typ is not None and y.typ is not None
    tx = x.typ.underlying() if y.tilde else x.typ
    ty = y.typ.underlying() if x.tilde else y.typ
    return not identical(tx, ty)


def includes(terms: list[Term], t: Type) -> bool:
    """Whether a type is in the set."""
    return any(term.typ is None or identical(term.typ, t.underlying() if term.tilde else t) for term in terms)


def term_subset(x: Term, y: Term) -> bool:
    """Whether every type of x is one of y's."""
    if y.typ is None:
        return True
    if x.typ is None or disjoint(x, y):
        return False
    return not x.tilde or y.tilde


def terms_subset(xs: list[Term], ys: list[Term]) -> bool:
    """Whether every type of xs is one of ys'. Term by term: `int|string` is no subset of a set that has the two in one term."""
    return all(any(term_subset(x, y) for y in ys) for x in xs)


def terms_equal(xs: list[Term], ys: list[Term]) -> bool:
    """Whether both are the same set."""
    return xs is ys or (terms_subset(xs, ys) and terms_subset(ys, xs))


def normal(terms: list[Term]) -> list[Term]:
    """The same set in normal form. A term that contains another takes its place."""
    kept: list[Term] = []
    used = [False] * len(terms)
    for i, x in enumerate(terms):
        if used[i]:
            continue
        for j in range(i + 1, len(terms)):
            y = terms[j]
            if used[j]:
                continue
            if x.typ is None or y.typ is None:
                return ALL_TERMS
            if not disjoint(x, y):
                if y.tilde and not x.tilde:
                    x = y
                used[j] = True
        if x.typ is None:
            return ALL_TERMS
        kept.append(x)
    return kept


def intersection(xs: list[Term], ys: list[Term]) -> list[Term]:
    """The types in both."""
    if is_all(xs):
        return ys
    if is_all(ys):
        return xs
    both = []
    for x in xs:
        for y in ys:
            if not disjoint(x, y):
                both.append(x if not x.tilde or y.tilde else y)
    return normal(both)


def compute_type_set(t: Interface, pos: int = NO_POS) -> TypeSet:
    """The type set of an interface, which is kept in it. `pos` is for errors about embedded elements, which go to the checker of the
    interface.

    An interface that is not complete gives the set of `any`, which is not kept.
    """
    if t.tset is not None:
        return t.tset
    if not t.complete:
        return TypeSet([], ALL_TERMS, False)
    # An interface that contains itself is reported elsewhere; here it must only come to an end.
    tset = t.tset = TypeSet([], ALL_TERMS, False)
    if not t.methods and not t.embeddeds:
        return tset
    env = t.env
    methods: dict[str, Func] = {}
    where: dict[str, int] = {}
    for method in t.methods:
        key = method.id()
        if key not in methods:
            methods[key] = method
            where[key] = method.pos
        elif env is not None:
            env.duplicate_method(method.pos, method, where[key])
    terms, comparable = ALL_TERMS, False
    positions = t.embed_pos
    for i, embedded in enumerate(t.embeddeds):
        at = positions[i] if i < len(positions) else NO_POS  # imported interfaces have none: nothing is checked there
        u = embedded.underlying()
        its_comparable = False
        if type(u) is Interface:
            its = compute_type_set(u, at)
            if (
                at
                and env is not None
                and env.is_imported_constraint(embedded)
                and not env.may_embed(at, embedded, "embedding constraint interface")
            ):
                continue
            its_comparable = its.comparable
            its_terms = its.terms
            for method in its.methods:
                key = method.id()
                other = methods.get(key)
                if other is None:
                    methods[key] = method
                    where[key] = at
                elif env is not None and (at or other is not method):
                    _check_duplicate(env, at, method, other, where[key])
        elif type(u) is Union:
            if at and env is not None and not env.may_embed(at, u, "embedding interface element"):
                continue
            found = union_terms(u, env, at)
            if found is None:
                continue
            its_terms = found
        else:
            if not is_valid(u):
                continue
            if at and env is not None and not env.may_embed(at, embedded, "embedding non-interface type"):
                continue
            its_terms = [Term(False, embedded)]
        terms = intersection(terms, its_terms)
        comparable = comparable or its_comparable
        if comparable and not is_all(terms):
            terms = [term for term in terms if term.typ is not None and comparable_cause(term.typ, False) is None]
            comparable = False
    tset.comparable = comparable
    tset.methods = sorted(methods.values(), key=method_order)
    tset.terms = terms
    return tset


def _check_duplicate(env: Hooks, pos: int, method: Func, other: Func, other_pos: int) -> None:
    """Reports, when all types are known, a method that two embedded interfaces have, if their signatures differ or the language version
    forbids it.
    """

    def check() -> None:
        if (pos and not env.may_overlap(pos)) or not identical(method.typ, other.typ):
            env.duplicate_method(pos, method, other_pos)

    env.later(check)


def union_terms(u: Union, env: Hooks | None = None, pos: int = NO_POS) -> list[Term] | None:
    """The terms of a union in normal form; None if there are more than `MAX_TERMS`, which has been reported then."""
    terms: list[Term] = []
    for term in u.terms:
        t = term.typ
        assert t is not None
        under = t.underlying()
        if type(under) is Interface:
            more = compute_type_set(under, pos).terms
        elif under is INVALID_TYPE:
            continue
        elif term.tilde and not identical(t, under):
            continue  # no type has it as its underlying type
        else:
            more = [term]
        terms = normal(terms + more)
        if len(terms) > MAX_TERMS:
            if env is not None:
                env.too_many_terms(pos)
            return None
    return terms
