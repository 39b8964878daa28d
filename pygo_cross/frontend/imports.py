# SPDX-License-Identifier: BSD-3-Clause
"""Import paths that the compiler refuses by themselves. Facts: src/cmd/compile/internal/noder/import.go."""

from __future__ import annotations

import posixpath

from pygo_cross.gostrings import quote
from pygo_cross.types.check.checker import Importer, ImportFailure
from pygo_cross.types.package import Package


def with_path_rules(importer: Importer, own_path: str) -> Importer:
    """An importer that refuses what the compiler of the package `own_path` refuses."""

    def give(path: str) -> Package:
        wrong = refusal(path, own_path)
        if wrong:
            raise ImportFailure(wrong)
        return importer(path)

    return give


def refusal(path: str, own_path: str) -> str:
    """Why a path can't be imported by the package `own_path`, or nothing."""
    if path == "main":
        return 'cannot import "main"'
    if path == own_path:
        return f"import {_quoted(path)} while compiling that package (import cycle)"
    if path.startswith("/"):
        return "import path cannot be absolute path"
    clean = _clean(path)
    if clean != path and not path.startswith(("./", "../")):
        return f"non-canonical import path {_quoted(path)} (should be {_quoted(clean)})"
    return ""


def _clean(path: str) -> str:
    """The shortest path that means the same, as Go's path.Clean gives it."""
    return posixpath.normpath(path) if path else "."


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"))
