# SPDX-License-Identifier: GPL-2.0-or-later
"""Facts of amd64: Unicorn's register numbers (x86.h), the system call and C conventions of the System V ABI."""

from __future__ import annotations

from typing import Final

from pygo_cross.emulate.arch import Arch
from pygo_cross.emulate.engine import ARCH_X86, MODE_64

RAX: Final = 35
RBP: Final = 36
RBX: Final = 37
RCX: Final = 38
RDI: Final = 39
RDX: Final = 40
RIP: Final = 41
RSI: Final = 43
RSP: Final = 44
R8, R9, R10, R11, R12, R13, R14, R15 = range(106, 114)
EFLAGS: Final = 25
FS_BASE: Final = 250
GS_BASE: Final = 251

INS_SYSCALL: Final = 699
INS_RDTSC: Final = 608
INS_RDTSCP: Final = 609

# Interrupt numbers that Unicorn's interrupt hook reports.
TRAP_DIVIDE: Final = 0
TRAP_DEBUG: Final = 1
TRAP_BREAKPOINT: Final = 3
TRAP_INVALID: Final = 6
TRAP_PROTECTION: Final = 13
TRAP_ALIGNMENT: Final = 17

AMD64: Final = Arch(
    name="amd64",
    engine_arch=ARCH_X86,
    engine_mode=MODE_64,
    cpu_model=None,
    pc=RIP,
    sp=RSP,
    flags=EFLAGS,
    general=(RAX, RCX, RDX, RBX, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15),
    call_number=RAX,
    call_arguments=(RDI, RSI, RDX, R10, R8, R9),
    call_result=RAX,
    function_arguments=(RDI, RSI, RDX, RCX, R8, R9),
    linux_tls=FS_BASE,
    darwin_tls=GS_BASE,
    red_zone=128,
    trap_size=2,
)
