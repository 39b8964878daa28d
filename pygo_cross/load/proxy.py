# SPDX-License-Identifier: BSD-3-Clause
"""Module proxies: the list in GOPROXY, and getting one file of a module from each in turn.

A comma behind a proxy lets the next one be asked when this one has no such file, a bar after any failure. Version control
(`direct`) is not spoken. A server that is silent, or slower than a kilobyte a second for long, is given up.
Facts: src/cmd/go/internal/modfetch/{proxy,repo}.go, src/cmd/go/internal/web/api.go.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import BinaryIO, Final

from pygo_cross.load.errors import LoadError
from pygo_cross.load.modpath import ModuleVersion, canonical_version, escape_path, escape_version, matches_prefix, module_error
from pygo_cross.load.settings import Settings

MAX_FILE: Final = 16 << 20
_CHUNK: Final = 1 << 16
_DETAIL_LINES: Final = 8


class NotThere(LoadError):
    """A proxy has no such file; the next one may have it."""


class Proxies:
    """The proxies of GOPROXY: (address, whether any failure leads to the next)."""

    __slots__ = ("_list", "settings")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._list: list[tuple[str, bool]] | None = None

    def list(self) -> list[tuple[str, bool]]:
        """The proxies in order, `off`, `direct` and `noproxy` among them. Raises `LoadError` for an address that can't be one."""
        if self._list is not None:
            return self._list
        found: list[tuple[str, bool]] = []
        text = self.settings.get("GOPROXY")
        if self._private and text != "direct":
            found.append(("noproxy", False))
        for address, separator in re.findall(r"([^,|]*)([,|]|\Z)", text):
            address = address.strip()
            if not address:
                continue
            if address in ("off", "direct"):
                found.append((address, False))
                break
            if re.search(r"[.:/]", address) and ":/" not in address and not address.startswith("/"):
                address = "https://" + address
            scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", address)
            if scheme is None:
                raise LoadError(f"invalid proxy URL missing scheme: {address}")
            if scheme[1] not in ("http", "https", "file"):
                raise LoadError(f"invalid proxy URL scheme (must be https, http, file): {redacted(address)}")
            if scheme[1] == "file" and not re.fullmatch(r"file:///[^?#]*", address):
                raise LoadError(f"invalid file:// proxy URL with non-path elements: {redacted(address)}")
            found.append((address, separator == "|"))
        if not [item for item in found if item[0] != "noproxy"]:
            raise LoadError("GOPROXY list is not the empty string, but contains no entries")
        self._list = found
        return found

    @property
    def _private(self) -> str:
        """The patterns of modules that no proxy may be asked for."""
        return self.settings.get("GONOPROXY") or self.settings.get("GOPRIVATE")

    def get(self, module: ModuleVersion, suffix: str, out: BinaryIO | None = None, limit: int = MAX_FILE) -> bytes:
        """One file of a module (`info`, `mod`, `zip`) from the first proxy that has it; written to `out` where that is given.

        Raises `ModuleError` with what the proxy said that matters most.
        """
        best: Exception | None = None
        rank = 0
        for address, any_failure in self.list():
            try:
                return self._get(address, module, suffix, out, limit)
            except LoadError as error:
                missing = isinstance(error, NotThere)
                if address == "direct" or (address == "noproxy" and not missing):
                    best, rank = error, 2
                elif rank <= 1 and not missing:
                    best, rank = error, 1
                elif rank == 0:
                    best = error
                if not any_failure and not missing:
                    break
            if out is not None:
                out.seek(0)
                out.truncate()
        assert best is not None
        raise module_error(module, best)

    def _get(self, address: str, module: ModuleVersion, suffix: str, out: BinaryIO | None, limit: int) -> bytes:
        private = matches_prefix(self._private, module.path)
        if private and address not in ("noproxy", "direct"):
            raise NotThere("disabled by GOPRIVATE/GONOPROXY")
        if private or address == "direct":
            raise LoadError(
                "fetching from version control (GOPROXY=direct) is not supported; set GOPROXY to a module proxy, file:// or http(s)"
            )
        if address == "noproxy":
            raise NotThere("path does not match GOPRIVATE/GONOPROXY")
        if address == "off":
            raise NotThere("module lookup disabled by GOPROXY=off")
        if module.version != canonical_version(module.version):
            raise LoadError("version is not canonical")
        name = f"{escape_path(module.path)}/@v/{escape_version(module.version)}.{suffix}"
        return fetch(f"{address.rstrip('/')}/{name}", self.settings.timeout, out, limit)


