# SPDX-License-Identifier: BSD-3-Clause
"""What -S, -S -S and -d=pctab print is what go tool asm prints. `scripts/conformance asmlisting` asks it of all of runtime and crypto."""

from __future__ import annotations

import re

import pytest

from pygo_cross.asm import main as asm
from pygo_cross.obj.pctabtext import TABLES

SOURCES = {
    "amd64": """#line 70 "other.s"
DATA x<>+0(SB)/8, $"abc"
GLOBL x<>(SB), 8, $8
TEXT ·framed(SB), 0, $256-8
	CALL ·g(SB)
	PUSHQ AX
	PCDATA $0, $3
	MOVQ $x<>(SB), AX
	POPQ AX
	RET
TEXT ·bytes<ABIInternal>(SB), 4|2|16, $0-8
	MOVB (SI), DI
	XORB AL, DI
	SETEQ AX
	JMP ·g<ABIInternal>(SB)
""",
    "arm64": """#line 70 "other.s"
DATA x<>+0(SB)/8, $"abc"
GLOBL x<>(SB), 8, $8
TEXT ·framed(SB), 0, $256-8
	CALL ·g(SB)
	PCDATA $0, $3
	MOVD $x<>(SB), R0
	RET
TEXT ·leaf<ABIInternal>(SB), 4|2|16, $0-8
	FMOVD $2.5, F1
	VMOVS $0x12345678, V3
	MOVD $0x123456789abc, R3
	B ·g<ABIInternal>(SB)
""",
}
FLAGS = [("-S",), ("-S", "-S"), ("-S=2",), ("-S=0",), *((f"-d=pctab={table}",) for table in TABLES)]


@pytest.mark.parametrize("arch", SOURCES)
@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_as_stock(assemblers, arch, flags, capsys, monkeypatch):
    assemblers.goarch = arch
    assemblers.write(SOURCES[arch])
    done = assemblers.stock(flags=flags, package="runtime")
    assert done.returncode == 0, done.stderr
    theirs = re.sub(r"^(wrote \d+ bytes to) 0x[0-9a-f]+$", r"\1 0x0", done.stdout, flags=re.MULTILINE)
    monkeypatch.chdir(assemblers.folder)
    for name, value in {"GOOS": "linux", "GOARCH": arch, "GOROOT": str(assemblers.goroot)}.items():
        monkeypatch.setenv(name, value)
    include = str(assemblers.goroot / "pkg/include")
    monkeypatch.setattr(asm.gc, "disable", lambda: None)  # of this process, which goes on
    assert asm.asm_main(["-p", "runtime", "-I", include, *flags, "-o", "ours.o", "a.s"]) == 0
    assert capsys.readouterr().out == theirs
    assert (assemblers.folder / "ours.o").read_bytes() == (assemblers.folder / "stock.o").read_bytes()
    assert bool(theirs) is (flags != ("-S=0",))
