# SPDX-License-Identifier: BSD-3-Clause
"""Reads the code signature of a Mach-O file: the super blob, its blobs, and code directories. All its numbers are big-endian.

Structures: xnu, osfmk/kern/cs_blobs.h; what the kernel checks of them, bsd/kern/ubc_subr.c (cs_validate_csblob,
cs_validate_codedirectory).
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Final

from pygo_cross.exe.view import Fault, FormatError, View

MAGIC_SIGNATURE: Final = 0xFADE0CC0
MAGIC_DIRECTORY: Final = 0xFADE0C02
MAGIC_REQUIREMENTS: Final = 0xFADE0C01
MAGIC_ENTITLEMENTS: Final = 0xFADE7171
MAGIC_ENTITLEMENTS_DER: Final = 0xFADE7172
MAGIC_CMS: Final = 0xFADE0B01

SLOT_DIRECTORY, SLOT_INFO, SLOT_REQUIREMENTS, SLOT_RESOURCES, SLOT_ENTITLEMENTS, SLOT_ENTITLEMENTS_DER = 0, 1, 2, 3, 5, 7
SLOT_ALTERNATE, SLOT_ALTERNATE_END = 0x1000, 0x1005
SLOT_CMS: Final = 0x10000
SLOT_NAMES: Final = {
    0: "code directory", 1: "Info.plist", 2: "requirements", 3: "resources", 4: "application", 5: "entitlements", 6: "representation",
    7: "entitlements in DER", 8: "launch constraint on itself", 9: "launch constraint on the parent",
    10: "launch constraint on the responsible process", 11: "library constraint", SLOT_CMS: "CMS signature", 0x10001: "identification",
    0x10002: "ticket",
}  # fmt: skip

CS_ADHOC, CS_GET_TASK_ALLOW, CS_RUNTIME, CS_LINKER_SIGNED = 0x2, 0x4, 0x10000, 0x20000
FLAG_NAMES: Final = {
    0x1: "valid", 0x2: "adhoc", 0x4: "get-task-allow", 0x8: "installer", 0x100: "hard", 0x200: "kill", 0x400: "check-expiration",
    0x800: "restrict", 0x1000: "enforcement", 0x2000: "library-validation", 0x10000: "runtime", 0x20000: "linker-signed",
}  # fmt: skip
# The flags that a code directory may hold (CS_ALLOWED_MACHO).
FLAGS_ALLOWED: Final = 0x2 | 0x100 | 0x200 | 0x400 | 0x800 | 0x1000 | 0x2000 | 0x10000 | 0x20000

_HASHES: Final = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48), 5: ("sha512", 64)}
_MOST_BLOBS: Final = 64


class Blob:
    """A blob of the signature: slot, magic, the whole of its bytes, and its offset in the signature."""

    __slots__ = ("content", "magic", "offset", "slot")

    def __init__(self, slot: int, offset: int, magic: int, content: bytes) -> None:
        self.slot = slot
        self.offset = offset
        self.magic = magic
        self.content = content

    @property
    def name(self) -> str:
        """What people call the slot."""
        if SLOT_ALTERNATE <= self.slot < SLOT_ALTERNATE_END:
            return "alternate code directory"
        return SLOT_NAMES.get(self.slot, f"slot {self.slot:#x}")


class CodeDirectory:
    """A code directory. `hashes` are the stored ones of the pages, `special` those of the other blobs by slot; `limit` is in bytes."""

    __slots__ = (
        "blob", "exec_base", "exec_flags", "exec_limit", "flags", "hash_name", "hash_offset", "hash_size", "hash_type", "hashes",
        "identifier", "limit", "page_bits", "platform", "runtime", "slots", "special", "team", "version",
    )  # fmt: skip

    def __init__(self, blob: Blob) -> None:
        self.blob = blob
        self.version = self.flags = self.hash_offset = self.slots = self.limit = self.hash_size = self.hash_type = 0
        self.platform = self.page_bits = self.exec_base = self.exec_limit = self.exec_flags = self.runtime = 0
        self.hash_name = self.identifier = self.team = ""
        self.hashes: list[bytes] = []
        self.special: dict[int, bytes] = {}

    @property
    def cdhash(self) -> str:
        """The name that macOS knows the program by: the first 20 bytes of the directory's hash."""
        return hashlib.new(self.hash_name or "sha256", self.blob.content).hexdigest()[:40]

    def digest(self, data: bytes | memoryview) -> bytes:
        """The hash of `data` as this directory stores it."""
        return hashlib.new(self.hash_name, data).digest()[: self.hash_size]


class Signature:
    """A code signature, read; offsets of faults count from its start."""

    __slots__ = ("blobs", "directories", "faults", "size")

    def __init__(self) -> None:
        self.blobs: list[Blob] = []
        self.directories: list[CodeDirectory] = []
        self.faults: list[Fault] = []
        self.size = 0  # what the super blob says

    def blob(self, slot: int) -> Blob | None:
        """The first blob of a slot."""
        return next((blob for blob in self.blobs if blob.slot == slot), None)


