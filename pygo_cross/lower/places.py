# SPDX-License-Identifier: BSD-3-Clause
"""What can be assigned or have its address taken: variables, fields, elements, what pointers point to.

A field of a struct that is kept as values is some of its scalars, so a Place may be part of a variable: it is read and written through
the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pygo_cross.lower import exprs, maps
from pygo_cross.lower.convert import number
from pygo_cross.lower.maps import MapPlace
from pygo_cross.lower.values import Place, Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import I64, VOID, P
from pygo_cross.ssa.refs import DataRef
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
    where = _indexed(f, e)
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
        at = index(f, e.index, f.int_const(array.len))
        return Place(typ, address=_scaled(f, checked(f, pointer), at, size))
    if not isinstance(under, Array):
        raise f.bug("an element that can't be assigned", e)
    whole = place(f, e.x) if is_place(f, e.x) else _made(f, exprs.expr(f, e.x))
    at = index(f, e.index, f.int_const(under.len))
    if isinstance(whole, Part):
        return Part(typ, whole.whole, whole.first, whole.count)  # an array of one element
    if whole.address is None:
        return Part(typ, whole, 0, len(f.shapes.leaves(typ) or ()))
    return Place(typ, address=_scaled(f, f.offset(whole.address, whole.offset), at, size))


def index(f: FuncLowering, e: Expr, length: Value) -> Value:
    """An index, checked to be less than a length."""
    value = exprs.expr(f, e)
    at = number(f, value.one, I64, is_unsigned(value.typ))
    return f.emit(ops.BOUNDS, I64, (at, length), 0, "IndexU" if is_unsigned(value.typ) else "Index")


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
