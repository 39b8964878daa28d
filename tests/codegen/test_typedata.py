# SPDX-License-Identifier: BSD-3-Clause
"""Type descriptors are those of stock's objects: `scripts/conformance typedata` compares all of std, here are a few packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conformance import typedatascore

from pygo_cross.codegen.maptypes import Groups
from pygo_cross.codegen.typedata import Descriptors
from pygo_cross.codegen.typefacts import TypeFacts
from pygo_cross.diag import InternalError
from pygo_cross.obj.context import Context
from pygo_cross.types import types as t
from pygo_cross.types.linknames import TypeNames
from pygo_cross.types.objects import FIELD_VAR, Func, TypeName, Var
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.types import Array, Interface, Map, Named, Pointer, Slice, Struct, Type, TypeParam
from pygo_cross.types.universe import ERROR

HERE = Path(__file__).parent
TARGETS = ("linux/amd64", "darwin/arm64")


@pytest.mark.parametrize("target", TARGETS)
def test_types_of_every_kind(target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "descriptors"
    shutil.copytree(HERE / "testdata/descriptors", folder)
    status = typedatascore.compare(["./..."], target, show=10, folder=folder)
    told = capsys.readouterr().out
    assert status == 0, told
    assert "2 packages" in told


def test_packages_of_std(capsys: pytest.CaptureFixture[str]) -> None:
    status = typedatascore.compare(["errors", "sort", "internal/fmtsort", "unicode/utf8", "internal/oserror"], "linux/amd64", show=10)
    assert status == 0, capsys.readouterr().out


def made(path: str = "p") -> Descriptors:
    """The descriptors of an empty object."""
    context = Context("amd64", "linux", path)
    context.assembly = False
    groups = Groups(Sizes())
    return Descriptors(context, Sizes(), TypeNames(groups.maps, {}), groups)


def test_identical_types_are_one_symbol() -> None:
    descriptors = made()
    assert descriptors.type(Slice(Pointer(t.BYTE))) is descriptors.type(Slice(Pointer(t.TYP[t.UINT8])))


def test_the_order_of_asking_does_not_matter() -> None:
    types: list[Type] = [Slice(ERROR), Map(t.TYP[t.STRING], Pointer(ERROR)), Array(t.TYP[t.FLOAT32], 7), Struct([])]
    lists = []
    for order in (types, types[::-1]):
        descriptors = made()
        context = descriptors.context
        for typ in order:
            descriptors.type(typ)
        descriptors.finish()
        lists.append([(symbol.name, bytes(symbol.data)) for symbol in context.data])
    assert lists[0] == lists[1]
    assert len(lists[0]) > 20


def test_other_packages_make_their_own() -> None:
    named = Named(TypeName(t.NO_POS, Package("q", "q"), "T"), t.TYP[t.INT])
    descriptors = made()
    descriptors.type(named)
    descriptors.type(Pointer(named))
    descriptors.type(ERROR)
    descriptors.finish()
    assert descriptors.context.data == []


def test_finish_twice() -> None:
    descriptors = made()
    symbol = descriptors.type(Pointer(ERROR.underlying()))
    descriptors.finish()
    before = list(symbol.relocs)
    above = descriptors.type(Pointer(Pointer(ERROR.underlying())))
    descriptors.finish()
    assert [reloc for reloc in symbol.relocs if reloc not in before] == [(44, 4, 0x8005, 0, above)]


def test_what_has_no_descriptor() -> None:
    parameter = TypeParam(TypeName(t.NO_POS, None, "T"), Interface([], []))
    with pytest.raises(InternalError):
        made().type(Slice(parameter))
    with pytest.raises(InternalError):
        made().itab(t.TYP[t.INT], t.EMPTY_INTERFACE)
    descriptors = made()
    descriptors.type(Array(t.TYP[t.INT], 1 << 62))
    with pytest.raises(InternalError):
        descriptors.finish()


def test_types_in_generic_functions() -> None:
    package = Package("a/b.c", "b")
    obj = TypeName(t.NO_POS, package, "T")
    named, shape = Named(obj, t.TYP[t.INT]), Named(TypeName(t.NO_POS, Package("go.shape", "go.shape"), "[]a/b%2ec.T·3"))
    names = TypeNames({}, {obj: 3}, {named: (t.TYP[t.STRING], Slice(ERROR))})
    assert names.link(Pointer(named)) == "*a/b%2ec.T[string,[]error]·3"
    assert names.string(Pointer(named)) == "*b.T[string,[]error]"
    assert names.string(shape) == "go.shape.[]a/b%2ec.T"


def test_code_of_methods() -> None:
    package = Package("a/b.c", "b")
    named = Named(TypeName(t.NO_POS, package, "T"))
    names = TypeNames({}, {})
    method, hidden = Func(t.NO_POS, package, "M"), Func(t.NO_POS, Package("q", "q"), "m")
    assert names.method(named, method) == "a/b%2ec.T.M"
    assert names.method(Pointer(named), hidden) == "a/b%2ec.(*T).q.m"
    assert names.method(Pointer(Pointer(named)), hidden) == "go:(**T).q.m"
    assert names.method(Struct([Var(FIELD_VAR, t.NO_POS, package, "T", named, True)]), method) == "go:struct { a/b%2ec.T }.M"
    assert names.method(ERROR, method) == "error.M"


def field(name: str, typ: Type) -> Var:
    return Var(FIELD_VAR, t.NO_POS, Package("p", "p"), name, typ)


@pytest.mark.parametrize(
    ("typ", "signature"),
    [
        (Struct([field("a", t.TYP[t.INT32]), field("b", t.TYP[t.UINT32]), field("s", t.TYP[t.STRING]), field("e", ERROR)]), "M8SI"),
        (Struct([field("a", t.TYP[t.INT8]), field("b", t.TYP[t.INT64])]), "M1K7M8"),
        (Struct([field("_", t.TYP[t.INT64]), field("b", t.EMPTY_INTERFACE)]), "K8E"),
        (Array(t.TYP[t.STRING], 4), "[2SS]"),
        (Array(t.TYP[t.STRING], 5), "S[2SS]"),
        (Array(t.TYP[t.FLOAT64], 4), "GGGG"),
        (Array(t.TYP[t.INT16], 100), "M200"),
        (Array(Struct([]), 3), ""),
    ],
)
def test_signatures(typ: Type, signature: str) -> None:
    sizes = Sizes()
    assert TypeFacts(sizes, Groups(sizes)).signature(typ) == signature


def test_hash_seeds() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from conformance import typedatascore as s\n"
        "ours = s.Ours(s.Session('amd64'), 'linux/amd64', 'p', {})\n"
        "names = ('type:map[[3]string]struct { A error }', 'type:*func([]int, ...string) (map[int]bool, error)')\n"
        "print(sorted(ours.make(dict.fromkeys(names)).items()), [x.name for x in ours.context.data])\n"
    )
    outputs = set()
    for seed in ("0", "1", "77"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(HERE.parents[1])}
        done = subprocess.run(
            [sys.executable, "-c", program, str(HERE.parents[1] / "scripts")], env=env, capture_output=True, text=True, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
