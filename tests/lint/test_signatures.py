# SPDX-License-Identifier: BSD-3-Clause
"""Signatures of more than a code directory (requirements, entitlements, certificates), and what other readers say of the sample."""

from __future__ import annotations

import hashlib
import plistlib
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from samples import MachPatch, found, rules, stock

from pygo_cross.exe import codesign, macho
from pygo_cross.lint.check import check

ENTITLEMENTS = plistlib.dumps({"com.apple.security.cs.allow-jit": True})


def blob(magic: int, content: bytes) -> bytes:
    return struct.pack(">II", magic, 8 + len(content)) + content


def directory(code: bytes, special: dict[int, bytes], *, flags: int, text_size: int, kind: int = 2, team: str = "") -> bytes:
    """A code directory over `code` by the published structure; `special` are blobs by slot."""
    size, name = {1: (20, "sha1"), 2: (32, "sha256")}[kind]
    slots = max(special, default=0)
    identifier = b"com.example.hello\0"
    strings = identifier + team.encode() + b"\0" * bool(team)
    hashes_at = 96 + len(strings) + slots * size
    pages = [hashlib.new(name, code[at : at + 4096]).digest() for at in range(0, len(code), 4096)]
    stored = [hashlib.new(name, special[slot]).digest() if slot in special else bytes(size) for slot in range(slots, 0, -1)]
    fields = struct.pack(
        ">7I4B4I4QII", 0x20500, flags, hashes_at, 96, slots, len(pages), len(code), size, kind, 0, 12,
        0, 0, 96 + len(identifier) if team else 0, 0, 0, 0, text_size, 1, 0xD0000, 0,
    )  # fmt: skip
    return blob(codesign.MAGIC_DIRECTORY, fields + strings + b"".join(stored) + b"".join(pages))


def signature(blobs: dict[int, bytes]) -> bytes:
    head = b""
    at = 12 + 8 * len(blobs)
    for slot, content in blobs.items():
        head += struct.pack(">II", slot, at)
        at += len(content)
    return struct.pack(">III", codesign.MAGIC_SIGNATURE, at, len(blobs)) + head + b"".join(blobs.values())


