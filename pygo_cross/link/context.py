# SPDX-License-Identifier: BSD-3-Clause
"""The state of one link, handed from pass to pass.

Which pass may rely on what is said in main.py, where the passes stand in their order. Nothing here computes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pygo_cross.link.image import Section, Segment
from pygo_cross.link.library import Library
from pygo_cross.link.loader import Loader
from pygo_cross.link.options import LinkOptions
from pygo_cross.link.reach import Trace


@dataclass(slots=True, eq=False)
class Link:
    """One link.

    - `libraries`: in load order; from textorder.py on in postorder, importers after what they import.
    - `textp`: the text symbols of the image in address order.
    - `data_syms`: the symbols of each section in address order, by section identity (layout).
    - `section_of`: the output section of each placed symbol.
    - `groups`: read-only symbols that lie with their like, under the kind of the group instead of their own.
    - `hidden`: symbols that get no entry in the symbol table.
    - `trace`: why each symbol is reachable, if somebody wants to know.
    - `table_bytes`: gives, for each function of `textp`, how many bytes pclntab has for its sake (set by pclntab.py).
    - `generators`: functions that fill symbols whose content depends on final addresses; run after layout, before
      relocations are applied.
    - `dylibs`: libraries that the program imports from, in load order (Mach-O).
    """

    options: LinkOptions
    loader: Loader
    libraries: list[Library] = field(default_factory=list)
    textp: list[int] = field(default_factory=list)
    main_inittasks: int = 0
    moduledata: int = 0
    fips_info: int = 0
    fips_marks: list[int] = field(default_factory=list)
    dylibs: list[str] = field(default_factory=list)
    section_of: dict[int, Section] = field(default_factory=dict)
    section_syms: dict[int, list[int]] = field(default_factory=dict)
    groups: dict[int, int] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    segments: list[Segment] = field(default_factory=list)
    trace: Trace | None = None
    table_bytes: Callable[[], list[int]] | None = None
    generators: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_darwin(self) -> bool:
        """Whether the image is Mach-O."""
        return self.options.goos == "darwin"

    @property
    def is_arm64(self) -> bool:
        """Whether the code is arm64's."""
        return self.options.goarch == "arm64"

    @property
    def relro(self) -> bool:
        """Whether read-only data with addresses is apart, because the dynamic linker rewrites it at start (UseRelro)."""
        return self.is_darwin and (self.options.pie or self.is_arm64)

    @property
    def pc_quantum(self) -> int:
        """The smallest instruction's size in bytes: the unit of PC deltas in pc tables (MinLC)."""
        return 4 if self.is_arm64 else 1
