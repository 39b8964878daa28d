# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux's signal frames (GOROOT/src/runtime/defs_linux_amd64.go and defs_linux_arm64.go: siginfo, ucontext, sigcontext).

amd64: return address, ucontext, siginfo, from the stack pointer upwards, and above them the floating-point state, an FXSAVE image without
x87's registers. arm64: siginfo, ucontext with 4 KiB of extension records, which are left empty: its vector registers are not in the frame,
but come back with the saved context.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from pygo_cross.emulate.fs.vfs import UID
from pygo_cross.emulate.kernel.signals import Action
from pygo_cross.emulate.kernel.thread import SignalInfo, Thread
from pygo_cross.emulate.linux.numbers import SA_ONSTACK, SI_KERNEL
from pygo_cross.emulate.machine import amd64
from pygo_cross.emulate.machine.engine import WideRegisters

if TYPE_CHECKING:
    from pygo_cross.emulate.linux.process import LinuxProcess

_INFO: Final = struct.Struct("<iii4xQ104x")
_INFO_SENT: Final = struct.Struct("<iii4xIIQ96x")  # sender's process and user, value
_INFO_TIMER: Final = struct.Struct("<iii4xiiQ96x")  # timer, overruns, value
_STACK: Final = struct.Struct("<QQQQQ")  # flags, link, stack: pointer, flags, size
_X86_SEGMENTS: Final = struct.Struct("<HHHHQQQQQ64x")
_X86_REGISTERS: Final = (
    amd64.R8, amd64.R9, amd64.R10, amd64.R11, amd64.R12, amd64.R13, amd64.R14, amd64.R15, amd64.RDI, amd64.RSI, amd64.RBP, amd64.RBX,
    amd64.RDX, amd64.RAX, amd64.RCX, amd64.RSP, amd64.RIP, amd64.EFLAGS,
)  # fmt: skip
# FXSAVE: control word, (status), (instruction and data pointers), MXCSR and its mask; x87's registers, then 16 vectors at 160.
_FXSAVE: Final = struct.Struct("<H6xQQII")
_FXSAVE_SIZE: Final = 512
_X86_UCONTEXT: Final = _STACK.size + 8 * 18 + _X86_SEGMENTS.size + 8
_ARM_MASK: Final = struct.Struct("<Q128x")
_ARM_UCONTEXT: Final = _STACK.size + _ARM_MASK.size + 8 * 35 + 8 + 4096

# sigaltstack's flags, and AUTODISARM, which this has along with them.
MINSIGSTKSZ: Final = {"amd64": 2048, "arm64": 5120}
SS_ONSTACK: Final = 1
SS_DISABLE: Final = 2
SS_AUTODISARM: Final = 1 << 31

# Of RFLAGS, what a handler does not begin with: TF, DF, RF.
_X86_CLEARED: Final = 0x100 | 0x400 | 0x10000

# Flags of RFLAGS that a program can change; the others must stay as the processor needs them.
_X86_USER_FLAGS: Final = 0x240DD5
_ARM_USER_FLAGS: Final = 0xF0000000

# Signals and codes of amd64's traps: their number and error code.
_TRAPS: Final = {
    (11, 1): (14, 4), (11, 2): (14, 7), (11, SI_KERNEL): (13, 0), (4, 2): (6, 0), (5, SI_KERNEL): (3, 0), (8, 1): (0, 0),
}  # fmt: skip

# SIGKILL and SIGSTOP.
UNBLOCKABLE: Final = 1 << 8 | 1 << 18


def siginfo(info: SignalInfo) -> bytes:
    """The `siginfo` of a signal."""
    if info.timer >= 0:
        return _INFO_TIMER.pack(info.signal, 0, info.code, info.timer, info.overruns, info.value)
    if info.pid:
        return _INFO_SENT.pack(info.signal, 0, info.code, info.pid, UID, info.value)
    return _INFO.pack(info.signal, 0, info.code, info.address)


def set_alternate_stack(thread: Thread, start: int, flags: int, size: int) -> bool:
    """What sigaltstack(2) and returning from a handler do; False if the stack is too small, which leaves things as they were."""
    if flags & SS_DISABLE:
        thread.alt_start = thread.alt_size = thread.alt_flags = 0
    elif size < MINSIGSTKSZ[thread.process.arch.name]:
        return False
    else:
        thread.alt_start, thread.alt_size, thread.alt_flags = start, size, flags & SS_AUTODISARM
    return True


