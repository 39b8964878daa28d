# SPDX-License-Identifier: BSD-3-Clause
"""What the environment and GOFLAGS say: tags, levels, experiments and defaults, as the go command has them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pygo_cross.build.goroot import find_goroot
from pygo_cross.diag import UserError
from pygo_cross.load.context import Context
from pygo_cross.load.settings import Settings, split_flags
from pygo_cross.target import find_target


@pytest.mark.parametrize(
    ("target", "env"),
    [
        ("linux/amd64", {}),
        ("darwin/amd64", {"GOAMD64": "v3"}),
        ("linux/arm64", {"GOARM64": "v9.2,crypto"}),
        ("darwin/arm64", {"GOARM64": "v8.1", "GOEXPERIMENT": "nojsonv2,arenas"}),
        ("linux/amd64", {"GOEXPERIMENT": "none"}),
    ],
)
def test_tool_tags(target: str, env: dict[str, str]) -> None:
    goos, goarch = target.split("/")
    settings = {**os.environ, "GOFLAGS": "", "GOWORK": "off", **env, "GOOS": goos, "GOARCH": goarch}
    command = [
        str(find_goroot() / "bin/go"),
        "list",
        "-f",
        "{{range context.ToolTags}}{{.}} {{end}}{{range context.ReleaseTags}}{{.}} {{end}}",
        "unsafe",
    ]
    theirs = subprocess.run(command, env=settings, cwd="/", capture_output=True, text=True, check=True).stdout.split()
    found = find_target(target)
    context = Context(found, (), env.get(found.variable, ""), env.get("GOEXPERIMENT", ""))
    assert context.tool_tags + context.release_tags == theirs


def loaded(folder: Path, **env: str) -> Settings:
    return Settings(find_goroot(), find_target("linux/amd64"), folder, env={"HOME": str(folder), **env})


def test_sources_of_variables(tmp_path: Path) -> None:
    (tmp_path / ".config/go").mkdir(parents=True)
    (tmp_path / ".config/go/env").write_text("# mine\nGOPROXY=https://user.example\nGOSUMDB=off\nnot a line\n")
    assert loaded(tmp_path).get("GOPROXY") == "https://user.example"
    assert loaded(tmp_path, GOPROXY="off").get("GOPROXY") == "off"
    assert loaded(tmp_path, GOENV="off").get("GOPROXY").endswith(",direct")
    assert loaded(tmp_path).module_cache == str(tmp_path / "go/pkg/mod")
    assert loaded(tmp_path, GOPATH="/a:/b").module_cache == "/a/pkg/mod"
    with pytest.raises(UserError, match="GOMODCACHE entry is relative"):
        _ = loaded(tmp_path, GOMODCACHE="x").module_cache
    with pytest.raises(UserError, match="neither GOMODCACHE nor GOPATH is set"):
        _ = loaded(tmp_path, HOME="").module_cache


def test_flags(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOFLAGS="-mod=mod '-tags=one two,three' --modcacherw -trimpath -ldflags=-s")
    assert (found.mod, found.mod_cache_rw, found.context.tags) == ("mod", True, ("one", "two", "three"))
    assert split_flags("""a 'b c'  "d e" f'""") == ["a", "b c", "d e", "f'"]


@pytest.mark.parametrize(
    "env",
    [
        {"GOFLAGS": "-mod=maybe"},
        {"GOFLAGS": "'-x"},
        {"GOFLAGS": "x"},
        {"GOFLAGS": "-modfile=x"},
        {"GOAMD64": "v9"},
        {"GOEXPERIMENT": "nothing"},
        {"GO111MODULE": "off"},
        {"GOFIPS140": "v1.0.0"},
    ],
)
def test_what_can_not_be(tmp_path: Path, env: dict[str, str]) -> None:
    with pytest.raises(UserError):
        loaded(tmp_path, **env)
