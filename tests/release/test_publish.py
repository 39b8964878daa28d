# SPDX-License-Identifier: BSD-3-Clause
"""What may be published, and what a publisher is given."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from registries import PASSWORD, USER, docker_config, real_registry

from pygo_cross.build.artifacts import read_record_file
from pygo_cross.build.config import Config, load_config
from pygo_cross.build.files import write_json
from pygo_cross.build.matrix import facts_of, select
from pygo_cross.build.process import Children
from pygo_cross.build.release.commands import split_command
from pygo_cross.build.release.publish import check_facts, check_tested, deliver, plan_deliveries
from pygo_cross.build.smoke import fingerprint
from pygo_cross.build.template import GitFacts, Variables
from pygo_cross.diag import Diagnostic, Pos, UserError

RUNS = "smoke: [{args: [-v]}, {args: [-w], targets: [linux/arm64]}]"
LINUX = f"builds: [{{targets: [linux/*], {RUNS}}}]\n"
MAC = f"builds: [{{targets: [darwin/*], {RUNS}}}]\nuniversal_binaries: [{{replace: true}}]\n"


def config_of(project: Path) -> Config:
    return load_config(project / "toolchain.yaml")


def passed(project: Path, change: Callable[[dict[str, Any], dict[str, Any]], None] | None = None) -> None:
    """Writes the transcripts of runs that went well, as `smoke` does; `change` gets each artifact and each entry of it."""
    config = config_of(project)
    record = read_record_file(config.dist)
    jobs = select(config, git=facts_of(config, record["facts"]))
    digests = {item["sha256"]: item["path"] for item in record["artifacts"]}
    for item in record["artifacts"]:
        mine = {item["path"], *(digests[digest] for digest in item["contains"])} if "Binary" in item["type"] else set()
        entries = []
        for job in jobs:
            for run in job.smoke if job.path in mine else ():
                entry = {"args": list(run.args), "ok": True, "sha256": item["sha256"], "run": fingerprint(run), "target": job.target.name}
                if change is not None:
                    change(item, entry)
                entries.append(entry)
        item["smoke"] = entries if mine else None
    write_json(config.dist / "artifacts.json", record)


def problems(project: Path) -> list[str]:
    config = config_of(project)
    try:
        check_tested(config, facts_of(config, read_record_file(config.dist)["facts"]))
    except UserError as error:
        return [f"{error.status} {line}" for line in str(error).splitlines()]
    return []


def test_only_what_was_tested(make: Any, project: Path) -> None:
    make(LINUX + "archives: [{}]\n")
    found = problems(project)
    assert len(found) == 3 and all(line.startswith("3 ") and line.endswith("; run pygo-cross smoke") for line in found), found
    assert (
        "toolchain.yaml:3:39: p_linux_amd64/p (in p_0.0.0-SNAPSHOT-none_linux_amd64.tar.gz) has not been through this smoke run" in found[0]
    )
    passed(project)
    assert problems(project) == []

    def failed(item: dict[str, Any], entry: dict[str, Any]) -> None:
        if item["target"] == "linux/arm64" and entry["args"] == ["-w"]:
            entry["ok"] = False

    passed(project, failed)
    assert [line.partition("): ")[2] or line.rpartition(") ")[2] for line in problems(project)] == [
        "did not pass this smoke run; see the report of pygo-cross smoke"
    ]

    def other(item: dict[str, Any], entry: dict[str, Any]) -> None:
        entry["sha256"] = "0" * 64  # other bytes ran

    passed(project, other)
    assert len(problems(project)) == 3
    passed(project, lambda item, entry: entry.update(run="f" * 16))  # another run
    assert len(problems(project)) == 3
    passed(project)
    (project / "toolchain.yaml").write_text((project / "toolchain.yaml").read_text().replace("[-v]", "[-v, -x]"))
    assert len(problems(project)) == 2  # the file's runs have changed since


def test_universal_binaries_are_tested_too(make: Any, project: Path) -> None:
    make(MAC + "archives: [{}]\n")
    passed(project, lambda item, entry: entry.update(ok=item["type"] != "Universal Binary"))
    found = problems(project)
    assert len(found) == 2 and all("p_darwin_all/p (in p_0.0.0-SNAPSHOT-none_darwin_all.tar.gz) did not pass" in line for line in found)
    passed(project, lambda item, entry: entry.update(ok=item["path"] != "p_darwin_arm64/p"))
    assert len(problems(project)) == 1  # the thin file inside
    passed(project)
    assert problems(project) == []


def test_builds_without_runs(make: Any, project: Path) -> None:
    make("builds: [{targets: [linux/*]}]\n")
    assert (
        "p_linux_amd64/p has no smoke runs for linux/amd64; give the build smoke runs, or set its key untested: true"
        in problems(project)[0]
    )
    make("builds: [{targets: [linux/*], untested: true}]\n")
    assert problems(project) == []
    make(f"builds: [{{targets: [linux/*], untested: true, {RUNS}}}]\n")
    assert len(problems(project)) == 3  # the runs that there are must have passed all the same


@pytest.mark.parametrize("victim", ["p_linux_amd64/p", "p_0.0.0-SNAPSHOT-none_linux_arm64.tar.gz", "checksums.txt"])
def test_what_changed_since(victim: str, make: Any, project: Path) -> None:
    make(LINUX + "archives: [{}]\n")
    passed(project)
    data = bytearray((project / "dist" / victim).read_bytes())
    data[-1] ^= 1
    (project / "dist" / victim).write_bytes(data)
    (said,) = problems(project)
    assert said.startswith("3 ") and f"dist/{victim} is not the file that was built; build again" in said
    (project / "dist" / victim).unlink()
    assert "is not the file that was built" in problems(project)[0]


def test_a_part_of_a_build(make: Any, project: Path) -> None:
    make(LINUX, targets=["linux/amd64"])
    passed(project)
    assert "lacks p_linux_arm64/p" in problems(project)[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda item: item.update(path="../outside"), "is not a record"),
        (lambda item: item.update(path="/etc/passwd"), "is not a record"),
        (lambda item: item.update(path=3), "is not a record"),
        (lambda item: item.pop("sha256"), "is not a record"),
        (lambda item: item.update(contains=["0" * 64]), "contains what is in no record"),
        (lambda item: item.update(path="gone_linux_amd64/p"), "is not the file that was built"),
    ],
)
def test_records_that_lie(change: Any, message: str, make: Any, project: Path) -> None:
    (project / "outside").write_text("x")
    make(LINUX)
    passed(project)
    record = read_record_file(project / "dist")
    change(record["artifacts"][0])
    write_json(project / "dist/artifacts.json", record)
    assert message in "\n".join(problems(project))


def test_facts() -> None:
    check_facts({"IsSnapshot": "false", "IsGitDirty": "false"})
    for facts, message in (
        ({"IsSnapshot": "true", "Version": "1.0-SNAPSHOT"}, "the build in dist is a snapshot"),
        ({"IsSnapshot": "false", "IsGitDirty": "true"}, "a working tree with changes"),
        ({}, "snapshot"),
    ):
        with pytest.raises(UserError, match=message):
            check_facts(facts)


PUBLISHER = """publishers:
  - name: copy
    cmd: >-
      {python} -c "import json, os, sys;
      print(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]), file=open(os.environ['LOG'], 'a'))"
      {{{{ .ArtifactPath }}}} 'two words' "{{{{ .ProjectName }}}}-{{{{ .Os }}}}" {{{{ .Env.SECRET }}}}
    env: ["LOG={log}", "V={{{{ .Version }}}}"]
    dir: sub
