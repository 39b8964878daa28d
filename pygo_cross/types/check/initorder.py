# SPDX-License-Identifier: BSD-3-Clause
"""The order in which package-level variables are initialised.

Each variable and constant waits for those that its expression refers to, directly or through functions; of those that wait for nothing,
the one declared first is next. Functions are taken out of the graph first, so that recursive ones do no harm.

Source of the facts: the language specification, "Package initialization"; src/cmd/compile/internal/types2/initorder.go.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from pygo_cross.types.check.errors import Report, error
from pygo_cross.types.check.info import Initializer
from pygo_cross.types.objects import Const, Func, Object, Var

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker, DeclInfo


class _Node:
    """An object, the nodes that need it, and those that it needs; `waits` is how many of these are not initialised yet."""

    __slots__ = ("needed_by", "needs", "obj", "waits")

    def __init__(self, obj: Object) -> None:
        self.obj = obj
        self.needed_by: dict[_Node, None] = {}
        self.needs: dict[_Node, None] = {}
        self.waits = 0

    def key(self) -> tuple[bool, int, int]:
        """Constants first, then by what it waits for, then by source."""
        return not isinstance(self.obj, Const), self.waits, self.obj.order


def init_order(check: Checker) -> None:
    """Fill in the order, and report variables and constants that need themselves."""
    nodes = _graph(check)
    # An entry is stale when its node waits for less by now: a newer one is in the heap then.
    queue = [(node.key(), node.obj.order, node) for node in nodes]
    heapq.heapify(queue)
    done: set[_Node] = set()
    emitted: set[DeclInfo] = set()
    while queue:
        key, _, node = heapq.heappop(queue)
        if node in done or key != node.key():
            continue
        done.add(node)
        if node.waits > 0:
            circle = _path(check, node.obj, node.obj, set())
            if circle is not None:
                _report(check, circle)
        for other in node.needed_by:
            other.waits -= 1
            if other not in done:
                heapq.heappush(queue, (other.key(), other.obj.order, other))
        obj = node.obj
        if isinstance(obj, Var):
            info = check.decls[obj]
            if info.init is not None and info not in emitted:
                emitted.add(info)
                check.info.init_order.append(Initializer(tuple(info.lhs) if info.lhs is not None else (obj,), info.init))


def _graph(check: Checker) -> list[_Node]:
    """The nodes of constants and variables, with edges through functions made direct."""
    nodes: dict[Object, _Node] = {obj: _Node(obj) for obj in check.decls if isinstance(obj, (Const, Var, Func))}
    for obj, node in nodes.items():
        for needed in check.decls[obj].deps:
            other = nodes.get(needed)
            if other is not None:
                node.needs[other] = None
                other.needed_by[node] = None
    functions = [node for node in nodes.values() if isinstance(node.obj, Func)]
    # Taking one out costs as much as it has edges in and out: the cheap ones first.
    functions.sort(key=lambda node: len(node.needed_by) * len(node.needs))
    for node in functions:
        needs = [other for other in node.needs if other is not node]
        for user in node.needed_by:
            if user is node:
                continue
            for other in needs:
                user.needs[other] = None
                other.needed_by[user] = None
            del user.needs[node]
        for other in needs:
            del other.needed_by[node]
    kept = [node for node in nodes.values() if not isinstance(node.obj, Func)]
    for node in kept:
        node.waits = len(node.needs)
    return kept


def _path(check: Checker, start: Object, end: Object, seen: set[Object]) -> list[Object] | None:
    """A way of references from one object to another, backwards: the end first; None if there is none."""
    stack = [(start, iter(_dependencies(check, start)))]
    seen.add(start)
    while stack:
        _, rest = stack[-1]
        needed = next(rest, None)
        if needed is None:
            stack.pop()
        elif needed is end:
            return [end, *[obj for obj, _ in reversed(stack[1:])]]
        elif needed not in seen:
            seen.add(needed)
            stack.append((needed, iter(_dependencies(check, needed))))
    return None


def _dependencies(check: Checker, obj: Object) -> list[Object]:
    return sorted(check.decls[obj].deps, key=lambda one: one.order)


def _report(check: Checker, circle: list[Object]) -> None:
    obj = circle[0]
    if len(circle) == 1:
        error(check, obj, "invalid-init-cycle", "initialization cycle: %s refers to itself", obj.name)
        return
    report = Report(check, "invalid-init-cycle").add(obj, "initialization cycle for %s", obj.name)
    for following in reversed(circle):
        report.add(obj, "%s refers to %s", obj.name, following.name)
        obj = following
    report.report()
