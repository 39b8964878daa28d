# SPDX-License-Identifier: BSD-3-Clause
"""amd64 for the assembler: mnemonics with their aliases, and the way of a function from Progs to bytes.

Facts: GOROOT/src/cmd/asm/internal/arch/arch.go (archX86), cmd/internal/obj/x86/{anames,list6,obj6}.go.
"""

from __future__ import annotations

from typing import Any, Final

from pygo_cross.arch.amd64 import registers as regs
from pygo_cross.arch.amd64.encode import SUFFIXES, Encoder
from pygo_cross.arch.amd64.frame import Frame
from pygo_cross.arch.amd64.layout import Layout
from pygo_cross.arch.amd64.rewrite import RewriteError, clobbered, rewrite
from pygo_cross.arch.amd64.table import mnemonics
from pygo_cross.arch.machine import Machine, Syntax
from pygo_cross.obj import format as obj_format
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import BRANCH, FCONST, REGLIST, SCONST, Addr, Prog
from pygo_cross.obj.symbol import Symbol

_words = str.split

_WITHOUT_ROWS: Final = _words(
    "ADJSP ENTER FFREE VCVTSD2USI VCVTSS2USI VCVTTSD2USI VCVTTSS2USI VCVTUSI2SD VCVTUSI2SS VFPCLASSPD VFPCLASSPS "
    "XXX END PCALIGN PCALIGNMAX GETCALLERPC"
)
_CONDITIONS: Final = {
    "A": "HI", "AE": "CC", "B": "CS", "BE": "LS", "C": "CS", "E": "EQ", "G": "GT", "HS": "CC", "L": "LT", "LO": "CS",
    "NA": "LS", "NAE": "CS", "NB": "CC", "NBE": "HI", "NC": "CC", "NG": "LE", "NGE": "LT", "NL": "GE", "NLE": "GT",
    "NO": "OC", "NP": "PC", "NS": "PL", "NZ": "NE", "O": "OS", "P": "PS", "PE": "PS", "PO": "PC", "S": "MI", "Z": "EQ",
}  # fmt: skip
_ALIASES: Final = {
    **{"J" + name: "J" + meaning for name, meaning in _CONDITIONS.items()},
    "MASKMOVDQU": "MASKMOVOU",
    "MOVD": "MOVQ",
    "MOVDQ2Q": "MOVQ",
    "MOVNTDQ": "MOVNTO",
    "MOVOA": "MOVO",
    "PSLLDQ": "PSLLO",
    "PSRLDQ": "PSRLO",
    "PADDD": "PADDL",
    "MOVBELL": "MOVBEL",
    "MOVBEQQ": "MOVBEQ",
    "MOVBEWW": "MOVBEW",
}

UNARY_TARGETS: Final = frozenset(
    _words(
        "BSWAPL BSWAPQ CLDEMOTE CLFLUSH CLFLUSHOPT CLWB CMPXCHG16B CMPXCHG8B DECB DECL DECQ DECW FBSTP FFREE FLDENV FSAVE FSTCW "
        "FSTENV FSTSW FXSAVE64 FXSAVE INCB INCL INCQ INCW NEGB NEGL NEGQ NEGW NOTB NOTL NOTQ NOTW POPL POPQ POPW RDFSBASEL "
        "RDFSBASEQ RDGSBASEL RDGSBASEQ RDPID RDRANDL RDRANDQ RDRANDW RDSEEDL RDSEEDQ RDSEEDW SETCC SETCS SETEQ SETGE SETGT "
        "SETHI SETLE SETLS SETLT SETMI SETNE SETOC SETOS SETPC SETPL SETPS SGDT SIDT SLDTL SLDTQ SLDTW SMSWL SMSWQ SMSWW STMXCSR "
        "STRL STRQ STRW XSAVE64 XSAVE XSAVEC64 XSAVEC XSAVEOPT64 XSAVEOPT XSAVES64 XSAVES RET GETCALLERPC JMP CALL"
    )
)
"""Instructions whose only operand is a destination."""

_MAX_OPERANDS: Final = 5


class _Syntax(Syntax):
    """amd64 has lists of four vector registers: [Z0-Z3]."""

    def register_list(self, parser: Any, addr: Addr) -> None:
        low_name = parser.next()
        low = regs.WRITTEN.get(low_name, 0)
        if not low:
            parser.fail("register list: expected ']', found EOF" if not low_name else f"register list: bad low register in `[{low_name}`")
        token = parser.next()
        if token != "-":
            parser.fail(f"register list: expected '-' after `[{low_name}`, found {parser.describe(token)}")
        high_name = parser.next()
        high = regs.WRITTEN.get(high_name, 0)
        if not high:
            parser.fail(f"register list: bad high register in `[{low_name}-{high_name or 'EOF'}`")
        token = parser.next()
        if token != "]":
            parser.fail(f"register list: expected ']' after `[{low_name}-{high_name}`, found {parser.describe(token)}")
        addr.type = REGLIST
        addr.reg = low
        addr.offset = high


