# SPDX-License-Identifier: BSD-3-Clause
"""Calls: of functions, methods, function values and predeclared functions; conversions are spelled like them.

Arguments are evaluated from left to right, the function's value before them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, final

from pygo_cross.lower import chans, defer, exprs, interfaces, intrinsics, maps, methods, order, print_, strings, unsafe
from pygo_cross.lower.convert import convert, number
from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import F32, I64, VOID, B, P
from pygo_cross.ssa.refs import CallInfo, TextRef, TypeRef
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.nodes import CallExpr, Expr, IndexExpr, Name, SelectorExpr, unparen
from pygo_cross.types import universe as u
from pygo_cross.types.check.operand import BUILTIN, TYPEXPR
from pygo_cross.types.objects import Builtin, Func
from pygo_cross.types.predicates import is_float, is_numeric, is_string, is_unsigned
from pygo_cross.types.types import (
    FLOAT32,
    FLOAT64,
    TYP,
    Array,
    Chan,
    Interface,
    Map,
    Pointer,
    Signature,
    Slice,
    Tuple,
    Type,
)

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering


def value(f: FuncLowering, e: CallExpr) -> Val:
    """A call that has one result, or a conversion."""
    results = call(f, e)
    if len(results) != 1:
        raise f.bug(f"a call with {len(results)} results as a value", e)
    return results[0]


def call(f: FuncLowering, e: CallExpr) -> list[Val]:
    """A call, with all its results."""
    found = f.package.info.types.get(e.fun)
    if found is not None and found.mode == TYPEXPR:
        to = f.type_of(e)
        known = f.package.info.types.get(e.arg_list[0])
        if known is not None and known.val is not None and is_numeric(to.underlying()):
            # A constant as a type argument, which has no constants.
            return [exprs.const(f, known.val, to)]
        return [strings.bytes_of_sum(f, e.arg_list[0], to) or convert(f, exprs.expr(f, e.arg_list[0]), to)]
    if found is not None and found.mode == BUILTIN:
        return _builtin(f, e)
    target = _static(f, unparen(e.fun))
    if target in intrinsics.BY_NAME:
        return intrinsics.code_address(f, e, intrinsics.BY_NAME[target])
    return perform(f, prepare(f, e))


@final
class Prepared:
    """A call whose operands are evaluated: `head` is what it is called through (a closure, code), `args` are values of `info.params`."""

    __slots__ = ("args", "head", "info", "op")

    def __init__(self, op: int, info: CallInfo, head: Sequence[Value], args: Sequence[Val]) -> None:
        self.op = op
        self.info = info
        self.head = tuple(head)
        self.args = tuple(args)


def perform(f: FuncLowering, call: Prepared) -> list[Val]:
    """Make a call; gives its results."""
    if call.info.target is not None:
        intrinsic = intrinsics.INTRINSICS.get(call.info.target.name)
        if intrinsic is not None and call.op == ops.CALL_STATIC and call.info.target.name != f.func.symbol:
            return intrinsic(f, call.args, call.info.results)
    return f.call(call.op, call.info, call.head, call.args)


def prepare(f: FuncLowering, e: CallExpr) -> Prepared:
    """Evaluate the operands of a call of a function, method or function value."""
    around = order.apart(f)
    sig = f.type_of(e.fun).underlying()
    targets = order.parameters(sig, len(e.arg_list)) if isinstance(sig, Signature) and not e.has_dots else ()
    order.begin(f, (e.fun, *e.arg_list), targets=(None, *targets))
    prepared = _prepare(f, e)
    order.end(f, around)
    return prepared


def _prepare(f: FuncLowering, e: CallExpr) -> Prepared:
    fun = unparen(e.fun)
    sig = f.type_of(e.fun).underlying()
    if not isinstance(sig, Signature):
        raise f.bug("a call of what is no function", e)
    target = _static(f, fun)
    if target is not None:
        code = TextRef(target, target in f.package.abis.defined)
        return Prepared(ops.CALL_STATIC, CallInfo(code, *types_of(f, sig)), (), arguments(f, e, sig))
    if isinstance(fun, IndexExpr) and isinstance(method := unparen(fun.x), SelectorExpr) and methods.is_method(f, method):
        fun = method
    if isinstance(fun, SelectorExpr) and fun in f.package.info.selections:
        selection = f.package.info.selections[fun]
        if isinstance(selection.obj, Func):
            return methods.prepare(f, e, fun, selection, sig)
    closure = exprs.expr(f, e.fun).one
    return Prepared(ops.CALL_CLOSURE, CallInfo(None, *types_of(f, sig)), (closure,), arguments(f, e, sig))


def types_of(f: FuncLowering, sig: Signature) -> tuple[list[Type], list[Type]]:
    """The types of a function's parameters and results."""
    return [f.typ(var.typ) for var in sig.params.vars], [f.typ(var.typ) for var in sig.results.vars]


