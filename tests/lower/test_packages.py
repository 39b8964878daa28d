# SPDX-License-Identifier: BSD-3-Clause
"""Programs of several packages: what one tells the others is its export data and, for what is generic, its source; linked and executed as
SSA they print what they print under native Go.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from interpret import Machine

from pygo_cross.build.goroot import find_goroot
from pygo_cross.diag import UserError
from pygo_cross.frontend.mistakes import Mistakes
from pygo_cross.frontend.package import check_package
from pygo_cross.lower.abiwrappers import SymbolABIs
from pygo_cross.lower.directives import linknames
from pygo_cross.lower.embed import EmbedConfig
from pygo_cross.lower.imports import Imports, Source
from pygo_cross.lower.package import PackageLowering
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import ABI0, DUPOK, NOSPLIT, WRAPPER, FuncInfo, Unit
from pygo_cross.ssa.verify import verify
from pygo_cross.syntax.directives import DirectiveRules
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.exportread import read_exports
from pygo_cross.types.exportwrite import write_exports
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.universe import UNSAFE

_RULES = DirectiveRules(True)


class Program(Imports):
    """Packages by path, in the order in which they need each other."""

    def __init__(self, sources: Mapping[str, str], **options: object) -> None:
        self.fset = FileSet()
        self.sources = sources
        self.exports: dict[str, Package] = {"unsafe": UNSAFE}
        self.named: dict[str, dict[str, str]] = {}
        self.units: dict[str, Unit] = {}
        for path, source in sources.items():
            mistakes = Mistakes(self.fset)
            files = [self.fset.add(f"{path}.go", source.encode())]
            checked = check_package(
                self.fset, path, files, self.exports.__getitem__, Sizes(), mistakes, go_version="go1.27", rules=_RULES
            )
            assert checked is not None and not mistakes, mistakes.reported()
            self.named[path] = linknames(checked.files, path)
            lowering = PackageLowering(
                find_goroot(), self.fset, checked.package, checked.files, checked.info, Sizes(), self, **options  # type: ignore[arg-type]
            )
            self.units[path] = lowering.lower()
            self.methods_of = lowering.methods_of
            for func in self.units[path].funcs:
                verify(func, "lower")
            data = write_exports(checked.package, self.fset)
            self.exports[path] = read_exports(data, self.fset, self.exports.__getitem__)

    def linknames(self, path: str) -> Mapping[str, str]:
        return self.named[path]

    def source(self, path: str) -> Source:
        return Source([self.fset.add(f"{path}.go", self.sources[path].encode())], "go1.27", self.exports.__getitem__, _RULES)

    def run(self) -> str:
        whole = Unit("main", "main")
        seen: set[str] = set()
        for unit in self.units.values():
            whole.funcs += [func for func in unit.funcs if func.symbol not in seen]
            seen |= {func.symbol for func in unit.funcs}
            whole.inits += unit.inits
            for data in unit.data:
                if data.name not in seen:
                    seen.add(data.name)
                    whole.data.append(data)
        return Machine(whole, Shapes(Sizes()), self.methods_of).run()


def native(sources: Mapping[str, str], folder: Path) -> str:
    (folder / "go.mod").write_text("module m\n\ngo 1.27\n")
    for path, source in sources.items():
        place = folder / path.removeprefix("m/") if path != "main" else folder
        place.mkdir(exist_ok=True)
        (place / "x.go").write_text(source)
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-trimpath", "GOWORK": "off"}
    for variable in ("GOOS", "GOARCH", "GOROOT", "GO111MODULE"):
        env.pop(variable, None)
    command = [str(find_goroot() / "bin/go"), "run", "."]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True).stderr


GENERIC = """package q

type List[T any] struct {
	head *node[T]
	n    int
}

type node[T any] struct {
	v    T
	next *node[T]
}

const limit = 3

var pushed int

type counter struct{ of *int }

func (c counter) more() { *c.of += step }

const step = 1

func count(c counter) bool { c.more(); return *c.of <= limit }

func (l *List[T]) Push(v T) bool {
	if !count(counter{&pushed}) {
		return false
	}
	l.head = &node[T]{v, l.head}
	l.n++
	return true
}

