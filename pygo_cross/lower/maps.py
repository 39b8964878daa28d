# SPDX-License-Identifier: BSD-3-Clause
"""Maps: making, looking up, assigning, deleting, clearing and ranging over them.

A map is a pointer, and the runtime does the work. It has variants of its functions for keys that are compared as four or eight bytes of
memory or as a string, which take the key itself; all others take its address.

Facts: src/cmd/compile/internal/walk/walk.go (mapfast), src/cmd/compile/internal/reflectdata/map.go (MapIterType), src/runtime/map.go. A
lookup gives the address of the element, or that of enough zeros: the runtime's own, or for large elements those of `go:map.zero`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, final

from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Value
from pygo_cross.ssa.kinds import I32, I64, B, P
from pygo_cross.ssa.refs import DataRef, TypeRef
from pygo_cross.ssa.unit import Data
from pygo_cross.syntax.nodes import CallExpr, CompositeLit, Expr, IndexExpr, KeyValueExpr, Name, SelectorExpr, unparen
from pygo_cross.types import types as t
from pygo_cross.types.objects import FIELD_VAR, Var
from pygo_cross.types.predicates import is_string
from pygo_cross.types.types import TYP, UINT64, UINTPTR, UNSAFE_POINTER, Array, Basic, Chan, Interface, Map, Pointer, Slice, Struct, Type
from pygo_cross.types.universe import APPEND

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering

_MOST_ELEM: Final = 128  # bytes of an element that a map keeps itself (src/internal/abi/map.go)
_ZEROS: Final = 1024  # bytes of zeros that the runtime has for lookups that find nothing
_SMALL: Final = 8  # entries of a map of one group
_MANY: Final = 25  # entries of a literal that are put in one by one
_ZERO_SYMBOL: Final = "go:map.zero"
# Of the iterator's twelve words those that are no pointers: offsets in the groups and the table, sequence numbers, depth, indexes.
_ITERATOR_NUMBERS: Final = frozenset([4, 5, 6, 7, 8, 11])
_ITERATOR_WORDS: Final = 12
_NOT_REFLEXIVE: Final = frozenset([t.FLOAT32, t.FLOAT64, t.COMPLEX64, t.COMPLEX128])
_MEMORY_BASICS: Final = frozenset(range(t.BOOL, t.UINTPTR + 1)) | {t.UNSAFE_POINTER}


@final
class MapPlace:
    """An element of a map that is assigned, at `pos`: the key is put in when there is a value for it."""

    __slots__ = ("key", "map", "pos", "typ")

    def __init__(self, typ: Type, map_: Val, key: Val, pos: int) -> None:
        self.pos = pos
        self.typ = typ
        self.map = map_
        self.key = key


# ---- which functions

SLOW, FAST32, FAST64, FAST64_PTR, FAST_STR = "", "_fast32", "_fast64", "_fast64ptr", "_faststr"


def variant(f: FuncLowering, m: Map) -> str:
    """Which of the runtime's functions are for a map type."""
    sizes = f.shapes.sizes
    if sizes.sizeof(f.typ(m.elem)) > _MOST_ELEM:
        return SLOW
    key = _alone(f.typ(m.key))
    if is_string(key.underlying()):
        return FAST_STR
    if not _is_memory(f, key):
        return SLOW
    size = sizes.sizeof(key)
    if f.shapes.has_pointers(key):
        return FAST64_PTR if size == 8 else SLOW
    return FAST32 if size == 4 else FAST64 if size == 8 else SLOW


def _alone(typ: Type) -> Type:
    """What a struct of one field or an array of one element is compared as."""
    while True:
        under = typ.underlying()
        if isinstance(under, Struct) and len(under.fields) == 1 and under.fields[0].name != "_":
            typ = under.fields[0].typ
        elif isinstance(under, Array) and under.len == 1:
            typ = under.elem
        else:
            return typ


