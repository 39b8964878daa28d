# SPDX-License-Identifier: BSD-3-Clause
"""The programs that linker tests link: sources by file name, and what each prints."""

from __future__ import annotations

HELLO = {
    "main.go": """package main

import "fmt"

func main() { fmt.Println("hello") }
"""
}

# What the linker treats in a way of its own, in one program that stays small: map initialisers that nobody needs,
# generics shared by packages, methods kept by interface calls and by MethodByName of a constant, embedded files, references
# through linkname in both directions, assembly, a package path with dots, file-local symbols, deferred calls, init order, variables that -X
# can set, methods through embedded pointers, large and zero-sized variables.
FEATURES = {
    "main.go": """package main

import (
	"embed"
	_ "embed"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	_ "unsafe"

	"example.com/program/kit"
	"example.com/program/v1.2/dotted.pkg"
)

var unused = map[string]int{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9}
var used = map[string]int{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9}

var text = "unset"
var empty string
var number = 7

//go:embed data
var files embed.FS

//go:embed data/two.txt
var two string

type caller struct{ name string }

func (c caller) Greet() string  { return "greetings from " + c.name }
func (c caller) Unused() string { return "never " + c.name }

type named interface{ Greet() string }

var big [1 << 20]byte
var zero struct{}
var pointers [300]*int

//go:linkname fastrand runtime.cheaprand
func fastrand() uint32

//go:linkname pushed example.com/program/kit.pulled
func pushed(n int) int { return n + 100 }

func add(a, b int64) int64

func deferred() (n int) {
	defer func() { n *= 2 }()
	defer func() { recover(); n = 21 }()
	panic("caught")
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "trace" {
		panic("traced")
	}
	fmt.Println(len(used), text, empty, number, strings.TrimSpace(two))
	names, _ := files.ReadDir("data")
	for _, name := range names {
		fmt.Println(name.Name())
	}
	method := reflect.ValueOf(caller{"reflection"}).MethodByName("Greet")
	fmt.Println(method.Call(nil)[0])
	var n named = caller{"an interface"}
	fmt.Println(n.Greet(), fastrand() == fastrand() && fastrand() == fastrand())
	fmt.Println(kit.Double(21), kit.Join([]string{"a", "b"}), kit.Pull(1), kit.Order, dotted.Name(), dotted.Local())
	fmt.Println(add(40, 2), deferred(), len(big), zero, pointers[7] == nil)
	pointers[8] = &number
	runtime.GC()
	big[1<<19] = 1
	fmt.Println(*pointers[8], kit.Stack[string]{"x"}.Top())
}
""",
    "add_amd64.s": """#include "textflag.h"
DATA scale<>+0(SB)/8, $1
GLOBL scale<>(SB), RODATA|NOPTR, $8
DATA slot<>+0(SB)/8, $scale<>(SB)
GLOBL slot<>(SB), NOPTR, $8
TEXT ·add(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), AX
	MOVQ slot<>(SB), BX
	IMULQ (BX), AX
	ADDQ b+8(FP), AX
	MOVQ AX, ret+16(FP)
	RET
""",
    "add_arm64.s": """#include "textflag.h"
DATA scale<>+0(SB)/8, $1
GLOBL scale<>(SB), RODATA|NOPTR, $8
DATA slot<>+0(SB)/8, $scale<>(SB)
GLOBL slot<>(SB), NOPTR, $8
TEXT ·add(SB), NOSPLIT, $0-24
	MOVD a+0(FP), R0
	MOVD slot<>(SB), R1
	MOVD (R1), R1
	MUL R1, R0, R0
	MOVD b+8(FP), R1
	ADD R0, R1, R0
	MOVD R0, ret+16(FP)
	RET
""",
    "data/one.txt": "one\n",
    "data/two.txt": "two\n",
    "kit/kit.go": """// Package kit is initialised after the package it imports, and calls back into main through linkname.
package kit

import (
	_ "unsafe"

	"example.com/program/v1.2/dotted.pkg"
)

var Order = dotted.Count() + 1

//go:noinline
func Double[T int | string](v T) T { return v + v }

func Join(list []string) (all string) {
	for _, item := range list {
		all = Double(all + item)
	}
	return
}

func pulled(n int) int

func Pull(n int) int { return pulled(n) }

type Stack[T any] []T

func (s Stack[T]) Top() T { return s[len(s)-1] }
""",
    "kit/kit.s": "",
    "v1.2/dotted.pkg/dotted.go": """package dotted

var count = 1

func init() { count = 41 }

func Count() int { return count }

var name = "dotted"

func Name() string { return name }

func Local() string {
	type local struct{ n int }
	return typeName(local{1})
}

func typeName(v any) string {
	if _, ok := v.(interface{ String() string }); ok {
		return "stringer"
	}
	return "local"
}
""",
}
FEATURES_OUTPUT = """9 unset  7 two
one.txt
two.txt
greetings from reflection
greetings from an interface false
42 aabaab 101 42 dotted local
42 42 1048576 {} true
7 x
"""

