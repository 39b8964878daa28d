# SPDX-License-Identifier: BSD-3-Clause
"""Go's strings in source form: quoting as strconv.Quote does it, the values of string and character literals, and characters in messages.

A Go string is bytes, of any kind, so values here are `bytes`. Text of a source file may hold bytes that aren't UTF-8; it
comes as `str` with each such byte escaped (`errors="surrogateescape"`), as files are decoded everywhere in the front end.
Facts: GOROOT/src/strconv/quote.go.
"""

from __future__ import annotations

import re
from typing import Final

from pygo_cross.unicode.classes import is_print

_NAMED: Final = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_UNNAMED: Final = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "\\": 0x5C, "'": 0x27, '"': 0x22}
_PLAIN: Final = re.compile(r"[ !#-\[\]-~]*")
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abtnvfr\\'\"]))")
_ILL: Final = re.compile(r"[\ud800-\udfff]")
_REPLACEMENT: Final = 0xFFFD


def quote(value: bytes) -> str:
    """A string as a Go literal in double quotes: what can't be printed is escaped, and bytes that aren't UTF-8 are \\x escapes."""
    text = value.decode("utf-8", "surrogateescape")
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    return '"' + "".join(_escaped(ord(char), '"') for char in text) + '"'


def quote_rune(code: int) -> str:
    """A code point as a Go literal of a character: fmt's verb %q."""
    return f"'{_escaped(code, chr(39))}'"


def unicode_name(code: int) -> str:
    """A code point as fmt's verb %#U writes it: `U+0023 '#'`."""
    text = f"U+{code:04X}"
    return f"{text} '{chr(code)}'" if code <= 0x10FFFF and is_print(code) else text


def _escaped(code: int, mark: str) -> str:
    """A character within quotation marks."""
    if code == ord(mark) or code == 0x5C:
        return "\\" + chr(code)
    if is_print(code):
        return chr(code)
    if code in _NAMED:
        return _NAMED[code]
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape(match: re.Match[str]) -> tuple[int, bool]:
    """What an escape stands for, and whether that is a byte rather than a character; -1 if it is neither."""
    short, four, eight, octal, name = match.groups()
    if name:
        return _UNNAMED[name], True
    if short:
        return int(short, 16), True
    if octal:
        code = int(octal, 8)
        return (code, True) if code <= 0xFF else (-1, True)
    code = int(four or eight, 16)
    return (code, False) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else (-1, False)


def unquote(literal: str) -> bytes | None:
    """The value of a string literal, raw or interpreted, with its quotes; None if it isn't one."""
    if len(literal) < 2 or literal[0] != literal[-1]:
        return None
    body = literal[1:-1]
    if literal[0] == "`":
        return None if "`" in body else body.replace("\r", "").encode("utf-8", "surrogateescape")
    if literal[0] != '"' or "\n" in body:
        return None
    if "\\" not in body:
        return None if '"' in body else _encode(body)
    out: list[bytes] = []
    at = 0
    while True:
        found = body.find("\\", at)
        plain = body[at:] if found < 0 else body[at:found]
        if '"' in plain:
            return None
        out.append(_encode(plain))
        if found < 0:
            return b"".join(out)
        match = _ESCAPE.match(body, found)
        if match is None or match[5] == "'":
            return None
        code, is_byte = _escape(match)
        if code < 0:
            return None
        out.append(bytes((code,)) if is_byte else chr(code).encode())
        at = match.end()


def _encode(text: str) -> bytes:
    """Characters as bytes; what wasn't UTF-8 in the file is U+FFFD, one for each byte, as Go's decoder reads it."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _ILL.sub(chr(_REPLACEMENT), text).encode()


def unquote_char(literal: str) -> int | None:
    """The code of a character literal with its quotes; None if there is no character in it or an escape is malformed."""
    body = literal[1:-1]
    if not body or body[0] == "'":
        return None
    if body[0] != "\\":
        code = ord(body[0])
        return _REPLACEMENT if 0xD800 <= code <= 0xDFFF else code
    match = _ESCAPE.match(body)
    if match is None or match[5] == '"':
        return None
    code = _escape(match)[0]
    return code if code >= 0 else None
