# SPDX-License-Identifier: GPL-2.0-or-later
"""One guest process, whatever its system: memory, threads, files, signals, and the loop that runs them.

linux/ and darwin/ derive from `Process`. They set up the first thread, say what a call is, build signal frames, and give error names
their numbers. The loop runs one thread for a slice, deals with the reason why it stopped, and goes on; everything that the guest did not
cause
(limits, what the emulator lacks) leaves it as an `EmulatorError`, the guest's own end as a `ProcessExit`.
"""

from __future__ import annotations

import os
import stat
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pygo_cross.emulate import amd64, arm64, cpu
from pygo_cross.emulate.errors import Errno, Lacking, LimitReached, ProcessExit
from pygo_cross.emulate.files import FileTable, InputBytes, InputHost, Output
from pygo_cross.emulate.image import Image
from pygo_cross.emulate.memory import Area, Memory
from pygo_cross.emulate.result import Counters, Limits
from pygo_cross.emulate.sched import CALL_STEP, SLICE, Scheduler
from pygo_cross.emulate.signals import Signals
from pygo_cross.emulate.thread import Thread, Wait, WaitQueue
from pygo_cross.emulate.vfs import Directory, FileSystem, Node

_ARCHES: Final = {"amd64": amd64.AMD64, "arm64": arm64.ARM64}


@dataclass(slots=True)
class Options:
    """What a process is started with. `output` takes what the guest writes: the descriptor (1 or 2) and the bytes."""

    arguments: list[bytes]
    environment: list[bytes]
    output: Callable[[int, bytes], None]
    trace: Callable[[str], None] | None = None
    limits: Limits = field(default_factory=Limits)
    seed: int = 0
    cpus: int = 2
    strict: bool = False


