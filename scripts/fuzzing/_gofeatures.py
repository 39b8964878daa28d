# SPDX-License-Identifier: BSD-3-Clause
"""More of the language for random programs: what `_goprogram.Generator` makes, and beside it generic types and functions, iterators,
embedding, method values, closures, deferred calls that change results, goto, select, aliases of memory and rows of bytes.

Statements leave what they come to in variables, which all that follows uses; so they are as good for functions without effects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fuzzing._goprogram import _LIMIT, FLOATS, INTS, RUNTIME, WIDTHS, Generator, Scope, Signature, Struct

MORE: Final = """
type number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint | ~uintptr
}

type cell[T any] struct {
	v    T
	next *cell[T]
}

func (c *cell[T]) push(v T) *cell[T] { return &cell[T]{v, c} }

func (c cell[T]) with(v T) cell[T] { c.v = v; return c }

func (c *cell[T]) all(yield func(int, T) bool) {
	for i := 0; c != nil && yield(i, c.v); i, c = i+1, c.next {
	}
}

func (c *cell[T]) to[U any](f func(T) U) (r *cell[U]) {
	for _, v := range c.all {
		r = r.push(f(v))
	}
	return
}

func list[T any](vs ...T) (c *cell[T]) {
	for i := len(vs) - 1; i >= 0; i-- {
		c = c.push(vs[i])
	}
	return
}

type twin[A comparable, B any] struct {
	a A
	b B
}

func (t twin[A, B]) swap(a A) (twin[A, B], bool) { same := t.a == a; t.a = a; return t, same }

func sum[T number](vs ...T) (t T) {
	for i, v := range vs {
		t += v * T(i+1)
	}
	return
}

func most[T ordered](v T, more ...T) T {
	for _, one := range more {
		v = max(v, one)
	}
	return v
}

func fold[T, A any](vs []T, a A, f func(A, T) A) A {
	for _, v := range vs {
		a = f(a, v)
	}
	return a
}

func each[S ~[]T, T any](vs S) func(func(int, T) bool) {
	return func(yield func(int, T) bool) {
		for i, v := range vs {
			if !yield(i, v) {
				return
			}
		}
	}
}

func back[T any](vs []T) func(func(T) bool) {
	return func(yield func(T) bool) {
		defer func() { vs = nil }()
		for i := len(vs) - 1; i >= 0; i-- {
			if !yield(vs[i]) {
				return
			}
		}
	}
}

func convert[U, T number](v T) U { return U(v) }

func kind[T any](v T) int {
	switch v := any(v).(type) {
	case int8, uint8:
		return 1
	case int:
		return v
	case string:
		return len(v) + 100
	case []T:
		return 2
	case *T:
		return 3
	case func() T:
		return 4
	case interface{ Measure(int) int }:
		return v.Measure(5)
	case nil:
		return 6
	}
	return 7
}

func cut[T ~string](v T) T {
	if len(v) > 300 {
		return v[100:200]
	}
	return v
}

func within(v, limit float64) float64 {
	if v > -limit && v < limit {
		return v
	}
	return 3
}

func little(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24 }

func big(b []byte) uint64 {
	_ = b[7]
	return uint64(b[7]) | uint64(b[6])<<8 | uint64(b[5])<<16 | uint64(b[4])<<24 |
		uint64(b[3])<<32 | uint64(b[2])<<40 | uint64(b[1])<<48 | uint64(b[0])<<56
}

