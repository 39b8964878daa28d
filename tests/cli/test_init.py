# SPDX-License-Identifier: BSD-3-Clause
"""`init`: what it writes passes `check` and builds, and nothing is ever overwritten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.config import parse_config

MAIN = "package main\n\nfunc main() {}\n"


def module(folder: Path, path: str, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "go.mod").write_text(f"module {path}\n\ngo 1.27\n")
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_go", ".go")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def test_one_program(cli: Any, hello: Path) -> None:
    (hello / "toolchain.yaml").unlink()
    done = cli("init", cwd=hello)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "toolchain.yaml: written, with 1 program: hello; next: pygo-cross check, pygo-cross build\n"
    assert cli("check", cwd=hello).stderr == "toolchain.yaml: ok: 1 build, 5 artifacts\n"
    done = cli("build", "--builder", "go", "--target", "linux/amd64", "-q", "--json", cwd=hello)
    assert done.returncode == 0, done.stderr
    assert [entry["path"] for entry in json.loads(done.stdout) if entry["type"] == "Binary"] == ["hello_linux_amd64/hello"]
    assert '"-X main.version={{ .Version }}"' in (hello / "toolchain.yaml").read_text()


def test_several_programs_for_their_targets(cli: Any, tmp_path: Path) -> None:
    module(
        tmp_path, "example.com/tools/v3", main_go=MAIN, cmd__one__main_go=MAIN, cmd__two__main_go="//go:build linux\n\n" + MAIN,
        other__one__main_go="//go:build darwin && arm64\n\n" + MAIN, lib__lib_go="package lib\n", examples__x__main_go=MAIN,
        cmd__three__main_go='package main\n\nimport "example.org/not/there"\n\nfunc main() { there.Run() }\n',
    )  # fmt: skip
    done = cli("init", "--print", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "toolchain.yaml").exists()
    project = parse_config(done.stdout.encode())
    assert project.project == "tools"
    assert [(build.id, build.main, build.targets) for build in project.builds] == [
        ("tools", ".", ()),
        ("one", "./cmd/one", ()),
        ("three", "./cmd/three", ()),
        ("two", "./cmd/two", ("linux/*",)),
        ("other-one", "./other/one", ("darwin/arm64",)),
    ]
    assert "# Left aside: examples/x" in done.stdout
    assert cli("init", "-q", cwd=tmp_path).stderr == ""
    assert (tmp_path / "toolchain.yaml").read_text() == done.stdout
    assert cli("check", "-q", cwd=tmp_path).returncode == 0


def test_only_programs_that_are_aside_elsewhere(cli: Any, tmp_path: Path) -> None:
    module(tmp_path, "true", tools__gen__main_go=MAIN)
    project = parse_config(cli("init", "--print", cwd=tmp_path).stdout.encode())
    assert (project.project, project.builds[0].id) == ("true", "gen")


@pytest.mark.parametrize("folder", ["a b", "Ünïcode", "it's", "-dash", "1e3"])
def test_hard_names(folder: str, cli: Any, tmp_path: Path) -> None:
    module(tmp_path, "example.com/1e3")
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "main.go").write_text(MAIN)
    done = cli("init", "--print", cwd=tmp_path)
    if done.returncode == 0:  # the go command takes some names of folders for no package's
        build = parse_config(done.stdout.encode()).builds[0]
        assert build.main == f"./{folder}"
    else:
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1


def test_it_never_overwrites(cli: Any, hello: Path) -> None:
    before = (hello / "toolchain.yaml").read_bytes()
    done = cli("init", cwd=hello)
    assert done.returncode == 2
    assert done.stderr == "pygo-cross: toolchain.yaml is there already; it is not overwritten: edit it, or move it away\n"
    assert (hello / "toolchain.yaml").read_bytes() == before
    (hello / "toolchain.yaml").rename(hello / "toolchain.yml")
    assert cli("init", cwd=hello).returncode == 2
    (hello / "toolchain.yml").unlink()
    (hello / "toolchain.yaml").symlink_to(hello / "nowhere")
    assert cli("init", cwd=hello).returncode == 2
    assert cli("init", "-q", "-f", "other.yaml", cwd=hello).returncode == 0
    assert cli("check", "-f", "other.yaml", cwd=hello).returncode == 0


def test_nothing_to_write(cli: Any, tmp_path: Path) -> None:
    done = cli("init", cwd=tmp_path)
    assert done.returncode == 2 and "there is no go.mod in" in done.stderr and "go mod init" in done.stderr
    module(tmp_path, "example.com/lib", lib_go="package lib\n")
    done = cli("init", cwd=tmp_path)
    assert done.returncode == 2 and "the module example.com/lib has no main package" in done.stderr
    (tmp_path / "go.mod").write_text("nonsense\n")
    done = cli("init", cwd=tmp_path)
    assert done.returncode == 2 and "go.mod" in done.stderr and len(done.stderr.splitlines()) == 1
