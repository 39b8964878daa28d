# SPDX-License-Identifier: BSD-3-Clause
# ruff: noqa: SIM109 (a tuple of imported numbers would be built anew each time)
"""The layer of the parser that reads expressions.

More than half of all expressions are a name or literal alone, so `expr` looks at the token behind one before it takes the long
way; the result is the same.
"""

from __future__ import annotations

from typing import Final

from . import nodes
from .nodes import BasicLit, CallExpr, Expr, IndexExpr, Name, Operation, ParenExpr, SelectorExpr, unparen
from .printer import expr_string
from .tokens import (
    ADD,
    AND,
    ARROW,
    CHAN,
    COLON,
    COMMA,
    DOT,
    DOT_DOT_DOT,
    EOF,
    FUNC,
    INTERFACE,
    LBRACE,
    LBRACK,
    LITERAL,
    LPAREN,
    MAP,
    MUL,
    NAME,
    NOT,
    OPERATOR,
    PRECEDENCES,
    RBRACE,
    RBRACK,
    RECV,
    RECV_ONLY,
    RPAREN,
    SEMI,
    SEND_ONLY,
    STAR,
    STRUCT,
    SUB,
    TILDE,
    TYPE,
    VAR,
    XOR,
)
from .typeparser import TypeParser

_CONTINUES: Final = tuple(token in (DOT, LPAREN, LBRACK, LBRACE, OPERATOR, STAR) for token in range(VAR + 1))
"""Whether an operand goes on with a token."""

_UNARY: Final = frozenset((MUL, ADD, SUB, NOT, XOR, TILDE))
_TYPE_STARTS: Final = frozenset((LBRACK, CHAN, MAP, STRUCT, INTERFACE))
_COMPOSITE_TYPES: Final = frozenset((nodes.ArrayType, nodes.SliceType, nodes.StructType, nodes.MapType))
_VALUES: Final = frozenset(
    (BasicLit, nodes.CompositeLit, nodes.FuncLit, nodes.SliceExpr, nodes.AssertExpr, nodes.TypeSwitchGuard, CallExpr)
)
_PRECEDENCES: Final = PRECEDENCES


def is_value(x: Expr) -> bool:
    """Whether `x` can't be a type, going by syntax alone."""
    if type(x) in _VALUES:
        return True
    if type(x) is Operation:
        return x.op != MUL or x.y is not None
    if type(x) is ParenExpr:
        return is_value(x.x)
    if type(x) is IndexExpr:
        return is_value(x.x) or is_value(x.index)
    return False


