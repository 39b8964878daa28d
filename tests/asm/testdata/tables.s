// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

TEXT ·f(SB), NOSPLIT, $0
	PCDATA $1, $2
	NOP
	ADDQ AX, BX
	PCDATA $0, $-2
	PCDATA $3, $7
	ADDQ AX, BX
	PCDATA $0, $-1
	ADDQ AX, BX
	PCDATA $1, $2
	RET
TEXT ·g(SB), NOSPLIT, $0
	FUNCDATA $0, ·maps(SB)
	FUNCDATA $2, ·more(SB)
	RET
