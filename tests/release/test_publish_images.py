# SPDX-License-Identifier: BSD-3-Clause
"""From a tag to an image in a real registry, by one command; and what stops it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from registries import PASSWORD, USER, docker_config, free_port, real_registry

from pygo_cross.build.release.oci import Layout

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real_registry(tmp_path_factory.mktemp("registry")) as host:
        yield host


def git(folder: Path, *args: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
    subprocess.run(["git", *identity, *args], cwd=folder, check=True, capture_output=True)


def make(folder: Path, host: str) -> Path:
    """A project at the tag v1.2.3, whose image goes to two repositories."""
    folder.mkdir()
    (folder / "go.mod").write_text("module example.com/hi\n\ngo 1.21\n")
    (folder / "main.go").write_text('package main\n\nfunc main() { print("hi") }\n')
    (folder / "toolchain.yaml").write_text(
        f"""version: 1
project: hi
builder: go
builds:
  - {{targets: [linux/*], smoke: [{{stderr: hi}}]}}
kos:
  - {{repositories: ["{host}/a", "{host}/b"], bare: true, tags: ["{{{{ .Version }}}}", latest]}}
"""
    )
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "x")
    git(folder, "tag", "v1.2.3")
    return folder


def test_from_a_tag_to_a_registry(server: str, cli: Cli, tmp_path: Path) -> None:
    folder = make(tmp_path / "hi", server)
    env = {"DOCKER_CONFIG": str(docker_config(tmp_path / "login", server)), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = cli("release", cwd=folder, env=env)
    assert done.returncode == 0, done.stderr
    top = Layout(folder / "dist/hi.oci").check()
    for name in ("a", "b"):
        assert f"{server}/{name}@{top.digest}" in done.stderr
    if shutil.which("skopeo"):
        for tag in ("1.2.3", "latest"):
            command = ["skopeo", "--override-arch=arm64", "inspect", "--tls-verify=false", f"--creds={USER}:{PASSWORD}"]
            told = subprocess.run([*command, f"docker://{server}/b:{tag}"], capture_output=True, check=True)
            assert json.loads(told.stdout)["Digest"] == top.digest
    again = cli("publish", cwd=folder, env=env)
    assert again.returncode == 0 and again.stderr.count(", 0 bytes sent") == 2, again.stderr

    # What has changed since does not leave: neither a blob of the layout, nor a file too many.
    blob = max((folder / "dist/hi.oci/blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
    data = blob.read_bytes()
    blob.write_bytes(data[:-1] + b"x")
    done = cli("publish", cwd=folder, env=env)
    assert done.returncode != 0 and "hi.oci is not the file that was built" in done.stderr, done.stderr
    blob.write_bytes(data)
    assert cli("publish", cwd=folder, env=env).returncode == 0
    (folder / "dist/hi.oci/more").write_text("x")
    assert cli("publish", cwd=folder, env=env).returncode != 0


def test_a_registry_that_can_not_be_had(server: str, cli: Cli, tmp_path: Path) -> None:
    folder = make(tmp_path / "hi", f"127.0.0.1:{free_port()}")
    env: dict[str, str | None] = {"DOCKER_CONFIG": str(tmp_path), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    assert cli("release", "--skip=publish", cwd=folder, env=env).returncode == 0
    facts = json.loads((folder / "dist/artifacts.json").read_bytes())
    for image in facts["artifacts"]:
        if image["type"] == "Docker Image":
            image["extra"]["Repositories"] = [f"{server}/refused"]
    (folder / "dist/artifacts.json").write_text(json.dumps(facts))
    done = cli("publish", cwd=folder, env=env)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"pygo-cross: {server}: 401 Unauthorized; log in with docker login, or pass DOCKER_CONFIG"
