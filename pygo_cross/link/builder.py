# SPDX-License-Identifier: BSD-3-Clause
"""Building the data of symbols that the linker makes: append numbers, bytes and addresses."""

from __future__ import annotations

from pygo_cross.link.loader import Ext, Loader
from pygo_cross.obj.reloctype import R_ADDR


class SymbolBuilder:
    """Appends to one of the linker's symbols, or to an object's symbol that the linker changes. Little endian."""

    __slots__ = ("_ext", "_loader", "sym")

    def __init__(self, loader: Loader, sym: int) -> None:
        self.sym = sym
        self._loader = loader
        self._ext: Ext = loader.make_ext(sym)

    def clear(self) -> None:
        """Forget content, size and relocations."""
        self._ext.data = bytearray()
        self._ext.relocs = []
        self._ext.size = 0

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._ext.size

    def set_size(self, size: int) -> None:
        """Make the symbol this long; what is beyond its data is zero."""
        self._ext.size = size

    def add(self, data: bytes) -> None:
        """Append bytes."""
        ext = self._ext
        if len(ext.data) < ext.size:
            ext.data += bytes(ext.size - len(ext.data))
        ext.data += data
        ext.size += len(data)

    def add_uint(self, value: int, size: int = 8) -> None:
        """Append a number of `size` bytes."""
        self.add(value.to_bytes(size, "little"))

    def add_address(self, target: int, addend: int = 0) -> None:
        """Append the address of a symbol: eight bytes and a relocation."""
        self._ext.relocs.append((self._ext.size, 8, R_ADDR, addend, target))
        self.add(bytes(8))

    def set_uint(self, offset: int, value: int, size: int = 8) -> None:
        """Overwrite a number inside the data."""
        self._ext.data[offset : offset + size] = value.to_bytes(size, "little")
