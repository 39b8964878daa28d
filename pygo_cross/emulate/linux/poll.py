# SPDX-License-Identifier: GPL-2.0-or-later
"""epoll, eventfd, poll and select."""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable
from typing import Final

from pygo_cross.emulate import files
from pygo_cross.emulate.calls import timespec
from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.files import OpenFile
from pygo_cross.emulate.process import Process
from pygo_cross.emulate.thread import Thread, Wait, WaitQueue
from pygo_cross.emulate.vfs import Node

_EDGE: Final = 1 << 31
_ONE_SHOT: Final = 1 << 30
_CLOSE_ON_EXEC: Final = 0o2000000
_NONBLOCK: Final = 0o4000
_LARGEST: Final = 0xFFFFFFFFFFFFFFFE


class EventFile(OpenFile):
    """eventfd(2)."""

    __slots__ = ("_notify", "_semaphore", "count")

    def __init__(self, node: Node, flags: int, count: int, semaphore: bool, notify: Callable[[WaitQueue], None]) -> None:
        super().__init__(node, flags)
        self.count = count
        self._semaphore = semaphore
        self._notify = notify

    def read(self, size: int) -> bytes | None:
        if size < 8:
            raise Errno("EINVAL")
        if not self.count:
            return None
        value = 1 if self._semaphore else self.count
        self.count -= value
        self._notify(self.queue)
        return struct.pack("<Q", value)

    def write(self, data: bytes) -> int | None:
        if len(data) < 8:
            raise Errno("EINVAL")
        (value,) = struct.unpack_from("<Q", data)
        if value > _LARGEST:
            raise Errno("EINVAL")
        if self.count + value > _LARGEST:
            return None
        self.count += value
        self._notify(self.queue)
        return 8

    def poll(self) -> int:
        return (files.POLL_IN if self.count else 0) | files.POLL_OUT


class _Interest:
    """One descriptor that an epoll watches. `fresh` says that something happened since it was last reported, for edge triggering."""

    __slots__ = ("data", "events", "file", "fresh", "watcher")

    def __init__(self, file: OpenFile, events: int, data: int) -> None:
        self.file = file
        self.events = events
        self.data = data
        self.fresh = True
        self.watcher: Callable[[], None] = lambda: None


class EpollFile(OpenFile):
    """epoll(7)."""

    __slots__ = ("_notify", "interests")

    def __init__(self, node: Node, notify: Callable[[WaitQueue], None]) -> None:
        super().__init__(node, 0)
        self.interests: dict[tuple[int, OpenFile], _Interest] = {}
        self._notify = notify

    def add(self, descriptor: int, file: OpenFile, events: int, data: int) -> None:
        """EPOLL_CTL_ADD."""
        interest = _Interest(file, events, data)

        def watcher() -> None:
            interest.fresh = True
            self._notify(self.queue)

        interest.watcher = watcher
        file.queue.watchers[watcher] = None
        self.interests[descriptor, file] = interest

    def forget(self, descriptor: int, file: OpenFile) -> None:
        """EPOLL_CTL_DEL, or the descriptor was closed."""
        interest = self.interests.pop((descriptor, file), None)
        if interest is not None:
            file.queue.watchers.pop(interest.watcher, None)

    def ready(self, count: int) -> list[tuple[int, int]]:
        """Up to `count` events and their data."""
        found = []
        for (descriptor, file), interest in list(self.interests.items()):
            if not file.users:
                self.forget(descriptor, file)
                continue
            if interest.events & _EDGE and not interest.fresh:
                continue
            events = file.poll() & (interest.events | files.POLL_ERR | files.POLL_HUP)
            if not events:
                continue
            interest.fresh = False
            if interest.events & _ONE_SHOT:
                interest.events = _EDGE
            found.append((events, interest.data))
            if len(found) >= count:
                break
        return found

    def poll(self) -> int:
        return 0

    def close(self) -> None:
        for descriptor, file in list(self.interests):
            self.forget(descriptor, file)


def _layout(p: Process) -> struct.Struct:
    return struct.Struct("<I4xQ" if p.arch.name == "arm64" else "<IQ")  # packed on amd64 only


def epoll_create1(p: Process, t: Thread, flags: int) -> int:
    """epoll_create1(2)."""
    return p.files.add(EpollFile(Node(p.fs, stat.S_IFREG | 0o600), p.sched.notify), bool(flags & _CLOSE_ON_EXEC))


