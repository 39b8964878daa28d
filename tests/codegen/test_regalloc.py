# SPDX-License-Identifier: BSD-3-Clause
"""Register allocation: random functions are allocated, and the checker proves that each value is where it is used."""

from __future__ import annotations

from typing import Final

import pytest
from randomfuncs import PARAMS, REGISTERS, ROWS, random_function

from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.checkalloc import Before, check
from pygo_cross.codegen.edges import split_critical_edges
from pygo_cross.codegen.layout import layout
from pygo_cross.codegen.regalloc import allocate
from pygo_cross.codegen.rows import Rows
from pygo_cross.codegen.schedule import schedule
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.printer import print_func

_ROWS: Final = Rows(ROWS, REGISTERS)


def allocated(func: Func) -> Allocation:
    split_critical_edges(func)
    layout(func)
    schedule(func)
    before = Before(func, _ROWS)
    allocation = allocate(func, _ROWS, PARAMS)
    check(before, func, allocation, PARAMS)
    return allocation


@pytest.mark.parametrize("part", range(10))
def test_random_functions(part: int) -> None:
    for seed in range(part * 30, part * 30 + 30):
        allocated(random_function(seed))


def test_the_same_every_time() -> None:
    texts = set()
    for _ in range(2):
        func = random_function(5)
        allocation = allocated(func)
        texts.add(print_func(func, {row.op: row.name for row in ROWS.values()}) + str(allocation.reg))
    assert len(texts) == 1
