# SPDX-License-Identifier: BSD-3-Clause
"""Composite literals and function literals.

A literal of a type that is kept as values is its parts; any other is built in memory of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.lower import closures, exprs, maps, order
from pygo_cross.lower.values import Val
from pygo_cross.ssa.func import Value
from pygo_cross.syntax.nodes import CompositeLit, Expr, FuncLit, KeyValueExpr, Name
from pygo_cross.types.lookup import lookup_field_or_method
from pygo_cross.types.types import Array, Interface, Map, Pointer, Slice, Struct, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering


def composite(f: FuncLowering, e: CompositeLit, typ: Type | None = None) -> Val:
    """T{...}, or &T{...} where the & is left out inside another literal; then `typ`, if it is T, asks for what that is the address of."""
    if isinstance(order.literal_type(f, e).underlying(), Map):
        before = order.apart(f)  # each entry is a statement of its own
    else:
        elements = order.elements(f, e)
        before = order.begin(f, (None, *[one for one, _ in elements]), targets=(None, *[typ for _, typ in elements]))
    value = _composite(f, e, typ if typ is not None else f.type_of(e))
    order.end(f, before)
    return value


def _composite(f: FuncLowering, e: CompositeLit, typ: Type) -> Val:
    under = typ.underlying()
    if isinstance(under, Pointer):
        address = f.temporary(under.elem)
        put(f, e, f.typ(under.elem), address, 0)
        return Val(typ, (address,))
    if isinstance(under, Slice):
        return _slice(f, e, typ, under)
    if isinstance(under, Map):
        return maps.literal(f, e, typ)
    if isinstance(under, Struct) and f.shapes.is_value(typ):
        return _scalars(f, e, typ, under)
    address = f.temporary(typ)
    _fill(f, e, typ, address, 0)
    return Val(typ, (), address) if not f.shapes.is_value(typ) else f.load(typ, address)


def _scalars(f: FuncLowering, e: CompositeLit, typ: Type, struct: Struct) -> Val:
    """A literal of a struct that is kept as values; fields that are not given are zero."""
    leaves = f.shapes.leaves(typ)
    assert leaves is not None
    parts: list[Value | None] = [None] * len(leaves)
    for i, one in enumerate(e.elem_list):
        path, value = field_path(f, one, i, struct)
        first, around = 0, struct
        for at in path:
            first += sum(len(f.shapes.leaves(f.typ(field.typ)) or ()) for field in around.fields[:at])
            blank = around.fields[at].name == "_"
            field_type = f.typ(around.fields[at].typ)
            under = field_type.underlying()
            if isinstance(under, Struct):
                around = under
        given = element(f, value, field_type).parts
        if blank:
            continue  # stays zero, as reflection sees it
        parts[first : first + len(given)] = given
    return Val(typ, [part if part is not None else f.b.const(leaf.kind, 0) for part, leaf in zip(parts, leaves, strict=True)])


def field_path(f: FuncLowering, e: Expr, index: int, struct: Struct) -> tuple[tuple[int, ...], Expr]:
    """Which field an element of a literal is for, by its key or else its index, and its value. Keys may name promoted fields."""
    if not isinstance(e, KeyValueExpr):
        return (index,), e
    assert isinstance(e.key, Name)
    used = f.package.info.uses.get(e.key)
    found = lookup_field_or_method(struct, False, used.pkg if used is not None else None, e.key.value)
    if found.path is None:
        raise f.bug("a literal has no such field", e)
    return found.path, e.value


def element(f: FuncLowering, e: Expr, typ: Type) -> Val:
    """An element of a literal, or of data, as a value of a type."""
    from pygo_cross.lower.calls import assigned

    if (
        isinstance(e, CompositeLit)
        and isinstance(f.type_of(e).underlying(), Pointer)
        and not isinstance(typ.underlying(), (Pointer, Interface))
    ):
        return composite(f, e, typ)
    return assigned(f, exprs.expr(f, e), typ)


def _fill(f: FuncLowering, e: CompositeLit, typ: Type, address: Value, offset: int) -> None:
    """Put the elements of a literal into memory that is zero."""
    from pygo_cross.lower import staticdata

    under = typ.underlying()
    if isinstance(under, (Struct, Array)) and staticdata.copied(f, e, typ, address, offset):
        return
    if isinstance(under, Struct):
        for i, one in enumerate(e.elem_list):
            path, value = field_path(f, one, i, under)
            around, at = typ, offset
            for index in path:
                struct = around.underlying()
                assert isinstance(struct, Struct)
                at += f.shapes.sizes.offsetsof(struct)[index]
                around = f.typ(struct.fields[index].typ)
                blank = struct.fields[index].name == "_"
            if blank:
                exprs.expr(f, value)
                continue
            put(f, value, around, address, at)
        return
    if not isinstance(under, Array):
        raise f.bug(f"a literal of {typ} is not lowered yet", e)
    size = f.shapes.sizes.sizeof(f.typ(under.elem))
    for at, value in indexed(f, e):
        put(f, value, f.typ(under.elem), address, offset + at * size)


def indexed(f: FuncLowering, e: CompositeLit) -> list[tuple[int, Expr]]:
    """The elements of an array or slice, each with its index."""
    found: list[tuple[int, Expr]] = []
    at = 0
    for one in e.elem_list:
        value: Expr = one
        if isinstance(one, KeyValueExpr):
            key = f.package.info.types[one.key].val
            assert isinstance(key, int)
            at, value = key, one.value
        found.append((at, value))
        at += 1
    return found


def put(f: FuncLowering, e: Expr, typ: Type, address: Value, offset: int) -> None:
    """An element into memory: a literal inside a literal is built where it belongs."""
    if isinstance(e, CompositeLit) and isinstance(typ.underlying(), (Struct, Array)) and not f.shapes.is_value(typ):
        _fill(f, e, typ, address, offset)
        return
    f.store(element(f, e, typ), address, offset)


def _slice(f: FuncLowering, e: CompositeLit, typ: Type, under: Slice) -> Val:
    """A slice of a new array."""
    from pygo_cross.lower import staticdata

    elements = indexed(f, e)
    length = max((at + 1 for at, _ in elements), default=0)
    array = Array(f.typ(under.elem), length)
    address = f.temporary(array)
    size = f.shapes.sizes.sizeof(array.elem)
    if not staticdata.copied(f, e, array, address, 0):
        for at, value in elements:
            put(f, value, array.elem, address, at * size)
    return Val(typ, (address, f.int_const(length), f.int_const(length)))


# ---- function literals


def function(f: FuncLowering, e: FuncLit) -> Val:
    """A function literal."""
    name, captured = f.package.literal(f, e)
    return Val(f.type_of(e), (closures.make(f, name, captured),))
