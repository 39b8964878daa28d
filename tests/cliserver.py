# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross` many times over: one process has the commands' modules, and each call is a fork of it with its own folder and environment.

Most of what a short command takes is Python's start and those imports, and there are hundreds of calls. A call that has other values of
what Python looks at when it starts (`at_start`) needs a process of its own. Each line of standard input is a call, each of standard output
its exit status and processor time.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_MODULES = ("build", "release", "smoke", "publish", "verify", "check", "targets", "lint", "completion", "image", "jsonschema", "version")


def at_start(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that Python and its libraries read as they start."""
    return {name: value for name, value in env.items() if name.startswith(("PYTHON", "LC_", "LANG", "LD_", "MALLOC_"))}


class CliServer:
    """Calls are made one at a time; `cpu` is what they have taken so far, in seconds."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.cpu = 0.0
        command = [sys.executable, "-P", __file__]
        self._process = subprocess.Popen(command, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, args: Sequence[str], cwd: Path | None, env: Mapping[str, str], stdin: str) -> subprocess.CompletedProcess[str]:
        """As subprocess.run() with the command's output captured."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with tempfile.TemporaryDirectory(prefix="cli") as folder:
            files = [os.path.join(folder, name) for name in ("stdin", "stdout", "stderr")]
            Path(files[0]).write_text(stdin)
            call = {"args": [*args], "cwd": os.fspath(cwd or Path.cwd()), "env": dict(env), "files": files}
            self._process.stdin.write(json.dumps(call) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
            assert answer, "the server of commands has ended"
            status, seconds = json.loads(answer)
            self.cpu += seconds
            stdout, stderr = (Path(name).read_text() for name in files[1:])
        return subprocess.CompletedProcess(["pygo-cross", *args], status, stdout, stderr)

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def _become(call: dict[str, object]) -> None:
    """Makes a fork what a new process would be."""
    args, cwd, env, files = call["args"], call["cwd"], call["env"], call["files"]
    assert isinstance(args, list) and isinstance(cwd, str) and isinstance(env, dict) and isinstance(files, list)
    gc.enable()
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    for number, name in enumerate(files):
        opened = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False, errors="backslashreplace")
    sys.argv = ["pygo-cross", *args]


def main() -> None:
    """The server. A fork leaves its loop with the exit status of the command."""
    from pygo_cross.cli.main import entry

    for name in _MODULES:
        importlib.import_module(f"pygo_cross.cli.{name}")
    gc.freeze()
    asked = os.fdopen(fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3))
    answers = os.fdopen(fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3), "w")
    while line := asked.readline():
        child = os.fork()
        if child == 0:
            _become(json.loads(line))
            entry()
        _, status, usage = os.wait4(child, 0)
        print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime]), file=answers, flush=True)


if __name__ == "__main__":
    main()
