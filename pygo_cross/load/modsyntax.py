# SPDX-License-Identifier: BSD-3-Clause
"""The syntax that go.mod and go.work share: lines of words, blocks of lines in parentheses, `//` comments.

Positions count columns in characters, as stock's do in these files. Facts: src/cmd/vendor/golang.org/x/mod/modfile/read.go.
"""

from __future__ import annotations

import re
from typing import Final

_COMMENT: Final = re.compile(r"//[^\n]*")
_WORD: Final = re.compile(r"[^\s()\[\]{},]+")
_SPACE: Final = re.compile(r"[ \t\r]*")


class ModFileError(Exception):
    """One mistake in a go.mod or go.work: `file:line:column: verb path: what`, as far as each is known."""

    def __init__(self, file: str, line: int, column: int, what: str, verb: str = "", path: str = "") -> None:
        about = f"{verb} {path}: " if path else f"{verb}: " if verb else ""
        super().__init__(about + what)
        self.file, self.line, self.column, self.what = file, line, column, about + what

    def __str__(self) -> str:
        if self.line <= 0:
            return f"{self.file}: {self.what}" if self.file else self.what
        return f"{self.file}:{self.line}{f':{self.column}' if self.column > 1 else ''}: {self.what}"


class ModFileErrors(Exception):
    """All mistakes of one file, in order."""

    def __init__(self, errors: list[ModFileError]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)

    def rename(self, file: str) -> ModFileErrors:
        """The same errors with another name for the file."""
        for error in self.errors:
            error.file = file
        return self


class Line:
    """Words, with the comments in the lines before and behind them (without their slashes)."""

    __slots__ = ("before", "behind", "column", "number", "words")

    def __init__(self, number: int, column: int, words: list[str]) -> None:
        self.number, self.column, self.words = number, column, words
        self.before: list[str] = []
        self.behind: list[str] = []


class Block(Line):
    """`words (`, lines, `)`."""

    __slots__ = ("lines",)

    def __init__(self, number: int, column: int, words: list[str]) -> None:
        super().__init__(number, column, words)
        self.lines: list[Line] = []


def _is_word(c: str) -> bool:
    return c not in " ()[]{}," and not c.isspace() and c.isprintable()


class _Reader:
    """Tokens of a file: `kind` is EOF, newline, comment, string, word or the character itself."""

    __slots__ = ("at", "column", "file", "kind", "line", "line_start", "number", "text", "value")

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.at = self.line_start = 0
        self.number = 1
        self.kind = self.value = ""
        self.line = self.column = 1

    def fail(self, what: str, at: int | None = None) -> ModFileErrors:
        column = (self.at if at is None else at) - self.line_start + 1
        return ModFileErrors([ModFileError(self.file, self.number, column, what)])

    def next(self) -> None:
        """Reads a token. A comment behind words is of kind `behind`, and ends the line as a newline does."""
        text = self.text
        found = _SPACE.match(text, self.at)
        assert found is not None
        self.at = found.end()
        self.line, self.column = self.number, self.at - self.line_start + 1
        if self.at == len(text):
            self.kind, self.value = "EOF", ""
            return
        if text.startswith("//", self.at):
            comment = _COMMENT.match(text, self.at)
            assert comment is not None
            self.kind = "behind" if text[self.line_start : self.at].strip() else "comment"
            self.value = comment[0].removesuffix("\r")
            self.at = comment.end()
            self._newline()
            return
        if text.startswith("/*", self.at):
            raise self.fail("mod files must use // comments (not /* */ comments)")
        c = text[self.at]
        if c in "\n()[]{},":
            self.kind = self.value = c
            if c == "\n":
                self._newline()
            else:
                self.at += 1
            return
        if c in '"`':
            self._string(c)
            return
        if not _is_word(c):
            raise self.fail(f"unexpected input character {_backquoted(c)}")
        word = _WORD.match(text, self.at)
        assert word is not None
        value = word[0]
        if not value.isprintable():
            value = value[: next(number for number, c in enumerate(value) if not c.isprintable())]
        comment_at = value.find("//")
        block_at = value.find("/*")
        if block_at >= 0 and not 0 <= comment_at < block_at:
            self.at += block_at
            raise self.fail("mod files must use // comments (not /* */ comments)")
        if comment_at >= 0:
            value = value[:comment_at]
        self.at += len(value)
        self.kind, self.value = "word", value

    def _newline(self) -> None:
        if self.at < len(self.text):
            self.at += 1
            self.number += 1
            self.line_start = self.at

    def _string(self, quote: str) -> None:
        text, start = self.text, self.at
        self.at += 1
        while True:
            if self.at >= len(text):
                raise self.fail("unexpected EOF in string", start)
            c = text[self.at]
            if c == "\n":
                raise self.fail("unexpected newline in string")
            self.at += 1
            if c == quote:
                break
            if c == "\\" and quote != "`":
                if self.at >= len(text):
                    raise self.fail("unexpected EOF in string", start)
                if text[self.at] == "\n":
                    self.number += 1
                    self.line_start = self.at + 1
                self.at += 1
        self.kind, self.value = "string", text[start : self.at]

    @property
    def ends_line(self) -> bool:
        return self.kind in ("EOF", "behind", "\n")


