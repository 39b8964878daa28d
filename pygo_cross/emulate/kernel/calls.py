# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls that mean the same on Linux and macOS, and the table rows that both use.

A handler takes the process, the calling thread, and the arguments as its row's signature says; it returns the result, or None if the
thread waits (or if its registers are already as they should be). Failures are `Errno`.

A signature has one character an argument: `i` int, `u` unsigned int, `l` long, `p` a pointer or other word, `s` a path or another string.
Narrow arguments are cut to their width: the upper half of the register is not the caller's to vouch for.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable
from typing import Any, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenDirectory, OpenFile
from pygo_cross.emulate.fs.streams import Output, Pipe, PipeReader, PipeWriter
from pygo_cross.emulate.fs.vfs import GID, UID, Directory, Node
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import SignalInfo, Thread, Wait, WaitQueue

Handler = Callable[..., "int | None"]

_TRANSFER: Final = 1 << 30
_TIME: Final = struct.Struct("<qq")

_ARGUMENTS: Final[dict[str, Callable[[Process, int], Any]]] = {
    "i": lambda process, value: (value & 0x7FFFFFFF) - (value & 0x80000000),
    "u": lambda process, value: value & 0xFFFFFFFF,
    "l": lambda process, value: (value & 0x7FFFFFFFFFFFFFFF) - (value & 0x8000000000000000),
    "p": lambda process, value: value,
    "v": lambda process, value: value,
    "s": lambda process, value: process.memory.cstring(value),
}


class Row:
    """One call of a system's table. `note` says how well it is provided: `full`, `partial: ...` or `refused: ...`."""

    __slots__ = ("convert", "handler", "name", "note", "signature")

    def __init__(self, name: str, signature: str, handler: Handler, note: str = "full") -> None:
        self.name = name
        self.signature = signature
        self.handler = handler
        self.note = note
        self.convert = tuple(_ARGUMENTS[kind] for kind in signature)


def returns(value: int) -> Handler:
    """A handler that always returns `value`."""
    return lambda *_arguments: value


def fails(name: str) -> Handler:
    """A handler that always fails with the error `name`."""

    def handler(*_arguments: int) -> int:
        raise Errno(name)

    return handler


def base_of(p: Process, descriptor: int, path: bytes) -> Directory:
    """Where a path given with a directory's descriptor begins."""
    if path[:1] == b"/" or descriptor == p.at_fdcwd:
        return p.cwd
    file = p.files.get(descriptor)
    if not isinstance(file, OpenDirectory):
        raise Errno("ENOTDIR")
    return file.directory


def timespec(p: Process, address: int) -> int:
    """A struct timespec in nanoseconds; EINVAL if it is not a valid one."""
    seconds, nanoseconds = _TIME.unpack(p.memory.read(address, 16))
    if seconds < 0 or not 0 <= nanoseconds < 10**9:
        raise Errno("EINVAL")
    return int(seconds * 10**9 + nanoseconds)


def wait_until(p: Process, t: Thread, kind: str, queue: WaitQueue, attempt: Callable[[], int | None], timeout: int) -> int | None:
    """The result of `attempt`, or wait for it: EAGAIN after `timeout` nanoseconds, if there is one."""
    if not timeout:
        return p.wait_for(t, kind, queue, attempt)
    result = attempt()
    if result is None:

        def expired() -> int | None:
            raise Errno("EAGAIN")

        # A call with a time limit does not begin anew after a signal (signal(7)).
        p.wait(t, Wait(kind, (queue,), attempt, expired), p.sched.elapsed() + timeout)
    return result


# Reading and writing.


def _reader(p: Process, descriptor: int) -> OpenFile:
    file = p.files.get(descriptor)
    if not file.flags & files.READ or file.flags & files.PATH_ONLY:
        raise Errno("EBADF")
    return file


def _writer(p: Process, descriptor: int) -> OpenFile:
    file = p.files.get(descriptor)
    if not file.flags & files.WRITE or file.flags & files.PATH_ONLY:
        raise Errno("EBADF")
    return file


def read(p: Process, t: Thread, descriptor: int, buffer: int, size: int) -> int | None:
    """read(2)."""
    return _read_into(p, t, descriptor, [(buffer, min(size, _TRANSFER))])


