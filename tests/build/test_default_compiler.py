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
TARGETS = ["linux/amd64", *(["darwin/amd64"] if full.asked() else [])]
CHOSEN = [f"--target={target}" for target in TARGETS]
DEFAULT = {"PYGO_CROSS_STOCK": None}

# Two packages, what they need of the standard library, a variable that the linker sets, and what comes of it.
SMALL = {
    "go.mod": "module example.com/small\n\ngo 1.27\n",
    "main.go": """package main

import (
	"errors"
	"sort"
	"strconv"

	"example.com/small/words"
)

var version = "none"

func louder(s string) string { return s + "!" }

func main() {
	count := words.Count([]string{"one", "two", "three", "two"}, louder)
	keys := make([]string, 0, len(count))
	for key, n := range count {
		keys = append(keys, key+"="+strconv.Itoa(n))
	}
	sort.Strings(keys)
	_, err := strconv.ParseFloat("1x", 64)
	println(keys[0], keys[1], keys[2], errors.Is(err, strconv.ErrSyntax), strconv.FormatFloat(1.0/3, 'g', 5, 64), version)
}
""",
    "words/words.go": """package words

func Count[T comparable](list []T, as func(T) T) map[T]int {
	found := make(map[T]int)
	for _, one := range list {
		found[as(one)]++
	}
	return found
}
""",
    "toolchain.yaml": """version: 1
project: small
builds:
  - main: .
    ldflags: [-s, -w, "-X main.version={{ .Version }}"]
    smoke:
      - {stderr: "one!=1 three!=1 two!=2 true 0.33333 {{ .Version }}\\n"}
""",
}
# As little as makes a difference: whatever is said of stock's packages, all are compiled again.
MIXED = SMALL | {
    "main.go": """package main

import (
	"errors"

	"example.com/small/words"
)

type mistake struct{ error }

func (m mistake) Unwrap() error { return m.error }

func main() {
	err := errors.New("an error")
	println(words.Count([]string{"a", "A"}, func(s string) string { return "A" })["A"], errors.Is(mistake{err}, err))
}
""",
    "toolchain.yaml": "version: 1\nproject: small\nbuilds: [{main: ., smoke: [{stderr: \"2 true\\n\"}]}]\n",
}

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


def written(files: dict[str, str], folder: Path) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture(scope="module", params=["small", *full.more("fmt takes a minute; the image has it", "hello")])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, cli: Cli) -> Path:
    """A project, built; examples/hello in the full run."""
    folder = tmp_path_factory.mktemp("default") / "hello"
    if request.param == "hello":
        shutil.copytree(ROOT / "examples/hello", folder, ignore=shutil.ignore_patterns("dist"))
    else:
        written(SMALL, folder)
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


def test_packages_that_stock_go_is_asked_to_compile(cli: Cli, tmp_path: Path) -> None:
    """With all of the standard library stock's, the project's own two packages are ours."""
    written(MIXED, tmp_path)
    done = cli("build", "-q", "--target=linux/amd64", "--stock=std", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (item,) = binaries(tmp_path)
    assert item["stages"]["compile"] == f"{OURS}, {RELEASE} for the runtime, std"
    assert cli("smoke", "--target=linux/amd64", cwd=tmp_path).returncode == 0


def test_mistakes_are_told_as_go_tells_them(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {\n\tvar x int\n\tundefined()\n}\n")
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.27\n")
    done = cli("build", "-q", "-trimpath", "-o", "x", "--target=linux/amd64", ".", cwd=tmp_path, env=DEFAULT)
    assert done.returncode == 1
    assert "main.go:4:6: declared and not used: x" in done.stderr and "main.go:5:2: undefined: undefined" in done.stderr
    assert not (tmp_path / "x").exists()
