# SPDX-License-Identifier: BSD-3-Clause
"""The operations of values, one row each: name, number of arguments, what `aux` and `imm` are, what it may do.

`imm` is an int, `aux` an object: which, the row says. The kind of the result is the value's own; arguments of arithmetic have that kind,
those of comparisons and conversions the kind they have. Shifts take a count of any integer kind and follow Go: a count of the width or
more gives 0, or the sign (`imm` 1 says that the count is known to be less).

Effects:
- PURE: nothing but its result; equal operations are one value, unused ones go.
- READS, WRITES: memory, in order with other such values.
- FAULTS: may end in a panic, so it stays even if unused, and nothing with an effect moves across it.
- CALL: anything may happen, and all registers are lost.

Machine operations, which selection makes of these, have rows of their own in the architectures; their numbers begin at `FIRST_MACHINE_OP`.
"""

from __future__ import annotations

from typing import Final

PURE: Final = 1
READS: Final = 2
WRITES: Final = 4
FAULTS: Final = 8
CALL: Final = 16
COMMUTES: Final = 32

EFFECTS: Final = READS | WRITES | FAULTS | CALL
FIRST_MACHINE_OP: Final = 1000

LENGTH: Final = "length"
"""`aux` of Load, Param and Result where the scalar is a string's or slice's length or capacity: never negative."""

OFF_HEAP: Final = "off heap"
"""`aux` of Store where what is stored is a pointer to what is never in Go's heap, so that the collector need not be told."""


class OpInfo:
    """A row: `nargs` is -1 where the number differs; `imm` and `aux` say in a word what these are ("" for nothing)."""

    __slots__ = ("aux", "flags", "imm", "name", "nargs", "op")

    def __init__(self, op: int, name: str, nargs: int, flags: int, imm: str = "", aux: str = "") -> None:
        self.op = op
        self.name = name
        self.nargs = nargs
        self.flags = flags
        self.imm = imm
        self.aux = aux


# ---- values that are there
PHI: Final = 1
COPY: Final = 2
CONST: Final = 3
PARAM: Final = 4
CLOSURE: Final = 5
ADDR: Final = 6
SLOT_ADDR: Final = 7
RESULT: Final = 8
GET_G: Final = 9
CALLER_PC: Final = 10
CALLER_SP: Final = 11

# ---- arithmetic
ADD: Final = 20
SUB: Final = 21
MUL: Final = 22
DIV_S: Final = 23
DIV_U: Final = 24
MOD_S: Final = 25
MOD_U: Final = 26
AND: Final = 27
OR: Final = 28
XOR: Final = 29
SHL: Final = 30
SHR_S: Final = 31
SHR_U: Final = 32
NEG: Final = 33
COM: Final = 34
NOT: Final = 35
ROTL: Final = 36
MUL_HIGH_S: Final = 37
MUL_HIGH_U: Final = 38
ADD_PTR: Final = 39
SUB_PTR: Final = 40
CTZ: Final = 41
CLZ: Final = 42
POPCOUNT: Final = 43
BSWAP: Final = 44
FDIV: Final = 45
SQRT: Final = 46
FMA: Final = 47
ABS: Final = 48
COPYSIGN: Final = 49
FLOOR: Final = 50
CEIL: Final = 51
TRUNC_FLOAT: Final = 52
ROUND_EVEN: Final = 53
MIN_FLOAT: Final = 54
MAX_FLOAT: Final = 55
ADD_CARRY: Final = 56
SUB_BORROW: Final = 57

# ---- comparisons
EQ: Final = 70
NE: Final = 71
LT_S: Final = 72
LE_S: Final = 73
LT_U: Final = 74
LE_U: Final = 75
SELECT: Final = 76

# ---- conversions
SIGN_EXT: Final = 80
ZERO_EXT: Final = 81
TRUNC: Final = 82
INT_TO_FLOAT: Final = 83
UINT_TO_FLOAT: Final = 84
FLOAT_TO_INT: Final = 85
FLOAT_TO_UINT: Final = 86
FLOAT_TO_FLOAT: Final = 87
BITCAST: Final = 88
PTR_TO_INT: Final = 89
INT_TO_PTR: Final = 90

