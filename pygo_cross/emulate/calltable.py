# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of calls as a document: what each target's guest can call, and how well it is provided."""

from __future__ import annotations

from typing import Any

from pygo_cross.emulate.kernel.calls import Row


def _rows(target: str) -> list[tuple[int, Row]]:
    system, arch = target.split("/")
    if system == "linux":
        from pygo_cross.emulate.linux.table import TABLES

        return sorted(TABLES[arch].items())
    from pygo_cross.emulate.darwin.table import TABLE

    return [(-1, TABLE[name]) for name in sorted(TABLE)]


def rows(target: str) -> list[dict[str, Any]]:
    """The rows of a target: on Linux system calls with their `number`, on macOS functions of libSystem; `support` is full, partial
    or refused, and `note` says what that means."""
    found = []
    for number, row in _rows(target):
        support, _, note = row.note.partition(": ")
        entry: dict[str, Any] = {"name": row.name, "support": support, "note": note}
        if number >= 0:
            entry["number"] = number
        found.append(entry)
    return found


def text(target: str) -> str:
    """The same for reading, a line each."""
    entries = rows(target)
    width = max(len(entry["name"]) for entry in entries)
    counts = ", ".join(f"{sum(entry['support'] == kind for entry in entries)} {kind}" for kind in ("full", "partial", "refused"))
    lines = [f"{target}: {len(entries)} calls ({counts})"]
    for entry in entries:
        number = f"{entry['number']:>5}  " if "number" in entry else "  "
        lines.append(f"{number}{entry['name']:<{width}}  {entry['support']:<7}  {entry['note']}".rstrip())
    return "\n".join(lines) + "\n"
