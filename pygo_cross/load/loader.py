# SPDX-License-Identifier: BSD-3-Clause
"""Packages by patterns, with everything that they import, checked as the go command checks them.

A load never stops at a package that is wrong: the package has the error, and those that import it are `incomplete`. What
makes loading as a whole impossible is a `UserError`. Facts: src/cmd/go/internal/load/pkg.go, src/cmd/go/internal/list/list.go.
"""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Final

from pygo_cross.diag import Pos, UserError
from pygo_cross.load.directory import Folder, FolderError, NoGoError, Places, read_files
from pygo_cross.load.embed import EmbedError, resolve_embed
from pygo_cross.load.errors import ERRORS, Fatal, ImportStack, InvalidImport, LoadError, MatchError, PackageError
from pygo_cross.load.godebug import default_godebug
from pygo_cross.load.header import place
from pygo_cross.load.modpath import ModuleVersion
from pygo_cross.load.moduleinfo import module_record
from pygo_cross.load.modules import Modules, in_folder
from pygo_cross.load.package import Package, package_list
from pygo_cross.load.patterns import Match, clean_patterns, executable_name, is_local, is_standard
from pygo_cross.load.resolve import Resolver
from pygo_cross.load.settings import Settings
from pygo_cross.load.visibility import internal_error, vendor_error
from pygo_cross.recursion import recursion

_MACHINE: Final = os.uname().machine
_HOST: Final = (sys.platform, {"x86_64": "amd64", "aarch64": "arm64"}.get(_MACHINE, _MACHINE))
# What the toolchain imports for packages that use simd, and for those with SWIG files (even where they are not used).
_SIMD: Final = "simd/internal/bridge"
_SWIG: Final = ("unsafe", "runtime/cgo", "syscall", "sync")


