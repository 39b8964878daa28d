# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes: clone and fork, wait, process descriptors (GOROOT/src/syscall/exec_linux.go, GOROOT/src/os/pidfd_linux.go)."""

from __future__ import annotations

import stat
import struct
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenFile
from pygo_cross.emulate.fs.vfs import UID, Node
from pygo_cross.emulate.kernel import children
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import SignalInfo, Thread, Wait

if TYPE_CHECKING:
    from pygo_cross.emulate.linux.process import LinuxProcess

CLONE_VM: Final = 0x100
CLONE_FS: Final = 0x200
CLONE_FILES: Final = 0x400
CLONE_SIGHAND: Final = 0x800
CLONE_PIDFD: Final = 0x1000
CLONE_VFORK: Final = 0x4000
CLONE_PARENT: Final = 0x8000
CLONE_THREAD: Final = 0x10000
CLONE_SETTLS: Final = 0x80000
CLONE_PARENT_SETTID: Final = 0x100000
CLONE_CHILD_CLEARTID: Final = 0x200000
CLONE_CHILD_SETTID: Final = 0x1000000
CLONE_INTO_CGROUP: Final = 0x200000000
# New namespaces: mount, cgroup, uts, ipc, user, pid, net, time.
_NAMESPACES: Final = 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000 | 0x80
_PROCESS_FLAGS: Final = (
    CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_SETTLS | 0xFF
)

_RUSAGE: Final = struct.Struct("<16Q")
_SIGINFO: Final = struct.Struct("<iii4xiIi100x")

_WEXITED: Final = 4
_WCONTINUED: Final = 8
_WNOWAIT: Final = 0x1000000
_WALL: Final = 0x40000000
_WCLONE: Final = 0x80000000
_SIGCHLD: Final = 17
_WAIT4_OPTIONS: Final = children.WNOHANG | children.WUNTRACED | _WCONTINUED | 0xE0000000
_WAITID_OPTIONS: Final = _WAIT4_OPTIONS | _WEXITED | _WNOWAIT


class PidFile(OpenFile):
    """A process descriptor (pidfd); it can be read, for a poller, once the process has ended."""

    __slots__ = ("process",)

    def __init__(self, node: Node, process: Process, flags: int) -> None:
        super().__init__(node, flags)
        self.process = process
        self.queue = process.end_queue

    def poll(self) -> int:
        return files.POLL_IN if self.process.zombie else 0


def rusage(nanoseconds: int, peak: int) -> bytes:
    """A struct rusage: user time, and the peak of memory in bytes."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return _RUSAGE.pack(seconds, rest // 1000, 0, 0, peak >> 10, *([0] * 11))


def _pid_file(p: LinuxProcess, process: Process, flags: int) -> int:
    return p.files.add(PidFile(Node(p.fs, stat.S_IFREG | 0o600), process, flags), True)


def clone_process(
    p: LinuxProcess, t: Thread, flags: int, stack: int, pid_file: int, parent_tid: int, child_tid: int, tls: int
) -> int | None:
    """clone(2) of a process: with its own address space, or in the caller's, who then has to wait (CLONE_VFORK)."""
    if flags & _NAMESPACES:
        raise Errno("EPERM")
    if flags & CLONE_VM and not flags & CLONE_VFORK:
        p.count_missing("clone of a process that shares memory, without CLONE_VFORK")
        raise Errno("ENOSYS")
    if flags & ~_PROCESS_FLAGS:
        p.count_missing(f"clone of a process with flags {flags & ~_PROCESS_FLAGS:#x}")
        raise Errno("EINVAL")
    if flags & CLONE_PIDFD:
        p.memory.check_write(pid_file, 4)
    thread = p.fork(t, bool(flags & CLONE_VM))
    child = thread.process
    child.exit_signal = flags & 0xFF
    context = thread.context
    assert context is not None
    if stack:
        child.cpu.registers(p.arch.sp).write_context(context, stack)
    if flags & CLONE_SETTLS:
        child.cpu.registers(p.arch.linux_tls).write_context(context, tls)
    if flags & CLONE_PARENT_SETTID:
        p.memory.put_u32(parent_tid, child.pid)
    if flags & CLONE_CHILD_SETTID:
        child.memory.put_u32(child_tid, child.pid)
    if flags & CLONE_CHILD_CLEARTID:
        thread.clear_tid = child_tid
    if flags & CLONE_PIDFD:
        p.memory.put_u32(pid_file, _pid_file(p, child, 0))
    p.sched.add(thread)
    if not flags & CLONE_VFORK:
        return child.pid
    p.wait(t, Wait("vfork", interrupt=_keep_waiting))
    child.released = lambda: _released(p, t, child.pid)
    return None


def _keep_waiting() -> None:
    """A signal does not end vfork; it is taken afterwards."""


def _released(p: LinuxProcess, t: Thread, pid: int) -> None:
    # The thread is not there any more if its process has ended meanwhile.
    if t.wait is not None:
        p.sched.wake(t, pid)


