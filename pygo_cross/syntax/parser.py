# SPDX-License-Identifier: BSD-3-Clause
"""Source files into trees: declarations, the file as a whole, and `parse`, the entrance to the package.

`parse` returns a tree and all errors; what can be made of a file that has errors is made. Without a tree are only a file
without a right package clause, and one in which parsing came to a limit.
"""

from __future__ import annotations

import posixpath
from typing import Final, NamedTuple, final

from ..recursion import recursion
from . import nodes
from . import tokens as tk
from .core import NEVER, SyntaxProblem, TooManyProblems
from .directives import Directive, DirectiveReader, DirectiveRules, Effect, Embed, Pragma, misplaced
from .goversion import go_version
from .linedirective import read_line_directive
from .nodes import CallExpr, Decl, Expr, Field, FuncDecl, FuncType, Name, Operation, ParenExpr
from .scanner import Tokens, scan
from .source import SourceFile
from .stmtparser import StmtParser

_DECLARATION_STARTS: Final = (tk.IMPORT, tk.CONST, tk.TYPE, tk.VAR, tk.FUNC)
_TYPE_ELEMENTS: Final = frozenset(
    (
        nodes.ArrayType,
        nodes.StructType,
        FuncType,
        nodes.InterfaceType,
        nodes.SliceType,
        nodes.MapType,
        nodes.ChanType,
    )
)
_DEPTH: Final = 500_000
"""Calls that may be open at a time while parsing: each level of nesting takes up to five."""

MOST_PROBLEMS: Final = 10_000
"""Errors in one file that anybody could want to see."""


class Parsed(NamedTuple):
    """The tree of a file, if there is one, and its errors in the order in which Go's parser finds them."""

    file: nodes.File | None
    problems: list[SyntaxProblem]


def parse(file: SourceFile, rules: DirectiveRules | None = None, check_branches: bool = True, limit: int = MOST_PROBLEMS) -> Parsed:
    """Parses `file.source`. Compiler directives are read if there are `rules` for them; `check_branches` asks for the rules of labels,
    break, continue, goto and fallthrough; after `limit` errors parsing stops."""
    tokens = scan(file.source, file.base)
    parser = FileParser(file, tokens, rules, check_branches, limit)
    tree: nodes.File | None = None
    try:
        with recursion(_DEPTH):
            tree = parser.file_or_none()
    except TooManyProblems:
        pass
    except RecursionError:
        parser.problems.append(SyntaxProblem(parser.i, 1, parser.pos(), "syntax error: nesting is too deep"))
    problems = parser.problems
    if parser.scan_problems:
        # Go's scanner goes no further than its parser.
        scanned = [problem for problem in parser.scan_problems if problem.token <= parser.i]
        problems = sorted(scanned + problems, key=lambda problem: problem[:2])
    return Parsed(tree, problems[:limit] if len(problems) > limit else problems)


