# SPDX-License-Identifier: BSD-3-Clause
"""Holds every import in the package to the table in docs/architecture.md, which is the one place that says who may import whom."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pygo_cross"


def table() -> dict[str, tuple[set[str], set[str]]]:
    """The rows of the table: module to the modules of ours and the outside packages that it may import."""
    text = (ROOT / "docs/architecture.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)

    def names(cell: str) -> set[str]:
        return set() if cell.strip() == "none" else {name.strip() for name in cell.split(",")}

    return {module: (names(ours), names(outside)) for module, ours, outside in rows}


def module_of(path: Path) -> str:
    """The row that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(source: str, path: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, wherever in it: line and dotted name."""
    package = ["pygo_cross", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(source, str(path))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            for name in node.names:
                yield node.lineno, f"{stem}.{name.name}"


def violations(source: str, path: Path) -> list[str]:
    """What a file imports and may not."""
    module = module_of(path)
    ours, outside = table()[module]
    found: list[str] = []
    for line, name in imports(source, path):
        parts = name.split(".")
        if parts[0] != "pygo_cross":
            if parts[0] not in outside and parts[0] not in sys.stdlib_module_names:
                found.append(f"{path.relative_to(ROOT)}:{line}: {module} may not import {parts[0]}")
        elif len(parts) > 1 and parts[1] in MODULES and parts[1] != module and parts[1] not in ours:
            found.append(f"{path.relative_to(ROOT)}:{line}: {module} may not import {parts[1]}")
    return found


FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {module_of(path) for path in FILES} - {"__init__"}


def test_every_module_has_a_row() -> None:
    assert set(table()) == MODULES


def test_rows_name_rows_above_them() -> None:
    above: set[str] = set()
    for module, (ours, _) in table().items():
        assert ours <= above, f"{module} may import {ours - above}, which is not above it"
        above.add(module)


@pytest.mark.parametrize("path", [path for path in FILES if module_of(path) != "__init__"], ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports(path: Path) -> None:
    assert violations(path.read_text(), path) == []


def test_the_package_itself_imports_nothing() -> None:
    assert list(imports((PACKAGE / "__init__.py").read_text(), PACKAGE / "__init__.py")) == []


@pytest.mark.parametrize(
    ("where", "source"),
    [
        ("emulate/x.py", "import lief"),
        ("emulate/x.py", "from pygo_cross.link import main"),
        ("emulate/x.py", "from pygo_cross import target"),
        ("emulate/x/y.py", "from ...link import main"),
        ("link/x.py", "def f():\n    import pygo_cross.build.config"),
        ("build/x.py", "from ..emulate import cpu"),
        ("diag.py", "import yaml"),
    ],
)
def test_a_wrong_import_is_found(where: str, source: str) -> None:
    assert len(violations(source, PACKAGE / where)) == 1


def test_licences() -> None:
    for path in FILES:
        licence = "GPL-2.0-or-later" if module_of(path) == "emulate" else "BSD-3-Clause"
        assert path.read_text().split("\n")[0] == f"# SPDX-License-Identifier: {licence}", path
