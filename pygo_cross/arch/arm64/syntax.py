# SPDX-License-Identifier: BSD-3-Clause
"""Operands that only arm64 writes, and how all of its operands are printed.

A shifted register R1<<2 is SHIFT, whose `offset` holds the fields of the instruction. R1.UXTW<<2, V1.B16 and V1.S[1] are registers
of other numbers (registers.py), an element with its place in `index`. A list of registers is REGLIST; its `offset` holds the first
register, a code for how many, and the arrangement, as vector loads have them; `scale` is the distance of the last register of a
range, as in [Z0.B-Z3.B].

Memory of SVE has SVE_MEMORY in `scale`. `(VL*2)(R1)` is an offset in lengths of a vector. `(Z2.D.UXTW<<1)(R1)` has the index in `reg`,
since it stands first, and the base in `index`; the amount of its shift is in bits 12-14 of `scale`, and UXTW or SXTW in bits 9-11.
An element of a predicate, `[R1, $2](P3.B)`, is a register with all of it in `offset`, and the flag P_ELEMENT.

Facts: GOROOT/src/cmd/asm/internal/asm/parse.go, cmd/asm/internal/arch/arm64.go, cmd/internal/obj/arm64/{asm7,list7}.go.
"""

from __future__ import annotations

import re
from typing import Any, Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.machine import Syntax
from pygo_cross.obj import format as obj_format
from pygo_cross.obj.prog import CONST, MEM, REG, REGLIST, SHIFT, SPECIAL, Addr, Prog

_OPERATORS: Final = ("<<", ">>", "->", "@>")
COUNT_CODES: Final = {1: 0x7, 2: 0xA, 3: 0x6, 4: 0x2}
_CODE_COUNTS: Final = {code: count for count, code in COUNT_CODES.items()}
# Q and size of a list's arrangement; those of scalable vectors are codes of Go's own.
LIST_SHAPES: Final = {
    "B8": (0, 0), "B16": (1, 0), "H4": (0, 1), "H8": (1, 1), "S2": (0, 2), "S4": (1, 2), "D1": (0, 3), "D2": (1, 3),
    "B": (2, 1), "H": (2, 2), "S": (2, 3), "D": (3, 1), "Q": (3, 2),
}  # fmt: skip
LIST_NAMES: Final = {code: name for name, code in LIST_SHAPES.items()}
SVE_MEMORY: Final = -32768
UXTW: Final = 1
SXTW: Final = 2
P_ELEMENT: Final = 1 << 62
_WITH_INDEX: Final = frozenset("BHSD")
_SCALABLE: Final = ("B", "H", "S", "D", "Q")
_EXTENSIONS: Final = {"UXTW": UXTW, "SXTW": SXTW}
_LIST_PREFIXES: Final = {"V": (regs.VECTOR, 0), "Z": (regs.SCALABLE, 1), "P": (regs.PREDICATE, 2)}


