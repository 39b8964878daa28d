# SPDX-License-Identifier: BSD-3-Clause
"""Binary floating-point numbers of 512 bits: what constants become when they are too large or small for exact fractions.

Stock keeps such constants as math/big Floats of 512 bits, rounding to nearest even, and every operation there is correctly
rounded; so is every one here. Two things are not a matter of rounding alone and are followed with care: the value of a
literal, where stock multiplies by a power of five that is itself rounded (GOROOT/src/math/big/floatconv.go), and the limits
of the exponent, which is an int32 there.

A number is a pair (mantissa, exponent) that means mantissa * 2**exponent; the mantissa is odd, or 0 with exponent 0. Infinity
is None: as a constant it doesn't exist.
"""

from __future__ import annotations

from typing import Final

PRECISION: Final = 512
MIN_EXPONENT: Final = -(1 << 31)
MAX_EXPONENT: Final = (1 << 31) - 1

Number = tuple[int, int]

ZERO: Final[Number] = (0, 0)


def scale(number: Number) -> int:
    """The binary exponent e for which the number is m * 2**e with 0.5 <= |m| < 1; 0 for zero."""
    mantissa, exponent = number
    return mantissa.bit_length() + exponent if mantissa else 0


def rounded(mantissa: int, exponent: int, sticky: bool = False, precision: int = PRECISION) -> Number | None:
    """mantissa * 2**exponent to the nearest number of `precision` bits, to even when it lies between two; None if it overflows.

    `sticky` says that the true value lies a little farther from zero, by less than one unit of the mantissa.
    """
    if mantissa == 0:
        return ZERO
    size = mantissa.bit_length()
    top = size + exponent
    if top < MIN_EXPONENT:
        return ZERO
    if top > MAX_EXPONENT:
        return None
    extra = size - precision
    if extra > 0:
        magnitude = -mantissa if mantissa < 0 else mantissa
        kept = magnitude >> extra
        rest = magnitude & ((1 << extra) - 1)
        half = 1 << (extra - 1)
        if rest > half or (rest == half and (sticky or kept & 1)):
            kept += 1
        mantissa = -kept if mantissa < 0 else kept
        exponent += extra
        if kept.bit_length() + exponent > MAX_EXPONENT:
            return None
    if not mantissa & 1:
        zeros = (mantissa & -mantissa).bit_length() - 1
        mantissa >>= zeros
        exponent += zeros
    return mantissa, exponent


def add(x: Number, y: Number) -> Number | None:
    """x + y."""
    (a, e), (b, f) = x, y
    if a == 0 or b == 0:
        return y if a == 0 else x
    if e < f:
        a, e, b, f = b, f, a, e
    # A summand that is far below the other's last bit can only tell which way to round.
    if b.bit_length() + f < e - PRECISION - 16:
        return rounded((a << PRECISION + 8) + (1 if b > 0 else -1), e - PRECISION - 8)
    return rounded((a << e - f) + b, f)


def subtract(x: Number, y: Number) -> Number | None:
    """x - y."""
    return add(x, (-y[0], y[1]))


def multiply(x: Number, y: Number, precision: int = PRECISION) -> Number | None:
    """x * y."""
    return rounded(x[0] * y[0], x[1] + y[1], False, precision)


def divide(x: Number, y: Number, precision: int = PRECISION) -> Number | None:
    """x / y; None if y alone is zero."""
    (a, e), (b, f) = x, y
    if b == 0:
        if a == 0:
            raise ZeroDivisionError("zero divided by zero")
        return None
    if a == 0:
        return ZERO
    negative = (a < 0) != (b < 0)
    a, b = abs(a), abs(b)
    shift = max(0, precision + 2 - a.bit_length() + b.bit_length())
    quotient, remainder = divmod(a << shift, b)
    return rounded(-quotient if negative else quotient, e - f - shift, remainder != 0, precision)


def compare(x: Number, y: Number) -> int:
    """-1, 0 or 1 as x is less than, equal to or greater than y."""
    (a, e), (b, f) = x, y
    sign, other = (a > 0) - (a < 0), (b > 0) - (b < 0)
    if sign != other or sign == 0:
        return (sign > other) - (sign < other)
    s, t = a.bit_length() + e, b.bit_length() + f
    if s != t:
        return sign if s > t else -sign
    low = min(e, f)
    a, b = a << (e - low), b << (f - low)
    return (a > b) - (a < b)


_FIVES: Final = 27  # the largest power of five below 2**64, from which stock starts


def _power_of_five(n: int, precision: int) -> Number | None:
    """5**n as stock computes it: squares kept to 64 bits more than the product, each step rounded."""
    if n <= _FIVES:
        return rounded(5**n, 0)
    product: Number | None = rounded(5**_FIVES, 0)
    square: Number | None = (5, 0)
    n -= _FIVES
    while n > 0:
        if n & 1:
            product = None if product is None or square is None else multiply(product, square, precision)
        square = None if square is None else multiply(square, square, precision + 64)
        n >>= 1
    return product


def from_digits(mantissa: int, exponent2: int, exponent5: int) -> Number | None:
    """The number mantissa * 2**exponent2 * 5**exponent5 as a literal has it; None if it is infinite."""
    if mantissa == 0:
        return ZERO
    if exponent5 == 0:
        return rounded(mantissa, exponent2)
    power = _power_of_five(abs(exponent5), PRECISION + 64)
    if exponent5 < 0:
        return ZERO if power is None else divide((mantissa, exponent2), power)
    return None if power is None else multiply((mantissa, exponent2), power)
