# SPDX-License-Identifier: BSD-3-Clause
"""The start of a Go file that is not in the plain form: a tokeniser and the grammar of package clause and imports.

Two readers look at it, as in stock: the first finds where the imports end, takes semicolons for space and gives up at the
first thing it doesn't know, whereupon the whole file counts as header; the second parses that header and says what is
wrong. Only the error that comes first in the file is kept, as the go command prints no other.
Facts: src/go/build/read.go, src/go/parser/parser.go, src/go/scanner/scanner.go.
"""

from __future__ import annotations

import re
from typing import Final

from pygo_cross import gostrings

_SPACE: Final = b" \f\t\r\n;"
_WORD: Final = re.compile(rb"[A-Za-z0-9_\x80-\xff]+")
_IDENT: Final = re.compile(r"[^\W\d]\w*")
_NUMBER: Final = re.compile(r"\.?[0-9](?:[eEpP][+-]|[0-9A-Za-z_.])*")
_OPERATORS: Final = re.compile(r"&\^=|<<=|>>=|\.\.\.|&&|\|\||<-|\+\+|--|==|!=|<=|>=|:=|[-+*/%&|^]=|<<|>>|&\^|[-+*/%&|^<>=!()\[\]{},;.:~]")
KEYWORDS: Final = frozenset([
    "break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "func", "go", "goto", "if",
    "import", "interface", "map", "package", "range", "return", "select", "struct", "switch", "type", "var",
])  # fmt: skip
# After these the end of a line is a semicolon.
_ENDS: Final = frozenset(["break", "continue", "fallthrough", "return", "++", "--", ")", "]", "}"])


class HeaderError(Exception):
    """What is wrong with a header, and where (an offset in bytes; -1 where the file can't be read at all).

    `plain` is for errors that are no syntax error, and have their place in their text.
    """

    def __init__(self, offset: int, message: str, plain: bool = False) -> None:
        super().__init__(message)
        self.offset, self.plain = offset, plain


