# SPDX-License-Identifier: BSD-3-Clause
"""A finished build to look at, made once for all workers of a session, and a browser to look with."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, find_browser
from shown_program import CONFIG, PROGRAM


@pytest.fixture(scope="session")
def shown(cli: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a build whose smoke runs went wrong once. To be left as it is."""
    base = tmp_path_factory.getbasetemp()
    # Under xdist each worker has a folder of its own below that of the session.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shown"
    folder.mkdir(exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            (folder / "go.mod").write_text("module example.com/shown\n\ngo 1.27\n")
            (folder / "main.go").write_text(PROGRAM)
            (folder / "toolchain.yaml").write_text(CONFIG)
            built = cli("build", "-q", cwd=folder)
            assert built.returncode == 0, built.stderr
            shutil.copyfile(folder / "dist/report.html", folder / "built.html")
            assert cli("smoke", "-q", cwd=folder).returncode == 3
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser; tests that need one are skipped where none is installed."""
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium is installed, so nobody can look at the page")
    browser = Browser(program)
    yield browser
    browser.close()