class Loader:
    """Packages for one target, of the main modules around one folder. Raises `UserError` where there can be none.

    `packages` are those that were loaded, by import path.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.context = settings.context
        try:
            self.modules = Modules(settings)
            self.resolver = Resolver(self.modules)
        except ERRORS as error:
            raise _user_error(error) from None
        self.packages: dict[str, Package] = {}
        self._folded: dict[str, str] = {}
        self._module_records: dict[ModuleVersion, dict[str, Any]] = {}

    @property
    def warnings(self) -> list[str]:
        """What the go command would print beside the result."""
        return list(dict.fromkeys(self.modules.warnings))

    def load(self, patterns: Iterable[str] = (), tests: bool = False) -> list[Package]:
        """The packages that the patterns name. `tests` says that what their tests import will be needed too.

        Raises `UserError` where nothing can be loaded at all.
        """
        patterns = list(patterns)
        try:
            if any(pattern.endswith(".go") and os.path.isfile(self.settings.absolute(pattern)) for pattern in patterns):
                return [self._load_files(patterns)]
            matches = [Match(pattern) for pattern in clean_patterns(patterns)]
            self.resolver.load(matches, tests)
            with self._room():
                return self._matched(matches)
        except ERRORS as error:
            raise _user_error(error) from None

    def _room(self) -> AbstractContextManager[None]:
        """Packages load what they import, so the stack is as deep as the longest chain of imports."""
        return recursion(1000 + 8 * len(self.resolver.packages))

    def _matched(self, matches: list[Match]) -> list[Package]:
        found: dict[int, Package] = {}
        for match in matches:
            if not match.packages and not match.errors:
                self.modules.warnings.append(f'go: warning: "{match.pattern}" matched no packages')
            for path in match.packages:
                package, _ = self.load_import(path, self.settings.cwd, None, ImportStack(), None)
                package.match.append(match.pattern)
                found[id(package)] = package
            if match.errors:
                package = Package(match.pattern)
                package.loading = False
                self._data_error(package, match.errors[0], match.pattern, ImportStack(), None)
                package.match.append(match.pattern)
                found[id(package)] = package
        packages = list(found.values())
        for package in packages:
            package.command_line = True
        _attach_profiles(packages)
        return packages

    def _load_files(self, files: list[str]) -> Package:
        """Named files as a package, `command-line-arguments`."""
        path = "command-line-arguments"
        package = Package(path)
        package.local = package.from_files = package.command_line = True
        other = next((file for file in files if not file.endswith(".go")), None)
        if other is not None:
            package.import_path, package.name, package.loading = "", other, False
            package.error = PackageError(ImportStack(), LoadError(f"named files must be .go files: {other}"))
            package.incomplete = True
            return package
        folder = self._folder_of(files)
        self.resolver.load_imports(sorted({*folder.code.imports, *folder.tests.imports, *folder.xtests.imports}))
        package.import_path = "."
        package.take(folder)
        self._set_goroot(package)
        with self._room():
            self._load(package, path, ImportStack(), None, folder.error)
        package.import_path = path
        package.match = files
        package.target = ""
        if package.name == "main" and package.go_files:
            bin_folder = self.settings.get("GOBIN") or (os.path.join(self.settings.gopath, "bin") if self.settings.gopath else "")
            package.target = os.path.join(bin_folder, package.go_files[0].removesuffix(".go")) if bin_folder else ""
        return package

    def _folder_of(self, files: list[str]) -> Folder:
        """The files as a folder of nothing else. Raises `Fatal` where they can't be one package."""
        folder: str | None = None
        for file in files:
            path = self.settings.absolute(file)
            if not os.path.exists(path):
                raise Fatal(f"stat {file}: no such file or directory")
            if os.path.isdir(path):
                raise Fatal(f"{file} is a directory, should be a Go file")
            above = os.path.dirname(os.path.normpath(file)) or "."
            if folder is not None and folder != above:
                raise Fatal(f"named files must all be in one directory; have {folder} and {above}")
            folder = above
        return read_files(self.settings.absolute(folder or "."), [os.path.basename(file) for file in files])

    def importer_path(self, package: Package) -> str:
        """The import path by which a package counts as importer: of named files, that of the folder they are in."""
        if not package.from_files:
            return package.import_path
        best = ""
        found = "."
        for main in self.modules.mains:
            if main.root and in_folder(package.directory, main.root) and main.prefix > best:
                best = main.prefix
                inside = os.path.relpath(package.directory, main.root)
                found = inside.removeprefix("vendor/") if inside.startswith("vendor/") else posixpath.normpath(posixpath.join(best, inside))
        return found

    # One import.

    def load_import(
        self,
        path: str,
        directory: str,
        importer: Package | None,
        stack: ImportStack,
        places: list[tuple[str, int]] | None,
        simd: bool = False,
    ) -> tuple[Package, PackageError | None]:
        """The package that `importer`, in `directory`, imports as `path`; and why it may not.

        `places` are where the import stands; `simd` allows the bridge that the toolchain itself adds.
        """
        if path.startswith("mod/") or "@" in path:
            return self._impossible(path, stack), None
        resolved, error = self.lookup(path, importer)
        package = self.packages.get(resolved)
        if package is not None:
            stack.append((path, _first(places)))
            self._reuse(package, stack)
            stack.pop()
        else:
            package = self.packages[resolved] = Package(resolved)
            package.local = is_local(path)
            self._load(package, path, stack, places, error)
        wrong: PackageError | None = None
        if not (simd and path == _SIMD):
            wrong = internal_error(self, directory, importer, package, stack)
        if wrong is None and importer is not None:
            wrong = vendor_error(directory, path, importer, package, stack)
        if wrong is None and package.name == "main" and importer is not None and importer.directory != package.directory:
            wrong = PackageError(stack.copy(), InvalidImport(path, f'import "{path}" is a program, not an importable package'))
        if wrong is None and package.local and importer is not None and not importer.local:
            what = f"{path}: cannot import current directory" if path == "." else f'local import "{path}" in non-local package'
            wrong = PackageError(stack.copy(), InvalidImport(path, what))
        if wrong is not None:
            self._set_pos(wrong, places)
        return package, wrong

    def _impossible(self, path: str, stack: ImportStack) -> Package:
        package = Package(path)
        package.loading = False
        if path.startswith("mod/"):
            cause = LoadError(f'disallowed import path "{path}"')
        else:
            cause = LoadError("can only use path@version syntax with 'go get' and 'go install' in module-aware mode")
        stack.append((path, None))
        self._data_error(package, cause, path, stack, None)
        stack.pop()
        return package

    def lookup(self, path: str, importer: Package | None) -> tuple[str, Exception | None]:
        """The path that an import stands for, and the error that was met when it was looked for."""
        resolver = self.resolver
        if importer is not None and importer.standard:
            path = resolver.std_vendor(importer.import_path, path)
        found = resolver.cache.get(path)
        if found is None:
            return path, None if resolver.is_std(path) else LoadError("cannot find package")
        return found.path, found.error

    def _reuse(self, package: Package, stack: ImportStack) -> None:
        """Another import of a package that is loaded, or that is being loaded: then there is a cycle."""
        if package.loading:
            if package.error is None:
                package.error = PackageError(stack.copy(), LoadError("import cycle not allowed"), cycle=True)
            else:
                package.error.is_import_cycle = True
            package.incomplete = True
        error = package.error
        if error is not None and error.stack and not error.is_import_cycle and stack.shorter_than(error.stack.paths()):
            error.stack = stack.copy()

    # One package.

    def _load(self, package: Package, path: str, stack: ImportStack, places: list[tuple[str, int]] | None, error: Exception | None) -> None:
        try:
            self._load_parts(package, path, stack, places, error)
        finally:
            package.loading = False

    def _load_parts(
        self, package: Package, path: str, stack: ImportStack, places: list[tuple[str, int]] | None, error: Exception | None
    ) -> None:
        if not package.from_files:
            error = self._read(package, path, error)
        if error is not None:
            self._data_error(package, error, path, stack, places)

        def fail(cause: Exception) -> None:
            if package.error is None:
                package.error = PackageError(stack.copy(), cause)
                package.incomplete = True
                if stack and path != stack[-1][0]:
                    self._set_pos(package.error, places)

        if package.name == "main":
            package.target = self._target(package)
        paths = list(package.imports)
        simd = "simd" in paths
        added = [_SIMD] if simd else []
        if package.others.get("SwigFiles") or package.others.get("SwigCXXFiles"):
            added += _SWIG
        for other in added:
            if other not in paths:
                paths.append(other)
                package.added_imports.append(other)
        if package.name == "main" and not package.force_library and "runtime" not in paths:
            paths.append("runtime")
        folded = package.import_path.casefold()
        first = self._folded.setdefault(folded, package.import_path)
        if first != package.import_path:
            fail(InvalidImport(package.import_path, f'case-insensitive import collision: "{package.import_path}" and "{first}"'))
            return
        if not safe_argument(package.import_path):
            fail(InvalidImport(package.import_path, f'invalid import path "{package.import_path}"'))
            return
        stack.append((path, _first(places)))
        try:
            package.module = None if package.from_files else self._module(package.import_path)
            if package.name == "main":
                package.default_godebug = self.default_godebug(package.directives)
            self._embed(package, fail)
            why = _wrong_files(package)
            if why:
                fail(LoadError(why))
                return
            self._load_imports(package, paths, stack, simd)
            for name in ("CFiles", "CXXFiles", "MFiles", "SwigFiles", "SwigCXXFiles"):
                package.others.pop(name, None)  # without cgo nothing would compile them
            if files := package.others.get("FFiles"):
                fail(LoadError("Fortran source files not allowed when not using cgo or SWIG: " + " ".join(files)))
        finally:
            stack.pop()

    def _read(self, package: Package, path: str, error: Exception | None) -> Exception | None:
        """Reads the package's folder. The folder's own error is told rather than that of the search for it."""
        resolved = self.resolver.cache.get(package.import_path)
        folder = resolved.folder if resolved is not None else ""
        if not folder:
            if error is not None:
                return error
            if resolved is not None:
                what = f'unknown import path "{package.import_path}": internal error: module loader did not resolve import'
                return LoadError(what)
            folder = os.path.join(self.settings.src, package.import_path)
        try:
            read = self.resolver.folder(folder)
        except OSError as failure:
            package.directory = folder
            return LoadError(f"open {folder}: {(failure.strerror or str(failure)).lower()}")
        package.take(read)
        self._set_goroot(package)
        module = self._module(path)  # of the path as it is imported: so it is with stock, too, for what GOROOT vendors
        if module is not None:
            package.root = module.get("Dir", "")
        if read.error is not None:
            return read.error
        return None if error is not None and str(error) == "no Go source files" else error

    def _set_goroot(self, package: Package) -> None:
        """Marks a package that is in GOROOT, but not in a folder of test data."""
        folder, src = package.directory, self.settings.src
        if in_folder(folder, src) and folder != src and "testdata" not in folder[len(src) + 1 :].split("/"):
            package.goroot = True
            package.root = self.settings.goroot
            if package.from_files:
                package.import_path = folder[len(src) + 1 :]
            package.standard = is_standard(package.import_path)

    def _load_imports(self, package: Package, paths: list[str], stack: ImportStack, simd: bool) -> None:
        imported: list[Package] = []
        positions: Places = package.folder.code.imports if package.folder is not None else {}
        count = len(package.imports)
        resolved = list(package.imports)
        for number, path in enumerate(paths):
            if path == "C":
                continue
            other, wrong = self.load_import(path, package.directory, package, stack, positions.get(path), simd)
            if wrong is not None and package.error is None:
                package.error = wrong
                package.incomplete = True
            if number < count:
                resolved[number] = other.import_path
            imported.append(other)
            if other.incomplete:
                package.incomplete = True
        package.imports = resolved
        package.imported = imported

    def _embed(self, package: Package, fail: Callable[[Exception], None]) -> None:
        if not package.embed_patterns:
            return
        try:
            package.embed_files, package.embed = resolve_embed(package.directory, package.embed_patterns)
        except EmbedError as error:
            package.incomplete = True
            fail(error)
            assert package.error is not None and package.folder is not None
            self.set_embed_pos(package.error, package.folder.code.embeds, error)

    def set_embed_pos(self, wrong: PackageError, places: Places, error: EmbedError) -> None:
        """Puts the place of the pattern on the error."""
        found = places.get(error.pattern)
        if found:
            pos = place(*found[0])
            wrong.pos = str(pos._replace(file=self.settings.short(pos.file)))

    def _module(self, path: str) -> dict[str, Any] | None:
        """The record of the module that has a package; nothing for the standard library."""
        resolver = self.resolver
        if is_standard(path) and resolver.is_std(path):
            return None
        found = resolver.cache.get(path)
        if found is None or not found.module.path:
            return None
        record = self._module_records.get(found.module)
        if record is None:
            record = self._module_records[found.module] = module_record(resolver.requirements, found.module)
        return record

    def default_godebug(self, directives: Iterable[str]) -> str:
        """The GODEBUG that a program of the main modules starts with."""
        return default_godebug(self.settings.src, self.modules.go_version, self.modules.godebugs, directives)

    def _target(self, package: Package) -> str:
        """Where the go command would install a program."""
        name = executable_name(package.import_path)
        own = f"{self.context.goos}_{self.context.goarch}"
        cross = (self.context.goos, self.context.goarch) != _HOST
        if package.goroot and package.import_path.startswith("cmd/") and package.import_path not in ("cmd/go", "cmd/gofmt"):
            return os.path.join(self.settings.goroot, "pkg/tool", own, name)
        gobin = self.settings.get("GOBIN")
        if package.goroot:
            folder = os.path.join(self.settings.goroot, "bin")
        else:
            folder = gobin or (os.path.join(self.settings.gopath, "bin") if self.settings.gopath else "")
        if not folder or (cross and gobin and not package.goroot):
            return ""
        return os.path.join(folder, own, name) if cross else os.path.join(folder, name)

    # Errors.

    def _data_error(self, package: Package, error: Exception, path: str, stack: ImportStack, places: list[tuple[str, int]] | None) -> None:
        """Gives a package the error that it could not be found or read with."""
        is_match = isinstance(error, MatchError)
        if isinstance(error, MatchError) and error.literal and error.pattern == path:
            error = error.cause
        no_go = error if isinstance(error, NoGoError) else getattr(error, "cause", None)
        pos = ""
        scan = False
        if isinstance(no_go, NoGoError):
            if not package.directory:
                package.directory = no_go.folder
            error = LoadError(_no_go(package))
        elif isinstance(error, FolderError) and error.pos is not None:
            scan = True
            pos = str(error.pos._replace(file=self.settings.short(error.pos.file)))
        pushed = not is_match and (scan or isinstance(no_go, NoGoError))
        if pushed:
            stack.append((path, _first(places)))
        package.error = PackageError(stack.copy(), error, pos)
        package.incomplete = True
        if stack and path != stack[-1][0]:
            self._set_pos(package.error, places)
        if pushed:
            stack.pop()

    def _set_pos(self, error: PackageError, places: list[tuple[str, int]] | None) -> None:
        if places:
            pos = place(*places[0], spec=True)
            error.pos = str(pos._replace(file=self.settings.short(pos.file)))


