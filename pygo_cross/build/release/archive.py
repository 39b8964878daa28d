# SPDX-License-Identifier: BSD-3-Clause
"""Archives that are the same bytes wherever they are made.

Members are sorted by name, belong to root, carry the commit's time and one of two modes unless the configuration says
otherwise: nothing of the machine, its umask, clock, zone or locale is in them. The container formats are written by the
standard library's tarfile, zipfile, zlib and lzma; what those compress to is theirs, so an interpreter that is linked
with another implementation of zlib (zlib-ng) packs the same members into other bytes.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import posixpath
import re
import stat
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol, cast

from pygo_cross.build.artifacts import ARCHIVE, BINARY, UNIVERSAL, UPLOADABLE
from pygo_cross.build.files import writing
from pygo_cross.build.release.context import Planned, Release
from pygo_cross.build.release.globs import BadPattern, find_files, has_magic
from pygo_cross.build.release.outputs import Archive, ArchiveFile, FileInfo
from pygo_cross.diag import Pos
from pygo_cross.records import usage_error

_REST: Final = (
    "_{{ .Version }}_{{ .Os }}_{{ .Arch }}{{ with .Arm }}v{{ . }}{{ end }}{{ with .Mips }}_{{ . }}{{ end }}"
    '{{ if not (eq .Amd64 "v1" "") }}{{ .Amd64 }}{{ end }}{{ if not (eq .Arm64 "v8.0" "") }}_{{ .Arm64 }}{{ end }}'
)
NAME: Final = "{{ .ProjectName }}" + _REST
BINARY_NAME: Final = "{{ .Binary }}" + _REST
META_NAME: Final = "{{ .ProjectName }}_{{ .Version }}"
FILES: Final = ("license*", "LICENSE*", "readme*", "README*", "changelog*", "CHANGELOG*")
_CHUNK: Final = 1 << 20
_ZIP_FIRST: Final = 315532800  # 1980-01-01: a zip archive knows no time before
_ZIP_LAST: Final = 4354819198  # 2107-12-31T23:59:58


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file of an archive: its name there, and where it comes from: a file of the project, or an artifact."""

    name: str
    source: Path
    digest_of: Planned | None = None
    owner: str = "root"
    group: str = "root"
    mode: int = 0o644
    mtime: int = 0


# ---- planning


def plan(release: Release) -> list[Planned]:
    """One archive for each record, target and format."""
    items: list[Planned] = []
    ids: dict[str, Pos] = {}
    for record in release.config.project.archives:
        if ids.setdefault(record.id, record.place("id")) is not record.place("id"):
            first = ids[record.id]
            release.wrong(record.place("id"), "duplicate-id", f"a second archive called {record.id}; the first is at line {first.line}")
        items += _plan_record(release, record)
    return items


def _plan_record(release: Release, record: Archive) -> list[Planned]:
    known = {item.build for item in release.find(BINARY)} | {item.id for item in release.find(UNIVERSAL)}
    for at, name in enumerate(record.ids):
        if name not in known and name not in release.all_ids():
            release.wrong(
                record.place(f"ids[{at}]"), "unknown-id", f"ids: no build is called {name}", "there are " + ", ".join(release.all_ids())
            )
    if record.meta:
        return [item for name in record.formats for item in _plan_one(release, record, name, ())]
    groups: dict[tuple[str, str], list[Planned]] = {}
    for item in release.packable(record.ids):
        groups.setdefault((item.target, item.variant), []).append(item)
    if len({len(group) for group in groups.values()}) > 1 and not record.allow_different_binary_count:
        counts = ", ".join(f"{target} {len(group)}" for (target, _), group in sorted(groups.items()))
        release.wrong(
            record.place(),
            "different-counts",
            f"archives of different targets would have different numbers of binaries: {counts}",
            "give the builds the same targets, split the archive by ids, or set allow_different_binary_count",
        )
    items: list[Planned] = []
    for (target, _), group in sorted(groups.items()):
        formats: Sequence[str] = record.formats
        for override in record.format_overrides:
            if override.goos == target.partition("/")[0]:
                formats = override.formats
        for name in formats:
            items += _plan_one(release, record, name, group)
    return items


