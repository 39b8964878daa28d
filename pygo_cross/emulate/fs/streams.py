# SPDX-License-Identifier: GPL-2.0-or-later
"""Open files that are streams: the run's standard input and output, and pipes."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.files import PIPE_SIZE, POLL_ERR, POLL_HUP, POLL_IN, POLL_OUT, READ, WRITE, OpenFile
from pygo_cross.emulate.fs.vfs import Node
from pygo_cross.emulate.kernel.thread import WaitQueue


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

    def room(self) -> int:
        return PIPE_SIZE - len(self._pipe.data)

    def close(self) -> None:
        self._pipe.writer = None
        if self._pipe.reader is not None:
            self._pipe.notify(self._pipe.reader.queue)
