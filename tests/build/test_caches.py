# SPDX-License-Identifier: BSD-3-Clause
"""What is kept between builds: stock's archives come back with another build id, damage is found, what is unused goes."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from go_programs import go

from pygo_cross.build import caches
from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.stockcache import StockCache
from pygo_cross.cli import cache as command
from pygo_cross.frontend.record import Record, Store, digest
from pygo_cross.wholefile import put

TOOL = str(next((find_goroot() / "pkg/tool").iterdir()) / "compile")


def filled(root: Path) -> bytes:
    """A cache with a record in it."""
    data = Record("p").encode()
    Store(root / "records").add(digest(data), data)
    return data


def test_stocks_archives_are_kept_under_all_that_they_depend_on(tmp_path: Path) -> None:
    source, output, other = tmp_path / "p.go", tmp_path / "a/p.a", tmp_path / "b/p.a"
    for folder in (output.parent, other.parent):
        folder.mkdir()
    source.write_text("package p\n\nconst X = 1\n")
    kept = StockCache(tmp_path / "stock")

    def words(build_id: str, place: Path) -> list[str]:
        return ["-p", "p", "-buildid", build_id, "-trimpath", f"{place.parent}=>", str(source)]

    def key(build_id: str, place: Path, env: dict[str, str] | None = None) -> str:
        return kept.key(TOOL, words(build_id, place), [str(source)], str(place), env or {})

    first = key("aaaa/bbbb", output)
    header = tmp_path / "go_asm.h"
    assert not kept.get(first, "aaaa/bbbb", str(output), str(header))
    made = ["-asmhdr", str(header), "-o", str(output)]
    subprocess.run([TOOL, *made, *words("aaaa/bbbb", output)], check=True)
    kept.put(first, "aaaa/bbbb", str(output), str(header))
    text = header.read_text()
    header.unlink()
    assert key("cccc/dddd", other) == first  # neither the build id nor the scratch folder counts
    assert kept.get(first, "cccc/dddd", str(other), str(header))
    assert header.read_text() == text
    assert go("tool", "buildid", str(other)).strip() == "cccc/dddd"
    assert other.read_bytes() == output.read_bytes().replace(b"aaaa/bbbb", b"cccc/dddd")
    assert key("aaaa/bbbb", output, {"GOAMD64": "v3"}) != first
    source.write_text("package p\n\nconst X = 2\n")
    assert key("aaaa/bbbb", output) != first
    place = next(path for path in (tmp_path / "stock").rglob("*") if path.is_file())
    place.write_bytes(place.read_bytes()[:-1])
    assert not kept.get(first, "cccc/dddd", str(other), str(header))


def test_damage_is_found_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    data = filled(tmp_path)
    monkeypatch.setenv("PYGO_CROSS_CACHE", str(tmp_path))
    monkeypatch.delenv("GOCACHE", raising=False)
    assert command.run(["verify"]) == 0
    (place,) = (tmp_path / "records").glob("??/*")
    place.write_bytes(data + b"x")
    left = place.with_name(f".{place.name}.1.1")
    left.write_bytes(b"half")
    assert command.run(["verify"]) == 1
    assert capsys.readouterr().out.splitlines() == [f"{place}: damaged; removed"]
    assert left.exists()  # it may be another build's, which is about to rename it
    os.utime(left, (0, 0))
    assert caches.verify(tmp_path) == [left]
    assert command.run(["show"]) == 0
    assert "0 files" in capsys.readouterr().out


def test_what_is_unused_is_trimmed(tmp_path: Path) -> None:
    data = filled(tmp_path)
    later = time.time() + 20 * 86400
    assert caches.trim(tmp_path, 30, later) == (0, 0)
    (row,) = (row for row in caches.contents(tmp_path, later) if row.kind.folder == "records")
    assert (row.files, row.size, round(row.oldest)) == (1, len(data), 20)
    assert caches.trim(tmp_path, 10, later) == (1, len(data))
    assert Store(tmp_path / "records").get(digest(data)) is None


def test_a_cache_that_can_not_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = Store(tmp_path / "file/records")
    store.add("00" * 20, b"x")
    caches.tend(tmp_path / "file/cache")
    kept = StockCache(tmp_path / "file/stock")
    kept.put("00" * 20, "", str(tmp_path / "file"), "")
    assert not kept.get("00" * 20, "", str(tmp_path / "out"), "")


BUSY = """
import random, sys
from pathlib import Path
from pygo_cross.build import caches
from pygo_cross.build.stockcache import StockCache
from pygo_cross.frontend.record import Store, digest
root, seed = Path(sys.argv[1]), int(sys.argv[2])
chance = random.Random(seed)
made = root / f"made{seed}"
print("ready", flush=True)
while True:
    data = random.Random(chance.randrange(40)).randbytes(200_000)
    store = Store(root / "records")
    store.add(digest(data), data)
    assert Store(root / "records").get(digest(data)) in (data, None)
    kept, key = StockCache(root / "stock"), data[:24].hex()
    if kept.get(key, "a/b", str(made), ""):
        assert made.read_bytes() == data
    made.write_bytes(data)
    kept.put(key, "a/b", str(made), "")
    if chance.random() < 0.05:
        caches.trim(root, 0)