@final
class FileParser(StmtParser):
    """Parses a file."""

    __slots__ = ("_directives", "_effects", "_reader", "_taken", "go_version", "scan_problems")

    def __init__(self, file: SourceFile, tokens: Tokens, rules: DirectiveRules | None, check_branches: bool, limit: int) -> None:
        super().__init__(file, tokens, limit)
        self.check_branches = check_branches
        self.branch_targets = {}
        self.go_version = ""
        self.scan_problems = [SyntaxProblem(error.token, 0, file.base + error.offset, error.message) for error in tokens.errors]
        self._directives: list[Directive] = []
        self._effects: list[Effect] = []
        self._taken = 0
        self._reader: DirectiveReader | None = None
        if rules is not None:
            cgo_file = posixpath.basename(file.name).startswith("_cgo_")
            self._reader = DirectiveReader(rules, cgo_file, self._report_later)
        file.line_bases.clear()
        if tokens.directives:
            self._read_directives(tokens)

    def _report_later(self, pos: int, message: str) -> None:
        self.scan_problems.append(SyntaxProblem(self.i, 0, pos, message))

    def _read_directives(self, tokens: Tokens) -> None:
        """Reads line directives and `//go:` comments, whose errors count as the scanner's."""
        reader = self._reader
        base = self.file.base
        for comment in tokens.directives:
            if comment.text.startswith(("//line ", "/*line ")):
                number = comment.token

                def report(offset: int, message: str, number: int = number) -> None:
                    self.scan_problems.append(SyntaxProblem(number, 0, base + offset, message))
                    self._counted.append(number)

                read_line_directive(self.file, comment.offset, comment.text, report)
                continue
            text = comment.text.encode("latin-1").decode("utf-8", "surrogateescape").removesuffix("\r")
            self._directives.append(Directive(base + comment.offset + 2, text[2:]))
            if comment.token == 0 and text.startswith("//go:build"):
                # A line that is no constraint changes nothing.
                self.go_version = go_version(text, self.go_version)
            if reader is not None:
                self.i = comment.token
                reader.read(comment.token, base + comment.offset + 2, comment.blank, text[2:])
        self.i = 0
        self._counted.sort()
        self._put_in_order(tokens)
        if reader is not None and reader.effects:
            self._effects = reader.effects
            self.next_directive = reader.effects[0].token

    def _put_in_order(self, tokens: Tokens) -> None:
        """Sorts the problems of scanner and directives as a scanner that reads directives itself comes upon them: by tokens, then by
        how far it has read, which at an error is no less than where the error before stands."""
        if not self.scan_problems:
            return
        scanned = len(tokens.errors)
        reached, order = 0, []
        for number, problem in enumerate(self.scan_problems):
            reached = max(reached, problem.pos) if number < scanned else problem.pos
            order.append((problem.token, reached, number))
        self.scan_problems = [self.scan_problems[number] for _, _, number in sorted(order)]

    def take_pragma(self) -> Pragma | None:
        """The directives up to the current token that were not taken yet."""
        if self.i < self.next_directive:
            return None
        pragma = Pragma()
        effects, taken = self._effects, self._taken
        while taken < len(effects) and effects[taken].token <= self.i:
            effect = effects[taken]
            if effect.patterns is not None:
                pragma.embeds.append(Embed(effect.pos, effect.patterns))
            else:
                pragma.flags |= effect.flags
                pragma.places.append((effect.flags, effect.pos))
            taken += 1
        self._taken = taken
        self.next_directive = effects[taken].token if taken < len(effects) else NEVER
        return pragma

    def clear_pragma(self) -> None:
        """Complains of the directives up to the current token that were not taken yet."""
        pragma = self.take_pragma()
        if pragma is not None:
            misplaced(pragma, self.report)

    def file_or_none(self) -> nodes.File | None:
        """The whole file, None without a right package clause."""
        pos = self.pos()
        version = self.go_version
        if self.tok != tk.PACKAGE:
            self.syntax_error("package statement must be first")
            return None
        self.next()
        pragma = self.take_pragma()
        file = nodes.File(pos, self.file, version, pragma, self.name())
        self.want(tk.SEMI)
        if self.errors_so_far():
            return None
        declarations = file.decl_list
        previous = tk.IMPORT
        while self.tok != tk.EOF:
            tok = self.tok
            if tok == tk.IMPORT and previous != tk.IMPORT:
                self.syntax_error("imports must appear before other declarations")
            previous = tok
            if tok == tk.FUNC:
                declarations.append(self._func_decl())
            elif tok in _DECLARATION_STARTS:
                self.next()
                declarations += self.declarations(tok)
            else:
                if tok == tk.LBRACE and declarations and type(last := declarations[-1]) is FuncDecl and last.body is None:
                    self.syntax_error("unexpected semicolon or newline before {")
                else:
                    self.syntax_error("non-declaration statement outside function body")
                self.advance(*_DECLARATION_STARTS)
                continue
            # Before the semicolon is taken: directives behind it belong to the next declaration.
            if self.i >= self.next_directive:
                self.clear_pragma()
            if self.tok != tk.EOF and not self.got(tk.SEMI):
                self.syntax_error("after top level declaration")
                self.advance(*_DECLARATION_STARTS)
        self.clear_pragma()
        file.eof = self.pos()
        file.parens = self.parens
        file.directives = self._directives
        file.branch_targets = self.branch_targets
        if self._reader is not None:
            file.linknames = self._reader.linknames
            file.cgo_directives = self._reader.cgo
        return file

    def declarations(self, keyword: int) -> list[Decl]:
        """Behind a keyword: one specification, or several in parentheses."""
        if self.tok != tk.LPAREN:
            return [self._declaration(keyword, 0)]
        self.clear_pragma()
        group = self.offsets[self.i]
        self.next()
        declarations: list[Decl] = []
        while self.tok != tk.EOF and self.tok != tk.RPAREN:
            declarations.append(self._declaration(keyword, group))
            if self.tok == tk.SEMI:
                self.next()
            elif self.tok != tk.RPAREN and self.list_broken("grouped declaration", tk.SEMI, tk.RPAREN):
                return declarations
        self.want(tk.RPAREN)
        return declarations

    def _declaration(self, keyword: int, group: int) -> Decl:
        pos = self.pos()
        pragma = self.take_pragma()
        if keyword == tk.CONST:
            return self._const_decl(pos, group, pragma)
        if keyword == tk.VAR:
            return self._var_decl(pos, group, pragma)
        if keyword == tk.TYPE:
            return self._type_decl(pos, group, pragma)
        return self._import_decl(pos, group, pragma)

    def _import_decl(self, pos: int, group: int, pragma: Pragma | None) -> Decl:
        name: Name | None = None
        if self.tok == tk.NAME:
            name = self.name()
        elif self.tok == tk.DOT:
            name = Name(self.pos(), ".")
            self.next()
        path = self.literal_or_none()
        if path is None:
            self.syntax_error("missing import path")
            self.advance(tk.SEMI, tk.RPAREN)
        elif not path.bad and path.kind != tk.STRING_LIT:
            self.syntax_error_at(path.pos, "import path must be a string")
            path.bad = True
        return nodes.ImportDecl(pos, group, pragma, name, path)

    def _const_decl(self, pos: int, group: int, pragma: Pragma | None) -> Decl:
        names = self.name_list(self.name())
        type_: Expr | None = None
        values: Expr | None = None
        if self.tok != tk.EOF and self.tok != tk.SEMI and self.tok != tk.RPAREN:
            type_ = self.type_or_none()
            if self.got_assign():
                values = self.expr_list()
        return nodes.ConstDecl(pos, group, pragma, names, type_, values)

    def _var_decl(self, pos: int, group: int, pragma: Pragma | None) -> Decl:
        names = self.name_list(self.name())
        type_: Expr | None = None
        values: Expr | None = None
        if self.got_assign():
            values = self.expr_list()
        else:
            type_ = self.type()
            if self.got_assign():
                values = self.expr_list()
        return nodes.VarDecl(pos, group, pragma, names, type_, values)

    def _type_decl(self, pos: int, group: int, pragma: Pragma | None) -> Decl:
        name = self.name()
        type_params: list[Field] = []
        alias = False
        type_: Expr | None
        if self.tok == tk.LBRACK:
            opening = self.offsets[self.i]
            self.next()
            if self.tok == tk.NAME:
                # An array type or type parameters. Both begin with an expression, unless the name is followed by `[`: that is the
                # constraint of a type parameter, for an index is no constant and so no length.
                x: Expr = self.name()
                if self.tok != tk.LBRACK:
                    self.xnest += 1
                    x = self.binary(self.primary(x, False), 0)
                    self.xnest -= 1
                first, constraint = self._extract_name(x, self.tok == tk.COMMA)
                if first is not None and (constraint is not None or self.tok != tk.RBRACK):
                    type_params = self.param_list(first, constraint, tk.RBRACK, True, False)[0]
                    alias = self.got_assign()
                    type_ = self.type_or_none()
                else:
                    type_ = self.array_type(opening, x)
            elif self.tok == tk.RBRACK:
                self.next()
                type_ = nodes.SliceType(opening, self.type())
            else:
                type_ = self.array_type(opening, None)
        else:
            alias = self.got_assign()
            type_ = self.type_or_none()
        if type_ is None:
            type_ = self.bad_expr()
            self.syntax_error("in type declaration")
            self.advance(tk.SEMI, tk.RPAREN)
        return nodes.TypeDecl(pos, group, pragma, name, type_params, alias, type_)

    def _extract_name(self, x: Expr, force: bool) -> tuple[Name | None, Expr | None]:
        """Reads an expression as the name of a type parameter and its constraint, where it can be both and either must be the latter or
        `force` is set: `P *E` is not `P * E`. A name alone has no constraint; with no name, the expression is what it was."""
        if type(x) is Name:
            return x, None
        if type(x) is Operation and x.y is not None:
            if x.op == tk.MUL:
                if type(x.x) is Name and (force or _is_type_element(x.y)):
                    return x.x, Operation(x.pos, tk.MUL, x.y, None)
            elif x.op == tk.OR:
                name, rest = self._extract_name(x.x, force or _is_type_element(x.y))
                if name is not None and rest is not None:
                    return name, Operation(x.pos, tk.OR, rest, x.y)
        elif type(x) is CallExpr and type(x.fun) is Name and len(x.arg_list) == 1 and not x.has_dots:
            argument = x.arg_list[0]
            if force or _is_type_element(argument):
                bare = self.bare(argument)
                self.skipped_parens(bare, x.pos, x.end)
                return x.fun, bare
        return None, x

    def _func_decl(self) -> FuncDecl:
        func = self.offsets[self.i]
        self.next()
        pos = self.pos()
        pragma = self.take_pragma()
        receiver: Field | None = None
        has_receiver = self.got(tk.LPAREN)
        if has_receiver:
            receivers = self.param_list(None, None, tk.RPAREN, False, False)[0]
            if not receivers:
                self.error("method has no receiver")
            else:
                if len(receivers) > 1:
                    self.error("method has multiple receivers")
                receiver = receivers[0]
        type_params: list[Field] = []
        if self.tok == tk.NAME:
            name = self.name()
            type_params, signature = self.func_type("", func)
        else:
            name = Name(self.pos(), "_")
            signature = FuncType(self.pos(), [], [], func, self.pos())
            self.syntax_error("expected name" if has_receiver else "expected name or (")
            self.advance(tk.LBRACE, tk.SEMI)
        body = self.func_body() if self.tok == tk.LBRACE else None
        return FuncDecl(pos, pragma, receiver, name, type_params, signature, body)


def _is_type_element(x: Expr) -> bool:
    """Whether `x` can only be a type, going by syntax alone."""
    if type(x) in _TYPE_ELEMENTS:
        return True
    if type(x) is Operation:
        return _is_type_element(x.x) or (x.y is not None and _is_type_element(x.y)) or x.op == tk.TILDE
    if type(x) is ParenExpr:
        return _is_type_element(x.x)
    return False