# ---- memory
LOAD: Final = 100
STORE: Final = 101
ZERO: Final = 102
MOVE: Final = 103
NIL_CHECK: Final = 104
BOUNDS: Final = 105
SLICE_BOUNDS: Final = 106
ALLOC: Final = 107
SLOT_LIVE: Final = 108
KEEP_ALIVE: Final = 109
WRITE_BARRIER: Final = 110
SPILL: Final = 111
RELOAD: Final = 112

# ---- calls
CALL_STATIC: Final = 120
CALL_CLOSURE: Final = 121
CALL_POINTER: Final = 122
GO: Final = 123
DEFER: Final = 124
PANIC: Final = 125

# ---- atomic
ATOMIC_LOAD: Final = 130
ATOMIC_STORE: Final = 131
ATOMIC_ADD: Final = 132
ATOMIC_SWAP: Final = 133
ATOMIC_CAS: Final = 134
ATOMIC_AND: Final = 135
ATOMIC_OR: Final = 136
PREFETCH: Final = 137
PAUSE: Final = 138

_ROWS: Final = (
    OpInfo(PHI, "Phi", -1, PURE),  # one argument for each predecessor, in their order
    OpInfo(COPY, "Copy", 1, PURE),
    OpInfo(CONST, "Const", 0, PURE, imm="value; of a float its bits"),
    OpInfo(PARAM, "Param", 0, PURE, imm="index of the scalar among those of all parameters", aux="LENGTH or nothing"),
    OpInfo(CLOSURE, "Closure", 0, PURE),  # the context that a function literal is called with
    OpInfo(ADDR, "Addr", 0, PURE, imm="offset", aux="symbol"),
    OpInfo(SLOT_ADDR, "SlotAddr", 0, PURE, imm="offset", aux="slot"),
    OpInfo(RESULT, "Result", 1, PURE, imm="index among the scalars of all results", aux="LENGTH or nothing"),  # of the call before it
    OpInfo(GET_G, "GetG", 0, PURE),
    OpInfo(CALLER_PC, "CallerPC", 0, PURE),
    OpInfo(CALLER_SP, "CallerSP", 0, PURE),
    OpInfo(ADD, "Add", 2, PURE | COMMUTES),
    OpInfo(SUB, "Sub", 2, PURE),
    OpInfo(MUL, "Mul", 2, PURE | COMMUTES),
    OpInfo(DIV_S, "DivS", 2, PURE),  # the divisor is not zero: a check stands before
    OpInfo(DIV_U, "DivU", 2, PURE),
    OpInfo(MOD_S, "ModS", 2, PURE),
    OpInfo(MOD_U, "ModU", 2, PURE),
    OpInfo(AND, "And", 2, PURE | COMMUTES),
    OpInfo(OR, "Or", 2, PURE | COMMUTES),
    OpInfo(XOR, "Xor", 2, PURE | COMMUTES),
    OpInfo(SHL, "Shl", 2, PURE, imm="1 if the count is less than the width"),
    OpInfo(SHR_S, "ShrS", 2, PURE, imm="1 if the count is less than the width"),
    OpInfo(SHR_U, "ShrU", 2, PURE, imm="1 if the count is less than the width"),
    OpInfo(NEG, "Neg", 1, PURE),
    OpInfo(COM, "Com", 1, PURE),
    OpInfo(NOT, "Not", 1, PURE),  # of a boolean
    OpInfo(ROTL, "RotL", 2, PURE),
    OpInfo(MUL_HIGH_S, "MulHighS", 2, PURE | COMMUTES),
    OpInfo(MUL_HIGH_U, "MulHighU", 2, PURE | COMMUTES),
    OpInfo(ADD_PTR, "AddPtr", 2, PURE),  # a pointer and an I64
    OpInfo(SUB_PTR, "SubPtr", 2, PURE),  # the distance of two pointers, an I64
    OpInfo(CTZ, "Ctz", 1, PURE),  # of 0 the width
    OpInfo(CLZ, "Clz", 1, PURE),
    OpInfo(POPCOUNT, "PopCount", 1, PURE),
    OpInfo(BSWAP, "Bswap", 1, PURE),
    OpInfo(FDIV, "FDiv", 2, PURE),
    OpInfo(SQRT, "Sqrt", 1, PURE),
    OpInfo(FMA, "Fma", 3, PURE),
    OpInfo(ABS, "Abs", 1, PURE),
    OpInfo(COPYSIGN, "Copysign", 2, PURE),
    OpInfo(FLOOR, "Floor", 1, PURE),
    OpInfo(CEIL, "Ceil", 1, PURE),
    OpInfo(TRUNC_FLOAT, "TruncFloat", 1, PURE),
    OpInfo(ROUND_EVEN, "RoundEven", 1, PURE),
    OpInfo(MIN_FLOAT, "MinFloat", 2, PURE),
    OpInfo(MAX_FLOAT, "MaxFloat", 2, PURE),
    OpInfo(ADD_CARRY, "AddCarry", 3, PURE, imm="0 the sum, 1 the carry"),
    OpInfo(SUB_BORROW, "SubBorrow", 3, PURE, imm="0 the difference, 1 the borrow"),
    OpInfo(EQ, "Eq", 2, PURE | COMMUTES),
    OpInfo(NE, "Ne", 2, PURE | COMMUTES),
    OpInfo(LT_S, "LtS", 2, PURE),  # of floats too: false where one is NaN
    OpInfo(LE_S, "LeS", 2, PURE),
    OpInfo(LT_U, "LtU", 2, PURE),
    OpInfo(LE_U, "LeU", 2, PURE),
    OpInfo(SELECT, "Select", 3, PURE),  # the second if the first is true, else the third
    OpInfo(SIGN_EXT, "SignExt", 1, PURE),
    OpInfo(ZERO_EXT, "ZeroExt", 1, PURE),
    OpInfo(TRUNC, "Trunc", 1, PURE),
    OpInfo(INT_TO_FLOAT, "IntToFloat", 1, PURE),
    OpInfo(UINT_TO_FLOAT, "UintToFloat", 1, PURE),
    OpInfo(FLOAT_TO_INT, "FloatToInt", 1, PURE),
    OpInfo(FLOAT_TO_UINT, "FloatToUint", 1, PURE),
    OpInfo(FLOAT_TO_FLOAT, "FloatToFloat", 1, PURE),
    OpInfo(BITCAST, "Bitcast", 1, PURE),  # the same bits, an integer as a float or the other way
    OpInfo(PTR_TO_INT, "PtrToInt", 1, PURE),
    OpInfo(INT_TO_PTR, "IntToPtr", 1, PURE),
    OpInfo(LOAD, "Load", 1, READS, imm="offset", aux="LENGTH or nothing"),
    OpInfo(STORE, "Store", 2, WRITES, imm="offset", aux="OFF_HEAP or nothing"),  # address, value
    OpInfo(ZERO, "Zero", 1, WRITES, imm="size", aux="type"),
    OpInfo(MOVE, "Move", 2, READS | WRITES, imm="size", aux="type"),  # to, from: equal or apart
    OpInfo(NIL_CHECK, "NilCheck", 1, FAULTS),  # the pointer, known not to be nil
    OpInfo(BOUNDS, "Bounds", 2, FAULTS, aux="what is out of bounds"),  # the index, known to be less than the length (unsigned)
    OpInfo(SLICE_BOUNDS, "SliceBounds", 2, FAULTS, aux="what is out of bounds"),  # at most the limit
    OpInfo(ALLOC, "Alloc", 0, WRITES, imm="bits NO_ZERO, STAYS, BOX, MAP, DECLARED", aux="type"),  # a variable: heap or stack
    OpInfo(SLOT_LIVE, "SlotLive", 0, WRITES, aux="slot"),  # from here on the slot has contents
    OpInfo(KEEP_ALIVE, "KeepAlive", 1, WRITES),
    # Before stores of pointers: if the collector is marking, tells it what memory has and what it gets. Address, value, address, value ...
    OpInfo(WRITE_BARRIER, "WriteBarrier", -1, READS | WRITES, aux="offsets of the addresses, a tuple of ints"),
    OpInfo(SPILL, "Spill", 1, PURE, aux="slot"),  # made by register allocation: the value in memory of the frame
    OpInfo(RELOAD, "Reload", 1, PURE),  # of a Spill (or of a Phi in memory)
    OpInfo(CALL_STATIC, "CallStatic", -1, CALL, imm="DEFERRED, COPIES or 0", aux="callee"),
    OpInfo(CALL_CLOSURE, "CallClosure", -1, CALL, imm="DEFERRED or 0", aux="signature"),  # the closure, then arguments
    OpInfo(CALL_POINTER, "CallPointer", -1, CALL, aux="signature"),  # the code's address, then arguments
    OpInfo(GO, "Go", 1, CALL),
    OpInfo(DEFER, "Defer", -1, CALL, aux="record"),
    OpInfo(PANIC, "Panic", -1, CALL, aux="callee"),  # never returns
    OpInfo(ATOMIC_LOAD, "AtomicLoad", 1, READS | WRITES),
    OpInfo(ATOMIC_STORE, "AtomicStore", 2, READS | WRITES),
    OpInfo(ATOMIC_ADD, "AtomicAdd", 2, READS | WRITES),  # the new value
    OpInfo(ATOMIC_SWAP, "AtomicSwap", 2, READS | WRITES),  # the old value
    OpInfo(ATOMIC_CAS, "AtomicCas", 3, READS | WRITES),  # address, old, new: whether it was swapped
    OpInfo(ATOMIC_AND, "AtomicAnd", 2, READS | WRITES),  # the old value
    OpInfo(ATOMIC_OR, "AtomicOr", 2, READS | WRITES),
    OpInfo(PREFETCH, "Prefetch", 1, WRITES),
    OpInfo(PAUSE, "Pause", 0, WRITES, imm="how often"),
)

