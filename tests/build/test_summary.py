# SPDX-License-Identifier: BSD-3-Clause
"""The summary for CI, and what GitHub is told: nothing that a project or a program says becomes markup or a command."""

from __future__ import annotations

import html
import json
import re
import string
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.summary import block, escape, summary
from pygo_cross.cli.ci import commands_of, go_errors, guarded, without_summary
from pygo_cross.diag import Diagnostic, Pos

EVIL = (
    "</pre></details><script>alert(1)</script>", "a|b", "`x`", "[x](http://evil.example)", "![x](y)", "**b** __c__ ~~d~~", "@someone",
    "http://evil.example", "www.evil.example", "&lt;", "a\n\n# b", "a\r\n| c |", "<!-- -->", "\x1b[31mred", "\\|", "a@b.example", ":bug:",
    "#1", "\ud800", "\u202e",
)  # fmt: skip


@pytest.mark.parametrize("text", EVIL)
def test_text_stays_text(text: str) -> None:
    line = escape(text)
    assert "\n" not in line and "\r" not in line
    raw = re.sub(r"&#\d+;", "", line)
    assert not set(raw) & set("<>|`*[]!#@:~\\&\"'\x1b\ud800"), line
    assert "www." not in raw and "__" not in raw
    # What a reader sees is what was said.
    if text.isprintable():
        assert html.unescape(line).replace("\N{REPLACEMENT CHARACTER}", "") == text.replace("\ud800", "").replace("\u202e", "")
    shown = block(text)
    inner = shown.removeprefix("<pre>").removesuffix("</pre>")
    assert not set(re.sub(r"&#\d+;", "", inner)) & set("<>&@:\x1b")
    assert "\n\n" not in inner


def test_limits() -> None:
    assert len(escape("x" * 1000)) == 200 + len("&#8230;")
    assert block("a" * 5000 + "the end").endswith("the end</pre>")
    assert len(block("<" * 100_000)) < 30_000


def record(dist: Path, smoke: Any, name: str = "hello") -> None:
    dist.mkdir(exist_ok=True)
    entry = {
        "type": "Binary", "path": f"{name}_linux_amd64/{name}", "target": "linux/amd64", "build": name, "size": 1234567,
        "sha256": "ab" * 32, "stages": {"link": "pygo-cross 0.1.0"}, "smoke": smoke,
    }  # fmt: skip
    archive = {"type": "Archive", "path": "a.tar.gz", "size": 5, "sha256": "cd" * 32}
    facts = {"Version": "1.2.3"}
    text = json.dumps({"version": 2, "project": name, "facts": facts, "artifacts": [entry, archive]})
    (dist / "artifacts.json").write_text(text)


def test_a_good_build(tmp_path: Path) -> None:
    record(tmp_path, [{"ok": True, "runner": "emulated", "args": []}])
    text = summary("release", tmp_path, 0)
    assert text.startswith("### pygo-cross release: hello 1.2.3: ok\n")
    assert f"| linux/amd64 | hello | 1,234,567 | pygo-cross 0.1.0 | ok (emulated) | <code>{'ab' * 32}</code> |" in text
    assert "<details><summary>1 artifact made of them</summary>\n\n| Type |" in text and "a.tar.gz" in text
    record(tmp_path, None)
    assert "| not run |" in summary("build", tmp_path, 0)


def test_a_failed_run_with_hostile_output(tmp_path: Path) -> None:
    for evil in EVIL:
        run = {
            "ok": False,
            "args": [evil],
            "error": evil,
            "exit": 3,
            "stdout": evil,
            "stderr": evil * 5000,
            "runner": evil,
            "missing": [evil],
        }
        record(tmp_path, [run], name="x" + evil)
        text = summary("smoke", tmp_path, 3)
        assert "**1 of 1 FAILED**" in text and "FAILED, with status 3" in text
        tags = re.findall(r"<[^>]*>", text)
        assert set(tags) <= {"<details>", "</details>", "<summary>", "</summary>", "<pre>", "</pre>", "<code>", "</code>"}, tags
        for name in ("details", "summary", "pre", "code"):
            assert tags.count(f"<{name}>") == tags.count(f"</{name}>")
        rows = [line for line in re.sub("(?s)<pre>.*?</pre>", "", text).splitlines() if line.startswith("| ")]
        assert {row.count("|") for row in rows} == {7, 5}


