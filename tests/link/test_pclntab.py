# SPDX-License-Identifier: BSD-3-Clause
"""The function table is stock's, byte for byte; pc tables survive decoding and encoding; broken ones are refused."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pcln_support import StockLink, link_up_to_text, stock_link
from stock import TARGETS

from pygo_cross.diag import UserError
from pygo_cross.link import binfile, findfunctab, functab, pclntab
from pygo_cross.link.main import link_image
from pygo_cross.link.nametab import expand_file
from pygo_cross.link.text import assign_text_addresses
from pygo_cross.obj import archive, goobj, pctab
from pygo_cross.obj.funcinfo import decode
from pygo_cross.obj.reader import Object
from pygo_cross.obj.reloctype import R_ADDROFF

# Inlining, deferred calls (open-coded and in a loop), recovery, generics, wrappers (go statements with arguments have
# funcdata that holds an address), method values, functions from assembly with and without a declaration.
PROGRAM = (
    (
        "main.go",
        """package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

type shape interface{ area() float64 }

type square struct{ side float64 }

func (s *square) area() float64 { return s.side * s.side }

type tile struct{ *square }

func twice(n int) int { return add(n, n) }

func add(a, b int) int

func recovered(n int) (result int) {
	defer func() {
		if recover() != nil {
			result = -1
		}
	}()
	return 10 / n
}

func loop(n int) {
	for i := range n {
		defer fmt.Print(i, " ")
	}
}

func largest[T int | string](list ...T) (best T) {
	for _, item := range list {
		best = max(best, item)
	}
	return
}

func send(out chan<- int, n int) { out <- n }

func main() {
	loop(3)
	out := make(chan int)
	go send(out, twice(2))
	var s shape = tile{&square{3}}
	area := s.area
	words := strings.Fields("b a")
	sort.Slice(words, func(i, j int) bool { return words[i] < words[j] })
	fmt.Println(<-out, recovered(0), largest(1, 2), largest("x", "y"), area(), errors.New("e"), words)
}
""",
    ),
    (
        "add_amd64.s",
        """#include "textflag.h"
TEXT ·add(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), AX
	ADDQ b+8(FP), AX
	MOVQ AX, ret+16(FP)
	CALL undeclared<>(SB)
	RET
TEXT undeclared<>(SB), NOSPLIT, $16-0
	RET
""",
    ),
    (
        "add_arm64.s",
        """#include "textflag.h"
TEXT ·add(SB), NOSPLIT, $0-24
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	ADD R0, R1, R0
	MOVD R0, ret+16(FP)
	CALL undeclared<>(SB)
	RET
TEXT undeclared<>(SB), NOSPLIT, $16-0
	RET
