# SPDX-License-Identifier: BSD-3-Clause
"""A part of Go's text/template: what names and flags in a configuration need.

Actions, `if`, `with`, `else`, `end`, variables, pipelines, parentheses, comments and trim markers mean what they mean there
(src/text/template and its parse package; the tests run both on the same templates). `range`, `define`, `template` and
`block` are not there, nor numbers with a point, and every use of them is told. Values are text, whole numbers, truth, lists of
text and mappings of text; the functions that a template may call are given by whoever runs it, beside Go's own.

Nothing here knows what the variables are: the root is any object with `look_up`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

_SPACE: Final = " \t\r\n"
_MAX_DEPTH: Final = 50
_MISSING: Final = ("range", "define", "template", "block", "break", "continue")
_NUMBER = re.compile(r"[+-]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[1-9][0-9]*|0)\Z")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SIMPLE: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"', "'": "'"}


class TemplateError(Exception):
    """What is wrong with a template, what to do, and a stable name for the kind of mistake."""

    def __init__(self, message: str, hint: str = "", code: str = "bad-template") -> None:
        self.message, self.hint, self.code = message, hint, code
        super().__init__(message)


class Root(Protocol):
    """What `.` is outside `with`."""

    def look_up(self, name: str) -> Any:
        """The value of `.name`. Raises `TemplateError` where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Function:
    """A function that templates may call: what it does, and what each argument must be (`str`, `int`, `dict`, `list` or `object` for
    anything). With `rest`, any number of the last kind may follow."""

    call: Callable[..., Any]
    takes: tuple[type, ...]
    rest: bool = False


# ---- tokens


@dataclass(frozen=True, slots=True)
class _Token:
    """kind: text, field (`value` without its point), name, variable, string, number, dot, or the sign itself. `space`: one before it."""

    kind: str
    value: Any = None
    space: bool = False


def _split(text: str) -> list[list[_Token] | str]:
    """Text and actions, in turn."""
    parts: list[list[_Token] | str] = []
    at, trim = 0, False
    while True:
        start = text.find("{{", at)
        piece = text[at:] if start < 0 else text[at:start]
        piece = piece.lstrip(_SPACE) if trim else piece
        if start < 0:
            parts.append(piece)
            return parts
        at = start + 2
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] and text[at + 1] in _SPACE:
            piece, at = piece.rstrip(_SPACE), at + 2
        if piece:
            parts.append(piece)
        if text.startswith("/*", at):
            end = text.find("*/", at + 2)
            if end < 0:
                raise TemplateError("a comment without its */")
            at = end + 2
            closing = re.compile(r"([ \t\r\n]-)?\}\}").match(text, at)
            if closing is None:
                raise TemplateError("a comment that does not end with its action", "write {{/* … */}}")
            at, trim = closing.end(), bool(closing.group(1))
            continue
        tokens, at, trim = _tokens(text, at)
        parts.append(tokens)


def _tokens(text: str, at: int) -> tuple[list[_Token], int, bool]:
    """The tokens of the action that begins at `at`; where it ends, and whether it trims what follows."""
    tokens: list[_Token] = []
    space = False
    while True:
        if text.startswith("}}", at):
            return tokens, at + 2, False
        if at < len(text) and text[at] in _SPACE:
            if text.startswith("-}}", at + 1):
                return tokens, at + 4, True
            at, space = at + 1, True
            continue
        if at >= len(text):
            raise TemplateError("{{ without its }}")
        letter = text[at]
        if letter == '"':
            value, at = _quoted(text, at)
            tokens.append(_Token("string", value, space))
        elif letter == "`":
            end = text.find("`", at + 1)
            if end < 0:
                raise TemplateError("a text without its closing `")
            tokens.append(_Token("string", text[at + 1 : end].replace("\r", ""), space))
            at = end + 1
        elif letter in "()|,":
            tokens.append(_Token(letter, None, space))
            at += 1
        elif text.startswith(":=", at):
            tokens.append(_Token(":=", None, space))
            at += 2
        elif letter == "=":
            tokens.append(_Token("=", None, space))
            at += 1
        elif letter in ".$" or letter == "_" or letter.isalpha():
            token, at = _word(text, at, space)
            tokens.append(token)
        elif letter.isdigit() or letter in "+-":
            end = at + 1
            while end < len(text) and (text[end].isalnum() or text[end] in "._"):
                end += 1
            word = text[at:end]
            if not _NUMBER.match(word):
                raise TemplateError(f"{word!r} is not a whole number", "put text into quotes")
            digits = word.lstrip("+-").lower()
            base = 8 if re.fullmatch(r"0[0-7]+", digits) else 0
            tokens.append(_Token("number", int(digits, base) * (-1 if word[0] == "-" else 1), space))
            at = end
        else:
            raise TemplateError(f"unexpected {letter!r} in an action")
        space = False


