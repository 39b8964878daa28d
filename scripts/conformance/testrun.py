# SPDX-License-Identifier: BSD-3-Clause
"""Runs one test binary to the last test, whatever happens on the way, and says what became of each.

The unit is what `-test.list` lists: a test, an example, a fuzz target with its seeds. Its subtests are counted, not compared.

A binary that dies (a crash, a call of os.Exit, a limit of the harness) takes only the test with it that was running: the harness starts
it again behind that test, with -test.skip. When several tests ran in parallel, each is tried alone to find out which one it was.
Tests that say nothing of themselves (a panic in TestMain) leave all that remain as "not run".
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

# As go test passes it. Natively nothing comes near; under emulation time is virtual, and a test that waits for ever gets there at once.
TEST_TIMEOUT: Final = "10m0s"

LEFT_OUT: Final = "left out by the harness's command line"

_MARK: Final = b"\x16"
_EVENT: Final = re.compile(rb"(?:=== (RUN|PAUSE|CONT|NAME) +(\S+)|--- (PASS|FAIL|SKIP): (\S+) \((\d+\.\d+)s\))")
_HUNG: Final = re.compile(rb"panic: test timed out after [^\n]*\n\s*running tests?:\n((?:\t\t?[^\n]+\n)+)")
_SHOWN: Final = 3000


@dataclass
class Outcome:
    """What became of a test: pass, fail, skip, crash (the process ended in it), hang (no progress) or "not run"; and what it said."""

    result: str
    seconds: float = 0.0
    text: str = ""
    subtests: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As JSON values, without what is empty; what a passing test says is not kept."""
        value = asdict(self)
        if self.result == "pass":
            value["text"] = ""
        value["seconds"] = round(self.seconds, 2)
        return {key: item for key, item in value.items() if item not in ("", 0.0, {})}


_started: set[int] = set()


def start(command: list[str], cwd: Path, env: dict[str, str], user: int | None) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own; stdout and stderr come through one pipe."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
        start_new_session=True,
    )
    _started.add(process.pid)
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _started.discard(process.pid)


def end_all(number: int, _: object) -> NoReturn:
    """End what was started, and this process too: for signals that end it."""
    for pid in list(_started):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    os._exit(128 + number)


def top(name: str) -> str:
    """The test that a subtest belongs to."""
    return name.partition("/")[0]


class Parser:
    """Follows the output of a binary with -test.v=test2json, in whatever pieces it comes."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.running: dict[str, float] = {}
        self.paused: set[str] = set()
        self.text: dict[str, bytearray] = {}
        self.tail = bytearray()
        self.ended = 0
        self._subtests: dict[str, dict[str, int]] = {}
        self._current = ""
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take in what the binary wrote."""
        self.tail = (self.tail + data)[-20000:]
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._line(line)

    def finish(self) -> None:
        """The binary has ended."""
        if self._rest:
            self._line(self._rest)
            self._rest = b""

    def _line(self, line: bytes) -> None:
        said, mark, event = line.rpartition(_MARK)
        match = _EVENT.search(event) if mark else None
        if match is None:
            self._say(line)
            return
        if said.strip():
            self._say(said)
        kind, name, result, ended, seconds = match.groups()
        if kind is not None:
            self._started(kind.decode(), name.decode("utf-8", "replace"))
        else:
            self._over(result.decode().lower(), ended.decode("utf-8", "replace"), float(seconds))

    def _say(self, line: bytes) -> None:
        name = top(self._current)
        if name:
            text = self.text.setdefault(name, bytearray())
            text += line.translate(None, b"\x0e\x0f\x16\x1b") + b"\n"
            if len(text) > 2 * _SHOWN:
                del text[:-_SHOWN]

    def _started(self, kind: str, name: str) -> None:
        self._current = name
        test = top(name)
        if name == test:
            if kind == "PAUSE":
                self.paused.add(test)
            elif kind in ("RUN", "CONT"):
                self.paused.discard(test)
        if kind == "RUN":
            self.running.setdefault(test, time.monotonic())

    def _over(self, result: str, name: str, seconds: float) -> None:
        self._current = name
        test = top(name)
        counts = self._subtests.setdefault(test, {})
        if name != test:
            counts[result] = counts.get(result, 0) + 1
            return
        text = bytes(self.text.pop(test, b""))
        self.outcomes[test] = Outcome(result, seconds, text.decode("utf-8", "replace"), counts)
        self.running.pop(test, None)
        self.paused.discard(test)
        self.ended += 1

    def suspects(self) -> list[str]:
        """The tests that were running, those that waited to be run in parallel excepted."""
        return [test for test in self.running if test not in self.paused]


@dataclass
class Ended:
    """How one start of the binary ended: its exit status (None: the harness ended it) and what was parsed."""

    status: int | None
    parser: Parser
    seconds: float


