# SPDX-License-Identifier: BSD-3-Clause
"""Composite literals and function literals.

A literal of a type that is kept as values is its parts; any other is built in memory of its own. A function literal is a word of code
address, followed by the addresses of the variables that it shares with the functions around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.lower import exprs, maps
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import VOID, P
from pygo_cross.ssa.refs import FuncValueRef, TextRef
from pygo_cross.syntax.nodes import CompositeLit, Expr, FuncLit, KeyValueExpr, Name
from pygo_cross.types.objects import Var
from pygo_cross.types.types import TYP, UNSAFE_POINTER, Array, Map, Pointer, Slice, Struct, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering


def composite(f: FuncLowering, e: CompositeLit) -> Val:
    """T{...}, or &T{...} where the & is left out inside another literal."""
    typ = f.type_of(e)
    under = typ.underlying()
    if isinstance(under, Pointer):
        address = f.temporary(under.elem)
        _fill(f, e, under.elem, address, 0)
        return Val(typ, (address,))
    if isinstance(under, Slice):
        return _slice(f, e, typ, under)
    if isinstance(under, Map):
        return maps.literal(f, e, typ)
    if isinstance(under, Struct) and f.shapes.is_value(typ):
        return Val(typ, [part for value in _fields(f, e, under) for part in value.parts])
    address = f.temporary(typ)
    _fill(f, e, typ, address, 0)
    return Val(typ, (), address) if not f.shapes.is_value(typ) else f.load(typ, address)


def _fields(f: FuncLowering, e: CompositeLit, struct: Struct) -> list[Val]:
    """The values of a struct's fields; those that are not given are zero."""
    given: dict[int, Val] = {}
    for i, one in enumerate(e.elem_list):
        if not isinstance(one, KeyValueExpr):
            given[i] = _element(f, one, f.typ(struct.fields[i].typ))
            continue
        at = _field_index(f, one, struct)
        given[at] = _element(f, one.value, f.typ(struct.fields[at].typ))
    return [given[i] if i in given else f.zero(f.typ(field.typ)) for i, field in enumerate(struct.fields)]


def _field_index(f: FuncLowering, e: KeyValueExpr, struct: Struct) -> int:
    assert isinstance(e.key, Name)
    used = f.package.info.uses.get(e.key)
    for i, field in enumerate(struct.fields):
        if field is used or (isinstance(used, Var) and field.origin is used.origin):
            return i
    raise f.bug("a promoted field in a literal is not lowered yet", e)


def _element(f: FuncLowering, e: Expr, typ: Type) -> Val:
    from pygo_cross.lower.calls import assigned

    return assigned(f, exprs.expr(f, e), typ)


def _fill(f: FuncLowering, e: CompositeLit, typ: Type, address: Value, offset: int) -> None:
    """Put the elements of a literal into memory that is zero."""
    under = typ.underlying()
    if isinstance(under, Struct):
        offsets = f.shapes.sizes.offsetsof(under)
        for i, one in enumerate(e.elem_list):
            value, at = one, i
            if isinstance(one, KeyValueExpr):
                value, at = one.value, _field_index(f, one, under)
            _put(f, value, f.typ(under.fields[at].typ), address, offset + offsets[at])
        return
    if not isinstance(under, Array):
        raise f.bug(f"a literal of {typ} is not lowered yet", e)
    size = f.shapes.sizes.sizeof(f.typ(under.elem))
    for at, value in _indexed(f, e):
        _put(f, value, f.typ(under.elem), address, offset + at * size)


def _indexed(f: FuncLowering, e: CompositeLit) -> list[tuple[int, Expr]]:
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


def _put(f: FuncLowering, e: Expr, typ: Type, address: Value, offset: int) -> None:
    """An element into memory: a literal inside a literal is built where it belongs."""
    if isinstance(e, CompositeLit) and isinstance(typ.underlying(), (Struct, Array)) and not f.shapes.is_value(typ):
        _fill(f, e, typ, address, offset)
        return
    f.store(_element(f, e, typ), address, offset)


def _slice(f: FuncLowering, e: CompositeLit, typ: Type, under: Slice) -> Val:
    """A slice of a new array."""
    elements = _indexed(f, e)
    length = max((at + 1 for at, _ in elements), default=0)
    array = Array(f.typ(under.elem), length)
    address = f.temporary(array)
    size = f.shapes.sizes.sizeof(array.elem)
    for at, value in elements:
        _put(f, value, array.elem, address, at * size)
    return Val(typ, (address, f.int_const(length), f.int_const(length)))


# ---- function literals


def function(f: FuncLowering, e: FuncLit) -> Val:
    """A function literal: with nothing captured it is read-only data, else a record of code and addresses of variables."""
    name, captured = f.package.literal(f, e)
    typ = f.type_of(e)
    if not captured:
        return Val(typ, (f.emit(ops.ADDR, P, (), 0, FuncValueRef(name)),))
    record = f.temporary(closure_type(len(captured)))
    f.emit(ops.STORE, VOID, (record, f.emit(ops.ADDR, P, (), 0, TextRef(name))), 0)
    for i, var in enumerate(captured):
        f.emit(ops.STORE, VOID, (record, f.b.read(var)), 8 * (i + 1))
    return Val(typ, (record,))


def closure_type(count: int) -> Type:
    """What the record of a function literal looks like to the collector: a word that is no heap pointer, and pointers."""
    from pygo_cross.types.objects import FIELD_VAR
    from pygo_cross.types.types import UINTPTR

    fields = [Var(FIELD_VAR, 0, None, "F", TYP[UINTPTR])]
    fields += [Var(FIELD_VAR, 0, None, f"X{i}", TYP[UNSAFE_POINTER]) for i in range(count)]
    return Struct(fields)
