# SPDX-License-Identifier: BSD-3-Clause
"""What can be assigned or have its address taken: variables, fields, elements, what pointers point to.

A field of a struct that is kept as values is some of its scalars, so a Place may be part of a variable: it is read and written through
the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pygo_cross.lower import exprs, maps, order
from pygo_cross.lower.convert import number
from pygo_cross.lower.maps import MapPlace
from pygo_cross.lower.values import Place, Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import I64, VOID, P
from pygo_cross.ssa.refs import DataRef, TypeRef
from pygo_cross.syntax.nodes import CompositeLit, Expr, IndexExpr, Name, Operation, SelectorExpr, unparen
from pygo_cross.syntax.tokens import MUL
from pygo_cross.types.objects import PACKAGE_VAR, Var
from pygo_cross.types.predicates import is_unsigned
from pygo_cross.types.types import Array, Map, Pointer, Slice, Struct, Type, deref

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering


class Part:
    """A place inside of a variable that is kept as values: the leaves from `first` on."""

    __slots__ = ("count", "first", "typ", "whole")

    def __init__(self, typ: Type, whole: Place, first: int, count: int) -> None:
        self.typ = typ
        self.whole = whole
        self.first = first
        self.count = count


def target(f: FuncLowering, e: Expr) -> Place | Part | MapPlace:
    """What an expression that is assigned stands for."""
    inner = unparen(e)
    if isinstance(inner, IndexExpr) and isinstance(f.type_of(inner.x).underlying(), Map):
        return maps.place(f, inner)
    return place(f, inner)


def later(f: FuncLowering, e: Expr) -> Callable[[], Place | Part | MapPlace]:
    """What is assigned after other places have been: its operands are evaluated now; the check of the pointer or the index that
    leads to it, which may panic, belongs to the assignment itself, as under stock (ascompatee of walk/assign.go).
    """
    e = unparen(e)
    if isinstance(e, IndexExpr):
        if not isinstance(f.type_of(e.x).underlying(), Map):
            return _later_element(f, e)
    elif isinstance(e, SelectorExpr):
        selection = f.package.info.selections.get(e)
        if selection is not None:
            return _later_field(f, e, selection.index)
    elif isinstance(e, Operation) and e.op == MUL and e.y is None:
        return _pointed(f, f.type_of(e), exprs.expr(f, e.x).one)
    return _fixed(target(f, e))


def _fixed(where: Place | Part | MapPlace) -> Callable[[], Place | Part | MapPlace]:
    return lambda: where


def _pointed(f: FuncLowering, typ: Type, pointer: Value) -> Callable[[], Place | Part | MapPlace]:
    return lambda: Place(typ, address=checked(f, pointer))


def _later_field(f: FuncLowering, e: SelectorExpr, path: Sequence[int]) -> Callable[[], Place | Part | MapPlace]:
    under = f.type_of(e.x).underlying()
    if isinstance(under, Pointer):
        base = _pointed(f, under.elem, exprs.expr(f, e.x).one)
        typ = f.typ(under.elem)
    elif is_place(f, e.x):
        base = later(f, e.x)
        typ = f.type_of(e.x)
    else:
        where = _made(f, exprs.expr(f, e.x))
        return lambda: _steps(f, where, path)
    steps: list[int] = []
    for i in path:
        under = typ.underlying()
        if isinstance(under, Pointer):
            pointer = read(f, _steps(f, base(), steps)).one
            base, steps = _pointed(f, under.elem, pointer), []
            under = under.elem.underlying()
        if not isinstance(under, Struct):
            raise f.bug("a field of what is no struct", e)
        typ = f.typ(under.fields[i].typ)
        steps.append(i)
    return lambda: _steps(f, base(), steps)


def _steps(f: FuncLowering, base: Place | Part | MapPlace, path: Sequence[int]) -> Place | Part:
    if isinstance(base, MapPlace):
        raise f.bug("a field of an element of a map is assigned")
    for i in path:
        base = step(f, base, i)
    return base


def _later_element(f: FuncLowering, e: IndexExpr) -> Callable[[], Place | Part | MapPlace]:
    before = order.begin(f, (e.x, e.index))
    found = _element_later(f, e)
    order.end(f, before)
    return found


def _element_later(f: FuncLowering, e: IndexExpr) -> Callable[[], Place | Part | MapPlace]:
    typ = f.type_of(e)
    under = f.type_of(e.x).underlying()
    size = f.shapes.sizes.sizeof(typ)
    if isinstance(under, Array):
        whole = later(f, e.x) if is_place(f, e.x) else _fixed(_made(f, exprs.expr(f, e.x)))
        at, unsigned = _number(f, e.index)

        def in_array() -> Place | Part:
            around = _steps(f, whole(), ())
            return _part(f, around, typ, _bounded(f, at, unsigned, f.int_const(under.len)), size)

        return _positioned(f, e.pos, in_array)
    pointer, *rest = exprs.expr(f, e.x).parts
    at, unsigned = _number(f, e.index)
    if isinstance(under, Slice):
        return _positioned(f, e.pos, lambda: Place(typ, address=_scaled(f, pointer, _bounded(f, at, unsigned, rest[0]), size)))
    array = under.elem.underlying() if isinstance(under, Pointer) else None
    if not isinstance(array, Array):
        raise f.bug("an element that can't be assigned", e)

    def pointed() -> Place:
        there = checked(f, pointer)
        return Place(typ, address=_scaled(f, there, _bounded(f, at, unsigned, f.int_const(array.len)), size))

    return _positioned(f, e.pos, pointed)


def _positioned(f: FuncLowering, pos: int, make: Callable[[], Place | Part]) -> Callable[[], Place | Part]:
    def positioned() -> Place | Part:
        saved, f.b.pos = f.b.pos, pos
        where = make()
        f.b.pos = saved
        return where

    return positioned


def place(f: FuncLowering, e: Expr) -> Place | Part:
    """Where an expression that can be assigned is; None of its parts is evaluated twice."""
    e = unparen(e)
    if isinstance(e, Name):
        return variable(f, e)
    if isinstance(e, SelectorExpr):
        selection = f.package.info.selections.get(e)
        if selection is None:
            return variable(f, e.sel)
        return _field(f, e, selection.index)
    if isinstance(e, IndexExpr):
        return _element(f, e)
    if isinstance(e, Operation) and e.op == MUL and e.y is None:
        pointer = exprs.expr(f, e.x).one
        return Place(f.type_of(e), address=checked(f, pointer))
    raise f.bug(f"a place that is a {type(e).__name__}", e)


def variable(f: FuncLowering, name: Name) -> Place:
    """A variable by its name: of this function, one around it, or the package."""
    obj = f.package.info.uses.get(name) or f.package.info.defs.get(name)
    if not isinstance(obj, Var):
        raise f.bug("a place that is no variable", name)
    typ = f.typ(obj.typ)
    if obj.kind == PACKAGE_VAR:
        return Place(typ, address=f.emit(ops.ADDR, P, (), 0, DataRef(f.package.names.object(obj))))
    return f.place(obj)


def checked(f: FuncLowering, pointer: Value) -> Value:
    """A pointer that is not nil, or the program ends here."""
    return f.emit(ops.NIL_CHECK, P, (pointer,))


def _field(f: FuncLowering, e: SelectorExpr, path: tuple[int, ...]) -> Place | Part:
    base_type = f.type_of(e.x)
    base: Place | Part
    if isinstance(base_type.underlying(), Pointer):
        pointed, _ = deref(base_type.underlying())
        base = Place(pointed, address=checked(f, exprs.expr(f, e.x).one))
    else:
        base = place(f, e.x) if is_place(f, e.x) else _made(f, exprs.expr(f, e.x))
    for i in path:
        base = step(f, base, i)
    return base


def _made(f: FuncLowering, value: Val) -> Place:
    """Memory for a value that has no place of its own."""
    return Place(value.typ, address=value.address if value.address is not None else f.in_place(value))


def step(f: FuncLowering, base: Place | Part, i: int) -> Place | Part:
    """A field of what is in a place; a pointer on the way is followed."""
    under = base.typ.underlying()
    if isinstance(under, Pointer):
        pointer = read(f, base).one
        base = Place(under.elem, address=checked(f, pointer))
        under = base.typ.underlying()
    if not isinstance(under, Struct):
        raise f.bug("a field of what is no struct")
    field = under.fields[i]
    typ = f.typ(field.typ)
    if isinstance(base, Place) and base.address is not None:
        return Place(typ, address=base.address, offset=base.offset + f.shapes.sizes.offsetsof(under)[i])
    before = sum(len(f.shapes.leaves(f.typ(one.typ)) or ()) for one in under.fields[:i])
    count = len(f.shapes.leaves(typ) or ())
    if isinstance(base, Part):
        return Part(typ, base.whole, base.first + before, count)
    return Part(typ, base, before, count)


def is_place(f: FuncLowering, e: Expr) -> bool:
    """Whether an expression is a variable or part of one, rather than a value."""
    e = unparen(e)
    if isinstance(e, Name):
        return isinstance(f.package.info.uses.get(e) or f.package.info.defs.get(e), Var)
    if isinstance(e, SelectorExpr):
        selection = f.package.info.selections.get(e)
        if selection is None:
            return isinstance(f.package.info.uses.get(e.sel), Var)
        if not isinstance(selection.obj, Var):
            return False
        return selection.indirect or is_place(f, e.x)
    if isinstance(e, IndexExpr):
        under = f.type_of(e.x).underlying()
        return isinstance(under, (Slice, Pointer)) or (isinstance(under, Array) and is_place(f, e.x))
    return isinstance(e, Operation) and e.op == MUL and e.y is None


def _element(f: FuncLowering, e: IndexExpr) -> Place | Part:
    saved, f.b.pos = f.b.pos, e.pos
    before = order.begin(f, (e.x, e.index))  # in `list[add()] = x` the list is read when the call has made it longer
    where = _indexed(f, e)
    order.end(f, before)
    f.b.pos = saved
    return where


def _indexed(f: FuncLowering, e: IndexExpr) -> Place | Part:
    base = f.type_of(e.x)
    under = base.underlying()
    typ = f.type_of(e)
    size = f.shapes.sizes.sizeof(typ)
    if isinstance(under, Slice):
        pointer, length, _ = exprs.expr(f, e.x).parts
        at = index(f, e.index, length)
        return Place(typ, address=_scaled(f, pointer, at, size))
    if isinstance(under, Pointer):
        array = under.elem.underlying()
        assert isinstance(array, Array)
        pointer = exprs.expr(f, e.x).one
        at, unsigned = _number(f, e.index)
        pointer = checked(f, pointer)  # an index of no array at all is not out of bounds
        return Place(typ, address=_scaled(f, pointer, _bounded(f, at, unsigned, f.int_const(array.len)), size))
    if not isinstance(under, Array):
        raise f.bug("an element that can't be assigned", e)
    whole = place(f, e.x) if is_place(f, e.x) else _made(f, exprs.expr(f, e.x))
    return _part(f, whole, typ, index(f, e.index, f.int_const(under.len)), size)


def _part(f: FuncLowering, whole: Place | Part, typ: Type, at: Value, size: int) -> Place | Part:
    """An element of an array."""
    under = whole.typ.underlying()
    if isinstance(under, Array) and not under.len:
        return Place(typ, address=f.temporary(typ))  # never reached: no index is within bounds
    if isinstance(whole, Part):
        return Part(typ, whole.whole, whole.first, whole.count)  # an array of one element
    if whole.address is None:
        return Part(typ, whole, 0, len(f.shapes.leaves(typ) or ()))
    return Place(typ, address=_scaled(f, f.offset(whole.address, whole.offset), at, size))


def index(f: FuncLowering, e: Expr, length: Value) -> Value:
    """An index, checked to be less than a length."""
    return _bounded(f, *_number(f, e), length)


def _number(f: FuncLowering, e: Expr) -> tuple[Value, bool]:
    value = exprs.expr(f, e)
    unsigned = is_unsigned(value.typ)
    return number(f, value.one, I64, unsigned), unsigned


def _bounded(f: FuncLowering, at: Value, unsigned: bool, length: Value) -> Value:
    return f.emit(ops.BOUNDS, I64, (at, length), 0, "IndexU" if unsigned else "Index")


def _scaled(f: FuncLowering, pointer: Value, at: Value, size: int) -> Value:
    if size != 1:
        at = f.emit(ops.MUL, I64, (at, f.int_const(size)))
    return f.emit(ops.ADD_PTR, P, (pointer, at))


def read(f: FuncLowering, where: Place | Part | MapPlace) -> Val:
    """What is in a place."""
    if isinstance(where, Part):
        whole = f.read(where.whole)
        return Val(where.typ, whole.parts[where.first : where.first + where.count])
    if isinstance(where, MapPlace):
        return maps.read(f, where)
    return f.read(where)


def write(f: FuncLowering, where: Place | Part | MapPlace, value: Val) -> None:
    """Assign a place."""
    if isinstance(where, Part):
        whole = f.read(where.whole)
        parts = list(whole.parts)
        parts[where.first : where.first + where.count] = value.parts
        f.write(where.whole, Val(where.whole.typ, parts))
        return
    if isinstance(where, MapPlace):
        maps.write(f, where, value)
        return
    f.write(where, value)


def move(f: FuncLowering, to: Place | Part | MapPlace, source: Place | Part) -> None:
    """Copy memory that may partly be the memory that is written."""
    if not isinstance(to, Place) or to.address is None or not isinstance(source, Place) or source.address is None:
        raise f.bug("memory is copied to what is in none")
    addresses = f.offset(to.address, to.offset), f.offset(source.address, source.offset)
    if f.shapes.has_pointers(to.typ):
        f.runtime("typedmemmove", f.emit(ops.ADDR, P, (), 0, TypeRef(to.typ)), *addresses)
    else:
        f.runtime("memmove", *addresses, f.int_const(f.shapes.sizes.sizeof(to.typ)))


def address(f: FuncLowering, e: Expr) -> Value:
    """&x: of a variable, or of a new one that a literal makes."""
    inner = unparen(e)
    if isinstance(inner, CompositeLit):
        made = exprs.expr(f, inner)
        return made.address if made.address is not None else f.in_place(made)
    where = place(f, inner)
    if isinstance(where, Part) or where.address is None:
        raise f.bug("the address of what is in no memory", e)
    return f.offset(where.address, where.offset)


def zero(f: FuncLowering, where: Place) -> None:
    """Let memory have the zero value."""
    size = f.shapes.sizes.sizeof(where.typ)
    if where.address is not None and size:
        f.emit(ops.ZERO, VOID, (f.offset(where.address, where.offset),), size, where.typ)
