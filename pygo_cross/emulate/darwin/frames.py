# SPDX-License-Identifier: GPL-2.0-or-later
"""macOS's signal frames (GOROOT/src/runtime/defs_darwin_amd64.go and defs_darwin_arm64.go: siginfo, ucontext, mcontext64).

The handler is called as libSystem's trampoline would: three arguments, and a return address that is our own. Vector registers are not in
the frame: they come back with the saved context.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.darwin.numbers import SA_ONSTACK
from pygo_cross.emulate.kernel.signals import Action
from pygo_cross.emulate.kernel.thread import SignalInfo, Thread
from pygo_cross.emulate.machine import amd64

if TYPE_CHECKING:
    from pygo_cross.emulate.darwin.process import DarwinProcess

_INFO: Final = struct.Struct("<iiiIIiQ72x")
_CONTEXT: Final = struct.Struct("<IIQQQQQQ")
_X86_EXCEPTION: Final = struct.Struct("<HHIQ")
_ARM_EXCEPTION: Final = struct.Struct("<QII")
_X86_REGISTERS: Final = (
    amd64.RAX, amd64.RBX, amd64.RCX, amd64.RDX, amd64.RDI, amd64.RSI, amd64.RBP, amd64.RSP, amd64.R8, amd64.R9, amd64.R10, amd64.R11,
    amd64.R12, amd64.R13, amd64.R14, amd64.R15, amd64.RIP, amd64.EFLAGS,
)  # fmt: skip
_INFO_AT: Final = 0
_CONTEXT_AT: Final = 128
_MACHINE_AT: Final = 256
_FRAME: Final = 2048

# Of RFLAGS, what a handler does not begin with: TF, DF, RF.
_X86_CLEARED: Final = 0x100 | 0x400 | 0x10000
_X86_USER_FLAGS: Final = 0x240DD5
_ARM_USER_FLAGS: Final = 0xF0000000


class Frames:
    """Pushes and pops frames of one process's threads."""

    __slots__ = ("_arguments", "_process", "_registers", "_x86")

    def __init__(self, process: DarwinProcess) -> None:
        self._process = process
        arch = process.arch
        self._x86 = arch.name == "amd64"
        if self._x86:
            self._registers = process.cpu.registers(*_X86_REGISTERS)
            self._arguments = process.cpu.registers(amd64.RDI, amd64.RSI, amd64.RDX, amd64.RSP, amd64.RIP, amd64.EFLAGS)
        else:
            general = arch.general
            self._registers = process.cpu.registers(*general, arch.sp, arch.pc, arch.flags)
            self._arguments = process.cpu.registers(*general[:3], general[30], arch.sp, arch.pc)

    def push(self, thread: Thread, number: int, info: SignalInfo, action: Action) -> None:
        """Make the current thread enter a handler; raises `GuestFault` if its stack cannot hold the frame."""
        process = self._process
        memory = process.memory
        registers = self._registers.read()
        sp = registers[7] if self._x86 else registers[31]
        place = sp - process.arch.red_zone
        alt_start, alt_size = thread.alt_start, thread.alt_size
        on_stack = bool(alt_size) and alt_start < sp <= alt_start + alt_size
        if action.flags & SA_ONSTACK and alt_size and not on_stack:
            place = alt_start + alt_size
        place = (place - _FRAME) & -16
        memory.check_write(place - 8, _FRAME + 8)
        memory.write(place + _INFO_AT, _INFO.pack(number, 0, info.code, info.pid, 1000 if info.pid else 0, 0, info.address))
        stack_flags = 1 if on_stack else 0 if alt_size else 4
        memory.write(place + _CONTEXT_AT, _CONTEXT.pack(0, thread.mask, alt_start, alt_size, stack_flags, 0, 0, place + _MACHINE_AT))
        if self._x86:
            machine = _X86_EXCEPTION.pack(14, 0, 0, info.address) + struct.pack("<18Q", *registers) + struct.pack("<QQQ", 0x2B, 0, 0)
        else:
            machine = _ARM_EXCEPTION.pack(info.address, 0, 0) + struct.pack("<33QII", *registers[:33], registers[33] & 0xFFFFFFFF, 0)
        memory.write(place + _MACHINE_AT, machine)
        saved = process.cpu.engine.new_context()
        process.cpu.engine.save(saved)
        thread.frames.append((place, saved))
        if self._x86:
            memory.put_u64(place - 8, process.sigreturn_stub)
            self._arguments.write(number, place + _INFO_AT, place + _CONTEXT_AT, place - 8, action.handler, registers[17] & ~_X86_CLEARED)
        else:
            self._arguments.write(number, place + _INFO_AT, place + _CONTEXT_AT, process.sigreturn_stub, place, action.handler)

    def pop(self, thread: Thread) -> None:
        """The handler has returned: go back to where its frame says."""
        process = self._process
        memory = process.memory
        place = process.sp()
        while thread.frames and thread.frames[-1][0] != place:
            process.cpu.engine.release_context(thread.frames.pop()[1])
        if not thread.frames:
            process.signals.kill_by("SIGSEGV")
        mask = memory.u32(place + _CONTEXT_AT + 4)
        if self._x86:
            registers = list(struct.unpack("<18Q", memory.read(place + _MACHINE_AT + _X86_EXCEPTION.size, 144)))
            registers[17] = registers[17] & _X86_USER_FLAGS | 0x202
        else:
            registers = list(struct.unpack("<33QI", memory.read(place + _MACHINE_AT + _ARM_EXCEPTION.size, 33 * 8 + 4)))
            registers[33] &= _ARM_USER_FLAGS
        _, saved = thread.frames.pop()
        process.cpu.engine.restore(saved)
        process.cpu.engine.release_context(saved)
        if not self._x86:
            # Unicorn wants the mode bits of PSTATE as they were.
            registers[33] |= self._registers.read()[33] & ~_ARM_USER_FLAGS
        self._registers.write(*registers)
        thread.mask = mask
        process.signals.unmasked(thread)
