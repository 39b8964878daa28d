// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

TEXT ·f(SB), NOSPLIT, $0
	MOVSD $(1.5), X1
	ADDSS $(0.1), X2
	MOVSD $(0.0), X3
	MOVSD $(-0.0), X4
	MOVQ $a<>+8(SB), AX
	MOVQ $0, AX
	MOVQ $-1, R9
	MOVQ $0xffffffff, AX
	MOVQ $0x100000000, R15
	RET
