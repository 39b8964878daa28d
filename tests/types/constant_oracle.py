# SPDX-License-Identifier: BSD-3-Clause
"""Random constant expressions, evaluated by pygo_cross.types.constant and by Go's own go/constant (tests/types/constants).

`python tests/types/constant_oracle.py [COUNT [SEED]]` compares as many as are asked for; the tests compare a few thousand.
"""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from go_programs import go

from pygo_cross.syntax import tokens
from pygo_cross.types import constant

HERE = Path(__file__).parent

_LITERALS = {
    "int": tokens.INT_LIT,
    "float": tokens.FLOAT_LIT,
    "imag": tokens.IMAG_LIT,
    "rune": tokens.RUNE_LIT,
    "string": tokens.STRING_LIT,
}
_OPERATORS = {name: op for op, name in enumerate(tokens.OPERATOR_NAMES) if name} | {"div": constant.INT_DIV}
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_UNARY = {
    "neg": lambda x: constant.unary_op(tokens.SUB, x),
    "not": lambda x: constant.unary_op(tokens.NOT, x),
    "com": lambda x: constant.unary_op(tokens.XOR, x),
    "com64": lambda x: constant.unary_op(tokens.XOR, x, 64),
    "toint": constant.to_int,
    "tofloat": constant.to_float,
    "tocomplex": constant.to_complex,
    "real": constant.real,
    "imag": constant.imag,
    "makeimag": constant.make_imag,
    "num": constant.num,
    "denom": constant.denom,
    "sign": constant.sign,
    "bitlen": constant.bit_length,
    "float32": lambda x: constant.make_float64(constant.float32(x)),
    "float64": lambda x: constant.make_float64(constant.float64(x)),
}
_REAL_OPERATORS = ("+", "-", "*", "/")
_RUNES = ("'a'", "'\\n'", "'\\377'", "'\\u00e9'", "'\\U0010ffff'", "'é'", "'\\''", "'\\a'", "'\\x7f'")
_POWERS = (31, 32, 62, 63, 64, 127, 511, 512, 4095, 4096)
_EDGES = (307, 308, 324, 45, 38, 149)
_PIECES = (
    *("a", "é", "日本", "\\n", "\\xff", "\\377", "\\u00a0", "\\U0001F600", "\\\\", '\\"', "'", " ", "\\000", "\\u2028", "😀"),
    "\u00ad",
)
_INT_OPERATORS = ("+", "-", "*", "/", "div", "%", "&", "|", "^", "&^")


def evaluate(expression: str) -> str:
    """Kind, exact string and short string of a postfix expression, as tests/types/constants/main.go prints them."""
    stack: list[constant.Value] = []
    for word in expression.split("\t"):
        name, _, argument = word.partition(":")
        if word in ("true", "false"):
            stack.append(word == "true")
        elif name in _LITERALS:
            stack.append(constant.make_from_literal(argument, _LITERALS[name]))
        elif word in _COMPARISONS:
            y, x = stack.pop(), stack.pop()
            stack.append(constant.compare(x, _OPERATORS[word], y))
        elif word in _OPERATORS:
            y, x = stack.pop(), stack.pop()
            stack.append(constant.binary_op(x, _OPERATORS[word], y))
        elif name in ("shl", "shr"):
            stack.append(constant.shift(stack.pop(), tokens.SHL if name == "shl" else tokens.SHR, int(argument)))
        else:
            stack.append(_UNARY[name](stack.pop()))
    x = stack.pop()
    return f"{constant.KIND_NAMES[constant.kind(x)]}\t{constant.exact_string(x)}\t{constant.to_string(x)}"


