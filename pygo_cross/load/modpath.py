# SPDX-License-Identifier: BSD-3-Clause
"""Module paths, import paths and file names inside modules: what is allowed, how they are escaped, major versions, pseudo-versions.

Facts: src/cmd/vendor/golang.org/x/mod/module/{module,pseudo}.go.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pygo_cross import gostrings
from pygo_cross.load import semver

_BAD_NAMES: Final = frozenset(["con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))])
_MODULE: Final = re.compile(r"[-._~0-9A-Za-z]*")
_IMPORT: Final = re.compile(r"[-._~+0-9A-Za-z]*")
_FILE: Final = re.compile(r"[-!#$%&()+,.=@\[\]^_{}~ 0-9A-Za-z]*")
_PSEUDO: Final = re.compile(
    r"v[0-9]+\.(?:0\.0-|[0-9]+\.[0-9]+-(?:[^+]*\.)?0\.)([0-9]{14})-([A-Za-z0-9]+)(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


class ModuleVersion(NamedTuple):
    """A module at a version; no version means the main module, a folder that replaces one, or all versions."""

    path: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.path}@{self.version}" if self.version else self.path


class PathError(Exception):
    """A malformed path of a module, import, file or tool (`kind`)."""

    def __init__(self, kind: str, path: str, why: str) -> None:
        super().__init__(f"malformed {kind} path {quote(path)}: {why}")
        self.kind, self.path, self.why = kind, path, why


class VersionError(Exception):
    """A version that a module can't have."""

    def __init__(self, version: str, why: str, pseudo: bool = False) -> None:
        self.noun = "pseudo-version" if pseudo else "version"
        super().__init__(f"{self.noun} {quote(version)} invalid: {why}")
        self.version, self.why = version, why


class ModuleError(Exception):
    """What went wrong with one module; `cause` is the error without its name."""

    def __init__(self, module: ModuleVersion, cause: Exception) -> None:
        self.module, self.cause = module, cause
        if isinstance(cause, VersionError):
            text = f"{module.path}@{cause.version}: invalid {cause.noun}: {cause.why}"
        elif module.version:
            text = f"{module.path}@{module.version}: {cause}"
        else:
            text = f"module {module.path}: {cause}"
        super().__init__(text)


def module_error(module: ModuleVersion, cause: Exception) -> ModuleError:
    """`cause` as an error of this module, unless it is one already."""
    if isinstance(cause, ModuleError) and cause.module == module:
        return cause
    return ModuleError(module, cause)


def quote(text: str) -> str:
    """A Go string literal, as %q prints it."""
    return gostrings.quote(text.encode("utf-8", "surrogateescape"))


def _quote_char(c: str) -> str:
    return gostrings.quote_rune(ord(c))


def _element(element: str, kind: str) -> str:
    """What is wrong with one element of a path, or nothing."""
    if not element:
        return "empty path element"
    if element.count(".") == len(element):
        return f"invalid path element {quote(element)}"
    if element[0] == "." and kind == "module":
        return "leading dot in path element"
    if element[-1] == ".":
        return "trailing dot in path element"
    allowed = _MODULE if kind == "module" else _IMPORT if kind == "import" else _FILE
    found = allowed.match(element)
    assert found is not None
    if found.end() < len(element):
        for c in element[found.end() :]:
            if not (allowed.fullmatch(c) or (kind == "file" and ord(c) >= 0x80 and c.isalpha())):
                return f"invalid char {_quote_char(c)}"
    short = element.partition(".")[0]
    if short.lower() in _BAD_NAMES:
        return f"{quote(short)} disallowed as path element component on Windows"
    if kind == "file":
        return ""
    tilde = short.rfind("~")
    if 0 <= tilde < len(short) - 1 and all(c in "0123456789" for c in short[tilde + 1 :]):
        return "trailing tilde and digits in path element"
    return ""


def _path(path: str, kind: str) -> str:
    if any(0xDC80 <= ord(c) <= 0xDCFF for c in path):
        return "invalid UTF-8"
    if not path:
        return "empty string"
    if path[0] == "-" and kind != "file":
        return "leading dash"
    if "//" in path:
        return "double slash"
    if path[-1] == "/":
        return "trailing slash"
    for element in path.split("/"):
        if why := _element(element, kind):
            return why
    return ""


def check_path(path: str) -> None:
    """Raises `PathError` where `path` can't be a module that is downloaded."""
    why = _path(path, "module")
    first = path.partition("/")[0]
    if not why:
        if not first:
            why = "leading slash"
        elif "." not in first:
            why = "missing dot in first path element"
        elif bad := [c for c in first if not re.match(r"[-.0-9a-z]", c)]:
            why = f"invalid char {_quote_char(bad[0])} in first path element"
        elif split_version(path) is None:
            why = "invalid version"
    if why:
        raise PathError("module", path, why)


def check_import_path(path: str, kind: str = "import") -> None:
    """Raises `PathError` where `path` can't be imported; `kind` is the word that the error has for it."""
    if why := _path(path, "import"):
        raise PathError(kind, path, why)


def check_file_path(path: str) -> None:
    """Raises `PathError` where a module can't have a file of this name."""
    if why := _path(path, "file"):
        raise PathError("file", path, why)


