# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross link`: our linker, with the flags of `go tool link`."""

from __future__ import annotations


def run(argv: list[str]) -> int:
    """Hands the arguments on as they are: they are the go command's, not ours."""
    from pygo_cross.link.main import link_main

    return link_main(argv)
