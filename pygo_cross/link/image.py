# SPDX-License-Identifier: BSD-3-Clause
"""What the linker laid out: the program as segments, sections and symbols, before any file format.

The layout step makes an `Image`; `elf.write_elf` and `macho.write_macho` turn it into a file. Invariants the writers rely on and check:

- Every address and file offset is already decided. A section's file offset is not stored: it is
  `segment.offset + section.address - segment.address`, as in stock Go (cmd/link/internal/ld/elf.go, macho.go).
- The five segments are those of stock Go and in its order: text, rodata (ELF only), relrodata (Mach-O only), data, dwarf.
  `dwarf` is always there, without sections when there is no debug information: what follows the segments is placed after its end.
- The first `header_size` bytes of the file belong to the writer; `text.offset == header_size`.
- Sections of a segment are in address order; those without content (`content is None`: zero fill) come last in `data`.
- Gaps between sections are zero in the file.

Addresses, sizes and offsets are in bytes. Constants come from archinit in cmd/link/internal/{amd64,arm64}/obj.go, from address in
cmd/link/internal/ld/data.go and from machoadddynlib in cmd/link/internal/ld/macho.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

# Permissions of a segment or section, as the Rwx field of stock Go's: the bits of an octal file mode.
READ: Final = 4
WRITE: Final = 2
EXECUTE: Final = 1

# ImageSymbol.kind
SYMBOL_TEXT: Final = 0  # a function, or a marker in the text section
SYMBOL_DATA: Final = 1
SYMBOL_IMPORT: Final = 2  # undefined here: the dynamic linker finds it (cgo_import_dynamic)

# What layout starts from, by (goos, goarch): the rounding of segments (FlagRound) and the address of the file's first byte.
# The text segment begins `header_size` bytes after that address.
SEGMENT_ROUND: Final = {
    ("linux", "amd64"): 0x1000,
    ("linux", "arm64"): 0x10000,
    ("darwin", "amd64"): 0x1000,
    ("darwin", "arm64"): 0x4000,
}
BASE_ADDRESS: Final = {
    ("linux", "amd64"): 0x400000,
    ("linux", "arm64"): 0x10000,
    ("darwin", "amd64"): 0x1000000,
    ("darwin", "arm64"): 0x100000000,
}

_HEADER_PAGE: Final = 4096
_DYLIB_BUDGET: Final = 2048  # of the first header page of a Mach-O file, what stock Go leaves for LC_LOAD_DYLIB


def header_size(goos: str, dylibs: list[str]) -> int:
    """Bytes before the text segment in the file and in memory (HEADR); a Mach-O file that names many libraries needs more than a page."""
    size = _HEADER_PAGE
    if goos == "darwin":
        budget = _DYLIB_BUDGET
        for name in dylibs:
            budget -= (len(name.encode()) + 7) // 8 * 8 + 24
            if budget < 0:
                size += _HEADER_PAGE
                budget += _HEADER_PAGE
    return size


@dataclass(slots=True, eq=False)
class Section:
    """One section, under Go's name (`.text`, `.rodata`, `.got`, `.debug_line`; the Mach-O writer makes `__text` of it).

    `content` has exactly `size` bytes, relocations applied, or is None where memory is zero and the file holds nothing.
    `rwx` is stock's sect.Rwx. `compressed` marks ELF debug sections that begin with a compression header (Mach-O says it
    in the name, `.zdebug_line`).
    """

    name: str
    address: int
    size: int
    align: int
    rwx: int
    content: bytes | bytearray | memoryview | None
    compressed: bool = False


@dataclass(slots=True, eq=False)
class Segment:
    """A run of sections that is mapped together. `length` is its size in memory, `file_length` that in the file."""

    rwx: int
    address: int
    length: int
    offset: int
    file_length: int
    sections: list[Section] = field(default_factory=list)


class ImageSymbol:
    """One entry of the symbol table.

    - `name`: the external name (stock's SymExtname), `·` and all; writers replace it. For an import, the name the library exports,
      without Mach-O's underscore.
    - `abi`: the suffix that stock's mangleABIName adds (`.abi0`) or "". It is apart because Mach-O sorts without it.
    - `section` is None for an import. A marker at a section's end (runtime.etext) names the section it ends.
    - `local`: ELF binding STB_LOCAL: file-local and not a static temporary, hidden, AttrLocal, or content-hashed text
      (putelfsym in cmd/link/internal/ld/symtab.go).
    - `dylib`: for an import, the library it comes from, one of `Image.dylibs`, or "" to have every library searched.
    """

    __slots__ = ("abi", "address", "dylib", "kind", "local", "name", "section", "size")

    def __init__(
        self,
        name: str,
        kind: int,
        address: int = 0,
        size: int = 0,
        section: Section | None = None,
        local: bool = False,
        abi: str = "",
        dylib: str = "",
    ) -> None:
        self.name = name
        self.kind = kind
        self.address = address
        self.size = size
        self.section = section
        self.local = local
        self.abi = abi
        self.dylib = dylib


@dataclass(slots=True, eq=False)
class Image:
    """A whole program, laid out.

    `symbols` is in the order of stock's symbol table pass (genelfsym, collectmachosyms): the marker runtime.text, the functions in text
    order, the marker runtime.etext, then data symbols and imports by loader index; only those that belong into a symbol table
    (shouldBeInSymbolTable), whatever `strip` says. What a format leaves out, and how it sorts, is its writer's business.

    `build_id` is Go's build id, as the -buildid flag gives it. `host_id` is the -B flag, for the GNU build id note or Mach-O UUID: "none",
    "0x" and hexadecimal digits, or "gobuildid" (or "", if there is a build id): a hash of `host_id_source`, or of `build_id` where that
    is "": cmd/go writes the content's hash into the build id after linking, and the host's id stays that of the id before
    (src/cmd/go/internal/work/buildid.go, updateBuildID). `strip` is -s. Debug information is written if `dwarf` has sections.

    For Mach-O only: `dylibs` in load order; imports through stubs (`stub_symbols`, one a stub of `.plt`) and pointers (`got_symbols`,
    one a word of `.got`); `pie`, whether the program may be moved; only then there are `rebases`, addresses of pointers that move
    with the image, and `binds`, pointers that the dynamic linker fills with an import's address, both in the order in which stock
    records them (MachoAddRebase, MachoAddBind).
    """

    goos: str
    goarch: str
    entry: int
    header_size: int
    text: Segment
    rodata: Segment | None
    relrodata: Segment | None
    data: Segment
    dwarf: Segment
    build_id: str
    strip: bool
    symbols: list[ImageSymbol] = field(default_factory=list)
    dylibs: list[str] = field(default_factory=list)
    stub_symbols: list[ImageSymbol] = field(default_factory=list)
    got_symbols: list[ImageSymbol] = field(default_factory=list)
    rebases: list[int] = field(default_factory=list)
    binds: list[tuple[int, ImageSymbol]] = field(default_factory=list)
    host_id_source: str = ""
    host_id: str = ""
    pie: bool = True

    @property
    def round(self) -> int:
        """The rounding of segments, in bytes (FlagRound)."""
        return SEGMENT_ROUND[self.goos, self.goarch]

    @property
    def base(self) -> int:
        """The address at which the file's first byte is mapped."""
        return self.text.address - self.header_size

    def segments(self) -> list[Segment]:
        """The segments that exist, in order; `dwarf` last, even when empty."""
        return [segment for segment in (self.text, self.rodata, self.relrodata, self.data, self.dwarf) if segment is not None]
