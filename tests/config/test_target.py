# SPDX-License-Identifier: BSD-3-Clause
"""The targets' files: their facts against stock Go's sources, inheritance, and its mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pygo_cross.build.goroot import find_goroot
from pygo_cross.diag import UserError
from pygo_cross.target import find_target, load_targets, read_targets, targets_folder, version_triple

LD = find_goroot() / "src/cmd/link/internal"


def test_the_four() -> None:
    assert list(load_targets()) == ["darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64"]


@pytest.mark.parametrize("name", list(load_targets()))
def test_addresses_are_stock_go_s(name: str) -> None:
    target = find_target(name)
    source = (LD / target.arch / "obj.go").read_text()
    case = re.search(rf"case objabi\.H{target.os}\b(.*?)(\n\tcase |\Z)", source, re.DOTALL)
    assert case
    page = re.search(r"FlagRound = (\w+)", case[1])
    base = re.search(r"FlagTextAddr = ld\.Rnd\((.*?), \*ld\.FlagRound\)", case[1])
    assert page and base
    shift = re.fullmatch(r"1<<(\d+)", base[1])
    assert target.base_address == (1 << int(shift[1]) if shift else int(base[1], 0))
    assert target.page_size == int(page[1], 0)


def test_macos_versions_are_stock_go_s() -> None:
    source = (LD / "ld/macho.go").read_text()
    for variable, text in (("macOS", find_target("darwin/arm64").minimum_os), ("macSDK", find_target("darwin/amd64").sdk)):
        found = re.search(rf"{variable}\s*= macVersionFlag\{{(\d+), (\d+), (\d+)\}}", source)
        assert found and version_triple(text) == tuple(int(part) for part in found.groups())


def test_dylibs_are_those_of_the_standard_library() -> None:
    named = set()
    src = find_goroot() / "src"
    for path in [*src.rglob("*_darwin*.go"), *(src / "crypto/x509").rglob("*.go")]:
        named |= set(re.findall(r'^//go:cgo_import_dynamic .* "(/[^"]+)"', path.read_text(), re.MULTILINE))
    assert named == set(find_target("darwin/arm64").dylibs)


def test_variants_are_stock_go_s() -> None:
    source = (find_goroot() / "src/internal/buildcfg/cfg.go").read_text()
    found = re.search(r"func goamd64\(\) int \{(.*?)\n\}", source, re.DOTALL)
    assert found and re.findall(r'case "(v\d)"', found[1]) == list(find_target("linux/amd64").variants)
    assert {f'"{variant}"' for variant in find_target("linux/arm64").variants} <= set(re.findall(r'"v[89]\.\d"', source))


def test_unknown() -> None:
    assert find_target("linux_arm64").name == "linux/arm64"
    for name in ("linux/arm46", "", "linux", "a/b/c"):
        with pytest.raises(UserError, match="unknown target"):
            find_target(name)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def copy_of(folder: Path) -> Path:
    for path in targets_folder().glob("*.yaml"):
        (folder / path.name).write_text(path.read_text())
    return folder


def test_a_new_target_is_one_file(tmp_path: Path) -> None:
    copy_of(tmp_path)
    (tmp_path / "linux_arm64.yaml").unlink()
    write(tmp_path, linux_arm64="inherits: [_linux, _arm64]\npage_size: 0x10000\nbase_address: 0x20000\nemulation: {qemu: q}\n")
    target = read_targets(tmp_path)["linux/arm64"]
    assert (target.base_address, target.emulation.qemu, target.emulation.variants) == (0x20000, "q", ("v8.0", "v8.1"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("inherits: [_linux, _amd46]", r"linux_amd64.yaml:1:20: there is no _amd46.yaml; did you mean _amd64?"),
        ("inherits: linux_amd64", r"linux_amd64.yaml:1:11: inherits in a circle: linux_amd64 -> linux_amd64"),
        ("inherits: 3", r"linux_amd64.yaml:1:11: inherits: expected the name"),
        ("inherits: [_linux, _amd64]", "the key base_address is missing"),
        ("inherits: [_linux, _amd64]\nbase_adress: 1", "linux_amd64.yaml:2:1: unknown key base_adress; did you mean base_address?"),
        ("inherits: [_darwin, _amd64]\nbase_address: 0", "the file of darwin/amd64 is named darwin_amd64.yaml"),
        ("inherits: [_linux, _amd64]\nbase_address: 0\nvariant: v7", "v7 is not among the variants"),
        ("[]", "expected a mapping"),
        ("a: [", "not valid YAML"),
    ],
)
def test_mistakes(text: str, message: str, tmp_path: Path) -> None:
    write(copy_of(tmp_path), linux_amd64=text)
    with pytest.raises(UserError) as caught:
        read_targets(tmp_path)
    assert message in str(caught.value)


def test_a_longer_circle(tmp_path: Path) -> None:
    write(copy_of(tmp_path), _linux="inherits: _other", _other="inherits: _linux")
    with pytest.raises(UserError, match="inherits in a circle: linux_amd64 -> _linux -> _other -> _linux"):
        read_targets(tmp_path)
