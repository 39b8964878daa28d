# SPDX-License-Identifier: BSD-3-Clause
"""Why symbols are in the image: `-dumpdep` beside stock's."""

from __future__ import annotations

import full
import pytest
from capture import Captures
from programs import FEATURES, HELLO, TINY
from stock import TARGETS

PROGRAMS = {"tiny": TINY, "hello": HELLO, "features": FEATURES}


@pytest.mark.parametrize(
    ("goos", "goarch", "program"),
    [
        ("linux", "amd64", "features"),
        ("linux", "arm64", "tiny"),
        ("darwin", "amd64", "tiny"),
        ("darwin", "arm64", "features"),
        *full.more("each target is there once", *((*target, program) for program in ("hello", "features") for target in TARGETS)),
    ],
)
def test_dumpdep_is_stocks(goos: str, goarch: str, program: str, captures: Captures) -> None:
    """Every line, in stock's order: who first needed a symbol, and which types are converted to interfaces."""
    captured = captures.get(goos, goarch, PROGRAMS[program])
    stock, ours = (link("-dumpdep", "-compressdwarf=0") for link in (captured.stock, captured.run_ours))
    assert stock.status == ours.status == 0
    lines = stock.messages.splitlines()
    assert len(lines) > 5000 and sum("<UsedInIface>" in line for line in lines) > (5 if program == "tiny" else 50)
    assert ours.messages.splitlines() == lines
    assert ours.executable == stock.executable
