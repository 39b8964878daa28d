# SPDX-License-Identifier: BSD-3-Clause
"""What all parts of the parser stand on: the token that is current, errors, and how to go on behind one.

The parser is one class in layers, a file each: `Cursor` here, then types, expressions, statements, and the file as a whole
(`parser`). It works on the arrays of `scanner.Tokens`. Grammar, error messages and recovery are those of
src/cmd/compile/internal/syntax/parser.go.

An error has the number of the token that was current when it was found: the scanner has been over the whole text before the
parser starts, and by these numbers its errors come to stand where Go's scanner, which is one token ahead of its parser, has them.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Final, NamedTuple, NoReturn, final

from . import nodes
from .nodes import Expr, ParenExpr
from .scanner import Tokens
from .source import SourceFile
from .tokens import (
    ASSIGN,
    ASSIGN_OP,
    BREAK,
    COMMA,
    CONST,
    CONTINUE,
    DEFER,
    DEFINE,
    EOF,
    FALLTHROUGH,
    FOR,
    GO,
    GOTO,
    IF,
    INC_OP,
    LITERAL,
    NAME,
    OPERATOR,
    OPERATOR_NAMES,
    RBRACE,
    RBRACK,
    RETURN,
    RPAREN,
    SELECT,
    SEMI,
    SWITCH,
    TOKEN_NAMES,
    TYPE,
    VAR,
)

_STATEMENT_STARTS: Final = (
    1 << BREAK
    | 1 << CONST
    | 1 << CONTINUE
    | 1 << DEFER
    | 1 << FALLTHROUGH
    | 1 << FOR
    | 1 << GO
    | 1 << GOTO
    | 1 << IF
    | 1 << RETURN
    | 1 << SELECT
    | 1 << SWITCH
    | 1 << TYPE
    | 1 << VAR
)
"""Keywords that start a statement: inside a function, recovery from an error stops at them."""

NEVER: Final = 1 << 60
"""Number of a token that no text has."""


class SyntaxProblem(NamedTuple):
    """An error in a source file: the number of the token current when it was found, whether the parser found it (1) or the scanner (0),
    its position and message."""

    token: int
    phase: int
    pos: int
    message: str


@final
class TooManyProblems(Exception):
    """Parsing has come to its limit of errors."""


def token_string(token: int) -> str:
    """A token as messages name it."""
    if token == COMMA:
        return "comma"
    if token == SEMI:
        return "semicolon or newline"
    name = TOKEN_NAMES[token]
    return f"keyword {name}" if token >= BREAK else name


class Cursor:
    """The current token `tok`, number `i` in the arrays `kinds`, `values` and `offsets`."""

    __slots__ = (
        "_counted",
        "branches",
        "count",
        "file",
        "fnest",
        "i",
        "kinds",
        "limit",
        "next_directive",
        "offsets",
        "parens",
        "problems",
        "text",
        "tok",
        "values",
        "xnest",
    )

    def __init__(self, file: SourceFile, tokens: Tokens, limit: int) -> None:
        self.file = file
        self.text = file.source
        self.kinds = tokens.kinds
        self.values: list[Any] = tokens.values
        self.offsets = tokens.offsets
        self.i = 0
        self.tok = self.kinds[0]
        self.fnest = 0
        """Depth of functions: recovery from errors differs inside."""
        self.xnest = 0
        """Depth of expressions; below zero in the header of a statement, where `{` is its block."""
        self.branches = 0
        """Labels and branch statements met so far."""
        self.next_directive = NEVER
        """Number of the token that the next directive not yet taken stands before."""
        self.parens: dict[Expr, list[tuple[int, int]]] = {}
        self.problems: list[SyntaxProblem] = []
        self.count = 0
        self.limit = limit
        self._counted = [error.token for error in tokens.errors]

    def pos(self) -> int:
        """Position of the current token."""
        offset = self.offsets[self.i]
        if self.tok == SEMI and self.values[self.i] == "newline":
            start = offset - self.file.base
            if not self.text.startswith(b"/*", start):
                # The piece may begin with a comment or blanks.
                return self.file.base + self.text.find(b"\n", start)
        return offset

    def next(self) -> None:
        """Goes on to the next token."""
        i = self.i + 1
        self.i = i
        self.tok = self.kinds[i]

    def got(self, token: int) -> bool:
        """Whether the current token is `token`, which is then taken."""
        if self.tok == token:
            i = self.i + 1
            self.i = i
            self.tok = self.kinds[i]
            return True
        return False

    def want(self, token: int) -> None:
        """Takes `token`; if it is not the current one, complains and takes whatever it is."""
        if self.tok == token:
            i = self.i + 1
            self.i = i
            self.tok = self.kinds[i]
        else:
            self.syntax_error("expected " + token_string(token))
            self.advance()

    def got_assign(self) -> bool:
        """Takes `=`, or a `:=` that stands in its place."""
        if self.tok == DEFINE:
            self.syntax_error("expected =")
        elif self.tok != ASSIGN:
            return False
        self.next()
        return True

    def errors_so_far(self) -> int:
        """How many errors scanner and parser have found up to the current token."""
        return self.count + (bisect_right(self._counted, self.i) if self._counted else 0)

    def error_at(self, pos: int, message: str) -> None:
        """An error of the parser."""
        self.count += 1
        self.report(pos, message)

    def report(self, pos: int, message: str) -> None:
        """An error that does not keep the parser from checking a function's branches."""
        self.problems.append(SyntaxProblem(self.i, 1, pos, message))
        if len(self.problems) >= self.limit:
            raise TooManyProblems

    def error(self, message: str) -> None:
        """An error at the current token."""
        self.error_at(self.pos(), message)

    def syntax_error(self, message: str) -> None:
        """As `syntax_error_at`, at the current token."""
        self.syntax_error_at(self.pos(), message)

    def syntax_error_at(self, pos: int, message: str) -> None:
        """A syntax error; a message that starts with `in`, `at`, `after` or `expected` is preceded by the current token."""
        tok = self.tok
        if tok == EOF and self.errors_so_far():
            return  # it would only follow from others
        if message.startswith(("in ", "at ", "after ")):
            message = " " + message
        elif message.startswith("expected "):
            message = ", " + message
        elif message:
            self.error_at(pos, "syntax error: " + message)
            return
        value = self.values[self.i]
        if tok == NAME:
            found = f"name {value}"
        elif tok == SEMI:
            found = value
        elif tok == LITERAL:
            found = f"literal {value[0]}"
        elif tok == OPERATOR:
            found = OPERATOR_NAMES[value]
        elif tok == ASSIGN_OP:
            found = OPERATOR_NAMES[value] + "="
        elif tok == INC_OP:
            found = OPERATOR_NAMES[value] * 2
        else:
            found = token_string(tok)
        self.error_at(pos, f"syntax error: unexpected {found}{message}")

    def advance(self, *follow: int) -> None:
        """Skips tokens up to one of `follow`, or inside a function one that starts a statement; without any, skips one token."""
        if not follow:
            if self.tok != EOF:
                self.next()
            return
        stops = 1 << EOF
        if self.fnest > 0:
            stops |= _STATEMENT_STARTS
        for token in follow:
            stops |= 1 << token
        while not stops >> self.tok & 1:
            self.next()

    def list_broken(self, context: str, separator: int, close: int) -> bool:
        """Behind an element of a list that neither `separator` nor `close` follows: complains, and says whether the list can't go on."""
        self.syntax_error(f"in {context}; possibly missing {token_string(separator)} or {token_string(close)}")
        self.advance(RPAREN, RBRACK, RBRACE)
        return self.tok != close

    def bad_expr(self) -> nodes.BadExpr:
        """What stands for an expression that is missing here."""
        return nodes.BadExpr(self.pos())

    def name(self) -> nodes.Name:
        """An identifier; `_` stands for one that is missing."""
        i = self.i
        if self.tok == NAME:
            self.i = i + 1
            self.tok = self.kinds[i + 1]
            return nodes.Name(self.offsets[i], self.values[i])
        missing = nodes.Name(self.pos(), "_")
        self.syntax_error("expected name")
        self.advance()
        return missing

    def name_list(self, first: nodes.Name) -> list[nodes.Name]:
        """Identifiers with commas between them, the first of which is there already."""
        names = [first]
        while self.tok == COMMA:
            self.next()
            names.append(self.name())
        return names

    def literal_or_none(self) -> nodes.BasicLit | None:
        """A literal, if there is one here."""
        if self.tok != LITERAL:
            return None
        i = self.i
        self.i = i + 1
        self.tok = self.kinds[i + 1]
        value = self.values[i]
        return nodes.BasicLit(self.offsets[i], value[0], value[1], value[2])

    def skipped_parens(self, x: Expr, opening: int, end: int) -> None:
        """Remembers parentheses that are no node."""
        self.parens.setdefault(x, []).append((opening, end))

    def bare(self, x: Expr) -> Expr:
        """`x` without the parentheses around it, which are remembered."""
        if type(x) is not ParenExpr:
            return x
        bare = self.bare(x.x)
        self.skipped_parens(bare, x.pos, x.end)
        return bare

    def expr(self) -> Expr:
        """An expression: of a layer above."""
        self._of_a_layer_above()

    def block(self, context: str) -> nodes.BlockStmt:
        """A block: of a layer above."""
        self._of_a_layer_above()

    def _of_a_layer_above(self) -> NoReturn:
        raise NotImplementedError
