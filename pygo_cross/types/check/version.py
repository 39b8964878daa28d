# SPDX-License-Identifier: BSD-3-Clause
"""Language versions: which one each file is written in, and what it may use.

A version is "go1.N"; "" stands for no limit. A file's `//go:build go1.N` line may raise or lower its version, but not below go1.21.

Source of the facts: src/cmd/compile/internal/types2/{version,check}.go; src/internal/goversion.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import pygo_cross
from pygo_cross.syntax.nodes import File
from pygo_cross.types.check.errors import Place, error

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker

GO1_9: Final = 9
GO1_13: Final = 13
GO1_14: Final = 14
GO1_17: Final = 17
GO1_18: Final = 18
GO1_20: Final = 20
GO1_21: Final = 21
GO1_22: Final = 22
GO1_23: Final = 23
GO1_26: Final = 26
GO1_27: Final = 27
CURRENT: Final = int(pygo_cross.GO_RELEASE.split(".")[1])

_UNLIMITED: Final = 1 << 30
_VERSION: Final = re.compile(r"go1(?:\.(\d+))?(?:\.\d+|rc\d+|beta\d+)?(?:-.*)?")


def minor(text: str) -> int:
    """The N of "go1.N", "go1.N.3" or "go1.Nrc1"; -1 if it is no version."""
    found = _VERSION.fullmatch(text)
    return int(found[1] or 0) if found else -1


def allows(check: Checker, wanted: int) -> bool:
    """Whether the language version at hand has what came with go1.`wanted`."""
    return limit(check.env.version) >= wanted


def require(check: Checker, at: Place, wanted: int, what: str, *args: object) -> bool:
    """Whether it is allowed; if not, that is reported: "WHAT requires go1.N or later"."""
    if limit(check.env.version) >= wanted:
        return True
    error(check, at, "unsupported-feature", what + f" requires go1.{wanted} or later", *args)
    return False


@functools.cache
def limit(version: str) -> int:
    """A version as a number to compare: everything is allowed where none is given, or none can be understood."""
    found = minor(version)
    return _UNLIMITED if found < 0 else found


def init_files(check: Checker, files: Sequence[File]) -> None:
    """Take the files that belong to the package, and find out each one's version."""
    package, configured = check.pkg, minor(check.config.go_version)
    for file in files:
        name = file.pkg_name.value
        if not package.name:
            if name == "_":
                error(check, file.pkg_name, "blank-pkg-name", "invalid package name _")
            else:
                package.name = name
        if package.name and name != package.name:
            error(check, file, "mismatched-pkg-name", "package %s; expected package %s", name, package.name)
            continue
        check.files.append(file)
    if configured > CURRENT and files:
        message = "package requires newer Go version go1.%s (application built with go1.%s)"
        error(check, files[0], "too-new", message, str(configured), str(CURRENT))
    for file in check.files:
        version, own = check.config.go_version, minor(file.go_version)
        if own >= 0:
            version = f"go1.{max(own, GO1_21)}"
            if own > CURRENT:
                error(check, file.pkg_name, "too-new", "file requires newer Go version go1.%s", str(own))
        check.info.file_versions.append(version)
