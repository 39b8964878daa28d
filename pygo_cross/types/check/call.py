# SPDX-License-Identifier: BSD-3-Clause
"""Calls: of functions and methods, of types (conversions), of predeclared functions; and instances of generic functions.

What is generic in a call, the function and its arguments alike, is inferred together: that is why arguments are evaluated first, generic
ones left as they are, and only then matched with parameters (`_arguments`).

Source of the facts: src/cmd/compile/internal/types2/call.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from pygo_cross.syntax.nodes import CallExpr, Expr, IndexExpr, ListExpr, Name, unpack_list, unparen
from pygo_cross.syntax.positions import start_pos
from pygo_cross.syntax.printer import expr_string
from pygo_cross.types.check import assign, builtins, conversion, expr, index, recording, typexpr, version
from pygo_cross.types.check.cycles import is_complete
from pygo_cross.types.check.errors import Place, Report, error, soft_error
from pygo_cross.types.check.expr import CONVERSION, STATEMENT, Target
from pygo_cross.types.check.operand import BUILTIN, CONSTANT, INVALID, NILVALUE, NOVALUE, TYPEXPR, VALUE, Operand
from pygo_cross.types.format import Cause
from pygo_cross.types.implements import verify
from pygo_cross.types.infer import Argument, Failure, infer, is_parameterized, rename
from pygo_cross.types.instantiate import instance_of_signature
from pygo_cross.types.objects import PARAM_VAR, Var
from pygo_cross.types.predicates import common_underlying, is_type_param
from pygo_cross.types.subst import Substitution
from pygo_cross.types.types import EMPTY_TUPLE, Interface, Signature, Slice, Tuple, Type, TypeParam
from pygo_cross.types.universe import BUILTINS

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

# ---- instances of functions


def func_inst(check: Checker, target: Target | None, pos: int, x: Operand, inst: IndexExpr | None, inferring: bool) -> list[Type] | None:
    """Instantiate the generic function x with the type arguments of `inst`, the missing ones from the target that it is assigned to.

    Unless `inferring`, missing ones are not looked for: those that are there are the result, and x stays generic. Otherwise the result is
    None.
    """
    at: Place = pos
    args: list[Expr] = []
    targs: Sequence[Type] = ()
    if inst is not None:
        at, x.expr = inst.pos, inst
    allowed = version.require(check, at, version.GO1_18, "function instantiation")
    if inst is not None:
        args = unpack_list(inst.index)
        found = typexpr.type_list(check, args)
        if found is None:
            x.mode = INVALID
            return None
        targs = found
    sig = x.typ
    assert isinstance(sig, Signature) and x.expr is not None
    have, want = len(targs), len(sig.tparams)
    if have > want:
        error(check, args[have - 1], "wrong-type-arg-count", "got %s type arguments but want %s", str(have), str(want))
        x.mode = INVALID
        return None
    if have < want:
        if not inferring:
            return list(targs)
        params: Tuple = EMPTY_TUPLE
        values: list[Argument] = []
        if target is not None:
            if allowed and not version.allows(check, version.GO1_21):
                what = "partially" if inst is not None else "implicitly"
                version.require(check, at, version.GO1_21, f"{what} instantiated function in assignment")
            # As if the target were an argument for a parameter that has the function's type.
            plain = Signature(sig.params, sig.results, sig.variadic)
            params = Tuple([Var(PARAM_VAR, x.expr.pos, check.pkg, "", plain)])
            values = [Argument(target.sig, target.desc, x.expr.pos)]
        tparams, renamed = rename(sig.tparams, params, check)
        inferred = infer(tparams, targs, cast(Tuple, renamed), values, check, pos, target is not None)
        if isinstance(inferred, Failure):
            error(check, cast(Place, inferred.at), "cannot-infer-type-args", inferred.template, *inferred.args)
            x.mode = INVALID
            return None
        targs = inferred
    x.typ, x.mode = instantiate_signature(check, x.expr.pos, x.expr, sig, tuple(targs), args), VALUE
    return None


def instantiate_signature(
    check: Checker, pos: int, e: Expr, sig: Signature, targs: tuple[Type, ...], args: Sequence[Expr]
) -> Signature:
    """A generic function's signature with its type arguments, of which `args` are written. Whether they satisfy their constraints is
    checked later.
    """
    made = instance_of_signature(sig, targs, check.context, check, pos)
    assert isinstance(made, Signature)
    recording.record_instance(check, e, targs, made)

    def look() -> None:
        unsatisfied = verify(sig.tparams, targs, check.context, check.formatter, check, pos)
        if unsatisfied is not None:
            at, why = unsatisfied
            soft_error(check, start_pos(args[at]) if at < len(args) else pos, "invalid-type-arg", "%s", why)
        else:
            check.mono.record_instance(check.pkg, pos, sig.tparams, targs, args)

    check.later(look)
    return made


# ---- calls


def call_expr(check: Checker, x: Operand, e: CallExpr) -> int:
    """f(args), T(x), len(x): says of what kind it was (expr.py)."""
    inst: IndexExpr | None = None
    if isinstance(e.fun, IndexExpr):
        if index.index_expr(check, x, e.fun):
            inst = e.fun  # type arguments are put in together with what the arguments tell
        x.expr = e.fun
        recording.record(check, x)
    else:
        expr.expr_or_type(check, x, e.fun, True)
    if x.mode == INVALID:
        use(check, e.arg_list)
        x.expr = e
        return STATEMENT
    if x.mode == TYPEXPR:
        return _conversion(check, x, e)
    if x.mode == BUILTIN:
        which = x.builtin
        if not builtins.builtin(check, x, e, which):
            x.mode = INVALID
        x.expr = e
        if x.mode != INVALID and x.mode != CONSTANT:
            check.env.has_call_or_recv = True
        return BUILTINS[which].kind
    _function(check, x, e, inst)
    x.expr = e
    return STATEMENT


def _conversion(check: Checker, x: Operand, e: CallExpr) -> int:
    expr.non_generic(check, None, x)
    if x.mode == INVALID:
        return CONVERSION
    target, args = x.typ, e.arg_list
    assert target is not None
    x.mode = INVALID
    if not is_complete(check, target):
        x.expr = e
        return CONVERSION
    if not args:
        error(check, e, "wrong-arg-count", "missing argument in conversion to %s", target)
    elif len(args) > 1:
        use(check, args)
        error(check, args[-1], "wrong-arg-count", "too many arguments in conversion to %s", target)
    else:
        expr.expr(check, expr.new_target(target, "conversion"), x, args[0])
        if x.mode != INVALID:
            under = target.underlying()
            if isinstance(under, Interface) and not is_type_param(target) and not under.is_method_set():
                message = "cannot use interface %s in conversion (contains specific type constraints or is comparable)"
                error(check, e, "misplaced-constraint-iface", message, target)  # x stays a value, whose uses may be mistakes as well
            elif e.has_dots:
                error(check, args[0], "bad-dot-dot-dot-syntax", "invalid use of ... in conversion to %s", target)
            else:
                conversion.conversion(check, x, target)
    x.expr = e
    return CONVERSION


def _no_function(typ: Type | None, under: Type | None) -> Cause | None:
    return Cause("%s is not a function", typ) if under is not None and not isinstance(under, Signature) else None


def _function(check: Checker, x: Operand, e: CallExpr, inst: IndexExpr | None) -> None:
    """A function or method is called."""
    assert x.typ is not None
    common, cause = common_underlying(x.typ, _no_function)
    if not isinstance(common, Signature):
        error(check, x, "invalid-call", "invalid operation: cannot call %s: %s", x, cause)
        x.mode = INVALID
        return
    sig, was_generic = common, bool(common.tparams)
    args: list[Expr] = []
    targs: tuple[Type, ...] = ()
    if inst is not None:
        args = unpack_list(inst.index)
        found = typexpr.type_list(check, args)
        have, want = len(args), len(sig.tparams)
        if found is not None and have > want:
            error(check, args[want], "wrong-type-arg-count", "got %s type arguments but want %s", str(have), str(want))
            found = None
        if found is None:
            use(check, e.arg_list)
            x.mode = INVALID
            return
        targs = found
        if have == want and want:
            version.require(check, inst, version.GO1_18, "function instantiation")
            sig = instantiate_signature(check, inst.pos, inst, sig, targs, args)
            targs, args = (), []
    values, partial = _generic_expr_list(check, e.arg_list)
    sig = arguments(check, e, sig, targs, args, values, partial)
    if was_generic and not sig.tparams:
        recording.record_type_and_value(check, e.fun, VALUE, sig, None)
    results = sig.results.vars
    if not results:
        x.mode = NOVALUE
    elif len(results) == 1:
        x.mode = VALUE
        if not is_complete(check, results[0].typ):
            x.mode = INVALID
            return
        x.typ = results[0].typ
    else:
        x.mode, x.typ = VALUE, sig.results
    check.env.has_call_or_recv = True
    if x.mode == VALUE and sig.tparams and is_parameterized(sig.tparams, x.typ):
        x.mode = INVALID  # inference has failed


# ---- lists


def expr_list(check: Checker, es: Sequence[Expr]) -> list[Operand]:
    """The values of a list, or all those of a single call."""
    if len(es) == 1:
        return expr.multi_expr(check, es[0], False)[0]
    made = []
    for e in es:
        x = Operand()
        expr.expr(check, None, x, e)
        made.append(x)
    return made


def _generic_expr_list(check: Checker, es: Sequence[Expr]) -> tuple[list[Operand], list[list[Type]]]:
    """The arguments of a call. Generic functions among them stay so, each with the type arguments that are written beside it."""
    inferring = not version.allows(check, version.GO1_21)
    made: list[Operand] = []
    partial: list[list[Type]] = []
    for e in es:
        x = Operand()
        targs: list[Type] = []
        if not isinstance(e, IndexExpr):
            expr.raw_expr(check, None, x, e, None, True)
        elif index.index_expr(check, x, e):
            found = func_inst(check, None, e.pos, x, e, inferring)
            if found is not None:
                targs, x.expr = found, e
            else:
                recording.record(check, x)
        else:
            x.expr = e
            recording.record(check, x)
        expr.exclude(check, x, expr.NOT_A_VALUE)
        if len(es) > 1:
            expr.single_value(check, x)
        elif isinstance(x.typ, Tuple) and x.mode != INVALID:
            return [Operand(VALUE, e, var.typ) for var in x.typ.vars], []
        made.append(x)
        partial.append(targs)
    return made, partial


# ---- arguments


def arguments(
    check: Checker,
    e: CallExpr,
    sig: Signature,
    targs: Sequence[Type],
    written: Sequence[Expr],
    args: Sequence[Operand],
    partial: Sequence[Sequence[Type]],
) -> Signature:
    """Match arguments with parameters, infer what is generic, and assign. The signature with its type arguments put in, or as it was
    after a mistake.

    `targs` and the expressions `written` are type arguments of the function, `partial` those of arguments that are generic functions.
    """
    params = _parameters(check, e, sig, args)
    if params is None:
        return sig
    adjusted = params is not sig.params
    count = len(sig.tparams)
    tparams: list[TypeParam] = []
    given: list[Type | None] = []
    if count:
        if not version.allows(check, version.GO1_18):
            if isinstance(e.fun, IndexExpr):
                version.require(check, e.fun, version.GO1_18, "function instantiation")
            else:
                version.require(check, e, version.GO1_18, "implicit function instantiation")
        renamed, found = rename(sig.tparams, params, check)
        params = cast(Tuple, found)
        tparams += renamed
        given += [*targs, *[None] * (count - len(targs))]
    generic = _generic_arguments(check, args, partial, tparams, given)
    if generic:
        version.require(check, args[generic[0]], version.GO1_21, "implicitly instantiated function as argument")
    if tparams:
        values = [_argument(x) for x in args]
        inferred = None
        if all(x.mode != INVALID for x in args):
            inferred = infer(tparams, given, params, values, check, e.pos)
        if inferred is None:
            return sig
        if isinstance(inferred, Failure):
            at = cast(Place, inferred.at)
            error(check, at, "cannot-infer-type-args", "in call to %s, " + inferred.template, e.fun, *inferred.args)
            return sig
        if count:
            own = tuple(inferred[:count])
            done = instantiate_signature(check, e.pos, e.fun, sig, own, written)
            params = Substitution(tparams[:count], own, check.context, check, e.pos).tuple(params) if adjusted else done.params
            sig = done
        at_index = count
        for i in generic:
            x = args[i]
            assert isinstance(x.typ, Signature) and x.expr is not None
            end = at_index + len(x.typ.tparams)
            x.typ = instantiate_signature(check, e.pos, x.expr, x.typ, tuple(inferred[at_index:end]), ())
            recording.record(check, x)
            at_index = end
    if args:
        context = "argument to " + expr_string(e.fun)
        for x, param in zip(args, params.vars, strict=True):
            assign.assignment(check, x, param.typ, context)
    return sig


def _argument(x: Operand) -> Argument:
    assert x.typ is not None
    return Argument(x.typ, x.expr, x, x.mode == NILVALUE)


def _parameters(check: Checker, e: CallExpr, sig: Signature, args: Sequence[Operand]) -> Tuple | None:
    """The parameters, one for each argument; None, reported, if there are too few or too many, or dots where none may be."""
    params = sig.params
    have, want = len(args), len(params.vars)
    if sig.variadic:
        if e.has_dots:
            if len(e.arg_list) == 1 and have > 1:
                error(check, e, "invalid-dot-dot-dot", "cannot use ... with %s-valued %s", str(have), e.arg_list[0])
                return None
        elif have >= want - 1:
            last = params.vars[-1]
            assert isinstance(last.typ, Slice)
            elem = last.typ.elem
            more = [Var(PARAM_VAR, last.pos, last.pkg, last.name, elem) for _ in range(have - want + 1)]
            return Tuple([*params.vars[:-1], *more])
        else:
            want -= 1
    elif e.has_dots:
        error(check, e, "non-variadic-dot-dot-dot", "cannot use ... in call to non-variadic %s", e.fun)
        return None
    if have == want:
        return params
    at: Place = e
    what = "not enough"
    if have > want:
        at, what = args[want], "too many"
    elif have:
        at = args[-1]
    report = Report(check, "wrong-arg-count").add(at, "%s arguments in call to %s", what, e.fun)
    report.add(0, "have %s", assign.types_summary(check, [x.typ for x in args], has_dots=e.has_dots))
    report.add(0, "want %s", assign.types_summary(check, [var.typ for var in params.vars], variadic=sig.variadic)).report()
    return None


def _generic_arguments(
    check: Checker, args: Sequence[Operand], partial: Sequence[Sequence[Type]], tparams: list[TypeParam], given: list[Type | None]
) -> list[int]:
    """The arguments that are generic functions, by index: each gets type parameters of its own, which are added to the lists."""
    generic: list[int] = []
    for i, x in enumerate(args):
        if not isinstance(x.typ, Signature) or not x.typ.tparams or x.mode == INVALID:
            continue
        fresh, renamed = rename(x.typ.tparams, x.typ.copy(), check)
        own = cast(Signature, renamed).copy()
        own.tparams = fresh
        x.typ = own
        known = partial[i] if i < len(partial) else ()
        tparams += fresh
        given += [*known, *[None] * (len(fresh) - len(known))]
        generic.append(i)
    return generic


# ---- what is evaluated although something is wrong already


def use(check: Checker, es: Sequence[Expr]) -> bool:
    """Evaluate expressions, so that what they mention is used; whether all are right."""
    return _use_all(check, es, False)


def use_lhs(check: Checker, es: Sequence[Expr]) -> bool:
    """The same for what is assigned to: variables are not used by that."""
    return _use_all(check, es, True)


def _use_all(check: Checker, es: Sequence[Expr], lhs: bool) -> bool:
    right = True
    for e in es:
        right = _use(check, e, lhs) and right
    return right


def _use(check: Checker, e: Expr, lhs: bool) -> bool:
    inner = unparen(e)
    if isinstance(inner, ListExpr):
        return _use_all(check, inner.elem_list, lhs)
    x = Operand()
    if not isinstance(inner, Name):
        expr.raw_expr(check, None, x, e, None, True)
        return x.mode != INVALID
    if inner.value == "_":
        return True
    var: Var | None = None
    used = False
    if lhs:
        found = check.env.lookup(inner.value)
        if isinstance(found, Var) and found.pkg is check.pkg:
            var, used = found, found.used
    expr.expr_or_type(check, x, inner, True)
    if var is not None:
        var.used = used
    return x.mode != INVALID
