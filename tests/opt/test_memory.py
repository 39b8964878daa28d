# SPDX-License-Identifier: BSD-3-Clause
"""Promotion of variables to values, memory for those that stay, and write barriers, on text."""

from __future__ import annotations

import pytest

from pygo_cross.diag import UserError
from pygo_cross.opt.barriers import barriers
from pygo_cross.opt.context import Context
from pygo_cross.opt.copies import copies
from pygo_cross.opt.expand import expand
from pygo_cross.opt.makecopy import makecopy
from pygo_cross.opt.promote import promote
from pygo_cross.opt.results import results
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.refs import CallInfo, TextRef, TypeRef
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import NO_WRITE_BARRIER, FuncInfo
from pygo_cross.ssa.verify import verify
from pygo_cross.types.objects import FIELD_VAR, Var
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import INT, STRING, TYP, UINT8, UINT32, Array, Pointer, Struct

CONTEXT = Context(Shapes(Sizes()))
TYPES = {
    "int": TYP[INT],
    "word": TYP[UINT32],
    "byte": TYP[UINT8],
    "pair": Array(Pointer(TYP[INT]), 2),
    "nine": Array(Pointer(TYP[INT]), 9),
    "record": Struct(
        [Var(FIELD_VAR, 0, None, "_", typ) for typ in (TYP[STRING], *[TYP[INT]] * 3, Pointer(TYP[INT]), TYP[INT], TYP[UINT32])]
    ),
    "large": Array(TYP[INT], 20_000),
}


def typed(head: str, text: str) -> Func:
    """A function of text, in which types stand by the names above."""
    (func,) = parse_funcs(f"func f{head} {{\n{text}\n}}\n")
    for block in func.blocks:
        for value in block.values:
            if value.op in (ops.ALLOC, ops.ZERO, ops.MOVE):
                value.aux = TYPES[str(value.aux)]
    verify(func, "parse")
    return func


def names(func: Func) -> list[str]:
    return [ops.NAMES[value.op] for block in func.blocks for value in block.values]


JOIN = """b0:
 v0 i64 = Param [0]
 v1 b = Param [1]
 v2 p = Alloc {int}
 v3 i64 = Load v2
 v4 = Store v2 v0
 If v1 -> b1 b2
b1: <- b0
 v5 i64 = Load v2
 v6 i64 = Add v5 v3
 v7 = Store v2 v6
 Plain -> b2
b2: <- b0 b1
 v8 i64 = Load v2
 Ret v8"""


def test_a_variable_that_only_loads_and_stores_see_is_values() -> None:
    func = typed("(i64 b) i64", JOIN)
    promote(func, CONTEXT)
    verify(func, "promote")
    assert not {"Alloc", "Load", "Store"} & set(names(func))
    (phi,) = (value for block in func.blocks for value in block.values if value.op == ops.PHI)
    assert phi.args[0].op == ops.PARAM and phi.args[1].op == ops.ADD and phi.args[1].args[1].imm == 0


@pytest.mark.parametrize(
    "line",
    [
        " v9 = Store v2 v2",  # its address is in memory
        " v9 i32 = Load v2",  # half of a part
        " v9 i32 = Load v2 [4]",
        " v9 = Move v2 v2 [8] {int}",
        " v9 b = Eq v2 v2",
        " v10 p = AddPtr v2 v0\n v9 = Store v10 v0",  # who knows where
        " v9 p = Phi v2 v2",
    ],
)
def test_a_variable_stays_in_memory(line: str) -> None:
    at = "v8 i64 = Load v2"
    text = JOIN.replace(f" {at}", f"{line}\n {at}")
    func = typed("(i64 b) i64", text)
    promote(func, CONTEXT)
    assert "Alloc" in names(func)


