# SPDX-License-Identifier: BSD-3-Clause
"""Variables with the contents of files: `//go:embed` above a string, a slice of bytes, or an embed.FS.

Which files a pattern means, and where these are, the go command says (-embedcfg). A file system is a sorted list of names, contents and
hashes, with folders among them. Facts: src/cmd/compile/internal/staticdata/{embed,data}.go; src/embed/embed.go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, final

from pygo_cross.diag import Pos, UserError
from pygo_cross.ssa.refs import BytesRef, DataRef
from pygo_cross.ssa.unit import Address, Data
from pygo_cross.syntax.directives import Embed
from pygo_cross.syntax.nodes import VarDecl
from pygo_cross.types.objects import Var
from pygo_cross.types.predicates import is_string
from pygo_cross.types.types import TYP, UINT8, Array, Basic, Named, Slice, Type, unalias

if TYPE_CHECKING:
    from pygo_cross.lower.package import PackageLowering

_WORD: Final = 8
_HASH: Final = 16
_FILE: Final = 4 * _WORD + _HASH  # name, contents, hash
_HEADER: Final = 3 * _WORD
_SMALL: Final = 1024  # larger files are hashed another way
_LARGEST: Final = 2_000_000_000


@final
class EmbedConfig:
    """The files that patterns of directives mean, and where each is."""

    __slots__ = ("files", "patterns")

    def __init__(self, patterns: Mapping[str, Sequence[str]], files: Mapping[str, str]) -> None:
        self.patterns = patterns
        self.files = files

    @staticmethod
    def read(text: bytes, name: str) -> EmbedConfig:
        """What a file named `name` of -embedcfg says. Raises UserError."""
        try:
            found: Any = json.loads(text)
        except ValueError as error:
            raise UserError.one("bad-embedcfg", f"-embedcfg: {error}", pos=Pos(name)) from None
        for part in ("Patterns", "Files"):
            if not isinstance(found, dict) or not isinstance(found.get(part), dict):
                raise UserError.one("bad-embedcfg", f"invalid embedcfg: missing {part}", pos=Pos(name))
        return EmbedConfig(found["Patterns"], found["Files"])


def variable(package: PackageLowering, decl: VarDecl, var: Var, data: Data) -> None:
    """Give the variable of a declaration with directives its contents. Raises UserError."""
    assert decl.pragma is not None
    embeds = decl.pragma.embeds
    config = package.embeds
    if config is None:
        raise _error(package, embeds[0].pos, "invalid go:embed: build system did not supply embed configuration")
    under = var.typ.underlying()
    elem = under.elem.underlying() if isinstance(under, Slice) else None
    if _is_file_system(var.typ):
        _file_system(package, _list(package, config, embeds, True), config, var, data, embeds[0].pos)
        return
    of_bytes = isinstance(elem, Basic) and elem.kind == UINT8
    if not of_bytes and not is_string(under):
        raise _error(package, var.pos, f"go:embed cannot apply to var of type {var.typ}")
    files = _list(package, config, embeds, False)
    if len(files) != 1:
        raise _error(package, var.pos, f"invalid go:embed: multiple files for type {var.typ}")
    contents = _read(package, var.pos, files[0], config)
    length = len(contents).to_bytes(_WORD, "little")
    if of_bytes:
        array = Data(package.numbered("stmp_"), len(contents), 1, Array(TYP[UINT8], len(contents)))
        array.contents += contents
        package.unit.data.append(array)
        data.contents += bytes(_WORD) + length + length
        data.addresses.append(Address(0, DataRef(array.name)))
    elif contents:
        data.contents += bytes(_WORD) + length
        data.addresses.append(Address(0, BytesRef(contents)))


def _is_file_system(typ: Type) -> bool:
    named = unalias(typ)
    return isinstance(named, Named) and named.obj.name == "FS" and named.obj.pkg is not None and named.obj.pkg.path == "embed"


def _list(package: PackageLowering, config: EmbedConfig, embeds: Sequence[Embed], folders: bool) -> list[str]:
    """The files that directives name, each once; with `folders`, what they are in, with a slash behind the name."""
    found: set[str] = set()
    for embed in embeds:
        for pattern in embed.patterns:
            files = config.patterns.get(pattern)
            if files is None:
                raise _error(package, embed.pos, f"invalid go:embed: build system did not map pattern: {pattern}")
            for file in files:
                if not config.files.get(file):
                    raise _error(package, embed.pos, f"invalid go:embed: build system did not map file: {file}")
                found.add(file)
                above = file.rpartition("/")[0]
                while folders and above and above + "/" not in found:
                    found.add(above + "/")
                    above = above.rpartition("/")[0]
    return sorted(found, key=_place)


def _place(name: str) -> tuple[bytes, bytes]:
    """By folder, then by name."""
    folder, _, base = name.removesuffix("/").rpartition("/")
    return (folder or ".").encode("utf-8", "surrogateescape"), base.encode("utf-8", "surrogateescape")


def _file_system(package: PackageLowering, files: Sequence[str], config: EmbedConfig, var: Var, data: Data, pos: int) -> None:
    listing = Data(f"{package.unit.path}.{var.name}.files", _HEADER + _FILE * len(files), _WORD, None, read_only=True)
    count = len(files).to_bytes(_WORD, "little")
    contents = bytearray(bytes(_WORD) + count + count)
    listing.addresses.append(Address(0, DataRef(listing.name), _HEADER))
    for name in files:
        at = len(contents)
        text = name.encode("utf-8", "surrogateescape")
        listing.addresses.append(Address(at, BytesRef(text)))
        contents += bytes(_WORD) + len(text).to_bytes(_WORD, "little")
        if name.endswith("/"):
            contents += bytes(2 * _WORD + _HASH)
            continue
        inside = _read(package, pos, name, config)
        if inside:
            listing.addresses.append(Address(at + 2 * _WORD, BytesRef(inside)))
        contents += bytes(_WORD) + len(inside).to_bytes(_WORD, "little") + _hash(inside)
    listing.contents += contents
    package.unit.data.append(listing)
    data.addresses.append(Address(0, DataRef(listing.name)))


def _hash(contents: bytes) -> bytes:
    if len(contents) > _SMALL:
        return hashlib.sha256(b"\1" + contents).digest()[:_HASH]
    digest = hashlib.sha256(contents).digest()[:_HASH]
    return bytes((digest[0] ^ 0xFF,)) + digest[1:]


def _read(package: PackageLowering, pos: int, name: str, config: EmbedConfig) -> bytes:
    try:
        with open(config.files[name], "rb") as file:
            contents = file.read()
    except OSError as error:
        raise _error(package, pos, f"embed {name}: open {config.files[name]}: {(error.strerror or str(error)).lower()}") from None
    if len(contents) > _LARGEST:
        raise _error(package, pos, f"embed {name}: file too large ({len(contents)} bytes > {_LARGEST} bytes)")
    return contents


def _error(package: PackageLowering, pos: int, message: str) -> UserError:
    return UserError.one("bad-embed", message, pos=package.fset.reported(pos))
