# SPDX-License-Identifier: BSD-3-Clause
"""Type descriptors: `Descriptors` makes the symbols by which the runtime and reflection know types.

A descriptor (`type:NAME`) is a record of the kind of its type, a record of name and methods where there are any ("uncommon"), what the
first refers to (fields, parameters, methods of an interface), and the table of methods. It refers to other descriptors, and whoever asks
for one gets all of these too. Identical types have one link string and so one symbol.

A declared type's descriptor is its package's to make, as is that of a pointer to it; those of predeclared types are package runtime's.
All else is made wherever it is needed, and the linker takes one of the copies.

Descriptors get their contents by `finish`, in the order of names, so that it does not matter in which order they were asked for.

Facts: src/cmd/compile/internal/reflectdata/{reflect,map}.go; src/internal/abi/{type,map}.go; src/runtime/type.go.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final, NamedTuple, final

from pygo_cross.codegen.algfuncs import AlgFunctions
from pygo_cross.codegen.maptypes import MAX_ELEM, MAX_KEY, Groups
from pygo_cross.codegen.methods import Method, MethodTables, package_of
from pygo_cross.codegen.namedata import NameData
from pygo_cross.codegen.typefacts import MEMORY, UNWANTED, TypeFacts
from pygo_cross.diag import InternalError
from pygo_cross.obj.context import Context
from pygo_cross.obj.reloctype import R_ADDR, R_ADDROFF, R_KEEP, R_METHODOFF, R_WEAKADDR, R_WEAKADDROFF
from pygo_cross.obj.symbol import DUPOK, NOPTR, RODATA, Relocation, Symbol
from pygo_cross.types import types as t
from pygo_cross.types.linknames import TypeNames, link_hash
from pygo_cross.types.objects import PARAM_VAR, Var, is_exported, same_package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import (
    NO_POS,
    RECV_ONLY,
    SEND_ONLY,
    SEND_RECV,
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
    unalias,
)
from pygo_cross.types.universe import ERROR

_ANY_POINTER: Final = "*interface {}"
_UNWANTED_PREFIX: Final = "noalg."
_HEADER: Final = struct.Struct("<QQIBBBB")  # size, bytes with pointers, hash, flags, two alignments, kind
_UNCOMMON: Final = struct.Struct("<4xHHI4x")  # package, methods, exported methods, where they are
_COMMON_SIZE: Final = 48
_EQUAL: Final = 24
_GC_DATA: Final = 32
_STRING: Final = 40
_POINTER: Final = 44
_UNCOMMON_SIZE: Final = 16
_METHOD_SIZE: Final = 16
_FIELD_SIZE: Final = 24
_INTERFACE_METHOD_SIZE: Final = 8
_ITAB_FUNCTIONS: Final = 24

# How large the record of a kind is.
_RECORD_SIZES: Final[dict[type[Type], int]] = {
    Basic: 48,
    Array: 72,
    Chan: 64,
    Signature: 56,
    Interface: 80,
    Map: 136,
    Pointer: 56,
    Slice: 56,
    Struct: 80,
}
_KINDS: Final[dict[type[Type], int]] = {Array: 17, Chan: 18, Signature: 19, Interface: 20, Map: 21, Pointer: 22, Slice: 23, Struct: 25}
_BASIC_KINDS: Final = {
    **dict(
        zip((t.BOOL, t.INT, t.INT8, t.INT16, t.INT32, t.INT64, t.UINT, t.UINT8, t.UINT16, t.UINT32, t.UINT64), range(1, 12), strict=True)
    ),
    **dict(zip((t.UINTPTR, t.FLOAT32, t.FLOAT64, t.COMPLEX64, t.COMPLEX128), range(12, 17), strict=True)),
    t.STRING: 24,
    t.UNSAFE_POINTER: 26,
}

_UNCOMMON_FLAG: Final = 1
_EXTRA_STAR: Final = 2
_NAMED: Final = 4
_REGULAR_MEMORY: Final = 8
_MASK_ON_DEMAND: Final = 16
_DIRECT: Final = 32

_VARIADIC: Final = 1 << 15
_DIRECTIONS: Final = {RECV_ONLY: 1, SEND_ONLY: 2, SEND_RECV: 3}
_MOST_MASK_WORDS: Final = 16 * 8  # words with pointers for which the mask is made ahead

_KEY_UPDATE: Final = 1
_HASH_PANICS: Final = 2
_INDIRECT_KEY: Final = 4
_INDIRECT_ELEM: Final = 8


class _Pending(NamedTuple):
    name: str
    typ: Type
    symbol: Symbol


@final
class _Record:
    """The contents of a descriptor under construction."""

    __slots__ = ("data", "relocs")

    def __init__(self, size: int) -> None:
        self.data = bytearray(size)
        self.relocs: list[Relocation] = []

    def word(self, offset: int, value: int) -> None:
        """Write a number of eight bytes."""
        self.data[offset : offset + 8] = value.to_bytes(8, "little")

    def address(self, offset: int, target: Symbol | None, addend: int = 0) -> None:
        """Write an address; None is nil."""
        if target is not None:
            self.relocs.append((offset, 8, R_ADDR, addend, target))

    def distance(self, offset: int, target: Symbol | None, weak: bool = False) -> None:
        """Write where something is from the start of its section, in four bytes."""
        if target is not None:
            self.relocs.append((offset, 4, R_WEAKADDROFF if weak else R_ADDROFF, 0, target))


@final
class Descriptors:
    """The descriptors and method tables of one object, which `context` is: its package is the one that is compiled.

    `type`, `itab`, `equal`, `hash` and `gc_mask` give symbols, to be referred to; `finish` makes the contents of those that this object
    has to have. `with_methods` gathers the types whose methods these refer to, for whoever sees to it that their code is there
    (`completion.py`).
    """

    __slots__ = (
        "_data",
        "_pending",
        "_pointers",
        "_symbols",
        "algorithms",
        "context",
        "facts",
        "groups",
        "methods",
        "names",
        "with_methods",
    )

    def __init__(self, context: Context, sizes: Sizes, names: TypeNames, groups: Groups) -> None:
        self.context = context
        self.names = names
        self.groups = groups
        self.facts = TypeFacts(sizes, groups)
        self.methods = MethodTables(names, self.facts)
        self.algorithms = AlgFunctions(context, self.facts)
        self._data = NameData(context, names)
        self._symbols: dict[Type, Symbol] = {}
        self._pending: list[_Pending] = []
        self._pointers: dict[str, Symbol] = {}
        self.with_methods: list[Type] = []

    # What others refer to.

    def type(self, typ: Type) -> Symbol:
        """The descriptor of a type."""
        typ = unalias(typ)
        symbol = self._symbols.get(typ)
        if symbol is None:
            name = self.names.link(typ)
            if self.facts.algorithm(typ) == UNWANTED:
                name = _UNWANTED_PREFIX + name
            symbol = self._symbols[typ] = self.context.lookup(f"type:{name}")
            # Only a new symbol has no alignment: identical types that are several objects are one here.
            if not symbol.align and self._is_ours(typ):
                symbol.align = 8
                self._pending.append(_Pending(name, typ, symbol))
        return symbol

    def equal(self, typ: Type) -> Symbol | None:
        """The function value that compares values of a type; None for one that is not comparable."""
        return self.algorithms.equal(typ)

    def hash(self, key: Type) -> Symbol:
        """The function value that hashes values of a type that is comparable."""
        return self.algorithms.hash(key)

    def gc_mask(self, typ: Type) -> Symbol:
        """The mask of words with pointers of a type, made now."""
        words = self.facts.pointer_bytes(typ) // 8
        mask = self.facts.pointer_mask(typ).to_bytes((words + 63) // 64 * 8, "little")
        symbol = self.context.lookup(f"runtime.gcbits.{mask.hex()}")
        if not symbol.listed:
            symbol.data = bytearray(mask)
            symbol.align = 8
            symbol.content_addressable = symbol.local = True
            self.context.define_data(symbol, len(mask), DUPOK | RODATA)
        return symbol

    def itab(self, typ: Type, interface: Type) -> Symbol:
        """The method table of a type for an interface type with methods. Where the type lacks one, which only type arguments can bring
        about, the first entry is nil."""
        name = f"go:itab.{self.names.link(typ)},{self.names.link(interface)}"
        symbol = self.context.lookup(name)
        if symbol.listed:
            return symbol
        under = interface.underlying()
        wanted = [(method.name, method.id()) for method in under.type_set().methods] if type(under) is Interface else []
        if not wanted:
            raise InternalError("codegen", "a method table for what is no interface with methods", name)
        found = {method.func.id(): method for method in self.methods.of(typ)}
        self.with_methods.append(typ)
        complete = all(identity in found for _, identity in wanted)
        record = _Record(_ITAB_FUNCTIONS + 8 * (len(wanted) if complete else 1))
        record.address(0, self.type(interface))
        record.address(8, self.type(typ))
        record.data[16:20] = self._hash(typ)
        if complete:
            for at, (_, identity) in enumerate(wanted):
                code = self.context.lookup(found[identity].through_interface, 1)
                record.relocs.append((_ITAB_FUNCTIONS + 8 * at, 8, R_WEAKADDR, 0, code))
        symbol.align = 8
        symbol.content_addressable = True
        self._set(symbol, record, DUPOK)
        return symbol

    def predeclared(self) -> None:
        """Ask for the descriptors that package runtime has for all others."""
        kinds = [t.TYP[kind] for kind in range(t.BOOL, t.UNSAFE_POINTER + 1)]
        for typ in (*kinds, t.EMPTY_INTERFACE, ERROR):
            self.type(Pointer(typ))
            self.type(Pointer(Slice(typ)))
        error, text = (Tuple([Var(PARAM_VAR, NO_POS, None, "", typ)]) for typ in (ERROR, t.TYP[t.STRING]))
        self.type(Pointer(Signature(error, text)))

    def finish(self) -> None:
        """Make the contents of all descriptors that were asked for since the last time, and of those that they refer to."""
        while self._pending:
            batch = sorted(self._pending, key=lambda pending: (not _has_name(pending.typ), pending.name))
            self._pending = []
            for pending in batch:
                self._write(pending)
        # A pointer type says what a pointer to it is only where that is there anyway; else there would be no end. Stock leaves it out,
        # too, where the second came late; and a defined pointer type comes before the pointer to it.
        for name in list(self._pointers):
            mark = _UNWANTED_PREFIX if name.startswith(_UNWANTED_PREFIX) else ""
            above = self.context.lookup(f"type:{mark}*{name.removeprefix(mark)}")
            if above.listed:
                symbol = self._pointers.pop(name)
                symbol.relocs.append((_POINTER, 4, R_WEAKADDROFF, 0, above))
                symbol.relocs.sort(key=lambda relocation: relocation[0])

    # Whose descriptor it is.

    def _is_ours(self, typ: Type) -> bool:
        """Whether this object has to have it."""
        base = _without_pointer(typ)
        if _is_predeclared(base):
            return self.context.package == "runtime"
        if type(base) is not Named or self._is_instance(base):
            return True
        package = base.obj.pkg
        return package is not None and package.path == self.context.package

    def _is_instance(self, typ: Named) -> bool:
        return bool(typ.targs) or typ in self.names.implicit or self.facts.has_shape(typ)

    # Contents.

    def _set(self, symbol: Symbol, record: _Record, flags: int) -> None:
        symbol.data = record.data
        symbol.relocs = record.relocs
        self.context.define_data(symbol, len(record.data), flags | RODATA)

    def _hash(self, typ: Type) -> bytes:
        return link_hash(self.names.link(typ))[:4]

    def _write(self, pending: _Pending) -> None:
        name, typ, symbol = pending
        if self.facts.sizes.sizeof(typ) < 0:
            raise InternalError("codegen", "a type that is too large has a descriptor", name)
        under = typ.underlying()
        kind = type(under)
        methods = self.methods.of(typ)
        if methods:
            self.with_methods.append(typ)
        uncommon = bool(methods) or _has_name(typ)
        at = _RECORD_SIZES[kind] + (_UNCOMMON_SIZE if uncommon else 0)
        record = _Record(at)
        self._common(record, typ, under, uncommon)
        writer = _WRITERS.get(kind)
        if writer is not None:
            writer(self, record, typ, under, symbol, at)
        if uncommon:
            self._uncommon(record, typ, methods, _RECORD_SIZES[kind])
        if kind is Map and type(typ) is Named:
            # A conversion by reflection to the type without the name must find the same hash function.
            record.relocs.append((0, 0, R_KEEP, 0, self.type(under)))
        if type(typ) is Pointer:
            self._pointers[name] = symbol
        record.relocs.sort(key=lambda relocation: relocation[0])
        base = _without_pointer(typ)
        owned = type(base) is Basic or (type(base) is Named and not self._is_instance(base))
        if self.context.package == "runtime" and name == _ANY_POINTER:
            owned = True  # package runtime has it as the pointer to a type with a name, which any is there
        wanted = self.facts.algorithm(typ) != UNWANTED
        symbol.typelink = wanted and not _has_name(typ) and kind is not Interface
        self._set(symbol, record, 0 if owned else DUPOK)

    def _common(self, record: _Record, typ: Type, under: Type, uncommon: bool) -> None:
        """What all descriptors begin with."""
        pointers = self.facts.pointer_bytes(typ)
        on_demand = pointers // 8 > _MOST_MASK_WORDS
        text = self.names.string(typ)
        named = typ
        flags = 0
        if text.startswith("*"):
            named = unalias(typ.elem) if type(typ) is Pointer else typ
        else:
            # A pointer to the type has the same name in its string, which is kept once.
            text = "*" + text
            flags |= _EXTRA_STAR
        flags |= _UNCOMMON_FLAG if uncommon else 0
        flags |= _NAMED if _has_name(typ) else 0
        flags |= _REGULAR_MEMORY if self.facts.algorithm(typ) == MEMORY else 0
        flags |= _MASK_ON_DEMAND if on_demand else 0
        flags |= _DIRECT if self.facts.is_direct(typ) else 0
        sizes = self.facts.sizes
        align = sizes.alignof(typ)
        kind = _BASIC_KINDS[under.kind] if type(under) is Basic else _KINDS[type(under)]
        number = int.from_bytes(self._hash(typ), "little")
        _HEADER.pack_into(record.data, 0, sizes.sizeof(typ), pointers, number, flags, align, align, kind)
        record.address(_EQUAL, self.equal(typ))
        record.address(_GC_DATA, self._mask_on_demand(typ) if on_demand else self.gc_mask(typ))
        exported = type(named) is Named and is_exported(self.names.declared(named))
        if type(named) is Basic:
            exported = named.kind == t.UNSAFE_POINTER
        record.distance(_STRING, self._data.type_string(text, exported))
        if type(under) is not Pointer:
            pointer = Pointer(typ)
            weak = not _has_name(typ) and not self.methods.of(pointer)
            record.distance(_POINTER, self.type(pointer), weak)

    def _mask_on_demand(self, typ: Type) -> Symbol:
        """The word in which the runtime keeps the mask of a large type."""
        symbol = self.context.lookup(f"type:.gcmask.{self.names.link(typ)}")
        if not symbol.listed:
            symbol.local = True
            self.context.define_data(symbol, 8, DUPOK | NOPTR)
        return symbol

    def _uncommon(self, record: _Record, typ: Type, methods: list[Method], at: int) -> None:
        """Package and methods; the methods come last of all."""
        package = package_of(typ)
        table = len(record.data)
        exported = sum(method.exported for method in methods)
        _UNCOMMON.pack_into(record.data, at, len(methods), exported, table - at)
        if package is not None:
            record.distance(at, self._data.import_path(package))
        record.data += bytes(_METHOD_SIZE * len(methods))
        for method in methods:
            signature = method.func.signature
            # What reflection gives as the type of a method expression.
            self.type(with_receiver(typ, signature))
            other = None if method.exported or same_package(method.func.pkg, package) else method.func.pkg
            record.distance(table, self._data.member(method.func.name, other))
            wanted = self.type(Signature(signature.params, signature.results, signature.variadic))
            through = self.context.lookup(method.through_interface, 1)
            direct = self.context.lookup(method.direct, 1)
            for offset, target in ((4, wanted), (8, through), (12, direct)):
                record.relocs.append((table + offset, 4, R_METHODOFF, 0, target))
            table += _METHOD_SIZE

    def _array(self, record: _Record, typ: Type, under: Array, symbol: Symbol, at: int) -> None:
        record.address(48, self.type(under.elem))
        record.address(56, self.type(Slice(under.elem)))
        record.word(64, under.len)

    def _slice(self, record: _Record, typ: Type, under: Slice, symbol: Symbol, at: int) -> None:
        record.address(48, self.type(under.elem))

    def _pointer(self, record: _Record, typ: Type, under: Pointer, symbol: Symbol, at: int) -> None:
        record.address(48, self.type(under.elem))

    def _chan(self, record: _Record, typ: Type, under: Chan, symbol: Symbol, at: int) -> None:
        record.address(48, self.type(under.elem))
        record.word(56, _DIRECTIONS[under.dir])

    def _func(self, record: _Record, typ: Type, under: Signature, symbol: Symbol, at: int) -> None:
        params, results = under.params.vars, under.results.vars
        struct.pack_into("<HH", record.data, 48, len(params), len(results) | (_VARIADIC if under.variadic else 0))
        record.data += bytes(8 * (len(params) + len(results)))
        for i, var in enumerate((*params, *results)):
            record.address(at + 8 * i, self.type(var.typ))

    def _interface(self, record: _Record, typ: Type, under: Interface, symbol: Symbol, at: int) -> None:
        methods = under.type_set().methods
        package = typ.obj.pkg if type(typ) is Named else None
        if package is not None:
            record.address(48, self._data.import_path(package))
        record.address(56, symbol, at)
        record.word(64, len(methods))
        record.word(72, len(methods))
        record.data += bytes(_INTERFACE_METHOD_SIZE * len(methods))
        for method in methods:
            signature = method.signature
            other = None if is_exported(method.name) or same_package(method.pkg, package) else method.pkg
            record.distance(at, self._data.member(method.name, other))
            record.distance(at + 4, self.type(Signature(signature.params, signature.results, signature.variadic)))
            at += _INTERFACE_METHOD_SIZE

    def _struct(self, record: _Record, typ: Type, under: Struct, symbol: Symbol, at: int) -> None:
        package = next((field.pkg for field in under.fields if not is_exported(field.name)), None)
        if package is not None:
            record.address(48, self._data.import_path(package))
        record.address(56, symbol, at)
        record.word(64, len(under.fields))
        record.word(72, len(under.fields))
        record.data += bytes(_FIELD_SIZE * len(under.fields))
        for i, (field, offset) in enumerate(zip(under.fields, self.facts.sizes.offsetsof(under), strict=True)):
            record.address(at, self._data.field(field.name, under.tag(i), field.embedded))
            record.address(at + 8, self.type(field.typ))
            record.word(at + 16, offset)
            at += _FIELD_SIZE

    def _map(self, record: _Record, typ: Type, under: Map, symbol: Symbol, at: int) -> None:
        group = self.groups.group(under)
        sizes = self.facts.sizes
        slots = sizes.offsetsof(group.struct)[1]
        stride = sizes.sizeof(group.slot)
        elem = sizes.offsetsof(group.slot)[1]
        for i, target in enumerate((self.type(under.key), self.type(under.elem), self.type(group.struct), self.hash(under.key))):
            record.address(48 + 8 * i, target)
        for i, value in enumerate((sizes.sizeof(group.struct), slots, stride, slots + elem, stride, elem)):
            record.word(80 + 8 * i, value)
        flags = _KEY_UPDATE if self.facts.needs_key_update(under.key) else 0
        flags |= _HASH_PANICS if self.facts.hash_may_panic(under.key) else 0
        flags |= _INDIRECT_KEY if sizes.sizeof(under.key) > MAX_KEY else 0
        flags |= _INDIRECT_ELEM if sizes.sizeof(under.elem) > MAX_ELEM else 0
        record.word(128, flags)


_WRITERS: Final[dict[type[Type], Callable[[Descriptors, _Record, Type, Any, Symbol, int], None]]] = {
    Array: Descriptors._array,
    Slice: Descriptors._slice,
    Pointer: Descriptors._pointer,
    Chan: Descriptors._chan,
    Signature: Descriptors._func,
    Interface: Descriptors._interface,
    Struct: Descriptors._struct,
    Map: Descriptors._map,
}


def with_receiver(receiver: Type, method: Signature) -> Signature:
    """The type of a method as a function whose first parameter is the receiver."""
    first = Var(PARAM_VAR, NO_POS, None, "", receiver)
    return Signature(Tuple([first, *method.params.vars]), method.results, method.variadic)


def _has_name(typ: Type) -> bool:
    return type(typ) is Named or type(typ) is Basic


def _without_pointer(typ: Type) -> Type:
    """What a pointer type is named after: its element, where that has a name."""
    if type(typ) is Pointer:
        elem = unalias(typ.elem)
        if _has_name(elem):
            return elem
    return typ


def _is_predeclared(typ: Type) -> bool:
    """Whether package runtime has the descriptor: of predeclared types, any and error, slices of these, and func(error) string."""
    if type(typ) is Signature:
        params, results = typ.params.vars, typ.results.vars
        if len(params) == len(results) == 1 and unalias(params[0].typ) is ERROR and not typ.variadic:
            result = unalias(results[0].typ)
            return type(result) is Basic and result.kind == t.STRING
        return False
    if type(typ) is Slice:
        typ = unalias(typ.elem)
    if type(typ) is Interface:
        return typ.empty()
    return type(typ) is Basic or typ is ERROR
