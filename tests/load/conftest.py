# SPDX-License-Identifier: BSD-3-Clause
"""Loading beside the go command: trees of modules written from text, and what both make of them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent.parent / "scripts"))
