# SPDX-License-Identifier: BSD-3-Clause
"""The whole of loading in one call: packages by patterns, with what they import and what their tests need, in an order to compile in."""

from __future__ import annotations

from collections.abc import Iterable

from pygo_cross.load.errors import PackageError
from pygo_cross.load.loader import Loader
from pygo_cross.load.package import Package, package_list
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


def finish(packages: list[Package], loader: Loader, deps: bool = True) -> list[Package]:
    """What `go list` does with loaded packages: `deps` adds all that they import, before them; names and maps are settled.

    After this the records are complete, and the packages are of no use for loading more.
    """
    named = {id(package) for package in packages}
    every = package_list(packages)
    for package in every:
        package.dep_only = id(package) not in named
        package.test_imports = _resolved(loader, package, package.test_imports)
        package.xtest_imports = _resolved(loader, package, package.xtest_imports)
    _rename_variants(every)
    _collect(every)
    for package in every:
        raw = [*package.raw_imports, *package.added_imports]
        package.import_map = {source: path for source, path in zip(raw, package.imports, strict=False) if source != path}
    return every if deps else packages


def _resolved(loader: Loader, package: Package, paths: list[str]) -> list[str]:
    """Import paths of tests as they are resolved, where that is known."""
    found: dict[str, None] = {}
    for path in paths:
        resolved, error = loader.lookup(path, package)
        found[path if error is not None else resolved] = None
    return sorted(found)


def _rename_variants(every: list[Package]) -> None:
    """Gives packages that are compiled for a test or program the name of their variant, wherever they are named."""
    old: dict[str, str] = {}
    for package in every:
        if package.for_test or package.for_main:
            name = package.variant
            old[name] = package.import_path
            package.import_path = name
    for package in every:
        names = {old[other.import_path]: other.import_path for other in package.imported if other.for_test or other.for_main}
        if names:
            package.imports = [names.get(path, path) for path in package.imports]


def _collect(every: list[Package]) -> None:
    """Fills in the paths, and the errors, of all that each package imports."""
    for package in every:
        deps: set[str] = set()
        errors: dict[int, PackageError] = {}
        for other in package.imported:
            deps.add(other.import_path)
            deps.update(other.deps)
            if other.error is not None:
                errors[id(other.error)] = other.error
            errors.update((id(error), error) for error in other.deps_errors)
        package.deps = sorted(deps)
        package.deps_errors = sorted(errors.values(), key=lambda error: (error.stack[-1][0], "") if error.stack else ("", str(error.cause)))
