# SPDX-License-Identifier: BSD-3-Clause
"""What a link starts from, made by stock Go: archives of a program and its imports, and what stock's linker makes of them."""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from stock import go_command

from pygo_cross.link import deadcode, flags, inittask, prepare
from pygo_cross.link.context import Link
from pygo_cross.link.library import load
from pygo_cross.link.linkname import LinknamePolicy
from pygo_cross.link.loader import Loader
from pygo_cross.link.options import LinkOptions
from pygo_cross.link.resolve import load_symbols
from pygo_cross.link.textorder import assign_text_order


@dataclass(frozen=True)
class StockLink:
    """A link as stock's linker did it: its command line but for `-o`, what it printed, and its executable (empty if it failed)."""

    argv: list[str]
    environment: dict[str, str]
    archive: Path
    messages: str
    executable: bytes

    def options(self, archive: Path | None = None) -> LinkOptions:
        """The same link for our linker, with package main from `archive` if that is given."""
        return flags.parse([*self.argv, str(archive or self.archive)], self.environment)


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


@functools.cache
def _linker() -> str:
    host = {name: value for name, value in os.environ.items() if name not in ("GOOS", "GOARCH", "GOROOT")}
    return subprocess.run([go_command(), "tool", "-n", "link"], env=host, check=True, capture_output=True, text=True).stdout.strip()


@functools.cache
def stock_link(goos: str, goarch: str, sources: tuple[tuple[str, str], ...], link_flags: tuple[str, ...], trim: bool = True) -> StockLink:
    """Compile `sources` (file names and texts of package main) and link them, both by stock Go."""
    folder = Path(tempfile.mkdtemp(dir=_folder().name))
    for name, text in (("go.mod", "module program\n\ngo 1.27\n"), *sources):
        (folder / name).write_text(text, encoding="utf-8")
    environment = {"GOOS": goos, "GOARCH": goarch}
    settings = os.environ | environment | {"CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    settings.pop("GOROOT", None)
    command = [go_command(), "list", "-export", "-deps", "-f", "{{.Name}}\t{{.ImportPath}}\t{{.Export}}", "."]
    if trim:
        command.insert(2, "-trimpath")
    else:
        root = subprocess.run([go_command(), "env", "GOROOT"], env=settings, check=True, capture_output=True, text=True)
        environment["GOROOT"] = root.stdout.strip()
    listed = subprocess.run(command, cwd=folder, env=settings, check=True, capture_output=True, text=True).stdout
    archive = folder / "main.a"
    lines = []
    for name, package, export in (line.split("\t") for line in listed.splitlines()):
        if name == "main":
            archive.write_bytes(Path(export).read_bytes())
        elif export:
            lines.append(f"packagefile {package}={export}\n")
    importcfg = folder / "importcfg"
    importcfg.write_text("".join(lines), encoding="utf-8")
    mode = "pie" if goos == "darwin" else "exe"
    argv = ["-importcfg", str(importcfg), f"-buildmode={mode}", "-buildid=a/b/c/d", *link_flags]
    output = folder / "program"
    done = subprocess.run(
        [_linker(), "-o", str(output), *argv, str(archive)],
        env={**settings, "GOROOT": environment.get("GOROOT", "")},
        check=False,
        capture_output=True,
        text=True,
    )
    return StockLink(argv, environment, archive, done.stdout + done.stderr, output.read_bytes() if done.returncode == 0 else b"")


def link_up_to_text(options: LinkOptions) -> Link:
    """A link in the state in which the nosplit check finds it: what is reachable is known, and the order of functions."""
    loader = Loader()
    link = Link(options, loader)
    libraries = load(loader, options)
    link.libraries = libraries.order
    load_symbols(loader, LinknamePolicy(options.check_linkname))
    prepare.apply_directives(link, libraries.directives)
    prepare.load_fips(link)
    inittask.inittasks(link)
    deadcode.deadcode(loader, options.entry, [link.main_inittasks] if link.main_inittasks else [])
    prepare.setup(link)
    assign_text_order(link)
    return link
