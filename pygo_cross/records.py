# SPDX-License-Identifier: BSD-3-Clause
"""Typed records out of YAML, every value with its place in the file; and the JSON Schema of the same records.

A record is a keyword-only dataclass that derives from `Record` and describes each of its keys with `key()`. The type
hints are the one source of what is accepted: `read_record` holds a document to them and `schema_of` writes them down
as JSON Schema, so the two can't disagree.

YAML is read event by event and never recursively, with bounds on size, depth and the number of values after aliases
are followed, so that no input, hostile or broken, leads to anything but a `UserError`. Plain scalars are resolved as
YAML 1.2's core schema does it (`yes` is text), which is what editors and JSON Schema expect.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, Union

import yaml

from pygo_cross.diag import EXIT_USAGE, NO_POS, Diagnostic, Pos, UserError

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 40
MAX_NODES: Final = 50_000

_NULL = re.compile(r"(~|null|Null|NULL|)\Z")
_BOOL = re.compile(r"(true|True|TRUE|false|False|FALSE)\Z")
_INT = re.compile(r"([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")

_TEXT = re.compile(r"[^\0\ud800-\udfff]*\Z")
_STR_TAG = "tag:yaml.org,2002:str"

Plain = Any
"""What JSON can hold: None, bool, int, float, str, lists of these and dicts from str to these."""


class Node:
    """One value of a document. `kind` is what YAML says it is; `value` is the scalar, a list of nodes, or a dict of key to node."""

    __slots__ = ("keys", "kind", "pos", "value")

    def __init__(self, kind: str, value: Any, pos: Pos) -> None:
        self.kind, self.value, self.pos = kind, value, pos
        self.keys: dict[str, Pos] = {}  # of a map: where each key itself stands

    def plain(self) -> Plain:
        """The value as JSON would have it."""
        if self.kind == "list":
            return [item.plain() for item in self.value]
        if self.kind == "map":
            return {name: item.plain() for name, item in self.value.items()}
        return self.value


_KIND_NAMES: Final = {
    "null": "nothing", "bool": "true or false", "int": "a whole number", "float": "a number",
    "str": "text", "list": "a list", "map": "a mapping",
}  # fmt: skip


def usage_error(code: str, message: str, hint: str = "", pos: Pos = NO_POS) -> UserError:
    """A single mistake in a configuration or on the command line."""
    return UserError.one(code, message, hint, pos, EXIT_USAGE)


def nearest(word: str, choices: Iterable[str]) -> str:
    """`did you mean X` for the choice closest to `word`, or nothing where none is close."""
    found = difflib.get_close_matches(word[:100], sorted(choices), 1, 0.6)
    return f"did you mean {found[0]}?" if found else ""


def load_yaml(path: Path, shown: str = "") -> Node:
    """The document in the file `path`, called `shown` in messages. Raises `UserError` where it can't be read or isn't YAML."""
    name = shown or str(path)
    where = Pos(name)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise usage_error("no-such-file", "there is no such file", "", where) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "the name is not usable"
        raise usage_error("unreadable", f"can't be read: {reason}", "", where) from None
    return parse_yaml(data, name)


def parse_yaml(data: bytes, name: str) -> Node:
    """The one document in `data` (UTF-8). Raises `UserError` at the first place where it stops being one."""
    if len(data) > MAX_BYTES:
        raise usage_error("too-large", f"more than {MAX_BYTES // 1024} KiB", "a configuration is never this large", Pos(name))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise usage_error("not-utf8", "not UTF-8 text", "save the file as UTF-8", Pos(name, line, column)) from None
    return _Reader(text, name).document()


class _Reader:
    """Builds nodes from the parser's events, on a stack of its own."""

    __slots__ = ("anchors", "count", "name", "sizes", "text")

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.anchors: dict[str, Node] = {}
        self.sizes: dict[str, tuple[int, int]] = {}  # of an anchored node: values below it, depth below it
        self.count = 0

    def pos(self, mark: Any) -> Pos:
        """The place of a parser's mark, with the column in bytes."""
        if mark is None:
            return Pos(self.name)
        start = mark.index - mark.column
        return Pos(self.name, mark.line + 1, len(self.text[start : mark.index].encode("utf-8", "replace")) + 1)

    def fail(self, code: str, message: str, mark: Any, hint: str = "") -> UserError:
        return usage_error(code, message, hint, self.pos(mark))

    def document(self) -> Node:
        try:
            return self.build()
        except yaml.MarkedYAMLError as error:
            problem = " ".join(str(error.problem or error.context or "not YAML").split())
            raise self.fail("bad-yaml", f"not valid YAML: {problem}", error.problem_mark or error.context_mark) from None
        except yaml.reader.ReaderError as error:
            at = error.position if isinstance(error.position, int) else 0
            line = self.text.count("\n", 0, at) + 1
            column = len(self.text[self.text.rfind("\n", 0, at) + 1 : at].encode()) + 1
            raise usage_error("bad-yaml", "not valid YAML: a control character", "", Pos(self.name, line, column)) from None
        except (yaml.YAMLError, ValueError, OverflowError, IndexError):
            # PyYAML's scanner lets these out for escapes beyond Unicode and for absurd %YAML versions.
            raise usage_error("bad-yaml", "not valid YAML", "", Pos(self.name)) from None

    def build(self) -> Node:
        root: Node | None = None
        # One frame an open collection: the node, the key that waits for its value, its anchor, the count before it, depth below.
        nodes: list[Node] = []
        pending: list[tuple[str, Any] | None] = []
        anchors: list[str | None] = []
        counts: list[int] = []
        depths: list[int] = []
        documents = 0

        def put(node: Node, mark: Any, below: int) -> None:
            nonlocal root
            if self.count > MAX_NODES:
                raise self.fail("too-large", f"more than {MAX_NODES} values once aliases are followed", mark)
            if len(nodes) + below >= MAX_DEPTH:
                raise self.fail("too-deep", f"nested deeper than {MAX_DEPTH} levels", mark)
            if not nodes:
                root = node
                return
            depths[-1] = max(depths[-1], below + 1)
            top = nodes[-1]
            if top.kind == "list":
                top.value.append(node)
                return
            waiting = pending[-1]
            if waiting is None:
                if node.kind != "str":
                    hint = "" if node.kind in ("list", "map") else "put it in quotes"
                    raise usage_error("bad-key", f"a key is text, this is {_KIND_NAMES[node.kind]}", hint, node.pos)
                if node.value == "<<":
                    raise self.fail("bad-key", "merge keys (<<) are not supported", mark, "write the keys out")
                if node.value in top.value:
                    first = top.keys[node.value]
                    message = f"key {_clip(node.value)} is already there at line {first.line}"
                    raise self.fail("duplicate-key", message, mark, "remove one of the two")
                pending[-1] = (node.value, mark)
            else:
                top.value[waiting[0]] = node
                top.keys[waiting[0]] = self.pos(waiting[1])
                pending[-1] = None

        for event in yaml.parse(self.text, Loader=yaml.SafeLoader):
            mark = event.start_mark
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.fail("bad-yaml", "a second document in one file", mark, "keep to one")
            elif isinstance(event, yaml.ScalarEvent):
                self.count += 1
                node = self.scalar(event)
                if event.anchor:
                    self.anchors[event.anchor] = node
                    self.sizes[event.anchor] = (1, 0)
                put(node, mark, 0)
            elif isinstance(event, yaml.AliasEvent):
                name = event.anchor or ""
                known = self.anchors.get(name)
                if known is None:
                    raise self.fail("bad-yaml", f"alias *{name[:40]} names no finished anchor", mark)
                size, below = self.sizes[name]
                self.count += size
                put(known, mark, below)
            elif isinstance(event, yaml.CollectionStartEvent):
                if event.tag is not None and event.tag != "!":
                    raise self.fail("bad-yaml", f"the tag {event.tag[:80]} is not supported", mark, "remove it")
                self.count += 1
                kind = "list" if isinstance(event, yaml.SequenceStartEvent) else "map"
                node = Node(kind, [] if kind == "list" else {}, self.pos(mark))
                if len(nodes) >= MAX_DEPTH:
                    raise self.fail("too-deep", f"nested deeper than {MAX_DEPTH} levels", mark)
                nodes.append(node)
                pending.append(None)
                anchors.append(event.anchor)
                counts.append(self.count - 1)
                depths.append(0)
            elif isinstance(event, yaml.CollectionEndEvent):
                node, anchor, before, below = nodes.pop(), anchors.pop(), counts.pop(), depths.pop()
                pending.pop()
                if anchor:
                    self.anchors[anchor] = node
                    self.sizes[anchor] = (self.count - before, below)
                put(node, mark, below)
        return root if root is not None else Node("null", None, Pos(self.name))

    def scalar(self, event: yaml.ScalarEvent) -> Node:
        """A scalar, typed by YAML 1.2's core schema unless it is quoted or carries `!!str`."""
        value, pos = event.value, self.pos(event.start_mark)
        if event.tag is not None and event.tag not in ("!", _STR_TAG):
            raise self.fail("bad-yaml", f"the tag {event.tag[:80]} is not supported", event.start_mark, "remove it")
        if not _TEXT.match(value):
            value = _join_pairs(value)
        if not _TEXT.match(value):
            # Neither can be in an argument, a path or an environment.
            raise self.fail("bad-yaml", "a NUL or half a surrogate pair in a text", event.start_mark)
        if event.tag is not None or not event.implicit[0]:
            return Node("str", value, pos)
        if _NULL.match(value):
            return Node("null", None, pos)
        if _BOOL.match(value):
            return Node("bool", value.lower() == "true", pos)
        if _INT.match(value):
            if len(value) > 40:
                raise self.fail("bad-yaml", "a number of more than 40 digits", event.start_mark)
            return Node("int", int(value, 0) if value[:2] in ("0o", "0x") else int(value, 10), pos)
        if _FLOAT.match(value):
            spelled = value.lower().replace(".inf", "inf").replace(".nan", "nan")
            return Node("float", float(spelled), pos)
        return Node("str", value, pos)


