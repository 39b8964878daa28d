# SPDX-License-Identifier: BSD-3-Clause
"""The record of a package: what the compiler has to know of it, with the names and the order of `go list -json`.

Left out are what only the go command's own cache knows (Stale, Export, BuildID) and the documentation (Doc).
Facts: src/cmd/go/internal/load/pkg.go (PackagePublic, PackageInternal).
"""

from __future__ import annotations

from typing import Any, Final

from pygo_cross.load.directory import Folder
from pygo_cross.load.errors import PackageError

# The lists of files that a package has besides its Go files.
OTHER_LISTS: Final = ("CFiles", "CXXFiles", "MFiles", "HFiles", "FFiles", "SFiles", "SwigFiles", "SwigCXXFiles", "SysoFiles")


class Package:
    """A package, or the variant of one that is compiled for a test.

    `imports` are import paths as they were resolved, in step with `raw_imports` as they stand in the source; behind them
    follow those that the toolchain adds. `imported` are the packages themselves. `embed` maps each go:embed pattern to its files.
    """

    __slots__ = (
        "added_imports",
        "cgo_files",
        "command_line",
        "default_godebug",
        "dep_only",
        "deps",
        "deps_errors",
        "directives",
        "directory",
        "embed",
        "embed_files",
        "embed_patterns",
        "error",
        "folder",
        "for_main",
        "for_test",
        "force_library",
        "from_files",
        "go_files",
        "goroot",
        "ignored_go_files",
        "ignored_other_files",
        "import_map",
        "import_path",
        "imported",
        "imports",
        "incomplete",
        "invalid_go_files",
        "loading",
        "local",
        "match",
        "module",
        "name",
        "original_path",
        "others",
        "profile",
        "raw_imports",
        "root",
        "standard",
        "target",
        "test_embed_files",
        "test_embed_patterns",
        "test_go_files",
        "test_imports",
        "test_main",
        "xtest_embed_files",
        "xtest_embed_patterns",
        "xtest_go_files",
        "xtest_imports",
    )  # fmt: skip

    def __init__(self, import_path: str) -> None:
        self.import_path = self.original_path = import_path
        self.directory = self.name = self.target = self.root = self.for_test = self.default_godebug = ""
        self.for_main = ""
        """The program that the package is compiled for alone, because that has a profile."""
        self.profile = ""
        """The profile that guides how the package is compiled."""
        self.module: dict[str, Any] | None = None
        self.match: list[str] = []
        self.goroot = self.standard = self.dep_only = self.incomplete = False
        self.go_files: list[str] = []
        self.cgo_files: list[str] = []
        self.ignored_go_files: list[str] = []
        self.invalid_go_files: list[str] = []
        self.ignored_other_files: list[str] = []
        self.others: dict[str, list[str]] = {}
        self.embed_patterns: list[str] = []
        self.embed_files: list[str] = []
        self.embed: dict[str, list[str]] = {}
        self.imports: list[str] = []
        self.raw_imports: list[str] = []
        self.added_imports: list[str] = []
        self.import_map: dict[str, str] = {}
        self.deps: list[str] = []
        self.error: PackageError | None = None
        self.deps_errors: list[PackageError] = []
        self.test_go_files: list[str] = []
        self.test_imports: list[str] = []
        self.test_embed_patterns: list[str] = []
        self.test_embed_files: list[str] = []
        self.xtest_go_files: list[str] = []
        self.xtest_imports: list[str] = []
        self.xtest_embed_patterns: list[str] = []
        self.xtest_embed_files: list[str] = []
        self.folder: Folder | None = None
        self.imported: list[Package] = []
        self.directives: list[str] = []
        self.command_line = False
        self.force_library = False
        self.from_files = False
        """Whether it is files that were named, and no package of a module."""
        self.local = False
        """Whether it was first asked for by a relative path, which no package may import."""
        self.loading = True
        self.test_main = False
        """Whether this is the program that runs tests, whose one file is made (`testmain.py`)."""

    def copy(self) -> Package:
        """A package with the same parts; lists that are going to differ have to be replaced, not changed."""
        twin = Package(self.import_path)
        for slot in Package.__slots__:
            setattr(twin, slot, getattr(self, slot))
        twin.match = list(self.match)
        return twin

    def take(self, folder: Folder) -> None:
        """Takes over what was found in the package's folder."""
        self.folder = folder
        self.directory, self.name = folder.directory, folder.name
        self.go_files = folder.code.files
        self.ignored_go_files, self.invalid_go_files = folder.ignored, folder.invalid
        self.ignored_other_files = folder.ignored_others
        self.others = {name: files for name, files in folder.others.items() if files}
        self.raw_imports = sorted(folder.code.imports)
        self.imports = list(self.raw_imports)
        self.test_go_files, self.xtest_go_files = folder.tests.files, folder.xtests.files
        self.test_imports, self.xtest_imports = sorted(folder.tests.imports), sorted(folder.xtests.imports)
        self.embed_patterns = sorted(folder.code.embeds)
        self.test_embed_patterns, self.xtest_embed_patterns = sorted(folder.tests.embeds), sorted(folder.xtests.embeds)
        self.directives = folder.code.directives

    @property
    def all_files(self) -> list[str]:
        """Every file that was considered, embedded ones included."""
        files = [*self.go_files, *self.ignored_go_files, *self.ignored_other_files]
        for name in OTHER_LISTS:
            files += self.others.get(name, ())
        files += self.test_go_files
        files += self.xtest_go_files
        if self.embed_files:
            have = set(files)
            files += [file for file in self.embed_files if "/" in file or file not in have]
        return files

    @property
    def variant(self) -> str:
        """The import path, with the test or program it is compiled for: `p [p.test]`, `p [main]`."""
        if self.for_test:
            return f"{self.import_path} [{self.for_test}.test]"
        return f"{self.import_path} [{self.for_main}]" if self.for_main else self.import_path

    def record(self) -> dict[str, Any]:
        """As `go list -json` prints it: in its order, without what is empty."""
        others = self.others.get
        fields: tuple[tuple[str, Any], ...] = (
            ("Dir", self.directory), ("ImportPath", self.import_path), ("Name", self.name), ("Target", self.target), ("Root", self.root),
            ("ForTest", self.for_test), ("Module", self.module), ("Match", self.match), ("Goroot", self.goroot),
            ("Standard", self.standard), ("DepOnly", self.dep_only), ("Incomplete", self.incomplete),
            ("DefaultGODEBUG", self.default_godebug), ("GoFiles", self.go_files), ("CgoFiles", self.cgo_files),
            ("IgnoredGoFiles", self.ignored_go_files), ("InvalidGoFiles", self.invalid_go_files),
            ("IgnoredOtherFiles", self.ignored_other_files), ("CFiles", others("CFiles")), ("CXXFiles", others("CXXFiles")),
            ("MFiles", others("MFiles")), ("HFiles", others("HFiles")), ("FFiles", others("FFiles")), ("SFiles", others("SFiles")),
            ("SwigFiles", others("SwigFiles")), ("SwigCXXFiles", others("SwigCXXFiles")), ("SysoFiles", others("SysoFiles")),
            ("EmbedPatterns", self.embed_patterns), ("EmbedFiles", self.embed_files), ("Imports", self.imports),
            ("ImportMap", self.import_map), ("Deps", self.deps), ("Error", self.error.record() if self.error else None),
            ("DepsErrors", [error.record() for error in self.deps_errors]), ("TestGoFiles", self.test_go_files),
            ("TestImports", self.test_imports), ("TestEmbedPatterns", self.test_embed_patterns),
            ("TestEmbedFiles", self.test_embed_files), ("XTestGoFiles", self.xtest_go_files), ("XTestImports", self.xtest_imports),
            ("XTestEmbedPatterns", self.xtest_embed_patterns), ("XTestEmbedFiles", self.xtest_embed_files),
        )  # fmt: skip
        return {name: value for name, value in fields if value}


def package_list(roots: list[Package]) -> list[Package]:
    """The packages and all that they import, each behind what it imports itself."""
    seen: set[int] = set()
    found: list[Package] = []
    for root in roots:
        if id(root) in seen:
            continue
        seen.add(id(root))
        stack = [(root, iter(root.imported))]
        while stack:
            package, rest = stack[-1]
            for other in rest:
                if id(other) not in seen:
                    seen.add(id(other))
                    stack.append((other, iter(other.imported)))
                    break
            else:
                stack.pop()
                found.append(package)
    return found
