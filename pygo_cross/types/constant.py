# SPDX-License-Identifier: BSD-3-Clause
"""Exact constants: the values of constant expressions, with the limits and the rounding of stock's go/constant.

A value is one of
- `UNKNOWN`, the value of an expression that had an error: every operation passes it on, comparisons with it are False;
- a `bool`;
- a `String`, Go bytes; concatenations are put together only when somebody looks at them;
- an `int`, of any size (the checker holds untyped integers to 512 bits);
- a `Rat`, an exact fraction, while numerator and denominator both have fewer than 4096 bits;
- a `Float` of 512 bits beyond that. A Float stays one: what it is computed with becomes a Float, and precision is lost in
  the same places as in stock. A Rat may well be an integer: 1.0 is a Rat, and so is 6/3 as long as nobody calls `to_int`;
- a `Complex` of two such numbers.

Never compare values with `==` or `is`: `compare` knows how kinds mix. `type(x) is int` is the quick test for an integer, and
`kind(x)` tells the six kinds apart. Operators are those of `pygo_cross.syntax.tokens`; `INT_DIV` is the division that
truncates, which the checker asks for when both operands are of integer type.

Facts: GOROOT/src/go/constant/value.go, src/math/big, and for `representable` src/cmd/compile/internal/types2/const.go.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from math import gcd
from typing import Final, final

from pygo_cross.gostrings import quote, unquote, unquote_char
from pygo_cross.syntax import tokens

from . import bigfloat

UNKNOWN_KIND: Final = 0
BOOL: Final = 1
STRING: Final = 2
INT: Final = 3
FLOAT: Final = 4
COMPLEX: Final = 5

KIND_NAMES: Final = ("Unknown", "Bool", "String", "Int", "Float", "Complex")

INT_DIV: Final = 64
"""Operator of `binary_op`: division of integers, truncated towards zero."""

# Fractions whose parts have this many bits are kept as Floats.
_FRACTION_BITS: Final = 4096
# Python refuses to convert longer decimals at once, to protect its users from quadratic time.
_DECIMAL_CHUNK: Final = 4000


@final
class Unknown:
    """The value of what had an error; `UNKNOWN` is the only one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Final = Unknown()


@final
class String:
    """A string constant: its bytes, or two strings that follow each other, joined when asked for."""

    __slots__ = ("_left", "_right", "_value", "size")

    def __init__(self, value: bytes, left: String | None = None, right: String | None = None) -> None:
        self._value = value
        self._left = left
        self._right = right
        self.size: int = len(value) if left is None or right is None else left.size + right.size
        """Length in bytes; known without joining."""

    @property
    def value(self) -> bytes:
        """The bytes."""
        if self._left is not None:
            parts: list[bytes] = []
            pending: list[String] = [self]
            while pending:
                node = pending.pop()
                if node._left is None or node._right is None:
                    parts.append(node._value)
                else:
                    pending.append(node._right)
                    pending.append(node._left)
            self._value = b"".join(parts)
            self._left = self._right = None
        return self._value

    def __repr__(self) -> str:
        return exact_string(self)


@final
class Rat:
    """An exact fraction in lowest terms; `den` is positive."""

    __slots__ = ("den", "num")

    def __init__(self, num: int, den: int) -> None:
        self.num = num
        self.den = den

    def __repr__(self) -> str:
        return exact_string(self)


@final
class Float:
    """A number of 512 bits, as `bigfloat` has it."""

    __slots__ = ("number",)

    def __init__(self, number: bigfloat.Number) -> None:
        self.number = number

    def __repr__(self) -> str:
        return exact_string(self)


@final
class Complex:
    """re + im·i; both parts are ints, Rats or Floats."""

    __slots__ = ("im", "re")

    def __init__(self, re: Real, im: Real) -> None:
        self.re = re
        self.im = im

    def __repr__(self) -> str:
        return exact_string(self)


Real = int | Rat | Float
Value = Unknown | bool | String | int | Rat | Float | Complex

_KINDS: Final[dict[type, int]] = {Unknown: UNKNOWN_KIND, bool: BOOL, String: STRING, int: INT, Rat: FLOAT, Float: FLOAT, Complex: COMPLEX}
_EMPTY: Final = String(b"")
_FLOAT_ZERO: Final = Float(bigfloat.ZERO)


