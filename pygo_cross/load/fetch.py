# SPDX-License-Identifier: BSD-3-Clause
"""The module cache: files of modules as they were downloaded, verified by go.sum, and unpacked.

The layout, the locks and the marks of unfinished work are the go command's own, so that both can use one cache at a time.
Every file is written beside its place and renamed. What only a download needs is imported there: most loads need none.
Facts: src/cmd/go/internal/modfetch/{cache,fetch}.go.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from pygo_cross import wholefile
from pygo_cross.load import gover
from pygo_cross.load.errors import Fatal, LoadError, TooNew
from pygo_cross.load.gosum import Sums, hash_mod, is_sum
from pygo_cross.load.modfile import parse_mod
from pygo_cross.load.modpath import ModuleError, ModuleVersion, canonical_version, escape_path, escape_version, matches_prefix, module_error
from pygo_cross.load.modsyntax import ModFileErrors
from pygo_cross.load.proxy import Proxies
from pygo_cross.load.settings import Settings

if TYPE_CHECKING:
    from pygo_cross.load.sumdb import Database

_HELP: Final = "For more information, see 'go help module-auth'.\n"
_DATABASE_MISMATCH: Final = (
    "\n\nSECURITY ERROR\nThis download does NOT match the one reported by the checksum server.\n"
    "The bits may have been replaced on the origin server, or an attacker may\nhave intercepted the download attempt.\n\n" + _HELP
)
_DATABASE_ABSENT: Final = (
    "\n\nSECURITY ERROR\nThis download does NOT match one reported by the checksum server.\n"
    "The checksum server has provided checksums, but the checksums do\nnot contain an entry for the download.\n"
    "The checksum server may be malfunctioning, or an attacker may have\nintercepted the checksum request.\n"
    "The download cannot be verified.\n\n" + _HELP
)
_OLD_MOD: Final = b"//vgo 0.0."


class Fetcher:
    """Files of modules, from the cache or a proxy. All that comes from here has been held against go.sum."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.proxies = Proxies(settings)
        self.sums: Sums | None = None
        self._folders: dict[ModuleVersion, str | Exception] = {}
        self._infos: dict[ModuleVersion, dict[str, Any] | Exception] = {}
        self._database: Database | None = None
        self.quiet = False

    def set_sums(self, main: str, others: Sequence[str]) -> None:
        """Names the files of hashes. Without any, nothing is known to be right."""
        self.sums = Sums(main, others)

    def have_sum(self, module: ModuleVersion) -> bool:
        """Whether go.sum knows a module, or with `/go.mod` behind the version its go.mod."""
        return self.sums is not None and self.sums.have(module)

    def recorded_sum(self, module: ModuleVersion) -> str:
        """What go.sum has for it, or nothing."""
        return self.sums.recorded(module) if self.sums is not None else ""

    # Places in the cache.

    def cache_path(self, module: ModuleVersion, suffix: str) -> str:
        """Where a file of a module is, or will be. Raises `PathError` or `VersionError` for what can't be a module."""
        folder = os.path.join(self.settings.module_cache, "cache/download", escape_path(module.path), "@v")
        if canonical_version(module.version) != module.version:
            raise LoadError(f'non-canonical module version "{module.version}"')
        return os.path.join(folder, f"{escape_version(module.version)}.{suffix}")

    def folder_path(self, module: ModuleVersion) -> str:
        """Where a module is unpacked."""
        return os.path.join(self.settings.module_cache, f"{escape_path(module.path)}@{escape_version(module.version)}")

    def unpacked(self, module: ModuleVersion) -> str:
        """The folder of a module that is unpacked as a whole, or nothing."""
        if gover.is_toolchain(module.path):
            return ""
        folder = self.folder_path(module)
        if not os.path.isdir(folder) or os.path.exists(self.cache_path(module, "partial")):
            return ""
        return folder if os.path.exists(self.cache_path(module, "ziphash")) else ""

    @contextlib.contextmanager
    def _lock(self, module: ModuleVersion) -> Iterator[None]:
        path = self.cache_path(module, "lock")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    # go.mod and .info files.

    def go_mod(self, path: str, version: str) -> bytes:
        """A module's go.mod. Raises `ModuleError`, and `Fatal` where it isn't what go.sum says."""
        module = ModuleVersion(path, version)
        file = self.cache_path(module, "mod")
        data = _read(file)
        if data is not None and not data.startswith(_OLD_MOD):
            self._check_mod(module, data)
            return data
        data = self.proxies.get(module, "mod")
        self._check_mod(module, data)
        self._store(file, data)
        return data

    def have_go_mod(self, module: ModuleVersion) -> bool:
        """Whether the cache has a module's go.mod."""
        return os.path.exists(self.cache_path(module, "mod"))

    def _check_mod(self, module: ModuleVersion, data: bytes) -> None:
        self._check(ModuleVersion(module.path, module.version + "/go.mod"), hash_mod(data))

    def info(self, module: ModuleVersion) -> dict[str, Any]:
        """What a proxy says of a version: `Version` and `Time`. Raises `ModuleError`."""
        known = self._infos.get(module)
        if known is None:
            try:
                known = self._info(module)
            except (LoadError, ModuleError) as error:
                known = error
            self._infos[module] = known
        if isinstance(known, Exception):
            raise known
        return known

    def _info(self, module: ModuleVersion) -> dict[str, Any]:
        file = self.cache_path(module, "info")
        data = _read(file)
        if data is not None:
            parsed = _parse_info(data)
            if parsed is not None:
                return parsed
        data = self.proxies.get(module, "info")
        parsed = _parse_info(data)
        if parsed is None:
            raise module_error(module, LoadError("invalid response from proxy: not a JSON object with Version and Time"))
        if parsed["Version"] != module.version:
            what = f"proxy returned info for version {parsed['Version']} instead of requested version"
            raise module_error(module, LoadError(what))
        import json

        self._store(file, json.dumps(parsed, separators=(",", ":")).encode())
        return parsed

    def _store(self, path: str, data: bytes) -> None:
        """Keeps a file in the cache; a cache that can't be written only costs time."""
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            wholefile.put(path, data)

    # Zip files and folders.

    def download(self, module: ModuleVersion) -> str:
        """The folder of a module, downloaded and unpacked if need be. Raises `ModuleError` or `LoadError`; `Fatal` for a wrong hash."""
        known = self._folders.get(module)
        if known is None:
            try:
                known = self._download(module)
            except Fatal:
                raise
            except (LoadError, ModuleError) as error:
                known = error
            except OSError as error:
                known = module_error(module, LoadError(f"{error.filename or 'module cache'}: {(error.strerror or str(error)).lower()}"))
            self._folders[module] = known
        if isinstance(known, Exception):
            raise known
        return known

    def _download(self, module: ModuleVersion) -> str:
        folder = self.unpacked(module)
        if not folder:
            path = self._zip(module)
            folder = self._unpack(module, path)
        self._check_zip(module)
        data = _read(os.path.join(folder, "go.mod"))
        if data is not None:
            try:
                version = parse_mod("go.mod", data, strict=False).go
            except ModFileErrors:
                version = ""
            if version and gover.compare(version, gover.LOCAL) > 0:
                raise TooNew(str(module), version)
        return folder

    def _zip(self, module: ModuleVersion) -> str:
        path = self.cache_path(module, "zip")
        if os.path.exists(path) and os.path.exists(path + "hash"):
            return path
        import glob
        import tempfile

        from pygo_cross.load.modzip import MAX_ZIP, check_prefix

        if not self.quiet:
            print(f"go: downloading {module.path} {module.version}", file=sys.stderr)
        with self._lock(module):
            if os.path.exists(path) and os.path.exists(path + "hash"):
                return path
            for old in glob.glob(glob.escape(path) + "*.tmp"):
                with contextlib.suppress(OSError):
                    os.unlink(old)
            if os.path.exists(path):
                self._hash_zip(module, path, path + "hash")
                return path
            handle, name = tempfile.mkstemp(prefix=os.path.basename(path), suffix=".tmp", dir=os.path.dirname(path))
            try:
                with os.fdopen(handle, "w+b") as out:
                    self.proxies.get(module, "zip", out, MAX_ZIP)
                check_prefix(module, name)
                self._hash_zip(module, name, path + "hash")
                os.chmod(name, 0o644)
                os.replace(name, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(name)
                raise
        return path

    def _hash_zip(self, module: ModuleVersion, path: str, hash_path: str) -> None:
        from pygo_cross.load.modzip import hash_zip

        found = hash_zip(path)
        self._check(module, found)
        self._store(hash_path, found.encode())

    def _check_zip(self, module: ModuleVersion) -> None:
        """Holds the hash that was taken at the download against go.sum, which may be another module's now."""
        path = self.cache_path(module, "zip")
        text = (_read(path + "hash") or b"").decode("utf-8", "replace").strip()
        if not is_sum(text):
            self._hash_zip(module, path, path + "hash")
            return
        if not text.startswith("h1:"):
            raise Fatal(f'verifying {module}: unexpected ziphash: "{text}"')
        self._check(module, text)

    def _unpack(self, module: ModuleVersion, path: str) -> str:
        import glob

        from pygo_cross.load.modzip import unzip

        with self._lock(module):
            folder = self.unpacked(module)
            if folder:
                return folder
            folder = self.folder_path(module)
            for old in [folder, *glob.glob(glob.escape(folder) + ".tmp-*")]:
                if os.path.lexists(old):
                    remove_all(old)
            os.makedirs(os.path.dirname(folder), exist_ok=True)
            partial = self.cache_path(module, "partial")
            with open(partial, "wb"):
                pass
            try:
                unzip(folder, module, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    if os.path.lexists(folder):
                        remove_all(folder)
                    os.unlink(partial)
                raise
            os.unlink(partial)
            if not self.settings.mod_cache_rw:
                for parent, _, _ in os.walk(folder, topdown=False):
                    with contextlib.suppress(OSError):
                        os.chmod(parent, os.stat(parent).st_mode & ~0o222)
        return folder

    # Verification.

    def _check(self, module: ModuleVersion, found: str) -> None:
        """Holds a hash against go.sum, and where that doesn't know it against the checksum database, if it is to be asked."""
        if self.sums is not None and self.sums.check(module, found):
            return
        if self._uses_database(module.path):
            self._ask_database(module, found)
        if self.sums is not None:
            self.sums.added[module] = found

    def _ask_database(self, module: ModuleVersion, found: str) -> None:
        """Raises `ModuleError` where the checksum database doesn't have this hash."""
        bare = ModuleVersion(module.path, module.version.removesuffix("/go.mod"))
        noun = "go.mod" if bare != module else "module"
        try:
            if self._database is None:
                from pygo_cross.load.sumdb import Database

                self._database = Database(self.settings, self.proxies)
            lines = self._database.lookup(bare)
        except Fatal:
            raise
        except LoadError as error:
            raise module_error(bare, LoadError(f"verifying {noun}: {error}")) from None
        wanted = f"{module.path} {module.version} "
        if wanted + found in lines:
            return
        other = next((line.removeprefix(wanted) for line in lines if line.startswith(wanted + "h1:")), "")
        if other:
            what = f"verifying {noun}: checksum mismatch\n\tdownloaded: {found}\n\t{self._database.key.name}: {other}{_DATABASE_MISMATCH}"
        else:
            what = f"verifying {noun}: checksum missing from sumdb response{_DATABASE_ABSENT}"
        raise module_error(bare, LoadError(what))

    def _uses_database(self, path: str) -> bool:
        settings = self.settings
        if settings.get("GOSUMDB") == "off":
            return False
        return not matches_prefix(settings.get("GONOSUMDB") or settings.get("GOPRIVATE"), path)


def remove_all(folder: str) -> None:
    """Removes a folder whose folders may be read-only."""
    import shutil

    for parent, _, _ in os.walk(folder):
        with contextlib.suppress(OSError):
            os.chmod(parent, 0o755)
    shutil.rmtree(folder)


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _parse_info(data: bytes) -> dict[str, Any] | None:
    import json

    try:
        parsed = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("Version"), str):
        return None
    found: dict[str, Any] = {"Version": parsed["Version"], "Time": parsed.get("Time", "0001-01-01T00:00:00Z")}
    if isinstance(parsed.get("Origin"), dict):
        found["Origin"] = parsed["Origin"]
    return found
