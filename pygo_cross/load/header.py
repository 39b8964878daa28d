# SPDX-License-Identifier: BSD-3-Clause
"""The start of a Go file, read without parsing it: package name, imports, directives, and go:embed patterns further down.

A file is read up to its first declaration that is no import. Nearly every file has a header in the plain form that one
regular expression knows; any other goes to a small tokeniser (`headerparse.py`) that knows the grammar and gives the
errors of go/parser. Offsets are in bytes and become lines and columns only where an error names them.
Facts: src/go/build/read.go, src/go/parser/parser.go (ImportsOnly), src/go/ast/directive.go.
"""

from __future__ import annotations

import os
import re
from typing import Final

from pygo_cross.diag import Pos
from pygo_cross.load.headerparse import KEYWORDS, HeaderError, parse_header, unquote
from pygo_cross.unicode.classes import is_print

_CHUNK: Final = 8192
_BOM: Final = b"\xef\xbb\xbf"

_BLANK: Final = rb"[ \t\r\n]++|//[^\n]*+\n|/\*[^*]*+\*++(?:[^/*][^*]*+\*++)*/"
_END: Final = rb"[ \t\r]*+(?:;|//[^\n]*+\n|\n)"
_PATH: Final = rb'"[^"\\\n]*+"'
_NAME: Final = rb"(?!(?:" + "|".join(sorted(KEYWORDS)).encode() + rb")\b)[A-Za-z_][A-Za-z0-9_]*+"
_SPEC: Final = rb"(?:(?:" + _NAME + rb"|\.)[ \t]*+)?" + _PATH
_PLAIN: Final = re.compile(
    rb"((?:" + _BLANK + rb")*)package[ \t]++(" + _NAME + rb")" + _END + rb"(?=((?:" + _BLANK + rb"|import[ \t]*+(?:" + _SPEC + _END + rb"|"
    rb"\((?:" + _BLANK + rb"|" + _SPEC + rb"(?:" + _END + rb"|(?=[ \t]*+\))))*\)" + _END + rb"))*))\3(?![/;]|import\b)"
)
# Of what is behind the package clause as much as possible is taken or nothing: that is what the group that is repeated is for. Possessive
# groups would say it in one word, but Python before 3.11.5 goes on at the wrong place behind one that fails in the middle.
_IMPORT: Final = re.compile(rb'//[^\n]*|/\*.*?\*/|"([^"\\\n]*)"', re.DOTALL)
_EMBED: Final = re.compile(
    rb'"(?:[^"\\\n]++|\\.)*"|`[^`]*+`|' + rb"'(?:[^'\\\n]++|\\.)*'" + rb"|/\*.*?\*/|(//go:embed[^\n]*)|//[^\n]*", re.DOTALL
)
_NAME_BEFORE: Final = re.compile(rb"(?<![A-Za-z0-9_\x80-\xff])([A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*|\.)[ \t]*\Z")
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9_./~+@-]+")
_ILLEGAL: Final = frozenset("!\"#$%&'()*,:;<=>?[\\]^{|}`\ufffd")


class Header:
    """What the start of a Go file says.

    `imports` and `embeds` are (path or pattern, offset); `directives` are `//go:` lines before the package clause;
    `text` is the file up to its first declaration, for build constraints; `broken` is the first thing that go/parser would say.
    """

    __slots__ = ("broken", "directives", "embeds", "imports", "name", "text")

    def __init__(self, text: bytes, name: str = "") -> None:
        self.text = text
        self.name = name
        self.imports: list[tuple[str, int]] = []
        self.embeds: list[tuple[str, int]] = []
        self.directives: list[tuple[str, int]] = []
        self.broken: HeaderError | None = None


