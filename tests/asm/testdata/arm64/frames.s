// Frames of all sizes: small, large, huge; leaves; tail calls.
#include "textflag.h"

TEXT ·leaf(SB), 0, $0-8
	MOVD	x+0(FP), R0
	RET

TEXT ·leaf_frame(SB), 0, $24-8
	MOVD	x+0(FP), R0
	MOVD	R0, y-8(SP)
	RET

TEXT ·calls(SB), 0, $8-16
	MOVD	x+0(FP), R0
	CALL	·leaf(SB)
	MOVD	R0, y-8(SP)
	RET

TEXT ·closure(SB), NEEDCTXT, $56-16
	MOVD	8(R26), R0
	CALL	(R0)
	RET

TEXT ·middle(SB), 0, $200-16
	CALL	·leaf(SB)
	RET

TEXT ·above(SB), 0, $248-16
	CALL	·leaf(SB)
	CBZ	R0, done
	MOVD	$a-240(SP), R1
	MOVD	$b-8(SP), R2
done:
	RET

TEXT ·large(SB), 0, $3000-16
	MOVD	x-2500(SP), R0
	CALL	·leaf(SB)
	RET

TEXT ·larger(SB), 0, $5000-16
	CALL	·leaf(SB)
	MOVD	x+0(FP), R0
	RET

TEXT ·huge(SB), 0, $1048568-16
	CALL	·leaf(SB)
	MOVD	x+0(FP), R0
	MOVD	R0, y-1048000(SP)
	MOVD	$y-1048000(SP), R3
	MOVD	$z-100(SP), R4
	RET

TEXT ·monster(SB), 0, $268435448-16
	CALL	·leaf(SB)
	MOVD	x+0(FP), R0
	MOVB	x+3(FP), R0
	MOVD	$x+8(FP), R6
	LDP	x+0(FP), (R1, R2)
	STP	(R1, R2), x+0(FP)
	RET

TEXT ·nosplit(SB), NOSPLIT, $40-0
	CALL	·leaf(SB)
	RET

TEXT ·noframe(SB), NOSPLIT|NOFRAME, $0-0
	CALL	·leaf(SB)
	MOVD	R30, R3
	RET

TEXT ·old_noframe(SB), NOSPLIT, $-8
	CALL	·leaf(SB)
	RET

TEXT ·tail(SB), 0, $24-0
	CALL	·leaf(SB)
	JMP	·leaf(SB)

TEXT ·tail_return(SB), 0, $24-0
	CALL	·leaf(SB)
	RET	·leaf(SB)

TEXT ·return_by(SB), NOSPLIT|NOFRAME, $0-0
	RET	(R5)

TEXT ·return_register(SB), NOSPLIT, $0-0
	RET	R5

TEXT ·two_ways_out(SB), 0, $40-8
	MOVD	x+0(FP), R0
	CBZ	R0, out
	CALL	·leaf(SB)
	RET
out:
	MOVD	R0, R1
	RET

TEXT ·caller(SB), NOSPLIT, $0-8
	GETCALLERPC	R0
	RET

TEXT ·caller_frame(SB), 0, $8-8
	CALL	·leaf(SB)
	GETCALLERPC	R0
	RET

TEXT ·moves_sp(SB), NOSPLIT, $0-0
	SUB	$64, RSP
	SUB	$64, RSP, RSP
	MOVD	R0, 8(RSP)
	ADD	$128, RSP
	MOVD	RSP, R1
	AND	$~15, R1, R2
	MOVD	R2, RSP
	ADD	R1<<3, RSP, RSP
	CMP	R1<<2, RSP
	RET

TEXT ·top(SB), TOPFRAME|NOSPLIT, $0-0
	UNDEF