@pytest.mark.parametrize(
    ("between", "behind", "left"),
    [
        ("", "", 0),
        (" v9 i64 = Load v2", "", 1),  # the new one is looked at before
        ("", " v9 = Store v1 v0", 1),  # the old one behind
        ("", " v9 i64 = Load v2\n v10 = Store v2 v0 [8]", 0),
    ],
)
def test_what_is_only_copied_is_built_in_place(between: str, behind: str, left: int) -> None:
    text = f"""b0:
 v0 i64 = Param [0]
 v1 p = Alloc {{pair}}
 v3 = Store v1 v0
 v2 p = Alloc {{pair}}
{between}
 v4 = Move v2 v1 [16] {{pair}}
{behind}
 Ret v2"""
    func = typed("(i64) p", text)
    copies(func, CONTEXT)
    verify(func, "copies")
    assert names(func).count("Move") == left and names(func).count("Alloc") == left + 1


@pytest.mark.parametrize(("other", "left"), [("Ret v0", 1), ("Exit", 0)])
def test_an_object_of_the_heap_is_not_made_on_a_way_that_needs_none(other: str, left: int) -> None:
    func = typed(
        "(i64) i64",
        f"""b0:
 v0 i64 = Param [0]
 v1 p = Alloc {{pair}}
 v2 = Store v1 v0
 v3 b = LtS v0 v0
 If v3 -> b1 b2
b1: <- b0
 v4 p = Alloc [4] {{pair}}
 v5 = Move v4 v1 [16] {{pair}}
 v6 = CallStatic v4 {{f}}
 Ret v0
b2: <- b0
 {other}""",
    )
    copies(func, CONTEXT)
    assert names(func).count("Move") == left


def test_a_variable_that_is_copied_each_round_is_no_other() -> None:
    func = typed(
        "(i64) p",
        """b0:
 v0 i64 = Param [0]
 v1 p = Alloc {pair}
 Plain -> b1
b1: <- b0 b1
 v2 i64 = Load v1
 v3 = Store v1 v0
 v4 p = Alloc {pair}
 v5 = Move v4 v1 [16] {pair}
 v6 b = LtS v2 v0
 If v6 -> b1 b2
b2: <- b1
 Ret v4""",
    )
    copies(func, CONTEXT)
    assert names(func).count("Move") == 1


def test_in_a_loop_a_variable_is_new_each_round() -> None:
    func = typed(
        "(i64) i64",
        """b0:
 v0 i64 = Param [0]
 Plain -> b1
b1: <- b0 b2
 v1 p = Alloc {int}
 v2 i64 = Load v1
 v3 = Store v1 v0
 v4 i64 = Load v1
 v5 b = LtS v4 v2
 If v5 -> b2 b3
b2: <- b1
 v6 = Store v1 v2
 Plain -> b1
b3: <- b1
 v7 i64 = Load v1
 Ret v7""",
    )
    promote(func, CONTEXT)
    verify(func, "promote")
    assert not {"Alloc", "Load", "Store", "Phi"} & set(names(func))


def test_memory_is_a_slot_or_an_object() -> None:
    func = typed(
        "(i64) p",
        """b0:
 v0 i64 = Param [0]
 v1 p = Alloc {pair}
 v2 p = AddPtr v1 v0
 v3 i64 = Load v2
 v4 p = Alloc {large}
 v5 = Store v4 v3
 v6 p = Alloc {int}
 v7 = Store v6 v3
 Ret v6""",
    )
    expand(func, CONTEXT)
    verify(func, "expand")
    (slot,) = func.slots
    assert (slot.size, slot.align, slot.pointers) == (16, 8, True)
    assert names(func)[1:4] == ["SlotLive", "SlotAddr", "Zero"]
    assert [str(value.aux) for value in func.entry.values if value.op == ops.CALL_STATIC] == ["runtime.newobject"] * 2


