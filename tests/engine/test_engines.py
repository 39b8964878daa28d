# SPDX-License-Identifier: BSD-3-Clause
"""Which engine is used, and every way in which it is not one that can be."""

from __future__ import annotations

import hashlib
import json
import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fake import INFO, VERSION, FakeEngine, Hang, Raw, serve

from pygo_cross.build.container import engine as engines
from pygo_cross.build.container.endpoint import Endpoint, candidates
from pygo_cross.diag import UserError


def write_context(home: Path, name: str, meta: Any, tls: tuple[str, ...] = ()) -> None:
    digest = hashlib.sha256(name.encode()).hexdigest()
    folder = home / ".docker/contexts/meta" / digest
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(meta if isinstance(meta, str) else json.dumps(meta))
    for file in tls:
        path = home / ".docker/contexts/tls" / digest / "docker" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("pem")


def endpoint(host: str, skip: bool = False) -> dict[str, Any]:
    return {"Name": "x", "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": skip}}}


def wrong(env: dict[str, str]) -> str:
    with pytest.raises(UserError) as error:
        candidates(env)
    assert len(error.value.diagnostics) == 1
    return str(error.value)


# ---- where it is looked for


def test_the_order(tmp_path: Path) -> None:
    write_context(tmp_path, "far", endpoint("tcp://far:2376"), ("ca.pem", "cert.pem", "key.pem"))
    write_context(tmp_path, "near", endpoint("unix:///near.sock"))
    (tmp_path / ".docker/config.json").write_text('{"currentContext": "near"}')
    env = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": "/run/user/7", "CONTAINER_HOST": "unix:///podman.sock"}
    (found,) = candidates(env)
    assert (found.url, found.local) == ("unix:///near.sock", True)
    assert "currentContext" in found.why
    env["DOCKER_CONTEXT"] = "far"
    (found,) = candidates(env)
    assert (found.url, found.local) == ("tcp://far:2376", False)
    assert found.tls is not None
    assert found.tls.verify
    assert found.tls.key.endswith("key.pem")
    env["DOCKER_HOST"] = "unix:///named.sock"
    assert [place.url for place in candidates(env)] == ["unix:///named.sock"]
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        del env[name]
    env["DOCKER_CONTEXT"] = "default"
    assert [place.url for place in candidates(env)] == ["unix:///podman.sock"]
    del env["CONTAINER_HOST"]
    assert [place.url for place in candidates(env)] == [
        "unix:///var/run/docker.sock",
        "unix:///run/user/7/docker.sock",
        f"unix://{tmp_path}/.docker/run/docker.sock",
        "unix:///run/user/7/podman/podman.sock",
        "unix:///run/podman/podman.sock",
    ]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("unix://", "unix:///var/run/docker.sock"),
        ("unix://a.sock", "unix:///a.sock"),
        ("tcp://h:1/", "tcp://h:1"),
        ("h:1", "tcp://h:1"),
        ("http://h:1", "tcp://h:1"),
        ("ssh://u@h", "ssh://u@h"),
        ("ssh://u@h:22/", "ssh://u@h:22"),
    ],
)
def test_addresses(host: str, url: str, tmp_path: Path) -> None:
    assert [place.url for place in candidates({"HOME": str(tmp_path), "DOCKER_HOST": host})] == [url]


@pytest.mark.parametrize(
    "host", ["tcp://h", "tcp://h:x", "tcp://h:99999", "tcp://", "ssh://u:pw@h", "ssh://h/path", "npipe://x", "fd://", "tpc://h:1", "://"]
)
def test_addresses_that_are_none(host: str, tmp_path: Path) -> None:
    assert f"DOCKER_HOST={host}" in wrong({"HOME": str(tmp_path), "DOCKER_HOST": host})


