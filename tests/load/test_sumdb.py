# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database: proofs that hold, servers that lie, and the same database asked by the go command."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from test_fetch import GO_MOD, MODULE, publish, settings
from trees import differences, listed, write

from pygo_cross.load.ed25519 import BASE, ORDER, encode, multiply, verify
from pygo_cross.load.errors import Fatal, LoadError
from pygo_cross.load.fetch import Fetcher
from pygo_cross.load.gosum import hash_mod
from pygo_cross.load.modpath import ModuleError, ModuleVersion
from pygo_cross.load.modzip import hash_zip
from pygo_cross.load.proxy import Proxies
from pygo_cross.load.sumdb import Database, node_hash, record_hash, subtrees

SEED = b"a seed of thirty-two bytes, fine"
NAME = "sums.example.com"


def _secret() -> tuple[int, bytes]:
    digest = hashlib.sha512(SEED).digest()
    return int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254, digest[32:]


def public() -> bytes:
    return encode(multiply(_secret()[0], BASE))


def sign(message: bytes) -> bytes:
    scalar, prefix = _secret()
    nonce = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % ORDER
    point = encode(multiply(nonce, BASE))
    challenge = int.from_bytes(hashlib.sha512(point + public() + message).digest(), "little") % ORDER
    return point + ((nonce + challenge * scalar) % ORDER).to_bytes(32, "little")


def identity() -> bytes:
    return hashlib.sha256(NAME.encode() + b"\n\x01" + public()).digest()[:4]


def key() -> str:
    return f"{NAME}+{identity().hex()}+{base64.b64encode(bytes([1]) + public()).decode()}"


class Log:
    """A log of records, written to a folder as the database would serve it."""

    def __init__(self, records: list[str]) -> None:
        self.records = [record.encode() for record in records]
        self.levels = [[record_hash(record) for record in self.records]]
        while len(self.levels[-1]) > 1:
            below = self.levels[-1]
            self.levels.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])

    def note(self) -> bytes:
        parts = [self.levels[level][index] for level, index in subtrees(len(self.records))]
        root = parts[-1]
        for left in reversed(parts[:-1]):
            root = node_hash(left, root)
        text = f"go.sum database tree\n{len(self.records)}\n{base64.b64encode(root).decode()}\n".encode()
        signature = base64.b64encode(identity() + sign(text)).decode()
        return text + b"\n" + f"\u2014 {NAME} {signature}\n".encode()

    def serve(self, folder: Path, lookups: dict[str, int]) -> None:
        for place, index in lookups.items():
            path = folder / "lookup" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{index}\n".encode() + self.records[index] + b"\n" + self.note())
        for level in range(0, len(self.levels), 8):
            hashes = self.levels[level]
            for number in range((len(hashes) + 255) // 256):
                tile = hashes[number * 256 : number * 256 + 256]
                name = f"tile/8/{level // 8}/{number:03d}" + ("" if len(tile) == 256 else f".p/{len(tile)}")
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(b"".join(tile))


def record(number: int) -> str:
    return f"example.com/m{number} v1.0.0 h1:{number:043d}=\nexample.com/m{number} v1.0.0/go.mod h1:{number:043d}=\n"


def database(folder: Path) -> Database:
    found = settings(folder, "off", GOSUMDB=f"{key()} {(folder / 'db').as_uri()}")
    return Database(found, Proxies(found))


def ask(folder: Path, number: int) -> list[str]:
    return database(folder).lookup(ModuleVersion(f"example.com/m{number}", "v1.0.0"))


def serve(folder: Path, size: int, numbers: list[int], changed: int = -1) -> None:
    texts = [record(number) if number != changed else record(10**6) for number in range(size)]
    Log(texts).serve(folder / "db", {f"example.com/m{number}@v1.0.0": number for number in numbers})


def test_signatures() -> None:
    """A vector of RFC 8032, and our own."""
    known = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert verify(known, b"", signature)
    assert not verify(known, b"x", signature)
    assert not verify(known, b"", signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little"))
    assert verify(public(), b"text", sign(b"text"))
    assert not verify(b"\xff" * 32, b"text", sign(b"text"))


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 700])
def test_records_are_proved(tmp_path: Path, size: int) -> None:
    for number in {0, size // 2, size - 1}:
        serve(tmp_path, size, [number])
        assert ask(tmp_path, number) == record(number).split("\n")[:2]


def test_a_log_grows(tmp_path: Path) -> None:
    for size in (5, 300, 301, 1000):
        serve(tmp_path, size, [size - 1])
        assert ask(tmp_path, size - 1)[0].startswith(f"example.com/m{size - 1} ")
    kept = tmp_path / "go/pkg/sumdb" / NAME / "latest"
    assert kept.read_bytes().split(b"\n")[1] == b"1000"
    serve(tmp_path, 400, [7])
    assert ask(tmp_path, 7)
    assert kept.read_bytes().split(b"\n")[1] == b"1000"


def test_two_histories(tmp_path: Path) -> None:
    serve(tmp_path, 300, [299])
    ask(tmp_path, 299)
    for path in (tmp_path / "db", tmp_path / "cache/cache"):
        path.rename(path.with_name(path.name + "-before"))
    serve(tmp_path, 500, [450], changed=20)
    with pytest.raises(Fatal, match="contradict"):
        ask(tmp_path, 450)


def test_a_record_that_is_not_in_the_tree(tmp_path: Path) -> None:
    serve(tmp_path, 300, [5])
    path = tmp_path / "db/lookup/example.com/m5@v1.0.0"
    path.write_bytes(path.read_bytes().replace(b"h1:0", b"h1:1", 1))
    with pytest.raises(Fatal, match="do not lead to the tree"):
        ask(tmp_path, 5)
    assert not list((tmp_path / "cache").rglob("m5@*"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"database tree\n300", b"database tree\n301", "no verifiable signatures"),
        (b"5\nexample", b"500\nexample", "not in its tree"),
        (b"5\nexample", b"x\nexample", "malformed record"),
        (NAME.encode() + b" ", b"other.example.com ", "no verifiable signatures"),
        (b"\n\n", b"\n", "malformed"),
        (b"go.sum database", b"go.sum\x01database", "malformed note"),
    ],
)
def test_damaged_answers(tmp_path: Path, old: bytes, new: bytes, said: str) -> None:
    serve(tmp_path, 300, [5])
    path = tmp_path / "db/lookup/example.com/m5@v1.0.0"
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(LoadError, match=said):
        ask(tmp_path, 5)