def test_many_failures_stay_small(tmp_path: Path) -> None:
    record(tmp_path, [{"ok": False, "args": [], "error": "e" * 9000, "stdout": "<" * 70000, "stderr": "<" * 70000, "exit": 1}] * 500)
    text = summary("smoke", tmp_path, 3)
    assert len(text.encode()) < 1 << 20 and "for which there is no room here" in text
    assert text.count("<details>") == text.count("</details>") and text.count("<pre>") == text.count("</pre>")
    text = summary("build", tmp_path, 1, [("x.go:1: <b>undefined</b>\n" * 900, ["hello linux/amd64"])])
    assert "hello linux/amd64 did not build:" in text and "<b>" not in text


def test_without_a_record(tmp_path: Path) -> None:
    assert summary("build", tmp_path / "nowhere", 1) == "### pygo-cross build: FAILED, with status 1\n\n"


def test_on_the_command_line(cli: Any, hello: Path) -> None:
    flags = ("--builder", "go", "-q", "--target", "linux/amd64")
    github = hello / "step.md"
    github.write_text("before\n")
    env = {"GITHUB_STEP_SUMMARY": str(github)}
    assert cli("build", *flags, cwd=hello, env=env).returncode == 0
    assert github.read_text().startswith("before\n### pygo-cross build: hello")
    assert cli("smoke", "-q", "--target", "linux/amd64", "--summary", "smoke.md", cwd=hello, env=env).returncode == 0
    assert "| ok (emulated) |" in (hello / "smoke.md").read_text() and "smoke:" not in github.read_text()
    (hello / "main.go").write_text("package main\nfunc main() { undefinedThere() }\n// ::warning::\n")
    done = cli("build", *flags, cwd=hello, env={**env, "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(hello.parent)})
    assert done.returncode == 1
    assert "FAILED, with status 1" in github.read_text() and "undefined&#58; undefinedThere" in github.read_text()
    assert "::error file=hello/main.go,line=2,col=15,title=go::undefined: undefinedThere" in done.stderr
    before, _, after = done.stderr.partition("::stop-commands::")
    assert after and "undefined" not in before and after.count(after[:32]) == 2
    done = cli("build", *flags, "--summary", "no/such/folder/x.md", cwd=hello)
    assert done.returncode == 1 and "no/such/folder/x.md: can't be written" in done.stderr


def test_mistakes_of_a_file_are_at_their_lines(cli: Any, hello: Path) -> None:
    (hello / "toolchain.yaml").write_text("version: 1\nproject: x\nbuilds:\n  - ldflag: []\n")
    done = cli("check", cwd=hello, env={"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(hello)})
    line = "::error file=toolchain.yaml,line=4,col=5,title=unknown-key::unknown key ldflag; did you mean ldflags?"
    assert line in done.stderr.splitlines()
    assert "::" not in cli("check", cwd=hello, env={"GITHUB_ACTIONS": None}).stderr


def test_commands_can_not_be_forged(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = commands_of([Diagnostic(Pos("a,b:c\n::x", 1, 2), "co:de", "100%\n::add-mask::x\r", "hint")])
    assert "\n" not in line and "\r" not in line
    assert line == "::error file=a%2Cb%3Ac%0A%3A%3Ax,line=1,col=2,title=co%3Ade::100%25%0A::add-mask::x%0D; hint"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    first, *_, last = guarded("::set-output name=x::y").splitlines()
    assert re.fullmatch(r"::stop-commands::[0-9a-f]{32}", first) and last == f"::{first.split('::')[2]}::"
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert guarded("x") == "x"


def test_errors_of_go(tmp_path: Path) -> None:
    (tmp_path / "a.go").write_text("")
    said = "# example.com/x\n./a.go:3:7: undefined: y\nb.s:9: no such instruction\n\tgo: downloading\nx:1: no\n"
    found = go_errors(said, [tmp_path])
    assert [(item.pos.line, item.pos.column, item.message) for item in found] == [(3, 7, "undefined: y"), (9, 0, "no such instruction")]
    assert Path(found[0].pos.file) == tmp_path / "a.go" and found[1].pos.file == "b.s"


def test_arguments_for_a_container() -> None:
    assert without_summary(["--summary", "x", "-q", "--summary=y", "--", "--summary"]) == ["-q", "--", "--summary"]
    assert all(letter in escape(letter) for letter in string.ascii_letters + string.digits)
