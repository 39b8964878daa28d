# SPDX-License-Identifier: BSD-3-Clause
"""`kos` and `sboms` of a configuration, from the file to what is in dist/."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from go_programs import go

from pygo_cross.build.release.images import name_of
from pygo_cross.build.release.oci import Layout
from pygo_cross.build.release.outputs import Ko

Cli = Callable[..., "subprocess.CompletedProcess[str]"]

HEAD = """version: 1
project: hello
builder: go
builds:
  - id: hello
    main: ./cmd/greet
    targets: [linux/amd64, linux_amd64_v3, linux/arm64, darwin/arm64]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "cmd/greet/kodata/deep").mkdir(parents=True)
    (folder / "go.mod").write_text("module example.com/hello\n\ngo 1.21\n")
    (folder / "cmd/greet/main.go").write_text("package main\n\nfunc main() { println(1) }\n")
    (folder / "cmd/greet/kodata/deep/file.txt").write_text("data\n")
    return folder


def configure(folder: Path, text: str) -> None:
    (folder / "toolchain.yaml").write_text(HEAD + text)


def artifacts(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [item for item in json.loads((folder / "dist/artifacts.json").read_bytes())["artifacts"] if item["type"] == kind]


def test_from_file_to_layout(project: Path, cli: Cli) -> None:
    configure(
        project,
        """kos:
  - repositories: ["localhost:5000/{{ .ProjectName }}", "registry.example.com:5000/x"]
    tags: ["{{ .Version }}", "", latest]
    labels: {of: "{{ .ProjectName }}"}
    annotations: {org.opencontainers.image.vendor: me}
    base_import_paths: true
    creation_time: "{{ .CommitTimestamp }}"
archives:
  - {ids: [hello], name_template: "{{ .Target }}"}
sboms:
  - {artifacts: archive, documents: ["${artifact}.cdx.json", "{{ .ArtifactName }}.spdx.json"]}
  - {id: two, artifacts: binary, documents: "{{ .Target }}.json"}
""",
    )
    done = cli("build", "--progress=none", cwd=project, env={"SOURCE_DATE_EPOCH": "1000000000"})
    assert done.returncode == 0, done.stderr
    (image,) = artifacts(project, "Docker Image")
    assert image["path"] == "hello.oci" and image["id"] == image["build"] == "hello"
    binaries = {item["target"] + item["variant"]: item["sha256"] for item in artifacts(project, "Binary")}
    assert image["contains"] == sorted(digest for name, digest in binaries.items() if name.startswith("linux"))
    extra = image["extra"]
    assert extra["Repositories"] == ["localhost:5000/hello/greet", "registry.example.com:5000/x/greet"]
    assert extra["Platforms"] == ["linux/amd64", "linux/amd64/v3", "linux/arm64/v8"]
    assert len(extra["Tags"]) == 2 and extra["Tags"][1] == "latest"
    layout = Layout(project / "dist/hello.oci")
    top = layout.check()
    assert top.digest == extra["Digest"]
    index = layout.document(top)
    assert index["annotations"]["org.opencontainers.image.title"] == "hello"
    assert index["annotations"]["org.opencontainers.image.vendor"] == "me"
    manifest = json.loads(layout.blob_path(index["manifests"][0]["digest"]).read_bytes())
    config = json.loads(layout.blob_path(manifest["config"]["digest"]).read_bytes())
    assert config["config"]["Labels"] == {"of": "hello"} and config["created"] == "2001-09-09T01:46:40Z"
    assert "KO_DATA_PATH=/var/run/ko" in config["config"]["Env"]
    with tarfile.open(layout.blob_path(manifest["layers"][1]["digest"])) as archive:
        assert [member.name for member in archive] == ["var", "var/run", "var/run/ko", "var/run/ko/deep", "var/run/ko/deep/file.txt"]
    with tarfile.open(layout.blob_path(manifest["layers"][0]["digest"])) as archive:
        certificates = archive.extractfile("etc/ssl/certs/ca-certificates.crt")
        assert certificates is not None and b"BEGIN CERTIFICATE" in certificates.read()
    documents = {item["path"]: item for item in artifacts(project, "SBOM")}
    assert {"linux_amd64_v3.tar.gz.cdx.json", "linux_amd64_v3.tar.gz.spdx.json", "darwin_arm64_v8.0.json", "hello.oci.spdx.json"} <= set(
        documents
    )
    assert len(documents) == 4 * 2 + 4 + 1
    about = json.loads((project / "dist/hello.oci.spdx.json").read_bytes())
    assert about["packages"][0]["checksums"][0]["checksumValue"] == top.digest.removeprefix("sha256:")
    assert json.loads((project / "dist/linux_amd64_v3.tar.gz.cdx.json").read_bytes())["bomFormat"] == "CycloneDX"

    # Again, elsewhere and without the parts that are skipped.
    first = {path.name: path.read_bytes() for path in (project / "dist/hello.oci/blobs/sha256").iterdir()}
    other = project.parent / "elsewhere"
    shutil.copytree(project, other, ignore=shutil.ignore_patterns("dist"))
    done = cli("build", "--progress=none", cwd=other, env={"SOURCE_DATE_EPOCH": "1000000000", "PYTHONHASHSEED": "5", "TZ": "Asia/Tokyo"})
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in (other / "dist/hello.oci/blobs/sha256").iterdir()} == first
    assert (other / "dist/hello.oci.spdx.json").read_bytes() == (project / "dist/hello.oci.spdx.json").read_bytes()
    done = cli("build", "--progress=none", "--skip=image,archive", "--target=darwin/arm64", cwd=project)
    assert done.returncode == 0, done.stderr
    assert artifacts(project, "Docker Image") == [] and len(artifacts(project, "SBOM")) == 1


