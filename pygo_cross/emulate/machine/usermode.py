# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts an engine into user mode, so that what is forbidden to user code faults there as on a real processor.

Unicorn starts its processors in their most privileged state, in which a guest could halt the processor, write control registers or read
ports. Both architectures have an own way down: on amd64 SYSRET is executed once (it loads privilege level 3 without a descriptor table), on
arm64 PSTATE and SCTLR_EL1 are written as Linux sets them for EL0.

arm64's best model has half precision and SVE. Some undefined encodings next to the instructions of half precision end the host process by
an assertion of Unicorn's translator, and nothing here saves SVE's registers, so both are switched off: in the identification registers that
the translator consults. No function of Unicorn writes these, so they are looked for in its memory.

amd64 keeps in mind that an exception is being delivered, in order to find double faults; a kernel clears that by entering its handler. Here
no handler is entered, so it is cleared by hand: it lies in the registers that a context saves, at a place that is found by raising an
exception once.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from typing import Final

from pygo_cross.emulate.errors import Lacking
from pygo_cross.emulate.machine import amd64, arm64
from pygo_cross.emulate.machine import engine as uc
from pygo_cross.emulate.machine.arch import Arch

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
        _switch_off_features(engine)
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


# ID_AA64ISAR0_EL1, ID_AA64ISAR1_EL1 and ID_AA64PFR0_EL1, which lie in this order, by CRm and op2; fields of the last: FP, AdvSIMD, SVE.
_FEATURE_REGISTERS: Final = ((6, 0), (6, 1), (4, 0))
_FEATURES_OFF: Final = 0xF << 16 | 0xF << 20 | 0xF << 32

# How much of an engine's structure is searched for the pointer to its processor, and how much of the processor.
_ENGINE_SIZE: Final = 4096
_PROCESSOR_SIZE: Final = 1 << 17

# Where the pointer lies in the engine, and the registers in the processor; of release 2.1.4 until something else is found.
_feature_place = (55, 54736)


def _switch_off_features(engine: uc.Engine) -> None:
    """Take half precision and SVE out of the features of an arm64 engine that has not translated anything yet.

    Memory is read through the host's /proc/self/mem, which answers for addresses that are none with an error; where there is no such file
    the features stay.
    """
    global _feature_place
    values = []
    for crm, op2 in _FEATURE_REGISTERS:
        register = uc.SystemRegister(crn=0, crm=crm, op0=3, op1=0, op2=op2, value=0)
        engine.read_structure(arm64.CP_REG, register)
        values.append(register.value)
    wanted = struct.pack("<3Q", *values)
    try:
        descriptor = os.open("/proc/self/mem", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        pointers = struct.unpack(f"<{_ENGINE_SIZE // 8}Q", os.pread(descriptor, _ENGINE_SIZE, engine.handle.value or 0))

        def read(pointer: int, offset: int, size: int) -> bytes:
            try:
                return os.pread(descriptor, size, pointer + offset) if 0 < pointer < 1 << 47 else b""
            except OSError:
                return b""

        index, offset = _feature_place
        if read(pointers[index], offset, len(wanted)) != wanted:
            places = ((i, read(pointer, 0, _PROCESSOR_SIZE).find(wanted)) for i, pointer in enumerate(pointers))
            index, offset = _feature_place = next((place for place in places if place[1] >= 0), (0, -1))
            if offset < 0:
                raise Lacking("unicorn-failed", "Unicorn's processor is not laid out as expected")
    finally:
        os.close(descriptor)
    ctypes.memmove(pointers[index] + offset + 16, struct.pack("<Q", values[2] & ~_FEATURES_OFF), 8)


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
