# SPDX-License-Identifier: BSD-3-Clause
"""Completion, in the shells themselves: what is offered is what the commands take."""

from __future__ import annotations

import functools
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.cli import completion
from pygo_cross.cli.completion import SHELLS, flags_of_help
from pygo_cross.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent.parent


commands = functools.cache(completion.commands)


def need(shell: str) -> str:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    return found


@functools.cache
def script(shell: str) -> str:
    return SHELLS[shell](commands())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a configuration, files with hard names, and a `pygo-cross` in bin/."""
    (tmp_path / "toolchain.yaml").write_text("version: 1\nproject: p\nbuilds:\n- {id: alpha}\n- {id: beta, targets: [linux/amd64]}\n")
    (tmp_path / "other.yaml").write_text("version: 1\nproject: gamma\n")
    (tmp_path / "a b*c.go").write_text("")
    (tmp_path / "folder x").mkdir()
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin/pygo-cross"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m pygo_cross "$@"\n')
    command.chmod(0o755)
    return tmp_path


def environment(project: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{project}/bin:{os.environ['PATH']}", "HOME": str(project)}


def bash(project: Path, *words: str) -> set[str]:
    """What bash offers behind these words, the last of which is not finished. `=` is a word of its own there."""
    (project / "completion.bash").write_text(script("bash"))
    program = (
        'cd "$1"; source ./completion.bash; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pygo_cross; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        [need("bash"), "--norc", "-c", program, "bash", project, "pygo-cross", *words],
        env=environment(project), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return set(done.stdout.splitlines()) - {"", "completion.bash"}


def fish(project: Path, *words: str) -> set[str]:
    (project / "completion.fish").write_text(script("fish"))
    line = " ".join(["pygo-cross", *(shlex.quote(word) if word else word for word in words)])
    program = f"cd {shlex.quote(str(project))}; source completion.fish; complete -C {shlex.quote(line)}"
    done = subprocess.run(
        [need("fish"), "--no-config", "-c", program], env=environment(project), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return {offer.split("\t")[0] for offer in done.stdout.splitlines()} - {"completion.fish"}


_ZSH_SETUP = r"""
unsetopt zle_bracketed_paste prompt_cr prompt_sp; stty -echo columns 200 rows 500; LISTMAX=0; setopt no_beep
autoload -U compinit; compinit -u -D; source ./completion.zsh; zstyle ':completion:*' verbose no
_all() {
    print -r -- '<<<'
    compadd() { local -a got; builtin compadd -O got "$@"; print -rl -- $got; builtin compadd "$@"; }
    _main_complete
    print -r -- '>>>'
}
zle -C all list-choices _all; bindkey '^X' all; echo re''ady
"""


def zsh(project: Path, *words: str) -> set[str]:
    """As for the others, through a terminal: zsh completes nowhere else."""
    shell = need("zsh")
    (project / "completion.zsh").write_text(script("zsh"))
    line = " ".join(["pygo-cross", *words])
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(project)
        os.execve(shell, [shell, "-f", "-i"], {**environment(project), "TERM": "dumb", "PS1": "", "LC_ALL": "C.UTF-8"})
    said = b""

    def until(mark: bytes) -> bytes:
        nonlocal said
        while mark not in said:
            ready, _, _ = select.select([terminal], [], [], 60)
            piece = os.read(terminal, 65536) if ready else b""
            assert piece, said
            said += piece
        found, _, said = said.partition(mark)
        return found

    try:
        os.write(terminal, _ZSH_SETUP.encode())
        until(b"ready")
        os.write(terminal, line.encode() + b"\x18")
        until(b"<<<")
        return set(until(b">>>").decode().split("\r\n")) - {"", "completion.zsh"}
    finally:
        os.close(terminal)
        os.waitpid(child, 0)


ALL = pytest.mark.parametrize("complete", [bash, zsh, fish], ids=["bash", "zsh", "fish"])


@ALL
def test_commands(complete: Any, project: Path) -> None:
    assert set(COMMANDS) <= complete(project, "")
    assert complete(project, "bu") == {"build"}
    assert complete(project, "help", "heal") == {"healthcheck"}


@ALL
def test_flags(complete: Any, project: Path) -> None:
    assert {"--target", "--single-target", "--json"} <= complete(project, "build", "--")
    assert complete(project, "smoke", "--runn") == {"--runner"}
    assert {"--mount", "--seed", "--trace-syscalls"} <= complete(project, "run", "--")


@ALL
def test_values(complete: Any, project: Path) -> None:
    assert complete(project, "build", "--target", "linux/a") == {"linux/amd64", "linux/arm64"}
    assert complete(project, "build", "--target", "linux_amd64_") == {f"linux_amd64_v{level}" for level in range(1, 5)}
    assert complete(project, "build", "--progress", "") == {"auto", "plain", "none"}
    assert complete(project, "completion", "") == {"bash", "zsh", "fish"}
    assert complete(project, "build", "-p", "") == set()


@ALL
def test_ids_are_the_configuration_s(complete: Any, project: Path) -> None:
    assert complete(project, "build", "--id", "") == {"alpha", "beta"}
    assert complete(project, "smoke", "-f", "other.yaml", "--id", "") == {"gamma"}
    (project / "toolchain.yaml").write_text("broken: [")
    assert complete(project, "build", "--id", "") == set()


def test_files_in_bash(project: Path) -> None:
    assert bash(project, "build", "a") == {"a b*c.go"}
    assert bash(project, "check", "-f", "oth") == {"other.yaml"}
    assert bash(project, "run", "fol") == {"folder x"}
    assert bash(project, "check", "oth") == set()


def test_files_in_fish(project: Path) -> None:
    assert fish(project, "check", "-f", "oth") == {"other.yaml"}
    assert {offer.rstrip("/") for offer in fish(project, "run", "fol")} == {r"folder\ x"} or fish(project, "run", "fol") == {"folder x/"}


def test_a_value_behind_an_equals_sign(project: Path) -> None:
    assert bash(project, "build", "--progress", "=", "pl") == {"plain"}
    assert bash(project, "build", "--target", "=") >= {"linux/amd64"}
    assert bash(project, "build", "--config", "=", "other.yaml", "--id", "") == {"gamma"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_flag_of_the_help_is_there(name: str, cli: Any) -> None:
    """The oracle is what --help prints."""
    text = cli(name, "--help").stdout
    columns = [line[2:].split("  ")[0] for line in text.splitlines() if line.startswith("  -")]
    shown = {flag for column in columns for flag in re.findall(r"(?:^|, )(-[A-Za-z-][A-Za-z0-9-]*)", column)}
    (command,) = [command for command in commands() if command.name == name]
    known = {flag for item in command.flags for flag in item.names}
    assert shown and shown <= known | {"-h"}, shown - known


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_parse(shell: str, tmp_path: Path) -> None:
    file = tmp_path / "script"
    file.write_text(script(shell))
    assert subprocess.run([need(shell), "-n", file], capture_output=True, check=True).stderr == b""


def test_shellcheck_finds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "script"
    file.write_text(script("bash"))
    done = subprocess.run([need("shellcheck"), "-s", "bash", file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_usage(cli: Any, tmp_path: Path) -> None:
    done = cli("completion", "tcsh", cwd=tmp_path)
    assert done.returncode == 2 and "invalid choice: 'tcsh'" in done.stderr
    assert cli("completion", cwd=tmp_path).returncode == 2
    assert cli("completion", "bash", cwd=tmp_path).stdout == script("bash")


def test_help_texts() -> None:
    found = {
        flag.names[0]: flag
        for flag in flags_of_help("  -s, -w   strip it\n  --to {a,b}\n                   where\n  -o FILE    out\n  -d\n")
    }
    assert found["-s"].about == found["-w"].about == "strip it"
    assert found["--to"].words == ("a", "b") and found["--to"].about == "where"
    assert (found["-o"].value, found["-d"].value) == ("files", "")
