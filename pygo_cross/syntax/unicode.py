# SPDX-License-Identifier: BSD-3-Clause
"""Letters, digits and printable characters as Go's package unicode has them, and characters as its messages write them."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache

from . import unicode_tables


@cache
def _bounds(name: str) -> list[int]:
    table: str = getattr(unicode_tables, name)
    return [int(bound, 16) for bound in table.split()]


def is_letter(point: int) -> bool:
    """Category L."""
    return bisect_right(_bounds("LETTERS"), point) & 1 == 1


def is_upper(point: int) -> bool:
    """Category Lu: names that begin with one are exported."""
    return bisect_right(_bounds("UPPER"), point) & 1 == 1


def is_digit(point: int) -> bool:
    """Category Nd."""
    return bisect_right(_bounds("DIGITS"), point) & 1 == 1


def is_name(text: str) -> bool:
    """Whether a text is an identifier, or could be one but for being a keyword. The scanner lets others through, with an error."""
    if text.isascii():
        return text.isidentifier()
    points = [ord(char) for char in text]
    return all(is_letter(p) or p == 0x5F or (i > 0 and is_digit(p)) for i, p in enumerate(points))


def is_print(point: int) -> bool:
    """What unicode.IsPrint and strconv.IsPrint say."""
    return point == 0x20 or bisect_right(_bounds("PRINTABLE"), point) & 1 == 1


def unicode_name(point: int) -> str:
    """A code point as fmt's verb %#U writes it: `U+0023 '#'`."""
    text = f"U+{point:04X}"
    return f"{text} '{chr(point)}'" if point <= 0x10FFFF and is_print(point) else text


_ESCAPES = {7: r"\a", 8: r"\b", 12: r"\f", 10: r"\n", 13: r"\r", 9: r"\t", 11: r"\v", 0x5C: r"\\", 0x27: r"\'"}


def quote_rune(point: int) -> str:
    """A code point, not a surrogate, as fmt's verb %q writes it: `'x'`."""
    escape = _ESCAPES.get(point)
    if escape is None:
        if is_print(point):
            escape = chr(point)
        elif point < 0x20 or point == 0x7F:
            escape = f"\\x{point:02x}"
        elif point < 0x10000:
            escape = f"\\u{point:04x}"
        else:
            escape = f"\\U{point:08x}"
    return f"'{escape}'"
