// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

TEXT ·f(SB), 0, $64-0
	RET
TEXT ·g(SB), 0, $112-0
	RET
TEXT ·h(SB), 0, $0-0
	CALL ·f(SB)
	RET
