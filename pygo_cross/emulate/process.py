# SPDX-License-Identifier: GPL-2.0-or-later
"""One guest process, whatever its system: its place among the others, its files and signals, its program in an address space.

linux/ and darwin/ derive from `Process`. They load a program and set up its first thread, say what a call is, build signal frames, and
give error names their numbers. What processes share is the `Kernel`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate import amd64, arm64
from pygo_cross.emulate.errors import Errno, LimitReached, ProcessExit
from pygo_cross.emulate.files import FileTable
from pygo_cross.emulate.image import Image
from pygo_cross.emulate.signals import Signals
from pygo_cross.emulate.space import AddressSpace
from pygo_cross.emulate.thread import Thread, Wait, WaitQueue
from pygo_cross.emulate.vfs import Directory

if TYPE_CHECKING:
    from pygo_cross.emulate.cpu import Cpu
    from pygo_cross.emulate.engine import Registers
    from pygo_cross.emulate.kernel import Kernel
    from pygo_cross.emulate.memory import Memory

ARCHES: Final = {"amd64": amd64.AMD64, "arm64": arm64.ARM64}


class Process:
    """The parts of a guest process that its system does not change."""

    # Facts that linux/ and darwin/ give.
    system = ""
    error_numbers: dict[str, int]
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

    def __init__(self, kernel: Kernel, arch: str, page: int, files: FileTable, cwd: Directory) -> None:
        self.kernel = kernel
        self.arch = ARCHES[arch]
        self.page = page
        self.pid = kernel.new_id()
        self.threads: dict[int, Thread] = {}
        self.files = files
        self.cwd = cwd
        self.umask = 0o022
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

    # What linux/ and darwin/ do.

    def load(self) -> None:
        """Fill the address space with the program, and make its first thread."""
        raise NotImplementedError

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

    def execute(self, image: Image, executable: bytes, arguments: list[bytes], environment: list[bytes]) -> None:
        """Run a program: a new address space with the image in it."""
        image.check(self.page)
        self.image = image
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        kernel = self.kernel
        space = AddressSpace(self.arch, self.page, self.search_top, kernel.physical, kernel.sched.elapsed, kernel.random)
        space.users = 1
        self.attach(space)
        try:
            self.load()
        except BaseException:
            space.leave()
            raise

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

    def exit(self, status: int) -> None:
        """End the process, which is the one that runs."""
        raise ProcessExit(status & 0xFF)

    def ended(self, status: int, signal: int) -> None:
        """The process is over: with an exit status, or by a signal where that is not 0."""
        self.signals.close()
        for thread in list(self.threads.values()):
            self.sched.remove(thread)
            self.space.forget(thread)
        self.close()
        del self.kernel.processes[self.pid]

    def close(self) -> None:
        """Give up files and address space."""
        self.files.close_all()
        self.space.leave()
