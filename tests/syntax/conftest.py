# SPDX-License-Identifier: BSD-3-Clause
"""The mutations of scripts/conformance are those of the tests too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "scripts"))