def test_a_base_beside_the_file(project: Path, cli: Cli) -> None:
    configure(project, "kos: [{id: base, ca_certificates: none, sbom: none, build: hello, platforms: linux/arm64}]\n")
    assert cli("build", "--progress=none", cwd=project).returncode == 0
    shutil.move(project / "dist/base.oci", project / "base")
    configure(project, "kos: [{base_image: ./base, sbom: cyclonedx, platforms: [linux/arm64], user: '1:1'}]\n")
    done = cli("build", "--progress=none", cwd=project)
    assert done.returncode == 0, done.stderr
    layout = Layout(project / "dist/hello.oci")
    manifest = layout.document(layout.check())
    assert len(manifest["layers"]) == 5  # ground, data and program of the base; data and program
    assert manifest["annotations"]["org.opencontainers.image.base.name"] == "./base"
    assert (project / "dist/hello.oci.cdx.json").is_file()
    configure(project, "kos: [{base_image: base}]\n")
    done = cli("build", "--progress=none", cwd=project)
    assert done.returncode == 1 and "base image is for linux/arm64, not for linux/amd64" in done.stderr
    assert not (project / "dist/artifacts.json").exists() and not list((project / "dist").glob(".pygo*"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kos: [{build: helo}]", "8:15: build: no build is called helo; did you mean hello?"),
        ("kos: [{id: a}, {id: a}]", "8:21: a second image called a; the first is at line 8"),
        ("kos: [{platforms: [linux/amd46]}]", "8:20: platforms: the build hello has no linux/amd46; it has linux/amd64"),
        ("kos: [{platforms: darwin/arm64}]", "platforms: the build hello has no darwin/arm64"),
        ("kos: [{tags: ['a b']}]", "8:15: tags: 'a b' can't be a tag"),
        ("kos: [{tags: ['{{ .Nope }}']}]", "8:15: unknown variable {{ .Nope }}"),
        ("kos: [{repositories: [alpine]}]", "8:23: repositories: 'alpine' does not name a registry; write HOST/REPOSITORY"),
        ("kos: [{repositories: ['registry.example.com/x:1']}]", "has a tag; write it under tags"),
        ("kos: [{base_image: alpine}]", "8:20: base_image: 'alpine' does not name a registry"),
        ("kos: [{base_image: ./nowhere}]", "8:20: base_image: ./nowhere is not there; scratch, a file or folder"),
        ("kos: [{ca_certificates: nowhere.pem}]", "8:25: ca_certificates: nowhere.pem is not there; name a file, or none"),
        ("kos: [{bare: true, preserve_import_paths: true}]", "exclude each other"),
        ("kos: [{creation_time: yesterday}]", "creation_time: 'yesterday' is not seconds since 1970"),
        ("kos: [{user: 'a b'}]", "user: 'a b' is not USER or USER:GROUP"),
        ("kos: [{env: [A=b]}]", "env is not supported yet; it is for building"),
        ("kos: [{sbom: syft}]", "sbom: expected one of spdx, cyclonedx, none"),
        ("sboms: [{cmd: syft}]", "cmd is not supported yet; documents are made by pygo-cross itself"),
        ("sboms: [{artifacts: package}]", "artifacts: expected one of archive, binary, any, found package"),
        ("archives: [{}]\nsboms: [{}, {}]", "a second sbom called default"),
        ("sboms: [{}]", "an sbom of archives, and the file has no archives; give archives, or artifacts: binary"),
        ("sboms: [{artifacts: any, ids: [helo]}]", "8:32: ids: nothing is called helo; there are hello"),
        ("sboms: [{artifacts: binary, documents: [same.json]}]", "two artifacts called same.json"),
        ("sboms: [{artifacts: binary, documents: ['../{{ .Target }}']}]", "can't be the name of an artifact"),
    ],
)
def test_mistakes_of_the_file(project: Path, cli: Cli, text: str, says: str) -> None:
    configure(project, text + "\n")
    done = cli("build", "--progress=none", cwd=project)
    assert done.returncode == 2 and says in done.stderr, done.stderr
    assert not (project / "dist").exists()


