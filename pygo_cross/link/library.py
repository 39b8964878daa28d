# SPDX-License-Identifier: BSD-3-Clause
"""Loading: from package main through the imports that objects record, to every archive of the program.

Each object lists the packages it imports with the fingerprint that their export data had (autolib); loading follows
those lists breadth first, in order, and ends with the runtime, which everything needs. A package whose fingerprint is
not the one its importer saw was rebuilt behind the importer's back, and symbol numbers would not agree.

When `load` returns, every library of the program is in `Libraries.order` and its objects are with the loader; the
symbol table is still to be resolved (loader.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from pygo_cross import GO_RELEASE
from pygo_cross.diag import EXIT_USAGE, NO_POS, Diagnostic, Pos, UserError
from pygo_cross.link.loader import Loader, ObjFile
from pygo_cross.link.options import LinkOptions
from pygo_cross.obj import archive, goobj
from pygo_cross.obj.archive import bad_file
from pygo_cross.obj.reader import Object

NO_FINGERPRINT = bytes(8)
_HOST_OBJECTS = {b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"}


@dataclass(slots=True, eq=False)
class Library:
    """One package of the program: `imports` in the order in which its objects name them."""

    package: str
    path: str
    importer: str
    fingerprint: bytes
    is_main: bool = False
    imports: list[Library] = field(default_factory=list)
    files: list[ObjFile] = field(default_factory=list)


@dataclass(slots=True)
class Libraries:
    """What loading found: libraries in load order, and the cgo directives that objects carry."""

    order: list[Library] = field(default_factory=list)
    directives: list[tuple[str, list[str]]] = field(default_factory=list)


def path_to_prefix(path: str) -> str:
    """The package path as symbol names spell it: dots of the last element and odd bytes are escaped.

    The rule is that of cmd/internal/objabi/path.go (PathToPrefix).
    """
    raw = path.encode("utf-8", "surrogateescape")
    slash = raw.rfind(b"/")
    out = [f"%{c:02x}" if c <= 0x20 or (c == 0x2E and at > slash) or c in b'%"' or c >= 0x7F else chr(c) for at, c in enumerate(raw)]
    return "".join(out)


def read_importcfg(path: str, options: LinkOptions) -> None:
    """Read an importcfg file into `options.packages`, in place of what is there, and its modinfo line into `options.defines`."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().split("\n")
    except OSError as error:
        raise UserError.one("cannot-open", f"cannot read the import configuration: {error.strerror}", pos=Pos(path)) from None
    options.packages.clear()
    problems = []
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        verb, _, args = line.partition(" ")
        before, equals, after = args.strip().partition("=")
        if verb == "packagefile" and equals and before and after:
            options.packages[before] = after
        elif verb == "packagefile":
            problems.append(Diagnostic(Pos(path, number), "importcfg", "invalid packagefile", "write packagefile path=filename"))
        elif verb == "modinfo":
            text = unquote(args.strip())
            if text is None:
                problems.append(Diagnostic(Pos(path, number), "importcfg", "invalid modinfo: not a Go string literal"))
            else:
                options.defines["runtime.modinfo"] = text
        elif verb != "packageshlib":
            problems.append(Diagnostic(Pos(path, number), "importcfg", f"unknown directive {verb!r}", "expected packagefile or modinfo"))
    if problems:
        raise UserError(problems, EXIT_USAGE)


_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"', "'": "'"}


def unquote(literal: str) -> str | None:
    """The value of a double-quoted Go string literal, bytes that are no UTF-8 as surrogate escapes; None if malformed."""
    if len(literal) < 2 or literal[0] != '"' or literal[-1] != '"':
        return None
    out = bytearray()
    at, end = 1, len(literal) - 1
    while at < end:
        char = literal[at]
        if char == '"':
            return None
        if char != "\\":
            out += char.encode("utf-8", "surrogateescape")
            at += 1
            continue
        at += 1
        kind = literal[at] if at < end else ""
        if kind in _ESCAPES:
            out += _ESCAPES[kind].encode()
            at += 1
            continue
        digits, base, start = {"x": (2, 16, 1), "u": (4, 16, 1), "U": (8, 16, 1)}.get(kind, (3, 8, 0))
        number = literal[at + start : at + start + digits]
        at += start + digits
        try:
            value = int(number, base)
        except ValueError:
            return None
        if at > end or len(number) != digits or (base == 8 and value > 255) or value > 0x10FFFF:
            return None
        out += bytes([value]) if kind not in ("u", "U") else chr(value).encode("utf-8", "surrogatepass")
    return out.decode("utf-8", "surrogateescape")


