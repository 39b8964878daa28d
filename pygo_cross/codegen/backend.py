# SPDX-License-Identifier: BSD-3-Clause
"""Code generation for one package: `Backend` has the steps in their order, and the object that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import final

from pygo_cross.arch.machine import machine
from pygo_cross.codegen import checkalloc
from pygo_cross.codegen.abi import Convention
from pygo_cross.codegen.checkalloc import Before
from pygo_cross.codegen.edges import split_critical_edges
from pygo_cross.codegen.emit import Emission
from pygo_cross.codegen.layout import layout
from pygo_cross.codegen.maptypes import Groups
from pygo_cross.codegen.object import used_types
from pygo_cross.codegen.regalloc import allocate
from pygo_cross.codegen.rows import Rows
from pygo_cross.codegen.schedule import schedule
from pygo_cross.codegen.select import Selection
from pygo_cross.codegen.symbols import Symbols
from pygo_cross.codegen.text import Places, Texts
from pygo_cross.codegen.tidy import tidy
from pygo_cross.codegen.typedata import Descriptors
from pygo_cross.diag import InternalError, UserError, located
from pygo_cross.obj.context import Context
from pygo_cross.obj.writer import write
from pygo_cross.ssa.func import Func
from pygo_cross.ssa.shape import Shapes
from pygo_cross.ssa.unit import FuncInfo
from pygo_cross.syntax.source import FileSet
from pygo_cross.types.linknames import TypeNames


@final
class Backend:
    """Makes the object of the package `path`. `absolute` gives the name that objects have for a file; `dwarf` asks for debug
    information, `shared` for code that may lie anywhere (-buildmode=pie); `std` says that the package is of the standard library,
    `maymorestack` which function is called before stacks are looked at whether they have to grow."""

    def __init__(
        self,
        arch: str,
        goos: str,
        path: str,
        fset: FileSet,
        shapes: Shapes,
        names: TypeNames,
        groups: Groups,
        absolute: Callable[[str], str],
        dwarf: bool = False,
        shared: bool = False,
        std: bool = False,
        maymorestack: str = "",
    ) -> None:
        self.context = Context(arch, goos, path)
        self.context.maymorestack = maymorestack
        self.context.shared = shared
        self.context.std = std
        self.context.assembly = False
        self.shapes = shapes
        self.descriptors = Descriptors(self.context, shapes.sizes, names, groups)
        self.symbols = Symbols(self.context, self.descriptors)
        self.places = Places(fset.position, absolute)
        found = machine(arch)
        self.selection = Selection(arch, shapes, Convention(*import_module(f"pygo_cross.arch.{arch}.registers").CONVENTION))
        table = self.selection.table
        self.rows = Rows(table.rows, table.registers)
        self.emission = emission = Emission(table, self.context, self.symbols.of)
        abiinternal, abi0 = self.selection.assigners
        assigners = (abi0, abiinternal)
        self.texts = Texts(
            self.context, found, table.rows, table.registers, assigners, shapes, self.descriptors, self.places, emission.emit, dwarf=dwarf
        )

    def begin(self, funcs: Sequence[Func]) -> None:
        """What has to be known of all functions before the first is made."""
        self.texts.inlined(funcs)

    def function(self, func: Func, check: bool = False) -> None:
        """The symbol of an optimised function. Raises UserError for one that can't be had, InternalError with step and function."""
        step = "select"
        try:
            used = used_types(self.symbols, func)
            self.selection.select(func)
            step = "schedule"
            split_critical_edges(func)
            layout(func)
            schedule(func)
            step = "regalloc"
            dense = self.selection.dense
            params = [1 << dense[scalar.register] if scalar.register else 0 for scalar in self.selection.func_plan(func).args]
            before = Before(func, self.rows) if check else None
            allocation = allocate(func, self.rows, params)
            if before is not None:
                checkalloc.check(before, func, allocation, params)
            step = "text"
            tidy(func)
            symbol = self.texts.make(func, allocation)
            symbol.relocs += used
            self.emission.write_tables(symbol)
        except UserError:
            raise
        except Exception as error:
            pos = func.info.pos if isinstance(func.info, FuncInfo) else 0
            raise located(error, step, func.symbol, self.places.position(pos)) from error

    def finish(self) -> bytes:
        """The object, when all functions and all data are there."""
        self.descriptors.finish()
        if self.context.errors:
            raise InternalError("object", str(self.context.errors[0]), self.context.package)
        return write(self.context, True)
