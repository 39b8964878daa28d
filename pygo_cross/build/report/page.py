# SPDX-License-Identifier: BSD-3-Clause
"""Writes the page: what artifacts.json, clocks and binaries tell, as one HTML file that needs nothing else.

Everything that is not about the inside of binaries is plain HTML, readable without scripts and on paper. The script of the page shows
the inside; it gets its data from two blocks that nothing executes, and puts it into the document as text. The policy in the page's head
allows this one script and this one style, by their hashes, and nothing from anywhere else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pygo_cross.build.artifacts import BINARY, IMAGE, SBOM, UNIVERSAL
from pygo_cross.build.report.pack import unpack
from pygo_cross.build.report.text import bytes_of, escape, escape_lines, seconds_of
from pygo_cross.exe.buildinfo import BuildInfo

NAME: Final = "report.html"

_TOP: Final = 20
"""Packages in the table that does without a script."""
_OUTSIDE: Final = {"debug information": 6, "symbol table": 7, "dynamic linking": 7, "signature": 8, "headers": 8, "padding": 9, "tables": 4}
"""The colour of what no symbol has; below 6, that of a class of symbols."""
KINDS: Final = (
    *("code", "read-only data", "strings", "types", "runtime tables", "data"),
    *("debug information", "symbol table, linking", "headers, signature", "padding"),
)
"""Kinds of bytes, in the order of the colours."""


@dataclass(slots=True)
class Page:
    """What a page shows. `record` is artifacts.json; `facts` what is known of the commit; `times` are seconds by the artifact's path
    and stage (build, smoke); `infos` the build information of binaries by path; `contents` what `pack` made."""

    record: Mapping[str, Any]
    facts: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    infos: Mapping[str, BuildInfo] = field(default_factory=dict)
    contents: str = ""


def render(page: Page) -> bytes:
    """The file."""
    style, script = _file("page.css"), _file("page.js")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    inside = unpack(page.contents) if page.contents else {"binaries": {}}
    project = str(page.record.get("project", ""))
    version = page.facts.get("Version", "")
    facts = {"facts": dict(page.facts), "times": page.times, "binaries": _labels(page), "kinds": KINDS, "outside": _OUTSIDE}
    text = string.Template(_file("page.html")).substitute(
        policy=policy,
        title=escape(f"{project} {version}".strip() or "Build report"),
        style=style,
        script=script,
        header=_header(page, project, version),
        main="\n".join(_main(page, inside)),
        footer=_footer(page),
        # `<` can't stand in a script block: it might end it.
        facts=json.dumps(facts, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c"),
        contents=page.contents,
    )
    return text.encode("utf-8", "backslashreplace")


def read_back(html: bytes) -> tuple[dict[str, Any], str] | None:
    """What `render` put into a page for later: facts and times, and the contents. None for any other file."""
    found = []
    for start in (b'<script type="application/json" id="facts">', b'<script type="text/plain" id="contents">'):
        at = html.rfind(start)
        end = html.find(b"</script>", at)
        if at < 0 or end < 0:
            return None
        found.append(html[at + len(start) : end])
    try:
        facts = json.loads(found[0])
        contents = found[1].decode("ascii")
        if contents:
            unpack(contents)
    except (ValueError, RecursionError):
        return None
    if not (isinstance(facts, dict) and isinstance(facts.get("facts"), dict) and isinstance(facts.get("times"), dict)):
        return None
    return facts, contents


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _binaries(page: Page) -> list[Mapping[str, Any]]:
    return [entry for entry in page.record["artifacts"] if entry["type"] in (BINARY, UNIVERSAL)]


def _target(page: Page, entry: Mapping[str, Any]) -> str:
    """os/arch, with the variant where the matrix has several of a target."""
    variants = {other["variant"] for other in page.record["artifacts"] if other["target"] == entry["target"] and other["variant"]}
    return f"{entry['target']} {entry['variant']}".strip() if len(variants) > 1 else str(entry["target"])


def _labels(page: Page) -> dict[str, str]:
    """What the page's lists call each binary."""
    return {entry["path"]: f"{entry['build'] or entry['id']} {_target(page, entry)}" for entry in _binaries(page)}