def is_file_name(name: str) -> bool:
    """Whether a module can have a file of this name."""
    return not _path(name, "file")


def split_version(path: str) -> tuple[str, str] | None:
    """A module path without its major version, and that: `("m", "/v2")`, `("gopkg.in/yaml", ".v3")`; None where the end is wrong."""
    if path.startswith("gopkg.in/"):
        found = re.fullmatch(r"(.+)(\.v([0-9]+)(?:-unstable)?)", path, re.DOTALL)
        if found is None or (found[3].startswith("0") and found[2] != ".v0"):
            return None
        return found[1], found[2]
    found = re.fullmatch(r"(.*/)v([0-9.]*)", path, re.DOTALL)
    if found is None or not found[2]:
        return path, ""
    if "." in found[2] or found[2][0] == "0" or found[2] == "1":
        return None
    return found[1][:-1], "/v" + found[2]


def check_major(version: str, path_major: str) -> None:
    """Raises `VersionError` where the version's major is not the one at the end of the module's path."""
    if path_major.startswith(".v"):
        path_major = path_major.removesuffix("-unstable")
        if version.startswith("v0.0.0-") and path_major == ".v1":
            return
    major = semver.major(version)
    if not path_major:
        if major in ("v0", "v1") or semver.build(version) == "+incompatible":
            return
        wanted = "v0 or v1"
    else:
        wanted = path_major[1:]
        if major == wanted:
            return
    raise VersionError(version, f"should be {wanted}, not {major}")


def canonical_version(version: str) -> str:
    """The version in full, with `+incompatible` and no other build metadata; nothing for an invalid one."""
    found = semver.canonical(version)
    return found + "+incompatible" if found and semver.build(version) == "+incompatible" else found


def check(module: ModuleVersion) -> None:
    """Raises `PathError` or `ModuleError` where module and version don't go together."""
    check_path(module.path)
    if not semver.is_valid(module.version):
        raise ModuleError(ModuleVersion(module.path), VersionError(module.version, "not a semantic version"))
    split = split_version(module.path)
    assert split is not None
    try:
        check_major(module.version, split[1])
    except VersionError as error:
        raise ModuleError(ModuleVersion(module.path), error) from None


def is_pseudo(version: str) -> bool:
    """Whether the version names a commit: `v0.0.0-20200102030405-0123456789ab`."""
    return version.count("-") >= 2 and semver.is_valid(version) and _PSEUDO.fullmatch(version) is not None


def escape_path(path: str) -> str:
    """The path as it is in file names and addresses: a capital letter is `!` and the small one. Raises `PathError`."""
    check_path(path)
    return _escape(path)


def escape_version(version: str) -> str:
    """The version as it is in file names and addresses. Raises `VersionError`."""
    if "!" in version or _element(version, "file"):
        raise VersionError(version, "disallowed version string")
    return _escape(version)


def _escape(text: str) -> str:
    return re.sub("[A-Z]", lambda found: "!" + found[0].lower(), text)


def matches_prefix(globs: str, path: str) -> bool:
    """Whether a pattern of a comma-separated list (GOPRIVATE) matches the path's first elements, as many as it has itself."""
    elements = path.split("/")
    for glob in globs.split(","):
        glob = glob.removesuffix("/")
        count = glob.count("/") + 1
        if glob and len(elements) >= count and match(glob, "/".join(elements[:count])):
            return True
    return False


def match(pattern: str, name: str) -> bool:
    """Go's path.Match: `*` and `?` stop at slashes. A malformed pattern matches nothing."""
    compiled = glob_expression(pattern)
    return compiled is not None and compiled.fullmatch(name) is not None


def glob_expression(pattern: str) -> re.Pattern[str] | None:
    """The regular expression of a pattern of Go's path.Match, or None where it is malformed."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        c = pattern[at]
        at += 1
        if c == "*":
            if not out or out[-1] != "[^/]*":
                out.append("[^/]*")
        elif c == "?":
            out.append("[^/]")
        elif c == "\\":
            if at == len(pattern):
                return None
            out.append(re.escape(pattern[at]))
            at += 1
        elif c == "[":
            compiled, at = _character_class(pattern, at)
            if not compiled:
                return None
            out.append(compiled)
        else:
            out.append(re.escape(c))
    return re.compile("".join(out), re.DOTALL)


def _character_class(pattern: str, at: int) -> tuple[str, int]:
    """The class that begins behind `[`, and where it ends; nothing where it is malformed."""
    negated = at < len(pattern) and pattern[at] == "^"
    at += negated
    ranges: list[str] = []

    def one(at: int) -> tuple[str, int]:
        if at >= len(pattern) or pattern[at] in "-]":
            return "", at
        if pattern[at] == "\\":
            at += 1
            if at >= len(pattern):
                return "", at
        return pattern[at], at + 1

    while True:
        if at < len(pattern) and pattern[at] == "]" and ranges:
            return ("[^" if negated else "[") + "".join(ranges) + "]", at + 1
        low, at = one(at)
        if not low:
            return "", at
        high = low
        if at < len(pattern) and pattern[at] == "-":
            high, at = one(at + 1)
            if not high:
                return "", at
        if low <= high:
            ranges.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            ranges.append("\U0010ffff")  # a range the wrong way round matches nothing
