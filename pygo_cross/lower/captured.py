# SPDX-License-Identifier: BSD-3-Clause
"""Which variables have to be in memory, found out before a function is lowered: those whose address is taken, and those that a function
literal shares with the function around it and that are assigned after their declaration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, final

from pygo_cross.syntax import nodes
from pygo_cross.syntax.nodes import FuncLit, IndexExpr, Name, Node, Operation, ParenExpr, SelectorExpr, SliceExpr
from pygo_cross.syntax.tokens import AND, DEFER, GOTO, RECV
from pygo_cross.types.check.info import Info
from pygo_cross.types.objects import LOCAL_VAR, PARAM_VAR, RECV_VAR, RESULT_VAR, Func, Object, Var
from pygo_cross.types.predicates import common_underlying
from pygo_cross.types.selection import FIELD_VAL
from pygo_cross.types.types import Array, Pointer, Signature, Struct, Type

# What is looked into: statements and expressions, but no types.
_BELOW: Final[dict[type, Callable[[Any], Sequence[Node | None]]]] = {
    nodes.VarDecl: lambda n: [*n.name_list, n.values],
    nodes.Field: lambda n: [n.name],
    nodes.CompositeLit: lambda n: n.elem_list,
    nodes.KeyValueExpr: lambda n: [n.key, n.value],
    nodes.FuncLit: lambda n: [n.type, n.body],
    nodes.ParenExpr: lambda n: [n.x],
    nodes.SelectorExpr: lambda n: [n.x],
    nodes.IndexExpr: lambda n: [n.x, n.index],
    nodes.SliceExpr: lambda n: [n.x, n.low, n.high, n.max],
    nodes.AssertExpr: lambda n: [n.x],
    nodes.TypeSwitchGuard: lambda n: [n.x],
    nodes.Operation: lambda n: [n.x, n.y],
    nodes.CallExpr: lambda n: [n.fun, *n.arg_list],
    nodes.ListExpr: lambda n: n.elem_list,
    nodes.FuncType: lambda n: [*n.param_list, *n.result_list],
    nodes.LabeledStmt: lambda n: [n.stmt],
    nodes.BlockStmt: lambda n: n.list,
    nodes.ExprStmt: lambda n: [n.x],
    nodes.SendStmt: lambda n: [n.chan, n.value],
    nodes.DeclStmt: lambda n: n.decl_list,
    nodes.AssignStmt: lambda n: [n.lhs, n.rhs],
    nodes.CallStmt: lambda n: [n.call],
    nodes.ReturnStmt: lambda n: [n.results],
    nodes.IfStmt: lambda n: [n.init, n.cond, n.then, n.els],
    nodes.ForStmt: lambda n: [n.init, n.cond, n.post, n.body],
    nodes.SwitchStmt: lambda n: [n.init, n.tag, *n.body],
    nodes.SelectStmt: lambda n: n.body,
    nodes.RangeClause: lambda n: [n.lhs, n.x],
    nodes.CaseClause: lambda n: [n.cases, *n.body],
    nodes.CommClause: lambda n: [n.comm, *n.body],
}


def children(node: Node) -> list[Node]:
    """The statements and expressions directly below a node."""
    below = _BELOW.get(type(node))
    return [child for child in below(node) if child is not None] if below is not None else []


_LOCAL: Final = frozenset([LOCAL_VAR, PARAM_VAR, RECV_VAR, RESULT_VAR])


# As stock has it (src/cmd/compile/internal/walk/stmt.go, src/cmd/compile/internal/ssagen/ssa.go): a byte says which calls are pending.
_MOST_DEFERS: Final = 8
_MOST_OPEN_CALLS: Final = 15


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
        if not isinstance(one, FuncLit):
            stack += children(one)
    return False


def has_effects(e: Node) -> bool:
    """Whether an expression calls anything (a conversion counts) or receives."""
    stack: list[Node] = [e]
    while stack:
        one = stack.pop()
        if isinstance(one, nodes.CallExpr) or (isinstance(one, Operation) and one.op == RECV and one.y is None):
            return True
        if not isinstance(one, FuncLit):
            stack += children(one)
    return False


def open_defers(body: Node, info: Info) -> int:
    """How many calls a function defers, if none of that is in a loop and few enough are made at each return; else 0."""
    count = returns = 0
    # Statements, and whether they are in a loop.
    stack: list[tuple[Node, bool]] = [(body, False)]
    while stack:
        one, loops = stack.pop()
        if isinstance(one, nodes.CallStmt):
            if one.tok == DEFER:
                if loops:
                    return 0
                count += 1
        elif isinstance(one, nodes.ReturnStmt):
            returns += 1
        elif isinstance(one, nodes.Stmt | nodes.CaseClause | nodes.CommClause):
            inside = loops or isinstance(one, nodes.ForStmt)
            stack += [(child, inside) for child in children(one)]
    return count if count <= _MOST_DEFERS and count * (returns + 1) <= _MOST_OPEN_CALLS else 0


def labels(body: Node, info: Info) -> frozenset[str]:
    """The labels of a loop's body, without those of functions and of loops over functions in it."""
    found: set[str] = set()
    stack: list[Node] = [body]
    while stack:
        one = stack.pop()
        if isinstance(one, nodes.LabeledStmt):
            found.add(one.label.value)
        statement = isinstance(one, nodes.Stmt | nodes.CaseClause | nodes.CommClause)
        if statement and not ranges_function(one, info):
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
        else:
            stack += children(one)
    return found


def in_memory(root: Node, info: Info, features: Features | None = None) -> set[Var]:
    """The variables below a function's body that have to be in memory; `features` is told what the body has."""
    return _Scan(root, info, features or Features()).run()