def signed(
    *, flags: int = 0x10002, special: dict[int, bytes] | None = None, cms: bytes | None = None, room: int = 0,
    kinds: tuple[int, ...] = (2,), change: dict[int, bytes] | None = None, team: str = "",
) -> bytes:  # fmt: skip
    """The sample with another signature: `change` replaces blobs after they were signed, `room` is left behind."""
    patch = MachPatch(stock("darwin/arm64"))
    command = patch.command(0x1D)
    start = patch.get(command.offset + 8, 4)
    text_size = patch.get_segment("__TEXT").file_size
    special = special or {}

    def made(code: bytes) -> bytes:
        directories = [directory(code, special, flags=flags, text_size=text_size, kind=kind, team=team) for kind in kinds]
        blobs = {0: directories[0], **special, **{0x1000 + index: other for index, other in enumerate(directories[1:])}}
        if cms is not None:
            blobs[codesign.SLOT_CMS] = cms
        return signature({slot: (change or {}).get(slot, content) for slot, content in sorted(blobs.items())})

    size = -(-len(made(bytes(start))) // 16) * 16 + room
    linkedit = patch.get_segment("__LINKEDIT")
    patch.field(0x1D, 12, size)
    patch.segment(
        "__LINKEDIT", file_size=start + size - linkedit.offset, memory_size=-(-(start + size - linkedit.offset) // 0x4000) * 0x4000
    )
    code = patch.bytes()[:start]
    return code + made(code).ljust(size, b"\0")


REQUIREMENTS = blob(codesign.MAGIC_REQUIREMENTS, struct.pack(">I", 0))
SPECIAL = {2: REQUIREMENTS, 5: blob(codesign.MAGIC_ENTITLEMENTS, ENTITLEMENTS), 7: blob(codesign.MAGIC_ENTITLEMENTS_DER, b"\x30\0")}
CMS = blob(codesign.MAGIC_CMS, b"\x30\x03\x02\x01\x00")


def test_whole_signatures() -> None:
    assert rules(signed()) == set()
    assert rules(signed(special=SPECIAL)) == set()
    assert rules(signed(special=SPECIAL, kinds=(1, 2))) == set()
    assert rules(signed(flags=0x10000, special=SPECIAL, cms=CMS, room=4096, team="ABCDE12345")) == set()
    assert rules(signed(special=SPECIAL, cms=blob(codesign.MAGIC_CMS, b""))) == set()  # codesign -s - leaves an empty one


def test_facts() -> None:
    (record,) = check("sample", signed(flags=0x10000, special=SPECIAL, cms=CMS, team="ABCDE12345"))
    facts = record.facts
    assert (facts["signature"], facts["identifier"], facts["team"]) == ("certificate", "com.example.hello", "ABCDE12345")
    assert facts["hardened_runtime"] is True and facts["signature_flags"] == ["runtime"]
    assert facts["signature_slots"] == ["code directory", "requirements", "entitlements", "entitlements in DER", "CMS signature"]


@pytest.mark.parametrize("slot", SPECIAL)
def test_changed_blobs(slot: int) -> None:
    content = SPECIAL[slot]
    change = {slot: content[:-1] + bytes([content[-1] ^ 1])}
    assert rules(signed(special=SPECIAL, change=change)) == {"macho-special-hash"}


def test_other_damages() -> None:
    assert rules(signed(flags=0x10002, cms=CMS)) == {"macho-signature-flags"}
    assert rules(signed(flags=0x10000)) == {"macho-cms"}
    assert rules(signed(flags=0x10000, cms=blob(codesign.MAGIC_CMS, b"\x31\x00"))) == {"macho-cms"}
    assert rules(signed(flags=0x10000, cms=blob(codesign.MAGIC_CMS, b"\x30\x82\xff\xff\0"))) == {"macho-cms"}
    assert rules(signed(flags=0x10000, cms=blob(0x11223344, b"\x30\x00"))) == {"macho-cms"}
    assert rules(signed(kinds=(1,))) == {"macho-signature-weak"}
    assert rules(signed(special=SPECIAL, change={5: blob(0x12345678, ENTITLEMENTS)})) == {"macho-signature-blob", "macho-special-hash"}
    damaged = bytearray(signed(room=64))
    damaged[-1] = 1
    assert rules(bytes(damaged)) == {"macho-signature-place"}


def test_entitlements_that_let_others_in() -> None:
    allowed = {5: blob(codesign.MAGIC_ENTITLEMENTS, plistlib.dumps({"com.apple.security.get-task-allow": True}))}
    refused = {5: blob(codesign.MAGIC_ENTITLEMENTS, plistlib.dumps({"com.apple.security.get-task-allow": False}))}
    assert rules(signed(special=allowed)) == {"macho-debuggable"}
    assert rules(signed(special=refused)) == set()


def test_a_header_that_is_cut() -> None:
    assert rules(stock("darwin/arm64")[:20]) == {"macho-header"}
    assert rules(b"") == {"file-empty"}
    assert rules(b"text\n") == {"file-format"}
    assert rules(b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100)) == {"file-format"}  # a class file of Java


def test_hash_of_the_code_directory() -> None:
    """It is the first 20 bytes of the directory's SHA-256, by which macOS knows a program."""
    data = stock("darwin/arm64")
    patch = MachPatch(data)
    at = patch.directory()
    content = data[at : at + patch.get(at + 4, 4, big=True)]
    (record,) = check("sample", data)
    assert record.facts["cdhash"] == hashlib.sha256(content).hexdigest()[:40]


def test_readobj_agrees(tmp_path: Path) -> None:
    """Segments, commands and libraries as LLVM's reader has them."""
    if shutil.which("llvm-readobj") is None:
        pytest.skip("there is no llvm-readobj")
    data = stock("darwin/arm64")
    (tmp_path / "hello").write_bytes(data)
    said = subprocess.run(["llvm-readobj", "--macho-segment", tmp_path / "hello"], capture_output=True, text=True, check=True).stdout
    file = macho.read(data)
    fields = [line.split(":", 1) for line in said.splitlines() if ":" in line]
    numbers = {
        name: [int(value, 0) for key, value in fields if key.strip() == name] for name in ("vmaddr", "vmsize", "fileoff", "filesize")
    }
    assert numbers["vmaddr"] == [segment.address for segment in file.segments]
    assert numbers["vmsize"] == [segment.memory_size for segment in file.segments]
    assert numbers["fileoff"] == [segment.offset for segment in file.segments]
    assert numbers["filesize"] == [segment.file_size for segment in file.segments]
    assert found(data)[0].rule == "go-no-vcs"