def test_tls(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "DOCKER_HOST": "tcp://h:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
    assert "ca.pem is not there" in wrong(env)
    (tmp_path / "ca.pem").write_text("")
    (tmp_path / "cert.pem").write_text("")
    assert "key.pem is not there" in wrong(env)
    (tmp_path / "key.pem").write_text("")
    (found,) = candidates(env)
    assert found.tls is not None
    assert (found.tls.ca, found.tls.verify) == (str(tmp_path / "ca.pem"), True)


@pytest.mark.parametrize("meta", ["{", "[]", '{"Endpoints": {}}', '{"Endpoints": {"docker": {"Host": 1}}}', "[" * 100000])
def test_contexts_that_are_none(meta: str, tmp_path: Path) -> None:
    write_context(tmp_path, "broken", meta)
    assert "not a docker context" in wrong({"HOME": str(tmp_path), "DOCKER_CONTEXT": "broken"})


def test_a_context_that_is_not_there(tmp_path: Path) -> None:
    write_context(tmp_path, "remote", {**endpoint("tcp://h:1"), "Name": "remote"})
    assert "did you mean remote?" in wrong({"HOME": str(tmp_path), "DOCKER_CONTEXT": "remot"})


def test_a_broken_configuration(clean: Path, fake: FakeEngine, call: Any) -> None:
    (clean / ".docker").mkdir()
    for text in ("{", "[]", "null", '{"a": ' * 5000):
        (clean / ".docker/config.json").write_text(text)
        status, _, said = call("image", "ls")
        assert (status, said.count("\n")) == (2, 1)
        assert "config.json is not JSON" in said


# ---- what answers there


def test_it_is_told(fake: FakeEngine, call: Any) -> None:
    status, _, said = call("image", "ls", "--verbose")
    assert status == 0
    assert f"Docker 27.0.1 (linux/amd64) at {fake.url}: DOCKER_HOST names it" in said


def test_the_first_that_answers(clean: Path, call: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A socket that nobody listens to is passed over, as long as another answers."""
    monkeypatch.setattr("pygo_cross.build.container.endpoint._sockets", lambda env: places)
    with tempfile.TemporaryDirectory(prefix="pgx") as folder:
        dead, alive = f"{folder}/dead", f"{folder}/alive"
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(dead)
        places = [Endpoint(url=f"unix://{path}", why="a test") for path in (f"{folder}/none", dead, alive)]
        status, _, said = call("image", "ls")
        assert status == 2
        hint = "start it, or name another with DOCKER_HOST"
        assert said == f"pygo-cross: no container engine answers at {dead} (a test): Connection refused; {hint}\n"
        for _ in serve(Path(alive)):
            status, _, said = call("image", "ls", "--verbose")
            assert status == 0
            assert f"unix://{folder}/none: a test: not there" in said
            assert f"at unix://{alive}: a test" in said
        places = [*places[:1], places[0]]
        status, _, said = call("image", "ls")
        assert (status, said.count("\n")) == (2, 1)
        assert "there is no container engine: no socket at" in said


def test_no_permission(fake: FakeEngine, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any, address: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "socket", type("Refusing", (socket.socket,), {"connect": refuse}))
    status, _, said = call("image", "ls")
    assert status == 2
    hint = "join the docker group (then log in anew), or run a rootless engine"
    assert said == f"pygo-cross: no permission to use the engine at {fake.path}; {hint}\n"


ANSWERS: list[tuple[str, Any, int, str]] = [
    ("GET /version", Raw(b"SSH-2.0-OpenSSH_9.2\r\n"), 2, "no container engine answers"),
    ("GET /version", Raw(b""), 2, "no container engine answers"),
    ("GET /version", Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html"), 2, "is not a container engine"),
    ("GET /version", b"{", 2, "is not a container engine"),
    ("GET /version", [], 2, "is not a container engine"),
    ("GET /version", {}, 2, "is not a container engine"),
    ("GET /version", (500, {"message": "boom"}), 1, "boom"),
    ("GET /version", (502, b"<html>bad gateway</html>"), 1, "answers 502"),
    ("GET /info", b"nonsense", 2, "is not a container engine"),
    ("GET /info", [], 2, "is not a container engine"),
    ("GET /info", (500, None), 1, "answers 500"),
    ("GET /info", {**INFO, "OSType": "windows"}, 2, "runs windows containers; switch it to linux containers"),
    ("GET /version", {**VERSION, "ApiVersion": "1.40"}, 2, "speaks API 1.40; 1.41 is needed; use Docker 20.10"),
    ("GET /version", {**VERSION, "ApiVersion": "1.12"}, 2, "too old"),
    ("GET /images/json", b"[{", 2, "is not a container engine"),
    ("GET /images/json", (500, {"message": "open /x: no space left on device"}), 1, "disk is full; free space: docker system df"),
]


@pytest.mark.parametrize(("request_", "answer", "status", "text"), ANSWERS, ids=lambda value: str(value)[:40])
def test_what_is_no_engine(fake: FakeEngine, call: Any, request_: str, answer: Any, status: int, text: str) -> None:
    fake.answers[request_] = answer
    found, out, said = call("image", "ls")
    assert (found, out, said.count("\n")) == (status, "", 1), said
    assert text in said


@pytest.mark.parametrize("request_", ["GET /version", "GET /info", "GET /images/json"])
def test_an_engine_that_hangs(fake: FakeEngine, call: Any, monkeypatch: pytest.MonkeyPatch, request_: str) -> None:
    monkeypatch.setattr(engines, "_ANSWER", 0.2)
    fake.answers[request_] = lambda body, query: Hang
    status, _, said = call("image", "ls")
    assert status == 1
    assert said == f"pygo-cross: the engine at {fake.url} does not answer; see whether docker version does; else start it anew\n"


def test_nobody_at_a_port(clean: Path, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
    status, _, said = call("image", "ls")
    assert status == 2
    assert f"no container engine answers at tcp://127.0.0.1:{port}: Connection refused" in said
