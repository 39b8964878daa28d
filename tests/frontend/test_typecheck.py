# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross typecheck` says what `go build` says."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pygo_cross.build.goroot import find_goroot

Cli = Callable[..., "subprocess.CompletedProcess[str]"]

FILES = {
    "go.mod": "module example.com/m\n\ngo 1.21\n",
    "main.go": """package main

import (
	"unsafe"

	"example.com/m/shapes"
	sh "example.com/m/shapes"
)

func main() {
	x := shapes.Area(1)
	for i := range 10 {
		println(missing, i)
	}
	var s string = 3
	shapes.hidden()
	var t sh.Shape = 1
	y, y := 1, 2
	_ = t.Name(\u00e9)
}

func main() {}
""",
    "other.go": "package main\n\nfunc other() int {\n\tfor {\n\t\tbreak\n\t}\n}\n\nvar a, b = b, a\n",
    "shapes/shapes.go": (
        "package shapes\n\ntype Shape interface{ Name() string }\n\nfunc Area(x int) int { return x }\n\nfunc hidden() {}\n"
    ),
    "broken/broken.go": "package broken\n\nfunc F() {\n\tx := = 1\n\tif y {\n\t}}\n}\n",
    "broken/more.go": "package broken\n\nvar v int = \"\"\n",
    "user/user.go": 'package user\n\nimport "example.com/m/broken"\n\nvar _ = broken.F\nvar wrong int = ""\n',
    "many/many.go": "package many\n\n" + "".join(f"var v{i} int = \"{i}\"\n" for i in range(15)),
    "bodies/bodies.go": "package bodies\n\nfunc missing()\n\n//go:noinline\nvar v int\n\ntype T interface{ m() interface{ T } }\n",
    "large/large.go": (
        "package large\n\ntype T [1 << 50]byte\n\ntype G[P any] struct{ a [1 << 20]P }\n\n"
        "type S struct{ a, b [1 << 48]int }\n\nvar v [2]struct{ x [1 << 30][1 << 30]int8 }\n\nvar w [1 << 49]byte\n"
    ),
    "lines/lines.go": (
        "package lines\n\n//line foo.y:100\nfunc l1() { undefined1() }\n\nfunc dup() {}\nfunc dup() {}\n\n"
        "/*line bar.y:7:3*/ var z int = \"\"\n"
        f"var far string = \"{300 * 'a'}\" + undefined2 + undefined3\n"
    ),
    "values/values.go": (
        "package values\n\ntype I interface{ ~int }\n\nvar a = []int{comparable([]string{}), I(\"\")}\nvar b string = int([]int{}...)\n\n"
        "func F(f any) { f() }\n"
    ),
    "tested/tested.go": "package tested\n\nfunc F() {}\n",
    "tested/in_test.go": "package tested\n\nvar _ = F(1)\n",
    "tested/out_test.go": 'package tested_test\n\nimport "example.com/m/tested"\n\nvar _ int = tested.F\n',
}  # fmt: skip


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module whose packages have mistakes of many kinds."""
    folder = tmp_path_factory.mktemp("typecheck") / "m"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def stock(folder: Path, *args: str) -> str:
    """What a go command prints on standard error."""
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off", "GOPROXY": "off", "PWD": str(folder)}
    env = {name: value for name, value in env.items() if name not in ("GOROOT", "GOOS", "GOARCH")}
    return subprocess.run([str(find_goroot() / "bin/go"), *args], cwd=folder, env=env, capture_output=True, text=True, check=False).stderr


def sections(text: str) -> dict[str, str]:
    """The output of a build by package: the order of packages is that in which they happened to be ready."""
    parts = ("\n" + text).split("\n# ")
    return {part.partition("\n")[0]: part.partition("\n")[2].strip("\n") for part in parts[1:]}


@pytest.mark.parametrize("flags", [(), ("-e",)], ids=["ten", "all"])
def test_errors_are_those_of_go_build(cli: Cli, module: Path, tmp_path: Path, flags: tuple[str, ...]) -> None:
    wanted = sections(stock(module, "build", *(("-gcflags=-e",) if flags else ()), "./..."))
    done = cli("typecheck", *flags, "./...", cwd=module, env={"PYGO_CROSS_CACHE": str(tmp_path)})
    assert sections(done.stderr) == wanted
    assert len(wanted) == 7
    assert done.returncode == 1
    assert done.stdout == ""


def test_below_the_module_places_are_relative_to_the_current_folder(cli: Cli, module: Path, tmp_path: Path) -> None:
    done = cli("typecheck", "../many", "../broken", cwd=module / "shapes", env={"PYGO_CROSS_CACHE": str(tmp_path)})
    assert sections(done.stderr) == sections(stock(module / "shapes", "build", "../many", "../broken"))


def test_tests_too(cli: Cli, module: Path, tmp_path: Path) -> None:
    done = cli("typecheck", "--test", "./tested", cwd=module, env={"PYGO_CROSS_CACHE": str(tmp_path)})
    assert sections(done.stderr) == sections(stock(module, "test", "-vet=off", "./tested"))
    assert cli("typecheck", "./tested", cwd=module, env={"PYGO_CROSS_CACHE": str(tmp_path)}).returncode == 0


def test_json(cli: Cli, module: Path, tmp_path: Path) -> None:
    done = cli("typecheck", "--json", "./broken", cwd=module, env={"PYGO_CROSS_CACHE": str(tmp_path)})
    (found,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["line"], row["column"], row["code"]) for row in found["errors"]] == [(4, 7, "syntax"), (5, 2, "syntax"), (7, 1, "syntax")]
    assert all(row["file"] == str(module / "broken/broken.go") for row in found["errors"])
    assert found["package"] == "example.com/m/broken" and not found["more"] and not found["skipped"]
    assert done.stderr == "" and done.returncode == 1


def test_what_cannot_be_loaded(cli: Cli, module: Path, tmp_path: Path) -> None:
    (module / "lost").mkdir(exist_ok=True)
    (module / "lost/lost.go").write_text('package lost\n\nimport _ "example.com/m/nowhere"\n')
    done = cli("typecheck", "./lost", cwd=module, env={"PYGO_CROSS_CACHE": str(tmp_path)})
    (module / "lost/lost.go").unlink()
    assert done.returncode == 1
    assert done.stderr == "lost/lost.go:3:8: package example.com/m/nowhere is not in std\n" or "nowhere" in done.stderr


def test_exports_are_kept_and_found_again(cli: Cli, module: Path, tmp_path: Path) -> None:
    env: dict[str, str | None] = {"PYGO_CROSS_CACHE": str(tmp_path)}
    first = cli("typecheck", ".", cwd=module, env=env)
    kept = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert len(kept) == 1  # shapes: what is wrong isn't kept
    second = cli("typecheck", ".", cwd=module, env=env)
    assert second.stderr == first.stderr
    kept[0].write_bytes(kept[0].read_bytes()[:-7] + b"garbage")
    assert cli("typecheck", ".", cwd=module, env=env).stderr == first.stderr
    assert not list(tmp_path.rglob(".*"))
    (module / "shapes/shapes.go").write_text(FILES["shapes/shapes.go"].replace("Area(x int)", "Area(x string)"))
    assert "as string value in argument to shapes.Area" in cli("typecheck", ".", cwd=module, env=env).stderr
    (module / "shapes/shapes.go").write_text(FILES["shapes/shapes.go"])
