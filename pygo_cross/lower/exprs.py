# SPDX-License-Identifier: BSD-3-Clause
"""Expressions: names, constants, operators, comparisons, elements and slices.

`expr` gives the value of any expression. What the checker found to be constant is a constant here, whatever it is written as.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pygo_cross.lower import calls, chans, compare, interfaces, literals, maps, methods, order, places, strings
from pygo_cross.lower.convert import number
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Value
from pygo_cross.ssa.kinds import BITS, F32, F64, I8, I64, B, P, is_float
from pygo_cross.ssa.refs import BytesRef, FuncValueRef
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import (
    AssertExpr,
    BasicLit,
    CallExpr,
    CompositeLit,
    Expr,
    FuncLit,
    IndexExpr,
    Name,
    Operation,
    ParenExpr,
    SelectorExpr,
    SliceExpr,
    unparen,
)
from pygo_cross.types import constant
from pygo_cross.types.constant import String
from pygo_cross.types.constant import Value as Constant
from pygo_cross.types.objects import Func, Nil
from pygo_cross.types.predicates import default_type, is_boolean, is_complex, is_integer, is_interface, is_string, is_unsigned
from pygo_cross.types.predicates import is_float as is_float_type
from pygo_cross.types.types import BOOL, COMPLEX128, TYP, UINT, Array, Map, Pointer, Slice, Struct, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

_ARITHMETIC: Final = {
    tk.ADD: ops.ADD,
    tk.SUB: ops.SUB,
    tk.MUL: ops.MUL,
    tk.AND: ops.AND,
    tk.OR: ops.OR,
    tk.XOR: ops.XOR,
}
_SIGNED: Final = {tk.LSS: ops.LT_S, tk.LEQ: ops.LE_S, tk.EQL: ops.EQ, tk.NEQ: ops.NE}
_UNSIGNED: Final = {tk.LSS: ops.LT_U, tk.LEQ: ops.LE_U, tk.EQL: ops.EQ, tk.NEQ: ops.NE}
_TURNED: Final = {tk.GTR: tk.LSS, tk.GEQ: tk.LEQ}


def expr(f: FuncLowering, e: Expr) -> Val:
    """The value of an expression."""
    found = f.package.info.types.get(e)
    if found is not None and found.val is not None and found.typ is not None:
        return const(f, found.val, default_type(f.typ(found.typ)))
    handler = _EXPRESSIONS.get(type(e))
    if handler is None:
        raise f.bug(f"an expression that is a {type(e).__name__} is not lowered yet", e)
    if f.early:
        early = f.early.pop(e, None)
        if early is not None:
            return early
    saved, f.b.pos = f.b.pos, e.pos
    value = handler(f, e)
    f.b.pos = saved
    return value


# ---- constants


def const(f: FuncLowering, value: Constant, typ: Type) -> Val:
    """A constant of a type."""
    under = typ.underlying()
    if isinstance(value, String):
        data = value.value
        pointer = f.emit(ops.ADDR, P, (), 0, BytesRef(data)) if data else f.b.const(P, 0)
        return Val(typ, (pointer, f.int_const(len(data))))
    if isinstance(value, bool):
        return Val(typ, (f.bool_const(value),))
    leaves = f.shapes.leaves(under)
    assert leaves is not None
    if is_complex(under):
        re, im = constant.real(value), constant.imag(value)
        return Val(typ, [_float(f, part, leaf.kind) for part, leaf in zip((re, im), leaves, strict=True)])
    (leaf,) = leaves
    if is_float(leaf.kind):
        return Val(typ, (_float(f, value, leaf.kind),))
    whole = constant.to_int(value)
    if not isinstance(whole, int):
        raise f.bug("a constant that does not fit its type")
    return Val(typ, (f.b.const(leaf.kind, signed(whole, BITS[leaf.kind])),))


def signed(value: int, bits: int) -> int:
    """An integer as the machine's bits, read as signed."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def _float(f: FuncLowering, value: Constant, kind: int) -> Value:
    if kind == F32:
        (bits,) = struct.unpack("<i", struct.pack("<f", constant.float32(value)))
    else:
        (bits,) = struct.unpack("<q", struct.pack("<d", constant.float64(value)))
    return f.b.const(kind, bits)


