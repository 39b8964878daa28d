# SPDX-License-Identifier: BSD-3-Clause
"""Build constraints: `//go:build` expressions, the `// +build` lines before them, and where in a file either may stand.

An expression is a tuple of words with operators behind their operands: `a && !b` is `("a", "b", "!", "&&")`. So neither
reading nor evaluating one recurses, however deep its parentheses.
Facts: src/go/build/constraint, src/go/build/build.go (parseFileHeader, shouldBuild).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

Expr = tuple[str, ...]

_MAX_SIZE: Final = 1000  # operands of a //go:build line
_MAX_OLD_SIZE: Final = 100  # operators of a // +build line
_TOKEN: Final = re.compile(r"[()!]|&&|\|\||[\w.]+")
_SPACE: Final = " \t\n\v\f\r\x85\xa0"


class ConstraintError(Exception):
    """A constraint that can't be read; the text is the one that stock's parser gives."""


class MultipleConstraints(ConstraintError):
    """A file with more than one //go:build line."""

    def __init__(self) -> None:
        super().__init__("multiple //go:build comments")


class _Lexer:
    """The words of an expression one by one; the last is empty."""

    __slots__ = ("at", "is_tag", "text")

    def __init__(self, text: str) -> None:
        self.text, self.at, self.is_tag = text, 0, False

    def next(self) -> str:
        text = self.text
        self.is_tag = False
        while self.at < len(text) and text[self.at] in " \t":
            self.at += 1
        if self.at == len(text):
            return ""
        found = _TOKEN.match(text, self.at)
        if found is None or not all(c in "_.()!&|" or c.isalpha() or c.isdecimal() for c in found[0]):
            raise ConstraintError(f"invalid syntax at {text[self.at]}")
        self.is_tag = found[0][0] not in "()!&|"
        self.at = found.end()
        return found[0]


def _is_tag(word: str) -> bool:
    return bool(word) and all(c in "_." or c.isalpha() or c.isdecimal() for c in word)


def _after(line: str, prefix: str) -> str | None:
    """What follows `prefix` on a line that begins with it, if space or nothing does."""
    rest = line[len(prefix) :]
    trimmed = rest.strip(_SPACE)
    return None if rest and len(trimmed) == len(rest) else trimmed


def go_build_text(line: str) -> str | None:
    """The expression of a `//go:build` line, or None where the line isn't one."""
    return _after(line.strip(_SPACE), "//go:build") if line.startswith("//go:build") else None


def plus_build_text(line: str) -> str | None:
    """The words of a `// +build` line, or None where the line isn't one."""
    if not line.startswith("//"):
        return None
    rest = line[2:].strip(_SPACE)
    return _after(rest, "+build") if rest.startswith("+build") else None


@lru_cache(maxsize=4096)
def parse(text: str) -> Expr:
    """The expression of a `//go:build` line, without its start. Raises `ConstraintError` in stock's words."""
    lexer = _Lexer(text)
    out: list[str] = []
    waiting: list[str] = []  # operators and open parentheses
    operands = 0
    while True:
        operands += 1
        if operands > _MAX_SIZE:
            raise ConstraintError("build expression too large")
        token = lexer.next()
        if token == "!":
            waiting.append("!")
            token = lexer.next()
            if token == "!":
                raise ConstraintError("double negation not allowed")
        if token == "(":
            waiting.append("(")
            continue
        if not lexer.is_tag:
            if token:
                raise ConstraintError(f"unexpected token {token}")
            raise ConstraintError("missing close paren" if "(" in waiting else "unexpected end of expression")
        out.append(token)
        token = lexer.next()
        _flush(out, waiting, "!")
        while token == ")" and "(" in waiting:
            _flush(out, waiting, "!", "&&", "||")
            waiting.pop()
            _flush(out, waiting, "!")
            token = lexer.next()
        if token == "&&":
            _flush(out, waiting, "&&")
        elif token == "||":
            _flush(out, waiting, "&&", "||")
        elif "(" in waiting:
            raise ConstraintError("missing close paren")
        elif token:
            raise ConstraintError(f"unexpected token {token}")
        else:
            _flush(out, waiting, "&&", "||")
            return tuple(out)
        waiting.append(token)


