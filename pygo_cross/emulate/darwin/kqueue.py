# SPDX-License-Identifier: GPL-2.0-or-later
"""kqueue: EVFILT_READ, EVFILT_WRITE and EVFILT_USER, which are those of Go's poller (GOROOT/src/runtime/netpoll_kqueue.go)."""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate import files
from pygo_cross.emulate.calls import timespec
from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.files import OpenFile
from pygo_cross.emulate.thread import Thread, Wait, WaitQueue
from pygo_cross.emulate.vfs import Node

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
_EOF: Final = 0x8000
_ERROR: Final = 0x4000
_TRIGGER: Final = 0x01000000


class _Knote:
    """One registered event. `fresh` says that something happened since it was last reported, for EV_CLEAR."""

    __slots__ = ("data", "enabled", "file", "flags", "fresh", "watcher")

    def __init__(self, file: OpenFile | None) -> None:
        self.file = file
        self.flags = 0
        self.data = 0
        self.enabled = True
        self.fresh = True
        self.watcher: Callable[[], None] = lambda: None


class KqueueFile(OpenFile):
    """kqueue(2)."""

    __slots__ = ("_notify", "knotes")

    def __init__(self, node: Node, notify: Callable[[WaitQueue], None]) -> None:
        super().__init__(node, 0)
        self._notify = notify
        self.knotes: dict[tuple[int, int], _Knote] = {}

    def forget(self, key: tuple[int, int]) -> None:
        """Remove an event."""
        knote = self.knotes.pop(key)
        if knote.file is not None:
            knote.file.queue.watchers.pop(knote.watcher, None)

    def change(self, p: DarwinProcess, change: tuple[int, ...]) -> None:
        """Carry out one entry of a change list."""
        ident, kind, flags, filter_flags, _, data = change
        if kind not in (_READ, _WRITE, _USER):
            p.count_missing(f"kevent filter {kind}")
            raise Errno("EINVAL")
        key = (ident, kind)
        knote = self.knotes.get(key)
        file = None
        if kind != _USER:
            file = p.files.get(ident)
            if knote is not None and knote.file is not file:
                self.forget(key)
                knote = None
        if knote is None:
            if not flags & _ADD:
                raise Errno("ENOENT")
            knote = self.knotes[key] = _Knote(file)
            if file is not None:
                knote.watcher = self._watcher(knote)
                file.queue.watchers[knote.watcher] = None
            else:
                knote.fresh = False
        if flags & _DELETE:
            self.forget(key)
            return
        if flags & _ADD:
            knote.flags = flags & (_ONE_SHOT | _CLEAR)
            knote.data = data
        if flags & _ENABLE:
            knote.enabled = True
        if flags & _DISABLE:
            knote.enabled = False
        if kind == _USER and filter_flags & _TRIGGER:
            knote.fresh = True

    def _watcher(self, knote: _Knote) -> Callable[[], None]:
        def watcher() -> None:
            knote.fresh = True
            self._notify(self.queue)

        return watcher

    def ready(self, count: int) -> list[bytes]:
        """Up to `count` events as the guest sees them."""
        found: list[bytes] = []
        for key, knote in list(self.knotes.items()):
            if len(found) >= count:
                break
            file = knote.file
            if file is not None and not file.users:
                self.forget(key)
                continue
            if not knote.enabled or (not knote.fresh and (file is None or knote.flags & _CLEAR)):
                continue
            flags = knote.flags
            size = 0
            if file is not None:
                state = file.poll()
                ended = state & (files.POLL_HUP | files.POLL_ERR)
                if not (state & (files.POLL_IN if key[1] == _READ else files.POLL_OUT) or ended):
                    continue
                flags |= _EOF if ended else 0
                size = file.available() if key[1] == _READ else files.PIPE_SIZE
            found.append(_EVENT.pack(key[0], key[1], flags, 0, size, knote.data))
            if file is not None or knote.flags & _CLEAR:
                knote.fresh = False
            if knote.flags & _ONE_SHOT:
                self.forget(key)
        return found

    def poll(self) -> int:
        return 0

    def close(self) -> None:
        for key in list(self.knotes):
            self.forget(key)


def kqueue(p: DarwinProcess, t: Thread) -> int:
    """kqueue(2)."""
    return p.files.add(KqueueFile(Node(p.fs, stat.S_IFIFO | 0o600), p.sched.notify))


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
        found = queue.ready(min(event_count, 4096))
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