def _static(f: FuncLowering, fun: Expr) -> str | None:
    """The link name of a function that is called by its name; None for anything else."""
    name: Expr = fun
    if isinstance(fun, IndexExpr):
        name = unparen(fun.x)
    if isinstance(name, SelectorExpr) and name not in f.package.info.selections:
        name = name.sel
    if not isinstance(name, Name):
        return None
    obj = f.package.info.uses.get(name)
    if not isinstance(obj, Func):
        return None
    instance = f.package.info.instances.get(name)
    if instance is not None:
        return f.package.needs(obj, tuple(f.typ(one) for one in instance.targs))
    return f.package.names.object(obj)


def arguments(f: FuncLowering, e: CallExpr, sig: Signature) -> list[Val]:
    """The values of the parameters: those of one call are spread, the last ones of a variadic function put into a slice."""
    params = [f.typ(var.typ) for var in sig.params.vars]
    values = evaluated(f, e.arg_list)
    if not sig.variadic or e.has_dots:
        return [assigned(f, one, typ) for one, typ in zip(values, params, strict=True)]
    fixed = len(params) - 1
    made = [assigned(f, one, typ) for one, typ in zip(values[:fixed], params[:fixed], strict=True)]
    last = params[-1]
    slice_type = last.underlying()
    assert isinstance(slice_type, Slice)
    rest = [assigned(f, one, f.typ(slice_type.elem)) for one in values[fixed:]]
    return [*made, _packed(f, last, f.typ(slice_type.elem), rest)]


def evaluated(f: FuncLowering, args: Sequence[Expr]) -> list[Val]:
    """The values of arguments, or all results of the one call that they are."""
    first = unparen(args[0]) if len(args) == 1 else None
    if isinstance(first, CallExpr):
        found = f.package.info.types.get(first)
        if found is not None and isinstance(found.typ, Tuple):
            return call(f, first)
    return [exprs.expr(f, arg) for arg in args]


def _packed(f: FuncLowering, typ: Type, elem: Type, values: Sequence[Val]) -> Val:
    if not values:
        return f.zero(typ)
    address = f.temporary(Array(elem, len(values)))
    size = f.shapes.sizes.sizeof(elem)
    for i, one in enumerate(values):
        f.store(one, address, i * size)
    numbers = [part for one in values for part in one.parts if part.op == ops.PTR_TO_INT]
    if numbers:
        f.kept_alive[address] = numbers
    return Val(typ, (address, f.int_const(len(values)), f.int_const(len(values))))


def assigned(f: FuncLowering, one: Val, typ: Type) -> Val:
    """A value as one of the type that it is assigned to."""
    if isinstance(typ.underlying(), Interface):
        return interfaces.convert(f, one, typ)
    return Val(typ, one.parts, one.address)


# ---- predeclared functions


def _builtin(f: FuncLowering, e: CallExpr) -> list[Val]:
    name = unparen(e.fun)
    name = name.sel if isinstance(name, SelectorExpr) else name
    obj = f.package.info.uses.get(name) if isinstance(name, Name) else None
    if not isinstance(obj, Builtin):
        raise f.bug("a predeclared function without a name", e)
    handler = _BUILTINS.get(obj.id_)
    if handler is None:
        raise f.bug(f"{obj.name} is not lowered yet", e)
    around = order.apart(f)
    order.begin(f, e.arg_list)
    results = handler(f, e)
    order.end(f, around)
    return results


def _len(f: FuncLowering, e: CallExpr) -> list[Val]:
    return [f.int_val(_length(f, e, 1))]


def _cap(f: FuncLowering, e: CallExpr) -> list[Val]:
    return [f.int_val(_length(f, e, 2))]


