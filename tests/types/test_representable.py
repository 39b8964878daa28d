# SPDX-License-Identifier: BSD-3-Clause
"""What constants become in basic types: ranges of integers, rounding, overflow and underflow of floats."""

from __future__ import annotations

import pytest

from pygo_cross.syntax import tokens
from pygo_cross.types import constant, types
from pygo_cross.types.constant import exact_string, make_from_literal
from pygo_cross.types.representable import representable
from pygo_cross.types.universe import TYP


def value(text: str) -> constant.Value:
    """A literal with an optional sign."""
    number = text.removeprefix("-")
    kind = tokens.IMAG_LIT if number.endswith("i") else tokens.INT_LIT if number.isdigit() else tokens.FLOAT_LIT
    found = make_from_literal(number, kind)
    return constant.unary_op(tokens.SUB, found) if text.startswith("-") else found


@pytest.mark.parametrize(
    ("text", "kind", "want"),
    [
        ("127", types.INT8, "127"),
        ("128", types.INT8, None),
        ("-128", types.INT8, "-128"),
        ("-129", types.INT8, None),
        ("255", types.UINT8, "255"),
        ("-1", types.UINT64, None),
        ("18446744073709551615", types.UINT64, "18446744073709551615"),
        ("18446744073709551616", types.UINT64, None),
        ("9223372036854775808", types.INT, None),
        ("1e3", types.INT16, "1000"),
        ("1.5", types.INT, None),
        ("1e400", types.UNTYPED_INT, "1" + "0" * 400),
        ("0.1", types.FLOAT32, "13421773/134217728"),
        ("0.1", types.FLOAT64, "3602879701896397/36028797018963968"),
        ("1e-50", types.FLOAT32, "0"),
        ("1e-400", types.FLOAT64, "0"),
        # Half-way between the greatest float32 and the next that there would be: rounds up, to infinity.
        ("0x1.ffffffp127", types.FLOAT32, None),
        ("0x1.fffffefp127", types.FLOAT32, exact_string(value("0x1.fffffep127"))),
        ("0x1.fffffffffffff8p1023", types.FLOAT64, None),
        ("0x1p-150", types.FLOAT32, "0"),
        ("0x1.8p-150", types.FLOAT32, exact_string(value("0x1p-149"))),
        ("1e5000", types.FLOAT64, None),
        ("3", types.UNTYPED_FLOAT, "3"),
        ("0.1i", types.COMPLEX64, "(0 + 13421773/134217728i)"),
        ("1e39i", types.COMPLEX64, None),
        ("0i", types.INT, "0"),
        ("2i", types.FLOAT64, None),
    ],
)
def test_numbers(text: str, kind: int, want: str | None) -> None:
    found = representable(value(text), TYP[kind])
    assert (None if found is None else exact_string(found)) == want


def test_words_of_32_bits() -> None:
    assert representable(1 << 31, TYP[types.INT], 32) is None
    assert representable((1 << 32) - 1, TYP[types.UINTPTR], 32) == (1 << 32) - 1


def test_other_kinds() -> None:
    text = constant.make_string(b"x")
    assert representable(text, TYP[types.STRING]) is text
    assert representable(text, TYP[types.INT]) is None
    assert representable(True, TYP[types.UNTYPED_BOOL]) is True
    assert representable(True, TYP[types.STRING]) is None
    assert representable(1, TYP[types.BOOL]) is None
    assert representable(constant.UNKNOWN, TYP[types.INT8]) is constant.UNKNOWN


def test_an_untyped_kind_keeps_the_value_as_it_is() -> None:
    assert type(representable(3, TYP[types.UNTYPED_FLOAT])) is int
    assert type(representable(3, TYP[types.FLOAT64])) is constant.Rat
