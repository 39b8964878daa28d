# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory calls that mean the same on Linux and macOS, once flags are told apart."""

from __future__ import annotations

from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.fs import files
from pygo_cross.emulate.kernel.process import Process
from pygo_cross.emulate.kernel.thread import Thread
from pygo_cross.emulate.machine.memory import BEHIND_FILE, READ, TOP, WRITE
from pygo_cross.emulate.machine.sharedpages import SharedPages

_HUGE: Final = 2 << 20


def _place(p: Process, address: int, size: int, fixed: bool, no_replace: bool) -> int:
    """Where a mapping of whole pages goes: as the guest wishes, or else from the top down."""
    memory = p.memory
    if fixed:
        if address % p.page:
            raise Errno("EINVAL")
        if no_replace and not memory.is_free(address, size):
            raise Errno("EEXIST")
        return address
    address &= -p.page
    if not address or not memory.is_free(address, size):
        address = memory.find_free(size, _HUGE if size >= _HUGE else p.page)
    return address


def _check_size(size: int) -> None:
    if size == 0 or size > 1 << 47:
        raise Errno("EINVAL" if size == 0 else "ENOMEM")


def map_memory(p: Process, address: int, size: int, protection: int, fixed: bool, no_replace: bool, name: str, shared: bool = False) -> int:
    """An anonymous mapping. One that can only be read is address space and no memory: Starlark for Go keeps 4 GiB of it for numbers."""
    return _map(p, address, size, protection, fixed, no_replace, name, shared, protection & 7 == READ)


def _map(
    p: Process, address: int, size: int, protection: int, fixed: bool, no_replace: bool, name: str, shared: bool, empty: bool
) -> int:
    _check_size(size)
    size = p.memory.round(size)
    address = _place(p, address, size, fixed, no_replace)
    if shared:
        return _share(p, address, size, protection & 7, SharedPages(p.memory.physical), 0, name)
    p.memory.map(address, size, protection & 7, name, empty)
    return address


def _share(p: Process, address: int, size: int, protection: int, pages: SharedPages, offset: int, name: str) -> int:
    memory = p.memory
    if address < 0 or address + size > TOP:
        raise Errno("ENOMEM")
    # Held meanwhile, so that it does not go with a mapping that this one replaces.
    pages.retain(1)
    try:
        pieces = pages.cover(offset, offset + size)
        memory.unmap(address, size)
        for start, end, place in pieces:
            memory.share(address + start - offset, end - start, protection, place, pages, name)
    finally:
        pages.release(1)
    return address


def map_file(p: Process, address: int, size: int, protection: int, fixed: bool, descriptor: int, offset: int, shared: bool) -> int:
    """A mapping of a file: of its shared pages, or a copy of its contents, which is what a private mapping looks like."""
    if offset % p.page or size == 0:
        raise Errno("EINVAL")
    file = p.files.get(descriptor)
    if not file.flags & files.READ or (shared and protection & WRITE and not file.flags & files.WRITE):
        raise Errno("EACCES")
    if not file.seekable or isinstance(file, files.OpenDirectory):
        raise Errno("ENODEV")
    _check_size(size)
    if shared:
        pages = file.share(p.memory.physical)
        if pages is not None:
            size = p.memory.round(size)
            return _share(p, _place(p, address, size, fixed, False), size, protection & 7, pages, offset, "file")
        if protection & WRITE:
            p.count_missing("mmap of a file that is no regular one, shared and writable")
            raise Errno("ENODEV")
    place = _map(p, address, size, protection or 1, fixed, False, "file", False, False)
    there = min(size, max(file.attributes().size - offset, 0))
    p.memory.load(place, file.pread(there, offset))
    size = p.memory.round(size)
    if not protection & 7:
        p.memory.protect(place, size, 0)
    there = p.memory.round(there)
    if there < size:
        p.memory.map(place + there, size - there, 0, BEHIND_FILE)
    return place


def msync(p: Process, t: Thread, address: int, size: int, flags: int) -> int:
    """msync(2)."""
    if address % p.page:
        raise Errno("EINVAL")
    for pages in p.memory.shared_in(address, p.memory.round(size)):
        pages.sync()
    return 0


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
