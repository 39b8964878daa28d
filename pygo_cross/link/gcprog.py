# SPDX-License-Identifier: BSD-3-Clause
"""GC programs: which words of the data and bss sections hold pointers, in the runtime's compressed form.

A program is a run of instructions that make a bit string, one bit a word: `n` (1 to 127) and n literal bits; or
0x80|n, count: repeat the last n bits count times (n as a varint when it is 0 there); 0 ends it. The runtime expands it
at start (src/runtime/mbitmap.go); the rules of when to repeat are those of GOROOT/src/cmd/internal/gcprog.
"""

from __future__ import annotations

import struct

from pygo_cross.diag import Diagnostic, Pos, UserError
from pygo_cross.link import decode, kinds
from pygo_cross.link.builder import SymbolBuilder
from pygo_cross.link.loader import Loader

_MAX_LITERAL = 127
_WORD = 8
# A gap at least this long is written as a repeated zero.
_REPEAT_FROM = 32


class _Writer:
    """Writes one program, bit by bit in ascending order."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.index = 0
        self._literal = 0
        self._count = 0

    def _bit(self, value: int) -> None:
        if self._count == _MAX_LITERAL:
            self._flush()
        self._literal |= value << self._count
        self._count += 1
        self.index += 1

    def _zeros(self, count: int) -> None:
        while count:
            if self._count == _MAX_LITERAL:
                self._flush()
            step = min(count, _MAX_LITERAL - self._count)
            self._count += step
            self.index += step
            count -= step

    def _flush(self) -> None:
        if self._count:
            self.out.append(self._count)
            self.out += self._literal.to_bytes((self._count + 7) // 8, "little")
            self._literal = self._count = 0

    def _varint(self, value: int) -> None:
        while value >= 0x80:
            self.out.append(value & 0x7F | 0x80)
            value >>= 7
        self.out.append(value)

    def pointer(self, index: int) -> None:
        """The word `index` is a pointer; the words since the last one are not."""
        self.zero_until(index)
        self._bit(1)

    def zero_until(self, index: int) -> None:
        """No more pointers before word `index`."""
        skip = index - self.index
        if skip < 0:
            raise ValueError("a type reaches beyond its variable, or its fields are not in order")
        if skip < _REPEAT_FROM:
            self._zeros(skip)
        else:
            self._bit(0)
            self.repeat(1, skip - 1)

    def repeat(self, words: int, count: int) -> None:
        """The last `words` words occur `count` times more."""
        if not words or not count:
            return
        self._flush()
        if words < 0x80:
            self.out.append(0x80 | words)
        else:
            self.out.append(0x80)
            self._varint(words)
        self._varint(count)
        self.index += words * count

    def end(self) -> bytes:
        """The finished program."""
        self._flush()
        self.out.append(0)
        return bytes(self.out)


def _add_type(loader: Loader, writer: _Writer, offset: int, gotype: int) -> None:
    """The pointers of a value of the type at `offset` bytes from the section's start."""
    data = loader.data(gotype)
    kind = decode.kind(data)
    if kind == decode.KIND_ARRAY:
        relocs = loader.relocs(gotype)
        element = decode.target_at(relocs, decode.COMMON_SIZE)
        (length,) = struct.unpack_from("<Q", data, decode.COMMON_SIZE + 16)
        _add_type(loader, writer, offset, element)
        if length > 1:
            size = decode.pointer_size(loader.data(element))[0]
            writer.zero_until((offset + size) // _WORD)
            writer.repeat(size // _WORD, length - 1)
    elif kind == decode.KIND_STRUCT:
        for field_offset, field_type in decode.struct_fields(loader, gotype):
            if decode.pointer_size(loader.data(field_type))[1]:
                _add_type(loader, writer, offset + field_offset, field_type)
    else:
        words = decode.pointer_size(data)[1] // _WORD
        mask = loader.data(decode.target_at(loader.relocs(gotype), decode.GCDATA_AT))
        base = offset // _WORD
        for index in range(words):
            if mask[index >> 3] >> (index & 7) & 1:
                writer.pointer(base + index)


def add_program(loader: Loader, name: str, syms: list[int], size: int) -> None:
    """Make the symbol `name` (runtime.gcdata, runtime.gcbss) for a section of `size` bytes that holds `syms`.

    `loader.value` of each symbol is its offset in the section. Raises UserError for variables without a type, or of a
    type without pointers: assembly that declares data without NOPTR.
    """
    writer = _Writer()
    problems = []
    for sym in syms:
        gotype = loader.gotype(sym)
        if not gotype or not decode.type_size(loader, gotype)[1]:
            file = loader.file_of(sym)
            what = "has a type without pointers" if gotype else "has no Go type"
            problem = f"global symbol {loader.where(sym)} in pointer data {what} (size {loader.size(sym)})"
            problems.append(Diagnostic(Pos(file.obj.path if file else ""), "pointer-data", problem, "declare it in Go, or as NOPTR"))
            continue
        try:
            _add_type(loader, writer, loader.value[sym], gotype)
        except (*decode.MALFORMED, RecursionError):
            raise decode.bad_type(loader, gotype, f"the type of {loader.where(sym)} is cut short or makes no sense") from None
    if problems:
        raise UserError(problems)
    if writer.index > size // _WORD:
        raise decode.bad_type(loader, syms[-1], "its type reaches beyond the variable")
    writer.zero_until(size // _WORD)
    builder = SymbolBuilder(loader, loader.define(name, kinds.SRODATA))
    builder.add(writer.end())
