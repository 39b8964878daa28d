# SPDX-License-Identifier: BSD-3-Clause
"""Labels and branches of one function body: where each branch goes, and which may not be.

Rules, wording and places are those of src/cmd/compile/internal/syntax/branches.go. A goto may not jump over the declaration of
a variable nor into a block; break and continue need a statement around them; a label must be used, and declared once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, final

from . import nodes
from . import tokens as tk
from .nodes import BlockStmt, BranchStmt, Expr, ForStmt, LabeledStmt, Node, Stmt, SwitchStmt
from .printer import expr_string
from .source import SourceFile

Report = Callable[[int, str], None]
_INVALID: Final = LabeledStmt(0, nodes.Name(0, ""), nodes.EmptyStmt(0))
_BREAKABLE: Final = frozenset((nodes.SwitchStmt, nodes.SelectStmt, nodes.ForStmt))
_UNINTERESTING: Final = frozenset((nodes.ExprStmt, nodes.ReturnStmt, nodes.CallStmt, nodes.SendStmt, nodes.EmptyStmt))


@final
class _Block:
    """A block: the one around it, its position, and the labeled statement that it is the body of."""

    __slots__ = ("labeled", "parent", "start")

    def __init__(self, parent: _Block | None, start: int, labeled: LabeledStmt | None) -> None:
        self.parent = parent
        self.start = start
        self.labeled = labeled


@final
class _Label:
    __slots__ = ("block", "stmt", "used")

    def __init__(self, block: _Block, stmt: LabeledStmt) -> None:
        self.block = block
        self.stmt = stmt
        self.used = False


def check_branches(body: BlockStmt, file: SourceFile, targets: dict[BranchStmt, Stmt], report: Report) -> None:
    """Fills `targets` for the branches in `body`, function literals left out, and reports mistakes: position and message."""
    scope = _Scope(file, targets, report)
    for forward in scope.block(None, None, None, -1, None, body.pos, body.list):
        assert forward.label is not None
        name = forward.label.value
        label = scope.labels.get(name)
        if label is not None:
            label.used = True
            report(forward.label.pos, f"goto {name} jumps into block starting at {file.place(label.block.start)}")
        else:
            report(forward.label.pos, f"label {name} not defined")
    for label in scope.labels.values():
        if not label.used:
            report(label.stmt.label.pos, f"label {label.stmt.label.value} defined and not used")


@final
class _Scope:
    """The labels of a function body, which all share one scope."""

    __slots__ = ("file", "labels", "report", "targets")

    def __init__(self, file: SourceFile, targets: dict[BranchStmt, Stmt], report: Report) -> None:
        self.file = file
        self.targets = targets
        self.report = report
        self.labels: dict[str, _Label] = {}

    def declare(self, block: _Block, stmt: LabeledStmt) -> _Label:
        """A new label, or the one that has this name already."""
        name = stmt.label.value
        other = self.labels.get(name)
        if other is not None:
            self.report(stmt.label.pos, f"label {name} already defined at {self.file.place(other.stmt.label.pos)}")
            return other
        label = _Label(block, stmt)
        self.labels[name] = label
        return label

    def goto_target(self, block: _Block | None, name: str) -> LabeledStmt | None:
        """The statement of a label in `block` or one around it."""
        label = self.labels.get(name)
        if label is not None:
            label.used = True
            while block is not None:
                if label.block is block:
                    return label.stmt
                block = block.parent
        return None

    def enclosing_target(self, block: _Block | None, name: str) -> LabeledStmt | None:
        """The labeled statement that is around `block`; _INVALID if it is elsewhere."""
        label = self.labels.get(name)
        if label is None:
            return None
        label.used = True
        while block is not None:
            if label.stmt is block.labeled:
                return label.stmt
            block = block.parent
        return _INVALID

    def block(
        self,
        parent: _Block | None,
        breaks: Stmt | None,
        continues: ForStmt | None,
        case_index: int,
        labeled: LabeledStmt | None,
        start: int,
        body: list[Stmt],
    ) -> list[BranchStmt]:
        """Goes over a block; the gotos in it whose labels were not found yet. `breaks` and `continues` are what unlabeled branches
        leave and continue, `case_index` is the number of the case of a switch that this is the body of, or -1."""
        block = _Block(parent, start, labeled)
        last = len(body)
        while last and type(body[last - 1]) is nodes.EmptyStmt:
            last -= 1
        var_pos = 0
        var_name: Expr | None = None
        forward: list[BranchStmt] = []
        over_var: list[BranchStmt] = []
        for number in range(last):
            stmt = body[number]
            if type(stmt) in _UNINTERESTING:
                continue
            labeled = None
            while type(stmt) is LabeledStmt:
                name = stmt.label.value
                if name != "_":
                    label = self.declare(block, stmt)
                    unresolved = []
                    for branch in forward:
                        assert branch.label is not None
                        if branch.label.value == name:
                            self.targets[branch] = stmt
                            label.used = True
                            if var_pos and branch in over_var:
                                assert var_name is not None
                                self.report(
                                    branch.label.pos,
                                    f"goto {name} jumps over declaration of {expr_string(var_name)} at {self.file.place(var_pos)}",
                                )
                        else:
                            unresolved.append(branch)
                    forward = unresolved
                    labeled = stmt
                stmt = stmt.stmt
            if type(stmt) is nodes.AssignStmt:
                if stmt.op == tk.DEF:
                    var_pos, var_name = stmt.pos, stmt.lhs
                    over_var = forward[:]
            elif type(stmt) is nodes.IfStmt:
                forward += self.block(block, breaks, continues, -1, labeled, stmt.then.pos, stmt.then.list)
                if stmt.els is not None:
                    forward += self.block(block, breaks, continues, -1, labeled, stmt.els.pos, [stmt.els])
            elif type(stmt) is BranchStmt:
                if stmt.label is None:
                    self._unlabeled(stmt, breaks, continues, case_index, number + 1 < last)
                elif stmt.tok == tk.GOTO:
                    target = self.goto_target(block, stmt.label.value)
                    if target is not None:
                        self.targets[stmt] = target
                    else:
                        forward.append(stmt)
                else:
                    self._labeled(stmt, stmt.label, block)
            elif type(stmt) is nodes.DeclStmt:
                for decl in stmt.decl_list:
                    if type(decl) is nodes.VarDecl:
                        var_pos, var_name = decl.pos, decl.name_list[0]
                        over_var = forward[:]
                        break
            elif type(stmt) is BlockStmt:
                forward += self.block(block, breaks, continues, -1, labeled, stmt.pos, stmt.list)
            elif type(stmt) is ForStmt:
                forward += self.block(block, stmt, stmt, -1, labeled, stmt.body.pos, stmt.body.list)
            elif type(stmt) is SwitchStmt:
                for index, clause in enumerate(stmt.body):
                    forward += self.block(block, stmt, continues, index, labeled, clause.pos, clause.body)
            elif type(stmt) is nodes.SelectStmt:
                for comm in stmt.body:
                    forward += self.block(block, stmt, continues, -1, labeled, comm.pos, comm.body)
        return forward

    def _unlabeled(self, branch: BranchStmt, breaks: Stmt | None, continues: ForStmt | None, case_index: int, more: bool) -> None:
        """A branch without label; `more` says that statements follow in its block."""
        if branch.tok == tk.BREAK:
            if breaks is not None:
                self.targets[branch] = breaks
            else:
                self.report(branch.pos, "break is not in a loop, switch, or select")
        elif branch.tok == tk.CONTINUE:
            if continues is not None:
                self.targets[branch] = continues
            else:
                self.report(branch.pos, "continue is not in a loop")
        elif branch.tok == tk.FALLTHROUGH:
            message = "fallthrough statement out of place"
            if type(breaks) is SwitchStmt:
                if type(breaks.tag) is nodes.TypeSwitchGuard:
                    message = "cannot fallthrough in type switch"
                elif case_index >= 0 and not more:
                    if case_index + 1 < len(breaks.body):
                        return
                    message = "cannot fallthrough final case in switch"
            self.report(branch.pos, message)

    def _labeled(self, branch: BranchStmt, label: nodes.Name, block: _Block) -> None:
        """A break or continue with a label."""
        word = tk.TOKEN_NAMES[branch.tok]
        labeled = self.enclosing_target(block, label.value)
        if labeled is None:
            self.report(label.pos, f"{word} label not defined: {label.value}")
            return
        target: Node = labeled.stmt
        if (type(target) in _BREAKABLE if branch.tok == tk.BREAK else type(target) is ForStmt) and isinstance(target, Stmt):
            self.targets[branch] = target
        else:
            self.report(label.pos, f"invalid {word} label {label.value}")
