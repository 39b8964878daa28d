# SPDX-License-Identifier: BSD-3-Clause
"""The linker's constants of each target are those of targets/*.yaml, which it does not read, to start fast."""

from __future__ import annotations

import pytest

from pygo_cross.link.image import BASE_ADDRESS, SEGMENT_ROUND
from pygo_cross.target import load_targets


@pytest.mark.parametrize("name", sorted(load_targets()))
def test_layout_constants_are_the_targets(name: str) -> None:
    target = load_targets()[name]
    assert BASE_ADDRESS[target.os, target.arch] == target.base_address
    assert SEGMENT_ROUND[target.os, target.arch] == target.page_size
