# SPDX-License-Identifier: BSD-3-Clause
"""The ad-hoc code signature of a Mach-O file, the same bytes as stock Go's.

An ad-hoc signature proves no identity: it holds a SHA-256 of each 4 KiB page of the file up to itself, which macOS on arm64 demands
before it maps a page. It is one super blob with one code directory in it, without entitlements or requirements; all its numbers are
big-endian. It must lie in `__LINKEDIT` as the last bytes of the file.

Layout and values: src/cmd/internal/codesign/codesign.go; the structures are xnu's osfmk/kern/cs_blobs.h.
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import Final

IDENTIFIER: Final = b"a.out\0"  # has no meaning in an ad-hoc signature; stock Go always says this

_PAGE: Final = 4096
_PAGE_BITS: Final = 12
_HASH_SIZE: Final = 32

_SUPER_BLOB: Final = struct.Struct(">III" + "II")  # magic, length, count; then the one entry: slot, offset
_DIRECTORY: Final = struct.Struct(">9I4B4I4Q")

_MAGIC_EMBEDDED_SIGNATURE: Final = 0xFADE0CC0
_MAGIC_CODE_DIRECTORY: Final = 0xFADE0C02
_SLOT_CODE_DIRECTORY: Final = 0
_VERSION: Final = 0x20400  # the first with the executable segment's place
_FLAGS: Final = 0x20002  # made ad hoc, by a linker
_HASH_SHA256: Final = 2
_EXECSEG_MAIN_BINARY: Final = 1


def signature_size(code_size: int) -> int:
    """The size in bytes of the signature of a file that has `code_size` bytes before it."""
    return _SUPER_BLOB.size + _DIRECTORY.size + len(IDENTIFIER) + -(-code_size // _PAGE) * _HASH_SIZE


def sign(code: bytes | bytearray | memoryview, text_offset: int, text_size: int) -> bytes:
    """The signature of an executable whose bytes before it are `code` and whose `__TEXT` is `text_size` bytes at `text_offset`."""
    size = signature_size(len(code))
    hash_offset = _DIRECTORY.size + len(IDENTIFIER)
    pages = -(-len(code) // _PAGE)
    parts = [
        _SUPER_BLOB.pack(_MAGIC_EMBEDDED_SIGNATURE, size, 1, _SLOT_CODE_DIRECTORY, _SUPER_BLOB.size),
        _DIRECTORY.pack(
            _MAGIC_CODE_DIRECTORY, size - _SUPER_BLOB.size, _VERSION, _FLAGS, hash_offset, _DIRECTORY.size,
            0, pages, len(code),  # no special slots
            _HASH_SIZE, _HASH_SHA256, 0, _PAGE_BITS,
            0, 0, 0, 0,  # padding, scatter and team offsets, padding
            0, text_offset, text_size, _EXECSEG_MAIN_BINARY,  # the 64-bit limit is for files the 32-bit one cannot describe
        ),
        IDENTIFIER,
    ]  # fmt: skip
    with memoryview(code) as view:
        parts += [sha256(view[start : start + _PAGE]).digest() for start in range(0, len(view), _PAGE)]
    return b"".join(parts)