def _backquoted(c: str) -> str:
    if c.isprintable() or ord(c) >= 0x80:
        return f"'{c}'"
    return "'" + {"\0": "\\x00", "\x7f": "\\x7f", "\f": "\\f", "\v": "\\v", "\a": "\\a", "\b": "\\b"}.get(c, f"\\x{ord(c):02x}") + "'"


def parse(file: str, data: bytes) -> list[Line]:
    """The lines and blocks of a file, in order. Raises `ModFileErrors` with the first syntax error."""
    reader = _Reader(file, data.decode("utf-8", "replace"))
    statements: list[Line] = []
    comments: list[str] = []
    reader.next()
    while reader.kind != "EOF":
        if reader.kind == "\n":
            comments = []
            reader.next()
        elif reader.kind == "comment":
            comments.append(_bare(reader.value))
            reader.next()
        else:
            statement = _statement(reader)
            statement.before = comments
            comments = []
            statements.append(statement)
    return statements


def _bare(comment: str) -> str:
    return comment[2:].strip()


def _statement(reader: _Reader) -> Line:
    number, column = reader.line, reader.column
    words = [reader.value]
    reader.next()
    while True:
        if reader.ends_line:
            line = Line(number, column, words)
            _finish(reader, line)
            return line
        value = reader.value
        if reader.kind == "(":
            reader.next()
            if reader.ends_line:
                return _block(reader, Block(number, column, words))
            words.append(value)
            if reader.kind == ")":
                reader.next()
                if reader.ends_line:
                    block = Block(number, column, words[:-1])
                    _finish(reader, block)
                    return block
                words.append(")")
            continue
        words.append(value)
        reader.next()


def _finish(reader: _Reader, line: Line) -> None:
    """Takes the end of a line, with the comment behind it."""
    if reader.kind == "behind":
        line.behind.append(_bare(reader.value))
    if reader.kind != "EOF":
        reader.next()


def _block(reader: _Reader, block: Block) -> Block:
    comments: list[str] = []
    while True:
        if reader.kind in ("behind", "\n"):
            reader.next()
        elif reader.kind == "comment":
            comments.append(_bare(reader.value))
            reader.next()
        elif reader.kind == "EOF":
            raise reader.fail(f"syntax error (unterminated block started at {reader.file}:{block.number}:{block.column})")
        elif reader.kind == ")":
            reader.next()
            if not reader.ends_line:
                raise reader.fail("syntax error (expected newline after closing paren)")
            _finish(reader, block)
            return block
        else:
            line = Line(reader.line, reader.column, [])
            while not reader.ends_line:
                line.words.append(reader.value)
                reader.next()
            line.before = comments
            comments = []
            _finish(reader, line)
            block.lines.append(line)
