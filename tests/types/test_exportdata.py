# SPDX-License-Identifier: BSD-3-Clause
"""Export data: what is read is what was written, for a part of std and for declarations made by hand; what is damaged is not read."""

from __future__ import annotations

from pathlib import Path

import pytest
from type_graph import Graph, dump
from typesyntax import CONTEXT, func, interface, method, struct, tparam, union

from pygo_cross.syntax.source import FileSet
from pygo_cross.types.bigfloat import rounded
from pygo_cross.types.constant import Complex, Float, Rat, String, exact_string
from pygo_cross.types.exportread import StaleExportsError, read_exports
from pygo_cross.types.exportwrite import write_exports
from pygo_cross.types.instantiate import instance_of_alias, instance_of_named
from pygo_cross.types.methodset import method_set
from pygo_cross.types.objects import PACKAGE_VAR, Const, Func, TypeName, Var
from pygo_cross.types.package import Package
from pygo_cross.types.types import INT, STRING, TYP, UNRESOLVED, UNTYPED_FLOAT, UNTYPED_INT, Alias, Named, Pointer, Slice, Struct
from pygo_cross.types.typestring import object_string, type_string
from pygo_cross.types.universe import ANY, UNSAFE

Int, String_ = TYP[INT], TYP[STRING]


class Imports:
    """Packages by path, read from their export data when they are first needed."""

    def __init__(self, data: dict[str, bytes]) -> None:
        self.data = data
        self.files = FileSet()
        self.packages = {"unsafe": UNSAFE}

    def __call__(self, path: str) -> Package:
        package = self.packages.get(path)
        if package is None:
            package = self.packages[path] = read_exports(self.data[path], self.files, self)
        return package


def described(package: Package) -> list[str]:
    """All that is exported, in words."""
    lines = []
    for name in package.scope.names():
        obj = package.scope.lookup(name)
        assert obj is not None
        if not obj.exported():
            continue
        lines.append(object_string(obj))
        if type(obj) is Const:
            lines.append(exact_string(obj.val))
        if type(obj) is TypeName:
            lines.append(type_string(obj.typ.underlying()))
            lines += [str(selection) for selection in method_set(Pointer(obj.typ))]
            if type(obj.typ) is Named:
                lines += [f"{m} {m.has_ptr_recv()}" for m in obj.typ.methods()]
    return lines


def test_std(tmp_path: Path) -> None:
    graph = Graph(dump(tmp_path, 100_000, "slices", "maps", "sync/atomic", "iter", "container/heap", "bufio"))
    packages = [package for package in graph.packages if package is not UNSAFE]
    data = {package.path: write_exports(package, FileSet()) for package in packages}
    imports = Imports(data)
    for package in packages:
        read = imports(package.path)
        assert described(read) == described(package)
        assert read.complete and [p.path for p in read.imports] == [p.path for p in package.imports]
        assert write_exports(read, imports.files) == data[package.path]


@pytest.fixture
def files() -> FileSet:
    return FileSet()


