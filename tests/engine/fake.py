# SPDX-License-Identifier: BSD-3-Clause
"""An engine's API over a Unix socket, with nothing behind it: what it answers is what a test tells it to."""

from __future__ import annotations

import json
import socketserver
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

VERSION = {"Version": "27.0.1", "ApiVersion": "1.46", "Os": "linux", "Arch": "amd64", "Components": [{"Name": "Engine"}]}
INFO = {"OSType": "linux", "Architecture": "x86_64", "SecurityOptions": ["name=seccomp,profile=builtin"]}
IMAGE = {
    "Id": "sha256:" + "ab" * 32,
    "RepoTags": ["pygo-cross:test"],
    "Size": 123456789,
    "Os": "linux",
    "Architecture": "amd64",
    "Created": "2026-01-02T03:04:05.123456789Z",
    "Config": {"Labels": {"org.opencontainers.image.title": "pygo-cross", "org.opencontainers.image.version": "0.1.0"}},
}


class Stream:
    """An answer in pieces: JSON values one a line, or bytes as they are. A callable among the pieces is called and nothing is sent."""

    def __init__(self, *pieces: Any) -> None:
        self.pieces = pieces


class Raw:
    """An answer that is not what it should be: bytes, and then the connection is closed."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __repr__(self) -> str:
        # Names of tests have it: equal in every worker.
        return f"Raw({self.data[:20]!r})"


class Hang:
    """No answer at all."""

    def __repr__(self) -> str:
        return "Hang()"


class FakeEngine:
    """`answers` maps "METHOD /path" (without the API's version and query) to a value, a pair of status and value, a `Stream`, or a
    function of the request's body and query that returns one of these. Anything else is answered with 404. `asked` lists the requests."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[tuple[str, str, bytes]] = []
        self.over = threading.Event()
        self.started = threading.Event()
        self.output: list[tuple[int, bytes]] = []
        self.status = 0
        self.state: dict[str, Any] = {"Running": False}
        self.answers: dict[str, Any] = {
            "GET /version": VERSION,
            "GET /info": INFO,
            "GET /images/json": [],
            "GET /containers/json": [],
            "POST /containers/create": lambda body, query: (201, {"Id": "c" * 64, "Warnings": []}),
            "GET /containers/" + "c" * 64 + "/json": lambda body, query: {"Config": {"Tty": False}, "State": self.state},
            "POST /containers/" + "c" * 64 + "/start": self._start,
            "POST /containers/" + "c" * 64 + "/wait": lambda body, query: {"StatusCode": self.status},
            "POST /containers/" + "c" * 64 + "/kill": self._kill,
            "DELETE /containers/" + "c" * 64: lambda body, query: (204, None),
        }
        self.server = _Server(str(path), _Handler)
        self.server.engine = self
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        """What DOCKER_HOST is set to."""
        return f"unix://{self.path}"

    def requests(self, start: str) -> list[tuple[str, str, bytes]]:
        """The requests whose method and path begin so."""
        return [asked for asked in self.asked if asked[0].startswith(start)]

    def _start(self, body: bytes, query: str) -> Any:
        self.state["Running"] = True
        self.started.set()
        return (204, None)

    def _kill(self, body: bytes, query: str) -> Any:
        self.state["Running"] = False
        self.over.set()
        return (204, None)

    def close(self) -> None:
        """Stops."""
        self.over.set()
        self.started.set()
        self.server.shutdown()
        self.server.server_close()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    engine: FakeEngine

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nothing to write home about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self) -> None:
        engine = self.server.engine
        path, _, query = self.path.partition("?")
        if path.startswith("/v1."):
            path = "/" + path.split("/", 2)[2]
        body = self._body()
        key = f"{self.command} {path}"
        engine.asked.append((key, query, body))
        if key.endswith("/attach"):
            return self._attach()
        found = engine.answers.get(key, (404, {"message": f"No such thing: {path}"}))
        if callable(found):
            found = found(body, query)
        if found is Hang:
            engine.over.wait()
            self.close_connection = True
            return None
        if isinstance(found, Raw):
            self.wfile.write(found.data)
            self.close_connection = True
            return None
        status, value = found if isinstance(found, tuple) else (200, found)
        self.send_response(status)
        if isinstance(value, Stream):
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in value.pieces:
                if callable(piece):
                    piece()
                    continue
                data = piece if isinstance(piece, bytes) else json.dumps(piece).encode() + b"\r\n"
                self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            return None
        data = b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        return None

    def _attach(self) -> None:
        engine = self.server.engine
        head = "HTTP/1.1 101 UPGRADED", "Content-Type: application/vnd.docker.raw-stream", "Connection: Upgrade", "Upgrade: tcp"
        self.wfile.write(("\r\n".join(head) + "\r\n\r\n").encode())
        self.wfile.flush()
        self.close_connection = True
        engine.started.wait()
        for stream, data in engine.output:
            if stream == 0:
                engine.over.wait()
                return
            self.wfile.write(struct.pack(">BxxxL", stream, len(data)) + data)
            self.wfile.flush()
        engine.state["Running"] = False

    do_GET = do_POST = do_DELETE = do_HEAD = do_PUT = _answer


def serve(path: Path) -> Iterator[FakeEngine]:
    """A fixture's body: an engine for a while."""
    engine = FakeEngine(path)
    yield engine
    engine.close()
