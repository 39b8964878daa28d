# SPDX-License-Identifier: BSD-3-Clause
"""The compiler's intermediate representation, alone: values and blocks in SSA form, their text, and what makes them well-formed.

A function is a list of blocks; a block is a list of values, executed in that order, and an exit. Every value is a scalar that fits a
register (`kinds`): Go's strings, slices, interfaces and small structs are several values, larger things are in memory and known by their
address. So there is one representation from lowering to instruction selection, and no pass that takes aggregates apart.

Order says what memory is like: values with effects stay in the order of their block, and a load sees all stores before it.
Values without effects may stand anywhere that dominates their uses. There is no memory token.

| module | what it has |
|---|---|
| `kinds` | what a value is to the machine |
| `ops` | the operations, one row each |
| `func` | Value, Block, Func, Slot |
| `shape` | Go types as scalars |
| `refs` | what values refer to outside of their function |
| `unit` | what lowering a package gives |
| `builder` | SSA construction from assignments to variables, block by block |
| `printer`, `parser` | the text form, both ways |
| `verify` | what must hold between any two passes |
| `dominators` | order, dominance, loops |
"""