func (l *List[T]) Each(f func(T)) {
	for n := l.head; n != nil; n = n.next {
		f(n.v)
	}
}

func (l List[T]) Len() int { return l.n }

type Lener interface{ Len() int }

func Map[A, B any](l *List[A], f func(A) B) *List[B] {
	type pair struct {
		a A
		b B
	}
	var pairs []pair
	l.Each(func(a A) { pairs = append(pairs, pair{a, f(a)}) })
	out := &List[B]{}
	for i := range pairs {
		p := &pairs[len(pairs)-1-i]
		out.head = &node[B]{p.b, out.head}
		out.n++
	}
	return out
}

func Total[T interface{ Size() int }](xs ...T) (n int) {
	for _, x := range xs {
		n += x.Size()
	}
	return
}

func Pushed() int { return pushed }
"""

USER = """package main

import "m/q"

type box struct{ w, h int }

func (b box) Size() int { return b.w * b.h }

type wrapped struct{ box }

func main() {
	var l q.List[int]
	for i := range 5 {
		println(l.Push(i))
	}
	m := q.Map(&l, func(i int) string { return "abc"[i:] })
	m.Each(func(s string) { println(s) })
	println(l.Len(), m.Len(), q.Pushed(), q.Lener(&l).Len())
	println(q.Total(box{1, 2}, box{3, 4}), q.Total(wrapped{box{5, 6}}), q.Total(&wrapped{box{7, 8}}))
}
"""


def test_instances_of_another_packages_functions(tmp_path: Path) -> None:
    sources = {"m/q": GENERIC, "main": USER}
    program = Program(sources)
    assert program.run() == native(sources, tmp_path)
    names = {func.symbol for func in program.units["main"].funcs}
    assert {"m/q.(*List[int]).Push", "m/q.Map[int,string]", "m/q.Map[int,string].func1", "m/q.Total[main.box]"} <= names
    assert "m/q.count" not in names  # what is not generic is in its package's object


OLD = """//go:build go1.21

package q

func Each[T any](xs ...T) (all []func() T) {
	for _, x := range xs {
		all = append(all, func() T { return x })
	}
	return
}
"""

NEW = """package main

import "m/q"

func main() {
	all := q.Each(1, 2, 3)
	for i := 0; i < 2; i++ {
		all = append(all, func() int { return i })
	}
	for _, f := range all {
		println(f())
	}
}
"""


def test_loops_of_a_generic_function_are_those_of_its_own_file(tmp_path: Path) -> None:
    sources = {"m/q": OLD, "main": NEW}
    printed = Program(sources).run()
    assert printed == native(sources, tmp_path) and printed.split() == ["3", "3", "3", "0", "1"]


INITIALISED = """package main

type pair struct {
	a int
	s string
}

var trace = ""

func t(s string, v int) int { trace += s; return v }

var (
	x     = t("x", y+1)
	y     = t("y", 2)
	table = []pair{{1, "one"}, {t("two", 2), "two"}, {a: 3}}
	keyed = [...]string{2: "c", 0: "a"}
	ptr   = &pair{5, "five"}
	inner = &table[1].a
	at    = &keyed[2]
	fn    = t
	lit   = func(i int) int { return i * 2 }
	any1  any = 7
	any2  any = pair{8, "eight"}
	any3  any = ptr
	bytes = []byte("bytes")
	_     = t("blank", 0)
	a, b  = two()
	deep  = [][]*pair{{{1, "deep"}, nil}, {}}
	wide  = map[string]int{"k": y}
)

func two() (int, string) { trace += "both"; return 1, "b" }

func init() { trace += "init" }

func init() { trace += "again" }

