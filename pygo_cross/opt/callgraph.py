# SPDX-License-Identifier: BSD-3-Clause
"""The functions of a package, callees first.

Functions that call each other in a circle come together (Tarjan, 1972). A function literal counts as called by the function that makes it.
"""

from __future__ import annotations

from collections.abc import Sequence

from pygo_cross.ssa import ops
from pygo_cross.ssa.func import Func, Value
from pygo_cross.ssa.refs import CallInfo, FuncValueRef, TextRef
from pygo_cross.ssa.unit import ABI0, FuncInfo


def own_name(func: Func) -> str:
    """A function's link name; one that is called the assembler's way is told from the one that it leads to."""
    info = func.info
    return str(TextRef(func.symbol, isinstance(info, FuncInfo) and bool(info.flags & ABI0)))


def callee(value: Value) -> str:
    """The name (as `own_name` gives it) of the function that a value calls; "" if it calls none, or one that only the program knows."""
    aux = value.aux
    return str(aux.target) if isinstance(aux, CallInfo) and aux.target is not None else ""


def callees(func: Func) -> list[str]:
    """The names (as `own_name` gives them) of functions that a function calls, or has the address of."""
    found: dict[str, None] = {}
    for block in func.blocks:
        for value in block.values:
            aux = value.aux
            name = callee(value)
            if name:
                found[name] = None
            elif value.op == ops.ADDR and isinstance(aux, (TextRef, FuncValueRef)):
                found[str(aux) if isinstance(aux, TextRef) else aux.name] = None
    return list(found)


def components(funcs: Sequence[Func]) -> list[list[Func]]:
    """Circles of functions, each behind those that it calls."""
    by_name = {own_name(func): func for func in funcs}
    calls = {own: [name for name in callees(func) if name in by_name] for own, func in by_name.items()}
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: list[str] = []
    is_open: set[str] = set()
    found: list[list[Func]] = []
    for own in by_name:
        if own in number:
            continue
        stack = [(own, 0)]
        while stack:
            name, at = stack.pop()
            if at == 0:
                number[name] = low[name] = len(number)
                open_.append(name)
                is_open.add(name)
            descended = False
            targets = calls[name]
            while at < len(targets):
                callee = targets[at]
                at += 1
                if callee not in number:
                    stack.append((name, at))
                    stack.append((callee, 0))
                    descended = True
                    break
                if callee in is_open:
                    low[name] = min(low[name], number[callee])
            if descended:
                continue
            if stack:
                caller = stack[-1][0]
                low[caller] = min(low[caller], low[name])
            if low[name] == number[name]:
                circle: list[Func] = []
                while True:
                    member = open_.pop()
                    is_open.discard(member)
                    circle.append(by_name[member])
                    if member == name:
                        break
                found.append(circle[::-1])
    return found
