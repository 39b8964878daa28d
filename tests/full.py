# SPDX-License-Identifier: BSD-3-Clause
"""What the default run leaves out because it is long, and another test covers in small. docs/testing.md says when to use it.

`scripts/test --full` runs everything; so does PYGO_CROSS_TEST=full. A test that waits for it is marked with the reason,
`@pytest.mark.full("why")`; values of a parameter are made by `more("why", …)`. They are reported as skipped.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

_VARIABLE = "PYGO_CROSS_TEST"


def asked() -> bool:
    """Whether this is a full run, for sizes of samples; conftest.py lets `--full` set the variable before tests are read."""
    return os.environ.get(_VARIABLE) == "full"


def ask() -> None:
    """Makes this a full run, that of the workers included."""
    os.environ[_VARIABLE] = "full"


def more(why: str, *values: Any) -> list[Any]:
    """Values of a parameter for the full run alone; a tuple is one for each of several parameters."""
    return [pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.full(why)) for value in values]


def leave_out(items: list[pytest.Item]) -> None:
    """Skips what is marked."""
    for item in items:
        mark = item.get_closest_marker("full")
        if mark is not None:
            (why,) = mark.args  # each has its reason
            item.add_marker(pytest.mark.skip(reason=f"{why}; --full runs it"))
