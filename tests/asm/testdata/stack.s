// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

TEXT ·f(SB), 0, $24-0
	PUSHQ AX
	MOVQ x-8(SP), BX
	PUSHFQ
	POPFQ
	POPQ AX
	ADJSP $128
	MOVQ y+0(FP), CX
	ADJSP $-128
	CALL ·g(SB)
	JMP end
	RET
end:
	RET
TEXT ·s(SB), NOSPLIT, $0
	MOVQ AX, SP
	RET
