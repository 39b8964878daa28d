# SPDX-License-Identifier: BSD-3-Clause
"""TEXT, DATA, GLOBL, PCDATA, PCALIGN and FUNCDATA.

Each function checks its operands and acts on the parser's Context; a mistake is told with stock's words.
Facts: GOROOT/src/cmd/asm/internal/asm/asm.go.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pygo_cross.asm import lexer, numbers
from pygo_cross.obj.prog import (
    ADDR,
    ARGS_UNKNOWN,
    CONST,
    FCONST,
    MEM,
    NAME_EXTERN,
    NAME_STATIC,
    SCONST,
    TEXTSIZE,
    Addr,
    Prog,
)
from pygo_cross.obj.symbol import NOSPLIT

if TYPE_CHECKING:
    from pygo_cross.asm.parser import Parser

Operands = tuple[tuple[str, ...], ...]
_POINTER: Final = 8
_FORMATS: Final = {1: "<B", 2: "<H", 4: "<I", 8: "<Q"}


def _name(addr: Addr) -> str:
    return addr.sym.name if addr.sym is not None else "<erroneous symbol>"


def _is_symbol(parser: Parser, pseudo: str, addr: Addr, offset_allowed: bool) -> bool:
    """Whether an operand is name(SB); if not, that is told."""
    if addr.sym is None or addr.name not in (NAME_EXTERN, NAME_STATIC) or addr.scale or addr.reg:
        parser.error(f'{pseudo} symbol "{_name(addr)}" must be a symbol(SB)')
        return False
    if addr.offset and not offset_allowed:
        parser.error(f'{pseudo} symbol "{_name(addr)}" must not be offset from SB')
        return False
    return True


def _is_immediate(parser: Parser, pseudo: str, addr: Addr) -> bool:
    """Whether an operand is $number; if not, that is told."""
    if addr.type != CONST or addr.name or addr.reg or addr.index:
        parser.error(f"{pseudo}: expected immediate constant; found {parser.show(addr)}")
        return False
    return True


def _flags(parser: Parser, pseudo: str, tokens: tuple[str, ...]) -> int:
    """The number that an operand without $ is."""
    addr = parser.operands.parse(tokens)
    if addr.type != MEM or addr.name or addr.reg or addr.index:
        parser.error(f"{pseudo}: expected integer constant; found {parser.show(addr)}")
    return addr.offset


def _positive(parser: Parser, text: str) -> int | None:
    """An integer literal of at most 63 bits; None, and told, for any other."""
    value = numbers.integer(text)
    if value is None:
        parser.error(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    elif value >> 63:
        parser.error(f'strconv.ParseInt: parsing "{text}": value out of range')
        return None
    return value


def _is_integer(token: str) -> bool:
    return "0" <= token[0] <= "9" and not lexer.is_float(token)


def text(parser: Parser, operands: Operands) -> None:
    """TEXT name(SB), flags, $frame-args"""
    if len(operands) not in (2, 3):
        parser.error("expect two or three operands for TEXT")
        return
    parser.end_function()
    where = parser.operands.parse(operands[0])
    if not _is_symbol(parser, "TEXT", where, False):
        return
    symbol = where.sym
    assert symbol is not None
    flags = _flags(parser, "TEXT", operands[1]) if len(operands) == 3 else 0
    if symbol.abi == 1 and not flags & NOSPLIT:
        parser.error(f'TEXT "{symbol.name}": ABIInternal requires NOSPLIT')
    size = operands[-1]
    bad_size = f"TEXT {symbol.name}: frame size must be an immediate constant"
    if len(size) < 2 or size[0] != "$":
        parser.error(bad_size)
        return
    at = 2 if size[1] == "-" else 1
    if len(size) <= at or not _is_integer(size[at]):
        parser.error(bad_size)
        return
    frame = _positive(parser, size[at])
    if frame is None:
        return
    if at == 2:
        frame = -frame
    arguments = ARGS_UNKNOWN
    rest = size[at + 1 :]
    if rest:
        if len(rest) != 2 or rest[0] != "-" or not _is_integer(rest[1]):
            parser.error(f"TEXT {symbol.name}: argument size must be of form -integer")
            return
        known = _positive(parser, rest[1])
        if known is None:
            return
        arguments = (known + 0x80000000 & 0xFFFFFFFF) - 0x80000000
    if parser.context.define_text(symbol, flags, parser.base, parser.line) is None:
        return
    frame_operand = Addr(TEXTSIZE, 0, frame)
    frame_operand.value = arguments
    parser.begin_function(symbol)
    parser.append(Prog("TEXT", (where, frame_operand), parser.base, parser.line))


def data(parser: Parser, operands: Operands) -> None:
    """DATA name+offset(SB)/size, $value"""
    if len(operands) != 2:
        parser.error("expect two operands for DATA")
        return
    target = operands[0]
    if len(target) < 3 or target[-2] != "/" or not _is_integer(target[-1]):
        parser.error("expect /size for DATA argument")
        return
    if not target[-1].isdigit() or int(target[-1]) >> 63:
        parser.error(f'bad size for DATA argument: "{target[-1]}"')
        return
    size = int(target[-1])
    where = parser.operands.parse(target[:-2])
    if not _is_symbol(parser, "DATA", where, True):
        return
    symbol = where.sym
    assert symbol is not None
    value = parser.operands.parse(operands[1])
    kind = value.type
    if kind not in (CONST, FCONST, SCONST, ADDR):
        parser.error("DATA value must be an immediate constant or address")
        return
    end = parser.data_end.get(symbol.name)
    if end is not None and where.offset < end:
        parser.error(f"overlapping DATA entry for {symbol.name}")
        return
    parser.data_end[symbol.name] = where.offset + size
    context, base, line = parser.context, parser.base, parser.line
    if kind == CONST:
        form = _FORMATS.get(size)
        if form is None:
            parser.error(f"bad int size for DATA argument: {size}")
            return
        content = struct.pack(form, value.offset & (1 << 8 * size) - 1)
    elif kind == FCONST:
        number = value.value
        assert isinstance(number, float)
        if size == 4:
            content = float32(number)
        elif size == 8:
            content = struct.pack("<d", number)
        else:
            parser.error(f"bad float size for DATA argument: {size}")
            return
    elif kind == SCONST:
        assert isinstance(value.value, bytes)
        content = value.value
        if size < len(content):
            context.error(f"WriteString: bad string size: {size} < {len(content)}", base, line)
            return
    else:
        if size == _POINTER:
            if value.sym is None:
                parser.error("DATA value must be an immediate constant or address")
                return
            context.write_address(symbol, where.offset, size, value.sym, value.offset, base, line)
        else:
            parser.error(f"bad addr size for DATA argument: {size}")
        return
    context.write(symbol, where.offset, content, size, base, line)


def float32(number: float) -> bytes:
    """The four bytes of a number rounded to single precision."""
    try:
        return struct.pack("<f", number)
    except OverflowError:
        return struct.pack("<f", float("inf") if number > 0 else float("-inf"))


def globl(parser: Parser, operands: Operands) -> None:
    """GLOBL name(SB), flags, $size"""
    if len(operands) not in (2, 3):
        parser.error("expect two or three operands for GLOBL")
        return
    where = parser.operands.parse(operands[0])
    if not _is_symbol(parser, "GLOBL", where, False):
        return
    flags = _flags(parser, "GLOBL", operands[1]) if len(operands) == 3 else 0
    size = parser.operands.parse(operands[-1])
    if not _is_immediate(parser, "GLOBL", size):
        return
    assert where.sym is not None
    if not 0 <= size.offset <= 2_000_000_000:
        parser.error(f"{where.sym.name}: symbol too large ({size.offset} bytes > 2000000000 bytes)")
        return
    parser.context.define_data(where.sym, size.offset, flags, parser.base, parser.line)


def pcdata(parser: Parser, operands: Operands) -> None:
    """PCDATA $table, $value"""
    if len(operands) != 2:
        parser.error("expect two operands for PCDATA")
        return
    key = parser.operands.parse(operands[0])
    if not _is_immediate(parser, "PCDATA", key):
        return
    value = parser.operands.parse(operands[1])
    if not _is_immediate(parser, "PCDATA", value):
        return
    if not 0 <= key.offset < 256:
        parser.error(f"PCDATA: there is no table {key.offset}")
        return
    parser.append(Prog("PCDATA", (key, value), parser.base, parser.line))


def pcalign(parser: Parser, operands: Operands) -> None:
    """PCALIGN $bytes"""
    if len(operands) != 1:
        parser.error("expect one operand for PCALIGN")
        return
    key = parser.operands.parse(operands[0])
    if not _is_immediate(parser, "PCALIGN", key):
        return
    parser.append(Prog("PCALIGN", (key,), parser.base, parser.line))


def funcdata(parser: Parser, operands: Operands) -> None:
    """FUNCDATA $table, name(SB)"""
    if len(operands) != 2:
        parser.error("expect two operands for FUNCDATA")
        return
    key = parser.operands.parse(operands[0])
    if not _is_immediate(parser, "FUNCDATA", key):
        return
    where = parser.operands.parse(operands[1])
    if not _is_symbol(parser, "FUNCDATA", where, True):
        return
    if not 0 <= key.offset < 256:
        parser.error(f"FUNCDATA: there is no table {key.offset}")
        return
    if where.offset or where.type != MEM:
        parser.error(f"bad funcdata: {parser.show(where)}")
        return
    parser.append(Prog("FUNCDATA", (key, where), parser.base, parser.line))


TABLE: Final[dict[str, Callable[[Parser, Operands], None]]] = {
    "TEXT": text,
    "DATA": data,
    "GLOBL": globl,
    "PCDATA": pcdata,
    "PCALIGN": pcalign,
    "FUNCDATA": funcdata,
}
