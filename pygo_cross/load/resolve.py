# SPDX-License-Identifier: BSD-3-Clause
"""Which module, and which folder, has each package that is imported, from the packages named on the command line on.

Works on the lax view of folders: the strict one, with what is wrong inside packages, comes after (`loader.py`).
Facts: src/cmd/go/internal/modload/{load,import}.go.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from pygo_cross.load import gover
from pygo_cross.load.directory import Folder, has_go_files, read_folder
from pygo_cross.load.errors import (
    ERRORS,
    AmbiguousImport,
    DirectImport,
    Fatal,
    ImportMissing,
    ImportMissingSum,
    InvalidImport,
    LoadError,
    NotInReplaced,
    SumMissing,
    TooNew,
)
from pygo_cross.load.matching import Matcher
from pygo_cross.load.modpath import (
    ModuleError,
    ModuleVersion,
    PathError,
    check_import_path,
    check_path,
    module_error,
    quote,
    split_version,
)
from pygo_cross.load.modules import NO_MODULE, UNPRUNED, WORKSPACE, Modules, find_module_root, in_folder
from pygo_cross.load.patterns import META, Match, is_local, is_standard
from pygo_cross.load.requirements import Graph, check_committed, initial_requirements, update_roots

_APPENGINE: Final = ("appengine", "appengine_internal")


class Resolved:
    """A package that was looked for: the module and folder that have it, or why there is none; and what it imports.

    `test_of` is set for the tests of a package, which are a node of their own. `stack` is who imports it, on a shortest way.
    """

    __slots__ = (
        "error",
        "folder",
        "imports",
        "in_all",
        "in_std",
        "is_root",
        "module",
        "path",
        "root",
        "stack",
        "test",
        "test_imports",
        "test_of",
    )

    def __init__(self, path: str, test_of: Resolved | None = None) -> None:
        self.path, self.test_of = path, test_of
        self.module = NO_MODULE
        self.root = self.folder = ""
        self.error: Exception | None = None
        self.imports: list[Resolved] = []
        self.test_imports: list[str] = []
        self.test: Resolved | None = None
        self.stack: Resolved | None = None
        self.in_std = self.in_all = self.is_root = False

    def chain(self) -> str:
        """The imports that lead here, as the go command prints them."""
        links: list[Resolved] = []
        link: Resolved | None = self
        while link is not None:
            links.append(link)
            link = link.stack
        links.reverse()
        parts: list[str] = []
        for number, one in enumerate(links):
            parts.append(one.path + (".test" if one.test_of is not None else ""))
            if number + 1 < len(links):
                parts.append(" tested by\n\t" if links[number + 1].test_of is one else " imports\n\t")
        return "".join(parts)


class Resolver:
    """Finds packages for one target. `folders` keeps every folder that was read, for the strict view."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.settings = modules.settings
        self.src = modules.settings.src
        self.requirements = initial_requirements(modules)
        self.cache: dict[str, Resolved] = {}
        self.packages: list[Resolved] = []
        self.folders: dict[str, Folder | OSError] = {}
        self._std: dict[str, bool] = {}
        self._vendored: dict[str, str] = {}
        self._has_mod: dict[str, bool] = {}
        self._load_tests = False
        self._all_is_root = False

    # Folders.

    def folder(self, path: str) -> Folder:
        """A folder's files for the target. Raises `OSError`."""
        found = self.folders.get(path)
        if found is None:
            try:
                found = read_folder(path, self.settings.context)
            except OSError as error:
                found = error
            self.folders[path] = found
        if isinstance(found, OSError):
            raise found
        return found

    def is_std(self, path: str) -> bool:
        """Whether the standard library has a package of this path."""
        found = self._std.get(path)
        if found is None:
            found = is_standard(path) and self._has_go(os.path.join(self.src, path))
            self._std[path] = found
        return found

    def _has_go(self, folder: str) -> bool:
        known = self.folders.get(folder)
        if known is None:
            return has_go_files(folder)
        return isinstance(known, Folder) and known.has_go

    def std_vendor(self, importer: str, path: str) -> str:
        """The path under which a package of the standard library or of cmd imports another: through GOROOT's vendor folders."""
        if is_standard(path):
            return path
        prefix = "cmd/vendor/" if importer == "cmd" or importer.startswith("cmd/") else "vendor/"
        known = self._vendored.get(prefix + path)
        if known is None:
            known = prefix + path if os.path.exists(os.path.join(self.src, prefix + path)) else path
            self._vendored[prefix + path] = known
        return known

    def in_module(self, path: str, module: str, root: str, local: bool) -> tuple[str, bool]:
        """The folder that a module would have a package in (nothing if it can't), and whether Go files are there.

        No module path at all is a vendor folder. In a local module, a go.mod on the way begins another one.
        """
        if path == module:
            folder = root
        elif not module:
            folder = os.path.join(root, path)
        elif path.startswith(module + "/"):
            folder = os.path.join(root, path[len(module) + 1 :])
        else:
            return "", False
        if local:
            above = folder
            while above != root and len(above) > len(root):
                has = self._has_mod.get(above)
                if has is None:
                    has = self._has_mod[above] = os.path.isfile(os.path.join(above, "go.mod"))
                if has:
                    return "", False
                above = os.path.dirname(above)
        return folder, self._has_go(folder)

    def fetch(self, module: ModuleVersion) -> tuple[str, bool]:
        """The root folder of a module, and whether it is local (a main module, or replaced by a folder). Raises one of `ERRORS`."""
        modules = self.modules
        if not module.version:
            main = modules.by_path.get(module.path)
            if main is not None and main.root:
                return main.root, True
        replaced = modules.replacement(module)
        if replaced is not None:
            if not replaced.version:
                folder = os.path.normpath(os.path.join(modules.replace_base, replaced.path))
                if not os.path.exists(folder):
                    raise module_error(module, LoadError(f"replacement directory {replaced.path} does not exist"))
                return folder, True
            module = replaced
        if modules.needs_sums and not modules.fetcher.have_sum(module):
            raise module_error(module, SumMissing())
        return modules.fetcher.download(module), False

    # One package.

    def find(self, path: str, found: Resolved) -> None:
        """Fills in module, root and folder of a package. Raises one of `ERRORS`."""
        if "@" in path:
            raise InvalidImport(path, f"import path {quote(path)} should not have @version")
        if is_local(path):
            raise InvalidImport(path, f"{quote(path)} is relative, but relative import paths are not supported in module mode")
        if path.startswith("/"):
            raise InvalidImport(path, f"{quote(path)} is not a package path; see 'go help packages'")
        if path in META:
            raise InvalidImport(path, f"{quote(path)} is not an importable package; see 'go help packages'")
        if path == "C":
            return
        try:
            check_import_path(path)
        except PathError as error:
            raise InvalidImport(path, str(error)) from None
        std: list[tuple[ModuleVersion, str, str]] = []
        if self.is_std(path):
            for main in self.modules.mains:
                if main.in_goroot:
                    folder, has = self.in_module(path, main.prefix, main.root, True)
                    if has:
                        found.module, found.root, found.folder = ModuleVersion(main.path), main.root, folder
                        return
            root = os.path.join(self.src, "cmd") if path == "cmd" or path.startswith("cmd/") else self.src
            std.append((NO_MODULE, root, os.path.join(self.src, path)))
        if self.modules.vendor is not None:
            found.module, found.root, found.folder = self._find_vendored(path, std)
        else:
            found.module, found.root, found.folder = self._find_in_modules(path, std)

    def _find_vendored(self, path: str, have: list[tuple[ModuleVersion, str, str]]) -> tuple[ModuleVersion, str, str]:
        modules, vendor = self.modules, self.modules.vendor
        assert vendor is not None
        for main in modules.mains:
            if main.root:
                folder, has = self.in_module(path, main.prefix, main.root, True)
                if has:
                    have.append((ModuleVersion(main.path), main.root, folder))
        folder, has = self.in_module(path, "", vendor.folder, False)
        if has:
            if path in vendor.packages or gover.compare(modules.go_version, gover.MODULES_TXT_COMPLETE) < 0:
                have.append((vendor.packages.get(path, NO_MODULE), vendor.folder, folder))
            else:
                command = "work" if modules.in_workspace else "mod"
                modules.warnings.append(
                    f"go: ignoring package {path} which exists in the vendor directory but is missing from vendor/modules.txt. "
                    f"To sync the vendor directory run go {command} vendor."
                )
        if len(have) > 1:
            raise AmbiguousImport(path, [folder for _, _, folder in have])
        if not have:
            raise ImportMissing(path)
        return have[0]

    def _find_in_modules(self, path: str, std: list[tuple[ModuleVersion, str, str]]) -> tuple[ModuleVersion, str, str]:
        graph: Graph | None = self.requirements.graph() if self.requirements.pruning == UNPRUNED else None
        while True:
            have = list(std)
            no_sum: list[ModuleVersion] = []
            prefix = path
            while prefix:
                version = self.requirements.root_selected(prefix) if graph is None else graph.version(prefix)
                if version is not None and version != "none" and not gover.is_toolchain(prefix):
                    self._try_module(path, ModuleVersion(prefix, version), have, no_sum)
                prefix = prefix.rpartition("/")[0]
            if len(have) > 1:
                have.reverse()
                raise AmbiguousImport(path, [folder for _, _, folder in have], [module for module, _, _ in have])
            if no_sum:
                raise ImportMissingSum(path, no_sum[::-1], bool(have))
            if have:
                module = have[0][0]
                if module.path and module.path not in self.modules.by_path:
                    self.modules.summary(module)
                return have[0]
            if graph is not None:
                raise self._missing(path)
            graph = self.requirements.graph()

    def _try_module(
        self, path: str, module: ModuleVersion, have: list[tuple[ModuleVersion, str, str]], no_sum: list[ModuleVersion]
    ) -> None:
        try:
            root, local = self.fetch(module)
        except ModuleError as error:
            if isinstance(error.cause, SumMissing):
                no_sum.append(module)
                return
            raise
        main = self.modules.by_path.get(module.path)
        folder, has = self.in_module(path, main.prefix if main is not None and main.root == root else module.path, root, local)
        if has:
            have.append((module, root, folder))

    def _missing(self, path: str) -> ImportMissing:
        modules = self.modules
        query = None
        if not modules.has_root:
            query = LoadError(
                "no modules were found in the current workspace; see 'go help work'"
                if modules.in_workspace
                else "go.mod file not found in current directory or any parent directory; see 'go help modules'"
            )
        error = ImportMissing(path, query, os.path.join(self.src, path) if is_standard(path) else "", modules.mod == "mod")
        error.no_root = not modules.has_root
        return error

    # The whole closure.

    def load(self, matches: list[Match], tests: bool) -> None:
        """Fills `packages` with all that the patterns need, and the matches with the packages they name. Raises `Fatal`."""
        self._load_tests = tests
        matcher = Matcher(self)
        self._all_is_root = any(match.pattern == "all" for match in matches)

        def roots() -> list[str]:
            matcher.fill(matches, False)
            return [path for match in matches for path in match.packages]

        self._load(roots)
        matcher.fill(matches, True)
        check_committed(self.modules, self.requirements)

    def load_imports(self, paths: list[str]) -> None:
        """Fills `packages` with what these paths need: the imports of files that are no package of a module."""
        self._load(lambda: paths)
        check_committed(self.modules, self.requirements)

    def _load(self, roots: Callable[[], list[str]]) -> None:
        try:
            if self.requirements.pruning == UNPRUNED:
                graph = self.requirements.graph()
                mains = self.modules.by_path
                if any(root.version != graph.version(root.path) for root in self.requirements.roots if root.path not in mains):
                    raise self.modules.dirty()
            self._load_from(roots())
            self._update()
            self._check_paths()
        except Fatal:
            raise
        except ERRORS as error:
            raise Fatal(str(error)) from None
        self._explain_missing()

    def _load_from(self, roots: Iterable[str]) -> None:
        queue: deque[Resolved] = deque()
        first = [self._package(path, queue) for path in dict.fromkeys(roots)]
        for root in first:
            root.is_root = True
        wants_test = dict.fromkeys(first) if self._load_tests else {}
        while queue:
            found = queue.popleft()
            self._load_one(found, queue)
        for root in wants_test:
            self._load_test(root, queue)
            while queue:
                self._load_one(queue.popleft(), queue)
        if self._all_is_root:
            self._load_all(queue)
        self._stacks(first)

    def _load_all(self, queue: deque[Resolved]) -> None:
        """`all`: what the main modules' packages and their tests import, and so on; before go 1.16 with the tests of all that."""
        every_test = gover.compare(self.requirements.go_version, gover.NARROW_ALL) < 0
        work = deque(
            found for found in self.cache.values() if found.module.path in self.modules.by_path or found.path in self.modules.tools
        )
        for found in work:
            found.in_all = True
        while work:
            found = work.popleft()
            following = list(found.imports)
            closes = every_test or found.module.path in self.modules.by_path
            if found.test_of is None and (closes or self._load_tests):
                self._load_test(found, queue)
                while queue:
                    self._load_one(queue.popleft(), queue)
                assert found.test is not None
                if closes:
                    following += found.test.imports
            for other in following:
                if not other.in_all:
                    other.in_all = other.is_root = True
                    work.append(other)

    def _package(self, path: str, queue: deque[Resolved]) -> Resolved:
        found = self.cache.get(path)
        if found is None:
            found = self.cache[path] = Resolved(path)
            queue.append(found)
        return found

    def _load_one(self, found: Resolved, queue: deque[Resolved]) -> None:
        try:
            self.find(found.path, found)
        except Fatal:
            raise
        except ERRORS as error:
            found.error = error
            return
        if not found.folder:
            return
        found.in_std = is_standard(found.path) and in_folder(found.folder, self.src)
        try:
            folder = self.folder(found.folder)
        except OSError as error:
            found.error = LoadError(f"open {found.folder}: {(error.strerror or str(error)).lower()}")
            return
        if not folder.go_count:
            found.error = LoadError("no Go source files")
            return
        imports, found.test_imports = folder.imports()
        for path in imports:
            if _counts(path):
                path = self.std_vendor(found.path, path) if found.in_std else path
                found.imports.append(self._package(path, queue))

    def _load_test(self, found: Resolved, queue: deque[Resolved]) -> None:
        if found.test is not None:
            return
        test = found.test = Resolved(found.path, found)
        test.module, test.folder, test.error, test.in_std = found.module, found.folder, found.error, found.in_std
        for path in found.test_imports:
            if _counts(path):
                path = self.std_vendor(found.path, path) if found.in_std else path
                test.imports.append(self._package(path, queue))

    def _stacks(self, roots: list[Resolved]) -> None:
        for root in roots:
            root.stack = root
        self.packages = list(roots)
        for found in self.packages:
            following = [*found.imports, *([found.test] if found.test is not None else [])]
            for other in following:
                if other.stack is None:
                    other.stack = found
                    self.packages.append(other)
        for root in roots:
            root.stack = None

    def _update(self) -> None:
        """Checks that go.mod names all that is used directly, and that what it names is what is selected."""
        modules, requirements = self.modules, self.requirements
        direct = set(requirements.direct)
        for found in self.packages:
            if isinstance(found.error, TooNew):
                raise Fatal(str(found.error))
            if found.module.version or found.module.path not in modules.by_path:
                continue
            for other in found.imports:
                if not other.module.path or other.module.path in modules.by_path:
                    continue
                if requirements.pruning == WORKSPACE:
                    if modules.vendor is None and other.module not in requirements.graph().required:
                        found.error = DirectImport(found.path, other.path, other.module)
                elif found.error is None and requirements.root_selected(other.module.path) != other.module.version:
                    found.error = DirectImport(found.path, other.path, other.module)
                    continue
                direct.add(other.module.path)
        used = [
            found.module
            for found in self.packages
            if (found.in_all or found.is_root or self._in_main_closure(found))
            and found.module.path
            and found.module.path not in modules.by_path
        ]
        self.requirements = update_roots(requirements, frozenset(direct), used)

    def _in_main_closure(self, found: Resolved) -> bool:
        """Whether a package of a main module, or the test of one, leads to this one."""
        if self._closure is None:
            self._closure = set()
            work = [one for one in self.packages if one.module.path in self.modules.by_path or one.path in self.modules.tools]
            while work:
                one = work.pop()
                if id(one) not in self._closure:
                    self._closure.add(id(one))
                    work += one.imports
        return id(found) in self._closure

    _closure: set[int] | None = None

    def _check_paths(self) -> None:
        """Raises `Fatal` where two module paths come to the same module."""
        requirements = self.requirements
        first: dict[ModuleVersion, str] = {}
        twice: list[str] = []
        for module in requirements.partial_graph().build_list() if requirements.has_graph else requirements.roots:
            source = self.modules.resolve(module)
            known = first.setdefault(source, module.path)
            if known != module.path:
                twice.append(f"{source.path}@{source.version} used for two different module paths ({known} and {module.path})")
        if twice:
            raise Fatal("\n".join(twice))

    def _explain_missing(self) -> None:
        """Says of each package that no module has what is known of the reasons."""
        for found in self.packages:
            error = found.error
            if found.test_of is None and isinstance(error, ImportMissing) and self.modules.has_root:
                error = found.error = self._query(found, error)
            importer = found.stack
            if importer is None:
                continue
            if isinstance(error, ImportMissingSum):
                error.importer = importer.path
                error.importer_version = importer.module.version
                error.importer_is_test = importer.test_of is not None
            elif isinstance(error, ImportMissing) and error.std:
                wanted = self.modules.go_versions.get(importer.module, "")
                if wanted and gover.compare(gover.LOCAL, wanted) < 0:
                    error.importer_go = wanted

    def _query(self, found: Resolved, error: ImportMissing) -> Exception:
        """What a search for a module that has the package would have come to, without asking a proxy."""
        modules, path = self.modules, found.path
        candidates: list[ModuleVersion] = []
        for module, version in modules.highest_replaced.items():
            if path != module and not path.startswith(module + "/"):
                continue
            if not version:
                split = split_version(module)
                major = split[1][1:] if split is not None and split[1] else "v0"
                version = f"{major}.0.0-00010101000000-000000000000"
            try:
                known = self.requirements.graph().version(module)
            except ERRORS as failure:
                return failure
            if known is None or gover.compare_module(module, known, version) < 0:
                candidates.append(ModuleVersion(module, version))
        for candidate in sorted(candidates, key=lambda module: -len(module.path)):
            try:
                root, local = self.fetch(candidate)
            except ModuleError as failure:
                return ImportMissingSum(path) if isinstance(failure.cause, SumMissing) else failure
            except ERRORS as failure:
                return failure
            if self.in_module(path, candidate.path, root, local)[1]:
                error.replaced, error.std = candidate, ""
                return error
        if candidates and not _is_path(path):
            best = max(candidates, key=lambda module: len(module.path))
            return NotInReplaced(path, best, modules.replacement(best) or best)
        if error.std:
            return error
        if modules.settings.mod:
            error.query = LoadError(f"import lookup disabled by -mod={modules.mod}")
        elif modules.mod_reason:
            error.query = LoadError(f"import lookup disabled by -mod={modules.mod}\n\t({modules.mod_reason})")
        around = find_module_root(self.settings.cwd)
        link = found.stack
        while link is not None:
            main = modules.by_path.get(link.module.path)
            if main is not None:
                if main.root != around:
                    error.elsewhere = main.root
                break
            link = link.stack
        return error


def _is_path(path: str) -> bool:
    try:
        check_path(path)
    except PathError:
        return False
    return True


def _counts(path: str) -> bool:
    return path != "C" and path.partition("/")[0] not in _APPENGINE
