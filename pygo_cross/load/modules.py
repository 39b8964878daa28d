# SPDX-License-Identifier: BSD-3-Clause
"""The main modules of a load, and what their files say of all others: replacements, exclusions, requirements as summaries.

`Modules` finds go.work or go.mod around the working directory and reads it; nothing is fetched before a requirement is
looked at. go.mod and go.sum are never written: where the go command would have to, loading stops and says so.
Facts: src/cmd/go/internal/modload/{init,modfile,vendor}.go.
"""

from __future__ import annotations

import os
import re
from typing import Final

from pygo_cross.load import gover
from pygo_cross.load.errors import Fatal, LoadError, SumMissing, TooNew
from pygo_cross.load.fetch import Fetcher
from pygo_cross.load.godebug import check_godebug
from pygo_cross.load.modfile import ModFile, is_directory, parse_mod, parse_work
from pygo_cross.load.modpath import ModuleVersion, PathError, check_import_path, module_error
from pygo_cross.load.modsyntax import ModFileErrors
from pygo_cross.load.settings import Settings
from pygo_cross.load.vendoring import Vendor, check_vendor, for_workspace

# How much of a module graph is read: what modules of go 1.17 or later don't say themselves is pruned, all of it, or
# what the modules of a workspace need.
PRUNED: Final = "pruned"
UNPRUNED: Final = "unpruned"
WORKSPACE: Final = "workspace"

NO_MODULE: Final = ModuleVersion("")


def pruning_for(version: str) -> str:
    """How the requirements of a module with this go line are read."""
    return UNPRUNED if gover.compare(version, gover.EXPLICIT_INDIRECT) < 0 else PRUNED


class MainModule:
    """A module that is worked on. `prefix` is what its import paths begin with: nothing for the standard library."""

    __slots__ = ("exclude", "file", "in_goroot", "path", "prefix", "root")

    def __init__(self, path: str, root: str, file: ModFile | None, in_goroot: bool) -> None:
        self.path, self.root, self.file, self.in_goroot = path, root, file, in_goroot
        self.prefix = "" if in_goroot and path == "std" else path
        self.exclude = frozenset(file.exclude) if file else frozenset[ModuleVersion]()


class Summary:
    """What matters of a go.mod to those who require the module."""

    __slots__ = ("go", "ignore", "path", "pruning", "require")

    def __init__(self, path: str, go: str = "", require: list[ModuleVersion] | None = None) -> None:
        self.path, self.go = path, go
        self.pruning = pruning_for(go) if go else UNPRUNED
        self.require = require or []
        self.ignore: list[str] = []


