// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

#line 100 "other.go"
TEXT ·f(SB), NOSPLIT, $0
	ADDQ AX, BX
#line 7 "third.go"
	RET