def epoll_ctl(p: Process, t: Thread, epoll: int, operation: int, descriptor: int, event: int) -> int:
    """epoll_ctl(2)."""
    poller = p.files.get(epoll)
    file = p.files.get(descriptor)
    if not isinstance(poller, EpollFile) or poller is file:
        raise Errno("EINVAL")
    if isinstance(file, (files.SeekableFile, files.OpenDirectory)):
        raise Errno("EPERM")
    key = (descriptor, file)
    if operation == 2:  # EPOLL_CTL_DEL
        if key not in poller.interests:
            raise Errno("ENOENT")
        poller.forget(descriptor, file)
        return 0
    layout = _layout(p)
    events, data = layout.unpack(p.memory.read(event, layout.size))
    if operation == 1:  # EPOLL_CTL_ADD
        if key in poller.interests:
            raise Errno("EEXIST")
        poller.add(descriptor, file, events, data)
    elif operation == 3:  # EPOLL_CTL_MOD
        if key not in poller.interests:
            raise Errno("ENOENT")
        interest = poller.interests[key]
        interest.events, interest.data, interest.fresh = events, data, True
    else:
        raise Errno("EINVAL")
    p.sched.notify(poller.queue)
    return 0


def epoll_wait(p: Process, t: Thread, epoll: int, buffer: int, count: int, timeout: int) -> int | None:
    """epoll_wait(2); the timeout is in milliseconds."""
    return _epoll(p, t, epoll, buffer, count, None if timeout < 0 else timeout * 1_000_000)


def epoll_pwait(p: Process, t: Thread, epoll: int, buffer: int, count: int, timeout: int, mask: int, size: int) -> int | None:
    """epoll_pwait(2), without a mask."""
    if mask:
        p.count_missing("epoll_pwait with a signal mask")
        raise Errno("EINVAL")
    return epoll_wait(p, t, epoll, buffer, count, timeout)


def _epoll(p: Process, t: Thread, epoll: int, buffer: int, count: int, timeout: int | None) -> int | None:
    poller = p.files.get(epoll)
    if not isinstance(poller, EpollFile) or count <= 0:
        raise Errno("EINVAL")
    layout = _layout(p)

    def attempt() -> int | None:
        events = poller.ready(min(count, 1024))
        if not events:
            return None
        p.memory.write(buffer, b"".join(layout.pack(*event) for event in events))
        return len(events)

    result = attempt()
    if result is None:
        if timeout == 0:
            p.sched.resched = True
            return 0
        deadline = None if timeout is None else p.sched.elapsed() + timeout
        p.wait(t, Wait("epoll_wait", (poller.queue,), attempt), deadline)
    return result


def eventfd2(p: Process, t: Thread, count: int, flags: int) -> int:
    """eventfd2(2)."""
    neutral = files.READ | files.WRITE | (files.NONBLOCK if flags & _NONBLOCK else 0)
    file = EventFile(Node(p.fs, stat.S_IFREG | 0o600), neutral, count, bool(flags & 1), p.sched.notify)
    return p.files.add(file, bool(flags & _CLOSE_ON_EXEC))


def ppoll(p: Process, t: Thread, array: int, count: int, timeout: int, mask: int, size: int) -> int | None:
    """ppoll(2), without a mask."""
    if mask:
        p.count_missing("ppoll with a signal mask")
        raise Errno("EINVAL")
    return _poll(p, t, array, count, timespec(p, timeout) if timeout else None)


def poll(p: Process, t: Thread, array: int, count: int, timeout: int) -> int | None:
    """poll(2)."""
    return _poll(p, t, array, count, None if timeout < 0 else timeout * 1_000_000)


def _poll(p: Process, t: Thread, array: int, count: int, timeout: int | None) -> int | None:
    if not 0 <= count <= 4096:
        raise Errno("EINVAL")
    entries = [struct.unpack("<ihh", p.memory.read(array + 8 * i, 8)) for i in range(count)]

    def attempt() -> int | None:
        ready = 0
        for i, (descriptor, events, _) in enumerate(entries):
            found = 0
            if descriptor >= 0:
                file = p.files.files.get(descriptor)
                found = 0x20 if file is None else file.poll() & (events | files.POLL_ERR | files.POLL_HUP)
            ready += bool(found)
            p.memory.write(array + 8 * i + 6, struct.pack("<h", found))
        return ready or None

    result = attempt()
    if result is not None or timeout == 0:
        return result or 0
    queues = tuple({id(q): q for q in (p.files.files[d].queue for d, _, _ in entries if d in p.files.files)}.values())
    p.wait(t, Wait("poll", queues, attempt), None if timeout is None else p.sched.elapsed() + timeout)
    return None