@dataclass
class Runner:
    """How to start the binary: a command line that the test flags are put behind, in a folder, with an environment."""

    command: list[str]
    cwd: Path
    env: dict[str, str]
    user: int | None
    short: bool
    seconds: float
    test_seconds: float

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.seconds

    def _popen(self, flags: list[str]) -> subprocess.Popen[bytes]:
        return start([*self.command, *flags], self.cwd, self.env, self.user)

    def listing(self) -> list[str] | None:
        """The names of the binary's tests, in order; None if it does not say."""
        process = self._popen(["-test.list=^(Test|Example|Fuzz)"])
        try:
            output, _ = process.communicate(timeout=max(1.0, min(self.test_seconds, self._deadline - time.monotonic())))
        except subprocess.TimeoutExpired:
            end(process)
            return None
        end(process)
        if process.returncode:
            return None
        return [line for line in output.decode("utf-8", "replace").split("\n") if re.match(r"(Test|Example|Fuzz)\w*$", line)]

    def once(self, *flags: str) -> Ended:
        """One start of the binary, to its end or until nothing happens for too long."""
        begin = time.monotonic()
        given = ["-test.v=test2json", "-test.paniconexit0", f"-test.timeout={TEST_TIMEOUT}"]
        process = self._popen([*given, *(["-test.short"] if self.short else []), *flags])
        assert process.stdout is not None
        parser, seen, since = Parser(), 0, begin
        status: int | None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                now = time.monotonic()
                if parser.ended != seen:
                    seen, since = parser.ended, now
                left = min(self._deadline, since + self.test_seconds) - now
                if left <= 0:
                    end(process)
                    status = None
                    break
                if not selector.select(left):
                    continue
                data = os.read(process.stdout.fileno(), 1 << 16)
                if not data:
                    status = process.wait()
                    end(process)
                    break
                parser.feed(data)
        process.stdout.close()
        parser.finish()
        return Ended(status, parser, time.monotonic() - begin)

    def out_of_time(self) -> bool:
        """Whether the binary's time is up."""
        return time.monotonic() >= self._deadline


def _said(ended: Ended, test: str) -> str:
    """What is known of a test in which the process ended: its last words and the process's."""
    own = bytes(ended.parser.text.get(test, b""))
    tail = bytes(ended.parser.tail)[-_SHOWN:]
    how = "ended by the harness: no test was finished for too long" if ended.status is None else f"exit status {ended.status}"
    text = own[-_SHOWN:] if own else tail
    return f"{text.decode('utf-8', 'replace')}\n[{how} after {ended.seconds:.0f} s]".translate({0x16: None, 0x0E: None, 0x0F: None})


def hung(ended: Ended) -> list[str]:
    """The tests that the binary itself says were running when its -test.timeout was up."""
    match = _HUNG.search(bytes(ended.parser.tail))
    if match is None:
        return []
    return list(dict.fromkeys(top(line.split()[0].decode("utf-8", "replace")) for line in match.group(1).splitlines() if line.split()))


def run_all(runner: Runner, only: list[str] | None = None) -> tuple[dict[str, Outcome], str]:
    """Run every test of a binary, or those of `only` that it has: the outcomes by name, and what is to be said of the binary as a whole.

    Tests that are not in `only` are "not run", and say `LEFT_OUT`.
    """
    listed = runner.listing()
    if listed is None:
        return {}, "the binary does not list its tests"
    names = listed if only is None else [name for name in listed if name in only]
    outcomes: dict[str, Outcome] = {}
    note = ""
    while True:
        left = [name for name in names if name not in outcomes]
        if not left:
            break
        if runner.out_of_time():
            outcomes.update({name: Outcome("not run", text="the package's time was up") for name in left})
            break
        flags = []
        if only is not None:
            flags = [f"-test.run=^({'|'.join(left)})$"]
        elif outcomes:
            flags = [f"-test.skip=^({'|'.join(outcomes)})$"]
        ended = runner.once(*flags)
        fresh = {name: outcome for name, outcome in ended.parser.outcomes.items() if name not in outcomes}
        outcomes.update(fresh)
        left = [name for name in names if name not in outcomes]
        suspects = [name for name in ended.parser.suspects() if name in left]
        if not suspects and not left:
            failed = any(outcome.result == "fail" for outcome in outcomes.values())
            if ended.status and not failed:
                said = bytes(ended.parser.tail)[-300:].decode("utf-8", "replace").strip()
                note = f"exit status {ended.status} though no test failed: {said}"
            break
        by_timeout = [name for name in hung(ended) if name in left]
        kind = "hang" if ended.status is None or by_timeout else "crash"
        suspects = by_timeout or suspects
        if len(suspects) > 1:
            for name in suspects:
                outcomes[name] = _alone(runner, name)
        elif suspects:
            outcomes[suspects[0]] = Outcome(kind, ended.seconds, _said(ended, suspects[0]))
        elif not fresh:
            text = _said(ended, "")
            outcomes.update({name: Outcome("not run", text=text) for name in left})
    for name in listed:
        outcomes.setdefault(name, Outcome("not run", text=LEFT_OUT))
    return outcomes, note


def _alone(runner: Runner, name: str) -> Outcome:
    """A test by itself."""
    if runner.out_of_time():
        return Outcome("not run", text="the package's time was up")
    ended = runner.once(f"-test.run=^{name}$")
    outcome = ended.parser.outcomes.get(name)
    if outcome is not None:
        return outcome
    return Outcome("hang" if ended.status is None or hung(ended) else "crash", ended.seconds, _said(ended, name))
