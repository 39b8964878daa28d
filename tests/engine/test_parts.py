# SPDX-License-Identifier: BSD-3-Clause
"""What --in-container is made of, without any engine: what a build needs to see, and what comes back from an engine."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pygo_cross.build.container.layers import Layers
from pygo_cross.build.container.modules import needing, settings
from pygo_cross.build.container.mounts import Place, local_paths, needed, reduce, repository_of, requires
from pygo_cross.build.container.settings import environment
from pygo_cross.build.container.transfer import settle, unpack, volumes
from pygo_cross.cli.container import spelled, without, without_out
from pygo_cross.diag import UserError

GO_MOD = """\
module example.com/a // replace no => ./no

go 1.27

require example.com/x v1.0.0

replace example.com/b => ../b // replace c => ./c

replace (
	example.com/d v1.2.3 => ./sub/d
	example.com/e => example.com/f v1.0.0
	"example.com/g" => "../with space"
	example.com/h => `/raw/h`
	// example.com/i => ../i
)
exclude example.com/x v0.9.0
"""


def test_local_paths() -> None:
    assert local_paths(GO_MOD) == ["../b", "./sub/d", "../with space", "/raw/h"]
    assert local_paths("go 1.27\n\nuse ./a\nuse (\n\t.\n\t../b // c\n\td\n)\n") == ["./a", ".", "../b", "d"]
    for text in ("replace (", "replace =>", "use", "replace a =>\n", ")))", '"', "replace a => `", "\0", "replace\t(\n\ta => ../x"):
        assert [path for path in local_paths(text) if path != "../x"] == []
    assert requires(GO_MOD)
    assert requires("require (\n\ta v1.0.0\n)\n")
    assert not requires("module required\n\ngo 1.27\n")


def test_needing(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(GO_MOD)
    (tmp_path / "sub").mkdir()
    assert needing([tmp_path / "sub", tmp_path]) == [tmp_path]
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor/modules.txt").write_text("")
    assert needing([tmp_path]) == []


def test_proxies() -> None:
    """Offline never means GOPROXY=off: the go command would then take a stale version for its own module."""
    assert settings(None, False, "x") == settings(None, True, "x") == {}
    assert settings(Path("/a b/%"), False, "x") == {"GOPROXY": "file:///a%20b/%25,off", "GONOPROXY": "none", "GOSUMDB": "off"}
    assert settings(Path("/m"), True, "https://p,direct") == {"GOPROXY": "file:///m,https://p,direct"}


def test_places_are_the_fewest(tmp_path: Path) -> None:
    top = os.path.realpath(tmp_path)
    (tmp_path / "p/dist").mkdir(parents=True)
    (tmp_path / "p/sub").mkdir()
    (tmp_path / "link").symlink_to("p")
    places = [
        Place(f"{top}/p", f"{top}/p"),
        Place(f"{top}/p/sub", f"{top}/p/sub"),
        Place(f"{top}/p/dist", f"{top}/p/dist", True),
        Place(f"{top}/link", f"{top}/p"),
        Place(f"{top}/link/dist", f"{top}/p/dist", True),
    ]
    assert {place.target.removeprefix(top) for place in reduce(places)} == {"/p", "/p/dist", "/link", "/link/dist"}
    assert volumes(reduce(places[:3])) == [f"{top}/p", f"{top}/p/dist"]


def test_a_project_seen_through_a_link(tmp_path: Path) -> None:
    """Both paths are there inside: the one that the user wrote, and the one that tools find out."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real/go.mod").write_text("module a\n")
    (tmp_path / "real/dist").mkdir()
    (tmp_path / "link").symlink_to("real")
    found = needed([tmp_path / "link"], [], [tmp_path / "link/dist"])
    seen = {(place.target, place.source, place.writable) for place in found.places}
    real = os.path.realpath(tmp_path / "real")
    assert (real, real, False) in seen
    assert (str(tmp_path / "link"), real, False) in seen
    assert {target for target, _, writable in seen if writable} == {f"{real}/dist", str(tmp_path / "link/dist")}
    assert found.notes == []


def test_repositories(tmp_path: Path) -> None:
    for text in ("", "gitdir: ", "gitdir: /nowhere/at/all\n", "gitdir: ../x\0\n", "nonsense"):
        (tmp_path / ".git").write_text(text)
        assert tmp_path in repository_of(tmp_path)
    (tmp_path / ".git").unlink()
    for name in ("a", "b"):
        # Two that borrow from each other.
        (tmp_path / name / ".git/objects/info").mkdir(parents=True)
    (tmp_path / "a/.git/objects/info/alternates").write_text(f"# comment\n{tmp_path}/b/.git/objects\n/nowhere\n")
    (tmp_path / "b/.git/objects/info/alternates").write_text(f"{tmp_path}/a/.git/objects\n")
    assert tmp_path / "b/.git/objects" in repository_of(tmp_path / "a")


