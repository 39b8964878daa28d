# SPDX-License-Identifier: GPL-2.0-or-later
"""Open files: what a descriptor stands for, and the table of descriptors.

An `OpenFile` answers at once: `read` returns None where a real one would block, and `queue` is notified when trying again may help. Open
flags are neutral ones (`READ`, `WRITE`, ...), to which linux/ and darwin/ translate their own.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.thread import WaitQueue
from pygo_cross.emulate.vfs import (
    DEVICE_FULL,
    DEVICE_NULL,
    DEVICE_RANDOM,
    Device,
    Directory,
    File,
    FileSystem,
    Generated,
    HostFile,
    Node,
    host_error,
)

if TYPE_CHECKING:
    from pygo_cross.emulate.process import Process

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

PIPE_SIZE: Final = 65536
MAX_FILES: Final = 1024

_SEEK_SET: Final = 0
_SEEK_CUR: Final = 1
_SEEK_END: Final = 2


class OpenFile:
    """What one or several descriptors share. The base class refuses everything."""

    __slots__ = ("flags", "node", "path", "position", "queue", "users")

    seekable = False

    def __init__(self, node: Node, flags: int, path: bytes = b"") -> None:
        self.node = node
        self.flags = flags
        self.path = path
        self.position = 0
        self.users = 0
        self.queue = WaitQueue()

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

    def close(self) -> None:
        """The last descriptor was closed."""


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
            self.position = self.node.size
        count = self.pwrite(data, self.position)
        self.position += count
        return count

    def seek(self, offset: int, whence: int) -> int:
        base = {_SEEK_SET: 0, _SEEK_CUR: self.position, _SEEK_END: self.node.size}.get(whence)
        if base is None or not 0 <= base + offset < 1 << 63:
            raise Errno("EINVAL")
        self.position = base + offset
        return self.position


class MemoryFile(SeekableFile):
    """An open `File`."""

    __slots__ = ("_data", "_fs")

    def __init__(self, fs: FileSystem, node: File, flags: int, path: bytes) -> None:
        super().__init__(node, flags, path)
        self._fs = fs
        self._data = node.data

    def pread(self, size: int, offset: int) -> bytes:
        return bytes(self._data[offset : offset + size])

    def pwrite(self, data: bytes, offset: int) -> int:
        end = offset + len(data)
        if data:
            if end > len(self._data):
                self._extend(end)
            self._data[offset:end] = data
            self.node.mtime = self.node.ctime = self._fs.now()
        return len(data)

    def _extend(self, size: int) -> None:
        more = size - len(self._data)
        self._fs.grow(more)
        self._data.extend(bytes(more))

    def truncate(self, size: int) -> None:
        truncate(self._fs, self.node, size)


class BytesFile(SeekableFile):
    """An open file whose contents were made when it was opened."""

    __slots__ = ("_data",)

    def __init__(self, node: Node, flags: int, path: bytes, data: bytes) -> None:
        super().__init__(node, flags, path)
        self._data = data

    def pread(self, size: int, offset: int) -> bytes:
        return self._data[offset : offset + size]


class OpenHostFile(SeekableFile):
    """An open regular file of the host."""

    __slots__ = ("_descriptor",)

    def __init__(self, node: HostFile, flags: int, path: bytes) -> None:
        super().__init__(node, flags, path)
        try:
            self._descriptor = os.open(node.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise host_error(error) from error

    def pread(self, size: int, offset: int) -> bytes:
        try:
            return os.pread(self._descriptor, min(size, 1 << 26), offset)
        except (OSError, OverflowError) as error:
            raise Errno("EIO") from error

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


class Output(OpenFile):
    """stdout or stderr of the run; `stream` is 1 or 2."""

    __slots__ = ("_stream", "_write")

    def __init__(self, write: Callable[[int, bytes], None], node: Node, stream: int) -> None:
        super().__init__(node, WRITE)
        self._write = write
        self._stream = stream

    def read(self, size: int) -> bytes | None:
        raise Errno("EBADF")

    def write(self, data: bytes) -> int | None:
        try:
            self._write(self._stream, data)
        except BrokenPipeError:
            raise Errno("EPIPE") from None
        except OSError as error:
            raise Errno("ENOSPC" if error.errno == errno.ENOSPC else "EIO") from error
        return len(data)

    def poll(self) -> int:
        return POLL_OUT


class InputBytes(OpenFile):
    """stdin from bytes."""

    __slots__ = ("_data",)

    def __init__(self, node: Node, data: bytes) -> None:
        super().__init__(node, READ)
        self._data = data

    def read(self, size: int) -> bytes | None:
        data = self._data[self.position : self.position + size]
        self.position += len(data)
        return data

    def poll(self) -> int:
        return POLL_IN

    def available(self) -> int:
        return len(self._data) - self.position


class InputHost(OpenFile):
    """stdin from a descriptor of the host, which is read only when it has something."""

    __slots__ = ("_descriptor",)

    def __init__(self, node: Node, descriptor: int, queue: WaitQueue) -> None:
        super().__init__(node, READ)
        self._descriptor = descriptor
        self.queue = queue

    def ready(self) -> bool:
        """Whether a read would return at once."""
        import select

        try:
            return bool(select.select([self._descriptor], [], [], 0)[0])
        except (OSError, ValueError):
            return True

    def read(self, size: int) -> bytes | None:
        if not self.ready():
            return None
        try:
            return os.read(self._descriptor, min(size, 1 << 20))
        except OSError as error:
            raise Errno("EIO") from error

    def poll(self) -> int:
        return POLL_IN if self.ready() else 0


class Pipe:
    """The buffer between the two ends of a pipe."""

    __slots__ = ("data", "node", "notify", "reader", "writer")

    def __init__(self, node: Node, notify: Callable[[WaitQueue], None], flags: int) -> None:
        self.data = bytearray()
        self.node = node
        self.notify = notify
        self.reader: PipeReader | None = PipeReader(self, flags)
        self.writer: PipeWriter | None = PipeWriter(self, flags)


class PipeReader(OpenFile):
    """The end of a pipe that is read."""

    __slots__ = ("_pipe",)

    def __init__(self, pipe: Pipe, flags: int) -> None:
        super().__init__(pipe.node, READ | flags)
        self._pipe = pipe

    def read(self, size: int) -> bytes | None:
        pipe = self._pipe
        if not pipe.data:
            return None if pipe.writer is not None else b""
        data = bytes(pipe.data[:size])
        del pipe.data[:size]
        if pipe.writer is not None:
            pipe.notify(pipe.writer.queue)
        return data

    def poll(self) -> int:
        return (POLL_IN if self._pipe.data else 0) | (POLL_HUP if self._pipe.writer is None else 0)

    def available(self) -> int:
        return len(self._pipe.data)

    def close(self) -> None:
        self._pipe.reader = None
        if self._pipe.writer is not None:
            self._pipe.notify(self._pipe.writer.queue)


class PipeWriter(OpenFile):
    """The end of a pipe that is written."""

    __slots__ = ("_pipe",)

    def __init__(self, pipe: Pipe, flags: int) -> None:
        super().__init__(pipe.node, WRITE | flags)
        self._pipe = pipe

    def write(self, data: bytes) -> int | None:
        pipe = self._pipe
        if pipe.reader is None:
            raise Errno("EPIPE")
        room = PIPE_SIZE - len(pipe.data)
        if room < min(len(data), 4096):
            return None
        pipe.data += data[:room]
        pipe.notify(pipe.reader.queue)
        return min(len(data), room)

    def poll(self) -> int:
        if self._pipe.reader is None:
            return POLL_OUT | POLL_ERR
        return POLL_OUT if PIPE_SIZE - len(self._pipe.data) >= 4096 else 0

    def close(self) -> None:
        self._pipe.writer = None
        if self._pipe.reader is not None:
            self._pipe.notify(self._pipe.reader.queue)


class FileTable:
    """Descriptors of a process."""

    __slots__ = ("close_on_exec", "files", "limit")

    def __init__(self) -> None:
        self.files: dict[int, OpenFile] = {}
        self.close_on_exec: set[int] = set()
        self.limit = MAX_FILES

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
        file.users -= 1
        if not file.users:
            file.close()
        return file

    def close_all(self) -> None:
        """At the end of the process."""
        for descriptor in list(self.files):
            self.close(descriptor)


def truncate(fs: FileSystem, node: Node, size: int) -> None:
    """Set a file's size."""
    if isinstance(node, Directory):
        raise Errno("EISDIR")
    if node.read_only:
        raise Errno("EROFS")
    if not isinstance(node, File) or size < 0:
        raise Errno("EINVAL")
    more = size - len(node.data)
    fs.grow(more)
    if more > 0:
        node.data.extend(bytes(more))
    else:
        del node.data[size:]
    node.mtime = node.ctime = fs.now()