def _length(f: FuncLowering, e: CallExpr, part: int) -> Value:
    arg = e.arg_list[0]
    under = f.type_of(arg).underlying()
    pointed = under.elem.underlying() if isinstance(under, Pointer) else under
    if isinstance(pointed, Array):
        exprs.expr(f, arg)
        return f.int_const(pointed.len)
    if isinstance(under, Slice) or is_string(under):
        return exprs.expr(f, arg).parts[part]
    if isinstance(under, Map):
        return maps.length(f, exprs.expr(f, arg))
    if isinstance(under, Chan):
        return chans.size(f, exprs.expr(f, arg), part == 2)
    raise f.bug(f"the length of {under}", e)


def _new(f: FuncLowering, e: CallExpr) -> list[Val]:
    typ = f.type_of(e)
    pointer = typ.underlying()
    assert isinstance(pointer, Pointer)
    address = f.temporary(f.typ(pointer.elem))
    found = f.package.info.types.get(e.arg_list[0])
    if found is not None and found.mode != TYPEXPR:
        f.store(assigned(f, exprs.expr(f, e.arg_list[0]), pointer.elem), address)
    return [Val(typ, (address,))]


def _make(f: FuncLowering, e: CallExpr) -> list[Val]:
    typ = f.type_of(e)
    under = typ.underlying()
    sizes = []
    for arg in e.arg_list[1:]:
        size = exprs.expr(f, arg)
        sizes.append(number(f, size.one, I64, is_unsigned(size.typ)))
    if isinstance(under, Map):
        return [maps.make(f, typ, sizes[0] if sizes else None)]
    if isinstance(under, Chan):
        return [chans.make(f, typ, sizes[0] if sizes else None)]
    if not isinstance(under, Slice):
        raise f.bug(f"make of {typ}", e)
    length, capacity = sizes[0], sizes[-1]
    descriptor = f.emit(ops.ADDR, P, (), 0, TypeRef(f.typ(under.elem)))
    (pointer,) = f.runtime("makeslice", descriptor, length, capacity)
    return [Val(typ, (pointer.one, length, capacity))]


def _append(f: FuncLowering, e: CallExpr) -> list[Val]:
    typ = f.type_of(e)
    under = typ.underlying()
    assert isinstance(under, Slice)
    elem = f.typ(under.elem)
    if e.has_dots:
        made = _made_length(f, e.arg_list[1])
        if made is not None:
            base = exprs.expr(f, e.arg_list[0])
            return [_append_zeros(f, e, base, made, elem)]
    base, *more = evaluated(f, e.arg_list)
    return [append_to(f, e, base, more, elem)]


def append_to(f: FuncLowering, e: CallExpr, base: Val, more: Sequence[Val], elem: Type) -> Val:
    """append(base, more...), by what `e` says of its last argument."""
    if e.has_dots:
        return _append_all(f, e, base, more[0], elem)
    values = [assigned(f, one, elem) for one in more]
    if not values:
        return base
    appended, at = _room(f, e, base, f.int_const(len(values)), elem)
    size = f.shapes.sizes.sizeof(elem)
    for i, one in enumerate(values):
        f.store(one, at, i * size)
    return appended


def _made_length(f: FuncLowering, e: Expr) -> Expr | None:
    """The n of make([]T, n)."""
    e = unparen(e)
    if not isinstance(e, CallExpr) or len(e.arg_list) != 2 or not isinstance(f.type_of(e).underlying(), Slice):
        return None
    return e.arg_list[1] if is_builtin(f, e, u.MAKE) else None


def is_builtin(f: FuncLowering, e: CallExpr, which: int) -> bool:
    """Whether a call is one of a predeclared function."""
    found = f.package.info.types.get(e.fun)
    name = unparen(e.fun)
    obj = f.package.info.uses.get(name) if isinstance(name, Name) else None
    return found is not None and found.mode == BUILTIN and isinstance(obj, Builtin) and obj.id_ == which


