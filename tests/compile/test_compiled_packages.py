# SPDX-License-Identifier: BSD-3-Clause
"""From source to a program: our archives, linked by stock's linker and by ours, read by stock's tools, and imported by each other."""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from go_programs import go

from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.toolexec import for_stock, is_stock
from pygo_cross.cli import compile as command
from pygo_cross.codegen.backend import Backend
from pygo_cross.compile import Compilation
from pygo_cross.compileflags import Flags
from pygo_cross.compileimports import SUMMARIES, Prefixes, Summaries
from pygo_cross.compileswitches import skips
from pygo_cross.diag import InternalError, UserError, report_of
from pygo_cross.frontend.record import Imports, Record, Store, digest, find, section
from pygo_cross.obj import archive, goobj
from pygo_cross.obj.reader import Object

ROOT = Path(__file__).parent.parent.parent
_words = str.split
TOOLS = next((find_goroot() / "pkg/tool").iterdir())

SHAPES = """package shapes

type Shape interface {
	Area() int
	Name() string
}

type Square struct{ Side int }

func New(side int) *Square { return &Square{side} }

func (s *Square) Area() int   { return s.Side * s.Side }
func (s *Square) Name() string { return "square" }

type Pair[K comparable, V any] struct {
	Key   K
	Value V
}

func (p Pair[K, V]) Is(key K) bool { return p.Key == key }

func Map[T, U any](list []T, f func(T) U) []U {
	var out []U
	for _, one := range list {
		out = append(out, f(one))
	}
	return out
}

var Order []string

var first = note("variable")

func note(what string) string {
	Order = append(Order, what)
	return what
}

func init() { note("init " + first) }

func Unit() Shape { return &Square{1} }

const Version = "v1"

var Sides = map[string]*Square{"a": one, "b": {2}, "c": {3}, "d": {4}, "e": {5}, "f": {6}, "g": {7}, "h": {8}, "i": {9}}

var Unused = map[string]*Square{"a": one, "b": {2}, "c": {3}, "d": {4}, "e": {5}, "f": {6}, "g": {7}, "h": {8}, "i": {9}}

var one = &Square{1}
"""

MAIN = """package main

import "example.com/a.b/shapes"

type unknown struct{ shapes.Shape }

var zero [100]int
var table = map[string]int{"one": 1, "two": 2}
var pointer *int

func try(f func()) (said string) {
	defer func() {
		if err, ok := recover().(error); ok {
			said = err.Error()
		}
	}()
	f()
	return "nothing"
}

func main() {
	for _, one := range shapes.Order {
		println(one)
	}
	var s shapes.Shape = shapes.New(7)
	var unit shapes.Shape = &shapes.Square{1}
	println(unit == shapes.Unit(), *(unit.(*shapes.Square)) == shapes.Square{1})
	println(s.Name(), s.Area(), unknown{s}.Area(), shapes.Version)
	for _, text := range shapes.Map([]int{1, 2, 3}, func(i int) string { return "abc"[:i] }) {
		println(text)
	}
	println(shapes.Pair[string, int]{"k", 1}.Is("k"), len(zero), table["two"], len(shapes.Sides), shapes.Sides["g"].Area())
	println(try(func() { println(*pointer) }))
	println(try(func() { println(zero[table["one"]+99]) }))
	c := make(chan int)
	go func() {
		for i := range 10 {
			c <- i * i
		}
		close(c)
	}()
	sum := 0
	for i := range c {
		sum += i
	}
	println(sum)
}
"""

WANTED = """variable
init variable
false true
square 49 49 v1
a
ab
abc
true 100 2 9 49
runtime error: invalid memory address or nil pointer dereference
runtime error: index out of range [100] with length 100
285
"""


