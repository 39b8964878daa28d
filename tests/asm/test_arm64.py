# SPDX-License-Identifier: BSD-3-Clause
"""The assembler for arm64: the test data of Go's own, and whole objects beside those of go tool asm."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "scripts"))

from conformance import asmdata

LINES = {"arm64": (1985, 2101), "arm64enc": (580, 582), "arm64sveenc": (1362, 1364)}


@pytest.mark.parametrize("name", LINES)
def test_encodings(goroot, name):
    score = asmdata.score_encodings(goroot / f"src/cmd/asm/internal/asm/testdata/{name}.s", "arm64", goroot)
    assert not score.wrong
    assert score.total == LINES[name][0]


@pytest.mark.parametrize("name", LINES)
def test_printing(goroot, name):
    score = asmdata.score_printing(goroot / f"src/cmd/asm/internal/asm/testdata/{name}.s", "arm64", goroot)
    assert not score.wrong
    assert score.total == LINES[name][1]


@pytest.mark.parametrize(("name", "total"), [("arm64error", 516), ("arm64sveerror", 1367)])
def test_errors(goroot, name, total):
    score = asmdata.score_errors(goroot / f"src/cmd/asm/internal/asm/testdata/{name}.s", "arm64", goroot, ())
    assert not score.wrong
    assert score.total == total


SOURCES = sorted((Path(__file__).parent / "testdata" / "arm64").glob("*.s"))


@pytest.mark.parametrize("goos", ["linux", "darwin"])
@pytest.mark.parametrize("flags", [(), ("-shared",), ("-dynlink",), ("-d=maymorestack=main.f",)], ids=str)
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_same_as_stock(assemblers, path, flags, goos):
    assemblers.goos, assemblers.goarch = goos, "arm64"
    assemblers.write(path.read_text(encoding="utf-8"))
    done = assemblers.stock(flags=flags)
    assert done.returncode == 0, done.stderr
    options = assemblers.options()
    options.shared, options.dynlink = "-shared" in flags, "-dynlink" in flags
    options.maymorestack = "main.f" if "-d=maymorestack=main.f" in flags else ""
    assert assemblers.ours(options=options) == (assemblers.folder / "stock.o").read_bytes()