# ---- names


def _name(f: FuncLowering, e: Name) -> Val:
    obj = f.package.info.uses.get(e)
    if isinstance(obj, Nil):
        return f.zero(f.type_of(e))
    if isinstance(obj, Func):
        return func_value(f, e, obj)
    return f.read(places.variable(f, e))


def func_value(f: FuncLowering, e: Name, obj: Func) -> Val:
    """A function as a value."""
    instance = f.package.info.instances.get(e)
    targs = () if instance is None else tuple(f.typ(one) for one in instance.targs)
    name = f.package.needs(obj, targs) if targs else f.package.names.object(obj)
    return Val(f.type_of(e), (f.emit(ops.ADDR, P, (), 0, FuncValueRef(name)),))


def _paren(f: FuncLowering, e: ParenExpr) -> Val:
    return expr(f, e.x)


def _selector(f: FuncLowering, e: SelectorExpr) -> Val:
    selection = f.package.info.selections.get(e)
    if selection is None:
        obj = f.package.info.uses.get(e.sel)
        if isinstance(obj, Func):
            return func_value(f, e.sel, obj)
        return f.read(places.variable(f, e.sel))
    if isinstance(selection.obj, Func):
        return methods.value(f, e, selection)
    if places.is_place(f, e):
        return places.read(f, places.place(f, e))
    value = expr(f, e.x)
    for i in selection.index:
        value = field(f, value, i)
    return value


def field(f: FuncLowering, value: Val, i: int) -> Val:
    """A field of a struct's value, or of what a pointer points to."""
    under = value.typ.underlying()
    if isinstance(under, Pointer):
        struct_type = under.elem.underlying()
        assert isinstance(struct_type, Struct)
        pointer = places.checked(f, value.one)
        return f.load(f.typ(struct_type.fields[i].typ), pointer, f.shapes.sizes.offsetsof(struct_type)[i])
    assert isinstance(under, Struct)
    typ = f.typ(under.fields[i].typ)
    if value.address is not None:
        return f.load(typ, value.address, f.shapes.sizes.offsetsof(under)[i])
    before = sum(len(f.shapes.leaves(f.typ(one.typ)) or ()) for one in under.fields[:i])
    return Val(typ, value.parts[before : before + len(f.shapes.leaves(typ) or ())])


# ---- operators


def _operation(f: FuncLowering, e: Operation) -> Val:
    if e.y is not None:
        return binary(f, e, e.op, e.x, e.y)
    if e.op == tk.AND:
        return Val(f.type_of(e), (places.address(f, e.x),))
    if e.op == tk.MUL:
        return places.read(f, places.place(f, e))
    typ = f.type_of(e)
    if e.op == tk.RECV:
        return chans.receive(f, e)
    x = expr(f, e.x)
    if e.op == tk.ADD:
        return x
    if e.op == tk.NOT:
        return Val(typ, (f.emit(ops.NOT, B, (x.one,)),))
    if e.op == tk.XOR:
        return Val(typ, (f.emit(ops.COM, x.one.kind, (x.one,)),))
    return Val(typ, [f.emit(ops.NEG, part.kind, (part,)) for part in x.parts])


def binary(f: FuncLowering, e: Expr, op: int, lhs: Expr, rhs: Expr) -> Val:
    """lhs op rhs."""
    typ = f.type_of(e)
    if op in (tk.AND_AND, tk.OR_OR):
        return _short(f, op, lhs, rhs, typ)
    before = order.begin(f, (lhs, rhs))
    value = _binary(f, e, op, lhs, rhs, typ)
    order.end(f, before)
    return value


def _binary(f: FuncLowering, e: Expr, op: int, lhs: Expr, rhs: Expr, typ: Type) -> Val:
    if op in (tk.SHL, tk.SHR):
        x = expr(f, lhs)
        return shift(f, op, x, count(f, rhs), typ)
    if tk.EQL <= op <= tk.GEQ:
        x = strings.looked_at(f, lhs)
        return Val(typ, (comparison(f, op, x, strings.looked_at(f, rhs)),))
    if op == tk.ADD and is_string(typ.underlying()):
        return strings.concatenation(f, strings.all_operands(f, e), typ)
    x = expr(f, lhs)
    return arithmetic(f, op, x, expr(f, rhs), typ)


