# SPDX-License-Identifier: BSD-3-Clause
"""Bad literals are told with their columns, as Go's scanner does."""

from __future__ import annotations

import pytest
from test_asm_bad_input import F, messages

LINES = (
    "\tMOVQ $0x, AX", "\tMOVQ $0b12, AX", "\tMOVQ $089, AX", "\tMOVQ $0o8, AX", "\tMOVQ $1__0, AX", "\tMOVQ $0x_, AX", "\tMOVQ $0b_1_, AX",
    "\tMOVSD $0x1.8, X0", "\tMOVSD $1e, X0", "\tMOVSD $1p3, X0", "\tMOVSD $0b1.1, X0", "\tMOVSD $1.5e+, X0", "\tMOVQ $'ab', AX",
    "\tMOVQ $'\\q', AX", "\tMOVQ $\"\\xg\", AX", "\tMOVQ $'\\400', AX", "\tMOVQ $'a, AX", "\tMOVQ $\"open, AX\n\tNOP",
    "\tMOVQ $0X1P, AX; MOVQ $09, AX",
)  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_as_stock(assemblers, line):
    assemblers.write(f"{F}{line}\n\tFROB\n")
    done = assemblers.stock()
    assert done.returncode
    theirs = {text for text in done.stderr.splitlines() if text.startswith("a.s:2:")}
    assert theirs and {text for text in messages(assemblers) if text.startswith("a.s:2:")} == theirs
