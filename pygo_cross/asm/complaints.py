# SPDX-License-Identifier: BSD-3-Clause
"""What is wrong with literals by themselves, wherever they stand.

Go's scanner tells this with a column and goes on, and what reads the literal tells its own; so it is asked for only when there
are mistakes anyway. Facts: GOROOT/src/text/scanner/scanner.go (scanNumber, scanString, scanEscape, scanChar).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_PIECE: Final = re.compile(
    r"""(?P<name>[^\W\d][\w\u00b7\u2215]*|[\u00b7\u2215][\w\u00b7\u2215]*)
    | (?P<number>
        0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)? | (?:0[bBoO][0-9_]*|[0-9][0-9_]*)(?:\.[0-9_]*)?(?:[eEpP][+-]?[0-9_]*)?
        | \.[0-9][0-9_]*(?:[eEpP][+-]?[0-9_]*)?)
    | (?P<quoted>"(?:[^"\\\n]|\\[^\n])*"? | '(?:[^'\\\n]|\\[^\n])*'?)
    | [^\s]""",
    re.VERBOSE,
)
_HEXADECIMAL: Final = re.compile(r"(0[xX])([0-9a-fA-F_]*)(?:(\.)([0-9a-fA-F_]*))?(?:([pP])([+-]?)([0-9_]*))?")
_OTHER: Final = re.compile(r"(0[bBoO])?([0-9_]*)(?:(\.)([0-9_]*))?(?:([eEpP])([+-]?)([0-9_]*))?")
_ESCAPE: Final = re.compile(r"\\(?:[abfnrtv\\]|[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|(.?))")
_KINDS: Final = {"": "decimal literal", "0": "octal literal", "o": "octal literal", "b": "binary literal", "x": "hexadecimal literal"}
_BASES: Final = {"": 10, "0": 8, "o": 8, "b": 2, "x": 16}


def complaints(line: str) -> Iterator[tuple[int, str]]:
    """The column, from 1 on and in characters, of each bad literal of a line, and what is wrong with it."""
    for match in _PIECE.finditer(line):
        kind, text = match.lastgroup, match.group()
        if kind == "number":
            found = _number(text)
        elif kind == "quoted":
            found = _quoted(text)
        else:
            continue
        for message in found:
            yield match.start() + 1, message


def _number(text: str) -> Iterator[str]:
    parts = (_HEXADECIMAL if text[:2] in ("0x", "0X") else _OTHER).fullmatch(text)
    if parts is None:
        return
    before, whole, point, fraction, exponent, _, power = (part or "" for part in parts.groups())
    prefix = before[1:].lower() or ("0" if not before and whole[:1] == "0" and len(whole) > 1 else "")
    floating = bool(point)
    digits = whole + fraction
    if floating and prefix in ("o", "b"):
        yield f"invalid radix point in {_KINDS[prefix]}"
    if not digits.replace("_", ""):
        yield f"{_KINDS[prefix]} has no digits"
    if exponent:
        if exponent in "eE" and prefix not in ("", "0"):
            yield f"'{exponent}' exponent requires decimal mantissa"
        elif exponent in "pP" and prefix != "x":
            yield f"'{exponent}' exponent requires hexadecimal mantissa"
        floating = True
        if not power.replace("_", ""):
            yield "exponent has no digits"
    elif prefix == "x" and floating:
        yield "hexadecimal mantissa requires a 'p' exponent"
    if not floating and _BASES[prefix] <= 8:
        bad = next((digit for digit in digits if digit != "_" and int(digit, 16) >= _BASES[prefix]), "")
        if bad:
            yield f"invalid digit '{bad}' in {_KINDS[prefix]}"
    if "_" in text and re.search(r"__|_(?![0-9a-fA-F])|(?<![0-9a-fA-FxXbBoO])_", text):
        yield "'_' must separate successive digits"


def _quoted(text: str) -> Iterator[str]:
    quote = text[0]
    closed = len(text) > 1 and text[-1] == quote and not (len(text) - len(text[:-1].rstrip("\\")) - 1) % 2
    count, at, end = 0, 1, len(text) - closed
    while at < end:
        count += 1
        if text[at] != "\\":
            at += 1
            continue
        escape = _ESCAPE.match(text, at)
        if escape is None or (escape.group(1) is not None and escape.group(1) != quote):
            yield "invalid char escape"
            at += 1
        else:
            at = escape.end()
    if not closed:
        yield "literal not terminated"
    if quote == "'" and (count != 1 or not closed):
        yield "invalid char literal"
