# SPDX-License-Identifier: BSD-3-Clause
"""Random statements whose operands have effects: what is read before a call and what behind it, and in which order calls are made.

Functions log that they were called and change the variables, maps, slices and pointers that other operands of the same statement read; some
of them are random themselves. A program is a function of such statements, run from two states of the globals; it prints what was logged and
the state after. Nothing panics in the midst of a statement, since the language leaves much of that order open: indexes are masked (what
$ints stands for has eight elements at least, $letters four bytes, and maps that are indexed by $key have them all), divisors are odd,
pointers and interfaces with methods are never nil, and what is asserted is so, or asked with ok. Nor does the output tell the capacity of
a conversion's result, which is each compiler's own (a constant's bytes have none to spare in stock's programs).

The grammar is text: `$kind` stands for an expression of a kind, `@kind` for a place that has it, `~kind` for a place or the blank one, `#`
for a digit. Kinds are Go types but for those that promise more (key, letters, ints), and no expression is a constant to the compiler.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Final

_HEAD: Final = """package main

type pair struct {
	x, y int
	name string
	any  any
}

func (p pair) Sum(k int) int   { note("pair.Sum", p.x, k); return p.x + p.y + k }
func (p *pair) Move(k int) int { note("pair.Move", p.x, k); p.x, p.y = p.y, p.x+k; return p.x }
func (p *pair) Self() *pair    { note("pair.Self", p.x); p.y++; return p }

type wide struct {
	n    int
	row  [5]int
	in   pair
	list []int
	link *pair
}

func (w wide) Get(k int) int    { w.row[1] += k; note("wide.Get", w.row[1], w.in.x); return w.row[1] }
func (w *wide) linked(p *pair) *pair { w.n++; old := w.link; w.link = p; return old }
func (w *wide) Push(k int) wide { w.row[k&3]++; w.in.y += k; note("wide.Push", k); return *w }

type adder interface{ Add(k int) int }

type fixed struct{ n int }

func (v fixed) Add(k int) int { note("fixed.Add", v.n, k); return v.n + k }
func (v fixed) Val(k int) int { total += v.n; return v.n ^ k }

type moved struct{ n int }

func (q *moved) Add(k int) int { q.n++; note("moved.Add", q.n, k); return q.n + k }
func (q *moved) Ptr(k int) int { q.n += k; return q.n }

type number int

func (n number) Add(k int) int  { note("number.Add", int(n), k); return int(n) + k }
func (n *number) Inc(k int) int { *n += number(k); return int(*n) }

type outer struct {
	fixed
	*moved
	adder adder
	deep  pair
}

var (
	total, count    int
	small           uint8
	yes             bool
	word, steady    string
	keyA, keyB      string
	list, other     []int
	rest            []int
	rows            [][]int
	lists           map[string][]int
	table           map[string]int
	stock           map[string]pair
	people          map[string]*pair
	kinds           map[any]int
	single          pair
	pointer         *pair
	shelf           []pair
	row             [5]int
	big             wide
	bigger          *wide
	thing, integer  any
	doer            adder
	whole           outer
	counter         number
	target          *int
	data            []byte
	pipe            chan int
	hook            func(k int) int
	operation       func(a, b int) int
	log             []byte
)

func digits(n int) string {
	if n < 0 {
		return "-" + digits(-(n / 10)) + digits(-(n % 10))
	}
	if n < 10 {
		return string(rune('0' + n))
	}
	return digits(n/10) + digits(n%10)
}

