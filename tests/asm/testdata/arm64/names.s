// Names: loads, stores, addresses, thread-local storage, calls.
#include "textflag.h"

GLOBL ·word(SB), NOPTR, $8
GLOBL ·odd(SB), NOPTR, $3
GLOBL text<>(SB), RODATA, $16
DATA text<>+0(SB)/8, $"abcdefgh"
DATA text<>+8(SB)/8, $·word(SB)
GLOBL tls_g(SB), TLSBSS, $8

TEXT ·names(SB), 0, $16-8
	MOVD	·word(SB), R0
	MOVD	·word+8(SB), R0
	MOVD	·word+4(SB), R0
	MOVW	·word+4(SB), R0
	MOVBU	·odd+1(SB), R1
	MOVHU	·odd+1(SB), R1
	MOVD	R0, ·word(SB)
	MOVD	R0, other·name(SB)
	MOVH	R0, ·odd+1(SB)
	MOVD	$·word(SB), R2
	MOVD	$text<>+8(SB), R2
	MOVD	$·names(SB), R3
	FMOVD	·word(SB), F0
	FMOVS	F0, ·word(SB)
	FMOVQ	·word(SB), F0
	LDP	·word(SB), (R1, R2)
	STP	(R1, R2), ·word(SB)
	MOVD	tls_g(SB), R4
	MOVD	R27, R5
	ADD	R27, R5
	MOVD	·word(SB), R6
	MOVD	R27, R5
	MOVD	R5, R27
	CALL	(R3)
	CALL	R3
	CALL	other·f(SB)
	BL	·names+4(SB)
	PCDATA	$1, $0
	PCALIGN	$32
	MOVD	$0x123456789abcd, R8
	JMP	(R8)
	RET
