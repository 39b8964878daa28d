# SPDX-License-Identifier: BSD-3-Clause
"""Our reader of Go's build information beside `go version -m`."""

from __future__ import annotations

import contextlib
import random
import struct
from pathlib import Path
from typing import Any

import pytest
from go_programs import TARGETS, build, go, module_with_dependencies, stock_info

from pygo_cross.exe.buildinfo import (
    BadBuildInfo,
    BuildInfo,
    Module,
    modules,
    parse_build_info,
    read_build_info,
    read_build_info_of,
    read_build_infos,
)


def as_stock(info: BuildInfo) -> dict[str, Any]:
    """Ours in the shape of `go version -m -json`."""

    def module(one: Module) -> dict[str, Any]:
        made: dict[str, Any] = {"Path": one.path}
        made |= {"Version": one.version} if one.version else {}
        made |= {"Sum": one.sum} if one.sum else {}
        return made | ({"Replace": module(one.replace)} if one.replace else {})

    made: dict[str, Any] = {"GoVersion": info.go_version, "Path": info.path}
    made["Main"] = module(info.main) if info.main else {}
    made["Deps"] = [module(one) for one in info.deps]
    made["Settings"] = [{"Key": key, **({"Value": value} if value else {})} for key, value in info.settings]
    return made


def same(file: Path) -> None:
    stock = stock_info(file)
    ours = read_build_info_of(file)
    assert ours is not None
    assert as_stock(ours) == {"Main": {}, "Deps": [], "Settings": [], "Path": "", **stock}


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return module_with_dependencies(tmp_path_factory.mktemp("deps"))


@pytest.mark.parametrize("target", TARGETS)
def test_dependencies_as_go_says(module: Path, tmp_path: Path, target: str) -> None:
    flags = ("-trimpath=false", "-ldflags=-s -w -X 'main.x=a b\t\"c\"=`é'", "-tags=one,two")
    made = build(module, tmp_path / "app", target, *flags)
    same(made)
    info = read_build_info_of(made)
    assert info is not None and len(list(modules(info))) == 5
    assert {one.used.path for one in info.deps} >= {"./local", "example.com/other/v2", "example.com/Upper/indirect"}
    assert info.setting("GOOS") + "/" + info.setting("GOARCH") == target


def test_go_itself() -> None:
    root = Path(go("env", "GOROOT").strip())
    found = [*(root / "bin").iterdir(), *(root / "pkg/tool").glob("*/*")]
    assert len(found) >= 8
    for file in found:
        same(file)


def test_fat(module: Path, tmp_path: Path) -> None:
    thin = [build(module, tmp_path / name, target) for name, target in (("a", "darwin/amd64"), ("b", "darwin/arm64"))]
    for wide in (False, True):
        header = bytearray(struct.pack(">II", 0xCAFEBABF if wide else 0xCAFEBABE, 2))
        body, at = b"", 1 << 14
        for cpu, file in zip((0x1000007, 0x100000C), thin, strict=True):
            data = file.read_bytes()
            header += struct.pack(">IIQQII" if wide else ">IIIII", cpu, 0, at, len(data), 14, *([0] if wide else []))
            body += data + bytes(-len(data) % (1 << 14))
            at = (1 << 14) + len(body)
        fat = tmp_path / f"fat{wide}"
        fat.write_bytes(bytes(header).ljust(1 << 14, b"\0") + body)
        found = read_build_infos(fat.read_bytes())
        assert [(cpu, info.setting("GOARCH")) for cpu, info in found] == [(0x1000007, "amd64"), (0x100000C, "arm64")]
        if not wide:  # the other form is not known to stock Go
            same(fat)


