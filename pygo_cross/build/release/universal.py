# SPDX-License-Identifier: BSD-3-Clause
"""Universal macOS binaries: the files of both architectures in one, as lipo puts them together.

The header and its table are big-endian (xnu, EXTERNAL_HEADERS/mach-o/fat.h). Each slice begins at a multiple of its
architecture's page size, so that the kernel can map it; slices are in the order of their alignment and arm64 comes last,
as with lipo. The 64-bit table is for files in which a slice lies beyond 4 GiB.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pygo_cross.build.artifacts import BINARY, UNIVERSAL
from pygo_cross.build.files import writing
from pygo_cross.build.matrix import pairs_of
from pygo_cross.build.release.context import ALL, Planned, Release
from pygo_cross.build.release.outputs import UniversalBinary
from pygo_cross.diag import Pos
from pygo_cross.records import usage_error

FAT_MAGIC: Final = 0xCAFEBABE
FAT_MAGIC_64: Final = 0xCAFEBABF
_MACHO_64: Final = 0xFEEDFACF
_ALIGN: Final = {0x01000007: 12, 0x0100000C: 14}  # amd64: 4 KiB pages; arm64: 16 KiB
_ARM64: Final = 0x0100000C
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Slice:
    """A thin file: its cpu, its size in bytes, and the power of two that its place is a multiple of."""

    cpu: int
    subtype: int
    size: int
    align: int


def slice_of(head: bytes, size: int) -> Slice:
    """What the first 12 bytes of a Mach-O file say. Raises `ValueError` for any other file."""
    if len(head) < 12:
        raise ValueError("too short for a Mach-O file")
    magic, cpu, subtype = struct.unpack("<III", head[:12])
    if magic != _MACHO_64 or cpu not in _ALIGN:
        raise ValueError("no 64-bit Mach-O file for amd64 or arm64")
    return Slice(cpu, subtype, size, _ALIGN[cpu])


def layout(slices: Sequence[Slice]) -> tuple[bytes, list[int]]:
    """The header of a fat file with these slices, and where each begins. Slices are in the file's order."""
    for wide in (False, True):
        at = 8 + len(slices) * (32 if wide else 20)
        offsets: list[int] = []
        for part in slices:
            at = -(-at // (1 << part.align)) << part.align
            offsets.append(at)
            at += part.size
        if wide or not slices or max(max(offsets), max(part.size for part in slices)) < 1 << 32:
            break
    header = struct.pack(">II", FAT_MAGIC_64 if wide else FAT_MAGIC, len(slices))
    for part, offset in zip(slices, offsets, strict=True):
        header += struct.pack(">IIQQI" if wide else ">IIIII", part.cpu, part.subtype, offset, part.size, part.align) + bytes(4 * wide)
    return header, offsets


def join(files: Sequence[tuple[IO[bytes], int]], out: IO[bytes]) -> list[str]:
    """Writes the fat file of thin files, each with its size. Returns their SHA-256. Raises `ValueError`."""
    parts = [(slice_of(file.read(12), size), at) for at, (file, size) in enumerate(files)]
    parts.sort(key=lambda part: (part[0].cpu == _ARM64, part[0].align))
    if len({part.cpu for part, _ in parts}) != len(parts):
        raise ValueError("two files for one architecture")
    header, offsets = layout([part for part, _ in parts])
    out.write(header)
    written = len(header)
    digests = [""] * len(files)
    for (part, at), offset in zip(parts, offsets, strict=True):
        out.write(bytes(offset - written))
        file, digest, left = files[at][0], hashlib.sha256(), part.size
        file.seek(0)
        while left and (piece := file.read(min(left, _CHUNK))):
            out.write(piece)
            digest.update(piece)
            left -= len(piece)
        if left:
            raise ValueError("a file became shorter")
        digests[at] = digest.hexdigest()
        written = offset + part.size
    return digests


def plan(release: Release) -> list[Planned]:
    """One binary for each record, of the macOS binaries that are planned now."""
    items: list[Planned] = []
    ids: dict[str, Pos] = {}
    for record in release.config.project.universal_binaries:
        name = record.id or release.config.project.project
        if ids.setdefault(name, record.place("id")) is not record.place("id"):
            where = f"the first is at line {ids[name].line}"
            release.wrong(record.place("id"), "duplicate-id", f"a second universal binary called {name}; {where}", "give each its own id")
        items += _plan_record(release, record, name)
    return items


def _plan_record(release: Release, record: UniversalBinary, name: str) -> list[Planned]:
    ids = record.ids or (name,)
    builds = {build.id or release.config.project.project: build for build in release.builds()}
    unknown = [(at, build) for at, build in enumerate(ids) if build not in builds]
    for at, build in unknown:
        pos = record.place(f"ids[{at}]") if record.ids else record.place("id")
        release.wrong(pos, "unknown-id", f"no build is called {build}", "there are " + ", ".join(builds))
    if unknown:
        return []
    pairs = [pair for build in ids for pair in pairs_of(builds[build]) if pair[0].startswith("darwin/")]
    if sorted(target for target, _ in pairs) != ["darwin/amd64", "darwin/arm64"]:
        found = ", ".join(f"{target}_{variant}" for target, variant in sorted(pairs)) or "none"
        release.wrong(
            record.place(),
            "bad-value",
            f"a universal binary needs one binary for darwin/amd64 and one for darwin/arm64, found {found}",
            "name the builds under ids, or correct their targets",
        )
        return []
    inputs = tuple(item for item in release.find(BINARY, ids=ids) if item.goos == "darwin")
    if len(inputs) != 2:
        return []  # --target or --single-target left one out
    template, pos = record.name_template, record.place("name_template")
    sample = inputs[0]
    fat = Planned(type=UNIVERSAL, path="", target=f"darwin/{ALL}", build=sample.build, extra=sample.extra)
    file = release.expand(template, pos, fat)
    if "/" in file:
        release.wrong(pos, "bad-value", f"{file!r} can't be a file's name", "correct name_template")
        return []
    return [
        Planned(
            type=UNIVERSAL,
            path=f"{name}_darwin_{ALL}/{file}",
            pos=pos,
            record=record,
            id=name,
            build=sample.build if len(set(ids)) == 1 else "",
            target=f"darwin/{ALL}",
            inputs=inputs,
            extra={"Binary": file, "Replaces": record.replace},
        )
    ]


def make(release: Release, item: Planned, out: Path) -> None:
    """Writes the fat file, of the bytes that were built and no others."""
    paths = [release.path(part) for part in item.inputs]
    with writing(release.path(item)), paths[0].open("rb") as first, paths[1].open("rb") as second, out.open("xb") as file:
        try:
            digests = join([(first, paths[0].stat().st_size), (second, paths[1].stat().st_size)], file)
        except ValueError as error:
            raise usage_error("changed", f"{item.path}: {error}", "build again") from None
        for part, digest in zip(item.inputs, digests, strict=True):
            if digest != release.made(part).sha256:
                raise usage_error("changed", f"{release.path(part)} is not the file that was built", "build again")
        out.chmod(0o755)
