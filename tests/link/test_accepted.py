# SPDX-License-Identifier: BSD-3-Clause
"""Programs with symbols and debug information, linked by us, before the readers that people use on them."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import full
import pytest
from pcln_support import stock_link
from stock import go_command

from pygo_cross.link.main import link_image
from pygo_cross.link.output import executable_bytes, write_executable

_CRASH = (
    (
        "main.go",
        """package main

import (
	"fmt"
	"os"
)

type node struct{ next *node }

func (n *node) length() int { return 1 + n.next.length() }

//go:noinline
func crash(n *node) int { return n.length() }

func main() {
	fmt.Println("args", len(os.Args))
	crash(&node{})
}
""",
    ),
)
TARGETS = (("linux", "amd64"), ("darwin", "arm64"), *full.more("each format is there once", (("linux", "arm64"),), (("darwin", "amd64"),)))
_NATIVE = sys.platform == "linux" and platform.machine() == "x86_64"


@pytest.fixture(scope="module", params=TARGETS, ids="/".join)
def linked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str, str]:
    """Our executable, stock's from the same objects, and the target."""
    goos, goarch = request.param
    stock = stock_link(goos, goarch, _CRASH, ())
    folder = tmp_path_factory.mktemp("accepted")
    ours, theirs = folder / "ours", folder / "stock"
    write_executable(str(ours), executable_bytes(link_image(stock.options())))
    theirs.write_bytes(stock.executable)
    theirs.chmod(0o755)
    return ours, theirs, goos, goarch


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize("tool", [("nm", "-size", "-type"), ("objdump", "-s", "^main\\.")], ids=["nm", "objdump"])
def test_go_tools_print_the_same(linked: tuple[Path, Path, str, str], tool: tuple[str, ...]) -> None:
    ours, theirs, _goos, _goarch = linked
    mine = _output(go_command(), "tool", *tool, str(ours))
    assert mine == _output(go_command(), "tool", *tool, str(theirs))
    assert "main.crash" in mine


def test_build_info_is_read(linked: tuple[Path, Path, str, str]) -> None:
    ours, theirs, _goos, _goarch = linked
    mine, stock = (_output(go_command(), "version", "-m", str(path)).replace(str(path), "X") for path in (ours, theirs))
    assert mine == stock
    assert mine.startswith("X: go1.27.3")


def test_readers_of_the_format_are_content(linked: tuple[Path, Path, str, str]) -> None:
    ours, _theirs, goos, _goarch = linked
    command = ("readelf", "-aW") if goos == "linux" else ("llvm-objdump", "--macho", "--all-headers")
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    assert ".text" in _output(*command, str(ours)) or goos == "darwin"


@pytest.mark.parametrize("target", TARGETS, ids="/".join)
def test_debug_information_verifies_as_stocks_does(target: tuple[str, str], tmp_path: Path) -> None:
    """Older releases of LLVM find fault with stock Go's, too; with ours they find the same."""
    if shutil.which("llvm-dwarfdump") is None:
        pytest.skip("llvm-dwarfdump is not installed")
    stock = stock_link(*target, _CRASH, ("-compressdwarf=false",))
    found = []
    for data in (executable_bytes(link_image(stock.options())), stock.executable):
        path = tmp_path / "program"
        path.write_bytes(data)
        done = subprocess.run(["llvm-dwarfdump", "--verify", str(path)], capture_output=True, text=True, check=False)
        found.append((done.returncode, done.stdout, done.stderr))
    assert found[0] == found[1]


def test_a_panic_prints_stocks_trace(linked: tuple[Path, Path, str, str]) -> None:
    ours, theirs, goos, goarch = linked
    if not _NATIVE or (goos, goarch) != ("linux", "amd64"):
        pytest.skip("runs natively on linux/amd64 only")
    mine, stock = (subprocess.run([str(path)], capture_output=True, text=True, check=False) for path in (ours, theirs))
    assert mine.returncode == stock.returncode == 2
    assert mine.stdout == stock.stdout == "args 1\n"
    # Addresses of the heap and of the stack are the kernel's choice.
    blank = re.compile(r"0xc[0-9a-f]{9}|0x[0-9a-f]{12}")
    assert blank.sub("A", mine.stderr) == blank.sub("A", stock.stderr)
    assert re.search(r"main\.crash\(.*\n\t.*main\.go:\d+", mine.stderr)
