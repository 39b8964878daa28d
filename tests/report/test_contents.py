# SPDX-License-Identifier: BSD-3-Clause
"""What is said to be in a binary: sizes that add up, the right packages, and nothing but refusals for bytes that are no report."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.report.bare import package_of, read_binary
from pygo_cross.build.report.contents import CLASSES, REASONS, Contents, group_of, read_link_report
from pygo_cross.build.report.pack import pack, unpack
from pygo_cross.diag import InternalError
from pygo_cross.exe.buildinfo import BuildInfo, Module

INFO = BuildInfo(
    "go1.27.3", "example.com/a/cmd/x", Module("example.com/a", "v1"), (Module("gopkg.in/yaml.v3", "v3"), Module("example.com/a/deep", "v1"))
)


@pytest.mark.parametrize(
    ("package", "group"),
    [
        ("", "made by the linker"),
        ("main", "example.com/a"),
        ("example.com/a/x", "example.com/a"),
        ("example.com/ab", "example.com/ab"),
        ("gopkg.in/yaml.v3", "gopkg.in/yaml.v3"),
        ("fmt", "standard library"),
        ("vendor/golang.org/x/net/idna", "standard library"),
        ("internal/runtime/maps", "standard library"),
    ],
)
def test_groups(package: str, group: str) -> None:
    assert group_of(package, INFO) == group


def test_groups_of_what_is_in_no_module() -> None:
    command = BuildInfo("go1.27.3", "cmd/gofmt")
    assert [group_of(package, command) for package in ("main", "cmd/internal/edit", "go/ast")] == ["cmd", "cmd", "standard library"]
    script = BuildInfo("go1.27.3", "command-line-arguments")
    for info in (script, None):
        assert [group_of(package, info) for package in ("main", "fmt")] == ["main", "standard library"]


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("fmt.Println", "fmt"),
        ("encoding/json.(*Decoder).Decode", "encoding/json"),
        ("example.com/a%2eb.F", "example.com/a.b"),
        ("example.com/x.F[go.shape.struct { a/b.C int }]", "example.com/x"),
        ("slices.SortFunc[go.shape.[]example.com/x.T,go.shape.int]", "slices"),
        ("type:.eq.main.T", ""),
        ("go:buildid", ""),
        ("_rt0_amd64_linux", ""),
        ("", ""),
        ("a%zz/b%2.F", "a%zz/b%2"),
    ],
)
def test_packages_of_names(name: str, package: str) -> None:
    assert package_of(name) == package


def stock(folder: Path, goos: str, goarch: str, ldflags: str) -> Path:
    """A program by stock Go."""
    (folder / "go.mod").write_text("module example.com/plain\n\ngo 1.27\n")
    (folder / "main.go").write_text('package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("plain") }\n')
    from pygo_cross.build.goroot import go_environment

    root = find_goroot()
    command = [str(root / "bin/go"), "build", "-trimpath", f"-ldflags={ldflags}", "-o", "plain", "."]
    subprocess.run(command, cwd=folder, env=go_environment(root, {"GOOS": goos, "GOARCH": goarch}, {}), check=True, capture_output=True)
    return folder / "plain"


@pytest.mark.parametrize(("goos", "goarch"), [("linux", "arm64"), ("darwin", "amd64")])
@pytest.mark.parametrize("ldflags", ["-s -w", ""], ids=["stripped", "full"])
def test_a_binary_of_stock_go(goos: str, goarch: str, ldflags: str, tmp_path: Path) -> None:
    path = stock(tmp_path, goos, goarch, ldflags)
    contents = read_binary(path.read_bytes(), None)
    assert contents is not None
    assert contents.total() == contents.size == path.stat().st_size
    assert not contents.knows_why
    sizes = dict(zip(contents.names, contents.sizes, strict=True))
    assert len(sizes) > 1000
    groups = {group for group, *_ in contents.rest}
    assert ("debug information" in groups) is (not ldflags)
    assert groups <= {
        *("headers", "padding", "debug information", "symbol table", "code", "read-only data", "types", "tables", "data", "other sections")
    }
    assert "runtime" in contents.packages and "main" in contents.packages
    if not ldflags:
        command = [str(find_goroot() / "bin/go"), "tool", "nm", "-size", str(path)]
        listed = subprocess.run(command, check=True, capture_output=True, text=True)
        functions = [line.split(maxsplit=3) for line in listed.stdout.splitlines()]
        known: dict[str, list[int]] = {}
        for row in functions:
            if len(row) == 4 and row[2] in "tT":
                known.setdefault(row[3].strip().removesuffix(".abi0"), []).append(int(row[1]))
        checked = [name for name in sizes if name in known and goos == "linux"]
        assert goos == "darwin" or len(checked) > 1000
        # A function's share has the padding behind it. Mach-O's symbol table has no sizes.
        assert [name for name in checked if not any(size <= sizes[name] < size + 64 for size in known[name])] == []


def test_damaged_binaries_are_read_or_refused(tmp_path: Path) -> None:
    """Whatever bytes there are: no exception, and what is said adds up."""
    data = bytearray(stock(tmp_path, "linux", "amd64", "-s -w").read_bytes())
    chance = random.Random(7)
    header = list(range(4096))
    table = data.find(b"\xf1\xff\xff\xff\x00\x00\x01\x08")
    assert table > 0
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.choice([*header, *range(table, table + 64)])] = chance.randrange(256)
        contents = read_binary(bytes(damaged[: chance.choice([len(damaged), chance.randrange(len(damaged))])]), None)
        assert contents is None or (contents.total() == contents.size and min([0, *(size for *_, size in contents.rest)]) >= 0)
    for raw in (b"", b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe" + bytes(40)):
        assert read_binary(raw, None) is None or raw


REPORT: dict[str, Any] = {
    "version": 1, "size": 30, "packages": ["main", "fmt"], "classes": ["code", "zeroed"], "reasons": ["root", "call"],
    "symbols": {
        "name": ["main.main", "fmt.Println", "main.zero"], "package": [0, 1, 0], "class": [0, 0, 1], "size": [10, 5, 99],
        "tables": [3, 2, 0], "reason": [0, 1, 1], "parent": [0, 1, 1], "cause": [0, 0, 0],
    },
    "rest": [["headers", "file headers", 10]],
}  # fmt: skip


def raw(**changes: Any) -> bytes:
    return gzip.compress(json.dumps({**REPORT, **changes}).encode(), mtime=0)


def test_a_report_of_the_linker() -> None:
    contents = read_link_report(raw(), 30, INFO)
    assert contents.total() == 30 and contents.knows_why
    assert contents.packages == ["example.com/a/cmd/x", "fmt"] and contents.groups == ["example.com/a", "standard library"]
    assert [CLASSES[kind] for kind in contents.kind] == ["code", "code", "zeroed"]
    assert [REASONS[reason] for reason in contents.reason] == ["root", "call", "call"]


@pytest.mark.parametrize(
    "broken",
    [
        b"", b"x", gzip.compress(b"{"), gzip.compress(b"[]"), raw()[:-9], raw(version=2), raw(size=31), raw(rest=[]), raw(symbols={}),
        raw(classes=["code"]), raw(reasons=["magic"]), raw(rest=[["x", "y"]]),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_report_of_the_linker(broken: bytes) -> None:
    with pytest.raises(InternalError):
        read_link_report(broken, 30, None)


def contents_of(count: int, seed: int) -> Contents:
    """Contents with reasons, made up."""
    chance = random.Random(seed)
    made = Contents(0, packages=["p", "q/r", ""], groups=["m", "standard library", "made by the linker"])
    for row in range(count):
        made.names.append(f"n{chance.randrange(count)}")
        made.package.append(chance.randrange(3))
        made.kind.append(chance.randrange(len(CLASSES)))
        made.sizes.append(chance.choice([0, 8, 100, 5000]))
        made.tables.append(chance.choice([0, 20]) if made.kind[-1] != CLASSES.index("zeroed") else 0)
        made.parent.append(chance.randrange(row + 1))
        made.reason.append(1 if made.parent[-1] else 0)
        made.cause.append(chance.choice([0, row + 1]))
    made.rest = [("headers", "file headers", 64)]
    made.size = made.total()
    return made


def unpacked_total(binary: dict[str, Any]) -> int:
    zeroed = CLASSES.index("zeroed")
    listed = sum(size for size, kind in zip(binary["bytes"], binary["class"], strict=True) if kind != zeroed) + sum(binary["tables"])
    return listed + sum(row[3] for row in binary.get("small", ())) + sum(row[2] for row in binary["rest"])


@pytest.mark.parametrize("limit", [10**6, 50, 1])
def test_packing_keeps_sums_and_reasons(limit: int) -> None:
    made = {"a": contents_of(300, 1), "b": contents_of(200, 2)}
    text = pack(made, limit)
    assert text == pack(made, limit)
    everything = unpack(text)
    for path, contents in made.items():
        binary = everything["binaries"][path]
        zeroed = CLASSES.index("zeroed")
        hidden = 0 if limit > 1000 else sum(row[3] for row in binary["small"] if row[1] == zeroed)
        assert unpacked_total(binary) - hidden == contents.size
        assert all(0 <= parent <= len(binary["name"]) for parent in binary["parent"])
        if limit > 1000:
            assert sorted(name_of(everything, binary)) == sorted(contents.names)
            # A symbol's parent is the same one, wherever both stand now.
            names = name_of(everything, binary)
            pairs = sorted((names[row], names[parent - 1] if parent else "") for row, parent in enumerate(binary["parent"]))
            assert pairs == sorted(
                (contents.names[row], contents.names[parent - 1] if parent else "") for row, parent in enumerate(contents.parent)
            )
        else:
            assert len(binary["name"]) < len(contents.names)


def name_of(everything: dict[str, Any], binary: dict[str, Any]) -> list[str]:
    number, names = 0, []
    for step in binary["name"]:
        number += step
        names.append(everything["names"][number])
    return names


@pytest.mark.parametrize("text", ["", "x", "eJw=", "eJyrrgUAAXUA+Q==", pack({})[:-8]], ids=range(5))
def test_what_was_not_packed(text: str) -> None:
    with pytest.raises(ValueError):
        unpack(text)
