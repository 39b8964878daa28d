# SPDX-License-Identifier: BSD-3-Clause
"""Repeatable runs: seeds and interleavings, transcripts, traces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from binaries import TARGETS

from pygo_cross.emulate import run

Build = Callable[[str, str], Path]


@pytest.mark.parametrize("target", TARGETS)
def test_a_seed_is_an_interleaving(build: Build, target: str) -> None:
    """testdata/race.go prints the order in which goroutines got to a channel."""
    binary = build("race", target).read_bytes()
    orders = [run(binary, seed=seed).stdout for seed in range(12)]
    assert all(sorted(order.split()) == sorted(orders[0].split()) for order in orders)
    assert len(set(orders)) >= 9
    assert {run(binary, seed=5).stdout for _ in range(4)} == {orders[5]}
