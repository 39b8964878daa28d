# SPDX-License-Identifier: BSD-3-Clause
"""Which variables have to be in memory, found out before a function is lowered: those whose address is taken, and those that a function
literal shares with the function around it and that are assigned after their declaration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pygo_cross.syntax import nodes
from pygo_cross.syntax.nodes import FuncLit, IndexExpr, Name, Node, Operation, ParenExpr, SelectorExpr, SliceExpr
from pygo_cross.syntax.tokens import AND, DEFER, GOTO
from pygo_cross.types.check.info import Info
from pygo_cross.types.objects import LOCAL_VAR, PARAM_VAR, RECV_VAR, RESULT_VAR, Func, Var
from pygo_cross.types.predicates import common_underlying
from pygo_cross.types.selection import FIELD_VAL
from pygo_cross.types.types import Array, Pointer, Signature, Struct, Type


def children(node: Any) -> Iterator[Node]:
    """The nodes directly below one."""
    for slot in type(node).__slots__:
        child = getattr(node, slot)
        if isinstance(child, Node):
            yield child
        elif isinstance(child, list):
            for one in child:
                if isinstance(one, Node):
                    yield one


_LEAVES: Final = frozenset([nodes.Name, nodes.BasicLit, nodes.EmptyStmt, nodes.BranchStmt, nodes.BadExpr])


_LOCAL: Final = frozenset([LOCAL_VAR, PARAM_VAR, RECV_VAR, RESULT_VAR])


class Features:
    """What a function's own body has (not that of literals in it): `defers` a defer statement, `gotos` a goto, `returns` a return in a loop
    over a function. `own_loop_variables` is told: whether each round of a range has variables of its own.
    """

    __slots__ = ("defers", "gotos", "own_loop_variables", "returns")

    def __init__(self, own_loop_variables: bool = True) -> None:
        self.own_loop_variables = own_loop_variables
        self.defers = False
        self.gotos = False
        self.returns = False


def core(typ: Type) -> Type:
    """What a type is, of a type parameter what all types of its constraint are."""
    common = common_underlying(typ)[0]
    return typ if common is None else common


def ranges_function(node: Node, info: Info) -> bool:
    """Whether a statement is a loop over a function."""
    if not isinstance(node, nodes.ForStmt) or not isinstance(node.init, nodes.RangeClause):
        return False
    typ = info.type_of(node.init.x)
    return typ is not None and isinstance(core(typ), Signature)


def defers(s: nodes.ForStmt) -> bool:
    """Whether a loop's body defers, itself or in loops in it."""
    stack: list[Node] = [s.body]
    while stack:
        one = stack.pop()
        if isinstance(one, nodes.CallStmt) and one.tok == DEFER:
            return True
        if not isinstance(one, FuncLit) and type(one) not in _LEAVES:
            stack += children(one)
    return False


def labels(body: Node, info: Info) -> frozenset[str]:
    """The labels of a loop's body, without those of functions and of loops over functions in it."""
    found: set[str] = set()
    stack: list[Node] = [body]
    while stack:
        one = stack.pop()
        if isinstance(one, nodes.LabeledStmt):
            found.add(one.label.value)
        statement = isinstance(one, nodes.Stmt | nodes.CaseClause | nodes.CommClause)
        if statement and type(one) not in _LEAVES and not ranges_function(one, info):
            stack += children(one)
    return frozenset(found)


def mentioned(node: Node, info: Info) -> set[Var]:
    """All variables that are used below a node."""
    found: set[Var] = set()
    uses = info.uses
    stack: list[Node] = [node]
    while stack:
        one = stack.pop()
        if type(one) is Name:
            assert isinstance(one, Name)
            used = uses.get(one)
            if isinstance(used, Var):
                found.add(used)
        elif type(one) not in _LEAVES:
            stack += children(one)
    return found


