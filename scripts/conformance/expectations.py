# SPDX-License-Identifier: BSD-3-Clause
"""Errors that Go sources say are to be expected, in comments: those of internal/types/testdata (`/* ERROR "text" */` behind the token
that is wrong) and those of Go's test directory (`// ERROR "regexp"` at the end of the line)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from pygo_cross.gostrings import unquote

_TOKEN = re.compile(
    rb"""(?P<space>[ \t\r\n]+)
    |(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<token>`[^`]*(?:`|\Z)
      |"(?:[^"\\\n]|\\.)*"?
      |'(?:[^'\\\n]|\\.)*'?
      |(?:\d|\.\d)(?:[eEpP][+-]|[\w.])*
      |[\w\x80-\xff]+
      |<<=|>>=|&\^=|\.\.\.|&&|\|\||<-|\+\+|--|==|!=|<=|>=|:=|&\^|<<|>>|[-+*/%&|^]=
      |.)""",
    re.VERBOSE | re.DOTALL,
)


class Expected(NamedTuple):
    """An expectation at a token: its line and column, the message or a regular expression for it."""

    line: int
    column: int
    text: str
    is_regexp: bool

    def matches(self, message: str) -> bool:
        """Whether a message is the expected one."""
        return re.search(go_regexp(self.text), message) is not None if self.is_regexp else self.text in message


def go_regexp(text: str) -> str:
    """A regular expression of Go's as Python's: what differs in those that are in use."""
    return text.replace(r"\pL", r"[^\W\d_]").replace(r"\z", r"\Z")


def commented(source: bytes) -> list[Expected]:
    """The ERROR and ERRORx comments of a file of internal/types/testdata. Facts: src/cmd/compile/internal/syntax/testing.go."""
    found: list[Expected] = []
    line, start = 1, 0
    place = (0, 0)
    for match in _TOKEN.finditer(source):
        if match.lastgroup == "token":
            place = (line, match.start() - start + 1)
        elif match.lastgroup == "comment":
            text = match[0][2:-2] if match[0].startswith(b"/*") else match[0][2:]
            for word, is_regexp in ((b" ERROR ", False), (b" ERRORx ", True)):
                if text.startswith(word):
                    pattern = unquote(text[len(word) :].decode("utf-8", "surrogateescape").strip())
                    if pattern is None:
                        raise ValueError(f"line {line}: the pattern of an ERROR comment is no string")
                    found.append(Expected(*place, pattern.decode("utf-8", "surrogateescape"), is_regexp))
        newlines = match[0].count(b"\n")
        if newlines:
            line += newlines
            start = match.start() + match[0].rfind(b"\n") + 1
    return found


class Found(NamedTuple):
    """A reported error."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


def mismatches(expected: dict[str, list[Expected]], reported: Iterable[Found], tolerance: int) -> tuple[int, list[str]]:
    """How many expectations are met, and what is wrong, as testFiles of src/cmd/compile/internal/types2/check_test.go finds it.

    `expected` is by file. A reported error meets the expectation on its line that matches and is nearest; its column may differ by
    `tolerance`.
    """
    wrong: list[str] = []
    left: dict[tuple[str, int], list[Expected]] = {}
    for file, list_ in expected.items():
        for want in list_:
            left.setdefault((file, want.line), []).append(want)
    met = 0
    for error in reported:
        candidates = left.get((error.file, error.line), [])
        matching = [want for want in candidates if want.matches(error.message)]
        if not matching:
            wrong.append(f"{error}: not expected")
            continue
        nearest = min(matching, key=lambda want: abs(want.column - error.column))
        if abs(nearest.column - error.column) > tolerance:
            wrong.append(f"{error}: expected in column {nearest.column}")
        else:
            met += 1
        candidates.remove(nearest)
    for (file, _), wants in left.items():
        wrong += [f"{file}:{want.line}:{want.column}: not reported: {want.text}" for want in wants]
    return met, wrong


_ERROR_LINE = re.compile(r"// (?:GC_)?ERROR (.*)")
_QUOTED = re.compile(r'"([^"]*)"')


def error_lines(source: str) -> dict[int, list[str]]:
    """The lines of a program of Go's test directory at which errors are expected, with their regular expressions.

    Facts: wantedErrors in test/run.go of Go 1.19.
    """
    found: dict[int, list[str]] = {}
    for number, line in enumerate(source.split("\n"), 1):
        match = None if "////" in line else _ERROR_LINE.search(line)
        if match:
            found[number] = _QUOTED.findall(match[1])
    return found