func text(v any, depth int) (s string) {
	if depth == 0 {
		return "..."
	}
	switch v := v.(type) {
	case nil:
		return "nil"
	case int:
		return digits(v)
	case bool:
		if v {
			return "true"
		}
		return "false"
	case string:
		if len(v) > 40 {
			v = v[:20] + digits(len(v)) + v[len(v)-20:]
		}
		return "'" + v + "'"
	case []byte:
		return text(string(v), depth)
	case []int:
		for i, one := range v {
			if i < 20 {
				s += " " + digits(one)
			}
		}
		return "[" + digits(len(v)) + s + "]"
	case [5]int:
		return text(v[:], depth)
	case pair:
		return "{" + digits(v.x) + " " + digits(v.y) + " " + text(v.name, depth) + " " + text(v.any, depth-1) + "}"
	case *pair:
		return "&{" + digits(v.x) + " " + digits(v.y) + "}"
	case wide:
		return "(" + digits(v.n) + text(v.row, depth) + text(v.in, depth-1) + text(v.list, depth) + text(v.link, depth) + ")"
	case fixed:
		return "fixed" + digits(v.n)
	case *moved:
		return "moved" + digits(v.n)
	case number:
		return "number" + digits(int(v))
	case []any:
		for _, one := range v {
			s += text(one, depth-1) + ";"
		}
		return "<" + s + ">"
	}
	return "?"
}

func write(s string) {
	if len(log) < 5000 {
		log = append(append(log, s...), ' ')
	}
}

func note(name string, values ...int) {
	for _, v := range values {
		name += "," + digits(v)
	}
	write(name)
}

//go:noinline
func show(values ...any) { write("show" + text(values, 4)) }

//go:noinline
func tell(a int, b string, c any, d int, e ...any) { write("tell" + text([]any{a, b, c, d, e}, 4)) }

//go:noinline
func bump(k int) int { note("bump", k); total += k; list[k&3]++; single.x++; row[k&3] += 10; small++; return k & 7 }

func slip(k int) int { total += 2 * k; single.y += k; *target++; return k + count }

//go:noinline
func renew(k int) int {
	note("renew", k)
	pointer, target, bigger = &pair{x: k, name: "new"}, &count, &wide{n: k, link: pointer}
	list, rows = []int{9, 8, 7, 6, 5, 4, 3, k}, [][]int{list, {1, 1, 1, 1, 1, 1, 1, 1}}
	lists = map[string][]int{"a": {5, 5, 5, 5, 5, 5, 5, 5, 5}, "b": other}
	table, shelf = map[string]int{"a": 40, "n": k}, []pair{{x: k}, {x: 71}, {y: 72}, {x: 73}}
	stock, people = map[string]pair{"a": {x: k}}, map[string]*pair{"a": pointer, "b": &shelf[1]}
	whole.moved, whole.adder, doer = &moved{500}, fixed{k}, number(k)
	operation = func(a, b int) int { note("new", a, b); return a - b }
	return k
}

//go:noinline
func spell(k int) string { note("spell", k); word += "z"; table["a"]++; return "abcdefgh"[k&3:] }

func letter(k int) string { steady = "steady" + word; word = "w" + digits(k&7); return steady }

//go:noinline
func pick(k int) string { note("pick", k); if k&2 == 0 { keyA, keyB = keyB, keyA }; return string(rune('a' + k&1)) }

//go:noinline
func slice(k int) []int { note("slice", k); if k&1 == 1 { list, other = other, list }; other[k&7]++; return list }

//go:noinline
func part(k int) []int { note("part", k); rest = list[k&3:]; return rest[:2] }

//go:noinline
func point(k int) *pair { note("point", k); old := pointer; pointer = &shelf[k&3]; return old }

//go:noinline
func give(k int) pair { note("give", k); single.x += k; shelf[k&3].y++; return single }

func given(p pair, k int) pair { p.x += k; single.y++; pointer.y--; return p }

//go:noinline
func line(k int) [5]int { note("line", k); row[k&3] = k; big.row[1]++; return row }

func turned(r [5]int) [5]int { r[0], r[1] = r[1], r[0]; row[2]++; return r }

//go:noinline
func large(w wide, k int) wide { note("large", w.n, k); w.n += k; big.in.x++; big.row[2] = k; w.row[k&3]++; return w }

//go:noinline
func some(k int) any {
	note("some", k)
	thing, integer = k, k+1
	switch k & 3 {
	case 0:
		return "some"
	case 1:
		return single
	case 2:
		return nil
	}
	return k
}

