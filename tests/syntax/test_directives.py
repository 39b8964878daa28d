# SPDX-License-Identifier: BSD-3-Clause
"""What is said of directives in wrong places or of wrong form, beside `go tool compile`; and what right ones do."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pygo_cross.build.goroot import find_goroot
from pygo_cross.frontend.mistakes import Mistakes
from pygo_cross.syntax import nodes
from pygo_cross.syntax.directives import GO_BUILD, NO_CHECK_PTR, UINTPTR_ESCAPES, UINTPTR_KEEP_ALIVE, DirectiveRules
from pygo_cross.syntax.goversion import go_version
from pygo_cross.syntax.nodes import File
from pygo_cross.syntax.parser import parse
from pygo_cross.syntax.source import FileSet

# With a syntax error at the end of each, cmd/compile stops behind the parser.
WRONG = "\nvar wrong = = 1\n"
TEXTS = {
    "places": """//go:noinline
package p //go:nosplit

//go:noinline
import "unsafe"

//go:nosplit
const (
	//go:noinline
	a = 1 //go:norace
)

//go:noescape
//go:embed x
type (
	t int
	/* c */ //go:nosplit
)

func f() {
	//go:noinline
	x := 1
	//go:nosplit
	if x {
		//go:noescape
	}
	//go:norace
	var y int
	//go:norace
	{
	}
	//go:nosplit
	L:
	//go:noinline
	for {
	}
	//go:nocheckptr
}

//go:unknown
;

//go:noinline
""",
    "embed": """package p

//go:embed a b "c d" `e f` "\\x41\\u00e9"
var a int

//go:embed
//go:embed "a
//go:embed `a
//go:embed "a"b
//go:embed "\\q"
//go:embed a"b" "a" "\\"x"
var b int

func f() {
	//go:embed a
	x := 1
}
""",
    "linkname": """package p

//go:linkname
//go:linkname a
//go:linkname a b
//go:linkname a b c
//go:linknamestd a b
//go:linknamestd a b c
x //go:linkname c d
//go:wasmimport a
//go:wasmimport a b
//go:wasmexport
//go:wasmexport a
//go:wasmexport a b
func f()
""",
    "cgo": """package p

//go:cgo_export_static a
//go:cgo_import_dynamic a b "-lc"
//go:cgo_import_dynamic a b "libc.so"
//go:cgo_import_dynamic a b libc.so
//go:cgo_import_dynamic a
//go:cgo_import_dynamic
//go:cgo_import_dynamic a b "c" d
//go:cgo_ldflag "-x y"
//go:cgo_ldflag -x
//go:cgo_dynamic_linker "a"
//go:cgo_dynamic_linker a
//go:cgo_import_static a "b
//go:cgo_export_dynamic a b c
//go:cgo_unsafe_args
//go:cgo_other
func f()
""",
    "runtime": """package p

//go:systemstack
//go:nowritebarrier
//go:nowritebarrierrec
//go:yeswritebarrierrec
//go:uintptrkeepalive
//go:uintptrescapes
//go:nointerface
//go:registerparams
//go:fix
//go:whatever
//go:generate x
//go:build go1.22
func f()
""",
    "lines": """package p
//line a.go:10
//go:linkname
//line b/c.go:20:3
//go:linkname
var x = ! /*line /d//e/../f.go:7:8*/ ; var y = = /*line :9:1*/ ; var z = = /*line k.go:5*/ ; var w = =
//line ../g.go:0
//line g.go:1:0
//line g.go:x
//line g.go
//line g.go:99999999999
 //line h.go:3
var v = =
""" + " " * 300 + "var u = =",
}  # fmt: skip


def ours(name: str, text: str, rules: DirectiveRules) -> tuple[File | None, list[str]]:
    """The tree, and the errors as they are printed."""
    fset = FileSet()
    parsed = parse(fset.add(name, text.encode()), rules)
    mistakes = Mistakes(fset, 0)
    for problem in parsed.problems:
        mistakes.add(problem.pos, "syntax", problem.message)
    return parsed.file, [f"{fset.reported(mistake.pos)}: {mistake.message}" for mistake in mistakes.reported()]


@pytest.mark.parametrize("flags", [(), ("-std",), ("-std", "-+")], ids=["user", "std", "runtime"])
@pytest.mark.parametrize("name", sorted(TEXTS))
def test_errors_are_those_of_the_compiler(name: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    text = TEXTS[name] + WRONG
    (tmp_path / "x.go").write_text(text)
    command = [str(find_goroot() / "bin/go"), "tool", "compile", "-p", "p", "-e", *flags, "x.go"]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "GOFLAGS": ""}, capture_output=True, text=True, check=False)
    _, errors = ours("x.go", text, DirectiveRules(std="-std" in flags, runtime="-+" in flags))
    assert errors == done.stdout.splitlines()
    assert len(errors) >= 3


def test_right_directives() -> None:
    file, errors = ours(
        "x.go",
        "//go:build linux && go1.21\n\n//go:debug panicnil=1\npackage p\n\n//go:uintptrescapes\nfunc f(uintptr)\n\n"
        '//go:embed a "b c"\n//go:embed `d`\nvar x string\n',
        DirectiveRules(),
    )
    assert errors == []
    assert file is not None and file.pragma is not None
    assert (file.go_version, file.pragma.flags) == ("go1.21", GO_BUILD)
    function, variable = file.decl_list
    assert isinstance(function, nodes.FuncDecl) and isinstance(variable, nodes.VarDecl)
    assert function.pragma is not None and variable.pragma is not None
    assert function.pragma.flags == UINTPTR_ESCAPES | UINTPTR_KEEP_ALIVE
    assert [embed.patterns for embed in variable.pragma.embeds] == [("a", "b c"), ("d",)]
    assert [directive.text for directive in file.directives] == [
        "go:build linux && go1.21",
        "go:debug panicnil=1",
        "go:uintptrescapes",
        'go:embed a "b c"',
        "go:embed `d`",
    ]
    assert NO_CHECK_PTR & function.pragma.flags == 0


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("//go:build go1.18", "go1.18"),
        ("//go:build go1", "go1"),
        ("//go:build linux && (go1.20 || go1.19) && !windows", "go1.19"),
        ("//go:build go1.20 || linux", ""),
        ("//go:build !(go1.20 || linux)", ""),
        ("//go:build !!go1.20", ""),
        ("//go:build go1.20 go1.21", ""),
        ("//go:build (go1.20", ""),
        ("//go:build é_1 && go1.7", "go1.7"),
        ("//go:build go1.x || go1.3 && go1.4", ""),
        ("//go:buildgo1.20", ""),
        ("//go:build", ""),
        ("//go:build " + "a || " * 1001 + "a", ""),
    ],
)
def test_go_version(line: str, version: str) -> None:
    assert go_version(line) == version
