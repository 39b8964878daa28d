# SPDX-License-Identifier: BSD-3-Clause
"""From assembly files to an object: the way that `pygo-cross asm` goes.

Files are parsed into one Context; each function is completed, encoded and given its tables; then the object is written.
Nothing here touches the output file. Facts: GOROOT/src/cmd/asm/main.go, cmd/internal/obj/plist.go (Flushplist).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TextIO

from pygo_cross.arch.machine import ARCHITECTURES, Machine, machine
from pygo_cross.asm import branches
from pygo_cross.asm.parser import MAX_ERRORS, Parser, TooManyErrors
from pygo_cross.asm.paths import PathRewriter
from pygo_cross.asm.preprocess import Source
from pygo_cross.diag import Diagnostic, Pos, UserError
from pygo_cross.obj import funcdwarf, pcln, writer
from pygo_cross.obj.context import UNLINKABLE, Context, path_to_prefix
from pygo_cross.obj.prog import MEM, NAME_EXTERN, Addr, Prog, const
from pygo_cross.obj.symbol import FUNCDATA_ARG_INFO, FUNCDATA_ARGS_POINTER_MAPS, FUNCDATA_LOCALS_POINTER_MAPS, Symbol


class Options:
    """What the command line says.

    `package` is the import path; `includes` the folders of -I and `defines` the words of -D (NAME or NAME=VALUE). Relative paths
    start at `folder` (here, if it is empty) and are recorded without what `trimpath` removes, and without `goroot`. `keep_going`
    encodes even what was parsed with mistakes, to find all of them; `simd` is the experiment that SVE belongs to; `dwarf5` is None
    for what the system has by itself; `listing` is how often -S was given, `pctab` a name of pctabtext.TABLES or "".
    """

    def __init__(self, arch: str, goos: str, package: str = UNLINKABLE, includes: list[str] | None = None, folder: str = "") -> None:
        self.arch = arch
        self.goos = goos
        self.package = package
        self.includes = includes or []
        self.defines: list[str] = []
        self.trimpath = ""
        self.goroot = ""
        self.folder = folder
        self.shared = False
        self.dynlink = False
        self.linkshared = False
        self.retpoline = False
        self.std = False
        self.all_errors = False
        self.keep_going = False
        self.maymorestack = ""
        self.pctab = ""
        self.listing = 0
        self.simd = False
        self.dwarf5: bool | None = None


def make_context(options: Options) -> Context:
    """A Context with these settings."""
    context = Context(options.arch, options.goos, options.package)
    context.dynlink = options.dynlink
    context.shared = options.shared or options.dynlink
    context.linkshared = options.linkshared
    context.retpoline = options.retpoline
    context.std = options.std
    context.simd = options.simd
    context.maymorestack = options.maymorestack
    if options.dwarf5 is not None:
        context.dwarf5 = options.dwarf5
    return context


def assemble(paths: list[str], options: Options, listing: TextIO | None = None) -> bytes:
    """The object of these files, without the text in front of it. Raises UserError with what is wrong.

    `listing` takes what -S and -d=pctab print.
    """
    context = make_context(options)
    context.listed = bool(options.listing or options.pctab)
    read(paths, context, options)
    check(context, options)
    data = writer.write(context)
    if listing is not None and (options.listing or options.pctab):
        from pygo_cross.obj import pctabtext
        from pygo_cross.obj.listing import listing as make_listing

        show = machine(options.arch).show_operand
        if options.pctab:
            for symbol in context.text:
                listing.write(pctabtext.text(context, symbol, options.pctab, show))
        if options.listing:
            listing.write(make_listing(context, show, options.listing))
    return data


def check(context: Context, options: Options) -> None:
    """Raises UserError if anything is wrong: with the first mistakes, or all if they are wanted."""
    errors = sorted(set(context.errors))
    if not errors:
        return
    if len(errors) > MAX_ERRORS and not options.all_errors:
        errors = errors[:MAX_ERRORS]
        errors.append(Diagnostic(Pos(errors[0].pos.file), "asm", f"too many errors, the first {MAX_ERRORS} follow", "-e shows all"))
    raise UserError(errors)


def find_machine(arch: str) -> Machine:
    """The machine of an architecture. Raises UserError for one that we don't have."""
    try:
        return machine(arch)
    except KeyError:
        hint = f"set GOARCH to {' or '.join(ARCHITECTURES)}"
        raise UserError.one("unknown-arch", f"there is no assembler for {arch} yet", hint) from None


