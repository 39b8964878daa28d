# SPDX-License-Identifier: BSD-3-Clause
"""What patterns name: folders and packages of the main modules, of the modules they need, and of GOROOT.

Facts: src/cmd/go/internal/modload/{load,search}.go, src/cmd/go/internal/search/search.go.
"""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from pygo_cross.load import gover
from pygo_cross.load.directory import NoGoError
from pygo_cross.load.errors import ERRORS, Fatal, LoadError, MatchError, NotInModule
from pygo_cross.load.modpath import ModuleVersion, PathError, check_import_path
from pygo_cross.load.modules import PRUNED, MainModule, find_module_root, in_folder, relative_to
from pygo_cross.load.patterns import META, Ignored, Match, is_skipped, is_standard, matcher, tree_matcher, walk

if TYPE_CHECKING:
    from pygo_cross.load.resolve import Resolver


class _NoPackage(LoadError):
    """A folder that has no import path; `pseudo` for those of GOROOT that wildcards pass over."""

    def __init__(self, text: str, pseudo: bool = False, cause: Exception | None = None) -> None:
        super().__init__(text)
        self.pseudo, self.cause = pseudo, cause


class Matcher:
    """Fills in matches, as often as more is known of the packages that there are."""

    __slots__ = ("modules", "resolver", "settings", "src")

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.modules = resolver.modules
        self.settings = resolver.settings
        self.src = resolver.src

    def fill(self, matches: list[Match], last: bool) -> None:
        """Fills in what each pattern names; the last time with all errors, and `all` with what it came to."""
        for match in matches:
            if match.is_local:
                self._match_local(match, last)
            elif match.is_literal:
                match.packages = [match.pattern]
            elif "..." in match.pattern:
                match.errors = []
                graph = self.resolver.requirements.partial_graph() if self.modules.has_root else None
                if self.resolver.requirements.has_graph:
                    error = self.resolver.requirements.partial_graph().error()
                    if error is not None:
                        match.errors.append(error)
                self._match_packages(match, True, graph.build_list() if graph is not None else [])
            elif match.pattern in ("work", "all"):
                if match.pattern == "all" and last:
                    match.packages = sorted(
                        found.path for found in self.resolver.packages if found.in_all and found.test_of is None and _valid(found.path)
                    )
                    continue
                match.errors = []
                self._match_packages(match, False, [ModuleVersion(main.path) for main in self.modules.mains])
                if match.pattern == "all":
                    match.packages += self.modules.tools
            elif match.pattern == "tool":
                match.packages = list(self.modules.tools)
            elif not match.packages:
                self._match_goroot(match)

    def _match_goroot(self, match: Match) -> None:
        """`std` and `cmd`: every package of GOROOT."""
        only_cmd = match.pattern == "cmd"
        root = os.path.join(self.src, "cmd") if only_cmd else self.src

        def descend(_: str, relative: str) -> bool:
            fits = only_cmd or (is_standard(relative) and relative != "cmd")
            return fits and not is_skipped(relative.rpartition("/")[2])

        for path, relative in walk(root, descend):
            name = posixpath.normpath("cmd/" + relative) if only_cmd else relative
            if name in ("", "builtin", "runtime/cgo"):
                continue
            folder = self.resolver.folder(path)
            if isinstance(folder.error, NoGoError) or (only_cmd and name.startswith("cmd/vendor") and folder.name == "main"):
                continue
            match.packages.append(name)

    def _match_packages(self, match: Match, std: bool, modules: list[ModuleVersion]) -> None:
        """Packages of modules, and of GOROOT, by a pattern of import paths."""
        meta = match.pattern in META
        matches = (lambda name: True) if meta else matcher(match.pattern)
        can_match = (lambda name: True) if meta else tree_matcher(match.pattern)
        seen = {"builtin", "runtime/cgo"}
        match.packages = []

        def search(root: str, prefix: str, ignored: Ignored | None, no_vendor: bool, no_modules: bool) -> None:
            def descend(path: str, relative: str) -> bool:
                if not relative:
                    return can_match(prefix)
                if is_skipped(relative.rpartition("/")[2]) or (ignored is not None and ignored.covers(relative)):
                    return False
                parent = relative.rpartition("/")[0]
                if no_vendor and parent.rpartition("/")[2] == "vendor":
                    return False
                if not can_match(posixpath.join(prefix, relative)):
                    return False
                return not (no_modules and os.path.isfile(os.path.join(path, "go.mod")))

            for path, relative in walk(root, descend):
                name = posixpath.join(prefix, relative) if relative else prefix
                if not name or name in seen:
                    continue
                seen.add(name)
                if matches(name) and self.resolver.folder(path).go_count:
                    match.packages.append(name)

        if std:
            search(self.src, "", None, False, True)
            if can_match("cmd"):
                search(os.path.join(self.src, "cmd"), "cmd", None, False, True)
        if self.modules.vendor is not None:
            for main in self.modules.mains:
                search(main.root, main.prefix, Ignored(main.file.ignore) if main.file else None, True, True)
            search(self.modules.vendor.folder, "", None, True, False)
        else:
            for module in modules:
                if gover.is_toolchain(module.path) or not can_match(module.path):
                    continue
                own = self.modules.by_path.get(module.path)
                if own is not None:
                    if own.root:
                        search(own.root, own.prefix, Ignored(own.file.ignore) if own.file else None, True, True)
                    continue
                try:
                    root, local = self.resolver.fetch(module)
                except Fatal:
                    raise
                except ERRORS as error:
                    match.errors.append(MatchError(match.pattern, False, error))
                    continue
                search(root, module.path, self._ignored(module), True, local)
        match.packages.sort()

    def _ignored(self, module: ModuleVersion) -> Ignored | None:
        """What a dependency's go.mod ignores; one that can't be read ignores nothing, and is reported elsewhere."""
        try:
            return Ignored(self.modules.summary(module).ignore)
        except Fatal:
            raise
        except ERRORS:
            return None

    def _match_local(self, match: Match, last: bool) -> None:
        if match.folders is None:
            match.folders = self._local_folders(match)
        match.packages = []
        for folder in match.folders:
            try:
                match.packages.append(self._local_package(self.settings.absolute(folder)))
            except _NoPackage as error:
                if not match.is_literal and error.pseudo:
                    continue
                if not self.modules.has_root:
                    raise Fatal(self._no_module()) from None
                if last:
                    match.errors.append(MatchError(match.pattern, match.is_literal, error))
            except NotInModule as error:
                if last:
                    match.errors.append(MatchError(match.pattern, match.is_literal, error))

    def _no_module(self) -> str:
        if self.modules.in_workspace:
            return "no modules were found in the current workspace; see 'go help work'"
        folder = self.settings.cwd
        while not in_folder(folder, self.settings.goroot):
            if os.path.isfile(os.path.join(folder, ".git/config")):
                relative = os.path.relpath(folder, self.settings.cwd)
                command = "" if relative == "." else f"cd {relative} && "
                return (
                    f"cannot find main module, but found .git/config in {folder}\n\tto create a module there, run:\n\t{command}go mod init"
                )
            if os.path.dirname(folder) == folder:
                break
            folder = os.path.dirname(folder)
        return "go.mod file not found in current directory or any parent directory; see 'go help modules'"

    def _local_folders(self, match: Match) -> list[str]:
        """The folders that a pattern of folders names, as they are named."""
        pattern = match.pattern
        if match.is_literal:
            return [pattern]
        modules = self.modules
        roots = [main.root for main in modules.mains if main.root]
        start = os.path.dirname(os.path.normpath(pattern[: pattern.index("...") + 3]))
        absolute = self.settings.absolute(start)
        root = find_module_root(absolute)
        if root not in roots and not relative_to(absolute, self.src) and not self._in_cache(absolute):
            scope = (
                "modules listed in go.work or their selected dependencies"
                if modules.in_workspace
                else "main module or its selected dependencies"
            )
            what = f"directory prefix {self.settings.short(absolute)} does not contain {scope}"
            match.errors.append(MatchError(pattern, False, LoadError(what)))
            return []
        clean = os.path.normpath(pattern)
        prefix = ""
        if clean != "." and pattern.startswith("./"):
            prefix, clean = "./", "./" + clean
        matches = matcher(clean)
        first = clean[: clean.index("...")].rpartition("/")[0] or ("/" if clean.startswith("/") else "")
        top = self.settings.absolute(first)
        mod_root = next((one for one in reversed(roots) if in_folder(top, one)), "")
        if roots and not mod_root:
            plural = "s" if len(roots) > 1 else ""
            what = f"directory {top} is outside module root{plural} ({', '.join(roots)})"
            match.errors.append(MatchError(pattern, False, LoadError(what)))
        main: MainModule | None = next((one for one in modules.mains if one.root == mod_root), None) if mod_root else None
        ignored = Ignored(main.file.ignore) if main is not None and main.file is not None else None
        found: list[str] = []

        def descend(path: str, relative: str) -> bool:
            element = os.path.basename(path) if relative else os.path.basename(first)
            if (element.startswith(".") and element not in (".", "..")) or element.startswith("_") or element == "testdata":
                return False
            inside = relative_to(path, mod_root) if mod_root else ""
            if ignored is not None and inside and ignored.covers("" if inside == "." else inside):
                return False
            return not (relative and os.path.isfile(os.path.join(path, "go.mod")))

        for path, relative in walk(top, descend):
            shown = os.path.normpath(os.path.join(first, relative)) if first or relative else "."
            name = prefix + shown if not shown.startswith("/") else shown
            if not matches(name):
                continue
            folder = self.resolver.folder(path)
            if isinstance(folder.error, NoGoError) and not folder.invalid:
                continue
            found.append(name)
        return found

    def _local_package(self, folder: str) -> str:
        """The import path of a folder. Raises `_NoPackage` or `NotInModule`."""
        try:
            read = self.resolver.folder(folder)
        except OSError as error:
            if not os.path.exists(folder):
                raise _NoPackage(f"stat {folder}: directory not found") from None
            raise _NoPackage(f"open {folder}: {(error.strerror or str(error)).lower()}") from None
        if isinstance(read.error, NoGoError) and not read.ignored:
            raise _NoPackage(str(read.error), cause=read.error)
        modules = self.modules
        for main in modules.mains:
            if main.root and folder == main.root:
                if folder == self.src:
                    raise _NoPackage("GOROOT/src is not an importable package", pseudo=True)
                return main.prefix
        longest = ""
        missing: NotInModule | None = None
        for main in modules.mains:
            if not main.root or not in_folder(folder, main.root) or "@" in folder[len(main.root) :]:
                continue
            suffix = os.path.relpath(folder, main.root)
            if suffix.startswith("vendor/"):
                path = suffix[len("vendor/") :]
                if modules.vendor is None:
                    raise _NoPackage(f"without -mod=vendor, directory {folder} has no package path")
                if path not in modules.vendor.packages:
                    raise _NoPackage(f"directory {folder} is not a package listed in vendor/modules.txt")
                return path
            if not main.prefix:
                if suffix == "builtin":
                    raise _NoPackage('"builtin" is a pseudo-package, not an importable package', pseudo=True)
                return suffix
            path = posixpath.join(main.prefix, suffix)
            if self.resolver.in_module(path, main.prefix, main.root, True)[1]:
                return path
            if len(main.prefix) > len(longest):
                longest, missing = main.prefix, NotInModule(path, main.path)
        if missing is not None:
            raise missing
        inside = relative_to(folder, self.src)
        if inside and inside != "." and "@" not in inside:
            if inside == "builtin":
                raise _NoPackage('"builtin" is a pseudo-package, not an importable package', pseudo=True)
            return inside
        path = self._in_cache(folder)
        if path:
            return path
        short = self.settings.short(folder)
        what = "current directory" if short == "." else f"directory {short}"
        if modules.in_workspace:
            root = find_module_root(folder)
            if root:
                raise _NoPackage(
                    f"{what} is contained in a module that is not one of the workspace modules listed in go.work. "
                    f"You can add the module to the workspace using:\n\tgo work use {self.settings.short(root)}"
                )
            raise _NoPackage(f"{what} outside modules listed in go.work or their selected dependencies")
        raise _NoPackage(f"{what} outside main module or its selected dependencies")

    def _in_cache(self, folder: str) -> str:
        """The import path of a folder of a dependency, in the module cache or where a replacement is."""
        requirements = self.resolver.requirements
        candidates = list(requirements.roots) if requirements.pruning == PRUNED else []
        if not requirements.has_graph and self.modules.has_root and requirements.pruning != PRUNED:
            requirements.partial_graph()
        if requirements.has_graph:
            candidates += requirements.partial_graph().build_list()
        for module in candidates:
            if gover.is_toolchain(module.path) or module.path in self.modules.by_path:
                continue
            actual = self.modules.resolve(module)
            try:
                root = (
                    self.modules.fetcher.unpacked(actual)
                    if actual.version
                    else os.path.normpath(os.path.join(self.modules.replace_base, actual.path))
                )
            except ERRORS:
                continue
            inside = relative_to(folder, root) if root else ""
            if inside and "/vendor/" not in inside and not inside.startswith("vendor/") and "@" not in inside:
                return posixpath.normpath(posixpath.join(module.path, inside))
        return ""


def _valid(path: str) -> bool:
    try:
        check_import_path(path)
    except PathError:
        return False
    return True
