# SPDX-License-Identifier: BSD-3-Clause
"""The code signature of a Mach-O file: every hash made again, and every field that the kernel looks at.

What the kernel asks: xnu, bsd/kern/ubc_subr.c (cs_validate_csblob, cs_validate_codedirectory, cs_validate_page), bsd/kern/mach_loader.c
(load_code_signature); flags and structures: osfmk/kern/cs_blobs.h.
"""

from __future__ import annotations

import re
from typing import Final

from pygo_cross.exe import codesign as exe
from pygo_cross.exe.codesign import CodeDirectory, Signature
from pygo_cross.exe.macho import MH_EXECUTE, MachO
from pygo_cross.exe.view import FormatError
from pygo_cross.lint.finding import Record

_ALIGN: Final = 16
_MAIN_BINARY: Final = 1
_EXEC_FLAGS: Final = 0x1 | 0x10 | 0x20 | 0x40 | 0x80 | 0x100 | 0x200
_PAGE_BITS: Final = (12, 14)
_OLDEST_WITH_EXEC_SEGMENT: Final = 0x20400
_BLOB_MAGICS: Final = {
    exe.SLOT_REQUIREMENTS: exe.MAGIC_REQUIREMENTS, exe.SLOT_ENTITLEMENTS: exe.MAGIC_ENTITLEMENTS,
    exe.SLOT_ENTITLEMENTS_DER: exe.MAGIC_ENTITLEMENTS_DER, exe.SLOT_CMS: exe.MAGIC_CMS,
}  # fmt: skip
_TASK_ALLOW: Final = re.compile(rb"<key>\s*(?:com\.apple\.security\.)?get-task-allow\s*</key>\s*<true\s*/>")


def check(record: Record, file: MachO, *, needed: bool) -> None:
    """Looks at the signature; `needed` says that macOS runs no file of this kind without one."""
    part = file.part("code signature")
    if part is None:
        record.facts["signature"] = "none"
        if needed and not any(fault.part.startswith("command") for fault in file.faults):
            record.report("macho-signature-missing", "there is no LC_CODE_SIGNATURE")
        return
    at = part.command.offset
    if not part.size:
        record.report("macho-signature-missing", "LC_CODE_SIGNATURE tells of no bytes", at)
        return
    segment = file.segment("__LINKEDIT")
    end = part.offset + part.size
    if part.offset % _ALIGN:
        record.report("macho-signature-place", f"the signature at {part.offset:#x} is not aligned to {_ALIGN}", at)
    if segment is not None and end != segment.offset + segment.file_size and file.view.holds(part.offset, part.size):
        what = f"the signature ends at {end:#x}, and __LINKEDIT at {segment.offset + segment.file_size:#x}"
        record.report("macho-signature-place", what, at)
    if not file.view.holds(part.offset, part.size):
        return  # told as a part outside
    content = file.view.data[part.offset : end]
    try:
        signature = exe.read(content)
    except FormatError as error:
        record.report("macho-signature-blob", f"{error} at {part.offset:#x}", part.offset)
        return
    record.faults("macho-", signature.faults, part.offset)
    # What follows the super blob is room that tools leave for a certificate's signature.
    if bytes(content[signature.size :]).strip(b"\0"):
        record.report("macho-signature-place", "bytes that are not zero follow the signature's own", part.offset + signature.size)
    if not signature.blob(exe.SLOT_DIRECTORY):
        record.report("macho-code-directory", "there is no code directory", part.offset)
    for directory in signature.directories:
        _directory(record, file, signature, directory, part.offset)
    _blobs(record, signature, part.offset)
    _flags(record, signature, part.offset)
    _facts(record, signature)


