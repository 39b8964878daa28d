# SPDX-License-Identifier: BSD-3-Clause
"""`image build|pull|push|ls` with a fake engine: what it shows, and what engines and registries refuse."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import stat
import subprocess
import sys
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from fake import IMAGE, FakeEngine, Raw, Stream

from pygo_cross import __version__
from pygo_cross.build.container.context import sources, write_tar
from pygo_cross.build.container.images import age, check_name, split_name
from pygo_cross.build.container.layers import human
from pygo_cross.diag import UserError

ROOT = Path(__file__).parent.parent.parent
NAME = "registry.example.com/team/pygo-cross:1"
LAYERS = [
    {"status": "Pulling from team/pygo-cross", "id": "1"},
    {"status": "Pulling fs layer", "progressDetail": {}, "id": "aaaaaaaaaaaa"},
    {"status": "Downloading", "progressDetail": {"current": 500, "total": 2000000}, "id": "aaaaaaaaaaaa"},
    {"status": "Already exists", "progressDetail": {}, "id": "bbbbbbbbbbbb"},
    {"status": "Download complete", "progressDetail": {}, "id": "aaaaaaaaaaaa"},
    {"status": "Extracting", "progressDetail": {"current": 2000000, "total": 2000000}, "id": "aaaaaaaaaaaa"},
    {"status": "Pull complete", "progressDetail": {}, "id": "aaaaaaaaaaaa"},
    {"status": "Digest: sha256:" + "0" * 64},
    {"status": "Status: Downloaded newer image"},
]


def refused(message: str) -> dict[str, Any]:
    return {"errorDetail": {"message": message}, "error": message}


# ---- names


@pytest.mark.parametrize(
    "name", ["a", "a:b", "a/b/c:1.2-x", "localhost:5000/a", "h.example/a@sha256:" + "0" * 64, "[::1]:5000/a:1", "a__b--c.d"]
)
def test_names(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "A", "a:", "a b", "a/", "/a", "a:b:c", "a@sha256:12", "-a", "a\n", "../a", "a:" + "x" * 129])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(UserError):
        check_name(name)


def test_small_things() -> None:
    assert split_name("h:5000/a") == ("h:5000/a", "latest")
    assert split_name("h:5000/a:b") == ("h:5000/a", "b")
    assert [human(size) for size in (0, 999, 1000, 250_400_000, 1_500_000_000)] == ["0 B", "999 B", "1.0 kB", "250.4 MB", "1.50 GB"]
    now = datetime(2026, 1, 4, tzinfo=UTC)
    assert age("2026-01-02T03:04:05.123456789Z", now) == "1 day"
    assert age("2026-01-03T22:00:00+01:00", now) == "3 hours"
    assert age("1970-01-01T00:00:00Z", now) == "-"
    assert age("yesterday", now) == "?"


# ---- ls


def test_ls(fake: FakeEngine, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.answers["GET /images/json"] = [{"Id": IMAGE["Id"]}]
    fake.answers[f"GET /images/{IMAGE['Id']}/json"] = IMAGE
    monkeypatch.setenv("PYGO_CROSS_IMAGE", "pygo-cross:test")
    status, out, said = call("image", "ls")
    assert (status, said) == (0, "")
    assert re.search(r"^pygo-cross:test \*  abababababab  123\.5 MB  0\.1\.0    linux/amd64  \d+ days?$", out, re.MULTILINE)
    (asked,) = fake.requests("GET /images/json")
    assert json.loads(parse_qs(asked[1])["filters"][0]) == {"label": ["org.opencontainers.image.title=pygo-cross"]}
    status, out, said = call("image", "ls", "--json")
    (item,) = json.loads(out)
    assert (item["names"], item["size"], item["version"], item["platform"]) == (["pygo-cross:test"], 123456789, "0.1.0", "linux/amd64")


def test_ls_of_nothing(fake: FakeEngine, call: Any) -> None:
    assert call("image", "ls") == (0, "", "pygo-cross: the engine has no image of ours; pygo-cross image build makes one\n")
    assert call("image", "ls", "--json")[1] == "[]\n"


# ---- pull and push


def test_pull(fake: FakeEngine, call: Any) -> None:
    fake.answers["POST /images/create"] = Stream(*LAYERS)
    fake.answers[f"GET /images/{NAME}/json"] = {**IMAGE, "RepoTags": [NAME]}
    status, out, said = call("image", "pull", NAME)
    assert (status, out) == (0, "")
    assert said.splitlines() == [
        f"pull {NAME}: bbbbbbbbbbbb: already exists",
        f"pull {NAME}: aaaaaaaaaaaa: pull complete (2.0 MB)",
        f"pulled {NAME}: linux/amd64, 123.5 MB",
    ]
    (asked,) = fake.requests("POST /images/create")
    assert parse_qs(asked[1]) == {"fromImage": [NAME.removesuffix(":1")], "tag": ["1"]}
    status, out, said = call("image", "pull", "--json", "-q", NAME)
    assert (status, said) == (0, "")
    assert json.loads(out)["names"] == [NAME]
    # An engine may take what there is.
    status, out, said = call("image", "pull", "--json", "-q", "--platform", "linux/arm64", NAME)
    assert (status, out) == (2, "")
    assert said == f"pygo-cross: {NAME} was pulled, and is for linux/amd64, not for linux/arm64; pick another, or build it here\n"
    assert parse_qs(fake.requests("POST /images/create")[2][1])["platform"] == ["linux/arm64"]


REFUSALS = [
    ("write /var/lib/docker/tmp/x: no space left on device", 1, "disk is full; free space: docker system df"),
    ("toomanyrequests: You have reached your pull rate limit", 1, "too many requests (429); wait, or log in"),
    ("unauthorized: authentication required", 1, "wants a login (401); docker login registry.example.com"),
    ("denied: requested access to the resource is denied", 1, "there is no such repository, or it is not for you"),
    ("pull access denied for x, repository does not exist or may require 'docker login'", 1, "docker login registry.example.com"),
    ("error parsing HTTP 403 response body: forbidden", 1, "refuses (403)"),
    ('Get "https://r/v2/": x509: certificate signed by unknown authority', 1, "certificate of registry.example.com is not trusted"),
    ('Get "https://r/v2/": http: server gave HTTP response to HTTPS client', 1, "speaks plain HTTP; list it under insecure-registries"),
    ("no matching manifest for linux/arm64/v8 in the manifest list entries", 1, "none for this platform"),
    ("manifest for registry.example.com/team/pygo-cross:1 not found: manifest unknown", 2, "has no such image; check its name and tag"),
    ('Get "https://r/v2/": dial tcp: lookup r: no such host', 1, "can't find registry.example.com"),
    ('Get "https://r/v2/": dial tcp 192.0.2.1:443: i/o timeout', 1, "can't reach registry.example.com"),
    ("something\nthat nobody \x1b[31mhas met", 1, "the engine says: something that nobody has met"),
    ("", 1, "the engine says: nothing"),
]


@pytest.mark.parametrize(("message", "status", "text"), REFUSALS, ids=[message[:30] for message, _, _ in REFUSALS])
@pytest.mark.parametrize("early", [True, False], ids=["status", "stream"])
def test_refusals(fake: FakeEngine, call: Any, message: str, status: int, text: str, early: bool) -> None:
    """An engine may say no at once, with a status, or in the middle of a stream that began well."""
    if early and not message:
        text = "answers 500"
    fake.answers["POST /images/create"] = (500, {"message": message}) if early else Stream(*LAYERS[:3], refused(message))
    found, out, said = call("image", "pull", "-q", NAME)
    assert (found, out, said.count("\n")) == (status, "", 1), said
    assert text in said
    assert said.startswith("pygo-cross: ")
    fake.answers["POST /images/registry.example.com/team/pygo-cross/push"] = fake.answers["POST /images/create"]
    fake.answers[f"GET /images/{NAME}/json"] = {**IMAGE, "RepoTags": [NAME]}
    found, out, said = call("image", "push", "-q", NAME)
    assert (found, out, said.count("\n")) == (status, "", 1), said
    assert text in said


@pytest.mark.parametrize(
    "answer",
    [
        Stream({"status": "x"}, b"{nonsense\r\n"),
        Stream([1, 2]),
        Stream("text"),
        Stream({"status": 7, "id": [], "progressDetail": 3}, {"id": "a", "status": "x", "progressDetail": {"current": "x", "total": None}}),
        Raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"status":'),
        Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        (200, b"{"),
    ],
    ids=["json", "list", "text", "types", "cut", "chunk", "whole"],
)
def test_streams_that_are_none(fake: FakeEngine, call: Any, answer: Any) -> None:
    fake.answers["POST /images/create"] = answer
    status, out, said = call("image", "pull", "-q", NAME)
    assert status in (1, 2)
    assert (out, said.count("\n")) == ("", 1), said


def test_pull_of_something_else(fake: FakeEngine, call: Any) -> None:
    fake.answers["POST /images/create"] = Stream(*LAYERS)
    fake.answers[f"GET /images/{NAME}/json"] = {**IMAGE, "Config": {"Labels": None}}
    status, _, said = call("image", "pull", "-q", NAME)
    assert status == 2
    assert "is no image of pygo-cross" in said


def test_pull_by_no_name(fake: FakeEngine, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows who owns our name in the registry that the engine would ask."""
    status, _, said = call("image", "pull")
    assert (status, fake.requests("POST")) == (2, [])
    assert f"nothing says which registry pygo-cross:{__version__} is in" in said
    monkeypatch.setenv("PYGO_CROSS_IMAGE", NAME)
    fake.answers["POST /images/create"] = (404, {"message": "manifest unknown"})
    assert f"{NAME}: registry.example.com has no such image" in call("image", "pull")[2]


