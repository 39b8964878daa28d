# SPDX-License-Identifier: BSD-3-Clause
"""The order of blocks, critical edges, and what is done to blocks when allocation is done."""

from __future__ import annotations

from pygo_cross.codegen.edges import split_critical_edges
from pygo_cross.codegen.layout import layout
from pygo_cross.codegen.tidy import tidy
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.verify import verify


def parsed(text: str) -> Func:
    (func,) = parse_funcs(text)
    return func


def order(func: Func) -> str:
    return " ".join(str(block) for block in func.blocks)


WHILE = """
func loop(b) {
b0:
  v0 b = Param
  Plain -> b1
b1: <- b0 b3
  If v0 -> b2 b4 likely
b2: <- b1
  If v0 -> b5 b3 unlikely
b3: <- b2 b5
  Plain -> b1
b4: <- b1
  If v0 -> b6 b7
b5: <- b2
  v1 i64 = Const [1]
  v2 = KeepAlive v1
  Plain -> b3
b6: <- b4
  Ret
b7: <- b4
  v3 = Panic {p}
  Exit
}
"""


def test_likely_ways_fall_through_and_rare_blocks_are_last() -> None:
    func = parsed(WHILE)
    layout(func)
    assert order(func) == "b0 b1 b2 b3 b4 b6 b5 b7"


def test_loops_are_turned() -> None:
    func = parsed(WHILE)
    split_critical_edges(func)
    layout(func)
    for block in func.blocks:
        if block.kind == ops.PLAIN and block.id == 3:
            func.append(block, ops.KEEP_ALIVE, 0, (func.entry.values[0],))
    tidy(func)
    verify(func, "tidy")
    assert order(func) == "b0 b2 b3 b1 b4 b6 b5 b7"


def test_critical_edges_get_a_block() -> None:
    func = parsed("""
func critical(b) b {
b0:
  v0 b = Param
  v1 b = Const
  If v0 -> b2 b1
b1: <- b0
  If v0 -> b2 b2
b2: <- b1 b0 b1
  v2 b = Phi v0 v1 v0
  Ret v2
}
""")
    split_critical_edges(func)
    verify(func, "edges")
    assert all(len(succ.preds) == 1 for block in func.blocks if len(block.succs) > 1 for succ in block.succs)
    phi = func.blocks[2].values[0]
    assert [str(arg) for arg in phi.args] == ["v0", "v1", "v0"]
    assert len(func.blocks) == 6
    tidy(func)
    assert order(func) == "b0 b1 b2"
    assert [str(arg) for arg in phi.args] == ["v0", "v1", "v0"]
