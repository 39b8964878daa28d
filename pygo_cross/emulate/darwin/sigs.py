# SPDX-License-Identifier: GPL-2.0-or-later
"""Signal functions."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.kernel.signals import Action
from pygo_cross.emulate.kernel.thread import SignalInfo, Thread

if TYPE_CHECKING:
    from pygo_cross.emulate.darwin.process import DarwinProcess

_ACTION: Final = struct.Struct("<QII")
_STACK: Final = struct.Struct("<QQI4x")
_UNBLOCKABLE: Final = 1 << 8 | 1 << 16


def sigaction(p: DarwinProcess, t: Thread, number: int, new: int, old: int) -> int:
    """sigaction(2)."""
    if not 1 <= number < 32:
        raise Errno("EINVAL")
    action = p.signals.action(number)
    if new:
        if number in (9, 17):
            raise Errno("EINVAL")
        handler, mask, flags = _ACTION.unpack(p.memory.read(new, _ACTION.size))
    if old:
        p.memory.write(old, _ACTION.pack(action.handler, action.mask, action.flags))
    if new:
        p.signals.set_action(number, Action(handler, flags, mask & ~_UNBLOCKABLE))
    return 0


def sigmask(p: DarwinProcess, t: Thread, how: int, new: int, old: int) -> int:
    """pthread_sigmask(3), sigprocmask(2)."""
    mask = t.mask
    if new:
        value = p.memory.u32(new) & ~_UNBLOCKABLE
        if how not in (1, 2, 3):
            raise Errno("EINVAL")
        t.mask = (mask | value, mask & ~value, value)[how - 1]
    if old:
        p.memory.put_u32(old, mask)
    p.signals.unmasked(t)
    return 0


def sigaltstack(p: DarwinProcess, t: Thread, new: int, old: int) -> int:
    """sigaltstack(2)."""
    start, size = t.alt_start, t.alt_size
    on_stack = bool(size) and start < p.sp() <= start + size
    if new:
        place, length, flags = _STACK.unpack(p.memory.read(new, _STACK.size))
        if on_stack:
            raise Errno("EPERM")
        if flags & 4:
            t.alt_start = t.alt_size = 0
        elif length < 32768:
            raise Errno("ENOMEM")
        else:
            t.alt_start, t.alt_size = place, length
    if old:
        p.memory.write(old, _STACK.pack(start, size, 1 if on_stack else 0 if size else 4))
    return 0


def raise_(p: DarwinProcess, t: Thread, number: int) -> int:
    """raise(3): to the calling thread."""
    if not 0 <= number < 32:
        raise Errno("EINVAL")
    if number:
        p.signals.send(t, SignalInfo(number, 0, 0, p.pid))
    return 0