def test_small_variables_share_an_object() -> None:
    allocs = [("v1", "byte", 16), ("v2", "int", 16), ("v3", "word", 16), ("v4", "byte", 0), ("v5", "byte", 16), ("v6", "int", 16)]
    text = "".join(f" {name} p = Alloc [{bits}] {{{typ}}}\n v1{name[1]} = Store v0 {name}\n" for name, typ, bits in allocs)
    func = typed("(p) ", "b0:\n v0 p = Param\n" + text + " Ret")
    expand(func, CONTEXT)
    verify(func, "expand")
    calls = [value for value in func.entry.values if value.op == ops.CALL_STATIC]
    assert [str(call.aux) for call in calls] == ["runtime.mallocgcSmallNoScanSC2", "runtime.newobject", "runtime.newobject"]
    assert calls[0].args[0].imm == 16  # a word more or less, and the last integer would have no room
    stored = [value.args[1] for value in func.entry.values if value.op == ops.STORE]
    parts = [(one.args[0].args[0], one.args[1].imm) for one in stored if one.op == ops.ADD_PTR]
    assert parts == [(calls[0], 12), (calls[0], 0), (calls[0], 8), (calls[0], 13)]
    assert [one.args[0] for one in stored if one.op == ops.RESULT] == calls[1:]


COPY = " v7 = CallStatic v3 v5 v2 v0 v1 {runtime.typedslicecopy}"
COUNTED = " v8 b = LtS v2 v1\n v10 i64 = Select v8 v2 v1\n v6 i64 = Mul v10 v9\n v7 = CallStatic v5 v0 v6 [2] {runtime.memmove}"


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        (COPY, True),
        (" v6 i64 = Load v0\n" + COPY.replace("v1", "v6"), True),
        (" v6 i64 = Load v5\n" + COPY.replace("v1", "v6"), False),  # of what was made
        (" v6 = Store v0 v1\n" + COPY, False),
        (COPY.replace("v2", "v1"), False),  # has another length
        (COPY.replace("v5 v2 v0", "v0 v2 v5"), False),  # the other way
        (COUNTED, True),
        (COUNTED.replace("v8 v2 v1", "v8 v1 v2"), False),
        (COUNTED.replace("v10 v9", "v2 v9"), True),
        (COUNTED.replace("v10 v9", "v2 v2"), False),
        (COUNTED.replace("[2] ", ""), False),  # who knows whether there is so much
    ],
)
def test_slices_are_made_and_filled_by_one_call(text: str, joined: bool) -> None:
    head = "b0:\n v0 p = Param\n v1 i64 = Param [1]\n v2 i64 = Param [2]\n v9 i64 = Const [16]\n v3 p = Addr {type}\n"
    func = typed("(p i64 i64) p", head + " v4 = CallStatic v3 v2 v2 {runtime.makeslice}\n v5 p = Result v4\n" + text + "\n Ret v5")
    for value in func.entry.values:
        if value.op == ops.ADDR:
            value.aux = TypeRef(TYPES["pair"])
        elif value.op == ops.CALL_STATIC:
            value.aux = CallInfo(TextRef(str(value.aux)), (), ())
    makecopy(func, CONTEXT)
    verify(func, "makecopy")
    calls = [str(value.aux) for value in func.entry.values if value.op == ops.CALL_STATIC]
    assert (calls == ["runtime.makeslicecopy"]) is joined
    assert joined or calls[0] == "runtime.makeslice"


def barriers_of(text: str, flags: int = 0) -> Func:
    func = typed("(p p p) ", "b0:\n v0 p = Param [0]\n v1 p = Param [1]\n v2 p = Param [2]\n" + text + "\n Ret")
    func.info = FuncInfo("f", (), (), 0, 0, flags)
    barriers(func, CONTEXT)
    verify(func, "barriers")
    return func


def test_one_barrier_serves_stores_in_a_row() -> None:
    func = barriers_of(" v3 = Store v0 v1 [8]\n v4 i64 = Const [1]\n v5 = Store v0 v4\n v6 = Store v2 v1 [16]")
    assert names(func)[3:] == ["WriteBarrier", "Store", "Const", "Store", "Store"]
    barrier = func.entry.values[3]
    assert barrier.aux == (8, 16) and barrier.args == [func.entry.values[i] for i in (0, 1, 2, 1)]


