# SPDX-License-Identifier: BSD-3-Clause
"""What strings, slices, maps and channels are made of, as debuggers see it.

A string gets the members of `runtime.stringStructDWARF`, a slice those of `runtime.slice` with a pointer to the element
type. A map of K and V becomes a pointer to `map<K,V>`, a copy of `internal/runtime/maps.Map` whose directory leads to
`table<K,V>` and on to groups of K and V; a channel of T a pointer to `hchan<T>` with queues of `sudog<T>`. Debuggers know
these names and members (GOROOT/src/runtime/runtime-gdb.py). Each kind is gone through from the last type made to the
first, without those that this makes, as in GOROOT/src/cmd/link/internal/ld/dwarf.go (synthesize*types).
"""

from __future__ import annotations

from pygo_cross.diag import InternalError
from pygo_cross.link import decode
from pygo_cross.link.dwarf import abbrev
from pygo_cross.link.dwarf.constants import DW_AT_byte_size, DW_AT_go_elem, DW_AT_go_kind, DW_AT_type
from pygo_cross.link.dwarf.die import Die
from pygo_cross.link.dwarf.types import INFO_PREFIX, TYPE_PREFIX, TypeEntries

_MAP_KEY = decode.COMMON_SIZE
_MAP_VALUE = decode.COMMON_SIZE + 8
_MAP_GROUP = decode.COMMON_SIZE + 16


def synthesize(types: TypeEntries) -> None:
    """Fill in the entries of all strings, slices, maps and channels."""
    _strings(types)
    _slices(types)
    _maps(types)
    _channels(types)


def _prototype(types: TypeEntries, name: str) -> Die:
    if name not in types.prototypes:
        types.define(types.descriptor(name))
    die = types.prototypes.get(name)
    if die is None:
        raise InternalError("dwarf", "no entry was made", name)
    return die


def _copy_children(to: Die, prototype: Die) -> None:
    for child in prototype.children:
        copy = Die(child.abbrev, child.name)
        copy.attributes.update(child.attributes)
        to.children.append(copy)


def _strings(types: TypeEntries) -> None:
    strings = types.strings[::-1]
    prototype = _prototype(types, "type:runtime.stringStructDWARF")
    for die in strings:
        _copy_children(die, prototype)


def _slices(types: TypeEntries) -> None:
    slices = types.slices[::-1]
    prototype = _prototype(types, "type:runtime.slice")
    for die in slices:
        _copy_children(die, prototype)
        die.child("array").attributes[DW_AT_type] = types.pointer_to(die.attributes[DW_AT_go_elem])


def _instance(types: TypeEntries, name: str, prototype: Die, *, go_kind: int = 0) -> Die | None:
    """A structure `name` with the prototype's size and members; None if there is one of that name."""
    if name in types.by_name:
        return None
    die = types.add(abbrev.STRUCTTYPE, name)
    _copy_children(die, prototype)
    die.attributes[DW_AT_byte_size] = prototype.attributes[DW_AT_byte_size]
    if go_kind:
        die.attributes[DW_AT_go_kind] = go_kind
    return die


def _maps(types: TypeEntries) -> None:
    maps = types.maps[::-1]
    map_type = _prototype(types, "type:internal/runtime/maps.Map")
    table_type = _prototype(types, "type:internal/runtime/maps.table")
    reference_type = _prototype(types, "type:internal/runtime/maps.groupsReference")
    loader = types.loader
    for die, descriptor in maps:
        relocs = loader.relocs(descriptor)
        key, value, group = (types.define(decode.target_at(relocs, at)) for at in (_MAP_KEY, _MAP_VALUE, _MAP_GROUP))
        arguments = "<" + ",".join(loader.name(info)[len(INFO_PREFIX) :] for info in (key, value)) + ">"
        reference, table, header = (base + arguments for base in ("groupReference", "table", "map"))
        new = _instance(types, reference, reference_type, go_kind=decode.KIND_STRUCT)
        if new:
            # Really a pointer to an array, of a length that only the program knows.
            new.child("data").attributes[DW_AT_type] = types.pointer_to(group)
        new = _instance(types, table, table_type, go_kind=decode.KIND_STRUCT)
        if new:
            new.child("groups").attributes[DW_AT_type] = types.by_name[reference]
        new = _instance(types, header, map_type, go_kind=decode.KIND_STRUCT)
        if new:
            # The directory is an array of pointers to tables, given as the address of the first.
            new.child("dirPtr").attributes[DW_AT_type] = types.pointer_to(types.pointer_to(types.by_name[table]))
        die.attributes[DW_AT_type] = types.pointer_to(types.by_name[header])


def _channels(types: TypeEntries) -> None:
    channels = types.channels[::-1]
    sudog_type = _prototype(types, "type:runtime.sudog")
    waitq_type = _prototype(types, "type:runtime.waitq")
    hchan_type = _prototype(types, "type:runtime.hchan")
    for die, element in channels:
        info = types.define(element)
        arguments = f"<{types.loader.name(element)[len(TYPE_PREFIX) :]}>"
        sudog, waitq, hchan = (base + arguments for base in ("sudog", "waitq", "hchan"))
        new = _instance(types, sudog, sudog_type)
        if new:
            new.child("elem").attributes[DW_AT_type] = types.pointer_to(info)
        new = _instance(types, waitq, waitq_type)
        if new:
            pointer = types.pointer_to(types.by_name[sudog])
            new.child("first").attributes[DW_AT_type] = pointer
            new.child("last").attributes[DW_AT_type] = pointer
        new = _instance(types, hchan, hchan_type)
        if new:
            new.child("recvq").attributes[DW_AT_type] = types.by_name[waitq]
            new.child("sendq").attributes[DW_AT_type] = types.by_name[waitq]
        die.attributes[DW_AT_type] = types.pointer_to(types.by_name[hchan])
