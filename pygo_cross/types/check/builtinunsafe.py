# SPDX-License-Identifier: BSD-3-Clause
"""The functions of package unsafe, as `builtinvalues` has those of the language.

Source of the facts: src/cmd/compile/internal/types2/builtins.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import CallExpr, SelectorExpr, unparen
from pygo_cross.types.check import assign, call, expr, index, recording, version
from pygo_cross.types.check.builtinsigs import sign, typ_of
from pygo_cross.types.check.cycles import first_in_source, name_on_path, report_cycle
from pygo_cross.types.check.errors import error
from pygo_cross.types.check.operand import CONSTANT, INVALID, VALUE, VARIABLE, Operand
from pygo_cross.types.lookup import deref_struct_pointer, lookup_field_or_method
from pygo_cross.types.objects import Var
from pygo_cross.types.predicates import (
    common_underlying,
)
from pygo_cross.types.selection import FIELD_VAL
from pygo_cross.types.types import (
    BYTE,
    STRING,
    TYP,
    UINTPTR,
    UNSAFE_POINTER,
    Array,
    Named,
    Pointer,
    Slice,
    Struct,
    Type,
    TypeParam,
    unalias,
)

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


# ---- unsafe


def add(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """unsafe.Add(p, n)."""
    version.require(check, e.fun, version.GO1_17, "unsafe.Add")
    pointer = TYP[UNSAFE_POINTER]
    assign.assignment(check, x, pointer, "argument to unsafe.Add")
    if x.mode == INVALID or not index.is_valid_index(check, args[1], "invalid-unsafe-add", "length", True):
        return False
    x.mode, x.typ = VALUE, pointer
    sign(check, e, pointer, pointer, typ_of(args[1]))
    return True


def alignof(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """unsafe.Alignof(x)."""
    assign.assignment(check, x, None, "argument to unsafe.Alignof")
    if x.mode == INVALID:
        return False
    if has_variable_size(check, typ_of(x)):
        x.mode = VALUE
        sign(check, e, TYP[UINTPTR], typ_of(x))
    else:
        x.mode, x.val = CONSTANT, check.config.sizes.alignof(typ_of(x))
    x.typ = TYP[UINTPTR]
    return True


def sizeof(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """unsafe.Sizeof(x)."""
    assign.assignment(check, x, None, "argument to unsafe.Sizeof")
    if x.mode == INVALID:
        return False
    if has_variable_size(check, typ_of(x)):
        x.mode = VALUE
        sign(check, e, TYP[UINTPTR], typ_of(x))
    else:
        size = check.config.sizes.sizeof(typ_of(x))
        if size < 0:
            error(check, x, "type-too-large", "%s is too large", x)
            return False
        x.mode, x.val = CONSTANT, size
    x.typ = TYP[UINTPTR]
    return True


def offsetof(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """unsafe.Offsetof(x.f)."""
    arg = e.arg_list[0]
    selector = unparen(arg)
    if not isinstance(selector, SelectorExpr):
        error(check, arg, "bad-offsetof-syntax", "invalid argument: %s is not a selector expression", arg)
        call.use(check, [arg])
        return False
    expr.expr(check, None, x, selector.x)
    if x.mode == INVALID:
        return False
    base, name = deref_struct_pointer(typ_of(x)), selector.sel.value
    found = lookup_field_or_method(base, False, check.pkg, name)
    obj = found.obj
    if obj is None:
        error(check, x, "missing-field-or-method", "invalid argument: %s has no single field %s", base, name)
        return False
    if not isinstance(obj, Var) or found.path is None:
        error(check, arg, "invalid-offsetof", "invalid argument: %s is a method value", arg)
        return False
    if found.indirect:
        error(check, x, "invalid-offsetof", "invalid argument: field %s is embedded via a pointer in %s", name, base)
        return False
    recording.record_selection(check, selector, FIELD_VAL, base, obj, found.path, False)
    recording.record(check, Operand(VARIABLE if x.mode == VARIABLE else VALUE, selector, obj.typ))
    if has_variable_size(check, base):
        x.mode = VALUE
        sign(check, e, TYP[UINTPTR], obj.typ)
    else:
        offset = check.config.sizes.offsetof(base, found.path)
        if offset < 0:
            error(check, x, "type-too-large", "%s is too large", x)
            return False
        x.mode, x.val = CONSTANT, offset
    x.typ = TYP[UINTPTR]
    return True


def has_variable_size(check: Checker, typ: Type) -> bool:
    """Whether a type's size is not a constant: type parameters are in it, or it is part of a circle, which is reported."""
    typ = unalias(typ)
    if isinstance(typ, Named):
        if typ.var_size < 0:
            name = name_on_path(check, typ)
            at = check.path_index.get(name)
            if at is not None:
                circle = check.path[at:]
                report_cycle(check, circle, first_in_source(circle))
                return True
            check.push(name)
            variable = has_variable_size(check, typ.rhs)
            check.pop()
            if typ.obj.pkg is not None and typ.obj.pkg.path == "simd" and typ.obj.name == "_simd":
                variable = True  # stands for vectors of whatever size the machine has
            if typ.var_size < 0:
                typ.var_size = int(variable)
        return typ.var_size > 0
    if isinstance(typ, Array):
        return has_variable_size(check, typ.elem)
    if isinstance(typ, Struct):
        return any(has_variable_size(check, field.typ) for field in typ.fields)
    return isinstance(typ, TypeParam)


def unsafe_slice(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """unsafe.Slice(p, n)."""
    version.require(check, e.fun, version.GO1_17, "unsafe.Slice")
    pointer, _ = common_underlying(typ_of(x))
    if not isinstance(pointer, Pointer):
        error(check, x, "invalid-unsafe-slice", "invalid argument: %s is not a pointer", x)
        return False
    if not index.is_valid_index(check, args[1], "invalid-unsafe-slice", "length", False):
        return False
    x.mode, x.typ = VALUE, Slice(pointer.elem)
    sign(check, e, x.typ, pointer, typ_of(args[1]))
    return True


def slice_data(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """unsafe.SliceData(s)."""
    version.require(check, e.fun, version.GO1_20, "unsafe.SliceData")
    slice_type, _ = common_underlying(typ_of(x))
    if not isinstance(slice_type, Slice):
        error(check, x, "invalid-unsafe-slice-data", "invalid argument: %s is not a slice", x)
        return False
    x.mode, x.typ = VALUE, Pointer(slice_type.elem)
    sign(check, e, x.typ, slice_type)
    return True


def unsafe_string(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """unsafe.String(p, n)."""
    version.require(check, e.fun, version.GO1_20, "unsafe.String")
    pointer = Pointer(BYTE)
    assign.assignment(check, x, pointer, "argument to unsafe.String")
    if x.mode == INVALID or not index.is_valid_index(check, args[1], "invalid-unsafe-string", "length", False):
        return False
    x.mode, x.typ = VALUE, TYP[STRING]
    sign(check, e, TYP[STRING], pointer, typ_of(args[1]))
    return True


def string_data(check: Checker, x: Operand, e: CallExpr, args: Sequence[Operand]) -> bool:
    """unsafe.StringData(s)."""
    version.require(check, e.fun, version.GO1_20, "unsafe.StringData")
    assign.assignment(check, x, TYP[STRING], "argument to unsafe.StringData")
    if x.mode == INVALID:
        return False
    x.mode, x.typ = VALUE, Pointer(BYTE)
    sign(check, e, x.typ, TYP[STRING])
    return True
