# SPDX-License-Identifier: BSD-3-Clause
"""Lowering: programs lowered to SSA and executed there print what they print under native Go."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from interpret import GoPanic, Machine

from pygo_cross.build.goroot import find_goroot
from pygo_cross.frontend.mistakes import Mistakes
from pygo_cross.frontend.package import check_package
from pygo_cross.lower.package import PackageLowering
from pygo_cross.ssa import ops
from pygo_cross.ssa.printer import print_func
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import Unit
from pygo_cross.ssa.verify import verify
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.check.checker import ImportFailure
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.universe import UNSAFE

PROGRAMS = Path(__file__).parent / "programs"


def prepare(source: str, go_version: str = "go1.27") -> PackageLowering:
    fset = FileSet()
    mistakes = Mistakes(fset)

    def importer(path: str) -> Package:
        if path == "unsafe":
            return UNSAFE
        raise ImportFailure(path)

    checked = check_package(fset, "main", [fset.add("main.go", source.encode())], importer, Sizes(), mistakes, go_version=go_version)
    assert not mistakes and checked is not None, mistakes.reported()
    lowering = PackageLowering(find_goroot(), fset, checked.package, checked.files, checked.info, Sizes())
    for func in lowering.lower().funcs:
        verify(func, "lower")
    return lowering


def lower(source: str) -> Unit:
    return prepare(source).unit


def execute(source: str, go_version: str = "go1.27") -> str:
    lowering = prepare(source, go_version)
    return Machine(lowering.unit, Shapes(Sizes()), lowering.methods_of).run()


@pytest.mark.parametrize("name", sorted(path.stem for path in PROGRAMS.glob("*.go")))
def test_programs_print_what_they_print_natively(name: str, tmp_path: Path) -> None:
    path = PROGRAMS / f"{name}.go"
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-trimpath", "GO111MODULE": "off"}
    for variable in ("GOOS", "GOARCH", "GOROOT"):
        env.pop(variable, None)
    command = [str(find_goroot() / "bin/go"), "run", str(path)]
    native = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert execute(path.read_text()) == native.stderr


@pytest.mark.parametrize(
    "body",
    [
        "var p *int; println(*p)",
        "x := []int{1}; i := 3; println(x[i])",
        "x := []int{1}; i := -1; println(x[:1][i+0])",
        "x, y := 1, 0; println(x / y)",
        "x := 1; n := -1; println(x << n)",
        's := "abc"; i, j := 2, 1; println(s[i:j])',
        "a := [3]int{}; i := 4; println(len(a[:i]))",
        "type t struct{ a [9]int; x int }; var p *t; println(p.x)",
    ],
)
def test_what_panics(body: str) -> None:
    with pytest.raises(GoPanic):
        execute("package main\n\nfunc main() {\n\t" + body + "\n}\n")


def test_bounds_are_told_as_what_they_are() -> None:
    source = """package main

func main() {}

func f(s []int, a *[4]int, t string, i int, u uint) {
	_, _, _, _ = s[i:u], a[u:i], t[:u], s[i:u:u]
	_ = a[u:i:i]
}
"""
    (func,) = (one for one in lower(source).funcs if one.symbol == "main.f")
    told = [value.aux for block in func.blocks for value in block.values if value.op == ops.SLICE_BOUNDS]
    assert told == [
        *("SliceAcapU", "SliceB", "SliceAlen", "SliceBU", "SliceAlenU"),
        *("Slice3AcapU", "Slice3BU", "Slice3C", "Slice3Alen", "Slice3B", "Slice3CU"),
    ]


def test_rounds_of_a_loop_share_variables_in_old_versions_of_the_language() -> None:
    source = """package main

func main() {
	var fs []func()
	for i := 0; i < 2; i++ {
		fs = append(fs, func() { print(i, " ") })
	}
	for i, x := range []int{7, 8} {
		fs = append(fs, func() { print(i, x, " ") })
	}
	for _, f := range fs {
		f()
	}
}
"""
    assert execute(source) == "0 1 07 18 "
    assert execute(source, "go1.21") == "2 2 18 18 "
    assert execute("//go:build go1.21\n\n" + source) == "2 2 18 18 "


def test_names_are_those_of_stock() -> None:
    source = """package main

type T struct{}

func (T) value() {}

func (*T) pointer() { _ = func() { _ = func() {} } }

func generic[P any](p P) {}

type G[P any] struct{}

func (*G[P]) m() {}

func init() {}

func main() { T{}.value(); (&T{}).pointer(); generic(1); generic([]T{}); (&G[string]{}).m() }
"""
    names = {func.symbol for func in lower(source).funcs}
    assert names == {
        "main.T.value",
        "main.(*T).value",
        "main.(*T).pointer",
        "main.(*T).pointer.func1",
        "main.(*T).pointer.func1.1",
        "main.generic[int]",
        "main.generic[[]main.T]",
        "main.(*G[string]).m",
        "main.init.0",
        "main.main",
    }


def test_the_same_text_each_time() -> None:
    source = (PROGRAMS / "control.go").read_text()
    assert [print_func(func) for func in lower(source).funcs] == [print_func(func) for func in lower(source).funcs]
