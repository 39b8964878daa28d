# SPDX-License-Identifier: GPL-2.0-or-later
"""The shape of an architecture's facts; the facts themselves are in amd64.py and arm64.py.

Register numbers are Unicorn's. `call_*` describe the guest system's calls on Linux (arguments, number, result), `function_*` the C
calling convention that macOS's libSystem is reached by.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Arch:
    """What the emulator has to know of one architecture."""

    name: str
    engine_arch: int
    engine_mode: int
    cpu_model: int | None
    pc: int
    sp: int
    flags: int
    # The general registers, without sp, pc and flags, in the order of the architecture's own numbering.
    general: tuple[int, ...]
    call_number: int
    call_arguments: tuple[int, ...]
    call_result: int
    function_arguments: tuple[int, ...]
    # The thread pointer: what CLONE_SETTLS sets on Linux, and where macOS keeps its thread-specific data.
    linux_tls: int
    darwin_tls: int
    # Bytes below the stack pointer that a signal frame must leave alone.
    red_zone: int
    # Length of the instruction that makes a system call.
    trap_size: int
