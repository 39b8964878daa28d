# SPDX-License-Identifier: GPL-2.0-or-later
"""epoll, eventfd, poll and select."""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenFile
from pygo_cross.emulate.fs.vfs import Node
from pygo_cross.emulate.kernel.calls import timespec
from pygo_cross.emulate.kernel.polling import poll_files, select_files
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import Thread, Wait, WaitQueue
from pygo_cross.emulate.linux.frames import UNBLOCKABLE

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
    """One descriptor that an epoll watches."""

    __slots__ = ("data", "events", "file", "watcher")

    def __init__(self, file: OpenFile, events: int, data: int) -> None:
        self.file = file
        self.events = events
        self.data = data
        self.watcher: Callable[[], None] = lambda: None


_Key = tuple[int, OpenFile]


class EpollFile(OpenFile):
    """epoll(7). `_hot` holds the interests that something happened to, in that order: those that may have events to report. Reporting
    takes an edge-triggered one out, and any other once it has nothing to report."""

    __slots__ = ("_hot", "_notify", "interests")

    def __init__(self, node: Node, notify: Callable[[WaitQueue], None]) -> None:
        super().__init__(node, 0)
        self.interests: dict[_Key, _Interest] = {}
        self._hot: dict[_Key, _Interest] = {}
        self._notify = notify

    def add(self, descriptor: int, file: OpenFile, events: int, data: int) -> None:
        """EPOLL_CTL_ADD."""
        key = (descriptor, file)
        interest = _Interest(file, events, data)

        def watcher() -> None:
            if not file.users:
                self.forget(descriptor, file)
                return
            self._hot[key] = interest
            if self.queue.threads or self.queue.watchers:
                self._notify(self.queue)

        interest.watcher = watcher
        file.queue.watchers[watcher] = None
        file.write_queue.watchers[watcher] = None
        self.interests[key] = self._hot[key] = interest

    def change(self, key: _Key, events: int, data: int) -> None:
        """EPOLL_CTL_MOD."""
        interest = self._hot[key] = self.interests[key]
        interest.events, interest.data = events, data

    def forget(self, descriptor: int, file: OpenFile) -> None:
        """EPOLL_CTL_DEL, or the file was closed."""
        interest = self.interests.pop((descriptor, file), None)
        self._hot.pop((descriptor, file), None)
        if interest is not None:
            file.queue.watchers.pop(interest.watcher, None)
            file.write_queue.watchers.pop(interest.watcher, None)

    def ready(self, count: int) -> list[tuple[int, int]]:
        """Up to `count` events and their data."""
        found: list[tuple[int, int]] = []
        kept: dict[_Key, _Interest] = {}
        for key in list(self._hot):
            if len(found) >= count:
                break
            interest = self._hot.pop(key)
            wanted = interest.events
            events = interest.file.poll() & (wanted | files.POLL_ERR | files.POLL_HUP)
            if not events or not wanted:
                continue
            if wanted & _ONE_SHOT:
                interest.events = 0
            elif not wanted & _EDGE:
                kept[key] = interest
            found.append((events, interest.data))
        # Behind those that did not come up, so that all get their turn.
        self._hot.update(kept)
        return found

    def poll(self) -> int:
        for interest in self._hot.values():
            if interest.file.poll() & (interest.events | files.POLL_ERR | files.POLL_HUP) and interest.events:
                return files.POLL_IN
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
        poller.change(key, events, data)
    else:
        raise Errno("EINVAL")
    p.sched.notify(poller.queue)
    return 0


def epoll_wait(p: Process, t: Thread, epoll: int, buffer: int, count: int, timeout: int) -> int | None:
    """epoll_wait(2); the timeout is in milliseconds."""
    return _epoll(p, t, epoll, buffer, count, None if timeout < 0 else timeout * 1_000_000)


def epoll_pwait(p: Process, t: Thread, epoll: int, buffer: int, count: int, timeout: int, mask: int, size: int) -> int | None:
    """epoll_pwait(2)."""
    return _masked(p, t, mask, size, lambda: epoll_wait(p, t, epoll, buffer, count, timeout))


def epoll_pwait2(p: Process, t: Thread, epoll: int, buffer: int, count: int, timeout: int, mask: int, size: int) -> int | None:
    """epoll_pwait2(2): the timeout is a struct timespec."""
    limit = timespec(p, timeout) if timeout else None
    return _masked(p, t, mask, size, lambda: _epoll(p, t, epoll, buffer, count, limit))


def _masked(p: Process, t: Thread, mask: int, size: int, call: Callable[[], int | None]) -> int | None:
    """Carry out a call with another signal mask for as long as it waits."""
    if not mask:
        return call()
    if size != 8:
        raise Errno("EINVAL")
    wanted = p.memory.u64(mask) & ~UNBLOCKABLE
    result = call()
    if t.wait is not None:
        p.signals.suspend(t, wanted)
        p.signals.interrupt(t)
    return result


def _epoll(p: Process, t: Thread, epoll: int, buffer: int, count: int, timeout: int | None) -> int | None:
    poller = p.files.get(epoll)
    if not isinstance(poller, EpollFile) or count <= 0:
        raise Errno("EINVAL")
    layout = _layout(p)

    def attempt() -> int | None:
        events = poller.ready(min(count, 1024))
        if not events:
            return None
        p.memory.write(buffer, b"".join([layout.pack(*event) for event in events]))
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
    """ppoll(2); the time that is left is not written back."""
    limit = timespec(p, timeout) if timeout else None
    return _masked(p, t, mask, size, lambda: poll_files(p, t, array, count, limit))


def poll(p: Process, t: Thread, array: int, count: int, timeout: int) -> int | None:
    """poll(2)."""
    return poll_files(p, t, array, count, None if timeout < 0 else timeout * 1_000_000)


def select(p: Process, t: Thread, count: int, reading: int, writing: int, failing: int, timeout: int) -> int | None:
    """select(2); the time that is left is not written back."""
    limit = None
    if timeout:
        seconds, micros = struct.unpack("<qq", p.memory.read(timeout, 16))
        limit = seconds * 10**9 + micros * 1000
    return select_files(p, t, count, reading, writing, failing, limit)


def pselect6(p: Process, t: Thread, count: int, reading: int, writing: int, failing: int, timeout: int, mask: int) -> int | None:
    """pselect6(2): `mask` is the address of the mask's address and size."""
    place, size = struct.unpack("<QQ", p.memory.read(mask, 16)) if mask else (0, 0)
    limit = timespec(p, timeout) if timeout else None
    return _masked(p, t, place, size, lambda: select_files(p, t, count, reading, writing, failing, limit))
