# SPDX-License-Identifier: BSD-3-Clause
"""go.sum: which contents of modules are known to be right, and the hash that says so.

A hash `h1:` is the SHA-256 of a list of files: for each, sorted by name, its SHA-256 in hexadecimal, two spaces, its name
and a newline; in base64. Facts: src/cmd/vendor/golang.org/x/mod/sumdb/dirhash/hash.go, src/cmd/go/internal/modfetch/fetch.go.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

from pygo_cross.load.errors import Fatal
from pygo_cross.load.modpath import ModuleVersion

# What an early version of the go command wrote for go.mod files that it could not read.
_EMPTY_MOD: Final = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="
_MISMATCH: Final = (
    "\n\nSECURITY ERROR\nThis download does NOT match an earlier download recorded in go.sum.\n"
    "The bits may have been replaced on the origin server, or an attacker may\nhave intercepted the download attempt.\n\n"
    "For more information, see 'go help module-auth'.\n"
)

SumTable = dict[ModuleVersion, list[str]]


def hash_files(files: Iterable[tuple[str, bytes]]) -> str:
    """The h1 hash of files, given as (name, SHA-256 of the content)."""
    whole = hashlib.sha256()
    for name, digest in sorted(files):
        whole.update(f"{digest.hex()}  {name}\n".encode("utf-8", "surrogateescape"))
    return "h1:" + base64.b64encode(whole.digest()).decode()


def hash_mod(data: bytes) -> str:
    """The hash that go.sum has for a go.mod."""
    return hash_files([("go.mod", hashlib.sha256(data).digest())])


def is_sum(text: str) -> bool:
    """Whether this can be a hash: what a ziphash file holds may be cut off."""
    return len(text) == 47 and "\0" not in text


def _read(path: str) -> SumTable:
    table: SumTable = {}
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    except FileNotFoundError:
        return table
    except OSError as error:
        raise Fatal(f"open {path}: {(error.strerror or str(error)).lower()}") from None
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 3:
            raise Fatal(f"malformed go.sum:\n{path}:{number}: wrong number of fields {len(words)}\n")
        if words[2] != _EMPTY_MOD:
            table.setdefault(ModuleVersion(words[0], words[1]), []).append(words[2])
    return table


class Sums:
    """The hashes of go.sum, or in a workspace of go.work.sum and every module's go.sum. A version may end in `/go.mod`."""

    __slots__ = ("_main", "_others", "added", "main", "others")

    def __init__(self, main: str, others: Sequence[str]) -> None:
        self.main, self.others = main, others
        self._main: SumTable | None = None
        self._others: list[tuple[str, SumTable]] = []
        self.added: dict[ModuleVersion, str] = {}
        """What was accepted in this load without standing in a file."""

    def _load(self) -> SumTable:
        if self._main is None:
            self._others = [(path, _read(path)) for path in self.others]
            self._main = _read(self.main)
        return self._main

    def have(self, module: ModuleVersion) -> bool:
        """Whether there is a hash of a kind that we know."""
        tables = [self._load(), *(table for _, table in self._others)]
        return any(text.startswith("h1:") for table in tables for text in table.get(module, ()))

    def recorded(self, module: ModuleVersion) -> str:
        """The hash, or nothing where there is none or they differ. In a workspace what was accepted counts too: stock records it."""
        tables = [self._load(), *(table for _, table in self._others)]
        if self.others and module in self.added:
            tables.append({module: [self.added[module]]})
        found = {text for table in tables for text in table.get(module, ()) if text.startswith("h1:")}
        return found.pop() if len(found) == 1 else ""

    def check(self, module: ModuleVersion, found: str) -> bool:
        """Whether a hash is known to be right; False where nothing is known. Raises `Fatal` where another is recorded."""
        for text in self._load().get(module, ()):
            if text == found:
                return True
            if text.startswith("h1:"):
                name = "go.work.sum" if self.main.endswith("go.work.sum") else "go.sum"
                raise Fatal(f"verifying {module}: checksum mismatch\n\tdownloaded: {found}\n\t{name}:     {text}{_MISMATCH}")
        known = False
        for path, table in self._others:
            for text in table.get(module, ()):
                if text == found:
                    known = True
                elif text.startswith("h1:"):
                    raise Fatal(f"verifying {module}: checksum mismatch\n\tdownloaded: {found}\n\t{path}:     {text}{_MISMATCH}")
        return known or self.added.get(module) == found
