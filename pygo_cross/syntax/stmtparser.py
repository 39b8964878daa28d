# SPDX-License-Identifier: BSD-3-Clause
# ruff: noqa: SIM109 (a tuple of imported numbers would be built anew each time)
"""The layer of the parser that reads statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from . import nodes
from .branches import check_branches
from .exprparser import ExprParser
from .nodes import AssignStmt, BlockStmt, BranchStmt, Expr, ExprStmt, ListExpr, Name, Operation, SimpleStmt, Stmt
from .printer import expr_string
from .tokens import (
    ADD,
    AND,
    ARROW,
    ASSIGN,
    ASSIGN_OP,
    BREAK,
    CASE,
    CHAN,
    COLON,
    COMMA,
    CONST,
    CONTINUE,
    DEF,
    DEFAULT,
    DEFER,
    DEFINE,
    ELSE,
    EOF,
    FALLTHROUGH,
    FOR,
    FUNC,
    GO,
    GOTO,
    IF,
    INC_OP,
    INTERFACE,
    LBRACE,
    LBRACK,
    LITERAL,
    LPAREN,
    MAP,
    MUL,
    NAME,
    NO_OP,
    NOT,
    OPERATOR,
    RANGE,
    RBRACE,
    RETURN,
    SELECT,
    SEMI,
    STAR,
    STRUCT,
    SUB,
    SWITCH,
    TOKEN_NAMES,
    TYPE,
    VAR,
    XOR,
)

_LIST_ENDS: Final = frozenset((EOF, RBRACE, CASE, DEFAULT))
_UNARY: Final = frozenset((ADD, SUB, MUL, AND, XOR, NOT))
_EXPR_STARTS: Final = frozenset((LITERAL, FUNC, LPAREN, LBRACK, STRUCT, MAP, CHAN, INTERFACE, ARROW))
_NO_KEYWORD: Final = 0


class StmtParser(ExprParser):
    """Parses statements."""

    __slots__ = ("branch_targets", "check_branches")

    branch_targets: dict[BranchStmt, Stmt]
    check_branches: bool

    def func_body(self) -> BlockStmt:
        """The body of a function, its branches checked if all of it is right so far."""
        self.fnest += 1
        errors, branches = self.errors_so_far(), self.branches
        body = self.block("")
        self.fnest -= 1
        if self.branches != branches and self.check_branches and errors == self.errors_so_far():
            check_branches(body, self.file, self.branch_targets, self.report)
        return body

    def block(self, context: str) -> BlockStmt:
        """A block; `context` is what it belongs to, and empty only where `{` is the current token."""
        i = self.i
        if self.tok == LBRACE:
            pos = self.offsets[i]
            self.i = i + 1
            self.tok = self.kinds[i + 1]
        else:
            pos = self.pos()
            self.syntax_error(f"expected {{ after {context}")
            self.advance(NAME, RBRACE)
            rbrace = self.pos()
            if self.got(RBRACE):
                return BlockStmt(pos, [], rbrace)
        statements = self.stmt_list()
        i = self.i
        if self.tok == RBRACE:
            self.i = i + 1
            self.tok = self.kinds[i + 1]
            return BlockStmt(pos, statements, self.offsets[i])
        rbrace = self.pos()
        self.want(RBRACE)
        return BlockStmt(pos, statements, rbrace)

    def stmt_list(self) -> list[Stmt]:
        """Statements up to the end of their block or clause."""
        statements: list[Stmt] = []
        kinds = self.kinds
        while True:
            tok = self.tok
            if tok == NAME:
                if self.i >= self.next_directive:
                    self.clear_pragma()
                stmt = self._name_stmt()
            elif tok in _LIST_ENDS:
                break
            else:
                stmt = self.stmt_or_none()
            if self.i >= self.next_directive:
                self.clear_pragma()
            if stmt is None:
                break
            statements.append(stmt)
            tok = self.tok
            if tok == SEMI:
                i = self.i + 1
                self.i = i
                self.tok = kinds[i]
            elif tok != RBRACE:
                self.syntax_error("at end of statement")
                self.advance(SEMI, RBRACE, CASE, DEFAULT)
                self.got(SEMI)
        return statements

    def stmt_or_none(self) -> Stmt | None:
        """A statement, if one starts here."""
        tok = self.tok
        if tok == NAME:
            if self.i >= self.next_directive:
                self.clear_pragma()
            return self._name_stmt()
        if tok == VAR or tok == CONST or tok == TYPE:
            pos = self.offsets[self.i]
            self.next()
            return nodes.DeclStmt(pos, self.declarations(tok))
        if self.i >= self.next_directive:
            self.clear_pragma()
        parse = _STATEMENTS.get(tok)
        if parse is not None:
            return parse(self)
        if tok in _EXPR_STARTS or ((tok == OPERATOR or tok == STAR) and self.values[self.i] in _UNARY):
            return self.simple_stmt(None, _NO_KEYWORD)
        return None

    def _name_stmt(self) -> Stmt | None:
        """A statement that starts with a name: the most frequent ones."""
        x = self.expr()
        tok = self.tok
        if tok == SEMI:
            return ExprStmt(x.pos, x)
        if tok == COMMA:
            x = self.more_exprs(x)
            tok = self.tok
        if tok == ASSIGN or tok == DEFINE:
            pos = self.offsets[self.i]
            self.next()
            return AssignStmt(pos, NO_OP if tok == ASSIGN else DEF, x, self.expr_list())
        if tok == COLON and type(x) is Name:
            return self._labeled_stmt(x)
        return self.simple_stmt(x, _NO_KEYWORD)

    def simple_stmt(self, lhs: Expr | None, keyword: int) -> SimpleStmt:
        """A simple statement; `lhs` is its expression list if that was read already, `keyword` that of the statement whose header it
        is in."""
        if self.tok == RANGE and keyword == FOR:
            return self._range_clause(None, False)
        if lhs is None:
            lhs = self.expr_list()
        tok = self.tok
        if tok == ASSIGN or tok == DEFINE:
            pos = self.offsets[self.i]
            self.next()
            if keyword == FOR and self.tok == RANGE:
                return self._range_clause(lhs, tok == DEFINE)
            rhs = self.expr_list()
            if tok == DEFINE:
                if keyword == SWITCH and type(rhs) is nodes.TypeSwitchGuard and type(lhs) is Name:
                    rhs.lhs = lhs
                    return ExprStmt(rhs.pos, rhs)
                return AssignStmt(pos, DEF, lhs, rhs)
            return AssignStmt(pos, NO_OP, lhs, rhs)
        if type(lhs) is ListExpr:
            self.syntax_error("expected := or = or comma")
            self.advance(SEMI, RBRACE)
            lhs = lhs.elem_list[0]
            return ExprStmt(lhs.pos, lhs)
        pos = self.offsets[self.i]
        if tok == ASSIGN_OP:
            op = self.values[self.i]
            self.next()
            return AssignStmt(pos, op, lhs, self.expr())
        if tok == INC_OP:
            op = self.values[self.i]
            self.next()
            return AssignStmt(pos, op, lhs, None)
        if tok == ARROW:
            self.next()
            return nodes.SendStmt(pos, lhs, self.expr())
        return ExprStmt(lhs.pos, lhs)

    def _range_clause(self, lhs: Expr | None, define: bool) -> nodes.RangeClause:
        pos = self.offsets[self.i]
        self.next()
        return nodes.RangeClause(pos, lhs, define, self.expr())

    def _labeled_stmt(self, label: Name) -> nodes.LabeledStmt | None:
        self.branches += 1
        pos = self.offsets[self.i]
        self.next()
        if self.tok == RBRACE:
            return nodes.LabeledStmt(pos, label, nodes.EmptyStmt(self.pos()))
        stmt = self.stmt_or_none()
        if stmt is not None:
            return nodes.LabeledStmt(pos, label, stmt)
        self.syntax_error_at(pos, "missing statement after label")
        return None

    def _header(self, keyword: int) -> tuple[SimpleStmt | None, Expr | None, SimpleStmt | None]:
        """What stands between a keyword and `{`: initial statement, condition or tag, post statement."""
        self.next()
        init: SimpleStmt | None = None
        post: SimpleStmt | None = None
        cond: Expr | None = None
        if self.tok == LBRACE:
            if keyword == IF:
                self.syntax_error("missing condition in if statement")
                cond = self.bad_expr()
            return None, cond, None
        outer = self.xnest
        self.xnest = -1
        if self.tok != SEMI:
            if self.got(VAR):
                self.syntax_error(f"var declaration not allowed in {TOKEN_NAMES[keyword]} initializer")
            init = self.simple_stmt(None, keyword)
            if type(init) is nodes.RangeClause:
                self.xnest = outer
                return init, None, None
        cond_stmt: SimpleStmt | None = None
        semicolon, semicolon_text = 0, ""
        if self.tok == LBRACE:
            cond_stmt, init = init, None
        else:
            if self.tok == SEMI:
                semicolon, semicolon_text = self.pos(), self.values[self.i]
                self.next()
            else:
                # To ask for `{` makes a better message than to ask for `;`.
                self.want(LBRACE)
                if self.tok != LBRACE:
                    self.advance(LBRACE, RBRACE)
            if keyword == FOR:
                if self.tok != SEMI and self.tok == LBRACE:
                    self.syntax_error("expected for loop condition")
                else:
                    if self.tok != SEMI:
                        cond_stmt = self.simple_stmt(None, _NO_KEYWORD)
                    self.want(SEMI)
                    if self.tok != LBRACE:
                        post = self.simple_stmt(None, _NO_KEYWORD)
                        if type(post) is AssignStmt and post.op == DEF:
                            self.syntax_error_at(post.pos, "cannot declare in post statement of for loop")
            elif self.tok != LBRACE:
                cond_stmt = self.simple_stmt(None, keyword)
        if type(cond_stmt) is ExprStmt:
            cond = cond_stmt.x
        elif cond_stmt is not None:
            # Often a `=` in the place of `==`.
            if type(cond_stmt) is AssignStmt and cond_stmt.op == NO_OP and cond_stmt.rhs is not None:
                what = f"assignment {_emphasized(cond_stmt.lhs)} = {_emphasized(cond_stmt.rhs)}"
            else:
                what = expr_string(cond_stmt)
            self.syntax_error_at(cond_stmt.pos, f"cannot use {what} as value")
        elif keyword == IF and semicolon:
            if semicolon_text != "semicolon":
                self.syntax_error_at(semicolon, f"unexpected {semicolon_text}, expected {{ after if clause")
            else:
                self.syntax_error_at(semicolon, "missing condition in if statement")
            cond = nodes.BadExpr(semicolon)
        self.xnest = outer
        return init, cond, post

    def _for_stmt(self) -> Stmt:
        pos = self.offsets[self.i]
        init, cond, post = self._header(FOR)
        return nodes.ForStmt(pos, init, cond, post, self.block("for clause"))

    def _if_stmt(self) -> Stmt:
        pos = self.offsets[self.i]
        init, cond, _ = self._header(IF)
        then = self.block("if clause")
        otherwise: Stmt | None = None
        if self.tok == ELSE:
            self.next()
            if self.tok == IF:
                otherwise = self._if_stmt()
            elif self.tok == LBRACE:
                otherwise = self.block("")
            else:
                self.syntax_error("else must be followed by if or statement block")
                self.advance(NAME, RBRACE)
        return nodes.IfStmt(pos, init, cond, then, otherwise)

    def _switch_stmt(self) -> Stmt:
        pos = self.offsets[self.i]
        init, tag, _ = self._header(SWITCH)
        if not self.got(LBRACE):
            self.syntax_error("missing { after switch clause")
            self.advance(CASE, DEFAULT, RBRACE)
        clauses: list[nodes.CaseClause] = []
        while self.tok != EOF and self.tok != RBRACE:
            where = self.pos()
            cases: Expr | None = None
            if self.tok == CASE:
                self.next()
                cases = self.expr_list()
            else:
                self._default()
            colon = self.pos()
            self.want(COLON)
            clauses.append(nodes.CaseClause(where, cases, self.stmt_list(), colon))
        rbrace = self.pos()
        self.want(RBRACE)
        return nodes.SwitchStmt(pos, init, tag, clauses, rbrace)

    def _select_stmt(self) -> Stmt:
        pos = self.offsets[self.i]
        self.next()
        if not self.got(LBRACE):
            self.syntax_error("missing { after select clause")
            self.advance(CASE, DEFAULT, RBRACE)
        clauses: list[nodes.CommClause] = []
        while self.tok != EOF and self.tok != RBRACE:
            where = self.pos()
            comm: SimpleStmt | None = None
            if self.tok == CASE:
                self.next()
                # Only sends and receives may stand here, which the type checker sees to.
                comm = self.simple_stmt(None, _NO_KEYWORD)
            else:
                self._default()
            colon = self.pos()
            self.want(COLON)
            clauses.append(nodes.CommClause(where, comm, self.stmt_list(), colon))
        rbrace = self.pos()
        self.want(RBRACE)
        return nodes.SelectStmt(pos, clauses, rbrace)

    def _default(self) -> None:
        if not self.got(DEFAULT):
            self.syntax_error("expected case or default or }")
            self.advance(COLON, CASE, DEFAULT, RBRACE)

    def _block_stmt(self) -> Stmt:
        return self.block("")

    def _fallthrough(self) -> Stmt:
        self.branches += 1
        pos = self.offsets[self.i]
        self.next()
        return BranchStmt(pos, FALLTHROUGH, None)

    def _break_or_continue(self) -> Stmt:
        self.branches += 1
        pos, tok = self.offsets[self.i], self.tok
        self.next()
        return BranchStmt(pos, tok, self.name() if self.tok == NAME else None)

    def _goto(self) -> Stmt:
        self.branches += 1
        pos = self.offsets[self.i]
        self.next()
        return BranchStmt(pos, GOTO, self.name())

    def _call_stmt(self) -> Stmt:
        """`go` or `defer`."""
        pos, tok = self.offsets[self.i], self.tok
        self.next()
        x = self.primary(None, self.tok == LPAREN)
        bare = self.bare(x)
        if bare is not x:
            self.error_at(x.pos, f"expression in {TOKEN_NAMES[tok]} must not be parenthesized")
        return nodes.CallStmt(pos, tok, bare)

    def _return_stmt(self) -> Stmt:
        pos = self.offsets[self.i]
        self.next()
        results: Expr | None = None
        if self.tok != SEMI and self.tok != RBRACE:
            results = self.expr_list()
        return nodes.ReturnStmt(pos, results)

    def _empty_stmt(self) -> Stmt:
        return nodes.EmptyStmt(self.pos())

    def declarations(self, keyword: int) -> list[nodes.Decl]:
        """The declarations behind a keyword: of a layer above."""
        self._of_a_layer_above()

    def clear_pragma(self) -> None:
        """Complains of directives that stand before something that can't have any: of a layer above."""
        self._of_a_layer_above()


def _emphasized(x: Expr) -> str:
    """An expression for a message, in parentheses if it is a binary one."""
    text = expr_string(x)
    return f"({text})" if type(x) is Operation and x.y is not None else text


_STATEMENTS: Final[dict[int, Callable[[StmtParser], Stmt]]] = {
    LBRACE: StmtParser._block_stmt,
    FOR: StmtParser._for_stmt,
    SWITCH: StmtParser._switch_stmt,
    SELECT: StmtParser._select_stmt,
    IF: StmtParser._if_stmt,
    FALLTHROUGH: StmtParser._fallthrough,
    BREAK: StmtParser._break_or_continue,
    CONTINUE: StmtParser._break_or_continue,
    GO: StmtParser._call_stmt,
    DEFER: StmtParser._call_stmt,
    GOTO: StmtParser._goto,
    RETURN: StmtParser._return_stmt,
    SEMI: StmtParser._empty_stmt,
}