def read(data: bytes | memoryview) -> Signature:
    """Read a signature. Raises `FormatError` where there is no super blob."""
    view = View(data, little=False)
    if view.size < 12 or view.u32(0) != MAGIC_SIGNATURE:
        raise FormatError("no embedded signature begins there")
    signature = Signature()
    signature.size, count = view.u32(4), view.u32(8)
    if signature.size > view.size or signature.size < 12:
        signature.faults.append(Fault("signature-blob", f"the signature says to have {signature.size:#x} bytes of {view.size:#x}", 4))
        signature.size = view.size
    view = view.part(0, signature.size)
    if count > _MOST_BLOBS or 12 + 8 * count > view.size:
        signature.faults.append(Fault("signature-blob", f"the signature tells of {count} blobs", 8))
        count = min(count, _MOST_BLOBS, (view.size - 12) // 8)
    end = 12 + 8 * count
    places: list[tuple[int, int]] = []
    for index in range(count):
        slot, offset = view.unpack("II", 12 + 8 * index)
        try:
            magic, size = view.unpack("II", offset)
            if offset < end or size < 8:
                raise FormatError(f"a blob of {size} bytes at {offset:#x} is none")
            blob = Blob(slot, offset, magic, view.take(offset, size))
        except FormatError as error:
            signature.faults.append(Fault("signature-blob", f"slot {slot:#x}: {error}", 12 + 8 * index))
            continue
        if any(slot == other.slot for other in signature.blobs):
            signature.faults.append(Fault("signature-blob", f"two blobs are for the same slot, {blob.name}", 12 + 8 * index))
        signature.blobs.append(blob)
        places.append((offset, size))
        if slot == SLOT_DIRECTORY or SLOT_ALTERNATE <= slot < SLOT_ALTERNATE_END:
            _read_directory(signature, blob)
    places.sort()
    for (offset, size), (following, _) in pairwise(places):
        if offset + size > following:
            signature.faults.append(Fault("signature-blob", f"two blobs overlap at {following:#x}", following))
    return signature


def _read_directory(signature: Signature, blob: Blob) -> None:
    view = View(blob.content, little=False)

    def fault(message: str) -> None:
        signature.faults.append(Fault("code-directory", f"{blob.name}: {message}", blob.offset))

    if blob.magic != MAGIC_DIRECTORY:
        fault(f"its magic is {blob.magic:#x}, not {MAGIC_DIRECTORY:#x}")
        return
    if view.size < 44:
        fault(f"it has {view.size} bytes, fewer than its fields take")
        return
    directory = CodeDirectory(blob)
    (
        directory.version, directory.flags, directory.hash_offset, identifier, special, directory.slots, directory.limit,
    ) = view.unpack("7I", 8)  # fmt: skip
    directory.hash_size, directory.hash_type, directory.platform, directory.page_bits = view.unpack("4B", 36)
    # Fields were added with time; those of a version are there from that version on.
    least = next((size for since, size in _FIELDS if directory.version >= since), 44)
    if view.size < least:
        fault(f"version {directory.version:#x} takes {least} bytes, and it has {view.size}")
        return
    team = 0
    if directory.version >= 0x20100 and view.u32(44):
        fault("it has a scatter list, which macOS refuses")
    if directory.version >= 0x20200:
        team = view.u32(48)
    if directory.version >= 0x20300 and view.u64(56):
        directory.limit = view.u64(56)
    if directory.version >= 0x20400:
        directory.exec_base, directory.exec_limit, directory.exec_flags = view.unpack("QQQ", 64)
    if directory.version >= 0x20500:
        directory.runtime = view.u32(88)
    signature.directories.append(directory)
    known = _HASHES.get(directory.hash_type)
    if known is None or known[1] != directory.hash_size:
        fault(f"hash type {directory.hash_type} with {directory.hash_size} bytes is not known")
        return
    directory.hash_name = known[0]
    try:
        if identifier < least:
            raise FormatError(f"a string at {identifier:#x} is among the fields")
        directory.identifier = view.string(identifier)
        if team:
            directory.team = view.string(team)
    except FormatError as error:
        fault(f"its identifier: {error}")
    size = directory.hash_size
    first = directory.hash_offset - special * size
    if first < least or not view.holds(directory.hash_offset, directory.slots * size):
        fault(f"{special} and {directory.slots} hashes around {directory.hash_offset:#x} are not all inside it")
        return
    table = view.take(directory.hash_offset, directory.slots * size)
    directory.hashes = [table[at : at + size] for at in range(0, len(table), size)]
    for slot in range(1, special + 1):
        stored = view.take(directory.hash_offset - slot * size, size)
        if any(stored):
            directory.special[slot] = stored


_FIELDS: Final = ((0x20600, 108), (0x20500, 96), (0x20400, 88), (0x20300, 64), (0x20200, 52), (0x20100, 48))
