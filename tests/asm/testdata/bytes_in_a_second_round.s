// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

TEXT ·f(SB), NOSPLIT, $0
	JMP far
	ADDB $1, AX
	CMPB AX, $1
	MOVB SI, BX
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
far:
	ADDB $1, AX
	RET
