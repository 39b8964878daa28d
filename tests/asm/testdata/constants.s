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
	MOVW $a<>+8(SB), AX
	MOVW $x-8(SP), BX
	MOVL $x+8(FP), CX
	LEAQ x-16(SP), DX
	MOVQ $300, 8(AX)
	MOVL $0xffffffff, R8
	IMUL3Q $300, AX, BX
	IMULQ $5, CX
	CMPB AX, $200
	TESTB $1, (BX)
	RET
