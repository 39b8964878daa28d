# SPDX-License-Identifier: BSD-3-Clause
"""Reader of Go object files: the index first, bodies on demand.

Opening an object checks its header and that every block lies inside the file and has whole records; it decodes
nothing else. Columns that the linker scans for all symbols (kinds, flags) come as bytes by stepped slices; records of
one symbol (name, relocations, auxiliary symbols, data) are decoded when they are asked for. Format: goobj.py.

Symbols have local indices, in this order: package definitions (`ndef`), short hashed, hashed, non-package
definitions, and last non-package references. `nall` counts the definitions, `nsym` all.

A record that points outside its block raises UserError (`bad-object`) naming the file.
"""

from __future__ import annotations

import struct

from pygo_cross.diag import UserError
from pygo_cross.obj import goobj
from pygo_cross.obj.archive import bad_file
from pygo_cross.obj.goobj import (
    AUTOLIB,
    AUX,
    BLK_AUTOLIB,
    BLK_AUX,
    BLK_AUXIDX,
    BLK_DATA,
    BLK_DATAIDX,
    BLK_END,
    BLK_FILE,
    BLK_HASH,
    BLK_HASH64,
    BLK_HASHED64DEF,
    BLK_HASHEDDEF,
    BLK_NONPKGDEF,
    BLK_NONPKGREF,
    BLK_PKGIDX,
    BLK_REFFLAGS,
    BLK_REFNAME,
    BLK_RELOC,
    BLK_RELOCIDX,
    BLK_SYMDEF,
    HEADER,
    MAGIC,
    NBLK,
    REFFLAGS,
    REFNAME,
    RELOC,
    STRING_REF,
    SYM,
)

Reloc = tuple[int, int, int, int, int, int]
"""offset, size in bytes, type, addend, package index and symbol index of the target."""

_NAME_ABI = struct.Struct("<IIH11x")
_SIZE = struct.Struct("<13xI4x")
_ALIGN = struct.Struct("<17xI")
_LENGTH_SIZE = struct.Struct("<I9xI4x")
_REFERENCE = struct.Struct("<5xHqII")
_SYM_SIZE = SYM.size
_RELOC_SIZE = RELOC.size
_AUX_SIZE = AUX.size

# Record size of each block; 0 for blocks of bytes and tables that are checked apart.
_RECORD = {
    BLK_AUTOLIB: AUTOLIB.size,
    BLK_PKGIDX: STRING_REF.size,
    BLK_FILE: STRING_REF.size,
    BLK_SYMDEF: SYM.size,
    BLK_HASHED64DEF: SYM.size,
    BLK_HASHEDDEF: SYM.size,
    BLK_NONPKGDEF: SYM.size,
    BLK_NONPKGREF: SYM.size,
    BLK_REFFLAGS: REFFLAGS.size,
    BLK_REFNAME: REFNAME.size,
    BLK_HASH64: 8,
    BLK_HASH: goobj.HASH_SIZE,
    BLK_RELOCIDX: 4,
    BLK_AUXIDX: 4,
    BLK_DATAIDX: 4,
    BLK_RELOC: RELOC.size,
    BLK_AUX: AUX.size,
}


