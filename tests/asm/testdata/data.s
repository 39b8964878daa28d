// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

DATA a<>+0(SB)/8, $1
DATA a<>+8(SB)/4, $(1.5)
DATA a<>+12(SB)/4, $"x\x00yz"
GLOBL a<>(SB), RODATA, $16
DATA ·b+0(SB)/8, $a<>+4(SB)
GLOBL ·b(SB), NOPTR, $16
GLOBL ·c(SB), $4096
GLOBL ·d(SB), NOPTR|DUPOK, $8