def test_files_that_are_not_what_they_should_be(project: Path, cli: Cli) -> None:
    for text, says in (
        ("ca_certificates: go.mod", "ca_certificates: go.mod is not a list of PEM certificates"),
        ("base_image: go.mod", "go.mod: can't be read: not a whole tar"),
        ("base_image: '127.0.0.1:1/base:1'", "127.0.0.1:1: can't be reached: connection refused"),
    ):
        configure(project, f"kos: [{{{text}}}]\n")
        done = cli("build", "--progress=none", "--target=linux/arm64", cwd=project)
        assert done.returncode in (1, 2) and says in done.stderr, done.stderr
        assert not (project / "dist/artifacts.json").exists()
    configure(project, "kos: [{}]\n")
    for target in ("/etc/passwd", "deep"):
        link = project / "cmd/greet/kodata/link"
        link.symlink_to(target)
        done = cli("build", "--progress=none", "--target=linux/arm64", cwd=project)
        assert done.returncode == 1 and "kodata/link: leads out of the project, or is no file" in done.stderr
        link.unlink()


def test_names_are_those_of_ko() -> None:
    """The last is what ko's documentation shows for its own package."""
    path = "github.com/google/ko/Cmd"
    assert name_of("h/r", Ko(bare=True), path) == "h/r"
    assert name_of("h/r", Ko(base_import_paths=True), path) == "h/r/cmd"
    assert name_of("h/r", Ko(preserve_import_paths=True), path) == "h/r/github.com/google/ko/cmd"
    assert name_of("h/r", Ko(), "github.com/google/ko") == "h/r/ko-98b8c7facdad74510a7cae0cd368eb4e"


def test_no_build_information_is_told(project: Path, cli: Cli) -> None:
    """Outside a module there is still a record: the path of the program and the release."""
    assert "go1." in go("version")
    (project / "go.mod").unlink()
    configure(project, "sboms: [{artifacts: binary}]\n")
    (project / "toolchain.yaml").write_text(HEAD.replace("./cmd/greet", "cmd/greet/main.go") + "sboms: [{artifacts: binary}]\n")
    done = cli("build", "--progress=none", "--target=linux/arm64", cwd=project)
    assert done.returncode == 0, done.stderr
    (document,) = artifacts(project, "SBOM")
    told = json.loads((project / "dist" / document["path"]).read_bytes())
    assert [part["name"] for part in told["components"]] == ["stdlib"]
