# SPDX-License-Identifier: BSD-3-Clause
"""Debug information is stock's, byte for byte; readers of their own understand it; corrupt objects are refused."""

from __future__ import annotations

import functools
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import full
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pcln_support import StockLink, stock_link
from stock import go_build, go_command

from pygo_cross.diag import UserError
from pygo_cross.link import binfile
from pygo_cross.link.dwarf import abbrev
from pygo_cross.link.dwarf.compress import compress
from pygo_cross.link.dwarf.info import dwarf_version
from pygo_cross.link.dwarf.lines import gdb_script, line_header
from pygo_cross.link.image import READ, Section
from pygo_cross.link.main import link_image
from pygo_cross.link.output import executable_bytes
from pygo_cross.obj import archive, goobj, reloctype
from pygo_cross.obj.leb import fixed_uleb, sleb, uleb
from pygo_cross.obj.reader import Object

# Every kind of type; instances of generics and their dictionaries; inlined and abstract functions, closures, range
# functions; variables in registers, on the stack and captured; constants. FIPS code lies apart from its unit's other code.
_MAIN = """package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"sort"
	"strings"
	"unsafe"
)

type Number interface{ ~int | ~float64 }

type Pair[K comparable, V any] struct {
	Key  K
	Val  V
	next *Pair[K, V]
}

type Tree[T any] struct {
	Left, Right *Tree[T]
	fmt.Stringer
	Data [4]T
	f    func(a T, more ...string) (T, error)
	_    [0]int
}

type big [200]byte

const Answer = 42

var Global = map[string][]Pair[string, map[int]chan<- big]{}
var Pointer unsafe.Pointer
var channel = make(chan *Tree[complex128], 3)
var anonymous = struct {
	a, b int
	c    interface{ M(int) string }
}{a: 1}

//go:noinline
func Sum[T Number](xs ...T) (total T) {
	for i, x := range xs {
		func() { total += x; _ = i }()
	}
	return
}

//go:noinline
func (p *Pair[K, V]) Walk(f func(K, V) bool) {
	for q := p; q != nil; q = q.next {
		if !f(q.Key, q.Val) {
			return
		}
	}
}

func seq(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func main() {
	defer func() { recover() }()
	fmt.Println(Sum(1, 2, Answer), Sum(1.5, 2), len(Global), anonymous, Pointer, chain)
	p := &Pair[string, float64]{Key: "x", next: &Pair[string, float64]{}}
	p.Walk(func(s string, f float64) bool { fmt.Println(s, f); return true })
	var t Tree[uint8]
	t.f = func(a uint8, more ...string) (uint8, error) { return a + uint8(len(more)), nil }
	for i := range seq(3) {
		fmt.Fprintln(os.Stderr, i, strings.Repeat("a", i), sha256.Sum256(nil))
	}
	m := map[big]map[Pair[int, string]]any{}
	sort.Slice(os.Args, func(i, j int) bool { return os.Args[i] < os.Args[j] })
	go func() { channel <- nil }()
	<-channel
	r, _ := t.f(1, "x")
	fmt.Println(len(m), r)
}
"""

# Each type leads to the next, so that their entries wait for each other, more of them than Python's stack is deep.
_CHAIN_LENGTH = 1200
_CHAIN = "package main\n\nvar chain C0\n\n" + "".join(f"type C{i} struct{{ next *C{i + 1} }}\n" for i in range(_CHAIN_LENGTH))
_PROGRAM = (("main.go", _MAIN), ("chain.go", f"{_CHAIN}type C{_CHAIN_LENGTH} int\n"))
_PLAIN = ("-compressdwarf=false",)
_ONE_OF_EACH = (("linux", "arm64"), ("darwin", "amd64"))

# Prints what Go's own reader finds: all entries with all attributes, all rows of all line tables.
_READER = """package main

import (
	"debug/dwarf"
	"debug/elf"
	"debug/macho"
	"fmt"
	"os"
)

func main() {
	var data *dwarf.Data
	var err error
	if file, bad := elf.Open(os.Args[1]); bad == nil {
		data, err = file.DWARF()
	} else if file, bad := macho.Open(os.Args[1]); bad == nil {
		data, err = file.DWARF()
	}
	if err != nil {
		panic(err)
	}
	reader := data.Reader()
	for {
		entry, err := reader.Next()
		if err != nil {
			panic(err)
		}
		if entry == nil {
			break
		}
		if entry.Tag == dwarf.TagSubprogram || entry.Tag == dwarf.TagStructType || entry.Tag == dwarf.TagTypedef {
			fmt.Println(entry.Tag, entry.Val(dwarf.AttrName), entry.Val(dwarf.AttrLowpc))
		}
		if entry.Tag != dwarf.TagCompileUnit {
			continue
		}
		lines, err := data.LineReader(entry)
		if err != nil {
			panic(err)
		}
		var row dwarf.LineEntry
		for lines != nil && lines.Next(&row) == nil {
			fmt.Println("line", row.Address, row.File.Name, row.Line)
		}
	}
}
"""


