# SPDX-License-Identifier: BSD-3-Clause
"""A build that is stopped, killed or out of room leaves whole files and no record, and the next one makes up for it. Two builds of one
commit are the same bytes, whatever the machine's clock, zone, umask and locale."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from go_programs import go

from pygo_cross.build.artifacts import load, save_smoke
from pygo_cross.build.release.folder import SCRATCH
from pygo_cross.diag import UserError

ROOT = Path(__file__).parent.parent.parent
REST = """builds: [{targets: [linux/*, darwin/*]}]
universal_binaries: [{replace: true}]
archives: [{formats: [tar.gz, tar.xz, zip, tar], files: [data]}]
"""


def tree(folder: Path) -> dict[str, str]:
    """Every file in the output folder but what is hidden, with its digest; the page has times. What is hidden isn't looked into: compilers
    that have lost their build may still be at work there, and what is being written has such a name too (`wholefile.beside`)."""
    seen = (path for path in folder.iterdir() if not path.name.startswith("."))
    below = (path for top in seen for path in ([top] if top.is_file() else top.rglob("*")))
    files = (path for path in below if not path.name.startswith("."))
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
        if path.is_file() and path.name != "report.html"
    }


def hidden(folder: Path) -> set[str]:
    """What is hidden in the output folder, at any depth."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob(".*")}


def begun(folder: Path) -> set[str]:
    """What is hidden in the output folder, by the names it was begun with: what is being taken away has that process's number before it."""
    return {re.sub(rf"^{re.escape(SCRATCH)}(\d+-)+", SCRATCH, name) for name in hidden(folder)}


def in_child(work: Callable[[], object]) -> int:
    """Starts `work` in a process of its own: its id. It ends with 0, or 3 for a `UserError`, which it writes to standard error."""
    child = os.fork()
    if child:
        return child
    status = 9
    try:
        work()
        status = 0
    except UserError as error:
        os.write(2, f"{error}\n".encode())
        status = 3
    finally:
        os._exit(status)


def status_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_killed_at_any_moment(make: Any, project: Path) -> None:
    (project / "data").write_bytes(random.Random(1).randbytes(30_000))
    start = time.monotonic()
    make(REST)
    took = time.monotonic() - start
    whole = tree(project / "dist")
    source = random.Random(7)
    killed = 0
    for _ in range(25):
        child = in_child(lambda: make(REST))
        time.sleep(source.random() * took * 1.2)
        os.kill(child, signal.SIGKILL)
        early = status_of(child) == -signal.SIGKILL
        killed += early
        took *= 1.1 if early else 0.8  # other processes come and go
        found = tree(project / "dist")
        assert found.items() <= whole.items()  # nothing that is not whole
        if "artifacts.json" in found:
            assert found == whole
            load(project / "dist")
        if source.random() < 0.3:
            make(REST)
            assert tree(project / "dist") == whole
            assert hidden(project / "dist") == {".gitignore"}
    assert killed > 5
    make(REST.replace("[data]", "[]"), targets=["linux/arm64"])  # another build clears away what the killed one made
    assert {path.split("/")[0] for path in tree(project / "dist")} == {
        "artifacts.json",
        "checksums.txt",
        "p_linux_arm64",
        *(f"p_0.0.0-SNAPSHOT-none_linux_arm64.{form}" for form in ("tar.gz", "tar.xz", "zip", "tar")),
    }
    assert hidden(project / "dist") == {".gitignore"}


@pytest.mark.parametrize("recorded", [True, False])
def test_what_a_killed_build_was_writing_is_taken_away(make: Any, project: Path, recorded: bool) -> None:
    (project / "data").write_bytes(b"data")
    make(REST)
    whole = tree(project / "dist")
    (project / "dist/p_darwin_all/.p.1.1").write_bytes(b"a part")
    if not recorded:
        (project / "dist/artifacts.json").unlink()
    make(REST)
    assert tree(project / "dist") == whole and hidden(project / "dist") == {".gitignore"}


def test_killed_with_its_compilers_at_work(cli: Any, hello: Path) -> None:
    """The real command: what it had started goes on for a moment, in folders that the next build takes away."""
    (hello / "toolchain.yaml").write_text("version: 1\nproject: hello\nbuilds: [{targets: [linux/*]}]\narchives: [{}]\nbuilder: go\n")
    assert cli("build", "-q", "--skip=report", cwd=hello).returncode == 0
    whole = tree(hello / "dist")
    source = random.Random(3)
    for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
        command = [sys.executable, "-P", "-m", "pygo_cross", "build", "--skip=report", "--progress=plain"]
        before = begun(hello / "dist")
        with subprocess.Popen(command, cwd=hello, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE) as child:
            assert child.stderr is not None
            if source.random() < 0.5:
                child.stderr.readline()  # the first program is there
            else:
                time.sleep(source.random())
            child.send_signal(number)
            child.stderr.read()
        assert tree(hello / "dist").items() <= whole.items()
        if number != signal.SIGKILL:
            assert begun(hello / "dist") <= {*before, ".building.json"}
    assert cli("build", "-q", "--skip=report", cwd=hello).returncode == 0
    assert tree(hello / "dist") == whole
    assert hidden(hello / "dist") == {".gitignore"}


def test_files_too_large(make: Any, project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "data").write_bytes(random.Random(1).randbytes(300_000))

    def limited() -> None:
        sys.dont_write_bytecode = True  # Python would leave a part of what it compiles of our modules, and take that for all of it
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        make(REST)

    assert status_of(in_child(limited)) == 3
    said = capfd.readouterr().err
    assert "can't be written: File too large; free the place or pick another" in said and "Traceback" not in said
    assert not [name for name in tree(project / "dist") if name.startswith(("p_0", "artifacts", "checksums"))]
    make(REST)
    assert len(load(project / "dist")) > 10


@pytest.mark.skipif(os.geteuid() != 0, reason="a file system of its own needs root")
def test_a_full_disk(make: Any, project: Path) -> None:
    (project / "data").write_bytes(random.Random(1).randbytes(300_000))
    (project / "dist").mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "none", project / "dist"], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        with pytest.raises(UserError, match="can't be written: No space left on device"):
            make(REST)
        assert not {"artifacts.json", "checksums.txt"} & tree(project / "dist").keys()
        assert not [name for name in hidden(project / "dist") if name.startswith(".pygo-cross")]
        make(REST.replace(", tar]", "]").replace("[data]", "[]"))
        assert len(load(project / "dist")) > 10
    finally:
        subprocess.run(["umount", project / "dist"], check=True)


def test_no_place_to_write(make: Any, project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "data").write_text("x")
    (project / "dist").symlink_to("nowhere/at/all")
    with pytest.raises(UserError, match="dist: can't be written: "):
        make(REST)
    (project / "dist").unlink()
    (project / "dist").mkdir()
    (project / "dist/p_linux_amd64").write_text("in the way")
    with pytest.raises(UserError, match="p_linux_amd64/p: can't be written: "):
        make(REST)
    if os.geteuid() == 0:
        folder = Path(tempfile.mkdtemp())
        try:
            folder.chmod(0o755)
            (folder / "data").write_text("x")
            shutil.copy(project / "toolchain.yaml", folder)

            def as_nobody() -> None:
                from pygo_cross.build.release.folder import opened

                os.seteuid(65534)
                with opened(folder / "dist", False, [], []):
                    pass

            assert status_of(in_child(as_nobody)) == 3
            assert "dist: can't be written: Permission denied" in capfd.readouterr().err
        finally:
            shutil.rmtree(folder)


def test_one_build_at_a_time(make: Any, project: Path) -> None:
    (project / "data").write_text("x")
    make(REST)
    before = tree(project / "dist")
    handle = os.open(project / "dist", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(UserError, match=r"another build is at work in .*dist; wait for it"):
            make(REST)
        with pytest.raises(UserError, match="another build is at work"):
            make(REST, clean=True)
    finally:
        os.close(handle)
    assert tree(project / "dist") == before


def test_transcripts_of_another_build_are_not_kept(make: Any, project: Path) -> None:
    (project / "data").write_text("x")
    made = make(REST)
    path, digest = made[0].path, made[0].sha256
    save_smoke(project / "dist", {path: (digest, [{"ok": True}])})
    assert load(project / "dist")[0].smoke == [{"ok": True}]
    with pytest.raises(UserError, match=r"is not the file that ran: .* was built again; run smoke again"):
        save_smoke(project / "dist", {path: ("0" * 64, [{"ok": True}])})
    held = os.open(project / "dist", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)

    def save() -> None:
        os.close(held)  # a lock belongs to all copies of its descriptor
        save_smoke(project / "dist", {path: (digest, [])})

    child = in_child(save)
    time.sleep(0.2)
    assert load(project / "dist")[0].smoke == [{"ok": True}]  # waits for the build that is at work
    os.close(held)
    assert status_of(child) == 0 and load(project / "dist")[0].smoke == []


def test_a_journal_leads_nowhere_else(make: Any, project: Path) -> None:
    """What stands in the journal is removed in the output folder alone."""
    (project / "data").write_text("x")
    (project / "precious").write_text("mine")
    (project / "elsewhere").mkdir()
    (project / "elsewhere/file").write_text("mine")
    make(REST)
    (project / "dist/link").symlink_to("../elsewhere")
    (project / "dist/.building.json").write_text(
        json.dumps(["../precious", "link/file", str(project / "precious"), "", ".", "a/../../precious", "x\0"])
    )
    make(REST)
    assert (project / "precious").exists() and (project / "elsewhere/file").exists()
    for broken in ("not json", "{}", "[1, 2]", "[" * 5000):
        (project / "dist/.building.json").write_text(broken)
        make(REST)
        assert hidden(project / "dist") == {".gitignore"}


EVERYTHING = """version: 1
project: hello
builder: go
builds: [{targets: [linux/arm64], ldflags: ["-X main.version={{ .Version }}"]}]
archives: [{formats: [tar.gz, tar.xz, zip], wrap_in_directory: true, files: [LICENSE, "docs/**", run.sh]}]
sboms: [{artifacts: archive}]
kos: [{repositories: [registry.example.com/hello], base_image: scratch, ca_certificates: none}]
checksum: {algorithm: sha512}
"""


def test_the_same_bytes_on_two_machines(hello: Path, tmp_path: Path) -> None:
    (hello / "toolchain.yaml").write_text(EVERYTHING)
    (hello / "LICENSE").write_text("law")
    (hello / "run.sh").write_text("#!/bin/sh\n")
    (hello / "run.sh").chmod(0o755)
    (hello / "docs").mkdir()
    for name in ("a", "B", "ä", "c d"):
        (hello / "docs" / name).write_text(name)
    dated = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
    for args in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "one"], ["tag", "v1.0.0"]):
        subprocess.run(["git", *identity, *args], cwd=hello, check=True, env={**os.environ, **dated})
    faked = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime*.so*")), None)
    machines: list[tuple[str, dict[str, str]]] = [
        ("0022", {"TZ": "UTC", "PYTHONHASHSEED": "1", "LC_ALL": "C"}),
        ("0077", {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)}),
    ]
    if faked is not None:
        machines[1][1].update(LD_PRELOAD=str(faked), FAKETIME="+2000d")
    trees = []
    cache = go("env", "GOCACHE").strip()
    for at, (mask, env) in enumerate(machines):
        folder = tmp_path / f"machine-{at}" / ("deep/" * at) / "src"
        folder.parent.mkdir(parents=True)
        build = f"{sys.executable} -P -m pygo_cross build -q --skip=report -p {at + 1}"
        command = f"umask {mask} && git clone -q {hello} {folder} && cd {folder} && exec {build}"
        settings = {**os.environ, "PYTHONPATH": str(ROOT), "GOCACHE": cache, **env}
        settings.pop("SOURCE_DATE_EPOCH", None)
        done = subprocess.run(["sh", "-c", command], env=settings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        trees.append(tree(folder / "dist"))
    assert trees[0] == trees[1]
    assert len([name for name in trees[0] if name.startswith("hello_1.0.0_linux_arm64.")]) == 6
    assert any("blobs/sha256" in name for name in trees[0])
