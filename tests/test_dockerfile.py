# SPDX-License-Identifier: BSD-3-Clause
"""The Dockerfile is held to the checkout that it copies and to what README says of it; no engine is needed."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pygo_cross

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TEXT = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE))
STEPS = [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in TEXT.splitlines() if line]
STARTS = [number for number, (name, _) in enumerate(STEPS) if name == "FROM"]
FINAL = STEPS[STARTS[-1] :]
# What COPY takes from the checkout, without where it goes.
SOURCES = [path for name, args in STEPS if name == "COPY" and "--from" not in args for path in args.split()[:-1]]


def last(name: str) -> str:
    """The arguments of the instruction of the final stage that holds in the end."""
    return [args for step, args in FINAL if step == name][-1]


def test_every_stage_is_built_on_what_is_asked_for() -> None:
    assert STEPS[0][0] == "ARG"
    assert STEPS[0][1].startswith("BASE=")
    assert len(STARTS) > 1
    for number in STARTS:
        assert STEPS[number][1].split()[0] == "${BASE}"


def test_what_is_copied_is_there_and_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    for path in SOURCES:
        assert "[" in path or (ROOT / path).exists(), path
        assert any(fnmatchcase(line[1:], path) for line in ignored if line.startswith("!")), path


def test_all_that_the_wheel_is_made_of_is_copied() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = [PROJECT["project"]["readme"], *PROJECT["project"]["license-files"], *wheel["packages"], *wheel["force-include"]]
    for path in ["pyproject.toml", *wanted]:
        assert path.split("/")[0] in SOURCES, path


def test_what_runs() -> None:
    (command,) = json.loads(last("ENTRYPOINT"))
    assert command in PROJECT["project"]["scripts"]
    user, group = last("USER").split(":")
    assert int(user) > 0
    assert int(group) > 0
    # What installs stays in the stage before.
    assert not [args for step, args in FINAL if step == "RUN" and re.search(r"\b(pip|apt|apt-get)\b", args)]
    (copied,) = [args for step, args in FINAL if step == "COPY"]
    assert copied.startswith("--from=")


def test_labels() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', last("LABEL")))
    assert labels["title"] == PROJECT["project"]["name"]
    assert labels["version"] == pygo_cross.__version__
    assert labels["licenses"] == PROJECT["project"]["license"]
    assert labels["description"]


def test_readme_mounts_what_is_there() -> None:
    readme = (ROOT / "README.md").read_text()
    assert f'-v "$PWD:{last("WORKDIR")}"' in readme
    (cache,) = re.findall(r"-v [\w-]+:(/\w+)", readme)
    assert f"HOME={cache}" in last("ENV").split()
    backend = PROJECT["build-system"]["requires"][0]
    for page in (readme, (ROOT / "Dockerfile").read_text()):
        assert f"pip wheel --wheel-dir build/wheelhouse . '{backend}'" in page
