# SPDX-License-Identifier: GPL-2.0-or-later
"""Folders that show the open files of a process: /proc/PID/fd of Linux, and /dev/fd.

Linux shows links: they read as the path, and lead to the file itself, also if it has no name any more. macOS shows devices that stand
for the descriptors; opening one is dup(2).
"""

from __future__ import annotations

import stat
from collections.abc import Callable

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.files import FileTable, OpenDirectory, OpenFile
from pygo_cross.emulate.fs.vfs import DEVICE_FD, Device, Directory, FileSystem, Node, Symlink


def path_of(fs: FileSystem, file: OpenFile) -> bytes:
    """Where an open file is now; ENOENT if its name is gone, EBADF if it never had one."""
    if isinstance(file, OpenDirectory):
        return fs.path_of(file.directory)
    if file.place is None:
        raise Errno("EBADF")
    directory, name = file.place
    if not directory.holds(name, file.node):
        raise Errno("ENOENT")
    return fs.path_of(directory).rstrip(b"/") + b"/" + name


class DescriptorLink(Symlink):
    """The link of one descriptor."""

    __slots__ = ("_device", "_fs", "_number", "_table")

    def __init__(self, fs: FileSystem, table: Callable[[], FileTable], number: int) -> None:
        super().__init__(fs, b"")
        self.mode = stat.S_IFLNK | 0o700
        self._fs = fs
        self._table = table
        self._number = number
        self._device = Device(fs, DEVICE_FD, number)

    def read(self) -> bytes:
        file = self._table().get(self._number)
        kind = {stat.S_IFIFO: b"pipe", stat.S_IFSOCK: b"socket"}.get(stat.S_IFMT(file.node.mode))
        try:
            return path_of(self._fs, file)
        except Errno as error:
            if kind is not None:
                return b"%s:[%d]" % (kind, file.node.inode)
            return file.path + b" (deleted)" if error.name == "ENOENT" else b"anon_inode:[%d]" % file.node.inode

    def jump(self) -> Node | None:
        node = self._table().get(self._number).node
        # What cannot be opened anew is shared.
        return node if stat.S_IFMT(node.mode) in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFCHR) else self._device


class _DescriptorFolder(Directory):
    """A folder with an entry for each descriptor of a table."""

    __slots__ = ("_fs", "_table")

    def __init__(self, fs: FileSystem, table: Callable[[], FileTable]) -> None:
        super().__init__(fs, 0o555, None)
        self._fs = fs
        self._table = table

    def lookup(self, name: bytes) -> Node | None:
        if not name.isdigit() or name != b"%d" % int(name[:9]) or int(name) not in self._table().files:
            return None
        node = self.entries.get(name)
        if node is None:
            node = self.entries[name] = self._make(int(name))
        return node

    def names(self) -> list[bytes]:
        return [b"%d" % number for number in sorted(self._table().files)]

    def _make(self, number: int) -> Node:
        raise NotImplementedError


class DescriptorLinks(_DescriptorFolder):
    """/proc/PID/fd."""

    __slots__ = ()

    def _make(self, number: int) -> Node:
        return DescriptorLink(self._fs, self._table, number)


class DescriptorDevices(_DescriptorFolder):
    """/dev/fd of macOS."""

    __slots__ = ()

    def _make(self, number: int) -> Node:
        return Device(self._fs, DEVICE_FD, number)
