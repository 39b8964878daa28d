# SPDX-License-Identifier: BSD-3-Clause
"""Every operation of SSA as amd64 code, executed: what it gives is held to what Go says, computed here with Python's numbers."""

from __future__ import annotations

import itertools
import math
import random
import struct
from collections.abc import Callable
from typing import Final, final

import naive
import pytest

from pygo_cross.arch.insn import Feature
from pygo_cross.codegen.features import Features
from pygo_cross.diag import InternalError
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.kinds import BITS, BY_NAME, F32, F64
from pygo_cross.ssa.parser import parse_funcs

INTS: Final = ("i8", "i16", "i32", "i64")
FLOATS: Final = ("f32", "f64")


def signed(value: int, kind: int) -> int:
    value &= (1 << BITS[kind]) - 1
    return value - (1 << BITS[kind]) if value >> BITS[kind] - 1 else value


def mask(kind: int) -> int:
    return (1 << BITS[kind]) - 1


def to_float(bits: int, kind: int) -> float:
    return float(struct.unpack("<f" if kind == F32 else "<d", bits.to_bytes(4 if kind == F32 else 8, "little"))[0])


def to_bits(value: float, kind: int) -> int:
    if kind == F64:
        return int.from_bytes(struct.pack("<d", value), "little")
    try:
        return int.from_bytes(struct.pack("<f", value), "little")
    except OverflowError:
        return 0x7F800000 if value > 0 else 0xFF800000


