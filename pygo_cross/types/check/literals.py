# SPDX-License-Identifier: BSD-3-Clause
"""Literals: constants as they are written, composite literals, function literals.

Source of the facts: src/cmd/compile/internal/types2/literals.go.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final

from pygo_cross.syntax.nodes import ArrayType, BasicLit, CompositeLit, Expr, FuncLit, KeyValueExpr, Name
from pygo_cross.syntax.positions import end_pos
from pygo_cross.syntax.tokens import FLOAT_LIT, IMAG_LIT, INT_LIT, RUNE_LIT, STRING_LIT
from pygo_cross.types import constant
from pygo_cross.types.check import assign, call, constexpr, expr, recording, stmt, typexpr, version
from pygo_cross.types.check.cycles import is_complete
from pygo_cross.types.check.errors import error
from pygo_cross.types.check.index import index
from pygo_cross.types.check.lookuperror import lookup_error
from pygo_cross.types.check.operand import CONSTANT, INVALID, TYPEXPR, VALUE, Operand
from pygo_cross.types.constant import Complex, Float, Rat, String, Unknown, Value
from pygo_cross.types.lookup import lookup_field_or_method
from pygo_cross.types.objects import Var, same_package
from pygo_cross.types.predicates import common_underlying, identical, is_plain_interface, is_valid
from pygo_cross.types.types import (
    INVALID_TYPE,
    TYP,
    UNTYPED_COMPLEX,
    UNTYPED_FLOAT,
    UNTYPED_INT,
    UNTYPED_RUNE,
    UNTYPED_STRING,
    Array,
    Map,
    Signature,
    Slice,
    Struct,
    Type,
    deref,
)

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

_MAX_LITERAL: Final = 10_000  # characters of a number
_KINDS: Final = {
    INT_LIT: UNTYPED_INT,
    FLOAT_LIT: UNTYPED_FLOAT,
    IMAG_LIT: UNTYPED_COMPLEX,
    RUNE_LIT: UNTYPED_RUNE,
    STRING_LIT: UNTYPED_STRING,
}


# ---- constants


def basic_lit(check: Checker, x: Operand, e: BasicLit) -> None:
    """A literal number, character or string."""
    text = e.value
    if e.kind <= IMAG_LIT:
        _check_version(check, e)
        if len(text) > _MAX_LITERAL:
            error(check, e, "invalid-const-val", "excessively long constant: %s... (%s chars)", text[:10], str(len(text)))
            return
    val = constant.make_from_literal(text, e.kind)
    if isinstance(val, Unknown):
        error(check, e, "invalid-const-val", "malformed constant: %s", text)
        return
    x.mode, x.typ, x.val, x.expr = CONSTANT, TYP[_KINDS[e.kind]], val, e
    if type(val) is not int or val.bit_length() > constexpr.MAX_INT_BITS:
        constexpr.overflow(check, x, e.pos)


def _check_version(check: Checker, e: BasicLit) -> None:
    """Forms of numbers that came with go1.13."""
    text = e.value
    if len(text) <= 2 or version.allows(check, version.GO1_13):
        return
    what = ""
    if "_" in text:
        what = "underscore in numeric literal"
    elif text[0] == "0":
        if text[1] in "bB":
            what = "binary literal"
        elif text[1] in "oO":
            what = "0o/0O-style octal literal"
        elif text[1] in "xX" and e.kind != INT_LIT:
            what = "hexadecimal floating-point literal"
    if what:
        version.require(check, e, version.GO1_13, what)


# ---- functions


def func_lit(check: Checker, x: Operand, e: FuncLit) -> None:
    """A function literal; its body is checked when the declaration or statement around it is done."""
    sig = typexpr.typ(check, e.type)
    if not isinstance(sig, Signature):
        raise check.bug("a function literal without a signature", e)
    made, body = sig, e.body
    assert made.scope is not None
    made.scope.pos, made.scope.end = e.pos, end_pos(e)
    if not check.config.ignore_func_bodies:
        # It belongs to the declaration around it, and iota is what it is there.
        around, iota = check.env.decl, check.env.iota
        check.later(lambda: stmt.func_body(check, around, "<function literal>", made, body, iota))
    x.mode, x.typ = VALUE, made


# ---- composite literals


def composite_lit(check: Checker, x: Operand, e: CompositeLit, hint: Type | None) -> None:
    """T{...}; inside another one T may be left out, and is `hint` then."""
    is_element = False
    if e.type is not None:
        if isinstance(e.type, ArrayType) and e.type.len is None:
            typ: Type = Array(typexpr.var_type(check, e.type.elem), -1)
        else:
            typ = typexpr.typ(check, e.type)
        base = typ
    elif hint is not None:
        typ = base = hint
        common, _ = common_underlying(base)
        if common is not None:
            pointed, is_pointer = deref(common)
            if is_pointer:
                base = pointed
        is_element = True
    else:
        error(check, e, "untyped-lit", "missing type in composite literal")
        typ = base = INVALID_TYPE
    if not is_complete(check, base):
        x.mode = INVALID
        return
    under, _ = common_underlying(base)
    if isinstance(under, Struct):
        if e.elem_list:
            _struct(check, x, e, under, base)
    elif isinstance(under, Array):
        length = _elements(check, e.elem_list, under.elem, under.len)
        if under.len < 0:
            under.len = length
            if e.type is not None:
                recording.record_type_and_value(check, e.type, TYPEXPR, under, None)
    elif isinstance(under, Slice):
        _elements(check, e.elem_list, under.elem, -1)
    elif isinstance(under, Map):
        _map(check, x, e, under)
    else:
        call.use(check, [one.value if isinstance(one, KeyValueExpr) else one for one in e.elem_list])
        if under is None or is_valid(under):
            what = "invalid composite literal element type %s%s" if is_element else "invalid composite literal type %s%s"
            error(check, e, "invalid-lit", what, typ, " (no common underlying type)" if under is None else "")
            x.mode = INVALID
            return
    x.mode, x.typ = VALUE, typ


def _struct(check: Checker, x: Operand, e: CompositeLit, struct: Struct, base: Type) -> None:
    if isinstance(e.elem_list[0], KeyValueExpr):
        _fields_by_name(check, x, e, struct, base)
        return
    fields = struct.fields
    for i, one in enumerate(e.elem_list):
        if isinstance(one, KeyValueExpr):
            error(check, one, "mixed-struct-lit", "mixture of field:value and value elements in struct literal")
            continue
        expr.generic_expr(check, x, one)
        if i >= len(fields):
            error(check, x, "invalid-struct-lit", "too many values in struct literal of type %s", base)
            break
        field = fields[i]
        if not field.exported() and not same_package(field.pkg, check.pkg):
            message = "implicit assignment to unexported field %s in struct literal of type %s"
            error(check, x, "unexported-lit-field", message, field.name, base)
            continue
        assign.assignment(check, x, field.typ, "struct literal")
    if len(e.elem_list) < len(fields):
        hint = ""
        if any(not field.exported() and not same_package(field.pkg, check.pkg) for field in fields):
            hint = " (type has unexported fields - use key:value pairs)"
        error(check, e.rbrace, "invalid-struct-lit", "too few values in struct literal of type %s%s", base, hint)


def _fields_by_name(check: Checker, x: Operand, e: CompositeLit, struct: Struct, base: Type) -> None:
    visited: dict[tuple[int, ...], Var] = {}
    for one in e.elem_list:
        if not isinstance(one, KeyValueExpr):
            error(check, one, "mixed-struct-lit", "mixture of field:value and value elements in struct literal")
            continue
        key = one.key
        expr.generic_expr(check, x, one.value)
        if not isinstance(key, Name):
            error(check, one, "invalid-lit-field", "invalid field name %s in struct literal", key)
            continue
        obj, path, indirect = lookup_field_or_method(struct, False, check.pkg, key.value, False)
        if obj is None:
            other, _, _ = lookup_field_or_method(struct, False, check.pkg, key.value, True)
            error(check, key, "missing-lit-field", "%s", lookup_error(check, base, key.value, other, True))
            continue
        if not isinstance(obj, Var):
            error(check, key, "missing-lit-field", "%s is not a field", key)
            continue
        assert path is not None
        if len(path) > 1:
            names = _path_names(struct, path)
            if not version.require(check, key, version.GO1_27, "use of promoted field %s in struct literal of type %s", names, base):
                continue
        if indirect:
            error(check, key, "invalid-lit-field", "invalid implicit pointer indirection to reach %s", key)
            continue
        check.info.uses[key] = obj
        assign.assignment(check, x, obj.typ, "struct literal")
        _visit(check, visited, one, obj, path)


def _visit(check: Checker, visited: dict[tuple[int, ...], Var], e: KeyValueExpr, field: Var, path: tuple[int, ...]) -> None:
    """Report a field that is given twice, by itself or inside an embedded one."""
    for length in range(1, len(path) + 1):
        other = visited.get(path[:length])
        if other is field:
            error(check, e, "duplicate-lit-field", "duplicate field name %s in struct literal", field.name)
            return
        if other is not None:
            message = "cannot specify promoted field %s and enclosing embedded field %s"
            error(check, e, "duplicate-lit-field", message, field.name, other.name)
            return
    for seen, other in visited.items():
        if seen[: len(path)] == path:
            message = "cannot specify embedded field %s and enclosed promoted field %s"
            error(check, e, "duplicate-lit-field", message, field.name, other.name)
            return
    visited[path] = field


def _path_names(struct: Struct, path: tuple[int, ...]) -> str:
    """The fields on a way, with dots between them."""
    names = []
    under: Type = struct
    for i in path:
        assert isinstance(under, Struct)
        field = under.fields[i]
        names.append(field.name)
        under = deref(field.typ)[0].underlying()
    return ".".join(names)


def _map(check: Checker, x: Operand, e: CompositeLit, typ: Map) -> None:
    """Constant keys must differ; where the key is an interface, in value or type."""
    in_interface = is_plain_interface(typ.key)
    visited: dict[Hashable, list[Type]] = {}
    for one in e.elem_list:
        if not isinstance(one, KeyValueExpr):
            error(check, one, "missing-lit-key", "missing key in map literal")
            continue
        expr.generic_expr(check, x, one.key, typ.key)
        assign.assignment(check, x, typ.key, "map literal")
        if x.mode == INVALID:
            continue
        if x.mode == CONSTANT:
            assert x.val is not None and x.typ is not None
            key, own = _key(x.val), x.typ
            before = visited.get(key)
            if before is not None and (not in_interface or any(identical(other, own) for other in before)):
                error(check, x, "duplicate-lit-key", "duplicate key %s in map literal", constant.to_string(x.val))
                continue
            visited.setdefault(key, []).append(own)
        expr.generic_expr(check, x, one.value, typ.elem)
        assign.assignment(check, x, typ.elem, "map literal")


def _key(val: Value) -> Hashable:
    """The same for constants that are equal, whatever they are kept as."""
    if isinstance(val, Complex):
        real = constant.to_float(val)
        if not isinstance(real, (int, Rat, Float)):
            return "complex", constant.float64(constant.real(val)), constant.float64(constant.imag(val))
        val = real
    if isinstance(val, (Rat, Float)):
        whole = constant.to_int(val)
        return whole if isinstance(whole, int) else ("float", constant.float64(val))
    if isinstance(val, String):
        return val.value
    return ("bool", val) if isinstance(val, bool) else val


def _elements(check: Checker, elements: Sequence[Expr], typ: Type, length: int) -> int:
    """The elements of an array or slice; gives its length: one more than the largest index."""
    visited: set[int] = set()
    at = largest = 0
    for e in elements:
        valid, value = False, e
        if isinstance(e, KeyValueExpr):
            index_type, i = index(check, e.key, length)
            if is_valid(index_type):
                if i >= 0:
                    at, valid = i, True
                else:
                    error(check, e, "invalid-lit-index", "index %s must be integer constant", e.key)
            value = e.value
        elif 0 <= length <= at:
            error(check, e, "oversize-array-lit", "index %s is out of bounds (>= %s)", str(at), str(length))
        else:
            valid = True
        if valid:
            if at in visited:
                error(check, e, "duplicate-lit-key", "duplicate index %s in array or slice literal", str(at))
            visited.add(at)
        at += 1
        largest = max(largest, at)
        x = Operand()
        expr.generic_expr(check, x, value, typ)
        assign.assignment(check, x, typ, "array or slice literal")
    return largest
