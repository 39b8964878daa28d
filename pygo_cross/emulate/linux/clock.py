# SPDX-License-Identifier: GPL-2.0-or-later
"""Time, by the virtual clock."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno, GuestFault
from pygo_cross.emulate.kernel.calls import timespec
from pygo_cross.emulate.kernel.sched import BOOT
from pygo_cross.emulate.kernel.thread import Thread, Wait
from pygo_cross.emulate.linux.numbers import ERRORS

if TYPE_CHECKING:
    from pygo_cross.emulate.linux.process import LinuxProcess

_REALTIME: Final = frozenset((0, 5))
_MONOTONIC: Final = frozenset((1, 4, 6, 7))
_PROCESS: Final = 2
_THREAD: Final = 3


def read_clock(p: LinuxProcess, clock: int) -> int:
    """A clock in nanoseconds; that of processor time of a thread is the running thread's."""
    if clock in _REALTIME:
        return p.sched.now()
    if clock in _MONOTONIC:
        return p.sched.elapsed() + BOOT
    if clock == _PROCESS:
        return p.used()
    if clock == _THREAD:
        return p.sched.processor_time(p.sched.current) if p.sched.current is not None else 0
    raise Errno("EINVAL")


def clock_gettime(p: LinuxProcess, t: Thread, clock: int, address: int) -> int:
    """clock_gettime(2)."""
    p.memory.write(address, struct.pack("<QQ", *divmod(read_clock(p, clock), 10**9)))
    return 0


def clock_getres(p: LinuxProcess, t: Thread, clock: int, address: int) -> int:
    """clock_getres(2)."""
    read_clock(p, clock)
    if address:
        p.memory.write(address, struct.pack("<QQ", 0, 1))
    return 0


def gettimeofday(p: LinuxProcess, t: Thread, address: int, zone: int) -> int:
    """gettimeofday(2)."""
    if address:
        seconds, rest = divmod(p.sched.now(), 10**9)
        p.memory.write(address, struct.pack("<QQ", seconds, rest // 1000))
    return 0


def _sleep(p: LinuxProcess, t: Thread, kind: str, deadline: int, rest: int) -> None:
    """Sleep until `deadline` (by the clock's `elapsed`); a signal writes what was left to `rest`, unless that is null."""

    def interrupt() -> None:
        if rest:
            with suppress(GuestFault):
                p.memory.write(rest, struct.pack("<QQ", *divmod(max(deadline - p.sched.elapsed(), 0), 10**9)))
        p.sched.wake(t, -ERRORS["EINTR"])

    p.wait(t, Wait(kind, interrupt=interrupt), deadline)


def nanosleep(p: LinuxProcess, t: Thread, request: int, rest: int) -> None:
    """nanosleep(2)."""
    _sleep(p, t, "nanosleep", p.sched.elapsed() + timespec(p, request), rest)


def clock_nanosleep(p: LinuxProcess, t: Thread, clock: int, flags: int, request: int, rest: int) -> None:
    """clock_nanosleep(2)."""
    deadline = timespec(p, request)
    deadline += p.sched.elapsed() - (read_clock(p, clock) if flags & 1 else 0)
    _sleep(p, t, "clock_nanosleep", deadline, 0 if flags & 1 else rest)
