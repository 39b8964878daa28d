# SPDX-License-Identifier: BSD-3-Clause
"""What is wrong with a link's input is said in one line that names it; never a traceback, a wild allocation or part of a file.

Objects are damaged in two ways: by hand, where the message matters, and by chance, many times, where it only matters that there is one.
PYGO_CROSS_DAMAGE sets how many times (default 20 of each kind, 40 in the full run).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import shutil
import traceback
from collections.abc import Callable
from pathlib import Path

import full
import pytest
from capture import Captured, Captures
from edit import Editor
from mutate import damage, edit
from programs import TINY, TINY_OUTPUT
from test_link import HOST, STRIPPED, link_both, native, run

from pygo_cross.diag import UserError
from pygo_cross.link import flags as link_flags
from pygo_cross.link.library import NO_FINGERPRINT, Library, postorder
from pygo_cross.link.main import link_main

SEEDS = int(os.environ.get("PYGO_CROSS_DAMAGE", "40" if full.asked() else "20"))
_MEMORY = 3 << 30


@pytest.fixture(scope="session")
def tiny(captures: Captures) -> Captured:
    """The small program, for linux/amd64."""
    return captures.get("linux", "amd64", TINY)


def problem(captured: Captured, *flags: str) -> str:
    """The one-line message with which a link is refused."""
    with pytest.raises(UserError) as caught:
        captured.ours(*STRIPPED, *flags)
    text = str(caught.value)
    assert "\n" not in text
    return text


def problems(captured: Captured, *flags: str) -> list[str]:
    """All messages of a link that is refused."""
    with pytest.raises(UserError) as caught:
        captured.ours(*STRIPPED, *flags)
    return str(caught.value).split("\n")


@native
def test_undamaged(captures: Captures, tmp_path: Path) -> None:
    done = run(link_both(captures.get(*HOST, TINY), *STRIPPED), tmp_path)
    assert (done.returncode, done.stderr) == (0, TINY_OUTPUT)


# Files.


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"!<arch>\n", "not package main; name the archive of a main package"),
        (b"!<arch>\n__.PKGDEF", "malformed archive: no member header at offset 8; build the package again"),
        (b"text\n", "not a Go object file; name an archive that a Go compiler wrote"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "package main contains an object of a C compiler; cgo is not supported"),
        (b"\xcf\xfa\xed\xfe" + bytes(100), "package main contains an object of a C compiler; cgo is not supported"),
        (b"go object linux amd64 go1.27.3", "truncated object file"),
        (b"go object linux amd64 go1.26.0 X:none\n\n!\n", "package main was compiled by go1.26.0, this linker speaks go1.27.3"),
        (b"go object linux arm64 go1.27.3\n\n!\n", "package main was compiled for linux/arm64, the link is for linux/amd64"),
        (b"go object linux amd64 go1.27.3\n\n!\n\0go119ld" + bytes(200), "object file of another Go release (format go119ld)"),
        (b"go object linux amd64 go1.27.3\n\n!\nnonsense" + bytes(200), "not a Go object file"),
        (b"go object linux amd64 go1.27.3\n\n!\n\0go120ld" + bytes(200), "truncated or corrupt object file: blocks lie outside it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_archive(data: bytes, message: str, tiny: Captured, tmp_path: Path) -> None:
    path = tmp_path / "main.a"
    path.write_bytes(data)
    assert problem(tiny.with_archive(path)).startswith(f"{path}: {message}")


def test_missing_files(tiny: Captured, tmp_path: Path) -> None:
    assert problem(tiny.with_archive(tmp_path / "missing.a")) == f"{tmp_path}/missing.a: cannot open: No such file or directory"
    assert problem(tiny.with_archive(tmp_path)).startswith(f"{tmp_path}: cannot ")
    absent = tmp_path / "absent.a"
    assert problem(tiny.with_packages(tmp_path / "importcfg", {"runtime": absent})).startswith(f"{absent}: cannot open")
    assert problem(tiny, "-importcfg", str(absent)).startswith(f"{absent}: cannot read the import configuration")
    source = tmp_path / "main.go"
    source.write_text("package main\n\nfunc main() {}\n")
    assert problem(tiny.with_archive(source)).startswith(f"{source}: uncompiled .go source file")


@pytest.mark.parametrize("size", [7, 8, 60, 68, 100, 4000, 30000, 60000, -200, -100, -2])
def test_truncated_archive(size: int, tiny: Captured, tmp_path: Path) -> None:
    path = tmp_path / "main.a"
    path.write_bytes(tiny.archive.read_bytes()[:size])
    assert str(path) in problem(tiny.with_archive(path))


def test_huge_files(tiny: Captured, tmp_path: Path) -> None:
    """A member that claims to be huge, and files that are, though without content, take neither time nor memory."""
    path = tmp_path / "main.a"
    data = tiny.archive.read_bytes()
    at = data.index(b"_go_.o") + 48
    path.write_bytes(data[:at] + b"9999999999" + data[at + 10 :])
    assert problem(tiny.with_archive(path)) == f"{path}: truncated archive; build the package again"
    for start, message in ((b"go object linux amd64 go1.27.3", "truncated object file"), (b"!<arch>\n", "malformed archive")):
        path.write_bytes(start)
        os.truncate(path, 16 << 30)
        assert problem(tiny.with_archive(path)).startswith(f"{path}: {message}")


def test_import_cycle() -> None:
    """Objects of a compiler have none; the order of packages must not hang or overflow on those that do, or on long chains."""
    packages = [Library(f"p{number}", f"p{number}.a", "main", NO_FINGERPRINT) for number in range(5000)]
    for library, imported in itertools.pairwise(packages):
        library.imports.append(imported)
    assert postorder(packages) == packages[::-1]
    packages[-1].imports.append(packages[4000])
    with pytest.raises(UserError, match="import cycle through package p4000"):
        postorder(packages)


def test_importcfg(tiny: Captured, tmp_path: Path) -> None:
    path = tmp_path / "importcfg"
    path.write_text('packagefile runtime\nnonsense x\nmodinfo "\\q"\n# comment\n\npackagefile fmt=\n')
    assert problems(tiny, "-importcfg", str(path)) == [
        f"{path}:1: invalid packagefile; write packagefile path=filename",
        f"{path}:2: unknown directive 'nonsense'; expected packagefile or modinfo",
        f"{path}:3: invalid modinfo: not a Go string literal",
        f"{path}:6: invalid packagefile; write packagefile path=filename",
    ]
    path.write_text("")
    alone = Captured(tiny.folder, ["-importcfg", str(path)], tiny.archive, tiny.environment, tiny.linker)
    assert "cannot find package" in problem(alone) and "the import configuration must name every package of the program" in problem(alone)


def test_missing_package(tiny: Captured, tmp_path: Path) -> None:
    text = problem(tiny.with_packages(tmp_path / "importcfg", {"example.com/program/part": None}))
    assert text.startswith(f"{tiny.archive}(_go_.o): cannot find package example.com/program/part, imported by main")


def test_another_package_in_its_place(tiny: Captured, tmp_path: Path) -> None:
    packages = tiny.packages()
    text = problem(tiny.with_packages(tmp_path / "importcfg", {"example.com/program/part": packages["internal/cpu"]}))
    assert text.startswith(f"{packages['internal/cpu']}: fingerprint mismatch: package example.com/program/part has ")
    assert text.endswith("; build main again") and "main was compiled against" in text


def test_not_package_main(tiny: Captured) -> None:
    path = tiny.packages()["example.com/program/part"]
    assert problem(tiny.with_archive(path)) == f"{path}: not package main; name the archive of a main package"


def test_objects_of_another_target(tiny: Captured, captures: Captures, tmp_path: Path) -> None:
    other = captures.get("darwin", "arm64", TINY)
    text = problem(tiny.with_archive(other.archive))
    assert text.startswith(f"{other.archive}(_go_.o): package main was compiled for darwin/arm64, the link is for linux/amd64")
    path = other.packages()["internal/cpu"]
    text = problem(tiny.with_packages(tmp_path / "importcfg", {"internal/cpu": path}))
    assert text.startswith(f"{path}(_go_.o): package internal/cpu was compiled for darwin/arm64")


def test_objects_of_other_settings(tiny: Captured, tmp_path: Path) -> None:
    """GOAMD64=v3, GOEXPERIMENT: all objects agree with package main's first line, the release included."""
    data = tiny.archive.read_bytes()
    path = tmp_path / "main.a"
    at = data.index(b"go object linux amd64 ")
    line = data[at : data.index(b"\n", at)]
    path.write_bytes(data.replace(line, line.replace(b"GOAMD64=v1", b"GOAMD64=v3")))
    assert "was compiled with other settings" in problem(tiny.with_archive(path))
    path.write_bytes(data.replace(b"go1.27.3", b"go1.27.2"))
    assert "package main was compiled by go1.27.2, this linker speaks go1.27.3" in problem(tiny.with_archive(path))


