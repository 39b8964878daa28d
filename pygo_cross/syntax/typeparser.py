# SPDX-License-Identifier: BSD-3-Clause
# ruff: noqa: SIM109 (a tuple of imported numbers would be built anew each time)
"""The layer of the parser that reads types, signatures and parameter lists."""

from __future__ import annotations

from typing import Final

from . import nodes
from .core import Cursor, token_string
from .nodes import Expr, Field, FuncType, IndexExpr, ListExpr, Name, Operation
from .positions import start_pos
from .tokens import (
    ARROW,
    BOTH_DIR,
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
    OPERATOR,
    OR,
    RBRACE,
    RBRACK,
    RECV_ONLY,
    RPAREN,
    SEMI,
    SEND_ONLY,
    STAR,
    STRUCT,
    TILDE,
)

_NO_TYPE: Final = nodes.BadExpr(0)
"""The type of a parameter that shares the one behind it, until that is read."""


class TypeParser(Cursor):
    """Parses types."""

    __slots__ = ()

    def type(self) -> Expr:
        """A type; complains if there is none."""
        found = self.type_or_none()
        if found is None:
            found = self.bad_expr()
            self.syntax_error("expected type")
            self.advance(COMMA, COLON, SEMI, RPAREN, RBRACK, RBRACE)
        return found

    def type_or_none(self) -> Expr | None:
        """A type, if one starts here."""
        tok = self.tok
        if tok == NAME:
            return self.qualified_name(None)
        pos = self.offsets[self.i]
        if tok == STAR:
            self.next()
            return Operation(pos, MUL, self.type(), None)
        if tok == LBRACK:
            self.next()
            if self.tok == RBRACK:
                self.next()
                return nodes.SliceType(pos, self.type())
            return self.array_type(pos, None)
        if tok == FUNC:
            self.next()
            return self.func_type("function type", pos)[1]
        if tok == MAP:
            self.next()
            self.want(LBRACK)
            key = self.type()
            self.want(RBRACK)
            return nodes.MapType(pos, key, self.type())
        if tok == STRUCT:
            return self.struct_type()
        if tok == INTERFACE:
            return self.interface_type()
        if tok == CHAN:
            self.next()
            arrow = self.offsets[self.i]
            if self.got(ARROW):
                return nodes.ChanType(pos, SEND_ONLY, self.chan_elem(), pos, arrow)
            return nodes.ChanType(pos, BOTH_DIR, self.chan_elem(), pos, 0)
        if tok == ARROW:
            self.next()
            self.want(CHAN)
            return nodes.ChanType(pos, RECV_ONLY, self.chan_elem(), pos, pos)
        if tok == LPAREN:
            self.next()
            found = self.type()
            end = self.pos() + 1
            self.want(RPAREN)
            self.skipped_parens(found, pos, end)
            return found
        return None

    def qualified_name(self, name: Name | None) -> Expr:
        """`name`, `name.name` or either with type arguments; `name` is given if it was read already."""
        x: Expr
        if name is not None:
            x = name
        elif self.tok == NAME:
            i = self.i
            self.i = i + 1
            self.tok = self.kinds[i + 1]
            x = Name(self.offsets[i], self.values[i])
        else:
            x = Name(self.pos(), "_")
            self.syntax_error("expected name")
            self.advance(DOT, SEMI, RBRACE)
        if self.tok == DOT:
            pos = self.offsets[self.i]
            self.next()
            x = nodes.SelectorExpr(pos, x, self.name())
        if self.tok == LBRACK:
            x = self._type_instance(x)
        return x

    def _type_instance(self, x: Expr) -> Expr:
        pos = self.offsets[self.i]
        self.next()
        index: Expr
        if self.tok == RBRACK:
            self.syntax_error("expected type argument list")
            index = self.bad_expr()
        else:
            index, _ = self.type_list(True)
        end = self.pos() + 1
        self.want(RBRACK)
        return IndexExpr(pos, x, index, end)

    def type_list(self, strict: bool) -> tuple[Expr, bool]:
        """Types with commas between them and perhaps behind, and whether there was a comma; unless `strict`, the first may be any
        expression."""
        self.xnest += 1
        x = self.type() if strict else self.expr()
        comma = self.got(COMMA)
        if comma:
            found = self.type_or_none()
            if found is not None:
                types = [x, found]
                while self.got(COMMA):
                    found = self.type_or_none()
                    if found is None:
                        break
                    types.append(found)
                x = ListExpr(x.pos, types)
        self.xnest -= 1
        return x, comma

    def func_type(self, context: str, func: int) -> tuple[list[Field], FuncType]:
        """Type parameters and signature, behind the `func` at position `func` if there is one. With a `context`, there may be no type
        parameters."""
        type_params: list[Field] = []
        if self.tok == LPAREN:
            pos = self.offsets[self.i]
            self.next()
            params, end = self.param_list(None, None, RPAREN, False, True)
            return type_params, self._results(pos, params, func, end)
        pos = self.pos()
        if self.tok == LBRACK:
            self.next()
            if context:
                self.syntax_error_at(pos, f"{context} must have no type parameters")
            if self.tok == RBRACK:
                self.syntax_error("empty type parameter list")
                self.next()
            else:
                type_params = self.param_list(None, None, RBRACK, True, False)[0]
        self.want(LPAREN)
        params, end = self.param_list(None, None, RPAREN, False, True)
        return type_params, self._results(pos, params, func, end)

    def _results(self, pos: int, params: list[Field], func: int, end: int) -> FuncType:
        """The signature at `pos`, when its parameters were read up to `end`."""
        results: list[Field] = []
        tok = self.tok
        if tok == LPAREN:
            self.next()
            results, end = self.param_list(None, None, RPAREN, False, False)
        elif tok != LBRACE and tok != SEMI and tok != RPAREN and tok != COMMA:
            where = self.offsets[self.i]
            result = self.type_or_none()
            if result is not None:
                results = [Field(where, None, result)]
                end = 0
        return FuncType(pos, params, results, func, end)

    def array_type(self, pos: int, length: Expr | None) -> Expr:
        """The rest of an array type whose `[` is at `pos`; `length` if it was read already."""
        if length is None and not self.got(DOT_DOT_DOT):
            self.xnest += 1
            length = self.expr()
            self.xnest -= 1
        if self.tok == COMMA:
            self.syntax_error("unexpected comma; expected ]")
            self.next()
        self.want(RBRACK)
        return nodes.ArrayType(pos, length, self.type())

    def chan_elem(self) -> Expr:
        """The element type of a channel."""
        found = self.type_or_none()
        if found is None:
            found = self.bad_expr()
            self.syntax_error("missing channel element type")
        return found

    def struct_type(self) -> nodes.StructType:
        """A struct type, at its keyword."""
        pos = self.pos()
        self.want(STRUCT)
        self.want(LBRACE)
        struct = nodes.StructType(pos, [], [], 0)
        while self.tok != EOF and self.tok != RBRACE:
            self._field_decl(struct)
            if self.tok == SEMI:
                self.next()
            elif self.tok != RBRACE and self.list_broken("struct type", SEMI, RBRACE):
                struct.end = self.pos()
                return struct
        struct.end = self.pos() + 1
        self.want(RBRACE)
        return struct

    def _field_decl(self, struct: nodes.StructType) -> None:
        tok = self.tok
        pos = self.pos()
        if tok == NAME:
            name = self.name()
            tok = self.tok
            if tok == DOT or tok == LITERAL or tok == SEMI or tok == RBRACE:
                self._add_field(struct, pos, None, self.qualified_name(name))
                return
            if tok == LBRACK:
                # A field of an array or slice type, or an embedded generic type.
                found = self._array_or_type_args(name)
                self._add_field(struct, pos, None if type(found) is IndexExpr else name, found)
                return
            names = self.name_list(name)
            shared = self.type()
            tag = self.literal_or_none()
            for name in names:
                self._append_field(struct, name.pos, name, shared, tag)
            return
        if tok == STAR:
            self.next()
            if self.tok == LPAREN:
                self.syntax_error("cannot parenthesize embedded type")
                self.next()
                embedded = self.qualified_name(None)
                self.got(RPAREN)
            else:
                embedded = self.qualified_name(None)
            self._add_field(struct, pos, None, Operation(pos, MUL, embedded, None))
        elif tok == LPAREN:
            self.syntax_error("cannot parenthesize embedded type")
            self.next()
            if self.tok == STAR:
                star = self.pos()
                self.next()
                embedded = Operation(star, MUL, self.qualified_name(None), None)
            else:
                embedded = self.qualified_name(None)
            self.got(RPAREN)
            self._add_field(struct, pos, None, embedded)
        else:
            self.syntax_error("expected field name or embedded type")
            self.advance(SEMI, RBRACE)

    def _add_field(self, struct: nodes.StructType, pos: int, name: Name | None, type: Expr) -> None:
        self._append_field(struct, pos, name, type, self.literal_or_none())

    def _append_field(self, struct: nodes.StructType, pos: int, name: Name | None, type: Expr, tag: nodes.BasicLit | None) -> None:
        if tag is not None:
            missing = len(struct.field_list) - len(struct.tag_list)
            if missing:
                struct.tag_list += [None] * missing
            struct.tag_list.append(tag)
        struct.field_list.append(Field(pos, name, type))

    def _array_or_type_args(self, name: Name) -> Expr:
        """Behind `name`: `[]E`, `[n]E`, or type arguments, which make an IndexExpr of `name`."""
        pos = self.offsets[self.i]
        self.next()
        if self.got(RBRACK):
            return nodes.SliceType(pos, self.type())
        index, comma = self.type_list(False)
        end = self.pos() + 1
        self.want(RBRACK)
        if not comma:
            elem = self.type_or_none()
            if elem is not None:
                return nodes.ArrayType(pos, index, elem)
        return IndexExpr(pos, name, index, end)

    def interface_type(self) -> nodes.InterfaceType:
        """An interface type, at its keyword."""
        pos = self.pos()
        self.want(INTERFACE)
        self.want(LBRACE)
        methods: list[Field] = []
        while self.tok != EOF and self.tok != RBRACE:
            method: Field | None = None
            if self.tok == NAME:
                method = self._method_decl()
            if method is None or method.name is None:
                method = self._embedded_elem(method)
            methods.append(method)
            if self.tok == SEMI:
                self.next()
            elif self.tok != RBRACE and self.list_broken("interface type", SEMI, RBRACE):
                return nodes.InterfaceType(pos, methods, self.pos())
        end = self.pos() + 1
        self.want(RBRACE)
        return nodes.InterfaceType(pos, methods, end)

    def _method_decl(self) -> Field:
        """A method, or an embedded type that starts with a name."""
        context = "interface method"
        pos = self.pos()
        name = self.name()
        if self.tok == LPAREN:
            return Field(pos, name, self.func_type(context, 0)[1])
        if self.tok != LBRACK:
            return Field(pos, None, self.qualified_name(name))
        # A method with type parameters, which is an error, or an embedded generic type.
        opening = self.pos()
        self.next()
        if self.tok == RBRACK:
            where = self.pos()
            self.next()
            if self.tok == LPAREN:
                self.error_at(where, "empty type parameter list")
                return Field(pos, name, self.func_type(context, 0)[1])
            self.error_at(where, "empty type argument list")
            return Field(pos, None, name)
        # Type arguments look like parameters without names.
        params, end = self.param_list(None, None, RBRACK, False, False)
        if not params:
            if self.tok == LPAREN:
                return Field(pos, name, self.func_type(context, 0)[1])
            return Field(pos, None, name)
        if params[0].name is not None:
            method = Field(pos, name, self.func_type(context, 0)[1])
            self.error_at(opening, "interface method must have no type parameters")
            return method
        index = params[0].type if len(params) == 1 else ListExpr(params[0].pos, [param.type for param in params])
        return Field(pos, None, IndexExpr(opening, name, index, end))

    def _embedded_elem(self, field: Field | None) -> Field:
        """Terms with `|` between them; `field` has the first one if it was read already."""
        if field is None:
            pos = self.pos()
            field = Field(pos, None, self._embedded_term())
        while self.tok == OPERATOR and self.values[self.i] == OR:
            pos = self.offsets[self.i]
            self.next()
            field.type = Operation(pos, OR, field.type, self._embedded_term())
        return field

    def _embedded_term(self) -> Expr:
        if self.tok == OPERATOR and self.values[self.i] == TILDE:
            pos = self.offsets[self.i]
            self.next()
            return Operation(pos, TILDE, self.type(), None)
        found = self.type_or_none()
        if found is None:
            found = self.bad_expr()
            self.syntax_error("expected ~ term or type")
            self.advance(OPERATOR, SEMI, RPAREN, RBRACK, RBRACE)
        return found

    def param_list(self, name: Name | None, type: Expr | None, close: int, require_names: bool, dots_ok: bool) -> tuple[list[Field], int]:
        """Parameters up to `close`, which is taken, and the position behind it. What was read already of the first one is `name` and
        perhaps `type`. All of them have a name, or none has; `require_names` is for type parameters; `dots_ok` says that the last
        may be `...T`."""
        params: list[Field] = []
        if name is not None and type is not None and self.tok == close:
            end = self.pos() + 1
            self.next()
            return [Field(name.pos, name, type)], end
        named = typed = 0
        broken = False
        dots = False
        while self.tok != EOF and self.tok != close:
            if name is not None and type is not None:
                param: Field | None = Field(name.pos, name, type)
            else:
                param = self._param_decl(name, close)
            name = type = None
            if param is not None:
                # While a list is being read, a parameter may lack its type.
                if param.type is not _NO_TYPE:
                    typed += 1
                    if param.name is not None:
                        named += 1
                    if param.type.__class__ is nodes.DotsType:
                        dots = True
                params.append(param)
            if self.tok == COMMA:
                self.next()
            elif self.tok != close and self.list_broken("parameter list", COMMA, close):
                broken = True
                break
        if self.tok == close:
            closing = self.offsets[self.i]
            self.next()
        else:
            closing = self.pos()
            if not broken:
                self.want(close)
        if not params:
            return params, closing + 1
        if named == 0 and not require_names:
            # What look like names alone are types.
            for param in params:
                if param.name is not None:
                    param.type = param.name
                    param.name = None
        elif named != len(params):
            self._distribute(params, named == typed, closing, require_names)
        if dots:
            self._check_dots(params, dots_ok)
        return params, closing + 1

    def _distribute(self, params: list[Field], trailing: bool, closing: int, require_names: bool) -> None:
        """Gives names without a type the type that follows, and complains where there is none; `trailing` says that only types are
        missing."""
        wrong = 0
        current: Expr | None = None
        for param in reversed(params):
            if param.type is not _NO_TYPE:
                current = param.type
                if param.name is None:
                    wrong = start_pos(current)
                    param.name = Name(wrong, "_")
            elif current is not None:
                param.type = current
            else:
                assert param.name is not None
                wrong = param.name.pos
                param.type = nodes.BadExpr(wrong)
        if not wrong:
            return
        if trailing:
            wrong = closing
            message = "missing type constraint" if require_names else "missing parameter type"
        elif require_names:
            message = "missing type parameter name"
            if len(params) == 1:
                message += " or invalid array length"
        else:
            message = "missing parameter name"
        self.syntax_error_at(wrong, message)

    def _check_dots(self, params: list[Field], dots_ok: bool) -> None:
        """Complains of the first `...` that may not be there, and takes away all of those."""
        first = True
        for number, param in enumerate(params, 1):
            dots = param.type
            if type(dots) is nodes.DotsType and (not dots_ok or number < len(params)):
                if first:
                    first = False
                    self.error_at(dots.pos, "can only use ... with final parameter" if dots_ok else "invalid use of ...")
                param.type = dots.elem

    def _param_decl(self, name: Name | None, follow: int) -> Field | None:
        """A parameter, which may be only a name (its type is then `_NO_TYPE` until the list is complete); `name` if it was read already.
        None if there is none here."""
        type_sets = follow == RBRACK
        i = self.i
        if name is not None:
            pos = name.pos
        else:
            pos = self.offsets[i]
            if type_sets and self.tok == OPERATOR and self.values[i] == TILDE:
                return self._embedded_elem(None)
        field = Field(pos, None, _NO_TYPE)
        if self.tok == NAME or name is not None:
            if name is None:
                self.i = i + 1
                self.tok = self.kinds[i + 1]
                name = Name(pos, self.values[i])
            tok = self.tok
            if tok == COMMA or tok == RPAREN:
                field.name = name
                return field
            if tok == LBRACK:
                field.type = self._array_or_type_args(name)
                if type(field.type) is not IndexExpr:
                    field.name = name
                if type_sets and self.tok == OPERATOR and self.values[self.i] == OR:
                    field = self._embedded_elem(field)
                return field
            if tok == DOT:
                field.type = self.qualified_name(name)
                if type_sets and self.tok == OPERATOR and self.values[self.i] == OR:
                    field = self._embedded_elem(field)
                return field
            if type_sets and tok == OPERATOR and self.values[self.i] == OR:
                field.type = name
                return self._embedded_elem(field)
            field.name = name
        if self.tok == DOT_DOT_DOT:
            where = self.offsets[self.i]
            self.next()
            elem = self.type_or_none()
            if elem is None:
                field.type = self.bad_expr()
                self.syntax_error("... is missing type")
            else:
                field.type = nodes.DotsType(where, elem)
            return field
        if type_sets and self.tok == OPERATOR and self.values[self.i] == TILDE:
            field.type = self._embedded_elem(None).type
            return field
        found = self.type_or_none()
        if found is not None:
            field.type = found
            if type_sets and self.tok == OPERATOR and self.values[self.i] == OR:
                field = self._embedded_elem(field)
            return field
        if field.name is not None:
            return field
        self.syntax_error("expected " + token_string(follow))
        self.advance(COMMA, follow)
        return None
