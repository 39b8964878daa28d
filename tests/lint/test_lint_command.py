# SPDX-License-Identifier: BSD-3-Clause
"""The command: files, archives, folders, flags, output, exit status; and that docs/lint.md has the rules as they are."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from samples import ElfPatch, MachPatch, pie, stock, universal

from pygo_cross.cli.lint import run
from pygo_cross.cli.main import report
from pygo_cross.diag import UserError
from pygo_cross.exe import elf
from pygo_cross.lint import rules
from pygo_cross.lint.archive import Reader
from pygo_cross.lint.rules import RULES
from pygo_cross.lint.walk import Walk

Cli = Callable[..., "subprocess.CompletedProcess[str]"]
DOC = Path(__file__).parents[2] / "docs/lint.md"


def damaged() -> bytes:
    return ElfPatch(stock("linux/amd64")).segment(elf.PT_GNU_STACK, 0, flags=7).bytes()


def tarred(*members: tuple[str, bytes], mode: int = 0o755, **links: str) -> bytes:
    """A tar file; `links` are symbolic links by name, with `__` for slashes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), mode
            tar.addfile(info, io.BytesIO(content))
        for name, target in links.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return out.getvalue()


def zipped(*members: tuple[str, bytes], mode: int = 0o755) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.create_system = (0o100000 | mode) << 16, 3
            archive.writestr(info, content)
    return out.getvalue()


def test_the_documentation_has_the_rules() -> None:
    text = DOC.read_text()
    table = text.split("<!-- pygo-cross lint --list-rules=markdown -->\n")[1].split("<!-- end -->")[0]
    assert table == rules.markdown() + "\n"


def test_rules_are_well_named() -> None:
    for name, rule in RULES.items():
        assert name == rule.name and name.replace("-", "").isalnum() and name.islower()
        assert rule.severity in rules.SEVERITIES
        assert not rule.what.endswith(".") and not rule.todo.endswith(".") and "|" not in rule.what + rule.todo


def test_every_rule_is_tested() -> None:
    sources = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in RULES if f'"{name}"' not in sources] == []


