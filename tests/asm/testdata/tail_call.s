// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

TEXT ·f(SB), 0, $16-0
	CALL ·g(SB)
	RET ·h(SB)
TEXT ·r(SB), NOSPLIT, $0
	JMP ·f(SB)
TEXT s<>(SB), NOSPLIT, $0
	RET
