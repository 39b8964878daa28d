# SPDX-License-Identifier: BSD-3-Clause
"""Wide loads and stores in place of rows of narrow ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pygo_cross.opt.context import Context
from pygo_cross.opt.pipeline import optimise, verifying
from pygo_cross.ssa import ops
from pygo_cross.ssa.kinds import I8, SIZES
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import Unit
from pygo_cross.types.sizes import Sizes

sys.path.insert(0, str(Path(__file__).parent.parent / "lower"))
from interpret import Machine
from test_lower import lower

SOURCE = """package main

//go:noinline
func f(b []byte, i int, v uint64) uint64 {
	BODY
}

func main() {
	b := []byte{1, 0x82, 3, 0x84, 5, 0x86, 7, 0x88, 9, 0x8a, 11, 12, 13, 14, 15, 0xff, 17}
	println(f(b, 3, 0x8182838485868788))
	for _, v := range b {
		print(v, " ")
	}
}
"""


def accesses(unit: Unit, op: int) -> list[int]:
    """The sizes of memory accesses in f that are not of 8 bytes."""
    (func,) = [func for func in unit.funcs if func.symbol == "main.f"]
    found = [value for block in func.blocks for value in block.values if value.op == op]
    return sorted(SIZES[(value if op == ops.LOAD else value.args[1]).kind] for value in found)


@pytest.mark.parametrize(
    ("body", "op", "sizes"),
    [
        ("_ = b[1]; return uint64(uint16(b[0]) | uint16(b[1])<<8)", ops.LOAD, [2]),
        ("_ = b[3]; return uint64(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)", ops.LOAD, [4]),
        ("_ = b[3]; return uint64(b[3]) | uint64(b[2])<<8 | uint64(b[1])<<16 | uint64(b[0])<<24", ops.LOAD, [4]),
        ("_ = b[i+3]; return uint64(b[i+1]) | uint64(b[i+2])<<8", ops.LOAD, [2]),
        ("_ = b[1]; return uint64(b[0]) | uint64(b[1])<<7", ops.LOAD, [1, 1]),
        ("_ = b[1]; x := uint64(b[0]); b[1] = 3; return x | uint64(b[1])<<8", ops.LOAD, [1]),
        ("_ = b[3]; b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24); return 0", ops.STORE, [4]),
        ("_ = b[3]; w := uint32(v); b[0] = byte(w>>24); b[1] = byte(w>>16); b[2] = byte(w>>8); b[3] = byte(w); return 0", ops.STORE, [4]),
        ("_ = b[1]; b[1] = byte(v); b[0] = byte(v>>8); return 0", ops.STORE, [2]),
        ("_ = b[3]; b[0] = 1; b[1] = 2; b[2] = 3; b[3] = 4; return 0", ops.STORE, [4]),
        ("_ = b[3]; b[0] = byte(v); b[1] = byte(v>>9); return 0", ops.STORE, [1, 1]),
    ],
)
def test_neighbours_are_accessed_together(body: str, op: int, sizes: list[int]) -> None:
    source = SOURCE.replace("BODY", body)
    shapes = Shapes(Sizes())
    unit = lower(source)
    for func in unit.funcs:
        optimise(func, Context(shapes), watch=verifying)
    found = accesses(unit, op)
    assert Machine(unit, shapes).run() == Machine(lower(source), shapes).run()
    assert [size for size in found if size < SIZES[I8] * 8] == sizes


def test_eight_bytes() -> None:
    body = "_ = b[7]; return " + " | ".join(f"uint64(b[{i}])<<{8 * (7 - i)}" for i in range(8))
    source = SOURCE.replace("BODY", body)
    shapes = Shapes(Sizes())
    unit = lower(source)
    for func in unit.funcs:
        optimise(func, Context(shapes), watch=verifying)
    assert accesses(unit, ops.LOAD) == [8]
    assert Machine(unit, shapes).run() == Machine(lower(source), shapes).run()
