# SPDX-License-Identifier: BSD-3-Clause
"""What each piece of the scanner's expression is: its kind, a token or something between tokens, and the token's value.

The dictionaries remember every piece that is likely to come again, for as long as the process lives: the same few thousand
names, indents and operators make up nearly all of a program.
"""

from __future__ import annotations

import re
import sys
from typing import Final, final

from pygo_cross.unicode.classes import is_digit, is_letter

from . import tokens as tk

# Kinds beyond the tokens: what is between them.
UNSURE: Final = 0  # to be scanned one character at a time
NEWLINE: Final = 48
WHITE: Final = 49
COMMENT: Final = 50
COMMENT_NL: Final = 51  # has a newline in it
LINE_DIRECTIVE: Final = 52  # //go: or //line
BLOCK_DIRECTIVE: Final = 53  # /*line
BLOCK_DIRECTIVE_NL: Final = 54

Value = str | int | tuple[str, int, bool] | None
"""Of a name its text, of a literal its text, kind and whether it is bad, of an operator its number, of a semicolon what stands there."""

_LITERAL_NUMBERS: Final = re.compile(
    r"(?P<int>0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)"
    r"|(?P<float>(?:[0-9](?:_?[0-9])*\.(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9](?:_?[0-9])*)?"
    r"|[0-9](?:_?[0-9])*[eE][+-]?[0-9](?:_?[0-9])*)"
)
"""Numbers that are right beyond doubt; hexadecimal floats, imaginary ones and all mistakes are not among them."""

_OPERATORS: Final[dict[str, tuple[int, Value]]] = {
    "*": (tk.STAR, tk.MUL),
    "<-": (tk.ARROW, tk.RECV),
    "=": (tk.ASSIGN, None),
    ":=": (tk.DEFINE, None),
    ":": (tk.COLON, None),
    "++": (tk.INC_OP, tk.ADD),
    "--": (tk.INC_OP, tk.SUB),
    **{tk.OPERATOR_NAMES[op]: (tk.OPERATOR, op) for op in range(tk.OR_OR, tk.SHR + 1) if op != tk.MUL},
    "!": (tk.OPERATOR, tk.NOT),
    "~": (tk.OPERATOR, tk.TILDE),
    **{tk.OPERATOR_NAMES[op] + "=": (tk.ASSIGN_OP, op) for op in range(tk.ADD, tk.SHR + 1)},
}

_PUNCTUATION: Final[dict[str, tuple[int, Value]]] = {
    "(": (tk.LPAREN, None),
    "[": (tk.LBRACK, None),
    "{": (tk.LBRACE, None),
    ")": (tk.RPAREN, None),
    "]": (tk.RBRACK, None),
    "}": (tk.RBRACE, None),
    ",": (tk.COMMA, None),
    ";": (tk.SEMI, "semicolon"),
}

OPERATOR_PREFIX: Final = re.compile(r"\+\+|--|&&|\|\||<-|(?:<<|>>|&\^|[-+*/%&|^<>=!:])=?|~")

NO_SEMICOLON: Final = frozenset(range(tk.OPERATOR, tk.VAR + 1)) - {
    tk.INC_OP,
    tk.RPAREN,
    tk.RBRACK,
    tk.RBRACE,
    tk.BREAK,
    tk.CONTINUE,
    tk.FALLTHROUGH,
    tk.RETURN,
}
"""Tokens behind which a newline is no semicolon."""

_LINE_END: Final[tuple[int, Value]] = (NEWLINE, "newline")

_REMEMBERED: Final = 16  # longest piece that is worth remembering although a comment may be in it
_REMEMBERED_TOKEN: Final = 64  # longest name or literal that is
_FULL: Final = 400_000  # pieces remembered at most


def text_of(latin1: str) -> str:
    """The text of a name or literal: bytes that are no UTF-8 become surrogates."""
    return latin1 if latin1.isascii() else latin1.encode("latin-1").decode("utf-8", "surrogateescape")


def _in_identifier(point: int) -> bool:
    return point == 0x5F or is_letter(point) or is_digit(point)


def operator(text: str) -> tuple[int, Value] | None:
    """Token and value of an operator."""
    return _OPERATORS.get(text)


def punctuation(text: str) -> tuple[int, Value] | None:
    """Token and value of a bracket, comma or semicolon."""
    return _PUNCTUATION.get(text)


def classify(piece: str) -> tuple[int, Value]:
    """Kind and value of a piece as the scanner's expression cuts it."""
    start = piece[0]
    if start.isalpha() or start == "_" or start >= "\x80":
        text = piece.rstrip(" \t\r")
        if not text.isascii():
            text = text_of(text)
            points = list(map(ord, text))
            if not (start.isascii() or is_letter(points[0])) or not all(map(_in_identifier, points)):
                return UNSURE, None
        keyword = tk.KEYWORDS.get(text)
        return (keyword, None) if keyword is not None else (tk.NAME, sys.intern(text))
    if start == "\n":
        return _LINE_END
    found = _PUNCTUATION.get(start)
    if found is not None:
        return found
    if start == "/" and len(piece) > 1:
        if piece[1] == "/":
            if "\n" in piece:
                return _LINE_END
            return (LINE_DIRECTIVE if piece.startswith(("//go:", "//line ")) else COMMENT), None
        if piece[1] == "*":
            if len(piece) == 2:
                return UNSURE, None
            newline = "\n" in piece
            if piece.startswith("/*line "):
                return (BLOCK_DIRECTIVE_NL if newline else BLOCK_DIRECTIVE), None
            return (COMMENT_NL if newline else COMMENT), None
    if start == '"' or start == "`":
        if len(piece) == 1:
            return UNSURE, None
        return tk.LITERAL, (text_of(piece.rstrip(" \t\r")), tk.STRING_LIT, False)
    if start == "'":
        if len(piece) == 1:
            return UNSURE, None
        return tk.LITERAL, (text_of(piece.rstrip(" \t\r")), tk.RUNE_LIT, False)
    if start in " \t\r":
        return WHITE, None
    if start.isdigit() or (start == "." and piece[1:2].isdigit()):
        text = piece.rstrip(" \t\r")
        number = _LITERAL_NUMBERS.fullmatch(text)
        if number is None:
            return UNSURE, None
        return tk.LITERAL, (text, tk.INT_LIT if number.lastgroup == "int" else tk.FLOAT_LIT, False)
    if start == ".":
        if piece.startswith(".."):
            return (tk.DOT_DOT_DOT if piece.startswith("...") else UNSURE), None
        return tk.DOT, None
    prefix = OPERATOR_PREFIX.match(piece)
    if prefix is None:
        return UNSURE, None
    return _OPERATORS[prefix[0]]


@final
class _Classified(dict[str, tuple[int, Value]]):
    """Kind and value of every piece; one that is new is classified."""

    def __missing__(self, piece: str) -> tuple[int, Value]:
        found = classify(piece)
        if len(piece) <= (_REMEMBERED_TOKEN if found[0] == tk.NAME or found[0] == tk.LITERAL else _REMEMBERED):
            self[piece] = found
        return found


CLASSIFIED: Final = _Classified()


def forget() -> None:
    """Keeps what is remembered within bounds."""
    if len(CLASSIFIED) > _FULL:
        CLASSIFIED.clear()