def _runs(page: Page) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Every smoke run with its artifact; what went wrong comes first."""
    runs = [(entry, run) for entry in page.record["artifacts"] for run in entry["smoke"] or ()]
    return sorted(runs, key=lambda pair: bool(pair[1].get("ok")))


def _link(path: str, text: str | None = None) -> str:
    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = path.encode("utf-8", "replace")
    # With ./ in front, no name can be taken for an address of another kind.
    return f'<a href="./{quote(raw, safe="/")}">{escape(text or path)}</a>'


def _badge(kind: str, text: str) -> str:
    return f'<span class="badge {kind}">{escape(text)}</span>'


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _header(page: Page, project: str, version: str) -> str:
    binaries, runs = _binaries(page), _runs(page)
    targets = {_target(page, entry) for entry in binaries}
    failed = sum(not run.get("ok") for _, run in runs)
    tiles = [("", str(len(binaries)), f"binaries for {_plural(len(targets), 'target')}")]
    if failed:
        tiles.append(("bad", f"{failed} of {len(runs)}", "smoke runs failed"))
    elif runs:
        tiles.append(("good", f"{len(runs)} of {len(runs)}", "smoke runs passed"))
    else:
        tiles.append(("", "0", "smoke runs"))
    sizes = [entry["size"] for entry in binaries]
    if sizes:
        span = bytes_of(min(sizes)) if min(sizes) == max(sizes) else f"{bytes_of(min(sizes))} to {bytes_of(max(sizes))}"
        tiles.append(("", span, "size of a binary"))
    others = len(page.record["artifacts"]) - len(binaries)
    if others:
        tiles.append(("", str(others), "other artifacts"))
    items = "".join(f'<li class="{kind}"><b>{escape(big)}</b><span>{escape(small)}</span></li>' for kind, big, small in tiles)
    when = _moment(page.facts.get("CommitTimestamp", ""))
    parts = [f"<h1><bdi>{escape(project)}</bdi></h1>"]
    if version:
        parts.append(f'<span class="version"><bdi>{escape(version)}</bdi></span>')
    line = f'<p class="soft">Go {escape(page.record.get("go", ""))} · {escape(page.record.get("tool", ""))}'
    commit = page.facts.get("Commit", "")
    if commit and commit != "none":
        line += f" · commit <code>{escape(commit[:12])}</code>"
    line += f" · {escape(when)}</p>" if when else "</p>"
    return f'<div class="line">{"".join(parts)}</div>\n{line}\n<ul class="tiles">{items}</ul>'


def _moment(seconds: str) -> str:
    """A date for people."""
    if not seconds.isascii() or not seconds.isdigit() or seconds == "0" or len(seconds) > 11:
        return ""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%d %H:%M UTC")


def _main(page: Page, inside: Mapping[str, Any]) -> Iterator[str]:
    yield from _matrix(page)
    failed = [pair for pair in _runs(page) if not pair[1].get("ok")]
    passed = [pair for pair in _runs(page) if pair[1].get("ok")]
    if failed:
        yield '<h2 id="failed">Smoke runs that went wrong</h2>'
        yield from (_run(page, entry, run) for entry, run in failed)
    yield from _inside(page, inside)
    yield '<h2 id="smoke">Smoke runs</h2>'
    if passed:
        yield from (_run(page, entry, run) for entry, run in passed)
    elif failed:
        yield '<p class="soft">None passed; those that went wrong are above.</p>'
    else:
        yield '<p class="soft">Nothing was run. <code>pygo-cross smoke</code> does that and adds what came of it to this page.</p>'
    yield from _files(page)
    yield from _origin(page)


def _matrix(page: Page) -> Iterator[str]:
    binaries = _binaries(page)
    yield '<h2 id="matrix">Matrix</h2>'
    if not binaries:
        yield '<p class="soft">No binaries were built.</p>'
        return
    columns = sorted({_target(page, entry) for entry in binaries})
    rows = list(dict.fromkeys(str(entry["build"] or entry["id"]) for entry in binaries))
    heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Matrix of builds and targets"><table class="matrix">'
    yield f'<thead><tr><th scope="col">Build</th>{heads}</tr></thead><tbody>'
    for row in rows:
        cells = []
        for column in columns:
            found = [entry for entry in binaries if str(entry["build"] or entry["id"]) == row and _target(page, entry) == column]
            cells.append("<td>" + ("".join(map(_cell(page), found)) or '<span class="soft">not built</span>') + "</td>")
        yield f'<tr><th scope="row"><bdi>{escape(row)}</bdi></th>{"".join(cells)}</tr>'
    yield "</tbody></table></div>"


def _cell(page: Page) -> Callable[[Mapping[str, Any]], str]:
    def cell(entry: Mapping[str, Any]) -> str:
        runs = entry["smoke"]
        failed = sum(not run.get("ok") for run in runs or ())
        runners = ", ".join(sorted({str(run["runner"]) for run in runs or () if "runner" in run}))
        if not runs:
            state = _badge("", "not run")
        elif failed:
            state = _badge("bad", f"✗ {failed} of {_plural(len(runs), 'run')} failed")
        else:
            state = _badge("good", f"✓ {_plural(len(runs), 'run')} ok")
        times = page.times.get(entry["path"], {})
        spent = ", ".join(f"{stage} {seconds_of(times[stage])}" for stage in ("build", "smoke") if stage in times)
        lines = [
            f'<div class="size" title="{entry["size"]:,} bytes">{bytes_of(entry["size"])}</div>',
            f"<div>{state}</div>",
            f'<div class="soft">{escape(runners)}</div>' if runners else "",
            f'<div class="soft">{escape(spent)}</div>' if spent else "",
            f"<div>{_link(entry['path'], entry['path'].rpartition('/')[2])}</div>",
            f'<div class="only-script"><a href="#inside" data-look="{escape(entry["path"])}" hidden>What is inside</a></div>',
        ]
        return "".join(lines)

    return cell


def _run(page: Page, entry: Mapping[str, Any], run: Mapping[str, Any]) -> str:
    ok = bool(run.get("ok"))
    command = shlex.join([entry["path"].rpartition("/")[2], *map(str, run.get("args", ()))])
    facts = [("Target", run.get("target") or _target(page, entry)), ("Runner", run.get("runner", "")), ("Exit status", run.get("exit", ""))]
    if run.get("instructions"):
        facts.append(("Instructions", f"{run['instructions']:,}"))
    if run.get("missing"):
        missing = run["missing"]
        facts.append(("Missing", ", ".join(map(str, missing)) if isinstance(missing, list) else json.dumps(missing, sort_keys=True)))
    if run.get("sha256"):
        facts.append(("Binary", run["sha256"]))
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts if value != "")
    body = [f'<dl class="facts">{listed}</dl>']
    if run.get("error"):
        body.append(f'<p class="label">What is wrong</p><pre>{escape_lines(str(run["error"]))}</pre>')
    for name in ("stdout", "stderr"):
        if run.get(name):
            body.append(f'<p class="label">{name}</p><pre tabindex="0">{escape_lines(str(run[name]))}</pre>')
    state = _badge("good" if ok else "bad", "✓ passed" if ok else "✗ failed")
    where = _target(page, entry) + (f" as {run['target']}" if run.get("target", entry["target"]) != entry["target"] else "")
    title = f'{state}<code>{escape(command)}</code> <span class="soft">{escape(where)}</span>'
    start = '<details class="run">' if ok else '<details class="run bad" open>'
    return f'{start}<summary>{title}</summary><div class="body">{"".join(body)}</div></details>'


def _inside(page: Page, inside: Mapping[str, Any]) -> Iterator[str]:
    binaries = inside["binaries"]
    yield '<h2 id="inside">What is inside</h2>'
    if not binaries:
        yield '<p class="soft">Nothing is known about the inside of these binaries.</p>'
        return
    labels = _labels(page)
    paths = [path for path in labels if path in binaries]
    sums = {path: _sums(inside, binaries[path]) for path in paths}
    used = [kind for kind in range(len(KINDS)) if any(sums[path][0][kind] for path in paths)]
    yield '<div class="only-script" id="explorer"></div>'
    yield '<noscript><p class="soft">With scripts this page shows every symbol, and why it is there.</p></noscript>'
    yield "<h3>By kind</h3>"
    yield from _table("Kind of bytes", paths, labels, [(KINDS[kind], [sums[path][0][kind] for path in paths]) for kind in used])
    packages: dict[str, list[int]] = {}
    for at, path in enumerate(paths):
        for name, size in sums[path][1].items():
            packages.setdefault(name, [0] * len(paths))[at] = size
    largest = sorted(packages.items(), key=lambda item: (-max(item[1]), item[0]))[:_TOP]
    yield "<h3>Largest packages</h3>"
    yield from _table("Package", paths, labels, largest)
    if not all(binaries[path]["why"] for path in paths):
        yield '<p class="soft">Of what another linker made, packages are counted by their functions alone.</p>'


def _sums(inside: Mapping[str, Any], binary: Mapping[str, Any]) -> tuple[list[int], dict[str, int]]:
    """The bytes of a binary by kind, and by package."""
    kinds, packages = [0] * len(KINDS), dict[str, int]()
    zeroed, tables = inside["classes"].index("zeroed"), inside["classes"].index("tables")
    at = 0
    for package, count in binary["package"]:
        total = 0
        for row in range(at, at + count):
            if binary["class"][row] != zeroed:
                kinds[binary["class"][row]] += binary["bytes"][row]
                total += binary["bytes"][row]
            kinds[tables] += binary["tables"][row]
            total += binary["tables"][row]
        name = inside["packages"][package] or inside["groups"][package]
        packages[name] = packages.get(name, 0) + total
        at += count
    for package, kind, _count, size in binary.get("small", ()):
        if kind != zeroed:
            kinds[kind] += size
            name = inside["packages"][package] or inside["groups"][package]
            packages[name] = packages.get(name, 0) + size
    for group, _name, size in binary["rest"]:
        kinds[_OUTSIDE.get(group, len(KINDS) - 1)] += size
    return kinds, packages


def _table(first: str, paths: Sequence[str], labels: Mapping[str, str], rows: Sequence[tuple[str, list[int]]]) -> Iterator[str]:
    heads = "".join(f'<th scope="col" class="number">{escape(labels[path])}</th>' for path in paths)
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(first)}"><table>'
    yield f'<thead><tr><th scope="col">{escape(first)}</th>{heads}</tr></thead><tbody>'
    for name, sizes in rows:
        cells = "".join(f'<td class="number" title="{size:,} bytes">{bytes_of(size) if size else "none"}</td>' for size in sizes)
        yield f'<tr><th scope="row"><bdi>{escape(name)}</bdi></th>{cells}</tr>'
    yield "</tbody></table></div>"


def _files(page: Page) -> Iterator[str]:
    yield '<h2 id="files">Artifacts</h2>'
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Artifacts"><table class="files">'
    yield (
        '<thead><tr><th scope="col">File</th><th scope="col">Type</th><th scope="col">Target</th>'
        '<th scope="col" class="number">Size</th><th scope="col">SHA-256</th></tr></thead><tbody>'
    )
    by_digest: dict[str, str] = {}
    documents: dict[str, list[str]] = {}
    for entry in page.record["artifacts"]:
        by_digest.setdefault(entry["sha256"], entry["path"])
        if entry["type"] == SBOM and isinstance(_extra(entry).get("Subject"), str):
            documents.setdefault(_extra(entry)["Subject"], []).append(entry["path"])
    for entry in page.record["artifacts"]:
        lines = [_link(entry["path"])]
        inside = [by_digest[digest] for digest in entry["contains"] if digest in by_digest]
        if inside:
            lines.append(f'<div class="soft">holds {", ".join(map(_link, inside))}</div>')
        if entry["path"] in documents:
            lines.append(f'<div class="soft">SBOM: {", ".join(map(_link, documents[entry["path"]]))}</div>')
        if entry["type"] == IMAGE:
            lines += [f'<div class="soft">{escape(line)}</div>' for line in _image(_extra(entry))]
        yield (
            f"<tr><td>{''.join(lines)}</td><td>{escape(entry['type'])}</td><td>{escape(_target(page, entry))}</td>"
            f'<td class="number" title="{entry["size"]:,} bytes">{bytes_of(entry["size"])}</td>'
            f'<td class="digest">{escape(entry["sha256"])}</td></tr>'
        )
    yield "</tbody></table></div>"


def _extra(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    extra = entry.get("extra")
    return extra if isinstance(extra, dict) else {}


def _image(extra: Mapping[str, Any]) -> Iterator[str]:
    """What people want to know of an image: platforms, names, the digest by which to pull it."""
    for name in ("Platforms", "Repositories", "Tags"):
        if isinstance(extra.get(name), list) and extra[name]:
            yield f"{name}: {', '.join(map(str, extra[name]))}"
    if extra.get("Digest"):
        yield f"Digest: {extra['Digest']}"


def _origin(page: Page) -> Iterator[str]:
    yield '<h2 id="origin">Where it comes from</h2>'
    rows = [("Go", page.record.get("go", "")), ("Tool", page.record.get("tool", ""))]
    rows += [(name, page.facts[name]) for name in ("Version", "Tag", "Branch", "FullCommit") if page.facts.get(name, "none") != "none"]
    stages: dict[str, list[str]] = {}
    for entry in _binaries(page):
        for stage, who in entry["stages"].items():
            if who not in stages.setdefault(stage, []):
                stages[stage].append(who)
    rows += [(f"Who did it: {stage}", ", ".join(map(str, who))) for stage, who in stages.items()]
    yield f'<dl class="facts">{"".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)}</dl>'
    labels = _labels(page)
    for path, info in page.infos.items():
        if path not in labels:
            continue
        facts = [("Package", info.path), ("Go", info.go_version)]
        if info.main is not None:
            facts.append(("Module", f"{info.main.path} {info.main.version}"))
        facts += list(info.settings)
        facts += [("Needs", f"{module.used.path} {module.used.version}") for module in info.deps]
        listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts if value)
        title = f'Build information of <bdi>{escape(labels[path])}</bdi>'
        yield f'<details><summary>{title}</summary><div class="body"><dl class="facts">{listed}</dl></div></details>'


def _footer(page: Page) -> str:
    tool = escape(page.record.get("tool", ""))
    return (
        f"<p>Made by {tool}. Times are this machine's, and are recorded on this page alone: artifacts.json is the same for the same input. "
        "Smoke runs under emulation say nothing about code-signing policy, the real dynamic loader or the kernel.</p>"
    )
