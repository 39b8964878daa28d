# SPDX-License-Identifier: BSD-3-Clause
"""The wheel has what a checkout has: the targets, the schema, the script for the go command, both licences."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_contents(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"pygo_cross/data/targets/{path.name}" for path in (ROOT / "targets").glob("*.yaml")}
    expected |= {"pygo_cross/data/toolchain.schema.json", "pygo_cross/build/toolexec.sh", "pygo_cross/emulate/LICENSE"}
    expected |= {str(path.relative_to(ROOT)) for path in (ROOT / "pygo_cross").rglob("*.py")}
    assert expected <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/")]
    assert {name.split("/")[-1] for name in names if ".dist-info/licenses/" in name} == {"LICENSE"}
    assert len([name for name in names if ".dist-info/licenses/" in name and name.endswith("LICENSE")]) == 2


def test_programs(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (entry_points,) = [name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")]
    programs = {line.split(" = ")[0] for line in archive.read(entry_points).decode().splitlines() if " = " in line}
    assert programs == {"pygo-cross", *(f"go_{path.stem}_exec" for path in (ROOT / "targets").glob("[a-z]*.yaml"))}


def test_it_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pygo_cross.target import load_targets, targets_folder\n"
        "print(targets_folder(), *load_targets())\n"
    )
    command = [sys.executable, "-P", "-c", code, str(tmp_path / "site")]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        str(tmp_path / "site/pygo_cross/data/targets"),
        "darwin/amd64",
        "darwin/arm64",
        "linux/amd64",
        "linux/arm64",
    ]