func main() {
	println(x, y, table[0].s, table[1].a, table[2].a, len(table), keyed[0], keyed[1], keyed[2], ptr.a, *inner, *at)
	*inner, *at, bytes[0] = 9, "d", 'B'
	println(table[1].a, keyed[2], string(bytes), fn("fn", 1), lit(4), any1.(int), any2.(pair).s, any3.(*pair).a, a, b)
	println(deep[0][0].s, deep[0][1] == nil, len(deep[1]), wide["k"], trace)
	few := []int{1, 2, 3, 4, 5, 6, x, 8}
	few[0]++
	again := [...]pair{{1, "a"}, {2, "b"}, {3, "c"}, {y, "d"}, {5, "e"}, {6, "f"}}
	println(few[0], few[6], few[7], again[3].a, again[5].s)
}
"""


def test_first_values(tmp_path: Path) -> None:
    sources = {"main": INITIALISED}
    program = Program(sources)
    assert program.run() == native(sources, tmp_path)
    data = {one.name: one for one in program.units["main"].data}
    assert bytes(data["main.keyed"].contents)[8] == 1 and len(data["main.table"].addresses) == 1
    assert [str(one) for one in program.units["main"].inits] == ["main.init", "main.init.0", "main.init.1"]


def test_nothing_to_initialise() -> None:
    (unit,) = Program({"main": 'package main\n\nvar x, s = 3, []string{"a"}\n\nfunc main() {}\n'}).units.values()
    assert not unit.inits and {func.symbol for func in unit.funcs} == {"main.main"}


LINKED = """package p

import _ "unsafe"

//go:linkname Pulled q.other
func Pulled(int) int

//go:linkname pushed r.name
//go:nosplit
func pushed() {}

func inAssembly(a [3]int, b string) (int, string)

func called() {}

func Use() { Pulled(1); pushed(); inAssembly([3]int{}, ""); called() }
"""


def test_link_names_and_calling_conventions() -> None:
    abis = SymbolABIs.read("def p.inAssembly ABI0\nref p.called ABI0\n", "symabis")
    program = Program({"p": LINKED, "user": 'package user\n\nimport "p"\n\nfunc F() int { return p.Pulled(2) }\n'}, abis=abis)
    flags: dict[str, list[int]] = {}
    for func in program.units["p"].funcs:
        assert isinstance(func.info, FuncInfo)
        flags.setdefault(func.symbol, []).append(func.info.flags)
    bridge = WRAPPER | DUPOK | NOSPLIT
    assert flags == {
        "p.inAssembly": [bridge],
        "p.called": [bridge | ABI0, 0],
        "r.name": [bridge | ABI0, NOSPLIT],
        "p.Use": [0],
    }
    text = {str(value.aux) for func in program.units["p"].funcs for block in func.blocks for value in block.values if value.aux}
    assert {"q.other", "r.name", "p.inAssembly<ABI0>", "p.called"} <= text
    (user,) = program.units["user"].funcs
    assert {str(value.aux) for value in user.entry.values if value.aux} == {"q.other"}
    assert program.units["p"].linknames == {"Pulled": "q.other", "pushed": "r.name"}
    assert [info.name for info in program.units["p"].assembly] == ["p.inAssembly"]


@pytest.mark.parametrize("text", ["dif p.f ABI0", "def p.f", "ref p.f ABI7"])
def test_a_wrong_listing_of_the_assembler(text: str) -> None:
    with pytest.raises(UserError, match="symabi"):
        SymbolABIs.read(text, "symabis")


def test_files_in_variables(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 3000)
    (tmp_path / "small").write_bytes(b"small")
    source = 'package main\n\nimport _ "unsafe"\n\n//go:embed small\nvar s string\n\n//go:embed d/big\nvar b []byte\n\nfunc main() {}\n'
    source = source.replace("unsafe", "embed")
    files = {"small": str(tmp_path / "small"), "d/big": str(tmp_path / "big")}
    config = EmbedConfig({name: [name] for name in files}, files)
    sources = {"embed": "package embed\n", "main": source}
    data = {one.name: one for one in Program(sources, embeds=config).units["main"].data}
    assert bytes(data["main.s"].contents) == bytes(8) + (5).to_bytes(8, "little")
    assert bytes(data["main.b"].contents) == bytes(8) + (3000).to_bytes(8, "little") * 2
    (array,) = (one for one in data.values() if one.size == 3000)
    assert bytes(array.contents) == b"x" * 3000 and not array.read_only
    with pytest.raises(UserError, match="did not map pattern: small"):
        Program(sources, embeds=EmbedConfig({}, {}))
    with pytest.raises(UserError, match="did not supply"):
        Program(sources)
