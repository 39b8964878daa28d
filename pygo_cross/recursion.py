# SPDX-License-Identifier: BSD-3-Clause
"""Room for functions that call themselves as deep as what people write is nested.

Python counts open calls of Python functions, which take no C stack. So the count may be as high as memory allows where functions call
themselves from plain code; through generators, comparisons and the like they would take some.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def recursion(depth: int) -> Iterator[None]:
    """Lets at least `depth` calls be open meanwhile."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, depth))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
