# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes: fork, wait4 (GOROOT/src/syscall/exec_libc2.go)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.kernel import children
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import CONTINUED, STOPPED, Thread

if TYPE_CHECKING:
    from pygo_cross.emulate.darwin.process import DarwinProcess

_RUSAGE: Final = struct.Struct("<qi4x16x14Q")
_WCONTINUED: Final = 0x10
_SIGCHLD: Final = 20


def rusage(nanoseconds: int, peak: int) -> bytes:
    """A struct rusage: user time, and the peak of memory in bytes."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return _RUSAGE.pack(seconds, rest // 1000, peak, *([0] * 13))


def fork(p: DarwinProcess, t: Thread) -> int:
    """fork(2): a copy of the address space, with a copy of the calling thread alone in it."""
    thread = p.fork(t, False)
    child = thread.process
    child.exit_signal = _SIGCHLD
    p.sched.add(thread)
    return child.pid


def wait4(p: DarwinProcess, t: Thread, pid: int, status: int, options: int, usage: int) -> int | None:
    """wait4(2)."""
    if options & ~(children.WNOHANG | children.WUNTRACED | _WCONTINUED):
        raise Errno("EINVAL")
    wanted = children.ENDED_CHILD
    wanted |= children.STOPPED_CHILD if options & children.WUNTRACED else 0
    wanted |= children.CONTINUED_CHILD if options & _WCONTINUED else 0

    def tell(child: Process, code: int, value: int) -> int:
        if status:
            # A process that goes on is told of as one that SIGCONT stopped.
            p.memory.put_u32(status, children.wait_status(STOPPED if code == CONTINUED else code, value))
        if usage:
            p.memory.write(usage, rusage(child.used() + child.children_used, max(child.memory.peak, child.children_peak)))
        return child.pid

    return children.wait_for_child(p, t, children.by_number(p, pid), wanted, False, not options & children.WNOHANG, tell, 0)
