# SPDX-License-Identifier: GPL-2.0-or-later
"""Time, limits, sysctl and what else the runtime asks of the system."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.darwin.children import rusage
from pygo_cross.emulate.darwin.net import interface_list
from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.kernel.sched import BOOT
from pygo_cross.emulate.kernel.thread import SignalInfo, Thread, Wait
from pygo_cross.emulate.kernel.timers import Timer
from pygo_cross.emulate.machine import amd64, arm64
from pygo_cross.emulate.net import loopback

if TYPE_CHECKING:
    from pygo_cross.emulate.darwin.process import DarwinProcess

_UNLIMITED: Final = (1 << 63) - 1
RELEASE: Final = b"22.0.0"


def error_location(p: DarwinProcess, t: Thread) -> int:
    """__error(): where the thread's errno is."""
    return t.errno_address


def exit_(p: DarwinProcess, t: Thread, status: int) -> None:
    """exit(3), _exit(2)."""
    p.exit(status)


def mach_absolute_time(p: DarwinProcess, t: Thread) -> int:
    """mach_absolute_time(): nanoseconds, by the timebase that is told."""
    return p.sched.elapsed() + BOOT


def mach_timebase_info(p: DarwinProcess, t: Thread, address: int) -> int:
    """mach_timebase_info(): one to one."""
    p.memory.write(address, struct.pack("<II", 1, 1))
    return 0


def clock_gettime(p: DarwinProcess, t: Thread, clock: int, address: int) -> int:
    """clock_gettime(3)."""
    if clock == 0:
        now = p.sched.now()
    elif clock in (4, 5, 6, 8, 9):
        now = p.sched.elapsed() + BOOT
    elif clock in (12, 16):
        now = p.used()
    else:
        raise Errno("EINVAL")
    p.memory.write(address, struct.pack("<QQ", *divmod(now, 10**9)))
    return 0


