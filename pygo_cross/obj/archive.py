# SPDX-License-Identifier: BSD-3-Clause
"""Go's archives: the ar container that `go build` keeps one package in.

A package archive holds `__.PKGDEF` (export data), the compiler's `_go_.o` and one object for each assembly file. The
container is Unix ar (GOROOT/src/cmd/internal/archive/archive.go): an 8-byte magic, then members of a 60-byte header
and a body padded to an even length. A Go object member is text (`go object ...` line, header lines, cgo directives)
up to a line `!`, then the binary object.

`members` and `split_object` never copy: they hand out views into the buffer they were given.
"""

from __future__ import annotations

import mmap
import os
from typing import NamedTuple

from pygo_cross.diag import Pos, UserError

MAGIC = b"!<arch>\n"
PKGDEF = "__.PKGDEF"
_HEADER_SIZE = 60
# The text before an object is a few lines and, in objects that are no archives, export data.
_MAX_TEXT = 1 << 26


class Member(NamedTuple):
    """One member: its name as the header has it (at most 16 bytes, not padded), and a view of its body."""

    name: str
    body: memoryview


def bad_file(path: str, what: str) -> UserError:
    """The error for an archive or object that can't be read."""
    return UserError.one("bad-object", what, "build the package again", Pos(path))


def map_file(path: str) -> memoryview:
    """The file's bytes, mapped where the system allows it. Raises UserError when it can't be opened or is empty."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise UserError.one("cannot-open", f"cannot open: {error.strerror}", pos=Pos(path)) from None
    try:
        return memoryview(mmap.mmap(fd, 0, prot=mmap.PROT_READ))
    except ValueError:
        raise bad_file(path, "the file is empty") from None
    except OSError as error:
        raise UserError.one("cannot-open", f"cannot read: {error.strerror}", pos=Pos(path)) from None
    finally:
        os.close(fd)


def is_archive(data: memoryview) -> bool:
    """Whether the bytes begin like an archive."""
    return bytes(data[:8]) == MAGIC


def members(path: str, data: memoryview) -> list[Member]:
    """All members of an archive. Raises UserError for a malformed or truncated one."""
    result = []
    offset, end = len(MAGIC), len(data)
    while offset < end:
        header = bytes(data[offset : offset + _HEADER_SIZE])
        if len(header) < _HEADER_SIZE or header[58:] != b"`\n" or not header[48:58].strip().isdigit():
            raise bad_file(path, f"malformed archive: no member header at offset {offset}")
        size = int(header[48:58])
        offset += _HEADER_SIZE
        if offset + size > end:
            raise bad_file(path, "truncated archive")
        name = header[:16].rstrip(b" ").decode("utf-8", "replace")
        result.append(Member(name, data[offset : offset + size]))
        offset += size + (size & 1)
    return result


def is_object_name(name: str) -> bool:
    """Whether a member of this name is an object: `.o` or `.syso`, or cut off at 16 bytes; others are tools' notes."""
    return name != PKGDEF and (len(name) >= 16 or name.endswith((".o", ".syso")))


def split_object(path: str, body: memoryview) -> tuple[str, memoryview]:
    """The text before the line `!`, and the binary object after it. Raises UserError where there is no such line."""
    # Export data between pairs of "$$" may hold the marker's bytes, so those pairs are skipped.
    limit = 4096
    while True:
        head = bytes(body[:limit])
        marker = head.find(b"\n!\n")
        while marker >= 0 and _count_markers(head, marker) % 2:
            marker = head.find(b"\n!\n", marker + 1)
        if marker >= 0:
            return head[: marker + 1].decode("utf-8", "replace"), body[marker + 3 :]
        if limit >= min(len(body), _MAX_TEXT):
            raise bad_file(path, "truncated object file")
        limit *= 16


def _count_markers(head: bytes, end: int) -> int:
    """How many lines before `end` begin with `$$`."""
    return head.count(b"\n$$", 0, end)
