# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine that all processes of a run share: file tree, scheduler, clock, process table, random numbers, limits, output.

The loop runs one thread for a slice, deals with the reason why it stopped, and goes on. The end of a process is a `ProcessExit`, raised
on behalf of the thread that runs; with the first process the run ends, and whatever other processes there are. Everything that the
guest did not cause (limits, what the emulator lacks) leaves the loop as an `EmulatorError`.
"""

from __future__ import annotations

import stat
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Lacking, LimitReached, ProcessExit
from pygo_cross.emulate.fs.files import FileTable
from pygo_cross.emulate.fs.streams import InputBytes, InputHost, Output
from pygo_cross.emulate.fs.vfs import FileSystem, Node
from pygo_cross.emulate.kernel.programs import Programs
from pygo_cross.emulate.kernel.sched import CALL_STEP, Scheduler
from pygo_cross.emulate.kernel.thread import Thread, WaitQueue
from pygo_cross.emulate.machine import cpu
from pygo_cross.emulate.machine.pagetable import PhysicalMemory
from pygo_cross.emulate.net.loopback import Network
from pygo_cross.emulate.result import Counters, Limits, Stack

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.process import Process
    from pygo_cross.emulate.trace import Watch

# The first process; 1 is its parent, which is not one of ours.
FIRST_PID: Final = 1000

# How many missing calls are told apart.
_MOST_MISSING: Final = 100


@dataclass(slots=True)
class Options:
    """What a run is started with; arguments and environment are the first process's. `output` takes what the guest writes: the
    descriptor (1 or 2) and the bytes."""

    arguments: list[bytes]
    environment: list[bytes]
    output: Callable[[int, bytes], None]
    limits: Limits = field(default_factory=Limits)
    seed: int = 0
    cpus: int = 2
    strict: bool = False
    host_clock: bool = False


class Kernel:
    """One run. `process` is the process whose thread runs, or ran last; `first` the one that was started with the run."""

    first: Process
    process: Process
    network: Network

    def __init__(self, filesystem: FileSystem, options: Options) -> None:
        self.options = options
        self.limits = options.limits
        self.fs = filesystem
        self.sched = Scheduler(options.seed, options.host_clock)
        self.physical = PhysicalMemory(options.limits.memory)
        self.counters = Counters()
        self.watch: Watch | None = None
        self.calls: dict[str, int] = {}
        self.missing: dict[str, int] = {}
        self.missing_at: dict[str, Stack] = {}
        self.processes: dict[int, Process] = {}
        self.programs = Programs()
        self.host_waiters: list[Callable[[], bool]] = []
        self.host_queue = WaitQueue()
        self._next_id = FIRST_PID - 1
        self._random_state = options.seed & 0xFFFFFFFFFFFFFFFF
        self._written = 0
        self._began = 0.0

    # Services for processes.

    def new_id(self) -> int:
        """A process or thread id that was never used."""
        self._next_id += 1
        return self._next_id

    def check_threads(self) -> None:
        """Called before a thread is made, in whichever process. A zombie counts as a thread."""
        self.counters.threads += 1
        zombies = sum(process.zombie for process in self.processes.values()) if len(self.processes) > 1 else 0
        if self.limits.threads and len(self.sched.threads) + zombies >= self.limits.threads:
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
        """The guest called what we do not have. Names are made of numbers that the guest chooses, so there is an end to them."""
        if len(self.missing) >= _MOST_MISSING and name not in self.missing:
            name = "other calls"
        count = self.missing[name] = self.missing.get(name, 0) + 1
        if count == 1 and self.sched.current is not None:
            from pygo_cross.emulate.postmortem import traceback

            self.missing_at[name] = traceback.stack_in_call(self.sched.current)
        if self.options.strict:
            raise Lacking("missing-call", f"the guest called {name}, which is not provided")

    def standard_files(self, stdin: bytes | int) -> FileTable:
        """Descriptors 0 to 2; `stdin` is its contents or a descriptor of the host."""
        table = FileTable()
        node = Node(self.fs, stat.S_IFIFO | 0o600)
        if isinstance(stdin, int):
            source = InputHost(node, stdin, self.host_queue)
            self.host_waiters.append(source.ready)
            table.set(0, source)
        else:
            table.set(0, InputBytes(node, stdin))
        table.set(1, Output(self.write_output, node, 1))
        table.set(2, Output(self.write_output, node, 2))
        return table

    # The loop.

    def _switch(self, thread: Thread) -> None:
        sched = self.sched
        if sched.current is thread:
            return
        self.counters.switches += 1
        self.process = process = thread.process
        process.space.load(thread)
        sched.turn(thread)
        sched.activate(process.cpu)
        if self.watch is not None:
            self.watch.switch(thread)

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
        if any(process.signals.stopped for process in self.processes.values()):
            raise Lacking("stopped", "a process of the guest is stopped by a signal, and there is no one left to continue it")
        kinds = sorted({thread.wait.kind for thread in sched.threads.values() if thread.wait is not None})
        raise Lacking("deadlock", f"all {len(sched.threads)} threads of the guest wait for each other ({', '.join(kinds)})")

    def _check_limits(self) -> None:
        limits = self.limits
        if limits.instructions and self.sched.used() >> 2 >= limits.instructions:
            raise LimitReached("limit-instructions", f"the guest executed more than {limits.instructions} instructions")
        if limits.seconds and time.monotonic() - self._began > limits.seconds:
            raise LimitReached("limit-seconds", f"the guest ran for more than {limits.seconds:g} seconds")
        if limits.virtual_seconds and self.sched.elapsed() > limits.virtual_seconds * 10**9:
            raise LimitReached("limit-virtual-seconds", f"more than {limits.virtual_seconds:g} seconds passed on the guest's clock")

    def run(self) -> None:
        """Run until the first process ends, which is an exception as every end is: `ProcessExit` or `EmulatorError`."""
        self._began = time.monotonic()
        while True:
            try:
                self._loop()
            except ProcessExit as end:
                self.end(self.process, end.status, end.signal)

    def end(self, process: Process, status: int, signal: int) -> None:
        """A process ends: with an exit status, or by a signal where that is not 0. The first one's end is that of the run."""
        if self.watch is not None:
            self.watch.ended(process, status, signal)
        if process is self.first:
            self.process = process
            raise ProcessExit(status, signal)
        process.ended(status, signal)

    def _loop(self) -> None:
        sched = self.sched
        counters = self.counters
        check = bool(self.limits.instructions or self.limits.seconds or self.limits.virtual_seconds)
        idle = 0
        slice_end = 0
        process = self.process
        processor = process.cpu
        while True:
            thread = sched.current
            # A slice is virtual time, so calls use it up too: a thread that polls must not keep others from running.
            left = slice_end - sched.extra - (sched.others + processor.used >> 2)
            if thread is None or thread.state or sched.resched or left <= 0:
                sched.expire()
                if thread is not None and not thread.state:
                    sched.ready.append(thread)
                sched.resched = False
                following = sched.next()
                if following is None:
                    idle += 1
                    if check and (sched.host or not idle & 255):
                        self._check_limits()
                    self._idle()
                    continue
                self._switch(following)
                thread = following
                process = thread.process
                processor = process.cpu
                left = sched.slice()
                slice_end = sched.extra + (sched.others + processor.used >> 2) + left
            if thread.result is not None:
                process.result_register.write(thread.result & 0xFFFFFFFFFFFFFFFF)
                if self.watch is not None:
                    self.watch.resumed(thread)
                thread.result = None
                if thread.saved_mask is not None:
                    process.signals.end_suspension(thread)
            if thread.pending or process.signals.pending:
                process.signals.deliver(thread)
                if process.signals.stopped:
                    sched.resched = True
                    continue
            if check:
                self._check_limits()
            if sched.host:
                sched.follow_host()
                processor.tell_date(sched.epoch)
            processor.tell_time(sched.others, sched.extra)
            stop = processor.run(left << 2)
            if stop == cpu.STOP_CALL:
                sched.extra += CALL_STEP
                counters.syscalls += 1
                process.dispatch(thread)
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
                process.signals.fault(thread, stop)

    def finish_counters(self) -> None:
        """Fill in the counters that are kept elsewhere."""
        counters = self.counters
        counters.code_bytes = self.sched.used()
        counters.instructions = counters.code_bytes >> 2
        counters.peak_memory = self.physical.peak
        counters.virtual_ns = self.sched.elapsed()

    def close(self) -> None:
        """Free what the host gave: engines, memory, files."""
        for process in list(self.processes.values()):
            process.close()
        self.fs.close()
        self.physical.close()
