# SPDX-License-Identifier: GPL-2.0-or-later
"""The post-mortem of a run that ended badly: the stacks of every thread and goroutine, in the form in which Go's runtime prints them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.kernel.thread import Thread
from pygo_cross.emulate.postmortem.unwind import SIGNAL_MARK, Tracer
from pygo_cross.emulate.result import Frame, Stack

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.kernel import Kernel

_MOST_THREADS: Final = 200


def _state(thread: Thread, current: bool) -> tuple[str, bool]:
    """What a thread does, in words, and whether its program counter is that of an instruction to come and not behind a call."""
    if thread.wait is not None:
        return f"in {thread.wait.kind}", False
    if current:
        process = thread.process
        pc = process.cpu.pc()
        trap = process.memory.read_up_to(pc - process.arch.trap_size, process.arch.trap_size)
        if process.import_at(pc) or trap in (b"\x0f\x05", b"\x01\x00\x00\xd4"):
            return "in a call", False
    return "running", True


def stack_in_call(thread: Thread) -> Stack:
    """The stack of the current thread, which is making a call."""
    return Tracer(thread.process).thread_stack(thread, "in a call", False)


def all_stacks(kernel: Kernel, blame: bool) -> tuple[list[Stack], list[str]]:
    """Every thread's stack and every goroutine's that can be found; and remarks on what cannot.

    Threads with a goroutine come before those without, and first of all, where it is to `blame`, the current thread.
    """
    stacks: list[Stack] = []
    remarks: list[str] = []
    current = kernel.sched.current
    for process in sorted(kernel.processes.values(), key=lambda process: (process is not kernel.process, process.pid)):
        tracer = Tracer(process)
        threads = sorted(process.threads.values(), key=lambda thread: (thread is not current, thread.tid))
        number = current.tid if current is not None and blame else 0
        own = [tracer.thread_stack(thread, *_state(thread, thread is current)) for thread in threads[:_MOST_THREADS]]
        own.sort(key=lambda stack: (stack.thread != number, not stack.goroutine))
        if len(threads) > _MOST_THREADS:
            remarks.append(f"{len(threads) - _MOST_THREADS} more threads")
        more, remark = tracer.goroutines({stack.goroutine for stack in own if stack.goroutine})
        stacks += own + more
        if remark:
            remarks.append(remark)
        if tracer.why:
            names = "functions are named by the symbol table, and calls" if tracer.symbols() else "calls"
            remarks.append(f"{tracer.why}; {names} are found by frame pointers")
    return stacks, remarks


def lines(stack: Stack, several: bool) -> Iterator[str]:
    """A stack as text, in the runtime's form."""
    name = f"goroutine {stack.goroutine}" if stack.goroutine else ""
    if stack.thread:
        name = f"thread {stack.thread}" + (f" of process {stack.process}" if several else "") + (f", {name}" if name else "")
    yield f"{name} [{stack.state}]:"
    for i, frame in enumerate(stack.frames):
        if stack.elided and i == stack.elided_at:
            yield f"...{stack.elided} frames elided..."
        yield from frame_lines(frame)
    if stack.note:
        yield f"(the traceback ends here: {stack.note})"
    if stack.created_by is not None:
        parent = f" in goroutine {stack.parent}" if stack.parent else ""
        frame = stack.created_by
        yield f"created by {frame.function}{parent}"
        yield f"\t{frame.file}:{frame.line} +{frame.offset:#x}"


def frame_lines(frame: Frame) -> Iterator[str]:
    """A call in two lines, as the runtime prints it; arguments are not shown."""
    if frame.function == SIGNAL_MARK:
        yield frame.function
        return
    yield f"{frame.function}(...)"
    where = f"{frame.file}:{frame.line}" if frame.line else frame.file or "?"
    yield f"\t{where}" + (f" +{frame.offset:#x}" if frame.offset and not frame.inlined else "")


def report(stacks: list[Stack], remarks: list[str]) -> str:
    """All stacks as text."""
    several = len({stack.process for stack in stacks}) > 1
    parts = ["\n".join(lines(stack, several)) for stack in stacks]
    parts += [f"({remark})" for remark in dict.fromkeys(remarks)]
    return "\n\n".join(parts) + "\n" if parts else ""