def kind(x: Value) -> int:
    """Which of the six kinds a value is of: UNKNOWN_KIND, BOOL, STRING, INT, FLOAT or COMPLEX."""
    return _KINDS[type(x)]


# ---------------------------------------------------------------------------------------------------------------------
# Making values


def make_string(value: bytes) -> String:
    """The constant for a Go string."""
    return String(value) if value else _EMPTY


def make_float64(x: float) -> Value:
    """The exact value of a float64 (-0 is 0); UNKNOWN if it isn't finite."""
    if not math.isfinite(x):
        return UNKNOWN
    return Rat(*x.as_integer_ratio())


def _make_rat(num: int, den: int) -> Real:
    """The fraction num/den in lowest terms, or the Float nearest to it where its parts are too long; `den` is not 0."""
    if den != 1:
        if den == 0:
            raise ZeroDivisionError("constant division by zero")
        common = gcd(num, den)
        if den < 0:
            common = -common
        if common != 1:
            num //= common
            den //= common
    if num.bit_length() < _FRACTION_BITS and den.bit_length() < _FRACTION_BITS:
        return Rat(num, den)
    return _rat_to_float(num, den)


def _rat_to_float(num: int, den: int) -> Float:
    number = bigfloat.divide((num, 0), (den, 0)) if den != 1 else bigfloat.rounded(num, 0)
    assert number is not None  # exponents of ints in memory are far from the limits
    return Float(number)


def _make_float(number: bigfloat.Number | None) -> Float | Unknown:
    if number is None:
        return UNKNOWN
    return Float(number) if number[0] else _FLOAT_ZERO


def _make_complex(re: Value, im: Value) -> Value:
    if isinstance(re, (int, Rat, Float)) and isinstance(im, (int, Rat, Float)):
        return Complex(re, im)
    return UNKNOWN


_INT_LITERAL: Final = re.compile(r"0(?:[bB](?P<two>(?:_?[01])+)|[xX](?P<sixteen>(?:_?[0-9a-fA-F])+)|[oO]?(?P<eight>(?:_?[0-7])+))")
_DECIMAL_LITERAL: Final = re.compile(r"0|[1-9](?:_?[0-9])*")
_FLOAT_LITERAL: Final = re.compile(
    r"(?:0[xX](?P<hex>_?[0-9a-fA-F](?:_?[0-9a-fA-F])*)?(?:\.(?P<hexfrac>(?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?))?"
    r"|0[bB](?P<bin>(?:_?[01])+)|0[oO](?P<oct>(?:_?[0-7])+)"
    r"|(?P<dec>[0-9](?:_?[0-9])*)?(?:\.(?P<decfrac>(?:[0-9](?:_?[0-9])*)?))?)"
    r"(?:(?P<base>[eEpP])(?P<exp>[+-]?[0-9](?:_?[0-9])*))?"
)


def _decimal_to_int(digits: str) -> int:
    """The value of decimal digits, however many."""
    if len(digits) <= _DECIMAL_CHUNK:
        return int(digits)
    low = len(digits) // 2
    return int(_decimal_to_int(digits[:-low]) * 10**low) + _decimal_to_int(digits[-low:])


def _int_to_decimal(x: int) -> str:
    """An integer in decimal, however long."""
    if x.bit_length() <= _DECIMAL_CHUNK * 3:
        return str(x)
    sign, x = ("-", -x) if x < 0 else ("", x)
    low = int(x.bit_length() * 0.15)
    high, rest = divmod(x, 10**low)
    return sign + _int_to_decimal(high) + _int_to_decimal(rest).zfill(low)


def _int_literal(text: str) -> Value:
    try:
        return int(text, 0)  # Python's literals are Go's but for 0777, and for very long decimals
    except ValueError:
        pass
    if _DECIMAL_LITERAL.fullmatch(text):
        return _decimal_to_int(text.replace("_", ""))
    match = _INT_LITERAL.fullmatch(text)
    if match is None:
        return UNKNOWN
    base = {"two": 2, "eight": 8, "sixteen": 16}[match.lastgroup or ""]
    return int(match[match.lastgroup or ""].replace("_", ""), base)