def _directory(record: Record, file: MachO, signature: Signature, directory: CodeDirectory, start: int) -> None:
    at = start + directory.blob.offset
    name = directory.blob.name

    def fault(message: str, rule: str = "macho-code-directory") -> None:
        record.report(rule, f"{name}: {message}", at)

    if not 0x20001 <= directory.version < 0x30000:
        fault(f"version {directory.version:#x} is none that macOS accepts")
    if directory.page_bits not in _PAGE_BITS:
        fault(f"pages of 2^{directory.page_bits} bytes are none that macOS checks")
        return
    page = 1 << directory.page_bits
    if directory.limit != start:
        fault(f"it covers {directory.limit:#x} bytes, and the signature begins at {start:#x}", "macho-code-limit")
    if directory.slots != -(-directory.limit // page):
        fault(f"it has {directory.slots} hashes of pages, and {directory.limit:#x} bytes have {-(-directory.limit // page)} pages")
    elif directory.hash_name:
        _pages(record, file, directory, page)
    if directory.version >= _OLDEST_WITH_EXEC_SEGMENT:
        text = file.segment("__TEXT")
        # Some of Apple's linkers told the size of __text in place of the segment's (ld64-650 and others of 2021).
        code = next((section.size for section in text.sections if section.name == "__text"), -1) if text else -1
        if text is not None and (directory.exec_base != text.offset or directory.exec_limit not in (text.file_size, code)):
            what = f"the executable segment is told to be {directory.exec_limit:#x} bytes at {directory.exec_base:#x}"
            fault(f"{what}, and __TEXT is {text.file_size:#x} at {text.offset:#x}", "macho-exec-segment")
        if directory.exec_flags & ~_EXEC_FLAGS:
            fault(f"flags {directory.exec_flags:#x} of the executable segment are not known", "macho-exec-segment")
        elif file.file_type == MH_EXECUTE and not directory.exec_flags & _MAIN_BINARY:
            fault("it does not say that this is a program", "macho-exec-segment")
    if not directory.identifier and directory.hash_name:
        fault("the identifier is empty", "macho-signature-weak")
    for slot, stored in directory.special.items():
        blob = signature.blob(slot)
        if blob is not None and directory.hash_name and directory.digest(blob.content) != stored:
            fault(f"the {blob.name} are not those that were signed", "macho-special-hash")
        elif blob is None and slot in (exe.SLOT_REQUIREMENTS, exe.SLOT_ENTITLEMENTS, exe.SLOT_ENTITLEMENTS_DER):
            fault(f"there is a hash of {exe.SLOT_NAMES[slot]}, which are not there", "macho-special-hash")
    for blob in signature.blobs:
        if blob.slot in (exe.SLOT_REQUIREMENTS, exe.SLOT_ENTITLEMENTS, exe.SLOT_ENTITLEMENTS_DER) and blob.slot not in directory.special:
            fault(f"the {blob.name} are there, and not signed", "macho-special-hash")


def _pages(record: Record, file: MachO, directory: CodeDirectory, page: int) -> None:
    """Hash what is there of each page, as the kernel does when it maps it."""
    limit = min(directory.limit, file.view.size)
    data = file.view.data
    bad = []
    for index, stored in enumerate(directory.hashes):
        start = index * page
        if directory.digest(data[start : min(start + page, limit)]) != stored:
            bad.append(start)
    if bad:
        many = f"{len(bad)} pages of {len(directory.hashes)} have" if len(bad) > 1 else f"one page of {len(directory.hashes)} has"
        record.report("macho-page-hash", f"{directory.blob.name}: {many} another hash, from {bad[0]:#x}", bad[0])


def _blobs(record: Record, signature: Signature, start: int) -> None:
    for blob in signature.blobs:
        wanted = _BLOB_MAGICS.get(blob.slot)
        if wanted is not None and blob.magic != wanted:
            rule = "macho-cms" if blob.slot == exe.SLOT_CMS else "macho-signature-blob"
            record.report(rule, f"the {blob.name} begin with {blob.magic:#x}, not {wanted:#x}", start + blob.offset)
        elif blob.slot == exe.SLOT_CMS and len(blob.content) > 8 and not _is_der(blob.content[8:]):
            record.report("macho-cms", "the certificate's signature is no sequence in DER", start + blob.offset)
        elif blob.slot == exe.SLOT_ENTITLEMENTS and _TASK_ALLOW.search(blob.content):
            record.report("macho-debuggable", "the entitlements have get-task-allow", start + blob.offset)


def _is_der(raw: bytes) -> bool:
    """Whether the bytes begin with a sequence of DER that they hold whole, or one of BER's form without a length, as Apple writes."""
    if len(raw) < 2 or raw[0] != 0x30:
        return False
    if raw[1] == 0x80:
        return True
    if raw[1] < 0x80:
        return 2 + raw[1] <= len(raw)
    size = raw[1] & 0x7F
    return size <= 4 and 2 + size + int.from_bytes(raw[2 : 2 + size], "big") <= len(raw)


def _flags(record: Record, signature: Signature, start: int) -> None:
    for directory in signature.directories:
        at = start + directory.blob.offset
        unknown = directory.flags & ~exe.FLAGS_ALLOWED
        if unknown:
            names = ", ".join(name for bit, name in exe.FLAG_NAMES.items() if unknown & bit) or f"{unknown:#x}"
            record.report("macho-signature-flags", f"{directory.blob.name}: the flags {names} are not for a file to set", at)
    main = next((d for d in signature.directories if d.blob.slot == exe.SLOT_DIRECTORY), None)
    if main is None:
        return
    cms = signature.blob(exe.SLOT_CMS)
    signed = cms is not None and len(cms.content) > 8
    at = start + main.blob.offset
    if main.flags & exe.CS_ADHOC and signed:
        record.report("macho-signature-flags", "the flag adhoc is set, and there is a certificate's signature", at)
    if not main.flags & exe.CS_ADHOC and not signed:
        record.report("macho-cms", "the flag adhoc is not set, and there is no certificate's signature", at)
    if main.flags & exe.CS_LINKER_SIGNED and not main.flags & exe.CS_ADHOC:
        record.report("macho-signature-flags", "the flag linker-signed is set, and adhoc is not", at)
    if len({(d.flags, d.limit, d.identifier) for d in signature.directories}) > 1:
        record.report("macho-code-directory", "the code directories say different things", at)
    if all(directory.hash_type == 1 for directory in signature.directories):
        record.report("macho-signature-weak", "pages are hashed with SHA-1 alone", at)


def _facts(record: Record, signature: Signature) -> None:
    best = max(signature.directories, key=lambda directory: directory.hash_type, default=None)
    if best is None:
        return
    cms = signature.blob(exe.SLOT_CMS)
    record.facts["signature"] = "certificate" if cms is not None and len(cms.content) > 8 else "adhoc"
    record.facts["identifier"] = best.identifier
    record.facts["cdhash"] = best.cdhash
    record.facts["signature_flags"] = [name for bit, name in exe.FLAG_NAMES.items() if best.flags & bit]
    record.facts["hardened_runtime"] = bool(best.flags & exe.CS_RUNTIME)
    if best.team:
        record.facts["team"] = best.team
    record.facts["signature_slots"] = [blob.name for blob in signature.blobs]
