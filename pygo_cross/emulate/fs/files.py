# SPDX-License-Identifier: GPL-2.0-or-later
"""Open files: what a descriptor stands for, and the table of descriptors.

An `OpenFile` answers at once: `read` returns None where a real one would block, and `queue` is notified when trying again may help. Open
flags are neutral ones (`READ`, `WRITE`, ...), to which linux/ and darwin/ translate their own.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.hostfs import HostDirectory, HostFile, host_error
from pygo_cross.emulate.fs.vfs import (
    DEVICE_FULL,
    DEVICE_NULL,
    DEVICE_RANDOM,
    MAX_SIZE,
    MAY_READ,
    MAY_WRITE,
    Device,
    Directory,
    File,
    FileSystem,
    Found,
    Generated,
    Node,
)
from pygo_cross.emulate.kernel.thread import WaitQueue
from pygo_cross.emulate.machine.sharedpages import FilePages

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process
    from pygo_cross.emulate.machine.pagetable import PhysicalMemory

READ: Final = 1
WRITE: Final = 2
APPEND: Final = 4
NONBLOCK: Final = 8
CREATE: Final = 16
EXCLUSIVE: Final = 32
TRUNCATE: Final = 64
DIRECTORY: Final = 128
NOFOLLOW: Final = 256
PATH_ONLY: Final = 512
CLOSE_ON_EXEC: Final = 1024
SYNC: Final = 2048

POLL_IN: Final = 1
POLL_OUT: Final = 4
POLL_ERR: Final = 8
POLL_HUP: Final = 16
POLL_RDHUP: Final = 0x2000

# How much is read from a file of the host at a time: a file is never in memory as a whole.
_HOST_TRANSFER: Final = 1 << 26

PIPE_SIZE: Final = 65536
MAX_FILES: Final = 1024

_SEEK_SET: Final = 0
_SEEK_CUR: Final = 1
_SEEK_END: Final = 2
# Linux's numbers for these; macOS has them the other way round.
SEEK_DATA: Final = 3
SEEK_HOLE: Final = 4


class OpenFile:
    """What one or several descriptors share. The base class refuses everything.

    `queue` is notified when a read may go on, `write_queue` when a write may; where only one of them can block they are the same.
    """

    __slots__ = ("flags", "node", "path", "place", "position", "queue", "users", "write_queue")

    seekable = False
    inherited = True  # by forked processes

    def __init__(self, node: Node, flags: int, path: bytes = b"") -> None:
        self.node = node
        self.flags = flags
        self.path = path
        self.position = 0
        # The directory and the name under which it was opened, for those who ask for the path.
        self.place: tuple[Directory, bytes] | None = None
        self.users = 0
        self.queue = WaitQueue()
        self.write_queue = self.queue

    def attributes(self) -> Node:
        """The node, its attributes up to date."""
        self.node.refresh()
        return self.node

    def change_mode(self, fs: FileSystem, mode: int) -> None:
        """Set the permission bits."""
        self.node.change_mode(fs, mode)

    def change_times(self, fs: FileSystem, atime: int | None, mtime: int | None) -> None:
        """Set times; None keeps one."""
        self.node.change_times(fs, atime, mtime)

    def read(self, size: int) -> bytes | None:
        """Up to `size` bytes; b'' at the end; None if it would block."""
        raise Errno("EINVAL")

    def write(self, data: bytes) -> int | None:
        """The number of bytes taken; None if it would block."""
        raise Errno("EINVAL")

    def pread(self, size: int, offset: int) -> bytes:
        """Bytes at an offset."""
        raise Errno("ESPIPE")

    def pwrite(self, data: bytes, offset: int) -> int:
        """Write at an offset."""
        raise Errno("ESPIPE")

    def seek(self, offset: int, whence: int) -> int:
        """Move the position and return it."""
        raise Errno("ESPIPE")

    def truncate(self, size: int) -> None:
        """Set the size."""
        raise Errno("EINVAL")

    def poll(self) -> int:
        """The POLL_* bits that hold now."""
        return POLL_IN | POLL_OUT

    def available(self) -> int:
        """How many bytes can be read now, for kevent."""
        return 0

    def sync(self) -> None:
        """Wait until what was written is stored."""

    def allocate(self, offset: int, size: int, punch: bool) -> None:
        """Reserve room, or make a hole."""
        raise Errno("ENODEV")

    def share(self, physical: PhysicalMemory) -> FilePages | None:
        """The pages through which the file is mapped, or None if it cannot be."""
        return None

    def room(self) -> int:
        """How many bytes can be written now, as far as that is limited."""
        return PIPE_SIZE

    @property
    def raises_sigpipe(self) -> bool:
        """Whether writing where nobody reads any more ends in SIGPIPE."""
        return True

    def read_timeout(self) -> int:
        """How long a read waits, in nanoseconds; 0 for as long as it takes."""
        return 0

    def write_timeout(self) -> int:
        """How long a write waits, in nanoseconds; 0 for as long as it takes."""
        return 0

    def error_name(self) -> str:
        """The error that the next call will tell, or nothing."""
        return ""

    def close(self) -> None:
        """The last descriptor was closed."""

    def release(self) -> None:
        """One descriptor, or message under way, less stands for it. With the last one it is closed, which watchers see by `users`."""
        self.users -= 1
        if not self.users:
            locks = self.node.locks
            if locks is not None:
                locks.unlock_range(self)
                locks.unlock_whole(self)
            self.close()
            for watcher in [*self.queue.watchers, *self.write_queue.watchers]:
                watcher()


class SeekableFile(OpenFile):
    """A file with a position."""

    __slots__ = ()

    seekable = True

    def read(self, size: int) -> bytes | None:
        data = self.pread(size, self.position)
        self.position += len(data)
        return data

    def write(self, data: bytes) -> int | None:
        if self.flags & APPEND:
            self.position = self.attributes().size
        count = self.pwrite(data, self.position)
        self.position += count
        return count

    def seek(self, offset: int, whence: int) -> int:
        if whence in (SEEK_DATA, SEEK_HOLE):
            self.position = self._seek_extent(offset, whence)
            return self.position
        base = {_SEEK_SET: 0, _SEEK_CUR: self.position}.get(whence)
        if whence == _SEEK_END:
            base = self.attributes().size
        if base is None or not 0 <= base + offset <= MAX_SIZE:
            raise Errno("EINVAL")
        self.position = base + offset
        return self.position

    def _seek_extent(self, offset: int, whence: int) -> int:
        """SEEK_DATA and SEEK_HOLE of a file that has no holes but the one behind its end."""
        size = self.attributes().size
        if not 0 <= offset < size:
            raise Errno("ENXIO")
        return offset if whence == SEEK_DATA else size


class MemoryFile(SeekableFile):
    """An open `File`."""

    __slots__ = ("_file", "_fs")

    def __init__(self, fs: FileSystem, node: File, flags: int, path: bytes) -> None:
        super().__init__(node, flags, path)
        self._fs = fs
        self._file = node
        node.opens += 1

    def pread(self, size: int, offset: int) -> bytes:
        return self._file.read(offset, size)

    def pwrite(self, data: bytes, offset: int) -> int:
        if offset + len(data) > MAX_SIZE:
            if offset >= MAX_SIZE:
                raise Errno("EFBIG")
            data = data[: MAX_SIZE - offset]
        if data:
            self._file.write(self._fs, offset, data)
        return len(data)

    def truncate(self, size: int) -> None:
        self._file.truncate(self._fs, size)

    def allocate(self, offset: int, size: int, punch: bool) -> None:
        file = self._file
        if punch:
            file.punch(self._fs, offset, size)
        elif offset + size > file.size:
            file.truncate(self._fs, offset + size)

    def share(self, physical: PhysicalMemory) -> FilePages | None:
        pages = self._file.share(self._fs, physical)
        pages.writable = pages.writable or bool(self.flags & WRITE)
        return pages

    def sync(self) -> None:
        if self._file.pages is not None:
            self._file.pages.sync()

    def _seek_extent(self, offset: int, whence: int) -> int:
        contents = self._file.contents
        if not 0 <= offset < contents.size:
            raise Errno("ENXIO")
        if whence == SEEK_HOLE:
            return contents.next_hole(offset)
        found = contents.next_data(offset)
        if not 0 <= found < contents.size:
            raise Errno("ENXIO")
        return found

    def close(self) -> None:
        self._file.opens -= 1
        self._file.release(self._fs)


class BytesFile(SeekableFile):
    """An open file whose contents were made when it was opened."""

    __slots__ = ("_data",)

    def __init__(self, node: Node, flags: int, path: bytes, data: bytes) -> None:
        super().__init__(node, flags, path)
        self._data = data

    def pread(self, size: int, offset: int) -> bytes:
        return self._data[offset : offset + size]


class OpenHostFile(SeekableFile):
    """An open regular file of the host. `descriptor` is taken over if it is given."""

    __slots__ = ("_descriptor", "_file", "_fs")

    def __init__(self, fs: FileSystem, node: HostFile, flags: int, path: bytes, descriptor: int = -1) -> None:
        super().__init__(node, flags, path)
        self._fs = fs
        self._file = node
        if descriptor < 0:
            descriptor = node.open(os.O_RDWR if flags & READ and flags & WRITE else os.O_WRONLY if flags & WRITE else os.O_RDONLY)
        self._descriptor = descriptor

    def attributes(self) -> Node:
        self._file.update(os.fstat(self._descriptor))
        return self._file

    def change_mode(self, fs: FileSystem, mode: int) -> None:
        self._file.change_open(self._descriptor, mode, None, None)

    def change_times(self, fs: FileSystem, atime: int | None, mtime: int | None) -> None:
        self._file.change_open(self._descriptor, None, atime, mtime)

    def share(self, physical: PhysicalMemory) -> FilePages | None:
        return self._file.share(physical, self._descriptor, bool(self.flags & WRITE))

    def pread(self, size: int, offset: int) -> bytes:
        try:
            data = os.pread(self._descriptor, min(size, _HOST_TRANSFER), offset)
            return data if self._file.pages is None else self._file.pages.over(offset, data)
        except (OSError, OverflowError) as error:
            raise host_error(error) if isinstance(error, OSError) else Errno("EINVAL") from error

    def pwrite(self, data: bytes, offset: int) -> int:
        return self._file.write_open(self._descriptor, data, offset)

    def truncate(self, size: int) -> None:
        self._file.truncate_open(self._descriptor, size)

    def allocate(self, offset: int, size: int, punch: bool) -> None:
        if punch:
            raise Errno("EOPNOTSUPP")
        if offset + size > self.attributes().size:
            self.truncate(offset + size)

    def sync(self) -> None:
        if self._file.pages is not None:
            self._file.pages.sync()
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise host_error(error) from error

    def close(self) -> None:
        os.close(self._descriptor)


class OpenDirectory(OpenFile):
    """An open directory. `listing` is taken at the first read, so that a program may delete what it lists."""

    __slots__ = ("directory", "listing")

    seekable = True

    def __init__(self, node: Directory, flags: int, path: bytes) -> None:
        super().__init__(node, flags, path)
        self.directory = node
        self.listing: list[tuple[bytes, Node]] | None = None

    def entries(self) -> list[tuple[bytes, Node]]:
        """All entries, `.` and `..` first."""
        if self.listing is None:
            self.listing = [(b".", self.directory), (b"..", self.directory.parent)]
            for name in self.directory.names():
                node = self.directory.lookup(name)
                if node is not None:
                    self.listing.append((name, node))
        return self.listing

    def read(self, size: int) -> bytes | None:
        raise Errno("EISDIR")

    def pread(self, size: int, offset: int) -> bytes:
        raise Errno("EISDIR")

    def seek(self, offset: int, whence: int) -> int:
        if whence == _SEEK_CUR:
            offset += self.position
        if whence == _SEEK_END or offset < 0:
            raise Errno("EINVAL")
        if offset == 0:
            self.listing = None
        self.position = offset
        return offset


class OpenDevice(OpenFile):
    """/dev/null and its like."""

    __slots__ = ("_kind", "_random")

    def __init__(self, node: Device, flags: int, path: bytes, random: Callable[[int], bytes]) -> None:
        super().__init__(node, flags, path)
        self._kind = node.kind
        self._random = random

    def read(self, size: int) -> bytes | None:
        if self._kind == DEVICE_NULL:
            return b""
        return self._random(min(size, 1 << 20)) if self._kind == DEVICE_RANDOM else bytes(min(size, 1 << 26))

    def write(self, data: bytes) -> int | None:
        if self._kind == DEVICE_FULL:
            raise Errno("ENOSPC")
        return len(data)

    def pread(self, size: int, offset: int) -> bytes:
        return self.read(size) or b""

    def pwrite(self, data: bytes, offset: int) -> int:
        return self.write(data) or 0

    def seek(self, offset: int, whence: int) -> int:
        return 0


class FileTable:
    """Descriptors of a process. `pollers` are told of each descriptor that is closed (kqueue's events end with it)."""

    __slots__ = ("close_on_exec", "files", "limit", "pollers")

    def __init__(self) -> None:
        self.files: dict[int, OpenFile] = {}
        self.close_on_exec: set[int] = set()
        self.limit = MAX_FILES
        self.pollers: dict[Callable[[int], None], None] = {}

    def get(self, descriptor: int) -> OpenFile:
        """The open file of a descriptor; EBADF if there is none."""
        file = self.files.get(descriptor)
        if file is None:
            raise Errno("EBADF")
        return file

    def add(self, file: OpenFile, close_on_exec: bool = False, lowest: int = 0) -> int:
        """The lowest free descriptor from `lowest` on, now standing for `file`."""
        descriptor = lowest
        while descriptor in self.files:
            descriptor += 1
        if descriptor >= self.limit:
            if not file.users:
                file.close()
            raise Errno("EMFILE")
        self.set(descriptor, file, close_on_exec)
        return descriptor

    def set(self, descriptor: int, file: OpenFile, close_on_exec: bool = False) -> None:
        """Let a free descriptor stand for `file`."""
        file.users += 1
        self.files[descriptor] = file
        if close_on_exec:
            self.close_on_exec.add(descriptor)
        else:
            self.close_on_exec.discard(descriptor)

    def close(self, descriptor: int) -> OpenFile:
        """Free a descriptor; returns the file it stood for."""
        file = self.get(descriptor)
        del self.files[descriptor]
        self.close_on_exec.discard(descriptor)
        locks = file.node.locks
        if locks is not None:
            # A process loses its locks on a file with the first descriptor of it that it closes.
            locks.unlock_range(self)
        for forget in self.pollers:
            forget(descriptor)
        file.release()
        return file

    def copy(self) -> FileTable:
        """The table of a forked process: the same open files, but for those that are not inherited."""
        table = FileTable()
        table.limit = self.limit
        for descriptor, file in self.files.items():
            if file.inherited:
                table.set(descriptor, file, descriptor in self.close_on_exec)
        return table

    def close_executing(self) -> None:
        """A program is executed: close what is marked so."""
        for descriptor in sorted(self.close_on_exec):
            self.close(descriptor)

    def close_all(self) -> None:
        """At the end of the process."""
        for descriptor in list(self.files):
            self.close(descriptor)


def truncate(fs: FileSystem, node: Node, size: int) -> None:
    """Set a file's size, by its name."""
    if isinstance(node, Directory):
        raise Errno("EISDIR")
    if size < 0 or not stat.S_ISREG(node.mode):
        raise Errno("EINVAL")
    if node.read_only:
        raise Errno("EROFS")
    if not node.permits(MAY_WRITE):
        raise Errno("EACCES")
    node.truncate(fs, size)


def open_path(process: Process, base: Directory, path: bytes, flags: int, mode: int) -> OpenFile:
    """open(2) with neutral flags."""
    fs = process.fs
    if flags & CREATE and path.endswith(b"/") and not fs.darwin and path.strip(b"/"):
        # Linux does not make a file with such a name, and does not look whether there is one.
        fs.find(base, path.rstrip(b"/"), False)
        raise Errno("EISDIR")
    found = fs.find(base, path, not (flags & NOFOLLOW or (flags & CREATE and flags & EXCLUSIVE)))
    return open_found(process, found, flags, path, mode)


def open_found(process: Process, found: Found, flags: int, path: bytes, mode: int) -> OpenFile:
    """The rest of open(2), once it is known where the path leads."""
    fs = process.fs
    node = found.node
    file: OpenFile
    if node is not None:
        if flags & CREATE and flags & EXCLUSIVE:
            raise Errno("EEXIST")
        file = open_node(process, node, flags, path)
    elif not flags & CREATE:
        raise Errno("ENOENT")
    elif found.slash:
        raise Errno("EISDIR")
    else:
        # The one who makes a file may use it as asked, whatever its mode.
        directory = found.directory
        fs.may_change(directory)
        mode = mode & 0o7777 & ~process.umask
        if isinstance(directory, HostDirectory):
            host_file, descriptor = directory.create(fs, found.name, mode)
            file = OpenHostFile(fs, host_file, flags, path, descriptor)
        else:
            node = directory.make_file(fs, found.name, mode)
            assert isinstance(node, File)
            file = MemoryFile(fs, node, flags, path)
    if file.place is None:
        file.place = (found.directory, found.name)
    return file


def open_node(process: Process, node: Node, flags: int, path: bytes) -> OpenFile:
    """Open a node that exists."""
    kind = stat.S_IFMT(node.mode)
    if flags & DIRECTORY and kind != stat.S_IFDIR:
        raise Errno("ENOTDIR")
    if kind == stat.S_IFLNK and not flags & PATH_ONLY:
        raise Errno("ELOOP")
    if isinstance(node, Directory) and flags & (WRITE | CREATE):
        raise Errno("EISDIR")
    if flags & PATH_ONLY:
        return OpenDirectory(node, flags, path) if isinstance(node, Directory) else OpenFile(node, flags, path)
    if isinstance(node, Device) and node.kind == "fd":
        return process.files.get(node.number)
    write = bool(flags & WRITE or (flags & TRUNCATE and kind == stat.S_IFREG))
    if write and node.read_only and kind in (stat.S_IFREG, stat.S_IFDIR):
        raise Errno("EROFS")
    if not node.permits((MAY_READ if flags & READ else 0) | (MAY_WRITE if write else 0)):
        raise Errno("EACCES")
    if isinstance(node, Directory):
        return OpenDirectory(node, flags, path)
    if flags & TRUNCATE and kind == stat.S_IFREG:
        node.truncate(process.fs, 0)
    if isinstance(node, File):
        return MemoryFile(process.fs, node, flags, path)
    if isinstance(node, Generated):
        return BytesFile(node, flags, path, node.make())
    if isinstance(node, HostFile):
        if kind != stat.S_IFREG:
            raise Errno("EACCES")
        return OpenHostFile(process.fs, node, flags, path)
    if isinstance(node, Device):
        return OpenDevice(node, flags, path, process.random)
    if kind == stat.S_IFIFO:
        from pygo_cross.emulate.fs.fifos import Fifo, FifoFile

        if isinstance(node, Fifo):
            return FifoFile(node, flags, path, process.sched.notify)
    raise Errno("ENXIO")
