# SPDX-License-Identifier: BSD-3-Clause
"""Programs by other tools: C's, and Mach-O files by LLVM's linker, with what Go's linker never writes (chained fixups, exports)."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from samples import ElfPatch, MachPatch, compiled, found, rules

from pygo_cross.exe import dyld, elf, macho

SOURCE = """
.section __TEXT,__text,regular,pure_instructions
.globl _main
.p2align 2
_main:
  adrp x8, _table@PAGE
  ldr x8, [x8, _table@PAGEOFF]
  mov w0, #0
  bl _exit
  ret
.section __DATA,__data
.globl _table
.p2align 3
_table: .quad _main
_second: .quad _table
_third: .quad _exit
.subsections_via_symbols
"""
LIBSYSTEM = """--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos ]
install-name:    '/usr/lib/libSystem.B.dylib'
current-version: 1311
exports:
  - targets:     [ x86_64-macos, arm64-macos ]
    symbols:     [ _exit, dyld_stub_binder ]
...
"""


def tool(*names: str) -> str | None:
    return next((found for name in names if (found := shutil.which(name))), None)


@functools.cache
def linked(chains: bool) -> bytes:
    """The program by LLVM's linker for macOS."""
    assembler, linker = tool("llvm-mc"), tool("ld64.lld", "ld64.lld-19", "ld64.lld-16")
    if assembler is None or linker is None:
        pytest.skip("llvm-mc and ld64.lld are not there")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "m.s").write_text(SOURCE)
        (folder / "usr/lib").mkdir(parents=True)
        (folder / "usr/lib/libSystem.tbd").write_text(LIBSYSTEM)
        command = [assembler, "-triple", "arm64-apple-macos13", "-filetype=obj", "m.s", "-o", "m.o"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        fixups = "-fixup_chains" if chains else "-no_fixup_chains"
        command = [linker, "-arch", "arm64", "-platform_version", "macos", "13.0", "14.0", "-syslibroot", ".", "-lSystem", fixups]
        done = subprocess.run([*command, "m.o", "-o", "out"], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"this ld64.lld does not link it: {done.stderr}")
        return (folder / "out").read_bytes()


@pytest.mark.parametrize("chains", [True, False], ids=["chained", "opcodes"])
def test_nothing_in_what_llvm_links(chains: bool) -> None:
    data = linked(chains)
    assert found(data) == []
    file = macho.read(data)
    fixups = dyld.chained(file) if chains else dyld.opcodes(file)
    # _table and _second move; _third and what a stub goes by are bound, without chains by way of a helper that moves, too.
    assert (fixups.rebases, fixups.symbols) == ((2, {"_exit"}) if chains else (3, {"_exit", "dyld_stub_binder"}))
    assert fixups.ordinals == {1}
    count, faults = dyld.exports(file)
    assert count == 3 and faults == []  # _main, _table, __mh_execute_header


def fixups_at(patch: MachPatch) -> int:
    return patch.get(patch.command(0x80000034).offset + 8, 4)


def segment_starts(patch: MachPatch) -> int:
    """Where the starts of the first segment that has chains are told."""
    base = fixups_at(patch)
    starts = base + patch.get(base + 4, 4)
    return next(starts + at for index in range(patch.get(starts, 4)) if (at := patch.get(starts + 4 + 4 * index, 4)))


CHAINS = {
    "version": lambda p: p.set(fixups_at(p), 4, 7),
    "starts outside": lambda p: p.set(fixups_at(p) + 4, 4, 1 << 30),
    "imports outside": lambda p: p.set(fixups_at(p) + 8, 4, 1 << 30),
    "number of imports": lambda p: p.set(fixups_at(p) + 16, 4, 1 << 30),
    "no imports": lambda p: p.set(fixups_at(p) + 16, 4, 0),
    "format of imports": lambda p: p.set(fixups_at(p) + 20, 4, 9),
    "compressed names": lambda p: p.set(fixups_at(p) + 24, 4, 1),
    "library of an import": lambda p: p.set(fixups_at(p) + p.get(fixups_at(p) + 8, 4), 1, 77),
    "name of an import": lambda p: p.set(fixups_at(p) + p.get(fixups_at(p) + 8, 4) + 2, 2, 0xFFFF),
    "number of segments": lambda p: p.set(fixups_at(p) + p.get(fixups_at(p) + 4, 4), 4, 99),
    "page size": lambda p: p.set(segment_starts(p) + 4, 2, 512),
    "pointer format": lambda p: p.set(segment_starts(p) + 6, 2, 5),
    "segment's place": lambda p: p.set(segment_starts(p) + 8, 8, 64),
    "number of pages": lambda p: p.set(segment_starts(p) + 20, 2, 0xFFFF),
    "start of a chain": lambda p: p.set(segment_starts(p) + 22, 2, 0x7FFF),
    "link of a chain": lambda p: p.set(p.get_section("__data").offset + 6, 2, 0x7FF8),
    "target of a pointer": lambda p: p.set(p.get_section("__data").offset, 4, 0xFFFFFFFF),
}


@pytest.mark.parametrize("name", CHAINS)
def test_chained_fixups(name: str) -> None:
    patch = MachPatch(linked(True))
    CHAINS[name](patch)
    assert rules(patch.sign().bytes()) == {"macho-chained-fixups"}


def exports_at(patch: MachPatch) -> int:
    return patch.get(patch.command(0x80000033).offset + 8, 4)


EXPORTS = {
    "children": lambda p: p.set(exports_at(p) + 1, 1, 200),
    "loop": lambda p: p.set(exports_at(p) + p.data[exports_at(p) :].index(0, 2) + 1, 1, 0),
    "node outside": lambda p: p.set(exports_at(p) + p.data[exports_at(p) :].index(0, 2) + 1, 1, 0x7F),
    "size of a node": lambda p: p.set(exports_at(p), 1, 0x7F),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_exports(name: str) -> None:
    patch = MachPatch(linked(True))
    EXPORTS[name](patch)
    assert rules(patch.sign().bytes()) == {"macho-exports"}


def c(*flags: str, source: str = "int main(void) { return 0; }") -> bytes:
    data = compiled(*flags, source=source)
    if data is None:
        pytest.skip("there is no gcc")
    return data


@pytest.mark.parametrize(
    ("flags", "rule"),
    [
        (("-Wl,-rpath,/opt/lib",), "elf-rpath"),
        (("-Wl,-rpath,$ORIGIN/lib",), "elf-rpath"),
        (("-Wl,-rpath,lib",), "elf-rpath-unsafe"),
        (("-Wl,-rpath,/tmp/lib",), "elf-rpath-unsafe"),
        (("-Wl,-rpath,/opt/lib:",), "elf-rpath-unsafe"),
        (("-Wl,-z,execstack",), "elf-stack-exec"),
        (("-Wl,-z,norelro",), "elf-no-relro"),
        (("-Wl,--dynamic-linker=/opt/ld.so",), "elf-interp-unknown"),
        (("-Wl,--dynamic-linker=ld.so",), "elf-interp"),
        (("-Wl,-z,max-page-size=256",), "elf-segment-align"),
        (("-Wl,-N", "-static", "-nostdlib"), "elf-segment-wx"),
    ],
    ids=lambda value: "".join(value) if isinstance(value, tuple) else "",
)
def test_what_c_compilers_can_be_told(flags: tuple[str, ...], rule: str) -> None:
    source = "void _start(void) { for (;;); }" if "-nostdlib" in flags else "int main(void) { return 0; }"
    broken = rules(c(*flags, source=source))
    assert rule in broken
    assert broken <= {rule, "elf-rpath", "elf-segment-align"}


def test_debug_information_by_itself() -> None:
    if shutil.which("objcopy") is None:
        pytest.skip("there is no objcopy")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "prog").write_bytes(c("-g"))
        subprocess.run(["objcopy", "--only-keep-debug", "prog", "prog.debug"], cwd=folder, check=True)
        assert found((Path(folder) / "prog.debug").read_bytes()) == []


def test_needed_libraries() -> None:
    patch = ElfPatch(c())
    table = elf.dynamic(patch.file)
    assert table is not None and table.needed == ["libc.so.6"]
    at = patch.data.index(b"libc.so.6\0")
    patch.data[at : at + 9] = b"./libc.so"
    assert "elf-needed" in rules(patch.bytes())


def test_paths_of_c() -> None:
    told = 'const char *where = "/home/carla/project/main.c"; int main(void) { return where[0]; }'
    assert rules(c(source=told)) == {"host-path"}
    assert rules(c("-s", source=told)) == {"host-path"}
    assert rules(c(source=told.replace("carla", "user"))) == set()  # of a manual
    assert rules(c("-g", "-fdebug-prefix-map=/=/Users/carla/", source="int main(void) { return 0; }")) == {"host-path"}
    assert rules(c("-g", "-gz=zlib", "-fdebug-prefix-map=/=/Users/carla/", source="int main(void) { return 0; }")) == {"host-path"}
