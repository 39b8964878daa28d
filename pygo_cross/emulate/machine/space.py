# SPDX-License-Identifier: GPL-2.0-or-later
"""An address space with the processor that runs in it: one engine, and one `Memory` behind it.

Processes share one between vfork and exec (`users` counts them); every other process has its own. The registers of the thread that ran
last stay in the engine, whichever thread of another address space runs meanwhile: `loaded` is that thread, and the `context` of every
other thread is current.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.machine import timepage
from pygo_cross.emulate.machine.arch import Arch
from pygo_cross.emulate.machine.cpu import Cpu
from pygo_cross.emulate.machine.memory import WRITE, Area, Memory
from pygo_cross.emulate.machine.pagetable import PhysicalMemory
from pygo_cross.emulate.machine.timepage import TimePage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pygo_cross.emulate.kernel.thread import Thread, WaitQueue


# What an engine takes of the host's memory besides the guest's own (measured: 3 MiB, and code that it translated), counted as the guest's.
_ENGINE_COST: Final = 8 << 20


class AddressSpace:
    """One engine and its memory. `futexes` are the queues of Linux's futexes, by address."""

    __slots__ = ("_code_area", "_cost", "_physical", "arch", "cpu", "futexes", "loaded", "memory", "users")

    def __init__(
        self, arch: Arch, page: int, search_top: int, physical: PhysicalMemory, clock: Callable[[], int], random: Callable[[int], bytes]
    ) -> None:
        """`clock` is the virtual time in nanoseconds; `random` gives so many bytes."""
        self.arch = arch
        self._physical = physical
        # The first one's is not counted, so that a program alone has what the limit says.
        self._cost = _ENGINE_COST if physical.used else 0
        physical.count(self._cost)
        self._code_area: Area | None = None
        time = TimePage(physical, page)
        self.cpu = Cpu(arch, clock, lambda: int.from_bytes(random(8), "little"), self._read_code, self._code_window, time.words, page)
        self.memory = Memory(self.cpu.engine, page, physical, search_top)
        self.memory.show(timepage.ADDRESS, page, time.offset, "[vvar]")
        self.futexes: dict[int, WaitQueue] = {}
        self.loaded: Thread | None = None
        self.users = 0

    def copy(self, clock: Callable[[], int], random: Callable[[int], bytes]) -> AddressSpace:
        """A new address space with the same contents."""
        memory = self.memory
        new = AddressSpace(self.arch, memory.page, memory.search_top, self._physical, clock, random)
        try:
            new.memory.copy_from(memory)
        except BaseException:
            new.close()
            raise
        return new

    def _read_code(self, address: int, size: int) -> bytes:
        # Asked for each new block, nearly always of the one area that holds the program's text.
        area = self._code_area
        if area is None or not area.mapped or not area.start <= address or address + size > area.end or area.backing is None:
            area = self.memory.area_at(address)
            if area is None or area.backing is None or address + size > area.end:
                return self.memory.read_up_to(address, size)
            self._code_area = area
        offset = area.offset + address - area.start
        return area.backing.buffer[offset : offset + size]

    def _code_window(self, address: int) -> tuple[int, int, int] | None:
        """The area of code around an address and where it lies on the host, unless the guest can write there."""
        area = self.memory.area_at(address)
        if area is None or area.backing is None or area.protection & WRITE:
            return None
        return area.start, area.end, area.backing.address + area.offset

    def load(self, thread: Thread) -> None:
        """Have a thread's registers in the engine, and save those of the thread whose registers are there."""
        loaded = self.loaded
        if loaded is thread:
            return
        engine = self.cpu.engine
        if loaded is not None:
            if loaded.context is None:
                loaded.context = engine.new_context()
            engine.save(loaded.context)
        if thread.context is not None:
            engine.restore(thread.context)
        self.loaded = thread

    def forget(self, thread: Thread) -> None:
        """A thread has ended: free what keeps its registers."""
        engine = self.cpu.engine
        for _, context in thread.frames:
            engine.release_context(context)
        thread.frames.clear()
        if thread.context is not None:
            engine.release_context(thread.context)
            thread.context = None
        if self.loaded is thread:
            self.loaded = None

    def leave(self) -> None:
        """One process less uses it; the last one's leaving frees engine and memory."""
        self.users -= 1
        if self.users <= 0:
            self.close()

    def close(self) -> None:
        """Free the engine, then the memory."""
        self.cpu.close()
        self._code_area = None
        self.memory.close()
        self._physical.count(-self._cost)
        self._cost = 0
