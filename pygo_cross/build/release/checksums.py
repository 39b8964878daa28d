# SPDX-License-Identifier: BSD-3-Clause
"""Sums of what is published, as sha256sum and its siblings write and check them.

The list has what people download: archives, binaries that are published as such, SBOMs; where no archive is made, the
binaries themselves.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pygo_cross.build.artifacts import ARCHIVE, BINARY, CHECKSUM, SBOM, UNIVERSAL, UPLOADABLE
from pygo_cross.build.files import writing
from pygo_cross.build.release.context import Planned, Release
from pygo_cross.build.release.globs import BadPattern, find_files
from pygo_cross.build.release.outputs import Checksum
from pygo_cross.records import usage_error


def published(release: Release, ids: Sequence[str] = ()) -> list[Planned]:
    """The files that people get, in the order of their paths."""
    packed = release.find(ARCHIVE, UPLOADABLE)
    wanted = [ARCHIVE, UPLOADABLE, SBOM] if packed else [BINARY, UNIVERSAL, SBOM]
    return sorted(release.find(*wanted, ids=ids), key=lambda item: item.path)


def plan(release: Release) -> list[Planned]:
    """The list, or one file for each artifact."""
    record = release.config.project.checksum
    if record.disable:
        return []
    listed = published(release, record.ids)
    extra = _extra_files(release, record)
    if not listed and not extra:
        return []
    pos = record.place("name_template")
    if not record.split:
        name = release.expand(record.name_template or "checksums.txt", pos, Algorithm=record.algorithm)
        if "/" in name:
            release.wrong(pos, "bad-value", f"name_template: {name!r} can't be the list's name", "leave the folder out")
            return []
        return [Planned(type=CHECKSUM, path=name, pos=pos, record=record, inputs=tuple(listed), contains=False, data=extra)]
    template = record.name_template or "{{ .ArtifactName }}.{{ .Algorithm }}"
    common: dict[str, Any] = {"type": CHECKSUM, "pos": pos, "record": record, "contains": False}
    items = []
    for item in listed:
        name = release.expand(template, pos, item, Algorithm=record.algorithm)
        items.append(Planned(path=posixpath.join(posixpath.dirname(item.path), name), inputs=(item,), data=[], **common))
    for name, path in extra:
        about = {"ArtifactName": name, "ArtifactPath": str(path), "Algorithm": record.algorithm}
        items.append(Planned(path=release.expand(template, pos, None, **about), data=[(name, path)], **common))
    return items


def _extra_files(release: Release, record: Checksum) -> list[tuple[str, Path]]:
    """The files of the project that are listed too: their names in the list, and where they are."""
    found: dict[str, Path] = {}
    for file in record.extra_files:
        pos = file.place("glob")
        try:
            paths = find_files(release.config.folder, release.expand(file.glob, pos), release.dist)
        except BadPattern as error:
            release.wrong(pos, "bad-pattern", f"extra_files: {error.message}", error.hint)
            continue
        if file.name_template and len(paths) != 1:
            where = file.place("name_template")
            release.wrong(where, "bad-value", f"extra_files: one name for {len(paths)} files", "name one file, or leave name_template out")
            continue
        for path in paths:
            own = posixpath.basename(path)
            name = release.expand(file.name_template, file.place("name_template"), ArtifactName=own) if file.name_template else own
            if found.setdefault(name, release.config.folder / path) != release.config.folder / path:
                release.wrong(pos, "duplicate-name", f"extra_files: two files called {name}", "give one a name_template")
    return sorted(found.items())


def make(release: Release, item: Planned, out: Path) -> Mapping[str, Any]:
    """Writes the list of the inputs' sums."""
    record = release.config.project.checksum
    listed = [(part.path, release.path(part)) for part in item.inputs] + item.data
    lines: list[str] = []
    for name, path in sorted(listed):
        try:
            lines.append(line_of(sum_of(path, record.algorithm), name))
        except OSError as error:
            raise usage_error("unreadable", f"{path}: can't be read: {error.strerror}") from None
    text = "".join(lines) if not record.split else lines[0].split(" ")[0].lstrip("\\")
    with writing(release.path(item)):
        out.write_bytes(text.encode("utf-8", "surrogateescape"))
    return {"Algorithm": record.algorithm}


def sum_of(path: Path, algorithm: str) -> str:
    """The sum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm.replace("-", "_")).hexdigest()


def line_of(digest: str, name: str) -> str:
    """A line of the list. A name with a backslash or an end of a line is escaped, as coreutils does it."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"
