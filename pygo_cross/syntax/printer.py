# SPDX-License-Identifier: BSD-3-Clause
"""Nodes as messages write them: on one line, with `…` for what is inside functions and composite literals.

The form is that of the function String of src/cmd/compile/internal/syntax/printer.go (its ShortForm).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from . import nodes
from . import tokens as tk
from .nodes import Expr, Field, Node


def expr_string(node: Node) -> str:
    """An expression, type or simple statement."""
    return _PRINTERS[type(node)](node)


def _list(elements: Sequence[Expr]) -> str:
    return ", ".join([expr_string(element) for element in elements])


def _operation(x: nodes.Operation) -> str:
    if x.y is None:
        return tk.OPERATOR_NAMES[x.op] + expr_string(x.x)
    # A sum of many terms nests to the left: that is no reason to nest calls.
    parts: list[str] = []
    left: Expr = x
    while type(left) is nodes.Operation and left.y is not None:
        parts.append(f" {tk.OPERATOR_NAMES[left.op]} {expr_string(left.y)}")
        left = left.x
    parts.append(expr_string(left))
    return "".join(reversed(parts))


def _slice(x: nodes.SliceExpr) -> str:
    low = expr_string(x.low) if x.low is not None else ""
    high = expr_string(x.high) if x.high is not None else ""
    highest = ":" + expr_string(x.max) if x.max is not None else ""
    return f"{expr_string(x.x)}[{low}:{high}{highest}]"


def _composite(x: nodes.CompositeLit) -> str:
    type_ = expr_string(x.type) if x.type is not None else ""
    return f"{type_}{{{'…' if x.elem_list else ''}}}"


def _func_lit(x: nodes.FuncLit) -> str:
    return f"{expr_string(x.type)} {{{'…' if x.body.list else ''}}}"


def _guard(x: nodes.TypeSwitchGuard) -> str:
    lhs = f"{x.lhs.value} := " if x.lhs is not None else ""
    return f"{lhs}{expr_string(x.x)}.(type)"


def _chan(x: nodes.ChanType) -> str:
    elem = expr_string(x.elem)
    if x.dir == tk.RECV_ONLY:
        return f"<-chan {elem}"
    if x.dir == tk.SEND_ONLY:
        return f"chan<- {elem}"
    # chan (<-chan T) without the parentheses would be another type.
    return f"chan ({elem})" if type(x.elem) is nodes.ChanType and x.elem.dir == tk.RECV_ONLY else f"chan {elem}"


def _struct(x: nodes.StructType) -> str:
    groups: list[str] = []
    fields, tags = x.field_list, x.tag_list
    first = 0
    for end in range(1, len(fields) + 1):
        if end < len(fields) and fields[end].name is not None and fields[end].type is fields[first].type:
            continue
        names = [field.name.value for field in fields[first:end] if field.name is not None]
        text = expr_string(fields[first].type)
        if names:
            text = f"{', '.join(names)} {text}"
        if first < len(tags) and (tag := tags[first]) is not None:
            text += " " + tag.value
        groups.append(text)
        first = end
    return f"struct{{{'; '.join(groups)}}}"


def _interface(x: nodes.InterfaceType) -> str:
    methods = [expr_string(method.type) if method.name is None else method.name.value + _signature(method.type) for method in x.method_list]
    return f"interface{{{'; '.join(methods)}}}"


def _signature(x: Expr) -> str:
    assert isinstance(x, nodes.FuncType)
    text = f"({_params(x.param_list)})"
    results = x.result_list
    if results:
        if len(results) == 1 and results[0].name is None:
            text += " " + expr_string(results[0].type)
        else:
            text += f" ({_params(results)})"
    return text


def _params(fields: list[Field]) -> str:
    parts: list[str] = []
    for index, field in enumerate(fields):
        if field.name is None:
            parts.append(expr_string(field.type))
            continue
        following = fields[index + 1] if index + 1 < len(fields) else None
        if following is not None and following.name is not None and following.type is field.type:
            parts.append(field.name.value)
        else:
            parts.append(f"{field.name.value} {expr_string(field.type)}")
    return ", ".join(parts)


def _assignment(x: nodes.AssignStmt) -> str:
    op = tk.OPERATOR_NAMES[x.op]
    if x.rhs is None:
        return expr_string(x.lhs) + op * 2
    return f"{expr_string(x.lhs)} {op}= {expr_string(x.rhs)}"


def _range(x: nodes.RangeClause) -> str:
    lhs = f"{expr_string(x.lhs)} {':=' if x.define else '='} " if x.lhs is not None else ""
    return f"{lhs}range {expr_string(x.x)}"


_PRINTERS: Final[dict[type[Node], Callable[[Any], str]]] = {
    nodes.BadExpr: lambda x: "<bad expr>",
    nodes.Name: lambda x: x.value,
    nodes.BasicLit: lambda x: x.value,
    nodes.CompositeLit: _composite,
    nodes.KeyValueExpr: lambda x: f"{expr_string(x.key)}: {expr_string(x.value)}",
    nodes.FuncLit: _func_lit,
    nodes.ParenExpr: lambda x: f"({expr_string(x.x)})",
    nodes.SelectorExpr: lambda x: f"{expr_string(x.x)}.{x.sel.value}",
    nodes.IndexExpr: lambda x: f"{expr_string(x.x)}[{expr_string(x.index)}]",
    nodes.SliceExpr: _slice,
    nodes.AssertExpr: lambda x: f"{expr_string(x.x)}.({expr_string(x.type)})",
    nodes.TypeSwitchGuard: _guard,
    nodes.Operation: _operation,
    nodes.CallExpr: lambda x: f"{expr_string(x.fun)}({_list(x.arg_list)}{'...' if x.has_dots else ''})",
    nodes.ListExpr: lambda x: _list(x.elem_list),
    nodes.ArrayType: lambda x: f"[{expr_string(x.len) if x.len is not None else '...'}]{expr_string(x.elem)}",
    nodes.SliceType: lambda x: f"[]{expr_string(x.elem)}",
    nodes.DotsType: lambda x: f"...{expr_string(x.elem)}",
    nodes.StructType: _struct,
    nodes.InterfaceType: _interface,
    nodes.FuncType: lambda x: "func" + _signature(x),
    nodes.MapType: lambda x: f"map[{expr_string(x.key)}]{expr_string(x.value)}",
    nodes.ChanType: _chan,
    nodes.EmptyStmt: lambda x: "",
    nodes.ExprStmt: lambda x: expr_string(x.x),
    nodes.SendStmt: lambda x: f"{expr_string(x.chan)} <- {expr_string(x.value)}",
    nodes.AssignStmt: _assignment,
    nodes.RangeClause: _range,
}