def compiled(folder: Path, path: str, source: str, *flags: str) -> Path:
    """A package compiled by us."""
    name = path.rpartition("/")[2]
    (folder / f"{name}.go").write_text(source)
    out = folder / f"{name}.a"
    command.run(["-p", path, "-complete", "-lang=go1.27", "-pack", "-o", str(out), *flags, str(folder / f"{name}.go")])
    return out


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program's archive, beside that of its package, with files that tell where archives are."""
    folder = tmp_path_factory.mktemp("program")
    kept = os.environ.get("PYGO_CROSS_CACHE")
    os.environ["PYGO_CROSS_CACHE"] = str(folder / "cache")
    try:
        shapes = compiled(folder, "example.com/a.b/shapes", SHAPES)
        (folder / "importcfg").write_text(f"packagefile example.com/a.b/shapes={shapes}\n")
        made = compiled(folder, "main", MAIN, "-importcfg", str(folder / "importcfg"), "-buildid", "id/id", "-d=ssa/check")
    finally:
        if kept is None:
            del os.environ["PYGO_CROSS_CACHE"]
        else:
            os.environ["PYGO_CROSS_CACHE"] = kept
    stock = go("list", "-export", "-deps", "-f", "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}", "runtime")
    (folder / "importcfg.link").write_text(stock + (folder / "importcfg").read_text())
    return made


def linked(program: Path, *linker: str) -> Path:
    out = program.with_name(f"linked{len(linker)}")
    env = {**os.environ, "GOOS": "linux", "GOARCH": "amd64"}
    subprocess.run([*linker, "-importcfg", str(program.with_name("importcfg.link")), "-o", str(out), str(program)], env=env, check=True)
    return out


@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="runs on linux/amd64 alone")
@pytest.mark.parametrize("linker", [(str(TOOLS / "link"),), (sys.executable, "-m", "pygo_cross", "link")], ids=["stock", "ours"])
def test_a_program_runs(program: Path, linker: tuple[str, ...]) -> None:
    binary = linked(program, *linker)
    harsh = {"GOGC": "1", "GODEBUG": "gccheckmark=1,clobberfree=1"}
    for env in ({}, harsh):
        done = subprocess.run([str(binary)], env=env, capture_output=True, text=True, check=False)
        assert (done.stderr, done.returncode) == (WANTED, 0)
    fills = set(re.findall(r"example\.com/a\.b/shapes.map.init.\d|runtime.mapinitnoop", go("tool", "nm", str(binary))))
    assert fills == {"example.com/a.b/shapes.map.init.0", "runtime.mapinitnoop"}, "a map that nobody uses is not made"


def test_stock_tools_read_our_archives(program: Path) -> None:
    symbols = go("tool", "nm", "-type", "-size", str(program))
    for kind, size, name in (("B", 800, "main.zero"), ("B", 8, "main.table"), ("B", 8, "main.pointer"), ("D", 16, "main..inittask")):
        assert re.search(rf"\s{size} {kind} {re.escape(name)}\b", symbols), name
    listing = go("tool", "objdump", "-s", "main.try$", str(program))
    assert "TEXT main.try(SB)" in listing and "CALL" in listing and "?" not in listing
    assert go("tool", "buildid", str(program)).strip() == "id/id"


def test_stock_tools_read_an_object_of_variables_without_values(tmp_path: Path) -> None:
    assert "B example.com/zero.V" in go("tool", "nm", str(compiled(tmp_path, "example.com/zero", "package zero\n\nvar V int\n")))


def read(path: Path) -> Object:
    member = next(member for member in archive.members(str(path), archive.map_file(str(path))) if member.name == "_go_.o")
    return Object(str(path), archive.split_object(str(path), member.body)[1])


def test_what_the_object_says_of_packages(program: Path) -> None:
    """The linker loads what autolib names, and compares fingerprints."""

    found = find(program.with_name("shapes.a").read_bytes())
    assert found is not None
    record = Record.decode(found[1])
    assert read(program).autolib() == [("example.com/a.b/shapes", record.fingerprint)]
    assert record.initialised and any(record.fingerprint)
    assert dict(record.sources) == {str(program.with_name("shapes.go")): SHAPES.encode()}
    names = {read(program.with_name("shapes.a")).name(index) for index in range(read(program.with_name("shapes.a")).ndef)}
    assert "example.com/a.b/shapes..inittask" in names
    assert "type:example.com/a.b/shapes.Square" in names and "type:*example.com/a.b/shapes.Square" in names


HEADER = """package header

const (
	Small, large = 1 << iota, 1 << (iota + 40)
	_            = 7
	Text, Truth  = "a\\"b", true
	Half         = 0.5
	Letter       = 'x'
)

type (
	Fields struct {
		a byte
		_ int16
		B int64
		c [3]string
	}
	Number int
	Generic[T any] struct{ x T }
	Other = Fields
	Nested struct{ Fields; n Number }
)

const Typed Number = -5
"""


