# SPDX-License-Identifier: GPL-2.0-or-later
"""kqueue: EVFILT_READ, EVFILT_WRITE and EVFILT_USER, which are those of Go's poller (GOROOT/src/runtime/netpoll_kqueue.go)."""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import FileTable, OpenFile
from pygo_cross.emulate.fs.vfs import Node
from pygo_cross.emulate.kernel.calls import timespec
from pygo_cross.emulate.kernel.thread import Thread, Wait, WaitQueue

if TYPE_CHECKING:
    from pygo_cross.emulate.darwin.process import DarwinProcess

_EVENT: Final = struct.Struct("<QhHIqQ")

_READ: Final = -1
_WRITE: Final = -2
_USER: Final = -10

_ADD: Final = 0x1
_DELETE: Final = 0x2
_ENABLE: Final = 0x4
_DISABLE: Final = 0x8
_ONE_SHOT: Final = 0x10
_CLEAR: Final = 0x20
_RECEIPT: Final = 0x40
_DISPATCH: Final = 0x80
_EOF: Final = 0x8000
_ERROR: Final = 0x4000
_TRIGGER: Final = 0x01000000

# User events take any number for an identity; this is how many events one queue holds at most.
_MOST_EVENTS: Final = 1 << 16


class _Knote:
    """One registered event."""

    __slots__ = ("data", "enabled", "file", "flags", "triggered", "watcher")

    def __init__(self, file: OpenFile | None) -> None:
        self.file = file
        self.flags = 0
        self.data = 0
        self.enabled = True
        self.triggered = False  # of a user event
        self.watcher: Callable[[], None] = lambda: None


_Key = tuple[int, int]


class KqueueFile(OpenFile):
    """kqueue(2). `_hot` holds the events that may be reported, in the order in which something happened to them: reporting takes out
    those with EV_CLEAR, and any other once there is nothing to report."""

    __slots__ = ("_hot", "_notify", "_table", "knotes")

    inherited = False

    def __init__(self, node: Node, table: FileTable, notify: Callable[[WaitQueue], None]) -> None:
        super().__init__(node, 0)
        self._notify = notify
        self._table = table
        self.knotes: dict[_Key, _Knote] = {}
        self._hot: dict[_Key, _Knote] = {}
        table.pollers[self.closed] = None

    def closed(self, descriptor: int) -> None:
        """A descriptor was closed, and its events with it."""
        for key in ((descriptor, _READ), (descriptor, _WRITE)):
            if key in self.knotes:
                self.forget(key)

    def forget(self, key: _Key) -> None:
        """Remove an event."""
        knote = self.knotes.pop(key)
        self._hot.pop(key, None)
        if knote.file is not None:
            self._queue_of(key, knote.file).watchers.pop(knote.watcher, None)

    @staticmethod
    def _queue_of(key: _Key, file: OpenFile) -> WaitQueue:
        return file.queue if key[1] == _READ else file.write_queue

    def change(self, p: DarwinProcess, change: tuple[int, ...]) -> None:
        """Carry out one entry of a change list."""
        ident, kind, flags, filter_flags, _, data = change
        if kind not in (_READ, _WRITE, _USER):
            p.count_missing(f"kevent filter {kind}")
            raise Errno("EINVAL")
        key = (ident, kind)
        knote = self.knotes.get(key)
        file = p.files.get(ident) if kind != _USER else None
        if knote is None:
            if not flags & _ADD:
                raise Errno("ENOENT")
            if len(self.knotes) >= _MOST_EVENTS:
                raise Errno("ENOMEM")
            knote = self.knotes[key] = _Knote(file)
            if file is not None:
                knote.watcher = self._watcher(key, knote)
                self._queue_of(key, file).watchers[knote.watcher] = None
        if flags & _DELETE:
            self.forget(key)
            return
        if flags & _ADD:
            knote.flags = flags & (_ONE_SHOT | _CLEAR | _DISPATCH)
            knote.data = data
            knote.enabled = True
        if flags & _ENABLE:
            knote.enabled = True
        if flags & _DISABLE:
            knote.enabled = False
        if kind == _USER and filter_flags & _TRIGGER:
            knote.triggered = True
        if kind != _USER or knote.triggered:
            self._hot[key] = knote

    def _watcher(self, key: _Key, knote: _Knote) -> Callable[[], None]:
        def watcher() -> None:
            self._hot[key] = knote
            if self.queue.threads or self.queue.watchers:
                self._notify(self.queue)

        return watcher

    def _state(self, p: DarwinProcess, key: _Key, knote: _Knote) -> tuple[int, int, int] | None:
        """Flags, filter flags and data of an event that has come up."""
        file = knote.file
        if file is None:
            return (0, 0, 0) if knote.triggered else None
        state = file.poll()
        if key[1] == _READ:
            ended = state & (files.POLL_HUP | files.POLL_RDHUP | files.POLL_ERR)
            ready = state & files.POLL_IN
            data = file.available()
        else:
            ended = state & (files.POLL_HUP | files.POLL_ERR)
            ready = state & files.POLL_OUT
            data = file.room()
        if not ready and not ended:
            return None
        name = file.error_name()
        return _EOF if ended else 0, p.error_numbers.get(name, 0) if name else 0, data

    def ready(self, p: DarwinProcess, count: int) -> list[bytes]:
        """Up to `count` events as the guest sees them."""
        found: list[bytes] = []
        kept: dict[_Key, _Knote] = {}
        for key in list(self._hot):
            if len(found) >= count:
                break
            knote = self._hot.pop(key)
            if not knote.enabled:
                kept[key] = knote
                continue
            state = self._state(p, key, knote)
            if state is None:
                continue
            flags, filter_flags, size = state
            found.append(_EVENT.pack(key[0], key[1], flags | knote.flags, filter_flags, size, knote.data))
            if knote.flags & _ONE_SHOT:
                self.forget(key)
            elif knote.flags & _CLEAR:
                knote.triggered = False
            else:
                kept[key] = knote
            if knote.flags & _DISPATCH:
                knote.enabled = False
        # Behind those that did not come up, so that all get their turn.
        self._hot.update(kept)
        return found

    def poll(self) -> int:
        for key, knote in self._hot.items():
            if knote.enabled and (knote.file is None or knote.file.poll() & (files.POLL_IN if key[1] == _READ else files.POLL_OUT)):
                return files.POLL_IN
        return 0

    def close(self) -> None:
        self._table.pollers.pop(self.closed, None)
        for key in list(self.knotes):
            self.forget(key)


