# SPDX-License-Identifier: BSD-3-Clause
"""Signs Mach-O files as codesign does, for tests: with a name of its own, requirements, and a blob where a certificate's would be."""

from __future__ import annotations

import hashlib
import struct

PAGE = 4096


def signature(code: bytes, identifier: str, flags: int, cms: bytes | None, team: str = "") -> bytes:
    """A signature of `code`: a code directory of version 0x20400, empty requirements, and a CMS blob unless that is None."""
    requirements = struct.pack(">III", 0xFADE0C01, 12, 0)
    name, team_name = identifier.encode() + b"\0", team.encode() + b"\0" if team else b""
    special = hashlib.sha256(requirements).digest() + bytes(32)  # slots -2 and -1
    pages = [hashlib.sha256(code[at : at + PAGE]).digest() for at in range(0, len(code), PAGE)]
    hash_offset = 88 + len(name) + len(team_name) + len(special)
    team_offset = 88 + len(name) if team else 0
    body = struct.pack(">7I", 0x20400, flags, hash_offset, 88, 2, len(pages), len(code))
    body += struct.pack(">4B", 32, 2, 0, 12) + struct.pack(">IIII4Q", 0, 0, team_offset, 0, 0, 0, len(code), 1)
    body = body[: 88 - 8] + name + team_name + special + b"".join(pages)
    directory = struct.pack(">II", 0xFADE0C02, 8 + len(body)) + body
    blobs = [(0, directory), (2, requirements)]
    if cms is not None:
        blobs.append((0x10000, struct.pack(">II", 0xFADE0B01, 8 + len(cms)) + cms))
    at = 12 + 8 * len(blobs)
    index, content = b"", b""
    for slot, blob in blobs:
        index += struct.pack(">II", slot, at + len(content))
        content += blob
    return struct.pack(">III", 0xFADE0CC0, at + len(content), len(blobs)) + index + content


def sign(
    data: bytes, identifier: str = "com.example.hello", flags: int = 2, cms: bytes | None = b"", team: str = "", spare: int = 64
) -> bytes:
    """The thin file `data`, signed anew; `spare` zeros are left behind the signature, as codesign leaves some."""
    raw = bytearray(data)
    count, size = struct.unpack_from("<II", raw, 16)
    at, linkedit, command = 32, 0, 0
    for _ in range(count):
        number, length = struct.unpack_from("<II", raw, at)
        if number == 0x19 and raw[at + 8 : at + 24].rstrip(b"\0") == b"__LINKEDIT":
            linkedit = at
        if number == 0x1D:
            command = at
        at += length
    if command:
        start = struct.unpack_from("<I", raw, command + 8)[0]
        del raw[start:]
    else:
        raw += bytes(-len(raw) % 16)
        start, command = len(raw), at
        struct.pack_into("<II", raw, 16, count + 1, size + 16)
    length = -(-(len(signature(bytes(raw), identifier, flags, cms, team)) + spare) // 16) * 16
    struct.pack_into("<IIII", raw, command, 0x1D, 16, start, length)
    offset = struct.unpack_from("<Q", raw, linkedit + 40)[0]
    file_size = start + length - offset
    struct.pack_into("<Q", raw, linkedit + 32, -(-file_size // 0x4000) * 0x4000)
    struct.pack_into("<Q", raw, linkedit + 48, file_size)
    made = signature(bytes(raw), identifier, flags, cms, team)
    return bytes(raw) + made + bytes(length - len(made))


def fat(*parts: tuple[int, int, bytes], align: int = 14) -> bytes:
    """A fat file of (cputype, cpusubtype, thin file)."""
    head = struct.pack(">II", 0xCAFEBABE, len(parts))
    at = 8 + 20 * len(parts)
    body = b""
    for cpu, subtype, content in parts:
        padding = -at % (1 << align)
        head += struct.pack(">5I", cpu, subtype, at + padding, len(content), align)
        body += bytes(padding) + content
        at += padding + len(content)
    return head + body