class Modules:
    """The main modules, and everything that is known of others. Raises `Fatal` where they can't be made out."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.fetcher = Fetcher(settings)
        self.go_versions: dict[ModuleVersion, str] = {}
        """The go lines seen so far, as they stand."""
        self._summaries: dict[ModuleVersion, Summary | Exception] = {}
        self.warnings: list[str] = []
        self.vendor: Vendor | None = None
        self.mod_reason = ""
        self.work_path = self._find_work()
        self.work: ModFile | None = None
        self.has_root = True
        roots = self._roots()
        self.mains: list[MainModule] = []
        if not roots:
            self.mains.append(MainModule("command-line-arguments", "", None, False))
            self.go_versions[ModuleVersion("command-line-arguments")] = gover.LOCAL
        else:
            self._read_mains(roots)
        self.by_path = {main.path: main for main in self.mains}
        self.tools: dict[str, None] = {}
        self.replace: dict[ModuleVersion, ModuleVersion] = {}
        self._work_replace: dict[ModuleVersion, ModuleVersion] = {}
        self.highest_replaced: dict[str, str] = {}
        self._index()
        self.mod = self._mod()
        if self.mod == "vendor":
            self.vendor = Vendor(self.vendor_dir, settings)
            self.go_versions.update(self.vendor.go_versions)
            check_vendor(self, self.vendor)

    # Where the main modules are.

    def _find_work(self) -> str:
        named = self.settings.get("GOWORK")
        if named == "off":
            return ""
        if named not in ("", "auto"):
            if not os.path.isabs(named):
                raise Fatal("invalid GOWORK: not an absolute path")
            return named
        folder = self.settings.cwd
        while True:
            file = os.path.join(folder, "go.work")
            if os.path.isfile(file):
                return file
            parent = os.path.dirname(folder)
            if parent in (folder, self.settings.goroot):
                return ""
            folder = parent

    def _roots(self) -> list[str]:
        settings = self.settings
        if self.work_path:
            if settings.mod_file:
                raise Fatal("-modfile cannot be used in workspace mode")
            roots = self._read_work()
            self.fetcher.set_sums(self.work_path + ".sum", [self.mod_path(root).removesuffix(".mod") + ".sum" for root in roots])
            return roots
        root = find_module_root(settings.cwd)
        if not root:
            if settings.mod_file:
                raise Fatal("cannot find main module, but -modfile was set.\n\t-modfile cannot be used to set the module root directory.")
            self.has_root = False
            return []
        shared = settings.get("TMPDIR", "/tmp")
        if root == os.path.normpath(shared):
            self.warnings.append(f"go: warning: ignoring go.mod in system temp root {shared}")
            self.has_root = False
            return []
        self.fetcher.set_sums(self.mod_path(root).removesuffix(".mod") + ".sum", [])
        return [root]

    def mod_path(self, root: str) -> str:
        """The go.mod of a main module."""
        return self.settings.mod_file or os.path.join(root, "go.mod")

    def _read_work(self) -> list[str]:
        path = self.settings.short(self.work_path)
        try:
            with open(self.work_path, "rb") as file:
                self.work = parse_work(path, file.read())
        except OSError as error:
            raise Fatal(f"reading go.work: open {path}: {_reason(error)}") from None
        except ModFileErrors as error:
            raise Fatal(f"errors parsing go.work:\n{error}") from None
        work = self.work
        if work.go and gover.compare(work.go, gover.LOCAL) > 0:
            raise Fatal(str(TooNew(path, work.go)))
        roots: list[str] = []
        for folder, line in work.use:
            root = os.path.normpath(os.path.join(os.path.dirname(self.work_path), folder))
            if root in roots:
                raise Fatal(f"error loading go.work:\n{path}:{line}: path {root} appears multiple times in workspace")
            roots.append(root)
        for key, value, line in work.godebug:
            if why := check_godebug(self.settings.src, "godebug", key, value):
                raise Fatal(f"error loading go.work:\n{path}:{line}: {why}")
        return roots

    @property
    def in_workspace(self) -> bool:
        return bool(self.work_path)

    def _read_mains(self, roots: list[str]) -> None:
        errors: list[str] = []
        for root in roots:
            path = self.mod_path(root)
            try:
                file = self._read_mod(path)
            except Fatal as error:
                errors.append(str(error))
                continue
            except TooNew as error:
                errors.append(self._too_new(path, error))
                continue
            version = file.go_version
            work = self.work
            if work is not None and gover.compare(version, work.work_version) > 0 and gover.compare(version, gover.STRICT) >= 0:
                errors.append(self._work_too_old(path, version))
                continue
            if work is None:
                bad = [(line, check_godebug(self.settings.src, "godebug", key, value)) for key, value, line in file.godebug]
                bad = [item for item in bad if item[1]]
                if bad:
                    errors += [f"error loading go.mod:\n{self.settings.short(path)}:{line}: {why}" for line, why in bad]
                    continue
            assert file.module is not None
            try:
                check_import_path(file.module, "module")
            except PathError as error:
                errors.append(str(error))
            self.mains.append(MainModule(file.module, root, file, in_folder(root, self.settings.src)))
            self.go_versions[ModuleVersion(file.module)] = file.go
        if errors:
            raise Fatal("\n".join(errors))

    def _read_mod(self, path: str) -> ModFile:
        short = self.settings.short(path)
        try:
            with open(path, "rb") as handle:
                data = handle.read()
        except OSError as error:
            where = self.settings.short(os.path.dirname(path))
            if self.in_workspace:
                raise Fatal(f"cannot load module {where} listed in go.work file: open {short}: {_reason(error)}") from None
            raise Fatal(f"open {path}: {_reason(error)}") from None
        try:
            file = parse_mod(path, data, fix=True)
        except ModFileErrors as error:
            error.rename(short)
            try:
                lax = parse_mod(short, data, strict=False)
            except ModFileErrors:
                lax = None
            if lax is not None and lax.go and gover.compare(lax.go, gover.LOCAL) > 0:
                raise TooNew(short, lax.go) from None
            text = f"errors parsing {short}:\n{error}"
            if self.in_workspace:
                text = f"cannot load module {self.settings.short(os.path.dirname(path))} listed in go.work file: {text}"
            raise Fatal(text) from None
        if file.go and gover.compare(file.go, gover.LOCAL) > 0:
            raise TooNew(short, file.go)
        if file.module is None:
            what = "missing module declaration. To specify the module path:\n\tgo mod edit -module=example.com/mod"
            raise Fatal(f"error reading {short}: {what}")
        if gover.is_toolchain(file.module):
            raise Fatal(f'error reading {short}: invalid module path: "{file.module}"')
        return file

    def _too_new(self, path: str, error: TooNew) -> str:
        return self._work_too_old(path, error.version) if self.in_workspace else str(error)

    def _work_too_old(self, path: str, version: str) -> str:
        assert self.work is not None
        verb = "lists" if self.work.go else "implicitly requires"
        return (
            f"module {self.settings.short(os.path.dirname(path))} listed in go.work file requires go >= {version}, but go.work {verb} "
            f"go {self.work.work_version}; to download and use go {version}:\n\tgo work use"
        )

    def _index(self) -> None:
        """Gathers replacements and tools of all main modules."""
        if self.work is not None:
            if len(self.by_path) < len(self.mains):
                twice = [main.path for main in self.mains if self.by_path[main.path] is not main]
                raise Fatal(f"module {twice[0]} appears multiple times in workspace")
            for entry in self.work.replace:
                if entry.old.path in self.by_path and not entry.old.version:
                    raise Fatal(
                        f"workspace module {entry.old.path} is replaced at all versions in the go.work file. To fix, remove the "
                        "replacement from the go.work file or specify the version at which to replace the module."
                    )
                self._replaced(self._work_replace, entry.old, entry.new)
                self._highest(entry.old)
        by_work = {module.path for module in self._work_replace}
        merged: dict[ModuleVersion, ModuleVersion] = {}
        for main in self.mains:
            if main.file is None:
                continue
            own: dict[ModuleVersion, ModuleVersion] = {}
            for entry in main.file.replace:
                if self.in_workspace and entry.old.path in by_work:
                    continue
                self._replaced(own, entry.old, entry.new)
                self._highest(entry.old)
            for old, new in own.items():
                if self.in_workspace and not new.version and not os.path.isabs(new.path):
                    new = ModuleVersion(os.path.normpath(os.path.join(main.root, new.path)))
                if old in merged and merged[old] != new:
                    raise Fatal(
                        f"conflicting replacements for {old}:\n\t{merged[old]}\n\t{new}\n"
                        f'use "go work edit -replace {old}=[override]" to resolve'
                    )
                merged[old] = new
            for tool in main.file.tools:
                try:
                    check_import_path(tool, "tool")
                except PathError as error:
                    raise Fatal(str(error)) from None
                self.tools[tool] = None
        self.replace = merged

    @staticmethod
    def _replaced(table: dict[ModuleVersion, ModuleVersion], old: ModuleVersion, new: ModuleVersion) -> None:
        if old in table and table[old] != new:
            raise Fatal(f"conflicting replacements for {old}:\n\t{table[old]}\n\t{new}")
        table[old] = new

    def _highest(self, old: ModuleVersion) -> None:
        best = self.highest_replaced.get(old.path)
        if best is None or gover.compare_module(old.path, old.version, best) > 0:
            self.highest_replaced[old.path] = old.version

    # How they are to be read.

    def _mod(self) -> str:
        """readonly, vendor or mod: as asked for, or vendor where there is a vendor folder that is made for what we load."""
        asked = self.settings.mod
        if asked:
            if self.in_workspace and asked == "mod":
                raise Fatal(
                    '-mod may only be set to readonly or vendor when in workspace mode, but it is set to "mod"'
                    "\n\tRemove the -mod flag to use the default readonly value, \n\tor set GOWORK=off to disable workspace mode."
                )
            if asked == "vendor" and not self.has_root:
                return "readonly"
            return asked
        if not self.has_root or not self.mains[0].root:
            return "readonly"
        if self.work is not None:
            source, version = "go.work", self.work.go
        else:
            file = self.mains[0].file
            source, version = "go.mod", file.go if file else ""
        folder = self.vendor_dir
        if not os.path.isdir(folder):
            return "readonly"
        if not version:
            self.mod_reason = f"Go version in {source} is unspecified, so vendor directory was not used."
        elif gover.compare(version, "1.14") < 0:
            self.mod_reason = f"Go version in {source} is {version}, so vendor directory was not used."
        else:
            workspace = for_workspace(folder)
            if workspace == self.in_workspace:
                self.mod_reason = f"Go version in {source} is at least 1.14 and vendor directory exists."
                return "vendor"
            if workspace:
                self.mod_reason = "Outside workspace mode, but vendor directory is for a workspace."
            else:
                self.mod_reason = "In workspace mode, but vendor directory is not for a workspace"
        return "readonly"

    @property
    def vendor_dir(self) -> str:
        """Where vendored packages are, or would be."""
        return os.path.join(os.path.dirname(self.work_path) if self.work_path else self.mains[0].root, "vendor")

    @property
    def go_version(self) -> str:
        """The Go that the main modules are written for."""
        if self.work is not None:
            return self.work.work_version
        file = self.mains[0].file
        return file.go_version if file else gover.LOCAL

    @property
    def godebugs(self) -> list[tuple[str, str, int]]:
        """The godebug lines that hold for the programs of the main modules."""
        file = self.work if self.work is not None else self.mains[0].file
        return file.godebug if file else []

    @property
    def needs_sums(self) -> bool:
        """Whether only modules that go.sum knows may be used."""
        return self.has_root and self.mod == "readonly" and not self.in_workspace

    def dirty(self) -> LoadError:
        """The error where go.mod would have to be changed."""
        if self.settings.mod:
            return Fatal(f"updates to go.mod needed, disabled by -mod={self.mod}; to update it:\n\tgo mod tidy")
        if self.mod_reason:
            return Fatal(f"updates to go.mod needed, disabled by -mod={self.mod}\n\t({self.mod_reason})\n\tto update it:\n\tgo mod tidy")
        return Fatal("updates to go.mod needed; to update it:\n\tgo mod tidy")

    # Replacements.

    def replacement(self, module: ModuleVersion) -> ModuleVersion | None:
        """What a module is replaced by. Folders are relative to `replace_base`, or absolute."""
        if not module.version and module.path in self.by_path:
            return None
        everywhere = ModuleVersion(module.path)
        for table in (self._work_replace, self.replace):
            found = table.get(module) or table.get(everywhere)
            if found is not None:
                return self._canonical(found) if table is self.replace else found
        return None

    def _canonical(self, module: ModuleVersion) -> ModuleVersion:
        """In a workspace, the folders that a main module's file names are seen from the workspace."""
        if not self.in_workspace or module.version:
            return module
        relative = os.path.relpath(module.path, os.path.dirname(self.work_path))
        return ModuleVersion(relative if is_directory(relative) else "./" + relative)

    @property
    def replace_base(self) -> str:
        """What relative folders of replacements are relative to."""
        return os.path.dirname(self.work_path) if self.work_path else self.mains[0].root

    def resolve(self, module: ModuleVersion) -> ModuleVersion:
        """The module itself, or what it is replaced by."""
        return self.replacement(module) or module

    # What modules say.

    def summary(self, module: ModuleVersion) -> Summary:
        """What a module's go.mod says, replaced and without what the main modules exclude. Raises a `LoadError` or `ModuleError`."""
        if gover.is_toolchain(module.path):
            return self.raw_summary(module)
        vendor = self.vendor
        if vendor is not None:
            if vendor.versions.get(module.path) != module.version:
                return Summary(module.path)
            return Summary(module.path, require=vendor.modules)
        actual = self.resolve(module)
        if self.needs_sums and actual.version and not self.fetcher.have_sum(ModuleVersion(actual.path, actual.version + "/go.mod")):
            raise module_error(actual, SumMissing(f" for go.mod file; to add it:\n\tgo mod download {module.path}"))
        found = self.raw_summary(actual)
        if actual.version:
            if not found.path:
                raise module_error(actual, LoadError("parsing go.mod: missing module line"))
            if found.path not in (module.path, actual.path):
                what = f"parsing go.mod:\n\tmodule declares its path as: {found.path}\n\t        but was required as: {module.path}"
                raise module_error(actual, LoadError(what))
        for main in self.mains:
            if main.exclude and any(required in main.exclude for required in found.require):
                kept = Summary(found.path, found.go, [required for required in found.require if required not in main.exclude])
                kept.pruning, kept.ignore = found.pruning, found.ignore
                found = kept
        return found

    def raw_summary(self, module: ModuleVersion) -> Summary:
        """What the go.mod of exactly this module says."""
        if gover.is_toolchain(module.path):
            if module.path == "go" and gover.compare(module.version, gover.STRICT) >= 0:
                return Summary("go", require=[ModuleVersion("toolchain", "go" + module.version)])
            return Summary(module.path)
        known = self._summaries.get(module)
        if known is None:
            try:
                known = self._read_summary(module)
            except Exception as error:
                known = error
            self._summaries[module] = known
        if isinstance(known, Exception):
            raise known
        return known

    def _read_summary(self, module: ModuleVersion) -> Summary:
        main = self.by_path.get(module.path) if not module.version and self.in_workspace else None
        if main is not None:
            return self._summarise(module, main.file) if main.file is not None else Summary(module.path)
        if module.version:
            name = "go.mod"
            data = self.fetcher.go_mod(module.path, module.version)
        else:
            name = os.path.normpath(os.path.join(self.replace_base, module.path, "go.mod"))
            try:
                with open(name, "rb") as file:
                    data = file.read()
            except OSError as error:
                name = self.settings.short(name)
                raise module_error(module, LoadError(f"reading {name}: open {self.settings.absolute(name)}: {_reason(error)}")) from None
            name = self.settings.short(name)
        try:
            parsed = parse_mod(name, data, strict=False)
        except ModFileErrors as error:
            raise module_error(module, LoadError(f"parsing {name}: {error}")) from None
        return self._summarise(module, parsed)

    def _summarise(self, module: ModuleVersion, file: ModFile) -> Summary:
        found = Summary(file.module or "", file.go, [entry.module for entry in file.require])
        found.ignore = file.ignore
        if file.go:
            self.go_versions.setdefault(module, file.go)
            if gover.compare(file.go, gover.STRICT) >= 0:
                found.require.append(ModuleVersion("go", file.go))
            if gover.compare(file.go, gover.LOCAL) > 0:
                raise TooNew(f"module {module}", file.go)
        return found


def find_module_root(folder: str) -> str:
    """The nearest folder upwards that has a go.mod, or nothing."""
    while True:
        if os.path.isfile(os.path.join(folder, "go.mod")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return ""
        folder = parent


def in_folder(path: str, folder: str) -> bool:
    """Whether a path is a folder or inside it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def relative_to(path: str, folder: str) -> str:
    """The path as seen from a folder it is in (`.` for the folder itself), symbolic links considered; nothing where it isn't in it."""
    for one in (path, os.path.realpath(path)):
        for other in (folder, os.path.realpath(folder)):
            if in_folder(one, other):
                return os.path.relpath(one, other)
    return ""


def _reason(error: OSError) -> str:
    return re.sub("^[A-Z]", lambda found: found[0].lower(), error.strerror or str(error))