""",
    ),
)


def section_of(executable: bytes) -> bytes:
    """.gopclntab of an executable: the function table and findfunctab."""
    file = binfile.read(executable)
    section = functab.find_section(file, ".gopclntab")
    assert section is not None
    return bytes(file.content(section))


def linked_section(options: object) -> bytes:
    """.gopclntab as our linker makes it."""
    image = link_image(options)  # type: ignore[arg-type]
    found = [section for segment in image.segments() for section in segment.sections if section.name == ".gopclntab"]
    assert len(found) == 1 and found[0].content is not None
    return bytes(found[0].content)


def assert_same(ours: bytes, stock: bytes) -> None:
    """Like ==, but without printing half a megabyte when it is not so."""
    assert len(ours) == len(stock)
    at = next((i for i, (a, b) in enumerate(zip(ours, stock, strict=True)) if a != b), None)
    assert at is None


@pytest.mark.parametrize(("goos", "goarch"), TARGETS)
def test_same_section_as_stock(goos: str, goarch: str) -> None:
    link = stock_link(goos, goarch, PROGRAM, ("-s", "-w"))
    assert_same(linked_section(link.options()), section_of(link.executable))


def test_goroot_in_file_names() -> None:
    """Without -trimpath, the objects of the standard library name their files after $GOROOT."""
    program = (("main.go", 'package main\n\nfunc main() { println("hello") }\n'),)
    link = stock_link("linux", "amd64", program, ("-s", "-w"), trim=False)
    section = section_of(link.executable)
    assert f"{link.environment['GOROOT']}/src/runtime/proc.go".encode() in section
    assert_same(linked_section(link.options()), section)


def test_deferreturn_through_branch_islands() -> None:
    """Where a far call goes through an island, the record still has the place of the call of deferreturn."""
    link = stock_link("linux", "arm64", PROGRAM, ("-s", "-w", "-debugtramp=2"))
    stock, ours = (_deferreturns(section) for section in (section_of(link.executable), linked_section(link.options())))
    assert any(name.startswith("runtime.deferreturn+0-tramp") for name in ours)
    assert ours["main.recovered"] and ours["main.loop"]
    assert {name: at for name, at in ours.items() if at} == {name: at for name, at in stock.items() if at}


def _deferreturns(section: bytes) -> dict[str, int]:
    """_func.deferreturn by function name."""
    count, names, table = (struct.unpack_from("<Q", section, at)[0] for at in (8, 32, 64))
    result = {}
    for index in range(count):
        record = table + struct.unpack_from("<I", section, table + 8 * index + 4)[0]
        name, _args, deferreturn = struct.unpack_from("<iII", section, record + 4)
        start = names + name
        result[section[start : section.index(b"\0", start)].decode()] = deferreturn
    return result


def test_special_funcdata_are_in_the_program() -> None:
    """The program of these tests has what they are about: addresses in funcdata, funcdata that is not there, inlining."""
    link = link_up_to_text(stock_link("linux", "amd64", PROGRAM, ("-s", "-w")).options())
    assign_text_addresses(link)
    before = len(link.loader.sym_obj)
    pcln = pclntab.generate(link)
    findfunctab.generate(link, pcln)
    loader = link.loader
    assert any(reloc[2] == R_ADDROFF for sym in pcln.special for reloc in loader.relocs(sym))
    assert [loader.name(sym) for sym in pcln.parts] == [
        *("runtime.pcheader", "runtime.funcnametab", "runtime.cutab", "runtime.filetab", "runtime.pctab", "runtime.functab"),
        "go:func.*",
    ]
    trees = [sym for sym in pcln.special if sym >= before]
    assert len(trees) > 100 and not any(loader.name(sym) for sym in trees)
    assert pcln.funcdata not in pcln.hidden and pcln.special < pcln.hidden
    assert pcln.carrier < min(pcln.parts) and pcln.findfunctab > max(pcln.parts)
    assert pcln.nfunc == len(link.textp) and (pcln.first_func, pcln.last_func) == (link.textp[0], link.textp[-1])


@pytest.mark.parametrize(
    ("name", "goroot", "expected"),
    [
        ("fmt/print.go", "/go", "fmt/print.go"),
        ("$GOROOT/src/fmt/print.go", "", "$GOROOT/src/fmt/print.go"),
        ("$GOROOT/src/fmt/print.go", "/usr/lib/go", "/usr/lib/go/src/fmt/print.go"),
        ("$GOROOT/src/../x.go", "/usr/lib/go/", "/usr/lib/go/x.go"),
        ("$GOROOTS/x.go", "/go", "$GOROOTS/x.go"),
        ("gofile../a/b.go", "/go", "/a/b.go"),
        ("gofile..$GOROOT/b.go", "/go", "/go/b.go"),
    ],
)
def test_expand_file(name: str, goroot: str, expected: str) -> None:
    assert expand_file(name, goroot) == expected


# findfunctab.


def naive_findfunctab(starts: list[int], end: int) -> bytes:
    """As the runtime reads it: for each 256 bytes the lowest function with a byte there."""
    steps = -(-(end - starts[0]) // 256)
    first = []
    for step in range(steps):
        low = starts[0] + 256 * step
        inside = [i for i, (a, b) in enumerate(zip(starts, [*starts[1:], end], strict=True)) if a < low + 256 and b > low]
        first.append(min(inside))
    first[0] = 0
    table = b""
    for step in range(0, steps, 16):
        part = first[step : step + 16]
        table += struct.pack("<I", part[0]) + bytes(index - part[0] for index in part)
    return table


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=60), st.integers(0, 1 << 20))
def test_findfunctab_of_any_sizes(sizes: list[int], base: int) -> None:
    starts, at = [], base
    for size in sizes:
        starts.append(at)
        at += size
    if at == base:
        assert findfunctab.build(starts, at) == b""
    else:
        assert findfunctab.build(starts, at) == naive_findfunctab(starts, at)


def test_too_many_functions_in_a_bucket() -> None:
    with pytest.raises(UserError) as caught:
        findfunctab.build([*range(4000, 4300), 8000], 12000)
    assert caught.value.diagnostics[0].code == "too-many-functions"


# Pc tables.


@pytest.mark.parametrize("goarch", ["amd64", "arm64"])
def test_every_table_of_the_runtime_round_trips(goarch: str) -> None:
    link = stock_link("linux", goarch, PROGRAM, ("-s", "-w"))
    quantum = 4 if goarch == "arm64" else 1
    path = link.options().packages["runtime"]
    tables = functions = 0
    for member in archive.members(path, archive.map_file(path)):
        if not archive.is_object_name(member.name):
            continue
        obj = Object(path, archive.split_object(path, member.body)[1])
        first_hashed = {goobj.PKG_HASHED64: obj.ndef, goobj.PKG_HASHED: obj.ndef + obj.nhashed64, goobj.PKG_SELF: 0}
        for function in range(obj.nall):
            for kind, package, index in obj.auxs(function):
                if kind < goobj.AUX_PCSP or package not in first_hashed:
                    continue
                data = bytes(obj.data(first_hashed[package] + index))
                steps = pctab.decode(data, quantum)
                assert pctab.encode(steps, quantum) == data
                assert pctab.is_whole(data)
                tables += 1
                if kind == goobj.AUX_PCSP:
                    functions += 1
                    assert steps[-1][0] == obj.size(function)
    assert functions > 2000 and tables > 5 * functions


step_lists = st.lists(st.tuples(st.integers(0, 1 << 24), st.integers(-(1 << 31), (1 << 31) - 1)), max_size=30)


@given(step_lists, st.sampled_from([1, 4]))
def test_tables_of_any_steps(raw: list[tuple[int, int]], quantum: int) -> None:
    steps, at, last = [], 0, None
    for distance, value in raw:
        if value != last:
            at += distance // 30 * quantum
            steps.append((at, value))
            last = value
    data = pctab.encode(steps, quantum)
    assert pctab.decode(data, quantum) == steps
    assert pctab.is_whole(data)
    for cut in range(1, len(data)):
        with pytest.raises(ValueError, match="cut short"):
            pctab.decode(data[:cut], quantum)


@given(st.binary(max_size=40))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    try:
        steps = pctab.decode(data, 1)
    except ValueError:
        return
    assert all(0 <= end < 1 << 32 and -(1 << 31) <= value < 1 << 31 for end, value in steps)


@pytest.mark.parametrize("steps", [[(4, 1), (8, 1)], [(8, 1), (4, 2)], [(6, 1)]])
def test_steps_that_no_table_can_tell(steps: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="can't follow"):
        pctab.encode(steps, 4)


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        pctab.decode(b"\x80" * 1000, 1)


# Corrupt objects.


def corrupted(link: StockLink, folder: Path, name: str, aux_kind: int, edit: object) -> Path:
    """A copy of package main's archive in which `edit` has changed the `aux_kind` data of function `name`."""
    data = bytearray(link.archive.read_bytes())
    for member in archive.members("main.a", memoryview(bytes(data))):
        if not archive.is_object_name(member.name):
            continue
        obj = Object("main.a", archive.split_object("main.a", member.body)[1])
        base = {goobj.PKG_SELF: 0, goobj.PKG_HASHED64: obj.ndef, goobj.PKG_HASHED: obj.ndef + obj.nhashed64, goobj.PKG_NONE: 0}
        for function in range(obj.nall):
            if obj.name(function) != name:
                continue
            for kind, package, index in obj.auxs(function):
                if kind == aux_kind:
                    old = bytes(obj.data(base[package] + index))
                    start = data.index(bytes(obj.view)) + obj.offsets[goobj.BLK_DATA]
                    at = data.index(old, start)
                    data[at : at + len(old)] = edit(old)  # type: ignore[operator]
                    path = folder / "main.a"
                    path.write_bytes(data)
                    return path
    raise AssertionError(f"{name} has no such data")


