# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds instructions in a block of amd64 code that must not run, because Unicorn gets them wrong or they would make runs differ.

Unicorn's amd64 decoder accepts the VEX prefix but executes most instructions behind it as if it were an SSE prefix, so `VPADDD ymm` adds
half of the lanes and says nothing. Binaries carry such code behind CPUID checks; only a block about to run is of interest. The exception
are those of BMI1 and BMI2 that Unicorn does right: not BEXTR and BZHI, whose results are wrong for large operands, BLSI, BLSMSK and BLSR,
which leave a wrong carry, and PDEP of 32 bits, which leaves bits above. EVEX (AVX-512) is never right. Of SSSE3, PHADDW and its like are
wrong if both operands are one register. Of SSE4.2, the PCMPxSTRx are wrong in the matches at the end of a string, and read the emulator's
own memory if a length is -2**31; one form, with which Go's strings.Index looks for whole matches, is right and runs under guard. RDRAND and
RDSEED do work, but would make runs differ.

This decodes instruction lengths of 64-bit code: prefixes, opcode maps, ModRM, immediates (Intel SDM volume 2, chapter 2 and appendix A).
"""

from __future__ import annotations

from typing import Final

# One character an opcode: what follows it. '.' nothing, 'm' ModRM, 'b' imm8, 'w' imm16, 'z' imm32 (imm16 with 66), 'v' imm64 with REX.W
# else like z, 'M' ModRM and imm8, 'Z' ModRM and immz, 'o' moffs64, 'e' imm16+imm8, '3' group 3, 'p' prefix, '-' not in 64-bit code.
_ONE: Final = (
    "mmmmbz--mmmmbz-e"  # 00 (0f is handled apart)
    "mmmmbz--mmmmbz--"
    "mmmmbzp-mmmmbzp-"
    "mmmmbzp-mmmmbzp-"
    "pppppppppppppppp"
    "................"
    "---mppppzZbM...."
    "bbbbbbbbbbbbbbbb"
    "MZ-Mmmmmmmmmmmmm"
    "..........-....."
    "oooo....bz......"
    "bbbbbbbbvvvvvvvv"
    "MMw.--MZe.w..b-."
    "mmmm---.mmmmmmmm"
    "bbbbbbbbzz-b...."
    "p-pp..33......mm"
)

# The 0f map; those with an imm8 behind ModRM, those with neither, and the near jumps.
_TWO_IMM8: Final = frozenset((0x70, 0x71, 0x72, 0x73, 0xA4, 0xAC, 0xBA, 0xC2, 0xC4, 0xC5, 0xC6))
_TWO_PLAIN: Final = frozenset((0x05, 0x06, 0x07, 0x08, 0x09, 0x0B, 0x0E, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x37, 0x77, 0xA0, 0xA1,
    0xA2, 0xA8,
                               0xA9, 0xAA, *range(0xC8, 0xD0)))  # fmt: skip

# VEX instructions on general registers that are right, by (map, opcode, prefix: 1 for 66, 2 for F3, 3 for F2): ANDN; PEXT, PDEP; MULX;
# SHLX, SARX, SHRX; RORX.
_BMI: Final = frozenset(((2, 0xF2, 0), (2, 0xF5, 2), (2, 0xF5, 3), (2, 0xF6, 3), (2, 0xF7, 1), (2, 0xF7, 2), (2, 0xF7, 3), (3, 0xF0, 3)))
_PDEP: Final = (2, 0xF5, 3)
_HORIZONTAL: Final = frozenset((0x01, 0x02, 0x03, 0x05, 0x06, 0x07))
_STRINGS: Final = frozenset((0x60, 0x61, 0x62, 0x63))
_PCMPESTRI: Final = 0x61
_EQUAL_ORDERED: Final = 0x0C



def _modrm_size(code: bytes, at: int) -> int:
    """The bytes of ModRM, SIB and displacement at `at`."""
    modrm = code[at]
    mode, rm = modrm >> 6, modrm & 7
    if mode == 3:
        return 1
    size = 1
    base = rm
    if rm == 4:
        size = 2
        base = code[at + 1] & 7
    if mode == 1:
        return size + 1
    if mode == 2:
        return size + 4
    return size + 4 if base == 5 else size


# Instructions that end a block: jumps, calls, returns, traps; of the 0f map, system calls, UD2 and near jumps.
_ENDS_ONE: Final = frozenset(
    (*range(0x70, 0x80), 0xC2, 0xC3, 0xCA, 0xCB, 0xCC, 0xCD, 0xCF, *range(0xE0, 0xE4), 0xE8, 0xE9, 0xEB, 0xF4, 0xFF)
)
_ENDS_TWO: Final = frozenset((0x05, 0x07, 0x0B, 0x34, 0x35, *range(0x80, 0x90)))


def unsupported(code: bytes, size: int, until_jump: bool = False, guarded: list[int] | None = None) -> str:
    """The first instruction of the straight-line `code` that begins within `size` and must not run, described; '' if there is none.
    `guarded` takes the offsets of those that may run under guard.

    With `until_jump` the code may go on behind the block's end, and is looked at up to there. Code that cannot be decoded is left for the
    engine to refuse.
    """
    at = 0
    try:
        while at < size:
            length, found = decode(code, at)
            if found == ENDS_BLOCK:
                if until_jump:
                    return ""
            elif found == GUARD:
                if guarded is None:
                    return "PCMPESTRI"
                guarded.append(at)
            elif found:
                return found
            if not length:
                return ""
            at += length
    except IndexError:
        pass
    return ""


# What `decode` says of an instruction that ends a block.
ENDS_BLOCK: Final = "end"

# What it says of PCMPESTRI in the form that is right unless a length is -2**31.
GUARD: Final = "guard"


def decode(code: bytes, start: int) -> tuple[int, str]:
    """The length of the instruction at `start`, and `ENDS_BLOCK`, `GUARD`, or what is wrong with it, or ''. Length 0: not an instruction.

    An instruction that must not run has no length. Raises IndexError where `code` ends too early.
    """
    at = start
    wide = small = False
    rex = 0
    while True:
        opcode = code[at]
        if opcode & 0xF0 == 0x40:
            rex = opcode
            wide = bool(opcode & 8)
        elif opcode == 0x66:
            small = True
        elif _ONE[opcode] != "p":
            break
        at += 1
    if opcode == 0xC5:
        return 0, f"AVX, VEX map 1 {code[at + 2]:#04x}"
    if opcode == 0xC4:
        table = code[at + 1] & 31
        operation = (table, code[at + 3], code[at + 2] & 3)
        if operation not in _BMI or code[at + 2] & 4 or (operation == _PDEP and not code[at + 2] & 0x80):
            return 0, f"AVX, VEX map {table} {code[at + 3]:#04x}"
        at += 4
        return at + _modrm_size(code, at) + (1 if table == 3 else 0) - start, ""
    if opcode == 0x62:
        return 0, f"AVX-512, EVEX map {code[at + 1] & 7} {code[at + 4]:#04x}"
    if opcode == 0x0F:
        return _decode_two(code, start, at + 1, rex if code[at - 1] == rex else 0)
    kind = _ONE[opcode]
    at += 1
    immediate = 2 if small else 4
    if kind == "m":
        at += _modrm_size(code, at)
    elif kind == "M":
        at += _modrm_size(code, at) + 1
    elif kind == "Z":
        at += _modrm_size(code, at) + immediate
    elif kind == "b":
        at += 1
    elif kind == "z":
        at += 4 if opcode in (0xE8, 0xE9) else immediate
    elif kind == "w":
        at += 2
    elif kind == "v":
        at += 8 if wide else immediate
    elif kind == "o":
        at += 8
    elif kind == "e":
        at += 3
    elif kind == "3":
        extra = 0
        if code[at] >> 3 & 7 < 2:
            extra = 1 if opcode == 0xF6 else immediate
        at += _modrm_size(code, at) + extra
    elif kind == "-":
        return 0, ""
    return at - start, ENDS_BLOCK if opcode in _ENDS_ONE else ""


def _decode_two(code: bytes, start: int, at: int, rex: int) -> tuple[int, str]:
    """`decode` for the 0f map, `at` being behind the 0f, `rex` the REX prefix or 0."""
    opcode = code[at]
    at += 1
    if opcode == 0xC7 and code[at] >= 0xF0:
        return 0, "RDRAND or RDSEED"
    if opcode in (0x38, 0x3A):
        third = code[at]
        modrm = code[at + 1]
        if opcode == 0x3A and third in _STRINGS:
            length = at + 1 + _modrm_size(code, at + 1) + 1 - start
            if third == _PCMPESTRI and code[start + length - 1] == _EQUAL_ORDERED and not rex & 8:
                return length, GUARD
            return 0, f"PCMPxSTRx, map 0f3a {third:#04x}"
        if opcode == 0x38 and third in _HORIZONTAL and modrm >> 6 == 3 and (modrm >> 3 ^ modrm) & 7 == 0 and (rex >> 2 ^ rex) & 1 == 0:
            return 0, f"PHADDW or the like within a register, map 0f38 {third:#04x}"
        at += 1
        at += _modrm_size(code, at) + (1 if opcode == 0x3A else 0)
    elif 0x80 <= opcode <= 0x8F:
        at += 4
    elif opcode not in _TWO_PLAIN:
        at += _modrm_size(code, at) + (1 if opcode in _TWO_IMM8 else 0)
    return at - start, ENDS_BLOCK if opcode in _ENDS_TWO else ""
