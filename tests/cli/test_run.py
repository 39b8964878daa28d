# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross run`: the program's own status, streams and arguments come through."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

func main() {
	for _, word := range os.Args[1:] {
		if code, err := strconv.Atoi(word); err == nil {
			os.Exit(code)
		}
		switch word {
		case "kill":
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		case "line":
			line, _ := bufio.NewReader(os.Stdin).ReadString('\\n')
			fmt.Print("got ", line)
		default:
			fmt.Fprintln(os.Stderr, word)
		}
	}
}
"""


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory, cli: Any) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "p.go").write_text(PROGRAM)
    done = cli("build", "--builder", "go", "--target", "linux/arm64", "-o", "p", "-q", "p.go", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "p"


@pytest.mark.parametrize(
    ("args", "status", "stdout", "stderr"),
    [
        (["--json", "--help", "-q"], 0, "", "--json\n--help\n-q\n"),
        (["0"], 0, "", ""),
        (["2"], 2, "", ""),
        (["124"], 124, "", ""),
        (["line"], 0, "got hello\n", ""),
        (["kill"], 137, "", None),
    ],
)
def test_run(args: list[str], status: int, stdout: str, stderr: str | None, binary: Path, cli: Any) -> None:
    done = cli("run", "--stdin", "-", binary, *args, stdin="hello\n")
    assert (done.returncode, done.stdout) == (status, stdout)
    assert stderr is None or done.stderr == stderr


def test_not_a_binary(binary: Path, cli: Any, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("#!/bin/sh\n")
    assert cli("run", tmp_path / "text").returncode == 126
    assert cli("run", tmp_path / "gone").returncode == 127
    assert cli("run", tmp_path).returncode in (126, 127)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt(number: signal.Signals, binary: Path) -> None:
    """`run` becomes the emulator, so a signal to the one ends the other, as it would the program."""
    command = [sys.executable, "-P", "-m", "pygo_cross", "run", "--stdin", "-", str(binary), "ready", "line"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        assert child.stderr.readline() == "ready\n"
        child.send_signal(number)
        _, stderr = child.communicate()
    assert (child.returncode, stderr) == (-number, "")
