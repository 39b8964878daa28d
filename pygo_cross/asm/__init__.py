# SPDX-License-Identifier: BSD-3-Clause
"""The assembler: Go's assembly language into Go objects, equal to those of `go tool asm`.

The way of a file, one module each:

    lexer       text into tokens, which are strings
    preprocess  #include, #define, #ifdef, #line: files into statements (tokens, file, line)
    operands    the tokens of an operand into an `Addr` of pygo_cross/obj/prog.py
    parser      statements into `Prog`s, labels, branches; mistakes with stock's words
    directives  TEXT, DATA, GLOBL, PCDATA, FUNCDATA, PCALIGN
    branches    n(PC) and jumps to jumps
    assemble    puts it together: functions get their bytes from the architecture (`Machine.finish`), their tables from
                obj/pcln.py and obj/funcdwarf.py, and obj/writer.py makes the object
    main        the command line; goenv and paths: the environment, and how files are named in objects

Operands and statements are remembered by their tokens and shared: assembly repeats itself, and that is what makes this
fast enough. Nobody changes an Addr that came from the parser.

How an architecture plugs in is written in docs/assembler.md; `pygo_cross/arch/machine.py` is the interface and
`pygo_cross/arch/amd64/machine.py` the first that has it.
"""
