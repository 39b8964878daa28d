# SPDX-License-Identifier: BSD-3-Clause
"""Every fact that the checker finds out about a package is one that stock's go/types finds out.

`scripts/conformance types` asks for all of std.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from conformance import facts, gopackages
from conformance.checking import Session
from conformance.typesscore import stock_facts

from pygo_cross.types.context import Context
from pygo_cross.types.instantiate import instantiate
from pygo_cross.types.objects import TypeName
from pygo_cross.types.predicates import identical
from pygo_cross.types.types import EMPTY_INTERFACE, INT, TYP, Alias, Named, TypeParam
from pygo_cross.types.typestring import type_string

DATA = Path(__file__).parent / "testdata/facts"


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[facts.Section, facts.Facts]:
    """Stock's facts and ours of testdata/facts/features.go, which has one of everything."""
    folder = tmp_path_factory.mktemp("features")
    (folder / "features.go").write_bytes((DATA / "features.go").read_bytes())
    (folder / "go.mod").write_text("module features\n\ngo 1.27\n")
    packages = gopackages.load(["."], folder=folder)
    (section,) = stock_facts(packages, "linux/amd64", tmp_path_factory.mktemp("cache"))
    session = Session("amd64")
    checked = [session.check(package) for package in packages]
    assert [error for package in checked for error in package.errors] == []
    assert "".join(package.crash for package in checked) == ""
    return section, session.facts(checked[-1])


def test_all_facts_are_stocks(compared: tuple[facts.Section, facts.Facts]) -> None:
    section, ours = compared
    assert section.errors == []
    found = facts.compare(section.facts, ours)
    assert found.differences == []
    assert found.stock == found.equal
    assert all(found.stock.values()), "each kind of fact occurs"


def test_a_wrong_fact_is_found(compared: tuple[facts.Section, facts.Facts]) -> None:
    section, ours = compared
    about = next(about for about, said in ours.items() if said == "const untyped int 1")
    wrong = {**ours, about: "const untyped int 2", "u 0 1": "Var p.x @x.go:1 int"}
    del wrong[next(about for about in ours if about[0] == "s")]
    found = facts.compare(section.facts, wrong)
    assert len(found.differences) == 3
    assert sum(found.stock.values()) - sum(found.equal.values()) == 2
    assert found.extra["u"] == 1


def test_an_instance_is_printed_as_it_was_written() -> None:
    integer, origin = TypeName(0, None, "T"), TypeName(0, None, "G")
    named = Named(integer, TYP[INT])
    alias = Alias(TypeName(0, None, "A"), named)
    generic = Named(origin, TYP[INT])
    generic.set_tparams([TypeParam(TypeName(0, None, "P"), EMPTY_INTERFACE)])
    context = Context()
    first, second = (instantiate(generic, (t,), context) for t in (named, alias))
    assert (type_string(first), type_string(second)) == ("G[T]", "G[A]")
    assert identical(first, second)
    assert instantiate(generic, (alias,), context) is second
