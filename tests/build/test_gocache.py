# SPDX-License-Identifier: BSD-3-Clause
"""The two-layer build cache of the image: its protocol by hand, and stock Go on top of it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.image import gocache, goroot

PROGRAM = [sys.executable, "-ISs", gocache.__file__]


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def put(number: int, action: bytes, body: bytes) -> str:
    """A request as the go command writes it: empty lines between, the body as a line of its own."""
    request = {"ID": number, "Command": "put", "ActionID": text(action), "OutputID": text(digest(body)), "BodySize": len(body)}
    return json.dumps(request) + "\n\n" + (f'"{text(body)}"\n' if body else "")


def get(number: int, action: bytes) -> str:
    return json.dumps({"ID": number, "Command": "get", "ActionID": text(action)}) + "\n\n"


def ask(base: Path, own: Path, *requests: str) -> dict[int, Any]:
    """The answers to requests, by number. The program ends by itself after the last."""
    env = {**os.environ, "GOCACHE": str(own)}
    done = subprocess.run([*PROGRAM, base], input="".join(requests), env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0] == {"ID": 0, "KnownCommands": ["get", "put", "close"]}
    return {answer["ID"]: answer for answer in answers[1:]}


CLOSE = json.dumps({"ID": 99, "Command": "close"}) + "\n\n"
ONE, TWO = digest(b"one"), digest(b"two")


def test_what_is_put_is_got_in_this_run_and_the_next(tmp_path: Path) -> None:
    base, own = tmp_path / "base", tmp_path / "own"
    answers = ask(base, own, get(1, ONE), put(2, ONE, b"body"), get(3, ONE), put(4, TWO, b""), get(5, TWO), CLOSE)
    assert answers[1] == {"ID": 1, "Miss": True}
    for answer, body in ((answers[3], b"body"), (answers[5], b"")):
        assert base64.b64decode(answer["OutputID"]) == digest(body)
        assert answer["Size"] == len(body)
        assert Path(answer["DiskPath"]).read_bytes() == body
    assert answers[2]["DiskPath"] == answers[3]["DiskPath"]
    assert answers[99] == {"ID": 99}
    again = ask(base, own, get(1, ONE))
    assert {**again[1], "ID": 3} == answers[3]


def test_the_layer_below_is_found_and_never_written(tmp_path: Path) -> None:
    base, own = tmp_path / "base", tmp_path / "own"
    ask(tmp_path / "none", base, put(1, ONE, b"below"))
    goroot.freeze(base, 1_700_000_000)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in base.rglob("*") if path.is_file()}
    answers = ask(base, own, get(1, ONE), put(2, TWO, b"below"), put(3, ONE, b"other"), get(4, ONE), CLOSE)
    assert Path(answers[1]["DiskPath"]).is_relative_to(base)
    assert answers[1]["Time"] == "2023-11-14T22:13:20.000000000Z"
    assert Path(answers[2]["DiskPath"]).is_relative_to(own)
    # What shipped is what counts: what is compiled is the same wherever it is.
    assert Path(answers[4]["DiskPath"]).is_relative_to(base)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in base.rglob("*") if path.is_file()} == before


def broken(own: Path, how: str) -> None:
    """Breaks what is kept of ONE."""
    (entry,), (output,) = own.glob("*/*-a"), own.glob("*/*-d")
    words = entry.read_text().split()
    match how:
        case "no output":
            output.unlink()
        case "short output":
            output.write_bytes(b"bo")
        case "empty":
            entry.write_text("")
        case "cut":
            entry.write_text(" ".join(words[:3]))
        case "another action":
            entry.write_text(" ".join([words[0], TWO.hex(), *words[2:]]))
        case "not a number":
            entry.write_text(" ".join([*words[:3], "x", words[4]]))
        case "not text":
            entry.write_bytes(b"\xff\xfe\0")
        case "a folder":
            entry.unlink()
            entry.mkdir()


@pytest.mark.parametrize("how", ["no output", "short output", "empty", "cut", "another action", "not a number", "not text", "a folder"])
def test_what_is_broken_is_not_there(tmp_path: Path, how: str) -> None:
    ask(tmp_path / "base", tmp_path, put(1, ONE, b"body"))
    broken(tmp_path, how)
    answers = ask(tmp_path / "base", tmp_path, get(1, ONE), put(2, ONE, b"body"), get(3, ONE))
    assert answers[1] == {"ID": 1, "Miss": True}
    if how != "a folder":
        assert Path(answers[3]["DiskPath"]).read_bytes() == b"body"


def test_what_cant_be_kept_is_told_and_the_program_goes_on(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("a file is in the way")
    answers = ask(tmp_path / "base", tmp_path / "own", put(1, ONE, b"body"), get(2, ONE), CLOSE)
    assert "Not a directory" in answers[1]["Err"] or "File exists" in answers[1]["Err"]
    assert answers[2] == {"ID": 2, "Miss": True}


def test_what_nobody_uses_goes_after_days_and_what_is_used_stays(tmp_path: Path) -> None:
    ask(tmp_path / "base", tmp_path, put(1, ONE, b"used"), put(2, TWO, b"unused"), CLOSE)
    assert int((tmp_path / "trim.txt").read_text()) <= time.time()
    week = time.time() - 7 * 24 * 3600
    for path in tmp_path.glob("??/*"):
        os.utime(path, (week, week))
    ask(tmp_path / "base", tmp_path, get(1, ONE), CLOSE)
    assert len(list(tmp_path.glob("??/*"))) == 4, "it was tidied today"
    (tmp_path / "trim.txt").write_text(str(int(week)))
    answers = ask(tmp_path / "base", tmp_path, get(1, ONE), CLOSE, get(2, ONE))
    assert set(answers) == {1, 99}, "nothing is answered after close"
    assert sorted(path.read_bytes() for path in tmp_path.glob("??/*-d")) == [b"used"]


def test_it_says_what_it_is_where_a_person_starts_it() -> None:
    env = {name: value for name, value in os.environ.items() if name != "GOCACHE"}
    done = subprocess.run([*PROGRAM, "/nowhere"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("gocache: is started by the go command")


def test_stock_go_compiles_nothing_twice(tmp_path: Path) -> None:
    """Two packages that need no other: compiled into the layer below as the image does it, then found from above."""
    root = find_goroot()
    base, own = tmp_path / "base", tmp_path / "own"
    base.mkdir()
    env = goroot.environment(root, base, "linux/arm64")
    build = [str(root / "bin/go"), "build", "-trimpath", "-x", "container/ring", "unicode/utf8"]

    def compiled(env: dict[str, str]) -> int:
        done = subprocess.run(build, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
        return sum("/compile -o" in line for line in done.stderr.splitlines())

    assert compiled(env) == 2
    goroot.freeze(base, goroot.release_time(root))
    above = {**env, "GOCACHE": str(own), "GOCACHEPROG": " ".join([*PROGRAM, str(base)])}
    assert compiled(above) == 0
    assert not list(own.glob("*/*-a"))
    # Other flags are other objects: they come to lie above, and are found there too, without the program as well.
    build[2] = "-trimpath=false"
    assert compiled(above) == 2
    assert compiled(above) == 0
    assert compiled({name: value for name, value in above.items() if name != "GOCACHEPROG"}) == 0
