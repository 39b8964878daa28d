# SPDX-License-Identifier: GPL-2.0-or-later
"""poll and select, which are alike on both systems."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.fs.files import OpenFile
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import Thread, Wait, WaitQueue

_BAD: Final = 0x20  # POLLNVAL
_MOST: Final = 4096

# POLLRDNORM and POLLWRNORM say the same as POLLIN and POLLOUT; the numbers are the systems' own.
_NORMAL: Final = {"linux": (0x40, 0x100), "darwin": (0x40, 0x4)}


def _wait(
    p: Process,
    t: Thread,
    kind: str,
    opened: Iterable[OpenFile],
    attempt: Callable[[], int | None],
    expired: Callable[[], int],
    timeout: int | None,
) -> int | None:
    result = attempt()
    if result is not None:
        return result
    if timeout == 0:
        p.sched.resched = True
        return expired()
    queues: dict[int, WaitQueue] = {}
    for file in opened:
        queues[id(file.queue)] = file.queue
        queues[id(file.write_queue)] = file.write_queue
    p.wait(t, Wait(kind, tuple(queues.values()), attempt, expired), None if timeout is None else p.sched.elapsed() + timeout)
    return None


def poll_files(p: Process, t: Thread, array: int, count: int, timeout: int | None) -> int | None:
    """poll(2); the timeout is in nanoseconds, None for ever."""
    if not 0 <= count <= _MOST:
        raise Errno("EINVAL")
    entries = [struct.unpack("<ihh", p.memory.read(array + 8 * i, 8)) for i in range(count)]
    read_normal, write_normal = _NORMAL[p.system]

    def attempt() -> int | None:
        ready = 0
        for i, (descriptor, events, _) in enumerate(entries):
            found = 0
            if descriptor >= 0:
                file = p.files.files.get(descriptor)
                if file is None:
                    found = _BAD
                else:
                    state = file.poll()
                    state |= (read_normal if state & files.POLL_IN else 0) | (write_normal if state & files.POLL_OUT else 0)
                    found = state & (events | files.POLL_ERR | files.POLL_HUP)
            ready += bool(found)
            p.memory.write(array + 8 * i + 6, struct.pack("<H", found & 0xFFFF))
        return ready or None

    return _wait(p, t, "poll", [p.files.files[d] for d, _, _ in entries if d in p.files.files], attempt, lambda: 0, timeout)


def select_files(p: Process, t: Thread, count: int, reading: int, writing: int, failing: int, timeout: int | None) -> int | None:
    """select(2); the timeout is in nanoseconds, None for ever."""
    if not 0 <= count <= 1024 or (timeout is not None and timeout < 0):
        raise Errno("EINVAL")
    size = (count + 63) // 64 * 8
    wanted: list[tuple[int, int, list[int]]] = []
    opened: dict[int, OpenFile] = {}
    ends = files.POLL_HUP | files.POLL_ERR
    for address, mask in ((reading, files.POLL_IN | ends), (writing, files.POLL_OUT | files.POLL_ERR), (failing, 0)):
        if not address:
            continue
        bits = int.from_bytes(p.memory.read(address, size), "little") & ((1 << count) - 1)
        numbers = [number for number in range(count) if bits >> number & 1]
        for number in numbers:
            opened[number] = p.files.get(number)
        wanted.append((address, mask, numbers))

    def attempt() -> int | None:
        ready = 0
        results = []
        for address, mask, numbers in wanted:
            bits = sum(1 << number for number in numbers if opened[number].poll() & mask)
            ready += bits.bit_count()
            results.append((address, bits))
        if ready:
            for address, bits in results:
                p.memory.write(address, bits.to_bytes(size, "little"))
        return ready or None

    def clear() -> int:
        for address, _, _ in wanted:
            p.memory.write(address, bytes(size))
        return 0

    return _wait(p, t, "select", opened.values(), attempt, clear, timeout)
