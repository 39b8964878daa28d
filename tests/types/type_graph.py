# SPDX-License-Identifier: BSD-3-Clause
"""Reads the dump of graph/main.go into types and objects of ours, and compares what stock says of them with what we say.

`scripts/conformance typegraph` prints the score for std or any packages; the tests compare a few.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from go_programs import go

from pygo_cross.build.goroot import find_goroot
from pygo_cross.types.context import Context
from pygo_cross.types.implements import not_implementing
from pygo_cross.types.instantiate import instantiate
from pygo_cross.types.lookup import lookup_field_or_method, missing_method
from pygo_cross.types.methodset import method_set
from pygo_cross.types.objects import Const, Func, Object, TypeName, Var
from pygo_cross.types.package import Package
from pygo_cross.types.predicates import comparable, identical
from pygo_cross.types.scope import UNIVERSE
from pygo_cross.types.selection import selection_string
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import (
    EMPTY_INTERFACE,
    TYP,
    UNRESOLVED,
    Alias,
    Array,
    Chan,
    Interface,
    Map,
    Named,
    Pointer,
    Signature,
    Slice,
    Struct,
    Term,
    Tuple,
    Type,
    TypeParam,
    Union,
    bind,
)
from pygo_cross.types.typestring import object_string, type_string
from pygo_cross.types.universe import COMPARABLE, UNSAFE

HERE = Path(__file__).parent


class Graph:
    """The types and objects of a dump. Defined types are read when they are asked for, as export data is."""

    def __init__(self, dump: dict[str, Any]) -> None:
        self.dump = dump
        self.context = Context()
        self.types: list[Type | None] = [None] * len(dump["types"])
        self.objects: list[Object | None] = [None] * len(dump["objects"])
        self.packages = [UNSAFE if path == "unsafe" else Package(path, name) for path, name, _ in dump["packages"]]
        for package, (_, _, imports) in zip(self.packages, dump["packages"], strict=True):
            package.imports = [self.packages[i] for i in imports]
        for package, scope in zip(self.packages, dump["scopes"], strict=True):
            names = {dump["objects"][i][2]: i for i in scope}
            package.scope.set_loader(names, lambda name, names=names: self.object(names[name]))  # type: ignore[misc]

    def package(self, index: int) -> Package | None:
        return None if index < 0 else self.packages[index]

    def object(self, index: int) -> Object:
        obj = self.objects[index]
        if obj is None:
            kind, package, name, typ, *more = self.dump["objects"][index]
            pkg = self.package(package)
            if pkg is None and kind == "type":
                obj = UNIVERSE.lookup(name)
                assert obj is not None
                self.objects[index] = obj
                return obj
            if kind == "const":
                obj = Const(0, pkg, name, val=0)  # values are compared elsewhere
            elif kind == "var":
                obj = Var(more[0], 0, pkg, name, embedded=more[1])
            else:
                obj = Func(0, pkg, name) if kind == "func" else TypeName(0, pkg, name)
            self.objects[index] = obj
            t = self.type(typ)
            if obj.typ is UNRESOLVED:
                obj.typ = t
        return obj

    def vars(self, indices: list[int]) -> list[Var]:
        found = [self.object(i) for i in indices]
        assert all(type(v) is Var for v in found)
        return found  # type: ignore[return-value]

    def params(self, indices: list[int]) -> tuple[TypeParam, ...]:
        found = tuple([self.type(i) for i in indices])
        if found and found[0].index < 0:  # type: ignore[attr-defined]
            bind(found)  # type: ignore[arg-type]
        return found  # type: ignore[return-value]

    def type(self, index: int) -> Type:
        t = self.types[index]
        if t is None:
            kind, *row = self.dump["types"][index]
            t = getattr(self, f"_{kind}")(index, *row)
            self.types[index] = t
        return t

    def _basic(self, index: int, name: str) -> Type:
        for t in TYP:
            if t.name == name:
                return t
        obj = UNIVERSE.lookup(name)
        assert obj is not None
        return obj.typ

    def _array(self, index: int, elem: int, length: int) -> Type:
        return Array(self.type(elem), length)

    def _slice(self, index: int, elem: int) -> Type:
        return Slice(self.type(elem))

    def _pointer(self, index: int, elem: int) -> Type:
        return Pointer(self.type(elem))

    def _map(self, index: int, key: int, elem: int) -> Type:
        return Map(self.type(key), self.type(elem))

    def _chan(self, index: int, direction: int, elem: int) -> Type:
        return Chan(direction, self.type(elem))

    def _struct(self, index: int, fields: list[int], tags: list[str]) -> Type:
        struct = self.types[index] = Struct([], [tag.encode() for tag in tags])
        struct.fields = self.vars(fields)
        return struct

    def _tuple(self, index: int, variables: list[int]) -> Type:
        return Tuple(self.vars(variables))

    def _func(
        self, index: int, recv: int, tparams: list[int], rparams: list[int], params: list[int], results: list[int], variadic: bool
    ) -> Type:
        sig = self.types[index] = Signature(Tuple([]), Tuple([]), variadic)
        sig.tparams, sig.rparams = self.params(tparams), self.params(rparams)
        sig.params, sig.results = Tuple(self.vars(params)), Tuple(self.vars(results))
        if recv >= 0:
            sig.recv = self.vars([recv])[0]
        return sig

    def _interface(self, index: int, methods: list[int], embeddeds: list[int], implicit: bool) -> Type:
        if not methods and not embeddeds:
            comparable = self.dump["typeStrings"][index] == "interface{comparable}"
            return COMPARABLE.underlying() if comparable else EMPTY_INTERFACE
        iface = self.types[index] = Interface([], [], implicit, complete=False)
        iface.methods = [m for m in map(self.object, methods) if type(m) is Func]
        iface.embeddeds = [self.type(i) for i in embeddeds]
        iface.complete = True
        return iface

    def _union(self, index: int, terms: list[tuple[bool, int]]) -> Type:
        return Union([Term(tilde, self.type(t)) for tilde, t in terms])

    def _named(self, index: int, obj: int, tparams: list[int], under: int, methods: list[int]) -> Type:
        if self.dump["objects"][obj][1] < 0:
            return self.object(obj).typ

        def load(named: Named) -> None:
            named.tparams = self.params(tparams)
            named.set_underlying(self.type(under))
            for i in methods:
                method = self.object(i)
                assert type(method) is Func
                named.add_method(method)

        name = self.objects[obj]
        if name is None:
            _, package, text, _, *_ = self.dump["objects"][obj]
            name = self.objects[obj] = TypeName(0, self.package(package), text)
        assert type(name) is TypeName
        return Named(name, loader=load)

    def _instance(self, index: int, orig: int, targs: list[int]) -> Type:
        return instantiate(self.type(orig), tuple([self.type(t) for t in targs]), self.context)

    _aliasInstance = _instance

    def _alias(self, index: int, obj: int, tparams: list[int], rhs: int) -> Type:
        if self.dump["objects"][obj][1] < 0:
            return self.object(obj).typ
        name = self.objects[obj]
        if name is None:
            _, package, text, _, *_ = self.dump["objects"][obj]
            name = self.objects[obj] = TypeName(0, self.package(package), text)
        assert type(name) is TypeName
        alias = self.types[index] = Alias(name)
        alias.tparams = self.params(tparams)
        alias.rhs = self.type(rhs)
        return alias

    def _param(self, index: int, obj: int, place: int, bound: int) -> Type:
        name = self.objects[obj]
        if name is None:
            _, package, text, _, *_ = self.dump["objects"][obj]
            name = self.objects[obj] = TypeName(0, self.package(package), text)
        assert type(name) is TypeName
        tparam = self.types[index] = TypeParam(name)
        tparam.bound = self.type(bound)
        return tparam


class Score:
    """How many facts were compared, and those that differ, by kind."""

    def __init__(self) -> None:
        self.compared: dict[str, int] = {}
        self.wrong: dict[str, list[str]] = {}

    def __call__(self, kind: str, what: str, got: object, want: object) -> None:
        self.compared[kind] = self.compared.get(kind, 0) + 1
        if got != want:
            self.wrong.setdefault(kind, []).append(f"{what}: {got!r}, stock has {want!r}")


def compare(graph: Graph) -> Score:
    """Compares all facts of the dump."""
    dump = graph.dump
    score = Score()
    types = [graph.type(i) for i in range(len(graph.types))]
    for i, text in enumerate(dump["objectStrings"]):
        score("objects", text, object_string(graph.object(i)), text)
    for i, t in enumerate(types):
        score("types", dump["typeStrings"][i], type_string(t), dump["typeStrings"][i])
        score("underlying", dump["typeStrings"][i], type_string(t.underlying()), dump["under"][i])
    sizes = Sizes()
    for i, size, align, offsets in dump["sizes"]:
        t = types[i]
        under = t.underlying()
        ours = (sizes.sizeof(t), sizes.alignof(t), list(sizes.offsetsof(under)) if type(under) is Struct else [])
        score("sizes", str(t), ours, (size, align, offsets))
    yes = set(dump["comparable"])
    for i, t in enumerate(types):
        if type(t) is not Tuple:
            score("comparable", str(t), comparable(t), i in yes)
    for first, *others in dump["equal"]:
        for j in others:
            equal = j >= 0
            score("identical", str(types[first]), identical(types[first], types[j if equal else -1 - j]), equal)
    for i, points, rows in dump["methods"]:
        t = Pointer(types[i]) if points else types[i]
        got = [[selection_string(s), list(s.index), s.indirect] for s in method_set(t)]
        score("method sets", str(t), got, rows)
    for i, addressable, package, name, text, path, indirect in dump["lookups"]:
        found = lookup_field_or_method(types[i], addressable, graph.package(package), name)
        got = [object_string(found.obj) if found.obj is not None else "", list(found.path or ()), found.indirect]
        score("lookups", f"{types[i]}.{name}", got, [text, path, indirect])
    for i, points, j, static, name, wrong in dump["missing"]:
        t = Pointer(types[i]) if points else types[i]
        missing = missing_method(t, types[j], static)
        got = [missing.method.name, missing.wrong_type] if missing is not None else ["", False]
        score("missing methods", f"{t} for {types[j]}", got, [name, wrong])
    for i, j, satisfies in dump["satisfies"]:
        score("satisfies", f"{types[i]} for {types[j]}", not_implementing(types[i], types[j], True) is None, satisfies)
    return score


def dump(folder: Path, every: int, *packages: str, target: str = "linux/amd64") -> dict[str, Any]:
    """What stock says of packages and all that they import; one of `every` questions whose answer is likely is asked. The tool is built
    in `folder`.
    """
    tool = folder / "graph"
    go("build", "-trimpath", "-o", str(tool), str(HERE / "graph/main.go"), cwd=HERE, GO111MODULE="off")
    goos, goarch = target.split("/")
    settings = {**os.environ, "CGO_ENABLED": "0", "GOROOT": str(find_goroot()), "GOOS": goos, "GOARCH": goarch}
    settings["PATH"] = f"{find_goroot()}/bin:{settings['PATH']}"
    done = subprocess.run([str(tool), f"-every={every}", *packages], env=settings, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found
