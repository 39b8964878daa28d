# SPDX-License-Identifier: BSD-3-Clause
"""Instantiation that would never end: func f[T any]() { f[*T]() }.

Types flow into type parameters. A graph has an edge from each type parameter (and each type declared in a generic function) to the
parameters that something made of it is put in for; the edge counts 1 if it is something made of it, 0 if it is the thing itself. A circle
that counts more than 0 goes on for ever.

Source of the facts: src/cmd/compile/internal/types2/mono.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pygo_cross.syntax.nodes import Expr
from pygo_cross.syntax.positions import start_pos
from pygo_cross.types.check.errors import Report
from pygo_cross.types.objects import TypeName
from pygo_cross.types.package import Package
from pygo_cross.types.types import (
    Array,
    Chan,
    Interface,
    Map,
    Named,
    Pointer,
    Signature,
    Slice,
    Struct,
    Type,
    TypeParam,
    unalias,
)
from pygo_cross.types.typestring import relative_to, type_string

if TYPE_CHECKING:
    from pygo_cross.types.check.checker import Checker


class _Vertex:
    """A type parameter or a local type: the weight of the heaviest way to it that is known, that way's last edge and its length."""

    __slots__ = ("before", "length", "obj", "weight")

    def __init__(self, obj: TypeName) -> None:
        self.obj = obj
        self.weight = 0
        self.before: _Edge | None = None
        self.length = 0


class _Edge:
    __slots__ = ("dst", "pos", "src", "typ", "weight")

    def __init__(self, dst: _Vertex, src: _Vertex, weight: int, pos: int, typ: Type) -> None:
        self.dst = dst
        self.src = src
        self.weight = weight
        self.pos = pos
        self.typ = typ


class Graph:
    """What flows into what, in one package. `canon` gives a method's receiver type parameters those of the type."""

    __slots__ = ("_canon", "_names", "edges", "vertices")

    def __init__(self) -> None:
        self.vertices: list[_Vertex] = []
        self.edges: list[_Edge] = []
        self._canon: dict[TypeParam, TypeParam] = {}
        self._names: dict[TypeName, _Vertex | None] = {}

    def record_canon(self, own: TypeParam, of_type: TypeParam) -> None:
        """Two type parameters are one."""
        self._canon[own] = of_type

    def record_instance(
        self, package: Package, pos: int, tparams: Sequence[TypeParam], targs: Sequence[Type], args: Sequence[Expr]
    ) -> None:
        """Type arguments are put in for type parameters; `args` are those that are written."""
        for i, (tparam, targ) in enumerate(zip(tparams, targs, strict=True)):
            # Others' type parameters can't be part of a circle here.
            if tparam.obj.pkg is package:
                self._flow(package, start_pos(args[i]) if i < len(args) else pos, tparam, targ, targ)

    def _flow(self, package: Package, pos: int, tparam: TypeParam, targ: Type, part: Type) -> None:
        """A type argument has a part: what that is made of flows into the type parameter."""
        typ = unalias(part)
        parts: list[Type] = []
        if isinstance(typ, TypeParam):
            self._edge(self._parameter(tparam), self._parameter(typ), int(typ is not targ), pos, targ)
        elif isinstance(typ, Named):
            local = self._local(package, typ.orig)
            if local is not None:
                self._edge(self._parameter(tparam), local, int(typ is not targ), pos, targ)
            parts = list(typ.targs)
        elif isinstance(typ, (Array, Slice, Pointer, Chan)):
            parts = [typ.elem]
        elif isinstance(typ, Map):
            parts = [typ.key, typ.elem]
        elif isinstance(typ, Interface):
            parts = [method.typ for method in typ.type_set().methods]
        elif isinstance(typ, Signature):
            parts = [var.typ for var in (*typ.params.vars, *typ.results.vars)]
        elif isinstance(typ, Struct):
            parts = [field.typ for field in typ.fields]
        for one in parts:
            self._flow(package, pos, tparam, targ, one)

    def _edge(self, dst: _Vertex, src: _Vertex, weight: int, pos: int, typ: Type) -> None:
        self.edges.append(_Edge(dst, src, weight, pos, typ))

    def _vertex(self, obj: TypeName) -> _Vertex:
        made = _Vertex(obj)
        self.vertices.append(made)
        return made

    def _parameter(self, tparam: TypeParam) -> _Vertex:
        obj = self._canon.get(tparam, tparam).obj
        found = self._names.get(obj)
        if found is None:
            found = self._names[obj] = self._vertex(obj)
        return found

    def _local(self, package: Package, named: Named) -> _Vertex | None:
        """The vertex of a type that is declared where there are type parameters: it is another one for each of their arguments."""
        obj = named.obj
        if obj.pkg is not package or obj.parent is package.scope:
            return None
        if obj in self._names:
            return self._names[obj]
        made: _Vertex | None = None
        scope = obj.parent
        while scope is not None and scope is not package.scope:
            for around in scope.elems.values():
                if isinstance(around, TypeName) and around.pos < obj.pos and isinstance(around.typ, TypeParam) and not around.is_alias():
                    if made is None:
                        made = self._vertex(obj)
                    self._edge(made, self._parameter(around.typ), 1, obj.pos, around.typ)
            scope = scope.parent
        self._names[obj] = made
        return made


def monomorph(check: Checker) -> None:
    """Report a circle that never ends: one whose heaviest way grows with every round."""
    graph = check.mono
    again = True
    while again:
        again = False
        for edge in graph.edges:
            weight = edge.src.weight + edge.weight
            if weight <= edge.dst.weight:
                continue
            edge.dst.before, edge.dst.length = edge, edge.src.length + 1
            if edge.dst.length == len(graph.vertices):
                _report(check, edge.dst)
                return
            edge.dst.weight = weight
            again = True


def _report(check: Checker, vertex: _Vertex) -> None:
    passed: list[_Vertex] = []
    while vertex not in passed:
        passed.append(vertex)
        assert vertex.before is not None
        vertex = vertex.before.src
    circle = passed[passed.index(vertex) :]
    qualifier = relative_to(check.pkg)
    report = Report(check, "invalid-instance-cycle").add(vertex.obj, "instantiation cycle:")
    for one in circle:
        edge = one.before
        assert edge is not None
        what = "implicitly parameterized by" if isinstance(one.obj.typ, Named) else "instantiated as"
        report.add(edge.pos, f"%s {what} %s", one.obj.name, type_string(edge.typ, qualifier))
    report.report()
