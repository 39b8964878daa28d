# SPDX-License-Identifier: BSD-3-Clause
"""What people see while things run: a bar on a terminal, lines elsewhere, or nothing. Always on standard error."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

MODES: Final = ("auto", "plain", "none")
_QUIET: Final = 20.0
"""Seconds without a line after which one says what is running."""
_GREEN, _RED, _DIM, _OFF = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"


def colours() -> bool:
    """Whether standard error takes colours: a terminal, and NO_COLOR unset or empty."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Progress:
    """Counts tasks that start and finish. `mode` is one of `MODES`; auto is a bar on a terminal that is not CI's."""

    def __init__(self, verb: str, total: int, mode: str) -> None:
        self.verb, self.total = verb, total
        self.started: dict[str, float] = {}
        self.done = 0
        self.bar: Any = None
        self.said = time.monotonic()
        self.lines = mode != "none"
        if mode == "auto" and sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb":
            from tqdm import tqdm

            self.lines = False
            self.bar = tqdm(
                total=total, desc=verb, file=sys.stderr, leave=False, bar_format="{desc} {bar} {n_fmt}/{total_fmt} {elapsed} {postfix}"
            )

        # GitHub folds what is between these two lines.
        self.grouped = self.lines and os.environ.get("GITHUB_ACTIONS") == "true"
        if self.grouped:
            print(f"::group::{verb}", file=sys.stderr, flush=True)

    def start(self, label: str) -> None:
        """The task `label` begins."""
        self.started[label] = time.monotonic()
        if self.bar is not None:
            self.bar.set_postfix_str(", ".join(self.started))

    def finish(self, label: str, outcome: str, ok: bool) -> float:
        """The task `label` ended. Returns the seconds it took."""
        seconds = time.monotonic() - self.started.pop(label)
        self.done += 1
        self.said = time.monotonic()
        line = f"{self.verb} {label}: {outcome} ({seconds:.1f} s) [{self.done}/{self.total}]"
        if self.bar is not None:
            from tqdm import tqdm

            self.bar.set_postfix_str(", ".join(self.started))
            self.bar.update(1)
            tqdm.write(paint(line, _DIM if ok else _RED), file=sys.stderr)
        elif self.lines:
            # In one piece, or else the lines of two threads run into each other.
            sys.stderr.write(paint(line, "" if ok else _RED) + "\n")
            sys.stderr.flush()
        return seconds

    def tick(self) -> None:
        """Keeps the bar's clock going; in lines, says now and then what is still running. For the main thread."""
        if self.bar is not None:
            self.bar.refresh()
        elif self.lines and time.monotonic() - self.said > _QUIET:
            self.said = time.monotonic()
            running = ", ".join(f"{label} ({self.said - since:.0f} s)" for label, since in list(self.started.items()))
            print(f"{self.verb}: at work on {running}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Takes the bar away, or ends the group."""
        if self.grouped:
            self.grouped = False
            print("::endgroup::", file=sys.stderr, flush=True)
        if self.bar is not None:
            self.bar.close()


def paint(text: str, colour: str) -> str:
    """`text` in a colour where standard error takes one."""
    return f"{colour}{text}{_OFF}" if colour and colours() else text


def good(text: str) -> str:
    """Green."""
    return paint(text, _GREEN)


def bad(text: str) -> str:
    """Red."""
    return paint(text, _RED)


def table(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Rows as aligned lines; the first row is the head. Columns in `right` are aligned to the right."""
    to_right = set(right)
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines: list[str] = []
    for row in rows:
        cells = [cell.rjust(widths[at]) if at in to_right else cell.ljust(widths[at]) for at, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines
