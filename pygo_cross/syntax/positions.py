# SPDX-License-Identifier: BSD-3-Clause
"""Where nodes start and end.

Two pairs of functions, for two purposes:
- `start_pos` and `end_pos` are cmd/compile's (src/cmd/compile/internal/syntax/positions.go), approximate where those are:
  scopes and some messages stand at them. The end of a name or literal is behind it, that of a block is its `}`, that of a
  call its last argument.
- `first` and `last` are exact: the first byte of a node, and the byte behind it, as go/ast's Pos and End give them. Where
  parentheses are no node, `File.parens` has them; an outer node then starts and ends with its outermost
  parenthesis, as it does in go/ast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from . import nodes
from .nodes import Expr, Node
from .tokens import TOKEN_NAMES

Parens = dict[Expr, list[tuple[int, int]]]
Step = Callable[[Any], "Node | int"]

_NO_PARENS: Final[Parens] = {}


def byte_length(text: str) -> int:
    """Length of a name or literal in the source, in bytes."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def start_pos(node: Node) -> int:
    """Where cmd/compile takes a node to start: a slice expression at its bracket, a file at its first byte."""
    return _follow(node, _START)


def end_pos(node: Node) -> int:
    """Where cmd/compile takes a node to end, more or less."""
    return _follow(node, _END)


def first(node: Node, parens: Parens = _NO_PARENS) -> int:
    """Position of the first byte of a node; `parens` are those of its file."""
    return _follow(node, _FIRST, parens, 0)


def last(node: Node, parens: Parens = _NO_PARENS) -> int:
    """Position behind the last byte of a node; `parens` are those of its file."""
    return _follow(node, _LAST, parens, 1)


def _follow(node: Node, steps: dict[type[Node], Step], parens: Parens = _NO_PARENS, side: int = 0) -> int:
    while True:
        step = steps.get(type(node))
        if step is None:
            return node.pos
        found = step(node)
        if isinstance(found, int):
            return found
        node = found
        if parens and isinstance(node, Expr) and node in parens:
            return parens[node][-1][side]


def _behind(node: nodes.Name | nodes.BasicLit) -> int:
    return node.pos + byte_length(node.value)


def _last_of(*lists: list[Any]) -> Node | None:
    """Last element of the first list that is not empty."""
    for some in lists:
        if some:
            element: Node = some[-1]
            return element
    return None


_START: Final[dict[type[Node], Step]] = {
    nodes.File: lambda n: n.source.base,
    nodes.CompositeLit: lambda n: n.type or n.pos,
    nodes.KeyValueExpr: lambda n: n.key,
    nodes.SelectorExpr: lambda n: n.x,
    nodes.IndexExpr: lambda n: n.x,
    nodes.AssertExpr: lambda n: n.x,
    nodes.TypeSwitchGuard: lambda n: n.lhs or n.x,
    nodes.Operation: lambda n: n.pos if n.y is None else n.x,
    nodes.CallExpr: lambda n: n.fun,
    nodes.ListExpr: lambda n: n.elem_list[0],
    nodes.SendStmt: lambda n: n.chan,
    nodes.AssignStmt: lambda n: n.lhs,
    nodes.RangeClause: lambda n: n.lhs or n.x,
}

_FIRST: Final[dict[type[Node], Step]] = {
    **_START,
    nodes.SliceExpr: lambda n: n.x,
    nodes.TypeSwitchGuard: lambda n: n.x,
    nodes.FuncLit: lambda n: n.type,
    nodes.FuncType: lambda n: n.func or n.pos,
    nodes.ChanType: lambda n: n.begin,
    nodes.FuncDecl: lambda n: n.type,
    nodes.Field: lambda n: n.name or n.type,
    nodes.LabeledStmt: lambda n: n.label,
    nodes.ExprStmt: lambda n: n.x,
    nodes.RangeClause: lambda n: n.lhs or n.pos,
}

