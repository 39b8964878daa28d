# SPDX-License-Identifier: BSD-3-Clause
"""The test data of Go's own assembler: every expected encoding, printed form and error."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "scripts"))

from conformance import asmdata


@pytest.mark.parametrize("pattern", asmdata.ENCODINGS["amd64"])
def test_encodings(goroot, pattern):
    total = 0
    for path in asmdata.files(goroot / "src/cmd/asm/internal/asm/testdata", (pattern,)):
        score = asmdata.score_encodings(path, "amd64", goroot)
        assert not score.wrong
        total += score.total
    assert total == {"amd64enc": 10022, "amd64enc_extra": 994, "amd64": 13, "avx512enc/*": 14200}[pattern]


@pytest.mark.parametrize("pattern", ["amd64enc_extra", "amd64"])
def test_printing(goroot, pattern):
    for path in asmdata.files(goroot / "src/cmd/asm/internal/asm/testdata", (pattern,)):
        score = asmdata.score_printing(path, "amd64", goroot)
        assert score.total and not score.wrong


@pytest.mark.parametrize(("name", "flags"), asmdata.ERRORS["amd64"])
def test_errors(goroot, name, flags):
    score = asmdata.score_errors(goroot / f"src/cmd/asm/internal/asm/testdata/{name}.s", "amd64", goroot, flags)
    assert score.total and not score.wrong
