# SPDX-License-Identifier: BSD-3-Clause
"""What can be wrong with packages and modules, in the words that the go command has for it.

`Fatal` ends a load; everything else is an error of one package (`PackageError`) or one module and is reported with it.
Facts: src/cmd/go/internal/modload/import.go, src/cmd/go/internal/load/pkg.go, src/cmd/go/internal/mvs/errors.go.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from pygo_cross.diag import Pos
from pygo_cross.load import gover
from pygo_cross.load.modpath import ModuleError, ModuleVersion, PathError, VersionError


class LoadError(Exception):
    """Something is wrong; `import_path` is set where the text names the path that can't be imported."""

    import_path = ""


class Fatal(LoadError):
    """Nothing can be loaded. The text is what the go command prints behind `go: `."""


class TooNew(LoadError):
    """A module asks for a later Go than ours."""

    def __init__(self, what: str, version: str) -> None:
        super().__init__(f"{what} requires go >= {version} (running go {gover.LOCAL})")
        self.version = version


class InvalidImport(LoadError):
    """A path that can never be imported."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(why)
        self.import_path = path


class AmbiguousImport(LoadError):
    """A package that several modules (or folders, with vendoring) have."""

    def __init__(self, path: str, folders: Sequence[str], modules: Sequence[ModuleVersion] = ()) -> None:
        kind = "modules" if modules else "directories"
        lines = [f"ambiguous import: found package {path} in multiple {kind}:"]
        for number, folder in enumerate(folders):
            if number < len(modules):
                module = modules[number]
                lines.append("\n\t" + module.path + (f" {module.version}" if module.version else "") + f" ({folder})")
            else:
                lines.append("\n\t" + folder)
        super().__init__("".join(lines))
        self.import_path = path


class DirectImport(LoadError):
    """The main module imports a package of a module that its go.mod does not require itself."""

    def __init__(self, importer: str, imported: str, module: ModuleVersion) -> None:
        super().__init__(
            f"package {importer} imports {imported} from implicitly required module; to add missing requirements, run:\n\tgo get {module}"
        )
        self.import_path = importer


class ImportMissing(LoadError):
    """No module has the package. What to say depends on what is learnt later, so the text is made when it is asked for."""

    def __init__(self, path: str, query: Exception | None = None, std: str = "", may_search: bool = False) -> None:
        super().__init__(path)
        self.import_path = path
        self.query = query
        self.std = std
        """The folder in GOROOT where the package would be, if its path is one of the standard library."""
        self.may_search = may_search
        self.no_root = False
        """Whether `query` says that there is no main module."""
        """Whether a search for it was allowed (`-mod=mod`)."""
        self.replaced: ModuleVersion | None = None
        """The module that has it and is replaced, but not required."""
        self.importer_go = ""
        """The Go that the importing module asks for, if that is later than ours."""
        self.elsewhere = ""
        """The root of the importing main module, if that is not the one around the working directory."""

    def __str__(self) -> str:
        path = self.import_path
        if self.std:
            note = f"\nnote: imported by a module that requires go {self.importer_go}" if self.importer_go else ""
            return f"package {path} is not in std ({self.std}){note}"
        if self.may_search and self.query is None:
            return f"cannot find module providing package {path}"
        if self.replaced is not None:
            zero = self.replaced.version.endswith("-00010101000000-000000000000")
            wanted = self.replaced.path if zero else str(self.replaced)
            return f"module {self.replaced.path} provides package {path} and is replaced but not required; to add it:\n\tgo get {wanted}"
        if self.query is not None:
            start = "no required module provides package" if self.no_root else "cannot find module providing package"
            return f"{start} {path}: {self.query}"
        message = f"no required module provides package {path}"
        if self.elsewhere:
            return f"{message}; to add it:\n\tcd {self.elsewhere}\n\tgo get {path}"
        return f"{message}; to add it:\n\tgo get {path}"


class ImportMissingSum(LoadError):
    """go.sum has no line for a module that has the package, or may have it."""

    def __init__(self, path: str, modules: Sequence[ModuleVersion] = (), found: bool = False) -> None:
        super().__init__(path)
        self.import_path = path
        self.modules, self.found = modules, found
        self.importer = ""
        self.importer_version = ""
        self.importer_is_test = False

    def __str__(self) -> str:
        behind = f" (imported by {self.importer})" if self.importer else ""
        if self.found:
            text = f"missing go.sum entry needed to verify package {self.import_path}{behind} is provided by exactly one module"
        else:
            text = f"missing go.sum entry for module providing package {self.import_path}{behind}"
        if self.importer:
            version = f"@{self.importer_version}" if self.importer_version else ""
            return text + f"; to add:\n\tgo get{' -t' if self.importer_is_test else ''} {self.importer}{version}"
        if self.modules:
            return text + "; to add:\n\tgo mod download " + " ".join(module.path for module in self.modules)
        return text


class SumMissing(LoadError):
    """go.sum has no line for a file that is needed."""

    def __init__(self, suggestion: str = "") -> None:
        super().__init__("missing go.sum entry" + suggestion)


class NotInModule(LoadError):
    """A folder of a main module that is no package of it."""

    def __init__(self, path: str, module: str) -> None:
        super().__init__(f"main module ({module}) does not contain package {path}")
        self.import_path = path


class NotInReplaced(LoadError):
    """A path that a replaced module could have a package of, and that no module of another name can have."""

    def __init__(self, path: str, module: ModuleVersion, new: ModuleVersion) -> None:
        super().__init__(f"module {module.path}@latest found ({module.version}, replaced by {new}), but does not contain package {path}")
        self.import_path = path


class MatchError(LoadError):
    """A pattern that can't be matched; `cause` is the error without the pattern."""

    def __init__(self, pattern: str, literal: bool, cause: Exception) -> None:
        super().__init__(f"{pattern}: {cause}" if literal else f"pattern {pattern}: {cause}")
        self.pattern, self.literal, self.cause = pattern, literal, cause


