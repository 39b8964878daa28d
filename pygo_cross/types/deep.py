# SPDX-License-Identifier: BSD-3-Clause
"""Room for recursion over trees and types that are nested as deep as the parser lets them be."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

from ..recursion import recursion

DEPTH: Final = 3_000_000  # the parser stops at half a million open calls, but what comes after it may take more of them a level


def deep_recursion() -> AbstractContextManager[None]:
    """Lets calls nest up to `DEPTH` meanwhile."""
    return recursion(DEPTH)
