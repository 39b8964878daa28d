# SPDX-License-Identifier: BSD-3-Clause
"""What the linker reads of type descriptors, whose layout the runtime fixes (GOROOT/src/internal/abi/type.go).

All facts are for 64-bit targets. Fields that hold addresses or offsets of other symbols are relocations, so they are
looked up by their offset among the symbol's relocations. Functions that take a symbol raise UserError (bad-object) naming
symbol and file where its data is too short or makes no sense; those that take bytes raise one of MALFORMED.
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.diag import UserError
from pygo_cross.link.loader import Loader, Reloc
from pygo_cross.obj.archive import bad_file

COMMON_SIZE: Final = 48  # sizeof(abi.Type)
TFLAG_AT: Final = 20
KIND_AT: Final = 23
GCDATA_AT: Final = 32
STRING_AT: Final = 40
STRUCT_FIELD_SIZE: Final = 24
TFLAG_UNCOMMON: Final = 1
TFLAG_EXTRA_STAR: Final = 2
TFLAG_GCMASK_ON_DEMAND: Final = 16
METHOD_SIZE: Final = 16  # sizeof(abi.Method)

KIND_ARRAY: Final = 17
KIND_CHAN: Final = 18
KIND_FUNC: Final = 19
KIND_INTERFACE: Final = 20
KIND_MAP: Final = 21
KIND_POINTER: Final = 22
KIND_SLICE: Final = 23
KIND_STRUCT: Final = 25

# Size of the descriptor of each kind that is longer than the common part; the uncommon part follows it.
_RTYPE_SIZE: Final = {
    KIND_ARRAY: 72,
    KIND_CHAN: 64,
    KIND_FUNC: 56,
    KIND_INTERFACE: 80,
    KIND_MAP: 136,
    KIND_POINTER: 56,
    KIND_SLICE: 56,
    KIND_STRUCT: 80,
}
_UNCOMMON: Final = struct.Struct("<iHHII")  # package path, methods, exported methods, offset of methods, unused

Method = tuple[str, int]
"""A method's signature: its name and the number of its function type."""

MALFORMED: Final = (IndexError, struct.error, ValueError, OverflowError)
"""What reading of short or senseless data raises."""


def bad_type(loader: Loader, sym: int, what: str = "the data of this type or name is cut short or makes no sense") -> UserError:
    """The error for a symbol whose data can't be what it should be."""
    file = loader.file_of(sym)
    return bad_file(file.obj.path if file else "", f"corrupt object file: {loader.where(sym)}: {what}")


def kind(data: memoryview | bytearray) -> int:
    """The reflect.Kind of a descriptor."""
    return data[KIND_AT]


def pointer_size(data: memoryview | bytearray) -> tuple[int, int]:
    """The size of the type, and of its prefix that holds pointers."""
    size, ptrdata = struct.unpack_from("<QQ", data)
    return size, ptrdata


def target_at(relocs: list[Reloc], offset: int) -> int:
    """The symbol that the relocation at `offset` points to, 0 where there is none."""
    for reloc in relocs:
        if reloc[0] == offset:
            return reloc[4]
    return 0


def varint(data: memoryview | bytearray, at: int) -> tuple[int, int]:
    """An unsigned varint at `at`: its value, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")


def name_text(data: memoryview | bytearray) -> str:
    """The text of an abi.Name: a flag byte, the length, the text."""
    length, at = varint(data, 1)
    if at + length > len(data):
        raise ValueError("a name is cut short")
    return str(data[at : at + length], "utf-8", "surrogateescape")


def _methods(loader: Loader, relocs: list[Reloc], offset: int, count: int) -> list[Method]:
    targets = {reloc[0]: reloc[4] for reloc in relocs}
    result = []
    for at in range(offset, offset + count * METHOD_SIZE, METHOD_SIZE):
        name = targets.get(at, 0)
        result.append((symbol_text(loader, name) if name else "", targets.get(at + 4, 0)))
    return result


def symbol_text(loader: Loader, sym: int) -> str:
    """The text of the abi.Name that a symbol holds."""
    try:
        return name_text(loader.data(sym))
    except MALFORMED:
        raise bad_type(loader, sym) from None


def type_size(loader: Loader, sym: int) -> tuple[int, int]:
    """The size of the type that a symbol describes, and of its prefix that holds pointers, in bytes."""
    try:
        return pointer_size(loader.data(sym))
    except MALFORMED:
        raise bad_type(loader, sym) from None


def type_methods(loader: Loader, sym: int, relocs: list[Reloc]) -> list[Method]:
    """The methods of a type with an uncommon part, in the order of its method table."""
    data = loader.data(sym)
    try:
        if not data[TFLAG_AT] & TFLAG_UNCOMMON:
            raise bad_type(loader, sym, "a type without methods has method relocations")
        base = _RTYPE_SIZE.get(kind(data), COMMON_SIZE)
        _path, count, _exported, at, _unused = _UNCOMMON.unpack_from(data, base)
    except MALFORMED:
        raise bad_type(loader, sym) from None
    return _methods(loader, relocs, base + at, count)


def interface_method(loader: Loader, sym: int, offset: int) -> Method:
    """The method at `offset` in the descriptor of an interface type."""
    data = loader.data(sym)
    if len(data) <= KIND_AT or kind(data) != KIND_INTERFACE:
        raise bad_type(loader, sym, "a method of it is used, and it is no interface type")
    return _methods(loader, loader.relocs(sym), offset, 1)[0]


def itab_type(loader: Loader, sym: int) -> int:
    """The concrete type of an itab (its second word)."""
    return target_at(loader.relocs(sym), 8)


def type_string(loader: Loader, sym: int) -> bytes:
    """The type's string, as reflection prints it; sorted bytewise in the image."""
    name = target_at(loader.relocs(sym), STRING_AT)
    text = symbol_text(loader, name).encode("utf-8", "surrogateescape") if name else b""
    data = loader.data(sym)
    if len(data) <= TFLAG_AT:
        raise bad_type(loader, sym)
    return text[1:] if data[TFLAG_AT] & TFLAG_EXTRA_STAR else text


def struct_fields(loader: Loader, sym: int) -> list[tuple[int, int]]:
    """(offset in bytes, type) of the fields of a struct type; the field table lies behind the descriptor.

    Raises what functions of bytes do.
    """
    data = loader.data(sym)
    (count,) = struct.unpack_from("<Q", data, COMMON_SIZE + 16)
    table = _RTYPE_SIZE[KIND_STRUCT] + (_UNCOMMON.size if data[TFLAG_AT] & TFLAG_UNCOMMON else 0)
    targets = {reloc[0]: reloc[4] for reloc in loader.relocs(sym)}
    fields = []
    for at in range(table, table + count * STRUCT_FIELD_SIZE, STRUCT_FIELD_SIZE):
        (offset,) = struct.unpack_from("<Q", data, at + 16)
        fields.append((offset, targets.get(at + 8, 0)))
    return fields