//go:noinline
func doing(k int) adder { note("doing", k); doer, whole.adder = whole.adder, doer; if k&1 == 0 { return fixed{k} }; return whole.moved }

//go:noinline
func maybe(k int) bool { note("maybe", k); total++; yes = !yes; return k&1 == 0 }

//go:noinline
func dict(k int) map[string]int { note("dict", k); old := table; if k&1 == 1 { table = map[string]int{"a": k} }; return old }

//go:noinline
func raw(k int) []byte { note("raw", k); data[k&3] ^= 1; return data }

//go:noinline
func two(k int) (int, int) { note("two", k); big.n, total = k, total-k; return k, total }

//go:noinline
func mixed(k int) (int, string, pair) { note("mixed", k); single.y -= k; word = steady; return count, word, single }

func named(k int) (n int, p pair) { defer func() { n += total; p.x++; count++ }(); p = single; n = bump(k); return n + p.x, p }

func plus(a, b int) int { note("plus", a, b); return a*10 + b }

func sum(a int, rest ...int) int { note("sum", a, len(rest)); for i, x := range rest { a += x * (i + 1) }; return a }

func same[T any](v T) T { return v }

//go:noinline
func last[T any](k int, vs ...T) T { count += k; return vs[len(vs)-1] }

func pairs(k int) func(func(int, string) bool) {
	note("pairs", k)
	return func(yield func(int, string) bool) { _ = yield(k, word) && yield(total, steady) && yield(count, "end") }
}

func reset(k int) {
	total, count, small, yes, word, steady, keyA, keyB = k+3, 5, 250, k == 1, "word", "steady", "a", "b"
	list, other, rest = []int{1, 2, 3, 4, 5, 6, 7, 8}, []int{11, 12, 13, 14, 15, 16, 17, 18, 19}, []int{21, 22, 23}
	rows = [][]int{{31, 32, 33, 34, 35, 36, 37, 38}, {41, 42, 43, 44, 45, 46, 47, 48}}
	lists = map[string][]int{"a": {1, 2, 3, 4, 5, 6, 7, 8}, "b": {51, 52, 53, 54, 55, 56, 57, 58}}
	table, stock = map[string]int{"a": 1, "word": 2}, map[string]pair{"a": {x: 3}, "word": {y: 4}}
	single, kinds = pair{8, 9, "one", k}, map[any]int{k: 1, "word": 2}
	pointer, shelf = &pair{3, 4, "ps", "any"}, []pair{{x: 61}, {x: 62, any: 5}, {y: 63}, {name: "last"}}
	people = map[string]*pair{"a": &single, "b": {x: 64}}
	row, big = [5]int{9, 8, 7, 6, k}, wide{7, [5]int{1, 2, 3, 4, 5}, single, other, pointer}
	bigger = &big
	thing, integer, doer, counter = "thing", k, fixed{k}, 6
	whole = outer{fixed{3}, &moved{4}, number(k), single}
	target, data, pipe = &total, append(make([]byte, 0, 16), "some bytes"...), make(chan int, 800)
	for i := range 400 {
		pipe <- i
	}
	hook = func(k int) int { note("hook", k); total += k; return total }
	operation = func(a, b int) int { note("operation", a, b); return a + b }
	log = nil
}

func state() string {
	show(total, count, int(small), yes, word, steady, keyA, list, other, rest, rows[0], rows[1], lists["a"], lists["b"])
	show(len(lists), len(table), table["a"], table[word], len(stock), stock["a"], stock[word], people["a"], people["b"], len(kinds))
	show(single, pointer, shelf[0], shelf[1], shelf[2], shelf[3], row, big, *bigger, thing, integer, doer)
	show(whole.fixed, whole.moved, whole.adder, whole.deep, counter, *target, data, len(pipe))
	return string(log)
}

