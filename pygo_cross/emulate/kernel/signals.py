# SPDX-License-Identifier: GPL-2.0-or-later
"""Signals: who gets one, when, and what it does by default. How a handler's frame looks is up to linux/ and darwin/.

A handler runs on a copy of the thread's registers: they are saved whole before the frame is built, and restored on return under those
that the frame holds, which Go's handlers edit (to make a fault look like a call of `sigpanic`, and to preempt).

A process that is stopped keeps its threads out of the scheduler (`parked`) until it is continued or killed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import GuestFault, ProcessExit
from pygo_cross.emulate.kernel.thread import CONTINUED, STOPPED, WAITING, SignalInfo, Thread, Wait, WaitQueue
from pygo_cross.emulate.kernel.timers import Timer
from pygo_cross.emulate.machine.cpu import STOP_FAULT
from pygo_cross.emulate.machine.memory import BEHIND_FILE

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process

HANDLER_DEFAULT: Final = 0
HANDLER_IGNORE: Final = 1

# Frames that a thread may have on top of each other before its stack is taken to be lost.
_MAX_NESTED: Final = 4096

# Signals from here on queue, those before are pending once at most.
_FIRST_REAL_TIME: Final = 32


class Action:
    """What a process does on a signal; flags are the guest system's own."""

    __slots__ = ("flags", "handler", "mask", "restorer")

    def __init__(self, handler: int = 0, flags: int = 0, mask: int = 0, restorer: int = 0) -> None:
        self.handler = handler
        self.flags = flags
        self.mask = mask
        self.restorer = restorer


_NO_ACTION: Final = Action()


# The signals that leave a core by default: who dies of one has gone wrong, who dies of another was told to end.
_FATAL: Final = ("SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGSYS")

# What a kernel makes of a fault: by the processor's reason to stop (cpu.STOP_*), the architecture, the program counter, the address, and
# whether there is memory: the signal's name, code and address.
Explain = Callable[[int, str, int, int, bool], tuple[str, int, int]]


class SignalFacts:
    """A system's numbers: names to numbers, the signals ignored by default, those that stop, those that mean a crash, the flags of
    sigaction, and what signal a fault raises."""

    __slots__ = (
        "continues", "explain", "fatal", "ignored", "kill", "last", "no_child_stop", "no_child_wait", "no_defer", "numbers", "on_stack",
        "reset_hand", "restart", "stopping",
    )  # fmt: skip

    def __init__(
        self,
        numbers: dict[str, int],
        ignored: frozenset[int],
        stopping: frozenset[int],
        flags: tuple[int, int, int, int, int, int],
        explain: Explain,
        last: int,
    ) -> None:
        self.last = last
        self.numbers = numbers
        self.ignored = ignored
        self.fatal = frozenset(numbers[name] for name in _FATAL if name in numbers)
        self.stopping = stopping
        self.explain = explain
        self.continues = numbers["SIGCONT"]
        self.kill = numbers["SIGKILL"]
        self.on_stack, self.restart, self.no_defer, self.reset_hand, self.no_child_stop, self.no_child_wait = flags


class SignalWait(Wait):
    """A thread waits for signals of the set `awaited` (a mask), which it blocks, to take them without a handler."""

    __slots__ = ("awaited",)

    def __init__(self, awaited: int, kind: str, queues: tuple[WaitQueue, ...], retry: Callable[[], int | None], timeout: int) -> None:
        super().__init__(kind, queues, retry, timeout)
        self.awaited = awaited