def _short(f: FuncLowering, op: int, lhs: Expr, rhs: Expr, typ: Type) -> Val:
    """&& and ||: the right side only if it matters."""
    b = f.b
    result = ("short", lhs)
    more, end = b.new_block(), b.new_block()
    first = expr(f, lhs).one
    b.write(result, first)
    if op == tk.AND_AND:
        b.branch(first, more, end)
    else:
        b.branch(first, end, more)
    b.begin(more)
    before = order.apart(f)
    b.write(result, expr(f, rhs).one)
    order.end(f, before)
    b.goto(end)
    b.begin(end)
    return Val(typ, (b.read(result),))


def condition(f: FuncLowering, e: Expr, yes: Block, no: Block, likely: int = 0) -> None:
    """Branch on a condition; && and || are branches of their own, so that no boolean is made of them."""
    b = f.b
    e = unparen(e)
    found = f.package.info.types.get(e)
    constant = found is not None and found.val is not None
    if isinstance(e, Operation) and not constant:
        if e.op == tk.NOT and e.y is None:
            condition(f, e.x, no, yes, -likely)
            return
        if e.op in (tk.AND_AND, tk.OR_OR):
            operands: list[Expr | None] = [e.y]
            first: Expr = unparen(e.x)
            while isinstance(first, Operation) and first.op == e.op:
                operands.append(first.y)
                first = unparen(first.x)
            operands.append(first)
            for operand in reversed(operands[1:]):
                assert operand is not None
                following = b.new_block()
                condition(f, operand, *((following, no) if e.op == tk.AND_AND else (yes, following)))
                b.begin(following)
            assert operands[0] is not None
            condition(f, operands[0], yes, no, likely)
            return
    b.branch(expr(f, e).one, yes, no, likely)


def arithmetic(f: FuncLowering, op: int, x: Val, y: Val, typ: Type) -> Val:
    """x op y of numbers and strings, but for shifts and comparisons."""
    under = typ.underlying()
    if is_string(under):
        return strings.concatenation(f, (x, y), typ)
    if is_complex(under):
        return _complex(f, op, x, y, typ)
    a, b = x.one, y.one
    if is_float_type(under):
        code = ops.FDIV if op == tk.DIV else _ARITHMETIC[op]
        return Val(typ, (f.emit(code, a.kind, (a, b)),))
    if op in (tk.DIV, tk.REM):
        return Val(typ, (_divide(f, op, a, b, is_unsigned(under)),))
    if op == tk.AND_NOT:
        return Val(typ, (f.emit(ops.AND, a.kind, (a, f.emit(ops.COM, b.kind, (b,)))),))
    return Val(typ, (f.emit(_ARITHMETIC[op], a.kind, (a, b)),))


def _divide(f: FuncLowering, op: int, a: Value, b: Value, unsigned: bool) -> Value:
    if b.op != ops.CONST or b.imm == 0:
        wrong, right = f.b.new_block(), f.b.new_block()
        f.b.branch(f.emit(ops.EQ, B, (b, f.b.const(b.kind, 0))), wrong, right, -1)
        f.b.begin(wrong)
        f.panic("panicdivide")
        f.b.begin(right)
    if op == tk.DIV:
        return f.emit(ops.DIV_U if unsigned else ops.DIV_S, a.kind, (a, b))
    return f.emit(ops.MOD_U if unsigned else ops.MOD_S, a.kind, (a, b))


