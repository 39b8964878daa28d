# SPDX-License-Identifier: GPL-2.0-or-later
"""The page in which a guest finds the virtual time without asking, and the code that reads it.

Go asks for the time often: the scheduler does at each turn, and a system call costs as much as thousands of the guest's instructions. So
the counter of executed code, which the block hook keeps (cpu.py), lies in a page that the guest can read, beside what is needed to make a
time of it. Linux guests get the code as a vDSO (linux/vdso.py), macOS guests in the place of the libSystem function.

Words: the counter, counting down; what it would be at time 0; nanoseconds that do not come from executed code; and how much later the wall
clock is than the monotonic one.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Final

from pygo_cross.emulate.kernel.sched import BOOT, EPOCH
from pygo_cross.emulate.machine.pagetable import PhysicalMemory

# Where every guest has it.
ADDRESS: Final = 0x7FFF_F7FE_0000

COUNTER: Final = 0
START: Final = 1
EXTRA: Final = 2
WALL: Final = 3


class TimePage:
    """The page of one address space: `offset` in physical memory, `words` for us."""

    __slots__ = ("offset", "size", "words")

    def __init__(self, physical: PhysicalMemory, size: int) -> None:
        self.size = size
        self.offset = physical.allocate(size)
        self.words = (ctypes.c_int64 * 4).from_address(physical.address + self.offset)
        self.words[WALL] = EPOCH - BOOT


def _code(*words: int) -> bytes:
    return b"".join(word.to_bytes(4, "little") for word in words)


# int clock_gettime(clock, struct timespec *) for the clocks that are the virtual time (0 and 5 wall clock, 1, 4, 6, 7 monotonic); for
# others it goes on at 9.
_CLOCK_GETTIME: Final[dict[str, bytes]] = {
    # cmp edi,7; ja 9f; mov eax,0xf3; bt eax,edi; jnc 9f; mov rdx,page
    # mov rax,[rdx+8]; sub rax,[rdx]; shr rax,2; add rax,[rdx+16]; mov ecx,0x21; bt ecx,edi; jnc 1f; add rax,[rdx+24]
    # 1: xor edx,edx; mov ecx,1000000000; div rcx; mov [rsi],rax; mov [rsi+8],rdx; xor eax,eax; ret; 9:
    "amd64": bytes.fromhex("83ff07 7745 b8f3000000 0fa3f8 733b 48ba")
    + struct.pack("<Q", ADDRESS)
    + bytes.fromhex(
        "488b4208 482b02 48c1e802 48034210 b921000000 0fa3f9 7304 48034218 31d2 b900ca9a3b 48f7f1 488906 48895608 31c0 c3"
    ),
    # cmp w0,7; b.hi 9f; mov w2,0xf3; lsr w3,w2,w0; tbz w3,0,9f; ldr x4,=page
    # ldr x5,[x4,8]; ldr x6,[x4]; sub x5,x5,x6; lsr x5,x5,2; ldr x6,[x4,16]; add x5,x5,x6
    # mov w2,0x21; lsr w3,w2,w0; tbz w3,0,1f; ldr x6,[x4,24]; add x5,x5,x6
    # 1: mov w6,1000000000; udiv x7,x5,x6; msub x8,x7,x6,x5; stp x7,x8,[x1]; mov w0,0; ret; 9: (four instructions, then the page)
    "arm64": _code(
        *(0x71001C1F, 0x540002E8, 0x52801E62, 0x1AC02443, 0x36000283, 0x580002E4),
        *(0xF9400485, 0xF9400086, 0xCB0600A5, 0xD342FCA5, 0xF9400886, 0x8B0600A5),
        *(0x52800422, 0x1AC02443, 0x36000063, 0xF9400C86, 0x8B0600A5),
        *(0x52994006, 0x72A77346, 0x9AC608A7, 0x9B0694E8, 0xA9002027, 0x52800000, 0xD65F03C0),
    ),
}


def linux_clock_gettime(arch: str) -> bytes:
    """clock_gettime; other clocks are the system call's."""
    if arch == "amd64":
        return _CLOCK_GETTIME[arch] + bytes.fromhex("b8e4000000 0f05 c3")  # mov eax,228; syscall; ret
    # mov x8,113; svc 0; ret; nop
    return _CLOCK_GETTIME[arch] + _code(0xD2800E28, 0xD4000001, 0xD65F03C0, 0xD503201F) + struct.pack("<Q", ADDRESS)


def darwin_clock_gettime(arch: str, otherwise: int) -> bytes:
    """clock_gettime; other clocks are for the stub at `otherwise`."""
    if arch == "amd64":
        return _CLOCK_GETTIME[arch] + b"\x48\xb8" + struct.pack("<Q", otherwise) + b"\xff\xe0"  # mov rax,stub; jmp rax
    # ldr x8,=stub; br x8; nop; nop
    return _CLOCK_GETTIME[arch] + _code(0x580000C8, 0xD61F0100, 0xD503201F, 0xD503201F) + struct.pack("<QQ", ADDRESS, otherwise)


def mach_absolute_time(arch: str) -> bytes:
    """uint64_t mach_absolute_time(void): monotonic nanoseconds."""
    if arch == "amd64":
        # mov rdx,page; mov rax,[rdx+8]; sub rax,[rdx]; shr rax,2; add rax,[rdx+16]; ret
        return b"\x48\xba" + struct.pack("<Q", ADDRESS) + bytes.fromhex("488b4208 482b02 48c1e802 48034210 c3")
    # ldr x4,=page; ldr x5,[x4,8]; ldr x6,[x4]; sub x5,x5,x6; lsr x5,x5,2; ldr x6,[x4,16]; add x0,x5,x6; ret
    return _code(0x58000104, 0xF9400485, 0xF9400086, 0xCB0600A5, 0xD342FCA5, 0xF9400886, 0x8B0600A0, 0xD65F03C0) + struct.pack(
        "<Q", ADDRESS
    )
