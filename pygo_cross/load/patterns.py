# SPDX-License-Identifier: BSD-3-Clause
"""Patterns of packages: `./...`, `net/...`, `std`, `cmd`, `all`, `work`, `tool`, a folder or an import path.

Facts: src/cmd/go/internal/search/search.go, src/cmd/internal/pkgpattern/pkgpattern.go.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from pygo_cross.load.modpath import split_version

META: Final = frozenset(["std", "cmd", "tool", "work", "all"])
_VENDOR: Final = "\0"


def is_local(path: str) -> bool:
    """Whether this names a folder by a relative path: `.`, `..`, or what begins with one of them and a slash."""
    return path in (".", "..") or path.startswith(("./", "../"))


def is_standard(path: str) -> bool:
    """Whether a path can be one of the standard library: its first element has no dot."""
    return "." not in path.partition("/")[0]


class Match:
    """A pattern, and what was found by it: folders, packages, errors."""

    __slots__ = ("errors", "folders", "packages", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.folders: list[str] | None = None
        self.packages: list[str] = []
        self.errors: list[Exception] = []

    @property
    def is_literal(self) -> bool:
        return "..." not in self.pattern and self.pattern not in META

    @property
    def is_local(self) -> bool:
        return is_local(self.pattern) or os.path.isabs(self.pattern)


def clean_patterns(patterns: Iterable[str]) -> list[str]:
    """Patterns in their shortest form; none at all is `.`."""
    found: list[str] = []
    for pattern in patterns:
        at = -1 if is_local(pattern) or os.path.isabs(pattern) else pattern.find("@")
        path, version = (pattern, "") if at < 0 else (pattern[:at], pattern[at:])
        if os.path.isabs(path):
            path = os.path.normpath(path)
        else:
            path = path.replace("\\", "/")
            clean = posixpath.normpath(path)
            path = "./" + clean if path.startswith("./") and clean != "." else clean
        found.append(path + version)
    return found or ["."]


def _vendor_hidden(path: str) -> str:
    if "vendor" not in path:
        return path
    elements = path.split("/")
    return "/".join([_VENDOR if element == "vendor" else element for element in elements[:-1]] + elements[-1:])


def matcher(pattern: str) -> Callable[[str], bool]:
    """Which paths a pattern matches: `...` is any text, but for a vendor element; `x/...` matches `x` too."""
    if _VENDOR in pattern:
        return lambda name: False
    dots = re.escape("...")
    wild = f"[^{_VENDOR}]*"
    expression = _vendor_hidden(re.escape(pattern))
    end = "/" + dots
    if expression.endswith(f"/{_VENDOR}{end}"):
        expression = expression[: -len(f"/{_VENDOR}{end}")] + f"(?:/vendor|/{_VENDOR}{end})"
    elif expression == _VENDOR + end:
        expression = f"(?:/vendor|/{_VENDOR}{end})"
    if expression.endswith(end):
        expression = expression[: -len(end)] + f"(?:{end})?"
    compiled = re.compile(expression.replace(dots, wild))

    def matches(name: str) -> bool:
        return _VENDOR not in name and compiled.fullmatch(_vendor_hidden(name)) is not None

    return matches


def tree_matcher(pattern: str) -> Callable[[str], bool]:
    """Which folders can hold, at any depth, a path that the pattern matches."""
    start, dots, _ = pattern.partition("...")

    def can(name: str) -> bool:
        prefix = len(name) <= len(start) and (start == name or name == "" or start.startswith(name if name.endswith("/") else name + "/"))
        return prefix or (bool(dots) and name.startswith(start))

    return can


def is_skipped(element: str) -> bool:
    """Whether wildcards pass over a folder of this name."""
    return element.startswith((".", "_")) or element == "testdata"


class Ignored:
    """The `ignore` lines of a go.mod: folders of the module that wildcards pass over."""

    __slots__ = ("anywhere", "below")

    def __init__(self, lines: Iterable[str]) -> None:
        self.below: list[str] = []
        self.anywhere: list[str] = []
        for line in lines:
            (self.below if line.startswith("./") else self.anywhere).append(_slashes(line.removeprefix("./")))

    def covers(self, folder: str) -> bool:
        """Whether a folder, relative to the module's root, is ignored."""
        if not folder:
            return False
        folder = _slashes(folder)
        return any(folder.startswith(line) for line in self.below) or any(line in folder for line in self.anywhere)


def _slashes(path: str) -> str:
    return (path if path.startswith("/") else "/" + path) + ("" if path.endswith("/") else "/")


def walk(root: str, descend: Callable[[str, str], bool]) -> Iterator[tuple[str, str]]:
    """Folders below and including `root` that `descend` takes, as (path, path relative to root), in the order of a sorted walk."""
    stack = [(root, "")]
    while stack:
        folder, relative = stack.pop()
        if not descend(folder, relative):
            continue
        yield folder, relative
        try:
            with os.scandir(folder) as entries:
                names = sorted((entry.name for entry in entries if entry.is_dir(follow_symlinks=False)), reverse=True)
        except OSError:
            continue
        stack += [(os.path.join(folder, name), f"{relative}/{name}" if relative else name) for name in names]


def executable_name(path: str) -> str:
    """What the program of an import path is called: its last element, or the one before a major version."""
    directory, _, last = path.rpartition("/")
    if directory and re.fullmatch("v(?:[2-9]|[1-9][0-9]+)", last) and split_version(path) is not None:
        return directory.rpartition("/")[2]
    return last
