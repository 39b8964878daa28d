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
SMACHORELROSECT: Final = 18
# Writable data.
SFIRSTWRITABLE: Final = 19
SBUILDINFO: Final = 20
SFIPSINFO: Final = 21
SMODULEDATA: Final = 22
SMACHOGOT: Final = 23
SNOPTRDATA: Final = 24
SNOPTRDATAFIPSSTART: Final = 25
SNOPTRDATAFIPS: Final = 26
SNOPTRDATAFIPSEND: Final = 27
SNOPTRDATAEND: Final = 28
SDATA: Final = 29
SDATAFIPSSTART: Final = 30
SDATAFIPS: Final = 31
SDATAFIPSEND: Final = 32
SDATAEND: Final = 33
# Zeroed data.
SBSS: Final = 34
SNOPTRBSS: Final = 35
SGCMASK: Final = 36
SLIBFUZZER_8BIT_COUNTER: Final = 37
SCOVERAGE_COUNTER: Final = 38
SCOVERAGE_AUXVAR: Final = 39
STLSBSS: Final = 40
# Not in memory.
SDYNIMPORT: Final = 41
SDWARFSECT: Final = 42
SDWARFCUINFO: Final = 43
SDWARFCONST: Final = 44
SDWARFFCN: Final = 45
SDWARFABSFCN: Final = 46
SDWARFTYPE: Final = 47
SDWARFVAR: Final = 48
SDWARFRANGE: Final = 49
SDWARFLOC: Final = 50
SDWARFLINES: Final = 51
SDWARFADDR: Final = 52
NKIND: Final = 53

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
