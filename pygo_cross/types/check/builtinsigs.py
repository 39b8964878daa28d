# SPDX-License-Identifier: BSD-3-Clause
"""Signatures of predeclared functions: each call has one of its own, which is recorded for the function's name there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import CallExpr
from pygo_cross.types.check import recording
from pygo_cross.types.check.operand import Operand
from pygo_cross.types.objects import PARAM_VAR, RESULT_VAR, Var
from pygo_cross.types.predicates import default_type
from pygo_cross.types.types import EMPTY_TUPLE, Signature, Tuple, Type

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


def sign(check: Checker, e: CallExpr, result: Type | None, *params: Type) -> None:
    """Record the signature of this call."""
    recording.record_builtin_type(check, e.fun, make_signature(result, params))


def make_signature(result: Type | None, params: Sequence[Type]) -> Signature:
    """A signature of parameters and a result without names; untyped parameters have their default types."""
    made = [Var(PARAM_VAR, 0, None, "", default_type(param)) for param in params]
    results = EMPTY_TUPLE if result is None else Tuple([Var(RESULT_VAR, 0, None, "", result)])
    return Signature(Tuple(made), results)


def typ_of(x: Operand) -> Type:
    assert x.typ is not None
    return x.typ
