# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database: what the hashes of a module are by a log that can only grow, and shows it.

The log is a Merkle tree; a signed note says how many records it has and what its root is. A record counts when the hashes
beside its way to the root, taken from tiles of the tree, lead to the root that was signed; and a tree counts when it contains the
largest that was seen before, by us or the go command, which share the file of it. Hashes that a server sends are worth no
more than the roots they lead to, so tiles need no check of their own.
Facts: src/cmd/vendor/golang.org/x/mod/sumdb/{client.go,note,tlog}, src/cmd/go/internal/modfetch/sumdb.go.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from pygo_cross import wholefile
from pygo_cross.load.ed25519 import verify
from pygo_cross.load.errors import Fatal, LoadError
from pygo_cross.load.modpath import ModuleVersion, escape_path, escape_version
from pygo_cross.load.proxy import NotThere, Proxies, fetch
from pygo_cross.load.settings import Settings

_HEIGHT: Final = 8  # levels of the tree in a tile
_WIDTH: Final = 1 << _HEIGHT
_MAX_RECORDS: Final = 1 << 62
_LIMIT: Final = 1 << 20


class Tree(NamedTuple):
    """A state of the log: how many records, and the hash of all."""

    size: int
    root: bytes


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node by those below it."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def record_hash(text: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + text).digest()


def subtrees(size: int) -> list[tuple[int, int]]:
    """The complete trees, largest first, that a tree of this size is made of: level and index."""
    found: list[tuple[int, int]] = []
    start = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return found


def fold(hashes: list[bytes]) -> bytes:
    """The root of complete trees, largest first."""
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


class Key:
    """A public key as it is written: `name+hash+key`. Raises `LoadError` where it is none."""

    __slots__ = ("identity", "key", "name")

    def __init__(self, text: str) -> None:
        name, _, rest = text.partition("+")
        digest, _, encoded = rest.partition("+")
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            data = b""
        self.name = name
        self.identity = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        if not name or len(data) != 33 or data[0] != 1 or digest != self.identity.hex():
            raise LoadError("invalid GOSUMDB: malformed verifier id")
        self.key = data[1:]

    def open(self, note: bytes) -> bytes:
        """The text of a note that this key signed. Raises `LoadError`."""
        at = note.rfind(b"\n\n")
        if at < 0 or not note.endswith(b"\n") or any(byte < 0x20 and byte != 0x0A for byte in note):
            raise LoadError("malformed note")
        text = note[: at + 1]
        for line in note[at + 2 : -1].split(b"\n"):
            found = re.fullmatch("\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)".encode(), line)
            if found is None:
                raise LoadError("malformed note")
            try:
                signature = base64.b64decode(found[2], validate=True)
            except binascii.Error:
                raise LoadError("malformed note") from None
            if found[1] == self.name.encode() and signature[:4] == self.identity and verify(self.key, text, signature[4:]):
                return text
        raise LoadError("note has no verifiable signatures")

    def tree(self, note: bytes) -> Tree:
        """The tree that a signed note is about."""
        lines = self.open(note).split(b"\n")
        if len(lines) < 4 or lines[0] != b"go.sum database tree" or not re.fullmatch(b"0|[1-9][0-9]{0,18}", lines[1]):
            raise LoadError("malformed tree note")
        try:
            root = base64.b64decode(lines[2], validate=True)
        except binascii.Error:
            root = b""
        if len(root) != 32 or int(lines[1]) >= _MAX_RECORDS:
            raise LoadError("malformed tree note")
        return Tree(int(lines[1]), root)


