# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads: clone, futex, scheduling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno, GuestFault
from pygo_cross.emulate.kernel.calls import timespec
from pygo_cross.emulate.kernel.thread import SignalInfo, Thread, Wait, WaitQueue
from pygo_cross.emulate.linux.children import (
    CLONE_CHILD_CLEARTID,
    CLONE_CHILD_SETTID,
    CLONE_PARENT_SETTID,
    CLONE_SETTLS,
    CLONE_SIGHAND,
    CLONE_THREAD,
    CLONE_VM,
    clone_process,
)

if TYPE_CHECKING:
    from pygo_cross.emulate.linux.process import LinuxProcess

_FUTEX_WAIT: Final = 0
_FUTEX_WAKE: Final = 1
_FUTEX_WAIT_BITSET: Final = 9
_FUTEX_WAKE_BITSET: Final = 10
_FUTEX_CLOCK_REALTIME: Final = 256


def clone(p: LinuxProcess, t: Thread, flags: int, stack: int, parent_tid: int, fourth: int, fifth: int) -> int | None:
    """clone(2). The order of the last two arguments differs between the architectures."""
    tls, child_tid = (fourth, fifth) if p.arch.name == "arm64" else (fifth, fourth)
    if not flags & CLONE_THREAD:
        return clone_process(p, t, flags & 0xFFFFFFFF, stack, parent_tid, parent_tid, child_tid, tls)
    if not flags & CLONE_VM or not flags & CLONE_SIGHAND:
        raise Errno("EINVAL")
    p.kernel.check_threads()
    thread = Thread(p.kernel.new_id(), p)
    thread.mask = t.mask
    thread.keep_capabilities = t.keep_capabilities
    engine = p.cpu.engine
    context = thread.context = engine.new_context()
    engine.save(context)
    if stack:
        p.cpu.registers(p.arch.sp).write_context(context, stack)
    if flags & CLONE_SETTLS:
        p.cpu.registers(p.arch.linux_tls).write_context(context, tls)
    thread.result = 0
    if flags & CLONE_PARENT_SETTID:
        p.memory.put_u32(parent_tid, thread.tid)
    if flags & CLONE_CHILD_SETTID:
        p.memory.put_u32(child_tid, thread.tid)
    if flags & CLONE_CHILD_CLEARTID:
        thread.clear_tid = child_tid
    p.sched.add(thread)
    return thread.tid


def exit_thread(p: LinuxProcess, t: Thread, status: int) -> None:
    """exit(2): the end of one thread, and of the process with the last."""
    p.sched.remove(t)
    for child in list(p.children.values()):
        if child.creator is t and child.death_signal:
            child.signal(SignalInfo(child.death_signal, 0, 0, p.pid))
    if t.clear_tid:
        try:
            p.memory.put_u32(t.clear_tid, 0)
        except GuestFault:
            pass
        else:
            _wake(p, t.clear_tid, 1)
    p.space.forget(t)
    if not p.threads:
        p.exit(status)


def exit_group(p: LinuxProcess, t: Thread, status: int) -> None:
    """exit_group(2)."""
    p.exit(status)


def _wake(p: LinuxProcess, address: int, count: int) -> int:
    queue = p.space.futexes.get(address)
    woken = 0
    if queue is not None:
        for thread in list(queue.threads):
            if woken >= count:
                break
            p.sched.wake(thread, 0)
            woken += 1
        if not queue.threads:
            del p.space.futexes[address]
    return woken


def futex(p: LinuxProcess, t: Thread, address: int, operation: int, value: int, timeout: int, second: int, third: int) -> int | None:
    """futex(2): waiting and waking, which is what Go uses."""
    command = operation & 127
    if address & 3:
        raise Errno("EINVAL")
    if command in (_FUTEX_WAIT, _FUTEX_WAIT_BITSET):
        deadline = None
        if timeout:
            deadline = timespec(p, timeout)
            if command == _FUTEX_WAIT:
                deadline += p.sched.elapsed()
            elif operation & _FUTEX_CLOCK_REALTIME:
                deadline -= p.sched.now() - p.sched.elapsed()
        if p.memory.u32(address) != value:
            raise Errno("EAGAIN")
        queue = p.space.futexes.get(address)
        if queue is None:
            queue = p.space.futexes[address] = WaitQueue()
        p.wait(t, Wait("futex", (queue,), timeout=-110), deadline)
        return None
    if command in (_FUTEX_WAKE, _FUTEX_WAKE_BITSET):
        return _wake(p, address, value)
    p.count_missing(f"futex operation {command}")
    raise Errno("ENOSYS")


def gettid(p: LinuxProcess, t: Thread) -> int:
    """gettid(2)."""
    return t.tid


def set_tid_address(p: LinuxProcess, t: Thread, address: int) -> int:
    """set_tid_address(2)."""
    t.clear_tid = address
    return t.tid


def sched_getaffinity(p: LinuxProcess, t: Thread, pid: int, size: int, mask: int) -> int:
    """sched_getaffinity(2): the processors of the options."""
    if size < 8:
        raise Errno("EINVAL")
    cpus = max(1, min(p.options.cpus, 64))
    p.memory.put_u64(mask, (1 << cpus) - 1)
    return 8


def sched_yield(p: LinuxProcess, t: Thread) -> int:
    """sched_yield(2)."""
    p.sched.resched = True
    return 0


def arch_prctl(p: LinuxProcess, t: Thread, code: int, address: int) -> int:
    """arch_prctl(2): the thread pointer."""
    if code == 0x1002:  # ARCH_SET_FS
        p.cpu.registers(p.arch.linux_tls).write(address)
        return 0
    if code == 0x1003:  # ARCH_GET_FS
        p.memory.put_u64(address, p.cpu.registers(p.arch.linux_tls).read()[0])
        return 0
    raise Errno("EINVAL")
