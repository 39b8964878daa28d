# SPDX-License-Identifier: BSD-3-Clause
"""The preprocessor: files and macros into statements.

`Source.statements` yields one statement at a time: its tokens, the file (`PosBase`) and the line of its first token. Lines
are looked at whole: one that begins with `#` is a directive, any other is expanded where it holds a macro's name and cut at
`;`. What was cut once is remembered by the text of the line, since assembly repeats itself.

A macro's body is put in place of its use and read again with what follows it, so that the last word of a body can be a
macro that takes its arguments from behind. Every mistake ends the run (`PreprocessError`): what follows can't be trusted.
Expansion is bounded in depth and size. Facts: GOROOT/src/cmd/asm/internal/lex/input.go.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final

from pygo_cross.asm import lexer
from pygo_cross.asm.lexer import BUILD_COMMENT, NEWLINE_IN_COMMENT, is_name, quote
from pygo_cross.asm.numbers import unquote
from pygo_cross.asm.paths import PathRewriter
from pygo_cross.obj.prog import PosBase

MAX_DEPTH: Final = 100
MAX_TOKENS: Final = 4_000_000
MAX_FILES: Final = 10_000

Statement = tuple[tuple[str, ...], PosBase, int]
# No backslash, no comment, no parenthesis that could be a parameter list.
_SIMPLE_DEFINE: Final = re.compile(r"#define ([A-Za-z_][A-Za-z0-9_]*)[ \t]+([^\\\n\x01]+)\Z")
_CONDITIONALS: Final = frozenset({"else", "endif", "ifdef", "ifndef", "line"})


class PreprocessError(Exception):
    """A mistake that ends reading. `file` and `line` as messages tell them."""

    def __init__(self, message: str, file: str, line: int) -> None:
        super().__init__(message)
        self.message, self.file, self.line = message, file, line


class UnexpectedEnd(PreprocessError):
    """The file ends within a line. What is wrong with that line counts more."""


class NotAMacro(str):
    """The name of a macro that takes arguments, used without any: it stays as it is."""

    __slots__ = ()


class Macro:
    """`parameters` is None for a macro without parentheses."""

    __slots__ = ("body", "name", "parameters")

    def __init__(self, name: str, parameters: tuple[str, ...] | None, body: tuple[str, ...]) -> None:
        self.name, self.parameters, self.body = name, parameters, body


class _File:
    """A file that is being read."""

    __slots__ = ("at", "base", "ended", "line", "lines", "name")

    def __init__(self, base: PosBase, text: str) -> None:
        self.base = base
        self.name = base.file
        self.lines = text.split("\n")
        self.at = 0
        self.line = 1
        self.ended = not self.lines[-1]  # whether the last line ends with a newline


class Source:
    """All text of one run of the assembler: the file `path` and what it includes.

    `includes` are the folders of -I, `defines` the words of -D. Build constraints behind code are noted in `misplaced`: file and line;
    `open_literal` is where the first line is that ends in a literal.
    """

    def __init__(self, path: str, includes: list[str], defines: list[str], rewriter: PathRewriter) -> None:
        self.path = path
        self.rewriter = rewriter
        self.includes = [os.path.dirname(path) or ".", *includes]
        self.macros: dict[str, Macro | str] = {}
        self.misplaced: list[tuple[str, int]] = []
        self.open_literal: tuple[str, int] | None = None
        self._saw_code = False
        self._files: list[_File] = []
        self._read: list[_File] = []
        self._opened = 0
        self._conditions: list[bool] = []
        self._plain: dict[str, tuple[int, list[tuple[str, ...]]]] = {}
        self._generation = 0  # of the macros
        self._lexed: dict[str, tuple[str, ...]] = {}
        for word in defines:
            name, _, value = word.partition("=")
            self.macros[name] = Macro(name, None, tuple(map(lexer.plain, lexer.tokens(value if "=" in word else "1"))))

    def _fail(self, message: str, line: int = 0) -> PreprocessError:
        file = self._files[-1]
        return PreprocessError(message, file.base.file, line or file.line)

    def _open(self, name: str, path: str) -> None:
        """Begin to read a file, which messages call `name`."""
        with open(path, "rb") as stream:
            data = stream.read()
        base = PosBase(name, self.rewriter.absolute(name))
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise PreprocessError("invalid UTF-8 encoding", name, data.count(b"\n", 0, error.start) + 1) from None
        if "\0" in text or NEWLINE_IN_COMMENT in text:
            at = min(at for at in (text.find("\0"), text.find(NEWLINE_IN_COMMENT)) if at >= 0)
            raise PreprocessError("invalid character", name, text.count("\n", 0, at) + 1)
        if "/" in text:
            text, bad = lexer.hide_comments(text)
            if bad:
                raise PreprocessError("comment not terminated", name, bad)
        self._files.append(_File(base, text))
        self._read.append(self._files[-1])

    def complaints(self, stopped: bool) -> Iterator[tuple[str, int, int, str]]:
        """Bad literals in what was read so far: file, line, column, what is wrong. `stopped` where the preprocessor gave up in a line."""
        from pygo_cross.asm.complaints import complaints

        current = self._files[-1] if stopped and self._files else None
        for file in self._read:
            line = 1
            for text in file.lines[: file.at - (file is current)]:
                if not text.isalpha():
                    for column, message in complaints(text):
                        yield file.name, line, column, message
                line += 1 + text.count(NEWLINE_IN_COMMENT)

    def statements(self) -> Iterator[Statement]:
        """All statements. Raises PreprocessError, and OSError if the file itself can't be read."""
        self._open(self.path, self.path)
        lexed, macros = self._lexed, self.macros
        plain = self._plain
        files = self._files
        while files:
            file = files[-1]
            lines = file.lines
            if file.at >= len(lines):
                self._end_of_file(file)
                continue
            text = lines[file.at]
            file.at += 1
            known = plain.get(text)
            if known is not None and known[0] == self._generation:
                # A line of nothing but statements, seen before under the same macros.
                if not self._conditions or self._conditions[-1]:
                    base, line = file.base, file.line
                    for piece in known[1]:
                        yield piece, base, line
                file.line += file.at < len(lines)
                continue
            words = lexed.get(text)
            if words is None:
                if text.startswith("#define ") and self._simple_define(file, text):
                    continue
                words = lexed[text] = lexer.tokens(text)
            last = file.at == len(lines)
            if not words:
                file.line += text.count(NEWLINE_IN_COMMENT) + (not last)
                continue
            if words[0] == "#":
                self._saw_code = True
                self._directive(file, text, words)
                continue
            if words[0] == BUILD_COMMENT:
                if self._saw_code:
                    self.misplaced.append((file.base.file, file.line))
                file.line += 1
                continue
            self._saw_code = True
            after = int(not last)
            if NEWLINE_IN_COMMENT in text:
                lead = len(text) - len(text.lstrip(" \t\r" + NEWLINE_IN_COMMENT))
                first = text.count(NEWLINE_IN_COMMENT, 0, lead)
                file.line += first
                after += text.count(NEWLINE_IN_COMMENT) - first
            if not self._conditions or self._conditions[-1]:
                base, line = file.base, file.line
                if "#" in words:
                    raise self._fail("'#' must be first item on line")
                if '"' in text or "'" in text:
                    lines_more, words = self._with_open_literal(file, words)
                    after += lines_more
                if macros.keys().isdisjoint(words):
                    pieces = _cut(words)
                    if after == 1:
                        plain[text] = (self._generation, pieces)
                else:
                    expanded = self._expand(words)
                    pieces = _cut(expanded)
                    if "#" in expanded:
                        pieces = self._chosen(pieces)
                for piece in pieces:
                    yield piece, base, line
            file.line += after

    def _with_open_literal(self, file: _File, words: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
        """Of a line that ends in an open literal: Go's scanner has its newline in the literal, so the next line belongs to it."""
        more = 0
        while lexer.is_open(words[-1]):
            self.open_literal = self.open_literal or (file.base.file, file.line)
            if file.at >= len(file.lines):
                break
            words = (*words[:-1], words[-1] + "\n", *lexer.tokens(file.lines[file.at]))
            file.at += 1
            more += 1
        return more, words

    def _end_of_file(self, file: _File) -> None:
        """Back to the file that included this one."""
        if len(self._files) == 1:
            if self._conditions:
                raise self._fail("unclosed #ifdef or #ifndef")
            if not file.ended and file.lines[-1].strip():
                raise UnexpectedEnd("unexpected EOF", file.base.file, file.line)
        self._files.pop()

    def _simple_define(self, file: _File, text: str) -> bool:
        """Takes `#define NAME VALUE` as a whole, as most lines of go_asm.h are; the value is not read before it is used."""
        match = _SIMPLE_DEFINE.match(text)
        if match is None:
            return False
        self._saw_code = True
        if not self._conditions or self._conditions[-1]:
            name = match[1]
            if file.at >= len(file.lines):
                raise self._fail(f"missing newline in definition for macro: {name}")
            if name in self.macros:
                raise self._fail(f"redefinition of macro: {name}")
            self.macros[name] = match[2]
            self._generation += 1
        if file.at < len(file.lines):
            file.line += 1
        return True

    # Macros.

    def _expand(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The tokens of a line after expansion; may hold newlines."""
        macros = self.macros
        out: list[str] = []
        stack: list[tuple[tuple[str, ...], int]] = []
        limit = MAX_DEPTH - len(self._files)
        at, nesting = 0, 0
        total = 0
        while True:
            if at >= len(words):
                if not stack:
                    return tuple(out)
                words, at = stack.pop()
                continue
            word = words[at]
            at += 1
            macro = macros.get(word) if word.__class__ is str else None
            if macro is None or (out[-1:] in (["ifdef"], ["ifndef"]) and out[-2:-1] == ["#"]):
                out.append(word)
                nesting = 0
                continue
            if macro.__class__ is str:
                macro = macros[word] = Macro(word, None, tuple(map(lexer.plain, lexer.tokens(macro))))
            assert isinstance(macro, Macro)
            nesting += 1
            if nesting >= 100:
                raise self._fail("recursive macro invocation")
            body = macro.body
            if macro.parameters is not None:
                # Arguments may begin behind the text that named the macro.
                while at >= len(words) and stack:
                    words, at = stack.pop()
                if at >= len(words) or words[at] != "(":
                    out.append(NotAMacro(word))
                    nesting = 0
                    continue
                arguments, words, at = self._arguments(macro, words, at + 1, stack)
                lengths = dict(zip(macro.parameters, map(len, arguments), strict=True))
                if total + sum(lengths.get(word, 1) for word in body) > MAX_TOKENS:
                    raise self._fail(f"expansion of macro is too large: {macro.name}")
                body = _substitute(macro.parameters, body, arguments)
            if not body:
                continue
            total += len(body)
            if total > MAX_TOKENS or len(out) > MAX_TOKENS:
                raise self._fail(f"expansion of macro is too large: {macro.name}")
            if at < len(words):
                stack.append((words, at))
                if len(stack) > limit:
                    raise self._fail("input recursion")
            words, at = body, 0

    def _arguments(
        self, macro: Macro, words: tuple[str, ...], at: int, stack: list[tuple[tuple[str, ...], int]]
    ) -> tuple[list[tuple[str, ...]], tuple[str, ...], int]:
        """The arguments of a use, and where reading goes on. `at` is behind the opening parenthesis."""
        arguments: list[tuple[str, ...]] = []
        current: list[str] = []
        nesting = 0
        while True:
            while at >= len(words) and stack:
                words, at = stack.pop()
            if at >= len(words) or words[at] == "\n":
                raise self._fail(f"unterminated arg list invoking macro: {macro.name}")
            word = words[at]
            at += 1
            if not nesting and word in (")", ","):
                arguments.append(tuple(current))
                current = []
                if word == ")":
                    break
                continue
            if word == "(":
                nesting += 1
            elif word == ")":
                nesting -= 1
            current.append(lexer.plain(word))
        assert macro.parameters is not None
        if not macro.parameters and arguments == [()]:
            arguments = []
        elif len(arguments) != len(macro.parameters):
            raise self._fail(f"wrong arg count for macro {macro.name}")
        return arguments, words, at

    # Directives.

    def _directive(self, file: _File, text: str, words: tuple[str, ...]) -> None:
        line = file.line
        if len(words) < 2 or not is_name(words[1]):
            raise self._fail(f"expected identifier after '#' ; got {_got(words, 1)}")
        name = words[1]
        enabled = not self._conditions or self._conditions[-1]
        next_line = line + 1 + text.count(NEWLINE_IN_COMMENT)
        if enabled or name in _CONDITIONALS:
            if name == "define":
                next_line = self._define(file, text)
            elif name == "include":
                self._include(file, words, next_line)
                return
            elif name == "line":
                self._line(file, words, next_line)
                file.line = next_line
                return
            elif name in _CONDITIONALS:
                self._condition(name, words, enabled)
            elif name == "undef":
                macro = self._macro_name(words)
                if macro not in self.macros:
                    raise self._fail(f"#undef for undefined macro: {macro}")
                if len(words) > 3:
                    raise self._fail(f"syntax error in #undef for macro: {macro}")
                del self.macros[macro]
                self._generation += 1
            else:
                raise self._fail(f"unexpected token after '#': {name}")
        if file.at < len(file.lines):
            file.line = next_line

    def _condition(self, name: str, words: tuple[str, ...], enabled: bool) -> None:
        """#ifdef, #ifndef, #else or #endif."""
        if name in ("ifdef", "ifndef"):
            macro = self._macro_name(words)
            self._end(words, 3, "#if[n]def")
            self._conditions.append(enabled and (macro in self.macros) == (name == "ifdef"))
        elif name == "else":
            self._end(words, 2, "#else")
            if not self._conditions:
                raise self._fail("unmatched #else")
            if len(self._conditions) == 1 or self._conditions[-2]:
                self._conditions[-1] = not self._conditions[-1]
        else:
            self._end(words, 2, "#endif")
            if not self._conditions:
                raise self._fail("unmatched #endif")
            self._conditions.pop()

    def _chosen(self, pieces: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """The statements of an expansion whose macro has conditions in it."""
        chosen = []
        for piece in pieces:
            enabled = not self._conditions or self._conditions[-1]
            if piece[0] != "#":
                if enabled:
                    chosen.append(piece)
            elif len(piece) > 1 and piece[1] in _CONDITIONALS and piece[1] != "line":
                self._condition(piece[1], piece, enabled)
            elif enabled:
                raise self._fail("'#' must be first item on line")
        return chosen

    def _macro_name(self, words: tuple[str, ...]) -> str:
        if len(words) < 3 or not is_name(words[2]):
            raise self._fail(f"expected identifier after # directive ; got {_got(words, 2)}")
        return words[2]

    def _end(self, words: tuple[str, ...], at: int, directive: str) -> None:
        """Nothing may follow a directive on its line."""
        if len(words) > at:
            raise self._fail(f"expected newline after {directive} ; got {_got(words, at)}")

    def _define(self, file: _File, text: str) -> int:
        """#define. Lines go on behind a backslash. Returns the line behind the definition."""
        first = text
        next_line = file.line + 1 + text.count(NEWLINE_IN_COMMENT)
        parts = [lexer.tokens(text)]
        while parts[-1] and parts[-1][-1] == "\\":
            if file.at >= len(file.lines):
                raise self._fail(rf"can only escape \ or \n in definition for macro: {parts[0][2] if len(parts[0]) > 2 else ''}")
            text = file.lines[file.at]
            file.at += 1
            next_line += 1 + text.count(NEWLINE_IN_COMMENT)
            parts.append(lexer.tokens(text))
        words: list[str] = []
        for part in parts:
            if words:
                words[-1] = "\n"
            words += part
        name = self._macro_name(tuple(words) if words[2:3] != ["\n"] else tuple(words[:2]))
        at = 3
        parameters: tuple[str, ...] | None = None
        # Only a parenthesis that touches the name begins parameters.
        if at < len(words) and words[at] == "(" and _touches(first, name):
            names: list[str] = []
            accept = True
            at += 1
            while True:
                word = words[at] if at < len(words) else ""
                at += 1
                if word == ")":
                    break
                if word == ",":
                    if accept:
                        raise self._fail(f"bad syntax in definition for macro: {name}")
                    accept = True
                elif word and is_name(word):
                    if not accept:
                        raise self._fail(f"bad syntax in definition for macro: {name}")
                    if word in names:
                        raise self._fail(f"duplicate argument {word} in definition for macro: {name}")
                    names.append(word)
                    accept = False
                else:
                    raise self._fail(f"bad definition for macro: {name}")
            parameters = tuple(names)
        body = words[at:]
        if file.at >= len(file.lines) and at < len(words):
            raise self._fail(f"missing newline in definition for macro: {name}", next_line - 1)
        if "\\" in body:
            body = self._unescape(name, body)
        if name in self.macros:
            raise self._fail(f"redefinition of macro: {name}")
        self.macros[name] = Macro(name, parameters, tuple(map(lexer.plain, body)))
        self._generation += 1
        return next_line

    def _unescape(self, name: str, body: list[str]) -> list[str]:
        """A backslash inside a line may only stand before another."""
        out: list[str] = []
        words = iter(body)
        for word in words:
            if word == "\\" and next(words, "") != "\\":
                raise self._fail(rf"can only escape \ or \n in definition for macro: {name}")
            out.append(word)
        return out

    def _include(self, file: _File, words: tuple[str, ...], next_line: int) -> None:
        if len(words) < 3 or words[2][0] != '"':
            raise self._fail(f"expected string after #include ; got {_got(words, 2)}")
        raw = unquote(words[2])
        if raw is None:
            raise self._fail("unquoting include file name:  invalid syntax")
        self._end(words, 3, "#include")
        name = os.fsdecode(raw)
        if "\0" in name:
            raise self._fail(f"#include: open {name!r}: invalid argument")
        if len(self._files) >= MAX_DEPTH:
            raise self._fail("input recursion")
        self._opened += 1
        if self._opened > MAX_FILES:
            raise self._fail(f"more than {MAX_FILES} files are included")
        problem: OSError | None = None
        for path in (name, *(os.path.join(folder, name) for folder in self.includes)):
            try:
                self._open(name, path)
            except OSError as error:
                problem = error
                continue
            file.line = next_line
            return
        assert problem is not None
        raise self._fail(f"#include: open {os.path.join(self.includes[-1], name)}: {(problem.strerror or '').lower()}")

    def _line(self, file: _File, words: tuple[str, ...], next_line: int) -> None:
        """#line NUMBER "FILE": what the next line is to be called."""
        number = words[2] if len(words) > 2 else "\n"
        if not number[0].isdigit() or lexer.is_float(number):
            raise self._fail(f"expected line number after #line ; got {quote(number)}")
        name = words[3] if len(words) > 3 else "\n"
        if name[0] != '"':
            raise self._fail(f"expected file name in #line ; got {quote(name)}")
        raw = unquote(name)
        if raw is None:
            raise self._fail("unquoting #line file name:  invalid syntax")
        if len(words) > 4:
            raise self._fail(f"unexpected token at end of #line:  {lexer.describe(words[4])}")
        if not number.isdigit() or not number.isascii():
            raise self._fail(f'error parsing #line (cannot happen): strconv.Atoi: parsing "{number}": invalid syntax')
        file_name = os.fsdecode(raw)
        # Go's assembler has the line behind the next one carry the number.
        file.base = PosBase(file_name, self.rewriter.absolute(file_name), next_line + 1, min(int(number), 1 << 30), file.base)


def _got(words: tuple[str, ...], at: int) -> str:
    """What stands at a place, in quotes; the newline is part of a literal that it leaves open."""
    word = words[at] if at < len(words) else "\n"
    return quote(word + "\n" if lexer.is_open(word) else word)


def _touches(text: str, name: str) -> bool:
    """Whether a parenthesis follows the name in `#define name` at once."""
    start = text.index("define") + len("define")
    return text[text.index(name, start) + len(name) :].startswith("(")


def _substitute(parameters: tuple[str, ...], body: tuple[str, ...], arguments: list[tuple[str, ...]]) -> tuple[str, ...]:
    """A macro's body with its arguments in place."""
    actual = dict(zip(parameters, arguments, strict=True))
    out: list[str] = []
    for word in body:
        argument = actual.get(word)
        # An empty argument leaves its name where it is, as in Go's assembler.
        if argument:
            out += argument
        else:
            out.append(word)
    return tuple(out)


def _cut(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A line's statements: what stands between semicolons (and the newlines that macros bring)."""
    if ";" not in words and "\n" not in words:
        return [words]
    pieces: list[tuple[str, ...]] = []
    current: list[str] = []
    for word in words:
        if word in (";", "\n"):
            if current:
                pieces.append(tuple(current))
                current = []
        else:
            current.append(word)
    if current:
        pieces.append(tuple(current))
    return pieces
