# SPDX-License-Identifier: BSD-3-Clause
"""The standard library and cmd, listed as the go command lists them; the whole of it is `scripts/conformance list`."""

from __future__ import annotations

from pathlib import Path

import pytest
from conformance.listscore import compare, ours, stock

from pygo_cross.build.goroot import find_goroot

QUIET = {"GOFLAGS": "", "GOWORK": "off", "GOPROXY": "off"}


@pytest.mark.parametrize(
    ("target", "patterns", "tests"),
    [
        ("linux/amd64", ["std"], False),
        ("darwin/arm64", ["net/http", "cmd/gofmt"], False),
        ("linux/arm64", ["./runtime/...", "crypto/tls"], False),
        ("darwin/amd64", ["strings", "net/netip"], True),
    ],
)
def test_equals_stock(target: str, patterns: list[str], tests: bool) -> None:
    goroot = find_goroot()
    mine, said = ours(goroot, target, goroot / "src", patterns, tests, QUIET)
    theirs, stock_said = stock(goroot, target, goroot / "src", patterns, tests, QUIET)
    assert said == stock_said
    assert compare(mine, theirs)[2] == []
    assert len(mine) > 10


def test_outside_of_modules(tmp_path: Path) -> None:
    goroot = find_goroot()
    mine, _ = ours(goroot, "linux/amd64", tmp_path, ["fmt"], False, QUIET)
    theirs, _ = stock(goroot, "linux/amd64", tmp_path, ["fmt"], False, QUIET)
    assert compare(mine, theirs)[2] == []
