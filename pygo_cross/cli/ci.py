# SPDX-License-Identifier: BSD-3-Clause
"""What a CI service is told beside the log: the job's summary, and mistakes at their lines.

GitHub reads commands from the log itself, in lines that begin with `::` (docs: workflow commands). What other programs say is
therefore printed between a pair of marks that turn those off.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from pygo_cross.build.driver import BuildFailed
from pygo_cross.build.files import write_whole, writing
from pygo_cross.build.progress import bad
from pygo_cross.diag import Diagnostic, Pos


def in_github() -> bool:
    """Whether GitHub reads our output."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def add_summary(made: argparse.ArgumentParser) -> None:
    """--summary."""
    text = "write a summary in Markdown to FILE; without the flag, it is added to GITHUB_STEP_SUMMARY where that is set"
    made.add_argument("--summary", metavar="FILE", help=text)


def without_summary(argv: Sequence[str]) -> list[str]:
    """The arguments for the same command in a container, where the summary's file is not."""
    kept: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            return [*kept, word, *words]
        if word == "--summary":
            next(words, None)
        elif not word.startswith("--summary="):
            kept.append(word)
    return kept


def write_summary(
    options: argparse.Namespace, what: str, dist: Path, status: int, failures: Sequence[tuple[str, Sequence[str]]] = ()
) -> int:
    """Writes the summary where one is wanted, and returns `status`. Raises `UserError` where --summary's file can't be written."""
    service = os.environ.get("GITHUB_STEP_SUMMARY")
    if not options.summary and not service:
        return status
    from pygo_cross.build.summary import summary

    text = summary(what, dist, status, failures).encode("utf-8", "replace")
    if options.summary:
        write_whole(Path(options.summary), text)
    elif service:
        with writing(Path(service)), open(service, "ab") as file:
            file.write(text)
    return status


def commands_of(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """Commands that have GitHub show mistakes at their lines."""
    lines: list[str] = []
    for diagnostic in diagnostics:
        pos = diagnostic.pos
        text = f"{diagnostic.message}; {diagnostic.hint}" if diagnostic.hint else diagnostic.message
        fields = {"file": _in_workspace(pos.file), "line": str(pos.line or ""), "col": str(pos.column or ""), "title": diagnostic.code}
        told = ",".join(f"{name}={_property(value)}" for name, value in fields.items() if value)
        lines.append(f"::error {told}::{_data(text)}")
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _in_workspace(file: str) -> str:
    """The path as GitHub knows the file: from the top of the checkout."""
    if not file:
        return ""
    path = os.path.relpath(file, os.environ.get("GITHUB_WORKSPACE") or ".")
    return file if path.startswith("..") else path


_GO_ERROR = re.compile(r"(\S[^:\n]*\.(?:go|s)):(\d+)(?::(\d+))?: (.+)\Z")


def go_errors(said: str, folders: Iterable[Path]) -> list[Diagnostic]:
    """The errors in what the go command said that have a place; its paths are relative to one of `folders`."""
    found: list[Diagnostic] = []
    for line in said.splitlines():
        match = _GO_ERROR.match(line.strip())
        if match:
            name, row, column, text = match.groups()
            path = next((str(folder / name) for folder in folders if (folder / name).is_file()), name)
            found.append(Diagnostic(Pos(path, int(row), int(column or 0)), "go", text))
    return found


def guarded(text: str) -> str:
    """What another program said, as GitHub may not take it for commands."""
    if not in_github():
        return text
    token = secrets.token_hex(16)
    return f"::stop-commands::{token}\n{text}\n::{token}::"


def tell_failed(error: BuildFailed, folders: Iterable[Path] = (Path(),)) -> None:
    """Says which programs did not build, and why."""
    known = list(folders)
    for said, labels in error.failures:
        print(bad(f"pygo-cross: {', '.join(labels)} did not build:"), file=sys.stderr)
        print(guarded(said), file=sys.stderr)
        if in_github():
            for line in commands_of(go_errors(said, known)[:10]):
                print(line, file=sys.stderr)
