# SPDX-License-Identifier: BSD-3-Clause
"""The page as a file: what is in it, that nothing of it can become markup, and what writing it again keeps."""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from shown_program import HOSTILE

from pygo_cross.build.artifacts import record_of
from pygo_cross.build.report.contents import Contents
from pygo_cross.build.report.pack import pack, unpack
from pygo_cross.build.report.page import Page, read_back, render
from pygo_cross.build.report.text import bytes_of, escape, escape_lines, seconds_of, visible
from pygo_cross.build.report.update import update_report
from pygo_cross.diag import UserError
from pygo_cross.exe.buildinfo import BuildInfo, Module


class Tags(HTMLParser):
    """The tags of a page, their attributes, and its text outside of scripts and styles."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._raw = ""
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._raw = tag if tag in ("script", "style") else self._raw

    def handle_endtag(self, tag: str) -> None:
        self._raw = "" if tag == self._raw else self._raw

    def handle_data(self, data: str) -> None:
        if not self._raw:
            self.text += data


def page_of(text: str) -> Page:
    """A page with this text wherever a build could put one."""
    binary = {
        "type": "Binary", "name": text, "path": f"x_linux_amd64/{text}", "size": 74, "sha256": text, "id": text, "build": text,
        "target": text, "goos": "linux", "goarch": "amd64", "variant": text, "contains": [text], "stages": {text: text},
        "extra": {text: text},
        "smoke": [
            {"args": [text], "ok": False, "runner": text, "exit": 1, "stdout": text, "stderr": text, "error": text, "missing": [text]},
            {"args": [text], "ok": True, "runner": text, "exit": 0, "stdout": text, "stderr": "", "sha256": text},
            {"args": [text], "ok": False, "error": text, "missing": {text: text}},
        ],
    }  # fmt: skip
    archive = {**binary, "type": text, "path": text, "smoke": None, "sha256": "0"}
    image = {**archive, "type": "Docker Image", "path": f"{text}.oci", "sha256": "1", "contains": [text]}
    image["extra"] = {"Platforms": [text], "Repositories": [text], "Tags": [text], "Digest": text}
    sbom = {**archive, "type": "SBOM", "path": f"{text}.json", "sha256": "2", "contains": [], "extra": {"Subject": f"{text}.oci"}}
    record = {**record_of(text, (), {}), "artifacts": [binary, archive, image, sbom], "tool": text, "go": text}
    contents = Contents(
        74, text, [text], [text], [text], [0], [0], [10], [0], [0], [0], [0], [("headers", text, 60), (text, text, 4)]
    )
    info = BuildInfo(text, text, Module(text, text), (Module(text, text, text, Module(text, text)),), ((text, text),))
    facts = dict.fromkeys(("Version", "Tag", "Branch", "Commit", "FullCommit", "CommitTimestamp"), text)
    path = f"x_linux_amd64/{text}"
    return Page(record, facts, {path: {"build": 1.0, "smoke": 2.0}}, {path: info}, pack({path: contents}))


PAYLOADS = [
    HOSTILE, "' onload='alert(1)", '"><svg onload=alert(1)>', "javascript:alert(1)", "<!--", "]]>", "&lt;b&gt;", "</title><b>",
    "\0\x1b[31m\x9b",
    "\u202edlrow\u202c", "\udc80\udcff", "$policy ${script} $$", "${alert(1)}", "a\nb\tc", "//example.com/x", "\ud800", "</style><b>",
]  # fmt: skip


@pytest.mark.parametrize("text", PAYLOADS, ids=range(len(PAYLOADS)))
def test_no_text_becomes_markup(text: str) -> None:
    plain, hostile = Tags(render(page_of("plain"))), Tags(render(page_of(text)))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(attributes) for _, attributes in hostile.tags] == [sorted(attributes) for _, attributes in plain.tags]
    for tag, attributes in hostile.tags:
        assert not any(name.startswith("on") or name in ("style", "src") for name in attributes), tag
        target = attributes.get("href")
        assert target is None or target in ("data:,", "#content", "#inside") or (target or "").startswith("./")
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", hostile.text)


def test_what_a_page_says() -> None:
    page = page_of("thing")
    html = render(page)
    text = Tags(html).text
    for expected in (
        *("thing", "2 of 3", "smoke runs failed", "build 1.0 s, smoke 2.0 s", "74 B", "What is wrong", "Go thing"),
        *("Platforms: thing", "SBOM: thing.json"),
    ):
        assert expected in text, expected
    assert html.index(b'<h2 id="failed">') < html.index(b'<h2 id="inside">') < html.index(b'<h2 id="smoke">')
    assert html == render(page)
    assert b"http" not in html.replace(b"http-equiv", b"")


def test_the_policy_is_of_these_scripts() -> None:
    html = render(page_of("x"))
    (policy,) = [attributes["content"] for tag, attributes in Tags(html).tags if attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy
    assert html.count(b"<script>") == 1 and html.count(b"<style>") == 1


def test_a_page_gives_back_what_it_keeps() -> None:
    page = page_of(HOSTILE)
    found = read_back(render(page))
    assert found is not None
    facts, contents = found
    assert facts["facts"] == page.facts and facts["times"] == page.times and contents == page.contents


def test_what_is_no_page_gives_nothing_back() -> None:
    html = render(page_of("x"))
    assert read_back(b"") is None
    assert read_back(html[: html.index(b'id="contents">') + 60]) is None
    assert read_back(html.replace(b'"times":', b'"time":')) is None
    contents = html.index(b'id="contents">') + 60
    assert read_back(html[:contents] + b"!!!" + html[contents:]) is None
    assert read_back(html.replace(b'id="facts">{', b'id="facts">' + b"[" * 100_000)) is None


def test_texts_of_sizes_and_times() -> None:
    assert [bytes_of(size) for size in (0, 999, 1000, 1500, 12_345, 999_499, 999_500, 123_456_789)] == [
        "0 B", "999 B", "1.00 kB", "1.50 kB", "12.3 kB", "999 kB", "1.00 MB", "123 MB",
    ]  # fmt: skip
    assert [seconds_of(seconds) for seconds in (0, 1.25, 89.94, 125)] == ["0.0 s", "1.2 s", "89.9 s", "2 min 5 s"]


def test_texts_that_do_not_show() -> None:
    assert visible("a\x1b\u202e\udc80\n") == "a␛\\u202e\\x80␊"
    assert escape("<a href='x'>&") == "&lt;a href=&#x27;x&#x27;&gt;&amp;"
    assert escape_lines("<\n\t\r\0") == "&lt;\n\t␍␀"


# ---- a real build


def test_what_a_build_leaves(shown: Path) -> None:
    """Every binary is on the page with all its symbols, and the page is in no list of artifacts."""
    found = read_back((shown / "built.html").read_bytes())
    assert found is not None
    facts, packed = found
    record = json.loads((shown / "dist/artifacts.json").read_text())
    binaries = {entry["path"]: entry for entry in record["artifacts"] if entry["type"] == "Binary"}
    everything = unpack(packed)
    assert everything["binaries"].keys() == facts["times"].keys() == binaries.keys()
    for path, binary in everything["binaries"].items():
        assert (binary["size"], binary["sha256"]) == (binaries[path]["size"], binaries[path]["sha256"])
        assert binary["why"] and len(binary["name"]) > 5000
        assert facts["times"][path]["build"] > 0
    assert not any("report" in entry["path"] for entry in record["artifacts"])
    assert "report.html" not in (shown / "dist/checksums.txt").read_text()


def test_smoke_adds_to_the_page(shown: Path) -> None:
    before, after = (read_back(path.read_bytes()) for path in (shown / "built.html", shown / "dist/report.html"))
    assert before is not None and after is not None
    assert before[1] == after[1] and before[0]["facts"] == after[0]["facts"]
    for path, times in after[0]["times"].items():
        assert times["build"] == before[0]["times"][path]["build"] and times["smoke"] > 0
    text = Tags((shown / "dist/report.html").read_bytes()).text
    assert "1 of 3" in text and "asked to fail: [<b>fail</b>]" in text and "exit status 3, expected 0" in text
    assert "Nothing was run" in Tags((shown / "built.html").read_bytes()).text


def test_a_page_goes_with_its_build(cli: Callable[..., Any], hello: Path) -> None:
    """Where there is a page, it is about what is there."""
    page = hello / "dist/report.html"
    build = ("build", "-q", "--builder", "go", "--target", "linux/amd64")
    assert cli(*build, cwd=hello).returncode == 0 and page.exists()
    assert cli(*build, "--skip=report", cwd=hello).returncode == 0 and not page.exists()
    assert cli("smoke", "-q", "--target", "linux/amd64", cwd=hello).returncode == 0 and not page.exists()
    assert cli("report", cwd=hello).returncode == 0 and page.exists()
    source = (hello / "main.go").read_text()
    (hello / "main.go").write_text(source + "func (\n")
    assert cli(*build, cwd=hello).returncode == 1 and not page.exists()


def test_a_page_that_was_lost(shown: Path, tmp_path: Path, cli: Callable[..., Any]) -> None:
    """Without its page a build's binaries still tell something; a damaged page counts as lost."""
    dist = tmp_path / "dist"
    shutil.copytree(shown / "dist", dist)
    whole = (dist / "report.html").read_bytes()
    (dist / "report.html").unlink()
    assert update_report(dist) is None and not (dist / "report.html").exists()
    for damaged in (None, whole[: whole.index(b'id="contents">') + 500], b"x"):
        if damaged is not None:
            (dist / "report.html").write_bytes(damaged)
        done = cli("report", dist)
        assert (done.returncode, done.stdout.strip()) == (0, str(dist / "report.html")), done.stderr
        found = read_back((dist / "report.html").read_bytes())
        assert found is not None
        for binary in unpack(found[1])["binaries"].values():
            assert len(binary["name"]) > 1000 and not binary["why"]
    # With the page it stays as it is.
    (dist / "report.html").write_bytes(whole)
    assert cli("report", "--json", dist).returncode == 0
    assert (dist / "report.html").read_bytes() == whole


