# SPDX-License-Identifier: BSD-3-Clause
"""The nosplit check finds the chains that stock's linker finds, and copes with any graph."""

from __future__ import annotations

import re

import pytest
from pcln_support import link_up_to_text, stock_link

from pygo_cross.diag import UserError
from pygo_cross.link import pclntab, stackcheck
from pygo_cross.link.context import Link
from pygo_cross.link.loader import Loader
from pygo_cross.link.options import LinkOptions
from pygo_cross.link.stackcheck import Edge, StackCheck
from pygo_cross.obj import goobj

_MAIN = """package main

//go:noescape
func use(*[300]byte)

//go:nosplit
//go:noinline
func leaf(x int) int { var a [300]byte; a[x] = 1; use(&a); return int(a[x/2]) }

//go:nosplit
//go:noinline
func mid(x int) int { var a [300]byte; a[x] = 1; use(&a); return leaf(x) + int(a[x/2]) }

//go:nosplit
//go:noinline
func top(x int) int { var a [300]byte; a[x] = 1; use(&a); return mid(x) + leaf(x) + int(a[x/2]) }

//go:nosplit
//go:noinline
func indirect(f func() int) int { var a [300]byte; use(&a); return f() + mid(3) }

//go:noinline
func split() int { var a [300]byte; use(&a); return leaf(2) }

func large()
func first()
func second()
func fits()
func just()

func main() {
	println(top(3), indirect(func() int { return 1 }), split())
	large()
	first()
	fits()
	just()
}
"""
# Frames of arm64 must be a multiple of 16 with the saved link register, so 8 more than one.
_ASSEMBLY = """#include "textflag.h"
TEXT ·use(SB), NOSPLIT, $0-8
	RET
TEXT ·large(SB), NOSPLIT, $904-0
	RET
TEXT ·first(SB), NOSPLIT, $8-0
	CALL ·second(SB)
	RET
TEXT ·second(SB), NOSPLIT, $8-0
	CALL ·fits(SB)
	CALL ·first(SB)
	RET
TEXT ·fits(SB), NOSPLIT, $104-0
	CALL ·use(SB)
	RET
TEXT ·just(SB), NOSPLIT, $744-0
	RET
"""
PROGRAM = (("main.go", _MAIN), ("functions_amd64.s", _ASSEMBLY), ("functions_arm64.s", _ASSEMBLY))


def stock_chains(messages: str) -> set[str]:
    """The chains that stock prints as trees, one line a step, each as our messages have them."""
    found, chain = set(), []
    for line in messages.splitlines():
        depth, text = (len(line) - len(line.lstrip())) // 4, line.strip()
        if not text.startswith("grows ") and not text.endswith((" over limit", "infinite cycle")):
            chain = [text] if re.fullmatch(r"\S+<\d+>", text) else []
        elif text.startswith("grows "):
            chain = [*chain[:depth], text]
        else:
            found.add(f"{' '.join(chain[:2])}; {'; '.join([*chain[2:], text])}")
    return found


@pytest.mark.parametrize("goarch", ["amd64", "arm64"])
def test_same_chains_as_stock(goarch: str) -> None:
    link = stock_link("linux", goarch, PROGRAM, ("-s", "-w"))
    expected = stock_chains(link.messages)
    assert len(expected) >= 8 and any(chain.endswith("infinite cycle") for chain in expected)
    with pytest.raises(UserError) as caught:
        stackcheck.check(link_up_to_text(link.options()))
    start = "nosplit stack over 792 byte limit: "
    assert {problem.message for problem in caught.value.diagnostics} == {start + chain for chain in expected}
    for problem in caught.value.diagnostics:
        assert problem.code == "nosplit-overflow"
        assert problem.pos.file.startswith(str(link.archive))


@pytest.mark.parametrize("goarch", ["amd64", "arm64"])
def test_a_program_that_fits(goarch: str) -> None:
    program = (("main.go", 'package main\n\nfunc main() { println("hello") }\n'),)
    link = link_up_to_text(stock_link("linux", goarch, program, ("-s", "-w")).options())
    stackcheck.check(link)
    nosplit = [sym for sym in link.textp if link.loader.flag(sym, goobj.NOSPLIT)]
    heights = StackCheck(link)
    assert len(nosplit) > 100 and max(heights.visit(sym) for sym in nosplit) > 400


