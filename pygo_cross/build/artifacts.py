# SPDX-License-Identifier: BSD-3-Clause
"""The record of a finished build: dist/artifacts.json and the list of checksums.

Both are written last, when every artifact is in its place, and taken away before the first one changes: where they are,
the folder holds one complete build. They carry no time and no path of the machine, so that equal builds leave equal
records; `smoke` adds what its runs did.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from pygo_cross import GO_RELEASE, __version__
from pygo_cross.build.files import make_folder, sha256_of, write_json, write_whole, writing
from pygo_cross.diag import UserError
from pygo_cross.records import usage_error

RECORD: Final = "artifacts.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One binary in the output folder. `path` is relative to it, with slashes; `size` in bytes; `sha256` in hexadecimal.

    `stages` says who did what (compile, assemble, link); `smoke` is the transcript of its runs, None before any.
    """

    build: str
    target: str
    variant: str
    path: str
    size: int
    sha256: str
    stages: dict[str, str]
    smoke: list[dict[str, Any]] | None = field(default=None)

    @property
    def label(self) -> str:
        """Build and target, for people."""
        return f"{self.build} {self.target}"


def open_folder(dist: Path) -> None:
    """Makes the output folder ready: there, ignored by git, and without the record of an earlier build."""
    make_folder(dist)
    if not (dist / ".gitignore").exists():
        # Or else the first build would make the next one's version stamp say `modified`.
        write_whole(dist / ".gitignore", b"*\n")
    forget(dist)


def forget(dist: Path) -> None:
    """Takes the record of an earlier build away, with its checksum list."""
    with contextlib.suppress(UserError):
        name = read_record_file(dist).get("checksums")
        if isinstance(name, str) and "/" not in name:
            with writing(dist / name):
                (dist / name).unlink(missing_ok=True)
    with writing(dist / RECORD):
        (dist / RECORD).unlink(missing_ok=True)


def save(dist: Path, project: str, checksums: str, artifacts: Sequence[Artifact], facts: Mapping[str, str]) -> None:
    """Writes both records; `checksums` is the list's file name, `facts` what templates were told about the commit."""
    lines = "".join(f"{artifact.sha256}  {artifact.path}\n" for artifact in sorted(artifacts, key=lambda artifact: artifact.path))
    write_whole(dist / checksums, lines.encode())
    record = {
        "version": 1,
        "project": project,
        "go": GO_RELEASE,
        "tool": f"pygo-cross {__version__}",
        "checksums": checksums,
        "facts": dict(facts),
        "artifacts": [asdict(artifact) for artifact in artifacts],
    }
    write_json(dist / RECORD, record)


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
        and record.get("version") == 1
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
            path = dist / artifact.path
            same = path.is_file() and sha256_of(path) == artifact.sha256
        except (TypeError, ValueError):
            raise usage_error("bad-record", f"{dist / RECORD} is not a record of pygo-cross", "build again") from None
        except OSError as error:
            raise usage_error("unreadable", f"{dist / artifact.path}: can't be read: {error.strerror}") from None
        if not same:
            raise usage_error("changed", f"{path} is not the file that was built", "build again")
        artifacts.append(artifact)
    return artifacts


def save_smoke(dist: Path, transcripts: dict[str, list[dict[str, Any]]]) -> None:
    """Adds transcripts, by the artifact's path, to the record."""
    record = read_record_file(dist)
    for entry in record["artifacts"]:
        if entry["path"] in transcripts:
            entry["smoke"] = transcripts[entry["path"]]
    write_json(dist / RECORD, record)