def _append_zeros(f: FuncLowering, e: CallExpr, base: Val, count_of: Expr, elem: Type) -> Val:
    """append(base, make([]T, n)...), without a slice that is made only to be copied."""
    b = f.b
    given = exprs.expr(f, count_of)
    count = number(f, given.one, I64, is_unsigned(given.typ))
    wrong, right = b.new_block(), b.new_block()
    b.branch(f.emit(ops.LT_S, B, (count, f.int_const(0))), wrong, right, -1)
    b.begin(wrong)
    f.panic("panicmakeslicelen")
    b.begin(right)
    appended, at = _room(f, e, base, count, elem)
    size = f.shapes.sizes.sizeof(elem)
    clear = "memclrHasPointers" if f.shapes.has_pointers(elem) else "memclrNoHeapPointers"
    some, done = b.new_block(), b.new_block()
    b.branch(f.emit(ops.EQ, B, (count, f.int_const(0))), done, some, -1)
    b.begin(some)
    if size:
        f.runtime(clear, at, f.emit(ops.MUL, I64, (count, f.int_const(size))))
    b.goto(done)
    b.begin(done)
    return appended


def _append_all(f: FuncLowering, e: CallExpr, base: Val, more: Val, elem: Type) -> Val:
    """append(base, more...), where `more` may be a string or nil."""
    source, count = (more.parts[0], more.parts[1]) if len(more.parts) > 1 else (f.b.const(P, 0), f.int_const(0))
    appended, at = _room(f, e, base, count, elem)
    if f.shapes.has_pointers(elem):
        f.runtime("typedslicecopy", f.emit(ops.ADDR, P, (), 0, TypeRef(elem)), at, count, source, count)
    else:
        f.runtime("memmove", at, source, f.emit(ops.MUL, I64, (count, f.int_const(f.shapes.sizes.sizeof(elem)))))
    return appended


def _room(f: FuncLowering, e: CallExpr, base: Val, count: Value, elem: Type) -> tuple[Val, Value]:
    """A slice that is longer by `count` elements, moved if there was no room for them, and the address of the first of these."""
    b = f.b
    old_pointer, old_length, old_capacity = base.parts
    length = f.emit(ops.ADD, I64, (old_length, count))
    pointer_var, capacity_var = ("append", e, 0), ("append", e, 1)
    b.write(pointer_var, old_pointer)
    b.write(capacity_var, old_capacity)
    grow, done = b.new_block(), b.new_block()
    b.branch(f.emit(ops.LT_U, B, (old_capacity, length)), grow, done, -1)
    b.begin(grow)
    descriptor = f.emit(ops.ADDR, P, (), 0, TypeRef(elem))
    (grown,) = f.runtime("growslice", old_pointer, length, old_capacity, count, descriptor)
    b.write(pointer_var, grown.parts[0])
    b.write(capacity_var, grown.parts[2])
    b.goto(done)
    b.begin(done)
    pointer, capacity = b.read(pointer_var), b.read(capacity_var)
    size = f.shapes.sizes.sizeof(elem)
    start = f.emit(ops.MUL, I64, (old_length, f.int_const(size))) if size != 1 else old_length
    return Val(base.typ, (pointer, length, capacity)), f.emit(ops.ADD_PTR, P, (pointer, start))


def _copy(f: FuncLowering, e: CallExpr) -> list[Val]:
    to, source = evaluated(f, e.arg_list)
    under = to.typ.underlying()
    assert isinstance(under, Slice)
    elem = f.typ(under.elem)
    if f.shapes.has_pointers(elem):
        descriptor = f.emit(ops.ADDR, P, (), 0, TypeRef(elem))
        return f.runtime("typedslicecopy", descriptor, to.parts[0], to.parts[1], source.parts[0], source.parts[1])
    room, length = to.parts[1], source.parts[1]
    count = f.emit(ops.SELECT, I64, (f.emit(ops.LT_S, B, (room, length)), room, length))
    size = f.shapes.sizes.sizeof(elem)
    if size:
        moved = count if size == 1 else f.emit(ops.MUL, I64, (count, f.int_const(size)))
        f.emit(ops.CALL_STATIC, VOID, (to.parts[0], source.parts[0], moved), ops.COPIES, f.package.runtime.call("memmove"))
    return [f.int_val(count)]


