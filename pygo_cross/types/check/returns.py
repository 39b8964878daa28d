# SPDX-License-Identifier: BSD-3-Clause
"""Terminating statements: whether a function can come to its end without a return.

Source of the facts: the language specification, "Terminating statements"; src/cmd/compile/internal/types2/return.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import (
    BlockStmt,
    BranchStmt,
    CallExpr,
    EmptyStmt,
    ExprStmt,
    ForStmt,
    IfStmt,
    LabeledStmt,
    RangeClause,
    ReturnStmt,
    SelectStmt,
    Stmt,
    SwitchStmt,
    unparen,
)
from pygo_cross.syntax.tokens import BREAK, FALLTHROUGH, GOTO

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


def is_terminating(check: Checker, s: Stmt, label: str) -> bool:
    """Whether what follows a statement, which may have a label, can't be reached from it."""
    if isinstance(s, ReturnStmt):
        return True
    if isinstance(s, BlockStmt):
        return _list(check, s.list)
    if isinstance(s, ExprStmt):
        called = unparen(s.x)
        return isinstance(called, CallExpr) and check.env.panics is not None and called in check.env.panics
    if isinstance(s, BranchStmt):
        return s.tok == GOTO or s.tok == FALLTHROUGH
    if isinstance(s, IfStmt):
        return s.els is not None and is_terminating(check, s.then, "") and is_terminating(check, s.els, "")
    if isinstance(s, ForStmt):
        return not isinstance(s.init, RangeClause) and s.cond is None and not _breaks(s.body, label, True)
    if isinstance(s, SwitchStmt):
        if not any(clause.cases is None for clause in s.body):
            return False
        return all(_list(check, clause.body) and not _any_breaks(clause.body, label, True) for clause in s.body)
    if isinstance(s, SelectStmt):
        return all(_list(check, clause.body) and not _any_breaks(clause.body, label, True) for clause in s.body)
    if isinstance(s, LabeledStmt):
        return is_terminating(check, s.stmt, s.label.value)
    return False


def _list(check: Checker, stmts: Sequence[Stmt]) -> bool:
    for s in reversed(stmts):
        if not isinstance(s, EmptyStmt):
            return is_terminating(check, s, "")
    return False


def _any_breaks(stmts: Sequence[Stmt], label: str, implicit: bool) -> bool:
    return any(_breaks(s, label, implicit) for s in stmts)


def _breaks(s: Stmt, label: str, implicit: bool) -> bool:
    """Whether a break in a statement leaves the one with the label; with `implicit`, one without a label does."""
    if isinstance(s, BranchStmt):
        return s.tok == BREAK and (implicit if s.label is None else s.label.value == label)
    if isinstance(s, BlockStmt):
        return _any_breaks(s.list, label, implicit)
    if isinstance(s, IfStmt):
        return _breaks(s.then, label, implicit) or (s.els is not None and _breaks(s.els, label, implicit))
    if isinstance(s, LabeledStmt):
        return _breaks(s.stmt, label, implicit)
    if not label:
        return False
    if isinstance(s, ForStmt):
        return _breaks(s.body, label, False)
    if isinstance(s, (SwitchStmt, SelectStmt)):
        return any(_any_breaks(clause.body, label, False) for clause in s.body)
    return False
