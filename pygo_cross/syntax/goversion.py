# SPDX-License-Identifier: BSD-3-Clause
"""The language version that a `//go:build` line asks for: the least release that its constraint implies.

The grammar is that of src/go/build/constraint/expr.go, the rule that of vers.go: `go1.21 && linux` implies go1.21,
`go1.21 || linux` nothing.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.unicode.classes import is_digit, is_letter

_MAX_SIZE: Final = 1000  # negations and operands of a constraint at most
_NOTHING: Final = -1


class _Invalid(Exception):
    """The line is no constraint, and so has no meaning."""


def go_version(line: str, otherwise: str = "") -> str:
    """Of a comment that starts with `//go:build`: `go1.N`, `go1` for any release, or an empty string where nothing is implied;
    `otherwise` if it is no constraint."""
    text = line.strip()[len("//go:build") :]
    expression = text.strip()
    if text and len(expression) == len(text):
        return otherwise
    try:
        version = _Constraint(expression).version()
    except _Invalid:
        return otherwise
    if version < 0:
        return ""
    return f"go1.{version}" if version else "go1"


class _Constraint:
    """Parses a constraint into a pair: the minor version that it implies, and the one that its negation does."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.size = 0
        self.token = ""

    def version(self) -> int:
        """What the whole text implies."""
        implied, _ = self._or()
        if self.token:
            raise _Invalid
        return implied

    def _lex(self) -> None:
        text, at = self.text, self.at
        while at < len(text) and text[at] in " \t":
            at += 1
        end = at
        if at < len(text):
            if text[at] in "()!":
                end = at + 1
            elif text[at : at + 2] in ("&&", "||"):
                end = at + 2
            else:
                while end < len(text) and (text[end] in "_." or is_letter(ord(text[end])) or is_digit(ord(text[end]))):
                    end += 1
                if end == at:
                    raise _Invalid
        self.token = text[at:end]
        self.at = end

    def _or(self) -> tuple[int, int]:
        plus, minus = self._and()
        while self.token == "||":
            other_plus, other_minus = self._and()
            plus, minus = min(plus, other_plus), max(minus, other_minus)
        return plus, minus

    def _and(self) -> tuple[int, int]:
        plus, minus = self._not()
        while self.token == "&&":
            other_plus, other_minus = self._not()
            plus, minus = max(plus, other_plus), min(minus, other_minus)
        return plus, minus

    def _not(self) -> tuple[int, int]:
        self.size += 1
        if self.size > _MAX_SIZE:
            raise _Invalid
        self._lex()
        if self.token == "!":
            self._lex()
            plus, minus = self._atom()
            return minus, plus
        return self._atom()

    def _atom(self) -> tuple[int, int]:
        token = self.token
        if token == "(":
            found = self._or()
            if self.token != ")":
                raise _Invalid
            self._lex()
            return found
        if token in ("", ")", "!", "&&", "||"):
            raise _Invalid
        self._lex()
        if token == "go1":
            return 0, _NOTHING
        _, found_prefix, minor = token.partition("go1.")
        if found_prefix and minor.isascii() and minor.isdigit() and len(minor) < 19:
            return int(minor), _NOTHING
        return _NOTHING, _NOTHING
