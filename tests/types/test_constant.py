# SPDX-License-Identifier: BSD-3-Clause
"""Constants are those of stock's go/constant: values, limits, rounding, printing."""

from __future__ import annotations

from pathlib import Path

import constant_oracle
import pytest

from pygo_cross.gostrings import quote, quote_rune, unquote, unquote_char
from pygo_cross.syntax import tokens
from pygo_cross.types import bigfloat, constant
from pygo_cross.unicode.classes import is_print


def literal(text: str) -> constant.Value:
    """The value of a number as it stands in the source."""
    return constant.make_from_literal(text, tokens.INT_LIT if text.isdigit() else tokens.FLOAT_LIT)


def test_random_expressions_equal_stocks(tmp_path: Path) -> None:
    generator = constant_oracle.Generator(20)
    expressions = [generator.expression() for _ in range(3000)]
    # What random expressions seldom meet: limits of literals, and results just beyond them.
    expressions += [
        *(
            f"float:{text}"
            for text in ("1e-2000000", "1e2000000", "1e1000000", "1e646456992", "1e646456993", "1e-646456993", "1e-1886451601")
        ),
        *(
            f"float:{text}"
            for text in ("1e99999999999999999999", "0e9999999999999999999", "0e9", "0x1p2147483647", "0x1p-2147483650", "0x.8p1")
        ),
        *(f"int:{text}" for text in ("08", "0_8", "1__0", "0x", "0xg", "1_", "0b12", "9" * 5000, "0x" + "f" * 4000, "0o7_7")),
        *(
            "imag:0123i",
            "imag:0x1p-2i",
            "imag:0b101i",
            "imag:0o17i",
            "imag:1e5",
            "rune:''",
            "rune:'\\400'",
            "rune:'\\ud800'",
            "rune:'\\\"'",
        ),
        *('string:"\\\'"', 'string:"a"b"', 'string:"\\q"', 'string:"\\u12"', "string:`a\\n\rb`", 'string:"\\U00110000"', "string:`"),
        "int:9223372036854775808\tneg\tint:1\tneg\tdiv",
        "int:9223372036854775808\tneg\tint:1\tneg\t%",
        f"int:{1 << 4094}\tfloat:1.5\t*\tint:{1 << 4094}\t*",
        "float:0x1p4096\tfloat:0x1p4096\tneg\t+",
        "float:1e5000\tfloat:1e-5000\t*\ttoint",
        "float:1e4000\tint:3\t/\tint:3\t*\ttoint",
        "float:1e-5000\tfloat:1e5000\t+\tfloat:1e5000\t-",
    ]
    assert constant_oracle.differences(expressions, constant_oracle.build_program(tmp_path)) == []


def test_the_oracle_finds_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    divide = bigfloat.divide
    monkeypatch.setitem(constant._FLOAT_OPS, tokens.DIV, lambda x, y: divide(x, y, 400))
    program = constant_oracle.build_program(tmp_path)
    assert len(constant_oracle.differences(["float:1e4000\tint:3\t/", "float:2.\tint:3\t/"], program)) == 1


def test_a_float_stays_one() -> None:
    huge = constant.binary_op(literal("1e3000"), tokens.MUL, literal("1e1000"))
    assert isinstance(huge, constant.Float)
    assert isinstance(constant.binary_op(huge, tokens.DIV, huge), constant.Float)
    assert isinstance(constant.binary_op(literal("1.5"), tokens.ADD, literal("1.5")), constant.Rat)
    assert constant.to_int(constant.binary_op(huge, tokens.DIV, huge)) == 1


def test_long_concatenations_are_joined_when_looked_at() -> None:
    text: constant.Value = constant.make_string(b"ab")
    for _ in range(30):
        text = constant.binary_op(text, tokens.ADD, text)
    assert isinstance(text, constant.String) and text.size == 2 << 30
    chain: constant.Value = constant.make_string(b"")
    for number in range(50_000):
        chain = constant.binary_op(chain, tokens.ADD, constant.make_string(b"%d," % number))
    assert isinstance(chain, constant.String)
    assert chain.value == b"".join(b"%d," % number for number in range(50_000))
    assert len(chain.value) == chain.size


def test_unknown_is_passed_on() -> None:
    for op in (tokens.ADD, tokens.DIV, constant.INT_DIV):
        assert constant.binary_op(constant.UNKNOWN, op, 1) is constant.UNKNOWN
        assert constant.binary_op(1, op, constant.UNKNOWN) is constant.UNKNOWN
    assert not constant.compare(constant.UNKNOWN, tokens.NEQ, 1)
    assert constant.unary_op(tokens.NOT, constant.UNKNOWN) is constant.UNKNOWN
    assert constant.shift(constant.UNKNOWN, tokens.SHL, 3) is constant.UNKNOWN
    assert constant.sign(constant.UNKNOWN) == 1


def test_what_is_not_defined_is_refused() -> None:
    with pytest.raises(TypeError, match="invalid binary operation"):
        constant.binary_op(True, tokens.ADD, False)
    with pytest.raises(TypeError, match="invalid unary operation"):
        constant.unary_op(tokens.SUB, constant.make_string(b"a"))
    with pytest.raises(TypeError, match="invalid shift"):
        constant.shift(literal("1.5"), tokens.SHL, 1)


def test_quoting() -> None:
    assert quote('a\u00a0\u00ad\u00e9\x7f\n"\\'.encode() + b"\xff") == '"a\\u00a0\\u00ad\u00e9\\x7f\\n\\"\\\\\\xff"'
    assert unquote('"' + "\udcff" + '"') == "\ufffd".encode()
    assert unquote("`\udcff`") == b"\xff"
    assert unquote_char("'\udcff'") == 0xFFFD
    assert [quote_rune(code) for code in (0x27, 0x22, 0x5C, 9, 0xA0)] == ["'\\''", "'\"'", "'\\\\'", "'\\t'", "'\\u00a0'"]
    assert is_print(0x20) and not is_print(0x85) and not is_print(0x10FFFF) and is_print(0x2FA1D)
