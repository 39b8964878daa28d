# SPDX-License-Identifier: BSD-3-Clause
"""What Go programs tell of their making, paths of the machine, and secrets."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest
from go_programs import build, go, module_with_dependencies
from samples import HELLO, ElfPatch, compiled, found, rules, stock

from pygo_cross.lint.check import check
from pygo_cross.lint.finding import Finding

ROOM = 2048


def telling(*texts: str) -> bytes:
    """A program that has texts in it, one behind the other without anything between, as the linker lays strings out."""
    data = stock("linux/amd64", source=HELLO.replace('"hello"', f'"{"z" * ROOM}"'))
    written = "".join(texts).encode()
    assert len(written) < ROOM and data.count(b"z" * ROOM) == 1
    return data.replace(b"z" * ROOM, written.ljust(ROOM, b"z"))


def of(data: bytes, rule: str) -> list[Finding]:
    return [finding for finding in found(data) if finding.rule == rule]


# Put together here, so that nobody's search for secrets finds them in this file.
LETTERS = "aB3dE5gH7jK9mN1pQ2sT4vW6yZ8bC0dF3hJ5"
TOKENS = {
    "AWS": "AKIA" + "QWERTYUIOPASDFGH",
    "GitHub": "gh" + "p_" + LETTERS,
    "fine-grained": "github" + "_pat_" + LETTERS[:22] + "_" + (LETTERS + LETTERS)[:59],
    "GitLab": "glpat" + "-" + LETTERS[:20],
    "Slack": "xox" + "b-123456789012-" + LETTERS[:24],
    "Stripe": "sk" + "_live_" + LETTERS[:24],
    "Google": "AIza" + LETTERS[:35],
    "npm": "npm" + "_" + LETTERS,
    "SendGrid": "SG" + "." + LETTERS[:22] + "." + (LETTERS + LETTERS)[:43],
    "Azure": "AccountKey" + "=" + (LETTERS * 3)[:86] + "==",
    "JWT": "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiJub2JvZHkifQ." + LETTERS,
}


@pytest.mark.parametrize("name", TOKENS)
def test_tokens(name: str) -> None:
    data = telling("before", TOKENS[name], "after")
    broken = of(data, "secret-token")
    assert len(broken) >= 1
    assert rules(data) == {"secret-token"}
    for finding in broken:
        assert TOKENS[name] not in finding.message and TOKENS[name][-12:] not in finding.message


def test_keys() -> None:
    body = base64.encodebytes(bytes(range(200))).decode()
    for kind in ("RSA PRIVATE", "EC PRIVATE", "PRIVATE", "OPENSSH PRIVATE"):
        pem = f"-----BEGIN {kind} KEY-----\n{body}-----END {kind} KEY-----\n"
        assert rules(telling(pem)) == {"secret-key"}, kind
        assert rules(telling(pem.replace("\n", "\\n"))) == {"secret-key"}, kind  # as in JSON
    assert rules(telling(f"-----BEGIN PUBLIC KEY-----\n{body}-----END PUBLIC KEY-----\n")) == set()
    assert rules(telling("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----")) == set()  # of a parser


def test_variables() -> None:
    for text in (
        "DATABASE_PASSWORD=hunter2hunter2",
        "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYzz93kdl2kd9",
        "API_TOKEN=0a1b2c3d4e5f",
    ):
        data = telling("x", text, "y")
        assert rules(data) == {"secret-variable"}, text
        assert all(text.split("=")[1] not in finding.message for finding in found(data))
    assert rules(telling("ASIA" + "NORTHAMERICAEUROPEOCEANIA")) == set()
    for text in (
        "PASSWORD= ", "PASSWORD=%s and more", "TOKEN=$TOKEN", "API_TOKEN=<your-token-here>", "SECRET=xxxxxxxxxxxx",
        "GITHUB_TOKEN=${{ secrets }}",
        "MAX_TOKEN=123456789 ", "DB_PASSWORD=changeme123", "the TOKEN=abc ",
        "AUTH_TOKEN=********", "token=lowercase9Names8", "PASSWORD=password ",
    ):  # fmt: skip
        assert rules(telling(text)) == set(), text


def test_urls() -> None:
    assert rules(telling("postgres://admin:s3cr3tW0rd@db.internal.corp:5432/app")) == {"secret-url"}
    for text in (
        "http://user:password@localhost/",
        "https://u:p4ssw0rdX@example.com",
        "http://%s:%s@%s/",
        "ssh://git@example.org",
        "a://b:c@d",
    ):
        assert rules(telling(text)) == set(), text


def test_examples_of_manuals() -> None:
    assert (
        rules(
            telling("AKIAIOSFODNN7EXAMPLE", "ghp_" + "x" * 36, "AKIA0123", "xoxb-token", "sk_live_", "npm_config_cache_folder_of_the_user")
        )
        == set()
    )


def test_values_of_the_linker() -> None:
    flags = ("-trimpath=false", "-ldflags=-X main.apiToken=notForAnybodyElse -X main.version=1.2.3")
    data = stock("linux/amd64", *flags, source=HELLO.replace("func main", "var apiToken, version string\n\nfunc main"))
    (broken,) = of(data, "secret-variable")
    assert "main.apiToken" in broken.message and "notForAnybodyElse" not in broken.message
    (record,) = check("sample", data)
    assert "notForAnybodyElse" not in json.dumps(record.facts)


def test_paths(tmp_path: Path) -> None:
    data = stock("linux/amd64", "-trimpath=false")
    (told,) = of(data, "go-not-trimmed")
    assert told.severity == "info" and "paths" in told.message
    assert not of(data, "host-path")
    # That -trimpath was given, and is not so.
    patch = ElfPatch(stock("linux/amd64"))
    table = patch.get_section(".gopclntab")
    at = patch.data.index(b"runtime/proc.go\0", table.offset)
    patch.data[at : at + 15] = b"/home/ada/pr.go"
    assert rules(patch.bytes()) == {"host-path"}
    assert rules(telling("/home/ada/project/main.go", "/Users/grace/x/y.c")) == {"host-path"}
    assert rules(telling("/home/ada/notes.txt ", "/home/user/main.go ", "/root ", "/Users/you/go/main.go ", "/home/ada/.config")) == set()


def test_debug_information_is_read() -> None:
    """Compressed, too; the names of a program that was built in a home folder are nowhere else when its table is trimmed."""
    data = stock("linux/amd64", "-trimpath=false", "-ldflags=-compressdwarf=false")
    folder = of(data, "go-not-trimmed")[0].message
    assert "go" in folder
    (record,) = check("sample", data)
    (packed,) = check("sample", stock("linux/amd64", "-trimpath=false"))
    assert isinstance(record.facts["host_paths"], int) and isinstance(packed.facts["host_paths"], int)
    assert packed.facts["host_paths"] > 200


def test_version_control(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example.com/hello\n\ngo 1.27\n")
    (tmp_path / "main.go").write_text(HELLO)
    (tmp_path / ".gitignore").write_text("hello*\n")

    def git(*args: str) -> None:
        identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *args], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    go("build", "-trimpath", "-o", "hello1", ".", cwd=tmp_path)
    clean = (tmp_path / "hello1").read_bytes()
    assert found(clean) == []
    (record,) = check("sample", clean)
    settings = record.facts["settings"]
    assert isinstance(settings, dict) and settings["vcs.modified"] == "false" and len(settings["vcs.revision"]) == 40
    (tmp_path / "main.go").write_text(HELLO + "\n")
    go("build", "-trimpath", "-o", "hello2", ".", cwd=tmp_path)
    assert rules((tmp_path / "hello2").read_bytes()) == {"go-modified"}
    go("build", "-trimpath", "-buildvcs=false", "-o", "hello3", ".", cwd=tmp_path)
    assert [finding.rule for finding in found((tmp_path / "hello3").read_bytes())] == ["go-no-vcs"]


def test_replaced_modules(tmp_path: Path) -> None:
    module = module_with_dependencies(tmp_path)
    data = build(module, tmp_path / "app").read_bytes()
    broken = of(data, "go-replace")
    assert [finding.message for finding in broken] == ["example.com/local v1.0.0 was replaced by the folder ./local"]
    (record,) = check("sample", data)
    assert record.facts["dependencies"] == 4


def test_how_it_was_compiled() -> None:
    assert rules(stock("linux/amd64", "-cover")) == {"go-instrumented"}
    assert rules(stock("linux/amd64", "-gcflags=-N -l")) == {"go-unoptimized"}


def test_what_is_worth_knowing() -> None:
    def infos(data: bytes) -> set[str]:
        return {finding.rule for finding in found(data) if finding.severity == "info"} - {"go-no-vcs"}

    assert infos(stock("linux/amd64")) == set()
    patch = ElfPatch(stock("linux/amd64"))
    section = patch.get_section(".go.buildinfo")
    at = patch.data.index(b"GOAMD64=v1", section.offset)
    patch.data[at : at + 10] = b"GOAMD64=v3"
    assert infos(patch.bytes()) == {"go-level"}
    c = compiled("-no-pie", "-Wl,-z,relro,-z,lazy")
    if c is not None:
        assert infos(c) - {"elf-glibc"} == {"elf-not-pie", "elf-partial-relro"}
        (record,) = check("sample", c)
        newest = tuple(map(int, str(record.facts["glibc"]).split(".")))
        assert ("elf-glibc" in infos(c)) == (newest > (2, 28))


def test_other_releases() -> None:
    patch = ElfPatch(stock("linux/amd64"))
    at = patch.get_section(".go.buildinfo").offset + 33
    assert patch.data[at : at + 8] == b"go1.27.3"
    for version, rule in (
        (b"go1.26.9", None),
        (b"go1.25.1", "go-version-old"),
        (b"go1.28.0", None),
        (b"devel +1", "go-version"),
        (b"go1.27rc", "go-version"),
    ):
        patch.data[at : at + 8] = version
        assert rules(patch.bytes()) == ({rule} if rule else set()), version


def test_without_sections() -> None:
    """The runtime needs no sections, and a Go program is known without them."""
    patch = ElfPatch(stock("linux/amd64", "-trimpath", "-ldflags=-s"))
    patch.header(shoff=0, shnum=0, shstrndx=0)
    end = max(segment.offset + segment.file_size for segment in patch.file.segments)
    del patch.data[end:]
    (record,) = check("sample", patch.bytes())
    assert record.facts["go"] is True and record.facts["functions"]
    assert rules(patch.bytes()) == set()