class BuildListError(LoadError):
    """A module that can't be read, and the chain of requirements that leads to it."""

    def __init__(self, cause: Exception, chain: Sequence[ModuleVersion]) -> None:
        self.cause = cause
        links = list(chain)
        while links and not links[0].version:
            del links[0]
        if not links:
            text = str(cause)
        else:
            text = "".join(f"{link} requires\n\t" for link in links[:-1])
            text += self._last(links[-1], cause)
        super().__init__(text)

    @staticmethod
    def _last(module: ModuleVersion, cause: Exception) -> str:
        if not isinstance(cause, ModuleError):
            return str(ModuleError(module, cause))
        actual = cause.module
        if isinstance(cause.cause, VersionError):
            actual = ModuleVersion(actual.path, cause.cause.version)
        return str(cause) if actual == module else f"{module} (replaced by {actual}): {cause.cause}"


class ImportStack(list[tuple[str, "Pos | None"]]):
    """The imports that led to where the loader is: path, and where its importer imports it."""

    def paths(self) -> list[str]:
        return [path for path, _ in self]

    def copy(self) -> ImportStack:
        return ImportStack(self)

    def shorter_than(self, other: list[str]) -> bool:
        """Whether this chain is to be reported rather than the other: the shorter, and of equals the first in order."""
        mine = self.paths()
        return len(mine) < len(other) if len(mine) != len(other) else mine < other


# Everything that may be wrong with one module or path.
ERRORS: Final = (LoadError, ModuleError, PathError, VersionError)


class PackageError(LoadError):
    """What is wrong with a package: the chain of imports that led to it, where, and what.

    `str()` is what the go command prints; `cause` is the text alone.
    """

    def __init__(self, stack: ImportStack, cause: Exception | str, pos: str = "", cycle: bool = False, always_stack: bool = False) -> None:
        super().__init__(str(cause))
        self.stack, self.cause, self.pos = stack, cause, pos
        self.is_import_cycle, self.always_stack = cycle, always_stack

    def __str__(self) -> str:
        cause = str(self.cause)
        if self.pos and (not self.stack or not self.always_stack):
            return f"{self.pos}: {cause}"
        if not self.stack:
            return cause
        names = self.stack.paths()
        if self.is_import_cycle:
            names = [path if pos is None else f"{path} from {os.path.basename(pos.file)}" for path, pos in self.stack]
        where = f"\n\t{self.pos}" if self.pos else ""
        return "package " + "\n\timports ".join(names) + where + f": {cause}"

    def record(self) -> dict[str, object]:
        """As `go list -json` prints it."""
        return {"ImportStack": self.stack.paths(), "Pos": self.pos, "Err": str(self.cause)}
