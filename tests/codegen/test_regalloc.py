# SPDX-License-Identifier: BSD-3-Clause
"""Register allocation: random functions are allocated, and the checker proves that each value is where it is used; small ones show where
things are put, and that the checker finds what is wrong.
"""

from __future__ import annotations

import random
from typing import Final

import pytest
from randomfuncs import NUMBERS, PARAMS, REGISTERS, ROWS, random_function

from pygo_cross.arch.insn import FIRST_FLOAT
from pygo_cross.codegen.allocation import Allocation
from pygo_cross.codegen.calls import MachineCall
from pygo_cross.codegen.checkalloc import Before, check
from pygo_cross.codegen.edges import split_critical_edges
from pygo_cross.codegen.layout import layout
from pygo_cross.codegen.regalloc import allocate
from pygo_cross.codegen.rows import Rows
from pygo_cross.codegen.schedule import schedule
from pygo_cross.diag import InternalError
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.printer import print_func

_NAMES: Final = {**ops.NAMES, **{row.op: row.name for row in ROWS.values()}}
_MOVES: Final = (ops.COPY, ops.SPILL, ops.RELOAD)
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
    for seed in range(part * 20, part * 20 + 20):
        allocated(random_function(seed))


def parsed(text: str) -> Func:
    """One function in text form; exits that take values get the operations of this machine."""
    (func,) = parse_funcs(text, "test", NUMBERS)
    for block in func.blocks:
        if block.kind == ops.RET:
            block.aux = MachineCall(None, (1, 8, 2 << FIRST_FLOAT)[: len(block.controls)], (), 0)
        elif block.controls:
            block.op = NUMBERS["Less"]
    for block in func.blocks:
        for value in block.values:
            if value.op == NUMBERS["Call"]:
                value.aux = MachineCall(None, (1, 8, 2)[: len(value.args)], (1,), 0)
    return func


def names(func: Func, *wanted: int) -> dict[str, list[str]]:
    """The values of some operations in each block that has any."""
    found = {str(block): [_NAMES[value.op] for value in block.values if value.op in wanted] for block in func.blocks}
    return {block: values for block, values in found.items() if values}


LOOP = """
func loop(i64, i64, i64) i64 {
b0:
  v0 i64 = Param
  v1 i64 = Param [1]
  v2 i64 = Param [2]
  v3 i64 = Const [1]
  v4 i64 = Lea v0 v1
  v5 = Call v4
  v6 i64 = Result v5
  Plain -> b1
b1: <- b0 b2
  v7 i64 = Phi v6 v8
  If v7 v1 -> b2 b3
b2: <- b1
  v9 i64 = Lea v7 v2
  v8 i64 = Lea v9 v3
  Plain -> b1
b3: <- b1
  v10 i64 = Lea v7 v0
  Ret v10
}
"""


def test_a_loop_has_what_it_uses_in_registers() -> None:
    func = parsed(LOOP)
    allocated(func)
    inside = names(func, ops.RELOAD, ops.SPILL, ops.COPY, NUMBERS["Const"])
    assert "b1" not in inside and "b2" not in inside


def test_a_value_is_stored_where_that_is_rare() -> None:
    func = parsed("""
func rare(i64, i64) i64 {
b0:
  v0 i64 = Param
  v1 i64 = Param [1]
  If v0 v1 -> b1 b2 unlikely
b1: <- b0
  v2 = Call v0
  v3 i64 = Result v2
  v4 i64 = Lea v3 v1
  Plain -> b3
b2: <- b0
  v5 i64 = Lea v0 v1
  Plain -> b3
b3: <- b1 b2
  v6 i64 = Phi v4 v5
  v7 i64 = Lea v6 v1
  Ret v7
}
""")
    allocated(func)
    assert names(func, ops.SPILL, ops.RELOAD) == {"b1": ["Spill", "Reload"]}


def test_values_that_are_never_there_together_share_memory() -> None:
    func = parsed("""
func share(i64, i64) i64 {
b0:
  v0 i64 = Param
  v1 i64 = Param [1]
  v2 i64 = Lea v0 v1
  v3 = Call v0
  v4 i64 = Result v3
  v5 i64 = Lea v2 v4
  v6 = Call v2
  v7 i64 = Result v6
  v8 i64 = Lea v5 v7
  v9 i64 = Lea v8 v8
  v10 = Call v8
  v11 i64 = Result v10
  v12 i64 = Lea v11 v9
  Ret v12
}
""")
    allocated(func)
    assert len(names(func, ops.SPILL)["b0"]) == 3
    assert len(func.slots) == 1


def test_phis_change_places_through_a_free_register() -> None:
    func = parsed("""
func swap(i64, i64) i64 i64 {
b0:
  v0 i64 = Param
  v1 i64 = Param [1]
  Plain -> b1
b1: <- b0 b2
  v2 i64 = Phi v0 v3
  v3 i64 = Phi v1 v2
  If v2 v3 -> b2 b3
b2: <- b1
  v4 = Store v2 v3
  Plain -> b1
b3: <- b1
  Ret v2 v3
}
""")
    allocated(func)
    assert names(func, ops.COPY, ops.SPILL, ops.RELOAD)["b2"] == ["Copy"] * 3


def test_what_is_divided_costs_no_moves() -> None:
    func = parsed("""
func divide(i64, i64) i64 {
b0:
  v0 i64 = Param
  v1 i64 = Param [1]
  v2 i64 = Div v0 v1
  Ret v2
}
""")
    allocated(func)
    assert names(func, ops.COPY, ops.SPILL, ops.RELOAD) == {}


def test_the_checker_finds_what_is_missing() -> None:
    """Each Copy, Spill or Reload is needed: without one an allocation is wrong, unless the place happens to have an equal constant."""
    found = tries = 0
    for seed in range(4, 44):
        func = random_function(seed)
        split_critical_edges(func)
        layout(func)
        schedule(func)
        before = Before(func, _ROWS)
        allocation = allocate(func, _ROWS, PARAMS)
        made = [value for block in func.blocks for value in block.values if value.op in _MOVES and value.id not in before.args]
        if made:
            one = random.Random(seed).choice(made)
            one.block.values.remove(one)
            tries += 1
            try:
                check(before, func, allocation, PARAMS)
            except InternalError:
                found += 1
    assert tries > 30
    assert found >= tries - 3


def test_the_same_every_time() -> None:
    texts = set()
    for _ in range(2):
        func = random_function(5)
        allocation = allocated(func)
        texts.add(print_func(func, {row.op: row.name for row in ROWS.values()}) + str(allocation.reg))
    assert len(texts) == 1
