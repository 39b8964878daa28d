# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a binary once for each seed of a range, several at a time, to find an interleaving that goes wrong.

Each run is a process of its own, forked from this one when everything is imported. Which seed is reported does not depend on how many
run side by side: it is the smallest that fails.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from typing import Any

from pygo_cross.emulate import command
from pygo_cross.emulate.errors import STATUS_LACKING


class _Run:
    """A run that goes on, and where its output goes."""

    __slots__ = ("errors", "output", "seed")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        # Closed by close(): they outlive this call.
        self.output = tempfile.TemporaryFile()  # noqa: SIM115
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115

    def start(self, options: argparse.Namespace, stdin: bytes | int) -> int:
        """Begin it; returns its process id."""
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            return pid
        status = STATUS_LACKING
        try:
            os.dup2(self.output.fileno(), 1)
            os.dup2(self.errors.fileno(), 2)
            status = command.run_once(options, self.seed, stdin)
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(status)

    def digest(self) -> bytes:
        """What tells this run's output from another's."""
        self.output.seek(0)
        return hashlib.file_digest(self.output, "sha256").digest()

    def show(self) -> None:
        """Pass on what it wrote."""
        for file, stream in ((self.output, sys.stdout.buffer), (self.errors, sys.stderr.buffer)):
            file.seek(0)
            while block := file.read(1 << 20):
                stream.write(block)
            stream.flush()

    def close(self) -> None:
        """Forget what it wrote."""
        self.output.close()
        self.errors.close()


def search(options: argparse.Namespace, stdin: bytes | int) -> int:
    """Run the seeds of `options.seeds` and say which fail; returns the status of the first that does, else 0."""
    first, last = options.seeds
    if isinstance(stdin, int):
        # Every run gets the same input. A terminal's would not be that.
        stdin = b"" if os.isatty(stdin) else _read_all(stdin)
    running: dict[int, _Run] = {}
    failed: dict[int, int] = {}
    outputs: dict[bytes, int] = {}
    worst: _Run | None = None
    finished = 0
    following = first
    while running or (following <= last and (options.keep_going or not failed)):
        while following <= last and len(running) < options.jobs and (options.keep_going or not failed):
            run = _Run(following)
            running[run.start(options, stdin)] = run
            following += 1
        pid, wait_status = os.wait()
        ended = running.pop(pid, None)
        if ended is None:
            continue
        finished += 1
        code = os.waitstatus_to_exitcode(wait_status)
        status = code if code >= 0 else 128 - code
        digest = ended.digest()
        outputs[digest] = outputs.get(digest, 0) + 1
        if status:
            failed[ended.seed] = status
        if status and (worst is None or ended.seed < worst.seed):
            if worst is not None:
                worst.close()
            worst = ended
        else:
            ended.close()
    if worst is not None:
        worst.show()
        worst.close()
    _tell(options, failed, finished, len(outputs))
    report: dict[str, Any] = {
        "first": first,
        "last": last,
        "runs": finished,
        "different_outputs": len(outputs),
        "failures": [{"seed": seed, "status": failed[seed]} for seed in sorted(failed)],
    }
    if options.json and not command.write_json(options.json, report, options.file):
        return STATUS_LACKING
    return failed[min(failed)] if failed else 0


def _read_all(descriptor: int) -> bytes:
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _tell(options: argparse.Namespace, failed: dict[int, int], finished: int, outputs: int) -> None:
    different = f"{outputs} different outputs" if outputs != 1 else "one output"
    if not failed:
        print(f"{options.file}: all {finished} seeds exit with status 0, {different}", file=sys.stderr)
        return
    seed = min(failed)
    if options.keep_going:
        print(f"{options.file}: {len(failed)} of {finished} seeds fail, {different}", file=sys.stderr)
        statuses: dict[int, list[int]] = {}
        for number in sorted(failed):
            statuses.setdefault(failed[number], []).append(number)
        for status, numbers in sorted(statuses.items()):
            shown = ", ".join(map(str, numbers[:20])) + (f" and {len(numbers) - 20} more" if len(numbers) > 20 else "")
            print(f"  status {status}: seed {shown}", file=sys.stderr)
    print(f"{options.file}: seed {seed} exits with status {failed[seed]}; repeat it with --seed {seed}", file=sys.stderr)
