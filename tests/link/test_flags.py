# SPDX-License-Identifier: BSD-3-Clause
"""-d, which is stock's boolean flag and the prefix of our debug switches."""

from __future__ import annotations

import pytest

from pygo_cross.diag import EXIT_USAGE, UserError
from pygo_cross.link.flags import parse

_LINUX = {"GOOS": "linux", "GOARCH": "amd64"}


@pytest.mark.parametrize(
    ("words", "map_file"),
    [
        (["-d"], ""),
        (["-d=true"], ""),
        (["-d=false"], ""),
        (["-d", "link/map"], "-"),
        (["-d=link/map=why.txt"], "why.txt"),
    ],
)
def test_d_is_static_linking_or_a_switch(words: list[str], map_file: str) -> None:
    options = parse([*words, "-s", "main.a"], _LINUX)
    assert (options.map_file, options.strip, options.main) == (map_file, True, "main.a")


def test_macos_executables_are_dynamic() -> None:
    with pytest.raises(UserError, match="dynamic linking required on darwin") as caught:
        parse(["-d", "main.a"], {"GOOS": "darwin", "GOARCH": "arm64"})
    assert caught.value.status == EXIT_USAGE


def test_an_unknown_switch_is_named() -> None:
    with pytest.raises(UserError, match="unknown debug switch link/mpa"):
        parse(["-d=link/mpa", "main.a"], _LINUX)