def test_one_line_a_finding(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(stock("linux/amd64"))
    (tmp_path / "bad").write_bytes(damaged())
    done = cli("lint", "good", "bad", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "good: info: go-no-vcs: the build information says of example.com/hello no more than (devel); "
        "build in a clean checkout, with -buildvcs=true",
        f"bad: error: elf-stack-exec: segment 5 (GNU_STACK) is rwx; {RULES['elf-stack-exec'].todo}",
        "bad: info: go-no-vcs: the build information says of example.com/hello no more than (devel); "
        "build in a clean checkout, with -buildvcs=true",
    ]
    assert done.stderr == "2 files: 1 error, 0 warnings, 2 info\n"
    assert cli("lint", "-q", "good", cwd=tmp_path).returncode == 0


def test_json(cli: Cli, tmp_path: Path) -> None:
    data = MachPatch(stock("darwin/arm64"))
    data.flip(len(data.data) - 40)
    (tmp_path / "bad").write_bytes(data.bytes())
    done = cli("lint", "--json", "bad", "missing", cwd=tmp_path)
    assert done.returncode == 2
    said = json.loads(done.stdout)
    assert set(said) == {"version", "files", "unreadable", "summary"}
    assert said["unreadable"] == [{"path": "missing", "reason": "No such file or directory"}]
    assert said["summary"] == {"files": 1, "error": 1, "warning": 0, "info": 1}
    (file,) = said["files"]
    assert set(file) == {"path", "format", "os", "arch", "size", "sha256", "facts", "findings"}
    assert (file["format"], file["os"], file["arch"]) == ("macho", "darwin", "arm64")
    assert file["sha256"] == hashlib.sha256(data.bytes()).hexdigest()
    first = file["findings"][0]
    assert (first["rule"], first["severity"], set(first)) == (
        "macho-page-hash", "error", {"rule", "severity", "message", "todo", "offset"},
    )  # fmt: skip
    assert cli("lint", "--json", "bad", cwd=tmp_path).returncode == 1


def test_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad").write_bytes(damaged())
    patch = ElfPatch(stock("linux/amd64"))
    patch.data += b"payload"
    (tmp_path / "warned").write_bytes(patch.bytes())

    monkeypatch.chdir(tmp_path)

    def status(*flags: str) -> int:
        return run(["-q", *flags])

    assert status("bad") == 1
    assert status("--ignore", "elf-stack-exec", "bad") == 0
    assert status("--ignore", "elf-*,macho-*", "bad") == 0
    assert status("--rule", "macho-*", "bad") == 0
    assert status("--rule", "elf-stack-exec", "bad") == 1
    assert status("--severity", "elf-stack-exec=warning", "bad") == 0
    assert status("--severity", "elf-stack-exec=warning", "--strict", "bad") == 1
    assert status("--severity", "go-no-vcs=error", "--ignore", "elf-*", "bad") == 1
    assert status("warned") == 0
    assert status("--strict", "warned") == 1
    assert status("--strict", "--severity", "error", "warned") == 1  # hidden, and it counts
    capsys.readouterr()
    assert (status("--severity", "error", "warned"), capsys.readouterr().out) == (0, "")
    assert status("--facts", "--severity", "error", "warned") == 0
    told = capsys.readouterr().out
    assert "warned: fact: go_version: go1.27.3\n" in told and "warned: fact: static: yes\n" in told


def failing(arguments: list[str]) -> int:
    """The status of a command line that is wrong, as the command tells of it."""
    try:
        return run(arguments)
    except UserError as error:
        report(error)
        return error.status


def test_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for arguments, message in (
        ((), "lint: there is no FILE"),
        (("--rule", "elf-stack-exce", "x"), "there is no rule 'elf-stack-exce'; did you mean elf-stack-exec?"),
        (("--severity", "eror", "x"), "there is no severity 'eror'; did you mean error?"),
        (("--severity", "elf-nothing=error", "x"), "there is no rule 'elf-nothing'"),
        (("missing",), "missing: can't be read: No such file or directory"),
        (("/dev/null",), "/dev/null: can't be read: not a regular file"),
        (("empty",), "empty has no binary and no archive; name a file"),
    ):
        assert failing(list(arguments)) == 2, arguments
        assert f"pygo-cross: {message}" in capsys.readouterr().err
    os.mkfifo("pipe")
    assert failing(["pipe"]) == 2
    assert "not a regular file" in capsys.readouterr().err


def test_lists_of_rules(cli: Cli) -> None:
    assert [line.split()[0] for line in cli("lint", "--list-rules").stdout.splitlines()] == list(RULES)
    assert [entry["rule"] for entry in json.loads(cli("lint", "--list-rules=json").stdout)] == list(RULES)
    assert "RULE" in cli("lint", "--help").stdout


def test_names_with_spaces_and_newlines(cli: Cli, tmp_path: Path) -> None:
    name = tmp_path / "a b\nc\x1b[31m"
    name.write_bytes(damaged())
    done = cli("lint", "-q", "--rule", "elf-stack-exec", name)
    assert len(done.stdout.splitlines()) == 1 and "\x1b" not in done.stdout
    raw = os.fsencode(tmp_path) + b"/\xff\xfe"
    with open(raw, "wb") as file:
        file.write(damaged())
    assert cli("lint", tmp_path).returncode == 1
    json.loads(cli("lint", "--json", tmp_path).stdout)


PACKED = {
    "a.tar": lambda content: tarred(("x/prog", content)),
    "a.tar.gz": lambda content: gzip.compress(tarred(("x/prog", content)), mtime=0),
    "a.tar.bz2": lambda content: bz2.compress(tarred(("x/prog", content)), 1),
    "a.tar.xz": lambda content: lzma.compress(tarred(("x/prog", content)), preset=0),
    "a.zip": lambda content: zipped(("x/prog", content)),
    "prog.gz": lambda content: gzip.compress(content, mtime=0),
    "nested.tar": lambda content: tarred(("inner.tar.gz", gzip.compress(tarred(("x/prog", content)))), mode=0o644),
}


@pytest.mark.parametrize("name", PACKED)
def test_archives(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(PACKED[name](damaged()))
    walk = Walk()
    walk.run([str(tmp_path / name)])
    member = "" if name == "prog.gz" else ": inner.tar.gz: x/prog" if name == "nested.tar" else ": x/prog"
    assert [record.path for record in walk.records] == [str(tmp_path / name), str(tmp_path / name) + member]
    assert [finding.rule for record in walk.records for finding in record.findings] == ["elf-stack-exec", "go-no-vcs"]


def of_archive(data: bytes, kind: str) -> list[str]:
    reader = Reader("archive")
    list(reader.binaries(io.BytesIO(data), kind))
    return [finding.rule for finding in reader.record.findings]


def test_hostile_archives() -> None:
    content = b"text"
    for name in ("/etc/passwd", "../up", "a/../../up", "C:\\Windows\\x", "./../x"):
        assert of_archive(tarred((name, content), mode=0o644), "tar") == ["archive-path"], name
        assert of_archive(zipped((name, content), mode=0o644), "zip") == ["archive-path"], name
    assert of_archive(tarred(link="/etc/passwd"), "tar") == ["archive-path"]
    assert of_archive(tarred(a__link="../../x"), "tar") == ["archive-path"]
    assert of_archive(tarred(a__link="../x"), "tar") == []
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        link = tarfile.TarInfo("lib")
        link.type, link.linkname = tarfile.SYMTYPE, "share"
        tar.addfile(link)
        tar.addfile(tarfile.TarInfo("lib/x"))
    assert of_archive(out.getvalue(), "tar") == ["archive-path"]
    assert of_archive(tarred(("x", content), ("x", content)), "tar") == ["archive-duplicate"]
    assert of_archive(tarred(("x", content), mode=0o4755), "tar") == ["archive-mode"]
    assert of_archive(tarred(("x", content), mode=0o777), "tar") == ["archive-mode"]
    assert of_archive(tarred(("x", stock("linux/amd64")), mode=0o644), "tar") == ["archive-mode"]
    assert of_archive(tarred(("x.so", pie("linux/amd64")), mode=0o644), "tar") == []
    assert of_archive(tarred(("a\nb", content), ("a b", content), mode=0o644), "tar") == []


def test_damaged_archives() -> None:
    whole = gzip.compress(tarred(("x", bytes(100_000))))
    for data, kind in (
        (whole[: len(whole) // 2], "gzip"), (b"\x1f\x8b" + b"\xff" * 100, "gzip"), (b"PK\x03\x04" + bytes(50), "zip"),
        (b"\xfd7zXZ\0" + b"x" * 50, "xz"), (b"BZh9" + b"x" * 50, "bzip2"), (tarred(("x", bytes(5000)))[:2000], "tar"),
    ):  # fmt: skip
        assert of_archive(data, kind) == ["file-archive"], kind
    encrypted = bytearray(zipped(("x", b"text")))
    at = encrypted.rindex(b"PK\x01\x02")
    encrypted[at + 8] |= 1
    assert of_archive(bytes(encrypted), "zip") == ["file-archive"]


def test_archives_that_unpack_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pygo_cross.lint.archive._MAX_TOTAL", 1 << 20)
    monkeypatch.setattr("pygo_cross.lint.archive.MAX_MEMBER", 1 << 19)
    monkeypatch.setattr("pygo_cross.lint.archive._MAX_MEMBERS", 50)
    zeros = bytes(2 << 20)
    assert of_archive(gzip.compress(tarred(("x", zeros))), "gzip") == ["file-archive"]
    assert of_archive(gzip.compress(elf.MAGIC + zeros), "gzip") == ["file-archive"]
    assert of_archive(zipped(("x", zeros)), "zip") == ["file-archive"]
    assert of_archive(tarred(("x", elf.MAGIC + zeros[: 700 << 10])), "tar") == ["file-archive"]
    assert of_archive(tarred(*((str(index), b"") for index in range(60))), "tar") == ["file-archive"]
    assert of_archive(zipped(*((str(index), b"") for index in range(60))), "zip") == ["file-archive"]
    # A record of the format itself that says to be large: it is not read whole.
    pax = tarfile.TarInfo("pax")
    pax.type, pax.size = tarfile.XHDTYPE, 1 << 40
    assert of_archive(gzip.compress(pax.tobuf() + zeros), "gzip") == ["file-archive"]


def test_a_folder_of_a_build(cli: Cli, tmp_path: Path) -> None:
    """What is recorded is compared; what is in an archive again is told once; an image is not entered."""
    program = stock("linux/amd64")
    dist = tmp_path / "dist"
    (dist / "hello_linux_amd64").mkdir(parents=True)
    (dist / "hello_linux_amd64/hello").write_bytes(program)
    (dist / "hello.tar.gz").write_bytes(gzip.compress(tarred(("hello", program))))
    (dist / "hello_darwin_all").write_bytes(universal())
    (dist / "README").write_text("text\n")
    (dist / "image").mkdir()
    (dist / "image/oci-layout").write_text("{}")
    (dist / "image/blob").write_bytes(damaged())
    (dist / "link").symlink_to("/bin")
    artifacts = [
        {"path": name, "sha256": hashlib.sha256((dist / name).read_bytes()).hexdigest()}
        for name in ("hello_linux_amd64/hello", "hello.tar.gz")
    ]
    record = dist / "artifacts.json"
    record.write_text(
        json.dumps(
            {"version": 2, "artifacts": [*artifacts, {"path": "../../etc/passwd", "sha256": "0"}, 7, {"path": "image", "sha256": ""}]}
        )
    )
    done = cli("lint", "--json", dist)
    assert done.returncode == 0, done.stdout
    files = {file["path"].removeprefix(f"{dist}/"): file for file in json.loads(done.stdout)["files"]}
    assert set(files) == {
        "artifacts.json", "hello_linux_amd64/hello", "hello.tar.gz", "hello_darwin_all", "hello_darwin_all (amd64)",
        "hello_darwin_all (arm64)",
    }  # fmt: skip
    assert files["hello_linux_amd64/hello"]["facts"]["also"] == [f"{dist}/hello.tar.gz: hello"]
    with (dist / "hello.tar.gz").open("ab") as file:
        file.write(b"x")
    assert "hello.tar.gz has another SHA-256 than is recorded" in cli("lint", dist).stdout
    (dist / "hello.tar.gz").unlink()
    done = cli("lint", "--rule", "file-record", dist)
    assert (done.returncode, "hello.tar.gz is not there" in done.stdout) == (1, True)
    for nonsense in ("[]", "{", '{"artifacts": {}}', "[" * 100_000, '"x"'):
        record.write_text(nonsense)
        walk = Walk()
        walk.run([str(dist)])
        assert not walk.unreadable and "artifacts.json" not in {Path(found.path).name for found in walk.records if found.findings}
