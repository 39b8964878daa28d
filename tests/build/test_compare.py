# SPDX-License-Identifier: BSD-3-Clause
"""Two executables that should be one program: what signing changes is passed over, every other byte is found and told in words."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.compare import compare, explain_text
from pygo_cross.exe import macho
from pygo_cross.exe.names import Names, find_section, package_of, read

sys.path.insert(0, str(Path(__file__).parent))
from resign import fat, sign

ROOT = Path(__file__).parent.parent.parent
AMD64, ARM64 = 0x01000007, 0x0100000C

Build = Callable[..., bytes]


@pytest.fixture(scope="module")
def build(cli: Any, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds examples/hello for a target with flags of go build; each kind once. `edit` changes a source file before."""
    made: dict[tuple[Any, ...], bytes] = {}

    def one(target: str, *flags: str, trimpath: bool = True, edit: str = "", builder: str = "go") -> bytes:
        key = (target, flags, trimpath, edit, builder)
        if key not in made:
            folder = tmp_path_factory.mktemp("hello")
            shutil.copytree(ROOT / "examples/hello", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("dist"))
            if edit:
                path = folder / "greet/greet.go"
                path.write_text(path.read_text().replace("Hello", edit))
            paths = ["-trimpath"] if trimpath else []  # with it, the go command does not record -ldflags
            done = cli("build", "--builder", builder, "--target", target, *paths, *flags, "-q", "-o", "x", ".", cwd=folder)
            assert done.returncode == 0, done.stderr
            made[key] = (folder / "x").read_bytes()
        return made[key]

    return one


MACOS = pytest.mark.parametrize("target", ["darwin/arm64", "darwin/amd64"])


@MACOS
@pytest.mark.parametrize("flags", [(), ("-ldflags=-s -w",)], ids=["whole", "stripped"])
def test_a_signed_copy_is_the_same(target: str, flags: tuple[str, ...], build: Build) -> None:
    data = build(target, *flags, builder="pygo" if flags and target == "darwin/arm64" else "go")
    for signed, note in (
        (sign(data), "as com.example.hello, ad hoc"),
        (sign(data, cms=None), "as com.example.hello, ad hoc"),
        (sign(data, flags=0x10000, cms=b"certificate" * 400, team="TEAM123456"), "by team TEAM123456, with a certificate"),
        (sign(sign(data, "one"), "two", spare=9000), "as two, ad hoc"),
    ):
        assert signed != data
        outcome = compare(signed, data)
        assert outcome.same, outcome.differences
        assert outcome.notes[0].startswith("signed since it was built:") and note in outcome.notes[0]
        assert not macho.read(signed).faults


@MACOS
def test_whatever_byte_is_changed_is_found(target: str, build: Build) -> None:
    """In the headers, in our signature, and bytes by chance between. In a copy that was signed ad hoc, all that the signature is
    about: of what it says of itself, nobody vouches for all."""
    data = build(target, "-ldflags=-s -w")
    chance = random.Random(4)
    for file in (data, sign(data, cms=None)):
        start = (
            len(file)
            if target == "darwin/amd64" and file is data
            else next(part for part in macho.read(file).parts if "signature" in part.name).offset
        )
        places = [
            *range(0, 0x900, 7),
            *(chance.randrange(start) for _ in range(40)),
            *(range(start, min(start + 300, len(file))) if file is data else ()),
        ]
        for at in places:
            changed = bytearray(file)
            changed[at] ^= 1 << chance.randrange(8)
            outcome = compare(bytes(changed), data)
            assert not outcome.same and outcome.differences, f"{target} {at:#x}"