class Generator:
    """Random expressions. They stay within what a checker asks of constants: no operation that go/constant would refuse."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def expression(self) -> str:
        """One expression, of any kind."""
        make = self.random.choice((self.real, self.real, self.integer, self.integer, self.complex, self.string, self.boolean))
        words = make(self.random.randint(0, 4))
        if make in (self.real, self.integer) and self.random.random() < 0.5:
            words.append(self.random.choice(("toint", "tofloat", "tocomplex", "float32", "float64", "num", "denom", "sign")))
        elif make == self.complex and self.random.random() < 0.5:
            words.append(self.random.choice(("toint", "tofloat", "tocomplex", "real", "imag")))
        return "\t".join(words)

    def _digits(self, alphabet: str = "0123456789", longest: int = 30) -> str:
        choose = self.random
        size = choose.choice((1, 1, 2, 3, choose.randint(1, longest)))
        text = "".join(choose.choice(alphabet) for _ in range(size))
        if size > 2 and choose.random() < 0.1:
            text = f"{text[:1]}_{text[1:]}"
        return text

    def integer(self, depth: int) -> list[str]:
        choose = self.random
        if depth == 0 or choose.random() < 0.2:
            shape = choose.randrange(8)
            if shape == 0:
                return [f"int:0x{self._digits('0123456789abcdefABCDEF', 200)}"]
            if shape == 1:
                return [f"int:0b{self._digits('01', 80)}"]
            if shape == 2:
                return [f"int:{choose.choice(('0', '0o', '0O'))}{self._digits('01234567')}"]
            if shape == 3:
                return [f"rune:{choose.choice(_RUNES)}"]
            if shape == 4:
                return [f"int:{(1 << choose.choice(_POWERS)) + choose.randint(-2, 2)}"]
            return [f"int:{self._digits().lstrip('0_') or '0'}"]
        shape = choose.randrange(6)
        if shape == 0:
            return [*self.integer(depth - 1), choose.choice(("neg", "com", "com64"))]
        if shape == 1:
            return [*self.integer(depth - 1), f"{choose.choice(('shl', 'shr'))}:{choose.choice((0, 1, 7, 64, choose.randint(0, 1200)))}"]
        if shape == 2:
            return [*self.integer(depth - 1), *self.integer(0), choose.choice(("div", "%"))]
        return [*self.integer(depth - 1), *self.integer(depth - 1), choose.choice([op for op in _INT_OPERATORS if op != "/"])]

    def literal(self) -> str:
        """A floating-point literal."""
        choose = self.random
        if choose.random() < 0.25:
            fraction = f".{self._digits('0123456789abcdef')}" if choose.random() < 0.5 else choose.choice(("", "."))
            return f"0x{self._digits('0123456789abcdef')}{fraction}p{choose.choice('+-')}{self._exponent(14000)}"
        number = choose.choice((self._digits(), f"{self._digits()}.", f".{self._digits()}", f"{self._digits()}.{self._digits()}"))
        if "." not in number or choose.random() < 0.5:
            number += f"{choose.choice('eE')}{choose.choice(('', '+', '-'))}{self._exponent(5000)}"
        return number

    def _exponent(self, largest: int) -> int:
        choose = self.random
        return choose.choice((0, 1, 5, choose.randint(0, 30), choose.randint(0, 400), choose.randint(0, largest), choose.choice(_EDGES)))

    def real(self, depth: int) -> list[str]:
        choose = self.random
        if depth == 0 or choose.random() < 0.2:
            return [f"float:{self.literal()}"] if choose.random() < 0.85 else self.integer(0)
        if choose.random() < 0.15:
            return [*self.real(depth - 1), choose.choice(("neg", "float64", "float32"))]
        return [*self.real(depth - 1), *self.real(depth - 1), choose.choice(_REAL_OPERATORS)]

    def complex(self, depth: int) -> list[str]:
        choose = self.random
        if depth == 0 or choose.random() < 0.2:
            return [f"imag:{choose.choice((self._digits(), self.literal()))}i"]
        if choose.random() < 0.15:
            return [*self.complex(depth - 1), "neg"]
        other = self.complex if choose.random() < 0.6 else self.real
        return [*self.complex(depth - 1), *other(depth - 1), choose.choice(_REAL_OPERATORS)]

    def string(self, depth: int) -> list[str]:
        choose = self.random
        if depth == 0:
            body = "".join(choose.choice(_PIECES) for _ in range(choose.choice((0, 1, 3, 40))))
            return [f'string:"{body}"' if choose.random() < 0.8 else f"string:`{body}`"]
        return [*self.string(depth - 1), *self.string(depth - 1), "+"]

    def boolean(self, depth: int) -> list[str]:
        choose = self.random
        if depth == 0:
            return [choose.choice(("true", "false"))]
        shape = choose.randrange(6)
        if shape == 0:
            return [*self.boolean(depth - 1), "not"]
        if shape == 1:
            return [*self.boolean(depth - 1), *self.boolean(depth - 1), choose.choice(("&&", "||", "==", "!="))]
        if shape == 2:
            return [*self.string(depth - 1), *self.string(depth - 1), choose.choice(_COMPARISONS)]
        if shape == 3:
            return [*self.complex(depth - 1), *self.real(depth - 1), choose.choice(("==", "!="))]
        left, right = choose.choice((self.real, self.integer)), choose.choice((self.real, self.integer))
        return [*left(depth - 1), *right(depth - 1), choose.choice(_COMPARISONS)]


def differences(expressions: list[str], program: Path) -> list[str]:
    """The expressions on which the two differ, with both results; `program` is tests/types/constants, built."""
    done = subprocess.run([str(program)], input="\n".join(expressions) + "\n", capture_output=True, text=True, check=True)
    found = []
    for expression, want in zip(expressions, done.stdout.splitlines(), strict=True):
        try:
            got = evaluate(expression)
        except (TypeError, ZeroDivisionError):
            got = "panic"
        if got != want:
            found.append(f"{expression}\n  stock {want}\n  ours  {got}")
    return found


def build_program(folder: Path) -> Path:
    """tests/types/constants, built by stock Go."""
    program = folder / "constants"
    go("build", "-trimpath", "-o", str(program), str(HERE / "constants/main.go"), cwd=folder)
    return program


def main(argv: list[str]) -> int:
    """Compare COUNT expressions, 100,000 unless told."""
    import tempfile

    count = int(argv[0]) if argv else 100_000
    generator = Generator(int(argv[1]) if len(argv) > 1 else 1)
    with tempfile.TemporaryDirectory() as folder:
        found = differences([generator.expression() for _ in range(count)], build_program(Path(folder)))
    for difference in found[:20]:
        print(difference)
    print(f"{count} expressions, {len(found)} differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
