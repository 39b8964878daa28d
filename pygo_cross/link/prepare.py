# SPDX-License-Identifier: BSD-3-Clause
"""Symbols that the linker adds or sets before it lays anything out.

- `apply_directives`: imports from dynamic libraries, which objects ask for by cgo_import_dynamic directives;
- `load_fips`: the marks around the FIPS module's code and data and the record of them that its self-test reads;
- `setup`: the module data symbol, thread-local storage, what the runtime wants to know of the link;
- `set_strings`: `-X` settings, and the build version among them;
- `add_build_id`, `add_build_info`: what `go version` and the go command read.

Facts: GOROOT/src/cmd/link/internal/ld/{go,fips140,lib,data}.go. The order in which symbols are made is stock's.
"""

from __future__ import annotations

from pygo_cross.diag import NO_POS, Diagnostic, Pos, UserError
from pygo_cross.link import kinds
from pygo_cross.link.builder import SymbolBuilder
from pygo_cross.link.context import Link
from pygo_cross.obj import goobj

_FIPS_MAGIC = b"\xff Go fipsinfo \xff\0"
FIPS_SUM_AT = len(_FIPS_MAGIC)
_FIPS_SUM_SIZE = 32
_FIPS_MARKS = (
    ("go:textfipsstart", kinds.STEXTFIPSSTART),
    ("go:textfipsend", kinds.STEXTFIPSEND),
    ("go:rodatafipsstart", kinds.SRODATAFIPSSTART),
    ("go:rodatafipsend", kinds.SRODATAFIPSEND),
    ("go:noptrdatafipsstart", kinds.SNOPTRDATAFIPSSTART),
    ("go:noptrdatafipsend", kinds.SNOPTRDATAFIPSEND),
    ("go:datafipsstart", kinds.SDATAFIPSSTART),
    ("go:datafipsend", kinds.SDATAFIPSEND),
)


def apply_directives(link: Link, directives: list[tuple[str, list[str]]]) -> None:
    """Carry out the cgo directives. Raises UserError for those that only cgo needs, and for any import on Linux."""
    loader = link.loader
    problems = []
    for path, words in directives:
        verb = words[0]
        if verb == "cgo_ldflag":
            continue  # for an external linker
        if verb == "cgo_export_static" and len(words) > 1:
            loader.lookup_or_create(words[1], 0)  # only objects of a C compiler could refer to it
            continue
        if verb != "cgo_import_dynamic" or not 2 <= len(words) <= 4:
            problems.append(
                Diagnostic(Pos(path), "cgo", f"directive {verb} is for cgo, which is not supported", "build with CGO_ENABLED=0")
            )
            continue
        local, remote, library = words[1], words[2] if len(words) > 2 else words[1], words[3] if len(words) > 3 else ""
        if not link.is_darwin:
            problem = f"import of {remote} from {library or 'a dynamic library'}: dynamic linking is not supported on {link.options.goos}"
            problems.append(Diagnostic(Pos(path), "cgo", problem, "build with CGO_ENABLED=0"))
            continue
        if library and library not in link.dylibs:
            link.dylibs.append(library)
        if local == "_" and remote == "_":
            continue
        sym = loader.lookup_or_create(local, 0)
        if loader.kind[sym] in (kinds.SXXX, kinds.SBSS, kinds.SNOPTRBSS):
            loader.dynimport[sym] = (remote.partition("#")[0], library)
            loader.make_ext(sym)
            loader.kind[sym] = kinds.SDYNIMPORT
    if problems:
        raise UserError(problems)


def load_fips(link: Link) -> None:
    """Create the FIPS marks, in pairs of start and end, and go:fipsinfo, which points to them."""
    loader = link.loader
    info = SymbolBuilder(loader, loader.define("go:fipsinfo", kinds.SFIPSINFO))
    info.clear()
    info.add(_FIPS_MAGIC + bytes(_FIPS_SUM_SIZE))
    info.add_address(info.sym)
    for name, kind in _FIPS_MARKS:
        mark = loader.define(name, kind, local=True)
        loader.ext[mark].size = 1
        link.fips_marks.append(mark)
        info.add_address(mark)
        if kinds.is_text(kind):
            link.textp.append(mark)
    link.fips_info = info.sym


