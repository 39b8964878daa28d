# SPDX-License-Identifier: BSD-3-Clause
"""Universal binaries against lipo's and LIEF's view of them."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import lief
import pytest

from pygo_cross.build.release.universal import Slice, join, layout, slice_of
from pygo_cross.diag import UserError
from pygo_cross.exe import fat

DARWIN = "builds: [{targets: [darwin/*]}]\n"
LIPO = next((tool for tool in ("llvm-lipo", "lipo", *(f"llvm-lipo-{n}" for n in range(13, 23))) if shutil.which(tool)), None)


def refused(make: Any, rest: str) -> str:
    with pytest.raises(UserError) as caught:
        make(rest)
    return str(caught.value)


def test_names_and_places(make: Any, project: Path) -> None:
    made = make(DARWIN + "universal_binaries: [{name_template: '{{ .ProjectName }}-{{ .Arch }}'}]\narchives: [{}]\n")
    (whole,) = [item for item in made if item.type == "Universal Binary"]
    thin = [item for item in made if item.type == "Binary"]
    assert (whole.path, whole.target, whole.goos, whole.goarch) == ("p_darwin_all/p-all", "darwin/all", "darwin", "all")
    assert whole.contains == sorted(item.sha256 for item in thin)
    data = (project / "dist" / whole.path).read_bytes()
    read = fat.read(data)
    assert [(part.arch, part.align, part.offset % (1 << part.align)) for part in read.slices] == [("amd64", 12, 0), ("arm64", 14, 0)]
    for part, item in zip(read.slices, thin, strict=True):
        assert bytes(read.content(part)) == (project / "dist" / item.path).read_bytes()
    assert [item.target for item in made if item.type == "Archive"] == ["darwin/all", "darwin/amd64", "darwin/arm64"]
    assert (project / "dist" / whole.path).stat().st_mode & 0o777 == 0o755
    made = make(DARWIN + "universal_binaries: [{replace: true}]\narchives: [{}]\n")
    assert [item.target for item in made if item.type == "Archive"] == ["darwin/all"]
    # Of one architecture alone there is none.
    made = make(DARWIN + "universal_binaries: [{replace: true}]\narchives: [{}]\n", targets=["darwin/arm64"])
    assert [(item.type, item.target) for item in made[:2]] == [("Binary", "darwin/arm64"), ("Archive", "darwin/arm64")]


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (
            "builds: [{targets: [darwin/arm64]}]\nuniversal_binaries: [{}]",
            "needs one binary for darwin/amd64 and one for darwin/arm64, found darwin/arm64",
        ),
        ("builds: [{targets: [linux/*]}]\nuniversal_binaries: [{}]", "found none"),
        ("builds: [{id: a, targets: [darwin/*]}, {id: b, targets: [darwin/*]}]\nuniversal_binaries: [{ids: [a, b]}]", "found darwin/amd64"),
        ("builds: [{targets: [darwin/*]}]\nuniversal_binaries: [{id: x}]", "no build is called x; there are p"),
        ("builds: [{targets: [darwin/*]}]\nuniversal_binaries: [{ids: [p, q]}]", "no build is called q"),
        ("builds: [{targets: [darwin/*]}]\nuniversal_binaries: [{}, {}]", "a second universal binary called p"),
        ("builds: [{targets: [darwin/*]}]\nuniversal_binaries: [{name_template: a/b}]", "'a/b' can't be a file's name"),
        (
            "builds: [{targets: [darwin/*]}]\nuniversal_binaries: [{name_template: ..}]",
            "'p_darwin_all/..' can't be the name of an artifact",
        ),
        (
            "builds: [{id: p, targets: [darwin/*]}, {id: q, targets: [darwin/*]}]\nuniversal_binaries: [{ids: [p]}, {id: p_darwin_all}]",
            "no build is called",
        ),
    ],
)
def test_mistakes(rest: str, message: str, make: Any) -> None:
    assert message in refused(make, rest + "\n")


def test_beyond_four_gibibytes() -> None:
    for first, wide in (((1 << 32) - 0x5000, False), ((1 << 32) - 0x1000, True), ((1 << 32) + 5, True)):
        parts = [Slice(0x01000007, 3, first, 12), Slice(0x0100000C, 0, 7, 14)]
        header, offsets = layout(parts)
        magic, count = struct.unpack(">II", header[:8])
        assert (magic, count) == (0xCAFEBABF if wide else 0xCAFEBABE, 2)
        assert offsets == [0x1000, -(-(0x1000 + first) // 0x4000) * 0x4000]
        read = fat.read(header + bytes(64))
        assert [(part.cpu_type, part.offset, part.size, part.align) for part in read.slices] == [
            (part.cpu, offset, part.size, part.align) for part, offset in zip(parts, offsets, strict=True)
        ]


@pytest.mark.parametrize(
    "head", [b"", b"\x7fELF" + bytes(20), struct.pack("<3I", 0xFEEDFACF, 7, 3), struct.pack("<3I", 0xCAFEBABE, 0x01000007, 3)]
)
def test_what_is_no_thin_file(head: bytes) -> None:
    with pytest.raises(ValueError):
        slice_of(head, 100)
    with pytest.raises(ValueError):
        join([(io.BytesIO(head), len(head))], io.BytesIO())


def test_a_file_that_shrinks_or_comes_twice() -> None:
    thin = struct.pack("<3I", 0xFEEDFACF, 0x01000007, 3) + bytes(100)
    with pytest.raises(ValueError, match="shorter"):
        join([(io.BytesIO(thin), 1000)], io.BytesIO())
    with pytest.raises(ValueError, match="two files for one architecture"):
        join([(io.BytesIO(thin), len(thin)), (io.BytesIO(thin), len(thin))], io.BytesIO())


def test_real_programs(cli: Any, hello: Path, tmp_path: Path) -> None:
    """What lipo makes of the two binaries is what we made, and both slices run."""
    (hello / "toolchain.yaml").write_text(
        "version: 1\nproject: hello\nbuilder: go\nuniversal_binaries: [{replace: true}]\nbuilds:\n"
        '  - {targets: [darwin/*], ldflags: [-s, -w], smoke: [{args: [-name, Ada], stdout: "Hello, Ada!\\n"}]}\n'
    )
    assert cli("build", "-q", "--skip=report", cwd=hello).returncode == 0
    whole = hello / "dist/hello_darwin_all/hello"
    thin = [hello / f"dist/hello_darwin_{arch}/hello" for arch in ("amd64", "arm64")]
    if LIPO is not None:
        subprocess.run([LIPO, "-create", *reversed(thin), "-output", tmp_path / "theirs"], check=True)
        assert (tmp_path / "theirs").read_bytes() == whole.read_bytes()
    parsed = lief.MachO.parse(str(whole))
    assert parsed is not None
    assert [part.header.cpu_type for part in parsed] == [lief.MachO.Header.CPU_TYPE.X86_64, lief.MachO.Header.CPU_TYPE.ARM64]
    done = cli("smoke", cwd=hello)
    assert done.returncode == 0, done.stderr
    assert "darwin/all (amd64)" in done.stderr and "darwin/all (arm64)" in done.stderr
