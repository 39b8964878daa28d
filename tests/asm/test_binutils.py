# SPDX-License-Identifier: BSD-3-Clause
"""Instructions drawn from our tables at random are those of GNU binutils, wherever it knows them (`scripts/conformance asmrandom`)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "scripts"))

from conformance import asmgas, asmgasarm, asmgassve, asmrandomscore

from pygo_cross.arch.amd64 import table


def needs(arch):
    lacking = asmrandomscore.missing(arch)
    return pytest.mark.skipif(bool(lacking), reason=f"GNU binutils for {arch} are not installed: {', '.join(lacking)}")


@needs("amd64")
@pytest.mark.parametrize("part", range(2))
def test_vex_and_evex(part):
    result = asmgas.compare(asmgas.samples((table.VEX, table.EVEX), seed=20 + part)[part::6])
    assert result.same > 800
    assert not result.unexpected(asmgas.EXPECTED)


@needs("amd64")
def test_without_prefixes():
    result = asmgas.disassemble(asmgas.samples((table.LEGACY,), seed=30))
    assert result.same > 1150
    assert not result.unexpected(asmgas.EXPECTED)


@needs("arm64")
def test_arm64():
    result = asmgasarm.compare(asmgasarm.samples(seed=40, each=4))
    assert result.same > 3500
    assert not result.unexpected(asmgasarm.EXPECTED)


@needs("arm64")
def test_sve():
    result = asmgassve.compare(asmgassve.samples(seed=41, each=2))
    assert result.same > 1900
    assert not result.unexpected(asmgassve.EXPECTED)


@needs("amd64")
def test_a_wrong_row_is_seen():
    """What the comparison says is not that everything agrees with everything."""
    samples = [sample for sample in asmgas.samples((table.LEGACY,), seed=3) if sample.op in ("ADDQ", "SHLL", "MOVOU", "CMPB")]
    assert not asmgas.disassemble(samples).different
    for sample in samples:
        sample.args = (*sample.args[:-1], asmgas.Addr(asmgas.REG, asmgas.NUMBERS["K1"]))
    assert not asmgas.disassemble(samples).same


@needs("arm64")
def test_a_wrong_word_is_seen():
    samples = [sample for sample in asmgasarm.samples(seed=3, each=1) if sample.op in ("ADD", "MOVD", "VADD", "LDADDALW")]
    assert len(samples) > 10
    for sample in samples:
        sample.word ^= 1 << 16
    assert not asmgasarm.compare(samples).same


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_what_is_drawn_can_be_told_and_assembled_again(arch):
    codes = asmrandomscore.draw(arch, seed=50, each=1).codes()[:: 2 if arch == "amd64" else 1]
    assert len(codes) > 900
    assert not asmrandomscore.unread(arch, codes)
    told = asmrandomscore.again(arch, codes)
    assert not told.wrong and told.same > 0.9 * len(codes)
