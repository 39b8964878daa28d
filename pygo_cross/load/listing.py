# SPDX-License-Identifier: BSD-3-Clause
"""The whole of loading in one call: packages by patterns, with what they import and what their tests need, in an order to compile in."""

from __future__ import annotations

from collections.abc import Iterable

from pygo_cross.load.loader import Loader, finish
from pygo_cross.load.package import Package
from pygo_cross.load.settings import Settings
from pygo_cross.load.testvariants import with_tests


def list_packages(
    settings: Settings, patterns: Iterable[str] = (), tests: bool = False, deps: bool = True
) -> tuple[list[Package], list[str]]:
    """The packages that patterns name (none: the one in the working directory), and the warnings that go with them.

    With `deps`, all that they import too, each behind what it imports itself; with `tests`, the variants for tests and the
    programs that run them. A package that is wrong has an `error`, and those that need it are `incomplete`. Raises
    `UserError` where nothing can be loaded at all.
    """
    loader = Loader(settings)
    packages = loader.load(patterns, tests)
    if tests:
        packages = with_tests(loader, packages)
    return finish(packages, loader, deps), loader.warnings