def _word(text: str, at: int, space: bool) -> tuple[_Token, int]:
    """A field, a variable, a name, or the dot."""
    sign = text[at] if text[at] in ".$" else ""
    match = _NAME.match(text, at + len(sign))
    if match is None:
        end = at + 1
        if sign == "." and text[end : end + 1].isdigit():
            raise TemplateError("a number with a point", "only whole numbers are there")
        if text[end : end + 1].isalnum() or not sign:
            raise TemplateError(
                f"unexpected {text[end : end + 1] if sign else text[at]!r} in an action", "names are ASCII letters and digits"
            )
        return _Token("dot" if sign == "." else "variable", "", space), end
    end = match.end()
    after = text[end : end + 1]
    if after and after not in ".,|:)( \t\r\n=" and not text.startswith("}}", end):
        raise TemplateError(f"unexpected {after!r} after {match.group()}")
    kind = {".": "field", "$": "variable", "": "name"}[sign]
    return _Token(kind, match.group(), space), end


def _quoted(text: str, at: int) -> tuple[str, int]:
    """A text in double quotes, as Go writes it."""
    out: list[str] = []
    at += 1
    while True:
        letter = text[at : at + 1]
        if letter in ("", "\n"):
            raise TemplateError('a text without its closing "')
        at += 1
        if letter == '"':
            return _joined(out), at
        if letter != "\\":
            out.append(letter)
            continue
        kind = text[at : at + 1]
        length = {"x": 2, "u": 4, "U": 8}.get(kind, 3 if kind in "01234567" and kind else 0)
        digits = text[at + (kind in "xuU") : at + (kind in "xuU") + length] if length else ""
        if kind in _SIMPLE and kind and kind != "'":
            out.append(_SIMPLE[kind])
            at += 1
        elif length and len(digits) == length and re.fullmatch(r"[0-7]{3}" if length == 3 else r"[0-9a-fA-F]+", digits):
            number = int(digits, 8 if length == 3 else 16)
            if kind in "uU" and (number > 0x10FFFF or 0xD800 <= number < 0xE000):
                raise TemplateError(f"\\{kind}{digits} is no character")
            if kind not in "uU" and number > 0xFF:
                raise TemplateError(f"\\{digits} is more than a byte")
            # A byte of its own: kept apart, for several may make one character.
            out.append(chr(number) if kind in "uU" or number < 0x80 else chr(0xDC00 + number))
            at += len(digits) + (kind in "xuU")
        else:
            raise TemplateError(f"\\{kind} is not an escape", "double the backslash, or write the text in `backquotes`")


def _joined(parts: list[str]) -> str:
    text = "".join(parts)
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


# ---- the tree

Node = tuple[Any, ...]
"""("text", s) · ("pipe", declared, sets, commands) · ("if"|"with", pipe, then, else). An operand: ("field", names) · ("variable",
name, names) · ("dot",) · ("const", v) · ("nil",) · ("call", name) · ("parens", pipe, names)."""