func put(b []byte, v uint64) {
	_ = b[7]
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	b[4], b[5], b[6], b[7] = byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56)
}
"""

_BITS: Final = (
    ("int", "bits.OnesCount64(%s)", "uint64"),
    ("int", "bits.LeadingZeros32(%s)", "uint32"),
    ("int", "bits.TrailingZeros16(%s)", "uint16"),
    ("int", "bits.Len8(%s)", "uint8"),
    ("int", "bits.TrailingZeros64(%s)", "uint64"),
    ("int", "bits.Len64(%s)", "uint64"),
    ("uint32", "bits.Reverse32(%s)", "uint32"),
    ("uint64", "bits.ReverseBytes64(%s)", "uint64"),
    ("uint64", "bits.RotateLeft64(%s, 13)", "uint64"),
    ("uint8", "bits.RotateLeft8(%s, -3)", "uint8"),
    ("uint16", "bits.RotateLeft16(%s, int(id(5)))", "uint16"),
    ("float64", "math.Floor(%s)", "float64"),
    ("float64", "math.Sqrt(%s)", "float64"),
    ("float64", "math.Abs(%s)", "float64"),
    ("float64", "math.Trunc(%s)", "float64"),
    ("float64", "math.Copysign(%s, id(-1.0))", "float64"),
    ("uint64", "math.Float64bits(math.Abs(%s))", "float64"),
    ("float32", "float32(math.Sqrt(float64(%s)))", "float32"),
    ("int", "cmp.Compare(%s, id[int16](77))", "int16"),
    ("int", "cmp.Compare(%s, id(`go`))", "string"),
)


class Features(Generator):
    """The whole generator."""

    def __init__(self, seed: int, prefix: str) -> None:
        super().__init__(seed, prefix)
        self.result = ""
        self.meters: list[str] = []
        self.tries: list[tuple[str, tuple[str, ...], str]] = []
        self.more = (
            self._method_value, self._boxed, self._closures, self._generic, self._cells, self._text, self._alias, self._bytes, self._index,
            self._goto, self._elements, self._compared, self._operation, self._variadic, self._caught, self._complex, self._counts,
            self._kinds, self._divided, self._keyed, self._iterated, self._swap,
        )  # fmt: skip

    # ---- declarations

    def types(self) -> None:
        """What embeds, structs of many fields, and generic arithmetic."""
        super().types()
        wide = self.prefix + self.fresh("W")
        fields = tuple((self.fresh("F"), self.scalar()) for _ in range(self.r.randint(9, 22)))
        self._struct(wide, fields)
        base, _ = self.named[0]
        meter = self.prefix + "Meter"
        outer, deep, boxed = (self.prefix + self.fresh(stem) for stem in ("E", "P", "I"))
        self.line(f"type {outer} struct {{ {base}; tag string; x [2]int32 }}")
        self.line(f"func (e {outer}) Width() int {{ return len(e.tag) + int(e.x[1]) }}")
        self.line(f"type {deep} struct {{ z [3]int64; *{outer} }}")
        self.line(f"func (d *{deep}) Shift(by int) int {{ d.z[uint(by)%3] += int64(by); d.x[0]++; return int(d.z[1]) + d.Width() }}")
        self.line(f"type {boxed} struct {{ {meter}; k int16 }}")
        self.line(f"func (b {boxed}) Width() int {{ return b.Measure(int(b.k)) }}")
        self.line(f"type {self.prefix}Wide interface {{ {meter}; Width() int }}")
        self.embedding = base, outer, deep, boxed
        self.line(f"func {self.prefix}arith[T number](a, b T, s uint) T {{")
        for _ in range(self.r.randint(1, 4)):
            self.line(f"\t{self.pick('ab')} = {self._arithmetic(3)}")
            self.line(f"\tif a {self.pick(['<', '>=', '==', '!='])} {self.pick(['b', 'T(7)', 'a + b'])} {{")
            self.line(f"\t\t{self.pick('ab')} {self.pick(['+=', '-=', '*=', '^=', '&^='])} {self._arithmetic(1)}")
            self.line("\t}")
        self.line(f"\treturn {self._arithmetic(2)}")
        self.line("}")

    def _struct(self, name: str, fields: tuple[tuple[str, str], ...]) -> None:
        self.line(f"type {name} struct {{")
        for field, typ in fields:
            self.line(f"\t{field} {typ}")
        self.line("}")
        self.structs.append(Struct(name, fields))

    def _arithmetic(self, depth: int) -> str:
        """An expression of a type parameter."""
        if depth == 0:
            return self.pick(["a", "b", f"T({self.r.randint(0, 127)})"])
        one, other = self.pick("ab"), self._arithmetic(depth - 1)
        roll = self.r.random()
        if roll < 0.6:
            return f"({one} {self.pick(['+', '-', '*', '&', '|', '^', '&^'])} {other})"
        if roll < 0.75:
            return f"({one} {self.pick('/%')} ({other} | 1))"
        if roll < 0.9:
            return f"({one} {self.pick(['<<', '>>'])} {self.pick(['s', 's % 8', '3', '(s + 60)'])})"
        return f"({self.pick('-^')}{one})"

    def function(self) -> None:
        """As before; some are variadic, or catch what goes wrong in them."""
        roll = self.r.random()
        if roll < 0.7:
            super().function()
        elif roll < 0.85:
            self._catching()
        else:
            self._sequence()

    def _catching(self) -> None:
        """A function with named results, that a deferred call changes when it recovers."""
        params = tuple(self.typ(1) for _ in range(self.r.randint(1, 3)))
        result = self.scalar()
        name = self.prefix + self.fresh("t")
        scope = Scope()
        names = [self.fresh("p") for _ in params]
        for one, typ in zip(names, params, strict=True):
            scope.add(one, typ)
        self.line(f"func {name}({', '.join(f'{one} {typ}' for one, typ in zip(names, params, strict=True))}) (r {result}, n int) {{")
        self.depth, self.cost = 1, 0
        self.line("defer func() {")
        self.line("\tn += 3")
        self.line("\tif recover() != nil {")
        self.line(f"\t\tr, n = {self.expr(result, scope, 1)}, n*2")
        self.line("\t}")
        self.line("}()")
        for _ in range(self.r.randint(1, 5)):
            self.statement(scope, 2, True)
            if self.r.random() < 0.3:
                self.line(f"n += int({self.opaque('int8', scope)})")
            if self.r.random() < 0.2:
                self.line(f"defer func() {{ r, n = {self.expr(result, scope, 1)}, n^{self.r.randint(1, 99)} }}()")
        self.line(f"if {self.expr('bool', scope, 2)} {{")
        self.line(f"\tpanic({self.r.randint(1, 9)})")
        self.line("}")
        self.line(f"return {self.expr(result, scope, 2)}, n + 1")
        self.depth = 0
        self.line("}")
        self.tries.append((name, params, result))

    def _sequence(self) -> None:
        """A function that leaves loops over functions and others by return."""
        params = tuple(self.typ(1) for _ in range(self.r.randint(1, 4)))
        result = self.typ(1)
        name = self.prefix + self.fresh("f")
        names = [self.fresh("p") for _ in params]
        scope = Scope()
        for one, typ in zip(names, params, strict=True):
            scope.add(one, typ)
        self.line(f"func {name}({', '.join(f'{one} {typ}' for one, typ in zip(names, params, strict=True))}) {result} {{")
        self.depth, self.cost, self.result = 1, 0, result
        for _ in range(self.r.randint(1, 4)):
            self.statement(scope, 1, True)
        self._loop(scope, 2, True)
        self.line(f"return {self.expr(result, scope, 2)}")
        self.result, self.depth = "", 0
        self.line("}")
        self.functions.append(Signature(name, params, result, self.cost + 5))

    # ---- statements

    def let(self, scope: Scope, typ: str, text: str) -> str:
        """A new variable of a type."""
        name = self.fresh()
        self.line(f"var {name} {typ} = {text}")
        self.line(f"_ = {name}")
        scope.add(name, typ)
        return name

    def statement(self, scope: Scope, level: int, pure: bool) -> None:
        """One statement, of either kind."""
        if self.result and self.loops and self.r.random() < 0.12:
            self.line(f"if {self.expr('bool', scope, 2)} {{")
            self.line(f"\treturn {self.expr(self.result, scope, 1)}")
            self.line("}")
        elif self.r.random() < 0.4:
            self.cost += 20 * self.factor
            self.r.choice(self.more)(scope, level)
        elif not pure and self.r.random() < 0.03:
            self._select(scope)
        else:
            super().statement(scope, level, pure)

    def _literal(self, scope: Scope, level: int) -> None:
        saved, self.result = self.result, ""
        super()._literal(scope, level)
        self.result = saved

    def _effect(self, scope: Scope, level: int) -> None:
        saved, self.result = self.result, ""
        super()._effect(scope, level)
        self.result = saved

    def _select(self, scope: Scope) -> None:
        """One of the cases can go on at most."""
        typ, name = self.scalar(), self.fresh("c")
        full = self.r.random() < 0.5
        self.line(f"{name} := make(chan {typ}, 1)")
        if full:
            self.line(f"{name} <- {self.expr(typ, scope, 2)}")
        got = self.let(scope, typ, self.literal(typ))
        self.line("select {")
        if full or self.r.random() < 0.5:
            self.line(f"case v, ok := <-{name}:")
            self.line(f"\tif ok {{ {got} = v }}")
        if not full:
            self.line(f"case {name} <- {self.expr(typ, scope, 1)}:")
            self.line("\tmix(11)")
        self.line(f"case <-chan {typ}(nil):")
        self.line("\tmix(12)")
        if self.r.random() < 0.5:
            self.line("default:")
            self.line("\tmix(13)")
        self.line("}")

    def _meter(self, scope: Scope) -> tuple[str, str]:
        """A value that has Measure, and its type."""
        base, outer, deep, boxed = self.embedding
        roll = self.r.random()
        inner = f'{outer}{{{base}: {self.expr(base, scope, 1)}, tag: "t", x: [2]int32{{1: {self.expr("int32", scope, 1)}}}}}'
        if roll < 0.25:
            return self.expr(base, scope, 1), base
        if roll < 0.5:
            return inner, outer
        if roll < 0.75:
            return f"&{deep}{{{outer}: &{inner}}}", "*" + deep
        return f"{boxed}{{{self.expr(self.prefix + 'Meter', scope, 1)}, {self.opaque('int16', scope)}}}", boxed

    def _method_value(self, scope: Scope, level: int) -> None:
        value, typ = self._meter(scope)
        name, bound = self.fresh("m"), self.fresh("b")
        self.line(f"{name} := {value}")
        if self.r.random() < 0.5:
            self.line(f"{bound} := {name}.Measure")
        else:
            self.line(f"{bound} := func(by int) int {{ return {f'({typ})' if typ[0] == '*' else typ}.Measure({name}, by) }}")
        other, again = self._meter(scope)
        if again == typ:
            self.line(f"{name} = {other}")
        self.let(scope, "int", f"{bound}({self.expr('int', scope, 1)}) + {name}.Measure(2)")
        if typ[0] == "*":
            self.let(scope, "int", f"{name}.Shift({self.expr('int', scope, 1)}) + ({typ}).Shift({name}, 1)")

    def _boxed(self, scope: Scope, level: int) -> None:
        """Through an interface and out again."""
        value, typ = self._meter(scope)
        holder, other = self.fresh("h"), self.fresh("h")
        self.line(f"var {holder} {self.prefix}Meter = {value}")
        self.let(scope, self.prefix + "Meter", holder)
        self.line(f"{other}, _ := {holder}.({self.prefix}Wide)")
        text = f"{holder}.({typ})"
        if self.r.random() < 0.1:
            text = f"{holder}.({self.embedding[self.r.randint(0, 1)]})"
        result = self.let(scope, "int", f"{text}.Measure({self.expr('int', scope, 1)})")
        self.line(f"if {other} != nil {{")
        self.line(f"\t{result} += {other}.Width()")
        self.line("}")
        if self.structs:
            one = self.r.choice(self.structs)
            copy, kept = self.fresh("x"), self.fresh("y")
            self.line(f"{copy} := {self.expr(one.name, scope, 2)}")
            self.line(f"var {kept} any = {copy}")
            field, of = self.r.choice(one.fields)
            self.line(f"{copy}.{field} = {self.expr(of, scope, 1)}")
            scope.add(copy, one.name)
            self.let(scope, one.name, f"{kept}.({one.name})")

    def _closures(self, scope: Scope, level: int) -> None:
        """Function literals that share variables, kept and called later."""
        typ, count = self.pick(INTS), self.r.randint(1, 4)
        fs, i, p = self.fresh("fs"), self.fresh("i"), self.fresh("p")
        shared = self.let(scope, typ, self.expr(typ, scope, 2))
        self.line(f"var {fs} []func({typ}) {typ}")
        self.line(self.pick([f"for {i} := 0; {i} < {count}; {i}++ {{", f"for {i} := range {count} {{"]))
        self.depth += 1
        inner = Scope(scope)
        inner.add(i, "int", False)
        own = self.let(inner, typ, f"{typ}({i}) + {self.expr(typ, scope, 1)}")
        inner.add(p, typ)
        sign = self.pick(["+=", "-=", "^="])
        self.line(f"{fs} = append({fs}, func({p} {typ}) {typ} {{ {own} {sign} {p}; {shared}++; return {self.expr(typ, inner, 2)} }})")
        if self.r.random() < 0.3:
            self.line(f"{own} *= 3")
        self.close()
        result = self.let(scope, typ, shared)
        self.line(f"for _, f := range {fs} {{")
        self.line(f"\t{result} = f({result}) - f(1)")
        self.line("}")

    def _generic(self, scope: Scope, level: int) -> None:
        typ = self.pick([*INTS, *(name for name, _ in self.named)])
        roll = self.r.random()
        if roll < 0.4:
            args = f"{self.expr(typ, scope, 2)}, {self.expr(typ, scope, 2)}, {self.opaque('uint', scope)}"
            self.let(scope, typ, f"{self.prefix}arith({args})")
        elif roll < 0.6:
            other = self.pick(INTS)
            self.let(scope, typ, f"convert[{typ}]({self.opaque(other, scope)})")
        elif roll < 0.8:
            key = self.pick([*INTS, "string", "bool", *FLOATS])
            name = self.fresh("w")
            value = self.typ(1)
            self.line(f"{name} := twin[{key}, {value}]{{{self.expr(key, scope, 1)}, {self.expr(value, scope, 1)}}}")
            self.line(f"{name}_, ok{name} := {name}.swap({self.expr(key, scope, 1)})")
            self.let(scope, "bool", f"ok{name}")
            self.let(scope, value, f"{name}_.b")
        else:
            seq = self.let(scope, f"[]{typ}", f"[]{typ}{{{', '.join(self.expr(typ, scope, 1) for _ in range(self.r.randint(0, 5)))}}}")
            acc = self.scalar()
            inner = Scope(scope)
            inner.add("a", acc)
            inner.add("v", typ)
            result = self.expr(acc, inner, 2)
            self.let(scope, acc, f"fold({seq}, {self.expr(acc, scope, 1)}, func(a {acc}, v {typ}) {acc} {{ return {result} }})")

    def _cells(self, scope: Scope, level: int) -> None:
        typ, other = self.typ(1), self.scalar()
        name, i, v = self.fresh("l"), self.fresh("i"), self.fresh("e")
        values = ", ".join(self.expr(typ, scope, 1) for _ in range(self.r.randint(1, 4)))
        self.line(f"{name} := list({values})")
        inner = Scope(scope)
        inner.add("v", typ)
        text = self.expr(other, inner, 1)
        self.line(f"{name}_ := {name}.to(func(v {typ}) {other} {{ return {text} }})")
        result = self.let(scope, other, f"{name}_.with({self.expr(other, scope, 1)}).v")
        self.line(f"for {i}, {v} := range {name}_.all {{")
        self.line(f"\t{result} = {v}")
        self.line(f"\tif {i} == {self.r.randint(0, 3)} {{")
        self.line(f"\t\t{self.pick(['break', 'continue'])}")
        self.line("\t}")
        self.line("}")

    def _iterated(self, scope: Scope, level: int) -> None:
        """Loops over functions within each other."""
        if self.factor * 25 * 30 + self.cost > _LIMIT:
            return
        typ = self.scalar()
        values = f"[]{typ}{{{', '.join(self.expr(typ, scope, 1) for _ in range(self.r.randint(1, 5)))}}}"
        label, i, v = self.fresh("L"), self.fresh("i"), self.fresh("e")
        got = self.let(scope, typ, self.expr(typ, scope, 1))
        self.line(f"{label}:")
        self.line(f"for {i}, {v} := range each({values}) {{")
        self.depth += 1
        self.line(f"_ = {v}")
        inner = Scope(scope)
        inner.add(i, "int", False)
        inner.add(v, typ)
        self.loops.append(label)
        self.factor *= 25
        self.line(f"for {v}b := range back([]int{{{i}, 1, 2}}) {{")
        self.depth += 1
        self.line(f"_ = {v}b")
        deep = Scope(inner)
        deep.add(f"{v}b", "int")
        self.line(f"if {self.expr('bool', deep, 2)} {{")
        self.line(f"\t{self.pick(['continue', 'break'])} {label}")
        self.line("}")
        if level > 0:
            self.statement(deep, level - 1, True)
        self.line(f"{got} = {self.expr(typ, deep, 1)}")
        self.close()
        self.factor //= 25
        self.loops.pop()
        self.close()

    def _text(self, scope: Scope, level: int) -> None:
        """Strings, their bytes and runes."""
        s = self.let(scope, "string", f"cut({self.expr('string', scope, 2)} + {self.opaque('string', scope)})")
        b, r = self.fresh("b"), self.fresh("r")
        roll = self.r.random()
        if roll < 0.35:
            self.line(f"{b} := []byte({s})")
            self.line(f"for i := range {b} {{")
            self.line(f"\t{b}[i] {self.pick(['+=', '^=', '|='])} byte(i) + {self.expr('uint8', scope, 1)}")
            self.line("}")
            self.let(scope, "string", f"string({b})")
            self.let(scope, "bool", f"string({b}) {self.pick(['==', '<', '>='])} {s}")
        elif roll < 0.6:
            self.line(f"{r} := []rune({s})")
            self.line(f"slices.Reverse({r})")
            self.let(scope, "string", f"string({r})")
        elif roll < 0.8:
            total = self.let(scope, "int32", "0")
            self.line(f"for i, {r} := range {s} {{")
            self.line(f"\t{total} = {total}*31 + {r} ^ int32(i)")
            self.line("}")
        else:
            at = self.opaque("uint8", scope)
            self.let(scope, "uint8", f"{s}[int({at})%(len({s})+{self.r.choice([0, 1, 1])})]")

    def _alias(self, scope: Scope, level: int) -> None:
        """One memory by several names."""
        typ, n = self.typ(1), self.r.randint(2, 5)
        array, part, p = self.fresh("a"), self.fresh("s"), self.fresh("q")
        self.line(f"var {array} [{n}]{typ}")
        self.line(f"{part} := {array}[{self.r.randint(0, 1)}:]")
        self.line(f"_ = {part}")
        at = self.r.randint(0, n - 1)
        self.line(f"{p} := &{array}[{self.opaque('uint8', scope)}%{n}]")
        self.line(f"_ = {p}")
        for _ in range(self.r.randint(2, 5)):
            place = self.pick([f"*{p}", f"{array}[{at}]", f"{part}[int({self.opaque('uint8', scope)})%len({part})]"])
            self.line(f"{place} = {self.pick([self.expr(typ, scope, 1), f'*{p}', f'{array}[{at}]'])}")
        if self.r.random() < 0.4:
            self.line(f"copy({array}[1:], {part})")
        self.let(scope, typ, f"{array}[{at}]")
        self.let(scope, f"[{n}]{typ}", array)
        scope.add(part, "[]" + typ)

    def _bytes(self, scope: Scope, level: int) -> None:
        """Rows of bytes as one number."""
        b = self.let(scope, "[]uint8", f"make([]uint8, 9 + {self.opaque('uint8', scope)}%9)")
        self.line(f"put({b}, {self.expr('uint64', scope, 2)})")
        at = self.r.randint(0, 10)
        roll = self.r.random()
        if roll < 0.3:
            self.let(scope, "uint32", f"little({b}[{at}:])")
        elif roll < 0.6:
            self.let(scope, "uint64", f"big({b}[{min(at, 3)}:])")
        elif roll < 0.8:
            i = self.r.randint(0, 5)
            self.let(scope, "uint16", f"uint16({b}[{i}])<<8 | uint16({b}[{i + 1}])")
        else:
            v = self.let(scope, "uint32", self.expr("uint32", scope, 2))
            i = self.r.randint(0, 4)
            self.line(f"{b}[{i}], {b}[{i + 1}], {b}[{i + 2}], {b}[{i + 3}] = byte({v}>>24), byte({v}>>16), byte({v}>>8), byte({v})")

    def _index(self, scope: Scope, level: int) -> None:
        """Loops that go through slices in unusual ways: checks of bounds that can go, and such that can't."""
        typ = self.pick(INTS)
        s = self.let(scope, "[]" + typ, f"[]{typ}{{{', '.join(self.expr(typ, scope, 1) for _ in range(self.r.randint(1, 8)))}}}")
        total = self.let(scope, typ, self.expr(typ, scope, 1))
        i, j = self.fresh("i"), self.r.randint(-1, 3)
        roll = self.r.random()
        if roll < 0.2:
            self.line(f"for {i} := len({s}) - 1; {i} >= 0; {i}-- {{")
            at = i
        elif roll < 0.4:
            self.line(f"for {i} := 0; {i} < len({s})-{max(j, 0)}; {i} += {self.r.randint(1, 3)} {{")
            at = f"{i}+{max(j, 0)}" if self.r.random() < 0.8 else f"{i}+{max(j, 0) + 1}"
        elif roll < 0.55:
            kind = self.pick(["int8", "uint8", "int16", "uint32", "uint64"])
            self.line(f"for {i} := {kind}({self.r.randint(0, 2)}); int({i}) < len({s}); {i}++ {{")
            at = i
        elif roll < 0.7:
            self.line(f"for {i} := range {s} {{")
            at = f"len({s})-1-{i}"
        elif roll < 0.85:
            self.line(f"for {i} := {self.opaque('int', scope)}; {i} >= {j} && {i} < len({s}) && {total} < 100; {i} += {self.pick('12')} {{")
            self.line(f"\t{total}++")
            at = i
        else:
            self.line(f"if {i} := int({self.opaque('int8', scope)}); {i} >= 0 && {i} <= len({s}) {{")
            at = f"{i}:" if self.r.random() < 0.5 else f":{i}"
            self.line(f"\t{total} += {typ}(len({s}[{at}]))")
            self.line(f"\t{s} = {s}[{at}]")
            self.line("}")
            return
        self.line(f"\t{total} {self.pick(['+=', '^='])} {s}[{at}]")
        self.line(f"\t{s}[{at}] = {total} {self.pick(['+', '>>', '&'])} 3")
        self.line("}")

    def _goto(self, scope: Scope, level: int) -> None:
        label, n = self.fresh("G"), self.fresh("n")
        if self.factor * 5 * 30 + self.cost > _LIMIT:
            return
        saved, self.loops = self.loops, self.loops if self.r.random() < 0.5 else []
        self.line("{")
        self.depth += 1
        inner = Scope(scope)
        self.line(f"{n} := 0")
        inner.add(n, "int", False)
        if self.r.random() < 0.5:
            self.factor *= 4
            self.lines.append(f"{label}:")
            self.line(f"{n}++")
            self.statement(inner, level - 1, True)
            self.line(f"if {n} < {self.r.randint(1, 4)} && {self.expr('bool', inner, 1)} {{")
            self.line(f"\tgoto {label}")
            self.line("}")
            self.factor //= 4
        else:
            self.line(f"if {self.expr('bool', inner, 1)} {{")
            self.line(f"\tgoto {label}")
            self.line("}")
            self.line("{")
            self.block(inner, 2, level - 1, True)
            self.lines.append(f"{label}:")
            self.line(f"{n}++")
        self.close()
        self.loops = saved

    def _elements(self, scope: Scope, level: int) -> None:
        """Operations on what is in something else."""
        typ = self.pick(INTS)
        sign = self.pick(["+=", "-=", "*=", "^=", "&^=", "|="])
        value = self.expr(typ, scope, 1)
        key = self.pick(["int", "string", "uint8"])
        m = self.let(scope, f"map[{key}]{typ}", f"map[{key}]{typ}{{}}")
        k = self.expr(key, scope, 1)
        self.line(f"{m}[{k}] {sign} {value}")
        self.line(f"{m}[{k}]{self.pick(['++', '--'])}")
        a = self.let(scope, f"[4]{typ}", f"[4]{typ}{{1: {self.expr(typ, scope, 1)}}}")
        self.line(f"{a}[{self.opaque('uint8', scope)}%4] {sign} {self.expr(typ, scope, 1)}")
        self.line(f"{a}[1], {a}[2], {m}[{self.expr(key, scope, 0)}] = {a}[2], {a}[{self.opaque('uint8', scope)}%4], {a}[1]")
        self.line(f"{a}[3] {self.pick(['<<=', '>>='])} {self.opaque('uint8', scope)} % 80")

    def _compared(self, scope: Scope, level: int) -> None:
        fine = [one.name for one in self.structs if self._comparable(one.name)]
        typ = self.pick([*fine, f"[3]{self.scalar()}", "[2]string", f"[{self.r.randint(1, 9)}]{self.pick(INTS)}"])
        one = self.let(scope, typ, self.expr(typ, scope, 2))
        other = self.let(scope, typ, self.pick([one, self.expr(typ, scope, 2)]))
        self.let(scope, "bool", f"{one} {self.pick(['==', '!='])} {other}")
        if self.r.random() < 0.5:
            self.let(scope, "bool", f"any({one}) == any({other})")

    def _operation(self, scope: Scope, level: int) -> None:
        typ, text, arg = self.r.choice(_BITS)
        self.let(scope, typ, text % self.expr(arg, scope, 2))
        if self.r.random() < 0.3:
            name = self.fresh("h")
            args = f"{self.expr('uint64', scope, 1)}, {self.expr('uint64', scope, 1)}"
            text = self.pick([f"bits.Mul64({args})", f"bits.Add64({args}, id[uint64](1))", f"bits.Sub64({args}, id[uint64](0))"])
            self.line(f"{name}, {name}_ := {text}")
            scope.add(name, "uint64")
            scope.add(f"{name}_", "uint64")
            self.line(f"_, _ = {name}, {name}_")

    def _variadic(self, scope: Scope, level: int) -> None:
        typ = self.pick(INTS)
        args = ", ".join(self.expr(typ, scope, 1) for _ in range(self.r.randint(1, 6)))
        roll = self.r.random()
        if roll < 0.4:
            self.let(scope, typ, f"sum[{typ}]({args})")
        elif roll < 0.7:
            self.let(scope, typ, f"most({args})")
        else:
            self.let(scope, typ, f"sum([]{typ}{{{args}}}[{self.r.randint(0, 1)}:]...)")

    def _caught(self, scope: Scope, level: int) -> None:
        if not self.tries or self.cost + 300 * self.factor > _LIMIT:
            return
        name, params, result = self.r.choice(self.tries)
        self.cost += 300 * self.factor
        got, n = self.fresh("r"), self.fresh("n")
        self.line(f"{got}, {n} := {name}({', '.join(self.expr(param, scope, 1) for param in params)})")
        self.line(f"_, _ = {got}, {n}")
        scope.add(got, result)
        scope.add(n, "int")

    def _complex(self, scope: Scope, level: int) -> None:
        c = self.let(scope, "complex128", f"complex({self.expr('float64', scope, 1)}, {self.expr('float64', scope, 1)})")
        self.line(f"{c} {self.pick(['+=', '*=', '-=', '/='])} {self.expr('complex128', scope, 1)}")
        self.let(scope, "bool", f"{c} == {self.expr('complex128', scope, 1)}")
        self.let(scope, "float32", f"real(complex64({c}) * {self.pick(['2i', '(3-1i)'])})")

    def _counts(self, scope: Scope, level: int) -> None:
        """Shifts of all widths, by counts of all widths; negative ones are panics."""
        typ, count = self.pick(INTS), self.pick(INTS)
        text = self.opaque(count, scope)
        if self.r.random() < 0.8:
            text = f"({text} & {self.r.choice([7, 15, 31, 63, 127])})"
        self.let(scope, typ, f"{self.expr(typ, scope, 1)} {self.pick(['<<', '>>'])} {text}")
        width = WIDTHS[typ]
        k = self.r.randint(1, width - 1)
        v = self.let(scope, typ, self.expr(typ, scope, 1))
        self.let(scope, typ, f"{v}<<{k} {self.pick('|^+')} {v}>>{self.r.choice([width - k, k])}")

    def _kinds(self, scope: Scope, level: int) -> None:
        """What is in an interface, found out in several ways."""
        typ = self.typ(2)
        self.let(scope, "int", f"kind({self.expr(typ, scope, 1)})")
        holder, result = self.fresh("h"), self.let(scope, "int", "0")
        options = [*INTS, "string", "nil", self.prefix + "Meter", "[]int", "error", *(one.name for one in self.structs), *FLOATS]
        self.line(f"switch {holder} := any({self.expr(self.pick([typ, *INTS]), scope, 1)}).(type) {{")
        cases = self.r.sample(sorted(set(options)), 5)
        self.line(f"case {cases[0]}, {cases[1]}:")
        self.line(f"\t{result} = kind({holder})")
        for number, case in enumerate(cases[2:]):
            self.line(f"case {case}:")
            self.line(f"\t{result} = kind({holder}) + {number}")
        self.line("}")

    def _divided(self, scope: Scope, level: int) -> None:
        typ = self.pick(INTS)
        width = WIDTHS[typ]
        high = (1 << width - (typ[0] == "i")) - 1
        shift = self.r.randint(0, width - 2)
        divisor = self.r.choice([self.r.randint(1, high), 1 << shift, (1 << shift) + 1, high, min(high, self.r.randint(2, 1000))])
        if typ[0] == "i" and self.r.random() < 0.4:
            divisor = -divisor
        v = self.let(scope, typ, self.expr(typ, scope, 2))
        self.let(scope, typ, f"{v} {self.pick('/%')} {divisor}")
        if self.r.random() < 0.5:
            self.let(scope, "bool", f"{v} % {divisor} {self.pick(['==', '!='])} 0")
        self.let(scope, typ, f"{typ}(within(float64({self.expr(self.pick(FLOATS), scope, 1)}), {high // 2 if width < 64 else 1 << 61}))"
                 if typ[0] == "i" else f"{typ}({self.expr(self.pick(INTS), scope, 1)})")  # fmt: skip

    def _keyed(self, scope: Scope, level: int) -> None:
        """Maps whose keys are more than numbers."""
        fine = [one.name for one in self.structs if self._comparable(one.name)]
        key = self.pick([*fine, f"[2]{self.pick(INTS)}", "any", "float64", "bool", self.named[0][0], "[3]string"])
        typ = self.scalar()
        m = self.fresh("m")
        self.line(f"{m} := map[{key}]{typ}{{}}")
        k = self.fresh("k")
        self.line(f"{k} := {self.expr(key, scope, 2)}")
        self.line(f"{m}[{k}] = {self.expr(typ, scope, 1)}")
        self.line(f"{m}[{self.expr(key, scope, 2)}] = {self.expr(typ, scope, 1)}")
        self.line(f"if v, ok := {m}[{self.expr(key, scope, 1)}]; ok {{")
        self.line(f"\t{m}[{k}] = v")
        self.line("}")
        if self.r.random() < 0.3:
            self.line(self.pick([f"delete({m}, {k})", f"clear({m})"]))
        self.let(scope, typ, f"{m}[{k}]")
        self.let(scope, "int", f"len({m})")

    def _swap(self, scope: Scope, level: int) -> None:
        """Assignments of several at once."""
        by_type: dict[str, list[str]] = {}
        for name, typ in scope.assignable:
            by_type.setdefault(typ, []).append(name)
        fine = [names for names in by_type.values() if len(names) > 1]
        if fine:
            names = self.r.choice(fine)
            picked = self.r.sample(names, min(len(names), self.r.randint(2, 4)))
            self.line(f"{', '.join(picked)} = {', '.join(picked[1:] + picked[:1])}")


