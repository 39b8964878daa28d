# SPDX-License-Identifier: BSD-3-Clause
"""The docker command, and what the image is built from on a machine without a registry. conftest.py beside this says how it is used."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent.parent.parent
BASES = ("pygo-cross-test-base:latest", "python:3.11-bookworm", "python:3.11-slim-bookworm")
TAG = "pygo-cross-test:latest"
LOCKS = ("requirements.txt", "build-requirements.txt")

Docker = Callable[..., "subprocess.CompletedProcess[str]"]


def docker(*args: str | Path, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The docker command. Without BuildKit: the classic builder is the one that every engine has."""
    env = {**os.environ, "DOCKER_BUILDKIT": "0"}
    done = subprocess.run(["docker", *map(str, args)], env=env, input=stdin, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"docker {' '.join(map(str, args))}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done


def missing_engine() -> str:
    """Why there is no engine to test on, or nothing."""
    if shutil.which("docker") is None:
        return "there is no docker command"
    done = docker("version", "--format", "{{.Server.Os}}", check=False)
    if done.returncode:
        return f"no Docker engine answers: {(done.stderr or done.stdout).strip().splitlines()[-1]}"
    return "" if done.stdout.strip() == "linux" else "the engine runs no Linux containers"


@contextlib.contextmanager
def alone(factory: pytest.TempPathFactory) -> Iterator[None]:
    """One worker of pytest at a time."""
    with (factory.getbasetemp().parent / "engine.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def find_base() -> str:
    """An image to build on; made if need be. Skips where there can be none."""
    named = os.environ.get("PYGO_CROSS_TEST_BASE")
    if named:
        return named
    for name in BASES:
        if docker("image", "inspect", name, check=False).returncode == 0:
            return name
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        give_up(f"the engine has no base image ({', '.join(BASES)}), and only root with debootstrap can make one")
    folder = ROOT / "build/base"
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=python3,python3-venv,git,ca-certificates", "bookworm", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        give_up(f"debootstrap could not make a base image: {made.stdout.strip().splitlines()[-1:]}")
    tar = subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE)
    subprocess.run(["docker", "import", "-", BASES[0]], stdin=tar.stdout, check=True, capture_output=True)
    assert tar.wait() == 0
    shutil.rmtree(folder)
    return BASES[0]


def give_up(why: str) -> NoReturn:
    """Skips, or fails where an engine is required."""
    if os.environ.get("PYGO_CROSS_TEST_ENGINE") == "required":
        pytest.fail(why)
    pytest.skip(why)


def fill_wheelhouse(base: str) -> None:
    """build/wheelhouse with what the locks list, for the Python of the base. Engines without a way to an index are common."""
    probe = "import sys, os; print('%d.%d' % sys.version_info[:2], os.uname().machine)"
    release, machine = docker("run", "--rm", "--network", "none", "--entrypoint", "python3", base, "-c", probe).stdout.split()
    platforms = [f"--platform=manylinux{tag}_{machine}" for tag in ("_2_28", "_2_17", "2014")]
    for lock in LOCKS:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", f"--python-version={release}"]
        command += [*platforms, "-d", str(ROOT / "build/wheelhouse"), "-r", str(ROOT / "pygo_cross/build/image" / lock)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            give_up(f"the wheels for the image can't be had: {done.stderr.strip().splitlines()[-1]}")
