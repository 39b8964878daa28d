# SPDX-License-Identifier: BSD-3-Clause
"""Sums of what is published, as sha256sum and its siblings write and check them.

The list has what people download: archives, binaries that are published as such, SBOMs; where no archive is made, the
binaries themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pygo_cross.build.artifacts import ARCHIVE, BINARY, CHECKSUM, SBOM, UNIVERSAL, UPLOADABLE
from pygo_cross.build.files import write_whole
from pygo_cross.build.release.context import Planned, Release


def published(release: Release, ids: Sequence[str] = ()) -> list[Planned]:
    """The files that people get, in the order of their paths."""
    packed = release.find(ARCHIVE, UPLOADABLE)
    wanted = [ARCHIVE, UPLOADABLE, SBOM] if packed else [BINARY, UNIVERSAL, SBOM]
    return sorted(release.find(*wanted, ids=ids), key=lambda item: item.path)


def plan(release: Release) -> list[Planned]:
    """The list, or one file for each artifact."""
    record = release.config.project.checksum
    listed = published(release, record.ids)
    if record.disable or not listed:
        return []
    pos = record.place("name_template")
    if not record.split:
        name = release.expand(record.name_template or "checksums.txt", pos)
        if "/" in name:
            release.wrong(pos, "bad-value", f"name_template: {name!r} can't be the list's name")
            return []
        return [Planned(type=CHECKSUM, path=name, pos=pos, record=record, inputs=tuple(listed), contains=False)]
    template = record.name_template or "{{ .ArtifactName }}.{{ .Algorithm }}"
    return [
        Planned(
            type=CHECKSUM,
            path=release.expand(template, pos, item, Algorithm=record.algorithm),
            pos=pos,
            record=record,
            inputs=(item,),
            contains=False,
        )
        for item in listed
    ]


def make(release: Release, item: Planned, out: Path) -> Mapping[str, Any]:
    """Writes the list of the inputs' sums."""
    record = release.config.project.checksum
    lines = [line_of(sum_of(release.path(part), record.algorithm), part.path) for part in item.inputs]
    text = "".join(lines) if not record.split else lines[0].split(" ")[0].lstrip("\\")
    write_whole(out, text.encode("utf-8", "surrogateescape"))
    return {"Algorithm": record.algorithm}


def sum_of(path: Path, algorithm: str) -> str:
    """The sum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm.replace("-", "_")).hexdigest()


def line_of(digest: str, name: str) -> str:
    """A line of the list. A name with a backslash or an end of a line is escaped, as coreutils does it."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"
