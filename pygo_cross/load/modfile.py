# SPDX-License-Identifier: BSD-3-Clause
"""go.mod and go.work as records.

A main module's file is read strictly; that of a dependency laxly: what a later Go may have added to it is passed over.
Facts: src/cmd/vendor/golang.org/x/mod/modfile/{rule,work}.go, src/cmd/go/internal/modload/{init,modfile}.go.
"""

from __future__ import annotations

import re
from typing import Final

from pygo_cross.load import gover, semver
from pygo_cross.load.headerparse import unquote
from pygo_cross.load.modpath import (
    ModuleVersion,
    VersionError,
    canonical_version,
    check_major,
    quote,
    split_version,
)
from pygo_cross.load.modsyntax import Block, Line, ModFileError, ModFileErrors, parse

_GO_VERSION: Final = re.compile(r"([1-9][0-9]*)\.(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?([a-z]+[0-9]+)?")
_LAX_GO_VERSION: Final = re.compile(r"v?(([1-9][0-9]*)\.(0|[1-9][0-9]*))([^0-9].*)")
_TOOLCHAIN: Final = re.compile(r"default\Z|go1(\Z|\.)")
_DEPRECATED: Final = re.compile(r"(?:^|\n\n)Deprecated: *(.*?)(?:$|\n\n)", re.DOTALL)
_BLOCKS: Final = frozenset(["module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"])
_LAX: Final = frozenset(["go", "module", "retract", "require", "ignore"])
_WORK_BLOCKS: Final = frozenset(["godebug", "use", "replace"])


class Require:
    """A required module; `indirect` where the comment says that the module's own packages don't import it."""

    __slots__ = ("indirect", "module")

    def __init__(self, module: ModuleVersion, indirect: bool) -> None:
        self.module, self.indirect = module, indirect


class Replace:
    """`old` (without a version: every one) is taken from `new` (without a version: a folder)."""

    __slots__ = ("line", "new", "old")

    def __init__(self, old: ModuleVersion, new: ModuleVersion, line: int) -> None:
        self.old, self.new, self.line = old, new, line


class ModFile:
    """What a go.mod or go.work says. Empty strings are directives that it doesn't have.

    `godebug` is (key, value, line), `use` (folder, line), `retract` (low, high, rationale).
    `unfixed` tells that a version stands in the file which isn't written as the go command would write it.
    """

    __slots__ = (
        "deprecated", "exclude", "file", "go", "godebug", "ignore", "module", "replace", "require", "retract", "toolchain", "tools",
        "unfixed", "use",
    )  # fmt: skip

    def __init__(self, file: str) -> None:
        self.file = file
        self.module: str | None = None
        self.deprecated = ""
        self.go = ""
        self.toolchain = ""
        self.require: list[Require] = []
        self.exclude: list[ModuleVersion] = []
        self.replace: list[Replace] = []
        self.retract: list[tuple[str, str, str]] = []
        self.godebug: list[tuple[str, str, int]] = []
        self.tools: list[str] = []
        self.ignore: list[str] = []
        self.use: list[tuple[str, int]] = []
        self.unfixed = False

    @property
    def go_version(self) -> str:
        """The go line, or what a go.mod without one means."""
        return self.go or gover.DEFAULT_GO_MOD

    @property
    def work_version(self) -> str:
        """The go line, or what a go.work without one means."""
        return self.go or gover.DEFAULT_GO_WORK


class _Mistake(Exception):
    """A mistake in a line, before its place is put on; `verb` and `path` go between place and text."""

    def __init__(self, what: str, verb: str = "", path: str = "") -> None:
        super().__init__(what)
        self.what, self.verb, self.path = what, verb, path


def is_directory(path: str) -> bool:
    """Whether the target of a replacement is a folder: rooted, or starting with a dot element, on any system."""
    return path in (".", "..") or path.startswith(("./", "../", "/", ".\\", "..\\", "\\")) or re.match(r"[A-Za-z]:", path) is not None


def _string(word: str) -> str:
    if word.startswith('"'):
        text = unquote(word)
        if text is None:
            raise _Mistake("invalid quoted string: invalid syntax")
        return text
    if any(c in word for c in "\"'`"):
        raise _Mistake("invalid quoted string: unquoted string cannot contain quote")
    return word


