// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

TEXT ·f(SB), NOSPLIT, $0
	RET
	PCALIGN $32
	NOP
x:
	ADDQ AX, BX
	PCALIGN $64
	JMP x
	RET
