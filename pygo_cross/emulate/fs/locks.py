# SPDX-License-Identifier: GPL-2.0-or-later
"""Advisory locks: flock(2)'s, which belong to an open file, and fcntl(2)'s on ranges, which belong to a process or to an open file.

The locks of a file are kept with its node. The two kinds do not see each other, as on Linux. Locks exist among the processes of one guest
only: nothing is locked on the host.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.emulate.kernel.thread import WaitQueue

# Past every offset: a lock of length 0 reaches here.
END: Final = 1 << 63


class RangeLock:
    """A lock of `owner` on the bytes from `start` to `end`; `pid` is what F_GETLK tells of it, -1 for one of an open file."""

    __slots__ = ("end", "exclusive", "owner", "pid", "start")

    def __init__(self, owner: object, pid: int, start: int, end: int, exclusive: bool) -> None:
        self.owner = owner
        self.pid = pid
        self.start = start
        self.end = end
        self.exclusive = exclusive


class Locks:
    """All locks of one file. `notify` wakes those who wait in `queue`."""

    __slots__ = ("_notify", "_ranges", "_whole", "queue")

    def __init__(self, notify: Callable[[WaitQueue], None]) -> None:
        self._notify = notify
        self._whole: dict[object, bool] = {}
        self._ranges: list[RangeLock] = []
        self.queue = WaitQueue()

    def lock_whole(self, owner: object, exclusive: bool) -> bool:
        """flock: whether `owner` has the lock now. One that it held in another mode is given up first, also if this fails."""
        if self._whole.get(owner) == exclusive and owner in self._whole:
            return True
        held = self._whole.pop(owner, None)
        free = not any(exclusive or other for other in self._whole.values())
        if free:
            self._whole[owner] = exclusive
        if held is not None:
            self._notify(self.queue)
        return free

    def unlock_whole(self, owner: object) -> None:
        """flock with LOCK_UN, and what closing an open file does."""
        if self._whole.pop(owner, None) is not None:
            self._notify(self.queue)

    def conflict(self, owner: object, start: int, end: int, exclusive: bool) -> RangeLock | None:
        """A range lock of somebody else that stands in the way."""
        for lock in self._ranges:
            if lock.owner is not owner and lock.start < end and start < lock.end and (exclusive or lock.exclusive):
                return lock
        return None

    def lock_range(self, owner: object, pid: int, start: int, end: int, exclusive: bool) -> bool:
        """F_SETLK: whether `owner` has the lock now; it replaces what the owner held there."""
        if self.conflict(owner, start, end, exclusive) is not None:
            return False
        self._replace(owner, start, end, RangeLock(owner, pid, start, end, exclusive))
        return True

    def unlock_range(self, owner: object, start: int = 0, end: int = END) -> None:
        """F_UNLCK: the owner's locks there end, a longer one being split."""
        self._replace(owner, start, end, None)

    def _replace(self, owner: object, start: int, end: int, new: RangeLock | None) -> None:
        kept = [] if new is None else [new]
        changed = False
        for lock in self._ranges:
            if lock.owner is not owner or lock.end <= start or end <= lock.start:
                kept.append(lock)
                continue
            changed = True
            if lock.start < start:
                kept.append(RangeLock(owner, lock.pid, lock.start, start, lock.exclusive))
            if lock.end > end:
                kept.append(RangeLock(owner, lock.pid, end, lock.end, lock.exclusive))
        self._ranges = kept
        # Last, because those who are woken try again at once.
        if changed:
            self._notify(self.queue)
