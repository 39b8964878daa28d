# SPDX-License-Identifier: BSD-3-Clause
"""Instructions drawn from our tables at random are those of GNU as, wherever it knows them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "scripts"))

from conformance import asmgas

from pygo_cross.arch.amd64 import table

pytestmark = pytest.mark.skipif(not shutil.which("as") or not shutil.which("objcopy"), reason="GNU binutils are not installed")

# VMOVQ has two encodings for loads, and as takes the other.
OTHER_CHOICE = {"VMOVQ"}
# Directives, and prefixes that objdump reads together with what follows.
NO_INSTRUCTION = {"BYTE", "WORD", "LONG", "QUAD", "LOCK", "REP", "REPN", "XACQUIRE", "XRELEASE", "UD1"}
# Not for 64 bits, or forms that only Go's assembler takes.
_split = str.split
NOT_DECODED = set(
    _split(
        "BOUNDW CMPXCHG16B CMPXCHG8B FCOMD FCOMDP FCOMDPP FUCOMPP INVPCID INVLPG MOVHPD MOVHPS MOVLPD MOVLPS MOVL MOVQ MOVW MOVNTIL "
        "MOVNTIQ MOVNTO MOVNTPD MOVNTPS MOVNTQ POPAW POPAL POPL POPW PUSHAW PUSHAL PUSHL PUSHW XRSTORS XRSTORS64 XSAVES"
    )
)


@pytest.mark.parametrize("part", range(2))
def test_vex_and_evex(part):
    chosen = asmgas.samples((table.VEX, table.EVEX), seed=20 + part)[part::6]
    result = asmgas.compare(chosen)
    assert result.same > 800
    assert {line.split(".")[0] for line in result.different} <= OTHER_CHOICE, result.different
    assert not result.unknown


def test_without_prefixes():
    result = asmgas.disassemble(asmgas.samples((table.LEGACY,), seed=30))
    assert result.same > 1200
    assert {line.split(":")[0] for line in result.different} <= NO_INSTRUCTION, result.different
    assert {line.split(":")[0] for line in result.unknown} <= NOT_DECODED, result.unknown
