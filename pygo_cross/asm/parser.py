# SPDX-License-Identifier: BSD-3-Clause
"""Statements into Progs: labels, instructions, branches. Directives are in directives.py.

A statement is `{label:} WORD{.suffix} {operand {, operand}}`. What a statement says is remembered by its tokens; a Prog
is made each time. Labels belong to their function, and branches to labels get their targets when the function ends.

Mistakes go to the Context, at most one a line; the eleventh ends the run. The words are stock's.
Facts: GOROOT/src/cmd/asm/internal/asm/{parse,asm}.go.
"""

from __future__ import annotations

from typing import Final, TextIO

from pygo_cross.arch.machine import Machine
from pygo_cross.asm import directives
from pygo_cross.asm.lexer import is_name, quote
from pygo_cross.asm.operands import OperandError, OperandParser
from pygo_cross.asm.preprocess import PreprocessError, Source, UnexpectedEnd
from pygo_cross.diag import Diagnostic, Pos
from pygo_cross.obj.context import Context, path_to_prefix
from pygo_cross.obj.format import fields
from pygo_cross.obj.prog import (
    BRANCH,
    CONST,
    INDIR,
    MEM,
    NAME_EXTERN,
    NAME_NONE,
    NAME_STATIC,
    REG,
    Addr,
    PosBase,
    Prog,
)
from pygo_cross.obj.symbol import Symbol

MAX_ERRORS: Final = 10
"""As many errors are told; one more ends the run."""

_ABI_PACKAGES: Final = frozenset(
    {
        "runtime",
        "reflect",
        "syscall",
        "internal/bytealg",
        "internal/chacha8rand",
        "internal/runtime/syscall/linux",
        "internal/runtime/syscall/windows",
        "internal/runtime/startlinetest",
        "internal/runtime/maps",
    }
)
_ABI_NAMES: Final = {0: "ABI0", 1: "ABIInternal"}
_OPEN: Final = frozenset("([")
_CLOSE: Final = frozenset(")]")

Cut = tuple[str, str, tuple[tuple[str, ...], ...], tuple[str, ...], str]
"""word, suffix, operands, labels in front, and an error or ""."""


def allows_abi(package: str) -> bool:
    """Whether assembly of this package may select ABIs (objabi/pkgspecial.go AllowAsmABI)."""
    return package in _ABI_PACKAGES


class TooManyErrors(Exception):
    """More than MAX_ERRORS."""


