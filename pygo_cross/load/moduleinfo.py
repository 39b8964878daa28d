# SPDX-License-Identifier: BSD-3-Clause
"""The record of a module that a package's record has, as `go list -json` prints it.

Facts: src/cmd/go/internal/modload/build.go (moduleInfo), src/cmd/go/internal/modinfo/info.go.
"""

from __future__ import annotations

import os
from typing import Any, Final

from pygo_cross.load.errors import ERRORS
from pygo_cross.load.modpath import ModuleVersion
from pygo_cross.load.requirements import Requirements

_ORDER: Final = ("Path", "Version", "Replace", "Time", "Main", "Indirect", "Dir", "GoMod", "GoVersion", "Error", "Sum", "GoModSum")


def module_record(requirements: Requirements, module: ModuleVersion) -> dict[str, Any]:
    """What is known of a module that has a package of this load."""
    modules = requirements.modules
    main = modules.by_path.get(module.path) if not module.version else None
    info: dict[str, Any] = {"Path": module.path, "Version": module.version, "GoVersion": modules.go_versions.get(module, "")}
    if main is not None:
        info["Main"] = True
        if main.root:
            info["Dir"] = main.root
            info["GoMod"] = modules.mod_path(main.root)
        return _ordered(info)
    info["Indirect"] = module.path not in requirements.direct
    replaced = modules.replacement(module)
    if replaced is None:
        if modules.vendor is None:
            _complete(requirements, info)
        return _ordered(info)
    new: dict[str, Any] = {"Path": replaced.path, "Version": replaced.version, "GoVersion": info["GoVersion"]}
    if not replaced.version:
        new["Dir"] = os.path.normpath(os.path.join(modules.replace_base, replaced.path))
        new["GoMod"] = os.path.join(new["Dir"], "go.mod")
    if modules.vendor is None:
        _complete(requirements, new)
        info["Dir"], info["GoMod"] = new.get("Dir"), new.get("GoMod")
    info["GoVersion"] = new["GoVersion"]
    info["Replace"] = _ordered(new)
    return _ordered(info)


def _ordered(info: dict[str, Any]) -> dict[str, Any]:
    return {name: info[name] for name in _ORDER if info.get(name)}


def _complete(requirements: Requirements, info: dict[str, Any]) -> None:
    """Adds what the module cache has: when it was made, its files, its Go, its hashes."""
    modules = requirements.modules
    fetcher = modules.fetcher
    module = ModuleVersion(info["Path"], info["Version"])
    mod_key = ModuleVersion(module.path, module.version + "/go.mod")

    def known(key: ModuleVersion) -> bool:
        return not module.version or not modules.needs_sums or fetcher.have_sum(key)

    if module.version:
        try:
            info["Time"] = fetcher.info(module)["Time"]
        except ERRORS as error:
            info["Error"] = {"Err": str(error)}
    if not info["GoVersion"] and known(mod_key):
        try:
            info["GoVersion"] = modules.raw_summary(module).go
        except ERRORS:
            info["GoVersion"] = ""
    if not module.version:
        return
    if known(mod_key):
        path = fetcher.cache_path(module, "mod")
        if os.path.isfile(path):
            info["GoMod"] = path
        info["GoModSum"] = fetcher.recorded_sum(mod_key)
    if known(module):
        info["Dir"] = fetcher.unpacked(module)
        info["Sum"] = fetcher.recorded_sum(module)
