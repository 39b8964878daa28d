# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross asm`: our assembler, with the flags of `go tool asm`."""

from __future__ import annotations

import os


def run(argv: list[str]) -> int:
    """Hands the arguments on as they are: they are the go command's, not ours."""
    if os.environ.get("PYGO_CROSS_ASM_AHEAD"):
        from pygo_cross.asm.ahead import package_main

        return package_main(argv)
    from pygo_cross.asm.main import asm_main

    return asm_main(argv)