class _Parser:
    """Parts into a tree."""

    def __init__(self, parts: Sequence[list[_Token] | str], functions: Mapping[str, Function]) -> None:
        self.parts, self.functions = parts, functions
        self.at = 0
        self.variables: list[str] = [""]
        self.depth = 0

    def parse(self) -> list[Node]:
        """The whole template."""
        body, ended = self.body()
        if ended is not None:
            raise TemplateError(f"{{{{ {ended[0].value} }}}} without an if or with before it")
        return body

    def body(self) -> tuple[list[Node], list[_Token] | None]:
        """Nodes up to an `else` or `end`, which is returned too, or to the end of the text."""
        nodes: list[Node] = []
        while self.at < len(self.parts):
            part = self.parts[self.at]
            self.at += 1
            if isinstance(part, str):
                nodes.append(("text", part))
                continue
            first = part[0] if part else None
            word = first.value if first is not None and first.kind == "name" else ""
            if word in ("else", "end"):
                return nodes, part
            if word in ("if", "with"):
                nodes.append(self.control(word, part[1:]))
            elif word in _MISSING:
                raise TemplateError(f"{{{{ {word} }}}} is not there", "if, with and the functions are what there is")
            else:
                nodes.append(self.pipe(part))
        return nodes, None

    def control(self, word: str, tokens: list[_Token]) -> Node:
        """`if` or `with`, with all that belongs to it."""
        self.deeper()
        scope = len(self.variables)
        pipe = self.pipe(tokens, word)
        then, ended = self.body()
        other: list[Node] = []
        if ended is not None and ended[0].value == "else":
            rest = ended[1:]
            if rest and rest[0].kind == "name" and rest[0].value in ("if", "with"):
                if rest[0].value != word:
                    raise TemplateError(f"{{{{ else {rest[0].value} }}}} after {{{{ {word} }}}}")
                other = [self.control(word, rest[1:])]
                ended = [_Token("name", "end")]
            elif rest:
                raise TemplateError("{{ else }} takes nothing but if or with")
            else:
                other, ended = self.body()
                if ended is not None and ended[0].value == "else":
                    raise TemplateError("a second {{ else }}")
        if ended is None:
            raise TemplateError(f"{{{{ {word} }}}} without its {{{{ end }}}}")
        if len(ended) > 1:
            raise TemplateError("{{ end }} takes nothing")
        del self.variables[scope:]
        self.depth -= 1
        return (word, pipe, then, other)

    def deeper(self) -> None:
        """Bounds how deep things lie in each other."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise TemplateError(f"more than {_MAX_DEPTH} levels")

    def pipe(self, tokens: list[_Token], word: str = "") -> Node:
        """A pipeline that is all of `tokens`, with its declaration."""
        declared, sets = "", False
        if len(tokens) > 1 and tokens[0].kind == "variable" and tokens[1].kind in (":=", "="):
            declared, sets = tokens[0].value, tokens[1].kind == "="
            if not declared:
                raise TemplateError("$ can't be set")
            if sets and declared not in self.variables:
                raise TemplateError(f"the variable ${declared} is not declared", "write := the first time")
            tokens = tokens[2:]
        commands, rest = self.commands(tokens)
        if rest:
            raise TemplateError(f"unexpected {_shown(rest[0])} in an action")
        if not commands:
            raise TemplateError(f"{{{{ {word} }}}} without a value" if word else "{{ }} without a value")
        if declared and not sets:
            self.variables.append(declared)
        return ("pipe", declared, sets, commands)

    def commands(self, tokens: list[_Token]) -> tuple[list[list[Node]], list[_Token]]:
        """Commands with | between them, and the tokens from the ) that ends them."""
        commands: list[list[Node]] = []
        current: list[Node] = []
        while tokens and tokens[0].kind != ")":
            if tokens[0].kind == "|":
                if not current:
                    raise TemplateError("| without a value before it")
                commands.append(current)
                current, tokens = [], tokens[1:]
                continue
            if current and not tokens[0].space:
                raise TemplateError(f"no space before {_shown(tokens[0])}")
            operand, tokens = self.operand(tokens)
            current.append(operand)
        if current:
            commands.append(current)
        for at, command in enumerate(commands):
            if at and command[0][0] in ("const", "dot", "nil"):
                raise TemplateError("a value can't follow |", "a function can")
        return commands, tokens

    def operand(self, tokens: list[_Token]) -> tuple[Node, list[_Token]]:
        """One operand with the fields that follow it."""
        token, tokens = tokens[0], tokens[1:]
        kind, value = token.kind, token.value
        if kind == "(":
            self.deeper()
            commands, tokens = self.commands(tokens)
            self.depth -= 1
            if not tokens:
                raise TemplateError("( without its )")
            if not commands:
                raise TemplateError("() without a value")
            names, tokens = _fields(tokens[1:])
            return ("parens", ("pipe", "", False, commands), names), tokens
        if kind == "field":
            names, tokens = _fields(tokens)
            return ("field", (value, *names)), tokens
        if kind == "variable":
            if value not in self.variables:
                raise TemplateError(f"the variable ${value} is not declared", "write := the first time")
            names, tokens = _fields(tokens)
            return ("variable", value, names), tokens
        if kind in ("string", "number"):
            node: Node = ("const", value)
        elif kind == "dot":
            node = ("dot",)
        elif kind == "name" and value in ("true", "false"):
            node = ("const", value == "true")
        elif kind == "name" and value == "nil":
            node = ("nil",)
        elif kind == "name":
            if value not in self.functions and value not in ("and", "or"):
                raise TemplateError(f"there is no function {value}", self.choices(value), "unknown-function")
            node = ("call", value)
        else:
            raise TemplateError(f"unexpected {_shown(token)} in an action")
        if tokens and tokens[0].kind == "field" and not tokens[0].space:
            raise TemplateError(f"unexpected .{tokens[0].value} after {_shown(token)}", "put it into parentheses")
        return node, tokens

    def choices(self, word: str) -> str:
        """A hint at the functions that are there."""
        import difflib

        known = sorted({*self.functions, "and", "or"})
        near = difflib.get_close_matches(word[:100], known, 1, 0.6)
        return f"did you mean {near[0]}?" if near else "there are " + ", ".join(known)


def _fields(tokens: list[_Token]) -> tuple[tuple[str, ...], list[_Token]]:
    """The .a.b that follow without a space."""
    names: list[str] = []
    while tokens and tokens[0].kind == "field" and not tokens[0].space:
        names.append(tokens[0].value)
        tokens = tokens[1:]
    return tuple(names), tokens


def _shown(token: _Token) -> str:
    value = "" if token.value is None else str(token.value)[:40]
    return {
        "field": f".{value}",
        "variable": f"${value}",
        "string": repr(value),
        "dot": ".",
        "name": value,
        "number": value,
    }.get(token.kind, token.kind)


# ---- running

_NOTHING: Final = object()


class _Run:
    """One execution."""

    def __init__(self, root: Root, functions: Mapping[str, Function]) -> None:
        self.root, self.functions = root, functions
        self.variables: list[tuple[str, Any]] = [("", root)]
        self.out: list[str] = []

    def body(self, nodes: Sequence[Node], dot: Any) -> None:
        """Runs nodes, adding to `out`."""
        for node in nodes:
            if node[0] == "text":
                self.out.append(node[1])
            elif node[0] == "pipe":
                value = self.pipe(node, dot)
                if not node[1]:
                    self.out.append(self.printed(value))
            else:
                scope = len(self.variables)
                value = self.pipe(node[1], dot)
                if truth(value):
                    self.body(node[2], value if node[0] == "with" else dot)
                else:
                    self.body(node[3], dot)
                del self.variables[scope:]

    def printed(self, value: Any) -> str:
        """What an action of this value writes."""
        if value is self.root:
            raise TemplateError("the dot is all variables together", "name one: {{ .Version }}")
        return text_of(value)

    def pipe(self, node: Node, dot: Any) -> Any:
        """The value of a pipeline."""
        _, declared, sets, commands = node
        value: Any = _NOTHING
        for command in commands:
            value = self.command(command, dot, value)
        if declared and sets:
            for at in range(len(self.variables) - 1, -1, -1):
                if self.variables[at][0] == declared:
                    self.variables[at] = (declared, value)
                    break
        elif declared:
            self.variables.append((declared, value))
        return value

    def command(self, operands: Sequence[Node], dot: Any, final: Any) -> Any:
        """The value of one command; `final` is what the command before it came to."""
        first, args = operands[0], operands[1:]
        if first[0] == "call":
            return self.call(first[1], args, dot, final)
        if args or final is not _NOTHING:
            raise TemplateError("arguments for what is not a function", "a function's name stands first")
        if first[0] == "nil":
            raise TemplateError("nil is not a value by itself")
        return self.value(first, dot)

    def value(self, node: Node, dot: Any) -> Any:
        """The value of an operand."""
        kind = node[0]
        if kind == "const":
            return node[1]
        if kind == "dot":
            return dot
        if kind == "nil":
            return None
        if kind == "call":
            return self.call(node[1], (), dot, _NOTHING)
        if kind == "field":
            return self.fields(dot, node[1])
        if kind == "variable":
            held = next(value for name, value in reversed(self.variables) if name == node[1])
            return self.fields(held, node[2])
        return self.fields(self.pipe(node[1], dot), node[2])

    def fields(self, value: Any, names: Sequence[str]) -> Any:
        """`.a.b` of a value."""
        trail = ""
        for name in names:
            trail += f".{name}"
            if value is self.root:
                value = self.root.look_up(name)
            elif isinstance(value, EnvMapping):
                value = value.look_up(name)
            elif isinstance(value, dict):
                if name not in value:
                    raise TemplateError(f"there is no {trail}", "", "unknown-variable")
                value = value[name]
            else:
                raise TemplateError(f"unknown variable {{{{ {trail} }}}}: {_kind(value)} has no fields", "", "unknown-variable")
        return value

    def call(self, name: str, args: Sequence[Node], dot: Any, final: Any) -> Any:
        """Calls a function. `and` and `or` look at no more arguments than they need."""
        if name in ("and", "or"):
            value: Any = _NOTHING
            for node in args:
                value = self.value(node, dot)
                if truth(value) == (name == "or"):
                    return value
            if final is not _NOTHING:
                value = final
            if value is _NOTHING:
                raise TemplateError(f"{name} needs an argument")
            return value
        function = self.functions[name]
        values = [self.value(node, dot) for node in args]
        if final is not _NOTHING:
            values.append(final)
        least = len(function.takes) - function.rest
        if len(values) < least or (len(values) > least and not function.rest):
            wanted = f"{'at least ' if function.rest else ''}{least}"
            raise TemplateError(f"{name} takes {wanted} argument{'' if least == 1 else 's'}, not {len(values)}")
        for at, value in enumerate(values):
            wants = function.takes[min(at, len(function.takes) - 1)]
            if value is self.root:
                raise TemplateError("the dot is all variables together", "name one: .Version")
            if wants is not object and type(value) is not wants:
                raise TemplateError(f"{name} takes {_KINDS[wants]}, not {_kind(value)}")
        return function.call(*values)


class EnvMapping(dict[str, str]):
    """The environment: as a mapping, with its own words for what is missing."""

    def look_up(self, name: str) -> str:
        """`.Env.NAME`. Raises `TemplateError`."""
        if name not in self:
            raise TemplateError(f"the environment variable {name} is not set", f"set {name}, or give it under env", "unknown-variable")
        return self[name]


_KINDS: Final[dict[type, str]] = {str: "text", int: "a whole number", dict: "a mapping", list: "a list", bool: "true or false"}


def _kind(value: Any) -> str:
    return "nothing" if value is None else _KINDS.get(type(value), "a mapping")


def truth(value: Any) -> bool:
    """Whether a value counts as true: anything but nothing, false, 0 and what is empty."""
    return value is not None and (not isinstance(value, (str, int, list, dict)) or bool(value))


def text_of(value: Any) -> str:
    """A value as fmt.Fprint writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if value is None:
        return "<no value>"
    if isinstance(value, list):
        return "[" + " ".join(text_of(item) for item in value) + "]"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{name}:{text_of(value[name])}" for name in sorted(value)) + "]"
    return str(value)


