// SPDX-License-Identifier: BSD-3-Clause
#include "textflag.h"
#include "funcdata.h"

#define ADD2(a, b) ADDQ a, b; ADDQ b, a
#define TWICE(x) x; \
	x
#define NAME ·f
#define EMPTY
#ifdef GOARCH_amd64
#error
#else
#ifndef EMPTY
	BAD
#endif
TEXT NAME(SB), NOSPLIT, $0 EMPTY
#endif
	ADD2(AX, (BX)(CX*2))
	TWICE(ADD2(DX, BX))
#undef NAME
	MOVQ ·1(SB), AX
	RET
