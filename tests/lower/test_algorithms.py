# SPDX-License-Identifier: BSD-3-Clause
"""Equality and hash functions of types, executed as SSA on values that differ in one byte."""

from __future__ import annotations

import random
import struct

import pytest
from interpret import Machine
from test_lower import prepare

from pygo_cross.lower import algorithms
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.verify import verify
from pygo_cross.types.sizes import Sizes

LOWERING = prepare("package main\n\nfunc main() {}\n")


def machine(*funcs: Func) -> Machine:
    made = Machine(LOWERING.unit, Shapes(Sizes()))
    for func in funcs:
        verify(func, "lower")
        made.funcs[func.symbol] = func
    return made


# The signature, which bytes of a value count, and how many there are.
MEMORY = [
    ("M3", [(0, 3)], 3),
    ("M7K1M4", [(0, 7), (8, 12)], 12),
    ("M64K8M1", [(0, 64), (72, 73)], 80),
    ("[5M3K1]M2", [(4 * i, 4 * i + 3) for i in range(5)] + [(20, 22)], 22),
    ("[2[3M1K1]K2]", [(8 * i + 2 * k, 8 * i + 2 * k + 1) for i in range(2) for k in range(3)], 16),
]


@pytest.mark.parametrize(("signature", "counted", "size"), MEMORY)
def test_bytes_that_count(signature: str, counted: list[tuple[int, int]], size: int) -> None:
    equal, hashing = algorithms.equality(LOWERING, signature), algorithms.hashing(LOWERING, signature)
    m = machine(equal, hashing)
    content = random.Random(signature).randbytes(size)
    p = m.new_bytes(content)
    for at in range(size):
        q = m.new_bytes(content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :])
        same = not any(low <= at < high for low, high in counted)
        assert m.execute(equal, [p, q], 0) == [int(same)]
        assert (m.execute(hashing, [p, 7], 0) == m.execute(hashing, [q, 7], 0)) == same
    assert m.execute(equal, [p, m.new_bytes(content)], 0) == [1]


def test_floats_and_strings() -> None:
    equal, hashing = algorithms.equality(LOWERING, "FK4GS"), algorithms.hashing(LOWERING, "FK4GS")
    m = machine(equal, hashing)

    def value(f: float, g: float, s: bytes) -> int:
        return m.new_bytes(struct.pack("<f4xdQQ", f, g, m.new_bytes(s), len(s)))

    one = value(0.0, 1.5, b"abc")
    for other, same in ((value(-0.0, 1.5, b"abc"), True), (value(0.0, 1.5, b"abd"), False), (value(1.0, 1.5, b"abc"), False)):
        assert m.execute(equal, [one, other], 0) == [int(same)]
        assert (m.execute(hashing, [one, 1], 0) == m.execute(hashing, [other, 1], 0)) == same
    nan = value(0.0, float("nan"), b"")
    assert m.execute(equal, [nan, nan], 0) == [0]
