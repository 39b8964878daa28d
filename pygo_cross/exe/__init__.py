# SPDX-License-Identifier: BSD-3-Clause
"""Independent readers of executables: ELF, Mach-O, fat files, code signatures, what the dynamic linkers read, Go's own tables.

They share no code with the linker, nor with LIEF which writes its files, since what they say is to be a witness's word. Any bytes are
welcome: what the headers say is checked against the file before it is used, what does not fit is told as a `Fault` of the part that
it was found in, and the rest is read on. Only a file that has no header of its format raises `FormatError`. No reader follows a
count without a limit, so time and memory stay in proportion to the file's size.
"""
