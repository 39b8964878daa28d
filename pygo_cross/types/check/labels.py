# SPDX-License-Identifier: BSD-3-Clause
"""Labels and the branches to them.

Blocks are walked from the outside in. A goto to a label that was not met yet is carried along, out of blocks too, until its label turns
up; one that is left at the end jumps into a block, or nowhere.

Source of the facts: src/cmd/compile/internal/types2/labels.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import (
    AssignStmt,
    BlockStmt,
    BranchStmt,
    DeclStmt,
    ForStmt,
    IfStmt,
    LabeledStmt,
    SelectStmt,
    Stmt,
    SwitchStmt,
    VarDecl,
)
from pygo_cross.syntax.tokens import BREAK, CONTINUE, DEF, GOTO
from pygo_cross.types.check.errors import Report, error, soft_error
from pygo_cross.types.objects import Label

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


class _Block:
    """A block, the blocks around it, the labeled statement that it is the body of, and the labels declared in it."""

    __slots__ = ("labels", "parent", "stmt")

    def __init__(self, parent: _Block | None, stmt: LabeledStmt | None) -> None:
        self.parent = parent
        self.stmt = stmt
        self.labels: set[str] = set()

    def can_go_to(self, name: str) -> bool:
        """Whether a label is declared here or around."""
        block: _Block | None = self
        while block is not None:
            if name in block.labels:
                return True
            block = block.parent
        return False

    def enclosing(self, name: str) -> Stmt | None:
        """The statement around that has a label."""
        block: _Block | None = self
        while block is not None:
            if block.stmt is not None and block.stmt.label.value == name:
                return block.stmt.stmt
            block = block.parent
        return None


def labels(check: Checker, body: BlockStmt) -> None:
    """Check the labels of a function's body."""
    declared: dict[str, Label] = {}
    for jump in _Walk(check, declared, _Block(None, None)).block(body.list):
        assert jump.label is not None
        name = jump.label.value
        inside = declared.get(name)
        if inside is not None:
            inside.used = True
            error(check, jump.label, "jump-into-block", "goto %s jumps into block", name)
        else:
            error(check, jump.label, "undeclared-label", "label %s not declared", name)
    for label in declared.values():
        if not label.used:
            soft_error(check, label.pos, "unused-label", "label %s declared and not used", label.name)


class _Walk:
    """The walk through one block: `forward` are gotos whose labels are still to come, `over` those of them that a variable's declaration
    came after.
    """

    __slots__ = ("at", "check", "declared", "forward", "over", "var_pos")

    def __init__(self, check: Checker, declared: dict[str, Label], at: _Block) -> None:
        self.check = check
        self.declared = declared
        self.at = at
        self.forward: list[BranchStmt] = []
        self.over: list[BranchStmt] = []
        self.var_pos = 0

    def block(self, stmts: Sequence[Stmt]) -> list[BranchStmt]:
        """Walk statements; gives the gotos that remain."""
        for s in stmts:
            self.stmt(None, s)
        return self.forward

    def inner(self, parent: _Block, owner: LabeledStmt | None, stmts: Sequence[Stmt]) -> None:
        """Walk a block inside."""
        self.forward += _Walk(self.check, self.declared, _Block(parent, owner)).block(stmts)

    def declares_variable(self, pos: int) -> None:
        """Gotos so far must not end behind this place."""
        self.var_pos = pos
        self.over = list(self.forward)

    def stmt(self, owner: LabeledStmt | None, s: Stmt) -> None:
        """One statement, which has a label if it has an owner."""
        if isinstance(s, BlockStmt):
            self.inner(self.at, owner, s.list)
        elif isinstance(s, IfStmt):
            self.stmt(owner, s.then)
            if s.els is not None:
                self.stmt(owner, s.els)
        elif isinstance(s, ForStmt):
            self.stmt(owner, s.body)
        elif isinstance(s, (SwitchStmt, SelectStmt)):
            around = _Block(self.at, owner)
            for clause in s.body:
                self.inner(around, None, clause.body)
        elif isinstance(s, AssignStmt):
            if s.op == DEF:
                self.declares_variable(s.pos)
        elif isinstance(s, BranchStmt):
            if s.label is not None:
                self.branch(s)
        elif isinstance(s, DeclStmt):
            for decl in s.decl_list:
                if isinstance(decl, VarDecl):
                    self.declares_variable(decl.pos)
        elif isinstance(s, LabeledStmt):
            if s.label.value != "_":
                self.label(s)
                owner = s
            self.stmt(owner, s.stmt)

    def label(self, s: LabeledStmt) -> None:
        """A label is declared: gotos that waited for it have found it."""
        check, name = self.check, s.label.value
        label = Label(s.label.pos, check.pkg, name)
        other = self.declared.setdefault(name, label)
        if other is not label:
            report = Report(check, "duplicate-label", soft=True).add(label.pos, "label %s already declared", name)
            report.add_other_declaration(other).report()
        else:
            self.at.labels.add(name)
            check.info.defs[s.label] = label
        waiting = []
        for jump in self.forward:
            assert jump.label is not None
            if jump.label.value != name:
                waiting.append(jump)
                continue
            label.used = True
            check.info.uses[jump.label] = label
            if jump in self.over:
                line = str(check.fset.line(self.var_pos))
                message = "goto %s jumps over variable declaration at line %s"
                soft_error(check, jump.label, "jump-over-decl", message, name, line)
        self.forward = waiting

    def branch(self, s: BranchStmt) -> None:
        """A branch with a label."""
        check = self.check
        assert s.label is not None
        name = s.label.value
        if s.tok == GOTO:
            if not self.at.can_go_to(name):
                self.forward.append(s)
                return
        elif s.tok == BREAK:
            if not isinstance(self.at.enclosing(name), (SwitchStmt, SelectStmt, ForStmt)):
                error(check, s.label, "misplaced-label", "invalid break label %s", name)
                return
        elif s.tok == CONTINUE and not isinstance(self.at.enclosing(name), ForStmt):
            error(check, s.label, "misplaced-label", "invalid continue label %s", name)
            return
        label = self.declared[name]
        label.used = True
        check.info.uses[s.label] = label
