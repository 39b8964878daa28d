# SPDX-License-Identifier: BSD-3-Clause
"""Room for recursion over trees and types that are nested as deep as the parser lets them be.

Python counts open calls of Python functions, which take no C stack; the functions of the type checker that call themselves do so from
plain code, not through generators, comparisons or the like, which would take some. So the count may be as high as memory allows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

DEPTH: Final = 3_000_000  # the parser stops at a million, and takes more calls a level than what comes after it


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Lets calls nest up to `DEPTH` meanwhile."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