ASKED: Final = frozenset((POPCOUNT, FMA, FLOOR, CEIL, TRUNC_FLOAT, ROUND_EVEN))
"""What some processors have no operation for. Code generation asks, and calls a function where there is none: to what no call may stand
between, these are calls."""

# ---- `imm` of a call
DEFERRED: Final = 1  # an open-coded deferred call, made on return: it is never inlined, so tracebacks have its frame on all ways
COPIES: Final = 2  # a memmove that `copy` is made of: as many elements as there are, and as have room

# ---- bits of an Alloc
NO_ZERO: Final = 1  # what follows writes all of it before anything reads it
STAYS: Final = 2  # its address does not outlive the call, nor, in a loop, the round: it may be in the frame
BOX: Final = 4  # what an interface holds: nothing writes it but the stores that stand directly behind it
MAP: Final = 8  # a map of one group: its header and the group
DECLARED: Final = 16  # a variable that the source declares: in the heap it may share an object with others

INFO: Final[dict[int, OpInfo]] = {row.op: row for row in _ROWS}
BY_NAME: Final[dict[str, int]] = {row.name: row.op for row in _ROWS}
NAMES: Final[dict[int, str]] = {row.op: row.name for row in _ROWS}
FLAGS: Final[dict[int, int]] = {row.op: row.flags for row in _ROWS}

# ---- exits of blocks
PLAIN: Final = 0  # to its only successor
IF: Final = 1  # to the first successor if the control is true, else to the second
RET: Final = 2  # controls: the scalars of all results
EXIT: Final = 3  # never gets here: the last value is a call that doesn't return
JUMP_TABLE: Final = 4  # to the successor of the control's number, which is in range
DEFER_RETURN: Final = 5  # to the first successor, or, when a deferred call has recovered, to the second

BLOCK_NAMES: Final = ("Plain", "If", "Ret", "Exit", "JumpTable", "DeferReturn")
BLOCKS_BY_NAME: Final = {name: kind for kind, name in enumerate(BLOCK_NAMES)}
