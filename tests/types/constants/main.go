// SPDX-License-Identifier: BSD-3-Clause

// Command constants evaluates constant expressions with go/constant: the oracle for pygo_cross/types/constant.py.
//
// Every line of its input is an expression in postfix form, its words separated by tabs; for each it prints kind,
// ExactString and String of the result, separated by tabs, or "panic" where go/constant refuses the operation.
package main

import (
	"bufio"
	"fmt"
	"go/constant"
	"go/token"
	"os"
	"strconv"
	"strings"
)

var literals = map[string]token.Token{
	"int": token.INT, "float": token.FLOAT, "imag": token.IMAG, "rune": token.CHAR, "string": token.STRING,
}

var operators = map[string]token.Token{
	"+": token.ADD, "-": token.SUB, "*": token.MUL, "/": token.QUO, "div": token.QUO_ASSIGN, "%": token.REM,
	"&": token.AND, "|": token.OR, "^": token.XOR, "&^": token.AND_NOT, "&&": token.LAND, "||": token.LOR,
}

var comparisons = map[string]token.Token{
	"==": token.EQL, "!=": token.NEQ, "<": token.LSS, "<=": token.LEQ, ">": token.GTR, ">=": token.GEQ,
}

var unary = map[string]func(constant.Value) constant.Value{
	"neg":       func(x constant.Value) constant.Value { return constant.UnaryOp(token.SUB, x, 0) },
	"not":       func(x constant.Value) constant.Value { return constant.UnaryOp(token.NOT, x, 0) },
	"com":       func(x constant.Value) constant.Value { return constant.UnaryOp(token.XOR, x, 0) },
	"com64":     func(x constant.Value) constant.Value { return constant.UnaryOp(token.XOR, x, 64) },
	"toint":     constant.ToInt,
	"tofloat":   constant.ToFloat,
	"tocomplex": constant.ToComplex,
	"real":      constant.Real,
	"imag":      constant.Imag,
	"makeimag":  constant.MakeImag,
	"num":       constant.Num,
	"denom":     constant.Denom,
	"sign":      func(x constant.Value) constant.Value { return constant.MakeInt64(int64(constant.Sign(x))) },
	"bitlen":    func(x constant.Value) constant.Value { return constant.MakeInt64(int64(constant.BitLen(x))) },
	"float32": func(x constant.Value) constant.Value {
		f, _ := constant.Float32Val(x)
		return constant.MakeFloat64(float64(f))
	},
	"float64": func(x constant.Value) constant.Value {
		f, _ := constant.Float64Val(x)
		return constant.MakeFloat64(f)
	},
}

func evaluate(line string) (result string) {
	defer func() {
		if recover() != nil {
			result = "panic"
		}
	}()
	var stack []constant.Value
	pop := func() constant.Value {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		return x
	}
	for _, word := range strings.Split(line, "\t") {
		name, argument, _ := strings.Cut(word, ":")
		switch {
		case word == "true" || word == "false":
			stack = append(stack, constant.MakeBool(word == "true"))
		case literals[name] != 0:
			stack = append(stack, constant.MakeFromLiteral(argument, literals[name], 0))
		case operators[word] != 0:
			y, x := pop(), pop()
			stack = append(stack, constant.BinaryOp(x, operators[word], y))
		case comparisons[word] != 0:
			y, x := pop(), pop()
			stack = append(stack, constant.MakeBool(constant.Compare(x, comparisons[word], y)))
		case name == "shl" || name == "shr":
			count, err := strconv.Atoi(argument)
			if err != nil {
				panic(err)
			}
			op := token.SHL
			if name == "shr" {
				op = token.SHR
			}
			stack = append(stack, constant.Shift(pop(), op, uint(count)))
		default:
			stack = append(stack, unary[name](pop()))
		}
	}
	x := pop()
	return fmt.Sprintf("%v\t%s\t%s", x.Kind(), x.ExactString(), x)
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		fmt.Fprintln(out, evaluate(in.Text()))
	}
	if err := in.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