def run(text: str, root: Root, functions: Mapping[str, Function]) -> str:
    """A template's result. Raises `TemplateError`."""
    known = {**BUILTINS, **functions}
    tree = _Parser(_split(text), known).parse()
    execution = _Run(root, known)
    execution.body(tree, root)
    return "".join(execution.out)


# ---- Go's own functions


def _same_kind(left: Any, right: Any) -> None:
    if type(left) is not type(right) or type(left) not in (str, int, bool):
        raise TemplateError(f"{_kind(left)} and {_kind(right)} can't be compared")


def _eq(first: Any, *others: Any) -> bool:
    if not others:
        raise TemplateError("eq needs something to compare with")
    for other in others:
        _same_kind(first, other)
        if first == other:
            return True
    return False


def _ne(left: Any, right: Any) -> bool:
    _same_kind(left, right)
    return bool(left != right)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        _same_kind(left, right)
        if isinstance(left, bool):
            raise TemplateError("true and false have no order")
        if isinstance(left, str):
            left, right = left.encode("utf-8", "surrogateescape"), right.encode("utf-8", "surrogateescape")
        return test(left, right)

    return compare


def _len(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, (list, dict)):
        return len(value)
    raise TemplateError(f"len takes text, a list or a mapping, not {_kind(value)}")


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict) and isinstance(key, str):
            value = value.get(key, "")
        elif isinstance(value, (list, str)) and type(key) is int:
            held: Any = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
            if not 0 <= key < len(held):
                raise TemplateError(f"index {key} is out of range")
            value = held[key]
        else:
            raise TemplateError(f"{_kind(value)} can't be indexed with {_kind(key)}")
    return value


