# SPDX-License-Identifier: BSD-3-Clause
"""The layer of the parser that reads expressions.

More than half of all expressions are a name or literal alone, so `expr` looks at the token behind one before it takes the long
way; the result is the same.
"""

from __future__ import annotations

from typing import Final

from . import nodes
from . import tokens as tk
from .nodes import BasicLit, CallExpr, Expr, IndexExpr, Name, Operation, ParenExpr, SelectorExpr, unparen
from .printer import expr_string
from .typeparser import TypeParser

_CONTINUES: Final = bytes(token in (tk.DOT, tk.LPAREN, tk.LBRACK, tk.LBRACE, tk.OPERATOR, tk.STAR) for token in range(tk.VAR + 1))
"""Whether an operand goes on with a token."""

_UNARY: Final = frozenset((tk.MUL, tk.ADD, tk.SUB, tk.NOT, tk.XOR, tk.TILDE))
_TYPE_STARTS: Final = frozenset((tk.LBRACK, tk.CHAN, tk.MAP, tk.STRUCT, tk.INTERFACE))
_COMPOSITE_TYPES: Final = frozenset((nodes.ArrayType, nodes.SliceType, nodes.StructType, nodes.MapType))
_VALUES: Final = frozenset(
    (BasicLit, nodes.CompositeLit, nodes.FuncLit, nodes.SliceExpr, nodes.AssertExpr, nodes.TypeSwitchGuard, CallExpr)
)
_PRECEDENCES: Final = tk.PRECEDENCES