def _join_pairs(text: str) -> str:
    """JSON writes what is beyond U+FFFF as an escaped surrogate pair; PyYAML leaves the two halves."""
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return text


# ---- records


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a mapping of a document becomes. `places` has where each key's value stands, `key[i]` for the items of a list."""

    places: Mapping[str, Pos] = field(default_factory=dict, compare=False, repr=False)

    def place(self, name: str = "") -> Pos:
        """Where the value of `name` stands, or the record itself where the value is a default."""
        return self.places.get(name) or self.places.get("", NO_POS)


R = TypeVar("R", bound=Record)


def key(
    doc: str, *, default: Any = dataclasses.MISSING, pattern: str = "", means: str = "", minimum: int | None = None,
    maximum: int | None = None, least: int = 0, one_or_many: bool = False, short: str = "",
) -> Any:  # fmt: skip
    """A key of a record: what it is for, and the bounds of its value beyond its type.

    `pattern` (with `means`, what it stands for in words) binds text, and each item of a list of text; `minimum` and
    `maximum` bind a number; `least` is how many items a list must have; `one_or_many` lets a single text stand for a
    list of one; `short` names the key of the items that a text in place of a mapping stands for. Without `default` the
    key is required.
    """
    if pattern.endswith("$"):
        pattern += r"(?!\n)"  # Python's $ also matches before a last newline, JSON Schema's does not
    metadata = {
        "doc": doc, "pattern": pattern, "means": means, "minimum": minimum, "maximum": maximum, "least": least, "one_or_many": one_or_many,
        "short": short,
    }  # fmt: skip
    return field(default=default, metadata=metadata)


