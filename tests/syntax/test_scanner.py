# SPDX-License-Identifier: BSD-3-Clause
"""The scanner's two ways, by expression and by characters, see the same tokens; and no bytes at all make it fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygo_cross.build.goroot import find_goroot
from pygo_cross.syntax import scanner
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.parser import MOST_PROBLEMS, parse
from pygo_cross.syntax.source import FileSet

ROOT = Path(__file__).parents[2]
SOURCE = find_goroot() / "src"
FILES = sorted([*(SOURCE / "strconv").glob("*.go"), *(SOURCE / "go/scanner").glob("*.go"), *(SOURCE / "runtime").glob("ma*.go")])


def seen(tokens: scanner.Tokens) -> tuple[object, ...]:
    """All of a result; newlines may be told at the blanks or comment before them."""
    offsets = [0 if kind == tk.SEMI else offset for kind, offset in zip(tokens.kinds, tokens.offsets, strict=True)]
    return tokens.kinds, tokens.values, offsets, tokens.directives, tokens.errors


def test_both_ways_see_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [path.read_bytes() for path in FILES]
    fast = [seen(scanner.scan(source, 1)) for source in sources]
    monkeypatch.setattr(scanner, "_clean_until", lambda text, at: at)
    monkeypatch.setattr(scanner, "_is_clean", lambda source, start: False)
    for path, source, expected in zip(FILES, sources, fast, strict=True):
        assert seen(scanner.scan(source, 1)) == expected, path


def test_windows_cut_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # A piece that the expression can't tell, and what follows it in windows of a few bytes.
    source = "package p\nvar é = 0x1p-2\n".encode() + (SOURCE / "strconv/quote.go").read_bytes().split(b"\n", 8)[8]
    expected = seen(scanner.scan(source, 1))
    for window in (1, 2, 3, 7, 20):
        monkeypatch.setattr(scanner, "_WINDOW", window)
        assert seen(scanner.scan(source, 1)) == expected


def test_semicolons() -> None:
    tokens = scanner.scan(b"a\n(\nb // c\n) /* d\n*/ return\n\n++ /* e */\nelse\nx", 0)
    text = [
        str(value) if kind in (tk.NAME, tk.SEMI) else tk.TOKEN_NAMES[kind] for kind, value in zip(tokens.kinds, tokens.values, strict=True)
    ]
    assert " ".join(text) == "a newline ( b newline ) newline return newline opop newline else x EOF EOF EOF"


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=6), st.sampled_from([b"package p\n", b"func f() {", b"'", b'"', b"`", b"//", b"/*", b"\n", b"..", b"0x"])
        )
    )
)
def test_any_bytes_can_be_parsed(parts: list[bytes]) -> None:
    source = b"".join(parts)
    file = FileSet().add("x.go", source)
    parsed = parse(file)
    assert parsed.file is not None or parsed.problems
    for problem in parsed.problems:
        assert file.base <= problem.pos <= file.base + file.size
        assert file.line_column(problem.pos)


@pytest.mark.parametrize(
    "text",
    [b"\0" * 100_000, b"package p\n" + b"#\n" * 100_000, b"package p; func f() { " + b"L:" * 30_000 + b"}"],
    ids=["NUL", "hash", "labels"],
)
def test_a_flood_of_errors_ends(text: bytes) -> None:
    assert len(parse(FileSet().add("x.go", text)).problems) == MOST_PROBLEMS


@pytest.mark.parametrize(
    "text",
    [
        b"package p; var x = " + b"a+" * 100_000 + b"a",
        b"package p; var x = " + b"(" * 100_000,
        b"package p; var x = T" + b"{" * 100_000,
        b"package p; var x = `" + b"a" * 1_000_000,
        b"package p; /*" + b"*" * 1_000_000,
        b"package p; var x = \xff" + b"a+" * 30_000 + b"\xff",
        b"package p; var x = " + "é+".encode() * 30_000 + b"#",
    ],
    ids=["operators", "parentheses", "braces", "string", "comment", "bad bytes", "letters"],
)
def test_long_lines_and_deep_nesting_end(text: bytes) -> None:
    parsed = parse(FileSet().add("x.go", text))
    assert len(parsed.problems) <= 3


def test_unicode_tables_are_those_of_go() -> None:
    made = subprocess.run([sys.executable, str(ROOT / "scripts/generate_unicode"), str(find_goroot())], capture_output=True, check=True)
    assert made.stdout == (ROOT / "pygo_cross/unicode/tables.py").read_bytes()
