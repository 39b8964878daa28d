# SPDX-License-Identifier: BSD-3-Clause
"""The image of a built program, in a real engine: what skopeo makes of the layout is loaded and run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from go_programs import go
from real_engine import Docker

Cli = Callable[..., "subprocess.CompletedProcess[str]"]

CONFIG = """version: 1
project: whoami
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


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="there is no skopeo on this machine")
def test_it_runs(engine: Docker, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example.com/whoami\n\ngo 1.21\n")
    (tmp_path / "main.go").write_text(SOURCE)
    (tmp_path / "toolchain.yaml").write_text(CONFIG)
    arch = go("env", "GOHOSTARCH").strip()
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