def _plan_one(release: Release, record: Archive, form: str, group: Sequence[Planned]) -> list[Planned]:
    pos = record.place("name_template")
    if form == "none" or (form == "binary" and record.meta):
        return []
    if form == "binary":
        names = [release.expand(record.name_template or BINARY_NAME, pos, item) for item in group]
        return [
            Planned(
                type=UPLOADABLE,
                path=name,
                pos=pos,
                record=record,
                id=record.id,
                build=item.build,
                target=item.target,
                variant=item.variant,
                inputs=(item,),
                extra={**item.extra, "Format": form},
            )
            for name, item in zip(names, group, strict=True)
        ]
    sample = group[0] if group else None
    name = release.expand(record.name_template or (NAME if group else META_NAME), pos, sample)
    wrap = record.wrap_in_directory
    folder = name if wrap is True else release.expand(wrap, record.place("wrap_in_directory"), sample) if wrap else ""
    members = _members(release, record, group, folder, form)
    if not members:
        release.wrong(record.place("files"), "nothing-to-do", "an archive with nothing in it", "name its files")
    return [
        Planned(
            type=ARCHIVE,
            path=f"{name}.{form}",
            pos=pos,
            record=record,
            id=record.id,
            build=group[0].build if len(group) == 1 else "",
            target=group[0].target if group else "",
            variant=group[0].variant if group else "",
            inputs=tuple(group),
            extra={"Format": form, "WrappedIn": folder, "Binaries": [item.extra["Binary"] for item in group]},
            data=members,
        )
    ]


def _members(release: Release, record: Archive, group: Sequence[Planned], folder: str, form: str) -> list[Member]:
    """The members of an archive, sorted by name."""
    sample = group[0] if group else None
    members: dict[str, Member] = {}

    def add(name: str, pos: Pos, **about: Any) -> None:
        inside = posixpath.normpath(posixpath.join(folder, name)) if folder else posixpath.normpath(name)
        if name.startswith("/") or folder.startswith("/") or inside.split("/")[0] in ("..", ".", "") or "\0" in inside:
            release.wrong(pos, "bad-value", f"{name!r} leads out of the archive", "name a path inside it")
            return
        if form == "zip" and "\\" in inside:
            release.wrong(pos, "bad-value", f"{name!r} has a backslash, which in a zip archive is a folder", "rename it")
            return
        member = Member(name=inside, **about)
        other = members.setdefault(inside, member)
        if other.source != member.source:
            release.wrong(pos, "duplicate-name", f"{inside!r} would be twice in the archive: {other.source} and {member.source}")

    info = record.builds_info
    for item in group:
        name = str(item.extra["Binary"])
        about = _about(release, info, sample, 0o755)
        add(
            name,
            item.pos,
            source=release.path(item),
            digest_of=item,
            **about,
        )
    wanted = record.files or tuple(ArchiveFile(src=glob, places={"": record.place()}) for glob in FILES)
    for file in wanted:
        pos = file.place("src")
        pattern = release.expand(file.src, pos, sample)
        try:
            found = find_files(release.config.folder, pattern, release.dist)
        except BadPattern as error:
            release.wrong(pos, "bad-pattern", f"files: {error.message}", error.hint)
            continue
        plain = not has_magic(pattern)
        prefix = (
            posixpath.normpath(pattern) if plain else posixpath.commonpath([posixpath.dirname(path) for path in found]) if found else ""
        )
        into = release.expand(file.dst, file.place("dst"), sample)
        for path in found:
            if file.strip_parent:
                name = posixpath.join(into, posixpath.basename(path))
            elif into:
                name = posixpath.normpath(posixpath.join(into, posixpath.relpath(path, prefix or ".")))
            else:
                name = path
            source = Path(os.path.realpath(release.config.folder / path))
            mode = 0o755 if os.access(source, os.X_OK) and source.stat().st_mode & 0o111 else 0o644
            add(name, file.place("dst") if into else pos, source=source, **_about(release, file.info, sample, mode))
    return [members[name] for name in sorted(members)]


def _about(release: Release, info: FileInfo, sample: Planned | None, mode: int) -> dict[str, Any]:
    """Owner, group, mode and time as the configuration has them."""
    mtime = release.epoch
    if info.mtime:
        mtime = _seconds(release, release.expand(info.mtime, info.place("mtime"), sample), info.place("mtime"))
    return {
        "owner": release.expand(info.owner, info.place("owner"), sample) or "root",
        "group": release.expand(info.group, info.place("group"), sample) or "root",
        "mode": int(info.mode, 8) if info.mode else mode,
        "mtime": mtime,
    }


def _seconds(release: Release, text: str, pos: Pos) -> int:
    """A time as seconds since 1970."""
    if re.fullmatch(r"[0-9]{1,11}", text):
        return int(text)
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            raise ValueError
        return int(when.timestamp())
    except (ValueError, OverflowError):
        release.wrong(pos, "bad-value", f"mtime: expected a time such as 2006-01-02T15:04:05Z, found {text[:60]!r}")
        return 0


