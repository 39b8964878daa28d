# SPDX-License-Identifier: BSD-3-Clause
"""What --json prints is what docs/interface.md says, for every command; and mistakes never mix with it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.cli.completion import OWN_PARSERS, parser_of
from pygo_cross.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent.parent
INTERFACE = (ROOT / "docs/interface.md").read_text()
SECTION = INTERFACE.partition("## JSON\n")[2].partition("\n## ")[0]


def documented() -> dict[str, tuple[str, set[str]]]:
    """The table: a command line to what it prints (list, object, lines) and the keys."""
    found: dict[str, tuple[str, set[str]]] = {}
    for commands, prints, keys in re.findall(r"^\| (`[^|]*) \| ([^|]*) \| ([^|]*) \|$", SECTION, re.MULTILINE):
        kind = "lines" if prints.startswith("lines") else "list" if prints.startswith("a list") else "object"
        for command in re.findall(r"`([^`]+)`", commands):
            found[command] = kind, set(re.findall(r"`([^`]+)`", keys))
    return found


TABLE = documented()


@pytest.fixture(scope="module")
def project(cli: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tagged project that was built and tried."""
    folder = tmp_path_factory.mktemp("json") / "hello"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.com/hello\n\ngo 1.27\n")
    (folder / "main.go").write_text('package main\n\nfunc main() { println("hello") }\n')
    (folder / "main_test.go").write_text('package main\n\nimport "testing"\n\nfunc TestIt(t *testing.T) {}\n')
    (folder / "toolchain.yaml").write_text(
        "version: 1\nproject: hello\nbuilder: go\nbuilds: [{targets: [linux/amd64], smoke: [{exit: 0}]}]\n"
        "archives: [{formats: [tar.gz]}]\npublishers: [{name: none, cmd: 'true {{ .ArtifactPath }}'}]\n"
    )
    for args in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"], ["tag", "v1.0.0"]):
        subprocess.run(["git", "-C", folder, *args], check=True)
    for args in (("build", "-q"), ("smoke", "-q")):
        done = cli(*args, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


LINES = {
    "build": ["build", "-q"],
    "release": ["release", "-q", "--skip=publish"],
    "build PACKAGE": ["build", "--builder", "go", "-q", "-o", "../out/", "."],
    "build --print": ["build", "--print"],
    "check": ["check", "-q"],
    "smoke": ["smoke", "-q"],
    "publish": ["publish", "--print", "-q"],
    "verify": ["verify", "--record-only", "-q"],
    "test": ["test", "--target", "linux/amd64", "--quiet"],
    "report": ["report"],
    "cache": ["cache"],
    "lint": ["lint", "-q", "dist"],
    "targets": ["targets"],
    "targets --calls TARGET": ["targets", "--calls", "linux/amd64"],
    "healthcheck": ["healthcheck", "--quick"],
    "version": ["version"],
    "image ls": ["image", "ls"],
    "typecheck": ["typecheck", "."],
    "objdump": ["objdump", "-s", "^main.main$", "dist/hello_linux_amd64/hello"],
}


def test_every_command_with_json_is_in_the_table() -> None:
    assert set(LINES) == set(TABLE)
    for name in COMMANDS:
        if name in OWN_PARSERS:
            continue
        has = "--json" in parser_of(name)._option_string_actions
        assert has == any(line.split()[0] == name for line in TABLE), name


@pytest.mark.parametrize("line", [line for line in LINES if line != "image ls"])
def test_what_is_printed(line: str, cli: Any, project: Path) -> None:
    kind, keys = TABLE[line]
    name, *rest = LINES[line]
    if line == "publish":
        assert cli("build", "-q", cwd=project).returncode == cli("smoke", "-q", cwd=project).returncode == 0
    done = cli(name, "--json", *rest, cwd=project)
    assert done.returncode == 0, done.stderr
    if kind == "lines":
        values = [json.loads(text) for text in done.stdout.splitlines()]
    else:
        value = json.loads(done.stdout)
        assert isinstance(value, list if kind == "list" else dict)
        values = value if kind == "list" else [value]
    assert values
    if "TARGET" in keys:
        assert set(values[0]) == {"linux/amd64"}
    elif kind == "lines":
        assert all(keys <= set(value) for value in values)
    else:
        assert set().union(*values) == keys


def test_images(cli: Any) -> None:
    done = cli("image", "ls", "--json")
    if done.returncode != 0:
        assert done.stdout == ""
        pytest.skip(f"no container engine: {done.stderr.strip()}")
    for value in json.loads(done.stdout):
        assert set(value) == TABLE["image ls"][1]


@pytest.mark.parametrize(
    "args",
    [
        ["build"], ["build", "./nowhere"], ["build", "--print"], ["check"], ["smoke"], ["release"], ["publish"], ["verify"], ["report"],
        ["lint"], ["lint", "nowhere"], ["test", "-race"], ["test", "--target", "x"], ["targets", "--calls", "x"], ["image", "ls"],
        ["objdump", "nowhere"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_mistakes_are_lines_on_standard_error(args: list[str], cli: Any, tmp_path: Path) -> None:
    (tmp_path / "toolchain.yaml").write_text("version: 1\nproject: [\n")
    env = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock", "HOME": str(tmp_path), "GOCACHE": str(tmp_path / "cache")}
    done = cli(*args, "--json", cwd=tmp_path, env=env)
    assert done.returncode != 0
    assert done.stdout in ("", "[]\n") or json.loads(done.stdout)  # never a part of a value
    assert done.stderr.strip()
