# SPDX-License-Identifier: BSD-3-Clause
"""Go's own parsers as oracles: a Go program that is built beside a copy of cmd/compile's package syntax, and our trees in its form."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pygo_cross.build.goroot import find_goroot
from pygo_cross.syntax import nodes
from pygo_cross.syntax.nodes import File, Node
from pygo_cross.syntax.parser import Parsed, parse
from pygo_cross.syntax.positions import end_pos, first, last, start_pos
from pygo_cross.syntax.printer import expr_string
from pygo_cross.syntax.source import FileSet
from pygo_cross.syntax.walk import children, walk

ORACLE = Path(__file__).parent / "oracle"


def build_oracle(folder: Path) -> Path:
    """Builds the program in `folder`."""
    goroot = find_goroot()
    module = folder / "oracle"
    (module / "syntax").mkdir(parents=True, exist_ok=True)
    for source in (goroot / "src/cmd/compile/internal/syntax").glob("*.go"):
        if not source.name.endswith("_test.go") and source.name != "testing.go":
            shutil.copy(source, module / "syntax")
    shutil.copy(ORACLE / "main.go", module)
    (module / "go.mod").write_text("module oracle\n\ngo 1.27\n")
    program = folder / "oracle-program"
    settings = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-trimpath", "GOPROXY": "off", "GOWORK": "off"}
    for name in ("GOOS", "GOARCH", "GOROOT"):
        settings.pop(name, None)
    command = [str(goroot / "bin/go"), "build", "-o", str(program), "."]
    done = subprocess.run(command, cwd=module, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return program


class Oracle:
    """A running oracle; a context manager."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen([str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, *exc: object) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def ask(self, mode: str, name: str, source: bytes) -> str:
        """The answer to one request (see oracle/main.go)."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(f"{mode} {len(source)} {name}\n".encode() + source)
        stdin.flush()
        size = int(stdout.readline())
        return stdout.read(size).decode("utf-8", "surrogateescape")


def ours(mode: str, name: str, source: bytes) -> str:
    """What we make of a source text, in the oracle's form."""
    file = FileSet().add(name, source)
    parsed = parse(file)
    if mode in ("ast", "print"):
        assert parsed.file is not None
        if mode == "ast":
            return ast_lines(parsed.file)
        return "".join(sorted({f"{expr_string(node)}\n" for node in walk(parsed.file) if isinstance(node, nodes.Expr)}))
    lines: list[str] = []
    for problem in parsed.problems:
        line, column = file.line_column(problem.pos)
        lines.append(f"{line}:{column}: {problem.message}\n")
    if mode == "errors":
        return "".join(lines)
    if parsed.file is None:
        return "".join([*lines, "no tree\n"])
    tree = Dump(parsed).text()
    if mode == "digest":
        tree = hashlib.sha256(tree.encode("utf-8", "surrogateescape")).hexdigest() + "\n"
    return "".join(lines) + tree


_UNUSED_LABEL = re.compile(r"^\d+:\d+: label .* defined and not used$")


def in_order(errors: str) -> str:
    """An answer with errors, where those that Go finds in no fixed order (unused labels of a function) are sorted."""
    lines = errors.split("\n")
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and _UNUSED_LABEL.match(lines[end]):
            end += 1
        lines[at:end] = sorted(lines[at:end])
        at = max(end, at + 1)
    return "\n".join(lines)


