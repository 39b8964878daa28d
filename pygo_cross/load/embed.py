# SPDX-License-Identifier: BSD-3-Clause
"""go:embed patterns: the files of a package's folder that they name.

Only files that would be in the module's zip file count: none of another module, of version control, or that is no regular
file. Facts: src/cmd/go/internal/load/pkg.go (resolveEmbed).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import Final

from pygo_cross.load.errors import LoadError
from pygo_cross.load.modpath import glob_expression, is_file_name

_VERSION_CONTROL: Final = frozenset([".bzr", ".hg", ".git", ".svn", ""])


class EmbedError(LoadError):
    """A pattern that names what can't be embedded."""

    def __init__(self, pattern: str, why: str) -> None:
        super().__init__(f"pattern {pattern}: {why}")
        self.pattern = pattern


def _bad_name(name: str) -> bool:
    return name in _VERSION_CONTROL or not is_file_name(name)


def _valid_pattern(pattern: str) -> bool:
    """Whether a pattern is a clean relative path with slashes, and not the folder itself."""
    return pattern != "." and bool(pattern) and all(element not in ("", ".", "..") for element in pattern.split("/"))


def _glob(folder: str, pattern: str) -> list[str]:
    """The paths below a folder that a pattern matches, relative to it, sorted folder by folder."""
    found = [""]
    for element in pattern.split("/"):
        following: list[str] = []
        plain = not any(c in element for c in "*?[\\")
        expression = None if plain else glob_expression(element)
        for parent in found:
            above = os.path.join(folder, parent)
            if plain:
                if os.path.lexists(os.path.join(above, element)):
                    following.append(f"{parent}/{element}" if parent else element)
                continue
            assert expression is not None
            try:
                names = sorted(os.listdir(above))
            except OSError:
                continue
            following += [f"{parent}/{name}" if parent else name for name in names if expression.fullmatch(name)]
        found = following
    return found


def resolve_embed(folder: str, patterns: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """The files that the patterns name, all together and by pattern. Raises `EmbedError` for the first that is wrong."""
    by_pattern: dict[str, list[str]] = {}
    checked: set[str] = set()
    for pattern in patterns:
        try:
            by_pattern[pattern] = _resolve(folder, pattern, checked)
        except LoadError as error:
            raise EmbedError(pattern, str(error)) from None
    return sorted({file for files in by_pattern.values() for file in files}), by_pattern


def _resolve(folder: str, pattern: str, checked: set[str]) -> list[str]:
    everything = pattern.startswith("all:")
    glob = pattern.removeprefix("all:")
    if glob_expression(glob) is None or not _valid_pattern(glob):
        raise LoadError("invalid pattern syntax")
    found: dict[str, None] = {}
    for relative in _glob(folder, glob):
        path = os.path.join(folder, relative)
        try:
            mode = os.lstat(path).st_mode
        except OSError as error:
            raise LoadError(f"lstat {path}: {(error.strerror or str(error)).lower()}") from None
        _check_above(folder, relative, "directory" if stat.S_ISDIR(mode) else "file", checked)
        if stat.S_ISREG(mode):
            found[relative] = None
        elif stat.S_ISDIR(mode):
            files: list[str] = []
            _walk(path, relative, everything, files)
            if not files:
                raise LoadError(f"cannot embed directory {relative}: contains no embeddable files")
            found.update(dict.fromkeys(files))
        else:
            raise LoadError(f"cannot embed irregular file {relative}")
    if not found:
        raise LoadError("no matching files found")
    return sorted(found)


def _check_above(folder: str, relative: str, what: str, checked: set[str]) -> None:
    """Raises `LoadError` where the file, or a folder above it, is no part of the module."""
    at = relative
    while at and at not in checked:
        path = os.path.join(folder, at)
        if os.path.exists(os.path.join(path, "go.mod")):
            raise LoadError(f"cannot embed {what} {relative}: in different module")
        if at != relative and not stat.S_ISDIR(os.lstat(path).st_mode):
            raise LoadError(f"cannot embed {what} {relative}: in non-directory {at}")
        checked.add(at)
        name = at.rpartition("/")[2]
        if _bad_name(name):
            if at == relative:
                raise LoadError(f"cannot embed {what} {relative}: invalid name {name}")
            raise LoadError(f"cannot embed {what} {relative}: in invalid directory {name}")
        at = at.rpartition("/")[0]


def _walk(path: str, relative: str, everything: bool, files: list[str]) -> None:
    """Adds the files below a folder, without hidden ones unless `everything`, and none of other modules."""
    stack = [(path, relative)]
    while stack:
        path, relative = stack.pop()
        try:
            with os.scandir(path) as entries:
                listing = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise LoadError(f"open {path}: {(error.strerror or str(error)).lower()}") from None
        below: list[tuple[str, str]] = []
        for entry in listing:
            name = entry.name
            inside = f"{relative}/{name}"
            is_folder = entry.is_dir(follow_symlinks=False)
            if _bad_name(name) or (name[0] in "._" and not everything):
                if not is_folder and name[0] not in "._":
                    raise LoadError(f"cannot embed file {inside}: invalid name {name}")
                continue
            if is_folder:
                if not os.path.exists(os.path.join(entry.path, "go.mod")):
                    below.append((entry.path, inside))
            elif entry.is_file(follow_symlinks=False):
                files.append(inside)
        stack += reversed(below)
