# SPDX-License-Identifier: BSD-3-Clause
"""What a Go program says of itself: build information, build id, the table of functions, and what of it is not meant for a release.

Build information: src/debug/buildinfo/buildinfo.go and src/cmd/go/internal/load/pkg.go (setBuildInfo); build id:
src/cmd/internal/buildid/buildid.go.
"""

from __future__ import annotations

import contextlib
import re
from typing import Final

from pygo_cross import GO_RELEASE
from pygo_cross.exe import buildinfo, pclntab
from pygo_cross.exe.buildinfo import BuildInfo, Module
from pygo_cross.exe.elf import Elf
from pygo_cross.exe.macho import MachO
from pygo_cross.exe.pclntab import Pclntab
from pygo_cross.exe.view import FormatError
from pygo_cross.lint import paths
from pygo_cross.lint.finding import Record

_SYSTEMS: Final = {
    "elf": ("linux", "android", "freebsd", "netbsd", "openbsd", "dragonfly", "solaris", "illumos"),
    "macho": ("darwin", "ios"),
}
_PCLNTAB_SECTIONS: Final = (".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab")
_INFO_SECTIONS: Final = (".go.buildinfo", "__go_buildinfo")
_PCLNTAB_MAGIC: Final = re.compile(rb"[\xf0\xf1\xfa]\xff\xff\xff\0\0[\x01\x04][\x04\x08]")
_RELEASE: Final = re.compile(r"go1\.(\d{1,4})(?:\.\d{1,4})?(?:rc\d+|beta\d+)?")
_INSTRUMENTED: Final = ("-race", "-msan", "-asan", "-cover")
_TEXT_ID: Final = b'\xff Go build ID: "'
_MOST_TRIES: Final = 8  # places that look like a table of functions
_SECRET_NAME: Final = re.compile(r"(?i)(?:secret|token|passw(?:or)?d|api_?key|private_?key|access_?key|credential)")
_X_FLAG: Final = re.compile(r"-X[ =](?:'([^']*)'|\"([^\"]*)\"|(\S+))")


def is_go(file: Elf | MachO) -> bool:
    """Whether a file was compiled from Go: it has a section that Go's linker alone makes, or a note of Go's."""
    names = {section.name for section in file.sections}
    if names & {*_PCLNTAB_SECTIONS, *_INFO_SECTIONS, ".note.go.buildid"}:
        return True
    return _search_pclntab(file) is not None


def check(record: Record, file: Elf | MachO) -> None:
    """Looks at a Go program."""
    record.facts["go"] = True
    data = file.view.data
    if isinstance(file, MachO):
        _text_build_id(record, file)
    table = _pclntab(record, file)
    info = _build_info(record, file)
    if info is not None:
        _told(record, info)
        _target(record, info)
        _release(record, info)
        _settings(record, info)
        _modules(record, info)
    _host_paths(record, file, info, table, bytes(data))


def _build_info(record: Record, file: Elf | MachO) -> BuildInfo | None:
    try:
        info = buildinfo.read_build_info(bytes(file.view.data))
    except buildinfo.BadBuildInfo as error:
        record.report("go-build-info", f"the build information is damaged: {error}")
        return None
    if info is None:
        if isinstance(file, MachO) or file.loads:  # else it is told that nothing is loaded
            record.report("go-build-info", "there is no build information that can be read")
        return None
    return info


def _told(record: Record, info: BuildInfo) -> None:
    """What is no finding."""
    record.facts["go_version"] = info.go_version
    record.facts["package"] = info.path
    if info.main is not None:
        record.facts["module"] = f"{info.main.path}@{info.main.version}" if info.main.version else info.main.path
    record.facts["dependencies"] = len(info.deps)
    record.facts["settings"] = {name: _without_secrets(name, value) for name, value in info.settings}


def _without_secrets(name: str, value: str) -> str:
    """A setting as it may be printed: values of -X for telling names are left out."""
    if name != "-ldflags":
        return value
    return _X_FLAG.sub(lambda match: f"-X={_variable(match)[0]}=…" if _SECRET_NAME.search(_variable(match)[0]) else match[0], value)


def _variable(match: re.Match[str]) -> tuple[str, str]:
    name, _, value = (match[1] or match[2] or match[3] or "").partition("=")
    return name, value


def _target(record: Record, info: BuildInfo) -> None:
    system, arch = info.setting("GOOS"), info.setting("GOARCH")
    if system and system not in _SYSTEMS[record.format]:
        name = "ELF" if record.format == "elf" else "Mach-O"
        record.report("go-target", f"the build information says GOOS={system}, and the file is {name}")
    elif system:
        record.system = system
    if arch and arch != record.arch and not (arch.startswith(record.arch) and record.arch in ("mips", "ppc64")):
        record.report("go-target", f"the build information says GOARCH={arch}, and the file is for {record.arch}")
    level = info.setting("GOAMD64") if arch == "amd64" else info.setting("GOARM64") if arch == "arm64" else ""
    known = re.fullmatch(r"v([1-4])", level) if arch == "amd64" else re.fullmatch(r"v([89])\.(\d)(?:,(?:lse|crypto))*", level)
    if level and known is None:
        record.report("go-target", f"the build information says GO{arch.upper()}={level}, which is no level of {arch}")
    elif arch == "amd64" and level in ("v3", "v4"):
        record.report("go-level", f"the program was built with GOAMD64={level}")
    elif arch == "arm64" and level and not level.startswith("v8.0"):
        record.report("go-level", f"the program was built with GOARM64={level}")