def is_jump(word: str) -> bool:
    """Whether a word's last operand says where to go."""
    return word[0] == "J" or word == "CALL" or word.startswith("LOOP") or word == "XBEGIN"


def jump_target(prog: Prog) -> int:
    """The last of one or two operands."""
    return len(prog.args) - 1 if len(prog.args) in (1, 2) else -1


def place(prog: Prog) -> str:
    """An instruction has five operands at most."""
    if len(prog.args) > _MAX_OPERANDS:
        return f"can't handle {prog.op} instruction with {len(prog.args)} operands"
    return ""


def parse_suffix(op: str, suffix: str) -> str:
    """The suffix of an AVX-512 instruction: rounding, broadcast, zeroing."""
    suffix = suffix.removeprefix(".")
    if suffix in SUFFIXES:
        return suffix
    problems: list[str] = []
    seen: set[str] = set()
    unknown: set[str] = set()
    parts = suffix.split(".")
    for at, part in enumerate(parts):
        if part == "Z":
            if at != len(parts) - 1:
                problems.append("Z suffix should be the last")
        elif part not in ("BCST", "SAE", "RN_SAE", "RZ_SAE", "RD_SAE", "RU_SAE"):
            if part not in unknown:
                problems.append(f'unknown suffix "{part}"')
            unknown.add(part)
        if part in seen:
            problems.append(f'duplicate suffix "{part}"')
        seen.add(part)
    if "BCST" in seen and seen & {"SAE", "RN_SAE", "RZ_SAE", "RD_SAE", "RU_SAE"}:
        problems.append("can't combine rounding/SAE and broadcast")
    raise ValueError("; ".join(problems) or "bad suffix combination")


def show_operand(addr: Addr, prog: Prog) -> str:
    """An operand as Go's tools print it."""
    if addr.type == REGLIST:
        return f"[{regs.name(addr.reg)}-{regs.name(addr.offset)}]"
    return obj_format.operand(addr, regs.name, prog.target)


def show_disassembled(addr: Addr, prog: Prog) -> str:
    """An operand as objdump prints it: a place without a name is its address."""
    if addr.type == BRANCH and addr.sym is not None and addr.sym.name[0] == "0":
        return addr.sym.name
    return show_operand(addr, prog)


class _Finisher:
    """Turns the functions of one Context into bytes."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.frame = Frame(context, UNARY_TARGETS)
        self.layout = Layout(context, Encoder(context), self.report)
        self.symbol: Symbol | None = None
        self.unchanged: set[tuple[str, tuple[Addr, ...]]] = set()

    def report(self, prog: Prog, message: str) -> None:
        """A mistake in an instruction."""
        text = obj_format.placed(prog, show_operand)
        if message.startswith("invalid instruction") and self.symbol is not None:
            message = f"{self.symbol.name}: {message}"
            for arg in prog.args:
                if arg.type in (FCONST, SCONST):
                    self.context.error(f"unexpected addr1: type={arg.type} {show_operand(arg, prog)}", prog.base, prog.line)
        self.context.error(message.replace("{}", text), prog.base, prog.line)

    def finish(self, symbol: Symbol) -> None:
        func = symbol.func
        assert func is not None
        self.symbol = symbol
        if self.context.dynlink:
            problem = clobbered(func.progs, UNARY_TARGETS)
            if problem is not None:
                text = obj_format.placed(problem, show_operand)
                self.context.error(
                    f"when dynamic linking, R15 is clobbered by a global variable access and is used here: {text}",
                    problem.base,
                    problem.line,
                )
        before = len(self.context.errors)
        progs: list[Prog] = []
        unchanged = self.unchanged
        for prog in func.progs:
            key = (prog.op, prog.args)
            if key in unchanged:
                progs.append(prog)
                continue
            try:
                result = rewrite(self.context, prog, prog.op in UNARY_TARGETS)
                progs += result
                if len(result) == 1 and prog.op == key[0] and prog.args is key[1]:
                    unchanged.add(key)
            except RewriteError as error:
                self.report(prog, str(error))
                progs.append(prog)
        func.progs = progs
        self.frame.complete(symbol)
        if len(self.context.errors) > before:
            return
        self.layout.lay_out(symbol)


def make() -> Machine:
    """amd64."""
    names = {name: name for name in (*mnemonics(), *_WITHOUT_ROWS)}
    names.update(_ALIASES)
    return Machine(
        name="amd64",
        quantum=1,
        registers=regs.WRITTEN,
        mnemonics=names,
        is_jump=is_jump,
        register_name=regs.name,
        parse_suffix=parse_suffix,
        finisher=lambda context: _Finisher(context).finish,
        place=place,
        jump_target=jump_target,
        show_operand=show_operand,
        show_disassembled=show_disassembled,
        syntax=_Syntax(),
    )