def read_header(path: str) -> Header:
    """Reads the start of a file. Raises `OSError`, and `HeaderError` without a place for a NUL byte, which no parser gets to see."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.read(handle, _CHUNK)
        whole = len(data) < _CHUNK
        while True:
            found = scan(data, whole)
            if found is not None:
                break
            data += _rest(handle)
            whole = True
        if b"embed" in found.text and not whole and any(name == "embed" for name, _ in found.imports):
            data += _rest(handle)
    finally:
        os.close(handle)
    if b"//go:embed" in data and any(name == "embed" for name, _ in found.imports):
        found.embeds = embeds(data)
    return found


def _rest(handle: int) -> bytes:
    parts: list[bytes] = []
    while part := os.read(handle, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def scan(data: bytes, whole: bool = True) -> Header | None:
    """The header at the start of `data`; None where more than these bytes has to be seen to tell."""
    start = 3 if data.startswith(_BOM) else 0
    found = _PLAIN.match(data, start)
    if not whole and (found is None or len(data) - found.end() < 16):
        return None
    if found is None:
        return _slow(data[start:])
    text = data[start : found.end()]
    if not text.isascii():
        try:
            if "\ufeff" in text.decode("utf-8"):
                return _slow(data[start:]) if whole else None
        except UnicodeDecodeError:
            return _slow(data[start:]) if whole else None
    if b"\0" in text:
        return _slow(data[start:]) if whole else None
    header = Header(text, found[2].decode("ascii"))
    base = -start
    for item in _IMPORT.finditer(data, found.start(3), found.end(3)):
        if item[1] is not None:
            path = item[1].decode("utf-8")
            if _PLAIN_PATH.fullmatch(path) is None and not is_valid_import(path):
                header.broken = HeaderError(spec_start(data, item.start()) + base, f"invalid import path: {path}", True)
                header.imports = []
                return header
            header.imports.append((path, item.start() + base))
    if b"//go:" in found[1]:
        header.directives = directives(text, found.end(1) - start)
    return header


def _slow(data: bytes) -> Header:
    """The header of a file that is not in the plain form."""
    parsed = parse_header(data)
    header = Header(parsed.text, parsed.name)
    header.broken = parsed.error
    if parsed.error is None:
        for path, offset in parsed.imports:
            if not is_valid_import(path):
                header.broken = HeaderError(spec_start(data, offset), f"invalid import path: {path}", True)
                header.imports = []
                return header
            header.imports.append((path, offset))
        header.directives = directives(data, parsed.package)
    return header


def spec_start(data: bytes, at: int) -> int:
    """Where the import whose path is at `at` begins: at its name, if it has one."""
    line = data.rfind(b"\n", 0, at) + 1
    found = _NAME_BEFORE.search(data, line, at)
    return at if found is None or found[1] == b"import" else found.start(1)


def is_valid_import(path: str) -> bool:
    """Whether go/build takes the string for an import path: printable, and none of the characters that Go's grammar uses."""
    if not path:
        return False
    return not any(c in _ILLEGAL or c.isspace() or not is_print(ord(c)) for c in path)


_COMMENT: Final = re.compile(rb"(//[^\n]*)|/\*.*?\*/", re.DOTALL)


def directives(data: bytes, end: int) -> list[tuple[str, int]]:
    """The `//go:` comments before offset `end`, where the package clause is."""
    found: list[tuple[str, int]] = []
    for item in _COMMENT.finditer(data, 0, end):
        if item[1] is not None and item[1].startswith(b"//go:"):
            found.append((item[1].rstrip(b"\r").decode("utf-8", "replace"), item.start()))
    return found


def embeds(data: bytes) -> list[tuple[str, int]]:
    """The patterns of all go:embed lines of a file, with their offsets; a line that is wrong is left for the compiler to report."""
    start = 3 if data.startswith(_BOM) else 0
    found: list[tuple[str, int]] = []
    for item in _EMBED.finditer(data, start):
        if item[1] is None:
            continue
        line = item[1].decode("utf-8", "replace").rstrip()
        if len(line) > 10 and not line[10].isspace():
            continue
        patterns = _embed_arguments(line)
        if patterns is not None:
            found += [(pattern, item.start() - start + len(line[:at].encode())) for pattern, at in patterns]
    return found


def _embed_arguments(line: str) -> list[tuple[str, int]] | None:
    """The arguments of a go:embed line, plain or as Go strings; None where a string is wrong."""
    found: list[tuple[str, int]] = []
    at = 10
    while True:
        while at < len(line) and line[at].isspace():
            at += 1
        if at == len(line):
            return found
        if line[at] in '"`':
            stop = _string_end(line, at)
            if stop is None:
                return None
            text = unquote(line[at:stop])
            if text is None or (stop < len(line) and not line[stop].isspace()):
                return None
        else:
            stop = at
            while stop < len(line) and not line[stop].isspace():
                stop += 1
            text = line[at:stop]
        found.append((text, at))
        at = stop


def _string_end(line: str, at: int) -> int | None:
    if line[at] == "`":
        stop = line.find("`", at + 1)
        return None if stop < 0 else stop + 1
    stop = at + 1
    while stop < len(line) and line[stop] != '"':
        stop += 2 if line[stop] == "\\" else 1
    return stop + 1 if stop < len(line) else None


def place(path: str, offset: int, spec: bool = False) -> Pos:
    """The line and column (in bytes) of an offset of a file, or with `spec` of the import whose path is there.

    The byte order mark has no width, and a newline at the end of a file begins no line.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return Pos(path)
    if data.startswith(_BOM):
        data = data[3:]
    if spec:
        offset = spec_start(data, offset)
    past_end = offset >= len(data) and data.endswith(b"\n")
    before = data[: offset - past_end]
    return Pos(path, before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1)