def _complex(f: FuncLowering, op: int, x: Val, y: Val, typ: Type) -> Val:
    (a, b), (c, d) = x.parts, y.parts
    kind = a.kind
    if op in (tk.ADD, tk.SUB):
        code = _ARITHMETIC[op]
        return Val(typ, (f.emit(code, kind, (a, c)), f.emit(code, kind, (b, d))))
    # As stock: products and quotients of float64, so that complex64 loses nothing before the end.
    wide = F64
    a, b, c, d = (number(f, part, wide, False) for part in (a, b, c, d))
    if op == tk.DIV:
        whole = TYP[COMPLEX128]
        (quotient,) = f.runtime("complex128div", Val(whole, (a, b)), Val(whole, (c, d)))
        return Val(typ, [number(f, part, kind, False) for part in quotient.parts])

    def mul(p: Value, q: Value) -> Value:
        return f.emit(ops.MUL, wide, (p, q))

    re = f.emit(ops.SUB, wide, (mul(a, c), mul(b, d)))
    im = f.emit(ops.ADD, wide, (mul(a, d), mul(b, c)))
    return Val(typ, (number(f, re, kind, False), number(f, im, kind, False)))


def count(f: FuncLowering, e: Expr) -> Val:
    """How far to shift: a constant is never negative, may be written as a float, and as large as a uint."""
    found = f.package.info.types.get(e)
    if found is not None and found.val is not None:
        return const(f, found.val, TYP[UINT])
    return expr(f, e)


def shift(f: FuncLowering, op: int, x: Val, y: Val, typ: Type) -> Val:
    """x << y and x >> y; a negative count is a panic."""
    a, count = x.one, y.one
    bounded = 0
    if count.op == ops.CONST and (count.imm >= 0 or is_unsigned(y.typ)):
        bounded = int(0 <= count.imm < BITS[a.kind])
    elif not is_unsigned(y.typ):
        wrong, right = f.b.new_block(), f.b.new_block()
        f.b.branch(f.emit(ops.LT_S, B, (count, f.b.const(count.kind, 0))), wrong, right, -1)
        f.b.begin(wrong)
        f.panic("panicshift")
        f.b.begin(right)
    code = ops.SHL if op == tk.SHL else ops.SHR_U if is_unsigned(typ) else ops.SHR_S
    return Val(typ, (f.emit(code, a.kind, (a, count), bounded),))


# ---- comparisons


def comparison(f: FuncLowering, op: int, x: Val, y: Val) -> Value:
    """x op y as a truth."""
    if op in _TURNED:
        return comparison(f, _TURNED[op], y, x)
    under = x.typ.underlying()
    scalar = is_integer(under) or is_float_type(under) or is_boolean(under)
    if scalar and not is_interface(y.typ):
        table = _UNSIGNED if is_unsigned(under) else _SIGNED
        return f.emit(table[op], B, (x.one, y.one))
    if is_string(under) and op not in (tk.EQL, tk.NEQ):
        (order,) = f.runtime("cmpstring", x, y)
        return f.emit(_SIGNED[op], B, (order.one, f.int_const(0)))
    same = compare.equal(f, x, y)
    return same if op == tk.EQL else f.emit(ops.NOT, B, (same,))


# ---- elements and slices


def _index(f: FuncLowering, e: IndexExpr) -> Val:
    name = unparen(e.x)
    if isinstance(name, SelectorExpr):
        if methods.is_method(f, name):
            return Val(f.type_of(e), expr(f, name).parts)
        name = name.sel
    if isinstance(name, Name) and name in f.package.info.instances:
        obj = f.package.info.uses.get(name)
        if isinstance(obj, Func):
            return Val(f.type_of(e), func_value(f, name, obj).parts)
    before = order.begin(f, (e.x, e.index))
    under = f.type_of(e.x).underlying()
    if isinstance(under, Map):
        found = maps.index(f, e)
    elif is_string(under):
        pointer, length = expr(f, e.x).parts
        at = places.index(f, e.index, length)
        found = Val(f.type_of(e), (f.emit(ops.LOAD, I8, (f.emit(ops.ADD_PTR, P, (pointer, at)),)),))
    else:
        found = places.read(f, places.place(f, e))
    order.end(f, before)
    return found


def _slice(f: FuncLowering, e: SliceExpr) -> Val:
    before = order.begin_slice(f, e)
    sliced = _sliced(f, e)
    order.end(f, before)
    return sliced


