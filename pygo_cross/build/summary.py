# SPDX-License-Identifier: BSD-3-Clause
"""A build in Markdown, for the summary that a CI service shows of a job: what was made, and what went wrong.

Names, arguments and outputs come from a project and from the programs that it builds. None of them may become markup: whatever
Markdown or HTML gives a meaning is written as a character reference, and outputs stand in <pre>, where Markdown has none. The
whole stays below what services show (GitHub: 1 MiB for a step).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pygo_cross.build.artifacts import BINARY, read_record_file
from pygo_cross.build.report.page import NAME as PAGE
from pygo_cross.diag import EXIT_OK, UserError

_SHOWN: Final = 4096
"""Characters of one output."""
_LIMIT: Final = 1_000_000
"""Bytes of the whole."""
_MOST: Final = 64
"""Failures that are shown whole, and rows of a table times four."""
_MEANS: Final = re.compile(r"[^\w ,./;=?%()+$^{}-]|(?<=w)w(?=w\.)|-(?=-)|_")
"""All but what is text everywhere: letters, digits and some marks. `www.` would become a link, and so would what has `:` or `@`."""


def escape(text: str, limit: int = 200) -> str:
    """Text as one line that no reader of Markdown or HTML takes for anything else."""
    text = text if len(text) <= limit else text[:limit] + "…"
    return _MEANS.sub(lambda match: _reference(match.group()), " ".join(text.split()) or " ")


def _reference(character: str) -> str:
    # References of control characters and surrogates mean nothing in HTML.
    return f"&#{ord(character)};" if character.isprintable() and not 0xD800 <= ord(character) < 0xE000 else "\N{REPLACEMENT CHARACTER}"


def block(text: str, limit: int = _SHOWN) -> str:
    """Text as it is, in a <pre>; the end of what is too long, for that is where errors are told."""
    text = text if len(text) <= limit else "…" + text[-limit:]
    plain = "".join(letter if letter == "\n" or letter == "\t" or letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    marked = re.sub(r"[&<>@:#]", lambda match: f"&#{ord(match.group())};", plain)
    # An empty line ends no <pre>, but some readers take it for the end.
    return f"<pre>{re.sub(chr(10) + '(?=' + chr(10) + ')', chr(10) + '&#8203;', marked)}</pre>"


def summary(what: str, dist: Path, status: int, failures: Sequence[tuple[str, Sequence[str]]] = ()) -> str:
    """The summary of a finished or failed `what` (build, smoke, release). `failures` are programs that did not build: what was said,
    and of which."""
    parts: list[str] = []
    record: Mapping[str, Any] = {}
    with contextlib.suppress(UserError):  # or else nothing was finished
        record = read_record_file(dist)
    name = f"{record.get('project', '')} {record.get('facts', {}).get('Version', '')}".strip()
    outcome = "ok" if status == EXIT_OK else f"FAILED, with status {status}"
    parts.append(f"### pygo-cross {escape(what)}{': ' + escape(name) if name else ''}: {outcome}")
    for said, labels in list(failures)[:_MOST]:
        parts.append(f"{escape(', '.join(labels), 500)} did not build:\n\n{block(said)}")
    artifacts = [entry for entry in record.get("artifacts", ()) if isinstance(entry, dict)]
    if not failures:
        binaries = [entry for entry in artifacts if entry.get("type") == BINARY]
        others = [entry for entry in artifacts if entry.get("type") != BINARY]
        parts += _binaries(binaries)
        parts += _others(others)
        parts += _failed_runs(artifacts)
        if (dist / PAGE).exists():
            parts.append(_page(dist))
    return _within(parts)


def _within(parts: Sequence[str]) -> str:
    """The parts that fit, each whole: half of one would leave markup open."""
    kept: list[str] = []
    left = _LIMIT
    for part in parts:
        left -= len(part.encode("utf-8", "replace")) + 2
        if left < 0:
            kept.append("… and more, for which there is no room here; the log has all of it.")
            break
        kept.append(part)
    return "\n\n".join(kept) + "\n\n"


def _table(head: str, rows: Sequence[Sequence[str]]) -> str:
    titles = head.split("|")
    lines = [f"| {' | '.join(titles)} |", f"|{'|'.join('---:' if title.strip() == 'Size' else '---' for title in titles)}|"]
    lines += [f"| {' | '.join(row)} |" for row in rows[: 4 * _MOST]]
    if len(rows) > 4 * _MOST:
        lines.append(f"| … and {len(rows) - 4 * _MOST} more |" + " |" * (len(titles) - 1))
    return "\n".join(lines)


def _binaries(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    if not entries:
        return []
    rows = [
        [
            escape(str(entry.get("target"))),
            escape(str(entry.get("build"))),
            _size(entry),
            escape(str(entry.get("stages", {}).get("link", ""))),
            _smoke(entry),
            f"<code>{escape(str(entry.get('sha256')), 64)}</code>",
        ]
        for entry in entries
    ]
    return [_table("Target|Build|Size|Linked by|Smoke|SHA-256", rows)]


def _size(entry: Mapping[str, Any]) -> str:
    size = entry.get("size")
    return f"{size:,}" if isinstance(size, int) else "?"


def _runs(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [run for run in entry.get("smoke") or () if isinstance(run, dict)]


def _smoke(entry: Mapping[str, Any]) -> str:
    runs = _runs(entry)
    if entry.get("smoke") is None:
        return "not run"
    bad = sum(not run.get("ok") for run in runs)
    runners = ", ".join(sorted({str(run["runner"]) for run in runs if "runner" in run}))
    return "no runs" if not runs else f"**{bad} of {len(runs)} FAILED**" if bad else f"ok ({escape(runners)})"


def _others(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    if not entries:
        return []
    rows = [
        [
            escape(str(entry.get("type"))),
            escape(str(entry.get("path"))),
            _size(entry),
            f"<code>{escape(str(entry.get('sha256')), 64)}</code>",
        ]
        for entry in entries
    ]
    count = f"{len(entries)} artifact{'' if len(entries) == 1 else 's'} made of them"
    return [f"<details><summary>{count}</summary>\n\n{_table('Type|Path|Size|SHA-256', rows)}\n\n</details>"]


def _failed_runs(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    parts: list[str] = []
    failed = [(entry, run) for entry in entries for run in _runs(entry) if not run.get("ok")]
    for entry, run in failed[:_MOST]:
        arguments = [str(word) for word in run["args"]] if isinstance(run.get("args"), list) else []
        command = shlex.join([os.path.basename(str(entry.get("path"))), *arguments])
        head = f"{escape(str(entry.get('target')))} {escape(command)}: {escape(str(run.get('error', 'failed')))}"
        told = [f"<details><summary>{head}</summary>"]
        for name in ("stdout", "stderr"):
            if run.get(name):
                told += [f"{name}, exit status {escape(str(run.get('exit')))}:", block(str(run[name]))]
        if run.get("missing"):
            told.append(f"not provided by the emulator: {escape(json.dumps(run['missing']), 500)}")
        parts.append("\n\n".join([*told, "</details>"]))
    if len(failed) > _MOST:
        parts.append(f"… and {len(failed) - _MOST} more runs that failed")
    return parts


def _page(dist: Path) -> str:
    """Where the page of the build is; a link where the service keeps what the job uploads."""
    server, repository, run = (os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"))
    where = f"{escape(str(dist / PAGE))} shows what is inside"
    if server.startswith("https://") and re.fullmatch(r"[\w./-]+", repository) and run.isdecimal():
        return f"{where}; it is among [what this run uploaded]({server}/{repository}/actions/runs/{run}#artifacts), if dist was."
    return f"{where}."
