# SPDX-License-Identifier: BSD-3-Clause
"""The helpers that stand beside the tests of the type checker are imported by their names; and the standard library to compile against."""

from __future__ import annotations

import fcntl
import gc
import os
import sys
from pathlib import Path

import pytest

for folder in (Path(__file__).parent, Path(__file__).parents[1], Path(__file__).parents[2] / "scripts"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from conformance.mixed import Kit  # noqa: E402


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    """What the programs here import, made once for all workers of a session."""
    base = tmp_path_factory.getbasetemp()
    # Under xdist each worker has a folder of its own below that of the session.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "kit"
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return Kit(folder, ["errors", "strconv", "strings", "sync"])
        finally:
            gc.enable()  # Kit is made for processes that only compile
