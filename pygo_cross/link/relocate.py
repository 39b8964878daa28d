# SPDX-License-Identifier: BSD-3-Clause
"""Contents of the sections: symbols' data put in place, and every relocation applied.

All addresses are final here. Problems are the user's: a reference to something that nobody defines, with who refers
to it, or a distance that an instruction can't hold. Facts: GOROOT/src/cmd/link/internal/ld/data.go (relocsym).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from pygo_cross.arch.arm64.reloc import Unreachable
from pygo_cross.arch.arm64.reloc import relocate as relocate_arm64
from pygo_cross.arch.layout import FACTS
from pygo_cross.diag import Diagnostic, InternalError, Pos, UserError
from pygo_cross.link import kinds
from pygo_cross.link.context import Link
from pygo_cross.link.image import Section
from pygo_cross.obj import goobj
from pygo_cross.obj.reader import Reloc as ObjReloc
from pygo_cross.obj.reloctype import (
    NAMES,
    R_ADDR,
    R_ADDROFF,
    R_CALL,
    R_CONST,
    R_GOTPCREL,
    R_METHODOFF,
    R_PCREL,
    R_SIZE,
    R_TLS_LE,
    R_WEAK,
)

_put_i32: Callable[..., None] = struct.Struct("<i").pack_into
_put_u64: Callable[..., None] = struct.Struct("<Q").pack_into
_MAX_PROBLEMS = 10

# Offset of thread-local storage from the thread register, where amd64 code holds it (computeTLSOffset).
_TLS_OFFSET = {"linux": -8, "darwin": 0x30}


class Relocator:
    """Fills sections. `problems` collects what is wrong; `raise_problems` reports it at the end."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.loader = link.loader
        self.problems: list[Diagnostic] = []
        self.unreachable_method = link.loader.lookup("runtime.unreachableMethod", goobj.ABI_INTERNAL)
        self.tls_offset = _TLS_OFFSET[link.options.goos]
        self.code_pad = FACTS[link.options.goarch].code_pad
        self.global_table: dict[int, Sequence[int]] = {0: range(len(link.loader.sym_obj))}
        self._seen: set[tuple[int, int]] = set()

    def fill(self, section: Section, syms: list[int], *, code: bool) -> None:
        """Make the content of a section from its symbols, in address order; what has no data is zero, or padding in code."""
        loader = self.loader
        pad = self.code_pad if code else 0
        content = bytearray(section.size) if not pad else bytearray([pad]) * section.size
        base = section.address
        value, data = loader.value, loader.data
        lengths = []
        for sym in syms:
            at = value[sym] - base
            raw = data(sym)
            length = len(raw)
            lengths.append(length)
            content[at : at + length] = raw
        if len(content) != section.size:
            raise InternalError("relocate", f"symbols overflow section {section.name}")
        apply = self.apply
        for sym, length in zip(syms, lengths, strict=True):
            apply(sym, content, value[sym] - base, length)
        section.content = content

    def apply(self, sym: int, content: bytearray, at: int, length: int) -> None:
        """Apply the relocations of a symbol whose `length` bytes of data stand at offset `at` of `content`."""
        loader = self.loader
        value, kind, reachable, section_of = loader.value, loader.kind, loader.reachable, self.link.section_of
        address = value[sym]
        rows: list[ObjReloc]
        ext = loader.ext.get(sym)
        file = loader.sym_obj[sym]
        if ext is not None:
            rows = [(offset, size, rtype, addend, 0, target) for offset, size, rtype, addend, target in ext.relocs]
            tables = self.global_table
        elif file is not None:
            rows = file.obj.relocs(loader.sym_li[sym])
            tables = file.tables
        else:
            return
        for offset, size, rtype, addend, package, index in rows:
            target = tables[package][index]
            if not size:
                continue  # a mark for the reachability analysis
            if offset < 0 or offset + size > length or size & 3:
                what = f"a relocation of {size} bytes at {offset} does not fit its {length} bytes of data"
                self.report(sym, target, "bad-object", f"corrupt object file: {self.name(sym)}: {what}", "build the package again")
                continue
            if rtype in (R_CALL, R_PCREL):
                if target and not kind[target]:
                    self.undefined(sym, target)
                    continue
                try:
                    _put_i32(content, at + offset, value[target] + addend - (address + offset + 4))
                except struct.error:
                    self.too_far(sym, target, rtype)
                continue
            weak = rtype & R_WEAK
            rtype &= ~R_WEAK
            if rtype in (R_ADDROFF, R_METHODOFF):
                if not reachable[target]:
                    if rtype == R_METHODOFF:
                        # The runtime knows -1 as a method that is not there.
                        _put_i32(content, at + offset, -1)
                        continue
                    if weak:
                        continue
                section = section_of.get(target)
                if section is None:
                    self.undefined(sym, target)
                    continue
                try:
                    _put_i32(content, at + offset, value[target] - section.address + addend)
                except struct.error:
                    self.too_far(sym, target, rtype)
            elif rtype == R_ADDR:
                if not kind[target]:
                    self.undefined(sym, target)
                    continue
                if weak and not reachable[target]:
                    target = self.unreachable_method
                result = value[target] + addend
                if size == 8:
                    _put_u64(content, at + offset, result & 0xFFFFFFFFFFFFFFFF)
                elif 0 <= result < 1 << 31:
                    _put_i32(content, at + offset, result)
                else:
                    self.too_far(sym, target, rtype)
            else:
                self.apply_other(sym, content, at + offset, offset, size, rtype, addend, target)

    def apply_other(self, sym: int, content: bytearray, at: int, offset: int, size: int, rtype: int, addend: int, target: int) -> None:
        """The rarer relocations, and those of arm64."""
        loader = self.loader
        if target and not loader.kind[target]:
            self.undefined(sym, target)
            return
        if rtype == R_TLS_LE:
            result = self.tls_offset + addend
        elif rtype in (R_GOTPCREL, R_CALL):  # weak calls come here
            result = loader.value[target] + addend - (loader.value[sym] + offset + size)
        elif rtype == R_SIZE:
            result = loader.size(target) + addend
        elif rtype == R_CONST:
            result = addend
        else:
            old = int.from_bytes(content[at : at + size], "little")
            try:
                changed = relocate_arm64(rtype, old, loader.value[sym] + offset, loader.value[target] + addend)
            except Unreachable as error:
                self.report(sym, target, "too-far", f"{self.name(sym)}: reference to {self.name(target)}: {error}")
                return
            if changed is None:
                name = NAMES.get(rtype, str(rtype))
                self.report(sym, target, "relocation", f"{self.name(sym)}: relocation type {name} of {self.name(target)} is not supported")
                return
            content[at : at + size] = changed.to_bytes(size, "little")
            return
        try:
            content[at : at + size] = result.to_bytes(size, "little", signed=result < 0)
        except OverflowError:
            self.too_far(sym, target, rtype)

    # Problems.

    def name(self, sym: int) -> str:
        return self.loader.where(sym) if sym else "an absolute address"

    def undefined(self, sym: int, target: int) -> None:
        """`sym` refers to something that is not in the image."""
        loader = self.loader
        if loader.kind[target]:
            what = f"{loader.where(target)} is referred to and has no place in the image"
            if loader.file_of(target) is None:
                raise InternalError("relocate", what, loader.where(sym))
            self.report(sym, target, "bad-object", f"corrupt object file: {self.name(sym)}: {what}", "build the package again")
            return
        name = loader.name(target)
        hint = ""
        version = loader.version(target)
        if version in (0, 1):
            other = loader.lookup(name, 1 - version)
            if other and loader.kind[other] != kinds.SXXX:
                names = ("ABI0", "ABIInternal")
                hint = f"it is defined as {names[1 - version]}, the reference wants {names[version]}"
        if name == "main.main":
            self.report(sym, target, "undefined-symbol", "function main is undeclared in the main package", hint)
            return
        self.report(sym, target, "undefined-symbol", f"{self.name(sym)}: relocation target {name} not defined", hint)

    def too_far(self, sym: int, target: int, rtype: int) -> None:
        """The value does not fit its field."""
        what = f"{self.name(sym)}: the address of {self.name(target)} does not fit relocation {NAMES.get(rtype, rtype)}"
        self.report(sym, target, "too-far", what, "the program is too large")

    def report(self, sym: int, target: int, code: str, message: str, hint: str = "") -> None:
        """Collect a problem, once for each pair of symbols."""
        if (sym, target) not in self._seen:
            self._seen.add((sym, target))
            file = self.loader.file_of(sym)
            self.problems.append(Diagnostic(Pos(file.package if file else ""), code, message, hint))

    def raise_problems(self) -> None:
        """Raise UserError if there were problems: the first ten, or all of them with -e."""
        if self.problems:
            problems = sorted(set(self.problems))
            if len(problems) > _MAX_PROBLEMS and not self.link.options.all_errors:
                problems = [*problems[:_MAX_PROBLEMS], Diagnostic(Pos("~"), "too-many-errors", "too many errors")]
            raise UserError(problems)
