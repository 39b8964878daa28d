# SPDX-License-Identifier: BSD-3-Clause
"""arm64 for the assembler: mnemonics with their aliases, and the way of a function from Progs to bytes.

Facts: GOROOT/src/cmd/asm/internal/arch/{arch,arm64}.go, cmd/internal/obj/arm64/{anames,list7,obj7}.go.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.arch.arm64 import registers as regs
from pygo_cross.arch.arm64.frame import complete
from pygo_cross.arch.arm64.layout import Layout
from pygo_cross.arch.arm64.operands import JUMPS, check, check_jump
from pygo_cross.arch.arm64.rewrite import RewriteError, rewrite
from pygo_cross.arch.arm64.syntax import Arm64Syntax, show_disassembled, show_operand
from pygo_cross.arch.arm64.table import is_scalable, mnemonics
from pygo_cross.arch.machine import Machine
from pygo_cross.obj import format as obj_format
from pygo_cross.obj.context import Context
from pygo_cross.obj.prog import Prog
from pygo_cross.obj.symbol import Symbol

_words = str.split

_WITHOUT_ROWS: Final = _words("XXX END PCALIGN PCALIGNMAX GETCALLERPC DUFFCOPY DUFFZERO MOVP MOVPD MOVPQ MOVPS MOVPSW MOVPW PRFUM")
_ALIASES: Final = {"B": "JMP", "BL": "CALL"}
_SUFFIXES: Final = frozenset({"P", "W"})


def is_jump(word: str) -> bool:
    """Whether an operand of a word says where to go, or names a place as if it did (ADR)."""
    return word in JUMPS


def jump_target(prog: Prog) -> int:
    """The last of up to three operands; of ADR the first. Raises ValueError if the others can't stand before it."""
    count = len(prog.args)
    if not 1 <= count <= 3:
        return -1
    if count == 3:
        problem = check_jump(prog, show_operand)
        if problem:
            raise ValueError(problem)
    return 0 if prog.op in ("ADR", "ADRP") and count == 2 else count - 1


def place(prog: Prog) -> str:
    """Checks the operands."""
    return check(prog, show_operand)


def parse_suffix(op: str, suffix: str) -> str:
    """P for post-index, W for pre-index."""
    parts = suffix.removeprefix(".").split(".")
    if not _SUFFIXES.issuperset(parts):
        raise ValueError(f'unrecognized suffix ."{suffix}"')
    return ".".join(sorted(set(parts)))


class _Finisher:
    """Turns the functions of one Context into bytes."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.layout = Layout(context, self.report)

    def report(self, prog: Prog, message: str) -> None:
        """A mistake in an instruction."""
        text = obj_format.placed(prog, show_operand)
        self.context.error(message.replace("{}", text), prog.base, prog.line)

    def finish(self, symbol: Symbol) -> None:
        func = symbol.func
        assert func is not None
        context = self.context
        if context.retpoline:
            context.error("-spectre=ret not supported on arm64", func.base, func.line)
            context.retpoline = False
        progs: list[Prog] = []
        for prog in func.progs:
            try:
                progs += rewrite(context, prog)
            except RewriteError as error:
                self.report(prog, str(error))
                progs.append(prog)
        func.progs = progs
        frame = complete(context, symbol)
        self.layout.lay_out(symbol, frame)


def make() -> Machine:
    """arm64."""
    names = {name: name for name in (*mnemonics(), *_WITHOUT_ROWS)}
    names.update(_ALIASES)
    return Machine(
        name="arm64",
        quantum=4,
        registers=regs.WRITTEN,
        mnemonics=names,
        is_jump=is_jump,
        is_rare=is_scalable,
        register_name=regs.name,
        parse_suffix=parse_suffix,
        finisher=lambda context: _Finisher(context).finish,
        place=place,
        jump_target=jump_target,
        show_operand=show_operand,
        syntax=Arm64Syntax(),
        register_prefixes=regs.PREFIXES,
        register_number=regs.numbered,
        show_disassembled=show_disassembled,
    )
