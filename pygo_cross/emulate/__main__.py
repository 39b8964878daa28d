# SPDX-License-Identifier: GPL-2.0-or-later
"""`python -m pygo_cross.emulate [OPTIONS] FILE ARGS...`: run a binary under emulation.

The exit status is the guest's, or 128+n if signal n killed it; the emulator's own are 124 (a limit was reached), 125 (it lacks something,
or was called wrongly), 126 (not a binary that it can run) and 127 (not found).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import NoReturn

from pygo_cross.emulate.errors import STATUS_LACKING
from pygo_cross.emulate.result import Limits, Result


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        print(f"{self.prog}: {message}", file=sys.stderr)
        raise SystemExit(STATUS_LACKING)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="pygo_cross.emulate", description="Run a Go binary for Linux or macOS under emulation.")
    parser.add_argument("--mount", action="append", default=[], metavar="HOST[:GUEST][:rw]", help="show a host path, read-only without :rw")
    parser.add_argument("--cwd", default="/", metavar="DIR", help="the guest's working directory")
    parser.add_argument("--env", action="append", default=[], metavar="K=V", help="add to the environment; K alone copies the host's")
    parser.add_argument("--stdin", default="-", metavar="FILE", help="the guest's standard input; - is this process's own")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="what the guest's random numbers come from")
    parser.add_argument("--cpus", type=int, default=2, metavar="N", help="how many processors the guest sees")
    parser.add_argument("--arch", default="", choices=("", "amd64", "arm64"), help="which slice of a universal binary to run")
    parser.add_argument("--max-instructions", type=int, default=0, metavar="N")
    parser.add_argument("--timeout", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--max-memory", type=int, default=Limits().memory, metavar="BYTES")
    parser.add_argument("--max-output", type=int, default=0, metavar="BYTES")
    parser.add_argument("--json", metavar="FILE", help="write the result with its counters")
    parser.add_argument("--strict", action="store_true", help="end the run at the first call that is not provided")
    parser.add_argument("--trace-syscalls", action="store_true", help="one line on stderr for each call")
    parser.add_argument("--no-traceback", action="store_true", help="do not print the guest's stacks when it dies")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("args", nargs=argparse.REMAINDER, metavar="ARGS")
    return parser


def _write(stream: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(stream, view) :]


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _parser().parse_args(argv)
    from pygo_cross.emulate import DEFAULT_ENVIRONMENT, run

    environment = dict(DEFAULT_ENVIRONMENT)
    for entry in options.env:
        key, separator, value = entry.partition("=")
        if separator:
            environment[key] = value
        elif key in os.environ:
            environment[key] = os.environ[key]
    stdin: bytes | int = 0
    if options.stdin != "-":
        try:
            with open(options.stdin, "rb") as file:
                stdin = file.read()
        except OSError as error:
            print(f"{options.file}: cannot read {options.stdin}: {error.strerror}", file=sys.stderr)
            return STATUS_LACKING
    limits = Limits(instructions=options.max_instructions, seconds=options.timeout, memory=options.max_memory, output=options.max_output)
    result = run(
        options.file,
        options.args,
        stdin=stdin,
        env=environment,
        mounts=options.mount,
        cwd=options.cwd,
        limits=limits,
        seed=options.seed,
        cpus=options.cpus,
        strict=options.strict,
        arch=options.arch,
        output=_write,
        trace=(lambda line: print(line, file=sys.stderr, flush=True)) if options.trace_syscalls else None,
    )
    if options.json:
        import json

        scratch = f"{options.json}.{os.getpid()}"
        try:
            with open(scratch, "w", encoding="utf-8") as out:
                json.dump(result.to_json(), out, indent=1)
                out.write("\n")
            os.replace(scratch, options.json)
        except OSError as error:
            print(f"{options.file}: cannot write {options.json}: {error.strerror}", file=sys.stderr)
            return STATUS_LACKING
    _tell(options, result)
    return result.status


def _tell(options: argparse.Namespace, result: Result) -> None:
    """What there is to say about the run, on stderr; the guest said the rest."""
    if result.error:
        print(f"{options.file}: {result.error}", file=sys.stderr)
    elif result.traceback:
        print(f"{options.file}: signal {result.signal} killed the guest", file=sys.stderr)
    if options.no_traceback:
        return
    if result.traceback:
        print(f"\n{result.traceback}", end="", file=sys.stderr)
    if result.missing and not result.traceback:
        from pygo_cross.emulate import traceback

        for name, count in result.missing.items():
            times = "once" if count == 1 else f"{count} times, first"
            print(f"{options.file}: the guest called {name}, which is not provided, {times} here:", file=sys.stderr)
            if name in result.missing_at:
                print(traceback.report([result.missing_at[name]], []), end="", file=sys.stderr)


if __name__ == "__main__":
    # An interrupt ends us as it would end the program itself, with no traceback of ours.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
