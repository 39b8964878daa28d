# SPDX-License-Identifier: BSD-3-Clause
"""Operands: from tokens to `Addr`.

The general form is `prefix symbol+offset(base)(index*scale)`, every piece of which may be missing; registers, constants,
strings and the forms of one architecture stand apart. Arithmetic is on 64 unsigned bits with Go's precedence. An operand
is read once for each spelling: `OperandParser.parse` remembers what it made, and Addrs are shared.

The first mistake ends an operand (`OperandError`, whose text is stock's). Facts: GOROOT/src/cmd/asm/internal/asm/parse.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn

from pygo_cross.arch.machine import Machine
from pygo_cross.asm import lexer, numbers
from pygo_cross.asm.lexer import describe, is_name
from pygo_cross.asm.preprocess import NotAMacro
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import (
    ADDR,
    BRANCH,
    CONST,
    FCONST,
    INDIR,
    MEM,
    NAME_AUTO,
    NAME_EXTERN,
    NAME_NONE,
    NAME_PARAM,
    NAME_STATIC,
    REG,
    REGREG,
    RPC,
    SCONST,
    SPECIAL,
    Addr,
)

MAX_NESTING: Final = 200
_MASK: Final = (1 << 64) - 1
_TYPE_OF_PREFIX: Final = {"": MEM, "$": ADDR, "*": INDIR}
_SCALES: Final = {"1": 1, "2": 2, "4": 4, "8": 8}
_SHIFT_OPERATORS: Final = frozenset({"<<", ">>", "->", "@>"})
_ABIS: Final = {"ABI0": 0, "ABIInternal": 1}


class OperandError(Exception):
    """An operand that can't be read; its text says why."""