def _quotient(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _shift(op: str, a: int, count: int, kind: int) -> int:
    if op == "Shl":
        return a << count if count < BITS[kind] else 0
    if op == "ShrU":
        return (a & mask(kind)) >> count if count < BITS[kind] else 0
    return a >> min(count, BITS[kind] - 1)


# What operations on integers give, of numbers with a sign and the kind.
BINARY: Final[dict[str, Callable[[int, int, int], int]]] = {
    "Add": lambda a, b, k: a + b,
    "Sub": lambda a, b, k: a - b,
    "Mul": lambda a, b, k: a * b,
    "And": lambda a, b, k: a & b,
    "Or": lambda a, b, k: a | b,
    "Xor": lambda a, b, k: a ^ b,
    "MulHighS": lambda a, b, k: a * b >> BITS[k],
    "MulHighU": lambda a, b, k: (a & mask(k)) * (b & mask(k)) >> BITS[k],
}
QUOTIENTS: Final[dict[str, Callable[[int, int, int], int]]] = {
    "DivS": lambda a, b, k: _quotient(a, b),
    "ModS": lambda a, b, k: a - _quotient(a, b) * b,
    "DivU": lambda a, b, k: (a & mask(k)) // (b & mask(k)),
    "ModU": lambda a, b, k: (a & mask(k)) % (b & mask(k)),
}
UNARY: Final[dict[str, Callable[[int, int], int]]] = {
    "Neg": lambda a, k: -a,
    "Com": lambda a, k: ~a,
    "Ctz": lambda a, k: ((a & mask(k)) & -(a & mask(k))).bit_length() - 1 if a else BITS[k],
    "Clz": lambda a, k: BITS[k] - (a & mask(k)).bit_length(),
    "PopCount": lambda a, k: (a & mask(k)).bit_count(),
}
COMPARE: Final[dict[str, Callable[[int, int], bool]]] = {
    "Eq": lambda a, b: a == b,
    "Ne": lambda a, b: a != b,
    "LtS": lambda a, b: a < b,
    "LeS": lambda a, b: a <= b,
    "LtU": lambda a, b: a < b,
    "LeU": lambda a, b: a <= b,
}


@final
class Machine:
    """Functions of one text, and random numbers."""

    def __init__(self, seed: int) -> None:
        self.code = naive.Code(seed)
        self.rng = random.Random(seed)

    def integers(self, kind: int) -> list[int]:
        """Numbers that matter, and some others."""
        top = 1 << BITS[kind] - 1
        few = [0, 1, -1, 2, top - 1, -top, -top + 1, self.rng.getrandbits(BITS[kind]) - top, self.rng.randrange(-100, 100)]
        return [signed(one, kind) for one in few]

    def floats(self, kind: int) -> list[int]:
        """Bits of floats that matter, and some others."""
        few = [0.0, -0.0, 1.0, -1.5, math.inf, -math.inf, math.nan, 2.0**63, 2.0**62, -(2.0**63), 1e30, 0.5, 2.5, 3.5, -2.5, 5e-324, 1e-45]
        few += [self.rng.uniform(-1e6, 1e6), self.rng.uniform(0, 2.0**64)]
        return [to_bits(one, kind) for one in few]

    def shapes(self, op: str, kind: str, result: str, constants: list[int]) -> list[tuple[Func, str, int]]:
        """Functions with an operation of two arguments: both are parameters, one is a constant, or was loaded."""
        head = f"  v1 {kind} = Param\n  v2 {kind} = Param [1]\n  v3 p = Param [2]\n"
        texts = [(f"  v9 {result} = {op} v1 v2\n", "params", 0)]
        for number in constants:
            texts.append((f"  v4 {kind} = Const [{number}]\n  v9 {result} = {op} v1 v4\n", "second", number))
            texts.append((f"  v4 {kind} = Const [{number}]\n  v9 {result} = {op} v4 v2\n", "first", number))
        texts.append((f"  v4 {kind} = Load v3 [8]\n  v9 {result} = {op} v1 v4\n", "params", 0))
        texts.append((f"  v4 {kind} = Load v3\n  v9 {result} = {op} v4 v2\n", "params", 0))
        made = []
        for at, (text, what, number) in enumerate(texts):
            source = f"func {op}_{kind}_{at}({kind}, {kind}, p) {result} {{\nb0:\n{head}{text}  Ret v9\n}}\n"
            made.append((parse_funcs(source)[0], what, number))
        return made


def _two(op: str, kind: str, result: str, pairs: list[tuple[int, int]], constants: list[int], expected: Callable[[int, int], int]) -> None:
    tester = Machine(hash_of(op + kind))
    bits = (1 << 8 * (8 if kind == "p" else BITS[BY_NAME[kind]] // 8)) - 1
    for func, what, number in tester.shapes(op, kind, result, constants):
        at = tester.code.add(func)
        for a, b in pairs:
            if what == "second":
                b = number
            elif what == "first":
                a = number
            if (a, b) not in pairs and "Div" in op + "Mod" and b == 0:
                continue
            size = BITS[BY_NAME[kind]] // 8
            tester.code.uc.mem_write(
                naive.DATA, (a & bits).to_bytes(size, "little") + bytes(8 - size) + (b & bits).to_bytes(size, "little")
            )
            (got,) = tester.code.call(at, func, (a, b, naive.DATA), [BY_NAME[result]])
            assert got == expected(a, b) & mask(BY_NAME[result]), (func.symbol, what, a, b)


def hash_of(text: str) -> int:
    return sum(ord(char) * 31**at for at, char in enumerate(text)) & 0xFFFFFFFF


@pytest.mark.parametrize("kind", INTS)
def test_integers(kind: str) -> None:
    number = BY_NAME[kind]
    tester = Machine(7)
    values = tester.integers(number)
    pairs = list(itertools.product(values, values))
    for op, function in BINARY.items():
        picked = [*tester.rng.sample(pairs, 8), (values[5], values[2])]
        _two(op, kind, kind, picked, [0, 1, -1, 8, 9, 24, 7, values[7]], lambda a, b, function=function: function(a, b, number))  # type: ignore[misc]
    for op, function in QUOTIENTS.items():
        picked = [pair for pair in tester.rng.sample(pairs, 12) if pair[1]] + [(values[5], -1), (7, -1)]
        _two(op, kind, kind, picked, [3, -1, -7], lambda a, b, function=function: function(a, b, number))  # type: ignore[misc]
    for op, compare in COMPARE.items():
        sign = (lambda a: a & mask(number)) if op.endswith("U") else (lambda a: a)  # type: ignore[misc]
        _two(
            op,
            kind,
            "b",
            tester.rng.sample(pairs, 8),
            [0, 1, -1, values[7]],
            lambda a, b, compare=compare, sign=sign: int(compare(sign(a), sign(b))),  # type: ignore[misc]
        )


@pytest.mark.parametrize("kind", INTS)
def test_one_integer(kind: str) -> None:
    number = BY_NAME[kind]
    tester = Machine(3)
    for op, function in UNARY.items():
        (func,) = parse_funcs(f"func f({kind}) {kind} {{\nb0:\n  v1 {kind} = Param\n  v2 {kind} = {op} v1\n  Ret v2\n}}")
        at = tester.code.add(func)
        for value in tester.integers(number):
            assert tester.code.call(at, func, [value], [number]) == [function(value, number) & mask(number)], (op, kind, value)
    if kind != "i8":
        (func,) = parse_funcs(f"func f({kind}) {kind} {{\nb0:\n  v1 {kind} = Param\n  v2 {kind} = Bswap v1\n  Ret v2\n}}")
        at = tester.code.add(func)
        for value in tester.integers(number):
            swapped = int.from_bytes((value & mask(number)).to_bytes(BITS[number] // 8, "little"), "big")
            assert tester.code.call(at, func, [value], [number]) == [swapped]


@pytest.mark.parametrize("kind", INTS)
@pytest.mark.parametrize("op", ["Shl", "ShrU", "ShrS"])
def test_shifts(op: str, kind: str) -> None:
    number = BY_NAME[kind]
    tester = Machine(5)
    for count in INTS:
        width = BY_NAME[count]
        for bounded in (0, 1):
            source = f"func f({kind}, {count}) {kind} {{\nb0:\n  v1 {kind} = Param\n  v2 {count} = Param [1]\n"
            (func,) = parse_funcs(source + f"  v3 {kind} = {op} v1 v2 [{bounded}]\n  Ret v3\n}}")
            at = tester.code.add(func)
            most = BITS[number] if bounded else 1 << BITS[width]
            counts = {
                0,
                1,
                BITS[number] - 1,
                *(one for one in (BITS[number], 31, 32, 33, 63, 64, 65, 127, 128, 255, most - 1) if one < most),
            }
            for value in tester.integers(number)[-5:]:
                for by in sorted(counts):
                    got = tester.code.call(at, func, [value, by], [number])
                    assert got == [_shift(op, value, by, number) & mask(number)], (op, kind, count, value, by)
    for by in (0, 1, 7, 8, 15, 31, 32, 63, 64, 1000):
        source = f"func f({kind}) {kind} {{\nb0:\n  v1 {kind} = Param\n  v2 i64 = Const [{by}]\n  v3 {kind} = {op} v1 v2\n  Ret v3\n}}"
        (func,) = parse_funcs(source)
        at = tester.code.add(func)
        for value in tester.integers(number)[-5:]:
            assert tester.code.call(at, func, [value], [number]) == [_shift(op, value, by, number) & mask(number)]


@pytest.mark.parametrize("kind", INTS)
def test_rotate(kind: str) -> None:
    number, bits = BY_NAME[kind], BITS[BY_NAME[kind]]
    tester = Machine(5)
    texts = [("params", f"  v3 {kind} = RotL v1 v2\n")]
    texts += [("const", f"  v5 i64 = Const [{by}]\n  v3 {kind} = RotL v1 v5\n") for by in (0, 1, 7, 13, 33, -1)]
    for what, text in texts:
        (func,) = parse_funcs(f"func f({kind}, i64) {kind} {{\nb0:\n  v1 {kind} = Param\n  v2 i64 = Param [1]\n{text}  Ret v3\n}}")
        constant = [value.imm for value in func.entry.values if value.op == 3]
        at = tester.code.add(func)
        for value in tester.integers(number):
            for by in (0, 1, 3, bits - 1, bits, bits + 1, 63, -1):
                turns = (constant[0] if what == "const" else by) % bits
                whole = value & mask(number)
                expected = (whole << turns | whole >> bits - turns) & mask(number)
                assert tester.code.call(at, func, [value, by], [number]) == [expected], (kind, value, by, what)


@pytest.mark.parametrize("kind", INTS)
def test_rotate_written_as_shifts(kind: str) -> None:
    number, bits = BY_NAME[kind], BITS[BY_NAME[kind]]
    machine = Machine(6)
    for op, by, first in itertools.product(("Or", "Xor", "Add"), (1, bits - 3), ("v4 v5", "v5 v4")):
        text = f"func f({kind}) {kind} {{\nb0:\n  v1 {kind} = Param\n  v2 i64 = Const [{by}]\n  v3 i64 = Const [{bits - by}]\n"
        text += f"  v4 {kind} = Shl v1 v2 [1]\n  v5 {kind} = ShrU v1 v3 [1]\n  v6 {kind} = {op} {first}\n  Ret v6\n}}"
        (func,) = parse_funcs(text)
        at = machine.code.add(func)
        assert any("ROL" in naive.TABLE.rows[value.op].name for value in func.entry.values if value.op in naive.TABLE.rows)
        for value in machine.integers(number):
            whole = value & mask(number)
            assert machine.code.call(at, func, [value], [number]) == [(whole << by | whole >> bits - by) & mask(number)]


def test_carry() -> None:
    tester = Machine(9)
    head = "func f(i64, i64, i64) i64 {\nb0:\n  v1 i64 = Param\n  v2 i64 = Param [1]\n  v3 i64 = Param [2]\n"
    values = [value & mask(5) for value in tester.integers(5)]
    for op, sign in (("AddCarry", 1), ("SubBorrow", -1)):
        for which in (0, 1):
            (func,) = parse_funcs(head + f"  v4 i64 = {op} v1 v2 v3 [{which}]\n  Ret v4\n}}")
            at = tester.code.add(func)
            for a, b in itertools.product(values, values):
                for carry in (0, 1):
                    whole = a + sign * (b + carry)
                    expected = whole & mask(5) if which == 0 else int(not 0 <= whole <= mask(5))
                    assert tester.code.call(at, func, [a, b, carry], [5]) == [expected], (op, which, a, b, carry)


def _same(got: int, expected: float, kind: int) -> bool:
    """Whether bits are those of a float; any NaN is as good as another."""
    if math.isnan(expected):
        return math.isnan(to_float(got, kind))
    return got == to_bits(expected, kind)


def _rounded(value: float, kind: int) -> float:
    return to_float(to_bits(value, kind), kind)


def _float_op(op: str, a: float, b: float) -> float:
    if op == "FDiv":
        if b == 0:
            return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
        return a / b
    if op in ("MinFloat", "MaxFloat"):
        if math.isnan(a) or math.isnan(b):
            return math.nan
        key = lambda x: (x, math.copysign(1, x))  # noqa: E731
        return min(a, b, key=key) if op == "MinFloat" else max(a, b, key=key)
    if op == "Copysign":
        return math.copysign(a, b)
    return {"Add": a + b, "Sub": a - b, "Mul": a * b}[op]


@pytest.mark.parametrize("kind", FLOATS)
def test_floats(kind: str) -> None:
    number = BY_NAME[kind]
    tester = Machine(11)
    values = tester.floats(number)
    pairs = list(itertools.product(values, values))
    for op in ("Add", "Sub", "Mul", "FDiv", "MinFloat", "MaxFloat", "Copysign"):
        for func, what, constant in tester.shapes(op, kind, kind, [0, to_bits(1.5, number)]):
            at = tester.code.add(func)
            for a, b in tester.rng.sample(pairs, 25):
                a, b = (constant if what == "first" else a), (constant if what == "second" else b)
                size = BITS[number] // 8
                tester.code.uc.mem_write(naive.DATA, a.to_bytes(8, "little") + b.to_bytes(size, "little"))
                (got,) = tester.code.call(at, func, [a, b, naive.DATA], [number])
                x, y = to_float(a, number), to_float(b, number)
                expected = _float_op(op, x, y)
                if op != "Copysign" or not math.isnan(x):
                    assert _same(got, _rounded(expected, number), number), (op, what, x, y, hex(got))
    for op, compare in COMPARE.items():
        if op.endswith("U"):
            continue
        for func, what, constant in tester.shapes(op, kind, "b", [to_bits(1.5, number)]):
            at = tester.code.add(func)
            for a, b in tester.rng.sample(pairs, 25):
                a, b = (constant if what == "first" else a), (constant if what == "second" else b)
                tester.code.uc.mem_write(naive.DATA, a.to_bytes(8, "little") + b.to_bytes(8, "little"))
                got = tester.code.call(at, func, [a, b, naive.DATA], [1])
                assert got == [int(compare(to_float(a, number), to_float(b, number)))], (op, what, a, b)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", FLOATS)
def test_one_float(kind: str) -> None:
    number = BY_NAME[kind]
    tester = Machine(13)
    functions: dict[str, Callable[[float], float]] = {
        "Neg": lambda x: -x,
        "Abs": abs,
        "Sqrt": lambda x: math.sqrt(x) if x >= 0 else math.nan,
        "Floor": lambda x: math.copysign(math.floor(x), x) if math.isfinite(x) else x,
        "Ceil": lambda x: math.copysign(math.ceil(x), x) if math.isfinite(x) else x,
        "TruncFloat": lambda x: math.copysign(math.trunc(x), x) if math.isfinite(x) else x,
        "RoundEven": lambda x: math.copysign(round(x), x) if math.isfinite(x) else x,
    }
    for op, function in functions.items():
        (func,) = parse_funcs(f"func f({kind}) {kind} {{\nb0:\n  v1 {kind} = Param\n  v2 {kind} = {op} v1\n  Ret v2\n}}")
        at = tester.code.add(func)
        for value in tester.floats(number):
            (got,) = tester.code.call(at, func, [value], [number])
            x = to_float(value, number)
            assert _same(got, _rounded(function(x), number), number), (op, x, hex(got))


def _truncated(x: float, kind: int) -> int:
    """What the machine makes of a float: out of range (or NaN), the least number."""
    if not math.isfinite(x) or not -(1 << BITS[kind] - 1) <= math.trunc(x) < 1 << BITS[kind] - 1:
        return 1 << BITS[kind] - 1
    return math.trunc(x) & mask(kind)


@pytest.mark.parametrize("kind", FLOATS)
def test_conversions_of_floats(kind: str) -> None:
    number = BY_NAME[kind]
    tester = Machine(17)

    def made(text: str, param: str, result: str) -> tuple[int, Func]:
        (func,) = parse_funcs(f"func f({param}) {result} {{\nb0:\n  v1 {param} = Param\n  v2 {result} = {text} v1\n  Ret v2\n}}")
        return tester.code.add(func), func

    for result in ("i32", "i64"):
        at, func = made("FloatToInt", kind, result)
        for value in tester.floats(number):
            got = tester.code.call(at, func, [value], [BY_NAME[result]])
            assert got == [_truncated(to_float(value, number), BY_NAME[result])], (result, to_float(value, number))
    at, func = made("FloatToUint", kind, "i64")
    for value in tester.floats(number):
        x = to_float(value, number)
        if 0 <= x < 2.0**64:
            assert tester.code.call(at, func, [value], [5]) == [math.trunc(x)], x
    for param in INTS:
        for op in ("IntToFloat", "UintToFloat"):
            at, func = made(op, param, kind)
            for integer in [*tester.integers(BY_NAME[param]), *(tester.rng.getrandbits(64) for _ in range(20))]:
                integer = signed(integer, BY_NAME[param]) if op == "IntToFloat" else integer & mask(BY_NAME[param])
                (got,) = tester.code.call(at, func, [integer], [number])
                expected = _nearest32(integer) if kind == "f32" else float(integer)
                assert got == to_bits(expected, number), (op, param, integer)
    other = "f64" if kind == "f32" else "f32"
    at, func = made("FloatToFloat", kind, other)
    for value in tester.floats(number):
        (got,) = tester.code.call(at, func, [value], [BY_NAME[other]])
        assert _same(got, _rounded(to_float(value, number), BY_NAME[other]), BY_NAME[other])
    same = "i32" if kind == "f32" else "i64"
    for text, param, result in (("Bitcast", kind, same), ("Bitcast", same, kind)):
        at, func = made(text, param, result)
        for value in tester.floats(number):
            assert tester.code.call(at, func, [value], [BY_NAME[result]]) == [value]


def _nearest32(integer: int) -> float:
    """An integer as a float32, rounded once: a double would round it twice."""
    size = abs(integer).bit_length()
    if size <= 24:
        return float(integer)
    low = size - 24
    kept, rest = abs(integer) >> low, abs(integer) & (1 << low) - 1
    half = 1 << low - 1
    kept += rest > half or (rest == half and kept & 1)
    return math.copysign(float(kept << low), integer)


def test_conversions_of_integers() -> None:
    tester = Machine(19)
    for narrow, wide in itertools.combinations(INTS, 2):
        for op, param, result in (("SignExt", narrow, wide), ("ZeroExt", narrow, wide), ("Trunc", wide, narrow)):
            for loaded in (False, True):
                value = f"v1 {param} = Load v3 [4]" if loaded else f"v1 {param} = Param"
                source = f"func f({param}, p) {result} {{\nb0:\n  v3 p = Param [1]\n  {value}\n  v2 {result} = {op} v1\n  Ret v2\n}}"
                (func,) = parse_funcs(source)
                at = tester.code.add(func)
                for number in tester.integers(BY_NAME[param]):
                    raw = number & mask(BY_NAME[param])
                    tester.code.uc.mem_write(naive.DATA, tester.rng.randbytes(16))
                    tester.code.uc.mem_write(naive.DATA + 4, raw.to_bytes(BITS[BY_NAME[param]] // 8, "little"))
                    expected = raw if op == "ZeroExt" else number
                    got = tester.code.call(at, func, [number, naive.DATA], [BY_NAME[result]])
                    assert got == [expected & mask(BY_NAME[result])], (op, param, result, number)


@pytest.mark.parametrize("kind", ["i64", "i16", "f64"])
def test_choices(kind: str) -> None:
    """Select and branches on comparisons of all kinds."""
    tester = Machine(23)
    number = BY_NAME[kind]
    bits = [1, 0] if kind == "b" else [tester.rng.getrandbits(BITS[number]) & ~(1 << BITS[number] - 1) for _ in range(2)]
    for of in (*INTS, *FLOATS):
        values = tester.floats(BY_NAME[of]) if of in FLOATS else tester.integers(BY_NAME[of])
        for op, compare in COMPARE.items():
            if of in FLOATS and op.endswith("U"):
                continue
            head = f"func f({of}, {of}, {kind}, {kind}) {kind} {{\nb0:\n  v1 {of} = Param\n  v2 {of} = Param [1]\n"
            head += f"  v3 {kind} = Param [2]\n  v4 {kind} = Param [3]\n  v5 b = {op} v1 v2\n"
            select = f"{head}  v6 {kind} = Select v5 v3 v4\n  Ret v6\n}}"
            negated = f"{head}  v7 b = Not v5\n  v6 {kind} = Select v7 v4 v3\n  Ret v6\n}}"
            branch = f"{head}  If v5 -> b1 b2\nb1: <- b0\n  Ret v3\nb2: <- b0\n  Ret v4\n}}"
            other = f"{head}  v7 b = Not v5\n  If v7 -> b2 b1\nb1: <- b0\n  Ret v3\nb2: <- b0\n  Ret v4\n}}"
            for text in (select, negated, branch, other):
                (func,) = parse_funcs(text)
                at = tester.code.add(func)
                for _ in range(6):
                    a, b = tester.rng.choice(values), tester.rng.choice(values)
                    if of in FLOATS:
                        holds = compare(to_float(a, BY_NAME[of]), to_float(b, BY_NAME[of]))  # type: ignore[arg-type]
                    elif op.endswith("U"):
                        holds = compare(a & mask(BY_NAME[of]), b & mask(BY_NAME[of]))
                    else:
                        holds = compare(a, b)
                    got = tester.code.call(at, func, [a, b, *bits], [number])
                    assert got == [bits[0] if holds else bits[1]], (text, a, b)


def test_addresses() -> None:
    """Loads and stores through all that an operand may be made of."""
    tester = Machine(29)
    for kind in (*INTS, *FLOATS, "p", "b"):
        for offset, constant, scale, op in itertools.product((0, -16), (0, 24), (1, 4, 8, 3), ("Shl", "Mul")):
            if op == "Shl" and scale == 3:
                continue
            factor = scale.bit_length() - 1 if op == "Shl" else scale
            head = f"func f(p, i64, {kind}) {kind} {{\nb0:\n  v1 p = Param\n  v2 i64 = Param [1]\n  v3 {kind} = Param [2]\n"
            head += f"  v4 i64 = Const [{factor}]\n  v10 i64 = Const [{constant}]\n  v5 i64 = {op} v2 v4\n  v6 p = AddPtr v1 v5\n"
            head += f"  v7 p = AddPtr v6 v10\n  v8 {kind} = Load v7 [{offset}]\n  v9 = Store v7 v3 [{offset}]\n  Ret v8\n}}"
            (func,) = parse_funcs(head)
            at = tester.code.add(func)
            size = 1 if kind == "b" else BITS[BY_NAME[kind]] // 8
            index = tester.rng.randrange(-5, 40)
            where = naive.DATA + 0x400 + index * scale + constant + offset
            before, new = (tester.rng.getrandbits(8 * size - 1) & (1 if kind == "b" else -1) for _ in range(2))
            tester.code.uc.mem_write(where, before.to_bytes(size, "little"))
            assert tester.code.call(at, func, [naive.DATA + 0x400, index, new], [BY_NAME[kind]]) == [before]
            assert int.from_bytes(tester.code.uc.mem_read(where, size), "little") == new


@pytest.mark.parametrize("kind", INTS)
def test_memory_is_changed_in_place(kind: str) -> None:
    tester = Machine(31)
    number = BY_NAME[kind]
    size = BITS[number] // 8
    for op in ("Add", "Sub", "And", "Or", "Xor"):
        for what in ("const", "param"):
            value = f"v4 {kind} = Const [7]" if what == "const" else f"v4 {kind} = Param [1]"
            text = f"func f(p, {kind}) {{\nb0:\n  v1 p = Param\n  {value}\n  v2 {kind} = Load v1 [8]\n  v3 {kind} = {op} v2 v4\n"
            (func,) = parse_funcs(text + "  v5 = Store v1 v3 [8]\n  Ret\n}")
            at = tester.code.add(func)
            names = [naive.TABLE.rows[value.op].name for value in func.entry.values if value.op in naive.TABLE.rows]
            assert any("modify" in name for name in names), names
            for before in tester.integers(number):
                tester.code.uc.mem_write(naive.DATA + 8, (before & mask(number)).to_bytes(size, "little"))
                by = 7 if what == "const" else tester.rng.randrange(-100, 100)
                tester.code.call(at, func, [naive.DATA, by], [])
                got = int.from_bytes(tester.code.uc.mem_read(naive.DATA + 8, size), "little")
                assert got == BINARY[op](before, by, number) & mask(number)


def test_zero_and_move() -> None:
    tester = Machine(37)
    for size in [*range(1, 34), 63, 100, 127, 128, 129, 191, 192, 193, 200, 256, 257, 1000, 2048, 2049, 2063]:
        (func,) = parse_funcs(f"func f(p, p) {{\nb0:\n  v1 p = Param\n  v2 p = Param [1]\n  v3 = Move v1 v2 [{size}]\n  Ret\n}}")
        at = tester.code.add(func)
        source = tester.rng.randbytes(size)
        before = tester.rng.randbytes(size + 64)
        tester.code.uc.mem_write(naive.DATA, source)
        tester.code.uc.mem_write(naive.DATA + 0x1000 - 32, before)
        tester.code.call(at, func, [naive.DATA + 0x1000, naive.DATA], [])
        assert bytes(tester.code.uc.mem_read(naive.DATA + 0x1000 - 32, size + 64)) == before[:32] + source + before[32 + size :], size
        tester.code.call(at, func, [naive.DATA, naive.DATA], [])
        assert bytes(tester.code.uc.mem_read(naive.DATA, size)) == source
        (func,) = parse_funcs(f"func f(p) {{\nb0:\n  v1 p = Param\n  v3 = Zero v1 [{size}]\n  Ret\n}}")
        at = tester.code.add(func)
        tester.code.call(at, func, [naive.DATA + 0x1000], [])
        assert bytes(tester.code.uc.mem_read(naive.DATA + 0x1000 - 32, size + 64)) == before[:32] + bytes(size) + before[32 + size :], size


@pytest.mark.parametrize("kind", ["i32", "i64", "i8"])
def test_atomics(kind: str) -> None:
    tester = Machine(41)
    number = BY_NAME[kind]
    size = BITS[number] // 8
    cases: dict[str, Callable[[int, int], tuple[int, int]]] = {
        "AtomicAdd": lambda old, x: (old + x, old + x),
        "AtomicSwap": lambda old, x: (x, old),
        "AtomicAnd": lambda old, x: (old & x, old),
        "AtomicOr": lambda old, x: (old | x, old),
    }
    for op, function in cases.items():
        for used in (True, False):
            ret = "Ret v3" if used else "Ret v2"
            text = f"func f(p, {kind}) {kind} {{\nb0:\n  v1 p = Param\n  v2 {kind} = Param [1]\n  v3 {kind} = {op} v1 v2\n  {ret}\n}}"
            (func,) = parse_funcs(text)
            at = tester.code.add(func)
            for old in tester.integers(number):
                x = signed(tester.rng.getrandbits(64), number)
                tester.code.uc.mem_write(naive.DATA, (old & mask(number)).to_bytes(size, "little"))
                (got,) = tester.code.call(at, func, [naive.DATA, x], [number])
                new, result = function(old, x)
                assert int.from_bytes(tester.code.uc.mem_read(naive.DATA, size), "little") == new & mask(number), op
                assert got == (result if used else x) & mask(number), op
    head = f"func f(p, {kind}, {kind}) b {{\nb0:\n  v1 p = Param\n  v2 {kind} = Param [1]\n  v3 {kind} = Param [2]\n"
    (func,) = parse_funcs(head + "  v4 b = AtomicCas v1 v2 v3\n  Ret v4\n}")
    at = tester.code.add(func)
    for wanted in (True, False):
        old, new = 5, 9
        tester.code.uc.mem_write(naive.DATA, old.to_bytes(size, "little"))
        assert tester.code.call(at, func, [naive.DATA, old if wanted else 6, new], [1]) == [int(wanted)]
        assert int.from_bytes(tester.code.uc.mem_read(naive.DATA, size), "little") == (new if wanted else old)
    (func,) = parse_funcs(f"func f(p, {kind}) {{\nb0:\n  v1 p = Param\n  v2 {kind} = Param [1]\n  v3 = AtomicStore v1 v2\n  Ret\n}}")
    at = tester.code.add(func)
    tester.code.call(at, func, [naive.DATA, 77], [])
    assert int.from_bytes(tester.code.uc.mem_read(naive.DATA, size), "little") == 77


def test_features_are_asked_for() -> None:
    """Below the level that has an operation, a flag of the runtime decides between it and a function."""
    code = naive.Code(level=1)
    for op, flag, value, expected in (
        ("PopCount", "x86HasPOPCNT", 0xFF03, 10),
        ("Floor", "x86HasSSE41", to_bits(2.5, F64), to_bits(2.0, F64)),
    ):
        kind = "f64" if op == "Floor" else "i64"
        text = f"func f({kind}) {kind} {{\nb0:\n  v1 {kind} = Param\n  v2 {kind} = {op} v1\n  v3 {kind} = {op} v2\n  Ret v3\n}}"
        (func,) = parse_funcs(text)
        again = 2 if op == "PopCount" else expected
        at = code.add(func)
        calls = [value for block in func.blocks for value in block.values if value.op == naive.TABLE.numbers["CALLstatic"]]
        assert len(func.blocks) == 7 and len(calls) == 2
        code.uc.mem_write(code.symbols["runtime." + flag], b"\1")
        assert code.call(at, func, [value], [BY_NAME[kind]]) == [again]
        assert expected


def test_passes_know_what_may_be_a_call() -> None:
    with pytest.raises(InternalError, match="in Add: passes do not know"):
        Features([Feature("Add", 2, "flag", "function")], 1)


@pytest.mark.parametrize("kind", ["i32", "i64"])
def test_single_bits(kind: str) -> None:
    """Tests and changes of one bit, and masks."""
    machine = Machine(43)
    number, bits = BY_NAME[kind], BITS[BY_NAME[kind]]
    head = f"func f({kind}, {kind}) {kind} {{\nb0:\n  v1 {kind} = Param\n  v2 {kind} = Param [1]\n"
    head += f"  v3 {kind} = Const [1]\n  v4 {kind} = Const\n"
    cases: list[tuple[str, str, Callable[[int, int], int]]] = [
        (f"  v5 {kind} = Shl v3 v2 [1]\n  v6 {kind} = And v1 v5\n", "test", lambda x, n: x >> n & 1),
        (f"  v5 {kind} = Shl v3 v2 [1]\n  v6 {kind} = And v5 v1\n", "test", lambda x, n: x >> n & 1),
        (f"  v5 {kind} = ShrU v1 v2 [1]\n  v6 {kind} = And v5 v3\n", "test", lambda x, n: x >> n & 1),
        (f"  v5 {kind} = Const [255]\n  v6 {kind} = And v1 v5\n", "value", lambda x, n: x & 255),
        (f"  v5 {kind} = Const [65535]\n  v6 {kind} = And v1 v5\n", "value", lambda x, n: x & 65535),
    ]
    for op, name, change in (
        ("Or", "v5", lambda x, n: x | 1 << n),
        ("Xor", "v5", lambda x, n: x ^ 1 << n),
        ("And", "v9", lambda x, n: x & ~(1 << n)),
    ):
        text = f"  v5 {kind} = Shl v3 v2 [1]\n  v9 {kind} = Com v5\n  v6 {kind} = {op} v1 {name}\n"
        cases.append((text, "value", change))
        mask_text = f"  v10 {kind} = Const [{bits - 1}]\n  v11 {kind} = And v2 v10\n"
        text = mask_text + text.replace("Shl v3 v2 [1]", "Shl v3 v11")
        cases.append((text, "value", change))
    if kind == "i64":
        for bit in (31, 40, 63):
            mask_ = signed(1 << bit, 5)
            cases.append((f"  v5 i64 = Const [{mask_}]\n  v6 i64 = And v1 v5\n", "test", lambda x, n, bit=bit: x >> bit & 1))  # type: ignore[misc]
            for op, change in (("Or", lambda x, y: x | y), ("Xor", lambda x, y: x ^ y), ("And", lambda x, y: x & y)):
                constant = mask_ if op != "And" else ~mask_
                cases.append(
                    (
                        f"  v5 i64 = Const [{constant}]\n  v6 i64 = {op} v1 v5\n",
                        "value",
                        lambda x, n, c=constant, change=change: change(x, c),
                    )  # type: ignore[misc]
                )
        cases.append(("  v5 i64 = Const [4294967295]\n  v6 i64 = And v1 v5\n", "value", lambda x, n: x & 0xFFFFFFFF))
    for text, what, function in cases:
        for op in ("Eq", "Ne"):
            end = f"  v7 b = {op} v6 v4\n  v8 {kind} = ZeroExt v7\n  Ret v8\n}}" if what == "test" else "  Ret v6\n}"
            (func,) = parse_funcs(head + text + end)
            at = machine.code.add(func)
            for value in machine.integers(number):
                for n in (0, 5, bits - 1):
                    expected = function(value & mask(number), n)
                    if what == "test":
                        expected = int((expected == 0) == (op == "Eq"))
                    assert machine.code.call(at, func, [value, n], [number]) == [expected & mask(number)], (text, value, n)


def test_jump_table() -> None:
    machine = Machine(47)
    text = "func f(i64, i64) i64 {\nb0:\n  v0 i64 = Param\n  v1 i64 = Param [1]\n  JumpTable v0 -> b1 b2 b1 b3\n"
    text += "b1: <- b0 b0\n  v2 i64 = Const [10]\n  Ret v2\nb2: <- b0\n  Ret v1\nb3: <- b0\n  v4 i64 = Add v0 v1\n  Ret v4\n}\n"
    (func,) = parse_funcs(text)
    at = machine.code.add(func)
    assert [machine.code.call(at, func, [index, 100], [5]) for index in range(4)] == [[10], [100], [10], [103]]
