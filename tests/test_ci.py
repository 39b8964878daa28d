# SPDX-License-Identifier: BSD-3-Clause
"""action.yml and the pages of docs/ci.md: they load, refer to what is there, and their scripts do what they say in a simulated runner."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from go_programs import go

from pygo_cross.cli.completion import parser_of
from pygo_cross.cli.main import COMMANDS
from pygo_cross.records import load_yaml, parse_yaml

ROOT = Path(__file__).parent.parent
ACTION = load_yaml(ROOT / "action.yml").plain()
STEPS = ACTION["runs"]["steps"]
PAGE = (ROOT / "docs/ci.md").read_text()
BLOCKS = {
    block.split("\n")[0][2:]: parse_yaml(block.encode(), "ci.md").plain() for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
}
PINNED = r"(actions/[a-z-]+)@([0-9a-f]{40})"


def scripts() -> dict[str, str]:
    return {step["name"]: step["run"] for step in STEPS if "run" in step}


def test_the_action_is_one() -> None:
    """GitHub's metadata syntax for composite actions."""
    assert set(ACTION) <= {"name", "description", "author", "branding", "inputs", "outputs", "runs"}
    assert ACTION["runs"]["using"] == "composite" and set(ACTION["runs"]) == {"using", "steps"}
    for value in ACTION["inputs"].values():
        assert set(value) <= {"description", "default", "required"} and isinstance(value["default"], str)
    for value in ACTION["outputs"].values():
        assert set(value) == {"description", "value"}
    ids = [step["id"] for step in STEPS if "id" in step]
    assert len(ids) == len(set(ids))
    for step in STEPS:
        assert set(step) <= {"name", "id", "if", "shell", "env", "run", "uses", "with", "working-directory"}
        assert ("run" in step) != ("uses" in step)
        assert ("run" not in step) or step["shell"] == "bash"
        assert ("uses" not in step) or re.fullmatch(PINNED, step["uses"])


def test_expressions_refer_to_what_is_there() -> None:
    used: set[str] = set()
    ids = {step["id"] for step in STEPS if "id" in step}
    for expression in re.findall(r"\$\{\{(.*?)\}\}", (ROOT / "action.yml").read_text()):
        for name in re.findall(r"inputs\.([\w-]+)", expression):
            assert name in ACTION["inputs"], name
            used.add(name)
        for name, output in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", expression):
            assert name in ids, name
            if name != "python":
                (step,) = [step for step in STEPS if step.get("id") == name]
                assert f"{output}=" in step["run"], output
    assert used == set(ACTION["inputs"])
    # Whatever a workflow gives comes as a variable, never as a part of a script.
    for run in scripts().values():
        assert "${{" not in run