"""


def deliveries(project: Path, artifacts: Any) -> Any:
    config = config_of(project)
    return plan_deliveries(config, artifacts, facts_of(config, read_record_file(config.dist)["facts"]))


def test_what_a_publisher_gets(make: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "a b; $(touch x)")
    monkeypatch.setenv("TOKEN", "not passed on")
    (project / "sub").mkdir()
    log = project / "log"
    made = make(
        LINUX
        + "archives: [{name_template: 'a b {{ .Arch }}'}]\n"
        + PUBLISHER.format(python=sys.executable, log=log)
        + "    checksum: true\n"
    )
    sent = deliveries(project, made)
    assert [item.artifact.path for item in sent] == ["a b amd64.tar.gz", "a b arm64.tar.gz", "checksums.txt"]
    deliver(sent, "none")
    calls = [json.loads(line) for line in log.read_text().splitlines()]
    assert [call[0] for call in calls] == [
        [str((project / "dist" / path).absolute()), "two words", f"p-{name}", "a b; $(touch x)"]
        for path, name in (("a b amd64.tar.gz", "linux"), ("a b arm64.tar.gz", "linux"), ("checksums.txt", ""))
    ]
    env = calls[0][1]
    assert env["V"] == "0.0.0-SNAPSHOT-none" and "PATH" in env and "TOKEN" not in env and "SECRET" not in env
    assert calls[0][2] == str(project / "sub")


def test_a_publisher_that_fails(make: Any, project: Path) -> None:
    rest = LINUX + "publishers:\n  - {name: up, cmd: \"sh -c 'echo no >&2; echo $0 >> log; exit 7' secret\"}\n"
    made = make(rest)
    with pytest.raises(UserError) as caught:
        deliver(deliveries(project, made), "none")
    said = str(caught.value)
    assert "toolchain.yaml:5:" in said and "up: p: sh ended with status 7: no" in said and "secret" not in said
    assert caught.value.status == 1 and (project / "log").read_text() == "secret\n"  # the second file was not sent
    made = make(LINUX + "publishers: [{name: up, cmd: ./gone}]\n")
    with pytest.raises(UserError, match=r"up: p: \./gone: can't be run: No such file or directory; correct cmd or dir"):
        deliver(deliveries(project, made), "none")
    made = make(LINUX + "publishers: [{name: up, cmd: 'true'}]\n")
    sent = deliveries(project, made)
    (project / "dist/p_linux_amd64/p").write_bytes(b"other")
    with pytest.raises(UserError, match="is not the file that was built"):
        deliver(sent, "none")


def test_which_files_a_publisher_gets(make: Any, project: Path) -> None:
    builds = "builds: [{id: a, targets: [linux/*]}, {id: b, targets: [linux/arm64]}]\n"
    made = make(builds + "archives: [{ids: [b]}]\npublishers: [{name: x, cmd: 'true', ids: [b], disable: '{{ eq .ProjectName \"q\" }}'}]\n")
    assert [item.artifact.path for item in deliveries(project, made)] == ["p_0.0.0-SNAPSHOT-none_linux_arm64.tar.gz"]
    for disable in ("true", "'{{ .IsSnapshot }}'"):
        made = make(builds + f"publishers: [{{name: x, cmd: 'true', disable: {disable}}}]\n")
        assert deliveries(project, made) == []
    made = make(builds + "publishers: [{name: x, cmd: 'true', ids: [c]}]\n")
    with pytest.raises(UserError, match="ids: nothing is called c"):
        deliveries(project, made)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("curl -T {{ .ArtifactPath }} 'a b'", ["curl", "-T", "/x y", "a b"]),
        ('x{{ .ArtifactPath }}"{{ .ArtifactPath }}"', ["x/x y/x y"]),
        ("a {{ if .ArtifactPath }}b c{{ end }}", ["a", "b", "c"]),
        ('a {{ print "b" }}', ["a", "b"]),
        ("'unclosed", "cmd can't be split into words: No closing quotation"),
        ("{{ .Nope }}", "unknown variable {{ .Nope }}"),
        ("''", "cmd comes to no command"),
    ],
)
def test_words_of_a_command(text: str, words: list[str] | str) -> None:
    found: list[Diagnostic] = []
    result = split_command(text, Variables({"ArtifactPath": "/x y"}, {}, GitFacts(Path("/"))), Pos("f", 1), found)
    if isinstance(words, str):
        assert words in str(found[0])
    else:
        assert result == words and not found


def test_images_go_where_they_say(make: Any, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with real_registry(tmp_path) as host:
        monkeypatch.setenv("DOCKER_CONFIG", str(docker_config(tmp_path / "docker", host)))
        kos = f"kos: [{{repositories: [{host}/one, {host}/two], bare: true, tags: [v1, latest], ca_certificates: none, sbom: none}}]\n"
        made = make(LINUX + kos + "publishers: [{name: x, cmd: 'true'}]\n")
        assert any("(in p.oci) has not been through this smoke run" in line for line in problems(project)) or len(problems(project)) == 3
        passed(project)
        assert problems(project) == []
        sent = deliveries(project, made)
        assert [(item.artifact.path, item.to) for item in sent][:2] == [("p.oci", f"{host}/one"), ("p.oci", f"{host}/two")]
        deliver(sent, "none")
        (image,) = [item for item in made if item.type == "Docker Image"]
        for name in ("one", "two"):
            for tag in ("v1", "latest"):
                request = urllib.request.Request(f"http://{host}/v2/{name}/manifests/{tag}", method="HEAD")
                request.add_header("Authorization", "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())
                request.add_header("Accept", image.extra["MediaType"])
                with urllib.request.urlopen(request) as answer:
                    assert answer.headers["Docker-Content-Digest"] == image.extra["Digest"]
        again = deliveries(project, made)[0].send(Children())
        assert again.endswith(", 0 bytes sent")
        # A layout that is not the one that was built is not pushed.
        blob = max((project / "dist/p.oci/blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
        blob.write_bytes(b"other")
        assert "dist/p.oci is not the file that was built" in problems(project)[0]


# ---- the commands


def git(folder: Path, *args: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
    subprocess.run(["git", *identity, *args], cwd=folder, check=True, capture_output=True)


CONFIG = """version: 1
project: hello
builder: go
builds:
  - targets: [linux/*]
    ldflags: [-s, -w, "-X main.version={{ .Version }}"]
    smoke: [{args: [-version], stdout: "hello {{ .Version }} {{ .Os }}/{{ .Arch }}\\n"}]
archives: [{}]
publishers: [{name: copy, cmd: "cp {{ .ArtifactPath }} ../published/", checksum: true}]
"""


def test_from_a_tag_to_published(cli: Any, hello: Path) -> None:
    (hello / "toolchain.yaml").write_text(CONFIG)
    (hello.parent / "published").mkdir()

    def run(*args: str) -> tuple[int, str]:
        done = cli(*args, cwd=hello, env={"GIT_CEILING_DIRECTORIES": str(hello.parent)})
        return done.returncode, done.stderr

    def published() -> list[str]:
        return sorted(path.name for path in (hello.parent / "published").iterdir())

    assert run("release") == (
        2,
        f"pygo-cross: {hello} is not in a git repository with a commit; commit and tag, or give --snapshot\n".replace(str(hello), "."),
    )
    git(hello, "init", "-q", "-b", "main")
    git(hello, "add", ".")
    git(hello, "commit", "-q", "-m", "one")
    status, said = run("release")
    assert status == 2 and "has no tag; git tag v0.1.0, or give --snapshot" in said
    git(hello, "tag", "nightly")
    assert "the tag nightly is not a semantic version; tag v1.2.3, or give --snapshot" in run("release")[1]
    git(hello, "tag", "-d", "nightly")
    git(hello, "tag", "v1.2.3")
    (hello / "stray").write_text("x")
    assert "changes that are not committed; commit or stash them" in run("release")[1]
    assert not (hello / "dist").exists()
    (hello / "stray").unlink()
    assert run("publish") == (2, "pygo-cross: dist/artifacts.json is not there; run pygo-cross build first\n")

    status, said = run("release", "--progress", "plain", "--skip", "report")
    assert status == 0, said
    assert "publish hello_1.2.3_linux_arm64.tar.gz to copy: done" in said and "published: 3 deliveries" in said
    assert published() == ["checksums.txt", "hello_1.2.3_linux_amd64.tar.gz", "hello_1.2.3_linux_arm64.tar.gz"]
    assert subprocess.run(["sha256sum", "--status", "-c", "checksums.txt"], cwd=hello.parent / "published", check=False).returncode == 0
    done = cli("publish", "--print", "--json", cwd=hello)
    assert [(item["path"], item["to"]) for item in json.loads(done.stdout)] == [(name, "copy") for name in published()]

    # A build of its own has not been tested.
    assert run("build", "-q", "--skip=report")[0] == 0
    status, said = run("publish")
    assert status == 3 and said.count("has not been through this smoke run; run pygo-cross smoke") == 2
    # A run that fails keeps everything here.
    (hello / "toolchain.yaml").write_text(CONFIG.replace("hello {{ .Version }}", "hullo {{ .Version }}"))
    git(hello, "commit", "-q", "-am", "two")
    git(hello, "tag", "v1.2.4")
    status, said = run("release", "-q", "--skip=report")
    assert status == 3 and "not published" in said and "stdout differs" in said
    assert "hello_1.2.4_linux_amd64.tar.gz" not in published()
    assert run("publish")[0] == 3
    # A snapshot goes nowhere.
    assert run("release", "-q", "--snapshot", "--single-target", "--skip=smoke,report")[0] == 0
    assert list((hello / "dist").glob("hello_1.2.4-SNAPSHOT-*.tar.gz"))
    assert "the build in dist is a snapshot (1.2.4-SNAPSHOT-" in run("publish")[1]
    assert len(published()) == 3


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--skip=smoke"], "what has not passed its smoke runs is not published; skip publish too, or neither"),
        (["--single-target"], "a part of a release is not published; give --snapshot, or --skip=publish"),
        (["--skip=archves"], "--skip: there is no step 'archves'; did you mean archive?"),
        (["--snapshot", "--target", "linux/armm64"], "unknown target linux/armm64"),
    ],
)
def test_flags_of_release(args: list[str], message: str, cli: Any, hello: Path) -> None:
    done = cli("release", *args, cwd=hello)
    assert done.returncode == 2 and message in done.stderr and not (hello / "dist").exists()


def test_nowhere_to_go(cli: Any, make: Any, project: Path) -> None:
    make(LINUX)
    passed(project)
    record = read_record_file(project / "dist")
    record["facts"].update(IsSnapshot="false", IsGitDirty="false")
    write_json(project / "dist/artifacts.json", record)
    done = cli("publish", cwd=project)
    assert (done.returncode, done.stderr) == (
        2,
        "pygo-cross: nothing says where the build goes; give kos with repositories, or publishers\n",
    )
