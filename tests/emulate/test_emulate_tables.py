# SPDX-License-Identifier: BSD-3-Clause
"""The tables of calls against Go's own: numbers, errors, signals, imported symbols."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pygo_cross.emulate.darwin import numbers as darwin_numbers
from pygo_cross.emulate.darwin.table import ROWS as DARWIN_ROWS
from pygo_cross.emulate.darwin.table import TABLE, VARIABLES
from pygo_cross.emulate.linux import numbers as linux_numbers
from pygo_cross.emulate.linux.table import ROWS as LINUX_ROWS
from pygo_cross.emulate.loader import image

Build = Callable[[str, str], Path]


@pytest.mark.parametrize(("arch", "column"), [("amd64", 1), ("arm64", 2)])
def test_call_numbers_are_those_of_go(goroot: Path, arch: str, column: int) -> None:
    text = (goroot / f"src/syscall/zsysnum_linux_{arch}.go").read_text()
    known = {name.lower(): int(number) for name, number in re.findall(r"SYS_(\w+)\s*=\s*(\d+)", text)}
    known["newfstatat"] = known.get("fstatat", known.get("newfstatat", -1))
    compared = 0
    for row in LINUX_ROWS:
        if row[0] in known and row[column] >= 0:  # type: ignore[operator]
            assert row[column] == known[row[0]], row[0]
            compared += 1
    assert compared > 90
    numbers = [row[column] for row in LINUX_ROWS if row[column] != -1]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    ("module", "file"),
    [
        (linux_numbers, "zerrors_linux_amd64.go"),
        (linux_numbers, "zerrors_linux_arm64.go"),
        (darwin_numbers, "zerrors_darwin_amd64.go"),
        (darwin_numbers, "zerrors_darwin_arm64.go"),
    ],
)
def test_errors_and_signals_are_those_of_go(goroot: Path, module: object, file: str) -> None:
    text = (goroot / "src/syscall" / file).read_text()
    errors = {name: int(number, 0) for name, number in re.findall(r"(E\w+)\s*=\s*Errno\((\w+)\)", text)}
    signals = {name: int(number, 0) for name, number in re.findall(r"(SIG\w+)\s*=\s*Signal\((\w+)\)", text)}
    for name, number in module.ERRORS.items():  # type: ignore[attr-defined]
        assert errors[name] == number, name
    for name, number in module.SIGNAL_FACTS.numbers.items():  # type: ignore[attr-defined]
        assert signals[name] == number, name


@pytest.mark.parametrize("rows", [LINUX_ROWS, DARWIN_ROWS])
def test_every_row_says_how_well_it_is_provided(rows: tuple[tuple[object, ...], ...]) -> None:
    names = [row[0] for row in rows]
    assert len(names) == len(set(names))
    for row in rows:
        assert re.match(r"full$|partial: .|refused: .", str(row[-1])), row[0]


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
@pytest.mark.parametrize("program", ["hello", "many", "collect", "cmd/gofmt"])
def test_every_imported_symbol_is_provided(build: Build, program: str, arch: str) -> None:
    loaded = image.load(build(program, f"darwin/{arch}").read_bytes())
    names = {symbol.removeprefix("_").removesuffix("$INODE64") for _, symbol, _ in loaded.binds}
    assert len(names) > 40
    assert names - TABLE.keys() - VARIABLES.keys() == set()
