# SPDX-License-Identifier: BSD-3-Clause
"""The program that runs a package's tests: which tests, benchmarks, fuzz targets and examples there are, and its one file.

A test file is not parsed but read as tokens: only the heads of functions at its top, and the comment at an example's end,
matter. What else is wrong with it the compiler says. Facts: src/cmd/go/internal/load/test.go, src/go/doc/example.go.
"""

from __future__ import annotations

import os
import re
from typing import Final

from pygo_cross.diag import Pos
from pygo_cross.load.header import place, read_header
from pygo_cross.load.headerparse import HeaderError
from pygo_cross.load.modpath import quote
from pygo_cross.load.package import Package

_TOKEN: Final = re.compile(
    rb"[ \t\r]+|(?P<newline>\n)|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<string>\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`|'(?:[^'\\\n]|\\.)+')"
    rb"|(?P<word>[A-Za-z0-9_\x80-\xff]+)|(?P<open>[({\[])|(?P<close>[)}\]])|(?P<other>.)",
    re.DOTALL,
)
_OUTPUT: Final = re.compile(r"(?i)^[ \t\n\r\f\v]*(unordered )?output:")
_KINDS: Final = (("Test", "T"), ("Benchmark", "B"), ("Fuzz", "F"))


class TestMainError(Exception):
    """A test function that can't be one."""

    __test__ = False

    def __init__(self, what: str, pos: Pos | None = None) -> None:
        super().__init__(what)
        self.what, self.pos = what, pos


class Found:
    """What one or both kinds of test files have. Entries are (package in the program, name); examples add output and whether sorted."""

    __slots__ = ("examples", "imported", "lists", "main", "needed")

    def __init__(self) -> None:
        self.lists: dict[str, list[tuple[str, str]]] = {"T": [], "B": [], "F": []}
        self.examples: list[tuple[str, str, str, bool]] = []
        self.main: tuple[str, str] | None = None
        self.imported: set[str] = set()
        """The packages that have to be imported, because they have tests or examples, run or not."""
        self.needed: set[str] = set()
        """Those of which the program names something."""


class _Function:
    """A function at the top of a file: its name, the text of its parameters and results, and where its body is."""

    __slots__ = ("body", "generic", "name", "offset", "parameters", "results")

    def __init__(self, name: str, offset: int) -> None:
        self.name, self.offset = name, offset
        self.generic = False
        self.parameters = self.results = ""
        self.body = (0, 0)


def _tokens(data: bytes) -> list[tuple[str, bytes, int]]:
    found: list[tuple[str, bytes, int]] = []
    for item in _TOKEN.finditer(data):
        kind = item.lastgroup
        if kind is not None:
            found.append((kind, item[0], item.start()))
    return found


def _functions(data: bytes) -> list[_Function]:
    """The functions at the top of a file, without methods."""
    tokens = [token for token in _tokens(data) if token[0] not in ("comment", "newline")]
    found: list[_Function] = []
    at, count = 0, len(tokens)

    def group(at: int) -> int:
        """Behind the bracket that closes the one at `at`."""
        depth = 0
        while at < count:
            if tokens[at][0] == "open":
                depth += 1
            elif tokens[at][0] == "close":
                depth -= 1
                if not depth:
                    return at + 1
            at += 1
        return at

    while at < count:
        kind, text, offset = tokens[at]
        if kind == "open":
            at = group(at)
            continue
        if kind != "word" or text != b"func" or at + 1 >= count or tokens[at + 1][0] != "word":
            at += 1
            continue
        function = _Function(tokens[at + 1][1].decode("utf-8", "replace"), offset)
        at += 2
        if at < count and tokens[at][1] == b"[":
            function.generic = True
            at = group(at)
        start = at
        at = group(at)
        function.parameters = b" ".join(token[1] for token in tokens[start + 1 : at - 1]).decode("utf-8", "replace")
        start = at
        while at < count and tokens[at][1] not in (b"{", b"func", b"var", b"const", b"type"):
            at = group(at) if tokens[at][0] == "open" else at + 1
        function.results = b" ".join(token[1] for token in tokens[start:at]).decode("utf-8", "replace")
        if at < count and tokens[at][1] == b"{":
            end = group(at)
            function.body = (tokens[at][2], tokens[end - 1][2] if end <= count else len(data))
            at = end
        found.append(function)
    return found


