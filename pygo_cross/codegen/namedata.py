# SPDX-License-Identifier: BSD-3-Clause
"""Names in descriptors: of types, fields, methods and packages, each a symbol of its own that the linker merges by content.

A byte of flags, the length as a varint, the bytes; then the same of a struct tag where there is one, or the place of the package where a
name that is not exported belongs to another than its surroundings. Facts: src/internal/abi/type.go (Name);
src/cmd/compile/internal/reflectdata/reflect.go (dname, dimportpath).
"""

from __future__ import annotations

from typing import Final, final

from pygo_cross.obj.context import Context, path_to_prefix
from pygo_cross.obj.leb import uleb
from pygo_cross.obj.reloctype import R_ADDROFF
from pygo_cross.obj.symbol import DUPOK, RODATA, Symbol
from pygo_cross.types.linknames import TypeNames
from pygo_cross.types.objects import is_exported
from pygo_cross.types.package import Package

_EXPORTED: Final = 1
_TAGGED: Final = 2
_PACKAGE: Final = 4
_EMBEDDED: Final = 8


@final
class NameData:
    """The names of one object."""

    __slots__ = ("_context", "_names", "_private")

    def __init__(self, context: Context, names: TypeNames) -> None:
        self._context = context
        self._names = names
        self._private = 0

    def member(self, name: str, package: Package | None = None) -> Symbol:
        """The name of a method; `package` is given for one that is not exported and belongs to another package than its type."""
        exported = is_exported(name)
        if package is None:
            return self._shared(name, b"", exported, False)
        symbol = self._context.lookup(f"type:.namedata.{path_to_prefix(self._context.package)}.{self._private}")
        self._private += 1
        data = _encode(name, b"", _PACKAGE | (_EXPORTED if exported else 0))
        self._define(symbol, data + bytes(4))
        symbol.relocs.append((len(data), 4, R_ADDROFF, 0, self.import_path(package)))
        return symbol

    def field(self, name: str, tag: bytes, embedded: bool) -> Symbol:
        """The name of a field."""
        return self._shared(name, tag, is_exported(name), embedded)

    def type_string(self, text: str, exported: bool) -> Symbol:
        """What reflection calls a type, with a star in front; `exported` is whether the type's own name is."""
        return self._shared(text, b"", exported, False)

    def import_path(self, package: Package) -> Symbol:
        """The path of a package."""
        symbol = self._context.lookup(f"type:.importpath.{self._names.prefix(package)}.")
        if not symbol.listed:
            self._define(symbol, _encode(package.path, b"", 0))
        return symbol

    def _shared(self, name: str, tag: bytes, exported: bool, embedded: bool) -> Symbol:
        text = tag.decode("utf-8", "surrogateescape")
        symbol = self._context.lookup(f"type:.namedata.{name}{'.' if exported else '-'}{text}{'.embedded' if embedded else ''}")
        if not symbol.listed:
            flags = (_EXPORTED if exported else 0) | (_TAGGED if tag else 0) | (_EMBEDDED if embedded else 0)
            self._define(symbol, _encode(name, tag, flags))
        return symbol

    def _define(self, symbol: Symbol, data: bytes) -> None:
        symbol.data = bytearray(data)
        symbol.align = 1
        symbol.content_addressable = True
        self._context.define_data(symbol, len(data), DUPOK | RODATA)


def _encode(name: str, tag: bytes, flags: int) -> bytes:
    text = name.encode("utf-8", "surrogateescape")
    data = bytes((flags,)) + uleb(len(text)) + text
    return data + uleb(len(tag)) + tag if tag else data
