# SPDX-License-Identifier: BSD-3-Clause
"""The numbers of Go's object file format: blocks, record layouts, flags, symbol kinds.

An object is a header, a string table and 18 blocks of fixed-size records; GOROOT/src/cmd/internal/goobj/objfile.go
draws it, objabi/symkind.go numbers the kinds. Nothing here reads a file: see reader.py.
"""

import struct
from typing import Final

MAGIC: Final = b"\0go120ld"

# Blocks, in the order of their offsets in the header.
BLK_AUTOLIB: Final = 0
BLK_PKGIDX: Final = 1
BLK_FILE: Final = 2
BLK_SYMDEF: Final = 3
BLK_HASHED64DEF: Final = 4
BLK_HASHEDDEF: Final = 5
BLK_NONPKGDEF: Final = 6
BLK_NONPKGREF: Final = 7
BLK_REFFLAGS: Final = 8
BLK_HASH64: Final = 9
BLK_HASH: Final = 10
BLK_RELOCIDX: Final = 11
BLK_AUXIDX: Final = 12
BLK_DATAIDX: Final = 13
BLK_RELOC: Final = 14
BLK_AUX: Final = 15
BLK_DATA: Final = 16
BLK_REFNAME: Final = 17
BLK_END: Final = 18
NBLK: Final = 19

HEADER: Final = struct.Struct(f"<8s8sI{NBLK}I")  # magic, fingerprint, flags, offsets
STRING_REF: Final = struct.Struct("<II")  # length, offset
AUTOLIB: Final = struct.Struct("<II8s")  # path, fingerprint
SYM: Final = struct.Struct("<IIHBBBII")  # name length, name offset, ABI, kind, flag, flag2, size, alignment
REFFLAGS: Final = struct.Struct("<IIBB")  # package, index, flag, flag2
REFNAME: Final = struct.Struct("<IIII")  # package, index, length and offset of the name
RELOC: Final = struct.Struct("<iBHqII")  # offset, size, type, addend, package, index
AUX: Final = struct.Struct("<BII")  # type, package, index
HASH_SIZE: Final = 16

# Where single-byte columns stand in a SYM record.
SYM_KIND: Final = 10
SYM_FLAG: Final = 11
SYM_FLAG2: Final = 12

# Package index of a symbol reference: an index into BLK_PKGIDX, or one of these.
PKG_NONE: Final = 0x7FFFFFFF
PKG_HASHED64: Final = 0x7FFFFFFE
PKG_HASHED: Final = 0x7FFFFFFD
PKG_BUILTIN: Final = 0x7FFFFFFC
PKG_SELF: Final = 0x7FFFFFFB

ABI_STATIC: Final = 0xFFFF
ABI0: Final = 0
ABI_INTERNAL: Final = 1

# Flags of an object.
OBJ_SHARED: Final = 1
OBJ_FROM_ASSEMBLY: Final = 4
OBJ_UNLINKABLE: Final = 8
OBJ_STD: Final = 16

# Flags of a symbol, first byte ...
DUPOK: Final = 1
LOCAL: Final = 2
TYPELINK: Final = 4
LEAF: Final = 8
NOSPLIT: Final = 16
REFLECTMETHOD: Final = 32
GOTYPE: Final = 64
# ... and second byte.
USED_IN_IFACE: Final = 1
ITAB: Final = 2
DICT: Final = 4
PKGINIT: Final = 8
LINKNAME: Final = 16
LINKNAMESTD: Final = 32
ABIWRAPPER: Final = 64

# Kinds of auxiliary symbols.
AUX_GOTYPE: Final = 0
AUX_FUNCINFO: Final = 1
AUX_FUNCDATA: Final = 2
AUX_DWARFINFO: Final = 3
AUX_DWARFLOC: Final = 4
AUX_DWARFRANGES: Final = 5
AUX_DWARFLINES: Final = 6
AUX_PCSP: Final = 7
AUX_PCFILE: Final = 8
AUX_PCLINE: Final = 9
AUX_PCINLINE: Final = 10
AUX_PCDATA: Final = 11

# Kinds of symbols as objects number them.
SXXX: Final = 0
STEXT: Final = 1
STEXTFIPS: Final = 2
SRODATA: Final = 3
SRODATAFIPS: Final = 4
SNOPTRDATA: Final = 5
SNOPTRDATAFIPS: Final = 6
SDATA: Final = 7
SDATAFIPS: Final = 8
SBSS: Final = 9
SNOPTRBSS: Final = 10
STLSBSS: Final = 11
SDWARFCUINFO: Final = 12
SDWARFCONST: Final = 13
SDWARFFCN: Final = 14
SDWARFABSFCN: Final = 15
SDWARFTYPE: Final = 16
SDWARFVAR: Final = 17
SDWARFRANGE: Final = 18
SDWARFLOC: Final = 19
SDWARFLINES: Final = 20
SDWARFADDR: Final = 21
SLIBFUZZER_8BIT_COUNTER: Final = 22
SCOVERAGE_COUNTER: Final = 23
SCOVERAGE_AUXVAR: Final = 24
SSEHUNWINDINFO: Final = 25
NKIND: Final = 26
