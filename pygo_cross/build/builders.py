# SPDX-License-Identifier: BSD-3-Clause
"""How one job becomes a binary.

Both builders run `go build` of the one release. `go` leaves everything to it. `pygo` gives it a -toolexec that runs our
linker in place of stock Go's (toolexec.sh), so packages, cache, version stamps and build ids stay the go command's work
and a binary of ours differs from a stock one by the linker alone. docs/builders.md has the reasons.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pygo_cross import GO_RELEASE, __version__
from pygo_cross.build.goroot import find_goroot, go_environment
from pygo_cross.build.matrix import Job, refused_flags
from pygo_cross.diag import EXIT_USAGE, UserError
from pygo_cross.records import usage_error
from pygo_cross.target import targets_folder

OURS = f"pygo-cross {__version__}"
STOCK = f"go{GO_RELEASE}"


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, where it runs and in what environment."""

    argv: tuple[str, ...]
    folder: Path
    env: Mapping[str, str]


def stages_of(builder: str) -> dict[str, str]:
    """Which stage is whose work."""
    return {"compile": STOCK, "assemble": STOCK, "link": OURS if builder == "pygo" else STOCK}


def target_variables(job: Job) -> dict[str, str]:
    """The variables that tell the go command the target."""
    return {"GOOS": job.target.os, "GOARCH": job.target.arch, job.target.variable: job.variant}


def build_command(job: Job, out: Path, scratch: Path, workers: int = 0, report: Path | None = None) -> Command:
    """The `go build` of a job. It leaves the binary, under go's own name, in the folder `out` and its own files in `scratch`.

    `workers` bounds the tools that it runs at a time (0: as the go command decides). Our linker writes what it laid out to `report`.
    Raises `UserError` where stock Go is not there, or the environment asks for what can't be.
    """
    root = find_goroot()
    env = go_environment(root, target_variables(job), {**job.env, "GOTMPDIR": str(scratch)})
    refused = refused_flags(flag for flag in env.get("GOFLAGS", "").split() if not flag.startswith("-p="))
    if refused:
        raise UserError([item._replace(message=f"GOFLAGS: {item.message}") for item in refused], EXIT_USAGE)
    argv = [str(root / "bin" / "go"), "build", "-o", f"{out}{os.sep}"]
    if workers:
        argv.append(f"-p={workers}")
    if job.builder == "pygo":
        argv.append("-toolexec=" + quote_words("/bin/sh", str(Path(__file__).with_name("toolexec.sh")), sys.executable))
        env["PYGO_CROSS_LINK_ID"] = linker_id()
        env.pop("PYGO_CROSS_LINK_REPORT", None)
        if report is not None:
            env["PYGO_CROSS_LINK_REPORT"] = str(report.absolute())
    argv += [*job.flags, *job.packages]
    folder = job.folder.absolute()
    env["PWD"] = str(folder)
    return Command(tuple(argv), folder, env)


def quote_words(*words: str) -> str:
    """Words as the go command splits them again (src/cmd/internal/quoted): a quoted word ends at its own kind of quote."""
    quoted: list[str] = []
    for word in words:
        if not any(letter in word for letter in " \t\n\r'\""):
            quoted.append(word)
        elif "'" not in word:
            quoted.append(f"'{word}'")
        elif '"' not in word:
            quoted.append(f'"{word}"')
        else:
            raise UserError(
                usage_error("bad-path", f"{word}: a path with both kinds of quotes", "install pygo-cross elsewhere").diagnostics, 2
            )
    return " ".join(quoted)


@cache
def linker_id() -> str:
    """Words that change whenever the linker does: our version and a hash of every file that the linker's bytes come from.

    The go command puts them into the linked program's action id.
    """
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    sources = [package / "records.py", package / "target.py", *targets_folder().glob("*.yaml")]
    for part in ("arch", "link", "obj"):
        sources += (package / part).rglob("*.py")
    for path in sorted(sources, key=lambda path: (path.name, str(path))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{OURS.replace(' ', '-')}-{digest.hexdigest()[:16]}"


def shown(command: Command) -> str:
    """The command as a person would type it: only what is not the environment's already."""
    changed = [
        f"{name}={shlex.quote(value)}" for name, value in sorted(command.env.items()) if os.environ.get(name) != value and name != "PWD"
    ]
    return " ".join([f"cd {shlex.quote(str(command.folder))} &&", *changed, shlex.join(command.argv)])
