# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts an engine into user mode, so that what is forbidden to user code faults there as on a real processor.

Unicorn starts its processors in their most privileged state, in which a guest could halt the processor, write control registers or read
ports. Both architectures have an own way down: on amd64 SYSRET is executed once (it loads privilege level 3 without a descriptor table), on
arm64 PSTATE and SCTLR_EL1 are written as Linux sets them for EL0.

amd64 keeps in mind that an exception is being delivered, in order to find double faults; a kernel clears that by entering its handler. Here
no handler is entered, so it is cleared by hand: it lies in the registers that a context saves, at a place that is found by raising an
exception once.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from typing import Final

from pygo_cross.emulate import amd64, arm64
from pygo_cross.emulate import engine as uc
from pygo_cross.emulate.arch import Arch
from pygo_cross.emulate.errors import Lacking

_PAGE: Final = 0x1000
_SYSRETQ: Final = b"\x48\x0f\x07"
_HLT: Final = b"\xf4"

_EFER: Final = 0xC0000080
_EFER_SCE_LME_LMA: Final = 0x501
_STAR: Final = 0xC0000081
# SYSRET's selectors: 0x33 for code and 0x2b for the stack, as Linux has them.
_STAR_VALUE: Final = 0x23 << 48

# SCTLR_EL1 for EL0: cache maintenance (UCI), CTR_EL0 (UCT), DC ZVA (DZE) and WFE (nTWE) are allowed; WFI (nTWI) traps.
_SCTLR_SET: Final = 1 << 26 | 1 << 18 | 1 << 15 | 1 << 14
_SCTLR_CLEAR: Final = 1 << 16


def enter_user_mode(engine: uc.Engine, arch: Arch) -> None:
    """Take away an engine's privileges, before it has hooks and memory, and give it the floating-point state that a program starts with."""
    if arch is arm64.ARM64:
        uc.Registers(engine, (arm64.PSTATE,)).write(0)
        control = uc.SystemRegister(crn=1, crm=0, op0=3, op1=0, op2=0, value=0)
        engine.read_structure(arm64.CP_REG, control)
        control.value = (control.value | _SCTLR_SET) & ~_SCTLR_CLEAR
        engine.write_structure(arm64.CP_REG, control)  # this also has the engine look at PSTATE anew
        return
    uc.Registers(engine, (amd64.FPCW, amd64.FPTAG, amd64.MXCSR)).write(amd64.FPCW_AT_START, amd64.FPTAG_AT_START, amd64.MXCSR_AT_START)
    engine.write_structure(amd64.MSR, uc.ModelRegister(_EFER, _EFER_SCE_LME_LMA))
    engine.write_structure(amd64.MSR, uc.ModelRegister(_STAR, _STAR_VALUE))
    registers = uc.Registers(engine, (amd64.RCX, amd64.R11))
    registers.write(0, amd64.FLAGS_AT_START)
    with mmap.mmap(-1, _PAGE) as page:
        page[: len(_SYSRETQ)] = _SYSRETQ
        hold = ctypes.c_char.from_buffer(page)
        engine.map(_PAGE, _PAGE, 5, ctypes.addressof(hold))
        engine.start(_PAGE)  # goes on at address 0, where there is nothing
        engine.unmap(_PAGE, _PAGE)
        engine.flush_tlb()
        del hold
    registers.write(0, 0)
    if uc.Registers(engine, (amd64.CS,)).read()[0] & 3 != 3:
        raise Lacking("unicorn-failed", "Unicorn does not enter user mode")


def _context_bytes(engine: uc.Engine, context: ctypes.c_void_p) -> bytes:
    return ctypes.string_at(context, engine.context_size()) if context.value else b""


_exception_offset = -1


def _find_exception_offset() -> int:
    """Where a context keeps the number of the exception in delivery: the one 32-bit word that HLT changes from -1 to 13."""
    engine = uc.Engine(uc.ARCH_X86, uc.MODE_64, amd64.AMD64.cpu_model)
    enter_user_mode(engine, amd64.AMD64)

    def stop(_engine: int, _number: int, _user: int) -> None:
        engine.stop()

    engine.hook(uc.HOOK_INTR, uc.InterruptCallback(stop))
    context = engine.new_context()
    with mmap.mmap(-1, _PAGE) as page:
        page[:1] = _HLT
        hold = ctypes.c_char.from_buffer(page)
        engine.map(_PAGE, _PAGE, 5, ctypes.addressof(hold))
        engine.save(context)
        before = _context_bytes(engine, context)
        engine.start(_PAGE)
        engine.save(context)
        after = _context_bytes(engine, context)
        engine.close()
        del hold
    found = [
        i for i in range(0, len(before) - 3, 4) if before[i : i + 4] == b"\xff\xff\xff\xff" and after[i : i + 4] == struct.pack("<i", 13)
    ]
    if len(found) != 1:
        raise Lacking("unicorn-failed", "Unicorn's context is not laid out as expected")
    return found[0]


def forget_exception(engine: uc.Engine) -> None:
    """amd64: make the processor forget that an exception was raised, as entering a handler does. Costs an engine the first time."""
    global _exception_offset
    if _exception_offset < 0:
        _exception_offset = _find_exception_offset()
    context = engine.new_context()
    engine.save(context)
    ctypes.memmove((context.value or 0) + _exception_offset, b"\xff\xff\xff\xff", 4)
    engine.restore(context)
    engine.release_context(context)
