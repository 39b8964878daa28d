# SPDX-License-Identifier: BSD-3-Clause
"""Variants of packages for tests, and the program that runs them: it is, but for empty lines, the one that the go command makes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from trees import ENV, differences, write

from pygo_cross.build.goroot import find_goroot
from pygo_cross.load.loader import Loader
from pygo_cross.load.settings import Settings
from pygo_cross.load.testmain import TestMainError, test_main
from pygo_cross.target import find_target

# pytest would take these for tests.
make_test_main = test_main
del test_main

TREE = r"""
-- go.mod --
module example.com/m

go 1.27
-- own/p.go --
package p
-- own/p_test.go --
package p

import "testing"

func Test(t *testing.T)          {}
func TestOne(t *testing.T)       {}
func Testnot(t *testing.T)       {}
func TestÜber(*testing.T)        {}
func (x x) TestMethod(t *testing.T) {}
func BenchmarkB(b *testing.B)    {}
func FuzzF(f *testing.F)         {}
func helper(t *testing.T)        {}

type x int

var text = `
func TestInText(t *testing.T) {}
`

func Example() {
	println()
	// Output: a
	// "b"
}

func ExampleUnordered() {
	// Unordered output:
	// x
	//
	//
	//   y
}

func ExampleNone() {}

func ExampleEmpty() {
	// output:
}

func ExampleBlock() {
	/* Output:
	z */
}
-- both/p.go --
package both
-- both/in_test.go --
package both

import "testing"

func TestMain(m *testing.M) {}
-- both/out_test.go --
package both_test

import (
	"testing"

	"example.com/m/user"
)

func TestOut(t *testing.T) { user.F() }
-- user/u.go --
package user

import _ "example.com/m/both"

func F() {}
-- only/o_test.go --
package only_test
-- cmd/main.go --
package main

func main() {}
-- cmd/main_test.go --
package main

import "testing"

func TestC(t *testing.T) {}
-- cycle/c.go --
package cycle
-- cycle/c_test.go --
package cycle

import _ "example.com/m/cycle2"
-- cycle2/c.go --
package cycle2

import _ "example.com/m/cycle"
-- wrong/w.go --
package wrong
-- wrong/w_test.go --
package wrong

import "testing"

func TestWrong(t testing.T) {}
-- generic/g.go --
package generic
-- generic/g_test.go --
package generic

import "testing"

func TestGeneric[T any](t *testing.T) {}
-- twice/t.go --
package twice
-- twice/a_test.go --
package twice

import "testing"

func TestMain(m *testing.M) {}
-- twice/b_test.go --
package twice_test

import "testing"

func TestMain(m *testing.M) {}
-- main_as_test/t.go --
package main_as_test
-- main_as_test/t_test.go --
package main_as_test

import "testing"

func TestMain(t *testing.T) {}
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("tests"), TREE)


def test_variants(tree: Path) -> None:
    assert differences(tree, ["./..."], tests=True) == []


def loaded(folder: Path, pattern: str) -> Loader:
    loader = Loader(Settings(find_goroot(), find_target("linux/amd64"), folder, env={**os.environ, **ENV}))
    loader.load([pattern], True)
    return loader


def stock_main(folder: Path, pattern: str) -> str:
    """The program that the go command makes, without empty lines."""
    goroot = find_goroot()
    env = {**os.environ, **ENV, "GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": "0"}
    command = [str(goroot / "bin/go"), "list", "-e", "-test", "-json=ImportPath,GoFiles", pattern]
    text = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True).stdout
    records = [json.loads("{" + part) for part in text.split("\n{")[1:]]
    return Path(next(record["GoFiles"][0] for record in records if record["ImportPath"].endswith(".test"))).read_text()


def squeezed(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if line.strip()]


@pytest.mark.parametrize("name", ["own", "both", "only", "cmd", "main_as_test"])
def test_programs(tree: Path, name: str) -> None:
    package = loaded(tree, f"./{name}").packages[f"example.com/m/{name}"]
    assert squeezed(make_test_main(package)) == squeezed(stock_main(tree, f"./{name}"))


@pytest.mark.parametrize("path", ["strings", "sort"])
def test_programs_of_the_standard_library(tmp_path: Path, path: str) -> None:
    package = loaded(tmp_path, path).packages[path]
    assert squeezed(make_test_main(package)) == squeezed(stock_main(tmp_path, path))


def test_wrong_heads(tree: Path) -> None:
    package = loaded(tree, "./wrong").packages["example.com/m/wrong"]
    with pytest.raises(TestMainError, match="wrong signature for TestWrong, must be: func TestWrong"):
        make_test_main(package)
