# SPDX-License-Identifier: GPL-2.0-or-later
"""The processor: runs the current thread for a slice and says why it stopped.

Hooks only note what happened and stop the engine; all work is done outside of it, because changing the guest from inside a hook
corrupts it. A slice is measured in bytes of executed basic blocks, which a native hook counts (engine.py), so where one thread gives
way to the next depends on the program alone. Where native code is not to be had, the same count is kept by a hook in Python: slower by an
order of magnitude, and equal in what it does.

Guest code runs in user mode (usermode.py), so what is forbidden to it faults. What Unicorn gets wrong is kept from the guest: it executes
an AVX instruction as its SSE twin, so that the result is wrong without an error (newly translated blocks are looked at once, vex.py); its
cycle counters read host time (they read the virtual clock here); ports can be read in user mode; CPUID and the identification registers
tell of more than is right (amd64.py and arm64.py say what is told).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Final

from pygo_cross.emulate.kernel.sched import BOOT
from pygo_cross.emulate.machine import amd64, arm64, newblock, usermode, vex
from pygo_cross.emulate.machine import engine as uc
from pygo_cross.emulate.machine.arch import Arch
from pygo_cross.emulate.machine.timepage import COUNTER, EXTRA, START, WALL

# Why `run` returned.
STOP_SLICE: Final = 0
STOP_CALL: Final = 1  # a system call instruction was executed; the pc is past it
STOP_FAULT: Final = 2  # memory that is not there or not allowed: fault_address, fault_kind
STOP_ILLEGAL: Final = 3  # not an instruction
STOP_TRAP: Final = 4  # a breakpoint
STOP_ARITHMETIC: Final = 5
STOP_PRIVILEGED: Final = 6  # an instruction that is not for user mode
STOP_UNSUPPORTED: Final = 7  # an instruction that Unicorn would execute wrongly: unsupported
STOP_ALIGNMENT: Final = 8  # a program counter or stack pointer that is not aligned

_STOP_TO_GUARD: Final = 9  # not for others: there are instructions that need a guard

FAULT_READ: Final = 0
FAULT_WRITE: Final = 1
FAULT_FETCH: Final = 2

# What exceptions mean; every other one is a forbidden instruction.
_ARM64_EVENTS: Final = {arm64.EXCP_SWI: STOP_CALL, arm64.EXCP_BKPT: STOP_TRAP, arm64.EXCP_UDEF: STOP_ILLEGAL}
_AMD64_EVENTS: Final = {
    amd64.TRAP_DIVIDE: STOP_ARITHMETIC,
    amd64.TRAP_DEBUG: STOP_TRAP,
    amd64.TRAP_BREAKPOINT: STOP_TRAP,
    amd64.TRAP_INVALID: STOP_ILLEGAL,
    amd64.TRAP_FLOAT: STOP_ARITHMETIC,
    amd64.TRAP_SIMD: STOP_ARITHMETIC,
}

# More than Unicorn puts into a block of amd64.
_LONGEST_BLOCK: Final = 1024

# Entries of the engine's TLB: how many it begins with, and how far it is worth letting it grow.
_FIRST_TLB: Final = 256
_LARGEST_TLB: Final = 1 << 16


class Cpu:
    """One engine with its hooks. `used` counts bytes of executed blocks since the start."""

    __slots__ = (
        "_back",
        "_budget",
        "_clock",
        "_code_window",
        "_counter",
        "_entered",
        "_event",
        "_filter",
        "_guarded",
        "_here",
        "_is_here",
        "_missed",
        "_others",
        "_pc",
        "_pending",
        "_random",
        "_read_code",
        "_tlb_size",
        "_to_guard",
        "arch",
        "engine",
        "fault_address",
        "fault_kind",
        "sse42",
        "unsupported",
        "used",
    )

    def __init__(
        self,
        arch: Arch,
        clock: Callable[[], int],
        random: Callable[[], int],
        read_code: Callable[[int, int], bytes],
        code_window: Callable[[int], tuple[int, int, int] | None],
        time: ctypes.Array[ctypes.c_int64],
        page: int,
    ) -> None:
        """`clock` is the virtual time in nanoseconds, `random` gives 64 bits; `read_code` reads guest memory for the check of new blocks,
        and `code_window` says which addresses around one hold code that does not change, and where it lies on the host; `time` is the
        time page's words, `page` the guest's page size."""
        self.arch = arch
        self.engine = uc.Engine(arch.engine_arch, arch.engine_mode, arch.cpu_model, page)
        self._clock = clock
        self._random = random
        self._read_code = read_code
        self._code_window = code_window
        self._filter: newblock.BlockFilter | None = None
        self._event = -1
        self._guarded: set[int] = set()
        self._to_guard: list[int] = []
        self.sse42 = False  # whether CPUID tells of SSE4.2, which binaries for GOAMD64=v2 insist on
        self._here: ctypes.c_void_p | None = None
        self._is_here = False
        self._back = 0
        self._pending = 0
        self._budget = 0
        self._entered: set[int] = set()
        self._missed = 0
        self._others = 0
        self._tlb_size = _FIRST_TLB
        self.used = 0
        self.fault_address = 0
        self.fault_kind = FAULT_READ
        self.unsupported = ""
        self._pc = uc.Registers(self.engine, (arch.pc,))
        self._counter = time
        stub = uc.native_stub()
        if arch.name == "arm64":
            # Let user code use the vector registers (CPACR_EL1.FPEN).
            uc.Registers(self.engine, (arm64.CPACR_EL1,)).write(3 << 20)
        usermode.enter_user_mode(self.engine, arch)
        self.engine.hook(uc.HOOK_BLOCK, stub or uc.BlockCallback(self._on_block), self._counter)
        self.engine.hook(uc.HOOK_INTR, uc.InterruptCallback(self._on_interrupt))
        self.engine.hook(uc.HOOK_INSN_INVALID, uc.InvalidCallback(self._on_invalid))
        if arch.name == "amd64":
            self.engine.hook(uc.HOOK_INSN, uc.InstructionCallback(self._on_syscall), instruction=amd64.INS_SYSCALL)
            self.engine.hook(uc.HOOK_INSN, uc.SkipCallback(self._on_rdtsc), instruction=amd64.INS_RDTSC)
            self.engine.hook(uc.HOOK_INSN, uc.SkipCallback(self._on_rdtsc), instruction=amd64.INS_RDTSCP)
            self.engine.hook(uc.HOOK_INSN, uc.SkipCallback(self._on_cpuid), instruction=amd64.INS_CPUID)
            self.engine.hook(uc.HOOK_INSN, uc.InstructionCallback(self._on_sysenter), instruction=amd64.INS_SYSENTER)
            self.engine.hook(uc.HOOK_INSN, uc.InCallback(self._on_port), instruction=amd64.INS_IN)
            self.engine.hook(uc.HOOK_INSN, uc.OutCallback(self._on_port), instruction=amd64.INS_OUT)
            self._filter = newblock.BlockFilter(self.engine, self._on_new_block)
        else:
            self.engine.hook(uc.HOOK_INSN, uc.SystemRegisterCallback(self._on_mrs), instruction=arm64.INS_MRS)

    def close(self) -> None:
        """Free the engine; the time page may go away too."""
        self._counter = (ctypes.c_int64 * 4)(*self._counter)
        self.engine.close()

    def tell_time(self, executed: int, extra: int) -> None:
        """Before `run`: how many bytes of code all other processors have executed, and the nanoseconds that come from elsewhere."""
        self._others = executed
        self._counter[EXTRA] = extra + BOOT

    def tell_date(self, epoch: int) -> None:
        """Before `run`: the date at time 0, in nanoseconds since 1970, where it is not that of the virtual clock."""
        self._counter[WALL] = epoch - BOOT

    # Hooks.

    def _on_block(self, _engine: int, _address: int, size: int, _user: int) -> None:
        self._counter[COUNTER] -= size
        if self._counter[COUNTER] <= 0:
            self.engine.stop()

    def _note(self, event: int) -> None:
        if self._event < 0:
            self._event = event
        self.engine.stop()

    def _note_here(self, event: int) -> None:
        """Note an event that the engine does not stop for at once: the registers are to be as they are now."""
        if self._event < 0:
            if self._here is None:
                self._here = self.engine.new_context()
            self.engine.save(self._here)
            self._is_here = True
        self._note(event)

    def _on_syscall(self, _engine: int, _user: int) -> None:
        self._note(STOP_CALL)

    def _on_interrupt(self, _engine: int, number: int, _user: int) -> None:
        if self.arch is arm64.ARM64:
            events = _ARM64_EVENTS
            if number == arm64.EXCP_DATA_ABORT:
                return self._note(STOP_ALIGNMENT)  # memory faults come another way
        else:
            events = _AMD64_EVENTS
            if number > amd64.LAST_EXCEPTION or number == amd64.TRAP_OVERFLOW:
                # INT n is forbidden, but the engine has gone past its two bytes.
                self._back = 2
        self._note(events.get(number, STOP_PRIVILEGED))

    def _on_sysenter(self, _engine: int, _user: int) -> None:
        self._note_here(STOP_PRIVILEGED)

    def _on_port(self, _engine: int, _port: int, _size: int, *_rest: int) -> int:
        self._note_here(STOP_PRIVILEGED)
        return 0

    def _on_cpuid(self, _engine: int, _user: int) -> int:
        registers = uc.Registers(self.engine, (amd64.RAX, amd64.RBX, amd64.RCX, amd64.RDX))
        leaf, _, subleaf, _ = registers.read()
        registers.write(*amd64.cpuid(leaf & 0xFFFFFFFF, subleaf & 0xFFFFFFFF, self.sse42))
        return 1

    def _on_invalid(self, _engine: int, _user: int) -> bool:
        self._note(STOP_ILLEGAL)
        return False

    def _on_rdtsc(self, _engine: int, _user: int) -> int:
        ticks = self._clock()
        uc.Registers(self.engine, (amd64.RAX, amd64.RDX)).write(ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFFFFFF)
        return 1

    def _on_mrs(self, _engine: int, register: int, pointer: int, _user: int) -> int:
        encoding = uc.SystemRegister.from_address(pointer)
        coordinates = (encoding.op0, encoding.op1, encoding.crn, encoding.crm, encoding.op2)
        if coordinates in ((3, 3, 14, 0, 2), (3, 3, 14, 0, 1)):  # CNTVCT_EL0, CNTPCT_EL0
            value = self._clock()
        elif coordinates == (3, 3, 14, 0, 0):  # CNTFRQ_EL0
            value = 1_000_000_000
        elif coordinates in ((3, 3, 2, 4, 0), (3, 3, 2, 4, 1)):  # RNDR, RNDRRS
            value = self._random()
        else:
            return 0
        uc.Registers(self.engine, (register,)).write(value)
        return 1

    def _on_new_block(self, _engine: int, current: ctypes._Pointer[uc.TranslationBlock], _previous: int, _user: int) -> None:
        block = current.contents
        window = self._code_window(block.pc)
        if window is not None and self._filter is not None:
            self._filter.move(window)
        code = self._read_code(block.pc, block.size)
        if newblock.suspicious(code):
            # Of an instruction that is refused the engine has only read a part.
            guarded: list[int] = []
            name = vex.unsupported(self._read_code(block.pc, block.size + 16), block.size, guarded=guarded)
            self._to_guard = [block.pc + offset for offset in guarded if block.pc + offset not in self._guarded]
            if name or self._to_guard:
                self.unsupported = name
                self._pending = self._counter[COUNTER]
                self._counter[COUNTER] = 0  # the block's own hook stops before its first instruction
                self._event = STOP_UNSUPPORTED if name else _STOP_TO_GUARD

    def _guard(self) -> None:
        """Have instructions looked at each time before they run. They were translated without that, so this is forgotten."""
        for address in self._to_guard:
            self._guarded.add(address)
            self.engine.hook(uc.HOOK_CODE, uc.BlockCallback(self._on_guarded), begin=address, end=address)
        self._to_guard = []
        self.engine.flush_code()

    def _on_guarded(self, _engine: int, _address: int, _size: int, _user: int) -> None:
        # PCMPESTRI: its lengths.
        if any(length & 0xFFFFFFFF == 0x80000000 for length in uc.Registers(self.engine, (amd64.RAX, amd64.RDX)).read()):
            self.unsupported = "PCMPESTRI with a length of -2**31"
            self._pending = 0
            self._note_here(STOP_UNSUPPORTED)

    # Running.

    def pc(self) -> int:
        """The current thread's program counter."""
        return self._pc.read()[0]

    def registers(self, *ids: int) -> uc.Registers:
        """A reusable list of registers of the current thread."""
        return uc.Registers(self.engine, ids)

    def run(self, budget: int) -> int:
        """Run the current thread for about `budget` bytes of code; returns one of STOP_*."""
        self._event = -1
        self._is_here = False
        self._back = 0
        counter = self._counter
        counter[COUNTER] = self._budget = budget
        counter[START] = self._others + self.used + budget
        engine = self.engine
        pages = engine.pages
        while True:
            if pages.stale:
                pages.stale = False
                engine.flush_tlb()
            pc = self._pc.read()[0]
            if engine.code_changed:
                engine.code_changed = False
                self._entered.clear()
                if self._filter is not None:
                    self._filter.forget()
            if self._filter is not None and pc not in self._entered:
                # The first block of a run is translated without a word from the engine, so its code is looked at here.
                if self._code_window(pc) is not None:
                    self._entered.add(pc)
                guarded: list[int] = []
                self.unsupported = vex.unsupported(self._read_code(pc, _LONGEST_BLOCK), _LONGEST_BLOCK, until_jump=True, guarded=guarded)
                if self.unsupported:
                    return STOP_UNSUPPORTED
                self._to_guard = [pc + offset for offset in guarded if pc + offset not in self._guarded]
                if self._to_guard:
                    self._guard()
            error = engine.start(pc)
            if self._event == _STOP_TO_GUARD:
                counter[COUNTER] += self._pending
                self._event = -1
                self._guard()
                continue
            if error != uc.ERR_EXCEPTION:
                break
            page, kind = pages.fault()
            if kind < 0 or self._event >= 0:
                break
            if not pages.missing(page, kind):
                self.fault_kind = kind
                self.fault_address = pages.fault_address(page)
                self._event = STOP_FAULT
                break
            if counter[COUNTER] <= 0:
                break
        event = self._event
        if event == STOP_UNSUPPORTED:
            counter[COUNTER] += self._pending
        left = counter[COUNTER]
        self.used += budget - left
        self._budget = left
        if event >= 0:
            return self._exception(event) if event >= STOP_FAULT else event
        if error == uc.ERR_OK:
            # Nothing was noted: the slice is over, or an instruction stopped the processor.
            if left > 0:
                return STOP_PRIVILEGED
            self._grow_tlb()
            return STOP_SLICE
        if error == uc.ERR_INSN_INVALID:
            return STOP_ILLEGAL
        return STOP_PRIVILEGED

    def _grow_tlb(self) -> None:
        """Flush the engine's TLB where it often had no answer: a flush is when it grows, and it begins small."""
        fills = self.engine.pages.fills()
        self._missed += fills
        if self._missed > 4 * self._tlb_size:
            self._missed = 0
            self._tlb_size = min(2 * self._tlb_size, _LARGEST_TLB)
            self.engine.flush_tlb()

    def _emulate(self) -> bool:
        """arm64: do what Linux does for instructions that are undefined in user mode: reading identification registers, and WFI, which has
        nothing to wait for. False if the instruction at the program counter is none of these."""
        pc = self._pc.read()[0]
        word = int.from_bytes(self._read_code(pc, 4), "little")
        if word & 0xFFF00000 == arm64.MRS:
            coordinates = (2 | word >> 19 & 1, word >> 16 & 7, word >> 12 & 15, word >> 8 & 15, word >> 5 & 7)
            value = arm64.identification(coordinates)
            if value is None:
                return False
            if word & 31 != 31:
                uc.Registers(self.engine, (arm64.GENERAL[word & 31],)).write(value)
        elif word != arm64.WFI:
            return False
        self._pc.write(pc + 4)
        return True

    def _exception(self, event: int) -> int:
        """Undo what raising an exception has done to the processor, outside of it; returns the reason to stop."""
        if self._is_here and self._here is not None:
            self.engine.restore(self._here)
        if self._back:
            self._pc.write(self._pc.read()[0] - self._back)
        if self.arch is amd64.AMD64:
            if event in (STOP_ARITHMETIC, STOP_PRIVILEGED):
                usermode.forget_exception(self.engine)
        elif event == STOP_ILLEGAL and self._emulate():
            return STOP_SLICE
        return event

    def used_now(self) -> int:
        """`used`, also right when asked from inside a hook."""
        return self.used + self._budget - self._counter[COUNTER]
