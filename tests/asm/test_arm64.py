# SPDX-License-Identifier: BSD-3-Clause
"""The assembler for arm64: the test data of Go's own, and whole objects beside those of go tool asm."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "scripts"))

from conformance import asmdata

LINES = {"arm64": (1985, 2101), "arm64enc": (580, 582)}


@pytest.mark.parametrize("name", LINES)
def test_encodings(goroot, name):
    score = asmdata.score_encodings(goroot / f"src/cmd/asm/internal/asm/testdata/{name}.s", "arm64", goroot)
    assert not score.wrong
    assert score.total == LINES[name][0]


@pytest.mark.parametrize("name", LINES)
def test_printing(goroot, name):
    score = asmdata.score_printing(goroot / f"src/cmd/asm/internal/asm/testdata/{name}.s", "arm64", goroot)
    assert not score.wrong
    assert score.total == LINES[name][1]


def test_errors(goroot):
    score = asmdata.score_errors(goroot / "src/cmd/asm/internal/asm/testdata/arm64error.s", "arm64", goroot, ())
    assert not score.wrong
    assert score.total == 516
