// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

/* a
b */ TEXT ·f(SB), /* c
 */ NOSPLIT, $0 // d
	ADDQ AX, /* e */ BX; SUBQ AX, BX


	RET
