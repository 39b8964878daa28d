# SPDX-License-Identifier: BSD-3-Clause
"""The YAML reader: types, places, bounds, and that nothing but a UserError comes out of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pygo_cross.diag import EXIT_USAGE, UserError
from pygo_cross.records import MAX_BYTES, MAX_DEPTH, load_yaml, parse_yaml


def fails(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        parse_yaml(data, "f.yaml")
    assert caught.value.status == EXIT_USAGE
    assert len(caught.value.diagnostics) == 1
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("true", True),
        ("yes", "yes"),
        ("on", "on"),
        ("12", 12),
        ("-0x10", "-0x10"),
        ("0x10", 16),
        ("010", 10),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1.27.3", "1.27.3"),
        ("2020-01-01", "2020-01-01"),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("{a: [1, {b: x}]}", {"a": [1, {"b": "x"}]}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_values(text: str, value: object) -> None:
    assert parse_yaml(text.encode(), "f.yaml").plain() == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: b: c", "f.yaml:1:5: not valid YAML: mapping values are not allowed here"),
        (b"a: [1", "f.yaml:1:6: not valid YAML"),
        (b"a: 1\na: 2", "f.yaml:2:1: key a is already there at line 1"),
        ("ü: 1\nü: 2".encode(), "f.yaml:2:1: key ü is already there"),
        ("{ü: 1, 'ü': 2}".encode(), "f.yaml:1:9: key ü is already there"),
        (b"<<: {a: 1}", "f.yaml:1:1: merge keys (<<) are not supported"),
        (b"1: 2", "f.yaml:1:1: a key is text, this is a whole number"),
        (b"[1]: 2", "f.yaml:1:1: a key is text, this is a list"),
        (b"a: *x", "f.yaml:1:4: alias *x names no finished anchor"),
        (b"a: &x [*x]", "f.yaml:1:8: alias *x names no finished anchor"),
        (b"a: !!python/object:os.system x", "f.yaml:1:4: the tag"),
        (b"a: !!set {x}", "f.yaml:1:4: the tag"),
        (b"--- 1\n--- 2", "f.yaml:2:1: a second document"),
        (b"a: \xff", "f.yaml:1:4: not UTF-8"),
        (b"a: 1\nbc\xfe", "f.yaml:2:3: not UTF-8"),
        (b"a: b\x01", "f.yaml:1:5: not valid YAML: a control character"),
        (b'a: "\\uD800"', "f.yaml:1:4: a NUL or half a surrogate"),
        (b'a: "\\0"', "f.yaml:1:4: a NUL"),
        (b'a: "\\UFFFFFFFF"', "f.yaml: not valid YAML"),
        (b"a: " + b"9" * 5000, "f.yaml:1:4: a number of more than 40 digits"),
        (b"a" * (MAX_BYTES + 1), "f.yaml: more than 256 KiB"),
        (b"[" * (MAX_DEPTH + 1), "nested deeper than"),
        (b"[" * 100_000, "nested deeper than"),
        (b"{a: " * 10_000, "nested deeper than"),
        (b"- " * 10_000, "nested deeper than"),
    ],
)
def test_mistakes(data: bytes, message: str) -> None:
    assert message in fails(data)


def test_aliases_are_bounded_in_number() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "values once aliases are followed" in fails("\n".join(lines).encode())


def test_aliases_are_bounded_in_depth() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60)]
    assert "nested deeper than" in fails("\n".join(lines).encode())


def test_files(tmp_path: Path) -> None:
    for name, message in (("gone.yaml", "there is no such file"), (".", "can't be read"), ("a\0b", "can't be read")):
        with pytest.raises(UserError, match=message):
            load_yaml(tmp_path / name, name)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    try:
        parse_yaml(data, "f.yaml")
    except UserError as error:
        assert all("\n" not in str(item) for item in error.diagnostics)


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"%@#?,\n \t0.\\u"), max_size=60))
def test_any_yaml_like_text(text: str) -> None:
    try:
        parse_yaml(text.encode(), "f.yaml")
    except UserError as error:
        assert error.diagnostics[0].pos.file == "f.yaml"


trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcü", min_size=1, max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(trees)
def test_what_is_written_is_read(tree: object) -> None:
    assert parse_yaml(json.dumps(tree).encode(), "f").plain() == tree
    assert parse_yaml(yaml.safe_dump(tree, allow_unicode=True).encode(), "f").plain() == tree
