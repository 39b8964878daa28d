# SPDX-License-Identifier: BSD-3-Clause
"""Two executables that should be the same program: are they, and if not, where do they part, in words?

Signing changes a Mach-O file in known ways: it appends a code signature (or replaces ours), adds the load command that points to it,
and lets __LINKEDIT reach over it. `unsigned` takes exactly that away, so that a copy that somebody signed since still compares
equal to the one that was built. What is taken away is checked first: a signature must be whole, stand where it should, and
hash what it stands behind (`_sound_signature`); one that says to be our linker's must be byte for byte what a rebuild has.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Final, Literal

from pygo_cross.exe import codesign, fat, macho
from pygo_cross.exe.buildinfo import BadBuildInfo, BuildInfo, Module, read_build_info
from pygo_cross.exe.codesign import CS_LINKER_SIGNED, SLOT_CMS, CodeDirectory, Signature
from pygo_cross.exe.elf import Elf, ElfSection
from pygo_cross.exe.macho import LC_CODE_SIGNATURE, MachO, MachSection
from pygo_cross.exe.names import Names, package_of
from pygo_cross.exe.names import read as read_executable
from pygo_cross.exe.view import FormatError

_ALIGN: Final = 16
"""Bytes that a signature begins at a multiple of."""
_PAGES: Final = (1, 0x1000, 0x4000)
"""What __LINKEDIT's size in memory is rounded to: Go's linker does not round it, Apple's tools do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How two files compare: `same` but for what signing changes; `notes` says what was signed, `differences` where they part."""

    same: bool
    notes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


def compare(built: bytes, again: bytes) -> Outcome:
    """The file that was built, perhaps signed since, against the one that was built again."""
    if built == again:
        return Outcome(True)
    if fat.is_fat(built) and fat.is_fat(again):
        return _compare_fat(built, again)
    if built[:4] in macho.MAGICS and again[:4] in macho.MAGICS:
        try:
            left, right = unsigned(built), unsigned(again)
        except FormatError as error:
            return Outcome(False, (), (str(error), *explain(built, again)))
        if not left.signature and not right.signature:
            return Outcome(False, (), tuple(explain(built, again)))
        if _aligned(left.content) != _aligned(right.content):
            return Outcome(False, (), tuple(explain(left.content, right.content)))
        problem = _signing_problem(left, right)
        return Outcome(False, (), (problem,)) if problem else Outcome(True, (f"signed since it was built: {left.signer}",))
    return Outcome(False, (), tuple(explain(built, again)))


def _aligned(content: bytes) -> bytes:
    """With the zeros that a signer puts before its signature."""
    return content + bytes(-len(content) % _ALIGN)


def _compare_fat(built: bytes, again: bytes) -> Outcome:
    """Slice by slice: signing moves what follows a slice."""
    try:
        left, right = fat.read(built), fat.read(again)
        wanted, found = ([(part.cpu_type, part.cpu_subtype, part.align) for part in file.slices] for file in (left, right))
        if wanted != found or left.wide != right.wide or left.faults:
            raise FormatError("the architectures of the universal binaries differ")
        end = left.header_end
        for part in left.slices:
            if part.offset < end or part.offset % (1 << min(part.align, 31)) or any(built[end : part.offset]):
                raise FormatError(f"there are bytes before the slice of {part.arch} that belong to nothing")
            if not left.view.holds(part.offset, part.size):
                raise FormatError(f"the slice of {part.arch} reaches over the end of the file")
            end = part.offset + part.size
        if end != len(built):
            raise FormatError("there are bytes behind the last slice that belong to nothing")
    except FormatError as error:
        return Outcome(False, (), (str(error),))
    notes: list[str] = []
    differences: list[str] = []
    for one, two in zip(left.slices, right.slices, strict=True):
        outcome = compare(bytes(left.content(one)), bytes(right.content(two)))
        notes += [f"{one.arch}: {note}" for note in outcome.notes]
        differences += [f"{one.arch}: {text}" for text in outcome.differences]
    if not differences and not notes:
        differences = ["the slices are equal, and where they stand in the file differs"]
    return Outcome(not differences, tuple(notes), tuple(differences))