func run(name string, f func(k int)) {
	for k := range 2 {
		reset(k)
		f(k)
		log = log[:min(len(log), 4000)]
		println(name, k, state())
	}
}
"""

_LOCALS: Final = """	near, far, held, flag, phrase, box := k+1, 2, 3, false, "phrase", any(k)
	mine, own, span, link, store := []int{4, 5, 6, 7, 8, 9, 10, 11}, single, row, pointer, big
	defer func() { show(near, far, held, flag, phrase, box, mine, own, span, link, store) }()
"""

# What hooks may do with the variables of the function that sets them: such are variables of closures, and change in mid-statement.
_HOOKS: Final = (
    "",
    'hook = func(k int) int { note("hook", k); held += k; return held }',
    'hook = func(k int) int { near++; mine = append(mine, k); own.x += k; note("hook", near); return near }',
    'hook = func(k int) int { span[k&3]++; far, held = held, far+1; link = pointer; flag = !flag; note("hook", far); return far }',
    "hook, target = func(k int) int { phrase += word; box = k; store.row[k&3]++; return len(phrase) }, &far",
    "hook, pointer, target = func(k int) int { own.y += k; *target++; return near }, &own, &near",
)

_LEAVES: Final = {
    "int": ("total", "count", "near", "far", "held", "single.x", "pointer.x", "link.y", "own.x", "row[1]", "span[2]", "list[2]", "big.n",
            "*target", "table[word]", "int(small)", "len(word)", "len(list)", "whole.deep.x", "bigger.row[1]", "shelf[1].x", "k",
            "(<-pipe)"),
    "bool": ("yes", "flag", "(total > count)", "(near == far)", "(word == phrase)"),
    "string": ("word", "phrase", "steady", "single.name", "pointer.name", "own.name"),
    "letters": ("steady",),
    "key": ("keyA", "keyB"),
    "pair": ("single", "own", "*pointer", "*link", "shelf[1]", "big.in", "stock[word]", "whole.deep"),
    "row": ("row", "span", "big.row", "bigger.row", "store.row"),
    "wide": ("big", "store", "*bigger"),
    "ints": ("list", "other", "mine"),
    "part": ("rest", "list[1:]", "big.list"),
    "bytes": ("data",),
    "any": ("thing", "box", "integer", "single.any", "own.any", "any(total)", "any(word)", "any(single)"),
    "adder": ("doer", "whole.adder", "adder(whole.moved)", "adder(counter)"),
    "pointer": ("pointer", "link", "(&single)", "(&shelf[2])", "(&own)"),
    "table": ("table",),
}  # fmt: skip

_DEEPER: Final = {
    "int": (
        "bump($int)", "bump(#)", "slip(#)", "slip($int)", "renew($int)", "renew(#)", "hook($int)", "hook(#)", "operation($int, $int)",
        "plus($int, $int)", "plus(two($int))", "sum($int, $int, $int)", "sum($int, $part...)", "sum(two(#))", "sum($int)", "same($int)",
        "last(#, $int, $int)", "($int + $int)", "($int - $int)", "($int * $int)", "($int ^ $int)", "($int / ($int | 1))",
        "($int % ($int | 1))", "($int << ($int & 7))", "(-$int)", "min($int, $int)", "max($int, $int, #)", "$ints[$int&7]", "$ints[$int&3]",
        "$row[$int&3]", "row[$int&3]", "list[$int&7]", "rows[$int&1][$int&7]", "lists[$key][$int&7]", "$table[$string]", "table[$string]",
        "kinds[$any]", "stock[$string].y", "people[$key].x", "shelf[$int&3].x", "$pair.x", "$pair.y", "$wide.n", "$wide.row[$int&3]",
        "$wide.in.x", "$pointer.x", "$pointer.Self().y", "$pointer.Sum($int)", "$pointer.Move($int)", "single.Sum($int)",
        "single.Move($int)", "shelf[$int&3].Sum($int)", "shelf[$int&3].Move($int)", "$pair.Sum($int)", "$wide.Get($int)", "big.Get($int)",
        "bigger.Get($int)", "$adder.Add($int)", "doer.Add($int)", "whole.Val($int)", "whole.Ptr($int)", "whole.adder.Add($int)",
        "counter.Add($int)", "counter.Inc($int)", "pair.Sum($pair, $int)", "(*pair).Move($pointer, $int)", "adder.Add($adder, $int)",
        "same($pointer.Move)($int)", "same($adder.Add)($int)", "same(counter.Add)($int)", "integer.(int)", "any($int).(int)",
        "len($string)", "len($part)", "len($table)", "int($letters[$int&3])", "int($bytes[$int&7])", "copy($part, $part)", "(<-pipe)",
        "[]int{$int, $int, #}[$int&1]", "[...]int{$int, 3: $int}[$int&3]", "map[bool]int{true: $int, false: $int}[$bool]", "*new($int)",
        "struct{ a, b int }{$int, $int}.b", "func(a int) int { total += a; return $int }($int)", "func() int { @int = $int; return # }()",
        "func() int { near += #; held++; return near }()", "int(uint8($int))", "int(real(complex(float64($int&7), float64($int&7))))",
        "*(func() *int { count++; return target }())", "last(#, $ints...)", "len(append($part, $int))",
        "(pair{$int, $int, $string, $any}.y)",
    ),
    "bool": (
        "maybe($int)", "maybe(#)", "($int < $int)", "($int == $int)", "($string == $string)", "($string < $string)", "($any == $any)",
        "($any == $int)", "($any != $pair)", "($pair == $pair)", "($row == $row)", "($adder == $adder)", "($pointer != $pointer)",
        "($bool && $bool)", "($bool || $bool)", "(!$bool)", "(string($bytes) == $string)", "same($bool)",
        "([2]any{$any, $int} == [2]any{$any, #})",
    ),
    "string": (
        "spell($int)", "spell(#)", "letter(#)", "($string + $string)", "($string + $string + $string)", "string($bytes)", "same($string)",
        "$letters[$int&3:]", "$letters[$int&1 : 2+$int&1]", "$pair.name", "$pointer.name", "any($string).(string)",
        "string($bytes[$int&3:])",
        "shelf[$int&3].name", "string(rune('a' + $int&7))", "last(#, $string, $string)", "stock[$string].name",
    ),
    "letters": ("letter($int)", "letter(#)", "($letters + $string)", "same($letters)"),
    "key": ("pick($int)", "pick(#)", "same($key)"),
    "pair": (
        "give($int)", "give(#)", "given($pair, $int)", "(pair{x: $int, y: $int})", "(pair{$int, $int, $string, $any})",
        "(pair{any: $int, x: $int})",
        "(*$pointer)", "shelf[$int&3]", "stock[$string]", "$wide.in", "any($pair).(pair)", "same($pair)",
        "[]pair{$pair, {y: $int}}[$int&1]",
        "map[string]pair{$string: $pair}[$string]", "*point($int)", "*people[$key]",
        "func(p pair) pair { p.y++; own.x++; return p }($pair)",
        "last(#, $pair, $pair)",
    ),
    "row": (
        "line($int)", "line(#)", "turned($row)", "([5]int{$int, $int, 4: $int})", "[5]int($ints[$int&3:])", "any($row).([5]int)",
        "$wide.row",
        "same($row)", "[2][5]int{$row, {$int}}[$int&1]", "(*func() *[5]int { count++; return &row }())",
    ),
    "wide": (
        "large($wide, $int)", "(wide{n: $int, row: $row, in: $pair, link: $pointer})", "bigger.Push($int)", "big.Push($int)", "same($wide)",
        "any($wide).(wide)", "(wide{in: pair{x: $int, any: $any}, row: [5]int{$int, $int}, list: $part, link: $pointer})",
    ),
    "ints": (
        "slice($int)", "slice(#)", "rows[$int&1]", "lists[$key]", "append($ints, $int)", "append($ints, $int, $int)",
        "append($ints, $part...)",
        "([]int{$int, 2: $int, 7: $int})", "same($ints)", "last(#, $ints, $ints)",
    ),
    "part": (
        "part($int)", "part(#)", "$ints[$int&3:]", "$ints[:$int&7]", "$ints[$int&1 : 2+$int&1]", "$ints[$int&1 : 2+$int&1 : 4+$int&1]",
        "$wide.list",
        "row[$int&3:]", "append($part, $int)", "append([]int(nil), $int, $int)", "([]int{$int, $int})", "lists[$string]",
    ),
    "bytes": ("raw($int)", "raw(#)", '[]byte($string + "12345678")', "append($bytes, byte($int))", "append($bytes, $string...)",
    "same($bytes)"),
    "any": (
        "some($int)", "some(#)", "any($int)", "any($string)", "any($pair)", "any($row)", "any($bool)", "any($pointer)", "$pair.any",
        "$pointer.any",
        "same[any]($int)", "last[any](#, $int, $any)", "[]any{$int, $any, $string}[$int&1]", "any(number($int))",
    ),
    "adder": (
        "doing($int)", "doing(#)", "adder(fixed{$int})", "adder(number($int))", "adder(&moved{$int})", "same($adder)",
        "any($adder).(adder)",
        "[]adder{$adder, fixed{$int}}[$int&1]", "last[adder](#, $adder, number($int))",
    ),
    "pointer": (
        "point($int)", "point(#)", "$pointer.Self()", "(&shelf[$int&3])", "people[$key]", "(&pair{x: $int, name: $string})",
        "same($pointer)",
        "new($pair)", "bigger.linked($pointer)", "last(#, $pointer, $pointer)",
    ),
    "table": ("dict($int)", "dict(#)", "map[string]int{$string: $int, $string: $int}", "same($table)"),
}  # fmt: skip

_PLACES: Final = {
    "int": (
        "total", "count", "near", "far", "held", "single.x", "own.y", "pointer.x", "*target", "row[$int&3]", "span[$int&3]", "list[$int&7]",
        "$ints[$int&3]", "$ints[:1:1][0]", "rows[$int&1][$int&7]", "lists[$key][$int&3]", "$table[$string]", "table[$string]",
        "kinds[$any]",
        "shelf[$int&3].x", "$pointer.y", "people[$key].x", "big.row[$int&3]", "bigger.row[$int&3]", "big.in.x", "whole.deep.y",
        "whole.fixed.n",
        "store.row[$int&3]", "*(func() *int { total++; return target }())", "$pointer.Self().x",
    ),
    "bool": ("yes", "flag"),
    "string": ("word", "phrase", "single.name", "$pointer.name", "shelf[$int&3].name", "own.name"),
    "letters": ("steady",),
    "pair": ("single", "own", "*$pointer", "shelf[$int&3]", "stock[$string]", "big.in", "store.in", "whole.deep", "*people[$key]"),
    "row": ("row", "span", "big.row", "bigger.row", "store.row"),
    "wide": ("big", "store", "*bigger"),
    "ints": ("list", "other", "mine", "rows[$int&1]", "lists[$key]"),
    "part": ("rest", "big.list", "bigger.list"),
    "bytes": ("data",),
    "any": ("thing", "box", "single.any", "$pointer.any", "shelf[$int&3].any", "own.any"),
    "adder": ("doer", "whole.adder"),
    "pointer": ("pointer", "link", "people[$key]", "bigger.link"),
    "table": ("table",),
}  # fmt: skip

_STATEMENTS: Final = (
    *("@int += $int", "@int -= $int", "@int ^= $int", "@int /= $int | 1", "@int <<= $int & 3", "@int++", "@int--", "@string += $string"),
    *("small += uint8($int)", "$bytes[$int&7] += byte($int)", "$bytes[$int&3]++", "integer = $int", "counter += number($int)"),
    *("~int, ~string, ~pair = mixed($int)", "~int, ~int = two($int)", "~int, ~pair = named($int)"),
    *("~int, ~bool = $table[$string]", "~pair, ~bool = stock[$string]", "~int, ~bool = $any.(int)", "~string, ~bool = $any.(string)"),
    *("~pair, ~bool = $any.(pair)", "~int, ~bool = <-pipe", "_, ~bool = $any.(adder)", "~int, ~bool = kinds[$any]"),
    *("show($int, $string, $any, $int)", "show($bool, $pair, $int)", "show($row, $ints, $int)", "show($wide, $int)", "show($int, $part)"),
    *("tell($int, $string, $any, $int)", "tell($int, $string, $int, $int, $pair, $any)",
      "tell($int, $string, $pair, $int, []any{$int}...)"),
    *("rest = append(rest, $int, $int)", "lists[$key] = append(lists[$key], $int)", "rows[$int&1] = append(rows[$int&1], $int, $int)"),
    *("lists[pick(#)] = append(lists[pick(#)], $int)", "mine = append(mine, $int)", "big.list = append(big.list, $part...)"),
    *("delete($table, $string)", "copy($part, $part)", "pipe <- $int", "clear($ints[:1])", "copy($bytes, $string)"),
    *("whole = outer{fixed{$int}, &moved{$int}, $adder, $pair}", "big = wide{$int, [5]int{$int, $int}, $pair, $part, $pointer}"),
    *('table = map[string]int{$string: $int, "k": $int}',
      'stock = map[string]pair{"a": {$int, $int, $string, $any}, $string: {any: $int}}'),
    *("shelf = []pair{{x: $int, any: $any}, $pair, {$int, $int, $string, $int}, 3: {any: $pair}}", "rows = [][]int{$ints, $ints}"),
    'people = map[string]*pair{"a": $pointer, "b": {x: $int, name: $string}}',
    "shelf = append(shelf[:4], $pair, pair{any: $int})",
    *("defer show($int, $string, $any)", "defer $adder.Add($int)", "defer tell($int, $string, $pair, $int, $int)",
      "defer $pointer.Move($int)"),
    *("defer func(a int, p pair) { note(`deferred`, a, p.x); @int = a + $int }($int, $pair)", "defer hook($int)"),
    "{ done := make(chan int); go func(a int, p pair) { done <- a + p.x }($int, $pair); @int = <-done }",
    *("if a, b := $int, $bool; b { @int = a } else { @any = a }", "if $bool { @int++ } else { @int = $int }"),
    "switch a := $int; a & 3 { case $int & 1: count++; case $int & 3, $int & 1: total++; default: @int = a }",
    *("switch $any { case $any: @int++; case $int, $string: @int--; }", "switch { case $bool: @int++; case $bool, $bool: @int = $int }"),
    "switch v := $any.(type) { case int: @int = v + $int; case string: @string = v + $string; case pair, nil: @any = v }",
    *("select { case pipe <- $int: default: total++ }", "select { case ~int = <-pipe: @int++ }", "select { case @int, @bool = <-pipe: }"),
    *("for @int, @int = range $row { if $bool { break } }", "for @int = range 3 { $statement }",
      "for ~int, @int = range $ints[:3] { $statement }"),
    *("for @string, @int = range map[string]int{$string: $int} { $statement }", "for @int, @string = range pairs($int) { $statement }"),
    *("for i, v := range $row { if v == $int { break }; row[i] += $int }", "for i, v := range &row { row[4-i] += v; span[i] = $int }"),
    "for i, a := 0, $int; i < 2 && (a < 0 || $bool || i == 0); i++ { $statement }",
    *("for range $letters[:2] { $statement }", "for i, r := range $letters[:3] { @int = i + int(r) + $int }"),
    "{ f, p := $pointer.Move, $pair; @pair = $pair; @int = f($int) + p.x }",
    "{ f, a := $adder.Add, $any; @adder = $adder; @any, @int = a, f($int) }",
    "{ f := func(a ...int) (int, any) { @int = len(a); return $int, $int }; @int, @any = f($int, $int) }",
    "{ a, b := $wide, $row; @row = $row; @int = a.Get(b[1]) }",
    "func(a, b int, p pair) { show(a, b, p, $int) }($int, $int, $pair)",
    "~int, ~string, ~any, ~pair = func() (int, string, any, pair) { return $int, $string, $any, $pair }()",
    "{ a, b, c := func() (n int, p pair, a any) { defer func() { n++; p.x = n }(); return $int, $pair, $int }(); show(a, b, c) }",
    "var a, b any = $int, $pair; show(a, b)",
)

_TYPES: Final = {
    "int": "int", "string": "string", "letters": "string", "pair": "pair", "row": "[5]int", "ints": "[]int", "any": "any", "bool": "bool",
    "adder": "adder", "pointer": "*pair", "wide": "wide",
}  # fmt: skip
_ASSIGNED: Final = (*["int"] * 8, *["pair"] * 3, *["any"] * 3, *_PLACES)
_MARK: Final = re.compile(r"([$@~])(\w+)|#")


class _Program:
    """One program: functions of its own, each with the same local variables, which random expressions of it may call."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.own: dict[str, list[str]] = {}
        self.parts: list[str] = []
        calls: dict[str, list[str]] = {}
        for number in range(self.random.randint(1, 3)):
            kind = self.random.choice(list(_TYPES))
            name = f"p{seed}_{number}"
            self._function(name, f" {_TYPES[kind]}", 1, f'\tnote("{name}", k)\n', f"\treturn {self.expand(f'${kind}', 2)}\n")
            calls.setdefault(kind, []).extend((f"{name}($int)", f"{name}(#)"))
        self.own = calls
        self._function(f"p{seed}", "", self.random.randint(2, 5), "", "")

    def _function(self, name: str, result: str, statements: int, before: str, after: str) -> None:
        hook = self.random.choice(_HOOKS)
        body = "".join(f"\t{{ {self.statement(2)} }}\n" if self.random.random() < 0.1 else f"\t{self._line()}\n" for _ in range(statements))
        self.parts.append(f"//go:noinline\nfunc {name}(k int){result} {{\n{before}{_LOCALS}\t{hook}\n{body}{after}}}\n")

    def _line(self) -> str:
        text = self.statement(2)
        return f"{{ {text} }}" if text.startswith("var ") else text

    def expand(self, text: str, depth: int) -> str:
        """What a text of the grammar stands for, with expressions of a depth at most."""

        def made(mark: re.Match[str]) -> str:
            sign, kind = mark.groups()
            if sign is None:
                return str(self.random.randint(0, 9))
            if kind == "statement":
                return self.statement(max(depth - 1, 0))
            if sign == "$":
                return self._expression(kind, depth)
            if sign == "~" and self.random.random() < 0.2:
                return "_"
            return self.expand(self.random.choice(_PLACES[kind]), depth - 1)

        return _MARK.sub(made, text)

    def _expression(self, kind: str, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.2:
            return self._group(self.random.choice(_LEAVES[kind]))
        if kind in self.own and self.random.random() < 0.15:
            return self.expand(self.random.choice(self.own[kind]), depth - 1)
        return self._group(self.expand(self.random.choice(_DEEPER[kind]), depth - 1))

    @staticmethod
    def _group(text: str) -> str:
        """What selectors may follow, and what no block takes for its own."""
        return f"({text})" if text[0] == "*" or re.match(r"(\[[\d.]*\]|map\[|struct\{|func\()", text) else text

    def statement(self, depth: int) -> str:
        """One statement on one line."""
        roll = self.random.random()
        if roll < 0.45:
            count = self.random.choice((1, 1, 2, 2, 3))
            kinds = [self.random.choice(_ASSIGNED) for _ in range(count)]
            places = ", ".join(self.expand(f"~{kind}", depth) for kind in kinds)
            values = ", ".join(self.expand(f"${kind}", depth + (count == 1)) for kind in kinds)
            return f"{places} = {values}"
        return self.expand(self.random.choice(_STATEMENTS), depth)


def package(seeds: Sequence[int]) -> str:
    """A program that runs the programs of all these seeds."""
    parts = [part for seed in seeds for part in _Program(seed).parts]
    calls = "".join(f'\trun("{seed}", p{seed})\n' for seed in seeds)
    return "\n".join((_HEAD, *parts, f"func main() {{\n{calls}}}\n"))
