# SPDX-License-Identifier: BSD-3-Clause
"""A second reader of code signatures, for tests: it walks the file by the published structures and shares no code with the package.

Structures: xnu, osfmk/kern/cs_blobs.h and EXTERNAL_HEADERS/mach-o/loader.h.
"""

from __future__ import annotations

import hashlib


class BadSignature(Exception):
    """The file has no signature, or one that macOS would refuse."""


def _little(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _big(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "big")


def check_signature(data: bytes) -> str:
    """Check the ad-hoc signature of a thin 64-bit Mach-O file and return the identifier it names."""
    place: tuple[int, int] | None = None
    linkedit_end = text_offset = text_size = 0
    at = 32
    for _ in range(_little(data, 16)):
        command, size = _little(data, at), _little(data, at + 4)
        if command == 0x1D:  # LC_CODE_SIGNATURE
            place = _little(data, at + 8), _little(data, at + 12)
        elif command == 0x19:  # LC_SEGMENT_64
            name = data[at + 8 : at + 24].rstrip(b"\0")
            offset, length = _little(data, at + 40, 8), _little(data, at + 48, 8)
            if name == b"__LINKEDIT":
                linkedit_end = offset + length
            elif name == b"__TEXT":
                text_offset, text_size = offset, length
        at += size
    if place is None:
        raise BadSignature("the file has no LC_CODE_SIGNATURE")
    start, size = place
    if start % 16 or start + size != linkedit_end or linkedit_end != len(data):
        raise BadSignature("the signature is not the aligned end of __LINKEDIT and of the file")

    blob = data[start : start + size]
    if _big(blob, 0) != 0xFADE0CC0 or _big(blob, 4) != size:
        raise BadSignature("no embedded signature blob")
    directories = [_big(blob, 16 + 8 * index) for index in range(_big(blob, 8)) if _big(blob, 12 + 8 * index) == 0]
    if len(directories) != 1:
        raise BadSignature("not exactly one code directory")
    directory = blob[directories[0] :]
    directory = directory[: _big(directory, 4)]
    if _big(directory, 0) != 0xFADE0C02 or _big(directory, 8) < 0x20400:
        raise BadSignature("no code directory, or one without the executable segment")
    if _big(directory, 12) & 0x2 == 0:
        raise BadSignature("not an ad-hoc signature")
    hashes, identifier, special, slots, limit = (_big(directory, offset) for offset in (16, 20, 24, 28, 32))
    hash_size, hash_type, page_bits = directory[36], directory[37], directory[39]
    if (hash_size, hash_type, special) != (32, 2, 0):
        raise BadSignature("not plain SHA-256 hashes of pages")
    if limit != start:
        raise BadSignature("the signature does not cover all before it")
    if (_big(directory, 64, 8), _big(directory, 72, 8), _big(directory, 80, 8)) != (text_offset, text_size, 1):
        raise BadSignature("the executable segment is not __TEXT of a main program")
    page = 1 << page_bits
    if slots != len(range(0, limit, page)) or hashes + slots * hash_size > len(directory):
        raise BadSignature("the number of hashes is not that of pages")
    for index in range(slots):
        wanted = directory[hashes + index * hash_size : hashes + (index + 1) * hash_size]
        if hashlib.sha256(data[index * page : min(index * page + page, limit)]).digest() != wanted:
            raise BadSignature(f"page {index} has another hash")
    return directory[identifier : directory.index(0, identifier)].decode()