def test_cgo(tiny: Captured, tmp_path: Path) -> None:
    path = tmp_path / "main.a"
    body = b"\x7fELF\x02\x01\x01" + bytes(57)
    member = b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (b"x_cgo.o", 0, 0, 0, 0o644, len(body)) + body
    path.write_bytes(tiny.archive.read_bytes() + member)
    expected = "package main contains an object of a C compiler; cgo is not supported; build with CGO_ENABLED=0"
    assert problem(tiny.with_archive(path)) == f"{path}(x_cgo.o): {expected}"


# Programs that compile and do not link.


def program(captures: Captures, **files: str) -> Captured:
    """A program of packages of one Go file each, by file names with `__` for `/`; functions of package main may lack a body."""
    return captures.get("linux", "amd64", {name.replace("__", "/") + ".go": text for name, text in files.items()} | {"empty.s": ""})


_PREFIX = 'package main\n\nimport _ "unsafe"\n\n'


def test_undefined_function(captures: Captures) -> None:
    """It is named, with all who refer to it; stock refuses the same."""
    captured = program(
        captures, main=_PREFIX + "func missing(int) int\n\nfunc other() { missing(1) }\n\nfunc main() { other(); println(missing(2)) }\n"
    )
    assert captured.stock().status
    assert problem(captured) == "main: main.main: relocation target main.missing not defined"