def setup(link: Link) -> None:
    """The symbols that the link defines for the runtime; call after reachability is known."""
    loader = link.loader
    tlsg = loader.lookup_or_create("runtime.tlsg", 0)
    if loader.kind[tlsg] == kinds.SXXX:
        loader.make_ext(tlsg).size = 8
        loader.kind[tlsg] = kinds.STLSBSS
    elif loader.kind[tlsg] != kinds.SDYNIMPORT:
        raise UserError.one("bad-runtime", "package runtime defines runtime.tlsg, which is the linker's to define")
    loader.reachable[tlsg] = 1
    module = loader.lookup("runtime.firstmoduledata", 0)
    if not module:
        raise UserError.one("bad-runtime", "package runtime does not define runtime.firstmoduledata", "build the runtime again")
    SymbolBuilder(loader, module).clear()
    profile = loader.lookup("runtime.memProfileInternal", goobj.ABI_INTERNAL)
    if profile and not loader.reachable[profile]:
        # Nobody reads memory profiles, so the runtime need not take them.
        switch = loader.lookup_or_create("runtime.disableMemoryProfiling", 0)
        builder = SymbolBuilder(loader, switch)
        builder.clear()
        builder.add(b"\1")
        loader.kind[switch] = kinds.SNOPTRDATA
    loader.kind[module] = kinds.SMODULEDATA
    loader.reachable[module] = 1
    link.moduledata = module


def set_strings(link: Link) -> None:
    """Set the string variables that -X names. Raises UserError for a variable that is not a string."""
    loader = link.loader
    problems = []
    for name, value in link.options.defines.items():
        sym = loader.lookup(name, 0)
        gotype = loader.gotype(sym) if sym else 0
        if not gotype:
            continue
        if loader.name(gotype) != "type:string":
            problem = f"cannot set {name} with -X: not a var of type string ({loader.name(gotype).removeprefix('type:')})"
            problems.append(Diagnostic(NO_POS, "not-a-string", problem, "name a string variable"))
            continue
        if not loader.reachable[sym]:
            continue
        if loader.kind[sym] == kinds.SBSS:
            loader.kind[sym] = kinds.SDATA
        raw = value.encode("utf-8", "surrogateescape")
        text = SymbolBuilder(loader, loader.define(f"{name}.str", kinds.SRODATA))
        text.add(raw + b"\0")
        size = loader.size(sym)
        variable = SymbolBuilder(loader, sym)
        variable.clear()
        variable.add_address(text.sym)
        variable.add_uint(len(raw))
        variable.set_size(max(size, variable.size))
    if problems:
        raise UserError(problems)


def add_build_id(link: Link) -> None:
    """Put Go's build id in front of the code, where Mach-O has no note for it."""
    if not link.is_darwin or not link.options.buildid:
        return
    loader = link.loader
    builder = SymbolBuilder(loader, loader.define("go:buildid", kinds.STEXT))
    builder.add(b'\xff Go build ID: "' + link.options.buildid.encode("utf-8", "surrogateescape") + b'"\n \xff')
    link.textp.insert(0, builder.sym)


def _sized(text: str) -> bytes:
    """A string after its length as a varint."""
    raw = text.encode("utf-8", "surrogateescape")
    length, out = len(raw), bytearray()
    while length >= 0x80:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    out.append(length)
    return bytes(out) + raw


def add_build_info(link: Link) -> None:
    """The record that `go version -m` reads (src/debug/buildinfo): release and module information."""
    loader = link.loader
    builder = SymbolBuilder(loader, loader.define("go:buildinfo", kinds.SBUILDINFO))
    loader.align[builder.sym] = 16
    defines = link.options.defines
    data = (b"\xff Go buildinf:" + bytes([8, 2])).ljust(32, b"\0")
    data += _sized(defines.get("runtime.buildVersion", "")) + _sized(defines.get("runtime.modinfo", ""))
    builder.add(data + bytes(-len(data) % 16))
    reference = SymbolBuilder(loader, loader.define("go:buildinfo.ref", kinds.SRODATA))
    loader.align[reference.sym] = 8
    reference.add_address(builder.sym)
