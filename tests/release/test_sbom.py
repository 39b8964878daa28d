# SPDX-License-Identifier: BSD-3-Clause
"""SBOMs beside what `go version -m` says of the same file, and beside the two formats' own schemas."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from go_programs import build, go, module_with_dependencies, stock_info

from pygo_cross.build.release.sbom import Program, Subject, document
from pygo_cross.exe.buildinfo import read_build_infos

sys.path.insert(0, str(Path(__file__).parent.parent / "exe"))

EPOCH = 1_700_000_000


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sbom")
    return build(
        module_with_dependencies(folder), folder / "app", "linux/amd64", "-trimpath=false", "-tags=one,two", "-ldflags=-X 'a.b=c d'"
    )


def program(file: Path) -> Program:
    data = file.read_bytes()
    return Program(file.name, hashlib.sha256(data).hexdigest(), tuple(info for _, info in read_build_infos(data)))


def subject(*files: Path, kind: str = "binary", name: str = "thing") -> Subject:
    made = tuple(program(file) for file in files)
    return Subject(name, kind, "1.2.3", made[0].sha256 if kind == "binary" else "ab" * 32, made)


def check_cyclonedx(text: bytes) -> dict[str, Any]:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text.decode()) is None
    found: dict[str, Any] = json.loads(text)
    refs = [part["bom-ref"] for part in [found["metadata"]["component"], *found.get("components", [])]]
    assert len(set(refs)) == len(refs)
    assert {one["ref"] for one in found["dependencies"]} <= set(refs)
    assert {ref for one in found["dependencies"] for ref in one.get("dependsOn", [])} <= set(refs)
    return found


def check_spdx(text: bytes, tmp_path: Path) -> dict[str, Any]:
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    file = tmp_path / "x.spdx.json"
    file.write_bytes(text)
    assert validate_full_spdx_document(parse_file(str(file))) == []
    found: dict[str, Any] = json.loads(text)
    return found


def expected(file: Path) -> set[tuple[str, str]]:
    """The purls' paths and versions that stock Go's record leads to; a folder that replaces a module has none."""
    stock = stock_info(file)
    used = [dep.get("Replace", dep) for dep in stock.get("Deps", [])]
    modules = {(dep["Path"], dep["Version"]) for dep in used if dep["Version"] != "(devel)"}
    return modules | {("stdlib", stock["GoVersion"].removeprefix("go"))}


def purls(parts: list[dict[str, Any]]) -> set[tuple[str, str]]:
    from packageurl import PackageURL

    found = [PackageURL.from_string(part["purl"]) for part in parts if "purl" in part]
    return {("/".join(filter(None, (one.namespace, one.name))), one.version or "") for one in found}


def test_modules_as_go_says(app: Path) -> None:
    found = check_cyclonedx(document(subject(app), EPOCH))
    assert purls(found["components"]) == expected(app)
    assert len(found["components"]) == 5
    root = found["metadata"]["component"]
    assert (root["type"], root["name"], root["version"]) == ("application", "thing", "1.2.3")
    assert root["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(app.read_bytes()).hexdigest()}]
    assert found["metadata"]["timestamp"].startswith("2023-11-14T22:13:20")
    (main,) = [one["dependsOn"] for one in found["dependencies"] if one["ref"] == root["bom-ref"]]
    assert sorted(main) == sorted(part["bom-ref"] for part in found["components"])
    stock = stock_info(app)
    facts = {(item["name"], item["value"]) for item in root["properties"]}
    for setting in stock["Settings"]:
        if setting["Key"] == "-tags":
            assert {("cdx:gomod:build:tag", tag) for tag in setting["Value"].split(",")} <= facts
        else:
            names = {f"cdx:gomod:build:env:{setting['Key']}", f"pygo-cross:build:{setting['Key']}"}
            assert any((name, setting.get("Value", "")) in facts for name in names), setting


def test_sums_and_replacements(app: Path) -> None:
    found = check_cyclonedx(document(subject(app), EPOCH))
    by_name = {part["name"]: part for part in found["components"]}
    stock = {dep["Path"]: dep for dep in stock_info(app)["Deps"]}
    plain = by_name["example.com/plain"]
    assert plain["properties"] == [{"name": "pygo-cross:go.sum", "value": stock["example.com/plain"]["Sum"]}]
    import base64

    assert plain["hashes"][0]["content"] == base64.b64decode(stock["example.com/plain"]["Sum"][3:]).hex()
    other = by_name["example.com/other/v2"]
    assert other["pedigree"]["ancestors"][0]["name"] == "example.com/old"
    assert other["version"] == "v2.0.0-rc.1"
    local = by_name["example.com/local"]
    assert "purl" not in local and "hashes" not in local
    assert {"name": "pygo-cross:replaced-by", "value": "./local"} in local["properties"]
    assert by_name["stdlib"]["cpe"].startswith("cpe:2.3:a:golang:go:1.27.3:")


def test_spdx(app: Path, tmp_path: Path) -> None:
    found = check_spdx(document(subject(app), EPOCH, spdx=True), tmp_path)
    refs = [
        {"purl": ref["referenceLocator"]}
        for package in found["packages"][1:]
        for ref in package.get("externalRefs", [])
        if ref["referenceType"] == "purl"
    ]
    assert purls(refs) == expected(app)
    assert sum(one["relationshipType"] == "DEPENDS_ON" for one in found["relationships"]) == 5


def test_go_itself(tmp_path: Path) -> None:
    root = Path(go("env", "GOROOT").strip())
    for file in (root / "bin/go", root / "bin/gofmt"):
        found = check_cyclonedx(document(subject(file), EPOCH))
        assert purls(found["components"]) == expected(file)
        check_spdx(document(subject(file), EPOCH, spdx=True), tmp_path)


@pytest.mark.parametrize("kind", ["archive", "image"])
def test_several_programs(app: Path, tmp_path: Path, kind: str) -> None:
    gofmt = Path(go("env", "GOROOT").strip()) / "bin/gofmt"
    about = subject(app, gofmt, kind=kind, name="thing.tar.gz")
    found = check_cyclonedx(document(about, EPOCH))
    root = found["metadata"]["component"]
    assert root["type"] == {"archive": "file", "image": "container"}[kind]
    (top,) = [one["dependsOn"] for one in found["dependencies"] if one["ref"] == root["bom-ref"]]
    assert len(top) == 2
    assert len(found["components"]) == 2 + 5  # stdlib is the same for both
    spdx = check_spdx(document(about, EPOCH, spdx=True), tmp_path)
    assert sum(one["relationshipType"] == "CONTAINS" for one in spdx["relationships"]) == 2


def test_same_bytes(app: Path) -> None:
    """Whatever the seed of Python's hashes and the time zone."""
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]\nfrom pathlib import Path\nfrom test_sbom import *\n"
        "for spdx in (False, True): sys.stdout.buffer.write(document(subject(Path(sys.argv[1])), EPOCH, spdx))\n"
    )
    here = Path(__file__).parent
    outputs = set()
    for seed, zone in (("1", "UTC"), ("2", "Asia/Kathmandu"), ("3", "America/St_Johns")):
        done = subprocess.run(
            [sys.executable, "-c", code, str(app), str(here), str(here.parent), str(here.parent.parent)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    one, other = document(subject(app), EPOCH), document(subject(app, name="another"), EPOCH)
    assert json.loads(one)["serialNumber"] != json.loads(other)["serialNumber"]


def test_strange_texts() -> None:
    """A record may hold anything; a document stays one."""
    from pygo_cross.exe.buildinfo import BuildInfo, Module

    strange = 'a b/é\x00"\\%?#@'
    info = BuildInfo(
        "devel go1.28-abc +X:y",
        strange,
        Module(strange, "(devel)"),
        (Module(strange, "v1", "h1:notbase64"), Module("", "", "", Module("..", "")), Module("x", "v1", "h2:abc")),
        (("-ldflags", strange), ("weird key", "")),
    )
    about = Subject(strange, "binary", "", "ab" * 32, (Program(strange, "ab" * 32, (info,)),))
    check_cyclonedx(document(about, 0))
    json.loads(document(about, 0, spdx=True))
