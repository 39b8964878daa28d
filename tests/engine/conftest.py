# SPDX-License-Identifier: BSD-3-Clause
"""The fake engine, and a way to call the command with it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake import FakeEngine, serve

from pygo_cross.cli.main import main, report
from pygo_cross.diag import UserError

Call = Callable[..., tuple[int, str, str]]

VARIABLES = (
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "CONTAINER_HOST", "CI"),
    *("PYGO_CROSS_IMAGE", "XDG_CONFIG_HOME", "GOENV", "GOFLAGS", "GOOS", "GOARCH"),
)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No engine is named anywhere; the home folder is this empty one."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
    return home


@pytest.fixture
def fake(clean: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    """A fake engine, which DOCKER_HOST names."""
    with tempfile.TemporaryDirectory(prefix="pgx") as folder:  # a socket's path may have some hundred bytes
        for engine in serve(Path(folder) / "docker.sock"):
            monkeypatch.setenv("DOCKER_HOST", engine.url)
            yield engine


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command in this process: its status, and what it wrote to standard output and standard error."""

    def run(*argv: str) -> tuple[int, str, str]:
        capfd.readouterr()
        try:
            status = main(list(argv))
        except UserError as error:
            report(error)
            status = error.status
        except SystemExit as error:
            status = int(error.code or 0)
        out, err = capfd.readouterr()
        return status, out, err

    return run