def test_links(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    for name in (".hidden", "_passed", "node_modules", "in"):
        (folder / name).mkdir(parents=True)
        (folder / name / "out").symlink_to("/etc")
    (folder / "nowhere").symlink_to("/no/such/thing")
    (folder / "loop").symlink_to("loop")
    (folder / "inside").symlink_to("in")
    (note,) = needed([folder], [], []).notes
    assert note == f"{folder}/in/out leads to /etc, out of what the container is shown: it is not there for the build"
    for at in range(9):
        (folder / f"in/out{at}").symlink_to("/etc/passwd")
    notes = needed([folder], [], []).notes
    assert len(notes) == 6
    assert notes[-1] == "… and 5 more such links"


@pytest.mark.parametrize("path", ["/", "/usr", "/tmp", "/proc/self", "/etc", "/opt"])
def test_the_system_s_own(path: str) -> None:
    if not Path(path).is_dir():
        pytest.skip("there is none here")
    with pytest.raises(UserError, match="where the system has its own"):
        needed([], [Path(path)], [])


def test_the_environment() -> None:
    env = {"GOFLAGS": "-v", "GOBIN": "x", "A": "1", "B": "2", "HOME": "/h", "GOENV": "off"}
    assert environment(env, '{{ .Env.A }} {{ .Env.NONE }} {{ envOrDefault "B" "x" }}', []) == {"GOFLAGS": "-v", "A": "1", "B": "2"}
    for wrong in ("", "=", "1A=x", "A-B", "NONE", "A B=1"):
        with pytest.raises(UserError):
            environment(env, "", [wrong])


def test_command_lines() -> None:
    argv = [
        "--in-container",
        "./a",
        "--container-env",
        "X=1",
        "--container-network=host",
        "--container-copy",
        "-o",
        "x",
        "--",
        "--in-container",
    ]
    assert spelled(argv)[0] == "--in-container="
    assert spelled(argv)[-1] == "--in-container"
    assert without(spelled(argv)) == ["./a", "-o", "x", "--", "--in-container"]
    assert without_out(["-o", "x", "-ox", "-o=x", "-overlay=f", "--overlay=f", "./a", "--", "-o"]) == [
        "-overlay=f",
        "--overlay=f",
        "./a",
        "--",
        "-o",
    ]


# ---- what comes back


def packed(*members: tuple[str, Any]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members:
            made = tarfile.TarInfo(name)
            if content is None:
                made.type, made.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(made)
            elif isinstance(content, bytes):
                made.size, made.mode = len(content), 0o6755
                archive.addfile(made, io.BytesIO(content))
            else:
                made.type, made.linkname = content
                archive.addfile(made)
    out.seek(0)
    return out


@pytest.mark.parametrize("root", ["dist", ""])
def test_unpack(tmp_path: Path, root: str) -> None:
    unpack(packed((f"{root}/", None), (f"{root}/a", None), (f"{root}/a/b", b"x"), (f"{root}/.gitignore", b"*")), tmp_path)
    assert (tmp_path / "a/b").read_bytes() == b"x"
    assert (tmp_path / "a/b").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / ".gitignore").is_file()


@pytest.mark.parametrize(
    "members",
    [
        [("dist/../../x", b"x")],
        [("dist/a", (tarfile.SYMTYPE, "/etc")), ("dist/a/b", b"x")],
        [("dist/a", (tarfile.LNKTYPE, "/etc/passwd"))],
        [("dist/a", (tarfile.FIFOTYPE, ""))],
        [("dist/a", (tarfile.CHRTYPE, ""))],
        [("dist/a", b"1"), ("dist/a", b"2")],
    ],
)
def test_hostile_archives(tmp_path: Path, members: list[tuple[str, Any]]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with pytest.raises(UserError):
        unpack(packed(*members), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("data", [b"", b"nonsense" * 200, packed(("d/a", b"x" * 5000)).getvalue()[:3000]])
def test_broken_archives(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UserError, match="no archive"):
        unpack(io.BytesIO(data), tmp_path)


def test_settle(tmp_path: Path) -> None:
    """The folder becomes what was made, and what was only there before is gone."""
    made, folder = tmp_path / "dist/.pygo-cross-x", tmp_path / "dist"
    for name in ("new/prog", "both/prog"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text("new")
    (made / "artifacts.json").write_text("{}")
    (folder / "both").mkdir()
    (folder / "both/old").write_text("old")
    (folder / "gone").mkdir()
    (folder / "artifacts.json").write_text("old")
    settle(made, folder)
    left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert left == ["artifacts.json", "both/prog", "new/prog"]
    assert (folder / "artifacts.json").read_text() == "{}"


def test_bars(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal, a bar a layer, and none is left."""
    monkeypatch.setattr("pygo_cross.build.container.layers.on_terminal", lambda mode: True)
    shown = Layers("pull", "x", "auto")
    shown.follow(
        {
            "id": f"{at % 12:012}",
            "status": "Downloading" if at < 90 else "Pull complete",
            "progressDetail": {"current": at * 1000, "total": 100_000},
        }
        for at in range(102)
    )
    assert shown.bars == {}
    assert "downloading" in capsys.readouterr().err
