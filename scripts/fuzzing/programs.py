# SPDX-License-Identifier: BSD-3-Clause
"""Random Go programs, built by us and by stock Go: they have to print the same.

`fuzzing/_goprogram.py` and `_gofeatures.py` make them; with `--kind numbers` `_gonumbers.py` does, functions that compute with numbers at
the edges of their kinds; with `--kind order` `_goorder.py`, statements whose operands change what others read. `--own` is a command that
builds {src} to {out}; `--run` how the result is run ({exe}), for programs of another system. With `--quick` one process
compiles all batches, against stock's standard library, and stock's linker links them. What prints the same has to do so once more while
the collector works all the time and spoils what it frees. A batch that differs is left in `--keep`, with both outputs, and the programs
that differ are named by their seeds.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from conformance.mixed import Kit

from fuzzing import _gofeatures, _gonumbers, _goorder
from pygo_cross.build.goroot import find_goroot

_SECONDS = 120
_HOSTILE = {"GOGC": "1", "GODEBUG": "clobberfree=1,gccheckmark=1,gcshrinkstackoff=0"}
_KINDS = {"features": _gofeatures.package, "numbers": _gonumbers.package, "order": _goorder.package}
_IMPORTS = ["cmp", "math", "math/bits", "runtime", "slices", "unsafe"]


def execute(command: list[str], seconds: int = _SECONDS, **environment: str) -> tuple[str, str]:
    """What a command prints, and how it ended ("" for well)."""
    env = {**os.environ, **environment}
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds, check=False, env=env)
    except subprocess.TimeoutExpired:
        return "", f"not finished in {seconds} s"
    text = done.stdout.decode("utf-8", "replace")
    return text, f"exit status {done.returncode}" if done.returncode else ""


def batch(kind: str, seeds: range, own: str | Kit, run: str, keep: Path, go: str) -> list[str]:
    """Build and run the programs of some seeds both ways; what differs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "main.go"
        source.write_text(_KINDS[kind](seeds), encoding="utf-8")
        text, problem = execute([go, "build", "-ldflags=-s -w", "-o", str(folder / "stock"), str(source)], 600)
        if problem:
            return [f"{seeds}: stock Go refuses the program: {text[:2000]}"]
        want, problem = execute([str(folder / "stock")])
        if problem:
            return [f"{seeds}: under stock Go: {problem}"]
        if isinstance(own, Kit):
            problem = text = own.compile([str(source)], str(folder / "own"))
        else:
            text, problem = execute([word.format(src=source, out=folder / "own") for word in shlex.split(own)], 600)
        if problem:
            return [_kept(seeds, folder, keep, f"not built: {problem}: {text[-2000:]}", want, text)]
        command = [word.format(exe=folder / "own") for word in shlex.split(run)]
        got, problem = execute(command, 600)
        if got == want and not problem:
            got, problem = execute(command, 600, **_HOSTILE)
            if got == want and not problem:
                return []
            problem = f"with a hostile collector: {problem or 'another output'}"
        lines = [a for a, b in zip(want.splitlines(), got.splitlines(), strict=False) if a != b]
        return [_kept(seeds, folder, keep, f"{problem or 'another output'}: {' '.join(line.split()[0] for line in lines)}", want, got)]


def _kept(seeds: range, folder: Path, keep: Path, what: str, want: str, got: str) -> str:
    place = keep / f"{seeds.start}-{seeds.stop}"
    place.mkdir(parents=True, exist_ok=True)
    (place / "main.go").write_bytes((folder / "main.go").read_bytes())
    (place / "want.txt").write_text(want, encoding="utf-8")
    (place / "got.txt").write_text(got, encoding="utf-8")
    return f"{seeds.start}-{seeds.stop - 1}: {what} (kept in {place})"


def main(argv: list[str]) -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz programs", description=__doc__)
    parser.add_argument("--kind", choices=_KINDS, default="features", help="which programs (default features)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("-n", type=int, default=100, help="how many programs (default 100)")
    parser.add_argument("--batch", type=int, default=20, help="how many programs one binary has (default 20)")
    parser.add_argument("--own", default=f"{sys.executable} -m pygo_cross build -o {{out}} {{src}}", help="builds {src} to {out}")
    parser.add_argument("--quick", type=Path, metavar="FOLDER", help="compile in this process; FOLDER keeps what that needs")
    parser.add_argument("--run", default="{exe}", help="runs {exe}")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-programs"), help="where programs that differ are left")
    options = parser.parse_args(argv)
    go = str(find_goroot() / "bin/go")
    own = Kit(options.quick.resolve(), _IMPORTS) if options.quick else options.own
    end = options.seed + options.n
    bad = 0
    for first in range(options.seed, end, options.batch):
        for line in batch(options.kind, range(first, min(first + options.batch, end)), own, options.run, options.keep, go):
            bad += 1
            print(line, flush=True)
    print(f"{options.n} programs in batches of {options.batch}: {bad} batches differ")
    return 1 if bad else 0