class _Builder:
    """Fills a `ModFile` line by line."""

    __slots__ = ("errors", "fix", "out", "strict")

    def __init__(self, file: str, strict: bool, fix: bool) -> None:
        self.out = ModFile(file)
        self.strict, self.fix = strict, fix
        self.errors: list[ModFileError] = []

    def version(self, verb: str, path: str, word: str) -> str:
        """A version in full. With `fix` the main module's file may ask for a version by other names; they are left as they are."""
        try:
            text = _string(word)
        except _Mistake as mistake:
            raise _Mistake(str(VersionError(word, mistake.what.partition(": ")[2])), verb, path) from None
        canonical = canonical_version(text)
        if not self.fix:
            if not canonical:
                raise _Mistake(str(VersionError(text, "must be of the form v1.2.3")), verb, path)
            return canonical
        split = split_version(path)
        if path and split is None:
            raise _Mistake(str(VersionError(text, f"malformed module path {quote(path)}")), verb, path)
        if canonical == text:
            if split is not None:
                try:
                    check_major(text, split[1])
                except VersionError as error:
                    raise _Mistake(str(error), verb, path) from None
            return text
        self.out.unfixed = True
        return canonical or text

    def add(self, block: Block | None, line: Line, verb: str, args: list[str]) -> None:
        try:
            self._add(block, line, verb, args)
        except _Mistake as mistake:
            self.errors.append(ModFileError(self.out.file, line.number, line.column, mistake.what, mistake.verb, mistake.path))

    def _add(self, block: Block | None, line: Line, verb: str, args: list[str]) -> None:
        out = self.out
        if verb == "go":
            if out.go:
                raise _Mistake("repeated go statement")
            out.go = self._go(args)
        elif verb == "toolchain":
            if out.toolchain:
                raise _Mistake("repeated toolchain statement")
            if len(args) != 1:
                raise _Mistake("toolchain directive expects exactly one argument")
            if not _TOOLCHAIN.match(args[0]):
                raise _Mistake(f"invalid toolchain version '{args[0]}': must match format go1.23.0 or default")
            out.toolchain = args[0]
        elif verb == "module":
            if out.module is not None:
                raise _Mistake("repeated module statement")
            found = _DEPRECATED.search(_comment(block, line))
            out.deprecated = found[1] if found else ""
            out.module = ""
            if len(args) != 1:
                raise _Mistake("usage: module module/path")
            out.module = _string(args[0])
        elif verb == "godebug":
            key, equals, value = args[0].partition("=") if len(args) == 1 else ("", "", "")
            if not equals or any(c in args[0] for c in "\"`',"):
                raise _Mistake("usage: godebug key=value")
            out.godebug.append((key, value, line.number))
        elif verb in ("require", "exclude"):
            module = self._required(verb, args)
            if verb == "require":
                out.require.append(Require(module, _is_indirect(line)))
            else:
                out.exclude.append(module)
        elif verb == "replace":
            out.replace.append(self._replace(verb, args, line.number))
        elif verb == "retract":
            self._retract(block, line, args)
        elif verb in ("tool", "ignore"):
            if len(args) != 1:
                raise _Mistake(f"{verb} directive expects exactly one argument")
            (out.tools if verb == "tool" else out.ignore).append(_string(args[0]))
        elif verb == "use":
            if len(args) != 1:
                raise _Mistake("usage: use local/dir")
            out.use.append((_string(args[0]), line.number))
        else:
            raise _Mistake(f"unknown directive: {verb}")

    def _go(self, args: list[str]) -> str:
        if len(args) != 1:
            raise _Mistake("go directive expects exactly one argument")
        if _GO_VERSION.fullmatch(args[0]):
            return args[0]
        lax = None if self.strict else _LAX_GO_VERSION.fullmatch(args[0])
        if lax is None:
            raise _Mistake(f"invalid go version '{args[0]}': must match format 1.23.0")
        return lax[1]

    def _required(self, verb: str, args: list[str]) -> ModuleVersion:
        if len(args) != 2:
            raise _Mistake(f"usage: {verb} module/path v1.2.3")
        path = _string(args[0])
        version = self.version(verb, path, args[1])
        split = split_version(path)
        if split is None:
            raise _Mistake("invalid module path")
        if semver.is_valid(version):
            try:
                check_major(version, split[1])
            except VersionError as error:
                raise _Mistake(str(error), verb, path) from None
        return ModuleVersion(path, version)

    def _replace(self, verb: str, args: list[str], line: int) -> Replace:
        arrow = 1 if len(args) >= 2 and args[1] == "=>" else 2
        if not arrow + 2 <= len(args) <= arrow + 3 or args[arrow] != "=>":
            raise _Mistake(
                f"usage: {verb} module/path [v1.2.3] => other/module v1.4\n\t or {verb} module/path [v1.2.3] => ../local/directory"
            )
        path = _string(args[0])
        split = split_version(path)
        if split is None:
            raise _Mistake("invalid module path", verb, path)
        version = ""
        if arrow == 2:
            version = self.version(verb, path, args[1])
            try:
                check_major(version, split[1])
            except VersionError as error:
                raise _Mistake(str(error), verb, path) from None
        target = _string(args[arrow + 1])
        target_version = ""
        if len(args) == arrow + 2:
            if not is_directory(target):
                if "@" in target:
                    raise _Mistake("replacement module must match format 'path version', not 'path@version'")
                raise _Mistake("replacement module without version must be directory path (rooted or starting with . or ..)")
            if "\\" in target:
                raise _Mistake("replacement directory appears to be Windows path (on a non-windows system)")
        else:
            target_version = self.version(verb, target, args[arrow + 2])
            if is_directory(target):
                raise _Mistake(f"replacement module directory path {quote(target)} cannot have version")
        return Replace(ModuleVersion(path, version), ModuleVersion(target, target_version), line)

    def _retract(self, block: Block | None, line: Line, args: list[str]) -> None:
        try:
            low, high, rest = self._interval(args)
        except _Mistake:
            if self.strict:
                raise
            return
        if rest and self.strict:
            raise _Mistake(f"unexpected token after version: {quote(rest[0])}")
        self.out.retract.append((low, high, _comment(block, line)))

    def _interval(self, args: list[str]) -> tuple[str, str, list[str]]:
        def version(at: int, missing: str) -> str:
            if at >= len(args):
                raise _Mistake(missing)
            return self.version("retract", self.out.module or "", args[at])

        if not args or args[0] == "(":
            raise _Mistake("expected '[' or version")
        if args[0] != "[":
            found = version(0, "")
            return found, found, args[1:]
        low = version(1, "expected version after '['")
        if args[2:3] != [","]:
            raise _Mistake("expected ',' after version")
        high = version(3, "expected version after ','")
        if args[4:5] != ["]"]:
            raise _Mistake("expected ']' after version")
        return low, high, args[5:]


