# SPDX-License-Identifier: BSD-3-Clause
"""amd64's registers: numbers and names.

A number is a file of registers (`GP`, `XMM`, ...) in the high byte and the register's place in the low one. The low three
bits are always what ModRM holds, the next ones what REX, VEX and EVEX extend it by.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.obj.prog import RFP, RPC, RSB

_words = str.split

GP: Final = 1
BYTE: Final = 2
HIGH_BYTE: Final = 3
X87: Final = 4
MMX: Final = 5
XMM: Final = 6
YMM: Final = 7
ZMM: Final = 8
MASK: Final = 9
SEGMENT: Final = 10
SYSTEM: Final = 11
CONTROL: Final = 12
DEBUG: Final = 13
TEST: Final = 14
THREAD: Final = 15

_NAMES: Final = {
    GP: _words("AX CX DX BX SP BP SI DI R8 R9 R10 R11 R12 R13 R14 R15"),
    BYTE: _words("AL CL DL BL SPB BPB SIB DIB R8B R9B R10B R11B R12B R13B R14B R15B"),
    HIGH_BYTE: ["", "", "", "", "AH", "CH", "DH", "BH"],
    X87: [f"F{number}" for number in range(8)],
    MMX: [f"M{number}" for number in range(8)],
    XMM: [f"X{number}" for number in range(32)],
    YMM: [f"Y{number}" for number in range(32)],
    ZMM: [f"Z{number}" for number in range(32)],
    MASK: [f"K{number}" for number in range(8)],
    SEGMENT: ["ES", "CS", "SS", "DS", "FS", "GS"],
    SYSTEM: ["GDTR", "IDTR", "LDTR", "MSW", "TASK"],
    CONTROL: [f"CR{number}" for number in range(16)],
    DEBUG: [f"DR{number}" for number in range(8)],
    TEST: [f"TR{number}" for number in range(8)],
    THREAD: ["TLS"],
}

NAMES: Final = {kind << 8 | place: name for kind, names in _NAMES.items() for place, name in enumerate(names) if name}
"""Every register's name."""

NUMBERS: Final = {name: number for number, name in NAMES.items()}
"""Every register by its name; without pseudo-registers and aliases."""

AX: Final = NUMBERS["AX"]
CX: Final = NUMBERS["CX"]
SP: Final = NUMBERS["SP"]
BP: Final = NUMBERS["BP"]
R12: Final = NUMBERS["R12"]
R13: Final = NUMBERS["R13"]
R15: Final = NUMBERS["R15"]
R15B: Final = NUMBERS["R15B"]
CONTEXT: Final = NUMBERS["DX"]
"""What closures find their variables by."""
G: Final = NUMBERS["R14"]
"""The current goroutine, in functions of ABIInternal."""
SCRATCH: Final = NUMBERS["R12"]
"""Free at a function's entry."""
TLS: Final = NUMBERS["TLS"]

CONVENTION: Final = (
    tuple(NUMBERS[name] for name in _words("AX BX CX DI SI R8 R9 R10 R11")),
    tuple(XMM << 8 | number for number in range(15)),
)
"""What carries arguments and results of ABIInternal: integers and pointers; floats."""

WRITTEN: Final = {**NUMBERS, "g": G, "SB": RSB, "FP": RFP, "PC": RPC}
"""What source text may say."""


def name(number: int) -> str:
    """How messages and listings write a register."""
    return NAMES.get(number, f"R???{number}") if number else "NONE"


def is_general(number: int) -> bool:
    """Whether it is one of AX to R15."""
    return number >> 8 == GP
