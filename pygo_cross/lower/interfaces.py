# SPDX-License-Identifier: BSD-3-Clause
"""Interfaces: what values become in them, and how they come out again.

An interface is two words. The first says what is in it: a type's descriptor, or for an interface type with methods the type's method table
(an itab), which has the descriptor behind its first word and the code of methods behind its header. The second has the value: a value that
is one pointer is there itself, any other is in memory that nobody writes.

Facts: src/runtime/{iface,runtime2}.go; src/internal/abi/{iface,switch}.go; src/cmd/compile/internal/walk/convert.go;
src/cmd/compile/internal/ssagen/ssa.go (dottype1).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

from pygo_cross.lower.values import Val
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Block, Value
from pygo_cross.ssa.kinds import I32, I64, SIZES, B, P
from pygo_cross.ssa.refs import OR_NIL, OR_PANIC, BytesRef, CallInfo, DataRef, ItabRef, TypeRef
from pygo_cross.ssa.unit import Address, Data
from pygo_cross.syntax.nodes import AssertExpr
from pygo_cross.types.objects import FIELD_VAR, Var
from pygo_cross.types.predicates import default_type, identical, is_interface
from pygo_cross.types.types import BOOL, EMPTY_INTERFACE, TYP, UNSAFE_POINTER, UNTYPED_NIL, Basic, Interface, Struct, Type

if TYPE_CHECKING:
    from pygo_cross.lower.function import FuncLowering
    from pygo_cross.lower.package import PackageLowering

ITAB_TYPE: Final = 8  # where a method table has its type's descriptor
ITAB_METHODS: Final = 24  # where the code of its methods begins
TYPE_HASH: Final = 16  # where a descriptor, and a method table, has the hash of its type


def is_empty(typ: Type) -> bool:
    """Whether a type is an interface without methods."""
    under = typ.underlying()
    return isinstance(under, Interface) and not under.type_set().methods


def descriptor(f: FuncLowering, typ: Type) -> Value:
    """The descriptor of a type."""
    return f.emit(ops.ADDR, P, (), 0, TypeRef(typ))


def first_word(f: FuncLowering, typ: Type, interface: Type) -> Value:
    """The first word of an interface that holds a value of a concrete type."""
    if is_empty(interface):
        return descriptor(f, typ)
    return f.emit(ops.ADDR, P, (), 0, ItabRef(typ, interface))


# ---- into interfaces


def convert(f: FuncLowering, value: Val, to: Type) -> Val:
    """A value as one of an interface type."""
    if is_interface(value.typ):
        return _change(f, value, to)
    typ = default_type(value.typ)
    return Val(to, (first_word(f, typ, to), _data_word(f, Val(typ, value.parts, value.address))))


def _change(f: FuncLowering, value: Val, to: Type) -> Val:
    """An interface as one of another interface type, whose methods it has."""
    if identical(value.typ, to) or is_empty(value.typ):
        return Val(to, value.parts)
    if is_empty(to):
        return Val(to, (type_word(f, value), value.parts[1]))
    itab = _find_itab(f, value, to, True)
    return Val(to, (itab, value.parts[1]))


def type_word(f: FuncLowering, value: Val) -> Value:
    """The descriptor of what an interface holds; nil if it is nil."""
    word = value.parts[0]
    if is_empty(value.typ):
        return word
    b = f.b
    found, more, end = ("type", word, object()), b.new_block(), b.new_block()
    b.write(found, word)
    b.branch(_not_nil(f, word), more, end, 1)
    b.begin(more)
    b.write(found, f.emit(ops.LOAD, P, (word,), ITAB_TYPE))
    b.goto(end)
    b.begin(end)
    return b.read(found)


def _data_word(f: FuncLowering, value: Val) -> Value:
    """The second word of an interface that holds a value."""
    typ = value.typ
    if f.shapes.is_direct(typ):
        return value.one
    size = f.shapes.sizes.sizeof(typ)
    if size == 0:
        return f.emit(ops.ADDR, P, (), 0, DataRef("runtime.zerobase"))
    if value.address is None:
        static = _constant(f.package, value, size)
        if static is not None:
            return f.emit(ops.ADDR, P, (), 0, static)
        if size == 1 and len(value.parts) == 1:
            # The runtime has all numbers of a byte.
            wide = f.emit(ops.ZERO_EXT, I64, (value.one,))
            base = f.emit(ops.ADDR, P, (), 0, DataRef("runtime.staticuint64s"))
            return f.emit(ops.ADD_PTR, P, (base, f.emit(ops.MUL, I64, (wide, f.int_const(8)))))
    box = f.emit(ops.ALLOC, P, (), ops.NO_ZERO | ops.BOX, typ)
    f.store(value, box)
    return box


def _constant(package: PackageLowering, value: Val, size: int) -> DataRef | None:
    """Read-only data that has a value, if all of it is known."""
    contents = bytearray(size)
    addresses = []
    leaves = package.shapes.leaves(value.typ)
    assert leaves is not None
    for leaf, part in zip(leaves, value.parts, strict=True):
        if part.op == ops.ADDR and isinstance(part.aux, BytesRef):
            addresses.append(Address(leaf.offset, part.aux, part.imm))
        elif part.op == ops.CONST:
            width = SIZES[leaf.kind]
            contents[leaf.offset : leaf.offset + width] = (part.imm & ((1 << 8 * width) - 1)).to_bytes(width, "little")
        else:
            return None
    return package.read_only(bytes(contents), tuple(addresses), package.shapes.sizes.alignof(value.typ), value.typ)


# ---- out of interfaces


def held(f: FuncLowering, data: Value, typ: Type) -> Val:
    """The value of a concrete type that the second word of an interface stands for."""
    if f.shapes.is_direct(typ):
        return Val(typ, (data,))
    return f.load(typ, data)


def holds(f: FuncLowering, value: Val, typ: Type) -> Value:
    """Whether an interface holds a value of a concrete type."""
    return f.emit(ops.EQ, B, (value.parts[0], first_word(f, typ, value.typ)))


def assertion(f: FuncLowering, e: AssertExpr) -> Val:
    """x.(T); anything else in x is a panic."""
    from pygo_cross.lower import exprs

    x = exprs.expr(f, e.x)
    to = f.type_of(e)
    f.b.pos = e.pos
    if is_interface(to):
        return _to_interface(f, x, to)
    yes, no = f.b.new_block(), f.b.new_block()
    f.b.branch(holds(f, x, to), yes, no, 1)
    f.b.begin(no)
    name = "panicdottypeE" if is_empty(x.typ) else "panicdottypeI"
    f.panic(name, x.parts[0], descriptor(f, to), descriptor(f, x.typ))
    f.b.begin(yes)
    return held(f, x.parts[1], to)


def assertion_with_ok(f: FuncLowering, e: AssertExpr) -> list[Val]:
    """v, ok = x.(T)."""
    from pygo_cross.lower import exprs

    x = exprs.expr(f, e.x)
    to = f.type_of(e.type)
    f.b.pos = e.pos
    value, ok = asserted(f, x, to)
    return [value, Val(TYP[BOOL], (ok,))]


def asserted(f: FuncLowering, x: Val, to: Type) -> tuple[Val, Value]:
    """The value of a type that is in an interface, or its zero value, and which of the two."""
    b = f.b
    if is_interface(to):
        word = type_word(f, x) if is_empty(to) else _find_itab(f, x, to, True)
        ok = _not_nil(f, word)
        return Val(to, (word, f.emit(ops.SELECT, P, (ok, x.parts[1], b.const(P, 0))))), ok
    key: Hashable = ("assert", object())
    ok = holds(f, x, to)
    if f.shapes.sizes.sizeof(to) == 0:
        return f.zero(to), ok
    yes, end = b.new_block(), b.new_block()
    if not f.shapes.is_value(to):
        address = f.temporary(to)
        b.branch(ok, yes, end, 1)
        b.begin(yes)
        f.store(held(f, x.parts[1], to), address)
        b.goto(end)
        b.begin(end)
        return Val(to, address=address), ok
    zero = f.zero(to)
    for i, part in enumerate(zero.parts):
        b.write((key, i), part)
    b.branch(ok, yes, end, 1)
    b.begin(yes)
    for i, part in enumerate(held(f, x.parts[1], to).parts):
        b.write((key, i), part)
    b.goto(end)
    b.begin(end)
    return Val(to, [b.read((key, i)) for i in range(len(zero.parts))]), ok


def _to_interface(f: FuncLowering, x: Val, to: Type) -> Val:
    """x.(I); nil is a panic."""
    b = f.b
    if not is_empty(to):
        return Val(to, (_find_itab(f, x, to, False), x.parts[1]))
    yes, no = b.new_block(), b.new_block()
    b.branch(_not_nil(f, x.parts[0]), yes, no, 1)
    b.begin(no)
    f.panic("panicnildottype", descriptor(f, to))
    b.begin(yes)
    word = x.parts[0] if is_empty(x.typ) else f.emit(ops.LOAD, P, (x.parts[0],), ITAB_TYPE)
    return Val(to, (word, x.parts[1]))


def _find_itab(f: FuncLowering, x: Val, to: Type, can_fail: bool) -> Value:
    """The method table for another interface type, of what an interface holds. Nil, where it holds nothing or what lacks a method, unless
    that is a panic.
    """
    b = f.b
    key: Hashable = ("itab", object())
    word = x.parts[0]
    some, none, end = b.new_block(), b.new_block(), b.new_block()
    b.branch(_not_nil(f, word), some, none, 1)
    b.begin(none)
    if can_fail:
        b.write(key, b.const(P, 0))
        b.goto(end)
    else:
        f.panic("panicnildottype", descriptor(f, to))
    b.begin(some)
    typ = word if is_empty(x.typ) else f.emit(ops.LOAD, P, (word,), ITAB_TYPE)
    record = f.emit(ops.ADDR, P, (), 0, _assert_record(f.package, to, can_fail))
    miss = b.new_block()
    entry = _cached(f, record, typ, type_hash(f, word), 2, miss)
    b.write(key, f.emit(ops.LOAD, P, (entry,), 8))
    b.goto(end)
    b.begin(miss)
    info = f.package.runtime.call("typeAssert")
    asked = CallInfo(info.target, info.params, info.results, to, OR_NIL if can_fail else OR_PANIC)
    args = [Val(param, (arg,)) for param, arg in zip(info.params, (record, typ), strict=True)]
    (found,) = f.call(ops.CALL_STATIC, asked, (), args)
    b.write(key, found.one)
    b.goto(end)
    b.begin(end)
    return b.read(key)


def interface_case(f: FuncLowering, x: Val, cases: list[Type]) -> tuple[Value, Value]:
    """Which of several interface types with methods (their number for none) has the methods of what an interface holds that is not nil,
    and the method table for that type.
    """
    b = f.b
    key: Hashable = ("case", object())
    word = x.parts[0]
    typ = word if is_empty(x.typ) else f.emit(ops.LOAD, P, (word,), ITAB_TYPE)
    record = f.emit(ops.ADDR, P, (), 0, _switch_record(f.package, cases))
    miss, end = b.new_block(), b.new_block()
    entry = _cached(f, record, typ, type_hash(f, word), 3, miss)
    b.write((key, 0), f.emit(ops.LOAD, I64, (entry,), 8))
    b.write((key, 1), f.emit(ops.LOAD, P, (entry,), 16))
    b.goto(end)
    b.begin(miss)
    number, itab = f.runtime("interfaceSwitch", record, typ)
    b.write((key, 0), number.one)
    b.write((key, 1), itab.one)
    b.goto(end)
    b.begin(end)
    return b.read((key, 0)), b.read((key, 1))


def type_hash(f: FuncLowering, word: Value) -> Value:
    """The hash of the type that the first word of an interface stands for, which is not nil."""
    return f.emit(ops.LOAD, I32, (word,), TYPE_HASH)


def _cached(f: FuncLowering, record: Value, typ: Value, hash_: Value, words: int, miss: Block) -> Value:
    """The entry, of so many words, that the runtime's cache for a record has for a type; where there is none it goes on in `miss`. The
    cache is replaced as a whole, and read like this without a lock (src/runtime/iface.go).
    """
    b = f.b
    counter: Hashable = ("slot", object())
    cache = f.emit(ops.ATOMIC_LOAD, P, (record,))
    mask = f.emit(ops.LOAD, I64, (cache,))
    b.write(counter, f.emit(ops.ZERO_EXT, I64, (hash_,)))
    head, other, hit = b.new_block(), b.new_block(), b.new_block()
    b.goto(head)
    b.begin(head, sealed=False)
    at = b.read(counter)
    slot = f.emit(ops.AND, I64, (at, mask))
    offset = f.emit(ops.ADD, I64, (f.emit(ops.MUL, I64, (slot, f.int_const(8 * words))), f.int_const(8)))
    entry = f.emit(ops.ADD_PTR, P, (cache, offset))
    b.write(counter, f.emit(ops.ADD, I64, (at, f.int_const(1))))
    found = f.emit(ops.LOAD, P, (entry,))
    b.branch(f.emit(ops.EQ, B, (found, typ)), hit, other, 1)
    b.begin(other)
    b.branch(_not_nil(f, found), head, miss)
    b.seal(head)
    b.begin(hit)
    return entry


def _not_nil(f: FuncLowering, word: Value) -> Value:
    return f.emit(ops.NE, B, (word, f.b.const(P, 0)))


def _assert_record(package: PackageLowering, to: Type, can_fail: bool) -> DataRef:
    """What the runtime wants to know of an assertion, and where it keeps what it found out (internal/abi.TypeAssert)."""
    record = Data(package.numbered("typeAssert."), 24, 8, _ASSERT_TYPE)
    record.contents += bytes(16) + bytes((can_fail,))
    record.addresses += (Address(0, DataRef("runtime.emptyTypeAssertCache")), Address(8, TypeRef(to)))
    package.unit.data.append(record)
    return DataRef(record.name)


def _switch_record(package: PackageLowering, cases: list[Type]) -> DataRef:
    """What the runtime wants to know of a switch over interface types, and where it keeps what it found out
    (internal/abi.InterfaceSwitch).
    """
    record = Data(package.numbered("interfaceSwitch."), 16 + 8 * len(cases), 8, _SWITCH_TYPE)
    record.contents += bytes(8) + len(cases).to_bytes(8, "little")
    record.addresses.append(Address(0, DataRef("runtime.emptyInterfaceSwitchCache")))
    record.addresses += [Address(16 + 8 * i, TypeRef(typ)) for i, typ in enumerate(cases)]
    package.unit.data.append(record)
    return DataRef(record.name)


def _record(*fields: tuple[str, Type]) -> Struct:
    return Struct([Var(FIELD_VAR, 0, None, name, typ) for name, typ in fields])


_ASSERT_TYPE: Final = _record(("Cache", TYP[UNSAFE_POINTER]), ("Inter", TYP[UNSAFE_POINTER]), ("CanFail", TYP[BOOL]))
# Only the first word is ever changed, and so of interest to the collector.
_SWITCH_TYPE: Final = _record(("Cache", TYP[UNSAFE_POINTER]))


# ---- comparison


def equal(f: FuncLowering, x: Val, y: Val) -> Value:
    """x == y, where one is an interface at least."""
    if _is_nil(x) or _is_nil(y):
        one = y if _is_nil(x) else x
        if not is_interface(one.typ):
            return f.bool_const(False)
        return f.emit(ops.EQ, B, (one.parts[0], f.b.const(P, 0)))
    if not is_interface(x.typ) or not is_interface(y.typ):
        return _equal_concrete(f, x, y) if is_interface(x.typ) else _equal_concrete(f, y, x)
    if not identical(x.typ, y.typ) and not (is_empty(x.typ) and is_empty(y.typ)):
        x, y = _change(f, x, EMPTY_INTERFACE), _change(f, y, EMPTY_INTERFACE)
    b = f.b
    key: Hashable = ("equal", object())
    more, end = b.new_block(), b.new_block()
    same = f.emit(ops.EQ, B, (x.parts[0], y.parts[0]))
    b.write(key, same)
    b.branch(same, more, end)
    b.begin(more)
    (equal_data,) = f.runtime("efaceeq" if is_empty(x.typ) else "ifaceeq", x.parts[0], x.parts[1], y.parts[1])
    b.write(key, equal_data.one)
    b.goto(end)
    b.begin(end)
    return b.read(key)


def _is_nil(x: Val) -> bool:
    if isinstance(x.typ, Basic):
        return x.typ.kind == UNTYPED_NIL
    return is_interface(x.typ) and all(part.op == ops.CONST for part in x.parts)


def _equal_concrete(f: FuncLowering, x: Val, y: Val) -> Value:
    """Whether an interface holds a value that is equal to one of a concrete type."""
    from pygo_cross.lower.compare import equal as equal_values

    b = f.b
    key: Hashable = ("equal", object())
    more, end = b.new_block(), b.new_block()
    same = holds(f, x, y.typ)
    b.write(key, same)
    b.branch(same, more, end)
    b.begin(more)
    b.write(key, equal_values(f, held(f, x.parts[1], y.typ), y))
    b.goto(end)
    b.begin(end)
    return b.read(key)