def kqueue(p: DarwinProcess, t: Thread) -> int:
    """kqueue(2)."""
    return p.files.add(KqueueFile(Node(p.fs, stat.S_IFIFO | 0o600), p.files, p.sched.notify))


def kevent(
    p: DarwinProcess, t: Thread, descriptor: int, changes: int, change_count: int, events: int, event_count: int, timeout: int
) -> int | None:
    """kevent(2)."""
    queue = p.files.get(descriptor)
    if not isinstance(queue, KqueueFile):
        raise Errno("EBADF")
    if change_count < 0 or event_count < 0:
        raise Errno("EINVAL")
    reported: list[bytes] = []
    for i in range(min(change_count, 4096)):
        change = _EVENT.unpack(p.memory.read(changes + i * _EVENT.size, _EVENT.size))
        number = 0
        try:
            queue.change(p, change)
        except Errno as error:
            if len(reported) >= event_count:
                raise
            number = p.error_numbers.get(error.name, 22)
        if number or (change[2] & _RECEIPT and len(reported) < event_count):
            reported.append(_EVENT.pack(change[0], change[1], change[2] | _ERROR, change[3], number, change[5]))
    p.sched.notify(queue.queue)
    if reported:
        p.memory.write(events, b"".join(reported))
        return len(reported)
    if not event_count:
        return 0

    def attempt() -> int | None:
        found = queue.ready(p, min(event_count, 4096))
        if not found:
            return None
        p.memory.write(events, b"".join(found))
        return len(found)

    result = attempt()
    if result is None:
        deadline = None
        if timeout:
            wait = timespec(p, timeout)
            if not wait:
                p.sched.resched = True
                return 0
            deadline = p.sched.elapsed() + wait
        p.wait(t, Wait("kevent", (queue.queue,), attempt), deadline)
    return result
