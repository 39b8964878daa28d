# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's address space.

It is one sorted list of areas that do not overlap. An area with access, or that once had it, has physical memory of its own, which the
emulator reads and writes without going through the engine; an area that never had access is recorded only, as Go reserves hundreds of
megabytes and uses little of them. What the engine sees follows the areas through the page table (pagetable.py), on demand.

Invariants: areas are whole pages; every access of the emulator's goes through this file, obeys the area's protection, and raises
`GuestFault` where the guest's kernel would say EFAULT; no translated code outlives the area that it came from.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from typing import Final

from pygo_cross.emulate.errors import Errno, GuestFault, LimitReached
from pygo_cross.emulate.machine.engine import Engine
from pygo_cross.emulate.machine.pagetable import PHYSICAL_BASE, PageTable, PhysicalMemory
from pygo_cross.emulate.machine.sharedpages import SharedPages

READ: Final = 1
WRITE: Final = 2
EXEC: Final = 4

# The name of areas behind the end of a file that is mapped privately: touching them is a SIGBUS.
BEHIND_FILE: Final = "behind the file"

TOP: Final = 1 << 47

# So much of one address space can be empty areas: a call may have the emulator copy what is there.
_MOST_EMPTY: Final = 4 << 30

_u32: Final = struct.Struct("<I")
_u64: Final = struct.Struct("<Q")


class Area:
    """Guest addresses `start` to `end` with one protection; `offset` is where it begins in `backing`, if it has memory.

    With `shared`, the memory is that object's, which others may show too. An `empty` area was never more than readable, and nobody
    filled it: it reads as zeros, for which the host needs no memory, and does not count.
    """

    __slots__ = ("backing", "empty", "end", "name", "offset", "protection", "shared", "start")

    def __init__(
        self,
        start: int,
        end: int,
        protection: int,
        backing: PhysicalMemory | None,
        offset: int,
        name: str,
        shared: SharedPages | None = None,
        empty: bool = False,
    ) -> None:
        self.start = start
        self.end = end
        self.protection = protection
        self.backing = backing
        self.offset = offset
        self.name = name
        self.shared = shared
        self.empty = empty

    @property
    def mapped(self) -> bool:
        """Whether it can be accessed at all."""
        return self.protection != 0

    def release(self) -> None:
        """Give its memory back."""
        if self.shared is not None:
            self.shared.release(self.end - self.start)
        elif self.backing is not None:
            self.backing.release(self.offset, self.end - self.start)


