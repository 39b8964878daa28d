# SPDX-License-Identifier: BSD-3-Clause
"""Tokens, operators, precedences and kinds of literals, as plain ints, with their spelling.

Numbers and order are those of src/cmd/compile/internal/syntax/tokens.go, so that sets of tokens are bit masks of the same
bits and a dump of ours can be laid beside one of stock's.
"""

from __future__ import annotations

from typing import Final

EOF: Final = 1
NAME: Final = 2
LITERAL: Final = 3
OPERATOR: Final = 4  # every operator but `*`
ASSIGN_OP: Final = 5  # op=
INC_OP: Final = 6  # ++ and --
ASSIGN: Final = 7
DEFINE: Final = 8
ARROW: Final = 9
STAR: Final = 10
LPAREN: Final = 11
LBRACK: Final = 12
LBRACE: Final = 13
RPAREN: Final = 14
RBRACK: Final = 15
RBRACE: Final = 16
COMMA: Final = 17
SEMI: Final = 18
COLON: Final = 19
DOT: Final = 20
DOT_DOT_DOT: Final = 21
BREAK: Final = 22
CASE: Final = 23
CHAN: Final = 24
CONST: Final = 25
CONTINUE: Final = 26
DEFAULT: Final = 27
DEFER: Final = 28
ELSE: Final = 29
FALLTHROUGH: Final = 30
FOR: Final = 31
FUNC: Final = 32
GO: Final = 33
GOTO: Final = 34
IF: Final = 35
IMPORT: Final = 36
INTERFACE: Final = 37
MAP: Final = 38
PACKAGE: Final = 39
RANGE: Final = 40
RETURN: Final = 41
SELECT: Final = 42
STRUCT: Final = 43
SWITCH: Final = 44
TYPE: Final = 45
VAR: Final = 46

TOKEN_NAMES: Final = (
    "", "EOF", "name", "literal", "op", "op=", "opop", "=", ":=", "<-", "*", "(", "[", "{", ")", "]", "}", ",", ";", ":", ".", "...",
    "break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "func", "go", "goto", "if", "import",
    "interface", "map", "package", "range", "return", "select", "struct", "switch", "type", "var",
)  # fmt: skip
"""Spelling of each token, by its number."""

KEYWORDS: Final = {TOKEN_NAMES[token]: token for token in range(BREAK, VAR + 1)}

# Operators of `Operation.op` and `AssignStmt.op`; NO_OP in a plain assignment.
NO_OP: Final = 0
DEF: Final = 1  # the `:` of `:=`
NOT: Final = 2
RECV: Final = 3
TILDE: Final = 4
OR_OR: Final = 5
AND_AND: Final = 6
EQL: Final = 7
NEQ: Final = 8
LSS: Final = 9
LEQ: Final = 10
GTR: Final = 11
GEQ: Final = 12
ADD: Final = 13
SUB: Final = 14
OR: Final = 15
XOR: Final = 16
MUL: Final = 17
DIV: Final = 18
REM: Final = 19
AND: Final = 20
AND_NOT: Final = 21
SHL: Final = 22
SHR: Final = 23

OPERATOR_NAMES: Final = (
    "", ":", "!", "<-", "~", "||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "|", "^", "*", "/", "%", "&", "&^", "<<", ">>",
)  # fmt: skip
"""Spelling of each operator, by its number."""

PRECEDENCES: Final = (0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5)
"""Of each operator as a binary one, 1 (`||`) to 5 (`*`); 0 for what is never binary."""

# Kinds of BasicLit.
INT_LIT: Final = 0
FLOAT_LIT: Final = 1
IMAG_LIT: Final = 2
RUNE_LIT: Final = 3
STRING_LIT: Final = 4

LIT_KIND_NAMES: Final = ("IntLit", "FloatLit", "ImagLit", "RuneLit", "StringLit")

# Directions of ChanType.
BOTH_DIR: Final = 0
SEND_ONLY: Final = 1
RECV_ONLY: Final = 2
