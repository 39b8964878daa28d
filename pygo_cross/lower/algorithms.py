# SPDX-License-Identifier: BSD-3-Clause
"""The functions by which the runtime compares and hashes values of types that it has no function for.

Many types share one: it is made for a signature, which lists what to compare at which offset (`codegen/typefacts.py` says what its letters
are, and which signature a type has). What stands first is compared first, and nothing behind the first difference, so that an
interface with what can't be compared is a panic only where the language has one.

Facts: src/cmd/compile/internal/reflectdata/alg.go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pygo_cross.diag import InternalError
from pygo_cross.lower.compare import Comparison
from pygo_cross.lower.function import FuncLowering
from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.kinds import F32, F64, I64, B, P
from pygo_cross.ssa.unit import DUPOK, NOINLINE, FuncInfo
from pygo_cross.types.types import BOOL, STRING, TYP, UINTPTR, UNSAFE_POINTER, Type

if TYPE_CHECKING:
    from pygo_cross.lower.package import PackageLowering

_TOKEN: Final = re.compile(r"([MK\[])(\d+)|([FGSIE\]])")
_SIZES: Final = {"F": 4, "G": 8, "S": 16, "I": 16, "E": 16}
_HASHES: Final = {"F": "f32hash", "G": "f64hash", "S": "strhash", "I": "interhash", "E": "nilinterhash"}
_POINTER: Final = TYP[UNSAFE_POINTER]


class _Part:
    """An entry of a signature: its letter, a number of bytes, or how often the entries of `body` come."""

    __slots__ = ("body", "count", "letter", "size")

    def __init__(self, letter: str, count: int, body: Sequence[_Part] = ()) -> None:
        self.letter = letter
        self.count = count
        self.body = body
        self.size: int = _SIZES.get(letter, count) if letter != "[" else count * sum(part.size for part in body)


def _parse(signature: str) -> list[_Part]:
    open_: list[tuple[int, list[_Part]]] = [(1, [])]
    at = 0
    while at < len(signature):
        found = _TOKEN.match(signature, at)
        if found is None:
            raise InternalError("lower", "a signature of comparisons that is none", signature)
        at = found.end()
        letter, number, plain = found.groups()
        if letter == "[":
            open_.append((int(number), []))
        elif plain == "]":
            count, body = open_.pop()
            open_[-1][1].append(_Part("[", count, body))
        else:
            open_[-1][1].append(_Part(plain or letter, int(number or 0)))
    return open_[0][1]


def equality(package: PackageLowering, signature: str) -> Func:
    """`func(p, q unsafe.Pointer) bool`, named `type:.eq.` and the signature. It is in no unit yet."""
    f = _start(package, f"type:.eq.{signature}", (_POINTER, _POINTER), BOOL)
    p, q = (value.one for value in package.parameters(f))
    comparison = Comparison(f)
    _compare(f, comparison, _parse(signature), p, q, 0)
    f.b.ret([comparison.result()])
    return f.b.finish()


def hashing(package: PackageLowering, signature: str) -> Func:
    """`func(p unsafe.Pointer, h uintptr) uintptr`, named `type:.hash.` and the signature. It is in no unit yet."""
    f = _start(package, f"type:.hash.{signature}", (_POINTER, TYP[UINTPTR]), UINTPTR)
    p, seed = (value.one for value in package.parameters(f))
    f.b.ret([_hash(f, _parse(signature), p, 0, seed)])
    return f.b.finish()


def _start(package: PackageLowering, name: str, params: tuple[Type, ...], result: int) -> FuncLowering:
    return FuncLowering(package, name, FuncInfo(name, params, (TYP[result],), 0, 0, DUPOK | NOINLINE), set())


def _compare(f: FuncLowering, c: Comparison, parts: Sequence[_Part], p: Value, q: Value, offset: int) -> None:
    for part in parts:
        letter = part.letter
        if letter == "M":
            c.memory(p, q, offset, part.size)
        elif letter in "FG":
            kind = F32 if letter == "F" else F64
            c.scalars(f.emit(ops.LOAD, kind, (p,), offset), f.emit(ops.LOAD, kind, (q,), offset))
        elif letter == "S":
            c.strings(f.load(TYP[STRING], p, offset), f.load(TYP[STRING], q, offset))
        elif letter in "IE":
            _interfaces(f, c, "ifaceeq" if letter == "I" else "efaceeq", p, q, offset)
        elif letter == "[":
            step = sum(one.size for one in part.body)

            def element(at: Value, part: _Part = part, step: int = step, offset: int = offset) -> None:
                move = f.emit(ops.MUL, I64, (at, f.int_const(step)))
                x, y = (f.emit(ops.ADD_PTR, P, (one, move)) for one in (p, q))
                _compare(f, c, part.body, x, y, offset)

            c.loop(part.count, element)
        offset += part.size


def _interfaces(f: FuncLowering, c: Comparison, name: str, p: Value, q: Value, offset: int) -> None:
    word = f.emit(ops.LOAD, P, (p,), offset)
    c.scalars(word, f.emit(ops.LOAD, P, (q,), offset))
    c.cut()
    (same,) = f.runtime(name, word, f.emit(ops.LOAD, P, (p,), offset + 8), f.emit(ops.LOAD, P, (q,), offset + 8))
    c.add(same.one)


def _hash(f: FuncLowering, parts: Sequence[_Part], p: Value, offset: int, seed: Value) -> Value:
    b = f.b
    for part in parts:
        letter = part.letter
        if letter == "M":
            at = f.offset(p, offset)
            if part.size in (4, 8):
                (made,) = f.runtime(f"memhash{8 * part.size}", at, seed)
            else:
                (made,) = f.runtime("memhash", at, seed, f.int_const(part.size))
            seed = made.one
        elif letter in _HASHES:
            (made,) = f.runtime(_HASHES[letter], f.offset(p, offset), seed)
            seed = made.one
        elif letter == "[":
            step = sum(one.size for one in part.body)
            counter, so_far = ("round", object()), ("hash", object())
            b.write(counter, f.int_const(0))
            b.write(so_far, seed)
            head, body, end = b.new_block(), b.new_block(), b.new_block()
            b.goto(head)
            b.begin(head, sealed=False)
            round_ = b.read(counter)
            before = b.read(so_far)
            b.branch(f.emit(ops.LT_S, B, (round_, f.int_const(part.count))), body, end, 1)
            b.begin(body)
            move = f.emit(ops.MUL, I64, (round_, f.int_const(step)))
            b.write(so_far, _hash(f, part.body, f.emit(ops.ADD_PTR, P, (p, move)), offset, before))
            b.write(counter, f.emit(ops.ADD, I64, (round_, f.int_const(1))))
            b.goto(head)
            b.seal(head)
            b.begin(end)
            seed = b.read(so_far)
        offset += part.size
    return seed
