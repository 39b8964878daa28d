# SPDX-License-Identifier: BSD-3-Clause
"""What the runtime is told of arguments, beside what stock's objects tell it, for packages that have all sorts of them."""

from __future__ import annotations

import pytest
from conformance import framescore


def test_arguments_as_stock_tells_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    status = framescore.main(["internal/bytealg", "sort", "strings"])
    printed = capsys.readouterr().out
    assert status == 0, printed
    assert "arginfo0: 9 equal" in printed
    assert "entry map: " in printed