def _slice(value: Any, *bounds: Any) -> Any:
    if not isinstance(value, (str, list)) or len(bounds) > 2:
        raise TemplateError("slice takes text or a list, and up to two bounds")
    held: Any = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    low = bounds[0] if bounds else 0
    high = bounds[1] if len(bounds) > 1 else len(held)
    if type(low) is not int or type(high) is not int or not 0 <= low <= high <= len(held):
        raise TemplateError(f"slice from {text_of(low)} to {text_of(high)} is out of range")
    part = held[low:high]
    return part.decode("utf-8", "surrogateescape") if isinstance(value, str) else part


def _print(*values: Any) -> str:
    out = ""
    for at, value in enumerate(values):
        # A space between two operands when neither is text.
        if at and not isinstance(value, str) and not isinstance(values[at - 1], str):
            out += " "
        out += text_of(value) if value is not None else "<nil>"
    return out


def _println(*values: Any) -> str:
    return " ".join("<nil>" if value is None else text_of(value) for value in values) + "\n"


_VERB = re.compile(r"%([-0]*)([0-9]{0,3})(?:\.([0-9]{1,3}))?(.?)", re.DOTALL)


def _printf(form: str, *values: Any) -> str:
    waiting = list(values)

    def one(match: re.Match[str]) -> str:
        flags, width, precision, verb = match.groups()
        if verb == "%":
            return "%"
        if not waiting:
            raise TemplateError(f"printf has no argument for {match.group()}")
        value = waiting.pop(0)
        if verb == "v" or (verb == "s" and isinstance(value, (str, list))) or (verb == "t" and isinstance(value, bool)):
            out = text_of(value)
        elif verb in "dxX" and type(value) is int:
            out = format(value, verb)
        elif verb == "q" and isinstance(value, str):
            out = _go_quoted(value)
        else:
            raise TemplateError(f"printf can't write {_kind(value)} with %{verb}")
        if precision is not None:
            if verb not in "sv" or not isinstance(value, str):
                raise TemplateError(f"printf: {match.group()} is not supported", "a precision is for text with %s")
            out = out[: int(precision)]
        room = int(width or 0)
        if "-" in flags:
            return out.ljust(room)
        if "0" in flags:
            if type(value) is not int:
                raise TemplateError(f"printf: {match.group()} is not supported", "zeros are for whole numbers")
            return out.zfill(room)
        return out.rjust(room)

    done = _VERB.sub(one, form)
    if waiting:
        raise TemplateError("printf has more arguments than it writes")
    return done


