# SPDX-License-Identifier: BSD-3-Clause
"""What the Dockerfile runs, without an engine: picking files of a system, trimming GOROOT, the bill of materials."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from pygo_cross.build.goroot import find_goroot
from pygo_cross.build.image import goroot, rootfs, sbom
from pygo_cross.build.image.needed import Needs, find_library, loader_folders, read_needs
from pygo_cross.build.image.rootfs import Pick
from pygo_cross.build.image.sizes import measure

SHELL = os.path.realpath("/bin/sh")


def test_what_a_program_needs_is_what_the_loader_says() -> None:
    needs = read_needs(SHELL)
    assert needs is not None
    said = subprocess.run(["ldd", SHELL], capture_output=True, text=True, check=True).stdout
    for name in needs.libraries:
        path = find_library(name, needs, loader_folders())
        assert path is not None
        assert any(os.path.realpath(word) == os.path.realpath(path) for word in said.split() if word.startswith("/")), (name, path, said)
    assert os.path.realpath(needs.interpreter) in {os.path.realpath(word) for word in said.split() if word.startswith("/")}


def test_other_files_need_nothing(tmp_path: Path) -> None:
    for data in (b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF\x01\x01 32 bits", b"\x7fELF\x02\x02 big-endian"):
        (tmp_path / "f").write_bytes(data)
        assert read_needs(str(tmp_path / "f")) is None


def test_broken_programs_are_refused_or_read(tmp_path: Path) -> None:
    data = Path(SHELL).read_bytes()
    chance = random.Random(5)
    path = tmp_path / "f"
    for _ in range(300):
        broken = bytearray(data[: chance.choice((len(data), chance.randrange(6, 4096)))])
        for _ in range(3):
            broken[chance.randrange(6, min(len(broken), 1200))] = chance.randrange(256)
        path.write_bytes(broken)
        try:
            assert isinstance(read_needs(str(path)), Needs)
        except ValueError as error:
            assert str(path) in str(error)


def test_a_library_of_another_processor_is_passed_over(tmp_path: Path) -> None:
    needs = read_needs(SHELL)
    assert needs is not None
    name = needs.libraries[0]
    real = find_library(name, needs, loader_folders())
    assert real is not None
    foreign = bytearray(Path(real).read_bytes())
    foreign[18] ^= 0xFF
    (tmp_path / name).write_bytes(foreign)
    assert find_library(name, needs, [str(tmp_path), *loader_folders()]) == real
    assert find_library(name, needs, [str(tmp_path)]) is None


def test_the_loaders_folders_come_from_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "d/a.conf").write_text(f"# a comment\n{tmp_path}/one  # another\n/not/there\n")
    (tmp_path / "ld.conf").write_text(f"include d/*.conf\n{tmp_path}/two\ninclude ld.conf\n")
    assert loader_folders(str(tmp_path / "ld.conf"))[:2] == [f"{tmp_path}/one", f"{tmp_path}/two"]


def test_links_are_followed_and_kept(tmp_path: Path) -> None:
    there = tmp_path / "there"
    (there / "real/deep").mkdir(parents=True)
    (there / "real/deep/file").write_text("x")
    (there / "folder").symlink_to("real")
    (there / "real/inner").symlink_to(f"{there}/real/deep")
    (there / "chain").symlink_to("folder/inner/file")
    out = tmp_path / "out"
    out.mkdir()
    Pick(out).add(f"{there}/chain")
    inside = out / str(there)[1:]
    assert os.readlink(inside / "chain") == "folder/inner/file"
    assert os.readlink(inside / "folder") == "real"
    assert os.readlink(inside / "real/inner") == f"{there}/real/deep"
    assert (inside / "real/deep/file").read_text() == "x"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look at a tree as if it were the system's")
def test_a_picked_shell_runs_in_its_own_tree(tmp_path: Path) -> None:
    pick = Pick(tmp_path)
    pick.programs()
    pick.system()
    done = subprocess.run(
        ["chroot", tmp_path, "/bin/sh", "-c", "echo $(seq 3) | sed s/2/two/"], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("1 two 3\n", "")
    assert not {"apt", "apt-get", "dpkg", "pip", "perl"} & {path.name for path in tmp_path.rglob("bin/*")}
    assert (tmp_path / "etc/passwd").read_text().count("\n") == 3


def test_what_no_build_reads_goes(tmp_path: Path) -> None:
    gone = ("api/go1.txt", "misc/x", "src/fmt/print_test.go", "src/fmt/testdata/a.go", "src/cmd/go/testdata/deep/b", "lib/wasm/exec")
    gone += ("pkg/tool/linux_amd64/cgo", "__init__.py", "src/testdata/c", "src/runtime/race/r.syso")
    stays = (
        "bin/go",
        "src/fmt/print.go",
        "src/fmt/testing.go",
        "lib/time/zoneinfo.zip",
        "pkg/tool/linux_amd64/compile",
        "pkg/include/textflag.h",
    )
    for name in (*gone, *stays):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    goroot.trim(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == sorted(stays)


def test_public_packages() -> None:
    root = find_goroot()
    names = goroot.public_packages(root, goroot.environment(root, Path("/tmp"), "darwin/arm64"))
    assert {"fmt", "net/http", "crypto/tls"} <= set(names)
    assert not [name for name in names if "internal" in name or name.startswith(("vendor/", "cmd/"))]


def test_trees_are_settled(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir(mode=0o700)
    for name, mode in (("d/run", 0o700), ("d/read", 0o600), ("d/all", 0o666)):
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(mode)
    (tmp_path / "d/link").symlink_to("read")
    goroot.settle(tmp_path, 1_700_000_000)
    assert {path.name: path.lstat().st_mode & 0o777 for path in (tmp_path / "d").iterdir() if not path.is_symlink()} == {
        "run": 0o755,
        "read": 0o644,
        "all": 0o644,
    }
    assert {path.lstat().st_mtime for path in [tmp_path, *tmp_path.rglob("*")]} == {1_700_000_000}


def test_sizes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(100_000))
    (tmp_path / "b").symlink_to("a")
    size, packed = measure(tmp_path)
    assert size == 100_000
    assert 50 < packed < 1000


def test_dpkg_records() -> None:
    packages = rootfs.dpkg_packages()
    if not packages:
        pytest.skip("no dpkg here")
    owner = rootfs.owners([SHELL, "/etc/hostname"])
    assert owner[SHELL] in packages
    assert packages[owner[SHELL]]["Version"]


COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: GPL-2+ and Expat

License: GPL-2
 text
License: Expat
"""