class OperandParser:
    """Reads operands for one machine into the symbols of one Context.

    `allow_abi` tells whether names may select an ABI (`f<ABIInternal>(SB)`). While an operand is read, `tokens` are its
    tokens and `at` where reading is; the `Syntax` of an architecture uses both.
    """

    def __init__(self, context: Context, machine: Machine, package_prefix: str, allow_abi: bool) -> None:
        self.context = context
        self.machine = machine
        self.syntax = machine.syntax
        self.registers: Mapping[str, int] = machine.registers
        self.package_prefix = package_prefix
        self.allow_abi = allow_abi
        self.tokens: tuple[str, ...] = ()
        self.at = 0
        self.jump = False
        self.depth = 0
        self._known: tuple[dict[tuple[str, ...], Addr], dict[tuple[str, ...], Addr]] = ({}, {})

    def parse(self, tokens: tuple[str, ...], jump: bool = False) -> Addr:
        """The operand that these tokens are; in a jump, a bare name is a label. Raises OperandError."""
        known = self._known[jump]
        addr = known.get(tokens)
        if addr is None:
            self.start(tokens, jump)
            addr = Addr()
            try:
                self.operand(addr)
            except RecursionError:
                self.fail("expression nested too deeply")
            known[tokens] = addr
        return addr

    def start(self, tokens: tuple[str, ...], jump: bool = False) -> None:
        """Begin to read an operand."""
        if any("\u00b7" in token or "\u2215" in token for token in tokens):
            tokens = tuple(map(lexer.plain, tokens))
        self.tokens = tokens
        self.at = 0
        self.jump = jump
        self.depth = 0

    # Tokens.

    def fail(self, message: str) -> NoReturn:
        """Give the operand up."""
        raise OperandError(message)

    def peek(self) -> str:
        """The next token; "" at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    describe = staticmethod(describe)

    def next(self) -> str:
        """Consumes the next token; "" at the end."""
        if self.at >= len(self.tokens):
            return ""
        self.at += 1
        return self.tokens[self.at - 1]

    def get(self, expected: str) -> str:
        """Consumes the token `expected`, or fails."""
        if self.peek() != expected:
            self.fail(f"expected {describe(expected)}, found {self.next() or 'EOF'}")
        return self.next()

    def get_name(self) -> str:
        """Consumes an identifier, or fails."""
        token = self.peek()
        if not token or not is_name(token):
            self.fail(f"expected identifier, found {self.next() or 'EOF'}")
        return self.next()

    def at_integer(self) -> bool:
        """Whether the next token is an integer literal."""
        token = self.peek()
        return bool(token) and "0" <= token[0] <= "9" and not lexer.is_float(token)

    def get_integer(self) -> str:
        """Consumes an integer literal, or fails."""
        if not self.at_integer():
            self.fail(f"expected integer constant, found {self.next() or 'EOF'}")
        return self.next()

    def end(self) -> None:
        """Fails unless all tokens are consumed."""
        if self.at < len(self.tokens):
            self.fail(f"expected end of operand, found {self.next()}")

    # Registers.

    def at_register(self, name: str) -> bool:
        """Whether `name`, just consumed, begins a register."""
        return name in self.registers or (name in self.machine.register_prefixes and self.peek() == "(")

    def register_number(self, name: str) -> int:
        """The register `name`, or `name` with a number in parentheses behind it."""
        number = self.registers.get(name)
        if number is not None:
            return number
        if name not in self.machine.register_prefixes or self.machine.register_number is None:
            self.fail(f"expected register; found {name or 'EOF'}")
        self.get("(")
        text = self.get_integer()
        self.get(")")
        if not text.isdigit() or int(text) > 32767:
            problem = "value out of range" if text.isdigit() else "invalid syntax"
            self.fail(f'parsing register list: strconv.ParseInt: parsing "{text}": {problem}')
        number = self.machine.register_number(name, int(text))
        if not number:
            self.fail(f"illegal register {name}(0)")
        return number

    def _register(self, name: str, prefix: str) -> tuple[int, int, int]:
        """A register, perhaps with a second one or a scale: R1, (R1, R2) or R1*4. Returns both (0 for none) and the scale."""
        first = self.register_number(name)
        if prefix and prefix != "*":
            self.fail(f"prefix {prefix} not allowed for register: {prefix}{name}")
        second = scale = 0
        follows = self.peek()
        if follows and follows in ":,+":
            self.next()
            if follows == "," and not self.syntax.pairs:
                self.fail("(register,register) not supported on this architecture")
            if follows == "+":
                self.fail("(register+register) not supported on this architecture")
            second = self.register_number(self.next())
        if self.peek() == "*":
            self.next()
            text = self.next()
            if text not in _SCALES:
                self.fail(f"bad scale: {text or 'EOF'}")
            scale = _SCALES[text]
        return first, second, scale

    # The operand.

    def operand(self, addr: Addr) -> None:
        """Reads the tokens as an operand into `addr`. Raises OperandError."""
        tokens = self.tokens
        if not tokens:
            self.fail("empty operand: cannot happen")
        prefix = ""
        if tokens[0] in ("$", "*"):
            prefix = self.next()
        name = self.next()
        named = bool(name) and is_name(name) and name.__class__ is not NotAMacro
        if named and not self.at_register(name):
            special = self.syntax.special(name)
            if special is not None:
                addr.type = SPECIAL
                addr.offset = special
            else:
                self._symbol(addr, self._qualify(name), prefix)
            if self.at >= len(tokens):
                return
        if self.syntax.whole(self, addr):
            return
        if name == "[":
            if prefix:
                self.fail("illegal use of register list")
            self.syntax.register_list(self, addr)
            self.end()
            return
        if named and self.at_register(name):
            if not (self.syntax.shifts and self.syntax.register_tail(self, addr, name, prefix)):
                number, second, scale = self._register(name, prefix)
                if scale:
                    self.fail("expected simple register reference")
                if second:
                    self.fail("expected simple register reference")
                addr.type = REG
                addr.reg = number
            self.end()
            return
        if self._constant(addr, name, prefix):
            return
        self.indirect(addr, prefix)
        self.end()

    def _constant(self, addr: Addr, first: str, prefix: str) -> bool:
        """Reads a constant, or the displacement in front of a register; tells whether the operand ends with it."""
        if first == "(":
            inner = self.next()
            if not inner:
                self.fail("missing right parenthesis")
            self.at -= 1
            # Not R(1): stock sees no register in it here.
            if inner in self.registers:
                self.at -= 1
                return False
        elif not (first and (first[0] in "\"'+-~" or lexer.is_number(first)) and first != "->"):
            return False
        self.at -= 1
        rest = self.tokens[self.at :]
        if any(map(lexer.is_float, rest)):
            if prefix != "$":
                self.fail("floating-point constant must be an immediate")
            addr.type = FCONST
            addr.value = self._float()
            self.end()
            return True
        if any(token[0] == '"' for token in rest):
            if prefix != "$":
                self.fail("string constant must be an immediate")
            text = self.next()
            if text[0] != '"':
                self.fail(f"expected string constant, found {text}")
            value = numbers.unquote(text)
            if value is None:
                self.fail("string parse error: invalid syntax")
            addr.type = SCONST
            addr.value = value
            self.end()
            return True
        addr.offset = numbers.signed(self.expression())
        if self.peek() != "(":
            addr.type = CONST if prefix == "$" else _TYPE_OF_PREFIX[prefix]
            self.end()
            return True
        return False

    def _qualify(self, name: str) -> str:
        """A symbol's full name: one that begins with a dot is of this package."""
        return self.package_prefix + name if name[0] == "." else name

    def _symbol(self, addr: Addr, name: str, prefix: str) -> None:
        """Reads what follows a symbol's name: <> or <ABI>, an offset, and what it is relative to."""
        addr.type = _TYPE_OF_PREFIX[prefix]
        static, abi = self.symbol_attributes(name, True)
        if self.peek() in ("+", "-"):
            addr.offset = numbers.signed(self.expression())
        addr.sym = self.context.lookup_static(name) if static else self.context.lookup(name, abi)
        if self.at >= len(self.tokens):
            if not prefix and self.jump:
                return
            self.fail(f"illegal or missing addressing mode for symbol {name}")
        self.get("(")
        register = self.get_name()
        self.get(")")
        self._pseudo(addr, register, static, prefix)

    def _pseudo(self, addr: Addr, register: str, static: bool, prefix: str) -> None:
        """Makes `addr` relative to a pseudo-register."""
        if addr.reg:
            self.fail(f"internal error: reg {register} already set in pseudo")
        if register == "FP":
            addr.name = NAME_PARAM
        elif register == "PC":
            if prefix:
                self.fail("illegal addressing mode for PC")
            addr.type = BRANCH
        elif register == "SB":
            addr.name = NAME_STATIC if static else NAME_EXTERN
        elif register == "SP":
            addr.name = NAME_AUTO
        else:
            self.fail(f"expected pseudo-register; found {register}")
        if prefix == "$":
            addr.type = ADDR

    def symbol_attributes(self, name: str, report: bool) -> tuple[bool, int]:
        """Reads <>, <ABI0> or <ABIInternal> behind a name: whether it is static, and its ABI."""
        if self.peek() != "<":
            return False, 0
        self.next()
        static, abi = False, 0
        token = self.peek()
        if token == ">":
            static = True
        elif token and is_name(token):
            selector = self.next()
            if not self.allow_abi:
                if report:
                    self.fail(f'ABI selector only permitted when compiling runtime, reference was to "{name}"')
            elif selector not in _ABIS:
                if report:
                    self.fail(f'malformed ABI selector "{selector}" in reference to "{name}"')
            else:
                abi = _ABIS[selector]
        self.get(">")
        return static, abi

    def indirect(self, addr: Addr, prefix: str) -> None:
        """Reads (R1), (R2*scale), (R1)(R2*scale) and the like, from the opening parenthesis."""
        self.get("(")
        name = self.next()
        first, second, scale = self._register(name, "")
        if self.peek() != ")" and self.syntax.indirect_tail(self, addr, first):
            return
        self.get(")")
        addr.type = MEM
        if first < 0:
            if second:
                self.fail("cannot use pseudo-register in pair")
            if name != "PC" and addr.name == NAME_NONE:
                self.fail(f"cannot reference {name} without a symbol")
            self._pseudo(addr, name, False, prefix)
            return
        addr.reg = first
        if second:
            if not self.syntax.pairs:
                self.fail("indirect through register pair")
            if prefix or scale:
                self.fail("illegal address mode for register pair")
            addr.type = REGREG
            addr.offset = second
            return
        if prefix == "$":
            addr.type = ADDR
        if first == RPC and prefix:
            self.fail("illegal addressing mode for PC")
        if not scale and self.peek() == "(":
            self.next()
            name = self.next()
            if not (
                self.syntax.shifts and self.peek() in (".", "[", *_SHIFT_OPERATORS) and self.syntax.register_tail(self, addr, name, prefix)
            ):
                number, second, scale = self._register(name, "")
                if second:
                    self.fail("unimplemented two-register form")
                addr.index = number
                if scale > 1 and not self.syntax.scaled_index:
                    self.fail(f"{self.machine.name} doesn't support scaled register format")
                addr.scale = scale
            self.get(")")
        elif scale:
            if not self.syntax.scaled_index:
                self.fail(f"{self.machine.name} doesn't support scaled register format")
            addr.reg = 0
            addr.index = first
            addr.scale = scale

    # Arithmetic.

    def expression(self) -> int:
        """term | term ('+' | '-' | '|' | '^') expression, on 64 unsigned bits."""
        value = self._term()
        while True:
            operator = self.peek()
            if operator == "+":
                self.at += 1
                value = value + self._term() & _MASK
            elif operator == "-":
                self.at += 1
                value = value - self._term() & _MASK
            elif operator == "|":
                self.at += 1
                value |= self._term()
            elif operator == "^":
                self.at += 1
                value ^= self._term()
            else:
                return value

    def _term(self) -> int:
        value = self._factor()
        while True:
            operator = self.peek()
            if operator == "*":
                self.at += 1
                value = value * self._factor() & _MASK
            elif operator == "/":
                self.at += 1
                if value >> 63:
                    self.fail("divide of value with high bit set")
                divisor = self._factor()
                if not divisor:
                    self.fail("division by zero")
                value //= divisor
            elif operator == "%":
                self.at += 1
                divisor = self._factor()
                if value >> 63:
                    self.fail("modulo of value with high bit set")
                if not divisor:
                    self.fail("modulo by zero")
                value %= divisor
            elif operator == "<<":
                self.at += 1
                shift = self._factor()
                if shift >> 63:
                    self.fail("negative left shift count")
                return value << shift & _MASK if shift < 64 else 0
            elif operator == ">>":
                self.at += 1
                shift = self._term()
                if shift >> 63:
                    self.fail("negative right shift count")
                if value >> 63:
                    self.fail("right shift of value with high bit set")
                value >>= min(shift, 64)
            elif operator == "&":
                self.at += 1
                value &= self._factor()
            else:
                return value

    def _factor(self) -> int:
        token = self.next()
        if token:
            first = token[0]
            if "0" <= first <= "9" and not lexer.is_float(token):
                value, problem = numbers.uint64(token)
                if problem:
                    self.fail(problem)
                return value
            if first == "'":
                data = numbers.unquote(token)
                if data is None:
                    self.fail("invalid syntax")
                try:
                    return ord(data.decode())
                except UnicodeDecodeError:
                    self.fail("illegal UTF-8 encoding for character constant")
            if token in ("+", "-", "~", "("):
                self.depth += 1
                if self.depth > MAX_NESTING:
                    self.fail("expression nested too deeply")
                if token == "(":
                    value = self.expression()
                    if self.next() != ")":
                        self.fail("missing closing paren")
                else:
                    value = self._factor()
                    if token == "-":
                        value = -value & _MASK
                    elif token == "~":
                        value ^= _MASK
                self.depth -= 1
                return value
        self.fail(f"unexpected {token or 'EOF'} evaluating expression")

    def _float(self) -> float:
        sign = 1.0
        token = self.next()
        while token in ("+", "-"):
            if token == "-":
                sign = -sign
            token = self.next()
        if token == "(":
            self.depth += 1
            if self.depth > MAX_NESTING:
                self.fail("expression nested too deeply")
            value = self._float()
            if self.next() != ")":
                self.fail("missing closing paren")
            return sign * value
        if token and lexer.is_float(token):
            parsed = numbers.number(token)
            if parsed is None:
                self.fail(f'strconv.ParseFloat: parsing "{token}": invalid syntax')
            if parsed in (float("inf"), float("-inf")):
                self.fail(f'strconv.ParseFloat: parsing "{token}": value out of range')
            return sign * parsed
        self.fail(f"unexpected {token or 'EOF'} evaluating float expression")

    # Names of functions, for -gensymabis.

    def function(self, tokens: tuple[str, ...]) -> tuple[str, int] | None:
        """The function that an operand names, and its ABI; None for any other operand."""
        self.start(tokens)
        if self.peek() in ("$", "*"):
            self.next()
        name = self.next()
        if not name or not is_name(name) or self.at_register(name):
            return None
        name = self._qualify(name)
        static, abi = self.symbol_attributes(name, False)
        if static:
            return None
        token = self.next()
        if token == "+":
            number = self.next()
            if not number or not lexer.is_number(number) or lexer.is_float(number):
                return None
            token = self.next()
        if token != "(" or self.next() != "SB" or self.next() != ")" or self.peek():
            return None
        return name, abi
