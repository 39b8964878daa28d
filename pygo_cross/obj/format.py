# SPDX-License-Identifier: BSD-3-Clause
"""Operands and instructions as text, as Go's tools print them: for messages and for -S.

Facts: GOROOT/src/cmd/internal/obj/util.go (Prog.String, writeDconv).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.obj.prog import (
    ADDR,
    ARGS_UNKNOWN,
    BRANCH,
    CONST,
    FCONST,
    INDIR,
    MEM,
    NAME_AUTO,
    NAME_EXTERN,
    NAME_GOTREF,
    NAME_NONE,
    NAME_PARAM,
    NAME_STATIC,
    NONE,
    REG,
    REGREG,
    SCONST,
    TEXTSIZE,
    Addr,
    Prog,
)
from pygo_cross.obj.symbol import (
    ABIWRAPPER,
    DUPOK,
    FUNC_TOP_FRAME,
    NEEDCTXT,
    NOFRAME,
    NOSPLIT,
    PKGINIT,
    REFLECTMETHOD,
    WRAPPER,
    Symbol,
)

RegisterName = Callable[[int], str]
ShowOperand = Callable[[Addr, Prog], str]
_BASE: Final = {NAME_EXTERN: "SB", NAME_STATIC: "SB", NAME_GOTREF: "SB", NAME_AUTO: "SP", NAME_PARAM: "FP"}
_MARK: Final = {NAME_STATIC: "<>"}
_ATTRIBUTES: Final = (
    (DUPOK, "DUPOK"),
    (NOSPLIT, "NOSPLIT"),
    (REFLECTMETHOD, "REFLECTMETHOD"),
    (WRAPPER, "WRAPPER"),
    (NEEDCTXT, "NEEDCTXT"),
    (NOFRAME, "NOFRAME"),
    (ABIWRAPPER, "ABIWRAPPER"),
    (PKGINIT, "PKGINIT"),
)


def _named(addr: Addr, register_name: RegisterName) -> str:
    """The part of an address in front of its index."""
    if addr.name == NAME_NONE:
        if not addr.reg:
            return str(addr.offset)
        return f"{addr.offset or ''}({register_name(addr.reg)})"
    base = register_name(addr.reg) if addr.reg else _BASE[addr.name]
    offset = f"{addr.offset:+d}" if addr.offset else ""
    if addr.name == NAME_GOTREF:
        return f"{addr.sym.name if addr.sym else ''}{offset}@GOT({base})"
    name = addr.sym.name if addr.sym else ""
    return f"{name}{_MARK.get(addr.name, '')}{offset}({base})"


def _quoted(data: bytes) -> str:
    text = data.decode("utf-8", "backslashreplace")
    return '"' + text.replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\0", "\\x00") + '"'


def float_text(value: float) -> str:
    """A float as %.17g prints it, with a point or an exponent always."""
    text = f"{value:.17g}"
    return text if "." in text or "e" in text else text + ".0"


def operand(addr: Addr, register_name: RegisterName, target: Prog | None = None) -> str:
    """One operand. `target` is where a branch goes, if that is known."""
    kind = addr.type
    if kind == NONE:
        return ""
    if kind == REG:
        if addr.offset:
            return f"${addr.offset},{register_name(addr.reg)}"
        return register_name(addr.reg)
    if kind == BRANCH:
        if addr.sym is not None:
            return f"{addr.sym.name}(SB)"
        return str(target.pc) if target is not None else f"{addr.offset}(PC)"
    if kind == INDIR:
        return "*" + _named(addr, register_name)
    if kind == MEM:
        text = _named(addr, register_name)
        if addr.index:
            text += f"({register_name(addr.index)}*{addr.scale})" if addr.scale else f"({register_name(addr.index)})"
        return text
    if kind == CONST:
        return "$" + _named(addr, register_name)
    if kind == TEXTSIZE:
        return f"${addr.offset}" if addr.value == ARGS_UNKNOWN else f"${addr.offset}-{addr.value}"
    if kind == FCONST:
        assert isinstance(addr.value, float)
        return f"$({float_text(addr.value)})"
    if kind == SCONST:
        assert isinstance(addr.value, bytes)
        return "$" + _quoted(addr.value)
    if kind == ADDR:
        return "$" + _named(addr, register_name)
    if kind == REGREG:
        return f"({register_name(addr.reg)}, {register_name(addr.offset)})"
    return f"type={kind}"


_KINDS: Final = (
    "NONE", "BRANCH", "TEXTSIZE", "MEM", "CONST", "FCONST", "SCONST", "REG", "ADDR", "SHIFT", "REGREG", "INDIR", "REGLIST", "SPECIAL",
)  # fmt: skip


def fields(addr: Addr) -> str:
    """An operand as Go prints a pointer to its struct, which one message of stock's does; registers have our numbers."""
    value = addr.value.decode("utf-8", "surrogateescape") if isinstance(addr.value, bytes) else addr.value
    if value is None:
        value = "<nil>"
    elif isinstance(value, float):
        value = int(value) if value == value // 1 and abs(value) < 1e21 else repr(value)
    sym = addr.sym.name if addr.sym is not None else "<nil>"
    return (
        f"&{{Reg:{addr.reg} Index:{addr.index} Scale:{addr.scale} Type:TYPE_{_KINDS[addr.type]} Name:{addr.name} Class:0 "
        f"Offset:{addr.offset} Sym:{sym} Val:{value}}}"
    )


def text_attributes(symbol: Symbol) -> str:
    """The flags of a function as TEXT shows them."""
    names = [name for flag, name in _ATTRIBUTES if symbol.flags & flag]
    if symbol.leaf:
        names.insert(sum(name in ("DUPOK", "NOSPLIT") for name in names), "LEAF")
    if symbol.static:
        names.insert(sum(name not in ("ABIWRAPPER", "PKGINIT") for name in names), "STATIC")
    if symbol.abi:
        names.append("ABIInternal")
    if symbol.func is not None and symbol.func.flag & FUNC_TOP_FRAME:
        names.append("TOPFRAME")
    return "|".join(names)


def instruction(prog: Prog, show: ShowOperand) -> str:
    """An instruction without its place: mnemonic, tab, operands."""
    args = [show(arg, prog) for arg in prog.args if arg.type != NONE]
    if prog.op == "TEXT":
        symbol = prog.args[0].sym
        attributes = text_attributes(symbol) if symbol is not None else ""
        if attributes:
            args.insert(1, attributes)
    op = prog.op + ("." + prog.suffix if prog.suffix else "")
    return op + ("\t" + ", ".join(args) if args else "")


def placed(prog: Prog, show: ShowOperand) -> str:
    """An instruction with its number and its place."""
    where = prog.base.format(prog.line) if prog.base is not None else "<unknown line number>"
    return f"{prog.pc:05d} ({where})\t{instruction(prog, show)}"
