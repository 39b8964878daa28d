# SPDX-License-Identifier: BSD-3-Clause
"""The mistakes in one package: which are reported, in what order, and how many.

Parser and checker hand over every mistake that they find; what cmd/compile makes of them is here: one syntax error a line, no
message twice in a row for one line, ten at most unless all are asked for, sorted by place. A file's place among the others is
that of its first mistake. Facts: src/cmd/compile/internal/base/print.go, src/cmd/internal/src/xpos.go.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final, NamedTuple, final

from pygo_cross.syntax.source import FileSet

MOST: Final = 10
"""How many mistakes are reported unless all are asked for."""


class Mistake(NamedTuple):
    """What is wrong at a position; further lines of the message begin with a tab. `code` is stable, in kebab-case."""

    pos: int
    code: str
    message: str


@final
class TooMany(Exception):
    """There are as many mistakes as are reported: there is no use in looking for more."""


@final
class Mistakes:
    """Collects the mistakes of one package. `limit` 0 is none."""

    def __init__(self, fset: FileSet, limit: int = MOST) -> None:
        self.fset = fset
        self.limit = limit
        self.syntax_errors = 0
        self.too_many = 0
        """Position at which the limit was reached, 0 if it wasn't."""
        self._found: list[Mistake] = []
        self._bases: dict[tuple[int, int], int] = {}
        self._last_syntax: tuple[tuple[int, int], int] | None = None
        self._last_other: tuple[tuple[int, int], int, str] | None = None

    def __len__(self) -> int:
        return len(self._found)

    def add(self, pos: int, code: str, message: str) -> None:
        """A mistake more. Raises TooMany when the limit is reached."""
        base, line = self._place(pos)
        self._bases.setdefault(base, len(self._bases))
        if message.startswith("syntax error"):
            self.syntax_errors += 1
            if self._last_syntax == (base, line):
                return
            self._last_syntax = base, line
        else:
            if self._last_other == (base, line, message):
                return
            self._last_other = base, line, message
        self._found.append(Mistake(pos, code, message))
        if self.limit and len(self._found) >= self.limit:
            self.too_many = pos
            raise TooMany

    def _place(self, pos: int) -> tuple[tuple[int, int], int]:
        """What a position is counted from (a file, or a line directive in it), and its line."""
        file = self.fset.file(pos)
        if file is None:
            return (0, 0), 0
        directive = bisect_right(file.line_bases, pos - file.base, key=lambda base: base.offset) if file.line_bases else 0
        return (file.base, directive), file.line(pos)

    def reported(self) -> list[Mistake]:
        """The mistakes in the order in which they are printed."""
        ordered = sorted(self._found, key=lambda mistake: (self._bases[self._place(mistake.pos)[0]], mistake.pos))
        shown: list[Mistake] = []
        for mistake in ordered:
            if not shown or self._printed(shown[-1]) != self._printed(mistake):
                shown.append(mistake)
        return shown

    def _printed(self, mistake: Mistake) -> str:
        return f"{self.fset.reported(mistake.pos)}: {mistake.message}"
