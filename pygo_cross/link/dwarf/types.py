# SPDX-License-Identifier: BSD-3-Clause
"""Entries of types, made from the type descriptors that the program's objects hold.

The compiler refers to the entry of type T as the symbol `go:info.T` and leaves it to the linker to make it, here: on
demand, each type after those that lead to it, in the order in which the program's functions and variables name them.
That order is stock's (GOROOT/src/cmd/link/internal/ld/dwarf.go, defgotype and newtype), so that entries have stock's
offsets. A named type has two entries: its structure, without a name in the symbol table, and a typedef, to which all
references lead.

Go's built-in types stand for structures of the runtime: a string for `runtime.stringStructDWARF`, a slice for
`runtime.slice`, a map and a channel for instances of the runtime's types with the element types put in. Those are made
in synthesize.py, after all types of the program are known.
"""

from __future__ import annotations

import struct
from collections.abc import Generator
from typing import Final

from pygo_cross.diag import UserError
from pygo_cross.link import decode, kinds
from pygo_cross.link.dwarf import abbrev
from pygo_cross.link.dwarf.constants import (
    DW_AT_byte_size,
    DW_AT_count,
    DW_AT_data_member_location,
    DW_AT_encoding,
    DW_AT_go_elem,
    DW_AT_go_embedded_field,
    DW_AT_go_key,
    DW_AT_go_kind,
    DW_AT_go_runtime_type,
    DW_AT_type,
    DW_AT_variable_parameter,
    DW_ATE_boolean,
    DW_ATE_complex_float,
    DW_ATE_float,
    DW_ATE_signed,
    DW_ATE_unsigned,
)
from pygo_cross.link.dwarf.die import Die
from pygo_cross.link.loader import Loader
from pygo_cross.obj.archive import bad_file

INFO_PREFIX: Final = "go:info."
TYPE_PREFIX: Final = "type:"
UNSPECIFIED: Final = "<unspecified>"

_KIND_UINTPTR: Final = 12
_KIND_STRING: Final = 24
_KIND_UNSAFE_POINTER: Final = 26

# Encoding of the basic kinds: bool, int to int64, uint to uintptr, float32 and 64, complex64 and 128.
_ENCODING: Final = {
    1: DW_ATE_boolean,
    **dict.fromkeys(range(2, 7), DW_ATE_signed),
    **dict.fromkeys(range(7, 13), DW_ATE_unsigned),
    **dict.fromkeys((13, 14), DW_ATE_float),
    **dict.fromkeys((15, 16), DW_ATE_complex_float),
}

# Offsets inside type descriptors, beyond the common part (GOROOT/src/internal/abi/type.go, map.go).
_FIRST: Final = decode.COMMON_SIZE  # an element type, a key type, or a package path
_SECOND: Final = _FIRST + 8
_LENGTH: Final = _FIRST + 16  # of an array; how many methods an interface, or fields a struct has
_UNCOMMON_SIZE: Final = 16
_FUNC_SIZE: Final = 56
_STRUCT_SIZE: Final = 80
_FIELD_SIZE: Final = 24
_VARIADIC: Final = 1 << 15
_NAME_EMBEDDED: Final = 8

_U16_PAIR: Final = struct.Struct("<HH")
_U64: Final = struct.Struct("<Q")

# No typedef is made for types whose name is their structure.
_UNNAMED: Final = ("map[", "struct {", "noalg.struct {", "chan ", "[", "*")

# The runtime's types that the synthesized ones are made after.
PROTOTYPES: Final = (
    "type:runtime.stringStructDWARF",
    "type:runtime.slice",
    "type:runtime.sudog",
    "type:runtime.waitq",
    "type:runtime.hchan",
    "type:internal/runtime/maps.Map",
    "type:internal/runtime/maps.table",
    "type:internal/runtime/maps.groupsReference",
)

# What GOROOT/src/runtime/runtime-gdb.py needs to look into interfaces.
_FOR_DEBUGGERS: Final = (
    "type:internal/abi.Type",
    "type:internal/abi.ArrayType",
    "type:internal/abi.ChanType",
    "type:internal/abi.FuncType",
    "type:internal/abi.MapType",
    "type:internal/abi.PtrType",
    "type:internal/abi.SliceType",
    "type:internal/abi.StructType",
    "type:internal/abi.InterfaceType",
    "type:internal/abi.ITab",
    "type:internal/abi.Imethod",
)