def test_the_header_for_assembly_is_stocks(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.h", tmp_path / "theirs.h"
    compiled(tmp_path, "header", HEADER, "-asmhdr", str(ours))
    go("tool", "compile", "-p", "header", "-asmhdr", str(theirs), "-o", str(tmp_path / "stock.a"), str(tmp_path / "header.go"))
    assert ours.read_text() == theirs.read_text()


def test_what_assembly_refers_to_is_stocks(tmp_path: Path) -> None:
    """Without its map of pointers a stack that a function in assembly is on can't be moved."""
    (tmp_path / "symabis").write_text("def bridge.Two ABI0\ndef bridge.none ABI0\n")
    flags = _words(f"-p bridge -complete=false -symabis {tmp_path / 'symabis'}")
    source = "package bridge\n\nfunc Two(a *int, b []byte, s struct{ n uint8; t string }) (int, *int)\nfunc none()\n"
    compiled(tmp_path, "bridge", source, *flags)
    go("tool", "compile", *flags, "-o", str(tmp_path / "stock.o"), str(tmp_path / "bridge.go"))
    found = []
    for name in ("bridge.a", "stock.o"):
        made = read(tmp_path / name)
        rows = {made.name(i): i for i in range(made.nall)}
        wanted = [rows[f"bridge.{func}.{table}"] for func in ("Two", "none") for table in ("args_stackmap", "arginfo0")]
        found.append([(made.sym(i)[1:], bytes(made.data(i))) for i in wanted])
    assert found[0] == found[1]


def test_mistakes_are_told_and_leave_no_archive(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"bad\.go:3:13: undefined: y"):
        compiled(tmp_path, "bad", "package bad\n\nvar x int = y\n")
    with pytest.raises(UserError, match=r"bad\.go:3:8: could not import example\.com/none \(file not found\)$"):
        compiled(tmp_path, "bad", 'package bad\n\nimport "example.com/none"\n\nvar X = none.X\n')
    with pytest.raises(UserError, match=r"cannot call x \(variable of interface type any\): any is not a f"):
        compiled(tmp_path, "bad", "package bad\n\nfunc F(x any) { _ = x() }\n")
    assert not (tmp_path / "bad.a").exists()


def test_mistakes_come_in_the_order_of_stocks(tmp_path: Path) -> None:
    """Files as they are given, whatever their names; mistakes of one place as they are found."""
    (tmp_path / "a.go").write_text("package p\n\nvar y int = \"\"\n")
    (tmp_path / "z.go").write_text("package p\n\nvar x = []int{comparable([]string{})}\n\n//line b.go:1\nvar z int = \"\"\n")
    words = ["-p", "p", "-o", str(tmp_path / "p.a"), "z.go", "a.go"]
    stock = [str(find_goroot() / "bin/go"), "tool", "compile", *words]
    done = subprocess.run(stock, cwd=tmp_path, capture_output=True, text=True, check=False)
    with pytest.raises(UserError) as caught, contextlib.chdir(tmp_path):
        Compilation(Flags(words), dict(os.environ), find_goroot(), Store(None), str(tmp_path)).compile()
    assert str(caught.value).splitlines() == done.stdout.splitlines() + done.stderr.splitlines()


def test_a_bug_of_ours_leaves_no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Backend, func: object, check: bool = False) -> None:
        raise InternalError("select", "no rule", "good.F")

    monkeypatch.setattr(Backend, "function", broken)
    with pytest.raises(InternalError, match=r"select in good\.F: no rule"):
        compiled(tmp_path, "good", "package good\n\nfunc F() {}\n")
    assert not (tmp_path / "good.a").exists()


