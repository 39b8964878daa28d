# SPDX-License-Identifier: BSD-3-Clause
"""How messages describe an operand: `x (variable of type int)`, `1 << 3 (untyped int constant 8)`, `nil`.

Source of the facts: the comment on formats in src/cmd/compile/internal/types2/operand.go.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.syntax.printer import expr_string
from pygo_cross.types.check.operand import BUILTIN, CONSTANT, INVALID, MODE_NAMES, NILVALUE, NOVALUE, TYPEXPR, Operand
from pygo_cross.types.constant import to_string
from pygo_cross.types.predicates import has_empty_type_set, is_generic, is_untyped
from pygo_cross.types.types import (
    INVALID_TYPE,
    TYP,
    UNTYPED_NIL,
    Alias,
    Array,
    Basic,
    Chan,
    Interface,
    Map,
    Named,
    Pointer,
    Signature,
    Slice,
    Struct,
    Tuple,
    Type,
    TypeParam,
    Union,
    unalias,
)
from pygo_cross.types.typestring import Qualifier, by_path, type_string
from pygo_cross.types.universe import BUILTINS

_KINDS: Final[dict[type, str]] = {
    Array: "array",
    Slice: "slice",
    Struct: "struct",
    Pointer: "pointer",
    Signature: "func",
    Interface: "interface",
    Map: "map",
    Chan: "chan",
    Tuple: "tuple",
    Union: "union",
}


def composite_kind(typ: Type) -> str:
    """ "array", "slice", ... for what a type is made as, "" for a basic type."""
    return _KINDS.get(type(typ.underlying()), "")


def describe(x: Operand, qualifier: Qualifier = by_path) -> str:
    """An operand in a message's words."""
    if x.mode == NILVALUE:
        if x.typ is None or x.typ is INVALID_TYPE:
            return "nil (with invalid type)"
        return "nil" if x.typ is TYP[UNTYPED_NIL] else f"nil (of type {type_string(x.typ, qualifier)})"
    name = _expression(x, qualifier)
    text = ""
    typed = False
    if x.mode not in (INVALID, NOVALUE, BUILTIN, TYPEXPR) and x.typ is not None:
        if is_untyped(x.typ):
            assert isinstance(x.typ, Basic)
            text = x.typ.name + " "
        else:
            typed = True
    text += MODE_NAMES[x.mode]
    if x.mode == CONSTANT and x.val is not None and (value := to_string(x.val)) != name:
        text += " " + value
    if typed:
        assert x.typ is not None
        text += _type(x.typ, qualifier)
    return f"{name} ({text})" if name else text


def _expression(x: Operand, qualifier: Qualifier) -> str:
    if x.expr is not None:
        return expr_string(x.expr)
    if x.mode == BUILTIN:
        return BUILTINS[x.builtin].name
    if x.mode == TYPEXPR and x.typ is not None:
        return type_string(x.typ, qualifier)
    return to_string(x.val) if x.mode == CONSTANT and x.val is not None else ""


def _type(typ: Type, qualifier: Qualifier) -> str:
    """` of type T`, with what T is underneath where its name does not tell."""
    if typ.underlying() is INVALID_TYPE:
        return " with invalid type"
    kind = "generic " if is_generic(typ) else ""
    parameter = unalias(typ)
    if isinstance(parameter, TypeParam):
        text = f" of {kind}type {type_string(typ, qualifier)} constrained by {type_string(parameter.bound, qualifier)}"
        return text + (" with empty type set" if has_empty_type_set(parameter) else "")
    if isinstance(typ, (Alias, Named)):
        below = typ.underlying()
        kind += (composite_kind(typ) or (below.name if isinstance(below, Basic) else "")) + " "
    return f" of {kind}type {type_string(typ, qualifier)}"
