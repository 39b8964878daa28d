# SPDX-License-Identifier: GPL-2.0-or-later
"""The emulator's command line: its options, one run of a binary by them, and what is said about it afterwards.

The exit status is the guest's, or 128+n if signal n killed it; the emulator's own are 124 (a limit was reached), 125 (it lacks something,
or was called wrongly), 126 (not a binary that it can run) and 127 (not found).
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from typing import Any, Final, NoReturn

from pygo_cross import wholefile
from pygo_cross.emulate.errors import STATUS_LACKING
from pygo_cross.emulate.result import Limits, Result

_TARGETS: Final = ("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        print(f"{self.prog}: {message}", file=sys.stderr)
        raise SystemExit(STATUS_LACKING)


def _amount(text: str) -> int:
    """A number that is not negative, with K, M, G or T for powers of 1024."""
    match = re.fullmatch(r"(\d+)([KMGT]?)(?:i?B)?", text, re.IGNORECASE)
    if not match:
        raise argparse.ArgumentTypeError(f"expected a number, perhaps with K, M, G or T, not {text!r}")
    return int(match[1]) << 10 * " KMGT".index(match[2].upper() or " ")


def _span(text: str) -> tuple[int, int]:
    """`A..B`: two numbers in order."""
    match = re.fullmatch(r"(\d+)(?:\.\.|-)(\d+)", text)
    if not match or int(match[1]) > int(match[2]):
        raise argparse.ArgumentTypeError(f"expected FIRST..LAST, not {text!r}")
    return int(match[1]), int(match[2])


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="pygo_cross.emulate", description="Run a Go binary for Linux or macOS under emulation.", allow_abbrev=False)
    add = parser.add_argument
    add("--mount", action="append", default=[], metavar="HOST[:GUEST][:rw]", help="show a host path; read-only unless :rw")
    add("--cwd", default="/", metavar="DIR", help="the guest's working directory")
    add("--env", action="append", default=[], metavar="K=V", help="add to the environment; K alone copies the host's")
    add("--stdin", default="-", metavar="FILE", help="the guest's standard input; - is this process's own")
    add("--clock", default="virtual", choices=("virtual", "host"), help="host: real time, which gives up that runs are alike")
    add("--cpus", type=int, default=2, metavar="N", help="how many processors the guest sees")
    add("--arch", default="", choices=("", "amd64", "arm64"), help="which slice of a universal binary to run")
    limits = Limits()
    group = parser.add_argument_group("limits", "A run that reaches one ends with status 124. 0 is none; K, M, G and T are powers of 1024.")
    bound = group.add_argument
    bound("--max-instructions", type=_amount, default=0, metavar="N", help="of all threads together")
    bound("--max-virtual-time", type=float, default=0.0, metavar="SECONDS", help="on the guest's clock")
    bound("--timeout", type=float, default=0.0, metavar="SECONDS", help="of real time")
    bound("--max-memory", type=_amount, default=limits.memory, metavar="BYTES", help="that the guest can access (%(default)s)")
    bound("--max-output", type=_amount, default=0, metavar="BYTES", help="to stdout and stderr together")
    bound("--max-files", type=_amount, default=limits.files, metavar="BYTES", help="in the guest's in-memory tree (%(default)s)")
    bound("--max-threads", type=_amount, default=limits.threads, metavar="N", help="alive at a time (%(default)s)")
    group = parser.add_argument_group("repeating and searching")
    search = group.add_argument
    search("--seed", type=int, default=0, metavar="N", help="where the interleaving of threads and the guest's random numbers come from")
    search("--seeds", type=_span, metavar="A..B", help="run once for each seed, until one fails; say which")
    search("--keep-going", action="store_true", help="with --seeds: count all that fail")
    search("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="with --seeds: runs side by side (%(default)s)")
    group = parser.add_argument_group("looking at it")
    look = group.add_argument
    look("--json", metavar="FILE", help="write the result with its counters; - is stdout")
    look("--record", metavar="FILE", help="write a transcript of calls and of the threads' turns, one JSON object a line")
    look("--trace-syscalls", action="store_true", help="each call on stderr, as strace shows it")
    look("--strict", action="store_true", help="end the run at the first call that is not provided")
    look("--missing", action="store_true", help="tell of calls that are not provided even if the guest did well")
    look("--no-traceback", action="store_true", help="do not print the guest's stacks when it dies")
    look("--calls", choices=(*_TARGETS, "all"), help="list the calls that are provided, and how well, instead of running anything")
    add("file", nargs="?", metavar="FILE")
    add("args", nargs=argparse.REMAINDER, metavar="ARGS")
    return parser


def _write(stream: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(stream, view) :]


def _trace(line: str) -> None:
    try:
        _write(2, line.encode() + b"\n")
    except BrokenPipeError:
        raise SystemExit(128 + signal.SIGPIPE) from None


def write_json(path: str, value: Any, what: str) -> bool:
    """Write a JSON value to a file, whole or not at all, or to stdout for `-`; says on stderr if that fails."""
    import json

    text = json.dumps(value, indent=1) + "\n"
    if path == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return True
    try:
        wholefile.put(path, text.encode())
    except OSError as error:
        print(f"{what}: cannot write {path}: {error.strerror}", file=sys.stderr)
        return False
    return True


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.calls:
        from pygo_cross.emulate import calltable

        targets = _TARGETS if options.calls == "all" else (options.calls,)
        if options.json:
            return 0 if write_json(options.json, {target: calltable.rows(target) for target in targets}, "calls") else STATUS_LACKING
        sys.stdout.write("\n".join(calltable.text(target) for target in targets))
        return 0
    if options.file is None:
        parser.error("the following arguments are required: FILE")
    if min(options.cpus, options.jobs) < 1 or min(options.timeout, options.max_virtual_time) < 0:
        parser.error("a number is too small")
    stdin: bytes | int = 0
    if options.stdin != "-":
        try:
            with open(options.stdin, "rb") as file:
                stdin = file.read()
        except OSError as error:
            print(f"{options.file}: cannot read {options.stdin}: {error.strerror}", file=sys.stderr)
            return STATUS_LACKING
    if options.seeds is None:
        return run_once(options, options.seed, stdin)
    from pygo_cross.emulate import seeds

    return seeds.search(options, stdin)


def run_once(options: argparse.Namespace, seed: int, stdin: bytes | int) -> int:
    """One run with the options of the command line; returns its exit status."""
    from pygo_cross.emulate import DEFAULT_ENVIRONMENT, run

    environment = dict(DEFAULT_ENVIRONMENT)
    for entry in options.env:
        key, separator, value = entry.partition("=")
        if separator:
            environment[key] = value
        elif key in os.environ:
            environment[key] = os.environ[key]
    limits = Limits(
        instructions=options.max_instructions,
        seconds=options.timeout,
        virtual_seconds=options.max_virtual_time,
        memory=options.max_memory,
        output=options.max_output,
        files=options.max_files,
        threads=options.max_threads,
    )
    result = run(
        options.file,
        options.args,
        stdin=stdin,
        env=environment,
        mounts=options.mount,
        cwd=options.cwd,
        limits=limits,
        seed=seed,
        cpus=options.cpus,
        strict=options.strict,
        clock=options.clock,
        arch=options.arch,
        output=_write,
        trace=_trace if options.trace_syscalls else None,
        record=options.record if options.seeds is None else None,
    )
    if options.json and options.seeds is None and not write_json(options.json, result.to_json(), options.file):
        return STATUS_LACKING
    _tell(options, result)
    return result.status


def _tell(options: argparse.Namespace, result: Result) -> None:
    """What there is to say about the run, on stderr; the guest said the rest."""
    if result.error:
        print(f"{options.file}: {result.error}", file=sys.stderr)
    elif result.traceback:
        print(f"{options.file}: signal {result.signal} killed the guest", file=sys.stderr)
    if result.traceback and not options.no_traceback:
        print(f"\n{result.traceback}", end="", file=sys.stderr)
    if result.missing and (result.status or options.missing):
        from pygo_cross.emulate.postmortem import traceback

        for name, count in result.missing.items():
            times = "once" if count == 1 else f"{count} times, first"
            print(f"{options.file}: the guest called {name}, which is not provided, {times} here:", file=sys.stderr)
            if name in result.missing_at and not options.no_traceback:
                print(traceback.report([result.missing_at[name]], []), end="", file=sys.stderr)
