# SPDX-License-Identifier: BSD-3-Clause
"""Flags of build that pick, place and skip; hooks; and a configuration that builds another folder's program."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.matrix import host_target

ROOT = Path(__file__).parent.parent.parent
ELF, MACHO = b"\x7fELF", b"\xcf\xfa\xed\xfe"


def test_one_program_of_a_configuration_has_a_copy(cli: Any, hello: Path) -> None:
    env = {"GOOS": "linux", "GOARCH": "arm64"}
    (hello / "bin").mkdir()
    for out, made in (("there", hello / "there"), ("bin", hello / "bin/hello"), ("new/", hello / "new/hello")):
        done = cli("build", "--builder=go", "-q", "--skip=report", "--single-target", "-o", out, cwd=hello, env=env)
        assert done.returncode == 0, done.stderr
        assert made.read_bytes() == (hello / "dist/hello_linux_arm64/hello").read_bytes() and os.access(made, os.X_OK)
    done = cli("build", "--builder=go", "-o", "x", cwd=hello)
    assert (done.returncode, done.stderr) == (
        2,
        "pygo-cross: -o is for one program, this is 4; pick one with --id and --single-target or --target\n",
    )


def test_several_targets_without_a_configuration(cli: Any, hello: Path) -> None:
    (hello / "main.go").write_text("package main\n\nfunc main() {}\n")  # each level compiles all that is imported
    args = ["build", "--builder=go", "-trimpath", "--json", "--target", "*/arm64", "--target", "linux_amd64_v3"]
    done = cli(*args, "-o", "out", ".", cwd=hello)
    assert done.returncode == 0, done.stderr
    assert [(item["target"], item["path"]) for item in json.loads(done.stdout)] == [
        ("darwin/arm64", "out/darwin_arm64/hello"),
        ("linux/amd64", "out/linux_amd64_v3/hello"),
        ("linux/arm64", "out/linux_arm64/hello"),
    ]
    heads = {path.parent.name: path.read_bytes()[:4] for path in (hello / "out").rglob("hello")}
    assert heads == {"darwin_arm64": MACHO, "linux_amd64_v3": ELF, "linux_arm64": ELF}
    (hello / "file").write_text("mine")
    done = cli(*args, "-o", "file", ".", cwd=hello)
    assert done.returncode == 2 and "-o file is not a folder; programs for several targets need one" in done.stderr
    assert (hello / "file").read_text() == "mine"


def test_hooks(cli: Any, hello: Path) -> None:
    text = 'version: 1\nproject: hello\nbuilder: go\nenv: ["WORD=made by {{ .ProjectName }}"]\nbuilds: [{targets: [linux/arm64]}]\n'
    hooks = 'before:\n  hooks:\n    - sh -c \'echo "$WORD" > notes\'\n    - {cmd: "cp ../notes copy", dir: greet, env: [X=1]}\n'
    (hello / "toolchain.yaml").write_text(text + hooks + "archives: [{files: [notes, greet/copy]}]\n")
    done = cli("build", "--print", cwd=hello)
    assert done.returncode == 2 and "'notes' is not there" in done.stderr  # --print runs nothing
    done = cli("build", "-q", "--skip=report", cwd=hello)
    assert done.returncode == 0, done.stderr
    assert (hello / "greet/copy").read_text() == "made by hello\n"  # what hooks make is there when archives are planned
    assert cli("build", "-q", "--skip=report,before", cwd=hello).returncode == 0
    (hello / "toolchain.yaml").write_text(text + 'before: {hooks: ["true", "sh -c \'echo why >&2; exit 4\'", "touch never"]}\n')
    done = cli("build", cwd=hello)
    assert done.returncode == 1 and done.stderr.splitlines()[-1] == "toolchain.yaml:6:26: before: sh ended with status 4: why"
    assert not (hello / "never").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--skip=archive,nope"], "--skip: there is no step 'nope'; there are before, universal, archive"),
        (["--skip=smoke"], "--skip: there is no step 'smoke'"),
        (["--snapshot", "."], "--snapshot is for builds of a configuration"),
        (["--skip=sbom", "."], "--skip is for builds of a configuration"),
    ],
)
def test_mistakes(args: list[str], message: str, cli: Any, hello: Path) -> None:
    done = cli("build", *args, cwd=hello)
    assert done.returncode == 2 and message in done.stderr
    assert not (hello / "dist").exists()


def test_snapshots(cli: Any, hello: Path) -> None:
    """At a tag, --snapshot is what makes one; without a tag everything is."""
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
    (hello / "toolchain.yaml").write_text(
        'version: 1\nproject: hello\nbuilder: go\nbuilds: [{targets: [linux/arm64]}]\narchives: [{name_template: "{{ .Version }}"}]\n'
        'snapshot: {version_template: "{{ incminor .Version }}-{{ if .IsSnapshot }}dev{{ end }}"}\n'
    )
    for args in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"], ["tag", "v1.2.3"]):
        subprocess.run(["git", *identity, *args], cwd=hello, check=True)

    def archive(*args: str) -> str:
        plan = json.loads(cli("build", "--print", "--json", *args, cwd=hello).stdout)
        return str(next(item["path"] for item in plan if item["type"] == "Archive"))

    assert archive() == "dist/1.2.3.tar.gz"
    assert archive("--snapshot") == "dist/1.3.0-dev.tar.gz"
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "two"], cwd=hello, check=True)
    assert archive() == "dist/1.3.0-dev.tar.gz"


def test_the_example_of_a_release(cli: Any, tmp_path: Path) -> None:
    """Copied to somewhere, as people do; its program lies in another folder."""
    subprocess.run(["cp", "-r", ROOT / "examples/hello", ROOT / "examples/release", tmp_path], check=True)
    subprocess.run(["rm", "-rf", tmp_path / "release/dist", tmp_path / "hello/dist"], check=True)
    text = (tmp_path / "release/toolchain.yaml").read_text().replace("version: 1\n", "version: 1\nbuilder: go\n", 1)
    (tmp_path / "release/toolchain.yaml").write_text(text)
    done = cli("release", "--snapshot", "-q", "--skip=smoke", cwd=tmp_path / "release")
    assert done.returncode == 0, done.stderr
    dist = tmp_path / "release/dist"
    assert subprocess.run(["sha256sum", "--status", "-c", "hello_0.0.1-next_checksums.txt"], cwd=dist, check=False).returncode == 0
    kinds = [item["type"] for item in json.loads((dist / "artifacts.json").read_text())["artifacts"]]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "Binary": 4,
        "Universal Binary": 1,
        "Archive": 3,
        "Docker Image": 1,
        "SBOM": 4,
        "Checksum": 1,
    }
    assert (dist / "report.html").exists()
    if host_target() == "linux/amd64":
        assert subprocess.run([dist / "hello_linux_amd64/hello", "-version"], capture_output=True, check=True).stdout.startswith(
            b"hello 0.0.1-next"
        )
    assert "the build in dist is a snapshot (0.0.1-next)" in cli("publish", cwd=tmp_path / "release").stderr
