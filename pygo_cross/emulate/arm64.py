# SPDX-License-Identifier: GPL-2.0-or-later
"""Facts of arm64: Unicorn's register numbers (arm64.h), the system call and C conventions of AAPCS64."""

from __future__ import annotations

from typing import Final

from pygo_cross.emulate.arch import Arch
from pygo_cross.emulate.engine import ARCH_ARM64, MODE_ARM

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

INS_MRS: Final = 1

# Interrupt numbers (QEMU's EXCP_*) that Unicorn's interrupt hook reports.
EXCP_UDEF: Final = 1
EXCP_SWI: Final = 2
EXCP_PREFETCH_ABORT: Final = 3
EXCP_DATA_ABORT: Final = 4
EXCP_BKPT: Final = 7

_GENERAL = (*range(X0, X0 + 29), X29, X30)

ARM64: Final = Arch(
    name="arm64",
    engine_arch=ARCH_ARM64,
    engine_mode=MODE_ARM,
    cpu_model=CPU_MAX,
    pc=PC,
    sp=SP,
    flags=PSTATE,
    general=_GENERAL,
    call_number=X0 + 8,
    call_arguments=_GENERAL[:6],
    call_result=X0,
    function_arguments=_GENERAL[:8],
    linux_tls=TPIDR_EL0,
    darwin_tls=TPIDRRO_EL0,
    red_zone=0,
    trap_size=4,
)
