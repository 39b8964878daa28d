# SPDX-License-Identifier: BSD-3-Clause
"""Modules beside stock: graphs drawn at random, trees of the go command's own tests, patterns, named files, who may import whom."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path

import pytest
from conformance.listtrees import make_proxy, scripts, write_tree
from trees import differences, listed, write

from pygo_cross.build.goroot import find_goroot
from pygo_cross.load.gosum import hash_mod
from pygo_cross.load.modzip import hash_zip


def random_graph(folder: Path, chance: random.Random) -> tuple[Path, dict[str, str]]:
    """A proxy of modules that need each other, each in some versions, and a main module with all their sums."""
    names = [f"example.com/{letter}" for letter in "abcdef"] + ["example.com/a/nested"]
    versions = {name: sorted(chance.sample(["v1.0.0", "v1.1.0", "v1.2.0-rc.1", "v1.2.0"], chance.randint(1, 3))) for name in names}
    sums: list[str] = []

    def go_mod(name: str, excluded: tuple[str, ...]) -> tuple[str, list[str]]:
        needed = chance.sample([other for other in names if other not in excluded], chance.randint(0, 3))
        lines = [f"\t{other} {chance.choice(versions[other])}{chance.choice(['', ' // indirect'])}" for other in needed]
        go = chance.choice(["1.16", "1.17", "1.20", "1.21", "1.22.1"])
        return f"module {name}\n\ngo {go}\n\nrequire (\n" + "\n".join(lines) + "\n)\n", needed

    for name in names:
        for version in versions[name]:
            mod, needed = go_mod(name, (name,))
            place = folder / "proxy" / name / "@v"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{version}.mod").write_text(mod)
            (place / f"{version}.info").write_text(json.dumps({"Version": version, "Time": "2020-01-02T03:04:05Z"}))
            imports = "".join(f'import _ "{other}"\n' for other in needed if chance.random() < 0.7)
            with zipfile.ZipFile(place / f"{version}.zip", "w") as archive:
                archive.writestr(f"{name}@{version}/go.mod", mod)
                archive.writestr(f"{name}@{version}/x.go", f"package x\n\n{imports}")
                archive.writestr(f"{name}@{version}/x_test.go", f'package x\n\nimport _ "{chance.choice(names)}"\n')
                if name == "example.com/a" and chance.random() < 0.2:
                    archive.writestr(f"{name}@{version}/nested/x.go", "package nested\n")
            sums.append(f"{name} {version} {hash_zip(str(place / f'{version}.zip'))}\n")
            sums.append(f"{name} {version}/go.mod {hash_mod(mod.encode())}\n")
    main, needed = go_mod("example.com/main", ())
    if chance.random() < 0.3:
        main += f"\nexclude {chance.choice(names)} v1.2.0\n"
    if chance.random() < 0.3:
        main += f"\nreplace {chance.choice(names)} => ./local\n"
    if chance.random() < 0.3:
        old, new = chance.sample(names, 2)
        main += f"\nreplace {old} => {new} {versions[new][-1]}\n"
    tree = folder / "main"
    imports = "".join(f'import _ "{name}"\n' for name in (needed or names[:1]) + chance.sample(names, 1))
    local = "module example.com/local\n\ngo 1.20\n\nrequire example.com/b " + versions["example.com/b"][0] + "\n"
    write(tree, f"-- go.mod --\n{main}-- m.go --\npackage m\n\n{imports}-- local/go.mod --\n{local}-- local/l.go --\npackage l\n")
    if chance.random() < 0.9:
        (tree / "go.sum").write_text("".join(line for line in sums if chance.random() < 0.99))
    return tree, {"GOPROXY": (folder / "proxy").as_uri(), "GOMODCACHE": str(folder / "cache"), "GOFLAGS": "-modcacherw"}


@pytest.mark.parametrize("seed", range(8))
def test_random_graphs(tmp_path: Path, seed: int) -> None:
    tree, env = random_graph(tmp_path, random.Random(seed))
    assert differences(tree, ["./...", "example.com/..."] if seed % 3 == 0 else ["./..."], tests=seed % 2 == 0, env=env) == []


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_proxy(find_goroot(), tmp_path_factory.mktemp("proxy"))


STOCK_SCRIPTS = ["mod_ambiguous_import", "mod_lazy_new_import", "work", "work_replace"]


@pytest.mark.parametrize("name", STOCK_SCRIPTS)
def test_trees_of_the_go_command(tmp_path: Path, proxy: Path, name: str) -> None:
    goroot = find_goroot()
    env = {"GOPROXY": proxy.as_uri(), "GOMODCACHE": str(tmp_path / "cache"), "GOFLAGS": "-modcacherw"}
    for found, files in scripts(goroot, [name]):
        if found == name:
            write_tree(files, tmp_path / "tree")
    root = next(path.parent for file in ("go.work", "go.mod") for path in sorted((tmp_path / "tree").rglob(file)))
    assert differences(root, ["./..."], env=env) == []


VENDORED = """
-- go.mod --
module example.com/m

