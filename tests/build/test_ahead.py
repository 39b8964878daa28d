# SPDX-License-Identifier: BSD-3-Clause
"""The assembler as `go build` calls it by toolexec.sh: the first call for a package makes the objects that later ones ask for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pygo_cross.build.goroot import find_goroot

ROOT = Path(__file__).parent.parent.parent
GOROOT = find_goroot()
SCRIPT = ROOT / "pygo_cross/build/toolexec.sh"
TOOL = next((GOROOT / "pkg/tool").iterdir()) / "asm"
FUNCTION = '#include "textflag.h"\nTEXT ·{name}(SB),NOSPLIT,$0\n\tMOVQ ${number}, AX\n\tRET\n'
FLAGS = ("-p", "example.com/p", "-I", str(GOROOT / "pkg/include"))

Call = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of three files, as the go command has it: sources, and a folder `made` for what is made."""
    (tmp_path / "made").mkdir()
    for number, name in enumerate("abc"):
        (tmp_path / f"{name}.s").write_text(FUNCTION.format(name=name, number=number))
    return tmp_path


@pytest.fixture
def call(package: Path) -> Call:
    """Calls the assembler with `FLAGS` and more, and notes in `starts` when Python was started."""
    python = package / "python"
    python.write_text(f"#!/bin/sh\necho \"$@\" >>'{package}/starts'\nexec '{sys.executable}' \"$@\"\n")
    python.chmod(0o755)
    (package / "starts").touch()

    def run(*words: str, flags: tuple[str, ...] = FLAGS) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "GOOS": "linux", "GOARCH": "amd64", "PYGO_CROSS_ASM_ID": "x"}
        command = ["sh", str(SCRIPT), str(python), str(TOOL), *flags, *words]
        return subprocess.run(command, cwd=package, env=env, capture_output=True, text=True, check=False)

    return run


def starts(package: Path) -> int:
    return len((package / "starts").read_text().splitlines())


def listed(package: Path, call: Call, *names: str, flags: tuple[str, ...] = FLAGS) -> None:
    files = [str(package / f"{name}.s") for name in names]
    assert call("-gensymabis", "-o", f"{package}/made/symabis", *files, flags=flags).returncode == 0


def assembled(package: Path, call: Call, name: str, flags: tuple[str, ...] = FLAGS) -> subprocess.CompletedProcess[str]:
    return call("-o", f"{package}/made/{name}.o", str(package / f"{name}.s"), flags=flags)


def stock(package: Path, name: str, flags: tuple[str, ...] = FLAGS) -> bytes:
    out = package / "stock.o"
    env = {**os.environ, "GOOS": "linux", "GOARCH": "amd64"}
    subprocess.run([TOOL, *flags, "-o", out, package / f"{name}.s"], cwd=package, env=env, check=True)
    return out.read_bytes()


def test_one_call_makes_all_objects(package: Path, call: Call) -> None:
    listed(package, call, "a", "b", "c")
    for name in "bac":
        assert assembled(package, call, name).returncode == 0
        assert starts(package) == 2
        assert (package / f"made/{name}.o").read_bytes() == stock(package, name)


def test_other_flags_are_another_object(package: Path, call: Call) -> None:
    (package / "b.s").write_text("TEXT ·b(SB),4,$0\n\tMOVQ $WORD, AX\n\tRET\n")
    one, two = (*FLAGS, "-D", "WORD=1"), (*FLAGS, "-D", "WORD=2")
    listed(package, call, "a", "b", flags=one)
    assert assembled(package, call, "a", one).returncode == 0
    for flags in (two, one):
        assert assembled(package, call, "b", flags).returncode == 0
        assert (package / "made/b.o").read_bytes() == stock(package, "b", flags)


def test_nothing_is_ahead_of_another_package_s_listing(package: Path, call: Call) -> None:
    listed(package, call, "a", "b")
    assert assembled(package, call, "c").returncode == 0
    assert assembled(package, call, "a", (*FLAGS, "-std")).returncode == 0
    assert sorted(path.name for path in (package / "made").glob("*.o")) == ["a.o", "c.o"]


def test_mistakes_are_told_by_the_call_for_their_file(package: Path, call: Call) -> None:
    (package / "b.s").write_text("TEXT ·b(SB),4,$0\n\tMOVQ NOTHING, AX, BX, CX\n\tRET\n")
    listed(package, call, "a", "b", "c")
    first = assembled(package, call, "a")
    assert (first.returncode, first.stdout, first.stderr) == (0, "", "")
    wrong = assembled(package, call, "b")
    assert wrong.returncode == 1 and f"{package}/b.s:2" in wrong.stderr and not (package / "made/b.o").exists()
    assert assembled(package, call, "c").returncode == 0
    assert starts(package) == 3
    assert (package / "made/c.o").read_bytes() == stock(package, "c")


def test_a_listing_of_instructions_comes_with_each_call(package: Path, call: Call) -> None:
    flags = (*FLAGS, "-S")
    listed(package, call, "a", "b", flags=flags)
    for name in "ab":
        done = assembled(package, call, name, flags)
        assert done.returncode == 0 and f"p.{name} STEXT" in done.stdout


def test_a_lost_object_is_made_again(package: Path, call: Call) -> None:
    listed(package, call, "a", "b")
    assert assembled(package, call, "a").returncode == 0
    (package / "made/b.o").unlink()
    assert assembled(package, call, "b").returncode == 0
    assert (package / "made/b.o").read_bytes() == stock(package, "b")


def test_it_is_found_where_it_lies(package: Path, tmp_path: Path) -> None:
    """The assembler beside the script is the one that runs, whatever PYTHONPATH and the current folder hold."""
    elsewhere = tmp_path / "it's elsewhere"
    shutil.copytree(ROOT / "pygo_cross", elsewhere / "pygo_cross", ignore=shutil.ignore_patterns("__pycache__", "link", "emulate"))
    (package / "pygo_cross.py").write_text("raise SystemExit('the wrong one')\n")
    (package / "re.py").write_text("raise SystemExit('the wrong one')\n")
    env = {**os.environ, "GOOS": "linux", "GOARCH": "amd64", "PYGO_CROSS_ASM_ID": "x", "PYTHONPATH": str(ROOT / "tests/nowhere")}
    script = elsewhere / "pygo_cross/build/toolexec.sh"
    out = package / "made/a.o"
    command = ["sh", str(script), sys.executable, str(TOOL), *FLAGS, "-o", str(out), str(package / "a.s")]
    subprocess.run(command, cwd=package, env=env, check=True)
    assert out.read_bytes() == stock(package, "a")