def open_path(process: Process, base: Directory, path: bytes, flags: int, mode: int) -> OpenFile:
    """open(2) with neutral flags."""
    fs = process.fs
    directory, name, node = fs.resolve_parent(base, path, not (flags & NOFOLLOW or (flags & CREATE and flags & EXCLUSIVE)))
    if node is None:
        if not flags & CREATE:
            raise Errno("ENOENT")
        if path.endswith(b"/"):
            raise Errno("EISDIR")
        fs.writable(directory)
        node = File(fs, mode & ~process.umask)
        fs.add(directory, name, node)
        return MemoryFile(fs, node, flags, path)
    if flags & CREATE and flags & EXCLUSIVE:
        raise Errno("EEXIST")
    return open_node(process, node, flags, path)


def open_node(process: Process, node: Node, flags: int, path: bytes) -> OpenFile:
    """Open a node that exists."""
    kind = stat.S_IFMT(node.mode)
    if kind == stat.S_IFLNK:
        if not flags & PATH_ONLY:
            raise Errno("ELOOP")
        return OpenFile(node, flags, path)
    if isinstance(node, Directory):
        if flags & (WRITE | CREATE):
            raise Errno("EISDIR")
        return OpenDirectory(node, flags, path)
    if flags & DIRECTORY:
        raise Errno("ENOTDIR")
    if flags & WRITE and node.read_only:
        raise Errno("EROFS")
    if isinstance(node, File):
        needed = (0o400 if flags & READ else 0) | (0o200 if flags & WRITE else 0)
        if node.mode & needed != needed:
            raise Errno("EACCES")
        if flags & TRUNCATE and flags & WRITE:
            truncate(process.fs, node, 0)
        return MemoryFile(process.fs, node, flags, path)
    if isinstance(node, Generated):
        return BytesFile(node, flags, path, node.make())
    if isinstance(node, HostFile):
        if kind != stat.S_IFREG:
            raise Errno("EACCES")
        return OpenHostFile(node, flags, path)
    if isinstance(node, Device):
        if node.kind == "fd":
            return process.files.get(node.number)
        return OpenDevice(node, flags, path, process.random)
    raise Errno("ENXIO")
