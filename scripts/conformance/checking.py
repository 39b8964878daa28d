# SPDX-License-Identifier: BSD-3-Clause
"""Our front end over packages that are given by their files, dependencies first: `Session`."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from conformance import facts
from conformance.errorprograms import Message
from conformance.expectations import Found
from conformance.gopackages import GoPackage
from pygo_cross.frontend.mistakes import MOST, Mistakes
from pygo_cross.frontend.package import check_package, hide_unexported
from pygo_cross.syntax import nodes
from pygo_cross.syntax.directives import DirectiveRules
from pygo_cross.syntax.parser import parse
from pygo_cross.syntax.source import FileSet, SourceFile
from pygo_cross.types.check.checker import Checker, Config, ImportFailure
from pygo_cross.types.check.errors import TypeError_
from pygo_cross.types.check.info import Info
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.universe import UNSAFE, define_test_builtins

_IMPORT = re.compile(rb'^(?:import\s|\t|import\s*\().*?["`]([\w/]+)["`]', re.MULTILINE)


def imported_paths(source: bytes) -> set[str]:
    """The packages of std that a file of test data may import: what looks like an import and is there."""
    from pygo_cross.build.goroot import find_goroot

    names = {name.decode() for name in _IMPORT.findall(source)}
    return {name for name in names if name not in ("unsafe", "C", "testdata") and any((find_goroot() / "src" / name).glob("*.go"))}


@dataclass
class Checked:
    """A package that was checked: what came of it, and what went wrong. `crash` is a traceback of ours, empty if all is well."""

    package: Package
    files: list[nodes.File]
    info: Info
    errors: list[str] = field(default_factory=list)
    crash: str = ""


class Session:
    """Checks packages one after another; those that were checked can be imported by the next. Files are parsed once."""

    def __init__(self, arch: str, test_builtins: bool = False) -> None:
        self.fset = FileSet()
        self.sizes = Sizes()
        self.arch = arch
        self.packages: dict[str, Package] = {}
        self._files: dict[str, nodes.File] = {}
        # Stock's tests of its checker import packages with all their names; the compiler sees the exported ones.
        self.whole_imports = test_builtins
        if test_builtins:
            define_test_builtins()

    def importer(self, renamed: dict[str, str], fake_c: bool = False) -> Callable[[str], Package]:
        """What gives the packages that one package imports; `renamed` has those that are not what their path says.

        With `fake_c` there is a package C, of which anything may be selected.
        """

        def give(path: str) -> Package:
            if path == "unsafe":
                return UNSAFE
            if path == "C" and fake_c:
                made = Package("C", "C")
                made.fake = made.complete = True
                return made
            found = self.packages.get(renamed.get(path, path))
            if found is None:
                raise ImportFailure(f"package {path} is not in std")
            return found

        return give

    def load(self, packages: Iterable[GoPackage]) -> None:
        """Packages to be imported: the bodies of their functions are skipped."""
        for package in packages:
            package.wanted = False
            checked = self.check(package)
            if checked.crash:
                raise SystemExit(f"{package.id}: {checked.crash}")
            if not self.whole_imports:
                hide_unexported(checked.package)

    def check(self, package: GoPackage) -> Checked:
        """Check a package; the bodies of its functions only if it is wanted."""
        errors: list[str] = []

        def report(error: TypeError_) -> None:
            errors.append(f"{self.fset.position(error.pos)}: {error.message}")

        checked = Checked(Package(package.path, ""), [], Info(), errors)
        try:
            checked.files = [self._parse(str(package.folder / name), errors) for name in package.files]
            config = Config(self.importer(package.import_map), self.sizes, report, package.go_version, not package.wanted)
            checker = Checker(config, self.fset, checked.package)
            checked.info = checker.info
            checker.check_files(checked.files)
        except Exception:
            checked.crash = traceback.format_exc()
        self.packages[package.id] = checked.package
        return checked

    def facts(self, checked: Checked) -> facts.Facts:
        """What was found out about a package."""
        return facts.write(self.fset, checked.package, checked.files, checked.info)

    def errors(self, sources: dict[str, bytes], go_version: str, fake_c: bool = False) -> tuple[list[Found], str]:
        """The errors of a package of these files in the order in which they are found, without those that only explain; and a traceback.

        All of them: those of the parser first, as the tests of types2 collect them.
        """
        found: list[Found] = []

        def add(pos: int, message: str) -> None:
            place = self.fset.position(pos)
            found.append(Found(place.file, place.line, place.column, message))

        try:
            files = []
            for name, source in sources.items():
                parsed = parse(self.fset.add(name, source), check_branches=False)
                for problem in parsed.problems:
                    add(problem.pos, problem.message)
                if parsed.file is not None:
                    files.append(parsed.file)
            if files:
                name = files[0].pkg_name.value
                config = Config(self.importer({}, fake_c), self.sizes, lambda error: add(error.pos, error.message), go_version)
                Checker(config, self.fset, Package(name, "")).check_files(files)
        except Exception:
            return found, traceback.format_exc()
        return found, ""

    def compile_errors(self, path: Path, flags: list[str]) -> tuple[list[Message], str]:
        """The errors of a program of one file as the compiler prints them, and a traceback of ours; `flags` are the compiler's."""
        version = next((flag.removeprefix("-lang=") for flag in flags if flag.startswith("-lang=")), "go1.27")
        mistakes = Mistakes(self.fset, MOST if "-e=0" in flags else 0)
        rules = DirectiveRules(std="-std" in flags or "-+" in flags, runtime="-+" in flags)
        try:
            source = self.fset.add(path.name, path.read_bytes())
            check_package(
                self.fset,
                "p",
                [source],
                self.importer({}),
                self.sizes,
                mistakes,
                go_version=version,
                rules=rules,
                complete="-complete" in flags,
            )
        except Exception:
            return [], traceback.format_exc()
        found = []
        for mistake in mistakes.reported():
            place = self.fset.reported(mistake.pos)
            found.append(Message(place.line, place.column, mistake.message))
        if mistakes.too_many:
            place = self.fset.reported(mistakes.too_many)
            found.append(Message(place.line, place.column, "too many errors"))
        return found, ""

    def _parse(self, name: str, errors: list[str]) -> nodes.File:
        found = self._files.get(name)
        if found is None:
            source = self.fset.add(name, Path(name).read_bytes())
            parsed = parse(source)
            errors += [f"{self.fset.position(problem.pos)}: {problem.message}" for problem in parsed.problems]
            if parsed.file is None:
                raise ValueError(f"{name} is no Go file")
            found = self._files[name] = parsed.file
        return found


__all__ = ["Checked", "Session", "SourceFile", "imported_paths"]