def _comment(block: Block | None, line: Line) -> str:
    """The comments that belong to a line, or to its block where the line has none."""
    owner = block if block is not None and not line.before and not line.behind else line
    return "\n".join([*owner.before, *owner.behind])


def _is_indirect(line: Line) -> bool:
    """Whether the comment behind says `// indirect`, alone or before a semicolon."""
    if not line.behind:
        return False
    words = line.behind[0].split()
    return words == ["indirect"] or (len(words) > 1 and words[0] == "indirect;")


def parse_mod(file: str, data: bytes, strict: bool = True, fix: bool = False) -> ModFile:
    """Reads a go.mod; `file` is its name in errors. Raises `ModFileErrors`.

    With `fix` (for a main module) versions may be names that a query would resolve: the result is then `unfixed`.
    """
    builder = _Builder(file, strict, fix)
    for statement in parse(file, data):
        verb = statement.words[0]
        if not isinstance(statement, Block):
            if strict or verb in _LAX:
                builder.add(None, statement, verb, statement.words[1:])
        elif len(statement.words) > 1 or verb not in _BLOCKS:
            if strict:
                what = "unknown block type: " + " ".join(statement.words)
                builder.errors.append(ModFileError(file, statement.number, statement.column, what))
        elif strict or verb in _LAX:
            for line in statement.lines:
                builder.add(statement, line, verb, line.words)
    if fix and builder.out.retract and not builder.out.module and not builder.errors:
        builder.errors.append(ModFileError(file, 0, 0, "no module directive found, so retract cannot be used"))
    if builder.errors:
        raise ModFileErrors(builder.errors)
    return builder.out


def parse_work(file: str, data: bytes) -> ModFile:
    """Reads a go.work; `file` is its name in errors. Raises `ModFileErrors`."""
    builder = _Builder(file, True, False)
    for statement in parse(file, data):
        verb = statement.words[0]
        if not isinstance(statement, Block):
            if verb in ("go", "toolchain", "godebug", "use", "replace"):
                builder.add(None, statement, verb, statement.words[1:])
            else:
                builder.errors.append(ModFileError(file, statement.number, statement.column, f"unknown directive: {verb}"))
        elif len(statement.words) > 1 or verb not in _WORK_BLOCKS:
            what = "unknown block type: " + " ".join(statement.words)
            builder.errors.append(ModFileError(file, statement.number, statement.column, what))
        else:
            for line in statement.lines:
                builder.add(statement, line, verb, line.words)
    if builder.errors:
        raise ModFileErrors(builder.errors)
    return builder.out
