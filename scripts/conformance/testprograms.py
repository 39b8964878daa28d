# SPDX-License-Identifier: BSD-3-Clause
"""What a program of Go's test folder is and how it wants to be built: the first line that is no build constraint says it.

Facts: cmd/internal/testdir/testdir_test.go (Go 1.27), whose words these are: `run`, `rundir`, `runoutput`, `compile`, `compiledir`,
`build`, `errorcheck`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_PACKAGE: Final = re.compile(r"^package\s+(\w+)", re.MULTILINE)
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONSTRAINT: Final = re.compile(r"//\s?\+build|//go:build")
RUN: Final = ("run", "rundir")
"""What is run."""
COMPILED: Final = ("compile", "compiledir", "build")
"""What has to compile."""
KINDS: Final = (*RUN, "runoutput", *COMPILED, "errorcheck")
"""What is understood."""


@dataclass
class Package:
    """A package of a program: its import path, and its files."""

    path: str
    files: list[str]


@dataclass
class Program:
    """A program: what is to be done with it, the compiler's flags for its packages, the linker's, and its arguments."""

    name: str
    kind: str
    packages: list[Package]
    flags: list[str] = field(default_factory=list)
    link_flags: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)


def find(folder: Path, kinds: list[str]) -> list[str]:
    """The names of the programs of some kinds, relative to the folder, in their order."""
    names = []
    for path in sorted(folder.rglob("*.go")):
        if any(parent.suffix == ".dir" for parent in path.parents):
            continue
        recipe = _recipe(path)
        if recipe and recipe[0] in kinds:
            names.append(str(path.relative_to(folder)))
    return names


def read(folder: Path, name: str) -> Program:
    """One program."""
    path = folder / name
    kind, *words = _recipe(path) or ["run"]
    if kind in ("compile", "errorcheck"):
        flags = [word for word in words if word not in ("-0", "-1")]
        return Program(name, kind, [Package("p", [str(path)])], flags)
    program = Program(name, kind, [])
    each = False
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word.startswith("-gcflags"):
            given = word.partition("=")[2] or words.pop(0)
            program.flags += shlex.split(given.removeprefix("all="))
        elif word == "-ldflags":
            program.link_flags, words = words, []
        elif word == "-s" and kind.endswith("dir"):
            each = True
        else:
            program.flags.append(word)
    more = [word for word in words if word.endswith(".go")]
    program.packages = [Package("main", [str(path), *(str(path.parent / word) for word in more)])]
    program.arguments = [word for word in words if word not in more]
    if kind.endswith("dir"):
        program.packages = _packages(path.with_suffix(".dir"), each)
    return program


def _recipe(path: Path) -> list[str]:
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            line = line.strip()
            if line and not _CONSTRAINT.match(line):
                return _words(line[2:]) if line.startswith("//") else []
    return []


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []


def _packages(folder: Path, each: bool) -> list[Package]:
    """The packages of a folder, each of the files that say its name, or `each` file for itself."""
    found: dict[str, Package] = {}
    for path in sorted(folder.glob("*.go")):
        match = _PACKAGE.search(_COMMENT.sub("", path.read_text(encoding="utf-8", errors="replace")))
        name = match.group(1) if match else ""
        key = path.stem if each else name
        if key not in found:
            found[key] = Package("main" if name == "main" else f"test/{path.stem}", [])
        found[key].files.append(str(path))
    return list(found.values())
