# SPDX-License-Identifier: BSD-3-Clause
"""Kinds of symbols inside the linker, in the order in which they lie in memory.

Objects number kinds more coarsely (obj/goobj.py); `FROM_OBJECT` maps those to these. The order here is the order of
the sections in the image, so comparisons like `kind > SFIRSTWRITABLE` ask for a segment. Meaning of each kind:
GOROOT/src/cmd/link/internal/sym/symkind.go.
"""

from typing import Final

from pygo_cross.obj import goobj

SXXX: Final = 0
# Text.
STEXT: Final = 1
STEXTFIPSSTART: Final = 2
STEXTFIPS: Final = 3
STEXTFIPSEND: Final = 4
STEXTEND: Final = 5
SMACHOPLT: Final = 6
# Read-only data without addresses.
SGOSTRING: Final = 7
SGCBITS: Final = 8
SRODATA: Final = 9
SRODATAFIPSSTART: Final = 10
SRODATAFIPS: Final = 11
SRODATAFIPSEND: Final = 12
SRODATAEND: Final = 13
SPCLNTAB: Final = 14
# Read-only data that holds addresses.
SRODATARELRO: Final = 15
STYPE: Final = 16
SGOFUNC: Final = 17
# Writable data.
SFIRSTWRITABLE: Final = 18
SBUILDINFO: Final = 19
SFIPSINFO: Final = 20
SMODULEDATA: Final = 21
SMACHOGOT: Final = 22
SNOPTRDATA: Final = 23
SNOPTRDATAFIPSSTART: Final = 24
SNOPTRDATAFIPS: Final = 25
SNOPTRDATAFIPSEND: Final = 26
SNOPTRDATAEND: Final = 27
SDATA: Final = 28
SDATAFIPSSTART: Final = 29
SDATAFIPS: Final = 30
SDATAFIPSEND: Final = 31
SDATAEND: Final = 32
# Zeroed data.
SBSS: Final = 33
SNOPTRBSS: Final = 34
SGCMASK: Final = 35
SLIBFUZZER_8BIT_COUNTER: Final = 36
SCOVERAGE_COUNTER: Final = 37
SCOVERAGE_AUXVAR: Final = 38
STLSBSS: Final = 39
# Not in memory.
SDYNIMPORT: Final = 40
SDWARFSECT: Final = 41
SDWARFCUINFO: Final = 42
SDWARFCONST: Final = 43
SDWARFFCN: Final = 44
SDWARFABSFCN: Final = 45
SDWARFTYPE: Final = 46
SDWARFVAR: Final = 47
SDWARFRANGE: Final = 48
SDWARFLOC: Final = 49
SDWARFLINES: Final = 50
SDWARFADDR: Final = 51
NKIND: Final = 52

_TABLE: Final = {
    goobj.SXXX: SXXX,
    goobj.STEXT: STEXT,
    goobj.STEXTFIPS: STEXTFIPS,
    goobj.SRODATA: SRODATA,
    goobj.SRODATAFIPS: SRODATAFIPS,
    goobj.SNOPTRDATA: SNOPTRDATA,
    goobj.SNOPTRDATAFIPS: SNOPTRDATAFIPS,
    goobj.SDATA: SDATA,
    goobj.SDATAFIPS: SDATAFIPS,
    goobj.SBSS: SBSS,
    goobj.SNOPTRBSS: SNOPTRBSS,
    goobj.STLSBSS: STLSBSS,
    goobj.SDWARFCUINFO: SDWARFCUINFO,
    goobj.SDWARFCONST: SDWARFCONST,
    goobj.SDWARFFCN: SDWARFFCN,
    goobj.SDWARFABSFCN: SDWARFABSFCN,
    goobj.SDWARFTYPE: SDWARFTYPE,
    goobj.SDWARFVAR: SDWARFVAR,
    goobj.SDWARFRANGE: SDWARFRANGE,
    goobj.SDWARFLOC: SDWARFLOC,
    goobj.SDWARFLINES: SDWARFLINES,
    goobj.SDWARFADDR: SDWARFADDR,
    goobj.SLIBFUZZER_8BIT_COUNTER: SLIBFUZZER_8BIT_COUNTER,
    goobj.SCOVERAGE_COUNTER: SCOVERAGE_COUNTER,
    goobj.SCOVERAGE_AUXVAR: SCOVERAGE_AUXVAR,
}

FROM_OBJECT: Final = bytes(_TABLE.get(kind, SXXX) for kind in range(256))
"""For `bytes.translate`: object kinds to linker kinds."""


def is_text(kind: int) -> bool:
    """Executable code of Go's own section."""
    return STEXT <= kind <= STEXTEND


def is_data(kind: int) -> bool:
    """Go's writable data and bss."""
    return SNOPTRDATA <= kind <= SNOPTRBSS


def is_dwarf(kind: int) -> bool:
    """Debugging data."""
    return SDWARFSECT <= kind <= SDWARFADDR
