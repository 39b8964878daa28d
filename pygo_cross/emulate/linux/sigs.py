# SPDX-License-Identifier: GPL-2.0-or-later
"""Signal calls."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.kernel.calls import timespec
from pygo_cross.emulate.kernel.signals import Action, SignalWait
from pygo_cross.emulate.kernel.thread import SignalInfo, Thread, Wait
from pygo_cross.emulate.linux.frames import SS_DISABLE, SS_ONSTACK, UNBLOCKABLE, set_alternate_stack, siginfo
from pygo_cross.emulate.linux.numbers import ERRORS, SI_TKILL

if TYPE_CHECKING:
    from pygo_cross.emulate.linux.process import LinuxProcess

_ACTION: Final = struct.Struct("<QQQQ")
_STACK: Final = struct.Struct("<QiIQ")


def _check(number: int) -> None:
    if not 0 <= number <= 64:
        raise Errno("EINVAL")


_SENT: Final = struct.Struct("<iii4xIIQ")


def rt_sigaction(p: LinuxProcess, t: Thread, number: int, new: int, old: int, size: int) -> int:
    """rt_sigaction(2)."""
    if not 1 <= number <= 64 or size != 8:
        raise Errno("EINVAL")
    action = p.signals.action(number)
    if new:
        if number in (9, 19):
            raise Errno("EINVAL")
        handler, flags, restorer, mask = _ACTION.unpack(p.memory.read(new, _ACTION.size))
    if old:
        p.memory.write(old, _ACTION.pack(action.handler, action.flags, action.restorer, action.mask))
    if new:
        p.signals.set_action(number, Action(handler, flags, mask & ~UNBLOCKABLE, restorer))
    return 0


def rt_sigprocmask(p: LinuxProcess, t: Thread, how: int, new: int, old: int, size: int) -> int:
    """rt_sigprocmask(2)."""
    if size != 8:
        raise Errno("EINVAL")
    mask = t.mask
    if new:
        value = p.memory.u64(new) & ~UNBLOCKABLE
        if how not in (0, 1, 2):
            raise Errno("EINVAL")
        t.mask = (mask | value, mask & ~value, value)[how]
    if old:
        p.memory.put_u64(old, mask)
    p.signals.unmasked(t)
    return 0


def rt_sigreturn(p: LinuxProcess, t: Thread) -> None:
    """rt_sigreturn(2)."""
    p.frames.pop(t)


def rt_sigpending(p: LinuxProcess, t: Thread, address: int, size: int) -> int:
    """rt_sigpending(2): what is pending and blocked."""
    if size > 8:
        raise Errno("EINVAL")
    pending = 0
    for info in (*t.pending, *p.signals.pending):
        pending |= 1 << (info.signal - 1)
    p.memory.write(address, (pending & t.mask).to_bytes(8, "little")[:size])
    return 0


def rt_sigsuspend(p: LinuxProcess, t: Thread, mask: int, size: int) -> None:
    """rt_sigsuspend(2)."""
    if size != 8:
        raise Errno("EINVAL")
    new = p.memory.u64(mask) & ~UNBLOCKABLE
    p.wait(t, Wait("rt_sigsuspend"))
    p.signals.suspend(t, new)
    p.signals.interrupt(t)


def pause(p: LinuxProcess, t: Thread) -> None:
    """pause(2)."""
    p.wait(t, Wait("pause"))


def _write_info(p: LinuxProcess, address: int, info: SignalInfo) -> None:
    if address:
        p.memory.write(address, siginfo(info))


def rt_sigtimedwait(p: LinuxProcess, t: Thread, wanted: int, address: int, timeout: int, size: int) -> int | None:
    """rt_sigtimedwait(2)."""
    if size != 8:
        raise Errno("EINVAL")
    signals = p.memory.u64(wanted) & ~UNBLOCKABLE
    deadline = p.sched.elapsed() + timespec(p, timeout) if timeout else None

    def retry() -> int | None:
        info = p.signals.take_pending(t, signals)
        if info is None:
            return None
        _write_info(p, address, info)
        return info.signal

    result = retry()
    if result is None:
        p.wait(t, SignalWait(signals, "rt_sigtimedwait", (p.signals.arrived,), retry, -ERRORS["EAGAIN"]), deadline)
    return result


def _queued(p: LinuxProcess, number: int, address: int, own: bool) -> SignalInfo:
    """The siginfo that a program gives with a signal: what it may not claim is a signal of the kernel's or of kill(2)."""
    _check(number)
    _, _, code, pid, _, value = _SENT.unpack(p.memory.read(address, _SENT.size))
    if not own and (code >= 0 or code == SI_TKILL):
        raise Errno("EPERM")
    return SignalInfo(number, code, 0, pid, value)


def rt_sigqueueinfo(p: LinuxProcess, t: Thread, pid: int, number: int, address: int) -> int:
    """rt_sigqueueinfo(2)."""
    target = p.kernel.processes.get(pid)
    if target is None:
        raise Errno("ESRCH")
    info = _queued(p, number, address, target is p)
    if number:
        target.signals.send_process(info)
    return 0


def rt_tgsigqueueinfo(p: LinuxProcess, t: Thread, pid: int, tid: int, number: int, address: int) -> int:
    """rt_tgsigqueueinfo(2)."""
    target = p.kernel.processes.get(pid)
    thread = target.threads.get(tid) if target is not None else None
    if target is None or thread is None:
        raise Errno("ESRCH")
    info = _queued(p, number, address, target is p)
    if number:
        target.signals.send(thread, info)
    return 0


def sigaltstack(p: LinuxProcess, t: Thread, new: int, old: int) -> int:
    """sigaltstack(2)."""
    start, size, always = t.alt_start, t.alt_size, t.alt_flags
    on_stack = bool(size) and not always and start < p.sp() <= start + size
    if new:
        place, flags, _, length = _STACK.unpack(p.memory.read(new, _STACK.size))
        if on_stack:
            raise Errno("EPERM")
        if flags & 0x7FFFFFFF not in (0, SS_ONSTACK, SS_DISABLE):
            raise Errno("EINVAL")
        if not set_alternate_stack(t, place, flags & 0xFFFFFFFF, length):
            raise Errno("ENOMEM")
    if old:
        state = (SS_ONSTACK if on_stack else 0 if size else SS_DISABLE) | always
        p.memory.write(old, struct.pack("<QIIQ", start, state, 0, size))
    return 0


def tgkill(p: LinuxProcess, t: Thread, pid: int, tid: int, number: int) -> int:
    """tgkill(2)."""
    thread = p.sched.threads.get(tid)
    if thread is None or thread.process.pid != pid:
        raise Errno("ESRCH")
    return tkill(p, t, tid, number)


def tkill(p: LinuxProcess, t: Thread, tid: int, number: int) -> int:
    """tkill(2)."""
    thread = p.sched.threads.get(tid)
    if thread is None:
        raise Errno("ESRCH")
    if not 0 <= number <= 64:
        raise Errno("EINVAL")
    if number:
        target = thread.process
        info = SignalInfo(number, SI_TKILL, 0, p.pid)
        if target is not p and target.signals.is_fatal(number):
            target.signal(info)
        else:
            target.signals.send(thread, info)
    return 0
