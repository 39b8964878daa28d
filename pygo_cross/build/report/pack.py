# SPDX-License-Identifier: BSD-3-Clause
"""The contents of binaries, made small for the page: one JSON object, deflated, in base64.

Binaries of one build have most names in common, so names and packages are listed once for all. Rows are sorted by package and name,
and names are numbered in that order, so that columns hold small differences. The same contents give the same text.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

from pygo_cross.build.report.contents import CLASSES, REASONS, Contents
from pygo_cross.build.report.text import visible

LIMIT: Final = 400_000
"""Symbols on a page. With more, the smallest of each package are put together."""


def pack(binaries: Mapping[str, Contents], limit: int = LIMIT) -> str:
    """The text for the page; `binaries` by the artifact's path."""
    everything = _everything(binaries, limit)
    raw = json.dumps(everything, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")
    return base64.b64encode(zlib.compress(raw, 9)).decode("ascii")


def unpack(text: str) -> dict[str, Any]:
    """What `pack` put together. Raises `ValueError` for any other text."""
    try:
        everything: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text, validate=True)))
        if everything["classes"] != list(CLASSES) or everything["reasons"] != list(REASONS):
            raise ValueError("it is of another version")
        packages = len(everything["packages"])
        for binary in everything["binaries"].values():
            count = len(binary["name"])
            columns = [binary[name] for name in ("name", "class", "bytes", "tables", "reason", "parent")]
            runs = [many for package, many in binary["package"] if 0 <= package < packages]
            whole = sum(runs) == count and len(runs) == len(binary["package"])
            numbers = all(isinstance(number, int) for column in columns for number in column)
            if not whole or not numbers or any(len(column) != count for column in columns):
                raise ValueError("its columns do not fit together")
    except (zlib.error, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no contents of binaries: {error}") from None
    return everything


def _everything(binaries: Mapping[str, Contents], limit: int) -> dict[str, Any]:
    packages: dict[tuple[str, str], int] = {}
    for key in sorted({pair for contents in binaries.values() for pair in zip(contents.groups, contents.packages, strict=True)}):
        packages[key] = len(packages)
    least = _least(binaries, limit)
    kept = {path: _kept(contents, least) for path, contents in binaries.items()}
    names: dict[str, int] = {}
    pairs = {
        (packages[contents.groups[contents.package[row]], contents.packages[contents.package[row]]], contents.names[row])
        for path, contents in binaries.items()
        for row in kept[path]
    }
    for _, name in sorted(pairs):
        names.setdefault(name, len(names))
    return {
        "classes": CLASSES,
        "reasons": REASONS,
        "groups": [visible(group) for group, _ in packages],
        "packages": [visible(package) for _, package in packages],
        "names": [visible(name) for name in names],
        "binaries": {path: _binary(contents, kept[path], packages, names) for path, contents in binaries.items()},
    }


def _least(binaries: Mapping[str, Contents], limit: int) -> int:
    """The size below which a symbol is not listed by itself."""
    sizes = sorted((size for contents in binaries.values() for size in contents.sizes), reverse=True)
    return sizes[limit] + 1 if len(sizes) > limit else 0


def _kept(contents: Contents, least: int) -> list[int]:
    """The rows that are listed: those that are large enough, and all that a reason of one of them names."""
    if not least:
        return list(range(len(contents.names)))
    kept: set[int] = set()
    pending = [row for row, size in enumerate(contents.sizes) if size >= least]
    while pending:
        row = pending.pop()
        if row not in kept:
            kept.add(row)
            pending += [other - 1 for other in (contents.parent[row], contents.cause[row]) if other]
    return sorted(kept)


def _binary(contents: Contents, kept: list[int], packages: Mapping[tuple[str, str], int], names: Mapping[str, int]) -> dict[str, Any]:
    package_of = [packages[pair] for pair in zip(contents.groups, contents.packages, strict=True)]
    order = sorted((package_of[contents.package[row]], names[contents.names[row]], row) for row in kept)
    place = {row + 1: at for at, (_, _, row) in enumerate(order, 1)}
    place[0] = 0
    rows = [row for _, _, row in order]
    previous = 0
    name: list[int] = []
    for _, number, _ in order:
        name.append(number - previous)
        previous = number
    result: dict[str, Any] = {
        "size": contents.size,
        "sha256": contents.sha256,
        "why": contents.knows_why,
        "package": [[package, len(list(run))] for package, run in groupby(package for package, _, _ in order)],
        "name": name,
        "class": [contents.kind[row] for row in rows],
        "bytes": [contents.sizes[row] for row in rows],
        "tables": [contents.tables[row] for row in rows],
        "reason": [contents.reason[row] for row in rows],
        "parent": [place[contents.parent[row]] for row in rows],
        "cause": [[at, place[contents.cause[row]]] for at, row in enumerate(rows, 1) if contents.cause[row]],
        "rest": [[group, visible(name), size] for group, name, size in contents.rest],
    }
    if len(kept) < len(contents.names):
        result["small"] = _small(contents, set(kept), package_of)
    return result


def _small(contents: Contents, kept: set[int], package_of: list[int]) -> list[list[int]]:
    """What the rows that are not listed come to, by package and class: package, class, how many, their bytes with their tables."""
    sums: dict[tuple[int, int], list[int]] = {}
    for row, package in enumerate(contents.package):
        if row not in kept:
            sums_of = sums.setdefault((package_of[package], contents.kind[row]), [0, 0])
            sums_of[0] += 1
            sums_of[1] += contents.sizes[row] + contents.tables[row]
    return [[*key, *value] for key, value in sorted(sums.items())]
