# SPDX-License-Identifier: BSD-3-Clause
"""The container image: its size, a cold start, and the first build in a fresh container beside the tenth and the host's.

Sizes are of what docker save writes, through gzip -6 and, where it is installed, zstd -6. Times are of the whole docker run
(or, for the host, of the command): wall clock, and CPU seconds of all processes in the container, which other work on the
machine disturbs less. A fresh container has neither a volume nor a network; the tenth build has the volume of nine before.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
# Runs the command, then says on a line of its own how much CPU time it and all its children took.
TIMED = (
    "import os,resource,subprocess,sys;"
    "s=subprocess.run(sys.argv[1:]).returncode;r=resource.getrusage(resource.RUSAGE_CHILDREN);"
    "print('cpu',r.ru_utime+r.ru_stime,file=sys.stderr);sys.exit(s)"
)


def timed(command: list[str]) -> tuple[float, float]:
    """Wall-clock and CPU seconds of a command that ends with TIMED's line. Raises SystemExit if it fails."""
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.monotonic() - start
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    lines = [line.split() for line in done.stderr.splitlines() if line.startswith("cpu ")]
    return wall, float(lines[-1][1])


def packed_size(image: str, command: list[str]) -> int:
    """Bytes of the saved image, compressed by a command."""
    save = subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE)
    pack = subprocess.Popen(command, stdin=save.stdout, stdout=subprocess.PIPE)
    assert pack.stdout is not None
    size = 0
    while piece := pack.stdout.read(1 << 20):
        size += len(piece)
    if save.wait() or pack.wait():
        raise SystemExit(f"bench: {image} could not be saved")
    return size


def main(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="bench image", description=__doc__.splitlines()[0])
    parser.add_argument("image", nargs="?", default="pygo-cross", help="the image (%(default)s)")
    parser.add_argument("-n", type=int, default=5, help="starts and fresh containers; medians are shown (default 5)")
    parser.add_argument("--target", default="linux/amd64", help="what is built: a target of examples/hello, or * for all (%(default)s)")
    parser.add_argument("--no-size", action="store_true", help="leave out the sizes, which take minutes")
    parser.add_argument("--json", action="store_true", help="print a record instead of lines")
    options = parser.parse_args(argv)
    if options.n < 1:
        parser.error("-n must be at least 1")
    if subprocess.run(["docker", "image", "inspect", options.image], capture_output=True, check=False).returncode:
        parser.error(f"the engine has no image {options.image}: build it, or name another")
    record: dict[str, Any] = {"image": options.image, "target": options.target, "runs": options.n}
    if not options.no_size:
        record["gzip_bytes"] = packed_size(options.image, ["gzip", "-6"])
        if shutil.which("zstd"):
            record["zstd_bytes"] = packed_size(options.image, ["zstd", "-6", "-q"])
    python = "/opt/pygo-cross/bin/python"
    locked = ["docker", "run", "--rm", "--network=none", "--cap-drop=ALL", f"--user={os.getuid()}:{os.getgid()}"]
    volume = f"pygo-cross-bench-{uuid.uuid4().hex[:8]}"
    build = ["build", "-q", "--clean", "--target", options.target, "--skip=report"]

    def note(name: str, runs: list[tuple[float, float]]) -> None:
        record[f"{name}_seconds"] = round(statistics.median(wall for wall, _ in runs), 2)
        record[f"{name}_cpu_seconds"] = round(statistics.median(cpu for _, cpu in runs), 2)

    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "hello"
        shutil.copytree(ROOT / "examples/hello", project, ignore=shutil.ignore_patterns("dist"))
        mount = f"--mount=type=bind,src={project},dst=/src"

        def inside(*words: str, flags: tuple[str, ...] = ()) -> tuple[float, float]:
            entry = ["--entrypoint", python, options.image, "-c", TIMED, "/opt/pygo-cross/bin/pygo-cross"]
            return timed([*locked, *flags, mount, *entry, *words])

        note("start", [inside("version") for _ in range(options.n)])
        note("first_build", [inside(*build) for _ in range(options.n)])
        try:
            runs = [inside(*build, flags=(f"--volume={volume}:/cache",)) for _ in range(10)]
        finally:
            subprocess.run(["docker", "volume", "rm", "-f", volume], capture_output=True, check=False)
        note("first_build_on_a_volume", runs[:1])
        note("tenth_build", runs[-1:])
        os.environ["PYTHONPATH"] = str(ROOT)
        host = [sys.executable, "-c", TIMED, sys.executable, "-m", "pygo_cross", *build]
        os.chdir(project)
        timed(host)  # fills the host's cache
        note("host_build", [timed(host) for _ in range(options.n)])
    if options.json:
        print(json.dumps(record, indent=1))
        return 0
    print(f"{options.image}: {options.target} of examples/hello, median of {options.n}")
    for name in ("gzip", "zstd"):
        if f"{name}_bytes" in record:
            print(f"{'size, ' + name:26}{record[f'{name}_bytes'] / 1e6:8.1f} MB")
    for name in ("start", "first_build", "first_build_on_a_volume", "tenth_build", "host_build"):
        print(f"{name.replace('_', ' '):26}{record[f'{name}_seconds']:8.2f} s {record[f'{name}_cpu_seconds']:8.2f} s CPU")
    return 0