class _Loading:
    """The state while libraries are being loaded."""

    def __init__(self, loader: Loader, options: LinkOptions) -> None:
        self.loader = loader
        self.options = options
        self.result = Libraries()
        self.by_package: dict[str, Library] = {}
        self.header = ""

    def add(self, package: str, path: str, importer: str, fingerprint: bytes) -> Library:
        """The library of a package, entered into the list of those to load if it is new."""
        library = self.by_package.get(package)
        if library is None:
            library = self.by_package[package] = Library(package, path, importer, fingerprint)
            self.result.order.append(library)
        return library

    def load_pending(self, start: int) -> int:
        """Load the libraries from number `start` on, those they bring along included."""
        while start < len(self.result.order):
            self.load_library(self.result.order[start])
            start += 1
        return start

    def load_library(self, library: Library) -> None:
        path = library.path
        data = archive.map_file(path)
        if archive.is_archive(data):
            for member in archive.members(path, data):
                if archive.is_object_name(member.name):
                    self.load_object(library, f"{path}({member.name})", member.body)
        else:
            self.load_object(library, path, data)
        if library.package == "main" and not library.is_main:
            raise UserError.one("not-main", "not package main", "name the archive of a main package", Pos(path))

    def load_object(self, library: Library, path: str, body: memoryview) -> None:
        start = bytes(body[:10])
        if start[:4] in _HOST_OBJECTS:
            raise UserError.one(
                "cgo",
                f"package {library.package} contains an object of a C compiler",
                "cgo is not supported; build with CGO_ENABLED=0",
                Pos(path),
            )
        if start != b"go object ":
            what = "uncompiled .go source file" if path.endswith(".go") else "not a Go object file"
            raise UserError.one("bad-object", what, "name an archive that a Go compiler wrote", Pos(path))
        text, binary = archive.split_object(path, body)
        self.check_header(library, path, text.partition("\n")[0])
        self.read_text(library, path, text)
        obj = Object(path, binary)
        if obj.flags & goobj.OBJ_UNLINKABLE:
            raise bad_file(path, f"package {library.package} was compiled without a package path (-p)")
        library.files.append(self.loader.add_object(obj, library.package, path_to_prefix(library.package)))
        if obj.fingerprint != NO_FINGERPRINT:
            if library.fingerprint == NO_FINGERPRINT:
                library.fingerprint = obj.fingerprint
            self.check_fingerprint(library, obj.fingerprint, library.importer, library.fingerprint)
        for package, fingerprint in obj.autolib():
            self.add_import(library, path, package, fingerprint)

    def check_header(self, library: Library, path: str, line: str) -> None:
        """The first line says system, architecture, release, level and experiments; all objects must agree on it."""
        if self.options.ignore_header:
            return
        words = line.split(" ")
        if words[4:5] and words[4] != GO_RELEASE and words[4] != f"go{GO_RELEASE}":
            raise bad_file(path, f"package {library.package} was compiled by {words[4]}, this linker speaks go{GO_RELEASE}")
        if words[2:4] != [self.options.goos, self.options.goarch]:
            made = "/".join(words[2:4])
            raise bad_file(
                path, f"package {library.package} was compiled for {made}, the link is for {self.options.goos}/{self.options.goarch}"
            )
        if not self.header:
            self.header = line
        elif line != self.header:
            raise bad_file(
                path, f"package {library.package} was compiled with other settings ({line!r}) than package main ({self.header!r})"
            )

    def read_text(self, library: Library, path: str, text: str) -> None:
        """The header lines (`main` marks a main package) and the cgo directives, a JSON list in a section of its own."""
        head, _, rest = text.partition("\n\n")
        if "main" in head.split("\n"):
            library.is_main = True
        section = rest.find("$$  // cgo")
        if section < 0:
            return
        begin = rest.find("\n", section) + 1
        end = rest.find("\n$$", begin)
        try:
            directives = json.loads(rest[begin : end if end >= 0 else len(rest)])
            rows = [[str(word) for word in row] for row in directives]
        except (ValueError, TypeError):
            raise bad_file(path, "corrupt object file: its cgo directives can't be read") from None
        self.result.directives.extend((path, row) for row in rows if row)

    def add_import(self, library: Library, path: str, package: str, fingerprint: bytes) -> None:
        known = self.by_package.get(package)
        if known is not None and known.fingerprint != NO_FINGERPRINT:
            self.check_fingerprint(known, known.fingerprint, library.package, fingerprint)
            library.imports.append(known)
            return
        if package not in self.options.packages:
            if package == "unsafe":
                return
            hint = "the import configuration must name every package of the program"
            raise UserError.one("missing-package", f"cannot find package {package}, imported by {library.package}", hint, Pos(path))
        library.imports.append(self.add(package, self.options.packages[package], library.package, fingerprint))

    @staticmethod
    def check_fingerprint(library: Library, has: bytes, importer: str, expected: bytes) -> None:
        if has != expected:
            problem = f"fingerprint mismatch: package {library.package} has {has.hex()}, {importer} was compiled against {expected.hex()}"
            raise UserError.one("fingerprint", problem, f"build {importer} again", Pos(library.path))


def load(loader: Loader, options: LinkOptions) -> Libraries:
    """Load the program's libraries into `loader`, package main first. Raises UserError."""
    loading = _Loading(loader, options)
    loading.add("main", options.main, "command line", NO_FINGERPRINT)
    done = loading.load_pending(0)
    if "runtime" not in loading.by_package:
        path = options.packages.get("runtime")
        if path is None:
            raise UserError.one("missing-package", "cannot find package runtime", "the import configuration must name it", NO_POS)
        loading.add("runtime", path, "internal", NO_FINGERPRINT)
        loading.load_pending(done)
    return loading.result


def postorder(libraries: list[Library]) -> list[Library]:
    """The libraries, each after those it imports. Raises UserError for an import cycle."""
    result: list[Library] = []
    state: dict[int, int] = {}
    for root in libraries:
        if id(root) in state:
            continue
        stack = [(root, iter(root.imports))]
        state[id(root)] = 1
        while stack:
            library, rest = stack[-1]
            for child in rest:
                mark = state.get(id(child))
                if mark == 1:
                    raise UserError.one("import-cycle", f"import cycle through package {child.package}", pos=Pos(child.path))
                if mark is None:
                    state[id(child)] = 1
                    stack.append((child, iter(child.imports)))
                    break
            else:
                state[id(library)] = 2
                result.append(library)
                stack.pop()
    return result
