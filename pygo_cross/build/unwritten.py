# SPDX-License-Identifier: BSD-3-Clause
"""The configuration of a Go module that has no toolchain.yaml: every program of the module, for every target.

It is what somebody would write who writes nothing but names, so that the first build of a project needs no file. Which
packages are programs is the go command's answer, for the host's target and without a network.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pygo_cross.build.config import Config, parse_config
from pygo_cross.build.goroot import find_goroot, go_environment
from pygo_cross.diag import EXIT_BUILD, UserError
from pygo_cross.records import usage_error

MODULE: Final = "go.mod"


def main_packages(folder: Path) -> list[tuple[str, str]]:
    """The programs of the module in `folder`: import path, and folder relative to it (`.`, `./cmd/x`), sorted.

    Raises `UserError` with what the go command says where it can't tell.
    """
    root = find_goroot()
    env = go_environment(root, {}, {"GOPROXY": "off"})
    env["PWD"] = str(folder.absolute())
    form = '{{if eq .Name "main"}}{{.ImportPath}}{{"\\t"}}{{.Dir}}{{"\\t"}}{{.Module.Dir}}{{end}}'
    try:
        done = subprocess.run(
            [root / "bin/go", "list", "-e", "-f", form, "./..."],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            start_new_session=True,
        )
    except OSError as error:
        raise usage_error("unreadable", f"{error.filename}: can't be run: {error.strerror}") from None
    if done.returncode:
        raise UserError.one("bad-module", done.stderr.decode("utf-8", "replace").strip(), status=EXIT_BUILD)
    found = []
    for line in done.stdout.decode("utf-8", "surrogateescape").splitlines():
        path, place, module = line.split("\t")
        inside = os.path.relpath(place, module)
        found.append((path, "." if inside == "." else f"./{inside}"))
    return sorted(found)


def program_name(import_path: str) -> str:
    """The name that go build gives a program: the last part of its path, or the one before a major version."""
    parts = PurePosixPath(import_path).parts
    last = parts[-2] if len(parts) > 1 and re.fullmatch(r"v[1-9][0-9]*", parts[-1]) else parts[-1]
    return re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9._+-]", "", last) or "program"


def module_path(folder: Path) -> str:
    """The module's path by its go.mod, or the folder's name."""
    text = (folder / MODULE).read_text(encoding="utf-8", errors="replace")
    found = re.search(r'^module\s+(?:"([^"]+)"|`([^`]+)`|(\S+))', text, re.MULTILINE)
    return next(filter(None, found.groups())) if found else folder.absolute().name


def unwritten_config(folder: Path) -> Config:
    """The configuration of the module in `folder`. Raises `UserError` where there is no program in it."""
    programs = main_packages(folder)
    if not programs:
        raise usage_error("no-program", f"no package of {folder / MODULE} is a program", "name a package, or go to the folder of one")
    names = Counter(program_name(path) for path, _ in programs)
    builds: list[dict[str, Any]] = []
    for path, place in programs:
        name = program_name(path)
        # Two programs of one name are told apart by where they are.
        ident = name if names[name] == 1 else re.sub(r"[^A-Za-z0-9._+-]+", "-", place.removeprefix("./")).lstrip("-._+") or name
        builds.append({"id": ident, "main": place, "binary": name})
    document = {"version": 1, "project": program_name(module_path(folder)), "builds": builds}
    return Config(parse_config(json.dumps(document).encode(), MODULE), folder / MODULE, folder)