def _go_quoted(text: str) -> str:
    out = ""
    for letter in text:
        code = ord(letter)
        if letter in '"\\':
            out += "\\" + letter
        elif letter in "\a\b\f\n\r\t\v":
            out += "\\" + "abfnrtv"["\a\b\f\n\r\t\v".index(letter)]
        elif 0xDC80 <= code <= 0xDCFF:
            out += f"\\x{code - 0xDC00:02x}"
        elif code < 0x20 or code == 0x7F:
            out += f"\\x{code:02x}"
        elif code < 0x7F or letter.isprintable():
            out += letter
        else:
            out += f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return f'"{out}"'


BUILTINS: Final[Mapping[str, Function]] = {
    "not": Function(lambda value: not truth(value), (object,)),
    "eq": Function(_eq, (object, object), rest=True),
    "ne": Function(_ne, (object, object)),
    "lt": Function(_ordered(lambda left, right: left < right), (object, object)),
    "le": Function(_ordered(lambda left, right: left <= right), (object, object)),
    "gt": Function(_ordered(lambda left, right: left > right), (object, object)),
    "ge": Function(_ordered(lambda left, right: left >= right), (object, object)),
    "len": Function(_len, (object,)),
    "index": Function(_index, (object, object), rest=True),
    "slice": Function(_slice, (object, object), rest=True),
    "print": Function(_print, (object,), rest=True),
    "println": Function(_println, (object,), rest=True),
    "printf": Function(_printf, (str, object), rest=True),
}