_FLAG_OR_TEXT: Final = bool | str
_KEYS: dict[type[Record], dict[str, tuple[Any, dataclasses.Field[Any]]]] = {}


def _keys(cls: type[Record]) -> dict[str, tuple[Any, dataclasses.Field[Any]]]:
    """The keys of a record, each with its type and its field."""
    known = _KEYS.get(cls)
    if known is None:
        hints = typing.get_type_hints(cls)
        known = _KEYS[cls] = {item.name: (hints[item.name], item) for item in dataclasses.fields(cls) if item.name != "places"}
    return known


def keys_of(cls: type[Record]) -> list[str]:
    """The names of a record's keys, in the order of their declaration."""
    return list(_keys(cls))


def read_record(cls: type[R], node: Node, problems: list[Diagnostic], later: Mapping[str, str] | None = None) -> R | None:
    """`node` as a record of type `cls`; mistakes are added to `problems`, and then the result is None.

    `later` names keys that people know from elsewhere and that are not there yet, with what to do instead.
    """
    before = len(problems)
    if node.kind != "map":
        expected = "a mapping of keys to values"
        problems.append(Diagnostic(node.pos, "wrong-type", f"expected {expected}, found {_KIND_NAMES[node.kind]}"))
        return None
    known = _keys(cls)
    places = {"": node.pos}
    values: dict[str, Any] = {}
    for name, value in node.value.items():
        at = node.keys[name]
        if name not in known:
            soon = (later or {}).get(name)
            if soon is not None:
                problems.append(Diagnostic(at, "not-supported", f"{name} is not supported yet", soon))
            else:
                hint = nearest(name, known) or "known here: " + ", ".join(sorted(known))
                problems.append(Diagnostic(at, "unknown-key", f"unknown key {_clip(name)}", hint))
            continue
        hint_type, item = known[name]
        places[name] = value.pos
        if value.kind == "list":
            for index, entry in enumerate(value.value):
                places[f"{name}[{index}]"] = entry.pos
        elif value.kind == "map":
            for inner, entry in value.value.items():
                places[f"{name}.{inner}"] = entry.pos
        values[name] = _value(hint_type, item.metadata, value, name, problems)
    for name, (_, item) in known.items():
        if name not in node.value and item.default is dataclasses.MISSING:
            problems.append(Diagnostic(node.pos, "missing-key", f"the key {name} is missing", item.metadata["doc"].rstrip(".")))
    if len(problems) > before:
        return None
    return cls(places=places, **values)


