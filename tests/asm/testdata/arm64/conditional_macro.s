// A macro that has conditions in it.
#define KNOWN 1
#define BREAK	\
#ifdef GOOS_windows	\
	BRK	$0xf000	\
#else	\
	BRK	\
#endif	\

#define BOTH	\
#ifdef KNOWN	\
	MOVD	$KNOWN, R0	\
#else	\
	MOVD	$2, R0	\
#endif	\
	MOVD	R0, R1

TEXT ·breakpoint(SB), 4, $0-0
	BREAK
	BOTH
	RET
