# SPDX-License-Identifier: BSD-3-Clause
"""Source text into tokens.

A token is a string: its own text. What kind it is shows in its first character (`is_name`, `is_number`, a quote), and two
characters only where Go's assembler has such tokens: `<<`, `>>`, `->`, `@>`. Whitespace and comments are gone; newlines end
the list, so a line is a tuple of tokens. A comment over several lines does not end its line.

Facts: GOROOT/src/cmd/asm/internal/lex/tokenizer.go, src/text/scanner (numbers, strings).
"""

from __future__ import annotations

import re
from typing import Final

MIDDLE_DOT: Final = "\u00b7"
DIVISION_SLASH: Final = "\u2215"

NEWLINE_IN_COMMENT: Final = "\x01"
"""What stands for a newline inside a comment in the text that `hide_comments` returns: no token, but it counts as a line."""

_TOKEN: Final = re.compile(
    r"""[^\W\d][\w\u00b7\u2215]* | [\u00b7\u2215][\w\u00b7\u2215]*
    | 0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?
    | 0[bBoO][0-9_]*(?:\.[0-9_]*)?
    | (?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eEpP][+-]?[0-9_]*)?
    | "(?:[^"\\\n]|\\[^\n])*"? | '(?:[^'\\\n]|\\[^\n])*'?
    | << | >> | -> | @>
    | [^\x20\t\r\n\x01]""",
    re.VERBOSE,
)
_COMMENT: Final = re.compile(r"""//[^\n]*|/\*.*?\*/|/\*|"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'""", re.DOTALL)
_GO_BUILD: Final = re.compile(r"//go:build(?=[ \t\r]|$)")
_NAME_START: Final = re.compile(r"[^\W\d]|[\u00b7\u2215]|[./][./]*[^\W\d]")
_ESCAPES: Final = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_FLOAT: Final = re.compile(r"\.|[eEpP]")

BUILD_COMMENT: Final = "//go:build"
"""The token of a build constraint, which may only stand in front of all code."""


def hide_comments(text: str) -> tuple[str, int]:
    """The text without its comments, with as many lines; and the line of a comment that never ends, or 0."""
    bad = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal bad
        found = match.group()
        if found[0] != "/":
            return found
        if found[1] == "/":
            return BUILD_COMMENT + " " if _GO_BUILD.match(found) else ""
        if len(found) == 2:
            bad = bad or text.count("\n", 0, match.start()) + 1
        return " " + NEWLINE_IN_COMMENT * found.count("\n")

    return _COMMENT.sub(replace, text), bad


def tokens(line: str) -> tuple[str, ...]:
    """The tokens of a line without comments."""
    found = _TOKEN.findall(line)
    if found and "//go" in line and found[:2] == ["/", "/"]:
        return (BUILD_COMMENT,)
    return tuple(found)


class DottedName(str):
    """A name that began with a middle dot, which is a dot now: `.5` is a name then and no number."""

    __slots__ = ()


def is_name(token: str) -> bool:
    """Whether a token is an identifier; dots and slashes in it are those of `plain`."""
    return _NAME_START.match(token) is not None or token.__class__ is DottedName


def is_number(token: str) -> bool:
    """Whether a token is an integer or a float."""
    return "0" <= token[0] <= "9" or (token[0] == "." and "0" <= token[1:2] <= "9" and token.__class__ is not DottedName)


def is_float(token: str) -> bool:
    """Whether a token is a float."""
    if not is_number(token):
        return False
    if token[:2] in ("0x", "0X"):
        return "." in token or "p" in token or "P" in token
    return _FLOAT.search(token) is not None


def plain(token: str) -> str:
    """A token with middle dots and division slashes as the characters that they stand for in symbol names."""
    plain_token = token.replace(MIDDLE_DOT, ".").replace(DIVISION_SLASH, "/")
    return DottedName(plain_token) if token[0] == MIDDLE_DOT else plain_token


def is_open(token: str) -> bool:
    """Whether it is a string or a rune that its line ends without the closing quote."""
    if token[0] not in "\"'":
        return False
    return len(token) == 1 or token[-1] != token[0] or bool((len(token) - 1 - len(token[:-1].rstrip("\\"))) % 2)


def describe(token: str) -> str:
    """What messages call a token of this kind."""
    if token == "":
        return "EOF"
    if is_name(token):
        return "identifier"
    if is_number(token):
        return "float constant" if is_float(token) else "integer constant"
    if token[0] == '"':
        return "string constant"
    if token[0] == "'":
        return "rune constant"
    return "'" + {"\n": "\\n", "\\": "\\\\", "'": "\\'"}.get(token, token) + "'"


def quote(text: str) -> str:
    """Text in double quotes, as Go's %q has it."""
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif char in _ESCAPES:
            out.append(_ESCAPES[char])
        elif char.isprintable():
            out.append(char)
        elif ord(char) < 0x80:
            out.append(f"\\x{ord(char):02x}")
        else:
            out.append(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
    return '"' + "".join(out) + '"'
