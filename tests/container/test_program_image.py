# SPDX-License-Identifier: BSD-3-Clause
"""The image of a built program, in a real engine: what skopeo makes of the layout is loaded and run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from go_programs import go
from real_engine import Docker
from registries import docker_config, real_registry

Cli = Callable[..., "subprocess.CompletedProcess[str]"]

CONFIG = """version: 1
project: whoami
builder: go
kos:
  - {labels: {org.example.of: whoami}, tags: ["1.0"]}
"""
SOURCE = """package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"os/user"
)

func main() {
	who, err := user.Current()
	if err != nil {
		panic(err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		panic(err)
	}
	file, err := os.CreateTemp("", "")
	if err != nil {
		panic(err)
	}
	fmt.Println(who.Username, os.Getuid(), os.Getgid(), roots.Equal(x509.NewCertPool()), file.Name()[:5], os.Args[1:])
}
"""

# The same without what is of the certificates: all of cryptography would be compiled for a processor more.
WITHOUT_ROOTS = SOURCE.replace('\t"crypto/x509"\n', "").replace("x509.SystemCertPool()", "os.Hostname()")
WITHOUT_ROOTS = WITHOUT_ROOTS.replace("roots.Equal(x509.NewCertPool())", 'roots == ""')


def project(folder: Path, text: str = CONFIG, source: str = SOURCE) -> str:
    """Writes the project; the host's processor, as Go calls it."""
    (folder / "go.mod").write_text("module example.com/whoami\n\ngo 1.21\n")
    (folder / "main.go").write_text(source)
    (folder / "toolchain.yaml").write_text(text)
    return go("env", "GOHOSTARCH").strip()


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="there is no skopeo on this machine")
def test_it_runs(engine: Docker, cli: Cli, tmp_path: Path) -> None:
    arch = project(tmp_path)
    done = cli("build", "--progress=none", f"--target=linux/{arch}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    name, saved = "pygo-cross-test-whoami:1", tmp_path / "saved.tar"
    made = subprocess.run(
        ["skopeo", "copy", f"oci:{tmp_path / 'dist/whoami.oci'}:1.0", f"docker-archive:{saved}:{name}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    try:
        engine("load", "-i", saved)
        # As locked up as can be: the program needs nothing that the image does not have.
        flags = ["--rm", "--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--read-only", "--tmpfs=/tmp:mode=1777"]
        done = engine("run", *flags, name, "a b", "c")
        assert done.stdout == "nonroot 65532 65532 false /tmp/ [a b c]\n"
        told = engine("image", "inspect", "--format", '{{.Config.User}} {{index .Config.Labels "org.example.of"}} {{.Architecture}}', name)
        assert told.stdout.split() == ["65532:65532", "whoami", arch]
    finally:
        engine("rmi", "-f", name, check=False)


def test_the_engine_pulls_what_was_published(engine: Docker, cli: Cli, tmp_path: Path) -> None:
    """Both platforms are built and pushed; the engine takes its own."""
    if os.environ.get("DOCKER_HOST"):
        pytest.skip("the engine may be on another machine, where this one's registry is not")
    with real_registry(tmp_path) as host:
        (tmp_path / "src").mkdir()
        repository = f"{host}/pygo-cross-test"
        kos = f"kos: [{{repositories: [{repository}], bare: true, tags: ['1']}}]"
        builds = "builds: [{targets: [linux/*], untested: true}]"
        arch = project(tmp_path / "src", f"version: 1\nproject: whoami\nbuilder: go\n{builds}\n{kos}\n", WITHOUT_ROOTS)
        for args in (("init", "-q"), ("add", "."), ("commit", "-qm", "x"), ("tag", "v1.0.0")):
            identity = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false")
            subprocess.run(["git", *identity, *args], cwd=tmp_path / "src", check=True, capture_output=True)
        login = docker_config(tmp_path / "login", host)
        done = cli("release", "--progress=none", cwd=tmp_path / "src", env={"DOCKER_CONFIG": str(login)})
        assert done.returncode == 0, done.stderr
        name = f"{repository}:1"
        try:
            engine("--config", login, "pull", name)
            assert engine("run", "--rm", "--network=none", name).stdout == "nonroot 65532 65532 false /tmp/ []\n"
            assert engine("image", "inspect", "--format", "{{.Architecture}}", name).stdout.strip() == arch
        finally:
            engine("rmi", "-f", name, check=False)
