# SPDX-License-Identifier: GPL-2.0-or-later
"""Decides which thread runs, and keeps the virtual clock.

The threads that can run take turns. How long a turn is, who is next, and whether a thread that wakes goes before the one that woke it, is
drawn from a random sequence that begins with the seed: each seed is another interleaving, and always the same one. The clock advances
with executed code (one nanosecond for four bytes) and by a fixed step a system call; when every thread waits it jumps to the next
deadline, so sleeping costs nothing. All of it depends on the guest and the seed alone, which is what makes runs repeatable; unless the
clock is to follow the host's, which gives that up.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.kernel.thread import DEAD, RUNNABLE, WAITING, Thread, Wait, WaitQueue
from pygo_cross.emulate.kernel.timers import Timers

if TYPE_CHECKING:
    from pygo_cross.emulate.machine.cpu import Cpu

# The longest slice, and the time a system call takes, in nanoseconds.
SLICE: Final = 500_000
CALL_STEP: Final = 1_000

_MASK: Final = 0xFFFFFFFFFFFFFFFF

# 2023-11-14T22:13:20Z: the guest's clock when it starts.
EPOCH: Final = 1_700_000_000_000_000_000

# Monotonic clocks begin a second after boot, so that no time is zero.
BOOT: Final = 1_000_000_000


class Scheduler:
    """The threads of all processes. `cpu` is the processor of the thread that runs, `others` what every other one executed, in bytes;
    `extra` is the part of the clock that does not come from executed code; `host` says that it follows the host's clock, `epoch` is
    the wall clock's time at its start, in nanoseconds since 1970."""

    __slots__ = (
        "_deadlines",
        "_origin",
        "_random",
        "_sequence",
        "cpu",
        "current",
        "epoch",
        "extra",
        "host",
        "others",
        "ready",
        "resched",
        "since",
        "threads",
        "timers",
    )

    cpu: Cpu

    def __init__(self, seed: int = 0, host: bool = False) -> None:
        self.host = host
        self._origin = time.monotonic_ns()
        self.epoch = time.time_ns() if host else EPOCH
        self.others = 0
        self._random = seed * 0xD1342543DE82EF95 + 0x2545F4914F6CDD1D & _MASK
        self._deadlines: list[tuple[int, int, Thread]] = []
        self._sequence = 0
        self.threads: dict[int, Thread] = {}
        self.ready: deque[Thread] = deque()
        self.current: Thread | None = None
        self.extra = 0
        self.resched = False
        self.since = 0  # what all had executed when the current thread's turn began
        self.timers = Timers(self.elapsed)

    def _draw(self) -> int:
        """The next 64 random bits (splitmix64)."""
        state = self._random = self._random + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        return state ^ state >> 31

    def slice(self) -> int:
        """How long the next thread may run: of every order of magnitude alike, since one race needs a long turn, another a short one."""
        bits = self._draw()
        longest = SLICE >> (bits & 255) % 7
        return longest - (bits >> 8) % (longest >> 2)

    def elapsed(self) -> int:
        """Nanoseconds since the start, on the virtual clock."""
        return self.extra + (self.others + self.cpu.used_now() >> 2)

    def follow_host(self) -> None:
        """Set the clock to the host's, which it follows from one stop of the processor to the next; it never goes back."""
        self.extra += max(0, time.monotonic_ns() - self._origin - self.elapsed())

    def used(self) -> int:
        """Bytes of code that all processors have executed."""
        return self.others + self.cpu.used_now()

    def turn(self, thread: Thread) -> None:
        """A thread is to run: what was executed from here on is its own."""
        used = self.used()
        if self.current is not None:
            self.current.used += used - self.since
        self.since = used
        self.current = thread

    def processor_time(self, thread: Thread) -> int:
        """Nanoseconds of executed code, of one thread."""
        return thread.used + (self.used() - self.since if thread is self.current else 0) >> 2

    def activate(self, cpu: Cpu) -> None:
        """A thread of this processor is to run."""
        if cpu is not self.cpu:
            self.others += self.cpu.used - cpu.used
            self.cpu = cpu

    def now(self) -> int:
        """Nanoseconds since 1970, on the guest's clock."""
        return self.epoch + self.elapsed()

    def add(self, thread: Thread) -> None:
        """Admit a new thread; it can run."""
        self.threads[thread.tid] = thread
        thread.process.threads[thread.tid] = thread
        self.ready.append(thread)

    def remove(self, thread: Thread) -> None:
        """A thread has ended."""
        thread.state = DEAD
        self.cancel(thread)
        del self.threads[thread.tid]
        del thread.process.threads[thread.tid]
        if self.current is thread:
            self.current = None

    def wait(self, thread: Thread, wait: Wait, deadline: int | None = None) -> None:
        """Put a thread to sleep until an event, or until `deadline` (by `elapsed`)."""
        self._sequence += 1
        thread.state = WAITING
        thread.wait = wait
        thread.sequence = self._sequence
        thread.deadline = deadline
        for queue in wait.queues:
            queue.threads[thread] = None
        if deadline is not None:
            heapq.heappush(self._deadlines, (deadline, self._sequence, thread))

    def cancel(self, thread: Thread) -> Wait | None:
        """Take a thread out of whatever it waits for, and return that."""
        wait = thread.wait
        if wait is not None:
            for queue in wait.queues:
                queue.threads.pop(thread, None)
        thread.wait = None
        thread.deadline = None
        return wait

    def wake(self, thread: Thread, result: int | None) -> None:
        """Let a waiting thread run; its call returns `result`, or what is in its registers if None."""
        self.cancel(thread)
        thread.state = RUNNABLE
        thread.result = result
        self.ready.append(thread)
        if not self._draw() & 3:
            self.resched = True

    def attempt(self, thread: Thread, action: Callable[[], int | None]) -> int | None:
        """What `action` gives on behalf of a thread, an error being turned into the guest's result."""
        try:
            return action()
        except Errno as error:
            return thread.process.error_result(thread, error.name)

    def notify(self, queue: WaitQueue) -> None:
        """Something happened: let watchers know, and try every waiting thread's call again, in order."""
        for watcher in list(queue.watchers):
            watcher()
        for thread in list(queue.threads):
            wait = thread.wait
            if wait is None or wait.retry is None or wait.trying:
                continue
            # What is tried may notify others, and they this queue: a call must not begin anew within itself.
            wait.trying = True
            result = self.attempt(thread, wait.retry)
            wait.trying = False
            if result is not None and thread.wait is wait:
                self.wake(thread, result)

    def expire(self) -> None:
        """End the waits whose deadline has come."""
        heap = self._deadlines
        now = self.elapsed()
        while heap and heap[0][0] <= now:
            _, sequence, thread = heapq.heappop(heap)
            wait = thread.wait
            if wait is None or thread.sequence != sequence or thread.deadline is None:
                continue
            if isinstance(wait.timeout, int):
                self.wake(thread, wait.timeout)
                continue
            thread.deadline = None
            result = self.attempt(thread, wait.timeout)
            if result is not None and thread.wait is wait:
                self.wake(thread, result)
        self.timers.expire(now)
        if self.timers.processor:
            self.timers.check_processor()

    def skip_to_deadline(self) -> bool:
        """Advance the clock to the next deadline, or let the host's advance towards it; False if there is none."""
        heap = self._deadlines
        while heap and (heap[0][2].sequence != heap[0][1] or heap[0][2].wait is None or heap[0][2].deadline is None):
            heapq.heappop(heap)
        deadline = self.timers.next_deadline()
        if heap:
            deadline = heap[0][0] if deadline is None else min(deadline, heap[0][0])
        if deadline is None:
            return False
        if self.host:
            # In steps, so that limits are looked at, and input is.
            time.sleep(min(max(0, deadline - self.elapsed()) / 10**9, 0.01))
            self.follow_host()
            return True
        self.extra += max(0, deadline - self.elapsed())
        return True

    def next(self) -> Thread | None:
        """The next thread that can run, or None if all wait."""
        ready = self.ready
        while ready:
            if len(ready) > 1:
                ready.rotate(-(self._draw() % len(ready)))
            thread = ready.popleft()
            if thread.state == RUNNABLE:
                if not thread.process.signals.stopped:
                    return thread
                thread.process.signals.parked.append(thread)
        return None
