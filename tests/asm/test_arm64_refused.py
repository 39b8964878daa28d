# SPDX-License-Identifier: BSD-3-Clause
"""arm64 instructions with operands drawn at random, nearly all of them wrong: ours says what go tool asm says, for the same lines."""

from __future__ import annotations

import random
import re

import pytest

from pygo_cross.arch.machine import machine

_words = str.split

OPERANDS = _words(
    """R0 R1 R5 R27 R30 ZR RSP F1 F2 V1 V2 V3.B16 V4.B8 V5.H8 V5.H4 V6.S4 V7.D2 V8.Q1 V1.B[3] V3.S[1] V4.D[1] $0 $1 $-1 $16 $63 $255
    $4095 $4096 $65536 $0xffffff $0x1000000 $0xaaaaaaaaaaaaaaaa $0x123456789 $-4096 $(0.0) $(1.0) $(0.1) (R1) 8(R1) 4(R2) 1(R3)
    -8(R1) -256(R1) -257(R1) -512(R1) -1024(R1) -5000(R1) 504(R1) 512(R1) 1008(R1) 4094(R1) 4096(R1) 8190(R1) 16380(R1) 32760(R1)
    65520(R1) 65536(R1) 0x1000000(R1) (RSP) 16(RSP) (ZR) (R1)(R2) (R1)(R2<<3) (R1)(R2.SXTW) R1<<2 R1>>3 R1->4 R1@>5 R1<<63
    R1.UXTW R1.SXTB<<2 R1.UXTX<<4 (R1,R2) (F1,F2) [V1.B16] [V1.B16,V2.B16] [V30.S4,V31.S4,V0.S4,V1.S4] EQ AL PLDL1KEEP VMALLE1IS
    SPSel DAIFSet CurrentEL TPIDR_EL0 foo(SB) foo+8(SB) $foo(SB) x+8(FP) x-8(SP) $x+8(FP) $8(R1) Z1.B P1.M (VL*2)(R1)"""
)
SIMPLE = _words("R1 R2 R3 F1 F2 V3.B16 V5.H8 V6.S4 $1 $3 8(R1) (R1) V1")
# Stock prints these as its own data structures, without the index, or takes them for another place.
_SAID_OTHERWISE = re.compile(r"cannot assemble jump &|.*, V\d\.\w [A-Z]")


def lines(seed, count):
    """Lines of any mnemonic with any operands."""
    rnd = random.Random(seed)
    # RET becomes other instructions, which keep what was wrong with it; the others say where the function ends, or what its PC is.
    mnemonics = [name for name in machine("arm64").mnemonics if name not in ("RET", "END", "PCALIGN", "PCALIGNMAX", "GETCALLERPC", "XXX")]
    for _ in range(count):
        pool = OPERANDS if rnd.random() < 0.6 else SIMPLE
        operands = [rnd.choice(pool) for _ in range(rnd.choice([0, 1, 2, 2, 3, 3, 3, 4, 4, 5]))]
        yield f"{rnd.choice(mnemonics)}{rnd.choice([''] * 12 + ['.P', '.W', '.X'])} {', '.join(operands)}".strip()


def function(lines):
    return "TEXT f(SB), 4, $0\n" + "".join(f"\t{line}\n" for line in lines) + "\tRET\n"


@pytest.mark.parametrize("seed", range(2))
def test_refused_like_stock(assemblers, seed):
    drawn = sorted(set(lines(seed, 1200)))
    told = {}
    # First what can't be read; then, without these lines, what can't be encoded.
    for _ in range(2):
        stock, ours, _ = assemblers.told(function(drawn))
        for number, line in enumerate(drawn, 2):
            said = stock.get(number, "").strip()
            if not (_SAID_OTHERWISE.match(said) and ours.get(number)) and "SVE" not in said:
                assert ours.get(number, "").strip() == said, line
        told |= ours
        drawn = [line for number, line in enumerate(drawn, 2) if number not in stock]
    assert len(told) > 500
