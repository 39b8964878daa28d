# SPDX-License-Identifier: BSD-3-Clause
"""Which of the host's files a build needs to see, so that it makes the same bytes in a container as it makes here.

Every folder is shown at the path that it has on the host. Diagnostics, coverage and what a binary built without -trimpath says
of its sources are then the host's, and links between the folders lead where they lead outside. What is shown is the smallest set of
folders that a build reads: the project, the repository it is part of (for version stamps; its .git may be elsewhere, as for
worktrees and submodules), and modules that a go.mod or go.work names by path. All of it is read-only but the output.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pygo_cross.records import usage_error

_SYSTEM: Final = (
    *("/bin", "/cache", "/dev", "/etc", "/lib", "/lib64", "/opt/go-cache", "/opt/pygo-cross", "/proc", "/sbin", "/sys", "/tmp"),
    *("/usr/bin", "/usr/lib", "/usr/lib64", "/usr/local/bin", "/usr/local/go", "/usr/local/lib", "/usr/sbin", "/usr/share"),
)
"""Folders of the image that nothing may cover."""
_KERNEL: Final = ("/dev", "/proc", "/sys")
_UNREAD: Final = ("node_modules",)
_LINKS_SHOWN: Final = 5
_ALTERNATES: Final = 5
"""How far git follows from one repository's objects to another's (git-repository-layout)."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One mount: what is at `source` on the host is seen at `target` in the container."""

    target: str
    source: str
    writable: bool = False


@dataclass(slots=True)
class Sources:
    """What a build needs to see: `places`, and `notes` on what it will miss."""

    places: list[Place] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def needed(projects: Iterable[Path], files: Iterable[Path], writable: Iterable[Path]) -> Sources:
    """The places for a build of Go code in the folders `projects` that also reads `files` and writes to the folders `writable`.

    All of these folders must be there. Raises `UserError` where one can't be shown at its own path.
    """
    wanted: dict[str, Place] = {}

    def show(path: Path, write: bool = False) -> None:
        real = os.path.realpath(path)
        for target in (real, os.path.abspath(path)):
            before = wanted.get(target)
            wanted[target] = Place(target, real, write or (before is not None and before.writable))

    folders = list(projects)
    for folder in folders:
        for part in (folder, *repository_of(folder)):
            show(part)
        for module in modules_of(folder):
            for part in (module, *repository_of(module)):
                show(part)
    for path in files:
        if path.exists():
            show(path)
    for path in writable:
        show(path, write=True)
    places = reduce(wanted.values())
    for place in places:
        _check(place)
    return Sources(places, [note for folder in folders for note in outside_links(folder, places)])


def reduce(places: Iterable[Place]) -> list[Place]:
    """Without those that are seen through another anyway, outer folders first."""
    kept: list[Place] = []
    for place in sorted(places, key=lambda place: (place.target.count("/") if place.target != "/" else 0, place.target)):
        outer = [other for other in kept if within(place.target, other.target)]
        # The innermost one is what is seen there.
        if outer:
            last = outer[-1]
            seen = os.path.normpath(os.path.join(last.source, os.path.relpath(place.target, last.target)))
            if (os.path.realpath(seen) == place.source and not place.writable) or (seen == place.source and last.writable):
                continue
        kept.append(place)
    return kept


def within(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it; both absolute and clean."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _check(place: Place) -> None:
    target = place.target
    if any(within(own, target) for own in _SYSTEM) or any(within(target, own) for own in _KERNEL):
        what = f"{target} can't be shown in a container, where the system has its own"
        raise usage_error("bad-place", what, "have the project, and the repository around it, in a folder of its own")


# ---- git


def repository_of(folder: Path) -> list[Path]:
    """The folders that git reads for `folder`: the work tree, its .git where that is elsewhere, and whatever that borrows from."""
    at = Path(os.path.realpath(folder))
    for top in (at, *at.parents):
        entry = top / ".git"
        if entry.is_dir():
            return [top, *_git_folder(entry)]
        if entry.is_file():
            found = re.match(r"gitdir: (.*)", _text(entry))
            if found is None:
                return [top]
            return [top, *_git_folder(top / found.group(1).rstrip("\n"))]
    return []


def _git_folder(entry: Path) -> list[Path]:
    found = [entry] if entry.is_dir() else []
    common = entry
    # A worktree's own folder names the repository that it belongs to.
    if (entry / "commondir").is_file():
        common = entry / _text(entry / "commondir").rstrip("\n")
        found += [common] if common.is_dir() else []
    objects, seen = [common / "objects"], 0
    while objects and seen < _ALTERNATES:
        seen += 1
        lenders: list[Path] = []
        for store in objects:
            for line in _text(store / "info/alternates").splitlines():
                lender = store / line
                if line and not line.startswith("#") and lender.is_dir():
                    lenders.append(lender)
        found += lenders
        objects = lenders
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError):
        return ""


