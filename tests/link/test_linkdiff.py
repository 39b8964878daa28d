# SPDX-License-Identifier: BSD-3-Clause
"""linkdiff names what differs between two executables."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from stock import TARGETS, decode, stock_hello

from pygo_cross.link import binfile, functab
from pygo_cross.link.diff import compare
from pygo_cross.link.output import executable_bytes

_SCRIPT = Path(__file__).parents[2] / "scripts" / "linkdiff"


def _texts(a: bytes, b: bytes) -> list[str]:
    return [f"{item.where}: {item.text}" for item in compare(binfile.read(a), binfile.read(b))]


@pytest.mark.parametrize(("goos", "goarch"), TARGETS)
def test_same_file(goos: str, goarch: str) -> None:
    data = stock_hello(goos, goarch, "-w")
    assert _texts(data, data) == []


@pytest.mark.parametrize("ldflags", ["-s -w", "-w"])
@pytest.mark.parametrize(("goos", "goarch"), TARGETS)
def test_changed_function_is_named(goos: str, goarch: str, ldflags: str) -> None:
    """With a symbol table or without, where Go's function table has the names."""
    data = stock_hello(goos, goarch, ldflags)
    file = binfile.read(data)
    text = functab.find_section(file, ".text")
    main = next(item for item in functab.functions(file) or [] if item.name == "main.main")
    assert text is not None
    changed = bytearray(data)
    changed[text.offset + main.address - text.address + 5] ^= 1
    lines = _texts(data, bytes(changed))
    assert any("1 of" in line and "functions differ" in line and "main.main +0x5" in line for line in lines)


def test_changed_field_of_moduledata_is_named() -> None:
    data = stock_hello("linux", "amd64", "-s -w")
    section = functab.find_section(binfile.read(data), ".go.module")
    assert section is not None
    changed = bytearray(data)
    changed[section.offset + 8 * 22] ^= 1  # pcHeader, six slices, findfunctab, minpc, maxpc: 22 words
    assert _texts(data, bytes(changed)) == [".go.module: 1 bytes differ: +0xb0 (text)"]


def test_changed_table_is_named() -> None:
    data = stock_hello("linux", "arm64", "-s -w")
    file = binfile.read(data)
    section, parts = functab.find_section(file, ".gopclntab"), functab.pclntab_parts(file)
    assert section is not None and parts is not None
    changed = bytearray(data)
    changed[section.offset + dict(parts)["pctab"] + 3] ^= 1
    assert "(pctab +0x3)" in _texts(data, bytes(changed))[0]


def test_symbols_are_compared() -> None:
    data = stock_hello("darwin", "amd64", "-w")
    image = decode(data)
    image.symbols[10].address += 4
    image.symbols[20].name += "X"
    image.rebases.pop()
    lines = _texts(data, executable_bytes(image))
    assert any(line.startswith("symbols: value differs for 1 of") for line in lines)
    assert any(line.startswith("symbols: 1 only in the second file") and "X" in line for line in lines)
    assert any(line.startswith("rebases: 1 only in the first file") for line in lines)


def test_only_what_moved_is_named() -> None:
    data = stock_hello("linux", "amd64", "-w")
    image = decode(data)
    moved = image.symbols.pop(500)
    image.symbols.append(moved)
    lines = [line for line in _texts(data, executable_bytes(image)) if "order" in line]
    assert lines == [f"symbols: the order differs for 1: {moved.name}"]


@pytest.mark.parametrize("goos", ["linux", "darwin"])
def test_debug_information_is_compared_uncompressed(goos: str) -> None:
    data = stock_hello(goos, "amd64", "")
    image = decode(data)
    section = next(section for section in image.dwarf.sections if section.name.endswith("debug_line"))
    assert section.content is not None
    start = 24 if goos == "linux" else 12
    lines = bytearray(zlib.decompress(section.content[start:]))
    lines[1000] ^= 1
    packed = zlib.compress(lines)
    section.content = bytes(section.content[:start]) + packed.ljust(section.size - start, b"\0")
    section.content = section.content[: section.size]
    found = [line for line in _texts(data, executable_bytes(image)) if "debug_line" in line]
    assert len(found) == 1 and "debug_line: 1 bytes differ: +0x3e8" in found[0]


def test_other_format() -> None:
    lines = _texts(stock_hello("linux", "amd64", "-s -w"), stock_hello("darwin", "amd64", "-s -w"))
    assert lines == ["header: one file is elf, the other macho"]


@pytest.mark.parametrize(("goos", "goarch"), TARGETS)
def test_any_change_is_a_difference(goos: str, goarch: str) -> None:
    """Broken files are refused with FormatError and nothing else; readable ones are never called equal."""
    data = stock_hello(goos, goarch, "-w")
    source, whole = random.Random(3), binfile.read(stock_hello(goos, goarch, "-w"))
    for _ in range(60):
        changed = bytearray(data)
        place = source.randrange(4096) if source.random() < 0.8 else source.randrange(len(data) - 8)
        size = source.choice((1, 4, 8))
        changed[place : place + size] = bytes(value ^ source.randrange(1, 256) for value in changed[place : place + size])
        cut = bytes(changed[: source.choice((len(changed), len(changed), source.randrange(len(changed))))])
        with contextlib.suppress(binfile.FormatError):
            assert compare(whole, binfile.read(cut))


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(_SCRIPT), *arguments], capture_output=True, text=True)


def test_command(tmp_path: Path) -> None:
    one, two, text = tmp_path / "one", tmp_path / "two", tmp_path / "text"
    data = stock_hello("linux", "amd64", "-s -w")
    one.write_bytes(data)
    changed = bytearray(data)
    changed[24] ^= 1
    two.write_bytes(changed)
    text.write_text("no program")
    assert (_run(str(one), str(one)).returncode, _run(str(one), str(one)).stdout) == (0, "")
    differs = _run(str(one), str(two))
    assert differs.returncode == 1
    assert differs.stdout.startswith("header: entry is 0x")
    items = json.loads(_run("--json", str(one), str(two)).stdout)
    assert [(item["where"], item["field"], item["a"] ^ item["b"]) for item in items] == [("header", "entry", 1)]
    for wrong in (str(text), str(tmp_path / "missing"), str(tmp_path)):
        failed = _run(str(one), wrong)
        assert failed.returncode == 2
        assert failed.stderr.startswith(f"linkdiff: {wrong}: ") and failed.stderr.count("\n") == 1
