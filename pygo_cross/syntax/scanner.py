# SPDX-License-Identifier: BSD-3-Clause
"""Source text into tokens.

Most of the work is one regular expression, run over the whole text at once: it cuts the text into *pieces*, each a token with
the blanks behind it, and a dictionary turns pieces into tokens, so a piece that was seen before costs no Python at all. The
expression takes only what is certainly right. Where it meets anything else (an unusual number, any mistake) the piece is
scanned again by `careful`, one character at a time, with Go's errors; then the expression goes on.

Line ends are where Go puts its semicolons: the expression itself swallows those behind tokens that no semicolon can follow,
and `_compact` drops the few that are left over, with comments and directives, and remembers where those stood.

The text is handled as latin-1, one character a byte, so that an index into it is an offset in bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Final, NamedTuple, final

from . import tokens as tk
from .careful import MOST_ERRORS, CarefulScanner
from .pieces import (
    BLOCK_DIRECTIVE,
    BLOCK_DIRECTIVE_NL,
    CLASSIFIED,
    COMMENT_NL,
    LINE_DIRECTIVE,
    NEWLINE,
    NO_SEMICOLON,
    UNSURE,
    Value,
    forget,
)

# A comment to the end of its line that is no directive.
_COMMENT: Final = r"//(?!go:|line )[^\n]*+"
_BLANKS: Final = r"[ \t\r]*+"
# All that may follow a token that no semicolon can follow. Groups are not possessive here and below: Python before 3.11.5 goes on at the
# wrong place behind one that fails in the middle.
_SPACE: Final = rf"[ \t\r\n]*+(?:{_COMMENT}\n[ \t\r\n]*+)*"
_ESCAPE: Final = (
    r"""\\(?:[abfnrtv\\%s]|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|u(?:[0-9a-cA-CefEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})"""
    r"""|U000(?:[1-9a-fA-F][0-9a-fA-F]{4}|0(?:[0-9a-cA-CefEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))|U0010[0-9a-fA-F]{4})"""
)

_PIECES: Final = re.compile(
    "|".join(
        [
            rf"[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*+{_BLANKS}",
            rf"(?:{_COMMENT})?\n{_SPACE}",
            rf"[)\]}}]{_BLANKS}",
            rf"[({{\[,;]{_SPACE}",
            rf"\.(?![.0-9]){_SPACE}",
            rf'"(?:[^"\\\n]++|{_ESCAPE % chr(34)})*"{_BLANKS}',
            rf":=?{_SPACE}",
            rf"\.?[0-9][0-9a-zA-Z_.]*+(?:(?<=[eEpP])[+-][0-9a-zA-Z_.]*+)*{_BLANKS}",
            rf"<-{_SPACE}",
            rf"(?:\+\+|--){_BLANKS}",
            rf"(?:&&|\|\||(?:<<|>>|&\^|[-+*%&|^<>=!]|/(?![/*]))=?|~){_SPACE}",
            rf"'(?:[^'\\\n\x80-\xff]|[\xc2-\xf4][\x80-\xbf]++|{_ESCAPE % chr(39)})'{_BLANKS}",
            rf"`[^`]*+`{_BLANKS}",
            r"//[^\n]*+",
            rf"/\*(?s:.*?)\*/{_BLANKS}",
            r"[ \t\r]++",
            rf"\.\.(?:\.{_SPACE})?",
            r"/\*",
            r"(?s:.)",
        ]
    )
)

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_CLEAN: Final = re.compile(
    "(?:[\x01-\x7f]++|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    "|\xef(?!\xbb\xbf)[\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}){0,4096}"
)
"""UTF-8 without NUL and without byte order marks, some of it: what is matched is kept in mind while matching goes on."""
_LARGE: Final = 1 << 20  # bytes that it takes at a time at most
_WINDOW: Final = 64  # bytes that the expression takes at a time after a piece that it could not tell
_DIRECTIVES: Final = frozenset((LINE_DIRECTIVE, BLOCK_DIRECTIVE, BLOCK_DIRECTIVE_NL))
_LINE_ENDS: Final = frozenset((NEWLINE, COMMENT_NL, BLOCK_DIRECTIVE_NL))
_TO_TOKENS: Final = bytes(tk.SEMI if kind in _LINE_ENDS else kind for kind in range(256))


# For the search of what is between tokens, kinds become letters: `o` for tokens that no semicolon can follow, `c` for the others,
# `n` for a newline, `x` for anything else between tokens.
_TO_LETTERS: Final = bytes(
    ord("n" if kind == NEWLINE else "x" if kind > NEWLINE else "o" if kind in NO_SEMICOLON else "c") for kind in range(256)
)
_IRREGULAR: Final = re.compile(b"^n|on|nn|x")
_O: Final = ord("o")
_N: Final = ord("n")


class Comment(NamedTuple):
    """A directive in a comment, come upon in the search of the token numbered `token`, `offset` and text with `//` or `/*`; `blank`
    says that nothing but blanks precedes it on its line."""

    token: int
    offset: int
    text: str
    blank: bool


class ScanError(NamedTuple):
    """A lexical error at `offset`, come upon in the scanning of the token numbered `token`."""

    token: int
    offset: int
    message: str


@final
class Tokens:
    """What a text consists of: `kinds` (the tokens of module `tokens`), `values` and `offsets`, the latter with a base added. The end
    stands there twice, so that one may look ahead. `errors` are in the order in which Go's scanner comes upon them."""

    __slots__ = ("directives", "errors", "kinds", "offsets", "values")

    def __init__(
        self, kinds: list[int], values: list[Value], offsets: list[int], directives: list[Comment], errors: list[ScanError]
    ) -> None:
        self.kinds = kinds
        self.values = values
        self.offsets = offsets
        self.directives = directives
        self.errors = errors


def scan(source: bytes, base: int) -> Tokens:
    """The tokens of a source text; `base` is added to all offsets, but for those of directives and errors."""
    forget()
    text = source.decode("latin-1")
    start = len(_BYTE_ORDER_MARK) if source.startswith(_BYTE_ORDER_MARK) else 0
    if len(text) > _LARGE:
        return _scan_carefully(source, text, base)
    pieces = _PIECES.findall(text, start)
    classified = list(map(CLASSIFIED.__getitem__, pieces))
    kinds = bytes([pair[0] for pair in classified])
    if UNSURE in kinds or not _is_clean(source, start):
        return _scan_carefully(source, text, base)
    values = [pair[1] for pair in classified]
    offsets = list(accumulate(map(len, pieces), initial=base + start))
    return _compact(text, base, kinds, values, offsets, [])


def _is_clean(source: bytes, start: int) -> bool:
    """Whether all bytes are such as may be in a source file."""
    if b"\0" in source:
        return False
    if source.isascii():
        return True
    if source.find(_BYTE_ORDER_MARK, start) >= 0:
        return False
    try:
        source.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _clean_until(text: str, at: int) -> int:
    """Offset of the next byte that may not be in a source file, or of the end."""
    while True:
        found = _CLEAN.match(text, at)
        assert found is not None
        if found.end() == at:
            return at
        at = found.end()


def _scan_carefully(source: bytes, text: str, base: int) -> Tokens:
    """As `scan`: pieces that the expression can't tell are scanned by characters, and so is what is around a bad byte."""
    careful = CarefulScanner(text)
    kinds = bytearray()
    values: list[Value] = []
    offsets: list[int] = []
    errors: list[ScanError] = []
    at = clean_until = 0
    window = _LARGE
    while at < len(text) and len(errors) < MOST_ERRORS:
        if at >= clean_until:
            clean_until = _clean_until(text, at)
        end = min(at + window, clean_until)
        if end > at:
            # The last piece of a window may have been cut, so the next window takes it again. What precedes a piece that can't be told
            # may be the beginning of it.
            pieces = _PIECES.findall(text, at, end)
            classified = list(map(CLASSIFIED.__getitem__, pieces))
            found = bytes([pair[0] for pair in classified])
            unsure = found.find(UNSURE)
            count = max(unsure - 1, 0) if unsure >= 0 else len(pieces) if end == len(text) else len(pieces) - 1
            cut = end < clean_until
            window = window * 4 if unsure < 0 else _WINDOW
            if count > 0:
                kinds += found[:count]
                values += [pair[1] for pair in classified[:count]]
                ends = list(accumulate(map(len, pieces[:count]), initial=at))
                at = ends.pop()
                offsets += ends
            if unsure < 0 and (count > 0 or cut):
                continue
        kind, value, behind = careful.element(at)
        if careful.errors:
            errors += [ScanError(len(kinds), offset, message) for offset, message in careful.errors]
            careful.errors.clear()
        if behind > careful.start:
            kinds.append(kind)
            values.append(value)
            offsets.append(careful.start)
        at = behind
    offsets.append(len(text))
    if base:
        offsets = [offset + base for offset in offsets]
    return _compact(text, base, bytes(kinds), values, offsets, errors)


def _compact(text: str, base: int, kinds: bytes, values: list[Value], offsets: list[int], errors: list[ScanError]) -> Tokens:
    """Keeps tokens, and of what is between them the newlines that are semicolons; ends the lists; `offsets` has one more, the end."""
    directives: list[Comment] = []
    moved: list[tuple[int, int]] = []
    letters = kinds.translate(_TO_LETTERS)
    if b"x" in letters or b"on" in letters or b"nn" in letters or letters.startswith(b"n"):
        kept_kinds: list[bytes] = []
        kept_values: list[Value] = []
        kept_offsets: list[int] = []
        done = dropped = 0
        for start, end in _runs(letters):
            kept_kinds.append(kinds[done:start])
            kept_values += values[done:start]
            kept_offsets += offsets[done:start]
            semicolon = start > 0 and kinds[start - 1] not in NO_SEMICOLON
            for index in range(start, end):
                kind = kinds[index]
                if kind in _DIRECTIVES:
                    where = offsets[index] - base
                    comment = text[where : offsets[index + 1] - base]
                    if kind != LINE_DIRECTIVE:
                        comment = comment.rstrip(" \t\r")
                    directives.append(Comment(index - dropped, where, comment, _is_blank(text, where)))
                if semicolon and kind in _LINE_ENDS:
                    semicolon = False
                    kept_kinds.append(kinds[index : index + 1])
                    kept_values.append("newline")
                    kept_offsets.append(offsets[index])
                else:
                    dropped += 1
                    moved.append((index, dropped))
            done = end
        kept_kinds.append(kinds[done:])
        kept_values += values[done:]
        kept_offsets += offsets[done:]
        kinds, values, offsets = b"".join(kept_kinds), kept_values, kept_offsets
    tokens = list(kinds.translate(_TO_TOKENS))
    end_offset = offsets[-1]
    if tokens and tokens[-1] != tk.SEMI and tokens[-1] not in NO_SEMICOLON:
        tokens.append(tk.SEMI)
        values.append("EOF")
        offsets.append(end_offset)
    tokens += (tk.EOF, tk.EOF)
    values += (None, None)
    offsets.append(end_offset)
    if errors and moved:
        errors = [ScanError(error.token - _dropped_before(moved, error.token), error.offset, error.message) for error in errors]
    return Tokens(tokens, values, offsets, directives, errors)


def _runs(letters: bytes) -> Iterator[tuple[int, int]]:
    """Where there is more between tokens than a newline that is a semicolon; neighbours belong together."""
    end = 0
    for found in _IRREGULAR.finditer(letters):
        start = found.start()
        if start < end:
            continue
        start += letters[start] == _O
        while start > end and letters[start - 1] == _N:
            start -= 1
        end = found.end()
        while letters[end : end + 1] in (b"n", b"x"):
            end += 1
        yield start, end


def _dropped_before(moved: list[tuple[int, int]], index: int) -> int:
    """How many pieces before `index` were dropped."""
    low, high = 0, len(moved)
    while low < high:
        middle = (low + high) // 2
        if moved[middle][0] < index:
            low = middle + 1
        else:
            high = middle
    return moved[low - 1][1] if low else 0


def _is_blank(text: str, offset: int) -> bool:
    """Whether only blanks precede on the line."""
    start = offset
    while start > 0 and text[start - 1] in " \t\r":
        start -= 1
    return start == 0 or text[start - 1] == "\n"
