# SPDX-License-Identifier: GPL-2.0-or-later
"""Signals: who gets one, when, and what it does by default. How a handler's frame looks is up to linux/ and darwin/.

A handler runs on a copy of the thread's registers: they are saved whole before the frame is built, and restored on return under those
that the frame holds, which Go's handlers edit (to make a fault look like a call of `sigpanic`, and to preempt).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.emulate import cpu
from pygo_cross.emulate.errors import GuestFault, Lacking, ProcessExit
from pygo_cross.emulate.thread import WAITING, SignalInfo, Thread

if TYPE_CHECKING:
    from pygo_cross.emulate.process import Process

HANDLER_DEFAULT: Final = 0
HANDLER_IGNORE: Final = 1

# Frames that a thread may have on top of each other before its stack is taken to be lost.
_MAX_NESTED: Final = 64


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


class SignalFacts:
    """A system's numbers: names to numbers, the signals ignored by default, those that stop, those that mean a crash, the flags of
    sigaction, and what an access that memory's protection forbids raises."""

    __slots__ = ("fatal", "ignored", "no_defer", "numbers", "on_stack", "protection", "reset_hand", "restart", "stopping")

    def __init__(
        self,
        numbers: dict[str, int],
        ignored: frozenset[int],
        stopping: frozenset[int],
        flags: tuple[int, int, int, int],
        protection: str = "SIGSEGV",
    ) -> None:
        self.numbers = numbers
        self.ignored = ignored
        self.fatal = frozenset(numbers[name] for name in _FATAL if name in numbers)
        self.stopping = stopping
        self.protection = protection
        self.on_stack, self.restart, self.no_defer, self.reset_hand = flags


class Signals:
    """The actions and the pending signals of one process."""

    __slots__ = ("_process", "actions", "facts", "pending")

    facts: SignalFacts

    def __init__(self, process: Process) -> None:
        self._process = process
        self.actions: dict[int, Action] = {}
        self.pending: list[SignalInfo] = []

    def action(self, number: int) -> Action:
        """The action of a signal."""
        return self.actions.get(number, _NO_ACTION)

    def _is_ignored(self, number: int) -> bool:
        handler = self.action(number).handler
        return handler == HANDLER_IGNORE or (handler == HANDLER_DEFAULT and number in self.facts.ignored)

    def send(self, thread: Thread, info: SignalInfo) -> None:
        """Send a signal to one thread."""
        if self._is_ignored(info.signal) and not thread.mask >> (info.signal - 1) & 1:
            return
        if any(other.signal == info.signal for other in thread.pending):
            return
        thread.pending.append(info)
        self._interrupt(thread)

    def send_process(self, info: SignalInfo) -> None:
        """Send a signal to whichever thread does not block it, or keep it until one does not."""
        bit = 1 << (info.signal - 1)
        threads = self._process.threads
        current = self._process.sched.current
        if current is not None and current.process is self._process and not current.mask & bit:
            self.send(current, info)
            return
        for thread in threads.values():
            if not thread.mask & bit:
                self.send(thread, info)
                return
        if all(other.signal != info.signal for other in self.pending):
            self.pending.append(info)

    def _interrupt(self, thread: Thread) -> None:
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

    def deliver(self, thread: Thread) -> None:
        """Let the current thread take its pending signals that it does not block."""
        if self.pending:
            self.unmasked(thread)
        for info in list(thread.pending):
            if thread.mask >> (info.signal - 1) & 1:
                continue
            thread.pending.remove(info)
            self._take(thread, info, forced=False)

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
                raise Lacking("stopped", f"the guest stopped itself by signal {number}, and there is no one to continue it")
            raise ProcessExit(0, number)
        if len(thread.frames) >= _MAX_NESTED:
            raise ProcessExit(0, self.facts.numbers["SIGSEGV"])
        process.counters.signals += 1
        if thread.restartable:
            thread.restartable = False
            if action.flags & self.facts.restart:
                process.restart_call(thread)
        try:
            process.push_frame(thread, number, info, action)
        except GuestFault:
            raise ProcessExit(0, self.facts.numbers["SIGSEGV"]) from None
        thread.mask |= action.mask
        if not action.flags & self.facts.no_defer:
            thread.mask |= 1 << (number - 1)
        if action.flags & self.facts.reset_hand:
            self.actions[number] = Action()

    def kill_by(self, name: str) -> None:
        """End the process by a signal that no handler can take."""
        raise ProcessExit(0, self.facts.numbers[name])

    def fault(self, thread: Thread, stop: int) -> None:
        """Turn the reason why the processor stopped into the signal that the guest's kernel would send."""
        process = self._process
        processor = process.cpu
        pc = processor.pc()
        numbers = self.facts.numbers
        if stop == cpu.STOP_FAULT:
            area = process.memory.area_at(processor.fault_address)
            name, code = (self.facts.protection, 2) if area is not None else ("SIGSEGV", 1)
            address = processor.fault_address
        elif stop == cpu.STOP_ILLEGAL:
            name, code, address = "SIGILL", 1, pc
        elif stop == cpu.STOP_TRAP:
            name, code, address = "SIGTRAP", 1, pc
        elif stop == cpu.STOP_ARITHMETIC:
            name, code, address = "SIGFPE", 1, pc
        else:
            name, code, address = "SIGSEGV", 0x80, 0
        self._take(thread, SignalInfo(numbers[name], code, address), forced=True)
