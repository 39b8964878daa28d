# SPDX-License-Identifier: BSD-3-Clause
"""The Dockerfile is held to the checkout that it copies and to what README says of it; no engine is needed."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import pygo_cross
from pygo_cross.build.stageid import STAGES, modules

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


def test_one_base_is_what_all_stages_but_the_last_are_made_of() -> None:
    assert STEPS[0][0] == "ARG"
    assert STEPS[0][1].startswith("BASE=")
    words = [STEPS[number][1].split() for number in STARTS]
    names = [name[-1] for name in words[:-1]]
    assert [name[0] for name in words] == ["${BASE}", *names[:-1], "scratch"]


def test_what_is_copied_is_there_and_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    for path in SOURCES:
        assert "[" in path or (ROOT / path).exists(), path
        assert any(fnmatchcase(path.replace("[e]", "e"), f"{line[1:]}*") for line in ignored if line.startswith("!")), path


@pytest.mark.parametrize(("name", "stage"), [("assembled", "asm"), ("compiled", "compile")])
def test_a_stage_that_runs_ours_has_all_modules_that_it_imports(name: str, stage: str) -> None:
    (begin,) = [number for number in STARTS if STEPS[number][1].endswith(f" AS {name}")]
    stop = STARTS[STARTS.index(begin) + 1]
    copied = [path for name, args in STEPS[:stop] if name == "COPY" and "--from" not in args for path in args.split()[:-1]]
    for module in modules((*STAGES[stage], f"pygo_cross.build.image.{name}")):
        path = module.replace(".", "/")
        files = (f"{path}.py", f"{path}/__init__.py")
        assert any(file == taken or file.startswith(f"{taken}/") for file in files for taken in copied), module


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
    # Nothing runs in the image while it is built: it starts from nothing, and every file in it was picked.
    assert not [step for step, _ in FINAL if step in ("RUN", "ADD")]
    assert all(args.startswith("--from=") for step, args in FINAL if step == "COPY")


def test_labels() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', last("LABEL")))
    assert labels["title"] == PROJECT["project"]["name"]
    assert labels["licenses"] == PROJECT["project"]["license"]
    assert labels["description"]
    given = dict(args.split("=", 1) for step, args in FINAL if step == "ARG")
    assert given["VERSION"] == pygo_cross.__version__
    for name in ("version", "revision", "source", "created"):
        assert labels[name] == f"${{{name.upper()}}}"
        assert name.upper() in given


def locked(name: str) -> dict[str, list[str]]:
    """Package and release of every line of a lock, with its digests."""
    text = (ROOT / "pygo_cross/build/image" / name).read_text().replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if line and line[0] not in " #"]
    return {words[0]: words[1:] for words in lines}


def normal(requirement: str) -> str:
    """The name in a requirement, as packages are compared."""
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def test_every_package_of_others_is_locked_with_its_digests() -> None:
    packages = locked("requirements.txt")
    tools = locked("build-requirements.txt")
    for entry, digests in (packages | tools).items():
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+", entry), entry
        assert digests, entry
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", digest) for digest in digests), entry
    names = {entry.partition("==")[0] for entry in packages}
    for requirement in PROJECT["project"]["dependencies"]:
        assert normal(requirement) in names, f"{requirement}: make requirements.txt anew, its first lines say how"
        if "==" in requirement:
            assert requirement in packages
    for requirement in PROJECT["build-system"]["requires"]:
        assert normal(requirement) in {entry.partition("==")[0] for entry in tools}


def test_readme_mounts_what_is_there() -> None:
    readme = (ROOT / "README.md").read_text()
    assert f'-v "$PWD:{last("WORKDIR")}"' in readme
    (cache,) = re.findall(r"-v [\w-]+:(/\w+)", readme)
    assert f"HOME={cache}" in last("ENV").split()
    for page in (readme, (ROOT / "Dockerfile").read_text()):
        for lock in ("requirements.txt", "build-requirements.txt"):
            assert f"pip download -d build/wheelhouse -r pygo_cross/build/image/{lock}" in page
