# SPDX-License-Identifier: BSD-3-Clause
"""Random functions of integers at the edges of their kinds: what proofs about bounds and comparisons may get wrong.

A function has three parameters, a slice of ints, one of bytes and a string. It computes with them under conditions and in loops that end,
indexes and slices with what it has, and makes slices of lengths that may be negative. It is called with all pairs of 23 values, among them
the least and the largest of several kinds; what comes out, panics included, is one number.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Final

_BITS: Final = {
    "int": 64, "uint": 64, "int8": 8, "uint8": 8, "int16": 16, "uint16": 16,
    "int32": 32, "uint32": 32, "int64": 64, "uint64": 64,
}
_KINDS: Final = (*["int"] * 4, *_BITS)
_OPERATIONS: Final = (*"+-+-+-*&|^%/", "&^", "<<", ">>")
_EDGES: Final = (
    *(0, 1, 2, 3, 5, 7, 8, -1, -2, -3, 10, 100, 127, 128, 255, 256),
    *(1 << 31, (1 << 31) - 1, 1 << 32, 1 << 48, (1 << 48) + 1, 1 << 62),
)
_COUNTS: Final = ("0", "1", "2", "3", "7", "8", "31", "32", "63", "64", "65")
_CONSTANT: Final = re.compile(r"\b(u?int\d*)\b")
_LITERAL: Final = re.compile(r"u?int\d*\(-?\d+\)")

_HEAD: Final = """package main

"""
_TAIL: Final = """
func code(e any) (h uint64) {
	s := "?"
	if x, ok := e.(interface{ Error() string }); ok {
		s = x.Error()
	}
	for i := 0; i < len(s); i++ {
		h = h*31 + uint64(s[i])
	}
	return
}

var values = []int{
	0, 1, 2, 3, -1, -2, 5, 7, 8, 100, 127, 128, -128, 255, 256, 1<<31 - 1, 1 << 31, -1 << 31,
	1<<63 - 1, -1 << 63, 1 << 62, -1<<63 + 1, 1<<63 - 2,
}

func all(name string, f func(a []int, b []byte, text string, x, y, z int) uint64) {
	const text = "hello, wörld"
	h := uint64(0)
	for i, x := range values {
		for j, y := range values {
			z := values[(i*7+j*3)%len(values)]
			h = h*31 + f([]int{3, 1, 4, 1, 5}, []byte{9, 8, 7}, text[:(i+j)%len(text)], x, y, z)
		}
	}
	println(name, h)
}

