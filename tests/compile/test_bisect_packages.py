# SPDX-License-Identifier: BSD-3-Clause
"""Bisection over packages: the smallest set that breaks a program is found."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import Any

import pytest

_SCRIPT = Path(__file__).parent.parent.parent / "scripts/bisect_packages.py"


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("bisect_packages", _SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("culprits", [1, 2, 3])
def test_the_smallest_set_is_found(script: Any, culprits: int) -> None:
    chance = random.Random(culprits)
    for count in (culprits, 7, 60, 200):
        packages = [f"p{number}" for number in range(count)]
        wanted = set(chance.sample(packages, culprits))
        tried = []

        def good(ours: frozenset[str], wanted: set[str] = wanted, tried: list[int] = tried) -> bool:
            tried.append(len(ours))
            return not wanted <= ours

        assert set(script.smallest(packages, good)) == wanted
        assert len(tried) <= 60 * culprits
