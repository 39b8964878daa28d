# SPDX-License-Identifier: BSD-3-Clause
"""Random Go programs: typed, terminating, the same under every correct compiler.

Names begin with a prefix, so that many programs fit one package. What they come to goes into a checksum, which `mix` of `RUNTIME` keeps
and prints. `_gofeatures.py` has more of the language, and whole programs.

What keeps them defined: expressions call only functions without effects, so the order in which operands are evaluated is never seen;
operations of constants alone are avoided (the compiler would refuse those that overflow); floats become integers only within range, and
NaNs count as one. What keeps them short: every function has an estimate of its
cost, which loops multiply; calls over the limit are not made.
Panics of the runtime are welcome: every procedure recovers, and adds the message to the checksum.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final, NamedTuple

INTS: Final = ("int8", "int16", "int32", "int64", "int", "uint8", "uint16", "uint32", "uint64", "uint", "uintptr")
FLOATS: Final = ("float32", "float64")
WIDTHS: Final = {name: int(name.lstrip("uint") or 64) if name != "uintptr" else 64 for name in INTS}
_LIMIT: Final = 20_000

RUNTIME: Final = """
var checksum uint64

func mix(v uint64) { checksum = (checksum<<7 | checksum>>57) ^ v*0x9E3779B97F4A7C15 }

func report(name string) { println(name, checksum); checksum = 0 }

//go:noinline
func id[T any](v T) T { return v }

func mixFloat(v float64) {
	if v != v {
		mix(0x7FF8)
		return
	}
	mix(*(*uint64)(unsafe.Pointer(&v)))
}

func mixString(v string) {
	mix(uint64(len(v)))
	for i := 0; i < len(v); i++ {
		mix(uint64(v[i]))
	}
}

func mixBool(v bool) {
	if v {
		mix(3)
	} else {
		mix(5)
	}
}

func mixPanic(v any) {
	switch v := v.(type) {
	case error:
		mixString(v.Error())
	case string:
		mixString(v)
	case int:
		mix(uint64(v))
	default:
		mix(77)
	}
}

func at[T any](v []T, i uint8) (t T) {
	if int(i) < len(v) {
		t = v[i]
	}
	return
}

func clamp(v float64) float64 {
	if v > -1000000 && v < 1000000 {
		return v
	}
	return 12345
}

type ordered interface {
	int8 | int16 | int32 | int64 | int | uint8 | uint16 | uint32 | uint64 | uint | uintptr | string
}

