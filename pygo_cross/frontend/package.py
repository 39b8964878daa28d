# SPDX-License-Identifier: BSD-3-Clause
"""One package from source files to a checked package: `check_package`.

The phases and where they stop are cmd/compile's: all files are parsed, and if one has a syntax error, that is all; the package is
type-checked; if that went well, what remains is what the compiler alone asks of a program (`restrictions`). Facts:
src/cmd/compile/internal/noder/{noder,irgen}.go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from pygo_cross.frontend.imports import with_path_rules
from pygo_cross.frontend.mistakes import Mistakes, TooMany
from pygo_cross.frontend.restrictions import restrictions
from pygo_cross.syntax.directives import DirectiveRules
from pygo_cross.syntax.nodes import File
from pygo_cross.syntax.parser import parse
from pygo_cross.syntax.source import FileSet, SourceFile
from pygo_cross.types.check.checker import Checker, Config, Importer
from pygo_cross.types.check.errors import TypeError_
from pygo_cross.types.check.info import Info
from pygo_cross.types.deep import deep_recursion
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes

_VERSION_ERROR: Final = re.compile(r"requires go[0-9]+\.[0-9]+ or later")


class CheckedPackage(NamedTuple):
    """What came of a package. After a mistake it is not complete: look at `Mistakes` first."""

    package: Package
    files: list[File]
    info: Info


def check_package(
    fset: FileSet,
    path: str,
    sources: Sequence[SourceFile],
    importer: Importer,
    sizes: Sizes,
    mistakes: Mistakes,
    *,
    go_version: str = "",
    rules: DirectiveRules = DirectiveRules(),  # noqa: B008, it is immutable
    complete: bool = False,
    ignore_func_bodies: bool = False,
) -> CheckedPackage | None:
    """Parse and check a package; what is wrong goes to `mistakes`. None if its files can't be parsed.

    `go_version` is the language version of its module (`go1.27`, "" for the newest); `complete` says that all of its functions are written
    in Go; with `ignore_func_bodies` they are not looked into.
    """
    try:
        with deep_recursion():
            return _check(fset, path, sources, importer, sizes, mistakes, go_version, rules, complete, ignore_func_bodies)
    except TooMany:
        return None


def _check(
    fset: FileSet,
    path: str,
    sources: Sequence[SourceFile],
    importer: Importer,
    sizes: Sizes,
    mistakes: Mistakes,
    go_version: str,
    rules: DirectiveRules,
    complete: bool,
    ignore_func_bodies: bool,
) -> CheckedPackage | None:
    files: list[File] = []
    for source in sources:
        parsed = parse(source, rules)
        for problem in parsed.problems:
            mistakes.add(problem.pos, "syntax", problem.message)
        if parsed.file is None:
            return None
        files.append(parsed.file)
    if mistakes.syntax_errors:
        return None
    package = Package(path, "")
    versions = {file.source: file.go_version for file in files}

    def report(error: TypeError_) -> None:
        message = error.message
        if _VERSION_ERROR.search(message):
            file = fset.file(error.pos)
            declared = versions.get(file, "") if file is not None else ""
            if declared:
                message += f" (file declares //go:build {declared})"
            else:
                message += f" (-lang was set to {go_version}; check go.mod)"
        mistakes.add(error.pos, error.code, message)

    config = Config(with_path_rules(importer, path), sizes, report, go_version, ignore_func_bodies, ignore_branch_errors=True)
    checker = Checker(config, fset, package)
    info = checker.check_files(files)
    if not mistakes and not ignore_func_bodies:
        restrictions(package, files, info, mistakes, go_version, complete, sizes)
    return CheckedPackage(package, files, info)


def hide_unexported(package: Package) -> None:
    """Leave in a package's scope what other packages may see; the rest can be had by those that know its name (`Package.declared`)."""
    scope = package.scope
    hidden = {name: obj for name, obj in scope.elems.items() if not obj.exported()}
    if hidden:
        scope.elems = {name: obj for name, obj in scope.elems.items() if name not in hidden}
        package.hidden = hidden.get
