# SPDX-License-Identifier: BSD-3-Clause
"""Declarations: what type, and what value, an object has.

`obj_decl` may be called for any object at any time; it does nothing for one that is known. Bodies of functions are put off until
all that is declared at package level is known.

Source of the facts: src/cmd/compile/internal/types2/decl.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pygo_cross.syntax.directives import NOINTERFACE
from pygo_cross.syntax.nodes import ConstDecl, Decl, Expr, Field, InterfaceType, Name, Node, Operation, TypeDecl, VarDecl, unpack_list
from pygo_cross.syntax.positions import end_pos, start_pos
from pygo_cross.syntax.tokens import OR, TILDE
from pygo_cross.types.check import assign, expr, signatures, stmt, typexpr, validtype, version
from pygo_cross.types.check.cycles import valid_cycle
from pygo_cross.types.check.errors import Report, error, soft_error
from pygo_cross.types.check.operand import Operand
from pygo_cross.types.check.resolve import ConstGroup, ConstLine, check_arity, declare
from pygo_cross.types.constant import UNKNOWN
from pygo_cross.types.objects import LOCAL_VAR, Const, Func, Object, TypeName, Var
from pygo_cross.types.predicates import is_const_type, is_type_param, is_valid
from pygo_cross.types.scope import Scope
from pygo_cross.types.types import (
    EMPTY_TUPLE,
    INVALID_TYPE,
    UNRESOLVED,
    Alias,
    Interface,
    Named,
    Signature,
    Struct,
    Type,
    TypeParam,
    as_named,
    bind,
)

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker, DeclInfo


def package_objects(check: Checker) -> None:
    """Check all that is declared at package level: types first, then aliases, then the rest, each in source order."""
    aliases: list[Object] = []
    others: list[Object] = []
    for obj, info in list(check.decls.items()):
        if not isinstance(obj, TypeName):
            others.append(obj)
        elif info.tdecl is not None and info.tdecl.alias:
            aliases.append(obj)
        else:
            obj_decl(check, obj)
    for obj in aliases:
        obj_decl(check, obj)
    for obj in others:
        obj_decl(check, obj)
    check.methods.clear()


def obj_decl(check: Checker, obj: Object) -> None:
    """Find out an object's type, unless it is known or just being found out: then it may be a circle."""
    from pygo_cross.types.check.checker import Env

    if obj in check.path_index:
        if not isinstance(obj, Func):
            if not valid_cycle(check, obj) or (obj.typ is UNRESOLVED and not isinstance(obj, TypeName)):
                obj.typ = INVALID_TYPE
        else:
            valid_cycle(check, obj)
        return
    if obj.typ is not UNRESOLVED:
        return
    info = check.decls[obj]
    saved = check.env
    check.push(obj)
    check.env = env = Env(info.file, info.version)
    try:
        if isinstance(obj, Func):
            _func_decl(check, obj, info)
        elif isinstance(obj, TypeName):
            assert info.tdecl is not None
            type_decl(check, obj, info.tdecl)
            _collect_methods(check, obj)
        elif isinstance(obj, Const):
            env.decl = info
            const_decl(check, obj, info.vtyp, info.init, info.inherited)
        else:
            assert isinstance(obj, Var)
            env.decl = info
            var_decl(check, obj, info.lhs, info.vtyp, info.init)
    finally:
        check.env = saved
        check.pop()


# ---- constants and variables


def const_decl(check: Checker, obj: Const, typ: Expr | None, init: Expr | None, inherited: bool) -> None:
    """A constant; its `val` is that of iota before, and the constant's after."""
    env = check.env
    saved = env.iota, env.errpos
    env.iota, env.errpos = obj.val, 0
    obj.val = UNKNOWN
    try:
        if typ is not None:
            found = typexpr.typ(check, typ)
            if not is_const_type(found):
                if is_valid(found.underlying()):
                    error(check, typ, "invalid-const-type", "invalid constant type %s", found)
                obj.typ = INVALID_TYPE
                return
            obj.typ = found
        x = Operand()
        if init is not None:
            if inherited:
                env.errpos = obj.pos
            expr.expr(check, None, x, init)
        assign.init_const(check, obj, x)
    finally:
        env.iota, env.errpos = saved


def var_decl(check: Checker, obj: Var, lhs: Sequence[Var] | None, typ: Expr | None, init: Expr | None) -> None:
    """A variable, or with it all of `lhs`, which one call gives values to."""
    if typ is not None:
        obj.typ = typexpr.var_type(check, typ)
    if init is None:
        if typ is None:
            obj.typ = INVALID_TYPE  # `check_arity` has said what is missing
        return
    if lhs is None or len(lhs) == 1:
        x = Operand()
        expr.expr(check, expr.new_target(obj.typ, obj.name), x, init)
        assign.init_var(check, obj, x, "variable declaration")
        return
    if typ is not None:
        for other in lhs:
            other.typ = obj.typ
    assign.init_vars(check, lhs, [init], None)


