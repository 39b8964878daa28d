# SPDX-License-Identifier: BSD-3-Clause
"""The report of a link: its sizes add up to the file, its functions are those of the symbol table, and its reasons hold."""

from __future__ import annotations

import functools
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import full
import pytest
from capture import Captured, Captures
from programs import FEATURES, TINY

from pygo_cross.link import binfile

FULL, PLAIN, STRIPPED = ("-w=0", "-s=0"), ("-w=0", "-s=0", "-compressdwarf=0"), ("-s", "-w")

KEPT = {
    "main.go": """package main

import (
	"fmt"
	"io"
	"os"
	"reflect"
)

type greeter interface{ greet(n int) string }

type polite struct{ name string }

func (p *polite) greet(n int) string { return fmt.Sprint(n, p.name) }
func (p *polite) leave(n int) string { return "bye" }

//go:noinline
func ask(g greeter) string { return g.greet(len(os.Args)) }

type named struct{}

func (named) Chosen(w io.Writer) { fmt.Fprintln(w, "chosen") }
func (named) Other(w io.Writer)  { fmt.Fprintln(w, "other") }

func main() {
	fmt.Println(ask(&polite{"x"}))
	reflect.ValueOf(named{}).MethodByName("Chosen").Call([]reflect.Value{reflect.ValueOf(os.Stdout)})
}
"""
}
REFLECTING = {
    "main.go": KEPT["main.go"].replace('MethodByName("Chosen")', "MethodByName(os.Args[0])"),
}


class Report:
    """A report, read."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.all: dict[str, Any] = json.loads(gzip.decompress(raw))
        self.symbols: dict[str, list[Any]] = self.all["symbols"]
        self.row = {name: row for row, name in enumerate(self.symbols["name"])}

    def reason(self, name: str) -> tuple[str, str, str]:
        """How a symbol was reached, by which, and because of which."""
        columns, row = self.symbols, self.row[name]
        parent, cause = columns["parent"][row], columns["cause"][row]
        names = ["", *columns["name"]]
        return self.all["reasons"][columns["reason"][row]], names[parent], names[cause]

    def way(self, name: str) -> list[str]:
        """The names from the entry to a symbol."""
        names, row = [name], self.row[name]
        while self.symbols["parent"][row]:
            row = self.symbols["parent"][row] - 1
            names.append(self.symbols["name"][row])
            assert len(names) < 1000
        return names[::-1]


def reported(captured: Captured, folder: Path, *flags: str, seed: str = "0") -> tuple[Report, bytes]:
    """The report of our link, and the executable."""
    path = folder / "report.json.gz"
    outcome = captured.run_ours(*flags, settings={"PYGO_CROSS_LINK_REPORT": str(path), "PYTHONHASHSEED": seed})
    assert (outcome.status, outcome.messages) == (0, "")
    assert os.listdir(folder) == ["report.json.gz"]
    return Report(path.read_bytes()), outcome.executable


SIZED = [
    ("linux", "amd64", FULL), ("linux", "arm64", STRIPPED), ("darwin", "amd64", STRIPPED), ("darwin", "arm64", PLAIN),
    *full.more(
        "each target is there once",
        ("linux", "amd64", STRIPPED), ("linux", "arm64", FULL), ("darwin", "amd64", FULL), ("darwin", "arm64", STRIPPED),
    ),
]  # fmt: skip


@functools.cache
def report_of_features(captures: Captures, folder: Path, goos: str, goarch: str, flags: tuple[str, ...]) -> tuple[Report, bytes]:
    """The report, and the executable, which is that of a link without a report; stock's, but for how debug information is compressed."""
    captured = captures.get(goos, goarch, FEATURES)
    report, executable = reported(captured, folder, *flags)
    assert executable == (captured.ours(*flags) if flags == FULL else captured.stock(*flags).executable)
    (folder / "report.json.gz").unlink()
    return report, executable


@pytest.fixture
def features(captures: Captures, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Report, bytes]]:
    """Reports of one program, each made once in a worker."""
    folder = tmp_path_factory.getbasetemp() / "reports"
    folder.mkdir(exist_ok=True)
    return functools.partial(report_of_features, captures, folder)


