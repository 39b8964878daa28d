# SPDX-License-Identifier: BSD-3-Clause
"""--in-container with a real engine: the same bytes as on the host, owned by the caller, and nothing left behind."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from go_programs import go

from pygo_cross.build.container.inside import volume_name
from pygo_cross.cli.main import main

ROOT = Path(__file__).parent.parent.parent

CONFIG = """\
version: 1
project: prog
builds:
  - main: .
    targets: [linux/amd64]
    ldflags: ["-X main.version={{ .Version }}/{{ .Commit }}/{{ .CommitTimestamp }}/{{ .Branch }}"]
    smoke:
      - {args: [x], stderr: "{{ .Version }}/{{ .Commit }}/{{ .CommitTimestamp }}/{{ .Branch }}\\n"}
"""
MAIN = "package main\n\nvar version string\n\nfunc main() { println(version) }\n"


def git(folder: Path, *args: str) -> None:
    when = "1700000000 +0000"
    settings = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *args], cwd=folder, env=settings, check=True, capture_output=True)


def project(folder: Path, module: str = "example.com/prog") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text(f"module {module}\n\ngo 1.27\n")
    (folder / "main.go").write_text(MAIN)
    (folder / "toolchain.yaml").write_text(CONFIG)
    return folder


def repository(folder: Path, *, tag: bool = True) -> Path:
    project(folder)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    if tag:
        git(folder, "tag", "v1.2.3")
    return folder


def tree(folder: Path) -> dict[str, tuple[str, int]]:
    """What was made; the report says how long it took, and so is another each time."""
    return {
        str(path.relative_to(folder)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode & 0o777)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "report.html"
    }


@pytest.fixture
def inside(cli: Any, image: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*args: str | Path, cwd: Path, env: dict[str, str | None] | None = None) -> subprocess.CompletedProcess[str]:
        done: subprocess.CompletedProcess[str] = cli(*args, f"--in-container={image}", cwd=cwd, env=env)
        return done

    return run


@pytest.fixture(autouse=True)
def nothing_left(image: str) -> Iterator[None]:
    """No container is left whose client has ended."""
    yield
    command = ["docker", "ps", "-a", "--filter", f"ancestor={image}", "--format", '{{.ID}} {{.Label "pygo-cross.client"}}']
    rows = [row.split() for row in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()]
    assert [row for row in rows if len(row) == 2 and not Path("/proc", row[1].split(":")[1]).exists()] == []


def same(cli: Any, inside: Any, folder: Path, *flags: str, env: dict[str, str | None] | None = None) -> dict[str, tuple[str, int]]:
    """Builds here and inside, compares, and returns what was made."""
    done = cli("build", "-q", cwd=folder, env=env)
    assert done.returncode == 0, done.stderr
    here, facts = tree(folder / "dist"), stamp(folder / "dist/prog_linux_amd64/prog")
    done = inside("build", "-q", "--clean", *flags, cwd=folder, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert stamp(folder / "dist/prog_linux_amd64/prog") == facts
    assert tree(folder / "dist") == here
    return here


def stamp(binary: Path) -> str:
    return go("version", "-m", str(binary))


def test_tagged_untagged_and_dirty(cli: Any, inside: Any, tmp_path: Path) -> None:
    folder = repository(tmp_path / "repo", tag=False)
    made = [same(cli, inside, folder)]
    git(folder, "tag", "v1.2.3")
    made.append(same(cli, inside, folder))
    assert "vcs.modified=false" in stamp(folder / "dist/prog_linux_amd64/prog")
    (folder / "new.txt").write_text("x")
    made.append(same(cli, inside, folder))
    assert "vcs.modified=true" in stamp(folder / "dist/prog_linux_amd64/prog")
    assert len({item["prog_linux_amd64/prog"] for item in made}) == 3
    # The user's own list of what git passes over is known inside as well.
    home = tmp_path / "home/.config/git"
    home.mkdir(parents=True)
    (home / "ignore").write_text("new.txt\n")
    assert same(cli, inside, folder, env={"XDG_CONFIG_HOME": str(tmp_path / "home/.config")}) == made[1]
    done = inside("smoke", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(" ok (emulated)") == 1


def test_a_project_in_a_folder_of_its_repository(cli: Any, inside: Any, tmp_path: Path) -> None:
    top = tmp_path / "repo"
    top.mkdir()
    project(top / "tools/prog")
    git(top, "init", "-q")
    git(top, "add", ".")
    git(top, "commit", "-qm", "first")
    git(top, "tag", "v0.9.0")
    same(cli, inside, top / "tools/prog")
    assert "vcs.revision=" in stamp(top / "tools/prog/dist/prog_linux_amd64/prog")


@pytest.mark.full("a minute; test_a_project_in_a_folder_of_its_repository and test_parts.py's test_repositories")
def test_a_git_folder_elsewhere(cli: Any, inside: Any, tmp_path: Path) -> None:
    first = repository(tmp_path / "first")
    git(first, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    same(cli, inside, tmp_path / "tree")
    assert "vcs.modified=false" in stamp(tmp_path / "tree/dist/prog_linux_amd64/prog")
    git(tmp_path, "clone", "-q", "--shared", str(first), "borrower")
    same(cli, inside, tmp_path / "borrower")
    outer = repository(tmp_path / "outer")
    git(outer, "submodule", "add", "-q", str(first), "part")
    same(cli, inside, outer / "part")
    assert "vcs.modified=false" in stamp(outer / "part/dist/prog_linux_amd64/prog")


@pytest.mark.parametrize("name", ["a b:c,d=e", "new\nline ünï%41"])
def test_names(cli: Any, inside: Any, tmp_path: Path, name: str) -> None:
    folder = project(tmp_path / name)
    done = cli("build", "-q", cwd=folder)
    here = tree(folder / "dist")
    again = inside("build", "-q", "--clean", cwd=folder)
    assert (again.returncode, again.stderr) == (done.returncode, done.stderr)
    assert tree(folder / "dist") == here


@pytest.mark.full("half a minute; test_parts.py packs and unpacks")
def test_copied_to_the_engine(cli: Any, inside: Any, tmp_path: Path) -> None:
    folder = repository(tmp_path / "repo")
    (folder / "link").symlink_to("main.go")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "second")
    same(cli, inside, folder, "--container-copy")
    done = inside("smoke", "-q", "--container-copy", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    (folder / "main.go").write_text("package main\n\nfunc main() { nothing() }\n")
    done = inside("build", "-q", "--container-copy", cwd=folder)
    assert done.returncode == 1
    assert "./main.go:3:15: undefined: nothing" in done.stderr
    assert not (folder / "dist/artifacts.json").exists()
    assert not list(folder.glob("dist/.pygo-cross-*"))


@pytest.mark.full("half a minute; test_parts.py has the folders that are needed")
def test_modules(cli: Any, inside: Any, tmp_path: Path) -> None:
    """One module by path, outside the project; one from a proxy, which the host fetches and the container could not."""
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "go.mod").write_text("module example.com/beside\n\ngo 1.27\n")
    (beside / "beside.go").write_text('package beside\n\nconst Name = "beside"\n')
    proxy = tmp_path / "proxy/example.com/far/@v"
    proxy.mkdir(parents=True)
    text = "module example.com/far\n\ngo 1.27\n"
    (proxy / "v1.0.0.mod").write_text(text)
    (proxy / "v1.0.0.info").write_text('{"Version":"v1.0.0"}')
    (proxy / "list").write_text("v1.0.0\n")
    with zipfile.ZipFile(proxy / "v1.0.0.zip", "w") as archive:
        archive.writestr("example.com/far@v1.0.0/go.mod", text)
        archive.writestr("example.com/far@v1.0.0/far.go", 'package far\n\nconst Name = "far"\n')
    folder = project(tmp_path / "work/prog")
    with (folder / "go.mod").open("a") as file:
        file.write("\nrequire (\n\texample.com/beside v0.0.0\n\texample.com/far v1.0.0\n)\n")
        file.write("\nreplace example.com/beside => ../../beside\n")
    imports = 'import (\n\t"example.com/beside"\n\t"example.com/far"\n)\n'
    text = f"package main\n\n{imports}\nvar version string\n\nfunc main() {{ println(version, beside.Name, far.Name) }}\n"
    (folder / "main.go").write_text(text)
    env: dict[str, str | None] = {
        "GOMODCACHE": str(tmp_path / "mod"), "GOPROXY": f"file://{tmp_path}/proxy", "GONOSUMDB": "*", "GOFLAGS": "-modcacherw",
        "GOPRIVATE": None, "GONOPROXY": "none",
    }  # fmt: skip
    go("mod", "tidy", cwd=folder, **{name: value for name, value in env.items() if value is not None})
    same(cli, inside, folder, env=env)
    assert "example.com/far\tv1.0.0" in stamp(folder / "dist/prog_linux_amd64/prog")
    env["GOPROXY"] = "off"
    env["GOMODCACHE"] = str(tmp_path / "empty")
    done = inside("build", cwd=folder, env=env)
    assert done.returncode == 1
    assert "example.com/far@v1.0.0" in done.stderr


def test_one_program(cli: Any, inside: Any, tmp_path: Path) -> None:
    folder = project(tmp_path / "prog")
    assert cli("build", "-q", "-trimpath", "-o", tmp_path / "here", ".", cwd=folder).returncode == 0
    done = inside("build", "-q", "-trimpath", "-o", "bin/made", "--json", ".", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert '"path": "bin/made"' in done.stdout
    assert (folder / "bin/made").read_bytes() == (tmp_path / "here").read_bytes()
    assert inside("build", "-q", "-trimpath", ".", cwd=folder).returncode == 0
    assert (folder / "prog").read_bytes() == (tmp_path / "here").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["bin", "go.mod", "main.go", "prog", "toolchain.yaml"]


def test_the_one_program_of_a_configuration(inside: Any, tmp_path: Path) -> None:
    folder = project(tmp_path / "prog")
    done = inside("build", "-q", "-o", "bin/", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "bin/prog").read_bytes() == (folder / "dist/prog_linux_amd64/prog").read_bytes()


def test_what_is_wrong_is_told_as_here(cli: Any, inside: Any, tmp_path: Path) -> None:
    folder = project(tmp_path / "prog")
    (folder / "main.go").write_text("package main\n\nfunc main() { var x int }\n")
    here = cli("build", "--progress", "none", cwd=folder)
    done = inside("build", "--progress", "none", cwd=folder)
    assert done.returncode == here.returncode == 1
    assert done.stderr == here.stderr
    (folder / "toolchain.yaml").write_text("version: 1\nprojekt: x\n")
    here = cli("build", cwd=folder)
    done = inside("build", cwd=folder)
    assert (done.returncode, done.stderr) == (here.returncode, here.stderr)
    assert here.returncode == 2


def test_a_link_that_leads_out(cli: Any, inside: Any, tmp_path: Path) -> None:
    folder = project(tmp_path / "prog")
    (tmp_path / "elsewhere.go").write_text("package main\n\nfunc more() {}\n")
    (folder / "more.go").symlink_to(tmp_path / "elsewhere.go")
    (folder / "main.go").write_text("package main\n\nfunc main() { more() }\n")
    assert cli("build", "-q", "--clean", cwd=folder).returncode == 0
    done = inside("build", "-q", cwd=folder)
    assert done.returncode == 1
    assert f"note: {folder}/more.go leads to {tmp_path}/elsewhere.go, out of what the container is shown" in done.stderr


def test_the_source_is_not_written_to(cli: Any, inside: Any, tmp_path: Path) -> None:
    """Nor is there a network, nor a privilege, nor a root that can be written to; what is made is the caller's."""
    folder = project(tmp_path / "prog")
    done = inside("build", "-q", "--verbose", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "network none" in done.stderr
    for path in (folder / "dist").rglob("*"):
        assert path.stat().st_uid == os.getuid()


def test_nobody_of_the_image(image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller whose number the image does not know."""
    if os.getuid() != 0:
        pytest.skip("only root can give files to somebody else")
    folder = project(tmp_path / "prog")
    (folder / "dist").mkdir()
    for path in (folder, *folder.iterdir()):
        os.chown(path, 4321, 4322)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(os, "getuid", lambda: 4321)
    monkeypatch.setattr(os, "getgid", lambda: 4322)
    try:
        assert main(["build", "-q", f"--in-container={image}"]) == 0
    finally:
        subprocess.run(["docker", "volume", "rm", "-f", volume_name()], capture_output=True, check=False)
    assert {(path.stat().st_uid, path.stat().st_gid) for path in (folder / "dist").rglob("*")} == {(4321, 4322)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it(image: str, tmp_path: Path, number: int) -> None:
    folder = project(tmp_path / "prog")
    (folder / "gen.go").write_text("package main\n\n" + "".join(f"func f{n}(x int) int {{ return x * {n} }}\n" for n in range(20000)))
    command = [sys.executable, "-P", "-m", "pygo_cross", "build", f"--in-container={image}"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    # Under nohup and in a shell's background, an interrupt is ignored from the start.
    child = subprocess.Popen(
        command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)
    )
    try:
        while not (folder / "dist/.building.json").exists():
            assert child.poll() is None
            time.sleep(0.02)
        child.send_signal(number)
        stderr = child.communicate()[1]
    finally:
        child.kill()
    assert child.returncode == 128 + number
    assert stderr.endswith("pygo-cross: stopped\n")
    assert not list(folder.glob("dist/*/prog"))


def test_what_a_killed_client_left_is_removed(inside: Any, image: str, tmp_path: Path) -> None:
    folder = project(tmp_path / "prog")
    command = [sys.executable, "-P", "-m", "pygo_cross", "build", f"--in-container={image}"]
    child = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)
    try:
        while not (folder / "dist/.building.json").exists():
            assert child.poll() is None
            time.sleep(0.02)
    finally:
        child.kill()
        child.wait()
    done = inside("build", "-q", "--verbose", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "of a run that was killed" in done.stderr
