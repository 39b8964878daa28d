# SPDX-License-Identifier: BSD-3-Clause
"""The helpers that stand beside the tests of the type checker are imported by their names."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in (Path(__file__).parent, Path(__file__).parents[1], Path(__file__).parents[2] / "scripts"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
