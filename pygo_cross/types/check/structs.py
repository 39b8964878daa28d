# SPDX-License-Identifier: BSD-3-Clause
"""Struct types: fields, tags, embedded types.

Source of the facts: src/cmd/compile/internal/types2/struct.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.gostrings import unquote
from pygo_cross.syntax.nodes import BasicLit, Expr, IndexExpr, Name, Operation, SelectorExpr, StructType
from pygo_cross.syntax.positions import start_pos
from pygo_cross.syntax.tokens import MUL, STRING_LIT
from pygo_cross.types.check import typexpr
from pygo_cross.types.check.errors import Report, error
from pygo_cross.types.objects import FIELD_VAR, Var
from pygo_cross.types.predicates import is_type_param, is_valid
from pygo_cross.types.types import INVALID_TYPE, UNSAFE_POINTER, Basic, Interface, Pointer, Struct, Type, deref

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


def struct_type(check: Checker, e: StructType) -> Struct:
    """The type that `struct{...}` is."""
    fields: list[Var] = []
    tags: list[bytes] = []
    seen: dict[str, Var] = {}
    typ: Type = INVALID_TYPE
    before: Expr | None = None
    for i, field in enumerate(e.field_list):
        if field.type is not before:
            typ, before = typexpr.var_type(check, field.type), field.type
        name, own = field.name, typ
        tag = _tag(check, e.tag_list[i]) if i < len(e.tag_list) else b""
        if name is None:
            name = _embedded_name(field.type)
            if name is None:
                error(check, start_pos(field.type), "invalid-syntax-tree", "invalid embedded field type %s", field.type)
                name, own, tag = Name(start_pos(field.type), "_"), INVALID_TYPE, b""
            else:
                _check_embedded(check, start_pos(field.type), typ)
        made = Var(FIELD_VAR, name.pos, check.pkg, name.value, own, field.name is None)
        if name.value != "_":
            other = seen.setdefault(made.id(), made)
            if other is not made:
                Report(check, "duplicate-decl").add(name.pos, "%s redeclared", name.value).add_other_declaration(other).report()
                continue
        if tag:
            tags += [b""] * (len(fields) - len(tags))
            tags.append(tag)
        fields.append(made)
        check.info.defs[name] = made
    return Struct(fields, tags)


def _check_embedded(check: Checker, pos: int, typ: Type) -> None:
    """What is embedded is a type's name, or a pointer to one that is neither a pointer nor an interface: told when types are complete."""

    def look() -> None:
        base, pointer = deref(typ)
        under = base.underlying()
        if isinstance(under, Basic):
            if is_valid(base) and under.kind == UNSAFE_POINTER:
                error(check, pos, "invalid-ptr-embed", "embedded field type cannot be unsafe.Pointer")
        elif isinstance(under, Pointer):
            error(check, pos, "invalid-ptr-embed", "embedded field type cannot be a pointer")
        elif isinstance(under, Interface):
            if is_type_param(base):
                error(check, pos, "misplaced-type-param", "embedded field type cannot be a (pointer to a) type parameter")
            elif pointer:
                error(check, pos, "invalid-ptr-embed", "embedded field type cannot be a pointer to an interface")

    check.later(look)


def _embedded_name(e: Expr) -> Name | None:
    """The name that an embedded type gives its field; one pointer is allowed."""
    if isinstance(e, Operation) and e.op == MUL and e.y is None:
        e = e.x
        if isinstance(e, Operation):
            return None
    if isinstance(e, IndexExpr):
        e = e.x
    if isinstance(e, SelectorExpr):
        return e.sel
    return e if isinstance(e, Name) else None


def _tag(check: Checker, literal: BasicLit | None) -> bytes:
    if literal is None or literal.bad:
        return b""
    if literal.kind != STRING_LIT:
        error(check, literal, "invalid-syntax-tree", 'incorrect tag syntax: "%s"', literal.value)
        return b""
    return unquote(literal.value) or b""
