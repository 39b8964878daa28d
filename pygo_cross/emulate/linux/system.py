# SPDX-License-Identifier: GPL-2.0-or-later
"""The rest: what the system is, limits, usage; and the generated files of /proc, /sys and /etc."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs.fdfs import DescriptorLinks
from pygo_cross.emulate.fs.files import MAX_FILES
from pygo_cross.emulate.fs.vfs import Directory, Generated, GeneratedLink
from pygo_cross.emulate.kernel.thread import Thread
from pygo_cross.emulate.linux.children import rusage
from pygo_cross.emulate.linux.net import groups_file

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.kernel import Kernel
    from pygo_cross.emulate.linux.process import LinuxProcess

RELEASE: Final = b"6.1.0-emulated"

_UNLIMITED: Final = (1 << 64) - 1


def uname(p: LinuxProcess, t: Thread, address: int) -> int:
    """uname(2)."""
    machine = b"aarch64" if p.arch.name == "arm64" else b"x86_64"
    fields = (b"Linux", b"localhost", RELEASE, b"#1 SMP", machine, b"(none)")
    p.memory.write(address, b"".join(field.ljust(65, b"\0") for field in fields))
    return 0


_NOFILE: Final = 7
_LIMITS: Final = {3: (8 << 20, _UNLIMITED), 4: (0, _UNLIMITED), _NOFILE: (MAX_FILES, 1 << 19)}  # the stack, core files, open files


def prlimit64(p: LinuxProcess, t: Thread, pid: int, resource: int, new: int, old: int) -> int:
    """prlimit64(2): limits are kept and inherited; the one on open files has an effect."""
    target = p.kernel.processes.get(pid or p.pid)
    if target is None or target.zombie:
        raise Errno("ESRCH")
    if not 0 <= resource < 16:
        raise Errno("EINVAL")
    limits = target.resources.get(resource) or _LIMITS.get(resource, (_UNLIMITED, _UNLIMITED))
    if new:
        soft, hard = struct.unpack("<QQ", p.memory.read(new, 16))
        if soft > hard:
            raise Errno("EINVAL")
        if hard > limits[1]:
            raise Errno("EPERM")
    if old:
        p.memory.write(old, struct.pack("<QQ", *limits))
    if new:
        target.resources[resource] = (soft, hard)
        if resource == _NOFILE:
            target.files.limit = soft
    return 0


def getrlimit(p: LinuxProcess, t: Thread, resource: int, address: int) -> int:
    """getrlimit(2)."""
    return prlimit64(p, t, 0, resource, 0, address)


def setrlimit(p: LinuxProcess, t: Thread, resource: int, address: int) -> int:
    """setrlimit(2)."""
    return prlimit64(p, t, 0, resource, address, 0)


def getrusage(p: LinuxProcess, t: Thread, who: int, address: int) -> int:
    """getrusage(2): user time by executed code, and the peak of memory."""
    if who == -1:  # RUSAGE_CHILDREN
        p.memory.write(address, rusage(p.children_used, p.children_peak))
    else:
        p.memory.write(address, rusage(p.used(), p.memory.peak))
    return 0


def sysinfo(p: LinuxProcess, t: Thread, address: int) -> int:
    """sysinfo(2)."""
    total = p.limits.memory or 4 << 30
    free = max(total - p.memory.accessible, 0)
    p.memory.write(
        address,
        struct.pack("<q3Q6QHxxxxxxQQI4x", 1 + p.sched.elapsed() // 10**9, 0, 0, 0, total, free, 0, 0, 0, 0, 1, 0, 0, 1),
    )
    return 0


def times(p: LinuxProcess, t: Thread, address: int) -> int:
    """times(2)."""
    if address:
        p.memory.write(address, struct.pack("<4Q", p.used() // 10_000_000, 0, p.children_used // 10_000_000, 0))
    return p.sched.elapsed() // 10_000_000


def getrandom(p: LinuxProcess, t: Thread, buffer: int, size: int, flags: int) -> int:
    """getrandom(2)."""
    data = p.random(min(size, 1 << 20))
    p.memory.write(buffer, data)
    return len(data)


def prctl(p: LinuxProcess, t: Thread, option: int, second: int, third: int) -> int:
    """prctl(2): the signal at the parent's death, capabilities; naming of memory and of threads, which is noted nowhere."""
    if option == 1:  # PR_SET_PDEATHSIG
        if not 0 <= second <= 64:
            raise Errno("EINVAL")
        p.death_signal = second
        return 0
    if option == 2:  # PR_GET_PDEATHSIG
        p.memory.put_u32(second, p.death_signal)
        return 0
    if option == 7:  # PR_GET_KEEPCAPS
        return int(t.keep_capabilities)
    if option == 8:  # PR_SET_KEEPCAPS
        if second > 1:
            raise Errno("EINVAL")
        t.keep_capabilities = bool(second)
        return 0
    if option == 47:  # PR_CAP_AMBIENT: there are no capabilities to raise
        if second == 2:
            raise Errno("EPERM")
        if second not in (1, 3, 4):
            raise Errno("EINVAL")
        return 0
    if option in (15, 0x53564D41):  # PR_SET_NAME, PR_SET_VMA
        return 0
    if option in (3, 4, 38, 39):  # PR_GET_DUMPABLE and PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS and PR_GET_NO_NEW_PRIVS
        return 1 if option == 3 else 0
    raise Errno("EINVAL")


