# SPDX-License-Identifier: BSD-3-Clause
"""Real assembly with mistakes put in by chance: what we say of it is what go tool asm says. `scripts/fuzz asm` does it by the thousand."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "scripts"))

from fuzzing.asm import Pair, make, same_words, sources  # noqa: E402

CASES = 150
MOST = 4  # where stock and we differ


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_mistakes_by_chance(arch, goroot, tmp_path):
    pool = sources(goroot, arch)
    assert len(pool.parts) > 100 and len(pool.lines) > 2000
    pair = Pair(tmp_path, goroot, arch)
    verdicts = {}
    for number in range(CASES):
        text = make(pool, random.Random(f"1/{arch}/{number}"))
        verdict, said, told = pair.compare(text)
        assert verdict != "broken", told
        verdicts[number] = verdict, said, told, text
    # Some are no mistakes, most are.
    assert sum(verdict == "same object" for verdict, *_ in verdicts.values()) > CASES // 20
    assert sum(verdict == "same words" for verdict, *_ in verdicts.values()) > CASES // 2
    different = {number: case for number, case in verdicts.items() if not case[0].startswith("same")}
    assert len(different) <= MOST, different


@pytest.mark.parametrize(
    ("said", "told", "same"),
    [
        (["a.s:2: x", "m: y"], ["a.s:7: m: y", "a.s:2: x"], True),
        (["a.s:2: x"], ["a.s:3: x"], False),
        (["a.s:2: x"], ["a.s:2: x", "a.s:3: z"], False),
        (["a.s:2: x", "a.s:3: z"], ["a.s:2: x"], False),
        (["a.s:3: unmatched #else"], ["a.s:2: unmatched #else"], True),
        (["a.s:9: undefined label b"], ["a.s:2: undefined label c", "a.s:3: undefined label b"], True),
        (["a.s:9: undefined label d"], ["a.s:3: undefined label b"], False),
    ],
)
def test_what_counts_as_the_same(said, told, same):
    assert (same_words(said, told)[0] == "same words") is same
