# SPDX-License-Identifier: BSD-3-Clause
"""Division by constants: multiplications by reciprocals, and shifts for powers of two. Who wants quotient and remainder divides once.

Integers of up to 32 bits are widened, so that one multiplication has the whole product; of 64 bits the high half is taken.
The numbers are those of Granlund and Montgomery, "Division by Invariant Integers using Multiplication" (1994).
Before: v2 = DivS v1 (Const [10]); after, of 32 bits: v2 = Trunc (Sub (ShrS (Mul (SignExt v1) m) 34) (ShrS (SignExt v1) 63)).
A remainder is what the quotient leaves.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.opt.fold import unsigned
from pygo_cross.ssa import ops
from pygo_cross.ssa.dominators import Dominators
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.kinds import BITS, I64

_DIVISIONS: Final = frozenset([ops.DIV_S, ops.DIV_U, ops.MOD_S, ops.MOD_U])


def divide(func: Func) -> None:
    """Replace every division by a constant other than 0, and every remainder where the quotient is there as well."""
    _share(func)
    for block in func.blocks:
        if not any(value.op in _DIVISIONS for value in block.values):
            continue
        values: list[Value] = []
        for value in block.values:
            if value.op in _DIVISIONS and value.args[1].is_const and value.args[1].imm and not value.args[0].is_const:
                _Division(func, value, values).replace()
            values.append(value)
        block.values = values


def _share(func: Func) -> None:
    """Remainders as what quotients leave, where one of both is on every way to the other."""
    quotients: dict[tuple[Value, Value, bool], list[Value]] = {}
    remainders: list[Value] = []
    for block in func.blocks:
        for value in block.values:
            if value.op in (ops.MOD_S, ops.MOD_U):
                if not _is_power(value.args[1]):
                    remainders.append(value)
            elif value.op in (ops.DIV_S, ops.DIV_U):
                quotients.setdefault((value.args[0], value.args[1], value.op == ops.DIV_S), []).append(value)
    pairs = [(one, found) for one in remainders if (found := quotients.get((one.args[0], one.args[1], one.op == ops.MOD_S)))]
    if not pairs:
        return
    dominators = Dominators(func)
    for remainder, found in pairs:
        block = remainder.block
        x, y = remainder.args
        at = block.values.index(remainder)
        quotient: Value | None = None
        for one in found:
            if block.values.index(one) < at if one.block is block else dominators.dominates(one.block, block):
                quotient = one
            elif dominators.dominates(block, one.block):
                # The remainder is wanted first: the quotient is computed there.
                quotient = func.make(block, one.op, one.kind, (x, y), 0, None, remainder.pos)
                quotient.inline = remainder.inline
                block.values.insert(at, quotient)
                one.become(quotient)
                found[found.index(one)] = quotient
            if quotient is not None:
                break
        if quotient is None:
            continue
        product = func.make(block, ops.MUL, remainder.kind, (quotient, y), 0, None, remainder.pos)
        product.inline = remainder.inline
        block.values.insert(block.values.index(remainder), product)
        remainder.reset(ops.SUB, (x, product))


def _is_power(divisor: Value) -> bool:
    """Whether a remainder is cheaper than a quotient: that of a power of two."""
    return divisor.is_const and abs(divisor.imm) & (abs(divisor.imm) - 1) == 0


def magic_unsigned(divisor: int, bits: int) -> tuple[int, int]:
    """m and s: x // divisor is x*m >> (bits+s) for every x of so many bits; m may need one bit more."""
    shift = (divisor - 1).bit_length()
    return -(-(1 << (bits + shift)) // divisor), shift


def magic_signed(divisor: int, bits: int) -> tuple[int, int]:
    """m and s for a positive divisor: x // divisor, rounded to zero, is (x*m >> (bits+s)) + (1 if x < 0); m is less than 1 << bits."""
    shift = (divisor - 1).bit_length() - 1
    return (1 << (bits + shift)) // divisor + 1, shift


class _Division:
    """One division; what it takes is put before it."""

    __slots__ = ("bits", "func", "kind", "out", "value")

    def __init__(self, func: Func, value: Value, out: list[Value]) -> None:
        self.func = func
        self.value = value
        self.out = out
        self.kind = value.kind
        self.bits = BITS[value.kind]

    def emit(self, op: int, x: Value, y: Value | int, kind: int = I64, imm: int = 0) -> Value:
        other = self.const(kind, y) if isinstance(y, int) else y
        made = self.func.make(self.value.block, op, kind, (x, other), imm, None, self.value.pos)
        self.out.append(made)
        return made

    def const(self, kind: int, imm: int) -> Value:
        imm &= (1 << BITS[kind]) - 1
        if imm >> (BITS[kind] - 1):
            imm -= 1 << BITS[kind]
        made = self.func.make(self.value.block, ops.CONST, kind, (), imm, None, self.value.pos)
        self.out.append(made)
        return made

    def convert(self, op: int, x: Value, kind: int) -> Value:
        if x.kind == kind:
            return x
        made = self.func.make(self.value.block, op, kind, (x,), 0, None, self.value.pos)
        self.out.append(made)
        return made

    def shift(self, op: int, x: Value, count: int) -> Value:
        return self.emit(op, x, count, x.kind, 1) if count else x

    def replace(self) -> None:
        value = self.value
        x, y = value.args
        is_signed = value.op in (ops.DIV_S, ops.MOD_S)
        divisor = y.imm if is_signed else unsigned(y.imm, self.kind)
        if abs(divisor) == 1 or (not is_signed and divisor & (divisor - 1) == 0):
            return  # folding has rules for these
        size = abs(divisor)
        if is_signed:
            quotient = self.signed_power(x, size) if size & (size - 1) == 0 else self.signed(x, size)
            if divisor < 0:
                quotient = self.emit(ops.SUB, self.const(self.kind, 0), quotient, self.kind)
        else:
            quotient = self.unsigned(x, size)
        if value.op in (ops.DIV_S, ops.DIV_U):
            value.become(quotient)
            return
        product = self.emit(ops.MUL, quotient, divisor, self.kind)
        value.reset(ops.SUB, (x, product))

    def signed_power(self, x: Value, size: int) -> Value:
        """By 2**n: of negative numbers 2**n - 1 is added first, so that the shift rounds to zero."""
        power = size.bit_length() - 1
        sign = self.shift(ops.SHR_S, x, self.bits - 1)
        rounded = self.emit(ops.ADD, x, self.shift(ops.SHR_U, sign, self.bits - power), self.kind)
        return self.shift(ops.SHR_S, rounded, power)

    def signed(self, x: Value, size: int) -> Value:
        factor, shift = magic_signed(size, self.bits)
        if self.bits < 64:
            wide = self.convert(ops.SIGN_EXT, x, I64)
            product = self.emit(ops.MUL, wide, factor)
            quotient = self.emit(ops.SUB, self.shift(ops.SHR_S, product, self.bits + shift), self.shift(ops.SHR_S, wide, 63))
            return self.convert(ops.TRUNC, quotient, self.kind)
        high = self.emit(ops.MUL_HIGH_S, x, factor)
        if factor >> 63:  # as a signed number it was 1 << 64 less
            high = self.emit(ops.ADD, high, x)
        return self.emit(ops.SUB, self.shift(ops.SHR_S, high, shift), self.shift(ops.SHR_S, x, 63))

    def unsigned(self, x: Value, size: int) -> Value:
        even = (size & -size).bit_length() - 1
        factor, shift = magic_unsigned(size, self.bits)
        if self.bits < 64:
            wide = self.convert(ops.ZERO_EXT, x, I64)
            if self.bits == 32 and factor >> 32:
                if even:
                    factor, shift = magic_unsigned(size >> even, 32 - even)
                    shift -= even
                    wide = self.shift(ops.SHR_U, wide, even)
                else:
                    part = self.shift(ops.SHR_U, self.emit(ops.MUL, wide, factor - (1 << 32)), 32)
                    return self.convert(ops.TRUNC, self.shift(ops.SHR_U, self.emit(ops.ADD, part, wide), shift), self.kind)
            product = self.emit(ops.MUL, wide, factor)
            return self.convert(ops.TRUNC, self.shift(ops.SHR_U, product, self.bits + shift), self.kind)
        if factor >> 64 == 0:
            return self.shift(ops.SHR_U, self.emit(ops.MUL_HIGH_U, x, factor), shift)
        if even:
            factor, shift = magic_unsigned(size >> even, 64 - even)
            if shift < even:  # the high half is already shifted too far
                factor, shift = factor << (even - shift), even
            return self.shift(ops.SHR_U, self.emit(ops.MUL_HIGH_U, self.shift(ops.SHR_U, x, even), factor), shift - even)
        high = self.emit(ops.MUL_HIGH_U, x, factor - (1 << 64))
        half = self.shift(ops.SHR_U, self.emit(ops.SUB, x, high), 1)
        return self.shift(ops.SHR_U, self.emit(ops.ADD, half, high), shift - 1)