def read(paths: list[str], context: Context, options: Options) -> None:
    """Parses files and makes their functions; mistakes are left in context.errors."""
    target = find_machine(options.arch)
    make_bytes = target.finisher(context)
    rewriter = PathRewriter(options.folder or os.getcwd(), options.trimpath, options.goroot)
    for path in paths:
        parser = Parser(context, target, Source(path, options.includes, options.defines, rewriter), options.all_errors)
        first = len(context.text)
        try:
            sound = parser.parse()
        except TooManyErrors:
            return
        except OSError as error:
            raise UserError.one("cannot-open", f"cannot open: {error.strerror}", pos=Pos(path)) from None
        if not sound:
            places = parser.source.complaints(parser.stopped)
            context.errors += [Diagnostic(Pos(name, line, column), "asm", message) for name, line, column, message in places]
        if sound or options.keep_going:
            finish(context, context.text[first:], make_bytes, target.quantum)
        if context.errors and not options.keep_going:
            return


def symbol_abis(paths: list[str], options: Options, out: TextIO) -> None:
    """Writes what -gensymabis tells of these files. Raises UserError."""
    context = make_context(options)
    target = find_machine(options.arch)
    rewriter = PathRewriter(options.folder or os.getcwd(), options.trimpath, options.goroot)
    for path in paths:
        parser = Parser(context, target, Source(path, options.includes, options.defines, rewriter), options.all_errors)
        try:
            parser.symbol_abis(out)
        except TooManyErrors:
            pass
        except OSError as error:
            raise UserError.one("cannot-open", f"cannot open: {error.strerror}", pos=Pos(path)) from None
        check(context, options)


def finish(context: Context, symbols: list[Symbol], make_bytes: Callable[[Symbol], None], quantum: int) -> None:
    """Make functions whole: their bytes and their tables."""
    prefix = path_to_prefix(context.package) + "."
    for symbol in symbols:
        _stack_maps(context, symbol, prefix)
    for symbol in symbols:
        func = symbol.func
        assert func is not None
        branches.resolve(context, func.progs)
        func.progs = [prog for prog in func.progs if prog.op != "END"]
        make_bytes(symbol)
        if context.errors:
            continue
        pcln.fill(context, symbol, quantum)
        funcdwarf.fill(context, symbol)


def _stack_maps(context: Context, symbol: Symbol, prefix: str) -> None:
    """FUNCDATA that refers to what the compiler knows of a function: where its arguments have pointers."""
    func = symbol.func
    assert func is not None
    have: set[int] = set()
    for prog in func.progs:
        if prog.op != "FUNCDATA":
            continue
        number, name = prog.args[0].offset, prog.args[1].sym
        assert name is not None
        have.add(number)
        if name.name == "go_args_stackmap":
            if number != FUNCDATA_ARGS_POINTER_MAPS:
                context.error("FUNCDATA use of go_args_stackmap(SB) without FUNCDATA_ArgsPointerMaps", prog.base, prog.line)
            prog.args = (prog.args[0], _data(context.lookup_derived(symbol, symbol.name + ".args_stackmap"), prog.args[1]))
        elif name.name == "no_pointers_stackmap":
            if number != FUNCDATA_LOCALS_POINTER_MAPS:
                context.error("FUNCDATA use of no_pointers_stackmap(SB) without FUNCDATA_LocalsPointerMaps", prog.base, prog.line)
            # Two maps of no bits: frames of assembly have one for before and one for after results are there.
            prog.args = (prog.args[0], _data(context.gclocals(b"\2\0\0\0\0\0\0\0"), prog.args[1]))
    if not symbol.name.startswith(prefix) or symbol.abi or symbol.name == "runtime.addmoduledata" or not func.progs:
        return
    text = func.progs[0]
    added: list[Prog] = []
    if FUNCDATA_ARG_INFO not in have:
        info = context.lookup_derived(symbol, f"{symbol.name}.arginfo{symbol.abi}")
        added.append(text.after("FUNCDATA", (const(FUNCDATA_ARG_INFO), Addr(MEM, 0, 0, NAME_EXTERN, info))))
    if FUNCDATA_ARGS_POINTER_MAPS not in have:
        maps = context.lookup_derived(symbol, symbol.name + ".args_stackmap")
        added.append(text.after("FUNCDATA", (const(FUNCDATA_ARGS_POINTER_MAPS), Addr(MEM, 0, 0, NAME_EXTERN, maps))))
    func.progs[1:1] = added


def _data(symbol: Symbol, like: Addr) -> Addr:
    """name(SB), as `like` has it, of another symbol."""
    new = like.copy()
    new.sym = symbol
    return new