class Process:
    """The parts of a guest process that its system does not change."""

    # Facts that linux/ and darwin/ give.
    system = ""
    error_numbers: dict[str, int]
    at_fdcwd = 0
    pid = 1000

    def __init__(self, image: Image, filesystem: FileSystem, cwd: Directory, options: Options, page: int, search_top: int) -> None:
        image.check(page)
        self.image = image
        self.options = options
        self.limits = options.limits
        self.fs = filesystem
        self.cwd = cwd
        self.page = page
        # Where the guest finds itself, which does not tell where it lies on the host.
        self.executable = b"/usr/bin/" + (os.path.basename(options.arguments[0]) or b"main")
        self.arch = _ARCHES[image.arch]
        self.sched = Scheduler(self)
        self.cpu = cpu.Cpu(self.arch, self.sched.elapsed, lambda: int.from_bytes(self.random(8), "little"), self._read_code)
        self.memory = Memory(self.cpu.engine, page, options.limits.memory, search_top)
        self.files = FileTable()
        self.umask = 0o022
        self.counters = Counters()
        self.calls: dict[str, int] = {}
        self.missing: dict[str, int] = {}
        self.signals = Signals(self)
        self.host_waiters: list[Callable[[], bool]] = []
        self.host_queue = WaitQueue()
        self._next_tid = self.pid
        self._random_state = options.seed & 0xFFFFFFFFFFFFFFFF
        self._code_area: Area | None = None
        self._written = 0
        self._result_register = self.cpu.registers(self.arch.call_result)
        self._sp = self.cpu.registers(self.arch.sp)
        self._began = 0.0

    # What linux/ and darwin/ do.

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

    # Services for them.

    def _read_code(self, address: int, size: int) -> bytes:
        # Asked for each new block, nearly always of the one area that holds the program's text.
        area = self._code_area
        if area is None or not area.mapped or not area.start <= address or address + size > area.end or area.backing is None:
            area = self.memory.area_at(address)
            if area is None or area.backing is None or address + size > area.end:
                return self.memory.read_up_to(address, size)
            self._code_area = area
        offset = area.offset + address - area.start
        return area.backing.buffer[offset : offset + size]

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

    def install_standard_files(self, stdin: bytes | int) -> None:
        """Descriptors 0 to 2; `stdin` is its contents or a descriptor of the host."""
        node = Node(self.fs, stat.S_IFIFO | 0o600)
        if isinstance(stdin, int):
            source = InputHost(node, stdin, self.host_queue)
            self.host_waiters.append(source.ready)
            self.files.set(0, source)
        else:
            self.files.set(0, InputBytes(node, stdin))
        self.files.set(1, Output(self, node, 1))
        self.files.set(2, Output(self, node, 2))

    def new_tid(self) -> int:
        """A thread id that was never used."""
        self._next_tid += 1
        return self._next_tid

    def check_threads(self) -> None:
        """Called before a thread is made."""
        self.counters.threads += 1
        if self.limits.threads and len(self.sched.threads) >= self.limits.threads:
            raise LimitReached("limit-threads", f"the guest has more than {self.limits.threads} threads")

    def random(self, size: int) -> bytes:
        """The next bytes of a fixed sequence that depends on the seed alone."""
        # splitmix64: small, and good enough for a guest that only needs its numbers to look random.
        state = self._random_state
        words = []
        for _ in range((size + 7) >> 3):
            state = state + 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
            word = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
            word = (word ^ word >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
            words.append(word ^ word >> 31)
        self._random_state = state
        return struct.pack(f"<{len(words)}Q", *words)[:size]

    def write_output(self, stream: int, data: bytes) -> None:
        """Hand what the guest wrote to stdout or stderr to the caller, within the limit."""
        limit = self.limits.output
        if limit and self._written + len(data) > limit:
            self.options.output(stream, data[: limit - self._written])
            raise LimitReached("limit-output", f"the guest wrote more than {limit} bytes")
        self._written += len(data)
        self.options.output(stream, data)

    def count_missing(self, name: str) -> None:
        """The guest called what we do not have."""
        self.missing[name] = self.missing.get(name, 0) + 1
        if self.options.strict:
            raise Lacking("missing-call", f"the guest called {name}, which is not provided")

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

    # The loop.

    def _switch(self, thread: Thread) -> None:
        sched = self.sched
        engine = self.cpu.engine
        current = sched.current
        if current is thread:
            return
        self.counters.switches += 1
        if current is not None:
            if current.context is None:
                current.context = engine.new_context()
            engine.save(current.context)
        if thread.context is not None:
            engine.restore(thread.context)
        sched.current = thread

    def _idle(self) -> None:
        """Nothing can run: wait for the host's input, jump ahead in time, or find that the guest is stuck."""
        sched = self.sched
        if (self.host_queue.threads or self.host_queue.watchers) and any(ready() for ready in self.host_waiters):
            sched.notify(self.host_queue)
            if sched.ready:
                return
        if sched.skip_to_deadline():
            sched.expire()
            return
        if self.host_queue.threads or (self.host_queue.watchers and self.host_waiters):
            time.sleep(0.002)
            return
        kinds = sorted({thread.wait.kind for thread in sched.threads.values() if thread.wait is not None})
        raise Lacking("deadlock", f"all {len(sched.threads)} threads of the guest wait for each other ({', '.join(kinds)})")

    def _check_limits(self) -> None:
        limits = self.limits
        if limits.instructions and self.cpu.used >> 2 >= limits.instructions:
            raise LimitReached("limit-instructions", f"the guest executed more than {limits.instructions} instructions")
        if limits.seconds and time.monotonic() - self._began > limits.seconds:
            raise LimitReached("limit-seconds", f"the guest ran for more than {limits.seconds:g} seconds")

    def run(self) -> None:
        """Run until the process ends, which is always an exception."""
        sched = self.sched
        processor = self.cpu
        counters = self.counters
        self._began = time.monotonic()
        check = bool(self.limits.instructions or self.limits.seconds)
        idle = 0
        slice_end = 0
        while True:
            thread = sched.current
            # A slice is virtual time, so calls use it up too: a thread that polls must not keep others from running.
            left = slice_end - sched.extra - (processor.used >> 2)
            if thread is None or thread.state or sched.resched or left <= 0:
                sched.expire()
                if thread is not None and not thread.state:
                    sched.ready.append(thread)
                sched.resched = False
                following = sched.next()
                if following is None:
                    idle += 1
                    if check and not idle & 255:
                        self._check_limits()
                    self._idle()
                    continue
                self._switch(following)
                thread = following
                left = SLICE
                slice_end = sched.elapsed() + left
            if thread.result is not None:
                self._result_register.write(thread.result & 0xFFFFFFFFFFFFFFFF)
                thread.result = None
            if thread.pending or self.signals.pending:
                self.signals.deliver(thread)
            if check:
                self._check_limits()
            stop = processor.run(left << 2)
            if stop == cpu.STOP_CALL:
                sched.extra += CALL_STEP
                counters.syscalls += 1
                self.dispatch(thread)
            elif stop == cpu.STOP_SLICE:
                counters.slices += 1
                sched.resched = True
            elif stop == cpu.STOP_UNSUPPORTED:
                raise Lacking(
                    "unsupported-instruction",
                    f"the guest is about to execute an instruction that cannot be emulated ({processor.unsupported}) near"
                    f" {processor.pc():#x}; build for GOAMD64=v1 or v2",
                )
            else:
                self.signals.fault(thread, stop)

    def finish_counters(self) -> None:
        """Fill in the counters that are kept elsewhere."""
        counters = self.counters
        counters.code_bytes = self.cpu.used
        counters.instructions = self.cpu.used >> 2
        counters.peak_memory = self.memory.peak
        counters.virtual_ns = self.sched.elapsed()

    def close(self) -> None:
        """Free what the host gave: the engine, then files."""
        self.files.close_all()
        self.cpu.close()

    def exit(self, status: int) -> None:
        """End the process."""
        raise ProcessExit(status & 0xFF)
