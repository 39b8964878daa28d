# SPDX-License-Identifier: BSD-3-Clause
"""The go command's build cache in two layers: one that ships in the image and never changes, and GOCACHE above it.

It is what the image sets GOCACHEPROG to: `python3 -ISs gocache.py BASE`. The protocol is that of src/cmd/internal/cacheprog
and src/cmd/go/internal/cache/prog.go: JSON objects, one a line, on stdin and stdout. Both layers have the layout of the go
command's own cache (src/cmd/go/internal/cache/cache.go), so GOCACHE can be used without this program too.

Why not let GOCACHE be the layer that ships: whoever runs the image need not be able to write there, a volume would
get a copy of all of it, and the go command removes what it takes to be unused for days, by times that only
the owner of the files can renew.

Invariants: nothing of BASE is ever written; a file in GOCACHE is there whole or not at all; what can't be kept is not an
error, for the go command then goes on with what it has made.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from binascii import a2b_base64, b2a_base64
from typing import IO, Any, Final

HOUR: Final = 3600
DAY: Final = 24 * HOUR
KEPT: Final = 5 * DAY
"""How long an entry stays that nobody uses, as in the go command's own cache."""


class Store:
    """The two layers: `base`, which is only read, and `own`."""

    __slots__ = ("base", "now", "own")

    def __init__(self, base: str, own: str, now: int) -> None:
        self.base, self.own, self.now = base, own, now

    def get(self, action: str) -> tuple[str, int, int, str] | None:
        """The output of an action: its id in hexadecimal, its size in bytes, when it was made in nanoseconds, and its file."""
        for layer in (self.base, self.own):
            name = f"{layer}/{action[:2]}/{action}-a"
            try:
                with open(name, encoding="ascii") as file:
                    version, key, output, size, made = file.read(200).split()
                path = f"{layer}/{output[:2]}/{output}-d"
                if version != "v1" or key != action or os.stat(path).st_size != int(size):
                    continue
                found = (output, int(size), int(made), path)
            except (OSError, ValueError):
                continue
            if layer is self.own:
                self.used(name)
                self.used(path)
            return found
        return None

    def used(self, path: str) -> None:
        """Notes that a file is in use, at most once an hour."""
        with contextlib.suppress(OSError):
            if os.stat(path).st_mtime < self.now - HOUR:
                os.utime(path)

    def put(self, action: str, output: str, data: bytes) -> str:
        """Keeps the output of an action and returns its file. Raises `OSError`."""
        path = f"{self.own}/{output[:2]}/{output}-d"
        try:
            there = os.stat(path).st_size == len(data)
        except OSError:
            there = False
        if not there:
            self.write(path, data)
        entry = f"v1 {action} {output} {len(data):>20} {time.time_ns():>20}\n"
        self.write(f"{self.own}/{action[:2]}/{action}-a", entry.encode())
        return path

    def write(self, path: str, data: bytes) -> None:
        """A file, whole or not at all."""
        beside = f"{path}.{os.getpid()}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            with open(beside, "wb") as file:
                file.write(data)
            os.replace(beside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise

    def tidy(self) -> None:
        """Once a day, removes from `own` what nobody has used for days."""
        note = f"{self.own}/trim.txt"
        try:
            with open(note, encoding="ascii") as file:
                if -HOUR < self.now - int(file.read(30)) < DAY:
                    return
        except (OSError, ValueError):
            pass
        with contextlib.suppress(OSError):
            self.write(note, str(self.now).encode())
            with os.scandir(self.own) as folders:
                names = [folder.path for folder in folders if len(folder.name) == 2 and folder.is_dir()]
            for name in names:
                with os.scandir(name) as files:
                    old = [file.path for file in files if file.stat(follow_symlinks=False).st_mtime < self.now - KEPT - HOUR]
                for path in old:
                    os.unlink(path)


def serve(store: Store, requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answers requests until there is a `close`, or no more."""

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer, separators=(",", ":")).encode() + b"\n")
        answers.flush()

    say({"ID": 0, "KnownCommands": ["get", "put", "close"]})
    for line in requests:
        if line == b"\n":
            continue
        request = json.loads(line)
        number, command = request["ID"], request["Command"]
        if command == "close":
            store.tidy()
            say({"ID": number})
            return
        action = a2b_base64(request["ActionID"]).hex()
        if command == "get":
            found = store.get(action)
            if found is None:
                say({"ID": number, "Miss": True})
                continue
            output, size, made, path = found
            seconds, rest = divmod(made, 10**9)
            stamp = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:09}Z"
            key = b2a_base64(bytes.fromhex(output), newline=False).decode()
            say({"ID": number, "OutputID": key, "Size": size, "Time": stamp, "DiskPath": path})
        elif command == "put":
            data = b""
            if request.get("BodySize"):
                body = requests.readline()
                while body == b"\n":
                    body = requests.readline()
                data = a2b_base64(body.strip()[1:-1])
            try:
                say({"ID": number, "DiskPath": store.put(action, a2b_base64(request["OutputID"]).hex(), data)})
            except OSError as error:
                say({"ID": number, "Err": f"{store.own}: {error.strerror}"})
        else:
            say({"ID": number, "Err": f"unknown command {command!r}"})


def main(argv: list[str]) -> int:
    """The program."""
    if len(argv) != 1 or not os.environ.get("GOCACHE"):
        print("gocache: is started by the go command, as GOCACHEPROG with the folder of the layer below GOCACHE", file=sys.stderr)
        return 2
    # An interrupt is for the go command, which then closes our stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(Store(argv[0], os.environ["GOCACHE"], int(time.time())), sys.stdin.buffer, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
