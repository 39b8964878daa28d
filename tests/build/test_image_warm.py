# SPDX-License-Identifier: BSD-3-Clause
"""What the image's cache has of our assembler and compiler: made by the files that the Dockerfile copies, and found by `builder: pygo`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pygo_cross.build.builders import toolexec_flag, toolexec_variables
from pygo_cross.build.goroot import find_goroot, go_environment
from pygo_cross.build.image import compiled, gocache, goroot
from pygo_cross.frontend.record import Record, Store

ROOT = Path(__file__).parent.parent.parent
GOROOT = find_goroot()
# One package with assembly and one without, which need no other.
PACKAGES = ("internal/cpu", "unicode/utf8")
TARGET = "linux/arm64"


def build(env: dict[str, str], *flags: str, packages: Sequence[str] = PACKAGES) -> list[str]:
    """Builds packages; which of them were compiled and not found."""
    command = [str(GOROOT / "bin/go"), "build", "-trimpath", "-x", *flags, *packages]
    done = subprocess.run(command, env=env, cwd=GOROOT / "src", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return sorted(re.findall(r"/compile -o \S+ .*? -p (\S+) ", done.stderr))


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout as the stage `compiled` of the Dockerfile has it, which has all of `assembled`."""
    folder = tmp_path_factory.mktemp("stage")
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = text[text.index("AS goroot") : text.index("AS rootfs")].splitlines()
    for line in lines:
        if not line.startswith("COPY "):
            continue
        *sources, place = line.split()[1:]
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder / place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (folder / place).mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, folder / place)
    return folder


def warm(copied: Path, module: str, base: Path, out: Path, target: str, packages: Sequence[str] = PACKAGES) -> None:
    """Runs what a stage of the Dockerfile runs, for some packages."""
    program = f"import sys; from pathlib import Path; from pygo_cross.build.image.{module} import warm; "
    program += "warm(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), [sys.argv[4]], sys.argv[5:])"
    command = [sys.executable, "-P", "-S", "-c", program, str(GOROOT), str(base), str(out), target, *packages]
    made = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(copied)}, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr


def test_the_builder_finds_what_the_image_has(copied: Path, tmp_path: Path) -> None:
    base, own, merged, above = (tmp_path / name for name in ("base", "own", "merged", "above"))
    base.mkdir()
    assert build(goroot.environment(GOROOT, base, TARGET)) == list(PACKAGES)
    goroot.freeze(base, goroot.release_time(GOROOT))
    stock = {path.name for path in base.rglob("*-a")}
    warm(copied, "assembled", base, own, TARGET)
    new = {path.name for path in own.rglob("*-a")}
    assert new and not new & stock
    # In the image, both layers are one folder.
    shutil.copytree(base, merged)
    shutil.copytree(own, merged, dirs_exist_ok=True)
    goos, _, goarch = TARGET.partition("/")
    env = go_environment(GOROOT, {"GOOS": goos, "GOARCH": goarch}, {})
    env |= {"GOCACHE": str(above), "GOCACHEPROG": f"{sys.executable} -ISs {gocache.__file__} {merged}"}
    assert build(env | toolexec_variables("all"), toolexec_flag()) == []
    assert build(env) == []
    # Without the new layer there is something to do, and only what has assembly.
    env["GOCACHEPROG"] = f"{sys.executable} -ISs {gocache.__file__} {base}"
    assert build(env | toolexec_variables("all"), toolexec_flag()) == ["internal/cpu"]


def test_the_builder_finds_what_our_compiler_made(copied: Path, tmp_path: Path) -> None:
    """Archives and records: without the latter, a package that imports these could not be compiled."""
    base, out, above, scratch = (tmp_path / name for name in ("base", "out", "above", "scratch"))
    base.mkdir()
    packages = ("internal/bytealg", "unicode/utf8")
    warm(copied, "compiled", base, out, "linux/amd64", packages)
    env = go_environment(GOROOT, {"GOOS": "linux", "GOARCH": "amd64"}, {})
    env |= {"GOCACHE": str(above), "GOCACHEPROG": f"{sys.executable} -ISs {gocache.__file__} {out / goroot.CACHE[1:]}"}
    env |= {"PYGO_CROSS_CACHE": str(scratch), "PYTHONPATH": str(ROOT)}
    assert build(env | toolexec_variables(""), toolexec_flag(), packages=packages) == []
    stock = ["internal/bytealg", "internal/cpu", "unicode/utf8"]
    assert build(env | toolexec_variables("all"), toolexec_flag(), packages=packages) == stock
    folder = out / compiled.RECORDS[1:]
    names = {path.parent.name + path.name: path for path in folder.rglob("*") if path.is_file()}
    store = Store(None, shipped=folder)
    paths = {Record.decode(store.get(name) or b"").path: path for name, path in names.items()}
    spoiled = paths["internal/cpu"]  # which internal/bytealg imports
    spoiled.write_bytes(spoiled.read_bytes() + b"?")
    assert Store(None, shipped=folder).get(spoiled.parent.name + spoiled.name) is None