def test_undefined_in_several_functions(captures: Captures) -> None:
    functions = "".join(f"//go:noinline\nfunc f{i:02}() {{ missing() }}\n" for i in range(15))
    calls = "; ".join(f"f{i:02}()" for i in range(15))
    captured = program(captures, main=_PREFIX + f"func missing()\n\n{functions}\nfunc main() {{ {calls} }}\n")
    some, everything = problems(captured), problems(captured, "-e")
    assert some == [*everything[:10], "~: too many errors"] or some[:10] == everything[:10]
    assert everything == [f"main: main.f{i:02}: relocation target main.missing not defined" for i in range(15)]
    assert len(some) == 11 and "too many errors" in some[-1]


def test_undefined_for_want_of_a_wrapper(captures: Captures) -> None:
    sources = {"main.go": _PREFIX + "func start()\n\nfunc goes() {}\n\nfunc main() { start() }\n"}
    sources["start_amd64.s"] = "TEXT ·start(SB), 4, $0-0\n\tCALL other·nowhere(SB)\n\tRET\n"
    captured = captures.get("linux", "amd64", sources)
    assert problem(captured) == "main: main.start: relocation target other.nowhere not defined"


def test_no_main(captures: Captures) -> None:
    captured = program(captures, main="package main\n\nfunc init() {}\n")
    assert "function main is undeclared in the main package" in captured.stock().messages
    assert problem(captured).endswith("function main is undeclared in the main package")


