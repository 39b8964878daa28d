# SPDX-License-Identifier: BSD-3-Clause
"""Words for the go command's cache keys that change whenever one of our stages does.

What a stage makes depends on the code that it imports and on the tables beside that code. Both are found by reading the import
lines of the sources, from the stage's own module on, so nothing has to be listed and a change elsewhere in pygo_cross rebuilds nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from pygo_cross import __version__

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_IMPORT: Final = re.compile(
    rb"^[ \t]*(?:from[ \t]+(\.*)((?:pygo_cross)?[\w.]*)[ \t]+import[ \t]*(\([^)]*\)|[^\n]*)|import[ \t]+(pygo_cross[\w.]*))", re.MULTILINE
)
_NAME: Final = re.compile(rb"\w+")

STAGES: Final[dict[str, tuple[str, ...]]] = {
    # Architectures are imported by name (arch/machine.py).
    "asm": ("pygo_cross.asm.main", "pygo_cross.arch.amd64.machine", "pygo_cross.arch.arm64.machine"),
    "link": ("pygo_cross.link.main",),
    "compile": ("pygo_cross.build.toolexec", "pygo_cross.compile", "pygo_cross.arch.amd64.machine", "pygo_cross.arch.arm64.machine"),
}
"""The tools of the go command that are ours, and where their code begins; tables (.txt) stand beside these modules."""
_NO_INFLUENCE: Final = frozenset(("pygo_cross.diag", "pygo_cross.obj.listing"))
"""What only tells people something: it has no part in what is written."""


def _file(module: str) -> Path | None:
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def modules(starts: Iterable[str]) -> dict[str, bytes]:
    """All modules of ours that these import, directly or not, by name with their source."""
    found: dict[str, bytes] = {}
    waiting = list(starts)
    while waiting:
        module = waiting.pop()
        if module in found or module in _NO_INFLUENCE or not module.startswith("pygo_cross"):
            continue
        file = _file(module)
        if file is None:  # a name in a module
            continue
        source = found[module] = file.read_bytes()
        parent = module.rpartition(".")[0]
        if parent:
            waiting.append(parent)
        folder = module.split(".") if file.name == "__init__.py" else module.split(".")[:-1]
        for dots, package, names, plain in _IMPORT.findall(source):
            above = folder[: len(folder) + 1 - len(dots)] if dots else []
            name = ".".join([*above, *filter(None, [(package or plain).decode()])])
            waiting.append(name)
            waiting += (f"{name}.{word.decode()}" for word in _NAME.findall(names))
    return found


@cache
def stage_id(stage: str) -> str:
    """One word for a stage of `STAGES`: our version and a hash of the stage's code and tables."""
    sources = modules(STAGES[stage])
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(name.encode() + b"\0" + hashlib.sha256(sources[name]).digest())
    folders = {file.parent for start in STAGES[stage] if (file := _file(start)) is not None}
    for path in sorted((path for folder in folders for path in folder.glob("*.txt")), key=lambda path: (path.parent.name, path.name)):
        digest.update(f"{path.parent.name}/{path.name}".encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return f"pygo-cross-{__version__}-{digest.hexdigest()[:16]}"
