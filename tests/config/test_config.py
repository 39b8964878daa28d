# SPDX-License-Identifier: BSD-3-Clause
"""toolchain.yaml: what is right, what is wrong and how it is said, and that schema and loader are one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pygo_cross.build.config import Config, Project, json_schema, load_config, match_targets, parse_config
from pygo_cross.build.matrix import select
from pygo_cross.diag import Diagnostic, UserError
from pygo_cross.records import parse_yaml, read_record

ROOT = Path(__file__).parent.parent.parent
HEAD = "version: 1\nproject: p\n"
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

FULL: dict[str, Any] = {
    "version": 1,
    "project": "gofmt",
    "go": "1.27.3",
    "builder": "pygo",
    "dist": "out",
    "env": ["A=b"],
    "builds": [
        {
            "id": "a",
            "main": "cmd/gofmt",
            "dir": ".",
            "binary": "gofmt-{{ .Os }}",
            "builder": "go",
            "targets": ["linux/amd64", "linux_arm64", "darwin/*", "linux_amd64_v3"],
            "tags": ["x", "y"],
            "flags": ["-trimpath"],
            "ldflags": ["-s", "-X main.v={{ .Version }}"],
            "gcflags": "-l",
            "asmflags": [],
            "env": ["B=c"],
            "overrides": [{"target": "darwin/arm64", "ldflags": ["-w"], "env": ["C=d"]}],
            "smoke": [{"args": ["-l"], "files": ["f"], "exit": 0, "stdout": "x\n", "timeout": 5, "runner": "native"}],
        },
        {"id": "b", "goos": ["linux"], "goarch": ["amd64"], "goamd64": ["v1", "v2"], "ignore": [{"goos": "darwin"}]},
    ],
    "checksum": {"name_template": "sums.txt"},
}


def messages(text: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        parse_config(text.encode())
    assert caught.value.status == 2
    return [str(item) for item in caught.value.diagnostics]


def test_a_full_file() -> None:
    project = parse_config(yaml.safe_dump(FULL).encode())
    assert project.builds[0].gcflags == ("-l",)
    assert project.builds[0].smoke[0].stdout == "x\n"
    assert project.checksum.name_template == "sums.txt"
    VALIDATOR.validate(FULL)


def test_the_least_file() -> None:
    project = parse_config(HEAD.encode())
    assert (project.builder, project.dist, project.builds) == ("pygo", "dist", ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "toolchain.yaml: expected a mapping of keys to values, found nothing"),
        ("project: p", "toolchain.yaml:1:1: the key version is missing"),
        ("version: 2\nproject: p", "toolchain.yaml:1:10: version: expected one of 1, found 2"),
        ("version: true\nproject: p", "toolchain.yaml:1:10: version: expected one of 1, found True"),
        (HEAD + "bulds: []", "toolchain.yaml:3:1: unknown key bulds; did you mean builds?"),
        (HEAD + "zzz: 1", "toolchain.yaml:3:1: unknown key zzz; known here: archives, before, builder, builds, checksum"),
        (HEAD + "nfpms: []", "toolchain.yaml:3:1: nfpms is not supported yet"),
        (HEAD + "checksum: {algorithm: md4}", "toolchain.yaml:3:23: algorithm: expected one of sha256"),
        (HEAD + "builds: []", "toolchain.yaml:3:9: builds: at least 1 needed"),
        (HEAD + "builds: x", "toolchain.yaml:3:9: builds: expected a list of mappings, found text"),
        (HEAD + "builds: [{ldflag: x}]", "toolchain.yaml:3:11: unknown key ldflag; did you mean ldflags?"),
        (HEAD + "builds: [{ldflags: [1]}]", "toolchain.yaml:3:21: ldflags[0]: expected text, found a whole number; put it in quotes"),
        (HEAD + "builds: [{ldflags: {}}]", "toolchain.yaml:3:20: ldflags: expected text or a list of text, found a mapping"),
        (HEAD + "builds: [{targets: [linux/amd46]}]", "3:21: unknown target 'linux/amd46'; did you mean linux/amd64?"),
        (HEAD + "builds: [{targets: [linux_amd46]}]", "3:21: unknown target 'linux_amd46'; did you mean linux_amd64?"),
        (HEAD + "builds: [{targets: [linux_amd64_v9]}]", "3:21: unknown target 'linux_amd64_v9'; did you mean linux_amd64_v"),
        (HEAD + "builds: [{targets: [windows/*]}]", "3:21: unknown target 'windows/*'"),
        (HEAD + "builds: [{targets: [a/b, c/d]}]", "3:26: unknown target 'c/d'"),
        (HEAD + "builds: [{targets: [linux/*, linux/*]}]", "3:30: the target linux/* is already in the list"),
        (HEAD + "builds: [{targets: [linux/*], goos: [linux]}]", "3:37: goos and targets exclude each other"),
        (HEAD + "builds: [{goos: [windows]}]", "3:18: goos[0]: expected one of linux, darwin, found windows"),
        (HEAD + "builds: [{goarm64: [v8.11]}]", "3:21: goarm64[0]: expected a level such as v8.0, found v8.11"),
        (HEAD + "builds: [{goarm64: [v9.9]}]", "3:21: goarm64: there is no v9.9"),
        (HEAD + "builds: [{id: a}, {id: a}]", "3:24: a second build called a; the first is at line 3"),
        (HEAD + "builds: [{}, {}]", "3:14: a second build called p"),
        (HEAD + "builds: [{main: -x}]", "3:17: main: expected a package, found -x"),
        (HEAD + "builds: [{smoke: [{files: [/etc/passwd]}]}]", "3:28: files: '/etc/passwd' leads out of the project"),
        (HEAD + "builds: [{smoke: [{files: [a/../../b]}]}]", "3:28: files: 'a/../../b' leads out"),
        (HEAD + "builds: [{smoke: [{exit: 256}]}]", "3:26: exit: expected a whole number from 0 to 255, found 256"),
        (HEAD + "builds: [{smoke: [{runner: emulate}]}]", "found emulate; did you mean emulated?"),
        (HEAD + "env: [x]", "3:7: env[0]: expected NAME=value, found x"),
        (HEAD + "go: 1.26.0", "3:5: Go 1.26.0 is not the release that this version speaks; write go: 1.27.3"),
        (HEAD + "go: 1.27", "3:5: go: expected text, found a number; put it in quotes"),
        (HEAD + "dist: .", "3:7: dist: expected a folder of its own"),
        (HEAD + "dist: ../x", "3:7: dist: expected a folder of its own"),
        (HEAD + "dist: /", "3:7: dist: expected a folder of its own"),
        ("version: 1\nproject: a/b", "2:10: project: expected a name of letters"),
        ('version: 1\nproject: "a\\n"', "2:10: project: expected a name of letters"),
    ],
)
def test_mistakes(text: str, expected: str) -> None:
    assert any(expected in message for message in messages(text)), messages(text)


def test_all_mistakes_at_once_in_order() -> None:
    found = messages("version: 1\nprojct: p\nbuilds:\n  - targets: [linux/amd65]\n    flag: x\n")
    assert [message.split(": ")[0] for message in found] == ["toolchain.yaml:1:1", "toolchain.yaml:2:1", "toolchain.yaml:5:5"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("linux/amd64", [("linux/amd64", "v1")]),
        ("linux_arm64", [("linux/arm64", "v8.0")]),
        ("*/arm64", [("darwin/arm64", "v8.0"), ("linux/arm64", "v8.0")]),
        ("linux_*", [("linux/amd64", "v1"), ("linux/arm64", "v8.0")]),
        ("linux_amd64_v3", [("linux/amd64", "v3")]),
        ("linux_amd64_*", [("linux/amd64", f"v{level}") for level in (1, 2, 3, 4)]),
        ("linux", []),
        ("linux/amd[64]*", []),
        ("", []),
    ],
)
def test_target_patterns(pattern: str, found: list[tuple[str, str]]) -> None:
    assert match_targets(pattern) == found


def test_star_is_every_target() -> None:
    assert len(match_targets("*")) == len(match_targets("*/*")) == 4


def jobs_of(text: str, tmp_path: Path, **selection: Any) -> list[Any]:
    return select(Config(parse_config(text.encode()), Path("toolchain.yaml"), tmp_path), **selection)


def test_goos_goarch_ignore(tmp_path: Path) -> None:
    text = HEAD + "builds: [{goos: [linux, darwin], goarch: [amd64, arm64], ignore: [{goos: darwin, goarch: amd64}], goamd64: [v1, v3]}]"
    with pytest.raises(UserError, match="ignore"):
        parse_config(text.replace("goos: [linux, darwin], ", "targets: [linux/*], ").encode())
    assert [job.label for job in jobs_of(text, tmp_path)] == ["darwin/arm64", "linux/amd64", "linux/amd64/v3", "linux/arm64"]
    assert len({job.path for job in jobs_of(text, tmp_path)}) == 4


def test_overrides_replace_lists_and_add_to_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("A", raising=False)
    text = HEAD + (
        "env: [A=1]\nbuilds:\n"
        "- {ldflags: [-s, -w], env: [B=2], overrides: [{target: darwin/arm64, ldflags: [-w], tags: t, binary: q,"
        " env: ['B={{ .Env.A }}3']}]}"
    )
    by_label = {job.label: job for job in jobs_of(text, tmp_path)}
    assert by_label["linux/amd64"].flags == ("-trimpath", "-ldflags=-s -w")
    assert by_label["darwin/arm64"].flags == ("-trimpath", "-tags=t", "-ldflags=-w")
    assert by_label["darwin/arm64"].env == {"A": "1", "B": "13"}
    assert by_label["darwin/arm64"].path == "p_darwin_arm64/q"


def test_selection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + "builds: [{id: a, targets: [linux/*, linux_amd64_v2]}, {id: b}]"
    assert len(jobs_of(text, tmp_path)) == 7
    assert len(jobs_of(text, tmp_path, ids=["a"])) == 3
    assert [job.label for job in jobs_of(text, tmp_path, ids=["a"], targets=["linux/amd64"])] == ["linux/amd64", "linux/amd64/v2"]
    assert [job.label for job in jobs_of(text, tmp_path, ids=["a"], targets=["linux_amd64_v2"])] == ["linux/amd64/v2"]
    monkeypatch.setenv("GOOS", "darwin")
    monkeypatch.setenv("GOARCH", "arm64")
    assert [job.label for job in jobs_of(text, tmp_path, single=True)] == ["darwin/arm64"]
    for selection, message in (
        ({"ids": ["c"]}, "no build is called c"),
        ({"targets": ["linux/arm46"]}, "did you mean linux/arm64"),
        ({"ids": ["a"], "targets": ["darwin/*"]}, "no build has a target that matches"),
    ):
        with pytest.raises(UserError, match=message):
            jobs_of(text, tmp_path, **selection)
    monkeypatch.setenv("GOOS", "plan9")
    with pytest.raises(UserError, match="plan9/arm64 is not a target"):
        jobs_of(text, tmp_path, single=True)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("[-race]", "-race is not supported: the race detector needs cgo"),
        ("[--race]", "-race is not supported"),
        ("[-buildmode=plugin]", "-buildmode=plugin is not supported"),
        ("[-buildmode, c-shared]", "-buildmode=c-shared is not supported"),
        ("[-o=x]", "-o can't be given here"),
        ("[-toolexec=x]", "-toolexec can't be given here"),
        ("[-compiler=gccgo]", "-compiler is not supported"),
    ],
)
def test_refused_flags(flags: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message) as caught:
        jobs_of(HEAD + f"builds: [{{flags: {flags}}}]", tmp_path)
    assert caught.value.diagnostics[0].pos.line == 3


def test_allowed_flags(tmp_path: Path) -> None:
    assert jobs_of(HEAD + "builds: [{flags: [-race=false, -buildmode=exe, -compiler=gc]}]", tmp_path)


# ---- the repository's own files


@pytest.mark.parametrize("path", ["toolchain.yaml", "examples/hello/toolchain.yaml", "examples/release/toolchain.yaml"])
def test_our_files_are_right(path: str) -> None:
    assert select(load_config(ROOT / path))
    VALIDATOR.validate(yaml.safe_load((ROOT / path).read_text()))
    first = (ROOT / path).read_text().splitlines()[0]
    schema = (ROOT / path).parent / first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads(schema.read_text()) == SCHEMA


def test_the_shipped_schema_is_the_code_s() -> None:
    written = (ROOT / "pygo_cross/data/toolchain.schema.json").read_text()
    assert written == json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n", (
        "run: pygo-cross jsonschema > pygo_cross/data/toolchain.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


# ---- schema and loader agree


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from places(value, (*path, name))
    elif isinstance(tree, list):
        for at, value in enumerate(tree):
            yield from places(value, (*path, at))


ALL_PLACES = list(places(FULL))
KEYS = sorted({part for path in ALL_PLACES for part in path if isinstance(part, str)})
junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 300) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "A=b", "go", "pygo", "linux", "amd64", "v1", "v8.0", "native", "-x", "a b", "a\n", "1.27.3"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    tree: Any = copy.deepcopy(FULL)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(ALL_PLACES))
        holder = tree
        try:
            for part in path[:-1]:
                holder = holder[part]
            if not path:
                return draw(junk)
            action = draw(st.sampled_from(["replace", "remove", "add"]))
            if action == "replace":
                holder[path[-1]] = draw(junk)
            elif action == "remove":
                del holder[path[-1]]
            elif isinstance(holder, dict):
                holder[draw(st.sampled_from([*KEYS, "nonsense"]))] = draw(junk)
            else:
                holder.append(draw(junk))
        except (AttributeError, KeyError, IndexError, TypeError):
            continue  # an earlier mutation took the place away
    return tree


@settings(max_examples=150)
@given(mutated())
def test_schema_and_loader_agree(tree: Any) -> None:
    problems: list[Diagnostic] = []
    # JSON, so that the file says what the tree says. 1.0 is an integer to JSON Schema and a number to YAML: leave that to YAML.
    node = parse_yaml(json.dumps(tree).encode(), "f")
    read_record(Project, node, problems, Project.LATER)
    whole_floats = any(isinstance(value, float) and value.is_integer() for value in leaves(tree))
    if not whole_floats:
        assert bool(problems) == (not VALIDATOR.is_valid(tree)), [str(problem) for problem in problems]


def leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        for value in tree.values():
            yield from leaves(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from leaves(value)
    else:
        yield tree


@settings(max_examples=150)
@given(mutated())
def test_any_tree_loads_or_is_refused(tree: Any) -> None:
    try:
        project = parse_config(yaml.safe_dump(tree).encode())
        select(Config(project, Path("toolchain.yaml"), ROOT / "tests"))
    except UserError as error:
        assert error.status == 2
        assert error.diagnostics and all("\n" not in str(item) for item in error.diagnostics)


@settings(max_examples=150)
@given(st.data())
def test_any_damage_to_the_text_is_refused_or_harmless(data: st.DataObject) -> None:
    text = (ROOT / "toolchain.yaml").read_bytes()
    at = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(at, min(len(text), at + 20)))
    text = text[:at] + data.draw(st.binary(max_size=6)) + text[end:]
    try:
        parse_config(text)
    except UserError as error:
        assert all(item.pos.file == "toolchain.yaml" for item in error.diagnostics)