def test_reports_of_what_is_not_there(shown: Path, tmp_path: Path, cli: Callable[..., Any]) -> None:
    done = cli("report", tmp_path / "no")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "run pygo-cross build first" in done.stderr
    dist = tmp_path / "dist"
    shutil.copytree(shown / "dist", dist)
    (dist / "shown_linux_amd64/shown").write_bytes(b"other")
    with pytest.raises(UserError, match="is not the file that was built"):
        update_report(dist, create=True)
    shutil.rmtree(dist)
    shutil.copytree(shown / "dist", dist)
    (dist / "report.html").unlink()
    (dist / "report.html").mkdir()
    done = cli("report", dist)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "can't be written" in done.stderr


def test_a_record_of_anything(shown: Path, tmp_path: Path) -> None:
    """A record that somebody changed by hand is refused in one line, not shown."""
    record = json.loads((shown / "dist/artifacts.json").read_text())
    for change in ({"smoke": 3}, {"size": "x"}, {"type": 1}, {"path": "../x"}):
        changed = copy.deepcopy(record)
        changed["artifacts"][0].update(change)
        dist = tmp_path / "dist"
        shutil.copytree(shown / "dist", dist, dirs_exist_ok=True)
        (dist / "artifacts.json").write_text(json.dumps(changed))
        with pytest.raises(UserError):
            update_report(dist, create=True)
