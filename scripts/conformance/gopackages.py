# SPDX-License-Identifier: BSD-3-Clause
"""Packages by their files, as the stock go command loads them: what the comparisons of the type checker run over."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pygo_cross.build.goroot import find_goroot

TARGETS = ("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64")


@dataclass
class GoPackage:
    """A package, or a variant of one that a test makes: `id` is the go command's name for it, `path` what it is compiled as."""

    id: str
    path: str
    name: str
    folder: Path
    files: list[str]
    import_map: dict[str, str] = field(default_factory=dict)
    imports: list[str] = field(default_factory=list)
    go_version: str = ""
    wanted: bool = False

    def request(self) -> str:
        """The package as tests/types/oracle is told of it."""
        return json.dumps(
            {
                "ID": self.id,
                "Path": self.path,
                "Dir": str(self.folder),
                "Files": self.files,
                "ImportMap": self.import_map,
                "GoVersion": self.go_version,
                "Dump": self.wanted,
            }
        )


def environment(target: str) -> dict[str, str]:
    """The environment of a go command for a target: no cgo, nothing from the network."""
    settings = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOPROXY": "off", "GOWORK": "off"}
    settings["GOOS"], settings["GOARCH"] = target.split("/")
    settings.pop("GOROOT", None)
    return settings


def _objects(text: str) -> Iterator[dict[str, object]]:
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        found, at = decoder.raw_decode(text, at)
        yield found
        while at < len(text) and text[at].isspace():
            at += 1


def load(patterns: Iterable[str], target: str = "linux/amd64", tests: bool = True, folder: Path | None = None) -> list[GoPackage]:
    """The packages that match, `wanted`, and all that they import, dependencies first.

    With `tests`, a package with tests of its own stands for the package too: its variant has the files of both. Generated main
    packages of tests are left out, and so is `unsafe`, which has no source.
    """
    fields = "ImportPath,Name,Dir,GoFiles,ImportMap,Imports,Module,Standard,ForTest,DepOnly,Incomplete,Error"
    command = [str(find_goroot() / "bin/go"), "list", "-e", "-deps", f"-json={fields}", *(["-test"] if tests else []), "--", *patterns]
    done = subprocess.run(command, cwd=folder, env=environment(target), capture_output=True, text=True, check=True)
    found: list[GoPackage] = []
    matched: list[tuple[GoPackage, str]] = []
    for record in _objects(done.stdout):
        identity = str(record["ImportPath"])
        path = identity.partition(" [")[0]
        if path == "unsafe" or path.endswith(".test"):
            continue
        module = record.get("Module")
        version = f"go{module['GoVersion']}" if isinstance(module, dict) and "GoVersion" in module else "go1.27"
        files, mapped, imports = record.get("GoFiles", []), record.get("ImportMap", {}), record.get("Imports", [])
        assert isinstance(files, list) and isinstance(mapped, dict) and isinstance(imports, list)
        if not files:
            continue
        package = GoPackage(identity, path, str(record["Name"]), Path(str(record["Dir"])), sorted(files), mapped, imports, version)
        found.append(package)
        tested = str(record.get("ForTest", ""))
        # Of the variants that a test makes, those of the package itself; others differ in what they import alone.
        if path in (tested, f"{tested}_test") if tested else not record.get("DepOnly"):
            matched.append((package, tested))
    covered = {package.path for package, tested in matched if tested}
    for package, tested in matched:
        package.wanted = bool(tested) or package.path not in covered
    return _needed(found)


def _needed(packages: list[GoPackage]) -> list[GoPackage]:
    """Those that are wanted and those that they import, in the same order."""
    by_id = {package.id: package for package in packages}
    needed: set[str] = set()
    pending = [package for package in packages if package.wanted]
    while pending:
        package = pending.pop()
        if package.id in needed:
            continue
        needed.add(package.id)
        pending += [by_id[name] for name in (package.import_map.get(path, path) for path in package.imports) if name in by_id]
    return [package for package in packages if package.id in needed]
