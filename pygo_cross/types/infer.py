# SPDX-License-Identifier: BSD-3-Clause
"""Type inference: the type arguments of a generic function that a call or assignment does not write out.

Typed arguments come first, then the constraints, as long as they tell something new, then the default types of untyped constants. What is
found may contain type parameters of the same list, which are replaced until none is left.

Facts: src/cmd/compile/internal/types2/infer.go; the language specification, "Type inference".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, final

from .hooks import Hooks
from .lookup import has_all_methods
from .objects import TypeName, Var
from .predicates import common_underlying, default_type, is_typed, max_type
from .subst import Substitution
from .types import (
    NO_POS,
    Alias,
    Array,
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
    unalias,
)
from .unify import ASSIGN, EXACT, INEXACT, Unifier


@final
class Argument:
    """An argument of a call: its type, what stands for it in messages (`expr`), where it is (`at`), and whether it is the untyped nil."""

    __slots__ = ("at", "expr", "is_nil", "typ")

    def __init__(self, typ: Type, expr: object, at: object, is_nil: bool = False) -> None:
        self.typ = typ
        self.expr = expr
        self.at = at
        self.is_nil = is_nil


@final
class Failure:
    """Why type arguments could not be inferred: a template with arguments (see `format`) at an argument's `at`, or at the position that
    `infer` was given.
    """

    __slots__ = ("args", "at", "template")

    def __init__(self, at: object, template: str, *args: object) -> None:
        self.at = at
        self.template = template
        self.args = args


def infer(
    tparams: Sequence[TypeParam],
    targs: Sequence[Type | None],
    params: Tuple,
    args: Sequence[Argument],
    env: Hooks,
    pos: object = NO_POS,
    reverse: bool = False,
) -> list[Type] | Failure:
    """All type arguments of a function with these type parameters: those of `targs` that are given, the others from `params` and the
    arguments for them, one for each.

    No argument may be invalid, and the type parameters must be no other's (see `rename`): a function that calls itself has its own in its
    arguments. `pos` is where failures are that concern no argument. `reverse` words them for an assignment, where the target's type is
    the argument.
    """
    given: list[Type | None] = [*targs, *[None] * (len(tparams) - len(targs))]
    known = [t for t in given if t is not None]
    if len(known) == len(tparams):
        return known
    # What is given is put into the parameters first, for arguments need only be assignable to it.
    if params.vars:
        params = Substitution(tparams, given, env.context, env).tuple(params)
    u = Unifier(tparams, given, env.allows(21), env)
    untyped: list[int] = []
    for i, arg in enumerate(args):
        par = params.vars[i].typ
        if not (is_parameterized(tparams, par) or is_parameterized(tparams, arg.typ)):
            continue
        if is_typed(arg.typ):
            if not u.unify(par, arg.typ, ASSIGN):
                return _mismatch(u, tparams, par, arg, env, reverse)
        elif type(par) is TypeParam and not arg.is_nil:
            # An untyped constant can say something of a lone type parameter alone.
            untyped.append(i)
    failure = _use_constraints(u, tparams, env, pos)
    if failure is not None:
        return failure
    largest: dict[TypeParam, Type] = {}
    for i in untyped:
        tparam = params.vars[i].typ
        arg = args[i]
        assert type(tparam) is TypeParam
        if u.at(tparam) is not None:
            continue
        before = largest.get(tparam)
        largest_now = arg.typ if before is None else max_type(before, arg.typ)
        if largest_now is None:
            return Failure(arg.at, "mismatched types %s and %s (cannot infer %s)", before, arg.typ, tparam)
        largest[tparam] = largest_now
    for tparam, t in largest.items():
        u.set(tparam, default_type(t))
    inferred = u.inferred(tparams)
    _drop_cycles(tparams, inferred)
    _simplify(tparams, given, inferred, env)
    found: list[Type] = []
    for i, result in enumerate(inferred):
        if result is None or is_parameterized(tparams, result):
            obj = tparams[i].obj
            return Failure(pos, "cannot infer %s (declared at %s)", obj.name, env.position(obj.pos))
        found.append(result)
    return found


def _mismatch(u: Unifier, tparams: Sequence[TypeParam], par: Type, arg: Argument, env: Hooks, reverse: bool) -> Failure:
    """An argument's type does not match the parameter's."""
    inferred = u.inferred(tparams)
    if all(t is None for t in inferred):
        names = type_params_string(tparams)
        return Failure(arg.at, "type %s of %s does not match %s (cannot infer %s)", arg.typ, arg.expr, par, names)
    so_far = Substitution(tparams, inferred, env.context, env).typ(par)
    if so_far is par:
        return Failure(arg.at, "type %s of %s does not match %s", arg.typ, arg.expr, par)
    if reverse:
        return Failure(arg.at, "inferred type %s for %s does not match type %s of %s", so_far, par, arg.typ, arg.expr)
    return Failure(arg.at, "type %s of %s does not match inferred type %s for %s", arg.typ, arg.expr, so_far, par)


def _use_constraints(u: Unifier, tparams: Sequence[TypeParam], env: Hooks, pos: object) -> Failure | None:
    """Matches type parameters with their constraints until that tells nothing new."""

    def same(x: Type, y: Type) -> bool:
        return u.unify(x, y, EXACT)

    while True:
        unknowns = u.unknowns()
        for tparam in tparams:
            known = u.at(tparam)
            core, single = core_term(tparam)
            if core is not None and core.typ is not None:
                if known is not None:
                    if not u.unify(known, core.typ, INEXACT):
                        return Failure(pos, "%s (type %s) does not satisfy %s", tparam, known, tparam.bound)
                elif single and not core.tilde:
                    u.set(tparam, core.typ)
            # The methods of what is found may tell more, once it has no type parameters of the list itself.
            if known is not None and not is_parameterized(tparams, known):
                missing = has_all_methods(known, tparam.iface(), True, same, env.formatter, env)
                if missing is not None:
                    return Failure(pos, "%s (type %s) does not satisfy %s %s", tparam, known, tparam.bound, missing.cause)
        if u.unknowns() == unknowns:
            return None


def _simplify(tparams: Sequence[TypeParam], given: list[Type | None], inferred: list[Type | None], env: Hooks) -> None:
    """Replaces type parameters in what was found for others, until nothing changes. Cycles are gone."""
    dirty = [i for i, t in enumerate(inferred) if t is not None and given[i] is None]
    while dirty:
        replace = Substitution(tparams, inferred, env.context, env)
        changed = []
        for i in dirty:
            old = inferred[i]
            assert old is not None
            new = replace.typ(old)
            if new is not old:
                # A generic function among the arguments has no type parameters left when those of the list are gone.
                if type(new) is Signature and new.tparams and not is_parameterized(tparams, new):
                    new.tparams = ()
                inferred[i] = new
                changed.append(i)
        dirty = changed


def rename(tparams: Sequence[TypeParam], t: Type, env: Hooks) -> tuple[tuple[TypeParam, ...], Type]:
    """New type parameters of the same names and constraints, and the type with them in place of the old ones. A generic signature keeps
    the old list.
    """
    if not tparams:
        return (), t
    fresh = []
    for tparam in tparams:
        obj = tparam.obj
        new = TypeParam(TypeName(obj.pos, obj.pkg, obj.name))
        new.index = tparam.index
        fresh.append(new)
    replace = Substitution(tparams, fresh, env.context, env)
    for new, tparam in zip(fresh, tparams, strict=True):
        new.bound = replace.typ(tparam.bound)
    return tuple(fresh), replace.typ(t)


def type_params_string(tparams: Sequence[TypeParam]) -> str:
    """The names of type parameters in words: `P`, `P and Q`, `P, Q, and R`."""
    names = [tparam.obj.name for tparam in tparams]
    if len(names) <= 2:
        return " and ".join(names)
    return ", ".join(names[:-1]) + ", and " + names[-1]


def core_term(tparam: TypeParam) -> tuple[Term | None, bool]:
    """The one term of a constraint and True; else a term of the underlying type that all terms share (with a tilde if one has it) and
    False; else None.
    """
    tset = tparam.iface().type_set()
    if not tset.has_terms():
        return None, False
    if len(tset.terms) == 1:
        return tset.terms[0], True
    common = common_underlying(tparam)[0]
    if common is None:
        return None, False
    return Term(any(term.tilde for term in tset.terms), common), False


def is_parameterized(tparams: Sequence[TypeParam], t: Type) -> bool:
    """Whether a type contains one of the type parameters. Of a generic function only parameters and results count."""
    return _contains(t, tparams, {})


def _contains(t: Type, tparams: Sequence[TypeParam], seen: dict[Type, bool]) -> bool:
    if type(t) is Alias:
        t = t.unaliased()
    if type(t) is TypeParam:
        return t in tparams
    parts = _PARTS.get(type(t))
    if parts is None:
        return False
    known = seen.get(t)
    if known is not None:
        return known
    seen[t] = result = False
    for part in parts(t):
        if _contains(part, tparams, seen):
            result = True
            break
    if not result and type(t) is Interface:
        # Of its terms all must contain some: stock asks so.
        result = t.type_set().every(lambda term: term.typ is not None and _contains(term.typ, tparams, seen))
    seen[t] = result
    return result


def _vars(variables: list[Var]) -> list[Type]:
    return [var.typ for var in variables]


_PARTS: Final[dict[type[Type], Callable[[Any], Sequence[Type]]]] = {
    Array: lambda t: (t.elem,),
    Slice: lambda t: (t.elem,),
    Pointer: lambda t: (t.elem,),
    Chan: lambda t: (t.elem,),
    Map: lambda t: (t.key, t.elem),
    Struct: lambda t: _vars(t.fields),
    Tuple: lambda t: _vars(t.vars),
    Signature: lambda t: _vars(t.params.vars) + _vars(t.results.vars),
    Interface: lambda t: [method.signature for method in t.type_set().methods],
    Named: lambda t: t.targs,
}


def _drop_cycles(tparams: Sequence[TypeParam], inferred: list[Type | None]) -> None:
    """Forgets types that contain the very type parameters that they were found for, directly or by way of others: replacing would never
    end.
    """
    around: set[Type] = set()

    def walk(t: Type) -> None:
        t = unalias(t)
        if t in around:
            if type(t) is TypeParam and t in tparams:
                inferred[tparams.index(t)] = None
            return
        parts: Sequence[Type | None] = ()
        if type(t) is TypeParam:
            if t in tparams:
                parts = (inferred[tparams.index(t)],)
        elif type(t) is Interface:
            parts = [*[method.signature for method in t.methods], *t.embeddeds]
        elif type(t) is Union:
            parts = [term.typ for term in t.terms]
        else:
            find = _PARTS.get(type(t))
            if find is not None:
                parts = find(t)
        around.add(t)
        for part in parts:
            if part is not None:
                walk(part)
        around.remove(t)

    for tparam in tparams:
        walk(tparam)
