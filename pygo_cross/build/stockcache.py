# SPDX-License-Identifier: BSD-3-Clause
"""What stock's compiler made of a package, kept: stock's part of a mixed build does not change when our compiler does.

The go command keys its cache by what our compiler is, so with each version of ours it asks for the runtime and whatever else is stock's
again. Here the key is all that stock's compiler reads: its own file, the flags but for the build id and the scratch folder, the sources,
and the export data of imports. The build id of an archive is put in when it is taken out.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, final

from pygo_cross import wholefile
from pygo_cross.diag import UserError
from pygo_cross.frontend.record import read_import_config
from pygo_cross.obj import archive

_VARIABLES: Final = ("GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOROOT", "GOCOMPILEDEBUG")
_FILES: Final = ("-importcfg", "-embedcfg", "-symabis", "-coveragecfg", "-pgoprofile")
_DIGEST: Final = 24  # bytes


def intact(data: bytes) -> bool:
    """Whether an entry is what was written."""
    parts = data.split(b"\n", 3)
    return len(parts) == 4 and hashlib.blake2b(parts[3], digest_size=_DIGEST).hexdigest().encode() == parts[0]


@final
class StockCache:
    """Archives and headers that stock's compiler made, in a folder; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def key(self, tool: str, words: Sequence[str], files: Sequence[str], output: str, environment: Mapping[str, str]) -> str:
        """The key of a compilation. `words` are all arguments, `files` the sources among them, `output` the archive's place."""
        made = hashlib.blake2b(digest_size=_DIGEST)
        found = os.stat(tool)
        scratch = os.path.dirname(os.path.abspath(output))
        made.update(f"{tool} {found.st_size} {found.st_mtime_ns}\0".encode())
        for name in _VARIABLES:
            made.update(f"{name}={environment.get(name, '')}\0".encode())
        made.update(os.getcwd().encode("utf-8", "surrogateescape") + b"\0")
        before = ""
        for word in words:
            if before != "-buildid":
                made.update(word.replace(scratch, "$WORK").encode("utf-8", "surrogateescape") + b"\0")
            if before == "-importcfg":
                self._imports(made, word)
            elif before in _FILES:
                made.update(Path(word).read_bytes())
            before = word
        for name in files:
            data = Path(name).read_bytes()
            made.update(f"{len(data)}\0".encode() + data)
        return made.hexdigest()

    @staticmethod
    def _imports(made: hashlib.blake2b, config: str) -> None:
        archives, mapped = read_import_config(config)
        for path, name in sorted(archives.items()):
            made.update(f"{path}\0".encode())
            for member in archive.members(name, archive.map_file(name)):
                if member.name == archive.PKGDEF:
                    # Behind its head, which has the build id.
                    made.update(bytes(member.body).partition(b"\n\n")[2])
        made.update(repr(sorted(mapped.items())).encode())

    def get(self, key: str, build_id: str, output: str, header: str) -> bool:
        """Write what was kept, with another build id; whether there was anything."""
        place = self._place(key)
        if place is None:
            return False
        try:
            data = place.read_bytes()
            if not intact(data):
                return False
            _, old_id, size, rest = data.split(b"\n", 3)
            if len(old_id) != len(build_id):
                return False
            body = rest[: int(size)].replace(old_id, build_id.encode()) if old_id else rest[: int(size)]
            if header:
                wholefile.put(header, rest[int(size) :])
            wholefile.put(output, body)
        except (OSError, ValueError):
            return False
        with contextlib.suppress(OSError):
            os.utime(place)
        return True

    def put(self, key: str, build_id: str, output: str, header: str) -> None:
        """Keep what the compiler has written."""
        place = self._place(key)
        if place is None:
            return
        with contextlib.suppress(OSError, UserError):
            body = Path(output).read_bytes()
            rest = body + (Path(header).read_bytes() if header else b"")
            digest = hashlib.blake2b(rest, digest_size=_DIGEST).hexdigest()
            place.parent.mkdir(parents=True, exist_ok=True)
            wholefile.put(str(place), f"{digest}\n{build_id}\n{len(body)}\n".encode() + rest)

    def _place(self, key: str) -> Path | None:
        return None if self._folder is None else self._folder / key[:2] / key[2:]
