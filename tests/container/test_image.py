# SPDX-License-Identifier: BSD-3-Clause
"""The image, run by a real engine as people run it: without root, network or privileges."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from real_engine import Docker

ROOT = Path(__file__).parent.parent.parent
LOCKED = ("--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=1g", "--tmpfs=/tmp")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that anybody may write to."""
    folder = tmp_path / "hello"
    shutil.copytree(ROOT / "examples/hello", folder, ignore=shutil.ignore_patterns("dist"))
    folder.chmod(0o777)
    return folder


def test_builds_and_smoke_runs_a_project_with_nothing_allowed(engine: Docker, image: str, project: Path) -> None:
    """For one target, that of the cache: the others take as long as on any machine."""
    run = ("run", *LOCKED, "-u", "4321:8765", f"--mount=type=bind,src={project},dst=/src", "--tmpfs=/cache:mode=1777,exec", image)
    engine(*run, "build", "--single-target")
    assert "ok (emulated)" in engine(*run, "smoke", "--single-target").stderr
    binary = next(project.glob("dist/hello_linux_*/hello"))
    assert (binary.stat().st_uid, binary.stat().st_gid) == (4321, 8765)
