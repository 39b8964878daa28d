# SPDX-License-Identifier: BSD-3-Clause
"""Whether packages are lowered and verified, and under which names of functions, beside those in stock's objects.

    python3 scripts/conformance lower [--target linux/amd64] [--only] [--names] [--show N] [PATTERN...]

Every package that matches (fmt, unless others are named), and what they import unless --only is given, is checked, lowered to SSA and
verified; what goes wrong is counted by message, with the functions a second. --names compares the names of functions with those in stock's
object, and prints the first N that only one has.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Mapping

from conformance import gopackages
from conformance.gopackages import GoPackage
from conformance.typedatascore import exports, stock_object
from pygo_cross.build.goroot import find_goroot
from pygo_cross.diag import InternalError
from pygo_cross.frontend.mistakes import Mistakes
from pygo_cross.frontend.package import CheckedPackage, check_package, hide_unexported
from pygo_cross.frontend.program import is_runtime
from pygo_cross.load.embed import resolve_embed
from pygo_cross.lower.directives import linknames
from pygo_cross.lower.embed import EmbedConfig
from pygo_cross.lower.imports import Imports, Source
from pygo_cross.lower.package import PackageLowering
from pygo_cross.ssa.unit import Unit
from pygo_cross.ssa.verify import verify
from pygo_cross.syntax.directives import DirectiveRules
from pygo_cross.syntax.nodes import VarDecl
from pygo_cross.syntax.source import FileSet, SourceFile
from pygo_cross.types.check.checker import ImportFailure
from pygo_cross.types.linknames import path_prefix
from pygo_cross.types.package import Package
from pygo_cross.types.sizes import Sizes
from pygo_cross.types.universe import UNSAFE

_OTHERS = re.compile(r"\[|^type:|^go\.shape|#|-fm$")
_QUOTED = re.compile(r"(?<= )\S*[.\[(*]\S*")


class Session(Imports):
    """Packages one after another, which are what the next ones import."""

    def __init__(self) -> None:
        self.fset = FileSet()
        self.sizes = Sizes()
        self.packages: dict[str, Package] = {}
        self._by_path: dict[str, GoPackage] = {}
        self._linknames: dict[str, dict[str, str]] = {}

    def _importer(self, package: GoPackage, path: str) -> Package:
        if path == "unsafe":
            return UNSAFE
        found = self.packages.get(package.import_map.get(path, path))
        if found is None:
            raise ImportFailure(f"package {path} is not in std")
        return found

    def _files(self, package: GoPackage) -> list[SourceFile]:
        paths = [package.folder / name for name in package.files]
        return [self.fset.add(str(path), path.read_bytes()) for path in paths]

    def check(self, package: GoPackage, bodies: bool) -> CheckedPackage:
        """Check a package, with the bodies of functions or without."""
        mistakes = Mistakes(self.fset)
        path = "main" if package.name == "main" else package.path
        rules = DirectiveRules(True, is_runtime(path))
        checked = check_package(
            self.fset,
            path,
            self._files(package),
            lambda path: self._importer(package, path),
            self.sizes,
            mistakes,
            go_version=package.go_version,
            rules=rules,
            ignore_func_bodies=not bodies,
        )
        if checked is None or mistakes:
            raise SystemExit(f"{package.id}: {mistakes.reported()}")
        self.packages[package.id] = checked.package
        self._by_path[path] = package
        self._linknames[path] = linknames(checked.files, path_prefix(path))
        return checked

    def linknames(self, path: str) -> Mapping[str, str]:
        """See `Imports`."""
        return self._linknames[path]

    def source(self, path: str) -> Source:
        """See `Imports`."""
        package = self._by_path[path]
        rules = DirectiveRules(True, is_runtime(path))
        return Source(self._files(package), package.go_version, lambda path: self._importer(package, path), rules)


def embedded(package: GoPackage, checked: CheckedPackage) -> EmbedConfig:
    """The files that a package embeds."""
    named: list[str] = []
    for file in checked.files:
        for decl in file.decl_list:
            for embed in decl.pragma.embeds if isinstance(decl, VarDecl) and decl.pragma is not None else ():
                named += embed.patterns
    files, patterns = resolve_embed(str(package.folder), named)
    return EmbedConfig(patterns, {name: str(package.folder / name) for name in files})


def count(unit: Unit) -> int:
    """The values of a package's functions."""
    return sum(len(block.values) for func in unit.funcs for block in func.blocks)


