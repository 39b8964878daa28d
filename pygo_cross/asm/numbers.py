# SPDX-License-Identifier: BSD-3-Clause
"""Go's literals: integers, floats and quoted strings, as strconv reads them.

Each function returns None where strconv has an error; `problem` words it. Facts: GOROOT/src/strconv/{atoi,quote}.go.
"""

from __future__ import annotations

import re
from typing import Final

MASK64: Final = (1 << 64) - 1

_ESCAPES: Final = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}
_INTEGER: Final = re.compile(r"(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)\Z")
_ESCAPE: Final = re.compile(r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))")


def integer(text: str) -> int | None:
    """The value of an integer literal, of any size."""
    if not _INTEGER.match(text):
        return None
    if text[0] == "0" and len(text) > 1 and text[1] not in "xXbBoO":
        return int(text.replace("_", ""), 8)
    return int(text, 0)


def uint64(text: str) -> tuple[int, str]:
    """strconv.ParseUint(text, 0, 64): the value, and the error or ""."""
    value = integer(text)
    if value is None:
        return 0, f'strconv.ParseUint: parsing "{text}": invalid syntax'
    if value > MASK64:
        return MASK64, f'strconv.ParseUint: parsing "{text}": value out of range'
    return value, ""


def signed(value: int) -> int:
    """The low 64 bits as a signed number."""
    value &= MASK64
    return value - (1 << 64) if value >> 63 else value


def number(text: str) -> float | None:
    """The value of a float literal."""
    try:
        if text[:2] in ("0x", "0X"):
            if "p" not in text and "P" not in text:
                return None
            return float.fromhex(text.replace("_", ""))
        return float(text)
    except (ValueError, OverflowError):
        return None


def unquote(text: str) -> bytes | None:
    """The bytes of a "string" or 'rune' literal."""
    if len(text) < 2 or text[-1] != text[0]:
        return None
    out = bytearray()
    at, end = 1, len(text) - 1
    while at < end:
        char = text[at]
        if char != "\\":
            out += char.encode("utf-8", "surrogateescape")
            at += 1
            continue
        match = _ESCAPE.match(text, at, end)
        if match is None:
            return None
        simple, byte, short, long, octal = match.groups()
        if simple:
            if simple in "'\"" and simple != text[0]:
                return None
            out.append(_ESCAPES[simple])
        elif byte:
            out.append(int(byte, 16))
        elif octal:
            if int(octal, 8) > 255:
                return None
            out.append(int(octal, 8))
        else:
            code = int(short or long, 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                return None
            out += chr(code).encode()
        at = match.end()
    if text[0] == "'":
        try:
            if len(out.decode()) != 1:
                return None
        except UnicodeDecodeError:
            return bytes(out) if len(out) == 1 else None
    return bytes(out)
