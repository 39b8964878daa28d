#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Captures what the go command has the assembler do: each call, with its inputs that are made on the way and its output.

`capture` builds packages with this file in the place of a -toolexec program. It runs the tools, and keeps of each call of `asm` the
arguments, the folder's go_asm.h and the object. It calls itself another version of the assembler, so that exactly the packages
that have assembly are built again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = "PYGO_ASM_CAPTURE"
SEPARATE = "PYGO_ASM_CAPTURE_ID"
_KEPT = ("GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT")


@dataclass
class Call:
    """One call of `go tool asm`: arguments, folder and environment it ran in, and what it wrote."""

    package: str
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    output: Path

    @property
    def source(self) -> str:
        """The file that was assembled."""
        return os.path.join(self.folder, self.arguments[-1])

    @property
    def symbol_abis(self) -> bool:
        """Whether it was -gensymabis."""
        return "-gensymabis" in self.arguments


def packages_with_assembly(go: str, goos: str, goarch: str, patterns: list[str]) -> list[str]:
    """Those of the packages that have .s files for the target."""
    environment = os.environ | {"GOOS": goos, "GOARCH": goarch, "CGO_ENABLED": "0", "GOFLAGS": ""}
    command = [go, "list", "-f", "{{if .SFiles}}{{.ImportPath}}{{end}}", *patterns]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()


def capture(go: str, goos: str, goarch: str, patterns: list[str], folder: Path) -> list[Call]:
    """Builds packages and returns all calls of the assembler, from `folder` if they were captured before."""
    done = folder / "done"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        environment = os.environ | {"GOOS": goos, "GOARCH": goarch, "CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
        environment |= {FOLDER: str(folder.resolve()), SEPARATE: hashlib.sha256(os.urandom(16)).hexdigest()[:16]}
        command = [go, "build", "-p", "1", f"-toolexec={sys.executable} {Path(__file__).resolve()}"]
        subprocess.run([*command, *packages_with_assembly(go, goos, goarch, patterns)], env=environment, check=True)
        done.touch()
    calls = []
    for path in sorted(folder.glob("*/call.json")):
        calls.append(Call(**json.loads(path.read_text()), output=path.parent / "output"))
    return calls


def _toolexec(argv: list[str]) -> int:
    """What the go command runs in the place of each tool."""
    tool, arguments = argv[0], argv[1:]
    if Path(tool).stem != "asm":
        os.execv(tool, argv)
    if "-V=full" in arguments:
        version = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
        print(version, "captured", os.environ[SEPARATE])
        return 0
    status = subprocess.run(argv, check=False).returncode
    if status:
        return status
    package = arguments[arguments.index("-p") + 1]
    output = arguments[arguments.index("-o") + 1]
    kind = "abis" if "-gensymabis" in arguments else Path(arguments[-1]).stem
    folder = Path(os.environ[FOLDER]) / f"{package.replace('/', '_')}-{kind}"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(output, folder / "output")
    kept = list(arguments)
    for at, word in enumerate(arguments[:-1]):
        if word == "-I" and os.path.exists(os.path.join(arguments[at + 1], "go_asm.h")):
            shutil.copy(os.path.join(arguments[at + 1], "go_asm.h"), folder)
            kept[at + 1] = str(folder)
    kept[arguments.index("-o") + 1] = "output.o"
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    call = {"package": package, "arguments": kept, "folder": os.getcwd(), "environment": environment}
    (folder / "call.json").write_text(json.dumps(call))
    return 0


if __name__ == "__main__":
    sys.exit(_toolexec(sys.argv[1:]))
