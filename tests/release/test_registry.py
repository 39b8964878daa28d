# SPDX-License-Identifier: BSD-3-Clause
"""Pushing and pulling against a real registry with a password, and against one that means harm."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import shutil
import socket
import socketserver
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from registries import PASSWORD, USER, ModernRegistry, Request, docker_config, fake_registry, free_port, real_registry, refused

from pygo_cross.build.release.oci import LAYER, MANIFEST, Descriptor, Layout, digest_of, dump
from pygo_cross.build.release.ociimage import Program, Spec, platform_of, write_image
from pygo_cross.build.release.reference import parse_reference
from pygo_cross.build.release.registry import Attachment, Registry, pull_base, push_image
from pygo_cross.build.release.registryhttp import Limits, credentials
from pygo_cross.diag import UserError

FAST = Limits(silence=1.0, tries=3, pause=0.01, longest=0.05, slowest=1 << 20, grace=1.0)
AMD64 = platform_of("linux", "amd64", "v1")


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither proxies nor anybody's own logins."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(docker_config(tmp_path / "none", "registry.example.com")))
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real_registry(tmp_path_factory.mktemp("registry")) as host:
        yield host


@pytest.fixture
def login(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DOCKER_CONFIG", str(docker_config(tmp_path / "login", server)))
    return server


def image(folder: Path, text: str = "x", size: int = 200_000, epoch: int = 1_700_000_000) -> Path:
    """A layout for two platforms, of programs that are no programs."""
    folder.mkdir(parents=True)
    programs = []
    for arch, variant in (("amd64", "v1"), ("arm64", "v8.0")):
        path = folder / arch
        path.write_bytes(os.urandom(size) if text == "random" else f"{text} {arch}".encode() * (size // 8))
        programs.append(Program(path, platform_of("linux", arch, variant)))
    out = folder / "layout"
    write_image(out, programs, lambda platform: None, Spec(name="app", epoch=epoch, annotations={"a": "b"}))
    return out


# ---- a real registry


def test_push_and_push_again(login: str, tmp_path: Path) -> None:
    layout = image(tmp_path / "a", "random")
    sbom = Attachment("application/spdx+json", b'{"a": 1}', "app.spdx.json")
    (first,) = push_image(layout, [f"{login}/some/app"], ["1.2.3", "latest"], [sbom])
    assert first.digest == Layout(layout).top().digest
    assert first.uploaded >= 6 and first.sent > 400_000 and first.tags == ["1.2.3", "latest"]
    for _ in range(2):
        (again,) = push_image(layout, [f"{login}/some/app"], ["1.2.3", "latest"], [sbom])
        assert (again.uploaded, again.mounted, again.manifests, again.sent) == (0, 0, 0, 0)
        assert again.digest == first.digest


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="there is no skopeo on this machine")
def test_skopeo_sees_what_was_pushed(login: str, tmp_path: Path) -> None:
    layout = image(tmp_path / "a", "skopeo")
    push_image(layout, [f"{login}/skopeo"], ["1"])

    def skopeo(*args: str) -> str:
        done = subprocess.run(["skopeo", *args], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    access = ["--tls-verify=false", f"--creds={USER}:{PASSWORD}"]
    for arch in ("amd64", "arm64"):
        told = json.loads(skopeo(f"--override-arch={arch}", "inspect", *access, f"docker://{login}/skopeo:1"))
        assert (told["Architecture"], told["Os"]) == (arch, "linux")
        assert told["Digest"] == Layout(layout).top().digest
    access = ["--src-tls-verify=false", f"--src-creds={USER}:{PASSWORD}"]
    skopeo("copy", "--all", *access, f"docker://{login}/skopeo:1", f"oci:{tmp_path / 'back'}")
    assert Layout(tmp_path / "back").check().digest == Layout(layout).top().digest


def test_mounts_from_a_repository_of_the_same_registry(login: str, tmp_path: Path) -> None:
    layout = image(tmp_path / "a", "random")
    first, second = push_image(layout, [f"{login}/one", f"{login}/two"], ["latest"])
    assert first.uploaded and not first.mounted
    assert second.mounted and not second.uploaded
    assert second.sent < 10_000  # manifests alone


def test_one_layer_changes(login: str, tmp_path: Path) -> None:
    push_image(image(tmp_path / "a", "random"), [f"{login}/change"], ["latest"])
    (again,) = push_image(image(tmp_path / "b", "random"), [f"{login}/change"], ["latest"])
    assert again.uploaded == 4 and again.present == 2  # two programs and two configs; the ground layer is there


def test_chunks(login: str, tmp_path: Path) -> None:
    layout = image(tmp_path / "a", "random", size=1_000_000)
    (pushed,) = push_image(layout, [f"{login}/chunks"], ["latest"], limits=Limits(chunk=128 * 1024))
    assert pushed.uploaded >= 5
    base = pull_base(parse_reference(f"{login}/chunks@{pushed.digest}"), tmp_path / "cache")(AMD64)
    assert len(base.layers) == 2


def test_referrers(login: str, tmp_path: Path) -> None:
    layout = image(tmp_path / "a", "referrers")
    documents = [Attachment("application/spdx+json", b"{}", "a"), Attachment("application/vnd.cyclonedx+json", b"[]", "b")]
    (pushed,) = push_image(layout, [f"{login}/referrers"], ["1"], documents)
    registry = Registry(login)
    _, data = registry.manifest("referrers", pushed.digest.replace(":", "-"))
    listed = json.loads(data)["manifests"]
    assert [item["artifactType"] for item in listed] == [item.media_type for item in documents]
    for item, document in zip(listed, documents, strict=True):
        _, data = registry.manifest("referrers", item["digest"])
        manifest = json.loads(data)
        assert manifest["subject"]["digest"] == pushed.digest
        assert manifest["layers"][0]["digest"] == digest_of(document.data)


def test_a_base_from_a_registry(login: str, tmp_path: Path) -> None:
    (pushed,) = push_image(image(tmp_path / "a", "base"), [f"{login}/base"], ["1"])
    program = tmp_path / "program"
    program.write_bytes(b"program")
    for name in (f"{login}/base:1", f"{login}/base@{pushed.digest}"):
        base_for = pull_base(parse_reference(name), tmp_path / "cache")
        out = tmp_path / name.rpartition("/")[2].replace(":", "_")
        write_image(out, [Program(program, AMD64)], base_for, Spec(name="x", epoch=1, reference=name))
        layout = Layout(out)
        manifest = layout.document(layout.check())
        assert len(manifest["layers"]) == 3
        assert manifest["annotations"]["org.opencontainers.image.base.digest"] == pushed.digest
    # What is in the cache is not asked for again, and a damaged cache is mended.
    offline = pull_base(parse_reference(f"127.0.0.1:1/base@{pushed.digest}"), tmp_path / "cache", FAST)
    assert len(offline(AMD64).layers) == 2
    layer = offline(AMD64).layers[0]
    layer.path.write_bytes(b"damaged")
    assert len(pull_base(parse_reference(f"{login}/base:1"), tmp_path / "cache")(AMD64).layers) == 2
    with pytest.raises(UserError, match="nothing for linux/riscv64"):
        pull_base(parse_reference(f"{login}/base:1"), tmp_path / "cache")(platform_of("linux", "riscv64", ""))


def test_refusals_of_a_real_registry(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = image(tmp_path / "a")
    text = refused(lambda: push_image(layout, [f"{server}/x"], ["1"]))
    assert server in text and "401" in text and "docker login" in text
    monkeypatch.setenv("DOCKER_CONFIG", str(docker_config(tmp_path / "wrong", server, password="wrong")))
    text = refused(lambda: push_image(layout, [f"{server}/x"], ["1"]))
    assert "401" in text and "wrong" not in text
    monkeypatch.setenv("DOCKER_CONFIG", str(docker_config(tmp_path / "right", server)))
    assert "404" in refused(lambda: pull_base(parse_reference(f"{server}/nobody/knows:1"), tmp_path / "cache"))
    assert not list((tmp_path / "cache/blobs/sha256").iterdir())


def test_a_credential_helper(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "docker-credential-mine"
    helper.write_text(
        f'#!/bin/sh\nread host\n[ "$host" = "{server}" ] || exit 1\necho \'{{"Username": "{USER}", "Secret": "{PASSWORD}"}}\'\n'
    )
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    folder = tmp_path / "helped"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"credHelpers": {server: "mine"}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    assert push_image(image(tmp_path / "a"), [f"{server}/helped"], ["1"])[0].digest
    (folder / "config.json").write_text(json.dumps({"credsStore": "nobody-has-this"}))
    assert "credentials" in refused(lambda: push_image(image(tmp_path / "b"), [f"{server}/helped"], ["1"]))
    (folder / "config.json").write_text("{ not json")
    assert "401" in refused(lambda: push_image(image(tmp_path / "c"), [f"{server}/helped"], ["1"]))


# ---- a hostile one

BLOB = b"\x1f\x8b" + b"blob" * 1000
DESCRIPTOR = Descriptor(LAYER, digest_of(BLOB), len(BLOB))


def fetch(host: str, to: Path, limits: Limits = FAST) -> None:
    registry = Registry(host, limits, sleep=lambda seconds: None)
    registry.fetch("x", DESCRIPTOR, to)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda request: request.answer(200, b"other" * 800 + b"12"), "not sha256:"),
        (lambda request: request.answer(200, b"x" * len(BLOB)), "not sha256:"),
        (lambda request: request.answer(200, BLOB + b"more"), "an answer of more than"),
        (lambda request: request.answer(200, BLOB[:-1]), "did not come whole: 4,001 bytes of 4,002"),
        (lambda request: request.answer(200, BLOB[:100], length=len(BLOB)), "did not come whole"),
        (lambda request: request.answer(200, BLOB, length=10), "did not come whole"),
        (lambda request: request.answer(500, b"<html>" * 100_000), "500"),
        (lambda request: request.answer(429, Retry_After="1000000000000000"), "429"),
        (lambda request: request.answer(503, Retry_After="yesterday"), "503 Service Unavailable, 3 times; try again later"),
        (lambda request: request.answer(307, Location=""), "not followed"),
        (lambda request: request.answer(307, Location="file:///etc/passwd"), "not followed"),
        (lambda request: request.answer(307, Location="http://[x"), "not followed"),
        (lambda request: request.answer(307, Location="http://\u00ff..\u00ff/"), "can't be reached|an address that is none"),
        (lambda request: request.answer(401, WWW_Authenticate='Bearer realm="http://[x"'), "not HTTPS"),
        (lambda request: request.answer(401, WWW_Authenticate='Bearer realm="http://registry.example.com/token"'), "not HTTPS"),
        (lambda request: request.answer(307, Location=request.path), "redirects without end"),
        (lambda request: request.answer(401, WWW_Authenticate='Basic realm="x"'), "401"),
        (lambda request: request.answer(401, WWW_Authenticate="Bearer " * 1000), "gave no token|not HTTPS|token service"),
        (lambda request: request.answer(200, gzip.compress(bytes(1 << 20)), Content_Encoding="gzip"), "did not come whole|not sha256"),
        (
            lambda request: request.answer(404, b'{"errors": [{"code": "BLOB_UNKNOWN", "message": "a\\u001b[31m\\nb"}]}'),
            r"BLOB_UNKNOWN: a \[31m b",
        ),
        (lambda request: request.answer(404, b'{"errors": [[[' + b"[" * 60_000), "404"),
        (lambda request: request.answer(404, b'{"errors": [{"message": "' + b"x" * 60_000 + b'"}]}'), "404"),
        (lambda request: time.sleep(30), "no answer in time, 3 times"),
    ],
)
def test_hostile_blobs(act: Callable[[Request], None], says: str, tmp_path: Path) -> None:
    import re

    with fake_registry(act) as (host, _):
        text = refused(lambda: fetch(host, tmp_path / "blob"))
    assert re.search(says, text), text
    assert len(text) < 600 and text.isprintable()
    assert list(tmp_path.iterdir()) == [tmp_path / "none"]  # nothing half-written


def test_a_body_without_end(tmp_path: Path) -> None:
    def act(request: Request) -> None:
        request.handler.send_response(200)
        request.handler.end_headers()
        while True:
            request.handler.wfile.write(b"x" * 65536)

    def redirected(request: Request) -> None:
        request.handler.send_response(307)
        request.handler.send_header("Location", "/elsewhere")
        request.handler.end_headers()
        while True:
            request.handler.wfile.write(b"x" * 65536)

    with fake_registry(redirected) as (host, _):
        assert "redirects without end" in refused(lambda: fetch(host, tmp_path / "blob"))
    with fake_registry(act) as (host, _):
        assert "an answer of more than 4,002 bytes" in refused(lambda: fetch(host, tmp_path / "blob"))
        text = refused(lambda: Registry(host, FAST).manifest("x", "latest"))
        assert "an answer of more than 4,194,304 bytes" in text


def test_a_body_that_drips(tmp_path: Path) -> None:
    def act(request: Request) -> None:
        request.handler.send_response(200)
        request.handler.send_header("Content-Length", str(len(BLOB)))
        request.handler.end_headers()
        for at in range(len(BLOB)):
            request.handler.wfile.write(BLOB[at : at + 1])
            time.sleep(0.2)

    with fake_registry(act) as (host, _):
        assert "bytes in" in refused(lambda: fetch(host, tmp_path / "blob"))


def test_garbage(tmp_path: Path) -> None:
    """Answers that are hardly HTTP, and a server that says nothing at all."""
    dice = random.Random(3)
    fine = b"HTTP/1.1 200 OK\r\nContent-Type: x\r\nContent-Length: %d\r\nTransfer-Encoding: identity\r\n\r\n" % len(BLOB) + BLOB
    others = [
        b"", b"\0" * 1000, b"HTTP/1.1 200\r\n\r\n", b"HTTP/9.9 x y\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nx", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\nx", b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx", b"HTTP/1.1 100 Continue\r\n\r\n" * 200,
    ]  # fmt: skip
    answers = [*others, *(_damaged(fine, dice) for _ in range(50))]

    class Raw(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                if self.connection.recv(1, socket.MSG_PEEK) == b"\x16":
                    return  # TLS is not spoken here
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(answers[0])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Raw) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        host = f"127.0.0.1:{server.server_address[1]}"
        limits = Limits(silence=0.3, tries=1)
        registry = Registry(host, limits)
        while answers:
            try:
                registry.fetch("x", DESCRIPTOR, tmp_path / "blob")
                assert (tmp_path / "blob").read_bytes() == BLOB
            except UserError as error:
                assert str(error).isprintable(), answers[0]
            answers.pop(0)
            (tmp_path / "blob").unlink(missing_ok=True)
            answers or server.shutdown()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        text = refused(lambda: fetch(f"127.0.0.1:{silent.getsockname()[1]}", tmp_path / "blob", limits))
        assert "no answer in time" in text


def _damaged(data: bytes, dice: random.Random) -> bytes:
    bad = bytearray(data)
    for _ in range(dice.randrange(1, 8)):
        bad[dice.randrange(110)] = dice.randrange(256)
    return bytes(bad[: dice.choice((None, dice.randrange(len(bad))))])


def test_credentials_stay_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A blob is served from elsewhere: what the registry was told is not told there."""
    with fake_registry(lambda request: request.answer(200, BLOB)) as (elsewhere, asked_elsewhere):

        def act(request: Request) -> None:
            if not request.headers.get("Authorization"):
                request.answer(401, WWW_Authenticate='Basic realm="x"')
            else:
                request.answer(307, Location=f"http://{elsewhere}/blob")

        with fake_registry(act) as (host, asked):
            monkeypatch.setenv("DOCKER_CONFIG", str(docker_config(tmp_path / "login", host)))
            (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password netrcsecret\n")
            monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
            fetch(host, tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == BLOB
    assert [entry[2][:6] for entry in asked if "/blobs/" in entry[1]] == ["", "Basic "]
    assert asked_elsewhere == [("GET", "/blob", "")]


def test_an_upload_that_goes_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_registry(lambda request: request.answer(201)) as (elsewhere, asked_elsewhere):

        def act(request: Request) -> None:
            if not request.headers.get("Authorization"):
                request.answer(401, WWW_Authenticate='Basic realm="x"')
            elif request.method == "POST":
                request.answer(202, Location=f"http://{elsewhere}/upload?state=1")
            else:
                request.answer(404 if request.method == "HEAD" else 201)

        with fake_registry(act) as (host, _):
            monkeypatch.setenv("DOCKER_CONFIG", str(docker_config(tmp_path / "login", host)))
            push_image(image(tmp_path / "a"), [f"{host}/x"], ["1"], limits=FAST)
    assert asked_elsewhere and not any(entry[2] for entry in asked_elsewhere)
    assert all(entry[1].startswith("/upload?state=1&digest=sha256%3A") for entry in asked_elsewhere)


def test_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token of a service at another address is used, and asked for with the scope that the request needs."""

    def service(request: Request) -> None:
        request.answer(200, json.dumps({"token": "abc"}).encode())

    with fake_registry(service) as (realm, asked_service):

        def act(request: Request) -> None:
            if request.headers.get("Authorization") != "Bearer abc":
                request.answer(401, WWW_Authenticate=f'Bearer realm="http://{realm}/token",service="s",scope="repository:evil:*"')
            else:
                request.answer(200, BLOB)

        with fake_registry(act) as (host, asked):
            monkeypatch.setenv("DOCKER_CONFIG", str(docker_config(tmp_path / "login", host)))
            fetch(host, tmp_path / "blob")
    (method, path, authorization) = asked_service[0]
    assert (method, authorization[:6]) == ("GET", "Basic ")
    assert "scope=repository%3Ax%3Apull" in path and "evil" not in path and "service=s" in path
    assert not any(entry[2].startswith("Basic") for entry in asked)


@pytest.mark.parametrize("uses", [1, 5, 1000])
def test_tokens_that_run_out(uses: int, tmp_path: Path) -> None:
    """A push that is longer than its token; and a registry that keeps lists of referrers needs no tag for them."""
    modern = ModernRegistry(uses)
    layout = image(tmp_path / "a")
    with fake_registry(modern.act) as (host, _):
        paper = Attachment("application/spdx+json", b"{}", "a")
        (pushed,) = push_image(layout, [f"{host}/x"], ["1"], [paper], limits=FAST)
        (again,) = push_image(layout, [f"{host}/x"], ["1"], [paper], limits=FAST)
        base = pull_base(parse_reference(f"{host}/x:1"), tmp_path / "cache", FAST)(AMD64)
    assert len(base.layers) == 2 and again.sent == 0
    assert {name for name in modern.manifests if not name.startswith("sha256:")} == {"1"}
    assert modern.manifests["1"] == modern.manifests[pushed.digest]
    assert {scope for scopes in modern.scopes for scope in scopes} == {"repository:x:pull", "repository:x:pull,push"}
    assert (modern.count > 10) == (uses == 1)


def test_an_identity_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []

    def act(request: Request) -> None:
        if request.path.startswith("/token"):
            bodies.append(request.body)
            request.answer(200, b'{"access_token": "abc"}')
        elif request.headers.get("Authorization") != "Bearer abc":
            request.answer(401, WWW_Authenticate=f'Bearer realm="http://{request.headers["Host"]}/token",service="s"')
        else:
            request.answer(200, BLOB)

    with fake_registry(act) as (host, _):
        folder = docker_config(tmp_path / "login", host)
        (folder / "config.json").write_text(json.dumps({"auths": {host: {"identitytoken": "refresh"}}}))
        monkeypatch.setenv("DOCKER_CONFIG", str(folder))
        fetch(host, tmp_path / "blob")
    assert b"refresh_token=refresh" in bodies[0] and b"grant_type=refresh_token" in bodies[0]


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (b"{}", "gave no token"),
        (b"[]", "not a JSON object"),
        (b'{"token": "a\\r\\nX: y"}', "gave no token"),
        (b"x" * (2 << 20), "an answer of more than"),
    ],
)
def test_hostile_token_services(token: bytes, says: str, tmp_path: Path) -> None:
    def act(request: Request) -> None:
        if request.path.startswith("/token"):
            request.answer(200, token)
        else:
            request.answer(401, WWW_Authenticate=f'Bearer realm="http://{request.headers["Host"]}/token"')

    with fake_registry(act) as (host, _):
        assert says in refused(lambda: fetch(host, tmp_path / "blob"))


def test_an_endless_401(tmp_path: Path) -> None:
    def act(request: Request) -> None:
        if request.path.startswith("/token"):
            request.answer(200, b'{"token": "never-right"}')
        else:
            request.answer(401, WWW_Authenticate=f'Bearer realm="http://{request.headers["Host"]}/token"')

    with fake_registry(act) as (host, asked):
        assert "401" in refused(lambda: fetch(host, tmp_path / "blob"))
    assert len(asked) <= 5


def test_tries_again(tmp_path: Path) -> None:
    """What goes away is waited for, as long as the registry says."""
    waits: list[float] = []
    left = [3]

    def act(request: Request) -> None:
        if request.path != "/v2/" and left[0]:
            left[0] -= 1
            request.answer(429 if left[0] else 503, **({"Retry_After": "7"} if left[0] == 1 else {}))
        else:
            request.answer(200, BLOB)

    with fake_registry(act) as (host, _):
        Registry(host, Limits(tries=4, pause=1.0), sleep=waits.append).fetch("x", DESCRIPTOR, tmp_path / "blob")
    assert waits == [1.0, 7.0, 4.0]


def test_an_upload_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    layout = image(tmp_path / "a", "random", size=300_000)
    have: dict[str, bytearray] = {}
    done: dict[str, bytes] = {}
    broken: list[int] = []

    def act(request: Request) -> None:
        key = request.path.partition("?")[0]
        if request.method == "HEAD":
            request.answer(404)
        elif request.method == "POST":
            name = f"/upload/{len(have)}"
            have[name] = bytearray()
            request.answer(202, Location=name)
        elif request.method == "PATCH":
            start = int(request.headers["Content-Range"].partition("-")[0])
            assert start == len(have[key])
            if start and len(broken) < 3:
                broken.append(start)
                have[key] += request.body[: len(request.body) // 2]  # half of it came before the line broke
                request.handler.close_connection = True
                request.handler.connection.close()
                return
            have[key] += request.body
            request.answer(202, Location=key)
        elif request.method == "GET" and key in have:
            request.answer(204, Range=f"0-{len(have[key]) - 1}", Location=key)
        elif request.method == "PUT" and key in have:
            have[key] += request.body
            assert digest_of(bytes(have[key])) in request.path.replace("%3A", ":")
            done[digest_of(bytes(have[key]))] = bytes(have[key])
            request.answer(201)
        else:
            request.answer(200 if request.method == "GET" else 201)

    with fake_registry(act) as (host, _):
        registry = Registry(host, Limits(silence=5, chunk=50_000, pause=0.01), sleep=lambda seconds: None)
        registry.push(Layout(layout), "x", ["1"])
    assert len(broken) == 3
    blobs = {file.name for file in (layout / "blobs/sha256").iterdir()}
    assert {digest.removeprefix("sha256:") for digest in done} < blobs


def test_an_upload_that_never_ends(tmp_path: Path) -> None:
    """A registry that takes the first part again and again, and forgets it."""
    parts: list[str] = []

    def act(request: Request) -> None:
        if request.method == "PATCH":
            parts.append(request.headers["Content-Range"])
            request.answer(202 if request.headers["Content-Range"].startswith("0-") else 500, Location="/upload")
        elif request.method == "POST":
            request.answer(202, Location="/upload")
        else:
            request.answer(201 if request.method == "PUT" else 404)

    with fake_registry(act) as (host, _):
        registry = Registry(host, Limits(silence=5, chunk=50_000, tries=4, pause=0.01), sleep=lambda seconds: None)
        text = refused(lambda: registry.push(Layout(image(tmp_path / "a", "random", size=300_000)), "x", ["1"]))
    assert "can't be uploaded: 500 Internal Server Error; push again" in text
    assert len(parts) <= 10


def test_a_mount_that_is_refused(tmp_path: Path) -> None:
    modern = ModernRegistry(1000)
    layout = image(tmp_path / "a")

    def act(request: Request) -> None:
        if "mount=" in request.path:
            request.answer(403, b'{"errors": [{"code": "DENIED"}]}')
        else:
            modern.act(request)

    with fake_registry(act) as (host, _):
        (pushed,) = push_image(layout, [f"{host}/x"], ["1"], limits=FAST, near=[f"{host}/other"])
    assert pushed.uploaded and not pushed.mounted


def test_a_registry_that_takes_something_else(tmp_path: Path) -> None:
    def act(request: Request) -> None:
        if request.method == "HEAD":
            request.answer(404)
        elif request.method == "POST":
            request.answer(202, Location="/upload")
        else:
            request.answer(201, Docker_Content_Digest="sha256:" + "0" * 64)

    with fake_registry(act) as (host, _):
        assert "do not use this registry" in refused(lambda: push_image(image(tmp_path / "a"), [f"{host}/x"], ["1"], limits=FAST))


@pytest.mark.parametrize("status", [413, 403, 400])
def test_a_registry_that_refuses(status: int, tmp_path: Path) -> None:
    def act(request: Request) -> None:
        if request.method == "HEAD":
            request.answer(404)
        else:
            request.answer(status, b'{"errors": [{"code": "DENIED", "message": "the quota is used up"}]}')

    with fake_registry(act) as (host, _):
        text = refused(lambda: push_image(image(tmp_path / "a"), [f"{host}/x"], ["1"], limits=FAST))
    assert f"{status}" in text and "DENIED: the quota is used up" in text


def test_a_manifest_that_is_not_its_digest(tmp_path: Path) -> None:
    data = dump({"schemaVersion": 2, "mediaType": MANIFEST, "config": {}, "layers": []})
    with fake_registry(lambda request: request.answer(200, data, Content_Type=MANIFEST)) as (host, _):
        text = refused(lambda: pull_base(parse_reference(f"{host}/x@sha256:{'0' * 64}"), tmp_path / "cache", FAST))
        assert "do not use this registry" in text
        assert "digest" in refused(lambda: pull_base(parse_reference(f"{host}/x:1"), tmp_path / "cache", FAST)(AMD64))


def test_no_registry_at_all(tmp_path: Path) -> None:
    text = refused(lambda: push_image(image(tmp_path / "a"), [f"127.0.0.1:{free_port()}/x"], ["1"], limits=FAST))
    assert "connection refused" in text
    text = refused(lambda: push_image(image(tmp_path / "b"), ["registry.invalid:5000/x"], ["1"], limits=FAST))
    assert "can't be reached" in text


def test_plain_http_only_where_it_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_registry(lambda request: request.answer(200, BLOB)) as (host, asked):
        other = f"localhost.localdomain:{host.rpartition(':')[2]}"
        monkeypatch.setattr("pygo_cross.build.release.registryhttp._LOCAL", ())
        text = refused(lambda: fetch(host, tmp_path / "blob"))
        assert "TLS" in text and "PYGO_CROSS_INSECURE_REGISTRIES" in text
        assert asked == []
        monkeypatch.setenv("PYGO_CROSS_INSECURE_REGISTRIES", f"{other}, {host}")
        fetch(host, tmp_path / "blob")


def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An authority of one's own, named by the environment."""
    import ssl

    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl on this machine")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with fake_registry(lambda request: request.answer(200, BLOB), context) as (host, _):
        text = refused(lambda: fetch(host, tmp_path / "blob"))
        assert "certificate" in text and "SSL_CERT_FILE" in text
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            monkeypatch.setenv(name, str(certificate))
            fetch(host, tmp_path / "blob")
            assert (tmp_path / "blob").read_bytes() == BLOB
            (tmp_path / "blob").unlink()
            monkeypatch.delenv(name)


def test_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy", raising=False)
    with fake_registry(lambda request: request.answer(200, BLOB)) as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy}")
        monkeypatch.setenv("http_proxy", f"http://{proxy}")
        monkeypatch.setenv("PYGO_CROSS_INSECURE_REGISTRIES", "registry.example.com:5000")
        registry = Registry("registry.example.com:5000", FAST, sleep=lambda seconds: None)
        registry.scheme, registry.settled = "http", True
        registry.fetch("x", DESCRIPTOR, tmp_path / "blob")
    assert asked[0][1].startswith("http://registry.example.com:5000/v2/x/blobs/")


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"auths": []}', '{"auths": {"x": 1}}', '{"auths": {"h": {"auth": "%%"}}}'])
def test_a_damaged_configuration_of_docker(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ignored, or told in one line."""
    (tmp_path / "config.json").write_text(text)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    try:
        assert not credentials("h").get("password")
    except UserError as error:
        assert "credentials" in str(error) and str(error).isprintable()


def test_credentials_of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "nothing"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert credentials("registry.example.com") == {}


@pytest.mark.parametrize(
    "name",
    [
        *("alpine", "library/alpine", "registry.example.com", "registry.example.com/UPPER", "registry.example.com/a:"),
        *("registry.example.com/a@x", "registry.example.com/../etc", "registry.example.com/a b", "user:pass@registry.example.com/a"),
        *("https://registry.example.com/a", "-x.example.com/a", "registry.example.com/a:t\nX", "registry.example.com/" + "a" * 300),
    ],
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(UserError):
        parse_reference(name)


def test_names() -> None:
    found = parse_reference(f"localhost:5000/a/b_c__d--e.f:v1.2@sha256:{'a' * 64}")
    assert (found.host, found.repository, found.tag) == ("localhost:5000", "a/b_c__d--e.f", "v1.2")
    assert str(found) == f"localhost:5000/a/b_c__d--e.f:v1.2@sha256:{'a' * 64}" and found.wanted == found.digest
    assert parse_reference("[::1]:5000/a").host == "[::1]:5000"
    assert parse_reference("registry.example.com/a").wanted == "latest"
