# SPDX-License-Identifier: BSD-3-Clause
"""A finished build to look at, made once for all workers of a session, and a browser to look with."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Browser, find_browser

HOSTILE = "</script></pre><img src=x onerror=alert(1)><script>hacked=1</script>"
"""What the program has in its strings and types, and prints."""

PROGRAM = f"""package main

import (
	"fmt"
	"os"
	"reflect"
)

type tagged struct {{
	Field int `json:"{HOSTILE}"`
}}

type speaker interface{{ speak() string }}

type person struct{{ name string }}

func (p *person) speak() string {{ return p.name }}

//go:noinline
func listen(s speaker) string {{ return s.speak() }}

var quiet [4096]byte

func main() {{
	fmt.Println("{HOSTILE}")
	fmt.Println("\\x1b[31mred\\x1b[0m \\u202eevil\\u202c", reflect.TypeOf(tagged{{}}).Field(0).Tag)
	quiet[len(os.Args)] = 1
	fmt.Println(listen(&person{{os.Args[0]}}) != "", quiet[0])
	if len(os.Args) > 1 {{
		fmt.Fprintln(os.Stderr, "asked to fail:", os.Args[1:])
		os.Exit(3)
	}}
}}
"""

CONFIG = """version: 1
project: shown
builds:
  - id: shown
    main: .
    targets: [linux/amd64, darwin/arm64]
    ldflags: [-s, -w]
    smoke:
      - {}
      - {args: ["<b>fail</b>"], targets: [darwin/*], exit: 0}
archives:
  - formats: [tar.gz]
"""


@pytest.fixture(scope="session")
def shown(cli: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a build whose smoke runs went wrong once. To be left as it is."""
    base = tmp_path_factory.getbasetemp()
    # Under xdist each worker has a folder of its own below that of the session.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shown"
    folder.mkdir(exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            (folder / "go.mod").write_text("module example.com/shown\n\ngo 1.27\n")
            (folder / "main.go").write_text(PROGRAM)
            (folder / "toolchain.yaml").write_text(CONFIG)
            built = cli("build", "-q", cwd=folder)
            assert built.returncode == 0, built.stderr
            shutil.copyfile(folder / "dist/report.html", folder / "built.html")
            assert cli("smoke", "-q", cwd=folder).returncode == 3
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser; tests that need one are skipped where none is installed."""
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium is installed, so nobody can look at the page")
    browser = Browser(program)
    yield browser
    browser.close()
