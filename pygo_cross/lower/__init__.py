# SPDX-License-Identifier: BSD-3-Clause
"""From typed syntax to SSA, in one step: one module a subject of the language.

Everything is functions whose first argument is the `FuncLowering` of the function being built, as in the type checker, and dispatch is by
tables keyed by `type(node)`. What no table has yet raises InternalError and names it.

| module | subject |
|---|---|
| `package` | a package: its functions, variables, initialisation |
| `function` | the state of one function: variables, blocks, where branches go |
| `values` | what an expression came to: scalars, or memory |
| `names` | link names of functions, methods, literals, instances |
| `runtime` | functions of the runtime that compiled code calls, as GOROOT declares them |
| `exprs` | expressions: names, constants, operators, comparisons |
| `convert` | conversions of numbers and between types of one shape |
| `places` | what can be assigned to or have its address taken: variables, fields, elements |
| `literals` | composite literals and function literals |
| `calls` | calls, arguments, results; predeclared functions |
| `stmts` | statements: declarations, assignments, branches, returns |
| `switches`, `typeswitch` | switch statements |
| `loops`, `rangefunc` | loops; those over functions |
| `select_`, `chans` | select statements and channels |
| `defer` | go and defer, recover, and how a function that defers returns |
| `maps` | maps |
| `captured`, `closures` | which variables functions share, and the records of function literals |
| `interfaces`, `methods`, `compare`, `wrappers`, `algorithms` | interfaces, methods, equality, and the functions that tables need |
| `strings`, `print_` | strings; print and println |
| `generics`, `imports` | instances of generic functions, and what is asked of other packages |
| `initialise`, `staticdata` | package-level variables, and values that are data |
| `directives`, `abiwrappers`, `intrinsics`, `unsafe`, `embed` | directives, bridges between conventions, functions that are operations |
| `order` | what is evaluated when, where calls are among operands |
"""
