# SPDX-License-Identifier: BSD-3-Clause
"""Types and objects of a part of std, as go/types has them: written, laid out, looked up and compared as stock does it."""

from __future__ import annotations

from pathlib import Path

from type_graph import Graph, compare, dump

KINDS = {
    "objects",
    "types",
    "underlying",
    "sizes",
    "comparable",
    "identical",
    "method sets",
    "lookups",
    "missing methods",
    "satisfies",
}


def test_as_stock(tmp_path: Path) -> None:
    score = compare(Graph(dump(tmp_path, 997, "slices", "maps", "sync/atomic", "iter", "container/heap", "bufio")))
    assert score.wrong == {}
    assert set(score.compared) == KINDS
    assert min(score.compared.values()) > 100
