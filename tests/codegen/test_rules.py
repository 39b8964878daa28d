# SPDX-License-Identifier: BSD-3-Clause
"""What selection makes of typical values: which operands an operation takes in, and which it leaves alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pygo_cross.arch.amd64.registers import CONVENTION
from pygo_cross.arch.insn import insns
from pygo_cross.codegen.mem import Barrier
from pygo_cross.codegen.select import Selection
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.printer import print_func
from pygo_cross.ssa.shape import Shapes
from pygo_cross.types.sizes import Sizes

ROOT = Path(__file__).parents[2]
HEAD = """func f(p, i64, i64, p) i64 {
  slot s.0 size 64 align 8
b0:
  v1 p = Param
  v2 i64 = Param [1]
  v3 i64 = Param [2]
  v4 p = Param [3]
"""


def selected(body: str) -> list[str]:
    """The values of a function after selection, as text; parameters are left out, values named in order of their appearance."""
    (func,) = parse_funcs(HEAD + body + "}\n")
    Selection("amd64", Shapes(Sizes()), CONVENTION).select(func)
    names = {op: row.name for op, row in insns("amd64").rows.items()}
    return [line.strip() for line in print_func(func, names).splitlines()[3:-1] if " = Param" not in line]


def operations(body: str) -> list[str]:
    """The names of operations alone, with memory operands."""
    out = []
    for line in selected(body):
        if " = " in line:
            words = line.split(" = ")[1].split()
            out.append(" ".join([words[0], *(word for word in words[1:] if word[0] in "[{")]))
    return out


CASES = {
    "a load becomes an operand": ("  v5 i64 = Load v1 [8]\n  v6 i64 = Add v2 v5\n  Ret v6\n", ["ADDQload/1 {+8}"]),
    "not if another needs it": (
        "  v5 i64 = Load v1 [8]\n  v6 i64 = Add v2 v5\n  v7 i64 = Mul v6 v5\n  Ret v7\n",
        ["MOVQload/1 {+8}", "ADDQ", "IMULQ"],
    ),
    "not past a store": (
        "  v5 i64 = Load v1 [8]\n  v6 = Store v4 v3\n  v7 i64 = Add v2 v5\n  Ret v7\n",
        ["MOVQload/1 {+8}", "MOVQstore/1 {+0}", "ADDQ"],
    ),
    "not past a check that may panic": (
        "  v5 i64 = Load v1 [8]\n  v6 i64 = Bounds v2 v3 {Index}\n  v7 i64 = Add v2 v5\n  Ret v7\n",
        ["MOVQload/1 {+8}", "BOUNDS {Index}", "ADDQ"],
    ),
    "an index with its scale": (
        "  v5 i64 = Const [8]\n  v6 i64 = Mul v2 v5\n  v7 p = AddPtr v1 v6\n  v8 i64 = Load v7 [16]\n  Ret v8\n",
        ["MOVQload/2 {+16*8}"],
    ),
    "a product's power of two is the scale": (
        "  v5 i64 = Const [24]\n  v6 i64 = Mul v2 v5\n  v7 p = AddPtr v1 v6\n  v8 i64 = Load v7 [16]\n  Ret v8\n",
        ["LEAQ/2 {+0*2}", "MOVQload/2 {+16*8}"],
    ),
    "a slot": ("  v5 p = SlotAddr [8] {s.0}\n  v6 i64 = Load v5 [16]\n  Ret v6\n", ["MOVQload/0 {s.0+24}"]),
    "an indexed slot": (
        "  v5 p = SlotAddr {s.0}\n  v6 p = AddPtr v5 v2\n  v7 i64 = Load v6\n  Ret v7\n",
        ["MOVQload/1 {s.0*1}"],
    ),
    "memory is changed in place": (
        "  v5 i64 = Load v1 [8]\n  v6 i64 = Add v5 v2\n  v7 = Store v1 v6 [8]\n  Ret v2\n",
        ["ADDQmodify/1 {+8}"],
    ),
    "a constant is stored": ("  v5 i64 = Const [7]\n  v6 = Store v1 v5 [8]\n  Ret v2\n", ["MOVQstoreconst/1 [7] {+8}"]),
    "a constant too large for an operand": (
        "  v5 i64 = Const [4294967297]\n  v6 i64 = And v2 v5\n  Ret v6\n",
        ["MOVQconst [4294967297]", "ANDQ"],
    ),
    "a nil check that the load makes": ("  v5 p = NilCheck v1\n  v6 i64 = Load v5 [8]\n  Ret v6\n", ["MOVQload/1 {+8}"]),
    "a nil check before a store elsewhere": (
        "  v5 p = NilCheck v1\n  v6 = Store v4 v2\n  v7 i64 = Load v5 [8]\n  Ret v7\n",
        ["NILCHECK/1 {+0}", "MOVQstore/1 {+0}", "MOVQload/1 {+8}"],
    ),
    "a nil check of a large offset": (
        "  v5 p = NilCheck v1\n  v6 i64 = Load v5 [8192]\n  Ret v6\n",
        ["NILCHECK/1 {+0}", "MOVQload/1 {+8192}"],
    ),
    "bounds with a constant length": (
        "  v5 i64 = Const [10]\n  v6 i64 = Bounds v2 v5 {Index}\n  Ret v6\n",
        ["BOUNDSconst [10] {Index}"],
    ),
    "bounds with a constant index": (
        "  v5 i64 = Const [3]\n  v6 i64 = Bounds v5 v2 {Index}\n  Ret v2\n",
        ["BOUNDSindex [3] {Index}"],
    ),
    "what nothing uses goes": ("  v5 i64 = Load v1 [8]\n  v6 i64 = Add v2 v5\n  Ret v2\n", []),
    "truncations are seen through": (
        "  v5 i32 = Trunc v2\n  v6 i32 = Trunc v3\n  v7 i32 = Add v5 v6\n  v8 i64 = ZeroExt v7\n  Ret v8\n",
        ["ADDL", "Copy"],
    ),
}


def test_barrier() -> None:
    """A write barrier has the registers of the places of its stores, and knows the last of these."""
    body = "  v5 p = AddPtr v1 v2\n  v6 = WriteBarrier v5 v4\n  v7 = Store v5 v4 [8]\n  Ret v2\n"
    (func,) = parse_funcs(HEAD + body + "}\n")
    barrier, store = func.entry.values[-2:]
    barrier.aux = (8,)
    Selection("amd64", Shapes(Sizes()), CONVENTION).select(func)
    assert isinstance(barrier.aux, Barrier) and barrier.imm == store.id
    pointer, base, index = barrier.args
    assert [arg.imm for arg in (pointer, base, index)] == [3, 0, 1] and barrier.aux.entries == 2


@pytest.mark.parametrize("what", list(CASES))
def test_selected(what: str) -> None:
    body, expected = CASES[what]
    assert operations(body) == expected


BRANCHES = {
    "v5 b = LtS v2 v3": "JLT.CMPQ",
    "v6 i64 = Const [5]\n  v5 b = LtU v2 v6": "JCS.CMPQconst",
    "v6 i64 = Const [5]\n  v5 b = LtS v6 v2": "JGT.CMPQconst",
    "v6 i64 = Const\n  v5 b = Eq v2 v6": "JEQ.TESTQ",
    "v6 i64 = Load v1\n  v5 b = Ne v6 v2": "JNE.CMPQload/1",
    "v6 i64 = Load v1\n  v5 b = LtS v2 v6": "JGT.CMPQload/1",
    "v6 i64 = Load v1\n  v7 i64 = Const [9]\n  v5 b = LtS v6 v7": "JLT.CMPQconstload/1",
    "v6 i64 = And v2 v3\n  v7 i64 = Const\n  v5 b = Eq v6 v7": "JEQ.TESTQ",
    "v6 b = LtS v2 v3\n  v5 b = Not v6": "JGE.CMPQ",
    "v5 b = Load v1": "JNE.TESTB",
}


@pytest.mark.parametrize("condition", list(BRANCHES))
def test_branch(condition: str) -> None:
    (func,) = parse_funcs(HEAD + f"  {condition}\n  If v5 -> b1 b2\nb1: <- b0\n  Ret v2\nb2: <- b0\n  Ret v3\n}}\n")
    Selection("amd64", Shapes(Sizes()), CONVENTION).select(func)
    assert insns("amd64").rows[func.entry.op].name == BRANCHES[condition]


def test_rules_are_those_of_the_text() -> None:
    """What is generated from rules.txt is up to date."""
    command = [sys.executable, str(ROOT / "scripts/generate_selection.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