class Database:
    """The database that GOSUMDB names. Raises `LoadError` for a name that can't be one."""

    def __init__(self, settings: Settings, proxies: Proxies) -> None:
        self.settings, self.proxies = settings, proxies
        words = settings.get("GOSUMDB").split()
        if not words:
            raise LoadError("missing GOSUMDB")
        if len(words) > 2:
            raise LoadError("invalid GOSUMDB: too many fields")
        self.key = Key(_known_keys(settings.src).get(words[0], words[0]))
        self._base = words[1].rstrip("/") if len(words) == 2 else ""
        self._tiles: dict[str, bytes] = {}
        self._latest: Tree | None = None

    def lookup(self, module: ModuleVersion) -> list[str]:
        """The lines of go.sum that the database has for a version, of the module and of its go.mod.

        Raises `LoadError` where it can't be asked, and `Fatal` where it contradicts itself.
        """
        name = f"lookup/{escape_path(module.path)}@{escape_version(module.version)}"
        data = self._read(name, self._accept)
        text = self._accept(data)
        return [line for line in text.decode("utf-8", "replace").split("\n") if line]

    # Places.

    def base(self) -> str:
        """Where the database is asked: at the first proxy that passes it on, else itself."""
        if not self._base:
            self._base = f"https://{self.key.name}"
            for address, _ in self.proxies.list():
                if address in ("noproxy", "direct", "off"):
                    if address == "off":
                        raise LoadError("module lookup disabled by GOPROXY=off")
                    continue
                through = f"{address.rstrip('/')}/sumdb/{self.key.name}"
                try:
                    fetch(f"{through}/supported", self.settings.timeout, limit=_LIMIT)
                except NotThere:
                    continue
                self._base = through
                break
        return self._base

    def _read(self, name: str, check: Callable[[bytes], object] | None = None) -> bytes:
        """A file of the database, from the module cache or remote; kept once it has passed the check."""
        path = os.path.join(self.settings.module_cache, "cache/download/sumdb", self.key.name, name)
        try:
            with open(path, "rb") as file:
                data = file.read(_LIMIT)
            if data:
                return data
        except OSError:
            pass
        data = fetch(f"{self.base()}/{name}", self.settings.timeout, limit=_LIMIT)
        if check is not None:
            check(data)
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            wholefile.put(path, data)
        return data

    # Trust.

    def _accept(self, data: bytes) -> bytes:
        """The text of a record, once it is proved to be in a tree that the key's owner signed."""
        number, _, rest = data.partition(b"\n")
        text, blank, note = rest.partition(b"\n\n")
        if not re.fullmatch(b"0|[1-9][0-9]{0,18}", number) or not blank or not text:
            raise LoadError("malformed record in the answer of the checksum database")
        text += b"\n"
        self._merge(note)
        tree = self._latest
        assert tree is not None
        if int(number) >= tree.size:
            raise LoadError("the checksum database's record is not in its tree")
        self._prove(tree, 0, int(number), record_hash(text))
        return text

    def _merge(self, note: bytes) -> None:
        """Takes a tree into account: the larger of it and the latest has to contain the other."""
        tree = self.key.tree(note)
        if self._latest is None:
            kept = self._read_latest()
            self._latest = self.key.tree(kept) if kept else Tree(0, b"")
        latest = self._latest
        small, large = sorted((tree, latest))
        if small.size == large.size and small.root != large.root:
            raise Fatal(_FORKED)
        if 0 < small.size < large.size:
            hashes = [self._hash(large, level, index) for level, index in subtrees(small.size)]
            for (level, index), found in zip(subtrees(small.size), hashes, strict=True):
                self._prove(large, level, index, found)
            if fold(hashes) != small.root:
                raise Fatal(_FORKED)
        if tree.size > latest.size:
            self._latest = tree
            self._write_latest(note, latest.size)

    def _prove(self, tree: Tree, level: int, index: int, found: bytes) -> None:
        """Raises `Fatal` where a hash at this place doesn't lead to the tree's root."""
        roots: list[bytes] = []
        for top, position in subtrees(tree.size):
            if top < level or index >> (top - level) != position:
                roots.append(self._hash(tree, top, position))
                continue
            for step in range(top - level):
                place = index >> step
                beside = self._hash(tree, level + step, place ^ 1)
                found = node_hash(beside, found) if place & 1 else node_hash(found, beside)
            roots.append(found)
        if fold(roots) != tree.root:
            raise Fatal(
                "SECURITY ERROR\nThe checksum database's records do not lead to the tree that it signed: "
                "the server is broken, or an attacker is between."
            )

    def _hash(self, tree: Tree, level: int, index: int) -> bytes:
        """The hash of a node, as the tiles have it: not to be trusted before it is proved."""
        tile_level = level // _HEIGHT
        inside = level - tile_level * _HEIGHT
        first = index << inside
        number = first >> _HEIGHT
        tile = self._tile(tile_level, number, min(_WIDTH, (tree.size >> tile_level * _HEIGHT) - number * _WIDTH))
        start = first & (_WIDTH - 1)
        hashes = [tile[at * 32 : at * 32 + 32] for at in range(start, start + (1 << inside))]
        if not hashes or len(hashes[-1]) != 32:
            raise LoadError("the checksum database sent a tile that is too short")
        while len(hashes) > 1:
            hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
        return hashes[0]

    def _tile(self, level: int, number: int, width: int) -> bytes:
        path = f"{number % 1000:03d}"
        rest = number // 1000
        while rest:
            path = f"x{rest % 1000:03d}/{path}"
            rest //= 1000
        path = f"tile/{_HEIGHT}/{level}/{path}"
        name = path if width == _WIDTH else f"{path}.p/{width}"
        found = self._tiles.get(name)
        if found is None:
            try:
                found = self._read(name)
            except LoadError:
                if width == _WIDTH:
                    raise
                found = self._read(path)[: width * 32]  # the tile was completed since
            if len(found) != width * 32:
                raise LoadError("the checksum database sent a tile of the wrong size")
            self._tiles[name] = found
        return found

    # The latest tree, which the go command keeps in the same file.

    def _latest_path(self) -> str:
        folder = self.settings.gopath
        return os.path.join(folder, "pkg/sumdb", self.key.name, "latest") if folder else ""

    def _read_latest(self) -> bytes:
        try:
            with open(self._latest_path(), "rb") as file:
                return file.read(_LIMIT)
        except OSError:
            return b""

    def _write_latest(self, note: bytes, known: int) -> None:
        """Keeps a tree, unless somebody has kept another since we looked: then that has to be merged first, the next time."""
        path = self._latest_path()
        if not path:
            return
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            with os.fdopen(handle, "r+b") as file:
                fcntl.flock(handle, fcntl.LOCK_EX)
                kept = file.read(_LIMIT)
                if (self.key.tree(kept).size if kept else 0) == known:
                    file.seek(0)
                    file.truncate()
                    file.write(note)


_FORKED: Final = (
    "SECURITY ERROR\nThe checksum database has shown two histories that contradict each other: "
    "its server misbehaves, or an attacker is between."
)


def _known_keys(src: str) -> dict[str, str]:
    """The keys of the databases that the go command knows by name."""
    try:
        with open(os.path.join(src, "cmd/go/internal/modfetch/key.go"), encoding="utf-8") as file:
            return dict(re.findall(r'"([^"]+)":\s*"([^"]+)"', file.read()))
    except OSError:
        return {}
