// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

TEXT ·f(SB), NEEDCTXT, $256-0
	CALL ·g(SB)
	RET
TEXT ·w(SB), WRAPPER, $16-0
	RET
TEXT ·t(SB), TOPFRAME|NOSPLIT, $0
	RET
