# SPDX-License-Identifier: BSD-3-Clause
"""The image, run by a real engine as people run it: without root, network or privileges."""

from __future__ import annotations

import io
import json
import re
import shutil
import struct
import subprocess
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from real_engine import Docker

import pygo_cross
from pygo_cross.build.image import sbom

ROOT = Path(__file__).parent.parent.parent
LOCKED = ("--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=1g", "--tmpfs=/tmp")
SPIN = """package main

import "fmt"

func main() {
	fmt.Println("up")
	for {
	}
}
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that anybody may write to."""
    folder = tmp_path / "hello"
    shutil.copytree(ROOT / "examples/hello", folder, ignore=shutil.ignore_patterns("dist"))
    folder.chmod(0o777)
    return folder


@pytest.fixture
def volume(engine: Docker) -> Iterator[str]:
    """A volume that is empty and goes away."""
    name = f"pygo-cross-test-{uuid.uuid4().hex[:12]}"
    yield name
    engine("volume", "rm", "-f", name, check=False)


@pytest.fixture
def here(engine: Docker, image: str, project: Path) -> Run:
    """Runs the image with the project at /src and nothing allowed: docker's flags, then the words of the command."""

    def run(flags: list[str], *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return engine("run", *LOCKED, f"--mount=type=bind,src={project},dst=/src", *flags, image, *words, check=check)

    return run


@pytest.fixture(scope="module")
def files(engine: Docker, image: str) -> Iterator[tarfile.TarFile]:
    """All files of the image."""
    container = engine("create", image).stdout.strip()
    try:
        data = subprocess.run(["docker", "export", container], capture_output=True, check=True).stdout
    finally:
        engine("rm", container)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        yield archive


def test_builds_and_smoke_runs_a_project_with_nothing_allowed(here: Run, project: Path) -> None:
    """As a user that the image does not know, with HOME taken away. For one target, that of the test image's cache."""
    flags = ["-u", "4321:8765", "--tmpfs=/cache:mode=1777", "--env=HOME="]
    assert "not kept" not in here(flags, "build", "--single-target").stderr
    assert "ok (emulated)" in here(flags, "smoke", "--single-target").stderr
    binary = next(project.glob("dist/hello_linux_*/hello"))
    assert (binary.stat().st_uid, binary.stat().st_gid) == (4321, 8765)


def test_a_project_without_a_configuration(here: Run, project: Path) -> None:
    (project / "toolchain.yaml").unlink()
    here([], "build", "--single-target", "-q")
    assert list(project.glob("dist/hello_linux_*/hello"))


@pytest.mark.parametrize("cache", ["none", "volume", "folder", "read-only folder"])
def test_the_standard_library_is_not_compiled(here: Run, tmp_path: Path, volume: str, cache: str) -> None:
    """Whatever is at /cache, and whoever looks: two packages are the example's own."""
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o755 if cache == "read-only folder" else 0o777)
    folder.chmod(0o755 if cache == "read-only folder" else 0o777)
    mounts = {"none": ["--tmpfs=/cache:mode=1777"], "volume": [f"--volume={volume}:/cache"]}
    flags = mounts.get(cache, [f"--mount=type=bind,src={folder},dst=/cache"])
    flags += ["-u", "4321:4321"]
    if cache == "read-only folder":
        said = here(flags, "build", "--single-target").stderr
        assert "what is compiled is not kept" in said
        flags += ["--env=GOCACHE=/tmp/cache"]
    done = here([*flags, "--entrypoint=/usr/local/go/bin/go"], "build", "-trimpath", "-x", "-o", "/tmp/hello", ".")
    compiled = re.findall(r"/compile -o .* -p (\S+)", done.stderr)
    assert sorted(compiled) == ["example.com/hello/greet", "main"], compiled


def test_what_another_user_left_in_the_volume_stops_nobody(here: Run, volume: str) -> None:
    flags = [f"--volume={volume}:/cache"]
    here([*flags, "-u", "4321"], "build", "--single-target", "-q")
    assert "what is compiled is not kept" in here([*flags, "-u", "5432"], "build", "-trimpath", "-o", "x", ".").stderr


