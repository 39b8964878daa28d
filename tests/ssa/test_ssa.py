# SPDX-License-Identifier: BSD-3-Clause
"""The intermediate representation: its text, its construction, dominance and loops, and what the verifier finds."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from pygo_cross.diag import InternalError, UserError
from pygo_cross.ssa import ops
from pygo_cross.ssa.builder import Builder
from pygo_cross.ssa.dominators import Dominators, find_loops
from pygo_cross.ssa.func import Block, Func, Value
from pygo_cross.ssa.kinds import I64, B
from pygo_cross.ssa.parser import parse_funcs
from pygo_cross.ssa.printer import print_func
from pygo_cross.ssa.verify import verify

SUM = """\
func main.sum(i64) i64 {
  slot x.0 size 16 align 8 pointers
b0:
  v0 i64 = Param
  v1 i64 = Const
  v2 i64 = Const [1]
  v3 p = SlotAddr [8] {x.0}
  Store v3 v1
  Plain -> b1
b1: <- b0 b2
  v5 i64 = Phi v1 v8
  v6 i64 = Phi v1 v9
  v7 b = LtS v6 v0
  If v7 -> b2 b3 likely
b2: <- b1
  v8 i64 = Add v5 v6
  v9 i64 = Add v6 v2
  Plain -> b1
b3: <- b1
  Ret v5
}
""".replace("  Store v3 v1\n", "  v4 = Store v3 v1\n")


def test_text_both_ways() -> None:
    (func,) = parse_funcs(SUM)
    verify(func, "parse")
    assert print_func(func) == SUM
    assert func.blocks[0].values[3].aux is func.slots[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Add v5 v6", "Ad v5 v6", "Ad is no operation"),
        ("Add v5 v6", "Add v5 v99", "there is no value v99"),
        ("-> b1\nb1", "-> b7\nb1", "there is no block b7"),
        ("<- b0 b2", "<- b0", "the predecessors of b1 are"),
        ("func main", "fun main", "a function begins with"),
        ("v0 i64 = Param", "v0 i65 = Param", "i65 is no kind"),
        ("\n}\n", "\n", "the function has no end"),
        ("  Ret v5", "  Return v5", "not understood"),
    ],
)
def test_wrong_text(old: str, new: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_funcs(SUM.replace(old, new, 1), "x.ssa")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Phi v1 v8", "Phi v1", "a Phi has 1 arguments for 2 predecessors"),
        ("  Ret v5", "  Ret v7", "does not have the function's results"),
        ("  Ret v5", "  Ret v8", "does not dominate its use"),
        ("v8 i64 = Add v5 v6\n  v9 i64 = Add v6 v2", "v8 i64 = Add v5 v9\n  v9 i64 = Add v6 v2", "used before it is there"),
        ("LtS v6 v0", "LtS v6 v3", "compares different kinds"),
        ("If v7 -> b2 b3", "Plain -> b2 b3", "2 successors of a Plain"),
        ("v8 i64 = Add v5 v6", "v8 i64 = Add v5", "1 arguments of Add"),
        ("v9 i64 = Add v6 v2", "v9 i64 = Add v6 v3", "of another kind than its arguments"),
    ],
)
def test_what_the_verifier_finds(old: str, new: str, message: str) -> None:
    assert old in SUM
    (func,) = parse_funcs(SUM.replace(old, new, 1))
    with pytest.raises(InternalError, match=message):
        verify(func, "test")


def test_wrong_counts_and_lists_are_found() -> None:
    def count(func: Func) -> None:
        func.blocks[0].values[0].uses += 1

    def owner(func: Func) -> None:
        func.blocks[1].values[0].block = func.blocks[0]

    def edge(func: Func) -> None:
        func.blocks[1].preds.pop()

    def loop(func: Func) -> None:
        func.blocks[2].redirect(0, func.entry)

    def twice(func: Func) -> None:
        func.blocks[2].values.append(func.blocks[2].values[0])

    for spoil in (count, owner, edge, loop, twice):
        (func,) = parse_funcs(SUM)
        spoil(func)
        with pytest.raises(InternalError):
            verify(func, "test")


def build_sum() -> Func:
    func = Func("main.sum", [I64], [I64])
    b = Builder(func)
    n = b.emit(ops.PARAM, I64)
    b.write("s", b.const(I64, 0))
    b.write("i", b.const(I64, 0))
    head, body, end = b.new_block(), b.new_block(), b.new_block()
    b.goto(head)
    b.begin(head, sealed=False)
    b.branch(b.emit(ops.LT_S, B, (b.read("i"), n)), body, end)
    b.begin(body)
    b.write("s", b.emit(ops.ADD, I64, (b.read("s"), b.read("i"))))
    b.write("i", b.emit(ops.ADD, I64, (b.read("i"), b.const(I64, 1))))
    b.goto(head)
    b.seal(head)
    b.begin(end)
    b.ret([b.read("s")])
    return b.finish()


def test_construction() -> None:
    func = build_sum()
    verify(func, "build")
    assert run(func, [5]) == [10]
    # n is not assigned in the loop: no Phi for it.
    assert sum(value.op == ops.PHI for block in func.blocks for value in block.values) == 2


def test_what_nothing_leads_to_goes() -> None:
    func = Func("f", [], [I64])
    b = Builder(func)
    b.ret([b.const(I64, 1)])
    after = b.new_block()
    b.begin(after)
    assert b.block is None
    b.ret([b.emit(ops.ADD, I64, (b.const(I64, 1), b.const(I64, 2)))])
    verify(b.finish(), "build")
    assert len(func.blocks) == 1


def test_labels_that_nothing_leads_to() -> None:
    """Neither a circle of blocks with one predecessor each, nor a block without, has an end where a variable would be found."""
    func = Func("f", [], [I64])
    b = Builder(func)
    b.write("x", b.const(I64, 1))
    b.ret([b.read("x")])
    head, label, after, last = b.new_block(), b.new_block(), b.new_block(), b.new_block()
    b.begin(head, sealed=False)
    b.branch(b.const(B, 1), head, after)
    b.seal(head)
    b.begin(label, sealed=False)
    b.goto(last)
    b.seal(label)
    for block in (after, last):
        b.begin(block)
        b.ret([b.read("x")])
    verify(b.finish(), "build")
    assert len(func.blocks) == 1


def run(func: Func, args: list[int], limit: int = 10_000) -> list[int]:
    """Execute a function of integers."""
    env: dict[Value, int] = {}
    block, before = func.entry, func.entry
    simple: dict[int, Callable[[int, int], int]] = {
        ops.ADD: lambda a, b: a + b,
        ops.SUB: lambda a, b: a - b,
        ops.XOR: lambda a, b: a ^ b,
        ops.LT_S: lambda a, b: int(a < b),
        ops.EQ: lambda a, b: int(a == b),
    }
    for _ in range(limit):
        phis = {value: env[value.args[block.preds.index(before)]] for value in block.values if value.op == ops.PHI}
        env.update(phis)
        for value in block.values:
            if value.op == ops.PARAM:
                env[value] = args[value.imm]
            elif value.op == ops.CONST:
                env[value] = value.imm
            elif value.op in simple:
                env[value] = simple[value.op](env[value.args[0]], env[value.args[1]])
        before = block
        if block.kind == ops.RET:
            return [env[value] for value in block.controls]
        block = block.succs[0] if block.kind == ops.PLAIN or env[block.controls[0]] else block.succs[1]
    raise AssertionError("it does not end")


@pytest.mark.parametrize("seed", range(60))
def test_random_programs_keep_their_meaning(seed: int) -> None:
    """Structured programs of assignments, ifs and counted loops, executed beside their SSA form."""
    rng = random.Random(seed)
    names = ["a", "b", "c", "d"]
    func = Func("f", [I64], [I64] * 4)
    b = Builder(func)
    expected = {"a": 3, "b": 0, "c": 1, "d": -2}
    param = b.emit(ops.PARAM, I64)
    b.write("a", param)
    for name in names[1:]:
        b.write(name, b.const(I64, expected[name]))
    Step = tuple[str, object]

    def make(depth: int) -> list[Step]:
        steps: list[Step] = []
        for _ in range(rng.randrange(1, 5)):
            what = rng.choice(["assign", "assign", "if", "loop"]) if depth else "assign"
            if what == "assign":
                steps.append((what, (rng.choice(names), rng.choice(["+", "-", "^"]), rng.choice(names), rng.choice(names))))
            elif what == "if":
                steps.append((what, (rng.choice(names), rng.choice(names), make(depth - 1), make(depth - 1))))
            else:
                steps.append((what, (rng.randrange(3), make(depth - 1))))
        return steps

    def execute(steps: list[Step]) -> None:
        for what, detail in steps:
            assert isinstance(detail, tuple)
            if what == "assign":
                to, op, x, y = detail
                p, q = expected[x], expected[y]
                expected[to] = p + q if op == "+" else p - q if op == "-" else p ^ q
            elif what == "if":
                x, y, yes, no = detail
                execute(yes if expected[x] < expected[y] else no)
            else:
                for _ in range(detail[0]):
                    execute(detail[1])

    loops = iter(range(1000))

    def emit(steps: list[Step]) -> None:
        for what, detail in steps:
            assert isinstance(detail, tuple)
            if what == "assign":
                to, op, x, y = detail
                code = {"+": ops.ADD, "-": ops.SUB, "^": ops.XOR}[op]
                b.write(to, b.emit(code, I64, (b.read(x), b.read(y))))
            elif what == "if":
                x, y, yes, no = detail
                then, other, end = b.new_block(), b.new_block(), b.new_block()
                b.branch(b.emit(ops.LT_S, B, (b.read(x), b.read(y))), then, other)
                for block, part in ((then, yes), (other, no)):
                    b.begin(block)
                    emit(part)
                    b.goto(end)
                b.begin(end)
            else:
                counter = f"i{next(loops)}"
                b.write(counter, b.const(I64, 0))
                head, body, end = b.new_block(), b.new_block(), b.new_block()
                b.goto(head)
                b.begin(head, sealed=False)
                b.branch(b.emit(ops.LT_S, B, (b.read(counter), b.const(I64, detail[0]))), body, end)
                b.begin(body)
                emit(detail[1])
                b.write(counter, b.emit(ops.ADD, I64, (b.read(counter), b.const(I64, 1))))
                b.goto(head)
                b.seal(head)
                b.begin(end)

    program = make(3)
    emit(program)
    b.ret([b.read(name) for name in names])
    b.finish()
    verify(func, "build")
    execute(program)
    assert run(func, [3]) == [expected[name] for name in names]
    again = parse_funcs(print_func(func))[0]
    verify(again, "parse")
    assert run(again, [3]) == [expected[name] for name in names]


def naive_dominators(func: Func) -> dict[Block, set[Block]]:
    def reached(without: Block) -> set[Block]:
        seen: set[Block] = set() if without is func.entry else {func.entry}
        todo = list(seen)
        while todo:
            for succ in todo.pop().succs:
                if succ is not without and succ not in seen:
                    seen.add(succ)
                    todo.append(succ)
        return seen

    every = {func.entry} | reached(Block(-1, func))
    return {block: {other for other in every if other is block or block not in reached(other)} for block in every}


@pytest.mark.parametrize("seed", range(40))
def test_dominators_of_random_graphs(seed: int) -> None:
    rng = random.Random(seed)
    func = Func("f")
    blocks = [func.entry] + [func.new_block() for _ in range(rng.randrange(1, 14))]
    for block in blocks:
        for _ in range(rng.randrange(3)):
            block.add_edge(rng.choice(blocks[1:]))
    dominators = Dominators(func)
    naive = naive_dominators(func)
    assert set(naive) == set(dominators.order)
    for block in dominators.order:
        assert {other for other in dominators.order if dominators.dominates(other, block)} == naive[block]


def test_loops() -> None:
    text = """\
    func f(b) {
    b0:
      v0 b = Param
      Plain -> b1
    b1: <- b0 b4
      If v0 -> b2 b5
    b2: <- b1 b3
      If v0 -> b3 b4
    b3: <- b2
      Plain -> b2
    b4: <- b2
      Plain -> b1
    b5: <- b1
      Ret
    }
    """
    (func,) = parse_funcs(text)
    loops = find_loops(func, Dominators(func))
    inner, outer = loops[func.blocks[3]], loops[func.blocks[4]]
    assert (inner.header, inner.depth, inner.outer) == (func.blocks[2], 2, outer)
    assert (outer.header, outer.depth, len(outer.blocks)) == (func.blocks[1], 1, 4)
    assert func.blocks[0] not in loops and func.blocks[5] not in loops


def test_edges_that_occur_twice() -> None:
    text = """\
    func f(b) i64 {
    b0:
      v0 b = Param
      v1 i64 = Const [1]
      v2 i64 = Const [2]
      If v0 -> b1 b1
    b1: <- b0 b0
      v3 i64 = Phi v1 v2
      Ret v3
    }
    """
    (func,) = parse_funcs(text)
    verify(func, "parse")
    func.entry.remove_edge(1)
    func.entry.kind = ops.PLAIN
    func.entry.set_controls(())
    verify(func, "remove")
    assert [arg.imm for arg in func.blocks[1].values[0].args] == [1]
