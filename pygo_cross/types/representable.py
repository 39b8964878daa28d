# SPDX-License-Identifier: BSD-3-Clause
"""Which constants a basic type can hold, and what they become in it.

An integer must fit; a real number is rounded to a float type, to 0 if it is tiny, and doesn't fit if it would be infinite. Facts:
src/cmd/compile/internal/types2/const.go (representableConst); the specification, "Representability".
"""

from __future__ import annotations

import math
from typing import Final

from . import constant, types
from .constant import Complex, Float, Rat, String, Unknown, Value
from .types import Basic

_SIZES: Final = {
    types.INT8: 8,
    types.INT16: 16,
    types.INT32: 32,
    types.INT64: 64,
    types.UINT8: 8,
    types.UINT16: 16,
    types.UINT32: 32,
    types.UINT64: 64,
}


def representable(x: Value, typ: Basic, word: int = 64) -> Value | None:
    """What `x` is as a constant of type `typ`: an int for an integer type, rounded for a float or complex one; None if it can't be one.

    `word` is the size of int, uint and uintptr in bits. UNKNOWN can be of any type.
    """
    if isinstance(x, Unknown):
        return x
    info = typ.info
    if info & types.IS_INTEGER:
        whole = x if type(x) is int else constant.to_int(x)
        if type(whole) is not int:
            return None
        if info & types.IS_UNTYPED:
            return whole
        bits = _SIZES.get(typ.kind, word)
        if info & types.IS_UNSIGNED:
            return whole if 0 <= whole < 1 << bits else None
        return whole if -(1 << (bits - 1)) <= whole < 1 << (bits - 1) else None
    # A value stays as it is in an untyped kind that includes its own: 1 may be an untyped float and an int here.
    if info & types.IS_FLOAT:
        number = constant.to_float(x)
        if isinstance(number, Unknown):
            return None
        return x if info & types.IS_UNTYPED else _rounded(number, typ.kind == types.FLOAT32)
    if info & types.IS_COMPLEX:
        pair = constant.to_complex(x)
        if not isinstance(pair, Complex):
            return None
        if info & types.IS_UNTYPED:
            return x
        single = typ.kind == types.COMPLEX64
        re, im = _rounded(pair.re, single), _rounded(pair.im, single)
        # Rounded parts are Rats, as those of stock are.
        return Complex(re, im) if isinstance(re, (int, Rat, Float)) and isinstance(im, (int, Rat, Float)) else None
    if info & types.IS_STRING:
        return x if isinstance(x, String) else None
    if info & types.IS_BOOLEAN:
        return x if isinstance(x, bool) else None
    return None


def _rounded(x: Value, single: bool) -> Value | None:
    """A real number as a float32 (`single`) or float64 holds it; None if it is too large."""
    near = constant.float32(x) if single else constant.float64(x)
    return None if math.isinf(near) else constant.make_float64(near)