def in_memory(root: Node, info: Info, features: Features | None = None) -> set[Var]:
    """The variables below a function's body that have to be in memory; `features` is told what the body has."""
    found: set[Var] = set()
    shared: set[Var] = set()
    assigned: set[Var] = set()
    owner: dict[Var, Node] = {}
    own_variables = features is None or features.own_loop_variables

    def walk(node: Node, function: Node, real: Node) -> None:
        stack = [node]
        while stack:
            one = stack.pop()
            kind = type(one)
            if kind is Name:
                assert isinstance(one, Name)
                _name(one, function)
                continue
            if kind in _LEAVES:
                if features is not None and isinstance(one, nodes.BranchStmt) and one.tok == GOTO and real is root:
                    features.gotos = True
                continue
            if isinstance(one, FuncLit):
                walk(one.type, one, one)
                walk(one.body, one, one)
                continue
            if ranges_function(one, info):
                assert isinstance(one, nodes.ForStmt) and isinstance(one.init, nodes.RangeClause)
                walk(one.init.x, function, real)
                for e in nodes.unpack_list(one.init.lhs):
                    walk(e, one, real)
                    _root(e, assigned)
                walk(one.body, one, real)
                continue
            if isinstance(one, nodes.ReturnStmt):
                if features is not None and real is root and function is not root:
                    features.returns = True
            elif isinstance(one, nodes.CallStmt):
                if features is not None and one.tok == DEFER and real is root:
                    features.defers = True
            elif isinstance(one, nodes.AssignStmt):
                for e in nodes.unpack_list(one.lhs):
                    _root(e, assigned)
            elif isinstance(one, nodes.RangeClause):
                for e in nodes.unpack_list(one.lhs):
                    _root(e, assigned)
                    defined = info.defs.get(e) if isinstance(e, Name) and not own_variables else None
                    if isinstance(defined, Var):
                        assigned.add(defined)
            elif isinstance(one, Operation) and one.op == AND and one.y is None:
                _root(one.x, found)
            elif isinstance(one, SliceExpr):
                typ = info.type_of(one.x)
                if typ is not None and isinstance(typ.underlying(), Array):
                    _root(one.x, found)
            elif isinstance(one, SelectorExpr):
                _method(one)
            stack += children(one)

    def _name(name: Name, function: Node) -> None:
        used = info.uses.get(name)
        # Parameters and results are declared outside of the body.
        if isinstance(used, Var) and used.kind in _LOCAL and owner.get(used, root) is not function:
            (found if used.kind == RESULT_VAR else shared).add(used)

    def _method(e: SelectorExpr) -> None:
        """x.M() with a pointer receiver takes the address of x."""
        selection = info.selections.get(e)
        if selection is None or selection.kind == FIELD_VAL or not isinstance(selection.obj, Func):
            return
        recv = selection.obj.signature.recv
        if recv is not None and isinstance(recv.typ, Pointer) and not isinstance(selection.recv.underlying(), Pointer):
            _root(e.x, found)

    def _root(e: Node, into: set[Var]) -> None:
        """The variable that is the root of what has its address taken, or is assigned."""
        while True:
            if isinstance(e, ParenExpr):
                e = e.x
            elif isinstance(e, SelectorExpr) and e in info.selections:
                typ = info.type_of(e.x)
                if typ is None or not isinstance(typ.underlying(), Struct):
                    return
                e = e.x
            elif isinstance(e, IndexExpr):
                typ = info.type_of(e.x)
                if typ is None or not isinstance(typ.underlying(), Array):
                    return
                e = e.x
            elif isinstance(e, Name):
                var = info.uses.get(e)
                if isinstance(var, Var):
                    into.add(var)
                return
            else:
                return

    _owners(root, root, info, owner)
    walk(root, root, root)
    # What is never assigned again is captured by value.
    return found | (shared & assigned)


def _owners(node: Node, function: Node, info: Info, owner: dict[Var, Node]) -> None:
    """Which function each variable is declared in."""
    stack: list[tuple[Node, Node]] = [(node, function)]
    while stack:
        one, inside = stack.pop()
        if isinstance(one, Name):
            var = info.defs.get(one)
            if isinstance(var, Var):
                owner[var] = inside
            continue
        if isinstance(one, nodes.CaseClause):
            implicit = info.implicits.get(one)
            if isinstance(implicit, Var):
                owner[implicit] = inside
        if type(one) in _LEAVES:
            continue
        within = one if isinstance(one, FuncLit) or ranges_function(one, info) else inside
        stack += [(child, within) for child in children(one)]
