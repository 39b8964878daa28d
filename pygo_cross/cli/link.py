# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross link`: our linker, with the flags of `go tool link`."""

from __future__ import annotations

import importlib
import importlib.util

from pygo_cross.diag import UserError


def run(argv: list[str]) -> int:
    """Hands the arguments on as they are: they are the go command's, not ours."""
    if importlib.util.find_spec("pygo_cross.link.main") is None:
        raise UserError.one("no-linker", "this pygo-cross has no linker", "build with builder: go")
    status = importlib.import_module("pygo_cross.link.main").link_main(argv)
    return int(status)