def program(seed: int, prefix: str) -> str:
    """The declarations of one program; its function `<prefix>main` prints a checksum."""
    made = Features(seed, prefix)
    made.types()
    for _ in range(made.r.randint(1, 4)):
        made.function()
    procedures = [made.procedure() for _ in range(made.r.randint(1, 2))]
    made.line(f"func {prefix}main() {{")
    for name in procedures:
        made.line(f"\t{name}()")
    made.line(f'\treport("{prefix}")')
    made.line("}")
    return "\n".join(made.lines) + "\n"


def package(seeds: Sequence[int]) -> str:
    """A program that runs the programs of all these seeds."""
    imports = "".join(f'\t"{path}"\n' for path in ("cmp", "math", "math/bits", "slices", "unsafe"))
    uses = "var (\n\t_ = cmp.Compare[int]\n\t_ = math.Pi\n\t_ = bits.Len\n\t_ = slices.Reverse[[]int]\n)\n"
    parts = [f"package main\n\nimport (\n{imports})\n\n{uses}", RUNTIME, MORE]
    parts += [program(seed, f"p{seed}_") for seed in seeds]
    calls = "".join(f"\tp{seed}_main()\n" for seed in seeds)
    return "\n".join(parts) + f"\nfunc main() {{\n{calls}}}\n"