def test_push_of_the_default(fake: FakeEngine, call: Any) -> None:
    mine = f"pygo-cross:{__version__}"
    fake.answers[f"GET /images/{mine}/json"] = {**IMAGE, "RepoTags": [mine]}
    fake.answers[f"POST /images/{mine}/tag"] = (201, None)
    digest = "sha256:" + "1" * 64
    fake.answers["POST /images/registry.example.com/team/pygo-cross/push"] = Stream(
        {"status": "The push refers to repository [registry.example.com/team/pygo-cross]"},
        {"status": "Layer already exists", "progressDetail": {}, "id": "aaaaaaaaaaaa"},
        {"status": f"1: digest: {digest} size: 1234"},
        {"progressDetail": {}, "aux": {"Tag": "1", "Digest": digest, "Size": 1234}},
    )
    status, out, _ = call("image", "push", "--json", NAME)
    assert status == 0
    assert json.loads(out)["digest"] == digest
    (asked,) = fake.requests(f"POST /images/{mine}/tag")
    assert parse_qs(asked[1])["repo"] == ["registry.example.com/team/pygo-cross"]
    status, _, said = call("image", "push", "pygo-cross:1")
    assert (status, said) == (2, "pygo-cross: pygo-cross:1 names no registry; write HOST/pygo-cross:1\n")


