# SPDX-License-Identifier: BSD-3-Clause
"""Trees and errors of small files; what all real files give is compared with Go's own parser by `scripts/conformance syntax`."""

from __future__ import annotations

from pygo_cross.syntax import nodes
from pygo_cross.syntax import tokens as tk
from pygo_cross.syntax.directives import NO_CHECK_PTR, NOINLINE, NOSPLIT, DirectiveRules
from pygo_cross.syntax.nodes import File
from pygo_cross.syntax.parser import parse
from pygo_cross.syntax.printer import expr_string
from pygo_cross.syntax.source import FileSet


def parsed(text: str, rules: DirectiveRules | None = None) -> tuple[File | None, list[str]]:
    """The tree of a file, and its errors with line and column."""
    files = FileSet()
    file, problems = parse(files.add("x.go", text.encode()), rules)
    return file, [f"{files.position(problem.pos)}: {problem.message}" for problem in problems]


def tree(text: str, rules: DirectiveRules | None = None) -> File:
    """The tree of a file without errors."""
    file, errors = parsed(text, rules)
    assert errors == []
    assert file is not None
    return file


def test_a_file() -> None:
    file = tree(
        '//go:build go1.22\npackage p\n\nimport f "fmt"\n\n'
        "func (t *T[K]) m(a, b int, c ...string) (x int) { L: for i := range 3 { break L } }\n"
    )
    assert (file.pkg_name.value, file.go_version) == ("p", "go1.22")
    first, method = file.decl_list
    assert isinstance(first, nodes.ImportDecl) and isinstance(method, nodes.FuncDecl)
    assert first.local_pkg_name is not None and first.path is not None
    assert (first.local_pkg_name.value, first.path.value, first.path.kind) == ("f", '"fmt"', tk.STRING_LIT)
    assert method.recv is not None and expr_string(method.recv.type) == "*T[K]"
    assert expr_string(method.type) == "func(a, b int, c ...string) (x int)"
    ((branch, target),) = file.branch_targets.items()
    assert branch.tok == tk.BREAK and isinstance(target, nodes.ForStmt)


def test_expressions_in_messages() -> None:
    for text in (
        "f(a, b...)[i:j:k].(T)",
        "-x + (y * z) << 2",
        "func(a, b int, c ...string) (x, y error) {…}",
        "map[string][]chan<- *T[int, P]{…}",
        "chan (<-chan int)",
        'struct{a, b int; T "tag"; *U}',
        "interface{m(x int) y; ~int | T}",
        "[...]int{…}",
        " + ".join(["x"] * 5000),
    ):
        declaration = tree("package p\nvar x = " + text.replace("{…}", "{ x }") + "\n").decl_list[0]
        assert isinstance(declaration, nodes.VarDecl) and declaration.values is not None
        assert expr_string(declaration.values) == text


def test_directives_belong_to_the_next_declaration() -> None:
    file, errors = parsed(
        'package p\n\nimport _ "unsafe"\n\n//go:linkname f runtime.f\n//go:nosplit\n//go:noinline\nfunc f()\n\n'
        "//go:noinline\nvar x int\n\nfunc g() {\n\t//go:nosplit\n\tx = 1 //go:noinline\n}\n",
        DirectiveRules(),
    )
    assert file is not None
    function = file.decl_list[1]
    assert isinstance(function, nodes.FuncDecl) and function.pragma is not None
    assert function.pragma.flags == NOSPLIT | NO_CHECK_PTR | NOINLINE
    assert [(name.local, name.remote) for name in file.linknames] == [("f", "runtime.f")]
    assert errors == ["x.go:14:4: misplaced compiler directive", "x.go:15:10: misplaced compiler directive"]
