# SPDX-License-Identifier: BSD-3-Clause
"""What README and docs say is held to what is there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from pygo_cross.build.config import Project, parse_config
from pygo_cross.build.template import VARIABLES
from pygo_cross.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
INTERFACE = (ROOT / "docs/interface.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if "://" not in link:
            assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_configurations_are_right(page: Path) -> None:
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
        if "version: 1" in block:
            assert isinstance(parse_config(block.encode()), Project)


def test_interface_names_every_command_and_variable() -> None:
    for name in COMMANDS:
        assert re.search(rf"^\| `{name}[ `]", INTERFACE, re.MULTILINE), name
    for name in VARIABLES:
        assert f"{{{{ .{name}" in INTERFACE, name


def test_nothing_comes_without_its_licence() -> None:
    assert "BSD 3-Clause" in (ROOT / "LICENSE").read_text()
    assert "GNU GENERAL PUBLIC LICENSE" in (ROOT / "pygo_cross/emulate/LICENSE").read_text()


@pytest.mark.parametrize("name", ["scripts/quickstart", "scripts/test", ".ci/run", "scripts/lib/setup.sh", "pygo_cross/build/toolexec.sh"])
def test_scripts(name: str) -> None:
    path = ROOT / name
    assert subprocess.run(["sh", "-n", path], check=False).returncode == 0
    assert os.access(path, os.X_OK) == (not name.endswith(".sh"))


def test_scripts_say_what_is_missing(tmp_path: Path) -> None:
    """In a copy of their own, without the interpreter that they need."""
    (tmp_path / "scripts/lib").mkdir(parents=True)
    for name in ("scripts/quickstart", "scripts/lib/setup.sh"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    for python, message in (
        ("no-such-python", "there is no no-such-python; on Debian: apt install python3 python3-venv"),
        ("false", "is too old"),
    ):
        done = subprocess.run(
            ["sh", tmp_path / "scripts/quickstart"], env={**os.environ, "PYTHON": python}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert message in done.stderr
        assert not (tmp_path / ".venv").exists()