@functools.cache
def _ours(goos: str, goarch: str, link_flags: tuple[str, ...]) -> bytes:
    return executable_bytes(link_image(stock_link(goos, goarch, _PROGRAM, link_flags).options()))


def _debug_sections(data: bytes) -> dict[str, bytes]:
    """The debug sections of an executable by name, as they stand in the file."""
    file = binfile.read(data)
    return {section.name: file.content(section) for section in file.sections if "debug_" in section.name}


@pytest.mark.parametrize(
    ("goos", "goarch"), [("linux", "amd64"), *_ONE_OF_EACH, *full.more("test_layoutreport.py compares it", ("darwin", "arm64"))]
)
def test_same_bytes_as_stock(goos: str, goarch: str) -> None:
    stock = stock_link(goos, goarch, _PROGRAM, _PLAIN)
    assert stock.messages == ""
    expected, found = _debug_sections(stock.executable), _debug_sections(_ours(goos, goarch, _PLAIN))
    assert list(found) == list(expected)
    assert [name for name in expected if found[name] != expected[name]] == []
    version = 4 if goos == "darwin" else 5
    info = next(content for name, content in expected.items() if name.endswith("debug_info"))
    assert struct.unpack_from("<IH", info)[1] == version
    # What comes after the debug sections is where stock has it, too.
    assert _ours(goos, goarch, _PLAIN) == stock.executable


def test_goroot_in_file_names() -> None:
    stock = stock_link("linux", "amd64", _PROGRAM, _PLAIN, trim=False)
    ours = _debug_sections(executable_bytes(link_image(stock.options())))
    assert ours == _debug_sections(stock.executable)
    goroot = stock.environment["GOROOT"].encode()
    assert b"\1" + goroot + b"/src/runtime/runtime-gdb.py\0" == ours[".debug_gdb_scripts"]


# Compression.


def _unpacked(name: str, content: bytes) -> tuple[str, bytes]:
    """A section's name and content without compression; checks the header."""
    if name.startswith("__zdebug_"):
        assert content[:4] == b"ZLIB"
        plain = zlib.decompress(content[12:])
        assert int.from_bytes(content[4:12], "big") == len(plain)
        return "__" + name[3:], plain
    if content[:4] == b"\1\0\0\0" and content[24:25] == b"\x78":
        plain = zlib.decompress(content[24:])
        assert struct.unpack_from("<IIQQ", content) == (1, 0, len(plain), 1)
        return name, plain
    return name, content


@pytest.mark.parametrize(("goos", "goarch"), _ONE_OF_EACH)
def test_compressed_sections_hold_the_same(goos: str, goarch: str) -> None:
    ours = _debug_sections(_ours(goos, goarch, ()))
    expected = _debug_sections(stock_link(goos, goarch, _PROGRAM, ()).executable)
    assert list(ours) == list(expected)
    assert [_unpacked(*item) for item in ours.items()] == [_unpacked(*item) for item in expected.items()]
    plain = _debug_sections(_ours(goos, goarch, _PLAIN))
    assert sum(map(len, ours.values())) < sum(map(len, plain.values())) / 2


@pytest.mark.parametrize("goos", ["linux", "darwin"])
def test_sections_stay_plain_when_that_is_no_longer(goos: str) -> None:
    for content in (b"", b"\1runtime/runtime-gdb.py\0"):
        section = Section(".debug_gdb_scripts", 64, len(content), 1, READ, content)
        compress(section, goos)
        assert (section.name, section.size, section.content, section.compressed) == (".debug_gdb_scripts", len(content), content, False)


@pytest.mark.parametrize(("goos", "name", "marked"), [("linux", ".debug_line", True), ("darwin", ".zdebug_line", False)])
def test_compressed_section_is_marked(goos: str, name: str, marked: bool) -> None:
    section = Section(".debug_line", 64, 4096, 1, READ, bytes(4096))
    compress(section, goos)
    assert (section.name, section.compressed) == (name, marked)
    assert section.content is not None
    assert section.size == len(section.content) < 4096


# Readers of their own.


@functools.cache
def _reader() -> bytes:
    host = subprocess.run([go_command(), "env", "GOHOSTOS", "GOHOSTARCH"], check=True, capture_output=True, text=True).stdout.split()
    return go_build(host[0], host[1], "", {"main.go": _READER})


