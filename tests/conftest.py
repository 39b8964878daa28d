# SPDX-License-Identifier: BSD-3-Clause
"""What all tests share: the full run (full.py), a way to call the command as people do, and a small project to build."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cputime
import full
import pytest
from cliserver import CliServer, at_start
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
# What is not about the compiler is built by stock Go's: with ours, each cold build of a program with fmt is a minute. Tests of the compiler
# and of the default say otherwise.
os.environ.setdefault("PYGO_CROSS_STOCK", "all")

# How long an example takes says nothing where other processes run.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
# What is started here inherits what is ignored, and a shell's `&` had signals ignored that tests send.
for _number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cpu", action="store_true", help="show the processor time of each folder and of the dearest tests")
    parser.addoption("--full", action="store_true", help="run everything, what takes long and the default run leaves out, too")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--full"):
        full.ask()
    if config.getoption("--cpu"):
        config.pluginmanager.register(cputime.CpuTime())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not full.asked():
        full.leave_out(items)


def pytest_collection_finish() -> None:
    gc.freeze()  # thousands of tests stay until the end; the collector needs not look at them again and again


Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def cli() -> Iterator[Cli]:
    """Runs `pygo-cross ARGS`: `cwd`, extra `env` (None removes), `stdin`; `fresh`, by a Python that is started for it (cliserver.py)."""
    server: CliServer | None = None
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    for name in ("GOOS", "GOARCH", "GOFLAGS", "GOROOT", "CGO_ENABLED", "PYGO_CROSS_CONFIG", "SOURCE_DATE_EPOCH"):
        variables.pop(name, None)

    def run(
        *args: str | Path, cwd: Path | None = None, env: dict[str, str | None] | None = None, stdin: str = "", fresh: bool = False
    ) -> subprocess.CompletedProcess[str]:
        nonlocal server
        wanted = {name: value for name, value in {**variables, **(env or {})}.items() if value is not None}
        words = [str(arg) for arg in args]
        if not fresh and at_start(wanted) == at_start(variables):
            if server is None:
                server = CliServer(variables)
                cputime.ELSEWHERE.append(server)
            done = server.run(words, cwd, wanted, stdin)
        else:
            command = [sys.executable, "-P", "-m", "pygo_cross", *words]
            done = subprocess.run(command, cwd=cwd, env=wanted, input=stdin, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        assert "internal error" not in done.stderr, done.stderr
        return done

    yield run
    if server is not None:
        cputime.ELSEWHERE.remove(server)
        server.close()


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    """A copy of examples/hello, outside any repository, that stock Go builds: for each target our assembler's part of the standard library
    would be compiled once more, and linking by ours takes three times as long.
    """
    folder = tmp_path / "hello"
    shutil.copytree(ROOT / "examples/hello", folder, ignore=shutil.ignore_patterns("dist"))
    with (folder / "toolchain.yaml").open("a") as config:
        config.write("builder: go\n")
    return folder
