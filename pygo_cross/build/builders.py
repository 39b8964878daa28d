# SPDX-License-Identifier: BSD-3-Clause
"""How one job becomes a binary.

Both builders run `go build` of the one release. `go` leaves everything to it. `pygo` gives it a -toolexec that runs our
assembler and linker in place of stock Go's (toolexec.sh), so packages, cache, version stamps and build ids stay the go
command's work and a binary of ours differs from a stock one by those stages alone. docs/builders.md has the reasons.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pygo_cross import GO_RELEASE, __version__
from pygo_cross.build.goroot import find_goroot, go_environment
from pygo_cross.build.matrix import Job, refused_flags
from pygo_cross.build.stageid import STAGES, stage_id
from pygo_cross.build.toolexec import COMPILED, MIXED, STOCK, patterns_of
from pygo_cross.diag import EXIT_USAGE, UserError
from pygo_cross.records import usage_error

OURS = f"pygo-cross {__version__}"
RELEASE = f"go{GO_RELEASE}"


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, where it runs and in what environment."""

    argv: tuple[str, ...]
    folder: Path
    env: Mapping[str, str]


def stock_packages(arch: str) -> str:
    """Which packages stock Go compiles for an architecture, as patterns (build/toolexec.py): what PYGO_CROSS_STOCK says, and all for
    an architecture that we don't make code for. The runtime's are stock's always.
    """
    return os.environ.get(STOCK, "") if arch in COMPILED else "all"


def stages_of(builder: str, arch: str) -> dict[str, str]:
    """Which stage is whose work."""
    made = OURS if builder == "pygo" else RELEASE
    stock = stock_packages(arch)
    compiled = RELEASE
    if builder == "pygo" and stock != "all":
        compiled = f"{OURS}, {RELEASE} for {', '.join(['the runtime', *patterns_of(stock)])}"
    return {"compile": compiled, "assemble": made, "link": made}


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
        argv.append(toolexec_flag())
        env |= toolexec_variables(stock_packages(job.target.arch))
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


def toolexec_flag() -> str:
    """The go command's flag that has it run our stages."""
    return "-toolexec=" + quote_words("/bin/sh", str(Path(__file__).with_name("toolexec.sh")), sys.executable)


def toolexec_variables(stock: str) -> dict[str, str]:
    """What toolexec.sh reads in its environment: which stages are ours, each with the word for the cache's keys.

    `stock` says which packages stock Go compiles (build/toolexec.py).
    """
    ids = {f"PYGO_CROSS_{stage.upper()}_ID": stage_id(stage) for stage in STAGES}
    if os.environ.get(MIXED):
        ids["PYGO_CROSS_COMPILE_ID"] += "-mixed"
    elif stock == "all":
        return {**ids, "PYGO_CROSS_COMPILE_ID": ""}
    words = patterns_of(stock)
    if words:
        ids["PYGO_CROSS_COMPILE_ID"] += "-" + hashlib.sha256(",".join(words).encode()).hexdigest()[:8]
    return {**ids, STOCK: stock}


def shown(command: Command) -> str:
    """The command as a person would type it: only what is not the environment's already."""
    changed = [
        f"{name}={shlex.quote(value)}" for name, value in sorted(command.env.items()) if os.environ.get(name) != value and name != "PWD"
    ]
    return " ".join([f"cd {shlex.quote(str(command.folder))} &&", *changed, shlex.join(command.argv)])