@pytest.mark.parametrize(
    ("between", "count"),
    [
        (" v4 = CallStatic", 2),  # the collector may begin in the call
        (" v4 i64 = Load v0", 2),
        (" v4 p = NilCheck v0", 2),
        (" v4 i64 = Const [1]", 1),
        (" v6 i64 = Const [1]\n v4 i64 = PopCount v6", 2),  # a call, on some processors
    ],
)
def test_what_ends_a_row(between: str, count: int) -> None:
    func = barriers_of(f" v3 = Store v0 v1\n{between}\n v5 = Store v2 v1")
    assert names(func).count("WriteBarrier") == count


@pytest.mark.parametrize(
    "text",
    [
        " v3 i64 = Const [1]\n v4 = Store v0 v3",  # no pointer
        " v3 p = Alloc {pair}\n v4 = Store v3 v0 [8]",  # to the frame
        " v3 p = Alloc {pair}\n v4 = Move v3 v0 [16] {pair}",
        " v3 = Zero v0 [160000] {large}",
    ],
)
def test_what_needs_no_barrier(text: str) -> None:
    func = barriers_of(text, NO_WRITE_BARRIER)
    assert not {"WriteBarrier", "CallStatic"} & set(names(func))


def test_fresh_memory_needs_none_for_what_is_no_object() -> None:
    func = typed(
        "(p) p",
        """b0:
 v0 p = Param [0]
 v1 p = Alloc {pair}
 v2 p = Const
 v3 = Store v1 v2 [8]
 v4 p = Addr {symbol}
 v5 = Store v1 v4
 v6 = Store v1 v0
 v7 = Store v1 v2
 Ret v1""",
    )
    expand(func, CONTEXT)
    barriers(func, CONTEXT)
    verify(func, "barriers")
    (barrier,) = (value for value in func.entry.values if value.op == ops.WRITE_BARRIER)
    assert barrier.aux == (0, 0)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" v3 = Move v0 v1 [64] {record}", "Move"),
        (" v3 = Zero v0 [64] {record}", "Zero"),
    ],
)
def test_one_barrier_serves_a_struct(text: str, kept: str) -> None:
    func = barriers_of(text)
    (barrier,) = (value for value in func.entry.values if value.op == ops.WRITE_BARRIER)
    assert barrier.aux == (0, 40)
    stored = [value.imm for value in func.entry.values if value.op == ops.STORE]
    assert stored == [0, 40, 48, 56]
    (rest,) = (value for value in func.entry.values if ops.NAMES[value.op] == kept)
    assert rest.imm == 32 and all(address.op == ops.ADD_PTR and address.args[1].imm == 8 for address in rest.args)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (" v3 = Move v0 v1 [72] {nine}", "runtime.typedmemmove"),
        (" v3 = Zero v0 [72] {nine}", "runtime.typedmemclr"),
    ],
)
def test_large_ones_are_calls(text: str, what: str) -> None:
    func = barriers_of(text)
    (call,) = (value for value in func.entry.values if value.op == ops.CALL_STATIC)
    assert isinstance(call.aux, CallInfo) and str(call.aux) == what


@pytest.mark.parametrize(("between", "saved"), [("Add v3 v3", False), ("PopCount v3", True)])
def test_results_are_saved_from_what_may_be_a_call(between: str, saved: bool) -> None:
    text = f"b0:\n v0 p = Param [0]\n v1 = CallStatic\n v2 p = Result v1\n v3 i64 = Const [1]\n v4 i64 = {between}\n"
    func = typed("(p) ", text + " v5 = Move v0 v2 [160000] {large}\n Ret")
    func.entry.values[1].aux = CallInfo(TextRef("g"), (), (TYPES["large"],))
    results(func, CONTEXT)
    verify(func, "results")
    assert ("SlotAddr" in names(func)) == saved


def test_a_barrier_where_none_may_be_is_told() -> None:
    with pytest.raises(UserError, match="write barrier prohibited in f"):
        barriers_of(" v3 = Store v0 v1", NO_WRITE_BARRIER)
