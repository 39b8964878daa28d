# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory calls that mean the same on Linux and macOS, once flags are told apart."""

from __future__ import annotations

from typing import Final

from pygo_cross.emulate import files
from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.memory import WRITE
from pygo_cross.emulate.process import Process
from pygo_cross.emulate.thread import Thread

_HUGE: Final = 2 << 20


def map_memory(p: Process, address: int, size: int, protection: int, fixed: bool, no_replace: bool, name: str) -> int:
    """Find a place for an anonymous mapping, as the guest wishes or else from the top down, and make it."""
    memory = p.memory
    if size == 0 or size > 1 << 47:
        raise Errno("EINVAL" if size == 0 else "ENOMEM")
    size = memory.round(size)
    if fixed:
        if address % p.page:
            raise Errno("EINVAL")
        if no_replace and not memory.is_free(address, size):
            raise Errno("EEXIST")
    else:
        address &= -p.page
        if not address or not memory.is_free(address, size):
            address = memory.find_free(size, _HUGE if size >= _HUGE else p.page)
    memory.map(address, size, protection & 7, name)
    return address


def map_file(p: Process, address: int, size: int, protection: int, fixed: bool, descriptor: int, offset: int, shared: bool) -> int:
    """A mapping of a file: a copy of its contents, which is what a private mapping looks like."""
    file = p.files.get(descriptor)
    if not file.flags & files.READ:
        raise Errno("EACCES")
    if not file.seekable or isinstance(file, files.OpenDirectory):
        raise Errno("ENODEV")
    if shared and protection & WRITE:
        p.count_missing("mmap of a file, shared and writable")
        raise Errno("ENODEV")
    if offset % p.page or size == 0:
        raise Errno("EINVAL")
    place = map_memory(p, address, size, protection or 1, fixed, False, "file")
    p.memory.load(place, file.pread(min(size, max(file.node.size - offset, 0)), offset))
    if not protection & 7:
        p.memory.protect(place, p.memory.round(size), 0)
    return place


def munmap(p: Process, t: Thread, address: int, size: int) -> int:
    """munmap(2)."""
    if address % p.page or size == 0 or address + size > 1 << 47:
        raise Errno("EINVAL")
    p.memory.unmap(address, p.memory.round(size))
    return 0


def mprotect(p: Process, t: Thread, address: int, size: int, protection: int) -> int:
    """mprotect(2)."""
    if address % p.page or protection & ~7:
        raise Errno("EINVAL")
    if size:
        p.memory.protect(address, p.memory.round(size), protection)
    return 0
