// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

TEXT ·f(SB), NOSPLIT, $0
	MOVQ TLS, BX
	MOVQ 0(BX)(TLS*1), CX
	MOVQ (TLS), AX
	MOVQ 0x28(FS), AX
	MOVQ (AX)(GS*1), AX
	RET