@pytest.mark.parametrize(
    ("aux_kind", "edit", "message"),
    [
        (goobj.AUX_PCLINE, lambda old: old[:-1] + b"\x80", "a pc table is cut short"),
        (goobj.AUX_PCSP, lambda old: b"\xff" * len(old), "a pc table is cut short"),
        (goobj.AUX_FUNCINFO, lambda old: old[:20] + b"\xf0\0\0\0" + old[24:], "it has no file 240, which one of its functions names"),
        (goobj.AUX_FUNCINFO, lambda old: old[:16] + b"\xff\xff\xff\xff" + old[20:], "function information is cut short"),
        (goobj.AUX_FUNCINFO, lambda old: old[:-12] + b"\xff\0\0\0\xff\xff\xff\x7f" + old[-4:], "reference to symbol"),
    ],
)
def test_corrupt_function_information(tmp_path: Path, aux_kind: int, edit: object, message: str) -> None:
    link = stock_link("linux", "amd64", PROGRAM, ("-s", "-w"))
    path = corrupted(link, tmp_path, "main.main", aux_kind, edit)
    with pytest.raises(UserError) as caught:
        link_image(link.options(path))
    assert caught.value.diagnostics[0].code == "bad-object"
    assert message in caught.value.diagnostics[0].message
    assert caught.value.diagnostics[0].pos.file.startswith(str(path))


def test_main_inlines_calls() -> None:
    """The corruption test above edits main.main's inline tree, so it must have one."""
    link = stock_link("linux", "amd64", PROGRAM, ("-s", "-w"))
    for member in archive.members("main.a", archive.map_file(str(link.archive))):
        if member.name == "_go_.o":
            obj = Object("main.a", archive.split_object("main.a", member.body)[1])
            function = next(i for i in range(obj.nall) if obj.name(i) == "main.main")
            info = next(index for kind, _package, index in obj.auxs(function) if kind == goobj.AUX_FUNCINFO)
            assert decode("main.a", obj.data(info)).inline
            return
    raise AssertionError("no object")
