# SPDX-License-Identifier: BSD-3-Clause
"""Modules from proxies that do well, and from those that lie, stall or send what no module can be."""

from __future__ import annotations

import http.server
import io
import json
import os
import queue
import struct
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from trees import differences, write

from pygo_cross.build.goroot import find_goroot
from pygo_cross.diag import UserError
from pygo_cross.load.errors import LoadError
from pygo_cross.load.fetch import Fetcher
from pygo_cross.load.gosum import hash_mod
from pygo_cross.load.loader import Loader
from pygo_cross.load.modpath import ModuleError, ModuleVersion
from pygo_cross.load.proxy import Proxies
from pygo_cross.load.settings import Settings
from pygo_cross.target import find_target

MODULE = ModuleVersion("example.com/Plain", "v1.2.3")
PREFIX = "example.com/Plain@v1.2.3/"
GO_MOD = b"module example.com/Plain\n\ngo 1.21\n"


def zipped(files: dict[str, bytes]) -> bytes:
    """An archive of files by their whole names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


GOOD = zipped({PREFIX + "go.mod": GO_MOD, PREFIX + "p.go": b"package p\n", PREFIX + "sub/s.go": b"package s\n"})


def publish(folder: Path, archive: bytes = GOOD) -> Path:
    """A proxy of files with one module."""
    place = folder / "proxy/example.com/!plain/@v"
    place.mkdir(parents=True)
    (place / "v1.2.3.info").write_text('{"Version":"v1.2.3","Time":"2020-01-02T03:04:05Z"}')
    (place / "v1.2.3.mod").write_bytes(GO_MOD)
    (place / "v1.2.3.zip").write_bytes(archive)
    (place / "list").write_text("v1.2.3\n")
    return folder / "proxy"


def settings(folder: Path, proxy: str, timeout: float = 30.0, **env: str) -> Settings:
    """Loading in a folder with a cache of its own, nothing else taken over."""
    variables = {"HOME": str(folder), "GOMODCACHE": str(folder / "cache"), "GOPROXY": proxy, "GOSUMDB": "off", "GOFLAGS": "-modcacherw"}
    return Settings(find_goroot(), find_target("linux/amd64"), folder, env={**variables, **env}, timeout=timeout)


def fetcher(folder: Path, proxy: str, timeout: float = 30.0, **env: str) -> Fetcher:
    found = Fetcher(settings(folder, proxy, timeout, **env))
    found.quiet = True
    return found


def left_behind(folder: Path) -> list[str]:
    """Files of the cache that are no finished work."""
    return [path.name for path in (folder / "cache").rglob("*") if path.suffix in (".tmp", ".partial") or ".tmp" in path.name]


class Server(http.server.ThreadingHTTPServer):
    """A proxy whose answers are functions of the request, by the end of the path."""

    daemon_threads = True
    answers: dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]]
    asked: list[str]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.asked.append(self.path)
        for end, answer in server.answers.items():
            if self.path.endswith(end):
                answer(self)
                return
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server(("127.0.0.1", 0), Handler)
    found.answers, found.asked = {}, []
    threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


def address(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def sends(data: bytes, status: int = 200, kind: str = "application/octet-stream") -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return answer


def test_a_module_is_unpacked_once(tmp_path: Path) -> None:
    proxy = publish(tmp_path)
    folder = Path(fetcher(tmp_path, proxy.as_uri()).download(MODULE))
    assert folder == tmp_path / "cache/example.com/!plain@v1.2.3"
    assert sorted(path.name for path in folder.iterdir()) == ["go.mod", "p.go", "sub"]
    assert not os.access(folder / "p.go", os.W_OK) or os.geteuid() == 0
    assert left_behind(tmp_path) == []
    again = fetcher(tmp_path, "off")
    assert again.download(MODULE) == str(folder)
    assert again.go_mod(*MODULE) if (tmp_path / "cache/cache/download/example.com/!plain/@v/v1.2.3.mod").exists() else True


def test_http_and_the_next_proxy(tmp_path: Path, server: Server) -> None:
    proxy = publish(tmp_path)
    server.answers = {".mod": sends(b"gone", 410, "text/plain")}
    assert fetcher(tmp_path, f"{address(server)},{proxy.as_uri()}").go_mod(*MODULE) == GO_MOD
    assert server.asked == ["/example.com/!plain/@v/v1.2.3.mod"]


def test_a_failure_leads_on_only_behind_a_bar(tmp_path: Path, server: Server) -> None:
    proxy = publish(tmp_path)
    server.answers = {".mod": sends(b"no\nreally\n\nhidden", 500, "text/plain")}
    with pytest.raises(ModuleError) as error:
        fetcher(tmp_path, f"{address(server)},{proxy.as_uri()}").go_mod(*MODULE)
    assert "500 Internal Server Error\n\tserver response:\n\tno\n\treally" in str(error.value)
    assert "hidden" not in str(error.value)
    assert fetcher(tmp_path, f"{address(server)}|{proxy.as_uri()}").go_mod(*MODULE) == GO_MOD


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("off", "module lookup disabled by GOPROXY=off"),
        ("direct", "fetching from version control (GOPROXY=direct) is not supported"),
        ("ftp://x", "invalid proxy URL scheme"),
        ("nothing", "invalid proxy URL missing scheme: nothing"),
        ("file://host/x?y", "invalid file:// proxy URL with non-path elements"),
        (",", "GOPROXY list is not the empty string, but contains no entries"),
    ],
)
def test_lists_of_proxies(tmp_path: Path, proxy: str, said: str) -> None:
    with pytest.raises((LoadError, ModuleError)) as error:
        fetcher(tmp_path, proxy).go_mod(*MODULE)
    assert said in str(error.value)


def test_the_default_is_that_of_goroot(tmp_path: Path) -> None:
    found = Proxies(Settings(find_goroot(), find_target("linux/amd64"), tmp_path, env={"HOME": str(tmp_path)})).list()
    assert [name for name, _ in found][1:] == ["direct"]
    assert found[0][0].startswith("https://")


def test_private_modules_are_asked_of_no_proxy(tmp_path: Path) -> None:
    proxy = publish(tmp_path)
    with pytest.raises(ModuleError, match="version control"):
        fetcher(tmp_path, proxy.as_uri(), GOPRIVATE="example.com").go_mod(*MODULE)


def test_a_wrong_sum_ends_the_load(tmp_path: Path) -> None:
    proxy = publish(tmp_path)
    (tmp_path / "go.sum").write_text(f"{MODULE.path} v1.2.3 h1:{'A' * 43}=\n")
    found = fetcher(tmp_path, proxy.as_uri())
    found.set_sums(str(tmp_path / "go.sum"), [])
    with pytest.raises(LoadError, match="checksum mismatch") as error:
        found.download(MODULE)
    assert "SECURITY ERROR" in str(error.value)
    assert not (tmp_path / "cache/example.com").exists()
    assert left_behind(tmp_path) == []


def test_a_wrong_sum_of_what_is_in_the_cache(tmp_path: Path) -> None:
    proxy = publish(tmp_path)
    fetcher(tmp_path, proxy.as_uri()).download(MODULE)
    (tmp_path / "go.sum").write_text(f"{MODULE.path} v1.2.3 h1:{'A' * 43}=\n{MODULE.path} v1.2.3/go.mod {hash_mod(b'other')}\n")
    found = fetcher(tmp_path, proxy.as_uri())
    found.set_sums(str(tmp_path / "go.sum"), [])
    with pytest.raises(LoadError, match="checksum mismatch"):
        found.download(MODULE)
    with pytest.raises(LoadError, match="checksum mismatch"):
        found.go_mod(*MODULE)


def test_what_no_sum_is_known_of(tmp_path: Path) -> None:
    """A module that the checksum database vouches for, which can't be asked here, is refused; one that it isn't asked about is not."""
    proxy = publish(tmp_path)
    with pytest.raises(ModuleError, match="invalid GOSUMDB"):
        fetcher(tmp_path, proxy.as_uri(), GOSUMDB="sums.example.com").go_mod(*MODULE)
    assert fetcher(tmp_path, proxy.as_uri(), GOSUMDB="sums.example.com", GONOSUMDB="example.com/*").go_mod(*MODULE) == GO_MOD


def large_entry() -> bytes:
    """An archive that states a size which it doesn't have: the one of a file in its directory is raised."""
    data = bytearray(zipped({PREFIX + "go.mod": GO_MOD}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 600 << 20)
    return bytes(data)


HOSTILE = {
    "no archive": (b"<html>", "not a valid zip file"),
    "empty": (b"", "not a valid zip file"),
    "cut off": (GOOD[:-30], "not a valid zip file"),
    "other module": (zipped({"example.com/other@v1.0.0/x.go": b"package x\n"}), "has unexpected file example.com/other@v1.0.0/x.go"),
    "upwards": (zipped({PREFIX + "../../evil.go": b"package x\n"}), "invalid path element"),
    "absolute": (zipped({"/etc/passwd": b""}), "has unexpected file /etc/passwd"),
    "case": (zipped({PREFIX + "a.go": b"package a\n", PREFIX + "A.go": b"package a\n"}), "case-insensitive file name collision"),
    "case of folders": (zipped({PREFIX + "a/x.go": b"", PREFIX + "A/y.go": b""}), "case-insensitive file name collision"),
    "file and folder": (zipped({PREFIX + "a": b"", PREFIX + "a/b": b""}), "is both a file and a directory"),
    "device": (zipped({PREFIX + "aux.go": b""}), '"aux" disallowed as path element component on Windows'),
    "backslash": (zipped({PREFIX + "a\\b.go": b""}), "invalid char"),
    "control": (zipped({PREFIX + "a\nb.go": b""}), ""),
    "inner go.mod": (zipped({PREFIX + "sub/go.mod": b""}), "go.mod file not in module root directory"),
    "capital go.mod": (zipped({PREFIX + "GO.MOD": b""}), "go.mod files must have lowercase names"),
    "too large": (large_entry(), "too large"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_archives(tmp_path: Path, name: str) -> None:
    archive, said = HOSTILE[name]
    proxy = publish(tmp_path, archive)
    with pytest.raises((LoadError, ModuleError)) as error:
        fetcher(tmp_path, proxy.as_uri()).download(MODULE)
    assert said in str(error.value)
    assert not (tmp_path / "cache/example.com/!plain@v1.2.3").exists()
    assert not (tmp_path / "evil.go").exists()
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("info", [b"", b"[]", b"{", b'{"Version":5}', b'{"Version":"v9.9.9"}', b"[" * 100_000])
def test_lies_about_versions(tmp_path: Path, server: Server, info: bytes) -> None:
    server.answers = {".info": sends(info)}
    with pytest.raises(ModuleError, match=r"invalid response|instead of requested version"):
        fetcher(tmp_path, address(server)).info(MODULE)
    assert not list((tmp_path / "cache").rglob("*.info"))


def test_a_silent_proxy_is_given_up(tmp_path: Path, server: Server) -> None:
    given_up = threading.Event()
    ends: queue.Queue[bool] = queue.Queue()
    server.answers = {".mod": lambda request: ends.put(given_up.wait(60))}
    with pytest.raises(ModuleError):
        fetcher(tmp_path, address(server), timeout=0.3).go_mod(*MODULE)
    given_up.set()
    assert ends.get(), "the proxy was waited for"


def test_a_trickling_proxy_is_given_up(tmp_path: Path, server: Server) -> None:
    def trickle(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            for _ in range(400):
                request.wfile.write(b"x")
                request.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    server.answers = {".mod": trickle}
    with pytest.raises(ModuleError, match="too slow"):
        fetcher(tmp_path, address(server), timeout=0.4).go_mod(*MODULE)


def test_an_answer_that_breaks_off(tmp_path: Path, server: Server) -> None:
    def short(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "100000")
        request.end_headers()
        request.wfile.write(b"module")

    server.answers = {".zip": short}
    with pytest.raises((LoadError, ModuleError)):
        fetcher(tmp_path, address(server)).download(MODULE)
    assert left_behind(tmp_path) == []


def test_an_endless_answer(tmp_path: Path, server: Server) -> None:
    def endless(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"x" * 65536)
        except OSError:
            return

    server.answers = {".mod": endless}
    with pytest.raises(ModuleError, match="too large"):
        fetcher(tmp_path, address(server)).go_mod(*MODULE)


def test_unfinished_work_is_done_again(tmp_path: Path) -> None:
    proxy = publish(tmp_path)
    folder = tmp_path / "cache/example.com/!plain@v1.2.3"
    place = tmp_path / "cache/cache/download/example.com/!plain/@v"
    folder.mkdir(parents=True)
    place.mkdir(parents=True)
    (folder / "p.go").write_text("half")
    (place / "v1.2.3.partial").touch()
    fetcher(tmp_path, proxy.as_uri()).download(MODULE)
    assert (folder / "p.go").read_text() == "package p\n"
    assert left_behind(tmp_path) == []


APP = (
    "-- go.mod --\nmodule example.com/app\n\ngo 1.21\n\nrequire example.com/Plain v1.2.3\n"
    '-- app.go --\npackage app\n\nimport _ "example.com/Plain"\nimport _ "example.com/Plain/sub"\n'
)


def test_both_use_one_cache(tmp_path: Path) -> None:
    """What one of the two has downloaded the other takes; and they say the same of it."""
    proxy = publish(tmp_path)
    app = write(tmp_path / "app", APP)
    env = {"GOPROXY": proxy.as_uri(), "GOMODCACHE": str(tmp_path / "cache"), "GOFLAGS": "-modcacherw"}
    said = differences(app, ["./..."], env=env)
    assert said == []  # no go.sum
    good = fetcher(tmp_path, proxy.as_uri())
    good.download(MODULE)
    whole = good.cache_path(MODULE, "zip") + "hash"
    (app / "go.sum").write_text(f"{MODULE.path} v1.2.3 {Path(whole).read_text()}\n{MODULE.path} v1.2.3/go.mod {hash_mod(GO_MOD)}\n")
    assert differences(app, ["./...", "all"], env=env) == []
    assert differences(app, ["./..."], env={**env, "GOMODCACHE": str(tmp_path / "other")}) == []
    assert differences(app, ["./..."], env={**env, "GOPROXY": "off"}) == []


def test_a_whole_load_without_a_proxy(tmp_path: Path) -> None:
    app = write(tmp_path / "app", APP)
    loader = Loader(settings(app, "off"))
    packages = loader.load(["./..."])
    assert "missing go.sum entry" in str(packages[0].imported[0].error)


def test_a_module_graph_that_can_not_be_read(tmp_path: Path) -> None:
    app = write(tmp_path / "app", APP.replace("go 1.21", "go 1.16"))
    (app / "go.sum").write_text(f"{MODULE.path} v1.2.3/go.mod {hash_mod(GO_MOD)}\n")
    with pytest.raises(UserError, match="module lookup disabled by GOPROXY=off"):
        Loader(settings(app, "off")).load(["./..."])


def test_info_is_kept_as_the_go_command_keeps_it(tmp_path: Path) -> None:
    proxy = publish(tmp_path)
    found = fetcher(tmp_path, proxy.as_uri())
    assert found.info(MODULE)["Time"] == "2020-01-02T03:04:05Z"
    kept = json.loads((tmp_path / "cache/cache/download/example.com/!plain/@v/v1.2.3.info").read_text())
    assert kept == {"Version": "v1.2.3", "Time": "2020-01-02T03:04:05Z"}