class ExprParser(TypeParser):
    """Parses expressions."""

    __slots__ = ()

    def expr(self) -> Expr:
        """An expression."""
        i = self.i
        tok = self.tok
        x: Expr
        if tok == NAME:
            kinds = self.kinds
            following = kinds[i + 1]
            if not _CONTINUES[following]:
                self.i = i + 1
                self.tok = following
                return Name(self.offsets[i], self.values[i])
            if following == DOT and kinds[i + 2] == NAME and not _CONTINUES[tok := kinds[i + 3]]:
                self.i = i + 3
                self.tok = tok
                offsets, values = self.offsets, self.values
                return SelectorExpr(offsets[i + 1], Name(offsets[i], values[i]), Name(offsets[i + 2], values[i + 2]))
            x = self.primary(None, True)
        elif tok == LITERAL:
            following = self.kinds[i + 1]
            if not _CONTINUES[following]:
                self.i = i + 1
                self.tok = following
                value = self.values[i]
                return BasicLit(self.offsets[i], value[0], value[1], value[2])
            x = self.primary(None, True)
        else:
            x = self.unary()
        tok = self.tok
        if tok == OPERATOR or tok == STAR:
            return self.binary(x, 0)
        return x

    def binary(self, x: Expr, lowest: int) -> Expr:
        """The rest of a binary expression behind its first operand, as far as operators bind more tightly than `lowest`."""
        kinds = self.kinds
        while self.tok == OPERATOR or self.tok == STAR:
            i = self.i
            op = self.values[i]
            precedence = _PRECEDENCES[op]
            if precedence <= lowest:
                break
            tok = kinds[i + 1]
            following = kinds[i + 2]
            y: Expr
            if tok == NAME and not _CONTINUES[following]:
                self.i = i + 2
                self.tok = following
                y = Name(self.offsets[i + 1], self.values[i + 1])
            elif tok == LITERAL and not _CONTINUES[following]:
                self.i = i + 2
                self.tok = following
                value = self.values[i + 1]
                y = BasicLit(self.offsets[i + 1], value[0], value[1], value[2])
            else:
                self.i = i + 1
                self.tok = tok
                y = self.primary(None, True) if tok == NAME or tok == LITERAL else self.unary()
                if self.tok == OPERATOR or self.tok == STAR:
                    y = self.binary(y, precedence)
            x = Operation(self.offsets[i], op, x, y)
        return x

    def unary(self) -> Expr:
        """A unary expression, or a channel type that starts with an arrow."""
        tok = self.tok
        i = self.i
        if tok == OPERATOR or tok == STAR:
            op = self.values[i]
            if op in _UNARY:
                self.next()
                return Operation(self.offsets[i], op, self.unary(), None)
            if op == AND:
                self.next()
                # A composite literal may be in parentheses here.
                return Operation(self.offsets[i], op, self.bare(self.unary()), None)
        elif tok == ARROW:
            pos = self.offsets[i]
            self.next()
            x = self.unary()
            if type(x) is nodes.ChanType:
                self._receive_only(x, pos)
                return x
            return Operation(pos, RECV, x, None)
        return self.primary(None, True)

    def _receive_only(self, channel: nodes.ChanType, arrow: int) -> None:
        """Makes `<-` and the channel type behind it a channel type: in `<-chan<-E` each arrow moves to the channel before it."""
        direction = SEND_ONLY
        x: Expr = channel
        while direction == SEND_ONLY and type(x) is nodes.ChanType:
            direction = x.dir
            if direction == RECV_ONLY:
                self.syntax_error("unexpected <-, expected chan")
            x.begin, x.arrow, arrow = arrow, arrow, x.arrow
            x.dir = RECV_ONLY
            x = x.elem
        if direction == SEND_ONLY:
            self.syntax_error(f"unexpected {expr_string(x)}, expected chan")

    def operand(self, keep_parens: bool) -> Expr:
        """An operand without what may follow it."""
        tok = self.tok
        i = self.i
        if tok == NAME:
            self.i = i + 1
            self.tok = self.kinds[i + 1]
            return Name(self.offsets[i], self.values[i])
        if tok == LITERAL:
            self.i = i + 1
            self.tok = self.kinds[i + 1]
            value = self.values[i]
            return BasicLit(self.offsets[i], value[0], value[1], value[2])
        pos = self.offsets[i]
        if tok == LPAREN:
            self.next()
            self.xnest += 1
            x = self.expr()
            self.xnest -= 1
            end = self.pos() + 1
            self.want(RPAREN)
            if keep_parens or self.tok == LBRACE:
                return ParenExpr(pos, x, end)
            self.skipped_parens(x, pos, end)
            return x
        if tok == FUNC:
            self.next()
            signature = self.func_type("function type", pos)[1]
            if self.tok == LBRACE:
                self.xnest += 1
                x = nodes.FuncLit(pos, signature, self.func_body())
                self.xnest -= 1
                return x
            return signature
        if tok in _TYPE_STARTS:
            return self.type()
        x = self.bad_expr()
        self.syntax_error("expected expression")
        self.advance(RPAREN, RBRACK, RBRACE)
        return x

    def primary(self, x: Expr | None, keep_parens: bool) -> Expr:
        """An operand with the selectors, indices, calls and composite literals that follow; `x` is the operand if it was read already."""
        kinds = self.kinds
        if x is None:
            if self.tok == NAME:
                i = self.i
                self.i = i + 1
                self.tok = kinds[i + 1]
                x = Name(self.offsets[i], self.values[i])
            else:
                x = self.operand(keep_parens)
        while True:
            tok = self.tok
            if tok == DOT:
                i = self.i
                if kinds[i + 1] == NAME:
                    self.i = i + 2
                    self.tok = kinds[i + 2]
                    x = SelectorExpr(self.offsets[i], x, Name(self.offsets[i + 1], self.values[i + 1]))
                else:
                    x = self._assertion(x)
            elif tok == LPAREN:
                i = self.i
                self.i = i + 1
                self.tok = tok = kinds[i + 1]
                args: list[Expr] = []
                dots = False
                if tok == RPAREN:
                    self.i = i + 2
                    self.tok = kinds[i + 2]
                    x = CallExpr(self.offsets[i], x, args, False, self.offsets[i + 1] + 1)
                    continue
                self.xnest += 1
                broken = False
                while self.tok != EOF and self.tok != RPAREN and not dots:
                    args.append(self.expr())
                    tok = self.tok
                    if tok == DOT_DOT_DOT:
                        self.next()
                        dots = True
                        tok = self.tok
                    if tok == COMMA:
                        self.i += 1
                        self.tok = kinds[self.i]
                    elif tok != RPAREN and self.list_broken("argument list", COMMA, RPAREN):
                        broken = True
                        break
                end = self.offsets[self.i] + 1
                if self.tok == RPAREN:
                    self.i += 1
                    self.tok = kinds[self.i]
                elif not broken:
                    self.want(RPAREN)
                self.xnest -= 1
                x = CallExpr(self.offsets[i], x, args, dots, end)
            elif tok == LBRACK:
                x = self._index(x)
            elif tok == LBRACE:
                # The `{` of a composite literal, or of a block.
                bare = unparen(x)
                kind = type(bare)
                if kind is Name or kind is SelectorExpr:
                    if self.xnest < 0:
                        return x
                elif kind is IndexExpr:
                    if self.xnest < 0 or is_value(bare):
                        return x
                elif kind not in _COMPOSITE_TYPES:
                    return x
                if bare is not x:
                    self.syntax_error("cannot parenthesize type in composite literal")
                literal = self._composite()
                literal.type = x
                x = literal
            else:
                return x

    def _assertion(self, x: Expr) -> Expr:
        """Behind `x`: `.(type)`, or a mistake."""
        pos = self.offsets[self.i]
        self.next()
        if self.tok == LPAREN:
            self.next()
            if self.got(TYPE):
                x = nodes.TypeSwitchGuard(pos, None, x, self.pos() + 1)
            else:
                found = self.type()
                x = nodes.AssertExpr(pos, x, found, self.pos() + 1)
            self.want(RPAREN)
        else:
            self.syntax_error("expected name or (")
            self.advance(SEMI, RPAREN)
        return x

    def _index(self, x: Expr) -> Expr:
        """Behind `x`: an index, type arguments, or a slice expression."""
        pos = self.offsets[self.i]
        self.next()
        index: Expr | None = None
        if self.tok != COLON:
            comma = False
            if self.tok == RBRACK:
                self.syntax_error("expected operand")
                index = self.bad_expr()
            else:
                index, comma = self.type_list(False)
            if comma or self.tok == RBRACK:
                if self.tok == RBRACK:
                    end = self.offsets[self.i] + 1
                    self.next()
                else:
                    end = self.pos() + 1
                    self.want(RBRACK)
                return IndexExpr(pos, x, index, end)
        if not self.got(COLON):
            self.syntax_error("expected comma, : or ]")
            self.advance(COMMA, COLON, RBRACK)
        self.xnest += 1
        high: Expr | None = None
        highest: Expr | None = None
        full = False
        if self.tok != COLON and self.tok != RBRACK:
            high = self.expr()
        if self.tok == COLON:
            full = True
            if high is None:
                self.error("middle index required in 3-index slice")
                high = self.bad_expr()
            self.next()
            if self.tok != RBRACK:
                highest = self.expr()
            else:
                self.error("final index required in 3-index slice")
                highest = self.bad_expr()
        self.xnest -= 1
        end = self.pos() + 1
        self.want(RBRACK)
        return nodes.SliceExpr(pos, x, index, high, highest, full, end)

    def _composite(self) -> nodes.CompositeLit:
        """`{...}` of a composite literal, at its brace."""
        i = self.i
        literal = nodes.CompositeLit(self.offsets[i], None, [], 0, 0)
        elements = literal.elem_list
        self.xnest += 1
        self.i = i + 1
        self.tok = self.kinds[i + 1]
        broken = False
        while self.tok != EOF and self.tok != RBRACE:
            element = self._composite() if self.tok == LBRACE else self.expr()
            if self.tok == COLON:
                pos = self.offsets[self.i]
                self.next()
                element = nodes.KeyValueExpr(pos, element, self._composite() if self.tok == LBRACE else self.expr())
                literal.nkeys += 1
            elements.append(element)
            if self.tok == COMMA:
                i = self.i + 1
                self.i = i
                self.tok = self.kinds[i]
            elif self.tok != RBRACE and self.list_broken("composite literal", COMMA, RBRACE):
                broken = True
                break
        if self.tok == RBRACE:
            literal.rbrace = self.offsets[self.i]
            self.next()
        else:
            literal.rbrace = self.pos()
            if not broken:
                self.want(RBRACE)
        self.xnest -= 1
        return literal

    def expr_list(self) -> Expr:
        """One expression, or a ListExpr of those between commas."""
        x = self.expr()
        return self.more_exprs(x) if self.tok == COMMA else x

    def more_exprs(self, x: Expr) -> nodes.ListExpr:
        """The list of `x` and the expressions behind it, at a comma."""
        expressions = [x]
        while self.tok == COMMA:
            self.next()
            expressions.append(self.expr())
        return nodes.ListExpr(x.pos, expressions)

    def func_body(self) -> nodes.BlockStmt:
        """The body of a function: of a layer above."""
        self._of_a_layer_above()