@pytest.fixture
def package(files: FileSet) -> Package:
    """Declarations of every kind."""
    first = files.add("p/a.go", b"package p\n\n" + b"// a line that is longer than one byte can say" * 4 + b"\nvar V int\n")
    second = files.add("p/b.go", b"package p\n//line x.y:10\ntype T int\n")
    package = Package("example.com/p", "p")
    package.go_version = "go1.27"

    def declare(obj: Const | TypeName | Var | Func) -> None:
        obj.pkg = package
        package.scope.insert(obj)

    declare(Var(PACKAGE_VAR, first.base + first.source.index(b"V"), package, "V", Int))
    constants = {
        "Bool": True,
        "Int": -(1 << 80),
        "Str": String(b"a\xff\x00"),
        "Rat": Rat(-1, 3),
        "Float": Float(rounded(-(3**400), -5000) or (0, 0)),
        "Complex": Complex(Rat(1, 2), 7),
    }
    for name, value in constants.items():
        declare(Const(0, package, name, TYP[UNTYPED_FLOAT if name == "Float" else UNTYPED_INT], value))
    declare(Const(0, package, "hidden", Int, 1))
    t = Named(TypeName(second.base + second.source.index(b"T"), package, "T"), Int)
    declare(t.obj)
    method(t, "m", func(Int, results=(String_,)), pointer=True).nointerface = True
    secret = Named(TypeName(0, package, "secret"))
    secret.rhs = Struct(struct(package, ("T",), T=t, next=Pointer(secret)).fields, [b"", b'json:"\xff"'])
    declare(secret.obj)
    declare(Var(PACKAGE_VAR, 0, package, "S", Slice(secret)))
    p = tparam("P")
    generic = Named(TypeName(0, package, "G"))
    generic.set_tparams((p,))
    generic.rhs = struct(package, v=p, next=Pointer(instance_of_named(generic, (p,), CONTEXT)))
    declare(generic.obj)
    q, r = tparam("Q"), tparam("R")
    q.index = 0
    r.bound = interface(union((Slice(q),)))
    method(generic, "M", func(q, results=(r,), tparams=(r,)), rparams=(q,))
    e = tparam("E")
    alias = Alias(TypeName(0, package, "A"), Slice(e))
    alias.tparams = (e,)
    e.index = 0
    declare(alias.obj)
    declare(Var(PACKAGE_VAR, 0, package, "X", instance_of_alias(alias, (instance_of_named(generic, (t,), CONTEXT),), CONTEXT)))
    k = tparam("K", interface(union((Int,), String_)))
    declare(Func(0, package, "F", func(Slice(k), Slice(ANY), variadic=True, results=(k,), tparams=(k,))))
    return package


def test_every_kind_of_declaration(package: Package, files: FileSet) -> None:
    data = write_exports(package, files)
    assert data == write_exports(package, files)
    there = FileSet()
    there.add("other.go", b"package other\n")
    read = read_exports(data, there, Imports({}))
    assert described(read) == described(package)
    assert write_exports(read, there) == data
    assert (read.path, read.name, read.go_version) == ("example.com/p", "p", "go1.27")
    for name in ("V", "T"):
        ours, theirs = package.scope.lookup(name), read.scope.lookup(name)
        assert ours is not None and theirs is not None
        assert there.position(theirs.pos) == files.position(ours.pos)
        assert there.absolute(theirs.pos) == files.absolute(ours.pos)


def test_what_is_not_exported_is_not_in_the_scope(package: Package, files: FileSet) -> None:
    read = read_exports(write_exports(package, files), FileSet(), Imports({}))
    assert "secret" not in read.scope.names() and read.scope.lookup("secret") is None and read.scope.lookup("hidden") is None
    secret = read.declared("secret")
    slices = read.scope.lookup("S")
    assert secret is not None and slices is not None and type(slices.typ) is Slice and slices.typ.elem is secret.typ
    under = secret.typ.underlying()
    assert type(under) is Struct and under.tag(1) == b'json:"\xff"' and under.tag(0) == b""
    assert read.declared("hidden") is None and read.declared("nothing") is None


def test_nothing_is_made_before_it_is_asked_for(package: Package, files: FileSet) -> None:
    read = read_exports(write_exports(package, files), FileSet(), Imports({}))
    assert read.scope.elems == {}
    t = read.scope.lookup("T")
    assert t is not None and type(t.typ) is Named and not t.typ.unpacked
    assert set(read.scope.elems) == {"T"}
    t.typ.unpack()
    declared = t.typ._methods[0]
    assert declared is not None and declared.typ is UNRESOLVED
    assert t.typ.method(0) is declared and declared.typ is declared.signature


def test_damaged_data_is_not_read(package: Package, files: FileSet) -> None:
    data = write_exports(package, files)
    for bad in (b"", data[:20], data[:-1], data + b"x", data[:-10] + bytes([data[-10] ^ 1]) + data[-9:], b"x" + data[1:]):
        with pytest.raises(StaleExportsError):
            read_exports(bad, FileSet(), Imports({}))