def _read_into(p: Process, t: Thread, descriptor: int, parts: list[tuple[int, int]]) -> int | None:
    """Read once, and spread what comes over the guest's buffers."""
    file = _reader(p, descriptor)
    total = min(sum(size for _, size in parts), _TRANSFER)

    def attempt() -> int | None:
        for buffer, size in parts:
            p.memory.check_write(buffer, size if size < 4096 else 1)
        data = file.read(total)
        if data is None:
            return None
        place = 0
        for buffer, size in parts:
            if place >= len(data):
                break
            p.memory.write(buffer, data[place : place + size] if len(parts) > 1 else data)
            place += size
        return len(data)

    if file.flags & files.NONBLOCK:
        count = attempt()
        if count is None:
            raise Errno("EAGAIN")
        return count
    return wait_until(p, t, "read", file.queue, attempt, file.read_timeout())


def broken_pipe(p: Process, t: Thread) -> None:
    """The calling thread wrote where nobody reads."""
    p.signals.send(t, SignalInfo(p.signals.facts.numbers["SIGPIPE"], 0, 0, p.pid))


def write_now(p: Process, t: Thread, file: OpenFile, data: bytes) -> int | None:
    """How much of `data` an open file takes at once; None if it takes nothing yet. SIGPIPE comes with EPIPE where it should."""
    try:
        return file.write(data)
    except Errno as error:
        if error.name == "EPIPE" and file.raises_sigpipe:
            broken_pipe(p, t)
        raise


def put(p: Process, t: Thread, file: OpenFile, data: bytes) -> int | None:
    """Write bytes to an open file, waiting until they are all taken."""
    done = 0

    def attempt() -> int | None:
        nonlocal done
        while True:
            try:
                count = write_now(p, t, file, data[done:] if done else data)
            except Errno:
                if done:
                    return done
                raise
            if count is None:
                return None
            done += count
            if done >= len(data):
                return done

    if file.flags & files.NONBLOCK:
        count = attempt()
        if count is None:
            if done:
                return done
            raise Errno("EAGAIN")
        return count
    timeout = file.write_timeout()
    if timeout:
        return wait_until(p, t, "write", file.write_queue, attempt, timeout)
    result = attempt()
    if result is None:

        def interrupt() -> None:
            # What was taken before a signal is the result; only if that is nothing the call may begin anew.
            p.sched.wake(t, done or p.error_result(t, "EINTR"))
            t.restartable = not done

        p.wait(t, Wait("write", (file.write_queue,), attempt, interrupt=interrupt))
    return result


def _most(file: OpenFile) -> int:
    """How much of a write it makes sense to look at: what cannot be taken anyway need not be copied."""
    if file.flags & files.NONBLOCK and not file.seekable:
        return min(max(file.room(), 1 << 20), _TRANSFER)
    return _TRANSFER


def write(p: Process, t: Thread, descriptor: int, buffer: int, size: int) -> int | None:
    """write(2)."""
    file = _writer(p, descriptor)
    return put(p, t, file, p.memory.read(buffer, min(size, _most(file))))


def _vector(p: Process, address: int, count: int) -> list[tuple[int, int]]:
    if not 0 <= count <= 1024:
        raise Errno("EINVAL")
    return [(p.memory.u64(address + 16 * i), p.memory.u64(address + 16 * i + 8)) for i in range(count)]


def writev(p: Process, t: Thread, descriptor: int, vector: int, count: int) -> int | None:
    """writev(2)."""
    file = _writer(p, descriptor)
    left = _most(file)
    parts = []
    for start, size in _vector(p, vector, count):
        parts.append(p.memory.read(start, min(size, left)))
        left -= len(parts[-1])
        if not left:
            break
    return put(p, t, file, b"".join(parts))


def readv(p: Process, t: Thread, descriptor: int, vector: int, count: int) -> int | None:
    """readv(2)."""
    return _read_into(p, t, descriptor, _vector(p, vector, count))


