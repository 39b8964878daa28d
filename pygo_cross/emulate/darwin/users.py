# SPDX-License-Identifier: GPL-2.0-or-later
"""getpwnam_r and its like: the users and groups of /etc/passwd and /etc/group in the guest's tree.

Layouts are those of GOROOT/src/internal/syscall/unix/user_darwin.go. Strings go into the caller's buffer; one that is too small for them is
ERANGE. Who is not there is no error: the result is a null pointer.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.vfs import File
from pygo_cross.emulate.kernel.thread import Thread

if TYPE_CHECKING:
    from pygo_cross.emulate.darwin.process import DarwinProcess

_PASSWD: Final = struct.Struct("<QQIIqQQQQq")
_GROUP: Final = struct.Struct("<QQI4xQ")


def _entries(p: DarwinProcess, path: bytes, count: int, numbers: int) -> list[list[bytes]]:
    """The lines of a file that have `count` fields, `numbers` of which, from the third on, are numbers."""
    try:
        node = p.fs.resolve(p.fs.root, path)
    except Errno:
        return []
    lines = node.data.split(b"\n") if isinstance(node, File) else []
    found = [line.split(b":") for line in lines if not line.startswith(b"#")]
    return [fields for fields in found if len(fields) == count and all(text.isdigit() for text in fields[2 : 2 + numbers])]


class _Strings:
    """What is put into the caller's buffer."""

    def __init__(self, p: DarwinProcess, buffer: int, size: int) -> None:
        self._p = p
        self._next = buffer
        self._end = buffer + size

    def put(self, data: bytes, align: int = 1) -> int:
        """The address of a copy. Raises ERANGE."""
        place = -(-self._next // align) * align
        if place + len(data) > self._end:
            raise Errno("ERANGE")
        self._p.memory.write(place, data)
        self._next = place + len(data)
        return place


def _give_user(p: DarwinProcess, field: int, value: bytes, entry: int, buffer: int, size: int, result: int) -> int:
    p.memory.put_u64(result, 0)
    for name, password, uid, gid, gecos, home, shell in _entries(p, b"/etc/passwd", 7, 2):
        if (name, password, uid)[field] == value:
            strings = _Strings(p, buffer, size)
            places = [strings.put(text + b"\0") for text in (name, password, b"", gecos, home, shell)]
            numbers = (int(uid) & 0xFFFFFFFF, int(gid) & 0xFFFFFFFF)
            p.memory.write(entry, _PASSWD.pack(*places[:2], *numbers, 0, *places[2:], 0))
            p.memory.put_u64(result, entry)
            break
    return 0


def _give_group(p: DarwinProcess, field: int, value: bytes, entry: int, buffer: int, size: int, result: int) -> int:
    p.memory.put_u64(result, 0)
    for name, password, gid, members in _entries(p, b"/etc/group", 4, 1):
        if (name, password, gid)[field] == value:
            strings = _Strings(p, buffer, size)
            places = [strings.put(text + b"\0") for text in (name, password)]
            listed = [strings.put(member + b"\0") for member in members.split(b",") if member]
            table = strings.put(struct.pack(f"<{len(listed) + 1}Q", *listed, 0), 8)
            p.memory.write(entry, _GROUP.pack(*places, int(gid) & 0xFFFFFFFF, table))
            p.memory.put_u64(result, entry)
            break
    return 0


def getpwnam_r(p: DarwinProcess, t: Thread, name: bytes, entry: int, buffer: int, size: int, result: int) -> int:
    """getpwnam_r(3)."""
    return _give_user(p, 0, name, entry, buffer, size, result)


def getpwuid_r(p: DarwinProcess, t: Thread, uid: int, entry: int, buffer: int, size: int, result: int) -> int:
    """getpwuid_r(3)."""
    return _give_user(p, 2, b"%d" % uid, entry, buffer, size, result)


def getgrnam_r(p: DarwinProcess, t: Thread, name: bytes, entry: int, buffer: int, size: int, result: int) -> int:
    """getgrnam_r(3)."""
    return _give_group(p, 0, name, entry, buffer, size, result)


def getgrgid_r(p: DarwinProcess, t: Thread, gid: int, entry: int, buffer: int, size: int, result: int) -> int:
    """getgrgid_r(3)."""
    return _give_group(p, 2, b"%d" % gid, entry, buffer, size, result)


def getgrouplist(p: DarwinProcess, t: Thread, name: bytes, gid: int, groups: int, count: int) -> int:
    """getgrouplist(3): the group that is given, then those that the user is a member of."""
    found = [gid]
    for _, _, number, members in _entries(p, b"/etc/group", 4, 1):
        if name in members.split(b",") and int(number) not in found:
            found.append(int(number))
    (room,) = struct.unpack("<i", p.memory.read(count, 4))
    p.memory.write(count, struct.pack("<i", len(found)))
    if len(found) > room:
        raise Errno("ERANGE")
    p.memory.write(groups, struct.pack(f"<{len(found)}I", *(number & 0xFFFFFFFF for number in found)))
    return 0
