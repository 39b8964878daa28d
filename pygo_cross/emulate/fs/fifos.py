# SPDX-License-Identifier: GPL-2.0-or-later
"""FIFOs: pipes with a name. Opening one end waits for the other, unless it must not wait or opens both.

A FIFO's bytes live as long as an end of it is open. In a mount it exists for the run alone: the host gets none.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from typing import TYPE_CHECKING

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.files import NONBLOCK, PIPE_SIZE, POLL_ERR, POLL_HUP, POLL_IN, POLL_OUT, READ, WRITE, OpenFile
from pygo_cross.emulate.fs.vfs import Directory, FileSystem, Node
from pygo_cross.emulate.kernel.thread import Thread, Wait, WaitQueue

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process

# What a single write puts in as a whole.
_ATOMIC = 4096


class Fifo(Node):
    """A FIFO. `readers` and `writers` count open files, `reader_opens` and `writer_opens` how many there have ever been."""

    __slots__ = ("data", "queue", "reader_opens", "readers", "writer_opens", "writers")

    def __init__(self, fs: FileSystem, mode: int) -> None:
        super().__init__(fs, stat.S_IFIFO | mode & 0o7777)
        self.data = bytearray()
        self.queue = WaitQueue()
        self.readers = self.writers = self.reader_opens = self.writer_opens = 0


class FifoFile(OpenFile):
    """An open end of a FIFO, or both."""

    __slots__ = ("_fifo", "_notify", "_seen_readers", "_seen_writers")

    def __init__(self, node: Fifo, flags: int, path: bytes, notify: Callable[[WaitQueue], None]) -> None:
        if flags & (READ | WRITE | NONBLOCK) == WRITE | NONBLOCK and not node.readers:
            raise Errno("ENXIO")
        super().__init__(node, flags, path)
        self._fifo = node
        self._notify = notify
        self.queue = self.write_queue = node.queue
        # What other ends there were before; -1, if one is open now and need not be waited for.
        self._seen_readers = -1 if node.readers else node.reader_opens
        self._seen_writers = -1 if node.writers else node.writer_opens
        if flags & READ:
            node.readers += 1
            node.reader_opens += 1
        if flags & WRITE:
            node.writers += 1
            node.writer_opens += 1
        notify(node.queue)

    def connected(self) -> bool:
        """Whether the other end is open, or was since this one was opened."""
        fifo = self._fifo
        if self.flags & READ:
            return bool(fifo.writers) or fifo.writer_opens != self._seen_writers
        return bool(fifo.readers) or fifo.reader_opens != self._seen_readers

    def read(self, size: int) -> bytes | None:
        fifo = self._fifo
        if not fifo.data:
            return None if fifo.writers else b""
        data = bytes(fifo.data[:size])
        del fifo.data[:size]
        self._notify(fifo.queue)
        return data

    def write(self, data: bytes) -> int | None:
        fifo = self._fifo
        if not fifo.readers:
            raise Errno("EPIPE")
        room = PIPE_SIZE - len(fifo.data)
        if room < min(len(data), _ATOMIC):
            return None
        fifo.data += data[:room]
        self._notify(fifo.queue)
        return min(len(data), room)

    def poll(self) -> int:
        fifo = self._fifo
        state = 0
        if self.flags & READ:
            state |= POLL_IN if fifo.data else 0
            # Whoever opens without waiting is not told of a hangup before there was a writer.
            state |= POLL_HUP if not fifo.writers and fifo.writer_opens != self._seen_writers else 0
        if self.flags & WRITE:
            state |= POLL_OUT if PIPE_SIZE - len(fifo.data) >= _ATOMIC else 0
            state |= POLL_ERR | POLL_OUT if not fifo.readers else 0
        return state

    def available(self) -> int:
        return len(self._fifo.data)

    def close(self) -> None:
        fifo = self._fifo
        fifo.readers -= bool(self.flags & READ)
        fifo.writers -= bool(self.flags & WRITE)
        if not fifo.readers and not fifo.writers:
            fifo.data.clear()
        self._notify(fifo.queue)


def add_opened(p: Process, t: Thread, file: OpenFile, close_on_exec: bool) -> int | None:
    """A descriptor for a file that was just opened, once a FIFO's other end is open."""
    if not isinstance(file, FifoFile) or file.flags & NONBLOCK or file.connected():
        return p.files.add(file, close_on_exec)

    def attempt() -> int | None:
        if not file.connected():
            return None
        del p.opening[t]
        return p.files.add(file, close_on_exec)

    def interrupt() -> None:
        p.abandon(t)
        p.sched.wake(t, p.error_result(t, "EINTR"))
        t.restartable = True

    p.opening[t] = file
    p.wait(t, Wait("open", (file.queue,), attempt, interrupt=interrupt))
    return None


def make(p: Process, base: Directory, path: bytes, mode: int) -> int:
    """mkfifo(3)."""
    directory, name = p.fs.place(base, path)
    directory.add(p.fs, name, Fifo(p.fs, mode & ~p.umask))
    return 0


def make_node(p: Process, base: Directory, path: bytes, mode: int) -> int:
    """mknod(2): FIFOs and regular files; devices take a privilege."""
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFIFO:
        return make(p, base, path, mode)
    if kind in (0, stat.S_IFREG):
        directory, name = p.fs.place(base, path)
        directory.make_file(p.fs, name, mode & 0o7777 & ~p.umask)
        return 0
    raise Errno("EPERM" if kind in (stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK) else "EINVAL")
