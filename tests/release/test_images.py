# SPDX-License-Identifier: BSD-3-Clause
"""Image layouts: what is in them, that they repeat, that other tools read them, and what is refused of a base."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from go_programs import go
from registries import refused

from pygo_cross.build.release.oci import LAYER, Layout, Platform, digest_of, dump
from pygo_cross.build.release.ocibase import Base, from_disk
from pygo_cross.build.release.ociimage import Program, Spec, platform_of, write_image
from pygo_cross.build.release.ocilayer import Member, check_layer, write_layer
from pygo_cross.diag import UserError

ROOT = Path(__file__).parent.parent.parent
EPOCH = 1_700_000_000
AMD64 = platform_of("linux", "amd64", "v1")
ARM64 = platform_of("linux", "arm64", "v8.0")

skopeo_only = pytest.mark.skipif(shutil.which("skopeo") is None, reason="there is no skopeo on this machine")


def skopeo(*args: str) -> str:
    done = subprocess.run(["skopeo", *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def hello(tmp_path_factory: pytest.TempPathFactory) -> dict[Platform, Path]:
    """A program for both, which says who runs it and reads what it finds."""
    folder = tmp_path_factory.mktemp("hello")
    (folder / "go.mod").write_text("module example.com/cmd/hello\n\ngo 1.21\n")
    (folder / "main.go").write_text(
        'package main\n\nimport (\n\t"fmt"\n\t"os"\n\t"os/user"\n\t"runtime"\n)\n\nfunc main() {\n\twho, err := user.Current()\n'
        '\tif err != nil {\n\t\tpanic(err)\n\t}\n\tfmt.Println(runtime.GOARCH, who.Username, who.Uid, os.Getenv("PATH"), os.Args[1:])\n}\n'
    )
    for arch in ("amd64", "arm64"):
        go("build", "-trimpath", "-o", str(folder / arch), ".", cwd=folder, GOOS="linux", GOARCH=arch)
    return {AMD64: folder / "amd64", ARM64: folder / "arm64"}


def write(
    out: Path, programs: dict[Platform, Path], base: Callable[[Platform], Base | None] = lambda platform: None, **more: Any
) -> Layout:
    spec = Spec(**{"name": "hello", "epoch": EPOCH, **more})
    write_image(out, [Program(path, platform) for platform, path in programs.items()], base, spec)
    layout = Layout(out)
    layout.check()
    return layout


def parts(layout: Layout, platform: Platform) -> tuple[dict[str, Any], dict[str, Any]]:
    """Manifest and config for a platform."""
    for descriptor, document in layout.manifests(layout.top()):
        if "layers" in document and descriptor.platform in (platform, None):
            return document, json.loads(layout.blob_path(document["config"]["digest"]).read_bytes())
    raise AssertionError(platform)


def members(layout: Layout, manifest: dict[str, Any]) -> dict[str, tarfile.TarInfo]:
    """What the layers hold, by path."""
    found: dict[str, tarfile.TarInfo] = {}
    for layer in manifest["layers"]:
        with tarfile.open(layout.blob_path(layer["digest"]), "r:gz") as archive:
            found |= {member.name: member for member in archive}
    return found


def files_of(folder: Path) -> tuple[tuple[str, str], ...]:
    """Every file of a folder, with its digest."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple((path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files)


# ---- what is written


def test_what_is_in_it(hello: dict[Platform, Path], tmp_path: Path) -> None:
    layout = write(
        tmp_path / "out", hello, labels={"a": "b"}, annotations={"org.opencontainers.image.version": "1"}, certificates=b"PEM", tag="1"
    )
    index = layout.document(layout.top())
    assert [item["platform"] for item in index["manifests"]] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux", "variant": "v8"},
    ]
    assert json.loads((tmp_path / "out/index.json").read_bytes())["manifests"][0]["annotations"] == {
        "org.opencontainers.image.ref.name": "1"
    }
    manifest, config = parts(layout, ARM64)
    assert manifest["annotations"] == index["annotations"] == {"org.opencontainers.image.version": "1"}
    assert config["config"] == {
        "Entrypoint": ["/ko-app/hello"],
        "Env": [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/ko-app",
            "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
        ],
        "Labels": {"a": "b"},
        "User": "65532:65532",
        "WorkingDir": "/",
    }
    assert config["created"] == "2023-11-14T22:13:20Z"
    found = members(layout, manifest)
    assert {member.mtime for member in found.values()} == {EPOCH}
    assert found["tmp"].mode == 0o1777 and found["home/nonroot"].uid == 65532 and found["ko-app/hello"].mode == 0o755
    assert found["etc/ssl/certs/ca-certificates.crt"].size == 3
    assert {member.uname + member.gname for member in found.values()} == {""}
    # The ground is the same for both.
    assert parts(layout, AMD64)[0]["layers"][0] == manifest["layers"][0]
    for layer, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
        data = layout.blob_path(layer["digest"]).read_bytes()
        assert data[:10] == b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
        assert digest_of(zlib.decompress(data, 31)) == diff_id
        check_layer(layout.blob_path(layer["digest"]), "x", diff_id)