_CAPABILITY_VERSION: Final = 0x20080522


def capget(p: LinuxProcess, t: Thread, header: int, data: int) -> int:
    """capget(2): no capabilities."""
    version = p.memory.u32(header)
    if version != _CAPABILITY_VERSION:
        p.memory.put_u32(header, _CAPABILITY_VERSION)
        if data:
            raise Errno("EINVAL")
        return 0
    pid = p.memory.u32(header + 4)
    if pid and pid not in p.sched.threads:
        raise Errno("ESRCH")
    if data:
        p.memory.write(data, bytes(24))
    return 0


def capset(p: LinuxProcess, t: Thread, header: int, data: int) -> int:
    """capset(2): who has no capabilities can get none."""
    if p.memory.u32(header) != _CAPABILITY_VERSION:
        p.memory.put_u32(header, _CAPABILITY_VERSION)
        raise Errno("EINVAL")
    if p.memory.read(data, 24).strip(b"\0"):
        raise Errno("EPERM")
    return 0


def getgroups(p: LinuxProcess, t: Thread, count: int, address: int) -> int:
    """getgroups(2): none."""
    return 0


def getpriority(p: LinuxProcess, t: Thread, which: int, who: int) -> int:
    """getpriority(2): the kernel's form of nice value 0."""
    return 20


def install_system_files(kernel: Kernel) -> None:
    """/proc, /sys and /etc as far as Go's runtime, os and net read them."""
    fs = kernel.fs

    def make(path: bytes, text: bytes) -> None:
        fs.put(path, Generated(fs, lambda: text))

    cpus = max(1, min(kernel.options.cpus, 64))
    cpu_range = b"0" if cpus == 1 else b"0-%d" % (cpus - 1)
    make(b"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", b"2097152\n")
    make(b"/sys/kernel/mm/transparent_hugepage/enabled", b"always [madvise] never\n")
    make(b"/sys/devices/system/cpu/online", cpu_range + b"\n")
    make(b"/proc/sys/kernel/osrelease", RELEASE + b"\n")
    make(b"/proc/sys/kernel/hostname", b"localhost\n")
    make(b"/proc/sys/kernel/random/boot_id", b"00000000-0000-4000-8000-000000000000\n")
    make(b"/proc/sys/net/core/somaxconn", b"4096\n")
    make(b"/proc/sys/fs/pipe-max-size", b"1048576\n")
    fs.put(b"/proc/net/igmp", Generated(fs, lambda: groups_file(kernel.process, 4)))
    fs.put(b"/proc/net/igmp6", Generated(fs, lambda: groups_file(kernel.process, 6)))
    make(b"/proc/sys/vm/overcommit_memory", b"1\n")
    make(b"/proc/cpuinfo", b"".join(b"processor\t: %d\n\n" % i for i in range(cpus)))
    make(b"/proc/meminfo", b"MemTotal: %d kB\n" % ((kernel.limits.memory or 4 << 30) >> 10))
    make(b"/proc/stat", b"cpu 0 0 0 0 0 0 0 0 0 0\n")
    make(b"/proc/version", b"Linux version " + RELEASE + b"\n")
    fs.put(b"/proc/self", GeneratedLink(fs, lambda: b"%d" % kernel.process.pid))


