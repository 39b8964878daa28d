# SPDX-License-Identifier: BSD-3-Clause
"""Versions of Go itself: `1.21`, `1.21rc2`, `1.21.3`, and the pseudo-modules `go` and `toolchain` that carry them.

From 1.21 on a bare `1.21` is the language and older than `1.21rc1`; before, `1.20` was the first release and is `1.20.0`.
Facts: src/internal/gover/gover.go, src/cmd/go/internal/gover.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from pygo_cross import GO_RELEASE
from pygo_cross.load import semver

LOCAL: Final = GO_RELEASE
"""The release that we speak."""

# What changed with which version of the go line (src/cmd/go/internal/gover/version.go).
NARROW_ALL: Final = "1.16"
DEFAULT_GO_MOD: Final = "1.16"
DEFAULT_GO_WORK: Final = "1.18"
EXPLICIT_INDIRECT: Final = "1.17"
STRICT: Final = "1.21"
TIDY_GO_MOD_SUM: Final = "1.21"
MODULES_TXT_COMPLETE: Final = "1.23"

_INT: Final = r"(0|[1-9][0-9]*)"
_VERSION: Final = re.compile(rf"{_INT}(?:\.{_INT}(?:\.{_INT}|([a-z]+){_INT}?)?)?")

Key = tuple[int, int, int, str, int]
_INVALID: Final[Key] = (-1, 0, 0, "", 0)


@cache
def key(version: str) -> Key:
    """What Go versions are ordered by; an invalid one is less than all others."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return _INVALID
    if found[2] is None:
        return (int(found[1]), 0, 0, "", -1)
    minor = int(found[2])
    if found[3] is not None:
        return (int(found[1]), minor, int(found[3]), "", -1)
    if found[4] is not None:
        return (int(found[1]), minor, -1, found[4], int(found[5] or -1))
    return (int(found[1]), minor, 0 if minor < 21 else -1, "", -1)


def is_valid(version: str) -> bool:
    """Whether this is a version of Go, without `go` in front."""
    return key(version) != _INVALID


def compare(one: str, other: str) -> int:
    """-1, 0 or 1."""
    a, b = key(one), key(other)
    return (a > b) - (a < b)


def language(version: str) -> str:
    """`1.21` of `1.21.3`."""
    major, minor = key(version)[:2]
    return f"{major}.{minor}" if major > 0 and (major, minor) != (1, 0) else str(major) if major >= 0 else ""


def of_toolchain(name: str) -> str:
    """The version that a toolchain's name stands for: `1.21.3` of `go1.21.3-custom`; nothing where there is none."""
    if not name.startswith("go") or "/" in name or "\\" in name:
        return ""
    version = re.split(r"[ \t-]", name[2:], maxsplit=1)[0]
    return version if is_valid(version) else ""


def is_toolchain(path: str) -> bool:
    """Whether a module path is one of the two that stand for Go itself."""
    return path in ("go", "toolchain")


def compare_module(path: str, one: str, other: str) -> int:
    """Compares two versions of the module `path`, the pseudo-modules included."""
    if path == "go":
        return compare(one, other)
    if path == "toolchain":
        return compare(of_toolchain(one) or one, of_toolchain(other) or other)
    return semver.compare(one, other)