class Arm64Syntax(Syntax):
    """What arm64 writes."""

    pairs = True
    shifts = True
    scaled_index = False

    def special(self, name: str) -> int | None:
        return regs.WORD_NUMBERS.get(name)

    def whole(self, parser: Any, addr: Addr) -> bool:
        tokens = parser.tokens
        if tokens[0] == "(":
            return self._vector_lengths(parser, addr)
        return tokens[0] == "[" and self._predicate_element(parser, addr)

    def _vector_lengths(self, parser: Any, addr: Addr) -> bool:
        """(VL*2)(R1), (-VL*2)(R1)"""
        tokens = parser.tokens
        at = 2 if tokens[1:2] in (("-",), ("+",)) else 1
        if tokens[at : at + 2] != ("VL", "*") or tokens[at + 3 : at + 4] != (")",):
            return False
        back, parser.at = parser.at, at + 2
        if not parser.at_integer():
            parser.at = back
            return False
        count = parser.expression()
        parser.tokens, parser.at = tokens[at + 4 :], 0
        parser.operand(addr)
        if addr.type != MEM or addr.index or addr.scale or addr.offset or addr.name:
            parser.fail("illegal use of VL")
        addr.offset = _signed(-count if tokens[1] == "-" else count)
        addr.scale = SVE_MEMORY
        return True

    def _predicate_element(self, parser: Any, addr: Addr) -> bool:
        """[R1, $2](P3.B)"""
        tokens = parser.tokens
        if tokens[2:4] != (",", "$") or tokens[5:7] != ("]", "(") or not all(map(_is_word, (tokens[1], *tokens[7:8]))):
            return False
        close = 8
        if tokens[8:9] == (".",):
            close = 10 if all(map(_is_word, tokens[9:10])) else 9
        if tokens[close : close + 1] != (")",):
            return False
        back, parser.at = parser.at, 4
        if not parser.at_integer():
            parser.at = back
            return False
        index = _signed(parser.expression())
        parser.at = 1
        selector = parser.register_number(parser.next())
        parser.at = 7
        predicate = parser.register_number(parser.next())
        arrangement = tokens[9] if close == 10 else ""
        if arrangement not in _SCALABLE:
            parser.fail(f"invalid P register arrangement: {arrangement}")
        parser.at = close + 1
        parser.end()
        addr.type = REG
        addr.offset = predicate & 31 | regs.ARRANGEMENTS.index(arrangement) << 5 | (selector & 31) << 9 | index << 14 | P_ELEMENT
        return True

    def indirect_tail(self, parser: Any, addr: Addr, register: int) -> bool:
        if parser.peek() not in (".", "<<"):
            return False
        arrangement = ""
        kind = amount = 0
        if parser.peek() == ".":
            parser.next()
            word = parser.next()
            if word not in _EXTENSIONS:
                arrangement, word = word or "EOF", ""
                if parser.peek() == ".":
                    parser.next()
                    word = parser.next()
                    if word not in _EXTENSIONS:
                        parser.fail(f"unknown modifier {word or 'EOF'}")
            kind = _EXTENSIONS.get(word, 0)
        if parser.peek() == "<<":
            parser.next()
            amount = _decimal(parser)
        parser.get(")")
        addr.type = MEM
        addr.reg = self._arranged(parser, register, arrangement)
        if parser.peek() != "(":
            parser.end()
            if kind or amount:
                parser.fail("expected '(', found EOF")
            return True
        if amount > 7:
            parser.fail("index shift amount is out of range")
        parser.next()
        base = parser.register_number(parser.next())
        arrangement = ""
        if parser.peek() == ".":
            parser.next()
            arrangement = parser.next() or "EOF"
        parser.get(")")
        addr.index = self._arranged(parser, base, arrangement)
        addr.scale = SVE_MEMORY | amount << 12 | kind << 9
        return True

    def _arranged(self, parser: Any, register: int, arrangement: str) -> int:
        """A register in memory with its arrangement, if it has one."""
        if not arrangement:
            return register
        if register & ~31 != regs.SCALABLE:
            parser.fail("arrangement not allowed for this register")
        if arrangement not in _SCALABLE:
            parser.fail(f"unknown arrangement {arrangement}")
        return regs.Z_ARNG | register & 31 | regs.ARRANGEMENTS.index(arrangement) << 5

    def register_tail(self, parser: Any, addr: Addr, name: str, prefix: str) -> bool:
        tokens = parser.tokens
        at = parser.at
        follows = parser.peek()
        if follows not in (".", "["):
            if follows == "(" and tokens[at + 2 : at + 3] == (")",):
                at += 3
            if at >= len(tokens) or tokens[at] not in _OPERATORS:
                return False
            if addr.type != MEM:
                self._shift(parser, addr, name, prefix)
                return True
        if prefix:
            parser.fail(f"prefix {prefix} not allowed for shifted register: ${name}")
        self._extension(parser, addr, parser.register_number(name))
        return True

    def _shift(self, parser: Any, addr: Addr, name: str, prefix: str) -> None:
        """R1<<2"""
        if prefix:
            parser.fail(f"prefix {prefix} not allowed for shifted register: ${name}")
        register = parser.register_number(name)
        found = parser.next()
        operator = _OPERATORS.index(found) if found in _OPERATORS else 0
        token = parser.peek()
        if token and (token[0].isalpha() or token[0] == "_"):
            parser.fail(f"rhs of shift must be integer: {token}")
        if not (token == "(" or parser.at_integer()):
            parser.fail(f"unexpected {token or 'EOF'} in register shift")
        count = parser.expression()
        if count >= 1 << 63:
            count -= 1 << 64
        if count >= 64:
            parser.fail(f"register shift count too large: {token}")
        if not regs.is_general(register):
            parser.fail("invalid register for shift operation")
        addr.type = SHIFT
        addr.offset = (register & 31) << 16 | operator << 22 | (count & 63) << 10

    def _extension(self, parser: Any, addr: Addr, register: int) -> None:
        """What follows a register: .UXTW<<2, .B16, .S[1], [1], or, inside parentheses, <<2."""
        extension = ""
        amount = 0
        indexed = False
        in_memory = addr.type == MEM
        if parser.peek() == "<<":
            extension = "LSL"
        elif parser.peek() == ".":
            parser.next()
            extension = parser.next() or "EOF"
        if parser.peek() == "<<":
            parser.next()
            amount = self._small(parser, "left shift amount")
        elif parser.peek() == "[":
            parser.next()
            amount = self._small(parser, "element index")
            parser.get("]")
            indexed = True
        if not indexed and not 0 <= amount <= 7:
            parser.fail("index shift amount is out of range")
        if not in_memory:
            addr.type = REG
        low = register & 31
        kind = register & ~31
        if regs.is_general(register):
            self._general(parser, addr, extension, low | amount << 5, indexed, in_memory)
        elif kind == regs.SCALABLE:
            self._scalable(parser, addr, extension, low, amount, indexed, in_memory)
        elif kind == regs.PREDICATE:
            if extension in ("B", "H", "S", "D", "Q", "Z", "M"):
                addr.reg = regs.P_ARNG | low | regs.ARRANGEMENTS.index(extension) << 5
            elif indexed and not extension:
                addr.reg, addr.index = regs.Z_INDEXED | low | 32, amount
            else:
                parser.fail(f"invalid P register arrangement: {extension}")
        elif kind == regs.VECTOR:
            if extension not in regs.ARRANGEMENTS[: regs.Q]:
                parser.fail(f"unsupported simd register extension type: {extension}")
            arrangement = regs.ARRANGEMENTS.index(extension)
            if extension not in _WITH_INDEX:
                if indexed:
                    parser.fail("invalid register extension")
                addr.reg = regs.ARNG | low | arrangement << 5
            elif indexed:
                addr.reg, addr.index = regs.ELEM | low | arrangement << 5, amount
        else:
            parser.fail("invalid register and extension combination")

    def _small(self, parser: Any, what: str) -> int:
        """A decimal number of 16 bits."""
        text: str = parser.get_integer()
        if not text.isdigit() or int(text) > 32767:
            problem = "value out of range" if text.isdigit() else "invalid syntax"
            parser.fail(f'parsing {what}: strconv.ParseInt: parsing "{text}": {problem}')
        return int(text)

    def _general(self, parser: Any, addr: Addr, extension: str, low: int, indexed: bool, in_memory: bool) -> None:
        if indexed:
            parser.fail("invalid register extension")
        if extension == "LSL":
            addr.index = regs.SHIFTED + low
            return
        if extension not in regs.EXTENSIONS:
            parser.fail(f"unsupported general register extension type: {extension}")
        number = regs.EXTENDED + (regs.EXTENSIONS.index(extension) << 8) + low
        if not in_memory:
            addr.reg = number
        elif extension in ("UXTW", "SXTW", "SXTX"):
            addr.index = number
        else:
            parser.fail("invalid shift for the register offset addressing mode")

    def _scalable(self, parser: Any, addr: Addr, extension: str, low: int, amount: int, indexed: bool, in_memory: bool) -> None:
        if extension not in ("B", "H", "S", "D", "Q"):
            if not indexed or extension:
                parser.fail(f"invalid Z register arrangement: {extension}")
            addr.reg, addr.index = regs.Z_INDEXED | low, amount
            return
        arrangement = regs.ARRANGEMENTS.index(extension) << 5
        if indexed:
            addr.reg, addr.index = regs.Z_ELEM | low | arrangement, amount
        elif in_memory:
            addr.index = regs.Z_ARNG | low | arrangement
        else:
            addr.reg = regs.Z_ARNG | low | arrangement

    def register_list(self, parser: Any, addr: Addr) -> None:
        first = expected = -1
        count = 0
        arrangement = ""
        span = 0
        prefix = ""
        while True:
            name = parser.next()
            if name == "]":
                break
            if not name:
                parser.fail("missing ']' in register list")
            register = parser.register_number(name)
            if name[0] not in _LIST_PREFIXES:
                parser.fail(f"invalid register in register list: {name}")
            base = _LIST_PREFIXES[name[0]][0]
            number = register - base
            this = self._list_arrangement(parser, name, number)
            if first < 0:
                first = expected = number
                arrangement, prefix = this, name[0]
            elif this != arrangement or name[0] != prefix:
                parser.fail("inconsistent arrangement in ARM64 register list")
            elif number != expected:
                parser.fail(f"incontiguous register in ARM64 register list: {name}")
            if parser.peek() == "-" and name[0] == "Z":
                parser.next()
                last = parser.next()
                if last[:1] != "Z":
                    parser.fail(f"invalid register in register range: {last or 'EOF'}")
                high = parser.register_number(last) - base
                if self._list_arrangement(parser, last, high) != arrangement:
                    parser.fail("inconsistent arrangement in ARM64 register list range")
                span = high - number
            else:
                count += 1
                expected = expected + 1 & (15 if name[0] == "P" else 31)
            if parser.peek() != "]":
                parser.get(",")
        if span:
            code = span & 15
        elif count in COUNT_CODES:
            code = COUNT_CODES[count]
        else:
            parser.fail("invalid register numbers in ARM64 register list")
        q, size = LIST_SHAPES[arrangement]
        addr.type = REGLIST
        addr.scale = span
        addr.offset = first | code << 12 | size << 10 | q << 30 | _LIST_PREFIXES[prefix][1] << 32

    def _list_arrangement(self, parser: Any, name: str, number: int) -> str:
        """The arrangement behind the register of a list; `number` is less than 0 for one that no list has."""
        parser.get(".")
        arrangement: str = parser.next()
        if number < 0:
            parser.fail(f"invalid register number: {name}")
        if arrangement not in LIST_SHAPES:
            parser.fail("invalid arrangement in ARM64 register list")
        return arrangement


