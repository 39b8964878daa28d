# SPDX-License-Identifier: GPL-2.0-or-later
"""The bytes of a regular file in memory, in chunks, so that a file with holes costs what was written to it and no more.

A chunk that was never written is a hole and reads as zeros; so is whatever of a chunk lies past its own end. `held` counts the bytes that
are really stored, which is what a limit on memory is about.
"""

from __future__ import annotations

from typing import Final

CHUNK: Final = 1 << 16


class Contents:
    """`size` bytes, of which `held` are stored."""

    __slots__ = ("_chunks", "held", "size")

    def __init__(self, data: bytes = b"") -> None:
        self._chunks: dict[int, bytearray] = {}
        self.size = 0
        self.held = 0
        if data:
            self.write(0, data)

    def copy(self) -> Contents:
        """The same bytes once more, with the same holes."""
        other = Contents()
        other._chunks = {index: bytearray(chunk) for index, chunk in self._chunks.items()}
        other.size, other.held = self.size, self.held
        return other

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on; fewer at the end."""
        size = min(size, self.size - offset)
        if size <= 0:
            return b""
        index, start = divmod(offset, CHUNK)
        if start + size <= CHUNK:
            chunk = self._chunks.get(index)
            if chunk is None:
                return bytes(size)
            return bytes(chunk[start : start + size]).ljust(size, b"\0")
        parts = []
        while size > 0:
            count = min(size, CHUNK - start)
            chunk = self._chunks.get(index)
            parts.append(bytes(count) if chunk is None else bytes(chunk[start : start + count]).ljust(count, b"\0"))
            index += 1
            start = 0
            size -= count
        return b"".join(parts)

    def growth(self, offset: int, size: int) -> int:
        """How much `held` would grow by a write."""
        more = 0
        while size > 0:
            index, start = divmod(offset, CHUNK)
            count = min(size, CHUNK - start)
            chunk = self._chunks.get(index)
            more += max(start + count - (len(chunk) if chunk is not None else 0), 0)
            offset += count
            size -= count
        return more

    def write(self, offset: int, data: bytes) -> None:
        """Store bytes at `offset`, growing the file if they reach past its end."""
        done = 0
        size = len(data)
        while done < size:
            index, start = divmod(offset + done, CHUNK)
            count = min(size - done, CHUNK - start)
            chunk = self._chunks.get(index)
            if chunk is None:
                chunk = self._chunks[index] = bytearray()
            length = len(chunk)
            if start > length:
                chunk.extend(bytes(start - length))
            chunk[start : start + count] = data[done : done + count] if count < size else data
            self.held += len(chunk) - length
            done += count
        if size:
            self.size = max(self.size, offset + size)

    def truncate(self, size: int) -> None:
        """Set the size: bytes past it are forgotten, new ones are a hole."""
        if size < self.size:
            self.punch(size, self.size - size)
        self.size = size

    def punch(self, offset: int, size: int) -> None:
        """Make a hole of a range; the size stays as it is."""
        end = offset + size
        last = (end + CHUNK - 1) // CHUNK
        first = offset // CHUNK
        touched = range(first, last) if last - first <= len(self._chunks) else [i for i in self._chunks if first <= i < last]
        for index in touched:
            chunk = self._chunks.get(index)
            if chunk is None:
                continue
            start, stop = max(offset - index * CHUNK, 0), min(end - index * CHUNK, CHUNK)
            length = len(chunk)
            if start >= length:
                continue
            if stop >= length:
                del chunk[start:]
            else:
                chunk[start:stop] = bytes(stop - start)
            self.held += len(chunk) - length
            if not chunk:
                del self._chunks[index]

    def next_data(self, offset: int) -> int:
        """The first offset from `offset` on that is stored, by whole chunks; -1 if none is."""
        if offset // CHUNK in self._chunks:
            return offset
        following = [index for index in self._chunks if index * CHUNK >= offset]
        return min(following) * CHUNK if following else -1

    def next_hole(self, offset: int) -> int:
        """The first offset from `offset` on that is not stored, by whole chunks; the end of the file counts as a hole."""
        index = offset // CHUNK
        if index not in self._chunks:
            return offset
        while index in self._chunks:
            index += 1
        return min(index * CHUNK, self.size)
