# SPDX-License-Identifier: BSD-3-Clause
"""The starts of Go files in all shapes, right and wrong: names, imports, constraints and errors are those of the go command."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from conformance.listtrees import settle
from trees import differences

from pygo_cross.load.header import scan
from pygo_cross.load.headerparse import HeaderError

HEADERS = {
    "plain": 'package p\n\nimport "fmt"\n\nvar _ = fmt.Sprint\n',
    "no_newline": "package p",
    "bom": '\ufeffpackage p\nimport "os"\n',
    "bom_inside": 'package p\n\ufeffimport "os"\n',
    "crlf": 'package p\r\n\r\nimport (\r\n\t"fmt"\r\n\t"os"\r\n)\r\n',
    "comments": '// a\n/* b\nc */ package /* d */ p // e\n\nimport /* f */ x /* g */ "fmt" // h\n'
    '/* i */ import ( /* j */ "os" /* k */ ; "io" )\n',
    "semicolons": 'package p; import "fmt"; import ("os"; . "io"; _ "net";);',
    "raw_path": "package p\nimport `fmt`\n",
    "escaped_path": 'package p\nimport "\\x66mt"\n',
    "unicode_name": 'package p\nimport größe "fmt"\n',
    "keyword_name": "package func\n",
    "number_name": "package 1\n",
    "no_name": "package\n",
    "no_package": "func main() {}\n",
    "empty": "",
    "only_comment": "// nothing\n",
    "unfinished_comment": "package p\n\n/* never\n",
    "unfinished_string": 'package p\n\nimport "fmt\n',
    "unfinished_raw": "package p\n\nimport `fmt\n",
    "unfinished_block": 'package p\n\nimport (\n\t"fmt"\n',
    "no_path": "package p\n\nimport\n\nvar x int\n",
    "number_path": "package p\n\nimport 5\n",
    "char_path": "package p\n\nimport 'f'\n",
    "empty_path": 'package p\n\nimport ""\n',
    "space_in_path": 'package p\n\nimport "a b"\n',
    "named_bad_path": 'package p\n\nimport x "a\\tb"\n',
    "bad_escape": 'package p\n\nimport "\\q"\n',
    "two_on_a_line": 'package p\n\nimport "fmt" import "os"\n',
    "two_specs": 'package p\n\nimport ("fmt" "os")\n',
    "comma": 'package p\n\nimport ("fmt", "os")\n',
    "junk_behind_name": "package p q\n",
    "dot_behind": "package p.q\n",
    "stray": 'package p\n\n@\nimport "fmt"\n',
    "stray_first": "#!/bin/sh\npackage p\n",
    "late_import": 'package p\n\nvar x = 1\n\nimport "fmt"\n',
    "looks_like_import": "package p\n\nimportant := 1\n",
    "nul": "package p\n\0\n",
    "late_nul": "package p\n\nvar x = 1 // \0\n",
    "cgo_only": 'package p\n\nimport "C"\n',
    "documentation": "package documentation\n",
    "absolute": 'package p\n\nimport "/x"\n',
    "relative": 'package p\n\nimport "./x"\n',
    "versioned": 'package p\n\nimport "x@v1.0.0"\n',
    "mod": 'package p\n\nimport "mod/x"\n',
    "meta": 'package p\n\nimport "all"\n',
    "missing_std": 'package p\n\nimport "fmtt"\n',
    "missing": 'package p\n\nimport "example.com/nothing/here"\n',
    "bad_element": 'package p\n\nimport "example.com/a..b/con"\n',
    "internal": 'package p\n\nimport "internal/abi"\n',
    "vendored": 'package p\n\nimport "vendor/golang.org/x/net/idna"\n',
    "program": 'package p\n\nimport "cmd/gofmt"\n',
    "long": "// " + "x" * 9000 + '\npackage p\n\nimport "fmt"\n',
    "long_imports": "package p\n\nimport (\n" + "".join(f'\t_{n} "fmt"\n' for n in range(900)) + ")\n",
    "build": "//go:build linux\n\npackage p\n",
    "build_off": "//go:build windows\n\npackage p\n",
    "build_wrong": "//go:build linux &\n\npackage p\n",
    "build_open": "//go:build (linux && (amd64\n\npackage p\n",
    "build_twice": "//go:build linux\n//go:build amd64\n\npackage p\n",
    "build_double_not": "//go:build !!linux\n\npackage p\n",
    "build_huge": "//go:build " + " || ".join(["x"] * 1100) + "\n\npackage p\n",
    "build_deep": "//go:build " + "(" * 900 + "linux" + ")" * 900 + "\n\npackage p\n",
    "build_behind_package": "package p\n\n//go:build windows\n",
    "build_in_comment": "/*\n//go:build windows\n*/\n\npackage p\n",
    "build_behind_block": "/* x */\n//go:build windows\n\npackage p\n",
    "build_no_blank": "//go:build windows\npackage p\n",
    "build_other": "//go:buildx windows\n\npackage p\n",
    "plus": "// +build windows\n\npackage p\n",
    "plus_or": "// +build windows linux\n\npackage p\n",
    "plus_and": "// +build linux,!amd64\n\npackage p\n",
    "plus_two": "// +build linux\n// +build arm64\n\npackage p\n",
    "plus_no_blank": "// +build windows\npackage p\n",
    "plus_ignored_by_build": "//go:build linux\n// +build windows\n\npackage p\n",
    "plus_wrong": "// +build !!linux\n\npackage p\n",
    "release": "//go:build go1.27 && !go1.28 && gc && !gccgo && unix && !cgo && amd64.v1 && !amd64.v2\n\npackage p\n",
    "debug": '//go:debug panicnil=1\npackage main\n\nimport "fmt"\n\nfunc main() { fmt.Println() }\n',
    "ill_utf8": "package p\n\n// \udcff\n",
    "ill_utf8_path": 'package p\n\nimport "a\udcff"\n',
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("headers")
    (root / "go.mod").write_text("module example.com/m\n\ngo 1.27\n")
    for name, text in HEADERS.items():
        (root / name).mkdir()
        (root / name / "x.go").write_bytes(text.encode("utf-8", "surrogateescape"))
        (root / "beside" / name).mkdir(parents=True)
        (root / "beside" / name / "a.go").write_text("package p\n")
        (root / "beside" / name / "x.go").write_bytes(text.encode("utf-8", "surrogateescape"))
    for path in root.rglob("*.go"):
        settle(path)
    return root


def test_all_shapes(folder: Path) -> None:
    assert differences(folder, ["./..."]) == []


def test_literally(folder: Path) -> None:
    assert differences(folder, [f"./{name}" for name in HEADERS], "darwin/arm64") == []


def test_mutated_headers_end_cleanly() -> None:
    """Bytes changed at random: a header or a `HeaderError`, and nothing else."""
    chance = random.Random(27)
    texts = [text.encode("utf-8", "surrogateescape") for text in HEADERS.values() if len(text) < 300]
    for _ in range(4000):
        data = bytearray(chance.choice(texts))
        for _ in range(chance.randint(1, 4)):
            at = chance.randint(0, len(data))
            data[at : at + chance.randint(0, 2)] = chance.choice(
                [b'"', b"`", b"(", b")", b"/*", b"*/", b"//", b"\n", b"import", b";", b"\xff", b"\0"]
            )
        try:
            scan(bytes(data))
        except HeaderError:
            continue


def test_ten_megabytes_in_a_line() -> None:
    for text in (b"package p; /*" + b"x" * 10_000_000, b"package p\nimport " + b"(" * 5_000_000, b"package " + b"p" * 10_000_000):
        header = scan(text)
        assert header is not None