# ---- what signing changes


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A Mach-O file without its signature: the `content` that is compared, the bytes of the `signature`, its first directory, and
    whether a certificate is behind it."""

    content: bytes
    signature: bytes = b""
    directory: CodeDirectory | None = None
    certified: bool = False

    @property
    def signer(self) -> str:
        """Who signed, for people."""
        if self.directory is None:
            return "not signed"
        who = f"as {self.directory.identifier}" + (f" by team {self.directory.team}" if self.directory.team else "")
        return f"{who}, with a certificate (which is not checked here)" if self.certified else f"{who}, ad hoc"


def unsigned(data: bytes) -> Unsigned:
    """A thin Mach-O file without what signing adds to it. Raises `FormatError` where its signature is no sound one.

    The load command goes, with its part of the header's count and size; so does the signature; and __LINKEDIT's sizes become zero, if
    they are what they must be to reach to the end of the file.
    """
    file = macho.read(data)
    if file.faults:
        raise FormatError(f"not a sound Mach-O file: {file.faults[0].message}")
    order: Literal["little", "big"] = "little" if file.little else "big"
    wide = file.bits == 64
    content = bytearray(data)
    linkedit = file.segment("__LINKEDIT")
    if linkedit is not None and linkedit.offset + linkedit.file_size == len(data):
        size, memory_at, file_at = (8, 32, 48) if wide else (4, 28, 36)
        at = linkedit.command.offset
        if linkedit.memory_size in {-(-linkedit.file_size // page) * page for page in _PAGES}:
            content[at + memory_at : at + memory_at + size] = bytes(size)
        content[at + file_at : at + file_at + size] = bytes(size)
    commands = file.find(LC_CODE_SIGNATURE)
    if not commands:
        return Unsigned(bytes(content))
    command = commands[0]
    start, size = command.view.u32(8), command.view.u32(12)
    if len(commands) > 1 or start % _ALIGN or start + size != len(data) or command.view.size != 16:
        raise FormatError("its code signature does not stand at the end of the file, once")
    signature = _sound_signature(data, start)
    del content[start:]
    end = file.header_size + file.sizeofcmds
    content[command.offset : end] = content[command.offset + 16 : end] + bytes(16)
    content[16:24] = (file.ncmds - 1).to_bytes(4, order) + (file.sizeofcmds - 16).to_bytes(4, order)
    cms = signature.blob(SLOT_CMS)
    return Unsigned(bytes(content), data[start:], signature.directories[0], cms is not None and len(cms.content) > 8)


def _sound_signature(data: bytes, start: int) -> Signature:
    """The signature at `start`, if all its hashes are right and no byte of it belongs to nothing. Raises `FormatError`."""
    raw = memoryview(data)[start:]
    signature = codesign.read(raw)
    if signature.faults:
        raise FormatError(f"its code signature is broken: {signature.faults[0].message}")
    if not signature.directories:
        raise FormatError("its code signature has no code directory")
    end = 12 + 8 * len(signature.blobs)
    for blob in sorted(signature.blobs, key=lambda blob: blob.offset):
        if any(raw[end : blob.offset]):
            raise FormatError("its code signature has bytes that belong to nothing")
        end = blob.offset + len(blob.content)
    if any(raw[end:]):
        raise FormatError("its code signature has bytes behind it that belong to nothing")
    for directory in signature.directories:
        pages = range(0, start, 1 << directory.page_bits) if directory.page_bits else range(1)
        if not directory.hash_name or directory.limit != start or len(directory.hashes) != len(pages):
            raise FormatError("its code signature is of another file")
        with memoryview(data) as code:
            for number, page in enumerate(pages):
                following = pages[number + 1] if number + 1 < len(pages) else start
                if directory.digest(code[page:following]) != directory.hashes[number]:
                    raise FormatError(f"it was changed after it was signed, at {page:#x} to {following:#x}")
        for blob in signature.blobs:
            if blob.magic == codesign.MAGIC_DIRECTORY or blob.slot >= SLOT_CMS:
                continue  # neither is hashed: they are what signs
            if directory.special.get(blob.slot) != directory.digest(blob.content):
                raise FormatError(f"the {blob.name} of its code signature were changed after it was signed")
    return signature


def _signing_problem(built: Unsigned, again: Unsigned) -> str:
    """Why the signature is not one that somebody put there on purpose; empty where it may be."""
    if built.directory is None:
        return "its code signature was taken away"
    ours = again.directory
    if built.directory.flags & CS_LINKER_SIGNED:
        return "its code signature says that the linker made it, and is another than the linker makes"
    if ours is not None and not built.certified and built.directory.identifier == ours.identifier:
        return "its code signature is another than the linker makes, and nobody else's"
    return ""


# ---- where two files part


def explain(built: bytes, again: bytes, limit: int = 5) -> list[str]:
    """Where two executables differ, in words: what they say of their builds first, then their sections. Never empty."""
    found = _build_infos(built, again)
    try:
        found += _sections(built, again, limit)
    except FormatError as error:
        found.append(f"it can't be read: {error}")
    if not found:
        at = _first_difference(built, again)
        found.append(f"{len(built):,} bytes against {len(again):,}; the first that differs is at {at:#x}")
    return found


def _first_difference(one: bytes, two: bytes) -> int:
    """The offset of the first byte that differs, or the length of the shorter."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


_BUILD_ID: Final = re.compile(rb'(?<=^\xff Go build ID: ")[^"]{1,200}(?="\n \xff)')
"""At the start of a Mach-O file's text (src/cmd/internal/buildid/buildid.go); an ELF file has a note for it."""
_SETTINGS: Final = {
    "vcs.revision": "it was built at commit {0}, and the source is at {1}",
    "vcs.modified": "its commit stamp says modified={0}, and the source's is modified={1}",
}