def gettimeofday(p: DarwinProcess, t: Thread, address: int, zone: int) -> int:
    """gettimeofday(2)."""
    if address:
        seconds, rest = divmod(p.sched.now(), 10**9)
        p.memory.write(address, struct.pack("<qi4x", seconds, rest // 1000))
    return 0


def usleep(p: DarwinProcess, t: Thread, microseconds: int) -> None:
    """usleep(3)."""
    p.wait(t, Wait("usleep"), p.sched.elapsed() + microseconds * 1000)


_INTERVAL: Final = struct.Struct("<qi4xqi4x")
# SIGALRM, SIGVTALRM and SIGPROF.
_ALARMS: Final = (14, 26, 27)


def setitimer(p: DarwinProcess, t: Thread, which: int, new: int, old: int) -> int:
    """setitimer(2): of the clock, or of the process's processor time."""
    if not 0 <= which < len(_ALARMS):
        raise Errno("EINVAL")
    timer = p.signals.intervals.get(which)
    if timer is None:
        signal = _ALARMS[which]
        timer = p.signals.intervals[which] = Timer(
            (lambda: p.cpu.used_now() >> 2) if which else None, lambda _missed: p.signals.send_process(SignalInfo(signal), p.sched.current)
        )
    left, interval = p.sched.timers.left(timer)
    before = [part for value in (interval, left + 999) for part in divmod(value // 1000, 10**6)]
    times = _INTERVAL.unpack(p.memory.read(new, _INTERVAL.size)) if new else (0, 0, 0, 0)
    if min(times) < 0 or max(times[1], times[3]) >= 10**6:
        raise Errno("EINVAL")
    if old:
        p.memory.write(old, _INTERVAL.pack(*before))
    if times[2] or times[3]:
        p.sched.timers.arm(timer, (times[2] * 10**6 + times[3]) * 1000, (times[0] * 10**6 + times[1]) * 1000)
    else:
        p.sched.timers.disarm(timer)
    return 0


def _values(p: DarwinProcess) -> dict[bytes, tuple[tuple[int, ...], int | bytes]]:
    """What sysctl knows: the number form of a name, and an int or a string."""
    cpus = max(1, min(p.options.cpus, 64))
    arm = p.arch.name == "arm64"
    memory = p.limits.memory or 4 << 30
    values: dict[bytes, tuple[tuple[int, ...], int | bytes]] = {
        b"kern.ostype": ((1, 1), b"Darwin"),
        b"kern.osrelease": ((1, 2), RELEASE),
        b"kern.version": ((1, 4), b"Darwin Kernel Version " + RELEASE + b" (emulated)"),
        b"kern.argmax": ((1, 8), 1 << 20),
        b"kern.hostname": ((1, 10), b"localhost"),
        b"kern.ngroups": ((1, 18), 16),
        b"kern.maxfilesperproc": ((1, 29), 10240),
        b"kern.osproductversion": ((1, 138), b"13.0"),
        b"kern.osversion": ((1, 65), b"22A380"),
        b"kern.ipc.somaxconn": ((1, 40, 1), 128),
        b"hw.machine": ((6, 1), b"arm64" if arm else b"x86_64"),
        b"hw.ncpu": ((6, 3), cpus),
        b"hw.pagesize": ((6, 7), p.page),
        b"hw.memsize": ((6, 24), memory.to_bytes(8, "little")),
        b"hw.activecpu": ((6, 25), cpus),
        b"hw.logicalcpu": ((6, 101), cpus),
        b"hw.physicalcpu": ((6, 102), cpus),
    }
    optional = arm64.OPTIONAL if arm else {**amd64.OPTIONAL, "sse4_2": int(p.cpu.sse42)}
    for i, (name, value) in enumerate(optional.items()):
        values[b"hw.optional." + name.encode()] = ((6, 200 + i), value)
    return values


def _give(p: DarwinProcess, value: int | bytes, old: int, old_size: int) -> int:
    data = struct.pack("<I", value) if isinstance(value, int) else value if len(value) == 8 and value[-1:] == b"\x00" else value + b"\x00"
    return _give_bytes(p, data, old, old_size)


def _give_bytes(p: DarwinProcess, data: bytes, old: int, old_size: int) -> int:
    if old_size:
        room = p.memory.u64(old_size)
        if old and room < len(data):
            raise Errno("ENOMEM")
        p.memory.put_u64(old_size, len(data))
    if old:
        p.memory.write(old, data)
    return 0


def sysctl(p: DarwinProcess, t: Thread, mib: int, count: int, old: int, old_size: int, new: int, new_size: int) -> int:
    """sysctl(3). {0, 3} turns a name, given as the new value, into numbers."""
    if not 1 <= count <= 12:
        raise Errno("EINVAL")
    numbers = struct.unpack(f"<{count}I", p.memory.read(mib, 4 * count))
    if numbers[:3] == (4, 17, 0) and count == 6:  # net.routetable
        if numbers[4] not in (3, 6):
            p.count_missing(f"sysctl of routes, {numbers[4]}")
            raise Errno("ENOTSUP")
        if numbers[5] not in (0, loopback.INDEX):
            return _give_bytes(p, b"", old, old_size)
        return _give_bytes(p, interface_list(p, numbers[3], numbers[4] == 6), old, old_size)
    values = _values(p)
    if numbers == (0, 3):
        found = values.get(p.memory.read(new, min(new_size, 256)).rstrip(b"\0"))
        if found is None:
            raise Errno("ENOENT")
        p.memory.write(old, struct.pack(f"<{len(found[0])}I", *found[0]))
        p.memory.put_u64(old_size, 4 * len(found[0]))
        return 0
    if new:
        raise Errno("EPERM")
    for known, value in values.values():
        if known == numbers:
            return _give(p, value, old, old_size)
    raise Errno("ENOENT")


def sysctlbyname(p: DarwinProcess, t: Thread, name: bytes, old: int, old_size: int, new: int, new_size: int) -> int:
    """sysctlbyname(3)."""
    found = _values(p).get(name)
    if found is None:
        raise Errno("ENOENT")
    if new:
        raise Errno("EPERM")
    return _give(p, found[1], old, old_size)


def sysconf(p: DarwinProcess, t: Thread, name: int) -> int:
    """sysconf(3)."""
    known = {5: p.files.limit, 29: p.page, 57: p.options.cpus, 58: p.options.cpus, 4: 16, 1: 1 << 20, 3: 100, 70: 4096, 71: 4096}
    value = known.get(name)
    if value is None:
        raise Errno("EINVAL")
    return value


_NOFILE: Final = 8
_MAX_FILES: Final = 10240  # kern.maxfilesperproc
_LIMITS: Final = {3: (8 << 20, 64 << 20), 4: (0, _UNLIMITED), _NOFILE: (256, _UNLIMITED)}  # the stack, core files, open files


def _limit(p: DarwinProcess, resource: int) -> tuple[int, int]:
    if not 0 <= resource < 9:
        raise Errno("EINVAL")
    return p.resources.get(resource) or _LIMITS.get(resource, (_UNLIMITED, _UNLIMITED))


def getrlimit(p: DarwinProcess, t: Thread, resource: int, address: int) -> int:
    """getrlimit(2)."""
    p.memory.write(address, struct.pack("<QQ", *_limit(p, resource)))
    return 0


def setrlimit(p: DarwinProcess, t: Thread, resource: int, address: int) -> int:
    """setrlimit(2): limits are kept and inherited; the one on open files has an effect."""
    soft, hard = struct.unpack("<QQ", p.memory.read(address, 16))
    if soft > hard:
        raise Errno("EINVAL")
    if hard > _limit(p, resource)[1]:
        raise Errno("EPERM")
    if resource == _NOFILE:
        if soft > _MAX_FILES:
            raise Errno("EINVAL")
        p.files.limit = soft
    p.resources[resource] = (soft, hard)
    return 0


def getrusage(p: DarwinProcess, t: Thread, who: int, address: int) -> int:
    """getrusage(2): user time by executed code, and the peak of memory."""
    if who == -1:  # RUSAGE_CHILDREN
        p.memory.write(address, rusage(p.children_used, p.children_peak))
    else:
        p.memory.write(address, rusage(p.used(), p.memory.peak))
    return 0


def arc4random_buf(p: DarwinProcess, t: Thread, buffer: int, size: int) -> int:
    """arc4random_buf(3)."""
    while size:
        part = min(size, 1 << 20)
        p.memory.write(buffer, p.random(part))
        buffer += part
        size -= part
    return 0


def getgroups(p: DarwinProcess, t: Thread, count: int, address: int) -> int:
    """getgroups(2): none."""
    return 0


def madvise(p: DarwinProcess, t: Thread, address: int, size: int, advice: int) -> int:
    """madvise(2): advice only. MADV_ZERO, which is more, is done."""
    if advice == 11:
        p.memory.discard(address, p.memory.round(size))
    elif not 0 <= advice <= 10:
        raise Errno("EINVAL")
    return 0


_KERN_INVALID_ADDRESS: Final = 1
_BASIC_INFO: Final = struct.Struct("<iiIiiQiHxx")


def mach_vm_region(p: DarwinProcess, t: Thread, task: int, address: int, size: int, flavor: int, info: int, count: int) -> int:
    """mach_vm_region(): the first area at or behind an address. Returns a kern_return_t."""
    place = p.memory.u64(address)
    for area in p.memory.areas:
        if area.end > place and flavor == 9:
            p.memory.put_u64(address, area.start)
            p.memory.put_u64(size, area.end - area.start)
            p.memory.write(info, _BASIC_INFO.pack(area.protection, 7, 1, 0, 0, 0, 0, 0))
            return 0
    return _KERN_INVALID_ADDRESS


def proc_regionfilename(p: DarwinProcess, t: Thread, pid: int, address: int, buffer: int, size: int) -> int:
    """proc_regionfilename(): the length of the path, 0 if there is none."""
    area = p.memory.area_at(address)
    if area is None or area.name not in {segment.name for segment in p.image.segments}:
        return 0
    p.memory.write(buffer, p.executable[:size])
    return len(p.executable[:size])
