# SPDX-License-Identifier: BSD-3-Clause
"""Passes, each on text; and all of them on lowered programs, which have to print what they printed before."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pygo_cross.opt.blocks import blocks
from pygo_cross.opt.branchelim import branchelim
from pygo_cross.opt.context import Context
from pygo_cross.opt.cse import cse
from pygo_cross.opt.dead import dead
from pygo_cross.opt.divide import divide
from pygo_cross.opt.fold import fold, signed, unsigned
from pygo_cross.opt.pipeline import PASSES, optimise, optimise_unit, verifying
from pygo_cross.opt.prove import prove
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.kinds import BITS, I8, I16, I32, I64, B
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.printer import print_func
from pygo_cross.ssa.refs import BytesRef
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import Unit
from pygo_cross.ssa.verify import verify
from pygo_cross.types.sizes import Sizes

sys.path.insert(0, str(Path(__file__).parent.parent / "lower"))
from interpret import Machine
from test_lower import PROGRAMS, lower

CONTEXT = Context(Shapes(Sizes()))


def body(params: str, results: str, text: str) -> Func:
    (func,) = parse_funcs(f"func f({params}) {results} {{\n{text}\n}}\n")
    verify(func, "parse")
    return func


def values(func: Func) -> list[str]:
    return [ops.NAMES[value.op] for block in func.blocks for value in block.values]


def after(passes: list[Callable[[Func], None]], func: Func) -> list[str]:
    for one in passes:
        one(func)
        verify(func, one.__name__)
    return values(func)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("v1 i64 = Const [2]\nv2 i64 = Add v1 v1\nv3 i64 = Add v0 v2", "v0 Add 4"),
        ("v1 i64 = Const [8]\nv3 i64 = Mul v1 v0", "v0 Shl 3"),
        ("v1 i64 = Const [-1]\nv3 i64 = Mul v0 v1", "Neg v0"),
        ("v1 i64 = Const\nv3 i64 = Add v1 v0", "v0"),
        ("v1 i64 = Const\nv3 i64 = And v1 v0", "0"),
        ("v3 i64 = Xor v0 v0", "0"),
        ("v1 i64 = Const [3]\nv2 i64 = Const [5]\nv4 i64 = Add v0 v1\nv3 i64 = Add v4 v2", "v0 Add 8"),
        ("v1 i64 = Const [16]\nv3 i64 = ModU v0 v1", "v0 And 15"),
        ("v1 i64 = Const [16]\nv3 i64 = DivU v0 v1", "v0 ShrU 4"),
        ("v1 i64 = Const [70]\nv3 i64 = Shl v0 v1", "0"),
        ("v1 i64 = Const [70]\nv3 i64 = ShrS v0 v1", "v0 ShrS 63"),
        ("v1 i64 = Const [-7]\nv2 i64 = Const [2]\nv3 i64 = DivS v1 v2", "-3"),
        ("v1 i64 = Const [-7]\nv2 i64 = Const [2]\nv3 i64 = ModS v1 v2", "-1"),
        ("v2 i64 = Const [4]\nv1 b = Eq v0 v2\nv4 i64 = Const [4]\nv3 i64 = Select v1 v2 v4", "4"),
        ("v1 i8 = Trunc v0\nv3 i64 = SignExt v1", "SignExt v1"),
        ("v1 i64 = Com v0\nv3 i64 = Com v1", "v0"),
        ("v1 f64 = Const [4607182418800017408]\nv2 f64 = Const\nv4 b = LtS v2 v1\nv3 i64 = ZeroExt v4", "1"),
        ("v1 f64 = Const\nv2 f64 = Const [-9223372036854775808]\nv4 b = Eq v2 v1\nv3 i64 = ZeroExt v4", "1"),
        ("v1 f32 = Const [2143289344]\nv2 b = Eq v1 v1\nv3 i64 = ZeroExt v2", "0"),
        ("v1 i64 = Const [9]\nv2 i64 = Const [55]\nv4 i64 = ShrU v0 v2\nv5 i64 = Shl v0 v1\nv3 i64 = Or v4 v5", "v0 RotL 9"),
        ("v1 i64 = Const [9]\nv4 i64 = ShrU v0 v1\nv5 i64 = Shl v0 v1\nv3 i64 = Or v4 v5", "v2 Or v3"),
    ],
)
def test_folding(text: str, wanted: str) -> None:
    func = body("i64", "i64", f"b0:\nv0 i64 = Param\n{text}\nRet v3")
    after([fold, dead], func)
    result = func.blocks[0].controls[0]

    def show(value: object) -> str:
        return str(value.imm) if value.is_const else str(value)  # type: ignore[attr-defined]

    if result.op in (ops.CONST, ops.PARAM):
        shown = show(result)
    elif len(result.args) == 1:
        shown = f"{ops.NAMES[result.op]} {show(result.args[0])}"
    else:
        shown = f"{show(result.args[0])} {ops.NAMES[result.op]} {show(result.args[1])}"
    assert shown == wanted


def test_constant_data_is_known() -> None:
    func = body("", "i64", "b0:\nv1 p = Addr\nv2 i16 = Load v1 [1]\nv3 i64 = SignExt v2\nRet v3")
    func.blocks[0].values[0].aux = BytesRef(b"\1\2\xff")
    after([fold, dead], func)
    assert func.blocks[0].controls[0].is_const and func.blocks[0].controls[0].imm == -254


def test_dead_circles_go() -> None:
    text = """b0:
