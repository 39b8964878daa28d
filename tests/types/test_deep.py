# SPDX-License-Identifier: BSD-3-Clause
"""Packages whose declarations are nested, or depend on each other, thousands deep: checked in time that grows with them."""

from __future__ import annotations

import pytest

from pygo_cross.frontend.mistakes import Mistakes
from pygo_cross.frontend.package import check_package
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.deep import deep_recursion
from pygo_cross.types.exportread import read_exports
from pygo_cross.types.exportwrite import write_exports
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.universe import UNSAFE

N = 1200


def chain(declaration: str, last: str) -> str:
    """N declarations, each of which needs the next."""
    return "".join(declaration.format(i=i, j=i + 1) for i in range(N)) + last.format(i=N)


PROGRAMS = {
    "parentheses": "var X = " + "(" * N + "1" + ")" * N,
    "operators": "var s = 1\nvar X = s" + " + s" * N,
    "strings": "const X = \"a\"" + " + \"a\"" * N,
    "calls": "func f(x int) int { return x }\nvar X = " + "f(" * N + "1" + ")" * N,
    "slices": "var X " + "[]" * N + "int\nvar y = X",
    "structs": "var X " + "struct{ f " * N + "int" + "}" * N + "\nvar y = X == X",
    "functions": "var X = " + "func() { _ = " * N + "1" + "}" * N,
    "blocks": "func X() {" + "{" * N + "}" * N + "}",
    "types": chain("type T{i} T{j}\n", "type T{i} int\nvar X T0"),
    "fields": chain("type T{i} struct {{ f T{j} }}\n", "type T{i} int\nvar X T0\nvar y = X == X"),
    "embedded": chain("type T{i} struct {{ T{j} }}\n", "type T{i} struct {{ a int }}\nvar t T0\nvar X = t.a"),
    "constraints": chain("type T{i} interface {{ T{j} }}\n", "type T{i} interface {{ a() }}\nvar t T0\nvar X = t.a"),
    "variables": chain("var v{i} = v{j}\n", "var v{i} = 1\nvar X = v0"),
    "aliases": chain("type T{i} = []T{j}\n", "type T{i} = int\nvar X T0\nvar y = X"),
}


def no_import(path: str) -> Package:
    return UNSAFE


@pytest.mark.parametrize("name", PROGRAMS)
def test_deep(name: str) -> None:
    files = FileSet()
    mistakes = Mistakes(files)
    source = files.add("p.go", f"package p\n{PROGRAMS[name]}\n".encode())
    checked = check_package(files, "p", [source], no_import, Sizes(), mistakes, go_version="go1.27")
    assert [mistake.message for mistake in mistakes.reported()] == []
    assert checked is not None
    read = read_exports(write_exports(checked.package, files), FileSet(), no_import)
    with deep_recursion():
        assert read.scope.lookup("X") is not None
