# SPDX-License-Identifier: BSD-3-Clause
"""The default run leaves out what is marked `full`, with its reason; the full run doesn't."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SAMPLE = """
import full, pytest

@pytest.mark.full("covered by test_b")
def test_a(): assert full.asked()

@pytest.mark.parametrize(("a", "b"), [(1, 2), *full.more("as the others", (3, 4))])
def test_b(a, b): assert a + 1 == b
"""


@pytest.mark.parametrize(("flags", "setting", "summary"), [
    ((), "", "1 passed, 2 skipped"), (("--full", "--cpu"), "", "3 passed"), ((), "full", "3 passed"),
])  # fmt: skip
def test_what_is_marked_waits_for_the_full_run(flags: tuple[str, ...], setting: str, summary: str, tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    command = [sys.executable, "-m", "pytest", "-c", HERE.parent / "pyproject.toml", "-rs", "-p", "no:cacheprovider", "-p", "conftest"]
    settings = {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}", "PYGO_CROSS_TEST": setting}
    done = subprocess.run([*command, *flags, tmp_path], env=settings, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and summary in done.stdout, done.stdout + done.stderr
    assert ("processor time" in done.stdout) is ("--cpu" in flags)
    assert (": covered by test_b; --full runs it" in done.stdout) is ("skipped" in summary)