def test_a_source_that_cant_be_written_is_one_line_with_what_to_do(here: Run, project: Path) -> None:
    project.chmod(0o755)
    done = here(["-u", "4321", "--tmpfs=/cache:mode=1777"], "build", "--single-target", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        'pygo-cross: dist: can\'t be written: Permission denied; here we are user 4321; give docker run -u "$(id -u):$(id -g)"'
    ]


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here to make a repository with")
def test_a_repository_of_somebody_else_is_stamped(here: Run, project: Path) -> None:
    git = ["git", "-C", str(project), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "a"], ["tag", "v1.2.3"]):
        subprocess.run([*git, *words], check=True)
    if "git" not in here(["--entrypoint=/bin/sh"], "-c", "command -v git || true").stdout:
        pytest.skip("the base of this image has no git")
    here(["-u", "4321"], "build", "--single-target", "-q")
    binary = next(project.glob("dist/hello_linux_*/hello"))
    stamped = here(["--entrypoint=/usr/local/go/bin/go"], "version", "-m", f"/src/{binary.relative_to(project)}").stdout
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert f"vcs.revision={commit}" in stamped
    assert "vcs.modified=false" in stamped
    assert "hello 1.2.3 linux/" in here([], "run", f"/src/{binary.relative_to(project)}", "-version").stdout


@pytest.mark.parametrize("signal", ["INT", "TERM"])
def test_process_one_ends_when_it_is_asked_to(engine: Docker, image: str, here: Run, project: Path, signal: str) -> None:
    """Without --init, where the kernel gives signals no default."""
    (project / "main.go").write_text(SPIN)
    (project / "toolchain.yaml").unlink()
    here([], "build", "-o", "spin", "-trimpath", ".")
    name = f"pygo-cross-test-{uuid.uuid4().hex[:12]}"
    try:
        engine("run", "-d", "--name", name, "--network=none", f"--mount=type=bind,src={project},dst=/src", image, "run", "/src/spin")
        while "up" not in engine("logs", name).stdout:
            assert engine("inspect", "-f", "{{.State.Running}}", name).stdout.strip() == "true"
            time.sleep(0.2)
        engine("kill", "-s", signal, name)
        assert engine("wait", name).stdout.strip() == str(128 + {"INT": 2, "TERM": 15}[signal])
    finally:
        engine("rm", "-f", name, check=False)


def test_a_build_that_is_stopped_leaves_nothing_half_made(engine: Docker, image: str, project: Path) -> None:
    name = f"pygo-cross-test-{uuid.uuid4().hex[:12]}"
    try:
        # Without what is compiled ahead there is time to stop it.
        mount = f"--mount=type=bind,src={project},dst=/src"
        engine("run", "-d", "--name", name, "--network=none", "--env=GOCACHEPROG=", mount, image, "build", "--single-target")
        while not list(project.glob("dist/.pygo-cross-*/**/go-build*")):
            assert engine("inspect", "-f", "{{.State.Running}}", name).stdout.strip() == "true"
            time.sleep(0.1)
        engine("stop", "-t", "60", name)
        assert engine("wait", name).stdout.strip() == "143"
        assert "pygo-cross: stopped" in engine("logs", name).stderr
    finally:
        engine("rm", "-f", name, check=False)
    assert [path.name for path in (project / "dist").iterdir()] == [".gitignore"]


def test_no_package_manager_is_left(files: tarfile.TarFile) -> None:
    names = [name.split("/") for name in files.getnames()]
    commands = {parts[-1] for parts in names if len(parts) > 1 and parts[-2] in ("bin", "sbin")}
    assert {"sh", "git", "go", "pygo-cross", "cat", "grep"} - commands in (set(), {"git"})
    forbidden = r"(apt|apt-.*|aptitude|dpkg|dpkg-.*|rpm|dnf|yum|apk|pip[0-9.]*|pipx|easy_install.*|uv|conda|gem|npm|perl|su|sudo|mount)"
    assert not {name for name in commands if re.fullmatch(forbidden, name)}
    modules = {parts[-1] for parts in names if (len(parts) > 1 and parts[-2] in ("site-packages", "dist-packages")) or "ensurepip" in parts}
    assert not modules & {"pip", "setuptools", "wheel", "ensurepip"}


