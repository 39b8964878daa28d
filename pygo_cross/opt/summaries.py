# SPDX-License-Identifier: BSD-3-Clause
"""What callers have to know of a function: where the pointers go that they pass.

A Summary has a row for each scalar of the parameters, and a last one for the context of a function literal. A row is pairs of a target,
which is HEAP, WRITTEN or the number of a result's scalar counted from 1, and the derefs of the flow (`flow.py`). A scalar that is the
address of a value in memory stands for that value. A row without pairs says that nothing is kept, and nothing written through it; what goes
to the heap may be written by anybody, and no pair says so. Of a function without a summary all that is passed goes to the heap.

Summaries of imported packages come from their records, by link name; those of the runtime's functions that lowering calls are here, by what
src/runtime does with their arguments.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.opt.flow import HEAP

Row = tuple[int, ...]
Summary = tuple[Row, ...]

WRITTEN: Final = -1
"""The target of a pointer through which the function writes."""

KEPT_NOT: Final[Row] = ()
KEPT: Final[Row] = (HEAP, 0)
ONLY_WRITTEN: Final[Row] = (WRITTEN, 0)

# A letter for each scalar: what becomes of it.
_LETTERS: Final[dict[str, Row]] = {
    ".": KEPT_NOT,
    "h": KEPT,
    "c": (HEAP, 1),  # what it points to is kept
    "C": (HEAP, 2, WRITTEN, 1),  # the cases of a select
    "w": ONLY_WRITTEN,
    "0": (1, 0),  # is the first result
    "a": (1, 1),  # what it points to is
    "b": (1, 0, HEAP, 1),
}


def weakest(one: Summary, other: Summary) -> Summary:
    """What holds if either of two summaries does: whatever flows by one of them, with the fewer loads."""
    return one if one == other else tuple(_weakest(x, y) for x, y in zip(one, other, strict=True))


def _weakest(x: Row, y: Row) -> Row:
    least: dict[int, int] = {}
    for row in (x, y):
        for target, derefs in zip(row[::2], row[1::2], strict=True):
            least[target] = min(derefs, least.get(target, derefs))
    return KEPT if least.get(HEAP) == 0 else tuple(number for pair in sorted(least.items()) for number in pair)


_TABLE: Final = {
    "newobject": ".",
    "printbool": ".",
    "printstring": "..",
    "printquoted": "..",
    "printpointer": ".",
    "printiface": "..",
    "printeface": "..",
    "printslice": "...",
    "gopanic": ".h",
    "newproc": "h",
    "deferproc": "h",  # in a loop: more than one at a time
    "deferprocat": "h..",
    "deferprocStack": ".",
    # One string alone is the result if there is a buffer, or if it is not in a frame (src/runtime/string.go).
    "concatstring2": "0" + ".." * 2,
    "concatstring3": "0" + ".." * 3,
    "concatstring4": "0" + ".." * 4,
    "concatstring5": "0" + ".." * 5,
    "concatstrings": "0...",
    "concatbyte2": "0" + ".." * 2,
    "concatbyte3": "0" + ".." * 3,
    "concatbyte4": "0" + ".." * 4,
    "concatbyte5": "0" + ".." * 5,
    "concatbytes": "0...",
    "cmpstring": "....",
    "intstring": "0.",
    "slicebytetostring": "0..",
    "slicebytetostringtmp": "0.",
    "slicerunetostring": "0...",
    "stringtoslicebyte": "0..",
    "stringtoslicerune": "0..",
    "slicecopy": "w.c..",
    "typedslicecopy": ".w.c.",
    "decoderune": "...",
    "countrunes": "..",
    "convT": ".c",
    "convTnoptr": "..",
    "convTstring": "h.",
    "convTslice": "h..",
    "assertE2I": "..",
    "assertE2I2": "..",
    "panicdottypeE": "...",
    "panicdottypeI": "...",
    "panicnildottype": ".",
    "typeAssert": "..",
    "interfaceSwitch": "..",
    "ifaceeq": "...",
    "efaceeq": "...",
    "makemap64": "..0",
    "makemap": "..0",
    "mapaccess1": ".a.",
    "mapaccess1_fast32": ".a.",
    "mapaccess1_fast64": ".a.",
    "mapaccess1_faststr": ".a..",
    "mapaccess1_fat": ".a.0",
    "mapaccess2": ".a.",
    "mapaccess2_fast32": ".a.",
    "mapaccess2_fast64": ".a.",
    "mapaccess2_faststr": ".a..",
    "mapaccess2_fat": ".a.0",
    "mapassign": ".ac",
    "mapassign_fast32": ".a.",
    "mapassign_fast32ptr": ".ah",
    "mapassign_fast64": ".a.",
    "mapassign_fast64ptr": ".ah",
    "mapassign_faststr": ".ah.",
    "mapdelete": "...",
    "mapdelete_fast32": "...",
    "mapdelete_fast64": "...",
    "mapdelete_faststr": "....",
    "mapIterStart": "..w",
    "mapIterNext": "w",
    "mapclear": "..",
    "chanrecv1": ".w",
    "chanrecv2": ".w",
    "chansend1": ".c",
    "closechan": ".",
    "chanlen": ".",
    "chancap": ".",
    "selectnbsend": ".c",
    "selectnbrecv": "w.",
    "selectgo": "C.....",
    "typedmemmove": ".wc",
    "typedmemclr": ".w",
    "makeslicecopy": "...c",
    "growslice": "c....",
    "growsliceNoAlias": "c....",
    "growsliceBuf": "c....0.",
    "growsliceBufNoAlias": "c....0.",
    "moveSlice": ".b..",
    "moveSliceNoScan": ".b..",
    "moveSliceNoCap": ".b.",
    "moveSliceNoCapNoScan": ".b.",
    "memmove": "wc.",
    "memclrNoHeapPointers": "w.",
    "memclrHasPointers": "w.",
    "unsafeslicecheckptr": "...",
    "unsafestringcheckptr": "..",
    # What programs call: where package runtime is stock's, no record tells of it.
    "Callers": ".w..",
    "ReadMemStats": "w",
    "MemProfile": "w...",
    "ThreadCreateProfile": "w..",
    "GoroutineProfile": "w..",
    "(*Func).Name": ".",
    "(*Func).Entry": ".",
    "(*Func).FileLine": "..",
    "(*StackRecord).Stack": "0",
    "(*MemProfileRecord).Stack": "0",
    "(*MemProfileRecord).InUseBytes": ".",
    "(*MemProfileRecord).InUseObjects": ".",
    "(*TypeAssertionError).Error": ".",
    **dict.fromkeys(["memequal", "strequal", "interequal", "nilinterequal", "f32equal", "f64equal", "c64equal", "c128equal"], "..."),
    **dict.fromkeys([f"memequal{bits}" for bits in (0, 8, 16, 32, 64, 128)], ".."),
    **dict.fromkeys(["memhash", "strhash", "interhash", "nilinterhash", "f32hash", "f64hash", "c64hash", "c128hash"], "..."),
    **dict.fromkeys([f"memhash{bits}" for bits in (0, 8, 16, 32, 64, 128)], ".."),
}

RUNTIME: Final[dict[str, Summary]] = {"runtime." + name: tuple(_LETTERS[letter] for letter in letters) for name, letters in _TABLE.items()}
"""Summaries of functions of the runtime that compiled code calls."""