# ---- modules


def module_root(folder: Path, name: str = "go.mod") -> Path | None:
    """The nearest folder above (or at) `folder` that has a go.mod."""
    at = Path(os.path.realpath(folder))
    return next((top for top in (at, *at.parents) if (top / name).is_file()), None)


def modules_of(folder: Path) -> list[Path]:
    """The module that `folder` is in, its workspace, and the modules that those name by path."""
    found: list[Path] = []
    root = module_root(folder)
    mains = [root] if root is not None else []
    named = os.environ.get("GOWORK", "")
    work = module_root(folder, "go.work") if named in ("", "auto") else Path(named).parent if named != "off" else None
    if work is not None and (work / "go.work").is_file():
        found.append(work)
        mains += [work / path for path in local_paths(_text(work / "go.work"))]
    for main in mains:
        if main.is_dir():
            found.append(main)
            found += [main / path for path in local_paths(_text(main / "go.mod")) if (main / path).is_dir()]
    return found


_STRING: Final = r'"(?:[^"\\]|\\.)*"|`[^`]*`|(?:(?!//)[^\s()])+'


def local_paths(text: str) -> list[str]:
    """The paths that `replace` and `use` lines of a go.mod or go.work name (go.dev/ref/mod, "Lexical elements")."""
    paths: list[str] = []
    block = ""
    for raw in text.splitlines():
        line = re.sub(rf"//.*|({_STRING})", lambda match: match.group(1) or "", raw).strip()
        if not line:
            continue
        if line == ")":
            block = ""
            continue
        opening = re.fullmatch(r"(\w+)\s*\(", line)
        if opening:
            block = opening.group(1)
            continue
        verb, rest = (block, line) if block else line.partition(" ")[::2]
        words = [_unquoted(word) for word in re.findall(_STRING, rest)]
        if verb == "replace" and "=>" in words:
            words = words[words.index("=>") + 1 :]
        elif verb != "use":
            continue
        if words and (words[0].startswith(("./", "../", "/")) or words[0] in (".", "..") or verb == "use"):
            paths.append(words[0])
    return paths


def requires(text: str) -> bool:
    """Whether a go.mod needs any other module."""
    return bool(re.search(r"^\s*require\s*(\(\s*$|[^\s(])", text, re.MULTILINE))


def _unquoted(word: str) -> str:
    if word[:1] == "`":
        return word[1:-1]
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word[:1] == '"' else word


# ---- links


def outside_links(folder: Path, places: Iterable[Place]) -> Iterator[str]:
    """A line for each link in the project that leads to a file of the host which is not seen in the container.

    Folders that the go command passes over (`.x`, `_x`) are passed over here.
    """
    targets = [place.target for place in places]
    found = 0
    for path, leads in _links(Path(os.path.realpath(folder))):
        if any(within(leads, target) for target in targets):
            continue
        found += 1
        if found <= _LINKS_SHOWN:
            yield f"{path} leads to {leads}, out of what the container is shown: it is not there for the build"
    if found > _LINKS_SHOWN:
        yield f"… and {found - _LINKS_SHOWN} more such links"


def _links(top: Path) -> Iterator[tuple[str, str]]:
    waiting = [str(top)]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.is_symlink():
                real = os.path.realpath(entry.path)
                if os.path.exists(real):  # one that leads nowhere leads nowhere here too
                    yield entry.path, real
            elif entry.is_dir(follow_symlinks=False) and not entry.name.startswith((".", "_")) and entry.name not in _UNREAD:
                waiting.append(entry.path)
