# SPDX-License-Identifier: BSD-3-Clause
"""Registries for tests: a real one where Debian's docker-registry is installed, and one that does what a test tells it to."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pygo_cross.diag import UserError

USER, PASSWORD = "ada", "secret"
_HTPASSWD = "ada:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"


def refused(call: Callable[[], object]) -> str:
    """What is said of something that does not work: one line."""
    with pytest.raises(UserError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text
    return text


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def real_registry(folder: Path) -> Iterator[str]:
    """A registry with a password, on this machine: its host."""
    program = shutil.which("docker-registry") or shutil.which("registry")
    if program is None:
        pytest.skip("there is no docker-registry on this machine")
    port = free_port()
    (folder / "htpasswd").write_text(_HTPASSWD)
    config = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "store")}, "delete": {"enabled": True}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "x"},
        "auth": {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}},
        "log": {"level": "error"},
    }
    (folder / "config.yml").write_text(json.dumps(config))
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log) as server,
    ):
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/")
                except urllib.error.HTTPError:
                    break
                except OSError:
                    assert server.poll() is None, (folder / "log").read_text()
                    time.sleep(0.05)
            yield f"127.0.0.1:{port}"
        finally:
            server.kill()


def docker_config(folder: Path, host: str, user: str = USER, password: str = PASSWORD) -> Path:
    """A folder for DOCKER_CONFIG with one login."""
    folder.mkdir(exist_ok=True)
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    return folder


class Request:
    """What a fake registry is asked, and how it answers."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.handler, self.body = handler, body
        self.method, self.path, self.headers = handler.command, handler.path, handler.headers

    def answer(self, status: int, body: bytes = b"", length: int | None = None, **headers: str) -> None:
        """Sends an answer; `length` is what Content-Length says where it lies."""
        self.handler.send_response(status)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.send_header("Content-Length", str(len(body) if length is None else length))
        self.handler.send_header("Connection", "close")
        self.handler.end_headers()
        if self.method != "HEAD":
            self.handler.wfile.write(body)
        self.handler.close_connection = True


@contextlib.contextmanager
def fake_registry(act: Callable[[Request], None], tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """A server whose every answer is `act`'s: its host, and what it was asked: method, path, Authorization."""
    asked: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append((self.command, self.path, self.headers.get("Authorization", "")))
            with contextlib.suppress(OSError):
                act(Request(self, body))

        do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = handle_any

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *args: object) -> None:
            """A client that goes away is part of the test."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


class ModernRegistry:
    """A registry in memory that does what Debian's does not: tokens that run out, lists of referrers. Give its `act` to `fake_registry`."""

    def __init__(self, uses: int = 5) -> None:
        self.uses, self.left, self.count = uses, 0, 0
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.scopes: list[list[str]] = []

    def act(self, request: Request) -> None:
        """Answers one request."""
        parts = urlsplit(request.path)
        query = parse_qs(parts.query)
        if parts.path == "/token":
            self.scopes.append(query.get("scope", []))
            self.left, self.count = self.uses, self.count + 1
            request.answer(200, json.dumps({"token": f"token{self.count}"}).encode())
            return
        if request.headers.get("Authorization") != f"Bearer token{self.count}" or not self.left:
            where = f"http://{request.headers['Host']}/token"
            request.answer(401, WWW_Authenticate=f'Bearer realm="{where}",service="here",scope="repository:x:pull",error="invalid_token"')
            return
        self.left -= 1
        kind, _, name = parts.path.rpartition("/")
        kind = kind.rpartition("/")[2]
        digest = f"sha256:{hashlib.sha256(request.body).hexdigest()}"
        if request.method == "POST":
            request.answer(202, Location="/v2/x/blobs/uploads/1?state=a%2Fb")
        elif request.method == "PUT" and kind == "uploads":
            assert query["digest"] == [digest] and query["state"] == ["a/b"]
            self.blobs[digest] = request.body
            request.answer(201)
        elif request.method == "PUT":
            self.manifests[name] = self.manifests[digest] = (request.headers["Content-Type"], request.body)
            subject = json.loads(request.body).get("subject", {}).get("digest")
            request.answer(201, Docker_Content_Digest=digest, **({"OCI_Subject": subject} if subject else {}))
        elif kind == "referrers":
            found = [one for one, (_, data) in self.manifests.items() if json.loads(data).get("subject", {}).get("digest") == name]
            request.answer(200, json.dumps({"manifests": [{"digest": one} for one in found]}).encode())
        elif kind == "manifests" and name in self.manifests:
            media_type, body = self.manifests[name]
            digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
            request.answer(200, body, Content_Type=media_type, Docker_Content_Digest=digest)
        elif kind == "blobs" and name in self.blobs:
            request.answer(200, self.blobs[name])
        else:
            request.answer(404)