def redacted(address: str) -> str:
    """An address without the password in it."""
    return re.sub(r"^([a-z]+://[^/:@]*):[^/@]*@", r"\1:xxxxx@", address)


def fetch(address: str, timeout: float, out: BinaryIO | None = None, limit: int = MAX_FILE) -> bytes:
    """A file by its address, file:// or http(s). Raises `NotThere` where there is none, else `LoadError`."""
    if address.startswith("file://"):
        return _file(address, out, limit)
    return _http(address, timeout, out, limit)


def _file(address: str, out: BinaryIO | None, limit: int) -> bytes:
    from urllib.parse import unquote

    path = unquote(address[len("file://") :])
    try:
        with open(path, "rb") as file:
            return _copy(file.read, address, out, limit)
    except FileNotFoundError:
        raise NotThere(f"reading {address}: no such file or directory") from None
    except OSError as error:
        raise LoadError(f"reading {address}: {(error.strerror or str(error)).lower()}") from None


def _copy(read: Callable[[int], bytes], address: str, out: BinaryIO | None, limit: int, slow: float = 0.0) -> bytes:
    """Copies what is read, up to the limit; `slow` is how many seconds a transfer may take before it has to be of some speed."""
    parts: list[bytes] = []
    size = 0
    begun = time.monotonic()
    while data := read(_CHUNK):
        size += len(data)
        if size > limit:
            raise LoadError(f"reading {redacted(address)}: the file is too large (limit is {limit} bytes)")
        if out is None:
            parts.append(data)
        else:
            out.write(data)
        elapsed = time.monotonic() - begun
        if slow and elapsed > slow and size < 1024 * elapsed:
            raise LoadError(f"reading {redacted(address)}: the server is too slow ({size} bytes in {elapsed:.0f} s)")
    return b"".join(parts)


def _http(address: str, timeout: float, out: BinaryIO | None, limit: int) -> bytes:
    import http.client
    import urllib.error
    import urllib.request

    shown = redacted(address)
    try:
        request = urllib.request.Request(address, headers={"User-Agent": "pygo_cross", "Accept-Encoding": "identity"})
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return _copy(response.read1, address, out, limit, timeout)
    except urllib.error.HTTPError as error:
        text = f"reading {shown}: {error.code} {error.reason}{_detail(error)}"
        raise (NotThere if error.code in (404, 410) else LoadError)(text) from None
    except urllib.error.URLError as error:
        raise LoadError(f'Get "{shown}": {error.reason}') from None
    except TimeoutError:
        raise LoadError(f'Get "{shown}": no answer within {timeout:g} s') from None
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise LoadError(f"reading {shown}: {error or type(error).__name__}") from None


def _detail(error: object) -> str:
    """What a server says in plain text about its refusal, if that is fit to print."""
    headers = getattr(error, "headers", None)
    if (
        headers is None
        or headers.get_content_type() != "text/plain"
        or headers.get_content_charset("utf-8").lower() not in ("utf-8", "us-ascii")
    ):
        return ""
    try:
        text = error.read(_DETAIL_LINES * 81 * 2).decode("utf-8")  # type: ignore[attr-defined]
    except (OSError, ValueError):
        return ""
    if any(not (c.isprintable() or c.isspace()) for c in text):
        return ""
    lines: list[str] = []
    for number, line in enumerate(text.split("\n")):
        if not line.strip():
            break
        if number >= _DETAIL_LINES or sum(map(len, lines)) + len(line) > _DETAIL_LINES * 81:
            lines.append("[Truncated: too many lines.]" if number >= _DETAIL_LINES else "[Truncated: too long.]")
            break
        lines.append(line)
    if not lines:
        return ""
    return "\n\tserver response:" + (" " if len(lines) == 1 else "\n\t") + "\n\t".join(lines)
