# SPDX-License-Identifier: BSD-3-Clause
"""Tells the size of each part of the image, as it is and compressed as registries keep it (gzip -6)."""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path


def measure(folder: Path) -> tuple[int, int]:
    """Bytes of all files below a folder, and of their gzip stream."""
    squeezer = zlib.compressobj(6)
    size = packed = 0
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(parent, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    while piece := file.read(1 << 20):
                        size += len(piece)
                        packed += len(squeezer.compress(piece))
    return size, packed + len(squeezer.flush())


def report(parts: Iterable[tuple[str, Path]]) -> None:
    """One line for each part."""
    for name, folder in parts:
        size, packed = measure(folder)
        print(f"size: {name:<10}{size / 1e6:8.1f} MB {packed / 1e6:8.1f} MB compressed", flush=True)


if __name__ == "__main__":
    report((Path(argument).name, Path(argument)) for argument in sys.argv[1:])