def _is_word(token: str) -> bool:
    return token[0].isalpha() or token[0] == "_"


def _signed(value: int) -> int:
    """The low 64 bits as a signed number."""
    return (value + (1 << 63) & (1 << 64) - 1) - (1 << 63)


def _decimal(parser: Any) -> int:
    """A decimal number of 16 bits."""
    text: str = parser.get_integer()
    if not text.isdigit() or int(text) > 32767:
        parser.fail(f"expected integer constant, found {text}")
    return int(text)


def _list_text(packed: int) -> str:
    """A list of registers as it is written."""
    first, code = packed & 31, packed >> 12 & 15
    prefix = "VZP"[packed >> 32 & 3]
    arrangement = LIST_NAMES.get((packed >> 30 & 3, packed >> 10 & 3), "")
    if code in (1, 3):
        return f"[{prefix}{first}.{arrangement}-{prefix}{first + code & 31}.{arrangement}]"
    count = _CODE_COUNTS.get(code, 0)
    if not count:
        return "]"  # a range of no good length, as Go prints it
    last = 15 if prefix == "P" else 31
    return "[" + ",".join(f"{prefix}{first + at & last}.{arrangement}" for at in range(count)) + "]"


def _memory_text(addr: Addr) -> str:
    """Memory of SVE as it is written."""
    register = regs.name(addr.reg)
    if not addr.index:
        return f"({'-' if addr.offset < 0 else ''}VL*{abs(addr.offset)})({register})"
    extension = ("", ".UXTW", ".SXTW")[addr.scale >> 9 & 3]
    amount = addr.scale >> 12 & 7
    return f"({register}{extension}{f'<<{amount}' if amount else ''})({regs.name(addr.index)})"