def test_defined_twice(captures: Captures) -> None:
    body = 'import _ "unsafe"\n\n//go:linkname f example.com/other.f\nfunc f() int { return 1 }\n\nfunc Use() int { return f() }\n'
    main = 'import ("example.com/program/one"; "example.com/program/two")\n\nfunc main() { println(one.Use(), two.Use()) }\n'
    captured = program(captures, main=f"package main\n\n{main}", one__one=f"package one\n\n{body}", two__two=f"package two\n\n{body}")
    assert captured.stock().status
    text = problem(captured)
    assert "symbol example.com/other.f is defined twice, in example.com/program/" in text and text.endswith("; keep one of the definitions")


def test_forbidden_linkname(captures: Captures) -> None:
    captured = program(captures, main=_PREFIX + "//go:linkname grab runtime.mallocinit\nfunc grab()\n\nfunc main() { grab() }\n")
    assert "link: main: invalid reference to runtime.mallocinit" in captured.stock().messages
    assert problem(captured).endswith("main: invalid reference to runtime.mallocinit; link with -checklinkname=0 to allow it")
    link_both(captured, *STRIPPED, "-checklinkname=0")


def test_linkname_of_a_name_that_only_one_package_may_use(captures: Captures) -> None:
    captured = program(captures, main=_PREFIX + "//go:linkname grab runtime.mapdelete_fast32\nfunc grab()\n\nfunc main() { grab() }\n")
    assert captured.stock().status
    assert "main: invalid reference to runtime.mapdelete_fast32" in problem(captured)


def test_data_without_a_type(captures: Captures) -> None:
    """Assembly that declares a variable which may hold pointers, and does not say of which type."""
    sources = {"main.go": _PREFIX + "func start()\n\nfunc main() { start() }\n"}
    sources["start_amd64.s"] = "TEXT ·start(SB), 4, $0-0\n\tMOVQ slot<>(SB), AX\n\tRET\nDATA slot<>+0(SB)/8, $1\nGLOBL slot<>(SB), $8\n"
    captured = captures.get("linux", "amd64", sources)
    assert captured.stock().status
    text = problem(captured)
    assert "global symbol slot in pointer data has no Go type (size 8); declare it in Go, or as NOPTR" in text


# Damage by hand.

R_CALL, R_USEIFACE, R_INITORDER = 7, 23, 102
_FILE = "(_go_.o): corrupt object file: "

Damage = Callable[[Editor], object]


def call(editor: Editor, **fields: int) -> None:
    """Change the first call in main.main."""
    number = next(number for number, reloc in enumerate(editor.relocs("main.main")) if reloc["type"] == R_CALL)
    editor.set_reloc("main.main", number, **fields)


def use(editor: Editor, **fields: int) -> None:
    """Change the mark of a conversion to an interface."""
    for index in range(editor.definitions):
        for number, reloc in enumerate(editor.relocs(index)):
            if reloc["type"] == R_USEIFACE and reloc["package"] == 0x7FFFFFFF:
                editor.set_reloc(index, number, **fields)


