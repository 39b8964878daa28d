# SPDX-License-Identifier: GPL-2.0-or-later
"""Physical memory that several mappings show: MAP_SHARED, anonymous and of files.

As long as a file is mapped so, its mapped pages are the truth about its contents: reading the file reads them, writing it writes them as
well, and what the guest stored in them goes back to the file with msync and fsync, and when the last mapping goes. Pages wholly behind the
end of the file can be accessed (a kernel would say SIGBUS), and what is stored behind the end is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from pygo_cross.emulate.errors import Errno
from pygo_cross.emulate.machine.pagetable import PhysicalMemory

_STEP: Final = 1 << 16


class SharedPages:
    """Ranges of an object, by whole pages, and where they are in physical memory. They go when nothing of them is mapped any more."""

    __slots__ = ("_extents", "_mapped", "_physical")

    def __init__(self, physical: PhysicalMemory) -> None:
        self._physical = physical
        self._mapped = 0
        self._extents: list[tuple[int, int, int]] = []  # start and end in the object, offset in physical memory; sorted

    def pieces(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """What there is of a range: starts, ends, and offsets in physical memory."""
        if start >= end:
            return []
        return [(max(a, start), min(b, end), offset + max(start - a, 0)) for a, b, offset in self._extents if a < end and start < b]

    def cover(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """The pieces of a range once all of it is there. Raises ENOMEM."""
        place = start
        for extent_start, extent_end, _ in list(self._extents):
            if extent_end <= place or extent_start >= end:
                continue
            if extent_start > place:
                self._make(place, extent_start)
            place = extent_end
        if place < end:
            self._make(place, end)
        return self.pieces(start, end)

    def _make(self, start: int, end: int) -> None:
        self._extents.append((start, end, self._physical.allocate(end - start)))
        self._extents.sort()

    def retain(self, size: int) -> None:
        """So many bytes of it are mapped once more."""
        self._mapped += size

    def release(self, size: int) -> None:
        """So many bytes are mapped once less."""
        self._mapped -= size
        if not self._mapped:
            self.last()
            for start, end, offset in self._extents:
                self._physical.release(offset, end - start)
            self._extents.clear()

    def last(self) -> None:
        """The last mapping goes."""

    def sync(self) -> None:
        """Bring what was stored to where it belongs."""


class FilePages(SharedPages):
    """The mapped pages of a file.

    `load` and `store` read and write the file itself, `size` is its size, and `gone` is called when it is not mapped any more. Stores are
    brought back only if `writable` was set, as it is when the file is mapped through a descriptor that may write.
    """

    __slots__ = ("_gone", "_load", "_size", "_store", "writable")

    def __init__(
        self,
        physical: PhysicalMemory,
        load: Callable[[int, int], bytes],
        store: Callable[[int, bytes], object],
        size: Callable[[], int],
        gone: Callable[[], None],
    ) -> None:
        super().__init__(physical)
        self._load = load
        self._store = store
        self._size = size
        self._gone = gone
        self.writable = False

    def _make(self, start: int, end: int) -> None:
        super()._make(start, end)
        end = min(end, self._size())
        for place in range(start, end, _STEP):
            self.put(place, self._load(place, min(_STEP, end - place)))

    def put(self, start: int, data: bytes) -> None:
        """The file was written at `start`."""
        for low, high, offset in self.pieces(start, start + len(data)):
            self._physical.buffer[offset : offset + high - low] = data[low - start : high - start]

    def clear(self, start: int, end: int) -> None:
        """The file has nothing between these any more, or has not had so far."""
        for low, high, offset in self.pieces(start, end):
            self._physical.zero(offset, high - low)

    def over(self, start: int, data: bytes) -> bytes:
        """What was read from the file at `start`, as the pages have it."""
        pieces = self.pieces(start, start + len(data))
        if not pieces:
            return data
        out = bytearray(data)
        for low, high, offset in pieces:
            out[low - start : high - start] = self._physical.buffer[offset : offset + high - low]
        return bytes(out)

    def sync(self) -> None:
        if not self.writable:
            return
        size = self._size()
        for start, end, offset in self._extents:
            for place in range(start, min(end, size), _STEP):
                length = min(_STEP, end - place, size - place)
                data = self._physical.buffer[offset + place - start : offset + place - start + length]
                if data != self._load(place, length):
                    self._store(place, data)

    def last(self) -> None:
        # Nobody is there to be told: a kernel, too, loses what cannot be written back.
        with suppress(Errno):
            self.sync()
        self._gone()