def test_before_go_1_18() -> None:
    """The older record has pointers to strings, and no section need name the place: a made-up ELF file of both byte orders and sizes."""
    text = b"path\texample.com/old\nmod\texample.com/old\t(devel)\t\n"
    framed = b"\x30" * 16 + text + b"\x31" * 16
    for wide in (True, False):
        for order in "<>":
            size = 8 if wide else 4
            word = "Q" if wide else "I"
            base, at = 0x400000, 0x200  # of the data segment
            release = b"go1.17.13"
            strings = at + 64
            head = b"\xff Go buildinf:" + bytes([size, 0 if order == "<" else 1])
            body = head + struct.pack(f"{order}2{word}", base + strings, base + strings + 2 * size)
            body = body.ljust(64, b"\0") + struct.pack(
                f"{order}4{word}", base + strings + 64, len(release), base + strings + 80, len(framed)
            )
            body = body.ljust(128, b"\0") + release.ljust(16, b"\0") + framed
            ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]).ljust(12, b"\0")
            if wide:
                header = ident + struct.pack(order + "HHIQQQIHHHHHH", 2, 62, 1, base, 64, 0, 0, 64, 56, 1, 0, 0, 0)
                header += struct.pack(order + "IIQQQQQQ", 1, 6, at, base + at, base + at, len(body), len(body), 4096)
            else:
                header = ident + struct.pack(order + "HHIIIIIHHHHHH", 2, 3, 1, base, 52, 0, 0, 52, 32, 1, 0, 0, 0)
                header += struct.pack(order + "IIIIIIII", 1, at, base + at, base + at, len(body), len(body), 6, 4096)
            info = read_build_info(header.ljust(at, b"\0") + body)
            assert info == BuildInfo("go1.17.13", "example.com/old", Module("example.com/old", "(devel)"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("mod\ta\n", "line 1: a module of 1 columns"),
        ("path\tx\n=>\ta\tb\tc\n", "line 2: a replacement of no module"),
        ("dep\ta\tb\n=>\ta\tb\n", "line 2: a module of 2 columns"),
        ("build\t=x\n", "without a name"),
        ("build\tx\n", "without ="),
        ('build\tx="a\n', "not closed"),
        ('build\t"x"y\n', "without ="),
        ("build\tx=a b\n", "lacks its quotes"),
        ('build\tx="\\q"\n', "escape"),
        ('build\tx="\\ud800"\n', "escape"),
        ('build\tx="\\777"\n', "escape"),
    ],
)
def test_what_no_linker_writes(text: str, says: str) -> None:
    with pytest.raises(BadBuildInfo) as caught:
        parse_build_info(text.encode(), "go1.27.3")
    assert says in str(caught.value)


def test_quotes() -> None:
    text = 'build\t"a=b"="\\x41\\101\\u00e9\\U0001f600\\n\\""\nbuild\tc=`raw\\`\nbuild\td=\nunknown\tline\n'
    info = parse_build_info(text.encode(), "")
    assert info.settings == (("a=b", 'AAé😀\n"'), ("c", "raw\\"), ("d", ""))


def test_damage(module: Path, tmp_path: Path) -> None:
    """Nothing that is done to a file leads to anything but an answer, none, or `BadBuildInfo`."""
    dice = random.Random(1)
    for target in ("linux/amd64", "darwin/arm64"):
        data = build(module, tmp_path / "app", target).read_bytes()
        where = data.find(b"\xff Go buildinf:")
        small = data[: 1 << 16] if where < 1 << 16 else data
        for _ in range(150):
            bad = bytearray(small)
            for _ in range(dice.randrange(1, 12)):
                at = dice.choice((dice.randrange(0, 1024), where + dice.randrange(0, 200)))
                if at < len(bad):
                    bad[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
            if dice.random() < 0.2:
                del bad[dice.randrange(len(bad)) :]
            with contextlib.suppress(BadBuildInfo):
                read_build_infos(bytes(bad))
    for data in (b"", b"\x7fELF", b"\xcf\xfa\xed\xfe" + bytes(20), b"\xca\xfe\xba\xbe\xff\xff\xff\xff" + bytes(100), b"MZ" + bytes(100)):
        assert read_build_info(data) is None
    (tmp_path / "empty").touch()
    assert read_build_info_of(tmp_path / "empty") is None
