# SPDX-License-Identifier: BSD-3-Clause
"""From what people name to binaries: files, archives and folders, and what artifacts.json beside them tells of.

A file that is named is always looked at. In folders, binaries and archives are; other files are passed over, links are not followed, and
images (OCI layouts) are not entered unless they are named, since most of what is in them is somebody else's. A binary that is there
again, in an archive, is told once, with the places where it is too. Object files are looked at only where they are named.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pygo_cross.diag import EXIT_USAGE, UserError
from pygo_cross.lint import archive
from pygo_cross.lint.check import check, is_binary, is_object
from pygo_cross.lint.finding import Record

_MAX_FILE: Final = 1 << 30
_MAX_RECORD: Final = 64 << 20
_RECORD_NAME: Final = "artifacts.json"
_LAYOUT: Final = "oci-layout"


class Walk:
    """One run: `records` of all that was looked at, `unreadable` what could not be, as (path, why)."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.unreadable: list[tuple[str, str]] = []
        self._seen: dict[str, list[Record]] = {}

    def run(self, paths: Iterable[str]) -> None:
        """Looks at everything in `paths`. Raises `UserError` where there is nothing to look at."""
        for path in paths:
            before = len(self.records)
            try:
                if os.path.isdir(path):
                    self._folder(Path(path))
                    if len(self.records) == before and not self.unreadable:
                        raise UserError.one("nothing-to-lint", f"{path} has no binary and no archive", "name a file", status=EXIT_USAGE)
                else:
                    self._file(path, path, named=True)
            except OSError as error:
                self.unreadable.append((path, error.strerror or str(error)))

    def _folder(self, folder: Path) -> None:
        self._record(folder)
        archives: list[str] = []
        for path in self._files(folder):
            try:
                with open(path, "rb") as file:
                    head = file.read(512)
            except OSError as error:
                self.unreadable.append((path, error.strerror or str(error)))
                continue
            if is_binary(head):
                if is_object(head):
                    continue
                self._file(path, path, named=False)
            elif archive.kind_of(head):
                archives.append(path)
        # Last, so that what they hold is told by its own file.
        for path in archives:
            self._file(path, path, named=False)

    def _files(self, folder: Path) -> Iterator[str]:
        def failed(error: OSError) -> None:
            self.unreadable.append((str(error.filename or folder), error.strerror or str(error)))

        for root, folders, files in os.walk(folder, onerror=failed):
            folders[:] = sorted(name for name in folders if name != ".git" and not os.path.isfile(os.path.join(root, name, _LAYOUT)))
            for name in sorted(files):
                path = os.path.join(root, name)
                try:
                    regular = stat.S_ISREG(os.lstat(path).st_mode)
                except OSError:
                    continue  # gone since
                if regular:
                    yield path

    def _read(self, path: str) -> bytes | None:
        # Without waiting, should it be a named pipe; what it is, is asked of what was opened.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                self.unreadable.append((path, "not a regular file"))
                return None
            if status.st_size > _MAX_FILE:
                self.unreadable.append((path, f"has {status.st_size} bytes, more than the limit of {_MAX_FILE}"))
                return None
            return file.read(_MAX_FILE + 1)

    def _file(self, path: str, label: str, *, named: bool) -> None:
        data = self._read(path)
        if data is None:
            return
        kind = "" if is_binary(data[:8]) else archive.kind_of(data[:512])
        if not kind:
            self._binary(label, data, named=named)
            return
        reader = archive.Reader(label)
        reader.record.size, reader.record.sha256 = len(data), hashlib.sha256(data).hexdigest()
        self.records.append(reader.record)
        for name, content in reader.binaries(io.BytesIO(data), kind):
            self._binary(f"{label}: {name}" if name else label, content, named=False)
        reader.record.close()

    def _binary(self, label: str, data: bytes, *, named: bool) -> None:
        digest = hashlib.sha256(data).hexdigest()
        earlier = self._seen.get(digest)
        if earlier is not None and not named:
            also = earlier[0].facts.setdefault("also", [])
            assert isinstance(also, list)
            also.append(label)
            return
        records = check(label, data)
        self._seen.setdefault(digest, records)
        self.records += records

    def _record(self, folder: Path) -> None:
        """Compares what artifacts.json tells of with what is there; one of another tool's making is passed over."""
        path = folder / _RECORD_NAME
        if not path.is_file() or path.stat().st_size > _MAX_RECORD:
            return
        try:
            entries = json.loads(path.read_bytes())["artifacts"]
        except (OSError, ValueError, RecursionError, TypeError, KeyError):
            return
        record = Record(str(path))
        record.format = "record"
        for entry in entries if isinstance(entries, list) else []:
            name, digest = (entry.get("path"), entry.get("sha256")) if isinstance(entry, dict) else (None, None)
            if not isinstance(name, str) or not isinstance(digest, str) or name.startswith("/") or ".." in name.split("/") or "\0" in name:
                continue
            file = folder / name
            if file.is_dir():
                continue
            data = self._read(str(file)) if file.is_file() else None
            if data is None:
                record.report("file-record", f"{name} is not there")
            elif hashlib.sha256(data).hexdigest() != digest:
                record.report("file-record", f"{name} has another SHA-256 than is recorded")
        record.close()
        self.records.append(record)
