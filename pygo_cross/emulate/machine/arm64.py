# SPDX-License-Identifier: GPL-2.0-or-later
"""Facts of arm64: Unicorn's register numbers (arm64.h), the system call and C conventions of AAPCS64, and what a guest is
told of the processor: AT_HWCAP, the identification registers as Linux lets user code read them, and macOS's names of the same features.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.emulate.machine.arch import Arch
from pygo_cross.emulate.machine.engine import ARCH_ARM64, MODE_ARM

CPU_MAX: Final = 3  # the default model has no LSE atomics
X0: Final = 199
X29: Final = 1
X30: Final = 2
SP: Final = 4
PC: Final = 260
CPACR_EL1: Final = 261
TPIDR_EL0: Final = 262
TPIDRRO_EL0: Final = 263
PSTATE: Final = 265
CP_REG: Final = 290

INS_MRS: Final = 1

# Interrupt numbers (QEMU's EXCP_*) that Unicorn's interrupt hook reports.
EXCP_UDEF: Final = 1
EXCP_SWI: Final = 2
EXCP_PREFETCH_ABORT: Final = 3
EXCP_DATA_ABORT: Final = 4
EXCP_BKPT: Final = 7

# Instructions: MRS without its operands, and WFI.
MRS: Final = 0xD5300000
WFI: Final = 0xD503207F

# The features that are told, each with its bit of AT_HWCAP (GOROOT/src/internal/cpu/cpu_arm64_hwcap.go; Linux's uapi/asm/hwcap.h), the
# identification register that tells it (0: ID_AA64ISAR0_EL1, 1: ID_AA64ISAR1_EL1) with shift and value, macOS's name.
# SVE and half precision are switched off (usermode.py), pointer authentication and branch targets are not told.
_FEATURES: Final[tuple[tuple[int, int, int, int, str], ...]] = (
    (3, 0, 4, 1, "FEAT_AES"),
    (4, 0, 4, 2, "FEAT_PMULL"),
    (5, 0, 8, 1, "FEAT_SHA1"),
    (6, 0, 12, 1, "FEAT_SHA256"),
    (7, 0, 16, 1, "FEAT_CRC32"),
    (8, 0, 20, 2, "FEAT_LSE"),
    (12, 0, 28, 1, "FEAT_RDM"),
    (13, 1, 12, 1, "FEAT_JSCVT"),
    (14, 1, 16, 1, "FEAT_FCMA"),
    (15, 1, 20, 1, "FEAT_LRCPC"),
    (16, 1, 0, 1, "FEAT_DPB"),
    (17, 0, 32, 1, "FEAT_SHA3"),
    (20, 0, 44, 1, "FEAT_DotProd"),
    (21, 0, 12, 2, "FEAT_SHA512"),
    (26, 1, 20, 2, "FEAT_LRCPC2"),
    (27, 0, 52, 1, "FEAT_FlagM"),
    (29, 1, 36, 1, "FEAT_SB"),
)
_CPUID_IS_READABLE: Final = 1 << 11

HWCAP: Final = 0b11 | _CPUID_IS_READABLE | sum(1 << row[0] for row in _FEATURES)
# FLAGM2 and FRINT.
HWCAP2: Final = 1 << 7 | 1 << 8
FEATURES: Final = frozenset(row[4] for row in _FEATURES) | {"FEAT_FlagM2", "FEAT_FRINTTS"}

_NOT_THERE: Final = ("FEAT_BF16", "FEAT_BTI", "FEAT_CSV2", "FEAT_CSV3", "FEAT_DIT", "FEAT_DPB2", "FEAT_ECV", "FEAT_FHM", "FEAT_FP16",
                     "FEAT_I8MM", "FEAT_LSE2", "FEAT_PAuth", "FEAT_PAuth2", "FEAT_SME", "FEAT_SME2", "FEAT_SSBS", "FEAT_WFxT")  # fmt: skip
# macOS's hw.optional.* (sysctl): names of the time before macOS 12, and those of the architecture.
OPTIONAL: Final = {
    **dict.fromkeys(("floatingpoint", "neon", "AdvSIMD", "AdvSIMD_HPFPCvt", "arm64", "armv8_crc32", "armv8_1_atomics", "armv8_2_sha512",
                     "armv8_2_sha3", "armv8_3_compnum"), 1),
    **dict.fromkeys(("neon_hpfp", "neon_fp16", "armv8_2_fhm"), 0),
    **{f"arm.{name}": 1 for name in sorted(FEATURES)},
    **{f"arm.{name}": 0 for name in _NOT_THERE},
}  # fmt: skip


def _identification(register: int) -> int:
    fields: dict[int, int] = {}
    for _, where, shift, value, _ in _FEATURES:
        if where == register:
            fields[shift] = max(value, fields.get(shift, 0))
    return sum(value << shift for shift, value in fields.items())


# Identification registers by (op0, op1, CRn, CRm, op2); others of their space read as zero.
IDENTIFICATION: Final = {
    (3, 0, 0, 0, 0): 0x000F0510,  # MIDR_EL1: a processor in software
    (3, 0, 0, 0, 5): 1 << 31,  # MPIDR_EL1
    (3, 0, 0, 0, 6): 0,  # REVIDR_EL1
    (3, 0, 0, 4, 0): 0x11,  # ID_AA64PFR0_EL1: EL0 and EL1 run A64 only
    (3, 0, 0, 6, 0): _identification(0) & ~(0xF << 52) | 2 << 52,  # ID_AA64ISAR0_EL1, with FlagM2
    (3, 0, 0, 6, 1): _identification(1) | 1 << 32,  # ID_AA64ISAR1_EL1, with FRINTTS
}


def identification(coordinates: tuple[int, int, int, int, int]) -> int | None:
    """The value of an identification register that Linux lets user code read, None for other registers."""
    op0, op1, crn, crm, _ = coordinates
    if (op0, op1, crn) != (3, 0, 0) or crm > 7:
        return None
    if crm < 2:
        return IDENTIFICATION.get(coordinates)
    return IDENTIFICATION.get(coordinates, 0)


GENERAL: Final = (*range(X0, X0 + 29), X29, X30)

ARM64: Final = Arch(
    name="arm64",
    engine_arch=ARCH_ARM64,
    engine_mode=MODE_ARM,
    cpu_model=CPU_MAX,
    pc=PC,
    sp=SP,
    flags=PSTATE,
    general=GENERAL,
    call_number=X0 + 8,
    call_arguments=GENERAL[:6],
    call_result=X0,
    function_arguments=GENERAL[:8],
    linux_tls=TPIDR_EL0,
    darwin_tls=TPIDRRO_EL0,
    red_zone=0,
    trap_size=4,
)