def clone3(p: LinuxProcess, t: Thread, arguments: int, size: int) -> int | None:
    """clone3(2) of a process."""
    if size < 64:
        raise Errno("EINVAL")
    data = p.memory.read(arguments, min(size, 88)).ljust(88, b"\0")
    flags, pid_file, child_tid, parent_tid, signal, stack, stack_size, tls, _, set_size, cgroup = struct.unpack("<11Q", data)
    if flags & 0xFF or signal > 64 or set_size:
        raise Errno("EINVAL")
    if flags & CLONE_INTO_CGROUP:
        p.files.get(cgroup)
        raise Errno("EBADF")  # which is also what a file that is no cgroup gives
    if flags & CLONE_THREAD:
        p.count_missing("clone3 of a thread")
        raise Errno("ENOSYS")
    return clone_process(p, t, flags | signal, stack + stack_size if stack else 0, pid_file, parent_tid, child_tid, tls)


def fork(p: LinuxProcess, t: Thread) -> int | None:
    """fork(2)."""
    return clone_process(p, t, _SIGCHLD, 0, 0, 0, 0, 0)


def vfork(p: LinuxProcess, t: Thread) -> int | None:
    """vfork(2)."""
    return clone_process(p, t, CLONE_VM | CLONE_VFORK | _SIGCHLD, 0, 0, 0, 0, 0)


def _of_kind(matches: children.Match, options: int) -> children.Match:
    """Of the children that match, those of the kind that is waited for: a clone is a child that does not end with SIGCHLD."""
    if options & _WALL:
        return matches
    clones = bool(options & _WCLONE)
    return lambda child: (child.exit_signal != _SIGCHLD) == clones and matches(child)


def wait4(p: LinuxProcess, t: Thread, pid: int, status: int, options: int, usage: int) -> int | None:
    """wait4(2)."""
    if options & ~_WAIT4_OPTIONS:
        raise Errno("EINVAL")
    wanted = children.ENDED_CHILD
    wanted |= children.STOPPED_CHILD if options & children.WUNTRACED else 0
    wanted |= children.CONTINUED_CHILD if options & _WCONTINUED else 0

    def tell(child: Process, code: int, value: int) -> int:
        if status:
            p.memory.put_u32(status, children.wait_status(code, value))
        if usage:
            p.memory.write(usage, rusage(child.used() + child.children_used, max(child.memory.peak, child.children_peak)))
        return child.pid

    matches = _of_kind(children.by_number(p, pid), options)
    return children.wait_for_child(p, t, matches, wanted, False, not options & children.WNOHANG, tell, 0)


def waitid(p: LinuxProcess, t: Thread, kind: int, identity: int, info: int, options: int, usage: int) -> int | None:
    """waitid(2): P_ALL, P_PID, P_PGID, P_PIDFD."""
    wanted = options & (_WEXITED | children.WUNTRACED | _WCONTINUED)
    if options & ~_WAITID_OPTIONS or not wanted:
        raise Errno("EINVAL")
    block = not options & children.WNOHANG
    if kind == 0:
        matches = children.by_number(p, -1)
    elif kind == 1:
        if identity <= 0:
            raise Errno("EINVAL")
        matches = children.by_number(p, identity)
    elif kind == 2:
        matches = children.by_number(p, -identity)
    elif kind == 3:
        file = p.files.get(identity)
        if not isinstance(file, PidFile):
            raise Errno("EBADF")
        target = file.process
        matches = lambda child: child is target  # noqa: E731
        block = block and not file.flags & files.NONBLOCK
    else:
        raise Errno("EINVAL")
    bits = children.ENDED_CHILD if wanted & _WEXITED else 0
    bits |= children.STOPPED_CHILD if wanted & children.WUNTRACED else 0
    bits |= children.CONTINUED_CHILD if wanted & _WCONTINUED else 0

    def tell(child: Process, code: int, value: int) -> int:
        if info:
            p.memory.write(info, _SIGINFO.pack(_SIGCHLD, 0, code, child.pid, UID, value))
        if usage:
            p.memory.write(usage, rusage(child.used() + child.children_used, max(child.memory.peak, child.children_peak)))
        return 0

    keep = bool(options & _WNOWAIT)
    result = children.wait_for_child(p, t, _of_kind(matches, options), bits, keep, block, tell, -1)
    if result == -1:
        if kind == 3 and not options & children.WNOHANG:
            raise Errno("EAGAIN")
        if info:
            p.memory.write(info, bytes(_SIGINFO.size))
        return 0
    return result


def pidfd_open(p: LinuxProcess, t: Thread, pid: int, flags: int) -> int:
    """pidfd_open(2)."""
    if pid <= 0 or flags & ~0o4000:
        raise Errno("EINVAL")
    process = p.kernel.processes.get(pid)
    if process is None:
        raise Errno("EINVAL" if pid in p.sched.threads else "ESRCH")
    return _pid_file(p, process, files.NONBLOCK if flags else 0)


def pidfd_send_signal(p: LinuxProcess, t: Thread, descriptor: int, number: int, info: int, flags: int) -> int:
    """pidfd_send_signal(2)."""
    file = p.files.get(descriptor)
    if not isinstance(file, PidFile):
        raise Errno("EBADF")
    if flags or not 0 <= number <= 64:
        raise Errno("EINVAL")
    process = file.process
    if p.kernel.processes.get(process.pid) is not process:
        raise Errno("ESRCH")
    if number:
        process.signal(SignalInfo(number, 0, 0, p.pid))
    return 0
