# SPDX-License-Identifier: GPL-2.0-or-later
"""Physical memory, and the page table that says which of it a guest address means.

All memory of a guest is one region of the engine: a stretch of host memory that is reserved as a whole and used as it is needed. What
the guest sees at an address, and whether it may read, write or execute there, is decided by a table with one word a page, which a hook
of a few machine instructions looks up whenever the engine's own TLB has no answer. So mapping, unmapping and protecting memory cost no
more than writing words, however many areas there are; a fault stops the engine exactly at the instruction that caused it; and stores are
as fast as loads. (With a region an area, which is how Unicorn means it, Unicorn takes every page for executable and sends each store
through a slow path that looks for translated code to throw away.)

Invariants: a table entry is never more than the area above it allows; an entry that goes or changes is followed by a flush of the engine's
TLB before the guest runs again; an entry may be missing, then the guest stops and `missing` is asked to supply it.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from pygo_cross.emulate.errors import Errno, Lacking
from pygo_cross.emulate.machine import engine as uc

# What a word of the table stands for. The engine's pages and the guest's are this or a multiple of it.
PAGE: Final = 4096

# The table has two levels: 2**17 words, one a GiB, that are 0 or the host address of 2**18 words, one a page. A word is the physical
# address and in its low bits 1 read, 2 write, 4 execute.
_TOP_BITS: Final = 17
_GIB: Final = 30
_SECOND: Final = 1 << 18

# Entries are supplied for this many bytes at a time.
GRANULE_BITS: Final = 21
_GRANULE: Final = 1 << GRANULE_BITS

# Where the engine has our memory. Guest addresses of programs' code are below: see `PageTable`.
PHYSICAL_BASE: Final = 1 << 39

# More than programs need, far less than an address space; only what is used takes memory.
_SIZE: Final = 64 << 30
_SMALLEST: Final = 1 << 28

# MAP_NORESERVE, which Python names since 3.12: the host is not to promise memory for all of it.
_NORESERVE: Final = {"linux": 0x4000, "darwin": 0x40}.get(sys.platform, 0)

# Memory is copied in pieces of this size.
_CHUNK: Final = 1 << 16
_ZEROS: Final = bytes(_CHUNK)

# Words that the hook's code shares with us: the top table's address, the page and the kind of access it had no answer to, how often it ran.
_TABLE: Final = 0
_FAULT_PAGE: Final = 1
_FAULT_KIND: Final = 2
_FILLS: Final = 3

# `uc_mem_type`: what the hook is asked for.
_READ: Final = 16

# The hook (engine, page, kind, entry, words): look the page up, check the access, give the entry; or note page and kind and return 0.
_WALK: Final[dict[str, bytes]] = {
    # inc qword [r8+24]; mov rax,rsi; shr rax,30; cmp rax,0x20000; jae fault
    # mov r9,[r8]; mov rax,[r9+rax*8]; test rax,rax; jz fault
    # mov r9,rsi; shr r9,12; and r9d,0x3ffff; mov rax,[rax+r9*8]
    # mov r9,rcx; lea ecx,[rdx-16]; mov r10d,1; shl r10d,cl; test eax,r10d; jz fault
    # mov r10d,eax; and r10d,7; and rax,-4096; mov [r9],rax; mov [r9+8],r10d; mov eax,1; ret
    # fault: mov [r8+8],rsi; mov [r8+16],edx; xor eax,eax; ret
    "x86_64": bytes.fromhex(
        "49ff4018 4889f0 48c1e81e 483d00000200 734c"
        "4d8b08 498b04c1 4885c0 7440"
        "4989f1 49c1e90c 4181e1ffff0300 4a8b04c8"
        "4989c9 8d4af0 41ba01000000 41d3e2 4485d0 741a"
        "4189c2 4183e207 482500f0ffff 498901 45895108 b801000000 c3"
        "49897008 41895010 31c0 c3"
    ),
    # ldr x5,[x4,24]; add x5,x5,1; str x5,[x4,24]; lsr x5,x1,30; cmp x5,#0x20,lsl 12; b.hs fault
    # ldr x6,[x4]; ldr x5,[x6,x5,lsl 3]; cbz x5,fault; ubfx x6,x1,12,18; ldr x5,[x5,x6,lsl 3]
    # sub w6,w2,16; lsr w7,w5,w6; tbz w7,0,fault; and w6,w5,7; and x5,x5,~4095; str x5,[x3]; str w6,[x3,8]; mov w0,1; ret
    # fault: str x1,[x4,8]; str w2,[x4,16]; mov w0,0; ret
    "aarch64": b"".join(
        word.to_bytes(4, "little")
        for word in (
            0xF9400C85, 0x910004A5, 0xF9000C85, 0xD35EFC25, 0xF14080BF, 0x540001E2,
            0xF9400086, 0xF86578C5, 0xB4000185, 0xD34C7426, 0xF86678A5,
            0x51004046, 0x1AC624A7, 0x360000E7, 0x120008A6, 0x9274CCA5, 0xF9000065, 0xB9000866, 0x52800020, 0xD65F03C0,
            0xF9000481, 0xB9001082, 0x52800000, 0xD65F03C0,
        )
    ),
}  # fmt: skip


class PhysicalMemory:
    """Host memory that the engines of a run see at `PHYSICAL_BASE`; ranges of it are given out zeroed, by their offset.

    `used` is how many bytes of all address spaces can be accessed, `peak` its highest value, `limit` how many there may be (0: any).
    """

    __slots__ = ("_free", "_hold", "address", "buffer", "limit", "peak", "size", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self.peak = 0
        size = _SIZE
        while True:
            try:
                self.buffer = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE)
                break
            except (OSError, ValueError, OverflowError) as error:
                size >>= 1
                if size < _SMALLEST:
                    raise Lacking("no-memory", "the host does not let us reserve memory for the guest") from error
        self.size = size
        self._hold = ctypes.c_char.from_buffer(self.buffer)
        self.address = ctypes.addressof(self._hold)
        self._free: list[tuple[int, int]] = [(0, size)]  # starts and ends, sorted, never adjacent

    def close(self) -> None:
        """Give it all back; no engine has it any more."""
        del self._hold
        self.buffer.close()

    def count(self, more: int) -> None:
        """So many bytes more can be accessed."""
        self.used += more
        self.peak = max(self.peak, self.used)

    def allocate(self, size: int) -> int:
        """The start of `size` zeroed bytes; raises ENOMEM."""
        for i, (start, end) in enumerate(self._free):
            if end - start >= size:
                if end - start == size:
                    del self._free[i]
                else:
                    self._free[i] = (start + size, end)
                return start
        raise Errno("ENOMEM")

    def release(self, start: int, size: int) -> None:
        """Take a range back, and give its host memory back."""
        self.zero(start, size)
        free = self._free
        end = start + size
        i = bisect_left(free, (start, end))
        if i < len(free) and free[i][0] == end:
            end = free[i][1]
            del free[i]
        if i and free[i - 1][1] == start:
            start = free[i - 1][0]
            i -= 1
            del free[i]
        free.insert(i, (start, end))

    def copy(self, source: int, target: int, size: int) -> None:
        """Fill a range that is still zero with what another holds. Pages that are zero are not written, so they take no memory."""
        buffer = self.buffer
        for place in range(0, size, _CHUNK):
            part = buffer[source + place : source + min(place + _CHUNK, size)]
            if part != _ZEROS[: len(part)]:
                buffer[target + place : target + place + len(part)] = part

    def zero(self, start: int, size: int) -> None:
        """Make a range read as zero."""
        buffer = self.buffer
        page = mmap.ALLOCATIONGRANULARITY
        if size >= 65536 and hasattr(mmap, "MADV_DONTNEED"):
            low, high = (start + page - 1) & -page, (start + size) & -page
            buffer[start:low] = bytes(low - start)
            buffer.madvise(mmap.MADV_DONTNEED, low, high - low)
            buffer[high : start + size] = bytes(start + size - high)
        else:
            buffer[start : start + size] = bytes(size)


class PageTable:
    """What one engine's guest addresses mean. `missing(page, kind)` supplies an entry, or says False where there is none to supply."""

    __slots__ = ("_engine", "_filled", "_second", "_top", "_words", "missing", "physical", "stale")

    def __init__(self, engine: uc.Engine, physical: PhysicalMemory, missing: Callable[[int, int], bool]) -> None:
        self._engine = engine
        self.physical = physical
        self.missing = missing
        self.stale = False
        self._filled: set[int] = set()
        self._second: dict[int, tuple[mmap.mmap, memoryview]] = {}
        self._top = mmap.mmap(-1, 8 << _TOP_BITS)
        self._words = (ctypes.c_uint64 * 4)()
        self._words[_TABLE] = ctypes.addressof(ctypes.c_char.from_buffer(self._top))
        engine.map(PHYSICAL_BASE, physical.size, 7, physical.address)
        # For each block that it translates the engine walks through all of its TLB, so that writes to the block's page are noticed. They
        # are in any case: a page that can be executed never loses its marks (`addr_code` in accel/tcg/cputlb.c). The engine leaves out the
        # walk where a hook on memory covers the code; this one covers it, and no physical address, and is never called.
        engine.hook(uc.HOOK_MEM_READ_UNMAPPED, uc.MemoryCallback(lambda *_: False), end=PHYSICAL_BASE - 1)
        engine.set_walk(self, uc.native_code(_WALK) or uc.WalkCallback(self._walk), self._words)

    def _walk(self, _engine: int, page: int, kind: int, entry: ctypes._Pointer[uc.TlbEntry], _user: int) -> bool:
        """What the native code does, for hosts where there is none."""
        self._words[_FILLS] += 1
        word = 0
        if page >> 47 == 0 and page >> _GIB in self._second:
            word = self._second[page >> _GIB][1][page // PAGE & _SECOND - 1]
        if not word >> (kind - _READ) & 1:
            self._words[_FAULT_PAGE] = page
            self._words[_FAULT_KIND] = kind
            return False
        entry.contents.physical = word & -PAGE
        entry.contents.protection = word & 7
        return True

    def fill(self, address: int, start: int, end: int, physical: int, protection: int) -> None:
        """Supply entries around `address` for the area from `start` to `end`, whose first byte has the offset `physical`."""
        granule = address >> GRANULE_BITS
        low = max(start, granule << GRANULE_BITS)
        high = min(end, (granule + 1) << GRANULE_BITS)
        second = self._second.get(address >> _GIB)
        if second is None:
            table = mmap.mmap(-1, 8 * _SECOND)
            second = self._second[address >> _GIB] = (table, memoryview(table).cast("Q"))
            at = 8 * (address >> _GIB)
            self._top[at : at + 8] = ctypes.addressof(ctypes.c_char.from_buffer(table)).to_bytes(8, "little")
        first = low // PAGE & _SECOND - 1
        word = PHYSICAL_BASE + physical + low - start | protection
        second[1][first : first + (high - low) // PAGE] = array("Q", range(word, word + high - low, PAGE))
        self._filled.add(granule)

    def clear(self, start: int, end: int) -> None:
        """Take away the entries of a range."""
        low, high = start >> GRANULE_BITS, (end - 1) >> GRANULE_BITS
        if high - low < len(self._filled):
            granules = [granule for granule in range(low, high + 1) if granule in self._filled]
        else:
            granules = [granule for granule in self._filled if low <= granule <= high]
        for granule in granules:
            base = granule << GRANULE_BITS
            first, last = max(start, base), min(end, base + _GRANULE)
            at = first // PAGE & _SECOND - 1
            self._second[base >> _GIB][1][at : at + (last - first) // PAGE] = array("Q", bytes((last - first) // PAGE * 8))
            if last - first == _GRANULE:
                self._filled.discard(granule)
            self.stale = True

    def fills(self) -> int:
        """How often the engine's TLB had no answer since this was last asked."""
        count = self._words[_FILLS]
        self._words[_FILLS] = 0
        return count

    def fault(self) -> tuple[int, int]:
        """The page and the kind (0 read, 1 write, 2 fetch) of the access that has just stopped the engine; kind -1 if none did."""
        kind = self._words[_FAULT_KIND]
        if not kind:
            return 0, -1
        self._words[_FAULT_KIND] = 0
        return self._words[_FAULT_PAGE], kind - _READ

    def fault_address(self, page: int) -> int:
        """The exact address of the access that `fault` told of, or the page's where the engine does not say it.

        The hook is told the page alone. The engine keeps the address in a field that no function of it gives out; where that field lies
        is found once, by a fault that is made on purpose.
        """
        noted = self._engine.invalid_address()
        self._words[_FAULT_KIND] = 0
        return noted if noted & -self._engine.page == page else page