def _min_max(f: FuncLowering, e: CallExpr, op: int, float_op: int) -> list[Val]:
    typ = f.type_of(e)
    best, *others = [assigned(f, one, typ) for one in evaluated(f, e.arg_list)]
    for other in others:
        if is_float(typ.underlying()):
            best = Val(typ, (f.emit(float_op, best.one.kind, (best.one, other.one)),))
            continue
        better = exprs.comparison(f, op, other, best)
        parts = [f.emit(ops.SELECT, p.kind, (better, q, p)) for p, q in zip(best.parts, other.parts, strict=True)]
        best = Val(typ, parts)
    return [best]


def _complex(f: FuncLowering, e: CallExpr) -> list[Val]:
    typ = f.type_of(e)
    leaves = f.shapes.leaves(typ)
    assert leaves is not None
    part = TYP[FLOAT32 if leaves[0].kind == F32 else FLOAT64]
    return [Val(typ, [assigned(f, one, part).one for one in evaluated(f, e.arg_list)])]


def _part(f: FuncLowering, e: CallExpr, part: int) -> list[Val]:
    return [Val(f.type_of(e), (exprs.expr(f, e.arg_list[0]).parts[part],))]


def _panic(f: FuncLowering, e: CallExpr) -> list[Val]:
    value_of = exprs.expr(f, e.arg_list[0])
    f.panic("gopanic", assigned(f, value_of, f.package.runtime.call("gopanic").params[0]))
    return []


def _delete(f: FuncLowering, e: CallExpr) -> list[Val]:
    m, key = evaluated(f, e.arg_list)
    key = assigned(f, key, f.typ(maps.map_type(f, m.typ).key))
    maps.delete(f, m, key)
    return []


def _clear(f: FuncLowering, e: CallExpr) -> list[Val]:
    what = exprs.expr(f, e.arg_list[0])
    under = what.typ.underlying()
    if isinstance(under, Map):
        maps.clear(f, what)
        return []
    clear_slice(f, what)
    return []


def clear_slice(f: FuncLowering, what: Val) -> None:
    """clear(s)."""
    under = what.typ.underlying()
    assert isinstance(under, Slice)
    elem = f.typ(under.elem)
    size = f.shapes.sizes.sizeof(elem)
    if size:
        # An empty slice may be nil or stand behind its array, so its pointer is not looked at.
        some, done = f.b.new_block(), f.b.new_block()
        f.b.branch(f.emit(ops.EQ, B, (what.parts[1], f.int_const(0))), done, some, -1)
        f.b.begin(some)
        count = f.emit(ops.MUL, I64, (what.parts[1], f.int_const(size)))
        f.runtime("memclrHasPointers" if f.shapes.has_pointers(elem) else "memclrNoHeapPointers", what.parts[0], count)
        f.b.goto(done)
        f.b.begin(done)


def _close(f: FuncLowering, e: CallExpr) -> list[Val]:
    chans.close(f, exprs.expr(f, e.arg_list[0]))
    return []


def _recover(f: FuncLowering, e: CallExpr) -> list[Val]:
    return [defer.recover(f)]


_BUILTINS: Final[dict[int, Callable[[FuncLowering, CallExpr], list[Val]]]] = {
    u.LEN: _len,
    u.CAP: _cap,
    u.NEW: _new,
    u.MAKE: _make,
    u.APPEND: _append,
    u.COPY: _copy,
    u.COMPLEX: _complex,
    u.REAL: lambda f, e: _part(f, e, 0),
    u.IMAG: lambda f, e: _part(f, e, 1),
    u.MIN: lambda f, e: _min_max(f, e, tk.LSS, ops.MIN_FLOAT),
    u.MAX: lambda f, e: _min_max(f, e, tk.GTR, ops.MAX_FLOAT),
    u.PRINT: lambda f, e: print_.call(f, e, False),
    u.PRINTLN: lambda f, e: print_.call(f, e, True),
    u.PANIC: _panic,
    u.DELETE: _delete,
    u.CLEAR: _clear,
    u.CLOSE: _close,
    u.RECOVER: _recover,
    u.ADD: unsafe.add,
    u.ALIGNOF: unsafe.alignof,
    u.OFFSETOF: unsafe.offsetof,
    u.SIZEOF: unsafe.sizeof,
    u.UNSAFE_SLICE: unsafe.slice_of,
    u.SLICE_DATA: unsafe.data,
    u.UNSAFE_STRING: unsafe.string_of,
    u.STRING_DATA: unsafe.data,
}
