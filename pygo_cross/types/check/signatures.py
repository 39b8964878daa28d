# SPDX-License-Identifier: BSD-3-Clause
"""Function types: receivers, type parameters, parameters, results, and their scope.

The names in a signature are known in the body only, type parameters from behind the function's name on: that is why a receiver's base
type is looked up before the type parameters that it names are declared.

Source of the facts: src/cmd/compile/internal/types2/signature.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import DotsType, Expr, Field, FuncType, Name, Operation, ParenExpr
from pygo_cross.syntax.positions import end_pos
from pygo_cross.syntax.tokens import MUL
from pygo_cross.types.check import decl, recording, typexpr, version
from pygo_cross.types.check.errors import Place, error
from pygo_cross.types.check.operand import TYPEXPR
from pygo_cross.types.check.resolve import declare, unpack_receiver
from pygo_cross.types.instantiate import instantiate
from pygo_cross.types.objects import PARAM_VAR, RECV_VAR, RESULT_VAR, Var
from pygo_cross.types.predicates import is_valid
from pygo_cross.types.subst import Substitution
from pygo_cross.types.types import (
    INVALID_TYPE,
    UNSAFE_POINTER,
    Alias,
    Basic,
    Interface,
    Named,
    Pointer,
    Signature,
    Slice,
    Tuple,
    Type,
    TypeParam,
    bind,
    deref,
    unalias,
)

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


def func_type(check: Checker, sig: Signature, receiver: Field | None, type_params: Sequence[Field], e: FuncType) -> None:
    """Fill in a signature, which may be in use already, and open its scope."""
    env = check.env
    saved = env.scope
    scope = sig.scope = decl.open_scope(check, e, "function")
    scope.is_func = True
    try:
        recv: Var | None = None
        rparams: tuple[TypeParam, ...] = ()
        if receiver is not None:
            recv, rparams = _receiver(check, receiver, e.pos)
        if type_params:

            def take(tparams: Sequence[TypeParam]) -> None:
                sig.tparams = bind(tparams)

            decl.collect_type_params(check, type_params, take)
        params, variadic = _parameters(check, e.param_list, PARAM_VAR)
        results, _ = _parameters(check, e.result_list, RESULT_VAR)
        scope_pos = end_pos(e)
        if receiver is not None and receiver.name is not None and recv is not None and recv.name:
            declare(check, scope, receiver.name, recv, scope_pos)
        for fields, made in ((e.param_list, params), (e.result_list, results)):
            for field, var in zip(fields, made, strict=True):
                if field.name is not None and field.name.value:
                    declare(check, scope, field.name, var, scope_pos)
        sig.recv, sig.rparams = recv, rparams
        sig.params, sig.results, sig.variadic = Tuple(params), Tuple(results), variadic
    finally:
        env.scope = saved


def _parameters(check: Checker, fields: Sequence[Field], kind: int) -> tuple[list[Var], bool]:
    """The variables of a list of parameters or results, and whether the last one takes any number."""
    made: list[Var] = []
    variadic = False
    typ: Type = INVALID_TYPE
    before: Expr | None = None
    for i, field in enumerate(fields):
        if field.type is not before:
            e = before = field.type
            if isinstance(e, DotsType):
                if kind == PARAM_VAR and i == len(fields) - 1:
                    variadic = True
                else:
                    error(check, e, "invalid-syntax-tree", "invalid use of ...")
                e = e.elem
            typ = typexpr.var_type(check, e)
        if field.name is not None:
            made.append(Var(kind, field.name.pos, check.pkg, field.name.value, typ))
        else:
            var = Var(kind, field.pos, check.pkg, "", typ)
            check.info.implicits[field] = var
            made.append(var)
    if variadic:
        made[-1].typ = Slice(made[-1].typ)
        recording.record_type_and_value(check, fields[-1].type, TYPEXPR, made[-1].typ, None)
    return made, variadic


# ---- receivers


def _receiver(check: Checker, field: Field, scope_pos: int) -> tuple[Var, tuple[TypeParam, ...]]:
    """A method's receiver and the type parameters that it declares."""
    pointer, base, names = unpack_receiver(check, field.type, True)
    tparams: tuple[TypeParam, ...] = ()
    if names:
        typ, tparams = _generic_receiver(check, field, pointer, base, names, scope_pos)
    else:
        typ = typexpr.var_type(check, field.type)
        if _is_instance(check, base, typ):
            typ = INVALID_TYPE
    if field.name is not None and field.name.value:
        recv = Var(RECV_VAR, field.name.pos, check.pkg, field.name.value, typ)
    else:
        recv = Var(RECV_VAR, field.pos, check.pkg, "", typ)
        check.info.implicits[field] = recv
    check.later(lambda: _valid_receiver(check, base, recv))
    return recv, tparams


