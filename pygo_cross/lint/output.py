# SPDX-License-Identifier: BSD-3-Clause
"""What was found, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pygo_cross.exe.view import text
from pygo_cross.lint.finding import Finding, Record
from pygo_cross.lint.rules import SEVERITIES

VERSION = 1


def shown(path: str) -> str:
    """A path as it may be printed on one line."""
    return text(path.encode("utf-8", "surrogateescape"))


def ordered(record: Record) -> list[Finding]:
    """The findings of a record: the worst first, then by rule and place."""
    return sorted(record.findings, key=lambda f: (SEVERITIES.index(f.severity), f.rule, f.offset or 0, f.message))


def lines(records: Iterable[Record], *, facts: bool = False) -> list[str]:
    """One line a finding: `FILE: severity: rule: message; what to do`."""
    result: list[str] = []
    for record in records:
        name = shown(record.path)
        if facts:
            result += [f"{name}: fact: {key}: {_fact(value)}" for key, value in _facts(record).items()]
        for finding in ordered(record):
            message = shown(finding.message)
            result.append(f"{name}: {finding.severity}: {finding.rule}: {message}; {shown(finding.todo)}")
    return result


def _facts(record: Record) -> dict[str, object]:
    head: dict[str, object] = {"format": record.format, "system": record.system, "arch": record.arch}
    return {key: value for key, value in head.items() if value} | record.facts


def _fact(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(shown(str(item)) for item in value) or "none"
    if isinstance(value, dict):
        return " ".join(shown(f"{key}={item}") for key, item in value.items())
    return shown(str(value))


def counts(records: Iterable[Record]) -> dict[str, int]:
    """Findings by severity."""
    result = dict.fromkeys(SEVERITIES, 0)
    for record in records:
        for finding in record.findings:
            result[finding.severity] += 1
    return result


def document(records: list[Record], unreadable: list[tuple[str, str]]) -> dict[str, Any]:
    """The JSON document (docs/lint.md)."""
    return {
        "version": VERSION,
        "files": [
            {
                "path": record.path,
                "format": record.format,
                "os": record.system,
                "arch": record.arch,
                "size": record.size,
                "sha256": record.sha256,
                "facts": record.facts,
                "findings": [
                    {"rule": f.rule, "severity": f.severity, "message": f.message, "todo": f.todo, "offset": f.offset}
                    for f in ordered(record)
                ],
            }
            for record in records
        ],
        "unreadable": [{"path": path, "reason": why} for path, why in unreadable],
        "summary": {"files": len(records), **counts(records)},
    }
