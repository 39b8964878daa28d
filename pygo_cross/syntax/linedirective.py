# SPDX-License-Identifier: BSD-3-Clause
"""Line directives: `//line file:line:column` and `/*line file:line*/`, which say where generated source text comes from.

Form, errors and file names are those of src/cmd/compile/internal/syntax/parser.go (updateBase).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Final

from .source import POS_MAX, LineBase, SourceFile

_PREFIX: Final = len("//line ")
_LAST_PART: Final = re.compile(r":([^:]*)\Z")
_TOO_LARGE: Final = 1 << 64

Report = Callable[[int, str], None]


def read_line_directive(file: SourceFile, offset: int, comment: str, report: Report) -> None:
    """Adds what the comment at `offset` (with its `//` or `/*`, latin-1) says to `file.line_bases`, if it is right; reports an offset and a
    message if it is wrong. A comment that only begins like a directive is none."""
    line, column = file.line_column(file.base + offset)
    block = comment[1] == "*"
    if block:
        text = comment[_PREFIX:-2]
        behind, place = offset + len(comment), (line, column + len(comment))
    else:
        if column != 1:
            return
        text = comment[_PREFIX:].removesuffix("\r")
        behind, place = offset + len(comment) + 1, (line + 1, 1)
    start = offset + _PREFIX
    last = _LAST_PART.search(text)
    if last is None:
        return
    number = _number(last[1])
    if number is None:
        report(start + last.start(1), f"invalid line number: {_text(last[1])}")
        return
    name = text[: last.start()]
    before = _LAST_PART.search(name)
    first_number = _number(before[1]) if before is not None else None
    shown_column = 0
    if before is not None and first_number is not None:
        shown_column = number
        if shown_column == 0 or shown_column > POS_MAX:
            report(start + last.start(1), f"invalid column number: {_text(text[last.start(1) :])}")
            return
        text = name
        name = name[: before.start()]
        number, last = first_number, before
    if number == 0 or number > POS_MAX:
        report(start + last.start(1), f"invalid line number: {_text(text[last.start(1) :])}")
        return
    file_name = _text(name)
    if not file_name and shown_column:
        previous = file.line_bases[-1].file if file.line_bases else file.name
        file_name = previous
    elif file_name:
        file_name = _clean(file_name)
        folder = _clean(posixpath.dirname(file.name))
        if not file_name.startswith("/") and folder != ".":
            file_name = _clean(posixpath.join(folder, file_name))
    file.line_bases.append(LineBase(behind, place, file_name, number, shown_column))


def _number(text: str) -> int | None:
    if not text.isdigit() or not text.isascii() or len(text) > 1000:
        return None
    number = int(text)
    return number if number < _TOO_LARGE else None


def _text(latin1: str) -> str:
    return latin1.encode("latin-1").decode("utf-8", "surrogateescape")


def _clean(path: str) -> str:
    """The shortest path of the same meaning, as Go's filepath.Clean has it."""
    cleaned = posixpath.normpath(path) if path else "."
    return cleaned[1:] if cleaned.startswith("//") else cleaned
