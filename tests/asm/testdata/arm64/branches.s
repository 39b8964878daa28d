// Branches, near and out of reach.
#define N4(x) x; x; x; x
#define N16(x) N4(x); N4(x); N4(x); N4(x)
#define N256(x) N16(x); N16(x); N16(x); N16(x); N16(x); N16(x); N16(x); N16(x); N16(x); N16(x); N16(x); N16(x); N16(x); N16(x); N16(x); N16(x)

TEXT ·far(SB), 4, $0-0
back:
	TBZ	$3, R0, ahead
	TBNZ	$40, R0, ahead
	CBZ	R0, ahead
	BEQ	ahead
	JMP	ahead
	N256(N16(N4(WORD $0)))
	N256(N16(WORD $1))
ahead:
	TBZ	$3, R0, back
	CBNZW	R0, back
	BNE	back
	B	back
	BL	back
	RET

TEXT ·chain(SB), 4, $0-0
	B	one
	BEQ	one
	MOVD	R0, R1
one:
	B	two
	BHS	2(PC)
	BCC	-1(PC)
two:
	RET
