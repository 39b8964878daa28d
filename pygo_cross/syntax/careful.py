# SPDX-License-Identifier: BSD-3-Clause
"""One element of source text at a time (a token, blanks, a comment), character by character, with all of Go's lexical errors.

What is an error, its wording and its place are those of src/cmd/compile/internal/syntax: scanner.go, source.go. Bytes that may not
be in a source file (NUL, what is no UTF-8, a byte order mark behind the first byte) are reported when they are come upon and
are otherwise as if they were not there; that happens one character ahead, so such an error belongs to the element before it.
"""

from __future__ import annotations

import re
import sys
from typing import Final, final

from pygo_cross.gostrings import quote_rune, unicode_name
from pygo_cross.unicode.classes import is_digit, is_letter

from . import tokens as tk
from .pieces import (
    BLOCK_DIRECTIVE,
    BLOCK_DIRECTIVE_NL,
    COMMENT,
    COMMENT_NL,
    LINE_DIRECTIVE,
    NEWLINE,
    WHITE,
    Value,
    operator,
    punctuation,
    text_of,
)

_CHARACTER: Final = re.compile(
    "[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    "|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_BYTE_ORDER_MARK: Final = 0xFEFF
_END: Final = -1
MOST_ERRORS: Final = 10_000
"""Errors in a file that are looked for; its text is taken to end there."""

# Runs of characters that nothing happens at, for speed: the last one of each is read as any other.
_PLAIN_COMMENT: Final = re.compile(r"[^\n*\x00\x80-\xff]+")
_STARS: Final = re.compile(r"\*+(?=\*)")
_PLAIN_TEXT: Final = re.compile(r'[^\n"`\\\x00\x80-\xff]+')

_BASE_NAMES: Final = {2: "binary", 8: "octal", 10: "decimal", 16: "hexadecimal"}
_DECIMAL: Final = frozenset(map(ord, "0123456789"))
_HEXADECIMAL: Final = frozenset(map(ord, "0123456789abcdefABCDEF"))
_IDENTIFIER: Final = frozenset(map(ord, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"))
_SIMPLE_ESCAPES: Final = frozenset(map(ord, "abfnrtv\\"))
_NEWLINE: Final = 0x0A
_QUOTE: Final = 0x22
_APOSTROPHE: Final = 0x27
_BACKSLASH: Final = 0x5C
_UNDERSCORE: Final = 0x5F
_POINT: Final = 0x2E


@final
class CarefulScanner:
    """Scans elements of `text`, which is latin-1: one character a byte. Errors gather in `errors`, with their offsets."""

    __slots__ = ("_reported", "at", "ch", "errors", "next", "start", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.errors: list[tuple[int, str]] = []
        self.ch = _END  # the character that is next, a code point
        self.at = 0  # its offset
        self.next = 0  # offset behind it
        self.start = 0  # of the element
        self._reported = -1  # last bad byte that was reported

    def element(self, offset: int) -> tuple[int, Value, int]:
        """The element at `offset`, which is not the end: its kind, its value and the offset behind it. It may be only white."""
        self.next = offset
        self._read()
        self.start = self.at
        ch = self.ch
        if ch == _END or ch in (0x20, 0x09, 0x0D):
            while self.ch in (0x20, 0x09, 0x0D):
                self._read()
            return WHITE, None, self.at
        if ch == _NEWLINE:
            self._read()
            return NEWLINE, "newline", self.at
        if (ch in _IDENTIFIER and ch not in _DECIMAL) or ch >= 0x80:
            return self._identifier(ch)
        if ch in _DECIMAL:
            return self._number(False)
        if ch == _QUOTE:
            return self._string()
        if ch == 0x60:
            return self._raw_string()
        if ch == _APOSTROPHE:
            return self._rune()
        if ch == _POINT:
            return self._dots()
        if ch == 0x2F:
            self._read()
            if self.ch == 0x2F:
                return self._line_comment()
            if self.ch == 0x2A:
                return self._full_comment()
            return self._operator("/")
        found = punctuation(chr(ch))
        if found is not None:
            self._read()
            return found[0], found[1], self.at
        if operator(chr(ch)) is not None:
            self._read()
            return self._operator(chr(ch))
        self._error(f"invalid character {unicode_name(ch)}")
        self._read()
        return WHITE, None, self.at

    def _error(self, message: str) -> None:
        self.errors.append((self.at, message))

    def _error_at(self, offset: int, message: str) -> None:
        """At `offset` from the start of the element."""
        self.errors.append((self.start + offset, message))

    def _read(self) -> None:
        """Goes on to the next character that may be in a source file."""
        text = self.text
        at = self.next
        while True:
            if at >= len(text):
                self.ch = _END
                self.at = self.next = len(text)
                return
            ch = ord(text[at])
            if ch == 0 and at > 0:
                # As the very first byte it is a character like any other that begins no token.
                message, behind = "invalid NUL character", at + 1
            elif ch < 0x80:
                self.ch = ch
                self.at = at
                self.next = at + 1
                return
            else:
                found = _CHARACTER.match(text, at)
                if found is None:
                    message, behind = "invalid UTF-8 encoding", at + 1
                else:
                    ch = ord(found[0].encode("latin-1").decode("utf-8"))
                    behind = found.end()
                    if ch != _BYTE_ORDER_MARK:
                        self.ch = ch
                        self.at = at
                        self.next = behind
                        return
                    message = "invalid BOM in the middle of the file" if at > 0 else ""
            if at > self._reported:
                self._reported = at
                if message:
                    self.errors.append((at, message))
                    if len(self.errors) >= MOST_ERRORS:
                        behind = len(text)
            at = behind

    def _run(self, plain: re.Pattern[str]) -> None:
        """Goes behind a run of plain characters, if there is one here."""
        found = plain.match(self.text, self.at)
        if found is not None:
            self.next = found.end()
            self._read()

    def _identifier(self, ch: int) -> tuple[int, Value, int]:
        if ch >= 0x80:
            self._at_letter(True)
        self._read()
        while self.ch in _IDENTIFIER or (self.ch >= 0x80 and self._at_letter(False)):
            self._read()
        text = self.text[self.start : self.at]
        keyword = tk.KEYWORDS.get(text)
        if keyword is not None:
            return keyword, None, self.at
        return tk.NAME, sys.intern(text_of(text)), self.at

    def _at_letter(self, first: bool) -> bool:
        """Complains of a character beyond ASCII that an identifier can't have here; it is taken all the same."""
        ch = self.ch
        if is_letter(ch):
            return True
        if is_digit(ch):
            if first:
                self._error(f"identifier cannot begin with digit {unicode_name(ch)}")
        else:
            self._error(f"invalid character {unicode_name(ch)} in identifier")
        return True

    def _dots(self) -> tuple[int, Value, int]:
        self._read()
        if self.ch in _DECIMAL:
            return self._number(True)
        end, behind = self.at, self.next
        if self.ch == _POINT:
            self._read()
            if self.ch == _POINT:
                self._read()
                return tk.DOT_DOT_DOT, None, self.at
            self.at, self.next = end, behind
        return tk.DOT, None, end

    def _operator(self, text: str) -> tuple[int, Value, int]:
        """The longest operator that starts with `text`, which is read."""
        found = operator(text)
        end = self.at
        while 0 < self.ch < 0x80 and (longer := operator(text + chr(self.ch))) is not None:
            text += chr(self.ch)
            found = longer
            self._read()
            end = self.at
        assert found is not None
        return found[0], found[1], end

    def _digits(self, base: int) -> tuple[int, int]:
        """Reads digits and `_`: bit 0 says that there were digits, bit 1 that there were `_`; and where the first digit too large is,
        or -1."""
        seen, invalid = 0, -1
        digits = _DECIMAL if base <= 10 else _HEXADECIMAL
        while self.ch in digits or self.ch == _UNDERSCORE:
            if self.ch == _UNDERSCORE:
                seen |= 2
            else:
                seen |= 1
                if base <= 10 and self.ch >= 0x30 + base and invalid < 0:
                    invalid = self.at - self.start
            self._read()
        return seen, invalid

    def _number(self, seen_point: bool) -> tuple[int, Value, int]:
        ok = True
        kind = tk.INT_LIT
        base, prefix, seen, invalid = 10, "", 0, -1
        if not seen_point:
            if self.ch == 0x30:
                self._read()
                prefix = {0x78: "x", 0x6F: "o", 0x62: "b"}.get(self.ch | 0x20 if self.ch > 0 else 0, "0")
                base = {"x": 16, "o": 8, "b": 2, "0": 8}[prefix]
                if prefix == "0":
                    seen = 1
                else:
                    self._read()
            more, invalid = self._digits(base)
            seen |= more
            if self.ch == _POINT:
                if prefix in ("o", "b"):
                    self._error(f"invalid radix point in {_BASE_NAMES[base]} literal")
                    ok = False
                self._read()
                seen_point = True
        if seen_point:
            kind = tk.FLOAT_LIT
            more, bad_digit = self._digits(base)
            seen |= more
            invalid = bad_digit if invalid < 0 else invalid
        if not seen & 1 and ok:
            self._error(f"{_BASE_NAMES[base]} literal has no digits")
            ok = False
        mark = self.ch | 0x20 if self.ch > 0 else 0
        if mark == 0x65 or mark == 0x70:
            if ok and mark == 0x65 and prefix not in ("", "0"):
                self._error(f"{quote_rune(self.ch)} exponent requires decimal mantissa")
                ok = False
            elif ok and mark == 0x70 and prefix != "x":
                self._error(f"{quote_rune(self.ch)} exponent requires hexadecimal mantissa")
                ok = False
            self._read()
            kind = tk.FLOAT_LIT
            if self.ch == 0x2B or self.ch == 0x2D:
                self._read()
            more, _ = self._digits(10)
            seen = more | seen & 2
            if not seen & 1 and ok:
                self._error("exponent has no digits")
                ok = False
        elif prefix == "x" and kind == tk.FLOAT_LIT and ok:
            self._error("hexadecimal mantissa requires a 'p' exponent")
            ok = False
        if self.ch == 0x69:
            kind = tk.IMAG_LIT
            self._read()
        text = self.text[self.start : self.at]
        if kind == tk.INT_LIT and invalid >= 0 and ok:
            self._error_at(invalid, f"invalid digit {quote_rune(ord(text[invalid]))} in {_BASE_NAMES[base]} literal")
            ok = False
        if seen & 2 and ok:
            separator = _invalid_separator(text)
            if separator >= 0:
                self._error_at(separator, "'_' must separate successive digits")
                ok = False
        return tk.LITERAL, (text_of(text), kind, not ok), self.at

    def _literal(self, kind: int, ok: bool) -> tuple[int, Value, int]:
        return tk.LITERAL, (text_of(self.text[self.start : self.at]), kind, not ok), self.at

    def _rune(self) -> tuple[int, Value, int]:
        ok = True
        self._read()
        count = 0
        while True:
            ch = self.ch
            if ch == _APOSTROPHE:
                if ok and count == 0:
                    self._error("empty rune literal or unescaped '")
                    ok = False
                elif ok and count != 1:
                    self._error_at(0, "more than one character in rune literal")
                    ok = False
                self._read()
                break
            if ch == _BACKSLASH:
                self._read()
                if not self._escape(_APOSTROPHE):
                    ok = False
            elif ch == _NEWLINE:
                if ok:
                    self._error("newline in rune literal")
                    ok = False
                break
            elif ch == _END:
                if ok:
                    self._error_at(0, "rune literal not terminated")
                    ok = False
                break
            else:
                self._read()
            count += 1
        return self._literal(tk.RUNE_LIT, ok)

    def _string(self) -> tuple[int, Value, int]:
        ok = True
        self._read()
        while True:
            self._run(_PLAIN_TEXT)
            ch = self.ch
            if ch == _QUOTE:
                self._read()
                break
            if ch == _BACKSLASH:
                self._read()
                if not self._escape(_QUOTE):
                    ok = False
                continue
            if ch == _NEWLINE:
                self._error("newline in string")
                ok = False
                break
            if ch == _END:
                self._error_at(0, "string not terminated")
                ok = False
                break
            self._read()
        return self._literal(tk.STRING_LIT, ok)

    def _raw_string(self) -> tuple[int, Value, int]:
        ok = True
        self._read()
        while self.ch != 0x60:
            if self.ch == _END:
                self._error_at(0, "string not terminated")
                ok = False
                break
            self._run(_PLAIN_TEXT)
            if self.ch != 0x60 and self.ch != _END:
                self._read()
        if ok:
            self._read()
        return self._literal(tk.STRING_LIT, ok)

    def _line_comment(self) -> tuple[int, Value, int]:
        while self.ch != _NEWLINE and self.ch != _END:
            self._read()
            self._run(_PLAIN_COMMENT)
        directive = self.text.startswith(("//go:", "//line "), self.start)
        return (LINE_DIRECTIVE if directive else COMMENT), None, self.at

    def _full_comment(self) -> tuple[int, Value, int]:
        self._read()
        terminated = False
        while self.ch != _END and not terminated:
            self._run(_PLAIN_COMMENT)
            while self.ch == 0x2A:
                self._run(_STARS)
                self._read()
                if self.ch == 0x2F:
                    terminated = True
                    break
            if self.ch != _END:
                self._read()
        if not terminated:
            self._error_at(0, "comment not terminated")
        newline = "\n" in self.text[self.start : self.at]
        if terminated and self.text.startswith("/*line ", self.start):
            return (BLOCK_DIRECTIVE_NL if newline else BLOCK_DIRECTIVE), None, self.at
        return (COMMENT_NL if newline else COMMENT), None, self.at

    def _escape(self, quote: int) -> bool:
        """Reads what stands behind a backslash; whether it is right."""
        ch = self.ch
        if ch == quote or ch in _SIMPLE_ESCAPES:
            self._read()
            return True
        if 0x30 <= ch <= 0x37:
            count, base, largest = 3, 8, 255
        elif ch == 0x78:
            count, base, largest = 2, 16, 255
        elif ch == 0x75:
            count, base, largest = 4, 16, 0x10FFFF
        elif ch == 0x55:
            count, base, largest = 8, 16, 0x10FFFF
        else:
            if ch == _END:
                return True  # the literal complains
            self._error("unknown escape")
            return False
        if base == 16:
            self._read()
        value = 0
        for _ in range(count):
            ch = self.ch
            if ch == _END:
                return True
            digit = int(chr(ch), 16) if ch in _HEXADECIMAL else base
            if digit >= base:
                self._error(f"invalid character {quote_rune(ch)} in {_BASE_NAMES[base]} escape")
                return False
            value = value * base + digit
            self._read()
        if value > largest and base == 8:
            self._error(f"octal escape value {value} > 255")
            return False
        if value > largest or 0xD800 <= value < 0xE000:
            self._error(f"escape is invalid Unicode code point {unicode_name(value)}")
            return False
        return True


def _invalid_separator(text: str) -> int:
    """Offset of the first `_` in a number that is not between digits (a base prefix is a digit too), or -1."""
    lower = text.lower()
    prefixed = lower[:2] in ("0x", "0o", "0b")
    digits = "0123456789abcdef" if lower[:2] == "0x" else "0123456789"
    previous = "0" if prefixed else "."
    for index in range(2 if prefixed else 0, len(text)):
        ch = lower[index]
        if ch == "_":
            if previous != "0":
                return index
            previous = "_"
        elif ch in digits:
            previous = "0"
        else:
            if previous == "_":
                return index - 1
            previous = "."
    return len(text) - 1 if previous == "_" else -1