SQUARE = "type:*main.Square"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.set("main.main", size=1 << 31), "main.main is 2147483648 bytes long and has "),
        (lambda e: e.set("main.main", size=8), "main.main is 8 bytes long and has "),
        (lambda e: e.set("main.text", size=0xFFFFFFFF), "symbol main.text "),
        (lambda e: e.set("main.text", size=8), "symbol main.text is 8 bytes long but has 16 bytes of data"),
        (lambda e: e.set("main.list", size=0xFFFFFFFF), "symbol main.list is too large (4294967295 bytes)"),
        (lambda e: e.set('go:string."text"', size=0xFFFFFFFF), "a content-addressed symbol has 4294967295 bytes, and no content"),
        (lambda e: e.set("main.text", align=3), "a symbol wants an alignment of 3 bytes"),
        (lambda e: e.set("main.text", align=1 << 31), "a symbol wants an alignment of 2147483648 bytes"),
        (lambda e: e.set("main.text", name_length=0xFFFFFFFF), "a string lies outside its strings"),
        (lambda e: e.set("main.text", abi=2), "symbol 14 has ABI 2"),
        (lambda e: e.poke_name("main.unused", 8, b"\0"), "its strings hold zero bytes"),
        (lambda e: call(e, offset=-4), "main.main: a relocation of 4 bytes at -4 does not fit its "),
        (lambda e: call(e, offset=e.get("main.main", "size") - 3), "main.main: a relocation of 4 bytes at "),
        (lambda e: call(e, offset=0x7FFFFFFF), "main.main: a relocation of 4 bytes at 2147483647 does not fit its "),
        (lambda e: call(e, size=2), "main.main: a relocation of 2 bytes at "),
        (lambda e: call(e, type=97), "main.main: relocation type 97 of "),
        (lambda e: call(e, package=5000), "main.main refers to a symbol that is not there"),
        (lambda e: call(e, index=0xFFFFFFFF), "main.main refers to a symbol that is not there"),
        (lambda e: use(e, package=0x7FFFFFFB, index=0), "a conversion to an interface names main.init, no type"),
        (lambda e: e.cut_content(SQUARE, 10), SQUARE),
        (lambda e: e.cut_content("type:main.shape", 10), "type:main.shape"),
        (lambda e: e.poke("type:.namedata.*main.Square.", 1, b"\x7f"), "type:.namedata.*main.Square.: the data of this type or name"),
        (lambda e: e.poke("type:.namedata.Area.", 1, b"\xff" * 5), "type:.namedata.Area.: the data of this type or name is cut short"),
        (lambda e: e.cut_content("type:[4]struct { main.name string; main.head *main.Square }", 60), "type:"),
        (lambda e: e.cut_content("type:struct { main.name string; main.head *main.Square }", 100), "the type of main.list"),
        (lambda e: e.set("main.(*Square).Area", kind=17), "main.(*Square).Area is referred to and has no place in the image"),
        (lambda e: e.set_reloc("main..inittask", 0, type=R_INITORDER, package=0x7FFFFFFB, index=11), "waits for itself"),
        (lambda e: e.set_aux("main.main", 7, index=0xFFFF), "main.main refers to a symbol that is not there"),
        (lambda e: e.set_aux("main.main", 1, package=0x7FFFFFFB, index=11), "function information is cut short"),
        (lambda e: e.set_aux("main.list", 0, package=0x7FFFFFFB, index=3), "main.(*Square).Area: the data of this type or name is"),
    ],
)  # fmt: skip
def test_damage(change: Damage, message: str, tiny: Captured, tmp_path: Path) -> None:
    path = tmp_path / "main.a"
    editor = Editor(tiny.archive.read_bytes())
    change(editor)
    path.write_bytes(editor.data)
    found = problems(tiny.with_archive(path))
    assert any(message in line for line in found), found
    assert all(str(path) in line or "main" in line for line in found)


def test_types_that_hold_themselves(tiny: Captured, tmp_path: Path) -> None:
    """A variable of an array type whose element is the array."""
    editor = Editor(tiny.archive.read_bytes())
    array = "type:[4]struct { main.name string; main.head *main.Square }"
    number = next(number for number, reloc in enumerate(editor.relocs(array)) if reloc["offset"] == 48)
    at = editor.find(array) - editor.block_start(6)
    editor.set_reloc(array, number, package=0x7FFFFFFF, index=at)
    path = tmp_path / "main.a"
    path.write_bytes(editor.data)
    assert f"{path}{_FILE}{array}: the type of main.list is cut short or makes no sense" in problem(tiny.with_archive(path))


