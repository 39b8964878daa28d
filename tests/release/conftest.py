# SPDX-License-Identifier: BSD-3-Clause
"""A release without a compiler: everything but `go build` is the real thing."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.artifacts import Artifact
from pygo_cross.build.config import Config, load_config
from pygo_cross.build.driver import Built
from pygo_cross.build.matrix import Job, facts_of, select
from pygo_cross.build.process import Children
from pygo_cross.build.release import pipeline

Make = Callable[..., list[Artifact]]


def stand_in(job: Job) -> bytes:
    """What is in a job's binary: a head that says what it is for, and bytes of its own."""
    body = hashlib.sha256(job.path.encode()).digest() * 300
    if job.target.os == "linux":
        return b"\x7fELF\x02\x01\x01" + bytes(9) + body
    cpu, subtype = (0x01000007, 3) if job.target.arch == "amd64" else (0x0100000C, 0)
    return struct.pack("<8I", 0xFEEDFACF, cpu, subtype, 2, 0, 0, 0, 0) + body


def fake_builds(
    jobs: Sequence[Job],
    scratch: Path,
    children: Children,
    workers: int,
    mode: str,
    finish: Callable[[Job, Built], Artifact],
    *,
    reports: bool = False,
) -> list[Artifact]:
    """In place of `build_jobs`."""
    made = []
    for at, job in enumerate(jobs):
        path = scratch / f"binary-{at}"
        path.write_bytes(stand_in(job))
        path.chmod(0o755)
        made.append(finish(job, Built(path, 0.0, None)))
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder for a configuration."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def make(project: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Builds `project` with the given rest of a configuration; `jobs_of` picks targets."""
    monkeypatch.setattr(pipeline, "build_jobs", fake_builds)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1136214245")

    def run(rest: str, targets: Sequence[str] = (), **options: Any) -> list[Artifact]:
        config = configure(project, rest)
        git = facts_of(config)
        jobs = select(config, (), targets, git=git)
        release = pipeline.plan_release(config, jobs, git, skip=["report", *options.get("skip", ())])
        return pipeline.run_release(release, jobs, 2, "none", options.get("clean", False))

    return run


def configure(project: Path, rest: str) -> Config:
    """The configuration of a project called p with this rest."""
    (project / "toolchain.yaml").write_text(f"version: 1\nproject: p\n{rest}")
    return load_config(project / "toolchain.yaml")


def record(project: Path) -> list[dict[str, Any]]:
    """The artifacts in the record."""
    artifacts: list[dict[str, Any]] = json.loads((project / "dist/artifacts.json").read_text())["artifacts"]
    return artifacts
