# SPDX-License-Identifier: BSD-3-Clause
"""A first toolchain.yaml for a Go module: its programs, each for the targets that have it.

The go command says what the module's packages are, target by target, without resolving what they import: no network is needed,
and a module that does not build yet gets its file all the same.
"""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pygo_cross import GO_RELEASE
from pygo_cross.build.goroot import find_goroot, go_environment
from pygo_cross.build.process import Children
from pygo_cross.diag import EXIT_USAGE, UserError
from pygo_cross.records import usage_error
from pygo_cross.target import load_targets

_ASIDE: Final = frozenset(
    ("example", "examples", "_examples", "internal", "test", "tests", "testing", "tools", "hack", "scripts", "third_party")
)
"""Folders whose programs are seldom what a project ships."""
_VERSION: Final = re.compile(r"^\s*(?:var\s+)?version\s*(?:string\s*)?=\s*[\"`]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Program:
    """A main package: its `folder` in the module (`.`, or `./cmd/x`), the `targets` that have it, whether it has a `version` to set."""

    id: str
    folder: str
    targets: tuple[str, ...]
    version: bool


def find_programs(folder: Path) -> tuple[str, list[Program], list[str]]:
    """The module's path, its programs, and the folders of programs that were left aside. Raises `UserError`."""
    if not (folder / "go.mod").is_file():
        raise usage_error("no-module", f"there is no go.mod in {folder.absolute()}", "go to the module's folder, or run go mod init")
    root = find_goroot()
    module = ""
    found: dict[str, set[str]] = {}
    files: dict[str, list[str]] = {}
    for target in load_targets().values():
        env = go_environment(root, {"GOOS": target.os, "GOARCH": target.arch}, {"GOWORK": "off", "GOFLAGS": ""})
        argv = [str(root / "bin/go"), "list", "-e", "-find", "-json=Name,Dir,Module,GoFiles", "./..."]
        done = Children().run(argv, folder, {**env, "PWD": str(folder.absolute())})
        if done.status != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"status {done.status}"]
            raise UserError.one("go-list", f"go list: {said[0]}", "correct go.mod", status=EXIT_USAGE)
        for package in _objects(done.stdout.decode("utf-8", "surrogateescape")):
            module = str((package.get("Module") or {}).get("Path", "")) or module
            if package.get("Name") != "main" or not package.get("GoFiles"):
                continue
            where = posixpath.relpath(str(package["Dir"]), str(folder.resolve()))
            found.setdefault(where, set()).add(target.name)
            files[where] = [str(name) for name in package["GoFiles"]]
    kept = [where for where in sorted(found) if not _ASIDE & set(where.split("/"))] or sorted(found)
    names: dict[str, str] = {}
    for where in kept:
        name = _name(_last(module) if where == "." else posixpath.basename(where))
        names[where] = name if name not in names.values() else _name(where.replace("/", "-"))
    programs = [
        Program(
            names[where], where if where == "." else f"./{where}", tuple(sorted(found[where])), _has_version(folder / where, files[where])
        )
        for where in kept
    ]
    return module, programs, sorted(set(found) - set(kept))


def _objects(text: str) -> list[dict[str, Any]]:
    """JSON objects one behind the other, as go list prints them."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


def _has_version(folder: Path, files: list[str]) -> bool:
    """Whether the package sets a variable `version`, as the linker's -X does."""
    return any(_VERSION.search((folder / name).read_text("utf-8", "replace")) for name in files)


def _last(path: str) -> str:
    """A module's own name: the last element of its path, without a major version."""
    elements = [element for element in path.split("/") if element]
    if len(elements) > 1 and re.fullmatch(r"v[0-9]+", elements[-1]):
        elements.pop()
    return elements[-1] if elements else "project"


def _name(text: str) -> str:
    """A text as an id."""
    name = re.sub(r"[^A-Za-z0-9._+-]+", "-", text).lstrip("._+-")
    return name or "project"


def _targets(targets: tuple[str, ...]) -> str:
    """The fewest words for these targets; nothing for all there are."""
    if set(targets) == set(load_targets()):
        return ""
    words = list(targets)
    for system in sorted({target.os for target in load_targets().values()}):
        whole = [name for name in load_targets() if name.startswith(f"{system}/")]
        if set(whole) <= set(words):
            words = [name for name in words if name not in whole] + [f"{system}/*"]
    return f"[{', '.join(sorted(words))}]"


def starter(module: str, programs: list[Program], aside: list[str]) -> str:
    """The file's text."""
    lines = [
        "# What pygo-cross builds: pygo-cross check says what is wrong with it, pygo-cross build makes it, pygo-cross smoke runs it.",
        "# An editor completes and checks it after `pygo-cross jsonschema >toolchain.schema.json`, with this as the first line:",
        "#   # yaml-language-server: $schema=toolchain.schema.json",
        "version: 1",
        f"project: {_scalar(_name(_last(module)))}",
        f"go: {GO_RELEASE}",
        "builds:",
    ]
    for program in programs:
        lines += [f"  - id: {_scalar(program.id)}", f"    main: {_scalar(program.folder)}"]
        targets = _targets(program.targets)
        if targets:
            lines.append(f"    targets: {targets}          # the others have no such package")
        else:
            lines.append(f"    # All of {', '.join(load_targets())}; or some:")
            lines.append("    # targets: [linux/*, darwin/arm64]")
        flags = '[-s, -w, "-X main.version={{ .Version }}"]' if program.version else "[-s, -w]"
        lines.append(f"    ldflags: {flags}")
        lines += [
            "    # What the program has to do, on each of its targets, before it is published:",
            "    # smoke:",
            '    #   - {args: [--version], stdout: "{{ .Version }}\\n"}',
        ]
    if aside:
        lines.append(f"  # Left aside: {', '.join(aside)}".encode("unicode_escape").decode())
    lines += [
        "# archives:",
        "#   - formats: [tar.gz]",
        "# universal_binaries:",
        "#   - replace: true",
    ]
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    """Text as YAML has it: plain where that is text and nothing else, else in JSON's quotes."""
    plain = re.fullmatch(r"[A-Za-z./][A-Za-z0-9._/+-]*", text) and text.lower() not in (
        "true",
        "false",
        "null",
        "yes",
        "no",
        "on",
        "off",
        ".inf",
        ".nan",
    )
    return text if plain else json.dumps(text)