def test_licences_of_a_package() -> None:
    assert sbom.licence_names(COPYRIGHT) == ["GPL-2+ and Expat", "GPL-2.0-only", "MIT"]
    assert sbom.licence_names("see `/usr/share/common-licenses/LGPL-2.1'. And\n/usr/share/common-licenses/GPL-3.") == [
        "GPL-3.0-only",
        "LGPL-2.1-only",
    ]
    assert sbom.licence_names("do what you like") == []


def test_the_bill_of_materials_is_valid_and_the_same_each_time(tmp_path: Path) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    (tmp_path / "usr/share/doc/a").mkdir(parents=True)
    (tmp_path / "usr/share/doc/a/copyright").write_text(COPYRIGHT)
    fields = {"Version": "1:2.0-3+b1", "Architecture": "amd64", "Source": "src (1)"}
    record = {"files": {"/x": "a", "/y": "a"}, "packages": {"a": fields}}
    site = [Path(entry) for entry in sys.path if entry.endswith("site-packages")]
    parts = [*sbom.debian(record, tmp_path), *sbom.python(site), *sbom.interpreter(record)]
    text = sbom.document(parts, {"ID": "debian", "NAME": "Debian", "VERSION_ID": "12"}, 1_700_000_000)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert text == sbom.document(list(reversed(parts)), {"ID": "debian", "NAME": "Debian", "VERSION_ID": "12"}, 1_700_000_000)
    found = {part["name"]: part for part in json.loads(text)["components"]}
    assert found["a"]["purl"] == "pkg:deb/linux/a@1:2.0-3%2Bb1?arch=amd64&distro=linux"
    licences = [licence["license"] for licence in found["a"]["licenses"]]
    assert licences == [{"id": "GPL-2.0-only"}, {"id": "MIT"}, {"name": "GPL-2+ and Expat"}]
    assert found["lief"]["purl"].startswith("pkg:pypi/lief@1.0")
