# SPDX-License-Identifier: BSD-3-Clause
"""Resolution: number the symbols of all objects, and decide which definition of a name stands.

The order of numbering is loader.py's. A definition meets another of its name in three ways: content-addressed symbols
of one hash are one symbol; duplicates that say so (DUPOK) yield to others and to larger ones; a variable without
content yields to text or content of the same name, and the larger size is kept. Anything else is a clash.

When `load_symbols` returns, every local index of every object leads to a global number (`ObjFile.tables`), names are
in `loader.names`, and what nobody defines has a number of kind SXXX: it is an error only if the image needs it.
Facts: GOROOT/src/cmd/link/internal/loader/loader.go (LoadSyms, addSym, loadObjRefs).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import TypeVar

from pygo_cross.diag import Diagnostic, Pos, UserError
from pygo_cross.link import kinds
from pygo_cross.link.linkname import LinknamePolicy
from pygo_cross.link.loader import Loader, ObjFile
from pygo_cross.obj import goobj
from pygo_cross.obj.archive import bad_file
from pygo_cross.obj.builtins import BUILTINS

_Hash = TypeVar("_Hash", int, bytes)

_BUILTIN_INDEX = {builtin: index for index, builtin in enumerate(BUILTINS)}
_MAX_ALIGN = 4096
# Content-addressed symbols are constants and tables of one function: they don't consist of zeros.
_MAX_ZEROS = 1 << 24
_LINKNAMES = goobj.LINKNAME | goobj.LINKNAMESTD


def _bit_table(bit: int) -> bytes:
    return bytes(1 if value & bit else 0 for value in range(256))


_LOCAL_BIT = _bit_table(goobj.LOCAL)
_IFACE_BIT = _bit_table(goobj.USED_IN_IFACE)
_NOT_DWARF = bytes(0 if kinds.is_dwarf(kind) else 1 for kind in range(256))


class _Resolver:
    """The state while symbols are numbered."""

    def __init__(self, loader: Loader, linknames: LinknamePolicy, debug_info: bool) -> None:
        self.loader = loader
        self.linknames = linknames
        self.debug_info = debug_info
        self.builtins = [0] * len(BUILTINS)
        self.linkname_refs: list[tuple[ObjFile, str, int]] = []
        self.size_fixups: list[tuple[int, int]] = []
        self.problems: list[Diagnostic] = []

    def run(self) -> None:
        """All objects, in the order that numbers depend on."""
        loader = self.loader
        for file in loader.objs:
            self.package_definitions(file)
        hashed64: dict[int, tuple[int, int]] = {}
        hashed: dict[bytes, tuple[int, int]] = {}
        for file in loader.objs:
            obj = file.obj
            file.tables[goobj.PKG_HASHED64] = self.hashed(file, obj.ndef, obj.nhashed64, obj.hashes64(), hashed64)
            file.tables[goobj.PKG_HASHED] = self.hashed(file, obj.ndef + obj.nhashed64, obj.nhashed, obj.hashes(), hashed)
            file.tables[goobj.PKG_NONE] = self.non_package_definitions(file)
        for file, name, sym in self.linkname_refs:
            self.check_linkname(file, name, sym)
        loader.nobject_syms = len(loader.sym_obj)
        for index, (name, abi) in enumerate(BUILTINS):
            if not self.builtins[index]:
                self.builtins[index] = loader.lookup_or_create(name, abi)
        for file in loader.objs:
            self.references(file)
        for sym, size in self.size_fixups:
            loader.make_ext(sym).size = size
        if self.problems:
            raise UserError(self.problems)
        loader.value = [0] * len(loader.sym_obj)
        loader.reachable = bytearray(len(loader.sym_obj))

    def add_range(self, file: ObjFile, start: int, end: int) -> int:
        """Number the local symbols start to end one after the other; return the first number."""
        loader = self.loader
        base = len(loader.sym_obj)
        loader.sym_obj.extend([file] * (end - start))
        loader.sym_li.extend(range(start, end))
        loader.kind += file.kind[start:end]
        loader.used_in_iface += file.flag2[start:end].translate(_IFACE_BIT)
        return base

    def note_attributes(self, file: ObjFile, start: int, end: int, numbers: Sequence[int]) -> None:
        """Merge what any object says of a symbol: its largest alignment, whether it is local, its interface use."""
        align = self.loader.align
        alignments = file.obj.alignments(start, end)
        for wanted in set(alignments):
            if wanted & (wanted - 1) or wanted > _MAX_ALIGN:
                raise bad_file(file.obj.path, f"corrupt object file: a symbol wants an alignment of {wanted} bytes")
        for sym, wanted in zip(numbers, alignments, strict=True):
            if wanted and wanted > align.get(sym, 0):
                align[sym] = wanted
        bits = file.flag[start:end].translate(_LOCAL_BIT)
        at = bits.find(1)
        while at >= 0:
            self.loader.local.add(numbers[at])
            at = bits.find(1, at + 1)
        used = self.loader.used_in_iface
        bits = file.flag2[start:end].translate(_IFACE_BIT)
        at = bits.find(1)
        while at >= 0:
            used[numbers[at]] = 1
            at = bits.find(1, at + 1)

    def note_builtin(self, name: str, abi: int, sym: int) -> None:
        """Remember a definition that objects refer to by a number of its own."""
        index = _BUILTIN_INDEX.get((name, abi))
        if index is not None:
            self.builtins[index] = sym

    def package_definitions(self, file: ObjFile) -> None:
        """Symbols that other objects refer to by package and index; their names serve linknames and roots."""
        obj, decode = file.obj, file.obj.decode_name
        names = self.loader.names
        base = self.add_range(file, 0, obj.ndef)
        numbers = file.tables[goobj.PKG_SELF] = range(base, base + obj.ndef)
        builtin_prefixes = ("runtime.", "type:") if file.package == "runtime" else ("runtime.",)
        for sym, (length, offset, abi) in enumerate(obj.names_and_abis(0, obj.ndef), base):
            if not length or abi == goobj.ABI_STATIC:
                continue
            if abi > 1:
                raise bad_file(obj.path, f"corrupt object file: symbol {sym - base} has ABI {abi}")
            name = decode(length, offset)
            if name in names[abi]:
                self.duplicate(name, file, names[abi][name])
            names[abi][name] = sym
            if name.startswith(builtin_prefixes):
                self.note_builtin(name, abi, sym)
        self.note_attributes(file, 0, obj.ndef, numbers)

    def hashed(self, file: ObjFile, start: int, count: int, hashes: list[_Hash], known: dict[_Hash, tuple[int, int]]) -> list[int]:
        """Number content-addressed symbols: one number a hash; of several copies the largest stands for all.

        Where nobody wants debug information, its symbols are left without a number (0).
        """
        loader = self.loader
        end = start + count
        numbers = [0] * count
        file_kind = file.kind
        wanted: Iterable[int] = range(count)
        if not self.debug_info:
            wanted = compress(wanted, file_kind[start:end].translate(_NOT_DWARF))
        sizes = file.obj.sizes(start, end)
        if sizes and max(sizes) > _MAX_ZEROS:
            for li, size in enumerate(sizes, start):
                if size - file.obj.data_size(li) > _MAX_ZEROS:
                    raise bad_file(file.obj.path, f"corrupt object file: a content-addressed symbol has {size} bytes, and no content")
        base = sym = len(loader.sym_obj)
        added: list[int] = []
        for index in wanted:
            digest = hashes[index]
            found = known.get(digest)
            if found is None:
                known[digest] = (sym, sizes[index])
                numbers[index] = sym
                added.append(start + index)
                sym += 1
            else:
                numbers[index] = found[0]
                if sizes[index] > found[1]:
                    # Trailing zeros are no part of the hash, so copies may differ in size.
                    known[digest] = (found[0], sizes[index])
                    if found[0] < base:
                        loader.replace(found[0], file, start + index)
                    else:
                        added[found[0] - base] = start + index
        loader.sym_obj.extend([file] * len(added))
        loader.sym_li.extend(added)
        loader.kind += bytes([file_kind[li] for li in added])
        loader.used_in_iface += bytes(len(added))
        self.note_attributes(file, start, end, numbers)
        return numbers

    def non_package_definitions(self, file: ObjFile) -> list[int]:
        """Symbols that objects refer to by name: shared copies, type descriptors, what has a linkname."""
        obj, decode = file.obj, file.obj.decode_name
        names = self.loader.names
        start = obj.ndef + obj.nhashed64 + obj.nhashed
        builtin_prefixes = ("runtime.", "type:") if file.package == "runtime" else ("runtime.",)
        numbers = []
        for li, (length, offset, abi) in enumerate(obj.names_and_abis(start, obj.nall), start):
            name = decode(length, offset) if length else ""
            if not name or abi == goobj.ABI_STATIC:
                sym = self.add_range(file, li, li + 1)
            elif abi > 1:
                raise bad_file(obj.path, f"corrupt object file: {name} has ABI {abi}")
            else:
                sym = names[abi].get(name, 0)
                if sym:
                    self.merge(name, file, li, sym)
                else:
                    sym = names[abi][name] = self.add_range(file, li, li + 1)
                if name.startswith(builtin_prefixes):
                    self.note_builtin(name, abi, sym)
            if file.flag2[li] & _LINKNAMES and "." in name and obj.data_size(li) == 0:
                # A variable without content under a linkname is a reference in the disguise of a definition.
                self.linkname_refs.append((file, name, sym))
            numbers.append(sym)
        self.note_attributes(file, start, obj.nall, numbers)
        return numbers

    def merge(self, name: str, file: ObjFile, li: int, sym: int) -> None:
        """A named symbol is defined again: decide which definition stands, or report the clash."""
        loader = self.loader
        old_file, old_li = loader.home(sym)
        old_dupok = old_file.flag[old_li] & goobj.DUPOK
        size, old_size = file.obj.size(li), old_file.obj.size(old_li)
        if file.flag[li] & goobj.DUPOK:
            if old_dupok and old_size < size:
                loader.replace(sym, file, li)
            return
        if old_dupok:
            loader.replace(sym, file, li)
            return
        old_kind, new_kind = old_file.kind[old_li], file.kind[li]
        old_content, new_content = old_file.obj.data_size(old_li) != 0, file.obj.data_size(li) != 0
        old_bss = kinds.is_data(old_kind) and not old_content
        new_bss = kinds.is_data(new_kind) and not new_content
        if old_bss and (kinds.is_text(new_kind) or new_content or (new_bss and size > old_size)):
            loader.replace(sym, file, li)
            if old_size > size:
                self.size_fixups.append((sym, old_size))
        elif new_bss:
            if size > old_size:
                self.size_fixups.append((sym, size))
        else:
            self.duplicate(name, file, sym)

    def duplicate(self, name: str, file: ObjFile, old: int) -> None:
        """Report two definitions of a name."""
        old_file = self.loader.sym_obj[old]
        first = old_file.package if old_file else "the linker"
        problem = f"symbol {name} is defined twice, in {first} and in {file.package}"
        self.problems.append(Diagnostic(Pos(file.obj.path), "duplicate-symbol", problem, "keep one of the definitions"))

    def references(self, file: ObjFile) -> None:
        """What an object refers to outside itself: packages, by index, and symbols, by name."""
        loader, obj, decode = self.loader, file.obj, file.obj.decode_name
        for index, prefix in enumerate(obj.packages()):
            if index == 0:
                continue
            other = loader.by_package.get(prefix)
            if other is None:
                raise bad_file(obj.path, f"package {file.package} refers to package {prefix}, which is not part of the link")
            file.tables[index] = other.tables[goobj.PKG_SELF]
        file.tables[goobj.PKG_BUILTIN] = self.builtins
        references: list[int] = []
        names = loader.names
        from_assembly = bool(obj.flags & goobj.OBJ_FROM_ASSEMBLY)
        flags = zip(file.flag[obj.nall : obj.nsym], file.flag2[obj.nall : obj.nsym], strict=True)
        for (length, offset, abi), (flag, flag2) in zip(obj.names_and_abis(obj.nall, obj.nsym), flags, strict=True):
            name = decode(length, offset)
            if abi <= 1:
                sym = names[abi].get(name, 0) or loader.lookup_or_create(name, abi)
            elif abi == goobj.ABI_STATIC:
                sym = loader.lookup_or_create(name, file.version)
            else:
                raise bad_file(obj.path, f"corrupt object file: reference to {name} has ABI {abi}")
            references.append(sym)
            if flag2 & _LINKNAMES or from_assembly:
                self.check_linkname(file, name, sym)
            if flag & goobj.LOCAL:
                loader.local.add(sym)
            if flag2 & goobj.USED_IN_IFACE:
                loader.used_in_iface[sym] = 1
        file.tables[goobj.PKG_NONE] = [*file.tables[goobj.PKG_NONE], *references]
        for package, index, _flag, flag2 in obj.ref_flags():
            if flag2 & goobj.USED_IN_IFACE:
                loader.used_in_iface[loader.resolve(file, package, index)] = 1

    def check_linkname(self, file: ObjFile, name: str, sym: int) -> None:
        """Report a reference that the standard library does not allow."""
        problem = self.linknames.check(self.loader, file, name, sym)
        if problem:
            self.problems.append(Diagnostic(Pos(file.obj.path), "linkname", problem, "link with -checklinkname=0 to allow it"))


def load_symbols(loader: Loader, linknames: LinknamePolicy, *, debug_info: bool = True) -> None:
    """Number and resolve the symbols of the loader's objects; debug information only if `debug_info`.

    Raises UserError with every clash and forbidden linkname, or for a corrupt object.
    """
    _Resolver(loader, linknames, debug_info).run()