class Memory:
    """One address space. `accessible` counts bytes with access, other than those of empty areas, `peak` its highest value."""

    __slots__ = ("_engine", "_last", "_starts", "accessible", "areas", "page", "pages", "peak", "physical", "search_top")

    def __init__(self, engine: Engine, page: int, physical: PhysicalMemory, search_top: int) -> None:
        self._engine = engine
        self.physical = physical
        self.pages = PageTable(engine, physical, self._missing)
        self.page = page
        self.search_top = search_top
        self.areas: list[Area] = []
        self._starts: list[int] = []
        self.accessible = 0
        self.peak = 0
        self._last: Area | None = None

    # Areas.

    def _find(self, address: int) -> Area | None:
        area = self._last
        if area is not None and area.start <= address < area.end:
            return area
        i = bisect_right(self._starts, address) - 1
        if i < 0 or self.areas[i].end <= address:
            return None
        area = self._last = self.areas[i]
        return area

    def area_at(self, address: int) -> Area | None:
        """The area that holds an address."""
        return self._find(address)

    def _missing(self, address: int, kind: int) -> bool:
        """Supply the page table's entries around an address that the guest may access in this way (0 read, 1 write, 2 fetch)."""
        area = self._find(address)
        if area is None or not area.protection:
            return False
        # There is no memory that can be written or executed but not read, as on amd64.
        protection = area.protection | READ
        if not protection >> kind & 1:
            return False
        self.pages.fill(address, area.start, area.end, area.offset, protection)
        return True

    def _insert(self, area: Area) -> None:
        i = bisect_right(self._starts, area.start)
        self.areas.insert(i, area)
        self._starts.insert(i, area.start)

    def _count(self, more: int) -> None:
        self.accessible += more
        self.peak = max(self.peak, self.accessible)
        self.physical.count(more)

    def _leave(self, area: Area) -> None:
        """What the engine knows of an area is no longer so."""
        if area.protection:
            self.pages.clear(area.start, area.end)
            if not area.empty:
                self._count(area.start - area.end)
            if area.protection & EXEC:
                self._engine.flush_code()

    def _split(self, address: int) -> None:
        """Make `address` the border of two areas if it lies within one."""
        area = self._find(address)
        if area is None or area.start == address:
            return
        offset = area.offset + address - area.start
        self._insert(Area(address, area.end, area.protection, area.backing, offset, area.name, area.shared, area.empty))
        area.end = address

    def _range(self, start: int, end: int) -> list[Area]:
        """The areas within start and end, after splitting at both."""
        self._split(start)
        self._split(end)
        low = bisect_right(self._starts, start - 1)
        high = bisect_right(self._starts, end - 1)
        return self.areas[low:high]

    def round(self, size: int) -> int:
        """`size` rounded up to whole pages."""
        return (size + self.page - 1) & -self.page

    def _check_limit(self, more: int) -> None:
        limit = self.physical.limit
        if limit and self.physical.used + more > limit:
            if more > limit:
                raise Errno("ENOMEM")
            raise LimitReached("limit-memory", f"the guest wants more than {limit} bytes of memory")

    def unmap(self, start: int, size: int) -> None:
        """Forget every area in the range."""
        for area in self._range(start, start + size):
            self._leave(area)
            area.release()
            area.protection = 0  # whoever still holds it must see that it is gone
            i = bisect_right(self._starts, area.start) - 1
            del self.areas[i]
            del self._starts[i]
        self._last = None

    def map(self, start: int, size: int, protection: int, name: str = "", empty: bool = False) -> None:
        """Map zeroed memory at a fixed place, over whatever is there. Start and size are whole pages. What is `empty` stays zero, and
        does not count, until the guest asks to write or execute it; of more than 4 GiB of that the rest counts."""
        if empty and size + sum(area.end - area.start for area in self.areas if area.empty) > _MOST_EMPTY:
            empty = False
        if start < 0 or size <= 0 or start + size > TOP:
            raise Errno("ENOMEM")
        area = self._find(start)
        alike = area is not None and area.protection == protection and area.shared is None and area.empty == empty
        if protection and alike and start + size <= area.end:  # type: ignore[union-attr]
            self.discard(start, size)
            return
        if protection and not empty:
            self._check_limit(size)
        self.unmap(start, size)
        area = Area(start, start + size, protection, None, 0, name, None, empty)
        if protection:
            area.backing, area.offset = self.physical, self.physical.allocate(size)
            if not empty:
                self._count(size)
        self._insert(area)

    def show(self, start: int, size: int, offset: int, name: str) -> None:
        """Let the guest read physical memory that the caller has allocated, at a free place; `unmap` and `close` release it."""
        self._count(size)
        self._insert(Area(start, start + size, READ, self.physical, offset, name))

    def share(self, start: int, size: int, protection: int, offset: int, shared: SharedPages, name: str) -> None:
        """Show memory that others may show too, at a free place."""
        if protection:
            self._check_limit(size)
            self._count(size)
        shared.retain(size)
        self._insert(Area(start, start + size, protection, self.physical, offset, name, shared))

    def shared_in(self, start: int, size: int) -> list[SharedPages]:
        """What is shared in a range."""
        return [area.shared for area in self.areas if area.start < start + size and start < area.end and area.shared is not None]

    def is_free(self, start: int, size: int) -> bool:
        """Whether no area touches the range."""
        i = bisect_right(self._starts, start + size - 1) - 1
        return start >= 0 and start + size <= TOP and (i < 0 or self.areas[i].end <= start)

    def find_free(self, size: int, align: int) -> int:
        """The highest free place below `search_top`; raises ENOMEM if there is none."""
        end = self.search_top
        for area in reversed(self.areas):
            if area.start >= end:
                continue
            start = (end - size) & -align
            if start >= area.end:
                return start
            end = min(end, area.start)
        start = (end - size) & -align
        if start < 0x10000:
            raise Errno("ENOMEM")
        return start

    def protect(self, start: int, size: int, protection: int) -> None:
        """Change the protection of a range; raises ENOMEM if a part of it is not mapped."""
        if start + size > TOP:
            raise Errno("ENOMEM")
        place = start
        while place < start + size:
            found = self._find(place)
            if found is None:
                raise Errno("ENOMEM")
            place = found.end
        for area in self._range(start, start + size):
            if area.protection == protection:
                continue
            length = area.end - area.start
            if protection and area.backing is None:
                self._check_limit(length)
                area.backing, area.offset = self.physical, self.physical.allocate(length)
            filled = area.empty and protection & (WRITE | EXEC)
            if filled:
                self._check_limit(length)
            self._leave(area)
            area.protection = protection
            if filled:
                area.empty = False
            if protection and not area.empty:
                self._count(length)

    def discard(self, start: int, size: int) -> None:
        """Make a range read as zero again (MADV_DONTNEED), and give its host memory back."""
        end = start + size
        i = max(bisect_right(self._starts, start) - 1, 0)
        while i < len(self.areas) and self.areas[i].start < end:
            area = self.areas[i]
            low, high = max(start, area.start), min(end, area.end)
            if low < high and area.backing is not None and area.shared is None:
                area.backing.zero(area.offset + low - area.start, high - low)
                if area.protection & EXEC:
                    self._engine.flush_code()
            i += 1

    def copy_from(self, other: Memory) -> None:
        """Become a copy of another address space, but for what is here already."""
        self._check_limit(other.accessible)
        for area in other.areas:
            if self._find(area.start) is not None:
                continue
            size = area.end - area.start
            copy = Area(area.start, area.end, area.protection, None, 0, area.name, area.shared, area.empty)
            if area.shared is not None:
                copy.backing, copy.offset = area.backing, area.offset
                area.shared.retain(size)
            elif area.backing is not None:
                copy.backing, copy.offset = self.physical, self.physical.allocate(size)
                if not area.empty:
                    self.physical.copy(area.offset, copy.offset, size)
            if area.protection and not area.empty:
                self._count(size)
            self._insert(copy)

    def close(self) -> None:
        """Give all memory back, once the engine is closed."""
        self._count(-self.accessible)
        for area in self.areas:
            area.release()
        self.areas.clear()
        self._starts.clear()
        self._last = None

    # Access.

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes at `address`."""
        area = self._find(address)
        if area is not None and area.mapped and address + size <= area.end:
            offset = area.offset + address - area.start
            return area.backing.buffer[offset : offset + size]  # type: ignore[union-attr]
        if size <= 0:
            return b""
        parts = []
        while size > 0:
            area = self._find(address)
            if area is None or not area.mapped or area.backing is None:
                raise GuestFault(address)
            offset = area.offset + address - area.start
            part = area.backing.buffer[offset : offset + min(size, area.end - address)]
            parts.append(part)
            address += len(part)
            size -= len(part)
        return b"".join(parts)

    def read_up_to(self, address: int, size: int) -> bytes:
        """At most `size` bytes at `address`, fewer if the memory ends; never raises."""
        out = b""
        while size > 0:
            area = self._find(address)
            if area is None or not area.mapped:
                break
            part = self.read(address, min(size, area.end - address))
            out += part
            address += len(part)
            size -= len(part)
        return out

    def check_write(self, address: int, size: int) -> None:
        """Raise `GuestFault` unless all of the range can be written; for calls that must not take data they cannot deliver."""
        while size > 0:
            area = self._find(address)
            if area is None or not area.mapped or not area.protection & WRITE:
                raise GuestFault(address)
            size -= area.end - address
            address = area.end

    def write(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Write `data` as the guest could."""
        size = len(data)
        area = self._find(address)
        if area is not None and area.mapped and address + size <= area.end and area.protection & 6 == WRITE:
            offset = area.offset + address - area.start
            area.backing.buffer[offset : offset + size] = data  # type: ignore[union-attr]
            return
        self.check_write(address, size)
        self._write_through(address, data)

    def load(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """Write `data` whatever the protection: for the loader and for file mappings."""
        self._write_through(address, data)

    def _write_through(self, address: int, data: bytes | bytearray | memoryview) -> None:
        view = memoryview(data)
        while view.nbytes:
            area = self._find(address)
            if area is None or area.backing is None:
                raise GuestFault(address)
            size = min(view.nbytes, area.end - address)
            offset = area.offset + address - area.start
            if area.protection & EXEC:
                self._engine.write(PHYSICAL_BASE + offset, bytes(view[:size]))
            else:
                area.backing.buffer[offset : offset + size] = view[:size]
            address += size
            view = view[size:]

    def cstring(self, address: int, limit: int = 4096) -> bytes:
        """The bytes up to a NUL; ENAMETOOLONG if there is none within `limit`."""
        out = b""
        while True:
            area = self._find(address)
            if area is None or not area.mapped or area.backing is None:
                raise GuestFault(address)
            offset = area.offset + address - area.start
            stop = offset + min(limit - len(out), area.end - address)
            at = area.backing.buffer.find(b"\0", offset, stop)
            out += area.backing.buffer[offset : at if at >= 0 else stop]
            if at >= 0:
                return out
            if len(out) >= limit:
                raise Errno("ENAMETOOLONG")
            address = area.end

    def u32(self, address: int) -> int:
        """A 32-bit word."""
        value: int = _u32.unpack(self.read(address, 4))[0]
        return value

    def u64(self, address: int) -> int:
        """A 64-bit word."""
        value: int = _u64.unpack(self.read(address, 8))[0]
        return value

    def put_u32(self, address: int, value: int) -> None:
        """Write a 32-bit word."""
        self.write(address, _u32.pack(value & 0xFFFFFFFF))

    def put_u64(self, address: int, value: int) -> None:
        """Write a 64-bit word."""
        self.write(address, _u64.pack(value & 0xFFFFFFFFFFFFFFFF))