def _float_literal(text: str) -> Value:
    """The value of a floating-point literal, or of the number before the `i` of an imaginary one."""
    match = _FLOAT_LITERAL.fullmatch(text)
    if match is None:
        return UNKNOWN
    whole, fraction, base, bits = match["dec"], match["decfrac"], 10, 0
    if match["hex"] is not None or match["hexfrac"] is not None:
        whole, fraction, base, bits = match["hex"], match["hexfrac"], 16, 4
    elif match["bin"] is not None:
        whole, base, bits = match["bin"], 2, 1
    elif match["oct"] is not None:
        whole, base, bits = match["oct"], 8, 3
    whole = (whole or "").replace("_", "")
    fraction = (fraction or "").replace("_", "")
    if not whole and not fraction:
        return UNKNOWN
    digits = whole + fraction
    mantissa = _decimal_to_int(digits) if base == 10 else int(digits, base)
    exponent = 0
    if match["exp"] is not None:
        written = match["exp"].replace("_", "")
        if len(written.lstrip("+-0")) > 19 or not -(1 << 63) <= (exponent := int(written)) < 1 << 63:
            return UNKNOWN
    if mantissa == 0:
        return Rat(0, 1)
    five = -len(fraction) if base == 10 else 0
    two = five - bits * len(fraction) + exponent
    if match["base"] is None or match["base"] in "eE":
        five += exponent
    if not bigfloat.MIN_EXPONENT <= mantissa.bit_length() + two <= bigfloat.MAX_EXPONENT:
        return UNKNOWN
    number = bigfloat.from_digits(mantissa, two, five)
    if number is not None and -_FRACTION_BITS < bigfloat.scale(number) < _FRACTION_BITS:
        if number[0] == 0:
            return Rat(0, 1)
        # Whatever the length of the parts: only results of operations are held to _FRACTION_BITS.
        if abs(five) <= 1_000_000 and abs(two) <= 10_000_000:
            num, den = mantissa, 1
            if five > 0:
                num *= 5**five
            elif five < 0:
                den = 5**-five
            if two > 0:
                num <<= two
            elif two < 0:
                den <<= -two
            common = gcd(num, den)
            return Rat(num // common, den // common)
    return _make_float(number)


def make_from_literal(text: str, literal: int) -> Value:
    """The value of a literal as it stands in the source; `literal` is tokens.INT_LIT, FLOAT_LIT, IMAG_LIT, RUNE_LIT or STRING_LIT.

    UNKNOWN if it isn't well-formed, or beyond what stock can hold.
    """
    if literal == tokens.INT_LIT:
        return _int_literal(text)
    if literal == tokens.STRING_LIT:
        value = unquote(text)
        return UNKNOWN if value is None else make_string(value)
    if literal == tokens.RUNE_LIT:
        code = unquote_char(text)
        return UNKNOWN if code is None else code
    if literal == tokens.FLOAT_LIT:
        return _float_literal(text)
    if text[-1:] != "i":
        return UNKNOWN
    return _make_complex(0, _float_literal(text[:-1]))


# ---------------------------------------------------------------------------------------------------------------------
# Looking at values


def sign(x: Value) -> int:
    """-1, 0 or 1; for a Complex 0 if it is zero and something else otherwise; 1 for UNKNOWN, so that nobody divides by zero."""
    if isinstance(x, int):
        return (x > 0) - (x < 0)
    if isinstance(x, Rat):
        return (x.num > 0) - (x.num < 0)
    if isinstance(x, Float):
        return (x.number[0] > 0) - (x.number[0] < 0)
    if isinstance(x, Complex):
        return sign(x.re) | sign(x.im)
    return 1


def bit_length(x: Value) -> int:
    """The bits of an integer's magnitude; 0 for what isn't an integer."""
    return x.bit_length() if type(x) is int else 0


def real(x: Value) -> Value:
    """The real part of a number."""
    return x.re if isinstance(x, Complex) else x


def imag(x: Value) -> Value:
    """The imaginary part of a number."""
    if isinstance(x, Complex):
        return x.im
    return x if isinstance(x, Unknown) else 0


def make_imag(x: Value) -> Value:
    """x·i."""
    return _make_complex(0, x)


def num(x: Value) -> Value:
    """The numerator of a real number, with its sign; UNKNOWN where the number is too large or small for a fraction."""
    parts = _fraction(x)
    return UNKNOWN if parts is None else parts[0]


def denom(x: Value) -> Value:
    """The denominator of a real number, at least 1; UNKNOWN where the number is too large or small for a fraction."""
    parts = _fraction(x)
    return UNKNOWN if parts is None else parts[1]


def _fraction(x: Value) -> tuple[int, int] | None:
    if isinstance(x, int):
        return x, 1
    if isinstance(x, Rat):
        return x.num, x.den
    if isinstance(x, Float) and _is_small(x.number):
        mantissa, exponent = x.number
        return (mantissa << exponent, 1) if exponent >= 0 else (mantissa, 1 << -exponent)
    return None


def _is_small(number: bigfloat.Number) -> bool:
    return -_FRACTION_BITS < bigfloat.scale(number) < _FRACTION_BITS


def float64(x: Value) -> float:
    """The float64 nearest to a real number: infinite where it is too large, 0 with its sign where it is too small; 0 for UNKNOWN."""
    return _to_float(x, 53, -1022, 1023)


def float32(x: Value) -> float:
    """As `float64`, rounded once to the precision and range of a float32."""
    return _to_float(x, 24, -126, 127)


def _to_float(x: Value, precision: int, least: int, greatest: int) -> float:
    """A real number rounded to `precision` bits, its exponent between `least` (below it, with bits fewer) and `greatest`."""
    if isinstance(x, Float):
        top = bigfloat.scale(x.number)
        mantissa, exponent = x.number
        if top > greatest + 1:
            return math.copysign(math.inf, mantissa)
        if top < least - precision - 1:
            return math.copysign(0.0, mantissa)
        numerator, denominator = (mantissa << exponent, 1) if exponent >= 0 else (mantissa, 1 << -exponent)
    elif isinstance(x, Rat):
        numerator, denominator = x.num, x.den
    elif isinstance(x, int):
        numerator, denominator = x, 1
    else:
        return 0.0
    if numerator == 0:
        return 0.0
    negative = numerator < 0
    numerator = abs(numerator)
    # The quotient is in [2**exponent, 2**(exponent+1)); the last bit kept is worth 2**unit.
    exponent = numerator.bit_length() - denominator.bit_length()
    if (numerator << max(0, -exponent)) < (denominator << max(0, exponent)):
        exponent -= 1
    if exponent > greatest:
        return -math.inf if negative else math.inf
    unit = max(exponent, least) - precision + 1
    quotient, rest = divmod(numerator << max(0, -unit), denominator << max(0, unit))
    twice, whole = 2 * rest, denominator << max(0, unit)
    if twice > whole or (twice == whole and quotient & 1):
        quotient += 1
    if quotient.bit_length() + unit > greatest + 1:
        return -math.inf if negative else math.inf
    return math.ldexp(-quotient if negative else quotient, unit) if quotient else math.copysign(0.0, -1 if negative else 1)


# ---------------------------------------------------------------------------------------------------------------------
# Conversions


def to_int(x: Value) -> Value:
    """`x` as an integer, UNKNOWN if it isn't one. A Float that is an integer but for a few last bits counts as that integer."""
    if type(x) is int:
        return x
    if isinstance(x, Rat):
        return x.num if x.den == 1 else UNKNOWN
    if isinstance(x, Float):
        mantissa, exponent = x.number
        if not _is_small(x.number):
            return UNKNOWN
        if exponent >= 0:
            return mantissa << exponent
        # Rounding errors of what went before may have spoilt the last four bits: try with those cut off, down and up.
        extra = mantissa.bit_length() - (bigfloat.PRECISION - 4)
        if extra > 0 and exponent + extra >= 0:
            magnitude = abs(mantissa) >> extra << extra
            return (magnitude if mantissa > 0 else -magnitude) >> -exponent
        if extra > 0:
            magnitude = abs(mantissa)
            for kept in (magnitude >> extra, (magnitude >> extra) + 1):
                whole = kept << extra
                if whole & ((1 << -exponent) - 1) == 0:
                    return (whole if mantissa > 0 else -whole) >> -exponent
        return UNKNOWN
    if isinstance(x, Complex):
        part = to_float(x)
        return to_int(part) if not isinstance(part, Unknown) else UNKNOWN
    return UNKNOWN


def to_float(x: Value) -> Value:
    """`x` as a Rat or a Float, UNKNOWN if it isn't a real number."""
    if type(x) is int:
        if x.bit_length() < _FRACTION_BITS:
            return Rat(x, 1)
        return _make_float(bigfloat.rounded(x, 0))
    if isinstance(x, (Rat, Float)):
        return x
    if isinstance(x, Complex) and sign(x.im) == 0:
        return to_float(x.re)
    return UNKNOWN


def to_complex(x: Value) -> Value:
    """`x` as a Complex, UNKNOWN if it isn't a number."""
    if isinstance(x, Complex):
        return x
    if isinstance(x, (bool, String, Unknown)):
        return UNKNOWN
    return Complex(x, 0)


# ---------------------------------------------------------------------------------------------------------------------
# Operations


def unary_op(op: int, x: Value, bits: int = 0) -> Value:
    """op x for ADD, SUB, XOR and NOT; with `bits` > 0 the result of XOR has that many, as that of an unsigned type."""
    if isinstance(x, Unknown) or op == tokens.ADD:
        return x
    if op == tokens.NOT:
        return not x
    if op == tokens.XOR and type(x) is int:
        return ~x & ((1 << bits) - 1) if bits > 0 else ~x
    if op == tokens.SUB:
        if isinstance(x, int):
            return -x
        if isinstance(x, Rat):
            return _make_rat(-x.num, x.den)
        if isinstance(x, Float):
            return _make_float((-x.number[0], x.number[1]))
        if isinstance(x, Complex):
            return _make_complex(unary_op(op, x.re), unary_op(op, x.im))
    raise TypeError(f"invalid unary operation {tokens.OPERATOR_NAMES[op]}{to_string(x)}")


def _int_quotient(a: int, b: int) -> int:
    # Stock divides what fits in an int64 as the machine does: the least of them by -1 is itself.
    if a == -(1 << 63) and b == -1:
        return a
    quotient = abs(a) // abs(b)
    return -quotient if (a < 0) != (b < 0) else quotient


def _int_remainder(a: int, b: int) -> int:
    rest = abs(a) % abs(b)
    return -rest if a < 0 else rest


_INT_OPS: Final[dict[int, Callable[[int, int], Value]]] = {
    tokens.ADD: lambda a, b: a + b,
    tokens.SUB: lambda a, b: a - b,
    tokens.MUL: lambda a, b: a * b,
    tokens.DIV: lambda a, b: _make_rat(a, b),
    INT_DIV: _int_quotient,
    tokens.REM: _int_remainder,
    tokens.AND: lambda a, b: a & b,
    tokens.OR: lambda a, b: a | b,
    tokens.XOR: lambda a, b: a ^ b,
    tokens.AND_NOT: lambda a, b: a & ~b,
}

_RAT_OPS: Final[dict[int, Callable[[Rat, Rat], Value]]] = {
    tokens.ADD: lambda a, b: _make_rat(a.num * b.den + b.num * a.den, a.den * b.den),
    tokens.SUB: lambda a, b: _make_rat(a.num * b.den - b.num * a.den, a.den * b.den),
    tokens.MUL: lambda a, b: _make_rat(a.num * b.num, a.den * b.den),
    tokens.DIV: lambda a, b: _make_rat(a.num * b.den, a.den * b.num),
}

_FLOAT_OPS: Final[dict[int, Callable[[bigfloat.Number, bigfloat.Number], bigfloat.Number | None]]] = {
    tokens.ADD: bigfloat.add,
    tokens.SUB: bigfloat.subtract,
    tokens.MUL: bigfloat.multiply,
    tokens.DIV: bigfloat.divide,
}

_RANKS: Final[dict[type, int]] = {Unknown: 0, bool: 1, String: 1, int: 2, Rat: 4, Float: 5, Complex: 6}


def _lift(x: Value, like: Value) -> Value:
    """A number in the representation of one of higher rank; UNKNOWN where one of the two is."""
    if isinstance(x, (Unknown, bool, String)):
        return UNKNOWN
    if isinstance(like, Complex):
        return to_complex(x)
    if isinstance(like, Rat) and isinstance(x, int):
        return Rat(x, 1)
    if isinstance(like, Float):
        if isinstance(x, int):
            return _rat_to_float(x, 1)
        if isinstance(x, Rat):
            return _rat_to_float(x.num, x.den)
    return UNKNOWN


def _match(x: Value, y: Value) -> tuple[Value, Value]:
    """Two values in the representation of the more complex one; (UNKNOWN, UNKNOWN) if either is unknown."""
    rank, other = _RANKS[type(x)], _RANKS[type(y)]
    if rank < other:
        x = _lift(x, y)
    elif rank > other:
        y = _lift(y, x)
    if isinstance(x, Unknown) or isinstance(y, Unknown):
        return UNKNOWN, UNKNOWN
    return x, y


def binary_op(x: Value, op: int, y: Value) -> Value:
    """x op y, for every binary operator but shifts and comparisons; UNKNOWN if an operand is, or the result is out of range.

    The quotient of two integers by DIV is a Rat (or Float); `INT_DIV` makes it an integer. The divisor must not be zero.
    """
    if type(x) is int and type(y) is int:
        return _INT_OPS[op](x, y)
    x, y = _match(x, y)
    if isinstance(x, Unknown):
        return x
    if isinstance(x, String) and isinstance(y, String) and op == tokens.ADD:
        if not x.size or not y.size:
            return x if x.size else y
        return String(b"", x, y)
    if isinstance(x, bool) and isinstance(y, bool):
        if op == tokens.AND_AND:
            return x and y
        if op == tokens.OR_OR:
            return x or y
    if isinstance(x, Rat) and isinstance(y, Rat) and op in _RAT_OPS:
        return _RAT_OPS[op](x, y)
    if isinstance(x, Float) and isinstance(y, Float) and op in _FLOAT_OPS:
        return _make_float(_FLOAT_OPS[op](x.number, y.number))
    if isinstance(x, Complex) and isinstance(y, Complex):
        return _complex_op(x, op, y)
    raise TypeError(f"invalid binary operation {to_string(x)} {op} {to_string(y)}")


def _complex_op(x: Complex, op: int, y: Complex) -> Value:
    """x op y, part by part, in the order in which stock computes and rounds."""
    a, b, c, d = x.re, x.im, y.re, y.im
    if op in (tokens.ADD, tokens.SUB):
        return _make_complex(binary_op(a, op, c), binary_op(b, op, d))
    ac = binary_op(a, tokens.MUL, c)
    bd = binary_op(b, tokens.MUL, d)
    bc = binary_op(b, tokens.MUL, c)
    ad = binary_op(a, tokens.MUL, d)
    if op == tokens.MUL:
        return _make_complex(binary_op(ac, tokens.SUB, bd), binary_op(bc, tokens.ADD, ad))
    if op == tokens.DIV:
        length = binary_op(binary_op(c, tokens.MUL, c), tokens.ADD, binary_op(d, tokens.MUL, d))
        re = binary_op(binary_op(ac, tokens.ADD, bd), tokens.DIV, length)
        im = binary_op(binary_op(bc, tokens.SUB, ad), tokens.DIV, length)
        return _make_complex(re, im)
    raise TypeError(f"invalid binary operation {to_string(x)} {op} {to_string(y)}")


def shift(x: Value, op: int, count: int) -> Value:
    """An integer shifted by SHL or SHR, arithmetically; the caller bounds `count`."""
    if type(x) is int:
        return x << count if op == tokens.SHL else x >> count
    if isinstance(x, Unknown):
        return x
    raise TypeError(f"invalid shift of {to_string(x)}")


_COMPARISONS: Final[dict[int, Callable[[int], bool]]] = {
    tokens.EQL: lambda order: order == 0,
    tokens.NEQ: lambda order: order != 0,
    tokens.LSS: lambda order: order < 0,
    tokens.LEQ: lambda order: order <= 0,
    tokens.GTR: lambda order: order > 0,
    tokens.GEQ: lambda order: order >= 0,
}


def compare(x: Value, op: int, y: Value) -> bool:
    """x op y for EQL, NEQ, LSS, LEQ, GTR and GEQ; False if an operand is UNKNOWN. bool and Complex have only EQL and NEQ."""
    if type(x) is int and type(y) is int:
        return _COMPARISONS[op]((x > y) - (x < y))
    x, y = _match(x, y)
    if isinstance(x, Unknown):
        return False
    if isinstance(x, bool) and isinstance(y, bool):
        return (x is y) == (op == tokens.EQL)
    if isinstance(x, String) and isinstance(y, String):
        a, b = x.value, y.value
        return _COMPARISONS[op]((a > b) - (a < b))
    if isinstance(x, Rat) and isinstance(y, Rat):
        left, right = x.num * y.den, y.num * x.den
        return _COMPARISONS[op]((left > right) - (left < right))
    if isinstance(x, Float) and isinstance(y, Float):
        return _COMPARISONS[op](bigfloat.compare(x.number, y.number))
    if isinstance(x, Complex) and isinstance(y, Complex):
        equal = compare(x.re, tokens.EQL, y.re) and compare(x.im, tokens.EQL, y.im)
        return equal == (op == tokens.EQL)
    raise TypeError(f"invalid comparison of {to_string(x)} and {to_string(y)}")


# ---------------------------------------------------------------------------------------------------------------------
# Printing


def exact_string(x: Value) -> str:
    """The value in full: decimal integers, fractions a/b, Floats as 0x.hhhp±e, quoted strings (go/constant's ExactString)."""
    if isinstance(x, bool):
        return "true" if x else "false"
    if isinstance(x, int):
        return _int_to_decimal(x)
    if isinstance(x, Rat):
        return _int_to_decimal(x.num) if x.den == 1 else f"{_int_to_decimal(x.num)}/{_int_to_decimal(x.den)}"
    if isinstance(x, String):
        return quote(x.value)
    if isinstance(x, Float):
        mantissa = abs(x.number[0])
        if not mantissa:
            return "0"
        digits = f"{mantissa << -mantissa.bit_length() % 4:x}".rstrip("0")
        return f"{'-' if x.number[0] < 0 else ''}0x.{digits}p{bigfloat.scale(x.number):+d}"
    if isinstance(x, Complex):
        return f"({exact_string(x.re)} + {exact_string(x.im)}i)"
    return "unknown"


_SHOWN: Final = 72  # characters of a string, quotes included


def to_string(x: Value) -> str:
    """The value as messages have it: six digits of what isn't an integer, the first characters of a long string."""
    if isinstance(x, bool):
        return "true" if x else "false"
    if isinstance(x, int):
        return _int_to_decimal(x)
    if isinstance(x, String):
        text = quote(x.value)
        return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    if isinstance(x, Rat):
        return _short(_rat_to_float(x.num, x.den))
    if isinstance(x, Float):
        return _short(x)
    if isinstance(x, Complex):
        return f"({to_string(x.re)} + {to_string(x.im)}i)"
    return "unknown"


_LOG10_OF_2: Final = 0.30102999566398119521373889472449302676818988146210854131


def _power_of_ten(y: float) -> float:
    """10**y for -1 < y < 1, by the steps of Go's math.Pow: the last digit that is shown may hang on its last bit."""
    rest = abs(y)
    if rest == 0.5:
        return math.sqrt(10) if y > 0 else 1 / math.sqrt(10)
    result = 10.0 * math.exp((rest - 1) * math.log(10)) if rest > 0.5 else math.exp(rest * math.log(10))
    return 1 / result if y < 0 else result


def _short(x: Float) -> str:
    """Six digits; more where six would make a fraction look like an integer."""
    near = float64(x)
    mantissa, exponent = x.number
    if (mantissa == 0) == (near == 0) and not math.isinf(near):
        text = f"{near:.6g}"
        if exponent < 0 and "." not in text:
            text = _shortest(near)
        return text
    # Beyond the range of a float64: work with its logarithm.
    size = mantissa.bit_length()
    top = size + exponent
    part = float64(Float((mantissa, -size)))
    decimal = top * _LOG10_OF_2
    power = int(decimal)
    part *= _power_of_ten(decimal - power)
    if abs(part) < 1 - 0.5e-6:
        part *= 10
        power -= 1
    elif abs(part) >= 10:
        part /= 10
        power += 1
    return f"{part:.6g}e{power:+d}"


def _shortest(x: float) -> str:
    """Go's %g: as few digits as tell the number from all others, with an exponent below 1e-4 and from 1e6 on."""
    digits, _, power = repr(abs(x)).partition("e")
    whole, _, fraction = digits.partition(".")
    exponent = int(power or 0) + len(whole)
    figures = (whole + fraction).lstrip("0")
    exponent -= len(whole + fraction) - len(figures)
    figures = figures.rstrip("0") or "0"
    sign_text = "-" if x < 0 else ""
    exponent -= 1
    if exponent < -4 or exponent >= 6:
        tail = f".{figures[1:]}" if len(figures) > 1 else ""
        return f"{sign_text}{figures[0]}{tail}e{exponent:+03d}"
    if exponent < 0:
        return f"{sign_text}0.{'0' * (-exponent - 1)}{figures}"
    figures = figures.ljust(exponent + 1, "0")
    tail = f".{figures[exponent + 1 :]}" if len(figures) > exponent + 1 else ""
    return f"{sign_text}{figures[: exponent + 1]}{tail}"