@pytest.mark.parametrize(("goos", "goarch"), _ONE_OF_EACH)
def test_go_reads_it(goos: str, goarch: str, tmp_path: Path) -> None:
    reader, program = tmp_path / "reader", tmp_path / "program"
    reader.write_bytes(_reader())
    reader.chmod(0o755)
    program.write_bytes(_ours(goos, goarch, ()))
    done = subprocess.run([reader, program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    names = {line.split(" ", 1)[1].rsplit(" ", 1)[0] for line in lines if not line.startswith("line ")}
    assert {"main.main", "main.Sum[go.shape.int]", "main.C0", f"main.C{_CHAIN_LENGTH - 1}", "string", "[]string"} <= names
    assert {"hchan<*main.Tree[complex128]>", "map<string,[]main.Pair[string,map[int]chan<- main.big]>"} <= names
    body = _MAIN.splitlines().index("\tdefer func() { recover() }()") + 1
    assert any(line.startswith("line ") and line.endswith(f"main.go {body}") for line in lines)


@pytest.mark.parametrize(("link_flags", "wanted"), [(("-w",), False), (("-s", "-w=0"), True)])
def test_no_debug_information_if_not_asked_for(link_flags: tuple[str, ...], wanted: bool) -> None:
    image = link_image(stock_link("linux", "amd64", _PROGRAM, link_flags).options())
    assert bool(image.dwarf.sections) == wanted


# Parts.


@pytest.mark.parametrize(
    ("goos", "experiments", "version"),
    [
        ("linux", "", 5),
        ("linux", "greenteagc,nodwarf5", 4),
        ("linux", "none", 4),
        ("darwin", "", 4),
        ("darwin", "dwarf5", 5),
    ],
)
def test_version(goos: str, experiments: str, version: int) -> None:
    assert dwarf_version(goos, experiments) == version


def _read_leb(data: bytes, signed: bool) -> tuple[int, int]:
    value = at = 0
    while True:
        value |= (data[at] & 0x7F) << (7 * at)
        at += 1
        if data[at - 1] < 0x80:
            break
    if signed and data[at - 1] & 0x40:
        value -= 1 << (7 * at)
    return value, at


@given(st.integers(0, (1 << 64) - 1))
def test_unsigned_numbers(value: int) -> None:
    encoded = uleb(value)
    assert _read_leb(encoded, False) == (value, len(encoded))
    assert len(encoded) == max(1, -(-value.bit_length() // 7))


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_signed_numbers(value: int) -> None:
    encoded = sleb(value)
    assert _read_leb(encoded, True) == (value, len(encoded))
    assert len(encoded) == 1 or _read_leb(encoded[:-2] + bytes((encoded[-2] & 0x7F,)), True)[0] != value


@given(st.integers(0, (1 << 28) - 1), st.integers(1, 4))
def test_numbers_of_a_fixed_length(value: int, length: int) -> None:
    if value >> (7 * length):
        with pytest.raises(OverflowError):
            fixed_uleb(value, length)
    else:
        assert len(fixed_uleb(value, length)) == length
        assert _read_leb(fixed_uleb(value, length), False) == (value, length)


def test_file_tables() -> None:
    """Folders are numbered by first use; the folder of a bare name is the unit's own."""
    files = ["a.go", "fmt/print.go", "/src//x/../y.go", "fmt/scan.go", "<missing>_4", "/z.go"]
    header = line_header(files, 5, 100)
    folders = b"\x01\x01\x08\x04" + b".\0fmt\0/src\0/\0"
    names = b"?\0\0a.go\0\0print.go\0\1y.go\0\2scan.go\0\1<missing>_4\0\0z.go\0\3"
    assert header.endswith(folders + b"\x02\x01\x08\x02\x0f\x07" + names)
    length, version, address_size, segment, rest = struct.unpack_from("<IHBBI", header)
    assert (length, version, address_size, segment, rest) == (len(header) - 4 + 100, 5, 8, 0, len(header) - 12)
    header = line_header(files, 4, 0)
    assert header.endswith(b"\0fmt\0/src\0/\0\0a.go\0\0\0\0print.go\0\1\0\0y.go\0\2\0\0scan.go\0\1\0\0<missing>_4\0\0\0\0z.go\0\3\0\0\0")
    assert struct.unpack_from("<IHI", header) == (len(header) - 4, 2, len(header) - 10)


def test_script_lies_beside_the_runtime() -> None:
    assert gdb_script(["/go/src/runtime/alg.go", "/go/src/runtime/proc.go"]) == b"\1/go/src/runtime/runtime-gdb.py\0"
    assert gdb_script(["runtime/alg.go"]) == b""


def test_abbreviations_are_numbered_as_the_compiler_does() -> None:
    table = abbrev.abbreviations("linux", 5)
    assert len(table) == 47
    assert len(abbrev.encode(table)) > len(table) * 5


# Corrupt objects: a program without imports is enough.

_SMALL = """package main

type big [200]byte
type C7 struct{ next *C8 }
type C8 int

var large big
var chained C7

//go:noinline
func call(f func() int) int { return f() }

func main() {
	defer func() { recover() }()
	n := 1
	println(&large, &chained, call(func() int { n++; return n }))
}
"""


def _edited(link: StockLink, folder: Path, edit: Callable[[bytearray, Object, int], None]) -> Path:
    """A copy of package main's archive whose compiled object `edit` has changed: it gets the archive and where the object is."""
    data = bytearray(link.archive.read_bytes())
    for member in archive.members("main.a", memoryview(bytes(data))):
        if member.name == "_go_.o":
            obj = Object("main.a", archive.split_object("main.a", member.body)[1])
            edit(data, obj, data.index(bytes(obj.view)))
    path = folder / "main.a"
    path.write_bytes(data)
    return path


def _function_entry(obj: Object, name: str) -> int:
    """The local index of a function's entry."""
    function = next(li for li in range(obj.nall) if obj.name(li) == name)
    package, index = next((package, index) for kind, package, index in obj.auxs(function) if kind == goobj.AUX_DWARFINFO)
    bases = {goobj.PKG_SELF: 0, goobj.PKG_HASHED64: obj.ndef, goobj.PKG_HASHED: obj.ndef + obj.nhashed64}
    return bases.get(package, obj.nall - obj.nnonpkgdef) + index


def _relocation(kind: int, **fields: int) -> Callable[[bytearray, Object, int], None]:
    """Set fields of the first relocation of a kind in main.main's entry."""
    layout = {"offset": ("<i", 0), "type": ("<H", 5), "package": ("<I", 15), "index": ("<I", 19)}

    def edit(data: bytearray, obj: Object, start: int) -> None:
        entry = _function_entry(obj, "main.main")
        first = sum(len(obj.relocs(li)) for li in range(entry))
        number = next(number for number, reloc in enumerate(obj.relocs(entry)) if reloc[2] == kind)
        for field, value in fields.items():
            form, at = layout[field]
            struct.pack_into(form, data, start + obj.offsets[goobj.BLK_RELOC] + (first + number) * goobj.RELOC.size + at, value)

    return edit


def _descriptor(obj: Object, name: str) -> int:
    return next(li for li in range(obj.nall) if obj.name(li) == name)


def _kind_of_type(data: bytearray, obj: Object, start: int) -> None:
    content = bytes(obj.data(_descriptor(obj, "type:main.big")))
    at = data.index(content, start + obj.offsets[goobj.BLK_DATA])
    data[at + 23] = 99


def _field_count(data: bytearray, obj: Object, start: int) -> None:
    content = bytes(obj.data(_descriptor(obj, "type:main.C7")))
    at = data.index(content, start + obj.offsets[goobj.BLK_DATA])
    struct.pack_into("<Q", data, at + 64, 1 << 40)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_relocation(reloctype.R_DWARFSECREF, offset=1 << 20), "a relocation at 1048576 lies outside"),
        (_relocation(reloctype.R_DWARFSECREF, offset=-1), "a relocation at -1 lies outside"),
        (_relocation(reloctype.R_DWARFSECREF, type=reloctype.R_CALL), "R_CALL has no place in debug information"),
        (_relocation(reloctype.R_DWARFSECREF, index=1 << 30), "refers to a symbol that is not there"),
        (_relocation(reloctype.R_DWTXTADDR_U1, package=goobj.PKG_BUILTIN, index=0), "of another unit"),
        (_relocation(reloctype.R_DWTXTADDR_U1, type=reloctype.R_USETYPE), "is no type, and serves as one"),
        (_kind_of_type, "type main.big is of the unknown kind 99"),
        (_field_count, "the descriptor of type:main.C7 is cut short"),
    ],
)
def test_corrupt_objects_are_refused(tmp_path: Path, edit: Callable[[bytearray, Object, int], None], message: str) -> None:
    link = stock_link("linux", "amd64", (("main.go", _SMALL),), _PLAIN)
    path = _edited(link, tmp_path, edit)
    with pytest.raises(UserError) as caught:
        link_image(link.options(path))
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == "bad-object"
    assert message in diagnostic.message
    assert diagnostic.pos.file.startswith(str(path))