def _is_memory(f: FuncLowering, typ: Type) -> bool:
    """Whether values of a type are equal if their bytes are."""
    pending = [typ]
    sizes = f.shapes.sizes
    while pending:
        under = pending.pop().underlying()
        if isinstance(under, Basic):
            if under.kind not in _MEMORY_BASICS:
                return False
        elif isinstance(under, Array):
            pending.append(under.elem)
        elif isinstance(under, Struct):
            if any(field.name == "_" for field in under.fields):
                return False
            if sum(sizes.sizeof(field.typ) for field in under.fields) != sizes.sizeof(under):
                return False
            pending += [field.typ for field in under.fields]
        elif not isinstance(under, (Pointer, Chan)):
            return False
    return True


def map_type(f: FuncLowering, typ: Type) -> Map:
    """The map type that a type is."""
    under = typ.underlying()
    if not isinstance(under, Map):
        raise f.bug(f"{typ} is no map")
    return under


def _descriptor(f: FuncLowering, typ: Type) -> Value:
    return f.emit(ops.ADDR, P, (), 0, TypeRef(typ))


def _address(f: FuncLowering, key: Val) -> Value:
    """Where a key is in memory."""
    if key.address is not None:
        return key.address
    address = f.scratch(key.typ, zeroed=False)
    f.store(key, address)
    return address


def _passed(f: FuncLowering, which: str, key: Val) -> list[Value]:
    """A key as a variant of the runtime's functions takes it."""
    if which == SLOW:
        return [_address(f, key)]
    if which == FAST_STR:
        if key.address is None:
            return list(key.parts)
        return [f.emit(ops.LOAD, P, (key.address,), 0), f.emit(ops.LOAD, I64, (key.address,), 8)]
    if which == FAST64_PTR:
        return [key.parts[0] if key.address is None else f.emit(ops.LOAD, P, (key.address,), 0)]
    kind = I32 if which == FAST32 else I64
    if key.address is None and len(key.parts) == 1 and key.parts[0].kind == kind:
        return [key.parts[0]]
    return [f.emit(ops.LOAD, kind, (_address(f, key),), 0)]


def _call(f: FuncLowering, name: str, which: str, m: Val, key: Val, extra: Value | None = None) -> list[Val]:
    """A function of the runtime for a map and a key."""
    args = _passed(f, which, key)
    if which == FAST64_PTR and name != "mapassign":
        which, args = FAST64, [f.emit(ops.PTR_TO_INT, I64, args)]
    info = f.package.runtime.call(name + which)
    values = [Val(info.params[0], (_descriptor(f, m.typ),)), Val(info.params[1], m.parts), Val(info.params[2], args)]
    if extra is not None:
        values.append(Val(info.params[3], (extra,)))
    return f.call(ops.CALL_STATIC, info, (), values)


# ---- making


def make(f: FuncLowering, typ: Type, size: Value | None) -> Val:
    """make(map[K]V, size)."""
    if size is None or (size.op == ops.CONST and 0 <= size.imm <= _SMALL):
        return Val(typ, (f.emit(ops.ALLOC, P, (), ops.MAP, _small(f, map_type(f, typ))),))
    else:
        (made,) = f.runtime("makemap", _descriptor(f, typ), size, f.b.const(P, 0))
    return Val(typ, made.parts)