@MACOS
def test_bytes_that_come_or_go(target: str, build: Build) -> None:
    data = build(target, "-ldflags=-s -w")
    for file in (data, sign(data)):
        for changed in (file + b"\0", file + bytes(16), file + b"evil" * 4, file[:-1], file[:-16], file[: len(file) // 2], file[:100], b""):
            assert not compare(changed, data).same


def test_a_signature_that_is_taken_away(build: Build) -> None:
    data = build("darwin/arm64", "-ldflags=-s -w")
    signed = macho.read(data)
    command = signed.find(0x1D)[0]
    start = command.view.u32(8)
    raw = bytearray(data[:start])
    raw[command.offset : command.offset + 16] = bytes(16)
    struct.pack_into("<II", raw, 16, signed.ncmds - 1, signed.sizeofcmds - 16)
    linkedit = signed.segment("__LINKEDIT")
    assert linkedit is not None
    struct.pack_into("<Q", raw, linkedit.command.offset + 48, start - linkedit.offset)
    struct.pack_into("<Q", raw, linkedit.command.offset + 32, -(-(start - linkedit.offset) // 0x4000) * 0x4000)
    assert compare(bytes(raw), data).differences == ("its code signature was taken away",)


def test_a_signature_that_is_nobody_s(build: Build) -> None:
    data = build("darwin/arm64", "-ldflags=-s -w")
    assert compare(sign(data, "a.out", flags=2, cms=None), data).differences == (
        "its code signature is another than the linker makes, and nobody else's",
    )
    assert "says that the linker made it" in compare(sign(data, "b.out", flags=0x20002), data).differences[0]
    # Another program's code behind a signature that fits it.
    other = bytearray(data)
    at = find_section(read(data), ".rodata").offset + 100  # type: ignore[union-attr]
    other[at] ^= 1
    found = compare(sign(bytes(other)), data)
    assert not found.same and "section" in found.differences[0]


def test_universal_binaries(build: Build) -> None:
    arm, amd = build("darwin/arm64", "-ldflags=-s -w"), build("darwin/amd64", "-ldflags=-s -w")
    built = fat((AMD64, 3, amd), (ARM64, 0, arm))
    assert compare(built, built).same
    signed = fat((AMD64, 3, sign(amd)), (ARM64, 0, sign(arm)))
    assert compare(signed, built).same
    assert [note.split(":")[0] for note in compare(signed, built).notes] == ["amd64", "arm64"]
    for wrong in (
        fat((AMD64, 3, sign(amd))), fat((ARM64, 0, arm), (AMD64, 3, amd)), fat((AMD64, 3, amd), (ARM64, 0, arm), align=12),
        fat((AMD64, 3, amd), (ARM64, 0, arm[:-1] + b"x")), built + b"x", fat((AMD64, 3, arm), (ARM64, 0, amd)), amd, b"", built[:50],
    ):  # fmt: skip
        assert not compare(wrong, built).same
    padded = bytearray(signed)
    padded[60] = 1
    assert "belong to nothing" in compare(bytes(padded), built).differences[0]


@pytest.mark.parametrize("target", ["linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"])
@pytest.mark.parametrize("flags", [(), ("-ldflags=-s -w",)], ids=["whole", "stripped"])
def test_a_changed_function_is_named(target: str, flags: tuple[str, ...], build: Build) -> None:
    data = build(target, *flags)
    file = read(data)
    text = find_section(file, ".text")
    assert text is not None
    whole, here = Names(read(build(target))), Names(file)
    places = range(text.address, text.address + text.size, 32)
    at = next(place for place in reversed(places) if whole.at(place) == here.at(place) == "main.main")
    changed = bytearray(data)
    changed[text.offset + at - text.address + 1] ^= 0x10
    outcome = compare(bytes(changed), data)
    assert not outcome.same
    if target != "darwin/arm64":  # there the signature is the first to say
        assert "in main.main (package main)" in " ".join(outcome.differences)


def test_names_are_the_symbol_table_s(build: Build) -> None:
    """Go's own table names functions as the symbol table does: one is the other's oracle."""
    for target in ("linux/arm64", "darwin/amd64"):
        whole, stripped = read(build(target)), read(build(target, "-ldflags=-s -w"))
        text = find_section(whole, ".text")
        assert text is not None
        one, two = Names(whole), Names(stripped)
        same = [one.at(at) == two.at(at) for at in range(text.address, text.address + text.size, 997)]
        # The two differ at markers of the linker alone, which are no functions.
        assert sum(same) / len(same) > 0.97


def test_nm_agrees(build: Build, tmp_path: Path) -> None:
    from pygo_cross.build.goroot import find_goroot

    for target in ("linux/amd64", "darwin/arm64"):
        path = tmp_path / "x"
        path.write_bytes(build(target))
        listed = subprocess.run([find_goroot() / "bin/go", "tool", "nm", path], capture_output=True, text=True, check=True).stdout
        names = Names(read(path.read_bytes()))
        checked = 0
        for line in listed.splitlines():
            words = line.split()
            if len(words) == 3 and words[1] == "T" and words[2].startswith("main."):
                assert names.at(int(words[0], 16)) == words[2]
                checked += 1
        assert checked


def test_what_builds_say_of_themselves(build: Build) -> None:
    one, two = (build("linux/amd64", f"-ldflags=-s -w{more}", trimpath=False) for more in ("", " -X main.version=9"))
    (first, *_) = compare(one, two).differences
    assert first == "-ldflags: -s -w against -s -w -X main.version=9"
    assert any(
        text.startswith("-tags: none against a")
        for text in compare(one, build("linux/amd64", "-ldflags=-s -w", "-tags=a", trimpath=False)).differences
    )
    one = build("linux/amd64", "-ldflags=-s -w")
    assert compare(one, build("linux/arm64", "-ldflags=-s -w")).differences[0] == "GOARCH: amd64 against arm64"
    assert any("ELF file and the other a Mach-O" in text for text in compare(one, build("darwin/arm64")).differences)
    other = compare(one, build("linux/amd64", "-ldflags=-s -w", edit="Bye")).differences
    assert any(".rodata" in text or ".text" in text for text in other) and "note" not in other[0]
    mac = compare(build("darwin/arm64", "-ldflags=-s -w"), build("darwin/arm64", "-ldflags=-s -w", edit="Bye")).differences
    assert any("rodata" in text or "__text" in text for text in mac)


def test_what_is_no_executable(build: Build) -> None:
    data = build("linux/amd64", "-ldflags=-s -w")
    for wrong in (b"", b"\x7fELF", b"#!/bin/sh\n", data[:64], b"\xcf\xfa\xed\xfe" + bytes(28), b"\xca\xfe\xba\xbe\0\0\0\x02"):
        outcome = compare(wrong, data)
        assert not outcome.same and outcome.differences


def test_mutations_never_break_it(build: Build) -> None:
    chance = random.Random(7)
    for target in ("darwin/arm64", "linux/amd64"):
        data = build(target, "-ldflags=-s -w")
        signed = sign(data) if target.startswith("darwin") else data
        for _ in range(60):
            changed = bytearray(signed)
            for _ in range(chance.randrange(1, 12)):
                at = chance.choice([chance.randrange(0x800), chance.randrange(len(changed)), len(changed) - 1 - chance.randrange(2000)])
                changed[at] = chance.randrange(256)
            if chance.random() < 0.2:
                del changed[chance.randrange(len(changed)) :]
            if bytes(changed) != signed:
                compare(bytes(changed), data)


def test_text_and_packages() -> None:
    assert explain_text(b"a\nb\nc\n", b"a\nx\nc\n", "f") == ["-x", "+b"]
    assert package_of("example.com/a%2eb/c.(*T).M") == "example.com/a.b/c"
    assert package_of("main.f[go.shape.int]") == "main"
    assert package_of("sync/atomic.Load") == "sync/atomic"
    assert package_of("type:int") == package_of("_rt0_amd64_linux") == ""