def pread(p: Process, t: Thread, descriptor: int, buffer: int, size: int, offset: int) -> int | None:
    """pread(2)."""
    file = _reader(p, descriptor)
    if offset < 0:
        raise Errno("EINVAL")
    data = file.pread(min(size, _TRANSFER), offset)
    p.memory.write(buffer, data)
    return len(data)


def preadv(p: Process, t: Thread, descriptor: int, vector: int, count: int, offset: int) -> int | None:
    """preadv(2): fills the first buffer that is not empty, which is a short read."""
    for start, size in _vector(p, vector, count):
        if size:
            return pread(p, t, descriptor, start, size, offset)
    return 0


def pwritev(p: Process, t: Thread, descriptor: int, vector: int, count: int, offset: int) -> int | None:
    """pwritev(2)."""
    file = _writer(p, descriptor)
    if offset < 0:
        raise Errno("EINVAL")
    return file.pwrite(b"".join(p.memory.read(start, size) for start, size in _vector(p, vector, count)), offset)


def pwrite(p: Process, t: Thread, descriptor: int, buffer: int, size: int, offset: int) -> int | None:
    """pwrite(2)."""
    file = _writer(p, descriptor)
    if offset < 0:
        raise Errno("EINVAL")
    return file.pwrite(p.memory.read(buffer, min(size, _TRANSFER)), offset)


def lseek(p: Process, t: Thread, descriptor: int, offset: int, whence: int) -> int:
    """lseek(2)."""
    return p.files.get(descriptor).seek(offset, whence)


# Descriptors.


def close(p: Process, t: Thread, descriptor: int) -> int:
    """close(2)."""
    p.files.close(descriptor)
    return 0


def dup(p: Process, t: Thread, descriptor: int) -> int:
    """dup(2)."""
    return p.files.add(p.files.get(descriptor))


def dup2(p: Process, t: Thread, descriptor: int, new: int) -> int:
    """dup2(2)."""
    return duplicate_to(p, descriptor, new, False)


def duplicate_to(p: Process, descriptor: int, new: int, close_on_exec: bool) -> int:
    """Let `new` stand for what `descriptor` does."""
    file = p.files.get(descriptor)
    if not 0 <= new < p.files.limit:
        raise Errno("EBADF")
    if new == descriptor:
        return new
    if new in p.files.files:
        file.users += 1  # so that closing `new` cannot be the file's last close
        p.files.close(new)
        file.users -= 1
    p.files.set(new, file, close_on_exec)
    return new


def make_pipe(p: Process, flags: int, close_on_exec: bool) -> tuple[int, int]:
    """Two descriptors of a new pipe, the reading one first."""
    node = Node(p.fs, stat.S_IFIFO | 0o600)
    pipe = Pipe(node, p.sched.notify, flags)
    if pipe.reader is None or pipe.writer is None:
        raise Errno("EIO")
    reader = p.files.add(pipe.reader, close_on_exec)
    try:
        writer = p.files.add(pipe.writer, close_on_exec)
    except Errno:
        p.files.close(reader)
        raise
    return reader, writer


def fsync(p: Process, t: Thread, descriptor: int) -> int:
    """fsync(2): there is nothing to wait for but files of the host."""
    file = p.files.get(descriptor)
    if isinstance(file, (Output, PipeReader, PipeWriter)):
        raise Errno("EINVAL")
    file.sync()
    return 0


def ftruncate(p: Process, t: Thread, descriptor: int, size: int) -> int:
    """ftruncate(2), which says EINVAL of a descriptor that cannot be written."""
    file = p.files.get(descriptor)
    if size < 0 or not file.flags & files.WRITE or file.flags & files.PATH_ONLY:
        raise Errno("EINVAL")
    file.truncate(size)
    return 0


def truncate(p: Process, t: Thread, path: bytes, size: int) -> int:
    """truncate(2)."""
    files.truncate(p.fs, p.fs.resolve(p.cwd, path), size)
    return 0


# Identity.


def getpid(p: Process, t: Thread) -> int:
    """getpid(2)."""
    return p.pid


def getuid(p: Process, t: Thread) -> int:
    """getuid(2), geteuid(2)."""
    return UID


def getgid(p: Process, t: Thread) -> int:
    """getgid(2), getegid(2)."""
    return GID