def install_process_files(p: LinuxProcess) -> None:
    """The files of /proc/PID."""
    fs = p.fs
    folder = b"/proc/%d" % p.pid
    fs.put(folder + b"/exe", GeneratedLink(fs, lambda: p.executable))
    fs.put(folder + b"/cwd", GeneratedLink(fs, lambda: fs.path_of(p.cwd)))
    fs.put(folder + b"/fd", DescriptorLinks(fs, lambda: p.files))
    files: dict[bytes, Callable[[], bytes]] = {
        b"maps": lambda: _maps(p),
        b"cmdline": lambda: b"".join(a + b"\0" for a in p.arguments),
        b"environ": lambda: b"".join(a + b"\0" for a in p.environment),
        b"stat": lambda: _stat(p),
        b"status": lambda: _status(p),
        b"cgroup": lambda: b"0::/\n",
        b"mountinfo": lambda: b"",
        b"auxv": lambda: p.auxiliary,
    }
    for name, make in files.items():
        fs.put(folder + b"/" + name, Generated(fs, make))


def remove_process_files(p: LinuxProcess) -> None:
    """The process is gone."""
    fs = p.fs
    folder = fs.resolve(fs.root, b"/proc")
    if isinstance(folder, Directory):
        folder.entries.pop(b"%d" % p.pid, None)


def _maps(p: LinuxProcess) -> bytes:
    lines = []
    executable = p.executable.decode("utf-8", "replace")
    loaded = {segment.name: segment for segment in p.image.segments}
    for area in p.memory.areas:
        segment = loaded.get(area.name)
        name, offset = (executable, segment.offset + area.start - segment.address & -4096) if segment else (area.name, 0)
        bits = area.protection
        flags = ("r" if bits & 1 else "-") + ("w" if bits & 2 else "-") + ("x" if bits & 4 else "-") + "p"
        lines.append(f"{area.start:08x}-{area.end:08x} {flags} {offset:08x} 00:00 0 {name}".rstrip())
    return ("\n".join(lines) + "\n").encode()


def _state(p: LinuxProcess) -> str:
    if p.zombie:
        return "Z"
    if p.signals.stopped:
        return "T"
    return "R" if any(not thread.state for thread in p.threads.values()) else "S"


def _name(p: LinuxProcess) -> str:
    return os.path.basename(p.executable).decode("utf-8", "replace")[:15]


def _stat(p: LinuxProcess) -> bytes:
    fields = [p.pid, f"({_name(p)})", _state(p), p.parent_pid(), p.group, p.session, 0, -1, *[0] * 5]
    size = p.memory.accessible
    fields += [p.used() // 10**7, 0, p.children_used // 10**7, 0, 20, 0, len(p.threads), 0, 0, size, size >> 12]
    return (" ".join(map(str, fields)) + " 0" * 28 + "\n").encode()


def _status(p: LinuxProcess) -> bytes:
    size = p.memory.accessible >> 10
    state = {"R": "running", "S": "sleeping", "T": "stopped", "Z": "zombie"}[_state(p)]
    text = f"Name:\t{_name(p)}\nState:\t{_state(p)} ({state})\nTgid:\t{p.pid}\nPid:\t{p.pid}\nPPid:\t{p.parent_pid()}\nTracerPid:\t0\n"
    text += f"VmPeak:\t{p.memory.peak >> 10} kB\nVmSize:\t{size} kB\nVmRSS:\t{size} kB\nThreads:\t{len(p.threads)}\n"
    return text.encode()