def test_one_platform_is_a_manifest(hello: dict[Platform, Path], tmp_path: Path) -> None:
    layout = write(tmp_path / "out", {ARM64: hello[ARM64]}, user="1000")
    assert layout.top().media_type.endswith("image.manifest.v1+json")
    assert parts(layout, ARM64)[1]["config"]["User"] == "1000"


def test_levels() -> None:
    assert [str(platform_of("linux", "amd64", level)) for level in ("", "v1", "v2", "v3")] == [
        *("linux/amd64", "linux/amd64", "linux/amd64/v2", "linux/amd64/v3")
    ]
    assert [str(platform_of("linux", "arm64", level)) for level in ("v8.0", "v8.2", "v9.0")] == ["linux/arm64/v8"] * 2 + ["linux/arm64/v9"]


def test_repeats(hello: dict[Platform, Path], tmp_path: Path) -> None:
    """Whatever the umask, the time zone, the age of the files and the seed of Python's hashes."""
    code = (
        "import os, sys; sys.path[:0] = sys.argv[4:]; os.umask(int(sys.argv[1], 8))\nfrom test_images import *\n"
        "write(Path(sys.argv[2]), {p: Path(sys.argv[3]) / p.architecture for p in (AMD64, ARM64)}, labels={'b': '1', 'a': '2'})\n"
    )
    here = Path(__file__).parent
    seen = set()
    for at, (umask, zone, seed) in enumerate((("022", "UTC", "1"), ("077", "Asia/Kathmandu", "2"), ("000", "Pacific/Apia", "3"))):
        source = tmp_path / f"source{at}"
        source.mkdir(mode=0o700)
        for platform, path in hello.items():
            shutil.copyfile(path, source / platform.architecture)
            os.utime(source / platform.architecture, (at * 1000, at * 1000))
        subprocess.run(
            [sys.executable, "-c", code, umask, tmp_path / f"out{at}", source, here, here.parent, ROOT],
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": seed},
            check=True,
        )
        files = sorted(path for path in (tmp_path / f"out{at}").rglob("*") if path.is_file())
        seen.add(
            tuple((path.relative_to(tmp_path / f"out{at}").as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files)
        )
    assert len(seen) == 1


@skopeo_only
def test_skopeo_reads_it(hello: dict[Platform, Path], tmp_path: Path) -> None:
    layout = write(tmp_path / "out", hello, labels={"a": "b"}, tag="1.0")
    for name in (f"oci:{layout.path}", f"oci:{layout.path}:1.0"):
        for arch in ("amd64", "arm64"):
            told = json.loads(skopeo(f"--override-arch={arch}", "inspect", name))
            assert (told["Architecture"], told["Os"], told["Labels"]) == (arch, "linux", {"a": "b"})
            assert told["Digest"] == layout.top().digest
    skopeo("copy", "--all", f"oci:{layout.path}", f"oci:{tmp_path / 'copy'}")
    assert Layout(tmp_path / "copy").check().digest == layout.top().digest


def test_runs_under_the_emulator(hello: dict[Platform, Path], tmp_path: Path) -> None:
    """The arm64 program, taken out of the layers as an engine does it."""
    layout = write(tmp_path / "out", hello)
    root = tmp_path / "root"
    root.mkdir()
    manifest, config = parts(layout, ARM64)
    for layer in manifest["layers"]:
        with tarfile.open(layout.blob_path(layer["digest"]), "r:gz") as archive:
            archive.extraction_filter = getattr(tarfile, "tar_filter", lambda member, path: member)  # not before 3.11.4
            archive.extractall(root)
    program = root / config["config"]["Entrypoint"][0].lstrip("/")
    assert program.read_bytes() == hello[ARM64].read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "pygo_cross.emulate", "--env", config["config"]["Env"][0], str(program), "x y"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("arm64 ") and done.stdout.endswith("/bin:/ko-app [x y]\n")


# ---- bases


def based(path: Path, scratch: Path) -> Callable[[Platform], Base]:
    scratch.mkdir()
    return from_disk(path, scratch)


@pytest.fixture
def base(hello: dict[Platform, Path], tmp_path: Path) -> Layout:
    """A base with a config of its own."""
    layout = write(tmp_path / "base", hello, user="7", labels={"from": "base"})
    return layout


def as_tar(folder: Path, out: Path, mode: str = "w") -> Path:
    with tarfile.open(out, mode) as archive:  # type: ignore[call-overload]
        archive.add(folder, ".")
    return out


def test_bases_on_disk(base: Layout, hello: dict[Platform, Path], tmp_path: Path) -> None:
    tars = [as_tar(base.path, tmp_path / "base.tar"), as_tar(base.path, tmp_path / "base.tar.gz", "w:gz")]
    digests = set()
    for at, path in enumerate((base.path, *tars)):
        layout = write(tmp_path / f"out{at}", hello, based(path, tmp_path / f"scratch{at}"), reference="the-base")
        manifest, config = parts(layout, ARM64)
        assert len(manifest["layers"]) == 3 and len(config["history"]) == 3
        assert config["config"]["User"] == "7" and config["config"]["Labels"] == {"from": "base"}
        assert config["config"]["Entrypoint"] == ["/ko-app/hello"]
        assert config["config"]["Env"] == parts(base, ARM64)[1]["config"]["Env"]
        assert manifest["annotations"]["org.opencontainers.image.base.digest"] == base.top().digest
        digests.add(layout.top().digest)
    assert len(digests) == 1
    with pytest.raises(UserError, match="nothing for linux/riscv64"):
        write(tmp_path / "none", {Platform("linux", "riscv64"): hello[AMD64]}, based(base.path, tmp_path / "scratch"))


@skopeo_only
def test_a_base_that_docker_saved(base: Layout, hello: dict[Platform, Path], tmp_path: Path) -> None:
    saved = tmp_path / "saved.tar"
    skopeo("--override-arch=amd64", "copy", f"oci:{base.path}", f"docker-archive:{saved}:x:1")
    layout = write(tmp_path / "out", {AMD64: hello[AMD64]}, based(saved, tmp_path / "scratch"))
    manifest, config = parts(layout, AMD64)
    assert config["rootfs"]["diff_ids"][:2] == parts(base, AMD64)[1]["rootfs"]["diff_ids"]
    assert config["config"]["User"] == "7" and len(manifest["layers"]) == 3
    text = refused(lambda: write(tmp_path / "arm", {ARM64: hello[ARM64]}, based(saved, tmp_path / "scratch2")))
    assert "is for linux/amd64, not for linux/arm64/v8" in text


def test_variants_of_a_base(base: Layout, tmp_path: Path) -> None:
    """The highest level that is not above the program's."""
    for_all = based(base.path, tmp_path / "scratch")
    assert for_all(platform_of("linux", "amd64", "v3")).layers == for_all(AMD64).layers
    assert for_all(platform_of("linux", "arm64", "v9.0")).layers == for_all(ARM64).layers


@pytest.mark.parametrize(
    "what", ["missing", "changed", "grown", "no index", "two", "a folder", "a text", "a cut tar", "nothing", "directory blob"]
)
def test_damaged_bases(what: str, base: Layout, tmp_path: Path) -> None:
    path = base.path
    layer = base.blob_path(parts(base, AMD64)[0]["layers"][0]["digest"])
    if what == "missing":
        layer.unlink()
    elif what == "changed":
        layer.write_bytes(layer.read_bytes()[:-1] + b"x")
    elif what == "grown":
        layer.write_bytes(layer.read_bytes() + b"x")
    elif what == "no index":
        (path / "index.json").unlink()
    elif what == "two":
        index = json.loads((path / "index.json").read_bytes())
        index["manifests"] += base.document(base.top())["manifests"]
        (path / "index.json").write_bytes(dump(index))
    elif what == "a folder":
        path = tmp_path
    elif what == "a text":
        path = tmp_path / "text"
        path.write_text("text")
    elif what == "a cut tar":
        whole = as_tar(base.path, tmp_path / "whole.tar")
        path = tmp_path / "cut.tar"
        path.write_bytes(whole.read_bytes()[:400_000])
    elif what == "nothing":
        path = tmp_path / "nothing"
    elif what == "directory blob":
        layer.unlink()
        layer.mkdir()
    text = refused(lambda: based(path, tmp_path / "scratch")(AMD64))
    assert str(path) in text


@pytest.mark.parametrize(
    "index",
    [
        [],
        {"manifests": "x"},
        {"manifests": [None]},
        {"manifests": [{"mediaType": "x", "digest": "sha256:../../../../etc/passwd", "size": 1}]},
        {"manifests": [{"mediaType": "x", "digest": "md5:abc", "size": 1}]},
        {"manifests": [{"mediaType": "x", "digest": "sha256:" + "0" * 64, "size": True}]},
        {"manifests": [{"mediaType": "x", "digest": "sha256:" + "0" * 64, "size": -1}]},
        {"manifests": [{"mediaType": "x", "digest": "sha256:" + "0" * 64, "size": 10**30}]},
        {"manifests": []},
    ],
)
def test_hostile_indexes(index: Any, base: Layout, tmp_path: Path) -> None:
    (base.path / "index.json").write_bytes(dump(index))
    refused(lambda: based(base.path, tmp_path / "scratch")(AMD64))
    (base.path / "index.json").write_bytes(b"[" * 100_000)
    refused(lambda: based(base.path, tmp_path / "scratch2")(AMD64))


def test_a_tar_that_leads_out(base: Layout, tmp_path: Path) -> None:
    """Names of a base's tar never become paths."""
    path = as_tar(base.path, tmp_path / "base.tar")
    with tarfile.open(path, "a") as archive:
        for name in ("../../evil", "/tmp/evil", "blobs/sha256/../../../evil", "blobs/sha256/" + "." * 64):
            info = tarfile.TarInfo(name)
            info.size = 4
            archive.addfile(info, io.BytesIO(b"evil"))
        link = tarfile.TarInfo("blobs/sha256/" + "a" * 64)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    inner = tmp_path / "a/b/scratch"
    inner.parent.mkdir(parents=True)
    based(path, inner)(AMD64)
    assert not list(tmp_path.rglob("evil")) and not (inner / "blobs/sha256" / ("a" * 64)).exists()


# ---- layers


def layer_of(out: Path, *entries: tuple[str, bytes, str]) -> tuple[Path, str]:
    """A layer with these members: name, type, target of a link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind, target in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return packed(out, buffer.getvalue())


def packed(out: Path, data: bytes) -> tuple[Path, str]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    out.write_bytes(packer.compress(data) + packer.flush())
    return out, digest_of(data)


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([("../evil", tarfile.REGTYPE, "")], "'../evil', which leads out"),
        ([("a/../../evil", tarfile.DIRTYPE, "")], "leads out"),
        ([("a", tarfile.LNKTYPE, "../../etc/passwd")], "leads out"),
        ([("a/" * 100 + "../" * 101 + "x", tarfile.REGTYPE, "")], "leads out"),
        ([("a\n../\x1b[31m/..", tarfile.REGTYPE, "")], "leads out"),
    ],
)
def test_members_that_lead_out(entries: list[tuple[str, bytes, str]], says: str, tmp_path: Path) -> None:
    path, diff_id = layer_of(tmp_path / "layer", ("fine", tarfile.REGTYPE, ""), *entries)
    text = refused(lambda: check_layer(path, "base", diff_id))
    assert says in text and text.isprintable()


def test_members_that_are_fine(tmp_path: Path) -> None:
    entries = [
        ("./", tarfile.DIRTYPE, ""),
        ("/usr/bin/x", tarfile.REGTYPE, ""),
        ("usr/bin/y", tarfile.SYMTYPE, "../../../../etc/x"),
        ("usr/bin/z", tarfile.LNKTYPE, "usr/bin/x"),
        ("a/..b/c...", tarfile.REGTYPE, ""),
        ("x/" * 120 + "long", tarfile.REGTYPE, ""),
        (".wh..wh..opq", tarfile.REGTYPE, ""),
    ]
    path, diff_id = layer_of(tmp_path / "layer", *entries)
    check_layer(path, "base", diff_id)
    plain = tmp_path / "plain"
    plain.write_bytes(zlib.decompress(path.read_bytes(), 31))
    check_layer(plain, "base", diff_id)
    written = write_layer(tmp_path / "own", [Member(name="é" * 200, source=b"x"), Member(name="big", source=bytes(1000))], 0)
    check_layer(tmp_path / "own", "base", written.diff_id)


def test_bombs(tmp_path: Path) -> None:
    """A layer that grows beyond all measure is given up early."""
    path = tmp_path / "bomb"
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    header = tarfile.TarInfo("x")
    header.size = 1 << 40
    with path.open("wb") as file:
        file.write(packer.compress(header.tobuf(tarfile.GNU_FORMAT)))
        zeros = bytes(1 << 20)
        for _ in range(64):
            file.write(packer.compress(zeros))
        file.write(packer.flush(zlib.Z_FULL_FLUSH))
        piece = zlib.compressobj(9, zlib.DEFLATED, -15)
        again = piece.compress(bytes(1 << 24)) + piece.flush(zlib.Z_FULL_FLUSH)
        for _ in range(4):
            file.write(again)
    # The lengths lie and the end is missing: what counts is that it is refused.
    text = refused(lambda: check_layer(path, "base", "sha256:" + "0" * 64))
    assert "cut off" in text or "not whole" in text or "inside" in text


def test_lies_in_headers(tmp_path: Path) -> None:
    def pax(record: bytes) -> bytes:
        info = tarfile.TarInfo("p")
        info.type, info.size = b"x", len(record)
        return info.tobuf(tarfile.USTAR_FORMAT) + record + bytes(-len(record) % 512)

    fine = tarfile.TarInfo("fine").tobuf(tarfile.USTAR_FORMAT)
    huge = tarfile.TarInfo("huge")
    huge.type, huge.size = b"x", 1 << 30
    out = b"path=../evil\n"
    for data, says in [
        (pax(b"%d %s" % (len(out) + 3, out)) + fine, "leads out"),
        (pax(b"9 a=b\n") + fine, "extended header"),
        (pax(b"0 a=b\n") + fine, "extended header"),
        (pax(b"x" * 100) + fine, "extended header"),
        (pax(b"99999999999999999999999 a=b\n") + fine, "not a tar|extended header"),
        (pax(b"18 size=999999999\n") + fine, "cut off"),
        (huge.tobuf(tarfile.GNU_FORMAT), "extended header of 1,073,741,824 bytes"),
        (fine[:300], "not a tar"),
        (b"no tar at all" * 100, "not a tar"),
    ]:
        path, diff_id = packed(tmp_path / "layer", data)
        text = refused(lambda path=path, diff_id=diff_id: check_layer(path, "base", diff_id))  # type: ignore[misc]
        assert any(part in text for part in says.split("|")), text
    path, _ = packed(tmp_path / "layer", fine + bytes(1024))
    assert "config says" in refused(lambda: check_layer(path, "base", "sha256:" + "0" * 64))
    path.write_bytes(path.read_bytes()[:-4])
    assert "not whole gzip" in refused(lambda: check_layer(path, "base", digest_of(fine + bytes(1024))))
    path.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(100))
    assert "zstd" in refused(lambda: check_layer(path, "base", "sha256:" + "0" * 64))


def test_mutated_layers(tmp_path: Path) -> None:
    """Nothing that is done to a layer leads to anything but its being taken or refused."""
    dice = random.Random(7)
    path, diff_id = layer_of(tmp_path / "layer", *((f"dir/{'n' * (at * 3)}{at}", tarfile.REGTYPE, "") for at in range(40)))
    plain = zlib.decompress(path.read_bytes(), 31)
    for _ in range(250):
        bad = bytearray(plain)
        for _ in range(dice.randrange(1, 6)):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        if dice.random() < 0.3:
            at = dice.randrange(0, len(bad) - 512, 512)
            header = bytes(bad[at : at + 148]) + b" " * 8 + bytes(bad[at + 156 : at + 512])
            bad[at + 148 : at + 156] = b"%06o\0 " % sum(header)
        changed, digest = packed(tmp_path / "bad", bytes(bad))
        try:
            check_layer(changed, "base", digest)
        except UserError as error:
            assert "\n" not in str(error)
    del diff_id


def test_layers_of_a_descriptor(base: Layout, tmp_path: Path) -> None:
    """A layer whose content is not what the config says, though its own digest is right."""
    manifest, config = parts(base, AMD64)
    config["rootfs"]["diff_ids"][0] = "sha256:" + "0" * 64
    layout = Layout(tmp_path / "forged")
    layout.create()
    for layer in manifest["layers"]:
        layout.copy(LAYER, base.blob_path(layer["digest"]), layer["digest"])
    manifest["config"] = layout.add(manifest["config"]["mediaType"], dump(config)).as_json()
    layout.finish(layout.add(manifest["mediaType"], dump(manifest)), "")
    layout.check()
    assert "config says" in refused(lambda: based(layout.path, tmp_path / "scratch")(AMD64))
    config["rootfs"]["diff_ids"] = []
    manifest["config"] = layout.add(manifest["config"]["mediaType"], dump(config)).as_json()
    layout.finish(layout.add(manifest["mediaType"], dump(manifest)), "")
    assert "does not know its layers" in refused(lambda: based(layout.path, tmp_path / "scratch2")(AMD64))