# ---- types


def is_imported_constraint(check: Checker, typ: Type) -> bool:
    """Whether a type is a constraint that another package declares."""
    named = as_named(typ)
    if named is None or named.obj.pkg is check.pkg or named.obj.pkg is None:
        return False
    under = named.underlying()
    return isinstance(under, Interface) and not under.is_method_set()


def type_decl(check: Checker, obj: TypeName, decl: TypeDecl) -> None:
    """A defined type or an alias."""
    complained = False
    rhs: list[Type] = []

    def validate() -> None:
        named = as_named(obj.typ)
        if named is not None:
            validtype.valid_type(check, named)
        if rhs and not complained and is_imported_constraint(check, rhs[0]):
            version.require(check, decl.type, version.GO1_18, "using type constraint %s", rhs[0])

    check.later(validate)
    first = decl.tparam_list[0] if decl.tparam_list else None
    if decl.alias:
        if first is not None:
            complained = not version.require(check, first, version.GO1_23, "generic type alias")
        if not complained:
            complained = not version.require(check, decl, version.GO1_9, "type alias")
        _alias_decl(check, obj, decl, rhs)
        return
    if first is not None:
        complained = not version.require(check, first, version.GO1_18, "type parameter")
    named = Named(obj, env=check)
    scope = check.env.scope
    try:
        if decl.tparam_list:
            open_scope(check, decl, "type parameters")
            collect_type_params(check, decl.tparam_list, named.set_tparams)
        found = typexpr.declared_type(check, decl.type, obj)
        rhs.append(found)
        named.rhs = found
        if is_type_param(found):
            error(check, decl.type, "misplaced-type-param", "cannot use a type parameter as RHS in type declaration")
            named.rhs = INVALID_TYPE
    finally:
        check.env.scope = scope


def _alias_decl(check: Checker, obj: TypeName, decl: TypeDecl, rhs: list[Type]) -> None:
    alias = Alias(obj)
    scope = check.env.scope
    try:
        if decl.tparam_list:
            open_scope(check, decl, "type parameters")

            def bind_alias(tparams: Sequence[TypeParam]) -> None:
                alias.tparams = bind(tparams)

            collect_type_params(check, decl.tparam_list, bind_alias)
        found = typexpr.declared_type(check, decl.type, obj)
        rhs.append(found)
        alias.rhs = found
        if isinstance(found, TypeParam) and found in alias.tparams:
            error(check, decl.type, "misplaced-type-param", "cannot use type parameter declared in alias declaration as RHS")
            alias.rhs = INVALID_TYPE
    finally:
        check.env.scope = scope


# ---- type parameters


def open_scope(check: Checker, node: Node, comment: str) -> Scope:
    """A scope inside the present one, recorded for a node; who opens one puts the old one back."""
    scope = check.env.scope = Scope(check.env.scope, start_pos(node), end_pos(node), comment)
    check.info.scopes[node] = scope
    return scope


def collect_type_params(check: Checker, fields: Sequence[Field], take: Callable[[Sequence[TypeParam]], None]) -> None:
    """Declare type parameters, give them to whoever they belong to, and only then look at the constraints, which may use all of these."""
    scope_pos = fields[0].pos
    tparams = []
    for field in fields:
        assert field.name is not None
        tparams.append(declare_type_param(check, field.name, scope_pos))
    take(tparams)
    env = check.env
    env.in_type_params = True
    try:
        bound: Type = INVALID_TYPE
        before: Expr | None = None
        for field, tparam in zip(fields, tparams, strict=True):
            if field.type is not before:
                before = field.type
                bound = _bound(check, field.type)
                if is_type_param(bound):
                    error(check, field.type, "misplaced-type-param", "cannot use a type parameter as constraint")
                    bound = INVALID_TYPE
            tparam.bound = bound
    finally:
        env.in_type_params = False


def _bound(check: Checker, e: Expr) -> Type:
    """A constraint; ~T and A|B stand for an interface that is not written."""
    if isinstance(e, Operation) and e.op in (TILDE, OR):
        made = typexpr.typ(check, InterfaceType(e.pos, [Field(e.pos, None, e)], e.pos))
        if isinstance(made, Interface):
            made.implicit = True
        return made
    return typexpr.typ(check, e)