func sortedKeys[M ~map[K]V, K ordered, V any](m M) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		at := 0
		for at < len(keys) && keys[at] < k {
			at++
		}
		keys = append(keys, k)
		copy(keys[at+1:], keys[at:])
		keys[at] = k
	}
	return keys
}
"""


class Struct(NamedTuple):
    """A declared struct: fields by name and type."""

    name: str
    fields: tuple[tuple[str, str], ...]


class Signature(NamedTuple):
    """A function that expressions may call."""

    name: str
    params: tuple[str, ...]
    result: str
    cost: int


class Scope:
    """The variables that can be seen, by type; those of loops are never assigned."""

    def __init__(self, outer: Scope | None = None) -> None:
        self.variables: list[tuple[str, str]] = list(outer.variables) if outer else []
        self.assignable: list[tuple[str, str]] = list(outer.assignable) if outer else []

    def add(self, name: str, typ: str, assignable: bool = True) -> None:
        """One variable more."""
        self.variables.append((name, typ))
        if assignable:
            self.assignable.append((name, typ))


class Generator:
    """Makes one program."""

    def __init__(self, seed: int, prefix: str) -> None:
        self.r = random.Random(seed)
        self.prefix = prefix
        self.lines: list[str] = []
        self.depth = 0
        self.names = 0
        self.structs: list[Struct] = []
        self.named: list[tuple[str, str]] = []
        self.functions: list[Signature] = []
        self.cost = 0
        self.factor = 1
        self.loops: list[str] = []

    # ---- text

    def line(self, text: str) -> None:
        """A line at the depth that we are at."""
        self.lines.append("\t" * self.depth + text)

    def fresh(self, stem: str = "v") -> str:
        """A name that is not taken."""
        self.names += 1
        return f"{stem}{self.names}"

    def pick(self, options: Sequence[str]) -> str:
        """One of several words."""
        return self.r.choice(list(options))

    # ---- types

    def underlying(self, typ: str) -> str:
        """What a declared number or string type is made of."""
        return next((under for name, under in self.named if name == typ), typ)

    def struct(self, typ: str) -> Struct | None:
        """A struct by its name."""
        return next((one for one in self.structs if one.name == typ), None)

    def scalar(self) -> str:
        """A type of one value."""
        pool = [*INTS, *FLOATS, "bool", "string", *(name for name, _ in self.named)]
        return self.pick(pool)

    def typ(self, depth: int = 2) -> str:
        """Any type that values are made of."""
        roll = self.r.random()
        if depth == 0 or roll < 0.55:
            return self.scalar()
        if roll < 0.65 and self.structs:
            return self.pick([one.name for one in self.structs])
        if roll < 0.75:
            return "[]" + self.typ(depth - 1)
        if roll < 0.83:
            return f"[{self.r.randint(1, 5)}]" + self.typ(depth - 1)
        if roll < 0.89:
            return f"map[{self.pick([*INTS, 'string'])}]{self.typ(depth - 1)}"
        if roll < 0.93:
            return "any"
        if roll < 0.96:
            return self.prefix + "Meter"
        if roll < 0.98:
            return "complex128"
        return "*" + self.typ(depth - 1)

    # ---- expressions

    def literal(self, typ: str) -> str:
        """A constant of a type."""
        under = self.underlying(typ)
        if under in WIDTHS:
            width = WIDTHS[under]
            low, high = (-(1 << width - 1), (1 << width - 1) - 1) if under.startswith("i") else (0, (1 << width) - 1)
            value = self.r.choice([0, 1, 2, 3, 7, 10, low, high, self.r.randint(low, high), self.r.randint(0, min(100, high))])
            return f"{typ}({value})"
        if under in FLOATS:
            return f"{typ}({self.r.choice(['0', '1', '-1', '0.5', '1e10', '-3.25', '1e-3', '123456.789'])})"
        if under == "bool":
            return f"{typ}({self.pick(['true', 'false'])})"
        if under == "string":
            words = ["", "a", "go", "héllo", "\\x00\\xff", "longer text than sixteen bytes", "日本"]
            return f'{typ}("{self.pick(words)}")'
        if under == "complex128":
            return f"complex({self.r.randint(-5, 5)}, {self.r.randint(-5, 5)})"
        raise ValueError(typ)

    def opaque(self, typ: str, scope: Scope) -> str:
        """A value that is no constant."""
        found = [name for name, other in scope.variables if other == typ]
        if found and self.r.random() < 0.85:
            return self.pick(found)
        return f"id[{typ}]({self.literal(typ)})"

    def expr(self, typ: str, scope: Scope, depth: int) -> str:
        """An expression of a type; never a constant operation that could be refused."""
        found = [name for name, other in scope.variables if other == typ]
        if found and self.r.random() < 0.35:
            return self.pick(found)
        under = self.underlying(typ)
        if under in WIDTHS or under in FLOATS or under in ("bool", "string", "complex128"):
            return self._scalar_expr(typ, under, scope, depth)
        return self._composite(typ, scope, depth)

    def _scalar_expr(self, typ: str, under: str, scope: Scope, depth: int) -> str:
        if depth <= 0:
            return self.opaque(typ, scope) if self.r.random() < 0.8 else self.literal(typ)
        inner = depth - 1
        reached = self._reached(typ, scope, inner)
        if reached and self.r.random() < 0.25:
            return reached
        call = self._call(typ, scope, inner)
        if call and self.r.random() < 0.2:
            return call
        if under == "bool":
            return self._truth(typ, scope, inner)
        if under == "string":
            roll = self.r.random()
            if roll < 0.5:
                text = f"({self.opaque(typ, scope)} + {self.expr(typ, scope, inner)})"
                return f"cut{text}" if self.factor > 1 or self.r.random() < 0.3 else text
            if roll < 0.65:
                return f"{typ}(rune({self.expr('int32', scope, inner)}))"
            if roll < 0.8:
                name = self.opaque(typ, scope)
                return f"{name}[id({self.r.randint(0, 2)})*len({name})/2:]" if self.r.random() < 0.4 else f"{name}[:len({name})/2]"
            return self.opaque(typ, scope)
        if under == "complex128":
            return f"({self.opaque(typ, scope)} {self.pick('+-*')} {self.expr(typ, scope, inner)})"
        if under in FLOATS:
            roll = self.r.random()
            if roll < 0.7:
                return f"({self.opaque(typ, scope)} {self.pick('+-*/')} {self.expr(typ, scope, inner)})"
            if roll < 0.9:
                return f"{typ}({self.expr(self.pick([*INTS, *FLOATS]), scope, inner)})"
            return f"(-{self.opaque(typ, scope)})"
        roll = self.r.random()
        if roll < 0.45:
            return f"({self.opaque(typ, scope)} {self.pick(['+', '-', '*', '&', '|', '^', '&^'])} {self.expr(typ, scope, inner)})"
        if roll < 0.55:
            roll = self.r.random()
            divisor = f"{typ}({self.r.choice([1, 2, 3, 5, 7, 10, 16, 100, 127])})"
            if roll < 0.45:
                divisor = f"({self.opaque(typ, scope)} | 1)"
            elif roll < 0.5:
                divisor = self.opaque(typ, scope)
            return f"({self.opaque(typ, scope)} {self.pick('/%')} {divisor})"
        if roll < 0.7:
            count = self.r.choice([str(self.r.randint(0, 70)), self.opaque(self.pick(["uint8", "uint", "uint64"]), scope)])
            return f"({self.opaque(typ, scope)} {self.pick(['<<', '>>'])} {count})"
        if roll < 0.85:
            return self._converted(typ, scope, inner)
        if roll < 0.93:
            return f"({self.pick('-^')}{self.opaque(typ, scope)})"
        return f"{self.pick(['min', 'max'])}({self.opaque(typ, scope)}, {self.expr(typ, scope, inner)})"

    def _converted(self, typ: str, scope: Scope, depth: int) -> str:
        if self.r.random() < 0.15:
            return f"{typ}(clamp(float64({self.expr('float64', scope, depth)})))"
        source = self.pick(INTS)
        if self.r.random() < 0.3:
            return f"{typ}(len({self.opaque('string', scope)}))"
        return f"{typ}({self.opaque(source, scope) if depth <= 0 else self._nonconstant(source, scope, depth)})"

    def _nonconstant(self, typ: str, scope: Scope, depth: int) -> str:
        return f"({self.opaque(typ, scope)} + {self.expr(typ, scope, depth)})"

    def _truth(self, typ: str, scope: Scope, depth: int) -> str:
        roll = self.r.random()
        if roll < 0.5:
            other = self.pick([*INTS, *FLOATS, "string"])
            sign = self.pick(["==", "!=", "<", "<=", ">", ">="])
            return f"{typ}({self.opaque(other, scope)} {sign} {self.expr(other, scope, depth)})"
        if roll < 0.6 and self.structs:
            one = self.r.choice(self.structs)
            if self._comparable(one.name):
                return f"{typ}(id({self.expr(one.name, scope, 1)}) {self.pick(['==', '!='])} {self.expr(one.name, scope, 1)})"
        if roll < 0.7:
            return f"{typ}(any({self.opaque(self.pick(INTS), scope)}) {self.pick(['==', '!='])} any({self.opaque(self.pick(INTS), scope)}))"
        if roll < 0.9:
            return f"({self.opaque(typ, scope)} {self.pick(['&&', '||'])} {self.expr(typ, scope, depth)})"
        return f"(!{self.opaque(typ, scope)})"

    def _comparable(self, typ: str) -> bool:
        struct = self.struct(typ)
        if struct is not None:
            return all(self._comparable(field) for _, field in struct.fields)
        if typ.startswith(("[]", "map[")):
            return False
        if typ.startswith("["):
            return self._comparable(typ[typ.index("]") + 1 :])
        return not typ.startswith("*") and typ != "any"

    def _reached(self, typ: str, scope: Scope, depth: int) -> str:
        """A field, element or what a pointer points to, of that type."""
        ways: list[str] = []
        for name, other in scope.variables:
            struct = self.struct(other)
            if struct is not None:
                ways += [f"{name}.{field}" for field, of in struct.fields if of == typ]
            elif other == "[]" + typ:
                index = self.opaque("uint8", scope)
                ways.append(f"{name}[{index} % {self.r.randint(1, 6)}]" if self.r.random() < 0.1 else f"at({name}, {index})")
            elif other.startswith("[") and other[1:2].isdigit() and other[other.index("]") + 1 :] == typ:
                length = int(other[1 : other.index("]")])
                ways.append(f"{name}[{self.opaque('uint8', scope)} % {self.r.choice([*[length] * 12, length + 1])}]")
            elif other.startswith("map[") and other[other.index("]") + 1 :] == typ:
                ways.append(f"{name}[{self.expr(other[4 : other.index(']')], scope, min(depth, 1))}]")
            elif other == "*" + typ:
                ways.append(f"(*{name})")
            elif other == self.prefix + "Meter" and typ == "int":
                ways.append(f"{name}.Measure({self.opaque('int', scope)})")
            elif other == "any" and typ in INTS:
                ways.append(f"{self.prefix}pull[{typ}]({name})")
        return self.pick(ways) if ways else ""

    def _call(self, typ: str, scope: Scope, depth: int) -> str:
        fitting = [one for one in self.functions if one.result == typ and (one.cost + 5) * self.factor + self.cost < _LIMIT]
        if not fitting:
            return ""
        one = self.r.choice(fitting)
        self.cost += (one.cost + 5) * self.factor
        return f"{one.name}({', '.join(self.expr(param, scope, min(depth, 1)) for param in one.params)})"

    def _composite(self, typ: str, scope: Scope, depth: int) -> str:
        inner = max(depth - 1, 0)
        struct = self.struct(typ)
        if struct is not None:
            some = [(name, of) for name, of in struct.fields if self.r.random() < 0.8]
            return f"{typ}{{{', '.join(f'{name}: {self.expr(of, scope, inner)}' for name, of in some)}}}"
        if typ.startswith("[]"):
            elem = typ[2:]
            if self.r.random() < 0.2:
                return f"make({typ}, {self.opaque('uint8', scope)} % 6)"
            return f"{typ}{{{', '.join(self.expr(elem, scope, inner) for _ in range(self.r.randint(0, 5)))}}}"
        if typ.startswith("map["):
            at = typ.index("]")
            key, elem = typ[4:at], typ[at + 1 :]
            pairs = {}
            for i in range(self.r.randint(0, 4)):
                name = f'"k{i}"' if key == "string" else str(i * 3)
                pairs[name] = self.expr(elem, scope, inner)
            return f"{typ}{{{', '.join(f'{name}: {value}' for name, value in pairs.items())}}}"
        if typ.startswith("["):
            elem = typ[typ.index("]") + 1 :]
            length = int(typ[1 : typ.index("]")])
            return f"{typ}{{{', '.join(self.expr(elem, scope, inner) for _ in range(self.r.randint(0, length)))}}}"
        if typ.startswith("*"):
            if self.r.random() < 0.02:
                return f"({typ})(nil)"
            return f"{self.prefix}box({self.expr(typ[1:], scope, inner)})"
        if typ == "any":
            return f"any({self.expr(self.scalar(), scope, inner)})"
        if typ == self.prefix + "Meter":
            named = [name for name, _ in self.named]
            return f"{typ}({self.expr(self.pick(named), scope, inner)})"
        raise ValueError(typ)

    # ---- what a value adds to the checksum

    def mix(self, text: str, typ: str) -> None:
        """Statements that put a value into the checksum."""
        under = self.underlying(typ)
        struct = self.struct(typ)
        if under in WIDTHS:
            self.line(f"mix(uint64({text}))")
        elif under in FLOATS:
            self.line(f"mixFloat(float64({text}))")
        elif under == "bool":
            self.line(f"mixBool(bool({text}))")
        elif under == "string":
            self.line(f"mixString(string({text}))")
        elif under == "complex128":
            self.line(f"mixFloat(real({text}))")
            self.line(f"mixFloat(imag({text}))")
        elif struct is not None:
            for name, of in struct.fields:
                self.mix(f"{text}.{name}", of)
        elif typ.startswith("map["):
            key, elem = self.fresh("k"), typ[typ.index("]") + 1 :]
            self.line(f"for _, {key} := range sortedKeys({text}) {{")
            self.depth += 1
            self.mix(key, typ[4 : typ.index("]")])
            value = self.fresh("e")
            self.line(f"{value} := {text}[{key}]")
            self.mix(value, elem)
            self.close()
        elif typ.startswith("["):
            name = self.fresh("e")
            self.line(f"for _, {name} := range {text} {{")
            self.depth += 1
            self.mix(name, typ[typ.index("]") + 1 :])
            self.close()
        elif typ.startswith("*"):
            self.line(f"if {text} != nil {{")
            self.depth += 1
            name = self.fresh("e")
            self.line(f"{name} := *{text}")
            self.mix(name, typ[1:])
            self.close()
        elif typ == "any":
            self.line(f"mixBool({text} == nil)")
            self.line(f"mix(uint64({self.prefix}pull[int]({text})))")
        else:
            self.line(f"if {text} != nil {{")
            self.line(f"\tmix(uint64({text}.Measure(3)))")
            self.line("}")

    # ---- statements

    def close(self) -> None:
        """The end of a block."""
        self.depth -= 1
        self.line("}")

    def block(self, scope: Scope, count: int, level: int, pure: bool) -> None:
        """Some statements, one level deeper."""
        self.depth += 1
        inner = Scope(scope)
        for _ in range(count):
            self.statement(inner, level, pure)
        self.close()

    def statement(self, scope: Scope, level: int, pure: bool) -> None:
        """One statement."""
        self.cost += 3 * self.factor
        roll = self.r.random()
        if roll < 0.28 or not scope.assignable:
            typ = self.typ()
            name = self.fresh()
            self.line(f"var {name} {typ} = {self.expr(typ, scope, 3)}")
            self.line(f"_ = {name}")
            scope.add(name, typ)
        elif roll < 0.5 or level <= 0:
            self._assign(scope)
        elif roll < 0.62:
            self.line(f"if {self.expr('bool', scope, 3)} {{")
            self.block(scope, self.r.randint(1, 3), level - 1, pure)
            if self.r.random() < 0.5:
                self.lines[-1] += " else {"
                self.block(scope, self.r.randint(1, 3), level - 1, pure)
        elif roll < 0.78:
            self._loop(scope, level, pure)
        elif roll < 0.86:
            self._switch(scope, level, pure)
        elif roll < 0.9:
            self._literal(scope, level)
        elif roll < 0.94 and self.loops:
            self.line(f"if {self.expr('bool', scope, 2)} {{")
            self.line(f"\t{self.pick(['break', 'continue'])} {self.pick(self.loops)}")
            self.line("}")
        elif pure:
            self._assign(scope)
        else:
            self._effect(scope, level)

    def _assign(self, scope: Scope) -> None:
        name, typ = self.r.choice(scope.assignable)
        under = self.underlying(typ)
        struct = self.struct(typ)
        roll = self.r.random()
        if under in WIDTHS and roll < 0.5:
            self.line(f"{name} {self.pick(['+=', '-=', '*=', '^=', '|=', '&='])} {self.expr(typ, scope, 3)}")
        elif struct is not None and struct.fields and roll < 0.7:
            field, of = self.r.choice(struct.fields)
            self.line(f"{name}.{field} = {self.expr(of, scope, 2)}")
        elif typ.startswith("[]") and roll < 0.5:
            self.line(f"if len({name}) < 40 {{")
            self.line(f"\t{name} = append({name}, {self.expr(typ[2:], scope, 2)})")
            self.line("}")
        elif typ.startswith("[]") and roll < 0.6:
            self.line(f"{name} = {name}[int({self.opaque('uint8', scope)} % 3) * len({name}) / {self.r.choice([2, 3, 3, 4])}:]")
        elif typ.startswith("map["):
            key = self.expr(typ[4 : typ.index("]")], scope, 1)
            if roll < 0.2:
                self.line(f"delete({name}, {key})")
            else:
                self.line(f"if len({name}) < 40 {{")
                self.line(f"\t{name}[{key}] = {self.expr(typ[typ.index(']') + 1 :], scope, 2)}")
                self.line("}")
        elif typ.startswith("[") and roll < 0.7:
            length = int(typ[1 : typ.index("]")]) if typ[1] != "]" else 4
            self.line(f"if {self.opaque('uint8', scope)} % 16 < 15 && len({name}) >= {length} {{")
            self.line(f"\t{name}[{self.opaque('uint8', scope)} % {length}] = {self.expr(typ[typ.index(']') + 1 :], scope, 2)}")
            self.line("}")
        elif typ.startswith("*") and roll < 0.6:
            self.line(f"*{name} = {self.expr(typ[1:], scope, 2)}")
        else:
            self.line(f"{name} = {self.expr(typ, scope, 3)}")

    def _loop(self, scope: Scope, level: int, pure: bool) -> None:
        count = self.r.randint(1, 9)
        if self.factor * count * 30 + self.cost > _LIMIT:
            self._assign(scope)
            return
        label, name = self.fresh("L"), self.fresh("i")
        inner = Scope(scope)
        sequences = [(one, typ) for one, typ in scope.variables if typ.startswith("[") and not typ.startswith("[0")]
        roll = self.r.random()
        self.line(f"{label}:")
        if roll < 0.45:
            typ = self.pick(["int", "uint8", "int64", "uint32"])
            self.line(f"for {name} := {typ}(0); {name} < {count}; {name}++ {{")
            inner.add(name, typ, False)
        elif roll < 0.65:
            self.line(f"for {name} := range {count} {{")
            inner.add(name, "int", False)
        elif roll < 0.8 and sequences:
            over, typ = self.r.choice(sequences)
            count = 40
            if self.factor * count * 30 + self.cost > _LIMIT:
                count = 1
                self.line(f"for {name} := range 1 {{")
                inner.add(name, "int", False)
            else:
                value = self.fresh("e")
                self.line(f"for {name}, {value} := range {over} {{")
                self.line(f"\t_ = {value}")
                inner.add(name, "int", False)
                inner.add(value, typ[typ.index("]") + 1 :])
        elif roll < 0.9:
            self.line(f"for {name} := range {self.prefix}upto({count}) {{")
            inner.add(name, "int", False)
        else:
            self.line(f"for {name}, _ := range {self.opaque('string', scope)} {{")
            inner.add(name, "int", False)
            count = 40
        self.line(f"\t_ = {name}")
        self.loops.append(label)
        self.factor *= count
        self.line(f"\tif {name} == 100 {{")
        self.line(f"\t\tcontinue {label}")
        self.line("\t}")
        self.block(inner, self.r.randint(1, 4), level - 1, pure)
        self.factor //= count
        self.loops.pop()

    def _switch(self, scope: Scope, level: int, pure: bool) -> None:
        anys = [name for name, typ in scope.variables if typ == "any"]
        if anys and self.r.random() < 0.5:
            name = self.fresh("t")
            self.line(f"switch {name} := {self.pick(anys)}.(type) {{")
            for typ in self.r.sample([*INTS, *FLOATS, "string", "bool"], 3):
                self.line(f"case {typ}:")
                self.line(f"\t_ = {name}")
                inner = Scope(scope)
                inner.add(name, typ)
                self._bare(inner, level, pure)
            self.line("default:")
            self.line(f"\t_ = {name}")
            self.line("}")
            return
        typ = self.pick([*INTS, "string"])
        self.line(f"switch {self.opaque(typ, scope)} {{")
        cases = ['"a"', '"go"', '""', '"longer text than sixteen bytes"'] if typ == "string" else [str(i) for i in (0, 1, 2, 3, 7, 10, 100)]
        for case in self.r.sample(cases, 3):
            self.line(f"case {case}:")
            self._bare(scope, level, pure)
            if self.r.random() < 0.15:
                self.line("\tfallthrough")
        self.line("default:")
        self._bare(scope, level, pure)
        self.line("}")

    def _bare(self, scope: Scope, level: int, pure: bool) -> None:
        self.depth += 1
        inner = Scope(scope)
        for _ in range(self.r.randint(0, 2)):
            self.statement(inner, level - 1, pure)
        self.depth -= 1

    def _literal(self, scope: Scope, level: int) -> None:
        """A function literal that changes what is around it, and is called at once or a few times."""
        name, typ = self.fresh("f"), self.scalar()
        param = self.fresh("p")
        self.line(f"{name} := func({param} {typ}) {typ} {{")
        inner = Scope(scope)
        inner.add(param, typ)
        saved, self.loops = self.loops, []
        self.block(inner, self.r.randint(1, 3), min(level - 1, 1), True)
        self.loops = saved
        self.lines[-1] = "\t" * (self.depth + 1) + f"return {param}"
        self.line("}")
        result = self.fresh()
        self.line(f"{result} := {name}({self.expr(typ, scope, 1)})")
        self.line(f"_ = {result}")
        scope.add(result, typ)

    def _effect(self, scope: Scope, level: int) -> None:
        roll = self.r.random()
        if roll < 0.25:
            name, typ = self.r.choice(scope.variables)
            self.mix(name, typ)
        elif roll < 0.45:
            typ = self.scalar()
            name = self.fresh("c")
            count = self.r.randint(1, 4)
            self.line(f"{name} := make(chan {typ}, {self.r.choice([0, count])})")
            self.line("go func() {")
            self.line(f"\tdefer close({name})")
            self.line(f"\tfor i := 0; i < {count}; i++ {{")
            self.line(f"\t\t{name} <- {self.literal(typ)}")
            self.line("\t}")
            self.line("}()")
            got = self.fresh("g")
            self.line(f"for {got} := range {name} {{")
            self.depth += 1
            self.mix(got, typ)
            self.close()
        elif roll < 0.7:
            name = self.fresh("d")
            typ = self.scalar()
            self.line(f"{name} := {self.expr(typ, scope, 2)}")
            if self.r.random() < 0.5:
                self.line("defer func() {")
                self.depth += 1
                self.mix(name, typ)
                self.depth -= 1
                self.line("}()")
            else:
                self.line(f"defer func(v {typ}) {{")
                self.depth += 1
                self.mix("v", typ)
                self.depth -= 1
                self.line(f"}}({name})")
            scope.add(name, typ)
        elif roll < 0.85:
            self.line("func() {")
            self.line("\tdefer func() { mixPanic(recover()) }()")
            saved, self.loops = self.loops, []
            self.block(scope, self.r.randint(1, 3), min(level - 1, 1), False)
            self.loops = saved
            self.lines[-1] += "()"
        else:
            self.line(f"if {self.expr('bool', scope, 2)} {{")
            self.line(f"\tpanic({self.pick([chr(34) + 'stop' + chr(34), '42', 'any(3.5)'])})")
            self.line("}")

    # ---- declarations

    def function(self) -> None:
        """A function without effects, that expressions may call."""
        params = tuple(self.typ(1) for _ in range(self.r.randint(0, 5)))
        result = self.typ(1)
        name = self.prefix + self.fresh("f")
        scope = Scope()
        names = []
        for typ in params:
            names.append(self.fresh("p"))
            scope.add(names[-1], typ)
        if self.r.random() < 0.4:
            self.line("//go:noinline")
        self.line(f"func {name}({', '.join(f'{one} {typ}' for one, typ in zip(names, params, strict=True))}) {result} {{")
        self.cost = 0
        self.depth = 1
        for _ in range(self.r.randint(1, 6)):
            self.statement(scope, 2, True)
        self.line(f"return {self.expr(result, scope, 3)}")
        self.depth = 0
        self.line("}")
        self.functions.append(Signature(name, params, result, self.cost + 5))

    def procedure(self) -> str:
        """A function with effects; its name."""
        name = self.prefix + self.fresh("do")
        scope = Scope()
        self.line(f"func {name}() {{")
        self.line("\tdefer func() { mixPanic(recover()) }()")
        self.cost = 0
        self.depth = 1
        for _ in range(self.r.randint(3, 9)):
            self.statement(scope, 3, False)
        for one, typ in scope.variables:
            self.mix(one, typ)
        self.depth = 0
        self.line("}")
        return name

    def types(self) -> None:
        """Named numbers with methods, structs, an interface, and the helpers that need their names."""
        meter = self.prefix + "Meter"
        self.line(f"type {meter} interface{{ Measure(by int) int }}")
        for _ in range(self.r.randint(1, 3)):
            name, under = self.prefix + self.fresh("N"), self.pick(INTS)
            self.named.append((name, under))
            self.line(f"type {name} {under}")
            self.line(f"func (n {name}) Measure(by int) int {{ return int(n) {self.pick('+-*^')} by }}")
        for _ in range(self.r.randint(1, 3)):
            name = self.prefix + self.fresh("S")
            fields = tuple((self.fresh("F"), self.typ(1)) for _ in range(self.r.randint(1, 6)))
            self.line(f"type {name} struct {{")
            for field, typ in fields:
                self.line(f"\t{field} {typ}")
            self.line("}")
            self.structs.append(Struct(name, fields))
        self.line(f"func {self.prefix}box[T any](v T) *T {{ return &v }}")
        self.line(f"func {self.prefix}pull[T any](v any) (t T) {{ t, _ = v.(T); return }}")
        self.line(f"func {self.prefix}upto(n int) func(func(int) bool) {{")
        self.line("\treturn func(yield func(int) bool) {")
        self.line("\t\tfor i := 0; i < n && yield(i); i++ {")
        self.line("\t\t}")
        self.line("\t}")
        self.line("}")
