# SPDX-License-Identifier: BSD-3-Clause
"""What a link is asked to do: the record that the command line is parsed into."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class LinkOptions:
    """The flags of one link, under the meanings GOROOT/src/cmd/link/doc.go gives them.

    `main` is the archive of package main, `packages` the importcfg: import path to archive. `defines` are the `-X`
    settings in order (the build version and module information included): symbol name to value. `strip` is `-s`,
    `no_dwarf` is `-w` (which `-s` implies). `pie` is `-buildmode=pie`.
    `goroot` and `experiments` are those of the environment: what `$GOROOT` in file names stands for, and GOEXPERIMENT.
    `map_file` is where `-d link/map` goes, `-` for standard output. `dump_dependencies` is `-dumpdep`. `report_file` is where the
    report of what was laid out goes (layoutreport.py); the environment variable PYGO_CROSS_LINK_REPORT says it.
    """

    goos: str
    goarch: str
    output: str
    main: str
    packages: dict[str, str] = field(default_factory=dict)
    importcfg: str = ""
    defines: dict[str, str] = field(default_factory=dict)
    buildid: str = ""
    host_buildid: str = ""
    entry: str = ""
    pie: bool = False
    strip: bool = False
    no_dwarf: bool = False
    compress_dwarf: bool = True
    check_linkname: bool = True
    ignore_header: bool = False
    func_align: int = 0
    debug_trampolines: int = 0
    prune_weak_map: bool = True
    all_errors: bool = False
    map_file: str = ""
    dump_dependencies: bool = False
    report_file: str = ""
    goroot: str = ""
    experiments: str = ""
