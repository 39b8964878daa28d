# SPDX-License-Identifier: BSD-3-Clause
"""--in-container with a fake engine: what is asked of an engine, and what becomes of everything that it may refuse."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake import IMAGE, INFO, FakeEngine, Hang, Raw

from pygo_cross import __version__
from pygo_cross.build.container import inside
from pygo_cross.build.container.inside import CLIENT, client_label

ROOT = Path(__file__).parent.parent.parent
MINE = f"pygo-cross:{__version__}"
CONTAINER = "c" * 64


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my project"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.com/prog\n\ngo 1.27\n")
    (folder / "main.go").write_text("package main\n\nfunc main() {}\n")
    (folder / "toolchain.yaml").write_text('version: 1\nproject: prog\nbuilds:\n  - ldflags: ["-X main.a={{ .Env.WANTED }}"]\n')
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def engine(fake: FakeEngine) -> FakeEngine:
    """One that has our image."""
    fake.answers[f"GET /images/{MINE}/json"] = {**IMAGE, "RepoTags": [MINE]}
    return fake


def created(fake: FakeEngine) -> Any:
    (asked,) = fake.requests("POST /containers/create")
    return json.loads(asked[2])


def removed(fake: FakeEngine) -> bool:
    return bool(fake.requests(f"DELETE /containers/{CONTAINER}"))


def test_what_is_asked_for(engine: FakeEngine, call: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANTED", "w")
    monkeypatch.setenv("UNWANTED", "u")
    monkeypatch.setenv("MORE", "m")
    monkeypatch.setenv("GOFLAGS", "-tags=x")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "7")
    engine.output = [(1, b"to out\n"), (2, b"to err\n")]
    engine.status = 3
    status, out, said = call("build", "--in-container", "--container-env", "MORE", "--container-env=ANY=thing", "-p", "2", "--json")
    assert (status, out, said) == (3, "to out\n", "to err\n")
    asked = created(engine)
    assert (asked["Image"], asked["Entrypoint"]) == (MINE, ["pygo-cross"])
    assert asked["Cmd"] == ["build", "-p", "2", "--json"]
    assert (asked["User"], asked["WorkingDir"], asked["Tty"]) == (f"{os.getuid()}:{os.getgid()}", str(project), False)
    env = dict(setting.split("=", 1) for setting in asked["Env"])
    assert {"WANTED": "w", "MORE": "m", "ANY": "thing", "GOFLAGS": "-tags=x", "SOURCE_DATE_EPOCH": "7"}.items() <= env.items()
    assert not {"UNWANTED", "HOME", "PATH", "GOPROXY"} & set(env)
    limits = asked["HostConfig"]
    assert (limits["NetworkMode"], limits["ReadonlyRootfs"], limits["CapDrop"]) == ("none", True, ["ALL"])
    assert limits["SecurityOpt"] == ["no-new-privileges"]
    assert "/tmp" in limits["Tmpfs"]
    mounts = {mount["Target"]: (mount["Type"], mount["Source"], mount["ReadOnly"]) for mount in limits["Mounts"]}
    assert mounts == {
        "/cache": ("volume", f"pygo-cross-{__version__}-{os.getuid()}", False),
        str(project): ("bind", str(project), True),
        str(project / "dist"): ("bind", str(project / "dist"), False),
    }
    assert removed(engine)
    assert not (project / "dist").exists()  # we made it, and nothing came of it


@pytest.mark.parametrize(
    ("option", "kind", "user", "wanted"),
    [
        ("name=rootless", "Engine", "0:0", {}),
        ("name=userns", "Engine", "own", {"UsernsMode": "host"}),
        ("name=selinux", "Engine", "own", {"SecurityOpt": ["no-new-privileges", "label=disable"]}),
        ("name=rootless", "Podman Engine", "own", {"UsernsMode": "keep-id"}),
    ],
)
def test_kinds_of_engines(engine: FakeEngine, call: Any, project: Path, option: str, kind: str, user: str, wanted: dict[str, Any]) -> None:
    engine.answers["GET /info"] = {**INFO, "SecurityOptions": ["name=seccomp,profile=default", option]}
    engine.answers["GET /version"] = {**engine.answers["GET /version"], "Components": [{"Name": kind}]}
    assert call("build", "--in-container")[0] == 0
    asked = created(engine)
    assert asked["User"] == (f"{os.getuid()}:{os.getgid()}" if user == "own" else user)
    for name, value in wanted.items():
        assert asked["HostConfig"][name] == value


def test_no_image(fake: FakeEngine, call: Any, project: Path) -> None:
    status, _, said = call("build", "--in-container")
    assert (status, said.count("\n"), fake.requests("POST")) == (2, 1, [])
    assert f"there is no image {MINE} in the engine; pygo-cross image build makes it" in said
    status, _, said = call("build", "--in-container=registry.example.com/a:1")
    assert said == "pygo-cross: there is no image registry.example.com/a:1 in the engine; pygo-cross image pull registry.example.com/a:1\n"


def test_a_package_is_no_image(fake: FakeEngine, call: Any, project: Path) -> None:
    assert "there is no image pygo-cross:" in call("build", "--in-container", "./cmd")[2]
    assert "'./cmd' is not an image's name" in call("build", "--in-container=./cmd")[2]


@pytest.mark.parametrize("flag", [["--container-env", "X=1"], ["--container-network=host"], ["--container-copy"]])
def test_flags_alone(fake: FakeEngine, call: Any, project: Path, flag: list[str]) -> None:
    status, _, said = call("build", *flag)
    assert (status, said) == (2, "pygo-cross: --container-… flags are for --in-container; add it, or leave them out\n")


START = f"POST /containers/{CONTAINER}/start"
FAILURES: list[tuple[str, Any, int, str]] = [
    (
        "POST /containers/create",
        (400, {"message": 'invalid mount config for type "bind": bind source path does not exist: /x'}),
        1,
        "--container-copy",
    ),
    ("POST /containers/create", (404, {"message": f"No such image: {MINE}"}), 2, "pygo-cross image build makes it"),
    ("POST /containers/create", (500, {"message": "no space left on device"}), 1, "the engine's disk is full"),
    ("POST /containers/create", (409, {"message": "something new"}), 1, "the engine says: something new"),
    ("POST /containers/create", Raw(b""), 1, "broke off"),
    ("POST /containers/create", b"{", 2, "is not a container engine"),
    (
        START,
        (400, {"message": 'OCI runtime create failed: exec: "pygo-cross": executable file not found in $PATH: unknown'}),
        2,
        "no pygo-cross in",
    ),
    (START, (500, {"message": "error creating overlay mount: no space left on device"}), 1, "the engine's disk is full"),
    (START, (500, {"message": "network bridge not found"}), 1, "the engine says: network bridge not found"),
    (f"POST /containers/{CONTAINER}/wait", (500, {"message": "boom"}), 1, "boom"),
    (f"POST /containers/{CONTAINER}/wait", Raw(b""), 1, "broke off"),
    (f"GET /containers/{CONTAINER}/json", (404, {"message": "No such container"}), 1, "No such container"),
    ("GET /containers/json", (500, {"message": "boom"}), 1, "boom"),
]


@pytest.mark.parametrize(
    ("request_", "answer", "status", "text"), FAILURES, ids=[f"{item[0][:30]} {str(item[1])[:30]}" for item in FAILURES]
)
def test_failures(engine: FakeEngine, call: Any, project: Path, request_: str, answer: Any, status: int, text: str) -> None:
    engine.answers[request_] = answer
    found, out, said = call("build", "--in-container")
    assert (found, out, said.count("\n")) == (status, "", 1), said
    assert text in said
    assert removed(engine) or "create" in request_ or request_ == "GET /containers/json"


def test_another_architecture(engine: FakeEngine, call: Any, project: Path) -> None:
    engine.answers[f"GET /images/{MINE}/json"] = {**IMAGE, "Architecture": "arm64"}
    hint = "build or pull it with --platform linux/amd64"
    expected = f"pygo-cross: {MINE} is for linux/arm64, and the engine is linux/amd64 and can't run it; {hint}"
    engine.output = [(2, b"exec /opt/pygo-cross/bin/pygo-cross: exec format error\n")]
    engine.status = 1
    status, _, said = call("build", "--in-container")
    assert status == 1
    assert said.splitlines()[-1].startswith(expected)
    engine.output = []
    engine.answers[START] = (400, {"message": "exec /opt/pygo-cross/bin/pygo-cross: exec format error"})
    status, _, said = call("build", "--in-container")
    assert status == 1
    assert said.startswith(expected)


def test_out_of_memory(engine: FakeEngine, call: Any, project: Path) -> None:
    engine.status = 137
    engine.state["OOMKilled"] = True
    status, _, said = call("build", "--in-container")
    assert (status, said.count("\n")) == (1, 1)
    assert "the engine is out of memory; give it more, or build fewer at a time with -p" in said


def test_an_older_image(engine: FakeEngine, call: Any, project: Path) -> None:
    labels = {**IMAGE["Config"]["Labels"], "org.opencontainers.image.version": "0.0.9"}  # type: ignore[index]
    engine.answers[f"GET /images/{MINE}/json"] = {**IMAGE, "Config": {"Labels": labels}}
    assert call("build", "--in-container")[2] == f"pygo-cross: note: {MINE} holds pygo-cross 0.0.9, this is {__version__}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal(engine: FakeEngine, project: Path, number: signal.Signals) -> None:
    """It asks the container to stop, removes it, and says which signal it was."""
    engine.output = [(2, b"at work\n"), (0, b"")]
    command = [sys.executable, "-P", "-m", "pygo_cross", "build", "--in-container"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    # Under nohup and in a shell's background, an interrupt is ignored from the start.
    child = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
    assert child.stderr is not None
    assert child.stderr.readline() == "at work\n"
    child.send_signal(number)
    assert child.communicate()[1] == "pygo-cross: stopped\n"
    assert child.returncode == 128 + number
    (asked,) = engine.requests(f"POST /containers/{CONTAINER}/kill")
    assert "signal=SIGINT" in asked[1]
    assert removed(engine)


def test_an_engine_that_does_not_stop_it(engine: FakeEngine, project: Path, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "_PATIENCE", 0.3)
    engine.answers[f"POST /containers/{CONTAINER}/kill"] = lambda body, query: Hang
    engine.output = [(1, b"x"), (0, b"")]

    def full(stream: int, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(inside, "write", full)
    with pytest.raises(OSError, match="No space left"):
        call("build", "--in-container")
    assert removed(engine)


def test_containers_of_the_dead_are_removed(engine: FakeEngine, call: Any, project: Path) -> None:
    machine = client_label().rsplit(":", 2)[0]
    gone = subprocess.Popen(["true"])
    gone.wait()
    labels = {
        "a" * 64: f"{machine}:{gone.pid}:1-2",
        "b" * 64: client_label(),
        "d" * 64: f"elsewhere/1:{gone.pid}:1-2",
        "e" * 64: f"{machine}:{os.getpid()}:0-0",
        "f" * 64: "nonsense",
    }
    engine.answers["GET /containers/json"] = [{"Id": name, "Labels": {CLIENT: label}} for name, label in labels.items()]
    assert call("build", "--in-container")[0] == 0
    gone_ids = {asked[0].split("/")[-1] for asked in engine.requests("DELETE")}
    assert gone_ids == {"a" * 64, "e" * 64, CONTAINER}


def test_the_user_s_own_settings(engine: FakeEngine, call: Any, project: Path, clean: Path) -> None:
    """What `go env -w` set, and what git passes over, both change what is built."""
    (clean / ".config/go").mkdir(parents=True)
    (clean / ".config/go/env").write_text("GOFLAGS=-tags=mine\nGOBIN=/x\n# GOPROXY=off\n")
    (clean / ".config/git").mkdir()
    (clean / ".config/git/ignore").write_text("*.tmp\n")
    (clean / ".gitconfig").write_text("[core]\n\tautocrlf = input\n[user]\n\tname = me\n")
    assert call("build", "--in-container")[0] == 0
    asked = created(engine)
    env = dict(setting.split("=", 1) for setting in asked["Env"])
    assert env["GOFLAGS"] == "-tags=mine"
    assert "GOBIN" not in env
    given = {env[f"GIT_CONFIG_KEY_{at}"]: env[f"GIT_CONFIG_VALUE_{at}"] for at in range(int(env["GIT_CONFIG_COUNT"]))}
    assert given == {"core.autocrlf": "input", "core.excludesfile": str(clean / ".config/git/ignore")}
    assert str(clean / ".config/git/ignore") in {mount["Target"] for mount in asked["HostConfig"]["Mounts"]}


def test_places_that_can_t_be(engine: FakeEngine, call: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pygo_cross.build.container.mounts._SYSTEM", (str(project / "x"),))
    status, _, said = call("build", "--in-container")
    assert (status, said.count("\n")) == (2, 1)
    assert "can't be shown in a container, where the system has its own" in said


def test_a_newline_in_a_name(engine: FakeEngine, call: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = project.parent / "a:b,c\nd"
    project.rename(odd)
    monkeypatch.chdir(odd)
    assert call("build", "--in-container")[0] == 0
    assert str(odd) in {mount["Source"] for mount in created(engine)["HostConfig"]["Mounts"]}
    engine.answers["GET /version"] = {**engine.answers["GET /version"], "Components": [{"Name": "Podman Engine"}]}
    status, _, said = call("build", "--in-container")
    assert status == 2
    assert "Podman mounts no folder with a colon or a comma in its name; rename it, or use Docker" in said


def test_hooks_run_here(engine: FakeEngine, call: Any, project: Path) -> None:
    with (project / "toolchain.yaml").open("a") as file:
        file.write("before: {hooks: [touch hooked]}\n")
    assert call("build", "--in-container", "-q")[0] == 0
    assert (project / "hooked").exists()
    assert created(engine)["Cmd"] == ["build", "--skip=before", "-q"]


@pytest.fixture(autouse=True)
def no_leftovers(fake: FakeEngine) -> Iterator[None]:
    yield
    fake.over.set()
