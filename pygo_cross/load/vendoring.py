# SPDX-License-Identifier: BSD-3-Clause
"""The vendor folder: what its modules.txt says, and whether that agrees with go.mod.

Facts: src/cmd/go/internal/modload/vendor.go.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pygo_cross.load import gover, semver
from pygo_cross.load.errors import Fatal, TooNew
from pygo_cross.load.modpath import ModuleVersion, PathError, check_import_path
from pygo_cross.load.settings import Settings

if TYPE_CHECKING:
    from pygo_cross.load.modules import Modules


class Vendor:
    """modules.txt: `modules` that have packages, `packages` to their module, what is `explicit`, and replacements."""

    __slots__ = ("explicit", "folder", "go_versions", "modules", "packages", "replaced", "replacements", "versions")

    def __init__(self, folder: str, settings: Settings) -> None:
        self.folder = folder
        self.modules: list[ModuleVersion] = []
        self.versions: dict[str, str] = {}
        self.packages: dict[str, ModuleVersion] = {}
        self.replaced: list[ModuleVersion] = []
        self.explicit: set[ModuleVersion] = set()
        self.replacements: dict[ModuleVersion, ModuleVersion] = {}
        self.go_versions: dict[ModuleVersion, str] = {}
        path = os.path.join(folder, "modules.txt")
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = file.read().split("\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise Fatal(f"open {path}: {(error.strerror or str(error)).lower()}") from None
        module = ModuleVersion("")
        for line in lines:
            if line.startswith("# "):
                module = self._module(line.split(), module)
            elif not module.path:
                continue
            elif line.startswith("## "):
                self._notes(line[3:], module, settings.short(path))
            else:
                self._package(line.split(), module)

    def _module(self, words: list[str], module: ModuleVersion) -> ModuleVersion:
        if len(words) < 3:
            return module
        if semver.is_valid(words[2]):
            module = ModuleVersion(words[1], words[2])
            rest = words[3:]
        elif words[2] == "=>":
            module = ModuleVersion(words[1])
            rest = words[2:]
        else:
            return ModuleVersion("")
        if len(rest) >= 2 and rest[0] == "=>":
            if len(rest) == 2:
                self.replacements[module] = ModuleVersion(rest[1])
                self.replaced.append(module)
            elif len(rest) == 3 and semver.is_valid(rest[2]):
                self.replacements[module] = ModuleVersion(rest[1], rest[2])
                self.replaced.append(module)
        return module

    def _notes(self, text: str, module: ModuleVersion, file: str) -> None:
        for note in text.split(";"):
            note = note.strip()
            if note == "explicit":
                self.explicit.add(module)
            if note.startswith("go "):
                version = note[3:]
                self.go_versions[module] = version
                if gover.compare(version, gover.LOCAL) > 0:
                    raise Fatal(str(TooNew(f"{module.path} in {file}", version)))

    def _package(self, words: list[str], module: ModuleVersion) -> None:
        if len(words) != 1:
            return
        try:
            check_import_path(words[0])
        except PathError:
            return
        self.packages[words[0]] = module
        known = self.versions.get(module.path)
        if known is None or gover.compare_module(module.path, known, module.version) < 0:
            self.modules.append(module)
            self.versions[module.path] = module.version


def for_workspace(folder: str) -> bool:
    """Whether a vendor folder was made for a workspace."""
    try:
        with open(os.path.join(folder, "modules.txt"), "rb") as file:
            line = file.read(512).split(b"\n")[0]
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Fatal(f"reading modules.txt for vendor directory: {error}") from None
    return line.startswith(b"## ") and any(note.strip() == b"workspace" for note in line[3:].split(b";"))


def check_vendor(modules: Modules, vendor: Vendor) -> None:
    """Raises `Fatal` with every difference between modules.txt and the main modules' files."""
    workspace = modules.in_workspace
    files = [main.file for main in modules.mains if main.file is not None]
    old = not workspace and bool(files) and gover.compare(files[0].go, "1.14") < 0
    wrong: list[str] = []
    for file in files:
        for entry in file.require:
            module = entry.module
            if module in vendor.explicit:
                continue
            if not old:
                wrong.append(f"{module}: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt")
            elif vendor.versions.get(module.path, module.version) != module.version:
                has = f"{module.path}@{vendor.versions[module.path]}"
                wrong.append(f"{module}: is explicitly required in go.mod, but vendor/modules.txt indicates {has}")
    seen: set[ModuleVersion] = set()
    for file in [*files, *([modules.work] if modules.work is not None else [])]:
        for replace in file.replace:
            if replace.old in seen:
                continue
            seen.add(replace.old)
            new = modules.replacement(replace.old)
            name = modules.settings.short(file.file)
            marked = vendor.replacements.get(replace.old)
            if marked is None:
                unused = old and (not replace.old.version or vendor.versions.get(replace.old.path) != replace.old.version)
                if new is not None and not unused:
                    wrong.append(f"{replace.old}: is replaced in {name}, but not marked as replaced in vendor/modules.txt")
            elif marked != new:
                wrong.append(f"{replace.old}: is replaced by {new} in {name}, but marked as replaced by {marked} in vendor/modules.txt")
    required = {entry.module for file in files for entry in file.require}
    for module in vendor.modules:
        if module in vendor.explicit and module not in required:
            article = "a " if workspace else ""
            wrong.append(f"{module}: is marked as explicit in vendor/modules.txt, but not explicitly required in {article}go.mod")
    for module in vendor.replaced:
        if modules.replacement(module) is None:
            source = "the workspace" if workspace else "go.mod"
            wrong.append(f"{module}: is marked as replaced in vendor/modules.txt, but not replaced in {source}")
    if wrong:
        raise Fatal(
            f"inconsistent vendoring in {os.path.dirname(vendor.folder)}:\n\t"
            + "\n\t".join(wrong)
            + "\n\n\tTo ignore the vendor directory, use -mod=readonly or -mod=mod.\n\tTo sync the vendor directory, run:\n\t\tgo "
            + ("work" if workspace else "mod")
            + " vendor"
        )
