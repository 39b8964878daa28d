# SPDX-License-Identifier: GPL-2.0-or-later
"""Timer calls: setitimer and its relatives, and POSIX timers, of which Go's profiler makes one a thread."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.kernel.thread import DEAD, SignalInfo, Thread
from pygo_cross.emulate.kernel.timers import Timer
from pygo_cross.emulate.linux.clock import read_clock
from pygo_cross.emulate.linux.numbers import SI_KERNEL, SI_TIMER

if TYPE_CHECKING:
    from pygo_cross.emulate.linux.process import LinuxProcess

_SECOND: Final = 10**9
_INTERVAL: Final = struct.Struct("<qqqq")
_EVENT: Final = struct.Struct("<Qiii")
_SIGEV_SIGNAL: Final = 0
_SIGEV_NONE: Final = 1
_SIGEV_THREAD_ID: Final = 4
_ABSOLUTE: Final = 1
_MOST_TIMERS: Final = 4096
_SIGALRM: Final = 14

# ITIMER_REAL, ITIMER_VIRTUAL and ITIMER_PROF with their signals.
_SIGNALS: Final = (_SIGALRM, 26, 27)


class PosixTimer(Timer):
    """A timer of timer_create: its clock's number, and the signal that it sends."""

    __slots__ = ("clock_id", "info")

    def __init__(self, clock_id: int, clock: Callable[[], int] | None, fire: Callable[[int], None], info: SignalInfo) -> None:
        super().__init__(clock, fire)
        self.clock_id = clock_id
        self.info = info


def _process_clock(p: LinuxProcess) -> Callable[[], int]:
    return lambda: p.cpu.used_now() >> 2


def _interval(p: LinuxProcess, which: int) -> Timer:
    if not 0 <= which < len(_SIGNALS):
        raise Errno("EINVAL")
    timer = p.signals.intervals.get(which)
    if timer is None:
        signal = _SIGNALS[which]
        timer = p.signals.intervals[which] = Timer(
            _process_clock(p) if which else None,
            lambda _missed: p.signals.send_process(SignalInfo(signal, SI_KERNEL), p.sched.current if which else None),
        )
    return timer


def _pack(p: LinuxProcess, timer: Timer, unit: int) -> bytes:
    left, interval = p.sched.timers.left(timer)
    # Rounded up, so that a timer that is on never shows zero.
    values = (*divmod(interval, _SECOND), *divmod(left + unit - 1, _SECOND))
    return _INTERVAL.pack(values[0], values[1] // unit, values[2], values[3] // unit)


def _unpack(p: LinuxProcess, address: int, unit: int) -> tuple[int, int]:
    """Interval and value in nanoseconds."""
    seconds, fraction, first, first_fraction = _INTERVAL.unpack(p.memory.read(address, _INTERVAL.size))
    if min(seconds, first) < 0 or not (0 <= fraction < _SECOND // unit and 0 <= first_fraction < _SECOND // unit):
        raise Errno("EINVAL")
    return seconds * _SECOND + fraction * unit, first * _SECOND + first_fraction * unit


def setitimer(p: LinuxProcess, t: Thread, which: int, new: int, old: int) -> int:
    """setitimer(2)."""
    timer = _interval(p, which)
    before = _pack(p, timer, 1000)
    interval, value = _unpack(p, new, 1000) if new else (0, 0)
    if old:
        p.memory.write(old, before)
    if value:
        p.sched.timers.arm(timer, value, interval)
    else:
        p.sched.timers.disarm(timer)
    return 0


def getitimer(p: LinuxProcess, t: Thread, which: int, address: int) -> int:
    """getitimer(2)."""
    p.memory.write(address, _pack(p, _interval(p, which), 1000))
    return 0


def alarm(p: LinuxProcess, t: Thread, seconds: int) -> int:
    """alarm(2): the seconds that were left of the last one."""
    timer = _interval(p, 0)
    left = p.sched.timers.left(timer)[0]
    if seconds:
        p.sched.timers.arm(timer, seconds * _SECOND, 0)
    else:
        p.sched.timers.disarm(timer)
    return max(1, (left + _SECOND // 2) // _SECOND) if left else 0


def timer_create(p: LinuxProcess, t: Thread, clock: int, event: int, out: int) -> int:
    """timer_create(2)."""
    read_clock(p, clock)
    timers = p.signals.timers
    number = next(i for i in range(len(timers) + 1) if i not in timers)
    if number >= _MOST_TIMERS:
        raise Errno("EAGAIN")
    value, signal, notify, tid = number, _SIGALRM, _SIGEV_SIGNAL, 0
    if event:
        value, signal, notify, tid = _EVENT.unpack(p.memory.read(event, _EVENT.size))
    target = p.threads.get(tid)
    if notify not in (_SIGEV_SIGNAL, _SIGEV_NONE, _SIGEV_THREAD_ID) or (notify != _SIGEV_NONE and not 1 <= signal <= 64):
        raise Errno("EINVAL")
    if notify == _SIGEV_THREAD_ID and target is None:
        raise Errno("EINVAL")
    info = SignalInfo(signal, SI_TIMER, 0, 0, value, number)

    def fire(missed: int) -> None:
        if notify == _SIGEV_NONE:
            return
        if info in p.signals.pending or any(info in thread.pending for thread in p.threads.values()):
            info.overruns += missed + 1
            return
        info.overruns = missed
        if target is None or notify == _SIGEV_SIGNAL:
            p.signals.send_process(info)
        elif target.state != DEAD:
            p.signals.send(target, info)

    source: Callable[[], int] | None = None
    if clock == 2:
        source = _process_clock(p)
    elif clock == 3:
        source = partial(p.sched.processor_time, t)
    timers[number] = PosixTimer(clock, source, fire, info)
    p.memory.put_u32(out, number)
    return 0


def _timer(p: LinuxProcess, number: int) -> PosixTimer:
    timer = p.signals.timers.get(number)
    if not isinstance(timer, PosixTimer):
        raise Errno("EINVAL")
    return timer


def timer_settime(p: LinuxProcess, t: Thread, number: int, flags: int, new: int, old: int) -> int:
    """timer_settime(2)."""
    timer = _timer(p, number)
    interval, value = _unpack(p, new, 1)
    before = _pack(p, timer, 1)
    if old:
        p.memory.write(old, before)
    if not value:
        p.sched.timers.disarm(timer)
        return 0
    absolute = bool(flags & _ABSOLUTE)
    if absolute and timer.clock is None:
        value += p.sched.elapsed() - read_clock(p, timer.clock_id)
    p.sched.timers.arm(timer, value, interval, absolute)
    return 0


def timer_gettime(p: LinuxProcess, t: Thread, number: int, address: int) -> int:
    """timer_gettime(2)."""
    p.memory.write(address, _pack(p, _timer(p, number), 1))
    return 0


def timer_getoverrun(p: LinuxProcess, t: Thread, number: int) -> int:
    """timer_getoverrun(2): of the last signal."""
    return _timer(p, number).info.overruns


def timer_delete(p: LinuxProcess, t: Thread, number: int) -> int:
    """timer_delete(2)."""
    p.sched.timers.disarm(_timer(p, number))
    del p.signals.timers[number]
    return 0
