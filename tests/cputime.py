# SPDX-License-Identifier: BSD-3-Clause
"""`pytest --cpu`: processor time by folder and of the dearest tests, that of the processes they started included.

Time on the clock says little where others use the machine. What a fixture takes is counted at the test that first asks for it; processes
that nobody waits for are not counted.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Generator
from pathlib import PurePath
from typing import Protocol

import pytest

_SHOWN = 40


class _Server(Protocol):
    cpu: float


ELSEWHERE: list[_Server] = []
"""Processes that take calls and are not waited for, which say themselves what these took."""


def _now() -> float:
    """Seconds of this process and of all those that it has waited for."""
    both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in both) + sum(server.cpu for server in ELSEWHERE)


class CpuTime:
    """Measures each phase of each test, and prints what came of it at the end. Workers send theirs with their reports."""

    def __init__(self) -> None:
        self._start = 0.0
        self._tests: Counter[str] = Counter()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        self._start = _now()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        now = _now()
        report.cpu = now - self._start  # type: ignore[attr-defined]
        self._start = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._tests[report.nodeid] += getattr(report, "cpu", 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        folders: Counter[str] = Counter()
        for name, seconds in self._tests.items():
            folders[str(PurePath(name.partition("::")[0]).parent)] += seconds
        terminalreporter.section(f"processor time: {self._tests.total():.0f} s")
        for counted in (folders.most_common(), self._tests.most_common(_SHOWN)):
            terminalreporter.write_line("\n".join(f"{seconds:8.1f} s  {name}" for name, seconds in counted))
            terminalreporter.write_line("")
