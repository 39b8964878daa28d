# SPDX-License-Identifier: BSD-3-Clause
"""What the linker must know of an architecture to lay out code and data, as one record each.

Facts: GOROOT/src/cmd/link/internal/{amd64,arm64}/{l,obj,asm}.go.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class LayoutFacts(NamedTuple):
    """Sizes in bytes.

    `func_align`: alignment of functions; `max_align`: largest alignment that data gets from its size alone; `code_pad`:
    what fills the gaps between functions; `branch_limit`: text up to this size needs no branch islands, 0 where
    branches reach everywhere; `quantum`: the smallest instruction.
    """

    func_align: int
    max_align: int
    code_pad: int
    branch_limit: int
    quantum: int


FACTS: Final = {
    "amd64": LayoutFacts(func_align=32, max_align=32, code_pad=0xCC, branch_limit=0, quantum=1),
    "arm64": LayoutFacts(func_align=16, max_align=32, code_pad=0, branch_limit=0x7C00000, quantum=4),
}

MIN_FUNC: Final = 16
"""Distance between functions at least: the runtime's lookup table counts on it (internal/abi MINFUNC)."""