def _element_text(packed: int) -> str:
    """An element of a predicate as Go's tools print it."""
    arrangement = regs.ARRANGEMENTS[packed >> 5 & 15]
    return f"[{regs.name(regs.GP + (packed >> 9 & 31))},${packed >> 14 & 63}]({regs.name(regs.PREDICATE + (packed & 31))}.{arrangement})"


def show_operand(addr: Addr, prog: Prog) -> str:
    """An operand as Go's tools print it."""
    kind = addr.type
    if kind == MEM and addr.scale < 0:
        return _memory_text(addr)
    if kind == SHIFT:
        register = addr.offset >> 16 & 31
        return f"{regs.name(regs.GP + register)}{_OPERATORS[addr.offset >> 22 & 3]}{addr.offset >> 10 & 63}"
    if kind == REG:
        if addr.offset & P_ELEMENT:
            return _element_text(addr.offset)
        text = regs.name(addr.reg)
        family = addr.reg & ~0x1FF
        return f"{text}[{addr.index}]" if family in (regs.ELEM, regs.Z_ELEM, regs.Z_INDEXED) else text
    if kind == REGLIST:
        return _list_text(addr.offset)
    if kind == SPECIAL:
        return str(regs.WORDS[addr.offset][0])
    if kind == CONST and addr.reg:
        return f"{obj_format.operand(addr, regs.name, None)}({regs.name(addr.reg)})"
    return obj_format.operand(addr, regs.name, prog.target)


_RENAMED: Final = re.compile(r"\bR(18|28|31)\b")
_NEW_NAMES: Final = {"18": "R18_PLATFORM", "28": "g", "31": "ZR"}


def show_disassembled(addr: Addr, prog: Prog) -> str:
    """An operand as objdump prints it, so that it can be assembled again: numbers as shifts where instructions hold them so."""
    if addr.type == CONST and addr.value is not None:
        assert isinstance(addr.value, int)
        return f"$({(addr.offset & (1 << 64) - 1) >> addr.value}<<{addr.value})"
    text = show_operand(addr, prog)
    if addr.type == REGLIST:
        return text.replace(",", ", ")
    if addr.sym is not None:
        return text
    return _RENAMED.sub(lambda match: _NEW_NAMES[match[1]], text)
