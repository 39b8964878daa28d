# SPDX-License-Identifier: BSD-3-Clause
"""Writes dist/report.html: when a build is done, and again when its programs have been run.

The page itself keeps what nothing else in the folder does, times and the contents of binaries, and gives it back for the next writing.
It is no artifact: neither artifacts.json nor the checksums know it, since it has the times of one machine's run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pygo_cross.build.artifacts import BINARY, RECORD, load, read_record_file
from pygo_cross.build.files import write_whole
from pygo_cross.build.report.bare import read_binary
from pygo_cross.build.report.contents import Contents, read_link_report
from pygo_cross.build.report.pack import pack, unpack
from pygo_cross.build.report.page import NAME, Page, read_back, render
from pygo_cross.exe.buildinfo import BadBuildInfo, BuildInfo, read_build_info_of
from pygo_cross.records import usage_error

FACTS = ("Version", "Tag", "Branch", "Commit", "FullCommit", "CommitTimestamp")
"""What a page says of the commit, under the names that templates have."""

Times = Mapping[str, Mapping[str, float]]


def write_report(
    dist: Path, record: Mapping[str, Any], facts: Mapping[str, str], times: Times, reports: Mapping[str, bytes]
) -> None:
    """Writes the page of a build that has just been made. `reports` are what our linker reported, by the binary's path.

    Raises `UserError` where it can't be written.
    """
    infos = _infos(dist, record)
    _write(dist, Page(record, facts, times, infos, _pack(dist, record, infos, reports)))


def update_report(dist: Path, times: Times | None = None, create: bool = False) -> Path | None:
    """Writes the page of a finished build again, from its record as it is now; with `times` in addition to those it had.

    Where there is no page nothing is done, unless `create` says so. Returns the page's path. Raises `UserError` where there is no
    finished build, or the page can't be written.
    """
    path = dist / NAME
    record = _checked(dist, read_record_file(dist))
    if create:
        load(dist)  # a page about other files than those that are there would tell lies
    old = None
    with contextlib.suppress(OSError):
        old = read_back(path.read_bytes())
    if old is None and not create and not path.exists():
        return None
    kept, packed = old or ({"facts": {}, "times": {}}, "")
    paths = _paths(record)
    infos = _infos(dist, record)
    if not packed or not _same(packed, record):
        packed = _pack(dist, record, infos, {})
    merged = {path: dict(spent) for path, spent in kept["times"].items() if path in paths and isinstance(spent, dict)}
    for name, spent in (times or {}).items():
        merged.setdefault(name, {}).update(spent)
    known = {**record["facts"], **kept["facts"]}
    facts = {name: str(known[name]) for name in FACTS if name in known}
    _write(dist, Page(record, facts, merged, infos, packed))
    return path


def _checked(dist: Path, record: dict[str, Any]) -> dict[str, Any]:
    """A record whose artifacts have what a page shows of them. Raises `UserError` for one that was changed by hand."""
    texts = ("type", "path", "sha256", "id", "build", "target", "variant")
    for entry in record["artifacts"]:
        whole = isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in texts) and type(entry.get("size")) is int
        whole = whole and isinstance(entry.get("stages"), dict) and isinstance(entry.get("contains"), list)
        runs = (entry.get("smoke") or []) if whole else None
        if not isinstance(runs, list) or not all(isinstance(run, dict) and isinstance(run.get("args"), list) for run in runs):
            raise usage_error("bad-record", f"{dist / RECORD} is not a record of pygo-cross", "build again")
    return record


def _write(dist: Path, page: Page) -> None:
    write_whole(dist / NAME, render(page))


def _paths(record: Mapping[str, Any]) -> list[str]:
    return [entry["path"] for entry in record["artifacts"] if entry["type"] == BINARY]


def _same(packed: str, record: Mapping[str, Any]) -> bool:
    """Whether a page's contents are those of these binaries."""
    known = unpack(packed)
    wanted = {entry["path"]: entry["sha256"] for entry in record["artifacts"] if entry["type"] == BINARY}
    return {path: binary.get("sha256") for path, binary in known["binaries"].items()} == wanted


def _infos(dist: Path, record: Mapping[str, Any]) -> dict[str, BuildInfo]:
    infos: dict[str, BuildInfo] = {}
    for path in _paths(record):
        with contextlib.suppress(BadBuildInfo, OSError):
            info = read_build_info_of(dist / path)
            if info is not None:
                infos[path] = info
    return infos


def _pack(dist: Path, record: Mapping[str, Any], infos: Mapping[str, BuildInfo], reports: Mapping[str, bytes]) -> str:
    found: dict[str, Contents] = {}
    for entry in record["artifacts"]:
        if entry["type"] == BINARY:
            path = entry["path"]
            contents = _contents(dist / path, entry["size"], infos.get(path), reports.get(path))
            if contents is not None:
                contents.sha256 = entry["sha256"]
                found[path] = contents
    return pack(found)


def _contents(path: Path, size: int, info: BuildInfo | None, report: bytes | None) -> Contents | None:
    if report is not None:
        return read_link_report(report, size, info)
    try:
        return read_binary(path.read_bytes(), info)
    except OSError:
        return None