v0 b = Param
v1 i64 = Const [1]
Plain -> b1
b1: <- b0 b1
v2 i64 = Phi v1 v3
v3 i64 = Add v2 v1
If v0 -> b1 b2
b2: <- b1
Ret"""
    assert after([dead], body("b", "", text)) == ["Param"]


def test_branches_on_constants_go() -> None:
    text = """b0:
v0 b = Const [1]
v1 i64 = Const [7]
v2 i64 = Const [8]
If v0 -> b1 b2
b1: <- b0
Plain -> b3
b2: <- b0
Plain -> b3
b3: <- b1 b2
v3 i64 = Phi v1 v2
Ret v3"""
    func = body("", "i64", text)
    assert after([blocks, dead], func) == ["Const"]
    assert len(func.blocks) == 1 and func.blocks[0].controls[0].imm == 7


def test_equal_operations_are_one() -> None:
    text = """b0:
v0 i64 = Param
v1 i64 = Param [1]
v2 b = LtS v0 v1
v3 i64 = Add v0 v1
If v2 -> b1 b2
b1: <- b0
v4 i64 = Add v1 v0
Ret v4
b2: <- b0
v5 i64 = Mul v0 v1
Ret v5"""
    assert after([cse, dead], body("i64, i64", "i64", text)).count("Add") == 1


def test_addresses_as_numbers_are_not_kept_over_calls() -> None:
    """A call may move the stack: cse leaves each conversion where it is."""
    text = """b0:
v0 p = Param
v1 i64 = PtrToInt v0
v2 = CallStatic {p.g}
v3 i64 = PtrToInt v0
v4 i64 = Add v1 v3
Ret v4"""
    assert after([cse, dead], body("p", "i64", text)).count("PtrToInt") == 2


LOOP = """b0:
v0 p = Param
v1 i64 = Param [1]
v2 i64 = Const
v3 i64 = Const [1]
Plain -> b1
b1: <- b0 b2
v4 i64 = Phi v2 v8
v5 i64 = Phi v2 v9
v6 b = LtS v4 v1
If v6 -> b2 b3
b2: <- b1
v7 i64 = Bounds v4 v1 {Index}
v10 p = AddPtr v0 v7
v11 i64 = Load v10
v9 i64 = Add v5 v11
v8 i64 = Add v4 v3
Plain -> b1
b3: <- b1
Ret v5"""


def test_a_loop_needs_no_bounds_checks() -> None:
    assert "Bounds" not in after([prove, fold], body("p, i64", "i64", LOOP))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("v2 i64 = Const\n", "v2 i64 = Const [-1]\n"),  # begins below 0
        ("LtS v4 v1", "LtS v4 v5"),  # less than something else
        ("v8 i64 = Add v4 v3", "v8 i64 = Sub v4 v3"),  # counts down
        ("v7 i64 = Bounds v4 v1", "v7 i64 = Bounds v4 v5"),  # not below that
        ("If v6 -> b2 b3\nb2: <- b1", "If v6 -> b3 b2\nb2: <- b1"),  # the other way round
    ],
)
def test_other_loops_need_theirs(old: str, new: str) -> None:
    assert old in LOOP
    assert "Bounds" in after([prove, fold], body("p, i64", "i64", LOOP.replace(old, new)))


def test_a_check_is_made_once() -> None:
    text = """b0:
v0 p = Param
v1 i64 = Param [1]
v2 i64 = Param [2]
v3 i64 = Bounds v1 v2 {Index}
v4 i64 = Bounds v1 v2 {Index}
v5 p = NilCheck v0
v6 p = NilCheck v0
v7 i64 = Load v5
v8 i64 = Add v3 v4
v9 i64 = Add v8 v7
v10 p = NilCheck v6
Ret v9"""
    found = after([cse, prove, fold], body("p, i64, i64", "i64", text))
    assert found.count("Bounds") == 1 and found.count("NilCheck") == 1


@pytest.mark.parametrize("name", sorted(path.stem for path in PROGRAMS.glob("*.go")))
def test_programs_print_the_same(name: str) -> None:
    source = (PROGRAMS / f"{name}.go").read_text()

    def run(unit: Unit) -> tuple[str, int]:
        machine = Machine(unit, Shapes(Sizes()))
        return machine.run(), machine.steps

    plain, steps = run(lower(source))
    unit = lower(source)
    optimise_unit(unit, CONTEXT, watch=verifying)
    better, fewer = run(unit)
    assert better == plain
    assert fewer < steps * 1.05  # what was one Alloc is a few values, where it stays


def test_the_table_says_why() -> None:
    assert len({one.name for one in PASSES}) == len(PASSES)
    assert all(one.reason for one in PASSES)


@pytest.mark.parametrize("seed", range(150))
def test_random_expressions_keep_their_value(seed: int) -> None:
    """Random operations on parameters and constants, of all kinds, executed before and after."""
    rng = random.Random(seed)
    kinds = [I8, I16, I32, I64]
    params = [rng.choice(kinds) for _ in range(3)]
    func = Func("f", params, [I64])
    block = func.entry
    pool = [func.append(block, ops.PARAM, kind, (), i) for i, kind in enumerate(params)]

    def pick(kind: int) -> object:
        if rng.random() < 0.3:
            edge = rng.choice([0, 1, -1, 2, 7, 8, -8, (1 << (BITS[kind] - 1)) - 1, -(1 << (BITS[kind] - 1))])
            return func.const(block, kind, edge)
        same = [value for value in pool if value.kind == kind]
        return rng.choice(same) if same else func.const(block, kind, rng.randrange(-9, 9))

    for _ in range(25):
        kind = rng.choice(kinds)
        x = pick(kind)
        op = rng.choice([ops.ADD, ops.SUB, ops.MUL, ops.AND, ops.OR, ops.XOR, ops.NEG, ops.COM, ops.SHL, ops.SHR_S, ops.SHR_U, 0, 1, 2])
        if op in (ops.NEG, ops.COM):
            pool.append(func.append(block, op, kind, (x,)))  # type: ignore[arg-type]
        elif op in (ops.SHL, ops.SHR_S, ops.SHR_U):
            count = func.const(block, I8, rng.choice([0, 1, 3, 7, 8, 31, 63, 64, 100]))
            pool.append(func.append(block, op, kind, (x, count)))  # type: ignore[arg-type]
        elif op == 0:
            code = rng.choice([ops.LT_S, ops.LE_S, ops.LT_U, ops.LE_U, ops.EQ, ops.NE])
            condition = func.append(block, code, B, (x, pick(kind)))  # type: ignore[arg-type]
            if rng.random() < 0.5:
                condition = func.append(block, ops.NOT, B, (condition,))
            pool.append(func.append(block, ops.SELECT, kind, (condition, x, pick(kind))))  # type: ignore[arg-type]
        elif op == 1:
            to = rng.choice([one for one in kinds if one != kind])
            code = ops.TRUNC if BITS[to] < BITS[kind] else rng.choice([ops.SIGN_EXT, ops.ZERO_EXT])
            pool.append(func.append(block, code, to, (x,)))  # type: ignore[arg-type]
        elif op == 2:
            divisor = func.const(block, kind, rng.choice([1, 2, 8, 64, 7, -3]))
            code = rng.choice([ops.DIV_S, ops.DIV_U, ops.MOD_S, ops.MOD_U])
            pool.append(func.append(block, code, kind, (x, divisor)))  # type: ignore[arg-type]
        else:
            pool.append(func.append(block, op, kind, (x, pick(kind))))  # type: ignore[arg-type]
    result = func.const(block, I64, 0)
    for value in pool[3:]:
        wide = value if value.kind == I64 else func.append(block, ops.SIGN_EXT, I64, (value,))
        mixed = func.append(block, ops.MUL, I64, (result, func.const(block, I64, 31)))
        result = func.append(block, ops.ADD, I64, (mixed, wide))
    block.kind = ops.RET
    block.set_controls([result])
    verify(func, "made")
    text = print_func(func)
    machine = Machine(Unit("main", "main"), Shapes(Sizes()))
    optimise(func, CONTEXT, watch=verifying)
    (before,) = parse_funcs(text)
    for _ in range(10):
        args = [rng.choice([0, 1, -1, rng.randrange(-(1 << (BITS[kind] - 1)), 1 << (BITS[kind] - 1))]) for kind in params]
        assert machine.execute(func, args, 0) == machine.execute(before, args, 0)


def quotient(op: int, x: int, y: int, kind: int) -> int:
    """What a division of two numbers gives, as the machine keeps it."""
    if op in (ops.DIV_U, ops.MOD_U):
        x, y = unsigned(x, kind), unsigned(y, kind)
        return signed(x // y if op == ops.DIV_U else x % y, kind)
    whole = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
    return signed(whole if op == ops.DIV_S else x - whole * y, kind)


@pytest.mark.parametrize("kind", [I8, I16, I32, I64])
@pytest.mark.parametrize("op", [ops.DIV_S, ops.DIV_U, ops.MOD_S, ops.MOD_U])
def test_division_by_constants(op: int, kind: int) -> None:
    rng = random.Random(kind * 100 + op)
    bits = BITS[kind]
    machine = Machine(Unit("p", "p"), Shapes(Sizes()))
    divisors = [signed(d, kind) for d in (3, 5, 6, 7, 10, 12, 25, 60, 100, 127, -3, -10, -128, 1 << (bits - 1), (1 << bits) - 2)]
    divisors += [signed(rng.getrandbits(rng.randint(2, bits)) << rng.choice([0, 0, 3]), kind) for _ in range(20)]
    for divisor in divisors:
        if divisor in (0, 1, -1):
            continue
        func = Func("f", [kind], [kind])
        x = func.append(func.entry, ops.PARAM, kind)
        result = func.append(func.entry, op, kind, (x, func.const(func.entry, kind, divisor)))
        func.entry.kind = ops.RET
        func.entry.set_controls((result,))
        found = after([fold, divide, fold, dead], func)
        assert not {ops.NAMES[one] for one in (ops.DIV_S, ops.DIV_U, ops.MOD_S, ops.MOD_U)} & set(found)
        edges = [0, 1, -1, divisor, divisor - 1, divisor + 1, 1 << (bits - 1), (1 << (bits - 1)) - 1, divisor * 3, divisor * 3 - 1]
        for value in [*edges, *(rng.getrandbits(bits) for _ in range(10))]:
            given = signed(value, kind)
            (got,) = machine.execute(func, [given], 0)
            assert signed(int(got), kind) == quotient(op, given, divisor, kind), f"{given} by {divisor}"


@pytest.mark.parametrize("kind", [I8, I32, I64])
@pytest.mark.parametrize("signed_too", [True, False])
@pytest.mark.parametrize("form", ["quotient first", "remainder first", "in a later block"])
def test_quotient_and_remainder_are_one_division(kind: int, signed_too: bool, form: str) -> None:
    div, mod = (ops.DIV_S, ops.MOD_S) if signed_too else (ops.DIV_U, ops.MOD_U)
    machine = Machine(Unit("p", "p"), Shapes(Sizes()))
    func = Func("f", [kind, kind], [kind, kind])
    args = [func.append(func.entry, ops.PARAM, kind, (), i) for i in (0, 1)]
    last = func.entry
    if form == "in a later block":
        last = func.new_block(0)
        func.entry.add_edge(last)
    first, second = (mod, div) if form == "remainder first" else (div, mod)
    one = func.append(func.entry, first, kind, args)
    other = func.append(last, second, kind, args)
    last.kind = ops.RET
    last.set_controls((one, other))
    found = after([divide, fold, dead], func)
    assert len({ops.NAMES[div], ops.NAMES[mod]} & set(found)) == 1 and found.count(ops.NAMES[div]) == 1
    least = -(1 << (BITS[kind] - 1))
    for x, y in [(7, 2), (-7, 2), (7, -2), (least, -1), (least, 3), (-least - 1, 10), (0, 5), (5, least), (-1, 7)]:
        got = [signed(int(part), kind) for part in machine.execute(func, [x, y], 0)]
        assert got == [quotient(op, x, y, kind) for op in (first, second)], f"{x} by {y}"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        # _ = b[7]; b[0] ... b[6]
        ("v7 i64 = Bounds v20 v1 {Index}\nv8 i64 = Bounds v21 v1 {Index}\nv9 i64 = Bounds v22 v1 {Index}\nPlain -> b3", 1),
        # i > 0 && i < len(b): b[i-1], b[i], and not b[i+1]
        ("v7 b = LtS v23 v2\nv8 b = LtS v2 v1\nv9 b = And v7 v8\nPlain -> b3", 0),
        ("v7 i64 = Bounds v2 v1 {Index}\nv8 i64 = Add v2 v24\nv9 i64 = Bounds v8 v1 {Index}\nPlain -> b3", 2),
        ("v7 i64 = Bounds v2 v1 {Index}\nv8 i64 = ShrU v7 v25\nv9 i64 = Bounds v8 v1 {Index}\nPlain -> b3", 1),
        ("v7 i64 = SliceBounds v2 v1 {SliceB}\nv8 i64 = SliceBounds v2 v1 {SliceB}\nPlain -> b3", 1),
    ],
)
def test_what_was_checked_is_known(text: str, left: int) -> None:
    consts = "v20 i64 = Const [7]\nv21 i64 = Const [6]\nv22 i64 = Const\nv23 i64 = Const\nv24 i64 = Const [-1]\nv25 i64 = Const [1]"
    head = f"b0:\nv0 p = Param\nv1 i64 = Param [1]\nv2 i64 = Param [2]\n{consts}\n"
    func = body("p, i64, i64", "", f"{head}{text}\nb3: <- b0\nRet")
    found = after([prove, fold], func)
    assert found.count("Bounds") + found.count("SliceBounds") == left


@pytest.mark.parametrize(
    ("begin", "compare", "step", "left"),
    [
        ("v20 i64 = Add v1 v22", "LeS v23 v4", -1, 0),  # for i := n-1; i >= 0; i--
        ("v20 i64 = Add v1 v22", "LtS v23 v4", -2, 0),
        ("v20 i64 = Add v1 v23", "LeS v23 v4", -1, 1),  # begins at n
        ("v20 i64 = Add v1 v22", "NE v23 v4", -1, 1),  # may begin below 0
        ("v20 i64 = Add v2 v22", "LeS v23 v4", -1, 1),  # may begin anywhere
    ],
)
def test_loops_that_count_down(begin: str, compare: str, step: int, left: int) -> None:
    text = f"""b0:
v0 p = Param
v1 i64 = Param [1] {{length}}
v2 i64 = Param [2]
v22 i64 = Const [-1]
v23 i64 = Const
v24 i64 = Const [{step}]
{begin}
Plain -> b1
b1: <- b0 b2
v4 i64 = Phi v20 v8
v6 b = {compare.replace("NE", "Ne")}
If v6 -> b2 b3
b2: <- b1
v7 i64 = Bounds v4 v1 {{Index}}
v8 i64 = Add v4 v24
Plain -> b1
b3: <- b1
Ret"""
    assert after([prove, fold], body("p, i64, i64", "", text)).count("Bounds") == left


@pytest.mark.parametrize(("length", "left"), [("Param [1] {length}", 1), ("Param [1]", 3)])
def test_what_is_no_length_before_a_check_may_be_negative(length: str, left: int) -> None:
    text = f"""b0:
v0 p = Param
v1 i64 = {length}
v2 i64 = Const
v3 b = LtS v1 v2
If v3 -> b1 b2
b1: <- b0
Ret
b2: <- b0
v4 i64 = Bounds v2 v1 {{Index}}
Ret"""
    func = body("p, i64", "", text)
    after([prove, fold, blocks], func)
    assert len(func.blocks) == left


SHORT = """b0:
v0 i64 = Param
v1 i64 = Param [1]
v2 b = LtS v0 v1
If v2 -> b1 b2{likely}
b1: <- b0
{side}
Plain -> b2
b2: <- b0 b1
v5 {kind} = Phi v0 v3
Ret v5"""


@pytest.mark.parametrize(
    ("side", "likely", "gone"),
    [
        ("v3 i64 = Add v0 v1", "", True),
        ("v3 i64 = Add v0 v1", " unlikely", False),
        ("v3 i64 = DivS v0 v1", "", False),  # may trap
        ("v4 i64 = Add v0 v1\nv6 i64 = Add v4 v1\nv3 i64 = Xor v6 v1", "", False),  # too much
        ("v3 i64 = Shl v0 v1", "", False),
        ("v3 i64 = Shl v0 v1 [1]", "", True),
    ],
)
def test_short_branches_become_selects(side: str, likely: str, gone: bool) -> None:
    func = body("i64, i64", "i64", SHORT.format(side=side, likely=likely, kind="i64"))
    assert ("Select" in after([branchelim, blocks], func)) == gone
    machine = Machine(Unit("p", "p"), Shapes(Sizes()))
    again = body("i64, i64", "i64", SHORT.format(side=side, likely=likely, kind="i64"))
    for x, y in ((1, 2), (2, 1), (5, 5), (-7, 3)):
        assert machine.execute(func, [x, y], 0) == machine.execute(again, [x, y], 0)


def test_both_ways_of_a_branch_become_selects() -> None:
    text = """b0:
