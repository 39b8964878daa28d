# SPDX-License-Identifier: BSD-3-Clause
"""Who may import whom: packages below `internal`, and below `vendor`.

Facts: src/cmd/go/internal/load/pkg.go (disallowInternal, disallowVendor).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from pygo_cross.load.errors import ImportStack, InvalidImport, LoadError, PackageError
from pygo_cross.load.modules import in_folder

if TYPE_CHECKING:
    from pygo_cross.load.loader import Loader
    from pygo_cross.load.package import Package

_FIPS: Final = "crypto/internal/fips140"


def _internal_at(path: str) -> int:
    """Where the last element `internal` of a path begins, or -1."""
    if path.endswith("/internal"):
        return len(path) - len("internal")
    at = path.rfind("/internal/")
    if at >= 0:
        return at + 1
    return 0 if path == "internal" or path.startswith("internal/") else -1


def _vendor_at(path: str) -> int:
    """Where the last element `vendor` that isn't the end of a path begins, or -1."""
    at = path.rfind("/vendor/")
    if at >= 0:
        return at + 1
    return 0 if path.startswith("vendor/") else -1


def has_prefix(path: str, prefix: str) -> bool:
    """Whether an import path is another or below it."""
    return path == prefix or path.startswith(prefix + "/")


def _seen_from(directory: str, parent: str) -> bool:
    return in_folder(directory, parent) or in_folder(os.path.realpath(directory), os.path.realpath(parent))


def internal_error(loader: Loader, directory: str, importer: Package | None, package: Package, stack: ImportStack) -> PackageError | None:
    """The error where a package is internal to a tree that the importer, in `directory`, is not in."""
    if package.error is not None or importer is None:
        return None
    path = package.import_path
    at = _internal_at(path)
    if at < 0:
        return None
    at = max(at - 1, 0)
    by = loader.importer_path(importer)
    allowed = False
    if has_prefix(by, "crypto") and has_prefix(path, _FIPS):
        allowed = True
    elif has_prefix(by, _FIPS):
        allowed = has_prefix(path, "crypto/internal")
    elif package.module is None:
        allowed = _seen_from(directory, package.directory[: at + len(package.directory) - len(path)])
    else:
        allowed = has_prefix(by, path[:at])
    if allowed:
        return None
    return PackageError(stack.copy(), InvalidImport(path, f"use of internal package {path} not allowed"), always_stack=True)


def vendor_error(directory: str, path: str, importer: Package, package: Package, stack: ImportStack) -> PackageError | None:
    """The error where a package is vendored for a tree that the importer is not in, or is imported by its place there."""
    at = _vendor_at(package.import_path)
    if at >= 0:
        end = max(at - 1, 0) + len(package.directory) - len(package.import_path)
        if 0 <= end <= len(package.directory) and not _seen_from(directory, package.directory[:end]):
            return PackageError(stack.copy(), LoadError("use of vendored package not allowed"))
    at = _vendor_at(path)
    if at >= 0:
        return PackageError(stack.copy(), InvalidImport(path, f"{path} must be imported as {path[at + len('vendor/') :]}"))
    return None
