# SPDX-License-Identifier: BSD-3-Clause
"""What is in a binary: its symbols by package with sizes, why each is there, and what else takes room in the file.

Our linker writes that down when it is asked to (link/layoutreport.py has the format). Of any other binary, what it tells itself is
taken: the functions of its own table, its sections.

Whatever the source, the sizes of all symbols (those of class `zeroed` take no room in the file) with their tables, and the rest,
add up to the file's size.
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass, field
from typing import Any, Final

from pygo_cross.diag import InternalError
from pygo_cross.exe.buildinfo import BuildInfo

CLASSES: Final = ("code", "read-only data", "strings", "types", "tables", "data", "zeroed")
REASONS: Final = ("root", "call", "reference", "table", "interface method", "named method", "reflected method", "linker", "unknown")

_COLUMNS: Final = ("package", "class", "size", "tables", "reason", "parent", "cause")
STANDARD: Final = "standard library"
LINKER: Final = "made by the linker"


@dataclass(slots=True)
class Contents:
    """What is in one binary. `size` and `sha256` are the file's.

    The columns are of one length, a row a symbol. `package` counts into `packages`, `kind` into `CLASSES`, `reason` into `REASONS`;
    `parent` and `cause` are rows counted from 1, 0 for none. `groups` names the module (or the like) of each package. `rest` has
    group, name and bytes of what no symbol has.
    """

    size: int
    sha256: str = ""
    packages: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    package: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    tables: list[int] = field(default_factory=list)
    reason: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    cause: list[int] = field(default_factory=list)
    rest: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def knows_why(self) -> bool:
        """Whether reasons are known."""
        return any(self.parent)

    def total(self) -> int:
        """Everything that takes room in the file; equal to `size`."""
        zeroed = CLASSES.index("zeroed")
        symbols = sum(size for size, kind in zip(self.sizes, self.kind, strict=True) if kind != zeroed)
        return symbols + sum(self.tables) + sum(size for *_, size in self.rest)


def group_of(package: str, info: BuildInfo | None) -> str:
    """The module that a package is of; the standard library is one, and so is what the linker made.

    The vendored packages of the standard library belong to it (src/vendor).
    """
    if not package:
        return LINKER
    if info is not None:
        main = info.main.path if info.main is not None else ""
        if main and (package in ("main", main) or package.startswith(main + "/")):
            return main
        best = max((module.path for module in info.deps if (package + "/").startswith(module.path + "/")), key=len, default="")
        if best:
            return best
        if main == "" and info.path.startswith("cmd/") and (package == "main" or package.startswith("cmd/")):
            return "cmd"  # a command of Go's own, which is of no module
    first = package.partition("/")[0]
    return STANDARD if "." not in first and package != "main" else "main" if package == "main" else package


def read_link_report(raw: bytes, size: int, info: BuildInfo | None) -> Contents:
    """What our linker reported of a binary of `size` bytes. Raises `InternalError` where that is not what it writes."""
    try:
        report: dict[str, Any] = json.loads(gzip.decompress(raw))
        if report["version"] != 1 or report["size"] != size:
            raise ValueError("it is of another version or another binary")
        columns = report["symbols"]
        classes = [CLASSES.index(name) for name in report["classes"]]
        reasons = [REASONS.index(name) for name in report["reasons"]]
        packages = list(report["packages"])
        contents = Contents(
            size,
            packages=[info.path if package == "main" and info is not None and info.path else package for package in packages],
            groups=[group_of(package, info) for package in packages],
            names=columns["name"],
            package=columns["package"],
            kind=[classes[number] for number in columns["class"]],
            sizes=columns["size"],
            tables=columns["tables"],
            reason=[reasons[number] for number in columns["reason"]],
            parent=columns["parent"],
            cause=columns["cause"],
            rest=[(group, name, count) for group, name, count in report["rest"]],
        )
        if contents.total() != size:
            raise ValueError(f"its sizes add up to {contents.total()} of {size} bytes")
    except (OSError, EOFError, zlib.error, ValueError, KeyError, IndexError, TypeError) as error:
        raise InternalError("report", f"the linker's report can't be used: {error}") from error
    return contents
