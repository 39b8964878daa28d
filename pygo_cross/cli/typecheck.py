# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross typecheck`: are packages right, as far as the compiler's front end can tell?

Errors are those of `go build`, in its form: a header for each package, places relative to the current folder, sorted, ten a package. On a
terminal the line of the source follows, with a caret under the place.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pygo_cross.build.goroot import find_goroot
from pygo_cross.cli.options import parser
from pygo_cross.diag import EXIT_BUILD, EXIT_OK
from pygo_cross.frontend.exports import Exports
from pygo_cross.frontend.mistakes import MOST, Mistake
from pygo_cross.frontend.program import Outcome, Program
from pygo_cross.load.listing import list_packages
from pygo_cross.load.package import Package
from pygo_cross.load.settings import Settings
from pygo_cross.target import find_target

_MACHINES: Final = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}
_BETWEEN_COLLECTIONS: Final = 40  # packages


def run(argv: list[str]) -> int:
    """Loads the packages, checks them, and prints what is wrong with them."""
    made = parser(
        "typecheck",
        "[--target OS/ARCH] [--test] [-e] [--json] [--tags LIST] [--mod MODE] [PACKAGE...]",
        "Parses and type-checks packages (the one here, unless others are named; ./..., std and cmd too) as go build does.",
    )
    made.add_argument("--target", metavar="OS/ARCH", default=_default_target(), help="what to check for (%(default)s)")
    made.add_argument("--test", action="store_true", help="with their tests")
    made.add_argument("-e", "--all-errors", action="store_true", help=f"all errors, not the first {MOST} of a package")
    made.add_argument("--json", action="store_true", help="what came of each package on standard output, one JSON object a line")
    made.add_argument("--tags", metavar="LIST", default=None, help="build tags, with commas between")
    made.add_argument("--mod", choices=("readonly", "vendor", "mod"), default="", help="as the go command's -mod")
    made.add_argument("packages", metavar="PACKAGE", nargs="*", help="import paths, folders or patterns")
    options = made.parse_args(argv)
    tags = None if options.tags is None else re.split(r"[,\s]+", options.tags.strip(", "))
    goroot = find_goroot()
    settings = Settings(goroot, find_target(options.target), tags=tags, mod=options.mod)
    # Nothing here is thrown away before the end but what a package leaves; Python would look for it far too often.
    gc.disable()
    packages, warnings = list_packages(settings, options.packages, options.test)
    for warning in warnings:
        print(warning, file=sys.stderr)
    show = _Json() if options.json else _Lines(settings.cwd, str(goroot), sys.stderr.isatty())
    failed = _load_errors(packages, show)
    program = Program(Exports(_exports_folder()), 0 if options.all_errors else MOST)
    for number, outcome in enumerate(program.check(packages), 1):
        show.outcome(outcome)
        failed = failed or outcome.skipped or bool(outcome.mistakes)
        if number % _BETWEEN_COLLECTIONS == 0:
            gc.collect()
    return EXIT_BUILD if failed else EXIT_OK


def _default_target() -> str:
    system = os.environ.get("GOOS") or sys.platform
    machine = os.environ.get("GOARCH") or _MACHINES.get(platform.machine(), platform.machine())
    return f"{system}/{machine}"


def _exports_folder() -> Path | None:
    """Where exported declarations are kept: in PYGO_CROSS_CACHE if that is set, else in the user's caches; nowhere without a home."""
    named = os.environ.get("PYGO_CROSS_CACHE")
    if named:
        return Path(named).absolute() / "exports"
    home = os.environ.get("XDG_CACHE_HOME") or (os.path.join(os.environ["HOME"], ".cache") if os.environ.get("HOME") else "")
    return Path(home) / "pygo_cross/exports" if home.startswith("/") else None


def _load_errors(packages: Iterable[Package], show: _Lines | _Json) -> bool:
    """Print what is wrong with packages before anything is parsed, each once; whether there is something."""
    said: dict[str, None] = {}
    for package in packages:
        if package.error is not None:
            said[str(package.error)] = None
        for error in package.deps_errors:
            said[str(error)] = None
    for text in said:
        show.load_error(text)
    return bool(said)


class _Lines:
    """Errors for people, as the go command prints them."""

    def __init__(self, cwd: str, goroot: str, with_source: bool) -> None:
        self.cwd = cwd
        self.goroot = goroot
        self.with_source = with_source

    def load_error(self, text: str) -> None:
        """A package can't be loaded."""
        print(text, file=sys.stderr)

    def outcome(self, outcome: Outcome) -> None:
        """A package that was checked: a header and its mistakes, if there are any."""
        if not outcome.mistakes:
            return
        lines = [f"# {outcome.files.import_path}"]
        fset = outcome.mistakes.fset
        for mistake in outcome.mistakes.reported():
            lines.append(self.short(f"{fset.reported(mistake.pos)}: {mistake.message}", outcome.files))
            if self.with_source:
                lines += self.source(outcome, mistake)
        if outcome.mistakes.too_many:
            lines.append(self.short(f"{fset.reported(outcome.mistakes.too_many)}: too many errors", outcome.files))
        print("\n".join(lines), file=sys.stderr)

    def short(self, text: str, files: Package) -> str:
        """A message with the package's folder, and the folders around it, relative to the current one where that is shorter."""
        if not files.standard:
            text = text.replace(f"{self.goroot}/src/", "$GOROOT/src/")
        folder = files.directory
        while True:
            relative = os.path.relpath(folder, self.cwd)
            if len(relative) < len(folder):
                text = re.sub(rf"(^|[ \n]|\n\t){re.escape(folder)}(?=/)", lambda found, to=relative: f"{found[1]}{to}", text)  # type: ignore[misc]
            above = os.path.dirname(folder)
            if above == folder:
                return text
            folder = above

    def source(self, outcome: Outcome, mistake: Mistake) -> list[str]:
        """The line of a mistake, and a caret under its place."""
        file = outcome.mistakes.fset.file(mistake.pos)
        if file is None or not file.source:
            return []
        line, column = file.line_column(mistake.pos)
        starts = file.line_starts()
        end = starts[line] if line < len(starts) else len(file.source)
        text = file.source[starts[line - 1] : end].rstrip(b"\r\n")
        if len(text) > 400:
            return []
        before = text[: column - 1].decode(errors="replace")
        caret = "".join("\t" if char == "\t" else " " for char in before) + "^"
        return [f"\t{text.decode(errors='replace')}", f"\t{caret}"]


class _Json:
    """What came of each package, for programs: one object a line."""

    def load_error(self, text: str) -> None:
        """A package can't be loaded."""
        print(text, file=sys.stderr)

    def outcome(self, outcome: Outcome) -> None:
        """A package that was checked."""
        mistakes = outcome.mistakes
        errors = []
        for mistake in mistakes.reported():
            place = mistakes.fset.reported(mistake.pos)
            row = {"file": place.file, "line": place.line, "column": place.column, "code": mistake.code, "message": mistake.message}
            errors.append(row)
        row = {
            "package": outcome.files.import_path,
            "errors": errors,
            "more": mistakes.too_many > 0,
            "skipped": outcome.skipped,
        }
        print(json.dumps(row))