def _from_arrays(f: FuncLowering, m: Val, key_type: Type, elem_type: Type, entries: Sequence[Expr]) -> list[Expr]:
    """Put in those entries that are constants and addresses, in a loop over an array of keys and one of elements; gives the others."""
    from pygo_cross.lower.staticdata import Filler

    sizes = f.shapes.sizes
    types = (key_type, elem_type)
    arrays = [Data("", 0, sizes.alignof(typ), None, read_only=True) for typ in types]
    widths = [sizes.sizeof(typ) for typ in types]
    others: list[Expr] = []
    count = 0
    for one in entries:
        if not isinstance(one, KeyValueExpr):
            raise f.bug("an entry of a map without a key", one)
        filler = Filler(f, False)
        before = [(len(array.contents), len(array.addresses)) for array in arrays]
        for array, width, typ, part in zip(arrays, widths, types, (one.key, one.value), strict=True):
            filler.fill(array, count * width, typ, part)
        if not filler.pending:
            count += 1
            continue
        others.append(one)
        for array, (size, addresses) in zip(arrays, before, strict=True):
            del array.contents[size:], array.addresses[addresses:]
    if count <= _MANY:
        return list(entries)
    starts: list[Value] = []
    for array, width, typ in zip(arrays, widths, types, strict=True):
        array.name, array.size, array.typ = f.package.numbered("stmp_"), count * width, Array(typ, count)
        f.package.unit.data.append(array)
        starts.append(f.emit(ops.ADDR, P, (), 0, DataRef(array.name)))
    b = f.b
    counter = ("literal", m)
    b.write(counter, f.int_const(0))
    head, end = b.new_block(), b.new_block()
    b.goto(head)
    b.begin(head, sealed=False)
    at = b.read(counter)
    key, value = (
        f.load(typ, f.emit(ops.ADD_PTR, P, (start, f.emit(ops.MUL, I64, (at, f.int_const(width))))))
        for typ, start, width in zip(types, starts, widths, strict=True)
    )
    write(f, MapPlace(elem_type, m, key, f.b.pos), value)
    following = f.emit(ops.ADD, I64, (at, f.int_const(1)))
    b.write(counter, following)
    b.branch(f.emit(ops.LT_S, B, (following, f.int_const(count))), head, end, 1)
    b.seal(head)
    b.begin(end)
    return others


def _small(f: FuncLowering, m: Map) -> Type:
    """A map's header and one group, for one that may be in the frame (`opt/smallmaps.py`)."""
    known = f.package.small_maps.get(m)
    if known is None:
        sizes = f.shapes.sizes
        slot: list[Type] = []
        for typ in (f.typ(m.key), f.typ(m.elem)):
            slot.append(typ if sizes.sizeof(typ) <= _MOST_ELEM else TYP[UNSAFE_POINTER])
        words = [TYP[UINT64], TYP[UINTPTR], TYP[UNSAFE_POINTER], TYP[UINT64], TYP[UINT64], TYP[UINT64]]
        group = [TYP[UINT64], Array(_struct(slot), _SMALL)]
        known = f.package.small_maps[m] = _struct([*words, *group])
    return known


def _struct(types: Sequence[Type]) -> Struct:
    return Struct([Var(FIELD_VAR, 0, None, f"f{i}", typ) for i, typ in enumerate(types)])


def literal(f: FuncLowering, e: CompositeLit, typ: Type) -> Val:
    """map[K]V{k: v, ...}: entries are put in one after another; many that are known before the program runs first, from arrays."""
    from pygo_cross.lower import calls, exprs, order

    m = map_type(f, typ)
    made = make(f, typ, f.int_const(len(e.elem_list)))
    key_type, elem_type = f.typ(m.key), f.typ(m.elem)
    entries = e.elem_list
    if len(entries) > _MANY:
        entries = _from_arrays(f, made, key_type, elem_type, entries)
    for one in entries:
        if not isinstance(one, KeyValueExpr):
            raise f.bug("an entry of a map without a key", one)
        before = order.begin(f, (one.key, one.value), targets=(key_type, elem_type))
        key = f.kept(calls.assigned(f, exprs.expr(f, one.key), key_type))
        value = calls.assigned(f, exprs.expr(f, one.value), elem_type)
        f.b.pos = one.pos
        write(f, MapPlace(elem_type, made, key, f.b.pos), value)
        order.end(f, before)
    return made


# ---- elements


def place(f: FuncLowering, e: IndexExpr) -> MapPlace:
    """m[k] as something to assign."""
    m, key = _operands(f, e, False)
    return MapPlace(f.typ(map_type(f, m.typ).elem), m, f.kept(key), e.pos)