@final
class _Scan:
    """One walk over a function's body, and the functions in it. Names matter only inside of these: what is not declared there is shared."""

    __slots__ = ("assigned", "features", "found", "info", "names", "owner", "root", "todo")

    def __init__(self, root: Node, info: Info, features: Features) -> None:
        self.root = root
        self.info = info
        self.features = features
        self.found: set[Var] = set()
        self.assigned: set[Var] = set()
        self.owner: dict[Object, Node] = {}
        self.names: list[tuple[Var, Node]] = []
        self.todo: list[tuple[list[Node], Node, Node]] = [([root], root, root)]

    def run(self) -> set[Var]:
        while self.todo:
            self._function(*self.todo.pop())
        found, owner, root = self.found, self.owner, self.root
        for var, function in self.names:
            # Parameters and results are declared outside of the body. What is never assigned again is captured by value.
            if owner.get(var, root) is not function and (var.kind == RESULT_VAR or var in self.assigned):
                found.add(var)
        return found

    def _function(self, stack: list[Node], function: Node, real: Node) -> None:
        """The statements of a function, which may be a loop's body: then `real` is the function that it is in."""
        inner = function is not self.root
        below = _BELOW
        while stack:
            one = stack.pop()
            kind = type(one)
            if kind is Name:
                if inner:
                    self._name(one, function)  # type: ignore[arg-type]
                continue
            handler = _SPECIAL.get(kind)
            if handler is not None and handler(self, one, function, real):
                continue
            of = below.get(kind)
            if of is not None:
                for child in of(one):
                    if child is not None:
                        stack.append(child)

    def _name(self, name: Name, function: Node) -> None:
        used = self.info.uses.get(name)
        if used is None:
            defined = self.info.defs.get(name)
            if defined is not None:
                self.owner[defined] = function
        elif isinstance(used, Var) and used.kind in _LOCAL:
            self.names.append((used, function))

    # ---- what is more than its parts; true if these have been seen to

    def literal(self, one: FuncLit, function: Node, real: Node) -> bool:
        self.todo.append(([one.type, one.body], one, one))
        return True

    def loop(self, one: nodes.ForStmt, function: Node, real: Node) -> bool:
        clause = one.init
        if not isinstance(clause, nodes.RangeClause):
            return False
        lhs = nodes.unpack_list(clause.lhs)
        for e in lhs:
            self._root(e, self.assigned)
        if not self.features.own_loop_variables:
            self.assigned.update(var for e in lhs if isinstance(e, Name) and isinstance(var := self.info.defs.get(e), Var))
        if not ranges_function(one, self.info):
            return False
        self.todo.append(([clause.x], function, real))
        self.todo.append(([*lhs, one.body], one, real))
        return True

    def branch(self, one: nodes.BranchStmt, function: Node, real: Node) -> bool:
        if one.tok == GOTO and real is self.root:
            self.features.gotos = True
        return True

    def returns(self, one: nodes.ReturnStmt, function: Node, real: Node) -> bool:
        if real is self.root and function is not real:
            self.features.returns = True
        return False

    def call(self, one: nodes.CallStmt, function: Node, real: Node) -> bool:
        if one.tok == DEFER and real is self.root:
            self.features.defers = True
        return False

    def assignment(self, one: nodes.AssignStmt, function: Node, real: Node) -> bool:
        for e in nodes.unpack_list(one.lhs):
            self._root(e, self.assigned)
        return False

    def clause(self, one: nodes.CaseClause, function: Node, real: Node) -> bool:
        implicit = self.info.implicits.get(one)
        if implicit is not None:
            self.owner[implicit] = function
        return False

    def operation(self, one: Operation, function: Node, real: Node) -> bool:
        if one.op == AND and one.y is None:
            self._root(one.x, self.found)
        return False

    def slice(self, one: SliceExpr, function: Node, real: Node) -> bool:
        typ = self.info.type_of(one.x)
        if typ is not None and isinstance(core(typ), Array):
            self._root(one.x, self.found)
        return False

    def selector(self, one: SelectorExpr, function: Node, real: Node) -> bool:
        """x.M() with a pointer receiver takes the address of x."""
        selection = self.info.selections.get(one)
        if selection is None or selection.kind == FIELD_VAL or not isinstance(selection.obj, Func):
            return False
        recv = selection.obj.signature.recv
        if recv is not None and isinstance(recv.typ, Pointer) and not isinstance(selection.recv.underlying(), Pointer):
            self._root(one.x, self.found)
        return False

    def _root(self, e: Node, into: set[Var]) -> None:
        """The variable that is the root of what has its address taken, or is assigned."""
        info = self.info
        while True:
            if isinstance(e, Name):
                var = info.uses.get(e)
                if isinstance(var, Var):
                    into.add(var)
                return
            if isinstance(e, SelectorExpr) and e in info.selections:
                typ = info.type_of(e.x)
                if typ is None or not isinstance(core(typ), Struct):
                    return
            elif isinstance(e, IndexExpr):
                typ = info.type_of(e.x)
                if typ is None or not isinstance(core(typ), Array):
                    return
            elif not isinstance(e, ParenExpr):
                return
            e = e.x


_SPECIAL: Final[dict[type, Callable[[_Scan, Any, Node, Node], bool]]] = {
    FuncLit: _Scan.literal,
    nodes.ForStmt: _Scan.loop,
    nodes.BranchStmt: _Scan.branch,
    nodes.ReturnStmt: _Scan.returns,
    nodes.CallStmt: _Scan.call,
    nodes.AssignStmt: _Scan.assignment,
    nodes.CaseClause: _Scan.clause,
    Operation: _Scan.operation,
    SliceExpr: _Scan.slice,
    SelectorExpr: _Scan.selector,
}
