# SPDX-License-Identifier: BSD-3-Clause
"""Archives and sums: what is in them, who can read them, and what is refused."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import socket
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.release.checksums import line_of
from pygo_cross.build.release.globs import BadPattern, find_files
from pygo_cross.diag import UserError

LINUX = "builds: [{targets: [linux/*]}]\n"
ONE = "builds: [{targets: [linux/arm64]}]\n"
BASE = "p_0.0.0-SNAPSHOT-none"


def paths(artifacts: Any, kind: str = "Archive") -> list[str]:
    return [item.path for item in artifacts if item.type == kind]


def names_in(path: Path) -> list[str]:
    if path.suffix == ".zip":
        return zipfile.ZipFile(path).namelist()
    with tarfile.open(path) as tar:
        return tar.getnames()


def refused(make: Any, rest: str) -> str:
    with pytest.raises(UserError) as caught:
        make(rest)
    assert caught.value.status == 2
    return str(caught.value)


def test_every_format(make: Any, project: Path) -> None:
    (project / "LICENSE").write_text("law")
    (project / "README.md").write_text("read")
    (project / "tool.sh").write_text("#!/bin/sh\n")
    (project / "tool.sh").chmod(0o700)
    made = make(
        ONE + "archives:\n  - formats: [tar, tar.gz, tgz, tar.xz, txz, zip]\n    wrap_in_directory: true\n"
        "    files: [LICENSE, README*, {src: tool.sh, info: {owner: ann, group: staff, mode: '0750', mtime: '2020-02-02T02:02:02Z'}}]\n"
    )
    top = f"{BASE}_linux_arm64"
    expected = [f"{top}/{name}" for name in ("LICENSE", "README.md", "p", "tool.sh")]
    binary = next(item for item in made if item.type == "Binary")
    assert paths(made) == [f"{top}.{form}" for form in ("tar", "tar.gz", "tgz", "tar.xz", "txz", "zip")]
    for item in made:
        if item.type != "Archive":
            continue
        path = project / "dist" / item.path
        assert (item.sha256, item.size) == (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
        assert item.contains == [binary.sha256]
        assert names_in(path) == expected
        if path.suffix == ".zip":
            continue
        with tarfile.open(path) as tar:
            about = {member.name.rpartition("/")[2]: member for member in tar}
            assert hashlib.sha256(tar.extractfile(f"{top}/p").read()).hexdigest() == binary.sha256  # type: ignore[union-attr]
        assert {
            (name, member.mode, member.mtime, member.uid, member.gid, member.uname, member.gname) for name, member in about.items()
        } == {
            ("LICENSE", 0o644, 1136214245, 0, 0, "root", "root"),
            ("README.md", 0o644, 1136214245, 0, 0, "root", "root"),
            ("p", 0o755, 1136214245, 0, 0, "root", "root"),
            ("tool.sh", 0o750, 1580608922, 0, 0, "ann", "staff"),
        }
    packed = (project / f"dist/{top}.tar.gz").read_bytes()
    assert packed[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    assert gzip.decompress(packed) == (project / f"dist/{top}.tar").read_bytes()
    with zipfile.ZipFile(project / f"dist/{top}.zip") as zipped:
        assert zipped.testzip() is None
        modes = {entry.filename.rpartition("/")[2]: entry.external_attr >> 16 for entry in zipped.infolist()}
        assert modes == {"LICENSE": 0o100644, "README.md": 0o100644, "p": 0o100755, "tool.sh": 0o100750}
        assert zipped.infolist()[0].date_time == (2006, 1, 2, 15, 4, 4)  # UTC, in steps of two seconds


@pytest.mark.parametrize("form", ["tar.gz", "tar.xz", "zip"])
def test_the_usual_tools_unpack(form: str, make: Any, project: Path, tmp_path: Path) -> None:
    tool = "unzip" if form == "zip" else "tar"
    if shutil.which(tool) is None or (form == "tar.xz" and shutil.which("xz") is None):
        pytest.skip(f"no {tool} here")
    (project / "data").mkdir()
    long = "n" * 90 + "é \n" + "m" * 60
    (project / "data" / long).write_text("long")
    (project / "data/with space").write_text("space")
    made = make(ONE + f"archives: [{{formats: {form}, files: [data]}}]\n")
    out = tmp_path / "out"
    out.mkdir()
    archive = project / "dist" / paths(made)[0]
    command = ["unzip", "-q", archive, "-d", out] if form == "zip" else ["tar", "-xf", archive, "-C", out]
    subprocess.run(command, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {"p", "data/with space"} <= found and len(found) == 3
    if form != "zip":  # Info-ZIP writes another letter for a newline
        assert (out / "data" / long).read_text() == "long"
    assert (os.access(out / "p", os.X_OK) and not os.access(out / "data/with space", stat.S_IXUSR)) or os.geteuid() == 0
    assert hashlib.sha256((out / "p").read_bytes()).hexdigest() == made[0].sha256


def test_where_files_go(make: Any, project: Path) -> None:
    for path in ("a/b/one.txt", "a/b/two.txt", "a/c/three.txt", "top.md"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(path)
    for files, expected in (
        ("[a/b]", ["a/b/one.txt", "a/b/two.txt"]),
        ("['a/**/*.txt']", ["a/b/one.txt", "a/b/two.txt", "a/c/three.txt"]),
        ("['a/*/t*']", ["a/b/two.txt", "a/c/three.txt"]),
        ("['{a/c,a/b/one.txt}']", ["a/b/one.txt", "a/c/three.txt"]),
        ("[{src: 'a/**/*.txt', dst: docs}]", ["docs/b/one.txt", "docs/b/two.txt", "docs/c/three.txt"]),
        ("[{src: 'a/b/*', dst: docs}]", ["docs/one.txt", "docs/two.txt"]),
        ("[{src: a/b, dst: docs}]", ["docs/one.txt", "docs/two.txt"]),
        ("[{src: top.md, dst: docs/renamed.md}]", ["docs/renamed.md"]),
        ("[{src: 'a/**/*.txt', strip_parent: true}]", ["one.txt", "three.txt", "two.txt"]),
        ("[{src: 'a/b/one.*', dst: x, strip_parent: true}]", ["x/one.txt"]),
        ("['none*']", []),
        ("['[t]op.?d']", ["top.md"]),
        ("['[!t]op.?d']", []),
    ):
        made = make(ONE + f"archives: [{{files: {files}}}]\n")
        assert names_in(project / "dist" / paths(made)[0]) == sorted([*expected, "p"]), files
    assert not [name for name in names_in(project / "dist" / paths(make(ONE + "archives: [{files: ['**']}]\n"))[0]) if "dist" in name]


def test_what_goes_into_which_archive(make: Any, project: Path) -> None:
    builds = "builds: [{id: a, targets: [linux/*]}, {id: b, targets: [linux/*, darwin/arm64]}]\n"
    found = refused(make, builds + "archives: [{}]\n")
    assert "different numbers of binaries: darwin/arm64 1, linux/amd64 2, linux/arm64 2; give the builds the same targets" in found
    made = make(builds + "archives: [{allow_different_binary_count: true}]\n")
    assert paths(made) == [f"{BASE}_{target}.tar.gz" for target in ("darwin_arm64", "linux_amd64", "linux_arm64")]
    assert names_in(project / f"dist/{BASE}_linux_amd64.tar.gz") == ["a", "b"]
    made = make(builds + "archives: [{ids: b, format_overrides: [{goos: darwin, formats: [zip]}, {goos: linux, formats: [none]}]}]\n")
    assert paths(made) == [f"{BASE}_darwin_arm64.zip"]
    assert "no build is called c; there are a, b" in refused(make, builds + "archives: [{ids: [c]}]\n")
    (project / "CHANGELOG").write_text("new")
    made = make(builds + "archives: [{meta: true, name_template: '{{ .ProjectName }}-docs'}]\n")
    assert paths(made) == ["p-docs.tar.gz"] and names_in(project / "dist/p-docs.tar.gz") == ["CHANGELOG"]
    assert made[-2].contains == []
    assert "unknown variable {{ .Os }}" in refused(make, builds + "archives: [{meta: true, name_template: '{{ .Os }}'}]\n")


def test_binaries_as_they_are(make: Any, project: Path) -> None:
    made = make("builds: [{id: a, targets: [linux/amd64, linux_amd64_v2]}]\narchives: [{formats: [binary]}]\n")
    assert paths(made, "Uploadable Binary") == ["a_0.0.0-SNAPSHOT-none_linux_amd64", "a_0.0.0-SNAPSHOT-none_linux_amd64v2"]
    copies = [item for item in made if item.type == "Uploadable Binary"]
    assert [item.contains for item in copies] == [[item.sha256] for item in copies]
    assert os.access(project / "dist" / copies[0].path, os.X_OK)
    assert (project / "dist/checksums.txt").read_text().split() == [part for item in copies for part in (item.sha256, item.path)]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ("[/etc/passwd]", "'/etc/passwd' leads out of the project"),
        ("[../secret]", "'../secret' leads out of the project"),
        ("['{a,../..}/secret']", "leads out of the project"),
        ("['out*']", "'outside' leads out of the project, to /"),
        ("[folder-link]", "'folder-link' leads out of the project"),
        ("['loop']", "'loop' is a link to a folder; name the folder itself"),
        ("[pipe]", "'pipe' is no regular file"),
        ("['**']", ""),
        ("[gone]", "'gone' is not there; correct the path, or end it with *"),
        ("['[a']", "has a [ without its ]"),
        ("['{a']", "has a brace without its partner"),
        ("['[z-a]']", "a range that runs backwards"),
        ("['" + "{a,b}" * 12 + "']", "more than 1000 alternatives"),
        ("[{src: fine, dst: ../up}]", "'../up' leads out of the archive"),
        ("[{src: fine, dst: /abs}]", "'/abs' leads out of the archive"),
        ("[{src: fine, dst: 'a/../../b'}]", "leads out of the archive"),
        ("[{src: fine, dst: p}]", "'p' would be twice in the archive"),
        ("[{src: fine, dst: x}, {src: LICENSE, dst: x}]", "'x' would be twice in the archive"),
        ("[{src: fine, info: {mtime: yesterday}}]", "mtime: expected a time such as 2006-01-02T15:04:05Z, found 'yesterday'"),
        ("[{src: fine, info: {mode: 644}}]", "mode: expected text, found a whole number; put it in quotes"),
        ("[{src: fine, info: {mode: '888'}}]", "mode: expected octal digits in quotes"),
        ("['{{ .Nope }}']", "unknown variable {{ .Nope }}"),
        ("['back\\slash']", ""),
    ],
)
def test_hostile_files(files: str, message: str, make: Any, project: Path) -> None:
    (project.parent / "secret").write_text("s")
    (project / "outside").symlink_to(project.parent / "secret")
    (project / "folder-link").symlink_to(project.parent)
    (project / "inner").mkdir()
    (project / "loop").symlink_to("inner")
    (project / "inner/up").symlink_to("..")
    os.mkfifo(project / "pipe")
    for name in ("fine", "LICENSE", "back\\slash"):
        (project / name).write_text("x")
    said = refused(make, ONE + f"archives: [{{formats: [zip], files: {files}}}]\n")
    assert "toolchain.yaml:4:" in said and message in said
    assert not (project / "dist").exists()


def test_a_socket_and_a_name_that_is_no_text(project: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(project / "s"))
        with pytest.raises(BadPattern, match="no regular file"):
            find_files(project, "s")
    (project / os.fsdecode(b"bad\xff")).write_text("x")
    with pytest.raises(BadPattern, match="not UTF-8"):
        find_files(project, "bad*")


def test_a_link_inside_is_the_file(make: Any, project: Path) -> None:
    (project / "docs").mkdir()
    (project / "docs/real").write_text("text")
    (project / "LICENSE").symlink_to("docs/real")
    made = make(ONE + "archives: [{}]\n")
    with tarfile.open(project / "dist" / paths(made)[0]) as tar:
        assert tar.getmember("LICENSE").isreg() and tar.extractfile("LICENSE").read() == b"text"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("archives: [{}, {}]", "a second archive called default; the first is at line 4"),
        (
            "archives: [{}, {id: b}]",
            "two artifacts called p_0.0.0-SNAPSHOT-none_linux_arm64.tar.gz: this Archive and the Archive of line 4",
        ),
        ("archives: [{name_template: x, formats: [tar.gz, tar.gz]}]", "two artifacts called x.tar.gz"),
        ("archives: [{name_template: p_linux_arm64, formats: [binary]}]", "two artifacts called p_linux_arm64/p"),
        (
            "archives: [{name_template: a}, {id: b, name_template: A}]",
            "two artifacts called A.tar.gz: this Archive and the Archive of line 4",
        ),
        ("archives: [{name_template: p_linux_arm64/p/x}]", "two artifacts called p_linux_arm64/p/x.tar.gz: this Archive and the Binary of"),
        ("archives: [{name_template: ../x}]", "'../x.tar.gz' can't be the name of an artifact"),
        ("archives: [{name_template: /x}]", "'/x.tar.gz' can't be the name of an artifact"),
        ("archives: [{name_template: .x}]", "'.x.tar.gz' can't be the name of an artifact"),
        ("archives: [{name_template: artifacts.json, formats: [binary]}]", "'artifacts.json' can't be the name of an artifact"),
        ("archives: [{name_template: report.html, formats: [binary]}]", "'report.html' can't be the name of an artifact"),
        ("archives: [{name_template: '{{ title }}'}]", "title takes 1 argument, not 0"),
        ("archives: [{wrap_in_directory: ../x}]", "leads out of the archive"),
        ("archives: [{name_template: checksums.txt, formats: [binary]}]", "two artifacts called checksums.txt"),
        ("checksum: {name_template: a/b}", "'a/b' can't be the list's name"),
        ("checksum: {split: true, name_template: x}\narchives: [{formats: [zip, tar]}]", "two artifacts called x"),
        ("checksum: {extra_files: [{glob: ../x}]}", "extra_files: '../x' leads out of the project"),
        ("archives: [{format: zip}]", "format is not supported yet; write formats"),
        ("archives: [{formats: [tar.zst]}]", "expected one of tar.gz"),
    ],
)
def test_names_that_can_t_be(rest: str, message: str, make: Any, project: Path) -> None:
    said = refused(make, ONE + rest + "\n")
    assert message in said and "toolchain.yaml:" in said
    assert not (project / "dist").exists()


def test_sums(make: Any, project: Path) -> None:
    (project / "notes").write_text("n")
    make(LINUX + "archives: [{name_template: 'an archive {{ .Arch }}'}]\nchecksum: {extra_files: [{glob: 'n*', name_template: 'other'}]}\n")
    assert subprocess.run(["sha256sum", "-c", "--ignore-missing", "checksums.txt"], cwd=project / "dist", check=False).returncode == 0
    listed = [line[66:] for line in (project / "dist/checksums.txt").read_text().splitlines()]
    assert listed == ["an archive amd64.tar.gz", "an archive arm64.tar.gz", "other"]
    for algorithm, tool in (("sha512", "sha512sum"), ("md5", "md5sum"), ("blake2b", "b2sum")):
        make(LINUX + f"checksum: {{algorithm: {algorithm}, name_template: '{{{{ .Algorithm }}}}.txt'}}\n")
        assert subprocess.run([tool, "--status", "-c", f"{algorithm}.txt"], cwd=project / "dist", check=False).returncode == 0
    made = make(LINUX + "archives: [{}]\nchecksum: {split: true, algorithm: sha3-256}\n")
    for item in made:
        if item.type == "Archive":
            expected = hashlib.sha3_256((project / "dist" / item.path).read_bytes()).hexdigest()
            assert (project / f"dist/{item.path}.sha3-256").read_text() == expected
    made = make("builds: [{id: a, targets: [linux/*]}, {id: b, targets: [linux/*]}]\nchecksum: {ids: [b]}\n")
    assert {line[66:] for line in (project / "dist/checksums.txt").read_text().splitlines()} == {"b_linux_amd64/b", "b_linux_arm64/b"}
    assert not paths(make(LINUX + "checksum: {disable: true}\n"), "Checksum")


def test_odd_names_in_a_list(tmp_path: Path) -> None:
    lines = b""
    for name in ("plain", "with space", "new\nline", "back\\slash", "cr\r", "é"):
        (tmp_path / name).write_text(name)
        lines += line_of(hashlib.sha256(name.encode()).hexdigest(), name).encode()
    theirs = subprocess.run(["sha256sum", "--", *sorted(os.listdir(tmp_path))], cwd=tmp_path, capture_output=True, check=True).stdout
    assert sorted(lines.splitlines()) == sorted(theirs.splitlines())
    (tmp_path / "list").write_bytes(lines)
    assert subprocess.run(["sha256sum", "-c", "--status", "list"], cwd=tmp_path, check=False).returncode == 0


def test_names_with_spaces_and_newlines(make: Any, project: Path) -> None:
    make(ONE + 'archives: [{name_template: "a b\\nc"}]\n')
    assert (project / "dist/checksums.txt").read_text().startswith("\\")
    assert subprocess.run(["sha256sum", "-c", "--status", "checksums.txt"], cwd=project / "dist", check=False).returncode == 0


def test_what_changes_while_it_is_packed(make: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A binary that is not the one that was built is never packed."""
    from pygo_cross.build.release import pipeline

    real = pipeline._run_step

    def tampering(release: Any, step: Any, items: Any) -> None:
        if step.name == "archive":
            (project / "dist/p_linux_arm64/p").write_bytes(b"\x7fELF other")
        real(release, step, items)

    monkeypatch.setattr(pipeline, "_run_step", tampering)
    with pytest.raises(UserError, match="is not the file that was built; build again"):
        make(ONE + "archives: [{}]\n")
    assert not list((project / "dist").glob("*.tar.gz")) and not (project / "dist/artifacts.json").exists()


def test_only_the_last_build_is_in_dist(make: Any, project: Path) -> None:
    make(LINUX + "archives: [{name_template: 'v1_{{ .Arch }}'}]\n")
    (project / "dist/mine").write_text("kept")
    make(LINUX + "archives: [{name_template: 'v2_{{ .Arch }}'}]\n", targets=["linux/arm64"])
    found = {path.relative_to(project / "dist").as_posix() for path in (project / "dist").rglob("*") if path.is_file()}
    assert found == {".gitignore", "artifacts.json", "checksums.txt", "v2_arm64.tar.gz", "p_linux_arm64/p", "mine"}


def test_what_is_skipped(make: Any, project: Path) -> None:
    rest = "universal_binaries: [{replace: true}]\narchives: [{}]\n"
    assert len(paths(make(rest))) == 3
    assert len(paths(make(rest, skip=["universal"]))) == 4
    made = make(rest, skip=["archive"])
    assert {item.type for item in made} == {"Binary", "Universal Binary", "Checksum"}