def _first(places: list[tuple[str, int]] | None) -> Pos | None:
    """The first place of an import: only its file matters, for cycles."""
    return Pos(places[0][0]) if places else None


def _attach_profiles(packages: list[Package]) -> None:
    """Gives a program that has a default.pgo, and what it imports, that profile; several programs don't share such packages."""
    for main in packages:
        profile = os.path.join(main.directory, "default.pgo")
        if main.name != "main" or not os.path.exists(profile):
            continue
        twins: dict[int, Package] = {}
        for package in package_list([main]):
            twin = package
            if len(packages) > 1 and package is not main:
                twin = package.copy()
                twin.imports = list(package.imports)
                twin.for_main = main.import_path
            twins[id(package)] = twin
            twin.profile = profile
            twin.imported = [twins.get(id(other), other) for other in package.imported]


def _user_error(error: Exception) -> UserError:
    text = str(error)
    return UserError.one("load-failed" if isinstance(error, Fatal) else "bad-module", text.rstrip("\n"))


def _no_go(package: Package) -> str:
    if package.ignored_go_files:
        return f"build constraints exclude all Go files in {package.directory}"
    if package.test_go_files or package.xtest_go_files:
        return f"no non-test Go files in {package.directory}"
    return f"no Go files in {package.directory}"


def safe_argument(name: str) -> bool:
    """Whether a name can be given to a command without being taken for a flag."""
    return bool(name) and (name[0] in "._/" or ord(name[0]) >= 0x80 or (name[0].isascii() and name[0].isalnum()))


def _wrong_files(package: Package) -> str:
    """What is wrong with the names of a package's files and folder, or nothing."""
    folded: dict[str, str] = {}
    files = package.all_files
    for file in files:
        other = folded.setdefault(file.casefold(), file)
        if other is not file:
            low, high = sorted((file, other))
            return f'case-insensitive file name collision: "{low}" and "{high}"'
    for file in files:
        if not safe_argument(file) or file.startswith("_cgo_"):
            return f'invalid input file name "{file}"'
    name = posixpath.basename(package.import_path)
    if not safe_argument(name):
        return f'invalid input directory name "{name}"'
    if "\r" in package.directory or "\n" in package.directory:
        return f'invalid package directory "{package.directory}"'
    return ""
