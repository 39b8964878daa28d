# SPDX-License-Identifier: GPL-2.0-or-later
"""What the go command wrote into a binary: Go's version and the settings of the build (GOROOT/src/debug/buildinfo/buildinfo.go).

Found by its magic, aligned to 16 bytes; the form with strings in place is read, which is that of Go 1.18 and later. A damaged record is
one that is not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pygo_cross.emulate.loader.image import Image

_MAGIC: Final = b"\xff Go buildinf:"
_INLINE: Final = 2
_LONGEST: Final = 1 << 20


@dataclass(slots=True)
class BuildInfo:
    """`version` is `go1.27.3`, or empty where there is no record; `settings` has GOOS, GOARCH, GOAMD64, CGO_ENABLED and the like."""

    version: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def minor(self) -> int:
        """27 for go1.27.3; 0 where it is not known."""
        match = re.match(r"(?:devel )?go1\.(\d{1,3})\b", self.version)
        return int(match[1]) if match else 0


def _string(data: bytes, at: int) -> tuple[str, int]:
    size = shift = 0
    while True:
        byte = data[at]
        at += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
        if shift > 35:
            raise IndexError
    if size > _LONGEST or at + size > len(data):
        raise IndexError
    return data[at : at + size].decode("utf-8", "replace"), at + size


def read(image: Image) -> BuildInfo:
    """The build information of a binary."""
    for segment in image.segments:
        data = segment.data
        at = -1
        while (at := data.find(_MAGIC, at + 1)) >= 0:
            if (segment.address + at) % 16 or at + 33 > len(data) or not data[at + 15] & _INLINE:
                continue
            try:
                version, after = _string(data, at + 32)
                module, _ = _string(data, after)
            except IndexError:
                continue
            # The module's text is between two marks of 16 bytes.
            lines = (line.split("\t", 1)[1] for line in module.splitlines() if line.startswith("build\t"))
            return BuildInfo(version, dict(line.split("=", 1) for line in lines if "=" in line))
    return BuildInfo()
