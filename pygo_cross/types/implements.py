# SPDX-License-Identifier: BSD-3-Clause
"""Whether a type implements an interface, or satisfies a constraint.

All questions are asked in the negative: the answer is None if the relation holds, else why it doesn't, in words if a formatter is given and
empty otherwise.

Facts: src/cmd/compile/internal/types2/instantiate.go, lookup.go; the language specification, "Implementing an interface", "Satisfying a
type constraint".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .format import Formatter
from .lookup import has_all_methods, interface_pointer_error, is_interface_pointer
from .predicates import comparable_cause, identical, is_interface, is_valid
from .subst import Substitution
from .types import NO_POS, Interface, Pointer, Term, Type, TypeParam, Union
from .typeset import includes

if TYPE_CHECKING:
    from .context import Context
    from .hooks import Hooks


def verify(
    tparams: Sequence[TypeParam],
    targs: Sequence[Type],
    context: Context,
    formatter: Formatter | None = None,
    env: Hooks | None = None,
    pos: int = NO_POS,
) -> tuple[int, str] | None:
    """The first type argument that does not satisfy its constraint, by index, and why; None if all do."""
    replace = Substitution(tparams, targs, context, env, pos)
    for i, tparam in enumerate(tparams):
        # The constraint is wrapped into an interface before it is substituted: type arguments may be interfaces themselves.
        tparam.iface()
        cause = not_implementing(targs[i], replace.typ(tparam.bound), True, formatter, env)
        if cause is not None:
            return i, cause
    return None


def not_implementing(v: Type, t: Type, constraint: bool, formatter: Formatter | None = None, env: Hooks | None = None) -> str | None:
    """Why `v` does not implement the interface `t` (with `constraint`: satisfy it)."""
    vu, tu = v.underlying(), t.underlying()
    if not is_valid(vu) or not is_valid(tu) or (type(vu) is Pointer and not is_valid(vu.elem.underlying())):
        return None  # has been reported
    verb = "satisfy" if constraint else "implement"
    if type(tu) is not Interface:
        if formatter is None:
            return ""
        detail = interface_pointer_error(t, formatter) if is_interface_pointer(tu) else formatter.sprintf("%s is not an interface", t)
        return formatter.sprintf("%s does not %s %s (%s)", v, verb, t, detail)
    wanted = tu.type_set()
    if wanted.is_all():
        return None
    vset = vu.type_set() if type(vu) is Interface else None
    if vset is not None and vset.is_empty():
        return None  # the empty set is a subset of any
    if wanted.is_empty():
        return "" if formatter is None else formatter.sprintf("cannot %s %s (empty type set)", verb, t)
    missing = has_all_methods(v, t, True, identical, formatter, env)
    if missing is not None:
        return "" if formatter is None else formatter.sprintf("%s does not %s %s %s", v, verb, t, missing.cause)
    if wanted.has_terms():
        if vset is not None:
            if not vset.subset_of(wanted):
                return "" if formatter is None else formatter.sprintf("%s does not %s %s", v, verb, t)
        elif not includes(wanted.terms, v):
            return "" if formatter is None else _not_in_terms(v, t, tu, verb, formatter)
    if not wanted.is_comparable() or comparable_cause(v, False) is None:
        return None
    # Ordinary interfaces satisfy comparable since Go 1.20, though comparing them may panic.
    if constraint and comparable_cause(v, True) is None:
        if env is None or env.allows(20):
            return None
        return "" if formatter is None else formatter.sprintf("%s to %s comparable requires go1.20 or later", v, verb)
    return "" if formatter is None else formatter.sprintf("%s does not %s comparable", v, verb)


def _not_in_terms(v: Type, t: Type, iface: Interface, verb: str, formatter: Formatter) -> str:
    """What to say of a type that is not among the terms of a constraint."""
    terms = iface.type_set().terms
    alternative: Type | None = None
    for term in terms:
        if term.typ is not None and not term.tilde and identical(term.typ, term.typ.underlying()) and includes([Term(True, term.typ)], v):
            alternative = term.typ
            break
    if alternative is not None:
        detail = formatter.sprintf("possibly missing ~ for %s in %s", alternative, t)
    elif _mentions(iface, v):
        detail = formatter.sprintf("%s mentions %s, but %s is not in the type set of %s", t, v, v, t)
    else:
        detail = formatter.sprintf("%s missing in %s", v, " | ".join([str(term) for term in terms]))
    return formatter.sprintf("%s does not %s %s (%s)", v, verb, t, detail)


def _mentions(t: Type | None, v: Type) -> bool:
    """Whether a constraint has `v` written in it."""
    if type(t) is Interface:
        return any(_mentions(e, v) for e in t.embeddeds)
    if type(t) is Union:
        return any(_mentions(term.typ, v) for term in t.terms)
    return t is not None and identical(t, v)


def not_assertable(v: Type, t: Type, formatter: Formatter | None = None, env: Hooks | None = None) -> str | None:
    """Why a value of interface type `v` can never have the type `t` (`x.(t)`): a concrete type must have the interface's methods."""
    if is_interface(t):
        return None
    missing = has_all_methods(t, v, False, identical, formatter, env)
    return None if missing is None else missing.cause
