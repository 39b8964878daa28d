# SPDX-License-Identifier: BSD-3-Clause
"""The list of rules. docs/lint.md is made of it (`pygo-cross lint --list-rules=markdown`), and a test holds the two together.

Names are stable: scripts and configurations may hold them. `error` is what does not start, is refused by an operating system, is unsafe or
says what is not so; `warning` what is likely not meant for a release; `info` what is worth knowing. Sources of the facts stand where they
are checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ERROR: Final = "error"
WARNING: Final = "warning"
INFO: Final = "info"
SEVERITIES: Final = (ERROR, WARNING, INFO)  # the worst first


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its stable name, how bad it is, what it is about, and what to do where it is broken."""

    name: str
    severity: str
    what: str
    todo: str


_REBUILD: Final = "the file is damaged or was edited: build it again"

_RULES: Final = (
    # ---- any file
    Rule("file-format", ERROR, "a file is neither ELF nor Mach-O, an archive or a folder of such", "give a binary that is to be released"),
    Rule("file-empty", ERROR, "a file has no bytes", "build it again"),
    Rule("file-archive", ERROR, "an archive can't be read to its end, or unpacks to more than the limits", "make the archive again"),
    Rule(
        "file-record", ERROR, "a file is not the one that artifacts.json beside it tells of", "build again, or don't change what was built"
    ),
    Rule("archive-path", ERROR, "a member's path or link leads out of the folder that an archive is unpacked in", "make the archive again"),
    Rule("archive-duplicate", ERROR, "two members of an archive have one path", "make the archive again"),
    Rule(
        "archive-mode",
        WARNING,
        "a program in an archive can't be executed, or a member has dangerous permissions",
        "make the archive again",
    ),
    Rule(
        "host-path",
        WARNING,
        "the file holds paths in a home folder of the machine that built it",
        "build with -trimpath, for C with -ffile-prefix-map",
    ),
    Rule("secret-key", ERROR, "the file holds a private key", "take the key out, and replace it: who has the file has the key"),
    Rule(
        "secret-token",
        ERROR,
        "the file holds what looks like a token or an access key",
        "take it out, and revoke it: who has the file has it",
    ),
    Rule(
        "secret-variable",
        WARNING,
        "the file holds a variable with a value that looks secret (NAME=value)",
        "take it out, and replace the secret",
    ),
    Rule("secret-url", WARNING, "the file holds a URL with a password", "take the password out, and replace it"),
    # ---- ELF
    Rule("elf-header", ERROR, "the ELF header is not whole or not of this version", _REBUILD),
    Rule("elf-machine", ERROR, "machine, width, byte order or flags don't belong together", _REBUILD),
    Rule(
        "elf-osabi", WARNING, "the header names an ABI that Linux and the BSDs don't know", "link for the operating system that it is for"
    ),
    Rule("elf-type", ERROR, "the file is neither a program nor a shared library", "give the linked program"),
    Rule("elf-program-headers", ERROR, "the table of segments can't be read", _REBUILD),
    Rule("elf-no-load", ERROR, "nothing of the file is loaded", _REBUILD),
    Rule("elf-segment-bounds", ERROR, "a segment lies outside of the file, or has more in the file than in memory", _REBUILD),
    Rule(
        "elf-segment-align",
        ERROR,
        "a segment's alignment is not that of its place, or less than a page",
        "link with the machine's page size",
    ),
    Rule("elf-segment-order", ERROR, "loaded segments are not in the order of their addresses", _REBUILD),
    Rule("elf-segment-overlap", ERROR, "two loaded segments share addresses", _REBUILD),
    Rule("elf-segment-cover", ERROR, "a segment that is read when the program starts is not in a loaded one", _REBUILD),
    Rule("elf-segment-duplicate", ERROR, "there are two segments of a kind that may be there once", _REBUILD),
    Rule("elf-segment-wx", ERROR, "memory is both writable and executable", "link without -z rwx or a linker script that merges segments"),
    Rule(
        "elf-page-size",
        WARNING,
        "segments are aligned to less than 64 KiB, as kernels with such pages need",
        "link with -z max-page-size=65536",
    ),
    Rule("elf-stack-exec", ERROR, "the stack is executable", "link with -z noexecstack; look for assembly without .note.GNU-stack"),
    Rule("elf-stack-missing", WARNING, "nothing says that the stack is not executable", "link with -z noexecstack"),
    Rule("elf-entry", ERROR, "the program does not begin in executable code", _REBUILD),
    Rule("elf-interp", ERROR, "the dynamic linker's name is damaged, or the segment for it does not fit the rest", _REBUILD),
    Rule(
        "elf-interp-unknown",
        WARNING,
        "the dynamic linker is not one of this machine's systems",
        "link with the system's dynamic linker, or statically",
    ),
    Rule("elf-dynamic", ERROR, "the dynamic section can't be read or points outside", _REBUILD),
    Rule("elf-reloc", ERROR, "relocations are damaged or reach outside of the program", _REBUILD),
    Rule("elf-textrel", ERROR, "code has to be changed when the program starts", "compile everything with -fPIC"),
    Rule("elf-no-relro", WARNING, "the table of addresses stays writable (no RELRO)", "link with -z relro"),
    Rule(
        "elf-partial-relro",
        INFO,
        "part of the table of addresses stays writable (partial RELRO)",
        "link with -z relro -z now; for Go -ldflags=-bindnow",
    ),
    Rule("elf-relro-bounds", ERROR, "what is to become read-only is not in writable memory", _REBUILD),
    Rule("elf-rpath", WARNING, "libraries are looked for in folders that the file names", "link without -rpath"),
    Rule("elf-rpath-unsafe", ERROR, "libraries are looked for in a folder that others may write to", "link without -rpath"),
    Rule(
        "elf-needed",
        WARNING,
        "a library is needed by a path, twice, or from no package of the system",
        "link with the library's plain name",
    ),
    Rule(
        "elf-glibc", INFO, "the program needs a newer glibc than the oldest systems in use have", "build on an older system, or without cgo"
    ),
    Rule("elf-not-pie", INFO, "the program is always loaded at the same address", "link with -pie; for Go -buildmode=pie"),
    Rule("elf-section-headers", ERROR, "the table of sections can't be read", _REBUILD),
    Rule("elf-section-names", ERROR, "the names of sections can't be read", _REBUILD),
    Rule("elf-section-bounds", ERROR, "a section lies outside of the file", _REBUILD),
    Rule("elf-section-align", ERROR, "a section's alignment is not that of its address", _REBUILD),
    Rule("elf-section-overlap", ERROR, "two sections, or a section and a table of headers, share bytes", _REBUILD),
    Rule("elf-section-segment", ERROR, "sections and segments say different things of the same memory", _REBUILD),
    Rule("elf-section-link", ERROR, "a section refers to one that is not there or of another kind", _REBUILD),
    Rule("elf-symtab", ERROR, "the symbol table is damaged", _REBUILD),
    Rule("elf-note", ERROR, "a note is damaged", _REBUILD),
    Rule("elf-trailing-data", WARNING, "there are bytes behind what the headers tell of", "look at what was added to the file"),
    # ---- fat files
    Rule("fat-header", ERROR, "the table of architectures can't be read", "make the universal binary again"),
    Rule("fat-empty", ERROR, "the file has no architecture", "make the universal binary again"),
    Rule("fat-bounds", ERROR, "an architecture lies outside of the file", "make the universal binary again"),
    Rule(
        "fat-align", ERROR, "an architecture is not aligned as the table says, or to less than its pages", "make the universal binary again"
    ),
    Rule("fat-overlap", ERROR, "two architectures share bytes", "make the universal binary again"),
    Rule("fat-duplicate", ERROR, "an architecture is there twice", "make the universal binary again"),
    Rule("fat-mismatch", ERROR, "the table and what it tells of name different architectures", "make the universal binary again"),
    Rule(
        "fat-wide",
        WARNING,
        "the table has 64-bit offsets, which macOS does not start programs from",
        "make the universal binary with 32-bit offsets",
    ),
    Rule("fat-trailing-data", WARNING, "there are bytes behind the last architecture", "look at what was added to the file"),
    # ---- Mach-O
    Rule("macho-header", ERROR, "the Mach-O header is not whole", _REBUILD),
    Rule("macho-cpu", ERROR, "the processor is none that macOS runs on", "build for amd64 or arm64"),
    Rule("macho-type", ERROR, "the file is neither a program nor a library", "give the linked program"),
    Rule("macho-flags", ERROR, "the header's flags are unknown or contradict the file", _REBUILD),
    Rule(
        "macho-pie",
        ERROR,
        "the program is always loaded at the same address, which macOS refuses on arm64",
        "link as a PIE, which is the default",
    ),
    Rule("macho-not-pie", WARNING, "the program is always loaded at the same address", "link as a PIE; Go from 1.22 on does so by itself"),
    Rule("macho-stack-exec", ERROR, "the stack is executable", "link without -allow_stack_execute"),
    Rule("macho-commands", ERROR, "number and sizes of the load commands don't agree", _REBUILD),
    Rule("macho-command", ERROR, "a load command does not hold what it must", _REBUILD),
    Rule("macho-command-unknown", WARNING, "a load command is not known", "look at what made the file; dyld ignores such commands"),
    Rule("macho-command-required", ERROR, "a load command that dyld must understand is not known", "link for a macOS that is out"),
    Rule("macho-command-duplicate", ERROR, "a load command is there twice that may be there once", _REBUILD),
    Rule("macho-command-missing", ERROR, "a load command is missing without which dyld refuses the program", _REBUILD),
    Rule(
        "macho-uuid",
        ERROR,
        "there is no UUID, without which macOS 26 does not start the program",
        "build with Go 1.24 or newer, or ld without -no_uuid",
    ),
    Rule(
        "macho-uuid-zero",
        WARNING,
        "the UUID is all zero, so that crash reports and the network's privacy mix programs up",
        "link with a UUID",
    ),
    Rule("macho-platform", ERROR, "the file is not for macOS", "build with GOOS=darwin"),
    Rule("macho-no-minimum", WARNING, "nothing says which macOS the program needs", "link with -platform_version"),
    Rule(
        "macho-minimum-os",
        WARNING,
        "the least macOS is impossible for the processor, not out yet, or newer than the SDK",
        "set MACOSX_DEPLOYMENT_TARGET",
    ),
    Rule("macho-sdk", WARNING, "the SDK is too old for macOS to notarize, or not known", "link with a current SDK"),
    Rule("macho-segment-bounds", ERROR, "a segment lies outside of the file, or has more in the file than in memory", _REBUILD),
    Rule("macho-segment-align", ERROR, "a segment does not begin at a page", "link with the processor's page size, 16 KiB on arm64"),
    Rule("macho-segment-overlap", ERROR, "two segments share addresses or bytes of the file", _REBUILD),
    Rule("macho-segment-order", ERROR, "segments are not in the order of their places", _REBUILD),
    Rule("macho-segment-protection", ERROR, "a segment's protections are impossible or not those that dyld asks for", _REBUILD),
    Rule("macho-segment-wx", ERROR, "memory is both writable and executable", "link without a segment of rwx"),
    Rule("macho-segment-duplicate", ERROR, "two segments have one name", _REBUILD),
    Rule("macho-pagezero", ERROR, "the lowest addresses are not kept free", "link with the default -pagezero_size"),
    Rule("macho-text", ERROR, "__TEXT does not begin with the file, or does not hold the load commands", _REBUILD),
    Rule("macho-linkedit", ERROR, "__LINKEDIT is not the last segment", _REBUILD),
    Rule("macho-section-bounds", ERROR, "a section lies outside of its segment", _REBUILD),
    Rule("macho-section-align", ERROR, "a section's alignment is not that of its address", _REBUILD),
    Rule("macho-section-overlap", ERROR, "two sections share addresses", _REBUILD),
    Rule("macho-section", ERROR, "a section's header contradicts itself", _REBUILD),
    Rule("macho-entry", ERROR, "the program does not begin in executable code", _REBUILD),
    Rule("macho-encrypted", ERROR, "the file is encrypted, or says so", "release the program as it was linked, not as a store delivers it"),
    Rule("macho-dylinker", ERROR, "the dynamic linker is not /usr/lib/dyld", "link with the default dynamic linker"),
    Rule("macho-dylib", WARNING, "a library is needed that macOS does not have", "link it statically, or ship it with the program"),
    Rule(
        "macho-dylib-relative",
        ERROR,
        "a library is named by a path that depends on where the program is started",
        "give the library an absolute install name",
    ),
    Rule("macho-dylib-duplicate", ERROR, "a library is needed twice", "link it once"),
    Rule("macho-rpath", WARNING, "libraries are looked for in folders that the file names", "link without -rpath"),
    Rule("macho-linkedit-bounds", ERROR, "a part of __LINKEDIT lies outside of it", _REBUILD),
    Rule("macho-linkedit-align", ERROR, "a part of __LINKEDIT is not aligned", _REBUILD),
    Rule("macho-linkedit-overlap", ERROR, "two parts of __LINKEDIT share bytes", _REBUILD),
    Rule("macho-symtab", ERROR, "the symbol table is damaged", _REBUILD),
    Rule("macho-dysymtab", ERROR, "the groups of symbols, or the indirect ones, don't fit the symbol table", _REBUILD),
    Rule("macho-dyld-info", ERROR, "what dyld is to move and bind reaches outside, or can't be read", _REBUILD),
    Rule("macho-chained-fixups", ERROR, "what dyld is to move and bind reaches outside, or can't be read", _REBUILD),
    Rule("macho-exports", ERROR, "the exported symbols can't be read", _REBUILD),
    Rule(
        "macho-trailing-data",
        ERROR,
        "there are bytes behind __LINKEDIT, which a signature does not allow",
        "sign after the last change, and add nothing",
    ),
    # ---- code signatures
    Rule(
        "macho-signature-missing",
        ERROR,
        "a program for arm64 is not signed, and macOS kills it",
        "sign it (codesign -s -); pygo-cross and Go do so by themselves",
    ),
    Rule("macho-signature-place", ERROR, "the signature is not the aligned end of __LINKEDIT and of the file", "sign it again"),
    Rule("macho-signature-blob", ERROR, "the signature can't be read", "sign it again"),
    Rule("macho-code-directory", ERROR, "the code directory is damaged, or macOS does not accept it", "sign it again"),
    Rule(
        "macho-page-hash",
        ERROR,
        "a page of the file is not the one that was signed",
        "the file was changed after it was signed: sign it again",
    ),
    Rule("macho-special-hash", ERROR, "requirements or entitlements are not those that were signed", "sign it again"),
    Rule("macho-code-limit", ERROR, "the signature does not cover all that is before it", "sign it again"),
    Rule("macho-exec-segment", ERROR, "what the signature says of the executable segment is not __TEXT", "sign it again"),
    Rule("macho-signature-flags", ERROR, "the signature's flags are unknown or contradict it", "sign it again"),
    Rule("macho-cms", ERROR, "the certificate's signature is damaged, or missing where the flags tell of one", "sign it again"),
    Rule("macho-signature-weak", WARNING, "pages are hashed with SHA-1 alone, or the identifier is empty", "sign it again"),
    Rule("macho-debuggable", WARNING, "the entitlements let other programs attach to this one (get-task-allow)", "sign it for release"),
    # ---- Go
    Rule(
        "go-build-info",
        ERROR,
        "a Go program's build information is missing or damaged",
        "build it again with the go command, and don't pack it",
    ),
    Rule("go-target", ERROR, "the build information tells of another system or processor", _REBUILD),
    Rule("go-pclntab", ERROR, "the table of functions that Go's runtime reads is damaged", _REBUILD),
    Rule("go-build-id", ERROR, "Go's build id is damaged, or there twice with different words", _REBUILD),
    Rule("go-version", WARNING, "the Go release is not a finished one", "build with a release of Go"),
    Rule("go-version-old", WARNING, "the Go release gets no security fixes any more", "build with a current release of Go"),
    Rule("go-level", INFO, "the program needs a processor newer than the oldest in use", "build with GOAMD64=v1 or GOARM64=v8.0"),
    Rule(
        "go-modified", WARNING, "the program was built from a working copy with changes that were not committed", "commit, and build again"
    ),
    Rule("go-no-vcs", INFO, "the build information names no commit and no version", "build in a clean checkout, with -buildvcs=true"),
    Rule("go-replace", WARNING, "a module was replaced by a local folder", "release what others can build: use a version of the module"),
    Rule("go-instrumented", WARNING, "the program is instrumented (-race, -msan, -asan, -cover)", "build without the flag"),
    Rule("go-unoptimized", WARNING, "the program was compiled without optimization", "build without -gcflags=-N"),
    Rule("go-not-trimmed", INFO, "source files are named by their path on the machine that built the program", "build with -trimpath"),
)

RULES: Final[dict[str, Rule]] = {rule.name: rule for rule in _RULES}


def markdown() -> str:
    """The table of rules in docs/lint.md."""
    lines = ["| rule | severity | finds | what to do |", "|---|---|---|---|"]
    lines += [f"| `{rule.name}` | {rule.severity} | {rule.what} | {rule.todo} |" for rule in RULES.values()]
    return "\n".join(lines)
