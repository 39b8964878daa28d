# SPDX-License-Identifier: BSD-3-Clause
"""A module without a toolchain.yaml: what is built, what it is called, and what is said where that can't be told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.unwritten import program_name

Files = dict[str, str]


def lay(folder: Path, files: Files) -> None:
    """Writes Go files with the package clause that is given for each, and a main function for programs."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if name == "go.mod" else f"package {text}\n" + ("func main() {}\n" if text == "main" else ""))


def planned(cli: Any, folder: Path) -> list[tuple[str, str, str]]:
    """What a build makes for linux/amd64: id, file, and what is built."""
    done = cli("build", "--print", "--json", "--target", "linux/amd64", cwd=folder)
    assert done.returncode == 0, done.stderr
    return [(job["build"], job["path"], job["command"][-1]) for job in json.loads(done.stdout) if job["type"] == "Binary"]


def test_every_program_of_the_module_and_nothing_else(cli: Any, tmp_path: Path) -> None:
    files = {"go.mod": "module example.com/tools/v2\n\ngo 1.27\n", "x.go": "tools", "cmd/one/a.go": "main", "cmd/two/a.go": "main"}
    lay(tmp_path, files | {"inner/go.mod": "module example.com/inner\n", "inner/a.go": "main", "testdata/a.go": "main"})
    made = planned(cli, tmp_path)
    assert made == [("one", "dist/one_linux_amd64/one", "./cmd/one"), ("two", "dist/two_linux_amd64/two", "./cmd/two")]


def test_the_program_at_the_top_has_the_modules_name(cli: Any, tmp_path: Path) -> None:
    lay(tmp_path, {"go.mod": "module example.com/greet/v2\n\ngo 1.27\n", "a.go": "main"})
    assert planned(cli, tmp_path) == [("greet", "dist/greet_linux_amd64/greet", ".")]
    assert "go.mod: ok: 1 build" in cli("check", cwd=tmp_path).stderr


def test_programs_of_one_name_are_told_apart_by_their_folders(cli: Any, tmp_path: Path) -> None:
    lay(tmp_path, {"go.mod": "module example.com/m\n\ngo 1.27\n", "a/run/a.go": "main", "b/run/a.go": "main"})
    made = planned(cli, tmp_path)
    assert made == [("a-run", "dist/a-run_linux_amd64/run", "./a/run"), ("b-run", "dist/b-run_linux_amd64/run", "./b/run")]


def test_a_toolchain_yaml_is_what_counts(cli: Any, tmp_path: Path) -> None:
    lay(tmp_path, {"go.mod": "module example.com/m\n\ngo 1.27\n", "cmd/a/a.go": "main", "cmd/b/a.go": "main"})
    (tmp_path / "toolchain.yaml").write_text("version: 1\nproject: only\nbuilds: [{main: ./cmd/b}]\n")
    assert [build for build, _, _ in planned(cli, tmp_path)] == ["only"]


@pytest.mark.parametrize(
    ("files", "status", "said"),
    [
        ({"go.mod": "module example.com/m\n\ngo 1.27\n", "a.go": "lib"}, 2, "no package of go.mod is a program; name a package"),
        ({"go.mod": "modul x\n", "a.go": "main"}, 1, "go.mod:1: unknown directive: modul"),
        ({"a.go": "main"}, 2, "there is no toolchain.yaml here, and no go.mod; name one with -f"),
    ],
)
def test_what_is_said_where_it_cant_be_told(cli: Any, tmp_path: Path, files: Files, status: int, said: str) -> None:
    lay(tmp_path, files)
    done = cli("build", cwd=tmp_path)
    assert done.returncode == status
    assert said in done.stderr
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize(
    ("path", "name"), [("a/b", "b"), ("a/b/v2", "b"), ("v2", "v2"), ("a/v10", "a"), ("a/_b~c", "bc"), ("a/~", "program")]
)
def test_names(path: str, name: str) -> None:
    assert program_name(path) == name