@pytest.mark.parametrize(
    ("goos", "goarch", "flags"), SIZED, ids=lambda value: {FULL: "full", PLAIN: "plain", STRIPPED: "stripped"}.get(value, value)
)
def test_sizes_add_up(goos: str, goarch: str, flags: tuple[str, ...], features: Callable[..., tuple[Report, bytes]]) -> None:
    report, executable = features(goos, goarch, flags)
    columns = report.symbols
    assert len({len(column) for column in columns.values()}) == 1
    zeroed = report.all["classes"].index("zeroed")
    in_file = sum(size for size, kind in zip(columns["size"], columns["class"], strict=True) if kind != zeroed)
    rest = {(group, name): size for group, name, size in report.all["rest"]}
    assert min(*columns["size"], *columns["tables"]) >= 0 and min(rest.values()) > 0
    assert in_file + sum(columns["tables"]) + sum(size for *_, size in report.all["rest"]) == report.all["size"] == len(executable)
    # What belongs to no symbol is little, but for what is named.
    assert sum(size for (group, _), size in rest.items() if group == "padding") < 0.05 * len(executable)
    assert rest["tables", "file names and what functions share"] < 0.05 * len(executable)
    assert any(group == "debug information" for group, _ in rest) is (flags != STRIPPED)


@pytest.mark.parametrize(
    ("goos", "goarch"),
    [("linux", "amd64"), ("darwin", "arm64"), *full.more("each format is there once", ("linux", "arm64"), ("darwin", "amd64"))],
)
def test_symbols_are_those_of_the_symbol_table(goos: str, goarch: str, features: Callable[..., tuple[Report, bytes]]) -> None:
    report, executable = features(goos, goarch, FULL if goos == "linux" else PLAIN)
    columns = report.symbols
    found: dict[str, set[int]] = {}
    for name, size in zip(columns["name"], columns["size"], strict=True):
        found.setdefault(name, set()).add(size)
    file = binfile.read(executable)
    borders = {"runtime.text", "runtime.etext"}
    if goos == "linux":
        functions = {(symbol.name, symbol.size) for symbol in file.symbols if symbol.info & 15 == 2}
        assert len(functions) > 1000
        assert {name for name, size in functions if size not in found.get(name, ())} <= borders
    else:  # names have no suffix where stock sorts them, and there are no sizes
        known = {symbol.name.removeprefix("_").removesuffix(".abi0") for symbol in file.symbols if symbol.section == 1}
        assert len(known) > 1000
        assert known - {name.removesuffix(".abi0") for name in found} <= borders


def test_every_symbol_has_a_way_from_a_root(features: Callable[..., tuple[Report, bytes]]) -> None:
    report, _ = features("linux", "amd64", FULL)
    columns, reasons = report.symbols, report.all["reasons"]
    for row, name in enumerate(columns["name"]):
        reason = reasons[columns["reason"][row]]
        assert (columns["parent"][row] == 0) is (reason in ("root", "linker")), (name, reason)
        assert (columns["cause"][row] != 0) is reason.endswith(" method"), (name, reason)
    lengths: dict[int, int] = {0: 0}
    for row in range(1, len(columns["name"]) + 1):
        way = []
        at = row
        while at not in lengths:
            way.append(at)
            at = columns["parent"][at - 1]
            assert at not in way
        for step in reversed(way):
            lengths[step] = lengths[columns["parent"][step - 1]] + 1
    assert max(lengths.values()) < 40
    assert report.way("main.main")[0] == report.all["entry"]
    assert report.reason("main.add.abi0") == ("call", "main.main", "")


def test_reasons_of_methods(captures: Captures, tmp_path: Path) -> None:
    report, _ = reported(captures.get("linux", "amd64", KEPT), tmp_path, *STRIPPED)
    assert report.reason("main.ask") == ("call", "main.main", "")
    assert report.reason("main.(*polite).greet") == ("interface method", "type:*main.polite", "main.ask")
    assert "main.(*polite).leave" not in report.row
    assert report.reason("main.named.Chosen")[0::2] == ("named method", "main.main")
    assert "main.named.Other" not in report.row
    assert "main.(*polite).greet" in report.way("main.(*polite).greet")[-1]

    (tmp_path / "report.json.gz").unlink()
    report, _ = reported(captures.get("linux", "amd64", REFLECTING), tmp_path, *STRIPPED)
    for name in ("Chosen", "Other"):
        assert report.reason(f"main.named.{name}")[0::2] == ("reflected method", "main.main")


def test_same_report_every_time(captures: Captures, tmp_path: Path) -> None:
    captured = captures.get("darwin", "arm64", TINY)
    one, _ = reported(captured, tmp_path, *PLAIN, seed="1")
    (tmp_path / "report.json.gz").unlink()
    two, _ = reported(captured, tmp_path, *PLAIN, seed="2")
    assert one.raw == two.raw


def test_a_report_that_cannot_be_written(captures: Captures, tmp_path: Path) -> None:
    captured = captures.get("linux", "amd64", TINY)
    outcome = captured.run_ours(*STRIPPED, settings={"PYGO_CROSS_LINK_REPORT": str(tmp_path / "no" / "report")})
    assert outcome.status == 1 and outcome.executable == b""
    assert outcome.messages.count("\n") == 1 and "cannot write the report" in outcome.messages