class Frames:
    """Pushes and pops frames of one process's threads."""

    __slots__ = ("_arguments", "_control", "_process", "_registers", "_vectors", "_x86")

    def __init__(self, process: LinuxProcess) -> None:
        self._process = process
        arch = process.arch
        self._x86 = arch.name == "amd64"
        if self._x86:
            self._registers = process.cpu.registers(*_X86_REGISTERS)
            self._vectors = WideRegisters(process.cpu.engine, amd64.XMM)
            self._control = process.cpu.registers(amd64.FPCW, amd64.MXCSR)
            self._arguments = process.cpu.registers(
                amd64.RDI, amd64.RSI, amd64.RDX, amd64.RAX, amd64.RSP, amd64.RIP, amd64.EFLAGS, amd64.MXCSR
            )
        else:
            general = arch.general
            self._registers = process.cpu.registers(*general, arch.sp, arch.pc, arch.flags)
            self._arguments = process.cpu.registers(*general[:3], general[30], arch.sp, arch.pc)

    def push(self, thread: Thread, number: int, info: SignalInfo, action: Action) -> None:
        """Make the current thread enter a handler; raises `GuestFault` if its stack cannot hold the frame."""
        process = self._process
        registers = self._registers.read()
        sp = registers[15] if self._x86 else registers[31]
        place = sp - process.arch.red_zone
        alt_start, alt_size = thread.alt_start, thread.alt_size
        # With AUTODISARM the stack counts as unused even while a handler runs on it, since it was taken away from the thread.
        on_stack = bool(alt_size) and not thread.alt_flags and alt_start < sp <= alt_start + alt_size
        if action.flags & SA_ONSTACK and alt_size and not on_stack:
            place = alt_start + alt_size
        record = siginfo(info)
        stack = _STACK.pack(0, 0, alt_start, (SS_ONSTACK if on_stack else 0 if alt_size else SS_DISABLE) | thread.alt_flags, alt_size)
        if self._x86:
            floats = place = (place - _FXSAVE_SIZE) & -64
            control, mxcsr = self._control.read()
            image = _FXSAVE.pack(control & 0xFFFF, 0, 0, mxcsr & 0xFFFFFFFF, 0xFFFF) + bytes(128) + self._vectors.read()
            process.memory.write(floats, image.ljust(_FXSAVE_SIZE, b"\0"))
            context = b"".join(
                (
                    stack,
                    struct.pack("<18Q", *registers),
                    _X86_SEGMENTS.pack(0x33, 0, 0, 0x2B, 0, *_TRAPS.get((number, info.code), (0, 0)), info.address, floats),
                    struct.pack("<Q", thread.mask),
                )
            )
            place = ((place - len(record) - len(context) - 8) & -16) - 8
            process.memory.write(place, struct.pack("<Q", action.restorer or process.trampoline) + context + record)
            flags = registers[17] & ~_X86_CLEARED
            new = [number, place + 8 + len(context), place + 8, 0, place, action.handler, flags, amd64.MXCSR_AT_START]
        else:
            context = b"".join((stack, _ARM_MASK.pack(thread.mask), struct.pack("<35Q", info.address, *registers), bytes(8 + 4096)))
            place = (place - len(record) - len(context)) & -16
            process.memory.write(place, record + context)
            new = [number, place, place + len(record), action.restorer or process.trampoline, place, action.handler]
        saved = process.cpu.engine.new_context()
        process.cpu.engine.save(saved)
        thread.frames.append((place + 8 if self._x86 else place, saved))
        self._arguments.write(*new)
        if thread.alt_flags:
            thread.alt_start = thread.alt_size = thread.alt_flags = 0

    def pop(self, thread: Thread) -> None:
        """rt_sigreturn: go back to where the frame at the stack pointer says. A frame that is not there is a SIGSEGV, as on Linux."""
        process = self._process
        memory = process.memory
        place = process.sp()
        while thread.frames and thread.frames[-1][0] != place:
            process.cpu.engine.release_context(thread.frames.pop()[1])
        if not thread.frames:
            process.signals.kill_by("SIGSEGV")
        if self._x86:
            stack = place
            registers = list(struct.unpack("<18Q", memory.read(place + _STACK.size, 144)))
            registers[17] = registers[17] & _X86_USER_FLAGS | 0x202
            mask = memory.u64(place + _X86_UCONTEXT - 8)
            floats = memory.u64(place + _X86_UCONTEXT - 8 - 64 - 8)
            state = memory.read(floats, _FXSAVE_SIZE) if floats else b""
        else:
            stack = context = place + _INFO.size
            registers = list(struct.unpack("<34Q", memory.read(context + _STACK.size + _ARM_MASK.size + 8, 272)))
            registers[33] &= _ARM_USER_FLAGS
            mask = memory.u64(context + _STACK.size)
        _, saved = thread.frames.pop()
        process.cpu.engine.restore(saved)
        process.cpu.engine.release_context(saved)
        if self._x86 and state:
            self._vectors.write(state[160:416])
            self._control.write(self._control.read()[0], _FXSAVE.unpack_from(state)[3])
        if not self._x86:
            # Unicorn wants the mode bits of PSTATE as they were.
            registers[33] |= self._registers.read()[33] & ~_ARM_USER_FLAGS
        self._registers.write(*registers)
        _, _, start, flags, size = _STACK.unpack(memory.read(stack, _STACK.size))
        if not flags & SS_ONSTACK:
            set_alternate_stack(thread, start, flags, size)
        thread.mask = mask & ~UNBLOCKABLE
        process.signals.unmasked(thread)