func main() {
"""


def package(seeds: Sequence[int]) -> str:
    """A program that prints the seed of each function and its number."""
    same = "".join(f"//go:noinline\nfunc same_{kind}(x {kind}) {kind} {{ return x }}\n\n" for kind in _BITS)
    functions = [_Function(seed) for seed in seeds]
    calls = "".join(
        f'\tall("{one.seed}", func(a []int, b []byte, text string, x, y, z int) uint64 '
        f"{{ return f{one.seed}(a, b, text, x, {one.kinds[1]}(y), {one.kinds[2]}(z)) }})\n"
        for one in functions
    )
    return _HEAD + same + "\n".join(one.text() for one in functions) + _TAIL + calls + "}\n"


def _is_constant(text: str) -> bool:
    return re.search("[a-z]", _CONSTANT.sub("", text)) is None


class _Function:
    """One function. `kinds` are those of its parameters; variables are known by name, with their kinds, where they are declared."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.kinds = ("int", self.random.choice(_KINDS), self.random.choice(_KINDS))
        self.variables = dict(zip("xyz", self.kinds, strict=True))
        self.assigned = ["x", "y", "z"]
        self.lines: list[str] = []
        self.depth = 1
        self.loops = 0
        self.count = 0

    def text(self) -> str:
        """The declaration."""
        params = ", ".join(f"{name} {kind}" for name, kind in zip("xyz", self.kinds, strict=True))
        for _ in range(self.random.randint(3, 6)):
            self.statement(3)
        body = "\n".join(self.lines)
        return (
            f"//go:noinline\nfunc f{self.seed}(a []int, b []byte, text string, {params}) (r uint64) {{\n"
            "\tdefer func() {\n\t\tif e := recover(); e != nil {\n\t\t\tr = r*1000003 + code(e)\n\t\t}\n\t}()\n"
            f"{body}\n\treturn r\n}}\n"
        )

    def write(self, line: str) -> None:
        self.lines.append("\t" * self.depth + line)

    def name(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    # ---- expressions

    def constant(self, kind: str) -> str:
        bits = _BITS[kind]
        low, high = (0, (1 << bits) - 1) if kind[0] == "u" else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        number = self.random.choice((*_EDGES, low, low + 1, high, high - 1, high // 2, high // 2 + 1, low // 2))
        return f"{kind}({max(low, min(high, number))})"

    def variable(self, kind: str) -> str:
        """A variable of a kind, or what is no constant for the compiler."""
        names = [name for name, its in self.variables.items() if its == kind]
        return self.random.choice(names) if names else f"same_{kind}({self.constant(kind)})"

    def value(self, kind: str, depth: int) -> str:
        """An expression that is no constant."""
        text = self.expression(kind, depth)
        return self.variable(kind) if _is_constant(text) else text

    def expression(self, kind: str, depth: int) -> str:
        """An expression: a constant, if it is one, is a literal, so that nothing overflows for the compiler."""
        r = self.random.random()
        if depth <= 0 or r < 0.45:
            if self.random.random() < 0.65:
                return self.variable(kind)
            if kind == "int" and self.random.random() < 0.35:
                return self.random.choice(("len(a)", "len(b)", "cap(a)", "len(text)"))
            return self.constant(kind)
        if r < 0.78:
            return self.operation(kind, depth)
        if r < 0.92:
            return f"{kind}({self.value(self.random.choice(_KINDS), depth - 1)})"
        return f"({self.random.choice('-^')}{self.value(kind, depth - 1)})"

    def operation(self, kind: str, depth: int) -> str:
        op = self.random.choice(_OPERATIONS)
        x = self.value(kind, depth - 1)
        if op in "/%":
            y = self.constant(kind) if self.random.random() < 0.5 else f"({self.value(kind, depth - 1)} | 1)"
            y = f"{kind}(3)" if y == f"{kind}(0)" else y
        elif op in ("<<", ">>"):
            y = self.random.choice(_COUNTS)
            if self.random.random() < 0.6:
                y = f"({self.value(self.random.choice(('uint', 'uint8', 'int')), depth - 2)} & {self.random.choice((7, 15, 63, 127))})"
        else:
            y = self.expression(kind, depth - 1)
        return f"({x} {op} {y})"

    def condition(self, depth: int = 1) -> str:
        r = self.random.random()
        if depth and r < 0.25:
            return f"({self.condition(0)} {self.random.choice(('&&', '||', '&&'))} {self.condition(0)})"
        if depth and r < 0.3:
            return f"!({self.condition(0)})"
        kind = self.random.choice(_KINDS) if self.random.random() < 0.4 else "int"
        x, y = self.value(kind, self.random.randint(0, 2)), self.expression(kind, self.random.randint(0, 1))
        if self.random.random() < 0.35:  # the same variable as another kind has it
            name = self.random.choice(list(self.variables))
            own = self.variables[name]
            kind = self.random.choice((kind, "uint", "int", own, own))
            x = f"{kind}({name})"
            y = self.expression(kind, 0) if self.random.random() < 0.6 else f"{kind}({self.random.choice(list(self.variables))})"
        return f"{x} {self.random.choice(('<', '<=', '>', '>=', '==', '!=', '<', '<='))} {y}"

    # ---- statements

    def block(self, depth: int) -> None:
        kept = dict(self.variables)
        self.depth += 1
        for _ in range(self.random.randint(1, 3)):
            self.statement(depth)
        self.depth -= 1
        self.variables = kept

    def statement(self, depth: int) -> None:
        r = self.random.random()
        if depth and r < 0.38:
            self.write(f"if {self.condition()} {{")
            self.block(depth - 1)
            if self.random.random() < 0.5:
                self.write("} else {")
                self.block(depth - 1)
            self.write("}")
        elif depth and r < 0.52 and self.loops < 2:
            self.loop(depth)
        elif r < 0.6:
            kind = self.random.choice(_KINDS) if self.random.random() < 0.5 else "int"
            name = self.name("v")
            self.write(f"{name} := {self.expression(kind, 2)}")
            self.write(f"r = r*31 + uint64({name})")
            self.variables[name] = kind
            self.assigned.append(name)
        elif r < 0.72:
            name = self.random.choice([one for one in self.assigned if one in self.variables])
            if self.random.random() < 0.4:
                self.write(name + self.random.choice(("++", "--")))
            else:
                self.write(f"{name} = {self.expression(self.variables[name], 2)}")
        elif r < 0.88:
            self.elements()
        elif r < 0.96:
            self.made()
        else:
            self.write(f"if {self.condition()} {{")
            self.write(f"\treturn r + {self.random.randint(1, 99)}")
            self.write("}")

    def loop(self, depth: int) -> None:
        """A loop that may overflow; it is left after some rounds."""
        self.loops += 1
        i, rounds = self.name("i"), self.name("n")
        kind = self.random.choice(("int", "int", "int", "int8", "uint8", "int32", "uint"))
        step = self.random.choice((1, 1, 1, 2, 3, -1, -1, -2, 7))
        until = self.random.choice(("<", "<=", "!=") if step > 0 else (">", ">=", "!="))
        first, last = self.expression(kind, 1), self.expression(kind, 1)
        self.write(f"{rounds} := 0")
        self.write(f"for {i} := {first}; {i} {until} {last}; {i} {'+' if step > 0 else '-'}= {abs(step)} {{")
        self.write(f"\tif {rounds}++; {rounds} > {self.random.choice((5, 9, 20))} {{")
        self.write("\t\tbreak")
        self.write("\t}")
        kept = dict(self.variables)
        self.variables[i] = kind
        self.block(depth - 1)
        self.variables = kept
        self.write("}")
        self.loops -= 1

    def elements(self) -> None:
        """Something is indexed or sliced."""
        what = self.random.choice(("a", "a", "b", "text"))
        r = self.random.random()
        if r < 0.65 or what == "text":
            at = self.value(self.random.choice(("int", "int", "int", "uint8", "uint", "int32")), self.random.randint(0, 2))
            if r < 0.5 or what == "text":
                self.write(f"r = r*31 + uint64({what}[{at}])")
            else:
                self.write(f"{what}[{at}] = {'int' if what == 'a' else 'byte'}(r)")
            return
        low, high = self.value("int", 1), self.value("int", 1)
        form = self.random.choice((f"{low}:", f":{high}", f"{low}:{high}", f":{low}:{high}"))
        part = self.name("t")
        self.write(f"{part} := {what}[{form}]")
        self.write(f"r = r*31 + uint64(len({part}))")
        if self.random.random() < 0.5:
            self.write(f"if len({part}) > {self.random.randint(0, 3)} {{")
            self.write(f"\tr += uint64({part}[{self.random.randint(0, 3)}])")
        else:
            self.write(f"for j := range {part} {{")
            self.write(f"\tr += uint64({part}[j]) * uint64(j)")
        self.write("}")

    def made(self) -> None:
        """A slice is made of a length that may be none, which is asked about before or behind."""
        part, length = self.name("t"), self.variable("int")
        if self.random.random() < 0.5:
            self.write(f"if {length} < 0 {{")
            self.write("\tr += 7")
            self.write("}")
        self.write(f"if {length} < 300 {{")
        self.write(f"\t{part} := make([]{self.random.choice(('int', 'byte'))}, {length})")
        self.write(f"\tr += uint64(len({part}))")
        if self.random.random() < 0.5:
            self.write(f"\t{part} = append({part}, 5)")
            self.write(f"\tr += uint64({part}[len({part})-1])")
        self.write(f"\tif {length} > {self.random.randint(0, 3)} {{")
        self.write(f"\t\tr += uint64({part}[{self.random.randint(0, 3)}])")
        self.write("\t}")
        self.write("}")
