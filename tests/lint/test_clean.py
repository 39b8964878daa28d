# SPDX-License-Identifier: BSD-3-Clause
"""No error and no warning in what is as it should be: stock Go's programs, ours, those of GOROOT and of this machine.

The full run adds cmd/go for all targets, by stock Go and by us: minutes where the build cache is cold.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import full
import pytest
from go_programs import TARGETS, go
from samples import BARE, compiled, pie, rules, stock, universal

from pygo_cross.lint.check import check, is_binary
from pygo_cross.lint.rules import ERROR

GOROOT = Path(go("env", "GOROOT").strip())
FULL = full.asked()
PROGRAMS = ("cmd/gofmt", "cmd/go") if FULL else ("cmd/gofmt",)
VARIANTS = {"plain": (), "trimmed": ("-trimpath",), "stripped": ("-trimpath", "-ldflags=-s -w")}

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


def binaries(folder: Path, most: int) -> list[Path]:
    """The first programs of a folder, without links."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if len(found) < most and path.is_file() and not path.is_symlink() and os.access(path, os.R_OK):
            with path.open("rb") as file:
                if is_binary(file.read(8)):
                    found.append(path)
    return found


@pytest.mark.parametrize(
    ("variant", "target"),
    [
        *((variant, target) for variant in ("trimmed", "stripped") for target in TARGETS),
        ("plain", "linux/amd64"),
        ("plain", "darwin/arm64"),
        *full.more("each format is there", ("plain", "linux/arm64"), ("plain", "darwin/amd64")),
    ],
)
def test_stock_hello(variant: str, target: str) -> None:
    plain = "-trimpath=false"
    data = stock(target, *VARIANTS[variant]) if VARIANTS[variant] else stock(target, plain, source=BARE)
    assert rules(data) == set()


@pytest.mark.parametrize("target", TARGETS if FULL else ("linux/amd64", "darwin/arm64"))
@pytest.mark.parametrize("program", PROGRAMS)
def test_stock_programs(program: str, target: str, tmp_path: Path) -> None:
    goos, goarch = target.split("/")
    for variant in VARIANTS if FULL else ("trimmed",):
        out = tmp_path / variant
        go("build", *VARIANTS[variant], "-o", str(out), program, GOOS=goos, GOARCH=goarch, GOFLAGS="")
        assert rules(out.read_bytes()) == set(), variant


@pytest.mark.parametrize("target", TARGETS if FULL else ("linux/amd64", "darwin/arm64"))
@pytest.mark.parametrize("program", PROGRAMS)
def test_ours(cli: Cli, program: str, target: str, tmp_path: Path) -> None:
    for variant in VARIANTS if FULL else ("stripped",):
        out = tmp_path / variant
        done = cli("build", "-q", "-o", out, "--target", target, *VARIANTS[variant], program)
        assert done.returncode == 0, done.stderr
        assert rules(out.read_bytes()) == set(), variant


def test_goroot() -> None:
    found = [*binaries(GOROOT / "bin", 100), *(path for folder in (GOROOT / "pkg/tool").iterdir() for path in binaries(folder, 100))]
    assert len(found) >= 5
    for path in found:
        assert rules(path.read_bytes()) == set(), path


@pytest.mark.parametrize("target", ["linux/amd64", *full.more("the format is there, and the processor", "linux/arm64")])
def test_stock_pie(target: str) -> None:
    assert rules(pie(target)) == set()


def test_universal() -> None:
    assert rules(universal()) == set()


def test_levels_of_processors() -> None:
    for record in check("sample", stock("linux/amd64", "-trimpath")):
        assert record.facts["settings"]["GOAMD64"] == "v1"  # type: ignore[index]
        assert record.facts["static"] and record.facts["stripped"] is False


def test_cgo() -> None:
    if compiled() is None:
        pytest.skip("there is no gcc")
    head = 'package main\n\n// int twice(int x) { return 2 * x; }\nimport "C"\n'
    resolver = f'{head}import "net"\n\nfunc main() {{ println(C.twice(4), net.IPv4len) }}\n'
    bare = f"{head}\nfunc main() {{ println(C.twice(4)) }}\n"
    for flags, source in (((), resolver), (("-ldflags=-linkmode=external -s",), resolver), (("-buildmode=pie",), bare)):
        data = stock("linux/amd64" if os.uname().machine == "x86_64" else "linux/arm64", *flags, source=source, cgo=True)
        assert rules(data) == set(), flags


def test_programs_of_this_machine() -> None:
    """No errors; that a distribution's program has a path to its own libraries may be a warning."""
    found = binaries(Path("/bin"), 1000 if FULL else 60)
    if not found:
        pytest.skip("no program of this machine can be read")
    for path in found:
        broken = [f for record in check(str(path), path.read_bytes()) for f in record.findings if f.severity == ERROR]
        assert [(f.rule, f.message) for f in broken] == [], path


def test_c() -> None:
    for flags in ((), ("-static",), ("-no-pie",), ("-g", "-Wl,-z,now"), ("-shared", "-fPIC")):
        data = compiled(*flags)
        if data is None:
            pytest.skip("there is no gcc")
        assert rules(data) == set(), flags
