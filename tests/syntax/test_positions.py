# SPDX-License-Identifier: BSD-3-Clause
"""Ints that say file and byte, and what is printed for them."""

from __future__ import annotations

from pygo_cross.diag import Pos
from pygo_cross.syntax import nodes, tokens
from pygo_cross.syntax.parser import parse
from pygo_cross.syntax.positions import end_pos, first, last, start_pos
from pygo_cross.syntax.source import NO_POS, FileSet, LineBase


def test_files_share_one_range_of_ints() -> None:
    files = FileSet()
    a = files.add("a.go", b"one\ntwo\n")
    b = files.add("b.go", b"")
    c = files.add("c.go", b"\n\xc3\xa4x")
    assert files.position(a.base) == Pos("a.go", 1, 1)
    assert files.position(a.base + 4) == Pos("a.go", 2, 1)
    assert files.position(a.base + a.size) == Pos("a.go", 3, 1)
    assert files.position(b.base) == Pos("b.go", 1, 1)
    assert files.position(c.base + 3) == Pos("c.go", 2, 3)
    assert files.file(c.base + c.size) is c
    assert files.file(c.base + c.size + 1) is None
    assert files.position(NO_POS) == Pos()
    assert (files.line(NO_POS), files.line(c.base + 1)) == (0, 2)


def test_line_directives_move_what_is_printed() -> None:
    files = FileSet()
    file = files.add("a.go", b"//line x.y:7\naa\nbb /*line :1:9*/ cc\ndd\n")
    file.line_bases += [LineBase(13, (2, 1), "x.y", 7, 0), LineBase(32, (3, 17), "x.y", 1, 9)]
    assert files.position(file.base) == Pos("a.go", 1, 1)
    assert files.position(file.base + 13) == Pos("x.y", 7, 0)
    assert files.position(file.base + 16) == Pos("x.y", 8, 0)
    assert files.position(file.base + 33) == Pos("x.y", 1, 10)
    assert files.position(file.base + 36) == Pos("x.y", 2, 1)
    assert files.absolute(file.base + 33) == Pos("a.go", 3, 18)


def test_starts_and_ends() -> None:
    # [](int), with the parentheses kept beside the tree
    name = nodes.Name(14, "int")
    slice_type = nodes.SliceType(11, name)
    assert (start_pos(slice_type), end_pos(slice_type)) == (11, 17)
    assert (first(slice_type, {name: [(13, 18)]}), last(slice_type, {name: [(13, 18)]})) == (11, 18)
    # ä.x[1:2] + -y
    operand = nodes.SliceExpr(5, nodes.SelectorExpr(3, nodes.Name(1, "ä"), nodes.Name(4, "x")), None, None, None, False, 10)
    total = nodes.Operation(11, tokens.ADD, operand, nodes.Operation(13, tokens.SUB, nodes.Name(14, "y"), None))
    assert (start_pos(total), end_pos(total)) == (5, 15)
    assert (first(total), last(total)) == (1, 15)
    assert (start_pos(operand), end_pos(operand), first(operand), last(operand)) == (5, 5, 1, 10)
    assert last(nodes.Name(1, "ä")) == 3


def test_a_file_may_be_parsed_again() -> None:
    files = FileSet()
    file = files.add("a.go", b"package p\n//line b.go:5\nvar x = 1\n")
    for _ in range(2):
        assert parse(file).problems == []
        assert file.line_bases == [LineBase(24, (3, 1), "b.go", 5, 0)]
    assert files.place(file.base + 28) == "b.go:5[a.go:3:5]"


def test_reported_places_are_as_the_compiler_keeps_them() -> None:
    files = FileSet()
    file = files.add("a.go", b" " * 300)
    assert files.reported(file.base + 253) == Pos("a.go", 1, 254)
    assert files.reported(file.base + 254) == Pos("a.go", 1, 0)
    assert files.position(file.base + 254) == Pos("a.go", 1, 255)