def test_files_belong_to_root_and_only_it_may_write_them(files: tarfile.TarFile) -> None:
    # What the engine itself makes for a container.
    made = re.compile(r"(dev|proc|sys)(/|$)|\.dockerenv$|etc/(hostname|hosts|mtab|resolv\.conf)$")
    for entry in files:
        if made.match(entry.name):
            continue
        assert (entry.uid, entry.gid) == (0, 0), entry.name
        assert not entry.mode & 0o6000, f"{entry.name} changes who runs it"
        if not entry.issym() and entry.name.rstrip("/") not in ("tmp", "var/tmp", "cache"):
            assert not entry.mode & 0o022, entry.name
            assert entry.mode & 0o044 == 0o044, f"{entry.name} can't be read by all"


def test_every_library_is_there(files: tarfile.TarFile) -> None:
    """Each ELF file's interpreter and libraries are in the image under their names."""
    names = {name.rpartition("/")[2] for name in files.getnames()}
    read = 0
    for entry in files:
        if not entry.isfile() or entry.name.startswith(("usr/local/go/", "opt/go-cache/")):
            continue
        content = files.extractfile(entry)
        assert content is not None
        data = content.read()
        if data[:6] != b"\x7fELF\x02\x01":
            continue
        read += 1
        at, size, count = (*struct.unpack_from("<32xQ", data), *struct.unpack_from("<54xHH", data))
        heads = [struct.unpack_from("<IIQQQQ", data, at + number * size) for number in range(count)]
        for kind, _, offset, _, _, length in heads:
            if kind == 3:
                assert data[offset : offset + length].rstrip(b"\0").decode().rpartition("/")[2] in names, entry.name
            elif kind == 2:
                pairs = list(struct.iter_unpack("<QQ", data[offset : offset + length]))
                table = next(value for tag, value in pairs if tag == 5)
                strings = next(head[2] + table - head[3] for head in heads if head[0] == 1 and head[3] <= table < head[3] + head[5])
                for tag, value in pairs:
                    if tag == 1:
                        needed = data[strings + value : data.index(b"\0", strings + value)].decode()
                        assert needed in names, f"{entry.name} needs {needed}"
    assert read > 30


def test_the_bill_of_materials_is_valid_and_true(files: tarfile.TarFile) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    content = files.extractfile(sbom.PLACE)
    assert content is not None
    text = content.read().decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    parts = {part["name"]: part for part in json.loads(text)["components"]}
    names = files.getnames()
    for name in {re.sub(r"-.*", "", path.split("/")[-2]) for path in names if path.endswith(".dist-info/METADATA")}:
        assert re.sub(r"[-_.]+", "-", name).lower() in {re.sub(r"[-_.]+", "-", part).lower() for part in parts}
    assert parts["go"]["version"] == pygo_cross.GO_RELEASE
    for name in {path.rpartition("/")[2] for path in names if path.startswith("var/lib/dpkg/status.d/")}:
        assert parts[name]["purl"].startswith("pkg:deb/")
        assert f"usr/share/doc/{name}/copyright" in names
    assert all(part.get("licenses") for part in parts.values() if part.get("purl", "").startswith("pkg:pypi/"))


def test_no_file_has_the_time_of_the_build(files: tarfile.TarFile) -> None:
    made = re.compile(r"(dev|proc|sys)(/|$)|\.dockerenv$|etc/(hostname|hosts|mtab|resolv\.conf)$|etc$|src$")
    assert not [entry.name for entry in files if entry.mtime > time.time() - 24 * 3600 and not made.match(entry.name)]


def test_what_the_engine_knows(engine: Docker, image: str) -> None:
    found = json.loads(engine("image", "inspect", image).stdout)[0]["Config"]
    assert found["User"] == "1000:1000"
    assert found["Entrypoint"] == ["pygo-cross"]
    assert found["Healthcheck"]["Test"][0] == "CMD"
    assert found["Labels"]["org.opencontainers.image.version"] == pygo_cross.__version__
    said = engine(
        "run", "--rm", "--network=none", "--entrypoint", found["Healthcheck"]["Test"][1], image, *found["Healthcheck"]["Test"][2:]
    )
    assert said.returncode == 0
