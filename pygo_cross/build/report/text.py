# SPDX-License-Identifier: BSD-3-Clause
"""Text of any origin on the page: names, paths and what programs print can be neither markup nor a trick on the reader's eye.

Characters that do not show, or that change how what follows shows, are replaced by something that does show.
"""

from __future__ import annotations

import html
from typing import Any, Final

_DIRECTION: Final = (*range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0x061C, 0xFEFF, *range(0xFFF9, 0xFFFC))
_SHOWN: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\u2421",
    **{code: f"\\x{code:02x}" for code in range(0x80, 0xA0)},
    **{code: f"\\u{code:04x}" for code in _DIRECTION},
    # How bytes that are not UTF-8 come in.
    **{code: f"\\x{code - 0xDC00:02x}" for code in range(0xDC80, 0xDD00)},
    **{code: f"\\u{code:04x}" for code in (*range(0xD800, 0xDC80), *range(0xDD00, 0xE000), 0xFFFE, 0xFFFF)},
}
_LINES: Final = {code: shown for code, shown in _SHOWN.items() if code not in (0x09, 0x0A)}


def visible(text: str) -> str:
    """The text in one line, with nothing in it that does not show."""
    return text if text.isascii() and text.isprintable() else text.translate(_SHOWN)


def escape(text: Any) -> str:
    """A text for HTML, between tags or in a quoted attribute."""
    return html.escape(visible(str(text)))


def escape_lines(text: str) -> str:
    """A text of several lines for HTML."""
    return html.escape(text.translate(_LINES))


def bytes_of(count: int) -> str:
    """A size for people: three digits, powers of ten."""
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5 or unit == "GB":
            break
        value /= 1000
    return f"{count} B" if unit == "B" else f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2}f} {unit}"


def seconds_of(seconds: float) -> str:
    """A time for people."""
    if seconds >= 90:
        return f"{int(seconds) // 60} min {int(seconds) % 60} s"
    return f"{seconds:.1f} s"