# ---- making


def make(release: Release, item: Planned, out: Path) -> None:
    """Writes an archive, or a copy of a binary that is published as it is."""
    with writing(release.path(item)):
        if item.type == UPLOADABLE:
            member = Member(name=item.name, source=release.path(item.inputs[0]), digest_of=item.inputs[0])
            with out.open("xb") as file, _contents(release, member) as contents:
                for piece in contents:
                    file.write(piece)
            out.chmod(0o755)
            return
        with out.open("xb") as file:
            WRITERS[item.extra["Format"]](file, item.data, lambda member: _contents(release, member))


Contents = Callable[[Member], Any]


@contextmanager
def _contents(release: Release, member: Member) -> Iterator[Iterator[bytes]]:
    """The pieces of a member's bytes. An artifact's are held to its digest: what is packed is what was built."""
    try:
        handle = os.open(member.source, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise usage_error("unreadable", f"{member.source}: can't be read: {error.strerror}") from None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise usage_error("unreadable", f"{member.source}: is no regular file", "leave it out")
        digest = hashlib.sha256()

        def pieces() -> Iterator[bytes]:
            while piece := file.read(_CHUNK):
                digest.update(piece)
                yield piece

        yield pieces()
        if member.digest_of is not None and digest.hexdigest() != release.made(member.digest_of).sha256:
            raise usage_error("changed", f"{member.source} is not the file that was built", "build again")


class _Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


class _Piped:
    """What tarfile writes to: passes bytes on through a compressor, and knows how many there were."""

    def __init__(self, file: IO[bytes], compress: Any) -> None:
        self.file, self.compress, self.at, self.crc = file, compress, 0, 0

    def write(self, data: bytes) -> int:
        """Takes bytes."""
        self.at += len(data)
        self.crc = zlib.crc32(data, self.crc)
        self.file.write(self.compress.compress(data))
        return len(data)

    def tell(self) -> int:
        """Bytes so far, before compression."""
        return self.at

    def end(self) -> None:
        """No more bytes."""
        self.file.write(self.compress.flush())


def _write_tar(file: IO[bytes], members: Sequence[Member], contents: Contents) -> None:
    with tarfile.TarFile(fileobj=file, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8", errors="strict") as tar:
        for member in members:
            with contents(member) as pieces:
                about = tarfile.TarInfo(member.name)
                about.size = member.source.stat().st_size
                about.mode, about.mtime, about.uname, about.gname = member.mode, member.mtime, member.owner, member.group
                tar.addfile(about, cast(IO[bytes], _Reader(pieces)))


class _Reader:
    """Pieces as a file that is read from front to back."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces, self.rest = pieces, b""

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, or what there is."""
        parts, have = [self.rest], len(self.rest)
        while have < size and (piece := next(self.pieces, b"")):
            parts.append(piece)
            have += len(piece)
        data = b"".join(parts)
        self.rest = data[size:]
        return data[:size]


def _write_gz(file: IO[bytes], members: Sequence[Member], contents: Contents) -> None:
    # No name, no time; 2: slowest algorithm, 255: unknown system.
    file.write(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff")
    piped = _Piped(file, zlib.compressobj(9, zlib.DEFLATED, -15, 8))
    _write_tar(cast(IO[bytes], piped), members, contents)
    piped.end()
    file.write(struct.pack("<II", piped.crc, piped.at & 0xFFFFFFFF))


def _write_xz(file: IO[bytes], members: Sequence[Member], contents: Contents) -> None:
    piped = _Piped(file, lzma.LZMACompressor(lzma.FORMAT_XZ, lzma.CHECK_CRC64, preset=6))
    _write_tar(cast(IO[bytes], piped), members, contents)
    piped.end()


def _write_zip(file: IO[bytes], members: Sequence[Member], contents: Contents) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for member in members:
            when = time.gmtime(min(max(member.mtime, _ZIP_FIRST), _ZIP_LAST))
            about = zipfile.ZipInfo(member.name, when[:6])
            about.create_system = 3  # Unix, wherever this runs
            about.external_attr = (stat.S_IFREG | member.mode) << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            about.file_size = member.source.stat().st_size
            with contents(member) as pieces, packed.open(about, "w") as inner:
                for piece in pieces:
                    inner.write(piece)


WRITERS: Final[Mapping[str, Callable[[IO[bytes], Sequence[Member], Contents], None]]] = {
    "tar": _write_tar,
    "tar.gz": _write_gz,
    "tgz": _write_gz,
    "tar.xz": _write_xz,
    "txz": _write_xz,
    "zip": _write_zip,
}
