# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs Go binaries for Linux and macOS, on amd64 and arm64, under emulation.

The guest sees an in-memory file tree, what is mounted into it, its arguments, environment and standard input, and nothing
else of the host. Everything that it can observe is deterministic, time and random numbers included. "Ran under emulation" is all that a run
proves: there is no real kernel and no real dyld here.

`run` is the whole interface for a caller in Python; `python -m pygo_cross.emulate` is the same as a process of its own. Unicorn's
library is
loaded by the first run, not by the import.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pygo_cross.emulate.errors import EmulatorError, Errno, Lacking, LimitReached, NotFound, NotRunnable, ProcessExit
from pygo_cross.emulate.result import Counters, Frame, Limits, Result, Stack

if TYPE_CHECKING:
    from pygo_cross.emulate.kernel.kernel import Kernel

__all__ = ["Counters", "Frame", "Limits", "Result", "Stack", "run"]

DEFAULT_ENVIRONMENT = {"HOME": "/home/user", "PATH": "/usr/bin:/bin", "USER": "user"}

_LARGEST_BINARY = 2 << 30


def run(
    binary: str | os.PathLike[str] | bytes,
    args: Sequence[str | bytes] = (),
    *,
    stdin: bytes | int = b"",
    env: Mapping[str, str] | None = None,
    mounts: Iterable[str | tuple[str, str] | tuple[str, str, bool]] = (),
    files: Mapping[str, bytes] | None = None,
    cwd: str = "/",
    limits: Limits | None = None,
    seed: int = 0,
    cpus: int = 2,
    strict: bool = False,
    clock: str = "virtual",
    name: str | None = None,
    arch: str = "",
    output: Callable[[int, bytes], None] | None = None,
    trace: Callable[[str], None] | None = None,
    record: str | os.PathLike[str] | None = None,
) -> Result:
    """Run a binary to its end and return what became of it; never raises for what the guest or the file does.

    `binary` is a path, or the file's contents. `args` follow the program's name (`name`, by default the path). `stdin` is bytes, or a
    descriptor of the host. `env` is the whole environment; None means `DEFAULT_ENVIRONMENT`. `mounts` are `HOST[:GUEST][:rw]`, or the two
    paths and whether the guest may write there (not, if that is left out); `files` are put into the tree, by absolute path. `arch` picks
    a slice of a universal binary. `clock` is `virtual`, or `host` for real time, in which sleeping takes time and no two runs are alike.
    `output` receives what the guest writes as it does (1 or 2, and the bytes); without it the output is in the result. `trace` gets one
    line a call, in strace's form; `record` is a file to write a transcript of calls and turns into.
    """
    if clock not in ("virtual", "host"):
        raise ValueError(f"clock is virtual or host, not {clock!r}")
    result = Result(seed=seed)
    collected: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}

    def collect(stream: int, data: bytes) -> None:
        collected[stream] += data

    try:
        given = (stdin, env, mounts, files, cwd, limits, seed, cpus, strict, clock, name, arch)
        _run(result, binary, args, *given, output or collect, trace, record)
    except EmulatorError as error:
        result.status, result.error, result.error_code = error.status, error.message, error.code
    except MemoryError:
        result.status, result.error, result.error_code = LimitReached.status, "the host has no more memory", "limit-memory"
    result.stdout, result.stderr = bytes(collected[1]), bytes(collected[2])
    return result


def _run(
    result: Result,
    binary: str | os.PathLike[str] | bytes,
    args: Sequence[str | bytes],
    stdin: bytes | int,
    env: Mapping[str, str] | None,
    mounts: Iterable[str | tuple[str, str] | tuple[str, str, bool]],
    files: Mapping[str, bytes] | None,
    cwd: str,
    limits: Limits | None,
    seed: int,
    cpus: int,
    strict: bool,
    clock: str,
    name: str | None,
    arch: str,
    output: Callable[[int, bytes], None],
    trace: Callable[[str], None] | None,
    record: str | os.PathLike[str] | None,
) -> None:
    from pygo_cross.emulate import setup
    from pygo_cross.emulate.kernel.kernel import Options
    from pygo_cross.emulate.loader import image, refuse

    data, path = _read(binary)
    loaded = image.load(data, path, arch)
    result.target = loaded.target
    refuse.check_settings(loaded)
    environment = DEFAULT_ENVIRONMENT if env is None else env
    options = Options(
        [os.fsencode(name or path or "main"), *(os.fsencode(argument) for argument in args)],
        [os.fsencode(f"{key}={value}") for key, value in environment.items()],
        output,
        limits or Limits(),
        seed,
        cpus,
        strict,
        clock == "host",
    )
    try:
        kernel = setup.make_kernel(loaded, data, options, stdin, mounts, files or {}, cwd)
    except Errno as error:
        if error.name == "ENOMEM":
            raise LimitReached("limit-memory", f"the process needs more than {options.limits.memory} bytes to start") from error
        raise Lacking("cannot-start", f"the process cannot be started: {error.name}") from error
    recorder = None
    try:
        if trace is not None or record is not None:
            from pygo_cross.emulate import trace as watching

            watches: list[watching.Watch] = [] if trace is None else [watching.Strace(trace)]
            if record is not None:
                arguments = [argument.decode("utf-8", "backslashreplace") for argument in options.arguments]
                facts = {"target": result.target, "seed": seed, "arguments": arguments}
                recorder = watching.Recorder(kernel, os.fspath(record), facts)
                watches.append(recorder)
            kernel.watch = watches[0] if len(watches) == 1 else watching.Watches(watches)
        _finish(kernel, result)
    finally:
        if recorder is not None:
            recorder.finish()
        kernel.finish_counters()
        result.counters, result.missing, result.calls = kernel.counters, kernel.missing, kernel.calls
        result.missing_at = kernel.missing_at
        kernel.close()


def _finish(kernel: Kernel, result: Result) -> None:
    try:
        kernel.run()
    except ProcessExit as end:
        result.signal = end.signal
        result.status = 128 + end.signal if end.signal else end.status
        if end.signal in kernel.first.signals.facts.fatal:
            _add_stacks(kernel, result, True)
    except EmulatorError as error:
        # A limit is nobody's fault.
        _add_stacks(kernel, result, not isinstance(error, LimitReached))
        raise


def _add_stacks(kernel: Kernel, result: Result, blame: bool) -> None:
    """The post-mortem, while there is still something to look at. `blame`: it was the current thread that ended the run."""
    from pygo_cross.emulate.postmortem import traceback

    result.stacks, remarks = traceback.all_stacks(kernel, blame)
    result.traceback = traceback.report(result.stacks, remarks)


def _read(binary: str | os.PathLike[str] | bytes) -> tuple[bytes, str]:
    """The file's contents and its path."""
    if isinstance(binary, bytes):
        return binary, ""
    path = os.fspath(binary)
    try:
        # Opening a FIFO would wait for its writer, and a device need not end.
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            kind = "a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise NotRunnable("not-a-binary", f"it is {kind}; give an executable file")
        if status.st_size > _LARGEST_BINARY:
            raise NotRunnable("not-a-binary", f"it has more than {_LARGEST_BINARY} bytes")
        with open(path, "rb") as file:
            return file.read(), path
    except OSError as error:
        raise NotFound("not-found", f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise NotFound("not-found", f"cannot read {path!r}: {error}") from error