class Parser:
    """Reads one file into a Context."""

    def __init__(self, context: Context, machine: Machine, source: Source, all_errors: bool = False) -> None:
        self.context = context
        self.machine = machine
        self.source = source
        self.operands = OperandParser(context, machine, path_to_prefix(context.package), allows_abi(context.package))
        self.all_errors = all_errors
        self.error_count = 0
        self.stopped = False  # whether the preprocessor gave up
        self.base = PosBase("", "")
        self.line = 0
        self.pc = 0
        self.labels: dict[str, Prog] = {}
        self.pending: list[str] = []
        self.unresolved: list[tuple[Prog, str]] = []
        self.data_end: dict[str, int] = {}
        self.symbol: Symbol | None = None
        self.progs: list[Prog] = []
        self._error_line = 0
        self._registered = False  # whether the object knows that self.base has instructions
        self._cuts: dict[tuple[str, ...], Cut] = {}
        self.placed: dict[tuple[str, ...], tuple[str, str, tuple[Addr, ...]]] = {}

    # Errors.

    def error(self, message: str) -> None:
        """A mistake in the statement at hand; the second on a line is not told. Raises TooManyErrors."""
        if self.line == self._error_line:
            return
        self._error_line = self.line
        self.report(message, self.base.file, self.line)

    def show(self, addr: Addr) -> str:
        """An operand as messages print it."""
        return self.machine.show_operand(addr, _NO_PROG)

    def report(self, message: str, file: str, line: int) -> None:
        """A mistake at a place."""
        self.context.errors.append(Diagnostic(Pos(file, line), "asm", message))
        self.error_count += 1
        if self.error_count > MAX_ERRORS and not self.all_errors:
            raise TooManyErrors

    # Statements.

    def parse(self) -> bool:
        """Reads everything, and tells whether it had no mistake. Raises OSError, TooManyErrors."""
        pseudo = directives.TABLE
        mnemonics = self.machine.mnemonics
        cuts = self._cuts
        placed = self.placed
        pending = self.pending
        base = self.base
        try:
            for words, here, line in self.source.statements():
                self.line = line
                if here is not base:
                    base = self.base = here
                    self._registered = False
                known = placed.get(words)
                if known is not None:
                    # What append() does, for an instruction that was seen before.
                    prog = Prog(known[0], known[2], base, line, known[1])
                    self.pc = prog.pc = self.pc + 1
                    self.progs.append(prog)
                    if pending or not self._registered:
                        self._attach(prog)
                    continue
                cut = cuts.get(words)
                if cut is None:
                    cut = cuts[words] = _cut(words)
                word, suffix, operands, labels, problem = cut
                if labels:
                    pending += labels
                if problem:
                    self.error(problem)
                    if not word:
                        break
                    continue
                if not word:
                    continue
                directive = pseudo.get(word)
                if directive is not None:
                    try:
                        directive(self, operands)
                    except OperandError as error:
                        self.error(str(error))
                    continue
                op = mnemonics.get(word)
                if op is None:
                    is_rare = self.machine.is_rare
                    if is_rare is None or not is_rare(word):
                        self.error(f"unrecognized instruction {quote(word)}")
                        continue
                    op = word
                self._instruction(words if not labels else None, op, word, suffix, operands)
        except UnexpectedEnd as error:
            self.line = error.line
            self.error(error.message)
        except PreprocessError as error:
            # Of a line whose literal is at fault all was read, of others only what came before.
            self.stopped = '"\\"' not in error.message and "unquoting" not in error.message
            self.report(error.message, error.file, error.line)
        for file, line in self.source.misplaced:
            self.report("misplaced //go:build comment", file, line)
        # A label whose line was refused is not missing.
        if not self.error_count:
            self.end_function()
        if self.source.open_literal is not None and not self.error_count:
            self.report("literal not terminated", *self.source.open_literal)
        return not self.error_count

    def _instruction(self, words: tuple[str, ...] | None, op: str, word: str, suffix: str, operands: tuple[tuple[str, ...], ...]) -> None:
        """One instruction, to be remembered by `words`."""
        if self.machine.is_jump(word):
            try:
                parse = self.operands.parse
                self._jump(op, suffix, tuple([parse(operand, True) for operand in operands]))
            except OperandError as error:
                self.error(str(error))
            return
        try:
            parse = self.operands.parse
            args = tuple([parse(operand) for operand in operands])
        except OperandError as error:
            self.error(self._pseudo_in_front(operands, word) or str(error))
            return
        if any(arg.reg < 0 for arg in args):
            self.error(f"illegal use of pseudo-register in {word}")
            return
        prog = Prog(op, args, self.base, self.line)
        if not self._place(prog, suffix):
            return
        if words is not None:
            self.placed[words] = (prog.op, prog.suffix, prog.args)
        self.append(prog)

    def _pseudo_in_front(self, operands: tuple[tuple[str, ...], ...], word: str) -> str:
        """What is to be told if a pseudo-register stands alone in front of an operand that can't be read, or ""."""
        try:
            for operand in operands:
                if self.operands.parse(operand).reg < 0:
                    return f"illegal use of pseudo-register in {word}"
        except OperandError:
            pass
        return ""

    def _place(self, prog: Prog, suffix: str) -> bool:
        """Has the machine check an instruction and its suffix."""
        problem = self.machine.place(prog)
        if not problem and suffix:
            try:
                prog.suffix = self.machine.parse_suffix(prog.op, suffix)
            except ValueError as error:
                problem = str(error)
        if problem:
            self.error(problem)
        return not problem

    def append(self, prog: Prog) -> None:
        """Adds a Prog to the function, under the labels that wait for one."""
        self.pc = prog.pc = self.pc + 1
        self.progs.append(prog)
        self._attach(prog)

    def _attach(self, prog: Prog) -> None:
        """Notes that the file has instructions, and where labels lead."""
        if not self._registered:
            self._registered = True
            self.context.file_index(self.base)
        if self.pending:
            for label in self.pending:
                if label in self.labels:
                    self.error(f"label {quote(label)} multiply defined")
                    return
                self.labels[label] = prog
            self.pending.clear()

    def _jump(self, op: str, suffix: str, args: tuple[Addr, ...]) -> None:
        """A branch: the last operand says where to."""
        prog = Prog(op, args, self.base, self.line)
        try:
            where = self.machine.jump_target(prog)
        except ValueError as error:
            self.error(str(error))
            return
        if where < 0:
            self.error(f"wrong number of arguments to {op} instruction")
            return
        target = args[where]
        kind = target.type
        if kind == BRANCH:
            # n(PC) counts from this instruction, which append() gives its number.
            target = Addr(BRANCH, 0, self.pc + 1 + target.offset)
            prog.args = (*args[:where], target, *args[where + 1 :])
        elif kind == CONST:
            # As stock has it, whose message shows the first operand in its place.
            prog.args = (*args[:where], args[0], *args[where + 1 :])
        elif kind == REG or (kind in (MEM, INDIR) and target.name in (NAME_EXTERN, NAME_STATIC)):
            pass
        elif kind == MEM and not target.reg and not target.offset and not target.index:
            if target.sym is None:
                self.error("cannot assemble jump")
                return
            prog.args = (*args[:where], _LABEL, *args[where + 1 :])
            label = target.sym.name
            prog.target = self.labels.get(label)
            if prog.target is None:
                self.unresolved.append((prog, label))
        elif not (kind == MEM and target.name == NAME_NONE):
            self.error(f"cannot assemble jump {fields(target)}")
            return
        if self._place(prog, suffix):
            self.append(prog)

    # Functions.

    def begin_function(self, symbol: Symbol) -> None:
        """What follows belongs to `symbol`."""
        self.symbol = symbol
        assert symbol.func is not None
        self.progs = symbol.func.progs

    def end_function(self) -> None:
        """Gives branches to labels their targets, and forgets the labels."""
        for prog, label in self.unresolved:
            target = self.labels.get(label)
            if target is None:
                self.report(f"undefined label {label}", prog.base.file if prog.base else "", prog.line)
            prog.target = target
        self.unresolved.clear()
        self.labels = {}

    # -gensymabis.

    def symbol_abis(self, out: TextIO) -> bool:
        """Writes which functions the file defines and refers to, and tells whether it had no mistake.

        The format is described at ReadSymABIs in GOROOT/src/cmd/compile/internal/ssagen/abi.go.
        """
        try:
            for words, base, line in self.source.statements():
                self.base, self.line = base, line
                word, _, operands, _, problem = _cut(words)
                if problem:
                    self.error(problem)
                    if not word:
                        break
                    continue
                what = "ref"
                if word == "TEXT":
                    what = "def"
                    operands = operands[:1]
                elif word in ("DATA", "FUNCDATA"):
                    operands = operands[1:]
                for operand in operands:
                    try:
                        found = self.operands.function(operand)
                    except OperandError as error:
                        self.error(str(error))
                        continue
                    if found is not None:
                        out.write(f"{what} {found[0]} {_ABI_NAMES[found[1]]}\n")
        except PreprocessError as error:
            self.report(error.message, error.file, error.line)
        return not self.error_count


