# SPDX-License-Identifier: BSD-3-Clause
"""The command line itself: help, exit statuses, and that stray input is answered with a line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pygo_cross import GO_RELEASE, __version__
from pygo_cross.cli.main import COMMANDS
from pygo_cross.diag import Pos, UserError

ROOT = Path(__file__).parent.parent.parent


def test_help(cli: Any) -> None:
    done = cli("--help")
    assert done.returncode == 0
    for name, what in COMMANDS.items():
        assert f"  {name} " in done.stdout and what in done.stdout
    assert cli().returncode == 2


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "link"])
def test_help_of_each(name: str, cli: Any) -> None:
    done = cli(name, "--help", fresh=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: pygo-cross {name}")
    assert cli("help", name).stdout == done.stdout


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["biuld"], "there is no command 'biuld'; did you mean build?"),
        (["--what"], "there is no command '--what'"),
        (["targets", "x"], "unrecognized arguments: x"),
        (["check", "--conf", "x"], "unrecognized arguments: --conf x"),
        (["check"], "there is no toolchain.yaml here, and no go.mod; name one with -f"),
        (["build"], "there is no toolchain.yaml here"),
        (["smoke"], "there is no toolchain.yaml here"),
        (["run"], "usage: pygo-cross run"),
    ],
)
def test_usage(args: list[str], message: str, cli: Any, tmp_path: Path) -> None:
    done = cli(*args, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_version(cli: Any) -> None:
    for name in ("version", "--version"):
        assert f"pygo-cross {__version__}\ngo {GO_RELEASE}\n" in cli(name).stdout
    facts = json.loads(cli("version", "--json").stdout)
    assert (facts["pygo-cross"], facts["lief"], facts["unicorn"]) == (__version__, "1.0.0", "2.1.4")
    assert cli("version", env={"GOROOT": "/usr"}).returncode == 0


def test_targets(cli: Any) -> None:
    lines = cli("targets").stdout.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64"]
    facts = {target["name"]: target for target in json.loads(cli("targets", "--json").stdout)}
    assert facts["darwin/arm64"]["base_address"] == 1 << 32
    assert facts["linux/arm64"]["emulation"]["qemu"] == "qemu-aarch64"


def test_check(cli: Any, hello: Path) -> None:
    done = cli("check", cwd=hello)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "toolchain.yaml: ok: 1 build, 5 artifacts\n")
    assert cli("check", "-q", "--print", cwd=hello).stdout.splitlines()[0] == "hello darwin/amd64 hello_darwin_amd64/hello"
    assert len(json.loads(cli("check", "--json", cwd=hello).stdout)) == 5
    assert cli("check", cwd=hello.parent, env={"PYGO_CROSS_CONFIG": "hello/toolchain.yaml"}).returncode == 0
    assert cli("check", "-f", "hello/toolchain.yaml", cwd=hello.parent, env={"PYGO_CROSS_CONFIG": "nothing"}).returncode == 0


def test_check_finds_what_is_not_there(cli: Any, hello: Path) -> None:
    (hello / "toolchain.yaml").write_text(
        "version: 1\nproject: p\nbuilds:\n- main: ./gone\n  smoke: [{files: [gone]}]\n"
        "- id: q\n  dir: gone\n- id: r\n  ldflags: ['{{ .Nope }}']\n"
    )
    done = cli("check", cwd=hello)
    assert (done.returncode, done.stdout) == (2, "")
    assert "toolchain.yaml:9:13: unknown variable {{ .Nope }}" in done.stderr
    (hello / "toolchain.yaml").write_text((hello / "toolchain.yaml").read_text().replace(".Nope", ".Os"))
    assert cli("check", cwd=hello).stderr.splitlines() == [
        "toolchain.yaml:4:9: main: ./gone is not in .",
        "toolchain.yaml:5:11: files: gone is not in .",
        "toolchain.yaml:7:8: dir: gone is not a folder",
    ]


def test_every_mistake_of_a_file_in_order(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "toolchain.yaml").write_text("version: 1\nprojct: x\nbuilds:\n  - targets: linux\n    ldflag: []\n")
    done = cli("check", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "toolchain.yaml:1:1: the key project is missing; The project's name",
        "toolchain.yaml:2:1: unknown key projct; did you mean project?",
        "toolchain.yaml:4:14: targets: expected a list of text, found text",
        "toolchain.yaml:5:5: unknown key ldflag; did you mean ldflags?",
    ]


def test_jsonschema(cli: Any) -> None:
    assert cli("jsonschema").stdout == (ROOT / "pygo_cross/data/toolchain.schema.json").read_text()


def test_a_file_of_the_current_folder_never_stands_in_for_a_module(cli: Any, hello: Path) -> None:
    for name in ("yaml.py", "json.py", "pygo_cross.py"):
        (hello / name).write_text("raise SystemExit('not me')\n")
    assert cli("check", "-q", cwd=hello).returncode == 0


def test_a_reader_that_goes_away() -> None:
    command = f"'{sys.executable}' -P -m pygo_cross jsonschema | head -c 1 >/dev/null"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_only_what_is_needed_is_imported() -> None:
    """`link` starts once for every program; a slow import there is paid every time."""
    code = (
        "import sys, pygo_cross.cli.main as m; m.main(['--help'])\n"
        "print([name for name in ('yaml', 'lief', 'argparse', 'tqdm') if name in sys.modules])"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-P", "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_our_own_mistakes_are_told_in_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from pygo_cross.cli import main

    def broken(argv: list[str]) -> int:
        raise RuntimeError("oops")

    monkeypatch.setattr(main, "main", broken)
    monkeypatch.delenv("PYGO_CROSS_DEBUG", raising=False)
    with pytest.raises(SystemExit) as ended:
        main.entry()
    assert ended.value.code == 1
    assert "internal error: RuntimeError: oops" in capsys.readouterr().err

    def wrong(argv: list[str]) -> int:
        raise UserError.one("c", "what", "do", Pos("f", 1, 2), status=3)

    monkeypatch.setattr(main, "main", wrong)
    with pytest.raises(SystemExit) as ended:
        main.entry()
    assert ended.value.code == 3
    assert capsys.readouterr().err == "f:1:2: what; do\n"


def test_a_bar_on_a_terminal(hello: Path) -> None:
    """On a terminal there is a bar, and it is gone when the work is done; what stays is a line a target and the table."""
    import pty
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    for name in ("CI", "NO_COLOR"):
        env.pop(name, None)
    command = [sys.executable, "-P", "-m", "pygo_cross", "build", "--builder", "go", "--target", "linux/amd64"]
    with subprocess.Popen(command, cwd=hello, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs) as child:
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # how a terminal says that nobody writes to it any more
                break
            if not piece:
                break
            written += piece
        assert child.wait() == 0, written
    os.close(ours)
    text = written.decode()
    assert "0/1" in text and "\r" in text
    assert "build hello linux/amd64: " in text and any(line.endswith("dist/hello_linux_amd64/hello") for line in text.splitlines())