go {go}

require example.com/dep v1.0.0

replace example.com/dep => ./dep
-- m.go --
package m

import _ "example.com/dep/sub"
import _ "example.com/stray"
-- dep/go.mod --
module example.com/dep
-- dep/sub/s.go --
package sub
-- vendor/modules.txt --
# example.com/dep v1.0.0 => ./dep
## explicit{note}
example.com/dep/sub
# example.com/dep => ./dep
-- vendor/example.com/dep/sub/s.go --
package sub

import _ "example.com/m"
-- vendor/example.com/stray/s.go --
package stray
"""


@pytest.mark.parametrize(("go", "note"), [("1.27", "; go 1.20"), ("1.20", ""), ("1.13", ""), ("1.27", "; go 1.99"), ("1.16", "")])
def test_vendor_folders(tmp_path: Path, go: str, note: str) -> None:
    assert differences(write(tmp_path, VENDORED.format(go=go, note=note)), ["./..."]) == []
    assert differences(tmp_path, ["./..."], env={"GOFLAGS": "-mod=readonly"}) == []


def test_vendor_folders_that_do_not_agree(tmp_path: Path) -> None:
    text = VENDORED.format(go="1.27", note="").replace("## explicit", "## ").replace("v1.0.0 => ./dep\n", "v1.1.0 => ../dep\n")
    assert differences(write(tmp_path, text), ["./..."]) == []


FILES = """
-- go.mod --
module example.com/m

go 1.27
-- a.go --
package main

import (
	"fmt"

	_ "example.com/m/internal/i"
	_ "example.com/m/sub/internal/j"
)

func main() { fmt.Println() }
-- b_windows.go --
//go:build darwin

package main
-- other.go --
package other
-- a_test.go --
package main

import "testing"
-- internal/i/i.go --
package i
-- sub/s.go --
package main
-- sub/internal/j/j.go --
package j
-- text.txt --
"""


@pytest.mark.parametrize(
    "files",
    [
        ["a.go", "b_windows.go"],
        ["a.go", "other.go"],
        ["./a.go", "sub/s.go"],
        ["a.go", "text.txt"],
        ["a.go", "a_test.go"],
        ["a.go", "no.go"],
    ],
)
def test_named_files(tmp_path: Path, files: list[str]) -> None:
    write(tmp_path, FILES)
    assert differences(tmp_path, files, tests="a_test.go" in files) == []


PATTERNS = [
    [], ["."], ["./sub"], ["./nothing"], ["example.com/m"], ["example.com/m/..."], ["example.com/m/sub/internal/j", "./sub"],
    ["fmt", "./..."],
    ["./sub/..."], ["../m/..."], ["/etc"], [".."], ["work"], ["all"], ["tool"], ["cmd/gofmt/..."], ["nothing/..."], ["./vendor/x"],
    ["example.com/other"], ["unsafe", "builtin"], ["fmt@v1.0.0"], ["./internal/../sub"], ["mod/x"], ["C"], ["st...ings"], ["vendor/..."],
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(PATTERNS)))
def test_patterns(tmp_path: Path, number: int) -> None:
    tree = write(tmp_path / "m", FILES.replace("-- other.go --\npackage other\n", ""))
    assert differences(tree, PATTERNS[number]) == []


def test_a_chain_of_a_four_hundred_packages(tmp_path: Path) -> None:
    write(tmp_path, "-- go.mod --\nmodule m\n\ngo 1.27\n")
    for number in range(400):
        text = f'package p\n\nimport _ "m/p{number + 1}"\n' if number < 399 else "package p\n"
        write(tmp_path, f"-- p{number}/p.go --\n{text}")
    found = listed(tmp_path, ["./p0"])
    assert len(found) == 400
    assert len(found[-1]["Deps"]) == 399


def test_cycles(tmp_path: Path) -> None:
    text = "".join(f'-- {a}/{a}.go --\npackage {a}\n\nimport _ "m/{b}"\n' for a, b in ("ab", "bc", "ca", "da"))
    write(tmp_path, "-- go.mod --\nmodule m\n\ngo 1.27\n" + text + '-- self/s.go --\npackage self\n\nimport _ "m/self"\n')
    assert differences(tmp_path, ["./..."]) == []
    assert differences(tmp_path, ["./d", "./b"]) == []


def test_names_of_files(tmp_path: Path) -> None:
    names = ["-x.go", "A.go", "a.go", "_cgo_x.go", "x.c", "x.f", "y.S", "z.s", "h.h", "w.syso", "s.swig", "m.m", "n.cc"]
    for number, name in enumerate(names):
        write(tmp_path, f"-- {number}/{name} --\npackage p\n-- {number}/p.go --\npackage p\n-- both/{name} --\npackage p\n")
    write(tmp_path, "-- go.mod --\nmodule m\n\ngo 1.27\n-- -dash/p.go --\npackage p\n")
    (tmp_path / "12/n.cc").write_text("//go:build windows\n\nint x;\n")
    assert differences(tmp_path, ["./..."]) == []
