# SPDX-License-Identifier: BSD-3-Clause
"""What `go test` compiles of a package: `p [p.test]` with its own tests, `p_test [p.test]`, and the program `p.test`.

Packages between the test program and the package under test, which import the latter, are compiled again for it, so that
all see the variant with the test files. Facts: src/cmd/go/internal/load/test.go.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from pygo_cross.diag import Pos
from pygo_cross.load.directory import Places
from pygo_cross.load.embed import EmbedError, resolve_embed
from pygo_cross.load.errors import ImportStack, LoadError, PackageError
from pygo_cross.load.loader import Loader
from pygo_cross.load.package import Package, package_list
from pygo_cross.load.testmain import TestMainError, check_tests

# What the test program imports besides the packages under test, and what the linker adds.
MAIN_IMPORTS: Final = ("os", "reflect", "testing", "testing/internal/testdeps")
_SIMD: Final = "simd/internal/bridge"


class _Part:
    """The imports and embedded files of one kind of test, as far as they could be loaded."""

    __slots__ = ("added", "embed", "embed_files", "error", "imported", "imports", "incomplete", "raw", "wants_package")

    def __init__(self) -> None:
        self.imported: list[Package] = []
        self.imports: list[str] = []
        self.raw: list[str] = []
        self.added: list[str] = []
        self.embed: dict[str, list[str]] = {}
        self.embed_files: list[str] = []
        self.error: PackageError | None = None
        self.incomplete = self.wants_package = False


def _load_part(loader: Loader, package: Package, name: str, paths: list[str], patterns: list[str], external: bool) -> _Part:
    found = _Part()
    folder = package.folder
    assert folder is not None
    source = folder.xtests if external else folder.tests
    stack = ImportStack([(name, None)])
    found.raw = list(paths)

    def load(path: str, places: list[tuple[str, int]] | None, simd: bool) -> Package:
        other, wrong = loader.load_import(path, package.directory, package, stack, places, simd)
        if wrong is not None and found.error is None:
            found.error = wrong
            found.incomplete = True
        found.incomplete |= other.incomplete
        return other

    for path in paths:
        other = load(path, source.imports.get(path), False)
        found.imports.append(other.import_path)
        if external and other.import_path == package.import_path:
            found.wants_package = True
        else:
            found.imported.append(other)
    if "simd" in found.imports:
        found.imported.append(load(_SIMD, None, True))
        found.added.append(_SIMD)
    try:
        found.embed_files, found.embed = resolve_embed(package.directory, patterns)
    except EmbedError as error:
        if found.error is None or not external:
            found.error = PackageError(stack.copy(), error)
            loader.set_embed_pos(found.error, source.embeds, error)
        found.incomplete = True
    return found


def test_packages(loader: Loader, package: Package) -> tuple[Package, Package, Package | None]:
    """The program, the package with its tests (itself where it has none of its own), and the external tests, if there are any.

    The package must have test files. What is wrong is in the packages' errors.
    """
    own = _load_part(loader, package, package.import_path + " (test)", package.test_imports, package.test_embed_patterns, False)
    external = _load_part(loader, package, package.import_path + "_test", package.xtest_imports, package.xtest_embed_patterns, True)
    package.test_imports, package.xtest_imports = own.imports, external.imports
    package.test_embed_files, package.xtest_embed_files = own.embed_files, external.embed_files
    tested = _tested(package, own) if package.test_go_files or package.name == "main" else package
    outside = _outside(package, tested, external) if package.xtest_go_files else None
    program = _program(loader, package, tested, outside)
    try:
        check_tests(package)
    except TestMainError as error:
        stack = ImportStack()
        if error.pos is not None:
            stack.append((package.import_path, None))
            program.error = PackageError(stack, LoadError(error.what), str(error.pos._replace(file=loader.settings.short(error.pos.file))))
        else:
            program.error = PackageError(stack, LoadError(error.what))
        program.incomplete = True
    if tested.go_files:
        program.imported.append(tested)
        program.imports.append(tested.import_path)
    if outside is not None:
        program.imported.append(outside)
        program.imports.append(outside.import_path)
    program.imports = sorted(set(program.imports))
    program.raw_imports = list(program.imports)
    cycle = _recompile(program, package, tested, outside)
    if cycle is not None:
        tested.error = cycle
        tested.incomplete = True
    return program, tested, outside


def _tested(package: Package, own: _Part) -> Package:
    tested = package.copy()
    if tested.error is None:
        tested.error = own.error
    tested.incomplete = tested.incomplete or own.incomplete
    tested.for_test = package.import_path
    tested.go_files = package.go_files + package.test_go_files
    tested.target = ""
    tested.imports = own.imports + package.imports
    tested.imported = own.imported + package.imported
    tested.raw_imports = own.raw + package.raw_imports
    tested.added_imports = list(dict.fromkeys([*package.added_imports, *own.added]))
    tested.force_library = True
    tested.embed = {**own.embed, **package.embed}
    tested.embed_files = package.embed_files + own.embed_files
    if package.folder is not None:
        tested.directives = package.folder.code.directives + package.folder.tests.directives
    return tested


def _outside(package: Package, tested: Package, external: _Part) -> Package:
    outside = Package(package.import_path + "_test")
    outside.loading = False
    outside.original_path = package.original_path
    outside.name = package.name + "_test"
    outside.root, outside.directory, outside.goroot = package.root, package.directory, package.goroot
    outside.go_files = package.xtest_go_files
    outside.imports = list(external.imports)
    outside.raw_imports = external.raw
    outside.added_imports = external.added
    outside.for_test = package.import_path
    outside.profile = package.profile
    outside.module = package.module
    outside.error = external.error
    outside.incomplete = external.incomplete or external.error is not None
    outside.embed, outside.embed_files = external.embed, external.embed_files
    outside.imported = external.imported + ([tested] if external.wants_package else [])
    if package.folder is not None:
        outside.directives = package.folder.xtests.directives
    return outside


def _program(loader: Loader, package: Package, tested: Package, outside: Package | None) -> Package:
    program = Package(package.import_path + ".test")
    program.loading = False
    program.original_path = package.original_path
    program.test_main = True
    program.profile = package.profile
    program.name = "main"
    program.directory, program.root, program.module = package.directory, package.root, package.module
    program.go_files = ["_testmain.go"]
    program.imports = list(MAIN_IMPORTS)
    folder = package.folder
    assert folder is not None
    directives = folder.code.directives + folder.tests.directives + folder.xtests.directives
    program.default_godebug = loader.default_godebug(directives)
    for path in (*MAIN_IMPORTS, "runtime"):
        if path == tested.import_path:
            program.imported.append(tested)
            continue
        other, _ = loader.load_import(path, "", None, ImportStack([("testmain", None)]), None)
        program.imported.append(other)
    return program


def _recompile(program: Package, package: Package, tested: Package, outside: Package | None) -> PackageError | None:
    """Puts variants for this test in the place of packages that import the one under test; the error where that makes a cycle."""
    twins: dict[int, Package] = {id(package): tested}
    for one in package_list([program]):
        if one is package:
            continue
        splittable = one is not program and one is not outside and one is not tested
        replaced = [twins.get(id(other), other) for other in one.imported]
        changed = any(new is not old for new, old in zip(replaced, one.imported, strict=True))
        unprofiled = bool(package.profile) and not one.profile
        if splittable and (changed or one.name == "main" or unprofiled):
            twin = one.copy()
            twins[id(one)] = twin
            twin.for_test = package.import_path
            twin.target = ""
            twin.force_library = True
            twin.profile = package.profile
            twin.imported = replaced
        elif changed:
            one.imported = replaced
    return _cycle(tested)


def _cycle(tested: Package) -> PackageError | None:
    """The shortest way from the package with its tests back to itself."""
    importers: dict[int, Package | None] = {}
    queue: deque[Package] = deque()
    for other in tested.imported:
        if id(other) not in importers:
            importers[id(other)] = None
            queue.append(other)
    while queue:
        one = queue.popleft()
        if one is tested:
            return PackageError(_cycle_stack(tested, importers), LoadError("import cycle not allowed in test"), cycle=True)
        for other in one.imported:
            if id(other) not in importers:
                importers[id(other)] = one
                queue.append(other)
    return None


def _cycle_stack(tested: Package, importers: dict[int, Package | None]) -> ImportStack:
    links: list[tuple[str, Pos | None]] = []
    link: Package | None = tested
    while link is not None:
        importer = importers[id(link)]
        found = _places(importer or tested).get(link.import_path)
        links.append((link.import_path, Pos(found[0][0]) if found else None))
        link = importer
    links.append((tested.import_path, None))
    return ImportStack(reversed(links))


def _places(package: Package) -> Places:
    """Where a package's files, its own tests included where they are compiled with it, import what."""
    folder = package.folder
    if folder is None:
        return {}
    if not package.for_test or package.go_files == folder.code.files:
        return folder.code.imports
    merged: Places = {path: list(found) for path, found in folder.code.imports.items()}
    for path, found in folder.tests.imports.items():
        merged.setdefault(path, []).extend(found)
    return merged


def with_tests(loader: Loader, packages: Iterable[Package]) -> list[Package]:
    """The packages, and behind them what `go test` compiles of those that have tests."""
    found = list(packages)
    for package in list(found):
        if package.folder is None or not (package.test_go_files or package.xtest_go_files):
            continue
        program, tested, outside = test_packages(loader, package)
        found.append(program)
        if tested is not package:
            found.append(tested)
        if outside is not None:
            found.append(outside)
    return found
