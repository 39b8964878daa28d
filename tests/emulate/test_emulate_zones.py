# SPDX-License-Identifier: BSD-3-Clause
"""Time zones: the guest has those that Go ships, and is in UTC unless TZ says otherwise."""

from __future__ import annotations

import pytest
from binaries import TARGETS
from conftest import Build

from pygo_cross.emulate import DEFAULT_ENVIRONMENT, run
from pygo_cross.emulate.fs import zones
from pygo_cross.emulate.fs.vfs import FileSystem


@pytest.mark.parametrize("target", TARGETS)
def test_zones(target: str, build: Build) -> None:
    result = run(build("zones", target))
    assert result.stdout.decode().splitlines() == [
        "2023-11-14 22:13:20 +0000 UTC",
        "2023-11-14 23:13:20 +0100 CET",
        "2023-11-14 17:13:20 -0500 EST",
        "2023-11-15 03:58:20 +0545 +0545",
        "unknown time zone Mars/Olympus",
        "true <nil>",
    ]
    result = run(build("zones", target), env={**DEFAULT_ENVIRONMENT, "TZ": "Asia/Tokyo"})
    assert result.stdout.startswith(b"2023-11-15 07:13:20 +0900 JST\n")


def test_without_go_the_folder_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "archive_path", lambda: "")
    assert zones.ZoneDirectory(FileSystem()).names() == []


def test_a_broken_archive_is_no_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "archive_path", lambda: __file__)
    assert zones.ZoneDirectory(FileSystem()).lookup(b"UTC") is None
