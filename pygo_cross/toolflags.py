# SPDX-License-Identifier: BSD-3-Clause
"""What the command lines of Go's tools have in common: response files.

Facts: GOROOT/src/cmd/internal/objabi/flag.go (expandArgs, ParseArgs).
"""

from __future__ import annotations

from typing import Final

from pygo_cross.diag import EXIT_USAGE, Pos, UserError

TRUE: Final = frozenset(("1", "t", "T", "true", "TRUE", "True"))
FALSE: Final = frozenset(("0", "f", "F", "false", "FALSE", "False"))
"""How a boolean flag's value may be written."""

_MAX_DEPTH: Final = 10


def expand(tool: str, argv: list[str], depth: int = 0) -> list[str]:
    """The arguments, with those of response files in the place of @file. Raises UserError."""
    if depth > _MAX_DEPTH:
        raise UserError.one("usage", f"{tool}: response files nested too deeply", f"see pygo-cross {tool} --help", status=EXIT_USAGE)
    result: list[str] = []
    for word in argv:
        if not word.startswith("@") or len(word) == 1:
            result.append(word)
            continue
        try:
            with open(word[1:], encoding="utf-8", errors="surrogateescape") as stream:
                text = stream.read()
        except OSError as error:
            raise UserError.one("cannot-open", f"cannot open: {error.strerror}", pos=Pos(word[1:])) from None
        result += expand(tool, split(text), depth + 1)
    return result


def split(text: str) -> list[str]:
    """Words in a response file: separated by space, quoted by ' (as it is) or " (with backslashes)."""
    words: list[str] = []
    current: list[str] | None = None
    quote = ""
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if quote:
            if char == quote:
                quote = ""
            elif quote == '"' and char == "\\" and at < len(text) and text[at] in '\\"$`\n':
                if text[at] != "\n":
                    current = [*(current or []), text[at]]
                at += 1
            else:
                current = current if current is not None else []
                current.append(char)
        elif char in "'\"":
            quote = char
            current = current if current is not None else []
        elif char.isspace():
            if current is not None:
                words.append("".join(current))
                current = None
        else:
            current = current if current is not None else []
            current.append(char)
    if current is not None:
        words.append("".join(current))
    return words
