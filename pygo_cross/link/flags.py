# SPDX-License-Identifier: BSD-3-Clause
"""The linker's command line: the flags that the go command gives to `go tool link`.

Go's flag syntax: `-name value`, `-name=value`, one dash or two; a boolean takes a value only with `=`. Flags that ask
for what this linker does not do (external linking, race detection, plugins) are refused; those that have no effect on
an internally linked program are accepted. Meanings: GOROOT/src/cmd/link/doc.go.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from pygo_cross import GO_RELEASE
from pygo_cross.diag import EXIT_USAGE, UserError
from pygo_cross.link.library import read_importcfg
from pygo_cross.link.options import LinkOptions

_STRINGS = frozenset(
    "o importcfg buildmode buildid B E extld extldflags installsuffix L linkmode H I r tmpdir libgcc extar k X d".split()  # noqa: SIM905
)
_NUMBERS = frozenset(("debugtramp", "funcalign", "strictdups"))
_BOOLEANS = frozenset(
    (
        "s",
        "w",
        "e",
        "f",
        "g",
        "h",
        "v",
        "c",
        "race",
        "msan",
        "asan",
        "compressdwarf",
        "checklinkname",
        "pruneweakmap",
        "dumpdep",
        "linkshared",
        "a",
        "n",
        "bindnow",
        "aslr",
    )
)
_DEBUG_SWITCHES = "link/"
_TRUE, _FALSE = ("1", "t", "T", "true", "TRUE", "True"), ("0", "f", "F", "false", "FALSE", "False")
_REFUSED = {
    "race": "the race detector needs cgo",
    "msan": "the memory sanitizer needs cgo",
    "asan": "the address sanitizer needs cgo",
    "linkshared": "shared Go libraries are not supported",
}
# Beyond a page the headers would have to move.
_MAX_FUNC_ALIGN = 4096
_ENTRY = {"linux": "_rt0_{}_linux", "darwin": "_rt0_{}_darwin"}

USAGE = """usage: pygo-cross link [flags] main.a

Links package main and all it imports into one executable, as `go tool link` does; the target is that of GOOS and GOARCH.

  -o FILE            write the executable to FILE (a.out)
  -importcfg FILE    where the archive of each package is
  -buildmode MODE    exe, or pie on macOS
  -buildid ID        record ID as Go's build id
  -B ID              ELF build id note or Mach-O UUID: 0x..., gobuildid (the default) or none
  -E NAME            entry symbol
  -s, -w             no symbol table; no debug information
  -X PATH.NAME=TEXT  set a string variable
  -compressdwarf=B   compress debug information (true)
  -checklinkname=B   check references through //go:linkname (true)
  -funcalign N       align functions to N bytes, a power of two
  -debugtramp N      2: branch islands between all packages (arm64)
  -d                 a static executable, as Linux executables are anyway
  -d link/map[=FILE] write what is in the executable and why: for each symbol the chain of references to it
  -dumpdep           print who needs what: a line for each symbol that is reached
  -e                 report all errors

PYGO_CROSS_LINK_REPORT=FILE in the environment has a report of everything in the executable, with sizes and reasons, written to
FILE (gzip-compressed JSON).
"""


def _usage_error(what: str, hint: str = "pygo-cross link --help lists the flags") -> UserError:
    return UserError.one("usage", what, hint, status=EXIT_USAGE)


def _boolean(name: str, text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise _usage_error(f"invalid boolean value {text!r} for -{name}", "write true or false")


def split(argv: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The flags as (name, value) in order, and the arguments. Raises UserError for unknown flags and missing values."""
    flags: list[tuple[str, str]] = []
    at = 0
    while at < len(argv):
        word = argv[at]
        if len(word) < 2 or word[0] != "-":
            break
        at += 1
        if word == "--":
            break
        name, equals, value = word.lstrip("-").partition("=")
        if name == "d" and not equals and not (at < len(argv) and argv[at].startswith(_DEBUG_SWITCHES)):
            flags.append((name, "true"))  # stock's meaning: a static executable
        elif name in _BOOLEANS:
            flags.append((name, value if equals else "true"))
        elif name in _STRINGS or name in _NUMBERS:
            if not equals:
                if at == len(argv):
                    raise _usage_error(f"flag needs an argument: -{name}")
                value = argv[at]
                at += 1
            flags.append((name, value))
        else:
            raise _usage_error(f"flag provided but not defined: -{name}")
    return flags, argv[at:]


