# SPDX-License-Identifier: BSD-3-Clause
"""What a value is to the machine: a width, integer or float, and whether the garbage collector must know of it.

Signedness is no matter of kind: operations that care come in two (DivS, DivU). `B` is a byte that is 0 or 1. `P` is a pointer into Go's
heap, a stack or static data, or nil; uintptr is I64, and nothing else is ever a pointer to the collector.
"""

from __future__ import annotations

from typing import Final

VOID: Final = 0  # no value: a store, a call (its results are values of their own)
B: Final = 1
I8: Final = 2
I16: Final = 3
I32: Final = 4
I64: Final = 5
F32: Final = 6
F64: Final = 7
P: Final = 8

NAMES: Final = ("void", "b", "i8", "i16", "i32", "i64", "f32", "f64", "p")
SIZES: Final = (0, 1, 1, 2, 4, 8, 4, 8, 8)  # bytes, where a pointer has eight
BITS: Final = (0, 8, 8, 16, 32, 64, 32, 64, 64)
BY_NAME: Final = {name: kind for kind, name in enumerate(NAMES)}


def is_float(kind: int) -> bool:
    """Whether a kind lives in floating-point registers."""
    return kind in (F32, F64)


def is_int(kind: int) -> bool:
    """Whether a kind is an integer (a boolean and a pointer are none)."""
    return I8 <= kind <= I64