v0 i64 = Param
v1 i64 = Param [1]
v2 b = Eq v0 v1
If v2 -> b1 b2
b1: <- b0
v3 i64 = Neg v0
Plain -> b3
b2: <- b0
v4 i64 = Com v1
Plain -> b3
b3: <- b2 b1
v5 i64 = Phi v4 v3
v6 i64 = Phi v0 v1
v7 i64 = Add v5 v6
Ret v7"""
    func, again = body("i64, i64", "i64", text), body("i64, i64", "i64", text)
    assert after([branchelim], func).count("Select") == 2 and len(func.blocks) == 1
    machine = Machine(Unit("p", "p"), Shapes(Sizes()))
    for x, y in ((1, 2), (4, 4)):
        assert machine.execute(func, [x, y], 0) == machine.execute(again, [x, y], 0)


def test_a_slice_that_keeps_its_beginning_is_stored_as_its_length_alone() -> None:
    """Two goroutines may shorten one slice so, and its pointer stays that of its array."""
    unit = lower("package main\ntype t struct{ s []int }\nfunc f(x *t) { x.s = x.s[0:8] }\nfunc main() {}\n")
    optimise_unit(unit, CONTEXT)
    func = next(func for func in unit.funcs if func.symbol == "main.f")
    assert values(func).count("Store") == 1 and "WriteBarrier" not in values(func)


def test_what_an_interface_holds_gets_to_the_heap_by_functions_of_the_runtime() -> None:
    source = """package main

var sink any

type pair struct{ a, b int }

func number(x int) { sink = x }

func float(x float32) { sink = x }

func text(x string) { sink = x }

func numbers(x []int) { sink = x }

func two(x pair) { sink = x }

func main() {}
"""
    called: dict[str, list[str]] = {}
    for func in lower(source).funcs:
        optimise(func, CONTEXT, verifying)
        calls = [value.aux for block in func.blocks for value in block.values if value.op == ops.CALL_STATIC]
        called[func.symbol] = [str(call) for call in calls]
    assert called["main.number"] == ["runtime.convT64"]
    assert called["main.float"] == ["runtime.convT32"]
    assert called["main.text"] == ["runtime.convTstring"]
    assert called["main.numbers"] == ["runtime.convTslice"]
    assert called["main.two"] == ["runtime.mallocgcSmallNoScanSC2"]
