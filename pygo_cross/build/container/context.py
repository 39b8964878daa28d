# SPDX-License-Identifier: BSD-3-Clause
"""What our Dockerfile is built from, as the one tar file that an engine is sent.

In a checkout that is the checkout, less what its .dockerignore leaves out. An installed package has all of the same: the small files
at the top of a checkout travel in the wheel (`pygo_cross/data/image`, see pyproject.toml), the rest is the package itself. Either
way the same tree gives the same bytes: sorted, owned by root, without times, so that the engine's own cache is hit.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from pygo_cross.diag import UserError
from pygo_cross.records import usage_error

PACKAGE: Final = Path(__file__).resolve().parent.parent.parent
"""The folder of the package pygo_cross."""
WHEELHOUSE: Final = "build/wheelhouse"
"""Where the Dockerfile expects wheels, in the context."""


def checkout() -> Path | None:
    """The checkout that this package runs from, None where it is installed."""
    root = PACKAGE.parent
    return root if (root / "Dockerfile").is_file() and (root / "pyproject.toml").is_file() else None


def sources() -> dict[str, Path]:
    """What the image is made of: paths in the context to files here. Raises `UserError` where this installation lacks it."""
    root = checkout()
    if root is not None:
        return _of_checkout(root)
    top = PACKAGE / "data/image"
    if not (top / "Dockerfile").is_file():
        raise usage_error("no-dockerfile", f"there is no Dockerfile in {top}", "install pygo-cross again, or run it in a checkout")
    found = {path.name: path for path in top.iterdir() if path.is_file()}
    found.update(_tree(PACKAGE, "pygo_cross", skip=("data/image", "data/targets")))
    found.update(_tree(PACKAGE / "data/targets", "targets"))
    return found


def dockerfile() -> str:
    """The text of the Dockerfile."""
    path = sources()["Dockerfile"]
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise usage_error("unreadable", f"{path}: can't be read: {error}") from None


def _of_checkout(root: Path) -> dict[str, Path]:
    from docker.utils.build import exclude_paths

    ignore = root / ".dockerignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    names = sorted(exclude_paths(str(root), patterns))
    # Wheels come by --wheelhouse alone; what lies about in a checkout might be of another release.
    found = {name: root / name for name in names if not name.startswith((WHEELHOUSE, ".git/")) and name != ".dockerignore"}
    return {name: path for name, path in found.items() if path.is_file() and not path.is_symlink()}


def _tree(folder: Path, name: str, skip: tuple[str, ...] = ()) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in folder.rglob("*"):
        relative = path.relative_to(folder).as_posix()
        if path.is_file() and "__pycache__" not in path.parts and not relative.startswith(tuple(f"{item}/" for item in skip)):
            found[f"{name}/{relative}"] = path
    return found


def wheels(folder: Path) -> dict[str, Path]:
    """The wheels of a wheelhouse, by their paths in the context. Raises `UserError` where there are none."""
    try:
        there = [path for path in folder.iterdir() if path.name.endswith((".whl", ".tar.gz")) and path.is_file()]
    except OSError as error:
        raise usage_error("unreadable", f"--wheelhouse {folder}: can't be read: {error.strerror}") from None
    if not there:
        hint = f"fill it: python3 -m pip wheel --wheel-dir {folder} pygo-cross"
        raise usage_error("no-wheels", f"--wheelhouse {folder}: there are no wheels in it", hint)
    return {f"{WHEELHOUSE}/{path.name}": path for path in there}


def write_tar(files: dict[str, Path], out: IO[bytes]) -> None:
    """Writes the context. Raises `UserError` for a file that can't be read."""
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in _folders(files):
            made = tarfile.TarInfo(name)
            made.type, made.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(made)
        for name, path in sorted(files.items()):
            made = tarfile.TarInfo(name)
            try:
                data = path.read_bytes()
                made.mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
            except OSError as error:
                raise UserError.one("unreadable", f"{path}: can't be read: {error.strerror}") from None
            made.size = len(data)
            archive.addfile(made, io.BytesIO(data))


def _folders(files: dict[str, Path]) -> Iterator[str]:
    seen: set[str] = set()
    for name in files:
        parent = os.path.dirname(name)
        while parent and parent not in seen:
            seen.add(parent)
            parent = os.path.dirname(parent)
    yield from sorted(seen)
