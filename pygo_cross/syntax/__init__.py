# SPDX-License-Identifier: BSD-3-Clause
"""Go source text into syntax trees: scanner, nodes, parser, directives, printer.

The tree is the one that cmd/compile's own front end builds (src/cmd/compile/internal/syntax): the same nodes, at the same
positions, with the same errors; what go/ast knows beyond that (exact ends, parentheses around types) is kept too.
"""
