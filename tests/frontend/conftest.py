# SPDX-License-Identifier: BSD-3-Clause
"""The helpers in tests/ are imported by their names."""

from __future__ import annotations

import sys
from pathlib import Path

if str(Path(__file__).parents[1]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parents[1]))