def test_damaged_tiles(tmp_path: Path) -> None:
    serve(tmp_path, 300, [5])
    tile = tmp_path / "db/tile/8/0/000"
    tile.write_bytes(tile.read_bytes()[:-5])
    with pytest.raises(LoadError, match="wrong size"):
        ask(tmp_path, 5)
    tile.unlink()
    with pytest.raises(LoadError):
        ask(tmp_path, 5)


@pytest.mark.parametrize("text", ["", "a b c", "nothing", f"{NAME}+00000000+AAAA", key() + "x"])
def test_names_that_are_none(tmp_path: Path, text: str) -> None:
    found = settings(tmp_path, "off", GOSUMDB=text) if text else settings(tmp_path, "off")
    if not text:
        assert not Fetcher(found)._uses_database("x")
        return
    with pytest.raises(LoadError, match="invalid GOSUMDB"):
        Database(found, Proxies(found))


WORKSPACE = (
    "-- go.work --\ngo 1.27\n\nuse ./app\n-- app/go.mod --\nmodule example.com/app\n\ngo 1.21\n\nrequire example.com/Plain v1.2.3\n"
    '-- app/app.go --\npackage app\n\nimport _ "example.com/Plain"\n'
)


@pytest.mark.parametrize("right", [True, False])
def test_a_workspace_without_sums(tmp_path: Path, right: bool) -> None:
    """What no go.sum knows is asked of the database, by both; and both say the same where it has another hash."""
    proxy = publish(tmp_path)
    zip_sum = hash_zip(str(proxy / "example.com/!plain/@v/v1.2.3.zip")) if right else f"h1:{'B' * 43}="
    texts = [record(number) for number in range(300)]
    texts[77] = f"{MODULE.path} v1.2.3 {zip_sum}\n{MODULE.path} v1.2.3/go.mod {hash_mod(GO_MOD)}\n"
    Log(texts).serve(tmp_path / "db", {"example.com/!plain@v1.2.3": 77})
    work = write(tmp_path / "work", WORKSPACE)
    env = {
        "GOPROXY": proxy.as_uri(), "GOSUMDB": f"{key()} {(tmp_path / 'db').as_uri()}", "GOFLAGS": "-modcacherw", "GONOSUMDB": "none",
        "GOMODCACHE": str(tmp_path / "cache"), "GOPATH": str(tmp_path / "gopath"),
    }  # fmt: skip
    # First by ourselves: stock writes even a hash that was refused into go.work.sum, where it counts from then on.
    found = listed(work / "app", ["./..."], {**env, "GOMODCACHE": str(tmp_path / "other")})
    assert (bool(found) and not any("Error" in package for package in found)) is right
    assert not (work / "go.work.sum").exists()
    assert differences(work / "app", ["./..."], env=env) == []


def test_a_hash_that_the_database_does_not_have(tmp_path: Path) -> None:
    proxy = publish(tmp_path)
    Log([f"{MODULE.path} v1.2.3 h1:{'B' * 43}=\n"]).serve(tmp_path / "db", {"example.com/!plain@v1.2.3": 0})
    found = Fetcher(settings(tmp_path, proxy.as_uri(), GOSUMDB=f"{key()} {(tmp_path / 'db').as_uri()}"))
    with pytest.raises(ModuleError, match="checksum missing from sumdb response"):
        found.go_mod(*MODULE)
