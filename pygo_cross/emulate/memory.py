# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's address space.

It is one sorted list of areas that do not overlap. An area with access is backed by host memory that is shared with the engine, so that the
emulator reads and writes the guest without going through it; an area without access (PROT_NONE) is recorded only, because mapped regions
are what costs Unicorn most. Go reserves hundreds of megabytes in this way and uses little of it.

Invariants: areas are whole pages; every area with access is exactly one region of the engine, and no other region exists; every access
of the
emulator's goes through this file, obeys the area's protection, and raises `GuestFault` where the guest's kernel would say EFAULT.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from bisect import bisect_right
from typing import Final

from pygo_cross.emulate.engine import Engine
from pygo_cross.emulate.errors import Errno, GuestFault, LimitReached

READ: Final = 1
WRITE: Final = 2
EXEC: Final = 4

TOP: Final = 1 << 47

_u32: Final = struct.Struct("<I")
_u64: Final = struct.Struct("<Q")


class _Backing:
    """Anonymous host memory."""

    __slots__ = ("address", "buffer", "hold", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.buffer = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0))
        self.hold = ctypes.c_char.from_buffer(self.buffer)
        self.address = ctypes.addressof(self.hold)


class Area:
    """Guest addresses `start` to `end` with one protection; `offset` is where it begins in its backing."""

    __slots__ = ("backing", "end", "mapped", "name", "offset", "protection", "start")

    def __init__(self, start: int, end: int, protection: int, backing: _Backing | None, offset: int, name: str) -> None:
        self.start = start
        self.end = end
        self.protection = protection
        self.backing = backing
        self.offset = offset
        self.name = name
        self.mapped = False


class Budget:
    """Bytes with access in all address spaces of a run, their highest number, and how many there may be (0: any)."""

    __slots__ = ("limit", "peak", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self.peak = 0


class Memory:
    """One address space. `accessible` counts bytes with access, `peak` its highest value."""

    __slots__ = ("_budget", "_engine", "_last", "_starts", "accessible", "areas", "page", "peak", "search_top")

    def __init__(self, engine: Engine, page: int, budget: Budget, search_top: int) -> None:
        self._engine = engine
        self._budget = budget
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

    def _insert(self, area: Area) -> None:
        i = bisect_right(self._starts, area.start)
        self.areas.insert(i, area)
        self._starts.insert(i, area.start)
        self._map(area)

    def _map(self, area: Area) -> None:
        if area.protection and area.backing is not None:
            # Unicorn has no region that can be written but not read, nor has amd64.
            protection = area.protection | READ
            self._engine.map(area.start, area.end - area.start, protection, area.backing.address + area.offset)
            area.mapped = True
            self._count(area.end - area.start)

    def _unmap(self, area: Area) -> None:
        if area.mapped:
            self._engine.unmap(area.start, area.end - area.start)
            area.mapped = False
            self._count(area.start - area.end)

    def _count(self, more: int) -> None:
        budget = self._budget
        self.accessible += more
        self.peak = max(self.peak, self.accessible)
        budget.used += more
        budget.peak = max(budget.peak, budget.used)

    def _split(self, address: int) -> None:
        """Make `address` the border of two areas if it lies within one."""
        area = self._find(address)
        if area is None or area.start == address:
            return
        mapped = area.mapped
        self._unmap(area)
        rest = Area(address, area.end, area.protection, area.backing, area.offset + address - area.start, area.name)
        area.end = address
        if mapped:
            self._map(area)
        self._insert(rest)

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
        limit = self._budget.limit
        if limit and self._budget.used + more > limit:
            if more > limit:
                raise Errno("ENOMEM")
            raise LimitReached("limit-memory", f"the guest wants more than {limit} bytes of memory")

    def unmap(self, start: int, size: int) -> None:
        """Forget every area in the range."""
        for area in self._range(start, start + size):
            self._unmap(area)
            i = bisect_right(self._starts, area.start) - 1
            del self.areas[i]
            del self._starts[i]
        self._last = None

    def map(self, start: int, size: int, protection: int, name: str = "") -> None:
        """Map zeroed memory at a fixed place, over whatever is there. Start and size are whole pages."""
        if start < 0 or size <= 0 or start + size > TOP:
            raise Errno("ENOMEM")
        area = self._find(start)
        if protection and area is not None and area.mapped and area.protection == protection and start + size <= area.end:
            self.discard(start, size)
            return
        if protection:
            self._check_limit(size)
        self.unmap(start, size)
        backing = None
        if protection:
            try:
                backing = _Backing(size)
            except (OSError, ValueError, OverflowError) as error:
                raise Errno("ENOMEM") from error
        self._insert(Area(start, start + size, protection, backing, 0, name))

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
                try:
                    area.backing, area.offset = _Backing(length), 0
                except (OSError, ValueError, OverflowError) as error:
                    raise Errno("ENOMEM") from error
            self._unmap(area)
            area.protection = protection
            self._map(area)

    def discard(self, start: int, size: int) -> None:
        """Make a range read as zero again (MADV_DONTNEED), and give its host memory back."""
        end = start + size
        i = max(bisect_right(self._starts, start) - 1, 0)
        while i < len(self.areas) and self.areas[i].start < end:
            area = self.areas[i]
            low, high = max(start, area.start), min(end, area.end)
            if low < high and area.backing is not None:
                if area.protection & EXEC:
                    self._engine.write(low, bytes(high - low))
                else:
                    self._zero(area.backing, area.offset + low - area.start, high - low)
            i += 1

    @staticmethod
    def _zero(backing: _Backing, offset: int, size: int) -> None:
        page = mmap.ALLOCATIONGRANULARITY
        if size >= 65536 and hasattr(mmap, "MADV_DONTNEED") and hasattr(backing.buffer, "madvise"):
            low, high = (offset + page - 1) & -page, (offset + size) & -page
            backing.buffer[offset:low] = bytes(low - offset)
            backing.buffer.madvise(mmap.MADV_DONTNEED, low, high - low)
            backing.buffer[high : offset + size] = bytes(offset + size - high)
        else:
            backing.buffer[offset : offset + size] = bytes(size)

    def close(self) -> None:
        """Give all memory back, once the engine is closed."""
        self._count(-self.accessible)
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
            if area.protection & EXEC and area.mapped:
                self._engine.write(address, bytes(view[:size]))
            else:
                offset = area.offset + address - area.start
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
