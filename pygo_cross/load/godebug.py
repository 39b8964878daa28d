# SPDX-License-Identifier: BSD-3-Clause
"""GODEBUG settings: which there are, and what a program's default is by the Go it is written for.

The table is read from GOROOT, which is its one source. Facts: src/internal/godebugs/table.go, src/cmd/go/internal/load/godebug.go.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from pygo_cross.load import gover

_ENTRY: Final = re.compile(r"^\s*\{Name: \"(\w+)\"([^\n]*)\}", re.MULTILINE)


@cache
def _table(src: str) -> dict[str, tuple[int, str]]:
    """Every setting: the Go minor version that changed it (0: none), and the value that undoes that."""
    with open(os.path.join(src, "internal/godebugs/table.go"), encoding="utf-8") as file:
        text = file.read()
    found: dict[str, tuple[int, str]] = {}
    for name, rest in _ENTRY.findall(text.partition("var Removed")[0]):
        changed = re.search(r"Changed: ([0-9]+)", rest)
        old = re.search(r'Old: "([^"]*)"', rest)
        found[name] = (int(changed[1]) if changed else 0, old[1] if old else "")
    return found


@cache
def _removed(src: str) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Settings that are gone: when, and the values that can't be had any more."""
    with open(os.path.join(src, "internal/godebugs/table.go"), encoding="utf-8") as file:
        text = file.read().partition("var Removed")[2]
    entries = re.findall(r'\{Name: "(\w+)", Removed: ([0-9]+), Old: [^\n]*// Old: ([^\n]*)', text)
    return {name: (int(version), tuple(re.findall(r'"([^"]*)"', values))) for name, version, values in entries}


def check_godebug(src: str, verb: str, key: str, value: str) -> str:
    """What is wrong with a setting, or nothing."""
    for name, text in (("key", key), ("value", value)):
        if " " in text or "\t" in text:
            return f"{name} contains space"
    for name, text in (("key", key), ("value", value)):
        if "," in text:
            return f"{name} contains comma"
    if key == "default":
        if not value.startswith("go") or not gover.is_valid(value[2:]):
            return "value for default= must be goVERSION"
        if gover.compare(value[2:], gover.LOCAL) > 0:
            return f"default={value} too new (toolchain is go{gover.LOCAL})"
        return ""
    if key in _table(src):
        return ""
    gone = _removed(src).get(key)
    if gone is not None:
        if value in gone[1]:
            return f'removed GODEBUG "{key}" set to old value "{value}" (https://go.dev/doc/godebug#go-1{gone[0]})'
        return ""
    return f'unknown {verb} "{key}"'


def parse_directive(src: str, text: str) -> tuple[str, str] | None:
    """Key and value of a `//go:debug` line; None where it is none, or wrong (which the compiler reports)."""
    found = re.fullmatch(r"//go:debug[ \t](.*)", text, re.DOTALL)
    if found is None:
        return None
    key, equals, value = found[1].strip().partition("=")
    if not equals or check_godebug(src, "//go:debug setting", key, value):
        return None
    return key, value


def default_godebug(src: str, go_version: str, lines: Iterable[tuple[str, str, int]], directives: Iterable[str]) -> str:
    """The GODEBUG that a program starts with: of its Go, then of go.mod's lines, then of its own directives."""
    settings = {key: value for key, value, _ in lines}
    for text in directives:
        parsed = parse_directive(src, text)
        if parsed is not None:
            settings[parsed[0]] = parsed[1]
    named = settings.pop("default", "").removeprefix("go")
    if gover.is_valid(named):
        go_version = named
    found = re.match(r"1\.([0-9]+)(?:\.|\Z)", go_version)
    merged: dict[str, str] = {}
    if found is not None:
        minor = int(found[1])
        merged = {name: old for name, (changed, old) in _table(src).items() if minor < changed}
    merged.update(settings)
    return ",".join(f"{key}={merged[key]}" for key in sorted(merged))
