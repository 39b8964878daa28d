# SPDX-License-Identifier: BSD-3-Clause
"""go.mod and go.work, right and wrong: what is said of them is what the go command says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from trees import differences, write

from pygo_cross.load import gover, semver
from pygo_cross.load.modfile import parse_mod, parse_work
from pygo_cross.load.modsyntax import ModFileErrors

HEAD = "module example.com/m\n\ngo 1.27\n\n"
WRONG = {
    "unknown": HEAD + "frobnicate x\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v2.0.0\n)\nunknown block (\n)\nblocks (\n)\n",
    "usage": HEAD + "require x\nexclude\nreplace a b\ngodebug x\ngodebug a=b,c\nretract [v1.0.0, v1.1.0\ntool a b\nignore\ntoolchain a\n",
    "twice": "module a.b/c\nmodule d\ngo 1.20\ngo 1.21\ntoolchain go1.27.3\ntoolchain default\n",
    "go_version": "module a.b/c\ngo 1.2.3.4\n",
    "too_new": "module a.b/c\ngo 1.99\n",
    "paths": HEAD + "replace example.com/a/v1 => ./a\nreplace example.com/a => example.com/b\nreplace example.com/a => b@v1.0.0\n"
    "replace example.com/a v1.0.0 => ./b v1.0.0\nreplace example.com/a => .\\\\b\nreplace example.com/a/v2 v1.0.0 => ../b\n",
    "comment": HEAD + "/* no */\n",
    "open_block": HEAD + "require (\n\texample.com/a v1.0.0\n",
    "behind_paren": HEAD + "require (\n) x\n",
    "string": HEAD + 'require "example.com/a v1.0.0\n',
    "raw_string": HEAD + "require `example.com/a` v1.0.0\n",
    "quotes": HEAD + "require exam'ple.com/a v1.0.0\n",
    "character": HEAD + "require \x01\n",
    "no_module": "go 1.27\n",
    "reserved": "module go\n",
    "bad_module": "module a..b/con\n",
    "two_args": "module a b\n",
    "godebug": HEAD + "godebug (\n\tnothing=1\n\tdefault=go1.99\n\ttlsrsakex=1\n\tpanicnil=1\n)\n",
    "majors": HEAD + "require (\n\tgopkg.in/yaml.v3 v2.0.0\n\texample.com/x/v3 v2.0.0\n\tgopkg.in/none v1.0.0\n)\n",
    "dirty_toolchain": HEAD + "toolchain go1.20.1\n",
    "dirty_excluded": HEAD + "require example.com/a v1.0.0\n\nexclude example.com/a v1.0.0\n",
    "conflicting": HEAD + "replace example.com/a => ./a\n\nreplace example.com/a => ./b\n",
    "bad_tool": HEAD + "tool a..b/nul\n",
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_files(tmp_path: Path, name: str) -> None:
    write(tmp_path, f"-- go.mod --\n{WRONG[name]}-- m.go --\npackage m\n-- a/go.mod --\nmodule example.com/a\n")
    assert differences(tmp_path, ["./..."]) == []


WORK = {
    "fine": "go 1.27\n\nuse (\n\t./a\n\t./b\n)\n",
    "wrong": "go 1.27\nuse\nfoo x\nrequire (\n)\n",
    "missing": "go 1.27\nuse ./nothing\n",
    "twice": "go 1.27\nuse ./a\nuse a\n",
    "same_module": "go 1.27\nuse ./a\nuse ./twin\n",
    "old": "go 1.20\nuse ./a\n",
    "replaced": "go 1.27\nuse ./a\nreplace example.com/a => ./b\n",
    "conflict": "go 1.27\nuse ./a\nuse ./c\n",
    "godebug": "go 1.27\ngodebug nothing=1\nuse ./a\n",
}


@pytest.mark.parametrize("name", sorted(WORK))
def test_workspaces(tmp_path: Path, name: str) -> None:
    write(
        tmp_path,
        f"-- go.work --\n{WORK[name]}"
        "-- a/go.mod --\nmodule example.com/a\n\ngo 1.27\n\nrequire example.com/d v1.0.0\n\nreplace example.com/d v1.0.0 => ../d\n"
        '-- a/a.go --\npackage a\n\nimport _ "example.com/b"\nimport _ "example.com/d"\n'
        "-- b/go.mod --\nmodule example.com/b\n\ngo 1.21\n-- b/b.go --\npackage b\n-- twin/go.mod --\nmodule example.com/a\n\ngo 1.27\n"
        "-- c/go.mod --\nmodule example.com/c\n\ngo 1.27\n\nreplace example.com/d v1.0.0 => ../e\n"
        "-- d/go.mod --\nmodule example.com/d\n-- d/d.go --\npackage d\n",
    )
    assert differences(tmp_path, ["./a/...", "./b"]) == []


def test_everything_that_may_stand_in_it() -> None:
    file = parse_mod(
        "go.mod",
        b"// Deprecated: use v2\nmodule example.com/m // no\n\ngo 1.27\ntoolchain go1.27.3\ngodebug default=go1.21\n"
        b'require (\n\texample.com/a v1.2.3 // indirect\n\t"example.com/b" v0.0.0-20200102030405-0123456789ab // indirect; why\n)\n'
        b"exclude example.com/a v1.0.0\nreplace example.com/a v1.2.3 => ../a\n// oops\nretract [v1.0.0, v1.1.0] // bad\n"
        b"tool example.com/a/cmd/x\nignore (\n\t./static\n\tnode_modules\n)\n",
    )
    assert file.deprecated == "use v2\nno"
    assert (file.module, file.go, file.toolchain) == ("example.com/m", "1.27", "go1.27.3")
    assert [(entry.module.path, entry.indirect) for entry in file.require] == [("example.com/a", True), ("example.com/b", True)]
    assert file.retract == [("v1.0.0", "v1.1.0", "oops\nbad")]
    assert file.ignore == ["./static", "node_modules"]
    assert file.tools == ["example.com/a/cmd/x"]


def test_lax_reading_passes_over_what_is_new() -> None:
    file = parse_mod("go.mod", b"module m\ngo v1.30rc1.custom\nfuture x\nfuture (\n\ty\n)\nreplace x\nretract nonsense\n", strict=False)
    assert (file.module, file.go) == ("m", "1.30")


@pytest.mark.parametrize("parse", [parse_mod, parse_work])
def test_damaged_files_end_cleanly(parse: object) -> None:
    chance = random.Random(5)
    texts = [text.encode() for text in [*WRONG.values(), *WORK.values()]]
    assert callable(parse)
    for _ in range(2000):
        data = bytearray(chance.choice(texts))
        for _ in range(chance.randint(1, 5)):
            at = chance.randint(0, len(data))
            data[at : at + chance.randint(0, 3)] = chance.choice(
                [b"(", b")", b'"', b"`", b"//", b"\n", b"[", b",", b"=>", b"\xff", b"\0", b"\\", b"v"]
            )
        try:
            parse("go.mod", bytes(data))
        except ModFileErrors:
            continue


def test_versions_that_are_to_be_looked_up() -> None:
    data = b"module m\nrequire example.com/a v1.0\nrequire example.com/b latest\n"
    assert parse_mod("go.mod", data, fix=True).unfixed
    with pytest.raises(ModFileErrors, match="must be of the form"):
        parse_mod("go.mod", data)


def test_hostile_sizes() -> None:
    for data in (b"(" * 100_000, b"modul" + b"e" * 5_000_000, b"require (\n" * 10_000, b"a\n" * 10_000):
        with pytest.raises(ModFileErrors):
            parse_mod("go.mod", data)


def test_order_of_versions() -> None:
    ordered = "v0.0.0-2-a v0.0.0-20200101000000-0123456789ab v0.0.0 v1.0.0-alpha v1.0.0-alpha.1 v1.0.0-alpha.beta v1.0.0-rc.2"
    ordered += " v1.0.0-rc.10 v1 v1.0.1 v1.10 v2"
    keys = [semver.key(version) for version in ordered.split()]
    assert keys == sorted(keys)
    assert semver.compare("v1", "v1.0.0+meta") == 0
    assert not any(semver.is_valid(text) for text in ("1.0.0", "v01.0.0", "v1.0.0-01", "v1.0.0-", "v1.0-x", "v1.2.3.4", ""))
    ordered = "1.20rc1 1.20 1.20.1 1.21 1.21rc1 1.21rc2 1.21.0 1.21.1 1.27.3"
    assert sorted(ordered.split(), key=gover.key) == ordered.split()
    assert not any(gover.is_valid(text) for text in ("go1.20", "1.020", "1.20-x", "1.2.3.4", ""))