def corrupt(loader: Loader, sym: int, what: str) -> UserError:
    """The error for an object whose symbol `sym` can't be right."""
    file = loader.file_of(sym)
    return bad_file(file.obj.path if file else "", f"corrupt object file: {what}")


class TypeEntries:
    """The entries of types made so far.

    - `dies`: the top-level entries, in the order of `.debug_info`.
    - `by_name`: the symbol of the entry of each type name.
    - `of_descriptor`: the symbol of the entry made for each type descriptor.
    - `done`: the symbols of entries that were made from a descriptor; a reference to one needs no look-up.
    - `strings`, `slices`, `maps`, `channels`: entries to be filled in by synthesize.py; the last two with the
      descriptor of the map, and of the channel's element.
    - `prototypes`: the entries of the runtime's types of that name, where they have been made.
    """

    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        self.dies: list[Die] = []
        self.by_name: dict[str, int] = {}
        self.of_descriptor: dict[int, int] = {}
        self.done: set[int] = set()
        self.strings: list[Die] = []
        self.slices: list[Die] = []
        self.maps: list[tuple[Die, int]] = []
        self.channels: list[tuple[Die, int]] = []
        self.prototypes: dict[str, Die] = {}
        self._unnamed = 0
        self._empty_interface = self.descriptor("type:runtime.eface")
        self._interface = self.descriptor("type:runtime.iface")
        self.add(abbrev.NULLTYPE, UNSPECIFIED)
        self._builtin(abbrev.BARE_PTRTYPE, "unsafe.Pointer")
        uintptr = self._builtin(abbrev.BASETYPE, "uintptr")
        uintptr.attributes[DW_AT_encoding] = DW_ATE_unsigned
        uintptr.attributes[DW_AT_byte_size] = 8
        uintptr.attributes[DW_AT_go_kind] = _KIND_UINTPTR
        self._uintptr = uintptr.sym
        for name in _FOR_DEBUGGERS:
            self.define(self.descriptor(name))

    def descriptor(self, name: str) -> int:
        """The type descriptor `name`. Raises UserError when the runtime lacks it, or its content."""
        sym = self.loader.lookup(name)
        if not sym or not len(self.loader.data(sym)):
            what = f"the debug information needs {name}, which the program lacks"
            raise UserError.one("bad-runtime", what, "link with -w, or build the runtime again")
        return sym

    def add(self, kind: int, name: str) -> Die:
        """A new top-level entry, known by its name from now on."""
        loader = self.loader
        die = Die(kind, name)
        sym = loader.lookup_or_create(INFO_PREFIX + name)
        loader.kind[sym] = kinds.SDWARFTYPE
        loader.reachable[sym] = 1
        die.sym = self.by_name[name] = sym
        self.dies.append(die)
        return die

    def _builtin(self, kind: int, name: str) -> Die:
        die = self.add(kind, name)
        descriptor = self.descriptor(TYPE_PREFIX + name)
        self.of_descriptor[descriptor] = die.sym
        self.done.add(die.sym)
        die.attributes[DW_AT_go_runtime_type] = descriptor
        return die

    def _part(self, parent: Die, kind: int, name: str) -> Die:
        die = Die(kind, name)
        parent.children.append(die)
        return die

    def known(self, descriptor: int) -> int:
        """The symbol of a type's entry, 0 if it has to be made."""
        if not descriptor:
            return self.by_name[UNSPECIFIED]
        sym = self.of_descriptor.get(descriptor, 0)
        if sym:
            return sym
        name = self.loader.name(descriptor)
        if not name.startswith(TYPE_PREFIX):
            raise corrupt(self.loader, descriptor, f"{self.loader.where(descriptor)} is no type, and serves as one")
        return self.by_name.get(name[len(TYPE_PREFIX) :], 0)

    def define_named(self, info: int) -> None:
        """Make the entry that the symbol `info` (`go:info.T`) stands for."""
        self.define(self.loader.lookup(TYPE_PREFIX + self.loader.name(info)[len(INFO_PREFIX) :]))

    def define(self, descriptor: int) -> int:
        """The symbol of a type's entry, which is made, with all it leads to, if it does not exist.

        Chains of types may be longer than Python's stack, so the entries that wait for others are kept on a list.
        """
        sym = self.known(descriptor)
        if sym:
            return sym
        stack: list[tuple[Generator[int, int, int], int]] = [(self._make(descriptor), descriptor)]
        while True:
            making, subject = stack[-1]
            try:
                wanted = making.send(sym) if sym else next(making)
            except StopIteration as stop:
                stack.pop()
                sym = int(stop.value)
                if not stack:
                    return sym
                continue
            except (struct.error, IndexError):
                raise corrupt(self.loader, subject, f"the descriptor of {self.loader.where(subject)} is cut short") from None
            sym = self.known(wanted)
            if not sym:
                stack.append((self._make(wanted), wanted))

    def _typedef(self, name: str, structure: Die) -> Die | None:
        """The typedef of a named type, None where the name is the structure itself."""
        if name.startswith(_UNNAMED):
            return None
        self._unnamed -= 1
        structure.sym = self._unnamed
        die = self.add(abbrev.TYPEDECL, name)
        die.attributes[DW_AT_type] = structure.sym
        return die

    def _make(self, descriptor: int) -> Generator[int, int, int]:
        """Make the entry of a type: asks for the entries of other descriptors, and returns its own symbol."""
        loader = self.loader
        symbol_name = loader.name(descriptor)
        name = symbol_name[len(TYPE_PREFIX) :]
        data = loader.data(descriptor)
        if not len(data):
            raise UserError.one("undefined-symbol", f"the type {name} is not defined", "build the program's packages again")
        kind = decode.kind(data)
        size, _ = decode.pointer_size(data)
        typedef = None
        if kind in _ENCODING:
            die = self.add(abbrev.BASETYPE, name)
            attributes = die.attributes
            attributes[DW_AT_encoding] = _ENCODING[kind]
            attributes[DW_AT_byte_size] = size
        elif kind == decode.KIND_POINTER:
            die = self.add(abbrev.PTRTYPE, name)
            typedef = self._typedef(name, die)
            die.attributes[DW_AT_type] = yield self._targets(descriptor).get(_FIRST, 0)
        elif kind == decode.KIND_STRUCT:
            die = self.add(abbrev.STRUCTTYPE, name)
            typedef = self._typedef(name, die)
            die.attributes[DW_AT_byte_size] = size
            yield from self._fields(die, descriptor)
        elif kind == decode.KIND_FUNC:
            die = self.add(abbrev.FUNCTYPE, name)
            die.attributes[DW_AT_byte_size] = size
            typedef = self._typedef(name, die)
            yield from self._parameters(die, descriptor)
        elif kind == decode.KIND_SLICE:
            die = self.add(abbrev.SLICETYPE, name)
            self.slices.append(die)
            typedef = self._typedef(name, die)
            die.attributes[DW_AT_byte_size] = size
            die.attributes[DW_AT_go_elem] = yield self._targets(descriptor).get(_FIRST, 0)
        elif kind == decode.KIND_ARRAY:
            die = self.add(abbrev.ARRAYTYPE, name)
            typedef = self._typedef(name, die)
            die.attributes[DW_AT_byte_size] = size
            die.attributes[DW_AT_type] = yield self._targets(descriptor).get(_FIRST, 0)
            bounds = self._part(die, abbrev.ARRAYRANGE, "range")
            bounds.attributes[DW_AT_count] = _U64.unpack_from(data, _LENGTH)[0]
            bounds.attributes[DW_AT_type] = self._uintptr
        elif kind == decode.KIND_INTERFACE:
            die = self.add(abbrev.IFACETYPE, name)
            typedef = self._typedef(name, die)
            methods = _U64.unpack_from(data, _LENGTH)[0]
            die.attributes[DW_AT_type] = yield self._interface if methods else self._empty_interface
        elif kind == _KIND_STRING:
            die = self.add(abbrev.STRINGTYPE, name)
            self.strings.append(die)
            die.attributes[DW_AT_byte_size] = size
        elif kind == decode.KIND_MAP:
            die = self.add(abbrev.MAPTYPE, name)
            self.maps.append((die, descriptor))
            targets = self._targets(descriptor)
            die.attributes[DW_AT_go_key] = yield targets.get(_FIRST, 0)
            die.attributes[DW_AT_go_elem] = yield targets.get(_SECOND, 0)
            die.attributes[DW_AT_type] = descriptor
        elif kind == decode.KIND_CHAN:
            die = self.add(abbrev.CHANTYPE, name)
            element = self._targets(descriptor).get(_FIRST, 0)
            self.channels.append((die, element))
            die.attributes[DW_AT_go_elem] = yield element
            die.attributes[DW_AT_type] = element
        elif kind == _KIND_UNSAFE_POINTER:
            die = self.add(abbrev.BARE_PTRTYPE, name)
        else:
            raise corrupt(loader, descriptor, f"the type {name} is of the unknown kind {kind}")
        die.attributes[DW_AT_go_kind] = kind
        if loader.reachable[descriptor]:
            die.attributes[DW_AT_go_runtime_type] = descriptor
        sym = typedef.sym if typedef else die.sym
        self.done.add(sym)
        if symbol_name in PROTOTYPES:
            self.prototypes[symbol_name] = die
        self.of_descriptor[descriptor] = sym
        return sym

    def _targets(self, descriptor: int) -> dict[int, int]:
        """The symbols that a descriptor points to, by offset; the first where there are several."""
        return {reloc[0]: reloc[4] for reloc in reversed(self.loader.relocs(descriptor))}

    def _fields(self, die: Die, descriptor: int) -> Generator[int, int, None]:
        loader = self.loader
        data = loader.data(descriptor)
        targets = self._targets(descriptor)
        at = _STRUCT_SIZE + (_UNCOMMON_SIZE if data[decode.TFLAG_AT] & decode.TFLAG_UNCOMMON else 0)
        for _ in range(_U64.unpack_from(data, _LENGTH)[0]):
            name_data = loader.data(targets.get(at, 0))
            wanted = targets.get(at + 8, 0)
            name = decode.name_text(name_data) if len(name_data) else ""
            part = self._part(die, abbrev.STRUCTFIELD, name or loader.name(wanted)[len(TYPE_PREFIX) :])
            attributes = part.attributes
            attributes[DW_AT_type] = yield wanted
            attributes[DW_AT_data_member_location] = _U64.unpack_from(data, at + 16)[0]
            if len(name_data) and name_data[0] & _NAME_EMBEDDED:
                attributes[DW_AT_go_embedded_field] = 1
            at += _FIELD_SIZE

    def _parameters(self, die: Die, descriptor: int) -> Generator[int, int, None]:
        loader = self.loader
        data = loader.data(descriptor)
        targets = self._targets(descriptor)
        at = _FUNC_SIZE + (_UNCOMMON_SIZE if data[decode.TFLAG_AT] & decode.TFLAG_UNCOMMON else 0)
        count, results = _U16_PAIR.unpack_from(data, _FIRST)
        for index in range(count + (results & ~_VARIADIC)):
            if index == count and results & _VARIADIC:
                self._part(die, abbrev.DOTDOTDOT, "...")
            wanted = targets.get(at, 0)
            part = self._part(die, abbrev.FUNCTYPEPARAM if index < count else abbrev.FUNCTYPEOUTPARAM, loader.name(wanted))
            if index >= count:
                part.attributes[DW_AT_variable_parameter] = 1
            part.attributes[DW_AT_type] = yield wanted
            at += 8
        if not results & ~_VARIADIC and results & _VARIADIC:
            self._part(die, abbrev.DOTDOTDOT, "...")

    def pointer_to(self, info: int) -> int:
        """The symbol of the entry of the pointer type to an entry, which is made if it does not exist."""
        loader = self.loader
        name = "*" + loader.name(info)[len(INFO_PREFIX) :]
        sym = self.by_name.get(name, 0)
        if sym:
            return sym
        die = self.add(abbrev.PTRTYPE, name)
        die.attributes[DW_AT_type] = info
        descriptor = loader.lookup(TYPE_PREFIX + name)
        if descriptor:
            if loader.reachable[descriptor]:
                die.attributes[DW_AT_go_kind] = decode.KIND_POINTER
                die.attributes[DW_AT_go_runtime_type] = descriptor
            self.done.add(die.sym)
            self.of_descriptor[descriptor] = die.sym
        return die.sym