def _clip(text: str) -> str:
    shown = text if len(text) <= 60 else text[:60] + "…"
    return shown if shown.isprintable() and shown else repr(shown)


def _members(hint: Any) -> tuple[Any, bool]:
    """The type of `X | None` without the None, and whether there was one. `bool | str` stays as it is."""
    if typing.get_origin(hint) in (Union, types.UnionType):
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return hint, False


def _expected(hint: Any) -> str:
    origin = typing.get_origin(hint)
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in typing.get_args(hint))
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        return "a list of text" if inner is str else "a list of mappings"
    if origin is dict:
        return "a mapping of names to text"
    if hint == _FLAG_OR_TEXT:
        return "true, false or text"
    return {str: "text", int: "a whole number", bool: "true or false"}.get(hint, "a mapping of keys to values")


def _lengthened(node: Node, short: str) -> Node:
    """A list in which each text became the mapping it stands for."""
    items: list[Node] = []
    for entry in node.value:
        if entry.kind == "str":
            longer = Node("map", {short: entry}, entry.pos)
            longer.keys[short] = entry.pos
            entry = longer
        items.append(entry)
    return Node("list", items, node.pos)


def _value(hint: Any, bounds: Mapping[str, Any], node: Node, name: str, problems: list[Diagnostic]) -> Any:
    """`node` as a value of type `hint`; what it returns after adding a problem is never used."""
    hint, _ = _members(hint)
    origin = typing.get_origin(hint)

    def wrong(expected: str = "") -> None:
        tip = "put it in quotes" if hint is str and node.kind in ("bool", "int", "float") else ""
        expected = expected or _expected(hint)
        problems.append(Diagnostic(node.pos, "wrong-type", f"{name}: expected {expected}, found {_KIND_NAMES[node.kind]}", tip))

    if origin is Literal:
        choices = typing.get_args(hint)
        # True == 1 in Python, not in YAML: compare types too.
        if any(type(choice) is type(node.value) and choice == node.value for choice in choices):
            return node.value
        if node.kind in ("list", "map", "null"):
            wrong()
        else:
            tip = nearest(str(node.value), map(str, choices))
            problems.append(Diagnostic(node.pos, "bad-value", f"{name}: expected {_expected(hint)}, found {_clip(str(node.value))}", tip))
        return None
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        if bounds["one_or_many"] and node.kind == "str":
            return (_value(inner, bounds, node, name, problems),)
        if node.kind != "list":
            wrong("text or a list of text" if bounds["one_or_many"] else "")
            return ()
        short = bounds["short"]
        if short and any(entry.kind not in ("str", "map") for entry in node.value):
            wrong("a list of text or mappings")
            return ()
        if short:
            node = _lengthened(node, short)
        if len(node.value) < bounds["least"]:
            problems.append(Diagnostic(node.pos, "bad-value", f"{name}: at least {bounds['least']} needed"))
        return tuple(_value(inner, bounds, entry, f"{name}[{index}]", problems) for index, entry in enumerate(node.value))
    if origin is dict:
        if node.kind != "map":
            wrong()
            return {}
        return {inner: _value(str, bounds, entry, f"{name}.{inner}", problems) for inner, entry in node.value.items()}
    if isinstance(hint, type) and issubclass(hint, Record):
        return read_record(hint, node, problems, getattr(hint, "LATER", None))
    if hint == _FLAG_OR_TEXT:
        if node.kind not in ("bool", "str"):
            wrong()
        return node.value
    if hint is str:
        if node.kind != "str":
            wrong()
        elif bounds["pattern"] and not re.search(bounds["pattern"], node.value):
            problems.append(Diagnostic(node.pos, "bad-value", f"{name}: expected {bounds['means']}, found {_clip(node.value)}"))
        return node.value
    if hint is int:
        if node.kind != "int":
            wrong()
        elif (bounds["minimum"] is not None and node.value < bounds["minimum"]) or (
            bounds["maximum"] is not None and node.value > bounds["maximum"]
        ):
            low, high = bounds["minimum"], bounds["maximum"]
            problems.append(Diagnostic(node.pos, "bad-value", f"{name}: expected a whole number from {low} to {high}, found {node.value}"))
        return node.value
    if node.kind != "bool":
        wrong()
    return node.value