class Object:
    """One Go object file over the buffer `view`, named `path` in messages."""

    __slots__ = (
        "_auxidx",
        "_dataidx",
        "_relocidx",
        "_strings",
        "fingerprint",
        "flags",
        "nall",
        "ndef",
        "nhashed",
        "nhashed64",
        "nnonpkgdef",
        "nnonpkgref",
        "nsym",
        "offsets",
        "path",
        "view",
    )

    def __init__(self, path: str, view: memoryview) -> None:
        self.path = path
        self.view = view
        if len(view) < HEADER.size or bytes(view[: len(MAGIC)]) != MAGIC:
            magic = bytes(view[: len(MAGIC)])
            if magic[:3] == b"\0go" and magic[-2:] == b"ld":
                raise bad_file(path, f"object file of another Go release (format {magic[1:].decode('ascii', 'replace')})")
            raise bad_file(path, "not a Go object file")
        header = HEADER.unpack_from(view, 0)
        self.fingerprint: bytes = header[1]
        self.flags: int = header[2]
        offsets: tuple[int, ...] = header[3:]
        self.offsets = offsets
        if offsets[0] < HEADER.size or offsets[BLK_END] > len(view) or any(offsets[k] > offsets[k + 1] for k in range(NBLK - 1)):
            raise bad_file(path, "truncated or corrupt object file: blocks lie outside it")
        for block, size in _RECORD.items():
            if (offsets[block + 1] - offsets[block]) % size:
                raise bad_file(path, f"corrupt object file: block {block} has a broken record")
        # Nearly all strings are ASCII and stand behind the header, so slices of one decoded string serve for them.
        # The header is no part of them: characters that are not ASCII stand for it, which `_string` looks at twice.
        self._strings = "\x80" * HEADER.size + str(view[HEADER.size : offsets[0]], "latin-1")
        if "\0" in self._strings:
            raise bad_file(path, "corrupt object file: its strings hold zero bytes")
        self.ndef = self._count(BLK_SYMDEF, SYM.size)
        self.nhashed64 = self._count(BLK_HASHED64DEF, SYM.size)
        self.nhashed = self._count(BLK_HASHEDDEF, SYM.size)
        self.nnonpkgdef = self._count(BLK_NONPKGDEF, SYM.size)
        self.nnonpkgref = self._count(BLK_NONPKGREF, SYM.size)
        self.nall = self.ndef + self.nhashed64 + self.nhashed + self.nnonpkgdef
        self.nsym = self.nall + self.nnonpkgref
        self._relocidx = self._table(BLK_RELOCIDX, self._count(BLK_RELOC, _RELOC_SIZE))
        self._auxidx = self._table(BLK_AUXIDX, self._count(BLK_AUX, _AUX_SIZE))
        self._dataidx = self._table(BLK_DATAIDX, offsets[BLK_DATA + 1] - offsets[BLK_DATA])
        if self._count(BLK_HASH64, 8) != self.nhashed64 or self._count(BLK_HASH, goobj.HASH_SIZE) != self.nhashed:
            raise bad_file(path, "corrupt object file: hashes and hashed symbols differ in number")

    def _count(self, block: int, size: int) -> int:
        return (self.offsets[block + 1] - self.offsets[block]) // size

    def _block(self, block: int) -> memoryview:
        return self.view[self.offsets[block] : self.offsets[block + 1]]

    def _table(self, block: int, limit: int) -> memoryview:
        """An index block of `nall + 1` ascending numbers up to `limit`."""
        table = self._block(block).cast("I")
        if len(table) != self.nall + 1 or (len(table) and table[-1] != limit):
            raise bad_file(self.path, f"corrupt object file: index block {block} does not fit its records")
        return table

    def _bad(self, what: str) -> UserError:
        return bad_file(self.path, f"corrupt object file: {what}")

    def _string(self, length: int, offset: int) -> str:
        text = self._strings[offset : offset + length]
        if len(text) == length and text.isascii():
            return text
        if length and not HEADER.size <= offset <= self.offsets[0] - length:
            raise self._bad("a string lies outside its strings")
        try:
            return str(self.view[offset : offset + length], "utf-8")
        except UnicodeDecodeError:
            # Symbol names may hold bytes of no character (a path, a struct tag); they survive the round trip.
            return str(self.view[offset : offset + length], "utf-8", "surrogateescape")

    # Tables of the whole object.

    def autolib(self) -> list[tuple[str, bytes]]:
        """The imported packages, each with the fingerprint its export data had."""
        return [(self._string(length, offset), mark) for length, offset, mark in AUTOLIB.iter_unpack(self._block(BLK_AUTOLIB))]

    def packages(self) -> list[str]:
        """The package index that references use; entry 0 is a dummy."""
        return [self._string(length, offset) for length, offset in STRING_REF.iter_unpack(self._block(BLK_PKGIDX))]

    def files(self) -> list[str]:
        """The file table that function infos and line tables index."""
        return [self._string(length, offset) for length, offset in STRING_REF.iter_unpack(self._block(BLK_FILE))]

    def ref_names(self) -> list[tuple[int, int, str]]:
        """Names of symbols that other packages define: (package, index, name). The linker needs none of them."""
        records = REFNAME.iter_unpack(self._block(BLK_REFNAME))
        return [(package, index, self._string(length, offset)) for package, index, length, offset in records]

    def ref_flags(self) -> list[tuple[int, int, int, int]]:
        """Flags of symbols that other packages define: (package, index, flag, flag2)."""
        return list(REFFLAGS.iter_unpack(self._block(BLK_REFFLAGS)))

    def hashes64(self) -> list[int]:
        """Content hashes of the short hashed symbols: their 8 bytes as a number."""
        return list(self._block(BLK_HASH64).cast("Q"))

    def hashes(self) -> list[bytes]:
        """Content hashes of the hashed symbols, 16 bytes each."""
        block = bytes(self._block(BLK_HASH))
        size = goobj.HASH_SIZE
        return [block[i : i + size] for i in range(0, len(block), size)]

    # Columns over all symbols.

    def kinds(self) -> bytes:
        """The kind of each symbol."""
        return self._column(goobj.SYM_KIND)

    def flag_column(self) -> bytes:
        """The first flag byte of each symbol."""
        return self._column(goobj.SYM_FLAG)

    def flag2_column(self) -> bytes:
        """The second flag byte of each symbol."""
        return self._column(goobj.SYM_FLAG2)

    def _column(self, at: int) -> bytes:
        start, end = self.offsets[BLK_SYMDEF], self.offsets[BLK_NONPKGREF + 1]
        return bytes(self.view[start + at : end : _SYM_SIZE])

    def _symbols(self, start: int, end: int) -> memoryview:
        base = self.offsets[BLK_SYMDEF]
        return self.view[base + start * _SYM_SIZE : base + end * _SYM_SIZE]

    def names_and_abis(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """(length, offset, ABI) of the names of symbols start to end: `decode_name` turns the first two into text."""
        return list(_NAME_ABI.iter_unpack(self._symbols(start, end)))

    def sizes(self, start: int, end: int) -> list[int]:
        """Sizes of symbols start to end, in bytes."""
        return [size for (size,) in _SIZE.iter_unpack(self._symbols(start, end))]

    def alignments(self, start: int, end: int) -> list[int]:
        """Alignments of symbols start to end in bytes, 0 where none is asked for."""
        return [align for (align,) in _ALIGN.iter_unpack(self._symbols(start, end))]

    def decode_name(self, length: int, offset: int) -> str:
        """The text of a name."""
        return self._string(length, offset)

    # One symbol.

    def sym(self, index: int) -> tuple[str, int, int, int, int, int, int]:
        """name, ABI, kind, flag, flag2, size, alignment of a symbol."""
        length, offset, abi, kind, flag, flag2, size, align = SYM.unpack_from(self.view, self.offsets[BLK_SYMDEF] + index * _SYM_SIZE)
        return self._string(length, offset), abi, kind, flag, flag2, size, align

    def name(self, index: int) -> str:
        """The name of a symbol; most hashed and auxiliary ones have none."""
        length, offset = STRING_REF.unpack_from(self.view, self.offsets[BLK_SYMDEF] + index * _SYM_SIZE)
        return self._string(length, offset) if length else ""

    def has_name(self, index: int) -> bool:
        """Whether a symbol has a name."""
        length, _offset = STRING_REF.unpack_from(self.view, self.offsets[BLK_SYMDEF] + index * _SYM_SIZE)
        return bool(length)

    def size(self, index: int) -> int:
        """The size of a symbol in bytes; its data may be shorter, the rest is zero."""
        size: int = _SIZE.unpack_from(self.view, self.offsets[BLK_SYMDEF] + index * _SYM_SIZE)[0]
        return size

    def extent(self, index: int) -> tuple[int, int, int]:
        """Of a definition: the length of its name, its size, and how many bytes of data the object holds."""
        length, size = _LENGTH_SIZE.unpack_from(self.view, self.offsets[BLK_SYMDEF] + index * _SYM_SIZE)
        return length, size, self._dataidx[index + 1] - self._dataidx[index]

    def _reloc_records(self, index: int) -> memoryview:
        first, last = self._relocidx[index], self._relocidx[index + 1]
        base = self.offsets[BLK_RELOC]
        end = base + last * _RELOC_SIZE
        if end > self.offsets[BLK_RELOC + 1]:
            raise self._bad("relocations lie outside their block")
        return self.view[base + first * _RELOC_SIZE : end]

    def references(self, index: int) -> list[tuple[int, int, int, int]]:
        """Of the relocations of a definition only what a flood needs: (type, addend, package index, symbol index)."""
        return list(_REFERENCE.iter_unpack(self._reloc_records(index)))

    def relocs(self, index: int) -> list[Reloc]:
        """The relocations of a definition."""
        return list(RELOC.iter_unpack(self._reloc_records(index)))

    def auxs(self, index: int) -> list[tuple[int, int, int]]:
        """The auxiliary symbols of a definition: (kind, package index, symbol index)."""
        first, last = self._auxidx[index], self._auxidx[index + 1]
        if first >= last:
            return []
        base = self.offsets[BLK_AUX]
        end = base + last * _AUX_SIZE
        if end > self.offsets[BLK_AUX + 1]:
            raise self._bad("auxiliary symbols lie outside their block")
        return list(AUX.iter_unpack(self.view[base + first * _AUX_SIZE : end]))

    def data_size(self, index: int) -> int:
        """How many bytes of data the object holds for a definition."""
        return max(self._dataidx[index + 1] - self._dataidx[index], 0)

    def data(self, index: int) -> memoryview:
        """The bytes that the object holds for a definition."""
        first, last = self._dataidx[index], self._dataidx[index + 1]
        base = self.offsets[BLK_DATA]
        if last < first or base + last > self.offsets[BLK_DATA + 1]:
            raise self._bad("data lies outside its block")
        return self.view[base + first : base + last]