def _is_instance(check: Checker, base: Expr, typ: Type) -> bool:
    """Report a receiver that is, by way of aliases, an instance of a generic type."""
    alias = _without_pointers(typ)
    while isinstance(alias, Alias):
        behind = _without_pointers(alias.rhs)
        if isinstance(behind, (Alias, Named)) and behind.tparams:
            error(check, base, "invalid-recv", "cannot define new methods on instantiated type %s", behind)
            return True
        alias = behind
    return False


def _without_pointers(typ: Type) -> Type:
    while isinstance(typ, Pointer):
        typ = typ.elem
    return typ


def _generic_receiver(
    check: Checker, field: Field, pointer: bool, base: Expr, names: Sequence[Name], scope_pos: int
) -> tuple[Type, tuple[TypeParam, ...]]:
    """The type of a receiver T[A, B], where A and B are declared, with the constraints that T's parameters have."""
    generic, cause = typexpr.generic_type(check, base)
    named: Named | None = None
    if isinstance(generic, Named):
        named = generic
    elif isinstance(generic, Alias):
        if is_valid(generic):
            error(check, base, "invalid-recv", "cannot define new methods on generic alias type %s", generic)
    elif cause is not None:
        error(check, base, "invalid-recv", "%s", cause)
    made = []
    for name in names:
        tparam = decl.declare_type_param(check, name, scope_pos)
        made.append(tparam)
        # Such a name is a definition and a use at once.
        check.info.uses[name] = tparam.obj
        recording.record_type_and_value(check, name, TYPEXPR, tparam, None)
    tparams = bind(made)
    if named is None:
        return INVALID_TYPE, tparams
    declared = named.tparams
    if len(declared) == len(tparams):
        renamed = Substitution(declared, tparams, check.context, check)
        for own, of_base in zip(tparams, declared, strict=True):
            check.mono.record_canon(own, of_base)
            own.bound = renamed.typ(of_base.bound)
    else:
        count = f"{len(tparams)} type parameter" + ("s" if len(tparams) != 1 else "")
        message = "receiver declares %s, but receiver base type declares %s"
        error(check, base, "bad-recv", message, count, str(len(declared)))
    version.require(check, base, version.GO1_18, "type instantiation")
    typ = instantiate(named, tparams, check.context, check, field.type.pos)
    recording.record_instance(check, base, tparams, typ)
    if pointer and is_valid(typ):
        typ = Pointer(typ)
    _record_receiver(check, field.type, typ)
    return typ, tparams


def _record_receiver(check: Checker, e: Expr, typ: Type) -> None:
    """The types of a receiver's expression and of what is in its parentheses and behind its star."""
    while True:
        recording.record_type_and_value(check, e, TYPEXPR, typ, None)
        if isinstance(e, ParenExpr):
            e = e.x
        elif isinstance(e, Operation) and e.op == MUL and e.y is None and isinstance(typ, Pointer):
            e, typ = e.x, typ.elem
        else:
            return


def _valid_receiver(check: Checker, at: Place, recv: Var) -> None:
    """A receiver is T or *T, with a T of this package that is neither a pointer nor an interface."""
    typ, _ = deref(recv.typ)
    actual = unalias(typ)
    if not is_valid(actual):
        return
    if isinstance(actual, Named) and actual.obj.pkg is check.pkg:
        under = actual.underlying()
        why = ""
        if isinstance(under, Basic) and under.kind == UNSAFE_POINTER:
            why = "unsafe.Pointer"
        elif isinstance(under, (Pointer, Interface)):
            why = "pointer or interface type"
        if why:
            error(check, at, "invalid-recv", "invalid receiver type %s (%s)", typ, why)
    elif isinstance(actual, (Named, Basic)):
        error(check, at, "invalid-recv", "cannot define new methods on non-local type %s", typ)
    else:
        error(check, at, "invalid-recv", "invalid receiver type %s", recv.typ)
