# SPDX-License-Identifier: BSD-3-Clause
"""Whole objects are those of go tool asm, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

HEAD = '#include "textflag.h"\n#include "funcdata.h"\n'
SOURCES = sorted((Path(__file__).parent / "testdata").glob("*.s"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_same_as_stock(assemblers, path):
    assemblers.same(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("goos", ["linux", "darwin"])
@pytest.mark.parametrize("flags", [(), ("-shared",), ("-dynlink",), ("-spectre=ret",), ("-std",)], ids=str)
def test_modes(assemblers, goos, flags):
    assemblers.goos = goos
    assemblers.write(
        HEAD + "TEXT ·f(SB), 0, $64-8\n\tMOVQ ·x(SB), AX\n\tMOVQ $·x+8(SB), BX\n\tCALL ·g(SB)\n\tCALL AX\n"
        "\tMOVQ TLS, CX\n\tMOVQ 0(CX)(TLS*1), CX\n\tADDQ $1, ·y+16(SB)\n\tRET\nGLOBL ·y(SB), $64\n"
    )
    done = assemblers.stock(flags=flags)
    assert done.returncode == 0, done.stderr
    options = assemblers.options()
    options.shared, options.dynlink = "-shared" in flags, "-dynlink" in flags
    if options.dynlink:
        options.shared = True
    options.retpoline, options.std = "-spectre=ret" in flags, "-std" in flags
    assert assemblers.ours(options=options) == (assemblers.folder / "stock.o").read_bytes()


def test_several_files(assemblers):
    assemblers.write("TEXT ·f(SB), 4, $0\n\tCALL ·g(SB)\n\tRET\n")
    assemblers.write("TEXT ·g(SB), 4, $0\n\tJMP ·f(SB)\n", "b.s")
    assert assemblers.stock("a.s", "b.s").returncode == 0
    assert assemblers.ours("a.s", "b.s") == (assemblers.folder / "stock.o").read_bytes()


@pytest.mark.parametrize("package", ["main", "a.b/c.d", "crypto/internal/fips140/aes", "runtime", "x/y_test"])
def test_packages(assemblers, package):
    assemblers.same(
        HEAD + "TEXT ·f(SB), NOSPLIT, $0-8\n\tCALL ·g(SB)\n\tRET\nTEXT ·memmove(SB), NOSPLIT, $0-8\n\tRET\n"
        "DATA s<>+0(SB)/8, $1\nGLOBL s<>(SB), RODATA, $8\nDATA ·t+0(SB)/8, $1\nGLOBL ·t(SB), NOPTR, $8\n",
        package,
    )