# ---- JSON Schema


def schema_of(cls: type[Record], title: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `read_record(cls, …)` accepts."""
    definitions: dict[str, Any] = {}
    body = _schema_record(cls, definitions)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **body}
    if definitions:
        schema["$defs"] = {name: definitions[name] for name in sorted(definitions)}
    return schema


def _schema_record(cls: type[Record], definitions: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, (hint, item) in _keys(cls).items():
        properties[name] = {"description": item.metadata["doc"], **_schema_value(hint, item.metadata, definitions)}
        if item.default is dataclasses.MISSING:
            required.append(name)
        elif isinstance(item.default, (str, int, bool)) and item.default != "":
            properties[name]["default"] = item.default
    body: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        body["required"] = required
    return body


def _schema_short(cls: type[Record], short: str) -> dict[str, Any]:
    """What a text may be that stands for a mapping with this key alone."""
    hint, item = _keys(cls)[short]
    return _schema_value(hint, item.metadata, {})


def _schema_value(hint: Any, bounds: Mapping[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    hint, _ = _members(hint)
    origin = typing.get_origin(hint)
    if origin is Literal:
        return {"enum": list(typing.get_args(hint))}
    if origin is tuple:
        inner = _schema_value(typing.get_args(hint)[0], bounds, definitions)
        if bounds["short"]:
            inner = {"anyOf": [_schema_short(typing.get_args(hint)[0], bounds["short"]), inner]}
        many: dict[str, Any] = {"type": "array", "items": inner}
        if bounds["least"]:
            many["minItems"] = bounds["least"]
        return {"oneOf": [inner, many]} if bounds["one_or_many"] else many
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema_value(str, bounds, definitions)}
    if isinstance(hint, type) and issubclass(hint, Record):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}  # taken, should the record hold itself
            definitions[hint.__name__] = _schema_record(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if hint == _FLAG_OR_TEXT:
        return {"type": ["boolean", "string"]}
    if hint is str:
        return {"type": "string", **({"pattern": bounds["pattern"]} if bounds["pattern"] else {})}
    if hint is int:
        number: dict[str, Any] = {"type": "integer"}
        if bounds["minimum"] is not None:
            number["minimum"] = bounds["minimum"]
        if bounds["maximum"] is not None:
            number["maximum"] = bounds["maximum"]
        return number
    return {"type": "boolean"}
