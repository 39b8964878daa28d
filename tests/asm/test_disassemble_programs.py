# SPDX-License-Identifier: BSD-3-Clause
"""Programs of the stock toolchain: what objdump says is what go tool objdump says, and assembles again.

`scripts/conformance objdump` does it for whole programs.
"""

from __future__ import annotations

import random
import re
import struct
import sys
from pathlib import Path

import pytest
from go_programs import go

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "scripts"))

from conformance import asmagain, objdumpscore

from pygo_cross.asm import disassemble
from pygo_cross.diag import UserError

SOURCE = """package main

import "fmt"

func main() {
	fmt.Println("hello", 1.5)
}
"""
PART = re.compile(r"^(main|strconv|internal/bytealg|unicode/utf8)\.|^runtime\.(mem|mcall|gogo|asm|mallocgc|heap)")


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """Builds hello for a target."""
    folder = tmp_path_factory.mktemp("disassembled") / "example.com/hello"  # as the programs name it
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text("module example.com/hello\n\ngo 1.21\n")
    (folder / "main.go").write_text(SOURCE)

    def build(target: str, *flags: str) -> Path:
        output = folder / "-".join(["hello", *target.split("/"), *(flag.strip("-").replace(" ", "") for flag in flags)])
        if not output.exists():
            goos, arch = target.split("/")
            go("build", "-trimpath", *flags, "-o", str(output), ".", cwd=folder, GOOS=goos, GOARCH=arch)
        return output

    return build


def chosen(binary):
    return [function for function in binary.functions if PART.match(function.name)]


@pytest.mark.parametrize("target", ["linux/arm64", "darwin/arm64"])
def test_lines_are_those_of_stock(programs, goroot, target, capsys):
    program = programs(target)
    binary = disassemble.read(str(program))
    functions = chosen(binary)
    assert len(functions) > 50
    stock = objdumpscore.stock_lines(str(goroot / "bin/go"), program, PART.pattern)
    assert objdumpscore.compare(functions, binary, stock, 10), capsys.readouterr().out
    assert int(capsys.readouterr().out.split()[0]) > 5000


@pytest.mark.parametrize("target", ["linux/arm64", "linux/amd64"])
def test_the_text_assembles_to_what_it_was(programs, target):
    functions = chosen(disassemble.read(str(programs(target))))
    result = asmagain.assemble_again(functions, target.split("/")[1])
    assert not result.wrong
    assert result.same > 5000 and sum(result.left_out.values()) < result.same / 20, result.left_out


def test_text_that_says_something_else_is_seen(programs, monkeypatch):
    """What assembles to other bytes is told as wrong."""
    functions = chosen(disassemble.read(str(programs("linux/arm64"))))[:20]
    monkeypatch.setattr(asmagain.obj_format, "instruction", lambda prog, show: "ADD\tR1, R2, R3")
    result = asmagain.assemble_again(functions, "arm64")
    assert len(result.wrong) > 100 and result.same < len(functions) * 2


def test_stripped_programs_have_names_and_lines(programs, cli):
    binary = disassemble.read(str(programs("linux/arm64", "-ldflags=-s -w")))
    whole = [(function.name, len(function.code)) for function in disassemble.read(str(programs("linux/arm64"))).functions]
    found = [(function.name, len(function.code)) for function in binary.functions]
    # Instances of generics have shorter names in that table.
    assert len(found) > 1000 and len(set(found) & set(whole)) > 0.9 * len(whole)
    stripped = programs("linux/arm64", "-ldflags=-s -w")
    done = cli("objdump", "-S", "-s", r"^main\.main$", str(stripped), cwd=stripped.parents[2])
    lines = done.stdout.splitlines()
    assert lines[0] == "TEXT main.main(SB) example.com/hello/main.go"
    at = lines.index('\tfmt.Println("hello", 1.5)')
    assert lines[at + 1].startswith("  main.go:6\t0x")
    assert any("CALL\tfmt.Fprintln(SB)" in line for line in lines)


def test_a_universal_file_has_the_functions_of_its_parts(programs, tmp_path, cli):
    data = programs("darwin/arm64").read_bytes()
    path = tmp_path / "universal"
    path.write_bytes(struct.pack(">IIIIIII", 0xCAFEBABE, 1, 0x0100000C, 0, 1 << 14, len(data), 14).ljust(1 << 14, b"\0") + data)
    done = cli("objdump", "-s", r"^main\.main$", path)
    assert done.stdout.splitlines()[0].endswith("/main.go (arm64)") and "CALL\tfmt.Fprintln(SB)" in done.stdout


def test_symbols_of_other_packages_have_their_names(tmp_path, goroot):
    archive = go("list", "-export", "-f", "{{.Export}}", "strings", GOARCH="arm64").strip()
    text = "\n".join(
        " ".join([line.text, *line.relocations])
        for binary in [disassemble.read(archive)]
        for function in binary.functions
        for line in disassemble.lines(function, binary)
    )
    assert "CALL\tunicode.IsSpace(SB)" in text and "R_CALLARM64:internal/stringslite.Index" in text
    assert not re.search(r"#\d", text)


@pytest.mark.parametrize("target", ["linux/arm64", "darwin/arm64"])
def test_damaged_programs(programs, tmp_path, target):
    """Whatever is wrong in a file, it is read as far as it can be, or refused."""
    program = programs(target)
    data = program.read_bytes()
    chance = random.Random(5)
    path = tmp_path / "bad"
    table = data.find(b"\xf1\xff\xff\xff\0\0\4\x08")
    assert table > 0
    for number in range(18):
        bad = bytearray(data)
        start = (0, table, table + 72)[number % 3]
        for _ in range(chance.randrange(1, 4)):
            bad[start + chance.randrange(1 << 16 if number % 3 == 2 else 400 if not start else 72)] = chance.randrange(256)
        path.write_bytes(bad[: chance.randrange(1, len(bad)) if chance.random() < 0.2 else len(bad)])
        try:
            binary = disassemble.read(str(path))
        except UserError as error:
            assert error.diagnostics
            continue
        for function in chance.sample(binary.functions, min(3, len(binary.functions))):
            function.code = function.code[:400]
            assert b"".join(line.code for line in disassemble.lines(function, binary)) == function.code
