# SPDX-License-Identifier: BSD-3-Clause
"""How much of what Go's own parsers make of source files ours makes too: trees, positions, errors.

    scripts/conformance syntax [--mutants N] [--seed S] [--show N] [FILE...]

Without files: all Go files below GOROOT/src, testdata included. Of each are compared the tree that cmd/compile's parser builds, with
positions, starts and ends of all nodes, targets of branches and all errors; where and how long each expression is to go/ast; and the
text of each expression in messages. With --mutants: N files with mistakes, made of the small ones by cutting, doubling and mixing of
tokens and bytes, with their trees and errors.
"""

from __future__ import annotations

import argparse
import difflib
import gc
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pygo_cross.build.goroot import find_goroot

sys.path.append(str(Path(__file__).parents[2] / "tests/syntax"))
import goparsers

_TOKEN = re.compile(rb'[A-Za-z_]\w*|\s+|//[^\n]*|/\*.*?\*/|"[^"\n]*"|[0-9.]+\w*|.', re.DOTALL)
_SMALL = 8000  # bytes of the files that mutants are made of, at most
_TWO_DOTS = re.compile(rb"(?<!\.)\.\.\0*\n")
"""Two dots at the end of a line: from there on stock counts one line too many, so its positions are no measure."""

_WORDS = rb"""
( ) { } [ ] , ; : := = ... . func if for range switch case default select go defer break fallthrough return const package import
interface{ struct{ map[ chan <- x _ 0x 08 1_ 'a' '' 'ab' "\q" " ` ' /* // \ ~ | & &^ ++ -- ! * # ? @ $ 1e 0b12 0x1p 0x1.8 1__0 0o8 i
else "\400" "\ud800" '\x1' 0. T{ (T){} func( [] [...]int go1 L:
""".split()
_PARTS = [
    *_WORDS,
    b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xc3\xa9", b"\xe2\x82\xac", b"\xd9\xa1", b"goto L", b"continue L", b"break L",
    b"var x", b"type T[P any]", b'import "x"', b"//line foo:10\n", b"/*line x:5:6*/", b"//line :0\n", b"//go:build go1.20\n",
    b"if x == (T{}) {", b"x := y.(type)", b"for x = range", b"if x := 1", b"switch x := y.(type) {",
]  # fmt: skip


def mutants(sources: list[bytes], seed: int) -> Iterator[bytes]:
    """Files with mistakes, without end; the same for the same seed."""
    dice = random.Random(seed)
    while True:
        tokens = _TOKEN.findall(dice.choice(sources))
        for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
            if not tokens:
                tokens = [b"x"]
            at, kind = dice.randrange(len(tokens)), dice.randrange(8)
            if kind == 0:
                del tokens[at : at + dice.randint(1, 3)]
            elif kind in (1, 2):
                tokens.insert(at, dice.choice(_PARTS))
            elif kind == 3:
                tokens[at] = dice.choice(_PARTS)
            elif kind == 4:
                tokens[at] = dice.choice(tokens)
            elif kind == 5:
                tokens.insert(at, dice.choice(tokens))
            elif kind == 6:
                changed = bytearray(tokens[at])
                changed[dice.randrange(len(changed))] = dice.randrange(256)
                tokens[at] = bytes(changed)
            elif dice.random() < 0.3:
                del tokens[at:]
            else:
                other = dice.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
        text = b"".join(tokens)
        if not _TWO_DOTS.search(text):
            yield text


class Score:
    """Counts what is equal, and shows the first differences."""

    def __init__(self, oracle: goparsers.Oracle, show: int) -> None:
        self.oracle = oracle
        self.show = show
        self.good: dict[str, int] = {}
        self.total: dict[str, int] = {}

    def compare(self, what: str, mode: str, name: str, source: bytes) -> None:
        """Compares one answer."""
        theirs, mine = self.oracle.ask(mode, name, source), goparsers.ours(mode, name, source)
        equal = goparsers.in_order(theirs) == goparsers.in_order(mine)
        self.total[what] = self.total.get(what, 0) + 1
        self.good[what] = self.good.get(what, 0) + equal
        if not equal and self.show > 0:
            self.show -= 1
            if mode == "digest":
                theirs, mine = self.oracle.ask("tree", name, source), goparsers.ours("tree", name, source)
            print(f"{name}: {what}")
            difference = difflib.unified_diff(theirs.split("\n"), mine.split("\n"), "stock", "ours", lineterm="", n=1)
            for _, line in zip(range(12), difference, strict=False):
                print(f"    {line[:160]}")

    def report(self) -> int:
        """Prints the scores; the status to end with."""
        for what, total in self.total.items():
            print(f"{what:<12} {self.good[what]:>7} of {total:>7}")
        return 0 if self.good == self.total else 1


def main(argv: list[str]) -> int:
    """Prints the scores; status 1 if anything differs."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="scripts/conformance syntax", description=__doc__, formatter_class=form)
    parser.add_argument("--mutants", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--show", type=int, default=0, metavar="N")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    arguments = parser.parse_args(argv)
    files = arguments.files or sorted(path for path in (find_goroot() / "src").rglob("*.go") if path.is_file())
    begun = time.monotonic()
    gc.disable()
    sys.setrecursionlimit(100_000)  # for the going over trees of long expressions
    with tempfile.TemporaryDirectory(prefix="pygo-syntax-") as folder, goparsers.Oracle(goparsers.build_oracle(Path(folder))) as oracle:
        score = Score(oracle, arguments.show)
        if arguments.mutants:
            sources = [path.read_bytes() for path in files if path.stat().st_size <= _SMALL]
            for _, source in zip(range(arguments.mutants), mutants(sources, arguments.seed), strict=False):
                score.compare("mutants", "digest", "x.go", source)
        else:
            for path in files:
                source = path.read_bytes()
                score.compare("trees", "digest", str(path), source)
                if not goparsers.ours("errors", str(path), source):
                    score.compare("go/ast", "ast", str(path), source)
                    score.compare("messages", "print", str(path), source)
        status = score.report()
    print(f"{time.monotonic() - begun:.0f} s")
    return status
