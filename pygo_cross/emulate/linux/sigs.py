# SPDX-License-Identifier: GPL-2.0-or-later
"""Signal calls."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.signals import Action
from pygo_cross.emulate.thread import SignalInfo, Thread

if TYPE_CHECKING:
    from pygo_cross.emulate.linux.process import LinuxProcess

_ACTION: Final = struct.Struct("<QQQQ")
_STACK: Final = struct.Struct("<QiIQ")
_UNBLOCKABLE: Final = 1 << 8 | 1 << 18
_SI_TKILL: Final = -6


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
        p.signals.actions[number] = Action(handler, flags, mask & ~_UNBLOCKABLE, restorer)
    return 0


def rt_sigprocmask(p: LinuxProcess, t: Thread, how: int, new: int, old: int, size: int) -> int:
    """rt_sigprocmask(2)."""
    if size != 8:
        raise Errno("EINVAL")
    mask = t.mask
    if new:
        value = p.memory.u64(new) & ~_UNBLOCKABLE
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


def sigaltstack(p: LinuxProcess, t: Thread, new: int, old: int) -> int:
    """sigaltstack(2)."""
    start, size = t.alt_start, t.alt_size
    on_stack = bool(size) and start <= p.sp() < start + size
    if new:
        place, flags, length = 0, 0, 0
        place, flags, _, length = _STACK.unpack(p.memory.read(new, _STACK.size))
        if on_stack:
            raise Errno("EPERM")
        if flags & 2:
            t.alt_start = t.alt_size = 0
        elif length < 2048:
            raise Errno("ENOMEM")
        else:
            t.alt_start, t.alt_size = place, length
    if old:
        p.memory.write(old, _STACK.pack(start, 1 if on_stack else 0 if size else 2, 0, size))
    return 0


def tgkill(p: LinuxProcess, t: Thread, pid: int, tid: int, number: int) -> int:
    """tgkill(2)."""
    if pid != p.pid:
        raise Errno("ESRCH")
    return tkill(p, t, tid, number)


def tkill(p: LinuxProcess, t: Thread, tid: int, number: int) -> int:
    """tkill(2)."""
    thread = p.threads.get(tid)
    if thread is None:
        raise Errno("ESRCH")
    if not 0 <= number <= 64:
        raise Errno("EINVAL")
    if number:
        p.signals.send(thread, SignalInfo(number, _SI_TKILL, 0, p.pid))
    return 0
