# SPDX-License-Identifier: BSD-3-Clause
"""Sources copied to an engine and results copied back, for engines that don't see this machine's files.

An engine on another machine (or in a virtual machine, or beside the container that we run in) can't mount our folders. Each
place is then a volume of the container's own, filled before it starts; the output folder is fetched when it has ended and put in
place of ours: whole files first, artifacts.json last, nothing where the transfer broke off. The container's volumes go with it.
"""

from __future__ import annotations

import io
import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from pygo_cross.build.container.engine import Engine
from pygo_cross.build.container.layers import human
from pygo_cross.build.container.mounts import Place, within
from pygo_cross.build.files import temporary_folder, writing
from pygo_cross.diag import EXIT_BUILD, UserError

_RECORD: Final = "artifacts.json"


def volumes(places: Iterable[Place]) -> list[str]:
    """The folders of the container that need a volume: those of the places, a file's own folder for a file."""
    targets = {place.target if os.path.isdir(place.source) else os.path.dirname(place.target) for place in places}
    writable = {place.target for place in places if place.writable}
    return sorted(
        target for target in targets if target in writable or not any(target != other and within(target, other) for other in targets)
    )


def send(engine: Engine, container: str, places: Sequence[Place], say: Callable[[str], None]) -> None:
    """Copies every place into the container, which has not started yet."""
    inner = {place.target for place in places}
    for target in volumes(places):
        with tempfile.TemporaryFile() as archive:
            for place in places:
                if place.target == target or (
                    within(place.target, target) and target == os.path.dirname(place.target) and os.path.isfile(place.source)
                ):
                    _pack(place, target, inner - {place.target}, archive)
            size = archive.tell()
            archive.seek(0)
            say(f"copies {target} to the engine: {human(size)}")
            with engine.without_limit():
                engine.client.put_archive(container, target, archive)


def _pack(place: Place, target: str, inner: set[str], out: IO[bytes]) -> None:
    """Writes the tar of one place, with paths relative to `target` and without places that lie in it and have their own."""
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        if os.path.isfile(place.source):
            _add(archive, place.source, os.path.relpath(place.target, target))
            return
        _add(archive, place.source, ".")
        for path in _walk(
            place.source,
            {os.path.join(place.source, os.path.relpath(other, place.target)) for other in inner if within(other, place.target)},
        ):
            _add(archive, path, os.path.relpath(path, place.source))


def _walk(top: str, without: set[str]) -> Iterator[str]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise UserError.one("unreadable", f"{folder}: can't be read: {error.strerror}") from None
        for entry in entries:
            yield entry.path
            if entry.is_dir(follow_symlinks=False) and entry.path not in without:
                waiting.append(entry.path)


def _add(archive: tarfile.TarFile, path: str, name: str) -> None:
    try:
        found = os.lstat(path)
        made = tarfile.TarInfo(name)
        made.mode, made.mtime, made.uid, made.gid = stat.S_IMODE(found.st_mode), int(found.st_mtime), os.getuid(), os.getgid()
        if stat.S_ISDIR(found.st_mode):
            made.type = tarfile.DIRTYPE
            archive.addfile(made)
        elif stat.S_ISLNK(found.st_mode):
            made.type, made.linkname = tarfile.SYMTYPE, os.readlink(path)
            archive.addfile(made)
        elif stat.S_ISREG(found.st_mode):
            data = Path(path).read_bytes()
            made.size = len(data)
            archive.addfile(made, io.BytesIO(data))
    except FileNotFoundError:
        return  # it went away while we looked
    except OSError as error:
        raise UserError.one("unreadable", f"{path}: can't be read: {error.strerror}") from None


def fetch(engine: Engine, container: str, places: Iterable[Place], say: Callable[[str], None]) -> None:
    """Brings the writable places to the state that they have in the container."""
    done: set[str] = set()
    for place in places:
        if not place.writable or place.source in done:
            continue
        done.add(place.source)
        folder = Path(place.source)
        with temporary_folder(folder) as scratch, tempfile.TemporaryFile() as archive:
            with engine.without_limit():
                pieces, _ = engine.client.get_archive(container, place.target)
                for piece in pieces:
                    archive.write(piece)
            say(f"copies {place.target} from the engine: {human(archive.tell())}")
            archive.seek(0)
            unpack(archive, scratch)
            settle(scratch, folder)


def unpack(archive: IO[bytes], folder: Path) -> None:
    """The folder that is the tar's one root, unpacked into `folder`: files and folders alone. Raises `UserError` for anything else."""
    try:
        with tarfile.open(fileobj=archive, mode="r:") as packed:
            for member in packed:
                # The first part is the folder's own name, or (Podman) nothing.
                parts = member.name.split("/")[1:]
                if ".." in member.name.split("/"):
                    raise _strange(member.name)
                path = folder.joinpath(*(part for part in parts if part not in ("", ".")))
                with writing(path):
                    if member.isdir():
                        path.mkdir(parents=True, exist_ok=True)
                    elif member.isreg():
                        source: Any = packed.extractfile(member)
                        with source, path.open("xb") as out:
                            shutil.copyfileobj(source, out)
                        path.chmod(member.mode & 0o777)
                    else:
                        raise _strange(member.name)
    except tarfile.TarError as error:
        raise UserError.one("engine", f"what came back from the engine is no archive: {error}", "try again", status=EXIT_BUILD) from None


def _strange(name: str) -> UserError:
    return UserError.one(
        "engine", f"what came back from the engine has an entry that can't be: {name!r}", "see the image", status=EXIT_BUILD
    )


def settle(made: Path, folder: Path) -> None:
    """Has `folder` hold what `made` holds, the record of the build last."""
    with writing(folder):
        (folder / _RECORD).unlink(missing_ok=True)
        wanted = {entry.name for entry in made.iterdir()}
        for entry in list(folder.iterdir()):
            if entry == made or entry == made.parent or entry.name in wanted:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        for entry in sorted(made.iterdir(), key=lambda entry: (entry.name == _RECORD, entry.name)):
            to = folder / entry.name
            if to.is_dir() and not to.is_symlink():
                shutil.rmtree(to)
            os.replace(entry, to)
