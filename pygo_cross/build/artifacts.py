# SPDX-License-Identifier: BSD-3-Clause
"""The record of a finished build, dist/artifacts.json, and the files it vouches for.

The record is written last, when every artifact is in its place, and taken away before the first one changes: where it
is, the folder holds one complete build. It carries no time and no path of the machine, so that equal builds leave equal
records; `smoke` adds what its runs did.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from pygo_cross import GO_RELEASE, __version__
from pygo_cross.build.files import locked, sha256_of, write_json
from pygo_cross.records import usage_error

RECORD: Final = "artifacts.json"
VERSION: Final = 2


# Types, in GoReleaser's words.
BINARY: Final = "Binary"
UNIVERSAL: Final = "Universal Binary"
UPLOADABLE: Final = "Uploadable Binary"
ARCHIVE: Final = "Archive"
SBOM: Final = "SBOM"
IMAGE: Final = "Docker Image"
CHECKSUM: Final = "Checksum"
REPORT: Final = "Report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One thing in the output folder: a file, or the folder of an image.

    `path` is relative to the folder, with slashes; `size` in bytes; `sha256` in hexadecimal (of a folder, see `digest_of`).
    `build` is the build's id, `id` that of the record that asked for it; `target` is os/arch. `contains` has the digests
    of the artifacts inside. `stages` says who did what (compile, assemble, link) for binaries; `smoke` is the transcript of
    their runs, None before any. `extra` has what only some types have.
    """

    type: str = BINARY
    name: str = ""
    path: str
    size: int
    sha256: str
    id: str = ""
    build: str = ""
    target: str = ""
    goos: str = ""
    goarch: str = ""
    variant: str = ""
    contains: list[str] = field(default_factory=list)
    stages: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    smoke: list[dict[str, Any]] | None = field(default=None)

    @property
    def label(self) -> str:
        """What it is, for people."""
        return f"{self.build} {self.target}" if self.type == BINARY else self.path


def digest_of(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file. Of a folder: of all its files together, and of the list of their sums in the order of their
    paths, each line as `sha256sum` writes it."""
    if not path.is_dir() or path.is_symlink():
        return path.stat().st_size, sha256_of(path)
    size, lines = 0, []
    for file in sorted(path.rglob("*"), key=lambda file: file.relative_to(path).as_posix()):
        if file.is_file() and not file.is_symlink():
            size += file.stat().st_size
            lines.append(f"{sha256_of(file)}  {file.relative_to(path).as_posix()}\n")
        elif not file.is_dir() or file.is_symlink():
            raise OSError(22, "neither a file nor a folder", str(file))
    return size, hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def record_of(project: str, artifacts: Iterable[Artifact], facts: Mapping[str, str]) -> dict[str, Any]:
    """What artifacts.json says; `facts` is what templates were told about the commit."""
    return {
        "version": VERSION,
        "project": project,
        "go": GO_RELEASE,
        "tool": f"pygo-cross {__version__}",
        "facts": dict(facts),
        "artifacts": [asdict(artifact) for artifact in artifacts],
    }


def read_record_file(dist: Path) -> dict[str, Any]:
    """artifacts.json as it is. Raises `UserError` where there is none, or it is not one of ours."""
    path = dist / RECORD
    try:
        record = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise usage_error("not-built", f"{path} is not there", "run pygo-cross build first") from None
    except OSError as error:
        raise usage_error("unreadable", f"{path}: can't be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        record = None
    if not (
        isinstance(record, dict)
        and record.get("version") == VERSION
        and isinstance(record.get("artifacts"), list)
        and isinstance(record.get("facts"), dict)
    ):
        raise usage_error("bad-record", f"{path} is not a record of pygo-cross", "build again")
    return record


def load(dist: Path) -> list[Artifact]:
    """The artifacts of the finished build in `dist`, each checked to be the file it was. Raises `UserError`."""
    artifacts: list[Artifact] = []
    for entry in read_record_file(dist)["artifacts"]:
        try:
            artifact = Artifact(**entry)
            if artifact.path.startswith("/") or not {"", ".", ".."}.isdisjoint(artifact.path.split("/")):
                raise ValueError
            same = still(dist, artifact)
        except (TypeError, ValueError, AttributeError):
            raise usage_error("bad-record", f"{dist / RECORD} is not a record of pygo-cross", "build again") from None
        if not same:
            raise usage_error("changed", f"{dist / artifact.path} is not the file that was built", "build again")
        artifacts.append(artifact)
    return artifacts


def still(dist: Path, artifact: Artifact) -> bool:
    """Whether an artifact is there and has the bytes that were recorded. Raises `UserError` where it can't be read."""
    path = dist / artifact.path
    try:
        return path.exists() and digest_of(path)[1] == artifact.sha256
    except OSError as error:
        raise usage_error("unreadable", f"{path}: can't be read: {error.strerror}") from None


def save_smoke(dist: Path, transcripts: Mapping[str, tuple[str, list[dict[str, Any]]]]) -> None:
    """Adds transcripts to the record: by the artifact's path, the digest of what ran and the transcript. Raises `UserError` where another
    build has taken its place since."""
    with locked(dist, wait=True):
        record = read_record_file(dist)
        for entry in record["artifacts"]:
            digest, transcript = transcripts.get(entry["path"], ("", []))
            if digest and entry["sha256"] != digest:
                raise usage_error("changed", f"{dist / entry['path']} is not the file that ran: {dist} was built again", "run smoke again")
            if digest:
                entry["smoke"] = transcript
        write_json(dist / RECORD, record)
