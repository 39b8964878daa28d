# SPDX-License-Identifier: GPL-2.0-or-later
"""go_linux_amd64_exec and its siblings: how `go test` and `go run` start a binary of another target, under emulation.

The go command looks for a program go_$GOOS_$GOARCH_exec in PATH when the target is not the host (GOROOT/src/cmd/go/internal/work/build.go,
FindExecCmd) and calls it with the binary and its arguments, in the package's directory. All four names are this one function: the binary
itself says what it is for.

The guest sees, each at the path it has on the host:

- read-only, the module that the current directory belongs to, or just the current directory where there is none (the home directory and
  / are never shown as such);
- read-only, the binary, which tests start again by os.Args[0];
- read-only, GOROOT without its commands: src, lib, and the like;
- writable, the files and folders that the go command reads back: coverage, profiles, traces;
- of the environment, what Go's runtime and testing read (`VARIABLES`), and PWD.

All else is the emulator's own: /tmp is in memory, HOME is /home/user. PYGO_CROSS_EXEC_FLAGS adds flags of the emulator, split as a shell
would: `--env TOKEN --mount /usr/share/zoneinfo`.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from typing import Final

from pygo_cross.emulate.errors import STATUS_LACKING

FLAGS: Final = "PYGO_CROSS_EXEC_FLAGS"

# What the runtime and the standard library read (GOROOT/src/runtime/extern.go, internal/testenv, go/build): nothing that can hold
# a secret.
VARIABLES: Final = (
    "GOROOT",
    "GOOS",
    "GOARCH",
    "GOAMD64",
    "GOARM64",
    "GOEXPERIMENT",
    "GOFIPS140",
    "GODEBUG",
    "GOGC",
    "GOMEMLIMIT",
    "GOMAXPROCS",
    "GOTRACEBACK",
    "GOCOVERDIR",
    "GORACE",
    "CGO_ENABLED",
    "TZ",
)

_GOROOT_PARTS: Final = ("VERSION", "api", "doc", "go.env", "lib", "misc", "src", "test")

# Flags of a test binary that name what it writes: files, taken to be in -test.outputdir, and folders.
_OUTPUT_FILES: Final = ("blockprofile", "coverprofile", "cpuprofile", "memprofile", "mutexprofile", "trace")
_OUTPUT_FOLDERS: Final = ("fuzzcachedir", "gocoverdir")


def current_directory() -> str:
    """The current directory by the name that the caller knows it by: $PWD where that is true, as for os.Getwd of Go."""
    actual = os.getcwd()
    named = os.environ.get("PWD", "")
    try:
        if os.path.isabs(named) and os.path.samefile(named, actual):
            return os.path.normpath(named)
    except OSError:
        pass
    return actual


def shown_directory(cwd: str) -> str:
    """The directory to show for a current directory: its module's root, else itself; "" for one that is not to be shown."""
    above = cwd
    while above != "/":
        if os.path.exists(os.path.join(above, "go.mod")):
            return above
        above = os.path.dirname(above)
    if cwd == "/" or cwd == os.path.normpath(os.path.expanduser("~")):
        return ""
    return cwd


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def written_paths(args: list[str], cwd: str) -> tuple[list[str], list[str]]:
    """The files and the folders that a test binary with these arguments is to write, as absolute paths, in the order of the arguments."""
    values: dict[str, str] = {}
    for argument in args:
        name, separator, value = argument.lstrip("-").partition("=")
        if argument.startswith(("-test.", "--test.")):
            if separator and value:
                values[name.removeprefix("test.")] = value
        elif not argument.startswith("-") or argument == "--":
            break
    folder = os.path.join(cwd, values.get("outputdir", ""))
    files = [os.path.normpath(os.path.join(folder, value)) for name, value in values.items() if name in _OUTPUT_FILES]
    if "testlogfile" in values:
        files.append(os.path.normpath(os.path.join(cwd, values["testlogfile"])))
    folders = [os.path.normpath(os.path.join(cwd, value)) for name, value in values.items() if name in _OUTPUT_FOLDERS]
    return files, folders


def find_goroot() -> str:
    """GOROOT: the variable, else the folder of the go command, which puts its own folder first into PATH; "" if there is none."""
    named = os.environ.get("GOROOT", "")
    if os.path.isabs(named):
        return os.path.normpath(named)
    first = os.environ.get("PATH", "").split(":")[0]
    above = os.path.dirname(os.path.normpath(first))
    return above if os.path.isabs(first) and os.path.isfile(os.path.join(above, "src/runtime/proc.go")) else ""


def options(cwd: str, binary: str, args: list[str]) -> tuple[list[str], list[str]]:
    """The emulator's flags for a binary with these arguments in this directory, and the files among its outputs that are new."""
    path = os.path.normpath(os.path.join(cwd, binary))
    flags = ["--mount", f"{path}:{path}"] if os.path.isfile(path) else []
    goroot = find_goroot()
    if goroot:
        for part in _GOROOT_PARTS:
            path = os.path.join(goroot, part)
            if os.path.exists(path):
                flags += ["--mount", f"{path}:{path}"]
    shown = shown_directory(cwd)
    if shown and not (goroot and _inside(cwd, os.path.join(goroot, "src"))):
        flags += ["--mount", f"{shown}:{shown}"]
    files, folders = written_paths(args, cwd)
    if os.environ.get("GOCOVERDIR"):
        folders.append(os.path.normpath(os.path.join(cwd, os.environ["GOCOVERDIR"])))
    new = []
    for folder in dict.fromkeys(folders):
        os.makedirs(folder, exist_ok=True)
        flags += ["--mount", f"{folder}:{folder}:rw"]
    for file in dict.fromkeys(files):
        # A file of the host can only be mounted if it exists.
        try:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            new.append(file)
        except FileExistsError:
            pass
        flags += ["--mount", f"{file}:{file}:rw"]
    for name in VARIABLES:
        if name in os.environ:
            flags += ["--env", name]
    flags += ["--env", f"PWD={cwd}"]
    if shown:
        flags += ["--cwd", cwd]
    return flags, new


def main() -> int:
    """Run the binary that the command line names; returns the exit status."""
    name = os.path.basename(sys.argv[0])
    if len(sys.argv) < 2:
        print(f"usage: {name} BINARY [ARGUMENTS...]; the go command calls it, see go help test, -exec", file=sys.stderr)
        return STATUS_LACKING
    binary, *args = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pygo_cross.emulate.command import main as emulate

    try:
        extra = shlex.split(os.environ.get(FLAGS, ""))
    except ValueError as error:
        print(f"{name}: {FLAGS}: {error}", file=sys.stderr)
        return STATUS_LACKING
    try:
        flags, new = options(current_directory(), binary, args)
    except OSError as error:
        print(f"{name}: {error.filename}: {error.strerror}", file=sys.stderr)
        return STATUS_LACKING
    try:
        return emulate([*flags, *extra, binary, *args])
    finally:
        for file in new:
            # The go command takes an empty profile for a broken one.
            try:
                if os.path.getsize(file) == 0:
                    os.unlink(file)
            except OSError:
                pass


if __name__ == "__main__":
    sys.exit(main())
