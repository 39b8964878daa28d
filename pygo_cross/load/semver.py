# SPDX-License-Identifier: BSD-3-Clause
"""Semantic versions of modules, with the leading `v`, and what orders them.

Two short forms are valid too, `v1` and `v1.2`; they stand for `v1.0.0` and `v1.2.0`. An invalid version is less than
every valid one, and all invalid ones are equal. Facts: src/cmd/vendor/golang.org/x/mod/semver/semver.go.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_NUMBER: Final = r"(0|[1-9][0-9]*)"
_VERSION: Final = re.compile(
    rf"v{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?)?"
)
_BAD_PRERELEASE: Final = re.compile(r"(?:^-|\.)0[0-9]+(?=\.|$)")

# major, minor and patch, where each identifier of the prerelease is (0, number) or (1, text); a release sorts last.
Key = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]


def _match(version: str) -> re.Match[str] | None:
    found = _VERSION.fullmatch(version)
    if found is None or (found[4] and _BAD_PRERELEASE.search(found[4])):
        return None
    return found


def is_valid(version: str) -> bool:
    """Whether this is a semantic version, short forms included."""
    return _match(version) is not None


def canonical(version: str) -> str:
    """The version in full and without build metadata; nothing for an invalid one."""
    found = _match(version)
    if found is None:
        return ""
    return f"v{found[1]}.{found[2] or '0'}.{found[3] or '0'}{found[4] or ''}"


def major(version: str) -> str:
    """`v2` of `v2.1.0`; nothing for an invalid version."""
    found = _match(version)
    return f"v{found[1]}" if found else ""


def prerelease(version: str) -> str:
    """`-rc.1` of `v1.0.0-rc.1+meta`, its dash included."""
    found = _match(version)
    return found[4] or "" if found else ""


def build(version: str) -> str:
    """`+meta` of `v1.0.0-rc.1+meta`, its plus included."""
    found = _match(version)
    return found[5] or "" if found else ""


@cache
def key(version: str) -> Key:
    """What versions are ordered by: build metadata has no say."""
    found = _match(version)
    if found is None:
        return (-1, 0, 0, 0, ())
    numbers = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if not found[4]:
        return (*numbers, 1, ())
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in found[4][1:].split("."))
    return (*numbers, 0, parts)


def compare(one: str, other: str) -> int:
    """-1, 0 or 1."""
    a, b = key(one), key(other)
    return (a > b) - (a < b)