"""


def test_builds_at_once_that_are_killed_leave_nothing_damaged(tmp_path: Path) -> None:
    """Processes write, read and trim one cache until they are killed in the midst of it: none fails, and what is left is whole."""
    busy = [
        subprocess.Popen([sys.executable, "-c", BUSY, str(tmp_path), str(seed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for seed in range(4)
    ]
    try:
        for process in busy:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        while len(list(tmp_path.glob("*/??/*"))) < 8:
            time.sleep(0.01)
    finally:
        for process in busy:
            process.kill()
        told = [process.communicate() for process in busy]
    assert [(process.returncode, error) for process, (_, error) in zip(busy, told, strict=True)] == [(-signal.SIGKILL, b"")] * 4
    assert [path for path in caches.verify(tmp_path) if not path.name.startswith(".")] == []
    assert caches.trim(tmp_path, 0, time.time() + 1)[0] and not list(tmp_path.glob("*/??/*"))


def test_a_disk_that_is_full_keeps_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    """Writing fails in the midst of a file, as on a full disk: here because a process may not write more."""
    code = (
        "import sys, resource; from pathlib import Path; from pygo_cross.frontend.record import Store, digest\n"
        "from pygo_cross.build.stockcache import StockCache; from pygo_cross.cli import compile\n"
        "from pygo_cross.diag import UserError\n"
        "root = Path(sys.argv[1]); data = bytes(100_000); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "Store(root / 'records').add(digest(data), data); StockCache(root / 'stock').put('ab' * 24, '', sys.argv[2], '')\n"
        "try: compile.run(['-p', 'p', '-o', str(root / 'p.a'), sys.argv[3]])\n"
        "except UserError as error: print(error)\n"
    )
    (tmp_path / "large").write_bytes(bytes(100_000))
    (tmp_path / "p.go").write_text("package p\n\nvar X = [...]int{" + ", ".join(map(str, range(2000))) + "}\n")
    put(str(tmp_path / "p.a"), b"what was there")
    env = {**os.environ, "PYTHONPATH": str(Path(caches.__file__).parents[2])}
    # -B: Python would leave a part of what it compiles of our modules, and take that for all of it.
    words = [sys.executable, "-B", "-c", code, str(tmp_path), str(tmp_path / "large"), str(tmp_path / "p.go")]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == f"{tmp_path}/p.a: cannot write: File too large\n"
    assert (tmp_path / "p.a").read_bytes() == b"what was there"
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"large", "p.go", "p.a"}


def test_a_damaged_record_is_written_again(tmp_path: Path) -> None:
    data = filled(tmp_path)
    (place,) = (tmp_path / "records").glob("??/*")
    place.write_bytes(data[:-1])
    store = Store(tmp_path / "records")
    assert store.get(digest(data)) is None
    store.add(digest(data), data)
    assert Store(tmp_path / "records").get(digest(data)) == data


def test_the_go_commands_cache_is_shown_and_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It looks at sizes alone, so an object that a disk has damaged would be linked."""
    monkeypatch.setenv("PYGO_CROSS_CACHE", str(tmp_path))
    monkeypatch.delenv("GOCACHE", raising=False)
    folder = tmp_path / "go-build/ab"
    folder.mkdir(parents=True)
    good = folder / f"{hashlib.sha256(b'object').hexdigest()}-d"
    for place, data in ((good, b"object"), (folder / "abcd-d", b"damaged"), (folder / "abcd-a", b"an entry")):
        place.write_bytes(data)
        os.utime(place, (0, 0))
    (folder / "abce-d").write_bytes(b"being writ")
    assert command.run(["verify"]) == 1
    assert capsys.readouterr().out == f"{folder / 'abcd-d'}: damaged; removed\n"
    (folder / "abce-d").unlink()
    assert command.run([]) == 0
    assert re.search(r"objects +1 files +6 bytes", capsys.readouterr().out)
    assert caches.objects_of({"HOME": "/h"}) == Path("/h/.cache/go-build")
    assert caches.objects_of({"HOME": "/h", "GOCACHE": "/g"}) == Path("/g")
    assert caches.objects_of({}) is None
