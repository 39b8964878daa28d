# SPDX-License-Identifier: BSD-3-Clause
"""Interface types: methods, embedded elements, unions.

An interface is usable as soon as its elements are collected; its type set is computed later, which reports what is wrong with it.

Source of the facts: src/cmd/compile/internal/types2/{interface,union}.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import Expr, InterfaceType, Operation
from pygo_cross.syntax.positions import start_pos
from pygo_cross.syntax.tokens import OR, TILDE
from pygo_cross.types import universe
from pygo_cross.types.check import recording, typexpr
from pygo_cross.types.check.errors import error, soft_error
from pygo_cross.types.check.operand import TYPEXPR
from pygo_cross.types.objects import RECV_VAR, Func, TypeName, Var, method_order
from pygo_cross.types.predicates import identical, is_type_param, is_valid
from pygo_cross.types.types import INVALID_TYPE, Interface, Signature, Term, Type, Union, as_named
from pygo_cross.types.typeset import MAX_TERMS, disjoint

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


def interface_type(check: Checker, e: InterfaceType, obj: TypeName | None) -> Interface:
    """The type that `interface{...}` is; methods of one that is declared for `obj` have that type as receiver."""
    made = Interface([], [], complete=False, env=check)
    check.needs_cleanup(made)
    receiver: Type = made
    if obj is not None:
        receiver = as_named(obj.typ) or made
    for field in e.method_list:
        if field.name is None:
            made.embeddeds.append(union(check, field.type))
            made.embed_pos.append(start_pos(field.type))
            continue
        name = field.name
        if name.value == "_":
            error(check, name, "blank-iface-method", "methods must have a unique non-blank name")
            continue
        sig = typexpr.typ(check, field.type)
        if not isinstance(sig, Signature):
            if is_valid(sig):
                error(check, field.type, "invalid-syntax-tree", "%s is not a method signature", sig)
            continue
        sig.recv = Var(RECV_VAR, name.pos, check.pkg, "", receiver)
        method = Func(name.pos, check.pkg, name.value, sig)
        check.info.defs[name] = method
        made.methods.append(method)
    made.complete = True
    made.methods.sort(key=method_order)
    if made.methods or made.embeddeds:
        check.later(lambda: _report(made))
    return made


def _report(interface: Interface) -> None:
    interface.type_set()


def union(check: Checker, e: Expr) -> Type:
    """An element of an interface: a type, ~T, or several with | between them."""
    operations, parts = _flatten(e)
    terms: list[Term] = []
    typ: Type = INVALID_TYPE
    for i, part in enumerate(parts):
        term = _term(check, part)
        if len(parts) == 1 and not term.tilde:
            assert term.typ is not None
            return term.typ
        if len(terms) < MAX_TERMS:
            terms.append(term)
            typ = Union(terms)
        elif is_valid(typ):
            check.too_many_terms(start_pos(part))
            typ = INVALID_TYPE
        if i:
            recording.record_type_and_value(check, operations[i - 1], TYPEXPR, typ, None)
    if is_valid(typ):
        check.later(lambda: _check_terms(check, parts, terms))
    return typ


def _flatten(e: Expr) -> tuple[list[Operation], list[Expr]]:
    """The | operations of a union and its parts, each from left to right."""
    operations: list[Operation] = []
    parts: list[Expr] = []
    while isinstance(e, Operation) and e.op == OR and e.y is not None:
        operations.append(e)
        parts.append(e.y)
        e = e.x
    parts.append(e)
    return operations[::-1], parts[::-1]


def _term(check: Checker, e: Expr) -> Term:
    tilde, inner = False, e
    if isinstance(e, Operation) and e.op == TILDE:
        tilde, inner = True, e.x
    typ = typexpr.typ(check, inner)
    if is_type_param(typ):
        if tilde:
            error(check, inner, "misplaced-type-param", "type in term %s cannot be a type parameter", e)
        else:
            error(check, inner, "misplaced-type-param", "term cannot be a type parameter")
        typ = INVALID_TYPE
    term = Term(tilde, typ)
    if tilde:
        recording.record_type_and_value(check, e, TYPEXPR, Union([term]), None)
    return term


def _check_terms(check: Checker, parts: list[Expr], terms: list[Term]) -> None:
    """Report terms that can't be: ~ before a type that has a name, interfaces with methods, terms that have types in common."""
    for i, term in enumerate(terms):
        typ = term.typ
        assert typ is not None
        if not is_valid(typ):
            continue
        under, at = typ.underlying(), parts[i]
        interface = isinstance(under, Interface)
        if term.tilde and interface:
            error(check, at, "invalid-union", "invalid use of ~ (%s is an interface)", typ)
        elif term.tilde and not identical(under, typ):
            error(check, at, "invalid-union", "invalid use of ~ (underlying type of %s is %s)", typ, under)
        elif isinstance(under, Interface):
            types = under.type_set()
            if types.methods:
                error(check, at, "invalid-union", "cannot use %s in union (%s contains methods)", term, term)
            elif typ is universe.COMPARABLE:
                error(check, at, "invalid-union", "cannot use comparable in union")
            elif types.comparable:
                error(check, at, "invalid-union", "cannot use %s in union (%s embeds comparable)", term, term)
        else:
            for earlier in terms[:i]:
                assert earlier.typ is not None
                if not isinstance(earlier.typ.underlying(), Interface) and not disjoint(earlier, term):
                    soft_error(check, at, "invalid-union", "overlapping terms %s and %s", term, earlier)
                    break