def code_names(path: str) -> set[str]:
    """The functions in stock's object."""
    obj = stock_object(path)
    return {obj.name(index) for index in range(obj.nall) if obj.sym(index)[2] in (1, 2) and obj.sym(index)[5]}


class Score:
    """What has come of the packages so far."""

    def __init__(self, show: int) -> None:
        self.show = show
        self.wrong: Counter[str] = Counter()
        self.first: dict[str, str] = {}
        self.packages = self.right = self.functions = self.values = 0
        self.cpu = 0.0
        self.names: Counter[str] = Counter()

    def package(self, session: Session, package: GoPackage, stock: str) -> None:
        """One package."""
        checked = session.check(package, True)
        embeds = embedded(package, checked)
        lowering = PackageLowering(
            find_goroot(), session.fset, checked.package, checked.files, checked.info, session.sizes, session, embeds=embeds
        )
        # A function that can't be lowered keeps no other from being tried.
        begun = time.process_time()
        lowering.failed = self._failed
        before = sum(self.wrong.values())
        try:
            lowering.lower()
        except Exception as error:
            self._failed(error)
        self.cpu += time.process_time() - begun
        for func in lowering.unit.funcs:
            try:
                verify(func, "lower")
            except InternalError as error:
                self._failed(error)
        bad = sum(self.wrong.values()) - before
        self.packages += 1
        self.right += not bad
        self.functions += len(lowering.unit.funcs)
        self.values += count(lowering.unit)
        if stock:
            self._compare(package, lowering.unit, stock)
        for func in lowering.unit.funcs:
            func.free()
        hide_unexported(checked.package)

    def _failed(self, error: Exception) -> None:
        message = error.message if isinstance(error, InternalError) else f"{type(error).__name__}: {error}"
        kind = _QUOTED.sub("...", message)
        self.wrong[kind] += 1
        if kind not in self.first:
            frames = "" if isinstance(error, InternalError) else "".join(traceback.format_tb(error.__traceback__)[-3:])
            self.first[kind] = f"{error}\n{frames}".rstrip()

    def _compare(self, package: GoPackage, unit: Unit, stock: str) -> None:
        # Instances are by shape in stock's objects; equality and hash functions come later here; inlined literals are copies there.
        theirs, ours = code_names(stock), {func.symbol for func in unit.funcs}
        theirs, ours = ({name for name in names if not _OTHERS.search(name)} for names in (theirs, ours))
        self.names["both"] += len(theirs & ours)
        self.names["stock only"] += len(theirs - ours)
        self.names["ours only"] += len(ours - theirs)
        for title, names in (("stock", theirs - ours), ("ours", ours - theirs)):
            for name in sorted(names)[: self.show]:
                print(f"  {package.id}: {title} only: {name}")


def main(argv: list[str]) -> int:
    """Lower packages; the status says whether all went well."""
    parser = argparse.ArgumentParser(prog="conformance lower", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="linux/amd64")
    parser.add_argument("--only", action="store_true", help="of the packages that these import take the declarations alone")
    parser.add_argument("--names", action="store_true", help="compare names with stock's objects")
    parser.add_argument("--show", type=int, default=20, metavar="N")
    parser.add_argument("pattern", nargs="*", default=["fmt"])
    options = parser.parse_args(argv)
    packages = gopackages.load(options.pattern, options.target, False)
    stock = exports(options.pattern, options.target, True) if options.names else {}
    session = Session()
    score = Score(options.show)
    for package in packages:
        if options.only and not package.wanted:
            checked = session.check(package, False)
            hide_unexported(checked.package)
            continue
        score.package(session, package, stock.get(package.id, ""))
    for message, times in score.wrong.most_common():
        print(f"{times:6} {message}\n       {score.first[message]}")
    print(f"{score.right} of {score.packages} packages, {score.functions} functions, {score.values} values", end="")
    print(f" in {score.cpu:.1f} s: {score.functions / max(score.cpu, 1e-9):.0f} functions a second, {sum(score.wrong.values())} failures")
    if options.names:
        print("names:", ", ".join(f"{times} {title}" for title, times in score.names.items()))
    return 0 if not score.wrong else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