class ParsedHeader:
    """`imports` are (path, offset of the path); `package` is where the package clause begins."""

    __slots__ = ("error", "imports", "name", "package", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.name = ""
        self.package = 0
        self.imports: list[tuple[str, int]] = []
        self.error: HeaderError | None = None


class _Reader:
    """Finds the end of the imports; `failed` once something was not understood."""

    __slots__ = ("at", "data", "failed")

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.failed = data, 0, False

    def skip(self) -> int:
        """The next byte that is neither space nor comment, 0 at the end."""
        data = self.data
        while self.at < len(data) and not self.failed:
            byte = data[self.at]
            if byte in _SPACE:
                self.at += 1
            elif byte == 0x2F:
                following = data[self.at + 1 : self.at + 2]
                stop = -1
                if following == b"/":
                    stop = data.find(b"\n", self.at)
                    stop = len(data) if stop < 0 else stop + 1
                elif following == b"*":
                    stop = data.find(b"*/", self.at + 2) + 2
                if stop < 2:
                    self.failed = True
                else:
                    self.at = stop
            else:
                return byte
        return 0

    def keyword(self, word: bytes) -> None:
        self.skip()
        found = _WORD.match(self.data, self.at)
        if found is None or found[0] != word:
            self.failed = True
        else:
            self.at = found.end()

    def name(self) -> None:
        self.skip()
        found = _WORD.match(self.data, self.at)
        if found is None:
            self.failed = True
        else:
            self.at = found.end()

    def string(self) -> None:
        data, quote = self.data, self.skip()
        self.at += 1
        if quote == 0x60:
            stop = data.find(b"`", self.at)
            self.failed |= stop < 0
            self.at = stop + 1
            return
        while quote == 0x22 and self.at < len(data) and data[self.at] != 0x0A:
            byte = data[self.at]
            self.at += 2 if byte == 0x5C else 1
            if byte == 0x22:
                return
        self.failed = True

    def one_import(self) -> None:
        byte = self.skip()
        if byte == 0x2E:
            self.at += 1
        elif byte and _WORD.match(self.data, self.at):
            self.name()
        self.string()


def header_text(data: bytes) -> bytes:
    """The file up to the end of its imports and the space behind, or all of it where that end can't be found.

    Raises `HeaderError` for a NUL byte in it.
    """
    reader = _Reader(data)
    reader.keyword(b"package")
    reader.name()
    while not reader.failed and reader.skip() == 0x69:
        reader.keyword(b"import")
        if reader.failed:
            break
        if reader.skip() == 0x28:
            reader.at += 1
            while not reader.failed and reader.skip() != 0x29:
                reader.one_import()
            reader.at += 1
        else:
            reader.one_import()
    text = data[: min(reader.at, len(data))]
    if b"\0" in text or (not reader.failed and data[reader.at : reader.at + 1] == b"\0"):
        raise HeaderError(-1, "unexpected NUL in input")
    return data if reader.failed else text


def unquote(literal: str) -> str | None:
    """The value of a Go string literal, quotes included, as text; None where it is none."""
    value = gostrings.unquote(literal)
    return None if value is None else value.decode("utf-8", "surrogateescape")


class _Tokens:
    """Go's tokens of a header, with semicolons put in at the ends of lines: kind, text and offset (in bytes) of the current one."""

    __slots__ = ("at", "data", "ends", "errors", "kind", "offset", "text", "value")

    def __init__(self, data: bytes) -> None:
        # One character a byte, so that offsets are in bytes.
        self.data = data
        self.text = data.decode("latin-1")
        self.at = self.offset = 0
        self.kind = self.value = ""
        self.ends = False
        self.errors: list[HeaderError] = []

    def error(self, offset: int, message: str) -> None:
        if len(self.errors) < 20:
            self.errors.append(HeaderError(offset, message))

    def next(self) -> None:
        """Reads a token: `kind` is itself for keywords and operators, else IDENT, STRING, CHAR, NUMBER, EOF or ILLEGAL."""
        text = self.text
        while True:
            while (self.at < len(text) and text[self.at] in " \t\r") or (self.at < len(text) and text[self.at] == "\n" and not self.ends):
                self.at += 1
            self.offset = self.at
            if self.at == len(text):
                self._set(";" if self.ends else "EOF", "\n" if self.ends else "", False)
                return
            c = text[self.at]
            if c == "\n":
                self.at += 1
                self._set(";", "\n", False)
                return
            if c == "/" and text[self.at + 1 : self.at + 2] in ("/", "*"):
                if self.comment():
                    return
                continue
            break
        if c.isalpha() or c == "_" or c >= "\x80":
            self.word()
        elif c.isdigit() or (c == "." and text[self.at + 1 : self.at + 2].isdigit()):
            found = _NUMBER.match(text, self.at)
            assert found is not None
            self.at = found.end()
            self._set("NUMBER", found[0], True)
        elif c in "\"`'":
            self.quoted(c)
        elif found := _OPERATORS.match(text, self.at):
            self.at = found.end()
            self._set(found[0], ";" if c == ";" else found[0], found[0] in _ENDS)
        else:
            self.at += 1
            self.error(self.offset, "illegal character NUL" if c == "\0" else f"illegal character U+{ord(c):04X}" + _shown(c))
            self._set("ILLEGAL", c, self.ends)

    def _set(self, kind: str, value: str, ends: bool) -> None:
        self.kind, self.value, self.ends = kind, value, ends

    def comment(self) -> bool:
        """Skips a comment; True where it ended the line, and so made a semicolon."""
        text, start = self.text, self.at
        if text[start + 1] == "/":
            stop = text.find("\n", start)
            self.at = len(text) if stop < 0 else stop
            line_ends = True
        else:
            stop = text.find("*/", start + 2)
            if stop < 0:
                self.error(start, "comment not terminated")
            self.at = len(text) if stop < 0 else stop + 2
            line_ends = "\n" in text[start : self.at]
            if not line_ends and self.ends:
                following = re.compile(r"(?:[ \t\r]|/\*[^\n]*?\*/)*").match(text, self.at)
                assert following is not None
                rest = text[following.end() : following.end() + 2]
                line_ends = rest == "" or rest[0] == "\n" or rest == "//" or (rest == "/*" and "*/" in text[following.end() :])
        self.utf8(start, self.at)
        if self.ends and line_ends:
            self.offset = start
            self._set(";", "\n", False)
            return True
        return False

    def utf8(self, start: int, stop: int) -> None:
        """Reports the first byte that is not UTF-8, or is a byte order mark, in a comment or string."""
        raw = self.data[start:stop]
        try:
            decoded = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self.error(start + error.start, "illegal UTF-8 encoding")
            return
        mark = decoded.find("\ufeff")
        if mark >= 0:
            self.error(start + len(decoded[:mark].encode()), "illegal byte order mark")

    def word(self) -> None:
        start = self.at
        found = _WORD.match(self.data, start)
        assert found is not None
        try:
            decoded = found[0].decode("utf-8")
        except UnicodeDecodeError:
            self.utf8(start, found.end())
            decoded = found[0].decode("utf-8", "replace")
        name = _IDENT.match(decoded)
        if name is None:
            self.at = start + len(decoded[0].encode("utf-8", "replace"))
            self.error(start, f"illegal character U+{ord(decoded[0]):04X}" + _shown(decoded[0]))
            self._set("ILLEGAL", decoded[0], self.ends)
            return
        self.at = min(start + len(name[0].encode()), found.end())
        if name[0] in KEYWORDS:
            self._set(name[0], name[0], name[0] in _ENDS)
        else:
            self._set("IDENT", name[0], True)

    def quoted(self, quote: str) -> None:
        text, start = self.text, self.at
        stop = start + 1
        while stop < len(text) and text[stop] != quote and (quote == "`" or text[stop] != "\n"):
            stop += 2 if text[stop] == "\\" and quote != "`" else 1
        if stop >= len(text) or text[stop] != quote:
            what = {'"': "string literal", "`": "raw string literal", "'": "rune literal"}[quote]
            self.error(start, what + " not terminated")
            self.at = min(stop, len(text))
        else:
            self.at = stop + 1
        self.utf8(start, self.at)
        value = self.data[start : self.at].decode("utf-8", "replace")
        if quote == '"' and self.at == stop + 1 and unquote(value) is None:
            self.escapes(start + 1, stop)
        self._set("CHAR" if quote == "'" else "STRING", value, True)

    def escapes(self, start: int, stop: int) -> None:
        """Reports the first escape of a string that is none."""
        text, at = self.text, start
        while (at := text.find("\\", at, stop)) >= 0:
            at += 1
            kind = text[at]
            if kind in 'abfnrtv\\"':
                at += 1
                continue
            digits, base, least = {"x": (2, 16, 1), "u": (4, 16, 1), "U": (8, 16, 1)}.get(
                kind, (3, 8, 0) if kind in "01234567" else (0, 0, 0)
            )
            if not digits:
                self.error(at, "unknown escape sequence")
                return
            for number in range(digits):
                c = text[at + least + number]
                if not _is_digit(c, base):
                    self.error(at + least + number, f"illegal character {_code(c)} in escape sequence")
                    return
            value = int(text[at + least : at + least + digits], base)
            if (kind in "01234567" and value > 255) or (kind in "uU" and (value > 0x10FFFF or 0xD800 <= value < 0xE000)):
                self.error(at, "escape sequence is invalid Unicode code point")
                return
            at += least + digits


def _is_digit(c: str, base: int) -> bool:
    return c in "0123456789abcdefABCDEF"[: 22 if base == 16 else base]


def _code(c: str) -> str:
    return f"U+{ord(c):04X}" + _shown(c)


def _shown(c: str) -> str:
    return f" '{c}'" if c.isprintable() else ""


class _Parser(_Tokens):
    """The grammar. Goes on after an error only as far as the first error in the file can still change."""

    __slots__ = ()

    def expected(self, what: str) -> None:
        if self.kind == ";" and self.value == "\n":
            found = "newline"
        elif self.kind in ("IDENT", "NUMBER", "CHAR", "STRING"):
            found = self.value
        else:
            found = f"'{self.kind}'"
        self.error(self.offset, f"expected {what}, found {found}")

    def semicolon(self) -> None:
        if self.kind in (")", "}"):
            return
        if self.kind not in (";", ","):
            self.expected("';'")
            return
        if self.kind == ",":
            self.expected("';'")
        self.next()

    def spec(self, out: ParsedHeader) -> None:
        if self.kind in ("IDENT", "."):
            self.next()
        if self.kind == "STRING":
            path = unquote(self.value)
            out.imports.append((path if path is not None else self.value, self.offset))
            self.next()
        elif self.kind in ("NUMBER", "CHAR"):
            self.error(self.offset, "import path must be a string")
            self.next()
        else:
            self.error(self.offset, "missing import path")
            return
        self.semicolon()

    def file(self, out: ParsedHeader) -> None:
        self.next()
        if self.errors:
            return
        out.package = self.offset
        if self.kind != "package":
            self.expected("'package'")
            return
        self.next()
        if self.kind != "IDENT":
            self.expected("'IDENT'")
            return
        name = self.value
        self.next()
        self.semicolon()
        if self.errors:
            return
        out.name = name
        while self.kind == "import" and not self.errors:
            self.next()
            if self.kind != "(":
                self.spec(out)
                continue
            self.next()
            while self.kind not in (")", "EOF") and not self.errors:
                self.spec(out)
            if self.errors:
                return
            if self.kind != ")":
                self.expected("')'")
            self.next()
            self.semicolon()


def parse_header(data: bytes) -> ParsedHeader:
    """Package name and imports of a file without its byte order mark, or what is wrong with them.

    Raises `HeaderError` for a NUL byte.
    """
    out = ParsedHeader(header_text(data))
    parser = _Parser(out.text)
    parser.file(out)
    if parser.errors:
        out.error = min(parser.errors, key=lambda error: (error.offset, str(error)))
    return out
