# SPDX-License-Identifier: BSD-3-Clause
"""What the linker's tests share: captured links, one set for all workers of a session."""

from __future__ import annotations

import os

import pytest
from capture import Captures


@pytest.fixture(scope="session")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Captures:
    """Links that `go build` asked for, each captured once."""
    base = tmp_path_factory.getbasetemp()
    # Under xdist each worker has a folder of its own below that of the session.
    return Captures((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "captures")
