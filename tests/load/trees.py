# SPDX-License-Identifier: BSD-3-Clause
"""Trees of files written from text, and what the go command and ours say of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conformance.listscore import _bare as bare
from conformance.listscore import compare, ours, stock
from conformance.listtrees import settle, txtar

from pygo_cross.build.goroot import find_goroot

ENV = {"GOFLAGS": "", "GOWORK": "", "GOPROXY": "off", "GOSUMDB": "off"}


def write(folder: Path, text: str) -> Path:
    """Writes the files of an archive in text (`-- name --` lines) below a folder."""
    for name, content in txtar(text):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        settle(path)
    return folder


def differences(
    folder: Path, patterns: list[str], target: str = "linux/amd64", tests: bool = False, env: dict[str, str] | None = None
) -> list[str]:
    """What the two say differently, in fields and beside them; a load that fails as a whole counts by what is said."""
    settings = {**ENV, **(env or {})}
    goroot = find_goroot()
    mine, said = ours(goroot, target, folder, patterns, tests, settings)
    theirs, stock_said = stock(goroot, target, folder, patterns, tests, settings)
    wrong = compare(mine, theirs)[2]
    stock_said = "\n".join(line for line in stock_said.splitlines() if not line.startswith("go: downloading "))
    if bare(said) != bare(stock_said):
        wrong.append(f"said {bare(said)!r} instead of {bare(stock_said)!r}")
    return wrong


def listed(folder: Path, patterns: list[str], env: dict[str, str] | None = None, tests: bool = False) -> list[dict[str, Any]]:
    """What we list, for linux/amd64."""
    return ours(find_goroot(), "linux/amd64", folder, patterns, tests, {**ENV, **(env or {})})[0]