def declare_type_param(check: Checker, name: Name, scope_pos: int) -> TypeParam:
    """A type parameter whose constraint is not known yet."""
    obj = TypeName(name.pos, check.pkg, name.value)
    made = TypeParam(obj, INVALID_TYPE, check)
    declare(check, check.env.scope, name, obj, scope_pos)
    return made


# ---- functions and methods


def _collect_methods(check: Checker, obj: TypeName) -> None:
    """Give a defined type the methods that are declared for it."""
    methods = check.methods.pop(obj, None)
    if methods is None:
        return
    base = as_named(obj.typ)
    if base is not None:
        named = base
        check.later(lambda: _check_field_names(check, named))
    seen: dict[str, Func] = {}
    for method in methods:
        other = seen.setdefault(method.id(), method)
        if other is not method:
            place = check.fset.place(other.pos)
            error(check, method.pos, "duplicate-method", "method %s.%s already declared at %s", obj.name, method.name, place)
        elif base is not None:
            base.add_method(method)


def _check_field_names(check: Checker, base: Named) -> None:
    """A struct's fields and its methods have different names."""
    under = base.underlying()
    if not isinstance(under, Struct):
        return
    methods = {method.id(): method for method in base.methods()}
    for field in under.fields:
        method = methods.get(field.id()) if field.name != "_" else None
        if method is not None:
            report = Report(check, "duplicate-field-and-method")
            report.add(method, "field and method with the same name %s", field.name).add_other_declaration(field).report()


def _func_decl(check: Checker, obj: Func, info: DeclInfo) -> None:
    decl = info.fdecl
    assert decl is not None
    sig = Signature(EMPTY_TUPLE, EMPTY_TUPLE)
    obj.typ = sig  # a circle ends here
    signatures.func_type(check, sig, decl.recv, decl.tparam_list, decl.type)
    if decl.pragma is not None:
        obj.nointerface = decl.pragma.flags & NOINTERFACE != 0
    assert sig.scope is not None
    sig.scope.pos, sig.scope.end = decl.pos, end_pos(decl)
    body = decl.body
    if body is None:
        if decl.tparam_list:
            soft_error(check, decl, "bad-decl", "generic function is missing function body")
    elif not check.config.ignore_func_bodies and (check.wanted is None or check.wanted is obj):
        check.later(lambda: stmt.func_body(check, info, obj.name, sig, body, None))


# ---- declarations inside functions


def decl_stmt(check: Checker, decls: Sequence[Decl]) -> None:
    """Declarations among statements: a name is known from the end of its declaration on, a type's from its name on."""
    constants = ConstGroup()
    for decl in decls:
        if isinstance(decl, ConstDecl):
            _local_constants(check, constants.line(decl))
            continue
        constants.leave()
        if isinstance(decl, VarDecl):
            _local_variables(check, decl)
        elif isinstance(decl, TypeDecl):
            obj = TypeName(decl.name.pos, check.pkg, decl.name.value)
            declare(check, check.env.scope, decl.name, obj, decl.name.pos)
            check.push(obj)
            type_decl(check, obj, decl)
            check.pop()
        else:
            raise check.bug("a declaration that does not stand in functions", decl)


def _local_constants(check: Checker, line: ConstLine) -> None:
    mark = check.delayed()
    made = []
    for i, name in enumerate(line.decl.name_list):
        obj = Const(name.pos, check.pkg, name.value, val=line.iota)
        made.append(obj)
        const_decl(check, obj, line.typ, line.values[i] if i < len(line.values) else None, line.inherited)
    check_arity(check, line.decl.pos, line.decl.name_list, line.values, True, line.inherited)
    check.process_delayed(mark)
    scope_pos = end_pos(line.decl)
    for name, obj in zip(line.decl.name_list, made, strict=True):
        declare(check, check.env.scope, name, obj, scope_pos)


def _local_variables(check: Checker, decl: VarDecl) -> None:
    mark = check.delayed()
    names, values = decl.name_list, unpack_list(decl.values)
    made = [Var(LOCAL_VAR, name.pos, check.pkg, name.value) for name in names]
    for i, obj in enumerate(made):
        if len(values) == len(names):
            var_decl(check, obj, None, decl.type, values[i])
        elif len(values) == 1:
            var_decl(check, obj, made, decl.type, values[0])
        else:
            var_decl(check, obj, None, decl.type, values[i] if i < len(values) else None)
        if len(values) == 1:
            break  # it has given all of them their types
    if decl.type is None or values:
        check_arity(check, decl.pos, names, values, False, False)
    check.process_delayed(mark)
    scope_pos = end_pos(decl)
    for name, obj in zip(names, made, strict=True):
        declare(check, check.env.scope, name, obj, scope_pos)