# Damage by chance.


def outcome(captured: Captured, folder: Path) -> str:
    """Link as the command does, in a process of its own with limited memory: "" for a program or a message; else what happened."""
    output = folder / "program"
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        text = ""
        try:
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            os.environ.update(captured.environment)
            link_main(captured.argv(output, *STRIPPED))
            text = "" if output.stat().st_size > 100_000 else "the program is not whole"
        except UserError as error:
            text = "" if str(error) and not output.exists() else f"refused, but there is a file, or no message: {error}"
        except BaseException:
            text = traceback.format_exc()
        finally:
            with contextlib.suppress(BaseException):
                os.write(writer, text.encode("utf-8", "replace")[-4000:])
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as stream:
        text = stream.read().decode()
    _child, status = os.waitpid(child, 0)
    if status:
        text = f"the process ended with status {status}"
    left = set(os.listdir(folder)) - {"program", "damaged.a", "importcfg"}
    if left:
        text += f"\nleft behind: {left}"
    output.unlink(missing_ok=True)
    return text


@pytest.mark.parametrize("chunk", range(4))
@pytest.mark.parametrize("how", [damage, edit], ids=["anywhere", "fields"])
@pytest.mark.parametrize(
    ("goos", "goarch", "package", "share"),
    [("linux", "amd64", "main", 4), ("darwin", "arm64", "main", 8), ("linux", "arm64", "example.com/program/part", 8)],
)
def test_any_damage(
    goos: str,
    goarch: str,
    package: str,
    share: int,
    how: Callable[[bytes, int], tuple[str, bytes]],
    chunk: int,
    captures: Captures,
    tmp_path: Path,
) -> None:
    captured = captures.get(goos, goarch, TINY)
    original = captured.archive if package == "main" else captured.packages()[package]
    damaged = tmp_path / "damaged.a"
    is_main = package == "main"
    captured = captured.with_archive(damaged) if is_main else captured.with_packages(tmp_path / "importcfg", {package: damaged})
    data = original.read_bytes()
    for seed in range(chunk, -(-SEEDS // share), 4):
        what, changed = how(data, seed)
        damaged.write_bytes(changed)
        found = outcome(captured, tmp_path)
        assert not found, f"{what}\n{found}"


# The output.


@pytest.mark.parametrize("kind", ["missing folder", "file as folder", "folder", "full device"])
def test_output_that_cannot_be_written(kind: str, tiny: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    paths = {"missing folder": "missing/program", "file as folder": "file/program", "folder": ".", "full device": "/dev/full"}
    if kind == "full device" and not os.path.exists("/dev/full"):
        pytest.skip("needs a device that is always full")
    for name, value in tiny.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="cannot write the program") as caught:
        link_main(tiny.argv(tmp_path / paths[kind], *STRIPPED))
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == ["file"]


def test_map_that_cannot_be_written(tiny: Captured, tmp_path: Path) -> None:
    text = problem(tiny, f"-d=link/map={tmp_path}/missing/map")
    assert text == f"{tmp_path}/missing/map: cannot write the link map: No such file or directory"
    assert os.listdir(tmp_path) == []


def test_copy_of_everything_is_enough(tiny: Captured, tmp_path: Path) -> None:
    """Archives may be moved: nothing but the importcfg says where they are."""
    for package, path in tiny.packages().items():
        shutil.copy(path, tmp_path / (package.replace("/", "_") + ".a"))
    moved: dict[str, Path | None] = {package: tmp_path / (package.replace("/", "_") + ".a") for package in tiny.packages()}
    assert tiny.with_packages(tmp_path / "importcfg", moved).ours(*STRIPPED) == tiny.ours(*STRIPPED)
    assert link_flags.parse(tiny.argv(Path("x")), tiny.environment).packages.keys() == moved.keys()