def _operands(f: FuncLowering, e: IndexExpr, looks: bool = True) -> tuple[Val, Val]:
    from pygo_cross.lower import calls, exprs, order, strings

    before = order.begin(f, (e.x, e.index))
    m = exprs.expr(f, e.x)
    key_type = f.typ(map_type(f, m.typ).key)
    found = strings.looked_at(f, e.index) if looks and is_string(key_type.underlying()) else exprs.expr(f, e.index)
    order.end(f, before)
    return m, calls.assigned(f, found, key_type)


def index(f: FuncLowering, e: IndexExpr) -> Val:
    """m[k]."""
    m, key = _operands(f, e)
    return lookup(f, m, key, "mapaccess1")[0]


def pair(f: FuncLowering, e: IndexExpr) -> list[Val]:
    """v, ok := m[k]."""
    m, key = _operands(f, e)
    return lookup(f, m, key, "mapaccess2")


def lookup(f: FuncLowering, m: Val, key: Val, name: str) -> list[Val]:
    """The element for a key, or zero; with `mapaccess2` also whether it is there."""
    mt = map_type(f, m.typ)
    elem = f.typ(mt.elem)
    if f.shapes.sizes.sizeof(elem) > _ZEROS:
        found = _call(f, name + "_fat", SLOW, m, key, _zeros(f, elem))
    else:
        found = _call(f, name, variant(f, mt), m, key)
    return [f.kept(f.load(elem, found[0].one)), *found[1:]]


def _zeros(f: FuncLowering, elem: Type) -> Value:
    """The address of as many zeros as the largest element needs."""
    unit = f.package.unit
    size = f.shapes.sizes.sizeof(elem)
    data = next((one for one in unit.data if one.name == _ZERO_SYMBOL), None)
    if data is None:
        data = Data(_ZERO_SYMBOL, size, 8, None, read_only=True, dupok=True)
        unit.data.append(data)
    data.size = max(data.size, size)
    return f.emit(ops.ADDR, P, (), 0, DataRef(_ZERO_SYMBOL))


def element(f: FuncLowering, where: MapPlace) -> Value:
    """The address of the element for a key, which is put in if it was not there."""
    saved, f.b.pos = f.b.pos, where.pos
    address = _call(f, "mapassign", variant(f, map_type(f, where.map.typ)), where.map, where.key)[0].one
    f.b.pos = saved
    return address


def read(f: FuncLowering, where: MapPlace) -> Val:
    """What a map has for the key of a place."""
    return lookup(f, where.map, where.key, "mapaccess1")[0]


def write(f: FuncLowering, where: MapPlace, value: Val) -> None:
    """m[k] = v."""
    value = f.kept(value)
    f.store(value, element(f, where))


def append_to_element(f: FuncLowering, lhs: Expr, rhs: Expr) -> bool:
    """m[k] = append(m[k], ...), where m and k have no effects: the element is looked up once. False if it is nothing of the kind. What m
    and k are is found out before what is appended is evaluated, but variables are read behind that, as under stock.
    """
    from pygo_cross.lower import calls, exprs, order

    lhs, rhs = unparen(lhs), unparen(rhs)
    if not isinstance(lhs, IndexExpr) or not isinstance(rhs, CallExpr) or not rhs.arg_list or not is_map(f, lhs.x):
        return False
    if not calls.is_builtin(f, rhs, APPEND) or not same(f, lhs, rhs.arg_list[0]):
        return False
    variables = all(order.is_simple(f, one) for one in (lhs.x, lhs.index))
    where = None if variables else place(f, lhs)
    before = order.begin(f, (None, *rhs.arg_list[1:]))
    more = [f.kept(exprs.expr(f, one)) for one in rhs.arg_list[1:]]
    order.end(f, before)
    if where is None:
        where = place(f, lhs)
    slice_type = where.typ.underlying()
    assert isinstance(slice_type, Slice)
    address = element(f, where)
    f.store(calls.append_to(f, rhs, f.load(where.typ, address), more, f.typ(slice_type.elem)), address)
    return True