_NO_PROG: Final = Prog("", (), None, 0)
_LABEL: Final = Addr(BRANCH)
"""The operand of a branch to a label: Prog.target says which."""


def _cut(words: tuple[str, ...]) -> Cut:
    """The parts of a statement."""
    labels: list[str] = []
    at = 0
    count = len(words)
    while True:
        if at >= count:
            return "", "", (), tuple(labels), ""
        word = words[at]
        if not is_name(word):
            return "", "", (), tuple(labels), f"expected identifier, found {quote(word)}"
        at += 1
        suffix = ""
        problem = ""
        while at < count and words[at] == ".":
            name = words[at + 1] if at + 1 < count else "\n"
            if not is_name(name):
                problem = problem or f"instruction suffix expected identifier, found {name}"
            suffix += "." + name
            at += 2
        if at < count and words[at] == ":":
            labels.append(word)
            at += 1
            continue
        break
    operands: list[tuple[str, ...]] = []
    start, nesting, colon = at, 0, -1
    if at >= count:
        return word, suffix, (), tuple(labels), problem
    for here in range(at, count + 1):
        token = words[here] if here < count else "\n"
        if token in _OPEN:
            nesting += 1
        elif token in _CLOSE:
            nesting -= 1
        elif token == "\n" or (not nesting and (token == "," or token == ":")):
            if token == ":":
                if colon >= 0:
                    return word, suffix, (), tuple(labels), problem or "invalid ':' in operand"
                colon = len(operands)
            if here > start:
                operands.append(words[start:here])
                if colon >= 0 and len(operands) == colon + 2:
                    # AX:DX is another spelling of DX, AX.
                    operands[colon], operands[colon + 1] = operands[colon + 1], operands[colon]
                    colon = -1
            elif operands or token == "," or colon >= 0:
                problem = problem or "missing operand"
            start = here + 1
    return word, suffix, tuple(operands), tuple(labels), problem
