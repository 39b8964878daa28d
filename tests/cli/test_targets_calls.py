# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross targets --calls`: the emulator's tables, without the emulator in our process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def targets(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pygo_cross", "targets", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_calls_are_listed() -> None:
    done = targets("--calls", "linux/arm64")
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("linux/arm64: ")
    assert any(line.split()[:3] == ["56", "openat", "full"] for line in lines)
    assert any("libSystem" not in line and "pthread_create" in line for line in targets("--calls", "darwin/amd64").stdout.splitlines())


def test_calls_as_json() -> None:
    value = json.loads(targets("--calls", "--json").stdout)
    assert sorted(value) == ["darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64"]
    for rows in value.values():
        assert len(rows) > 100
        for row in rows:
            assert row["support"] in ("full", "partial", "refused")
            assert (row["support"] == "full") == (row["note"] == "")
    assert {row["number"] for row in value["linux/amd64"] if row["name"] == "write"} == {1}


def test_an_unknown_target() -> None:
    done = targets("--calls", "linux/amd46")
    assert done.returncode == 2 and "did you mean linux/amd64?" in done.stderr