# MethodByName of a name that is known only at run time: every exported method of every type in an interface stays.
DYNAMIC = {
    "main.go": """package main

import (
	"fmt"
	"os"
	"reflect"
)

type service struct{}

func (service) Alpha() string { return "alpha" }
func (service) Beta() string  { return "beta" }

func main() {
	name := "Alpha"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	fmt.Println(reflect.ValueOf(service{}).MethodByName(name).Call(nil)[0])
}
"""
}

FIPS = {
    "main.go": """package main

import (
	"crypto/fips140"
	"crypto/sha256"
	"fmt"
)

func main() { fmt.Printf("%v %x\\n", fips140.Enabled(), sha256.Sum256([]byte("abc"))) }
"""
}

COVERED = {
    "main.go": """package main

import (
	"fmt"

	"example.com/program/lib"
)

func main() { fmt.Println(lib.Sign(3), lib.Sign(-3)) }
""",
    "lib/lib.go": """package lib

func Sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}
""",
}

# Small, since it is linked hundreds of times, yet with every kind of symbol that the linker looks into: types with methods, interfaces,
# arrays and structs of pointers in data and bss, map initialisers, strings that -X sets, assembly, generics.
TINY = {
    "main.go": """package main

import "example.com/program/part"

type shape interface{ Area() int }

type Square struct {
	side int
	next *Square
}

func (s *Square) Area() int  { return s.side * s.side }
func (s *Square) Never() int { return 0 }

var list [4]struct {
	name string
	head *Square
}
var text = "text"
var table = map[string]*Square{"a": {1, nil}, "b": {2, nil}, "c": {3, nil}, "d": {4, nil}, "e": {5, nil}, "f": {6, nil}, "g": {7, nil}}
var unused = map[string]*Square{"a": {1, nil}, "b": {2, nil}, "c": {3, nil}, "d": {4, nil}, "e": {5, nil}, "f": {6, nil}, "g": {7, nil}}
var held any = part.Pair[string, *Square]{"x", &Square{side: 5}}

func add(a, b int64) int64

func area(s shape) int {
	defer func() {
		if recover() != nil {
			list[0].head = nil
		}
	}()
	return s.Area()
}

func main() {
	list[0].head = table["b"]
	list[1].name = text
	if named, ok := held.(interface{ Name() string }); ok {
		println(named.Name())
	}
	println(area(list[0].head), add(40, 2), list[1].name, part.Sum(1, 2, 3))
}
""",
    "add_amd64.s": FEATURES["add_amd64.s"],
    "add_arm64.s": FEATURES["add_arm64.s"],
    "part/part.go": """package part

type Pair[K comparable, V any] struct {
	Key   K
	Value V
}

func (p Pair[K, V]) Name() string { return "pair" }

var start = func() int { return len(names) }()
var names = []string{"one", "two"}

func init() { start -= 2 }

//go:noinline
func Sum[T int | float64](list ...T) (all T) {
	for _, item := range list {
		all += item
	}
	return all + T(start)
}
""",
}
TINY_OUTPUT = "pair\n4 42 text 6\n"

# Linked as a test with -fuzz: the fuzzing engine finds its counters between two marks of the linker's.
FUZZED = COVERED | {
    "lib/lib_test.go": """package lib

import "testing"

func FuzzSign(f *testing.F) {
	f.Add(1)
	f.Fuzz(func(t *testing.T, n int) {
		if Sign(n) == 0 {
			t.Fatal(n)
		}
	})
}
""",
}

GOROOT = {
    "main.go": """package main

import "runtime"

func main() { println(runtime.GOROOT()) }
"""
}
