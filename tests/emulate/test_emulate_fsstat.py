# SPDX-License-Identifier: BSD-3-Clause
"""getfsstat on macOS lists the one file system that statfs describes."""

from __future__ import annotations

import pytest
from conftest import Build

from pygo_cross.emulate import run


@pytest.mark.parametrize("target", ["darwin/amd64", "darwin/arm64"])
def test_getfsstat(target: str, build: Build) -> None:
    result = run(build("fsstat", target))
    assert result.stdout == b"1 <nil>\n1 <nil> <nil> true 4096 true\n"
    assert result.missing == {}
