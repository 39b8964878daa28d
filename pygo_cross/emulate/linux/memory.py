# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory calls: mmap and its relatives."""

from __future__ import annotations

from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.kernel.mappings import map_file, map_memory
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import Thread

_SHARED: Final = 1
_FIXED: Final = 0x10
_ANONYMOUS: Final = 0x20
_FIXED_NOREPLACE: Final = 0x100000

_DONTNEED: Final = 4
_KNOWN_ADVICE: Final = frozenset((0, 1, 2, 3, 4, 8, 12, 13, 14, 15, 16, 17, 18, 19))


def mmap(p: Process, t: Thread, address: int, size: int, protection: int, flags: int, descriptor: int, offset: int) -> int:
    """mmap(2)."""
    fixed = bool(flags & (_FIXED | _FIXED_NOREPLACE))
    if flags & _ANONYMOUS:
        return map_memory(p, address, size, protection, fixed, bool(flags & _FIXED_NOREPLACE), "", bool(flags & _SHARED))
    return map_file(p, address, size, protection, fixed, descriptor, offset, bool(flags & _SHARED))


def madvise(p: Process, t: Thread, address: int, size: int, advice: int) -> int:
    """madvise(2): DONTNEED is done, other advice is only advice."""
    if advice not in _KNOWN_ADVICE or address % p.page:
        raise Errno("EINVAL")
    if advice == _DONTNEED:
        p.memory.discard(address, p.memory.round(size))
    return 0


def mincore(p: Process, t: Thread, address: int, size: int, vector: int) -> int:
    """mincore(2): everything mapped is resident."""
    if address % p.page:
        raise Errno("EINVAL")
    pages = p.memory.round(size) // p.page
    if pages > 1 << 20:
        raise Errno("ENOMEM")
    for i in range(pages):
        if p.memory.area_at(address + i * p.page) is None:
            raise Errno("ENOMEM")
    p.memory.write(vector, b"\1" * pages)
    return 0


def brk(p: Process, t: Thread, address: int) -> int:
    """brk(2): there is no such heap, so the break never moves."""
    return 0
