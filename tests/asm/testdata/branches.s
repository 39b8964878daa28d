// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

TEXT ·f(SB), NOSPLIT, $0
back:
	NOP
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	JNE back
	JMP ahead
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	MOVQ $0x123456789abcdef0, AX
	JEQ back
	LOOP 2(PC)
	JCXZQ -1(PC)
ahead:
	JMP chain
chain:
	JMP far
far:
	NOP
	XBEGIN ahead
	RET