class Dump:
    """A tree in the oracle's form: a line a node."""

    def __init__(self, parsed: Parsed) -> None:
        assert parsed.file is not None
        self.tree = parsed.file
        self.base = parsed.file.source.base
        self.out: list[str] = []
        self.groups: dict[int, int] = {0: 0}
        self.printers: dict[type[Node], Callable[[Any], None]] = {
            nodes.ImportDecl: self.import_decl,
            nodes.ConstDecl: self.const_decl,
            nodes.TypeDecl: self.type_decl,
            nodes.VarDecl: self.const_decl,
            nodes.FuncDecl: self.func_decl,
            nodes.BadExpr: lambda n: self.line(n),
            nodes.Name: lambda n: self.line(n, n.value),
            nodes.BasicLit: lambda n: self.line(n, n.kind, n.bad, n.value),
            nodes.CompositeLit: lambda n: self.line(n, n.nkeys, n.rbrace - self.base).all(n.type, *n.elem_list),
            nodes.KeyValueExpr: lambda n: self.line(n).all(n.key, n.value),
            nodes.FuncLit: lambda n: self.line(n).all(n.type, n.body),
            nodes.ParenExpr: lambda n: self.line(n).all(n.x),
            nodes.SelectorExpr: lambda n: self.line(n).all(n.x, n.sel),
            nodes.IndexExpr: lambda n: self.line(n).all(n.x, n.index),
            nodes.SliceExpr: lambda n: self.line(n, n.full).all(n.x, n.low, n.high, n.max),
            nodes.AssertExpr: lambda n: self.line(n).all(n.x, n.type),
            nodes.TypeSwitchGuard: lambda n: self.line(n).present(n.lhs).all(n.x),
            nodes.Operation: lambda n: self.line(n, n.op).all(n.x, n.y),
            nodes.CallExpr: lambda n: self.line(n, n.has_dots).all(n.fun, *n.arg_list),
            nodes.ListExpr: lambda n: self.line(n).all(*n.elem_list),
            nodes.ArrayType: lambda n: self.line(n).all(n.len, n.elem),
            nodes.SliceType: lambda n: self.line(n).all(n.elem),
            nodes.DotsType: lambda n: self.line(n).all(n.elem),
            nodes.StructType: self.struct_type,
            nodes.InterfaceType: lambda n: self.line(n).fields(n.method_list),
            nodes.FuncType: self.func_type,
            nodes.MapType: lambda n: self.line(n).all(n.key, n.value),
            nodes.ChanType: lambda n: self.line(n, n.dir).all(n.elem),
            nodes.EmptyStmt: lambda n: self.line(n),
            nodes.LabeledStmt: lambda n: self.line(n).all(n.label, n.stmt),
            nodes.BlockStmt: lambda n: self.line(n, n.rbrace - self.base).all(*n.list),
            nodes.ExprStmt: lambda n: self.line(n).all(n.x),
            nodes.SendStmt: lambda n: self.line(n).all(n.chan, n.value),
            nodes.DeclStmt: lambda n: self.line(n).all(*n.decl_list),
            nodes.AssignStmt: lambda n: self.line(n, n.op).all(n.lhs, n.rhs),
            nodes.BranchStmt: self.branch_stmt,
            nodes.CallStmt: lambda n: self.line(n, n.tok).all(n.call),
            nodes.ReturnStmt: lambda n: self.line(n).all(n.results),
            nodes.IfStmt: lambda n: self.line(n).all(n.init, n.cond, n.then, n.els),
            nodes.ForStmt: lambda n: self.line(n).all(n.init, n.cond, n.post, n.body),
            nodes.SwitchStmt: lambda n: self.line(n, n.rbrace - self.base).all(n.init, n.tag, *n.body),
            nodes.SelectStmt: lambda n: self.line(n, n.rbrace - self.base).all(*n.body),
            nodes.RangeClause: lambda n: self.line(n, n.define).all(n.lhs, n.x),
            nodes.CaseClause: lambda n: self.line(n, n.colon - self.base).all(n.cases, *n.body),
            nodes.CommClause: lambda n: self.line(n, n.colon - self.base).all(n.comm, *n.body),
        }

    def text(self) -> str:
        """All of it."""
        tree = self.tree
        self.line(tree, f'"{tree.go_version}"').all(tree.pkg_name, *tree.decl_list)
        return "".join(self.out)

    def line(self, node: Node, *extra: object) -> Dump:
        base = self.base
        words = [type(node).__name__, str(node.pos - base), str(start_pos(node) - base), str(end_pos(node) - base)]
        words += [str(word).lower() if word is True or word is False else str(word) for word in extra]
        self.out.append(" ".join(words) + "\n")
        return self

    def all(self, *children: Node | None) -> Dump:
        for child in children:
            if child is None:
                self.out.append("-\n")
            else:
                self.printers[type(child)](child)
        return self

    def present(self, child: Node | None) -> Dump:
        return self.all(child) if child is not None else self

    def group(self, group: int) -> int:
        return self.groups.setdefault(group, len(self.groups))

    def fields(self, fields: list[nodes.Field]) -> Dump:
        previous: Node | None = None
        for field in fields:
            same = field.type is previous
            self.line(field, same).present(field.name)
            if not same:
                self.all(field.type)
            previous = field.type
        return self

    def import_decl(self, n: nodes.ImportDecl) -> None:
        if n.path is None:
            self.out.append(f"ImportDecl {n.pos - self.base} {self.group(n.group)}\n")
        else:
            self.line(n, self.group(n.group))
        self.present(n.local_pkg_name).present(n.path)

    def const_decl(self, n: nodes.ConstDecl | nodes.VarDecl) -> None:
        self.line(n, self.group(n.group)).all(*n.name_list, n.type, n.values)

    def type_decl(self, n: nodes.TypeDecl) -> None:
        self.line(n, self.group(n.group), n.alias).all(n.name).fields(n.tparam_list).all(n.type)

    def func_decl(self, n: nodes.FuncDecl) -> None:
        self.line(n)
        if n.recv is not None:
            self.fields([n.recv])
        self.all(n.name).fields(n.tparam_list).all(n.type).present(n.body)

    def struct_type(self, n: nodes.StructType) -> None:
        self.line(n).fields(n.field_list)
        for index, tag in enumerate(n.tag_list):
            if tag is not None:
                self.out.append(f"tag {index}\n")
                self.all(tag)

    def func_type(self, n: nodes.FuncType) -> None:
        self.line(n).fields(n.param_list).out.append("results\n")
        self.fields(n.result_list)

    def branch_stmt(self, n: nodes.BranchStmt) -> None:
        target = self.tree.branch_targets.get(n)
        self.line(n, n.tok, target.pos - self.base if target is not None else -1).present(n.label)


_AST_NAMES: dict[type[Node], str] = {
    nodes.Name: "Ident",
    nodes.AssertExpr: "TypeAssertExpr",
    nodes.TypeSwitchGuard: "TypeAssertExpr",
    nodes.DotsType: "Ellipsis",
    nodes.SliceType: "ArrayType",
}


def ast_lines(tree: File) -> str:
    """The expressions of a tree as go/ast has them: kind, offset and end of each, sorted."""
    lines: list[str] = []
    base, parens = tree.source.base, tree.parens
    seen: set[Node] = set()

    def visit(node: Node) -> None:
        if node in seen:
            return
        seen.add(node)
        kind = type(node)
        if isinstance(node, nodes.Expr) and kind is not nodes.ListExpr:
            name = _AST_NAMES.get(kind, kind.__name__)
            if isinstance(node, nodes.Operation):
                name = "BinaryExpr" if node.y is not None else "StarExpr" if node.op == 17 else "UnaryExpr"
            elif isinstance(node, nodes.IndexExpr) and isinstance(node.index, nodes.ListExpr):
                name = "IndexListExpr"
            lines.append(f"{name} {first(node, parens) - base} {last(node, parens) - base}\n")
            for opening, end in parens.get(node, ()):
                lines.append(f"ParenExpr {opening - base} {end - base}\n")
        for child in children(node):
            visit(child)

    visit(tree)
    return "".join(sorted(lines))