def is_value(x: Expr) -> bool:
    """Whether `x` can't be a type, going by syntax alone."""
    if type(x) in _VALUES:
        return True
    if type(x) is Operation:
        return x.op != tk.MUL or x.y is not None
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
        if tok == tk.NAME:
            following = self.kinds[i + 1]
            if not _CONTINUES[following]:
                self.i = i + 1
                self.tok = following
                return Name(self.offsets[i], self.values[i])
            x = self.primary(None, True)
        elif tok == tk.LITERAL:
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
        if tok == tk.OPERATOR or tok == tk.STAR:
            return self.binary(x, 0)
        return x

    def binary(self, x: Expr, lowest: int) -> Expr:
        """The rest of a binary expression behind its first operand, as far as operators bind more tightly than `lowest`."""
        while self.tok == tk.OPERATOR or self.tok == tk.STAR:
            i = self.i
            op = self.values[i]
            precedence = _PRECEDENCES[op]
            if precedence <= lowest:
                break
            self.i = i + 1
            tok = self.kinds[i + 1]
            self.tok = tok
            y: Expr = self.primary(None, True) if tok == tk.NAME or tok == tk.LITERAL else self.unary()
            if self.tok == tk.OPERATOR or self.tok == tk.STAR:
                y = self.binary(y, precedence)
            x = Operation(self.offsets[i], op, x, y)
        return x

    def unary(self) -> Expr:
        """A unary expression, or a channel type that starts with an arrow."""
        tok = self.tok
        i = self.i
        if tok == tk.OPERATOR or tok == tk.STAR:
            op = self.values[i]
            if op in _UNARY:
                self.next()
                return Operation(self.offsets[i], op, self.unary(), None)
            if op == tk.AND:
                self.next()
                # A composite literal may be in parentheses here.
                return Operation(self.offsets[i], op, self.bare(self.unary()), None)
        elif tok == tk.ARROW:
            pos = self.offsets[i]
            self.next()
            x = self.unary()
            if type(x) is nodes.ChanType:
                self._receive_only(x, pos)
                return x
            return Operation(pos, tk.RECV, x, None)
        return self.primary(None, True)

    def _receive_only(self, channel: nodes.ChanType, arrow: int) -> None:
        """Makes `<-` and the channel type behind it a channel type: in `<-chan<-E` each arrow moves to the channel before it."""
        direction = tk.SEND_ONLY
        x: Expr = channel
        while direction == tk.SEND_ONLY and type(x) is nodes.ChanType:
            direction = x.dir
            if direction == tk.RECV_ONLY:
                self.syntax_error("unexpected <-, expected chan")
            x.begin, x.arrow, arrow = arrow, arrow, x.arrow
            x.dir = tk.RECV_ONLY
            x = x.elem
        if direction == tk.SEND_ONLY:
            self.syntax_error(f"unexpected {expr_string(x)}, expected chan")

    def operand(self, keep_parens: bool) -> Expr:
        """An operand without what may follow it."""
        tok = self.tok
        i = self.i
        if tok == tk.NAME:
            self.i = i + 1
            self.tok = self.kinds[i + 1]
            return Name(self.offsets[i], self.values[i])
        if tok == tk.LITERAL:
            self.i = i + 1
            self.tok = self.kinds[i + 1]
            value = self.values[i]
            return BasicLit(self.offsets[i], value[0], value[1], value[2])
        pos = self.offsets[i]
        if tok == tk.LPAREN:
            self.next()
            self.xnest += 1
            x = self.expr()
            self.xnest -= 1
            end = self.pos() + 1
            self.want(tk.RPAREN)
            if keep_parens or self.tok == tk.LBRACE:
                return ParenExpr(pos, x, end)
            self.skipped_parens(x, pos, end)
            return x
        if tok == tk.FUNC:
            self.next()
            signature = self.func_type("function type", pos)[1]
            if self.tok == tk.LBRACE:
                self.xnest += 1
                x = nodes.FuncLit(pos, signature, self.func_body())
                self.xnest -= 1
                return x
            return signature
        if tok in _TYPE_STARTS:
            return self.type()
        x = self.bad_expr()
        self.syntax_error("expected expression")
        self.advance(tk.RPAREN, tk.RBRACK, tk.RBRACE)
        return x

    def primary(self, x: Expr | None, keep_parens: bool) -> Expr:
        """An operand with the selectors, indices, calls and composite literals that follow; `x` is the operand if it was read already."""
        kinds = self.kinds
        if x is None:
            if self.tok == tk.NAME:
                i = self.i
                self.i = i + 1
                self.tok = kinds[i + 1]
                x = Name(self.offsets[i], self.values[i])
            else:
                x = self.operand(keep_parens)
        while True:
            tok = self.tok
            if tok == tk.DOT:
                i = self.i
                if kinds[i + 1] == tk.NAME:
                    self.i = i + 2
                    self.tok = kinds[i + 2]
                    x = SelectorExpr(self.offsets[i], x, Name(self.offsets[i + 1], self.values[i + 1]))
                else:
                    x = self._assertion(x)
            elif tok == tk.LPAREN:
                i = self.i
                self.i = i + 1
                self.tok = tok = kinds[i + 1]
                args: list[Expr] = []
                dots = False
                if tok == tk.RPAREN:
                    self.i = i + 2
                    self.tok = kinds[i + 2]
                    x = CallExpr(self.offsets[i], x, args, False, self.offsets[i + 1] + 1)
                    continue
                self.xnest += 1
                broken = False
                while self.tok != tk.EOF and self.tok != tk.RPAREN and not dots:
                    args.append(self.expr())
                    tok = self.tok
                    if tok == tk.DOT_DOT_DOT:
                        self.next()
                        dots = True
                        tok = self.tok
                    if tok == tk.COMMA:
                        self.i += 1
                        self.tok = kinds[self.i]
                    elif tok != tk.RPAREN and self.list_broken("argument list", tk.COMMA, tk.RPAREN):
                        broken = True
                        break
                end = self.offsets[self.i] + 1
                if not broken:
                    self.want(tk.RPAREN)
                self.xnest -= 1
                x = CallExpr(self.offsets[i], x, args, dots, end)
            elif tok == tk.LBRACK:
                x = self._index(x)
            elif tok == tk.LBRACE:
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
        if self.tok == tk.LPAREN:
            self.next()
            if self.got(tk.TYPE):
                x = nodes.TypeSwitchGuard(pos, None, x, self.pos() + 1)
            else:
                found = self.type()
                x = nodes.AssertExpr(pos, x, found, self.pos() + 1)
            self.want(tk.RPAREN)
        else:
            self.syntax_error("expected name or (")
            self.advance(tk.SEMI, tk.RPAREN)
        return x

    def _index(self, x: Expr) -> Expr:
        """Behind `x`: an index, type arguments, or a slice expression."""
        pos = self.offsets[self.i]
        self.next()
        index: Expr | None = None
        if self.tok != tk.COLON:
            comma = False
            if self.tok == tk.RBRACK:
                self.syntax_error("expected operand")
                index = self.bad_expr()
            else:
                index, comma = self.type_list(False)
            if comma or self.tok == tk.RBRACK:
                end = self.pos() + 1
                self.want(tk.RBRACK)
                return IndexExpr(pos, x, index, end)
        if not self.got(tk.COLON):
            self.syntax_error("expected comma, : or ]")
            self.advance(tk.COMMA, tk.COLON, tk.RBRACK)
        self.xnest += 1
        high: Expr | None = None
        highest: Expr | None = None
        full = False
        if self.tok != tk.COLON and self.tok != tk.RBRACK:
            high = self.expr()
        if self.tok == tk.COLON:
            full = True
            if high is None:
                self.error("middle index required in 3-index slice")
                high = self.bad_expr()
            self.next()
            if self.tok != tk.RBRACK:
                highest = self.expr()
            else:
                self.error("final index required in 3-index slice")
                highest = self.bad_expr()
        self.xnest -= 1
        end = self.pos() + 1
        self.want(tk.RBRACK)
        return nodes.SliceExpr(pos, x, index, high, highest, full, end)

    def _composite(self) -> nodes.CompositeLit:
        """`{...}` of a composite literal."""
        literal = nodes.CompositeLit(self.pos(), None, [], 0, 0)
        elements = literal.elem_list
        self.xnest += 1
        self.want(tk.LBRACE)
        broken = False
        while self.tok != tk.EOF and self.tok != tk.RBRACE:
            element = self._composite() if self.tok == tk.LBRACE else self.expr()
            if self.tok == tk.COLON:
                pos = self.offsets[self.i]
                self.next()
                element = nodes.KeyValueExpr(pos, element, self._composite() if self.tok == tk.LBRACE else self.expr())
                literal.nkeys += 1
            elements.append(element)
            if self.tok == tk.COMMA:
                i = self.i + 1
                self.i = i
                self.tok = self.kinds[i]
            elif self.tok != tk.RBRACE and self.list_broken("composite literal", tk.COMMA, tk.RBRACE):
                broken = True
                break
        literal.rbrace = self.pos()
        if not broken:
            self.want(tk.RBRACE)
        self.xnest -= 1
        return literal

    def expr_list(self) -> Expr:
        """One expression, or a ListExpr of those between commas."""
        x = self.expr()
        if self.tok == tk.COMMA:
            pos = x.pos
            expressions = [x]
            while self.tok == tk.COMMA:
                self.next()
                expressions.append(self.expr())
            return nodes.ListExpr(pos, expressions)
        return x

    def func_body(self) -> nodes.BlockStmt:
        """The body of a function: of a layer above."""
        self._of_a_layer_above()
