# SPDX-License-Identifier: GPL-2.0-or-later
"""Facts of amd64: Unicorn's register numbers (x86.h), the system call and C conventions of the System V ABI, and what CPUID tells.

CPUID is ours and not Unicorn's, which tells of instructions that it gets wrong or that would make runs differ. The rule: a feature is told
only if its instructions were compared with a processor, and every program can live without one that is not told.
"""

from __future__ import annotations

import struct
from typing import Final

from pygo_cross.emulate.machine.arch import Arch
from pygo_cross.emulate.machine.engine import ARCH_X86, MODE_64

# The model with the most that is right: the default, and ADX.
BROADWELL: Final = 20

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

CS: Final = 11
MSR: Final = 248
MXCSR: Final = 249
XMM: Final = tuple(range(122, 138))
FPCW: Final = 246
FPTAG: Final = 247

INS_CPUID: Final = 113
INS_IN: Final = 218
INS_OUT: Final = 500
INS_SYSCALL: Final = 699
INS_SYSENTER: Final = 700
INS_RDTSC: Final = 608
INS_RDTSCP: Final = 609

# The control words of x87 and SSE with which a program starts: all exceptions masked, double extended precision.
FPCW_AT_START: Final = 0x37F
FPTAG_AT_START: Final = 0xFFFF
MXCSR_AT_START: Final = 0x1F80

# The interrupt flag and the bit that is always set: what user code sees of flags that it cannot change.
FLAGS_AT_START: Final = 0x202

# Interrupt numbers that Unicorn's interrupt hook reports.
TRAP_DIVIDE: Final = 0
TRAP_DEBUG: Final = 1
TRAP_BREAKPOINT: Final = 3
TRAP_INVALID: Final = 6
TRAP_OVERFLOW: Final = 4
TRAP_FLOAT: Final = 16
TRAP_SIMD: Final = 19
# Above these are software interrupts (INT n).
LAST_EXCEPTION: Final = 31

# CPUID, leaf 1: family 6; x87, TSC, MSR, PAE, CX8, CMOV, CLFLUSH, MMX, FXSR, SSE, SSE2 and what every amd64 has; SSE3, PCLMULQDQ, SSSE3,
# CMPXCHG16B, SSE4.1, MOVBE, POPCNT, AES, and that this is no hardware. SSE4.2 only to those who insist on it, since its comparison of
# strings is slow here (vex.py). Not RDRAND (runs would differ), XSAVE or AVX.
CPUID_1_EDX: Final = 0x078BFBFD
_CPUID_1_ECX: Final = 1 << 0 | 1 << 1 | 1 << 9 | 1 << 13 | 1 << 19 | 1 << 22 | 1 << 23 | 1 << 25 | 1 << 31
_SSE42: Final = 1 << 20
# Leaf 7: FSGSBASE. Not BMI1 and BMI2, some of which is wrong (vex.py), nor ADX, which nobody uses without; not ERMS: string instructions
# are slow here, and it asks for them.
_CPUID_7_EBX: Final = 1 << 0
_BRAND: Final = b"Emulated processor".ljust(48, b"\0")


def _text(data: bytes) -> tuple[int, int, int, int]:
    return struct.unpack("<4I", data)


_VENDOR: Final = tuple(int.from_bytes(b"GenuineIntel"[i : i + 4], "little") for i in (0, 8, 4))
_CPUID: Final[dict[int, tuple[int, int, int, int]]] = {
    0: (7, *_VENDOR),  # type: ignore[dict-item]
    1: (0x306D4, 0x800, _CPUID_1_ECX, CPUID_1_EDX),
    7: (0, _CPUID_7_EBX, 0, 0),
    0x80000000: (0x80000008, 0, 0, 0),
    0x80000001: (0, 0, 1 << 0 | 1 << 5, 1 << 11 | 1 << 20 | 1 << 27 | 1 << 29),  # LAHF, LZCNT; SYSCALL, NX, RDTSCP, long mode
    0x80000002: _text(_BRAND[:16]),
    0x80000003: _text(_BRAND[16:32]),
    0x80000004: _text(_BRAND[32:]),
    0x80000007: (0, 0, 0, 1 << 8),  # the cycle counter runs evenly
    0x80000008: (0x3028, 0, 0, 0),
}

# AT_HWCAP is CPUID's word, AT_HWCAP2 says that user code may use WRFSBASE.
HWCAP: Final = CPUID_1_EDX
HWCAP2: Final = 2


# macOS's hw.optional.* (sysctl).
OPTIONAL: Final = {
    **dict.fromkeys(("floatingpoint", "mmx", "sse", "sse2", "sse3", "supplementalsse3", "sse4_1", "x86_64", "aes"), 1),
    **dict.fromkeys(("avx1_0", "bmi1", "bmi2", "adx", "rdrand", "f16c", "enfstrg", "fma", "avx2_0", "rtm", "hle", "avx512f", "avx512cd",
                     "avx512dq", "avx512bw", "avx512vl", "avx512ifma", "avx512vbmi"), 0),
}  # fmt: skip


def cpuid(leaf: int, subleaf: int, sse42: bool = False) -> tuple[int, int, int, int]:
    """CPUID's eax, ebx, ecx and edx, with SSE4.2 or without; zeros for what is not told."""
    if leaf == 7 and subleaf:
        return 0, 0, 0, 0
    eax, ebx, ecx, edx = _CPUID.get(leaf, (0, 0, 0, 0))
    return eax, ebx, ecx | _SSE42 if leaf == 1 and sse42 else ecx, edx


AMD64: Final = Arch(
    name="amd64",
    engine_arch=ARCH_X86,
    engine_mode=MODE_64,
    cpu_model=BROADWELL,
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