def test_a_bug_of_ours_is_named_by_step_function_and_position(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is raised where: what is told can be acted on."""

    def broken(*args: object) -> None:
        raise KeyError(5)

    source = "package good\n\nfunc F(x int) int {\n\treturn x\n}\n"
    for where, stage, place in (
        ("pygo_cross.codegen.backend.allocate", "regalloc", "3:6"),
        ("pygo_cross.codegen.select.Selection.select", "select", "3:6"),
        ("pygo_cross.lower.stmts.values_of", "lower", "4:2"),
        ("pygo_cross.opt.inline._Inlining.run", "inline", "3:6"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(where, broken)
            with pytest.raises(InternalError, match=rf"error: {stage} in good\.F at .*good\.go:{place}: KeyError: 5$") as caught:
                compiled(tmp_path, "good", source)
            assert "report it" in report_of(caught.value)
        assert not (tmp_path / "good.a").exists()


def test_what_is_too_large_has_stocks_messages(tmp_path: Path) -> None:
    large = "package p\n\nvar A [3 << 30]byte\n\nfunc F() { A[1<<31] = 1 }\n"
    with pytest.raises(UserError, match=r"p\.go:3:5: p\.A: symbol too large \(3221225472 bytes > 2000000000 bytes\)"):
        compiled(tmp_path, "p", large)
    known = "package p\n\nvar A = [1 << 34]byte{1<<33: 1}\n\nvar B = []int{1 << 34: 1}\n"  # without the memory
    with pytest.raises(UserError, match=r"p\.A: symbol too large \(17179869184 bytes"):
        compiled(tmp_path, "p", known)
    frames = "package p\n\ntype T [1 << 30]byte\n\n//go:noinline\nfunc F(t T) byte { return t[3] }\n\nfunc G(t *T) byte { return F(*t) }\n"
    with pytest.raises(UserError) as caught:
        compiled(tmp_path, "p", frames)
    assert [f"{one.pos.line}: {one.message}" for one in caught.value.diagnostics] == [
        "6: stack frame too large (>1GB): 0 MB locals + 1024 MB args",
        "8: stack frame too large (>1GB): 0 MB locals + 0 MB args + 1024 MB callee",
    ]


def test_a_block_of_more_values_than_a_call_counts_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("liveness", "regalloc"):
        monkeypatch.setattr(f"pygo_cross.codegen.{module}.CALL", 32)
    body = "".join(f"\tx ^= y << {number % 13 + 1}\n" for number in range(100))
    compiled(tmp_path, "p", f"package p\n\nfunc F(x, y int) int {{\n{body}\treturn x\n}}\n", "-d=ssa/check,ssa/all/off")


def test_loops_of_newer_go_can_be_tried(tmp_path: Path) -> None:
    source = "package p\n\nfunc F() (all []*int) {\n\tfor i := 0; i < 9; i++ {\n\t\tall = append(all, &i)\n\t}\n\treturn\n}\n"

    def size(*flags: str) -> str:
        found = re.search(r"(\d+) T p\.F\b", go("tool", "nm", "-size", str(compiled(tmp_path, "p", source, *flags))))
        assert found is not None
        return found[1]

    assert size("-lang=go1.21", "-d=loopvar=1") == size() != size("-lang=go1.21") == size("-lang=go1.21", "-d=loopvar=-1")


@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="runs on linux/amd64 alone")
def test_a_function_of_the_program_is_called_before_stacks_grow(program: Path, tmp_path: Path) -> None:
    source = """package main

var count int

//go:nosplit
func hook() { count++ }

//go:noinline
func down(n int) int {
	var room [1024]byte
	if n > 1 {
		return down(n-1) + int(room[n])
	}
	return count
}

func main() { println(down(100)) }
"""
    made = compiled(tmp_path, "main", source, "-d=maymorestack=main.hook")
    shutil.copy(program.with_name("importcfg.link"), tmp_path)
    done = subprocess.run([str(linked(made, str(TOOLS / "link")))], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("101\n", 0)


def test_generic_functions_import_what_their_own_package_does(tmp_path: Path) -> None:
    """What an import path stands for in a vendored package is that package's to say, not its importer's."""
    inner = compiled(tmp_path, "vendor/inner", "package inner\n\nfunc One() int { return 1 }\n")
    config = tmp_path / "importcfg"
    config.write_text(f"importmap inner=vendor/inner\npackagefile vendor/inner={inner}\n")
    source = 'package outer\n\nimport "inner"\n\nfunc F[T any](x T) (T, int) { return x, inner.One() }\n'
    outer = compiled(tmp_path, "outer", source, "-importcfg", str(config))
    config.write_text(f"packagefile outer={outer}\n")
    compiled(tmp_path, "user", 'package user\n\nimport "outer"\n\nvar X, Y = outer.F("x")\n', "-importcfg", str(config))


def test_code_for_any_address_reads_the_thread_pointer_through_the_table(tmp_path: Path) -> None:
    (tmp_path / "abis").write_text("ref p.F ABI0\n")
    made = compiled(tmp_path, "p", "package p\n\nfunc F() {}\n", "-shared", "-symabis", str(tmp_path / "abis"))
    assert "R_TLS_IE" in go("tool", "objdump", str(made))


COVERED = """package covered

import _ "unsafe"

var goCover_1_0 [5]uint32
var goCover_1_P uint32
var goCover_1_M = [...]byte{1, 2, 3}

func F() { goCover_1_0[0] = 1 }
"""


def test_counters_of_coverage_lie_together_and_are_registered(tmp_path: Path) -> None:
    said = {"MetaVar": "goCover_1_M", "MetaLen": 3, "MetaHash": "0f" * 16, "CounterPrefix": "goCover_1_", "PkgIdVar": "goCover_1_P"}
    config = tmp_path / "coveragecfg"
    config.write_text(json.dumps({**said, "CounterMode": "set", "CounterGranularity": "perblock"}))
    made = compiled(tmp_path, "covered", COVERED, "-coveragecfg", str(config))
    symbols = go("tool", "nm", "-type", str(made))
    assert re.search(r" R covered\.goCover_1_M\b", symbols) and re.search(r" B covered\.goCover_1_P\b", symbols)
    member = next(member for member in archive.members(str(made), archive.map_file(str(made))) if member.name == "_go_.o")
    found = Object(str(made), archive.split_object(str(made), member.body)[1])
    assert "runtime.addCovMeta" in go("tool", "objdump", "-s", "covered.init", str(made))
    kinds = {found.name(index): found.kinds()[index] for index in range(found.ndef)}
    assert kinds["covered.goCover_1_0"] == goobj.SCOVERAGE_COUNTER
    config.write_text(json.dumps({**said, "CounterMode": "never", "CounterGranularity": "perblock"}))
    with pytest.raises(UserError, match="bad mode"):
        compiled(tmp_path, "covered", COVERED, "-coveragecfg", str(config))


def test_passes_are_left_out(tmp_path: Path) -> None:
    def left_out(*flags: str) -> list[bool]:
        chosen = skips(Flags(["-p", "p", *flags]))
        asked = [("prove", "p.F"), ("prove", "p.G"), ("inline", "p.F"), ("early fold", "p.G")]
        return [chosen is not None and chosen(*one) for one in asked]

    names = tmp_path / "names"
    names.write_text("p.F\np.H\n")
    assert left_out() == [False, False, False, False]
    assert left_out("-N") == left_out("-d=ssa/all/off") == [True, True, True, True]
    assert left_out("-l") == [False, False, True, False]
    assert left_out("-d=ssa/prove/off,ssa/early_fold/off=p.G") == [True, True, False, True]
    assert left_out(f"-d=ssa/all/off=@{names}") == [True, False, True, False]
    with pytest.raises(UserError, match=r"-d=ssa/expand/off: no such pass can be left out; there are all, early_fold"):
        left_out("-d=ssa/expand/off")


def test_stocks_compiler_is_not_told_of_our_passes() -> None:
    words = ["-p", "p", "-d=ssa/all/off=@f,checkptr=0,ssa/check", "-d", "ssa/check", "-N", "-d=ssa/prove/off", "x.go"]
    assert for_stock(words) == ["-p", "p", "-d=checkptr=0", "-N", "x.go"]
    words = ["-m", "-m=2", "-live", "-p", "m", "m"]
    assert for_stock(words) == ["-p", "m", "m"] and for_stock(words, True) == words


DECIDED = """package p

type T struct{ x *int }

func Leaf(x int) int { return x + 1 }

func F(n int) (*T, int) {
	local, kept := 1, Leaf(n)
	use(&local)
	return &T{&kept}, local
}

//go:noinline
func use(p *int) { *p = 2 }
"""


def test_what_was_decided_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compiled(tmp_path, "example.com/p", DECIDED, "-m")
    told = [line.rpartition("/")[2] for line in capsys.readouterr().out.splitlines()]
    assert told == [
        "p.go:5:6: can inline Leaf",
        "p.go:8:14: does not escape",
        "p.go:8:14: escapes to heap",
        "p.go:8:24: inlining call to Leaf",
        "p.go:10:9: escapes to heap",
    ]


def test_an_import_that_was_not_compiled_for_us_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.go").write_text("package p\n")
    go("tool", "compile", "-p", "p", "-o", str(tmp_path / "p.a"), str(tmp_path / "p.go"))
    (tmp_path / "importcfg").write_text(f"packagefile p={tmp_path / 'p.a'}\n")
    with pytest.raises(UserError, match="package p was not compiled for us"):
        compiled(tmp_path, "q", 'package q\n\nimport _ "p"\n', "-importcfg", str(tmp_path / "importcfg"))


@pytest.mark.parametrize(
    "flag", ["-race", "-msan", "-asan", "-dynlink", "-linkshared", "-spectre=all", "-nonsense", "-o", "-c=0", "-std=maybe"]
)
def test_flags_that_are_refused_by_name(flag: str) -> None:
    with pytest.raises(UserError, match=flag.partition("=")[0]):
        Flags(["-p", "p", *flag.split()])


@pytest.mark.parametrize(
    ("value", "wrong"),
    [("foo", 'something like "go1.12"'), ("1.21", "something like"), ("go1.99", 'version is "go1.27"'), ("go2.0", "known version")],
)
def test_languages_that_nobody_knows_are_refused(value: str, wrong: str) -> None:
    with pytest.raises(UserError, match=f'invalid value "{value}" for -lang: .*{wrong}'):
        Flags(["-p", "p", f"-lang={value}", "p.go"])
    assert Flags(["-p", "p", "-lang=go1", "p.go"]).language == "go1"


def test_flags_of_the_go_command() -> None:
    words = "-o x.a -trimpath /w=> -p p/q -lang=go1.21 -std -complete -buildid a/b -c=2 -nolocalimports -d=ssa/check,x=1 -l -N=2 f.go"
    flags = Flags(_words(words))
    assert (flags.output, flags.trimpath, flags.package, flags.language, flags.std, flags.complete) == (
        "x.a",
        "/w=>",
        "p/q",
        "go1.21",
        True,
        True,
    )
    assert (flags.build_id, flags.workers, flags.debug, flags.no_inlining, flags.no_optimisation) == (
        "a/b",
        2,
        {"ssa/check": "", "x": "1"},
        1,
        2,
    )
    assert flags.files == ["f.go"]


def test_records_travel_in_the_text_of_objects(tmp_path: Path) -> None:
    record = Record("p")
    record.exports = bytes(range(256)) * 3 + b"\n$$\n!\n"
    record.imports = {"b": "2", "a": "1"}
    record.sections = {"escapes": b"x"}
    data = record.encode()
    text = b"go object\n\n" + section(data) + b"\n!\nobject"
    assert find(text) == (digest(data), data)
    assert text.count(b"\n!\n") == 1 and text.count(b"\n$$") == 2
    back = Record.decode(data)
    assert (back.exports, back.imports, back.sections) == (record.exports, record.imports, record.sections)
    assert back.encode() == data
    assert find(text.replace(b"\n!\n", b"").replace(section(data)[60:70], b"AAAAAAAAAA")) is None
    with pytest.raises(ValueError, match="damaged record"):
        Record.decode(data[:-3])


def test_the_store_of_records_is_filled_again_from_the_go_cache(tmp_path: Path) -> None:
    data = Record("p").encode()
    go_cache = tmp_path / "go/ab"
    go_cache.mkdir(parents=True)
    (go_cache / "ab12-d").write_bytes(b"!<arch>\n" + section(data))
    (go_cache / "ab13-d").write_bytes(b"something else")
    store = Store(tmp_path / "records", tmp_path / "go")
    assert store.get(digest(data)) == data
    assert Store(tmp_path / "records").get(digest(data)) == data
    assert store.get("00" * 20) is None
    place = next(path for path in (tmp_path / "records").rglob("*") if path.is_file())
    place.write_bytes(data[:-1])
    assert Store(tmp_path / "records").get(digest(data)) is None


@pytest.mark.parametrize(
    ("path", "std", "patterns", "stock"),
    [
        ("runtime", True, "", True),
        ("internal/runtime/maps", True, "", True),
        ("fmt", True, "", False),
        ("fmt", True, "std", True),
        ("main", False, "std", False),
        ("main", False, "all", True),
        ("a/b", False, "a/...", True),
        ("ab", False, "a/...", False),
        ("a", False, "x, a/...", True),
        ("encoding/json", True, "*/json", True),
    ],
)
def test_which_packages_are_stocks(path: str, std: bool, patterns: str, stock: bool) -> None:
    assert is_stock(path, std, patterns) == stock


def test_method_tables_of_two_packages_are_one(program: Path) -> None:
    """Interfaces are equal only if their method tables are one; both packages have this one, and the linker goes by hashes."""

    def tables(path: Path) -> dict[str, bytes]:
        member = next(member for member in archive.members(str(path), archive.map_file(str(path))) if member.name == "_go_.o")
        read = Object(str(path), archive.split_object(str(path), member.body)[1])
        start = read.ndef + read.nhashed64
        hashes = read.hashes()
        return {read.name(start + at): hashes[at] for at in range(read.nhashed)}

    ours, theirs = tables(program), tables(program.with_name("shapes.a"))
    both = [name for name in ours if name in theirs and name.startswith("go:itab.")]
    assert both and all(ours[name] == theirs[name] for name in both)


def test_what_instances_keep_is_known_from_whoever_made_them() -> None:
    """An instance is in the records of packages that use it, not of the one that declares the function; the weakest holds."""
    made = {
        "inner": {"inner.F": ((), ())},
        "one": {"inner.Big[int]": ((), (1, 2), ()), "one.F": ((0, 0),)},
        "other": {"inner.Big[int]": ((0, 1), (1, 1, 2, 0), ()), "inner.Big[string]": ((),)},
    }

    class Records:
        digests = dict.fromkeys(made, "")

        def record(self, path: str) -> Record:
            record = Record(path)
            record.sections[SUMMARIES] = marshal.dumps(sorted(made[path].items()), 2)
            return record

    found = Summaries(Prefixes(cast("Imports", Records())))
    assert found["inner.F"] == ((), ()) and found["one.F"] == ((0, 0),) and "one.G" not in found
    assert found["inner.Big[string]"] == ((),)
    assert found["inner.Big[int]"] == ((0, 1), (1, 1, 2, 0), ())


def test_what_is_exported_to_c_says_how_it_is_called(tmp_path: Path) -> None:
    source = """package p

import _ "unsafe"

//go:cgo_export_dynamic goAdd
//go:linkname _cgoexp_goAdd _cgoexp_goAdd
//go:cgo_export_static _cgoexp_goAdd
//go:cgo_export_static variable
func _cgoexp_goAdd(a *int) {}
"""
    (tmp_path / "_cgo_p.go").write_text(source)
    out = tmp_path / "p.a"
    command.run(["-p", "p", "-pack", "-o", str(out), str(tmp_path / "_cgo_p.go")])
    (line,) = [line for line in out.read_bytes().split(b"\n") if line.startswith(b"[[")]
    assert json.loads(line) == [
        ["cgo_export_dynamic", "goAdd"],
        ["cgo_export_static", "_cgoexp_goAdd", "_cgoexp_goAdd", "ABIInternal"],
        ["cgo_export_static", "variable"],
    ]


@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="runs on linux/amd64 alone")
def test_arguments_whose_address_c_is_given_lie_together(program: Path, tmp_path: Path) -> None:
    """What cgo writes: results are behind the arguments, as in the frame of a caller of assembly."""
    source = """package main

import "unsafe"

//go:noinline
func fill(frame uintptr) {
	f := (*struct {
		a int32
		b byte
		_ [0]uintptr
		r int32
		p *byte
	})(unsafe.Pointer(frame))
	f.r, f.p = f.a*2+int32(f.b), &f.b
}

//go:cgo_unsafe_args
func call(p0 int32, p1 byte) (r1 int32, r2 *byte) {
	fill(uintptr(unsafe.Pointer(&p0)))
	return
}

func main() {
	r1, r2 := call(20, 2)
	println(r1, r2 != nil)
}
"""
    (tmp_path / "_cgo_main.go").write_text(source)
    made = tmp_path / "main.a"
    command.run(["-p", "main", "-pack", "-d=ssa/check", "-o", str(made), str(tmp_path / "_cgo_main.go")])
    (tmp_path / "importcfg.link").write_bytes(program.with_name("importcfg.link").read_bytes())
    done = subprocess.run([str(linked(made, str(TOOLS / "link")))], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("42 true\n", 0)