_END: Final[dict[type[Node], Step]] = {
    nodes.File: lambda n: n.eof,
    nodes.ImportDecl: lambda n: n.path or n.pos,
    nodes.ConstDecl: lambda n: n.values or n.type or n.name_list[-1],
    nodes.TypeDecl: lambda n: n.type,
    nodes.VarDecl: lambda n: n.values or n.type or n.name_list[-1],
    nodes.FuncDecl: lambda n: n.body or n.type,
    nodes.Name: _behind,
    nodes.BasicLit: _behind,
    nodes.CompositeLit: lambda n: n.rbrace,
    nodes.KeyValueExpr: lambda n: n.value,
    nodes.FuncLit: lambda n: n.body,
    nodes.ParenExpr: lambda n: n.x,
    nodes.SelectorExpr: lambda n: n.sel,
    nodes.IndexExpr: lambda n: n.index,
    nodes.SliceExpr: lambda n: n.x,
    nodes.AssertExpr: lambda n: n.type,
    nodes.TypeSwitchGuard: lambda n: n.x,
    nodes.Operation: lambda n: n.y or n.x,
    nodes.CallExpr: lambda n: _last_of(n.arg_list) or n.fun,
    nodes.ListExpr: lambda n: _last_of(n.elem_list) or n.pos,
    nodes.ArrayType: lambda n: n.elem,
    nodes.SliceType: lambda n: n.elem,
    nodes.DotsType: lambda n: n.elem,
    nodes.StructType: lambda n: _last_of(n.field_list) or n.pos,
    nodes.Field: lambda n: n.type,
    nodes.InterfaceType: lambda n: _last_of(n.method_list) or n.pos,
    nodes.FuncType: lambda n: _last_of(n.result_list, n.param_list) or n.pos,
    nodes.MapType: lambda n: n.value,
    nodes.ChanType: lambda n: n.elem,
    nodes.LabeledStmt: lambda n: n.stmt,
    nodes.BlockStmt: lambda n: n.rbrace,
    nodes.ExprStmt: lambda n: n.x,
    nodes.SendStmt: lambda n: n.value,
    nodes.DeclStmt: lambda n: _last_of(n.decl_list) or n.pos,
    nodes.AssignStmt: lambda n: n.rhs or end_pos(n.lhs) + 2,
    nodes.BranchStmt: lambda n: n.label or n.pos,
    nodes.CallStmt: lambda n: n.call,
    nodes.ReturnStmt: lambda n: n.results or n.pos,
    nodes.IfStmt: lambda n: n.els or n.then,
    nodes.ForStmt: lambda n: n.body,
    nodes.SwitchStmt: lambda n: n.rbrace,
    nodes.SelectStmt: lambda n: n.rbrace,
    nodes.RangeClause: lambda n: n.x,
    nodes.CaseClause: lambda n: _last_of(n.body) or n.colon,
    nodes.CommClause: lambda n: _last_of(n.body) or n.colon,
}

_LAST: Final[dict[type[Node], Step]] = {
    **_END,
    nodes.CompositeLit: lambda n: n.rbrace + 1,
    nodes.ParenExpr: lambda n: n.end,
    nodes.IndexExpr: lambda n: n.end,
    nodes.SliceExpr: lambda n: n.end,
    nodes.AssertExpr: lambda n: n.end,
    nodes.TypeSwitchGuard: lambda n: n.end,
    nodes.CallExpr: lambda n: n.end,
    nodes.StructType: lambda n: n.end,
    nodes.InterfaceType: lambda n: n.end,
    nodes.FuncType: lambda n: n.end or n.result_list[-1],
    nodes.BlockStmt: lambda n: n.rbrace + 1,
    nodes.SwitchStmt: lambda n: n.rbrace + 1,
    nodes.SelectStmt: lambda n: n.rbrace + 1,
    nodes.CaseClause: lambda n: _last_of(n.body) or n.colon + 1,
    nodes.CommClause: lambda n: _last_of(n.body) or n.colon + 1,
    nodes.BranchStmt: lambda n: n.label or n.pos + len(TOKEN_NAMES[n.tok]),
    nodes.ReturnStmt: lambda n: n.results or n.pos + len("return"),
}