def _is_test(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and (len(name) == len(prefix) or not name[len(prefix)].islower())


def _has_signature(function: _Function, kind: str) -> bool:
    """Whether it takes one pointer to a type of this name, of any package, and returns nothing."""
    return not function.results and re.fullmatch(rf"(?:\w+ )?\* (?:\w+ \. )?{kind} ?,?", function.parameters.strip()) is not None


def _check(function: _Function, kind: str, path: str) -> None:
    why = ""
    if not _has_signature(function, kind):
        why = f"must be: func {function.name}({kind.lower()} *testing.{kind})"
    if function.generic:
        why = "test functions cannot have type parameters"
    if why:
        pos = place(path, function.offset)
        raise TestMainError(f"{pos}: wrong signature for {function.name}, {why}")


def _output(data: bytes, body: tuple[int, int]) -> tuple[str, bool, bool]:
    """The output that the last comment of an example's body promises, whether in any order, and whether there is such a comment."""
    start, end = body
    comments = [(text, offset) for kind, text, offset in _tokens(data[start:end]) if kind == "comment"]
    if not comments:
        return "", False, False
    last = len(comments) - 1
    first = last
    while first > 0:
        before, at = comments[first - 1]
        gap = data[start + at + len(before) : start + comments[first][1]]
        line = data.rfind(b"\n", 0, start + at) + 1
        if gap.strip() or gap.count(b"\n") > 1 or data[line : start + at].strip():
            break  # something between them, or the earlier one belongs to the code before it
        first -= 1
    text = _comment_text([comment.decode("utf-8", "replace") for comment, _ in comments[first : last + 1]])
    found = _OUTPUT.match(text)
    if found is None:
        return "", False, False
    text = text[found.end() :].lstrip(" ")
    return text.removeprefix("\n"), bool(found[1]), True


def _comment_text(comments: list[str]) -> str:
    """The text of a group of comments, as go/ast has it: markers gone, directives left out, no more than one blank line at a time."""
    lines: list[str] = []
    for comment in comments:
        if comment.startswith("//"):
            comment = comment[2:].removesuffix("\r")
            if not comment:
                lines.append("")
                continue
            if comment[0] == " ":
                comment = comment[1:]
            elif re.match(r"[a-z0-9]+:[a-z0-9]", comment) or comment.startswith(("line ", "extern ", "export ")):
                continue
        else:
            comment = comment[2:-2]
        lines += [line.rstrip(" \t\r\n") for line in comment.split("\n")]
    text: list[str] = []
    for line in lines:
        if line or (text and text[-1]):
            text.append(line)
    while text and not text[-1]:
        text.pop()
    return "\n".join([*text, ""]) if text else ""


def _read(found: Found, path: str, package: str) -> None:
    try:
        with open(path, "rb") as file:
            data = file.read().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise TestMainError(f"open {path}: {(error.strerror or str(error)).lower()}") from None
    functions = _functions(data)
    for function in functions:
        name = function.name
        if name == "TestMain" and not _has_signature(function, "T"):
            _check(function, "M", path)
            if found.main is not None:
                raise TestMainError("multiple definitions of TestMain")
            found.main = (package, name)
            found.imported.add(package)
            found.needed.add(package)
            continue
        for prefix, kind in _KINDS:
            if _is_test(name, prefix):
                _check(function, kind, path)
                found.lists[kind].append((package, name))
                found.imported.add(package)
                found.needed.add(package)
                break
    _examples(found, data, functions, package)


def _examples(found: Found, data: bytes, functions: list[_Function], package: str) -> None:
    for function in functions:
        name = function.name
        if not _is_test(name, "Example") or function.parameters or function.generic or function.body == (0, 0):
            continue
        found.imported.add(package)
        output, unordered, has_output = _output(data, function.body)
        if output or has_output:
            found.examples.append((package, name, output, unordered))
            found.needed.add(package)


def find_tests(package: Package) -> Found:
    """The tests of a package. Raises `TestMainError`."""
    found = Found()
    for name in package.test_go_files:
        _read(found, os.path.join(package.directory, name), "_test")
    for name in package.xtest_go_files:
        _read(found, os.path.join(package.directory, name), "_xtest")
    return found


_HEAD: Final = re.compile(rb"^func[ \t]+(?:Test|Benchmark|Fuzz)(?![a-z])[^\n]*", re.MULTILINE)
_GOOD_HEAD: Final = re.compile(
    rb"func (Test|Benchmark|Fuzz)[A-Za-z0-9_]*\((?:[A-Za-z_]\w*[ \t]+)?\*(?:testing\.)?([TBFM])\)[ \t]*\{.*", re.DOTALL
)


def _check_header(path: str) -> None:
    """Raises `TestMainError` for what is wrong with the start of a file."""
    try:
        broken = read_header(path).broken
    except (HeaderError, OSError):
        return
    if broken is not None and not broken.plain:
        raise TestMainError(str(broken), place(path, broken.offset))


def check_tests(package: Package) -> None:
    """Raises `TestMainError` for a test function that can't be one. Files whose heads all look right are not read as tokens."""
    mains = 0
    for name in [*package.test_go_files, *package.xtest_go_files]:
        if name in package.invalid_go_files:
            _check_header(os.path.join(package.directory, name))
        try:
            with open(os.path.join(package.directory, name), "rb") as file:
                data = file.read()
        except OSError:
            data = b"func Test"
        for head in _HEAD.findall(data):
            good = _GOOD_HEAD.fullmatch(head)
            is_main = good is not None and good[2] == b"M" and head.startswith(b"func TestMain(")
            mains += is_main
            if good is None or mains > 1 or (head[5:6] != good[2] and not is_main):
                find_tests(package)
                return


def test_main(package: Package) -> str:
    """The source of the program that runs the tests of a package. Raises `TestMainError`."""
    found = find_tests(package)
    path = package.original_path
    imports_own = bool(found.imported & {"_test"}) or bool(package.go_files or package.test_go_files)
    imports_outside = bool(package.xtest_go_files)
    lines = ["", "// Code generated by 'go test'. DO NOT EDIT.", "", "package main", "", "import (", '\t"os"']
    lines += ["", '\t"reflect"', ""] if found.main is not None else [""]
    lines += ['\t"testing"', '\t"testing/internal/testdeps"', "", ""]
    if imports_own:
        lines += ["", "\t", f"\t{'_test' if '_test' in found.needed else '_'} {quote(path)}"]
    if imports_outside:
        lines += ["", f"\t{'_xtest' if '_xtest' in found.needed else '_'} {quote(path + '_test')}"]
    lines.append(")")
    for variable, kind, type_name in (("tests", "T", "Test"), ("benchmarks", "B", "Benchmark"), ("fuzzTargets", "F", "FuzzTarget")):
        lines += ["", f"var {variable} = []testing.Internal{type_name}{{"]
        lines += [f'\t{{"{name}", {where}.{name}}},' for where, name in found.lists[kind]]
        lines.append("}")
    lines += ["", "var examples = []testing.InternalExample{"]
    lines += [
        f'\t{{"{name}", {where}.{name}, {quote(output)}, {str(unordered).lower()}}},' for where, name, output, unordered in found.examples
    ]
    lines += ["}", "", "func init() {"]
    lines.append(f"\ttestdeps.ModulePath = {quote(package.module['Path'] if package.module else '')}")
    lines.append(f"\ttestdeps.ImportPath = {quote(path)}")
    lines += ["}", "", "func main() {", "\tm := testing.MainStart(testdeps.TestDeps{}, tests, benchmarks, fuzzTargets, examples)"]
    if found.main is not None:
        lines.append(f"\t{found.main[0]}.{found.main[1]}(m)")
        lines.append('\tos.Exit(int(reflect.ValueOf(m).Elem().FieldByName("exitCode").Int()))')
    else:
        lines.append("\tos.Exit(m.Run())")
    lines += ["}", ""]
    return "\n".join(lines)
