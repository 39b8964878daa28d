# SPDX-License-Identifier: GPL-2.0-or-later
"""Timers that fire without a thread waiting for them: setitimer(2), alarm(2), timer_create(2).

A timer counts on the virtual clock or on processor time (of a thread or of a process), which is that of executed code. Timers of the clock
are looked at with the deadlines of waiting threads, and like these they make the clock jump when nothing can run; those of processor time
at the end of each slice. So a profile's ticks come at the same places in every run.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Final

# A timer that was not looked at for long fires once, and says how often it should have.
_MOST_OVERRUNS: Final = 0x7FFFFFFF


class Timer:
    """One timer. `clock` is the processor time that it counts, in nanoseconds, None for the virtual clock; `fire` is told how many periods
    went by beyond the one that is over. `deadline` is by that clock, 0 if the timer is off; `interval` 0 if it fires once."""

    __slots__ = ("clock", "deadline", "fire", "interval", "serial")

    def __init__(self, clock: Callable[[], int] | None, fire: Callable[[int], None]) -> None:
        self.clock = clock
        self.fire = fire
        self.deadline = 0
        self.interval = 0
        self.serial = 0


class Timers:
    """The timers of a run that are on."""

    __slots__ = ("_elapsed", "_heap", "_serial", "processor")

    def __init__(self, elapsed: Callable[[], int]) -> None:
        """`elapsed` is the virtual clock."""
        self._elapsed = elapsed
        self._heap: list[tuple[int, int, Timer]] = []
        self._serial = 0
        self.processor: list[Timer] = []

    def arm(self, timer: Timer, value: int, interval: int, absolute: bool = False) -> None:
        """Let a timer fire in `value` nanoseconds, or when its clock shows `value`, and then every `interval` if that is not 0."""
        self.disarm(timer)
        timer.interval = interval
        if not absolute:
            value += self._elapsed() if timer.clock is None else timer.clock()
        timer.deadline = max(value, 1)
        if timer.clock is None:
            self._push(timer)
        else:
            self.processor.append(timer)

    def _push(self, timer: Timer) -> None:
        self._serial += 1
        timer.serial = self._serial
        heapq.heappush(self._heap, (timer.deadline, timer.serial, timer))

    def disarm(self, timer: Timer) -> None:
        """Switch a timer off."""
        if timer.deadline and timer.clock is not None:
            self.processor.remove(timer)
        timer.deadline = timer.serial = 0

    def left(self, timer: Timer) -> tuple[int, int]:
        """Nanoseconds until a timer fires (0: it is off), and its interval."""
        if not timer.deadline:
            return 0, timer.interval
        now = self._elapsed() if timer.clock is None else timer.clock()
        return max(timer.deadline - now, 1), timer.interval

    def next_deadline(self) -> int | None:
        """When the next timer of the virtual clock fires."""
        heap = self._heap
        while heap and heap[0][2].serial != heap[0][1]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def expire(self, now: int) -> None:
        """Fire the timers of the virtual clock whose time has come."""
        while (deadline := self.next_deadline()) is not None and deadline <= now:
            timer = heapq.heappop(self._heap)[2]
            self._fire(timer, now)
            if timer.deadline:
                self._push(timer)

    def check_processor(self) -> None:
        """Fire the timers of processor time whose time has come."""
        for timer in list(self.processor):
            now = timer.clock() if timer.clock is not None else 0
            if timer.deadline and timer.deadline <= now:
                self._fire(timer, now)
                if not timer.deadline:
                    self.processor.remove(timer)

    @staticmethod
    def _fire(timer: Timer, now: int) -> None:
        missed = 0
        if timer.interval:
            missed = min((now - timer.deadline) // timer.interval, _MOST_OVERRUNS)
            timer.deadline += (missed + 1) * timer.interval
        else:
            timer.deadline = timer.serial = 0
        timer.fire(missed)