@pytest.mark.parametrize("name", scripts())
def test_scripts_are_sound(name: str, tmp_path: Path) -> None:
    file = tmp_path / "script"
    file.write_text(scripts()[name])
    assert subprocess.run(["bash", "-n", file], check=False).returncode == 0
    if shutil.which("shellcheck"):
        done = subprocess.run(["shellcheck", "-s", "bash", file], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")


class Runner:
    """As much of GitHub's runner as these steps use: expressions of inputs and outputs, and the files that steps write to."""

    def __init__(self, folder: Path, **inputs: str) -> None:
        self.folder = folder
        self.inputs = {name: value["default"] for name, value in ACTION["inputs"].items()} | inputs
        self.outputs: dict[str, dict[str, str]] = {"python": {"python-path": str(folder / "python")}}
        self.summary = folder / "summary.md"
        (folder / "temp").mkdir()
        # Makes what a virtual environment with us in it looks like, and notes what it was asked to install.
        python = f'#!/bin/sh\nif [ "$2" = pip ]; then echo "$*" >>"{folder}/pip"; else exec {sys.executable} "$@"; fi\n'
        command = f'#!/bin/sh\nexec {sys.executable} -P -m pygo_cross "$@"\n'
        (folder / "made").mkdir()
        for name, text in (("python", python), ("pygo-cross", command)):
            (folder / "made" / name).write_text(text)
            (folder / "made" / name).chmod(0o755)
        (folder / "python").write_text(f'#!/bin/sh\nmkdir -p "$3" && cp -r "{folder}/made/." "$3/bin"\n')
        (folder / "python").chmod(0o755)

    def value(self, text: str) -> str:
        def one(match: re.Match[str]) -> str:
            expression = match.group(1).strip()
            if expression == "github.action_path":
                return str(ROOT)
            if expression.startswith("inputs."):
                return self.inputs[expression.removeprefix("inputs.")]
            _, step, _, name = expression.split(".", 3)
            return self.outputs.get(step, {}).get(name, "")

        return re.sub(r"\$\{\{(.*?)\}\}", one, text)

    def run(self, at: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        (step,) = [step for step in STEPS if step.get("id") == at]
        output = self.folder / f"{at}.output"
        output.write_text("")
        env = {
            **os.environ, "PYTHONPATH": str(ROOT), "GITHUB_OUTPUT": str(output), "GITHUB_PATH": str(self.folder / "path"),
            "GITHUB_STEP_SUMMARY": str(self.summary), "RUNNER_TEMP": str(self.folder / "temp"), "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(cwd), "GOFLAGS": "", "GOMODCACHE": "", **{name: self.value(text) for name, text in step["env"].items()},
        }  # fmt: skip
        # The cache of this machine, or else the standard library is compiled for each test.
        env["GOCACHE"] = go("env", "GOCACHE").strip()
        script = self.folder / f"{at}.sh"
        script.write_text(step["run"])
        folder = cwd / self.value(step.get("working-directory", "."))
        # The command line that GitHub documents for `shell: bash`.
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        self.outputs[at] = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The runner's own, which has a hard name."""
    made = tmp_path / "a runner"
    made.mkdir()
    return made


def test_install(folder: Path, hello: Path) -> None:
    runner = Runner(folder)
    for version, what in (("", str(ROOT)), ("0.1.0", "pygo-cross==0.1.0")):
        runner.inputs["version"] = version
        done = runner.run("install", hello)
        assert done.returncode == 0, done.stderr
        assert (folder / "pip").read_text().splitlines()[-1].endswith(f"--disable-pip-version-check {what}")
    assert (folder / "path").read_text().splitlines()[-1] == str(folder / "temp/pygo-cross/bin")
    assert runner.outputs["install"]["go"] == "1.27.3" and runner.outputs["install"]["version"]
    for version in ("1.0; rm -rf /", "$(x)", "a b", "x\ny", "git+https://evil.example/x"):
        runner.inputs["version"] = version
        done = runner.run("install", hello)
        assert done.returncode == 2 and "::error title=pygo-cross::the version" in done.stdout
    assert len((folder / "pip").read_text().splitlines()) == 2


def test_build_in_a_runner(folder: Path, hello: Path) -> None:
    work = hello.parent / "a work tree"
    work.mkdir()
    hello.rename(work / "hello")
    runner = Runner(folder, **{"working-directory": "hello", "args": "--builder go --target 'linux/*' -q --progress \"none\""})
    assert runner.run("install", work).returncode == 0
    done = runner.run("run", work)
    assert done.returncode == 0, done.stderr
    artifacts = json.loads(runner.outputs["run"]["artifacts"])
    assert {(item["target"], item["path"]) for item in artifacts if item["type"] == "Binary"} == {
        ("linux/amd64", "hello_linux_amd64/hello"), ("linux/arm64", "hello_linux_arm64/hello")
    }  # fmt: skip
    assert runner.outputs["run"]["status"] == "0"
    assert runner.summary.read_text().startswith("### pygo-cross build: hello ")
    assert not list((folder / "temp").glob("pygo-cross*.json"))
    runner.inputs |= {"command": "smoke", "args": "--target linux/amd64"}
    assert runner.run("run", work).returncode == 0
    assert "### pygo-cross smoke: hello " in runner.summary.read_text() and "artifacts" not in runner.outputs["run"]


def test_failures_in_a_runner(folder: Path, hello: Path) -> None:
    runner = Runner(folder)
    assert runner.run("install", hello).returncode == 0
    (hello / "main.go").write_text("package main\nfunc main() { nope() }\n")
    runner.inputs["args"] = "--builder go --target linux/amd64"
    done = runner.run("run", hello)
    assert done.returncode == 1 and runner.outputs["run"] == {"status": "1"}
    assert "::error file=main.go,line=2,col=15,title=go::undefined: nope" in done.stderr
    assert "FAILED, with status 1" in runner.summary.read_text()
    for args, words in (("'", "::error title=pygo-cross::args: No closing quotation"),):
        runner.inputs["args"] = args
        done = runner.run("run", hello)
        assert done.returncode == 1 and words in done.stderr
    runner.inputs |= {"args": "", "command": "image; id"}
    done = runner.run("run", hello)
    assert done.returncode == 2 and "::error title=pygo-cross::command is one of" in done.stdout


def test_arguments_are_never_run(folder: Path, hello: Path) -> None:
    runner = Runner(folder, command="check")
    assert runner.run("install", hello).returncode == 0
    for evil in ("$(touch evil)", "`touch evil`", "; touch evil", "x && touch evil", "* > evil", "-q\ntouch evil"):
        runner.inputs["args"] = evil
        assert runner.run("run", hello).returncode == 2
        assert not (hello / "evil").exists()


# ---- the page


def every(value: Any, key: str) -> list[Any]:
    """The values of a key, wherever it is."""
    if isinstance(value, list):
        return [found for item in value for found in every(item, key)]
    if isinstance(value, dict):
        return [found for name, item in value.items() for found in ([item] if name == key else []) + every(item, key)]
    return []


def test_the_page_s_examples_load() -> None:
    assert set(BLOCKS) == {
        ".github/workflows/release.yml", ".github/workflows/image.yml", ".gitlab-ci.yml", ".gitlab-ci.yml, with the image"
    }  # fmt: skip
    for name, block in BLOCKS.items():
        if name.startswith(".github"):
            assert {"name", "on", "permissions", "jobs"} == set(block)
            for job in block["jobs"].values():
                assert "runs-on" in job and job["steps"]
                assert all(("run" in step) != ("uses" in step) for step in job["steps"])
        else:
            for job_name, job in block.items():
                if job_name not in ("stages", "variables") and not job_name.startswith("."):
                    assert job.get("stage", "test") in block.get("stages", ["test"]) and job["extends"] in block and job["script"]


def test_the_page_uses_the_action_as_it_is() -> None:
    used = 0
    for step in every(BLOCKS, "steps"):
        for item in step:
            uses = item.get("uses", "")
            if uses.startswith("example/pygo_cross@"):
                assert set(item.get("with", {})) <= set(ACTION["inputs"])
                used += 1
            elif uses:
                assert re.fullmatch(PINNED, uses)
    assert used == 2
    table = re.findall(r"^\| `([\w-]+)` \| ", PAGE, re.MULTILINE)
    assert table == [*ACTION["inputs"], *ACTION["outputs"]]
    assert set(re.findall(r"steps\.pygo\.outputs\.(\w+)", PAGE)) <= set(ACTION["outputs"])


def commands_of_the_page() -> list[list[str]]:
    lines = [line for block in every(BLOCKS, "script") + every(BLOCKS, "before_script") for line in block]
    found = [shlex.split(line)[1:] for line in lines if line.startswith("pygo-cross ")]
    for step in every(BLOCKS, "steps"):
        for item in step:
            given = item.get("with", {})
            if "command" in given:
                found += [
                    [given["command"], *shlex.split(args)]
                    for args in re.findall(r"'(--[^']*)'|^([\w./]+)$", given.get("args", ""))
                    for args in args
                    if args
                ]
            if "docker run" in item.get("run", ""):
                found.append(shlex.split(item["run"].partition('"$IMAGE"')[2]))
    return found


@pytest.mark.parametrize("words", commands_of_the_page(), ids=lambda words: " ".join(words))
def test_the_page_s_commands_are_there(words: list[str]) -> None:
    assert words[0] in COMMANDS
    parser_of(words[0]).parse_args(words[1:])


def test_there_are_commands() -> None:
    assert len(commands_of_the_page()) >= 8