def test_broken_pc_table() -> None:
    link = link_up_to_text(stock_link("linux", "amd64", PROGRAM, ("-s", "-w")).options())
    loader = link.loader
    large = loader.lookup("main.large", 0)
    table = next(aux for kind, aux in loader.auxs(large) if kind == goobj.AUX_PCSP)
    ext = loader.make_ext(table)
    ext.data = ext.data[:-1]
    with pytest.raises(UserError) as caught:
        stackcheck.check(link)
    (problem,) = caught.value.diagnostics
    assert problem.code == "bad-object" and "main.large: the pc table is cut short" in problem.message
    ext.size -= 1
    with pytest.raises(UserError, match="a pc table is cut short"):
        pclntab.generate(link)


# Graphs that no compiler makes.


class Graph(StackCheck):
    """A check of functions that exist by name alone: their calls as (growth, name), None for none."""

    def __init__(self, calls: dict[str, list[tuple[int, str | None]]]) -> None:
        super().__init__(Link(LinkOptions("linux", "amd64", "", ""), Loader()))
        self.syms = {name: self.loader.lookup_or_create(name, 1) for name in calls}
        self.edges = {
            self.syms[name]: [(growth, 0 if target is None else self.syms[target]) for growth, target in edges]
            for name, edges in calls.items()
        }

    def _calls(self, sym: int) -> tuple[list[Edge], int]:
        return self.edges[sym], 0

    def messages(self) -> list[str]:
        """What the check reports of all functions."""
        for sym in self.syms.values():
            self.visit(sym)
        return [problem.message.removeprefix("nosplit stack over 792 byte limit: ") for problem in self.report()]


def test_chain_of_any_depth() -> None:
    count = 50_000
    calls: dict[str, list[tuple[int, str | None]]] = {f"f{i}": [(8, f"f{i + 1}")] for i in range(count)}
    calls[f"f{count}"] = [(8, None)]
    (message,) = Graph(calls).messages()
    assert message.startswith("f0<1> grows 8 bytes, calls f1<1>; ")
    assert message.endswith(f"; grows 8 bytes; {8 * (count + 1) - 792} bytes over limit")
    assert len(message) < 10_000


def test_more_chains_than_can_be_told() -> None:
    calls: dict[str, list[tuple[int, str | None]]] = {f"f{i}": [(40, f"f{i + 1}"), (48, f"f{i + 1}")] for i in range(60)}
    calls["f60"] = [(8, None)]
    messages = Graph(calls).messages()
    assert len(messages) == 101 and "in more ways than can be told" in messages[-1]


def test_many_chains_that_fit() -> None:
    """One chain is over the limit, and it comes after 2**25 that are not."""
    calls: dict[str, list[tuple[int, str | None]]] = {f"f{i}": [(8, f"f{i + 1}"), (8, f"f{i + 1}")] for i in range(25)}
    calls["f25"] = [(8, None)]
    calls["f0"].append((800, None))
    messages = Graph(calls).messages()
    assert len(messages) == 1 and "in more ways than can be told" in messages[0]


def test_cycles() -> None:
    graph = Graph({"a": [(8, "b")], "b": [(8, "c")], "c": [(16, "a"), (8, "d")], "d": [(8, None)]})
    assert graph.messages() == ["a<1> grows 8 bytes, calls b<1>; grows 8 bytes, calls c<1>; grows 16 bytes, calls a<1>; infinite cycle"]
    assert graph.heights[graph.syms["a"]] == (1 << 15) - 1
    assert Graph({"self": [(0, "self")]}).messages() == ["self<1> grows 0 bytes, calls self<1>; infinite cycle"]
    below = Graph({"root": [(8, "a")], "a": [(8, "b")], "b": [(8, "a")]})
    assert [below.symbol(sym) for sym in (below.messages() and below.roots())] == ["root<1>"]


def test_roots_are_the_outermost_functions() -> None:
    graph = Graph({"x": [(800, None)], "low": [(100, "x")], "high": [(200, "x")]})
    assert [message.split("<")[0] for message in graph.messages()] == ["high", "low"]
