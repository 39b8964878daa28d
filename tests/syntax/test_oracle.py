# SPDX-License-Identifier: BSD-3-Clause
"""Trees, positions and errors beside those of Go's own parsers, for a few files; `scripts/conformance syntax` is for all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import goparsers
import pytest

from pygo_cross.build.goroot import find_goroot

SOURCE = find_goroot() / "src"
PACKAGES = ("go/constant", "internal/abi", "maps", "sync/atomic", "cmd/internal/sys", "embed", "unique", "text/scanner")
PROGRAMS = sorted(path for package in PACKAGES for path in (SOURCE / package).glob("*.go"))
TESTDATA = sorted((SOURCE / "cmd/compile/internal/syntax/testdata").glob("*.go"))

# Texts that follow a package clause, one file each.
LEXICAL = rb"""
var x = 08
var x = 0x
var x = 0b12 + 0o8 + 1_ + 1__0 + 0_x1 + 0x_1 + 0xp1 + 0x1.8 + 1p3 + 0b1e3 + 1e + 1e+ + 0b.1 + .5e1i + 0778i + 09.5 + 0x1p-2
var x = 'ab' + '' + ''' + '\' + '\q' + '\400' + '\x1' + '\ud800' + '\U00110000' + '\u12' + '\"'
var x = "\q" + "\400" + "\'" + "\xzz" + "a
var x = `raw
var x = 'a
/* never ends
var \xc3\xa9 = \xd9\xa1x + x\xd9\xa1 + \xe2\x82\xac + a\xe2\x82\xacb + #?@$\
var x = a\xffb "c\xffd" 'e\xff' //\xff\0
var a\0b = "\0" /* \0 */ + `\0`\0
var x\xef\xbb\xbf = 1 \xef\xbb\xbf
func f() { /* comment
*/ x = 1 /* a */ /* b
*/ }
type T struct // comment
{ // more
x int /* c */
}
var x = a.. b + ... + .5.5 + 1..2 + a.b.c...
var x = a &^ b &^= c <- d <-e << f <<= g || h && !i ~j != k === l :== m +++ n --- o
//line foo.go:10
var x int = !
//line bar.go:20:5
var x int = !; /*line :7:8*/ var y = ! /*line z.go:3*/ ! /*line w.go:0*/ /*line v.go:1:0*/ /*line u.go:x*/ /*line t.go*/
L: func f() { L: for { break L; continue L; goto L }; goto M; x := 1; M: ; goto N; { N: }; L: ; K: }
func f() { break; continue; fallthrough; for { fallthrough; break X; continue X }; switch { case 1: fallthrough; case 2: fallthrough } }
func f() { switch x.(type) { case int: fallthrough; default: { fallthrough } }; X: if x { break X; continue X; goto X } }
""".strip().split(b"\n")


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[goparsers.Oracle]:
    with goparsers.Oracle(goparsers.build_oracle(tmp_path_factory.mktemp("oracle"))) as running:
        yield running


def same(oracle: goparsers.Oracle, mode: str, name: str, source: bytes) -> None:
    """Theirs and ours are equal."""
    assert goparsers.in_order(goparsers.ours(mode, name, source)) == goparsers.in_order(oracle.ask(mode, name, source))


def test_programs(oracle: goparsers.Oracle) -> None:
    assert len(PROGRAMS) > 40
    for path in PROGRAMS:
        for mode in ("tree", "ast", "print"):
            same(oracle, mode, str(path), path.read_bytes())


def test_syntax_testdata(oracle: goparsers.Oracle) -> None:
    assert len(TESTDATA) > 20
    for path in TESTDATA:
        same(oracle, "tree", str(path), path.read_bytes())


def test_lexical_errors(oracle: goparsers.Oracle) -> None:
    for text in LEXICAL:
        same(oracle, "tree", "x.go", b"package p\n" + text)
        same(oracle, "tree", "x.go", b"package p; func f() {\n" + text + b"\n}\n")
    same(oracle, "tree", "x.go", b"package p\n" + b"\n".join(LEXICAL))
    for source in (b"", b"\n", b"\0", b"\xef\xbb\xbfpackage p", b"\xef\xbb\xbf\xef\xbb\xbfpackage p", b"package", b"package _;}", b"x" * 3):
        same(oracle, "tree", "x.go", source)


def test_mutants(oracle: goparsers.Oracle) -> None:
    dice = random.Random(20)
    sources = [path.read_bytes() for path in [*PROGRAMS, *TESTDATA] if path.stat().st_size < 6000]
    from conformance.syntaxscore import mutants

    for _, source in zip(range(400), mutants(sources, dice.randrange(1 << 30)), strict=False):
        same(oracle, "tree", "x.go", source)


def test_what_is_said_of_files_is_not_what_is_said_of_others(oracle: goparsers.Oracle, tmp_path: Path) -> None:
    # The comparison itself tells trees apart that differ in a position alone.
    one, other = b"package p\nvar x = 1\n", b"package p\nvar x  = 1\n"
    assert goparsers.ours("digest", "x.go", one) != oracle.ask("digest", "x.go", other)