def same(f: FuncLowering, x: Expr, y: Expr) -> bool:
    """Whether two expressions are the same variables, fields, elements and constants."""
    x, y = unparen(x), unparen(y)
    types, uses = f.package.info.types, f.package.info.uses
    while True:
        one, other = types.get(x), types.get(y)
        if one is not None and other is not None and one.val is not None:
            return other.val is not None and one.val == other.val and type(one.val) is type(other.val)
        if isinstance(x, Name) and isinstance(y, Name):
            return uses.get(x) is not None and uses.get(x) is uses.get(y)
        if isinstance(x, SelectorExpr) and isinstance(y, SelectorExpr):
            if uses.get(x.sel) is not uses.get(y.sel) or x.sel.value != y.sel.value:
                return False
        elif isinstance(x, IndexExpr) and isinstance(y, IndexExpr):
            if not same(f, x.index, y.index):
                return False
        else:
            return False
        x, y = unparen(x.x), unparen(y.x)


def delete(f: FuncLowering, m: Val, key: Val) -> None:
    """delete(m, k)."""
    _call(f, "mapdelete", variant(f, map_type(f, m.typ)), m, key)


def clear(f: FuncLowering, m: Val) -> None:
    """clear(m)."""
    f.runtime("mapclear", _descriptor(f, m.typ), m.one)


def length(f: FuncLowering, m: Val) -> Value:
    """len(m): the first word of a map, and 0 of nil."""
    b = f.b
    result = ("len", m)
    b.write(result, f.int_const(0))
    some, done = b.new_block(), b.new_block()
    b.branch(f.emit(ops.EQ, B, (m.one, b.const(P, 0))), done, some, -1)
    b.begin(some)
    b.write(result, f.emit(ops.LOAD, I64, (m.one,), 0))
    b.goto(done)
    b.begin(done)
    return b.read(result)


def is_reflexive(typ: Type) -> bool:
    """Whether every value of a key's type equals itself."""
    pending = [typ]
    while pending:
        under = pending.pop().underlying()
        if isinstance(under, Interface) or (isinstance(under, Basic) and under.kind in _NOT_REFLEXIVE):
            return False
        if isinstance(under, Struct):
            pending += [field.typ for field in under.fields]
        elif isinstance(under, Array):
            pending.append(under.elem)
    return True


# ---- ranging


def iterator_type() -> Type:
    """The runtime's iterator: the key's address comes first, then the element's."""
    fields = [Var(FIELD_VAR, 0, None, f"w{i}", TYP[UINTPTR if i in _ITERATOR_NUMBERS else UNSAFE_POINTER]) for i in range(_ITERATOR_WORDS)]
    return Struct(fields)


def start(f: FuncLowering, m: Val) -> Value:
    """The address of an iterator that stands at the first entry."""
    iterator = f.scratch(f.package.map_iterator)
    info = f.package.runtime.call("mapIterStart")
    args = [_descriptor(f, m.typ), m.one, iterator]
    f.call(ops.CALL_STATIC, info, (), [Val(typ, (arg,)) for typ, arg in zip(info.params, args, strict=True)])
    return iterator


def entry(f: FuncLowering, m: Map, iterator: Value, key_at: Value, wanted: int) -> list[Val]:
    """The entry that an iterator stands at, or as much of it as is wanted; its key is at an address."""
    found = [f.load(f.typ(m.key), key_at)]
    if wanted > 1:
        found.append(f.load(f.typ(m.elem), f.emit(ops.LOAD, P, (iterator,), 8)))
    return found


def is_map(f: FuncLowering, e: Expr) -> bool:
    """Whether an expression is a map."""
    return isinstance(f.type_of(e).underlying(), Map)
