# SPDX-License-Identifier: BSD-3-Clause
"""From source to a program: our archives, linked by stock's linker and by ours, read by stock's tools, and imported by each other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from go_programs import go

from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.toolexec import is_stock
from pygo_cross.cli import compile as command
from pygo_cross.codegen.backend import Backend
from pygo_cross.compileflags import Flags
from pygo_cross.diag import InternalError, UserError
from pygo_cross.frontend.record import Record, Store, digest, find, section
from pygo_cross.obj import archive
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
	println(shapes.Pair[string, int]{"k", 1}.Is("k"), len(zero), table["two"])
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
true 100 2
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


def test_stock_tools_read_our_archives(program: Path) -> None:
    symbols = go("tool", "nm", "-type", "-size", str(program))
    for kind, size, name in (("B", 800, "main.zero"), ("B", 8, "main.table"), ("B", 8, "main.pointer"), ("D", 16, "main..inittask")):
        assert re.search(rf"\s{size} {kind} {re.escape(name)}\b", symbols), name
    listing = go("tool", "objdump", "-s", "main.try$", str(program))
    assert "TEXT main.try(SB)" in listing and "CALL" in listing and "?" not in listing
    assert go("tool", "buildid", str(program)).strip() == "id/id"


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
    with pytest.raises(UserError, match=r"could not import example\.com/none"):
        compiled(tmp_path, "bad", 'package bad\n\nimport "example.com/none"\n\nvar X = none.X\n')
    assert not (tmp_path / "bad.a").exists()


def test_a_bug_of_ours_leaves_no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Backend, func: object, check: bool = False) -> None:
        raise InternalError("select", "no rule", "good.F")

    monkeypatch.setattr(Backend, "function", broken)
    with pytest.raises(InternalError, match=r"select in good\.F: no rule"):
        compiled(tmp_path, "good", "package good\n\nfunc F() {}\n")
    assert not (tmp_path / "good.a").exists()


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