def _build_infos(built: bytes, again: bytes) -> list[str]:
    """What the two say of how they were built, where that differs."""
    try:
        one, two = read_build_info(built), read_build_info(again)
    except BadBuildInfo as error:
        return [f"its build information is broken: {error}"]
    if one is None or two is None:
        return [] if one is two else [f"{'it' if one is None else 'the rebuilt file'} has no build information"]
    found: list[str] = []
    for what, left, right in (
        ("Go release", one.go_version, two.go_version),
        ("main package", one.path, two.path),
        ("main module", _module(one.main), _module(two.main)),
    ):
        if left != right:
            found.append(f"{what}: {left or 'none'} against {right or 'none'}")
    left_deps, right_deps = ({module.path: _module(module) for module in info.deps} for info in (one, two))
    for path in sorted(left_deps.keys() | right_deps.keys()):
        if left_deps.get(path) != right_deps.get(path):
            found.append(f"module {path}: {left_deps.get(path, 'not there')} against {right_deps.get(path, 'not there')}")
    for name in _names(one, two):
        left, right = one.setting(name), two.setting(name)
        if left != right:
            words = _SETTINGS.get(name, f"{name}: {{0}} against {{1}}")
            found.append(words.format(left or "none", right or "none"))
    return found


def _names(one: BuildInfo, two: BuildInfo) -> list[str]:
    """The settings of both, the commit's first: where it differs, so does all that follows from it."""
    names = dict.fromkeys(name for info in (one, two) for name, _ in info.settings)
    return sorted(names, key=lambda name: (not name.startswith("vcs."), name != "vcs.revision"))


def _module(module: Module | None) -> str:
    if module is None:
        return ""
    text = f"{module.path} {module.version} {module.sum}".rstrip()
    return f"{text} => {_module(module.replace)}" if module.replace else text


def _sections(built: bytes, again: bytes, limit: int) -> list[str]:
    """The sections whose place or content differs, with the symbol at the first difference of each."""
    left, right = read_executable(built), read_executable(again)
    if type(left) is not type(right):
        return ["one is an ELF file and the other a Mach-O file"]
    if isinstance(left, MachO) and isinstance(right, MachO) and left.arch != right.arch:
        return [f"it is for {left.arch}, and the rebuilt file for {right.arch}"]
    if isinstance(left, Elf) and isinstance(right, Elf) and left.machine != right.machine:
        return [f"its machine is {left.machine}, and the rebuilt file's {right.machine}"]
    names = Names(left)
    others = {section.label: section for section in right.sections}
    found: list[str] = []
    ids: list[str] = []
    covered: list[tuple[int, int]] = []
    for section in left.sections:
        other = others.pop(section.label, None)
        if other is None:
            found.append(f"{section.label} is not in the rebuilt file")
            continue
        covered.append((section.offset, section.size if section.in_file else 0))
        one, two = _content(left, section), _content(right, other)
        if one == two:
            continue
        if section.name.startswith(".note."):  # ids: they differ because something else does
            ids.append(f"{section.label} differs")
            continue
        if section.name == "__text":
            one, two = (_BUILD_ID.sub(lambda id: bytes(len(id[0])), content, count=1) for content in (one, two))
            if one == two:
                ids.append("the build id differs")
                continue
        at = _first_difference(one, two)
        where = f"{section.label} differs from {section.address + at:#x} on" if section.address else f"{section.label} differs"
        name = names.at(section.address + at) if section.address else ""
        package = package_of(name)
        where += f", in {name}" + (f" (package {package})" if package else "") if name else ""
        if len(one) != len(two):
            where += f"; it has {len(one):,} bytes against {len(two):,}"
        found.append(where)
    found += [f"{label} is in the rebuilt file alone" for label in others]
    found = found or ids
    more = len(found) - limit
    if more > 0:
        found[limit:] = [f"{more} more sections differ"]
    if not found and len(built) == len(again):
        at = _first_difference(built, again)
        what = "the headers" if at < min((start for start, size in covered if size), default=0) else "bytes outside all sections"
        found.append(f"{what} differ, at {at:#x}")
    return found


def _content(file: Elf | MachO, section: ElfSection | MachSection) -> bytes:
    if isinstance(file, Elf):
        assert isinstance(section, ElfSection)
        return bytes(file.content(section))
    assert isinstance(section, MachSection)
    return bytes(file.content(section))


def explain_text(built: bytes, again: bytes, name: str, limit: int = 6) -> list[str]:
    """Where two text files differ: the first lines, as diff shows them."""
    one, two = (data.decode("utf-8", "backslashreplace").splitlines() for data in (built, again))
    lines = list(difflib.unified_diff(two, one, "rebuilt", name, lineterm="", n=0))[2:]
    shown = [line[:200] for line in lines if not line.startswith("@@")]
    return shown[:limit] + ([f"{len(shown) - limit} more lines differ"] if len(shown) > limit else [])
