# SPDX-License-Identifier: BSD-3-Clause
"""Trees of files to list packages in: the go command's own test scripts (GOROOT/src/cmd/go/testdata), and a module proxy of files.

A script is a text with files behind it; only the files are used. Its modules, and those in testdata/mod, which become a
proxy, are as odd as the go command's authors could think of.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

_FILE = re.compile(r"^-- (.+) --$", re.MULTILINE)


def txtar(text: str) -> list[tuple[str, str]]:
    """The files of an archive in text: name and content."""
    marks = list(_FILE.finditer(text))
    found = []
    for number, mark in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        content = text[mark.end() + 1 : end]
        found.append((mark[1].strip(), content if content.endswith("\n") or not content else content + "\n"))
    return found


def make_proxy(goroot: Path, folder: Path) -> Path:
    """The modules of testdata/mod as a folder that can be a module proxy; made once."""
    if (folder / "done").exists():
        return folder
    for path in sorted((goroot / "src/cmd/go/testdata/mod").glob("*.txt")):
        name, _, version = path.stem.rpartition("_v")
        place = folder / name.replace("_", "/") / "@v"
        place.mkdir(parents=True, exist_ok=True)
        version = "v" + version
        files = dict(txtar(path.read_text(encoding="utf-8", errors="surrogateescape")))
        info = files.pop(".info", json.dumps({"Version": _unescape(version), "Time": "2018-01-01T00:00:00Z"}))
        (place / f"{version}.info").write_text(info)
        module = _unescape(name.replace("_", "/"))
        (place / f"{version}.mod").write_text(files.pop(".mod", f"module {module}\n"))
        with zipfile.ZipFile(place / f"{version}.zip", "w") as archive:
            for file, content in files.items():
                if not file.startswith("."):
                    archive.writestr(f"{module}@{_unescape(version)}/{file}", content.encode("utf-8", "surrogateescape"))
        with (place / "list").open("a") as listing:
            listing.write(_unescape(version) + "\n")
    (folder / "done").touch()
    return folder


def _unescape(text: str) -> str:
    return re.sub("!([a-z])", lambda found: found[1].upper(), text)


def scripts(goroot: Path, names: list[str]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The scripts that have Go files: name and files."""
    for path in sorted((goroot / "src/cmd/go/testdata/script").glob("*.txt")):
        if names and not path.stem.startswith(tuple(names)):
            continue
        files = txtar(path.read_text(encoding="utf-8", errors="surrogateescape"))
        if any(name.endswith(".go") for name, _ in files):
            yield path.stem, files


def write_tree(files: list[tuple[str, str]], folder: Path) -> None:
    """Writes a script's files below a folder; what would lie outside is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files:
        name = re.sub(r"^\$(?:WORK|GOPATH)/(?:gopath/)?(?:src/)?|^\$\{?\w+\}?/", "", name)
        path = folder / name
        if name.startswith("/") or ".." in name.split("/") or "$" in name:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_dir():
            path.write_bytes(content.encode("utf-8", "surrogateescape"))
            settle(path)


def settle(path: Path) -> None:
    """Makes a file look old: the go command reads files that were just written another way, with other errors."""
    os.utime(path, (1_600_000_000, 1_600_000_000))


def roots(folder: Path) -> list[Path]:
    """Where to list: the folder itself, and every folder with a go.mod or go.work."""
    found = {path.parent for name in ("go.mod", "go.work") for path in folder.rglob(name) if path.is_file()}
    return sorted(found | {folder})


def publish_tree(source: Path, folder: Path) -> dict[str, Path]:
    """Makes a proxy of the modules in a folder of sources by import path (Debian's /usr/share/gocode/src): path and folder.

    Each module is published under every version that any other asks for; what is asked for and isn't there is a module
    without packages, so that the graph of requirements can be read to its end.
    """
    wanted: dict[str, set[str]] = {}
    modules: dict[str, Path] = {}
    for path in sorted(source.rglob("go.mod")):
        text = path.read_text(encoding="utf-8", errors="replace")
        name = re.search(r"^module\s+\"?([^\s\"]+)", text, re.MULTILINE)
        if name is None or "testdata" in path.parts:
            continue
        modules.setdefault(name[1], path.parent)
        for module, version in re.findall(r"^(?:require\s+|\t)\"?([\w./~-]+\.[\w./~-]+)\"? (v\d\S*)", text, re.MULTILINE):
            wanted.setdefault(module, set()).add(version)
    for module, versions in sorted(wanted.items()):
        for version in sorted(versions):
            _publish(module, version, modules.get(module), folder)
    return modules


def _publish(module: str, version: str, root: Path | None, folder: Path) -> None:
    escaped = re.sub("[A-Z]", lambda found: "!" + found[0].lower(), module)
    place = folder / escaped / "@v"
    place.mkdir(parents=True, exist_ok=True)
    mod = (root / "go.mod").read_bytes() if root is not None else f"module {module}\n".encode()
    name = re.sub("[A-Z]", lambda found: "!" + found[0].lower(), version)
    (place / f"{name}.mod").write_bytes(mod)
    (place / f"{name}.info").write_text(json.dumps({"Version": version, "Time": "2020-01-01T00:00:00Z"}))
    with zipfile.ZipFile(place / f"{name}.zip", "w") as archive:
        if root is None:
            archive.writestr(f"{module}@{version}/go.mod", mod)
            return
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            other = any((root / parent / "go.mod").exists() for parent in inside.parents if parent.parts)
            if path.is_file() and not path.is_symlink() and not other and path.stat().st_size < 1 << 20 and ":" not in str(inside):
                archive.write(path, f"{module}@{version}/{inside}")
