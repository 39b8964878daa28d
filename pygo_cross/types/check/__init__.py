# SPDX-License-Identifier: BSD-3-Clause
"""The type checker: a package's syntax trees into an `Info`, and the mistakes that are in them.

`checker.Checker` holds the state of one package's check, and its `check_files` is the order of the phases. Everything else is functions
whose first argument is that Checker, one module a subject; modules call each other as modules (`typexpr.typ(check, e)`),
because declarations, types, expressions and statements need each other in a circle, as the language does.

| module | subject |
|---|---|
| `checker` | state, environment, delayed actions, the phases |
| `operand` | what an expression came to: mode, type, value; its description in messages |
| `info` | the results, keyed by syntax node |
| `recording` | writing results into `Info`, untyped expressions at last |
| `errors` | reports: positions, arguments formatted late, follow-on errors dropped |
| `resolve` | imports and package-level objects into scopes; methods with their receivers; unused imports |
| `decl` | objects of declarations: constants, variables, types, functions; cycles |
| `typexpr` | type expressions: names, literals, instances; `structs`, `interfaces`, `signatures`, `unions` beside it |
| `validtype` | types that contain themselves |
| `expr` | expressions: unary, binary, shifts, comparisons, untyped operands getting their type |
| `constexpr` | constant operands: overflow, representability, rounding |
| `literals` | basic, composite and function literals |
| `index` | indexing and slicing |
| `conversion` | T(x) |
| `call` | calls, arguments, instantiation of functions, selectors |
| `builtins` | predeclared functions, and those of unsafe |
| `assign` | assignability in context: initialisation, assignment, return values, arguments |
| `stmt` | statements; `ranges`, `labels`, `returns` beside it |
| `initorder` | the order of package-level initialisation, and its cycles |
| `mono` | instantiation that never ends |
| `version` | language versions |
"""
