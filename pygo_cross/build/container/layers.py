# SPDX-License-Identifier: BSD-3-Clause
"""What an engine tells while it pulls, pushes or builds, as something to look at.

Pull and push send one event a layer and change: on a terminal that is a bar a layer, elsewhere a line a finished layer and, when nothing
has finished for a while, a line that says how far all of them are. A build sends its log, which is shown as it comes, with a
bar that counts the Dockerfile's steps below it on a terminal.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pygo_cross.build.container.engine import ticking
from pygo_cross.build.container.refusals import one_line, refusal
from pygo_cross.build.progress import colours
from pygo_cross.diag import EXIT_BUILD, UserError

_QUIET: Final = 20.0
"""Seconds without a line after which one says what is going on."""
_BARS: Final = 8
"""Layers that have a bar of their own at a time."""
_DONE: Final = ("Pull complete", "Already exists", "Pushed", "Layer already exists", "Mounted from", "Download complete")
_PAINT: Final = re.compile(r"\x1b\[[0-9;]*m")
_STEP: Final = re.compile(r"^STEP (\d+)/(\d+)|^Step (\d+)/(\d+) :")


def on_terminal(mode: str) -> bool:
    """Whether standard error takes bars."""
    return mode == "auto" and sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


def human(size: float) -> str:
    """`12.3 MB`, as engines count: in thousands."""
    for unit in ("B", "kB", "MB"):
        if abs(size) < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"


def _text(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def failed(event: Mapping[str, Any], what: str, subject: str) -> None:
    """Raises `UserError` for an event that is an error."""
    detail = event.get("errorDetail")
    message = _text(detail, "message") if isinstance(detail, dict) else ""
    message = message or _text(event, "error")
    if message or "error" in event:
        raise refusal(message, what, subject)


def no_event(what: str, subject: str) -> UserError:
    """The engine sent JSON that is no event."""
    message = f"{what} {subject}: the engine's answer is not what it should be"
    return UserError.one("engine", message, "see its version", status=EXIT_BUILD)


class Layers:
    """Shows the layers of a pull or push (`verb`)."""

    def __init__(self, verb: str, name: str, mode: str) -> None:
        self.verb, self.name = verb, name
        self.lines = mode != "none"
        self.bars: dict[str, Any] | None = {} if on_terminal(mode) else None
        self.now: dict[str, tuple[str, int, int]] = {}
        self.done: set[str] = set()
        self.said = time.monotonic()
        self.digest = ""

    def follow(self, events: Iterable[Any]) -> None:
        """Shows all events. Raises `UserError` for one that is an error, or for a stream that is none."""
        try:
            for event in ticking(events):
                if event is None:
                    self._tick()
                    continue
                if not isinstance(event, dict):
                    raise no_event(self.verb, self.name)
                failed(event, self.verb, self.name)
                self._event(event)
        finally:
            for bar in (self.bars or {}).values():
                bar.close()

    def _event(self, event: Mapping[str, Any]) -> None:
        layer, status = _text(event, "id"), one_line(_text(event, "status"))
        found = re.search(r"sha256:[0-9a-f]{64}", status)
        if found:
            self.digest = found.group()
        aux = event.get("aux")
        if isinstance(aux, dict) and _text(aux, "Digest"):
            self.digest = _text(aux, "Digest")
        if not layer or not status:
            if status and not found and self.lines and self.bars is None and not status.startswith("Status:"):
                self._line(status)
            return
        detail = event.get("progressDetail")
        current, total = 0, 0
        if isinstance(detail, dict):
            current, total = (value if isinstance(value, int) else 0 for value in (detail.get("current"), detail.get("total")))
        if not total and layer in self.now:
            total = self.now[layer][2]
        self.now[layer] = (status, current, total)
        finished = status.startswith(_DONE) and not (self.verb == "pull" and status == "Download complete")
        if self.bars is not None:
            self._bar(layer, status, current, total, finished)
        elif finished and layer not in self.done and self.lines:
            size = f" ({human(total)})" if total else ""
            self._line(f"{layer}: {status.lower()}{size}")
        if finished:
            self.done.add(layer)

    def _bar(self, layer: str, status: str, current: int, total: int, finished: bool) -> None:
        from tqdm import tqdm

        bars = self.bars if self.bars is not None else {}
        bar = bars.get(layer)
        if finished:
            if bar is not None:
                bars.pop(layer).close()
            return
        if bar is None:
            if not current or len(bars) >= _BARS:
                return
            bar = bars[layer] = tqdm(total=total or None, desc=layer[:12], unit="B", unit_scale=True, leave=False, file=sys.stderr)
        bar.set_postfix_str(status.lower(), refresh=False)
        if total:
            bar.total = total
        bar.n = current
        bar.refresh()

    def _tick(self) -> None:
        if self.bars:
            for bar in self.bars.values():
                bar.refresh()
        elif self.bars is None and self.lines and time.monotonic() - self.said > _QUIET:
            # What was downloaded and waits to be unpacked has no numbers any more; it is whole.
            current = sum(total if layer in self.done or not now else now for layer, (_, now, total) in self.now.items())
            total = sum(total for _, _, total in self.now.values())
            left = len(self.now) - len(self.done)
            self._line(f"{left} layers to go, {human(current)} of {human(total)}" if total else "waiting for the engine")

    def _line(self, text: str) -> None:
        self.said = time.monotonic()
        print(f"{self.verb} {self.name}: {text}", file=sys.stderr, flush=True)


def follow_build(events: Iterable[Any], name: str, mode: str) -> str:
    """Shows a build's log on standard error; returns the image's id, or nothing where the engine did not say. Raises `UserError`."""
    from tqdm import tqdm

    lines = mode != "none"
    bar: Any = None
    made, last = "", ""
    kept: list[str] = []
    said = time.monotonic()
    try:
        for event in ticking(events):
            if event is None:
                if bar is not None:
                    bar.refresh()
                elif lines and time.monotonic() - said > _QUIET:
                    said = time.monotonic()
                    print(f"build {name}: at work on {last or 'the context'}", file=sys.stderr, flush=True)
                continue
            if not isinstance(event, dict):
                raise no_event("build", name)
            if "error" in event or "errorDetail" in event:
                if not lines:
                    print("\n".join(kept[-20:]), file=sys.stderr)
                failed(event, "build", name)
            aux = event.get("aux")
            if isinstance(aux, dict) and _text(aux, "ID"):
                made = _text(aux, "ID")
            text = _text(event, "stream") or (_text(event, "status") if not event.get("progressDetail") else "")
            for line in text.replace("\r", "\n").splitlines():
                # Classic builders paint what was written to standard error.
                line = (line if colours() else _PAINT.sub("", line)).rstrip()
                if not line:
                    continue
                said = time.monotonic()
                kept.append(line)
                del kept[:-40]
                step = _STEP.match(line)
                if step:
                    at, of = (int(part) for part in step.groups() if part)
                    last = line
                    if bar is None and on_terminal(mode):
                        shape = "{desc} {bar} {n_fmt}/{total_fmt} {elapsed}"
                        bar = tqdm(total=of, desc="build", file=sys.stderr, leave=False, bar_format=shape)
                    if bar is not None:
                        bar.n, bar.total = at - 1, of
                        bar.refresh()
                found = re.fullmatch(r"(?:Successfully built |--> )([0-9a-f]{12,64})", line)
                if found and not made:
                    made = found.group(1)
                if lines:
                    if bar is not None:
                        tqdm.write(line, file=sys.stderr)
                    else:
                        print(line, file=sys.stderr, flush=True)
    finally:
        if bar is not None:
            bar.close()
    return made