def _sliced(f: FuncLowering, e: SliceExpr) -> Val:
    typ = f.type_of(e)
    under = f.type_of(e.x).underlying()
    if isinstance(under, Array):
        pointer, length = places.address(f, e.x), f.int_const(under.len)
        capacity, elem = length, under.elem
    elif isinstance(under, Pointer):
        array = under.elem.underlying()
        assert isinstance(array, Array)
        pointer, length = places.checked(f, expr(f, e.x).one), f.int_const(array.len)
        capacity, elem = length, array.elem
    elif isinstance(under, Slice):
        pointer, length, capacity = expr(f, e.x).parts
        elem = under.elem
    else:
        pointer, length = expr(f, e.x).parts
        capacity, elem = length, None
    zero = f.int_const(0)
    low = _bound(f, e.low) or zero
    high = _bound(f, e.high) or length
    most = _bound(f, e.max) or capacity
    # Only of a slice the message speaks of a capacity.
    limit = "cap" if isinstance(under, Slice) else "len"
    if e.max is not None:
        most = _within(f, e.max, most, capacity, "Slice3A" + limit)
        high = _within(f, e.high, high, most, "Slice3B")
        low = _within(f, e.low, low, high, "Slice3C")
    else:
        if e.high is not None:
            high = _within(f, e.high, high, capacity, "SliceA" + limit)
        if e.low is not None:
            low = _within(f, e.low, low, high, "SliceB")
    new_length = f.emit(ops.SUB, I64, (high, low))
    if elem is None:
        return Val(typ, (_moved(f, pointer, low, 1, new_length), new_length))
    new_capacity = f.emit(ops.SUB, I64, (most, low))
    size = f.shapes.sizes.sizeof(f.typ(elem))
    return Val(typ, (_moved(f, pointer, low, size, new_capacity), new_length, new_capacity))


def _within(f: FuncLowering, e: Expr | None, at: Value, limit: Value, what: str) -> Value:
    """A bound that is at most the limit; what is out of bounds is told as the signed or unsigned number that it is. Zero is within."""
    if at.op == ops.CONST and at.imm == 0:
        return at
    unsigned = e is not None and is_unsigned(f.type_of(e))
    return f.emit(ops.SLICE_BOUNDS, I64, (at, limit), 0, what + "U" if unsigned else what)


def _bound(f: FuncLowering, e: Expr | None) -> Value | None:
    if e is None:
        return None
    value = expr(f, e)
    return number(f, value.one, I64, is_unsigned(value.typ))


def _moved(f: FuncLowering, pointer: Value, low: Value, size: int, room: Value) -> Value:
    """A pointer to the element `low`; to the first if nothing is behind it, so that it never points past the end of its object."""
    if low.op == ops.CONST and low.imm == 0:
        return pointer
    step = f.emit(ops.MUL, I64, (low, f.int_const(size))) if size != 1 else low
    empty = f.emit(ops.EQ, B, (room, f.int_const(0)))
    return f.emit(ops.ADD_PTR, P, (pointer, f.emit(ops.SELECT, I64, (empty, f.int_const(0), step))))


def pair(f: FuncLowering, e: Expr) -> list[Val]:
    """An expression that gives a value and whether there was one."""
    e = unparen(e)
    handler = _PAIRS.get(type(e))
    if handler is None:
        raise f.bug(f"a pair of a value and ok from a {type(e).__name__} is not lowered yet", e)
    saved, f.b.pos = f.b.pos, e.pos
    values = handler(f, e)
    f.b.pos = saved
    return values


_PAIRS: Final[dict[type, Callable[[FuncLowering, Any], list[Val]]]] = {
    IndexExpr: maps.pair,
    Operation: chans.pair,
    AssertExpr: interfaces.assertion_with_ok,
}

_EXPRESSIONS: Final[dict[type, Callable[[FuncLowering, Any], Val]]] = {
    Name: _name,
    BasicLit: lambda f, e: const(f, constant.make_from_literal(e.value, e.kind), TYP[BOOL]),
    ParenExpr: _paren,
    SelectorExpr: _selector,
    Operation: _operation,
    IndexExpr: _index,
    SliceExpr: _slice,
    AssertExpr: interfaces.assertion,
    CallExpr: lambda f, e: calls.value(f, e),
    CompositeLit: literals.composite,
    FuncLit: literals.function,
}
