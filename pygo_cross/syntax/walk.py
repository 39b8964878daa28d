# SPDX-License-Identifier: BSD-3-Clause
"""Going over trees without knowing each form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from . import nodes
from .nodes import Node

_CHILDREN: Final[dict[type[Node], Callable[[Any], list[Node | None]]]] = {
    nodes.File: lambda n: [n.pkg_name, *n.decl_list],
    nodes.ImportDecl: lambda n: [n.local_pkg_name, n.path],
    nodes.ConstDecl: lambda n: [*n.name_list, n.type, n.values],
    nodes.TypeDecl: lambda n: [n.name, *n.tparam_list, n.type],
    nodes.VarDecl: lambda n: [*n.name_list, n.type, n.values],
    nodes.FuncDecl: lambda n: [n.recv, n.name, *n.tparam_list, n.type, n.body],
    nodes.Field: lambda n: [n.name, n.type],
    nodes.CompositeLit: lambda n: [n.type, *n.elem_list],
    nodes.KeyValueExpr: lambda n: [n.key, n.value],
    nodes.FuncLit: lambda n: [n.type, n.body],
    nodes.ParenExpr: lambda n: [n.x],
    nodes.SelectorExpr: lambda n: [n.x, n.sel],
    nodes.IndexExpr: lambda n: [n.x, n.index],
    nodes.SliceExpr: lambda n: [n.x, n.low, n.high, n.max],
    nodes.AssertExpr: lambda n: [n.x, n.type],
    nodes.TypeSwitchGuard: lambda n: [n.lhs, n.x],
    nodes.Operation: lambda n: [n.x, n.y],
    nodes.CallExpr: lambda n: [n.fun, *n.arg_list],
    nodes.ListExpr: lambda n: [*n.elem_list],
    nodes.ArrayType: lambda n: [n.len, n.elem],
    nodes.SliceType: lambda n: [n.elem],
    nodes.DotsType: lambda n: [n.elem],
    nodes.StructType: lambda n: [*n.field_list, *n.tag_list],
    nodes.InterfaceType: lambda n: [*n.method_list],
    nodes.FuncType: lambda n: [*n.param_list, *n.result_list],
    nodes.MapType: lambda n: [n.key, n.value],
    nodes.ChanType: lambda n: [n.elem],
    nodes.LabeledStmt: lambda n: [n.label, n.stmt],
    nodes.BlockStmt: lambda n: [*n.list],
    nodes.ExprStmt: lambda n: [n.x],
    nodes.SendStmt: lambda n: [n.chan, n.value],
    nodes.DeclStmt: lambda n: [*n.decl_list],
    nodes.AssignStmt: lambda n: [n.lhs, n.rhs],
    nodes.BranchStmt: lambda n: [n.label],
    nodes.CallStmt: lambda n: [n.call],
    nodes.ReturnStmt: lambda n: [n.results],
    nodes.IfStmt: lambda n: [n.init, n.cond, n.then, n.els],
    nodes.ForStmt: lambda n: [n.init, n.cond, n.post, n.body],
    nodes.SwitchStmt: lambda n: [n.init, n.tag, *n.body],
    nodes.SelectStmt: lambda n: [*n.body],
    nodes.RangeClause: lambda n: [n.lhs, n.x],
    nodes.CaseClause: lambda n: [n.cases, *n.body],
    nodes.CommClause: lambda n: [n.comm, *n.body],
}


def children(node: Node) -> list[Node]:
    """The nodes directly below a node, in the order of their fields; a type that several names share is below each of their fields."""
    of = _CHILDREN.get(type(node))
    return [child for child in of(node) if child is not None] if of is not None else []


def walk(root: Node) -> Iterator[Node]:
    """`root` and all nodes below it, a node before those below it, in the order of their fields. A type that several names share comes
    once for each of them."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(children(node))
