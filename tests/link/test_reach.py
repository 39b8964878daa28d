# SPDX-License-Identifier: BSD-3-Clause
"""Why symbols are in the image: `-dumpdep` beside stock's."""

from __future__ import annotations

import pytest
from capture import Captures
from programs import FEATURES, HELLO
from stock import TARGETS


@pytest.mark.parametrize(("goos", "goarch"), TARGETS)
@pytest.mark.parametrize("sources", [HELLO, FEATURES], ids=["hello", "features"])
def test_dumpdep_is_stocks(goos: str, goarch: str, sources: dict[str, str], captures: Captures) -> None:
    """Every line, in stock's order: who first needed a symbol, and which types are converted to interfaces."""
    captured = captures.get(goos, goarch, sources)
    stock, ours = captured.stock("-dumpdep"), captured.run_ours("-dumpdep")
    assert stock.status == ours.status == 0
    lines = stock.messages.splitlines()
    assert len(lines) > 5000 and sum("<UsedInIface>" in line for line in lines) > 50
    assert ours.messages.splitlines() == lines
    assert ours.executable == captured.run_ours().executable
