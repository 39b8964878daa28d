# SPDX-License-Identifier: BSD-3-Clause
"""builder: pygo as people have it: three stages ours, but for the runtime, on amd64. Other tests take stock's compiler (conftest.py)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import full
import pytest

from pygo_cross.build.builders import OURS, RELEASE

ROOT = Path(__file__).parent.parent.parent
# The standard library is compiled for each, where the build cache is cold: a minute of one processor.
TARGETS = ["linux/amd64", *(["darwin/amd64"] if full.asked() else [])]
CHOSEN = [f"--target={target}" for target in TARGETS]
DEFAULT = {"PYGO_CROSS_STOCK": None}

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, cli: Cli) -> Path:
    """examples/hello, built."""
    folder = tmp_path_factory.mktemp("default") / "hello"
    shutil.copytree(ROOT / "examples/hello", folder, ignore=shutil.ignore_patterns("dist"))
    done = cli("build", "-q", *CHOSEN, cwd=folder, env=DEFAULT)
    assert done.returncode == 0, done.stderr
    return folder


def binaries(folder: Path) -> list[Any]:
    """The record of each binary."""
    return [item for item in json.loads((folder / "dist/artifacts.json").read_text())["artifacts"] if item["stages"]]


def test_the_record_says_who_compiled(built: Path) -> None:
    for item in binaries(built):
        assert item["stages"] == {"compile": f"{OURS}, {RELEASE} for the runtime", "assemble": OURS, "link": OURS}


def test_it_does_what_the_configuration_says(built: Path, cli: Cli) -> None:
    done = cli("smoke", *CHOSEN, cwd=built)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("ok (emulated)") == len(TARGETS)


def test_the_same_bytes_again_from_elsewhere(built: Path, cli: Cli, tmp_path: Path) -> None:
    again = tmp_path / "elsewhere"
    shutil.copytree(built, again, ignore=shutil.ignore_patterns("dist"))
    done = cli("build", "-q", *CHOSEN, "-p", "1", cwd=again, env={**DEFAULT, "PYTHONHASHSEED": "7"})
    assert done.returncode == 0, done.stderr
    assert [item["sha256"] for item in binaries(again)] == [item["sha256"] for item in binaries(built)]


def test_packages_that_stock_go_is_asked_to_compile(built: Path, cli: Cli) -> None:
    """With all of the standard library stock's, the example's own two packages are ours."""
    done = cli("build", "-q", "--clean", "--target=linux/amd64", "--stock=std", cwd=built)
    assert done.returncode == 0, done.stderr
    (item,) = binaries(built)
    assert item["stages"]["compile"] == f"{OURS}, {RELEASE} for the runtime, std"
    assert cli("smoke", "--target=linux/amd64", cwd=built).returncode == 0


def test_mistakes_are_told_as_go_tells_them(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {\n\tvar x int\n\tundefined()\n}\n")
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.27\n")
    done = cli("build", "-q", "-o", "x", "--target=linux/amd64", ".", cwd=tmp_path, env=DEFAULT)
    assert done.returncode == 1
    assert "main.go:4:6: declared and not used: x" in done.stderr and "main.go:5:2: undefined: undefined" in done.stderr
    assert not (tmp_path / "x").exists()
