# SPDX-License-Identifier: BSD-3-Clause
"""Which class a code point is in."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache

from pygo_cross.unicode import tables


@cache
def _bounds(name: str) -> list[int]:
    table: str = getattr(tables, name)
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