def test_push_of_nothing(fake: FakeEngine, call: Any) -> None:
    status, _, said = call("image", "push", NAME)
    assert (status, said.count("\n")) == (2, 1)
    assert f"there is no image pygo-cross:{__version__} in the engine; pygo-cross image build makes it" in said


# ---- credentials


def test_credentials(fake: FakeEngine, call: Any, clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("docker.auth.encode_header", lambda value: sent.append(value) or b"e30=")
    fake.answers["POST /images/create"] = Stream(*LAYERS)
    fake.answers[f"GET /images/{NAME}/json"] = {**IMAGE, "RepoTags": [NAME]}
    folder = clean / ".docker"
    folder.mkdir()
    pair = base64.b64encode(b"me:secret").decode()
    (folder / "config.json").write_text(json.dumps({"auths": {"registry.example.com": {"auth": pair}}}))
    assert call("image", "pull", "-q", NAME)[0] == 0
    assert (sent[-1]["username"], sent[-1]["password"]) == ("me", "secret")
    # A helper.
    programs = clean / "bin"
    programs.mkdir()
    helper = programs / "docker-credential-test"
    helper.write_text('#!/bin/sh\nread host\necho "{\\"Username\\": \\"$host\\", \\"Secret\\": \\"s\\"}"\n')
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    (folder / "config.json").write_text(json.dumps({"credHelpers": {"registry.example.com": "test"}}))
    assert call("image", "pull", "-q", NAME)[0] == 0
    assert (sent[-1]["Username"], sent[-1]["Password"]) == ("registry.example.com", "s")
    # One that is not installed.
    helper.unlink()
    status, _, said = call("image", "pull", "-q", NAME)
    assert (status, said.count("\n")) == (2, 1), said
    assert "docker-credential-test" in said
    assert "install the helper, or take it out of docker's config.json" in said


# ---- build


def test_build(fake: FakeEngine, call: Any, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "a-1-py3-none-any.whl").write_bytes(b"wheel")
    log = ({"stream": text} for text in ("Step 1/2 : ARG BASE\n", "\n", " ---> 0123\n"))
    fake.answers["POST /build"] = Stream(*log, {"aux": {"ID": IMAGE["Id"]}}, {"stream": "Successfully built abab\n"})
    fake.answers["POST /images/pygo-cross:a/tag"] = (201, None)
    fake.answers[f"GET /images/{IMAGE['Id']}/json"] = IMAGE
    flags = ["-t", "pygo-cross:a", "-t", "x/y:b", "--base", "base:1", "--wheelhouse", str(wheels)]
    flags += ["--platform", "linux/arm64", "--network", "host", "--no-cache"]
    status, out, said = call("image", "build", *flags, "--json")
    assert status == 0, said
    assert "Step 1/2 : ARG BASE\n ---> 0123\n" in said
    assert json.loads(out)["id"] == IMAGE["Id"]
    (asked,) = fake.requests("POST /build")
    query = parse_qs(asked[1])
    arguments = json.loads(query["buildargs"][0])
    assert (arguments["BASE"], arguments["PIP_NO_INDEX"]) == ("base:1", "1")
    assert (query["t"], query["platform"]) == (["pygo-cross:a"], ["linux/arm64"])
    assert (query["networkmode"], query["nocache"]) == (["host"], ["True"])
    with tarfile.open(fileobj=io.BytesIO(asked[2])) as context:
        members = context.getmembers()
    names = {member.name for member in members}
    assert {"Dockerfile", "pyproject.toml", "pygo_cross/cli/main.py", "targets/linux_amd64.yaml"} <= names
    assert {name for name in names if name.startswith("build/wheelhouse/")} == {"build/wheelhouse/a-1-py3-none-any.whl"}
    assert not [name for name in names if name.startswith((".git", "tests", "docs")) or "__pycache__" in name]
    assert {(member.uid, member.gid, member.mtime) for member in members} == {(0, 0, 0)}
    assert parse_qs(fake.requests("POST /images/pygo-cross:a/tag")[0][1])["repo"] == ["x/y"]


def test_the_same_context_from_a_checkout_and_from_a_wheel(tmp_path: Path) -> None:
    """Every file that the Dockerfile copies is in what the installed package makes of itself."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = "import sys; from pygo_cross.build.container.context import *; write_tar(sources(), open(sys.argv[1], 'wb'))"
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    subprocess.run([sys.executable, "-P", "-c", code, str(tmp_path / "tar")], env=env, check=True)
    with (tmp_path / "own").open("wb") as out:
        write_tar(sources(), out)
    contents = []
    for name in ("tar", "own"):
        with tarfile.open(tmp_path / name) as archive:
            contents.append({member.name: archive.extractfile(member).read() for member in archive if member.isreg()})  # type: ignore[union-attr]
    assert sorted(contents[0]) == sorted(contents[1])
    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--wheelhouse", "/nowhere"], "can't be read"),
        (["--wheelhouse", "."], "there are no wheels in it; fill it"),
        (["--build-arg", "NO_SUCH=1"], "the Dockerfile has no argument NO_SUCH; it has BASE"),
        (["--build-arg", "SURELY_NOT_SET_HERE"], "the environment has no SURELY_NOT_SET_HERE"),
        (["--platform", "linux/s390x"], "linux/amd64 and linux/arm64"),
        (["--tag", "Upper"], "write upper"),
        (["--base", "a b"], "is not an image's name"),
    ],
)
def test_build_flags(fake: FakeEngine, call: Any, flags: list[str], text: str) -> None:
    status, _, said = call("image", "build", *flags)
    assert (status, said.count("\n")) == (2, 1)
    assert text in said
    assert fake.requests("POST") == []


def test_a_build_that_fails(fake: FakeEngine, call: Any) -> None:
    message = "The command '/bin/sh -c x' returned a non-zero code: 127"
    fake.answers["POST /build"] = Stream({"stream": "Step 1/2 : RUN x\n"}, {"stream": "\x1b[91mx: not found\n\x1b[0m"}, refused(message))
    status, _, said = call("image", "build", "-q")
    assert status == 1
    assert said.splitlines()[-2:] == ["x: not found", f"pygo-cross: build pygo-cross:{__version__}: the engine says: {message}"]


def test_usage(call: Any) -> None:
    assert call("image")[0] == 2
    assert call("image", "pul")[2] == "pygo-cross: image has no action 'pul'; did you mean pull?\n"
    for action in ("build", "pull", "push", "ls"):
        status, out, _ = call("image", action, "--help")
        assert (status, out.split("\n")[0].startswith(f"usage: pygo-cross image {action}")) == (0, True)