def parse(argv: list[str], environment: Mapping[str, str] = os.environ) -> LinkOptions:
    """The options of a command line. Raises UserError with status EXIT_USAGE, or for an unreadable importcfg."""
    flags, args = split(argv)
    if len(args) != 1:
        raise _usage_error("name one archive, that of package main")
    goos, goarch = environment.get("GOOS", ""), environment.get("GOARCH", "")
    if goos not in _ENTRY or goarch not in ("amd64", "arm64"):
        raise _usage_error(f"cannot link for {goos or '?'}/{goarch or '?'}", "set GOOS to linux or darwin and GOARCH to amd64 or arm64")
    options = LinkOptions(goos, goarch, "a.out", args[0])
    options.entry = _ENTRY[goos].format(goarch)
    options.experiments = experiments = environment.get("GOEXPERIMENT", "")
    options.goroot = environment.get("GOROOT", "")
    options.report_file = environment.get("PYGO_CROSS_LINK_REPORT", "")
    if options.goroot:
        options.defines["runtime.defaultGOROOT"] = options.goroot
    options.defines["runtime.buildVersion"] = f"go{GO_RELEASE}" + (f"-X:{experiments}" if experiments else "")
    no_dwarf: bool | None = None
    for name, value in flags:
        if name in _REFUSED and _boolean(name, value):
            raise _usage_error(f"-{name}: {_REFUSED[name]}", "build without it")
        if name == "w":
            no_dwarf = _boolean(name, value)
        else:
            _apply(options, name, value)
    options.no_dwarf = options.strip if no_dwarf is None else no_dwarf
    if not options.host_buildid and options.buildid:
        options.host_buildid = "gobuildid"
    if options.host_buildid == "gobuildid" and not options.buildid:
        raise _usage_error("-B gobuildid requires a Go build ID", "give one with -buildid")
    return options


def _check_host_id(goos: str, value: str) -> None:
    """Raise UserError unless the value of -B is a word it knows or hexadecimal digits for an ELF note or a Mach-O UUID."""
    if value in ("", "none", "gobuildid"):
        return
    if not value.startswith("0x"):
        raise _usage_error(f"-B argument must start with 0x: {value}", "write 0x and hexadecimal digits, gobuildid or none")
    limit = 16 if goos == "darwin" else 32
    digits = value[2:]
    if len(digits) > 2 * limit:
        raise _usage_error(f"-B option too long (at most {2 * limit} digits): {value}")
    wrong = digits.strip("0123456789abcdefABCDEF")
    if wrong:
        raise _usage_error(f"-B argument contains invalid hexadecimal digit {wrong[0]}: {value}")
    if len(digits) % 2:
        raise _usage_error(f"-B argument must have an even number of digits: {value}")


def _apply(options: LinkOptions, name: str, value: str) -> None:
    """Set one flag."""
    if name == "o":
        options.output = value
    elif name == "importcfg":
        options.importcfg = value
        read_importcfg(value, options)
    elif name == "buildmode":
        if value not in ("exe", "pie") or (value == "pie" and options.goos != "darwin"):
            raise _usage_error(f"-buildmode={value} is not supported on {options.goos}/{options.goarch}", "build with -buildmode=exe")
        options.pie = value == "pie"
    elif name == "buildid":
        options.buildid = value
    elif name == "B":
        _check_host_id(options.goos, value)
        options.host_buildid = value
    elif name == "E":
        options.entry = value
    elif name == "s":
        options.strip = _boolean(name, value)
    elif name == "e":
        options.all_errors = _boolean(name, value)
    elif name == "dumpdep":
        options.dump_dependencies = _boolean(name, value)
    elif name == "f":
        options.ignore_header = _boolean(name, value)
    elif name == "compressdwarf":
        options.compress_dwarf = _boolean(name, value)
    elif name == "checklinkname":
        options.check_linkname = _boolean(name, value)
    elif name == "pruneweakmap":
        options.prune_weak_map = _boolean(name, value)
    elif name == "X":
        _define(options, value)
    elif name == "linkmode" and value not in ("auto", "internal"):
        raise _usage_error(f"-linkmode={value} is not supported", "link internally")
    elif name == "H" and value != options.goos:
        raise _usage_error(f"-H={value} is not the header type of {options.goos}")
    elif name in _NUMBERS:
        _set_number(options, name, value)
    elif name == "d":
        _debug_switch(options, value)


def _set_number(options: LinkOptions, name: str, value: str) -> None:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
    if number < 0 or (name == "funcalign" and number & (number - 1)):
        raise _usage_error(f"invalid -{name} value {value}")
    if name == "funcalign":
        if number > _MAX_FUNC_ALIGN:
            raise _usage_error(f"-funcalign={value} is more than {_MAX_FUNC_ALIGN}, the most that the layout allows")
        options.func_align = number
    elif name == "debugtramp":
        options.debug_trampolines = number
    elif number:
        raise _usage_error(f"-strictdups={value}: contents of duplicate symbols are not compared", "link without it")


def _debug_switch(options: LinkOptions, value: str) -> None:
    """-d alone asks for a static executable, as for stock; -d link/map is a switch of ours."""
    switch, _, file = value.partition("=")
    if switch == "link/map":
        options.map_file = file or "-"
    elif switch in _TRUE and options.goos == "darwin":
        raise _usage_error("dynamic linking required on darwin; -d flag cannot be used", "link without it")
    elif switch not in _TRUE and switch not in _FALSE:
        raise _usage_error(f"unknown debug switch {switch}", "link/map writes what is in the executable and why")


def _define(options: LinkOptions, text: str) -> None:
    """-X importpath.name=value"""
    from pygo_cross.link.library import path_to_prefix

    variable, equals, value = text.partition("=")
    package, dot, name = variable.rpartition(".")
    if not equals or not dot:
        raise _usage_error("-X flag requires argument of the form importpath.name=value")
    options.defines[f"{path_to_prefix(package)}.{name}"] = value
