# SPDX-License-Identifier: BSD-3-Clause
"""Relocation types of Go's object files, and the sizes that go with them.

The numbers are those of GOROOT/src/cmd/internal/objabi/reloctype.go, for the architectures we link. A type with the
top bit (`R_WEAK`) is weak: it does not keep its target alive.
"""

from typing import Final

R_ADDR: Final = 1
R_ADDRARM64: Final = 3
R_ADDROFF: Final = 5
R_SIZE: Final = 6
R_CALL: Final = 7
R_CALLARM64: Final = 9
R_CALLIND: Final = 10
R_CONST: Final = 13
R_PCREL: Final = 14
R_TLS_LE: Final = 15
R_TLS_IE: Final = 16
R_GOTOFF: Final = 17
R_USEFIELD: Final = 21
R_USETYPE: Final = 22
R_USEIFACE: Final = 23
R_USEIFACEMETHOD: Final = 24
R_USENAMEDMETHOD: Final = 25
R_METHODOFF: Final = 26
R_KEEP: Final = 27
R_GOTPCREL: Final = 29
R_DWARFSECREF: Final = 31
R_ARM64_TLS_LE: Final = 32
R_ARM64_TLS_IE: Final = 33
R_ARM64_GOTPCREL: Final = 34
R_ARM64_GOT: Final = 35
R_ARM64_PCREL: Final = 36
R_ARM64_PCREL_LDST8: Final = 37
R_ARM64_PCREL_LDST16: Final = 38
R_ARM64_PCREL_LDST32: Final = 39
R_ARM64_PCREL_LDST64: Final = 40
R_ADDRCUOFF: Final = 98
R_INITORDER: Final = 102
R_DWTXTADDR_U1: Final = 103
R_DWTXTADDR_U2: Final = 104
R_DWTXTADDR_U3: Final = 105
R_DWTXTADDR_U4: Final = 106

R_WEAK: Final = 0x8000
R_WEAKADDR: Final = R_WEAK | R_ADDR
R_WEAKADDROFF: Final = R_WEAK | R_ADDROFF

NAMES: Final[dict[int, str]] = {value: name for name, value in sorted(globals().items()) if name.startswith("R_") and name != "R_WEAK"}
"""For messages: the name of each number."""
