# SPDX-License-Identifier: BSD-3-Clause
"""`verify`: what was built verifies, also when somebody signed it since; whatever else is changed is found and named."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build import verify as module
from pygo_cross.build.artifacts import Artifact, digest_of, read_record_file
from pygo_cross.build.config import load_config
from pygo_cross.build.members import BadArchive, archive_members
from pygo_cross.build.verify import Report, verify

sys.path.insert(0, str(Path(__file__).parent))
from resign import sign

ROOT = Path(__file__).parent.parent.parent
CONFIG = """version: 1
project: hello
builder: go
builds:
  - main: .
    targets: [linux/amd64, darwin/*]
    ldflags: [-s, -w, "-X main.version={{ .Version }}"]
    smoke:
      - {args: [-name, Ada], stdout: "Hello, Ada!\\n"}
universal_binaries: [{replace: true}]
archives: [{formats: [tar.gz], format_overrides: [{goos: darwin, formats: [zip]}], files: [README.md]}]
sboms: [{artifacts: archive}]
kos: [{repositories: [localhost:5000/hello], base_image: scratch}]
"""


@pytest.fixture(scope="module")
def pristine(cli: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was built."""
    folder = tmp_path_factory.mktemp("verify") / "hello"
    shutil.copytree(ROOT / "examples/hello", folder, ignore=shutil.ignore_patterns("dist"))
    (folder / "README.md").write_text("Read me.\n")
    (folder / "toolchain.yaml").write_text(CONFIG)
    done = cli("build", "-q", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def project(pristine: Path, tmp_path: Path) -> Path:
    """A copy of it, to be tampered with."""
    shutil.copytree(pristine, tmp_path / "hello")
    return tmp_path / "hello"


Check = Callable[..., Report]


@pytest.fixture
def check(project: Path, pristine: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """`verify`, for which the rebuild is a copy of what the real one gave: the same bytes, since builds repeat."""

    def again(release: Any, *_: Any) -> list[Artifact]:
        shutil.copytree(pristine / "dist", release.dist, copy_function=os.link)
        return [Artifact(**entry) for entry in read_record_file(release.dist)["artifacts"]]

    monkeypatch.setattr(module, "run_release", again)

    def run(source: bool = True) -> Report:
        return verify(load_config(project / "toolchain.yaml") if source else None, project / "dist", 1, "none")

    return run


def paths(project: Path, *types: str) -> list[Path]:
    entries = read_record_file(project / "dist")["artifacts"]
    return [project / "dist" / entry["path"] for entry in entries if not types or entry["type"] in types]


def edit(project: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Edits the record."""
    path = project / "dist/artifacts.json"
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


def refresh(project: Path) -> None:
    """Gives the record the digests of what is there now, as whoever tampers with care would."""

    def change(record: dict[str, Any]) -> None:
        old = {}
        for entry in record["artifacts"]:
            size, digest = digest_of(project / "dist" / entry["path"])
            old[entry["sha256"]] = digest
            entry["size"], entry["sha256"] = size, digest
        for entry in record["artifacts"]:
            entry["contains"] = sorted(old.get(digest, digest) for digest in entry["contains"])

    edit(project, change)


def test_what_was_built_verifies(cli: Any, project: Path) -> None:
    done = cli("verify", "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["verified"] and told["rebuilt"] and not told["problems"]
    assert {entry["status"] for entry in told["artifacts"]} == {"same"}
    assert {"Binary", "Universal Binary", "Archive", "SBOM", "Docker Image", "Checksum"} == {entry["type"] for entry in told["artifacts"]}
    done = cli("verify", "--record-only", "dist", cwd=project)
    assert done.returncode == 0 and "held to the record; nothing was built" in done.stderr


def test_after_its_smoke_runs(cli: Any, project: Path, check: Check) -> None:
    assert cli("smoke", "-q", cwd=project).returncode == 0
    assert check().verified


def test_another_source(cli: Any, project: Path) -> None:
    greet = project / "greet/greet.go"
    greet.write_text(greet.read_text().replace("Hello", "Howdy"))
    done = cli("verify", "-q", cwd=project)
    assert done.returncode == 4
    assert "hello_linux_amd64/hello: section .rodata differs" in done.stderr or "hello_linux_amd64/hello: section" in done.stderr
    greet.write_text("package greet\nbroken\n")
    done = cli("verify", "-q", cwd=project)
    assert done.returncode == 1 and "did not build" in done.stderr and "greet.go:2" in done.stderr


def test_another_commit(cli: Any, hello: Path) -> None:
    def git(*args: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(hello), *args]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    git("tag", "v1.0.0")
    flags = ("--builder", "go", "-q", "--target", "linux/amd64")
    assert cli("build", *flags, cwd=hello).returncode == 0
    assert cli("verify", "-q", cwd=hello).returncode == 0
    first = git("rev-parse", "HEAD")
    git("commit", "-q", "--allow-empty", "-m", "two")
    done = cli("verify", "-q", cwd=hello)
    assert done.returncode == 4
    assert f"it was built at commit {first}, and the source is at {git('rev-parse', 'HEAD')}" in done.stderr
    # The version that templates see is the record's: a tag of today changes nothing.
    git("checkout", "-q", first)
    git("tag", "v2.0.0")
    assert cli("verify", "-q", cwd=hello).returncode == 0


def test_another_configuration(cli: Any, project: Path) -> None:
    (project / "toolchain.yaml").write_text(
        CONFIG.replace("-s, -w", "-s").replace("darwin/*", "darwin/arm64").replace("universal_binaries: [{replace: true}]\n", "")
    )
    done = cli("verify", "-q", cwd=project)
    assert done.returncode == 4
    assert "hello_darwin_amd64/hello: the configuration does not describe it" in done.stderr
    assert "hello_linux_amd64/hello: " in done.stderr
    (project / "toolchain.yaml").write_text("version: 1\nproject: other\nbuilds: [{id: other, main: .}]\n")
    assert "describes none of the programs" in cli("verify", "-q", cwd=project).stderr


@pytest.mark.parametrize(
    "who", [{"cms": None}, {"cms": b"certificate" * 100, "team": "TEAM123456", "flags": 0x10000}], ids=["ad hoc", "certified"]
)
def test_signed_since(who: dict[str, Any], project: Path, check: Check) -> None:
    for path in paths(project, "Binary"):
        if "darwin" in str(path):
            path.write_bytes(sign(path.read_bytes(), **who))
    report = check()
    assert report.verified, report.as_json()
    assert sorted(verdict.status for verdict in report.verdicts if verdict.type == "Binary") == ["same", "signed", "signed"]
    # Without the source's word nobody knows what is below a new signature.
    assert not check(source=False).verified


def test_every_file_matters(project: Path, check: Check) -> None:
    """A bit flipped in each file of the folder, by chance; with and without a record that goes along."""
    chance = random.Random(11)
    for path in [file for item in paths(project) for file in ([item] if item.is_file() else sorted(item.rglob("*"))) if file.is_file()]:
        data = path.read_bytes()
        at = chance.randrange(len(data))
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
        record = (project / "dist/artifacts.json").read_bytes()
        assert not check(source=False).verified, path
        refresh(project)
        assert not check().verified, f"{path} at {at:#x}"
        (project / "dist/artifacts.json").write_bytes(record)
        path.write_bytes(data)
    assert check().verified


def test_files_that_come_and_go(project: Path, check: Check) -> None:
    dist = project / "dist"
    for path in paths(project):
        moved = path.with_name("elsewhere")
        path.rename(moved)
        assert not check(source=False).verified
        moved.rename(path)
    (dist / "extra").write_text("")
    assert check(source=False).problems == ["extra is not in the record"]
    (dist / "extra").unlink()
    (dist / "hello_linux_amd64/a\nb").write_text("")
    assert check(source=False).problems == [r"'hello_linux_amd64/a\nb' is not in the record"]
    (dist / "hello_linux_amd64/a\nb").unlink()
    (dist / "hello.oci/blobs/extra").write_text("")
    assert not check(source=False).verified
    (dist / "hello.oci/blobs/extra").unlink()
    (dist / ".gitignore").write_text("!*\n")
    assert check(source=False).problems == [".gitignore is not in the record"]
    (dist / ".gitignore").write_text("*\n")
    binary = dist / "hello_linux_amd64/hello"
    binary.rename(project / "hello")
    binary.symlink_to(project / "hello")
    assert not check(source=False).verified
    binary.unlink()
    binary.mkdir()
    assert not check(source=False).verified


def test_records_that_were_edited(project: Path, check: Check) -> None:
    """Every value of an entry matters to the source's word."""
    record = json.loads((project / "dist/artifacts.json").read_text())
    first = {entry["type"]: at for at, entry in reversed(list(enumerate(record["artifacts"])))}
    for kind, at in first.items():
        entry = record["artifacts"][at]
        for name, value in entry.items():
            if name == "smoke" or (kind not in ("Binary", "Archive") and name not in ("extra", "contains", "sha256")):
                continue
            other: Any = (
                {"x": "y"}
                if isinstance(value, dict)
                else ["0" * 64]
                if isinstance(value, list)
                else value + 1
                if isinstance(value, int)
                else value + "x"
            )

            def change(record: dict[str, Any], at: int = at, name: str = name, other: Any = other) -> None:
                record["artifacts"][at][name] = other

            edit(project, change)
            assert not check().verified, f"{entry['path']} {name}"
            (project / "dist/artifacts.json").write_text(json.dumps(record))
    for number in first.values():
        edit(project, lambda record, number=number: record["artifacts"].pop(number))
        assert not check().verified
        (project / "dist/artifacts.json").write_text(json.dumps(record))
    edit(project, lambda record: record["artifacts"].append(record["artifacts"][0]))
    assert any("two entries" in problem for problem in check().problems)


@pytest.mark.parametrize(
    "broken",
    [
        b"", b"[]", b"{", b"[" * 100000, b'{"artifacts": [], "facts": []}',
        b'{"version": 2, "go": "1.27.3", "facts": {"a": 1}, "artifacts": []}',
        b'{"version": 2, "go": "1.27.3", "facts": {}, "artifacts": [1, {}, {"path": "../x", "size": 0, "sha256": ""}]}',
        b"\xff\xfe",
    ],
)  # fmt: skip
def test_records_that_are_none(broken: bytes, project: Path, cli: Any) -> None:
    (project / "dist/artifacts.json").write_bytes(broken)
    done = cli("verify", "--record-only", cwd=project)
    assert done.returncode == 4, done.stderr


def test_nothing_to_verify(project: Path, cli: Any, tmp_path: Path) -> None:
    assert cli("verify", "nowhere", cwd=project).returncode == 2
    assert cli("verify", "--record-only", tmp_path, cwd=project).returncode == 2
    assert cli("verify", "--record-only", "--clean-cache", cwd=project).returncode == 2
    edit(project, lambda record: record.update(go="1.26.0"))
    done = cli("verify", cwd=project)
    assert done.returncode == 2 and "built by Go 1.26.0" in done.stderr
    edit(project, lambda record: record.update(go="1.27.3", tool="pygo-cross 0.0.1"))
    assert "what differs may be the tool's" in cli("verify", "--record-only", cwd=project).stderr


def packed(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, data in members:
            about = tarfile.TarInfo(name)
            about.size = len(data)
            tar.addfile(about, io.BytesIO(data))
    return gzip.compress(file.getvalue())


def test_an_archive_with_something_else_inside(project: Path, check: Check) -> None:
    (archive, *_) = [path for path in paths(project, "Archive") if path.name.endswith("linux_amd64.tar.gz")]
    binary = (project / "dist/hello_linux_amd64/hello").read_bytes()
    for members, words in (
        ([("hello", binary), ("evil", b"\x7fELF" + b"x" * 100)], "it holds a program that is no artifact: evil"),
        ([("README.md", b"Read me.\n")], "it does not hold"),
        ([("hello", binary), ("hello", b"x")], "it holds hello twice"),
    ):
        archive.write_bytes(packed(*members))
        refresh(project)
        problems = [problem for verdict in check(source=False).verdicts for problem in verdict.problems]
        assert any(words in problem for problem in problems), problems
    archive.write_bytes(packed(("README.md", b"Read me.\n"), ("hello", binary)))
    problems = [problem for verdict in check().verdicts if verdict.path == archive.name for problem in verdict.problems]
    assert any(problem.startswith("README.md: mode 644, 0:0, time 0") for problem in problems), problems


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tar", "a.tar.xz", "a.zip"])
def test_archives_that_are_broken(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    for data in (b"", b"x", b"PK\x03\x04", b"\x1f\x8b\x08" + bytes(20), b"\xfd7zXZ\0" + bytes(30), bytes(511), b"a" * 5000):
        path.write_bytes(data)
        try:
            assert archive_members(path, 1 << 20) == []
        except BadArchive as error:
            assert str(error)


def test_an_archive_without_an_end(tmp_path: Path) -> None:
    """Zeros that a bomb holds are not read to their end."""
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(packed(("zeros", bytes(20 << 20))))
    with pytest.raises(BadArchive, match="more than all that was built"):
        archive_members(path, 1 << 20)
    zipped = tmp_path / "bomb.zip"
    import zipfile

    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(20 << 20))
    with pytest.raises(BadArchive, match="more than all that was built"):
        archive_members(zipped, 1 << 20)


def test_what_was_skipped(cli: Any, project: Path) -> None:
    (project / "toolchain.yaml").write_text(CONFIG + "before: {hooks: ['touch made']}\n")
    assert cli("build", "-q", "--single-target", "--clean", "--skip=archive,sbom", cwd=project).returncode == 0
    (project / "made").unlink()
    done = cli("verify", "--progress", "none", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "dist: the configuration describes more than the record has, as after --skip=universal,archive,sbom\n" in done.stderr
    assert "the hooks of before were not run" in done.stderr and not (project / "made").exists()


def test_a_clean_cache(project: Path, pristine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was compiled before is trusted: the rebuild has a cache of its own, which was empty."""
    seen: list[str] = []

    def again(release: Any, jobs: Any, *_: Any) -> list[Artifact]:
        seen.extend(job.env.get("GOCACHE", "") for job in jobs)
        assert all(path and not Path(path).exists() for path in seen)
        shutil.copytree(pristine / "dist", release.dist, copy_function=os.link)
        return [Artifact(**entry) for entry in read_record_file(release.dist)["artifacts"]]

    monkeypatch.setattr(module, "run_release", again)
    assert verify(load_config(project / "toolchain.yaml"), project / "dist", 1, "none", clean_cache=True).verified
    assert len(seen) == 3