def _flush(out: list[str], waiting: list[str], *operators: str) -> None:
    """Moves operators that bind as tightly, or more so, behind their operands."""
    while waiting and waiting[-1] in operators:
        out.append(waiting.pop())


@lru_cache(maxsize=4096)
def parse_plus_build(text: str) -> Expr:
    """The words of a `// +build` line: space is or, comma is and. Raises `ConstraintError` for more than a hundred operators."""
    out: list[str] = []
    size = 0
    for number, clause in enumerate(text.split()):
        for part, literal in enumerate(clause.split(",")):
            negated = literal.startswith("!") and not literal.startswith("!!") and literal != "!"
            word = literal[1:] if negated else literal
            out.append(word if _is_tag(word) else "ignore")
            out += ["!"] * negated + ["&&"] * bool(part)
            size += bool(part)
        out += ["||"] * bool(number)
        size += bool(number)
        if size > _MAX_OLD_SIZE:
            raise ConstraintError("expression too complex for // +build lines")
    return tuple(out) or ("ignore",)


def evaluate(expression: Expr, match: Callable[[str], bool]) -> bool:
    """Whether the constraint holds where `match` says which tags do."""
    stack: list[bool] = []
    for word in expression:
        if word == "!":
            stack[-1] = not stack[-1]
        elif word == "&&":
            right = stack.pop()
            stack[-1] = stack[-1] and right
        elif word == "||":
            right = stack.pop()
            stack[-1] = stack[-1] or right
        else:
            stack.append(match(word))
    return stack[0]


def scan_header(content: bytes) -> tuple[bytes, str | None]:
    """The part of a file in which `// +build` lines count, and its `//go:build` line.

    `// +build` counts up to the last blank line before the first line that is no `//` comment; `//go:build` anywhere before
    the first text that is no comment, outside of /* */. Raises `MultipleConstraints`.
    """
    end = 0
    found: str | None = None
    ended = inside = False
    at = 0
    while at < len(content):
        stop = content.find(b"\n", at)
        following = len(content) if stop < 0 else stop + 1
        line = content[at : len(content) if stop < 0 else stop].strip()
        at = following
        if not line and not ended:
            end = at
            continue
        if not line.startswith(b"//"):
            ended = True
        if not inside and line.startswith(b"//go:build"):
            text = line.decode("utf-8", "replace")
            if go_build_text(text) is not None:
                if found is not None:
                    raise MultipleConstraints
                found = text
        while line:
            if inside:
                close = line.find(b"*/")
                if close < 0:
                    break
                inside = False
                line = line[close + 2 :].strip()
            elif line.startswith(b"//"):
                break
            elif line.startswith(b"/*"):
                inside = True
                line = line[2:].strip()
            else:
                return content[:end], found
    return content[:end], found


def should_build(content: bytes, match: Callable[[str], bool]) -> bool:
    """Whether the constraints at the start of a file hold. Raises `ConstraintError`."""
    if b"go:build" not in content and b"+build" not in content:
        return True
    head, line = scan_header(content)
    if line is not None:
        text = go_build_text(line)
        assert text is not None
        try:
            expression = parse(text)
        except ConstraintError as error:
            raise ConstraintError(f"parsing //go:build line: {error}") from None
        return evaluate(expression, match)
    holds = True
    for raw in head.split(b"\n"):
        raw = raw.strip()
        if raw.startswith(b"//") and b"+build" in raw:
            old = plus_build_text(raw.decode("utf-8", "replace"))
            if old is None:
                continue
            try:
                holds = evaluate(parse_plus_build(old), match) and holds
            except ConstraintError:
                continue
    return holds
