# SPDX-License-Identifier: GPL-2.0-or-later
"""One guest process, whatever its system: its place among the others, its files and signals, its program in an address space.

linux/ and darwin/ derive from `Process`. They load a program and set up its first thread, say what a call is, build signal frames, and
give error names their numbers. What processes share is the `Kernel`'s.

A process begins as a copy of another (`fork`), in a copy of its address space or, until it executes a program or ends, in the very same
one. After its end it stays a zombie in its parent's `children` until it is waited for; a process without a parent is init's, which waits
for it at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno, LimitReached, ProcessExit
from pygo_cross.emulate.fs.files import FileTable, OpenFile
from pygo_cross.emulate.fs.vfs import Directory
from pygo_cross.emulate.kernel.signals import Signals
from pygo_cross.emulate.kernel.thread import EXITED, KILLED, SignalInfo, Thread, Wait, WaitQueue
from pygo_cross.emulate.loader import buildinfo
from pygo_cross.emulate.loader.image import Image
from pygo_cross.emulate.machine import amd64, arm64
from pygo_cross.emulate.machine.space import AddressSpace

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.kernel import Kernel
    from pygo_cross.emulate.machine.cpu import Cpu
    from pygo_cross.emulate.machine.engine import Registers
    from pygo_cross.emulate.machine.memory import Memory

ARCHES: Final = {"amd64": amd64.AMD64, "arm64": arm64.ARM64}

INIT_PID: Final = 1



class Process:
    """The parts of a guest process that its system does not change."""

    # Facts that linux/ and darwin/ give.
    system = ""
    error_numbers: dict[str, int]
    pages: dict[str, int]
    at_fdcwd = 0
    search_top = 0

    # What a program brings along.
    image: Image
    executable: bytes
    arguments: list[bytes]
    environment: list[bytes]
    space: AddressSpace
    cpu: Cpu
    memory: Memory
    result_register: Registers
    _sp: Registers

    def __init__(self, kernel: Kernel, arch: str, files: FileTable, cwd: Directory) -> None:
        self.kernel = kernel
        self.arch = ARCHES[arch]
        self.page = self.pages[arch]
        self.pid = kernel.new_id()
        self.parent: Process | None = None
        self.creator: Thread | None = None  # the parent's thread that made it
        self.children: dict[int, Process] = {}
        self.group = self.pid
        self.session = self.pid
        self.executed = False  # whether it has executed a program since it was forked
        self.exit_signal = 0  # what its parent is sent at its end
        self.death_signal = 0  # what it is sent at its parent's end
        # What became of it and was not yet waited for: a code, and the exit status or the signal. Zombies keep it for good.
        self.zombie = False
        self.event: tuple[int, int] | None = None
        self.child_queue = WaitQueue()  # those who wait for a child
        self.end_queue = WaitQueue()  # those who wait for this one's end
        self.released: Callable[[], None] | None = None  # ends the wait of the thread that made it by vfork
        self.threads: dict[int, Thread] = {}
        self.opening: dict[Thread, OpenFile] = {}  # what threads have opened but for the other end, which they wait for
        self._used_before = 0
        self._used_at_start = 0
        self.children_used = 0
        self.children_peak = 0
        self.files = files
        self.cwd = cwd
        self.umask = 0o022
        self.resources: dict[int, tuple[int, int]] = {}  # limits (soft, hard) that were set, by the system's numbers
        self.signals = Signals(self)
        # The kernel's, which handlers use much.
        self.options = kernel.options
        self.limits = kernel.limits
        self.fs = kernel.fs
        self.sched = kernel.sched
        self.counters = kernel.counters
        self.random = kernel.random
        self.count_missing = kernel.count_missing
        kernel.processes[self.pid] = self
        kernel.counters.processes += 1

    # What linux/ and darwin/ do.

    def load(self) -> Thread:
        """Fill the new address space with the program; returns its first thread, whose registers are in the engine."""
        raise NotImplementedError

    def inherit(self, parent: Process, thread: Thread, twin: Thread) -> None:
        """What a forked process has of its parent besides what all have; `twin` is its first thread, forked from `thread`."""

    def gone(self) -> None:
        """The process is not even a zombie any more."""

    def error_result(self, thread: Thread, name: str) -> int:
        """The value that a failing call returns, after telling `thread` the reason where that is not in the value."""
        raise NotImplementedError

    def dispatch(self, thread: Thread) -> None:
        """Carry out the call that `thread`, the current one, has just made."""
        raise NotImplementedError

    def restart_call(self, thread: Thread) -> None:
        """Set the current thread back so that it makes its call again."""
        raise NotImplementedError

    def push_frame(self, thread: Thread, number: int, info: object, action: object) -> None:
        """Make the current thread enter a signal handler."""
        raise NotImplementedError

    def import_at(self, pc: int) -> str:
        """The name of the system's function that `pc` is in, where the system comes as functions; else nothing."""
        return ""

    # Services for them.

    def attach(self, space: AddressSpace) -> None:
        """Live in an address space; linux/ and darwin/ add the registers that they use."""
        self.space = space
        self.cpu = space.cpu
        self.memory = space.memory
        self.result_register = space.cpu.registers(self.arch.call_result)
        self._sp = space.cpu.registers(self.arch.sp)
        self._used_at_start = space.cpu.used

    def execute(self, image: Image, executable: bytes, arguments: list[bytes], environment: list[bytes]) -> None:
        """Run a program in a new address space. The calling thread and all others are gone then; if this raises, nothing has changed."""
        image.check(self.page)
        kernel = self.kernel
        old = (self.image, self.executable, self.arguments, self.environment, self.space, self.used()) if self.threads else None
        space = AddressSpace(self.arch, self.page, self.search_top, kernel.physical, kernel.sched.elapsed, kernel.random)
        space.users = 1
        self.image, self.executable, self.arguments, self.environment = image, executable, arguments, environment
        self.attach(space)
        if self.arch is amd64.AMD64:
            self.cpu.sse42 = buildinfo.read(image).settings.get("GOAMD64", "v1") != "v1"
        try:
            thread = self.load()
        except BaseException:
            space.leave()
            if old is not None:
                self.image, self.executable, self.arguments, self.environment = old[:4]
                self.attach(old[4])
                self._used_before = old[5]
            raise
        if old is not None:
            self._used_before = old[5]
            caller = self.sched.current
            if caller is not None and caller.process is self:
                thread.mask = caller.mask
                thread.pending = caller.pending
            for other in list(self.threads.values()):
                self.abandon(other)
                self.sched.remove(other)
                old[4].forget(other)
            old[4].leave()
            self.files.close_executing()
            self.signals.reset()
        space.loaded = thread
        self.sched.add(thread)
        self.executed = True
        self.release()

    def load_segments(self) -> None:
        """Map the image."""
        memory = self.memory
        for segment in self.image.segments:
            start = segment.address & -self.page
            try:
                memory.map(start, memory.round(segment.address + segment.size - start), segment.protection or 1, segment.name)
            except Errno as error:
                raise LimitReached("limit-memory", f"the binary needs more than {self.limits.memory} bytes of memory") from error
            memory.load(segment.address, segment.data)

    def wait(self, thread: Thread, wait: Wait, deadline: int | None = None) -> None:
        """Put the calling thread to sleep; the handler then returns None."""
        self.sched.wait(thread, wait, deadline)

    def wait_for(self, thread: Thread, kind: str, queue: WaitQueue, retry: Callable[[], int | None]) -> int | None:
        """`retry`'s result, now or, where that is None, once the queue was notified and it has one."""
        result = retry()
        if result is None:
            self.sched.wait(thread, Wait(kind, (queue,), retry, restart=True))
        return result

    def sp(self) -> int:
        """The current thread's stack pointer."""
        return self._sp.read()[0]

    def abandon(self, thread: Thread) -> None:
        """A thread will not wait any longer for what it is opening."""
        file = self.opening.pop(thread, None)
        if file is not None:
            file.close()

    # Other processes.

    def fork(self, thread: Thread, share: bool) -> Thread:
        """A new process that goes on where `thread`, the current one, is, its call returning 0; in the same address space or in a copy.
        Returns its only thread, which is not yet admitted to the scheduler."""
        kernel = self.kernel
        kernel.check_threads()
        space = self.space if share else self.space.copy(kernel.sched.elapsed, kernel.random)
        child = type(self)(kernel, self.arch.name, self.files.copy(), self.cwd)
        space.users += 1
        child.attach(space)
        child.image, child.executable = self.image, self.executable
        child.arguments, child.environment = self.arguments, self.environment
        child.umask = self.umask
        child.resources = dict(self.resources)
        child.group, child.session = self.group, self.session
        child.signals.actions = dict(self.signals.actions)
        child.parent, child.creator = self, thread
        self.children[child.pid] = child
        twin = Thread(child.pid, child)
        twin.mask = thread.mask
        twin.alt_start, twin.alt_size = thread.alt_start, thread.alt_size
        twin.context = space.cpu.engine.new_context()
        self.cpu.engine.save(twin.context)
        twin.result = 0
        child.inherit(self, thread, twin)
        return twin

    def release(self) -> None:
        """Let the thread go on that made this process by vfork, if there is one."""
        released, self.released = self.released, None
        if released is not None:
            released()

    def used(self) -> int:
        """Processor time in nanoseconds."""
        if self.zombie:
            return self._used_before
        return self._used_before + (self.cpu.used_now() - self._used_at_start >> 2)

    def parent_pid(self) -> int:
        """getppid(2)."""
        return self.parent.pid if self.parent is not None else INIT_PID

    def signal(self, info: SignalInfo) -> None:
        """Send the process a signal. One that ends it does so at once, whatever its threads are waiting for."""
        if self.zombie:
            return
        current = self.sched.current
        # One that runs takes it before it runs on.
        running = current is not None and current.process is self and not current.state
        if self.signals.is_fatal(info.signal) and not running:
            self.kernel.end(self, 0, info.signal)
        else:
            self.signals.send_process(info, current)

    def happened(self, code: int, status: int) -> None:
        """Something became of the process that its parent may want to know."""
        self.event = (code, status)
        parent = self.parent
        if parent is None:
            return
        number = parent.signals.facts.numbers["SIGCHLD"] if code > KILLED else self.exit_signal
        if number and (code <= KILLED or not parent.signals.ignores_stopped_children()):
            parent.signal(SignalInfo(number, code, 0, self.pid))
        self.sched.notify(parent.child_queue)

    def exit(self, status: int) -> None:
        """End the process, which is the one that runs."""
        raise ProcessExit(status & 0xFF)

    def ended(self, status: int, signal: int) -> None:
        """The process is over: with an exit status, or by a signal where that is not 0."""
        self.signals.close()
        self._used_before = self.used()
        self.zombie = True
        for thread in list(self.threads.values()):
            self.abandon(thread)
            self.sched.remove(thread)
            self.space.forget(thread)
        self.files.close_all()
        self.space.leave()
        self.release()
        children = list(self.children.values())
        self.children.clear()
        for child in children:
            child.parent = child.creator = None
            if child.zombie:
                child.reaped()
        parent = self.parent
        if parent is None or parent.signals.forgets_children():
            self.reaped()
        self.happened(*((KILLED, signal) if signal else (EXITED, status)))
        self.sched.notify(self.end_queue)
        for child in children:
            if child.death_signal:
                child.signal(SignalInfo(child.death_signal, 0, 0, self.pid))

    def reaped(self) -> None:
        """The zombie was waited for."""
        parent = self.parent
        if parent is not None:
            del parent.children[self.pid]
            parent.children_used += self._used_before + self.children_used
            parent.children_peak = max(parent.children_peak, self.memory.peak, self.children_peak)
        del self.kernel.processes[self.pid]
        self.gone()

    def close(self) -> None:
        """The run is over: give up files and address space."""
        if not self.zombie:
            self.files.close_all()
            self.space.leave()
