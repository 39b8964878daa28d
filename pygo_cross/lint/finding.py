# SPDX-License-Identifier: BSD-3-Clause
"""What is found, and the record that checks write into while they look at one binary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pygo_cross.exe.view import Fault
from pygo_cross.lint.rules import RULES

_MOST: Final = 5  # findings of one rule in one binary; a damaged table would give one a row


class Finding:
    """One finding: the rule's name, what exactly (no full stop), what to do, and the offset in the binary where it stands."""

    __slots__ = ("message", "offset", "rule", "severity", "todo")

    def __init__(self, rule: str, severity: str, message: str, todo: str, offset: int | None) -> None:
        self.rule = rule
        self.severity = severity
        self.message = message
        self.todo = todo
        self.offset = offset


class Record:
    """Of one binary: what it is, what is told of it, and what was found.

    `path` is what people gave, with the member of an archive or the architecture of a fat file behind it; `facts` hold what is no
    finding, with JSON's types.
    """

    __slots__ = ("_counts", "arch", "facts", "findings", "format", "path", "sha256", "size", "system")

    def __init__(self, path: str) -> None:
        self.path = path
        self.format = self.arch = self.system = self.sha256 = ""
        self.size = 0
        self.facts: dict[str, object] = {}
        self.findings: list[Finding] = []
        self._counts: dict[str, int] = {}

    def report(self, rule: str, message: str, offset: int | None = None, todo: str = "") -> None:
        """Adds a finding; `todo` where the rule's own advice does not fit."""
        known = RULES[rule]
        count = self._counts[rule] = self._counts.get(rule, 0) + 1
        if count <= _MOST:
            self.findings.append(Finding(rule, known.severity, message, todo or known.todo, offset))

    def faults(self, prefix: str, faults: Iterable[Fault], base: int = 0) -> None:
        """Adds what a reader found wrong; the rule is `prefix` and the fault's part, offsets count from `base`."""
        for fault in faults:
            self.report(prefix + fault.part, fault.message, None if fault.offset is None else base + fault.offset)

    def close(self) -> None:
        """Says of what there was more than is listed."""
        for rule, count in self._counts.items():
            if count > _MOST:
                last = [finding for finding in self.findings if finding.rule == rule][-1]
                last.message += f" (and {count - _MOST} more of this kind)"
