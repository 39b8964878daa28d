# SPDX-License-Identifier: BSD-3-Clause
"""What goes wrong in a comparison, by how often: a list to work from."""

from __future__ import annotations

import collections
import re

_FRAME = re.compile(r'File ".*?/(pygo_cross/[^"]+)", line (\d+), in (\w+)')


class Failures:
    """Counts what goes wrong, with the first example of each kind."""

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.examples: dict[str, str] = {}

    def add(self, what: str, example: str) -> None:
        """Count something."""
        self.counts[what] += 1
        self.examples.setdefault(what, example)

    def add_crash(self, crash: str, subject: str) -> None:
        """Count a traceback of ours, by the place in our code that it ends in."""
        frames = _FRAME.findall(crash)
        last = crash.strip().splitlines()[-1]
        where = f"{frames[-1][0]}:{frames[-1][1]} in {frames[-1][2]}" if frames else "?"
        self.add(f"CRASH {where}: {last[:160]}", subject)

    def text(self, most: int) -> str:
        """The most frequent ones, as a list."""
        lines = []
        for what, count in self.counts.most_common(most):
            lines += [f"- {count} x {what}", f"  e.g. {self.examples[what][:400]}"]
        return "\n".join(lines) + "\n"

    @staticmethod
    def general(text: str) -> str:
        """A message without what is particular to its place: names of packages, and numbers."""
        return re.sub(r"[\w./]+/", "", re.sub(r"\d+", "N", text))