class Signals:
    """The actions, the pending signals and the timers of one process. `stopped` is the signal that stopped it, or 0; `arrived` is notified
    of every signal that becomes pending; `intervals` are setitimer's timers by number, `timers` those of timer_create."""

    __slots__ = ("_process", "actions", "arrived", "facts", "intervals", "parked", "pending", "stopped", "timers")

    facts: SignalFacts

    def __init__(self, process: Process) -> None:
        self._process = process
        self.actions: dict[int, Action] = {}
        self.pending: list[SignalInfo] = []
        self.arrived = WaitQueue()
        self.stopped = 0
        self.parked: list[Thread] = []
        self.intervals: dict[int, Timer] = {}
        self.timers: dict[int, Timer] = {}

    def close(self) -> None:
        """The process has ended: no timer of it fires any more."""
        for timer in (*self.intervals.values(), *self.timers.values()):
            self._process.sched.timers.disarm(timer)

    def action(self, number: int) -> Action:
        """The action of a signal."""
        return self.actions.get(number, _NO_ACTION)

    def set_action(self, number: int, action: Action) -> None:
        """Set the action of a signal; what is pending of a signal that is ignored from now on is forgotten."""
        self.actions[number] = action
        if self._is_ignored(number):
            self._discard(lambda pending: pending == number)

    def _is_ignored(self, number: int) -> bool:
        handler = self.action(number).handler
        return handler == HANDLER_IGNORE or (handler == HANDLER_DEFAULT and number in self.facts.ignored)

    def _discard(self, which: Callable[[int], bool]) -> None:
        self.pending = [info for info in self.pending if not which(info.signal)]
        for thread in self._process.threads.values():
            if thread.pending:
                thread.pending = [info for info in thread.pending if not which(info.signal)]

    def _prepare(self, number: int) -> None:
        """Signals that stop and the one that continues cancel each other out when they are sent; continuing happens at once."""
        facts = self.facts
        if number == facts.continues or number == facts.kill:
            self._discard(lambda pending: pending in facts.stopping)
            if self.stopped:
                self.stopped = 0
                self._process.sched.ready.extend(self.parked)
                self.parked.clear()
                self._process.happened(CONTINUED, facts.continues)
        elif number in facts.stopping:
            self._discard(lambda pending: pending == facts.continues)

    def is_fatal(self, number: int) -> bool:
        """Whether a signal from outside ends the process, one of its threads not blocking it."""
        facts = self.facts
        if number == facts.kill:
            return True
        if self.stopped or self.action(number).handler != HANDLER_DEFAULT or number in facts.ignored or number in facts.stopping:
            return False
        return any(not thread.mask >> (number - 1) & 1 for thread in self._process.threads.values())

    def forgets_children(self) -> bool:
        """Whether children leave no zombies: SIGCHLD is ignored in so many words, or has SA_NOCLDWAIT."""
        action = self.action(self.facts.numbers["SIGCHLD"])
        return action.handler == HANDLER_IGNORE or bool(action.flags & self.facts.no_child_wait)

    def ignores_stopped_children(self) -> bool:
        """SA_NOCLDSTOP: no SIGCHLD for children that stop or go on."""
        return bool(self.action(self.facts.numbers["SIGCHLD"]).flags & self.facts.no_child_stop)

    def reset(self) -> None:
        """A program is executed: handlers and timers of timer_create are gone, ignored signals stay so."""
        for timer in self.timers.values():
            self._process.sched.timers.disarm(timer)
        self.timers.clear()
        self.actions = {number: Action(HANDLER_IGNORE) for number, action in self.actions.items() if action.handler == HANDLER_IGNORE}

    def send(self, thread: Thread, info: SignalInfo) -> None:
        """Send a signal to one thread."""
        number = info.signal
        self._prepare(number)
        if self._is_ignored(number) and not thread.mask >> (number - 1) & 1:
            return
        if number < _FIRST_REAL_TIME and any(other.signal == number for other in thread.pending):
            return
        thread.pending.append(info)
        self._arrive()
        self.interrupt(thread)

    def send_process(self, info: SignalInfo, prefer: Thread | None = None) -> None:
        """Send a signal to a thread that does not block it or that waits for it, the first one rather than others, `prefer` rather than
        the first; or keep it until there is such a thread."""
        number = info.signal
        bit = 1 << (number - 1)
        if prefer is not None and prefer.process is self._process and not prefer.state and not prefer.mask & bit:
            self.send(prefer, info)
            return
        for thread in self._process.threads.values():
            wait = thread.wait
            if not thread.mask & bit or (isinstance(wait, SignalWait) and wait.awaited & bit):
                self.send(thread, info)
                return
        self._prepare(number)
        if number >= _FIRST_REAL_TIME or all(other.signal != number for other in self.pending):
            self.pending.append(info)
            self._arrive()

    def _arrive(self) -> None:
        if self.arrived.threads or self.arrived.watchers:
            self._process.sched.notify(self.arrived)

    def take_pending(self, thread: Thread, wanted: int) -> SignalInfo | None:
        """Take a pending signal out of the set `wanted` (a mask), for those who wait for signals without handling them."""
        for pending in (thread.pending, self.pending):
            for info in sorted(pending, key=lambda info: info.signal):
                if wanted >> (info.signal - 1) & 1:
                    pending.remove(info)
                    return info
        return None

    def interrupt(self, thread: Thread) -> None:
        """Wake a thread that sleeps in a call, if it has a signal to take."""
        if thread.state != WAITING or not any(not thread.mask >> (info.signal - 1) & 1 for info in thread.pending):
            return
        sched = self._process.sched
        wait = thread.wait
        if wait is None:
            return
        if wait.interrupt is not None:
            wait.interrupt()
            return
        # The result is EINTR; `deliver` turns it into a new start of the call where the handler asks for that.
        sched.wake(thread, self._process.error_result(thread, "EINTR"))
        thread.restartable = wait.restart

    def unmasked(self, thread: Thread) -> None:
        """A thread's mask has changed: take what was kept for it."""
        for info in list(self.pending):
            if not thread.mask >> (info.signal - 1) & 1:
                self.pending.remove(info)
                thread.pending.append(info)

    def suspend(self, thread: Thread, mask: int) -> None:
        """Change a thread's mask for the duration of a call; the handler that ends the call returns to the mask of before."""
        thread.saved_mask = thread.mask
        thread.mask = mask
        self.unmasked(thread)

    def end_suspension(self, thread: Thread) -> None:
        """A call that changed the mask is over: take what it let through, then the mask is as before."""
        self.deliver(thread)
        if thread.saved_mask is not None:
            thread.mask, thread.saved_mask = thread.saved_mask, None
            self.unmasked(thread)

    def deliver(self, thread: Thread) -> None:
        """Let the current thread take its pending signals that it does not block."""
        if self.pending:
            self.unmasked(thread)
        for info in list(thread.pending):
            if thread.mask >> (info.signal - 1) & 1 or self.stopped:
                continue
            if info in thread.pending:
                thread.pending.remove(info)
                self._take(thread, info, forced=False)
        if thread.restartable:
            # No handler has run.
            thread.restartable = False
            self._process.restart_call(thread)

    def _take(self, thread: Thread, info: SignalInfo, forced: bool) -> None:
        number = info.signal
        action = self.action(number)
        process = self._process
        blocked = bool(thread.mask >> (number - 1) & 1)
        if forced and (action.handler <= HANDLER_IGNORE or blocked):
            raise ProcessExit(0, number)
        if action.handler <= HANDLER_IGNORE:
            if self._is_ignored(number):
                return
            if number in self.facts.stopping:
                self.stopped = number
                process.happened(STOPPED, number)
                return
            raise ProcessExit(0, number)
        self._forget_left_frames(thread)
        if len(thread.frames) >= _MAX_NESTED:
            raise ProcessExit(0, self.facts.numbers["SIGSEGV"])
        process.counters.signals += 1
        if thread.restartable:
            thread.restartable = False
            if action.flags & self.facts.restart:
                process.restart_call(thread)
        if process.kernel.watch is not None:
            process.kernel.watch.signal(thread, info)
        mask = thread.mask
        if thread.saved_mask is not None:
            thread.mask, thread.saved_mask = thread.saved_mask, None
        try:
            process.push_frame(thread, number, info, action)
        except GuestFault:
            raise ProcessExit(0, self.facts.numbers["SIGSEGV"]) from None
        thread.mask = mask | action.mask
        if not action.flags & self.facts.no_defer:
            thread.mask |= 1 << (number - 1)
        if action.flags & self.facts.reset_hand:
            self.actions[number] = Action(HANDLER_DEFAULT, action.flags, action.mask, action.restorer)

    def _forget_left_frames(self, thread: Thread) -> None:
        """Forget the frames of handlers that were left by a jump: on the alternate stack, the stack pointer is above them."""
        if not thread.frames:
            return
        sp = self._process.sp()
        start, end = thread.alt_start, thread.alt_start + thread.alt_size
        if start <= sp < end:
            while thread.frames and start <= thread.frames[-1][0] < sp:
                self._process.cpu.engine.release_context(thread.frames.pop()[1])

    def kill_by(self, name: str) -> None:
        """End the process by a signal that no handler can take."""
        raise ProcessExit(0, self.facts.numbers[name])

    def fault(self, thread: Thread, stop: int) -> None:
        """Turn the reason why the processor stopped into the signal that the guest's kernel would send."""
        process = self._process
        processor = process.cpu
        area = process.memory.area_at(processor.fault_address)
        if stop == STOP_FAULT and area is not None and area.name == BEHIND_FILE:
            self._take(thread, SignalInfo(self.facts.numbers["SIGBUS"], 2, processor.fault_address), forced=True)
            return
        name, code, address = self.facts.explain(stop, process.arch.name, processor.pc(), processor.fault_address, area is not None)
        self._take(thread, SignalInfo(self.facts.numbers[name], code, address), forced=True)