def _release(record: Record, info: BuildInfo) -> None:
    version = info.go_version.split(" ")[0]
    match = _RELEASE.fullmatch(version)
    if match is None or "rc" in version or "beta" in version:
        record.report("go-version", f"the program was built with {info.go_version}")
        return
    newest = int(GO_RELEASE.split(".")[1])
    if int(match[1]) < newest - 1:
        record.report("go-version-old", f"the program was built with {version}, and Go 1.{newest - 1} and 1.{newest} are looked after")


def _settings(record: Record, info: BuildInfo) -> None:
    for name in _INSTRUMENTED:
        if info.setting(name) == "true":
            record.report("go-instrumented", f"the program was built with {name}")
    flags = info.setting("-gcflags")
    if re.search(r"(?:^|[\s=])-N(?:\s|$)", flags):
        record.report("go-unoptimized", f"the program was built with -gcflags={flags}")
    for match in _X_FLAG.finditer(info.setting("-ldflags")):
        name, value = _variable(match)
        if _SECRET_NAME.search(name.rpartition(".")[2]) and len(value) >= 6:
            record.report("secret-variable", f"-ldflags gives {name} a value of {len(value)} characters")


def _modules(record: Record, info: BuildInfo) -> None:
    main = info.main
    dirty = info.setting("vcs.modified") == "true"
    if dirty or (main is not None and main.version.endswith("+dirty")):
        revision = info.setting("vcs.revision")
        what = f"revision {revision[:12]}" if revision else f"version {main.version if main else ''}"
        record.report("go-modified", f"the program was built from {what} with changes")
    if not info.settings and not info.path:
        record.report("go-no-vcs", f"the build information has no more than the release, {info.go_version}", todo="link by the go command")
    elif main is not None and main.version in ("", "(devel)") and not info.setting("vcs.revision"):
        record.report("go-no-vcs", f"the build information says of {main.path} no more than {main.version or 'its name'}")
    for module in (*([main] if main else []), *info.deps):
        used: Module | None = module.replace
        if used is not None and (used.path.startswith((".", "/")) or used.path[1:3] in (":\\", ":/") or not used.version):
            record.report("go-replace", f"{module.path} {module.version} was replaced by the folder {used.path}")
        elif module is not main and module.version == "(devel)":
            record.report("go-replace", f"{module.path} was built from a working copy", todo="release a version of the module")


def _search_pclntab(file: Elf | MachO) -> int | None:
    """Where the table begins in a file whose sections are gone."""
    match = _PCLNTAB_MAGIC.search(file.view.data)
    for _ in range(_MOST_TRIES):
        if match is None:
            break
        with contextlib.suppress(FormatError):
            pclntab.read(file.view.data[match.start() :], little=file.little)
            return match.start()
        match = _PCLNTAB_MAGIC.search(file.view.data, match.end())
    return None


def _pclntab(record: Record, file: Elf | MachO) -> Pclntab | None:
    section = next((section for section in file.sections if section.name in _PCLNTAB_SECTIONS), None)
    if section is None:
        at = _search_pclntab(file)
        if at is None:
            return None
        content = file.view.data[at:]
    else:
        at = section.offset
        content = file.content(section)  # type: ignore[arg-type]
        if not content:
            return None  # told as a section outside the file
    try:
        table = pclntab.read(content, little=file.little)
        if table.quantum != (4 if record.arch in ("arm64", "arm", "ppc64", "mips", "loong64") else table.quantum):
            raise FormatError(f"its instructions have {table.quantum} bytes, which is not so on {record.arch}")
        if table.pointer_size * 8 != file.bits:
            raise FormatError(f"its pointers have {table.pointer_size} bytes")
        names = table.function_names()
        if b"runtime.main" not in names and b"runtime.rt0_go" not in names and len(names) > 1000:
            raise FormatError("it does not have the runtime's functions")
        if len(table.files()) < min(table.file_count, 1):
            raise FormatError("it has no source files")
    except FormatError as error:
        if "before 1.16" not in str(error):
            record.report("go-pclntab", f"the table of functions: {error}", at)
        return None
    record.facts["functions"] = table.function_count
    return table


def _text_build_id(record: Record, file: MachO) -> None:
    """Go's build id in a file without notes: between marks where the code begins."""
    text = file.section("__text")
    if text is None:
        return
    head = bytes(file.content(text)[:4096])
    if not head.startswith(_TEXT_ID[:8]):
        return  # linked with -buildid= or by another linker
    end = head.find(b'"\n \xff', len(_TEXT_ID))
    found = head[len(_TEXT_ID) : end].decode("ascii", "replace") if head.startswith(_TEXT_ID) and end > 0 else ""
    if not found.isprintable() or "\ufffd" in found or not found:
        record.report("go-build-id", "the code begins with a build id that can't be read", text.offset)
    else:
        record.facts["go_build_id"] = found


def _host_paths(record: Record, file: Elf | MachO, info: BuildInfo | None, table: Pclntab | None, text: bytes) -> None:
    absolute = paths.absolute(table.files()) if table is not None else []
    found = set(absolute) | paths.in_text(text) | paths.in_debug(file)
    if info is not None:
        for name, value in info.settings:
            if name != "vcs" and re.search(r"(?:/home/|/Users/|/root/)[^/\s]", value):
                found.add(f"{name}={_without_secrets(name, value)}".encode())
    if not found:
        return
    record.facts["host_paths"] = len(found)
    trimmed = info is not None and info.setting("-trimpath") == "true"
    homes = [name for name in found if re.search(rb"/home/|/Users/|/root/|:\\Users\\", name)]
    example = min(homes or found, key=lambda name: (len(name), name)).decode("utf-8", "backslashreplace")
    if trimmed:
        record.report("host-path", f"there are {len(found)} paths of the machine that built it, such as {example}, in spite of -trimpath")
    else:
        record.report("go-not-trimmed", f"there are {len(found)} paths of the machine that built it, such as {example}")
