# SPDX-License-Identifier: BSD-3-Clause
"""From a tag to published files with a container engine alone: built and tried inside, published from outside, the same bytes as here."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

CONFIG = """version: 1
project: hello
builds:
  - targets: [linux/*, darwin/*]
    ldflags: [-s, -w, "-X main.version={{ .Version }}"]
    smoke: [{args: [-version], stdout: "hello {{ .Version }} {{ .Os }}/{{ .Arch }}\\n"}]
universal_binaries: [{replace: true}]
archives: [{formats: [tar.gz, tar.xz], format_overrides: [{goos: darwin, formats: [zip]}]}]
sboms: [{artifacts: archive}]
kos: [{bare: true, ca_certificates: none}]
publishers: [{name: copy, cmd: "cp {{ .ArtifactPath }} {{ .Env.PUBLISHED }}", checksum: true}]
"""


@pytest.mark.full("half a minute; test_in_container.py builds inside, tests/release releases")
def test_from_a_tag(cli: Any, image: str, hello: Path, tmp_path: Path) -> None:
    (hello / "toolchain.yaml").write_text(CONFIG)
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
    for args in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"], ["tag", "v1.2.3"]):
        subprocess.run(["git", *identity, *args], cwd=hello, check=True)
    found = []
    for name, flags in (("here", ()), ("inside", (f"--in-container={image}",))):
        (tmp_path / name).mkdir()
        done = cli("release", "--clean", "-q", *flags, cwd=hello, env={"PUBLISHED": str(tmp_path / name)})
        assert done.returncode == 0, done.stderr
        found.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / name).iterdir()})
    assert found[0] == found[1]
    assert len(found[0]) == 12 and "hello_1.2.3_darwin_all.zip" in found[0]
    assert {path.stat().st_uid for path in hello.rglob("*")} == {os.getuid()}
    # Nothing leaves that did not pass inside.
    (hello / "toolchain.yaml").write_text(CONFIG.replace('stdout: "hello', 'stdout: "hullo'))
    subprocess.run(["git", *identity, "commit", "-qam", "two"], cwd=hello, check=True)
    subprocess.run(["git", *identity, "tag", "v1.2.4"], cwd=hello, check=True)
    done = cli("release", "-q", f"--in-container={image}", cwd=hello, env={"PUBLISHED": str(tmp_path / "inside")})
    assert done.returncode == 3 and done.stderr.endswith("pygo-cross: not published\n"), done.stderr
    assert len(list((tmp_path / "inside").iterdir())) == 12
