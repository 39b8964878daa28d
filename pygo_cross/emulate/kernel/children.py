# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for children, process groups and sessions, signals between processes: what Linux and macOS have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.vfs import UID
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import CONTINUED, EXITED, KILLED, STOPPED, SignalInfo, Thread

Match = Callable[[Process], bool]

WNOHANG: Final = 1
WUNTRACED: Final = 2

# What may be waited for.
ENDED_CHILD: Final = 1
STOPPED_CHILD: Final = 2
CONTINUED_CHILD: Final = 4
_WANTED: Final = {EXITED: ENDED_CHILD, KILLED: ENDED_CHILD, STOPPED: STOPPED_CHILD, CONTINUED: CONTINUED_CHILD}


def by_number(p: Process, pid: int) -> Match:
    """Which children wait4's first argument means."""
    if pid > 0:
        return lambda child: child.pid == pid
    if pid == -1:
        return lambda child: True
    group = -pid if pid else p.group
    return lambda child: child.group == group


def wait_status(code: int, status: int) -> int:
    """The status word of wait(2)."""
    if code == EXITED:
        return status << 8
    if code == KILLED:
        return status
    return 0xFFFF if code == CONTINUED else status << 8 | 0x7F


def wait_for_child(
    p: Process, t: Thread, matches: Match, wanted: int, keep: bool, block: bool, tell: Callable[[Process, int, int], int], none: int
) -> int | None:
    """Wait until a child that `matches` has something of `wanted` to tell, and return what `tell` (child, code, status) makes of it.

    `keep` leaves it to be waited for again. Without `block` the result is `none` if there is nothing yet. ECHILD if no child matches.
    """

    def attempt() -> int | None:
        found = False
        for child in p.children.values():
            if not matches(child):
                continue
            found = True
            event = child.event
            if event is not None and _WANTED[event[0]] & wanted:
                result = tell(child, *event)
                if not keep:
                    if child.zombie:
                        child.reaped()
                    else:
                        child.event = None
                return result
        if not found:
            raise Errno("ECHILD")
        return None

    if block:
        return p.wait_for(t, "wait", p.child_queue, attempt)
    result = attempt()
    return none if result is None else result


def _target(p: Process, pid: int) -> Process:
    target = p if pid in (0, p.pid) else p.kernel.processes.get(pid)
    if target is None or pid < 0:
        raise Errno("ESRCH")
    return target


def getpgid(p: Process, t: Thread, pid: int) -> int:
    """getpgid(2)."""
    return _target(p, pid).group


def getpgrp(p: Process, t: Thread) -> int:
    """getpgrp(2)."""
    return p.group


def getsid(p: Process, t: Thread, pid: int) -> int:
    """getsid(2)."""
    return _target(p, pid).session


def getppid(p: Process, t: Thread) -> int:
    """getppid(2)."""
    return p.parent_pid()


def setpgid(p: Process, t: Thread, pid: int, group: int) -> int:
    """setpgid(2)."""
    if group < 0:
        raise Errno("EINVAL")
    target = _target(p, pid)
    if target is not p:
        if target.parent is not p:
            raise Errno("ESRCH")
        if target.executed:
            raise Errno("EACCES")
    group = group or target.pid
    if target.session == target.pid or target.session != p.session:
        raise Errno("EPERM")
    if group != target.pid and not any(
        other.group == group and other.session == p.session and not other.zombie for other in p.kernel.processes.values()
    ):
        raise Errno("EPERM")
    target.group = group
    return 0


def setsid(p: Process, t: Thread) -> int:
    """setsid(2)."""
    if any(other.group == p.pid for other in p.kernel.processes.values()):
        raise Errno("EPERM")
    p.group = p.session = p.pid
    return p.pid


def kill(p: Process, t: Thread, pid: int, number: int) -> int:
    """kill(2): a process, a group, or (-1) all but the caller."""
    if not 0 <= number <= p.signals.facts.last:
        raise Errno("EINVAL")
    if pid > 0:
        if pid == 1:
            raise Errno("EPERM")
        found = [_target(p, pid)]
    elif pid == -1:
        found = [other for other in p.kernel.processes.values() if other is not p]
    else:
        group = -pid or p.group
        found = [other for other in p.kernel.processes.values() if other.group == group]
    if not found:
        raise Errno("ESRCH")
    if number:
        # The caller last: it may end by this.
        for other in sorted(found, key=lambda other: other is p):
            other.signal(SignalInfo(number, 0, 0, p.pid))
    return 0


def setuid(p: Process, t: Thread, identity: int) -> int:
    """setuid(2) and its like of someone who is not root: only to what he is."""
    if identity not in (-1, UID):
        raise Errno("EPERM")
    return 0


def setresuid(p: Process, t: Thread, real: int, effective: int, saved: int = -1) -> int:
    """setresuid(2), setreuid(2)."""
    for identity in (real, effective, saved):
        setuid(p, t, identity)
    return 0
