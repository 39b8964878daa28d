# SPDX-License-Identifier: BSD-3-Clause
"""x.f: a name of another package, a field, a method value or a method expression.

Source of the facts: src/cmd/compile/internal/types2/call.go (selector).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import Name, SelectorExpr
from pygo_cross.types.check import expr, recording
from pygo_cross.types.check.cycles import is_complete
from pygo_cross.types.check.errors import error
from pygo_cross.types.check.lookuperror import lookup_error
from pygo_cross.types.check.operand import BUILTIN, CONSTANT, INVALID, TYPEXPR, VALUE, VARIABLE, Operand
from pygo_cross.types.lookup import Found, interface_pointer_error, is_interface_pointer, lookup_field_or_method
from pygo_cross.types.objects import PARAM_VAR, Builtin, Const, Func, PkgName, TypeName, Var
from pygo_cross.types.predicates import is_valid
from pygo_cross.types.selection import FIELD_VAL, METHOD_VAL
from pygo_cross.types.selection import METHOD_EXPR as METHOD_EXPR_KIND
from pygo_cross.types.types import INVALID_TYPE, METHOD_EXPR, Pointer, Signature, Tuple, Type
from pygo_cross.unicode.classes import is_name

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


def selector(check: Checker, x: Operand, e: SelectorExpr, want_type: bool) -> None:
    """What x.f stands for. Where a type is wanted, only another package's will do."""
    if not _select(check, x, e, want_type):
        x.mode, x.typ = INVALID, INVALID_TYPE
    x.expr = e


def _select(check: Checker, x: Operand, e: SelectorExpr, want_type: bool) -> bool:
    name = e.sel.value
    if isinstance(e.x, Name):
        package = check.env.lookup(e.x.value)
        if isinstance(package, PkgName):
            return _qualified(check, x, e, package)
    expr.expr_or_type(check, x, e.x, False)
    if x.mode == BUILTIN:
        error(check, e.pos, "uncalled-builtin", "invalid use of %s in selector expression", x)
        return False
    if x.mode == INVALID:
        return False
    typ = x.typ
    assert typ is not None
    if not is_complete(check, typ):
        return False
    if want_type:
        error(check, e.sel, "not-a-type", "%s is not a type", e)
        return False
    under = typ.underlying()
    if isinstance(under, Pointer) and not is_complete(check, under.elem):
        return False
    found = lookup_field_or_method(typ, x.mode == VARIABLE, check.pkg, name)
    obj = found.obj
    if obj is None:
        _missing(check, x, e, typ, found)
        return False
    assert found.path is not None
    if isinstance(obj, Var):
        if x.mode == TYPEXPR:
            message = "operand for field selector %s must be value of type %s"
            error(check, e.x, "missing-field-or-method", message, name, typ)
            return False
        recording.record_selection(check, e, FIELD_VAL, typ, obj, found.path, found.indirect)
        x.mode = VARIABLE if x.mode == VARIABLE or found.indirect else VALUE
        x.typ = obj.typ
        return True
    assert isinstance(obj, Func)
    return _method(check, x, e, typ, obj, found)


def _method(check: Checker, x: Operand, e: SelectorExpr, typ: Type, obj: Func, found: Found) -> bool:
    """A method of a value, or, of a type, a function whose first parameter is the receiver."""
    check.check_object(obj)
    check.depends_on(obj)
    assert found.path is not None
    sig = obj.signature
    if x.mode != TYPEXPR:
        recording.record_selection(check, e, METHOD_VAL, typ, obj, found.path, found.indirect)
        x.mode = VALUE
        bound = sig.copy()
        bound.recvold, bound.recv = sig.recv, None
        x.typ = bound
        return True
    recording.record_selection(check, e, METHOD_EXPR_KIND, typ, obj, found.path, found.indirect)
    if sig.recv is None:
        error(check, e, "invalid-decl-cycle", "illegal cycle in method declaration")
        return False
    params = sig.params.vars
    name = ""
    if params and params[0].name:
        name = sig.recv.name or "_"  # all parameters have names, or none has
    receiver = Var(PARAM_VAR, sig.recv.pos, sig.recv.pkg, name, typ)
    made = Signature(Tuple([receiver, *params]), sig.results, sig.variadic, tparams=sig.tparams)
    made.recvold = METHOD_EXPR
    x.mode, x.typ = VALUE, made
    return True


def _qualified(check: Checker, x: Operand, e: SelectorExpr, package: PkgName) -> bool:
    """A name of another package."""
    assert isinstance(e.x, Name)
    check.info.uses[e.x] = package
    package.used = True
    imported, name = package.imported, e.sel.value
    obj = imported.scope.lookup(name)
    if obj is None:
        if not imported.fake and is_name(name):
            others = imported.scope.lookup_ignoring_case(name, True)
            if others:
                error(check, e.sel, "undeclared-imported-name", "undefined: %s (but have %s)", e, others[0].name)
            else:
                error(check, e.sel, "undeclared-imported-name", "undefined: %s", e)
        return False
    if not obj.exported():
        error(check, e.sel, "unexported-name", "name %s not exported by package %s", name, imported.name)
    check.info.uses[e.sel] = obj
    if isinstance(obj, Const):
        x.mode, x.val = CONSTANT, obj.val
    elif isinstance(obj, TypeName):
        x.mode = TYPEXPR
    elif isinstance(obj, Var):
        x.mode = VARIABLE
    elif isinstance(obj, Func):
        x.mode, x.typ = VALUE, obj.signature
        return True
    else:
        assert isinstance(obj, Builtin)
        x.mode, x.typ, x.builtin = BUILTIN, INVALID_TYPE, obj.id_
        return True
    x.typ = obj.typ
    return True


def _missing(check: Checker, x: Operand, e: SelectorExpr, typ: Type, found: Found) -> None:
    """Report a field or method that isn't there, in the words that help most."""
    name = e.sel.value
    if not is_valid(typ.underlying()):
        return
    if found.path is not None:
        error(check, e.sel, "ambiguous-selector", "ambiguous selector %s.%s", x.expr, name)
        return
    if found.indirect:
        if x.mode == TYPEXPR:
            message = "invalid method expression %s.%s (needs pointer receiver (*%s).%s)"
            error(check, e.sel, "invalid-method-expr", message, typ, name, typ, name)
        else:
            error(check, e.sel, "invalid-method-expr", "cannot call pointer method %s on %s", name, typ)
        return
    if is_interface_pointer(typ):
        why = interface_pointer_error(typ, check.formatter)
    else:
        other = lookup_field_or_method(typ, x.mode == VARIABLE, check.pkg, name, True)
        why = lookup_error(check, typ, name, other.obj, False)
    error(check, e.sel, "missing-field-or-method", "%s.%s undefined (%s)", x.expr, name, why)
